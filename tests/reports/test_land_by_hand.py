"""Land, farmland, quotas, reasons, programme, fiscal effect, indicators and assumptions, by hand.

p1 is 2026-2027, p2 is 2028-2030, the tail ends in 2032; money is worth 10 % a year.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.reports.audit_studies import ACCOUNTS, BASE, BUILD, FARM, study
from tests.reports.money_studies import deltas
from tests.reports.told import planned
from zonevest.instances.read import make_study
from zonevest.model.options import build_options
from zonevest.model.plan import before_table, nonconforming_table, parcels_table
from zonevest.reports.assumptions import annex, confidence_shares, method, recalled_share
from zonevest.reports.contents import sheets
from zonevest.reports.display import Display
from zonevest.reports.facts import Facts
from zonevest.reports.farmland import farmland_changes, farmland_ledger
from zonevest.reports.fiscal import by_hectare, by_resident
from zonevest.reports.forms import made, named
from zonevest.reports.indicators import statutory_indicators
from zonevest.reports.labels import Words
from zonevest.reports.land_tables import control_lines, main_groups, nonconforming, structure
from zonevest.reports.programme import programme, restoration
from zonevest.reports.quota_tables import quotas
from zonevest.reports.rezoned import rezoned

PARCELS: list[dict[str, Any]] = [
    {**FARM, "jurisdiction": "east", "farmland_quality": 0.5, "tenure": "collective"},
    {**FARM, "parcel_id": "b", "jurisdiction": "west", "area_ha": 4.0, "tenure": "collective"},
    {**FARM, "parcel_id": "c", "jurisdiction": "west", "area_ha": 6.0, "land_class": "wood", "tenure": "state"},
]
PRACTICES = [
    {**BUILD, "mode": "development", "to_tenure": "state", "lead_years": 1, "in_migration": 20.0},
    {"practice": "clear", "zone": "rural", "from_classes": "wood", "to_class": "farm", "mode": "reclamation"},
    {"practice": "plant", "zone": "core", "from_classes": "farm", "to_class": "wood", "mode": "restoration",
     "restoration": 1},
]  # fmt: skip
FLOWS = [
    {"practice": "build", "account": "rent", "basis": "per_ha_year", "value": 0.3, "confidence": "recalled"},
    {"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 0.1, "confidence": "published"},
    {"practice": "plant", "account": "water", "basis": "per_ha_year", "value": 0.2, "confidence": "computed"},
]


def facts(options: dict[str, tuple[str, str]], starts: Any = None, settings: Any = None, **tables: Any) -> Facts:
    given = study(settings, **{"parcels": PARCELS, "practices": PRACTICES, "practice_flows": FLOWS, **tables})
    plan = planned(given, options, starts or {})
    found = build_options(given)
    plan.before, plan.nonconforming = before_table(found), nonconforming_table(found, plan.parcels)
    return Facts(plan)


class TestLand:
    def test_what_a_project_does_is_no_unassigned_land(self) -> None:
        known = facts(
            {"a": ("build", "p1")},
            {"road": "p1", "moor": "p2"},
            projects=[{"project": "road", "category": "infrastructure", "jurisdiction": "west"},
                      {"project": "moor", "category": "ecological_restoration", "jurisdiction": "west"}],
            land_take=[{"project": "road", "land_class": "farm", "area_ha": 1.0}],
        )  # fmt: skip
        wanted = {"farmland_changes", "programme", "restoration"}
        tables = made(known, tuple(sheet for sheet in sheets() if sheet.key in wanted))
        assert {table.sheet.key for table in tables} == wanted
        display = Display(known.study, Words("en"))
        (column,) = {column for table in tables for column in table.columns if column.name == "practice"}
        for table in tables:
            told = pd.Series(named(column, table.frame, display))
            of_project = table.frame["project"] != ""
            assert of_project.any(), table.sheet.key
            assert set(told[of_project]) == {""}, table.sheet.key
            assert "" not in set(told[~of_project])

    def test_taken_land(self) -> None:
        # a project that builds takes 1 of b's 4 ha; one that restores 2 of c's 6
        known = facts(
            {"a": ("build", "p1")},
            {"road": "p1", "moor": "p2"},
            projects=[{"project": "road", "category": "infrastructure", "jurisdiction": "west"},
                      {"project": "moor", "category": "ecological_restoration", "jurisdiction": "west"}],
            land_take=[{"project": "road", "land_class": "farm", "area_ha": 1.0},
                       {"project": "moor", "land_class": "wood", "area_ha": 2.0}],
        )  # fmt: skip
        table = structure(known).set_index(["jurisdiction", "land_class"])
        assert table.loc["total", "after_ha"].to_dict() == {"farm": 3, "wood": 4, "built": 10, "land_take": 3}
        assert table.loc[("west", "farm"), ["before_ha", "before_share", "change_ha"]].tolist() == [4, 0.4, -1]
        groups = main_groups(known).set_index(["jurisdiction", "group"])["after_ha"]
        assert groups["total"].to_dict() == {"arable": 3, "forest": 4, "construction": 11, "land_take": 2}
        # the land of the road is lost in p1 with the mean quality of its site, 1 where nothing is stated
        changes = farmland_changes(known)
        lost = changes[changes["jurisdiction"] == "west"].to_dict("records")
        assert [(row["period"], row["group"], row["project"], row["area_ha"], row["quality_ha"]) for row in lost] == [
            ("p1", "construction", "road", 1, 1)
        ]

    def test_lines(self) -> None:
        zones = [{"zone": "rural"}, {"zone": "town"}, {"zone": "core", "parent": "town"},
                 {"zone": "wild", "line": "redline", "line_rule": "exact"},
                 {"zone": "field", "line": "basic_farmland", "line_rule": "exact"}]  # fmt: skip
        parcels = [
            {**PARCELS[0], "zone": "wild", "redline": "general", "land_class": "built"},  # built inside the red line
            {**PARCELS[1], "zone": "field", "basic_farmland": 1, "land_class": "wood"},  # not arable
            {**PARCELS[2], "zone": "wild", "redline": "core"},
            {**PARCELS[2], "parcel_id": "d", "zone": "rural", "redline": "general"},  # a line asks for another zone
            {**PARCELS[0], "parcel_id": "e", "zone": "town", "land_class": "wood"},  # never suits
            {**PARCELS[0], "parcel_id": "f", "zone": "field", "basic_farmland": 1},
        ]
        suits = [{"land_class": c, "zone": z, "suitability": 2}
                 for c in ("farm", "wood", "built") for z in ("rural", "town", "core", "wild", "field")
                 if (c, z) != ("wood", "town")]  # fmt: skip
        known = facts({}, zones=zones, parcels=parcels, class_zones=suits)
        odd = nonconforming(known).set_index("parcel_id")["nonconforming_why"].to_dict()
        assert odd == {"a": "redline", "b": "basic_farmland", "d": "line", "e": "class"}
        table = control_lines(known).set_index(["line", "jurisdiction"])
        told = ["parcels", "area_ha", "zoned_ha", "conforming_before_ha"]
        assert table.loc[("redline", "total"), told].tolist() == [3, 22, 16, 6]
        assert table.loc[("basic_farmland", "total"), told].tolist() == [2, 14, 14, 10]
        assert table.loc[("redline", "west"), "share"] == pytest.approx(12 / 16)


class TestFarmland:
    def test_ledger(self) -> None:
        # a: 10 ha of quality 0.5 are built on, a year after 2026; c: 6 ha are cleared from 2028 on
        known = facts({"a": ("build", "p1"), "c": ("clear", "p2")})
        table = farmland_ledger(known)
        table = table[table["jurisdiction"] == "total"].set_index("period")
        assert table["opening_ha"].tolist() == [14, 4]
        assert table["lost_ha"].tolist() == [10, 0]
        assert table["gained_ha"].tolist() == [0, 6]
        assert table["closing_ha"].tolist() == [4, 10]
        assert table["closing_quality"].tolist() == [4, 10]
        assert table["balance_quality"].tolist() == [-5, 1]
        assert table.loc["p1", "mean_lost"] == 0.5
        # 4 ha are short in the end, by area
        assert table["kept"].tolist() == [False, False]

    def test_kept_as_the_limits_say(self) -> None:
        # a limit lets 5 ha be lost; quality has no limit of its own, and no say then
        limit = {"limit": "farms", "account": "area.class_group.arable", "sense": ">=", "value": 4.0}
        known = facts({"a": ("build", "p1")}, limits=[limit])
        table = farmland_ledger(known)
        table = table[table["jurisdiction"] == "total"]
        assert table[["kept", "limit"]].to_numpy().tolist() == [[True, "farms"], [True, "farms"]]


def test_quotas() -> None:
    # 2 are there, 3 a year come; what is generated counts a period later; 10 are used in p1
    row = {"quota": "land", "account_used": "area.new_construction", "granted": 3.0, "opening": 2.0, "bank": 1,
           "account_generated": "area.gained.class_group.arable", "available_after": 1, "buy_price": 1.0,
           "buy_max": 9.0}  # fmt: skip
    given = study(parcels=PARCELS, practices=PRACTICES, quotas=[row])
    trade = [{"quota": "land", "jurisdiction": "total", "period": "p1", "bought": 2.5, "sold": 0.0}]
    plan = planned(given, {"a": ("build", "p1"), "c": ("clear", "p1")}, {}, quota_trade=trade)
    table = quotas(Facts(plan))
    whole = table[table["jurisdiction"] == "total"].set_index("period")
    assert whole["opening"].tolist() == [2, 0.5]
    assert whole["closing"].tolist() == pytest.approx([2 + 6 + 2.5 - 10, 0.5 + 9 + 6])
    assert whole["generated"].tolist() == [6, 0]
    assert whole["available"].tolist() == [0, 6]
    assert table.set_index(["jurisdiction", "period"]).loc[("east", "p1"), "used"] == 10
    # the audit's balance is the same
    rows = plan.limits[plan.limits["limit"] == "quota.land"].set_index("period")["value"]
    assert rows.to_dict() == pytest.approx(whole["closing"].to_dict())


class TestReasons:
    """10 ha of a are built on: 0.3 a year from 2027 on, 0.1 once."""

    def told(self, prices: dict[str, float] | None = None, **tables: Any) -> dict[str, Any]:
        known = facts({"a": ("build", "p1")}, tables.pop("starts", None), **tables)
        rows = known.plan.limits
        rows["shadow_price"] = rows["limit"].map(prices or {}).astype(float)
        (row,) = rezoned(known).to_dict("records")
        return row

    def test_value(self) -> None:
        row = self.told()
        # recurring from 2027 to the end of the tail; 1 in 2026 as its interest for good, in the same years
        assert row["cash"] == pytest.approx(3 * deltas(2027) - 1 * 0.1 * deltas(2027))
        assert (row["reason"], row["zone_before"], row["zone"]) == ("value", "rural", "town")
        assert row["objective"] == row["cash"]

    def test_mandated(self) -> None:
        locked = [{**PARCELS[0], "locked_practice": "build"}, *PARCELS[1:]]
        assert self.told(parcels=locked)["reason"] == "mandated"

    def test_project(self) -> None:
        row = self.told(
            projects=[{"project": "yard", "footprint": "a", "footprint_zones": "town"}], starts={"yard": "p1"}
        )
        assert (row["reason"], row["project"]) == ("project", "yard")
        assert self.told(projects=[{"project": "yard", "footprint": "a"}])["reason"] == "value"  # it is not built

    def test_limit(self) -> None:
        # dear building that a floor on built land asks for: each of 10 ha is worth 0.7 to it
        flows = [{"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 2.0}]
        limit = [{"limit": "homes", "account": "area.class.built", "period": "last", "sense": ">=", "value": 10.0},
                 {"limit": "cap", "account": "area.new_construction", "period": "total", "sense": "<=",
                  "value": 10.0}]  # fmt: skip
        row = self.told({"homes": -0.7, "cap": 0.2}, practice_flows=flows, limits=limit)
        assert row["objective"] < 0
        assert (row["reason"], row["limit"], row["limit_worth"]) == ("limit", "homes", pytest.approx(7))
        assert self.told(practice_flows=flows, limits=limit)["reason"] == "joint"

    def test_share_of(self) -> None:
        # built land at least half of the farms that are left: 10 more of the one, 10 fewer of the other
        flows = [{"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 2.0}]
        limit = {"limit": "homes", "account": "area.class.built", "period": "last", "sense": ">=", "value": 0.5,
                 "basis": "share_of:area.class.farm"}  # fmt: skip
        row = self.told({"homes": -0.1}, practice_flows=flows, limits=[limit])
        assert row["limit_worth"] == pytest.approx(0.1 * (10 + 0.5 * 10))


def test_programme() -> None:
    known = facts({"a": ("build", "p1"), "b": ("plant", "p2")})
    table = programme(known)
    rows = table[table["jurisdiction"] == "total"].set_index("item")
    # the lead of a year: in 2027, in p1; both of the conversion and of the change of owner
    assert rows.loc["conversion", ["period", "group", "area_ha", "year_ha"]].tolist() == ["p1", "arable", 10, 5]
    assert rows.loc["acquisition", ["period", "land_class", "area_ha"]].tolist() == ["p1", "farm", 10]
    assert rows.loc["supply", ["way", "land_class"]].tolist() == ["allocated", "built"]
    sold = [*FLOWS, {"practice": "build", "account": "sale", "basis": "per_ha_once", "value": 1.0}]
    table = programme(facts({"a": ("build", "p1")}, practice_flows=sold))
    assert set(table.loc[table["item"] == "supply", "way"]) == {"sold"}
    (row,) = restoration(known).to_dict("records")
    assert (row["practice"], row["start"], row["parcels"], row["area_ha"], row["outlay"]) == ("plant", "p2", 1, 4, 0)


def test_fiscal() -> None:
    known = facts({"a": ("build", "p1")})
    built = by_hectare(known).set_index("land_class").loc["built"]
    assert built[["area_ha", "changed_ha", "revenue", "revenue_per_ha", "cost"]].tolist() == pytest.approx(
        [10, 10, 3, 0.3, 0]
    )
    assert built["gain"] == pytest.approx((3 - 0.1) * deltas(2027))
    whole = by_resident(known).set_index("practice").loc["total"]
    # 200 people; 3 million a year are 15,000 a head, 1 million once 5,000
    assert whole[["new_people", "net", "net_per_head", "once_per_head"]].tolist() == pytest.approx(
        [200, 3, 15_000, -5_000]
    )


def test_indicators() -> None:
    limit = {
        "limit": "farms",
        "account": "area.class_group.arable",
        "sense": ">=",
        "value": 0.25,
        "basis": "share_of_start",
    }
    wish = {"limit": "woods", "account": "area.class_group.forest", "sense": ">=", "value": 20.0, "kind": "soft",
            "penalty": 1.0, "period": "last"}  # fmt: skip
    known = facts({"a": ("build", "p1"), "b": ("plant", "p2")}, limits=[limit, wish])
    table = statutory_indicators(known).set_index("indicator")
    assert (table["base_year"].iloc[0], table["near_year"].iloc[0], table["target_year"].iloc[0]) == (2026, 2030, 2030)
    arable = table.loc["area.class_group.arable"]
    assert arable[["base", "target_value", "target_asked"]].tolist() == [14, 0, 3.5]
    assert arable[["binding", "sense", "met", "limit"]].tolist() == ["binding", ">=", False, "farms"]
    forest = table.loc["area.class_group.forest"]
    assert forest[["binding", "base", "target_value", "target_asked"]].tolist() == ["expected", 6, 10, 20]
    assert table.loc["area.new_construction", ["target_value"]].tolist() == [10]
    assert table.loc["indicator.forest_cover", ["base", "target_value"]].tolist() == [30, 50]
    # water: 0.2 on 4 ha in p2
    assert table.loc["indicator.ecosystem", "target_value"] == pytest.approx(0.8)


class TestAssumptions:
    def test_shares(self) -> None:
        known = facts({"a": ("build", "p1"), "b": ("plant", "p2")}, settings={
            "objective": {"method": "weighted", "cash": 1.0}})  # fmt: skip
        table = confidence_shares(known)
        gain = table[table["over"] == "gain"].set_index(["measure", "certainty"])["share"]
        # 3 a year against 0.1 a year, in the same years
        assert gain["F1"].to_dict() == pytest.approx({"K": 3 / 3.1, "V": 0.1 / 3.1})
        assert gain["F2"].to_dict() == {"C": 1}
        assert recalled_share(known) == pytest.approx({"F1": 3 / 3.1, "F2": 0})

    def test_used(self) -> None:
        unused = {"practice": "clear", "account": "cost", "basis": "per_ha_once", "value": 1.0, "source": "none"}
        known = facts({"a": ("build", "p1")}, practice_flows=[*FLOWS, unused])
        table = annex(known)
        flows = table[table["table"] == "practice_flows"]
        assert flows["what"].tolist() == ["build/rent", "build/cost"]
        assert flows["cash"].tolist() == pytest.approx([3 * deltas(2027), -0.1 * deltas(2027)])
        assert set(table["origin"]) == {"study"}
        assert table[table["table"] == "practices"]["what"].tolist() == ["build"]

    def test_defaults_are_told_from_the_study_s(self) -> None:
        field = {"parcel_id": "a", "land_class": "0101", "zone": "520", "area_ha": 10.0}
        periods = [{"name": "p1", "start": 2026, "years": 2}]
        given = make_study({"name": "field", "periods": periods}, parcels=pd.DataFrame([field]))
        flows = given.class_flows
        # the same source, and half as much again
        given = given.replace(class_flows=flows[flows["land_class"] == "0101"].assign(value=lambda t: t["value"] * 1.5))
        known = Facts(_held(given))
        table = annex(known)
        assert set(table.loc[table["table"] == "class_flows", "origin"]) == {"study"}
        rows = table[table["table"] == "land_classes"]
        assert set(rows["origin"]) == {"default"}
        assert (rows["stated_in"] != "").all()
        assert set(rows["certainty"]) == {"V"}

    def test_method(self) -> None:
        known = facts({})
        known.plan.versions, known.plan.bound, known.plan.seed = {"zonevest": "1.2"}, 5.0, 7
        table = method(known).set_index("item")
        assert table.loc["version", "code"] == "zonevest 1.2"
        assert table.loc["bound", "value"] == 5
        assert table.loc["seed", "value"] == 7
        assert table.loc["rate_finance", ["value", "unit"]].tolist() == [10, "percent"]


def _held(given: Any) -> Any:
    """Doing nothing as a plan."""
    import numpy as np

    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

    held = Ledger(build_options(given)).held
    parcels = parcels_table(held, np.ones(len(given.parcels)))
    projects = pd.DataFrame({"project": given.projects["project"], "start": "", "capex": 0.0})
    ledger = held.table(np.ones(len(given.parcels)), np.zeros((len(given.projects), len(given.periods))))
    return PlanData(given, "feasible", has_plan=True, parcels=parcels, projects=projects, ledger=ledger, cash=0.0)


class TestLittle:
    """Studies that lack this or that: every table has its columns."""

    @pytest.mark.parametrize("lacking", ["parcels", "everything", "classes"])
    def test_tables(self, lacking: str) -> None:
        tables: dict[str, Any] = {"accounts": pd.DataFrame(list(ACCOUNTS))}
        if lacking == "parcels":
            tables["projects"] = pd.DataFrame(
                [{"project": "road", "capex": 2.0, "annual_revenue": 1.0, "life_years": 9}]
            )
        elif lacking == "classes":
            tables["parcels"] = pd.DataFrame([{"parcel_id": "a", "land_class": "bog", "zone": "one", "area_ha": 2.0}])
            tables["zones"], tables["land_classes"] = (
                pd.DataFrame([{"zone": "one"}]),
                pd.DataFrame([{"land_class": "bog"}]),
            )
        settings = {"name": "little", "defaults": "none", "periods": [{"name": "p1", "start": 2026, "years": 2}]}
        given = make_study(settings, **tables)
        known = planned(given, {}, {"road": "p1"} if lacking == "parcels" else {})
        facts_ = Facts(known)
        for sheet in sheets():
            frame = sheet.make(facts_)
            assert [column.name for column in sheet.shown(frame)] == list(frame.columns), sheet.key


def test_base_is_what_it_was() -> None:
    # these tests speak of the classes and zones of the audit's studies
    assert [row["land_class"] for row in BASE["land_classes"]] == ["farm", "orchard", "wood", "built"]
