"""Price steps: what a market takes at which price, and land whose plan changes with it, by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import zonevest as zv
from tests.model.complete_town import account, flow, parcel, town, weights
from tests.model.complete_valley import limit
from tests.model.plain import planned
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.markets import Market, markets
from zonevest.model.options import build_options

NEW = "area.new.practice.shop"
FOR_GOOD = 0.05 / 1.05
"""What a million at the end of a year is worth a year from then on."""


def step(up_to: float, factor: float, price: float = 1.0, **cells: Any) -> dict[str, Any]:
    return {"account": "lots", "area_account": NEW, "up_to": up_to, "factor": factor, "price": price, **cells}


FALLING = [step(4.0, 1.0), step(7.0, 0.6)]
"""A year takes 4 ha at 1 a hectare, and 3 more at 0.6."""


def land(*limits: dict[str, Any], tolls: float = 0.0, steps: list[dict[str, Any]] = FALLING, **more: Any) -> Study:
    """Ten hectares that may be divided; a shop takes works of 0.7 a hectare, for good."""
    given: dict[str, Any] = {
        "parcels": [parcel()],
        "accounts": [account("lots", "revenue", "one_off"), account("works", "cost", "one_off"), account("tolls")],
        "practices": [{"practice": "shop", "zone": "Z", "mode": "service"}],
        "practice_flows": [flow("works", 0.7), flow("tolls", tolls, "per_ha_year")],
        "price_steps": steps,
        "limits": list(limits),
    }
    return town({"divisible": True}, **{**given, **more})


def the(study: Study) -> Market:
    (found,) = markets(Ledger(build_options(study)))
    return found


def test_steps_of_a_period_are_those_that_name_it() -> None:
    found = the(land(steps=[step(7.0, 0.6, 2.0), step(4.0, 1.0, 2.0), step(5.0, 0.5, 3.0, period="p3")]))
    told = [[(each.width, each.price) for each in steps] for steps in found.steps]
    assert told == [[(4, 2), (3, pytest.approx(1.2))], [(4, 2), (3, pytest.approx(1.2))], [(10, 1.5)]]
    # of 12 ha in a year of 7 as much as there is room for; of 3 all in the first step
    assert (found.filled(12.0, 0), found.filled(3.0, 0), found.filled(6.0, 2)) == ([4, 3], [3, 0], [6])
    assert the(land(steps=[step(5.0, 1.0, period="p2")])).steps[0] == ()


def test_a_market_of_a_place_is_its_own() -> None:
    study = land(
        steps=[
            step(4.0, 1.0, jurisdiction="N"),
            step(9.0, 1.0, jurisdiction="S"),
            step(5.0, 1.0, account="works"),
        ],
        jurisdictions=[{"jurisdiction": "N"}, {"jurisdiction": "S"}],
    )
    found = markets(Ledger(build_options(study)))
    assert [(each.account, each.place, each.steps[0][0].width) for each in found] == [
        ("lots", "N", 4),
        ("lots", "S", 9),
        ("works", "total", 5),
    ]


@pytest.mark.parametrize(
    ("practice", "role", "lead", "life"),
    [
        ({"life_years": 20.0, "lease_years": 40.0}, "", 0, 20.0),
        ({"life_years": 20.0, "lease_years": 40.0, "lead_years": 2}, "land_sale", 2, 40.0),
        ({"life_years": 20.0}, "land_sale", 0, 20.0),
    ],
)
def test_worth_over_the_life_of_what_is_sold(practice: dict[str, Any], role: str, lead: int, life: float) -> None:
    lots = account("lots", "revenue", "one_off", role=role)
    study = land(accounts=[lots, account("works", "cost", "one_off"), account("tolls")],
                 practices=[{"practice": "shop", "zone": "Z", "mode": "service", **practice}])  # fmt: skip
    found = the(study)
    assert (found.lead, found.life) == (lead, life)
    # sold in 2027: at the beginning of the first year of service 1.05 ^ (lead - 1), spread over the life
    spread = 0.05 / (1 - 1.05**-life)
    expected = 1.05 ** (lead - 1) * spread * weights(2027 + lead, 2029)
    assert found.worth(Ledger(build_options(study)), 1) == pytest.approx(expected)


def test_what_grows_is_the_price_of_the_first_year() -> None:
    lots = account("lots", "revenue", "one_off", growth=0.1)
    study = land(accounts=[lots, account("works", "cost", "one_off"), account("tolls")])
    assert the(study).amount(Ledger(build_options(study)), 2, 0.6) == pytest.approx(0.6 * 1.21)


@pytest.fixture(scope="module")
def plan() -> zv.Plan:
    return planned(land(tolls=1.0))


def test_no_more_is_sold_than_the_market_takes(plan: zv.Plan) -> None:
    # tolls of 1 a year are worth more than any price: all that can be sold, 7 ha, begins in 2026, the rest in 2027
    early, late = 4 * 1 + 3 * 0.6 - 7 * 0.7, 3 * 1 - 3 * 0.7
    expected = (7 + FOR_GOOD * early) * weights(2026, 2029) + (3 + FOR_GOOD * late) * weights(2027, 2029)
    assert plan.objective == pytest.approx(expected)
    told = plan.limits[plan.limits["limit"] == "price_steps.lots"].set_index("period")
    assert told.loc["p1", ["account", "value", "bound", "slack"]].tolist() == [
        NEW,
        pytest.approx(7),
        7,
        pytest.approx(0),
    ]
    assert told["bound"].tolist() == [7, 7, 14]
    assert told["shadow_price"].isna().all()


def test_land_waits_for_a_better_price() -> None:
    # at 0.6 works of 0.7 do not pay: 4 ha a year
    plan = planned(land())
    years = 4 * weights(2026, 2029) + 4 * weights(2027, 2029) + 2 * weights(2028, 2029)
    assert plan.objective == pytest.approx(0.3 * FOR_GOOD * years)


@pytest.mark.parametrize(("most", "there"), [(5.2, True), (5.1, False)])
def test_a_step_is_filled_before_the_next_is_opened(most: float, there: bool) -> None:
    # 6 ha bring 4 + 2 x 0.6 and not a cent less, although 3 at 1 and 3 at 0.6 would bring 4.8
    study = land(limit("least", NEW, ">=", 6.0, period="p1"), limit("most", "lots", "<=", most, period="p1"))
    plan = zv.solve(study, gap=0.0)
    assert plan.has_plan == there
    assert plan.audit is None or plan.audit.ok


def test_costs_that_rise() -> None:
    # The first 4 ha a year are bought at 2, the next 3 at 21.5, which with works of 0.7 are 22.2 and for good 1.06 a
    # year: more than tolls of 1.
    dear = [step(4.0, 2.0), step(7.0, 21.5)]
    lots = account("lots", "cost", "one_off")
    study = land(steps=dear, tolls=1.0, accounts=[lots, account("works", "cost", "one_off"), account("tolls")])
    plan = planned(study)
    years = 4 * weights(2026, 2029) + 4 * weights(2027, 2029) + 2 * weights(2028, 2029)
    assert plan.objective == pytest.approx((1 - 2.7 * FOR_GOOD) * years)


def test_what_is_sold_is_in_the_tables_of_money(plan: zv.Plan) -> None:
    ledger = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    sold = [4 * 1 + 3 * 0.6, 3.0, 0.0]
    # of no undertaking and of no place
    assert [ledger["lots", "total", t] for t in ("p1", "p2", "p3")] == pytest.approx(sold)
    assert [ledger["lots", "N", t] for t in ("p1", "p2", "p3")] == [0, 0, 0]
    assert ledger["money.receipts", "total", "p1"] == pytest.approx(sold[0])
    cash = plan.cash_flow()
    lots = cash[(cash["item"] == "receipts") & (cash["account"] == "lots")]
    assert lots["value"].tolist() == pytest.approx(sold[:2])
    table = plan.distribution()
    gains = table[table["kind"] == "gain"].set_index("actor")["net"]
    assert gains["local"] == pytest.approx(plan.objective)
    assert gains["outside"] == pytest.approx(-ledger["gain.actor.local", "total", "total"])
    paid = table[table["account"] == "lots"].set_index("actor")
    worth = FOR_GOOD * (sold[0] * weights(2026, 2029) + sold[1] * weights(2027, 2029))
    assert paid.loc["local", "receives"] == paid.loc["outside", "pays"] == pytest.approx(worth)
    assert isinstance(plan.capture(), pd.DataFrame)
