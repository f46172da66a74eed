"""One decision for all scenarios: what is decided now, what it is worth in each, and how good it is proven to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from zonevest.instances.study import period_names

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

Objective = Literal["expectation", "cvar", "regret"]
Interval = tuple[float, float]
PARCELS = ["parcel_id", "zone", "practice", "begins", "share"]
PROJECTS = ["project", "start"]


def _none(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


@dataclass
class Decision:
    """One decision for all scenarios; money is in the objective's unit, gains are over doing nothing in the scenario.

    Attributes
    ----------
    study : what was asked, without any scenario.
    objective : ``expectation``, ``cvar`` or ``regret``; `alpha` and `beta` of cvar.
    status : optimal (within the gap asked for), feasible (not proven), infeasible (no decision can be carried out in
        every scenario), no_plan (none was found in the time) or interrupted.
    message : what is to be known of it.
    probabilities : weight of each scenario; they sum to 1.
    value, bound, gap : what is maximised, what no decision can exceed, and (bound - value) / |value|. For regret the
        largest regret of the decision, the least that any decision must have, and their distance as a part of the
        decision's mean gain.
    values : gain of the decision by scenario, with the best that can be made of it there.
    alone, bounds : of each scenario's own best plan (as if it were known to come) the gain found, and what no plan of
        the scenario can exceed; None where none was found, or nothing is proven.
    mean_value : the expected gain of the decision.
    cvar : its mean gain over the worst part `beta` of probability.
    regret : by scenario, between which numbers the regret of the decision lies.
    perfect_information : the objective if every scenario were known before deciding (from `alone`).
    evpi : between which numbers the value of that knowledge lies; None where not known.
    vss : between which numbers lies what deciding for all scenarios is worth more than deciding for their mean; None
        where it is not known, or has no value as the mean's decision cannot be carried out (see `mean`).
    mean : of the mean's decision: gain by scenario; None where it cannot be carried out, or that was not found out.
    mean_status : solved, impossible (it cannot be carried out in every scenario), unknown, unsound (the means make no
        sound study), no_plan or none.
    mean_fails : the first scenario in which it cannot be carried out, where there is one.
    parcels : what is decided of land: parcel_id, zone, practice, begins (both blank: nothing begins now), share.
    projects : every project with its start now, blank where it does not start now.
    own : scenario -> the same two tables of its own best plan.
    plans : scenario -> its plan with this decision.
    unknown : numbers by which scenarios differ, a row a change: table, key, column, period, op and a column of amounts
        for each scenario.
    notes : further sentences.
    seconds : by step.
    settings : what was asked for.
    """

    study: Study
    objective: Objective
    status: str
    probabilities: dict[str, float]
    alpha: float = 0.0
    beta: float = 1.0
    message: str = ""
    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    values: dict[str, float] = field(default_factory=dict)
    alone: dict[str, float | None] = field(default_factory=dict)
    bounds: dict[str, float | None] = field(default_factory=dict)
    mean_value: float | None = None
    cvar: float | None = None
    regret: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    perfect_information: float | None = None
    evpi: Interval | None = None
    vss: Interval | None = None
    mean: dict[str, float | None] = field(default_factory=dict)
    mean_status: str = "none"
    mean_fails: str = ""
    parcels: pd.DataFrame = field(default_factory=lambda: _none(PARCELS))
    projects: pd.DataFrame = field(default_factory=lambda: _none(PROJECTS))
    own: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict, repr=False)
    plans: Mapping[str, PlanData] = field(default_factory=dict, repr=False)
    unknown: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def has_plan(self) -> bool:
        """Whether there is a decision."""
        return self.value is not None

    @property
    def ok(self) -> bool:
        """Whether the audit of every scenario's plan holds."""
        reports = [getattr(plan, "audit", None) for plan in self.plans.values()]
        return all(report is None or report.ok for report in reports)

    @property
    def periods_now(self) -> list[str]:
        """The names of the periods that are decided now."""
        names = period_names(self.study.periods)
        return names[: min(self.study.past, len(names) - 1) + 1]

    @property
    def summary(self) -> pd.DataFrame:
        """A row for each scenario: its weight, the decision's gain there, that of its own best plan, and regret."""
        rows = []
        for name, weight in self.probabilities.items():
            low, high = self.regret.get(name, (None, None))
            row = {"scenario": name, "probability": weight, "value": self.values.get(name)}
            row |= {"alone": self.alone.get(name), "bound": self.bounds.get(name)}
            rows.append(row | {"regret": low, "regret_at_most": high, "mean_decision": self.mean.get(name)})
        return pd.DataFrame(rows, columns=SUMMARY)

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        from zonevest.reports.decision_forms import decision_text

        return decision_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """For machines: what decision.json holds."""
        from zonevest.reports.decision_forms import to_dict

        return to_dict(self)

    def write(self, folder: str | Path, lang: str = "en") -> None:
        """Write decision.json, the tables, page and workbook, and a plan folder for each scenario.

        Raises
        ------
        FileExistsError
            If the folder exists.
        """
        from zonevest.reports.decision_forms import write_decision

        write_decision(self, Path(folder), lang)


SUMMARY = ["scenario", "probability", "value", "alone", "bound", "regret", "regret_at_most", "mean_decision"]
