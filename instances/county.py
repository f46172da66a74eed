"""A synthetic county: land, people and a list of opportunities, drawn by a seed (no place on earth).

It follows one made-up western county of 2,400 km2 and 420,000 people: a lake, a county town on its shore, villages in
the plain, forest on the hills, a red line on the heights, basic farmland below. The tables rest on the package's
default tables; what is particular to the county is made here. `lakeside` is the county of 1,800 parcels and seed 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import tomli_w
from scipy.spatial import Voronoi, cKDTree
from shapely.geometry import Point, Polygon

from zonevest.instances import county_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

CRS = "EPSG:4544"
"""A projected system of the country, for maps; the county lies nowhere in particular."""
ORIGIN = np.array([420_000.0, 3_400_000.0])
HECTARES = 240_000.0
TOWNS = (
    ("chengguan", "Chengguan town", "城关镇"),
    ("hudong", "Hudong town", "湖东镇"),
    ("huxi", "Huxi town", "湖西镇"),
    ("baishan", "Baishan township", "白山乡"),
    ("qingxi", "Qingxi township", "青溪乡"),
    ("chayuan", "Chayuan town", "茶园镇"),
    ("shiqiao", "Shiqiao town", "石桥镇"),
    ("longtan", "Longtan township", "龙潭乡"),
    ("yunfeng", "Yunfeng township", "云峰乡"),
    ("wenquan", "Wenquan town", "温泉镇"),
    ("nanping", "Nanping township", "南坪乡"),
    ("beihe", "Beihe town", "北河镇"),
)
"""Jurisdictions: code, English and Chinese name; the first holds the county town."""
MIX = {"urban": 0.011, "village": 0.026, "built": 0.010, "arable": 0.21, "orchard": 0.04, "grass": 0.07, "other": 0.053}
"""Shares of the county's area; wetland and water are drawn, forest is the rest."""
SLOPES = (0.6193, 0.1532, 0.1340, 0.0604, 0.0331)
"""Shares of arable land by slope class, as the national survey counts them: up to 2, 6, 15, 25 degrees, and above."""


@dataclass(frozen=True)
class Ground:
    """The lie of the land: smooth random fields over the county, and where things are.

    Attributes
    ----------
    outline, lake : shapes in metres.
    town : the county town's middle.
    seats : middles of the jurisdictions, shape (jurisdictions, 2).
    waves : of the random fields: wave vectors and phases.
    """

    outline: Polygon
    lake: Polygon
    town: Floats
    seats: Floats
    waves: Floats

    def noise(self, at: Floats, field: int) -> Floats:
        """A smooth random field of mean 0 and deviation about 1 at points, shape (n,)."""
        waves = self.waves[field]
        phase = at @ waves[:, :2].T + waves[:, 2]
        return np.asarray(np.cos(phase).sum(axis=1) * np.sqrt(2.0 / len(waves)))

    def height(self, at: Floats) -> Floats:
        """Height above the lake, metres: the plain around the lake, and valleys between ridges beyond."""
        away = shapely.distance(self.lake, shapely.points(at)) / 1000.0
        ridge = np.abs(self.noise(at, 0)) ** 0.8
        rise = np.clip(away - 1.5, 0.0, 14.0) / 14.0
        risen = 30.0 * rise + 520.0 * rise * ridge + 45.0 * rise * self.noise(at, 1) + 4.0 * away
        return np.asarray(np.maximum(risen, 0.0), dtype=float)


