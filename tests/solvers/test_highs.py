"""What `solve_here` says of programs whose answer is known, and what it never says."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chinese import is_chinese
from tests.solvers.conftest import dense
from zonevest.instances.say import translate
from zonevest.solvers import highs as module
from zonevest.solvers.answer import gap_of, within
from zonevest.solvers.highs import HOLDS, SolveOptions, polished
from zonevest.solvers.program import Program
from zonevest.solvers.scaling import scaled

INF = np.inf
EXACT = SolveOptions(gap=0.0, time_limit=60.0)
# Any: a point or value that is missing where a test expects one is the test's failure, not a type's
solve_here: Any = module.solve_here


@dataclass(frozen=True)
class Known:
    """A program (arguments of the `make` fixture) and its answer."""

    name: str
    args: tuple[Any, ...]
    more: dict[str, Any]
    status: str
    value: float | None = None
    x: tuple[float, ...] | None = None


FREE = {"columns": (0.0, INF)}
KNOWN = [
    # 5a + 4b + 3c with 2a + 3b + c <= 5, 4a + b + 2c <= 11, 3a + 4b + 2c <= 8: a = 2, c = 1 whole or not
    Known(
        "book", ([5, 4, 3], [[2, 3, 1], [4, 1, 2], [3, 4, 2]], [-INF] * 3, [5, 11, 8]), FREE, "optimal", 13, (2, 0, 1)
    ),
    Known(
        "book, continuous",
        ([5, 4, 3], [[2, 3, 1], [4, 1, 2], [3, 4, 2]], [-INF] * 3, [5, 11, 8]),
        {**FREE, "whole": False},
        "optimal",
        13,
        (2, 0, 1),
    ),
    # 2a + 2b <= 3: one of them, not one and a half
    Known("rounding down", ([1, 1.5], [[2, 2]], [-INF], [3]), {}, "optimal", 1.5, (0, 1)),
    Known("least", ([-1, -2], [[1, 1]], [1], [INF]), {}, "optimal", -1, (1, 0)),
    Known("offset", ([-1, -2], [[1, 1]], [1], [INF]), {"offset": 10.0}, "optimal", 9, (1, 0)),
    Known(
        "mixed",
        ([3, -1], [[2, -1]], [-INF], [0.5]),
        {"columns": (0.0, [1, INF]), "whole": [1, 0]},
        "optimal",
        1.5,
        (1, 1.5),
    ),
    Known("no rows", ([1, -1],), {"columns": (0.0, 1.5)}, "optimal", 1, (1, 0)),
    Known("no rows, continuous", ([1, -1],), {"columns": (0.0, 1.5), "whole": False}, "optimal", 1.5, (1.5, 0)),
    Known("no objective", ([0, 0], [[1, 1]], [2], [2]), {"offset": 2.0}, "optimal", 2, (1, 1)),
    Known("no columns", ([], [], [-1], [1]), {"offset": 3.0}, "optimal", 3, ()),
    Known("nothing", ([],), {"offset": 3.0}, "optimal", 3, ()),
    Known("no columns, row broken", ([], [], [1], [2]), {}, "infeasible"),
    Known("empty row broken", ([1], [[0]], [1], [2]), {}, "infeasible"),
    Known("infeasible, seen at once", ([1], [[1]], [2], [3]), {}, "infeasible"),
    Known("infeasible in whole numbers", ([1, 1], [[2, 2]], [3], [3]), {"columns": (0.0, 5.0)}, "infeasible"),
    Known("infeasible, continuous", ([1], [[1]], [2], [3]), {"whole": False}, "infeasible"),
    Known("no whole number between bounds", ([1],), {"columns": (0.2, 0.8)}, "infeasible"),
    Known("bounds crossed", ([1, 0], [[1, 1]], [1], [1]), {"columns": ([2, 0], 1.0)}, "infeasible"),
    Known("row bounds crossed", ([1, 0], [[1, 1]], [2], [1]), {}, "infeasible"),
    # presolve says "unbounded or infeasible" to these
    Known("unbounded", ([1, 0], [[1, -1]], [0], [INF]), {"columns": (0.0, [INF, 1])}, "unbounded"),
    Known(
        "unbounded, continuous",
        ([1, 0], [[1, -1]], [0], [INF]),
        {"columns": (0.0, [INF, 1]), "whole": False},
        "unbounded",
    ),
    Known(
        "unbounded relaxation, nothing whole",
        ([1, 0, 0], [[0, 2, 2]], [3], [3]),
        {"columns": (0.0, [INF, 5, 5])},
        "infeasible",
    ),
    Known(
        "unbounded and infeasible, continuous",
        ([1, 0], [[0, 1]], [2], [INF]),
        {"columns": (0.0, [INF, 1]), "whole": False},
        "infeasible",
    ),
]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_known_programs(known: Known, make: Any) -> None:
    solution = solve_here(make(*known.args, **known.more), EXACT)
    assert solution.status == known.status
    if known.value is None:
        assert solution.x is None
        assert solution.value is None
        assert solution.gap is None
        assert not solution.has_plan
        assert solution.bound == (INF if known.status == "unbounded" else -INF)
        assert is_chinese(solution.message)
        assert solution.message
    else:
        assert solution.x is not None
        assert solution.x == pytest.approx(np.array(known.x), abs=1e-9)
        assert solution.value == pytest.approx(known.value, abs=1e-9)
        assert solution.bound == pytest.approx(known.value, abs=1e-6)
        assert solution.gap == pytest.approx(0.0, abs=1e-6)
        assert solution.message == ""


small = st.integers(-4, 4)


@given(st.data())
def test_equals_brute_force(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 3))
    matrix = np.array(data.draw(st.lists(small, min_size=n * m, max_size=n * m)), dtype=float).reshape(m, n)
    cost = np.array(data.draw(st.lists(small, min_size=n, max_size=n)), dtype=float)
    lower = np.array(data.draw(st.lists(st.integers(-6, 2), min_size=m, max_size=m)), dtype=float)
    upper = lower + np.array(data.draw(st.lists(st.integers(0, 6), min_size=m, max_size=m)), dtype=float)
    row, col = np.nonzero(matrix)
    order = np.argsort(col, kind="stable")
    program = Program(
        cost=cost,
        col_lower=np.full(n, -1.0),
        col_upper=np.full(n, 1.0),
        integer=np.ones(n, dtype=bool),
        row_lower=lower,
        row_upper=upper,
        start=np.concatenate([[0], np.cumsum(np.bincount(col, minlength=n))]),
        index=row[order].astype(np.int32),
        value=matrix[row[order], col[order]],
        offset=0.25,
    )
    every = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=n)))
    held = ((every @ matrix.T >= lower) & (every @ matrix.T <= upper)).all(axis=1)
    solution = solve_here(program, EXACT)
    if not held.any():
        assert solution.status == "infeasible"
    else:
        assert solution.status == "optimal"
        assert solution.value == pytest.approx((every @ cost)[held].max() + 0.25)
        assert program.violation(solution.x) == 0


@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-6, 1e6, 1e9, 1e12])
def test_size_of_the_objective_does_not_matter(size: float, knapsacks: Any) -> None:
    plain = solve_here(knapsacks(20, 3), EXACT)
    resized = solve_here(knapsacks(20, 3, worth=size, offset=7 * size), EXACT)
    assert plain.status == resized.status == "optimal"
    assert np.array_equal(plain.x, resized.x)
    assert resized.value == pytest.approx((plain.value + 7) * size)


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e6, 1e9])
def test_size_of_the_rows_does_not_matter(size: float, knapsacks: Any) -> None:
    plain, resized = (solve_here(knapsacks(20, 3, weight=weight), EXACT) for weight in (1.0, size))
    assert plain.status == resized.status == "optimal"
    assert plain.value == resized.value


def test_everything_large_and_continuous(make: Any) -> None:
    # two amounts of about 1e9 that must balance, one capped
    program = make(
        [3e-9, -1e-9], [[1, -1], [1, 0]], [0, -INF], [0, 2.5e9], columns=(0.0, 1e12), whole=False, offset=1e3
    )
    solution = solve_here(program, EXACT)
    assert solution.status == "optimal"
    assert solution.x == pytest.approx([2.5e9, 2.5e9])
    assert solution.value == pytest.approx(1005.0)


def test_small_column_beside_a_large_one_is_not_lost_in_the_tolerance(make: Any) -> None:
    # nothing may be taken, not even the hundredth beside a million
    solution = solve_here(make([1, 1], [[1e6, 0.01]], [-INF], [0]), EXACT)
    assert solution.value == 0


def test_scaling_uses_powers_of_two_and_keeps_the_program(knapsacks: Any) -> None:
    program = knapsacks(20, 3, worth=1e-7, weight=3e5, offset=2e-5)
    ready, rows, cost = scaled(program)
    for factor in (*rows, cost):
        assert np.frexp(factor)[0] == 0.5
    x = np.random.default_rng(0).random(20)
    assert ready.value_at(x) == pytest.approx(program.value_at(x) * cost)
    assert ready.row_activity(x) == pytest.approx(program.row_activity(x) * rows)
    assert np.array_equal(ready.row_upper, program.row_upper * rows)
    assert 2**9 <= np.abs(ready.cost).max() <= 2**10
    assert ready.row_extremes[1] == pytest.approx(1.0, abs=0.5)


def test_scaling_keeps_small_coefficients_above_the_tolerance(make: Any) -> None:
    ready, _, _ = scaled(make([1, 1], [[1e6, 0.01], [1, 1]], [-INF, -INF], [0, 1e12]))
    least, most = ready.row_extremes
    assert least[0] > 100 * 1e-6
    assert most[0] < 1e5
    assert ready.row_upper[1] < 1e8  # nor may a bound drown the tolerance


def test_gap_is_measured_on_value_with_offset(knapsacks: Any) -> None:
    program = knapsacks(100, 10)
    found = solve_here(program, SolveOptions(gap=0.02))
    assert found.status == "optimal"
    assert found.gap <= 0.02
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)
    # a total of which only a hundredth is decided here: the same gap is reached far from the best
    among = solve_here(replace(program, offset=100 * found.value), SolveOptions(gap=0.02))
    assert among.status == "optimal"
    assert among.gap <= 0.02
    # and a value near zero asks for a gap in units of the scale
    assert gap_of(1.0, 0.0, 1e9) == pytest.approx(1.0)
    assert gap_of(0.0, 0.0, 0.0) == 0.0
    assert gap_of(1.0, 0.0, 0.0) == INF


def test_what_counts_as_within_the_gap(make: Any) -> None:
    program, options = make([1000.0, 1.0]), SolveOptions(gap=0.01)
    assert within(101.0, 100.0, options, program, ended=False)
    assert not within(101.00005, 100.0, options, program, ended=False)
    assert within(101.00005, 100.0, options, program, ended=True)  # the solver's own tolerance
    assert not within(101.1, 100.0, options, program, ended=True)


@pytest.mark.parametrize("name", ["kUnbounded", "kUnboundedOrInfeasible"])
@pytest.mark.parametrize(("row", "status"), [(3.0, "infeasible"), (4.0, "unbounded")])
def test_unbounded_relaxation_says_nothing_of_whole_numbers(
    name: str, row: float, status: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make([1, 0, 0], [[0, 2, 2]], [row], [row], columns=(0.0, [INF, 5, 5]))
    run = module._run
    left_open = module._Outcome(getattr(highspy.HighsModelStatus, name), None, INF, None)
    monkeypatch.setattr(module, "_run", lambda p, *a, **k: left_open if p is program else run(p, *a, **k))
    assert solve_here(program, EXACT).status == status


def test_bounds_that_cross_are_named(make: Any) -> None:
    crossed = make([1], [[1]], [2], [1], row_blocks=(("limit", 0, 1),))
    message = solve_here(crossed, EXACT).message
    assert "limit[0]" in message
    assert translate(message, "zh") == "limit[0]：2 与 1 之间没有可取的数"


def test_time_limit_gives_a_point_that_is_not_proven(knapsacks: Any) -> None:
    program = knapsacks(200, 10)
    solution = solve_here(program, SolveOptions(gap=0.0, time_limit=1.0))
    assert solution.status == "feasible"
    assert solution.x is not None
    assert solution.value == program.value_at(solution.x)
    assert program.violation(solution.x) == 0
    assert solution.value < solution.bound < program.cost.sum()
    assert solution.gap == pytest.approx((solution.bound - solution.value) / solution.value)
    assert "time limit" in solution.message
    assert is_chinese(solution.message)
    assert solution.iterations > 0


def test_no_time_gives_no_plan(knapsacks: Any) -> None:
    solution = solve_here(knapsacks(200, 10), SolveOptions(time_limit=0.0))
    assert (solution.status, solution.x, solution.value, solution.bound) == ("no_plan", None, None, INF)


def test_no_time_keeps_the_start(knapsacks: Any) -> None:
    start = np.zeros(200)
    start[3] = 1
    solution = solve_here(knapsacks(200, 10), SolveOptions(time_limit=0.0, start=start))
    assert solution.status == "feasible"
    assert np.array_equal(solution.x, start)


def test_start_is_used_and_improved(knapsacks: Any) -> None:
    program = knapsacks(200, 10)
    first = solve_here(program, SolveOptions(gap=0.01))
    seen: list[float] = []
    again = solve_here(
        program, SolveOptions(gap=0.005, start=first.x), on_solution=lambda _x, value, _bound: seen.append(value)
    )
    assert seen[0] == first.value
    assert again.value >= seen[0]


def test_start_that_does_not_hold_is_no_answer(knapsacks: Any) -> None:
    solution = solve_here(knapsacks(200, 10), SolveOptions(time_limit=0.0, start=np.ones(200)))
    assert solution.status == "no_plan"
    assert solve_here(knapsacks(40, 5), replace(EXACT, start=np.ones(40))).status == "optimal"


def test_start_of_another_length_is_refused(knapsacks: Any) -> None:
    with pytest.raises(ValueError, match="40 columns"):
        solve_here(knapsacks(40, 5), SolveOptions(start=np.zeros(3)))


def test_continuous_program_has_prices(make: Any) -> None:
    # a + b <= 4, a + 3b <= 6: both bind, one more unit of either is worth a half
    program = make([1, 2], [[1, 1], [1, 3]], [-INF] * 2, [4, 6], columns=(0.0, INF), whole=False)
    solution = solve_here(program, EXACT)
    assert solution.row_dual == pytest.approx([0.5, 0.5])
    assert solution.bound == solution.value == pytest.approx(5.0)
    assert program.dual_bound(solution.row_dual) == pytest.approx(5.0)
    needed = make([-3], [[2]], [4], [INF], columns=(0.0, INF), whole=False)
    assert solve_here(needed, EXACT).row_dual == pytest.approx([-1.5])


def test_continuous_program_cut_off_keeps_what_its_prices_prove(knapsacks: Any) -> None:
    program = knapsacks(400, 40, whole=False)
    best = solve_here(program, EXACT)
    cut = solve_here(program, replace(EXACT, highs={"simplex_iteration_limit": 5, "presolve": "off"}))
    assert cut.status in ("feasible", "no_plan")
    assert best.value < cut.bound < INF


def test_prices_never_prove_too_much(knapsacks: Any) -> None:
    program = knapsacks(40, 5)
    best = solve_here(program, EXACT).value
    rng = np.random.default_rng(0)
    for prices in rng.normal(0, 0.5, (50, 5)):
        assert best <= program.dual_bound(prices) < INF
    assert program.dual_bound(np.zeros(5)) == program.cost.sum()


def test_stop_keeps_the_best(knapsacks: Any) -> None:
    program = knapsacks(200, 10)
    seen: list[tuple[np.ndarray, float, float]] = []
    solution = solve_here(
        program,
        SolveOptions(gap=0.0, time_limit=120.0),
        on_solution=lambda *told: seen.append(told),
        stop=lambda: len(seen) > 2,
    )
    assert solution.status == "interrupted"
    assert solution.seconds < 100
    assert solution.value >= seen[-1][1]
    assert solution.bound >= solution.value
    assert [value for _, value, _ in seen] == sorted(value for _, value, _ in seen)
    for x, value, bound in seen:
        assert program.violation(x) <= HOLDS
        assert program.value_at(x) == value <= bound


def test_stop_before_anything_is_found(knapsacks: Any) -> None:
    solution = solve_here(knapsacks(200, 10), stop=lambda: True)
    assert (solution.status, solution.x) == ("interrupted", None)


def test_progress_is_told(knapsacks: Any) -> None:
    seen: list[module.Progress] = []
    program = knapsacks(200, 10)
    solve_here(program, SolveOptions(gap=0.0, time_limit=1.0), on_progress=seen.append)
    known = [told for told in seen if told.value is not None and told.bound is not None]
    assert known
    bounds = [told.bound for told in known if told.bound is not None]
    assert bounds == sorted(bounds, reverse=True)
    for told, bound in zip(known, bounds, strict=True):
        assert told.value is not None
        assert told.gap == gap_of(bound, told.value, float(program.cost.sum()))


def test_failure_of_a_listener_is_raised(knapsacks: Any) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        solve_here(knapsacks(200, 10), SolveOptions(gap=0.0, time_limit=30.0), on_progress=fail)


@pytest.mark.parametrize("wrong", [{"no_such_option": 1}, {"presolve": "perhaps"}, {"mip_rel_gap": -1.0}])
def test_refused_options_are_not_passed_over(wrong: dict[str, Any], make: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        solve_here(make([1]), SolveOptions(highs=wrong))


def test_number_of_threads_may_change_between_solves(knapsacks: Any) -> None:
    for threads in (1, 2, 0, 1):
        assert solve_here(knapsacks(20, 3), replace(EXACT, threads=threads)).status == "optimal"


def test_log_goes_to_its_file_only(knapsacks: Any, tmp_path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "highs.log"
    solve_here(knapsacks(40, 5), replace(EXACT, log_file=str(log)))
    assert "Solving report" in log.read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", "")


def test_row_twice_in_a_column_is_refused() -> None:
    ones = np.ones(1)
    twice = Program(
        cost=ones,
        col_lower=0 * ones,
        col_upper=ones,
        integer=ones > 0,
        row_lower=0 * ones,
        row_upper=ones,
        start=np.array([0, 2]),
        index=np.array([0, 0], dtype=np.int32),
        value=np.ones(2),
    )
    solution = solve_here(twice, EXACT)
    assert (solution.status, solution.x) == ("no_plan", None)
    assert "twice" in solution.message


@pytest.mark.parametrize("model", [highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit])
def test_point_that_does_not_hold_is_never_returned(
    model: highspy.HighsModelStatus, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make([1, 1], [[1, 1]], [-INF], [1], row_blocks=(("limit", 0, 1),))
    tried: list[float] = []

    def wrong(_program: Program, _options: SolveOptions, tolerance: float, *_: Any, **__: Any) -> Any:
        tried.append(tolerance)
        return module._Outcome(model, np.array([1.0, 1.0 - 1e-7]), 2.0, None)

    monkeypatch.setattr(module, "_run", wrong)
    solution = solve_here(program, EXACT)
    assert (solution.status, solution.x, solution.bound) == ("no_plan", None, 2.0)
    assert "limit[0]" in solution.message
    assert is_chinese(solution.message, ["limit"])
    assert tried == [1e-6, 1e-9]


def test_end_without_a_status_is_no_plan(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = module._Outcome(highspy.HighsModelStatus.kUnknown, None, INF, None)
    monkeypatch.setattr(module, "_run", lambda *_, **__: unknown)
    solution = solve_here(make([1]), EXACT)
    assert (solution.status, solution.x) == ("no_plan", None)
    assert "kUnknown" in solution.message
    assert is_chinese(solution.message, ["kUnknown"])


def test_optimum_that_is_lost_when_made_exact_is_not_called_optimal(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # x <= 1e7 u: to the solver u = 5e-7 is whole, and pays for x = 5
    program = make([1, -1e3], [[1, -1e7]], [-INF], [0], columns=(0.0, [5, 1]), whole=[0, 1])
    run = module._run
    almost = module._Outcome(highspy.HighsModelStatus.kOptimal, np.array([5.0, 5e-7]), 5.0, None)
    monkeypatch.setattr(module, "_run", lambda p, *a, **k: almost if p is program else run(p, *a, **k))
    solution = solve_here(program, EXACT)
    assert (solution.status, solution.value, solution.bound) == ("feasible", 0.0, 5.0)
    assert np.array_equal(solution.x, [0.0, 0.0])
    assert "exact" in solution.message
    assert is_chinese(solution.message)
    monkeypatch.undo()
    assert solve_here(program, EXACT).value == 0.0


def test_polish_makes_whole_numbers_whole_and_rows_tight(make: Any) -> None:
    # two amounts share what the whole numbers leave, the second is worth more but capped
    program = make(
        [1, 2, 3.0, 3.0],
        [[1, 1, -700.0, -400.0], [0, 1, -300, 0]],
        [-INF, -INF],
        [0.1, 0],
        columns=(0.0, [INF, INF, 1, 1]),
        whole=[0, 0, 1, 1],
    )
    exact = polished(program, EXACT, np.array([3.0, 4.0, 1 - 4e-7, 3e-7]))
    assert exact == pytest.approx([400.1, 300.0, 1.0, 0.0], rel=1e-12)
    assert program.violation(exact) < 1e-12
    solution = solve_here(program, EXACT)
    assert solution.x == pytest.approx([800.1, 300.0, 1.0, 1.0], rel=1e-12)
    assert set(solution.x[2:]) == {1.0}


def test_polish_without_a_continuous_answer(make: Any) -> None:
    program = make([1, 1], [[1, 1]], [1.5], [1.5], whole=[0, 1])
    assert polished(program, EXACT, np.array([0.5, 1.0])) == pytest.approx([0.5, 1.0])
    assert polished(program, EXACT, np.array([1.0, 0.4])) is None


def test_a_start_that_presolve_would_better() -> None:
    # The third column is in no row: presolve takes it, with its 3. The second is not worth the 2 x 2 of what the row
    # gives then. From a start of nothing HiGHS 1.16 counts the 3 as the start's, and returns the start as the optimum.
    program = dense(
        [0.0, 3.0, 3.0, -2.0],
        [[6.0, 4.0, 0.0, -1.0]],
        [-2.0],
        [2.0],
        columns=(0.0, [1.0, 1.0, 1.0, np.inf]),
        whole=[True, True, True, False],
    )
    solution = solve_here(program, SolveOptions(gap=0.0, start=np.zeros(4)))
    assert solution.status == "optimal"
    assert solution.value == pytest.approx(3.0)
    assert solution.bound == pytest.approx(3.0)


def test_a_program_that_presolve_calls_infeasible() -> None:
    # With the fourth column at 4 and the others at 0 all rows hold; presolve of HiGHS 1.16 finds none that does. The
    # ninth is not below 0 (fifth row), so that the first and third are 0 (sixth row): nothing is worth more than 0.
    rows = np.zeros((7, 10))
    rows[0, [3, 4, 6]] = 1.0, -0.48, -0.5
    rows[1, [0, 1, 2, 4, 9]] = -1.0, -0.925, 0.925, 1.0, -1.0
    rows[2, [5, 9]] = 0.5, -0.5
    rows[3, 9] = -1.0
    rows[4, [7, 8]] = -0.06, 0.5
    rows[5, [0, 2, 8]] = 1.0, 0.17586075156250003, 0.06
    rows[6, [1, 2, 9]] = 0.515625, -0.515625, 0.25
    program = dense(
        [0.0, 0, 217.5, *[0.0] * 7],
        rows.tolist(),
        [4, -INF, -INF, 0, 0, 0, 0],
        [4, 0, 0, INF, INF, 0, 0],
        columns=([0, 0, 0, 0, 0, 0, -INF, 0, -INF, -INF], [1, 1, 1, *[INF] * 7]),
        whole=[True, True, True, *[False] * 7],
    )
    held = np.zeros(10)
    held[3] = 4.0
    assert program.violation(held) == 0.0
    solution = solve_here(program, SolveOptions(gap=0.0))
    assert solution.status == "optimal"
    assert solution.value == pytest.approx(0.0, abs=1e-9)
