"""Where rows over money and gains bind: each optimum worked out by hand.

Built in 2026, the mill costs 3 and the shed 1; in 2027 they bring 5 and 2: worth 2 and 1, 3 together. Built in 2027
they open too late to bring anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.model.binding import YEAR, Case, Row, Rows, tiny
from tests.model.binding_land import BUILD, LAND
from zonevest.instances.study import Study

MILL: Row = {"project": "mill", "capex": 3.0, "life_years": 1, "annual_revenue": 5.0}
SHED: Row = {"project": "shed", "capex": 1.0, "life_years": 1, "annual_revenue": 2.0}
BOND: Row = {"instrument": "bond", "kind": "bond", "rate": 0.0, "tenor_years": 2}
"""Drawn in 2026, it falls due at the end of 2027; it costs nothing."""


def money(
    *instruments: Row, projects: Rows = (MILL, SHED), tables: dict[str, Rows] | None = None, **finance: Any
) -> Study:
    """A budget with some instruments and projects."""
    given = {"projects": projects, **({"instruments": instruments} if instruments else {}), **(tables or {})}
    return tiny({"finance": {"opening_cash": 0.0, **finance}}, **given)


def cash() -> Case:
    # 3 are there: the mill
    return Case(money(opening_cash=3.0), 3.0, 2.0, "money:cash")


def reserve() -> Case:
    # 4 are there, and a half of them, a month of the fixed cost of 6, stays there: the mill
    return Case(money(opening_cash=4.0, fixed_cost=6.0, transfers=6.0, reserve_months=1.0), 3.0, 2.0, "money:cash")


def draw_cap() -> Case:
    # a hall of 4 that brings 3, with a grant of a half at most
    hall = {**MILL, "project": "hall", "capex": 4.0, "annual_revenue": 3.0, "equity_min": 0.5}
    grant = {"instrument": "grant", "kind": "grant"}
    return Case(money(grant, projects=[hall], opening_cash=4.0), 3.0, 1.0, "money:draw")


def fund_project() -> Case:
    # there is equity for the shed only, 1 at most; with more of it the mill were built
    stake = {"instrument": "stake", "kind": "equity", "rate": 0.0, "categories": "livelihood"}
    return Case(money(stake, projects=[MILL, {**SHED, "category": "livelihood"}]), 3.0, 1.0, "money:fund_project")


def instrument_total() -> Case:
    return Case(money({**BOND, "limit_total": 3.0}), 3.0, 2.0, "money:instrument_total")


def instrument_period() -> Case:
    return Case(money({**BOND, "limit_period": 3.0}), 3.0, 2.0, "money:instrument_period")


def debt_ratio_cap() -> Case:
    # 0.3 x 10 in 2026; in 2027 0.3 x (10 + 5)
    return Case(
        money({**BOND, "in_debt_ratio": 1}, fiscal_resources=10.0, debt_ratio_cap=0.3), 3.0, 2.0, "money:debt_ratio_cap"
    )


DEAR: Row = {**BOND, "rate": 0.1}
"""What is drawn pays its first interest, a tenth, at once, and the price of debt is 0.1 + 0.0001 for each of two years.

