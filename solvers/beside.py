"""What is best beside decisions that are fixed, and where rows cannot hold, how little they must give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.program import Floats, Program

ROOM = 1e-7
"""By how much more than they must rows give where the best is looked for beside, relative to their size."""


class Row(NamedTuple):
    """Σ coefficient x column ≥ or ≤ right; `penalty` per unit by which it is missed, None: hard.

    `dear` is how much rather than others it is kept where not all can be; a `fact` gives only where nothing else helps.
    """

    coefficients: dict[int, float]
    least: bool
    right: float
    penalty: float | None
    dear: float = 1.0
    fact: bool = False

    def missed(self, x: Floats) -> float:
        """By how much it is missed at a point."""
        value = sum(factor * float(x[v]) for v, factor in self.coefficients.items())
        return max(0.0, self.right - value if self.least else value - self.right)


class Beside(NamedTuple):
    """What was found: a point, None where none was found in the time; and whether every row holds there."""

    x: Floats | None
    holds: bool


def best_beside(
    rows: Iterable[Row],
    objectives: Sequence[dict[int, float]],
    low: Floats,
    high: Floats,
    whole: Sequence[bool],
    *,
    tolerance: float = 0.0,
    seconds: float = 60.0,
) -> Beside:
    """The best point, objective by objective; where there is none, the best of those that miss rows by the least.

    Parameters
    ----------
    rows : those without any column say nothing here and are left out.
    objectives : maximised in turn; each earlier one keeps its best less `tolerance` of it.
    low, high, whole : bounds of the columns, and whether they are whole numbers.
    """
    rows = [row for row in rows if any(row.coefficients.values())]
    found = _in_turn(rows, objectives, low, high, whole, tolerance, seconds)
    if found is not None:
        return Beside(found, True)
    size = np.array([max(1.0, abs(row.right)) for row in rows])
    least = _least(rows, size, low, high, whole, seconds)
    if least is None:
        return Beside(None, False)
    missed = _missed(rows, least[: len(low)])
    # rows that need not give stay as they are: what they gave of rounding would be told as missed
    for room in (np.where(missed > ROOM * size, ROOM * size, 0.0), ROOM * size):
        gives = np.where(room > 0.0, missed + room, 0.0)
        loose = [
            row._replace(right=row.right + (-1.0 if row.least else 1.0) * give) if row.penalty is None else row
            for row, give in zip(rows, gives.tolist(), strict=True)
        ]
        found = _in_turn(loose, objectives, low, high, whole, tolerance, seconds)
        if found is not None:
            return Beside(found, False)
    return Beside(least[: len(low)], False)


def _least(
    rows: Sequence[Row], size: Floats, low: Floats, high: Floats, whole: Sequence[bool], seconds: float
) -> Floats | None:
    """The point that misses rows by the least: no facts, where that is possible, however dear other rows are."""
    for facts_give in (False, True) if any(row.fact for row in rows) else (False,):
        soft = [
            row
            if row.fact and row.penalty is None and not facts_give
            else row._replace(penalty=row.dear / scale if row.penalty is None else 0.0)
            for row, scale in zip(rows, size.tolist(), strict=True)
        ]
        found = _solved(_program(soft, {}, low, high, whole), seconds)
        if found is not None:
            return found
    return None


def _missed(rows: Sequence[Row], x: Floats) -> Floats:
    return np.array([row.missed(x) for row in rows])


def _in_turn(
    rows: Sequence[Row],
    objectives: Sequence[dict[int, float]],
    low: Floats,
    high: Floats,
    whole: Sequence[bool],
    tolerance: float,
    seconds: float,
) -> Floats | None:
    x, kept = None, list(rows)
    for objective in objectives:
        found = _solved(_program(kept, objective, low, high, whole), seconds)
        if found is None:
            return x
        x = found[: len(low)]
        value = sum(worth * float(x[v]) for v, worth in objective.items())
        slack = max(tolerance, ROOM) * max(1.0, abs(value))
        kept = [*kept, Row(objective, True, value - slack, None)] if any(objective.values()) else kept
    return x


def _program(
    rows: Sequence[Row], objective: dict[int, float], low: Floats, high: Floats, whole: Sequence[bool]
) -> Program:
    """The rows over columns, and a column more for what each soft row gives."""
    count, soft = len(low), [r for r, row in enumerate(rows) if row.penalty is not None]
    entries = [(r, v, factor) for r, row in enumerate(rows) for v, factor in row.coefficients.items() if factor]
    entries += [(r, count + at, 1.0 if rows[r].least else -1.0) for at, r in enumerate(soft)]
    row, column, value = (np.array(part) for part in zip(*entries, strict=True)) if entries else (np.zeros(0, int),) * 3
    matrix = sparse.csc_array((value.astype(float), (row, column)), shape=(len(rows), count + len(soft)))
    cost = np.zeros(count + len(soft))
    for v, worth in objective.items():
        cost[v] = worth
    cost[count:] = [-float(rows[r].penalty or 0.0) for r in soft]
    right, least = (
        np.array([each.right for each in rows], dtype=float),
        np.array([each.least for each in rows], dtype=bool),
    )
    return Program(
        cost=cost,
        col_lower=np.append(low, np.zeros(len(soft))),
        col_upper=np.append(high, np.full(len(soft), np.inf)),
        integer=np.append(np.array(whole, dtype=bool), np.zeros(len(soft), dtype=bool)),
        row_lower=np.where(least, right, -np.inf),
        row_upper=np.where(least, np.inf, right),
        start=matrix.indptr,
        index=matrix.indices,
        value=matrix.data,
        row_blocks=(("rows", 0, len(rows)),),
    )


def _solved(program: Program, seconds: float) -> Floats | None:
    """The best point of a program; where its objective has no limit, any point."""
    options = SolveOptions(gap=1e-9, time_limit=seconds)
    found = solve_here(program, options)
    if found.status == "unbounded":
        found = solve_here(replace(program, cost=np.zeros(program.n_cols)), options)
    return found.x
