"""Budgets: to which of them cash belongs, and towns whose plan changes with what a budget may do, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy_financial as npf
import pandas as pd
import pytest

import zonevest as zv
from tests.model.budget_rows import of_budgets
from tests.model.complete_town import LOAN, ROAD, account, town, weights
from tests.model.plain import planned
from zonevest.instances.study import Study
from zonevest.model.budgets import Budgets
from zonevest.model.plan import DECISIONS
from zonevest.model.policy import policy_model
from zonevest.reports.budgets import COLUMNS, budgets
from zonevest.reports.plan_folder import read_plan_data

# To whom cash belongs


def test_to_which_budget_cash_belongs() -> None:
    found = Budgets.of(of_budgets())
    assert (found.names, found.main, found.enterprises) == (
        ("general", "fund", "enterprise"),
        "general",
        {"enterprise"},
    )
    # by account, else by project, else the first
    assert found.home("works") == found.home("works", "quay") == "fund"
    assert found.home("project.capex", "quay") == "enterprise"
    assert found.home("project.capex", "reeds") == found.home("rent") == "general"
    assert (found.instrument("bond"), found.instrument("stake"), found.instrument("swap")) == (
        "fund",
        "enterprise",
        "general",
    )
    # a quarter of all tolls is set aside, also of a project's; the rest stays
    assert [found.share(b, "tolls") for b in found.names] == [0.75, 0.25, 0]
    assert [found.share(b, "tolls", "quay") for b in found.names] == [0, 0.25, 0.75]
    # blank: the 10 of [finance] in the first, nothing in others
    assert found.opening == {"general": 10, "fund": 3, "enterprise": 0}


def test_accounts_of_cash() -> None:
    model = policy_model(of_budgets())
    for t in ("a", "b"):
        for budget in ("general", "fund", "enterprise"):
            assert model.ledger.added[f"finance.cash.{budget}", "total", t] == [(1.0, model.cash_end[budget, t])]
        assert len(model.ledger.added["finance.cash", "total", t]) == 3
    assert model.ledger["finance.cash.fund", "total", "a"] is not None
    with pytest.raises(KeyError, match=r"no 'money\.operating:parish'"):
        model.ledger["money.operating:parish", "total", "a"]


# A road of the fund: 30 in 2026, 3 a year from 2027; 1.5 a year are its 30 for good

RICH = {"own_revenue": 100.0, "fixed_cost": 90.0, "opening_cash": 500.0}
ROAD_WORTH = 1.5 * weights(2027, 2029)
PRICE = 0.001 * 0.04 * -npf.pv(0.05, 3, 1)
"""What a unit of the loan costs: a thousandth of its interest over three years."""


def parted(cap: float, reserve: float | None = None, finance: dict[str, Any] | None = None, **tables: Any) -> Study:
    """The town with 500 in a general budget, which may pass on some of it to the empty fund that builds the road."""
    given: dict[str, Any] = {
        "projects": [{**ROAD, "budget": "fund"}],
        "budgets": [{"budget": "general"}, {"budget": "fund", "reserve": reserve}],
        "budget_transfers": [{"from": "general", "to": "fund", "cap": cap}],
        "instruments": [{**LOAN, "budget": "fund"}],
    }
    return town(finance={**RICH, **(finance or {})}, **{**given, **tables})


def row(plan: zv.Plan, name: str, period: str) -> pd.Series:
    (found,) = (each for _, each in plan.limits.iterrows() if (each["limit"], each["period"]) == (name, period))
    return found


@pytest.fixture(scope="module")
def plan() -> zv.Plan:
    return planned(parted(cap=20.0, reserve=2.0))


def test_what_is_not_passed_on_is_borrowed(plan: zv.Plan) -> None:
    # 20 + 0.96 b - 30 = 2: of what is borrowed 4 % are paid at the end of the year
    borrowed = 12 / 0.96
    assert plan.financing["raised"].tolist() == pytest.approx([borrowed])
    assert plan.objective == pytest.approx(ROAD_WORTH - PRICE * borrowed)
    # one million less in the till, or more from the other, saves 1 / 0.96 of the loan
    reserve, passed = row(plan, "reserve.fund", "p1"), row(plan, "budget_transfer.general.fund", "p1")
    assert (reserve["account"], passed["account"]) == ("finance.cash.fund", "finance.cash.general")
    assert reserve[["value", "bound", "slack"]].tolist() == pytest.approx([2, 2, 0])
    assert reserve["shadow_price"] == pytest.approx(-PRICE / 0.96)
    assert passed[["value", "bound", "slack"]].tolist() == pytest.approx([20, 20, 0])
    assert passed["shadow_price"] == pytest.approx(PRICE / 0.96)
    assert row(plan, "budget_transfer.general.fund", "p3")["bound"] == 40


def test_a_looser_reserve_and_cap_are_worth_what_is_not_borrowed() -> None:
    # 25 + 0.96 b - 30 = 0
    assert planned(parted(cap=25.0)).objective == pytest.approx(ROAD_WORTH - PRICE * 5 / 0.96)


def test_nothing_is_borrowed_where_all_cash_is_together() -> None:
    together = planned(parted(cap=20.0, projects=[ROAD], budgets=[], budget_transfers=[], instruments=[LOAN]))
    assert together.objective == pytest.approx(ROAD_WORTH)
    assert together.budget_transfers.empty


def test_a_set_aside_pays_for_a_part_of_the_road() -> None:
    # Nothing may be passed on. Of the 50 that a mine brings in 2026 15 are set aside for the fund: as much is borrowed,
    # for ten years. The mine's 50 are for good: 2.5 a year from 2027.
    loan = {**LOAN, "budget": "fund", "tenor_years": 10}
    found = planned(
        parted(
            cap=0.0,
            projects=[{**ROAD, "budget": "fund"}, {"project": "mine", "latest": "p1"}],
            project_flows=[{"project": "mine", "account": "ore", "basis": "once", "value": 50.0}],
            accounts=[account("ore", "revenue", "one_off")],
            set_asides=[{"account": "ore", "budget": "fund", "share": 0.3}],
            instruments=[loan],
        )
    )
    borrowed, price = 15 / 0.96, 0.001 * 0.04 * -npf.pv(0.05, 10, 1)
    assert found.financing["raised"].tolist() == pytest.approx([borrowed])
    assert found.objective == pytest.approx(ROAD_WORTH - price * borrowed + 2.5 * weights(2027, 2029))
    receipts = budgets(found).set_index(["budget", "period"])["receipts"]
    assert receipts[[("general", "p1"), ("fund", "p1")]].tolist() == pytest.approx([35, 15])


def test_each_budget_covers_its_own_service() -> None:
    # From p2 on the fund's 3 a year cover its own service, though the general budget has 10 a year. In p3 (two years)
    # the loan b pays 0.04 b and falls due: 1.04 b; a note n at 6 % for ten years pays 0.12 n. So, with 10 to be found,
    # 1.04 b + 0.12 n = 6 and 0.96 b + 0.94 n = 10.
    note = {**LOAN, "instrument": "note", "rate": 0.06, "tenor_years": 10, "budget": "fund"}
    finance = {"dscr_min": 1.0, "dscr_from": "p2"}
    found = planned(parted(cap=20.0, finance=finance, instruments=[{**LOAN, "budget": "fund"}, note]))
    determinant = 1.04 * 0.94 - 0.12 * 0.96
    b, n = (6 * 0.94 - 0.12 * 10) / determinant, (1.04 * 10 - 6 * 0.96) / determinant
    assert dict(zip(found.financing["instrument"], found.financing["raised"], strict=True)) == pytest.approx(
        {"loan": b, "note": n}
    )
    dear = (0.01 + 0.001 * 0.06) * -npf.pv(0.05, 10, 1)
    assert found.objective == pytest.approx(ROAD_WORTH - PRICE * b - dear * n)
    told = row(found, "dscr_min.fund", "p3")
    assert told[["value", "bound"]].tolist() == pytest.approx([3, 3])
    assert "dscr_min.general" not in set(found.limits["limit"])


# What a plan tells


def test_sources_are_uses_in_every_budget(plan: zv.Plan) -> None:
    table = plan.budgets()
    assert list(table.columns) == COLUMNS
    found = table.set_index(["budget", "period"])
    #                          opening oper. rec. outlay raised repaid inter. in  out fund  closing
    assert found.loc[("general", "p1")].tolist() == pytest.approx([500, 10, 0, 0, 0, 0, 0, 0, 20, 0, 490])
    assert found.loc[("fund", "p1")].tolist() == pytest.approx([0, 0, 0, 30, 12.5, 0, 0.5, 20, 0, 0, 2])
    fund = found.loc[("fund", "p3")]
    # two years of 3; the loan falls due; what is in the till at the end is what the ledger says
    assert fund[["operating", "repaid", "interest"]].tolist() == pytest.approx([6, 12.5, 0.5])
    ledger = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    for (budget, period), each in found.iterrows():
        assert each["closing"] == pytest.approx(ledger[f"finance.cash.{budget}", "total", period])
    everything = table.groupby("period")["closing"].sum()
    assert everything.tolist() == pytest.approx([ledger["finance.cash", "total", t] for t in ("p1", "p2", "p3")])
    cash = plan.cash_flow().set_index(["item", "period"])["value"]
    assert cash["closing_cash"].tolist() == pytest.approx(everything.tolist())
    assert cash["reserve"].tolist() == pytest.approx([2, 2, 2])
    # interest of 0.5 in what the fund spends: 30 of capex, 12.5 raised, and that interest
    assert cash["interest_share_fund", "p1"] == pytest.approx(100 * 0.5 / 43)


def test_transfers_come_back_from_the_folder(plan: zv.Plan, tmp_path: Path) -> None:
    assert plan.budget_transfers.columns.tolist() == DECISIONS["budget_transfers"]
    assert plan.budget_transfers.iloc[0].tolist() == ["general", "fund", "p1", pytest.approx(20)]
    plan.write_tables(tmp_path)
    again = read_plan_data(tmp_path)["budget_transfers"]
    pd.testing.assert_frame_equal(again, plan.budget_transfers, check_dtype=False)


# Doing nothing

OLD = {"budget": "fund", "outstanding": 4.0, "outstanding_years": 4, "limit_total": 0.0}


def test_doing_nothing_passes_on_what_the_fund_owes() -> None:
    study = parted(cap=5.0, instruments=[{**LOAN, **OLD}])
    assert zv.check(study).broken.empty


def test_doing_nothing_without_transfers_leaves_the_fund_short() -> None:
    # 1 a year, and interest on 4, 3, 2 and 1
    found = zv.check(parted(cap=5.0, budget_transfers=[], instruments=[{**LOAN, **OLD}])).broken
    assert list(found["limit"]) == ["reserve.fund"] * 3
    assert found["value"].tolist() == pytest.approx([-1.16, -2.28, -4.4])