With 0.4 at hand the mill takes (3 − 0.4) / 0.9 of it, both take (4 − 0.4) / 0.9 = 4.
"""
MILL_BY_BOND, BOTH_BY_BOND = 2.0 - 2 * 0.1001 * 2.6 / 0.9, 3.0 - 2 * 0.1001 * 4.0


def interest_share_general() -> Case:
    # 2027: 0.4 of interest is more than a tenth of 2.7 + 0.4, 0.26 / 0.9 less than a tenth of 2.7 + 0.26 / 0.9
    given = money(DEAR, opening_cash=0.4, fixed_cost=2.7, transfers=2.7, interest_share_general={"b": 0.1})
    return Case(given, BOTH_BY_BOND, MILL_BY_BOND, "money:interest_share_general")


def interest_share_fund() -> Case:
    # the same of the fund, which pays the running cost of the mill, 2.7
    mill = {**MILL, "annual_revenue": 5.0 + 2.7, "annual_cost": 2.7}
    accounts = [{"account": "project.cost", "budget": "fund"}]
    given = money(
        {**DEAR, "budget": "fund"}, projects=[mill, SHED], tables={"accounts": accounts}, opening_cash=0.4,
        interest_share_fund={"b": 0.1},
    )  # fmt: skip
    return Case(given, BOTH_BY_BOND, MILL_BY_BOND, "money:interest_share_fund")


def dscr_min() -> Case:
    # 2027: 2 is twice 1 (the shed), 5 is not twice 3, nor 7 twice 4
    return Case(money(BOND, dscr_min=2.0), 3.0, 1.0, "money:dscr_min")


def golden_rule() -> Case:
    # a fair takes 1 of running cost in 2026, for which nothing may be borrowed, and brings 4 in 2027
    flow: Row = {"project": "fair", "basis": "per_year", "life_years": 1}
    tables: dict[str, Rows] = {
        "accounts": [
            {"account": "pay", "family": "cost", "recurrence": "annual", "cash": 1},
            {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
        ],
        "project_flows": [
            {**flow, "account": "pay", "value": 1.0, "start_year": 0},
            {**flow, "account": "rent", "value": 4.0, "start_year": 1},
        ],
    }
    fair = {"project": "fair", "build_years": 0}
    return Case(money(BOND, projects=[MILL, fair], tables=tables), 5.0, 2.0, "money:golden_rule")


def refinance_share() -> Case:
    # of 4, an old bond takes 2 at the end of 2026; a half of that may be borrowed again: 4 − 2 + 1 for the mill
    old = {**BOND, "instrument": "old", "categories": "livelihood", "outstanding": 2.0, "outstanding_years": 1}
    roll = {**BOND, "instrument": "roll", "tenor_years": 1, "refinances": 1}
    return Case(money(old, roll, opening_cash=4.0, refinance_share=0.5), 3.0, 2.0, "money:refinance_share")


OWN: Row = {**BOND, "self_supporting": 1}


def cover_min() -> Case:
    # what is earned by the end of 2027 is twice what is drawn: 2 and 1 (the shed), not 5 and 3
    return Case(money({**OWN, "cover_min": 2.0}), 3.0, 1.0, "money:cover_min")


def lean() -> Case:
    # a tram of 3 costs 1 in 2027, takes 3.5 of the worth of land (3.5 ha x 1) and is worth 2 more to nature: 1.5, by a
    # bond of 3.5 − 1 at most. With 1 at hand it needs 2, and if that goes into the shed, 3.
    tram = {
        "project": "tram", "category": "livelihood", "capex": 3.0, "life_years": 1, "annual_cost": 1.0,
        "annual_ecosystem": 2.0, "catchment": "stop", "uplift_per_ha": 1.0, "uplift_account": "rise",
    }  # fmt: skip
    tables: dict[str, Rows] = {
        "parcels": [{"parcel_id": "i", "land_class": "farm", "area_ha": 3.5, "tags": "stop"}],
        "land_classes": [{"land_class": "farm"}],
        "accounts": [
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
            {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levying"},
        ],
        "capture": [{"capture_tool": "levying", "uplift_account": "rise", "rate": 1.0}],
    }
    given = money({**OWN, "categories": "livelihood"}, projects=[tram, SHED], tables=tables, opening_cash=1.0)
    return Case(
        given.replace({"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}}), 2.5, 1.5, "money:cover_min"
    )


def operating_balance() -> Case:
    # 0.35 a year pay the interest of 2026: 0.26 / 0.9 of the mill, not 0.4
    given = money(DEAR, opening_cash=0.05, transfers=0.35, operating_balance_from="a")
    return Case(given, BOTH_BY_BOND, MILL_BY_BOND, "money:operating_balance")


def land_sale_share_cap() -> Case:
    # a hectare is sold at 1: 3 are no more than a half of 3 + 3, 5 more than that of 3 + 5
    sale = {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"}
    given = tiny(
        {"periods": YEAR, "finance": {"transfers": 3.0, "land_sale_share_cap": 0.5}},
        parcels=LAND["parcels"], zones=LAND["zones"], land_classes=LAND["land_classes"], accounts=[sale],
        practices=[{**BUILD, "life_years": 1}],
        practice_flows=[{"practice": "build", "account": "sale", "basis": "per_ha_once", "value": 1.0}],
    )  # fmt: skip
    return Case(given, 5.0, 3.0, "money:land_sale_share_cap")


def green_share_min() -> Case:
    # with a park of 1 that brings 0.4, a quarter of what is spent is green
    park = {**SHED, "project": "park", "annual_revenue": 0.4, "green": 1}
    return Case(money(projects=[MILL, park], opening_cash=4.0, green_share_min=0.25), 2.0, 1.4, "money:green_share_min")


def real_estate_share_max() -> Case:
    # 3 of 4 is more than a half
    given = money(projects=[{**MILL, "real_estate": 1}, SHED], opening_cash=4.0, real_estate_share_max=0.5)
    return Case(given, 3.0, 1.0, "money:real_estate_share_max")


def reinvestment_min() -> Case:
    # by 2027 a mine brings 2 x 2, of which a quarter goes into what brings nothing
    ore = {"account": "ore", "family": "revenue", "recurrence": "annual", "cash": 1, "role": "resource_income"}
    flow = {"project": "mine", "account": "ore", "basis": "per_year", "value": 2.0}
    mend = {"project": "mend", "capex": 1.0, "life_years": 1, "restoration": 1, "latest": "a"}
    given = money(
        projects=[{"project": "mine", "build_years": 0}, mend], tables={"accounts": [ore], "project_flows": [flow]},
        opening_cash=1.0, reinvestment_min=0.25,
    )  # fmt: skip
    return Case(given, 4.0, 3.0, "money:reinvestment_min")


ACCOUNTS: Rows = [
    {"account": name, "family": family, "recurrence": "annual", "cash": 1}
    for name, family in (("rent", "revenue"), ("aid", "revenue"), ("fee", "revenue"), ("toll", "cost"), ("pay", "cost"))
]
SHARES: Rows = [
    {"account": "aid", "role": "receives", "actor": "farmers", "share": 1.0},
    {"account": "toll", "role": "pays", "actor": "farmers", "share": 1.0},
    {"account": "fee", "role": "receives", "actor": "pot", "share": 1.0},
]
"""Rent is the purse's, which pays, aid the farmers', who pay tolls, and fees are the pot's."""


