"""The bundled case: as drawn, labelled as made up, and with a plan that is neither all nor nothing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

import zonevest as zv
import zonevest.instances
from tests.cases.draw_village import draw
from zonevest.instances.study import Study

VILLAGE = Path(zonevest.instances.__file__).parent / "cases" / "village"
MADE_UP = ("made up for illustration", "虚构")


@pytest.fixture(scope="module")
def study() -> Study:
    return zv.read_study(VILLAGE)


def test_layer_is_what_the_script_draws() -> None:
    bundled = gpd.read_file(VILLAGE / "parcels.gpkg", layer="parcels")
    drawn = draw()
    flags = ["basic_farmland", "growth_boundary", "village_boundary", "slope_class", "title"]
    same = dict.fromkeys(flags, "int64")
    assert_geodataframe_equal(bundled.astype(same), drawn.astype(same), check_dtype=False, check_less_precise=True)


def test_parcels_tile(study: Study) -> None:
    shapes = study.geometry
    assert shapes is not None
    assert 55 <= len(shapes) <= 65
    assert shapes.is_valid.all()
    assert shapes.area.sum() == pytest.approx(shapes.union_all().area, rel=1e-9)
    assert len(study.projects) == 5


def test_everything_says_that_it_is_made_up(study: Study) -> None:
    assert "made up" in study.title("en")
    assert "虚构" in study.title("zh")
    labelled = 0
    for file in VILLAGE.glob("*.csv"):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        if "source" in table:
            labelled += 1
            assert table["source"].map(lambda cell: all(words in cell for words in MADE_UP)).all(), file.name
    assert labelled == 6  # accounts, limits and the four flow tables
    assert study.projects["name"].str.contains("made up").all()
    assert study.projects["x_name_zh"].str.contains("虚构").all()


def test_plan_is_a_mix(study: Study) -> None:
    plan = zv.solve(study, gap=1e-3, time_limit=60)
    assert plan.status == "optimal"
    assert plan.gap <= 1e-3
    assert plan.objective > 0
    assert plan.ecosystem >= -1e-6  # the floor: not below doing nothing
    assert zv.audit(plan).ok

    held = plan.parcels["practice"] == "hold"
    assert 0.25 < held.mean() < 0.75
    assert plan.parcels.loc[~held, "practice"].nunique() >= 6
    assert set(plan.parcels.loc[~held, "start"]) == {period.name for period in study.periods}
    started = plan.projects.set_index("project")["start"]
    assert started["stream_repair"] != ""  # mandatory
    assert (started == "").any()
    assert sum(started[["mill_centre", "lane_centre"]] != "") <= 1  # two sites, one visitor centre
