"""The reckoner against sums done by hand, and against the audit on random studies.

Periods are 2026-2027 and 2028-2030, two years of tail; the finance rate is 10 %.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests import brute, random_money, random_studies
from tests.reckon.plans import NO_PLAN, Reckoner
from tests.reckon.unread import unread_study
from tests.reports.audit_studies import ACCOUNTS, BASE, BUILD, FARM, SETTINGS, Rows
from tests.reports.money_studies import CAPTURE, LEVY, RISE, delta, deltas
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.reports.audit import Evaluator

CASES = 24 if os.environ.get("CI") else 12
MILL: dict[str, Any] = {"project": "mill", "annual_revenue": 1.0, "build_years": 0}
BARN: dict[str, Any] = {"project": "barn", "annual_revenue": 0.0, "build_years": 1}
SALE = {"practice": "build", "account": "sale", "basis": "once", "value": 0.0}
JOIN: dict[str, Any] = {"project": "mill", "with": "barn"}
PRICES: dict[str, Any] = {"account": "sale", "area_account": "area.new.practice.build", "price": 2.0}


def study(settings: Mapping[str, Any] | None = None, **tables: Rows) -> Study:
    """A study of the audit's `BASE` with other tables and settings, limits and price steps taken as they are."""
    frames = {name: pd.DataFrame(list(rows)) for name, rows in {**BASE, **tables}.items() if rows}
    return unread_study({**SETTINGS, **(settings or {})}, **frames)


def works(*projects: dict[str, Any], settings: Mapping[str, Any] | None = None, **tables: Rows) -> Study:
    """A study of projects without land."""
    return study(settings, **{"parcels": [], "practices": [], "projects": projects, **tables})


def best(given: Study) -> float:
    return float(max(Reckoner(given).values(), default=NO_PLAN))


def value(given: Study, *options: tuple[str, int], **starts: int) -> float:
    """What a plan is worth: (practice, start) of each parcel (START: -1), the start of each project that is built."""
    reckoner = Reckoner(given)
    found = zip(reckoner.plans(), reckoner.values(), strict=True)
    return next(float(worth) for (chosen, begun), worth in found if chosen == options and begun == starts)


# -- land -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "overlay"),
    [
        ({"redline": "general", "growth_boundary": 1}, "prohibited"),
        ({"national_park": 1, "basic_farmland": 1}, "prohibited"),
        ({"basic_farmland": 1, "growth_boundary": 1}, "conditional"),
        ({"growth_boundary": 1}, "promoted"),
        ({"sea": 1}, "free"),
        ({"redline": "core", "conversion": "free"}, "free"),
    ],
)
def test_lines_say_the_overlay(lines: dict[str, Any], overlay: str) -> None:
    # `build` changes the class: open where the overlay is promoted or free; the row pays where it is what it is
    admits = {"redline_ok": "core", "basic_farmland_ok": 1, "to_class": "orchard", "zone": "rural"}
    flows = [
        {"practice": "build", "account": "rent", "basis": "per_year", "value": 1.0, "where": f"conversion={overlay}"}
    ]
    given = study(parcels=[{**FARM, **lines}], practices=[{**BUILD, **admits}], practice_flows=flows)
    shut = overlay in ("prohibited", "conditional")
    assert best(given) == pytest.approx(0.0 if shut else deltas(2026))
    named = [{**BUILD, **admits, "conversion": overlay}]
    assert best(study(parcels=[{**FARM, **lines}], practices=named, practice_flows=flows)) == pytest.approx(
        deltas(2026)
    )


def test_people_move_in() -> None:
    # 10 ha x 0.5, two years after the start; at the end of p2 there are 20 x 1.02^4 + 5
    practice = {**BUILD, "in_migration": 0.5, "lead_years": 2}
    limits = [{"limit": "l", "account": "population", "sense": "<=", "value": 0.0, "kind": "soft", "penalty": 1.0}]
    parcels = [{**FARM, "jurisdiction": "east", "population": 20, "tags": "lake"}]
    tables: dict[str, Any] = {"practices": [practice], "limits": limits, "parcels": parcels}
    given = study({"population_growth": 0.02}, **tables)
    stay = 20 * 1.02 + 20 * 1.02**4
    assert value(given, ("hold", -1)) == pytest.approx(-stay)
    assert value(given, ("build", 0)) == pytest.approx(-stay - 5)
    assert value(given, ("build", 1)) == pytest.approx(-stay - 5)
    for place in ("lake", "east"):
        there = [{**limits[0], "jurisdiction": place, "period": "p1"}]
        assert value(study({"population_growth": 0.02}, **{**tables, "limits": there}), ("build", 0)) == pytest.approx(
            -20 * 1.02
        )


