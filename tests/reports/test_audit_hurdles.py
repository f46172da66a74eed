"""What projects deliver, what they must earn, and what they bring together, against numbers worked out by hand.

p1 is 2026-2027, p2 is 2028-2030, the tail 2031-2032; money is worth 10 %, nature 5 %.
"""

from __future__ import annotations

from typing import Any

import numpy_financial as npf
import pytest

from tests.reports.audit_studies import ACCOUNTS, FARM, Rows, cell, cells, evaluate, listed, rules, study
from tests.reports.money_studies import CAPTURE, UPLIFT_ACCOUNTS, delta, deltas
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

RATES = {"finance": 0.1, "social": 0.05, "tail_years": 2}
PLANT: dict[str, Any] = {
    "project": "plant", "category": "industry", "capex": 12.0, "build_years": 2, "life_years": 10,
    "annual_revenue": 3.0, "annual_cost": 1.0,
}  # fmt: skip
WORTH = [0, -6, -6, *[2] * 10]
"""What it pays and earns, 2025 to 2037: the year before the first counts 1."""


def projects(*rows: dict[str, Any], settings: dict[str, Any] | None = None, **tables: Any) -> Study:
    return study({"rates": RATES, **(settings or {})}, projects=list(rows), **tables)


class TestDeliverability:
    def test_what_is_brought(self) -> None:
        given = projects(
            {**PLANT, "deliverability": 0.5, "annual_ecosystem": -2.0, "jobs": 30.0},
            accounts=[*ACCOUNTS, {"account": "air", "family": "carbon"}],
            project_flows=[
                {"project": "plant", "account": "rent", "basis": "per_year", "value": 0.4, "start_year": 2},
                {"project": "plant", "account": "air", "basis": "per_year", "value": 0.6},
                {"project": "plant", "account": "waste", "basis": "per_year", "value": 0.8},
                {"project": "plant", "account": "sale", "basis": "once", "value": 1.0},
                {"project": "plant", "account": "cost", "basis": "once", "value": 1.2},
            ],
        )
        found = evaluate(given, projects={"plant": "p1"})
        # halves of what it brings; capital, cost, custom accounts and what it takes from nature in full
        assert cells(found, "project.revenue") == (0, 1.5)
        assert cells(found, "rent") == (0, 0.2)
        assert cells(found, "sale") == (0.5, 0)
        assert cells(found, "air") == (0.3, 0.3)
        assert cells(found, "project.jobs") == (0, 15)
        assert cells(found, "project.ecosystem") == (0, -2)
        assert cells(found, "project.capex") == (12, 0)
        assert cells(found, "project.cost") == (0, 1)
        assert cells(found, "cost") == (1.2, 0)
        assert cells(found, "waste") == (0.8, 0.8)
        assert Evaluator(given).value([("hold", "")], {"plant": "p1"}).objective == pytest.approx(found.objective)

    def test_uplift_and_what_is_captured_of_it(self) -> None:
        tram = {
            "project": "tram", "capex": 1.0, "build_years": 1, "catchment": "stop", "uplift_per_ha": 0.8,
            "uplift_account": "rise", "uplift_cap": 0.45, "deliverability": 0.5,
        }  # fmt: skip
        row = {"project": "tram", "start": "p1", "jurisdiction": "", "catchments": "stop", "where": "", "period": "p1"}
        given = projects(
            tram, accounts=UPLIFT_ACCOUNTS, capture=CAPTURE, parcels=[{**FARM, "tags": "stop"}],
            project_flows=[{"project": "tram", "account": "rise", "basis": "once", "value": 3.0}],
        )  # fmt: skip
        found = evaluate(given, projects={"tram": "p1"}, uplift=[{**row, "area_ha": 10.0}])
        # 0.4 a hectare is below the cap of 0.45; 0.8 would not be
        assert found.ok, found.breaches
        # 10 x 0.4 in 2027, and a half of 3 in 2026; 30 % of each a year later
        assert cells(found, "rise") == pytest.approx((5.5, 0))
        assert cells(found, "levy") == pytest.approx((0.45, 1.2))
        full = projects(
            {**tram, "deliverability": 1.0}, accounts=UPLIFT_ACCOUNTS, capture=CAPTURE,
            parcels=[{**FARM, "tags": "stop"}],
        )  # fmt: skip
        assert rules(evaluate(full, projects={"tram": "p1"}, uplift=[{**row, "area_ha": 10.0}])) == {"uplift:cap"}


