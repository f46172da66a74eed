"""Smaller programs: some columns of a program held where they are, the others left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.program import Floats, Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

KEPT = 0.2
"""Part of the columns that `promising` keeps."""


def rest_of(program: Program, x: Floats, fixed: Bools, *, whole: bool) -> tuple[Program, Ints]:
    """The program of the columns that are not `fixed`, the others held at `x`; and which columns these are.

    Parameters
    ----------
    whole : whether whole numbers among what is left have to be whole.
    """
    free = np.flatnonzero(~fixed)
    loose = ~fixed[program.entry_cols]
    rows, index = np.unique(program.index[loose], return_inverse=True)
    held = np.where(fixed, x, 0.0)
    terms = program.value * held[program.entry_cols]
    size = np.bincount(program.index, weights=np.abs(terms), minlength=program.n_rows)[rows]
    taken, noise = program.row_activity(held)[rows], 1e-13 * size
    return Program(
        cost=program.cost[free],
        col_lower=program.col_lower[free],
        col_upper=program.col_upper[free],
        integer=program.integer[free] & whole,
        row_lower=program.row_lower[rows] - taken - noise,
        row_upper=program.row_upper[rows] - taken + noise,
        start=np.concatenate([[0], np.cumsum(np.diff(program.start)[free])]),
        index=index.astype(np.int32),
        value=program.value[loose],
        offset=program.offset + float(program.cost @ held),
    ), free


def promising(program: Program, x: Floats, reduced: Floats) -> Bools:
    """Which columns a good point is likely to need, shape (columns,).

    All whole numbers, columns without an upper bound, those that the relaxation `x` uses, and of the others, by what
    a unit of them would lose there (`reduced`, its reduced costs), the best: a fifth of all in the end.
    """
    spare = ~program.integer & np.isfinite(program.col_upper) & (program.col_lower == 0.0) & (x <= 1e-7)
    loss = np.where(spare, np.maximum(-reduced, 0.0), -1.0)
    room = max(int(KEPT * program.n_cols), int((~spare).sum()))
    keep = np.zeros(program.n_cols, dtype=np.bool_)
    keep[np.argsort(loss, kind="stable")[:room]] = True
    return keep
