"""A plan with everything that money touches passes, and whatever is changed in it is found."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests import brute
from tests.chinese import check_breaches
from tests.reports import whole
from tests.reports.audit_studies import MONEY_NAMES, NAMES, evaluate, rules, study
from tests.reports.test_audit import write
from tests.reports.told import CODES
from zonevest.reports.audit import AuditReport, Evaluator, audit
from zonevest.reports.audit_balances import money_breaches
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_figures import same
from zonevest.reports.audit_told import TOLD

LIMITS = [
    "land",
    "raised",
    "sold",
    "amount",
    "bought",
    "reserve",
    "quota",
    "owed",
    "gained",
    "spent",
    "wish",
    "rise",
    "levy",
    "tax",
]
DECIDED = [name for name in DECISIONS if name != "budget_transfers"]
"""Without a table of budgets nothing is passed on between them."""
NEW = ("money.", "finance.", "quota.", "gain.", "rise", "levy", "tax")


@pytest.mark.parametrize(
    ("stated", "recomputed", "largest", "agrees"),
    [
        (9e-7, 0.0, 0.0, True),  # 1e-6 of 1
        (2e-6, 0.0, 0.0, False),
        (100.00009, 100.0, 0.0, True),  # 1e-6 of 100
        (100.0002, 100.0, 0.0, False),
        (-9e-5, 0.0, 10_000.0, True),  # what is left of 10,000 less 10,000: 1e-8 of them
        (-2e-4, 0.0, 10_000.0, False),
        (2e-6, 0.0, 99.0, False),  # of small terms no more than of any figure
    ],
)
def test_figures_agree_within_what_is_written(stated: float, recomputed: float, largest: float, agrees: bool) -> None:
    assert same(stated, recomputed, largest) is agrees


@pytest.fixture(scope="module")
def once() -> Any:
    return whole.best_plan()


@pytest.fixture
def plan(once: Any) -> Any:
    return copy.deepcopy(once)


@pytest.fixture
def folder(plan: Any, tmp_path: Path) -> Path:
    folder = write(plan, tmp_path / "plan")
    for name in DECIDED:
        getattr(plan, name).to_csv(folder / f"{name}.csv", index=False)
    return folder


def found_in(report: AuditReport) -> set[str]:
    """The rules that a plan breaks; each breach is told in Chinese too."""
    check_breaches(report.breaches, [*NAMES, *MONEY_NAMES, *LIMITS, *CODES, "budgets", *TOLD["budgets"][1]])
    return set(report.breaches["rule"])


def test_a_sound_plan(plan: Any) -> None:
    assert plan.breaches.empty, plan.breaches
    assert audit(plan).ok, audit(plan).to_text()
    # every kind of decision is there, and the program's optimum is what the decisions give
    assert all(len(getattr(plan, name)) for name in DECIDED)
    assert plan.value == pytest.approx(plan.objective)


def test_a_sound_folder(folder: Path) -> None:
    assert audit(folder).ok, audit(folder).to_text()


@pytest.mark.parametrize("name", DECIDED)
def test_a_table_that_is_missing_or_damaged(folder: Path, name: str) -> None:
    path = folder / f"{name}.csv"
    content = path.read_text()
    path.write_text("")
    assert "file" in found_in(audit(folder))
    path.write_text(content.replace("p1", "p9"))
    assert found_in(audit(folder)) & {f"{name}:period", f"{name}:start"}
    path.write_text(content.rpartition(",")[0] + ",much\n")
    assert "file" in found_in(audit(folder))
    path.unlink()  # nothing is decided: and that is not what the plan states
    assert "figure" in found_in(audit(folder))


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        (name, row, column)
        for name, (_, columns) in DECISIONS.items()
        if name in DECIDED
        for column in columns
        for row in range(2)
        if (name, row) not in {("quota_trade", 1)}
    ],
)
def test_every_decision(plan: Any, table: str, row: int, column: str) -> None:
    frame = getattr(plan, table)
    if row >= len(frame):
        pytest.skip("there is one row")
    frame.loc[row, column] += 0.01
    assert not audit(plan).ok
    frame.loc[row, column] -= 0.02
    assert not audit(plan).ok


def test_every_cell_of_the_ledger(plan: Any) -> None:
    ledger = plan.ledger
    new = ledger[ledger["account"].str.startswith(NEW) & (ledger["value"] != 0)]
    assert {name.partition(".")[0] for name in new["account"]} == {name.rstrip(".") for name in NEW}
    # one of every account, where it is not the total
    for row in new.index[::5]:
        plan.ledger = ledger.copy()
        plan.ledger.loc[row, "value"] += 0.01
        report = audit(plan)
        account, jurisdiction, period = ledger.loc[row, ["account", "jurisdiction", "period"]]
        where = report.breaches.loc[report.breaches["rule"] == "figure", "where"]
        assert set(where) == {f"ledger {account}, {jurisdiction}, {period}"}


@pytest.mark.parametrize(
    ("account", "rule"),
    [
        ("finance.cash", "balance:cash"),
        ("finance.interest.bond", "balance:cash"),
        ("finance.repaid.loan", "balance:cash"),
        ("money.revenue", "balance:cash"),
        ("money.outlay", "balance:cash"),
        ("rise", "balance:uplift"),
    ],
)
def test_sums_that_do_not_come_out(plan: Any, account: str, rule: str) -> None:
    here = (plan.ledger["account"] == account) & (plan.ledger["jurisdiction"] == "total")
    plan.ledger.loc[here & (plan.ledger["period"] == "p2"), "value"] += 0.01
    assert found_in(audit(plan)) == {"figure", rule}


def test_raised_money_that_no_ledger_knows(plan: Any) -> None:
    # the accounts balance with what was raised: with more they do not
    plan.financing.loc[0, "raised"] += 0.01
    assert "balance:cash" in found_in(audit(plan))


def test_actors_who_pay_more_than_actors_receive() -> None:
    # shares that do not sum to 1 are refused when a study is read: here they were put in afterwards
    given = whole.whole()
    shares = given.tables["shares"].copy()
    shares.loc[shares["actor"] == "local", "share"] = 0.7
    broken = replace(given, tables={**given.tables, "shares": shares})
    parcels, projects = whole.choices()
    assert "balance:actors" in set(Evaluator(broken).evaluate(parcels, projects).breaches["rule"])
    assert "balance:actors" not in set(Evaluator(given).evaluate(parcels, projects).breaches["rule"])


def test_what_the_purse_receives_that_no_account_of_money_shows() -> None:
    # as recomputed, cash is what the purse receives and pays on all accounts, account by account
    evaluator = Evaluator(whole.whole())
    money, tables = evaluator.parts.money, evaluator.tables
    assert money is not None
    found = evaluator.evaluate(*whole.choices())
    here = found.ledger[found.ledger["jurisdiction"] == "total"]
    told = dict(zip(zip(here["account"], here["period"], strict=True), here["value"], strict=True))

    def figure(account: str, t: int) -> float:
        return float(told[account, tables.periods[t]])

    nothing = np.zeros(2)
    assert not list(money_breaches(money, figure, nothing, nothing, None))
    received = np.array([figure("money.revenue", t) * tables.lengths[t] + figure("money.receipts", t) for t in (0, 1)])
    paid = np.array([figure("money.cost", t) * tables.lengths[t] + figure("money.outlay", t) for t in (0, 1)])
    assert not list(money_breaches(money, figure, nothing, nothing, {"received": received, "paid": paid}))
    received[1] += 0.01
    (breach,) = money_breaches(money, figure, nothing, nothing, {"received": received, "paid": paid})
    assert breach.rule == "balance:cash"
    assert breach.where == "period p2"


@pytest.mark.parametrize("column", ["value", "bound", "slack"])
@pytest.mark.parametrize("first", [0, 1])
def test_every_row_of_the_limits(plan: Any, column: str, first: int) -> None:
    # every second row is changed: just these are found, one by one, and nothing else
    limits = plan.limits.copy()
    changed = limits.index[first::2]
    plan.limits.loc[changed, column] += np.linspace(0.01, 0.02, len(changed))
    wrong = audit(plan).breaches
    named = limits.loc[changed, ["limit", "jurisdiction", "period"]].to_numpy().tolist()
    assert sorted(wrong["where"]) == sorted(f"limit {', '.join(key)}: {column}" for key in named)


def test_rows_that_are_not_listed(plan: Any) -> None:
    limits = plan.limits
    needless = {"interest_share_fund", "quota_buy.land", "quota_sell.land"}
    for name in set(limits["limit"]):
        plan.limits = limits[limits["limit"] != name].reset_index(drop=True)
        # nothing is of the fund, and in one place a cap of trade is no row: such rows may be left out
        assert audit(plan).ok == (name in needless), name


def test_a_row_that_is_none(plan: Any) -> None:
    plan.limits = pd.concat([plan.limits, plan.limits.tail(1).assign(limit="cap")], ignore_index=True)
    assert found_in(audit(plan)) == {"figure"}


@pytest.mark.parametrize("prefix", ["money.", "finance.", "quota."])
def test_accounts_that_are_not_listed(plan: Any, prefix: str) -> None:
    plan.ledger = plan.ledger[~plan.ledger["account"].str.startswith(prefix)]
    assert "figure" in found_in(audit(plan))


def test_figures_that_nobody_asks_for_need_not_be_told(plan: Any) -> None:
    plan.ledger = plan.ledger[~plan.ledger["account"].str.startswith("gain.")]
    assert audit(plan).ok
    # but of an account that is told, all is
    gains = (plan.ledger["account"] == "finance.cash") & (plan.ledger["period"] == "p1")
    plan.ledger = plan.ledger[~gains]
    assert not audit(plan).ok


@pytest.mark.parametrize("figure", ["objective", "cash"])
def test_figures(plan: Any, figure: str) -> None:
    setattr(plan, figure, getattr(plan, figure) + 0.001)
    assert figure in set(audit(plan).breaches["where"])


def test_a_report_in_both_languages(plan: Any) -> None:
    plan.financing.loc[0, "instrument"] = "bill"
    report = audit(plan)
    assert "it is an instrument of the study" in report.to_text()
    assert "融资工具" in report.to_text("zh")
    json.dumps(report.to_dict("zh"), allow_nan=False)


class TestAffine:
    """What is left to decide, as rows and an objective, is what a plan of these decisions is found to be."""

    @pytest.mark.parametrize("seed", range(4))
    def test_rows_and_objective(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        given = whole.whole()
        evaluator = Evaluator(given)
        program = evaluator.affine(whole.CHOSEN, whole.STARTS)
        decisions = {column.name: float(rng.uniform(0, 2)) for column in program.columns}
        tables = brute.as_tables(evaluator, whole.STARTS, decisions)
        found = evaluator.evaluate(*whole.choices(), **tables)
        gains = found.ledger[found.ledger["jurisdiction"] == "total"].set_index("account")["value"]
        for column in program.columns:  # the positive parts are no decisions: they are what they must be
            if column.name.startswith("positive["):
                decisions[column.name] = max(0.0, float(gains[f"gain.actor.{column.name[9:-1]}"]))
        x = np.array([decisions[column.name] for column in program.columns])
        sides = program.matrix() @ x
        missed = {
            row.name: max(0.0, (row.right - side) if row.sense == ">=" else (side - row.right))
            for row, side in zip(program.rows, sides, strict=True)
        }
        penalty = sum(missed[row.name] * row.penalty for row in program.rows if row.penalty is not None)
        objective = program.constant + sum(worth * x[v] for v, worth in program.objective.items()) - penalty
        assert objective == pytest.approx(found.objective, abs=1e-9)
        hard = {row.name for row in program.rows if row.penalty is None}
        broken = {name for name in hard if missed[name] > 1e-6}
        rows = {where for where in found.breaches["where"] if "[" in where}
        limits = {name for name in broken if name.startswith("limit[")}
        assert rows == broken - limits
        assert len(found.breaches[found.breaches["rule"] == "limit"]) == len(limits)
        assert broken

    def test_bounds(self) -> None:
        program = Evaluator(whole.whole()).affine(whole.CHOSEN, whole.STARTS)
        high = {column.name: column.high for column in program.columns}
        assert all(column.low == 0 for column in program.columns)
        assert high["buy[land,total,p1]"] == 6.0  # two years of 3
        assert high["sell[land,total,p2]"] == 3.0
        assert high["raised[loan,p1]"] == np.inf

    def test_of_no_project(self) -> None:
        program = Evaluator(whole.whole()).affine(whole.CHOSEN, {})
        names = [column.name.partition("[")[0] for column in program.columns]
        assert "uplift" not in names
        assert not any("tram" in column.name for column in program.columns)

    def test_rules_that_no_decision_mends(self) -> None:
        given = whole.whole(projects=[{**whole.TABLES["projects"][0], "mandatory": 1}])
        evaluator = Evaluator(given)
        assert evaluator.affine(whole.CHOSEN, whole.STARTS).holds
        assert not evaluator.affine(whole.CHOSEN, {}).holds

    def test_value_is_for_studies_without_such_decisions(self) -> None:
        with pytest.raises(ValueError, match="affine"):
            Evaluator(whole.whole()).value(whole.CHOSEN, whole.STARTS)
        assert not Evaluator(study()).extended


def test_limits_on_gains_without_any_row() -> None:
    # a limit that reads gain.jurisdiction where nothing else is to be decided: the fast path
    limit = {"limit": "l", "account": "gain.jurisdiction", "sense": ">=", "value": 1.0}
    flows = [{"practice": "build", "account": "rent", "basis": "per_year", "value": 0.1}]
    shares = [{"account": "rent", "role": "receives", "actor": "farmers", "share": 1.0}]
    given = study(limits=[limit], practice_flows=flows, shares=shares)
    evaluator = Evaluator(given)
    assert not evaluator.extended
    assert not evaluator.value([("build", "p1")], {}).holds
    assert rules(evaluate(given, {"a": ("build", "p1")})) == {"limit"}
    loose = study(limits=[{**limit, "value": 0.4}], practice_flows=flows, shares=shares)
    assert Evaluator(loose).value([("build", "p1")], {}).holds