def ground(rng: np.random.Generator) -> Ground:
    """Draw outline, lake, town and the random fields."""
    radius = np.sqrt(HECTARES * 1e4 / np.pi)
    outline = _blob(rng, np.zeros(2), radius, 0.24)
    scale = np.sqrt(HECTARES * 1e4 / outline.area)
    outline = shapely.affinity.scale(outline, scale, scale, origin=(0.0, 0.0))
    lake = shapely.affinity.scale(_blob(rng, np.array([-3000.0, 1500.0]), 3300.0, 0.16), 1.5, 0.85)
    town = np.array([lake.bounds[2] + 2600.0, lake.centroid.y - 900.0])
    angle = np.linspace(0.0, 2 * np.pi, len(TOWNS) - 1, endpoint=False) + rng.uniform(0.0, 0.4)
    away = radius * rng.uniform(0.5, 0.72, len(angle))
    seats = np.vstack([town, np.column_stack([away * np.cos(angle), away * np.sin(angle)])])
    length = np.array([9000.0, 4000.0, 6000.0, 5000.0, 7000.0])
    count = 24
    waves = np.zeros((len(length), count, 3))
    for field, size in enumerate(length):
        direction = rng.uniform(0.0, 2 * np.pi, count)
        number = 2 * np.pi / (size * rng.uniform(0.7, 1.6, count))
        waves[field] = np.column_stack(
            [number * np.cos(direction), number * np.sin(direction), rng.uniform(0, 2 * np.pi, count)]
        )
    return Ground(outline, lake, town, seats, waves)


def _blob(rng: np.random.Generator, middle: Floats, radius: float, rough: float, corners: int = 180) -> Polygon:
    """A round shape with a wavy edge."""
    angle = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    edge = np.ones_like(angle)
    for wave in range(2, 9):
        edge += rough / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    return Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * (radius * edge)[:, None] + middle)


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


def _cells(land: Ground, points: Floats) -> list[Polygon]:
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
    cells = _cells(land, points)
    lake = [
        part.intersection(land.lake)
        for part in _cells(land, rng.uniform(land.lake.bounds[:2], land.lake.bounds[2:], (9, 2)))
    ]
    ring = land.lake.buffer(1150.0).difference(land.lake)
    sectors = [part for k, part in enumerate(_sectors(ring, 26)) if k % 5 in (0, 1, 3)]
    sectors = [part for part in sectors if part.distance(Point(land.town)) > 2200.0]
    low = np.flatnonzero((land.height(points) < 190.0) & (np.hypot(*(points - land.town).T) > 3600.0))
    count = int(500 * parcels / 1_800)
    chosen = rng.choice(low, min(count, len(low)), replace=False)
    villages: list[Polygon] = []
    lots: list[Polygon] = []
    for number, i in enumerate(chosen):
        vertices = np.array(cells[i].exterior.coords)
        lot = number % 6 == 0  # a plant or a disused yard of a village beside its homes
        size = factor * (rng.uniform(75.0, 130.0) if lot else rng.uniform(225.0, 390.0))
        (lots if lot else villages).append(_blob(rng, vertices[rng.integers(len(vertices))], size, 0.25, 22))
    inside = land.outline.buffer(-400.0)
    settled = _apart([v for v in [*villages, *lots] if inside.contains(v) and v.distance(land.lake) > 1250.0])
    cells = _carve(cells, [land.lake, *sectors, *settled])
    vacant = np.flatnonzero((np.hypot(*(points - land.town).T) < 2750.0) & (rng.uniform(size=len(points)) < 0.05))
    plots = [part for i in vacant for part in _split(rng, cells[i], 4)]
    gone = set(vacant.tolist())
    parts = [("land", _largest(cell)) for i, cell in enumerate(cells) if i not in gone]
    parts += [("vacant", _largest(plot)) for plot in plots] + [("lake", piece) for piece in lake]
    parts += [("wetland", piece) for piece in sectors]
    parts += [("lot" if piece in lots else "village", piece) for piece in settled]
    kept = [(kind, shape) for kind, shape in parts if not shape.is_empty and shape.area > 5_000.0]
    frame = gpd.GeoDataFrame({"kind": [kind for kind, _ in kept]}, geometry=[shape for _, shape in kept])
    frame["area_ha"] = frame.area / 1e4
    return frame


def _split(rng: np.random.Generator, shape: Any, count: int) -> list[Any]:
    """A shape in so many pieces, by the Voronoi cells of points in it."""
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    thrown = rng.uniform(low, high, (200, 2))
    seeds = shapely.MultiPoint(thrown[shapely.contains_xy(shape, thrown)][:count])
    return [part.intersection(shape) for part in shapely.voronoi_polygons(seeds, extend_to=shape).geoms]


