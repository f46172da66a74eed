"""What a solved program leaves to the next one like it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyomo.environ as pyo
import pytest

import zonevest as zv
from zonevest import api
from zonevest.solvers.master import BASIC, LOWER, Standing
from zonevest.solvers.warm import Warm


@cache
def divisible() -> zv.Study:
    return zv.read_study("village", {"divisible": True})


@cache
def first(method: api.Method) -> zv.Plan:
    return zv.solve(divisible(), method=method)


@pytest.mark.parametrize("method", ["mip", "prices"])
def test_the_same_study_from_its_plan_is_as_good(method: api.Method) -> None:
    before = first(method)
    again = zv.solve(divisible(), method=method, start=before)
    assert before.objective is not None
    assert again.objective is not None
    assert again.bound is not None
    assert again.objective >= before.objective * (1 - 1e-6)
    assert again.bound >= before.objective * (1 - 1e-6)
    assert again.audit is not None
    assert again.audit.ok


@pytest.mark.parametrize("method", ["mip", "prices"])
def test_a_start_that_breaks_a_new_row_is_not_passed_on(method: api.Method) -> None:
    before = first(method)
    assert before.ecosystem is not None
    policy = zv.policy_model(divisible())
    least = before.doing_nothing["ecosystem"] + before.ecosystem + 0.05 * abs(before.doing_nothing["ecosystem"])
    policy.more = pyo.Constraint(expr=least <= policy.F2)
    cold = zv.solve(divisible(), method=method, policy=policy, gap=1e-4)
    warm = zv.solve(divisible(), method=method, policy=policy, gap=1e-4, start=before)
    assert cold.has_plan == warm.has_plan
    if cold.has_plan:
        assert warm.doing_nothing["ecosystem"] + warm.ecosystem >= least - 1e-6 * abs(least)
        assert warm.objective == pytest.approx(cold.objective, rel=2e-4)


def test_prices_begin_where_a_program_like_it_ended() -> None:
    again = zv.solve(divisible(), method="prices", start=first("prices"))
    steps = [plan.settings["steps"] for plan in (first("prices"), again)]
    passes = [next(step for step in each if step["step"] == "prices") for each in steps]
    assert passes[1]["passes"] < passes[0]["passes"]


def test_rows_and_columns_are_known_by_name() -> None:
    class Before:
        group = np.zeros(2, dtype=np.int32)
        columns = ("a", "b")
        rows = ("r", "s")

    class After(Before):
        columns = ("b", "c")
        rows = ("t", "s")

    class More(Before):
        group = np.zeros(3, dtype=np.int32)

    class Outcome:
        asked = np.array([[1.0, 2.0], [3.0, 4.0]])
        used = np.array([[1, 0]])
        basic = np.array([True])
        standing = Standing(*(np.array(each, dtype=np.int8) for each in ([LOWER, 2], [BASIC], [2, 3], [0, 1], [1, 0])))

    warm = Warm.of(Before, np.array([0.0, 1.0, 5.0, 7.0]), Outcome)  # type: ignore[arg-type]
    assert warm.point(After).tolist() == [0.0, 1.0, 7.0, 0.0]  # type: ignore[arg-type, union-attr]
    assert warm.priced(After).tolist() == [[0.0, 2.0], [0.0, 4.0]]  # type: ignore[arg-type]
    assert warm.point(More) is None  # type: ignore[arg-type]
    stood = warm.stood(After, 1)  # type: ignore[arg-type]
    assert stood is not None
    told = stood.rows, stood.clusters, stood.columns, stood.below, stood.above
    # a row that is new stands by itself, a column that is new at its lower end
    assert [each.tolist() for each in told] == [[BASIC, 2], [BASIC], [3, LOWER], [LOWER, 1], [LOWER, 0]]
    assert warm.stood(After, 2) is None  # type: ignore[arg-type]
