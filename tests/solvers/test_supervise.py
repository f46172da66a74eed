"""HiGHS in a process of its own: limits, Ctrl-C, crashes, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chinese import is_chinese
from zonevest.instances.say import translate
from zonevest.solvers import supervise
from zonevest.solvers.answer import Progress, SolveOptions
from zonevest.solvers.highs import solve_here as plainly_solve
from zonevest.solvers.program import ARRAYS
from zonevest.solvers.worker import read_program, write_program

INF = np.inf
# Any: a point or value that is missing where a test expects one is the test's failure, not a type's
solve_here: Any = plainly_solve
solve: Any = supervise.solve
EXACT = SolveOptions(gap=0.0, time_limit=60.0)
#: Seconds after which a test that waits for another process has failed; no measure of speed.
LONG = 60.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to a process")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for temporary files; a solve leaves nothing in it, and no thread."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    before = threading.active_count()
    yield folder
    assert list(folder.iterdir()) == []
    assert threading.active_count() == before


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put the body of a function in place of the child's work: it sees job, program, folder, told and stop."""

    def instead(body: str) -> None:
        script = tmp_path / "another_worker.py"
        script.write_text(
            "import json, os, signal, sys, time\n"
            "import numpy as np\n"
            "from zonevest.solvers import worker\n"
            "usual = worker.work\n"
            "def work(folder, told, stop):\n"
            "    job = json.loads((folder / 'job.json').read_text())\n"
            "    program = worker.read_program(folder)\n" + textwrap.indent(textwrap.dedent(body), "    ") + "\n"
            "worker.work = work\n"
            "worker.main(sys.argv[1])\n",
            encoding="utf-8",
        )
        monkeypatch.setattr(supervise, "_command", lambda folder, _: [sys.executable, str(script), str(folder)])

    return instead


def test_a_child_starts_lightly() -> None:
    # it is started for each solve, and its time counts from there
    code = "import sys, zonevest.solvers.worker; print(*sorted({'pyomo', 'pandas', 'geopandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_program_survives_the_folder(knapsacks: Any, tmp_path: Path) -> None:
    program = knapsacks(20, 3, offset=0.1, row_blocks=(("weights", 0, 3),), whole=[1, 0] * 10)
    write_program(program, tmp_path)
    again = read_program(tmp_path)
    assert all(np.array_equal(getattr(program, name), getattr(again, name)) for name in ARRAYS)
    assert (again.offset, again.row_blocks, again.col_blocks) == (0.1, (("weights", 0, 3),), ())


@pytest.mark.parametrize("whole", [True, False])
def test_same_answer_as_in_this_process(whole: bool, knapsacks: Any) -> None:
    program = knapsacks(20, 3, whole=whole)
    here, there = solve_here(program, EXACT), solve(program, EXACT, supervised=True)
    assert there.status == here.status == "optimal"
    assert np.array_equal(there.x, here.x)
    assert (there.value, there.bound, there.gap) == (here.value, here.bound, here.gap)
    if whole:
        assert there.row_dual is None
    else:
        assert there.row_dual == pytest.approx(here.row_dual)


def test_no_point(make: Any) -> None:
    none = solve(make([1, 1], [[2, 2]], [3], [3]), EXACT, supervised=True)
    assert (none.status, none.x, none.value, none.bound) == ("infeasible", None, None, -INF)
    endless = solve(make([1], columns=(0.0, INF)), EXACT, supervised=True)
    assert (endless.status, endless.x, endless.bound) == ("unbounded", None, INF)


def test_time_limit_and_progress(knapsacks: Any) -> None:
    program = knapsacks(400, 10)
    seen: list[Progress] = []
    solution = solve(program, SolveOptions(gap=0.0, time_limit=1.5), seen.append)
    assert solution.status == "feasible"
    assert solution.x is not None
    assert program.violation(solution.x) == 0
    assert solution.value == program.value_at(solution.x) < solution.bound < program.cost.sum()
    values = [told.value for told in seen if told.value is not None]
    assert values
    assert values == sorted(values)
    assert solution.value >= values[-1]
    assert translate(solution.message, "zh") == "已达时限"  # a sentence still, though another process said it


