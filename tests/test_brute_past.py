"""Periods that have begun, by brute force: the program and the complete model against the audit's enumeration.

Some land and projects of random small studies have begun; rows of their periods are demanded of nobody, starts of the
others lie later. About 15 s.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st
from pyomo.contrib.solver.common.factory import SolverFactory
from pyomo.contrib.solver.common.util import NoFeasibleSolutionError

from tests import brute, random_money, random_studies
from tests.test_brute_finance import optimum
from zonevest.instances.study import Study, StudyError, period_names
from zonevest.model.complete import pyomo_model
from zonevest.reports.audit import Evaluator

CASES = 60 if os.environ.get("CI") else 24
MOST = 40
"""Choices of options and starts that are tried; studies with more are drawn again."""


def with_past(rnd: Random, study: Study) -> Study:
    """The study with its first period begun, some land and projects in it."""
    names = period_names(study.periods)
    begun = names[: rnd.randint(1, len(names))]
    evaluator = Evaluator(study)
    land, works = study.parcels.copy(), study.projects.copy()
    for at, name in enumerate(land["parcel_id"]):
        open_ = [(practice, start) for practice, start in evaluator.options(name) if start in begun]
        if open_ and rnd.random() < 0.5:
            land.loc[at, ["locked_practice", "locked_start"]] = rnd.choice(open_)
    for at, name in enumerate(works["project"]):
        starts = [start for start in evaluator.starts(name) if start in begun]
        if starts and rnd.random() < 0.5:
            works.loc[at, ["earliest", "latest"]] = rnd.choice(starts)
            works.loc[at, "mandatory"] = True
            works.loc[at, ["requires", "bundle", "exclusive_set"]] = ""
    return study.replace({"begun": begun[-1]}, parcels=land, projects=works)


def complete(study: Study) -> float:
    """The optimum of the complete Pyomo model."""
    model = pyomo_model(study)
    try:
        SolverFactory("highs").solve(model)
    except NoFeasibleSolutionError:
        return brute.NO_PLAN
    return float(pyo.value(next(model.component_data_objects(pyo.Objective, active=True))))


def drawn(rnd: Random, money: bool) -> Study:
    try:
        study = random_money.sound(rnd)[-1] if money else random_studies.random_study(rnd)  # type: ignore[index]
        assume(study.settings.objective.method != "lexicographic")
        past = with_past(rnd, study)
    except StudyError:  # a mandate that cannot be met any more, a parcel without any option
        assume(False)
        raise
    assume(brute.count(Evaluator(past)) <= MOST)
    return past


def part(number: int, money: bool) -> Callable[[], None]:
    @seed(number)
    @settings(max_examples=CASES // 2, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.randoms(use_true_random=True))
    def compare(rnd: Random) -> None:
        study = drawn(rnd, money)
        try:
            found = optimum(study)
        except StudyError:  # a parcel without any option, a total of the base year below what is booked
            assume(False)
            raise
        best = max(brute.values(Evaluator(study)), default=brute.NO_PLAN)
        assert found == pytest.approx(best, rel=1e-6, abs=1e-6)
        if number == 1 and np.isfinite(best):
            assert complete(study) == pytest.approx(best, rel=1e-6, abs=1e-6)

    return compare


test_money = part(1, True)
test_money_2 = part(2, True)
test_land = part(3, False)
