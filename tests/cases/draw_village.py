"""Draw the layer of the bundled case `village`: some sixty parcels of a valley that exists nowhere.

Run `python tests/cases/draw_village.py FOLDER` to write FOLDER/parcels.gpkg. The other tables of the case are kept by
hand beside it. Main lines (outline, forest edge, foot of the slope, stream, lane, upper edge of the southern hills)
part the valley into bands; cross lines part each band into parcels, numbered from west to east.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely import LineString, Polygon

CRS = "EPSG:4544"  # CGCS2000, 3-degree zone at 105 degrees east: a grid to draw on, not a place
ORIGIN = (512000.0, 3391000.0)
GRID = 0.1  # metres

Points = list[tuple[float, float]]

# fmt: off
OUTLINE: Points = [
    (20, 40), (180, 0), (420, 30), (700, 5), (960, 25), (1210, 0), (1440, 35), (1500, 190), (1470, 380), (1495, 560),
    (1460, 760), (1480, 930), (1300, 985), (1060, 960), (820, 1000), (560, 970), (330, 990), (110, 950), (0, 800),
    (25, 620), (5, 420), (30, 230),
]
FOREST_EDGE: Points = [
    (-40, 765), (140, 800), (330, 770), (520, 818), (760, 800), (980, 832), (1190, 795), (1380, 822), (1540, 800),
]
SLOPE_FOOT: Points = [
    (-40, 590), (90, 640), (230, 655), (360, 615), (480, 640), (560, 652), (790, 628), (1000, 658), (1220, 622),
    (1360, 640), (1540, 610),
]
STREAM: Points = [
    (-40, 520), (60, 548), (150, 552), (260, 512), (340, 508), (410, 535), (490, 522), (560, 488), (650, 492),
    (720, 508), (800, 498), (880, 468), (960, 462), (1040, 482), (1120, 470), (1200, 438), (1290, 436), (1350, 455),
    (1430, 446), (1540, 412),
]
LANE: Points = [
    (-40, 318), (80, 346), (150, 352), (240, 338), (330, 325), (430, 342), (520, 340), (640, 318), (740, 300),
    (820, 304), (900, 316), (1000, 306), (1090, 286), (1180, 288), (1270, 300), (1390, 292), (1540, 262),
]
HILL_EDGE: Points = [
    (-40, 160), (110, 186), (200, 184), (330, 172), (430, 158), (550, 166), (680, 182), (800, 170), (920, 150),
    (1040, 158), (1150, 172), (1260, 152), (1350, 138), (1540, 168),
]
RESERVOIR: Points = [
    (592, 676), (640, 664), (698, 676), (733, 712), (722, 748), (686, 770), (640, 776), (602, 752), (570, 722),
    (566, 694),
]
# Cross lines by band, each as x at the band's upper edge, middle and lower edge (drawn past both edges, then cut off).
CROSS: dict[str, list[tuple[float, float, float]]] = {
    "A": [(232, 262, 250), (505, 498, 530), (752, 790, 772), (1022, 1000, 1020), (1262, 1240, 1268)],
    "B": [(160, 182, 172), (352, 330, 346), (470, 492, 476), (655, 650, 640), (822, 842, 828), (1002, 984, 996),
          (1142, 1160, 1138), (1312, 1330, 1322)],
    "C": [(142, 156, 150), (306, 296, 318), (446, 462, 448), (612, 594, 600), (752, 770, 762), (898, 910, 902),
          (1042, 1060, 1046), (1202, 1184, 1190), (1332, 1350, 1346)],
    "D": [(136, 124, 130), (262, 276, 272), (392, 408, 396), (530, 516, 524), (600, 612, 608), (742, 760, 750),
          (902, 912, 908), (1062, 1048, 1056), (1122, 1136, 1130), (1282, 1270, 1276), (1392, 1380, 1388)],
    "E": [(132, 148, 140), (272, 262, 268), (392, 406, 400), (512, 500, 508), (588, 600, 596), (720, 708, 714),
          (908, 896, 902), (1022, 1036, 1030), (1142, 1130, 1138), (1242, 1256, 1250), (1352, 1340, 1348)],
    "F": [(182, 200, 190), (432, 416, 424), (652, 668, 660), (902, 884, 890), (1102, 1118, 1110), (1302, 1286, 1294)],
    "S": [(902, 904, 906)],
    "L": [(908, 907, 906)],
}

# What is on each parcel, band by band from west to east; blanks mean the column's usual value.
COLUMNS = ["land_class", "zone", "line", "slope_class", "farmland_quality", "land_price_factor", "x_access", "more"]
PARCELS: dict[str, list[tuple[str, str, str, int, float | None, float, float, str]]] = {
    "A": [  # northern ridge: state forest inside the red line in the west
        ("0301", "100", "core", 5, None, 1.0, 0.2, "state"),
        ("0301", "100", "general", 4, None, 1.0, 0.3, "state catchment"),
        ("0301", "100", "general", 4, None, 1.0, 0.5, "catchment good"),
        ("0301", "200", "", 4, None, 1.0, 0.5, "good kept"),
        ("0301", "200", "", 5, None, 1.0, 0.3, "kept"),
        ("0404", "200", "", 5, None, 1.0, 0.2, "poor kept"),
    ],
    "B": [  # slope above the fields: village forest, orchards, reservoir
        ("0301", "530", "", 4, None, 1.0, 0.3, ""),
        ("0307", "530", "", 4, None, 1.0, 0.4, ""),
        ("0201", "520", "", 3, None, 1.0, 0.6, ""),
        ("0201", "520", "", 3, None, 1.0, 0.7, "catchment"),
        ("0301", "530", "", 4, None, 1.0, 0.6, "catchment"),
        ("0301", "530", "", 4, None, 1.0, 0.5, ""),
        ("0201", "520", "", 3, None, 1.0, 0.6, ""),
        ("0404", "530", "", 3, None, 1.0, 0.4, "promoted"),
        ("0301", "530", "", 4, None, 1.0, 0.3, ""),
    ],
    "C": [  # fields north of the stream
        ("0103", "520", "", 3, 5.2, 1.0, 0.5, ""),
        ("0103", "520", "", 2, 5.8, 1.0, 0.6, ""),
        ("0101", "300", "farmland", 1, 7.4, 1.0, 0.7, ""),
        ("0201", "300", "farmland", 1, None, 1.0, 0.7, ""),
        ("0101", "300", "farmland", 1, 7.8, 1.0, 0.7, ""),
        ("0101", "300", "farmland", 1, 7.9, 1.0, 0.8, ""),
        ("0101", "300", "farmland", 1, 8.0, 1.0, 0.8, ""),
        ("0101", "300", "farmland", 1, 7.6, 1.0, 0.7, ""),
        ("0201", "520", "", 2, None, 1.0, 0.6, ""),
        ("0103", "520", "", 2, 5.9, 1.0, 0.6, ""),
    ],
    "D": [  # between stream and lane
        ("0103", "520", "", 2, 5.5, 1.0, 0.6, ""),
        ("0101", "300", "farmland", 1, 7.5, 1.0, 0.8, ""),
        ("0101", "300", "farmland", 1, 7.7, 1.0, 0.8, ""),
        ("0101", "520", "", 1, 7.0, 1.0, 0.9, ""),
        ("0702", "510", "village", 1, None, 1.0, 1.2, "old_mill"),
        ("0201", "520", "", 1, None, 1.0, 0.9, "no_paddy"),
        ("0101", "300", "farmland", 1, 8.1, 1.0, 0.8, ""),
        ("0101", "300", "farmland", 1, 7.9, 1.0, 0.8, ""),
        ("0702", "520", "", 1, None, 1.0, 0.7, "untitled"),
        ("0103", "520", "", 1, 6.4, 1.0, 0.8, ""),
        ("0103", "410", "town", 1, 6.6, 1.05, 1.1, ""),
        ("0103", "410", "town", 1, 6.5, 0.85, 1.0, ""),
    ],
    "E": [  # along the lane: two hamlets, the edge of the town in the east
        ("0404", "520", "", 2, None, 1.0, 0.5, "conditional"),
        ("0702", "510", "village", 2, None, 1.0, 0.7, ""),
        ("0103", "510", "village", 2, 5.6, 1.0, 0.8, ""),
        ("0702", "510", "village", 1, None, 1.0, 0.9, ""),
        ("05H1", "510", "village", 1, None, 1.0, 1.2, "office"),
        ("0702", "510", "village", 1, None, 1.0, 1.1, ""),
        ("0201", "520", "", 2, None, 1.0, 0.8, ""),
        ("0702", "510", "village", 1, None, 1.0, 0.9, ""),
        ("0103", "510", "village", 1, 6.0, 1.0, 1.1, ""),
        ("0702", "510", "village", 1, None, 1.0, 0.8, "untitled"),
        ("0103", "410", "town", 1, 6.3, 1.15, 1.2, ""),
        ("0702", "410", "town", 1, None, 1.2, 1.2, "state"),
    ],
    "F": [  # southern hills: an old quarry, rough grass, forest, orchards, the first street of the town
        ("0602", "200", "", 3, None, 1.0, 0.4, "state poor"),
        ("0404", "530", "", 3, None, 1.0, 0.3, ""),
        ("0301", "530", "", 4, None, 1.0, 0.3, ""),
        ("0201", "520", "", 3, None, 1.0, 0.5, ""),
        ("0307", "530", "", 3, None, 1.0, 0.4, ""),
        ("0404", "530", "", 4, None, 1.0, 0.3, "promoted"),
        ("0701", "410", "town", 1, None, 1.0, 1.2, "state"),
    ],
    "S": [("1101", "200", "", 1, None, 1.0, 0.8, "state"), ("1101", "200", "", 1, None, 1.0, 0.8, "state")],
    "L": [("1006", "520", "", 1, None, 1.0, 1.0, ""), ("1006", "520", "", 1, None, 1.0, 1.0, "")],
    "R": [("1103", "200", "", 1, None, 1.0, 0.6, "state catchment")],
}
# fmt: on
UPPER = {"A": 3, "B": 5, "C": 6, "D": 7, "E": 7, "F": 4, "S": 1, "L": 1, "R": 1}  # parcels of the upper village
CONDITION = {"good": 1.1, "poor": 0.7}


def rounded(points: Points, closed: bool = False) -> Points:
    """The line with its corners cut twice, at a quarter and three quarters of each side (Chaikin)."""
    for _ in range(2):
        ahead = [*points[1:], points[0]] if closed else points[1:]
        cut = [
            ((1 - part) * x0 + part * x1, (1 - part) * y0 + part * y1)
            for (x0, y0), (x1, y1) in zip(points, ahead, strict=closed)
            for part in (0.25, 0.75)
        ]
        points = cut if closed else [points[0], *cut, points[-1]]
    return points


def bands() -> dict[str, Polygon]:
    """The bands between the main lines; stream (S), lane (L) and reservoir (R) are bands of their own."""
    outline = Polygon(rounded(OUTLINE, closed=True))
    stream = LineString(rounded(STREAM)).buffer(8.0, quad_segs=2).intersection(outline)
    lane = LineString(rounded(LANE)).buffer(3.5, quad_segs=2).intersection(outline)
    reservoir = Polygon(rounded(RESERVOIR, closed=True))
    lines = {"A": FOREST_EDGE, "B": SLOPE_FOOT, "C": STREAM, "D": LANE, "E": HILL_EDGE}
    edges = {name: rounded(line) for name, line in lines.items()}
    below: dict[str, Polygon] = {}
    rest = outline
    for name, edge in edges.items():
        south = Polygon([*edge, (1600, -200), (-100, -200)])
        below[name] = rest.difference(south)
        rest = rest.intersection(south)
    below["F"] = rest
    taken = shapely.union_all([stream, lane, reservoir])
    return {name: band.difference(taken) for name, band in below.items()} | {"S": stream, "L": lane, "R": reservoir}


def draw() -> gpd.GeoDataFrame:
    """The parcels with their shapes, one row each."""
    areas = bands()
    lines = [band.boundary for band in areas.values()]
    for name, crosses in CROSS.items():
        reach = areas[name].buffer(0.5)
        west, east = areas[name].bounds[0], areas[name].bounds[2]
        for xs in crosses:
            middle = min(max(xs[1], west), east)
            column = areas[name].intersection(LineString([(middle, -100), (middle, 1100)])).bounds
            low, high = column[1], column[3]
            cross = LineString([(xs[0], high + 60), (xs[1], (low + high) / 2), (xs[2], low - 60)])
            lines.append(cross.intersection(reach))
    network = shapely.union_all(lines, grid_size=GRID)
    shapes = shapely.get_parts(shapely.polygonize([network]))
    found: dict[str, list[Polygon]] = {name: [] for name in areas}
    for shape in shapes:
        inside = {name: band.intersection(shape).area for name, band in areas.items()}
        found[max(inside, key=lambda name: inside[name])].append(shape)
    rows, geometry = [], []
    for name, cells in found.items():
        for number, (cell, given) in enumerate(
            zip(sorted(cells, key=lambda cell: cell.centroid.x), PARCELS[name], strict=True), start=1
        ):
            rows.append({"parcel_id": f"{name}{number:02d}", **_attributes(name, number, given)})
            geometry.append(shapely.transform(cell, lambda points: points + ORIGIN))
    layer = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapely.normalize(geometry), crs=CRS)
    return layer.sort_values("parcel_id", ignore_index=True)


def _attributes(band: str, number: int, given: tuple[str, str, str, int, float | None, float, float, str]) -> dict:
    land_class, zone, line, slope, quality, price, access, more = given
    words = more.split()
    tags = [tag for tag in ("catchment",) if tag in words]
    return {
        "land_class": land_class,
        "jurisdiction": "upper" if number <= UPPER[band] else "lower",
        "tenure": "state" if "state" in words else "collective",
        "zone": zone,
        "redline": line if line in ("core", "general") else "0",
        "basic_farmland": int(line == "farmland"),
        "growth_boundary": int(line == "town"),
        "village_boundary": int(line == "village"),
        "conversion": next((word for word in words if word in ("promoted", "conditional")), ""),
        "slope_class": slope,
        "title": int("untitled" not in words),
        "farmland_quality": quality,
        "condition": next((CONDITION[word] for word in words if word in CONDITION), 1.0),
        "land_price_factor": price,
        "locked_zone": zone if {"office", "kept"} & set(words) else "",
        "forbidden_zones": "300" if "no_paddy" in words else "",
        "tags": ";".join(tags),
        "x_access": access,
    }


def write_layer(folder: Path) -> Path:
    """Write FOLDER/parcels.gpkg, byte for byte the same each time."""
    os.environ["OGR_CURRENT_DATE"] = "2026-01-01T00:00:00.000Z"
    path = folder / "parcels.gpkg"
    path.unlink(missing_ok=True)
    draw().to_file(path, layer="parcels", driver="GPKG")
    return path


if __name__ == "__main__":
    write_layer(Path(sys.argv[1]))
