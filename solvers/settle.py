"""From a mixture of answers to one option for every group (FORMULATION.md section 10, steps 4 to 6).

Most groups take the same option in every answer that the mixture uses: they are decided. The others are a small
program with the rest held: first as a linear program, of which a few groups are left between options, then, where
groups may not be divided, those and the next least decided ones as whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.pricing import Node, Priced, Prices
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve as run_supervised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

FREE, NEXT, OFFERED = (3_000, 20_000), 1_500, 4
"""How many groups the linear program leaves free (if the first does not do, the second), how many more the whole one
has beside those left between options, and how many of a group's options are offered beside those that answers took."""
USED, NOISE = 1e-9, 1e-13


@dataclass(frozen=True)
class Point:
    """A plan as the price method holds it.

    Attributes
    ----------
    option : of each group, shape (groups,).
    shared : groups that take several options, with option and share: three arrays of one length.
    columns : of the policy.
    value : objective.
    near : where it was found, whole numbers settled or not.
    passes : whose answers the mixture uses.
    """

    option: NDArray[np.int32]
    shared: tuple[Ints, Ints, Floats]
    columns: Floats
    value: float
    near: Node
    passes: Ints


def drawn(prices: Prices, priced: Priced, seed: int) -> tuple[NDArray[np.int32], Bools]:
    """An option for every group, drawn by its cluster's mixture, and which groups take different ones in it.

    Groups of a cluster are drawn in even steps, so that the whole comes close to the mixture.
    """
    assert priced.mixture is not None
    groups, master = prices.groups, prices.master
    weights = priced.mixture.weights
    used = np.flatnonzero(weights > USED)
    place = (np.random.default_rng(seed).permutation(groups.count) + 0.5) / max(groups.count, 1)
    option = np.zeros(groups.count, dtype=np.int32)
    seen, differ = np.zeros(groups.count, dtype=np.bool_), np.zeros(groups.count, dtype=np.bool_)
    reached = np.zeros(groups.clusters)
    for asked in np.unique(master.asked[used]):
        here = used[master.asked[used] == asked]
        part = np.zeros(groups.clusters)
        np.add.at(part, master.cluster[here], weights[here])
        offered = part[groups.cluster] > 0.0
        taken = prices.took(asked).astype(np.int32)
        differ |= offered & seen & (taken != option)
        begin, reached = reached, reached + part
        mine = offered & (~seen | (place >= begin[groups.cluster]))
        option[mine] = taken[mine]
        seen |= offered
    return option, differ


def settle(
    prices: Prices,
    priced: Priced,
    *,
    whole: bool,
    options: SolveOptions,
    stop: Callable[[], bool],
    exactly: bool = False,
) -> Point | None:
    """A plan near a mixture, in the mixture's node.

    Every whole number of the policy is settled in it, or is chosen here, which may take long.

    Parameters
    ----------
    whole : whether groups take one option each.
    exactly : whether the mixture itself, which may miss rows by a hair, is not enough where groups may be divided.
    options : gap, seed, threads and time for the small programs.

    Returns
    -------
    Point or None
        None where the small programs have no point.
    """
    groups = prices.groups
    option, differ = drawn(prices, priced, options.seed)
    some = priced.node.lower[prices.integer] < priced.node.upper[prices.integer]
    if not (whole or exactly or some.any()):
        return mixed(prices, priced, option, np.flatnonzero(differ))
    passes = _used(prices, priced)
    answer = groups.answer(priced.node.prices)
    order = np.lexsort((answer.margin, ~differ))  # those between options first, then the least decided
    for size in FREE:
        part = _Part(prices, priced.node, passes, option, np.sort(order[: min(groups.count, size)]))
        program = part.program(whole=False)
        asked = replace(options, gap=options.gap if some.any() else 0.0, start=None)
        solution = run_supervised(program, asked, stop=stop)
        if solution.x is None or solution.value is None:
            if stop() or size >= groups.count:
                return None
            continue
        if not whole:
            return part.point(solution.x, solution.value)
        found = _made_whole(part, solution.x, answer.margin, options, stop)
        if found is not None or stop():
            return found
    return None