def shared(
    works: dict[str, dict[str, float]], settings: dict[str, Any], places: dict[str, str] | None = None, **tables: Rows
) -> Study:
    """Projects of one year by what they book; places, where there are any, have one inhabitant each."""
    at = places or {}
    if at:
        tables["jurisdictions"] = [{"jurisdiction": name, "population": 1.0} for name in ("E", "W")]
    flows = [
        {"project": project, "account": account, "basis": "per_year", "value": value}
        for project, booked in works.items()
        for account, value in booked.items()
    ]
    return tiny(
        {"periods": YEAR, **settings},
        accounts=ACCOUNTS,
        shares=SHARES,
        projects=[{"project": name, "build_years": 0, "jurisdiction": at.get(name, "")} for name in works],
        project_flows=flows,
        **tables,
    )


NAMED: dict[str, Any] = {"equity": {"participation": ["farmers"]}}


def fund() -> Case:
    # what the farmers gain is all in E; W must have a half of it, from fees: 1 of 2, not 2 of 4 nor 3 of 6
    works = {"fair": {"aid": 4.0, "fee": 1.0}, "stall": {"aid": 2.0, "fee": 1.0}}
    goal = {"method": "weighted", "accounts": {"gain.actor.farmers": 1.0}}
    equity = {"participation": ["farmers"], "fund": "pot", "jurisdiction_floor": 1.0}
    given = shared(works, {"objective": goal, "equity": equity}, dict.fromkeys(works, "E"))
    return Case(given, 6.0, 2.0, "gain:fund")


def participation() -> Case:
    # the dock brings 3 and takes 1 from the farmers, the stand brings 1
    return Case(
        shared({"dock": {"rent": 3.0, "toll": 1.0}, "stand": {"rent": 1.0}}, NAMED), 4.0, 1.0, "gain:participation"
    )


def participation_jurisdiction() -> Case:
    # all in all the farmers gain 2 − 1, those of W lose 1
    works = {"dock": {"rent": 3.0, "toll": 1.0}, "stand": {"rent": 1.0, "aid": 2.0}}
    given = shared(works, NAMED, {"dock": "W", "stand": "E"})
    return Case(given, 4.0, 1.0, "gain:participation_jurisdiction")


def jurisdiction_floor() -> Case:
    # half of a half of what is gained: nothing is less than 1 of 4 in W; with a ferry that costs 1, 2 is more than 1.5
    works = {"dock": {"rent": 3.0, "aid": 4.0}, "ferry": {"pay": 1.0, "aid": 2.0}}
    equity = {**NAMED["equity"], "jurisdiction_floor": 0.5}
    given = shared(works, {"equity": equity}, {"dock": "E", "ferry": "W"})
    return Case(given, 3.0, 2.0, "gain:jurisdiction_floor")


def floor_share() -> Case:
    # a half of all gains: 1 of 2 (the stand), not 2 of 6 (the dock) nor 3 of 8
    works = {"dock": {"rent": 2.0, "aid": 4.0}, "stand": {"rent": 1.0, "aid": 1.0}}
    actors: Rows = [{"actor": "local", "public": 1, "floor_share": 0.5}, {"actor": "farmers"}, {"actor": "pot"}]
    return Case(shared(works, {}, actors=actors), 3.0, 1.0, "gain:floor_share")


CASES: dict[str, list[Callable[[], Case]]] = {
    "cash": [cash],
    "reserve": [reserve],
    "draw_cap": [draw_cap],
    "fund_project": [fund_project],
    "instrument_total": [instrument_total],
    "instrument_period": [instrument_period],
    "debt_ratio_cap": [debt_ratio_cap],
    "interest_share_general": [interest_share_general],
    "interest_share_fund": [interest_share_fund],
    "dscr_min": [dscr_min],
    "golden_rule": [golden_rule],
    "refinance_share": [refinance_share],
    "cover_min": [cover_min],
    "lean": [lean],
    "operating_balance": [operating_balance],
    "land_sale_share_cap": [land_sale_share_cap],
    "green_share_min": [green_share_min],
    "real_estate_share_max": [real_estate_share_max],
    "reinvestment_min": [reinvestment_min],
    "fund": [fund],
    "participation": [participation],
    "participation_jurisdiction": [participation_jurisdiction],
    "jurisdiction_floor": [jurisdiction_floor],
    "floor_share": [floor_share],
    "positive": [floor_share],
}
"""`positive` has no bound of its own: without it the sum of gains that `floor_share` looks at were nothing."""
