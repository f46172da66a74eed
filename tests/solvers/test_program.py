"""The arrays of a program: what they mean, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest

from zonevest.solvers.program import Program

INF = np.inf


@pytest.fixture
def program(make: Any) -> Program:
    """Three columns, two rows, both rows named."""
    made: Program = make(
        [1.0, 2.0, -1.0],
        [[1, 0, 3], [0, 4, 100]],
        [-INF, 2],
        [3, 2],
        columns=([0, 0, -1], [1, 5, INF]),
        whole=[1, 0, 0],
        offset=0.5,
        row_blocks=(("first", 0, 1), ("second", 1, 1)),
        col_blocks=(("some", 0, 2),),
    )
    return made


def test_counts_activity_and_value(program: Program) -> None:
    assert (program.n_cols, program.n_rows, program.n_nonzeros) == (3, 2, 4)
    x = np.array([1.0, 0.5, 2.0])
    assert program.row_activity(x) == pytest.approx([7, 202])
    assert program.value_at(x) == 0.5
    assert program.entry_cols.tolist() == [0, 1, 2, 2]
    least, most = program.row_extremes
    assert (least.tolist(), most.tolist()) == ([1, 4], [3, 100])


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ((0, 0.5, 0), 0.0),
        ((1, 0.5, 0), 0.0),
        ((0.25, 0.5, 0), 0.25),  # a quarter from whole
        ((1, 0.5 + 5e-5, 0), 5e-5),  # 2.0002 for 2, in units of the smallest coefficient
        ((1, 0, 0.02), 0.0),
        ((0, 5.5, -0.2), 0.1),  # a tenth above its bound of 5
        ((0, 26.5, -1.04), 21.5 / 5),
        ((1, -2 * 12, 0.98), 24.0),  # bounds near zero: by the unit
        ((2, 0.5, 0), 1.0),
        ((1, np.nan, 0), INF),
    ],
)
def test_violation(program: Program, x: tuple[float, ...], expected: float) -> None:
    assert program.violation(np.array(x, dtype=float)) == pytest.approx(expected, abs=1e-12)


def test_violation_is_relative_to_what_stands_in_the_row(make: Any) -> None:
    row = make([0, 0], [[1e6, 1]], [-INF], [0], whole=False)
    assert row.violation(np.array([0.0, 1.0])) == 1.0  # a whole unit where nothing may be
    assert row.violation(np.array([0.0, 1e-9])) == pytest.approx(1e-9)  # noise
    balance = make([0, 0], [[1, -1]], [0], [0], columns=(0.0, 1e12), whole=False)
    assert balance.violation(np.array([1e9, 1e9 + 1])) == pytest.approx(1e-9)
    empty = make([0], [[0]], [1], [1])
    assert empty.violation(np.zeros(1)) == 1.0


def test_names(program: Program) -> None:
    assert [program.row_name(i) for i in range(2)] == ["first[0]", "second[0]"]
    assert [program.col_name(j) for j in range(3)] == ["some[0]", "some[1]", "column 2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row_lower": np.array([4.0, 2.0])}, "first[0]"),
        ({"col_lower": np.array([0.0, 6.0, 0.0])}, "some[1]"),
        ({"col_lower": np.array([0.0, 0.0, INF])}, "column 2"),
        ({}, None),
    ],
)
def test_crossed_bounds_are_named(program: Program, change: dict[str, Any], message: str | None) -> None:
    crossed = replace(program, **change).crossed()
    assert crossed is None if message is None else message in str(crossed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": np.zeros(2)}, "col_lower has 3 positions, 2"),
        ({"row_upper": np.zeros(3)}, "row_upper has 3"),
        ({"index": np.zeros(3, dtype=np.int32)}, "index has 3"),
        ({"start": np.array([0, 1, 2])}, "start must rise"),
        ({"start": np.array([0, 2, 1, 4])}, "start must rise"),
        ({"start": np.array([0, 1, 2, 3])}, "start must rise"),
        ({"index": np.array([0, 1, 0, 2], dtype=np.int32)}, "outside the 2 rows"),
        ({"cost": np.array([1, np.nan, 0])}, "cost"),
        ({"value": np.array([1, INF, 0, 0])}, "value"),
        ({"row_lower": np.array([np.nan, 0])}, "row_lower"),
        ({"offset": INF}, "offset"),
        ({"row_blocks": (("far", 1, 2),)}, "row block 'far'"),
        ({"col_blocks": (("far", -1, 2),)}, "column block 'far'"),
    ],
)
def test_arrays_that_are_no_program(program: Program, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(program, **change)


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_highs_gets_the_same_program(program: Program, kind: type[np.integer[Any]]) -> None:
    lp = replace(program, start=program.start.astype(kind)).to_highs_lp()
    assert (lp.num_col_, lp.num_row_, lp.offset_) == (3, 2, 0.5)
    assert lp.sense_ == highspy.ObjSense.kMaximize
    assert np.array_equal(lp.col_cost_, program.cost)
    assert np.array_equal(lp.col_lower_, program.col_lower)
    assert np.array_equal(lp.col_upper_, program.col_upper)
    assert np.array_equal(lp.row_lower_, program.row_lower)
    assert np.array_equal(lp.row_upper_, program.row_upper)
    assert np.array_equal(lp.a_matrix_.start_, program.start)
    assert np.array_equal(lp.a_matrix_.index_, program.index)
    assert np.array_equal(lp.a_matrix_.value_, program.value)
    assert [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] == [True, False, False]
