"""Where rows over land, projects, uplift, quotas and the objective bind: each optimum worked out by hand.

`near` has 2 ha and `far` 3 ha of farmland. Built over, a hectare brings a rent of 1 a year.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.model.binding import YEAR, Case, Row, Rows, tiny
from zonevest.instances.study import Study

NEAR: Row = {"parcel_id": "near", "land_class": "farm", "zone": "R", "area_ha": 2.0, "jurisdiction": "E"}
FAR: Row = {"parcel_id": "far", "land_class": "farm", "zone": "R", "area_ha": 3.0, "jurisdiction": "W"}
BUILD: Row = {"practice": "build", "zone": "U", "from_classes": "farm", "to_class": "town"}
PLANT: Row = {"practice": "plant", "zone": "R", "from_classes": "farm", "to_class": "wood"}
RENT: Row = {"land_class": "town", "account": "rent", "basis": "per_ha_year", "value": 1.0}
FARM: Row = {**RENT, "land_class": "farm"}
LAND: dict[str, Rows] = {
    "parcels": [NEAR, FAR],
    "zones": [{"zone": "R"}, {"zone": "U"}],
    "land_classes": [
        {"land_class": "farm", "class_group": "arable"},
        {"land_class": "wood", "class_group": "forest"},
        {"land_class": "town", "class_group": "construction"},
    ],
    "accounts": [
        {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
        {"account": "eco", "family": "ecosystem", "recurrence": "annual", "cash": 0},
        {"account": "rise", "family": "uplift", "recurrence": "one_off", "cash": 0},
    ],
    "practices": [BUILD],
    "class_flows": [RENT],
}
OPEN: Row = {"build_years": 0}
"""A project that is open from the first day of its start, and costs nothing."""


def land(settings: dict[str, Any] | None = None, **tables: Rows) -> Study:
    """A study of `LAND` over both years, with other tables."""
    return tiny(settings, **{**LAND, **tables})


def year(settings: dict[str, Any] | None = None, **tables: Rows) -> Study:
    """The same over one year."""
    return land({"periods": YEAR, **(settings or {})}, **tables)


def works(*projects: Row, flows: Rows = ()) -> Study:
    """Projects that are open at once, without land, over both years."""
    cost = {"account": "cost", "family": "cost", "recurrence": "annual", "cash": 1, "growth": 1.0}
    own: dict[str, Rows] = {"project_flows": flows} if flows else {}
    return tiny(None, projects=[{**OPEN, **row} for row in projects], accounts=[*LAND["accounts"], cost], **own)


def assign() -> Case:
    # farmland brings 0.4 a hectare: built over it is 0.6 x 5 more; whoever follows both options has 1 x 5 more
    flows = [RENT, {**FARM, "value": 0.4}]
    return Case(year(class_flows=flows), without=5.0, within=3.0, told="area choice:one")


def cleared_title() -> Case:
    # `near` has no title and must clear it: a survey of 0.5 a hectare and a year, then 3 a hectare. `far` has one and
    # earns 1 from 2026 on: 2 x (3 − 0.5) + 3 x 2; to clear it again would bring 3 x (3 − 0.5) there. Whoever follows
    # all options opens in 2027 as well: 3 x 1 more
    shop: Row = {"practice": "shop", "zone": "U", "life_years": 1, "needs_title": 1}
    clear: Row = {**shop, "practice": "clear", "needs_title": 0, "clears_title": 1, "lead_years": 1}
    survey: Row = {"practice": "clear", "account": "survey", "basis": "per_ha_once", "value": 0.5}
    rents = [{"practice": name, "account": "rent", "basis": "per_ha_year", "value": value}
             for name, value in (("shop", 1.0), ("clear", 3.0))]  # fmt: skip
    accounts = [*LAND["accounts"], {"account": "survey", "family": "cost", "recurrence": "one_off", "cash": 1}]
    plots = [{**NEAR, "title": 0}, FAR]
    given = land(parcels=plots, practices=[shop, clear], accounts=accounts, practice_flows=[*rents, survey])
    return Case(given, without=14.0, within=11.0, told="area choice:one")


def stay_in_the_window() -> Case:
    # a sewer of 3 a year, to be begun in 2026: 2 x (5 − 3); begun in 2027 it would let 5 be earned, and books nothing
    sewer = {**OPEN, "project": "sewer", "annual_cost": 3.0, "enables": "build", "latest": "a"}
    given = land(practices=[{**BUILD, "requires_project": 1}], projects=[sewer])
    return Case(given, 5.0, 4.0, "project:window")


def stay_started() -> Case:
    # one year that brings 3 and costs 2, or 4 in 2027: worth 1 or −1. To start in 2026 and take a start of 2027 back
    # would be 1 + 1.
    cost = {"project": "fair", "account": "cost", "basis": "per_year", "value": 2.0, "life_years": 1}
    return Case(works({"project": "fair", "annual_revenue": 3.0, "life_years": 1}, flows=[cost]), 2.0, 1.0, None)


def requires() -> Case:
    # the hall brings 1.5 a year, the road costs 0.5 a year and has to be there a year earlier: 1.5 − 2 x 0.5
    road = {"project": "road", "annual_cost": 0.5}
    hall = {"project": "hall", "annual_revenue": 1.5, "requires": "road", "requires_lag": 1}
    return Case(works(road, hall), 3.0, 0.5, "project:requires")


def exclusive() -> Case:
    # 2 x 1 or 2 x 1.5
    one, other = ({"project": name, "exclusive_set": "either"} for name in ("hall", "inn"))
    return Case(
        works({**one, "annual_revenue": 1.0}, {**other, "annual_revenue": 1.5}), 5.0, 3.0, "project:exclusive_set"
    )


def bundle() -> Case:
    # 2 x 1.5, with a park of 2 x 0.5
    hall = {"project": "hall", "bundle": "both", "annual_revenue": 1.5}
    return Case(works(hall, {"project": "park", "bundle": "both", "annual_cost": 0.5}), 3.0, 2.0, "project:bundle")


def footprint() -> Case:
    # the hall brings 2.5 a year and stands where `near` brings 2 a year as farmland, and nothing as a town
    hall = {**OPEN, "project": "hall", "annual_revenue": 2.5, "footprint": "near", "footprint_zones": "U"}
    return Case(land(parcels=[NEAR], class_flows=[FARM], projects=[hall]), 5.0, 1.0, "project:footprint")


def pool() -> Case:
    # the mill lives on 2 ha of wood and brings 3 a year; `near`, planted, loses 2 a year. From 2026: 2 x (3 − 2)
    mill = {**OPEN, "project": "mill", "annual_revenue": 3.0, "min_area": 2.0, "min_area_of": "class_group:forest"}
    given = land(parcels=[NEAR], practices=[PLANT], class_flows=[FARM], projects=[mill])
    return Case(given, 6.0, 2.0, "project:min_area")


def enable() -> Case:
    # a sewer of 0.5 a year lets 4 of the 5 ha be built over: `far` alone, 2 x (3 − 0.5)
    sewer = {**OPEN, "project": "sewer", "annual_cost": 0.5, "enables": "build", "enables_area": 4.0}
    given = land(practices=[{**BUILD, "requires_project": 1}], projects=[sewer])
    return Case(given, 10.0, 5.0, "project:enables")


def land_take() -> Case:
    # two projects of 1 a year, each on 2 ha of the 3 ha of the west
    projects = [{**OPEN, "project": name, "annual_revenue": 1.0} for name in ("hall", "inn")]
    takes = [{"project": name, "land_class": "farm", "jurisdiction": "W", "area_ha": 2.0} for name in ("hall", "inn")]
    given = land(practices=[PLANT], class_flows=[RENT], projects=projects, land_take=takes)
    return Case(given, 4.0, 2.0, "project:land_take")


def site_take() -> Case:
    # there are 5 ha of farmland in the west, and 2 of them are basic farmland, where neither may stand
    edge: Row = {**FAR, "parcel_id": "edge", "area_ha": 2.0, "basic_farmland": 1}
    projects = [{**OPEN, "project": name, "annual_revenue": 1.0} for name in ("hall", "inn")]
    takes = [{"project": name, "land_class": "farm", "jurisdiction": "W", "area_ha": 2.0} for name in ("hall", "inn")]
    given = land(parcels=[FAR, edge], practices=[PLANT], projects=projects, land_take=takes)
    return Case(given, 4.0, 2.0, "project:site_take")


CAP: Row = {"limit": "cap", "account": "area.new_construction", "sense": "<=", "value": 4.0}


def limit() -> Case:
    # 4 of the 5 ha: `far`
    return Case(year(limits=[CAP]), 5.0, 3.0, "limit")


def soft_limit() -> Case:
    # 1 ha too much at 0.5 is less than the 2 that `near` brings
    return Case(year(limits=[{**CAP, "kind": "soft", "penalty": 0.5}]), 5.0, 4.5, "")


def taken_for_the_state() -> Case:
    # villages keep 20 x 3 of the 20 x 5 that their fields are worth; a field that is let, still a field, is the state's
    # and brings 1 a hectare from the year after the start on: `near` from 2026, so that it pays in 2027
    let: Row = {"practice": "let", "zone": "R", "to_tenure": "state", "lead_years": 1}
    rent: Row = {"practice": "let", "account": "rent", "basis": "per_ha_year", "value": 1.0}
    fields: Rows = [{"land_class": "farm", "class_group": "arable", "resource": "land"}]
    kept: Row = {"limit": "kept", "account": "asset.land.collective", "sense": ">=", "value": 0.6}
    given = land(
        {"rates": {"finance": 0.0, "social": 0.05, "tail_years": 0}},
        parcels=[{**plot, "tenure": "collective"} for plot in (NEAR, FAR)],
        land_classes=fields, practices=[let], practice_flows=[rent], class_flows=[ECO],
        limits=[{**kept, "basis": "share_of_start"}],
    )  # fmt: skip
    return Case(given, 5.0, 2.0, "limit")


TRAM: Row = {**OPEN, "project": "tram", "catchment": "stop", "uplift_per_ha": 2.0, "uplift_account": "rise"}
WORTH = {"objective": {"method": "weighted", "cash": 1.0, "accounts": {"rise": 1.0}}}
"""Money, and the rise of the value of land as it stands."""


def stop(*projects: Row, **tables: Rows) -> Study:
    """`near` in the catchment of trams; over one year."""
    return year(WORTH, parcels=[{**NEAR, "tags": "stop"}], projects=projects, class_flows=[FARM], **tables)


def sold(years: int, **limit: Any) -> Study:
    """Fields sold at the start, at twice the price a year later; three years after it they are town, and let a year."""
    sell: Row = {**BUILD, "practice": "sell", "lead_years": 3, "life_years": 1}
    once: Row = {"practice": "sell", "account": "sale", "basis": "per_ha_once", "value": 1.0}
    sale: Row = {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "growth": 1.0}
    return land(
        {"periods": [{"name": name, "start": 2026 + at, "years": 1} for at, name in enumerate("abcde"[:years])]},
        accounts=[LAND["accounts"][0], sale], practices=[sell], class_flows=[],
        practice_flows=[once, {**once, "account": "rent", "basis": "per_ha_year", "life_years": 1}],
        limits=[{"limit": "fields", "account": "area.class_group.arable", "sense": ">=", "value": 2.0, **limit}],
    )  # fmt: skip


def sold_in_time() -> Case:
    # to 2029: sold in 2026, town in 2029, when a hectare brings 1 of the sale and 1 of rent; a later sale would bring
    # more, and show in no period. 2 of 5 ha stay fields
    return Case(sold(4), 10.0, 6.0, "limit")


def reach() -> Case:
    # only what is built over rises, by 2 x 2, and then brings no rent of 2
    return Case(stop({**TRAM, "uplift_of": "build"}), 4.0, 2.0, "uplift:reach")


def opening() -> Case:
    # 4 less the rent of 2 and the tram's cost of 1.5
    return Case(stop({**TRAM, "uplift_of": "build", "annual_cost": 1.5}), 2.0, 0.5, "uplift:start")


def cap() -> Case:
    # tram and bus raise 2 ha by 2 a hectare each, both together by 3
    capped = {**TRAM, "uplift_cap": 3.0}
    return Case(stop(capped, {**capped, "project": "bus"}), 8.0, 6.0, "uplift:cap")


QUOTA: Row = {"quota": "q", "account_used": "area.new_construction"}


def quota() -> Case:
    # 2 ha are granted: `near`
    return Case(year(quotas=[{**QUOTA, "granted": 2.0}]), 5.0, 2.0, "quota:quota")


def weighed(weights: dict[str, float]) -> dict[str, Any]:
    """Trade counts as it is paid: for good and without discounting, as in F1, a year of it would be worth nothing."""
    return {"objective": {"method": "weighted", "accounts": weights}}


def quota_sold() -> Case:
    # 5 ha of wood make 5; the 4 that are there already may be used but not sold; at 2
    sold = {"quota": "q", "account_generated": "area.gained.class_group.forest", "sell_price": 2.0, "sell_max": 20.0}
    given = year(weighed({"quota.q.sale": 1.0}), practices=[PLANT], quotas=[{**sold, "opening": 4.0}])
    return Case(given, 18.0, 10.0, "quota:quota_sold")


def quota_buy() -> Case:
    # to build over a hectare takes half of its rent; the market has 4 for both places together: `far`
    bought = {**QUOTA, "movable": 0, "buy_price": 0.5, "buy_max": 4.0}
    return Case(year(weighed({"rent": 1.0, "quota.q.purchase": -1.0}), quotas=[bought]), 2.5, 1.5, "quota:quota_buy")


def quota_sell() -> Case:
    # 2 and 3 are made, the market takes 4
    sold = {"quota": "q", "account_generated": "area.gained.class_group.forest", "movable": 0}
    given = year(
        weighed({"quota.q.sale": 1.0}), practices=[PLANT], quotas=[{**sold, "sell_price": 1.0, "sell_max": 4.0}]
    )
    return Case(given, 5.0, 4.0, "quota:quota_sell")


ECO: Row = {**FARM, "account": "eco"}
"""Farmland brings 1 of ecosystem value a hectare and year."""


def floor_of_ecosystem() -> Case:
    # 0.6 of 5: `near` may go
    goal = {"objective": {"method": "floor", "floor": {"ecosystem": 0.6}}}
    return Case(year(goal, class_flows=[RENT, ECO]), 5.0, 2.0, "objective:floor")


PLANTED: dict[str, Rows] = {"practices": [PLANT], "class_flows": [FARM, {**ECO, "land_class": "wood", "value": 2.0}]}
"""A wood brings 2 of ecosystem value a hectare and year, and no rent of 1."""


def floor_of_cash() -> Case:
    # 2.5 may be lost: `near`
    goal = {"objective": {"method": "floor", "floor": {"cash": -2.5}}}
    return Case(year(goal, **PLANTED), 10.0, 4.0, "objective:floor")


def keep() -> Case:
    # the most ecosystem value that can be gained is 2 x 5, of which half may go; then cash loses the rent of 3
    # (`far`, 6 of ecosystem value) in place of nothing
    goal = {"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.5}
    stage = {"stage": 1, "earlier": {"ecosystem": 0.5 * 2 * 5}}
    return Case(year({"objective": goal}, **PLANTED), 0.0, -3.0, None, stage)


CASES: dict[str, list[Callable[[], Case]]] = {
    "assign": [assign, cleared_title],
    "stay": [stay_in_the_window, stay_started],
    "requires": [requires],
    "exclusive": [exclusive],
    "bundle": [bundle],
    "footprint": [footprint],
    "pool": [pool],
    "enable": [enable],
    "land_take": [land_take],
    "site_take": [site_take],
    "limit": [limit, soft_limit, taken_for_the_state, sold_in_time],
    "reach": [reach],
    "open": [opening],
    "cap": [cap],
    "quota": [quota],
    "quota_sold": [quota_sold],
    "quota_buy": [quota_buy],
    "quota_sell": [quota_sell],
    "floor": [floor_of_ecosystem, floor_of_cash],
    "keep": [keep],
}
