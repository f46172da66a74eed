"""A sound study with all that a study may hold: what it becomes, and the way back into a folder."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.chinese import is_chinese
from tests.instances.faults_whole import BUDGETS, PLACES, PROJECTS, STEPS
from tests.instances.studies import faults_of, write_base
from tests.instances.whole_study import WHOLE
from zonevest.instances.read import make_study, read_study
from zonevest.instances.schema import RESOURCES
from zonevest.instances.study import Study, StudyError, places
from zonevest.instances.write import write_study

TABLES = ("budgets", "budget_transfers", "set_asides", "price_steps", "synergies")
FRAMES = {
    name.removesuffix(".csv"): pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    for name, text in WHOLE.items()
    if name.endswith(".csv")
}
NAKED = {"format": 1, "name": "naked", "defaults": "none", "periods": [{"name": "a", "start": 2026, "years": 2}]}
SETTINGS: dict[str, Any] = {
    key: value for key, value in tomllib.loads(WHOLE["study.toml"]).items() if key not in ("format", "parcels")
}


@pytest.fixture
def whole(tmp_path: Path) -> Study:
    return read_study(write_base(tmp_path / "whole", base=WHOLE))


def test_what_it_becomes(whole: Study) -> None:
    assert whole.budgets["borrower"].tolist() == ["government", "government", "enterprise"]
    assert whole.budgets["opening_cash"].isna().tolist() == [False, True, False]
    assert whole.budget_transfers[["from", "to"]].to_numpy().tolist() == [["general", "fund"], ["fund", "general"]]
    assert whole.budget_transfers["cap"].isna().tolist() == [False, True]
    assert whole.set_asides["share"].tolist() == [0.1, 0.3, 0.5]
    assert whole.price_steps["period"].tolist() == ["", "", "2026", "2027-2031", "", ""]
    assert whole.synergies["with"].tolist() == ["park", "hall", "road"]
    projects = whole.projects.set_index("project")
    assert projects["deliverability"].tolist() == [1.0, 0.9, 0.5]  # blank: what is promised
    assert projects["hurdle"].isna().tolist() == [True, False, True]
    assert projects["budget"].tolist() == ["", "fund", ""]
    assert whole.practices["in_migration"].tolist() == [0.0, 0.0]
    finance = whole.settings.finance
    assert finance is not None
    assert (finance.eod_eco_share, finance.hurdle) == (0.3, {"infrastructure": 0.05, "livelihood": 0.06})
    assert finance.off() == ["transfers"]
    assert whole.notes == ()
    assert len(whole.warnings) == 1  # sale is booked by its flow row and by the steps
    assert "both count" in whole.warnings["must"][0]


def test_the_way_back(whole: Study, tmp_path: Path) -> None:
    moving = whole.replace(practices=whole.practices.assign(in_migration=[80.0, 0.0]))
    write_study(moving, tmp_path / "out")
    again = read_study(tmp_path / "out")
    assert again.settings == moving.settings
    assert again.hash == moving.hash != whole.hash
    for name, frame in moving.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame)
    assert make_study(SETTINGS, **FRAMES).hash == whole.replace().hash == whole.hash
    toml = tomllib.loads((tmp_path / "out" / "study.toml").read_text())
    assert toml["finance"]["hurdle"] == {"infrastructure": 0.05, "livelihood": 0.06}
    assert toml["finance"]["eod_eco_share"] == 0.3


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("budgets", "reserve", 1.0),
        ("budget_transfers", "cap", 3.0),
        ("set_asides", "share", 0.2),
        ("price_steps", "price", 0.0),
        ("synergies", "value", 0.5),
        ("projects", "deliverability", 0.4),
        ("projects", "hurdle", 0.1),
        ("projects", "budget", "fund"),
        ("practices", "in_migration", -3.0),
    ],
)
def test_each_is_a_part_of_the_study(whole: Study, table: str, column: str, value: object) -> None:
    changed = whole.replace(**{table: whole.tables[table].assign(**{column: value})})
    assert changed.tables[table][column].tolist() == [value] * len(whole.tables[table])
    assert changed.hash != whole.hash


def test_they_may_be_taken_out(whole: Study) -> None:
    limits = whole.limits[whole.limits["limit"] != "n2"]
    projects = whole.projects.assign(budget="")
    bare = whole.replace(**dict.fromkeys(TABLES), limits=limits, projects=projects)
    assert [len(bare.tables[name]) for name in TABLES] == [0] * 5
    # without a table of budgets the three names are known, and finance.cash.<budget> is not
    assert bare.accounts["budget"].tolist()[:2] == ["general", "fund"]
    with pytest.raises(StudyError, match=r"finance\.cash\.fund"):
        whole.replace(**dict.fromkeys(TABLES), projects=projects)


def test_overrides(tmp_path: Path) -> None:
    changes = {"finance.hurdle.industry": "0.07", "finance.eod_eco_share": "0.1"}
    finance = read_study(write_base(tmp_path / "whole", base=WHOLE), changes).settings.finance
    assert finance is not None
    assert finance.hurdle["industry"] == 0.07
    assert finance.eod_eco_share == 0.1


def test_assets_may_be_limited_and_weighed(whole: Study) -> None:
    names = [f"asset.{resource}{owner}" for resource in RESOURCES for owner in ("", ".state", ".collective")]
    assert len(names) == 24
    weights = {**dict.fromkeys(names, 0.1), "finance.cash.enterprise": 1.0}
    assert dict(whole.replace(settings={"objective": {"accounts": weights}}).settings.objective.accounts) == weights


def test_people_who_may_come_are_heads(whole: Study) -> None:
    nobody = whole.jurisdictions.assign(population=[100.0, float("nan")])
    with pytest.raises(StudyError, match="nobody in west"):
        whole.replace(jurisdictions=nobody)
    coming = whole.practices.assign(in_migration=[80.0, 0.0])
    assert len(whole.replace(jurisdictions=nobody, practices=coming).practices) == 2


def test_places() -> None:
    functions = {"a": "farms", "b": "town", "c": "farms", "d": ""}
    assert places("each", functions) == ["a", "b", "c", "d"]
    assert places("main_function:farms", functions) == ["a", "c"]
    assert places("main_function:town", functions) == ["b"]
    assert places("b", functions) == ["b"]
    assert places("", functions) == [""]


def test_steps_where_jurisdictions_follow_from_the_tables() -> None:
    frames = {name: frame for name, frame in FRAMES.items() if name != "jurisdictions"}
    frames["parcels"] = frames["parcels"].assign(population=10)
    frames["limits"] = frames["limits"][~frames["limits"]["jurisdiction"].str.startswith("main_function:")]
    assert len(make_study(SETTINGS, **frames).price_steps) == 6
    frames["price_steps"] = frames["price_steps"].replace({"jurisdiction": {"east": "north"}})
    with pytest.raises(StudyError, match="a jurisdiction of the study") as caught:
        make_study(SETTINGS, **frames)
    assert caught.value.faults["found"].tolist() == ["'north' (sale), 'north' (sale)"]


def test_whose_interest_is_compared(whole: Study) -> None:
    """An enterprise's bonds are in neither share; a budget without a name of its own is the main one."""
    shares = ("interest_share_fund", "interest_share_general")

    def notes(budgets: list[str], borrower: str = "government") -> list[str]:
        # rows of instruments: a general bond, a special bond, one that refinances, a loan, a grant, equity
        instruments = whole.instruments.assign(budget=[*budgets, "enterprise", "general", "enterprise"])
        of = whole.budgets.assign(borrower=["government", borrower, "enterprise"])
        projects = whole.projects.assign(instruments="")
        told = whole.replace(instruments=instruments, budgets=of, projects=projects).notes
        assert all(is_chinese(each, ("sale", "build")) for each in told)
        return [key for key in shares if any(key in each for each in told)]

    assert notes(["general", "fund", "general"]) == notes(["", "fund", ""]) == []
    assert notes(["general", "general", ""]) == ["interest_share_fund"]
    assert notes(["fund", "fund", "enterprise"]) == ["interest_share_general"]
    assert notes(["general", "fund", "general"], borrower="enterprise") == ["interest_share_fund"]


