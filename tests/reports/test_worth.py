"""What is expected of projects, sold in steps and set aside, against numbers worked out by hand.

p1 is 2026-2027, p2 is 2028-2030 (of the municipal budget: 2026, 2027-2028 and 2029-2031); money is worth 10 %.
"""

from __future__ import annotations

import math
from typing import Any

import numpy_financial as npf
import pytest

from tests.reports.audit_studies import ACCOUNTS
from tests.reports.test_audit_budgets import PASSED, three_budgets
from tests.reports.test_audit_hurdles import LAKE, PARK, PLANT, WORTH, projects
from tests.reports.test_audit_money import DRAWS
from tests.reports.test_audit_steps import SELL, priced
from tests.reports.told import planned
from zonevest.instances.study import Study
from zonevest.model.booked import books
from zonevest.reports.budgets import budgets, set_asides
from zonevest.reports.sold import sold
from zonevest.reports.worth import bundles, expected, never, together


def works_of(given: Study, starts: dict[str, str]) -> Any:
    plan = planned(given, {}, starts)
    return plan, books(plan).ledger


class TestExpected:
    def test_stated_and_delivered(self) -> None:
        # half of 3 + 0.4 a year; what it takes from nature in full; water that is not told in money, and what is paid
        # once, are not added to it
        given = projects(
            {**PLANT, "deliverability": 0.5, "annual_ecosystem": -2.0, "hurdle": 0.02},
            {"project": "lake", "capex": 1.0, "annual_ecosystem": 5.0, "deliverability": 0.8, "earliest": "p2"},
            {"project": "idle", "annual_revenue": 7.0},
            accounts=[*ACCOUNTS, {"account": "air", "family": "ecosystem", "unit": "million/year"},
                      {"account": "paid", "family": "ecosystem", "unit": "million/year", "counterpart_of": "rent"}],
            project_flows=[
                {"project": "plant", "account": "rent", "basis": "per_year", "value": 0.4, "start_year": 2},
                {"project": "plant", "account": "sale", "basis": "once", "value": 9.0},
                {"project": "lake", "account": "air", "basis": "per_year", "value": 1.0},
                {"project": "lake", "account": "paid", "basis": "per_year", "value": 2.0},
                {"project": "lake", "account": "water", "basis": "per_year", "value": 4.0},
            ],
        )  # fmt: skip
        plan, ledger = works_of(given, {"lake": "p2", "plant": "p1"})
        table = expected(plan, ledger.works)
        assert table[["project", "start"]].to_numpy().tolist() == [["plant", "p1"], ["lake", "p2"]]
        plant, lake = table.to_dict("records")
        assert (plant["revenue_stated"], plant["revenue_expected"]) == pytest.approx((3.4, 1.7))
        assert (plant["ecosystem_stated"], plant["ecosystem_expected"]) == (-2, -2)
        assert (lake["ecosystem_stated"], lake["ecosystem_expected"]) == pytest.approx((6, 4.8))
        assert lake["revenue_stated"] == 0
        # 6 in 2026 with half of 9, 6 in 2027, half of 3 less 1 for ten years and half of 0.4 for a hundred
        flows = [0, -6 + 4.5, -6, *[0.5 + 0.2] * 10, *[0.2] * 90]
        assert plant["npv"] == pytest.approx(npf.npv(0.02, flows))
        assert (plant["hurdle"], math.isnan(lake["hurdle"]), math.isnan(lake["npv"])) == (0.02, True, True)


class TestNever:
    def test_by_how_much(self) -> None:
        # −0.257 from p1; two years later a little nearer to nothing, which its window may not admit
        for window, periods in ({}, 2), ({"latest": "p1"}, 0):
            _, ledger = works_of(projects({**PLANT, **window, "hurdle": 0.1}), {})
            (row,) = never(ledger.works).to_dict("records")
            assert row["project"] == "plant"
            assert row["npv"] == pytest.approx(npf.npv(0.1, WORTH) / 1.1**periods)
            assert (row["hurdle"], "net present value" in row["why"]) == (0.1, True)

    def test_other_reasons_have_no_number(self) -> None:
        _, ledger = works_of(projects({**PLANT, "build_years": 6, "hurdle": 0.05}, {"project": "hall"}), {})
        (row,) = never(ledger.works).to_dict("records")
        assert "cannot be finished" in row["why"]
        assert math.isnan(row["npv"])
        assert math.isnan(row["hurdle"])


