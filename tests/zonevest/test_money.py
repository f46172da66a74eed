"""Money at the front door: thought experiments and a budget by hand, each solved and audited."""

from __future__ import annotations

from typing import Any

import numpy_financial as npf
import pytest

import zonevest as zv
from tests.model.complete_town import BLANK, LOAN, ROAD, account, flow, parcel, town, weights

RICH = {"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 500.0}
POOR = {**RICH, "opening_cash": 5.0}
"""10 a year are left, and 500 or 5 are in the till. A road costs 30 in 2026 and brings 4 - 1 a year from 2027."""


def planned(*args: Any, **more: Any) -> zv.Plan:
    """The proven plan of a town; the audit finds nothing wrong with it."""
    plan = zv.solve(town(*args, **more), gap=0.0)
    assert plan.status == "optimal"
    assert plan.audit is not None
    assert plan.audit.ok, plan.audit
    return plan


def gain(*args: Any, **more: Any) -> float:
    value = planned(*args, **more).objective
    assert value is not None
    return value


def raised(plan: zv.Plan) -> float:
    return float(plan.financing["raised"].sum())


def started(plan: zv.Plan) -> list[str]:
    return list(plan.projects["start"])


# A sale is the rent that it gives up


def sold(price: float, life: float, lease: float) -> float:
    """The gain of ten hectares that must be sold in 2026 for a price, and cost 3 a hectare to make ready."""
    return gain(
        parcels=[parcel(locked_practice="shop")],
        accounts=[
            account("sale", "revenue", "one_off", role="land_sale"),
            account("land", "cost", "one_off", role="land_cost"),
        ],
        practices=[
            {"practice": "shop", "zone": "Z", "mode": "development", "life_years": life, "lease_years": lease}
            | {"latest": "p1"}
        ],
        practice_flows=[flow("sale", price), flow("land", 3.0)],
    )


@pytest.mark.parametrize(("life", "lease"), [(BLANK, BLANK), (30.0, BLANK), (1.0, 70.0), (BLANK, 40.0)])
def test_a_sale_at_zero_net_gains_nothing_whatever_its_life(life: float, lease: float) -> None:
    assert sold(3.0, life, lease) == pytest.approx(0.0, abs=1e-9)
    # What is above the cost, 1 in all, counts as a rent for the life: of the lease where the land is sold for one, for
    # good where neither is given. It is paid at the end of 2026, the first year of service: 1 / 1.05 at its beginning.
    years = lease if lease == lease else life
    rent = 0.05 if years != years else -npf.pmt(0.05, years, 1)
    assert sold(3.1, life, lease) == pytest.approx(rent / 1.05 * weights(2026, 2029))


@pytest.mark.parametrize(("land_rent", "done"), [(True, "shop"), (False, "hold")])
def test_land_is_not_sold_for_a_rent_that_does_not_count(land_rent: bool, done: str) -> None:
    # ten hectares sold at 4 and made ready at 3: 10 more in all, 5 % of it a year for good; 30 spent for nothing else
    plan = planned(
        finance={**RICH, "land_rent": land_rent},
        parcels=[parcel()],
        accounts=[
            account("sale", "revenue", "one_off", role="land_sale"),
            account("land", "cost", "one_off", role="land_cost"),
        ],
        practices=[{"practice": "shop", "zone": "Z", "mode": "development", "latest": "p1"}],
        practice_flows=[flow("sale", 4.0), flow("land", 3.0)],
    )
    assert list(plan.parcels["practice"]) == [done]
    assert plan.objective == pytest.approx(10 * 0.05 / 1.05 * weights(2026, 2029) if land_rent else 0.0)


# Quotas are no pump


@pytest.mark.parametrize(("buy", "bought"), [(2.0, None), (1.0, 2.0), (3.0, 0.0)])
def test_buying_and_selling_quota_is_no_pump(buy: float, bought: float | None) -> None:
    # The land makes 1 a year, 4 in all, to be sold at 2, and quota may be bought. A trade is for good: 5 % of its
    # money a year, carried back a year. However cheap it is bought, no more than the 4 is sold.
    share = 0.05 / 1.05
    plan = planned(
        parcels=[parcel()],
        accounts=[account("made", "quota")],
        class_flows=[{"land_class": "field", "account": "made", "basis": "per_ha_year", "value": 0.1}],
        quotas=[
            {"quota": "new", "account_generated": "made", "bank": 1, "sell_price": 2.0, "sell_max": 9.0}
            | {"buy_price": buy, "buy_max": 9.0}
        ],
    )
    assert plan.quota_trade["sold"].sum() == pytest.approx(4)
    as_made = 2 * share * (weights(2026, 2029) + weights(2027, 2029) + 2 * weights(2028, 2029))
    if bought is None:  # at one price it does not matter whether anything is bought
        assert plan.objective == pytest.approx(as_made)
    elif bought:
        # The 2 of p3 sold in 2026 instead are worth 2 x 5 % x (3.546 - 1.687) more, just above the 3.546 x 5 % of what
        # is bought for them at 1; the 1 of p2 only 2 x (3.546 - 2.594). In the end 2 are left over.
        assert plan.quota_trade["bought"].sum() == pytest.approx(bought)
        early = (3 * 2 - 2 * 1) * weights(2026, 2029) + 2 * weights(2027, 2029)
        assert plan.objective == pytest.approx(share * early)
    else:
        assert plan.quota_trade["bought"].sum() == pytest.approx(0)
        assert plan.objective == pytest.approx(as_made)


# Grants, equity and short tenors are no free money


def test_a_grant_of_all_the_cost_makes_a_project_free_and_no_more() -> None:
    road = {**ROAD, "life_years": 10}
    grant = {"instrument": "gift", "kind": "grant"}
    more = {"finance": RICH, "rates": {"tail_years": 3}}
    granted = planned(projects=[road], instruments=[grant], **more)
    assert raised(granted) == pytest.approx(30)
    # as if it cost nothing: 3 a year from 2027 to the end of the tail in 2032
    assert granted.objective == pytest.approx(gain(projects=[{**road, "capex": 0.0}], **more))
    assert granted.objective == pytest.approx(3 * weights(2027, 2032))
    # without it 30 are 3.885 a year over ten years, more than it earns; an own share of a third leaves 10 of them
    assert gain(projects=[road], **more) == pytest.approx(0)
    shared = gain(projects=[{**road, "equity_min": 1 / 3}], instruments=[grant], **more)
    assert shared == pytest.approx((3 + 10 * npf.pmt(0.05, 10, 1)) * weights(2027, 2032))


@pytest.mark.parametrize(
    "instrument",
    [
        {"kind": "loan", "rate": 0.0, "tenor_years": 1},
        {"kind": "bond", "rate": 0.01, "tenor_years": 1},
        {"kind": "loan", "rate": 0.02, "tenor_years": 10, "repay": "level_principal", "grace_years": 4},
        {"kind": "equity", "rate": 0.0, "tenor_years": 1},
        {"kind": "equity", "rate": 0.01, "tenor_years": 30},
        {"kind": "equity", "rate": 0.0},
    ],
)
def test_no_money_makes_a_loss_worth_while(instrument: dict[str, Any]) -> None:
    # 30 for good are 1.5 a year at 5 %: a road that brings 1.4 is a loss, whoever lends for whatever time, and one that
    # brings 1.6 gains 0.1 a year from 2027, however it is paid.
    more: dict[str, Any] = {"finance": RICH, "instruments": [{"instrument": "f", **instrument}]}
    assert started(planned(projects=[{**ROAD, "annual_revenue": 2.4}], **more)) == [""]
    plan = planned(projects=[{**ROAD, "annual_revenue": 2.6}], **more)
    assert started(plan) == ["p1"]
    assert plan.objective == pytest.approx(0.1 * weights(2027, 2029))


@pytest.mark.parametrize("tenor", [3, 10, 30])
def test_what_must_be_borrowed_is_never_worth_more_than_own_money(tenor: int) -> None:
    # 5 + 10 - 30 + 0.99 b = 0. A loan at 1 %, whose interest is in no annual equivalent, costs a thousandth of its
    # interest: short tenors are not better than own cash, only less dear than long ones.
    loan = {**LOAN, "rate": 0.01, "tenor_years": tenor}
    plan = planned(finance=POOR, projects=[ROAD], instruments=[loan])
    own = gain(finance=RICH, projects=[ROAD])
    assert own == pytest.approx((3 - 1.5) * weights(2027, 2029))
    borrowed = 15 / 0.99
    assert raised(plan) == pytest.approx(borrowed)
    assert own - plan.objective == pytest.approx(0.001 * 0.01 * borrowed * -npf.pv(0.05, tenor, 1))  # type: ignore[operator]


# Idle borrowing never pays, dear money costs


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.2])
@pytest.mark.parametrize("kind", ["loan", "equity"])
def test_idle_borrowing_never_pays(rate: float, kind: str) -> None:
    plan = planned(finance=RICH, projects=[ROAD], instruments=[{**LOAN, "kind": kind, "rate": rate}])
    assert started(plan) == ["p1"]
    assert raised(plan) == 0
    assert plan.objective == pytest.approx(1.5 * weights(2027, 2029))