def test_faults_are_told_together(tmp_path: Path) -> None:
    picked = [
        BUDGETS["opening cash twice"],
        BUDGETS["budget of an account"],
        BUDGETS["budget of a project"],
        BUDGETS["transfer to itself"],
        BUDGETS["set aside of a cost"],
        BUDGETS["more than all"],
        STEPS["no hectares"],
        STEPS["the more, the cheaper"],
        STEPS["no period"],
        PROJECTS["synergy both ways"],
        PROJECTS["synergy in a stock"],
        PROJECTS["hurdle of no category"],
        PLACES["main function"],
        PLACES["assets of whom"],
    ]
    faults = faults_of(write_base(tmp_path / "study", picked, WHOLE))
    for change in picked:
        told = faults[faults["where"].str.startswith(change.where)]
        assert any(change.must in row.must and change.found in row.found for row in told.itertuples()), change
    assert len(faults) == len(picked), faults.to_string()


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_concluded_from_a_table_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    folder = write_base(tmp_path / "study", base=WHOLE)
    (folder / f"{name}.csv").write_text("a;b\n1;2\n")
    assert faults_of(folder)["where"].tolist() == [f"{name}.csv"]


def test_a_slope_that_is_nowhere() -> None:
    steep = {"practice": "terrace", "zone": "a", "min_slope_class": 4, "max_slope_class": 2}
    tables = {"zones": pd.DataFrame({"zone": ["a"]}), "land_classes": pd.DataFrame({"land_class": ["f"]})}
    with pytest.raises(StudyError, match="min_slope_class is not above max_slope_class") as told:
        make_study(NAKED, practices=pd.DataFrame([steep]), **tables)
    assert told.value.faults["found"].tolist() == ["4 > 2 (terrace)"]


