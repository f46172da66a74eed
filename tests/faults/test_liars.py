"""No answer of a solver becomes a plan that does not hold, or a proof of what is not so (some 40 s)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import zonevest as zv
from tests.chinese import is_chinese
from tests.faults.fakes import LIES, lying
from tests.model.four import four
from tests.solvers.blocks import block
from tests.solvers.conftest import dense
from zonevest.cli import app
from zonevest.instances.say import Said, say
from zonevest.solvers import highs, master, rounds, supervise, trust
from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.by_prices import solve_by_prices
from zonevest.solvers.elastic import least_violation
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve

EXACT = SolveOptions(gap=0.0, time_limit=20.0, threads=1)


def program(*, whole: bool) -> Program:
    """A random covering and packing program of 12 columns and 6 rows; the point of nothing holds."""
    rng = np.random.default_rng(4)
    rows = rng.integers(0, 9, (6, 12)).astype(float)
    return dense(
        rng.integers(1, 20, 12).astype(float), rows, [-np.inf] * 6, 0.4 * rows.sum(axis=1), whole=whole, offset=2.0
    )


def best(of: Program) -> float:
    """What the program is worth, by another door: SciPy's."""
    matrix = np.zeros((of.n_rows, of.n_cols))
    matrix[of.index, of.entry_cols] = of.value
    found = milp(
        -of.cost,
        integrality=of.integer,
        bounds=Bounds(of.col_lower, of.col_upper),
        constraints=LinearConstraint(matrix, of.row_lower, of.row_upper),
        options={"mip_rel_gap": 0.0},
    )
    return float(-found.fun) + of.offset


BEST = {whole: best(program(whole=whole)) for whole in (True, False)}


