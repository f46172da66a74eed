"""Every row of money, quotas, uplift and gains as its LP text by hand, on the shore (its numbers stand there)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest

from tests.model.complete_shore import SETTINGS, TABLES, shore
from tests.model.complete_valley import coefficients, limit, lp, names, row
from zonevest.instances.read import make_study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

ATOMS = {"N/lake/tenure=collective": "eB", "N/lake/": "eA"}
"""B's land and A's, as the texts call them."""
SPREAD = 0.25 / 0.5904
"""The annuity of 4 years."""


def short(found: dict[str, float]) -> dict[str, float]:
    for name, letters in ATOMS.items():
        found = {key.replace(name, letters): value for key, value in found.items()}
    return found


def row_of(constraint: Any) -> tuple[dict[str, float], float | None, float | None]:
    found, low, high = row(constraint)
    return short(found), low, high


@pytest.fixture(scope="module")
def model() -> pyo.ConcreteModel:
    return pyomo_model(shore())


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
    # (16) 3 are left at the end of a; 1.5 x (10 + revenue - 3). The swap counts from b on.
    # what swap replaces is repaid by the end of the period: swap counts from its own period on
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


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str, model: pyo.ConcreteModel) -> None:
    family, _, index = name[:-1].partition("[")
    whole = {letters: atom for atom, letters in ATOMS.items()}
    key = tuple(whole.get(part, part) for part in index.split(","))
    assert row_of(model.component(family)[key if len(key) > 1 else key[0]]) == lp(ROWS[name])


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


def test_participation(model: pyo.ConcreteModel) -> None:
    assert row_of(model.participation["owners"]) == (pytest.approx(OWNERS), pytest.approx(3 * 2.3616), None)
    assert names(model.participation) == {"owners"}
    # N has all of it but C, and what the fund hands on
    found, low, _ = row_of(model.participation_jurisdiction["N"])
    inside = {name: gain for name, gain in OWNERS.items() if name != "x[C,hold,]"}
    assert found == pytest.approx(inside | {"transfer[N,a]": 0.8, "transfer[N,b]": 0.576})
    assert low == pytest.approx(1.5 * 2.3616)


def test_jurisdiction_floor(model: pyo.ConcreteModel) -> None:
    # S has a third of the people: its gain, transfers counted, less half a third of all gain.
    found, low, _ = row_of(model.jurisdiction_floor["S"])
    wanted = {name: -gain / 6 for name, gain in OWNERS.items()}
    wanted["x[C,hold,]"] += OWNERS["x[C,hold,]"]
    assert found == pytest.approx(wanted | {"transfer[S,a]": 0.8, "transfer[S,b]": 0.576})
    assert low == pytest.approx((1.5 - 3 / 6) * 2.3616)


def test_floor_share_counts_positive_gains(model: pyo.ConcreteModel) -> None:
    found, low, _ = row_of(model.floor_share["owners"])
    tenth = {f"positive_gain[{actor}]": -0.1 for actor in ("local", "owners", "chest")}
    assert found == pytest.approx(OWNERS | tenth)
    assert low == pytest.approx(3 * 2.3616)
    assert names(model.floor_share) == {"owners"}
    # The chest gains half of the fees, less what it hands on: 2.5 / 1.25 a year from 2026 on A.
    found, low, _ = row_of(model.positive["chest"])
    assert found == pytest.approx(
        {
            "positive_gain[chest]": 1,
            "x[A,shop,a]": -2,
            "x[A,shop,b]": -2 * SPREAD * 1.5616,
            "x[B,shop,a]": -4,
            "x[B,shop,b]": -4 * SPREAD * 1.5616,
            "uplifted[quay,a,eA,b]": -0.05 * SPREAD * 0.9216,
            "uplifted[quay,a,eB,b]": -0.05 * SPREAD * 0.9216,
            **{f"transfer[{g},{t}]": worth for g in "NS" for t, worth in (("a", 0.8), ("b", 0.576))},
        }
    )
    assert low == 0


def test_cash_of_everything(model: pyo.ConcreteModel) -> None:
    found = short(coefficients(model.gain["cash"])[0])
    assert {name: worth for name, worth in found.items() if name[0] == "x"} == pytest.approx(
        {
            "x[A,hold,]": 0.1 * 2.3616,
            # 3.1 a year; sale 8 and fee 2.5 less works 5, all in the first year of service
            "x[A,shop,a]": 3.1 * 2.3616 + 5.5 / 1.25,
            "x[A,shop,b]": 0.1 * 0.8 + 3.1 * 1.5616 + 5.5 / 1.25 * SPREAD * 1.5616,
            "x[B,hold,]": 0.2 * 2.3616,
            # fee 5 less works 10; the levy of 4 counts year by year
            "x[B,shop,a]": 6.2 * 2.3616 - 4 + 4 * 1.5616,
            "x[B,shop,b]": 0.2 * 0.8 + 6.2 * 1.5616 - 4 * SPREAD * 1.5616 + 4 * 0.9216,
            "x[C,hold,]": 0.3 * 2.3616,
        }
    )
    # Half of the fee on 0.5 a hectare: 0.0625 in the year of opening; the levy is all the purse's.
    once = 0.0625 / 1.25 * SPREAD * 0.9216
    assert found["uplifted[quay,a,eA,b]"] == pytest.approx(once)
    assert found["uplifted[quay,a,eB,b]"] == pytest.approx(once + 0.05 * 0.4096)
    # A trade is for good: r / (1 + r) = 0.2 of the money every year.
    for g in "NS":
        assert found[f"buy[new,{g},a]"] == pytest.approx(-0.05 * 0.2 * 2.3616)
        assert found[f"sell[new,{g},b]"] == pytest.approx(0.04 * 0.2 * 1.5616)
    # Grants: carried to the quay's opening in 2028 (of 2026: a year at 25 %), spread as its own cash; the reeds' for
    # good, 0.25 a year from 2027.
    assert found["draw[grant,quay,a,a]"] == pytest.approx(1.25 * SPREAD * 0.9216)
    assert found["draw[grant,quay,a,b]"] == pytest.approx(SPREAD * 0.9216)
    assert found["draw[grant,quay,b,b]"] == pytest.approx(1.25 * SPREAD * 0.4096)
    assert found["draw[grant,reeds,a,a]"] == pytest.approx(0.25 * 1.5616)
    # The price of debt: 0.05 + 0.0003 on the bond, a thousandth of their interest on the others. The loan's balance
    # is 1, 1, 2/3, 1/3; the swap's is there from the end of the period on, half of it at the end of 2027; equity's is
    # there for good: the sum of all that 2026 and later years count is 0.8 / 0.2 = 4.
    assert found["draw[bond,quay,a,a]"] == pytest.approx(-0.0503 * (0.8 + 0.64 + 0.512))
    assert found["draw[bond,quay,b,b]"] == pytest.approx(-0.0503 * (0.64 + 0.512 + 0.4096))
    # a bond of b matures with the tail, a loan beyond it
    assert found["raised[loan,b]"] == pytest.approx(-0.0001 * (0.64 + 0.512 + 2 / 3 * 0.4096 + 1 / 3 * 0.32768))
    assert found["raised[swap,a]"] == pytest.approx(-0.0002 * (0.64 + 0.512))
    assert found["raised[swap,b]"] == pytest.approx(-0.0002 * (0.5 * 0.512 + 0.4096 + 0.32768))
    assert found["draw[stake,quay,a,a]"] == pytest.approx(-0.0001 * 4)
    # What a soft row gives costs its penalty.
    objective = coefficients(model.objective)[0]
    assert {name: price for name, price in objective.items() if name.startswith("give")} == {
        "give[debt_ratio_cap,a]": -10,
        "give[debt_ratio_cap,b]": -10,
        "give[cover_min,quay,a]": -5,
        "give[cover_min,quay,b]": -5,
    }


def test_what_is_there_and_what_is_not(model: pyo.ConcreteModel) -> None:
    # The bond is for infrastructure, the reeds take grants, the swap refinances: none of it funds the reeds but grants.
    assert {key[:2] for key in model.draw} == {
        *((f, "quay") for f in ("bond", "loan", "grant", "stake")),
        ("grant", "reeds"),
    }
    # from the start to the end of building, 2026 and 2027
    assert {key[2:] for key in model.draw if key[0] == "loan"} == {("a", "a"), ("a", "b"), ("b", "b")}
    assert {key[2:] for key in model.draw if key[1] == "reeds"} == {("a", "a"), ("b", "b")}
    # the bond names categories; grants and equity are for projects
    assert {key[0] for key in model.raised} == {"loan", "swap"}
    # a quay that starts in b opens after the horizon
    assert {key[1] for key in model.uplifted} == {"a"}
    assert names(model.give) == {
        ("debt_ratio_cap", "a"),
        ("debt_ratio_cap", "b"),
        ("cover_min", "quay", "a"),
        ("cover_min", "quay", "b"),
    }
    assert model.cash_end["a"].bounds == (None, None)
    assert all(
        model.component(name)[key].bounds == (0, None) for name in ("transfer", "draw") for key in model.component(name)
    )
    # a number that names periods is off in the others; some rows begin late
    assert names(model.green_share_min) == {"a"}
    assert names(model.dscr_min) == names(model.operating_balance) == names(model.reinvestment_min) == {"b"}


def test_service_of_all_debt() -> None:
    # Scope all: the swap's service less what it raises, and the 2.5 of legacy, 0.6 of each.
    model = pyomo_model(shore(finance={"dscr_scope": "all", "dscr_from": "a"}))
    found, low, _ = row(model.dscr_min["b"])
    assert found["raised[swap,a]"] == pytest.approx(-0.6 * 1.4)
    assert found["raised[swap,b]"] == pytest.approx(-0.6 * (0.1 - 1))
    assert low == pytest.approx(-2.71 + 0.6 * 2.5)
    # a is one year: 1.2 of 1.4 of legacy, of the bond's 0.3 and of what the swap raises
    found, low, _ = row(model.dscr_min["a"])
    assert found["draw[bond,quay,a,a]"] == pytest.approx(-0.36)
    assert found["raised[swap,a]"] == pytest.approx(1.2)
    assert low == pytest.approx(-2.4 + 1.2 * 1.4)


def test_a_fund_that_is_of_the_purse_pays_from_its_cash() -> None:
    model = pyomo_model(shore({"purse": ["local", "chest"]}))
    found, _, _ = row(model.cash["a"])
    assert found["transfer[N,a]"] == found["transfer[S,a]"] == 1
    # and the purse has all of the fee: 0.1 + 3 + 8 + 5 - 5
    assert found["x[A,shop,a]"] == pytest.approx(-11.1)
    # The chest alone: revenue that no shares speak of is the first actor's.
    assert row(model.fund["a"])[0]["x[A,shop,a]"] == pytest.approx(-2.5)


def test_without_finance_there_is_no_money_but_all_the_rest() -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "finance"}
    frames = {name: pd.DataFrame(rows) for name, rows in TABLES.items()}
    model = pyomo_model(make_study(settings, **frames))
    for family in ("cash", "reserve", "draw_cap", "instrument_total", "golden_rule", "draw", "raised", "cash_end"):
        assert not names(model.component(family))
    for family in ("quota", "reach", "open", "cap", "fund", "participation", "floor_share"):
        assert names(model.component(family))


LEDGER = """
money.revenue    N     a: 0.5 x[A,hold,] 3.5 x[A,shop,a] 0.5 x[A,shop,b] 1 x[B,hold,] 7 x[B,shop,a] 1 x[B,shop,b]
money.cost       S     b: 1.2 x[C,hold,]
money.operating  lake  a: 0.1 x[A,hold,] 3.1 x[A,shop,a] 0.1 x[A,shop,b] 0.2 x[B,hold,] 6.2 x[B,shop,a] 0.2 x[B,shop,b]
money.resource   total a: 3 x[A,shop,a] 6 x[B,shop,a]
money.resource   total total: 9 x[A,shop,a] 6 x[A,shop,b] 18 x[B,shop,a] 12 x[B,shop,b]
money.receipts   N     a: 10.5 x[A,shop,a] 5 x[B,shop,a] 0.04 sell[new,N,a]
money.outlay     S     a: 2 U[reeds,a] 0.05 buy[new,S,a]
money.land_sale  total a: 8 x[A,shop,a]
money.outlay.green        total b: 8 U[quay,b] - 4 U[quay,a]
money.outlay.real_estate  total b: 5 x[A,shop,b] 10 x[B,shop,b]
money.outlay.restoration  total a: 2 U[reeds,a]
value            N     a: 20 x[A,shop,a] 40 x[B,shop,a]
value            N     b: 20 x[A,shop,b] 40 x[B,shop,b] 0.5 uplifted[quay,a,eA,b] 0.5 uplifted[quay,a,eB,b]
value            lake  b: 20 x[A,shop,b] 40 x[B,shop,b]
fees             total b: 5 x[A,shop,b] 10 x[B,shop,b] 0.125 uplifted[quay,a,eA,b] 0.125 uplifted[quay,a,eB,b]
levies           total b: 4 x[B,shop,a] 2 x[B,shop,b]
quota.new.bought S     a: 1 buy[new,S,a]
quota.new.sold   total b: 1 sell[new,N,b] 1 sell[new,S,b]
quota.new.purchase total total: 0.05 buy[new,N,a] 0.05 buy[new,N,b] 0.05 buy[new,S,a] 0.05 buy[new,S,b]
quota.new.sale   N     b: 0.04 sell[new,N,b]
finance.raised.loan    total b: 1 draw[loan,quay,a,b] 1 draw[loan,quay,b,b] 1 raised[loan,b]
finance.raised.swap    total total: 1 raised[swap,a] 1 raised[swap,b]
finance.repaid.bond    total b: 1 draw[bond,quay,a,a]
finance.interest.swap  total b: 0.4 raised[swap,a] 0.1 raised[swap,b]
finance.interest.stake total b: 0.2 draw[stake,quay,a,a] 0.2 draw[stake,quay,a,b] 0.2 draw[stake,quay,b,b]
finance.cash           total total: 1 cash_end[b]
"""


@pytest.mark.parametrize("line", LEDGER.strip().splitlines())
def test_ledger(line: str) -> None:
    key, _, terms = line.partition(":")
    account, place, period = key.split()
    # an account is kept where something reads it
    build = Build(shore(limits=[limit(account=account, value=0)]))
    found, constant = coefficients(build.ledger(account, place, period))
    assert (short(found), constant) == (lp(terms)[0], 0)


def test_ledger_of_debt() -> None:
    build = Build(shore())
    # the loan's 3 at the end of a, 1 at the end of b, of which the swap of a is repaid
    found, constant = coefficients(build.ledger("finance.debt", "total", "a"))
    assert constant == pytest.approx(3)
    assert found == lp("draw[bond,quay,a,a] + draw[loan,quay,a,a] + raised[loan,a] + raised[swap,a]")[0]
    found, constant = coefficients(build.ledger("finance.debt", "total", "b"))
    assert constant == pytest.approx(1)
    assert found == pytest.approx(
        {
            "draw[bond,quay,a,b]": 1,
            "draw[bond,quay,b,b]": 1,
            "draw[loan,quay,a,a]": 1 / 3,
            "raised[loan,a]": 1 / 3,
            "draw[loan,quay,a,b]": 2 / 3,
            "draw[loan,quay,b,b]": 2 / 3,
            "raised[loan,b]": 2 / 3,
            "raised[swap,b]": 1,
        }
    )
    repaid, interest = (build.ledger(f"finance.{kind}.loan", "total", "total") for kind in ("repaid", "interest"))
    # legacy: 1 and 2 repaid, 0.4 and 0.5 of interest
    assert coefficients(repaid)[1] == pytest.approx(3)
    assert coefficients(interest)[1] == pytest.approx(0.9)
    assert build.before("finance.debt", "total", "") == 4
    assert build.before("finance.cash", "total", "") == 10


def test_limits_on_money_and_gains() -> None:
    model = pyomo_model(
        shore(
            limits=[
                # revenue of 3 at the start: local has half of the rent; N has 1.5
                limit("kept", "money.revenue", value=0.5, basis="share_of_start", jurisdiction="N", period="a"),
                limit("owed", "finance.debt", "<=", 0.5, basis="share_of_start", period="last"),
                limit("better", "gain.actor.owners", value=0.25),
                limit("everywhere", "gain.jurisdiction", value=-1.0, jurisdiction="each", period="last"),
                limit("sum", "sale", value=0.0),
            ],
            limit_terms=[{"limit": "sum", "account": "gain.actor.local", "coefficient": 2.0}],
        )
    )
    assert row(model.limit["kept", "N", "a"])[1] == pytest.approx(0.5 * 1.5)
    assert row(model.limit["owed", "total", "b"])[2] == pytest.approx(0.5 * 4 - 1)
    # a gain is over everything
    assert names(model.limit) == {
        ("kept", "N", "a"),
        ("owed", "total", "b"),
        ("better", "total", "total"),
        ("everywhere", "N", "total"),
        ("everywhere", "S", "total"),
        ("sum", "total", "total"),
    }
    assert row_of(model.limit["better", "total", "total"]) == (
        pytest.approx(OWNERS),
        pytest.approx(0.25 + 3 * 2.3616),
        None,
    )
    # both sales of A, and twice what the purse gains by A at all
    found = row(model.limit["sum", "total", "total"])[0]
    assert found["x[A,shop,a]"] == pytest.approx(8 + 2 * (3.1 * 2.3616 + 5.5 / 1.25))


def test_weights_on_accounts_of_money() -> None:
    weights = {"finance.debt": -0.5, "gain.actor.owners": 1.0, "money.operating": 0.1, "quota.new.sold": 0.25}
    model = pyomo_model(shore({"objective": {"method": "weighted", "cash": 1.0, "accounts": weights}}))
    without = pyomo_model(shore())
    found, constant = coefficients(model.objective)
    base, base_constant = coefficients(without.objective)
    # debt at the end of b, its legacy of 1 too; 0.6 a year for 3 years by doing nothing; the owners' gain is one
    assert constant - base_constant == pytest.approx(-0.5 - 0.1 * 1.8 - 3 * 2.3616)
    assert found["raised[swap,b]"] - base["raised[swap,b]"] == pytest.approx(-0.5)
    assert found["sell[new,N,a]"] - base["sell[new,N,a]"] == pytest.approx(0.25)
    # 3.1 + 2 x 3.1
    assert found["x[A,shop,a]"] - base["x[A,shop,a]"] == pytest.approx(0.1 * 9.3 + OWNERS["x[A,shop,a]"])