def mixed(prices: Prices, priced: Priced, option: NDArray[np.int32], differ: Ints) -> Point:
    """The mixture itself, where groups may be divided: it breaks no row, and shares many groups between options."""
    assert priced.mixture is not None
    groups, master, weights = prices.groups, prices.master, priced.mixture.weights
    if not len(differ):
        nothing = np.zeros(0, dtype=np.int64)
        shared = nothing, nothing, np.zeros(0)
        return Point(option, shared, priced.mixture.columns, priced.mixture.value, priced.node, _used(prices, priced))
    used = np.flatnonzero(weights > 0.0)
    parts: list[tuple[Ints, Ints, Floats]] = []
    for asked in np.unique(master.asked[used]):
        here = used[master.asked[used] == asked]
        part = np.zeros(groups.clusters)
        np.add.at(part, master.cluster[here], weights[here])
        mine = differ[part[groups.cluster[differ]] > 0.0]
        parts.append((mine, prices.took(asked)[mine].astype(np.int64), part[groups.cluster[mine]]))
    group, taken, share = (np.concatenate(each) for each in zip(*parts, strict=True))
    most = int(groups.size.max(initial=1))
    code, place = np.unique(group.astype(np.int64) * most + taken, return_inverse=True)
    total = np.bincount(place.ravel(), weights=share, minlength=len(code)).astype(np.float64)
    group, taken = np.divmod(code, most)
    total /= np.bincount(group, weights=total, minlength=groups.count)[group]
    order = np.lexsort((total, group))
    last = np.append(group[order][1:] != group[order][:-1], True)
    option = option.copy()
    option[group[order[last]]] = taken[order[last]]
    shared = group, taken, total
    return Point(option, shared, priced.mixture.columns, priced.mixture.value, priced.node, _used(prices, priced))


def less_shared(prices: Prices, point: Point, options: SolveOptions, stop: Callable[[], bool]) -> Point | None:
    """A plan at least as good in which fewer groups have several options; None where there are too many to try.

    Groups choose among the options that they have in the plan: with others it is hardly better, and takes far longer.
    """
    free = np.unique(point.shared[0])
    if not 0 < len(free) <= FREE[0]:
        return None
    part = _Part(prices, point.near, point.passes, point.option, free, point.shared[:2])
    solution = run_supervised(part.program(whole=False), replace(options, gap=0.0, start=None), stop=stop)
    return None if solution.x is None or solution.value is None else part.point(solution.x, solution.value)


def beside(prices: Prices, node: Node, x: Floats, options: SolveOptions, stop: Callable[[], bool]) -> Point | None:
    """The best plan with the choices of a given point: its whole numbers, and its option of each undivided group.

    Parameters
    ----------
    node : all plans; its prices say which options divided groups are offered.
    x : options, then the policy's columns.
    """
    groups, columns = prices.groups, x[len(prices.block.group) :]
    chosen = np.flatnonzero(x[: len(prices.block.group)])
    group = np.searchsorted(groups.start, chosen, side="right") - 1
    order = np.lexsort((x[chosen], group))
    option = np.zeros(groups.count, dtype=np.int32)
    option[group[order]] = chosen[order] - groups.start[group[order]]  # of each group the last, its largest share
    free = np.flatnonzero(np.bincount(group, minlength=groups.count) > 1)
    if len(free) > FREE[1]:
        return None
    whole = prices.integer
    held = replace(node, lower=node.lower.copy(), upper=node.upper.copy())
    held.lower[whole] = held.upper[whole] = np.clip(np.rint(columns[whole]), node.lower[whole], node.upper[whole])
    part = _Part(prices, held, np.arange(len(prices.asked)), option, free)
    solution = run_supervised(part.program(whole=False), replace(options, gap=0.0, start=None), stop=stop)
    return None if solution.x is None or solution.value is None else part.point(solution.x, solution.value)


def _made_whole(
    part: _Part, x: Floats, margin: Floats, options: SolveOptions, stop: Callable[[], bool]
) -> Point | None:
    """A point with one option for each group: those between options and the next least decided ones are chosen anew."""
    between, option = part.between(x), part.rounded(x)
    far = np.setdiff1d(part.free, between, assume_unique=True)
    far = far[np.argsort(margin[far], kind="stable")]
    again = _Part(part.prices, part.node, part.passes, option, np.sort(np.concatenate([between, far[:NEXT]])))
    solution = run_supervised(again.program(whole=True), replace(options, start=None), stop=stop)
    if solution.x is None or solution.value is None:
        return None
    return again.point(solution.x, solution.value)


