"""How a study falls back to the default tables: row by row, by what it replaces, drops and leaves without ground."""

from __future__ import annotations

import random
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chinese import is_chinese
from tests.instances.faults_defaults import DEFAULTS
from tests.instances.studies import Change, faults_of
from zonevest.instances import defaults
from zonevest.instances.read import make_study, read_study
from zonevest.instances.schema import BY_NAME, DEFAULT_TABLES
from zonevest.instances.study import Study, StudyError
from zonevest.instances.write import write_study

SETTINGS = {
    "name": "a",
    "periods": [{"name": "2026", "start": 2026, "years": 1}, {"name": "2027-2030", "start": 2027, "years": 4}],
}
PARCELS = pd.DataFrame(
    {
        "parcel_id": ["a", "b", "c", "d"],
        "land_class": ["0101", "0702", "0301", "0601"],
        "area_ha": [4.0, 1.0, 20.0, 2.0],
        "tenure": ["collective", "collective", "collective", "state"],
        "jurisdiction": ["east", "east", "west", "west"],
        "population": [0, 40, 0, 0],
        "growth_boundary": [0, 0, 0, 1],
    }
)


def study(changes: dict[str, object] | None = None, /, **tables: object) -> Study:
    """A study of four parcels on the default tables; tables are columns by name."""
    frames = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    return make_study({**SETTINGS, **(changes or {})}, **({"parcels": PARCELS} | frames))


def rows(frame: pd.DataFrame, **where: str) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def folder_of(folder: Path) -> Path:
    """A study folder of the four parcels."""
    write_study(study({"defaults": "none"}, land_classes={"land_class": ["0101", "0702", "0301", "0601"]}), folder)
    (folder / "land_classes.csv").unlink()
    text = (folder / "study.toml").read_text().replace('defaults = "none"', 'defaults = "cn"')
    (folder / "study.toml").write_text(text)
    return folder


def default_ids(name: str) -> list[str]:
    return default(name)[BY_NAME[name].key[0]].tolist()


def default(name: str) -> pd.DataFrame:
    return pd.DataFrame(defaults.default(name).data)


def test_all_rows_are_there_and_told() -> None:
    plain = study()
    for name in DEFAULT_TABLES:
        held = plain.tables[name]
        if name == "accounts":
            held = held[~held["account"].str.startswith("project.")]
        if name == "shares":  # with the payers that captures name
            assert (held["role"] == "pays").sum() == (default(name)["role"] == "pays").sum() + 4
            held = held.iloc[: len(default(name))]
        pd.testing.assert_frame_equal(held.reset_index(drop=True), default(name), check_dtype=False)
    (note,) = plain.notes
    assert note.startswith("default rows in use: 35 of zones, 62 of land_classes, ")
    assert f"{len(default('practices'))} of practices" in note
    assert is_chinese(note)


def test_a_row_takes_the_place_of_the_one_of_its_key() -> None:
    own = study(practices={"practice": ["mining", "hunting"], "zone": ["700", "530"], "name_en": ["Ours", "Hunting"]})
    assert own.practices["practice"].tolist()[:2] == ["mining", "hunting"]
    assert len(own.practices) == len(default("practices")) + 1
    mining = rows(own.practices, practice="mining")
    assert (mining["name_en"].item(), mining["mode"].item(), mining["source"].item()) == ("Ours", "", "")
    # its flows are replaced by account, not by practice
    assert len(rows(own.practice_flows, practice="mining")) == len(rows(default("practice_flows"), practice="mining"))
    pair = study(class_zones={"land_class": ["0101"], "zone": ["520"], "suitability": [0]})
    assert rows(pair.class_zones, land_class="0101", zone="520")["suitability"].tolist() == [0.0]
    assert rows(pair.class_zones, land_class="0101", zone="530")["suitability"].item() > 0
    kept = study(limits={"limit": ["forest_floor"], "account": ["area.class.0301"], "sense": [">="], "value": [3]})
    assert rows(kept.limits, limit="forest_floor")["value"].tolist() == [3.0]


