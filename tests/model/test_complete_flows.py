# ruff: noqa: E501  (rows are as long as they are)
"""What may become of each parcel, what it is worth, and what it adds to the ledger: the valley by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.complete_valley import (
    NOTHING,
    STARTS,
    TABLES,
    WORTH,
    changed,
    coefficients,
    limit,
    lp,
    names,
    row,
    valley,
)
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build


def test_options_of_each_parcel() -> None:
    model = pyomo_model(valley())
    assert names(model.x) == {
        ("A", "hold", ""),
        ("A", "build", "p1"),
        ("A", "build", "p2"),
        ("B", "hold", ""),
        ("B", "wild", "p1"),
        ("B", "wild", "p2"),
        ("C", "hold", ""),
        ("C", "camp", "p1"),
        ("C", "camp", "p2"),
        ("D", "hold", ""),
    }
    assert all(x.is_binary() for x in model.x.values())


@pytest.mark.parametrize(
    ("table", "key", "cells", "gone"),
    [
        ("practices", "build", {"from_classes": "wood"}, ("A", "build", "p1")),
        ("practices", "wild", {"zone": "F"}, ("B", "wild", "p1")),  # its line keeps B in E
        ("practices", "wild", {"redline_ok": "no"}, ("B", "wild", "p1")),
        ("parcels", "B", {"redline": "core"}, ("B", "wild", "p1")),
        ("parcels", "A", {"conversion": "conditional"}, ("A", "build", "p1")),
        ("practices", "build", {"conversion": "promoted"}, ("A", "build", "p1")),
        ("practices", "build", {"tenure": "state"}, ("A", "build", "p1")),
        ("parcels", "A", {"title": 0}, None),
        ("practices", "build", {"clears_title": 1}, ("A", "build", "p1")),
        ("practices", "build", {"max_slope_class": 2}, None),  # a blank slope class is 1
        ("practices", "build", {"min_slope_class": 2}, ("A", "build", "p1")),
        ("parcels", "A", {"locked_zone": "F"}, ("A", "build", "p1")),
        ("parcels", "A", {"forbidden_zones": "U; E"}, ("A", "build", "p1")),
        ("parcels", "A", {"locked_practice": "build"}, ("A", "hold", "")),
        ("practices", "build", {"earliest": "p2"}, ("A", "build", "p1")),
        ("practices", "build", {"latest": "p1"}, ("A", "build", "p2")),
    ],
)
def test_each_reason_excludes(table: str, key: str, cells: dict[str, Any], gone: Any) -> None:
    model = pyomo_model(valley(**{table: changed(table, key, **cells)}))
    before = names(pyomo_model(valley()).x)
    lost = before - names(model.x)
    assert lost == set() if gone is None else gone in lost


def test_unassigned_and_no_hold() -> None:
    model = pyomo_model(valley({"hold": False, "unassigned": True, "divisible": True}))
    assert {key for key in model.x if key[0] == "D"} == {("D", "", "")}
    assert not any(key[1] == "hold" for key in model.x)
    assert all(x.is_continuous() and x.bounds == (0, 1) for x in model.x.values())
    # Left unassigned the rice is still there, and brings no rent.
    wide = valley({"hold": False, "unassigned": True}, limits=[limit(account="area.class.rice", period="p1")])
    assert row(pyomo_model(wide).limit["l", "total", "p1"])[0]["x[D,,]"] == 40
    wide = valley({"hold": False, "unassigned": True}, limits=[limit(account="rent", period="p1")])
    assert "x[D,,]" not in row(pyomo_model(wide).limit["l", "total", "p1"])[0]


def test_worth_of_options() -> None:
    model = pyomo_model(valley({"objective": {"method": "floor"}}))
    cash, cash_constant = coefficients(model.gain["cash"])
    assert {name: c for name, c in cash.items() if name[0] == "x"} == pytest.approx(
        {name: worth[0] for name, worth in WORTH.items() if worth[0]}
    )
    assert cash_constant == pytest.approx(-NOTHING[0])
    # u_js = U_js - U_j,s-1: what a start in p1 adds to one in p2 stands on U of p1.
    assert {name: c for name, c in cash.items() if name[0] == "U"} == pytest.approx(
        {
            "U[road,p1]": STARTS["road", "p1"] - STARTS["road", "p2"],
            "U[road,p2]": STARTS["road", "p2"],
            "U[station,p1]": -STARTS["station", "p2"],
            "U[station,p2]": STARTS["station", "p2"],
            "U[quay,p1]": STARTS["quay", "p1"],
            "U[mill,p1]": STARTS["mill", "p1"] - STARTS["mill", "p2"],
            "U[mill,p2]": STARTS["mill", "p2"],
            "U[dam,p1]": STARTS["dam", "p1"] - STARTS["dam", "p2"],
            "U[dam,p2]": STARTS["dam", "p2"],
        }
    )
    water, water_constant = coefficients(model.worth["ecosystem"])
    assert water == pytest.approx({name: worth[1] for name, worth in WORTH.items() if worth[1]})
    assert water_constant == 0


def test_lease_of_sold_land() -> None:
    # Sale of 2 x 10 x 1.5 (land_price_factor) = 30 in 2026; v = 2027, C = 30. The lease of 2 years, not the life of 40:
    # A = 30 x 0.25 / 0.36 = 20.8333, 2027 to the last year of the only annual flow, tolls of a life of 2: 2028.
    model = pyomo_model(
        valley(
            accounts=[
                *TABLES["accounts"],
                {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"},
            ],
            parcels=changed("parcels", "A", land_price_factor=1.5),
            practices=changed("practices", "build", life_years=40, lease_years=2),
            practice_flows=[
                {"practice": "build", "account": "sale", "basis": "per_ha_once", "value": 2.0},
                {"practice": "build", "account": "tolls", "basis": "per_ha_year", "value": 1.0, "life_years": 2},
            ],
        )
    )
    equal = 30 * 0.25 / 0.36
    assert coefficients(model.gain["cash"])[0]["x[A,build,p1]"] == pytest.approx(0.8 + (5 + equal) * (0.64 + 0.512))


def test_parcel_rows_and_growth() -> None:
    # Rent grows by 10 % a year. A's own rows: 3 a year in any practice from the second year on, with a ramp of 2: on
    # hold 1.5 in 2027, then 3; under build from 2028 begun again, 1.5 in 2029; and 5 a year only in zone U, from 2028.
    study = valley(
        accounts=changed("accounts", "rent", growth=0.1),
        class_flows=[],
        parcel_flows=[
            {"parcel_id": "A", "account": "rent", "basis": "per_year", "value": 3.0, "start_year": 1, "ramp_years": 2},
            {"parcel_id": "A", "account": "rent", "basis": "per_year", "value": 5.0, "zone": "U"},
        ],
        limits=[limit(account="rent", value=0), limit("flat", account="rent", value=0.5, basis="share_of_start")],
    )
    model = pyomo_model(study)
    # The mean of 2026 and 2027, of 2028 and 2029: prices are 1, 1.1, 1.21, 1.331 times those of the start.
    first = {"hold,": 1.5 * 1.1, "build,p1": 5 + (5 + 1.5) * 1.1, "build,p2": 1.5 * 1.1}
    last = {"hold,": 3 * 1.21 + 3 * 1.331, "build,p1": 8 * 1.21 + 8 * 1.331, "build,p2": 5 * 1.21 + 6.5 * 1.331}
    for period, sums in (("p1", first), ("p2", last)):
        terms = {f"x[A,{option}]": amount / 2 for option, amount in sums.items()}
        terms |= {f"U[road,{period}]": -sums["hold,"] / 4}  # it takes half of A, as it is held
        assert row(model.limit["l", "total", period])[0] == pytest.approx(terms)
    # At start prices nothing grows, and in 2026 nothing of the kind is paid yet.
    assert row(model.limit["flat", "total", "p2"]) == lp(
        "3 x[A,hold,] + 8 x[A,build,p1] + 5.75 x[A,build,p2] - 1.5 U[road,p2] >= 0"
    )


LEDGER = """
# with the 5 ha that the road takes go 0.5 a year
rent      total p1: 1 x[A,hold,] + 0.5 x[A,build,p1] + 1 x[A,build,p2] + 2 x[B,hold,] + 2 x[B,wild,p2] + 4 x[D,hold,] - 0.5 U[road,p1]
rent      total p2: 1 x[A,hold,] + 0.5 x[A,build,p2] + 2 x[B,hold,] + 4 x[D,hold,] - 0.5 U[road,p2]
rent      basin p2: 4 x[D,hold,]
rent      N  total: 4 x[A,hold,] + 1 x[A,build,p1] + 3 x[A,build,p2] + 8 x[B,hold,] + 4 x[B,wild,p2] - 1 U[road,p1] - 1 U[road,p2]
tolls     total p1: 2.5 x[A,build,p1]
tolls     total p2: 10 x[A,build,p1] + 2.5 x[A,build,p2]
works     N     p1: 9 x[A,build,p1] + 2 x[B,wild,p1]
works     S  total:
# a stock: 3 x 10 houses in the year after the start, there for good
houses    total p1: 30 x[A,build,p1]
houses    total p2: 30 x[A,build,p1] + 30 x[A,build,p2]
area.class.town      total p1: 10 x[A,build,p1]
area.class.town      total p2: 10 x[A,build,p1] + 10 x[A,build,p2]
# the road takes 5 ha of rice in N from its start and turns them into construction land
area.class.rice      N     p2: 10 x[A,hold,] + 20 x[B,hold,] - 5 U[road,p2]
area.class_group.construction  total p1: 10 x[A,build,p1] + 5 U[road,p1]
area.resource.land   S     p1: 40 x[D,hold,]
area.resource.land   N     p2: 10 x[A,hold,] + 10 x[A,build,p1] + 10 x[A,build,p2] + 20 x[B,hold,]
area.resource.forest N     p1: 20 x[B,wild,p1]
area.zone.U          total p1: 10 x[A,build,p1]
area.zone.E          total p1: 20 x[B,hold,] + 20 x[B,wild,p1] + 20 x[B,wild,p2]
area.practice.wild   total p1: 20 x[B,wild,p1]
area.converted       N     p2: 10 x[A,build,p1] + 10 x[A,build,p2] + 20 x[B,wild,p1] + 20 x[B,wild,p2]
quality.arable       S     p2: 40 x[D,hold,]
area.lost.class.rice total p1: 10 x[A,build,p1] + 20 x[B,wild,p1] + 5 U[road,p1]
area.lost.class.rice total p2: 10 x[A,build,p2] + 20 x[B,wild,p2] + 5 U[road,p2] - 5 U[road,p1]
area.gained.class_group.construction total total: 10 x[A,build,p1] + 10 x[A,build,p2] + 5 U[road,p2]
area.new_construction    N     p1: 10 x[A,build,p1] + 5 U[road,p1]
area.gained.zone.U       total p2: 10 x[A,build,p2]
area.lost.zone.F         total p1: 10 x[A,build,p1]
area.rezoned             total p1: 10 x[A,build,p1]
area.new.practice.camp   S     p2: 30 x[C,camp,p2]
quality.lost.arable      total p1: 10 x[A,build,p1] + 20 x[B,wild,p1] + 5 U[road,p1]
quality.arable       N     p2: 10 x[A,hold,] + 20 x[B,hold,] - 5 U[road,p2]
project.capex            total p1: 4 U[road,p1] + 1 U[quay,p1] + 1 U[dam,p1]
project.capex            N     p2: 4 U[road,p2] - 4 U[road,p1]
# the road's revenue comes from 2028 where it starts in p1, from 2030 where it starts in p2
project.revenue          N     p2: 3 U[road,p1]
"""


@pytest.mark.parametrize("line", [line for line in LEDGER.strip().splitlines() if line[0] != "#"])
def test_ledger(line: str) -> None:
    key, _, terms = line.partition(":")
    account, place, period = key.split()
    build = Build(valley(limits=[limit(account=account)]))
    assert coefficients(build.ledger(account, place, period)) == (lp(terms)[0], 0)


def test_sub_zones_count_in_their_parents() -> None:
    # U lies in a zone T of towns, and F does too: A leaves F and enters U, and never leaves T.
    zones = [{"zone": "T"}, *changed("zones", "F", parent="T")]
    zones = [{**zone, "parent": "T"} if zone["zone"] == "U" else zone for zone in zones]
    build = Build(
        valley(
            zones=zones,
            limits=[limit(account=f"area.{a}zone.T") | {"limit": a or "s"} for a in ("", "gained.", "lost.")],
        )
    )
    towns = "10 x[A,hold,] + 10 x[A,build,p1] + 10 x[A,build,p2]"
    assert coefficients(build.ledger("area.zone.T", "N", "p1"))[0] == lp(towns)[0]
    assert coefficients(build.ledger("area.gained.zone.T", "total", "p1"))[0] == {}
    assert coefficients(build.ledger("area.lost.zone.T", "total", "p1"))[0] == {}


def test_land_taken_for_the_ecosystem_is_not_built_on() -> None:
    projects = changed("projects", "road", category="ecological_restoration")
    build = Build(valley(projects=projects, limits=[limit(account="area.class_group.construction")]))
    assert coefficients(build.ledger("area.class_group.construction", "total", "p1"))[0] == {"x[A,build,p1]": 10}
