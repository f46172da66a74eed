"""The audit's ledger, F1 and F2 against values worked out by hand (the derivation stands beside each)."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, cell, cells, evaluate, listed, rules, study
from zonevest.reports.audit import Evaluator

P1, P2 = {"a": ("build", "p1")}, {"a": ("build", "p2")}


def delta(year: int, rate: float = 0.1) -> float:
    """Payments at year end: δ_y = (1 + r)^−(y − 2026 + 1)."""
    return (1 + rate) ** -(year - 2026 + 1)


def deltas(first: int, last: int, rate: float = 0.1) -> float:
    return sum(delta(year, rate) for year in range(first, last + 1))


def annual(account: str, value: float, **more: Any) -> dict[str, Any]:
    return {"account": account, "basis": "per_year", "value": value, **more}


def once(account: str, value: float, **more: Any) -> dict[str, Any]:
    return {"account": account, "basis": "once", "value": value, **more}


class TestAreas:
    def test_class_changes_after_the_lead_years_zone_at_the_start(self) -> None:
        # start 2026, two lead years: built from 2028, so p1 ends as farm in zone town, p2 as built
        found = evaluate(study(practices=[{**BUILD, "lead_years": 2}]), P1)
        assert cells(found, "area.class.farm") == (10, 0)
        assert cells(found, "area.class.built") == (0, 10)
        assert cells(found, "area.zone.town") == (10, 10)
        assert cells(found, "area.zone.rural") == (0, 0)
        assert cells(found, "area.practice.build") == (10, 10)
        assert cells(found, "area.converted") == (0, 10)
        assert cells(found, "area.rezoned") == (10, 0)
        assert cells(found, "area.gained.zone.town") == (10, 0)
        assert cells(found, "area.lost.zone.rural") == (10, 0)
        assert cells(found, "area.gained.class.built") == (0, 10)
        assert cells(found, "area.lost.class_group.arable") == (0, 10)
        assert cells(found, "area.new_construction") == (0, 10)
        assert cells(found, "area.new.practice.build") == (10, 0)
        assert cells(found, "area.resource.land") == (10, 0)

    def test_a_change_in_the_last_year_of_a_period_counts_in_it(self) -> None:
        # one lead year: 2027, the last year of p1
        found = evaluate(study(practices=[{**BUILD, "lead_years": 1}]), P1)
        assert cells(found, "area.class.built") == (10, 10)
        assert cells(found, "area.gained.class.built") == (10, 0)

    def test_a_change_after_the_horizon_is_in_no_period(self) -> None:
        # start 2028, three lead years: 2031
        found = evaluate(study(practices=[{**BUILD, "lead_years": 3}]), P2)
        assert cells(found, "area.class.farm") == (10, 10)
        assert cells(found, "area.gained.class.built") == (0, 0)

    def test_groups_that_stay_are_neither_gained_nor_lost(self) -> None:
        # farm (arable) to orchard (arable and garden)
        found = evaluate(study(practices=[{**BUILD, "to_class": "orchard"}]), P1)
        assert cells(found, "area.gained.class_group.garden") == (10, 0)
        assert cells(found, "area.gained.class_group.arable") == (0, 0)
        assert cells(found, "area.lost.class_group.arable") == (0, 0)
        assert cells(found, "area.lost.class.farm") == (10, 0)
        assert cells(found, "quality.lost.arable") == (0, 0)

    def test_quality_is_one_where_it_is_blank(self) -> None:
        parcels = [{**FARM, "farmland_quality": 0.5}, {**FARM, "parcel_id": "b", "area_ha": 4.0}]
        found = evaluate(study(parcels=parcels), P2)
        assert cells(found, "quality.arable") == (5 + 4, 4)
        assert cells(found, "quality.lost.arable") == (0, 5)

    def test_quality_is_gained_with_new_arable_land_only(self) -> None:
        practices = [{**BUILD, "to_class": "farm"}, {**BUILD, "practice": "dig", "to_class": "orchard"}]
        parcels = [{**FARM, "land_class": "wood", "farmland_quality": 0.5}, {**FARM, "parcel_id": "b"}]
        found = evaluate(study(parcels=parcels, practices=practices), {**P2, "b": ("dig", "p1")})
        assert cells(found, "quality.gained.arable") == (0, 5)
        assert cells(found, "quality.lost.arable") == (0, 0)
        assert cells(found, "quality.arable") == (10, 15)

    def test_a_period_of_one_year(self) -> None:
        settings = {"periods": [{"name": "p1", "start": 2026, "years": 1}, {"name": "p2", "start": 2027, "years": 1}]}
        found = evaluate(study(settings), P2)
        for account, truth in (("area.zone.town", (0, 10)), ("area.class.built", (0, 10)), ("area.rezoned", (0, 10))):
            assert cells(found, account) == truth
        assert cells(found, "area.gained.class.built") == (0, 10)
        assert cells(found, "area.practice.build") == (0, 10)

    def test_parents_of_a_zone_count_when_they_are_newly_entered(self) -> None:
        # core lies in town: from town to core, town is neither entered nor left
        practices = [{**BUILD, "zone": "core"}]
        found = evaluate(study(parcels=[{**FARM, "zone": "town"}], practices=practices), P1)
        assert cells(found, "area.zone.town") == (10, 10)
        assert cells(found, "area.zone.core") == (10, 10)
        assert cells(found, "area.gained.zone.core") == (10, 0)
        assert cells(found, "area.gained.zone.town") == (0, 0)
        assert cells(found, "area.lost.zone.town") == (0, 0)
        assert cells(found, "area.rezoned") == (10, 0)
        found = evaluate(study(practices=practices), P1)
        assert cells(found, "area.gained.zone.town") == (10, 0)

    def test_park_and_sea_come_before_the_class(self) -> None:
        parcels = [
            {**FARM, "national_park": 1, "sea": 1},
            {**FARM, "parcel_id": "b", "area_ha": 2.0, "sea": 1, "national_park": 0},
        ]
        found = evaluate(study(parcels=parcels))
        assert cells(found, "area.resource.national_park") == (10, 10)
        assert cells(found, "area.resource.sea") == (2, 2)
        assert cells(found, "area.resource.land") == (0, 0)

    def test_places(self) -> None:
        parcels = [
            {**FARM, "jurisdiction": "east", "tags": "lake;hill"},
            {**FARM, "parcel_id": "b", "area_ha": 4.0, "jurisdiction": "west", "tags": "lake"},
            {**FARM, "parcel_id": "c", "area_ha": 1.0},
        ]
        found = evaluate(study(parcels=parcels), tags=["lake", "hill"])
        at = {place: cell(found, "area.class.farm", "p1", place) for place in ("total", "east", "west", "lake", "hill")}
        assert at == {"total": 15, "east": 10, "west": 4, "lake": 14, "hill": 10}

    def test_unassigned_land_keeps_its_class_and_nothing_else(self) -> None:
        given = study({"unassigned": True}, class_flows=[{"land_class": "farm", **annual("rent", 1.0)}])
        found = evaluate(given, {"a": ("", "")})
        assert cells(found, "area.class.farm") == (10, 10)
        assert cells(found, "area.zone.rural") == (0, 0)
        assert cells(found, "rent") == (0, 0)
        assert (found.cash, found.doing_nothing) == (0.0, {"cash": 0.0, "ecosystem": 0.0})

    def test_population_grows_to_the_last_year_of_a_period(self) -> None:
        # east: given, own growth 10 %, 1 year to 2027, 4 to 2030; west: of its parcels at the study's 2 %
        parcels = [
            {**FARM, "jurisdiction": "east", "population": 7.0, "tags": "lake"},
            {**FARM, "parcel_id": "b", "jurisdiction": "west", "population": 50.0, "tags": "lake"},
            {**FARM, "parcel_id": "c", "jurisdiction": "", "population": 5.0, "tags": ""},  # of no jurisdiction
        ]
        jurisdictions = [
            {"jurisdiction": "east", "population": 100.0, "population_growth": 0.1},
            {"jurisdiction": "west"},
        ]
        given = study({"population_growth": 0.02}, parcels=parcels, jurisdictions=jurisdictions)
        found = evaluate(given, tags=["lake"])
        assert cells(found, "population", "east") == pytest.approx((110, 146.41))
        assert cells(found, "population", "west") == pytest.approx((50 * 1.02, 50 * 1.02**4))
        assert cells(found, "population")[0] == pytest.approx(110 + 51 + 5.1)
        assert cells(found, "population", "lake")[0] == pytest.approx(7.7 + 51)


class TestYears:
    def test_class_rows_change_after_the_lead_years(self) -> None:
        # 10 ha: farm 1/ha in 2026, built 2/ha from 2027: mean of p1 (10 + 20) / 2
        rows = [
            {"land_class": name, "account": "rent", "basis": "per_ha_year", "value": value}
            for name, value in (("farm", 1.0), ("built", 2.0))
        ]
        found = evaluate(study(practices=[{**BUILD, "lead_years": 1}], class_flows=rows), P1)
        assert cells(found, "rent") == pytest.approx((15, 20))

    def test_zone_rows_change_at_the_start(self) -> None:
        rows = [{"zone": "rural", **annual("rent", 1.0)}, {"zone": "town", **annual("rent", 5.0, start_year=1)}]
        # town from 2028, its row from 2029: p2 = (0 + 5 + 5) / 3
        found = evaluate(study(practices=[{**BUILD, "lead_years": 2}], zone_flows=rows), P2)
        assert cells(found, "rent") == pytest.approx((1, 10 / 3))

    def test_rows_of_a_zone_that_is_kept_go_on(self) -> None:
        rows = [
            {"zone": "rural", **annual("rent", 1.0, ramp_years=2, start_year=1)},
            {"zone": "rural", **once("cost", 3.0)},
        ]
        found = evaluate(study(practices=[{**BUILD, "zone": "rural"}], zone_flows=rows), P1)
        # in full force from the first year, no ramp, no offset; nothing one-off, for it is not newly entered
        assert cells(found, "rent") == (1, 1)
        assert cells(found, "cost") == (0, 0)

    def test_ramp_and_tail(self) -> None:
        # 6 a year with a ramp of 3 from 2026: 2, 4 | 6, 6, 6
        row = {"practice": "build", **annual("rent", 6.0, ramp_years=3)}
        assert cells(evaluate(study(practice_flows=[row]), P1), "rent") == pytest.approx((3, 6))
        # a ramp of 12 from 2028: 0.5, 1, 1.5, and in the tail (2031, 2032) the whole 6
        found = evaluate(study(practice_flows=[{**row, "ramp_years": 12}]), P2)
        assert cells(found, "rent") == pytest.approx((0, 1))
        truth = 0.5 * delta(2028) + delta(2029) + 1.5 * delta(2030) + 6 * deltas(2031, 2032)
        assert found.cash == pytest.approx(truth)

    def test_life_and_offset(self) -> None:
        # start 2026, one lead year, offset 1, life 2: 2028 and 2029
        row = {"practice": "build", **annual("rent", 3.0, start_year=1, life_years=2)}
        found = evaluate(study(practices=[{**BUILD, "lead_years": 1}], practice_flows=[row]), P1)
        assert cells(found, "rent") == pytest.approx((0, 2))

    def test_life_of_a_held_row_counts_from_the_first_year(self) -> None:
        rows = [{"land_class": "farm", **annual("rent", 6.0, life_years=3)}]
        assert cells(evaluate(study(class_flows=rows)), "rent") == pytest.approx((6, 2))

    def test_growth_by_calendar_year(self) -> None:
        accounts = [{**ACCOUNTS[0], "growth": 0.1}]
        rows = [{"land_class": "farm", **annual("rent", 100.0)}]
        found = evaluate(study(accounts=accounts, class_flows=rows))
        assert cells(found, "rent") == pytest.approx((105, (121 + 133.1 + 146.41) / 3))

    def test_once_in_its_year(self) -> None:
        # per hectare, times the land price factor: 10 ha x 2 x 3 in 2026 + 2 = 2028
        row = {"practice": "build", "account": "sale", "basis": "per_ha_once", "value": 2.0, "start_year": 2}
        given = study(parcels=[{**FARM, "land_price_factor": 3.0}], practice_flows=[row])
        assert cells(evaluate(given, P1), "sale") == (0, 60)
        assert cells(evaluate(given, P2), "sale") == (0, 60)
        assert cells(evaluate(study(practice_flows=[{**row, "start_year": 3}]), P2), "sale") == (0, 0)

    def test_once_rows_of_a_class_newly_entered_do_not_wait_for_the_lead(self) -> None:
        rows = [{"land_class": "built", **once("cost", 4.0)}]
        found = evaluate(study(practices=[{**BUILD, "lead_years": 2}], class_flows=rows), P1)
        assert cells(found, "cost") == (4, 0)

    def test_stocks(self) -> None:
        rows = [
            {"practice": "build", **once("trees", 5.0, start_year=1)},  # 2027 and for good
            {"practice": "build", **annual("trees", 2.0, life_years=2)},  # a level in 2026 and 2027
        ]
        assert cells(evaluate(study(practice_flows=rows), P1), "trees") == (7, 5)

    def test_where_scale_and_condition(self) -> None:
        parcels = [
            {**FARM, "tenure": "state", "condition": 0.5, "x_wells": 2.0, "slope_class": 1},
            {**FARM, "parcel_id": "b", "tenure": "collective", "condition": 1.0, "x_wells": 5.0, "slope_class": 2},
        ]
        rows = [
            {"land_class": "farm", **annual("water", 1.0), "scale_by": "x_wells"},  # 2 x 0.5 + 5
            {"land_class": "farm", **annual("rent", 1.0), "where": "tenure=state"},
            {"land_class": "farm", **annual("rent", 10.0), "where": "tenure=state|collective; slope_class=2; title=1"},
            {"land_class": "farm", **annual("rent", 100.0), "where": "tenure=collective; slope_class=1"},
        ]
        found = evaluate(study(parcels=parcels, class_flows=rows))
        assert cells(found, "water") == (6, 6)
        assert cells(found, "rent") == (11, 11)

    def test_rows_of_single_parcels(self) -> None:
        rows = [
            {"parcel_id": "a", **annual("rent", 2.0, start_year=1, ramp_years=2)},  # held: 2027: 1, then 2
            {"parcel_id": "a", "practice": "build", **annual("rent", 30.0)},
            {"parcel_id": "a", "zone": "town", **annual("rent", 500.0)},
            {"parcel_id": "a", "practice": "build", "zone": "rural", **annual("rent", 7000.0)},
            {"parcel_id": "a", **once("cost", 9.0)},
        ]
        given = study(practices=[{**BUILD, "lead_years": 1}], parcel_flows=rows)
        held = evaluate(given)
        assert cells(held, "rent") == pytest.approx((0.5, 2))
        assert cells(held, "cost") == (0, 0)
        # built from 2028: 530 from then on (the lead does not count), and the first row anew: 0, 1, 2
        built = evaluate(given, P2)
        assert cells(built, "rent") == pytest.approx((0.5, 530 + 1))
        assert cells(built, "cost") == (0, 9)


class TestWorth:
    def test_recurring_cash_at_year_end_tail_included(self) -> None:
        found = evaluate(study(class_flows=[{"land_class": "farm", **annual("rent", 1.0)}]))
        assert found.cash == pytest.approx(deltas(2026, 2032))  # 4.8684
        assert found.doing_nothing["cash"] == pytest.approx(found.cash)
        assert found.objective == pytest.approx(0.0)

    @pytest.mark.parametrize(
        ("life", "rate", "equal"),
        [
            (10, 0.1, 100 * 0.1 / (1 - 1.1**-10)),  # A = C r / (1 − (1 + r)^−life)
            (None, 0.1, 100 * 0.1),  # blank: r C
            (10, 0.0, 100 / 10),
            (None, 0.0, 0.0),
        ],
    )
    def test_annual_equivalent(self, life: float | None, rate: float, equal: float) -> None:
        # 100 in 2026, one lead year: C = 100 (1 + r)^(2027 − 1 − 2026) = 100; A in 2027 … 2032, for nothing annual runs
        given = study(
            {"rates": {"finance": rate, "social": 0.0, "tail_years": 2}},
            practices=[{**BUILD, "lead_years": 1, "life_years": life}],
            practice_flows=[{"practice": "build", **once("cost", 100.0)}],
        )
        assert evaluate(given, P1).cash == pytest.approx(-equal * deltas(2027, 2032, rate))

    def test_equivalents_stop_with_the_last_annual_flow(self) -> None:
        # cash carried from 2027 to the beginning of 2026: C = 100 / 1.1²; counted 2026 … 2028, the life of the row
        given = study(
            practices=[{**BUILD, "life_years": 10}],
            practice_flows=[
                {"practice": "build", **once("cost", 100.0, start_year=1)},
                {"practice": "build", **annual("waste", 0.0, start_year=1, life_years=2)},
                {"practice": "build", **annual("waste", 1.0, life_years=9), "where": "tenure=state"},  # not here
            ],
        )
        equal = 100 / 1.1**2 * 0.1 / (1 - 1.1**-10)
        assert evaluate(given, P1).cash == pytest.approx(-equal * deltas(2026, 2028))

    def test_rows_of_a_new_class_keep_the_equivalents_going(self) -> None:
        given = study(
            practices=[{**BUILD, "life_years": 10}],
            practice_flows=[
                {"practice": "build", **once("cost", 100.0)},
                {"practice": "build", **annual("waste", 0.0, life_years=1)},
            ],
            class_flows=[{"land_class": "built", **annual("waste", 0.0, life_years=4)}],
        )
        equal = 100 / 1.1 * 0.1 / (1 - 1.1**-10)  # C = 100 (1 + r)^(2026 − 1 − 2026)
        assert evaluate(given, P1).cash == pytest.approx(-equal * deltas(2026, 2029))

    def test_a_sale_counts_as_the_rent_over_the_lease(self) -> None:
        rows = [{"practice": "build", **once("sale", 100.0)}, {"practice": "build", **once("cost", 40.0)}]
        practices = [{**BUILD, "life_years": 10, "lease_years": 40}]
        sold = evaluate(study(practices=practices, practice_flows=rows), P1)
        # all one-off cash over one life, 40 years: (100 − 40) / 1.1
        assert sold.cash == pytest.approx(60 / 1.1 * 0.1 / (1 - 1.1**-40) * deltas(2026, 2032))
        kept = evaluate(study(practices=practices, practice_flows=rows[1:]), P1)
        assert kept.cash == pytest.approx(-40 / 1.1 * 0.1 / (1 - 1.1**-10) * deltas(2026, 2032))

    def test_one_off_cash_after_the_end_counts_too(self) -> None:
        # in 2028 + 9 = 2037, growing 5 % a year from 2026
        given = study(
            accounts=[{**ACCOUNTS[1], "growth": 0.05}],
            practice_flows=[{"practice": "build", **once("cost", 10.0, start_year=9)}],
        )
        capital = 10 * 1.05**11 * 1.1 ** (2028 - 1 - 2037)
        assert evaluate(given, P2).cash == pytest.approx(-capital * 0.1 * deltas(2028, 2032))

    def test_ecosystem_value(self) -> None:
        accounts = [*ACCOUNTS, {"account": "paid", "family": "ecosystem", "counterpart_of": "rent"}]
        rows = [
            {"practice": "build", **annual("water", 2.0)},
            {"practice": "build", **annual("paid", 50.0)},  # it has a counterpart in cash
            {"practice": "build", **once("seed", 30.0)},  # social rate 0, life 10: 3 a year
        ]
        given = study(accounts=accounts, practices=[{**BUILD, "life_years": 10}], practice_flows=rows)
        found = evaluate(given, P2)  # 2028 … 2032: five years
        assert found.ecosystem == pytest.approx(5 * (2 + 3))
        assert found.cash == 0.0

    def test_the_purse(self) -> None:
        # of rent 100 the purse receives 60 and pays 10; of cost 8 (paid by others alone) it has nothing
        shares = [
            {"account": "rent", "role": "receives", "actor": "local", "share": 0.6},
            {"account": "rent", "role": "receives", "actor": "firm", "share": 0.4},
            {"account": "rent", "role": "pays", "actor": "local", "share": 0.1},
            {"account": "rent", "role": "pays", "actor": "firm", "share": 0.9},
            {"account": "cost", "role": "pays", "actor": "firm", "share": 1.0},
        ]
        given = study(
            actors=[{"actor": "local"}, {"actor": "firm"}],
            shares=shares,
            practice_flows=[{"practice": "build", **annual("rent", 100.0)}, {"practice": "build", **once("cost", 8.0)}],
        )
        assert evaluate(given, P1).cash == pytest.approx(50 * deltas(2026, 2032))

    def test_what_is_not_cash_is_not_counted(self) -> None:
        accounts = [{**ACCOUNTS[0], "cash": 0}]
        found = evaluate(study(accounts=accounts, class_flows=[{"land_class": "farm", **annual("rent", 1.0)}]))
        assert found.cash == 0.0


class TestProjects:
    ROAD: ClassVar[dict[str, Any]] = {
        "project": "road",
        "jurisdiction": "east",
        "capex": 8.0,
        "build_years": 2,
        "life_years": 3,
    }

    def test_columns(self) -> None:
        # 4 in 2026 and 4 in 2027; open 2028, 2029, 2030 with a ramp of 2
        road = {**self.ROAD, "annual_revenue": 6.0, "annual_cost": 1.0, "ramp_years": 2, "jobs": 10.0}
        found = evaluate(study(parcels=[{**FARM, "jurisdiction": "east"}], projects=[road]), projects={"road": "p1"})
        assert cells(found, "project.capex") == (8, 0)
        assert cells(found, "project.revenue", "east") == pytest.approx((0, (3 + 6 + 6) / 3))
        assert cells(found, "project.jobs") == pytest.approx((0, 25 / 3))
        capital = 4 * 1.1 + 4  # carried to the beginning of 2028
        equal = capital * 0.1 / (1 - 1.1**-3)
        running = 2.5 * delta(2028) + 5 * deltas(2029, 2030)
        assert found.cash == pytest.approx(running - equal * deltas(2028, 2030))

    def test_rows_and_a_project_s_own_shares(self) -> None:
        shares = [
            {"account": "rent", "role": "receives", "actor": "firm", "share": 1.0},
            {"account": "rent", "role": "receives", "actor": "local", "share": 0.5, "project": "road"},
            {"account": "rent", "role": "receives", "actor": "firm", "share": 0.5, "project": "road"},
        ]
        rows = [
            {"project": name, "account": "rent", "basis": "per_year", "value": 4.0, "start_year": 1}
            for name in ("road", "school")
        ]
        given = study(
            actors=[{"actor": "local"}, {"actor": "firm"}],
            shares=shares,
            projects=[{"project": "road", "build_years": 1}, {"project": "school", "build_years": 1}],
            project_flows=[*rows, {"project": "road", **once("cost", 7.0, start_year=1)}],
        )
        found = evaluate(given, projects={"road": "p1", "school": "p1"})
        assert cells(found, "rent") == pytest.approx((4, 8))
        assert cells(found, "cost") == (7, 0)
        # 7 in 2027, service 2027: C = 7 (1 + r)^(2027 − 1 − 2027), for good
        assert found.cash == pytest.approx(2 * deltas(2027, 2032) - 7 / 1.1 * 0.1 * deltas(2027, 2032))

    @pytest.mark.parametrize(("category", "built"), [("infrastructure", 3.0), ("agriculture", 0.0)])
    def test_land_that_is_taken(self, category: str, built: float) -> None:
        road = {**self.ROAD, "category": category}
        take = [{"project": "road", "land_class": "farm", "area_ha": 3.0}]
        given = study(parcels=[{**FARM, "jurisdiction": "east"}], projects=[road], land_take=take)
        found = evaluate(given, projects={"road": "p2"})
        for place in ("total", "east"):  # without a jurisdiction of its own, in the project's
            assert cells(found, "area.class.farm", place) == (10, 7)
            assert cells(found, "area.class_group.arable", place) == (10, 7)
            assert cells(found, "area.resource.land", place) == (10, 7 + built)
            assert cells(found, "area.lost.class.farm", place) == (0, 3)
            assert cells(found, "area.lost.class_group.arable", place) == (0, 3)
            assert cells(found, "area.class_group.construction", place) == (0, built)
            assert cells(found, "area.gained.class_group.construction", place) == (0, built)
            assert cells(found, "area.new_construction", place) == (0, built)
        assert found.ok


class TestDecay:
    """(1 - decay)^(y - b) as much, b the year in which the row begins."""

    def test_rows_of_land_from_the_first_year(self) -> None:
        accounts = [{**row, "growth": 0.1} if row["account"] == "rent" else row for row in ACCOUNTS]
        flows = [{"land_class": "farm", **annual("rent", 8.0, decay=0.25, life_years=6)}]
        limit = {
            "limit": "kept", "account": "rent", "period": "p2", "sense": ">=", "value": 0.5, "basis": "share_of_start"
        }  # fmt: skip
        found = evaluate(study(accounts=accounts, class_flows=flows, limits=[limit]))
        left = [8 * 0.75**n for n in range(6)]  # 2026 to 2031, the first year of the tail
        grown = [each * 1.1**n for n, each in enumerate(left)]
        assert cells(found, "rent") == pytest.approx((sum(grown[:2]) / 2, sum(grown[2:5]) / 3))
        assert found.cash == pytest.approx(sum(left) / 1.1)
        # no price: at the prices of the start it is there as well, and the start is whole
        assert listed(found, "kept", "p2") == pytest.approx((sum(left[2:5]) / 3, 4.0, sum(left[2:5]) / 3 - 4.0))

    def test_rows_that_begin_later(self) -> None:
        given = study(
            practices=[{**BUILD, "lead_years": 1}],
            class_flows=[{"land_class": "built", **annual("waste", 10.0, decay=0.5)}],
            zone_flows=[{"zone": "rural", **annual("water", 2.0, decay=0.5)}],
            practice_flows=[{"practice": "build", **annual("rent", 6.0, decay=0.1, ramp_years=2, start_year=1)}],
        )
        found = evaluate(given, P1)
        # built from 2027 on; the practice from 2028 on, half of it in the first year; the zone has 2026 as before
        assert cells(found, "waste") == pytest.approx((10 / 2, 10 * (0.5 + 0.25 + 0.125) / 3))
        rent = [6 * 0.5, 6 * 0.9, 6 * 0.81, 6 * 0.729, 6 * 0.6561]
        assert cells(found, "rent") == pytest.approx((0, sum(rent[:3]) / 3))
        assert found.cash == pytest.approx(sum(each * delta(2028 + n) for n, each in enumerate(rent)))
        assert cells(evaluate(given, P2), "water") == pytest.approx(((2 + 1) / 2, 0))

    def test_a_ramp_that_the_tail_cuts_short(self) -> None:
        flows = [{"practice": "build", **annual("rent", 6.0, decay=0.1, ramp_years=10)}]
        found = evaluate(study(practice_flows=flows), P2)
        # 1/10, 2/10, 3/10 in p2, then all, of what is left
        share = [0.1, 0.2 * 0.9, 0.3 * 0.81, 0.729, 0.6561]
        assert found.cash == pytest.approx(sum(6 * each * delta(2028 + n) for n, each in enumerate(share)))

    def test_rows_of_parcels(self) -> None:
        # they differ in nothing but the decay, and the parcel: 2027 is the first year
        other = {**FARM, "parcel_id": "b"}
        rows = [
            {"parcel_id": name, **annual("rent", 4.0, start_year=1, decay=decay)}
            for name, decay in (("a", 0.5), ("b", None), ("b", 1.0))
        ]
        found = evaluate(study(parcels=[FARM, other], parcel_flows=rows))
        assert cells(found, "rent") == pytest.approx((12 / 2, 4 + 4 * (0.5 + 0.25 + 0.125) / 3))

    def test_stocks_projects_and_hurdles(self) -> None:
        road = {"project": "road", "capex": 9.0, "build_years": 1, "hurdle": 0.2}
        given = study(
            projects=[road],
            class_flows=[{"land_class": "farm", **annual("trees", 100.0, decay=0.1)}],
            project_flows=[{"project": "road", **annual("rent", 6.0, start_year=1, life_years=3, decay=0.5)}],
        )
        evaluator = Evaluator(given)
        found = evaluate(given, projects={"road": "p1"})
        assert cells(found, "trees") == pytest.approx((90, 100 * 0.9**4))
        # 6 in 2027, 3 in 2028, 1.5 in 2029
        assert cells(found, "rent") == pytest.approx((3, 1.5))
        worth = -9 / 1.2 + 6 / 1.2**2 + 3 / 1.2**3 + 1.5 / 1.2**4
        assert evaluator.parts.hurdles.net("road", 0, 0.2) == pytest.approx(worth)
        assert "project:hurdle" in rules(found)
        # the last year in which it runs is 2029 all the same: so long do 9 of 2026 count, for good from 2027 on
        capital = 9 * 0.1 * deltas(2027, 2029)
        assert found.cash == pytest.approx(6 * delta(2027) + 3 * delta(2028) + 1.5 * delta(2029) - capital)

    def test_value_of_resources(self) -> None:
        rates = {"finance": 0.1, "social": 0.05, "tail_years": 2}
        flows = [{"land_class": "farm", **annual("water", 2.0, decay=0.1)}]
        found = evaluate(study({"rates": rates}, class_flows=flows))
        assert cells(found, "asset.land") == pytest.approx((2 * 0.9 / 0.05, 2 * 0.9**4 / 0.05))
        assert found.ecosystem == pytest.approx(sum(2 * 0.9**n * delta(2026 + n, 0.05) for n in range(7)))
