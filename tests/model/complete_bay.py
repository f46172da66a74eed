"""A study of two parcels and two projects with budgets, steps of prices, synergies and hurdles, and its rows by hand.

The bay. Period a is 2026, b is 2027 and 2028, the tail 2029. The finance rate is 25 %: a payment of 2026 … 2029 counts
0.8, 0.64, 0.512, 0.4096.

P  10 ha in N, by the bay.     Q  20 ha in S.
Today every hectare brings 0.1 of rent a year and costs 0.04 of upkeep: 1 and 0.4 on P, 2 and 0.8 on Q.

shop   on any land: works of 0.5 a hectare (5 and 10), tolls of 0.3 a year (3 and 6). What is built anew in N is sold:
       in a the first 4 ha at 0.8, 8 more at 0.4; in b, at prices that grow by 10 % a year, 5 ha a year at 0.6.
       Clearing costs 0.1 a hectare, from the 21st in a year on 0.2, everywhere.
quay   in N: 4 a year for 2 years, then for 4 years 6.25 of revenue, of which 0.8 will be delivered, and 1 of cost.
       Land by the bay is worth 0.5 a hectare more, 0.4 of which will be, and no more than 0.3 is counted.
reeds  in S: 2 in a year, for good; half delivered, it lifts the value of land by 1.5 once.

Both together bring 0.5 a year of tickets, a prize of 2 (growing by 10 % a year), and birds; 0.8 x 0.5 = 0.4 of it. The
quay opens in 2028 (from a) or 2029 (from b), always after the reeds.

Budgets: general, the main one, has rent, upkeep, the residuals, the reeds, clearing, and what is left of tolls and
sale; fund has the works, a tenth of the sale and the bond; enterprise has the quay, a quarter of the tolls, what quay
and reeds bring together, and the loan, of which 4 are there already (1 a year, interest 0.4, 0.3, 0.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tests.model.complete_valley import table
from zonevest.instances.read import make_study
from zonevest.instances.study import Study

SETTINGS: dict[str, Any] = {
    "name": "bay",
    "defaults": "none",
    "periods": [{"name": "a", "start": 2026, "years": 1}, {"name": "b", "start": 2027, "years": 2}],
    "rates": {"finance": 0.25, "social": 0.0, "tail_years": 1},
    "objective": {"method": "weighted", "cash": 1.0},
    "finance": {
        # Of own revenue 3 is rent, of fixed cost 1.2 upkeep: 2 (in b 2 x (1.1 + 1.21) / 2 = 2.31) and 4.8 are left.
        "own_revenue": 5.0,
        "transfers": 4.0,
        "fixed_cost": 6.0,
        "growth": {"own_revenue": 0.1},
        "opening_cash": 10.0,
        "reserve_months": 3.0,
        "interest_share_fund": 0.1,
        "interest_share_general": 0.2,
        "dscr_min": 1.2,
        "dscr_from": "b",
        "hurdle": {"infrastructure": 0.25},
    },
}
TABLES: dict[str, list[dict[str, Any]]] = {
    "parcels": table("""
        parcel_id land_class jurisdiction area_ha tags
        P         field      N            10      bay
        Q         field      S            20      -
    """),
    "zones": [{"zone": "Z"}],
    "land_classes": [{"land_class": "field"}],
    "accounts": table("""
        account  family    recurrence cash role      budget growth
        rent     revenue   annual     1    -         -      -
        upkeep   cost      annual     1    -         -      -
        tolls    revenue   annual     1    -         -      -
        works    cost      one_off    1    -         fund   -
        sale     revenue   one_off    1    land_sale -      0.1
        clearing cost      one_off    1    -         -      -
        value    uplift    one_off    -    -         -      -
        tickets  revenue   annual     1    -         -      -
        prize    revenue   one_off    1    -         -      0.1
        birds    ecosystem annual     -    -         -      -
    """),
    "budgets": table("""
        budget     borrower   opening_cash reserve
        general    -          -            -
        fund       -          1            2
        enterprise enterprise -            -
    """),
    "budget_transfers": table("""
        from    to      cap
        general fund    3
        fund    general -
    """),
    "set_asides": table("""
        account budget     share
        sale    fund       0.1
        tolls   enterprise 0.25
    """),
    "practices": [{"practice": "shop", "zone": "Z", "mode": "service", "life_years": 4, "lease_years": 2}],
    "class_flows": table("""
        land_class account basis       value
        field      rent    per_ha_year 0.1
        field      upkeep  per_ha_year 0.04
    """),
    "practice_flows": table("""
        practice account basis       value
        shop     works   per_ha_once 0.5
        shop     tolls   per_ha_year 0.3
    """),
    "price_steps": table("""
        account  area_account           up_to factor price jurisdiction period
        sale     area.new.practice.shop 12    0.5    0.8   N            -
        sale     area.new.practice.shop 4     1      0.8   N            -
        sale     area.new.practice.shop 5     1      0.6   N            b
        clearing area.new.practice.shop 20    1      0.1   -            -
        clearing area.new.practice.shop 40    2      0.1   -            -
    """),
    "projects": [
        {
            "project": "quay",
            "category": "infrastructure",
            "jurisdiction": "N",
            "capex": 8.0,
            "build_years": 2,
            "life_years": 4,
            "annual_revenue": 6.25,
            "annual_cost": 1.0,
            "deliverability": 0.8,
            "budget": "enterprise",
            "catchment": "bay",
            "uplift_per_ha": 0.5,
            "uplift_account": "value",
            "uplift_cap": 0.3,
            "instruments": "bond; loan",
        },
        {
            "project": "reeds",
            "category": "ecological_restoration",
            "jurisdiction": "S",
            "capex": 2.0,
            "deliverability": 0.5,
            "hurdle": 0.0,
        },
    ],
    "project_flows": [{"project": "reeds", "account": "value", "basis": "once", "value": 1.5}],
    "synergies": table("""
        project with  account value
        quay    reeds tickets 0.5
        quay    reeds prize   2
        quay    reeds birds   5
    """),
    # What a unit pays when it is drawn in a / in b, interest + principal:
    #   bond  2026 .3, 2027 .3, 2028 .3 + 1 / 2027 .3, 2028 .3
    #   loan  .1 a year
    #   note  2026 .2, 2027 .2 + 1          / 2027 .2, 2028 .2 + 1
    "instruments": table("""
        instrument kind budget     rate tenor_years categories     outstanding outstanding_years
        bond       bond fund       0.3  3           infrastructure -           -
        loan       loan enterprise 0.1  4           infrastructure 4           4
        note       bond -          0.2  2           -              -           -
    """),
}


def bay(
    settings: Mapping[str, Any] | None = None, finance: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]
) -> Study:
    """The bay with some settings, keys of [finance] or tables in place of its own; an empty list takes one out."""
    frames = {name: pd.DataFrame(rows) for name, rows in {**TABLES, **tables}.items() if rows}
    keys = {**SETTINGS, **(settings or {})}
    if finance is not None:
        keys["finance"] = {**SETTINGS["finance"], **finance}
    return make_study(keys, **frames)


LONG = {"@": "area.new.practice.shop", "eP": "N/bay/"}
"""What the texts write for the area account and for P's land by the bay."""