@pytest.mark.parametrize(("rate", "built"), [(0.04, True), (0.06, True), (0.09, True), (0.2, False)])
def test_dear_money_costs(rate: float, built: bool) -> None:
    # 5 + 10 - 30 + (1 - rate) b = 0 for the road. A unit for three years costs what its rate is above 5 %, and a
    # thousandth of it: at 9 % 0.04009 x 2.7232 x 16.48 = 1.80 of the 3.89 that the road is worth; at 20 % 7.67.
    plan = planned(finance=POOR, projects=[ROAD], instruments=[{**LOAN, "rate": rate}])
    borrowed = 15 / (1 - rate)
    price = (max(rate - 0.05, 0) + 0.001 * rate) * -npf.pv(0.05, 3, 1) * borrowed
    assert started(plan) == ["p1" if built else ""]
    assert raised(plan) == pytest.approx(borrowed if built else 0)
    assert plan.objective == pytest.approx(1.5 * weights(2027, 2029) - price if built else 0)


# What lives long and is built late


@pytest.mark.parametrize("start", ["p1", "p2", "p3"])
@pytest.mark.parametrize("annual", [2.7, 2.8])
def test_a_long_lived_asset_built_late_is_judged_as_if_built_early(start: str, annual: float) -> None:
    # 30 over 40 years are 1.7483 a year at 5 %. A road that brings 1.7 is not built and one that brings 1.8 is, in
    # 2026 as in 2028, although of the latter's life the plan sees one year.
    early = 30 * -npf.pmt(0.05, 40, 1)
    road = {**ROAD, "life_years": 40, "annual_revenue": annual, "earliest": start, "latest": start}
    plan = planned(finance=RICH, projects=[road])
    pays = annual - 1 > early
    assert pays == (annual == 2.8)
    assert started(plan) == [start if pays else ""]
    opening = {"p1": 2027, "p2": 2028, "p3": 2029}[start]
    assert plan.objective == pytest.approx((annual - 1 - early) * weights(opening, 2029) if pays else 0)


