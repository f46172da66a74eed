"""Parcels as layers: which file and layer are read, shapes, areas, and files that are not what they should be."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.chinese import is_chinese
from tests.instances.studies import BASE, TOML, faults_of, write_base
from zonevest.instances.read import make_study, read_study
from zonevest.instances.say import translate
from zonevest.instances.write import write_study

SIDE = 100.0
"""Length of a square of one hectare, metres."""


def squares(
    crs: str | int | None = 32650, side: float = SIDE, origin: tuple[float, float] = (500_000, 0)
) -> gpd.GeoDataFrame:
    table = pd.read_csv(io.StringIO(BASE["parcels.csv"]), dtype=str, keep_default_na=False).drop(columns="area_ha")
    x = origin[0] + side * np.arange(len(table))
    return gpd.GeoDataFrame(table, geometry=shapely.box(x, origin[1], x + side, origin[1] + side), crs=crs)


def folder_with(tmp_path: Path, name: str, layer: gpd.GeoDataFrame | None = None, toml: str = "") -> Path:
    folder = write_base(tmp_path / "study")
    (folder / "parcels.csv").unlink()
    (folder / "study.toml").write_text(TOML.replace('parcels = "parcels.csv"', toml or f'parcels = "{name}"'))
    if layer is not None:
        layer.to_parquet(folder / name) if name.endswith(".parquet") else layer.to_file(folder / name)
    return folder


@pytest.mark.parametrize("name", ["parcels.gpkg", "land.parquet", "land.shp", "land.gpkg"])
def test_a_layer_is_read_with_shapes_and_areas(tmp_path: Path, name: str) -> None:
    layer = squares()
    if name.endswith(".shp"):  # names of ten letters at most: what the format asks for in longer ones is left aside
        layer = layer[["parcel_id", "land_class", "tenure", "zone", "x_slope", "geometry"]]
        layer["x_slope"] = layer["x_slope"].astype(float)
    folder = folder_with(tmp_path, name, layer)
    for table in ("limits.csv", "limit_terms.csv") if name.endswith(".shp") else ():
        (folder / table).unlink()
    study = read_study(folder)
    assert study.parcels["parcel_id"].tolist() == ["0101", "0102", "0103", "0104"]
    assert study.parcels["area_ha"].tolist() == pytest.approx([1.0] * 4)
    assert study.parcels["x_slope"].tolist() == [1.5, 2.5, 0.5, 1.0]
    assert study.geometry is not None
    assert study.geometry.area.tolist() == pytest.approx([SIDE**2] * 4)


def test_the_file_is_found_without_a_key(tmp_path: Path) -> None:
    study = read_study(folder_with(tmp_path, "parcels.gpkg", squares(), toml=" "))
    assert study.geometry is not None


def test_several_files_need_a_key(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "parcels.gpkg", squares(), toml=" ")
    (folder / "parcels.csv").write_text(BASE["parcels.csv"])
    faults = faults_of(folder)
    assert faults["where"].tolist() == ["study.toml, parcels"]
    assert faults["found"].tolist() == ["parcels.gpkg and parcels.csv"]


def test_area_follows_the_unit_of_the_layer(tmp_path: Path) -> None:
    feet = squares(crs=2225, origin=(6_000_000, 2_000_000))  # California zone 1, US survey feet
    study = read_study(folder_with(tmp_path, "parcels.gpkg", feet))
    assert study.parcels["area_ha"].tolist() == pytest.approx([(SIDE * 1200 / 3937) ** 2 / 1e4] * 4)


@pytest.mark.parametrize("crs", [4326, 3857])
def test_area_on_the_globe(tmp_path: Path, crs: int) -> None:
    layer = squares(origin=(450_000, 4_400_000)).to_crs(crs)  # at 40 degrees north, where Mercator doubles areas
    study = read_study(folder_with(tmp_path, "parcels.gpkg", layer))
    # UTM's own scale, 0.9996 on its middle line, is why it is not 1 to the last digit
    assert study.parcels["area_ha"].tolist() == pytest.approx([1.0] * 4, rel=1.5e-3)
    assert any("distorts" in note for note in study.notes) == (crs == 3857)
    assert all(is_chinese(note) for note in study.notes)


def test_area_given_wins_and_blanks_are_filled(tmp_path: Path) -> None:
    layer = squares()
    layer["area_ha"] = [7.0, np.nan, 7.0, 7.0]
    study = read_study(folder_with(tmp_path, "parcels.gpkg", layer))
    assert study.parcels["area_ha"].tolist() == pytest.approx([7.0, 1.0, 7.0, 7.0])


def test_unknown_columns_of_a_layer_are_listed_once(tmp_path: Path) -> None:
    layer = squares().assign(owner="me", shape_leng=3.0)
    study = read_study(folder_with(tmp_path, "parcels.gpkg", layer))
    assert "owner" not in study.parcels
    assert [note for note in study.notes if "owner" in note] == [
        "parcels.gpkg: columns left aside, the study format does not know them: owner, shape_leng"
    ]
    assert [translate(note, "zh") for note in study.notes if "owner" in note] == [
        "parcels.gpkg：以下列不属于研究格式，未采用：owner、shape_leng"
    ]


def test_layer_without_crs_null_shapes_and_slivers(tmp_path: Path) -> None:
    layer = squares(crs=None)
    layer["area_ha"] = 1.0
    faults = faults_of(folder_with(tmp_path, "land.parquet", layer))
    assert faults["found"].tolist() == ["no coordinate reference system"]
    assert "assign it" in faults["do"][0]

    layer = squares()
    layer.loc[1, "geometry"] = None
    layer.loc[3, "geometry"] = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    faults = faults_of(folder_with(tmp_path / "b", "land.gpkg", layer))
    assert faults["where"].tolist() == ["land.gpkg, feature 2, column geometry", "land.gpkg, feature 4, column area_ha"]
    assert faults["found"].tolist() == ["no shape: 0102", "no area: 0104"]
    assert "slivers" in faults["do"][1]


def test_layer_with_null_and_double_keys(tmp_path: Path) -> None:
    layer = squares()
    layer.loc[1, "parcel_id"] = None
    layer.loc[3, "parcel_id"] = "0103"
    faults = faults_of(folder_with(tmp_path, "land.gpkg", layer))
    assert faults["where"].tolist()[0] == "land.gpkg, feature 2, column parcel_id"
    assert "0103" in faults[faults["must"] == "parcel_id is unique"]["found"].iloc[0]


def test_layers_of_a_file(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.gpkg", toml='parcels = "land.gpkg"')
    for name in ("parcels", "roads"):
        squares().to_file(folder / "land.gpkg", layer=name)
    faults = faults_of(folder)
    assert faults["must"].tolist() == ["the file has one layer, or study.toml says which"]
    assert faults["found"].tolist() == ["layers 'parcels', 'roads'"]
    toml = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(toml.replace('"land.gpkg"', '"land.gpkg"\nlayer = "parcel"'))
    faults = faults_of(folder)
    assert faults["must"].tolist() == ["the layer 'parcel' is there"]
    assert "did you mean 'parcels'?" in faults["do"][0]
    (folder / "study.toml").write_text(toml.replace('"land.gpkg"', '"land.gpkg"\nlayer = "parcels"'))
    assert len(read_study(folder).parcels) == 4


@pytest.mark.parametrize("keep", [0.99, 0.6, 0.1, 0.0])
@pytest.mark.parametrize("name", ["land.gpkg", "land.parquet"])
def test_a_truncated_file(tmp_path: Path, name: str, keep: float) -> None:
    folder = folder_with(tmp_path, name, squares())
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * keep)])
    faults = faults_of(folder)
    assert faults["where"].tolist() == [name]
    assert "whole" in faults["must"][0]
    assert ("end is missing" in faults["found"][0] or "cannot be read" in faults["found"][0]) != (keep == 0.0)
    assert str(tmp_path) not in faults["found"][0]


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "land.gpkg")
    (folder / "land.gpkg").write_text("<html>not found</html>" * 50)
    assert "does not begin as a GeoPackage" in faults_of(folder)["found"][0]
    with closing(sqlite3.connect(folder / "other.gpkg")) as base:
        base.execute("CREATE TABLE a (b)")
        base.commit()
    (folder / "other.gpkg").replace(folder / "land.gpkg")
    faults = faults_of(folder)
    assert len(faults) == 1
    assert faults["where"][0] == "land.gpkg"


def test_no_such_file(tmp_path: Path) -> None:
    faults = faults_of(folder_with(tmp_path, "parcel.gpkg", toml='parcels = "parcel.gpkg"'))
    assert faults[["where", "must", "found"]].to_numpy().tolist() == [
        ["parcel.gpkg", "the parcels file is there", "no file 'parcel.gpkg'"]
    ]
    faults = faults_of(folder_with(tmp_path / "b", "parcels.dwg", toml='parcels = "parcels.dwg"'))
    assert ".gpkg" in faults["must"][0]


@pytest.mark.parametrize("area", [True, False])
def test_shapes_go_round(tmp_path: Path, area: bool) -> None:
    layer = squares()
    if area:
        layer["area_ha"] = 0.1 + 0.2
    study = make_study(
        {"name": "a", "defaults": "none", "periods": [{"name": "p", "start": 2026, "years": 1}]},
        parcels=layer.drop(columns=["jurisdiction", "locked_practice", "locked_zone", "forbidden_zones"]),
        zones=pd.DataFrame({"zone": ["Z1", "Z2"]}),
        land_classes=pd.DataFrame({"land_class": ["01", "02"]}),
    )
    write_study(study, tmp_path / "out")
    again = read_study(tmp_path / "out")
    assert again.hash == study.hash
    assert again.geometry is not None
    assert again.geometry.crs == layer.crs
    assert again.geometry.geom_equals(study.geometry).all()
    moved = study.replace(parcels=study.parcels.iloc[::-1])
    assert moved.geometry is not None
    assert moved.geometry.iloc[0].equals(layer.geometry.iloc[-1])


def test_rings_that_cross(tmp_path: Path) -> None:
    layer = squares()
    x, y = layer.geometry.iloc[2].bounds[:2]
    bow = shapely.Polygon([(x, y), (x + SIDE, y + SIDE), (x + SIDE, y), (x, y + 2 * SIDE)])
    layer.loc[2, "geometry"] = bow
    faults = faults_of(folder_with(tmp_path, "land.gpkg", layer))
    assert faults["where"].tolist() == ["land.gpkg, column geometry"]
    assert faults["found"].tolist() == ["crossing or broken rings: 0103"]
    assert "repair" in faults["do"][0]
    layer["area_ha"] = 1.0
    study = read_study(folder_with(tmp_path / "b", "land.gpkg", layer))
    assert [note for note in study.notes if "cross" in note and "0103" in note]
    assert all(is_chinese(note) for note in study.notes)


def test_numbers_of_a_parquet_file(tmp_path: Path) -> None:
    layer = squares().assign(area_ha=[1.0, np.inf, 3e15, 1.0])
    faults = faults_of(folder_with(tmp_path, "land.parquet", layer))
    assert faults["found"].tolist() == ["'inf' (0102)", "'3000000000000000' (0103)"]
    assert "between -1e15 and 1e15" in faults["must"][1]


def test_shapes_without_end(tmp_path: Path) -> None:
    layer = squares()
    x, y = layer.geometry.iloc[1].bounds[:2]
    layer.loc[1, "geometry"] = shapely.box(x, y, x + 1e12, y + 1e12)
    faults = faults_of(folder_with(tmp_path, "land.parquet", layer))
    assert faults["found"].tolist() == ["no such area: 0102"]
