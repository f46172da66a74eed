"""What leaves with land that projects take without a drawn site, against numbers worked out by hand.

p1 is 2026-2027, p2 2028-2030, the tail 2031-2032; money is worth 10 %.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows, cell, cells, evaluate, listed, rules, study
from tests.reports.money_studies import ACTORS, delta, deltas
from tests.reports.test_audit_money import WORKS, budget, plan
from tests.reports.told import planned
from zonevest.instances.study import Study
from zonevest.model.booked import books
from zonevest.reports.audit import Evaluation, Evaluator
from zonevest.reports.audit_told import told
from zonevest.reports.cash_flow import cash_flow

ROAD: dict[str, Any] = {"project": "road", "category": "infrastructure", "jurisdiction": "east", "build_years": 1}
SITE: Rows = [
    {**FARM, "jurisdiction": "east"},
    {**FARM, "parcel_id": "b", "area_ha": 30.0, "jurisdiction": "east"},
    {**FARM, "parcel_id": "c", "area_ha": 20.0, "jurisdiction": "east", "land_class": "wood"},
    {**FARM, "parcel_id": "d", "area_ha": 50.0, "jurisdiction": "west"},
]
"""40 hectares of farm land in the east, and what is not of the site: woods, and the west."""


def take(area: float, **more: Any) -> dict[str, Any]:
    return {"project": "road", "land_class": "farm", "jurisdiction": "east", "area_ha": area, **more}


def by_hectare(account: str, value: float, **more: Any) -> dict[str, Any]:
    return {"land_class": "farm", "account": account, "basis": "per_ha_year", "value": value, **more}


def of_parcel(parcel: str, account: str, value: float, **more: Any) -> dict[str, Any]:
    return {"parcel_id": parcel, "account": account, "basis": "per_year", "value": value, **more}


def taken(start: str, *takes: dict[str, Any], settings: dict[str, Any] | None = None, **tables: Any) -> Evaluation:
    """A road that starts and takes land, everything else held."""
    given = study(settings, **{"parcels": SITE, "projects": [ROAD], "land_take": takes, **tables})
    found = evaluate(given, projects={"road": start})
    if not given.limits.size:
        assert found.ok, found.breaches
    return found


class TestFlows:
    def test_rows_of_the_class_grow_on(self) -> None:
        accounts = [{**row, "growth": 0.1} if row["account"] == "rent" else row for row in ACCOUNTS]
        found = taken("p2", take(8.0), accounts=accounts, class_flows=[by_hectare("rent", 0.2)])
        # 90 ha of farm, 8 of them leave in 2028; 2028 is at 1.1^2
        later = (1.1**2 + 1.1**3 + 1.1**4) / 3
        assert cells(found, "rent") == pytest.approx((18 * 1.05, 16.4 * later))
        assert cells(found, "rent", "east") == pytest.approx((8 * 1.05, 6.4 * later))
        assert cells(found, "rent", "west") == pytest.approx((10 * 1.05, 10 * later))
        assert (
            cells(found, "money.revenue", "east")
            == cells(found, "money.operating", "east")
            == cells(found, "rent", "east")
        )
        # growth is the rate: every year is worth 1 / 1.1, 2026-2032 and from 2028 on
        assert found.cash == pytest.approx((7 * 18 - 5 * 1.6) / 1.1)
        assert found.doing_nothing["cash"] == pytest.approx(7 * 18 / 1.1)
        assert cell(found, "gain.actor.local", "total", "east") == pytest.approx(-5 * 1.6 / 1.1)
        assert cell(found, "gain.actor.local", "total", "west") == pytest.approx(0)

    def test_rows_of_parcels_are_those_of_the_mean_hectare(self) -> None:
        flows = [
            of_parcel("a", "rent", 4.0, start_year=3, ramp_years=4),  # from 2029: 1/4, 2/4, in the tail all
            of_parcel("b", "rent", 2.0, life_years=2, zone="rural"),  # 2026 and 2027
            of_parcel("a", "rent", 90.0, practice="build"),
            of_parcel("a", "rent", 90.0, zone="town"),
            of_parcel("c", "rent", 0.8),
            {**of_parcel("b", "sale", 90.0), "basis": "once"},
        ]
        zone = [{"zone": "rural", "account": "rent", "basis": "per_ha_year", "value": 0.01}]
        found = taken("p1", take(6.0), parcel_flows=flows, zone_flows=zone)
        # 6 of 40 ha: 0.85 of what they bring stays; rows of the zone and of woods stay whole
        rest = 0.8 + 110 * 0.01
        assert cells(found, "rent") == pytest.approx((0.85 * 2 + rest, 0.85 * 4 * (0.25 + 0.5) / 3 + rest))
        ramp = 0.25 * delta(2029) + 0.5 * delta(2030) + deltas(2031, 2032)
        assert found.cash == pytest.approx(0.85 * (2 * deltas(2026, 2027) + 4 * ramp) + rest * deltas(2026, 2032))
        assert cells(found, "area.zone.rural") == (110, 110)
        # what has ended by the start does not leave again
        found = taken("p2", take(6.0), parcel_flows=flows[1:2])
        assert cells(found, "rent") == pytest.approx((2, 0))
        assert found.cash == pytest.approx(2 * deltas(2026, 2027))

    def test_where_scale_and_condition(self) -> None:
        parcels = [{**SITE[0], "condition": 0.5, "x_wells": 3.0}, {**SITE[1], "tenure": "state", "x_wells": 0.0}]
        flows = [
            by_hectare("water", 0.4),
            by_hectare("rent", 0.1, where="tenure=state"),
            {**by_hectare("waste", 2.0), "basis": "per_year", "scale_by": "x_wells"},
            by_hectare("trees", 5.0),
        ]
        found = taken("p2", take(8.0), parcels=parcels, class_flows=flows, settings={"rates": SOCIAL})
        # a fifth leaves of 0.4 x (5 + 30), of 0.1 x 30, of 2 x 3, and of a stock of 5 x 40
        assert cells(found, "water") == pytest.approx((14, 11.2))
        assert cells(found, "rent") == pytest.approx((3, 2.4))
        assert cells(found, "waste") == pytest.approx((6, 4.8))
        assert cells(found, "trees") == pytest.approx((200, 160))
        worth = 14 * deltas(2026, 2027, 0.05) + 11.2 * deltas(2028, 2032, 0.05)
        assert found.ecosystem == pytest.approx(worth)

    def test_decay_goes_on_from_the_first_year(self) -> None:
        found = taken("p2", take(8.0), parcels=SITE[:2], class_flows=[by_hectare("rent", 0.25, decay=0.2)])
        # 10 in 2026; what 8 ha bring in 2028 is 2 x 0.8^2
        left = [10, 8, *(8 * 0.8**n for n in range(2, 7))]
        assert cells(found, "rent") == pytest.approx((9, sum(left[2:5]) / 3))
        assert found.cash == pytest.approx(sum(each * delta(2026 + n) for n, each in enumerate(left)))

    def test_a_place_without_such_land_brings_nothing(self) -> None:
        # farm land of the east is made of woods in 2026: today there is none, and the mean hectare of none is nothing
        given = study(
            parcels=[SITE[2], SITE[3]], projects=[ROAD], land_take=[take(5.0)], class_flows=[by_hectare("rent", 0.2)],
            practices=[{"practice": "plant", "zone": "core", "to_class": "farm"}],
        )  # fmt: skip
        found = evaluate(given, {"c": ("plant", "p1")}, {"road": "p1"})
        assert cells(found, "area.class.farm", "east") == (15, 15)
        assert cells(found, "rent", "east") == (4, 4)
        assert cells(found, "quality.arable", "east") == (20, 20)


SOCIAL = {"finance": 0.1, "social": 0.05, "tail_years": 2}


class TestSite:
    @pytest.mark.parametrize(
        ("redline", "basic", "mean"),
        [
            ("no", 0, 1 / 10),
            ("general", 0, (1 + 9) / 40),
            ("core", 0, (1 + 9 + 16) / 80),
            ("no", 1, (1 + 4) / 30),
            ("core", 1, 30 / 100),
        ],
    )
    def test_lines_that_a_project_does_not_admit(self, redline: str, basic: int, mean: float) -> None:
        lines = [{}, {"basic_farmland": 1}, {"redline": "general"}, {"redline": "core"}]
        parcels = [
            {"redline": "0", **FARM, "parcel_id": str(k), "area_ha": 10.0 * k, "jurisdiction": "east", **line}
            for k, line in enumerate(lines, start=1)
        ]
        flows = [of_parcel(str(k), "rent", float(k * k)) for k in (1, 2, 3, 4)]
        road = {**ROAD, "redline_ok": redline, "basic_farmland_ok": basic}
        found = taken("p2", take(5.0), parcels=parcels, parcel_flows=flows, projects=[road])
        assert cells(found, "rent", "east") == pytest.approx((30, 30 - 5 * mean))

    @pytest.mark.parametrize(
        ("home", "place", "mean", "booked"),
        [
            ("west", "east", 0.1, "east"),
            ("west", "", 0.5, "west"),
            ("", "east", 0.1, "east"),
            ("", "", 0.42, ""),  # of everywhere: 4 + 0 + 25 + 1 of 60 ha and 10 of no jurisdiction
        ],
    )
    def test_place_of_the_row_or_of_the_project(self, home: str, place: str, mean: float, booked: str) -> None:
        parcels = [*SITE[:2], SITE[3], {**FARM, "parcel_id": "e"}]
        flows = [of_parcel("a", "rent", 4.0), of_parcel("d", "rent", 25.0), of_parcel("e", "rent", 13.0)]
        road = {**ROAD, "jurisdiction": home}
        found = taken("p1", take(5.0, jurisdiction=place), parcels=parcels, parcel_flows=flows, projects=[road])
        lost = {name: 5 * mean if name in ("total", booked) else 0.0 for name in ("total", "east", "west")}
        assert cells(found, "rent") == pytest.approx([42 - lost["total"]] * 2)
        assert cells(found, "rent", "east") == pytest.approx([4 - lost["east"]] * 2)
        assert cells(found, "rent", "west") == pytest.approx([25 - lost["west"]] * 2)
        assert found.cash == pytest.approx((42 - lost["total"]) * deltas(2026, 2032))

    def test_quality(self) -> None:
        parcels = [{**SITE[0], "farmland_quality": 0.5}, SITE[1], {**SITE[2], "farmland_quality": 0.9}]
        takes = [take(8.0), take(3.0, land_class="wood")]
        found = taken("p2", *takes, parcels=parcels)
        # (10 x 0.5 + 30) / 40 a hectare; woods have none
        assert cells(found, "quality.arable", "east") == pytest.approx((35, 28))
        assert cells(found, "quality.lost.arable", "east") == pytest.approx((0, 7))
        assert cell(found, "quality.lost.arable", "p2") == pytest.approx(7)


class TestAssets:
    def test_value_by_tenure(self) -> None:
        accounts = [{**row, "growth": 0.1} if row["account"] == "water" else row for row in ACCOUNTS]
        parcels = [
            {**SITE[0], "tenure": "state"},
            {**SITE[1], "tenure": "collective"},
            {**SITE[2], "land_class": "farm", "national_park": 1},
        ]
        zone = [{"zone": "rural", "account": "water", "basis": "per_ha_year", "value": 0.01}]
        found = taken(
            "p2", take(6.0), parcels=parcels, accounts=accounts, zone_flows=zone, settings={"rates": SOCIAL},
            class_flows=[by_hectare("water", 0.03)], parcel_flows=[of_parcel("b", "water", 0.6)],
        )  # fmt: skip
        before, after = 1.1 / 0.05, 1.1**4 / 0.05
        # 60 ha bring 1.8 + 0.6: 0.04 the mean hectare, of it 0.3 / 60 from state land and 1.5 / 60 from collective land
        assert cells(found, "asset.land") == pytest.approx((2.2 * before, (2.2 - 0.24) * after))
        assert cells(found, "asset.land.state") == pytest.approx((0.4 * before, (0.4 - 0.03) * after))
        assert cells(found, "asset.land.collective", "east") == pytest.approx((1.8 * before, (1.8 - 0.15) * after))
        assert cells(found, "asset.national_park") == pytest.approx((0.8 * before, 0.8 * after))
        assert cells(found, "water") == pytest.approx((3 * 1.05, 2.76 * (1.1**2 + 1.1**3 + 1.1**4) / 3))

    def test_only_ecosystem_and_only_where_there_is_a_resource(self) -> None:
        town = [{**row, "land_class": "built"} for row in SITE[:2]]
        flows = [{**by_hectare(name, 0.1), "land_class": "built"} for name in ("water", "rent")]
        found = taken("p1", take(8.0, land_class="built"), parcels=town, class_flows=flows, settings={"rates": SOCIAL})
        assert cells(found, "water") == pytest.approx((3.2, 3.2))
        assets = found.ledger[found.ledger["account"].str.startswith("asset.")]
        assert (assets["value"] == 0).all()


class TestMoney:
    SHARES: ClassVar[Rows] = [
        {"account": "rent", "role": "receives", "actor": "local", "share": 0.6},
        {"account": "rent", "role": "receives", "actor": "farmers", "share": 0.4},
        {"account": "rent", "role": "receives", "actor": "builders", "share": 1.0, "project": "road"},
    ]
    OWN: ClassVar[Rows] = [{"project": "road", "account": "rent", "basis": "per_year", "value": 1.0}]

    def test_shares_and_budget_are_those_of_the_account(self) -> None:
        settings = {"purse": ["local"], "finance": {"fiscal_resources": 10.0, "opening_cash": 50.0}}
        accounts = [{**row, "budget": "fund"} if row["account"] == "rent" else row for row in ACCOUNTS]
        found = taken(
            "p2", take(8.0), settings=settings, accounts=accounts, actors=ACTORS, shares=self.SHARES,
            budgets=[{"budget": "general"}, {"budget": "fund"}, {"budget": "firm", "borrower": "enterprise"}],
            projects=[{**ROAD, "budget": "firm", "deliverability": 0.5}], project_flows=self.OWN,
            class_flows=[by_hectare("rent", 0.25)], parcels=SITE[:2],
        )  # fmt: skip
        # 2 a year leave of 10, in full; the road brings 0.5 to the builders
        assert cells(found, "rent", "east") == pytest.approx((10, 8.5))
        assert cells(found, "money.revenue") == pytest.approx((6, 4.8))
        assert found.shadows[".operating.fund"] == pytest.approx([6, 4.8])
        assert found.shadows[".operating.firm"] == pytest.approx([0, 0])
        assert cells(found, "finance.cash.fund") == pytest.approx((12, 12 + 14.4))
        from_2028 = deltas(2028, 2032)
        assert cell(found, "gain.actor.local", "total", "east") == pytest.approx(-1.2 * from_2028)
        assert cell(found, "gain.actor.farmers", "total", "east") == pytest.approx(-0.8 * from_2028)
        assert cell(found, "gain.actor.builders", "total", "east") == pytest.approx(0.5 * from_2028)
        assert cell(found, "gain.jurisdiction", "total", "east") == pytest.approx(-0.3 * from_2028)
        assert found.cash == pytest.approx(6 * deltas(2026, 2032) - 1.2 * from_2028)

    def test_tables_of_money(self) -> None:
        given = study(
            {"purse": ["local"]}, parcels=SITE[:2], projects=[ROAD], land_take=[take(8.0)], actors=ACTORS,
            class_flows=[by_hectare("rent", 0.25), by_hectare("keep", 0.1)], shares=self.SHARES,
            project_flows=self.OWN, accounts=[*ACCOUNTS, {**ACCOUNTS[0], "account": "keep", "family": "cost"}],
        )  # fmt: skip
        found = evaluate(given, projects={"road": "p2"})
        assert found.decided is not None
        tables, _ = told(Evaluator(given), found.decided)
        flows = {key: values[0] for key, (values, _) in tables["cash_flow"].rows.items()}
        # three years less of both: nothing is paid back
        assert flows["p1", "source", "revenue", "rent", ""] == pytest.approx(2 * 6)
        assert flows["p2", "source", "revenue", "rent", ""] == pytest.approx(3 * 4.8)
        assert flows["p2", "use", "operating_cost", "keep", ""] == pytest.approx(3 * 3.2)
        assert flows["p2", "balance", "net", "", ""] == pytest.approx(3 * (4.8 - 3.2))
        assert flows.get(("p2", "use", "operating_cost", "rent", ""), 0.0) == 0
        assert flows.get(("p2", "source", "revenue", "keep", ""), 0.0) == 0
        actors = {key[1:]: values for key, (values, _) in tables["distribution"].rows.items() if key[0] == "money"}
        assert actors["rent", "total", "farmers"][2] == pytest.approx(-0.8 * deltas(2028, 2032))
        assert actors["rent", "total", "builders"][2] == pytest.approx(deltas(2028, 2032))

    def test_the_report_tells_it_as_less_and_not_as_a_payment(self) -> None:
        given = study(parcels=SITE[:2], projects=[ROAD], class_flows=[by_hectare("rent", 0.25)])
        told_of = planned(given, {}, {"road": "p2"})
        found = books(told_of)
        row = pd.DataFrame([("land_take", "road", "rent", "")], columns=found.plan.rows.columns, dtype=object)
        mine = replace(
            found.plan,
            rows=pd.concat([found.plan.rows, row], ignore_index=True),
            totals=np.vstack([found.plan.totals, [0.0, -6.0]]),
            present=np.append(found.plan.present, -2 * deltas(2028, 2032)),
        )
        table = cash_flow(told_of, replace(found, plan=mine))
        moved = table[table["kind"].isin(["source", "use"])].set_index(["item", "account", "period"])["value"]
        assert moved.to_dict() == pytest.approx({("revenue", "rent", "p1"): 20.0, ("revenue", "rent", "p2"): 24.0})

    def test_it_ends_no_annual_equivalents(self) -> None:
        # 6 in 2028 for good; the rent of the class ends in 2029
        road = {**ROAD, "capex": 6.0}
        flows = [by_hectare("rent", 0.25, life_years=4)]
        found = taken("p2", take(8.0), projects=[road], class_flows=flows, parcels=SITE[:2])
        capital = 6 * 0.1 * deltas(2029, 2032)  # stands at the beginning of 2029
        rent = 10 * deltas(2026, 2027) + 8 * deltas(2028, 2029)
        assert found.cash == pytest.approx(rent - capital)

    def test_hurdle_and_cover_are_of_the_project_alone(self) -> None:
        works = {**WORKS, "hurdle": 0.05, "jurisdiction": "east"}
        instruments = {"bond": {"self_supporting": 1, "cover_min": 0.5}}
        more = {"projects": [works], "parcels": [{**FARM, "jurisdiction": "east"}]}
        bare = budget(instruments=instruments, **more)
        given = budget(instruments=instruments, land_take=[take(2.0, project="works")], **more)
        for name in ("cover_min.works", "portfolio"):
            period = "total" if name == "portfolio" else "p1"
            assert listed(plan(given), name, period) == pytest.approx(listed(plan(bare), name, period))
        # a fifth of the rent of land leaves all the same
        assert plan(given).cash < plan(bare).cash
        assert cell(plan(given), "rent", "p1") == pytest.approx(0.8 * cell(plan(bare), "rent", "p1"))


class TestSiteTake:
    """10 ha of farm land off all lines in the east, 30 on basic farmland, 20 inside the red line."""

    LAND: ClassVar[Rows] = [
        {**FARM, "jurisdiction": "east", "redline": "0"},
        {**FARM, "jurisdiction": "east", "redline": "0", "parcel_id": "b", "area_ha": 30.0, "basic_farmland": 1},
        {**FARM, "jurisdiction": "east", "redline": "general", "parcel_id": "c", "area_ha": 20.0},
    ]
    WIDE: ClassVar[dict[str, Any]] = {**ROAD, "project": "school", "basic_farmland_ok": 1}
    BRIDGE: ClassVar[dict[str, Any]] = {**ROAD, "project": "bridge", "redline_ok": "general"}
    BOTH: ClassVar[dict[str, Any]] = {**WIDE, "project": "both", "redline_ok": "general"}
    FOUR: ClassVar[Rows] = [ROAD, WIDE, BRIDGE, BOTH]

    def found(
        self, starts: dict[str, str], areas: dict[str, float], option: tuple[str, str] = ("hold", ""), **tables: Any
    ) -> tuple[Study, Evaluation]:
        takes = [take(area, project=name) for name, area in areas.items()]
        given = study(**{"parcels": self.LAND, "projects": self.FOUR, "land_take": takes, **tables})
        found, evaluator = evaluate(given, {"a": option}, starts), Evaluator(given)
        options = [option if name == "a" else ("hold", "") for name in evaluator.parcel_ids]
        assert evaluator.value(options, starts).holds == found.ok
        return given, found

    @pytest.mark.parametrize(
        ("starts", "areas", "broken"),
        [
            ({"road": "p1"}, {"road": 10.0}, set()),
            ({"road": "p1"}, {"road": 10.1}, {"project:site_take"}),  # 60 ha there are
            ({"school": "p1"}, {"school": 40.0}, set()),
            ({"school": "p1"}, {"school": 40.1}, {"project:site_take"}),
            ({"bridge": "p1"}, {"bridge": 30.1}, {"project:site_take"}),
            # what a wider admission takes may all be on the line
            ({"road": "p1", "school": "p1"}, {"road": 10.0, "school": 30.0}, set()),
            ({"road": "p1", "school": "p1"}, {"road": 10.0, "school": 30.1}, {"project:site_take"}),
            # neither is wider than the other
            ({"school": "p1", "bridge": "p1"}, {"school": 35.0, "bridge": 25.0}, set()),
            ({"school": "p1", "bridge": "p1"}, {"school": 35.0, "bridge": 25.1}, {"project:land_take"}),
            ({"both": "p1"}, {"both": 60.0}, set()),
            ({"both": "p1"}, {"both": 60.1}, {"project:land_take"}),
            ({}, {"road": 99.0}, set()),
        ],
    )
    def test_admissions(self, starts: dict[str, str], areas: dict[str, float], broken: set[str]) -> None:
        _, found = self.found(starts, areas)
        assert rules(found) == broken

    def test_two_admissions_bound_each_other(self) -> None:
        # neither is wider than the other; of the 90 ha the park is open to none, of the 60 left they ask for 60.1
        park = {**self.LAND[0], "parcel_id": "d", "area_ha": 30.0, "redline": "core"}
        starts, areas = {"school": "p1", "bridge": "p1"}, {"school": 35.0, "bridge": 25.1}
        _, found = self.found(starts, areas, parcels=[*self.LAND, park])
        assert found.breaches[["rule", "where"]].drop_duplicates().to_numpy().tolist() == [
            ["project:site_take", f"class farm, east, period {name}"] for name in ("p1", "p2")
        ]
        assert set(found.breaches["found"]) == {"0.1 ha too much"}
        assert "redline_ok general, basic_farmland_ok 1" in found.breaches["must"].iloc[0]
        areas["bridge"] = 25.0
        assert self.found(starts, areas, parcels=[*self.LAND, park])[1].ok

    def test_land_that_changes_its_class(self) -> None:
        # 4 ha off the lines are taken in p1; they are built over from 2028 on, of b there is enough
        _, found = self.found({"road": "p1"}, {"road": 4.0}, ("build", "p2"))
        assert rules(found) == {"project:site_take"}
        assert found.breaches["where"].tolist() == ["class farm, east, period p2"]
        assert found.breaches["found"].tolist() == ["4 ha too much"]
        # from 2026 with two lead years it is farm land to the end of p1; woods make room once they are farm land
        slow = [{**BUILD, "lead_years": 2}]
        _, found = self.found({"road": "p1"}, {"road": 4.0}, ("build", "p1"), practices=slow)
        assert found.breaches["where"].tolist() == ["class farm, east, period p2"]
        woods = [{**self.LAND[0], "land_class": "wood"}, *self.LAND[1:]]
        dig = [{**BUILD, "to_class": "farm", "lead_years": 2}]
        _, found = self.found({"road": "p1"}, {"road": 4.0}, ("build", "p1"), practices=dig, parcels=woods)
        assert found.breaches["where"].tolist() == ["class farm, east, period p1"]

    def test_shares_of_a_parcel(self) -> None:
        given, _ = self.found({"road": "p1"}, {"road": 4.0})
        parts = [("a", "hold", "", 0.4), ("a", "build", "p1", 0.6), ("b", "hold", "", 1.0), ("c", "hold", "", 1.0)]
        parcels = pd.DataFrame(parts, columns=["parcel_id", "practice", "start", "share"])
        projects = pd.DataFrame({"project": ["road"], "start": ["p1"]})
        assert "project:site_take" not in set(Evaluator(given).evaluate(parcels, projects).breaches["rule"])
        parcels["share"] = [0.3, 0.7, 1.0, 1.0]
        found = Evaluator(given).evaluate(parcels, projects)
        assert set(found.breaches.loc[found.breaches["rule"] == "project:site_take", "found"]) == {"1 ha too much"}

    def test_the_whole_counts_what_is_taken_anywhere(self) -> None:
        # 20 ha off the lines, 10 in either place: 8 in the east and 13 anywhere
        parcels = [*self.LAND, {**self.LAND[0], "parcel_id": "d", "jurisdiction": "west"}]
        anywhere = {**ROAD, "project": "mine", "jurisdiction": ""}
        takes = [take(8.0), take(13.0, project="mine", jurisdiction="")]
        given = study(parcels=parcels, projects=[ROAD, anywhere], land_take=takes)
        found = evaluate(given, projects={"road": "p1", "mine": "p2"})
        assert rules(found) == {"project:site_take"}
        assert found.breaches[["where", "found"]].to_numpy().tolist() == [
            ["class farm, total, period p2", "1 ha too much"]
        ]
        takes[1]["area_ha"] = 12.0
        given = study(parcels=parcels, projects=[ROAD, anywhere], land_take=takes)
        assert evaluate(given, projects={"road": "p1", "mine": "p2"}).ok
