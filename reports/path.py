"""The path of a plan: its milestones, what each step unlocks, and which steps cost most where they come later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.reports.path_forms import path_text, write_path
from zonevest.reports.path_steps import STEPS

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

DELAYS: Final = [
    "to", "estimate", "status", "cost", "least", "most", "by", "new_start", "cash", "ecosystem", "projects_moved",
    "projects_out", "projects_in", "held", "held_cost", "unlocks", "rank", "seconds",
]  # fmt: skip
"""Columns of the table of steps that tell of a delay."""
BREAKS: Final = ["step", "when", "row", "limit", "jurisdiction", "period", "by", "unit"]
HELD, ANY = "held", "any"
"""What breaks where a step comes later and all else is held; and in any plan in which it comes later."""
CANNOT: Final = "infeasible"
"""The status of a step that no plan has later."""


@dataclass(frozen=True)
class Milestones:
    """The path of a plan.

    Attributes
    ----------
    plan : the plan.
    milestones : a row for everything that has come about by the end of a period: ``period, kind`` (``begun, opened,
        closed`` projects, with the year; ``land`` and ``restoration`` whose use begins, ha; ``raised, repaid, cash,
        debt``, million; ``quota_used, quota_bought, quota_sold``; ``people``, ``social`` accounts, jobs among them;
        ``limit, quota, money, ratio``: rows of limits.csv), ``item`` (the project, zone, land action, instrument,
        quota, account or row), ``jurisdiction, value, unit``; ``rule`` (the row that holds it nearest; ``window`` of a
        project), ``margin`` to it in ``margin_unit`` (of a project: years until its last possible start), ``binding``;
        ``met_by`` (steps without which the row breaks) and ``needed_by`` (what the step unlocks; of a row: the steps
        that use most of it), separated by ``;``.
    steps : ``step`` (a project, or ``land:jurisdiction/zone/period``), ``kind`` (``project, land``), ``start, project,
        jurisdiction, zone, area_ha, parcels, capex``. Of a delay by a period: ``to`` (the next period; blank: there is
        none), ``estimate`` (what it costs at the plan's prices, million of the objective: for a small change, neither
        bound), ``status`` of the re-solve (blank: not solved again; ``infeasible``: it cannot come later), ``cost``
        (the plan's objective less that of the plan that was found), ``least`` and ``most``: between which the cost of
        the best plans lies, ``by``: what says so (``resolved``; ``held``: only the most, by the plan held; blank),
        ``new_start`` of a project that was solved again, ``cash, ecosystem`` (of the new plan less the plan's),
        ``projects_moved, projects_out, projects_in``; ``held``: whether the step may come later with all other land and
        projects as they are, and ``held_cost`` what that costs; ``unlocks``: how many steps and land actions it
        unlocks, ``rank`` by what a delay costs, ``seconds``.
    unlocks : ``step``; ``what`` it unlocks (``project, land, practice, row``) and ``target``; ``how`` (``requires,
        bundle, enables, site, pool, uplift, synergy, quota, money, limit, mandate``); ``direct``, or by way of ``via``;
        ``only``: no plan has the one without the other (else: not in this plan, all else as it is); the ``row`` that
        breaks, its ``jurisdiction, period``, and the ``amount`` of it that is the target's, in ``unit``.
    breaks : ``step, when`` (``held``: it comes a period later and all else is as it is, money found anew; ``any``: of
        a step that cannot come later: what would have to give), ``row, limit, jurisdiction, period, by, unit``.
    gap : to which steps were solved again.
    complete : whether all that was asked was done, or somebody stopped it.
    notes : what is to be known, as sentences.
    """

    plan: PlanData
    milestones: pd.DataFrame
    steps: pd.DataFrame
    unlocks: pd.DataFrame
    breaks: pd.DataFrame
    gap: float
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables, by name."""
        return {name: getattr(self, name) for name in ("milestones", "steps", "unlocks", "breaks")}

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        return path_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """For machines; what is not known, or has no end, is None."""
        told = {name: _plain(table).to_dict("records") for name, table in self.tables.items()}
        return {
            "study": self.plan.study.settings.name,
            "complete": self.complete,
            "gap": self.gap,
            "notes": list(self.notes),
            **told,
        }

    def write(self, folder: str | Path, lang: str = "en") -> tuple[Path, ...]:
        """Write tables as CSV and one workbook, a page with the picture, and the picture, into a new folder."""
        return write_path(self, Path(folder), lang)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).where(table.notna() & ~table.isin([np.inf, -np.inf]), None)


def ranked(found: Milestones) -> Milestones:
    """The steps in the order of what a delay costs: those that cannot come later first, then cost, then estimate."""
    steps = found.steps
    first = steps["status"].eq(CANNOT).to_numpy()
    cost = steps["cost"].astype(float).fillna(steps["estimate"].astype(float)).fillna(-np.inf).to_numpy()
    asked = (np.isfinite(cost) | first) & steps["asked"].to_numpy(dtype=bool)
    order = np.lexsort((-cost, ~first, ~asked))
    rank = np.full(len(steps), np.nan)
    rank[order[: int(asked.sum())]] = np.arange(1, int(asked.sum()) + 1)
    return replace(found, steps=steps.assign(rank=rank).iloc[order].reset_index(drop=True)[[*STEPS, *DELAYS]])
