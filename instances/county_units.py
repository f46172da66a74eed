"""Planning units of a synthetic county: Voronoi cells with lake, wetland, villages and lots cut out of them.

So a county of up to some ten thousand parcels is drawn: a unit stands for many survey polygons of one class, and a
village is one of them. `county_plots` draws finer counties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree
from shapely.geometry import Point, Polygon

from zonevest.instances.county_ground import Ground, blob, largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


def _darts(rng: np.random.Generator, land: Ground, spacing: Any, tries: int) -> Floats:
    """Points inside the outline, none nearer to another than the spacing there."""
    low_x, low_y, high_x, high_y = land.outline.bounds
    thrown = rng.uniform((low_x, low_y), (high_x, high_y), (tries, 2))
    close = rng.uniform(-4500.0, 4500.0, (2 * tries, 2)) + land.town  # where parcels are small it takes more darts
    thrown = rng.permutation(np.vstack([thrown, close]))
    thrown = thrown[shapely.contains_xy(land.outline, thrown)]
    kept = np.zeros((0, 2))
    for batch in np.array_split(thrown, 40):  # later darts must keep away from earlier ones
        need = spacing(batch)
        if len(kept):
            batch, need = (each[cKDTree(kept).query(batch)[0] > need] for each in (batch, need))
        alive = np.ones(len(batch), dtype=bool)
        for i, near in enumerate(cKDTree(batch).query_ball_point(batch, need)):
            if alive[i]:
                alive[[k for k in near if k > i]] = False
        kept = np.vstack([kept, batch[alive]])
    return kept


def cells_of(land: Ground, points: Floats) -> list[Polygon]:
    """The Voronoi cells of points, cut at the outline, in the order of the points."""
    reach = 4.0 * np.abs(land.outline.bounds).max()
    frame = np.array([[-reach, -reach], [-reach, reach], [reach, -reach], [reach, reach]])
    diagram = Voronoi(np.vstack([points, frame]))
    return [
        Polygon(diagram.vertices[diagram.regions[diagram.point_region[i]]]).intersection(land.outline)
        for i in range(len(points))
    ]


def _carve(cells: list[Any], pieces: list[Any]) -> list[Any]:
    """Cells with pieces cut out of them; what is left of a cell is its largest part, slivers go to the piece."""
    tree = shapely.STRtree(cells)
    out = list(cells)
    for piece in pieces:
        for i in tree.query(piece, predicate="intersects"):
            out[i] = out[i].difference(piece)
    return out


SMALL, NEAR, DRAWS = 1_000, 0.04, 6
"""A county of fewer parcels is drawn again until it is so near to what was asked for, at most so many times."""


def units(rng: np.random.Generator, land: Ground, parcels: int) -> gpd.GeoDataFrame:
    """Planning units, about as many as asked for.

    How many there are shows only when all is drawn: water counts as much in a small county as in a large one, and which
    villages find room is chance. A large county comes near enough; a small one is drawn again with another aim.
    """
    began, aim = rng.bit_generator.state, parcels
    nearest = shapes(rng, land, aim)
    found, draws = nearest, 1
    while parcels < SMALL and abs(len(nearest) - parcels) > NEAR * parcels and draws < DRAWS:
        fixed = int(found["kind"].isin(["lake", "wetland"]).sum())
        aim = round(aim * (parcels - fixed) / (len(found) - fixed))
        rng.bit_generator.state = began
        found, draws = shapes(rng, land, aim), draws + 1
        nearest = min(nearest, found, key=lambda each: abs(len(each) - parcels))
    return nearest


def shapes(rng: np.random.Generator, land: Ground, parcels: int) -> gpd.GeoDataFrame:
    """Parcels with what they are drawn as: lake, wetland, village, lot, vacant plot, or land still to be classed."""
    factor = np.sqrt(1_715 / parcels)  # not every dart finds room

    def spacing(at: Floats) -> Floats:
        to_town = np.hypot(*(at - land.town).T)
        # parcels are small in the streets of the middle and where the town grows: a year's sale is some ten hectares
        inner = np.where(to_town < 1300.0, 270.0, 390.0)
        small = np.where(to_town < 2750.0, inner, 165.0 + 0.45 * np.clip(to_town - 3450.0, 0.0, None))
        open_land = 850.0 + 1.9 * land.height(at)
        return np.asarray(factor * np.minimum(np.minimum(open_land, 1550.0), small))

    points = _darts(rng, land, spacing, int(30 * parcels))
    cells = cells_of(land, points)
    lake = waters(rng, land)
    shore = wetlands(land)
    low = np.flatnonzero((land.height(points) < 190.0) & (np.hypot(*(points - land.town).T) > 3600.0))
    count = int(500 * parcels / 1_800)
    chosen = rng.choice(low, min(count, len(low)), replace=False)
    villages: list[Polygon] = []
    lots: list[Polygon] = []
    for number, i in enumerate(chosen):
        vertices = np.array(cells[i].exterior.coords)
        lot = number % 6 == 0  # a plant or a disused yard of a village beside its homes
        size = factor * (rng.uniform(75.0, 130.0) if lot else rng.uniform(225.0, 390.0))
        (lots if lot else villages).append(blob(rng, vertices[rng.integers(len(vertices))], size, 0.25, 22))
    inside = land.outline.buffer(-400.0)
    settled = _apart([v for v in [*villages, *lots] if inside.contains(v) and v.distance(land.lake) > 1250.0])
    cells = _carve(cells, [land.lake, *shore, *settled])
    vacant = np.flatnonzero((np.hypot(*(points - land.town).T) < 2750.0) & (rng.uniform(size=len(points)) < 0.05))
    plots = [part for i in vacant for part in _split(rng, cells[i], 4)]
    gone = set(vacant.tolist())
    parts = [("land", largest(cell)) for i, cell in enumerate(cells) if i not in gone]
    parts += [("vacant", largest(plot)) for plot in plots] + [("lake", piece) for piece in lake]
    parts += [("wetland", piece) for piece in shore]
    beside = {id(piece) for piece in lots}
    parts += [("lot" if id(piece) in beside else "village", piece) for piece in settled]
    kept = [(kind, shape) for kind, shape in parts if not shape.is_empty and shape.area > 5_000.0]
    frame = gpd.GeoDataFrame({"kind": [kind for kind, _ in kept]}, geometry=[shape for _, shape in kept])
    frame["area_ha"] = frame.area / 1e4
    return frame


def waters(rng: np.random.Generator, land: Ground) -> list[Any]:
    """The lake in nine pieces."""
    middles = rng.uniform(land.lake.bounds[:2], land.lake.bounds[2:], (9, 2))
    return [part.intersection(land.lake) for part in cells_of(land, middles)]


def wetlands(land: Ground) -> list[Any]:
    """Wetland along parts of the shore, away from the town."""
    ring = land.lake.buffer(1150.0).difference(land.lake)
    parts = [part for k, part in enumerate(sectors(ring, 26)) if k % 5 in (0, 1, 3)]
    return [part for part in parts if part.distance(Point(land.town)) > 2200.0]


def _split(rng: np.random.Generator, shape: Any, count: int) -> list[Any]:
    """A shape in so many pieces, by the Voronoi cells of points in it."""
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    thrown = rng.uniform(low, high, (200, 2))
    seeds = shapely.MultiPoint(thrown[shapely.contains_xy(shape, thrown)][:count])
    return [part.intersection(shape) for part in shapely.voronoi_polygons(seeds, extend_to=shape).geoms]


def _apart(pieces: list[Polygon]) -> list[Polygon]:
    """Pieces of which none touches an earlier one."""
    near: dict[int, list[int]] = {}
    for later, earlier in zip(*shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=150.0), strict=True):
        near.setdefault(int(later), []).append(int(earlier))
    kept: set[int] = set()
    for at in range(len(pieces)):
        if kept.isdisjoint(near[at]):
            kept.add(at)
    return [pieces[at] for at in sorted(kept)]


def sectors(ring: Any, count: int) -> list[Any]:
    """A ring cut into so many pieces by rays from its middle."""
    middle = ring.centroid
    reach = 50_000.0
    angle = np.linspace(0.0, 2 * np.pi, count + 1)
    corners = np.column_stack([np.cos(angle), np.sin(angle)]) * reach + (middle.x, middle.y)
    return [Polygon([(middle.x, middle.y), corners[k], corners[k + 1]]).intersection(ring) for k in range(count)]
