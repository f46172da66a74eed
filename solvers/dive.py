"""A first good choice of whole numbers: down one path of the tree, prices following (FORMULATION.md section 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.branches import WHOLE, Trial, sides
from zonevest.solvers.pricing import Node, Priced, Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SURE, CHEAP, PASSES, TRIED = 0.1, 2e-4, 4, 4
"""Numbers so near to a whole one are settled together, while they cost no more than this part of the value; passes
after each step; how many numbers are tried where none is sure."""


def dive(prices: Prices, priced: Priced, stop: Callable[[], bool], least: float = -np.inf) -> Priced | None:
    """Settle whole numbers, the surest first, until all are; then price the land for them.

    Parameters
    ----------
    least : a path on which nothing better can come is left.

    Returns
    -------
    Priced or None
        A node in which every whole number is settled, with a mixture that misses no row; None where the path ends.
    """
    columns = prices.integer
    while priced.mixture is not None and not stop():
        whole = priced.mixture.columns[columns]
        away = np.abs(whole - np.rint(whole))
        if not (away > WHOLE).any():
            found = prices.price(settled(priced.node, columns, whole), -np.inf, 30, stop, lambda _: None, plan=True)
            good = found.mixture is not None and found.mixture.missed == 0
            return found if good else None
        for node, fall in _steps(prices, priced, whole, away):
            cheap = fall <= CHEAP * abs(priced.mixture.value)
            step = prices.price(replace(node, bound=np.inf), -np.inf, 1 if cheap else PASSES, stop, lambda _: None)
            if step.mixture is not None and step.mixture.missed and not cheap:
                step = prices.price(step.node, -np.inf, 4 * PASSES, stop, lambda _: None)
            if step.mixture is not None and not step.mixture.missed:
                break
        if step.node.bound <= least:
            return None
        priced = step
    return None


def settled(node: Node, columns: NDArray[np.int64], whole: Floats) -> Node:
    """The part of a node in which these columns are at the nearest whole numbers; nothing is proven of it yet."""
    lower, upper = node.lower.copy(), node.upper.copy()
    lower[columns] = upper[columns] = np.rint(whole)
    return replace(node, lower=lower, upper=upper, bound=np.inf, ray=False)


def _steps(prices: Prices, priced: Priced, whole: Floats, away: Floats) -> Iterator[tuple[Node, float]]:
    """Nodes with some more numbers settled, the best first, and by how much the master falls in them."""
    assert priced.mixture is not None
    columns, value, node = prices.integer, priced.mixture.value, priced.node
    trial = Trial(prices, priced)
    low, high = node.lower.copy(), node.upper.copy()
    near, nearest = away <= SURE, np.rint(whole)
    up = near & (nearest >= 1.0) & (nearest >= whole - WHOLE)
    down = near & ~up & (away > WHOLE)
    low[columns[up]] = np.maximum(low[columns[up]], np.rint(whole[up]))
    high[columns[down]] = np.minimum(high[columns[down]], np.rint(whole[down]))
    if (away[up | down] > WHOLE).any():
        together = replace(node, lower=low, upper=high)
        fall = trial.fall(together)
        if fall <= CHEAP * abs(value):
            trial.end()
            yield together, fall
    base = replace(node, lower=np.where(_at_upper(node, columns, whole), node.upper, node.lower))
    ways: list[tuple[float, float, Node]] = []
    left = np.flatnonzero(away > WHOLE)
    for place in left[np.argsort(away[left], kind="stable")[:TRIED]]:
        two = sides(base, int(columns[place]), whole[place])
        falls = [trial.fall(side) for side in two]
        ways += [(fall - other, fall, side) for side, fall, other in zip(two, falls, falls[::-1], strict=True)]
    trial.end()
    for _, fall, side in sorted(ways, key=lambda way: way[0]):
        yield side, fall


def _at_upper(node: Node, columns: NDArray[np.int64], whole: Floats) -> NDArray[np.bool_]:
    """Columns that are at their upper bound: what is begun stays so on the way down."""
    at = np.zeros(len(node.upper), dtype=np.bool_)
    at[columns] = whole >= node.upper[columns] - WHOLE
    return at
