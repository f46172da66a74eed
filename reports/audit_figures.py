"""The figures that a plan states, beside those that its choices give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from zonevest.instances.faults import within
from zonevest.instances.say import listed, say
from zonevest.reports.audit_cells import texts
from zonevest.reports.audit_evaluate import Evaluation, Evaluator
from zonevest.reports.audit_folder import Stated, number
from zonevest.reports.audit_limits import limit_at
from zonevest.reports.audit_rules import TOLERANCE, Breach, parcels_named
from zonevest.reports.audit_tables_told import compare_told

FIGURES = ["quantity", "stated", "recomputed", "difference", "ok"]
SHOWN = 20
Figure = tuple[str, float, float, float, bool]


def same(stated: float, recomputed: float, largest: float = 0.0) -> bool:
    """Whether two figures agree within 1e-6 x max(1, |recomputed|); of a sum, within 1e-8 of its largest term.

    Shares are written with finite digits: where large terms cancel, the difference is as exact as the terms are.
    """
    return abs(stated - recomputed) <= TOLERANCE * max(1.0, abs(recomputed), largest / 100.0)


class Comparison:
    """Stated beside recomputed, figure by figure; what differs is a breach."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.breaches: list[Breach] = []

    def add(self, quantity: str, stated: Any, recomputed: float, largest: float = 0.0) -> None:
        """Compare one figure; `largest` is the largest term of the sum that it is."""
        value = number(stated)
        if value is None:
            self.figures.append((quantity, math.nan, recomputed, math.nan, False))
            self.breaches.append(Breach("figure", quantity, f"{recomputed:.10g}", say("not stated")))
            return
        ok = same(value, recomputed, largest)
        self.figures.append((quantity, value, recomputed, value - recomputed, ok))
        if not ok:
            found = say("{value:.10g} is stated", value=value)
            self.breaches.append(Breach("figure", quantity, f"{recomputed:.10g}", found))

    def wrong(self, rule: str, where: str, must: str, found: str) -> None:
        """Note what is no number."""
        self.breaches.append(Breach(rule, where, must, found))

    def table(self) -> pd.DataFrame:
        """All figures."""
        out = pd.DataFrame(self.figures, columns=FIGURES)
        # a column of text would forget that these are sentences
        out["quantity"] = pd.Series([figure[0] for figure in self.figures], dtype=object)
        return out


def compare(stated: Stated, evaluator: Evaluator, found: Evaluation) -> Comparison:
    """Compare everything that a plan states with what was recomputed."""
    out = Comparison()
    _compare_worth(out, stated, evaluator, found)
    _check_certificate(out, stated, found)
    if "limits" in stated.tables:
        _compare_limits(out, stated.tables["limits"], found.limits)
    if "ledger" in stated.tables:
        _compare_ledger(out, stated.tables["ledger"], found.ledger, set(evaluator.tags), _silent(stated, evaluator))
        out.breaches += evaluator.balances(stated.tables["ledger"], found, stated.tables)
    compare_told(out, stated.told, stated.figures.get("money"), evaluator, found)
    if "parcels" in stated.tables:
        _check_classes(out, stated.tables["parcels"], evaluator)
    if "projects" in stated.tables:
        _check_projects(out, stated.tables["projects"], evaluator)
    return out


def _compare_worth(out: Comparison, stated: Stated, evaluator: Evaluator, found: Evaluation) -> None:
    nothing = found.doing_nothing
    out.add("objective", stated.figures.get("objective"), found.objective)
    out.add("cash", stated.figures.get("cash"), found.cash - nothing["cash"])
    out.add("ecosystem", stated.figures.get("ecosystem"), found.ecosystem - nothing["ecosystem"])
    told = stated.figures.get("doing_nothing")
    if evaluator.study.has_doing_nothing and (told or evaluator.tables.parcels):
        for name, value in nothing.items():
            out.add(f"doing_nothing {name}", told.get(name) if isinstance(told, dict) else None, value)