def test_flow_rows_are_replaced_by_subject_and_account() -> None:
    flows = {
        "practice": ["urban_green"] * 4,
        "account": ["acquisition"] * 4,
        "basis": ["per_ha_once"] * 4,
        "value": [1, 2, 3, 4],
    }
    own = study(practice_flows=flows).practice_flows
    assert rows(own, practice="urban_green", account="acquisition")["value"].tolist() == [1.0, 2.0, 3.0, 4.0]
    # three default rows, of fields, of houses and of vacant plots, are replaced by four
    assert len(rows(own, practice="urban_green")) == len(rows(default("practice_flows"), practice="urban_green")) + 1
    assert len(rows(own, account="acquisition")) == len(rows(default("practice_flows"), account="acquisition")) + 1
    income = {"land_class": ["0101"], "account": ["farm_income"], "basis": ["per_year"], "value": [9]}
    assert rows(study(class_flows=income).class_flows, land_class="0101", account="farm_income")["value"].tolist() == [
        9
    ]
    payments = {"zone": ["100"], "account": ["eco_transfer"], "basis": ["per_year"], "value": [9]}
    held = rows(study(zone_flows=payments).zone_flows, account="eco_transfer")
    assert rows(held, zone="100")["where"].tolist() == [""]  # both rows, of either tenure, are replaced
    assert len(rows(held, zone="110")) == 2


def test_shares_are_replaced_by_account_role_and_project() -> None:
    own = {"account": ["land_sale"], "role": ["receives"], "actor": ["local"], "share": [1]}
    shares = study(shares=own).shares
    assert rows(shares, account="land_sale", role="receives")["actor"].tolist() == ["local"]
    assert rows(shares, account="land_sale", role="pays")["actor"].tolist() == ["developers"]
    project = {"project": ["road"], "capex": [1.0]}
    shares = study(shares={**own, "project": ["road"]}, projects=project).shares
    assert rows(shares, account="land_sale", role="receives")["share"].tolist() == [1.0, 0.97, 0.03]


def test_a_dropped_row_takes_with_it_what_names_it() -> None:
    without = study(practices={"practice": ["mining"], "drop": [1]})
    assert "mining" not in set(without.practices["practice"]) | set(without.practice_flows["practice"])
    assert len(without.practices) == len(default("practices")) - 1
    assert "drop" not in without.practices
    without = study(zones={"zone": ["400"], "drop": [True]})
    left = set(without.zones["zone"])
    assert left.isdisjoint({"400", "410", "411", "420", "430"})  # sub-zones name their parents
    assert {"300", "310"} <= left
    assert set(without.class_zones["zone"]) <= left
    assert set(without.practices["zone"]) <= left
    assert set(without.practice_flows["practice"]) == set(without.practices["practice"])
    assert not rows(without.practices, practice="residential_low").size
    without = study(land_classes={"land_class": ["0404", "0103"], "drop": [1, 1]})
    assert {"0404", "0103"}.isdisjoint(without.class_flows["land_class"])
    afforestation = rows(without.practices, practice="afforestation")["from_classes"].item()
    assert afforestation == "1204;1205;1206;0307"  # of a list only what is not there goes
    assert not rows(without.practices, practice="homestead_exit").size  # it leads to 0103
    taxed = rows(without.practice_flows, practice="logistics", account="farmland_tax")["where"]
    assert taxed.tolist() == ["land_class=0101|0102"]  # and of the values that a flow looks for
    without = study(class_zones={"land_class": ["0101"], "zone": ["300"], "drop": ["1"]})
    assert not rows(without.class_zones, land_class="0101", zone="300").size


def test_a_dropped_account_leaves_no_trace() -> None:
    without = study(accounts={"account": ["farm_income", "uplift_firms", "property_tax"], "drop": [1, 1, 1]})
    names = set(without.accounts["account"])
    for name, column in (("class_flows", "account"), ("practice_flows", "account"), ("shares", "account")):
        assert set(without.tables[name][column]) <= names, name
    assert rows(without.accounts, account="eco_products")["counterpart_of"].item() == ""
    assert without.capture["capture_tool"].tolist() == ["adjustment_fund", "betterment_levy", "rural_levy"]
    assert rows(without.accounts, account="land_value_tax")["capture_tool"].item() == ""


def test_without_a_tool_its_account_stays() -> None:
    key = {"capture_tool": ["land_value_tax"], "uplift_account": ["uplift_firms"]}
    without = study(capture={**key, "drop": [1]})
    left = ["property_tax", "adjustment_fund", "betterment_levy", "rural_levy"]
    assert without.capture["capture_tool"].tolist() == left
    assert rows(without.accounts, account="land_value_tax")["capture_tool"].item() == ""


