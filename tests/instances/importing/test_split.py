"""Parcels split along areas and along lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from tests.instances.importing.fields import METRIC, areas, layer, parcels, square, taken, told
from zonevest import StudyError
from zonevest.instances.importing.imported import Imported
from zonevest.instances.importing.shapes import Parcels
from zonevest.instances.importing.sources import Layer
from zonevest.instances.importing.split import split_along

FLAT = pyproj.CRS(METRIC)


def line(*points: tuple[float, float]) -> Any:
    """A line in metres."""
    return shapely.LineString(points)


def along(folder: Path, shapes: list[Any], *lines: Any, crs: Any = METRIC, **rule: Any) -> Imported:
    """Parcels split along lines, each drawn in `crs`."""
    road = layer(list(lines)).to_crs(crs)
    return taken(folder, layer(shapes), {"road": road}, split=[{"source": "road.gpkg", **rule}])


def test_split_along_a_layer(tmp_path: Path) -> None:
    """A town line through P1 at a quarter; P2 lies inside, P3 outside; people go by area."""
    town = layer([square(0.25, 0, 1.75)])
    land = layer([square(0), square(1), square(2)], people=[100, 50, 20])
    found = taken(
        tmp_path, land, {"town": town}, split=[{"source": "town.gpkg"}],
        parcels={"columns": {"population": "people"}},
    )  # fmt: skip
    assert areas(found) == {"P1": 0.75, "P1~2": 0.25, "P2": 1.0, "P3": 1.0}
    assert parcels(found)["population"].to_dict() == {"P1": 75.0, "P1~2": 25.0, "P2": 50.0, "P3": 20.0}
    assert "town.gpkg: 1 parcels split into 2" in told(found)


def test_crumbs_of_a_split_stay_with_the_largest_piece(tmp_path: Path) -> None:
    town = layer([square(0.0005, 0, 5)])  # five square metres of P1 remain outside
    found = taken(tmp_path, layer([square(0), square(1)]), {"town": town}, split=[{"source": "town.gpkg"}])
    assert areas(found) == {"P1": 1.0, "P2": 1.0}


def test_a_line_splits_the_parcels_that_it_crosses(tmp_path: Path) -> None:
    """Through P1 at 30 m and, with a bend, the corner of P2 (a triangle of 40 m by 40 m); P3 is beside it."""
    road = line((30, -10), (30, 110), (160, 110), (160, 100), (200, 60), (250, 10), (250, -10))
    land = layer([square(0), square(1), square(3)], people=[100, 50, 20])
    found = taken(
        tmp_path, land, {"road": layer([road])}, split=[{"source": "road.gpkg"}],
        parcels={"columns": {"population": "people"}},
    )  # fmt: skip
    assert areas(found) == {"P1": 0.7, "P1~2": 0.3, "P2": 0.92, "P2~2": 0.08, "P3": 1.0}
    assert parcels(found)["population"].to_dict() == pytest.approx(
        {"P1": 70.0, "P1~2": 30.0, "P2": 46.0, "P2~2": 4.0, "P3": 20.0}
    )
    assert "road.gpkg: 2 parcels split into 4" in told(found)
    assert "stay whole" not in told(found)


def test_lines_that_end_in_a_parcel_leave_it_whole(tmp_path: Path) -> None:
    """A dead end into P1, one within P2; along the edge of P3 a line lies beside it by a tenth of a millimetre."""
    dead, inside = line((50, -10), (50, 99)), line((120, 20), (180, 80))
    edge = line((300.0001, -10), (300.0001, 110))
    found = along(tmp_path, [square(0), square(1), square(2)], dead, inside, edge)
    assert areas(found) == {"P1": 1.0, "P2": 1.0, "P3": 1.0}
    assert "road.gpkg: 2 parcels stay whole, since its lines end in them: P1, P2" in told(found)
    assert "road.gpkg: 0 parcels split into 0" in told(found)


def test_lines_that_meet_in_a_parcel_split_it_together(tmp_path: Path) -> None:
    """A T of two lines in P1, drawn as far as a millimetre from each other; a loop in P2 that crosses itself."""
    stem, bar = line((50, -10), (50, 59.999)), line((-10, 60), (110, 60))
    loop = line((120, -10), (120, 50), (180, 50), (180, 20), (90, 20))  # encloses 60 m by 30 m, and 20 m at the left
    found = along(tmp_path, [square(0), square(1)], stem, bar, loop)
    assert areas(found) == {"P1": 0.4, "P1~2": 0.3, "P1~3": 0.3, "P2": 0.78, "P2~2": 0.18, "P2~3": 0.04}


def test_a_line_drawn_from_edge_to_edge_splits(tmp_path: Path) -> None:
    """Its ends lie on edges at any angle, where no number is exact."""
    tilted = shapely.affinity.rotate(square(0), 17.3, origin=(0, 0))
    edges = [shapely.LineString(list(tilted.exterior.coords)[k : k + 2]) for k in range(4)]
    cut = shapely.LineString(
        [edges[0].interpolate(1 / 3, normalized=True), edges[2].interpolate(2 / 3, normalized=True)]
    )
    assert areas(along(tmp_path, [tilted], cut)) == {"P1": 0.66666667, "P1~2": 0.33333333}


def test_parts_that_no_line_crosses_stay_with_the_largest_piece(tmp_path: Path) -> None:
    """P1 is two fields of 1 ha and 0.5 ha, of which the first is split at 40 m; P2 has a hole as wide as the road."""
    two = shapely.union(square(0), square(2, 0, 0.5))
    ring = square(0, 2, 2, 1).difference(square(0.5, 2.25, 1, 0.5))  # the line goes through the hole
    found = along(
        tmp_path, [two, ring], line((40, -10), (40, 110)), line((-10, 250), (210, 250)), line((150, -9), (150, 109))
    )
    assert areas(found) == {"P1": 1.1, "P1~2": 0.4, "P2": 0.75, "P2~2": 0.75}


def test_the_same_line_in_another_system_and_of_many_points(tmp_path: Path) -> None:
    """In degrees; its chunks end within parcels."""
    x = np.linspace(-50, 350, 2_001)
    shapes = [square(k) for k in range(3)]
    found = along(tmp_path, shapes, shapely.LineString(np.column_stack([x, np.full(len(x), 25.0)])), crs=4326)
    assert areas(found) == pytest.approx(
        {f"P{k}": 0.75 for k in (1, 2, 3)} | {f"P{k}~2": 0.25 for k in (1, 2, 3)}, abs=1e-6
    )


def test_areas_and_lines_of_one_layer(tmp_path: Path) -> None:
    """A town in the lower 40 m of P1, a road along 20 m; in one collection. First the areas cut, then the lines."""
    both = shapely.GeometryCollection([square(0, 0, 1, 0.4), line((20, -1), (20, 101))])
    assert areas(along(tmp_path, [square(0)], both)) == {"P1": 0.48, "P1~3": 0.12, "P1~2": 0.32, "P1~2~2": 0.08}


def test_no_two_pieces_of_several_splits_have_one_id(tmp_path: Path) -> None:
    """P1~2 is an id of the layer, too; the second split cuts what the first has left."""
    land = layer([square(0), square(2)]).assign(id=["P1", "P1~2"])
    roads = {"a": layer([line((30, -1), (30, 101))]), "b": layer([line((-1, 20), (301, 20))])}
    found = taken(tmp_path, land, roads, split=[{"source": "a.gpkg"}, {"source": "b.gpkg"}])
    assert areas(found) == {
        "P1": 0.56, "P1~4": 0.14, "P1~3": 0.24, "P1~3~2": 0.06, "P1~2": 0.8, "P1~2~2": 0.2,
    }  # fmt: skip


def test_points_split_nothing_and_say_so(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="consists of areas or lines"):
        along(tmp_path, [square(0)], shapely.Point(5, 5))


@pytest.mark.parametrize("seed", range(60))
def test_pieces_are_their_parcel_and_no_line_goes_through_one(seed: int) -> None:
    """Any lines over parcels at any angle: land is neither lost nor won, and splitting again changes nothing."""
    rng = np.random.default_rng(seed)
    # every other time on a coarse grid, where lines lie on corners, edges and each other
    corners = [rng.integers(-2, 17, (rng.integers(2, 8), 2)) * 20.0 for _ in range(rng.integers(1, 5))]
    lines = [shapely.LineString(each + (seed % 2) * rng.uniform(0, 20, each.shape)) for each in corners]
    lines = [each for each in lines if each.length]
    middles = shapely.MultiPoint(rng.uniform(0, 300, (9, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(middles)), shapely.box(0, 0, 300, 300))
    frame = gpd.GeoDataFrame({"parcel_id": [f"P{k}" for k in range(len(cells))]}).assign(
        area_ha=shapely.area(cells) / 1e4
    )
    road = Layer("road", frame[:0], np.array(lines, dtype=object), FLAT, np.zeros(0, int), [])
    held = Parcels("land", frame, cells, FLAT, FLAT, [])
    split_along(held, road, FLAT, 0.0, ())
    parent = np.array([each.split("~")[0] for each in held.ids])
    for k, cell in enumerate(cells):
        pieces = held.shapes[parent == f"P{k}"]
        assert shapely.area(pieces).sum() == pytest.approx(cell.area, abs=1e-4)  # a square centimetre
        assert shapely.symmetric_difference(shapely.union_all(pieces), cell).area < 1e-4
        assert held.frame["area_ha"][parent == f"P{k}"].sum() == pytest.approx(cell.area / 1e4, rel=1e-9)
    # what of the lines lies in a piece does not part it
    inner = shapely.buffer(held.shapes, -1e-4)
    rest = shapely.difference(inner, shapely.union_all(road.shapes).buffer(1e-5, quad_segs=1))
    parts, of = shapely.get_parts(rest, return_index=True)
    large = np.bincount(of[shapely.area(parts) > 1.0], minlength=len(inner))
    assert (large <= shapely.get_num_geometries(inner)).all()
    again = Parcels("land", held.frame, held.shapes, FLAT, FLAT, [])
    split_along(again, road, FLAT, 0.0, ())
    assert again.ids.tolist() == held.ids.tolist()
    assert shapely.area(again.shapes) == pytest.approx(shapely.area(held.shapes), abs=1e-4)
