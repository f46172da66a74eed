"""The plane in which areas are measured: an equal-area projection that is chosen by where the land is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

SQUARE_METRES = 10_000.0
"""Square metres of a hectare."""
EQUAL_AREA = ("equal area", "sinusoidal", "equal earth")
"""Parts of the names of methods of projection that keep areas (of an ellipsoid too)."""
AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
WIDE = 10.0
"""Degrees from which on land is wide: Albers' conic projection then, else Lambert's azimuthal one about its middle."""
STEP_DEGREES, STEP_METRES = 0.05, 5_000.0
"""Edges longer than this get further points before they are projected: a straight edge is bent in another system."""
CHORD = 1e-3
"""Metres by which an edge between two points may miss the course that it had: at parcels of a few metres a neighbour's
long edge is to take no share of them."""
FINEST = 0.02
"""Part of the steps above below which no edge is divided further, however bent it is (100 m)."""
SAMPLED, POINTS = 10_000, 2_000_000
"""How many edges are looked at for how bent they are, and how many points long ones get in all, more or less."""


def keeps_areas(crs: pyproj.CRS) -> bool:
    """Whether a projected coordinate system keeps areas."""
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None:
        return False
    return any(name in operation.method_name.lower() for name in EQUAL_AREA)


def equal_area(shapes: NDArray[np.object_], crs: pyproj.CRS) -> pyproj.CRS:
    """The equal-area system for shapes of a coordinate system.

    Their own one if it keeps areas and counts metres. Else, on their own ellipsoid: Lambert's azimuthal projection
    about the middle of the land; where it is wider than `WIDE` degrees Albers' conic one, with its standard parallels
    a sixth of the height from top and bottom; the cylindrical one where such land lies on both sides of the equator.
    """
    in_metres = all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])
    if keeps_areas(crs) and in_metres:
        return crs
    west, south, east, north = _bounds(shapes, crs)
    geodetic = crs.geodetic_crs
    ellipsoid = geodetic.ellipsoid if geodetic is not None else None
    size = "+ellps=WGS84" if ellipsoid is None else f"+a={ellipsoid.semi_major_metre} +b={ellipsoid.semi_minor_metre}"
    lon, lat = (west + east) / 2, (south + north) / 2
    if not np.isfinite([lon, lat]).all():
        raise pyproj.exceptions.ProjError(crs.name)
    if max(east - west, north - south) <= WIDE:
        where = f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f}"
    elif south < 0 < north:
        where = f"+proj=cea +lat_ts={max(-south, north) / 2:.4f} +lon_0={lon:.4f}"
    else:
        inset = (north - south) / 6
        where = f"+proj=aea +lat_1={south + inset:.4f} +lat_2={north - inset:.4f} +lat_0={lat:.4f} +lon_0={lon:.4f}"
    flat = pyproj.CRS.from_proj4(f"{where} {size} +units=m +no_defs")
    return _on_datum_of(flat, crs)


def project(shapes: NDArray[np.object_], source: pyproj.CRS, target: pyproj.CRS) -> NDArray[np.object_]:
    """Shapes in another coordinate system; long edges follow the course that they had in their own one."""
    if source == target:
        return shapes
    transformer = _transformer(source, target)
    coarse = STEP_DEGREES if source.is_geographic else STEP_METRES / metres(source)
    dense = divided(shapes, coarse)
    if (step := _step(dense, coarse, transformer, target)) < coarse:
        dense = divided(dense, step)
    return np.asarray(shapely.transform(dense, transformer.transform, interleaved=False), dtype=object)


def divided(shapes: NDArray[np.object_], step: float) -> NDArray[np.object_]:
    """Shapes with further points in edges longer than a step; of areas ring by ring.

    An area as a whole `segmentize` would mend by a buffer of nothing: of parts that meet in a point it loses some.
    """
    kinds = shapely.get_type_id(shapes)
    areas = np.flatnonzero(np.isin(kinds, AREAS) & ~shapely.is_empty(shapes))
    points, of = shapely.get_coordinates(shapes[areas], return_index=True)
    far = (np.hypot(*np.diff(points, axis=0).T) > step) & (of[1:] == of[:-1])
    areas = areas[np.unique(of[1:][far])]
    rest = np.flatnonzero(~np.isin(kinds, AREAS))
    out = shapes.copy()
    out[rest] = shapely.segmentize(shapes[rest], step)
    parts, at = shapely.get_parts(shapes[areas], return_index=True)
    rings, of = shapely.get_rings(parts, return_index=True)
    if len(rings):
        parts = shapely.polygons(shapely.segmentize(rings, step), indices=of)  # the first of each is the outer one
        out[areas] = shapely.multipolygons(parts, indices=at)
        single = kinds[areas] == shapely.GeometryType.POLYGON
        out[areas[single]] = parts[single[at]]
    return out


def _step(shapes: NDArray[np.object_], coarse: float, transformer: pyproj.Transformer, target: pyproj.CRS) -> float:
    """How long edges may be for their chords to miss their course by no more than `CHORD`.

    One length for all of a layer, by its most bent edge: what two shapes have in common is divided alike in both.
    """
    points, of = shapely.get_coordinates(shapes, return_index=True)
    length = np.hypot(*np.diff(points, axis=0).T)
    long = np.flatnonzero((of[1:] == of[:-1]) & (length > FINEST * coarse))
    if not len(long):
        return coarse
    some = long[:: -(-len(long) // SAMPLED)]
    one, other = points[some], points[some + 1]
    ends_and_middle = np.concatenate([one, other, (one + other) / 2])
    one, other, middle = np.split(np.stack(transformer.transform(*ends_and_middle.T), axis=1), 3)
    unit = metres(target) * (target.ellipsoid.semi_major_metre if target.is_geographic and target.ellipsoid else 1.0)
    off = np.hypot(*(middle - (one + other) / 2).T) * unit
    bent = np.isfinite(off) & (off > CHORD)
    fine = (length[some][bent] * np.sqrt(CHORD / off[bent])).min(initial=coarse)  # what is missed grows as the square
    return float(max(fine, FINEST * coarse, length[long].sum() / POINTS))


@lru_cache(maxsize=16)
def _transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """Looked up once: it takes longer than to project some thousand parcels."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def hectares(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Areas of shapes in a system that keeps areas and counts metres."""
    return np.asarray(shapely.area(shapes), dtype=np.float64) / SQUARE_METRES


