"""The linear program of several scenarios, grown by prices, against the same program written out at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from tests.solvers.blocks import block
from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.join import join
from zonevest.solvers.joint import Aim, Joint, joint
from zonevest.solvers.sifting import Sift
from zonevest.solvers.staged import Scene, Together, left_over
from zonevest.solvers.supervise import solve

EXACT = SolveOptions(gap=1e-9, time_limit=20)
SEEDS = range(12)


def scenes(seed: int, count: int) -> Together:
    """Scenarios of one random block: other numbers in the same places; every other option of a group is its class."""
    rng = np.random.default_rng(1000 + seed)
    first = block(seed, single=True, groups=6, bounded=True, integer=bool(seed % 2))
    number = np.arange(len(first.group)) - np.searchsorted(first.group, first.group)
    _, of_option = np.unique(first.group * 2 + number % 2, return_inverse=True)
    of_option = of_option.ravel().astype(np.int64)
    weights = rng.dirichlet(np.ones(count))

    def other(matrix: sparse.csr_array) -> sparse.csr_array:
        moved = matrix.copy()
        moved.data = moved.data + rng.integers(-1, 2, len(moved.data))
        return moved

    made = []
    for weight in weights:
        assert first.by_option is not None
        changed = replace(
            first,
            by_kind=[(scalar, other(matrix)) for scalar, matrix in first.by_kind],
            by_option=other(first.by_option),
            by_column=other(first.by_column),
        )
        made.append(Scene(changed, float(weight), of_option, np.array([0])))
    parcel = first.group[np.unique(of_option, return_index=True)[1]].astype(np.int64)
    return Together(tuple(made), parcel, np.ones(len(parcel), dtype=bool))


def written(together: Together, *, relaxed: bool) -> tuple[Joint, Solution]:
    """All scenarios as one program, and its best point."""
    size = len(together.parcel)
    programs, numbers = [], []
    for scene in together.scenes:
        program = join(scene.block)
        programs.append(replace(program, integer=program.integer & (not relaxed)))
        shared = np.full(program.n_cols, -1)
        shared[: len(scene.of_option)] = scene.of_option
        shared[len(scene.of_option) + scene.states] = size + np.arange(len(scene.states))
        numbers.append(shared)
    upper = np.append(together.possible.astype(float), together.ends[1])
    whole = joint(programs, numbers, upper, Aim(together.weights), 0.0)
    return whole, solve(whole.program, EXACT)


def grown(together: Together) -> tuple[Sift, bool]:
    none = [np.zeros(len(scene.block.rows)) for scene in together.scenes]
    sift = Sift(together, none, lambda: False)
    shares = [np.zeros(len(scene.of_option)) for scene in together.scenes]
    sift.begin(np.zeros(len(together.parcel), dtype=bool), shares, 0.0)
    return sift, sift.solve(lambda: 20.0, lambda _: None)


def each_seed(count: int) -> Callable[..., object]:
    return pytest.mark.parametrize(("seed", "count"), [(seed, count) for seed in SEEDS])


@each_seed(3)
def test_it_grows_to_the_program_written_out(seed: int, count: int) -> None:
    together = scenes(seed, count)
    _, relaxed = written(together, relaxed=True)
    sift, met = grown(together)
    if relaxed.value is None:
        assert not met
        return
    assert met
    assert sift.bound == pytest.approx(relaxed.value, rel=2e-4, abs=1e-4)
    assert sift.bound >= relaxed.value - 1e-6 * abs(relaxed.value)
    share = sift.shares()
    assert np.bincount(together.parcel, weights=share) == pytest.approx(np.ones(6))


@each_seed(3)
def test_prices_prove_what_they_say_whatever_they_are(seed: int, count: int) -> None:
    together = scenes(seed, count)
    _, best = written(together, relaxed=False)
    rng = np.random.default_rng(seed)
    given = [rng.normal(0.0, 1.0, len(scene.block.rows)) for scene in together.scenes]
    said, proven = together.say(given), together.proven(given)
    assert proven == pytest.approx(said.bound, rel=1e-9, abs=1e-9)
    assert proven >= said.bound - 1e-9 * abs(said.bound)
    if best.value is not None:
        assert said.bound >= best.value - 1e-6


def test_the_bound_is_below_that_of_knowing_which_scenario_comes() -> None:
    lower = 0
    for seed in SEEDS:
        together = scenes(seed, 3)
        alone = [written(Together((replace(each, weight=1.0),), together.parcel, together.possible), relaxed=True)[1]
                 for each in together.scenes]  # fmt: skip
        sift, met = grown(together)
        if not met:
            continue
        knowing = float(together.weights @ np.array([each.value for each in alone]))
        assert sift.bound <= knowing + 2e-4 * abs(knowing)
        lower += sift.bound < knowing - 1e-2 * abs(knowing)
    assert lower >= 2


def test_of_one_scenario_it_is_its_own_program() -> None:
    for seed in SEEDS:
        together = scenes(seed, 1)
        program = join(together.scenes[0].block)
        own = solve(replace(program, integer=np.zeros(program.n_cols, dtype=bool)))
        sift, met = grown(together)
        assert met == (own.value is not None)
        if own.value is not None:
            assert sift.bound == pytest.approx(own.value, rel=2e-4, abs=1e-4)


@each_seed(2)
def test_what_is_left_over_is_what_a_decision_leaves(seed: int, count: int) -> None:
    together = scenes(seed, count)
    whole, best = written(together, relaxed=False)
    if best.x is None or best.value is None:
        return
    total = 0.0
    for scene, x in zip(together.scenes, whole.split(best.x), strict=True):
        options = len(scene.of_option)
        share = np.bincount(scene.of_option, weights=x[:options], minlength=len(together.parcel))
        share[share < 1e-7] = 0.0
        left, kept, part = left_over(scene, share, np.rint(x[options:][scene.states]))
        found = solve(join(left), EXACT)
        assert found.x is not None
        back = np.zeros(len(x))
        back[kept] = found.x[: len(kept)] * part
        back[options:] = found.x[len(kept) :]
        program = join(scene.block)
        assert program.violation(np.where(program.integer, np.rint(back), back)) <= 1e-6
        assert program.value_at(back) == pytest.approx(found.value)
        again = np.bincount(scene.of_option, weights=back[:options], minlength=len(together.parcel))
        assert again == pytest.approx(share)
        total += scene.weight * float(found.value or 0.0)
    assert total == pytest.approx(best.value, rel=1e-6, abs=1e-6)


def test_settled_states_are_whole_and_rows_hold() -> None:
    some = 0
    for seed in SEEDS:
        sift, met = grown(scenes(seed, 2))
        if not met or not sift.settle(lambda: 20.0):
            continue
        some += 1
        state = sift.started()
        assert state == pytest.approx(np.rint(state))
        assert sift.value <= sift.bound + 1e-6
    assert some >= 5
