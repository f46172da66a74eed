"""Which conditions of a program cannot hold together, and the least that would have to give for all of it to hold.

A condition is one or more sides of rows, or the absence of columns. It is kept, or it gives by an amount at a price
(elastic: a slack column for its sides, a cost on its columns), or it is let go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.program import Floats, Program
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Ints: TypeAlias = NDArray[np.int64]

TRACE = 1e-7
"""A slack below this part of its condition's size is the solver's tolerance, not a give."""
GAP, GAP_OF_MANY = 1e-4, 1e-2
"""How near the cheapest repair is sought, as a part of its cost: of small programs, and of those with many columns."""
MANY_COLUMNS = 20_000
"""Programs with more columns are solved in a process of their own, which keeps the time."""


@dataclass(frozen=True, eq=False)
class Conditions:
    """A program, and which of its sides and absences are conditions, numbered 0 to n - 1.

    Attributes
    ----------
    program : with every row, and with the columns whose absence is a condition; its costs are not looked at.
    row, sign, of : of each side: its row, 1 (upper) or -1 (lower), its condition.
    column, need : pairs: the column is there only where the condition is let go, or gives.
    price : of a unit of give, shape (n,); inf: it does not give.
    size : what a unit is measured against, shape (n,).
    whole : whether it gives in whole units, shape (n,).
    amount : units of give that a whole of each column takes, shape (columns,).
    """

    program: Program
    row: Ints
    sign: Ints
    of: Ints
    column: Ints
    need: Ints
    price: Floats
    size: Floats
    whole: Bools
    amount: Floats

    def __len__(self) -> int:
        return len(self.price)

    def program_with(self, kept: Bools, give: Bools, price: Floats, *, whole: bool = True) -> tuple[Program, Ints]:
        """The program in which some conditions are kept, some give at a price, and the rest are let go.

        Returns
        -------
        The program, whose objective is minus the cost of what gives; and the side of each column added to it.
        """
        base = self.program
        gone = ~(kept | give)
        lower, upper = base.row_lower.copy(), base.row_upper.copy()
        loose = gone[self.of]
        upper[self.row[loose & (self.sign > 0)]] = np.inf
        lower[self.row[loose & (self.sign < 0)]] = -np.inf
        most = base.col_upper.copy()
        cost = np.zeros(base.n_cols)
        paid = give[self.need]
        np.add.at(cost, self.column[paid], -price[self.need[paid]] * self.amount[self.column[paid]])
        most[self.column[kept[self.need]]] = 0.0
        cost[most == 0.0] = 0.0
        shared = np.flatnonzero(give[self.of])
        key = self.of[shared] * 2 + (self.sign[shared] > 0)
        named, place = np.unique(key, return_inverse=True)
        order = np.argsort(place, kind="stable")
        counts = np.bincount(place, minlength=len(named))
        whole_slack = self.whole[named // 2]
        program = Program(
            cost=np.concatenate([cost, -price[named // 2]]),
            col_lower=np.concatenate([base.col_lower, np.zeros(len(named))]),
            col_upper=np.concatenate([most, np.full(len(named), np.inf)]),
            integer=np.concatenate([base.integer, whole_slack]) & whole,
            row_lower=lower,
            row_upper=upper,
            start=np.concatenate([base.start, base.start[-1] + np.cumsum(counts)]),
            index=np.concatenate([base.index, self.row[shared][order].astype(np.int32)]),
            value=np.concatenate([base.value, -self.sign[shared][order].astype(float)]),
            row_blocks=base.row_blocks,
            col_blocks=base.col_blocks,
        )
        return program, named

    def loosened(self, amounts: Floats, columns: Ints) -> Program:
        """The program with every condition kept, its sides looser by its amount, and some absent columns there."""
        base = self.program
        lower, upper = base.row_lower.copy(), base.row_upper.copy()
        up, down = self.sign > 0, self.sign < 0
        upper[self.row[up]] += amounts[self.of[up]]
        lower[self.row[down]] -= amounts[self.of[down]]
        most = base.col_upper.copy()
        most[np.setdiff1d(self.column, columns)] = 0.0
        return replace(base, cost=np.zeros(base.n_cols), offset=0.0, row_lower=lower, row_upper=upper, col_upper=most)


@dataclass(frozen=True, eq=False)
class Conflict:
    """Conditions that cannot hold together, of which none can be left out.

    Attributes
    ----------
    members : their numbers; none: what is no condition cannot hold by itself.
    whole : whether it takes whole numbers to see it.
    proven : whether every member was shown to be needed in the time.
    """

    members: tuple[int, ...]
    whole: bool
    proven: bool


@dataclass(frozen=True, eq=False)
class Repair:
    """What gives, at which cost, and a point that then holds.

    Attributes
    ----------
    amounts : units of give of each condition, shape (n,), rounded outwards.
    columns : absent columns that are taken.
    verified : whether the program so loosened was solved again and has a point; None: not in the time.
    """

    amounts: Floats
    columns: Ints
    cost: float
    x: Floats
    verified: bool | None


@dataclass(eq=False)
class Search:
    """What is looked for in one program, within a time.

    Parameters
    ----------
    first : numbers of conditions in the order in which it is tried to leave them out of a conflict.
    """

    conditions: Conditions
    first: Ints
    deadline: float
    threads: int = 0
    tell: Callable[[str], object] = lambda _: None

    def conflicts(self, most: int = 10) -> tuple[list[Conflict], bool | None]:
        """Conflicts without common members, one after the other, each with the members of the earlier let go.

        Returns
        -------
        The conflicts, and whether a point holds where all their members are let go (None: not known in the time).
        """
        kept = np.ones(len(self.conditions), dtype=bool)
        found: list[Conflict] = []
        while len(found) < most:
            self.tell("conflict")
            holds = self._holds(kept, whole=False)
            whole = holds is not False
            if whole:
                holds = self._holds(kept, whole=True)
            if holds is not False:
                return found, holds
            some = self._some_by_prices(kept) if not whole else self._some_by_giving(kept)
            conflict = self._irreducible(some, whole)
            found.append(conflict)
            if not conflict.members:
                return found, False
            kept[list(conflict.members)] = False
        return found, None

    def repairs(self, conflicts: Iterable[Conflict], most: int = 12) -> list[Repair]:
        """The cheapest repair; then the cheapest in which each member of a conflict is the one of it that gives."""
        able = np.isfinite(self.conditions.price)
        found: dict[tuple[bytes, bytes], Repair] = {}
        asked = list(self._to_keep(conflicts, able))
        for at, stays in enumerate(asked):
            left = self.deadline - time.perf_counter()
            if len(found) >= most or left < 0:
                break
            self.tell("repair")
            repair = self._cheapest(able & ~stays, left / (len(asked) - at))
            if repair is not None:
                found.setdefault(((repair.amounts > 0).tobytes(), repair.columns.tobytes()), repair)
        return sorted(found.values(), key=lambda each: each.cost)

    def _to_keep(self, conflicts: Iterable[Conflict], able: Bools) -> Iterator[Bools]:
        yield np.zeros(len(able), dtype=bool)
        for conflict in conflicts:
            for member in conflict.members:
                stays = np.zeros(len(able), dtype=bool)
                stays[list(conflict.members)] = True
                stays[member] = False
                if able[member]:
                    yield stays

    def _cheapest(self, give: Bools, seconds: float) -> Repair | None:
        """The least cost of giving, with whole numbers: within the gap, or as good as it was found in the time."""
        given, price = self.conditions, np.where(give, self.conditions.price, 0.0)
        program, named = given.program_with(~give, give, price)
        answer = self._solve(program, seconds=seconds / 2)
        if answer.x is None:
            return None
        x, slack = answer.x[: given.program.n_cols], answer.x[given.program.n_cols :]
        amounts = np.zeros(len(given))
        np.maximum.at(amounts, named // 2, slack)
        amounts[amounts <= TRACE * given.size] = 0.0
        columns = np.unique(given.column[x[given.column] > TRACE])
        amounts = np.array([_outwards(each) for each in amounts.tolist()])
        cost = float(price @ amounts) + self._columns_cost(columns, x, price)
        loose = given.loosened(amounts, columns)
        again = self._solve(loose, start=x, seconds=seconds / 2)
        if again.x is None and again.status == "infeasible":
            amounts = np.array([_outwards(each * (1 + 1e-3)) for each in amounts.tolist()])
            again = self._solve(given.loosened(amounts, columns), seconds=seconds / 2)
        verified = True if again.x is not None else False if again.status == "infeasible" else None
        return Repair(amounts, columns, cost, x if again.x is None else again.x, verified)

    def _columns_cost(self, columns: Ints, x: Floats, price: Floats) -> float:
        given = self.conditions
        taken = np.isin(given.column, columns)
        return float((x[given.column] * given.amount[given.column] * price[given.need])[taken].sum())

    def _irreducible(self, some: Bools, whole: bool) -> Conflict:
        """Leave out what is not needed, half of it at a time while that goes: of the relaxation first."""
        kept, proven = some.copy(), True
        for stage in (True,) if whole else (False, True):
            waiting = [self.first[kept[self.first]]]
            proven = True
            while waiting:
                chunk = waiting.pop()
                if time.perf_counter() > self.deadline:
                    return Conflict(tuple(np.flatnonzero(kept).tolist()), whole, False)
                kept[chunk] = False
                holds = self._holds(kept, whole=stage)
                if holds is False:
                    continue
                kept[chunk] = True
                if len(chunk) > 1:
                    half = len(chunk) // 2
                    waiting += [chunk[half:], chunk[:half]]
                else:
                    proven &= holds is True
        return Conflict(tuple(np.flatnonzero(kept).tolist()), whole, proven)

    def _some_by_prices(self, kept: Bools) -> Bools:
        """Conditions that have a price where the relaxation misses all of them by the least: they hold a conflict."""
        given = self.conditions
        absent = np.zeros(len(given), dtype=bool)
        absent[given.need] = True
        # columns stay away at first, which keeps the program small: prices then say which of them would help
        program, _ = given.program_with(kept & absent, kept & ~absent, 1.0 / given.size, whole=False)
        large = program.n_cols > MANY_COLUMNS  # where the interior point takes a quarter of the simplex method's time
        options = replace(self._options(), highs={"solver": "ipm"} if large else {})
        answer = solve_here(program, options)
        if answer.row_dual is None and answer.status == "infeasible":
            program, _ = given.program_with(np.zeros_like(kept), kept, 1.0 / given.size, whole=False)
            answer = solve_here(program, self._options())
        if answer.row_dual is None:
            return kept
        dual = answer.row_dual
        some = np.zeros(len(given), dtype=bool)
        heavy = np.abs(dual[given.row]) * given.size[given.of] > 1e-9
        # the dual of an upper side is positive or zero, of a lower one negative or zero
        some[given.of[heavy & (dual[given.row] * given.sign > 0)]] = True
        base = given.program
        worth = -np.bincount(base.entry_cols, weights=base.value * dual[base.index], minlength=base.n_cols)
        gains = worth[given.column] > 1e-9
        some[given.need[gains]] = True
        some &= kept
        return some if self._holds(some, whole=False) is False else kept

    def _some_by_giving(self, kept: Bools) -> Bools:
        """What gives, again and again, until nothing that may still give can mend it: it holds a conflict."""
        given, some = self.conditions, np.zeros(len(self.conditions), dtype=bool)
        while time.perf_counter() < self.deadline:
            program, named = given.program_with(some, kept & ~some, 1.0 / given.size)
            answer = self._solve(program)
            if answer.x is None:
                return some if answer.status == "infeasible" else kept
            slack = answer.x[given.program.n_cols :]
            gave = np.zeros(len(given), dtype=bool)
            gave[named[slack > TRACE * given.size[named // 2]] // 2] = True
            gave[given.need[answer.x[given.column] > TRACE]] = True
            gave &= kept & ~some
            if not gave.any():
                return kept
            some |= gave
        return kept

    def _holds(self, kept: Bools, *, whole: bool) -> bool | None:
        """Whether a point holds with some conditions kept and the rest let go; None: not known in the time."""
        none = np.zeros(len(kept), dtype=bool)
        program, _ = self.conditions.program_with(kept, none, np.zeros(len(kept)), whole=whole)
        answer = self._solve(_trimmed(program))
        return True if answer.x is not None else False if answer.status == "infeasible" else None

    def _solve(self, program: Program, start: Floats | None = None, seconds: float = np.inf) -> Solution:
        apart = program.n_cols > MANY_COLUMNS and bool(program.integer.any())
        return solve(program, self._options(start, seconds, GAP_OF_MANY if apart else GAP), supervised=apart)

    def _options(self, start: Floats | None = None, seconds: float = np.inf, gap: float = GAP) -> SolveOptions:
        left = min(max(self.deadline - time.perf_counter(), 0.1), seconds)
        return SolveOptions(gap=gap, time_limit=left, threads=self.threads, start=start)


def _trimmed(program: Program) -> Program:
    """The program without rows that bind nothing or always hold, and columns that are 0; of the same, one is left.

    It has a point if the program has one; what that is, is not told.

    Rows of which every column stands in no other row are left out too where bounds show that they hold: parcels that
    none of the rows asks about.
    """
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


def _outwards(amount: float) -> float:
    """An amount with three significant digits, not below it."""
    if amount <= 0:
        return 0.0
    if abs(amount - round(amount)) < 1e-6 * amount:
        return float(round(amount)) if round(amount) >= amount else amount * (1 + 1e-9)
    unit = 10.0 ** (np.floor(np.log10(amount)) - 2)
    return float(np.ceil(amount / unit - 1e-9) * unit)
