"""The rows of money, quotas, uplift and gains on the shore (its numbers stand there), written by hand.

A text gives a row as an LP file has it; where numbers are long, the row is worked out: terms, lower and upper bound.
Both builds must write them.
"""

from __future__ import annotations

from typing import TypeAlias

import pytest

from tests.model.complete_valley import lp

Row: TypeAlias = tuple[dict[str, float], float | None, float | None]

ATOMS = {"N/lake/tenure=collective": "eB", "N/lake/": "eA"}
"""B's land and A's, as the texts call them."""
SPREAD = 0.25 / 0.5904
"""The annuity of 4 years."""


def short(found: dict[str, float]) -> dict[str, float]:
    """Atoms by their letters."""
    for name, letters in ATOMS.items():
        found = {key.replace(name, letters): value for key, value in found.items()}
    return found


COSTS = "{A} x[A,hold,] {A} x[A,shop,a] {A} x[A,shop,b] {B} x[B,hold,] {B} x[B,shop,a] {B} x[B,shop,b] {C} x[C,hold,]"
"""What every option of a parcel has alike."""

ROWS = {
    # (4) N gets 10 in b; what it does not use or sell in a is there in b. S gets 3 in a; what the reeds make in a may
    # be used in b. A shop uses its area in the period of its start.
    "quota[new,N,a]": "balance[new,N,a] + 10 x[A,shop,a] + 20 x[B,shop,a] - buy[new,N,a] + sell[new,N,a] = 0",
    "quota[new,N,b]": """balance[new,N,b] - balance[new,N,a] + 10 x[A,shop,b] + 20 x[B,shop,b]
        - buy[new,N,b] + sell[new,N,b] = 10""",
    "quota[new,S,a]": "balance[new,S,a] - buy[new,S,a] + sell[new,S,a] = 3",
    "quota[new,S,b]": """balance[new,S,b] - balance[new,S,a] - 12 U[reeds,a] - buy[new,S,b] + sell[new,S,b] = 0""",
    # 12 ha are made by a start in a or in b: 12 u_a + 12 u_b = 12 U_b; in N nothing is made.
    "quota_sold[new,N]": "sell[new,N,a] + sell[new,N,b] <= 0",
    "quota_sold[new,S]": "sell[new,S,a] + sell[new,S,b] - 12 U[reeds,b] <= 0",
    "quota_buy[new,a]": "buy[new,N,a] + buy[new,S,a] <= 8",
    "quota_buy[new,b]": "buy[new,N,b] + buy[new,S,b] <= 16",
    "quota_sell[new,b]": "sell[new,N,b] + sell[new,S,b] <= 12",
    # (12) the quay opens in b where it starts in a
    "reach[quay,eA,b]": "uplifted[quay,a,eA,b] - 10 x[A,shop,a] - 10 x[A,shop,b] <= 0",
    "open[quay,a,eB]": "uplifted[quay,a,eB,b] - 20 U[quay,a] <= 0",
    # 0.4 a hectare of shop
    "cap[eB,b]": "0.5 uplifted[quay,a,eB,b] - 8 x[B,shop,a] - 8 x[B,shop,b] <= 0",
    # (14) a: opening cash 10; of residuals 2 + 4 - 3.6; legacy 1 + 0.4. A shop on A: 3.1 a year, sale 8, its fee 2.5,
    # works 5; on B: 6.2, fee 5, works 10. A unit that is drawn pays its interest at once.
    "cash[a]": """cash_end[a] - 0.1 x[A,hold,] - 8.6 x[A,shop,a] - 0.1 x[A,shop,b] - 0.2 x[B,hold,] - 1.2 x[B,shop,a]
        - 0.2 x[B,shop,b] - 0.3 x[C,hold,] + 4 U[quay,a] + 2 U[reeds,a] + 0.05 buy[new,N,a] + 0.05 buy[new,S,a]
        - 0.04 sell[new,N,a] - 0.04 sell[new,S,a] - 0.7 draw[bond,quay,a,a] - 0.9 draw[loan,quay,a,a]
        - 0.9 raised[loan,a] - raised[swap,a] - draw[grant,quay,a,a] - draw[grant,reeds,a,a]
        - 0.9 draw[stake,quay,a,a] = 11""",
    # b: two years; of residuals 2.31 + 4 - 3.6 = 2.71 a year; legacy 2 + 0.5. A shop of a on B: 0.2 + 6 + 4 (levy) a
    # year; one of b: 0.2 + 6 + 2 (levy from 2028). The quay of a pays 4 and, open in 2028, brings 2; that of b pays 8.
    # Half of the fee on 0.5 a hectare in 2028: 0.0625; its levy begins after the horizon.
    "cash[b]": """cash_end[b] - cash_end[a] - 0.2 x[A,hold,] - 6.2 x[A,shop,a] - 11.7 x[A,shop,b] - 0.4 x[B,hold,]
        - 20.4 x[B,shop,a] - 11.4 x[B,shop,b] - 0.6 x[C,hold,] - 6 U[quay,a] + 8 U[quay,b] + 2 U[reeds,b] - 2 U[reeds,a]
        - 0.0625 uplifted[quay,a,eA,b] - 0.0625 uplifted[quay,a,eB,b]
        + 0.05 buy[new,N,b] + 0.05 buy[new,S,b] - 0.04 sell[new,N,b] - 0.04 sell[new,S,b]
        + 1.6 draw[bond,quay,a,a] - 0.4 draw[bond,quay,a,b] - 0.4 draw[bond,quay,b,b]
        + 0.8333333333 draw[loan,quay,a,a] + 0.8333333333 raised[loan,a]
        - 0.4666666667 draw[loan,quay,a,b] - 0.4666666667 draw[loan,quay,b,b] - 0.4666666667 raised[loan,b]
        + 1.4 raised[swap,a] - 0.9 raised[swap,b]
        - draw[grant,quay,a,b] - draw[grant,quay,b,b] - draw[grant,reeds,b,b]
        + 0.2 draw[stake,quay,a,a] - 0.8 draw[stake,quay,a,b] - 0.8 draw[stake,quay,b,b] = 2.92""",
    # 3 months of upkeep and of the 3.6 beside it
    "reserve[a]": f"cash_end[a] {COSTS.format(A='- 0.1', B='- 0.2', C='- 0.3')} >= 0.9",
    "reserve[b]": f"cash_end[b] {COSTS.format(A='- 0.1', B='- 0.2', C='- 0.3')} - 0.125 U[quay,a] >= 0.9",
    # (15) 1 - 0.25 of 8 by debt and grants; equity beside them up to 8; the reeds take grants only
    "draw_cap[quay,a]": """draw[bond,quay,a,a] + draw[bond,quay,a,b] + draw[loan,quay,a,a] + draw[loan,quay,a,b]
        + draw[grant,quay,a,a] + draw[grant,quay,a,b] - 6 U[quay,a] <= 0""",
    "draw_cap[reeds,b]": "draw[grant,reeds,b,b] - 2 U[reeds,b] + 2 U[reeds,a] <= 0",
    "fund_project[quay,b]": """draw[bond,quay,b,b] + draw[loan,quay,b,b] + draw[grant,quay,b,b] + draw[stake,quay,b,b]
        - 8 U[quay,b] + 8 U[quay,a] <= 0""",
    "instrument_total[bond]": "draw[bond,quay,a,a] + draw[bond,quay,a,b] + draw[bond,quay,b,b] <= 6",
    "instrument_period[loan,b]": "draw[loan,quay,a,b] + draw[loan,quay,b,b] + raised[loan,b] <= 5",
    # (16) 3 are left at the end of a; 1.5 x (10 + revenue - 3). What the swap replaces is
    # repaid by the end of the period: it counts from its own period on
    "debt_ratio_cap[a]": """draw[bond,quay,a,a] + draw[loan,quay,a,a] + raised[loan,a] + raised[swap,a]
        - give[debt_ratio_cap,a]
        - 0.75 x[A,hold,] - 5.25 x[A,shop,a] - 0.75 x[A,shop,b] - 1.5 x[B,hold,] - 10.5 x[B,shop,a] - 1.5 x[B,shop,b]
        - 2.25 x[C,hold,] <= 7.5""",
    # 1 is left at the end of b; 1.5 x (11.55 + revenue - 3), revenue with 1.5 a year of the quay and the levy on B
    "debt_ratio_cap[b]": """draw[bond,quay,a,a] + draw[bond,quay,a,b] + draw[bond,quay,b,b] + draw[loan,quay,a,a]
        + draw[loan,quay,a,b] + draw[loan,quay,b,b] + raised[loan,a] + raised[loan,b] + raised[swap,a] + raised[swap,b]
        - give[debt_ratio_cap,b] - 0.75 x[A,hold,] - 5.25 x[A,shop,a] - 5.25 x[A,shop,b] - 1.5 x[B,hold,]
        - 16.5 x[B,shop,a] - 13.5 x[B,shop,b] - 2.25 x[C,hold,] - 2.25 U[quay,a] <= 11.825""",
    # interest 0.3 less a tenth of (works + what is raised + that interest)
    "interest_share_fund[a]": "0.17 draw[bond,quay,a,a] - 0.5 x[A,shop,a] - 1 x[B,shop,a] <= 0",
    "interest_share_fund[b]": """0.54 draw[bond,quay,a,a] + 0.44 draw[bond,quay,a,b] + 0.44 draw[bond,quay,b,b]
        - 0.5 x[A,shop,b] - 1 x[B,shop,b] <= 0""",
    # 0.8 of the other interest (legacy 0.4) less a fifth of upkeep, 3.6 and outlay but works and what the bond pays
    "interest_share_general[a]": f"""0.08 draw[loan,quay,a,a] + 0.08 raised[loan,a] + 0.2 draw[bond,quay,a,a]
        {COSTS.format(A="- 0.08", B="- 0.16", C="- 0.24")} - 0.8 U[quay,a] - 0.4 U[reeds,a]
        - 0.01 buy[new,N,a] - 0.01 buy[new,S,a] <= 0.4""",
    # (17) N less 0.6 of what is paid in the two years; 2.71 of it are residuals
    "dscr_min[b]": """0.1 x[A,hold,] + 3.1 x[A,shop,a] + 3.1 x[A,shop,b] + 0.2 x[B,hold,] + 10.2 x[B,shop,a]
        + 8.2 x[B,shop,b] + 0.3 x[C,hold,] + U[quay,a] - 0.96 draw[bond,quay,a,a] - 0.36 draw[bond,quay,a,b]
        - 0.36 draw[bond,quay,b,b] - 0.5 draw[loan,quay,a,a] - 0.5 raised[loan,a] - 0.32 draw[loan,quay,a,b]
        - 0.32 draw[loan,quay,b,b] - 0.32 raised[loan,b] >= -2.71""",
    # (18)
    "golden_rule[a]": """draw[bond,quay,a,a] + draw[loan,quay,a,a] + raised[loan,a] + draw[grant,quay,a,a]
        + draw[grant,reeds,a,a] + draw[stake,quay,a,a] - 5 x[A,shop,a] - 10 x[B,shop,a] - 4 U[quay,a] - 2 U[reeds,a]
        - 0.05 buy[new,N,a] - 0.05 buy[new,S,a] <= 0""",
    "refinance_share[a]": "raised[swap,a] <= 0.85",
    # principal of b: 2 of legacy, the bond of a, thirds of loans, and the swap of a
    "refinance_share[b]": """raised[swap,b] - 0.85 draw[bond,quay,a,a] - 0.5666666667 draw[loan,quay,a,a]
        - 0.5666666667 raised[loan,a] - 0.2833333333 draw[loan,quay,a,b] - 0.2833333333 draw[loan,quay,b,b]
        - 0.2833333333 raised[loan,b] - 0.85 raised[swap,a] <= 1.7""",
    # (19) 1.2 x (1 + 3 x 0.3); the tenor of 3 years from a start in a is over in 2028, the first year of 3 - 1 and of
    # the fee; from a start in b it is over in 2029, when the quay is open in turn
    "cover_min[quay,a]": """2 U[quay,a] + 0.0625 uplifted[quay,a,eA,b] + 0.0625 uplifted[quay,a,eB,b]
        + give[cover_min,quay,a] - 2.28 draw[bond,quay,a,a] - 2.28 draw[bond,quay,a,b] >= 0""",
    "cover_min[quay,b]": "2 U[quay,b] - 2 U[quay,a] + give[cover_min,quay,b] - 2.28 draw[bond,quay,b,b] >= 0",
    # (20) half of the interest of the two years, 0.5 of legacy in it
    "operating_balance[b]": """0.1 x[A,hold,] + 3.1 x[A,shop,a] + 3.1 x[A,shop,b] + 0.2 x[B,hold,] + 10.2 x[B,shop,a]
        + 8.2 x[B,shop,b] + 0.3 x[C,hold,] + U[quay,a] - 0.3 draw[bond,quay,a,a] - 0.3 draw[bond,quay,a,b]
        - 0.3 draw[bond,quay,b,b] - 0.0833333333 draw[loan,quay,a,a] - 0.0833333333 raised[loan,a]
        - 0.1 draw[loan,quay,a,b] - 0.1 draw[loan,quay,b,b] - 0.1 raised[loan,b] - 0.2 raised[swap,a]
        - 0.05 raised[swap,b] - 0.1 draw[stake,quay,a,a] - 0.1 draw[stake,quay,a,b]
        - 0.1 draw[stake,quay,b,b] >= -2.46""",
    # (21) 8 less half of 3.5 + 10.5 on A, half of 7 + 5 on B; half of the 2 + 4 beside them is 3
    "land_sale_share_cap[a]": """x[A,shop,a] - 0.25 x[A,hold,] - 0.25 x[A,shop,b] - 0.5 x[B,hold,] - 6 x[B,shop,a]
        - 0.5 x[B,shop,b] - 0.75 x[C,hold,] - 0.02 sell[new,N,a] - 0.02 sell[new,S,a] <= 3""",
    # (22) green is the quay, real estate are the shops
    "green_share_min[a]": """2.8 U[quay,a] - 1.5 x[A,shop,a] - 3 x[B,shop,a] - 0.6 U[reeds,a] - 0.015 buy[new,N,a]
        - 0.015 buy[new,S,a] >= 0""",
    "real_estate_share_max[a]": """2 x[A,shop,a] + 4 x[B,shop,a] - 2.4 U[quay,a] - 1.2 U[reeds,a] - 0.03 buy[new,N,a]
        - 0.03 buy[new,S,a] <= 0""",
    # (23) tolls to date: 3 and 6 a year, three years of a shop of a and two of one of b
    "reinvestment_min[b]": "2 U[reeds,b] - 0.9 x[A,shop,a] - 0.6 x[A,shop,b] - 1.8 x[B,shop,a] - 1.2 x[B,shop,b] >= 0",
    # (24) half of the fees
    "fund[a]": "transfer[N,a] + transfer[S,a] - 2.5 x[A,shop,a] - 5 x[B,shop,a] <= 0",
    "fund[b]": """transfer[N,a] + transfer[S,a] + transfer[N,b] + transfer[S,b] - 2.5 x[A,shop,a] - 5 x[B,shop,a]
        - 2.5 x[A,shop,b] - 5 x[B,shop,b] - 0.0625 uplifted[quay,a,eA,b] - 0.0625 uplifted[quay,a,eB,b] <= 0""",
    # a transfer is worth 0.8 in a, (0.64 + 0.512) / 2 in b; S has 1.5 of the owners' rent, 3.5424 in all
    "participation_jurisdiction[S]": "3.5424 x[C,hold,] + 0.8 transfer[S,a] + 0.576 transfer[S,b] >= 3.5424",
}

