"""Studies from DataFrames: whatever types they come in, where faults stand, and that nobody's frames are changed."""

from __future__ import annotations

import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from shapely.geometry import box

import zonevest as zv
from tests.chinese import check_faults
from zonevest.instances.study import StudyError

SETTINGS = {
    "name": "frames",
    "defaults": "none",
    "periods": [{"name": "2026", "start": 2026, "years": 2}],
    "objective": {"method": "weighted", "accounts": {"area.zone.B": 1.0}},
}
PARCELS = pd.DataFrame(
    {
        "parcel_id": ["p1", "p2", "p3"],
        "land_class": ["01", "02", "01"],
        "area_ha": [1.0, 2.0, 3.0],
        "zone": ["A", "B", "A"],
        "slope_class": [1, 2, 3],
        "basic_farmland": [True, False, False],
        "tenure": ["state", "collective", ""],
        "population": [0.0, 4.0, 1.0],
        "x_own": [0.5, 1.0, 2.0],
    }
)
TABLES = {
    "zones": pd.DataFrame({"zone": ["A", "B"]}),
    "land_classes": pd.DataFrame({"land_class": ["01", "02"], "class_group": [["arable", "garden"], "forest"]}),
    "practices": pd.DataFrame(
        {"practice": ["plant"], "zone": ["B"], "from_classes": [["01", "02"]], "to_class": ["02"]}
    ),
    "limits": pd.DataFrame({"limit": ["l"], "account": ["area.zone.B"], "sense": ["<="], "value": [4]}),
}


def study_of(parcels: pd.DataFrame = PARCELS, **tables: pd.DataFrame) -> zv.Study:
    return zv.make_study(settings=SETTINGS, parcels=parcels, **{**TABLES, **tables})


def faults_of(parcels: pd.DataFrame = PARCELS, **tables: pd.DataFrame) -> pd.DataFrame:
    with pytest.raises(StudyError) as caught:
        study_of(parcels, **tables)
    words = {"p1", "p2", "p3", "A", "B", "TRUE", "FALSE", "west", "east", "farm-7"}
    check_faults(caught.value.faults, words)
    return caught.value.faults


DTYPES: dict[str, dict[str, Any]] = {
    "categories": dict.fromkeys(("land_class", "zone", "tenure", "slope_class", "basic_farmland"), "category"),
    "nullable": {"slope_class": "Int64", "area_ha": "Float64", "basic_farmland": "boolean", "tenure": "string"},
    "small": {"slope_class": "int8", "area_ha": "float32", "population": "uint16"},
    "objects": dict.fromkeys(PARCELS.columns, object),
    "arrow": {"land_class": "string[pyarrow]", "area_ha": "double[pyarrow]", "basic_farmland": "bool[pyarrow]"},
}


@pytest.mark.parametrize("types", DTYPES.values(), ids=DTYPES)
def test_types_do_not_matter(types: dict[str, Any]) -> None:
    told = PARCELS.astype(types)
    assert_frame_equal(study_of(told).parcels, study_of().parcels)
    assert study_of(told).hash == study_of().hash


def test_missing_values_are_blanks() -> None:
    told = PARCELS.astype({"slope_class": "Int64", "basic_farmland": "boolean", "tenure": "string"})
    told.loc[0, ["slope_class", "basic_farmland", "tenure"]] = pd.NA
    study = study_of(told)
    assert study.parcels["slope_class"].tolist() == [1.0, 2.0, 3.0]
    assert study.parcels["basic_farmland"].tolist() == [False, False, False]
    assert study.parcels["tenure"].tolist() == ["", "collective", ""]


