"""The two builds of a study agree row by row and column by column, on random small studies without and with money."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from tests import random_features, random_money, random_studies
from tests.model.builds import complete, differences, fast
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.model.policy import ROW_FAMILIES

CASES = 40 if os.environ.get("CI") else 20
PARTS = 2
"""The cases with money run in so many tests, so that two processes can share them."""


def differing(study: Study, divisible: bool, stage: int) -> list[str]:
    """In what the builds of a study differ, at a stage where it is lexicographic; every row has a known family."""
    goal, at = study.settings.objective, dict[str, Any]()
    if goal.method == "lexicographic" and stage:
        goal = replace(goal, order=tuple(dict.fromkeys([*goal.order, "cash", "ecosystem"])))
        stage = min(stage, len(goal.order) - 1)
        at = {"stage": stage, "earlier": dict.fromkeys(goal.order[:stage], 0.5)}
    study = study.with_settings(divisible=divisible, objective=goal)
    try:
        one = fast(study, **at)
    except StudyError:  # a parcel without any option, a total of the base year below what is booked
        assume(False)
    families = {name.partition("[")[0] for name in one.rows}
    assert families <= {"assign", *ROW_FAMILIES}
    return differences(one, complete(study, **at))


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.studies(), st.booleans(), st.integers(0, 2))
def test_builds_agree(study: Study, divisible: bool, stage: int) -> None:
    assert differing(study, divisible, stage) == []


def part(number: int) -> Callable[[], None]:
    @seed(number)
    @settings(max_examples=CASES // PARTS, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True), st.booleans(), st.integers(0, 2), st.booleans())
    def compare(rnd: Random, divisible: bool, stage: int, lexicographic: bool) -> None:
        found = random_money.sound(rnd)
        assume(found is not None)
        assert found is not None
        chosen, tables, study = found
        if lexicographic:
            weights = chosen["objective"].get("accounts", {})
            order = rnd.choice([["cash", "ecosystem"], ["ecosystem", "cash"]]) + ["accounts"] * bool(weights)
            chosen["objective"] = {"method": "lexicographic", "order": order, "accounts": weights}
            study = make_study(chosen, **tables)
        assert differing(study, divisible, stage) == []

    return compare


@pytest.mark.parametrize("number", range(PARTS))
def test_builds_agree_with_money(number: int) -> None:
    part(number)()


@pytest.mark.skipif(not random_features.BUILT, reason="the policy has not all rows yet")
@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=True), st.booleans())
def test_builds_agree_with_all_features(rnd: Random, divisible: bool) -> None:
    found = random_features.sound(rnd)
    assume(found is not None)
    assert found is not None
    assert differing(found[-1], divisible, 0) == []


@settings(max_examples=CASES // 2, suppress_health_check=list(HealthCheck))
@given(random_studies.twins())
def test_parcels_that_differ_in_one_cell_are_told_apart(study: Study) -> None:
    # the fast build takes parcels together that agree in everything that is asked of them
    try:
        one = fast(study)
    except StudyError:
        assume(False)
    assert differences(one, complete(study)) == []
