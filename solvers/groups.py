"""How groups answer prices (FORMULATION.md section 10): each takes its best option, all in one pass over the arrays.

The options of a group are a run of kinds; what an option is worth at given prices is the worth of its kind, times the
group's scalars. A pass first prices the kinds, which are few, and then goes once through groups and options.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.compiled_pass import amounts, best_options
from zonevest.solvers.program import SMALLEST_KEPT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """What groups take at given prices.

    Attributes
    ----------
    option : of each group, its number among the group's options, shape (groups,).
    value : what that is worth at the prices, shape (groups,).
    margin : how much worse the group's next best option is (inf: there is none), shape (groups,).
    """

    option: NDArray[np.int32]
    value: Floats
    margin: Floats


class Groups:
    """The groups of a block, made ready to answer prices.

    Attributes
    ----------
    count, rows, clusters : numbers of groups, of rows, and of clusters.
    first, size : of each group the first of its kinds, and how many there are.
    start : of each group its first option.
    scalars : groups x scalars.
    of_kinds : for each scalar a matrix kinds x (rows + 1); the last column is the objective.
    cluster : of each group.
    """

    def __init__(self, block: Block) -> None:
        """Take what is needed of a block without extra rows: a row names options by kind or by themselves only."""
        if block.extra.shape[0]:
            raise ValueError("a block with extra rows has no prices: put them among the others (without_extra)")
        self.count, self.rows = block.groups, len(block.rows)
        self.start = np.searchsorted(block.group, np.arange(block.groups + 1)).astype(np.int64)
        self.size = np.diff(self.start).astype(np.int32)
        self.first = block.kind[self.start[:-1]].astype(np.int32) if block.groups else np.zeros(0, np.int32)
        self.of_kinds = [_meant(matrix) for _, matrix in block.by_kind]
        self.scalars = np.ascontiguousarray(
            np.column_stack([scalar for scalar, _ in block.by_kind]) if block.by_kind else np.zeros((block.groups, 0))
        )
        self.of_kind = block.cluster
        self.cluster = block.cluster[self.first].astype(np.int32) if block.groups else np.zeros(0, np.int32)
        self.clusters = int(block.cluster.max(initial=-1)) + 1
        self._single(block)

    def _single(self, block: Block) -> None:
        """The options that have something of their own, in order: few of many."""
        own = block.by_option
        filled = np.zeros(0, dtype=np.int64) if own is None else np.flatnonzero(np.diff(own.indptr))
        self.own = sparse.csr_array((0, self.rows + 1)) if own is None else _meant(own[filled])
        self.own_index = filled
        self.own_group = block.group[filled].astype(np.int64)
        self.own_option = (filled - self.start[self.own_group]).astype(np.int32)
        self.own_start = np.searchsorted(self.own_group, np.arange(self.count + 1)).astype(np.int64)

    def answer(self, prices: Floats, objective: float = 1.0) -> Answer:
        """What every group takes: the option with the greatest objective less prices times its part of the rows.

        Parameters
        ----------
        prices : shape (rows,).
        objective : what the objective counts; 0: prices alone.
        """
        weights = np.append(-prices, objective)
        worth = np.zeros((len(self.of_kind), len(self.of_kinds)))
        for number, matrix in enumerate(self.of_kinds):
            worth[:, number] = matrix @ weights
        own = self.own @ weights
        found = best_options(self.first, self.size, self.scalars, worth, self.own_start, self.own_option, own)
        return Answer(*found)

    def sums(self, option: NDArray[np.int32], part: NDArray[np.bool_] | None = None) -> sparse.csr_array:
        """What groups (all, or a part) that take these options come to: clusters x (rows + 1)."""
        kind = self.first + option
        weight = np.ones(self.count) if part is None else part.astype(np.float64)
        total = sparse.csr_array((self.clusters, self.rows + 1))
        come_to = amounts(kind.astype(np.int64), self.scalars, weight, len(self.of_kind))
        for number, matrix in enumerate(self.of_kinds):
            amount = come_to[:, number]
            some = np.flatnonzero(amount)
            chosen = sparse.csr_array((amount[some], (self.of_kind[some], some)), (self.clusters, matrix.shape[0]))
            total = total + chosen @ matrix
        taken = np.flatnonzero((option[self.own_group] == self.own_option) & (weight[self.own_group] > 0.0))
        if len(taken):
            where = (self.cluster[self.own_group[taken]], taken)
            chosen = sparse.csr_array((np.ones(len(taken)), where), (self.clusters, len(self.own_group)))
            total = total + chosen @ self.own
        return sparse.csr_array(total)

    def written_out(self, groups: Ints, options: Ints) -> sparse.csr_array:
        """Some options, each with its group: pairs x (rows + 1)."""
        kind = self.first[groups].astype(np.int64) + options
        total = sparse.csr_array((len(groups), self.rows + 1))
        for number, matrix in enumerate(self.of_kinds):
            total = total + sparse.diags_array(self.scalars[groups, number]) @ matrix[kind]
        at = np.searchsorted(self.own_index, self.start[groups] + options)
        there = at < len(self.own_index)
        there[there] = self.own_index[at[there]] == (self.start[groups] + options)[there]
        row = np.flatnonzero(there)
        if len(row):
            picked = sparse.csr_array((np.ones(len(row)), (row, at[row])), (len(groups), len(self.own_index)))
            total = total + picked @ self.own
        return sparse.csr_array(total)

    def largest(self) -> float:
        """The sum over groups of their options' largest absolute objective."""
        both = [self.answer(np.zeros(self.rows), sign).value for sign in (1.0, -1.0)]
        return float(np.maximum(*both).sum()) if self.count else 0.0

    def extent(self) -> tuple[Floats, Floats]:
        """The least and the most that all groups together can come to in every row and the objective.

        No single choice need reach them: least and most are taken scalar by scalar.
        """
        low, high = np.zeros(self.rows + 1), np.zeros(self.rows + 1)
        both = np.column_stack([self.first, self.size]).astype(np.int64)
        runs, of_group = np.unique(both, axis=0, return_inverse=True)
        for number, matrix in enumerate(self.of_kinds):
            weight: Floats = np.bincount(of_group.ravel(), self.scalars[:, number], len(runs)).astype(np.float64)
            for least, most, amount in _extremes(matrix, runs, weight):
                low += amount @ least
                high += amount @ most
        entries = self.own.tocoo()
        np.add.at(low, entries.coords[1], np.minimum(entries.data, 0.0))
        np.add.at(high, entries.coords[1], np.maximum(entries.data, 0.0))
        return low, high


