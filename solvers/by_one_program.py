"""What holds and what it costs, asked of one program with all options as columns: small and middling studies."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.conflicts import Conditions, Least, unless_stopped
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from zonevest.solvers.conflicts import Bools, Floats, Ints

GAP, GAP_OF_MANY = 1e-4, 1e-2
"""How near the cheapest repair is sought, as a part of its cost: of small programs, and of those with many columns."""
MANY_COLUMNS = 20_000
"""Programs with more columns are solved in a process of their own, which keeps the time."""


class ByOneProgram:
    """Asks one program."""

    def __init__(self, conditions: Conditions, deadline: float, threads: int = 0) -> None:
        self.conditions, self.deadline, self.threads = conditions, deadline, threads
        self.program = join(conditions.block)
        self._groups = conditions.block.groups

    def holds(self, kept: Bools, *, whole: bool) -> bool | None:
        """Whether a point holds with some conditions kept and the rest let go; None: not known in the time."""
        none = np.zeros(len(kept), dtype=bool)
        program, _ = self._with(kept, none, np.zeros(len(kept)), whole=whole)
        answer = self._solve(_trimmed(program))
        return True if answer.x is not None else False if answer.status == "infeasible" else None

    def blamed(self, kept: Bools) -> Bools:
        """Conditions that have a price where the relaxation misses all of them by the least: they hold a conflict."""
        given = self.conditions
        program, _ = self._with(np.zeros_like(kept), kept, 1.0 / given.size, whole=False)
        # there the interior point takes a quarter of the simplex method's time
        options = replace(self._options(), highs={"solver": "ipm"} if program.n_cols > MANY_COLUMNS else {})
        dual = solve_here(program, options).row_dual
        if dual is None:
            return kept
        of_side = dual[self._groups + given.row]
        some = np.zeros(len(given), dtype=bool)
        heavy = np.abs(of_side) * given.size[given.of] > 1e-9
        # the dual of an upper side is positive or zero, of a lower one negative or zero
        some[given.of[heavy & (of_side * given.sign > 0)]] = True
        some &= kept
        return some if self.holds(some, whole=False) is False else kept

    def least(self, kept: Bools, give: Bools, price: Floats, seconds: float) -> tuple[Least | None, bool]:
        """The least cost of giving, with whole numbers: within the gap, or as good as it was found in the time."""
        program, named = self._with(kept, give, price)
        answer = self._solve(program, seconds=seconds)
        if answer.x is None or answer.value is None:
            return None, answer.status == "infeasible"
        x, slack = answer.x[: self.program.n_cols], answer.x[self.program.n_cols :]
        amounts = np.zeros(len(self.conditions))
        np.maximum.at(amounts, named // 2, slack)
        return Least(amounts, x, -answer.value, -answer.bound), False

    def point(self, amounts: Floats, start: Floats, seconds: float) -> tuple[Floats | None, bool]:
        """A point with every condition looser by its amount; where none was found, whether there is none."""
        answer = self._solve(self.loosened(amounts), start=start, seconds=seconds)
        return answer.x, answer.status == "infeasible"

    def loosened(self, amounts: Floats) -> Program:
        """The program with every condition looser by its amount, and no objective."""
        base, (lower, upper) = self.program, self.conditions.loosened(amounts)
        return replace(
            base,
            cost=np.zeros(base.n_cols),
            offset=0.0,
            row_lower=np.append(base.row_lower[: self._groups], lower),
            row_upper=np.append(base.row_upper[: self._groups], upper),
        )

    def _with(self, kept: Bools, give: Bools, price: Floats, *, whole: bool = True) -> tuple[Program, Ints]:
        """The program in which some conditions are kept, some give at a price, and the rest are let go.

        Returns
        -------
        The program, whose objective is minus the cost of what gives; and the side of each column added to it.
        """
        base, given = self.program, self.conditions
        lower, upper = given.kept(kept | give)
        shared = np.flatnonzero(give[given.of])
        named, place = np.unique(given.of[shared] * 2 + (given.sign[shared] > 0), return_inverse=True)
        order = np.argsort(place, kind="stable")
        counts = np.bincount(place, minlength=len(named))
        program = Program(
            cost=np.concatenate([np.zeros(base.n_cols), -price[named // 2]]),
            col_lower=np.concatenate([base.col_lower, np.zeros(len(named))]),
            col_upper=np.concatenate([base.col_upper, np.full(len(named), np.inf)]),
            integer=np.concatenate([base.integer, given.whole[named // 2]]) & whole,
            row_lower=np.append(base.row_lower[: self._groups], lower),
            row_upper=np.append(base.row_upper[: self._groups], upper),
            start=np.concatenate([base.start, base.start[-1] + np.cumsum(counts)]),
            index=np.concatenate([base.index, (self._groups + given.row[shared][order]).astype(np.int32)]),
            value=np.concatenate([base.value, -given.sign[shared][order].astype(float)]),
            row_blocks=base.row_blocks,
            col_blocks=base.col_blocks,
        )
        return program, named

    def _solve(self, program: Program, start: Floats | None = None, seconds: float = np.inf) -> Solution:
        apart = program.n_cols > MANY_COLUMNS and bool(program.integer.any())
        options = self._options(start, seconds, GAP_OF_MANY if apart else GAP)
        answer = solve(program, options, supervised=apart)
        unless_stopped(answer.status)
        return answer

    def _options(self, start: Floats | None = None, seconds: float = np.inf, gap: float = GAP) -> SolveOptions:
        left = min(max(self.deadline - time.perf_counter(), 0.1), seconds)
        return SolveOptions(gap=gap, time_limit=left, threads=self.threads, start=start)


def _trimmed(program: Program) -> Program:
    """The program without rows that bind nothing or always hold, and columns that are 0; of the same, one is left.

    It has a point if the program has one; what that is, is not told.

    Rows of which every column stands in no other row are left out too where bounds show that they hold: parcels that
    none of the rows asks about.
    """
    program = replace(program, col_upper=np.where(_forced(program), 0.0, program.col_upper))
    bound = np.isfinite(program.row_lower) | np.isfinite(program.row_upper)
    there = (program.col_lower != 0.0) | (program.col_upper != 0.0)
    live = bound[program.index] & there[program.entry_cols]
    while (sure := _sure(program, live) & bound).any():
        bound &= ~sure
        live &= bound[program.index]
    entries = np.bincount(program.entry_cols[live], minlength=program.n_cols)
    shared = np.zeros(program.n_rows, dtype=bool)
    shared[program.index[live & (entries[program.entry_cols] > 1)]] = True
    ones = live & (program.value == 1.0) & (program.col_lower[program.entry_cols] == 0.0)
    room = np.zeros(program.n_rows)
    np.maximum.at(room, program.index[ones], program.col_upper[program.entry_cols[ones]])
    plain = np.bincount(program.index[live], minlength=program.n_rows) == np.bincount(
        program.index[ones], minlength=program.n_rows
    )
    idle = bound & ~shared & plain & (program.row_lower == 1.0) & (program.row_upper == 1.0) & (room >= 1.0)
    live &= ~idle[program.index]
    rows = bound & ~idle
    touched = np.bincount(program.entry_cols[live], minlength=program.n_cols) > 0
    columns = np.flatnonzero(touched)
    if not len(columns):  # what is left are rows without columns
        columns = np.flatnonzero(there)[:1]
    columns, most = _merged(program, live, columns)
    live &= np.isin(np.arange(program.n_cols), columns)[program.entry_cols]
    counts = np.bincount(program.entry_cols[live], minlength=program.n_cols)[columns]
    return Program(
        cost=np.zeros(len(columns)),
        col_lower=program.col_lower[columns],
        col_upper=most,
        integer=program.integer[columns],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        start=np.concatenate([[0], np.cumsum(counts)]),
        index=(np.cumsum(rows) - 1)[program.index[live]].astype(np.int32),
        value=program.value[live],
    )


def _forced(program: Program) -> Bools:
    """Columns from 0 on that stand in a row in which nothing may be: options that a line excludes."""
    above = (program.value > 0.0) & (program.col_lower[program.entry_cols] == 0.0)
    plain = np.bincount(program.index, weights=~above, minlength=program.n_rows) == 0
    shut = plain & (program.row_upper == 0.0)
    forced = np.zeros(program.n_cols, dtype=bool)
    forced[program.entry_cols[shut[program.index]]] = True
    return forced


def _sure(program: Program, live: Bools) -> Bools:
    """Rows that hold whatever else is decided: a column that stands in no other row makes up for everything."""
    count = np.bincount(program.entry_cols[live], minlength=program.n_cols)
    single = live & (count[program.entry_cols] == 1) & ~program.integer[program.entry_cols]
    at, row, rises = program.entry_cols[single], program.index[single], program.value[single] > 0
    least, most = np.isneginf(program.col_lower[at]), np.isposinf(program.col_upper[at])
    up, down = np.zeros(program.n_rows, dtype=bool), np.zeros(program.n_rows, dtype=bool)
    up[row[np.where(rises, most, least)]] = True
    down[row[np.where(rises, least, most)]] = True
    return (up | np.isneginf(program.row_lower)) & (down | np.isposinf(program.row_upper)) & (up | down)


def _merged(program: Program, live: Bools, columns: Ints) -> tuple[Ints, Floats]:
    """Of columns from 0 on that are the same in all live entries the first, with the upper bounds of all."""
    draw = np.random.default_rng(0).random((2, program.n_rows))
    weights = program.value[live]
    at, row = program.entry_cols[live], program.index[live]
    marks = [np.bincount(at, weights=weights * each[row], minlength=program.n_cols)[columns] for each in draw]
    alone = np.where(program.col_lower[columns] == 0.0, -1, np.arange(len(columns)))
    key = np.column_stack([*marks, program.integer[columns], alone])
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    most = np.bincount(group.ravel(), weights=program.col_upper[columns], minlength=len(first))
    order = np.argsort(first)
    return columns[first[order]], most[order].astype(np.float64)
