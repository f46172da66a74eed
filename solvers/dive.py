"""A first good choice of whole numbers: down one path of the tree, prices following (FORMULATION.md section 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.branches import Trial
from zonevest.solvers.choices import WHOLE, Choices, ways
from zonevest.solvers.pricing import Node, Priced, Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SURE, TOGETHER, PASSES = 0.1, 3.0, 4
"""Numbers so near to a whole one are settled together where that costs no more than some times what is cheap; passes
after a step that is not cheap."""
TRIED, WAYS = 3, 3
"""Choices tried before a step, beside those never tried, and ways of each."""
SETTLED = 30
"""Passes where whole numbers are settled."""


def dive(
    prices: Prices,
    priced: Priced,
    choices: Choices,
    stop: Callable[[], bool],
    least: float = -np.inf,
    cheap: float = 0.0,
) -> Priced | None:
    """Settle whole numbers, those that are all but whole together, then the choice that costs most; price the land on.

    Parameters
    ----------
    choices : whose numbers are settled together; what is learnt of them is noted.
    least : a path on which nothing better can come is left.
    cheap : what a step may cost without being looked at closely, in units of the objective.

    Returns
    -------
    Priced or None
        A node in which every whole number is settled, with a mixture that misses no row; None where the path ends.
    """
    columns = prices.integer
    while priced.mixture is not None and not stop():
        trial = Trial(prices, priced)
        if trial.mixture is None:
            return None
        whole = trial.mixture.columns[columns]
        if not (np.abs(whole - np.rint(whole)) > WHOLE).any():
            trial.end()
            found = prices.price(
                settled(priced.node, columns, whole), -np.inf, SETTLED, stop, lambda _: None, plan=True
            )
            good = found.mixture is not None and found.mixture.missed == 0
            return found if good else None
        node, fall = _step(trial, priced.node, columns, whole, choices, cheap)
        trial.end()
        passes = 1 if fall <= cheap else PASSES
        priced = prices.price(replace(node, bound=np.inf), -np.inf, passes, stop, lambda _: None)
        if priced.node.bound <= least:
            return None
        prices.tidy(priced)
    return None


def settled(node: Node, columns: Ints, whole: Floats) -> Node:
    """The part of a node in which these columns are at the nearest whole numbers; nothing is proven of it yet."""
    return replace(_held(node, columns, np.rint(whole)), bound=np.inf, ray=False)


def _step(trial: Trial, node: Node, columns: Ints, whole: Floats, choices: Choices, cheap: float) -> tuple[Node, float]:
    """The node with some more numbers settled, and by how much the master falls in it."""
    away, nearest = np.abs(whole - np.rint(whole)), np.rint(whole)
    lower = node.lower.copy()
    begun = columns[whole >= node.upper[columns] - WHOLE]  # what is begun stays so on the way down
    lower[begun] = node.upper[begun]
    node = replace(node, lower=lower)
    near = (away <= SURE) & (away > WHOLE)
    if near.any():
        together = _held(node, columns[near], nearest[near])
        fall = trial.fall(together)
        if fall <= TOGETHER * cheap:
            return together, fall
    tried: list[tuple[float, float, Ints, Floats]] = []
    for choice in choices.open(whole, TRIED):
        numbers = columns[choices.numbers(choice)]
        found = [(trial.fall(_held(node, numbers, way)), way) for way in ways(whole[choices.numbers(choice)])[:WAYS]]
        least = min(found, key=lambda each: each[0])
        tried.append((choices.learn(choice, (fall for fall, _ in found), cheap), least[0], numbers, least[1]))
    first = max(tried, key=lambda each: each[0])
    for each in tried:
        if each is first or each[1] <= cheap:
            node = _held(node, each[2], each[3])
    return node, first[1]


def _held(node: Node, columns: Ints, values: Floats) -> Node:
    """A node with these columns held."""
    lower, upper = node.lower.copy(), node.upper.copy()
    lower[columns] = upper[columns] = values
    return replace(node, lower=lower, upper=upper)
