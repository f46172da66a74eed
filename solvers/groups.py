"""How groups answer prices (FORMULATION.md section 10): each takes its best option, all in one pass over the arrays.

The options of a group are a run of kinds; what an option is worth at given prices is the worth of its kind, times the
group's scalars. A pass first prices the kinds, which are few, and then goes once through groups and options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads
from scipy import sparse

from zonevest.solvers.compiled_pass import amounts, best_options, best_options_alone
from zonevest.solvers.program import SMALLEST_KEPT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


PART, MOST_PARTS = 1 << 17, 256
"""Groups that are summed up at a time, and how many such parts there are at most: the number follows from the groups
alone, so that sums are the same to the last bit wherever parts are summed up."""


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


@dataclass(frozen=True, eq=False)
class Part:
    """A run of groups with all that they need to answer prices: it knows of no other part, and keeps nothing.

    Attributes
    ----------
    first, size : of each group the first of its kinds, and how many there are.
    scalars : groups x scalars.
    kinds : (scalars x kinds) x (rows + 1), scalar after scalar; the last column is the objective.
    of_kind : the cluster of each kind.
    own : the options that have something of their own, each over rows and objective.
    own_start, own_group, own_option : of each group the run of these; of each its group, and its number there.
    clusters : how many there are, in all parts together.
    """

    first: NDArray[np.int32]
    size: NDArray[np.int32]
    scalars: Floats
    kinds: sparse.csr_array
    of_kind: NDArray[np.int32]
    own: sparse.csr_array
    own_start: Ints
    own_group: Ints
    own_option: NDArray[np.int32]
    clusters: int

    def answer(self, prices: Floats, objective: float = 1.0, *, alone: bool = False) -> Answer:
        """What every group takes.

        Parameters
        ----------
        prices : shape (rows,).
        objective : what the objective counts; 0: prices alone.
        alone : whether one thread does it.
        """
        weights = np.append(-prices, objective)
        worth = np.ascontiguousarray((self.kinds @ weights).reshape(self.scalars.shape[1], len(self.of_kind)).T)
        best = best_options_alone if alone else best_options
        own = self.own @ weights
        return Answer(*best(self.first, self.size, self.scalars, worth, self.own_start, self.own_option, own))

    def sums(
        self, option: NDArray[np.int32], part: NDArray[np.bool_] | None = None, here: slice | None = None
    ) -> sparse.csr_array:
        """What groups come to that take these options (all, or a part; all, or those here): clusters x (rows + 1)."""
        here = slice(0, len(self.first)) if here is None else here
        count = len(self.of_kind)
        some_of = np.ones(1, dtype=np.bool_) if part is None else part[here]
        amount = amounts(self.first[here], option[here], self.scalars[here], some_of, count).ravel()
        some = np.flatnonzero(amount).astype(self.kinds.indices.dtype)
        where = (self.of_kind[some % max(count, 1)], some)
        total = sparse.csr_array((amount[some], where), (self.clusters, len(amount))) @ self.kinds
        entry = np.arange(self.own_start[here.start], self.own_start[here.stop])
        group = self.own_group[entry]
        mine = option[group] == self.own_option[entry]
        entry = entry[mine if part is None else mine & part[group]]
        if len(entry):
            cluster = self.of_kind[self.first[self.own_group[entry]]]
            chosen = sparse.csr_array((np.ones(len(entry)), (cluster, entry)), (self.clusters, self.own.shape[0]))
            total = total + chosen @ self.own
        return sparse.csr_array(total)

    def cut(self, low: int, high: int) -> Part:
        """The part of the groups from `low` up to `high`, with no more kinds than they have."""
        runs = np.unique(np.column_stack([self.first[low:high], self.size[low:high]]), axis=0)
        edges = np.zeros(len(self.of_kind) + 1, dtype=np.int64)
        np.add.at(edges, runs[:, 0], 1)
        np.add.at(edges, runs.sum(axis=1), -1)
        used = np.flatnonzero(np.cumsum(edges)[:-1])
        scalars = self.scalars.shape[1]
        every = (used + len(self.of_kind) * np.arange(scalars)[:, None]).ravel()
        entries = slice(int(self.own_start[low]), int(self.own_start[high]))
        return Part(
            np.searchsorted(used, self.first[low:high]).astype(np.int32),
            self.size[low:high],
            self.scalars[low:high],
            sparse.csr_array(self.kinds[every]),
            self.of_kind[used],
            sparse.csr_array(self.own[entries.start : entries.stop]),
            self.own_start[low : high + 1] - entries.start,
            self.own_group[entries] - low,
            self.own_option[entries],
            self.clusters,
        )

    def __sizeof__(self) -> int:
        """Bytes of the arrays."""
        matrices = sum(each.nbytes for of in (self.kinds, self.own) for each in (of.data, of.indices, of.indptr))
        scalars = self.scalars.nbytes + self.first.nbytes + self.size.nbytes + self.of_kind.nbytes
        return int(matrices + scalars + self.own_start.nbytes + self.own_group.nbytes + self.own_option.nbytes)


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
    whole, cuts : all groups as one part, and the edges of the parts in which they are summed up.
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
        self.cluster = block.cluster[self.first].astype(np.int32) if block.groups else np.zeros(0, np.int32)
        self.clusters = int(block.cluster.max(initial=-1)) + 1
        self._single(block)
        none = sparse.csr_array((0, self.rows + 1))
        self.whole = Part(
            self.first, self.size, self.scalars,
            sparse.csr_array(sparse.vstack(self.of_kinds)) if self.of_kinds else none,
            block.cluster.astype(np.int32), self.own, self.own_start, self.own_group, self.own_option, self.clusters,
        )  # fmt: skip
        parts = min(max(-(-self.count // PART), 1), MOST_PARTS)
        self.cuts = [self.count * number // parts for number in range(parts + 1)]
        self._taken: dict[bytes, NDArray[np.uint16]] = {}

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
        return self.whole.answer(prices, objective)

    def sums(self, option: NDArray[np.int32], part: NDArray[np.bool_] | None = None) -> sparse.csr_array:
        """What groups (all, or a part) that take these options come to: clusters x (rows + 1)."""
        return added(at_once(lambda here: self.whole.sums(option, part, here), self.parts()))

    def parts(self) -> list[slice]:
        """The runs of groups that are summed up one by one, in order."""
        return [slice(low, high) for low, high in pairwise(self.cuts)]

    def ask(self, prices: Floats) -> tuple[sparse.csr_array, float]:
        """What groups come to at prices, clusters x (rows + 1), and what that is worth; what they took is kept."""
        answer = self.answer(prices)
        self._taken[prices.tobytes()] = answer.option.astype(np.uint16)
        return self.sums(answer.option), self._total(answer.value)

    def worth(self, prices: Floats, objective: float = 1.0) -> float:
        """What groups' best options are worth together at prices."""
        return self._total(self.answer(prices, objective).value)

    def took(self, prices: Floats) -> NDArray[np.uint16]:
        """What every group takes at prices that were asked, as a small number."""
        found = self._taken.get(prices.tobytes())
        return self.answer(prices).option.astype(np.uint16) if found is None else found

    def _total(self, value: Floats) -> float:
        return sum((float(value[here].sum()) for here in self.parts()), 0.0)

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

    def worth_of(self, groups: Ints, options: Ints, prices: Floats) -> Floats:
        """What some options, each with its group, are worth at prices, shape (pairs,)."""
        weights = np.append(-prices, 1.0)
        worth = (self.whole.kinds @ weights).reshape(self.scalars.shape[1], -1)
        value = np.einsum("gs,sg->g", self.scalars[groups], worth[:, self.first[groups].astype(np.int64) + options])
        option = self.start[groups] + options
        at = np.minimum(np.searchsorted(self.own_index, option), max(len(self.own_index) - 1, 0))
        if len(self.own_index):
            value = value + np.where(self.own_index[at] == option, (self.own @ weights)[at], 0.0)
        return np.asarray(value)

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


def at_once(do: Callable[[slice], sparse.csr_array], parts: Sequence[slice]) -> list[sparse.csr_array]:
    """What is done with each part, in order; by as many threads as the passes have."""
    threads = min(get_num_threads(), len(parts))
    if threads == 1:
        return [do(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, parts))


def added(parts: Sequence[sparse.csr_array]) -> sparse.csr_array:
    """The sum of matrices, one after the other."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return sparse.csr_array(total)


def _meant(matrix: sparse.csr_array) -> sparse.csr_array:
    """Without what revenue and cost leave of each other by rounding."""
    clean = sparse.csr_array(matrix, copy=True)
    clean.data[np.abs(clean.data) < SMALLEST_KEPT] = 0.0
    clean.eliminate_zeros()
    if clean.nnz <= np.iinfo(np.int32).max:  # half the memory, which is what a pass waits for
        clean.indices, clean.indptr = clean.indices.astype(np.int32), clean.indptr.astype(np.int32)
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
