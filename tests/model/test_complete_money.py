"""Money: towns whose budget can be told by hand, bonds that projects serve, and land that is sold."""

from __future__ import annotations

from typing import Any

import numpy_financial as npf
import pyomo.environ as pyo
import pytest

from tests.model.complete_shore import shore
from tests.model.complete_town import (
    BLANK,
    LOAN,
    ROAD,
    account,
    captured,
    flow,
    parcel,
    solved,
    tool,
    town,
    value,
    weights,
)
from tests.model.complete_valley import coefficients, row
from zonevest.instances.study import StudyError
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

# The budget of a town


def test_a_budget_of_three_periods() -> None:
    # The road must be built in 2026, before it earns 4 - 1 a year. Of own revenue 100 grow by 2 %; 90 of cost and 3 of
    # transfers do not; 6 are owed, 3 of which fall due in 2026 and 2027, at 5 %.
    #   N: 2026 100 + 3 - 90 = 13;  2027 102 + 3 - 90 + 3 = 18;  2028/29 (104.04 + 106.1208) / 2 + 3 - 90 + 3 = 21.0804
    # A loan of b brings 0.96 b in its first year, since its interest is paid at once:
    #   C1 = 5 + 13 - 30 - 3 - 0.30 + 0.96 b = 0, no more than needed: b = 15.3 / 0.96 = 15.9375, interest 0.6375
    #   C2 = 18 - 3 - 0.15 - 0.6375 = 14.2125
    #   C3 = 14.2125 + 2 x 21.0804 - 0.6375 - 15.9375 = 39.7983 (the loan's third year is 2028)
    model = solved(
        town(
            finance={
                "own_revenue": 100.0,
                "fixed_cost": 90.0,
                "transfers": 3.0,
                "growth": {"own_revenue": 0.02},
                "opening_cash": 5.0,
            },
            projects=[{**ROAD, "mandatory": 1}],
            instruments=[
                {**LOAN},
                {
                    **LOAN,
                    "instrument": "old",
                    "rate": 0.05,
                    "outstanding": 6.0,
                    "outstanding_years": 2,
                    "limit_total": 0.0,
                },
            ],
        )
    )
    assert sum(value(draw) for draw in (*model.draw.values(), *model.raised.values())) == pytest.approx(15.9375)
    assert [value(model.cash_end[t]) for t in ("p1", "p2", "p3")] == pytest.approx([0, 14.2125, 39.7983])