class _Part:
    """The program of some groups, the others held at their options; the policy's whole numbers as the node has them."""

    def __init__(
        self,
        prices: Prices,
        node: Node,
        passes: Ints,
        option: NDArray[np.int32],
        free: Ints,
        only: tuple[Ints, Ints] | None = None,
    ) -> None:
        """Take the groups `free`; `only`, groups and their options, is what these are offered beside `option`."""
        self.prices, self.node, self.passes, self.option, self.free = prices, node, passes, option, free
        groups = prices.groups
        size = groups.size[free].astype(np.int64)
        owner = np.repeat(np.arange(len(free)), size)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
        every = groups.written_out(free[owner], number)
        if only is None:
            keep = self._offered(every @ np.append(-node.prices, 1.0), owner, number)
        else:
            some = np.isin(groups.start[free][owner] + number, groups.start[only[0]] + only[1])
            keep = some | (number == option[free][owner])
        self.owner, self.number = owner[keep], number[keep]
        self.over = sparse.csr_array(every[np.flatnonzero(keep)])
        sums, freed = groups.sums(option), groups.written_out(free, option[free].astype(np.int64))
        self.rest = _total(sums) - _total(freed)
        self.noise = NOISE * (_total(abs(sums)) + _total(abs(freed)))

    def _offered(self, worth: Floats, owner: Ints, number: Ints) -> Bools:
        """Which options are offered: the best of each group at the prices, and those that answers in use took."""
        order = np.lexsort((-worth, owner))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
        keep = rank < OFFERED
        keep |= number == self.option[self.free][owner]
        for asked in self.passes:
            keep |= number == self.prices.took(asked)[self.free].astype(np.int64)[owner]
        return keep

    def program(self, *, whole: bool) -> Program:
        """The program: the groups' options, then the policy's columns."""
        master, block = self.prices.master, self.prices.block
        rows, count = len(block.rows), len(self.owner)
        choice = sparse.csr_array((np.ones(count), (self.owner, np.arange(count))), (len(self.free), count))
        none = sparse.csr_array((len(self.free), len(master.cost)))
        matrix = sparse.csc_array(
            sparse.vstack([sparse.hstack([self.over[:, :rows].T, master.policy]), sparse.hstack([choice, none])])
        )
        matrix.sort_indices()
        one = np.ones(len(self.free))
        return Program(
            cost=np.append(self.over[:, [rows]].toarray().ravel(), master.cost),
            offset=block.constant + float(self.rest[rows]),
            col_lower=np.append(np.zeros(count), self.node.lower),
            col_upper=np.append(np.ones(count), self.node.upper),
            integer=np.append(np.full(count, whole), block.column_integer),
            row_lower=np.append(block.lower - (self.rest + self.noise)[:rows], one),
            row_upper=np.append(block.upper - (self.rest - self.noise)[:rows], one),
            start=matrix.indptr,
            index=matrix.indices,
            value=matrix.data,
        )

    def between(self, x: Floats) -> Ints:
        """Groups that a point leaves between options."""
        share = x[: len(self.owner)]
        return self.free[np.unique(self.owner[(share > 1e-6) & (share < 1.0 - 1e-6)])]

    def rounded(self, x: Floats) -> NDArray[np.int32]:
        """Every group's option, of those between options the one with the largest share."""
        option = self.option.copy()
        share = x[: len(self.owner)]
        order = np.lexsort((share, self.owner))
        last = np.append(self.owner[order][1:] != self.owner[order][:-1], True)[: len(order)]
        option[self.free[self.owner[order[last]]]] = self.number[order[last]]
        return option

    def point(self, x: Floats, value: float) -> Point:
        """The plan that a point of the program is."""
        share = x[: len(self.owner)]
        split = np.zeros(len(self.free), dtype=np.bool_)
        split[self.owner[(share > 0.0) & (share < 1.0)]] = True
        some = np.flatnonzero(split[self.owner] & (share > 0.0))
        shared = self.free[self.owner[some]], self.number[some], share[some]
        return Point(self.rounded(x), shared, x[len(self.owner) :], value, self.node, self.passes)


def _used(prices: Prices, priced: Priced) -> Ints:
    """The passes whose answers a mixture uses."""
    assert priced.mixture is not None
    return np.unique(prices.master.asked[np.flatnonzero(priced.mixture.weights > USED)])


def _total(matrix: sparse.csr_array) -> Floats:
    """The sum of all rows."""
    return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
