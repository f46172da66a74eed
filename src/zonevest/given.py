"""A plan that somebody else drew: land and projects are given, the rest is worked out, and the audit judges it.

What is left to decide (money, uplift, quota trade, transfers) is found as the best beside land and projects. The
program for it is made of the audit's own rows, and what is decided is judged by the audit from decisions alone: nothing
here knows the ledger.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.api import Plan
from zonevest.handmade import HandMade, read_files, read_frames
from zonevest.instances.say import listed, say
from zonevest.model.builtin import built_in_accounts
from zonevest.model.plan import LIMITS
from zonevest.reports.audit import AuditReport
from zonevest.reports.audit_cells import HOLD
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_evaluate import Evaluation, Evaluator, Standing
from zonevest.reports.audit_rules import Breach, table
from zonevest.reports.breaches import breaches_of
from zonevest.reports.verdict import Verdict
from zonevest.solvers.answer import Progress
from zonevest.solvers.beside import Row, best_beside

if TYPE_CHECKING:
    from zonevest.instances.study import Study

__all__ = ["given_plan", "plan_from"]

METHOD = "given"
BROKEN = "broken"
"""The status of a plan that breaks rules, which no solver hands out."""
FACTS = ("draw", "fund_project", "lean", "reach", "open", "cap", "positive")
"""Rows that say how things are: money is drawn for what it pays, land enjoys a rise of value once."""
CASH_ROWS = ("cash", "reserve")
SETS = 2
"""How many other sets of broken rows are looked for."""
CASH, KEPT = 10.0, 100.0
"""How much rather cash is kept than other rows, and in other sets what was broken before."""
FACT = 10.0 * CASH * KEPT
MISSED = 1e-6
"""A row that is missed by less, relative to its bound, holds."""
SECONDS = 60.0
"""What each of the small programs may take."""


def plan_from(
    study: Study,
    *,
    parcels: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
    financing: pd.DataFrame | None = None,
    uplift: pd.DataFrame | None = None,
    quota_trade: pd.DataFrame | None = None,
    fund_transfers: pd.DataFrame | None = None,
    budget_transfers: pd.DataFrame | None = None,
) -> Plan:
    """Evaluate a plan that was drawn by hand.

    Parameters
    ----------
    parcels : parcel_id, practice, start, and if wanted zone and share. Parcels that are not listed, or whose practice
        is blank, are held as in doing nothing. None: all of them.
    projects : project, start; those that are not listed, or whose start is blank, are not built.
    financing, uplift, quota_trade, fund_transfers, budget_transfers : decisions as in a plan folder, taken as they are;
        None: the best that is possible beside the rest.

    Returns
    -------
    Plan
        With status feasible, or broken where it breaks rules: `plan.audit` says which, `plan.verdict` in the planner's
        words.

    Raises
    ------
    StudyError
        If the tables name what the study does not have, with all faults.
    """
    decided = {"financing": financing, "uplift": uplift, "quota_trade": quota_trade}
    decided |= {"fund_transfers": fund_transfers, "budget_transfers": budget_transfers}
    return _evaluated(study, read_frames(study, parcels, projects, decided))


def given_plan(
    study: Study,
    place: Path,
    projects: Path | None = None,
    *,
    on_progress: Callable[[Progress], object] | None = None,
) -> Plan:
    """The same from a folder, a workbook, or a file of parcels and one of projects.

    Raises
    ------
    StudyError
        As `plan_from`.
    """
    return _evaluated(study, read_files(study, place, projects), on_progress)


def _evaluated(study: Study, made: HandMade, on_progress: Callable[[Progress], object] | None = None) -> Plan:
    began, seconds, phases = perf_counter(), dict[str, float](), list[str]()

    def tell(phase: str) -> None:
        now = perf_counter()
        if phases:
            seconds[phases[-1]] = now - began - sum(seconds.values())
        phases.append(phase)
        if on_progress is not None:
            on_progress(Progress(phase, now - began, None, None, None))

    tell("options")
    evaluator = Evaluator(study)
    tell("nothing")
    parcels = _as_stated(evaluator, made.parcels)
    standing = evaluator.stand(parcels, made.projects)
    tell("solve")
    decided, holds, missed = _decided(evaluator, standing, made.decided)
    tell("audit")
    found = evaluator.judge(standing, decided)
    tell("")
    breaches = found.breaches
    if holds is None:
        where, must = (
            say("money and trade"),
            say("the best beside land and projects is found in {seconds:g} seconds", seconds=SECONDS),
        )
        breaches = pd.concat([breaches, table([Breach("beside", where, must, say("it was not"))])], ignore_index=True)
    report = AuditReport(breaches, evaluation=found)
    plan = _plan(study, evaluator, found, made, parcels, decided, report.ok)
    plan.seconds, plan.audit = seconds, report
    money, rows = evaluator.parts.money, breaches_of(evaluator, standing, found, breaches)
    rest = () if money is None else tuple(money.rest(t) for t in range(len(study.periods)))
    plan.verdict = Verdict(plan, rows, tuple(sorted(made.decided)), made.listed, rest, made.notes)
    if holds is False:
        tell("instead")
        plan.verdict.instead = list(_instead(evaluator, standing, made.decided, missed, plan.verdict.breaches))
        tell("")
    return plan


def _as_stated(evaluator: Evaluator, parcels: pd.DataFrame) -> pd.DataFrame:
    """The parcels table of a plan: zones that are left blank, and classes before and after, filled in."""
    tables = evaluator.tables
    at = np.array([tables.parcel[str(name)] for name in parcels["parcel_id"]], dtype=np.int64)
    practice = parcels["practice"].to_numpy(dtype=object)
    zones, classes = (
        {name: str(row[column]) for name, row in tables.practices.items()} for column in ("zone", "to_class")
    )
    zone = np.array([zones.get(name, "") for name in practice], dtype=object)
    zone[practice == HOLD] = tables.today_zone[at][practice == HOLD]
    before = np.asarray(tables.land_class[at], dtype=object)
    after = np.array([classes.get(name) or old for name, old in zip(practice, before, strict=True)], dtype=object)
    stated = parcels["zone"].to_numpy(dtype=object)
    columns = {"zone": np.where(stated == "", zone, stated), "class_before": before, "class_after": after}
    own = evaluator.study.parcels
    own = own[[name for name in own if name.startswith("x_")]].iloc[at].reset_index(drop=True)
    order = ["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]
    return pd.concat([parcels.assign(**columns)[order], own], axis=1)


def _instead(
    evaluator: Evaluator,
    standing: Standing,
    given: dict[str, pd.DataFrame],
    first: frozenset[str],
    breaches: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    """Other rows that may be broken in place of those that are, set by set: each time the earlier ones are kept first.

    A set that has all rows of an earlier one says nothing new, and ends the search; so does one in which a fact would
    have to be another. Rows that no money mends, as those of land, are among `breaches` to the same amount, and are not
    told again.
    """
    seen = [first]
    for _ in range(SETS):
        decided, _, missed = _decided(evaluator, standing, given, frozenset().union(*seen))
        facts = {name for name in missed if _is_fact(name)}
        if not missed or any(earlier <= missed for earlier in seen) or not facts <= first:
            return
        seen.append(missed)
        found = evaluator.judge(standing, decided)
        told = breaches_of(evaluator, standing, found, found.breaches)
        told = told[told["rule"].str.startswith(("limit", "row:"))]
        names = ["rule", "limit", "account", "jurisdiction", "period"]
        over = told[names].merge(breaches[[*names, "over"]].drop_duplicates(names), how="left", on=names)["over"]
        same = np.isclose(told["over"].to_numpy(dtype=float), over.to_numpy(dtype=float), rtol=1e-6, atol=1e-9)
        if not same.all():
            yield told[~same].reset_index(drop=True)


def _decided(
    evaluator: Evaluator,
    standing: Standing,
    given: dict[str, pd.DataFrame],
    kept: Collection[str] = (),
) -> tuple[dict[str, pd.DataFrame], bool | None, frozenset[str]]:
    """The decisions: those that are given, and the best of the others; whether rows hold, None if nothing was found.

    And which rows are missed, by name.

    Parameters
    ----------
    kept : rows that are missed only where there is no other way, by name.
    """
    left = evaluator.left(standing)
    columns = left.system.decisions
    fixed = evaluator.read(standing, left.system, given)
    tables = {
        "buy": "quota_trade",
        "sell": "quota_trade",
        "transfer": "fund_transfers",
        "budget_transfer": "budget_transfers",
    }
    known = np.array([tables.get(each.key[0], each.key[0]) in given for each in columns], dtype=bool)
    free = [v for v, is_known in enumerate(known) if not is_known and columns[v].counts]
    if not free:
        return given, True, frozenset()
    low = np.where(known, np.maximum(fixed, 0.0), 0.0)
    high = np.where(known, np.maximum(fixed, 0.0), np.array([each.high for each in columns]))
    rows = [
        Row(
            row.coefficients,
            row.sense == ">=",
            row.right,
            row.penalty,
            _dear(row.name, row.name in kept),
            _is_fact(row.name),
        )
        for row in left.rows
    ]
    goal = evaluator.study.settings.objective
    slack = goal.tolerance if goal.method == "lexicographic" else 0.0
    whole = [each.whole for each in columns]
    x, holds = best_beside(rows, left.objectives, low, high, whole, tolerance=slack, seconds=SECONDS)
    if x is None:
        return given, None, frozenset()
    missed = [
        name
        for name, row in zip((row.name for row in left.rows), rows, strict=True)
        if row.penalty is None and row.missed(x) > MISSED * max(1.0, abs(row.right))
    ]
    return evaluator.tell(left.system, np.where(known, 0.0, x)) | given, holds, frozenset(missed)


def _is_fact(row: str) -> bool:
    return row.partition("[")[0] in FACTS


def _dear(row: str, kept: bool) -> float:
    """How much rather a row is kept than others: cash, without which nothing is paid, and what is kept this time.

    Facts give only where decisions that are given leave no other way, and then as little as they can.
    """
    if _is_fact(row):
        return FACT
    return (CASH if row.partition("[")[0] in CASH_ROWS else 1.0) * (KEPT if kept else 1.0)


def _plan(
    study: Study,
    evaluator: Evaluator,
    found: Evaluation,
    made: HandMade,
    parcels: pd.DataFrame,
    decided: dict[str, pd.DataFrame],
    holds: bool,
) -> Plan:
    """The plan as data, with the audit's figures."""
    tables, nothing = evaluator.tables, found.doing_nothing
    packages = {name: version(name) for name in ("zonevest", "highspy", "numpy", "pandas")}
    packages["python"] = platform.python_version()
    scenario = {"scenario": study.scenario} if study.scenario else {}
    before = {"parcel_id": tables.ids, "zone": tables.today_zone, "land_class": tables.land_class}
    # what is never possible the model has no flows for, and so the tables of money leave it out
    starts = found.decided.choices.starts.items() if found.decided else ()
    never = [name for name, start in starts if tables.periods[start] not in evaluator.starts(name)]
    message = say(
        "projects that may not start when they do are left out of the tables of money: {names}", names=listed(never)
    )
    strange = found.nonconforming[["parcel_id", "zone"]].drop_duplicates("parcel_id")
    at = [tables.parcel[str(name)] for name in strange["parcel_id"]]
    return Plan(
        study,
        "feasible" if holds else BROKEN,
        has_plan=True,
        objective=found.objective,
        cash=found.cash - nothing["cash"],
        ecosystem=found.ecosystem - nothing["ecosystem"],
        doing_nothing=nothing if study.has_doing_nothing and len(study.parcels) else {},
        method=METHOD,
        message=message if never else "",
        versions=packages,
        limits_off=["finance"] if study.settings.finance is None else study.settings.finance.off(),
        settings={"method": METHOD, "given": sorted(made.decided)} | scenario,
        parcels=parcels,
        projects=_projects(study, made.projects, decided.get("financing")),
        ledger=_ledger(study, evaluator, found),
        limits=_limits(study, found.limits),
        **{name: decided[name][[*sum(DECISIONS[name], ())]] for name in DECISIONS if len(decided.get(name, ()))},
        before=pd.DataFrame(before, dtype=object),
        nonconforming=strange.assign(land_class=tables.land_class[at]).reset_index(drop=True),
    )  # fmt: skip


