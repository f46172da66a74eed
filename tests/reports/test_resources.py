"""Natural resources as assets and people, before a plan and after it, against numbers worked out by hand.

p1 is 2026-2027, p2 is 2028-2030; nature is worth 5 %.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows
from tests.reports.test_audit_assets import PLANT, land
from tests.reports.told import planned
from zonevest.model.booked import books
from zonevest.reports.page import render
from zonevest.reports.resources import assets, names_assets, people


def test_value_and_hectares_by_resource_and_tenure() -> None:
    # 10 ha of farm land at 0.03 and 4 ha at 0.03, at 5 %; the 4 ha become woods of 0.05 in 2029, half grown then
    both: Rows = [
        {**FARM, "tenure": "state", "jurisdiction": "east"},
        {**FARM, "parcel_id": "b", "tenure": "collective", "area_ha": 4.0},
    ]
    plan = planned(land(accounts=ACCOUNTS, parcels=both), {"b": ("plant", "p2")}, {})
    table = assets(plan, books(plan).ledger).set_index("account")
    columns = ["before", "after", "before_ha", "after_ha"]
    assert table.loc["asset.land", columns].tolist() == pytest.approx([14 * 0.6, 10 * 0.6, 14, 10])
    assert table.loc["asset.forest", columns].tolist() == pytest.approx([0, 4, 0, 4])
    assert table.loc["asset.land.state", ["before", "after"]].tolist() == pytest.approx([6, 6])
    assert table.loc["asset.land.collective", ["before", "after"]].tolist() == pytest.approx([2.4, 0])
    # where nothing is, nothing is told: no state woods, no other resource; by tenure there are no hectares
    assert list(table.index) == [
        "asset.land", "asset.land.state", "asset.land.collective", "asset.forest", "asset.forest.collective",
    ]  # fmt: skip
    assert table.loc[table["tenure"] != "", ["before_ha", "after_ha"]].isna().all(axis=None)


def test_value_by_tenure_follows_the_owner() -> None:
    # 4 ha of a village that become the state's woods in 2029, full grown in 2030: 4 x 0.05, at 5 %
    plot: Rows = [{**FARM, "tenure": "collective", "area_ha": 4.0}]
    taken = land(accounts=ACCOUNTS, parcels=plot, practices=[{**PLANT, "to_tenure": "state"}])
    plan = planned(taken, {"a": ("plant", "p2")}, {})
    table = assets(plan, books(plan).ledger).set_index("account")[["before", "after"]]
    assert table.loc["asset.land.collective"].tolist() == pytest.approx([2.4, 0])
    assert table.loc["asset.forest.state"].tolist() == pytest.approx([0, 4])
    assert "asset.forest.collective" not in table.index


@pytest.mark.parametrize(
    ("limit", "asked"),
    [
        ({"account": "asset.land"}, True),
        ({"account": "rent", "basis": "share_of:asset.land.state"}, True),
        ({"account": "asset_rent"}, False),
    ],
)
def test_who_asks_for_assets(limit: dict[str, Any], asked: bool) -> None:
    accounts = [*ACCOUNTS, {"account": "asset_rent", "family": "revenue", "cash": 1}]
    given = land(accounts=accounts, limits=[{"limit": "kept", "sense": ">=", "value": 0.0, **limit}])
    assert names_assets(given) is asked
    assert names_assets(land({"objective": {"method": "weighted", "accounts": {"asset.land": 1.0}}}))
    terms = [{"limit": "kept", "account": "asset.forest", "coefficient": 1.0}]
    plain = [{"limit": "kept", "account": "rent", "sense": ">=", "value": 0.0}]
    assert names_assets(land(limits=plain, limit_terms=terms))


def test_people_and_their_land() -> None:
    # the east has 100 people, a tenth more every year; of the west 20 live on the parcel; homes stand a year later
    homes = {**BUILD, "lead_years": 1, "in_migration": 30.0}
    given = land(
        parcels=[
            {**FARM, "jurisdiction": "east"},
            {**FARM, "parcel_id": "b", "area_ha": 4.0, "jurisdiction": "west", "population": 20},
            {**FARM, "parcel_id": "c", "area_ha": 2.0, "jurisdiction": "east", "land_class": "built"},
        ],
        jurisdictions=[
            {"jurisdiction": "east", "population": 100, "population_growth": 0.1},
            {"jurisdiction": "west"},
        ],
        practices=[homes],
    )
    plan = planned(given, {"a": ("build", "p1"), "b": ("build", "p2")}, {})
    table = people(plan, books(plan).ledger).set_index(["jurisdiction", "period"])
    # homes for 300 in 2027, for 120 more in 2029
    assert table["moved_in"].unstack()[["start", "p1", "p2"]].to_dict("index") == {
        "total": {"start": 0, "p1": 300, "p2": 420},
        "east": {"start": 0, "p1": 300, "p2": 300},
        "west": {"start": 0, "p1": 0, "p2": 120},
    }
    assert table.loc[("east", "p2"), "people"] == pytest.approx(100 * 1.1**4 + 300)
    assert table.loc[("west", "start"), "people"] == 20
    stated = plan.ledger[plan.ledger["account"] == "population"].set_index(["jurisdiction", "period"])["value"]
    assert table.loc[stated.index, "people"].to_dict() == pytest.approx(stated.to_dict())
    # 2 ha for 120 people; 2 + 10 + 4 ha for all at the end
    assert table.loc[("total", "start"), "per_head"] == pytest.approx(20000 / 120)
    assert table.loc[("total", "p2"), "construction_ha"] == 16
    assert table.loc[("total", "p2"), "per_head"] == pytest.approx(160000 / (20 + 100 * 1.1**4 + 420))
    # in the west nothing is built before
    assert table.loc[("west", "p1"), "per_head"] == 0


def test_where_nobody_lives_nothing_is_told_of_people() -> None:
    # a land action could bring people; here nobody lives, nothing is built, and the plan brings none
    given = land(accounts=ACCOUNTS, parcels=[FARM], practices=[{**PLANT, "in_migration": 3.0}])
    empty, moved = planned(given, {}, {}), planned(given, {FARM["parcel_id"]: ("plant", "p2")}, {})
    title = "<h4>People "
    assert title not in render(empty)
    assert title in render(moved)
