"""The audit: a plan recomputed from its study's tables and its choices alone (FORMULATION.md section 12).

It shares no code with the ledger, the model or the solver. What must hold: every choice is one that the
study's lines, locks and rules leave open; every parcel has one option; every project rule, limit and floor holds; area
is conserved; every draw, trade, transfer and hectare of uplift is one that the study admits, and the rows over them
hold; what is paid is received, uplift is captured or left to holders, and money goes where it came from; the ledger,
the limits' values, F1, F2 and the objective are what the decisions give; gap and bound fit the objective; and the
status fits the gap. A row holds when it is violated by at most 1e-6 x max(1, |bound|, its largest
|term|); a figure agrees when it differs by at most 1e-6 x max(1, |recomputed|).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from zonevest.instances.say import say, translate, translated
from zonevest.instances.study import Study
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_evaluate import Evaluation, Evaluator, Standing, Value, evaluate
from zonevest.reports.audit_figures import FIGURES, compare
from zonevest.reports.audit_folder import Stated, from_folder, from_plan
from zonevest.reports.audit_program import Affine
from zonevest.reports.audit_rules import Breach, table

__all__ = ["Affine", "AuditReport", "Evaluation", "Evaluator", "Value", "audit", "evaluate"]

SHOWN = 20
NO_PLAN = say("no plan to audit")
_WORDS = {
    "en": {
        "ok": "audit: all holds ({figures} figures recomputed)",
        "bad": "audit: {count} breach(es)",
        "none": "audit: no plan to audit",
        "no_plan": "audit: it holds that there is no plan (prices prove it)",
        "must": "must",
        "found": "found",
        "more": "… and {count} more",
    },
    "zh": {
        "ok": "审计：全部成立（复算 {figures} 个数值）",
        "bad": "审计：{count} 处不符",
        "none": "审计：没有可审计的方案",
        "no_plan": "审计：确无可行方案（已由价格证明）",
        "must": "应为",
        "found": "实为",
        "more": "……另有 {count} 处",
    },
}


class Grouping(Protocol):
    """Breaches put together."""

    def words(self, lang: str) -> list[str]:
        """A sentence for each."""

    def lines(self, lang: str) -> list[str]:
        """The sentences under headings, the first of them."""


@dataclass
class AuditReport:
    """What the audit found.

    Attributes
    ----------
    breaches : columns rule, where, must, found; everything that does not hold, wrong figures included, in English.
    figures : columns quantity, stated, recomputed, difference, ok.
    message : why nothing was audited, else ``""``.
    evaluation : the plan as recomputed, where it could be.
    no_plan : whether what was audited is the proof that there is no plan.
    left_out : what was not checked, and why, else ``""``.
    judged : what `evaluation` was made from where choices break rules: the evaluator, what stands, and the limits as
        stated; `zonevest.reports.breaches.in_words` takes it.
    grouped : what the choices break, put together and in words: those of `breaches` that come first, as many as
        `evaluation` has; None where none does.
    """

    breaches: pd.DataFrame = field(default_factory=lambda: table([]))
    figures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FIGURES))
    message: str = ""
    evaluation: Evaluation | None = field(default=None, repr=False)
    no_plan: bool = False
    left_out: str = ""
    judged: tuple[Evaluator, Standing, pd.DataFrame | None] | None = field(default=None, repr=False)
    grouped: Grouping | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether all holds."""
        return not self.message and self.breaches.empty and bool(self.figures["ok"].all())

    def in_language(self, lang: str) -> pd.DataFrame:
        """The breaches in another language (``zh``); rules, names and codes stay as they are."""
        return translated(self.breaches, lang)

    def told(self, lang: str) -> tuple[list[str], pd.DataFrame]:
        """A sentence for what each rule that the choices break is of, and the breaches that these do not tell."""
        rows = self.in_language(lang)
        if self.grouped is None or self.evaluation is None:
            return [], rows
        return self.grouped.words(lang), rows.iloc[len(self.evaluation.breaches) :]

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """The findings as plain values."""
        figures = [
            {name: None if isinstance(cell, float) and math.isnan(cell) else cell for name, cell in row.items()}
            for row in translated(self.figures.astype(object), lang).to_dict("records")
        ]
        breaches = self.in_language(lang).astype(object).to_dict("records")
        told = {"message": translate(self.message, lang), "left_out": translate(self.left_out, lang)}
        return {"ok": self.ok, **told, "words": self.told(lang)[0], "breaches": breaches, "figures": figures}

    def to_text(self, lang: str = "en") -> str:
        """The findings in words: one line if all holds, else what the choices break, and every other breach.

        Of these the first twenty.
        """
        words = _WORDS.get(lang, _WORDS["en"])
        if self.ok:
            holds = words["no_plan" if self.no_plan else "ok"].format(figures=len(self.figures))
            return "\n".join([holds, translate(self.left_out, lang)] if self.left_out else [holds])
        told, rows = self.told(lang)
        count, grouped = len(told) + len(rows), self.grouped.lines(lang) if self.grouped is not None else []
        lines = [words["none"] if self.message == NO_PLAN else words["bad"].format(count=count), *grouped]
        lines += [""] if grouped and len(rows) else []
        for row in rows.head(SHOWN).itertuples(index=False):
            lines += [f"• {row.rule}: {row.where}", f"    {words['must']}: {row.must}"]
            lines += [f"    {words['found']}: {row.found}"]
        if len(rows) > SHOWN:
            lines.append(words["more"].format(count=len(rows) - SHOWN))
        return "\n".join(lines)


def audit(plan: Any) -> AuditReport:
    """Recompute a plan and compare it with what it states.

    A folder that lacks a file, or has a damaged one, gives a report that says so.

    Parameters
    ----------
    plan
        A plan (anything with a plan's fields), or the path of a plan folder.
    """
    stated = from_folder(Path(plan)) if isinstance(plan, (str, Path)) else from_plan(plan)
    if not stated.has_plan:
        status = str(stated.figures.get("status") or "unknown")
        breach = Breach("plan", say("the plan"), say("there is a plan"), say("status {status}", status=status))
        return AuditReport(table([*stated.breaches, breach]), message=NO_PLAN)
    if stated.study is None or not {"parcels", "projects"} <= set(stated.tables):
        if not stated.breaches:
            must = say("it has a study, parcels and projects")
            stated.breaches.append(Breach("file", say("the plan"), must, say("it has not")))
        return AuditReport(table(stated.breaches))
    return _recompute(stated, stated.study)


def _recompute(stated: Stated, study: Study) -> AuditReport:
    places = set(stated.tables["ledger"]["jurisdiction"]) if "ledger" in stated.tables else set()
    evaluator = Evaluator(study, tags=places)
    decisions = {name: stated.tables.get(name) for name in DECISIONS}
    standing = evaluator.stand(stated.tables["parcels"], stated.tables["projects"])
    found = evaluator.judge(standing, decisions)
    compared = compare(stated, evaluator, found)
    own = table([*stated.breaches, *compared.breaches])
    parts = [frame for frame in (found.breaches, own) if len(frame)]
    breaches = pd.concat(parts, ignore_index=True) if parts else own
    judged = None if found.breaches.empty else (evaluator, standing, stated.tables.get("limits"))
    return AuditReport(breaches, compared.table(), "", found, judged=judged)
