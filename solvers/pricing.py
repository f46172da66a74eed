"""Prices: the master proposes, groups answer, and what they answer bounds every plan (FORMULATION.md section 10).

``bound = y · rhs + Σ_i max_k (c_k - y · A_k) + Σ_v max over its bounds of (d_v - y · B_v) v``: it holds for any prices
y (a price whose side of the row is open counts as 0), and the best y make it the value of the linear program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.groups import Groups
from zonevest.solvers.master import Master, Mixture
from zonevest.solvers.reach import Rows, box, finite_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FIRST_RADIUS = 0.1
"""Of the box around the first prices, as a part of what groups can make of the objective over a row's whole extent."""
WIDER, NARROWER, FREER = 1.5, 0.6, 10.0
"""The box after a pass that brought the bound down, after one that did not, and where nothing but the box is in the
way."""
DEAR, CLEAR = 10.0, 1e-6
"""Rows that are missed at a cost of so many spans of the objective may be unmeetable; that they are is clear below 0
by this part of what prices charge."""
NOISE = 1e-12
"""What double precision leaves of a constant."""
LITTLE = 1e-6
"""Of what the policy's columns can make of the objective: groups that make no more than this part count for nothing."""
FULL, KEPT = 20, 8
"""Answers a cluster has when those that are little use are dropped, and how many are kept then."""
KEPT_LOSS = 0.02
"""Answers that lose more than this part of the objective to their cluster's best are dropped."""


@dataclass(frozen=True)
class Node:
    """A part of all plans: whole numbers between other bounds, and what is known of it.

    Attributes
    ----------
    lower, upper : of the policy columns.
    prices : the best found for it, shape (rows,).
    bound : what they prove.
    ray : whether they prove that there is no plan at all in this part.
    visits : how often it was priced further though it cannot be split.
    """

    lower: Floats
    upper: Floats
    prices: Floats
    bound: float
    ray: bool = False
    visits: int = 0


@dataclass(frozen=True)
class Priced:
    """A node, priced.

    Attributes
    ----------
    node : with the best prices and bound.
    mixture : the master's last, or None where it has none.
    passes : how many were made.
    tight : whether bound and master have met, so that more passes would not tell more.
    """

    node: Node
    mixture: Mixture | None
    passes: int
    tight: bool