def _apart(pieces: list[Polygon]) -> list[Polygon]:
    """Pieces of which none touches an earlier one."""
    kept: list[Polygon] = []
    for piece in pieces:
        if all(piece.distance(other) > 150.0 for other in kept):
            kept.append(piece)
    return kept


def _sectors(ring: Any, count: int) -> list[Any]:
    middle = ring.centroid
    reach = 50_000.0
    angle = np.linspace(0.0, 2 * np.pi, count + 1)
    corners = np.column_stack([np.cos(angle), np.sin(angle)]) * reach + (middle.x, middle.y)
    return [Polygon([(middle.x, middle.y), corners[k], corners[k + 1]]).intersection(ring) for k in range(count)]


def _largest(shape: Any) -> Any:
    return max(shape.geoms, key=lambda part: part.area) if hasattr(shape, "geoms") else shape


def parcels_table(rng: np.random.Generator, land: Ground, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Classes, lines, tenure, slope, quality and tags of the parcels, by height, distance and the random fields."""
    middle = frame.representative_point()
    at = np.column_stack([middle.x, middle.y])
    area, kind = frame["area_ha"].to_numpy(), frame["kind"].to_numpy(dtype=object)
    height, to_town = land.height(at), np.hypot(*(at - land.town).T)
    whole, open_ = float(area.sum()), kind == "land"
    classes = np.full(len(frame), "", dtype=object)
    classes[kind == "lake"], classes[kind == "wetland"] = "1102", "1106"
    settled = kind == "village"
    classes[settled], classes[kind == "vacant"] = "0702", "1201"
    lot = kind == "lot"
    classes[lot] = rng.choice(["1201", "0601"], int(lot.sum()))
    urban = _first(-to_town * (1 + 0.12 * land.noise(at, 2)), area, open_, MIX["urban"] * whole)
    classes[urban] = _urban_classes(rng, land, at[urban], to_town[urban])
    urban |= kind == "vacant"
    free = open_ & ~urban
    other_built = _first(
        -np.abs(height - 60.0) + 40 * land.noise(at, 3),
        area,
        free & (area < 90) & (to_town > 4600.0),
        MIX["built"] * whole,
    )
    classes[other_built] = rng.choice(["1003", "09", "0602", "1109"], other_built.sum(), p=[0.6, 0.1, 0.12, 0.18])
    free &= ~other_built
    arable = _first(-height + 25 * land.noise(at, 4), area, free, MIX["arable"] * whole)
    kinds = np.where(height < 70, "0101", np.where(height < 150, "0102", "0103"))
    classes[arable] = kinds[arable]
    free &= ~arable
    orchard = _first(-np.abs(height - 190.0) + 60 * land.noise(at, 2), area, free, MIX["orchard"] * whole)
    classes[orchard] = np.where(land.noise(at, 3)[orchard] > 0.2, "0202", "0201")
    free &= ~orchard
    grass = _first(height + 90 * land.noise(at, 4), area, free, MIX["grass"] * whole)
    classes[grass] = np.where(land.noise(at, 3)[grass] > -0.3, "0404", "0401")
    free &= ~grass
    other = _first(60 * land.noise(at, 1) - 60 * land.noise(at, 2), area, free, MIX["other"] * whole)
    classes[other] = rng.choice(["1206", "1207", "1203", "1104"], other.sum(), p=[0.45, 0.25, 0.2, 0.1])
    free &= ~other
    mixed = land.noise(at, 4)
    classes[free] = np.where(mixed[free] > -0.9, "0301", np.where(height[free] > 300, "0305", "0307"))
    return _with_lines(land, frame, at, classes, height, to_town, urban)


def _first(score: Floats, area: Floats, among: Any, hectares: float) -> NDArray[np.bool_]:
    """The parcels of the highest score, until they make up so many hectares."""
    order = np.argsort(np.where(among, -score, np.inf), kind="stable")[: int(among.sum())]
    chosen = np.zeros(len(area), dtype=bool)
    chosen[order[np.cumsum(area[order]) <= hectares]] = True
    return chosen


def _by_shares(score: Floats, area: Floats, shares: tuple[float, ...]) -> NDArray[np.int_]:
    """Classes 1, 2, … from the lowest score to the highest, each with its share of the area."""
    order = np.argsort(score, kind="stable")
    middle = np.empty(len(area))
    middle[order] = np.cumsum(area[order]) - area[order] / 2
    return np.digitize(middle, np.cumsum(shares[:-1]) * area.sum()) + 1


def _urban_classes(rng: np.random.Generator, land: Ground, at: Floats, to_town: Floats) -> NDArray[np.object_]:
    """Homes around shops and offices in the middle, works in the east, schools and parks between."""
    east = (at[:, 0] - land.town[0]) / 1000.0
    drawn = rng.uniform(size=len(at))
    classes = np.full(len(at), "0701", dtype=object)
    classes[(east > 1.1) & (drawn < 0.72)] = "0601"
    classes[(to_town < 1300.0) & (drawn < 0.42)] = "05H1"
    classes[drawn > 0.90] = "08H2"
    classes[(drawn > 0.84) & (drawn <= 0.90)] = "0810"
    classes[(drawn > 0.79) & (drawn <= 0.84)] = "1004"
    classes[(drawn > 0.77) & (drawn <= 0.79)] = "08H1"
    return classes


def _approved(
    classes: NDArray[np.object_], red: Any, core: Any, basic: Any, boundary: Any, near: Any, spare: Any, settled: Any
) -> NDArray[np.object_]:
    """The approved zone: sub-zones by line and class, the boundary's increment in reserve, its outer part flexible."""
    town = {"0601": "414", "0508": "415", "05H1": "413", "0810": "416", "08H1": "412", "08H2": "412", "1004": "411"}
    zones = np.full(len(classes), "520", dtype=object)
    zones[np.isin(classes, ["0301", "0305", "0307"])] = "530"
    zones[np.isin(classes, ["0401"])] = "540"
    zones[np.isin(classes, ["1106", "1102", "1206", "1207", "0404"])] = "200"
    zones[settled] = "510"
    zones[boundary] = [town.get(code, "411") for code in classes[boundary]]
    zones[near] = "418"
    zones[spare] = "420"
    zones[basic] = "310"
    zones[red] = "120"
    zones[core] = "110"
    return zones


def _with_lines(
    land: Ground,
    frame: gpd.GeoDataFrame,
    at: Floats,
    classes: NDArray[np.object_],
    height: Floats,
    to_town: Floats,
    urban: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Control lines, tenure and the rest of the parcels' columns."""
    area = frame["area_ha"].to_numpy()
    whole = float(area.sum())
    wild = np.isin(classes, ["0301", "0305", "0307", "0401", "0404", "1206", "1207", "1106", "1102"])
    lakeside = np.isin(classes, ["1106", "1102"])
    red = _first(height + 120 * land.noise(at, 1) + 2000.0 * lakeside, area, wild, 0.27 * whole)
    core = _first(height + 120 * land.noise(at, 1), area, red & ~lakeside, 0.05 * whole)
    # homes, mines and orchards that were there when the lines were drawn, and are tolerated
    beside = -cKDTree(at[red]).query(at)[0]
    red |= _first(beside, area, classes == "0702", 0.0006 * whole) | _first(
        beside, area, classes == "0602", 0.0008 * whole
    )
    # the lowest meadows are pastures that may be improved, outside the line
    red &= ~_first(-height, area, red & ~core & np.isin(classes, ["0401", "0404"]), 0.003 * whole)
    arable = np.isin(classes, ["0101", "0102", "0103"])
    near = _first(-to_town, area, ~red & ~urban & ~np.isin(classes, ["1102", "1106"]) & (height < 190), 0.0042 * whole)
    boundary, spare = urban | near, _first(to_town, area, near, 0.0015 * whole)
    lie = height + 25 * land.noise(at, 2)
    slope = np.digitize(lie, [60.0, 130.0, 240.0, 400.0]) + 1
    slope[arable] = _by_shares(lie[arable], area[arable], SLOPES)
    basic = _first(-height + 0.004 * to_town, area, arable & ~boundary & (slope < 5), 0.17 * whole)
    basic |= _first(-cKDTree(at[basic]).query(at)[0], area, np.isin(classes, ["0201", "0202"]) & ~red, 0.002 * whole)
    village, settled = classes == "0702", np.isin(frame["kind"].to_numpy(dtype=object), ["village", "lot"])
    seats = np.argmin(np.hypot(*(at[:, None, :] - land.seats[None, :, :]).transpose(2, 0, 1)), axis=1)
    codes = np.array([code for code, _, _ in TOWNS], dtype=object)
    ore = _first(
        land.noise(at, 3) - 0.00002 * to_town,
        area,
        ~red & np.isin(classes, ["0404", "1206", "1207", "0307", "0602"]),
        0.004 * whole,
    )
    # and under the red line, where strategic minerals may be taken from below
    deep = _first(
        land.noise(at, 3),
        area,
        red & ~core & (land.noise(at, 2) > 0.9) & np.isin(classes, ["0305", "0401", "0404"]),
        0.0015 * whole,
    )
    state = (
        boundary & urban
        | np.isin(classes, ["1102", "1106", "1003", "1109", "09", "0602"])
        | (red & (core | (land.noise(at, 2) > 0.9)))
        | _first(land.noise(at, 3), area, ore & ~boundary & ~basic, 0.003 * whole)  # where mines may be opened
    )
    tags: list[list[str]] = [[] for _ in range(len(frame))]
    middles = {
        "old_town": (land.town, 1400.0),
        "station": (land.town + np.array([2600.0, 1500.0]), 2300.0),
        "park_east": (land.town + np.array([3600.0, -1500.0]), 2600.0),
        "shore": (np.array([land.lake.bounds[2], land.town[1]]), 3000.0),
        "tea_valley": (land.seats[5], 7000.0),
        "hot_spring": (land.seats[9], 6500.0),
        "stone_bridge": (land.seats[6], 6000.0),
        "north_river": (land.seats[11], 6500.0),
    }
    for name, (where, reach) in middles.items():
        for i in np.flatnonzero(np.hypot(*(at - np.asarray(where)).T) < reach):
            tags[i].append(name)
    to_shore = shapely.distance(land.lake, shapely.points(at))
    basin = to_shore < 6000.0
    # the county's own overlay: wild land above the lake on conditions, the steepest not at all; elsewhere the lines say
    open_wild = ~red & ~boundary & ~basic & np.isin(classes, ["0301", "0305", "0307", "0401", "0404", "0201", "0202"])
    steepest = open_wild & (slope == 5) & (land.noise(at, 2) > 1.0)
    for i in np.flatnonzero(basin):
        tags[i].append("lake_basin")
    for i in np.flatnonzero(near):
        tags[i].append("increment")
    people = np.zeros(len(frame))
    people[village] = 201_600.0 * area[village] / area[village].sum()
    homes = classes == "0701"
    people[homes] = 218_400.0 * area[homes] / area[homes].sum()
    order = np.lexsort((-np.round(at[:, 1], -3), np.round(at[:, 0], -3), seats))
    table = gpd.GeoDataFrame(
        {
            "land_class": classes,
            "jurisdiction": codes[seats],
            "tenure": np.where(state, "state", "collective"),
            "zone": _approved(classes, red, core, basic, boundary, near, spare, settled),
            "redline": np.where(core, "core", np.where(red, "general", "0")),
            "basic_farmland": basic.astype(int),
            "growth_boundary": boundary.astype(int),
            "village_boundary": (settled & ~boundary).astype(int),
            "mineral_right": (ore & ~boundary & ~basic | deep).astype(int),
            "national_park": (core & (land.noise(at, 4) > 0.6)).astype(int),
            "conversion": np.where(steepest, "prohibited", np.where(open_wild & basin, "conditional", "")),
            "slope_class": slope,
            "title": (~((land.noise(at, 3) < -1.0) & ~urban)).astype(int),
            "farmland_quality": np.where(
                arable, np.round(np.clip(1.05 - height / 700.0 + 0.08 * land.noise(at, 1), 0.5, 1.3), 2), np.nan
            ),
            "condition": np.round(np.clip(1.0 + 0.07 * land.noise(at, 2), 0.75, 1.2), 2),
            "land_price_factor": np.round(np.clip(1.35 - to_town / 9000.0, 0.55, 1.35), 2),
            "population": np.round(people, 0),
            "forbidden_zones": np.where(boundary & (to_shore < 900.0), "414;415", ""),
            "locked_practice": np.where(classes == "09", "hold", ""),
            "tags": [";".join(each) for each in tags],
        },
        geometry=frame.geometry.to_numpy(),
    )
    table = table.iloc[order].reset_index(drop=True)
    number = table.groupby("jurisdiction").cumcount() + 1
    table.insert(0, "parcel_id", [f"{code}-{n:03d}" for code, n in zip(table["jurisdiction"], number, strict=True)])
    # to the metre; a neck that is thinner than that falls apart, of which the larger piece stays
    moved = shapely.make_valid(table.geometry.translate(*ORIGIN).to_numpy())
    table.geometry = [_largest(shape) for shape in shapely.set_precision(moved, 1.0)]
    return table.set_crs(CRS)


def county(
    parcels: int = 1_800, seed: int = 1, name: str = "county", title: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """A synthetic county: settings, and tables that rest on the default tables.

    Parameters
    ----------
    parcels : about how many.
    seed : of everything that is drawn.
    name, title : of the study.
    """
    rng = np.random.default_rng(seed)
    land = ground(rng)
    layer = parcels_table(rng, land, shapes(rng, land, parcels))
    increment = layer["tags"].str.contains("increment")
    people = layer.groupby("jurisdiction")["population"].sum()
    tables: dict[str, pd.DataFrame] = {"parcels": layer, "jurisdictions": county_list.people(TOWNS, people)}
    towns = [code for code, _, _ in TOWNS]
    tables |= county_list.projects(rng, towns)
    tables["projects"] = tables["projects"].merge(_sites(layer), how="left")
    tables["parcel_flows"] = county_list.polluted(layer.loc[_old_works(layer), "parcel_id"])
    tables |= county_list.money(towns) | county_list.markets()
    tables |= county_list.limits(float(layer[increment].area.sum() / 1e4))
    titles = title or {"en": f"A synthetic county (seed {seed})", "zh": f"合成县域（种子{seed}）"}
    return county_list.settings(name, titles), tables


def _old_works(layer: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Vacant plots of the town where works have stood: every fifth."""
    vacant = np.flatnonzero(layer["land_class"].eq("1201") & layer["growth_boundary"].eq(1))
    return np.isin(np.arange(len(layer)), vacant[::5])


def _sites(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Drawn sites of projects: the two smallest parcels that they may be drawn on."""
    groups = {"wetland": ("1106",), "urban": ("0101", "0102", "0103", "0201", "0202", "1203", "1206", "1201")}
    rows = []
    area = layer.geometry.area
    for project, (practice, zones, kinds) in county_list.DRAWN_ON.items():
        classes = [code for kind in kinds.split() for code in groups.get(kind, (kind,))]
        inside = layer["growth_boundary"].eq(1) if zones.startswith("4") else layer["growth_boundary"].eq(0)
        among = area[layer["land_class"].isin(classes) & inside].nsmallest(2)
        drawn = layer.loc[among.index]
        line = "general" if drawn["redline"].ne("0").any() else "no"
        rows.append((project, ";".join(drawn["parcel_id"]), zones, practice, line))
    columns = ["project", "footprint", "footprint_zones", "footprint_practice", "redline_ok"]
    return pd.DataFrame(rows, columns=columns)


def write_county(folder: Path, parcels: int, seed: int, name: str, title: dict[str, str] | None = None) -> None:
    """Write a synthetic county as a study folder to be edited: study.toml, parcels.gpkg, tables."""
    settings, tables = county(parcels, seed, name, title)
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(county_list.explained(tomli_w.dumps(settings)), encoding="utf-8")
    layer = tables.pop("parcels")
    layer.to_file(folder / "parcels.gpkg", layer="parcels", driver="GPKG", engine="pyogrio")
    for table, frame in tables.items():
        frame.to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