class TestHurdle:
    def test_a_start_below_it_is_named(self) -> None:
        assert npf.npv(0.08, WORTH) == pytest.approx(0.806, abs=1e-3)
        assert npf.npv(0.1, WORTH) == pytest.approx(-0.257, abs=1e-3)
        found = evaluate(projects({**PLANT, "hurdle": 0.08}), projects={"plant": "p1"})
        assert found.ok, found.breaches
        assert listed(found, "portfolio", "total")[:2] == pytest.approx((npf.npv(0.08, WORTH), 0))
        dear = projects({**PLANT, "hurdle": 0.1})
        found = evaluate(dear, projects={"plant": "p1"})
        assert rules(found) == {"project:hurdle", "project:portfolio"}
        assert found.breaches.loc[0, "found"] == f"start p1: {npf.npv(0.1, WORTH):.10g}"
        # two years later it is worth a little less
        later = evaluate(dear, projects={"plant": "p2"}).breaches.loc[0, "found"]
        assert later == f"start p2: {npf.npv(0.1, WORTH) / 1.1**2:.10g}"
        assert Evaluator(dear).starts("plant") == [""]
        assert Evaluator(projects(PLANT)).starts("plant") == ["", "p1", "p2"]

    def test_by_category_and_the_project_s_own(self) -> None:
        def starts(row: dict[str, Any], **finance: Any) -> int:
            given = projects({**PLANT, **row}, settings={"finance": finance})
            return len(Evaluator(given).starts("plant")) - 1

        assert starts({}, hurdle={"industry": 0.1}) == 0
        assert starts({}, hurdle={"industry": 0.08}) == 2
        assert starts({"hurdle": 0.08}, hurdle={"industry": 0.1}) == 2
        assert starts({"category": ""}, hurdle={"industry": 0.1}) == 2
        assert starts({"category": "livelihood"}, hurdle={"industry": 0.1}) == 2
        # without [finance] a project may have its own
        assert len(Evaluator(projects({**PLANT, "hurdle": 0.1})).starts("plant")) == 1

    def test_prices_grow_and_delivery_counts(self) -> None:
        # 3 a year grow by a tenth: what starts later earns more; 3 x 1.1^(y − 2026) less 1, at 28 %
        accounts = [*ACCOUNTS, {"account": "project.revenue", "growth": 0.1}]
        flows = [[0, -6, -6, *(3 * 1.1 ** (y - 2026) - 1 for y in range(2028, 2038))]]
        flows.append([0, 0, 0, -6, -6, *(3 * 1.1 ** (y - 2026) - 1 for y in range(2030, 2040))])
        early, late = (npf.npv(0.28, each) for each in flows)
        assert early < 0 < late
        assert Evaluator(projects({**PLANT, "hurdle": 0.28}, accounts=accounts)).starts("plant") == ["", "p2"]
        # nine tenths of the revenue: 1.7 a year
        short = {**PLANT, "deliverability": 0.9}
        assert npf.npv(0.05, [0, -6, -6, *[1.7] * 10]) > 0 > npf.npv(0.08, [0, -6, -6, *[1.7] * 10])
        assert Evaluator(projects({**short, "hurdle": 0.05})).starts("plant") == ["", "p1", "p2"]
        assert Evaluator(projects({**short, "hurdle": 0.08})).starts("plant") == [""]

    @pytest.mark.parametrize(("capex", "possible"), [(9.99925, True), (9.9993, False)])
    def test_what_has_no_end_counts_a_hundred_years(self, capex: float, possible: bool) -> None:
        # 10 (1 − 1.1^−100) = 9.99927 a year before it opens; 99 years make 9.99920, 101 9.99934
        row = {"project": "road", "capex": capex, "annual_revenue": 1.0, "hurdle": 0.1, "latest": "p1"}
        assert Evaluator(projects(row)).starts("road") == (["", "p1"] if possible else [""])

    def test_a_ramp_ends_with_the_periods(self) -> None:
        # 1 / 10 in 2028, 2 / 10, 3 / 10, then all of it: 2031-2037; opening costs 1.5 and the rest is lost at 20 %
        row = {**PLANT, "capex": 3.0, "annual_cost": 0.0, "ramp_years": 10, "annual_revenue": 1.0, "latest": "p1"}
        worth = npf.npv(0.2, [0, -1.5, -1.5, 0.1, 0.2, 0.3, *[1.0] * 7])
        found = evaluate(projects({**row, "hurdle": 0.2}), projects={"plant": "p1"})
        assert listed(found, "portfolio", "total")[0] == pytest.approx(worth)

    def test_who_is_not_tested(self) -> None:
        def starts(row: dict[str, Any], **tables: Any) -> int:
            given = projects({**PLANT, "hurdle": 0.1, **row}, accounts=UPLIFT_ACCOUNTS, capture=CAPTURE, **tables)
            return len(Evaluator(given).starts("plant")) - 1

        lift = {"catchment": "stop", "uplift_account": "rise"}
        parcels = [{**FARM, "tags": "stop"}]
        once = {"project": "plant", "basis": "once", "value": 0.1}
        assert starts({}) == 0
        assert starts({"mandatory": 1}) == 2
        assert starts({"annual_revenue": 0.0}) == 2  # it does not earn
        assert starts({"annual_revenue": 0.0}, project_flows=[{**once, "account": "sale"}]) == 0
        assert starts({**lift, "uplift_per_ha": 0.1}, parcels=parcels) == 2
        assert starts({}, project_flows=[{**once, "account": "rise"}]) == 2

    def test_whole_amounts_whoever_has_them(self) -> None:
        # the builders receive the revenue and pay half of the cost: the project is worth the same
        shares = [
            {"account": "project.revenue", "role": "receives", "actor": "builders", "share": 1.0},
            {"account": "project.cost", "role": "pays", "actor": "builders", "share": 0.5},
            {"account": "project.cost", "role": "pays", "actor": "local", "share": 0.5},
        ]
        found = evaluate(projects({**PLANT, "hurdle": 0.08}, shares=shares), projects={"plant": "p1"})
        assert listed(found, "portfolio", "total")[0] == pytest.approx(npf.npv(0.08, WORTH))


