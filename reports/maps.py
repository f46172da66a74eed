"""Parcels as a compact drawing: shapes on a whole-number grid, and numbers of each, as base64 text.

The page draws them itself on a canvas, so that one file serves from sixty parcels to a hundred thousand without any
library or tile server.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from geopandas import GeoSeries
    from numpy.typing import NDArray

GRID = 32_000
"""Steps of the grid along the longer side of the area: fits a signed 16-bit number, finer than any screen."""

VERTICES = 700_000
"""Corners that a page may hold: some 3 bytes each once they are packed."""


@dataclass(frozen=True)
class Shapes:
    """Shapes on the grid.

    Attributes
    ----------
    corners : whole numbers, shape (corners, 2): x to the right, y downwards; rings without their closing corner.
    ring_sizes : corners of each ring. All rings of a parcel are filled by the even-odd rule.
    ring_parcels : position of the parcel each ring belongs to, rising.
    width, height : extent in steps of the grid.
    left, top : where the grid begins, in units of the layer.
    across, down : units of the layer per step.
    metres : metres per step, or NaN where the layer does not say.
    missing : parcels without a shape.
    """

    corners: NDArray[np.int16]
    ring_sizes: NDArray[np.uint32]
    ring_parcels: NDArray[np.uint32]
    width: int
    height: int
    left: float
    top: float
    across: float
    down: float
    metres: float
    missing: int

    def place(self, x: float, y: float) -> tuple[int, int]:
        """A point of the layer on the grid."""
        return round((x - self.left) / self.across), round((self.top - y) / self.down)


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
        low_x,
        high_y,
        step / squeeze,
        step,
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


class Packing:
    """Arrays as base64 text by name, laid out so that the page, which is packed as a whole, becomes small.

    ``texts`` holds kind and text of each: ``u1, u2, u4`` (whole numbers), ``steps`` (differences of 16 bits),
    ``halves`` (numbers of 16 bits). Of 16 bits all the low bytes come first, then all the high ones, much alike.
    """

    def __init__(self) -> None:
        self.texts: dict[str, tuple[str, str]] = {}

    def shapes(self, shapes: Shapes) -> None:
        """Corners, rings and whose they are, as the drawing code asks for them."""
        self.steps("x", shapes.corners[:, 0])
        self.steps("y", shapes.corners[:, 1])
        self.counts("sizes", shapes.ring_sizes)
        self.counts("owners", np.diff(shapes.ring_parcels.astype(np.int64), prepend=0))

    def counts(self, name: str, values: NDArray[Any]) -> None:
        """Whole numbers from 0 on, in as few bytes each as they need."""
        size = next(size for size in (1, 2, 4) if values.max(initial=0) < 256**size)
        self._add(name, f"u{size}", values.astype(f"<u{size}").tobytes())

    def steps(self, name: str, values: NDArray[np.int16]) -> None:
        """Whole numbers of 16 bits, as their differences."""
        steps = np.diff(values, prepend=np.int16(0))  # it wraps around, there and back
        self._add(name, "steps", _planes(steps.astype("<u2")))

    def halves(self, name: str, values: NDArray[np.float64]) -> float:
        """Numbers to three digits, each a half of 16 bits; what those are to be multiplied by."""
        known = np.abs(values[np.isfinite(values)])
        factor = float(known.max(initial=0.0)) / 60_000 or 1.0
        self._add(name, "halves", _planes((values / factor).astype("<f2").view("<u2")))
        return factor

    def _add(self, name: str, kind: str, content: bytes) -> None:
        self.texts[name] = (kind, base64.b64encode(content).decode("ascii"))


def _planes(values: NDArray[np.uint16]) -> bytes:
    return np.ascontiguousarray(values.view(np.uint8).reshape(-1, 2).T).tobytes()
