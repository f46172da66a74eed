"""Brute force: the solver's optimum is that of the best of all plans, each evaluated with the audit's arithmetic."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings

from tests import brute, random_studies
from zonevest.instances.study import Study, StudyError
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

CASES = 2000 if os.environ.get("CI") else 200
PARTS = 4
"""The cases run in so many tests, so that two processes can share them."""
MOST = 2000
"""Plans of a study that are tried; studies with more are drawn again."""


def optimum(study: Study) -> float:
    """What HiGHS finds, proven; brute.NO_PLAN where it proves that there is nothing."""
    ledger = Ledger(build_options(study))
    program = join(land_block(ledger, compile_policy(policy_model(ledger))))
    solution = solve_here(program, SolveOptions(gap=0.0))
    if solution.status == "infeasible":
        return brute.NO_PLAN
    assert solution.status == "optimal"
    assert solution.value is not None
    return solution.value


def part(number: int) -> Callable[[], None]:
    @seed(number)
    @settings(
        max_examples=CASES // PARTS,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(random_studies.studies())
    def compare(study: Study) -> None:
        best = brute.best(study, MOST)
        assume(best is not None)
        try:
            found = optimum(study)
        except StudyError:  # a parcel without any option
            assert best == brute.NO_PLAN
            return
        assert found == pytest.approx(best, rel=1e-6, abs=1e-6)

    return compare


@pytest.mark.parametrize("number", range(PARTS))
def test_no_plan_is_better_than_the_optimum(number: int) -> None:
    part(number)()