def _projects(study: Study, projects: pd.DataFrame, financing: pd.DataFrame | None) -> pd.DataFrame:
    """Every project with its start, its capital cost, and what each instrument funds of it."""
    table, built = study.projects, projects["start"].to_numpy(dtype=object) != ""
    out: dict[str, Any] = {name: projects[name].to_numpy() for name in ("project", "start")}
    out["capex"] = np.where(built, table["capex"].to_numpy(dtype=float), 0.0)
    drawn = {} if financing is None else financing.groupby(["instrument", "project"])["raised"].sum().to_dict()
    if study.settings.finance is not None:
        for name in study.instruments["instrument"]:
            out[name] = [float(drawn.get((name, each), 0.0)) for each in projects["project"]]
    return pd.DataFrame(out | {name: table[name].to_numpy() for name in table if name.startswith("x_")})


def _ledger(study: Study, evaluator: Evaluator, found: Evaluation) -> pd.DataFrame:
    """The ledger as plans state it: of built-in accounts what is not 0, and nothing of tags."""
    own, rows = set(study.accounts["account"]), found.ledger
    kept = ~rows["jurisdiction"].isin(evaluator.tags) & (rows["account"].isin(own) | (rows["value"] != 0.0))
    return rows[kept].reset_index(drop=True)