OWNERS = {
    # The owners have half of the rent, from 2026 to 2029; less that of doing nothing, which is the bound.
    "x[A,hold,]": 0.5 * 2.3616,
    # 20 more less the fee of 5, both in the first year of service: C = 15 / 1.25 = 12. Spread over 4 years, all of
    # which are there from 2026 on: 12 x 0.25 / 0.5904 x 2.3616 = 12; from 2027 on three of them.
    "x[A,shop,a]": 0.5 * 2.3616 + 12,
    "x[A,shop,b]": 0.5 * 2.3616 + 12 * SPREAD * 1.5616,
    "x[B,hold,]": 2.3616,
    # twice that, less the levy of 4 a year from the year after
    "x[B,shop,a]": 2.3616 + 24 - 4 * 1.5616,
    "x[B,shop,b]": 2.3616 + 24 * SPREAD * 1.5616 - 4 * 0.9216,
    "x[C,hold,]": 1.5 * 2.3616,
    # 0.5 a hectare in 2028, the year of opening, less the fee: C = 0.375 / 1.25, over the quay's life of 4 years of
    # which 2028 and 2029 are there. On B the levy of 0.05 in 2029.
    "uplifted[quay,a,eA,b]": 0.3 * SPREAD * 0.9216,
    "uplifted[quay,a,eB,b]": 0.3 * SPREAD * 0.9216 - 0.05 * 0.4096,
}

