"""Scenario reduction: few of many scenarios, with weights, as near to all of them as a greedy choice comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Reduced:
    """What a reduction leaves.

    Attributes
    ----------
    chosen : the scenarios that are kept, in the order in which they were chosen, shape (kept,).
    weights : their probabilities, shape (kept,).
    nearest : to which place of `chosen` each scenario's weight goes, shape (scenarios,).
    distances : the Kantorovich distance after each choice, shape (kept,).
    """

    chosen: NDArray[np.intp]
    weights: NDArray[np.float64]
    nearest: NDArray[np.intp]
    distances: NDArray[np.float64]


def reduced(points: NDArray[np.float64], weights: NDArray[np.float64], keep: int) -> Reduced:
    """Keep a few of many weighted points by fast forward selection.

    The choice is that of Heitsch and Römisch, *Computational Optimization and Applications* 24 (2003)
    187-206: the point whose choice leaves the least Kantorovich distance to all is added, one after the other. Given
    what is kept, weights are optimal as Dupačová, Gröwe-Kuska and Römisch, *Mathematical Programming* A 95 (2003)
    493-511, have it: each point that goes leaves its weight to the nearest one that stays, and the distance
    of the two distributions is then Σ weight × distance to the nearest. Distances between points are Euclidean.

    Parameters
    ----------
    points : shape (points, coordinates).
    weights : of the points, with the sum 1, shape (points,).
    keep : how many are kept, at most as many as there are.
    """
    cost = cdist(points, points)
    left = np.full(len(points), np.inf)
    chosen, distances = list[int](), list[float]()
    for _ in range(keep):
        after = weights @ np.minimum(left[:, None], cost)
        after[chosen] = np.inf
        chosen.append(int(np.argmin(after)))
        left = np.minimum(left, cost[:, chosen[-1]])
        distances.append(float(weights @ left))
    nearest = np.argmin(cost[:, chosen], axis=1)
    kept = np.bincount(nearest, weights=weights, minlength=len(chosen)).astype(np.float64)
    return Reduced(np.array(chosen, dtype=np.intp), kept, nearest, np.array(distances))