def test_who_is_no_longer_there_is_outside() -> None:
    """The part of an actor that a study does without falls to nobody of the study, least of all to the purse."""
    without = study(actors={"actor": ["farmers", "collective"], "drop": [1, 1]})
    income = rows(without.shares, account="farm_income", role="receives").set_index("actor")["share"]
    assert income.to_dict() == pytest.approx({"outside": 0.85, "operators": 0.15})
    assert not {"farmers", "collective"} & set(without.shares["actor"])
    assert rows(without.capture, capture_tool="adjustment_fund")["payer"].item() == ""
    sums = without.shares.groupby(["account", "role", "project"])["share"].sum()
    assert np.allclose(sums, 1.0)


def test_default_rows_give_way_to_what_the_study_says_of_a_tool() -> None:
    own = study(
        accounts={"account": ["our_tax"], "family": ["revenue"], "recurrence": ["one_off"], "cash": [1],
                  "capture_tool": ["land_value_tax"]}
    )  # fmt: skip
    named = own.accounts.set_index("account")["capture_tool"]
    assert (named["our_tax"], named["land_value_tax"]) == ("land_value_tax", "")
    assert rows(own.shares, account="our_tax", role="pays")["actor"].tolist() == ["operators"]
    paid = {"account": ["land_value_tax"] * 2, "role": ["pays"] * 2, "actor": ["residents", "operators"]}
    own = study(shares={**paid, "share": [0.5, 0.5]})
    assert rows(own.capture, capture_tool="land_value_tax")["payer"].item() == ""
    assert len(rows(own.shares, account="land_value_tax", role="pays")) == 2
    tool = {
        "capture_tool": ["land_value_tax"],
        "uplift_account": ["uplift_homes"],
        "rate": [0.1],
        "payer": ["residents"],
    }
    own = study(capture=tool)
    assert rows(own.capture, capture_tool="land_value_tax")["payer"].tolist() == ["residents", ""]
    assert rows(own.shares, account="land_value_tax", role="pays")["actor"].tolist() == ["residents"]


def test_an_own_table_beside_the_defaults_changes_no_default_row() -> None:
    """What default rows name is looked for among all rows, not among the study's own."""
    own = study(accounts={"account": ["water_fee"], "family": ["revenue"], "cash": [1]}, actors={"actor": ["guild"]})
    for name in ("accounts", "capture", "shares", "class_flows"):
        assert len(own.tables[name]) >= len(default(name)), name
    assert rows(own.accounts, account="eco_products")["counterpart_of"].item() == "farm_income"
    assert own.capture["capture_tool"].tolist() == default_ids("capture")
    assert set(default_ids("actors")) < set(own.actors["actor"])


@pytest.mark.parametrize("name", [name for name in DEFAULT_TABLES if "_flows" not in name and name != "class_zones"])
def test_no_row_is_missed(name: str) -> None:
    """Whatever one default row a study drops, nothing is wrong with the others."""
    columns = defaults.group(name)
    for key in dict.fromkeys(defaults.default_keys(name)):
        if key[0] in ("local", *PARCELS["land_class"]):  # the purse, and what the parcels are
            continue
        study(**{name: {**{column: [cell] for column, cell in zip(columns, key, strict=True)}, "drop": [1]}})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nor_are_many(seed: int) -> None:
    draw = random.Random(seed)
    tables = {}
    for name in DEFAULT_TABLES:
        keys = list(dict.fromkeys(defaults.default_keys(name)))
        some = [key for key in draw.sample(keys, draw.randrange(len(keys) + 1)) if key != ("local",)]
        if some:
            tables[name] = pd.DataFrame(some, columns=list(defaults.group(name))).assign(drop=1)
    classes = set(default_ids("land_classes")) - set(
        tables.get("land_classes", pd.DataFrame({"land_class": []}))["land_class"]
    )
    parcels = PARCELS.assign(land_class=(sorted(classes) or ["0101"])[0])
    if classes:
        make_study(SETTINGS, parcels=parcels, **tables)


def test_land_of_its_own() -> None:
    classes = {"land_class": ["0101", "0702", "0301", "0601", "moor"], "class_group": ["arable", "", "forest", "", ""]}
    own = study(land_classes=classes)
    assert own.practices.empty
    assert own.class_zones.empty
    assert own.limits.empty
    assert own.practice_flows.empty  # they are of practices that are not there
    assert len(own.land_classes) == len(default("land_classes")) + 1
    assert len(own.class_flows) == len(default("class_flows"))
    told = own.notes[0]
    assert "practices, class_zones and limits are not in use: the study has land_classes of its own" in told
    assert is_chinese(told)
    listed = study({"defaults": list(DEFAULT_TABLES)}, land_classes=classes)
    assert len(listed.practices) == len(default("practices"))
    assert len(study(zones={"zone": ["100"], "drop": [1]}).practices) > 30  # to drop is not to bring
    assert study(zones={"zone": ["moorland"]}).practices.empty


