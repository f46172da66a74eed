"""Brute force: all plans of a small study, each evaluated with the audit's arithmetic.

The solver's program must find each of them worth the same and break a row for the same ones, and HiGHS must find the
best of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from numpy.typing import NDArray
from scipy import sparse

from tests import brute, random_studies
from zonevest.instances.study import Study, StudyError
from zonevest.model.compiled import compile_policy
from zonevest.model.land import Block, land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.reports.audit import Evaluator
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.program import Program

CASES = 1000 if os.environ.get("CI") else 200
"""Of 1,000 the rarest of the row families that these studies have, `bundle`, is in 61."""
PARTS = 4
"""The cases run in so many tests, so that two processes can share them."""
MOST = 1000
"""Plans of a study that are tried; studies with more are drawn again."""


def build(study: Study) -> tuple[Ledger, Block, Program]:
    """The program that the package solves, and what it was made of."""
    ledger = Ledger(build_options(study))
    block = land_block(ledger, compile_policy(policy_model(ledger)))
    return ledger, block, join(block)


def solved(program: Program) -> float:
    """What HiGHS finds, proven; brute.NO_PLAN where it proves that there is nothing."""
    solution = solve_here(program, SolveOptions(gap=0.0))
    if solution.status == "infeasible":
        return brute.NO_PLAN
    assert solution.status == "optimal"
    assert solution.value is not None
    return solution.value


def optimum(study: Study) -> float:
    """The proven optimum of a study."""
    return solved(build(study)[2])


def columns(
    ledger: Ledger, block: Block, program: Program, tried: Sequence[brute.Plan]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The plans as the program has them: what each is worth, and whether every row holds."""
    study = ledger.study
    periods = [period.name for period in study.periods]
    column = {name: at for at, name in enumerate([*ledger.options.names(), *block.columns])}
    x = np.zeros((len(tried), program.n_cols))
    for row, plan in enumerate(tried):
        for parcel, (practice, start) in zip(study.parcels["parcel_id"], plan.options, strict=True):
            x[row, column[parcel, practice, start]] = 1.0
        for project, start in plan.starts.items():
            for period in periods[periods.index(start) if start else len(periods) :]:
                x[row, column[f"U[{project},{period}]"]] = 1.0
    matrix = sparse.csc_array(
        (program.value, program.index, program.start), shape=(program.n_rows, program.n_cols)
    ).toarray()
    low, high, activity = program.row_lower, program.row_upper, x @ matrix.T
    for at, name in enumerate(block.columns, start=len(block.group)):
        if name.startswith(("short[", "excess[")):  # the least that its row needs
            (row,) = np.flatnonzero(matrix[:, at])
            missing = low[row] - activity[:, row] if name.startswith("short[") else activity[:, row] - high[row]
            x[:, at] = np.maximum(missing, 0.0)
    activity = x @ matrix.T
    size = np.maximum(1.0, np.where(np.isfinite(low), np.abs(low), np.where(np.isfinite(high), np.abs(high), 0.0)))
    holds = (activity >= low - 1e-6 * size).all(axis=1) & (activity <= high + 1e-6 * size).all(axis=1)
    holds &= (x >= program.col_lower - 1e-9).all(axis=1) & (x <= program.col_upper + 1e-9).all(axis=1)
    return x @ program.cost + program.offset, holds


def part(number: int) -> Callable[[], None]:
    @seed(number)
    @settings(
        max_examples=CASES // PARTS,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(random_studies.studies())
    def compare(study: Study) -> None:
        evaluator = Evaluator(study)
        tried = brute.plans(evaluator, MOST)
        assume(tried is not None)
        assert tried is not None
        try:
            ledger, block, program = build(study)
        except StudyError:  # a parcel without any option
            assert not tried
            return
        options = {(i, *option) for i in evaluator.parcel_ids for option in evaluator.options(i)}
        assert set(ledger.options.names()) == options
        worth, holds = columns(ledger, block, program, tried)
        assert worth == pytest.approx([plan.objective for plan in tried], rel=1e-6, abs=1e-6)
        assert holds.tolist() == [plan.holds for plan in tried]
        assert solved(program) == pytest.approx(brute.best_of(tried), rel=1e-6, abs=1e-6)

    return compare


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
def test_no_plan_is_better_than_the_optimum(number: int) -> None:
    part(number)()