def _check_certificate(out: Comparison, stated: Stated, found: Evaluation) -> None:
    """Objective, bound, gap and status fit together: gap = (bound − objective) / max(|objective|, 1e-9 x scale)."""
    objective, bound = number(stated.figures.get("objective")), number(stated.figures.get("bound"))
    gap, status = number(stated.figures.get("gap")), stated.figures.get("status")
    if status not in ("optimal", "feasible", "interrupted"):
        out.wrong(
            "status",
            say("plan"),
            say("a plan is optimal, feasible or interrupted"),
            str(status) if status else say("none is stated"),
        )
    if objective is None:
        return
    if bound is None:
        if status == "optimal" or gap is not None:
            must = say("a gap, and status optimal, rest on a bound")
            out.wrong("bound", say("plan"), must, say("no bound is stated"))
        return
    # what counts as a gain of nothing depends on a scale that only the solver knows
    size = max(1.0, abs(found.cash), abs(found.ecosystem), found.size)
    tolerance = TOLERANCE * max(1.0, abs(objective))
    distance = bound - objective
    if distance < -tolerance:
        must = say("the bound is not below the objective {objective:.10g}", objective=objective)
        out.wrong("bound", say("plan"), must, f"{bound:.10g}")
    if gap is None:
        out.wrong("gap", say("plan"), say("a plan with a bound has a gap"), say("none is stated"))
        return
    exact = max(distance, 0.0) / abs(objective) if objective else math.inf
    small = abs(objective) <= TOLERANCE * size
    fits = -TOLERANCE <= gap <= exact + TOLERANCE if small else abs(gap - exact) <= TOLERANCE * max(1.0, exact)
    # a distance within the tolerance is as good as none
    if not fits and not (gap == 0 and abs(distance) <= tolerance):
        must = say("(bound - objective) / |objective| = {gap:.6g}", gap=exact)
        out.wrong("gap", say("plan"), must, f"{gap:.6g}")
    settings = stated.figures.get("settings")
    asked = number(settings.get("gap")) if isinstance(settings, dict) else None
    # a solver's proof is as exact as its own tolerances
    near = tolerance + TOLERANCE / 100 * size
    apart = (number(settings.get("gap_absolute")) if isinstance(settings, dict) else None) or 0.0
    within = asked is None or gap <= asked + TOLERANCE or distance <= max(asked * abs(objective), apart) + near
    if status == "optimal" and asked is not None and not within:
        must = say("optimal is within the gap asked for, {gap:.6g}", gap=asked)
        out.wrong("status", say("plan"), must, say("a gap of {gap:.6g}", gap=gap))
    away = number(stated.figures.get("gap_total"))
    if abs(found.total) > TOLERANCE * size:
        exact = max(distance, 0.0) / abs(found.total)
        if away is None or abs(away - exact) > TOLERANCE * max(1.0, exact):
            must = say("(bound - objective) / |total| = {gap:.6g}", gap=exact)
            out.wrong("gap_total", say("plan"), must, say("none is stated") if away is None else f"{away:.6g}")


def _of(where: str, column: str) -> str:
    return say("{where}: {what}", where=where, what=column)


def _ledger(*key: object) -> str:
    return say("ledger {row}", row=listed(map(str, key)))


def _keys(frame: pd.DataFrame, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(texts(frame, name) for name in names), strict=True))


