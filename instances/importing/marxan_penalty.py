"""Base penalties of Marxan: what it would cost to reach the targets of one feature alone, found greedily.

A shortfall costs spf x base penalty x the share of the target that is missing. Both programs reckon the base penalty
before they search; the boundary term, which is part of it there, is left out here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zonevest.instances.importing.marxan_peer import Peer

NOTHING = 1e-14
"""What stands for a cost, or an amount, of 0 where it would divide."""
Floats = NDArray[np.float64]


def base_penalties(peer: Peer) -> Floats:
    """Base penalty of every feature, in units of cost, shape (F,): those that the folder brings, else reckoned.

    Without zones: units that are always in the reserve come first, then, step by step, the unit with the most of the
    feature for its cost, or a cheap one that reaches what is missing. With zones: locked units, then all others in
    the order of amount for cost, until the target, or the sum of the targets in zones where that is more, is reached.
    """
    if peer.base is not None:
        return peer.base
    by_feature = np.argsort(peer.amounts.feature, kind="stable")
    parts = np.split(by_feature, np.cumsum(np.bincount(peer.amounts.feature, minlength=len(peer.features.ids)))[:-1])
    alone = _alone_in_zones if peer.zoned else _alone
    return np.array([alone(peer, each, rows) for each, rows in enumerate(parts)])


def _alone(peer: Peer, feature: int, rows: NDArray[np.int64]) -> float:
    """What one feature would cost without zones."""
    target, occurrence = float(peer.features.target[feature]), float(peer.features.occurrence[feature])
    fixed = peer.zones.locked == 0
    rows = rows[np.argsort(peer.amounts.unit[rows], kind="stable")]
    inside = fixed[peer.amounts.unit[rows]]
    held, count = float(peer.amounts.amount[rows[inside]].sum()), float(fixed.sum())
    spent = float(peer.zones.cost[fixed, 0].sum())
    if held >= target and count >= occurrence:
        return spent
    rows = rows[~inside & peer.zones.free[peer.amounts.unit[rows], 0]]
    amount, cost = peer.amounts.amount[rows], peer.zones.cost[peer.amounts.unit[rows], 0]
    cost = np.where(cost == 0, NOTHING, cost)
    while len(amount) and (held < target or count < occurrence):
        at = _next(amount.tolist(), cost.tolist(), target - held)
        held, count, spent = held + float(amount[at]), count + 1, spent + float(cost[at])
        amount, cost = np.delete(amount, at), np.delete(cost, at)
    return spent * _scaled_up(held, count, target, occurrence)


def _next(amount: list[float], cost: list[float], missing: float) -> int:
    """The unit that the greedy search takes next, of units in the order of their table.

    One that reaches what is missing is taken if it is cheaper than the last one taken in view, any other if it brings
    more for its cost than the best of its kind so far: what came last holds, so that the order has a say.
    """
    best, best_cost, best_ratio, reaches = 0, 0.0, 0.0, False
    for at, (much, price) in enumerate(zip(amount, cost, strict=True)):
        if much >= missing and (not reaches or price < best_cost):
            best, best_cost, reaches = at, price, True
        elif much / price > best_ratio:
            best, best_cost, best_ratio = at, price, much / price
    return best


def _alone_in_zones(peer: Peer, feature: int, rows: NDArray[np.int64]) -> float:
    """What one feature would cost with zones."""
    target = max(float(peer.features.target[feature]), float(peer.zones.target[feature].sum()))
    occurrence = max(float(peer.features.occurrence[feature]), float(peer.zones.occurrence[feature].sum()))
    unit, amount = peer.amounts.unit[rows], peer.amounts.amount[rows]
    inside = peer.zones.locked[unit] >= 0
    dearest = (peer.zones.cost[unit[inside]] @ peer.zones.fraction).max(axis=1, initial=0.0)
    held, count, spent = float(amount[inside].sum()), float(inside.sum()), float(dearest.sum())
    if held >= target and count >= occurrence:
        return spent
    amount, cost = amount[~inside], peer.zones.cost[unit[~inside]].sum(axis=1)
    with np.errstate(divide="ignore"):
        order = np.lexsort((-amount, -amount / cost))
    sums, costs = held + np.cumsum(amount[order]), spent + np.cumsum(cost[order])
    met = np.flatnonzero((sums >= target) & (count + 1 + np.arange(len(order)) >= occurrence))
    if len(met):
        return float(costs[met[0]])
    held, count, spent = (float(sums[-1]), count + len(order), float(costs[-1])) if len(order) else (held, count, spent)
    return spent * _scaled_up(held, count, target, occurrence)


def _scaled_up(held: float, count: float, target: float, occurrence: float) -> float:
    """By how much a penalty grows where all units together do not reach the targets; 1 where they do."""
    if held >= target and count >= occurrence:
        return 1.0
    short = target / max(held, NOTHING) if held < target else 0.0
    return short + (occurrence / count if 0 < count < occurrence else 0.0)
