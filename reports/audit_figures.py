"""The figures that a plan states, beside those that its choices give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from zonevest.reports.audit_cells import texts
from zonevest.reports.audit_evaluate import Evaluation, Evaluator
from zonevest.reports.audit_folder import Stated, number
from zonevest.reports.audit_rules import TOLERANCE, Breach

FIGURES = ["quantity", "stated", "recomputed", "difference", "ok"]
SHOWN = 20
Figure = tuple[str, float, float, float, bool]


def same(stated: float, recomputed: float) -> bool:
    """Whether two figures agree within 1e-6 x max(1, |recomputed|)."""
    return abs(stated - recomputed) <= TOLERANCE * max(1.0, abs(recomputed))


class Comparison:
    """Stated beside recomputed, figure by figure; what differs is a breach."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.breaches: list[Breach] = []

    def add(self, quantity: str, stated: Any, recomputed: float) -> None:
        """Compare one figure."""
        value = number(stated)
        if value is None:
            self.figures.append((quantity, math.nan, recomputed, math.nan, False))
            self.breaches.append(Breach("figure", quantity, f"{recomputed:.10g}", "not stated"))
            return
        ok = same(value, recomputed)
        self.figures.append((quantity, value, recomputed, value - recomputed, ok))
        if not ok:
            self.breaches.append(Breach("figure", quantity, f"{recomputed:.10g}", f"{value:.10g} is stated"))

    def wrong(self, rule: str, where: str, must: str, found: str) -> None:
        """Note what is no number."""
        self.breaches.append(Breach(rule, where, must, found))

    def table(self) -> pd.DataFrame:
        """All figures."""
        return pd.DataFrame(self.figures, columns=FIGURES)


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
    gap, status = number(stated.figures.get("gap")), str(stated.figures.get("status"))
    if status not in ("optimal", "feasible", "interrupted"):
        out.wrong("status", "plan", "a plan is optimal, feasible or interrupted", status)
    if objective is None:
        return
    if bound is None:
        if status == "optimal" or gap is not None:
            out.wrong("bound", "plan", "a gap, and status optimal, rest on a bound", "no bound is stated")
        return
    # what counts as a gain of nothing depends on a scale that only the solver knows
    size = max(1.0, abs(found.cash), abs(found.ecosystem), found.size)
    tolerance = TOLERANCE * max(1.0, abs(objective))
    distance = bound - objective
    if distance < -tolerance:
        out.wrong("bound", "plan", f"the bound is not below the objective {objective:.10g}", f"{bound:.10g}")
    if gap is None:
        out.wrong("gap", "plan", "a plan with a bound has a gap", "none is stated")
        return
    exact = max(distance, 0.0) / abs(objective) if objective else math.inf
    small = abs(objective) <= TOLERANCE * size
    fits = -TOLERANCE <= gap <= exact + TOLERANCE if small else abs(gap - exact) <= TOLERANCE * max(1.0, exact)
    # a distance within the tolerance is as good as none
    if not fits and not (gap == 0 and abs(distance) <= tolerance):
        out.wrong("gap", "plan", f"(bound - objective) / |objective| = {exact:.6g}", f"{gap:.6g}")
    settings = stated.figures.get("settings")
    asked = number(settings.get("gap")) if isinstance(settings, dict) else None
    # a solver's proof is as exact as its own tolerances
    near = tolerance + TOLERANCE / 100 * size
    within = asked is None or gap <= asked + TOLERANCE or distance <= asked * abs(objective) + near
    if status == "optimal" and asked is not None and not within:
        out.wrong("status", "plan", f"optimal is within the gap asked for, {asked:.6g}", f"a gap of {gap:.6g}")
    away = number(stated.figures.get("gap_total"))
    if abs(found.total) > TOLERANCE * size:
        exact = max(distance, 0.0) / abs(found.total)
        if away is None or abs(away - exact) > TOLERANCE * max(1.0, exact):
            told = "none is stated" if away is None else f"{away:.6g}"
            out.wrong("gap_total", "plan", f"(bound - objective) / |total| = {exact:.6g}", told)


def _keys(frame: pd.DataFrame, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(texts(frame, name) for name in names), strict=True))