HALL: dict[str, Any] = {
    "project": "hall", "category": "livelihood", "capex": 1.0, "annual_cost": 0.1, "life_years": 5,
}  # fmt: skip
"""It earns nothing: 1 in its first year, 0.1 in the five that follow."""


class TestPortfolio:
    def test_what_some_earn_carries_others(self) -> None:
        given = projects({**PLANT, "hurdle": 0.08}, {**HALL, "hurdle": 0.04}, {**HALL, "project": "school"})
        both = npf.npv(0.08, WORTH) + npf.npv(0.04, [0, -1, *[-0.1] * 5])
        assert both < 0
        found = evaluate(given, projects={"plant": "p1", "hall": "p1", "school": "p1"})
        assert listed(found, "portfolio", "total")[:2] == pytest.approx((both, 0))
        assert rules(found) == {"project:portfolio"}
        # later it costs less: −1.428 x 1.04^−2, still too much; without it all is well
        assert rules(evaluate(given, projects={"plant": "p1", "hall": "p2"})) == {"project:portfolio"}
        # what has no rate does not count
        found = evaluate(given, projects={"plant": "p1", "school": "p1"})
        assert found.ok
        assert listed(found, "portfolio", "total")[0] == pytest.approx(npf.npv(0.08, WORTH))
        assert listed(evaluate(given), "portfolio", "total") == (0, 0, 0)

    def test_uplift_counts(self) -> None:
        # 0.4 a hectare delivered, a tenth more every year; its own row: a half of 0.6 in 2027
        tram = {
            "project": "tram", "capex": 6.0, "build_years": 1, "catchment": "stop", "uplift_per_ha": 0.8,
            "uplift_account": "rise", "deliverability": 0.5, "hurdle": 0.08,
        }  # fmt: skip
        given = projects(
            tram,
            accounts=[{**row, "growth": 0.1} if row["account"] == "rise" else row for row in UPLIFT_ACCOUNTS],
            capture=CAPTURE,
            parcels=[{**FARM, "tags": "stop"}],
            project_flows=[{"project": "tram", "account": "rise", "basis": "once", "value": 0.6, "start_year": 1}],
        )
        row = {"project": "tram", "start": "p1", "jurisdiction": "", "catchments": "stop", "where": ""}
        uplift = [{**row, "period": "p1", "area_ha": 6.0}, {**row, "period": "p2", "area_ha": 4.0}]
        found = evaluate(given, projects={"tram": "p1"}, uplift=uplift)
        own = -6 * 1.08**-1 + 0.3 * 1.1 * 1.08**-2
        # the first six open in 2027, the other four in 2028
        land = 6 * 0.4 * 1.1 * 1.08**-2 + 4 * 0.4 * 1.1**2 * 1.08**-3
        assert listed(found, "portfolio", "total")[0] == pytest.approx(own + land)
        assert rules(found) == {"project:portfolio"}
        # as a row over what is left to decide
        program = Evaluator(given).affine([("hold", "")], {"tram": "p1"})
        (line,) = (each for each in program.rows if each.name == "portfolio")
        names = {program.columns[v].name: value for v, value in line.coefficients.items()}
        assert names["uplift[tram,p1,|stop|,p2]"] == pytest.approx(0.4 * 1.1**2 * 1.08**-3)
        assert line.right == pytest.approx(-own)
        # a cheaper one is carried by the land
        cheap = given.replace(projects=given.projects.assign(capex=3.0))
        assert evaluate(cheap, projects={"tram": "p1"}, uplift=uplift).ok