INSIDE = {name: gain for name, gain in OWNERS.items() if name != "x[C,hold,]"}
"""What the owners have in N: all of it but C."""
PASSED_ON = {"a": 0.8, "b": 0.576}
"""What a transfer is worth: 0.8 in a, (0.64 + 0.512) / 2 in b."""


def transfers(*places: str) -> dict[str, float]:
    return {f"transfer[{place},{period}]": worth for place in places for period, worth in PASSED_ON.items()}


def less(gains: dict[str, float], part: float) -> dict[str, float]:
    """Gains of the owners less a part of all of them."""
    return {name: gains.get(name, 0.0) - part * gain for name, gain in OWNERS.items()}


CHEST = {
    # half of the fees, 2.5 / 1.25 a year from 2026 on A
    "x[A,shop,a]": 2.0,
    "x[A,shop,b]": 2 * SPREAD * 1.5616,
    "x[B,shop,a]": 4.0,
    "x[B,shop,b]": 4 * SPREAD * 1.5616,
    "uplifted[quay,a,eA,b]": 0.05 * SPREAD * 0.9216,
    "uplifted[quay,a,eB,b]": 0.05 * SPREAD * 0.9216,
}
GAINS: dict[str, Row] = {
    # (24) above doing nothing: rent of 3 a year, of which C has half
    "participation[owners]": (OWNERS, 3 * 2.3616, None),
    "participation_jurisdiction[N]": (INSIDE | transfers("N"), 1.5 * 2.3616, None),
    # N has two thirds of the people, S one: half a third of all gains, before transfers
    "jurisdiction_floor[N]": (less(INSIDE, 1 / 3) | transfers("N"), (1.5 - 3 / 3) * 2.3616, None),
    "jurisdiction_floor[S]": (
        less({"x[C,hold,]": OWNERS["x[C,hold,]"]}, 1 / 6) | transfers("S"),
        (1.5 - 3 / 6) * 2.3616,
        None,
    ),
    # a tenth of the positive gains; the chest gains its half of the fees less what it hands on
    "floor_share[owners]": (
        OWNERS | {f"positive_gain[{actor}]": -0.1 for actor in ("local", "owners", "chest")},
        3 * 2.3616,
        None,
    ),
    "positive[owners]": ({"positive_gain[owners]": 1.0} | {n: -v for n, v in OWNERS.items()}, -3 * 2.3616, None),
    "positive[chest]": (
        {"positive_gain[chest]": 1.0} | {name: -gain for name, gain in CHEST.items()} | transfers("N", "S"),
        0.0,
        None,
    ),
}

