"""The rows of budgets, price steps and synergies, written by hand on the shore (its numbers stand there).

With budgets, the works are paid from `fund`, which is set aside a quarter of the tolls; the quay, and the stake in it,
are of `enterprise`; all else is of the first, `general`. A shop brings tolls of 3 a year on A, 6 on B:

                          A           B
    fund, of the tolls    0.75        1.5     works    5   10
    general, the rest     2.25        4.5     sale     8    -    fee (the purse's half)   2.5   5    levy   -   4
"""

from __future__ import annotations

from typing import Any

from tests.model.complete_shore import TABLES, shore
from tests.model.complete_valley import table
from tests.model.shore_rows import COSTS, OWNERS, ROWS, Row
from zonevest.instances.study import Study

BUDGETS: dict[str, list[dict[str, Any]]] = {
    "budgets": table("""
        budget     borrower   opening_cash reserve
        general    government -            -
        fund       government 3            1
        enterprise enterprise -            -
    """),
    "budget_transfers": table("""
        from    to         cap
        general fund       2
        fund    enterprise -
    """),
    "set_asides": [{"account": "tolls", "budget": "fund", "share": 0.25}],
    **{
        name: [{**row, **({"budget": "enterprise"} if row[key] in ("quay", "stake") else {})} for row in TABLES[name]]
        for name, key in (("projects", "project"), ("instruments", "instrument"))
    },
}  # fmt: skip


def of_budgets() -> Study:
    """The shore with three budgets."""
    return shore(**BUDGETS)


LOANS = """- 0.5 draw[loan,quay,a,a] - 0.5 raised[loan,a] - 0.32 draw[loan,quay,a,b] - 0.32 draw[loan,quay,b,b]
    - 0.32 raised[loan,b]"""
"""What the loan pays in b, times 1.2 / 2, as in the row of the shore as a whole."""

APART = {
    # 10 and 2.4 of residuals, less 1.4 for the loan that is there. Of a shop on A rent less upkeep 0.1, tolls 2.25,
    # sale 8, fee 2.5; on B 0.2, 4.5, 5. The quay is not of this budget, what loan and grant give for it is.
    "cash[general,a]": """cash_end[general,a] - 0.1 x[A,hold,] - 12.85 x[A,shop,a] - 0.1 x[A,shop,b] - 0.2 x[B,hold,]
        - 9.7 x[B,shop,a] - 0.2 x[B,shop,b] - 0.3 x[C,hold,] + 2 U[reeds,a] + 0.05 buy[new,N,a] + 0.05 buy[new,S,a]
        - 0.04 sell[new,N,a] - 0.04 sell[new,S,a] - 0.9 draw[loan,quay,a,a] - 0.9 raised[loan,a] - raised[swap,a]
        - draw[grant,quay,a,a] - draw[grant,reeds,a,a] + passed[general,fund,a] = 11""",
    # works less 0.75 and 1.5 of tolls; the bond pays its interest of 0.3 at once
    "cash[fund,a]": """cash_end[fund,a] + 4.25 x[A,shop,a] + 8.5 x[B,shop,a] - 0.7 draw[bond,quay,a,a]
        - passed[general,fund,a] + passed[fund,enterprise,a] = 3""",
    # tolls of two years
    "cash[fund,b]": """cash_end[fund,b] - cash_end[fund,a] - 1.5 x[A,shop,a] + 3.5 x[A,shop,b] - 3 x[B,shop,a]
        + 7 x[B,shop,b] + 1.6 draw[bond,quay,a,a] - 0.4 draw[bond,quay,a,b] - 0.4 draw[bond,quay,b,b]
        - passed[general,fund,b] + passed[fund,enterprise,b] = 0""",
    "cash[enterprise,a]": """cash_end[enterprise,a] + 4 U[quay,a] - 0.9 draw[stake,quay,a,a]
        - passed[fund,enterprise,a] = 0""",
    # the quay of a pays 4 and brings 2, and half of the fee on its uplift; that of b pays 8
    "cash[enterprise,b]": """cash_end[enterprise,b] - cash_end[enterprise,a] - 6 U[quay,a] + 8 U[quay,b]
        - 0.0625 uplifted[quay,a,eA,b] - 0.0625 uplifted[quay,a,eB,b] + 0.2 draw[stake,quay,a,a]
        - 0.8 draw[stake,quay,a,b] - 0.8 draw[stake,quay,b,b] - passed[fund,enterprise,b] = 0""",
    # 3 months of upkeep and of the 3.6 beside it; what is stated; 3 months of 0.5 a year (1 in 2028)
    "reserve[general,a]": f"cash_end[general,a] {COSTS.format(A='- 0.1', B='- 0.2', C='- 0.3')} >= 0.9",
    "reserve[fund,a]": "cash_end[fund,a] >= 1",
    "reserve[enterprise,b]": "cash_end[enterprise,b] - 0.125 U[quay,a] >= 0",
    "budget_transfer[general,fund,a]": "passed[general,fund,a] <= 2",
    "budget_transfer[general,fund,b]": "passed[general,fund,b] <= 4",
    # of general borrow loan and swap, of fund the bond; a stake is no debt
    "dscr_min[general,b]": f"""0.1 x[A,hold,] + 2.35 x[A,shop,a] + 2.35 x[A,shop,b] + 0.2 x[B,hold,] + 8.7 x[B,shop,a]
        + 6.7 x[B,shop,b] + 0.3 x[C,hold,] {LOANS} >= -2.71""",
    "dscr_min[fund,b]": """0.75 x[A,shop,a] + 0.75 x[A,shop,b] + 1.5 x[B,shop,a] + 1.5 x[B,shop,b]
        - 0.96 draw[bond,quay,a,a] - 0.36 draw[bond,quay,a,b] - 0.36 draw[bond,quay,b,b] >= 0""",
    # as on the shore as a whole, but for the quay: what an enterprise spends is not general
    "interest_share_general[a]": f"""0.08 draw[loan,quay,a,a] + 0.08 raised[loan,a] + 0.2 draw[bond,quay,a,a]
        {COSTS.format(A="- 0.08", B="- 0.16", C="- 0.24")} - 0.4 U[reeds,a] - 0.01 buy[new,N,a]
        - 0.01 buy[new,S,a] <= 0.4""",
    # 0.8 of interest (legacy 0.5) less a fifth of two years of upkeep and 3.6, of reeds and of quota
    "interest_share_general[b]": f"""0.1333333333 draw[loan,quay,a,a] + 0.1333333333 raised[loan,a]
        + 0.16 draw[loan,quay,a,b] + 0.16 draw[loan,quay,b,b] + 0.16 raised[loan,b] + 0.32 raised[swap,a]
        + 0.08 raised[swap,b] + 0.2 draw[bond,quay,a,b] + 0.2 draw[bond,quay,b,b]
        {COSTS.format(A="- 0.16", B="- 0.32", C="- 0.48")} - 0.4 U[reeds,b] + 0.4 U[reeds,a] - 0.01 buy[new,N,b]
        - 0.01 buy[new,S,b] <= 1.04""",
}
CHANGED = ("cash", "reserve", "dscr_min", "interest_share_general")
"""Families that speak of budgets; all others are as on the shore as a whole."""