def _limits(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as limits.csv tells them; prices are not known."""
    units = built_in_accounts(study)["unit"].to_dict() | study.accounts.set_index("account")["unit"].to_dict()
    units |= dict(_quota_units(study, units))
    own = set(study.limits["limit"])
    out = rows[~rows["vacuous"]].reset_index(drop=True)
    unit = [
        unit_of(str(name), str(account), own, units) for name, account in zip(out["limit"], out["account"], strict=True)
    ]
    out = out.assign(shadow_price=np.nan, unit=unit)[LIMITS]
    kept = study.limits[["limit", *(name for name in study.limits if name.startswith("x_"))]]
    return out.merge(kept, on="limit", how="left") if kept.shape[1] > 1 else out


def _quota_units(study: Study, units: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What quotas are counted in: as what uses them, else as what generates them."""
    for quota, *accounts in study.quotas[["quota", "account_used", "account_generated"]].itertuples(index=False):
        account = next(filter(None, accounts), "")
        unit = units.get(account, "ha" if account.startswith("area.") else "")
        yield from ((name, unit) for name in (f"quota.{quota}", f"quota.{quota}.bought", f"quota.{quota}.sold"))


def unit_of(limit: str, account: str, own: set[str], units: dict[str, str]) -> str:
    """The unit of a row: its account's, of rows of money and gains million."""
    if limit in own or limit.startswith(("quota", "price_steps")):
        return units.get(account, "ha" if account.startswith("area.") else "")
    gains = account.startswith("gain.") and not limit.startswith("fund")
    if limit == "portfolio" or gains:
        return "million, present value"
    return "million/year" if account == "money.operating" else "million"
