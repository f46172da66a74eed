"""What the parcels of a synthetic county are: classes, control lines, tenure, slope, quality, people and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from zonevest.instances.county_ground import TOWNS, Ground, Noise, first, largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

CRS = "EPSG:4544"
"""A projected system of the country, for maps; the county lies nowhere in particular."""
ORIGIN = np.array([420_000.0, 3_400_000.0])
MIX = {"urban": 0.011, "village": 0.026, "built": 0.010, "arable": 0.21, "orchard": 0.04, "grass": 0.07, "other": 0.053}
"""Shares of the county's area; wetland and water are drawn, forest is the rest."""
WATER = ("1101", "1102", "1106")
"""Rivers, lakes and wetlands: state-owned, and in the red line."""
SLOPES = (0.6193, 0.1532, 0.1340, 0.0604, 0.0331)
"""Shares of arable land by slope class, as the national survey counts them: up to 2, 6, 15, 25 degrees, and above."""


def parcels_table(rng: np.random.Generator, land: Ground, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Classes, lines, tenure, slope, quality and tags of the parcels, by height, distance and the random fields."""
    if "x" not in frame:  # of planning units; plots come with their middles and blocks
        middle = frame.representative_point()
        frame = frame.assign(x=middle.x, y=middle.y, block=np.arange(len(frame)))
    at, block = frame[["x", "y"]].to_numpy(), frame["block"].to_numpy()
    area, kind = frame["area_ha"].to_numpy(), frame["kind"].to_numpy(dtype=object)
    noise = Noise(land, at)
    height, to_town = land.height(at, noise), np.hypot(*(at - land.town).T)
    whole, open_ = float(area.sum()), kind == "land"
    classes = np.full(len(frame), "", dtype=object)
    for drawn, land_class in (("lake", "1102"), ("wetland", "1106"), ("river", "1101"), ("road", "1003")):
        classes[kind == drawn] = land_class
    settled = kind == "village"
    classes[settled], classes[kind == "vacant"] = "0702", "1201"
    lot = kind == "lot"
    classes[lot] = _drawn(rng, block[lot], ["1201", "0601"])
    works = kind == "works"
    classes[works] = _drawn(rng, block[works], ["09", "0602", "1109"], [0.25, 0.3, 0.45])
    urban = first(-to_town * (1 + 0.12 * noise(2)), area, open_, MIX["urban"] * whole)
    classes[urban] = _urban_classes(rng, land, at[urban], to_town[urban], block[urban])
    urban |= kind == "vacant"
    free = open_ & ~urban
    other_built = first(
        -np.abs(height - 60.0) + 40 * noise(3),
        area,
        free & (area < 90) & (to_town > 4600.0) & ~works.any(),
        MIX["built"] * whole,
    )
    classes[other_built] = _drawn(rng, block[other_built], ["1003", "09", "0602", "1109"], [0.6, 0.1, 0.12, 0.18])
    free &= ~other_built
    arable = first(-height + 25 * noise(4), area, free, MIX["arable"] * whole)
    kinds = np.where(height < 70, "0101", np.where(height < 150, "0102", "0103"))
    classes[arable] = kinds[arable]
    free &= ~arable
    orchard = first(-np.abs(height - 190.0) + 60 * noise(2), area, free, MIX["orchard"] * whole)
    classes[orchard] = np.where(noise(3)[orchard] > 0.2, "0202", "0201")
    free &= ~orchard
    grass = first(height + 90 * noise(4), area, free, MIX["grass"] * whole)
    classes[grass] = np.where(noise(3)[grass] > -0.3, "0404", "0401")
    free &= ~grass
    other = first(60 * noise(1) - 60 * noise(2), area, free, MIX["other"] * whole)
    classes[other] = _drawn(rng, block[other], ["1206", "1207", "1203", "1104"], [0.45, 0.25, 0.2, 0.1])
    free &= ~other
    mixed = noise(4)
    classes[free] = np.where(mixed[free] > -0.9, "0301", np.where(height[free] > 300, "0305", "0307"))
    return _with_lines(land, frame, at, classes, height, to_town, urban, noise)


def _by_shares(score: Floats, area: Floats, shares: tuple[float, ...]) -> NDArray[np.int_]:
    """Classes 1, 2, … from the lowest score to the highest, each with its share of the area."""
    order = np.argsort(score, kind="stable")
    middle = np.empty(len(area))
    middle[order] = np.cumsum(area[order]) - area[order] / 2
    return np.digitize(middle, np.cumsum(shares[:-1]) * area.sum()) + 1


def _drawn(
    rng: np.random.Generator, block: NDArray[np.int64], names: list[str], shares: list[float] | None = None
) -> NDArray[Any]:
    """One of the names for every block, shape (parcels,)."""
    blocks, which = np.unique(block, return_inverse=True)
    return np.asarray(rng.choice(names, len(blocks), p=shares)[which])


def _urban_classes(
    rng: np.random.Generator, land: Ground, at: Floats, to_town: Floats, block: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Homes around shops and offices in the middle, works in the east, schools and parks between."""
    east = (at[:, 0] - land.town[0]) / 1000.0
    blocks, which = np.unique(block, return_inverse=True)
    drawn = rng.uniform(size=len(blocks))[which]
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
    zones[np.isin(classes, [*WATER, "1206", "1207", "0404"])] = "200"
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
    noise: Noise,
) -> gpd.GeoDataFrame:
    """Control lines, tenure and the rest of the parcels' columns."""
    area = frame["area_ha"].to_numpy()
    whole = float(area.sum())
    wild = np.isin(classes, ["0301", "0305", "0307", "0401", "0404", "1206", "1207", *WATER])
    lakeside = np.isin(classes, WATER)
    red = first(height + 120 * noise(1) + 2000.0 * lakeside, area, wild, 0.27 * whole)
    core = first(height + 120 * noise(1), area, red & ~lakeside, 0.05 * whole)
    # homes, mines and orchards that were there when the lines were drawn, and are tolerated
    homes, mines = classes == "0702", classes == "0602"
    beside = _beside(at, red, homes | mines)
    red |= first(beside, area, homes, 0.0006 * whole) | first(beside, area, mines, 0.0008 * whole)
    # the lowest meadows are pastures that may be improved, outside the line
    red &= ~first(-height, area, red & ~core & np.isin(classes, ["0401", "0404"]), 0.003 * whole)
    arable = np.isin(classes, ["0101", "0102", "0103"])
    near = first(-to_town, area, ~red & ~urban & ~np.isin(classes, WATER) & (height < 190), 0.0042 * whole)
    boundary, spare = urban | near, first(to_town, area, near, 0.0015 * whole)
    lie = height + 25 * noise(2)
    slope = np.digitize(lie, [60.0, 130.0, 240.0, 400.0]) + 1
    slope[arable] = _by_shares(lie[arable], area[arable], SLOPES)
    basic = first(-height + 0.004 * to_town, area, arable & ~boundary & (slope < 5), 0.17 * whole)
    gardens = np.isin(classes, ["0201", "0202"]) & ~red
    basic |= first(_beside(at, basic, gardens), area, gardens, 0.002 * whole)
    settled = np.isin(frame["kind"].to_numpy(dtype=object), ["village", "lot"])
    fine = len(land.finer) > 0
    # the borders of towns follow the lie of the land where parcels are small enough to show it
    moved = at + 900.0 * np.column_stack([noise(1), noise(2)]) if fine else at
    seats = np.argmin([np.hypot(*(moved - seat).T) for seat in land.seats], axis=0)
    codes = np.array([code for code, _, _ in TOWNS], dtype=object)
    ore = first(
        noise(3) - 0.00002 * to_town,
        area,
        ~red & np.isin(classes, ["0404", "1206", "1207", "0307", "0602"]),
        0.004 * whole,
    )
    # and under the red line, where strategic minerals may be taken from below
    deep = first(
        noise(3), area, red & ~core & (noise(2) > 0.9) & np.isin(classes, ["0305", "0401", "0404"]), 0.0015 * whole
    )
    state = (
        boundary & urban
        | np.isin(classes, [*WATER, "1003", "1109", "09", "0602"])
        | (red & (core | (noise(2) > 0.9)))
        | first(noise(3), area, ore & ~boundary & ~basic, 0.003 * whole)  # where mines may be opened
    )
    to_shore = noise.to_lake
    basin = to_shore < 6000.0
    # the county's own overlay: wild land above the lake on conditions, the steepest not at all; elsewhere the lines say
    open_wild = ~red & ~boundary & ~basic & np.isin(classes, ["0301", "0305", "0307", "0401", "0404", "0201", "0202"])
    steepest = open_wild & (slope == 5) & (noise(2) > 1.0)
    people = np.zeros(len(frame))
    for here, count in ((homes, 201_600.0), (classes == "0701", 218_400.0)):
        people[here] = count * area[here] / area[here].sum()
    # of plots with half a head each, rounding one by one would leave nobody
    people = np.diff(np.round(np.cumsum(people)), prepend=0.0) if fine else np.round(people, 0)
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
            "national_park": (core & (noise(4) > 0.6)).astype(int),
            "conversion": np.where(steepest, "prohibited", np.where(open_wild & basin, "conditional", "")),
            "slope_class": slope,
            "title": (~((noise(3) < -1.0) & ~urban)).astype(int),
            "farmland_quality": np.where(
                arable, np.round(np.clip(1.05 - height / 700.0 + 0.08 * noise(1), 0.5, 1.3), 2), np.nan
            ),
            "condition": np.round(np.clip(1.0 + 0.07 * noise(2), 0.75, 1.2), 2),
            "land_price_factor": np.round(np.clip(1.35 - to_town / 9000.0, 0.55, 1.35), 2),
            "population": people,
            "forbidden_zones": np.where(boundary & (to_shore < 900.0), "414;415", ""),
            "locked_practice": np.where(classes == "09", "hold", ""),
            "tags": _tags(land, at, {"lake_basin": basin, "increment": near}),
        },
        geometry=frame.geometry.to_numpy(),
    )
    table = table.iloc[order].reset_index(drop=True)
    number = table.groupby("jurisdiction").cumcount() + 1
    table.insert(0, "parcel_id", [f"{code}-{n:03d}" for code, n in zip(table["jurisdiction"], number, strict=True)])
    if fine:  # plots are on their grid
        table.geometry = shapely.transform(table.geometry.to_numpy(), lambda corners: np.round(corners + ORIGIN, 1))
        return table.set_crs(CRS)
    # to the metre; a neck that is thinner than that falls apart, of which the larger piece stays
    moved = shapely.make_valid(table.geometry.translate(*ORIGIN).to_numpy())
    table.geometry = [largest(shape) for shape in shapely.set_precision(moved, 1.0)]
    return table.set_crs(CRS)


def _beside(at: Floats, line: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Floats:
    """How near the land inside a line is, negative metres, for the parcels asked about (the others: none)."""
    beside = np.full(len(at), -np.inf)
    beside[asked] = -cKDTree(at[line]).query(at[asked])[0]
    return beside


def _tags(land: Ground, at: Floats, drawn: dict[str, NDArray[np.bool_]]) -> NDArray[np.object_]:
    """The tags of each parcel: the surroundings of places that projects are about, and those drawn."""
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
    within = {name: np.hypot(*(at - np.asarray(where)).T) < reach for name, (where, reach) in middles.items()} | drawn
    code = np.zeros(len(at), dtype=np.int64)
    for bit, inside in enumerate(within.values()):
        code |= inside.astype(np.int64) << bit
    codes, which = np.unique(code, return_inverse=True)
    cells = [";".join(name for bit, name in enumerate(within) if each >> bit & 1) for each in codes.tolist()]
    return np.array(cells, dtype=object)[which]