# A budget by hand

BUDGET: dict[str, Any] = {
    "finance": {
        "own_revenue": 100.0,
        "fixed_cost": 90.0,
        "transfers": 3.0,
        "growth": {"own_revenue": 0.02},
        "opening_cash": 5.0,
    },
    "parcels": [parcel(locked_practice="shop")],
    "accounts": [
        account("rent"),
        account("tolls"),
        account("works", "cost", "one_off"),
        account("sale", "revenue", "one_off", role="land_sale"),
    ],
    "practices": [{"practice": "shop", "zone": "Z", "mode": "development", "earliest": "p2", "latest": "p2"}],
    "class_flows": [{"land_class": "field", "account": "rent", "basis": "per_ha_year", "value": 0.2}],
    "practice_flows": [flow("works", 0.8), flow("sale", 1.2), flow("tolls", 0.3, "per_ha_year")],
    "projects": [{**ROAD, "mandatory": 1}],
    "instruments": [
        {**LOAN, "repay": "level_principal", "grace_years": 1},
        {"instrument": "gift", "kind": "grant", "limit_total": 6.0},
        {**LOAN, "instrument": "old", "rate": 0.05, "outstanding": 6.0, "outstanding_years": 2, "limit_total": 0.0},
    ],
}
CASH_FLOW = {
    # Of 100 of own revenue 2 are rent of the land: 98 in 2026, which grow by 2 % to 99.96, 101.9592 and 103.998384.
    #                                     p1 (2026)  p2 (2027)   p3 (2028 and 2029)
    "own revenue beside the ledger":        (98.0,     99.96,      205.957584),
    "rent":                                 (2.0,      2.0,        4.0),
    "tolls":                                (0.0,      3.0,        6.0),
    "project.revenue":                      (0.0,      4.0,        8.0),
    "transfers":                            (3.0,      3.0,        6.0),
    "fixed cost":                           (-90.0,    -90.0,      -180.0),
    "project.cost":                         (0.0,      -1.0,       -2.0),
    "sale":                                 (0.0,      12.0,       0.0),
    "works":                                (0.0,      -8.0,       0.0),
    "project.capex":                        (-30.0,    0.0,        0.0),
    "finance.raised.gift":                  (6.0,      0.0,        0.0),
    # 6 are owed, 3 fall due in 2026 and 2027, at 5 %
    "finance.repaid.old":                   (-3.0,     -3.0,       0.0),
    "finance.interest.old":                 (-0.3,     -0.15,      0.0),
    # No more than is needed is borrowed: 5 + 98 + 2 + 3 - 90 - 30 + 6 - 3.3 + 0.96 b = 0, so b = 9.3 / 0.96 = 9.6875.
    # Half of it is repaid at the end of 2027, half at the end of 2028: interest of 4 % on 9.6875 twice, then on half.
    "finance.raised.loan":                  (9.6875,   0.0,        0.0),
    "finance.repaid.loan":                  (0.0,      -4.84375,   -4.84375),
    "finance.interest.loan":                (-0.3875,  -0.3875,    -0.19375),
}  # fmt: skip
CASH = (0.0, 16.57875, 59.498834)
"""5 and what flows in p1; that and what flows in p2: 21.96 - 5.38125; and 42.920084 more in p3."""
DEBT = (12.6875, 4.84375, 0.0)
"""3 of the old and all of the loan; half of the loan; nothing."""
PERIODS = {"p1": 1, "p2": 1, "p3": 2}


