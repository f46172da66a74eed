"""Line layers by area share: thresholds, grades, nesting, tags, two coordinate systems; checked by counting squares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.instances.importing.fields import SIDE, layer, parcels, square, taken, told
from zonevest import StudyError
from zonevest.instances.importing.lines import covered, subdivide

ROW = [square(x) for x in range(4)]


def test_a_flag_is_set_from_half_of_the_area_on(tmp_path: Path) -> None:
    lines = {"farm": layer([square(0, 0, 1.5), square(2, 0, 0.499)])}
    found = taken(tmp_path, layer(ROW), lines, lines=[{"source": "farm.gpkg", "column": "basic_farmland"}])
    assert parcels(found)["basic_farmland"].tolist() == ["1", "1", "0", "0"]
    assert "farm.gpkg → basic_farmland: 2 parcels inside (a share of at least 0.5), 1.50 ha of them covered; 3" in told(
        found
    )


def test_another_threshold_and_the_share_itself(tmp_path: Path) -> None:
    lines = {"farm": layer([square(0, 0, 1.25)])}
    rule = {"source": "farm.gpkg", "column": "sea", "threshold": 0.25, "share": "x_share"}
    found = parcels(taken(tmp_path, layer(ROW), lines, lines=[rule]))
    assert found["sea"].tolist() == ["1", "1", "0", "0"]
    assert found["x_share"].tolist() == pytest.approx([1.0, 0.25, 0.0, 0.0])


def test_the_grade_of_the_red_line_is_the_larger_one_and_core_takes_what_lies_under_it(tmp_path: Path) -> None:
    """General is drawn as a whole with core inside it, as it often is; nothing is counted twice."""
    lines = {"red": layer([square(0, 0, 2.6), square(0, 0, 0.6), square(1, 0, 0.4)], grade=["2", "1", "1"])}
    rule = {"source": "red.gpkg", "column": "redline", "field": "grade", "values": {"1": "core", "2": "general"}}
    found = taken(tmp_path, layer(ROW), lines, lines=[{**rule, "share": "x_red"}])
    assert parcels(found)["redline"].tolist() == ["core", "general", "general", "0"]
    assert parcels(found)["x_red"].tolist() == pytest.approx([1.0, 1.0, 0.6, 0.0])


def test_halves_of_two_grades_are_together_inside(tmp_path: Path) -> None:
    lines = {"red": layer([square(0, 0, 0.3), square(0.3, 0, 0.3)], grade=["general", "core"])}
    rule = {"source": "red.gpkg", "column": "redline", "field": "grade"}
    found = taken(tmp_path, layer(ROW), lines, lines=[rule])
    assert parcels(found)["redline"].tolist() == ["core", "0", "0", "0"]  # a tie goes to the stricter one


def test_features_over_each_other_count_once(tmp_path: Path) -> None:
    lines = {"farm": layer([square(0, 0, 0.3), square(0, 0, 0.3)])}
    rule = {"source": "farm.gpkg", "column": "basic_farmland", "share": "x_share"}
    found = parcels(taken(tmp_path, layer(ROW), lines, lines=[rule]))
    assert found["basic_farmland"].tolist() == ["0"] * 4
    assert found["x_share"].tolist() == pytest.approx([0.3, 0, 0, 0])


def test_jurisdictions_take_the_largest_share_however_small(tmp_path: Path) -> None:
    lines = {"towns": layer([square(0, 0, 1.4), square(1.4, 0, 1.8)], town=["01", "02"])}
    rule = {"source": "towns.gpkg", "column": "jurisdiction", "field": "town"}
    found = taken(tmp_path, layer(ROW), lines, lines=[rule])
    assert parcels(found)["jurisdiction"].tolist() == ["01", "02", "02", "02"]


def test_neighbours_of_a_zone_are_not_in_it(tmp_path: Path) -> None:
    """Projected, a long edge and the short ones along it are not the same line: what lies between is no share."""

    def at(x: float, y: float, side: float) -> object:
        return shapely.box(36.6e6 + SIDE * x, 3.4e6 + SIDE * y, 36.6e6 + SIDE * (x + side), 3.4e6 + SIDE * (y + side))

    land = layer([at(x, y, 1) for y in range(60) for x in (59, 60)], crs=4524)
    plan = layer([at(0, 0, 60)], crs=4524, code="300")
    rule = {"source": "plan.gpkg", "column": "zone", "field": "code"}
    found = taken(tmp_path, land, {"plan": plan}, lines=[rule])
    assert parcels(found)["zone"].tolist() == ["300", ""] * 60
    assert "zone: 60 parcels inside (a share of at least 5e-05)" in told(found)
    assert "60 touched in all" in told(found)


@pytest.mark.parametrize("system", [4524, 4490])
def test_small_neighbours_of_a_zone_of_thirty_kilometres_are_not_in_it(tmp_path: Path, system: int) -> None:
    """A zone of four corners, in metres or degrees; parcels of a hectare along two sides of it, given in degrees."""
    side, west, south = (30_000.0, 36.6e6, 3.4e6) if system == 4524 else (0.3, 110.0, 30.0)
    plan = layer([shapely.box(west, south, west + side, south + side)], crs=system, code="300")
    east, north, small = west + side, south + side, side / 300
    land = [(east, south + k * small) for k in range(300)] + [(west + k * small, north) for k in range(299)]
    shapes = [shapely.box(x, y, x + small, y + small) for x, y in [*land, (east - small, north - small)]]
    rule = {"source": "plan.gpkg", "column": "zone", "field": "code", "share": "x_share"}
    found = taken(tmp_path, layer(shapes, crs=system).to_crs(4490), {"plan": plan}, lines=[rule])
    assert parcels(found)["x_share"].iloc[:-1].max() < 2e-5
    assert parcels(found)["zone"].tolist() == [""] * 599 + ["300"]


def test_a_line_overrides_a_field_only_inside(tmp_path: Path) -> None:
    lines = {"towns": layer([square(2, 0, 2)], town=["B"])}
    rule = {"source": "towns.gpkg", "column": "jurisdiction", "field": "town"}
    land = layer(ROW, town=["A", "A", "A", ""])
    found = taken(tmp_path, land, lines, parcels={"columns": {"jurisdiction": "town"}}, lines=[rule])
    assert parcels(found)["jurisdiction"].tolist() == ["A", "A", "B", "B"]


def test_tags_add_up(tmp_path: Path) -> None:
    catchments = layer([square(0, 0, 2), square(1, 0, 2)], station=["s1", "s2"])
    rule = {"source": "stations.gpkg", "column": "tags", "field": "station"}
    found = taken(tmp_path, layer(ROW), {"stations": catchments}, lines=[rule, {**rule, "field": "use"}])
    # catchments lie over each other: P2 is in both; the second rule adds one tag for all
    assert parcels(found)["tags"].tolist() == ["s1;0101", "s1;s2;0101", "s2;0101", ""]


def test_two_coordinate_systems(tmp_path: Path) -> None:
    land = layer([square(1000 + x, 4000) for x in range(4)])
    line = layer([square(1000, 4000, 1.6)]).to_crs(4490)
    rule = {"source": "line.gpkg", "column": "growth_boundary", "share": "x_share"}
    found = parcels(taken(tmp_path, land, {"line": line}, lines=[rule]))
    assert found["growth_boundary"].tolist() == ["1", "1", "0", "0"]
    assert found["x_share"].tolist() == pytest.approx([1, 0.6, 0, 0], abs=1e-5)


def test_a_line_that_touches_nothing_says_so(tmp_path: Path) -> None:
    found = taken(tmp_path, layer(ROW), {"sea": layer([square(90)])}, lines=[{"source": "sea.gpkg", "column": "sea"}])
    assert "touches no parcel" in told(found)
    assert parcels(found)["sea"].tolist() == ["0"] * 4


def test_an_empty_line_layer_means_nobody_is_inside(tmp_path: Path) -> None:
    empty = layer([square(0)]).iloc[:0]
    found = taken(tmp_path, layer(ROW), {"park": empty}, lines=[{"source": "park.gpkg", "column": "national_park"}])
    assert parcels(found)["national_park"].tolist() == ["0"] * 4
    assert "touches no parcel" in told(found)


def test_crossing_rings_of_a_line_are_repaired(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (SIDE, SIDE), (SIDE, 0), (0, SIDE)])
    rule = {"source": "bow.gpkg", "column": "sea", "share": "x_share"}
    found = taken(tmp_path, layer(ROW), {"bow": layer([bow])}, lines=[rule])
    assert parcels(found)["x_share"].tolist() == pytest.approx([0.5, 0, 0, 0])
    assert "bow.gpkg: 1 shapes repaired (features 1)" in told(found)


def test_what_of_a_line_layer_is_left_out_is_told(tmp_path: Path) -> None:
    """A red line without a grade protects nothing, nor does one without a shape; nobody is to find that out later."""
    red = layer([square(0), None, square(1), shapely.force_3d(square(2))], grade=["general", "core", None, "core"])
    rule = {"source": "red.gpkg", "column": "redline", "field": "grade"}
    found = taken(tmp_path, layer(ROW), {"red": red}, lines=[rule])
    assert parcels(found)["redline"].tolist() == ["general", "0", "core", "0"]
    for what in (
        "1 features without a shape: left out (2)",
        "1 features hold nothing in grade: left out (3)",
        "1 shapes with heights or measures: these are left aside",
    ):
        assert f"red.gpkg: {what}" in told(found), what


def test_lines_that_are_no_areas_are_refused(tmp_path: Path) -> None:
    line = layer([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(StudyError, match="a line layer consists of areas"):
        taken(tmp_path, layer(ROW), {"line": line}, lines=[{"source": "line.gpkg", "column": "sea"}])


def test_the_features_of_a_condition_alone(tmp_path: Path) -> None:
    lines = {"plan": layer([square(0), square(1), square(2)], kind=["a", "b", "c"], rank=[1, 2, 3])}
    rule = {"source": "plan.gpkg", "column": "sea", "where": "kind!=a; rank<=2"}
    found = taken(tmp_path, layer(ROW), lines, lines=[rule])
    assert parcels(found)["sea"].tolist() == ["0", "1", "0", "0"]


def test_a_large_shape_cut_in_pieces_covers_the_same() -> None:
    """A star of 20,000 points with holes over 400 squares: pieces, and shares against plain intersection."""
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 700 + 250 * np.sin(9 * angle) + 3 * np.sin(4001 * angle)
    star = shapely.Polygon(np.stack([1000 + radius * np.cos(angle), 1000 + radius * np.sin(angle)], axis=1))
    star = star.difference(shapely.buffer(shapely.Point(1000, 1000), 120, quad_segs=400))
    shapes = np.array([star], dtype=object)
    pieces, origin = subdivide(shapes)
    assert shapely.get_num_coordinates(pieces).max() <= 256
    assert set(origin) == {0}
    assert shapely.area(pieces).sum() == pytest.approx(star.area, rel=1e-9)
    squares = np.array([square(x, y) for x in range(20) for y in range(20)], dtype=object)
    cover = covered(squares, shapes, np.array([0]))
    plain = shapely.area(shapely.intersection(squares, star))
    held = np.zeros(400)
    held[cover.parcel] = cover.area
    assert held == pytest.approx(plain, abs=1e-5)
    assert 0 < (plain > 0).sum() < 400
