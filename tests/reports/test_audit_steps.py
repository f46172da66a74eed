"""Prices that change with the amount, against numbers worked out by hand.

p1 is 2026-2027, p2 is 2028-2030, the tail 2031-2032; money is worth 10 %. Up to 2 ha a year sell at 3 million a
hectare, up to 4 ha at half of it: 4 and 8 ha in p1, 6 and 12 ha in p2.
"""

from __future__ import annotations

from typing import Any

import numpy_financial as npf
import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows, cell, cells, evaluate, listed, rules, study
from tests.reports.money_studies import deltas
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

NEW = "area.new.practice.build"
PARCELS: Rows = [
    {**FARM, "jurisdiction": "east"},
    {**FARM, "parcel_id": "b", "area_ha": 4.0, "jurisdiction": "west"},
]
HOMES = {**BUILD, "lead_years": 1, "life_years": 20, "lease_years": 40}
SELL: dict[str, Any] = {"account": "sale", "area_account": NEW, "price": 3.0}
STEPS: Rows = [{**SELL, "up_to": 4.0, "factor": 0.5}, {**SELL, "up_to": 2.0, "factor": 1.0}]


def priced(steps: Rows = STEPS, settings: dict[str, Any] | None = None, **tables: Any) -> Study:
    return study(settings, **{"parcels": PARCELS, "practices": [HOMES], "price_steps": steps, **tables})


def annuity(years: int) -> float:
    return float(-npf.pmt(0.1, years, 1.0))


def test_a_step_is_filled_before_the_next() -> None:
    found = evaluate(priced(), {"b": ("build", "p1"), "a": ("build", "p2")})
    assert found.ok, found.breaches
    # 4 x 3; 6 x 3 + 4 x 1.5
    assert cells(found, "sale") == pytest.approx((12, 24))
    assert cells(found, "money.land_sale") == pytest.approx((12, 24))
    assert cells(found, "money.receipts") == pytest.approx((12, 24))
    # sold everywhere together: in no jurisdiction
    assert cells(found, "sale", "east") == (0, 0)
    assert listed(found, "price_steps.sale", "p1") == pytest.approx((4, 8, 4))
    assert listed(found, "price_steps.sale", "p2") == pytest.approx((10, 12, 2))


def test_no_more_is_sold_than_there_are_steps() -> None:
    found = evaluate(priced(), {"a": ("build", "p1")})
    assert rules(found) == {"money:price_steps"}
    assert listed(found, "price_steps.sale", "p1") == pytest.approx((10, 8, -2))
    assert cells(found, "sale") == pytest.approx((4 * 3 + 4 * 1.5, 0))


def test_prices_of_the_first_year() -> None:
    # 24 x 1.1^2 in 2028, beside what flow rows book; at start prices 24 and 5
    accounts = [{**row, "growth": 0.1} if row["account"] == "sale" else row for row in ACCOUNTS]
    flow = {"practice": "build", "account": "sale", "basis": "once", "value": 5.0}
    water = {"land_class": "farm", "account": "water", "basis": "per_year", "value": 1.0}
    limit = {"limit": "cap", "account": "sale", "sense": "<=", "value": 1.0, "basis": "share_of_start:water"}
    given = priced(accounts=accounts, practice_flows=[flow], class_flows=[water], limits=[limit])
    found = evaluate(given, {"a": ("build", "p2")})
    assert cells(found, "sale") == pytest.approx((0, 29 * 1.1**2))
    assert listed(found, "cap", "p2")[0] == pytest.approx(29)


