"""Every plan of a small study, evaluated with the audit's arithmetic."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

NO_PLAN = -math.inf


@dataclass(frozen=True)
class Plan:
    """(practice, start) of every parcel, the start of every project (``""``: not built), and what the audit says."""

    options: Sequence[tuple[str, str]]
    starts: Mapping[str, str]
    objective: float
    holds: bool


def count(evaluator: Evaluator) -> int:
    """How many combinations of options and starts there are."""
    study = evaluator.study
    options = math.prod(len(evaluator.options(parcel)) for parcel in evaluator.parcel_ids)
    return options * math.prod(len(evaluator.starts(project)) for project in study.projects["project"])


def plans(study: Study, most: int) -> list[Plan] | None:
    """Every plan of open options and possible starts, None where there are more than `most`."""
    evaluator = Evaluator(study)
    if count(evaluator) > most:
        return None
    options = [evaluator.options(parcel) for parcel in evaluator.parcel_ids]
    names = list(study.projects["project"])
    starts = [evaluator.starts(project) for project in names]
    found = []
    for chosen in itertools.product(*options):
        for begun in itertools.product(*starts):
            by_project = dict(zip(names, begun, strict=True))
            value = evaluator.value(chosen, by_project)
            found.append(Plan(chosen, by_project, value.objective, value.holds))
    return found


def best(tried: Sequence[Plan]) -> float:
    """The objective value of the best plan that holds, NO_PLAN where none does."""
    return max((plan.objective for plan in tried if plan.holds), default=NO_PLAN)
