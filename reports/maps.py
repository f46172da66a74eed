"""Parcels as a compact drawing: shapes on a whole-number grid, what they are as codes, both as base64 text.

The page draws them itself on a canvas, so that one file serves from sixty parcels to a hundred thousand without any
library or tile server.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from zonevest.reports import tables
from zonevest.reports.colours import HOLD, NONE, SERIES, action_colours, class_colours, start_colours, zone_colours
from zonevest.reports.display import percent

if TYPE_CHECKING:
    from geopandas import GeoSeries
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display

GRID = 32_000
"""Steps of the grid along the longer side of the area: fits a signed 16-bit number, finer than any screen."""

VERTICES = 1_200_000
"""Corners that a page may hold; 4 bytes each, a third more as text."""


@dataclass(frozen=True)
class Shapes:
    """Shapes on the grid.

    Attributes
    ----------
    corners : whole numbers, shape (corners, 2): x to the right, y downwards; rings without their closing corner.
    ring_sizes : corners of each ring. All rings of a parcel are filled by the even-odd rule.
    ring_parcels : position of the parcel each ring belongs to, rising.
    width, height : extent in steps of the grid.
    metres : metres per step, or NaN where the layer does not say.
    missing : parcels without a shape.
    """

    corners: NDArray[np.int16]
    ring_sizes: NDArray[np.uint32]
    ring_parcels: NDArray[np.uint32]
    width: int
    height: int
    metres: float
    missing: int


def pack(geometry: GeoSeries | None, vertices: int = VERTICES) -> Shapes | None:
    """Parcels' shapes on the grid, simplified as far as `vertices` corners in all ask for; None without any shape."""
    if geometry is None or not len(geometry):
        return None
    shapes = np.asarray(geometry.array, dtype=object)
    kinds = shapely.get_type_id(shapes)
    drawn = np.isin(kinds, (3, 6)) & ~shapely.is_empty(shapes)
    missing = int(len(shapes) - drawn.sum())
    if not drawn.any():
        return None
    crs = geometry.crs
    geographic = crs is not None and crs.is_geographic
    low_x, low_y, high_x, high_y = (float(bound) for bound in shapely.total_bounds(shapes[drawn]))
    # degrees are squeezed east-west by the cosine of the latitude, so that shapes look as they are on the ground
    squeeze = float(np.cos(np.radians((low_y + high_y) / 2))) if geographic else 1.0
    extent = max((high_x - low_x) * squeeze, high_y - low_y) or 1.0
    step = extent / GRID
    simple = _simplified(shapes[drawn], step, vertices)

    rings, ring_owner = _rings(simple)
    corners, owner = shapely.get_coordinates(rings, return_index=True)
    x = np.rint((corners[:, 0] - low_x) * squeeze / step).astype(np.int16)
    y = np.rint((high_y - corners[:, 1]) / step).astype(np.int16)
    # a corner goes where the next one of its ring lies on the same step; a ring's last corner repeats its first
    last = np.append(owner[1:] != owner[:-1], True)
    same = np.append((x[1:] == x[:-1]) & (y[1:] == y[:-1]), False)
    first = np.append(True, last[:-1])
    keep = ~last & (~same | first)
    sizes = np.bincount(owner[keep], minlength=len(rings)).astype(np.uint32)
    positions = np.flatnonzero(drawn)
    return Shapes(
        np.column_stack([x, y])[keep],
        sizes,
        positions[ring_owner].astype(np.uint32),
        round((high_x - low_x) * squeeze / step),
        round((high_y - low_y) / step),
        step * _metres_per_unit(crs),
        missing,
    )


def _simplified(shapes: NDArray[Any], step: float, vertices: int) -> NDArray[Any]:
    tolerance = step
    simple = shapes
    while int(shapely.get_num_coordinates(simple).sum()) > vertices and tolerance < 200 * step:
        simple = shapely.simplify(shapes, tolerance, preserve_topology=True)
        tolerance *= 2
    return simple