LAKE: dict[str, Any] = {
    "project": "lake", "category": "ecological_restoration", "capex": 4.0, "annual_cost": 0.2, "life_years": 10,
    "bundle": "both",
}  # fmt: skip
PARK: dict[str, Any] = {
    "project": "park", "category": "culture_tourism", "capex": 6.0, "annual_revenue": 2.0, "life_years": 10,
    "bundle": "both",
}  # fmt: skip


OTHER: Rows = [
    {"project": "moor", "category": "ecological_restoration", "capex": 1.0, "bundle": "other"},
    {"project": "pier", "category": "livelihood", "capex": 1.0, "bundle": "other"},
]
"""A bundle that is tested, whatever the one of lake and park is; nobody starts it."""


class TestEcologyOrientedDevelopment:
    def bundle(
        self, park: dict[str, Any], share: float = 0.4, lake: dict[str, Any] | None = None, **tables: Any
    ) -> Any:
        rows = ({**LAKE, **(lake or {})}, {**PARK, **park}, *OTHER)
        given = projects(*rows, settings={"finance": {"eod_eco_share": share, "opening_cash": 99.0}}, **tables)
        evaluator = Evaluator(given)
        assert evaluator.starts("lake") == evaluator.starts("park")
        return rules(evaluate(given, projects={"lake": "p1", "park": "p1"})), evaluator.starts("lake")

    def test_income_carries_both(self) -> None:
        # 10 in 2026, 1.8 a year in 2027-2036: 0.96 at 10 %; with 1.6 in place of 1.8: −0.15
        assert npf.npv(0.1, [0, -10, *[1.8] * 10]) > 0 > npf.npv(0.1, [0, -10, *[1.6] * 10])
        assert self.bundle({}) == (set(), ["", "p1", "p2"])
        assert self.bundle({"annual_revenue": 1.8}) == ({"project:eod"}, [""])

    def test_land_and_taxes_are_no_operating_income(self) -> None:
        tax = {"account": "rates", "family": "revenue", "cash": 1}
        short = {"annual_revenue": 1.8}

        def flow(account: str) -> dict[str, Any]:
            return {"project": "park", "account": account, "basis": "once", "value": 5.0}

        once = {**tax, "recurrence": "one_off"}
        costs = {**once, "family": "cost", "role": "land_cost"}
        for row, rule in (
            (once, set()),
            ({**once, "path": "market"}, set()),
            ({**once, "path": "government"}, {"project:eod"}),
            ({**once, "role": "land_sale"}, {"project:eod"}),
        ):
            assert self.bundle(short, accounts=[*ACCOUNTS, row], project_flows=[flow("rates")])[0] == rule
        # nor is what the land costs
        assert self.bundle({}, accounts=[*ACCOUNTS, costs], project_flows=[flow("rates")])[0] == set()
        assert self.bundle({}, accounts=[*ACCOUNTS, {**costs, "role": ""}], project_flows=[flow("rates")])[0] == {
            "project:eod"
        }

    def test_the_share_of_restoration(self) -> None:
        # 4 of 10
        assert self.bundle({}, 0.4)[0] == set()
        assert self.bundle({}, 0.41) == ({"project:eod_eco_share"}, [""])

    def test_which_bundles(self) -> None:
        poor = {"annual_revenue": 0.5}
        assert self.bundle(poor)[0] == {"project:eod"}
        assert self.bundle({**poor, "category": ""})[0] == {"project:eod"}
        assert self.bundle({**poor, "category": "ecological_restoration"}, 1.0)[0] == set()
        assert self.bundle(poor, 0.9, {"category": "livelihood"})[0] == set()
        assert self.bundle({**poor, "mandatory": 1}, 0.9)[0] == set()
        # without the share no bundle is tested
        given = projects(LAKE, {**PARK, **poor}, settings={"finance": {"opening_cash": 99.0}})
        assert evaluate(given, projects={"lake": "p1", "park": "p1"}).ok


ROAD: dict[str, Any] = {
    "project": "road", "jurisdiction": "east", "build_years": 2, "life_years": 4, "deliverability": 0.5,
}  # fmt: skip
SCHOOL: dict[str, Any] = {"project": "school", "build_years": 1, "life_years": 3, "deliverability": 0.8}
DEAR: Rows = [{**row, "growth": 0.1} if row["account"] in ("rent", "cost") else row for row in ACCOUNTS]


