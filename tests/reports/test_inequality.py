"""Measures of inequality: values derived by hand, and identities on random amounts (half a second)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonevest.reports.inequality import (
    gini,
    jain,
    lorenz,
    percentile,
    ratio_10_90,
    theil,
    theil_parts,
    undefined,
)

FOUR, ONE_EACH = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4)
MEASURES = (gini, theil, jain, ratio_10_90)
UNITS = st.lists(
    st.tuples(st.floats(0.0, 1e6).map(lambda x: round(x, 3)), st.floats(0.01, 1e4), st.integers(0, 3)),
    min_size=1,
    max_size=30,
).filter(lambda units: sum(unit[0] for unit in units) > 0.0)


def arrays(units: list[tuple[float, float, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    amount, weight, group = (np.array(column) for column in zip(*units, strict=True))
    return amount.astype(float), weight.astype(float), group.astype(np.int64)


def test_one_two_three_four() -> None:
    # differences of the 16 ordered pairs: 6 x 1, 4 x 2, 2 x 3 -> 20; mean 1.25; half of it over the mean 2.5: 0.25
    assert gini(FOUR, ONE_EACH) == pytest.approx(0.25)
    # (10)² / (4 x 30)
    assert jain(FOUR, ONE_EACH) == pytest.approx(100 / 120)
    # a quarter of 0.4 ln 0.4 + 0.8 ln 0.8 + 1.2 ln 1.2 + 1.6 ln 1.6
    by_hand = (0.4 * math.log(0.4) + 0.8 * math.log(0.8) + 1.2 * math.log(1.2) + 1.6 * math.log(1.6)) / 4
    assert theil(FOUR, ONE_EACH) == pytest.approx(by_hand)
    people, have = lorenz(FOUR[::-1], ONE_EACH)
    assert people.tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert have.tolist() == pytest.approx([0, 0.1, 0.3, 0.6, 1])


def test_one_has_everything() -> None:
    amount = np.array([0.0, 0.0, 0.0, 8.0])
    # three quarters of the people have nothing: Gini 1 - 1/4, Theil ln 4, Jain 1/4
    assert gini(amount, ONE_EACH) == pytest.approx(0.75)
    assert theil(amount, ONE_EACH) == pytest.approx(math.log(4))
    assert jain(amount, ONE_EACH) == pytest.approx(0.25)
    assert ratio_10_90(amount, ONE_EACH) == 0.0


def test_all_have_the_same() -> None:
    amount, weight = np.full(3, 7.0), np.array([1.0, 5.0, 2.0])
    assert [measure(amount, weight) for measure in MEASURES] == pytest.approx([0, 0, 1, 1])


def test_ten_and_ninety_per_cent() -> None:
    amount = np.arange(1.0, 11.0)
    assert percentile(amount, np.ones(10), 0.1) == 1.0
    assert percentile(amount, np.ones(10), 0.9) == 9.0
    assert ratio_10_90(amount, np.ones(10)) == pytest.approx(1 / 9)
    # nine tenths of the people are behind the first amount
    assert percentile(np.array([3.0, 5.0]), np.array([9.0, 1.0]), 0.9) == 3.0


def test_theil_of_two_groups() -> None:
    # groups (1, 3) and (4, 4): shares of the sum 1/3 and 2/3, of the people one half each
    amount, group = np.array([1.0, 3.0, 4.0, 4.0]), np.array([0, 0, 1, 1])
    between, within, contribution = theil_parts(amount, ONE_EACH, group, 2)
    assert between == pytest.approx(math.log(2 / 3) / 3 + 2 * math.log(4 / 3) / 3)
    first = (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2
    assert within.tolist() == pytest.approx([first, 0])
    assert contribution.tolist() == pytest.approx([first / 3, 0])


@pytest.mark.parametrize(
    ("amount", "weight", "why"),
    [
        ([], [], "nobody"),
        ([1.0, 2.0], [0.0, 0.0], "nobody"),
        ([-1.0, 4.0], [1.0, 1.0], "negative"),
        ([-3.0, -4.0], [1.0, 1.0], "negative"),
        ([0.0, 0.0], [1.0, 1.0], "nothing"),
        ([-1.0, 4.0], [0.0, 1.0], ""),
        ([-1e-15, 4.0], [1.0, 1.0], ""),
        # a gain that a row keeps at 0 is a little below it in what a solver finds
        ([-1e-8, 4.0], [1.0, 1.0], ""),
        ([-1e-5, 4.0], [1.0, 1.0], "negative"),
    ],
)
def test_where_a_measure_has_no_meaning(amount: list[float], weight: list[float], why: str) -> None:
    x, w = np.array(amount), np.array(weight)
    assert undefined(x, w) == why
    assert [math.isnan(measure(x, w)) for measure in MEASURES] == [bool(why)] * 4
    assert math.isnan(theil_parts(x, w, np.zeros(len(x), dtype=np.int64), 1)[0]) == bool(why)
    assert (len(lorenz(x, w)[0]) == 0) == bool(why)


@given(UNITS)
def test_between_and_within_are_all_of_theil(units: list[tuple[float, float, int]]) -> None:
    amount, weight, group = arrays(units)
    between, within, contribution = theil_parts(amount, weight, group, 4)
    assert between + contribution.sum() == pytest.approx(theil(amount, weight), abs=1e-9)
    assert between >= -1e-9
    for g in range(4):
        own = theil(amount[group == g], weight[group == g])
        assert within[g] == pytest.approx(own, abs=1e-9, nan_ok=True)


@given(UNITS, st.floats(0.01, 100.0))
def test_size_and_order_do_not_matter_and_pooling_is_adding(
    units: list[tuple[float, float, int]], times: float
) -> None:
    amount, weight, _ = arrays(units)
    for measure in (gini, theil, jain):
        value = measure(amount, weight)
        assert measure(times * amount, weight) == pytest.approx(value, abs=1e-9)
        assert measure(amount, times * weight) == pytest.approx(value, abs=1e-9)
        assert measure(amount[::-1], weight[::-1]) == pytest.approx(value, abs=1e-9)
        # everybody twice is the same as twice the weight
        assert measure(np.tile(amount, 2), np.tile(weight, 2)) == pytest.approx(value, abs=1e-9)


@given(UNITS)
def test_gini_is_half_the_mean_difference_and_the_curve_lies_below(units: list[tuple[float, float, int]]) -> None:
    amount, weight, _ = arrays(units)
    part = weight / weight.sum()
    pairs = np.abs(amount[:, None] - amount[None, :]) * part[:, None] * part[None, :]
    assert gini(amount, weight) == pytest.approx(pairs.sum() / (2 * (part @ amount)), abs=1e-9)
    people, have = lorenz(amount, weight)
    assert (have <= people + 1e-9).all()
    assert (np.diff(have) >= -1e-12).all()


@given(UNITS)
def test_taking_from_the_richer_makes_it_more_even(units: list[tuple[float, float, int]]) -> None:
    amount, weight, _ = arrays(units)
    poor, rich = int(np.argmin(amount)), int(np.argmax(amount))
    # as much as moves both half way to the mean of the two
    mean = (amount[[poor, rich]] * weight[[poor, rich]]).sum() / weight[[poor, rich]].sum()
    moved = amount.copy()
    moved[[poor, rich]] += 0.5 * (mean - amount[[poor, rich]])
    assert gini(moved, weight) <= gini(amount, weight) + 1e-9
    assert theil(moved, weight) <= theil(amount, weight) + 1e-9
    assert jain(moved, weight) >= jain(amount, weight) - 1e-9