def _rings(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """All rings, outer and inner, and the position of the shape of each."""
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    return rings, of_part[of_ring]


def _metres_per_unit(crs: Any) -> float:
    if crs is None or not crs.axis_info:
        return float("nan")
    factor = float(crs.axis_info[0].unit_conversion_factor)
    return factor * 6_371_007.2 if crs.is_geographic else factor


@dataclass(frozen=True)
class Layer:
    """One way to colour the parcels: names and colours of its codes, and the code of each parcel."""

    names: list[str]
    colours: list[str]
    codes: NDArray[np.uint16]

    @classmethod
    def of(cls, values: pd.Series, names: dict[str, str], colours: dict[str, str], *also: pd.Series) -> Layer:
        """Codes in the order of `names`; only what occurs, in `values` or in `also`."""
        occurring = {name for series in (values, *also) for name in series.unique()}
        used = [name for name in names if name in occurring]
        used += sorted(occurring - set(used))
        places = {name: place for place, name in enumerate(used)}
        codes = values.map(places).to_numpy(dtype=np.uint16)
        shown = [names.get(name, name) for name in used]
        spare = [SERIES[place % len(SERIES)] for place in range(len(used))]
        return cls(shown, [colours.get(name, spare[places[name]]) for name in used], codes)


def layers(plan: PlanData, display: Display) -> tuple[dict[str, Layer], pd.DataFrame]:
    """The ways to colour a map, and one row per parcel of the study (of a divided parcel its largest part)."""
    study = plan.study
    parts = tables.allocation(plan)
    parts["_order"] = np.arange(len(parts))
    largest = parts.sort_values("share", ascending=False, kind="stable").drop_duplicates("parcel_id")
    changed = parts.groupby("parcel_id")["changed"].any()
    rows = largest.set_index("parcel_id").reindex(study.parcels["parcel_id"])
    rows["changed"] = changed.reindex(rows.index).fillna(False).astype(bool)
    text = ["zone_before", "zone", "class_before", "class_after", "practice", "start", "jurisdiction"]
    rows[text] = rows[text].fillna("")
    rows["share"] = rows["share"].fillna(1.0)
    rows["area_ha"] = study.parcels["area_ha"].to_numpy(dtype=float)

    zones = {code: display.zone(code) for code in [*study.zones["zone"], ""]}
    classes = {code: display.land_class(code) for code in [*study.land_classes["land_class"], ""]}
    actions = {code: display.practice(code) for code in [*study.practices["practice"], "hold", ""]}
    starts = {period.name: period.name for period in study.periods} | {"": display.words("no_start")}
    zone_colour = zone_colours(study) | {"": NONE}
    class_colour = class_colours(study) | {"": NONE}
    action_colour = action_colours(study) | {"hold": HOLD, "": NONE}
    before, after, was, will = rows["zone_before"], rows["zone"], rows["class_before"], rows["class_after"]
    found = {
        "zone_before": Layer.of(before, zones, zone_colour, after),
        "zone_after": Layer.of(after, zones, zone_colour, before),
        "class_before": Layer.of(was, classes, class_colour, will),
        "class_after": Layer.of(will, classes, class_colour, was),
        "action": Layer.of(rows["practice"], actions, action_colour),
        "start": Layer.of(rows["start"], starts, start_colours(study) | {"": HOLD}),
    }
    return found, rows


def map_data(shapes: Shapes, found: dict[str, Layer], rows: pd.DataFrame, display: Display) -> dict[str, Any]:
    """What the page's drawing code reads (`templates/map.js`): plain lists and base64 of little-endian numbers."""
    areas = rows["area_ha"].to_numpy(dtype=np.float32)
    places = {name: place for place, name in enumerate(dict.fromkeys(rows["jurisdiction"]))}
    split = {place: percent(rows["share"].iloc[place]) for place in np.flatnonzero(rows["share"].to_numpy() < 1 - 1e-9)}
    return {
        "width": shapes.width,
        "height": shapes.height,
        "metres": None if np.isnan(shapes.metres) else shapes.metres,
        "corners": _text(shapes.corners, "<i2"),
        "sizes": _text(shapes.ring_sizes, "<u4"),
        "owners": _text(shapes.ring_parcels, "<u4"),
        "ids": [str(name) for name in rows.index],
        "areas": _text(areas, "<f4"),
        "changed": _text(rows["changed"].to_numpy(), "u1"),
        "jurisdictions": [display.jurisdiction(name) for name in places],
        "jurisdiction": _text(rows["jurisdiction"].map(places).to_numpy(), "<u2"),
        "split": {str(place): share for place, share in split.items()},
        "layers": {
            name: {"names": layer.names, "colours": layer.colours, "codes": _text(layer.codes, "<u2")}
            for name, layer in found.items()
        },
        "words": {
            key: display.words(key)
            for key in (
                "zone",
                "class",
                "action",
                "start",
                "area",
                "ha",
                "jurisdiction",
                "split",
                "not_found",
                "m",
                "km",
            )
        },
    }


def _text(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode("ascii")
