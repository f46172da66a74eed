"""How little rows must give: the continuous point that misses them by the least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.program import Floats, Program


def least_violation(
    program: Program, seconds: float = 60.0, kept: NDArray[np.bool_] | None = None, *, whole: bool = False
) -> Floats | None:
    """The point within the column bounds whose rows are missed by the least in all, each relative to its size.

    The size of a row is the largest of its bounds and 1.

    Parameters
    ----------
    kept : rows that are not missed at all, one position per row.
    whole : whether whole numbers have to be whole.

    Returns
    -------
    array of float or None
        A position per column; None when the solver found none in the time.
    """
    rows = program.n_rows
    sides = [np.where(np.isfinite(side), np.abs(side), 0.0) for side in (program.row_lower, program.row_upper)]
    cost = -1.0 / np.maximum(1.0, np.maximum(*sides))
    may = np.ones(rows, dtype=bool) if kept is None else ~kept
    short, excess = may & np.isfinite(program.row_lower), may & np.isfinite(program.row_upper)
    given = np.concatenate([np.flatnonzero(short), np.flatnonzero(excess)])
    signs = np.concatenate([np.ones(short.sum()), -np.ones(excess.sum())])
    count = len(given)
    elastic = Program(
        cost=np.concatenate([np.zeros(program.n_cols), cost[given]]),
        col_lower=np.concatenate([program.col_lower, np.zeros(count)]),
        col_upper=np.concatenate([program.col_upper, np.full(count, np.inf)]),
        integer=np.concatenate([program.integer & whole, np.zeros(count, dtype=np.bool_)]),
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        start=np.concatenate([program.start, program.start[-1] + np.arange(1, count + 1)]),
        index=np.concatenate([program.index, given]),
        value=np.concatenate([program.value, signs]),
        row_blocks=(("rows", 0, rows),),
    )
    x = solve_here(elastic, SolveOptions(time_limit=seconds)).x
    return None if x is None else x[: program.n_cols]
