"""The check between a solver and a plan: what a solver says is taken over only as far as own arithmetic bears it out.

A point counts when it breaks no row, bound or whole number by more than `HOLDS` (`Program.violation`, on unscaled rows
in double precision). A value is recomputed. A bound below a point that holds is wrong, and no bound. "Optimal" needs a
point and a bound within the gap; "infeasible" that nothing known holds. What a continuous program's row prices prove is
worked out from them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.instances.say import say

if TYPE_CHECKING:
    from zonevest.solvers.answer import Solution, SolveOptions
    from zonevest.solvers.program import Floats, Program

HOLDS = 1e-6
"""A point counts when no row, bound or whole number is broken by more than this (see `Program.violation`)."""
WRONG_BOUND = say("the solver's bound lies below a plan that holds, and is not taken")
NO_POINT = say("the solver's point does not hold")
UNPROVEN = say("the solver's prices do not prove that its point is the best")


def point_of(values: Any, count: int) -> Floats | None:
    """What a solver left as a point or as prices; None where it is none: of another length, or not finite."""
    try:
        x = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return x if x.shape == (count,) and np.isfinite(x).all() else None


def holds(program: Program, x: Floats | None) -> bool:
    """Whether a point is one."""
    return x is not None and x.shape == (program.n_cols,) and program.violation(x) <= HOLDS


def bound_of(bound: float, value: float, size: float) -> float:
    """A bound beside a point that holds: no less than its value; inf where it is clearly less, and so wrong.

    Parameters
    ----------
    size : what the value is made of, the sum of its terms' sizes: rows hold to 1e-6 of theirs, and so do values.
    """
    if np.isnan(bound) or bound < value - HOLDS * max(abs(value), size):
        return np.inf
    return max(bound, value)


def size_of(program: Program, x: Floats) -> float:
    """The sum of the sizes of what makes the objective at a point."""
    return float(np.abs(program.cost) @ np.abs(x)) + abs(program.offset)


def proven_by(program: Program, x: Floats, row_dual: Floats) -> bool:
    """Whether row prices prove a point of a continuous program to be the best, to 1e-4 of what its value is made of.

    Reduced costs of less than 1e-7 of their terms are rounding: they count for nothing where a column has no end.
    """
    open_side = ((row_dual > 0) & np.isposinf(program.row_upper)) | ((row_dual < 0) & np.isneginf(program.row_lower))
    y = np.where(open_side, 0.0, row_dual)
    terms = program.value * y[program.index]
    reduced = program.cost - np.bincount(program.entry_cols, weights=terms, minlength=program.n_cols)
    made = np.abs(program.cost) + np.bincount(program.entry_cols, weights=np.abs(terms), minlength=program.n_cols)
    reduced = np.where(np.abs(reduced) <= 1e-7 * np.maximum(made, made.max(initial=0.0) * 1e-2), 0.0, reduced)
    side = np.where(y > 0, program.row_upper, program.row_lower)
    end = np.where(reduced > 0, program.col_upper, program.col_lower)
    # what is left between prices and the point, row by row and column by column: none of it is below zero
    with np.errstate(invalid="ignore", over="ignore"):
        rows = np.where(y == 0.0, 0.0, y * (side - program.row_activity(x)))
        columns = np.where(reduced == 0.0, 0.0, reduced * (end - x))
        short = float(rows.sum() + columns.sum())
        size = size_of(program, x) + float(np.abs(np.where(y == 0.0, 0.0, y * side)).sum())
    return bool(np.isfinite(short)) and short <= 1e-4 * max(size, 1e-9)


def trusted(program: Program, solution: Solution, options: SolveOptions) -> Solution:
    """An answer as far as it holds, whichever process gave it.

    A point that does not hold is dropped; the start of the solve, where it holds, takes its place.
    """
    from zonevest.solvers.answer import gap_of, objective_scale, within

    x, status, message, bound = solution.x, solution.status, solution.message, solution.bound
    if x is not None and not holds(program, x):
        x, message = None, NO_POINT
    if x is None and status != "unbounded" and options.start is not None:
        start = np.asarray(options.start, dtype=np.float64)
        x = start if holds(program, start) else None
    dual = None if solution.row_dual is None else point_of(solution.row_dual, program.n_rows)
    if x is None:
        if status in ("optimal", "feasible"):
            status = "no_plan"
        bound = np.inf if np.isnan(bound) else bound
        return replace(
            solution, x=None, status=status, value=None, bound=bound, gap=None, message=message, row_dual=dual
        )
    value = program.value_at(x)
    checked = np.inf if status == "infeasible" else bound_of(bound, value, size_of(program, x))
    if np.isposinf(checked) and np.isfinite(bound):
        message = WRONG_BOUND
    gap = gap_of(checked, value, objective_scale(program, options))
    if status == "infeasible":
        message = say("the solver says that there is no plan, though one is known that holds")
    if status in ("infeasible", "no_plan", "unbounded"):
        status = "feasible"
    if status == "optimal" and not within(checked, value, options, program, ended=True):
        status = "feasible"
    return replace(solution, x=x, status=status, value=value, bound=checked, gap=gap, message=message, row_dual=dual)
