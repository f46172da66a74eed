"""Two builds, written apart, say the same: row by row, column by column, on random small studies."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import random_studies
from tests.model.builds import complete, differences, fast
from zonevest.instances.study import Study, StudyError

CASES = 150 if os.environ.get("CI") else 50


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.studies(), st.booleans(), st.integers(0, 2))
def test_builds_agree(study: Study, divisible: bool, stage: int) -> None:
    goal, at = study.settings.objective, dict[str, Any]()
    if goal.method == "lexicographic" and stage:
        goal = replace(goal, order=tuple(dict.fromkeys([*goal.order, "cash", "ecosystem"])))
        stage = min(stage, len(goal.order) - 1)
        at = {"stage": stage, "earlier": dict.fromkeys(goal.order[:stage], 0.5)}
    study = study.with_settings(divisible=divisible, objective=goal)
    try:
        one = fast(study, **at)
    except StudyError:  # a parcel without any option
        assume(False)
    assert differences(one, complete(study, **at)) == []


@settings(max_examples=CASES // 2, suppress_health_check=list(HealthCheck))
@given(random_studies.twins())
def test_parcels_that_differ_in_one_cell_are_told_apart(study: Study) -> None:
    # the fast build takes parcels together that agree in everything that is asked of them
    try:
        one = fast(study)
    except StudyError:
        assume(False)
    assert differences(one, complete(study)) == []