def test_a_title_that_is_needed_and_cleared() -> None:
    both = {"practice": "entry", "zone": "a", "needs_title": 1, "clears_title": 1}
    tables = {"zones": pd.DataFrame({"zone": ["a"]}), "land_classes": pd.DataFrame({"land_class": ["f"]})}
    with pytest.raises(StudyError, match="a practice that clears the title does not need one") as told:
        make_study(NAKED, practices=pd.DataFrame([both, {**both, "practice": "other", "clears_title": 0}]), **tables)
    assert told.value.faults["where"].tolist() == ["the table practices, position 0, column clears_title"]


def test_a_synergy_that_never_comes() -> None:
    projects = pd.DataFrame([{"project": name, "capex": 1.0, "exclusive_set": "site"} for name in ("inn", "mill")])
    pair = pd.DataFrame([{"project": "inn", "with": "mill", "account": "project.revenue", "value": 1.0}])
    with pytest.raises(StudyError, match="not of one exclusive_set"):
        make_study(NAKED, projects=projects, synergies=pair)
    assert len(make_study(NAKED, projects=projects.assign(exclusive_set=""), synergies=pair).synergies) == 1


def test_what_is_sold_twice_is_said() -> None:
    tables = {
        "zones": pd.DataFrame({"zone": ["a"]}),
        "land_classes": pd.DataFrame({"land_class": ["f"]}),
        "practices": pd.DataFrame({"practice": ["lot"], "zone": ["a"]}),
        "accounts": pd.DataFrame([{"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1}]),
        "price_steps": pd.DataFrame(
            [{"account": "sale", "area_account": "area.new.practice.lot", "up_to": 5, "factor": 1, "price": 2}]
        ),
    }
    flows = pd.DataFrame([{"practice": "lot", "account": "sale", "basis": "per_ha_once", "value": 2.0}])
    assert make_study(NAKED, **tables).warnings.empty
    told = make_study(NAKED, practice_flows=flows, **tables).warnings
    assert told["found"].tolist() == ["sale of lot"]


@pytest.mark.parametrize(("tenure", "told"), [("", 1), ("state", 0)])
def test_land_without_tenure_is_told_where_tenures_count(tenure: str, told: int) -> None:
    study = make_study(
        NAKED,
        parcels=pd.DataFrame({"parcel_id": ["A", "B"], "land_class": "f", "area_ha": 1.0, "tenure": ["state", tenure]}),
        zones=pd.DataFrame({"zone": ["a"]}),
        land_classes=pd.DataFrame({"land_class": ["f"], "resource": ["forest"]}),
        limits=pd.DataFrame([{"limit": "kept", "account": "asset.forest.state", "sense": ">=", "value": 0.0}]),
    )
    assert study.warnings["found"].tolist() == ["no tenure: B"] * told
