"""Damaged files, one of each kind that a fuzz has found to be let through: see `tests/fuzz`."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from tests.instances.importing.fields import layer, mapping, square
from tests.instances.studies import faults_of, write_base
from tests.instances.test_layers import folder_with, squares
from zonevest import StudyError
from zonevest.instances.importing.dispatch import import_study
from zonevest.instances.importing.sources import without_nothing

TEXT = pa.Array.from_buffers(
    pa.string(), 4, [None, pa.array(range(0, 10, 2), pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe" * 4)]
)
COLUMNS = {
    "text that is none": TEXT,
    "a year beyond the calendar": pa.array([2**30] * 4, pa.date32()),
    "a time beyond the clock": pa.array([2**62] * 4, pa.timestamp("us")),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_that_is_none(column: pa.Array, tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    (folder / "parcels.csv").unlink()
    pq.write_table(pa.table({"parcel_id": ["1", "2", "3", "4"], "land_class": column}), folder / "parcels.parquet")
    (folder / "study.toml").write_text((folder / "study.toml").read_text().replace("parcels.csv", "parcels.parquet"))
    faults = faults_of(folder)
    told = faults[faults["where"].str.startswith("parcels.parquet")]["must"].iloc[0]
    date = "land_class is no date"  # it is one, whatever its year
    assert told in ("the file is a whole .parquet file", date) or "date" in told, told


def test_metadata_that_nobody_needs(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    table = pa.table({"account": ["rent"], "unit": ["million/year"], "family": ["revenue"], "recurrence": ["annual"]})
    pq.write_table(table.replace_schema_metadata({"pandas": b'{"columns": \xff'}), folder / "accounts.parquet")
    (folder / "accounts.csv").unlink()
    assert "accounts.parquet" not in set(faults_of(folder)["where"])


@pytest.mark.parametrize("key", ["geo", "pandas"])
def test_metadata_of_shapes(key: str, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.parquet", squares())
    table = pq.read_table(folder / "land.parquet")
    meta = {**table.schema.metadata, key.encode(): table.schema.metadata[key.encode()].replace(b'"', b"'", 3)}
    pq.write_table(table.replace_schema_metadata(meta), folder / "land.parquet")
    assert faults_of(folder)["must"].tolist() == ["the file is a whole .parquet file"]


def shape(wkb: bytes, path: Path) -> None:
    """Put another shape into the second row of a GeoPackage, behind the head of its own one."""
    with closing(sqlite3.connect(path)) as db, db:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            db.create_function(name, 1, lambda _: 0)
        (table,) = db.execute("SELECT table_name FROM gpkg_geometry_columns").fetchone()
        (blob,) = db.execute(f"SELECT geom FROM {table} WHERE fid = 2").fetchone()
        db.execute(f"UPDATE {table} SET geom = ? WHERE fid = 2", (blob[: len(blob) - 93] + wkb,))


def ring(*points: tuple[float, float]) -> bytes:
    return struct.pack("<BIII", 1, 3, 1, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)


def test_a_ring_that_is_not_closed(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.gpkg", squares())
    shape(ring((500_100, 0), (500_200, 0), (500_200, 100), (500_100, 100), (500_101, 3)), folder / "land.gpkg")
    assert faults_of(folder)["must"].tolist() == ["the file is a whole .gpkg file"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_a_coordinate_that_is_no_number(bad: float, tmp_path: Path) -> None:
    """One is enough, among others that are: what is made of it may end the process."""
    layer([square(0), square(1)]).to_file(tmp_path / "land.gpkg", layer="land")
    shape(ring((100, 0), (200, 0), (200, bad), (100, 100), (100, 0)), tmp_path / "land.gpkg")
    with pytest.raises(StudyError, match="coordinates are those of"):
        import_study([], mapping(tmp_path))


NOTHING = {
    "a hole": "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 0), EMPTY)",
    "a part": "MULTIPOLYGON (EMPTY, ((100 0, 200 0, 200 100, 100 100, 100 0)))",
    "a collection": "GEOMETRYCOLLECTION (MULTIPOLYGON (((100 0, 200 0, 200 100, 100 100, 100 0), EMPTY)), POINT EMPTY)",
}


@pytest.mark.parametrize("wkt", NOTHING.values(), ids=NOTHING)
def test_what_has_no_points_is_left_out(wkt: str, tmp_path: Path) -> None:
    """GEOS ends the process when it is to divide the edges of such a hole or part."""
    shapes = np.array([square(0), shapely.from_wkt(wkt), None, shapely.Point()], dtype=object)
    found = without_nothing(shapes)
    assert found[0] is shapes[0]
    assert found[2:].tolist() == shapes[2:].tolist()
    assert shapely.segmentize(found[1], 5.0).equals(square(1))
    layer([square(0), shapes[1]]).to_parquet(tmp_path / "land.parquet")
    held = import_study([], mapping(tmp_path, parcels={"source": "land.parquet"})).tables["parcels"]
    assert held["area_ha"].tolist() == pytest.approx([1.0, 1.0])


def test_a_page_that_forgets_a_row(tmp_path: Path) -> None:
    """GDAL would read three parcels of four, without a word."""
    folder = folder_with(tmp_path, "land.gpkg", squares())
    content = bytearray((folder / "land.gpkg").read_bytes())
    size = int.from_bytes(content[16:18], "big")
    (page,) = (at for at in range(0, len(content), size) if content[at] == 0x0D and b"0103" in content[at : at + size])
    assert content[page + 4] == 4
    content[page + 4] = 3
    (folder / "land.gpkg").write_bytes(content)
    faults = faults_of(folder)
    assert faults["must"].tolist() == ["the file is a whole .gpkg file"]
    with pytest.raises(StudyError, match="it cannot be read"):
        import_study([], mapping(tmp_path, parcels={"source": "study/land.gpkg"}))


def test_values_that_break_a_rule_of_their_table_are_no_damage(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.gpkg", squares(), toml='parcels = "land.gpkg"\nlayer = "land"')
    with closing(sqlite3.connect(folder / "land.gpkg")) as db, db:
        db.execute("CREATE TABLE more (a INTEGER CHECK (a > 0), b TEXT)")
        db.execute("PRAGMA ignore_check_constraints = on")
        db.execute("INSERT INTO more VALUES (-1, 'x')")
    assert faults_of(folder).empty


def test_a_hole_larger_than_its_shape(tmp_path: Path) -> None:
    """Its area is below zero, which is no area to be taken."""
    land = squares()
    hole = shapely.Polygon(
        shapely.box(500_110, 10, 500_120, 20).exterior.coords, [shapely.box(500_100, 0, 500_200, 100).exterior.coords]
    )
    land.loc[1, "geometry"] = hole
    assert hole.area < 0
    faults = faults_of(folder_with(tmp_path, "land.gpkg", land))
    assert "a shape whose area is taken does not cross itself" in faults["must"].tolist()


def test_coordinates_that_cannot_be_projected(tmp_path: Path) -> None:
    """Eastings without the number of the zone under a system that has it in front."""
    x = 500_000 + 100.0 * np.arange(2)
    gpd.GeoDataFrame(
        {"id": ["a", "b"], "use": "0101"}, geometry=list(shapely.box(x, 3_000_000, x + 100, 3_000_100)), crs="EPSG:4526"
    ).to_file(tmp_path / "land.gpkg", layer="land")
    with pytest.raises(StudyError, match="coordinate systems are known"):
        import_study([], mapping(tmp_path))


@pytest.mark.parametrize("suffix", ["shp", "shx", "dbf"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_shapefile_without_its_end(suffix: str, gone: bool, tmp_path: Path) -> None:
    """GDAL reads on, and leaves shapes or rows blank."""
    land = squares()[["parcel_id", "land_class", "geometry"]]
    folder = folder_with(tmp_path, "land.shp", land)
    land.rename(columns={"parcel_id": "id", "land_class": "use"}).to_file(tmp_path / "land.shp")
    for place in (folder, tmp_path):
        file = place / f"land.{suffix}"
        if gone:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-20])
    if suffix == "shp" and gone:
        assert "the parcels file is there" in faults_of(folder)["must"].tolist()
        return
    found = f"no file 'land.{suffix}'" if gone else f"land.{suffix}: "
    faults = faults_of(folder)
    assert faults[faults["where"] == "land.shp"]["found"].str.startswith(found).all()
    with pytest.raises(StudyError, match=found):
        import_study([], mapping(tmp_path, parcels={"source": "land.shp"}))


def test_a_shapefile_whose_parts_differ(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.shp", squares()[["parcel_id", "land_class", "geometry"]])
    content = bytearray((folder / "land.dbf").read_bytes())
    content[4] -= 1
    (folder / "land.dbf").write_bytes(content)
    faults = faults_of(folder)
    (found,) = faults[faults["where"] == "land.shp"]["found"]
    assert found == "the files differ in how many parcels or lines they hold: land.shx has 4, land.dbf has 3"


def test_a_book_in_a_cell_is_cut_where_it_is_quoted(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    text = (folder / "limits.csv").read_text()
    (folder / "limits.csv").write_text(text.replace(">=", "7" * 100_000, 1))
    faults = faults_of(folder)
    assert faults["must"].str.startswith("sense is").any()
    assert faults.map(len).to_numpy().max() < 2_000


KEYS = {
    "by names columns": {"merge": {"by": ["nobody"], "min_ha": 1.0}},
    "factor is a number": {"parcels": {"columns": {"x_a": {"field": "id", "factor": float("inf")}}}},
    "plus is a number": {"parcels": {"columns": {"x_a": {"field": "id", "plus": float("nan")}}}},
    "width is a number": {"parcels": {"columns": {"x_a": {"field": "id", "width": 1e300}}}},
    "breaks is a list": {"parcels": {"columns": {"x_a": {"field": "id", "breaks": [1.0, float("nan")]}}}},
}  # fmt: skip


@pytest.mark.parametrize("must", KEYS)
def test_a_mapping_that_means_nothing(must: str, tmp_path: Path) -> None:
    layer([square(0), square(1)]).to_file(tmp_path / "land.gpkg", layer="land")
    with pytest.raises(StudyError, match=must.replace("[", r"\[")):
        import_study([], mapping(tmp_path, **KEYS[must]))


def test_a_list_for_the_method_of_the_objective(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace('method = "floor"', 'method = ["floor"]'))
    faults = faults_of(folder)
    assert faults["where"].tolist() == ["study.toml, objective.method"]