def test_a_list_of_tables() -> None:
    few = study({"defaults": ["zones", "land_classes"]})
    assert len(few.zones) == 35
    assert few.accounts["account"].str.startswith("project.").all()
    assert few.class_flows.empty
    assert few.notes == ("default rows in use: 35 of zones, 62 of land_classes",)
    shares = study({"defaults": ["zones", "land_classes", "accounts", "shares"]}).shares
    assert len(shares) == len(default("shares"))  # without a table of actors those that are named are all there are
    with pytest.raises(StudyError, match="a row of land_classes"):
        study({"defaults": "none"})
    with pytest.raises(StudyError, match="a row of land_classes"):
        study({"defaults": []})


def test_what_has_no_ground_in_a_study_is_left_out() -> None:
    at_nought = {"rates": {"finance": 0.0}, "finance": {}}
    assert "outside_equity" not in set(study(at_nought).instruments["instrument"])
    assert len(study({"finance": {}}).instruments) == len(default("instruments"))
    without = study(accounts={"account": list(default_ids("accounts")), "drop": 1})
    assert not any(name in set(without.limits["account"]) for name in default_ids("accounts"))


def test_a_purse_that_the_default_shares_do_not_know() -> None:
    told = study({"purse": ["town"]}, actors={"actor": ["town"]}).notes
    assert told[1].startswith("the default shares give the purse nothing: it is town, and they speak of central, ")
    assert is_chinese(told[1], ["town", *default_ids("actors")])


def test_the_way_back(tmp_path: Path) -> None:
    own = study(
        {"finance": {"fiscal_resources": 10, "debt_ratio_cap": {"2026": 1.5}}, "equity": {"fund": "compensation_fund"}},
        practices={"practice": ["mining", "hunting"], "zone": ["700", "530"], "x_note": ["a", ""]},
        actors={"actor": ["farmers"], "drop": [1]},
    )
    write_study(own, tmp_path / "out")
    assert 'defaults = "none"' in (tmp_path / "out" / "study.toml").read_text()
    again = read_study(tmp_path / "out")
    assert again.hash == own.hash
    assert again.notes == ()
    for name, frame in own.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame)
    assert own.replace().hash == own.hash


def test_a_study_does_not_change_the_default_rows() -> None:
    one = study()
    for name in DEFAULT_TABLES:
        for column in one.tables[name].select_dtypes("number"):
            one.tables[name].loc[:, column] = 7.0
    assert study().hash != one.hash
    assert study().class_zones["suitability"].isin([0, 1, 2, 3]).all()


def test_order_of_rows_does_not_matter() -> None:
    table = pd.DataFrame({"practice": ["mining", "solar", "hunting"], "zone": ["", "", "530"], "drop": [1, 1, 0]})
    one, other = (make_study(SETTINGS, parcels=PARCELS, practices=table.iloc[at]) for at in ([0, 1, 2], [2, 1, 0]))
    assert one.hash == other.hash


@pytest.mark.parametrize("change", DEFAULTS.values(), ids=DEFAULTS.keys())
def test_a_fault(tmp_path: Path, change: Change) -> None:
    folder = folder_of(tmp_path / "study")
    (folder / change.file).write_text(change.new, encoding="utf-8")
    told = faults_of(folder)
    told = told[told["must"] != "the column zone is required"]  # beside a key column that is missing
    assert len(told) == 1, told.to_string()
    assert told["where"][0].startswith(change.where)
    assert change.must in told["must"][0]
    assert change.found in told["found"][0]
    assert change.do in told["do"][0]


def test_drop_where_no_defaults_are_in_use() -> None:
    zones = {"zone": ["A"]}
    with pytest.raises(StudyError, match="no default rows of practices"):
        study(zones=zones, practices={"practice": ["mining"], "drop": [1]})
    with pytest.raises(StudyError, match="no default rows of practices"):
        study({"defaults": ["zones", "land_classes"]}, practices={"practice": ["mining"], "drop": [1]})


def test_a_layer_may_have_a_column_of_that_name() -> None:
    shapes = gpd.GeoSeries.from_wkt([f"POLYGON (({i} 0, {i} 1, {i + 1} 1, {i} 0))" for i in range(4)], crs=4544)
    layer = gpd.GeoDataFrame(PARCELS.assign(drop=1), geometry=shapes)
    told = make_study(SETTINGS, parcels=layer).notes
    assert "columns left aside, the study format does not know them: drop" in told[0]
