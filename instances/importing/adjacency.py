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

CORNER = 0.8
"""Of the gap: a quarter of a circle, which is what a corner has within reach, by its radius (π/4)."""

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
    one, other, length = edges(shapes, crs, flat)
    if gap_m:
        more = across(project(shapes, crs, flat), gap_m)
        one, other, length = (np.concatenate(parts) for parts in zip((one, other, length), more, strict=True))
        order = np.lexsort((other, one))
        one, other, length = one[order], other[order], length[order]
    return pd.DataFrame({"parcel_id": ids[one], "neighbour": ids[other], "shared_m": length})


def edges(shapes: NDArray[np.object_], crs: pyproj.CRS, flat: pyproj.CRS) -> Pairs:
    """Pairs of shapes with a common edge and its length, metres.

    The edges are matched in the system that the shapes are drawn in: projected, a point in the middle of a neighbour's
    edge would no longer lie on it.
    """
    one, other = _pairs(shapes, 0.0)
    outlines = shapely.boundary(shapes)
    common = np.asarray(shapely.intersection(outlines[one], outlines[other], grid_size=_grid(crs)), dtype=object)
    some = shapely.length(common) > 0
    one, other = one[some], other[some]
    length = shapely.length(project(common[some], crs, flat))
    counts = length >= LEAST
    return one[counts], other[counts], length[counts]


def across(shapes: NDArray[np.object_], gap_m: float) -> Pairs:
    """Pairs of shapes that do not touch but lie within a gap of each other, and how long they face each other, metres.

    What of the one lies within `gap_m` of the other is a strip as deep as the gap is wider than their distance; its
    area by that depth is the length of the frontage, of both ways the shorter one. Below `CORNER` times the gap a
    frontage cannot be told from a corner, and is left out.

    Parameters
    ----------
    shapes : in a system in metres.
    """
    one, other = _pairs(shapes, gap_m)
    distance = shapely.distance(shapes[one], shapes[other])
    near = (distance > LEAST) & (distance < 0.99 * gap_m)
    one, other, distance = one[near], other[near], distance[near]
    reach = shapely.buffer(shapes, gap_m, quad_segs=16)
    there = shapely.area(shapely.intersection(reach[one], shapes[other]))
    back = shapely.area(shapely.intersection(reach[other], shapes[one]))
    length = np.minimum(there, back) / (gap_m - distance)
    counts = length > CORNER * gap_m
    return one[counts], other[counts], length[counts]


def _grid(crs: pyproj.CRS) -> float:
    """What coordinates are rounded to when edges are matched: a millimetre, or about as much in degrees."""
    return 1e-8 if crs.is_geographic else 1e-3


def _pairs(shapes: NDArray[np.object_], gap: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes whose boxes come within a gap, each once."""
    west, south, east, north = shapely.bounds(shapes).T
    boxes = shapely.box(west - gap, south - gap, east + gap, north + gap)
    one, other = shapely.STRtree(shapes).query(boxes)
    once = one < other
    return one[once], other[once]
