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

from zonevest.solvers.choices import WHOLE, Choices
from zonevest.solvers.pricing import DEAR, Node, Priced, Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TRIED, STEPS, PASSES, AGAIN, WIDE = 3, 1000, 12, 5, 10.0
"""How many choices are tried at a node beside those never tried, with how many steps of the simplex method; passes
until it is split anyway; how often a node is priced further that cannot be split; radius of the box, in spans of the
objective, while numbers are tried."""
LITTLE = 1e-5
"""Of the value: what a side costs at least, so that one that costs nothing does not hide the other."""


class Tree:
    """The nodes of a search, best bound first.

    Attributes
    ----------
    prices : what prices them.
    choices : whole numbers that belong together, and what is known of them.
    empty : proves of a node that it holds no plan, or says None.
    leaves : nodes that are not split further: their bound is low enough, or nothing is left to split.
    best : the node priced last, whose whole numbers are not whole.
    nodes, fixed : how many were looked at, and how many whole numbers were held since others would cost too much.
    """

    def __init__(self, prices: Prices, root: Node, choices: Choices, empty: Callable[[Node], Node | None]) -> None:
        self.prices, self.choices, self.empty = prices, choices, empty
        self._number = itertools.count()
        self._open: list[tuple[float, int, Node]] = []
        self.leaves: list[Node] = []
        self.best: Priced | None = None
        self._push(root)
        self.nodes, self.fixed = 0, 0

    def _push(self, node: Node) -> None:
        heapq.heappush(self._open, (-node.bound, next(self._number), node))

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
        return [*self.leaves, *(node for *_, node in self._open)]

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
            self.nodes += 1
            yield from self._settled(self._priced(node, target(), stop), target())
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
            if priced.tight or mixture.missed == 0 or node.visits >= AGAIN:
                self.leaves.append(node)
            else:
                self._push(replace(node, visits=node.visits + 1))
            return
        self.best = priced
        held = self._held(node, target)
        if (held.lower > node.lower).any() or (held.upper < node.upper).any():
            inside = self.prices.integer
            whole = mixture.columns[inside]
            if ((whole < held.lower[inside] - WHOLE) | (whole > held.upper[inside] + WHOLE)).any():
                self._push(held)  # the mixture is not in it
                return
        for child in self._split(replace(priced, node=held), away):
            self._push(child)

    def _held(self, node: Node, target: float) -> Node:
        """The part of a node that is left where whole numbers are held at an end: any other would cost too much.

        Another value of a whole number lowers what the node's prices prove by its reduced worth at least; where that
        is at the target or below, the other values are a leaf with these prices.
        """
        columns = self.prices.integer
        reduced = self.prices.reduced(node.prices)[columns]
        left = node.bound - np.abs(reduced)
        free = node.lower[columns] < node.upper[columns]
        sure = free & (left <= target) & np.isfinite(node.lower[columns]) & np.isfinite(node.upper[columns])
        for place in np.flatnonzero(sure):
            column, stays = columns[place], "lower" if reduced[place] > 0 else "upper"
            end = node.upper[column] if stays == "lower" else node.lower[column]
            goes = "upper" if stays == "lower" else "lower"
            other, kept = getattr(node, goes).copy(), getattr(node, stays).copy()
            other[column], kept[column] = end - np.sign(reduced[place]), end
            self.leaves.append(replace(node, **{goes: other}, bound=float(left[place])))
            node = replace(node, **{stays: kept})
        self.fixed += int(sure.sum())
        return node

    def _split(self, priced: Priced, away: Floats) -> tuple[Node, Node]:
        """The two sides of the number whose sides bring the master down most."""
        assert priced.mixture is not None
        columns, choices = self.prices.integer, self.choices
        self.prices.tidy(priced)
        trial = Trial(self.prices, priced)
        best: tuple[float, tuple[Node, Node]] | None = None
        if trial.mixture is not None:
            whole = trial.mixture.columns[columns]
            apart = np.abs(whole - np.rint(whole))
            least = LITTLE * abs(trial.mixture.value)
            for choice in choices.open(whole, TRIED):
                numbers = choices.numbers(choice)
                for place in numbers[np.unique(np.round(whole[numbers], 3), return_index=True)[1]]:
                    if apart[place] > WHOLE:
                        two = sides(priced.node, int(columns[place]), whole[place])
                        score = choices.learn(choice, [trial.fall(side) for side in two], least)
                        if best is None or score > best[0]:
                            best = score, two
            trial.end()
        if best is None:  # the mixture in which nothing can be missed cheaply is whole
            place = int(np.argmax(away))
            return sides(priced.node, int(columns[place]), priced.mixture.columns[columns[place]])
        return best[1]


class Trial:
    """What the master of a priced node loses by other bounds of whole numbers.

    Attributes
    ----------
    mixture : the master's where no row can be missed cheaply: what could would hide the fall. None: it has none.
    """

    def __init__(self, prices: Prices, priced: Priced) -> None:
        self.master, self.columns, self.span, self.node = prices.master, prices.integer, prices.span, priced.node
        self.master.bound_columns(self.columns, self.node.lower[self.columns], self.node.upper[self.columns])
        self.master.hold(self.node.prices, WIDE * self.span)
        self.mixture = self.master.solve()
        self.basis = self.master.basis()

    def fall(self, node: Node) -> float:
        """By how much the master falls in a node; at least so much where that takes too many steps."""
        assert self.mixture is not None
        self._begin(node)
        after = self.master.after(STEPS)
        return WIDE * self.span if after is None else max(self.mixture.value - after, 0.0)

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
    return replace(node, upper=upper, visits=0), replace(node, lower=lower, visits=0)
