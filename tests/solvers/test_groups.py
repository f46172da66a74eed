"""How groups answer prices, against plain loops over options."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.solvers.blocks import block, choices, rows_of_options
from zonevest.solvers.groups import Groups

SEEDS = st.integers(0, 10**6)
CASES = settings(max_examples=30)


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=SEEDS, objective=st.sampled_from([0.0, 1.0, -1.0]))
def test_a_group_takes_what_is_worth_most(seed: int, single: bool, objective: float) -> None:
    land = block(seed, single=single)
    prices = np.random.default_rng(seed).normal(size=3)
    worth = rows_of_options(land) @ np.append(-prices, objective)
    found = Groups(land).answer(prices, objective)
    for group in range(land.groups):
        mine = worth[land.group == group]
        order = np.sort(mine)[::-1]
        assert found.value[group] == pytest.approx(order[0], abs=1e-12)
        assert mine[found.option[group]] == pytest.approx(order[0], abs=1e-12)
        assert found.margin[group] == pytest.approx(np.inf if len(order) == 1 else order[0] - order[1], abs=1e-12)


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=SEEDS)
def test_sums_of_a_choice_by_cluster(seed: int, single: bool) -> None:
    land, rng = block(seed, single=single), np.random.default_rng(seed)
    groups, every = Groups(land), rows_of_options(land)
    option = rng.integers(0, groups.size).astype(np.int32)
    part = rng.random(land.groups) < 0.6
    for some in (None, part):
        expected = np.zeros((3, 4))
        for group in range(land.groups):
            if some is None or some[group]:
                mine = np.flatnonzero(land.group == group)
                cluster = land.cluster[land.kind[mine[0]]]
                expected[cluster] += every[mine[option[group]]]
        found = groups.sums(option, some).toarray()
        assert np.allclose(found, expected[: groups.clusters], atol=1e-12)
        assert not expected[groups.clusters :].any()


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=SEEDS)
def test_options_written_out(seed: int, single: bool) -> None:
    land, rng = block(seed, single=single), np.random.default_rng(seed)
    groups, every = Groups(land), rows_of_options(land)
    which = rng.integers(0, land.groups, 7)
    options = rng.integers(0, groups.size[which])
    expected = [every[np.flatnonzero(land.group == g)[k]] for g, k in zip(which, options, strict=True)]
    assert np.allclose(groups.written_out(which, options).toarray(), expected, atol=1e-12)


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=SEEDS)
def test_no_choice_is_beyond_the_extent(seed: int, single: bool) -> None:
    land = block(seed, single=single)
    low, high = Groups(land).extent()
    every = rows_of_options(land)
    for chosen in choices(land):
        total = every[chosen].sum(axis=0)
        assert (low - 1e-9 <= total).all()
        assert (total <= high + 1e-9).all()


@CASES
@given(seed=SEEDS)
def test_one_scalar_alone_reaches_its_extent(seed: int) -> None:
    """With one scalar and nothing of single options, least and most are those of some choice, row by row."""
    land = block(seed)
    scalar, matrix = land.by_kind[0]
    land.by_kind[1:] = []
    every = rows_of_options(land)
    assert np.allclose(every, scalar[land.group][:, None] * matrix.toarray()[land.kind])
    totals = np.array([every[chosen].sum(axis=0) for chosen in choices(land)])
    low, high = Groups(land).extent()
    assert np.allclose(low, totals.min(axis=0))
    assert np.allclose(high, totals.max(axis=0))


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=SEEDS)
def test_the_largest_objective(seed: int, single: bool) -> None:
    land = block(seed, single=single)
    worth = np.abs(rows_of_options(land)[:, -1])
    expected = sum(worth[land.group == group].max() for group in range(land.groups))
    assert Groups(land).largest() == pytest.approx(expected, abs=1e-12)


def test_without_groups_there_is_nothing() -> None:
    land = block(0, groups=0)
    groups = Groups(land)
    assert len(groups.answer(np.ones(3)).option) == 0
    assert groups.largest() == 0.0
    assert not np.any(groups.extent())


def test_extra_rows_are_refused() -> None:
    land = block(0)
    wide = land.__class__(**{**vars(land), "extra": sparse.csr_array((1, len(land.group) + 4))})
    with pytest.raises(ValueError, match="extra rows"):
        Groups(wide)
