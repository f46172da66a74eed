"""Programs with shared decisions as one program, and what a decision leaves of each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import sparse

from zonevest.model.stages import Fixed
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.joint import Aim, Joint, carried, joint
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve

EXACT = SolveOptions(gap=1e-9)


def program(cost: list[float], rows: list[list[float]], upper: list[float], offset: float = 0.0) -> Program:
    """Whole columns of 0 or 1 over rows <= upper; the first row is == 1."""
    matrix = sparse.csc_array(np.array(rows, dtype=float))
    count = len(cost)
    lower = np.array([1.0] + [-np.inf] * (len(rows) - 1))
    return Program(
        cost=np.array(cost),
        col_lower=np.zeros(count),
        col_upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        row_lower=lower,
        row_upper=np.array([1.0, *upper]),
        start=matrix.indptr,
        index=matrix.indices,
        value=matrix.data,
        offset=offset,
    )


# columns: two options of number 0, one of number 1, one of number 2, one that is the program's own
NUMBERS = np.array([0, 0, 1, 2, -1])
ROWS = [[1.0, 1.0, 1.0, 1.0, 0.0], [0.0, 3.0, 0.0, 0.0, 2.0]]
FIRST = program([5.0, 9.0, 7.0, 1.0, 2.0], ROWS, [3.0], offset=1.0)
SECOND = program([4.0, 1.0, 2.0, 6.0, 3.0], ROWS, [5.0])
THIRD = program([0.0, 2.0, 3.0, 4.0, -1.0], ROWS, [3.0], offset=-2.0)
PROGRAMS = [FIRST, SECOND, THIRD]
WEIGHTS = np.array([0.5, 0.3, 0.2])


def best_of(each: Program, number: int) -> float:
    """By hand: the most that a program gives where its first row takes a column that bears a number."""
    found = -np.inf
    for x in product([0.0, 1.0], repeat=5):
        point = np.array(x)
        taken = point[:4].sum() == 1.0 and point[number == NUMBERS].sum() == 1.0
        if taken and each.violation(point) == 0.0:
            found = max(found, each.value_at(point))
    return found


BEST = np.array([[best_of(each, number) for each in PROGRAMS] for number in range(3)])


def whole(aim: Aim, upper: list[float] | None = None, level: float = 7.0) -> Joint:
    return joint(PROGRAMS, [NUMBERS] * 3, np.array(upper or [1.0, 1.0, 1.0]), aim, level)


def test_the_mean_is_that_of_the_best_shared_decision() -> None:
    made = whole(Aim(WEIGHTS))
    found = solve(made.program, EXACT)
    assert found.value == pytest.approx((BEST @ WEIGHTS).max())
    points = made.split(found.x)
    taken = [np.bincount(NUMBERS[:4], weights=x[:4], minlength=3) for x in points]
    assert all((each == taken[0]).all() for each in taken)
    values = np.array([each.value_at(x) for each, x in zip(PROGRAMS, points, strict=True)])
    assert WEIGHTS @ values == pytest.approx(found.value)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.2), (0.5, 0.3), (1.0, 0.7), (0.0, 0.2)])
def test_the_worst_part_counts_as_it_should(alpha: float, beta: float) -> None:
    def worth(values: np.ndarray) -> float:
        left, tail = beta, 0.0
        for at in np.argsort(values):
            part = min(WEIGHTS[at], left)
            tail, left = tail + part * values[at], left - part
        return (1.0 - alpha) * float(WEIGHTS @ values) + alpha * tail / beta

    aim = Aim(WEIGHTS, alpha, beta)
    assert [aim.of(each) for each in BEST] == pytest.approx([worth(each) for each in BEST])
    found = solve(whole(aim).program, EXACT)
    assert found.value == pytest.approx(max(worth(each) for each in BEST))


def test_the_largest_distance_is_as_small_as_can_be() -> None:
    top = BEST.max(axis=0)
    found = solve(whole(Aim(WEIGHTS, best=top)).program, EXACT)
    assert -found.value == pytest.approx((top - BEST).max(axis=1).min())


def test_what_is_impossible_is_not_taken() -> None:
    aim = Aim(WEIGHTS)
    best = int((BEST @ WEIGHTS).argmax())
    upper = [0.0 if number == best else 1.0 for number in range(3)]
    found = solve(whole(aim, upper).program, EXACT)
    assert found.value == pytest.approx(np.delete(BEST @ WEIGHTS, best).max())


@pytest.mark.parametrize("aim", [Aim(WEIGHTS), Aim(WEIGHTS, 0.6, 0.4), Aim(WEIGHTS, best=BEST.max(axis=0))])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_points_that_agree_are_a_point_of_the_whole(aim: Aim, number: int) -> None:
    made = whole(aim)
    points = [carried(each, fixed(number), EXACT).x for each in PROGRAMS]
    y = made.point(points)
    assert made.program.violation(y) <= 1e-9
    assert made.program.value_at(y) == pytest.approx(aim.of(BEST[number]))
    assert all((one == other).all() for one, other in zip(made.split(y), points, strict=True))


def fixed(number: int) -> Fixed:
    upper = (number == NUMBERS).astype(float)[:4]
    return Fixed(
        np.where(np.bincount(NUMBERS[:4])[NUMBERS[:4]] == 1, upper, 0.0), upper, sparse.csr_array((0, 4)), np.zeros(0)
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_a_decision_leaves_is_found_anew(number: int) -> None:
    for each, best in zip(PROGRAMS, BEST[number], strict=True):
        found = carried(each, fixed(number), EXACT)
        assert found.value == pytest.approx(best)
        assert found.bound == pytest.approx(best)
        assert each.violation(found.x) == 0.0


def test_parts_are_kept() -> None:
    loose = program([5.0, 9.0, 7.0, 1.0, 2.0], ROWS, [3.0])
    loose = Program(**{**vars_of(loose), "integer": np.zeros(5, dtype=bool)})
    half = Fixed(
        np.array([0.0, 0.0, 0.5, 0.0]),
        np.array([1.0, 1.0, 0.5, 0.0]),
        sparse.csr_array(np.array([[1.0, 1.0, 0.0, 0.0]])),
        np.array([0.5]),
    )
    found = carried(loose, half, EXACT)
    # half of number 1, and half of number 0 as its dearer option with what the second row leaves: 3 / 2 of 2
    assert found.value == pytest.approx(0.5 * 7.0 + 0.5 * 9.0 + 2.0 * 0.75)
    assert found.x[:2].sum() == pytest.approx(0.5)


def test_nothing_goes_with_what_cannot_be() -> None:
    barred = program([1.0, 1.0, 1.0, 1.0, 1.0], [ROWS[0], [0.0, 0.0, 1.0, 0.0, 0.0]], [0.0])
    assert carried(barred, fixed(1), EXACT).status == "infeasible"
    assert carried(barred, fixed(2), EXACT).value == pytest.approx(2.0)


def vars_of(program: Program) -> dict[str, object]:
    names = ("cost", "col_lower", "col_upper", "integer", "row_lower", "row_upper", "start", "index", "value", "offset")
    return {name: getattr(program, name) for name in names}
