"""Several programs as one: some of their decisions are shared, the others are each program's own.

A shared decision is a number that columns of every program bear: the sum of the columns that bear it is the same in all
of them. Where one column of each program bears it, all of them are one column of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.solvers.answer import OnProgress, Solution, SolveOptions, Stop, gap_of, objective_scale
from zonevest.solvers.parts import rest_of
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve
from zonevest.solvers.trust import HOLDS, holds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.stages import Fixed

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Aim:
    """What of the programs' values is to be as high as can be.

    Attributes
    ----------
    weights : of the programs; they sum to 1, shape (programs,).
    alpha, beta : (1 - alpha) times the mean, and alpha times the mean of the worst part `beta` of them.
    best : in their place, how little the worst falls short of these numbers (as a number below zero).
    """

    weights: Floats
    alpha: float = 0.0
    beta: float = 1.0
    best: Floats | None = None

    def of(self, values: Floats) -> float:
        """What values come to; it does not fall where one of them rises."""
        if self.best is not None:
            return -float(np.max(self.best - values, initial=0.0))
        mean = float(self.weights @ values)
        return mean if self.alpha == 0.0 else (1.0 - self.alpha) * mean + self.alpha * self.tail(values)

    def tail(self, values: Floats) -> float:
        """The mean of the worst part `beta` of values, a value that lies across its edge in part."""
        order = np.argsort(values, kind="stable")
        upto = np.minimum(np.cumsum(self.weights[order]), self.beta)
        return float(np.diff(upto, prepend=0.0) @ values[order]) / self.beta

    def quantile(self, values: Floats) -> float:
        """The greatest of the worst part `beta` of values."""
        order = np.argsort(values, kind="stable")
        at = np.searchsorted(np.cumsum(self.weights[order]), self.beta - 1e-12)
        return float(values[order[min(int(at), len(values) - 1)]])


@dataclass(frozen=True, eq=False)
class Joint:
    """The whole program: shared columns, the programs' own in turn, and what the aim needs.

    Attributes
    ----------
    program : the whole.
    parts : the programs.
    place : per program the column of the whole for each of its columns.
    shared : per program the number of the shared decision of each column, -1 for none.
    count : how many shared decisions there are; they are the first columns.
    aim : what is aimed at.
    level : the columns that hold values, and a distance from the best, hold this much more: see `joint`.
    """

    program: Program
    parts: tuple[Program, ...]
    place: tuple[Ints, ...]
    shared: tuple[Ints, ...]
    count: int
    aim: Aim
    level: float = 0.0

    def split(self, y: Floats) -> list[Floats]:
        """The point of each program."""
        return [y[place] for place in self.place]

    def point(self, points: Sequence[Floats]) -> Floats:
        """The whole's point of points of the programs that agree in what is shared."""
        y = np.zeros(self.program.n_cols)
        for place, x in zip(self.place, points, strict=True):
            y[place] = x
        first = self.shared[0]
        borne = first >= 0
        y[: self.count] = np.bincount(first[borne], weights=points[0][borne], minlength=self.count)
        values = np.array([part.value_at(x) for part, x in zip(self.parts, points, strict=True)])
        aim, at = self.aim, self.program.n_cols
        if aim.best is not None:
            y[at - 1] = max(float((aim.best - values).max()), 0.0) + self.level
            y[at - 1 - len(values) : at - 1] = values + self.level
        elif aim.alpha > 0.0:
            level, size = aim.quantile(values), len(values)
            y[at - 1] = level + self.level
            y[at - 1 - size : at - 1] = np.maximum(level - values, 0.0)
            y[at - 1 - 2 * size : at - 1 - size] = values + self.level
        return y