LEFT_OUT = {
    # loan and upkeep are an enterprise's, without a table of budgets: 0.2 x 3.6
    "interest_share_general[a]": """0.2 draw[bond,quay,a,a] - 0.8 U[quay,a] - 0.4 U[reeds,a] - 0.01 buy[new,N,a]
        - 0.01 buy[new,S,a] <= 0.72""",
}


def of_an_enterprise() -> Study:
    """The shore with the loan and the upkeep of the land in an enterprise's books."""
    given = {
        name: [{**row, **({"budget": "enterprise"} if row[key] in ("loan", "upkeep") else {})} for row in TABLES[name]]
        for name, key in (("accounts", "account"), ("instruments", "instrument"))
    }
    return shore(**given)


LOTS, DUES = "lots,'area.new.practice.shop',N", "dues,'area.lost.class.field',total"
STEPS: dict[str, list[dict[str, Any]]] = {
    # Lots are sold in N where shops begin: in a the first 8 ha at 0.3 a hectare, the next 12 at half of it; in b 12 ha
    # (two years) at 0.8 of 0.3, 10 % dearer than in a. Reeds take 12 ha of the fields of S (a shop leaves the field a
    # field): for what is lost dues are paid, twice as much above 10 a year; and the purse's half of 0.1 of rent less
    # 0.04 of upkeep is missed, 0.12 a year.
    "accounts": [
        *TABLES["accounts"],
        *table("""
            account family  recurrence cash growth
            lots    revenue one_off    1    0.1
            dues    cost    one_off    1    -
        """),
    ],
    "price_steps": table("""
        account area_account           jurisdiction period up_to factor price
        lots    area.new.practice.shop N            -      20    0.5    0.3
        lots    area.new.practice.shop N            -      8     1      0.3
        lots    area.new.practice.shop N            b      6     0.8    0.3
        dues    area.lost.class.field  -            -      10    1      0.1
        dues    area.lost.class.field  -            -      20    2      0.1
    """),
    "land_take": [{"project": "reeds", "land_class": "field", "area_ha": 12.0}],
}  # fmt: skip