def test_a_budget_of_three_periods() -> None:
    plan = planned(**BUDGET)
    told = plan.ledger[plan.ledger["jurisdiction"] == "total"].set_index(["account", "period"])
    for at, (period, years) in enumerate(PERIODS.items()):

        def amount(name: str, period: str = period, years: int = years) -> float:
            if (name, period) not in told.index:
                return 0.0
            row = told.loc[name, period]
            return float(row["value"]) * (years if row["measure"] == "per_year" else 1)

        # sources less uses of the period are what its cash grows by
        opening = CASH[at - 1] if at else 5.0
        assert opening + sum(line[at] for line in CASH_FLOW.values()) == pytest.approx(CASH[at], abs=1e-9)
        for name, line in CASH_FLOW.items():
            if " " not in name and name != "transfers":  # the others are no accounts of the ledger
                assert amount(name) == pytest.approx(abs(line[at]), abs=1e-9), (name, period)
        assert amount("finance.cash") == pytest.approx(CASH[at], abs=1e-9)
        assert amount("finance.debt") == pytest.approx(DEBT[at], abs=1e-9)
        # N without what is no account: tolls, rent and the road
        recurring = ("rent", "tolls", "project.revenue", "project.cost")
        assert amount("money.operating") == pytest.approx(sum(CASH_FLOW[name][at] for name in recurring))
        assert amount("money.land_sale") == pytest.approx(CASH_FLOW["sale"][at])
        assert amount("money.outlay") == pytest.approx(-CASH_FLOW["works"][at] - CASH_FLOW["project.capex"][at])
    # what limits.csv says of the till: empty at the end of p1, which is why the loan is what it is
    reserve = plan.limits[plan.limits["limit"] == "reserve"]
    assert list(reserve["slack"]) == pytest.approx(CASH, abs=1e-9)


def test_the_budget_is_worth_what_its_parts_are() -> None:
    # The road, 30 less a grant of 6 for good: 3 - 24 x 0.05 = 1.8 a year from 2027. Tolls of 3 a year from 2027, and
    # 4 of sale less works at the end of 2027, the first year of service, for good: 0.05 / 1.05 of it a year. The loan
    # costs a thousandth of its interest on 9.6875 twice and on half of it. The rent is there anyway.
    debt = 0.001 * 0.04 * 9.6875 * npf.npv(0.05, [0, 1, 1, 0.5])
    found = (1.8 + 3 + 4 * 0.05 / 1.05) * weights(2027, 2029) - debt
    assert gain(**BUDGET) == pytest.approx(found)
