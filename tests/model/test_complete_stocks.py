"""People who move in, natural resources as assets, and limits on places of a main function."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.model.complete_town import account, flow, parcel, town
from tests.model.complete_valley import coefficients, limit, row, valley
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build


def renamed(study: Study, **cells: str) -> Study:
    """A study whose limits have other cells."""
    return replace(study, tables={**study.tables, "limits": study.limits.assign(**cells)})


# People


def houses(lead: int = 0, **cells: Any) -> Study:
    """10 ha in N (100 people, growing by half a year) and 20 ha in S (40), by the lake: 3 people a hectare move in."""
    return town(
        parcels=[parcel("A"), parcel("B", area_ha=20.0, jurisdiction="S", tags="lake", population=7.0)],
        jurisdictions=[
            {"jurisdiction": "N", "population": 100.0, "population_growth": 0.5},
            {"jurisdiction": "S", "population": 40.0},
        ],
        practices=[
            {"practice": "homes", "zone": "Z", "mode": "development", "in_migration": 3.0, "lead_years": lead},
            {"practice": "plant", "zone": "Z", "mode": "development", "in_migration": -1.0, "earliest": "p3"},
        ],
        limits=[limit("l", "area.practice.homes", sense="<=", value=0.25, basis="per_head", **cells)],
    )


def people(study: Study, place: str, period: str) -> tuple[dict[str, float], float]:
    build = Build(renamed(study, account="population", basis="", jurisdiction=""))
    return coefficients(build.ledger("population", place, period))


def test_who_moves_in_is_there_after_the_lead_years() -> None:
    # without a lead at the end of the period of the start, whatever the growth of those who are there
    assert people(houses(), "N", "p2") == ({"x[A,homes,p1]": 30, "x[A,homes,p2]": 30}, 150)
    in_p3 = {"x[B,homes,p1]": 60, "x[B,homes,p2]": 60, "x[B,homes,p3]": 60, "x[B,plant,p3]": -20}
    assert people(houses(), "S", "p3") == (in_p3, 40)
    # a tag's people are those of its parcels, and who moves there
    assert people(houses(), "lake", "p3") == (in_p3, 7)
    # a year of lead: p1 is 2026, p3 2028 and 2029
    assert people(houses(1), "total", "p1") == ({}, 140)
    assert set(people(houses(1), "total", "p2")[0]) == {"x[A,homes,p1]", "x[B,homes,p1]"}
    assert "x[A,homes,p3]" in people(houses(1), "total", "p3")[0]
    assert "x[A,homes,p3]" not in people(houses(2), "total", "p3")[0]
    # over `total` it is the last state; before the first period nobody has moved in
    assert people(houses(), "S", "total") == (in_p3, 40)
    assert Build(houses()).before("population", "total", "") == 140


def test_a_limit_per_head_counts_who_moves_in() -> None:
    # 0.25 ha a head: a hectare of homes brings 3 heads. In p2 N has 150 by itself.
    model = pyomo_model(houses(jurisdiction="each"))
    assert row(model.limit["l", "N", "p2"]) == ({"x[A,homes,p1]": 2.5, "x[A,homes,p2]": 2.5}, None, 37.5)
    # a works that drives people away: 0.25 of 20 fewer
    found, _, high = row(model.limit["l", "S", "p3"])
    assert (found["x[B,plant,p3]"], high) == (5, 10)
    # the same on a share of population
    study = renamed(houses(), basis="share_of:population")
    assert row(pyomo_model(study).limit["l", "total", "p1"]) == (
        {"x[A,homes,p1]": 2.5, "x[B,homes,p1]": 5},
        None,
        35,
    )


def test_people_as_a_weight_are_those_above_doing_nothing() -> None:
    study = houses()
    aim = replace(study.settings.objective, accounts={"population": 2.0})
    found, constant = coefficients(pyomo_model(study.with_settings(objective=aim)).objective)
    assert (found["x[A,homes,p2]"], found["x[B,plant,p3]"], constant) == (60, -40, pytest.approx(0))


# Natural resources as assets


def woods(**cells: Any) -> Study:
    """Collective wood and a field of the state, 10 ha each; water and air at a social rate of 5 %.

    A wood gives 0.2 of water a hectare, 10 % more each year, at a condition of 0.5; whatever is done in zone Z gives
    0.1 of air, which has a counterpart; a field 0.3. Planting makes wood of a field after a year, with 0.4 of birds a
    year, half of it in the first year.
    """
    return town(
        rates={"social": 0.05},
        parcels=[
            parcel("A", land_class="wood", tenure="collective", condition=0.5),
            parcel("B", tenure="state"),
        ],
        land_classes=[
            {"land_class": "field", "resource": "land"},
            {"land_class": "wood", "resource": "forest"},
        ],
        accounts=[
            account("water", "ecosystem", growth=0.1),
            account("fees"),
            account("air", "ecosystem", counterpart_of="fees"),
            account("birds", "ecosystem"),
            account("rescue", "ecosystem", "one_off"),
        ],
        practices=[
            {
                "practice": "plant",
                "zone": "Z",
                "mode": "restoration",
                "from_classes": "field",
                "to_class": "wood",
                "lead_years": 1,
            }
        ],
        class_flows=[
            {"land_class": "wood", "account": "water", "basis": "per_ha_year", "value": 0.2},
            {"land_class": "field", "account": "birds", "basis": "per_ha_year", "value": 0.3},
        ],
        zone_flows=[{"zone": "Z", "account": "air", "basis": "per_ha_year", "value": 0.1}],
        practice_flows=[
            flow("birds", 0.4, "per_ha_year", "plant", ramp_years=2),
            flow("rescue", 9.0, "per_ha_once", "plant"),
        ],
        limits=[limit("l", "water", **cells)],
    )


def asset(study: Study, name: str, period: str, start_prices: bool = False) -> dict[str, float]:
    return coefficients(Build(renamed(study, account=name, basis="")).ledger(name, "total", period, start_prices))[0]


def test_value_of_a_resource_in_the_last_year_of_the_period() -> None:
    # A: condition 0.5 of 2 of water and of 1 of air. At 5 % a unit a year is worth 20. p3 ends with 2029, three years
    # of growth.
    held = {"x[A,hold,]": 20 * (1.0 * 1.1**3 + 0.5)}
    # B planted from 2026 is wood from 2027: water 2 x 1.331, air 1, birds of the practice 4
    planted = 20 * (2 * 1.1**3 + 1 + 4)
    young = 20 * (2 * 1.1**3 + 1 + 2)
    wanted = {"x[B,plant,p1]": planted, "x[B,plant,p2]": planted, "x[B,plant,p3]": young}
    assert asset(woods(), "asset.forest", "p3") == pytest.approx({**held, **wanted})
    # by who owns the land
    assert asset(woods(), "asset.forest.collective", "p3") == pytest.approx(held)
    assert asset(woods(), "asset.forest.state", "p3") == pytest.approx(wanted)
    # as land until the year of the change: birds of the field 3, air 1
    assert asset(woods(), "asset.land", "p2") == pytest.approx(
        {"x[B,hold,]": 80, "x[B,plant,p2]": 80, "x[B,plant,p3]": 80}
    )
    # in its first year half of the practice's birds
    assert asset(woods(), "asset.forest.state", "p2") == pytest.approx({"x[B,plant,p1]": 20 * (2.2 + 1 + 2)})


def test_land_changes_hands_when_its_class_does() -> None:
    # B is the state's field until 2026, 2027 or 2028, and then a village's wood
    study = woods()
    study = study.replace(practices=study.practices.assign(to_tenure="collective"))
    planted, young = 20 * (2 * 1.1**3 + 1 + 4), 20 * (2 * 1.1**3 + 1 + 2)
    assert asset(study, "asset.forest.collective", "p3") == pytest.approx(
        {
            "x[A,hold,]": 20 * (1.1**3 + 0.5),
            "x[B,plant,p1]": planted,
            "x[B,plant,p2]": planted,
            "x[B,plant,p3]": young,
        }
    )
    assert asset(study, "asset.forest.state", "p3") == {}
    assert asset(study, "asset.land.state", "p2") == pytest.approx(
        {"x[B,hold,]": 80, "x[B,plant,p2]": 80, "x[B,plant,p3]": 80}
    )
    assert asset(study, "asset.land.collective", "p2") == {}


def test_resource_kept_at_start_prices() -> None:
    # A wood of 20 x 1.5 at the start, at prices of the start for good.
    study = renamed(woods(value=0.9, basis="share_of_start", period="last"), account="asset.forest")
    found, low, _ = row(pyomo_model(study).limit["l", "total", "p3"])
    assert low == pytest.approx(0.9 * 30)
    assert found["x[A,hold,]"] == pytest.approx(30)
    assert found["x[B,plant,p1]"] == pytest.approx(20 * 7)
    assert Build(renamed(woods(), account="asset.land")).before("asset.land.state", "total", "") == 80
    assert Build(renamed(woods(), account="asset.land")).before("asset.land.collective", "total", "") == 0


def test_no_asset_without_a_social_rate() -> None:
    study = woods().with_settings(rates=replace(woods().settings.rates, social=0.0))
    assert asset(study, "asset.forest", "p3") == {}


def test_sea_and_park_before_the_class() -> None:
    study = woods()
    parcels = study.parcels.assign(sea=study.parcels["parcel_id"] == "A")
    study = replace(study, tables={**study.tables, "parcels": parcels})
    assert asset(study, "asset.sea.collective", "p1") == pytest.approx({"x[A,hold,]": 30})
    assert "x[A,hold,]" not in asset(study, "asset.forest", "p3")


def test_weight_on_an_asset_is_above_doing_nothing() -> None:
    study = woods()
    aim = replace(study.settings.objective, accounts={"asset.forest": 1.0})
    found, constant = coefficients(pyomo_model(study.with_settings(objective=aim)).objective)
    assert found["x[A,hold,]"] == pytest.approx(20 * (1.1**3 + 0.5))
    assert constant == pytest.approx(-20 * (1.1**3 + 0.5))


# Places of a main function


def test_every_place_of_a_main_function_has_its_row() -> None:
    study = valley(
        limits=[limit(jurisdiction="each", period="last")],
        jurisdictions=[
            {"jurisdiction": "N", "main_function": "farming"},
            {"jurisdiction": "S", "main_function": "ecology"},
        ],
    )
    model = pyomo_model(renamed(study, jurisdiction="main_function:ecology"))
    assert set(model.limit) == {("l", "S", "p2")}
    assert row(model.limit["l", "S", "p2"]) == ({"x[D,hold,]": 4}, 1, None)
