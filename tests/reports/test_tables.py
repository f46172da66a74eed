"""The numbers of the report: areas, projects, limits and accounts of plans made by hand."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from tests.reports.plans import PERIODS, parcels_of, tables_of, village, voronoi, without_plan
from zonevest.instances.read import read_study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData
from zonevest.reports import colours, tables
from zonevest.reports.assumptions import confidence, sources
from zonevest.reports.display import Display, number, percent, places, signed
from zonevest.reports.facts import Facts
from zonevest.reports.labels import LABELS, Words
from zonevest.reports.land_tables import class_moves, structure, zone_moves, zone_statistics
from zonevest.reports.map_layers import layers, map_data, parcels
from zonevest.reports.maps import GRID, pack


@pytest.fixture(scope="module")
def plan() -> PlanData:
    return village()


def by(table: pd.DataFrame, *keys: str) -> dict[Any, Any]:
    return dict(zip(table[list(keys)].itertuples(index=False, name=None), table.to_dict("records"), strict=True))


def test_areas_by_zone(plan: PlanData) -> None:
    table = by(zone_statistics(Facts(plan)), "jurisdiction", "zone")
    # 60 parcels of 2 ha: 24 protection, 18 farmland, 12 rural, 6 urban; 4 rural ones are built on, 2 are planted
    assert (table["total", "500"]["before_ha"], table["total", "500"]["after_ha"]) == (24.0, 12.0)
    assert (table["total", "410"]["before_ha"], table["total", "410"]["after_ha"]) == (12.0, 20.0)
    assert table["total", "100"]["change_ha"] == 4.0
    assert table["north", "500"]["before_ha"] + table["south", "500"]["before_ha"] == 24.0
    assert next(iter(table)) == ("total", "100")


def test_areas_of_a_zone_hold_its_parts(plan: PlanData) -> None:
    table = by(zone_statistics(Facts(plan)), "jurisdiction", "zone")
    assert table["total", "400"]["after_ha"] == 20.0
    assert (table["total", "400"]["zone_level"], table["total", "410"]["zone_level"]) == (1, 2)


def test_areas_of_no_zone_today() -> None:
    plan = replace(village(), study=tables_of(parcels_of(60).assign(zone="")), before=village().before.iloc[:0])
    plan.parcels.loc[0, ["zone", "practice", "start"]] = ["410", "build", "2026"]
    parts = tables.allocation(plan)
    assert parts.loc[0, "rezoned"]
    assert not parts.loc[1, "rezoned"], "a held parcel lies where it lay"


def test_areas_by_class_count_land_that_projects_take(plan: PlanData) -> None:
    table = by(structure(Facts(plan)), "jurisdiction", "land_class")
    # the road takes half a hectare of arable land in the north
    assert table["total", "arable"]["after_ha"] == 60.0 - 12.0 - 0.5
    assert table["north", tables.TAKEN]["after_ha"] == 0.5
    assert ("south", tables.TAKEN) not in table
    assert sum(row["change_ha"] for (place, _), row in table.items() if place == "total") == pytest.approx(0.0)
    idle = replace(plan, projects=plan.projects.assign(start=""))
    assert tables.TAKEN not in set(structure(Facts(idle))["land_class"])


def test_parts_of_a_divided_parcel() -> None:
    whole = village()
    first = whole.parcels.iloc[[42]]
    parts = pd.concat(
        [
            first.assign(share=0.75),
            first.assign(share=0.25, practice="hold", zone="500", start="", class_after="arable"),
        ]
    )
    plan = replace(whole, parcels=pd.concat([whole.parcels.drop(index=42), parts], ignore_index=True))
    table = by(zone_statistics(Facts(plan)), "jurisdiction", "zone")
    assert table["total", "410"]["after_ha"] == pytest.approx(19.5)
    assert table["total", "500"]["after_ha"] == pytest.approx(12.5)
    facts, display = Facts(plan), Display(plan.study, Words("en"))
    rows = parcels(facts)
    assert facts.shapes is not None
    assert rows["zone"].iloc[42] == "410", "the largest part is drawn"
    assert map_data(facts.shapes, layers(facts, rows, display), rows, [], display)["split"] == {"42": "75\u00a0%"}


def test_moves(plan: PlanData) -> None:
    facts = Facts(plan)
    zones = by(zone_moves(facts).query("moved"), "zone_before", "zone")
    assert zones["500", "410"]["area_ha"] == 8.0
    assert set(zones) == {("500", "410"), ("500", "100")}
    assert by(class_moves(facts).query("moved"), "class_before", "class_after")["arable", "forest"]["area_ha"] == 4.0


def test_actions(plan: PlanData) -> None:
    table = tables.actions(plan, tables.allocation(plan))
    assert table["practice"].tolist() == ["build", "plant", "hold"]
    assert table["start"].tolist() == ["2026", "2031-2035", ""]
    assert table["area_ha"].tolist() == [8.0, 4.0, 108.0]


def test_schedule(plan: PlanData) -> None:
    table = tables.schedule(plan).set_index("project")
    assert table.index.tolist() == ["road", "park", "mill"]
    assert table.loc["road", ["from_year", "open_year", "close_year"]].tolist() == [2026.0, 2028.0, math.inf]
    assert table.loc["park", ["from_year", "open_year", "close_year"]].tolist() == [2027.0, 2028.0, 2031.0]
    assert not table.loc["mill", "built"]
    assert table.loc["mill", "capex"] == 8.0, "what is not built has its price all the same"
    assert table["category"].tolist() == ["infrastructure", "culture_tourism", "industry"]


def test_limits(plan: PlanData) -> None:
    table = by(tables.limits(plan), "limit", "jurisdiction")
    states = {key: row["state"] for key, row in table.items()}
    assert states == {
        ("arable_kept", "total"): "holds",
        ("outlay", "total"): "binding",
        ("forest_goal", "total"): "gives",
        ("visits_fixed", "total"): "binding",
        ("broken_one", "north"): "broken",
        ("broken_one", "south"): "holds",
    }
    assert table["forest_goal", "total"]["shortfall"] == 6.0
    assert table["arable_kept", "total"]["shortfall"] == 0.0
    assert table["outlay", "total"]["sense"] == "<="


def test_limits_of_a_rule_the_study_does_not_name(plan: PlanData) -> None:
    extra = plan.limits.iloc[[0]].assign(limit="their_own", slack=-1.0)
    table = tables.limits(replace(plan, limits=extra))
    assert table["state"].tolist() == ["broken"]
    assert table["sense"].tolist() == [""]


def test_accounts(plan: PlanData) -> None:
    table = by(Facts(plan).accounts, "account", "period")
    assert table["tax", "total"]["value"] == pytest.approx(4.0 * 10)
    assert table["works", "total"]["value"] == 24.0
    assert math.isnan(table["area.class.built", "total"]["value"]), "a stock has no sum over the years"
    assert table["tax", "2026"]["nothing"] == 0.0
    # doing nothing: 48 ha of forest at 0.02 and 60 ha of arable land at 0.01 million a year
    assert table["nature", "2026"]["nothing"] == pytest.approx(1.56)
    assert table["nature", "total"]["nothing"] == pytest.approx(15.6)
    # the plan's ledger leaves out what is zero, doing nothing's does not
    assert table["area.class.arable", "2026"]["nothing"] == 60.0
    kinds = {(row["account"], row["family"], row["recurrence"], row["unit"]) for row in table.values()}
    assert ("nature", "ecosystem", "annual", "million/year") in kinds
    assert ("area.class.built", "area", "stock", "ha") in kinds


def test_accounts_without_doing_nothing(plan: PlanData) -> None:
    study = replace(plan.study, settings=replace(plan.study.settings, hold=False))
    table = tables.accounts(replace(plan, study=study), Facts(plan).ledger)
    assert table["nothing"].isna().all()
    assert set(table["period"]) == {*PERIODS, "total"}


def test_units(plan: PlanData) -> None:
    study = plan.study
    assert tables.account_unit(study, "visits") == ""
    assert tables.account_unit(study, "area.zone.100") == "ha"
    assert tables.account_unit(study, "population") == "people"
    assert tables.ecosystem_unit(study) == "million"
    english, chinese = Display(study, Words("en")), Display(study, Words("zh"))
    assert english.unit("million/year") == "million CNY per year"
    assert chinese.unit("million/year") == "百万元/年"
    assert english.unit("t/yr") == "t per year"
    assert english.unit("") == "unit not given"


def test_names(plan: PlanData) -> None:
    english, chinese = Display(plan.study, Words("en")), Display(plan.study, Words("zh"))
    assert english.zone("410") == "Urban core (410)"
    assert chinese.zone("410") == "城镇集中建设区（410）"
    assert chinese.coded("410", chinese.zone) == "城镇集中建设区（410）", "an official code stands there once"
    assert english.account("area.class_group.construction") == "Area of class group: construction land"
    assert chinese.account("area.lost.class.arable") == "地类减少：耕地"
    assert english.account("visits") == "visits"
    assert english.account("area.zone.410") == "Area of zone: Urban core (410)"
    assert english.account("made.up") == "made.up"
    assert chinese.unit("million per ha and year") == chinese.unit("million/ha/year")
    assert not re.search("[A-Za-z]{3}", chinese.unit("million per ha and year"))
    # a row of the annex: its class, account and condition
    named = chinese.row_key("arable/area.class_group.construction/tenure=state|collective; slope_class=1")
    assert named.split(" · ")[1:] == [chinese.account("area.class_group.construction"), "权属 = 国有或集体; 坡度级 = 1"]
    told = plan.study.projects.assign(x_name_zh=["", *["名称"] * (len(plan.study.projects) - 1)])
    study = replace(plan.study, tables={**plan.study.tables, "projects": told})
    first, second = told["project"].head(2)
    assert Display(study, Words("zh")).project(second) == "名称"
    assert Display(study, Words("zh")).project(first) == Display(study, Words("en")).project(first), "it has one name"


def test_confidence_and_sources(plan: PlanData) -> None:
    sure = by(confidence(plan.study), "table", "confidence")
    assert sure["class_flows", "published"]["rows"] == 1
    assert sure["class_flows", ""]["rows"] == 1
    assert sure["practice_flows", "recalled"]["rows"] == 2
    origin = sources(plan.study)
    assert origin.to_dict("records") == [{"stated_in": "Handbook 2020, table 3", "table": "class_flows", "rows": 2}]


def test_nonconforming(plan: PlanData) -> None:
    table = tables.nonconforming(plan)
    assert table["why"].tolist() == ["class"]
    assert table["area_ha"].tolist() == [2.0]
    other = replace(plan, nonconforming=plan.nonconforming.assign(land_class="arable"))
    assert tables.nonconforming(other)["why"].tolist() == ["line"]
    assert tables.nonconforming(without_plan()).empty


def test_the_bundled_case_has_tables_for_all_it_names() -> None:
    study = read_study("village")
    assert len(confidence(study))
    assert len(sources(study))
    table = tables.doing_nothing_ledger(Ledger(build_options(study)))
    assert table is not None
    assert not table["nothing"].isna().any()


# --- numbers in words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 2, "0"),
        (1234.5, None, "1,234.5"),
        (-0.5, 2, "−0.50"),
        (12345678.9, 0, "12,345,679"),
        (0.0004, 2, "<0.01"),
        (15.276158, None, "15.276"),
        (8.5, None, "8.5"),
        (float("nan"), None, "–"),
        (None, None, "–"),
        (float("inf"), 1, "∞"),
    ],
)
def test_number(value: float | None, decimals: int | None, text: str) -> None:
    assert number(value, decimals) == text


def test_other_figures() -> None:
    assert signed(1.5, 1) == "+1.5"
    assert signed(-1.5, 1) == "−1.5"
    assert percent(0.001) == "0.1\u00a0%"
    assert percent(0.00081) == "0.081\u00a0%"
    assert percent(0.0) == "0\u00a0%"
    assert percent(1.0, 3) == "100\u00a0%"
    assert percent(math.inf) == "∞"
    assert places([12000.0, 3.5]) == 0
    assert places([120.0, 3.5]) == 1
    assert places([1.0, 2.0]) == 0
    assert places([0.0312]) == 4


def test_every_label_is_in_both_languages() -> None:
    import string

    for key, (english, chinese) in LABELS.items():
        assert bool(english) == bool(chinese), key
        used = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, chinese)]
        # a plain name must not take another value in one of the languages; the Chinese may leave out a count's plural
        assert used[0] == used[1], key


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="lang"):
        Words("fr")


# --- shapes and colours --------------------------------------------------------------------------------------------


def test_shapes_keep_their_area(plan: PlanData) -> None:
    shapes = pack(plan.study.geometry)
    assert shapes is not None
    assert shapes.missing == 0
    assert max(shapes.width, shapes.height) == GRID
    ends = np.cumsum(shapes.ring_sizes)
    rings = np.split(shapes.corners.astype(float) * shapes.metres, ends[:-1])
    area = np.zeros(60)
    for ring, owner in zip(rings, shapes.ring_parcels, strict=True):
        area[owner] += shapely.Polygon(ring).area
    geometry = plan.study.geometry
    assert geometry is not None
    # the first parcel's hole counts twice here, as an area of its own
    assert area[1:] == pytest.approx(geometry.area.to_numpy()[1:], rel=1e-3)
    assert np.bincount(shapes.ring_parcels)[0] == 2


def test_shapes_are_simplified_to_the_number_asked_for() -> None:
    import geopandas as gpd

    circles = gpd.GeoSeries(
        shapely.buffer(shapely.points(np.arange(50) * 3.0, 0), 1.0, quad_segs=200), crs="EPSG:32651"
    )
    shapes = pack(circles, vertices=5000)
    assert shapes is not None
    assert len(shapes.corners) <= 5000
    assert (shapes.ring_sizes >= 3).all()


def test_shapes_in_degrees_are_not_squashed() -> None:
    import geopandas as gpd

    square = gpd.GeoSeries([shapely.box(100.0, 60.0, 101.0, 60.5)], crs="EPSG:4326")
    shapes = pack(square)
    assert shapes is not None
    assert shapes.width / shapes.height == pytest.approx(1.0, rel=0.02)
    assert shapes.metres * shapes.height == pytest.approx(55_600, rel=0.01)


def test_parcels_without_shape() -> None:
    import geopandas as gpd

    some = gpd.GeoSeries([shapely.box(0, 0, 1, 1), None, shapely.Polygon(), shapely.Point(3, 3)])
    shapes = pack(some)
    assert shapes is not None
    assert shapes.missing == 3
    assert math.isnan(shapes.metres)
    assert pack(gpd.GeoSeries([None, None])) is None
    assert pack(None) is None


def test_colours_of_zones_and_classes(plan: PlanData) -> None:
    zones = colours.zone_colours(plan.study)
    assert zones["100"] == colours.ZONE_KINDS["protection"]
    assert zones["410"] == colours.ZONE_KINDS["urban"], "the zone that land is in has the plain colour"
    assert len(set(colours.zone_colours(read_study("village")).values())) >= 7
    assert colours.class_colours(plan.study)["forest"] == colours.GROUPS["forest"]
    many = [colours.shade("#336699", index, 9) for index in range(9)]
    assert len(set(many)) == 9


# simulation of colour-blind sight: Machado, Oliveira and Fernandes 2009, severity 1
SIGHT = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def oklab(colour: str, sight: Any) -> Any:
    value = np.array(colours.rgb(colour)) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(sight) @ linear, 0, 1)
    lms = np.cbrt(
        np.array(
            [
                [0.41222147, 0.53633254, 0.05144599],
                [0.2119035, 0.6806995, 0.10739696],
                [0.08830246, 0.28171884, 0.62997870],
            ]
        )
        @ seen
    )
    return (
        np.array(
            [
                [0.21045426, 0.79361779, -0.00407205],
                [1.97799850, -2.42859221, 0.45059371],
                [0.02590404, 0.78277177, -0.80867577],
            ]
        )
        @ lms
    )


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize(
    "palette", [list(colours.ZONE_KINDS.values()), list(colours.GROUPS.values()), list(colours.SERIES)]
)
def test_colours_can_be_told_apart(palette: list[str], sight: str) -> None:
    seen = [oklab(colour, SIGHT[sight]) for colour in palette]
    for (one, first), (other, second) in itertools.combinations(zip(palette, seen, strict=True), 2):
        assert np.linalg.norm(first - second) > 0.055, (one, other)


def test_voronoi_covers_its_valley() -> None:
    cells = voronoi(60)
    assert len(cells) == 60
    assert shapely.union_all(cells).area == pytest.approx(sum(cell.area for cell in cells))