def test_start_is_kept(knapsacks: Any) -> None:
    start = np.zeros(400)
    start[7] = 1.0
    solution = solve(knapsacks(400, 10), SolveOptions(time_limit=0.0, start=start))
    assert solution.status == "feasible"
    assert np.array_equal(solution.x, start)


@pytest.mark.parametrize(
    ("options", "message"), [({"highs": {"presolve": "perhaps"}}, "presolve"), ({"start": np.zeros(3)}, "400 columns")]
)
def test_what_is_refused_is_raised_here(options: dict[str, Any], message: str, knapsacks: Any) -> None:
    with pytest.raises(ValueError, match=message):
        solve(knapsacks(400, 10), SolveOptions(**options))


def test_failure_of_the_listener_ends_the_child(knapsacks: Any) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        solve(knapsacks(400, 10), EXACT, fail)


def test_child_that_ignores_its_limit_is_ended_and_its_best_kept(knapsacks: Any, worker: Any, tmp_path: Path) -> None:
    worker(
        f"""
        open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
        for j in (3, 5):
            x = np.zeros(program.n_cols)
            x[j] = 1
            told.solution(x, program.value_at(x), 1e6 - j)
        time.sleep({LONG})
        """
    )
    program = knapsacks(400, 10)
    solution = solve(program, SolveOptions(time_limit=0.5), grace=1.5)
    assert solution.seconds < LONG
    assert solution.status == "feasible"
    assert np.flatnonzero(solution.x).tolist() == [5]
    assert (solution.value, solution.bound) == (program.cost[5], 1e6 - 5)
    assert solution.gap == pytest.approx((1e6 - 5 - program.cost[5]) / program.cost[5])
    assert "did not stop" in solution.message
    assert is_chinese(solution.message)
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_silent_child_is_spoken_for(knapsacks: Any, worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # HiGHS may say nothing for minutes; the point that it kept is told meanwhile, and time goes on
    monkeypatch.setattr(supervise, "SILENCE", 0.2)
    worker(
        f"""
        told.tell("progress", phase="solve", seconds=0.0, value=None, bound=1e6, gap=None, nodes=7)
        x = np.zeros(program.n_cols)
        x[3] = 1
        told.solution(x, program.value_at(x), 1e6)
        time.sleep({LONG})
        """
    )
    program, seen = knapsacks(400, 10), list[Progress]()
    solve(program, SolveOptions(time_limit=1.0), seen.append, grace=1.0)
    value = program.cost[3]
    last = seen[-1]
    assert len(seen) > 3
    assert (last.phase, last.value, last.bound, last.nodes) == ("solve", value, 1e6, 7)
    assert last.gap == pytest.approx((1e6 - value) / value)
    seconds = [told.seconds for told in seen]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 1.0


def test_child_that_is_ended_before_a_point(knapsacks: Any, worker: Any) -> None:
    worker(f"time.sleep({LONG})")
    solution = solve(knapsacks(400, 10), SolveOptions(time_limit=0.2), grace=0.3)
    assert (solution.status, solution.x, solution.value, solution.bound) == ("no_plan", None, None, INF)


def test_bound_told_before_the_end_can_prove_the_point(knapsacks: Any, worker: Any) -> None:
    worker(
        f"""
        x = np.zeros(program.n_cols)
        x[3] = 1
        told.solution(x, program.value_at(x), program.value_at(x) * 1.0005)
        time.sleep({LONG})
        """
    )
    assert solve(knapsacks(400, 10), SolveOptions(time_limit=0.5), grace=1.5).status == "optimal"


def test_point_that_does_not_hold_is_not_believed(knapsacks: Any, worker: Any) -> None:
    worker(f"told.solution(np.ones(program.n_cols), 1.0, 2.0); time.sleep({LONG})")
    solution = solve(knapsacks(400, 10), SolveOptions(time_limit=0.5), grace=1.5)
    assert (solution.status, solution.x) == ("no_plan", None)


def test_kept_point_is_made_exact(make: Any, worker: Any) -> None:
    # the child keeps an amount that is a little off, as HiGHS may
    worker(
        f"""
        if job["kind"] == "polish":
            usual(folder, told, stop)
        else:
            told.solution(np.array([700.0 + 5e-4, 1.0]), 1400.0, 1e6)
            time.sleep({LONG})
        """
    )
    program = make([2, 0.0], [[1, -700]], [-INF], [0], columns=(0.0, [INF, 1]), whole=[0, 1])
    solution = solve(program, SolveOptions(time_limit=0.5), supervised=True, grace=2.0)
    assert solution.status == "feasible"
    assert solution.x == pytest.approx([700.0, 1.0], rel=1e-12)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("os._exit(3)", "exit code 3"),
        ("raise MemoryError('no more')", "MemoryError: no more"),
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV", marks=posix),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", "memory", marks=posix),
    ],
)
@pytest.mark.parametrize("found", [True, False])
def test_crash(end: str, message: str, found: bool, knapsacks: Any, worker: Any) -> None:
    point = "x = np.zeros(program.n_cols); x[4] = 1; told.solution(x, program.value_at(x), 1e6)\n"
    worker((point if found else "") + end)
    solution = solve(knapsacks(400, 10), EXACT)
    assert solution.status == ("feasible" if found else "no_plan")
    assert solution.has_plan == found
    if found:
        assert np.flatnonzero(solution.x).tolist() == [4]
    assert message in solution.message
    assert is_chinese(solution.message, ["SIGSEGV", "SIGKILL"])


