"""Every defect of shapes: repaired or refused by its rule, counted, and told with the first ids."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from tests.instances.importing.fields import METRIC, areas, layer, mapping, parcels, square, taken, told
from zonevest import StudyError, import_study

BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])  # two wings of 50 m x 100 m / 2


def refused(folder: Path, land: gpd.GeoDataFrame, **tables: object) -> str:
    """The faults of an import, which writes nothing."""
    with pytest.raises(StudyError) as caught:
        taken(folder, land, **tables)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_bow_tie_keeps_both_wings(tmp_path: Path) -> None:
    found = taken(tmp_path, layer([BOW_TIE, square(1)]))
    assert areas(found) == {"P1": 0.5, "P2": 1.0}
    assert parcels(found).geometry.is_valid.all()
    assert "1 shapes that crossed themselves: repaired (P1)" in told(found)


def test_parts_that_lie_over_each_other_are_united(tmp_path: Path) -> None:
    found = taken(tmp_path, layer([shapely.MultiPolygon([square(0, 0, 2), square(1, 0, 2)])]))
    assert areas(found) == {"P1": 3.0}


def test_crossing_shapes_may_be_refused(tmp_path: Path) -> None:
    text = refused(tmp_path, layer([square(1), BOW_TIE]), repair={"invalid": "refuse"})
    assert "1 shapes that cross themselves: P2" in text


def test_points_said_twice_change_nothing(tmp_path: Path) -> None:
    twice = shapely.Polygon([(0, 0), (0, 0), (100, 0), (100, 0), (100, 100), (0, 100), (0, 100), (0, 0)])
    found = taken(tmp_path, layer([twice, square(1)]))
    assert areas(found) == {"P1": 1.0, "P2": 1.0}
    assert "repaired" not in told(found)


def test_rings_that_are_not_closed_are_closed(tmp_path: Path) -> None:
    """A polygon of four points whose ring does not come back, written byte by byte."""
    ring = np.array([(0, 0), (100, 0), (100, 100), (0, 100)], dtype="<f8")
    raw = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00" + len(ring).to_bytes(4, "little") + ring.tobytes()
    pyogrio.raw.write(
        tmp_path / "land.gpkg",
        np.array([raw, shapely.to_wkb(square(1))], dtype=object),
        [np.array(["P1", "P2"], dtype=object), np.array(["0101", "0101"], dtype=object)],
        ["id", "use"],
        layer="land",
        geometry_type="Polygon",
        crs=METRIC,
        driver="GPKG",
    )
    found = import_study([], mapping(tmp_path))
    assert areas(found) == {"P1": 1.0, "P2": 1.0}
    assert "1 rings not closed: closed (P1)" in told(found)


def test_shapes_that_are_missing_empty_or_without_area_are_left_out(tmp_path: Path) -> None:
    shapes = [square(0), None, shapely.Polygon(), shapely.Polygon([(0, 0), (50, 0), (0, 0)])]
    found = taken(tmp_path, layer(shapes))
    assert areas(found) == {"P1": 1.0}
    assert "3 parcels without a shape or without area: P2, P3, P4; left out" in told(found)
    assert "3 parcels without a shape" in refused(tmp_path, layer(shapes), repair={"no_shape": "refuse"})


def test_nothing_but_missing_shapes_is_refused(tmp_path: Path) -> None:
    assert "some parcels have a shape" in refused(tmp_path, layer([shapely.Polygon(), shapely.Polygon()]))


def test_holes_and_parts_count_as_they_are(tmp_path: Path) -> None:
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    parts = shapely.MultiPolygon([square(5), square(7, 0, 0.5)])
    found = taken(tmp_path, layer([ring, square(1, 1), parts]))
    assert areas(found) == {"P1": 8.0, "P2": 1.0, "P3": 1.5}
    assert len(found.told) == 3  # features, areas, parcels: no defect


def test_heights_and_curves(tmp_path: Path) -> None:
    high = shapely.force_3d(square(0), z=12.0)
    found = taken(tmp_path, layer([high, square(1)]))
    assert areas(found) == {"P1": 1.0, "P2": 1.0}
    assert not parcels(found).geometry.has_z.any()
    assert "1 shapes with heights or measures" in told(found)


def test_curved_rings_are_taken_as_many_short_edges(tmp_path: Path) -> None:
    """A circle of two arcs, radius 100 m."""
    curve = tmp_path / "land.gpkg"
    text = "CURVEPOLYGON(CIRCULARSTRING(0 0, 100 100, 200 0, 100 -100, 0 0))"
    (tmp_path / "c.csv").write_text(f'id,use,WKT\nP1,0101,"{text}"\n', encoding="utf-8")
    frame = pyogrio.read_dataframe(tmp_path / "c.csv")
    assert frame.geometry[0].geom_type in ("Polygon", "MultiPolygon")  # the reader has made edges of the arcs
    frame.set_crs(METRIC, allow_override=True).to_file(curve, layer="land")
    found = import_study([], mapping(tmp_path))
    assert areas(found)["P1"] == pytest.approx(np.pi, rel=2e-3)


TWINS = [square(0), square(1), square(0), square(1)]


def test_stacked_parcels_are_refused_unless_it_is_said_what_to_do(tmp_path: Path) -> None:
    land = layer(TWINS, value=[1, 2, 1, 9])
    columns = {"columns": {"x_value": "value"}}
    text = refused(tmp_path, land, parcels=columns)
    assert "2 parcels with the very shape of an earlier one: P3, P4; 1 of them say something else" in text
    first = taken(tmp_path, land, repair={"stacked": "first"}, parcels=columns)
    assert areas(first) == {"P1": 1.0, "P2": 1.0}
    kept = taken(tmp_path, land, repair={"stacked": "keep", "overlaps": "keep"}, parcels=columns)
    assert len(parcels(kept)) == 4


def test_a_twin_drawn_from_another_corner_is_one(tmp_path: Path) -> None:
    turned = shapely.Polygon(np.roll(np.array(square(0).exterior.coords)[:-1], 2, axis=0))
    assert "1 parcels with the very shape" in refused(tmp_path, layer([square(0), turned]))


def test_overlaps_are_refused_cut_or_kept(tmp_path: Path) -> None:
    land = layer([square(0, 0, 2), square(1, 0, 2), square(2.5, 0, 2)])
    text = refused(tmp_path, land)
    assert "2 pairs of parcels overlap by 1.5000 ha: P1/P2, P2/P3" in text
    cut = taken(tmp_path, land, repair={"overlaps": "cut"})
    assert areas(cut) == {"P1": 2.0, "P2": 1.0, "P3": 1.5}
    kept = taken(tmp_path, land, repair={"overlaps": "keep"})
    assert areas(kept) == {"P1": 2.0, "P2": 2.0, "P3": 2.0}


def test_a_parcel_wholly_under_another_is_left_out_when_cut(tmp_path: Path) -> None:
    cut = taken(tmp_path, layer([square(0, 0, 3, 3), square(1, 1), square(5)]), repair={"overlaps": "cut"})
    assert areas(cut) == {"P1": 9.0, "P3": 1.0}
    assert "1 parcels lay wholly under others: left out (P2)" in told(cut)


def test_the_noise_of_drawing_is_no_overlap(tmp_path: Path) -> None:
    found = taken(tmp_path, layer([square(0), square(0.9999)]))  # a strip of a centimetre: a square metre in all
    assert "overlap" not in told(found)


SLIVER = [square(0), square(1, 0, 1e-6), square(1 + 1e-6)]  # 100 m long, 0.1 mm wide


@pytest.mark.parametrize(("rule", "left"), [("keep", 3), ("merge", 2), ("drop", 2)])
def test_slivers(tmp_path: Path, rule: str, left: int) -> None:
    found = taken(tmp_path, layer(SLIVER), repair={"slivers": rule})
    assert len(parcels(found)) == left
    assert "1 slivers below 1 m²: P2" in told(found)
    lost = 0.0 if rule != "drop" else 1e-6
    assert parcels(found)["area_ha"].sum() == pytest.approx(2.0 + 1e-6 - lost, abs=1e-12)
    assert "1 slivers" in refused(tmp_path, layer(SLIVER), repair={"slivers": "refuse"})


def test_points_and_lines_are_no_parcels(tmp_path: Path) -> None:
    land = layer([square(0), shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])])
    assert "2 features that are lines or points: 2, 3" in refused(tmp_path, land)


def test_areas_in_a_mixed_collection_are_what_counts(tmp_path: Path) -> None:
    mixed = shapely.GeometryCollection([square(0), shapely.Point(500, 500), shapely.GeometryCollection([square(3)])])
    found = taken(tmp_path, layer([mixed, square(1), shapely.GeometryCollection([square(5)])]))
    assert areas(found) == {"P1": 2.0, "P2": 1.0, "P3": 1.0}
    assert "land.gpkg: 1 collections: lines and points in them are left out (P1)" in told(found)


def test_many_defects_are_told_at_once(tmp_path: Path) -> None:
    land = layer([square(0), square(0), square(4, 0, 2), square(5, 0, 2), *SLIVER[1:2], BOW_TIE])
    rules = {"invalid": "refuse", "slivers": "refuse"}
    text = refused(tmp_path, land, repair=rules)
    for part in ("cross themselves", "very shape", "pairs of parcels overlap", "slivers below"):
        assert part in text, part
    assert not (tmp_path / "study").exists()


def test_long_thin_parcels_above_the_limit_are_told(tmp_path: Path) -> None:
    """A strip of 500 m by 5 cm is 25 m², and one of 500 m by 20 cm is a path: only the first looks like a leftover."""
    found = taken(tmp_path, layer([square(0), square(3, 0, 5, 0.0005), square(3, 1, 5, 0.002)]))
    assert "1 parcels of 1 m² or more, but narrower than 0.1 m on average: kept (P2)" in told(found)
    assert len(parcels(found)) == 3
