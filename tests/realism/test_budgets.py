"""Traps of borrowing and budgets: each test fails where the package, or the bundled county, falls into one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.plain import plain
from tests.model.plain import planned as plan
from tests.realism.studies import default, possible, row, told
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.reports.cash_flow import grade

BUDGETS = [
    {"budget": "general"},
    {"budget": "fund"},
    {"budget": "rural"},
    {"budget": "company", "borrower": "enterprise"},
]
BOND: dict[str, Any] = {"kind": "bond", "rate": 0.1, "tenor_years": 10, "outstanding_years": 10}


def borrowing(**tables: Any) -> Study:
    """Old general debt of 100, special debt of 50, an enterprise's loan of 40; two projects, of government and firm."""
    owed = [
        {**BOND, "instrument": "general", "budget": "general", "in_debt_ratio": 1, "outstanding": 100.0},
        {**BOND, "instrument": "special", "budget": "fund", "in_debt_ratio": 1, "outstanding": 50.0},
        {**BOND, "instrument": "loan", "kind": "loan", "budget": "company", "outstanding": 40.0,
         "categories": "industry"},
    ]  # fmt: skip
    finance = {
        "own_revenue": 200.0, "fixed_cost": 92.0, "fiscal_resources": 200.0, "opening_cash": 500.0,
        "debt_ratio_cap": 0.9, "interest_share_general": 0.1, "interest_share_fund": 0.1,
        "soft": {"interest_share_general": 1.0, "interest_share_fund": 1.0},
    }  # fmt: skip
    rows: dict[str, Any] = {
        "accounts": [{"account": "roads", "family": "cost", "recurrence": "annual", "cash": 1, "budget": "fund"}],
        "projects": [
            {"project": "hall", "category": "industry", "capex": 10.0, "latest": "a", "mandatory": 1},
            {"project": "mill", "category": "industry", "capex": 10.0, "latest": "a", "mandatory": 1,
             "budget": "company"},
        ],
        "instruments": owed,
        "budgets": [{**each, "opening_cash": 500.0 if each["budget"] == "fund" else None} for each in BUDGETS],
        "budget_transfers": [{"from": "general", "to": "company", "cap": 50.0}],
        **tables,
    }  # fmt: skip
    return plain({"finance": finance}, **rows)


def test_j06_an_enterprise_owes_what_it_borrows() -> None:
    """A county borrows by bonds, bank loans are an enterprise's: out of the ratio, told in the figure of all debt."""
    study = borrowing()
    found = plan(study)
    # by the end of 2027 a fifth is repaid; the ratio counts (100 + 50) x 0.8, all debt is 190 x 0.8, of 200
    assert row(found, "debt_ratio_cap", "a") == pytest.approx((120.0, 180.0))
    ratios = found.cash_flow()
    ratios = ratios[ratios["period"] == "a"].set_index("item")["value"]
    assert (ratios["debt_ratio"], ratios["debt_ratio_all"]) == pytest.approx((60.0, 76.0))
    # what the firm raises is for the firm's projects: the hall would be paid with debt that no ratio counts
    model = policy_model(Ledger(build_options(study)))
    assert {(f, j) for f, j, _, _ in model.draw if f == "loan"} == {("loan", "mill")}
    assert {(giver, taker) for giver, taker, _ in model.passed} == {("general", "company")}
    rows = default("instruments").set_index("instrument")
    assert rows.loc[rows["kind"] == "loan", ["budget", "in_debt_ratio"]].to_numpy().tolist() == [["enterprise", 0]]
    assert rows.loc[rows["kind"] == "bond", "in_debt_ratio"].all()
    assert set(rows.loc[rows["kind"] == "bond", "budget"]) == {"general", "fund"}


def test_j06_most_of_what_falls_due_is_rolled_over() -> None:
    """Refinancing bonds stand in for 85 % of what falls due, and for no more."""
    roll = {"instrument": "roll", "kind": "bond", "budget": "general", "rate": 0.0, "tenor_years": 10, "refinances": 1}
    study = borrowing(instruments=[*borrowing().instruments.to_dict("records"), roll])
    goal = {"method": "weighted", "accounts": {"finance.raised.roll": 1.0}}
    found = plan(study.replace({"objective": goal}))
    # 10 + 5 + 4 a year, for two and three years
    assert [told(found, "finance.raised.roll", period) for period in "ab"] == pytest.approx([0.85 * 38, 0.85 * 57])


