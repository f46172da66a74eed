"""People, before a plan and after it, against numbers worked out by hand.

p1 is 2026-2027, p2 is 2028-2030; nature is worth 5 %.
"""

from __future__ import annotations

import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM
from tests.reports.test_audit_assets import PLANT, land
from tests.reports.told import planned
from zonevest.model.booked import books
from zonevest.reports.page import render
from zonevest.reports.resources import people


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
    title = 'id="table-people"'
    assert title not in render(empty)
    assert title in render(moved)
