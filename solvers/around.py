"""A linear program around a plan, exact for all its land, that is solved again while one number moves.

Most groups keep their option whatever the prices near by: they are held, and what they add to rows stands on the right
side. Of the others some options are columns. After every solve all groups answer the prices; an option that would now
be better becomes a column too, so that what is found holds for all land.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from highspy import HighsBasisStatus as At
from highspy import HighsModelStatus as Model
from scipy import sparse

from zonevest.solvers.compiled_pass import compile_pass
from zonevest.solvers.groups import Groups
from zonevest.solvers.program import SMALLEST_KEPT
from zonevest.solvers.quiet import Quiet, set_option

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FIRST = 600
"""Groups that are columns from the start: those that are least decided."""
BETTER = 1e-9
"""An option becomes a column where it is worth more by this, times max(1, its worth), than what its group does."""
DEAR = 1e3
"""What a unit of the moved number costs where the program cannot follow it, in spans of the objective over a unit of
the row's size: more than any price, so that a move beyond the last plan is seen by its price."""
EXACT = 1e-9
PIVOT = 1e-9
"""What is in the basis and moves by less than this part of what moves most stands still."""
MANY = 5_000
"""Where more groups than these are columns, as where a mixture shares them, it is made anew from its solution."""
AT_ONCE = 200
"""Of the options that would be better so many become columns first, then twice as many: while few are there prices lie
far off, and most of what looks better at them is not."""
MANY_OPTIONS = 200_000
"""With fewer options than these one thread is as fast as several."""
_COLUMNWISE, _MAXIMISE = 1, -1
_DUAL, _PRIMAL = 1, 4


class UnsolvedError(Exception):
    """The program around a plan was not solved, or not in the time."""


@dataclass(frozen=True)
class Move:
    """What a unit of a number does: it moves right sides of rows, or takes a column's coefficient in a row down by 1.

    Attributes
    ----------
    rows : positions of rows, and by how much their right sides move.
    rate : row and column of the coefficient, or None.
    """

    rows: tuple[tuple[int, float], ...]
    rate: tuple[int, int] | None = None


@dataclass(frozen=True)
class Stand:
    """The program at one place of a move: its value, and what more of the number is worth there.

    Attributes
    ----------
    low, high : between which places its basis stays the best, and with it `slope`: where none of what is in the basis
        comes to a bound. Both are `at` where that is not known.
    """

    at: float
    value: float
    slope: float
    low: float
    high: float


@dataclass(frozen=True)
class _Standing:
    """What is in a basis: of each row its position there (-1: none); of each position its sign and its distances."""

    of_row: Ints
    sign: Floats
    below: Floats
    above: Floats