class TestWorth:
    def test_a_lease(self) -> None:
        # paid at the end of 2026, carried to the beginning of 2027, the first of forty years that serve
        found = evaluate(priced(), {"b": ("build", "p1")})
        assert found.cash == pytest.approx(12 * annuity(40) * deltas(2027))
        assert cell(found, "gain.actor.outside", "total") == pytest.approx(-found.cash)
        # of the rent that a sale gives up nothing counts
        quiet = priced(settings={"finance": {"land_rent": False}})
        found = evaluate(quiet, {"b": ("build", "p1")})
        assert found.cash == 0
        assert cells(found, "money.land_sale") == pytest.approx((12, 0))
        assert cells(found, "finance.cash") == pytest.approx((12, 12))

    def test_the_life_of_the_practice(self) -> None:
        # what is no sale of land, and land without a lease
        fee = {"account": "fee", "family": "revenue", "recurrence": "one_off", "cash": 1}
        steps = [{**row, "account": "fee"} for row in STEPS]
        found = evaluate(priced(steps, accounts=[*ACCOUNTS, fee]), {"b": ("build", "p2")})
        # 2028 is its first year, 2029 the first that serves
        assert found.cash == pytest.approx(12 * 1.1**-2 * annuity(20) * 1.1**2 * deltas(2029))
        found = evaluate(priced(practices=[{**HOMES, "lease_years": None}]), {"b": ("build", "p1")})
        assert found.cash == pytest.approx(12 * annuity(20) * deltas(2027))

    def test_other_hectares_are_for_good(self) -> None:
        # 4 ha rezoned at 3: r C, C = 12 / 1.1, from 2026 on
        steps = [{**row, "area_account": "area.rezoned"} for row in STEPS]
        found = evaluate(priced(steps), {"b": ("build", "p1")})
        assert found.cash == pytest.approx(12 / 1.1 * 0.1 * deltas(2026))
        forever = priced(practices=[{**HOMES, "lease_years": None, "life_years": None}])
        found = evaluate(forever, {"b": ("build", "p1")})
        assert found.cash == pytest.approx(12 * 0.1 * deltas(2027))


def test_land_that_is_bought() -> None:
    # 1 a hectare up to 3 ha a year, then 2: 6 + 2 x 4 in p1; the builders pay a quarter
    steps = [
        {"account": "cost", "area_account": "area.lost.class.farm", "up_to": 3.0, "factor": 1.0, "price": 1.0},
        {"account": "cost", "area_account": "area.lost.class.farm", "up_to": 9.0, "factor": 2.0, "price": 1.0},
    ]
    shares = [
        {"account": "cost", "role": "pays", "actor": "builders", "share": 0.25},
        {"account": "cost", "role": "pays", "actor": "local", "share": 0.75},
    ]
    now = {**BUILD, "lead_years": 0}
    found = evaluate(priced(steps, practices=[now], shares=shares), {"a": ("build", "p1")})
    assert cells(found, "cost") == pytest.approx((14, 0))
    assert cells(found, "money.outlay") == pytest.approx((10.5, 0))
    assert found.cash == pytest.approx(-10.5 / 1.1 * 0.1 * deltas(2026))
    assert cell(found, "gain.actor.builders", "total") == pytest.approx(-3.5 / 1.1 * 0.1 * deltas(2026))


def test_steps_of_a_jurisdiction_and_of_a_period() -> None:
    # the east sells its own; in p2 at one price, up to 5 ha a year
    steps = [{**row, "jurisdiction": "east"} for row in STEPS]
    late = {**SELL, "jurisdiction": "east", "period": "p2", "up_to": 5.0, "factor": 1.0, "price": 2.0}
    given = priced([*steps, late])
    found = evaluate(given, {"a": ("build", "p2"), "b": ("build", "p2")})
    assert cells(found, "sale") == pytest.approx((0, 20))
    assert cells(found, "sale", "east") == pytest.approx((0, 20))
    assert cells(found, "sale", "west") == (0, 0)
    assert listed(found, "price_steps.sale", "p2", "east") == pytest.approx((10, 15, 5))
    assert listed(found, "price_steps.sale", "p1", "east") == pytest.approx((0, 8, 8))
    assert cell(found, "gain.actor.outside", "total", "west") == 0
    # where no row names p1 and none is blank, p1 has no steps
    found = evaluate(priced([late]), {"a": ("build", "p1")})
    assert found.ok
    assert cells(found, "sale") == (0, 0)
    assert found.limits["period"].tolist() == ["p2"]


@pytest.mark.parametrize("chosen", [{"a": ("build", "p1")}, {"b": ("build", "p1"), "a": ("build", "p2")}])
def test_enumeration_knows_them(chosen: dict[str, tuple[str, str]]) -> None:
    limit = {"limit": "cap", "account": "money.receipts", "sense": "<=", "value": 20.0}
    given = priced(limits=[limit], settings={"objective": {"method": "weighted", "accounts": {"sale": 1.0}}})
    found = evaluate(given, chosen)
    program = Evaluator(given).affine([chosen.get(name, ("hold", "")) for name in ("a", "b")], {})
    assert program.constant == pytest.approx(found.objective)
    missed = {row.name for row in program.rows if (row.right > 1e-9 if row.sense == ">=" else row.right < -1e-9)}
    assert missed == ({"limit[cap,total,p2]"} if "b" in chosen else {f"price_steps[sale,{NEW},total,p1]"})
    assert not found.ok
