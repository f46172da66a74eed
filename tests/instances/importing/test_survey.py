"""The preset `cn-survey`: what comes out of an import is the county that went into the survey's database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from tests.chinese import check_faults
from tests.instances.importing import survey_county as given
from zonevest.cli import app
from zonevest.instances.defaults import default
from zonevest.instances.importing.dispatch import import_study
from zonevest.instances.importing.imported import Imported
from zonevest.instances.importing.survey_data import codes, layers, officials
from zonevest.instances.importing.survey_layers import named_as
from zonevest.instances.read import make_study, read_study
from zonevest.instances.study import StudyError

FLAGS = ("basic_farmland", "growth_boundary", "village_boundary", "mineral_right", "national_park")
SHARE = 5e-4
"""The projection of the county's system (not equal-area) and that of the areas differ by less than this share."""
NAMES = [each.field or each.layer for each in officials()]
"""Official names are the same in both languages."""


@pytest.fixture(scope="module")
def land() -> gpd.GeoDataFrame:
    """The county."""
    return given.land(210, 1)  # of fewer, some lines and classes are not there


@pytest.fixture(scope="module")
def survey(land: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Its survey database, without defects; tests change copies of its layers."""
    return given.database(land)


@pytest.fixture(scope="module")
def database(survey: Mapping[str, gpd.GeoDataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That as a geodatabase."""
    return given.write_gdb(tmp_path_factory.mktemp("survey") / "530102.gdb", survey)


def imported(*sources: Path, mapping: str = "", folder: Path | None = None) -> Imported:
    """An import, by the keys of a mapping file."""
    file = None
    if mapping:
        assert folder is not None
        file = folder / "own.toml"
        file.write_text(mapping, encoding="utf-8")
    return import_study(list(sources), file, "cn-survey")


def faults_of(*sources: Path, mapping: str = "", folder: Path | None = None) -> pd.DataFrame:
    """The faults of an import, each told in Chinese too."""
    with pytest.raises(StudyError) as caught:
        imported(*sources, mapping=mapping, folder=folder)
    faults: pd.DataFrame = caught.value.faults
    check_faults(faults, [*NAMES, *codes(), "EPSG", "prj", "survey", "enclaves", "YSDM", "NAME", "DCMJ"])
    return faults


def parts(made: Imported) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Parcels with a shape, and field ridges without one."""
    parcels = made.tables["parcels"]
    assert isinstance(parcels, gpd.GeoDataFrame)
    bare = parcels.geometry.isna().to_numpy()
    return parcels[~bare].reset_index(drop=True), parcels[bare].reset_index(drop=True)


def check_same(made: Imported, land: gpd.GeoDataFrame, stated: bool = True) -> None:
    """What was imported is the county, parcel by parcel and in its sums."""
    parcels, ridges = parts(made)
    assert len(parcels) == len(land)
    for name in ("land_class", "tenure", "zone", "redline", *FLAGS, "slope_class"):
        differs = parcels[name].astype(str).to_numpy() != land[name].astype(str).to_numpy()
        assert not differs.any(), (name, parcels.loc[differs, name], land.loc[differs, name])
    assert parcels["jurisdiction"].tolist() == land["jurisdiction"].map(given.codes()).tolist()
    share = 1e-9 if stated else SHARE
    whole = land.geometry.area.to_numpy() / 1e4
    net = whole * (1 - np.where(land["land_class"].isin(given.ARABLE), land["slope_class"].map(given.RIDGES), 0.0))
    # fields are stated to 0.01 m2, net of two roundings
    np.testing.assert_allclose(parcels["area_ha"], net, rtol=share, atol=3e-6)
    assert set(ridges["land_class"]) == {"1203"}
    assert set(ridges["locked_practice"]) == {"hold"}
    assert ridges["area_ha"].sum() == pytest.approx((whole - net).sum(), rel=share, abs=1e-6 * len(land))
    everything = made.tables["parcels"]
    for flag in FLAGS:  # areas on every line, ridges included
        there = everything.loc[everything[flag].astype(str) == "1", "area_ha"].sum()
        assert there == pytest.approx(whole[(land[flag] == 1).to_numpy()].sum(), rel=share, abs=1e-6 * len(land))
    for code, town in {new: old for old, new in given.codes().items()}.items():
        there = everything.loc[everything["jurisdiction"] == code, "area_ha"].sum()
        assert there == pytest.approx(whole[(land["jurisdiction"] == town).to_numpy()].sum(), rel=share, abs=1e-3)


def told(made: Imported, *words: str) -> str:
    """The one sentence of what was told that has all the words."""
    held = [each for each in made.told if all(word in each for word in words)]
    assert len(held) == 1, (words, made.told)
    return str(held[0])


def test_a_geodatabase_gives_the_county_back(database: Path, land: gpd.GeoDataFrame) -> None:
    made = imported(database)
    check_same(made, land)
    parcels, _ = parts(made)
    # a grade is a step of 1/6.04, so quality comes back within half of it
    arable = land["land_class"].isin(given.ARABLE).to_numpy()
    assert np.abs(parcels["farmland_quality"] - land["farmland_quality"])[arable].max() <= 0.5 / 6.04 + 5e-4
    assert parcels["farmland_quality"][~arable].isna().all()
    towns = made.tables["jurisdictions"].set_index("jurisdiction")["name_zh"].to_dict()
    assert towns == {code: zh for code, (_, _, zh) in zip(given.codes().values(), given.TOWNS, strict=True)}
    study = make_study(dict(made.settings), **dict(made.tables))
    assert study.parcels["area_ha"].sum() == pytest.approx(land.area.sum() / 1e4, rel=1e-9)
    assert "population" not in made.tables["parcels"]


def test_shapefiles_in_gbk_with_cut_and_small_names(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    numbered = {name: frame.to_crs(given.NUMBERED) for name, frame in survey.items()}
    names = {name: name.lower() for name in survey} | {"YJJBNTBHTB": "yjjbntbh", "DLTB": "530102_dltb_2024"}
    folder = given.write_shp(tmp_path / "gbk", numbered, "GBK", names, cpg=False, prj=False)
    made = imported(folder)
    check_same(made, land)
    assert "3-degree Gauss-Kruger zone 35" in told(made, "dltb_2024.shp: it does not say its coordinate system")
    assert "gb18030" in told(made, "dltb_2024.shp: code page")
    assert made.tables["jurisdictions"]["name_zh"].tolist()[0] == "城关镇"


def test_shapefiles_in_degrees_with_chinese_names(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    degrees = {name: frame.to_crs(4490) for name, frame in survey.items()}
    degrees["DLTB"] = degrees["DLTB"].drop(columns=["TBMJ"])  # areas of the shapes then, with the ridges in them
    made = imported(given.write_shp(tmp_path / "utf8", degrees, "UTF-8", given.ZH))
    parcels, ridges = parts(made)
    assert len(ridges) == 0
    np.testing.assert_allclose(parcels["area_ha"], land.area / 1e4, rtol=SHARE)
    assert parcels["redline"].tolist() == land["redline"].tolist()


def test_feature_classes_known_by_their_alias(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    names = {name: f"A{k:02d}" for k, name in enumerate(survey, 1)}
    check_same(imported(given.write_gdb(tmp_path / "b.gdb", survey, names)), land)


def test_two_counties_in_two_zones(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    polygons = survey["DLTB"]
    east = polygons.geometry.centroid.x > polygons.geometry.centroid.x.median()
    one, other = polygons[~east], polygons[east].assign(BSM=polygons["BSM"].tolist()[: int(east.sum())])
    a = given.write_gdb(tmp_path / "a.gdb", {**survey, "DLTB": one})
    b = given.write_gdb(tmp_path / "b.gdb", {"DLTB": other.to_crs("EPSG:4545")})
    made = imported(a, b)
    order = np.concatenate([np.flatnonzero(~east), np.flatnonzero(east)])
    check_same(made, land.iloc[order].reset_index(drop=True))
    both = len({*one["BSM"]} & {*other["BSM"]})
    assert f"{both} polygons with the BSM of another one" in told(made, "BSM of another")


def test_only_the_polygons(survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path) -> None:
    made = imported(given.write_gdb(tmp_path / "c.gdb", {"DLTB": survey["DLTB"]}))
    parcels, _ = parts(made)
    absent = told(made, "official layers that are not there")
    assert "YJJBNTBHTB" in absent
    assert "GHFQ" in absent
    assert set(parcels["zone"]) == {""}
    arable = land["land_class"].isin(given.ARABLE).to_numpy()
    assert set(parcels["slope_class"][~arable]) == {1}
    assert f"{int((~arable).sum())} parcels of which no layer says a slope" in told(made, "no layer says a slope")
    # without a layer of village boundaries, what is settled today
    assert (parcels["village_boundary"] == "1").tolist() == (land["land_class"] == "0702").tolist()
    made.write(tmp_path / "study")
    assert read_study(tmp_path / "study").parcels["area_ha"].sum() == pytest.approx(land.area.sum() / 1e4, rel=1e-9)


def test_the_usual_defects(survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path) -> None:
    frame = survey["DLTB"].copy()
    forest = np.flatnonzero(land["land_class"] == "0301")
    orchards = np.flatnonzero(land["land_class"] == "0201")
    fields = np.flatnonzero(land["land_class"].isin(given.ARABLE) & (land["slope_class"] > 1))
    frame.loc[forest[0], "DLBM"] = None  # its name says what it is
    frame.loc[orchards[0], "DLBM"] = "0201K"
    frame.loc[forest[1], "BSM"] = frame.loc[forest[2], "BSM"]
    frame.loc[forest[3], "TBMJ"] *= 1.3  # far from its shape
    frame.loc[forest[3], "TBDLMJ"] *= 1.3
    frame.loc[fields[0], "TBDLMJ"] = frame.loc[fields[0], "TBMJ"] * 1.1  # more than the whole: KCMJ holds
    frame.loc[fields[1], "TBDLMJ"] = np.nan
    frame.loc[fields[1], "KCMJ"] = np.nan  # KCXS holds, given to four digits
    frame.loc[forest[4], "FRDBS"] = "Y"
    edge = shapely.get_coordinates(frame.geometry[forest[5]].exterior)
    sliver = shapely.Polygon([edge[0], edge[1], edge[1] + [0.003, 0.003]])
    twin, none = frame.iloc[[forest[6]]].assign(BSM="t"), frame.iloc[[0]].assign(BSM="n")
    thin = frame.iloc[[0]].assign(BSM="s", TBMJ=np.round(sliver.area, 2), TBDLMJ=np.round(sliver.area, 2))
    none.loc[0, "geometry"] = None
    thin.loc[0, "geometry"] = sliver
    whole = gpd.GeoDataFrame(pd.concat([frame, twin, none, thin], ignore_index=True), crs=given.CRS)
    made = imported(given.write_gdb(tmp_path / "d.gdb", {**survey, "DLTB": whole}))
    assert "1 polygons without DLBM" in told(made, "without DLBM")
    assert "1 polygons with the BSM of another one" in told(made, "BSM of another one")
    assert "1 parcels with the very shape" in told(made, "very shape")
    assert "1 parcels without a shape" in told(made, "without a shape or without area")
    told(made, "1 slivers below 1 m²")
    assert "1 polygons that lie in another county" in told(made, "FRDBS")
    assert "1 polygons whose TBDLMJ is 0 or more than their TBMJ" in told(made, "more than their TBMJ")
    told(made, "parcels whose TBMJ is more than 0.02")
    parcels, ridges = parts(made)
    assert parcels.loc[orchards[0], "x_dlbm"] == "0201K"
    assert len(parcels) == len(land)
    whole_area = land.area.to_numpy() / 1e4
    kept = np.setdiff1d(np.arange(len(land)), forest[3])
    net = whole_area * (1 - np.where(land["land_class"].isin(given.ARABLE), land["slope_class"].map(given.RIDGES), 0.0))
    np.testing.assert_allclose(parcels["area_ha"].to_numpy()[kept], net[kept], rtol=1e-4)
    np.testing.assert_allclose(parcels["area_ha"].to_numpy()[forest[3]], whole_area[forest[3]], rtol=SHARE)
    assert parcels["land_class"].tolist() == land["land_class"].tolist()
    assert ridges["area_ha"].sum() == pytest.approx((whole_area - net).sum(), rel=1e-4)
    made.write(tmp_path / "study")
    read_study(tmp_path / "study")


def test_a_planning_zone_without_code_and_name_is_told(survey: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    zones = survey["GHFQ"].copy()
    zones.loc[0, ["GHFQDM", "GHFQMC"]] = None
    made = imported(given.write_gdb(tmp_path / "z.gdb", {**survey, "GHFQ": zones}))
    told(made, "GHFQ: 1 features hold no code: left out (1)")


def test_grades_of_the_red_line(survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """The core by each of the fields that may say so; by area share where it is a part of a parcel."""
    inside = np.flatnonzero(land["redline"] != "0")[:5]
    line = survey["STBHHX"].iloc[[0] * 6].reset_index(drop=True).assign(ZRBHDFQ="", ZRBHDLX="", GHFQDM="", GKCS="")
    shapes = [land.geometry[i] for i in inside]
    west, south, east, north = shapes[4].bounds
    at = (east - west) * np.array([0.0, 0.25, 1.0]) + west
    # of the fifth parcel about a quarter is the core of a reserve, and the rest is not
    halves = [shapely.box(a, south, b, north).intersection(shapes[4]) for a, b in pairwise(at)]
    line.geometry = [*shapes[:4], *halves]
    line.loc[0, "ZRBHDFQ"] = "核心区"
    line.loc[1, "GHFQDM"] = "110"
    line.loc[2, "HXMC"] = "白山自然保护区核心保护区"
    line.loc[3, "GKCS"] = "原则上禁止人为活动"
    line.loc[4, "ZRBHDFQ"] = "核心保护区"
    parcels, _ = parts(imported(given.write_gdb(tmp_path / "e.gdb", {"DLTB": survey["DLTB"], "STBHHX": line})))
    assert parcels["redline"][inside].tolist() == ["core", "core", "core", "general", "general"]
    assert (parcels["redline"].drop(index=inside) == "0").all()


def test_fields_split_along_a_line_keep_their_ridges(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    line = survey["YJJBNTBHTB"]
    line = line.assign(geometry=line.translate(700, 300))  # it cuts parcels now, at any angle
    path = given.write_gdb(tmp_path / "s.gdb", {**survey, "YJJBNTBHTB": line})
    made = imported(path, mapping='[[split]]\nlayer = "YJJBNTBHTB"', folder=tmp_path)
    parcels, ridges = parts(made)
    assert len(parcels) > len(land) + 50
    everything = made.tables["parcels"]
    assert everything["area_ha"].sum() == pytest.approx(land.area.sum() / 1e4, rel=1e-9)
    arable = land["land_class"].isin(given.ARABLE)
    ridge = (land.area / 1e4 * land["slope_class"].map(given.RIDGES))[arable].sum()
    assert ridges["area_ha"].sum() == pytest.approx(ridge, rel=1e-5)
    inside = everything.loc[everything["basic_farmland"].astype(str) == "1", "area_ha"].sum()
    # pieces below 10 m2 stay with their parcel
    assert inside == pytest.approx(line.intersection(land.union_all()).area.sum() / 1e4, abs=len(parcels) * 1e-3)


def test_keys_of_a_mapping_file(database: Path, land: gpd.GeoDataFrame, tmp_path: Path) -> None:
    own = """
[study]
name = "mine"
[survey]
jurisdiction_digits = 6
[survey.codes.QSXZ]
"31" = "state"
[parcels.columns]
x_patch = "TBBH"
"""
    made = imported(database, mapping=own, folder=tmp_path)
    parcels, _ = parts(made)
    assert made.settings["name"] == "mine"
    assert len(made.settings["periods"]) == 2
    assert made.tables["jurisdictions"].to_numpy().tolist() == [[given.COUNTY, "湖滨县", "湖滨县"]]
    assert parcels["x_patch"].tolist() == [f"{k + 1:08d}" for k in range(len(land))]
    odd = (np.arange(len(land)) % 2 == 0) & (land["tenure"] == "collective").to_numpy()  # QSXZ 31
    assert (parcels["tenure"][odd] == "state").all()


def test_codes_read_as_numbers_and_enclaves_left_out(
    survey: Mapping[str, gpd.GeoDataFrame], land: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    simple = land["land_class"].str.fullmatch(r"\d{4}").to_numpy() & (land["land_class"] != "09").to_numpy()
    frame = survey["DLTB"][simple].reset_index(drop=True)
    frame = frame.assign(DLBM=frame["DLBM"].astype(np.int32), DLMC="", TBBH="", FRDBS=["Y", *[""] * (len(frame) - 1)])
    frame["ZLDWDM"] = frame["ZLDWDM"].str[:12]
    path = given.write_gdb(tmp_path / "n.gdb", {"DLTB": frame})
    own = '[survey]\nenclaves = "drop"\njurisdiction_digits = 12'
    made = imported(path, mapping=own, folder=tmp_path)
    parcels, _ = parts(made)
    assert parcels["land_class"].tolist() == land["land_class"][simple].tolist()[1:]
    assert set(parcels["jurisdiction"].str.len()) == {12}
    told(made, "1 polygons that lie in another county", "left out")
    told(made, "jurisdictions without a name")


def test_a_blank_may_be_given_a_class(survey: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    frame = survey["DLTB"].iloc[:20].copy()
    frame.loc[3, ["DLBM", "DLMC"]] = None
    path = given.write_gdb(tmp_path / "p.gdb", {"DLTB": frame})
    parcels, _ = parts(imported(path, mapping='[survey.codes.DLBM]\n"" = "1206"', folder=tmp_path))
    assert parcels["land_class"][3] == "1206"
    faults = faults_of(path, mapping='[survey.codes.DLBM]\n"" = "126"', folder=tmp_path)
    assert "1206" in faults["do"][0]
    for wrong in ("survey = 1", "parcels = 1", "lines = 1", "[parcels]\ncolumns = 1", '[parcels]\nby_area = "a"'):
        found = faults_of(path, mapping=wrong, folder=tmp_path)
        assert wrong.split()[-3].strip("[]\n") in "|".join(found["where"]), (wrong, found)


def test_the_mapping_file_of_the_docs(survey: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "survey.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    zones = survey["GHFQ"].copy()
    zones.loc[zones["GHFQDM"] == "520", ["GHFQDM", "GHFQMC"]] = ["521", "基本农业区"]
    sources = {**survey, "GHFQ": zones, "DLTB": survey["DLTB"].assign(ZZSXDM="LS")}
    folder = given.write_shp(tmp_path / "layers", sources, names={"GHFQ": "分区规划2035"})
    water = survey["XZQ"].iloc[[0]]
    water.to_file(folder / "水源保护区.shp")
    parcels, _ = parts(imported(folder, mapping=example, folder=tmp_path))
    assert set(parcels["x_planting"]) == {"LS"}
    assert (parcels["zone"] == "520").any()
    inside = parcels["tags"] == "water_source"
    assert parcels.area[inside].sum() == pytest.approx(water.area.sum(), rel=1e-5)


def test_every_fault_at_once_and_nothing_written(survey: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    frame = survey["DLTB"].copy()
    frame.loc[[1, 2], "DLBM"] = "011"  # of the second survey
    frame.loc[3, ["DLBM", "DLMC"]] = None
    frame.loc[4, "QSXZ"] = "99"
    frame.loc[5, "ZLDWDM"] = "530102"
    zones = survey["GHFQ"].assign(GHFQDM="999", GHFQMC="")
    names = survey["XZQ"].rename(columns={"XZQMC": "NAME"})
    path = given.write_gdb(tmp_path / "f.gdb", {"DLTB": frame, "GHFQ": zones, "XZQ": names})
    faults = faults_of(path)
    assert faults["where"].tolist()[0] == "f.gdb/XZQ"
    found = "|".join(faults["found"])
    assert "no field" not in found
    for words in ("'011' (2)", "1 polygons with neither", "'99' (1)", "530102", f"'999' ({len(zones)})"):
        assert words in found, (words, faults)
    assert faults["where"].str.contains("DLBM").sum() == 2
    assert "feature 5" in "|".join(faults["where"])


def test_keys_that_are_wrong_and_areas_in_mu(survey: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    path = given.write_gdb(tmp_path / "g.gdb", {"DLTB": survey["DLTB"].assign(TBMJ=survey["DLTB"]["TBMJ"] * 0.0015)})
    own = """
[survey]
jurisdiction_digit = 9
enclaves = "no"
[survey.codes.DLMB]
"1" = "0101"
[survey.threshold]
STBHX = 1.0
"""
    faults = faults_of(path, mapping=own, folder=tmp_path)
    assert len(faults) == 4
    assert faults["do"].str.contains("jurisdiction_digits").any()
    assert faults["do"].str.contains("STBHHX").any()
    faults = faults_of(path)
    assert faults["must"].tolist() == ["TBMJ is in square metres"]


def test_from_the_command_line_to_a_plan(database: Path, land: gpd.GeoDataFrame, tmp_path: Path) -> None:
    run = CliRunner()
    done = run.invoke(app, ["import", str(database), "-o", str(tmp_path / "study"), "--preset", "cn-survey", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["is_study"]
    ridges = said["parcels"] - len(land)
    assert 0 < ridges < 60  # one for each kind of land that they lie in
    checked = run.invoke(app, ["check", str(tmp_path / "study"), "--json"])
    assert checked.exit_code == 0, checked.output
    solved = run.invoke(app, ["solve", str(tmp_path / "study"), "-o", str(tmp_path / "plan")])
    assert solved.exit_code == 0, solved.output
    plan = pd.read_parquet(tmp_path / "plan" / "parcels.parquet").set_index("parcel_id")
    kept = plan[plan.index.str.startswith("1203-")]
    assert len(kept) == ridges
    assert set(kept["practice"]) == {"hold"}
    # a fault, and nothing is written
    other = tmp_path / "other"
    layer = str(tmp_path / "plan" / "plan.gpkg")
    failed = run.invoke(app, ["import", layer, "-o", str(other), "--preset", "cn-survey"])
    assert failed.exit_code == 2
    assert not other.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["plan", "study"]


def test_no_database_of_the_survey(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=given.CRS)
    frame.to_file(tmp_path / "fields.gpkg", layer="fields")
    faults = faults_of(tmp_path / "fields.gpkg")
    assert "DLTB" in faults["must"][0]
    assert "fields" in faults["found"][0]
    faults = faults_of()
    assert faults["must"].tolist() == ["an import has a source"]


def test_every_code_leads_to_something_that_there_is() -> None:
    columns: dict[str, Any] = {
        "DLBM": set(default("land_classes").text("land_class")),
        "QSXZ": {"state", "collective"},
        "ZRBHDFQ": {"core", "general"},
        "STBHHX.GHFQDM": {"core", "general"},
        "GHFQ.GHFQDM": set(default("zones").text("zone")),
        "CZKFBJ.GHFQDM": {"410", "420", "430"},
        "GDPDJB": set("12345"),
        "PDJB": set("12345"),
        "CZCSXM": {"1"},
    }
    assert set(columns) | {"GDDB"} == set(codes())
    for field, values in columns.items():
        assert set(codes()[field].values()) <= values, field
    # every class of the survey but those of the sea has its code
    pairs = zip(default("land_classes").text("land_class"), default("land_classes").text("class_group"), strict=True)
    sea = {code for code, group in pairs if group == "sea"}
    assert set(codes()["DLBM"].values()) == columns["DLBM"] - sea
    qualities = [float(codes()["GDDB"][str(grade)]) for grade in range(1, 16)]
    assert qualities == sorted(qualities, reverse=True)


def test_official_names_are_told_apart() -> None:
    for official in layers():
        for other in layers():
            same = official.layer == other.layer
            assert (named_as(official.layer, other) == 3) == same
            assert (named_as(official.zh, other) == 3) == same
    for name, meant in (
        ("dltb_530102", "DLTB"),
        ("湖滨县地类图斑2024", "DLTB"),
        ("yjjbntbh", "YJJBNTBHTB"),
        ("永久基本农田", "YJJBNTBHTB"),
        ("DLTBGX", ""),
        ("地类图斑更新", ""),
        ("XZQJX", ""),
        ("行政区界线", ""),
    ):
        assert "".join(each.layer for each in layers() if named_as(name, each)) == meant, name