def _twice(out: Comparison, table: str, keys: list[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    for key in keys:
        if key in seen:
            out.wrong("figure", within(table, listed(key)), say("a row stands once"), say("it stands again"))
        seen.add(key)


def _limits_named(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Limit, jurisdiction and period of every row; of price steps, which may be of several, the hectares too."""
    rows = _keys(frame, ["limit", "jurisdiction", "period", "account"])
    return [(*key, *([account] if key[0].startswith("price_steps.") else [])) for *key, account in rows]


def _compare_limits(out: Comparison, stated: pd.DataFrame, found: pd.DataFrame) -> None:
    theirs, ours = _limits_named(stated), _limits_named(found)
    _twice(out, "limits", theirs)
    at = {key: row for row, key in enumerate(theirs)}
    known = set(ours)
    for key in theirs:
        if key not in known:
            out.wrong("figure", within("limits", listed(key)), say("a limit of the study"), say("there is none"))
    for row, key in enumerate(ours):
        where = limit_at(key)
        if key not in at:
            if not found["vacuous"].iloc[row]:
                out.wrong("figure", where, say("the plan lists every limit"), say("it is not there"))
            continue
        line, truth = stated.iloc[at[key]], found.iloc[row]
        if str(line["account"]) != str(truth["account"]):
            out.wrong("figure", _of(where, "account"), str(truth["account"]), str(line["account"]))
        for column in ("value", "bound", "slack"):
            out.add(_of(where, column), line[column], float(truth[column]), float(truth["largest"]))


def _silent(stated: Stated, evaluator: Evaluator) -> set[str]:
    """Built-in accounts of which the plan says nothing at all, and need not: money, gains or assets nobody asks for."""
    told = set(stated.tables["ledger"]["account"])
    asked = evaluator.study.settings.finance is not None
    names = (account.name for account in evaluator.tables.accounts if account.name not in told)
    need = ("gain.", "asset.", *(() if asked else ("money.",)))
    return {name for name in names if name.startswith(need)}


def _compare_ledger(
    out: Comparison, stated: pd.DataFrame, found: pd.DataFrame, tags: set[str], silent: set[str]
) -> None:
    """Every cell of the ledger; a cell that is not listed is 0 (those of tags, and silent accounts, need not be)."""
    names = ["account", "jurisdiction", "period"]
    again = stated.duplicated(names)
    if again.any():
        _twice(out, "ledger", _keys(stated[stated.duplicated(names, keep=False)], names))
    both = found.merge(stated[~again], on=names, how="outer", suffixes=("", "_stated"), indicator=True)
    strange = both[both["_merge"] == "right_only"]
    for row in strange.head(SHOWN).itertuples(index=False):
        must = say("an account, jurisdiction and period of the study")
        out.wrong("figure", _ledger(row.account, row.jurisdiction, row.period), must, say("there is none"))
    both = both[both["_merge"] != "right_only"]
    there = (both["_merge"] == "both").to_numpy()
    truth = both["value"].to_numpy(dtype=np.float64)
    told = np.where(there, both["value_stated"].to_numpy(dtype=np.float64, na_value=np.nan), 0.0)
    expected = there | ~(both["jurisdiction"].isin(tags) | both["account"].isin(silent)).to_numpy()
    difference = np.where(expected, told - truth, 0.0)
    agrees = np.abs(difference) <= TOLERANCE * np.maximum(1.0, np.abs(truth))
    worst = float(np.abs(difference[agrees]).max(initial=0.0))
    quantity = say("ledger, {count} cells: largest difference", count=int(agrees.sum()))
    out.figures.append((quantity, worst, 0.0, worst, True))
    wrong = np.flatnonzero(~agrees)
    for i in wrong[:SHOWN]:
        row = both.iloc[i]
        where = _ledger(row["account"], row["jurisdiction"], row["period"])
        out.add(where, told[i] if there[i] else None, float(truth[i]))
    if len(wrong) > SHOWN:
        left = say("{count} are not (first {shown} listed)", count=len(wrong), shown=SHOWN)
        out.wrong("figure", say("ledger"), say("every cell is as recomputed"), left)
    measures = both[there & (both["measure"].astype(str) != both["measure_stated"].astype(str)).to_numpy()]
    for row in measures.head(SHOWN).itertuples(index=False):
        out.wrong("figure", _of(_ledger(row.account), "measure"), str(row.measure), str(row.measure_stated))


def _check_classes(out: Comparison, parcels: pd.DataFrame, evaluator: Evaluator) -> None:
    """The class before is today's, the class after that of the practice."""
    tables = evaluator.tables
    to_class = {name: str(row["to_class"]) for name, row in tables.practices.items()}
    ids = texts(parcels, "parcel_id")
    known = np.array([name in tables.parcel for name in ids], dtype=bool)
    before = np.array(
        [tables.land_class[tables.parcel[name]] if ok else "" for name, ok in zip(ids, known, strict=True)],
        dtype=object,
    )
    target = np.array([to_class.get(str(name), "") for name in texts(parcels, "practice")], dtype=object)
    after = np.where(target == "", before, target)
    for column, truth in (("class_before", before), ("class_after", after)):
        stated = texts(parcels, column)
        at = np.flatnonzero(known & (stated != truth))
        if len(at):
            where = _of(parcels_named(list(ids[at])), column)
            out.wrong(f"choice:{column}", where, str(truth[at[0]]), str(stated[at[0]]) or say("nothing"))


def _check_projects(out: Comparison, projects: pd.DataFrame, evaluator: Evaluator) -> None:
    """Every project is listed, with its capital cost where it is built."""
    known = evaluator.tables.projects
    there = set(projects["project"])
    for name in known:
        if name not in there:
            where = say("project {project}", project=name)
            out.wrong("choice:project", where, say("the plan lists every project"), say("it is not there"))
    if "capex" not in projects:
        return
    for row in projects.itertuples(index=False):
        if row.project in known:
            truth = float(known[str(row.project)]["capex"]) if row.start else 0.0
            out.add(say("capex of project {project}", project=row.project), row.capex, truth)