def _meant(matrix: sparse.csr_array) -> sparse.csr_array:
    """Without what revenue and cost leave of each other by rounding."""
    clean = sparse.csr_array(matrix, copy=True)
    clean.data[np.abs(clean.data) < SMALLEST_KEPT] = 0.0
    clean.eliminate_zeros()
    return clean


CHUNK = 4096


def _extremes(
    matrix: sparse.csr_array, runs: Ints, weight: Floats
) -> Iterator[tuple[sparse.csr_array, sparse.csr_array, Floats]]:
    """Least and most of every column over runs of rows, chunk by chunk of runs: two sparse matrices, and weights."""
    for low in range(0, len(runs), CHUNK):
        first, size = runs[low : low + CHUNK].T
        owner = np.repeat(np.arange(len(first)), size)
        rows = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first, size)
        part = matrix[rows].tocoo()
        key = owner[part.coords[0]].astype(np.int64) * matrix.shape[1] + part.coords[1]
        order = np.argsort(key, kind="stable")
        key, value = key[order], part.data[order]
        begin = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, dtype=np.int64)
        if not len(begin):
            continue
        run, column = np.divmod(key[begin], matrix.shape[1])
        whole = np.diff(np.append(begin, len(key))) == size[run]  # else an option leaves the row alone
        shape = (len(first), matrix.shape[1])
        least, most = np.minimum.reduceat(value, begin), np.maximum.reduceat(value, begin)
        least, most = np.where(whole, least, np.minimum(least, 0.0)), np.where(whole, most, np.maximum(most, 0.0))
        yield (
            sparse.csr_array((least, (run, column)), shape),
            sparse.csr_array((most, (run, column)), shape),
            weight[low : low + CHUNK],
        )
