"""A plan with budgets, price steps, synergies, hurdles and assets passes, and whatever is changed in it is found."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.chinese import check_breaches
from tests.reports import whole
from tests.reports.audit_studies import BUILD, MONEY_NAMES, NAMES
from tests.reports.test_audit import write
from tests.reports.told import CODES
from zonevest.instances.study import Study
from zonevest.reports.audit import AuditReport, Evaluator, audit
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_told import TOLD, told

TRAM = whole.TABLES["projects"][0]
STEP = {"account": "sale", "factor": 1.0}
BUY = {"account": "cost", "area_account": "area.rezoned", "up_to": 9.0, "factor": 1.0}
TABLES: dict[str, Any] = {
    "jurisdictions": [
        {"jurisdiction": "east", "main_function": "urban", "population": 30},
        {"jurisdiction": "west", "main_function": "farming", "population": 10},
    ],
    "practices": [{**BUILD, "in_migration": 2.0, "life_years": 30}],
    "class_flows": [
        *whole.TABLES["class_flows"],
        {"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 0.01},
    ],
    "projects": [
        {**TRAM, "hurdle": 0.05, "deliverability": 0.9, "budget": "enterprise"},
        {"project": "hall", "category": "livelihood", "capex": 1.0, "annual_revenue": 0.2, "jurisdiction": "east"},
    ],
    "synergies": [
        {"project": "tram", "with": "hall", "account": "rent", "value": 0.1},
        {"project": "hall", "with": "tram", "account": "seed", "value": 1.0},
    ],
    # the same account sells hectares of two kinds, and two places buy
    "price_steps": [
        {**STEP, "area_account": "area.new.practice.build", "up_to": 3.0, "price": 0.3},
        {**STEP, "area_account": "area.new.practice.build", "up_to": 6.0, "price": 0.2},
        {**STEP, "area_account": "area.new_construction", "up_to": 9.0, "price": 0.1},
        {**BUY, "price": 0.02, "jurisdiction": "east"},
        {**BUY, "price": 0.03, "jurisdiction": "west"},
    ],
    "budgets": [
        {"budget": "general"},
        {"budget": "fund", "opening_cash": 0.5, "reserve": 4.0},
        {"budget": "enterprise", "borrower": "enterprise"},
    ],
    "budget_transfers": [
        {"from": "general", "to": "fund", "cap": 4.0},
        {"from": "fund", "to": "enterprise", "cap": 5.0},
        {"from": "general", "to": "enterprise"},
    ],
    "set_asides": [{"account": "rent", "budget": "fund", "share": 0.25}],
    "limits": [
        *whole.TABLES["limits"],
        {
            "limit": "kept", "account": "asset.land", "sense": ">=", "value": 0.1, "basis": "share_of_start",
            "jurisdiction": "main_function:farming",
        },
        {"limit": "room", "account": "area.class.built", "sense": "<=", "value": 0.5, "basis": "per_head"},
    ],
}  # fmt: skip
STARTS = {"tram": "p1", "hall": "p1"}
FINANCE = {**whole.FINANCE, "opening_cash": 9.0, "interest_share_fund": 0.9}
LIMITS = ["land", "raised", "owed", "gained", "spent", "wish", "rise", "levy", "tax", "price_steps", "dscr_min"]
NEW = ("asset.", "population", "finance.cash.", "sale", "cost", "rent", "seed")


def together(**tables: Any) -> Study:
    rates = {"finance": 0.1, "social": 0.05, "tail_years": 2}
    return whole.whole({"finance": FINANCE, "rates": rates}, **{**TABLES, **tables})


def tables_of(plan: Any) -> dict[str, pd.DataFrame]:
    """The tables of money that a plan tells."""
    evaluator = Evaluator(plan.study)
    decisions = {name: getattr(plan, name) for name in DECISIONS}
    found = evaluator.evaluate(plan.parcels, plan.projects, **decisions)
    assert found.decided is not None
    out = {}
    for name, table in told(evaluator, found.decided)[0].items():
        keys, numbers, words = TOLD[name]
        rows = [(*key, *values, *further) for key, (values, further) in table.rows.items()]
        out[name] = pd.DataFrame(rows, columns=[*keys, *numbers, *words])
    return out


def tell(plan: Any, folder: Path) -> None:
    """Write the tables of money, and the decisions."""
    for name, table in {**tables_of(plan), **{name: getattr(plan, name) for name in DECISIONS}}.items():
        table.to_csv(folder / f"{name}.csv", index=False)


@pytest.fixture(scope="module")
def once() -> Any:
    plan = whole.best_plan(together(), STARTS)
    plan.told = tables_of(plan)["budgets"]
    return plan


@pytest.fixture
def plan(once: Any) -> Any:
    plan = copy.deepcopy(once)
    plan.budgets = lambda: plan.told
    return plan


@pytest.fixture(scope="module")
def sound(once: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(once, tmp_path_factory.mktemp("together") / "plan", tell)


def found_in(report: AuditReport) -> set[str]:
    """The rules that a plan breaks; each breach is told in Chinese too."""
    check_breaches(report.breaches, [*NAMES, *MONEY_NAMES, *LIMITS, *CODES, "budgets", *TOLD["budgets"][1]])
    return set(report.breaches["rule"])


def wrong_figures(report: AuditReport) -> list[str]:
    """Where figures are wrong."""
    return sorted(report.breaches.loc[report.breaches["rule"] == "figure", "where"])


def test_a_sound_plan(plan: Any) -> None:
    assert plan.breaches.empty, plan.breaches
    assert audit(plan).ok, audit(plan).to_text()
    assert plan.value == pytest.approx(plan.objective)
    assert len(plan.budget_transfers)
    # 10 ha sold in two ways: 6 at 0.3 and 4 at 0.2; 10 at 0.1
    ledger = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    assert ledger["sale", "total", "p1"] == pytest.approx(2.6 + 1.0)
    assert ledger["seed", "east", "p1"] == pytest.approx(0.9)


def test_every_row_of_the_limits(plan: Any) -> None:
    limits = plan.limits
    names = ("reserve", "dscr_min", "budget_transfer", "price_steps", "portfolio", "kept", "room")
    new = limits["limit"].str.startswith(names)
    assert {name.partition(".")[0] for name in limits["limit"][new]} == set(names)
    keys = ["limit", "jurisdiction", "period", "account"]
    rows = [key if key[0].startswith("price") else key[:3] for key in limits.loc[new, keys].to_numpy().tolist()]
    for column in ("value", "bound", "slack"):
        plan.limits = limits.copy()
        plan.limits.loc[new, column] += 0.01
        assert wrong_figures(audit(plan)) == sorted(f"limit {', '.join(row)}: {column}" for row in rows)
    plan.limits = limits[~new].reset_index(drop=True)
    assert wrong_figures(audit(plan)) == sorted(f"limit {', '.join(row)}" for row in rows)


def test_rows_of_two_kinds_of_hectares(plan: Any) -> None:
    # the same name, place and period: told apart by their hectares
    steps = plan.limits[plan.limits["limit"] == "price_steps.sale"]
    assert len(steps) == 4
    assert steps[["limit", "jurisdiction", "period"]].duplicated().sum() == 2
    plan.limits.loc[steps.index[0], "account"] = "area.new_construction"
    assert found_in(audit(plan)) == {"figure"}


def test_cells_of_the_ledger(plan: Any) -> None:
    ledger = plan.ledger
    new = ledger[ledger["account"].str.startswith(NEW) & (ledger["value"] != 0)]
    assert {name for name in NEW if not new["account"].str.startswith(name).any()} == set()
    # one cell of every account
    rows = new.index[~new["account"].duplicated()]
    plan.ledger.loc[rows, "value"] += 0.01
    named = ledger.loc[rows, ["account", "jurisdiction", "period"]].to_numpy().tolist()
    assert wrong_figures(audit(plan)) == sorted(f"ledger {', '.join(row)}" for row in named)


def test_assets_are_told_all_or_not_at_all(plan: Any) -> None:
    asset = plan.ledger["account"].str.startswith("asset.")
    assert (asset & (plan.ledger["account"] == "asset.land") & (plan.ledger["value"] > 0)).any()
    whole_ledger = plan.ledger
    plan.ledger = whole_ledger[~asset]
    assert audit(plan).ok
    plan.ledger = whole_ledger[~(asset & (whole_ledger["jurisdiction"] == "west"))]
    assert found_in(audit(plan)) == {"figure"}


def test_steps_that_are_not_filled_in_order(plan: Any) -> None:
    # 4 ha at 0.3 and 6 at 0.2 in place of 6 and 4: 0.2 less, on every account that knows of it
    less = {"sale": 0.2, "money.receipts": 0.2, "money.land_sale": 0.2, "finance.cash": 0.2}
    first = (plan.ledger["jurisdiction"] == "total") & (plan.ledger["period"] == "p1")
    for account, amount in less.items():
        plan.ledger.loc[first & (plan.ledger["account"] == account), "value"] -= amount
    found = audit(plan).breaches
    assert "ledger sale, total, p1" in set(found["where"])


def test_every_transfer(plan: Any) -> None:
    whole_table = plan.budget_transfers
    assert len(whole_table) > 1
    for row in whole_table.index:
        plan.budget_transfers = whole_table.copy()
        plan.budget_transfers.loc[row, "amount"] += 0.01
        assert found_in(audit(plan)) >= {"figure", "balance:budget"}
        plan.budget_transfers = whole_table.drop(row)
        assert found_in(audit(plan)) >= {"figure", "balance:budget"}


def test_every_figure_of_the_table_of_budgets(plan: Any) -> None:
    table = plan.told
    assert set(table["passed_in"]) != {0.0}
    columns = TOLD["budgets"][1]
    for some in (columns[:3], columns[3:6], columns[6:9], columns[9:]):
        plan.told = table.copy()
        for column in some:
            plan.told[column] += 0.01
        rows = [
            (name, period, column)
            for name, period in zip(table["budget"], table["period"], strict=True)
            for column in some
        ]
        report = audit(plan)
        assert wrong_figures(report) == sorted(f"budgets.csv, {', '.join(row)}" for row in rows)
        assert "balance:budget" in found_in(report)
    plan.told = pd.concat([table.drop(0), table.head(1).assign(budget="all")], ignore_index=True)
    assert wrong_figures(audit(plan)) == ["budgets.csv, all, p1", "budgets.csv, general, p1"]


def test_a_start_below_its_hurdle(plan: Any) -> None:
    # 0.2 a year for 1: at 30 % it is worth less than it costs, and the tram brings uplift
    hall = {**TABLES["projects"][1], "hurdle": 0.3}
    plan.study = together(projects=[{**TABLES["projects"][0], "hurdle": 0.9}, hall])
    found = audit(plan).breaches
    assert found.loc[found["rule"] == "project:hurdle", "where"].tolist() == ["project hall"]


def test_a_synergy_that_is_not_there(plan: Any) -> None:
    plan.study = together(synergies=TABLES["synergies"][:1])
    assert {"ledger seed, east, p1", "ledger seed, total, p1"} <= set(audit(plan).breaches["where"])


def test_a_folder(sound: Path) -> None:
    report = audit(sound)
    assert report.ok, report.to_text()
    assert any(str(name).startswith("budgets.csv") for name in report.figures["quantity"])


@pytest.mark.parametrize(("name", "rules"), [("budgets", {"file"}), ("budget_transfers", {"figure", "balance:budget"})])
def test_a_table_that_is_missing_or_damaged(sound: Path, name: str, rules: set[str]) -> None:
    path = sound / f"{name}.csv"
    content = path.read_text()
    try:
        path.write_text(content.rpartition(",")[0] + ",much\n")
        assert "file" in found_in(audit(sound))
        path.unlink()
        assert found_in(audit(sound)) >= rules
    finally:
        path.write_text(content)