def _twice(out: Comparison, table: str, keys: list[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    for key in keys:
        if key in seen:
            out.wrong("figure", f"{table}, {', '.join(key)}", "a row stands once", "it stands again")
        seen.add(key)


def _compare_limits(out: Comparison, stated: pd.DataFrame, found: pd.DataFrame) -> None:
    names = ["limit", "jurisdiction", "period"]
    theirs, ours = _keys(stated, names), _keys(found, names)
    _twice(out, "limits", theirs)
    at = {key: row for row, key in enumerate(theirs)}
    known = set(ours)
    for key in theirs:
        if key not in known:
            out.wrong("figure", f"limits, {', '.join(key)}", "a limit of the study", "there is none")
    for row, key in enumerate(ours):
        where = f"limit {', '.join(key)}"
        if key not in at:
            if not found["vacuous"].iloc[row]:
                out.wrong("figure", where, "the plan lists every limit", "it is not there")
            continue
        line, truth = stated.iloc[at[key]], found.iloc[row]
        if str(line["account"]) != str(truth["account"]):
            out.wrong("figure", f"{where}: account", str(truth["account"]), str(line["account"]))
        for column in ("value", "bound", "slack"):
            out.add(f"{where}: {column}", line[column], float(truth[column]))


def _silent(stated: Stated, evaluator: Evaluator) -> set[str]:
    """Built-in accounts of which the plan says nothing at all, and need not: nobody asks for money, or for gains."""
    told = set(stated.tables["ledger"]["account"])
    asked = evaluator.study.settings.finance is not None
    names = (account.name for account in evaluator.tables.accounts if account.name not in told)
    return {name for name in names if name.startswith("gain.") or (name.startswith("money.") and not asked)}


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
        where = f"ledger {row.account}, {row.jurisdiction}, {row.period}"
        out.wrong("figure", where, "an account, jurisdiction and period of the study", "there is none")
    both = both[both["_merge"] != "right_only"]
    listed = (both["_merge"] == "both").to_numpy()
    truth = both["value"].to_numpy(dtype=np.float64)
    told = np.where(listed, both["value_stated"].to_numpy(dtype=np.float64, na_value=np.nan), 0.0)
    expected = listed | ~(both["jurisdiction"].isin(tags) | both["account"].isin(silent)).to_numpy()
    difference = np.where(expected, told - truth, 0.0)
    agrees = np.abs(difference) <= TOLERANCE * np.maximum(1.0, np.abs(truth))
    worst = float(np.abs(difference[agrees]).max(initial=0.0))
    out.figures.append((f"ledger, {int(agrees.sum())} cells: largest difference", worst, 0.0, worst, True))
    wrong = np.flatnonzero(~agrees)
    for i in wrong[:SHOWN]:
        row = both.iloc[i]
        where = f"ledger {row['account']}, {row['jurisdiction']}, {row['period']}"
        out.add(where, told[i] if listed[i] else None, float(truth[i]))
    if len(wrong) > SHOWN:
        out.wrong("figure", "ledger", "every cell is as recomputed", f"{len(wrong)} are not (first {SHOWN} listed)")
    measures = both[listed & (both["measure"].astype(str) != both["measure_stated"].astype(str)).to_numpy()]
    for row in measures.head(SHOWN).itertuples(index=False):
        out.wrong("figure", f"ledger {row.account}: measure", str(row.measure), str(row.measure_stated))


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
            where = f"parcels {', '.join(ids[at][:5])}{f' … ({len(at)} in all)' if len(at) > 5 else ''}: {column}"
            out.wrong(f"choice:{column}", where, f"{truth[at[0]]}", f"{stated[at[0]] or 'nothing'}")


def _check_projects(out: Comparison, projects: pd.DataFrame, evaluator: Evaluator) -> None:
    """Every project is listed, with its capital cost where it is built."""
    known = evaluator.tables.projects
    listed = set(projects["project"])
    for name in known:
        if name not in listed:
            out.wrong("choice:project", f"project {name}", "the plan lists every project", "it is not there")
    if "capex" not in projects:
        return
    for row in projects.itertuples(index=False):
        if row.project in known:
            truth = float(known[str(row.project)]["capex"]) if row.start else 0.0
            out.add(f"capex of project {row.project}", row.capex, truth)