def joint(programs: Sequence[Program], shared: Sequence[Ints], upper: Floats, aim: Aim, level: float = 0.0) -> Joint:
    """Put programs together.

    Parameters
    ----------
    shared : per program the number of the shared decision of each column, -1 for none.
    upper : of the shared decisions; one that is 0 holds down all columns that bear it.
    aim : what is aimed at; each program's own objective is its value.
    level : what the terms of a value are made of. Values near zero that are differences of large terms are no better
        known than these; where the objective is made of values they are counted from so far below zero, so that what
        is rounding is told by the size of their terms.
    """
    count = len(upper)
    borne = np.array([np.bincount(each[each >= 0], minlength=count) for each in shared])
    single = (borne == 1).all(axis=0)
    place: list[Ints] = []
    at = count
    for numbers in shared:
        own = (numbers < 0) | ~single[np.maximum(numbers, 0)]
        where = np.where(own, 0, numbers)
        where[own] = at + np.arange(int(own.sum()))
        place.append(where)
        at += int(own.sum())
    lower, top, whole, cost = np.full(at, -np.inf), np.full(at, np.inf), np.ones(at, dtype=np.bool_), np.zeros(at)
    lower[:count], top[:count] = 0.0, upper
    for program, where, numbers, weight in zip(programs, place, shared, aim.weights, strict=True):
        np.maximum.at(lower, where, program.col_lower)
        np.minimum.at(top, where, program.col_upper)
        np.logical_and.at(whole, where, program.integer)
        np.add.at(cost, where, weight * program.cost)
        several = (numbers >= 0) & ~single[np.maximum(numbers, 0)]
        top[where[several]] = np.minimum(top[where[several]], upper[numbers[several]])
        np.logical_and.at(whole, numbers[several], program.integer[several])
    whole[:count][(borne == 0).any(axis=0)] = False  # nothing is taken of what some program does not have
    top[:count][(borne == 0).any(axis=0)] = 0.0
    entries = [
        sparse.coo_array((program.value, (program.index, where[program.entry_cols])), shape=(program.n_rows, at))
        for program, where in zip(programs, place, strict=True)
    ]
    links = [_links(where, numbers, ~single & (upper > 0.0), at) for where, numbers in zip(place, shared, strict=True)]
    tied = sum(link.shape[0] for link in links)
    row_lower = [*(program.row_lower for program in programs), np.zeros(tied)]
    row_upper = [*(program.row_upper for program in programs), np.zeros(tied)]
    whole_program = _program(
        [*entries, *links],
        row_lower,
        row_upper,
        (cost, lower, top, whole),
        float(aim.weights @ np.array([program.offset for program in programs])),
    )
    meetings = tuple(
        replace(
            each,
            columns=where[each.columns],
            state=int(where[each.state]),
            options=where[each.options],
        )
        for program, where in zip(programs, place, strict=True)
        for each in program.meetings
    )
    whole_program = replace(whole_program, meetings=meetings, col_blocks=(("shared", 0, count),))
    if aim.best is not None or aim.alpha > 0.0:
        whole_program = _with_aim(whole_program, programs, place, aim, level)
    return Joint(whole_program, tuple(programs), tuple(place), tuple(shared), count, aim, level)


def _links(where: Ints, numbers: Ints, several: NDArray[np.bool_], columns: int) -> sparse.coo_array:
    """Σ of the columns that bear a number - the shared column = 0, of numbers that several columns bear somewhere."""
    at = np.flatnonzero((numbers >= 0) & several[np.maximum(numbers, 0)])
    kept, row = np.unique(numbers[at], return_inverse=True)
    return sparse.coo_array(
        (
            np.concatenate([np.ones(len(at)), -np.ones(len(kept))]),
            (np.concatenate([row, np.arange(len(kept))]), np.concatenate([where[at], kept])),
        ),
        shape=(len(kept), columns),
    )


def _program(
    parts: Sequence[sparse.coo_array],
    row_lower: Sequence[Floats],
    row_upper: Sequence[Floats],
    columns: tuple[Floats, Floats, Floats, NDArray[np.bool_]],
    offset: float,
) -> Program:
    cost, lower, upper, whole = columns
    matrix = sparse.csc_array(sparse.vstack(parts, format="csc"))
    return Program(
        cost=cost,
        col_lower=lower,
        col_upper=upper,
        integer=whole,
        row_lower=np.concatenate(row_lower),
        row_upper=np.concatenate(row_upper),
        start=matrix.indptr.astype(np.int64),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
        offset=offset,
    )


