"""Bounds that follow from rows or from sense take no best point away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from zonevest.solvers.reach import Rows, finite_bounds

NONE = np.False_
"""No column is a whole number."""


def best(rows: Rows, matrix: np.ndarray, low: np.ndarray, high: np.ndarray, cost: np.ndarray) -> tuple[int, float]:
    """Status and value of max cost v over the rows, what groups make of them chosen freely between its ends."""
    count = len(rows.lower)
    wide = np.hstack([matrix, np.eye(count)])
    up, down = np.isfinite(rows.upper), np.isfinite(rows.lower)
    bounds = np.column_stack([np.append(low, rows.least), np.append(high, rows.most)])
    found = linprog(
        -np.append(cost, np.zeros(count)),
        A_ub=np.vstack([wide[up], -wide[down]]),
        b_ub=np.append(rows.upper[up], -rows.lower[down]),
        bounds=bounds,
        method="highs",
    )
    return found.status, -found.fun if found.status == 0 else 0.0


@given(seed=st.integers(0, 10**6))
def test_the_best_point_is_worth_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, columns = rng.integers(1, 5), rng.integers(1, 5)
    matrix = (rng.integers(-2, 3, (count, columns)) * (rng.random((count, columns)) < 0.7)).astype(float)
    lower = np.where(rng.random(count) < 0.6, rng.integers(-4, 3, count), -np.inf)
    upper = np.where(rng.random(count) < 0.6, np.maximum(lower, -2) + rng.integers(0, 6, count), np.inf)
    least = -rng.integers(0, 3, count).astype(float)
    rows = Rows(sparse.csc_array(matrix), lower, upper, least, least + rng.integers(0, 4, count))
    low = np.where(rng.random(columns) < 0.7, rng.integers(-2, 1, columns), -np.inf)
    high = np.where(rng.random(columns) < 0.5, np.maximum(low, -1) + rng.integers(0, 4, columns), np.inf)
    cost = rng.integers(-3, 2, columns).astype(float)
    new_low, new_high = finite_bounds(rows, low, high, cost, NONE)
    # what was finite stays as it is
    assert np.array_equal(new_low[np.isfinite(low)], low[np.isfinite(low)])
    assert np.array_equal(new_high[np.isfinite(high)], high[np.isfinite(high)])
    status, value = best(rows, matrix, low, high, cost)
    if status in (0, 2):
        again, other = best(rows, matrix, new_low, new_high, cost)
        assert again == status
        assert other == pytest.approx(value, abs=1e-7)


@given(seed=st.integers(0, 10**6))
def test_what_is_short_and_in_excess(seed: int) -> None:
    """Slacks to either side of a row, some of which cost nothing, some of which stand in a second row."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    slacks = np.hstack([np.eye(count), -np.eye(count), np.eye(count), -np.eye(count)])
    slacks = slacks[:, rng.random(4 * count) < 0.7]
    matrix = np.hstack([slacks, rng.integers(-2, 3, (count, 1)) * (rng.random((count, 1)) < 0.5)])
    columns = matrix.shape[1]
    lower = rng.integers(-4, 5, count).astype(float)
    upper = lower + rng.choice([0.0, 0.0, 2.0, np.inf], count)
    least = -rng.integers(0, 3, count).astype(float)
    rows = Rows(sparse.csc_array(matrix), lower, upper, least, least + rng.integers(0, 4, count))
    down = rng.random(columns) < 0.2
    low = np.where(down, -np.inf, rng.integers(-1, 1, columns))
    high = np.where(down, rng.integers(0, 2, columns), np.inf)
    cost = np.where(down, 1.0, -1.0) * rng.integers(0, 3, columns)
    new_low, new_high = finite_bounds(rows, low, high, cost, NONE)
    status, value = best(rows, matrix, low, high, cost)
    if status in (0, 2):
        again, other = best(rows, matrix, new_low, new_high, cost)
        assert again == status
        assert other == pytest.approx(value, abs=1e-7)


def test_an_equality_that_may_be_missed() -> None:
    """l + short - excess = 5, l between 1 and 9: at most 4 is short, and at most 4 in excess."""
    rows = Rows(sparse.csc_array([[1.0, -1.0]]), np.array([5.0]), np.array([5.0]), np.array([1.0]), np.array([9.0]))
    low, high = finite_bounds(rows, np.zeros(2), np.full(2, np.inf), -np.ones(2), NONE)
    assert low.tolist() == [0.0, 0.0]
    assert high.tolist() == [4.0, 4.0]


def test_a_slack_reaches_as_far_as_its_rows_need_it() -> None:
    """2 s >= 7 - l with l between 1 and 3, and s >= 1 - l: no best plan has s above (7 - 1) / 2."""
    rows = Rows(
        sparse.csc_array([[2.0], [1.0]]),
        np.array([7.0, 1.0]),
        np.full(2, np.inf),
        np.array([1.0, 1.0]),
        np.array([3.0, 3.0]),
    )
    low, high = finite_bounds(rows, np.zeros(1), np.full(1, np.inf), -np.ones(1), NONE)
    assert (low[0], high[0]) == (0.0, 3.0)


def test_what_earns_has_no_end_but_its_rows() -> None:
    """No row stops a column that earns: nothing is made up. One that costs needs no more than 0."""
    rows = Rows(sparse.csc_array([[1.0, 1.0]]), np.array([-1.0]), np.array([np.inf]), np.zeros(1), np.zeros(1))
    _, high = finite_bounds(rows, np.zeros(2), np.full(2, np.inf), np.array([1.0, -1.0]), NONE)
    assert high[0] == np.inf
    assert high[1] <= 1.0


def test_bounds_rest_on_bounds() -> None:
    """v1 <= 2, v2 <= v1, v3 <= v2: three columns without ends of their own."""
    matrix = sparse.csc_array([[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    rows = Rows(matrix, np.full(3, -np.inf), np.array([2.0, 0.0, 0.0]), np.zeros(3), np.zeros(3))
    _, high = finite_bounds(rows, np.zeros(3), np.full(3, np.inf), np.ones(3), NONE)
    assert high.tolist() == [2.0, 2.0, 2.0]