LOSS = {
    # (19) a quay that costs 4 a year and earns 3, from 2028 on: 1 less in the bond's three years from a, and in those
    # from b (it opens in 2029); where it does not lean on the bond, captures need not make up for it
    "lean[quay,a]": "draw[bond,quay,a,a] + draw[bond,quay,a,b] - 8 leans[quay,a] <= 0",
    "lean[quay,b]": "draw[bond,quay,b,b] - 8 leans[quay,b] <= 0",
    "cover_min[quay,a]": """0.0625 uplifted[quay,a,eA,b] + 0.0625 uplifted[quay,a,eB,b] - leans[quay,a]
        + give[cover_min,quay,a] - 2.28 draw[bond,quay,a,a] - 2.28 draw[bond,quay,a,b] >= 0""",
    "cover_min[quay,b]": "give[cover_min,quay,b] - leans[quay,b] - 2.28 draw[bond,quay,b,b] >= 0",
}
"""Rows of the shore whose quay runs at a loss."""

SHARED = {
    # upkeep of 2.4 a year, which no one can change in a; two rows of a read it, so that it is a column
    "ledger[money.cost,total,0]": "ledger[money.cost,total,0] "
    + COSTS.format(A="- 0.4", B="- 0.8", C="- 1.2")
    + " = 0",
}
"""What a row says that stands for an entry of the ledger."""


def expected(row: str | Row) -> tuple[object, object, object]:
    """A row as what it must be equal to: terms, lower and upper bound."""
    if isinstance(row, str):
        found: tuple[object, object, object] = lp(row)
        return found
    terms, low, high = row
    return (
        pytest.approx(terms),
        None if low is None else pytest.approx(low),
        None if high is None else pytest.approx(high),
    )
