"""People who move in, and limits of places by their main function: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.builds import fast
from tests.model.plain import plain, reads, row, solved
from zonevest.instances.study import Study
from zonevest.model.areas import START
from zonevest.model.ledger import Ledger
from zonevest.model.limits import limit_places
from zonevest.model.options import build_options

LAND: dict[str, list[dict[str, Any]]] = {
    # N has 100 people, who grow by a tenth a year; S has none stated: those of its parcel, who do not grow
    "parcels": [
        {"parcel_id": "i", "land_class": "farm", "area_ha": 10.0, "jurisdiction": "N", "tags": "lake"},
        {"parcel_id": "k", "land_class": "farm", "area_ha": 4.0, "jurisdiction": "S", "population": 20.0},
    ],
    "jurisdictions": [
        {"jurisdiction": "N", "population": 100.0, "population_growth": 0.1, "main_function": "ecological"},
        {"jurisdiction": "S", "main_function": "farming"},
        {"jurisdiction": "W", "main_function": "ecological"},
    ],
    "land_classes": [{"land_class": "farm"}, {"land_class": "town"}],
    # homes stand two years after their start: from 2028 or from 2030; huts three: from 2029 or, too late, from 2031
    "practices": [
        {"practice": "homes", "zone": "R", "to_class": "town", "lead_years": 2, "in_migration": 30.0},
        {"practice": "huts", "zone": "R", "lead_years": 3, "in_migration": 5.0},
    ],
}


def test_people_move_in_once_their_homes_stand() -> None:
    places = ("", "N", "S", "lake")
    build = fast(plain(**LAND, limits=[reads("population", place, f"l{place}") for place in places]))
    of_i = {"x[i,homes,a]": 300.0, "x[i,homes,b]": 300.0, "x[i,huts,a]": 50.0}
    of_k = {"x[k,homes,a]": 120.0, "x[k,homes,b]": 120.0, "x[k,huts,a]": 20.0}
    # 2027: 110 + 20; 2030: 100 x 1.1^4 + 20, what moves in does not grow; nobody of the stated 100 lives on a parcel
    for name, terms, before, people in (
        ("l,total", of_i | of_k, 130.0, 166.41),
        ("lN,N", of_i, 110.0, 146.41),
        ("lS,S", of_k, 20.0, 20.0),
        ("llake,lake", of_i, 0.0, 0.0),
    ):
        assert row(build, f"limit[{name},a]")[0] == {}
        assert row(build, f"limit[{name},a]")[2] == pytest.approx(1000 - before)
        found, _, high = row(build, f"limit[{name},b]")
        assert found == pytest.approx(terms)
        assert high == pytest.approx(1000 - people)


def test_nobody_has_moved_in_before_the_first_period() -> None:
    ledger = Ledger(build_options(plain(**LAND, limits=[reads("population")])))
    assert ledger.start_values.loc["population", "total"] == pytest.approx(120.0)
    chosen = np.array([float(key == ("i", "homes", "a")) for key in ledger.options.names()])
    values = ledger.values([("population", p) for p in (START, 0, 1)], chosen, ledger.works.possible * 0.0, ["N"])
    assert values == pytest.approx(np.array([[100.0, 110.0, 446.41]]))


def test_who_has_no_growth_of_its_own_grows_as_the_study() -> None:
    # half of S leave every year: 20 x 0.5 in 2027, 20 x 0.5^4 in 2030; N grows by a tenth as before
    ledger = Ledger(build_options(plain({"population_growth": -0.5}, **LAND, limits=[reads("population")])))
    chosen = np.array([float(practice == "hold") for _, practice, _ in ledger.options.names()])
    values = ledger.values(
        [("population", period) for period in (START, 0, 1)], chosen, ledger.works.possible * 0.0, ["N", "S", "total"]
    )
    assert values == pytest.approx(np.array([[100.0, 110.0, 146.41], [20.0, 10.0, 1.25], [120.0, 120.0, 147.66]]))


def test_heads_of_a_limit_are_those_who_move_in_too() -> None:
    # 0.02 ha of town a head: 14 ha at most for 130 and 166.41 people, and 0.02 more for each who comes
    per_head = {"limit": "h", "account": "area.class.town", "sense": "<=", "value": 0.02, "basis": "per_head"}
    build = fast(plain(**LAND, limits=[per_head]))
    found, low, high = row(build, "limit[h,total,a]")
    assert (found, high) == ({}, pytest.approx(2.6))
    found, low, high = row(build, "limit[h,total,b]")
    # 10 - 0.02 x 300 = 4, 4 - 0.02 x 120 = 1.6; huts are no town
    assert found == pytest.approx(
        {"x[i,homes,a]": 4, "x[i,homes,b]": 4, "x[k,homes,a]": 1.6, "x[k,homes,b]": 1.6}
        | {"x[i,huts,a]": -1, "x[k,huts,a]": -0.4}
    )
    assert (low, high) == (-float("inf"), pytest.approx(3.3282))


def built(moving_in: float, per: str = "") -> Study:
    """Five hectares that may become homes (3 a year) or shops (5 a year); 0.02 ha of town for each of 100 people."""
    return plain(
        {"periods": [{"name": "a", "start": 2026, "years": 1}]},
        parcels=[
            {"parcel_id": f"p{i}", "land_class": "farm", "area_ha": 1.0, "jurisdiction": "N"} for i in range(5)
        ],
        jurisdictions=[{"jurisdiction": "N", "population": 100.0, "main_function": "growth"}],
        land_classes=[{"land_class": "farm"}, {"land_class": "town"}],
        accounts=[{"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1}],
        practices=[
            {"practice": "homes", "zone": "R", "to_class": "town", "in_migration": moving_in},
            {"practice": "shops", "zone": "R", "to_class": "town"},
        ],
        practice_flows=[
            {"practice": "homes", "account": "rent", "basis": "per_ha_year", "value": 3.0},
            {"practice": "shops", "account": "rent", "basis": "per_ha_year", "value": 5.0},
        ],
        limits=[
            {"limit": "heads", "account": "area.class.town", "jurisdiction": per, "sense": "<=", "value": 0.02}
            | {"basis": "per_head"}
        ],
    )  # fmt: skip


@pytest.mark.parametrize("per", ["", "main_function:growth"])
def test_homes_make_room_for_what_people_need(per: str) -> None:
    # n homes and m shops: n + m <= 0.02 (100 + 30 n), so 0.4 n + m <= 2. Five homes bring 15, two shops 10 and fill it
    # too; two homes and a shop 11. Without anybody moving in n + m <= 2: two shops.
    plan, without = (solved(built(people, per)) for people in (30.0, 0.0))
    assert (plan.objective, without.objective) == (pytest.approx(15.0), pytest.approx(10.0))
    assert plan.practices == ["homes"] * 5
    assert plan.told("heads") == pytest.approx((5.0, 5.0, 0.0), abs=1e-9)
    table = plan.plan.ledger
    people = table[table["account"] == "population"].set_index("jurisdiction")["value"]
    assert people.to_dict() == pytest.approx({"total": 250.0, "N": 250.0})


def test_places_of_a_main_function() -> None:
    ledger = Ledger(build_options(plain(**LAND, limits=[reads("area.class.town", "main_function:ecological")])))
    assert limit_places(ledger, "main_function:ecological") == ["N", "W"]
    assert limit_places(ledger, "main_function:mining") == []
    assert [limit_places(ledger, cell) for cell in ("each", "", "S")] == [["N", "S", "W"], ["total"], ["S"]]
    build = fast(ledger.study)
    rows = [name for name in build.rows if name.startswith("limit[")]
    assert rows == [f"limit[l,{place},{period}]" for place in "NW" for period in "ab"]
    assert row(build, "limit[l,N,b]")[0] == {"x[i,homes,a]": 10.0, "x[i,homes,b]": 10.0}