def _with_aim(whole: Program, programs: Sequence[Program], place: Sequence[Ints], aim: Aim, level: float) -> Program:
    """The program with a column for each value, and those that say what is aimed at.

    `value[ω]`: c_ω x - V_ω = -offset. With a part `beta` of the worst: V_ω + ξ_ω - η >= 0, and the objective is
    (1 - α) Σ p V + α (η - Σ p ξ / β). With the best of each: V_ω + ρ >= best_ω, and the objective is -ρ. The columns of
    V, η and ρ hold `level` more, which the constants take off again.
    """
    n, size = whole.n_cols, len(programs)
    one, count = sparse.eye_array(size, format="coo"), whole.n_rows
    costs = sparse.vstack(
        [
            sparse.coo_array((program.cost, (np.zeros(program.n_cols, dtype=int), where)), shape=(1, n))
            for program, where in zip(programs, place, strict=True)
        ]
    )
    column = sparse.coo_array(np.ones((size, 1)))
    old = sparse.csc_array((whole.value, whole.index, whole.start), shape=(count, n))
    offsets = np.array([program.offset for program in programs]) + level
    free, none = np.full(size, np.inf), np.zeros(size)
    if aim.best is not None:
        matrix = sparse.block_array([[old, None, None], [costs, -one, None], [None, one, column]], format="csc")
        cost = np.concatenate([np.zeros(n + size), [-1.0]])
        lower, upper = np.concatenate([-free, [level]]), np.concatenate([free, [np.inf]])
        sides = (np.concatenate([-offsets, aim.best + 2.0 * level]), np.concatenate([-offsets, free]))
    else:
        matrix = sparse.block_array(
            [[old, None, None, None], [costs, -one, None, None], [None, one, one, -column]], format="csc"
        )
        share = aim.alpha * aim.weights / aim.beta
        cost = np.concatenate([np.zeros(n), (1.0 - aim.alpha) * aim.weights, -share, [aim.alpha]])
        lower, upper = np.concatenate([-free, none, [-np.inf]]), np.full(2 * size + 1, np.inf)
        sides = (np.concatenate([-offsets, none]), np.concatenate([-offsets, free]))
    return replace(
        whole,
        cost=cost,
        col_lower=np.concatenate([whole.col_lower, lower]),
        col_upper=np.concatenate([whole.col_upper, upper]),
        integer=np.concatenate([whole.integer, np.zeros(len(lower), dtype=np.bool_)]),
        row_lower=np.concatenate([whole.row_lower, sides[0]]),
        row_upper=np.concatenate([whole.row_upper, sides[1]]),
        start=matrix.indptr.astype(np.int64),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
        offset=level if aim.best is not None else -level,
    )


def carried(
    program: Program,
    fixed: Fixed,
    options: SolveOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    stop: Stop | None = None,
    run: Callable[..., Solution] = solve,
) -> Solution:
    """The best of a program beside a decision that is made: what is its own is found anew.

    Parameters
    ----------
    fixed : what the decision leaves of the program's first columns.
    options : of the solve; a `start` is a point of the whole program that makes the decision.

    Returns
    -------
    Solution
        In the program's columns; infeasible where nothing goes with the decision.
    """
    options = options or SolveOptions()
    scale = objective_scale(program, options)
    program = _narrowed(program, fixed)
    if program.crossed() is not None:
        return Solution(None, "infeasible", None, -np.inf, None, 0.0)
    held = program.col_lower == program.col_upper
    rest, free = rest_of(program, np.where(held, program.col_lower, 0.0), held, whole=True)
    x = np.where(held, program.col_lower, 0.0)
    touched = np.zeros(program.n_rows, dtype=np.bool_)
    touched[program.index[~held[program.entry_cols]]] = True
    if ((program.row_violations(x) > HOLDS) & ~touched).any():
        return Solution(None, "infeasible", None, -np.inf, None, 0.0)
    if not len(free):
        value = program.value_at(x)
        return Solution(x, "optimal", value, value, 0.0, 0.0)
    start = None if options.start is None else np.asarray(options.start)[free]
    found = run(rest, replace(options, start=start, scale=scale), on_progress, stop=stop)
    if found.x is None:
        return found
    x[free] = found.x
    if not holds(program, x):  # by rounding, in rows that nothing free stands in
        return replace(found, x=None, value=None, status="no_plan", gap=None)
    value = program.value_at(x)
    bound = max(found.bound, value)
    return replace(found, x=x, value=value, bound=bound, gap=gap_of(bound, value, scale))


def _narrowed(program: Program, fixed: Fixed) -> Program:
    """The program with a decision's bounds and rows."""
    first, size = len(fixed.lower), fixed.rows.shape[1]
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    lower[:first] = np.maximum(lower[:first], fixed.lower)
    upper[:first] = np.minimum(upper[:first], fixed.upper)
    if not fixed.rows.shape[0]:
        return replace(program, col_lower=lower, col_upper=upper, meetings=())
    old = sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
    none = sparse.csr_array((fixed.rows.shape[0], program.n_cols - size))
    matrix = sparse.csc_array(sparse.vstack([old, sparse.hstack([fixed.rows, none])], format="csc"))
    return replace(
        program,
        col_lower=lower,
        col_upper=upper,
        row_lower=np.concatenate([program.row_lower, fixed.sides]),
        row_upper=np.concatenate([program.row_upper, fixed.sides]),
        start=matrix.indptr.astype(np.int64),
        index=matrix.indices.astype(np.int32),
        value=matrix.data,
        meetings=(),
    )
