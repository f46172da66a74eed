"""Every plan of a small study, evaluated with the audit's arithmetic."""

from __future__ import annotations

import itertools
import math

from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

NO_PLAN = -math.inf


def plans(evaluator: Evaluator) -> int:
    """How many combinations of options and starts there are."""
    study = evaluator.study
    count = math.prod(len(evaluator.options(parcel)) for parcel in evaluator.parcel_ids)
    return count * math.prod(1 + len(evaluator.starts(project)) for project in study.projects["project"])


def best(study: Study, most: int) -> float | None:
    """The objective value of the best plan, NO_PLAN where none holds, None where there are more than `most` to try."""
    evaluator = Evaluator(study)
    if plans(evaluator) > most:
        return None
    options = [evaluator.options(parcel) for parcel in evaluator.parcel_ids]
    names = list(study.projects["project"])
    starts = [["", *evaluator.starts(project)] for project in names]
    value = NO_PLAN
    for chosen in itertools.product(*options):
        for begun in itertools.product(*starts):
            found = evaluator.value(chosen, dict(zip(names, begun, strict=True)))
            if found.holds:
                value = max(value, found.objective)
    return value
