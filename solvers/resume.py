"""The state of a run by prices as arrays, and back (see `zonevest.solvers.checkpoint`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.solvers.dive import settled
from zonevest.solvers.pricing import Node, Prices
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


def as_arrays(prices: Prices, stand: Stand) -> Arrays:
    """What is kept of a run: prices whose answers the master has, cases, the best plan."""
    master, whole = prices.master, prices.integer
    place = np.unique(master.asked, return_inverse=True)[1]
    nodes = [stand.root, *stand.cases]
    arrays: Arrays = {
        "asked": prices.remembered()[1],
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
