"""Quotas and their trade, against numbers worked out by hand (the derivation stands beside each)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows, cells, evaluate, listed, rules, study
from tests.reports.money_studies import deltas
from zonevest.instances.study import Study

PARCELS: Rows = [
    {**FARM, "jurisdiction": "east"},
    {"parcel_id": "b", "land_class": "built", "zone": "town", "area_ha": 4.0, "jurisdiction": "west"},
]
PRACTICES: Rows = [BUILD, {"practice": "clear", "zone": "rural", "to_class": "farm", "from_classes": "built"}]
QUOTA: dict[str, Any] = {
    "quota": "land",
    "account_used": "area.new_construction",
    "account_generated": "area.lost.class_group.construction",
    "granted": 2.0,
    "opening": 1.0,
    "buy_price": 0.5,
    "buy_max": 3.0,
    "sell_price": 0.4,
    "sell_max": 1.0,
}
BUILT, CLEARED = {"a": ("build", "p1")}, {"b": ("clear", "p1")}


def quota_study(row: dict[str, Any] | None = None, **tables: Any) -> Study:
    return study(**{"parcels": PARCELS, "practices": PRACTICES, "quotas": [{**QUOTA, **(row or {})}], **tables})


def trade(bought: float = 0.0, sold: float = 0.0, period: str = "p1", place: str = "total") -> dict[str, Any]:
    return {"quota": "land", "jurisdiction": place, "period": period, "bought": bought, "sold": sold}


def test_a_balance() -> None:
    # p1: opening 1 + 2 years x 2 granted + 5 bought − 10 used = 0; p2, not banked: 3 x 2 = 6
    found = evaluate(quota_study(), BUILT, quota_trade=[trade(5.0)])
    assert found.ok, found.breaches
    assert listed(found, "quota.land", "p1") == pytest.approx((0, 0, 0))
    assert listed(found, "quota.land", "p2") == pytest.approx((6, 0, 6))
    assert listed(found, "quota_buy.land", "p1") == pytest.approx((5, 6, 1))
    assert listed(found, "quota_sell.land", "p2") == pytest.approx((0, 3, 3))
    assert listed(found, "quota_sold.land", "total") == pytest.approx((0, 0, 0))
    assert cells(found, "quota.land.bought") == (5, 0)
    assert cells(found, "quota.land.purchase") == (2.5, 0)
    assert cells(found, "money.outlay") == (2.5, 0)
    # for good: r C with C = 2.5 (1 + r)^−1, from 2026 to the end of the tail
    assert found.cash == pytest.approx(-2.5 * 0.1 / 1.1 * deltas(2026))


def test_too_little_is_found() -> None:
    assert rules(evaluate(quota_study(), BUILT, quota_trade=[trade(4.9)])) == {"quota:quota"}
    assert rules(evaluate(quota_study(), BUILT)) == {"quota:quota"}


def test_a_surplus_is_kept_where_it_is_banked() -> None:
    # p1: 1 + 4 = 5 left; p2: 5 + 6
    found = evaluate(quota_study({"bank": 1}))
    assert listed(found, "quota.land", "p1")[0] == pytest.approx(5)
    assert listed(found, "quota.land", "p2")[0] == pytest.approx(11)
    # and sold from the bank: p2 5 + 6 + 4 generated − 3 sold
    found = evaluate(quota_study({"bank": 1}), {"b": ("clear", "p2")}, quota_trade=[trade(0, 3, "p2")])
    assert listed(found, "quota.land", "p2")[0] == pytest.approx(12)
    assert listed(found, "quota_sold.land", "total") == pytest.approx((3, 4, 1))
    assert found.ok


def test_what_is_sold_is_generated() -> None:
    # 4 ha cleared, 2 years x 1 at most a period: 2 + 2 sold of 4; 3 x 1 in p2 would be 5
    found = evaluate(quota_study(), CLEARED, quota_trade=[trade(0, 2), trade(0, 2, "p2")])
    assert found.ok
    assert cells(found, "quota.land.sold") == (2, 2)
    assert cells(found, "quota.land.sale") == pytest.approx((0.8, 0.8))
    assert cells(found, "money.receipts") == pytest.approx((0.8, 0.8))
    assert found.cash == pytest.approx(0.8 * 0.1 / 1.1 * (deltas(2026) + deltas(2028)))
    found = evaluate(quota_study(), CLEARED, quota_trade=[trade(0, 2), trade(0, 3, "p2")])
    assert rules(found) == {"quota:quota_sold"}


def test_what_is_generated_is_there_a_period_later() -> None:
    # p1: 1 + 4, p2: 6 + 4; sold over the horizon counts what is generated in it
    found = evaluate(quota_study({"available_after": 1}), CLEARED)
    assert listed(found, "quota.land", "p1")[0] == pytest.approx(5)
    assert listed(found, "quota.land", "p2")[0] == pytest.approx(10)
    found = evaluate(quota_study({"available_after": 1}), {"b": ("clear", "p2")}, quota_trade=[trade(0, 3, "p2")])
    assert listed(found, "quota_sold.land", "total") == pytest.approx((3, 4, 1))
    assert listed(found, "quota.land", "p2")[0] == pytest.approx(3)


def test_grants_by_jurisdiction() -> None:
    grants = [
        {"quota": "land", "jurisdiction": "east", "period": "p1", "amount": 7.0},
        {"quota": "land", "jurisdiction": "west", "period": "p1", "amount": 1.0},
    ]
    # one that moves adds them up: 1 + 4 + 8 − 10
    found = evaluate(quota_study(quota_grants=grants), BUILT)
    assert listed(found, "quota.land", "p1")[0] == pytest.approx(3)
    # one that does not: opening and granted are of the total; east 7 + 3 − 10, west 1
    still = quota_study({"movable": 0, "granted": 0.0, "opening": 0.0}, quota_grants=grants)
    found = evaluate(still, BUILT, quota_trade=[trade(3.0, place="east")])
    assert found.ok, found.breaches
    assert listed(found, "quota.land", "p1", "east")[0] == pytest.approx(0)
    assert listed(found, "quota.land", "p1", "west")[0] == pytest.approx(1)
    assert cells(found, "quota.land.bought", "east") == (3, 0)
    assert cells(found, "quota.land.bought", "west") == (0, 0)
    assert cells(found, "money.outlay", "east") == pytest.approx((1.5, 0))
    assert rules(evaluate(still, BUILT, quota_trade=[trade(3.0, place="west")])) == {"quota:quota"}


def test_the_cap_holds_for_all_places_together() -> None:
    # 2 years x 3: 4 in the east and 2 in the west; 2.1 is too much
    still = quota_study({"movable": 0, "granted": 0.0, "opening": 0.0})
    trades = [trade(4.0, place="east"), trade(2.0, place="west")]
    found = evaluate(still, quota_trade=trades)
    assert found.ok
    assert listed(found, "quota_buy.land", "p1") == pytest.approx((6, 6, 0))
    trades[1]["bought"] = 2.1
    assert rules(evaluate(still, quota_trade=trades)) == {"quota:quota_buy"}
    # in one place it is a bound of the trade
    assert rules(evaluate(quota_study(), quota_trade=[trade(6.1)])) == {"quota:quota_buy"}
    assert rules(evaluate(quota_study(), CLEARED, quota_trade=[trade(0, 2.1)])) == {"quota:quota_sell"}


def test_an_annual_account_counts_years_times_its_mean() -> None:
    # 1.5 a year: 3 in p1, 4.5 in p2; 1 + 4 − 3 and 6 − 4.5
    waste = {"land_class": "farm", "account": "waste", "basis": "per_year", "value": 1.5}
    found = evaluate(quota_study({"account_used": "waste"}, class_flows=[waste]))
    assert listed(found, "quota.land", "p1")[0] == pytest.approx(2)
    assert listed(found, "quota.land", "p2")[0] == pytest.approx(1.5)


def test_prices_grow_with_their_account() -> None:
    # 4 bought in p2 at 0.5 x 1.1^2
    accounts = [*ACCOUNTS, {"account": "quota.land.purchase", "growth": 0.1}]
    found = evaluate(quota_study(accounts=accounts), quota_trade=[trade(4.0, period="p2")])
    assert cells(found, "quota.land.purchase") == pytest.approx((0, 2.42))


def test_shares_of_a_trade() -> None:
    # the builders pay a half
    shares = [
        {"account": "quota.land.purchase", "role": "pays", "actor": "builders", "share": 0.5},
        {"account": "quota.land.purchase", "role": "pays", "actor": "local", "share": 0.5},
    ]
    found = evaluate(quota_study(shares=shares), quota_trade=[trade(4.0)])
    assert cells(found, "quota.land.purchase") == (2, 0)
    assert cells(found, "money.outlay") == (1, 0)
    assert found.cash == pytest.approx(-0.1 / 1.1 * deltas(2026))
    gains = found.ledger[found.ledger["account"] == "gain.actor.builders"]
    assert gains["value"].max() == 0
    assert gains["value"].min() == pytest.approx(found.cash)


@pytest.mark.parametrize(
    ("row", "decision", "rule"),
    [
        ({}, {**trade(1.0), "quota": "air"}, "quota_trade:quota"),
        ({}, trade(1.0, place="east"), "quota_trade:jurisdiction"),
        ({"movable": 0, "granted": 0.0, "opening": 0.0}, trade(1.0), "quota_trade:jurisdiction"),
        ({}, trade(1.0, period="p9"), "quota_trade:period"),
        ({"sell_price": None, "sell_max": None}, trade(0.0, 1.0), "quota_trade:price"),
        ({}, trade(-1.0), "quota_trade:amount"),
    ],
)
def test_what_cannot_be_decided(row: dict[str, Any], decision: dict[str, Any], rule: str) -> None:
    assert rules(evaluate(quota_study(row), quota_trade=[decision])) == {rule}


def test_a_side_without_a_price_has_no_rows() -> None:
    given = quota_study({"sell_price": None, "sell_max": None})
    found = evaluate(given, BUILT, quota_trade=[trade(5.0)])
    assert found.ok
    assert "quota_sell.land" not in set(found.limits["limit"])


def test_who_sells_nothing_may_generate_less_than_nothing() -> None:
    # the project takes 1 ha of a farm that is left unassigned, and with it the water that it would have brought
    flows = [{"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 1.0}]
    given = study(
        {"unassigned": True},
        class_flows=flows,
        jurisdictions=[{"jurisdiction": "east"}],
        parcels=[{**FARM, "jurisdiction": "east"}],
        projects=[{"project": "mill", "build_years": 0, "jurisdiction": "east"}],
        land_take=[{"project": "mill", "land_class": "farm", "area_ha": 1.0}],
        quotas=[{"quota": "q", "account_generated": "water", "available_after": 2}],
    )
    found = evaluate(given, {"a": ("", "")}, {"mill": "p1"})
    assert cells(found, "water") == pytest.approx((-1.0, -1.0))
    assert rules(found) == set()
    assert "quota_sold.q" not in set(found.limits["limit"])