def test_cash_that_is_short_keeps_a_project_away() -> None:
    # 5 + 10 of cash and nobody to lend: the road, worth 3 a year for 1.5 (30 for good at 5 %), is not built.
    finance = {"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 5.0}
    assert value(solved(town(finance=finance, projects=[ROAD])).U["road", "p3"]) == 0
    assert value(solved(town(finance=finance, projects=[ROAD], instruments=[LOAN])).U["road", "p3"]) == 1
    # With 35 more in the till and six months of the cost of 90 to be kept there, a loan must fill it up, and does.
    held = {**finance, "opening_cash": 40.0, "reserve_months": 6.0}
    model = solved(town(finance=held, projects=[ROAD], instruments=[LOAN]))
    # 40 + 10 - 30 + 0.96 b >= 45
    assert value(model.cash_end["p1"]) == pytest.approx(45)
    assert value(model.draw["loan", "road", "p1", "p1"] + model.raised["loan", "p1"]) == pytest.approx(25 / 0.96)


def test_refinancing_in_the_period_of_its_draw() -> None:
    # 10 fall due at the end of 2026, with 0.5 of interest; N is 4. The swap brings 6.5 at the end of the year, without
    # interest in it, 65 % of what falls due. It pays 0.26 in 2027 and 2028, and 6.5 at the end of 2028.
    finance = {"own_revenue": 4.0, "refinance_share": 0.85}
    old = {**LOAN, "instrument": "old", "rate": 0.05, "outstanding": 10.0, "outstanding_years": 1, "limit_total": 0.0}
    swap = {**LOAN, "instrument": "swap", "kind": "bond", "refinances": 1, "tenor_years": 2}
    model = solved(town(finance=finance, instruments=[old, swap]))
    assert value(model.raised["swap", "p1"]) == pytest.approx(6.5)
    assert [value(model.cash_end[t]) for t in ("p1", "p2", "p3")] == pytest.approx([0, 3.74, 3.74 + 8 - 6.76])
    assert value(model.raised["swap", "p3"]) == pytest.approx(0, abs=1e-9)
    # of a share of 60 % only 6 could be raised: no plan
    tight = pyomo_model(town(finance={**finance, "refinance_share": 0.6}, instruments=[old, swap]))
    result = pyo.SolverFactory("appsi_highs").solve(tight, load_solutions=False)
    assert result.solver.termination_condition == pyo.TerminationCondition.infeasible


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_idle_borrowing_never_pays(rate: float) -> None:
    finance = {"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 500.0}
    study = town(finance=finance, projects=[ROAD], instruments=[{**LOAN, "rate": rate}])
    model = solved(study)
    assert value(model.U["road", "p1"]) == 1
    assert all(value(v) == pytest.approx(0, abs=1e-9) for v in (*model.draw.values(), *model.raised.values()))
    # a unit for three years from 2026 costs max(rate - r, 0) and a thousandth of its interest, as the annuity has it
    price = (max(rate - 0.05, 0) + 0.001 * rate) * -npf.pv(0.05, 3, 1)
    assert coefficients(model.gain["cash"])[0]["raised[loan,p1]"] == pytest.approx(-price)


def test_a_grant_of_all_the_cost_makes_a_project_free() -> None:
    # The grant comes in the year in which capital is paid.
    finance = {"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 500.0}
    road = {**ROAD, "life_years": 10, "mandatory": 1}
    rates = {"tail_years": 3}
    granted = solved(
        town(finance=finance, rates=rates, projects=[road], instruments=[{"instrument": "gift", "kind": "grant"}])
    )
    paid, free = (town(finance=finance, rates=rates, projects=[{**road, "capex": capex}]) for capex in (30.0, 0.0))
    assert value(granted.draw["gift", "road", "p1", "p1"]) == pytest.approx(30)
    assert value(granted.objective) == pytest.approx(value(solved(free).objective))
    # It is worth its annual equivalent over ten years, of which 2027 to the end of the tail in 2032 are there.
    difference = value(granted.objective) - value(solved(paid).objective)
    assert difference == pytest.approx(30 * -npf.pmt(0.05, 10, 1) * weights(2027, 2032))


def test_residuals_below_nothing_are_faults() -> None:
    # 10 ha bring 20 of rent and cost 10, more than the totals of the town.
    tables: dict[str, Any] = {
        "parcels": [parcel()],
        "accounts": [account("rent"), account("care", "cost")],
        "class_flows": [
            {"land_class": "field", "account": name, "basis": "per_ha_year", "value": each}
            for name, each in (("rent", 2.0), ("care", 1.0))
        ],
    }
    with pytest.raises(StudyError) as found:
        pyomo_model(town(finance={"own_revenue": 19.0, "fixed_cost": 9.0}, **tables))
    assert list(found.value.faults["where"]) == ["study.toml, finance.own_revenue", "study.toml, finance.fixed_cost"]
    # what is just enough, and what is not stated, leaves nothing beside the ledger: N = 20 - 10
    for finance in ({"own_revenue": 20.0, "fixed_cost": 10.0}, {}):
        model = solved(town(finance=finance, **tables))
        assert [value(model.cash_end[t]) for t in ("p1", "p2", "p3")] == pytest.approx([10, 20, 40])


# Self-supporting bonds


@pytest.mark.parametrize("life", [BLANK, 5])
@pytest.mark.parametrize("basis", ["undiscounted", "discounted"])
def test_cover_over_the_tenor(life: float, basis: str) -> None:
    # 3 a year from 2027 over a tenor of ten years from 2026, which goes on when the plan is over: nine years, or five
    # where the road lives no longer. A unit at 4 % comes to 1.4, to be covered 1.5 times.
    bond = {"instrument": "b", "kind": "bond", "rate": 0.04, "tenor_years": 10, "self_supporting": 1, "cover_min": 1.5}
    road = {**ROAD, "life_years": life}
    model = pyomo_model(town(finance={}, projects=[road], instruments=[{**bond, "cover_basis": basis}]))
    found, low, high = row(model.cover_min["road", "p1"])
    years = 9 if life != life else 5
    earned, paid = 3.0 * years, 1.4
    if basis == "discounted":
        earned = 3 * -npf.pv(0.05, years, 1) / 1.05
        paid = npf.npv(0.05, [0, *[0.04] * 9, 1.04])
    assert found == pytest.approx({"U[road,p1]": earned, "draw[b,road,p1,p1]": -1.5 * paid})
    assert (low, high) == (0, None)


def covered(*tenors: int, **tables: Any) -> dict[str, float]:
    """The row of a road that is built in 2026, and earns 3 and raises the value of land by 1 a hectare in 2027.

    Half of the rise is taken at once, and a tenth in every year from then on. A unit of a bond costs a tenth a year.
    """
    bond = {"kind": "bond", "rate": 0.1, "self_supporting": 1}
    model = pyomo_model(
        town(
            finance={},
            parcels=[parcel(tags="road")],
            accounts=[account("rise", "uplift", "one_off"), *captured()],
            capture=[tool("once", 0.5), tool("yearly", 0.1, annual=1)],
            projects=[{**ROAD, "catchment": "road", "uplift_per_ha": 1.0, "uplift_account": "rise"}],
            instruments=[{**bond, "instrument": f"b{tenor}", "tenor_years": tenor} for tenor in tenors],
            **tables,
        )
    )
    return row(model.cover_min["road", "p1"])[0]


def test_cover_by_the_shortest_tenor_and_by_what_is_captured() -> None:
    # Bonds of 2 and of 4 years: 2026 and 2027 count. What land enjoys from 2028 on is captured too late.
    assert covered(2, 4) == pytest.approx(
        {
            "U[road,p1]": 3,
            "uplifted[road,p1,N/road/,p2]": 0.6,
            "draw[b2,road,p1,p1]": -1.2,
            "draw[b4,road,p1,p1]": -1.4,
        }
    )
    # Of ten years nine have revenue and what is taken yearly, eight where land follows in 2028. The plan ends in 2029.
    found = covered(10)
    assert found["U[road,p1]"] == pytest.approx(27)
    assert found["uplifted[road,p1,N/road/,p2]"] == pytest.approx(0.5 + 0.9)
    assert found["uplifted[road,p1,N/road/,p3]"] == pytest.approx(0.5 + 0.8)


def test_cover_by_what_is_captured_of_a_project_s_own_rows() -> None:
    # The road books a rise of 8 of its own in 2027: 4 and 0.8 more are income of that year.
    own = {"project": "road", "account": "rise", "basis": "once", "value": 8.0, "start_year": 1}
    assert covered(2, project_flows=[own])["U[road,p1]"] == pytest.approx(3 + 4 + 0.8)


# Sale of land


@pytest.mark.parametrize("rate", [0.0, 0.05])
@pytest.mark.parametrize("years", [BLANK, 1.0, 30.0])
@pytest.mark.parametrize("lease", [BLANK, 70.0])
def test_a_sale_at_zero_net_gains_nothing(rate: float, years: float, lease: float) -> None:
    # What is paid for the land (3 a hectare) is what it is sold at: spread over whatever life, nothing is left.
    build = Build(
        town(
            rates={"finance": rate},
            parcels=[parcel()],
            accounts=[
                account("sale", "revenue", "one_off", role="land_sale"),
                account("land", "cost", "one_off", role="land_cost"),
            ],
            practices=[
                {"practice": "shop", "zone": "Z", "mode": "development", "life_years": years, "lease_years": lease}
            ],
            practice_flows=[flow("sale", 3.0), flow("land", 3.0)],
        )
    )
    assert [choice.worth["cash"] for choice in build.choices["P"]] == pytest.approx([0.0] * 4, abs=1e-12)


def test_land_rent_may_be_left_out_of_f1() -> None:
    # The sale of A's 8: without it F1 has the fee of 2.5 and the works of 5, over the life; the cash row has all.
    with_rent, without = pyomo_model(shore()), pyomo_model(shore(finance={"land_rent": False}))
    one, other = (coefficients(model.gain["cash"])[0]["x[A,shop,a]"] for model in (with_rent, without))
    assert one - other == pytest.approx(8 / 1.25)
    assert row(without.cash["a"])[0]["x[A,shop,a]"] == row(with_rent.cash["a"])[0]["x[A,shop,a]"]
    # nor does it touch gains
    assert row(without.positive["local"]) == row(with_rent.positive["local"])