def test_j07_interest_that_calls_for_restructuring(lakeside: Study) -> None:
    """General debt is held to general expenditure, special debt to the fund's: a tenth of it is the trigger."""
    upkeep = [{"project": "hall", "account": "roads", "basis": "per_year", "value": 30.0, "start_year": 1}]
    found = plan(borrowing(project_flows=upkeep))
    # 2026 and 2027: 10 + 9 of interest of 2 x 92, the hall's 10, and the 19; the mill is the firm's
    assert row(found, "interest_share_general", "a") == pytest.approx((19.0, 0.1 * (2 * 92 + 10 + 19)))
    # 5 + 4.5 of 30 a year from 2027 on and the 9.5: more than a tenth
    assert row(found, "interest_share_fund", "a") == pytest.approx((9.5, 0.1 * (30 + 9.5)))
    finance = lakeside.settings.finance
    assert finance is not None
    for period in lakeside.periods:
        assert (
            finance.at("interest_share_general", period.name) == finance.at("interest_share_fund", period.name) == 0.1
        )


def test_j08_budgets_do_not_mix() -> None:
    """Land income is the fund's; what is set aside of it pays for works of its kind; each serves its own bonds."""
    study = plain(
        {"finance": {}},
        parcels=[{"parcel_id": "p", "land_class": "field", "area_ha": 1.0, "locked_practice": "build"}],
        land_classes=[{"land_class": "field", "class_group": "arable"}],
        accounts=[
            {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale",
             "budget": "fund"},
            {"account": "ditches", "family": "cost", "recurrence": "one_off", "cash": 1, "budget": "rural"},
        ],
        practices=[{"practice": "build", "zone": "R", "latest": "a"}],
        practice_flows=[
            {"practice": "build", "account": "sale", "basis": "per_ha_once", "value": 100.0},
            {"practice": "build", "account": "ditches", "basis": "per_ha_once", "value": 8.0},
        ],
        budgets=[{**each, "opening_cash": 10.0 if each["budget"] == "general" else 7.0} for each in BUDGETS],
        set_asides=[{"account": "sale", "budget": "rural", "share": 0.1}],
        instruments=[
            {**BOND, "instrument": "general", "budget": "general", "outstanding": 10.0},
            {**BOND, "instrument": "special", "budget": "fund", "outstanding": 20.0},
        ],
    )  # fmt: skip
    found = plan(study)
    cash = {each["budget"]: told(found, f"finance.cash.{each['budget']}", "a") for each in BUDGETS}
    assert cash == pytest.approx({
        "general": 10 - 2 * 1 - 1.0 - 0.9,  # a tenth repaid a year, interest of a tenth of the balance
        "fund": 7 + 90 - 2 * 2 - 2.0 - 1.8,
        "rural": 7 + 10 - 8,
        "company": 7,
    })  # fmt: skip
    # 90 in the fund are of no use to the ditches where nothing is set aside for them
    assert not possible(study.replace(set_asides=None))


def test_j08_what_is_set_aside_of_land_income(lakeside: Study) -> None:
    """Schools, homes and ditches get a tenth of the net each, the countryside a tenth of the gross with the ditches."""
    aside = lakeside.set_asides.query("account == 'land_sale'").set_index("budget")
    net = 1.0 - 0.75  # what is left when land is bought and serviced
    for budget in ("education", "housing", "irrigation"):
        assert aside.loc[budget, "share"] == pytest.approx(0.1 * net), budget
    assert aside.loc[["rural", "irrigation"], "share"].sum() >= max(0.1, 0.08)
    assert set(aside["confidence"]) == {"published", "recalled"}
    # it is not lost: each has works of its kind, which somebody must do, and the general budget adds what is short
    must = lakeside.projects.query("mandatory")
    works = {"education": "P24", "housing": "P33", "rural": "P37"}
    assert must.set_index("project").loc[list(works.values()), "budget"].tolist() == list(works)
    assert lakeside.projects.set_index("project").loc[["P19", "P71", "P78"], "budget"].eq("irrigation").all()
    assert lakeside.accounts.set_index("account").loc["farmland_works", "budget"] == "rural"
    passed = set(zip(lakeside.budget_transfers["from"], lakeside.budget_transfers["to"], strict=True))
    assert {("general", budget) for budget in aside.index} | {("irrigation", "rural")} <= passed
    assert not {(budget, "general") for budget in aside.index} & passed