@pytest.fixture(params=LIES)
def lying_solver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every HiGHS that is opened lies, in one way."""
    for module, name in ((highs, "opened"), (rounds, "opened"), (master, "growing")):
        monkeypatch.setattr(module, name, lying(getattr(module, name), LIES[request.param]))


def judge(solution: Solution, of: Program, true: float) -> None:
    """What is said may be less than what is so, never more."""
    if solution.x is not None:
        assert solution.value is not None
        assert of.violation(solution.x) <= 1e-6
        assert solution.value == pytest.approx(of.value_at(solution.x))
        assert solution.value <= true + 1e-6 * abs(true)
        assert not np.isnan(solution.bound)
        assert solution.bound >= solution.value
    else:
        assert solution.status in ("no_plan", "infeasible", "unbounded")
    if solution.status == "optimal":
        assert solution.value == pytest.approx(true, rel=1e-4)
    if solution.status != "optimal":
        assert isinstance(solution.message, Said)
        assert is_chinese(solution.message, ["HiGHS", "kUnknown", "kSolveError", "kNotset", "kPresolveError", *MORE])


MORE = ("kMemoryLimit", "RuntimeError", "out of its mind")


@pytest.mark.usefixtures("lying_solver")
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "continuous"])
@pytest.mark.parametrize("started", [True, False], ids=["start", "no start"])
def test_one_program(*, whole: bool, started: bool) -> None:
    of = program(whole=whole)
    start = np.zeros(of.n_cols) if started else None
    asked = SolveOptions(gap=0.0, time_limit=20.0, threads=1, start=start)
    for solver in (solve_here, solve):
        solution = solver(of, asked)
        judge(solution, of, BEST[whole])
        if started:  # what was known is not lost
            assert solution.x is not None
            assert solution.status != "infeasible"


@pytest.mark.usefixtures("lying_solver")
def test_shadow_prices_are_true_or_none() -> None:
    of = program(whole=False)
    prices = shadow_prices(of, np.zeros(of.n_cols), slice(0, 0), EXACT)
    if prices is not None:
        assert of.dual_bound(prices) == pytest.approx(BEST[False], rel=1e-4)


@pytest.mark.usefixtures("lying_solver")
def test_the_least_violation_is_a_point_or_none() -> None:
    of = program(whole=False)
    x = least_violation(of)
    assert x is None or (np.isfinite(x).all() and x.shape == (of.n_cols,))


@pytest.mark.usefixtures("lying_solver")
def test_prices() -> None:
    """By prices: a plan holds in all rows of the joined program, and no bound lies below the best plan."""
    given = block(3, groups=8, bounded=True)
    of = join(given)
    true = best(of)
    found = solve_by_prices(given, SolveOptions(gap=1e-3, time_limit=5.0, threads=1))
    if found.x is not None:
        assert of.violation(found.x) <= 1e-6
        assert found.value == pytest.approx(of.value_at(found.x), abs=1e-6)
    else:
        assert is_chinese(found.message)
        assert found.message
    assert not found.bound < true - 1e-6 * abs(true)
    assert found.status != "infeasible"
    if found.status == "optimal":
        assert found.value == pytest.approx(true, rel=2e-3)


@pytest.mark.usefixtures("lying_solver")
def test_a_whole_study() -> None:
    """Doing nothing needs no solver: it is the plan that is left, and the audit holds of whatever is told."""
    plan = zv.solve(four(), gap=0.0, threads=1, time_limit=20.0)
    assert plan.has_plan
    assert plan.audit is not None
    # what is not the best of money beside the land may state less than its decisions bring, which the audit tells
    assert set(plan.audit.breaches["where"]) <= {"objective"}, plan.audit.to_text()
    assert plan.objective is not None
    assert plan.objective <= TRUE + 1e-6
    if plan.status == "optimal":
        assert plan.objective == pytest.approx(TRUE)
    else:
        assert plan.status == "feasible"
        assert plan.message


TRUE = zv.solve(four(), gap=0.0, threads=1).objective or 0.0


def test_the_command_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A solver that does nothing at all: the plan that is left is doing nothing, not proven, and exit code 0 or 4."""
    monkeypatch.setattr(highs, "opened", lying(highs.opened, LIES["unknown"], dead=True))
    monkeypatch.setattr(rounds, "opened", lying(rounds.opened, LIES["unknown"], dead=True))
    monkeypatch.setattr(supervise, "FEW_COLUMNS", 10**9)
    with pytest.raises(SystemExit) as ended:
        app(["solve", "village", "-o", str(tmp_path / "plan"), "--method", "mip", "--json", "--lang", "zh"])
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["status"]) in ((0, "feasible"), (4, "no_plan"))
    assert "kUnknown" in told["message"]
    assert is_chinese(told["message"], ["HiGHS", "kUnknown"])


@pytest.mark.parametrize(("bound", "expected"), [(np.nan, np.inf), (5.0, 10.0), (10.0 - 1e-6, 10.0), (11.0, 11.0)])
def test_a_bound_beside_a_plan(bound: float, expected: float) -> None:
    if bound == 5.0:
        assert trust.bound_of(bound, 10.0, 10.0) == np.inf  # clearly wrong: no bound at all
    else:
        assert trust.bound_of(bound, 10.0, 10.0) == expected


def test_an_answer_that_breaks_rows_gives_way_to_the_start() -> None:
    of = program(whole=True)
    start = np.zeros(of.n_cols)
    broken = Solution(np.ones(of.n_cols), "optimal", 99.0, 99.0, 0.0, 1.0)
    told = trust.trusted(of, broken, SolveOptions(start=start))
    assert told.x is start
    assert (told.status, told.value, told.message) == ("feasible", of.value_at(start), trust.NO_POINT)
    told = trust.trusted(of, broken, SolveOptions())
    assert (told.x, told.status, told.value, told.gap) == (None, "no_plan", None, None)


def test_infeasible_beside_a_point_that_holds() -> None:
    of = program(whole=True)
    lie = Solution(None, "infeasible", None, -np.inf, None, 1.0, say("no point satisfies all rows"))
    told = trust.trusted(of, lie, SolveOptions(start=np.zeros(of.n_cols)))
    assert (told.status, told.bound) == ("feasible", np.inf)
    assert is_chinese(told.message)
