"""Branches: where whole numbers keep the bound away from the best plan, cases are told apart (section 10).

A node is a box of whole numbers. The one with the highest bound is priced until its bound is low enough or tight, then
split at the whole number whose two sides, tried in the master, bring the bound down most. What is not split is a leaf:
its box and its prices are the proof, and all leaves together cover every case.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.pricing import DEAR, Node, Priced, Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WHOLE = 1e-6
"""A number this near to a whole one is one."""
TRIED, STEPS, PASSES, WIDE = 5, 150, 12, 10.0
"""How many numbers are tried at a node, with how many steps of the simplex method; passes until it is split
anyway; radius of the box, in spans of the objective, while numbers are tried."""


class Tree:
    """The nodes of a search, best bound first.

    Attributes
    ----------
    prices : what prices them.
    empty : proves of a node that it holds no plan, or says None.
    leaves : nodes that are not split further: their bound is low enough, or nothing is left to split.
    best : the node with the highest bound among those priced last.
    nodes : how many were looked at.
    """

    def __init__(self, prices: Prices, root: Priced, empty: Callable[[Node], Node | None]) -> None:
        self.prices, self.empty = prices, empty
        self._number = itertools.count()
        self._open: list[tuple[float, int, Priced | Node]] = []
        self.leaves: list[Node] = []
        self.best: Priced | None = None
        self._push(root)
        self.nodes = 0

    def _push(self, node: Priced | Node) -> None:
        bound = node.node.bound if isinstance(node, Priced) else node.bound
        heapq.heappush(self._open, (-bound, next(self._number), node))

    def resume(self, nodes: Sequence[Node]) -> None:
        """Go on from nodes that together are all plans."""
        self._open, self.leaves = [], []
        for node in nodes:
            self._push(node)

    @property
    def bound(self) -> float:
        """No plan is worth more."""
        found = [leaf.bound for leaf in self.leaves]
        return max([*found, *(-bound for bound, *_ in self._open[:1])], default=-np.inf)

    def all_leaves(self) -> list[Node]:
        """Every node that is not split: together they are all plans."""
        return [*self.leaves, *(node.node if isinstance(node, Priced) else node for *_, node in self._open)]

    def grow(
        self, target: Callable[[], float], stop: Callable[[], bool], told: Callable[[float], object], nodes: int
    ) -> Iterator[Priced]:
        """Split nodes until the bound is at the target; give each node in which the mixture's numbers are whole.

        Parameters
        ----------
        target : asked before every node.
        stop, told : as in `Prices.price`; told is the bound over all nodes.
        nodes : how many are looked at.
        """
        last = self.nodes + nodes
        while self._open and self.nodes < last and not stop():
            below, _, node = heapq.heappop(self._open)
            if -below <= target():
                self._push(node)
                return
            priced = node if isinstance(node, Priced) else self._priced(node, target(), stop)
            self.nodes += 1
            yield from self._settled(priced, target())
            told(self.bound)

    def _priced(self, node: Node, target: float, stop: Callable[[], bool]) -> Priced:
        found = self.prices.price(node, target, PASSES, stop, lambda _: None)
        return replace(found, node=replace(found.node, bound=min(found.node.bound, node.bound)))

    def _settled(self, priced: Priced, target: float) -> Iterator[Priced]:
        """Leave a node as a leaf, or split it."""
        node, mixture = priced.node, priced.mixture
        if node.bound <= target:
            self.leaves.append(node)
            return
        dear = mixture is None or mixture.charged > DEAR * self.prices.span
        proof = self.empty(node) if dear else None
        if mixture is None or proof is not None:
            self.leaves.append(proof or node)
            return
        whole = mixture.columns[self.prices.integer]
        away = np.abs(whole - np.rint(whole))
        if not (away > WHOLE).any():
            if mixture.missed == 0:
                yield priced
            if priced.tight or mixture.missed == 0:
                self.leaves.append(node)
            else:
                self._push(node)
            return
        if self.best is None or self.best.node.bound >= node.bound:
            self.best = priced
        for child in self._split(priced, away):
            self._push(child)

    def _split(self, priced: Priced, away: Floats) -> tuple[Node, Node]:
        """The two sides of the number whose sides bring the master down most."""
        assert priced.mixture is not None
        whole, columns = priced.mixture.columns, self.prices.integer
        trial = Trial(self.prices, priced)
        best: tuple[float, tuple[Node, Node]] | None = None
        for place in np.argsort(-away, kind="stable")[:TRIED]:
            if away[place] <= WHOLE:
                break
            column = int(columns[place])
            two = sides(priced.node, column, whole[column])
            fall = [trial.fall(side) for side in two]
            score = max(min(fall), 1e-9) * max(max(fall), 1e-9)
            if best is None or score > best[0]:
                best = score, two
        trial.end()
        assert best is not None
        return best[1]


class Trial:
    """What the master, as it stands after a node was priced, loses by other bounds of whole numbers."""

    def __init__(self, prices: Prices, priced: Priced) -> None:
        assert priced.mixture is not None
        self.master, self.columns, self.span = prices.master, prices.integer, prices.span
        self.value, self.node = priced.mixture.value, priced.node
        self.basis = self.master.basis()
        self.master.hold(self.node.prices, WIDE * self.span)  # what may be missed cheaply would hide the fall

    def fall(self, node: Node) -> float:
        """By how much the master falls in a node, in few steps of the simplex method."""
        self._begin(node)
        mixture = self.master.solve(STEPS)
        return WIDE * self.span if mixture is None else max(self.value - mixture.value, 0.0)

    def end(self) -> None:
        """Leave the master as it was."""
        self._begin(self.node)

    def _begin(self, node: Node) -> None:
        self.master.return_to(self.basis)
        self.master.bound_columns(self.columns, node.lower[self.columns], node.upper[self.columns])


def sides(node: Node, column: int, value: float) -> tuple[Node, Node]:
    """A node's two parts: the number at most, and at least, its neighbours; the parent's bound holds for both."""
    upper, lower = node.upper.copy(), node.lower.copy()
    upper[column], lower[column] = np.floor(value), np.ceil(value)
    return replace(node, upper=upper), replace(node, lower=lower)
