"""Shadow prices as a plan tells them: by hand, and beside the same study with a bound that is a little looser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy_financial as npf
import pandas as pd
import pytest

import zonevest as zv
from tests.model.complete_town import LOAN, ROAD, account, flow, parcel, town, weights
from tests.model.complete_valley import limit
from zonevest import api
from zonevest.instances.study import Study

STEP = 1e-3
LAND: dict[str, Any] = {
    "parcels": [parcel()],
    "accounts": [account("tolls"), account("care", "cost"), account("works", "cost", "one_off")],
    "practices": [
        {"practice": "shop", "zone": "Z", "mode": "service", "latest": "p1"},
        {"practice": "park", "zone": "Z", "mode": "service", "latest": "p1"},
    ],
    "practice_flows": [flow("tolls", 0.3, "per_ha_year"), flow("care", 0.1, "per_ha_year", "park")],
}
"""Ten hectares that may be divided: a shop brings 0.3 a hectare and year from 2026, a park costs 0.1."""


def land(*limits: dict[str, Any], **more: Any) -> Study:
    return town({"divisible": True}, limits=list(limits), **{**LAND, **more})


def priced(study: Study, name: str, period: str) -> tuple[zv.Plan, pd.Series]:
    plan = zv.solve(study, gap=0.0)
    assert plan.audit is not None
    assert plan.audit.ok
    limits = plan.limits
    (row,) = (row for _, row in limits[(limits["limit"] == name) & (limits["period"] == period)].iterrows())
    return plan, row


def capped(by: float, **cells: Any) -> Study:
    return land(limit("cap", "area.practice.shop", "<=", 4.0 + by, period="last", **cells))


def asked(by: float) -> Study:
    return land(limit("green", "area.practice.park", ">=", 3.0 + by, period="last"))


def granted(by: float) -> Study:
    return town(
        finance={"opening_cash": 500.0},
        projects=[ROAD],
        instruments=[{"instrument": "gift", "kind": "grant", "limit_total": 6.0 + by}],
    )


def reserved(by: float) -> Study:
    return town(
        finance={"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 5.0 - by},
        projects=[ROAD],
        instruments=[LOAN],
    )


def owed(by: float) -> Study:
    finance = {"fiscal_resources": 2.0 + by, "debt_ratio_cap": 1.0}
    return land(
        finance=finance,
        instruments=[{**LOAN, "in_debt_ratio": 1}],
        practice_flows=[*LAND["practice_flows"], flow("works", 1.0)],
    )


ANNUITY = -npf.pv(0.05, 3, 1)
YEARS = weights(2026, 2029)
BORROWED = 0.7 / 0.96
"""For a hectare of shop with works of 1: 0.3 - 1 + 0.96 b = 0."""
CASES: dict[str, tuple[Callable[[float], Study], str, str, float]] = {
    # a hectare more of shop
    "a cap on land": (capped, "cap", "p3", 0.3 * YEARS),
    # a hectare more of park costs its upkeep and takes the place of a shop
    "a least of land": (asked, "green", "p3", -(0.3 + 0.1) * YEARS),
    # a million more of grant: 5 % a year from 2027, for good
    "the limit of a grant": (granted, "instrument_total.gift", "total", 0.05 * weights(2027, 2029)),
    # a million more in the till at the end of 2026 must be borrowed; of each 0.96 are left after the year's interest
    "cash to be kept": (reserved, "reserve", "p1", -0.001 * 0.04 * ANNUITY / 0.96),
    # b <= 2 + 0.3 a, and a hectare needs b of 0.729: a million more of debt are 1 / (0.729 - 0.3) more hectares, each
    # worth its tolls less works of 1 for good, 0.05 / 1.05 a year, and the price of its loan
    "a cap on debt": (
        owed,
        "debt_ratio_cap",
        "p1",
        ((0.3 - 0.05 / 1.05) * YEARS - 0.001 * 0.04 * ANNUITY * BORROWED) / (BORROWED - 0.3),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_price_is_the_worth_of_one_more_of_the_bound(case: str) -> None:
    study, name, period, price = CASES[case]
    plan, row = priced(study(0.0), name, period)
    assert row["slack"] == pytest.approx(0.0, abs=1e-6)
    assert row["shadow_price"] == pytest.approx(price)
    assert name in set(plan.prices["limit"])
    # whether the bound is a little higher or lower, the objective changes at that price
    for by in (STEP, -STEP):
        other = zv.solve(study(by), gap=0.0).objective
        assert other is not None
        assert plan.objective is not None
        assert (other - plan.objective) / by == pytest.approx(price, rel=1e-4)


def test_a_row_with_room_has_no_price() -> None:
    plan, row = priced(capped(8.0), "cap", "p3")
    assert row["slack"] == pytest.approx(2)
    assert row["shadow_price"] == pytest.approx(0, abs=1e-12)
    assert plan.prices.empty
    assert zv.solve(capped(8.0 + STEP), gap=0.0).objective == pytest.approx(plan.objective)


def test_a_soft_row_that_gives_is_priced_at_its_penalty() -> None:
    # 1.06 is what a hectare is worth: at 0.2 a hectare the cap gives all 6, and one more of it saves 0.2
    plan, row = priced(capped(0.0, kind="soft", penalty=0.2), "cap", "p3")
    assert row["slack"] == pytest.approx(-6)
    assert row["shadow_price"] == pytest.approx(0.2)
    assert plan.objective == pytest.approx(10 * 0.3 * YEARS - 6 * 0.2)
    # at 2 it gives nothing: the price is that of land
    _, row = priced(capped(0.0, kind="soft", penalty=2.0), "cap", "p3")
    assert row["shadow_price"] == pytest.approx(0.3 * YEARS)


def test_the_price_is_in_the_unit_of_the_bound_whatever_the_unit_of_its_value() -> None:
    # a share of the 10 ha of the class at the start: the bound is 4 ha, and so is the price by the hectare
    half = limit("cap", "area.practice.shop", "<=", 0.4, period="last", basis="share_of_start:area.class.field")
    _, row = priced(land(half), "cap", "p3")
    assert row["bound"] == pytest.approx(4)
    assert row["unit"] == "ha"
    assert row["shadow_price"] == pytest.approx(0.3 * YEARS)


def test_who_stops_the_solve_waits_for_no_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = api.run_supervised

    def stopped(*given: Any, **options: Any) -> Any:
        return replace(solve(*given, **options), status="interrupted")

    monkeypatch.setattr(api, "run_supervised", stopped)
    plan = zv.solve(land(limit("most", "area.practice.shop", "<=", 4.0)))
    assert plan.status == "interrupted"
    assert plan.has_plan
    assert plan.limits["shadow_price"].isna().all()
    assert "prices" not in plan.seconds
