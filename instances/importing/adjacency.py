"""Which parcels are neighbours, and how long their common edge is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.importing.plane import project

LEAST = 0.01
"""Metres from which on a common edge counts; parcels that meet in a corner have none."""

Pairs = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]


def adjacency(
    ids: NDArray[np.object_], shapes: NDArray[np.object_], crs: pyproj.CRS, flat: pyproj.CRS, gap_m: float = 0.0
) -> pd.DataFrame:
    """Neighbours with the length of their common edge.

    Parameters
    ----------
    ids, shapes : of the parcels, shape (parcels,), in the coordinate system `crs`.
    flat : a system in metres in which lengths are measured.
    gap_m : parcels across a gap (a street) of up to so many metres are neighbours too.

    Returns
    -------
    A table with a row per pair, `parcel_id` before `neighbour` in the order of the parcels, and `shared_m`, metres.
    """
    one, other, length = edges(shapes, crs, flat) if gap_m == 0.0 else across(project(shapes, crs, flat), gap_m)
    return pd.DataFrame({"parcel_id": ids[one], "neighbour": ids[other], "shared_m": length})


def edges(shapes: NDArray[np.object_], crs: pyproj.CRS, flat: pyproj.CRS) -> Pairs:
    """Pairs of shapes with a common edge and its length, metres.

    The edges are matched in the system that the shapes are drawn in: projected, a point in the middle of a neighbour's
    edge would no longer lie on it.
    """
    one, other = _pairs(shapes, 0.0)
    outlines = shapely.boundary(shapes)
    common = np.asarray(shapely.intersection(outlines[one], outlines[other]), dtype=object)
    some = shapely.length(common) > 0
    one, other = one[some], other[some]
    length = shapely.length(project(common[some], crs, flat))
    counts = length >= LEAST
    return one[counts], other[counts], length[counts]


def across(shapes: NDArray[np.object_], gap_m: float) -> Pairs:
    """Pairs of shapes within a gap of each other, and how much of their outlines faces the other, metres.

    The measure is the outline of each within `gap_m` of the other, the mean of both, less what of the sides comes
    within reach at the two ends of a frontage (``2 sqrt(gap² - distance²)``): for parcels that face each other over a
    street it is the length of the frontage, for touching ones their common edge.
    """
    one, other = _pairs(shapes, gap_m)
    distance = shapely.distance(shapes[one], shapes[other])
    near = distance <= gap_m
    one, other, distance = one[near], other[near], distance[near]
    outlines, reach = shapely.boundary(shapes), shapely.buffer(shapes, gap_m, quad_segs=16)
    facing = shapely.length(shapely.intersection(outlines[one], reach[other]))
    facing += shapely.length(shapely.intersection(outlines[other], reach[one]))
    length = facing / 2 - 2 * np.sqrt(np.maximum(gap_m**2 - distance**2, 0.0))
    counts = length >= max(LEAST, 0.05 * gap_m)  # what a corner leaves of it
    return one[counts], other[counts], length[counts]


def _pairs(shapes: NDArray[np.object_], gap: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes whose boxes come within a gap, each once."""
    west, south, east, north = shapely.bounds(shapes).T
    boxes = shapely.box(west - gap, south - gap, east + gap, north + gap)
    one, other = shapely.STRtree(shapes).query(boxes)
    once = one < other
    return one[once], other[once]