def full(text: str) -> str:
    """A text with its long names."""
    for short, long in LONG.items():
        text = text.replace(short, long)
    return text


LAND = "{P} x[P,hold,] {P} x[P,shop,a] {P} x[P,shop,b] {Q} x[Q,hold,] {Q} x[Q,shop,a] {Q} x[Q,shop,b]"
"""What every option of a parcel has alike."""

ROWS = {
    # What is sold is what is new in the period. In b there is one step, 5 ha in each of two years.
    "step_area[sale,@,N,a]": "sold[sale,@,N,1,a] + sold[sale,@,N,2,a] - 10 x[P,shop,a] = 0",
    "step_area[sale,@,N,b]": "sold[sale,@,N,1,b] - 10 x[P,shop,b] = 0",
    "step_area[clearing,@,total,b]": """sold[clearing,@,total,1,b] + sold[clearing,@,total,2,b] - 10 x[P,shop,b]
        - 20 x[Q,shop,b] = 0""",
    "step_full[sale,@,N,1,a]": "sold[sale,@,N,1,a] - 4 filled[sale,@,N,1,a] >= 0",
    "step_open[sale,@,N,1,a]": "sold[sale,@,N,2,a] - 8 filled[sale,@,N,1,a] <= 0",
    "step_full[clearing,@,total,1,b]": "sold[clearing,@,total,1,b] - 40 filled[clearing,@,total,1,b] >= 0",
    "step_open[clearing,@,total,1,b]": "sold[clearing,@,total,2,b] - 40 filled[clearing,@,total,1,b] <= 0",
    # together is the product of the two starts
    "synergy_first[quay,reeds,a]": "together[quay,reeds,a,a] + together[quay,reeds,a,b] - U[quay,a] <= 0",
    "synergy_first[quay,reeds,b]": """together[quay,reeds,b,a] + together[quay,reeds,b,b] - U[quay,b] + U[quay,a]
        <= 0""",
    "synergy_second[quay,reeds,b]": """together[quay,reeds,a,b] + together[quay,reeds,b,b] - U[reeds,b] + U[reeds,a]
        <= 0""",
    "synergy_both[quay,reeds]": """together[quay,reeds,a,a] + together[quay,reeds,a,b] + together[quay,reeds,b,a]
        + together[quay,reeds,b,b] - U[quay,b] - U[reeds,b] >= -1""",
    # (12) 0.8 of 0.5 a hectare, 0.3 of which count on 10 ha
    "cap[eP,b]": "0.4 uplifted[quay,a,eP,b] <= 3",
    # (13) The quay at 25 %: from a 4 x (0.8 + 0.64) = 5.76 for 5 - 1 in 2028 … 2031, 4 x 1.511424 = 6.045696; from b
    # 4 x (0.64 + 0.512) = 4.608 for 4 x 0.8 x 1.511424 = 4.8365568. The rise of 0.4 in 2028. The reeds at 0 %: 0.5 x
    # 1.5 less 2.
    "portfolio": """0.0571392 U[quay,a] + 0.2285568 U[quay,b] + 0.2048 uplifted[quay,a,eP,b] - 1.25 U[reeds,b]
        >= 0""",
    # (14) general in a: opening cash 10; of residuals 2 + 4 - 4.8; three quarters of the tolls, 0.9 of the sale.
    "cash[general,a]": """cash_end[general,a] - 0.6 x[P,hold,] - 2.85 x[P,shop,a] - 0.6 x[P,shop,b] - 1.2 x[Q,hold,]
        - 5.7 x[Q,shop,a] - 1.2 x[Q,shop,b] - 0.72 sold[sale,@,N,1,a] - 0.36 sold[sale,@,N,2,a]
        + 0.1 sold[clearing,@,total,1,a] + 0.2 sold[clearing,@,total,2,a] + 2 U[reeds,a] - 0.8 raised[note,a]
        - 0.8 draw[note,reeds,a,a]         + passed[general,fund,a] - passed[fund,general,a] = 11.2""",
    # its own 1; a unit of the bond pays its interest at once
    "cash[fund,a]": """cash_end[fund,a] + 5 x[P,shop,a] + 10 x[Q,shop,a] - 0.08 sold[sale,@,N,1,a]
        - 0.04 sold[sale,@,N,2,a] - 0.7 draw[bond,quay,a,a] - passed[general,fund,a] + passed[fund,general,a] = 1""",
    # a tenth of 0.6 x 1.1
    "cash[fund,b]": """cash_end[fund,b] - cash_end[fund,a] + 5 x[P,shop,b] + 10 x[Q,shop,b] - 0.066 sold[sale,@,N,1,b]
        + 1.6 draw[bond,quay,a,a] - 0.4 draw[bond,quay,a,b] - 0.4 draw[bond,quay,b,b]
        - passed[general,fund,b] + passed[fund,general,b] = 0""",
    # a quarter of the tolls; legacy 1 + 0.4
    "cash[enterprise,a]": """cash_end[enterprise,a] - 0.75 x[P,shop,a] - 1.5 x[Q,shop,a] + 4 U[quay,a]
        - 0.9 draw[loan,quay,a,a] = -1.4""",
    # two years of the tolls; the quay of a pays 4 and, open in 2028, has 5 - 1; that of b pays 8. In 2028 both bring
    # tickets of 0.2 and a prize of 0.8 x 1.21, where the quay is of a. Legacy 2 + 0.5.
    "cash[enterprise,b]": """cash_end[enterprise,b] - cash_end[enterprise,a] - 1.5 x[P,shop,a] - 1.5 x[P,shop,b]
        - 3 x[Q,shop,a] - 3 x[Q,shop,b] - 8 U[quay,a] + 8 U[quay,b]
        - 1.168 together[quay,reeds,a,a] - 1.168 together[quay,reeds,a,b]
        + 0.2 draw[loan,quay,a,a] - 0.8 draw[loan,quay,a,b] - 0.8 draw[loan,quay,b,b] = -2.5""",
    # 3 months of upkeep and of the 4.8 beside it; the fund's own; 3 months of the quay's running cost, 1 in 2028
    "reserve[general,a]": f"cash_end[general,a] {LAND.format(P='- 0.1', Q='- 0.2')} >= 1.2",
    "reserve[fund,b]": "cash_end[fund,b] >= 2",
    "reserve[enterprise,b]": "cash_end[enterprise,b] - 0.125 U[quay,a] >= 0",
    "budget_transfer[general,fund,a]": "passed[general,fund,a] <= 3",
    "budget_transfer[general,fund,b]": "passed[general,fund,b] <= 6",
    # (16) interest 0.6 less a tenth of (works + what is raised + that interest)
    "interest_share_fund[b]": """0.54 draw[bond,quay,a,a] + 0.44 draw[bond,quay,a,b] + 0.44 draw[bond,quay,b,b]
        - 0.5 x[P,shop,b] - x[Q,shop,b] <= 0""",
    # 0.8 of the note's interest, less a fifth of upkeep, 2 x 4.8, reeds and clearing, less what the bond pays; the
    # loan and the quay are the enterprise's
    "interest_share_general[b]": f"""0.16 raised[note,a] + 0.32 raised[note,b]
        + 0.16 draw[note,reeds,a,a] + 0.32 draw[note,reeds,b,b] {LAND.format(P="- 0.16", Q="- 0.32")}
        - 0.4 U[reeds,b] + 0.4 U[reeds,a] - 0.02 sold[clearing,@,total,1,b] - 0.04 sold[clearing,@,total,2,b]
        + 0.2 draw[bond,quay,a,b] + 0.2 draw[bond,quay,b,b] <= 1.92""",
    # (17) 0.6 of what is paid in the two years; 2.31 + 4 - 4.8 of residuals
    "dscr_min[general,b]": """0.6 x[P,hold,] + 2.85 x[P,shop,a] + 2.85 x[P,shop,b] + 1.2 x[Q,hold,] + 5.7 x[Q,shop,a]
        + 5.7 x[Q,shop,b] - 0.72 raised[note,a] - 0.84 raised[note,b] - 0.72 draw[note,reeds,a,a]
        - 0.84 draw[note,reeds,b,b] >= -1.51""",
    "dscr_min[fund,b]": """- 0.96 draw[bond,quay,a,a] - 0.36 draw[bond,quay,a,b] - 0.36 draw[bond,quay,b,b] >= 0""",
    "dscr_min[enterprise,b]": """0.75 x[P,shop,a] + 0.75 x[P,shop,b] + 1.5 x[Q,shop,a] + 1.5 x[Q,shop,b] + 2 U[quay,a]
        + 0.1 together[quay,reeds,a,a] + 0.1 together[quay,reeds,a,b] - 0.12 draw[loan,quay,a,a]
        - 0.12 draw[loan,quay,a,b] - 0.12 draw[loan,quay,b,b] >= 0""",
}
"""Rows of the bay; `@` and `eP` stand for long names."""