def test_limits_per_head_count_those_who_move_in() -> None:
    # 10 ha built for 20 + 10 people: at most 0.25 ha a head is 7.5
    limits = [
        {"limit": "l", "account": "area.class.built", "sense": "<=", "value": 0.25, "basis": "per_head", "kind": "soft"}
        | {"penalty": 1.0, "period": "last"}
    ]
    given = study(practices=[{**BUILD, "in_migration": 1.0}], limits=limits, parcels=[{**FARM, "population": 20}])
    assert value(given, ("build", 0)) == pytest.approx(-2.5)


def asset(account: str, lines: dict[str, Any] | None = None, **limit: Any) -> Study:
    limits = [{"limit": "l", "account": account, "sense": "<=", "value": 0.0, "kind": "soft", "penalty": 1.0, **limit}]
    flows = [{"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 0.2}]
    flows += [{"land_class": "wood", "account": "gift", "basis": "per_ha_year", "value": 0.5, "ramp_years": 4}]
    accounts = [*ACCOUNTS, {"account": "gift", "family": "ecosystem", "growth": 0.1, "counterpart_of": "rent"}]
    practice = {**BUILD, "zone": "rural", "to_class": "wood", "lead_years": 1}
    tables: dict[str, Any] = {"class_flows": flows, "accounts": accounts, "practices": [practice], "limits": limits}
    rates = {"rates": {"finance": 0.1, "social": 0.05, "tail_years": 2}}
    return study(rates, parcels=[{**FARM, "tenure": "state", **(lines or {})}], **tables)


def test_assets_are_what_nature_gives_for_good() -> None:
    # farm: 10 ha x 0.2 a year / 0.05 = 40 at the end of each period
    assert value(asset("asset.land"), ("hold", -1)) == pytest.approx(-80.0)
    assert value(asset("asset.land.state"), ("hold", -1)) == pytest.approx(-80.0)
    assert value(asset("asset.land.collective"), ("hold", -1)) == pytest.approx(0.0)
    # wood from 2027: a quarter of 5 at 1.1 in 2027, all of it at 1.1^4 in 2030
    assert value(asset("asset.land"), ("build", 0)) == pytest.approx(0.0)
    wood = (5 * 0.25 * 1.1 + 5 * 1.1**4) / 0.05
    assert value(asset("asset.forest"), ("build", 0)) == pytest.approx(-wood)
    assert value(asset("asset.sea", {"sea": 1}), ("build", 0)) == pytest.approx(-wood)
    # at the prices of the start, against what there was: 40 of land
    share = {"basis": "share_of_start", "value": 1.0, "period": "last", "sense": ">="}
    assert value(asset("asset.land", **share), ("build", 0)) == pytest.approx(-40.0)
    assert value(asset("asset.sea", {"sea": 1}, **share), ("build", 0)) == pytest.approx(0.0)
    more = share | {"value": 3.0}
    assert value(asset("asset.sea", {"sea": 1}, **more), ("build", 0)) == pytest.approx(-(120.0 - 100.0))


def test_assets_change_hands() -> None:
    # wood from 2027, or 2029, and no longer the state's from then on: a quarter of 5 at 1.1, all of it at 1.1^4
    def given(account: str, **cells: Any) -> Study:
        found = asset(account)
        practices = found.tables["practices"].assign(to_tenure="collective", **cells)
        return replace(found, tables={**found.tables, "practices": practices})

    assert value(given("asset.forest.state"), ("build", 0)) == pytest.approx(0.0)
    wood = (5 * 0.25 * 1.1 + 5 * 1.1**4) / 0.05
    assert value(given("asset.forest.collective"), ("build", 0)) == pytest.approx(-wood)
    assert value(given("asset.land.state"), ("build", 1)) == pytest.approx(-40.0)
    assert value(given("asset.land.collective"), ("build", 1)) == pytest.approx(0.0)
    # as it is: 40 of farm, the state's at the end of p1 where the lead ends with it
    as_it_is = {"to_class": "", "lead_years": 2.0}
    assert value(given("asset.land.state", **as_it_is), ("build", 0)) == pytest.approx(-40.0)
    assert value(given("asset.land.collective", **as_it_is), ("build", 0)) == pytest.approx(-40.0)


def test_a_practice_is_done_inside_the_horizon() -> None:
    # by the end of 2030: from 2028 within two years, from 2026 within four
    for lead, starts in ((2, [0, 1]), (3, [0]), (4, [0]), (5, [])):
        for to_class in ("built", ""):
            given = study(practices=[{**BUILD, "lead_years": lead, "to_class": to_class}])
            assert [s for name, s in Reckoner(given).choices[0] if name == "build"] == starts


def test_a_title_is_needed_or_cleared() -> None:
    starts = {("needs_title", 0): 0, ("needs_title", 1): 2, ("clears_title", 0): 2, ("clears_title", 1): 0}
    for (column, title), opened in starts.items():
        given = study(parcels=[{**FARM, "title": title}], practices=[{**BUILD, column: 1}])
        assert len(Reckoner(given).choices[0]) == 1 + opened, (column, title)


def test_limits_by_main_function() -> None:
    parcels = [{**FARM, "parcel_id": name, "jurisdiction": name} for name in ("east", "west", "north")]
    places = [
        {"jurisdiction": name, "main_function": kind}
        for name, kind in (("east", "town"), ("west", "town"), ("north", "farming"))
    ]
    limits = [
        {"limit": "l", "account": "area.class.built", "sense": "<=", "value": 4.0, "kind": "soft", "penalty": 1.0}
        | {"jurisdiction": "main_function:town", "period": "last"}
    ]
    given = study(parcels=parcels, jurisdictions=places, limits=limits)
    built, held = ("build", 0), ("hold", -1)
    assert value(given, built, built, built) == pytest.approx(-12.0)
    assert value(given, built, held, built) == pytest.approx(-6.0)


# -- decay ------------------------------------------------------------------------------------------------------------


def fading(table: str, row: dict[str, Any], account: dict[str, Any] | None = None, **tables: Any) -> Study:
    """The farm with one annual row on rent, of 2 that halve from year to year; ACCOUNTS' rent with other cells."""
    row = {"account": "rent", "basis": "per_year", "value": 2.0, "decay": 0.5, **row}
    accounts = [{**ACCOUNTS[0], **(account or {})}, *ACCOUNTS[1:]]
    weight = {"method": "weighted", "accounts": {"rent": 1.0, "money.revenue": 0.0}}
    chosen = {"objective": weight} if tables.pop("told", False) else None
    return study(chosen, accounts=accounts, **{table: [row], **tables})


def halves(first: int, value: float = 2.0, begin: int | None = None, last: int = 2032) -> float:
    """Present value of what was `value` in the year `begin` and halves, over some years."""
    b = first if begin is None else begin
    return sum(value * 0.5 ** (year - b) * delta(year) for year in range(first, last + 1))


def test_flows_of_practices_decay_from_their_first_year_on() -> None:
    assert value(fading("practice_flows", {"practice": "build"}), ("build", 0)) == pytest.approx(halves(2026))
    # p2 starts in 2028; a year of lead and a year of delay: 2030
    late = fading("practice_flows", {"practice": "build", "start_year": 1}, practices=[{**BUILD, "lead_years": 1}])
    assert value(late, ("build", 1)) == pytest.approx(halves(2030))
    # 2026: half of 2 by the ramp; 2027: all of 1; it ends with 2028: 0.5; in p1 1, and in p2 0.5 of three years
    ramp = {"practice": "build", "ramp_years": 2, "life_years": 3}
    some = delta(2026) + delta(2027) + 0.5 * delta(2028)
    assert value(fading("practice_flows", ramp), ("build", 0)) == pytest.approx(some)
    assert value(fading("practice_flows", ramp, told=True), ("build", 0)) == pytest.approx(2.5)
    # all is lost after the first year
    lost = fading("practice_flows", {"practice": "build", "decay": 1.0})
    assert value(lost, ("build", 1)) == pytest.approx(2.0 * delta(2028))


def test_decay_is_no_price() -> None:
    # 2, 1.1 and so on; at start prices 2, 1, 0.5, 0.25, 0.125 with 2 a year at the start: 5 x 2 - 3.875 are missing
    given = fading("class_flows", {"land_class": "farm"}, {"growth": 0.1})
    grown = sum(2 * 0.55**k * delta(2026 + k) for k in range(7))
    parts: dict[str, Any] = {"land_class": "farm"}
    assert value(given, ("build", 1)) == pytest.approx(
        sum(2 * 0.55**k * delta(2026 + k) for k in range(2)) - grown
    )  # less doing nothing
    limits = [{"limit": "l", "account": "rent", "sense": ">=", "value": 1.0, "basis": "share_of_start"}]
    limits = [{**limits[0], "period": "total", "kind": "soft", "penalty": 1.0}]
    told = fading("class_flows", parts, {"growth": 0.1}, limits=limits)
    assert value(told, ("hold", -1)) == pytest.approx(-(10.0 - 3.875))


def test_flows_of_classes_zones_and_parcels_decay() -> None:
    # what is there decays from 2026 on; what is entered from the year in which it is
    for table, column, old, new in (
        ("class_flows", "land_class", "farm", "built"),
        ("zone_flows", "zone", "rural", "town"),
    ):
        gone = value(fading(table, {column: old}), ("build", 1))
        assert gone == pytest.approx(halves(2026, last=2027) - halves(2026))
        assert value(fading(table, {column: new, "start_year": 1}), ("build", 1)) == pytest.approx(halves(2029))
    # today's rows of a class know no delay, the parcel's own do
    kept = fading("class_flows", {"land_class": "farm", "start_year": 2}, told=True)
    assert value(kept, ("hold", -1)) == pytest.approx(2.0 + 1.0 + 0.5 + 0.25 + 0.125)
    own = fading("parcel_flows", {"parcel_id": "a", "start_year": 2}, told=True)
    assert value(own, ("hold", -1)) == pytest.approx(2.0 + 1.0 + 0.5)
    assert value(fading("parcel_flows", {"parcel_id": "a"}, told=True), ("build", 1)) == pytest.approx(3.0 + 3.5)
    # a stock stands where it stands at the end of a period
    level = fading("parcel_flows", {"parcel_id": "a", "account": "trees"})
    level = level.replace({"objective": {"method": "weighted", "accounts": {"trees": 1.0}}})
    assert value(level, ("hold", -1)) == pytest.approx(2.0 * 0.5**4)


def test_flows_of_projects_decay() -> None:
    # 1, a half and so on: 2 in a hundred years at 0 %
    row = {"project": "mill", "account": "rent", "basis": "per_year", "value": 1.0, "decay": 0.5}
    mill = {**MILL, "annual_revenue": 0.0, "build_years": 1}
    for capital, starts in ((2.0, 3), (2.01, 1)):
        given = works({**mill, "capex": capital, "hurdle": 0.0}, project_flows=[row])
        assert len(Reckoner(given).begins[0]) == starts
    assert value(works(mill, project_flows=[{**row, "start_year": 1}]), mill=0) == pytest.approx(halves(2027, 1.0))
    # what has decayed runs on: 3.3 of capital is 0.33 a year to the end
    spent = works({**mill, "capex": 3.3}, project_flows=[{**row, "decay": 1.0}])
    assert value(spent, mill=0) == pytest.approx(delta(2026) - 0.33 * deltas(2027))


def test_assets_decay() -> None:
    # 10 ha x 0.2 a year that halve: 2 x 0.5 in 2027 and 2 x 0.5^4 in 2030, at 5 %
    given = asset("asset.land")
    flows = given.tables["class_flows"].assign(decay=[0.5, 0.0])
    found = replace(given, tables={**given.tables, "class_flows": flows})
    assert value(found, ("hold", -1)) == pytest.approx(-(1.0 + 0.125) / 0.05)


# -- projects ---------------------------------------------------------------------------------------------------------


def test_deliverability() -> None:
    # revenue and ecosystem at 0.8, cost in full; a levy follows the uplift
    mill = {**MILL, "annual_cost": 0.4, "annual_ecosystem": 1.0, "deliverability": 0.8}
    goal = {"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}}
    assert value(works(mill, settings=goal), mill=0) == pytest.approx((0.8 - 0.4) * deltas(2026) + 0.8 * 7)
    rises = {"projects": [{**MILL, "annual_revenue": 0.0, "deliverability": 0.5}], "accounts": [*ACCOUNTS, RISE, LEVY]}
    flows = [{"project": "mill", "account": "rise", "basis": "once", "value": 4.0}]
    given = study(parcels=[], practices=[], project_flows=flows, capture=CAPTURE[:1], **rises)
    # 0.3 x 2 in 2027, carried to the beginning of 2026, as 10 % of it every year
    assert value(given, mill=0) == pytest.approx(0.6 * 1.1**-2 * 0.1 * deltas(2026))


def test_hurdles() -> None:
    # 4 at the end of 2026, 0.5 a year from 2027: 5 / 1.1 - 4 / 1.1 at 10 %, 6.25 / 1.08 - 4 / 1.08 at 8 %
    mill = {**MILL, "build_years": 1, "capex": 4.0, "annual_revenue": 0.5}
    assert [len(Reckoner(works({**mill, "hurdle": rate})).begins[0]) for rate in (0.08, 0.12, 0.13)] == [3, 3, 1]
    # the years of a row without end are 100: at 0 % 50 - 4, with 0.46 a year and 0.5 a year of cost below 0
    assert len(Reckoner(works({**mill, "hurdle": 0.0, "annual_cost": 0.46})).begins[0]) == 3
    assert len(Reckoner(works({**mill, "hurdle": 0.0, "annual_cost": 0.4601})).begins[0]) == 1
    # by category, deliverability, mandates
    by = {"finance": {"hurdle": {"industry": 0.12}, "opening_cash": 90.0}}
    assert len(Reckoner(works({**mill, "category": "industry"}, settings=by)).begins[0]) == 3
    slow = {**mill, "category": "industry", "deliverability": 0.9}
    assert len(Reckoner(works(slow, settings=by)).begins[0]) == 1
    assert len(Reckoner(works({**slow, "hurdle": 0.1}, settings=by)).begins[0]) == 3
    assert len(Reckoner(works({**slow, "mandatory": 1}, settings=by)).begins[0]) == 3
    assert len(Reckoner(works({**slow, "annual_revenue": 0.0}, settings=by)).begins[0]) == 3


def test_the_portfolio() -> None:
    # the mill brings 2 a year for 100 years at 0 %, the barn costs 4: not more than the mill has
    goal = {"objective": {"method": "weighted", "accounts": {"project.ecosystem": 1.0}}}
    barn = {**BARN, "annual_ecosystem": 1.0, "hurdle": 0.0}
    mill = {**MILL, "annual_revenue": 2.0, "hurdle": 0.0}
    for capital, built in ((200.0, 4.0), (200.1, 0.0)):
        assert best(works(mill, {**barn, "capex": capital}, settings=goal)) == pytest.approx(built)
    # without a rate it is in no portfolio
    assert best(works({**barn, "capex": 9.0, "hurdle": None}, settings=goal)) == pytest.approx(4.0)
    assert best(works({**barn, "capex": 9.0}, settings=goal)) == pytest.approx(0.0)
    # its own uplift counts: 9 in 2026 at 10 %
    accounts = [*ACCOUNTS, RISE]
    rises = [{"project": "barn", "account": "rise", "basis": "once", "value": 9.0}]
    rising: dict[str, Any] = {"accounts": accounts, "project_flows": rises, "settings": goal}
    assert best(works({**barn, "hurdle": 0.1, "capex": 9.0}, **rising)) == pytest.approx(4.0)
    assert best(works({**barn, "hurdle": 0.1, "capex": 9.1}, **rising)) == pytest.approx(0.0)


def test_catchment_uplift_in_the_portfolio() -> None:
    # 10 ha at 2 in 2027 at 10 %: 20 / 1.1^2 against 18 / 1.1 in 2026
    tram = {**BARN, "capex": 18.0, "hurdle": 0.1, "catchment": "stop", "uplift_per_ha": 2.0, "uplift_account": "rise"}
    tables: dict[str, Any] = {"accounts": [*ACCOUNTS, RISE], "practices": [], "parcels": [{**FARM, "tags": "stop"}]}
    goal = {"objective": {"method": "weighted", "accounts": {"rise": 1.0}}}
    assert best(study(goal, projects=[tram], **tables)) == pytest.approx(20.0)
    assert best(study(goal, projects=[{**tram, "capex": 18.2}], **tables)) == pytest.approx(0.0)
    assert best(study(goal, projects=[{**tram, "deliverability": 0.9}], **tables)) == pytest.approx(0.0)


def test_bundles_that_restore() -> None:
    # the park is a quarter of the capital; 4 + 12 in the first year, 1.6 a year from the next: 16 / 1.1 - 16 / 1.1
    park = {**BARN, "category": "ecological_restoration", "capex": 4.0, "bundle": "eod"}
    mill = {**MILL, "build_years": 1, "capex": 12.0, "bundle": "eod", "annual_revenue": 0.0, "category": "industry"}
    flows: Rows = [{"project": "mill", "account": "rent", "basis": "per_year", "value": 1.6, "start_year": 1}]

    def starts(share: float | None, path: str = "", **more: Any) -> int:
        accounts = [{**ACCOUNTS[0], "path": path}, *ACCOUNTS[1:]]
        finance = {"opening_cash": 90.0} | ({} if share is None else {"eod_eco_share": share})
        bundle = works(park, {**mill, **more}, settings={"finance": finance}, accounts=accounts, project_flows=flows)
        return len(Reckoner(bundle).begins[0]) - 1

    # 100 years are not for good: 1.6 / 0.1 x (1 - 1.1^-100) is 0.001 short
    assert starts(0.25) == 0
    assert starts(0.25, annual_revenue=0.001) == 2
    assert starts(0.26, annual_revenue=0.001) == 0
    assert starts(0.25, annual_revenue=0.001, path="government") == 0
    assert starts(0.25, annual_revenue=0.001, mandatory=1) == 2
    assert starts(0.9, mandatory=1) == 2
    assert starts(None) == 2


def test_synergies_run_while_both_do() -> None:
    # the barn opens in 2027, the mill in 2026 and stays 3 years: 2 a year at 1.05 in 2027 and 1.05^2 in 2028
    mill, barn = {**MILL, "annual_revenue": 0.0, "life_years": 3}, {**BARN, "deliverability": 0.5}
    accounts = [{**ACCOUNTS[0], "growth": 0.05}, *ACCOUNTS[1:]]
    joined = {**JOIN, "account": "rent", "value": 2.0}
    given = works(mill, barn, synergies=[joined], accounts=accounts)
    assert value(given, mill=0, barn=0) == pytest.approx(1.05 * delta(2027) + 1.05**2 * delta(2028))
    assert value(given, mill=0, barn=1) == pytest.approx(0.0)
    assert value(given, mill=0) == pytest.approx(0.0)
    told = works(
        mill, barn, synergies=[joined], settings={"objective": {"method": "weighted", "accounts": {"rent": 1}}}
    )
    assert value(told, mill=0, barn=0) == pytest.approx(1.0 + 1.0)
    # the other way about, and shared
    shares = [
        {"account": "rent", "role": "receives", "actor": name, "share": 0.5, "project": "mill"}
        for name in ("local", "farmers")
    ]
    half = works(mill, barn, synergies=[joined], accounts=accounts, shares=shares)
    assert value(half, mill=0, barn=0) == pytest.approx(0.5 * (1.05 * delta(2027) + 1.05**2 * delta(2028)))


def test_synergies_once_count_for_good() -> None:
    # 3 of cost in 2028, when the mill opens: r / (1 + r) of it every year to 2032
    mill, barn = {**MILL, "annual_revenue": 0.0}, {**BARN, "deliverability": 0.5}
    joined = {**JOIN, "account": "cost", "value": 3.0}
    given = works(mill, barn, synergies=[joined])
    assert value(given, mill=1, barn=0) == pytest.approx(-3.0 / 11 * deltas(2028))
    booked = {"objective": {"method": "weighted", "accounts": {"money.outlay": 1.0}}}
    assert value(works(mill, barn, synergies=[joined], settings=booked), mill=1, barn=0) == pytest.approx(3.0)


# -- money ------------------------------------------------------------------------------------------------------------


def steps(*rows: tuple[float, float], **cells: Any) -> Rows:
    return [{**PRICES, "up_to": up_to, "factor": factor, **cells} for up_to, factor in rows]


def test_the_first_hectares_are_sold_first() -> None:
    # 10 ha in p1: 2 x 2 a year at 2, 2 x 3 more at 1; leased for 5 years, counted from 2027 to the end of the tail
    practice = {**BUILD, "lease_years": 5, "life_years": 30, "lead_years": 1}
    given = study(practices=[practice], price_steps=steps((2.0, 1.0), (5.0, 0.5)))
    annuity = 0.1 / (1 - 1.1**-5)
    assert value(given, ("build", 0)) == pytest.approx((4 * 2 + 6 * 1) * annuity * deltas(2027))
    # in p2 15 ha might be sold: 6 at 2 and 4 at 1
    assert value(given, ("build", 1)) == pytest.approx((6 * 2 + 4 * 1) * annuity * deltas(2029))
    # more than there is a price for: not possible
    less = study(practices=[practice], price_steps=steps((2.0, 1.0), (4.9, 0.5)))
    assert value(less, ("build", 0)) == NO_PLAN
    assert value(less, ("build", 1)) == pytest.approx((6 * 2 + 4 * 1) * annuity * deltas(2029))


def test_dear_steps_are_filled_though_revenue_is_disliked() -> None:
    # 14 are booked in p1 and 4 more are over the limit
    goal = {"method": "weighted", "accounts": {"sale": -1.0}}
    limits = [{"limit": "l", "account": "sale", "sense": "<=", "value": 10.0, "kind": "soft", "penalty": 2.0}]
    given = study({"objective": goal}, price_steps=steps((2.0, 1.0), (5.0, 0.5)), limits=limits)
    assert value(given, ("build", 0)) == pytest.approx(-14.0 - 2 * 4.0)


def test_steps_of_a_period_and_of_a_place() -> None:
    # in p2 all at 3 x 1.1^2 in 2028; what is sold in the west has no price; the total has what the east has
    accounts = [*ACCOUNTS[:2], {**ACCOUNTS[2], "growth": 0.1}, *ACCOUNTS[3:]]
    parcels = [{**FARM, "parcel_id": name, "jurisdiction": name} for name in ("east", "west")]
    priced = [*steps((9.0, 1.0), jurisdiction="east"), *steps((9.0, 1.0), price=3.0, period="p2", jurisdiction="east")]
    goal = {"objective": {"method": "weighted", "accounts": {"sale": 1.0, "money.land_sale": 10.0}}}
    given = study(goal, accounts=accounts, parcels=parcels, price_steps=priced)
    assert value(given, ("build", 0), ("build", 0)) == pytest.approx(11 * 20.0)
    assert value(given, ("build", 1), ("hold", -1)) == pytest.approx(11 * 30 * 1.1**2)
    # for good where the area is another's
    other = steps((9.0, 1.0), area_account="area.rezoned")
    assert value(study(price_steps=other), ("build", 0)) == pytest.approx(20.0 / 11 * deltas(2026))


def purses(transfers: Rows = (), asides: Rows = (), **settings: Any) -> Study:
    """The mill costs 3 of the fund's money in p1 and earns 1 a year; the general budget has 4."""
    budgets = [{"budget": "general", "opening_cash": 4.0}, {"budget": "fund"}]
    mill = {**MILL, "build_years": 1, "capex": 3.0, "budget": "fund"}
    tables: dict[str, Rows] = {"budgets": budgets, "budget_transfers": transfers, "set_asides": asides}
    return works(mill, settings={"finance": {}, **settings}, **tables)


def test_cash_is_passed_on() -> None:
    # opens in 2027: 1 in p1, so that 2 are missing in the fund
    gain = (1.0 - 0.3) * deltas(2027)
    late = (1.0 - 0.3) * deltas(2029)
    assert gain > late > 0
    assert best(purses()) == pytest.approx(0.0)
    back: Rows = [{"from": "fund", "to": "general", "cap": 9.0}]
    assert best(purses(back)) == pytest.approx(0.0)
    for cap, found in ((1.0, gain), (0.99, late), (None, gain)):
        assert best(purses([{"from": "general", "to": "fund", "cap": cap}])) == pytest.approx(found)
    # in p2 it earns two years before the end: 1 is missing, of 5 years' transfers
    for cap, found in ((0.2, late), (0.19, 0.0)):
        assert best(purses([{"from": "general", "to": "fund", "cap": cap}])) == pytest.approx(found)


def test_what_is_set_aside_is_missing_elsewhere() -> None:
    # 1 a year of revenue from 2026 in the general budget; half of it goes to the fund
    barn = {**MILL, "project": "barn", "mandatory": 1, "latest": "p1"}
    mill = {**MILL, "build_years": 1, "capex": 3.0, "budget": "fund", "annual_revenue": 2.0}
    budgets = [{"budget": "general"}, {"budget": "fund"}]

    def found(share: float) -> float:
        asides = [{"account": "project.revenue", "budget": "fund", "share": share}]
        return best(works(barn, mill, settings={"finance": {}}, budgets=budgets, set_asides=asides))

    # p1: share x 2 of the barn, 2 of the mill, less 3
    assert found(0.5) == pytest.approx(deltas(2026) + (2.0 - 0.3) * deltas(2027))
    # p2: share x 5 + 4 - 3 at once, so in p2 at any share
    assert found(0.49) == pytest.approx(deltas(2026) + (2.0 - 0.3) * deltas(2029))


def test_reserves_cover_and_cash_by_budget() -> None:
    # the fund must hold 2, general half a year of cost; what each has in p2 is told
    budgets = [{"budget": "general", "opening_cash": 3.0}, {"budget": "fund", "reserve": 2.0}]
    transfers = [{"from": "general", "to": "fund", "cap": None}]
    tables: dict[str, Rows] = {"budgets": budgets, "budget_transfers": transfers}
    barn = {**MILL, "annual_revenue": 1.0, "annual_cost": 1.0}
    goal = {"objective": {"method": "weighted", "accounts": {"finance.cash.fund": -1.0}}}

    def found(months: float, **money: Any) -> float:
        finance = {"reserve_months": months, **money}
        return best(works({**barn, "mandatory": 1}, settings={"finance": finance, **goal}, **tables))

    assert found(12.0) == pytest.approx(-2.0)
    assert found(12.1) == NO_PLAN
    assert found(12.1, transfers=0.1) == pytest.approx(-2.0)


def test_each_budget_bears_its_own_debt() -> None:
    # the fund owes 1 a year for two years at 10 %: 1.2 + 1.1 in p1; it earns nothing
    budgets = [{"budget": "general", "opening_cash": 9.0}, {"budget": "fund", "opening_cash": 9.0}]
    bond = {"instrument": "old", "kind": "bond", "rate": 0.1, "tenor_years": 2, "budget": "fund", "outstanding": 2.0}
    bond |= {"outstanding_years": 2}
    finance = {"dscr_min": 1.0, "dscr_scope": "all", "soft": {"dscr_min": 1.0}, "transfers": 5.0}
    given = works(settings={"finance": finance}, projects=[], budgets=budgets, instruments=[bond])
    assert best(given) == pytest.approx(-2.3 / 2)
    main = works(settings={"finance": finance}, projects=[], budgets=budgets, instruments=[{**bond, "budget": ""}])
    assert best(main) == pytest.approx(0.0)


def test_the_operating_balance_is_of_all_budgets() -> None:
    # interest of 0.2 and 0.1 in p1, which is 0.15 a year; all have 0.05 a year, which is the main budget's
    bond = {"instrument": "old", "kind": "bond", "rate": 0.1, "tenor_years": 2, "budget": "fund", "outstanding": 2.0}
    finance = {"operating_balance_from": "p1", "soft": {"operating_balance": 1.0}, "transfers": 0.05}
    budgets = [{"budget": "general", "opening_cash": 9.0}, {"budget": "fund", "opening_cash": 9.0}]
    owing = {"instruments": [{**bond, "outstanding_years": 2}], "projects": [], "budgets": budgets}
    assert best(works(settings={"finance": finance}, **owing)) == pytest.approx(-0.1)


def test_land_rent_may_be_left_out() -> None:
    # 9 from a sale, at a cost of 4, both in 2026; leased for 5 years: 0.1 / (1 - 1.1^-5) of each every year to 2032
    sells = {"practice": "build", "account": "sale", "basis": "once", "value": 9.0}
    flows = [sells, {**sells, "account": "cost", "value": 4.0}]
    annuity = 0.1 / (1 - 1.1**-5) * deltas(2026) / 1.1

    def found(land_rent: bool, goal: Mapping[str, Any] | None = None, **tables: Rows) -> float:
        settings: dict[str, Any] = {"finance": {"land_rent": land_rent, "opening_cash": 1.0}, **(goal or {})}
        practice = {**BUILD, "lease_years": 5, "life_years": 30}
        return value(study(settings, **{"practices": [practice], "practice_flows": flows, **tables}), ("build", 0))

    assert found(True) == pytest.approx((9.0 - 4.0) * annuity)
    # the option sells land all the same: what it costs is spread over the lease
    assert found(False) == pytest.approx(-4.0 * annuity)
    # cash has it: 1 + 9 - 4 at the end of p1 and of p2, and so has who gains
    cash = {"objective": {"method": "weighted", "accounts": {"finance.cash": 1.0, "money.land_sale": 10.0}}}
    assert found(False, cash) == pytest.approx(6.0 + 10 * 9.0)
    actors: Rows = [{"actor": "local", "public": 1}]
    gains = {"objective": {"method": "weighted", "accounts": {"gain.actor.local": 1.0}}}
    assert found(False, gains, actors=actors) == pytest.approx((9.0 - 4.0) * annuity)
    # 10 ha at 2 by price steps are a sale too
    priced: dict[str, Rows] = {"practice_flows": [], "price_steps": steps((9.0, 1.0))}
    assert found(True, **priced) == pytest.approx(20.0 * annuity)
    assert found(False, **priced) == pytest.approx(0.0)


# -- against the audit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("money", [False, True])
def test_the_audit_reckons_the_same(money: bool) -> None:
    # every plan of random studies
    rnd, tried = Random(money), 0
    while tried < CASES:
        settings, tables = (random_money.money_tables if money else random_studies.random_tables)(rnd)
        if tables["parcels"] is not None:  # a blank overlay is what the lines say
            tables["parcels"]["conversion"] = [cell or "free" for cell in tables["parcels"]["conversion"]]
        try:
            study = make_study(settings, **tables)
            evaluator = Evaluator(study)
            if brute.count(evaluator) > 60:
                continue
            reckoner = Reckoner(study)
            assert brute.count(evaluator) == reckoner.count
            found = by_plan(evaluator)
        except StudyError:
            continue
        tried += 1
        names = [period.name for period in study.periods]
        for (chosen, begun), worth in zip(reckoner.plans(), reckoner.values(), strict=True):
            options = tuple((practice, names[s] if s >= 0 else "") for practice, s in chosen)
            starts = tuple((name, names[begun[name]] if name in begun else "") for name in reckoner.projects)
            assert worth == pytest.approx(found[options, starts], rel=1e-6, abs=1e-6)


def by_plan(evaluator: Evaluator) -> dict[Any, float]:
    """What the audit says that each plan is worth."""
    plans = brute.combinations(evaluator)
    return {
        (tuple(chosen), tuple(begun.items())): brute.optimum(evaluator.affine(chosen, begun))
        if evaluator.extended
        else (found.objective if (found := evaluator.value(chosen, begun)).holds else -np.inf)
        for chosen, begun in plans
    }
