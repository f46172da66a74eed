"""Traps of data and of what a reader is told: units, sources, what a plan study files, the words on screen."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests.model.plain import planned as plan
from tests.realism.studies import MU, YEARS, county, default, lot, row_of, told
from zonevest.instances.read import make_study, read_study
from zonevest.instances.schema import DEFAULT_TABLES, FLOW_TABLES
from zonevest.instances.study import Study
from zonevest.instances.write import write_study
from zonevest.reports import tables
from zonevest.reports.assumptions import confidence, sources
from zonevest.reports.check import REASON_WORDS
from zonevest.reports.facts import Facts
from zonevest.reports.labels import LABELS
from zonevest.reports.land_tables import class_moves, structure, zone_moves

SQUARE = shapely.box(500_000, 3_400_000, 501_000, 3_401_000)
"""A square kilometre: 100 hectares, 1,500 mu, 1,000,000 m2."""


def drawn(area: float | None) -> Study:
    """A parcel with its shape, and its area where that is stated."""
    row = {"parcel_id": "p", "land_class": "field", "area_ha": area}
    return make_study(
        {"name": "a", "defaults": "none", "periods": YEARS[:1]},
        parcels=gpd.GeoDataFrame([row], geometry=[SQUARE], crs="EPSG:4544"),
        land_classes=pd.DataFrame({"land_class": ["field"]}),
        zones=pd.DataFrame({"zone": ["R"]}),
    )


def test_i04_hectares_mu_and_square_metres() -> None:
    """A survey's square metres, or mu, that stand as hectares are told; amounts a mu became amounts a hectare."""
    assert drawn(None).parcels["area_ha"].item() == pytest.approx(100.0)
    for area in (None, 100.0, 96.0, 80.0):  # field ridges taken off are no slip
        assert drawn(area).warnings.empty, area
    slips = {
        1500.0: ("15", "divide it by 15"),
        1e6: ("1e+04", "by 10,000"),
        1.0: ("0.01", "by 100"),
        250.0: ("2.5", "check"),
    }
    for area, (times, do) in slips.items():
        (told,) = drawn(area).warnings.to_dict("records")
        assert f"{times} times the area of the shapes" in told["found"]
        assert do in told["do"]
    rows = [{"practice": "afforestation", "account": "tending", "basis": "per_ha_year", "value": 100.0}]
    for unit, asked in (("yuan/mu", True), ("yuan/ha/year", True), ("million CNY/ha/year", False), ("百万元/亩", True)):
        own = county(lot("p", "0404"), practice_flows=[{**rows[0], "unit": unit}])
        assert any(unit in found for found in own.warnings["found"]) == asked, unit
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    assert flows["residential_medium", "land_sale"] == pytest.approx(3.0 * MU)  # 3 million yuan a mu
    assert flows["industrial_sale", "land_sale"] == pytest.approx(0.25 * MU)
    assert flows["residential_medium", "farmland_tax"] == pytest.approx(25e-6 * 10_000)  # 25 yuan a m2
    zone = default("zone_flows").query("zone == '100' and account == 'eco_transfer'")["value"]
    assert zone.tolist() == pytest.approx([16e-6 * MU, 10e-6 * MU])  # 16 and 10 yuan a mu
    fields = default("practice_flows").query("practice == 'high_standard_farmland' and account == 'farmland_works'")
    assert 2400e-6 * MU <= fields["value"].item() <= 3000e-6 * MU


SURE = {"published", "recalled", "computed", "modelling default", "stated in the paper"}


