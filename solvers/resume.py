"""The state of a run by prices as arrays, and back (see `zonevest.solvers.checkpoint`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.solvers.dive import settled
from zonevest.solvers.pricing import Node, Prices, closed
from zonevest.solvers.settle import Point

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Stand:
    """Where a run stands, at a moment when its cases cover all plans.

    Attributes
    ----------
    root : all plans, with the best prices of them.
    cases : nodes that together are all plans; none: the root alone, which is not priced to the end yet.
    point, near : the best plan, and the prices beside it; None: there is none yet.
    """

    root: Node
    cases: Sequence[Node] = ()
    point: Point | None = None
    near: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Warm:
    """What a run knew at its end, from which one of a program that is nearly the same begins.

    Attributes
    ----------
    rows : names of the rows that prices are of.
    clusters : how many there were.
    asked : prices whose answers the master kept and its last mixtures came from, and last the best of all plans.
    radius : of the box around the best prices.
    """

    rows: tuple[str, ...]
    clusters: int
    asked: NDArray[np.float64]
    radius: float


WARM = 40
"""Prices that a run begins with at most: the last ones, whose answers are the most use."""


def warm(prices: Prices, root: Node) -> Warm:
    """What a run knows at its end."""
    asked = [prices.asked[number] for number in np.unique(prices.master.asked)[-WARM:]]
    return Warm(prices.block.rows, prices.groups.clusters, np.array([*asked, root.prices]), prices.radius)


def begun(prices: Prices, known: Warm) -> Node:
    """All plans, priced as a run of another program ended: its prices, answered anew, prove what they prove here."""
    if known.clusters != prices.groups.clusters:
        return prices.root()
    at = {name: number for number, name in enumerate(known.rows)}
    place = np.array([at.get(name, -1) for name in prices.block.rows], dtype=np.int64)
    root, block = prices.root(), prices.block
    for row in known.asked:
        asked = closed(np.where(place >= 0, row[place], 0.0), block.lower, block.upper)
        bound = prices.bound(root, asked, prices.ask(asked))
        if bound < root.bound:
            root = replace(root, prices=asked, bound=bound)
    prices.radius = known.radius
    return root


def as_arrays(prices: Prices, stand: Stand) -> Arrays:
    """What is kept of a run: prices whose answers the master has, cases, the best plan."""
    master, whole = prices.master, prices.integer
    asked, place = np.unique(master.asked, return_inverse=True)
    nodes = [stand.root, *stand.cases]
    rows = len(prices.block.rows)
    arrays: Arrays = {
        "asked": np.array([prices.asked[number] for number in asked]).reshape(len(asked), rows),
        "answer_asked": place.ravel().astype(np.int64),
        "answer_cluster": master.cluster,
        "radius": np.array(prices.radius),
        "node_lower": np.array([node.lower[whole] for node in nodes]),
        "node_upper": np.array([node.upper[whole] for node in nodes]),
        "node_prices": np.array([node.prices for node in nodes]),
        "node_bound": np.array([node.bound for node in nodes]),
        "node_ray": np.array([node.ray for node in nodes]),
    }
    if stand.point is not None and stand.near is not None:
        group, option, share = stand.point.shared
        arrays |= {
            "option": stand.point.option,
            "shared_group": group,
            "shared_option": option,
            "shared_share": share,
            "columns": stand.point.columns,
            "value": np.array(stand.point.value),
            "near": stand.near,
        }
    return arrays


def restored(prices: Prices, arrays: Arrays) -> Stand:
    """Where an earlier run stood; the master gets the answers that it had, worked out anew."""
    for asked in arrays["asked"]:
        prices.ask(asked)
    if len(arrays["asked"]):
        clusters = prices.groups.clusters
        kept = np.zeros(len(arrays["asked"]) * clusters, dtype=np.bool_)
        kept[arrays["answer_asked"] * clusters + arrays["answer_cluster"]] = True
        prices.master.drop(kept)
    prices.radius = float(arrays["radius"])
    nodes = []
    for number in range(len(arrays["node_bound"])):
        node = prices.root()
        lower, upper = node.lower.copy(), node.upper.copy()
        lower[prices.integer], upper[prices.integer] = arrays["node_lower"][number], arrays["node_upper"][number]
        prices_of, bound = arrays["node_prices"][number], float(arrays["node_bound"][number])
        ray = bool(arrays["node_ray"][number])
        nodes.append(replace(node, lower=lower, upper=upper, prices=prices_of, bound=bound, ray=ray))
    if "option" not in arrays:
        return Stand(nodes[0], nodes[1:])
    shared = arrays["shared_group"], arrays["shared_option"], arrays["shared_share"]
    near = settled(replace(nodes[0], prices=arrays["near"]), prices.integer, arrays["columns"][prices.integer])
    passes = np.arange(len(arrays["asked"]))
    point = Point(arrays["option"], shared, arrays["columns"], float(arrays["value"]), near, passes)
    return Stand(nodes[0], nodes[1:], point, arrays["near"])