class TestSynergies:
    def pair(self, account: str, value: float = 1.0, road: dict[str, Any] | None = None, **tables: Any) -> Study:
        row = {"project": "road", "with": "school", "account": account, "value": value}
        base = {"accounts": DEAR, "parcels": [{**FARM, "jurisdiction": "west"}], "synergies": [row]}
        return projects({**ROAD, **(road or {})}, SCHOOL, **{**base, **tables})

    def test_a_yearly_one(self) -> None:
        # the road opens in 2028 and runs to 2031, the school from 2027 to 2029: together in 2028 and 2029
        given = self.pair("rent")
        found = evaluate(given, projects={"road": "p1", "school": "p1"})
        amounts = [0.4 * 1.1**2, 0.4 * 1.1**3]
        assert cells(found, "rent") == pytest.approx((0, sum(amounts) / 3))
        assert cells(found, "rent", "east") == pytest.approx((0, sum(amounts) / 3))
        assert cells(found, "rent", "west") == (0, 0)
        assert found.cash == pytest.approx(amounts[0] * delta(2028) + amounts[1] * delta(2029))
        assert Evaluator(given).value([("hold", "")], {"road": "p1", "school": "p1"}).objective == found.objective
        # one alone brings nothing
        assert evaluate(given, projects={"road": "p1"}).cash == 0
        assert evaluate(given, projects={"school": "p1"}).cash == 0
        # the school in 2028: open from 2029 to 2031
        found = evaluate(given, projects={"road": "p1", "school": "p2"})
        assert cells(found, "rent") == pytest.approx((0, 0.4 * (1.1**3 + 1.1**4) / 3))
        assert found.cash == pytest.approx(sum(0.4 * 1.1 ** (y - 2026) * delta(y) for y in (2029, 2030, 2031)))

    def test_one_that_never_ends(self) -> None:
        tables: dict[str, Any] = {"accounts": ACCOUNTS}
        given = self.pair("water", road={"life_years": None}, **tables)
        given = given.replace(projects=given.projects.assign(life_years=float("nan")))
        found = evaluate(given, projects={"road": "p1", "school": "p1"})
        assert cells(found, "water") == pytest.approx((0, 0.4))
        assert found.ecosystem == pytest.approx(0.4 * deltas(2028, 2032, 0.05))

    def test_one_that_is_paid_once(self) -> None:
        # cost counts in full; 5 at the prices of 2028, an equal amount a year for good
        found = evaluate(self.pair("cost", 5.0), projects={"road": "p1", "school": "p1"})
        assert cells(found, "cost", "east") == pytest.approx((0, 5 * 1.1**2))
        assert cells(found, "money.outlay") == pytest.approx((0, 5 * 1.1**2))
        assert found.cash == pytest.approx(-5 * 1.1**2 * 0.1 / 1.1 * deltas(2028))
        found = evaluate(self.pair("seed", 5.0), projects={"road": "p1", "school": "p1"})
        assert cells(found, "seed") == pytest.approx((0, 2))
        assert found.ecosystem == pytest.approx(2 * 0.05 / 1.05 * deltas(2028, 2032, 0.05))
        # opened in 2031, after the periods: in no ledger, and worth two years of the tail
        late = self.pair("cost", 5.0, {"build_years": 3})
        found = evaluate(late, projects={"road": "p2", "school": "p1"})
        assert cells(found, "cost") == (0, 0)
        assert found.cash == pytest.approx(-5 * 1.1**5 * 0.1 / 1.1 * deltas(2031))

    def test_whose_it_is(self) -> None:
        # of the road's rent the builders have three quarters
        shares = [
            {"account": "rent", "role": "receives", "actor": "builders", "share": 0.75, "project": "road"},
            {"account": "rent", "role": "receives", "actor": "local", "share": 0.25, "project": "road"},
        ]
        found = evaluate(self.pair("rent", accounts=ACCOUNTS, shares=shares), projects={"road": "p1", "school": "p1"})
        worth = 0.4 * (delta(2028) + delta(2029))
        assert found.cash == pytest.approx(worth / 4)
        assert cells(found, "money.revenue", "east") == pytest.approx((0, 0.4 * 2 / 3 / 4))
        assert cell(found, "gain.actor.builders", "total", "east") == pytest.approx(worth * 0.75)
        assert cell(found, "gain.actor.outside", "total") == pytest.approx(-worth)
