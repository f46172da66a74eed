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
WIDE = 10.0
"""Degrees from which on land is wide: Albers' conic projection then, else Lambert's azimuthal one about its middle."""
STEP_DEGREES, STEP_METRES = 0.05, 5_000.0
"""Edges longer than this get further points before they are projected: a straight edge is bent in another system."""


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
    step = STEP_DEGREES if source.is_geographic else STEP_METRES / metres(source)
    dense = shapely.segmentize(shapes, step)
    transformer = _transformer(source, target)
    return np.asarray(shapely.transform(dense, transformer.transform, interleaved=False), dtype=object)


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
