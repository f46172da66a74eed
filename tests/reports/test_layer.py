"""plan.gpkg: what a GIS finds in it, and the styles in which QGIS shows it (3 s)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tests.reports.plans import parcels_of, plan_of, tables_of, village
from zonevest.reports.facts import Facts
from zonevest.reports.layer import STYLED, write_layer
from zonevest.reports.map_values import VALUES
from zonevest.reports.styles import FILLS

# the columns that QGIS makes and reads, in its order
COLUMNS = [
    "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
    "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
]  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> Facts:
    plan = village()
    ids = plan.study.parcels["parcel_id"]
    table = plan.study.projects.assign(footprint=["", f"{ids[7]};{ids[8]}", ids[3]])
    study = plan.study.replace(projects=table)
    # a parcel in two parts, as where decisions are divisible
    first = plan.parcels.iloc[[42]]
    parts = pd.concat([plan.parcels.drop(index=42), first.assign(share=0.75), first.assign(share=0.25, practice="hold",
                       zone="500", start="", class_after="arable")], ignore_index=True)  # fmt: skip
    return Facts(replace(plan, study=study, parcels=parts))


@pytest.fixture(scope="module")
def path(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("layer") / "plan.gpkg"
    write_layer(facts, target, "en")
    return target


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as base:
        return base.execute(query).fetchall()


def test_the_layer_of_the_plan(facts: Facts, path: Path) -> None:
    layer, plan = gpd.read_file(path, layer="plan"), facts.plan
    for name in ("parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"):
        assert layer[name].fillna("").tolist() == plan.parcels[name].tolist(), name
    assert layer["zone_before"].tolist() == facts.land["zone_before"].tolist()
    np.testing.assert_allclose(layer[list(VALUES)], facts.parcel_values)
    geometry = plan.study.geometry
    assert geometry is not None
    assert layer.crs == geometry.crs
    own = geometry.set_axis(plan.study.parcels["parcel_id"]).loc[layer["parcel_id"]]
    assert layer.geometry.geom_equals(gpd.GeoSeries(own.to_numpy(), crs=layer.crs)).all()


def test_the_layer_of_projects(facts: Facts, path: Path) -> None:
    layer = gpd.read_file(path, layer="projects")
    assert layer[["project", "start", "built"]].fillna("").to_numpy().tolist() == [
        ["park", "2027-2030", "yes"], ["mill", "", "no"],
    ]  # fmt: skip
    geometry = facts.study.geometry
    assert geometry is not None
    assert layer.area.tolist() == pytest.approx([geometry.iloc[7].area + geometry.iloc[8].area, geometry.iloc[3].area])


def test_styles_lie_where_qgis_looks_for_them(path: Path) -> None:
    assert [row[1] for row in rows(path, "PRAGMA table_info(layer_styles)")] == COLUMNS
    kinds = dict(rows(path, "SELECT table_name, data_type FROM gpkg_contents"))
    assert kinds == {"plan": "features", "projects": "features", "layer_styles": "attributes"}
    shapes = dict(rows(path, "SELECT table_name, column_name FROM gpkg_geometry_columns"))
    # its query: no catalogue, no schema, table and column of shapes; one style of each layer is the default
    for layer, count in (("plan", len(STYLED)), ("projects", 1)):
        blank = "f_table_catalog='' AND f_table_schema=''"
        of = f"f_table_name='{layer}' AND f_geometry_column='{shapes[layer]}'"
        found = rows(path, f"SELECT useAsDefault FROM layer_styles WHERE {blank} AND {of} ORDER BY id")
        assert [value for (value,) in found] == [1, *[0] * (count - 1)]


def test_styles_cover_every_code(path: Path) -> None:
    layers = {name: gpd.read_file(path, layer=name) for name in ("plan", "projects")}
    seen = []
    for of, qml in rows(path, "SELECT f_table_name, styleQML FROM layer_styles ORDER BY id"):
        assert qml.startswith("<!DOCTYPE qgis PUBLIC")
        root = ET.fromstring(qml)
        renderer = root.find("renderer-v2")
        assert root.tag == "qgis"
        assert renderer is not None
        assert renderer.get("type") == "categorizedSymbol"
        column = str(renderer.get("attr"))
        seen.append(column)
        categories = renderer.findall("categories/category")
        values = [one.get("value") for one in categories]
        assert set(layers[of][column].fillna("")) <= set(values), column
        assert len(set(values)) == len(values)
        symbols = {one.get("name"): one for one in renderer.findall("symbols/symbol")}
        assert [one.get("symbol") for one in categories] == list(symbols), "each category has its symbol"
        assert all(one.get("label") for one in categories)
        for symbol in symbols.values():
            for layer in symbol.findall("layer"):
                options = {one.get("name"): one.get("value") for one in layer.findall("Option/Option")}
                assert {one.get("k"): one.get("v") for one in layer.findall("prop")} == options
                assert layer.get("class") == "SimpleFill"
                assert options["style"] in {*FILLS.values(), "no"}
                numbers = [int(part) for part in str(options["color"]).split(",")]
                assert len(numbers) == 4
                assert all(0 <= number <= 255 for number in numbers)
    assert seen == [*STYLED.values(), "built"]


def test_styles_for_others(path: Path) -> None:
    space = {"s": "http://www.opengis.net/sld", "o": "http://www.opengis.net/ogc"}
    for qml, sld in rows(path, "SELECT styleQML, styleSLD FROM layer_styles"):
        root = ET.fromstring(sld.partition("?>")[2])
        codes = [one.text or "" for one in root.findall(".//s:Rule/o:Filter/o:PropertyIsEqualTo/o:Literal", space)]
        assert codes == [one.get("value") for one in ET.fromstring(qml).findall(".//category")]


def test_names_in_chinese(facts: Facts, tmp_path: Path) -> None:
    write_layer(facts, tmp_path / "plan.gpkg", "zh")
    ((name, qml), *_) = rows(tmp_path / "plan.gpkg", "SELECT styleName, styleQML FROM layer_styles ORDER BY id")
    assert name == "规划后的分区"
    assert 'label="城镇集中建设区（410）"' in qml


def test_without_sites_or_shapes(tmp_path: Path) -> None:
    write_layer(Facts(village()), tmp_path / "plan.gpkg", "en")
    assert {name for (name,) in rows(tmp_path / "plan.gpkg", "SELECT table_name FROM gpkg_contents")} == {
        "plan", "layer_styles",
    }  # fmt: skip
    write_layer(Facts(plan_of(tables_of(parcels_of(60)))), tmp_path / "none.gpkg", "en")
    assert not (tmp_path / "none.gpkg").exists()