class Prices:
    """Everything that stays from node to node: groups, master, bounds of columns, the passes made.

    Attributes
    ----------
    tolerance, apart : bound and master have met when they are no further apart, as a part of the bound or in units of
        the objective.
    asked : the prices of every pass, in order.
    best : the node that is priced, or was last, with the best prices so far.
    """

    def __init__(
        self, block: Block, groups: Groups, tolerance: float = 2e-5, span: float | None = None, *,
        apart: float = 0.0, every: bool = False,
    ) -> None:  # fmt: skip
        """Make the master of a block.

        Parameters
        ----------
        span : what groups can make of the objective, where it is not theirs.
        every : whether every row may be missed at a price, those without groups too.
        """
        self.block, self.groups, self.tolerance, self.apart = block, groups, tolerance, apart
        least, most = groups.extent()
        rows = len(block.rows)
        self.least, self.most = least[:rows], most[:rows]
        extent = np.maximum(self.most - self.least, np.maximum(np.abs(self.most), np.abs(self.least)))
        if every:
            alone = np.asarray(abs(sparse.csr_array(block.by_column)).sum(axis=0)).ravel()[:rows]
            extent = np.where(extent > 1e-12, extent, np.maximum(alone, 1.0))
        self.master = Master(block, groups.clusters, np.where(extent > 1e-12, extent, 0.0))
        self.ends = Rows(self.master.policy, block.lower, block.upper, self.least, self.most)
        whole = np.asarray(block.column_integer)
        self.finite = finite_bounds(self.ends, block.column_lower, block.column_upper, self.master.cost, whole)
        self.span = self._span(float(most[rows] - least[rows])) if span is None else span
        self.integer = np.flatnonzero(block.column_integer)
        self.asked: list[Floats] = []
        self.radius = FIRST_RADIUS * max(self.span, 1e-9)
        self.best = self.root()

    def _span(self, of_groups: float) -> float:
        """What groups can make of the objective; where it is all but nothing, what the policy's columns can."""
        reach = np.where(np.isfinite(self.finite[1] - self.finite[0]), self.finite[1] - self.finite[0], 1.0)
        own = float(np.abs(self.master.cost) @ reach)
        return (of_groups if of_groups > LITTLE * own else own) or 1.0

    def root(self) -> Node:
        """All plans."""
        block = self.block
        return Node(block.column_lower, block.column_upper, np.zeros(len(block.rows)), np.inf)

    def ask(self, prices: Floats) -> float:
        """Let groups answer, give the master what they take, and return what that is worth."""
        return self.ask_all([prices])[0]

    def ask_all(self, prices: Sequence[Floats]) -> list[float]:
        """The same for several prices: the master is given all at once."""
        found = [self.groups.ask(each) for each in prices]
        if found:
            passes = range(len(self.asked), len(self.asked) + len(found))
            self.master.add(sparse.csr_array(sparse.vstack([sums for sums, _ in found])), passes)
        self.asked.extend(prices)
        return [worth for _, worth in found]

    def took(self, asked: int) -> NDArray[np.uint16]:
        """What every group took at a pass."""
        return self.groups.took(self.asked[asked])

    def remembered(self, also: Ints | None = None) -> tuple[Ints, Floats]:
        """Passes whose answers the master has, and some further ones; and their prices, shape (passes, rows)."""
        passes = np.unique(self.master.asked if also is None else np.append(self.master.asked, also))
        return passes, np.array([self.asked[number] for number in passes]).reshape(len(passes), len(self.block.rows))

    def bound(self, node: Node, prices: Floats, of_groups: float) -> float:
        """What prices that charge no open side prove of a node, where groups answer to them with so much."""
        return float(self._terms(node, prices, self.master.cost).sum()) + of_groups + self.block.constant

    def unmeetable(self, node: Node, prices: Floats) -> bool:
        """Whether such prices prove of a node that it holds no plan: without the objective, 0 is out of reach."""
        of_groups = self.groups.worth(prices, 0.0)
        terms = self._terms(node, prices, np.zeros_like(self.master.cost))
        size = float(np.abs(terms).sum()) + abs(of_groups)
        return bool(np.isfinite(size)) and float(terms.sum()) + of_groups < -CLEAR * size

    def reduced(self, prices: Floats, cost: Floats | None = None) -> Floats:
        """What is left of a unit of each policy column when it is charged for what it takes of rows."""
        left: Floats = (self.master.cost if cost is None else cost) - self.master.policy.T @ prices
        return left

    def _terms(self, node: Node, prices: Floats, cost: Floats) -> Floats:
        """What rows' bounds are worth at prices, and what is left of columns at their best ends, one by one."""
        charged = np.flatnonzero(prices)
        side = np.where(prices > 0, self.block.upper, self.block.lower)
        reduced = self.reduced(prices, cost)
        left = np.flatnonzero(reduced)
        low, high = box(node.lower, node.upper, self.finite)
        ends = np.where(reduced > 0, high, low)
        return np.append(prices[charged] * side[charged], reduced[left] * ends[left])

    def price(
        self,
        node: Node,
        target: float,
        passes: int,
        stop: Callable[[], bool],
        told: Callable[[float], object],
        *,
        plan: bool = False,
    ) -> Priced:
        """Look for the best prices of a node.

        Parameters
        ----------
        target : a bound that is low enough.
        passes : at most so many.
        stop, told : asked and told between passes; what is told is the best bound.
        plan : whether the mixture is to be a plan: go on until it misses no row.
        """
        master, best, radius = self.master, node, self.radius
        self.best = best
        master.bound_columns(self.integer, node.lower[self.integer], node.upper[self.integer])
        if not self.asked:
            self.ask(node.prices)
        master.hold(best.prices, radius)
        mixture = None
        for number in range(passes):
            mixture = master.solve()
            if mixture is None:
                return Priced(best, None, number, tight=False)
            prices = closed(mixture.prices, self.block.lower, self.block.upper)
            bound = self.bound(node, prices, self.ask(prices))
            better = bound < best.bound
            if better:
                best = self.best = replace(best, prices=prices, bound=bound)
                told(bound)
            elif np.isinf(best.bound):  # nothing is proven yet: it follows the master
                best = replace(best, prices=prices)
            if mixture.charged > DEAR * self.span and self.unmeetable(node, best.prices):
                return Priced(replace(best, bound=-np.inf, ray=True), mixture, number + 1, tight=True)
            close = max(self.tolerance * max(abs(best.bound), 1e-9 * self.span), self.apart)
            close += NOISE * abs(self.block.constant)
            near = np.isfinite(best.bound) and best.bound - mixture.value <= close
            # what is missed cheaply in a narrow box might bring the bound far down in a wider one
            wide = FIRST_RADIUS * max(self.span, abs(best.bound))
            missed = max(mixture.charged, wide * mixture.short)
            kept = mixture.missed == 0 or (not plan and missed <= close)
            if kept and near:
                self.radius = radius
                return Priced(best, mixture, number + 1, tight=True)
            if best.bound <= target or stop():
                return Priced(best, mixture, number + 1, tight=False)
            if near:  # and yet rows are missed: within the box there are no better prices
                radius *= FREER
            else:
                radius *= WIDER if better or np.isinf(best.bound) else NARROWER
            master.hold(best.prices, radius)
        return Priced(best, mixture, passes, tight=False)

    def tidy(self, priced: Priced) -> None:
        """Drop answers that are little use where there are many; the node is the one that was priced last."""
        if priced.mixture is not None and len(self.master.cluster) > FULL * self.groups.clusters:
            self.prune(priced.node, self.used_in(priced.mixture))

    def answers(self) -> Ints:
        """The master's answers: pairs of pass and cluster."""
        return np.column_stack([self.master.asked, self.master.cluster]).astype(np.int64)

    def used_in(self, mixture: Mixture) -> NDArray[np.bool_]:
        """Which of the master's answers a mixture uses; it is of those or the first of them."""
        return np.append(mixture.weights, np.zeros(len(self.master.cluster) - len(mixture.weights))) > 0.0

    def prune(self, node: Node, used: NDArray[np.bool_]) -> None:
        """Drop answers that are given twice, and of a cluster's those beyond so many of its best.

        Parameters
        ----------
        node : the one that was priced last: its prices say which are the best.
        used : answers that stay anyway: those of the mixture.
        """
        master = self.master
        mark = master.answers @ np.random.default_rng(0).standard_normal(master.answers.shape[1])
        again = np.ones(len(mark), dtype=np.bool_)
        again[np.unique(np.column_stack([master.cluster, mark]), axis=0, return_index=True)[1]] = False
        loss = np.where(used, -1.0, np.where(again, np.inf, master.losses(node.prices)))
        order = np.lexsort((loss, master.cluster))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - np.searchsorted(master.cluster[order], master.cluster[order])
        master.drop(used | ((loss <= KEPT_LOSS * self.span) & (rank < KEPT)))


def closed(prices: Floats, lower: Floats, upper: Floats) -> Floats:
    """Prices with 0 where they would charge a side of the row that is open."""
    open_side = ((prices > 0) & np.isposinf(upper)) | ((prices < 0) & np.isneginf(lower))
    return np.where(open_side, 0.0, prices)
