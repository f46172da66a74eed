"""Shadow prices against what SciPy finds when a bound is moved, on the programs of random small studies with money."""

from __future__ import annotations

import os
from random import Random

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from tests import random_money
from zonevest.instances.read import make_study
from zonevest.instances.study import StudyError
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.program import Floats, Program

CASES = settings(max_examples=12 if os.environ.get("CI") else 6, suppress_health_check=list(HealthCheck))
ROWS = 12
"""Rows of a program whose bounds are moved."""


def divided(program: Program, x: Floats, first: int, row: int = 0, by: float = 0.0) -> float | None:
    """The best value with the whole columns from `first` on as they are at x and the others divided; None: no point.

    Parameters
    ----------
    row, by : whose finite bounds are moved by how much.
    """
    matrix = sparse.csr_array(
        sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
    )
    low, high = program.row_lower.copy(), program.row_upper.copy()
    low[row] += by
    high[row] += by
    held = program.integer & (np.arange(program.n_cols) >= first)
    at = np.rint(x)
    bounds = np.column_stack([np.where(held, at, program.col_lower), np.where(held, at, program.col_upper)])
    same = low == high
    above, below = np.isfinite(low) & ~same, np.isfinite(high) & ~same
    found = linprog(
        -program.cost,
        A_ub=sparse.vstack([matrix[below], -matrix[above]]),
        b_ub=np.concatenate([high[below], -low[above]]),
        A_eq=matrix[same],
        b_eq=low[same],
        bounds=bounds,
        method="highs",
    )
    return program.offset - float(found.fun) if found.status == 0 else None


@CASES
@given(st.randoms(use_true_random=True))
def test_a_price_is_what_a_moved_bound_is_worth(rnd: Random) -> None:
    found = random_money.sound(rnd)
    assume(found is not None)
    assert found is not None
    try:
        ledger = Ledger(build_options(found[-1]))
    except StudyError:
        assume(False)
        raise
    try:
        block = land_block(ledger, shared(compile_policy(policy_model(ledger))))
    except StudyError:
        assume(False)
        raise
    program, options = join(block), SolveOptions(gap=0.0, threads=1)
    x = solve_here(program, options).x
    assume(x is not None)
    assert x is not None
    first = len(block.group)
    prices = shadow_prices(program, x, slice(first, program.n_cols), options)
    assert prices is not None
    best = divided(program, x, first)
    assert best is not None
    size = 1e-6 * max(1.0, abs(best))
    rows = [block.groups + at for at in range(len(block.rows))]
    priced = [row for row in rows if abs(prices[row]) > 1e-9]
    others = [row for row in rows if row not in priced]
    for row in [*rnd.sample(priced, min(ROWS, len(priced))), *rnd.sample(others, min(3, len(others)))]:
        # a higher upper bound never hurts, nor does a lower lower bound
        if not np.isfinite(program.row_lower[row]):
            assert prices[row] >= -1e-9
        if not np.isfinite(program.row_upper[row]):
            assert prices[row] <= 1e-9
        for by in (1e-3, -1e-3, 0.5, -0.5):
            # The best value is concave in a bound: at no bound is it above the line that the price draws. From both
            # sides this says that the price lies between the one-sided differences, and is theirs where they agree.
            moved = divided(program, x, first, row, by)
            assert moved is None or moved <= best + prices[row] * by + size


@CASES
@given(st.randoms(use_true_random=True))
def test_a_row_with_room_has_no_price(rnd: Random) -> None:
    found = random_money.sound(rnd)
    assume(found is not None)
    assert found is not None
    try:
        ledger = Ledger(build_options(make_study({**found[0], "divisible": True}, **found[1])))
        block = land_block(ledger, shared(compile_policy(policy_model(ledger))))
    except StudyError:
        assume(False)
        raise
    program, options = join(block), SolveOptions(gap=0.0, threads=1)
    x = solve_here(program, options).x
    assume(x is not None)
    assert x is not None
    prices = shadow_prices(program, x, slice(len(block.group), program.n_cols), options)
    assert prices is not None
    # land is divided in the plan too: it is a best point of the program that the prices are of
    activity = program.row_activity(x)
    room = np.minimum(activity - program.row_lower, program.row_upper - activity)
    loose = room > 1e-5 * np.maximum(1.0, np.abs(activity))
    assert np.abs(prices[loose]).max(initial=0.0) <= 1e-6 * max(1.0, float(np.abs(prices).max(initial=0.0)))