def test_child_that_cannot_even_begin_says_why(knapsacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "_command", lambda *_: [sys.executable, "-c", "import no_such_module_anywhere"])
    solution = solve(knapsacks(400, 10), EXACT)
    assert solution.status == "no_plan"
    assert "no_such_module_anywhere" in solution.message


def test_printing_does_not_disturb_the_lines(knapsacks: Any, worker: Any) -> None:
    worker("print('hello'); os.system('echo hello'); usual(folder, told, stop)")
    assert solve(knapsacks(20, 3), EXACT, supervised=True).status == "optimal"


@posix
def test_child_stands_apart_from_the_terminal(knapsacks: Any, worker: Any, tmp_path: Path) -> None:
    worker(f"open({str(tmp_path / 'group')!r}, 'w').write(str(os.getpgrp())); usual(folder, told, stop)")
    solve(knapsacks(20, 3), EXACT, supervised=True)
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


@posix
def test_child_is_asked_before_it_is_ended(knapsacks: Any, worker: Any) -> None:
    worker(
        """
        told.tell("progress", phase="solve", seconds=0.0, value=None, bound=None, gap=None)
        stop.wait()
        told.answer(worker.Solution(None, "interrupted", None, 5.0, None, 0.0, "heard"))
        """
    )
    solution = solve(knapsacks(400, 10), EXACT, lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert (solution.status, solution.x, solution.bound) == ("interrupted", None, 5.0)
    assert solution.message == "heard"


def test_few_columns_need_no_child(knapsacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> list[str]:
        raise AssertionError("a child was started")

    monkeypatch.setattr(supervise, "_command", none)
    assert solve(knapsacks(20, 3), EXACT).status == "optimal"
    with pytest.raises(AssertionError, match="child"):
        solve(knapsacks(301, 4), EXACT)


def test_without_a_process_the_solver_runs_here(knapsacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    program, options = knapsacks(400, 2), SolveOptions(gap=0.05)
    monkeypatch.setattr(supervise, "_command", lambda *_: ["/no/such/program"])
    assert solve(program, options).status == "optimal"
    with pytest.raises(OSError, match="cannot be started"):
        solve(program, options, supervised=True)
    # inside another program sys.executable is not Python
    monkeypatch.setattr(sys, "executable", "/opt/gis/gis-desktop")
    monkeypatch.setattr(supervise, "_command", lambda _: pytest.fail("a child was started"))
    assert solve(program, options).status == "optimal"


def test_works_in_a_thread(knapsacks: Any) -> None:
    answers: list[str] = []
    program = knapsacks(20, 3)
    threads = [
        threading.Thread(target=lambda s=supervised: answers.append(solve(program, EXACT, supervised=s).status))
        for supervised in (True, False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert answers == ["optimal", "optimal"]


# A user's script: no guard around its last lines. It says "going" once there is a point.
SCRIPT = """
import json, sys
import numpy as np
from zonevest.solvers import supervise
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.program import Program

n, m = {columns}, 10
rng = np.random.default_rng(1)
weights = rng.integers(20, 1000, (m, n)).astype(float)
program = Program(
    cost=rng.integers(500, 1000, n), col_lower=np.zeros(n), col_upper=np.ones(n), integer=np.ones(n, dtype=bool),
    row_lower=np.full(m, -np.inf), row_upper=weights.sum(axis=1) // 2, start=np.arange(n + 1) * m,
    index=np.tile(np.arange(m), n), value=weights.T.ravel(),
)
{before}
said = []
def progress(told):
    if told.value is not None and told.bound is not None and not said:
        said.append(1)
        print("going", flush=True)
s = supervise.solve(program, SolveOptions(gap=0.0, time_limit=300.0), progress, supervised={supervised})
print(json.dumps(dict(
    status=s.status, value=s.value, bound=s.bound, seconds=s.seconds, message=s.message,
    held=s.x is not None and program.violation(s.x) == 0 and program.value_at(s.x) == s.value,
)))
"""


def begin(tmp_path: Path, *, columns: int = 400, supervised: bool = True, before: str = "") -> subprocess.Popen[str]:
    """Start the script in a session of its own and wait until it has a point."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(columns=columns, supervised=supervised, before=before), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if first != "going\n":
        pytest.fail(f"the script did not begin: {first} {process.communicate(timeout=LONG)}")
    return process


@posix
@pytest.mark.parametrize("supervised", [True, False])
def test_ctrl_c_returns_the_best_point(supervised: bool, tmp_path: Path) -> None:
    process = begin(tmp_path, supervised=supervised)
    # as a terminal does it: to the whole group; the child stands apart and hears of it from its parent
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LONG)
    assert err == ""
    assert process.returncode == 0
    told = json.loads(out)
    assert told["status"] == "interrupted"
    assert told["held"]
    assert 0 < told["value"] < told["bound"]
    assert told["message"] == "stopped on request"


@posix
def test_ctrl_c_ends_a_child_that_does_not_listen(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf.py"
    deaf.write_text(
        "import sys, threading\nfrom zonevest.solvers import worker\n"
        "worker._listen = lambda folder, stop: threading.Event().wait()\nworker.main(sys.argv[1])\n",
        encoding="utf-8",
    )
    before = f"supervise._command = lambda folder, module: [sys.executable, {str(deaf)!r}, str(folder)]"
    process = begin(tmp_path, before=before)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LONG)
    assert err == ""
    told = json.loads(out)
    assert told["status"] == "interrupted"
    assert told["held"]
    assert told["seconds"] < 100


@posix
@pytest.mark.parametrize("silent", [False, True])
def test_child_dies_with_its_parent(silent: bool, tmp_path: Path, scratch: Path) -> None:
    mute = tmp_path / "mute.py"
    mute.write_text(
        "import sys, time\nfrom zonevest.solvers import worker\n"
        "def work(folder, told, stop):\n"
        "    told.tell('progress', phase='solve', seconds=0.0, value=0.0, bound=1.0, gap=None)\n"
        f"    time.sleep({2 * LONG})\n"
        "worker.work = work\nworker.main(sys.argv[1])\n",
        encoding="utf-8",
    )
    before = f"supervise._command = lambda folder, module: [sys.executable, {str(mute)!r}, str(folder)]"
    process = begin(tmp_path, before=before if silent else "")
    assert len(list(scratch.iterdir())) == 1
    process.kill()
    process.communicate(timeout=LONG)
    until = time.monotonic() + LONG
    while list(scratch.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(scratch.iterdir()) == []  # the child's last act


@posix
def test_another_handler_of_ctrl_c_is_left_alone(knapsacks: Any) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:

        def interrupt(_: Progress) -> None:
            if not heard:
                os.kill(os.getpid(), signal.SIGINT)

        solution = solve(knapsacks(400, 10), replace(EXACT, time_limit=1.0), interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
    assert solution.status == "feasible"


@posix
def test_handler_is_put_back(knapsacks: Any) -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for supervised in (True, False):
        solve(knapsacks(20, 3), EXACT, supervised=supervised)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
