"""The columns of a comparison: plans, and beside them always doing nothing and what is decided already."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.model.plan import LEDGER, LIMITS, PlanData
from zonevest.reports.audit_cells import HOLD
from zonevest.reports.facts import Facts
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.reports.audit_enumerate import Enumerator
    from zonevest.reports.audit_evaluate import Evaluation, Evaluator

NOTHING, APPROVED = "doing_nothing", "approved"
"""The two columns that are always there."""


@dataclass(frozen=True)
class Side:
    """A column of a comparison.

    Attributes
    ----------
    name : of the column, unlike all others.
    plan : what stands in it; it may have no plan.
    broken : the hard rules that it breaks, as far as it was evaluated; None: it was not.
    penalty : what its soft rows cost.
    """

    name: str
    plan: PlanData
    broken: int | None = None
    penalty: float = 0.0

    @cached_property
    def facts(self) -> Facts | None:
        """What its tables are made from; None without a plan."""
        return Facts(completed(self.plan)) if self.plan.has_plan else None


def references(evaluator: Evaluator) -> list[Side]:
    """Doing nothing, and the approved plan: today's zones with what is decided; none where there is no such state.

    The approved plan holds all land in its approved zone, and carries out what the study commits to: mandatory projects
    from their first possible start on, and locked land actions likewise. It raises no new money.
    """
    study = evaluator.study
    if not study.has_doing_nothing:
        return []
    held, none = _held(evaluator), _projects(study, {})
    committed = {project: starts[1] for project in _mandatory(study) if len(starts := evaluator.starts(project)) > 1}
    return [
        _side(NOTHING, evaluator, held, none),
        _side(APPROVED, evaluator, _locked(evaluator, held), _projects(study, committed)),
    ]


def _mandatory(study: Study) -> list[str]:
    table = study.projects
    return list(map(str, table.loc[table["mandatory"].astype(bool), "project"]))


def _held(evaluator: Enumerator) -> pd.DataFrame:
    """All land as it is, as a plan's table of parcels."""
    parcels = evaluator.study.parcels
    return pd.DataFrame(
        {
            "parcel_id": parcels["parcel_id"].to_numpy(dtype=object),
            "zone": evaluator.tables.today_zone.astype(object) if len(parcels) else [],
            "practice": HOLD,
            "start": "",
            "class_before": parcels["land_class"].to_numpy(dtype=object),
            "class_after": parcels["land_class"].to_numpy(dtype=object),
            "share": 1.0,
        }
    )


def _locked(evaluator: Enumerator, held: pd.DataFrame) -> pd.DataFrame:
    """The same with locked land actions from their first open start on."""
    study, tables = evaluator.study, evaluator.tables
    found = held.copy()
    if not len(held):
        return found
    locked = study.parcels["locked_practice"].fillna("").astype(str).to_numpy()
    rows = study.practices.set_index("practice")
    for practice in sorted(set(locked) - {"", HOLD}):
        left = np.flatnonzero(locked == practice).astype(np.int64)
        zone, to_class = str(rows.loc[practice, "zone"]), str(rows.loc[practice, "to_class"] or "")
        for t, period in enumerate(tables.periods):
            opens = left[evaluator.why(left, practice, t) == ""]
            found.loc[opens, ["practice", "start", "zone"]] = [practice, period, zone]
            if to_class:
                found.loc[opens, "class_after"] = to_class
            left = np.setdiff1d(left, opens)
            if not len(left):
                break
    return found


def _projects(study: Study, starts: dict[str, str]) -> pd.DataFrame:
    table = study.projects
    start = table["project"].map(starts).astype(object).fillna("")
    capex = table["capex"].astype(float).fillna(0.0).where(start != "", 0.0)
    none: dict[str, Any] = dict.fromkeys(study.instruments["instrument"], 0.0)
    return pd.DataFrame({"project": table["project"].astype(object), "start": start, "capex": capex, **none})


def _side(name: str, evaluator: Evaluator, parcels: pd.DataFrame, projects: pd.DataFrame) -> Side:
    """A plan that raises nothing, as the audit evaluates it."""
    found = evaluator.evaluate(parcels, projects)
    return Side(name, as_plan(evaluator.study, found, parcels, projects), len(found.breaches), found.penalty)


def as_plan(study: Study, found: Evaluation, parcels: pd.DataFrame, projects: pd.DataFrame) -> PlanData:
    """What was evaluated as the data of a plan, without any of the policy's own decisions."""
    limits = found.limits.assign(shadow_price=np.nan, unit="").reindex(columns=LIMITS)
    nothing = found.doing_nothing
    return PlanData(
        study,
        "feasible",
        has_plan=True,
        objective=found.objective,
        cash=found.cash - nothing["cash"],
        ecosystem=found.ecosystem - nothing["ecosystem"],
        doing_nothing=dict(nothing),
        method="",
        parcels=parcels,
        projects=projects,
        ledger=found.ledger.reindex(columns=LEDGER),
        limits=limits[~found.limits["vacuous"].to_numpy(dtype=bool)].reset_index(drop=True),
    )
