"""Plots of a fine synthetic county: Voronoi cells as dense as the land is used, with what they are drawn as.

Where a planning unit holds a village, here a village is many plots, and so are rivers, roads and works: what a plot is
follows from where its middle lies. Plots are small where people live, in the fields of the plain smaller than on the
slopes, and along rivers and roads. `county_units` draws counties of few parcels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from zonevest.instances.county_ground import Ground, Noise, first, largest
from zonevest.instances.county_units import waters, wetlands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]

GRAIN = 0.1
"""Corners lie on a grid of so many metres."""
BLOCK = 240.0
"""Side of the blocks, metres, whose plots are alike: a street block, a compound, a slope."""
PARTS = {"river": 0.0035, "road": 0.005, "works": 0.004}
"""Shares of the county's area that are drawn as such, where they are found; the villages' is in `MIX`."""
RIVERS_BELOW = 100.0
"""Metres above the lake: higher up, what runs in a valley is too narrow for plots of its own."""
FINEST = 4
"""Within a cell of the raster points lie on a curve through 2^4 x 2^4 places."""


@dataclass(frozen=True)
class Places:
    """Where villages, lots beside them and works lie: middles, shape (n, 2), and radii, shape (n,)."""

    middles: Floats
    radii: Floats

    def nearest(self, at: Floats) -> tuple[Floats, Ints]:
        """How far the nearest place is, in radii, and which it is."""
        # a large place reaches further than a small one: of the three nearest middles the one that reaches here
        away, which = cKDTree(self.middles).query(at, k=min(3, len(self.middles)))
        away, which = away.reshape(len(at), -1), which.reshape(len(at), -1)
        reach = away / self.radii[which]
        first = reach.argmin(axis=1)
        rows = np.arange(len(at))
        return reach[rows, first], which[rows, first].astype(np.int64)


def plots(rng: np.random.Generator, land: Ground, parcels: int, village_share: float) -> gpd.GeoDataFrame:
    """Plots with kind, block, area and middle: lake, wetland, village, lot, works, vacant, river, road, or land."""
    raster = _Raster(land, 9 if parcels < 15_000 else 10)
    villages, lots, works = _settlements(rng, land, raster, parcels, village_share)
    roads = _roads(land)
    points = raster.points(rng, _use(land, raster, [villages, works], roads), parcels)
    points = points[shapely.contains_xy(land.outline, points) & ~shapely.contains_xy(land.lake, points)]
    lake = [largest(shapely.set_precision(piece, GRAIN)) for piece in waters(rng, land) if not piece.is_empty]
    shapes = _cells(land, points, [shapely.union_all(lake)])
    kept = np.flatnonzero(shapely.area(shapes) > 0.02 * land.outline.area / parcels)
    points, shapes = points[kept], shapes[kept]
    kind, block = _kinds(rng, land, points, shapely.area(shapes) / 1e4, [villages, lots, works], roads, village_share)
    geometry = np.concatenate([shapes, np.array(lake, dtype=object)])
    middles = np.vstack([points, [[piece.centroid.x, piece.centroid.y] for piece in lake]])
    return gpd.GeoDataFrame(
        {
            "kind": np.concatenate([kind, np.full(len(lake), "lake", dtype=object)]),
            "block": np.concatenate([block, block.max() + 1 + np.arange(len(lake))]),
            "x": middles[:, 0],
            "y": middles[:, 1],
            "area_ha": shapely.area(geometry) / 1e4,
        },
        geometry=geometry,
    )


class _Raster:
    """A square raster over the county in the order of a Hilbert curve, along which neighbours stay neighbours.

    Attributes
    ----------
    at : middles of the cells inside the county and outside the lake, in the order of the curve, shape (cells, 2).
    side : of a cell, metres.
    noise : the random fields there.
    """

    def __init__(self, land: Ground, order: int) -> None:
        low_x, low_y, high_x, high_y = land.outline.bounds
        count = 2**order
        self.side = float(max(high_x - low_x, high_y - low_y) / count)
        place = _hilbert(order)
        at = np.array([low_x, low_y]) + (place + 0.5) * self.side
        shapely.prepare(land.outline)
        self.at = at[shapely.contains_xy(land.outline, at) & ~shapely.contains_xy(land.lake, at)]
        self.noise = Noise(land, self.at)
        self.height = land.height(self.at, self.noise)

    def points(self, rng: np.random.Generator, density: Floats, count: int) -> Floats:
        """Points as dense as asked for, evenly spaced along the curve but for a jitter, shape (count, 2)."""
        mass = np.cumsum(density)
        mass *= count / mass[-1]
        target = np.minimum(np.arange(count) + rng.uniform(0.2, 0.8, count), np.nextafter(mass[-1], 0.0))
        cell = np.searchsorted(mass, target, side="right")
        before = np.where(cell > 0, mass[cell - 1], 0.0)
        inside = (target - before) / (mass[cell] - before)
        fine = 4**FINEST
        place = _hilbert(FINEST)[np.minimum((inside * fine).astype(np.int64), fine - 1)]
        return np.asarray(self.at[cell] + ((place + rng.uniform(0.1, 0.9, (count, 2))) / 2**FINEST - 0.5) * self.side)


def _hilbert(order: int) -> Ints:
    """Column and row of every cell of a square of 2^order cells a side, along the Hilbert curve, shape (4^order, 2)."""
    position = np.arange(4**order, dtype=np.int64)
    x, y = np.zeros_like(position), np.zeros_like(position)
    side = 1
    while side < 2**order:
        right = (position // 2) & 1
        up = (position ^ right) & 1
        turned, mirrored = up == 0, (up == 0) & (right == 1)
        x[mirrored], y[mirrored] = side - 1 - x[mirrored], side - 1 - y[mirrored]
        x[turned], y[turned] = y[turned], x[turned]
        x += side * right
        y += side * up
        position //= 4
        side *= 2
    return np.column_stack([x, y])


def _settlements(
    rng: np.random.Generator, land: Ground, raster: _Raster, parcels: int, village_share: float
) -> tuple[Places, Places, Places]:
    """Villages in the valleys, lots at the edge of every third of them, and works beyond the villages."""
    count = int(np.clip(parcels / 40, 150, 2_500))
    to_town = np.hypot(*(raster.at - land.town).T)
    fit = np.where((to_town > 3600.0) & (raster.noise.to_lake > 500.0), np.exp(-raster.height / 70.0), 0.0)
    size = rng.lognormal(0.0, 0.4, count)
    radii = np.sqrt(village_share * land.outline.area / np.pi / (size**2).sum()) * size
    tried = raster.at[rng.choice(len(raster.at), 8 * count, p=fit / fit.sum())]
    middles = _spaced(tried, 3.2 * float(radii.mean()))[:count]
    radii = radii[: len(middles)]
    angle = rng.uniform(0.0, 2 * np.pi, len(middles))
    edge = middles + 1.3 * radii[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    lots = Places(edge[::3], 0.45 * radii[::3])
    fit = np.where(to_town > 4600.0, np.exp(-np.abs(raster.height - 60.0) / 40.0), 0.0)
    tried = raster.at[rng.choice(len(raster.at), 400, p=fit / fit.sum())]
    works = _spaced(tried, 1500.0)[: max(40, count // 12)]
    return Places(middles, radii), lots, Places(works, np.full(len(works), 200.0))


def _spaced(points: Floats, apart: float) -> Floats:
    """Points of which none is nearer to an earlier one, shape (n, 2)."""
    near = cKDTree(points).query_ball_point(points, apart)
    gone = np.zeros(len(points), dtype=bool)
    for i, others in enumerate(near):
        if not gone[i]:
            gone[[k for k in others if k > i]] = True
    return points[~gone]


def _roads(land: Ground) -> Floats:
    """Points every 25 m along roads from the town to every seat, and from seat to seat, shape (n, 2)."""
    ends = [(0, k) for k in range(1, len(land.seats))]
    ends += [(k, k % (len(land.seats) - 1) + 1) for k in range(1, len(land.seats))]
    parts = []
    for start, end in ends:
        one, other = land.seats[start], land.seats[end]
        length = float(np.hypot(*(other - one)))
        along = np.linspace(0.0, 1.0, int(length / 25.0) + 2)
        straight = one + along[:, None] * (other - one)
        across = np.array([one[1] - other[1], other[0] - one[0]]) / length
        bend = 700.0 * land.noise(straight, 3) * np.sin(np.pi * along)
        parts.append(straight + bend[:, None] * across)
    road = np.vstack(parts)
    return np.asarray(road[shapely.contains_xy(land.outline, road) & ~shapely.contains_xy(land.lake, road)])


def _use(land: Ground, raster: _Raster, places: list[Places], roads: Floats) -> Floats:
    """How dense plots are, by cell of the raster: one over the square of what lies between them."""
    to_town = np.hypot(*(raster.at - land.town).T)
    spacing = np.clip(500.0 + 3.0 * raster.height, None, 1800.0)
    inner = np.where(to_town < 1300.0, 200.0, 260.0)
    spacing = np.minimum(spacing, np.where(to_town < 2750.0, inner, 260.0 + 0.45 * (to_town - 2750.0)))
    for each in places:
        reach, _ = each.nearest(raster.at)
        spacing = np.minimum(spacing, np.where(reach < 1.15, 320.0, np.inf))
    width = max(60.0, 0.8 * raster.side)
    valley = (land.to_valley(raster.at) < width) & (raster.height < RIVERS_BELOW)
    spacing = np.where(valley, np.minimum(spacing, 300.0), spacing)
    spacing = np.where(cKDTree(roads).query(raster.at)[0] < width, np.minimum(spacing, 240.0), spacing)
    return np.asarray(1.0 / spacing**2)


def _cells(land: Ground, points: Floats, holes: list[Any]) -> NDArray[np.object_]:
    """The Voronoi cells of points, cut at the outline and at holes, in the order of the points."""
    reach = 4.0 * np.abs(land.outline.bounds).max()
    frame = np.array([[-reach, -reach], [-reach, reach], [reach, -reach], [reach, reach]])
    diagram = Voronoi(np.vstack([points, frame]))
    # corners are rounded before there are shapes, so that neighbours keep the same ones
    corners = np.round(diagram.vertices / GRAIN) * GRAIN
    rings = [diagram.regions[at] for at in diagram.point_region[: len(points)]]
    rings = [[*ring, ring[0]] for ring in rings]
    ends = np.cumsum([0, *map(len, rings)])
    flat = corners[np.fromiter(chain.from_iterable(rings), dtype=np.int64, count=int(ends[-1]))]
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, flat, (ends, np.arange(len(rings) + 1, dtype=np.int64))
    )
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[broken] = [largest(shape) for shape in shapely.make_valid(shapes[broken])]
    shapely.prepare(land.outline)
    edge = np.flatnonzero(~shapely.contains_properly(land.outline, shapes))
    shapes[edge] = _whole(shapely.intersection(shapes[edge], land.outline))
    for hole in holes:
        shapely.prepare(hole)
        edge = np.flatnonzero(shapely.intersects(hole, shapes))
        shapes[edge] = _whole(shapely.difference(shapes[edge], hole))
    return np.asarray(shapes, dtype=object)


def _whole(shapes: NDArray[np.object_]) -> list[Any]:
    """Shapes on the grid, of several parts the largest."""
    return [largest(shape) for shape in shapely.set_precision(shapes, GRAIN)]


def _kinds(
    rng: np.random.Generator,
    land: Ground,
    at: Floats,
    area: Floats,
    places: list[Places],
    roads: Floats,
    village_share: float,
) -> tuple[NDArray[np.object_], Ints]:
    """What each plot is drawn as, and the block of plots that are alike."""
    whole = float(area.sum())
    side = 100.0 * np.sqrt(area)
    to_town = np.hypot(*(at - land.town).T)
    kind = np.full(len(at), "land", dtype=object)
    block = _blocks(land, at)
    shore = shapely.union_all(wetlands(land))
    shapely.prepare(shore)
    kind[shapely.contains_xy(shore, at)] = "wetland"

    def draw(name: str, score: Floats, among: Bools, share: float) -> None:
        kind[first(score, area, among & (kind == "land"), share * whole)] = name

    villages, lots, works = places
    far = to_town > 2900.0
    height = land.height(at)
    draw(
        "river",
        -height,
        (land.to_valley(at) < np.maximum(0.6 * side, 12.0)) & (to_town > 900.0) & (height < RIVERS_BELOW),
        PARTS["river"],
    )
    to_road = cKDTree(roads).query(at)[0]
    draw("road", -to_town, (to_road < np.maximum(0.5 * side, 8.0)) & far, PARTS["road"])
    reach, which = villages.nearest(at)
    draw("village", -reach, (reach < 1.6) & far, village_share)
    block = np.where(kind == "village", block.max() + 1 + which, block)
    for name, where, share in (("lot", lots, 0.001), ("works", works, PARTS["works"])):
        reach, which = where.nearest(at)
        draw(name, -reach, (reach < 1.6) & far, share)
        block = np.where(kind == name, block.max() + 1 + which, block)
    blocks = np.unique(block)
    empty = blocks[rng.uniform(size=len(blocks)) < 0.05]
    kind[(to_town < 2750.0) & (kind == "land") & np.isin(block, empty)] = "vacant"
    return kind, block


def _blocks(land: Ground, at: Floats) -> Ints:
    """The block in which each point lies: squares that the random fields have bent."""
    bent = at + 90.0 * np.column_stack([land.noise(at, 3), land.noise(at, 4)])
    column, row = np.floor((bent - bent.min(axis=0)) / BLOCK).astype(np.int64).T
    return np.asarray(row * (column.max() + 1) + column)
