"""The audit of cash flow, capture and distribution: sound ones hold, and no figure may be changed."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

import zonevest as zv
from tests import random_money
from tests.chinese import check_breaches
from tests.reports import whole
from tests.reports.audit_studies import MONEY_NAMES, NAMES
from tests.reports.drawn import plainly
from tests.reports.test_audit import write
from tests.reports.told import CODES, as_data
from zonevest.instances.study import StudyError
from zonevest.reports.audit import AuditReport, Evaluator, audit
from zonevest.reports.audit_cash import light
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_figures import Comparison
from zonevest.reports.audit_folder import Stated
from zonevest.reports.audit_tables_told import _compare
from zonevest.reports.audit_told import TOLD, told
from zonevest.reports.cash_flow import grade
from zonevest.reports.money import in_short

TABLES = {
    "cash_flow": ["value"], "capture": ["value"], "distribution": ["receives", "pays", "net"],
    "balance_sheet": ["value"], "circulation": ["value"],
}  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = whole.best_plan()
    folder = write(plan, tmp_path_factory.mktemp("told") / "plan")
    for name in DECISIONS:
        if hasattr(plan, name):
            getattr(plan, name).to_csv(folder / f"{name}.csv", index=False)
    return folder


def found(folder: Path, name: str, table: pd.DataFrame) -> AuditReport:
    """The audit of the folder with another table, which is put back afterwards."""
    path = folder / f"{name}.csv"
    before = path.read_bytes()
    try:
        table.to_csv(path, index=False)
        report = audit(folder)
    finally:
        path.write_bytes(before)
    check_breaches(report.breaches, [*NAMES, *MONEY_NAMES, *CODES])
    return report


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values={"value": [""], "net": [""]})


def test_sound_tables(sound: Path) -> None:
    report = audit(sound)
    assert report.ok, report.to_text()
    told = [str(name) for name in report.figures["quantity"]]
    assert all(any(name.startswith(f"{table}.csv") for name in told) for table in TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_changed_number_is_a_breach(sound: Path, name: str) -> None:
    """Just the numbers that were changed are found, whatever else is changed beside them."""
    table, column = read(sound, name), TABLES[name][0]
    rows = Random(7).sample(list(table.index[pd.to_numeric(table[column], errors="coerce").notna()]), 12)
    table[column] = table[column].astype(object)
    for at in rows:
        table.loc[at, column] = float(table.loc[at, column]) + 0.01
    keys = table.loc[rows, list(TOLD[name][0])].fillna("").astype(str).to_numpy().tolist()
    wrong = found(sound, name, table).breaches
    wrong = wrong.loc[wrong["rule"] == "figure", "where"]
    named = [f"{name}.csv, {', '.join(filter(None, key))}" for key in keys]
    assert sorted(wrong) == sorted(where + f", {column}" for where in named)


@pytest.mark.parametrize(
    ("name", "rows", "rule"),
    [
        ("cash_flow", "kind == 'source' and item == 'revenue'", "balance:cash"),
        ("cash_flow", "item == 'opening_cash' and period == 'p2'", "balance:cash"),
        ("capture", "item == 'left'", "balance:uplift"),
        ("distribution", "kind == 'money' and actor == 'outside'", "balance:actors"),
        ("distribution", "kind == 'gain' and actor == 'farmers'", "balance:actors"),
    ],
)
def test_what_must_come_out(sound: Path, name: str, rows: str, rule: str) -> None:
    table = read(sound, name)
    at = table.query(rows).index[0]
    for column in TABLES[name]:
        table[column] = table[column].astype(object)
    column = {"cash_flow": "value", "capture": "value", "distribution": "net" if "gain" in rows else "pays"}[name]
    table.loc[at, column] = float(table.loc[at, column]) + 0.5
    assert rule in set(found(sound, name, table).breaches["rule"])


@pytest.mark.parametrize("name", TABLES)
def test_rows_stand_once_and_none_is_missing(sound: Path, name: str) -> None:
    table = read(sound, name)
    assert not found(sound, name, table.drop(index=0)).ok
    assert not found(sound, name, pd.concat([table, table.iloc[[0]]])).ok
    strange, named = table.iloc[[0]].copy(), "instrument" if name == "balance_sheet" else "account"
    strange[named] = "levy" if strange[named].iloc[0] != "levy" else "tax"
    assert not found(sound, name, pd.concat([table, strange])).ok
    assert not found(sound, name, table.drop(columns=TABLES[name][0])).ok


def test_words_count_too(sound: Path) -> None:
    table = read(sound, "cash_flow")
    at = table.index[table["item"] == "debt_ratio"][0]
    table.loc[at, "grade"] = "red"
    assert not found(sound, "cash_flow", table).ok
    table = read(sound, "cash_flow")
    table.loc[0, "unit"] = "percent"
    assert not found(sound, "cash_flow", table).ok
    table = read(sound, "cash_flow").astype({"value": object})
    table.loc[0, "value"] = "much"
    assert "file" in set(found(sound, "cash_flow", table).breaches["rule"])


def test_a_missing_file(sound: Path) -> None:
    path = sound / "capture.csv"
    before = path.read_bytes()
    path.unlink()
    try:
        assert audit(sound).breaches["where"].tolist() == ["capture.csv"]
    finally:
        path.write_bytes(before)


def test_what_is_said_in_short(sound: Path) -> None:
    """Land rent, debt ratios and grades in plan.json are recomputed like the tables they are taken from."""
    path = sound / "plan.json"
    before = path.read_bytes()
    stated = json.loads(before)
    short = in_short(as_data(whole.best_plan()), {"cash_flow": read(sound, "cash_flow")})
    period = next(iter(short["debt_ratio"]))
    others = [
        {"land_rent": short["land_rent"] + 0.01},
        {"land_rent_share": None if short["land_rent_share"] else 0.5},
        {"debt_ratio": short["debt_ratio"] | {period: short["debt_ratio"][period] + 0.01}},
        {"debt_ratio": {}},
        {"risk_grade": short["risk_grade"] | {period: "grey"}},
        {"risk_grade": short["risk_grade"] | {"p9": "green"}},
    ]
    try:
        path.write_text(json.dumps(stated | {"money": short}), encoding="utf-8")
        assert audit(sound).ok, audit(sound).to_text()
        for other in others:
            path.write_text(json.dumps(stated | {"money": short | other}), encoding="utf-8")
            report = audit(sound)
            check_breaches(report.breaches, [*NAMES, *MONEY_NAMES, *CODES, "grey", "p9"])
            assert set(report.breaches["rule"]) == {"figure"}, other
    finally:
        path.write_bytes(before)


def test_balance_sheets_and_circulations_of_drawn_plans() -> None:
    """Any land, starts and financing: both arithmetics tell every row alike, and a changed row is seen."""
    for seed, facts in plainly(16):
        plan, evaluator = facts.plan, Evaluator(facts.study)
        decisions = {name: getattr(plan, name) for name in DECISIONS}
        decided = evaluator.evaluate(plan.parcels, plan.projects, **decisions).decided
        assert decided is not None
        truth, _ = told(evaluator, decided)
        for name, table in (("balance_sheet", facts.balance), ("circulation", facts.circulation)):
            stated = Stated()
            stated.hear(name, name, table)
            agreed, at = Comparison(), seed % len(table)
            _compare(agreed, name, stated.told[name], truth[name])
            assert not agreed.breaches, (seed, agreed.breaches)
            stated.told[name].loc[at, "value"] += 0.01 * max(1.0, abs(stated.told[name].loc[at, "value"]))
            changed = Comparison()
            _compare(changed, name, stated.told[name], truth[name])
            assert len(changed.breaches) == 1, (seed, name, table.iloc[at])


def test_both_know_the_same_grades() -> None:
    assert [light(value) for value in range(0, 400, 5)] == [grade(value) for value in range(0, 400, 5)]


def solved(seed: int) -> Any:
    """A plan of a random study with money; None where there is none."""
    try:
        plan = zv.solve(random_money.random_study(Random(seed)), time_limit=20.0)
    except StudyError:
        return None
    return plan if plan.has_plan else None


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_random_plans(seed: int) -> None:
    plan = solved(seed)
    if plan is None:
        return
    breaches = plan.audit.breaches
    assert breaches[breaches["where"].astype(str).str.contains(".csv", regex=False)].empty, plan.audit.to_text()
    flows, shares = plan.cash_flow(), plan.distribution()
    money = shares[shares["kind"].isin(["money", "transfer"])]
    assert money["receives"].sum() == pytest.approx(money["pays"].sum(), abs=1e-6)
    stated = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    for row in shares[shares["kind"] == "gain"].itertuples(index=False):
        assert row.net == pytest.approx(stated.get((row.account, "total", "total"), 0.0), abs=1e-6)
    for row in flows[flows["item"] == "closing_cash"].itertuples(index=False):
        assert row.value == pytest.approx(stated["finance.cash", "total", row.period], abs=1e-5)
    for row in flows[(flows["item"] == "debt") & (flows["instrument"] == "")].itertuples(index=False):
        if row.period != "start":
            assert row.value == pytest.approx(stated.get(("finance.debt", "total", row.period), 0.0), abs=1e-6)
