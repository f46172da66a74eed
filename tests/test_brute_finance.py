"""Brute force with money: every choice of options and starts, what is left to decide solved by SciPy.

For each of them the audit's arithmetic leaves a linear program over finance, uplift, quotas and transfers; the best of
all must be what HiGHS finds for the package's program, which is built as `zonevest.solve` builds it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from tests import brute, random_money
from zonevest.instances.study import Study, StudyError
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.reports.audit import Evaluator
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

CASES = 48 if os.environ.get("CI") else 24
PARTS = 4
"""The cases run in so many tests, so that two processes can share them."""
MOST = 40
"""Choices of options and starts that are tried; studies with more are drawn again."""


def optimum(study: Study) -> float:
    """The proven optimum of the program that `zonevest.solve` hands to the solver."""
    ledger = Ledger(build_options(study))
    program = join(land_block(ledger, shared(compile_policy(policy_model(ledger)))))
    solution = solve_here(program, SolveOptions(gap=0.0, threads=1))
    if solution.status == "infeasible":
        return brute.NO_PLAN
    if solution.status == "unbounded":
        return math.inf
    assert solution.status == "optimal"
    assert solution.value is not None
    return solution.value


def part(number: int) -> Callable[[], None]:
    @seed(number)
    @settings(max_examples=CASES // PARTS, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True))
    def compare(rnd: Random) -> None:
        found = random_money.sound(rnd)
        assume(found is not None)
        assert found is not None
        study = found[-1]
        evaluator = Evaluator(study)
        assume(brute.count(evaluator) <= MOST)
        try:
            found_by_solver = optimum(study)
        except StudyError:  # a parcel without any option, a total of the base year below what is booked
            assume(False)
            raise
        best = max(brute.values(evaluator), default=brute.NO_PLAN)
        assert found_by_solver == pytest.approx(best, rel=1e-6, abs=1e-6)

    return compare


@pytest.mark.parametrize("number", range(PARTS))
def test_no_plan_with_money_is_better_than_the_optimum(number: int) -> None:
    part(number)()