def name_of(crs: pyproj.CRS) -> str:
    """What a coordinate system is called; by its method where it has no name."""
    named = crs.name.casefold() not in ("unnamed", "unknown", "undefined", "")
    operation = crs.coordinate_operation
    return crs.name if named or operation is None else str(operation.method_name)


def metres(crs: pyproj.CRS) -> float:
    """Metres (of angles: radians) of the unit in which a system's coordinates are."""
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def _bounds(shapes: NDArray[np.object_], crs: pyproj.CRS) -> tuple[float, float, float, float]:
    """West, south, east and north of shapes in degrees."""
    west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
    if crs.is_geographic:
        degrees = float(np.degrees(metres(crs)))  # a unit of angle is given in radians
        return west * degrees, south * degrees, east * degrees, north * degrees
    base = crs.geodetic_crs
    transformer = pyproj.Transformer.from_crs(crs, base, always_xy=True)
    bounds = transformer.transform_bounds(west, south, east, north)
    return tuple(map(float, bounds))  # type: ignore[return-value]


def _on_datum_of(flat: pyproj.CRS, crs: pyproj.CRS) -> pyproj.CRS:
    """The projection on the datum of another system, so that nothing is shifted between the two."""
    base = crs.geodetic_crs
    if base is None or flat.coordinate_operation is None or base.is_geocentric:
        return flat
    try:
        return pyproj.crs.ProjectedCRS(conversion=flat.coordinate_operation, geodetic_crs=base)
    except pyproj.exceptions.CRSError:
        return flat
