"""Files as planners have them: every format, code pages, missing parts, damage."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from tests.instances.importing.fields import METRIC, areas, layer, mapping, parcels, square, taken, told
from zonevest import StudyError, import_study
from zonevest.instances.importing.imported import Imported

CHINESE = {"columns": {"parcel_id": "地块号", "land_class": "地类", "jurisdiction": "权属"}}


def chinese() -> gpd.GeoDataFrame:
    """Two parcels with Chinese fields; a code with a leading zero as text."""
    shapes = [square(0), square(1)]
    columns = {"地块号": ["一号", "二号"], "地类": ["0101", "0301"], "权属": ["湖滨镇", "青山村"]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=METRIC)


def imported(folder: Path, source: Path, **parts: object) -> Imported:
    return import_study(source, mapping(folder, parcels={**CHINESE, "source": source.name, **parts}))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("page", ["kept", "gone", "wrong"])
def test_shapefiles_in_either_code_page(tmp_path: Path, encoding: str, page: str) -> None:
    """With a .cpg file, without one, and with one that says the other."""
    path = tmp_path / "land.shp"
    chinese().to_file(path, encoding=encoding)
    cpg = path.with_suffix(".cpg")
    if page == "gone":
        cpg.unlink()
    if page == "wrong":
        cpg.write_text("GBK" if encoding == "utf-8" else "UTF-8", encoding="ascii")
    found = imported(tmp_path, path)
    assert parcels(found).index.tolist() == ["一号", "二号"]
    assert parcels(found)["jurisdiction"].tolist() == ["湖滨镇", "青山村"]
    assert parcels(found)["land_class"].tolist() == ["0101", "0301"]
    if page == "gone":
        assert "code page" in told(found)


def test_names_and_cells_cut_in_the_middle_of_a_character(tmp_path: Path) -> None:
    """A field holds ten bytes of its name: three Chinese characters and a third of the fourth in UTF-8."""
    path = tmp_path / "land.shp"
    land = chinese().rename(columns={"权属": "ABCDEFGHIJ"})
    land.to_file(path, encoding="utf-8")
    table = path.with_suffix(".dbf")
    content = table.read_bytes().replace(b"ABCDEFGHIJ", "权属名称".encode()[:10])
    cell = "湖滨镇".encode()
    table.write_bytes(content.replace(cell, cell[:-1] + b" "))
    found = import_study(path, mapping(tmp_path, parcels={"source": path.name, "columns": {
        **CHINESE["columns"], "jurisdiction": "权属名"}}))  # fmt: skip
    assert parcels(found)["jurisdiction"].tolist() == ["湖滨", "青山村"]


def test_metres_said_to_be_degrees(tmp_path: Path) -> None:
    land = layer([square(x) for x in range(3)], crs=4490)
    with pytest.raises(StudyError, match="coordinates are those of China Geodetic"):
        taken(tmp_path, land)


def test_text_that_stands_far_down_tells_the_code_page(tmp_path: Path) -> None:
    """Chinese is in the last of many records alone, and no .cpg says in which code page."""
    path, many = tmp_path / "land.shp", 20_500
    land = layer([square(k % 150, k // 150) for k in range(many)], town="a").drop(columns="use")
    land.loc[many - 1, "town"] = "张家村"
    land.to_file(path, encoding="gbk")
    path.with_suffix(".cpg").unlink()
    columns = {"parcel_id": "id", "land_class": {"value": "0101"}, "x_town": "town"}
    found = import_study(path, mapping(tmp_path, parcels={"source": path.name, "columns": columns}))
    assert parcels(found)["x_town"].iloc[-1] == "张家村"
    assert "code page gb18030" in told(found)


def test_the_code_page_may_be_said(tmp_path: Path) -> None:
    path = tmp_path / "land.shp"
    chinese().to_file(path, encoding="gbk")
    path.with_suffix(".cpg").unlink()
    assert parcels(imported(tmp_path, path, encoding="gbk"))["jurisdiction"].tolist() == ["湖滨镇", "青山村"]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".gdb", ".shp"])
def test_every_format_gives_the_same(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"land{suffix}"
    land = chinese().to_crs(4490) if suffix == ".geojson" else chinese()
    if suffix == ".parquet":
        land.to_parquet(path)
    else:
        driver = {"driver": "OpenFileGDB"} if suffix == ".gdb" else {}
        land.to_file(path, layer=None if suffix in (".shp", ".geojson") else "land", **driver)
    found = imported(tmp_path, path)
    assert areas(found) == pytest.approx({"一号": 1.0, "二号": 1.0}, rel=1e-5)
    assert parcels(found)["land_class"].tolist() == ["0101", "0301"]


def test_a_folder_stands_for_its_files_and_a_layer_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    chinese().to_file(folder / "all.gpkg", layer="parcels")
    layer([square(0)]).to_file(folder / "all.gpkg", layer="other", mode="a")
    chinese().iloc[:1].to_file(folder / "one.geojson")
    rules = mapping(tmp_path, parcels={**CHINESE, "source": "all.gpkg", "layer": "parcels"})
    assert len(parcels(import_study(folder, rules))) == 2
    with pytest.raises(StudyError, match="the mapping says which layer is meant"):
        import_study(folder, mapping(tmp_path, parcels={**CHINESE, "source": "all.gpkg"}))
    with pytest.raises(StudyError, match="did you mean 'parcels'"):
        import_study(folder, mapping(tmp_path, parcels={**CHINESE, "source": "all.gpkg", "layer": "parcel"}))


def test_a_shapefile_without_its_prj(tmp_path: Path) -> None:
    path = tmp_path / "land.shp"
    chinese().to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(StudyError, match="no coordinate reference system"):
        imported(tmp_path, path)
    assert areas(imported(tmp_path, path, crs=METRIC)) == {"一号": 1.0, "二号": 1.0}
    with pytest.raises(StudyError, match="crs names a coordinate system"):
        imported(tmp_path, path, crs="EPSG:nonsense")


def test_a_shapefile_without_its_attributes_or_index(tmp_path: Path) -> None:
    path = tmp_path / "land.shp"
    chinese().to_file(path)
    path.with_suffix(".dbf").unlink()
    with pytest.raises(StudyError, match="no file 'land"):
        imported(tmp_path, path)


def test_a_code_as_a_number_has_lost_its_zero_and_gets_it_back(tmp_path: Path) -> None:
    land = layer([square(0), square(1)], use=[101.0, 1201.0])
    columns = {"land_class": {"field": "use", "width": 4}}
    found = taken(tmp_path, land, parcels={"columns": columns})
    assert parcels(found)["land_class"].tolist() == ["0101", "1201"]
    assert parcels(taken(tmp_path, layer([square(0)], use=[101.0])))["land_class"].tolist() == ["101"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"xyz", "it does not begin as such a file does"), (b"", "0 bytes of 100"), (b"\0\0\x27\x0a", "4 bytes of 100")],
)
def test_a_tiny_shapefile_is_one_fault(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "land.shp"
    chinese().to_file(path)
    path.write_bytes(content)
    for given in (None, mapping(tmp_path, parcels={**CHINESE, "source": path.name})):
        with pytest.raises(StudyError) as caught:
            import_study(path, given)
        assert len(caught.value.faults) == 1
        assert said in caught.value.faults["found"].iloc[0]


def test_an_empty_layer_of_parcels(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="the layer of parcels has features"):
        taken(tmp_path, layer([square(0)]).iloc[:0])


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet"])
def test_damaged_files_are_told_and_nothing_more(tmp_path: Path, suffix: str) -> None:
    """Cut short, bytes turned over: a fault or the study, never anything else (60 tries per format)."""
    path = tmp_path / f"land{suffix}"
    land = layer([square(x) for x in range(30)])
    land = land.to_crs(4326) if suffix == ".geojson" else land
    if suffix == ".parquet":
        land.to_parquet(path)
    else:
        land.to_file(path)
    rules = mapping(tmp_path, parcels={"source": path.name})
    whole, ends = path.read_bytes(), 0
    for k in range(60):
        spoilt = bytearray(whole[: len(whole) * (k + 1) // 25] if k < 25 else whole)
        if k >= 25:
            for at in range(k, len(whole), max(len(whole) // (k - 23), 1)):
                spoilt[at] ^= 1 << (k % 8)
        path.write_bytes(bytes(spoilt))
        try:
            found = import_study(path, rules)
        except StudyError:
            ends += 1
        else:
            assert len(parcels(found)) <= 30
    assert ends > 10
