"""A study of three parcels and two projects with money, quotas, uplift and gains, and what it comes to by hand.

The shore. Period a is 2026, b is 2027 and 2028, the tail 2029. The finance rate is 25 %: a payment of 2026 … 2029
counts 0.8, 0.64, 0.512, 0.4096; from a year to the end of the tail these are

    from 2026: 2.3616, from 2027: 1.5616, from 2028: 0.9216, from 2029: 0.4096

A life of 4 years has the annuity 0.25 / (1 − 0.8^4) = 0.25 / 0.5904.

A  10 ha in N, state land, by the lake.       N has 100 people, S has 50.
B  20 ha in N, collective land, by the lake.
C  30 ha in S, held as it is.

Today every hectare brings 0.1 of rent a year, half of it to the purse (local), and costs it 0.04 of upkeep:

            A    B    C   all
    rent    0.5  1    1.5  3     (the purse's half; the owners have the other)
    upkeep  0.4  0.8  1.2  2.4
    net     0.1  0.2  0.3  0.6

shop  on any land, for 4 years: works of 0.5 a hectare, a sale at 0.8 where the land is the state's, tolls of 0.3 a year
      (income of a resource), and the land is worth 2 a hectare more, which is the owners'.
fee   takes once a quarter of a rise in value, half of it goes to the purse, half to the chest; the owners pay it.
levy  takes a tenth of it on collective land, every year from the year after; the owners pay it, to the purse.

                          A    B
    works                 5   10    (budget fund)
    sale                  8    -
    tolls a year          3    6
    rise in value        20   40
    fee                   5   10
    levy a year           -    4

quay  in N: 8 over 2 years, then for 4 years 3 of revenue and 1 of cost a year. Shops by the lake are worth 0.5 a
      hectare more once it is open, in 2028 where it starts in a; where it starts in b, after the horizon.
reeds in S: 2 in a year, for good; it makes 12 ha of quota.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tests.model.complete_valley import table
from zonevest.instances.read import make_study
from zonevest.instances.study import Study

SETTINGS: dict[str, Any] = {
    "name": "shore",
    "defaults": "none",
    "periods": [{"name": "a", "start": 2026, "years": 1}, {"name": "b", "start": 2027, "years": 2}],
    "rates": {"finance": 0.25, "social": 0.0, "tail_years": 1},
    "objective": {"method": "weighted", "cash": 1.0},
    "finance": {
        # Of own revenue 3 is rent, of fixed cost 2.4 upkeep: 2 and 3.6 are left. They grow by 10 % and not at all: in b
        # own revenue is 2 x (1.1 + 1.21) / 2 = 2.31 a year, and fiscal resources 11.55.
        "own_revenue": 5.0,
        "transfers": 4.0,
        "fixed_cost": 6.0,
        "fiscal_resources": 10.0,
        "growth": {"own_revenue": 0.1, "fiscal_resources": 0.1},
        "opening_cash": 10.0,
        "reserve_months": 3.0,
        "debt_ratio_cap": 1.5,
        "interest_share_fund": 0.1,
        "interest_share_general": 0.2,
        "dscr_min": 1.2,
        "dscr_from": "b",
        "refinance_share": 0.85,
        "operating_balance_from": "b",
        "land_sale_share_cap": 0.5,
        "green_share_min": {"a": 0.3},
        "real_estate_share_max": 0.6,
        "reinvestment_min": 0.1,
        "soft": {"debt_ratio_cap": 10.0, "cover_min": 5.0},
    },
    "equity": {"participation": ["owners"], "jurisdiction_floor": 0.5, "fund": "chest"},
}

TABLES: dict[str, list[dict[str, Any]]] = {
    "parcels": table("""
        parcel_id land_class jurisdiction area_ha tenure     tags locked_practice
        A         field      N            10      state      lake -
        B         field      N            20      collective lake -
        C         field      S            30      state      -    hold
    """),
    "jurisdictions": table("""
        jurisdiction population
        N            100
        S            50
    """),
    "zones": [{"zone": "Z"}],
    "land_classes": [{"land_class": "field"}],
    "accounts": table("""
        account family  recurrence cash role            budget capture_tool
        rent    revenue annual     1    -               -      -
        upkeep  cost    annual     1    -               -      -
        tolls   revenue annual     1    resource_income -      -
        works   cost    one_off    1    -               fund   -
        sale    revenue one_off    1    land_sale       -      -
        value   uplift  one_off    -    -               -      -
        fees    revenue one_off    1    -               -      fee
        levies  revenue annual     1    -               -      levy
        spare   quota   one_off    -    -               -      -
    """),
    "actors": table("""
        actor  public floor_share
        local  1      -
        owners -      0.1
        chest  1      -
    """),
    "shares": table("""
        account role     actor  share
        rent    receives local  0.5
        rent    receives owners 0.5
        fees    receives local  0.5
        fees    receives chest  0.5
        value   receives owners 1
    """),
    "practices": [{"practice": "shop", "zone": "Z", "mode": "service", "life_years": 4, "real_estate": 1}],
    "class_flows": table("""
        land_class account basis       value
        field      rent    per_ha_year 0.1
        field      upkeep  per_ha_year 0.04
    """),
    "practice_flows": table("""
        practice account basis       value where
        shop     works   per_ha_once 0.5   -
        shop     sale    per_ha_once 0.8   tenure=state
        shop     tolls   per_ha_year 0.3   -
        shop     value   per_ha_once 2     -
    """),
    "capture": table("""
        capture_tool uplift_account rate annual delay_years payer  where
        fee          value          0.25 -      -           owners -
        levy         value          0.1  1      1           owners tenure=collective
    """),
    "projects": [
        {
            "project": "quay",
            "category": "infrastructure",
            "jurisdiction": "N",
            "capex": 8.0,
            "build_years": 2,
            "life_years": 4,
            "annual_revenue": 3.0,
            "annual_cost": 1.0,
            "catchment": "lake",
            "uplift_per_ha": 0.5,
            "uplift_of": "shop",
            "uplift_account": "value",
            "uplift_cap": 0.4,
            "green": 1,
            "equity_min": 0.25,
        },
        {
            "project": "reeds",
            "category": "ecological_restoration",
            "jurisdiction": "S",
            "capex": 2.0,
            "build_years": 1,
            "restoration": 1,
            "instruments": "grant",
        },
    ],
    "project_flows": [{"project": "reeds", "account": "spare", "basis": "once", "value": 12.0}],
    # What a unit pays when it is drawn in a / in b, interest + principal:
    #   bond   2026 .3, 2027 .3, 2028 .3 + 1            / 2027 .3, 2028 .3, 2029 .3 + 1
    #   loan   .1, .1 + 1/3, .0667 + 1/3 (then 1/3)     / 2027 .1, 2028 .1 + 1/3
    #   swap   2027 .2, 2028 .2 + 1                     / 2028 .1 (on the half that is there), then 2029 and 2030
    #   stake  .1 every year, for good
    # The loan's 4 that are there already: 1 repaid a year, interest .4, .3, .2; 3, 2 and 1 are left.
    "instruments": table("""
        instrument kind   in_debt_ratio rate tenor_years repay           grace_years refinances
        bond       bond   1             0.3  3           bullet          -           -
        loan       loan   1             0.1  4           level_principal 1           -
        swap       bond   1             0.2  2           bullet          -           1
        grant      grant  -             -    -           -               -           -
        stake      equity -             0.1  -           -               -           -
    """),
    "quotas": [
        {
            "quota": "new",
            "account_used": "area.new.practice.shop",
            "account_generated": "spare",
            "buy_price": 0.05,
            "buy_max": 8.0,
            "sell_price": 0.04,
            "sell_max": 6.0,
            "bank": 1,
            "available_after": 1,
            "movable": 0,
        }
    ],
    "quota_grants": table("""
        quota jurisdiction period amount
        new   S            a      3
        new   N            b      10
    """),
}
_MORE: dict[str, dict[str, Any]] = {
    "bond": {
        "budget": "fund",
        "categories": "infrastructure",
        "self_supporting": 1,
        "cover_min": 1.2,
        "limit_total": 6,
    },
    "loan": {"limit_period": 5.0, "outstanding": 4.0, "outstanding_years": 4},
}
TABLES["instruments"] = [{**row, **_MORE.get(row["instrument"], {})} for row in TABLES["instruments"]]


def shore(
    settings: Mapping[str, Any] | None = None, finance: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]
) -> Study:
    """The shore with some settings, keys of [finance] or tables in place of its own; an empty list takes one out."""
    frames = {name: pd.DataFrame(rows) for name, rows in {**TABLES, **tables}.items() if rows}
    keys = {**SETTINGS, **(settings or {})}
    if finance is not None:
        keys["finance"] = {**SETTINGS["finance"], **finance}
    return make_study(keys, **frames)