def test_nobody_s_frames_are_changed() -> None:
    shapes = [box(0, 0, 100, 100), box(100, 0, 300, 100), box(300, 0, 600, 100)]
    land = gpd.GeoDataFrame(PARCELS.drop(columns="area_ha"), geometry=shapes, crs="EPSG:32650", copy=True)
    tables = {name: frame.copy(deep=True) for name, frame in TABLES.items()}
    settings = {**SETTINGS, "purse": ["local"]}
    before = land.copy(deep=True), {name: frame.copy(deep=True) for name, frame in tables.items()}, repr(settings)
    study = zv.make_study(settings=settings, parcels=land, **tables)
    assert study.parcels["area_ha"].tolist() == [1.0, 2.0, 3.0]
    assert study.geometry is not None
    for values in study.parcels.select_dtypes("float").columns:
        study.parcels[values] = -1.0
    study.zones["zone"] = "Z"
    assert_frame_equal(pd.DataFrame(land), pd.DataFrame(before[0]))
    for name, frame in tables.items():
        assert_frame_equal(frame, before[1][name])
    assert repr(settings) == before[2]


def test_a_fault_names_the_row_by_its_index() -> None:
    named = PARCELS.assign(area_ha=[1.0, -2.0, 3.0]).set_index(pd.Index(["farm-5", "farm-7", "farm-9"]))
    assert faults_of(named)["where"].tolist() == ["the table parcels, index farm-7, column area_ha"]
    part = PARCELS.assign(zone=["A", "B", "C"]).iloc[1:]
    assert faults_of(part)["where"].tolist() == ["the table parcels, index 2, column zone"]
    assert faults_of(PARCELS.assign(zone=["A", "B", "C"]))["where"].tolist() == [
        "the table parcels, position 2, column zone"
    ]


def test_codes_of_whole_numbers_are_told() -> None:
    """01 as a number is 1: where it is among the classes, it is no fault, but a note; where it is not, the zero is."""
    told = PARCELS.assign(land_class=[1, 2, 1])
    faults = faults_of(told)
    assert faults["found"].tolist() == ["'1' (p1), '2' (p2), '1' (p3)"]
    assert "a zero in front was lost: keep codes as text" in faults["do"][0]
    study = study_of(told, land_classes=TABLES["land_classes"].assign(land_class=[1, 2]), practices=pd.DataFrame())
    assert "the table parcels: codes came as numbers, which have no zero in front: land_class" in study.notes
    assert study.parcels["land_class"].tolist() == ["1", "2", "1"]
    assert not any("codes came" in note for note in study_of().notes)


def test_dates_and_truth_values_where_none_belong() -> None:
    projects = pd.DataFrame({"project": ["a"], "earliest": [pd.Timestamp("2026-01-01")]})
    assert "holds no dates" in faults_of(projects=projects)["must"][0]
    projects = pd.DataFrame({"project": ["a"], "earliest": [datetime.date(2026, 1, 1)]})
    assert "holds no dates" in faults_of(projects=projects)["must"][0]
    assert "is no flag" in faults_of(PARCELS.assign(population=[True, False, True]))["must"][0]
    assert "is no flag" in faults_of(PARCELS.assign(zone=["A", True, "B"]))["must"][0]


def test_a_table_that_is_none() -> None:
    assert "did you mean 'limits'?" in faults_of(limit=TABLES["limits"])["do"][0]
    study = zv.make_study(settings=SETTINGS, parcels=PARCELS, **{**TABLES, "limits": None})
    assert study.limits.empty


def test_replace_takes_frames_and_checks_again() -> None:
    study = study_of()
    limits = pd.DataFrame({"limit": ["m"], "account": ["area.zone.A"], "sense": [">="], "value": [np.int64(1)]})
    other = study.replace(limits=limits)
    assert other.limits["limit"].tolist() == ["m"]
    assert study.limits["limit"].tolist() == ["l"]
    assert_frame_equal(other.parcels, study.parcels)
    with pytest.raises(StudyError, match="the table limits, position 0, column sense"):
        study.replace(limits=limits.assign(sense=["about"]))
    with pytest.raises(StudyError, match="no table"):
        study.replace(limit=limits)
