"""Who gains, against numbers worked out by hand (the derivation stands beside each)."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.reports.audit_studies import ACCOUNTS, FARM, Rows, cell, cells, evaluate, listed, rules, study
from tests.reports.money_studies import ACTORS, CAPTURE, LEVY, RISE, UPLIFT_ACCOUNTS, delta, deltas, with_uplift
from zonevest.instances.study import Study

LAND: Rows = [
    {**FARM, "jurisdiction": "east", "population": 30},
    {**FARM, "parcel_id": "b", "jurisdiction": "west", "population": 10, "area_ha": 5.0},
    {**FARM, "parcel_id": "c", "jurisdiction": "moor", "population": 0, "area_ha": 1.0},
]
HALVES: Rows = [
    {"account": "rent", "role": "receives", "actor": "farmers", "share": 0.75},
    {"account": "rent", "role": "receives", "actor": "local", "share": 0.25},
    {"account": "rent", "role": "pays", "actor": "builders", "share": 1.0},
]
RENT: Rows = [
    {"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.5},
    {"land_class": "built", "account": "rent", "basis": "per_ha_year", "value": 0.9},
]
BUILT = {"a": ("build", "p1")}
MEAN = {"p1": deltas(2026, 2027) / 2, "p2": deltas(2028, 2030) / 3}
"""The worth of one unit paid in equal yearly parts in a period."""


def gain(found: Any, actor: str, place: str = "total") -> float:
    return cell(found, f"gain.actor.{actor}", "total", place)


def jurisdiction(found: Any, place: str) -> float:
    return cell(found, "gain.jurisdiction", "total", place)


def gain_study(equity: dict[str, Any] | None = None, **tables: Any) -> Study:
    base = {"parcels": LAND, "shares": HALVES, "class_flows": RENT, "actors": ACTORS}
    return study({"equity": equity or {}}, **{**base, **tables})


def test_parts_of_a_flow() -> None:
    # rent of a: 5 a year before, 9 after; farmers take 3/4 and the purse 1/4 of 4 a year more, builders pay it
    found = evaluate(gain_study(), BUILT)
    worth = 4 * deltas(2026)
    assert gain(found, "farmers") == pytest.approx(0.75 * worth)
    assert gain(found, "local") == pytest.approx(0.25 * worth)
    assert gain(found, "builders") == pytest.approx(-worth)
    assert gain(found, "pot") == 0
    assert gain(found, "farmers", "east") == pytest.approx(0.75 * worth)
    assert gain(found, "farmers", "west") == 0
    # not public are farmers and builders: what they gain together
    assert jurisdiction(found, "east") == pytest.approx(-0.25 * worth)
    assert jurisdiction(found, "total") == pytest.approx(-0.25 * worth)
    assert found.ok


def test_doing_nothing_is_a_gain_of_nothing() -> None:
    found = evaluate(gain_study())
    assert gain(found, "farmers") == pytest.approx(0)
    # without such a state a gain is all there is: 16 ha x 0.5 x 3/4 a year
    found = evaluate(study({"hold": True, "unassigned": True}, parcels=LAND, shares=HALVES, class_flows=RENT))
    assert gain(found, "farmers") == pytest.approx(16 * 0.5 * 0.75 * deltas(2026))


def test_uplift_goes_to_those_who_receive_it_and_captures_are_paid() -> None:
    # 20 of uplift to the farmers in 2026, for good: r C; the levy, 6 in 2027, is paid by them and received by the purse
    shares = [{"account": "rise", "role": "receives", "actor": "farmers", "share": 1.0}]
    capture = [{**CAPTURE[0], "payer": "farmers"}]
    flows = [{"practice": "build", "account": "rise", "basis": "per_ha_once", "value": 2.0}]
    given = with_uplift(
        accounts=UPLIFT_ACCOUNTS[:-1], capture=capture, shares=shares, practice_flows=flows, actors=ACTORS
    )
    found = evaluate(given, BUILT)
    rise, levy = 20 / 1.1 * 0.1 * deltas(2026), 6 * 1.1**-2 * 0.1 * deltas(2026)
    assert gain(found, "farmers") == pytest.approx(rise - levy)
    assert gain(found, "local") == pytest.approx(levy)
    assert found.cash == pytest.approx(levy)
    # without `receives` rows it is outside's, who is no actor here
    found = evaluate(
        with_uplift(accounts=UPLIFT_ACCOUNTS[:-1], capture=capture, practice_flows=flows, actors=ACTORS), BUILT
    )
    assert gain(found, "farmers") == pytest.approx(-levy)


def test_catchment_uplift_is_worth_of_its_project() -> None:
    # 3 a hectare x 10 ha in 2027 = 30 for the farmers of the project's land; life 10, opens 2027, levy 9 in 2028
    tram = {
        "project": "tram", "capex": 0.0, "life_years": 10, "catchment": "stop",
        "uplift_per_ha": 3.0, "uplift_account": "rise", "jurisdiction": "west",
    }  # fmt: skip
    shares = [
        {"account": "rise", "role": "receives", "actor": "builders", "share": 1.0},
        {"account": "rise", "role": "receives", "actor": "farmers", "share": 1.0, "project": "tram"},
    ]
    row = {"project": "tram", "start": "p1", "jurisdiction": "east", "catchments": "stop", "where": "", "period": "p1"}
    given = with_uplift(
        parcels=[{**FARM, "jurisdiction": "east", "tags": "stop"}], projects=[tram], shares=shares, actors=ACTORS,
        accounts=UPLIFT_ACCOUNTS[:-1], capture=CAPTURE[:1],
    )  # fmt: skip
    found = evaluate(given, {}, {"tram": "p1"}, uplift=[{**row, "area_ha": 10.0}])
    annuity = 0.1 / (1 - 1.1**-10)
    assert gain(found, "farmers") == pytest.approx(30 * 1.1**-1 * annuity * deltas(2027))
    # in the jurisdiction of the land, not of the project; its own share replaces the builders'
    assert gain(found, "farmers", "east") == pytest.approx(gain(found, "farmers"))
    assert gain(found, "farmers", "west") == 0
    assert gain(found, "builders") == 0
    assert gain(found, "local") == pytest.approx(9 * 1.1**-2 * annuity * deltas(2027))


def test_land_rent_does_not_touch_gains() -> None:
    # a sale of 10 to the purse: in its gain, and out of F1
    flows = [{"practice": "build", "account": "sale", "basis": "once", "value": 10.0}]
    found = evaluate(study({"finance": {"land_rent": False}}, practice_flows=flows), BUILT)
    assert found.cash == 0
    assert gain(found, "local") == pytest.approx(10 / 1.1 * 0.1 * deltas(2026))
    assert cells(found, "money.land_sale") == (10, 0)
    found = evaluate(study({"finance": {}}, practice_flows=flows), BUILT)
    assert found.cash == pytest.approx(10 / 1.1 * 0.1 * deltas(2026))


class TestFund:
    """The pot receives the rent; 30 people in the east, 10 in the west, none on the moor."""

    SHARES: ClassVar[Rows] = [
        {"account": "rent", "role": "receives", "actor": "pot", "share": 1.0},
        {"account": "rent", "role": "pays", "actor": "builders", "share": 1.0},
    ]

    def study(self, equity: dict[str, Any] | None = None, **tables: Any) -> Study:
        return gain_study({"fund": "pot", **(equity or {})}, **{"shares": self.SHARES, **tables})

    def test_transfers(self) -> None:
        # the pot receives 16 ha x 0.5 = 8 a year: 16 in p1, 40 to date in p2
        transfers = [
            {"jurisdiction": "west", "period": "p1", "amount": 12.0},
            {"jurisdiction": "east", "period": "p2", "amount": 28.0},
        ]
        found = evaluate(self.study(), fund_transfers=transfers)
        assert found.ok, found.breaches
        assert listed(found, "fund", "p1") == pytest.approx((12, 16, 4))
        assert listed(found, "fund", "p2") == pytest.approx((40, 40, 0))
        assert jurisdiction(found, "west") == pytest.approx(12 * MEAN["p1"])
        assert jurisdiction(found, "east") == pytest.approx(28 * MEAN["p2"])
        assert jurisdiction(found, "total") == pytest.approx(12 * MEAN["p1"] + 28 * MEAN["p2"])
        # its gain is less what it pays, in the total
        assert gain(found, "pot") == pytest.approx(-12 * MEAN["p1"] - 28 * MEAN["p2"])
        assert gain(found, "pot", "east") == 0
        transfers[0]["amount"] = 12.1
        assert rules(evaluate(self.study(), fund_transfers=transfers)) == {"gain:fund"}

    def test_only_from_what_has_come_in_so_far(self) -> None:
        transfers = [{"jurisdiction": "west", "period": "p1", "amount": 16.5}]
        assert rules(evaluate(self.study(), fund_transfers=transfers)) == {"gain:fund"}

    def test_of_the_purse_are_paid_from_cash(self) -> None:
        given = study({"equity": {"fund": "local"}, "finance": {"opening_cash": 1.0}}, parcels=LAND, class_flows=RENT)
        found = evaluate(given, fund_transfers=[{"jurisdiction": "west", "period": "p1", "amount": 12.0}])
        # 1 + 2 x 8 − 12
        assert cells(found, "finance.cash") == pytest.approx((5, 29))
        # and from F1, in equal yearly parts
        assert found.cash == pytest.approx(8 * deltas(2026) - 12 * MEAN["p1"])
        assert found.ok

    @pytest.mark.parametrize(
        ("equity", "place", "period", "amount", "rule"),
        [
            ({}, "moor", "p1", 1.0, "fund_transfers:jurisdiction"),
            ({}, "north", "p1", 1.0, "fund_transfers:jurisdiction"),
            ({}, "east", "p9", 1.0, "fund_transfers:period"),
            ({}, "east", "p1", -1.0, "fund_transfers:amount"),
            ({"fund": None}, "east", "p1", 1.0, "fund_transfers:fund"),
        ],
    )
    def test_what_cannot_be_decided(
        self, equity: dict[str, Any], place: str, period: str, amount: float, rule: str
    ) -> None:
        settings = {key: value for key, value in {"fund": "pot", **equity}.items() if value}
        given = gain_study(settings, shares=self.SHARES)
        rows = [{"jurisdiction": place, "period": period, "amount": amount}]
        assert rules(evaluate(given, fund_transfers=rows)) == {rule}


def test_participation() -> None:
    # building on a loses the builders 4 a year, and the east with them where they are named
    given = gain_study({"participation": ["builders"]})
    found = evaluate(given, BUILT)
    worth = -4 * deltas(2026)
    assert listed(found, "participation.builders", "total") == pytest.approx((worth, 0, worth))
    assert listed(found, "participation_jurisdiction", "total", "east") == pytest.approx((worth, 0, worth))
    assert listed(found, "participation_jurisdiction", "total", "west") == pytest.approx((0, 0, 0))
    assert rules(found) == {"gain:participation", "gain:participation_jurisdiction"}
    assert evaluate(given).ok
    found = evaluate(gain_study({"participation": ["farmers", "local"]}), BUILT)
    assert found.ok
    assert jurisdiction(found, "east") == pytest.approx(-worth)


def test_a_floor_by_head() -> None:
    # 3 a year more for farmers in the east, nothing in the west: the gain of all is 3 Σδ; west has a quarter of the
    # people, so half of its share is 3/8 Σδ; it is what the pot has to bring
    shares = [*HALVES[:2], {"account": "rent", "role": "pays", "actor": "outside", "share": 1.0}]
    accounts = [*ACCOUNTS, {"account": "grant", "family": "revenue", "recurrence": "annual", "cash": 1}]
    shares += [{"account": "grant", "role": "receives", "actor": "pot", "share": 1.0}]
    flows = [*RENT, {"land_class": "farm", "account": "grant", "basis": "per_year", "value": 4.0}]
    equity = {"fund": "pot", "jurisdiction_floor": 0.5, "participation": ["farmers"]}
    given = gain_study(equity, shares=shares, accounts=accounts, class_flows=flows)
    bound = 0.5 * 0.25 * 3 * deltas(2026)
    found = evaluate(given, BUILT)
    assert listed(found, "jurisdiction_floor", "total", "west") == pytest.approx((0, bound, -bound))
    assert listed(found, "jurisdiction_floor", "total", "east")[1] == pytest.approx(3 * bound)
    assert rules(found) == {"gain:jurisdiction_floor"}
    assert "moor" not in set(found.limits.loc[found.limits["limit"] == "jurisdiction_floor", "jurisdiction"])
    row = {"jurisdiction": "west", "period": "p1", "amount": bound / MEAN["p1"]}
    found = evaluate(given, BUILT, fund_transfers=[row])
    assert found.ok, found.breaches
    assert listed(found, "jurisdiction_floor", "total", "west") == pytest.approx((bound, bound, 0), abs=1e-9)
    # what is compared with is without transfers
    assert listed(found, "jurisdiction_floor", "total", "east")[1] == pytest.approx(3 * bound)


def test_a_floor_by_actor() -> None:
    # positive gains: farmers 3 Σδ, local Σδ (builders lose, outside is apart); local must have 0.3 of 4 Σδ
    actors = [{**ACTORS[0], "floor_share": 0.3}, *ACTORS[1:], {"actor": "outside"}]
    found = evaluate(gain_study(actors=actors), BUILT)
    worth = deltas(2026)
    assert listed(found, "floor_share.local", "total") == pytest.approx((worth, 1.2 * worth, -0.2 * worth))
    assert rules(found) == {"gain:floor_share"}
    actors[0] = {**ACTORS[0], "floor_share": 0.25}
    assert evaluate(gain_study(actors=actors), BUILT).ok


def test_limits_on_gains_hold_over_everything() -> None:
    # blank, last and total are one row over `total`
    limits = [
        {"limit": f"l{n}", "account": "gain.actor.farmers", "sense": ">=", "value": 5.0, "period": period}
        for n, period in enumerate(["", "last", "total"])
    ]
    limits.append(
        {"limit": "l3", "account": "gain.jurisdiction", "sense": ">=", "value": -30.0, "jurisdiction": "each"}
    )
    found = evaluate(gain_study(limits=limits), BUILT)
    assert found.ok
    worth = 3 * deltas(2026)
    for n in range(3):
        assert listed(found, f"l{n}", "total") == pytest.approx((worth, 5, worth - 5))
    assert listed(found, "l3", "total", "east")[0] == pytest.approx(-deltas(2026))
    assert len(found.limits) == 6


def test_weights_on_gains() -> None:
    settings = {"objective": {"method": "weighted", "accounts": {"gain.actor.farmers": 2.0, "gain.jurisdiction": 1.0}}}
    given = study(settings, parcels=LAND, shares=HALVES, class_flows=RENT, actors=ACTORS)
    assert evaluate(given, BUILT).objective == pytest.approx((2 * 3 - 1) * deltas(2026))


def test_an_annual_growth_and_a_levy_of_a_named_actor() -> None:
    # delay and growth are F1's: the levy (start 2026, growth of the uplift 5 %) at 2026 prices
    accounts = [*ACCOUNTS, {**RISE, "growth": 0.05}, LEVY]
    flows = [{"practice": "build", "account": "rise", "basis": "once", "value": 10.0, "start_year": 1}]
    shares = [{"account": "rise", "role": "receives", "actor": "farmers", "share": 1.0}]
    given = with_uplift(accounts=accounts, capture=CAPTURE[:1], practice_flows=flows, shares=shares)
    found = evaluate(given, BUILT)
    booked = 10 * 1.05
    assert gain(found, "farmers") == pytest.approx(booked * 1.1**-2 * 0.1 * deltas(2026))
    assert gain(found, "local") == pytest.approx(0.3 * booked * 1.1**-3 * 0.1 * deltas(2026))
    assert delta(2026) < 1