class TestBundles:
    def told(self, share: float | None, starts: dict[str, str], park: dict[str, Any] | None = None) -> dict[str, Any]:
        finance = {"opening_cash": 99.0} | ({} if share is None else {"eod_eco_share": share})
        plan, ledger = works_of(projects(LAKE, {**PARK, **(park or {})}, settings={"finance": finance}), starts)
        return dict(*bundles(plan, ledger.works).to_dict("records"))

    def test_of_a_start(self) -> None:
        # 4 of 10; 10 in 2028, 1.8 a year in 2029-2038
        found = self.told(0.4, {"lake": "p2", "park": "p2"})
        assert (found["bundle"], found["projects"], found["start"]) == ("both", ["lake", "park"], "p2")
        assert (found["capex"], found["share"], found["least"]) == pytest.approx((10, 0.4, 0.4))
        assert found["income"] == pytest.approx(npf.npv(0.1, [0, 0, 0, -10, *[1.8] * 10]))

    def test_the_best_of_what_is_not_built(self) -> None:
        worth = npf.npv(0.1, [0, -10, *[1.8] * 10])
        assert worth > 0
        assert self.told(0.4, {})["income"] == pytest.approx(worth)
        # refused: the later, the less it loses; too little of it is restoration
        assert self.told(0.4, {}, {"annual_revenue": 1.8})["income"] == pytest.approx(
            npf.npv(0.1, [0, 0, 0, -10, *[1.6] * 10])
        )
        refused = self.told(0.5, {})
        assert (refused["start"], refused["share"], refused["least"]) == ("", 0.4, 0.5)

    def test_one_that_is_mandated_is_not_tested(self) -> None:
        found = self.told(0.4, {"lake": "p1", "park": "p1"}, {"mandatory": 1})
        assert math.isnan(found["income"])
        assert found["share"] == 0.4

    def test_there_are_none_without_a_share(self) -> None:
        assert self.told(None, {"lake": "p1", "park": "p1"}) == {}
        # two that restore are no EOD bundle
        fens = [{**LAKE, "project": name, "bundle": "fens"} for name in ("fen", "moor")]
        plan, ledger = works_of(projects(LAKE, PARK, *fens, settings={"finance": {"eod_eco_share": 0.4}}), {})
        assert bundles(plan, ledger.works)["bundle"].tolist() == ["both"]


def test_synergies_that_come_about() -> None:
    road = {"project": "road", "build_years": 2, "deliverability": 0.5}
    school = {"project": "school", "build_years": 1, "deliverability": 0.8}
    given = projects(
        road, school, {"project": "hall"},
        synergies=[
            {"project": "road", "with": "school", "account": "rent", "value": 2.0},
            {"project": "school", "with": "road", "account": "waste", "value": 3.0},
            {"project": "school", "with": "hall", "account": "rent", "value": 4.0},
        ],
    )  # fmt: skip
    plan, ledger = works_of(given, {"road": "p1", "school": "p2"})
    # the school opens in 2029, the road in 2028; waste is no benefit
    assert together(plan, ledger).to_numpy().tolist() == [
        ["road", "school", "rent", 2029, 2.0, pytest.approx(0.8)],
        ["school", "road", "waste", 2029, 3.0, 3.0],
    ]
    plan, ledger = works_of(given, {"road": "p1"})
    assert together(plan, ledger).empty


class TestSold:
    def test_steps_of_a_period(self) -> None:
        # 4 ha in p1, the first step of two years; 10 ha in p2: 6 at 3, 4 at 1.5
        plan = planned(priced(), {"b": ("build", "p1"), "a": ("build", "p2")}, {})
        table = sold(plan, books(plan).ledger)
        columns = ["period", "step", "up_to", "price", "hectares", "amount", "full"]
        assert table[columns].to_numpy().tolist() == [
            ["p1", 1, 2, 3, 4, 12, 12],
            ["p1", 2, 4, 1.5, 0, 0, 0],
            ["p2", 1, 2, 3, 6, 18, 18],
            ["p2", 2, 4, 1.5, 4, 6, 12],
        ]
        assert set(table["jurisdiction"]) == {"total"}
        assert table["amount"].sum() == pytest.approx(plan.ledger.query("account == 'sale'")["value"].sum())

    def test_prices_of_the_period_and_steps_of_a_place(self) -> None:
        # in the west only, 1 ha a year from p2 on; 1.1^2 dearer by then
        steps = [{**SELL, "up_to": 2.0, "factor": 1.0, "jurisdiction": "west", "period": "p2"}]
        accounts = [{**row, "growth": 0.1} if row["account"] == "sale" else row for row in ACCOUNTS]
        plan = planned(priced(steps, accounts=accounts), {"a": ("build", "p2"), "b": ("build", "p2")}, {})
        (row,) = sold(plan, books(plan).ledger).to_dict("records")
        assert (row["jurisdiction"], row["period"], row["hectares"], row["price"]) == ("west", "p2", 4, 3)
        assert row["amount"] == pytest.approx(4 * 3 * 1.1**2)


class TestBudgets:
    def test_what_is_set_aside(self) -> None:
        # a fifth of 5 a year, in 1, 2 and 3 years
        plan = planned(three_budgets(), {}, {"works": "p1"}, financing=DRAWS, budget_transfers=PASSED)
        table = set_asides(plan)
        assert table[["account", "budget", "share"]].drop_duplicates().to_numpy().tolist() == [["rent", "fund", 0.2]]
        assert table["amount"].tolist() == pytest.approx([1, 2, 3])
        # of the purse's part: two fifths of the rent are another's
        shares = [{"account": "rent", "role": "receives", "actor": name, "share": share}
                  for name, share in (("local", 0.6), ("farmers", 0.4))]  # fmt: skip
        less = three_budgets(shares=shares, actors=[{"actor": "local", "public": 1}, {"actor": "farmers"}])
        plan = planned(less, {}, {"works": "p1"}, financing=DRAWS, budget_transfers=PASSED)
        assert set_asides(plan)["amount"].tolist() == pytest.approx([0.6, 1.2, 1.8])
        # it is in what comes to the budget
        table = budgets(plan)
        assert table.loc[table["budget"] == "fund", "operating"].tolist() == pytest.approx([0.6, 1.2, 1.8])

    def test_nothing_is_set_aside_without_a_table(self) -> None:
        assert set_asides(planned(priced(), {}, {})).empty
