"""Rows that are added where the relaxation of a program breaks them, before it is solved with whole numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from highspy import HighsModelStatus as Model
from scipy import sparse

from zonevest.solvers.quiet import Setting, opened
from zonevest.solvers.scaling import scaled
from zonevest.solvers.trust import point_of

if TYPE_CHECKING:
    from zonevest.solvers.highs import Watch
    from zonevest.solvers.program import Floats, Program

ROUNDS = 10
BROKEN = 1e-4
"""A row counts as broken when its columns exceed its room by this much, relative to the room (at least 1)."""
WORTH = 0.05
"""Rounds go on while one lowers the bound by this part of the gap that is asked for."""


class Relaxed(NamedTuple):
    """A point of a relaxation, and its reduced costs: what a unit more of a column would gain, below 0 lose."""

    x: Floats
    reduced: Floats


def tightened(
    program: Program, watch: Watch, gap: float, settings: dict[str, Setting]
) -> tuple[Program, Relaxed | None]:
    """The program with the rows of its meetings that its relaxation breaks; those that end up loose are left out.

    With the last point of the relaxation, None where it was not solved.

    The relaxation is solved once, then goes on from its last basis. Its bound is told to `watch`.

    Parameters
    ----------
    gap : relative gap at which the program will count as solved.
    settings : options of HiGHS for the relaxation.
    """
    ready, _, cost_factor = scaled(replace(program, integer=np.zeros(program.n_cols, dtype=np.bool_)))
    highs: Any = opened(settings, watch.listener(cost_factor))
    ready.pass_to(highs)
    added: list[tuple[np.ndarray, np.ndarray]] = []
    bound, relaxed = np.inf, None
    for _ in range(ROUNDS):
        if watch.asked_to_stop() or watch.left() <= 0.0:
            break
        highs.setOptionValue("time_limit", highs.getRunTime() + watch.left())
        try:
            highs.run()
            if highs.getModelStatus() != Model.kOptimal:
                break
            answer = highs.getSolution()
        except Exception:  # whatever it is: the program is solved without these rows
            break
        found, duals = point_of(answer.col_value, program.n_cols), point_of(answer.col_dual, program.n_cols)
        if found is None or duals is None:
            break
        x = found
        relaxed = Relaxed(x, duals / cost_factor)
        before, bound = bound, program.value_at(x)
        watch.bound = min(watch.bound, bound)
        if before - bound < WORTH * gap * max(abs(bound), 1e-9 * watch.scale):
            break
        broken = [row for row in (meeting.broken(x, BROKEN) for meeting in program.meetings) if row is not None]
        if not broken:
            break
        added += broken
        counts = [len(positions) for positions, _ in broken]
        sizes = np.repeat([np.abs(values).max() for _, values in broken], counts)
        highs.addRows(
            len(broken),
            np.full(len(broken), -np.inf),
            np.zeros(len(broken)),
            sum(counts),
            np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32),
            np.concatenate([positions for positions, _ in broken]).astype(np.int32),
            np.concatenate([values for _, values in broken]) / sizes,
        )
    if not np.isfinite(bound):
        return program, None
    tight = [
        (positions, values) for positions, values in added if values @ x[positions] > -BROKEN * np.abs(values).max()
    ]
    return _with_rows(program, tight), relaxed


def _with_rows(program: Program, rows: list[tuple[np.ndarray, np.ndarray]]) -> Program:
    """The program with rows <= 0 at its end."""
    if not rows:
        return program
    counts = [len(positions) for positions, _ in rows]
    index = np.concatenate([positions for positions, _ in rows])
    value = np.concatenate([values for _, values in rows])
    further = sparse.csc_array((value, (np.repeat(np.arange(len(rows)), counts), index)), (len(rows), program.n_cols))
    first = sparse.csc_array((program.value, program.index, program.start), (program.n_rows, program.n_cols))
    whole = sparse.csc_array(sparse.vstack([first, further]))
    return replace(
        program,
        row_lower=np.concatenate([program.row_lower, np.full(len(rows), -np.inf)]),
        row_upper=np.concatenate([program.row_upper, np.zeros(len(rows))]),
        start=whole.indptr.astype(np.int64),
        index=whole.indices.astype(np.int32),
        value=whole.data,
        row_blocks=(*program.row_blocks, ("meeting", program.n_rows, len(rows))),
    )