class Around:
    """The program, its whole numbers as in the plan; one number at a time is moved.

    Attributes
    ----------
    value : of the plan's program.
    prices : of the block's rows and then of the caps there, shape (rows + caps,).
    activity : of these rows, shape (rows + caps,).
    weight, columns : shares of options, and the policy's columns, there.
    solves : how often it was solved.
    until : when `perf_counter` comes to it nothing is solved any more.
    """

    def __init__(self, block: Block, weight: Floats, columns: Floats, prices: Floats, caps: Ints) -> None:
        """Solve the plan's program.

        Parameters
        ----------
        block : without extra rows.
        weight, columns : shares of options, and the policy's columns, in the plan.
        prices : near the best, of the block's rows.
        caps : columns whose upper bounds become rows, after the block's.

        Raises
        ------
        UnsolvedError
            If it cannot be solved.
        """
        compile_pass()
        self.block, self.groups, self.solves, self.until = block, Groups(block), 0, np.inf
        self.rows, self.own = len(block.rows), len(block.columns)
        self.all_rows = self.rows + len(caps)
        self.lower = np.append(block.lower, np.full(len(caps), -np.inf))
        self.upper = np.append(block.upper, block.column_upper[caps])
        answer = self.groups.answer(prices)
        best = np.lexsort((weight, block.group))[self.groups.start[1:] - 1]  # what takes most of each group
        self.taken = (best - self.groups.start[:-1]).astype(np.int32)
        self.assigned = np.full(block.groups, -1)  # of each group its row, of those that are not held
        self.there = weight > 0.0  # of each option whether it is a column, if its group is not held
        self.there[best] = True
        self.there[self.groups.start[:-1] + answer.option] = True
        self.held = np.asarray(self.groups.sums(self.taken).sum(axis=0)).ravel()
        self.options = np.zeros(0, dtype=np.int64)  # of the columns after the policy's and the two of a move
        self.span = self.groups.largest() + float(np.abs(self._cost()).sum())
        self.shift: dict[int, float] = {}
        self._move: Move | None = None
        self._open_ended = False
        self._low, self._high = self._open(columns, caps)
        decided = weight[best] > 1.0 - BETTER
        some = np.flatnonzero(self.taken != answer.option)
        mine = self.groups.written_out(some, self.taken[some].astype(np.int64)) @ np.append(-prices, 1.0)
        # of two options that are worth the same either will do
        decided[some] &= answer.value[some] - mine <= BETTER * np.maximum(1.0, np.abs(answer.value[some]))
        order = np.lexsort((answer.margin, decided))
        self._begin(order, max(FIRST, int((~decided).sum())))
        solution = self.highs.getSolution()
        self.prices = np.array(solution.row_dual)[: self.all_rows]
        self.activity = np.array(solution.row_value)[: self.all_rows] + np.append(
            self.held[: self.rows], np.zeros(len(caps))
        )
        values = np.array(solution.col_value)
        self.columns = values[: self.own]
        self.weight = np.zeros(len(block.group))
        self.weight[self.groups.start[:-1] + self.taken] = self.assigned < 0
        self.weight[self.options] = np.clip(values[self.own + 2 :], 0.0, 1.0)
        self._basis = self.highs.getBasis()

    def _begin(self, order: Ints, count: int) -> None:
        """Solve the plan's program, the first groups columns from the start; more of them where it is not solved."""
        begun = 0
        while True:
            self._let(order[begun:count], None)
            try:
                self.value = self.solve(_DUAL)
            except UnsolvedError:
                if count >= len(order):
                    raise
                begun, count = count, 8 * count
                order = np.append(order[:begun], order[begun:][self.assigned[order[begun:]] < 0])
            else:
                return

    @property
    def loose(self) -> int:
        """How many groups are columns."""
        return int((self.assigned >= 0).sum())

    def _cost(self) -> Floats:
        return np.asarray(self.block.by_column[:, [-1]].toarray()).ravel()

    def _open(self, columns: Floats, caps: Ints) -> tuple[Floats, Floats]:
        """The policy's columns over rows and caps, and two that make up for a move; the bounds of all these."""
        block = self.block
        policy = sparse.csc_array(sparse.csr_array(block.by_column)[:, : self.rows].T)
        picked = sparse.csc_array((np.ones(len(caps)), (np.arange(len(caps)), caps)), (len(caps), self.own))
        matrix = sparse.csc_array(sparse.vstack([policy, picked]))
        matrix.data[np.abs(matrix.data) < SMALLEST_KEPT] = 0.0
        matrix.eliminate_zeros()
        fixed = np.where(block.column_integer, np.rint(columns), np.nan)
        low = np.where(block.column_integer, fixed, block.column_lower)
        high = np.where(block.column_integer, fixed, block.column_upper)
        high[caps] = np.inf
        self.highs: Any = Quiet()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False), ("threads", 0), ("parallel", "off"), ("small_matrix_value", SMALLEST_KEPT),
            ("primal_feasibility_tolerance", EXACT), ("dual_feasibility_tolerance", EXACT),
            ("dual_simplex_cost_perturbation_multiplier", 0.0),  # a few steps from the plan's basis need none
        ):  # fmt: skip
            set_option(self.highs, name, value)
        none, count = np.zeros(2), self.own + 2
        status = self.highs.passModel(
            count, self.all_rows, matrix.nnz, _COLUMNWISE, _MAXIMISE, 0.0,
            np.append(self._cost(), none), np.append(low, none), np.append(high, none),
            self.lower - np.append(self.held[: self.rows], np.zeros(len(caps))),
            self.upper - np.append(self.held[: self.rows], np.zeros(len(caps))),
            np.append(matrix.indptr, [matrix.nnz] * 2).astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            np.zeros(count, dtype=np.int32),
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise UnsolvedError
        return np.append(low, none), np.append(high, none)

    def _let(self, groups: Ints, basis: Any) -> Any:
        """Make held groups columns; in a basis each goes on with the option that it had."""
        count, known = len(groups), self.highs.getNumRow()
        self.held -= np.asarray(
            self.groups.written_out(groups, self.taken[groups].astype(np.int64)).sum(axis=0)
        ).ravel()
        self._bound(np.arange(self.rows))
        self.assigned[groups] = known + np.arange(count)
        ones, nothing = np.ones(count), np.zeros(0, dtype=np.int32)
        self.highs.addRows(count, ones, ones, 0, np.zeros(count, dtype=np.int32), nothing, np.zeros(0))
        mine = np.isin(self.block.group, groups) & self.there
        if basis is not None:
            basis.row_status = [*basis.row_status, *([At.kLower] * count)]
        return self._add(np.flatnonzero(mine), basis, groups)

    def _add(self, options: Ints, basis: Any, new: Ints) -> Any:
        """Options of groups that are not held become columns; what `new` groups did is in the basis."""
        group = self.block.group[options].astype(np.int64)
        option = options - self.groups.start[group]
        parts = self.groups.written_out(group, option)
        self.there[options] = True
        self.options = np.append(self.options, options)
        assign = sparse.csr_array(
            (np.ones(len(group)), (np.arange(len(group)), self.assigned[group] - self.rows)),
            (len(group), self.highs.getNumRow() - self.rows),
        )
        over = sparse.csr_array(sparse.hstack([parts[:, : self.rows], assign]))
        over.sort_indices()
        cost = parts[:, [self.rows]].toarray().ravel()
        self.highs.addCols(
            len(group), cost, np.zeros(len(group)), np.full(len(group), np.inf), over.nnz,
            over.indptr[:-1].astype(np.int32), over.indices.astype(np.int32), over.data,
        )  # fmt: skip
        if basis is None:
            return None
        basic = (option == self.taken[group]) & np.isin(group, new)
        basis.col_status = [*basis.col_status, *(At.kBasic if each else At.kLower for each in basic.tolist())]
        return basis

    def _bound(self, rows: Ints) -> None:
        """Give rows the bounds that held groups and the move leave them."""
        moved = np.array([self.shift.get(int(k), 0.0) for k in rows]) if self.shift else 0.0
        held = np.append(self.held[: self.rows], np.zeros(self.all_rows - self.rows))[rows]
        self.highs.changeRowsBounds(
            len(rows), rows.astype(np.int32), self.lower[rows] + moved - held, self.upper[rows] + moved - held
        )

    def solve(self, strategy: int) -> float:
        """Solve it as it stands, for all land."""
        most = AT_ONCE
        while True:
            if perf_counter() > self.until:
                raise UnsolvedError
            self._run(strategy)
            solution = self.highs.getSolution()
            wrong = self._wrong(np.array(solution.row_dual), most)
            most *= 2
            if not len(wrong):
                value = float(self.highs.getInfo().objective_function_value)
                return value + float(self.held[self.rows]) + self.block.constant
            basis, group = self.highs.getBasis(), self.block.group[wrong].astype(np.int64)
            held = self.assigned[group] < 0
            self.there[wrong] = True
            basis = self._let(group[held], basis) if held.any() else basis
            basis = self._add(wrong[~held], basis, wrong[:0]) if not held.all() else basis
            if hasattr(self, "_basis"):
                self._basis = self._also(self._basis, basis)
            self.highs.setBasis(basis)
            strategy = _PRIMAL

    def _also(self, kept: Any, longer: Any) -> Any:
        """The plan's basis with the groups that have become columns since: they do what they did."""
        kept.col_status = [*kept.col_status, *longer.col_status[len(kept.col_status) :]]
        kept.row_status = [*kept.row_status, *longer.row_status[len(kept.row_status) :]]
        return kept

    def _run(self, strategy: int) -> None:
        """Solve it as it is; with what makes up for a move, where there is no plan; anew; and anew with that.

        Near the last plan the solver cannot always tell whether there is one.
        """
        if self._once(strategy):
            return
        without_plan = self.highs.getModelStatus() == Model.kInfeasible
        if without_plan and self._makes_up() and self._once(_DUAL):
            return
        if not (self._anew() or (self._makes_up() and self._anew())):
            raise UnsolvedError

    def _makes_up(self) -> bool:
        """Let columns make up for a move, where they do not yet; whether that is so."""
        if self._move is None or self._open_ended:
            return False
        self._let_go()
        return True

    def _anew(self) -> bool:
        """Whether it is solved from no basis at all."""
        self.highs.clearSolver()
        return self._once(_DUAL)

    def _once(self, strategy: int) -> bool:
        """Whether it is solved from where the solver stands."""
        self.solves += 1
        set_option(self.highs, "simplex_strategy", strategy)
        left = self.until - perf_counter()
        set_option(self.highs, "time_limit", np.inf if left == np.inf else self.highs.getRunTime() + max(left, 0.1))
        self.highs.run()
        return bool(self.highs.getModelStatus() == Model.kOptimal)

    def _wrong(self, duals: Floats, most: int) -> Ints:
        """Options that would be better than what their groups do at these prices, of all rows: `most`, by how much."""
        prices = duals[: self.rows]
        # threads cost more than they save where options are few
        answer = self.groups.whole.answer(prices, alone=len(self.block.group) < MANY_OPTIONS)
        held, best = self.assigned < 0, self.groups.start[:-1] + answer.option
        some = np.flatnonzero(np.where(held, answer.option != self.taken, ~self.there[best]))
        if not len(some):
            return some
        mine = np.where(held[some], 0.0, duals[self.assigned[some]])
        still = some[held[some]]
        mine[held[some]] = self.groups.worth_of(still, self.taken[still].astype(np.int64), prices)
        worth = answer.value[some]
        gain = worth - mine
        wrong = np.flatnonzero(gain > BETTER * np.maximum(1.0, np.abs(worth)))
        if len(wrong) > most:
            wrong = np.sort(wrong[np.argpartition(-gain[wrong], most)[:most]])
        return np.asarray(best[some][wrong])

    def begin(self, move: Move, dear: float) -> None:
        """Turn to a number; what the program cannot follow of its moves costs `dear` a unit."""
        self._move, self._dear = move, dear
        if move.rate is not None:
            self._coefficient = float(self.block.by_column[[move.rate[1]], [move.rate[0]]].item())

    def _let_go(self) -> None:
        """Let two columns make up for what the program cannot follow: only now, for each costs every later solve."""
        assert self._move is not None
        self._open_ended = True
        for column, sign in ((self.own, 1.0), (self.own + 1, -1.0)):
            for row, factor in self._moved():
                self.highs.changeCoeff(row, column, sign * factor)
            self.highs.changeColCost(column, -self._dear)
            self.highs.changeColBounds(column, 0.0, np.inf)

    def _moved(self) -> tuple[tuple[int, float], ...]:
        """The rows that the move is about, and by how much each is moved."""
        assert self._move is not None
        return (*self._move.rows, *([(self._move.rate[0], 1.0)] if self._move.rate else []))

    def end(self) -> None:
        """Put everything back where the plan has it."""
        if self._open_ended:
            for column in (self.own, self.own + 1):
                for row, _ in self._moved():
                    self.highs.changeCoeff(row, column, 0.0)
                self.highs.changeColBounds(column, 0.0, 0.0)
        self._put(0.0)
        self._move, self._open_ended = None, False
        self.home()

    def home(self) -> None:
        """Back to the plan's basis."""
        self.highs.setBasis(self._basis)

    def _put(self, at: float) -> None:
        assert self._move is not None
        self.shift = {row: at * factor for row, factor in self._move.rows if at}
        if self._move.rows:
            self._bound(np.array([row for row, _ in self._move.rows]))
        if self._move.rate is not None:
            self.highs.changeCoeff(*self._move.rate, self._coefficient - at)

    def at(self, at: float) -> Stand:
        """The program with the number moved by so much."""
        assert self._move is not None
        self._put(at)
        value = self.solve(_DUAL)
        solution = self.highs.getSolution()
        if self._move.rate is not None:
            row, column = self._move.rate
            return Stand(at, value, float(solution.row_dual[row]) * float(solution.col_value[column]), at, at)
        stands = self._standing(solution)
        less, more = (0.0, 0.0) if stands is None else self._stays(self._move, stands)
        slope = sum(factor * float(solution.row_dual[row]) for row, factor in self._move.rows)
        return Stand(at, value, slope, at - less, at + more)

    def at_home(self, moves: list[Move]) -> list[Stand]:
        """The plan's program as it stands, with what each of some moves of right sides is worth there, and how far."""
        self.home()
        self.solve(_DUAL)
        solution = self.highs.getSolution()
        stands, found = self._standing(solution), []
        for move in moves:
            less, more = (0.0, 0.0) if stands is None else self._stays(move, stands)
            slope = sum(factor * float(solution.row_dual[row]) for row, factor in move.rows)
            found.append(Stand(0.0, self.value, slope, -less, more))
        return found

    def _standing(self, solution: Any) -> _Standing | None:
        """What is in the basis, and how far from its bounds; None where the solver has no basis to solve with."""
        status, basic = self.highs.getBasicVariables()
        if status != highspy.HighsStatus.kOk:
            return None
        rows, columns = np.flatnonzero(basic < 0), np.flatnonzero(basic >= 0)
        row, column = -1 - basic[rows], basic[columns]
        count, more = len(solution.col_value), len(solution.row_value) - self.all_rows
        low = np.append(self._low, np.zeros(count - len(self._low)))
        high = np.append(self._high, np.full(count - len(self._high), np.inf))
        if self._open_ended:
            high[self.own : self.own + 2] = np.inf
        lower, upper = np.append(self.lower, np.ones(more)), np.append(self.upper, np.ones(more))
        lower[: self.rows] -= self.held[: self.rows]
        upper[: self.rows] -= self.held[: self.rows]
        for k, by in self.shift.items():
            lower[k] += by
            upper[k] += by
        below, above = np.empty(len(basic)), np.empty(len(basic))
        value, activity = np.array(solution.col_value)[column], np.array(solution.row_value)[row]
        below[columns], above[columns] = value - low[column], high[column] - value
        below[rows], above[rows] = activity - lower[row], upper[row] - activity
        of_row = np.full(len(lower), -1)
        of_row[row] = rows
        return _Standing(of_row, np.where(basic < 0, -1.0, 1.0), np.maximum(below, 0.0), np.maximum(above, 0.0))

    def _stays(self, move: Move, stands: _Standing) -> tuple[float, float]:
        """How far right sides may move down, and up, before something in the basis comes to a bound."""
        moved = np.zeros(len(stands.of_row))
        for row, factor in move.rows:
            moved[row] += factor if stands.of_row[row] < 0 else 0.0
        rate = np.zeros(len(moved))
        if moved.any():
            status, rate = self.highs.getBasisSolve(moved)
            if status != highspy.HighsStatus.kOk:
                return 0.0, 0.0
            rate = rate * stands.sign  # a row in the basis stands there with the other sign
        for row, factor in move.rows:
            if stands.of_row[row] >= 0:  # its bounds move, and not what it comes to
                rate[stands.of_row[row]] -= factor
        rate[np.abs(rate) <= PIVOT * np.abs(rate).max(initial=0.0)] = 0.0
        up, down = rate > 0.0, rate < 0.0
        size = np.abs(rate)
        more = min(
            (stands.above[up] / size[up]).min(initial=np.inf), (stands.below[down] / size[down]).min(initial=np.inf)
        )
        less = min(
            (stands.below[up] / size[up]).min(initial=np.inf), (stands.above[down] / size[down]).min(initial=np.inf)
        )
        return float(less), float(more)

    def dear(self, size: float) -> float:
        """What no unit of a number of this size is worth."""
        return DEAR * self.span / size


def program_around(block: Block, weight: Floats, columns: Floats, prices: Floats, caps: Ints) -> Around:
    """The program around a plan (see `Around`), most of its groups held."""
    found = Around(block, weight, columns, prices, caps)
    if found.loose <= MANY:
        return found
    return Around(block, found.weight, found.columns, found.prices[: len(block.rows)], caps)