def test_i15_numbers_say_where_they_are_from(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Source and confidence stand in every default row, and go with it into the study, its folder and the report."""
    for name in DEFAULT_TABLES:
        rows = default(name)
        assert (rows["source"].str.len() > 0).all(), name
        assert set(rows["confidence"]) <= SURE, name
    study = county(lot("p", "0404"))
    folder = tmp_path_factory.mktemp("study") / "county"
    write_study(study, folder)
    for held in (study, read_study(folder)):
        for name in ("class_flows", "practice_flows", "instruments", "accounts", "shares"):
            given = held.tables[name]
            stated = given[~given["account"].str.startswith("project.")] if name == "accounts" else given
            payers = stated["role"] == "pays" if name == "shares" else pd.Series(False, index=stated.index)
            assert (stated.loc[~payers, "confidence"] != "").all(), name
        told = confidence(held)
        assert set(told["confidence"]) <= SURE
        assert told["rows"].sum() == sum(len(held.tables[name]) for name in FLOW_TABLES)
        assert len(sources(held))


def test_j19_what_a_plan_study_files() -> None:
    """Transitions of classes and zones, farmland by period, land that does not conform, the programme by period."""
    found = plan(
        county(
            lot("field", "0103", area_ha=2.0, slope_class=5, locked_practice="slope_retreat", zone="520"),
            lot("yard", "0702", area_ha=3.0, locked_practice="homestead_exit", zone="510", village_boundary=1),
            lot("wood", "0301", area_ha=5.0, basic_farmland=1, zone="310"),
            practices=[row_of("practices", name, latest="2026") for name in ("slope_retreat", "homestead_exit")],
        )
    )
    facts = Facts(found)
    moved = class_moves(facts).query("moved").set_index(["class_before", "class_after"])["area_ha"]
    assert moved.to_dict() == {("0702", "0103"): 3.0, ("0103", "0307"): 2.0}
    moved = zone_moves(facts).query("moved").set_index(["zone_before", "zone"])["area_ha"]
    assert moved.to_dict() == {("510", "520"): 3.0, ("520", "530"): 2.0}
    areas = structure(facts).query("jurisdiction == 'total'").set_index("land_class")
    assert areas.loc["0103", ["before_ha", "after_ha"]].tolist() == [2.0, 3.0]
    for kind, area in (("lost", 2.0), ("gained", 3.0)):  # after a year of lead
        by_year = [told(found, f"area.{kind}.class_group.arable", str(year["name"])) for year in YEARS]
        assert by_year == [0.0, area, 0.0, 0.0]
    odd = tables.nonconforming(found).set_index("parcel_id")
    assert odd.loc["wood", ["area_ha", "why"]].tolist() == [5.0, "class"]
    rezoned = tables.allocation(found).query("rezoned")
    assert set(rezoned["parcel_id"]) == {"field", "yard"}
    programme = tables.actions(found, tables.allocation(found)).set_index("practice")
    assert programme.loc["homestead_exit", ["start", "area_ha"]].tolist() == ["2026", 3.0]


WORDS = {
    "Budget entity": "预算主体",
    "Land action": "用地行动",
    "social services": "民生",
    "Aggregate fiscal resources": "综合财力",
    "Debt-risk grade": "债务风险等级",
    "ecological resource bank": "生态银行",
    "Projects": "项目",
}
LINES = {
    "line:growth_boundary": ("urban development boundary", "城镇开发边界"),
    "line:redline": ("ecological conservation red line", "生态保护红线"),
    "line:basic_farmland": ("permanent basic farmland", "永久基本农田"),
}
NAMES = {
    ("limits", "farmland_balance"): ("Farmland requisition-compensation balance", "耕地占补平衡"),
    ("instruments", "special_bond"): ("Special-purpose bond", "专项债券"),
    ("actors", "compensation_fund"): ("Resource compensation fund", "资源补偿金"),
    ("zones", "100"): ("Ecological protection zone", "生态保护区"),
}


def test_j20_words_on_screen_are_the_fields() -> None:
    """A reader meets the words of planning and public finance in both languages, not the program's."""
    shown = dict(LABELS.values())
    assert {english: shown.get(english) for english in WORDS} == WORDS
    for line, (english, chinese) in LINES.items():
        assert (REASON_WORDS["en"][line], REASON_WORDS["zh"][line]) == (english, chinese)
    for (name, key), (english, chinese) in NAMES.items():
        rows = default(name)
        (row,) = rows[rows.iloc[:, 0] == key].to_dict("records")
        assert row["name_en"].startswith(english), key
        assert chinese in row["name_zh"], key
    # inside words that no planner uses
    for english, chinese in LABELS.values():
        assert not {"purse", "practice", "placemaking"} & set(english.lower().replace(",", " ").split()), english
        assert "钱袋" not in chinese
