"""The relaxation of a block whose rows are missed or give at a price, over answers of its groups (section 10).

Its columns are the policy's, what gives, what rows are missed by, and answers that clusters of groups gave to prices.
It grows by answers until prices show that no further one would make it better: then it says of all options what it
says of its answers. Answers stay when other conditions are asked for, so that each question costs little.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import highspy
import numpy as np
from highspy import HighsModelStatus as Model
from scipy import sparse

from zonevest.solvers.compiled_pass import compile_pass
from zonevest.solvers.groups import Groups
from zonevest.solvers.master import growing
from zonevest.solvers.program import SMALLEST_KEPT, Program
from zonevest.solvers.quiet import set_option

if TYPE_CHECKING:
    from zonevest.solvers.conflicts import Bools, Conditions, Floats, Ints

HOLDS, MISSED = 5e-7, 1e-6
"""Rows hold that are missed by less in all, in units of their conditions; it is shown that they do not by more."""
DEAR = 1e5
"""What a unit costs by which rows are missed that may not give, where what gives is to cost the least."""
NEAR = 1e-4
"""How near cost and bound have to come, as a part of the cost."""
PASSES, FULL = 400, 60
"""Passes for one question at most; answers of a cluster at which those in no use are dropped."""
STEPS = 5_000
"""Steps of the simplex method after which it is begun anew, the other way."""
_COLUMNWISE, _MAXIMISE, _DUAL, _PRIMAL = 1, -1, 1, 4


class Answers:
    """A linear program that grows by answers of groups.

    Attributes
    ----------
    groups : of the block.
    sides : of each column that gives: twice its condition, and 1 for the upper side.
    """

    def __init__(self, conditions: Conditions) -> None:
        compile_pass()
        self.conditions, self.block = conditions, conditions.block
        self.groups = Groups(self.block)
        block, rows, columns = self.block, len(self.block.rows), len(self.block.columns)
        policy = sparse.csc_array(sparse.csr_array(block.by_column)[:, :rows].T)
        policy.data[np.abs(policy.data) < SMALLEST_KEPT] = 0.0
        policy.eliminate_zeros()
        key = conditions.of * 2 + (conditions.sign > 0)
        self.sides, place = np.unique(key, return_inverse=True)
        give = sparse.csc_array((-conditions.sign.astype(float), (conditions.row, place)), (rows, len(self.sides)))
        miss = sparse.diags_array(self._extent(policy))
        below = sparse.csc_array((self.groups.clusters, columns + len(self.sides) + 2 * rows))
        whole = sparse.csc_array(sparse.vstack([sparse.hstack([policy, give, miss, -miss]), below]))
        self._columns, self._misses = columns, columns + len(self.sides)
        self._first, self._rows = whole.shape[1], rows
        self._took: list[Ints] = []
        self._of_pass, self._of_cluster = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.highs = growing()
        ones, none = np.ones(self.groups.clusters), np.zeros(self._first - columns)
        status = self.highs.passModel(
            self._first, whole.shape[0], whole.nnz, _COLUMNWISE, _MAXIMISE, 0.0,
            np.zeros(self._first), np.append(block.column_lower, none), np.append(block.column_upper, none),
            np.append(block.lower, ones), np.append(block.upper, ones),
            whole.indptr.astype(np.int32), whole.indices.astype(np.int32), whole.data,
            np.zeros(self._first, dtype=np.int32),
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS refused the program of answers")
        self._take(np.zeros(rows), np.full(self.groups.clusters, -np.inf))

    def missed(self, kept: Bools, deadline: float) -> tuple[bool | None, Bools]:
        """Whether the relaxation misses some row though all else is let go; and conditions that are to blame."""
        self._bounds(*self.conditions.kept(kept))
        self._costs(np.zeros(len(self.sides)), np.zeros(len(self.sides)), 1.0)
        value, prices = self._priced(deadline, HOLDS, MISSED)
        if prices is None or value is None:
            return None, kept
        given = self.conditions
        of_side = prices[given.row]
        heavy = (np.abs(of_side) * given.size[given.of] > 1e-9) & (of_side * given.sign > 0)
        some = np.zeros(len(given), dtype=bool)
        some[given.of[heavy]] = True
        return value > HOLDS, some & kept

    def missed_by(self, amounts: Floats, deadline: float) -> bool | None:
        """Whether some row is missed with every condition kept, looser by its amount."""
        self._bounds(*self.conditions.loosened(amounts))
        none = np.zeros(len(self.sides))
        self._costs(none, none, 1.0)
        value, _ = self._priced(deadline, HOLDS, MISSED)
        return None if value is None else value > MISSED

    def priced_at(self, price: Floats, give: Bools) -> None:
        """What gives in the program, and its price."""
        self._costs(price[self.sides // 2], np.where(give[self.sides // 2], np.inf, 0.0), DEAR)

    def give(self, kept: Bools, give: Bools, price: Floats, deadline: float) -> tuple[float, float] | None:
        """What giving costs at least, and what is proven of that; None: kept conditions cannot hold (or no time)."""
        given, free = self.conditions, give[self.sides // 2]
        self._bounds(*given.kept(kept | give))
        most = np.where(free, np.inf, 0.0)
        self._costs(np.zeros(len(self.sides)), most, 1.0)
        if (self._priced(deadline, HOLDS, MISSED)[0] or 0.0) > MISSED:
            return None
        self._costs(price[self.sides // 2], most, DEAR)
        value, _ = self._priced(deadline, NEAR * float(np.min(price[give], initial=1.0)), None)
        return None if value is None else (value, self._bound)

    def hold(self, columns: Ints, values: Floats | None) -> None:
        """Hold policy columns at values; None: between their own bounds again."""
        lower = self.block.column_lower[columns] if values is None else values
        upper = self.block.column_upper[columns] if values is None else values
        self.highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def amounts(self, x: Floats) -> Floats:
        """Of a point of `program` or the program itself: what each condition gives, shape (n,)."""
        amounts = np.zeros(len(self.conditions))
        np.maximum.at(amounts, self.sides // 2, x[self._columns : self._misses])
        return amounts

    def misses(self) -> float:
        """By how much rows are missed in all at the last point."""
        return float(self._x[self._misses : self._first].sum())

    @property
    def last(self) -> Floats:
        """The last point without what is missed: policy, what gives, weights of answers."""
        return np.delete(self._x, np.s_[self._misses : self._first])

    def program(self) -> Program:
        """The program as it stands, over the answers there are, with whole numbers and nothing missed."""
        lp = self.highs.getLp()
        matrix = lp.a_matrix_
        shape = lp.num_row_, lp.num_col_
        whole = sparse.csc_array((np.array(matrix.value_), np.array(matrix.index_), np.array(matrix.start_)), shape)
        some = np.delete(np.arange(shape[1]), np.s_[self._misses : self._first])
        whole = sparse.csc_array(whole[:, some])
        integer = np.zeros(len(some), dtype=bool)
        integer[: self._columns] = self.block.column_integer
        integer[self._columns : self._misses] = self.conditions.whole[self.sides // 2]
        lower, upper, cost = (np.array(each)[some] for each in (lp.col_lower_, lp.col_upper_, lp.col_cost_))
        return Program(
            cost=cost,
            col_lower=lower,
            col_upper=upper,
            integer=integer,
            row_lower=np.array(lp.row_lower_),
            row_upper=np.array(lp.row_upper_),
            start=whole.indptr,
            index=whole.indices,
            value=whole.data,
        )

    def over_options(self, x: Floats) -> Floats:
        """A point of `program` over options and the policy's columns: every group takes its cluster's mixture."""
        weights, groups = x[self._misses :], self.groups
        found = np.zeros(len(self.block.group) + self._columns)
        found[len(self.block.group) :] = x[: self._columns]
        of_pass, of_cluster = self._of_pass[: len(weights)], self._of_cluster[: len(weights)]  # others came later
        for number in np.unique(of_pass[weights > 0]):
            share = np.zeros(groups.clusters)
            mine = of_pass == number
            share[of_cluster[mine]] = weights[mine]
            of_group = share[groups.cluster]
            some = np.flatnonzero(of_group > 0)
            found[groups.start[some] + self._took[number][some]] += of_group[some]
        return found

    def _extent(self, policy: sparse.csc_array) -> Floats:
        """What a row's miss is measured by: its condition's size, else what groups or the policy can make of it."""
        least, most = (each[:-1] for each in self.groups.extent())
        extent = np.maximum(most - least, np.maximum(np.abs(most), np.abs(least)))
        alone = np.asarray(abs(sparse.csr_array(policy)).sum(axis=1)).ravel()
        extent = np.where(extent > 1e-12, extent, np.maximum(alone, 1.0))
        extent[self.conditions.row] = self.conditions.size[self.conditions.of]
        return extent

    def _bounds(self, lower: Floats, upper: Floats) -> None:
        self.highs.changeRowsBounds(self._rows, np.arange(self._rows, dtype=np.int32), lower, upper)

    def _costs(self, price: Floats, most: Floats, miss: float) -> None:
        """What a unit of each side costs and how many units there are; what a miss costs."""
        at, missed = np.arange(self._columns, self._first, dtype=np.int32), np.full(2 * self._rows, miss)
        self.highs.changeColsCost(len(at), at, -np.append(price, missed))
        self.highs.changeColsBounds(len(at), at, np.zeros(len(at)), np.append(most, np.full(2 * self._rows, np.inf)))

    def _priced(self, deadline: float, enough: float, shown: float | None) -> tuple[float | None, Floats | None]:
        """Grow by answers until the least cost is known.

        Parameters
        ----------
        enough : a cost that is as good as none.
        shown : a bound that is enough to know; None: bound and cost have to meet.
        """
        self._bound = 0.0
        for _ in range(PASSES):
            if not (self._run(STEPS, _PRIMAL) or self._run(5 * STEPS, _DUAL)):
                return None, None
            solution = self.highs.getSolution()
            value = -float(self.highs.getInfo().objective_function_value)
            self._x, dual = np.array(solution.col_value), np.array(solution.row_dual)
            if value <= enough:
                return value, dual[: self._rows]
            self._tidy()
            gain = self._take(dual[: self._rows], dual[self._rows :])
            self._bound = max(self._bound, value - gain)
            if gain <= 1e-12 or value - self._bound <= NEAR * value or (shown is not None and self._bound > shown):
                return value, dual[: self._rows]
            if time.perf_counter() > deadline:
                break
        return None, None

    def _run(self, steps: int, strategy: int) -> bool:
        """Whether the program is solved; the dual method begins anew, where the primal one does not get on."""
        if strategy == _DUAL:
            self.highs.clearSolver()
        set_option(self.highs, "simplex_iteration_limit", steps)
        set_option(self.highs, "simplex_strategy", strategy)
        self.highs.run()
        return bool(self.highs.getModelStatus() == Model.kOptimal)

    def _take(self, prices: Floats, of_cluster: Floats) -> float:
        """Let groups answer prices, keep what is better than what there is, and return how much better it is."""
        option = self.groups.answer(prices, 0.0).option
        sums = sparse.csr_array(self.groups.sums(option)[:, : self._rows])
        gain = -(sums @ prices) - of_cluster
        better = np.flatnonzero(gain > 1e-12)
        over = sparse.csr_array(sparse.hstack([sums, sparse.eye_array(self.groups.clusters, format="csr")]))[better]
        over.sort_indices()
        count = len(better)
        self.highs.addCols(
            count, np.zeros(count), np.zeros(count), np.full(count, np.inf),
            over.nnz, over.indptr[:-1].astype(np.int32), over.indices.astype(np.int32), over.data,
        )  # fmt: skip
        self._of_pass = np.append(self._of_pass, np.full(count, len(self._took)))
        self._of_cluster = np.append(self._of_cluster, better)
        self._took.append(option.astype(np.uint16))
        return float(gain[better].sum())

    def _tidy(self) -> None:
        """Drop answers that are in no use where there are many."""
        weights = self._x[self._first :]
        if len(weights) <= FULL * self.groups.clusters:
            return
        recent = self._of_pass >= len(self._took) - FULL // 4
        kept = (weights > 0) | recent | (self._of_pass == 0)
        gone = (np.flatnonzero(~kept) + self._first).astype(np.int32)
        if len(gone):
            self.highs.deleteCols(len(gone), gone)
            self._of_pass, self._of_cluster = self._of_pass[kept], self._of_cluster[kept]
            self._x = np.append(self._x[: self._first], weights[kept])
            used = np.unique(self._of_pass)
            self._took = [each if n in used else each[:0] for n, each in enumerate(self._took)]
