"""Brute force with money, uplift, quotas and transfers left to decide: optima worked out by hand."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy_financial as npf
import pytest

from tests import brute, random_studies
from tests.reports import whole
from tests.reports.audit_studies import ACCOUNTS, FARM, Rows, study
from tests.reports.money_studies import CAPTURE, LEVY, RISE, deltas
from zonevest.instances.study import Study, StudyError
from zonevest.reports.audit import Evaluator

ANNUITY = -npf.pmt(0.1, 10, 1.0)
"""Of ten years at 10 %. p1 is 2026-2027, p2 is 2028-2030, the tail ends in 2032."""
MILL: dict[str, Any] = {"project": "mill", "capex": 2.0, "life_years": 10, "annual_revenue": 0.3}
LOAN: dict[str, Any] = {"instrument": "loan", "kind": "loan", "rate": 0.04, "tenor_years": 3}


def mill(finance: dict[str, Any], instruments: Rows, settings: dict[str, Any] | None = None, **row: Any) -> Study:
    """A study of one project."""
    tables: dict[str, Rows] = {"parcels": [], "practices": [], "projects": [{**MILL, **row}]}
    return study({"finance": finance, **(settings or {})}, instruments=instruments, **tables)


def worth(annual: float, capital: float, opening: int = 2027) -> float:
    """F1 of a project that opens in a year, capital as annual equivalents of ten years."""
    return (annual - capital * ANNUITY) * deltas(opening)


def test_a_grant_makes_it_worth_while() -> None:
    # 0.3 a year is less than the 0.3255 of 2 of capital; with a grant of 1 (a half at most of the cost) it is more
    rich: dict[str, Any] = {"opening_cash": 9.0}
    assert brute.best(mill(rich, []), 9) == pytest.approx(0.0)
    grant: Rows = [{"instrument": "aid", "kind": "grant", "limit_total": 1.6}]
    assert brute.best(mill(rich, grant, equity_min=0.5), 9) == pytest.approx(worth(0.3, 1.0))
    assert brute.best(mill(rich, grant, equity_min=0.5, earliest="p2"), 9) == pytest.approx(worth(0.3, 1.0, 2029))


def test_the_least_is_borrowed() -> None:
    # 0.8 a year; cash of p1: 2 x (1 + 0.4) − 3 + b (1 − 2 x 0.04) ≥ 0; then 0.001 x 0.04 of it at three year ends
    finance = {"own_revenue": 1.0}
    given = mill(finance, [LOAN], capex=3.0, annual_revenue=0.8)
    drawn = 0.2 / 0.92
    expected = worth(0.8, 3.0) - 0.00004 * drawn * deltas(2026, 2028)
    assert brute.best(given, 9) == pytest.approx(expected)
    found = brute.decide(Evaluator(given).affine([], {"mill": "p1"}))
    assert found is not None
    assert found[1]["raised[loan,p1]"] == pytest.approx(drawn)
    # without credit it waits until p2: 2 saved
    assert brute.best(mill(finance, [], capex=3.0, annual_revenue=0.8), 9) == pytest.approx(worth(0.8, 3.0, 2029))


def test_a_soft_row_gives() -> None:
    # nothing may be borrowed: at 0.01 a unit in p1 (its highest balance is what is drawn; it falls due with 2028, and
    # counts at the beginning of p2 too) it is still worth it
    finance = {"own_revenue": 1.0, "fiscal_resources": 1.0, "debt_ratio_cap": 0.0, "soft": {"debt_ratio_cap": 0.01}}
    given = mill(finance, [{**LOAN, "in_debt_ratio": 1}], capex=3.0, annual_revenue=0.8)
    drawn = 0.2 / 0.92
    expected = worth(0.8, 3.0) - drawn * (0.00004 * deltas(2026, 2028) + 2 * 0.01)
    assert brute.best(given, 9) == pytest.approx(expected)
    dear = mill(
        {**finance, "soft": {"debt_ratio_cap": 9.0}}, [{**LOAN, "in_debt_ratio": 1}], capex=3.0, annual_revenue=0.8
    )
    assert brute.best(dear, 9) == pytest.approx(worth(0.8, 3.0, 2029))


def test_no_money_no_plan() -> None:
    poor: dict[str, Any] = {"opening_cash": -1.0}
    assert brute.best(mill(poor, []), 9) == brute.NO_PLAN
    # nothing is built, and so nothing may be borrowed: the golden rule
    long: Rows = [{**LOAN, "tenor_years": 9}]
    assert brute.best(mill(poor, long), 9) == brute.NO_PLAN
    # where it may give: 1 / (1 − 0.08) in p1, and in p2 the interest of that over 1 − 0.12
    drawn = 1 / 0.92
    later = drawn * 0.12 / 0.88
    price = 0.00004 * (drawn * deltas(2026, 2034) + later * deltas(2028, 2036)) + 0.001 * (drawn + later)
    assert brute.best(mill({**poor, "soft": {"golden_rule": 0.001}}, long), 9) == pytest.approx(-price)


def test_uplift_goes_where_it_is_worth_most() -> None:
    # 10 ha reached in p1 (the tram opens in 2027) or p2: the levy, 0.3 x 2 x 10 = 6, in 2028 is worth more than in 2029
    levy = 6 * 1.1 ** (2027 - 1 - 2028)
    tram = {**MILL, "catchment": "stop", "uplift_per_ha": 2.0, "uplift_account": "rise", "annual_revenue": 0.0}
    tables: dict[str, Any] = {
        "accounts": [*ACCOUNTS, RISE, LEVY], "capture": CAPTURE[:1], "practices": [],
        "parcels": [{**FARM, "tags": "stop"}],
    }  # fmt: skip
    # no annual flow: the equivalents run to the end
    assert brute.best(study(projects=[tram], **tables), 9) == pytest.approx((levy - 2) * ANNUITY * deltas(2027))
    # a cap of 1.5 a hectare lets in 7.5 of the 10
    capped = {**tram, "uplift_cap": 1.5}
    expected = (0.75 * levy - 2) * ANNUITY * deltas(2027)
    assert brute.best(study(projects=[capped], **tables), 9) == pytest.approx(expected)


def test_quotas_are_bought_where_that_is_cheap() -> None:
    # 10 ha of building bring 1 a year; 5 are granted in p1, so 5 are bought at 0.4 or, waiting for p2, 4 (3 x 2 = 6)
    quota = {"quota": "land", "account_used": "area.new_construction", "granted": 2.0, "opening": 1.0}
    flows = [{"practice": "build", "account": "rent", "basis": "per_year", "value": 1.0}]

    def given(price: float) -> Study:
        return study(practice_flows=flows, quotas=[{**quota, "buy_price": price, "buy_max": 9.0}])

    def value(year: int, bought: float, price: float) -> float:
        return deltas(year) - bought * price * 0.1 / 1.1 * deltas(year)

    assert brute.best(given(0.4), 9) == pytest.approx(value(2026, 5, 0.4))
    # at 2.6: −0.18 a year in p1, 0.055 a year in p2; at 3 not at all
    assert brute.best(given(2.6), 9) == pytest.approx(value(2028, 4, 2.6))
    assert brute.best(given(3.0), 9) == pytest.approx(0.0)


def test_a_floor_that_a_transfer_meets() -> None:
    # building in the east: 2 a year for its farmers; the west (a half of the people) must have a quarter of it
    parcels = [
        {**FARM, "jurisdiction": "east", "population": 5},
        {**FARM, "parcel_id": "b", "jurisdiction": "west", "population": 5, "locked_practice": "hold"},
    ]
    flows = [
        {"practice": "build", "account": "rent", "basis": "per_year", "value": 2.0},
        {"practice": "build", "account": "fee", "basis": "per_year", "value": 0.5},
    ]
    shares = [
        {"account": "rent", "role": "receives", "actor": "farmers", "share": 1.0},
        {"account": "fee", "role": "receives", "actor": "pot", "share": 1.0},
    ]
    accounts = [*ACCOUNTS, {"account": "fee", "family": "revenue", "recurrence": "annual", "cash": 1}]
    goal = {"method": "weighted", "accounts": {"gain.actor.farmers": 1.0, "gain.actor.pot": 1.0}}
    equity = {"participation": ["farmers"], "jurisdiction_floor": 0.5}
    tables: dict[str, Any] = {"parcels": parcels, "practice_flows": flows, "shares": shares, "accounts": accounts}

    def best(**more: Any) -> float | None:
        return brute.best(study({"objective": goal, "equity": {**equity, **more}}, **tables), 99)

    assert best() == pytest.approx(0.0)
    # the west must have 0.5 x 0.5 x 2 Σδ = 2.43; what the pot has to 2030 is 1 in p1 and 1.5 in p2, worth 1.89
    assert best(fund="pot") == pytest.approx(0.0)
    equity["jurisdiction_floor"] = 0.38
    assert best(fund="pot") == pytest.approx((2 + 0.5 - 0.38) * deltas(2026))


def test_the_positive_part_of_gains() -> None:
    # farmers gain 4 a year by building, builders lose 1 and local gain 1: local must have a share of 5, not of 4
    flows = [
        {"practice": "build", "account": name, "basis": "per_year", "value": value}
        for name, value in (("rent", 4.0), ("fee", 1.0))
    ]
    accounts = [*ACCOUNTS, {"account": "fee", "family": "revenue", "recurrence": "annual", "cash": 1}]
    shares = [
        {"account": "rent", "role": "receives", "actor": "farmers", "share": 1.0},
        {"account": "fee", "role": "pays", "actor": "builders", "share": 1.0},
    ]

    def best(floor: float) -> float | None:
        actors = [{"actor": "local", "floor_share": floor}, {"actor": "farmers"}, {"actor": "builders"}]
        given = study(practice_flows=flows, accounts=accounts, shares=shares, actors=actors)
        return brute.best(given, 9)

    assert best(0.2) == pytest.approx(deltas(2026))
    assert best(0.21) == pytest.approx(0.0)


def test_the_whole_study() -> None:
    # the best of all its plans is at least the one that is looked at elsewhere
    given = whole.whole()
    value = brute.best(given, 99)
    assert value is not None
    assert value >= whole.best_plan(given).objective - 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_without_money_both_ways_are_one(seed: int) -> None:
    rnd = Random(seed)
    for _ in range(40):
        try:
            evaluator = Evaluator(random_studies.random_study(rnd))
        except StudyError:
            continue
        if brute.count(evaluator) <= 60:
            break
    else:
        pytest.skip("no small study in forty")
    for chosen, projects in brute.combinations(evaluator):
        quick = evaluator.value(chosen, projects)
        slow = brute.optimum(evaluator.affine(chosen, projects))
        if quick.holds:
            assert slow == pytest.approx(quick.objective, abs=1e-9)
        else:
            assert slow == brute.NO_PLAN