def test_j16_money_is_looked_at_by_year(lakeside: Study) -> None:
    """Budgets and bond quotas are yearly: so are the county's first periods; five-year steps come last."""
    assert [(period.name, period.start, period.years) for period in lakeside.periods] == [
        ("2026", 2026, 1), ("2027", 2027, 1), ("2028", 2028, 1), ("2029-2030", 2029, 2), ("2031-2035", 2031, 5),
    ]  # fmt: skip
    assert lakeside.settings.rates.tail_years == 30


def test_j17_the_county_has_a_gap_and_a_way_out(lakeside: Study) -> None:
    """Recurring income carries running cost and not the interest: 204 short, to be closed by 2031-2035, yellow debt."""
    finance, old = lakeside.settings.finance, lakeside.instruments
    assert finance is not None
    recurring = (finance.own_revenue or 0.0) + (finance.transfers or 0.0)
    interest = float((old["outstanding"] * old["rate"]).sum())
    falls_due = float((old["outstanding"] / old["outstanding_years"]).sum())
    assert recurring == 5000.0
    assert recurring - (finance.fixed_cost or 0.0) == 60.0
    assert (round(interest), round(falls_due, -1)) == (264, 760)
    assert round(recurring - (finance.fixed_cost or 0.0) - interest) == -204
    assert grade(100.0 * float(old["outstanding"].sum()) / (finance.fiscal_resources or 0.0)) == "yellow"
    assert 0.85 <= (finance.at("refinance_share", "2026") or 0.0) <= 0.9
    assert (finance.dscr_scope, finance.operating_balance_from) == ("new", "2031-2035")
    # a total includes what the ledger books for today's land: 9 with 2 of rent is 9, not 11
    by_hand = plain(
        {"finance": {"own_revenue": 9.0, "fixed_cost": 4.0, "operating_balance_from": "a"}},
        parcels=[{"parcel_id": "p", "land_class": "field", "area_ha": 1.0}],
        land_classes=[{"land_class": "field"}],
        accounts=[{"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1}],
        class_flows=[{"land_class": "field", "account": "rent", "basis": "per_ha_year", "value": 2.0}],
    )
    assert row(plan(by_hand), "operating_balance", "a") == pytest.approx((5.0, 0.0))


MARKS = {
    "land_sale": "resource_asset",
    "mineral_sale": "resource_fund",
    "royalty": "resource_fund",
    "sea_use_fee": "resource_fund",
    "industrial_tax": "capital_fund",
    "commercial_tax": "capital_fund",
    "restoration_works": "fund_resource",
    "tending": "fund_resource",
    "eco_payment": "fund_resource",
}


def test_j18_where_money_stands_in_the_circulation() -> None:
    """Raw resources, land sold once, and what operates and flows back are told apart by a mark of each account."""
    accounts = default("accounts").set_index("account")
    cash = accounts[accounts["cash"] == 1]
    assert not cash[cash["circulation"] == ""].index.tolist()
    assert not accounts.loc[accounts["cash"] == 0, "circulation"].any()
    assert {name: accounts.loc[name, "circulation"] for name in MARKS} == MARKS
    # what is put back is of the third; nothing sold once is taken for income of operation
    assert set(cash.loc[cash["role"] == "restoration", "circulation"]) == {"fund_resource"}
    sold = cash[(cash["recurrence"] == "one_off") & cash["role"].isin(["land_sale", "resource_income"])]
    assert not (sold["circulation"] == "capital_fund").any()
    resource = cash[(cash["role"] == "resource_income") & (cash["path"] == "government")]
    assert set(resource["circulation"]) == {"resource_fund"}
