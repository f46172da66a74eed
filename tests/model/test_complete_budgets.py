"""Budgets: whose cash it is, what each has at the end, and that what one has the other cannot spend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.model.complete_bay import TABLES as BAY
from tests.model.complete_bay import bay
from tests.model.complete_shore import TABLES as SHORE
from tests.model.complete_shore import shore
from tests.model.complete_town import account, solved, town, value
from tests.model.complete_valley import coefficients, limit, names, row
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build


def changed(tables: dict[str, list[dict[str, Any]]], name: str, key: str, **cells: Any) -> list[dict[str, Any]]:
    """The rows of a table with some cells of one row (the one whose first cell is `key`) set anew."""
    return [{**row, **cells} if next(iter(row.values())) == key else row for row in tables[name]]


def test_cash_of_each_and_of_all() -> None:
    build = Build(bay())
    assert coefficients(build.ledger("finance.cash.fund", "total", "b"))[0] == {"cash_end[fund,b]": 1}
    tills = {f"cash_end[{budget},b]": 1 for budget in ("general", "fund", "enterprise")}
    assert coefficients(build.ledger("finance.cash", "total", "total"))[0] == tills
    # the main budget has what [finance] says, the fund what the table says, others nothing
    start = {name: build.before(f"finance.cash.{name}", "total", "") for name in ("general", "fund", "enterprise")}
    assert start == {"general": 10, "fund": 1, "enterprise": 0}
    assert build.before("finance.cash", "total", "") == 11
    # or the table says it, where [finance] does not
    study = bay(finance={"opening_cash": 0.0}, budgets=changed(BAY, "budgets", "general", opening_cash=-2.0))
    assert Build(study).before("finance.cash.general", "total", "") == -2
    assert row(pyomo_model(study).cash["general", "a"])[1] == pytest.approx(-2 + 1.2)


def test_a_reserve_of_the_main_budget_in_million() -> None:
    # in place of months of cost
    model = pyomo_model(bay(budgets=changed(BAY, "budgets", "general", reserve=7.0)))
    assert row(model.reserve["general", "b"]) == ({"cash_end[general,b]": 1}, 7, None)
    model = pyomo_model(bay(finance={"reserve_months": {"a": 3.0}}))
    assert row(model.reserve["general", "b"]) == ({"cash_end[general,b]": 1}, 0, None)


def test_service_of_all_debt_by_budget() -> None:
    # The enterprise's legacy of 2.5 in b, 0.6 of it; the fund has none. A soft row gives for each budget.
    model = pyomo_model(bay(finance={"dscr_scope": "all", "soft": {"dscr_min": 3.0}}))
    found, low, _ = row(model.dscr_min["enterprise", "b"])
    assert low == pytest.approx(0.6 * 2.5)
    assert found["give[dscr_min,enterprise,b]"] == 1
    assert row(model.dscr_min["fund", "b"])[1] == 0
    assert coefficients(model.objective)[0]["give[dscr_min,fund,b]"] == -3


def test_no_cover_where_nobody_owes() -> None:
    # the note is gone: nothing that general has borrowed is to be served
    model = pyomo_model(bay(instruments=[each for each in BAY["instruments"] if each["instrument"] != "note"]))
    assert names(model.dscr_min) == {("fund", "b"), ("enterprise", "b")}


def test_where_cash_belongs() -> None:
    # The account's budget goes before the project's, the project's before the main one; a tenth of the sale of land
    # and a quarter of the tolls are set aside from wherever they come in.
    build = Build(bay(accounts=changed(BAY, "accounts", "prize", budget="fund")))
    parts = build.book.budgets.parts
    assert parts("project.capex", "quay") == {"enterprise": 1}
    assert parts("project.capex", "reeds") == {"general": 1}
    assert parts("works", "") == parts("works", "quay") == {"fund": 1}
    assert parts("prize", "quay") == {"fund": 1}
    assert parts("sale", "") == {"general": 0.9, "fund": 0.1}
    assert parts("tolls", "quay") == {"enterprise": 1}
    assert parts("tolls", "") == {"general": 0.75, "enterprise": 0.25}
    # budgets share the whole
    for name in ("money.operating", "money.outlay"):
        whole = coefficients(build.ledger(name, "total", "b"))[0]
        shared: dict[str, float] = {}
        for budget in ("general", "fund", "enterprise"):
            for key, part in coefficients(build.ledger(f"{name}:{budget}", "total", "b"))[0].items():
                shared[key] = shared.get(key, 0.0) + part
        assert {key: part for key, part in shared.items() if abs(part) > 1e-9} == pytest.approx(whole)


@pytest.mark.parametrize(
    ("cap", "before", "start"),
    [
        # the fund has 4, and 3 more a year: 7, 10
        (3.0, 0.0, "p2"),
        (6.0, 0.0, "p1"),
        (0.0, 0.0, None),
        # it must keep 2
        (3.0, 2.0, "p3"),
        # without a cap all of it
        (None, 0.0, "p1"),
    ],
)
def test_what_one_budget_has_another_cannot_spend(cap: float | None, before: float, start: str | None) -> None:
    # A park of 10 that the fund pays; it earns 8 a year for the general budget, which has 20.
    study = town(
        finance={"opening_cash": 20.0},
        accounts=[account("build", "cost", "one_off", budget="fund")],
        budgets=[{"budget": "general"}, {"budget": "fund", "opening_cash": 4.0, "reserve": before}],
        budget_transfers=[{"from": "general", "to": "fund", "cap": cap}],
        projects=[{"project": "park", "annual_revenue": 8.0, "build_years": 1, "life_years": 9}],
        project_flows=[{"project": "park", "account": "build", "basis": "once", "value": 10.0}],
    )
    model = solved(study)
    found = [t for t in ("p1", "p2", "p3") if value(model.U["park", t]) > 0.5]
    assert (found[0] if found else None) == start


def test_transfers_of_a_fund_that_is_the_purse_s_leave_the_main_budget() -> None:
    # the shore with budgets: the chest is of the purse
    study = shore(
        {"purse": ["local", "chest"]},
        budgets=[{"budget": "general"}, {"budget": "fund"}],
    )
    model = pyomo_model(study)
    assert row(model.cash["general", "a"])[0]["transfer[S,a]"] == 1
    assert "transfer[S,a]" not in row(model.cash["fund", "a"])[0]


def test_enterprises_are_in_no_share_of_interest() -> None:
    # Without a table the budget is an enterprise's that is called so. The shore's loan is one's, and so is upkeep: of
    # interest nothing is left in general, of expenditure 3.6 that no account books, the quay, the reeds and trade.
    study = shore(
        instruments=changed(SHORE, "instruments", "loan", budget="enterprise"),
        accounts=changed(SHORE, "accounts", "upkeep", budget="enterprise"),
    )
    found, low, high = row(pyomo_model(study).interest_share_general["a"])
    assert found == pytest.approx(
        {
            "draw[bond,quay,a,a]": 0.2,
            "U[quay,a]": -0.8,
            "U[reeds,a]": -0.4,
            "buy[new,N,a]": -0.01,
            "buy[new,S,a]": -0.01,
        }
    )
    assert (low, high) == (None, pytest.approx(0.2 * 3.6))
    # With a table it is what the table says: the fund is an enterprise's, and has no share of its own.
    study = shore(budgets=[{"budget": "general"}, {"budget": "fund", "borrower": "enterprise"}])
    model = pyomo_model(study)
    found, _, high = row(model.interest_share_fund["a"])
    assert (found, high) == ({}, 0)
    # neither works nor the bond, whose interest and proceeds are the enterprise's: 0.8 of 0.4 is legacy's
    found, _, high = row(model.interest_share_general["a"])
    assert not [name for name in found if name.startswith("draw[bond")]
    assert found["x[A,shop,a]"] == pytest.approx(-0.2 * 0.4)
    assert high == pytest.approx(0.2 * 3.6 - 0.8 * 0.4)


def test_the_main_budget_may_be_the_fund() -> None:
    # What names no budget is the first one's: all of it, the residuals too, and the loan.
    study = shore(budgets=[{"budget": "fund"}, {"budget": "general"}])
    model = pyomo_model(study)
    assert row(model.cash["fund", "a"])[1] == pytest.approx(11)
    found, _, _ = row(model.interest_share_fund["a"])
    # a tenth of 5 of works and 0.4 of upkeep, of what is raised and of interest itself
    assert found["x[A,shop,a]"] == pytest.approx(-0.1 * 5.4)
    assert found["draw[loan,quay,a,a]"] == pytest.approx(0.9 * 0.1 - 0.1)


def test_limits_on_the_cash_of_a_budget() -> None:
    # a limit on finance.cash.<b>, and its share of the start
    study: Study = bay(limits=[limit("l", "finance.cash", value=2.0, basis="share_of_start")])
    named = replace(study, tables={**study.tables, "limits": study.limits.assign(account="finance.cash.fund")})
    assert row(pyomo_model(named).limit["l", "total", "a"]) == ({"cash_end[fund,a]": 1}, 2, None)