IN_STEPS = {
    f"step_area[{LOTS},a]": f"sold[{LOTS},1,a] + sold[{LOTS},2,a] - 10 x[A,shop,a] - 20 x[B,shop,a] = 0",
    f"step_area[{LOTS},b]": f"sold[{LOTS},1,b] - 10 x[A,shop,b] - 20 x[B,shop,b] = 0",
    f"step_full[{LOTS},1,a]": f"sold[{LOTS},1,a] - 8 filled[{LOTS},1,a] >= 0",
    f"step_open[{LOTS},1,a]": f"sold[{LOTS},2,a] - 12 filled[{LOTS},1,a] <= 0",
    f"step_area[{DUES},b]": f"sold[{DUES},1,b] + sold[{DUES},2,b] - 12 U[reeds,b] + 12 U[reeds,a] = 0",
    f"step_full[{DUES},1,b]": f"sold[{DUES},1,b] - 20 filled[{DUES},1,b] >= 0",
    f"step_open[{DUES},1,b]": f"sold[{DUES},2,b] - 20 filled[{DUES},1,b] <= 0",
    "cash[a]": f"""- 0.3 sold[{LOTS},1,a] - 0.15 sold[{LOTS},2,a] + 0.1 sold[{DUES},1,a] + 0.2 sold[{DUES},2,a]
        + {ROWS["cash[a]"].replace("2 U[reeds,a]", "2.12 U[reeds,a]")}""",
    "cash[b]": f"""- 0.264 sold[{LOTS},1,b] + 0.1 sold[{DUES},1,b] + 0.2 sold[{DUES},2,b]
        + {ROWS["cash[b]"].replace("2 U[reeds,b]", "2.24 U[reeds,b]")}""",
    # dues are outlay of no undertaking, neither green nor real estate
    "golden_rule[a]": f"- 0.1 sold[{DUES},1,a] - 0.2 sold[{DUES},2,a] + {ROWS['golden_rule[a]']}",
    "green_share_min[a]": f"- 0.03 sold[{DUES},1,a] - 0.06 sold[{DUES},2,a] + {ROWS['green_share_min[a]']}",
    # lots are one-off revenue, though no sale of land
    "land_sale_share_cap[a]": f"""- 0.15 sold[{LOTS},1,a] - 0.075 sold[{LOTS},2,a] + 0.3 U[reeds,a]
        + {ROWS["land_sale_share_cap[a]"]}""",
}

PAIRS: dict[str, list[dict[str, Any]]] = {
    "synergies": table("""
        project with  account value
        quay    reeds tolls   2
        quay    reeds fees    1
    """)
}
"""Quay and reeds together bring tolls of 2 a year and once fees of 1 (half to the purse, half to the chest), from 2028
where the quay starts in a (the reeds open before or then), from 2029 where it starts in b."""
EARLY = ("together[quay,reeds,a,a]", "together[quay,reeds,a,b]")
LATE = ("together[quay,reeds,b,a]", "together[quay,reeds,b,b]")


def all_of(coefficient: str, names: tuple[str, ...] = EARLY) -> str:
    """The same coefficient for several columns."""
    return " ".join(f"{coefficient} {name}" for name in names)


TOGETHER: dict[str, str | Row] = {
    "synergy_first[quay,reeds,a]": f"{all_of('+', EARLY)} - U[quay,a] <= 0",
    "synergy_first[quay,reeds,b]": f"{all_of('+', LATE)} - U[quay,b] + U[quay,a] <= 0",
    "synergy_second[quay,reeds,a]": f"{EARLY[0]} + {LATE[0]} - U[reeds,a] <= 0",
    "synergy_second[quay,reeds,b]": f"{EARLY[1]} + {LATE[1]} - U[reeds,b] + U[reeds,a] <= 0",
    "synergy_both[quay,reeds]": f"{all_of('+', EARLY + LATE)} - U[quay,b] - U[reeds,b] >= -1",
    # 2 and a half in 2028
    "cash[b]": f"{all_of('- 2.5')} + {ROWS['cash[b]']}",
    # 1 a year in b, of recurring revenue alone
    "debt_ratio_cap[b]": f"{all_of('- 1.5')} + {ROWS['debt_ratio_cap[b]']}",
    "dscr_min[b]": f"{all_of('+ 1')} + {ROWS['dscr_min[b]']}",
    "reinvestment_min[b]": f"{all_of('- 0.2')} + {ROWS['reinvestment_min[b]']}",
    "fund[b]": f"{all_of('- 0.5')} + {ROWS['fund[b]']}",
    # the owners pay the fee: 1 for good, 0.25 / 1.25 a year
    "participation[owners]": (
        OWNERS | dict.fromkeys(EARLY, -0.2 * 0.9216) | dict.fromkeys(LATE, -0.2 * 0.4096),
        3 * 2.3616,
        None,
    ),
}  # fmt: skip
