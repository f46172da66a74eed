"""HiGHS in a process of its own, so that time limit and Ctrl-C hold whatever the solver does.

On large programs HiGHS may look at neither for minutes. The child tells each better point as it is found; the parent
ends the child when it must and returns the best point that it was told.
"""

from __future__ import annotations

import json
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zonevest.instances.say import foreign, from_parts, of_system, say
from zonevest.solvers.answer import (
    OnProgress,
    OnSolution,
    Progress,
    Solution,
    SolveOptions,
    Status,
    Stop,
    gap_of,
    objective_scale,
    within,
)
from zonevest.solvers.highs import solve_here
from zonevest.solvers.program import Floats, Program
from zonevest.solvers.trust import bound_of, holds, size_of, trusted
from zonevest.solvers.worker import write_job, write_program

__all__ = ["Progress", "Solution", "SolveOptions", "solve"]

#: Programs with no more columns than this are solved in this process unless told otherwise: starting a child takes
#: longer than solving them.
FEW_COLUMNS = 300
#: Seconds between asking the child to stop and ending it.
PATIENCE = 2.0
#: Seconds of silence after which the last word is repeated: whoever waits sees that time goes on.
SILENCE = 1.0
_TICK = 0.1


def solve(
    program: Program,
    options: SolveOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    supervised: bool | None = None,
    grace: float | None = None,
    stop: Stop | None = None,
    on_solution: OnSolution | None = None,
) -> Solution:
    """Solve `program`; the time limit holds, and Ctrl-C returns the best point so far.

    Parameters
    ----------
    program : Program
        What to solve.
    options : SolveOptions, optional
        Gap, limits, start and so on.
    on_progress : callable, optional
        Receives a `Progress` now and then.
    supervised : bool, optional
        Whether HiGHS runs in a process of its own. None: unless the program has at most 300 columns, or no such
        process can be started.
    grace : float, optional
        Seconds after the time limit at which the child is ended. None: 5, or a twentieth of the limit if that is
        more: HiGHS stops late, and making its last point exact takes a moment.
    stop : callable, optional
        Asked now and then whether to stop, where Ctrl-C is the caller's.
    on_solution : callable, optional
        Receives (x, value, bound) for each better point.

    Raises
    ------
    ValueError
        When HiGHS refuses an option, or the start does not fit the columns.
    OSError
        When `supervised` is true and no process can be started.
    """
    options = options or SolveOptions()
    began = time.perf_counter()
    if supervised or (supervised is None and can_start() and program.n_cols > FEW_COLUMNS):
        try:
            return _in_child(program, options, on_progress, grace, began, stop, on_solution)
        except NotStartedError:
            if supervised:
                raise
    asked = threading.Event()
    with ctrl_c(asked.set):
        stopped = lambda: asked.is_set() or (stop is not None and stop())  # noqa: E731
        return solve_here(program, options, on_progress, on_solution, stop=stopped)


def can_start() -> bool:
    """Whether processes can be started: inside another program (a GIS, say) `sys.executable` may be that program."""
    return Path(sys.executable or "").name.lower().startswith(("python", "pypy"))


class NotStartedError(OSError):
    """No child process could be started; why, as a sentence."""

    def __init__(self, refused: OSError) -> None:
        why = say("the solver's process cannot be started: {why}", why=of_system(refused))
        super().__init__(refused.errno, why)


def _in_child(
    program: Program,
    options: SolveOptions,
    on_progress: OnProgress | None,
    grace: float | None,
    began: float,
    stop: Stop | None,
    on_solution: OnSolution | None,
) -> Solution:
    try:
        folder = Path(tempfile.mkdtemp(prefix="zonevest-"))
    except OSError as refused:
        raise NotStartedError(refused) from refused
    try:
        return _Supervised(program, options, on_progress, grace, folder, began, stop, on_solution).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Child:
    """A process that does the work that a folder describes, apart from the terminal's signals, and what it says.

    It is ``python -m MODULE FOLDER``, tells a JSON object a line, and ends itself once its stdin is closed.
    """

    def __init__(self, folder: Path, module: str = "zonevest.solvers.worker") -> None:
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._errors = folder / "stderr.txt"
        try:
            with self._errors.open("wb") as errors:
                self.process = subprocess.Popen(
                    _command(folder, module), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, **_apart()
                )
        except OSError as refused:
            raise NotStartedError(refused) from refused
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self.said.put(json.loads(line))
            except ValueError:  # cut off in the middle of a line
                break
        self.said.put({"kind": "end"})

    def ask_to_stop(self) -> None:
        """Ask; the child may be too busy to hear."""
        self.write("stop")

    def write(self, line: str) -> None:
        """Say a line to it."""
        assert self.process.stdin is not None
        with suppress(OSError):  # it may be gone already
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()

    def end(self) -> None:
        """End the process if it still runs, and leave nothing of it behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def how_it_ended(self) -> str:
        """How the process ended by itself: its exit code, or what ended it."""
        code = self.process.wait()
        how = say("exit code {code}", code=code)
        if code < 0:
            try:
                how = signal.Signals(-code).name
            except ValueError:
                how = say("signal {number}", number=-code)
            if how == "SIGKILL":
                how = say("{signal}, perhaps for lack of memory", signal=how)
        return how

    def last_words(self) -> str:
        """How the process ended by itself, for a message."""
        how = self.how_it_ended()
        lines = self._errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if not lines:
            return say("the solver's process ended unexpectedly ({how})", how=how)
        words = foreign(lines[-1].strip())
        return say("the solver's process ended unexpectedly ({how}): {words}", how=how, words=words)


class _Supervised:
    """One supervised solve: what was asked, and the best that has been told."""

    def __init__(
        self,
        program: Program,
        options: SolveOptions,
        on_progress: OnProgress | None,
        grace: float | None,
        folder: Path,
        began: float,
        stop: Stop | None = None,
        on_solution: OnSolution | None = None,
    ) -> None:
        self.program, self.options, self.on_progress, self.on_solution = program, options, on_progress, on_solution
        self.folder, self.began, self.stop = folder, began, stop
        self.grace = max(5.0, 0.05 * options.time_limit) if grace is None else grace
        self.kept: str | None = None
        self.bound = np.inf
        self.told, self.told_at = Progress("solve", 0.0, None, None, None), began
        self.interrupts = 0

    def run(self) -> Solution:
        """Start the child, listen to it, end it, put the answer together."""
        try:
            write_program(self.program, self.folder)
            left = max(self.options.time_limit - (time.perf_counter() - self.began), 0.0)
            limited = {**vars(self.options), "time_limit": left}
            write_job("solve", SolveOptions(**limited), self.folder)
        except OSError as refused:
            raise NotStartedError(refused) from refused
        answer: dict[str, Any] | None = None
        with ctrl_c(self._interrupt):
            child = Child(self.folder)
            try:
                answer, message = self._listen(child)
            finally:
                child.end()
            if answer is not None:
                return self._answered(answer)
            x = self._kept_point()
            if x is not None and message == _OVERRUN and not self.interrupts:
                x = self._polish(x)
        return self._cut_off(x, message)

    def _interrupt(self) -> None:
        self.interrupts += 1

    def _listen(self, child: Child) -> tuple[dict[str, Any] | None, str]:
        """Listen until there is an answer, or a reason to have none."""
        hard = self.began + self.options.time_limit + self.grace
        asked: float | None = None
        while True:
            try:
                said = child.said.get(timeout=_TICK)
            except queue.Empty:
                said = {"kind": "nothing"}
            except KeyboardInterrupt:  # a SIGINT handler that is not ours to replace
                self._interrupt()
                continue
            if said["kind"] == "answer":
                return said, ""
            if said["kind"] == "fault":
                if said["type"] == "ValueError":
                    raise ValueError(said["message"])
                return None, say("the solver failed: {words}", words=foreign(f"{said['type']}: {said['message']}"))
            if said["kind"] == "end":
                return None, child.last_words()
            self._hear(said)
            now = time.perf_counter()
            if now - self.told_at >= SILENCE:
                self._tell(self.told)
            if self.stop is not None and not self.interrupts and self.stop():
                self._interrupt()
            if self.interrupts and asked is None:
                asked = now
                child.ask_to_stop()
            if self.interrupts > 1 or (asked is not None and now - asked > PATIENCE):
                return None, say("stopped on request")
            if now > hard:
                return None, _OVERRUN

    def _hear(self, said: dict[str, Any]) -> None:
        if said["kind"] == "solution":
            if self.kept is not None:
                (self.folder / self.kept).unlink(missing_ok=True)
            self.kept, self.bound = said["file"], min(self.bound, said["bound"])
            self.told = replace(self.told, value=said["value"])
            x = None if self.on_solution is None else self._load(self.kept)
            if self.on_solution is not None and x is not None:
                self.on_solution(x, said["value"], self.bound)
        elif said["kind"] == "progress":
            told = Progress(**{name: value for name, value in said.items() if name != "kind"})
            if told.bound is not None:
                self.bound = min(self.bound, told.bound)
            self._tell(told)

    def _tell(self, told: Progress) -> None:
        """Tell where the solve stands, by the parent's clock."""
        self.told_at = time.perf_counter()
        bound = self.bound if np.isfinite(self.bound) else None
        gap = None
        if bound is not None and told.value is not None:
            gap = gap_of(bound, told.value, objective_scale(self.program, self.options))
        self.told = replace(told, seconds=self.told_at - self.began, bound=bound, gap=gap)
        if self.on_progress:
            self.on_progress(self.told)

    def _answered(self, answer: dict[str, Any]) -> Solution:
        """The child's answer, with everything that can be recomputed recomputed here."""
        x, row_dual = (self._load(answer[name]) for name in ("x", "row_dual"))
        counts = {name: answer[name] for name in ("nodes", "iterations")}
        message = from_parts(answer["said"], answer["message"])
        return self._solution(x, answer["status"], answer["bound"], message, row_dual=row_dual, **counts)

    def _cut_off(self, x: Floats | None, message: str) -> Solution:
        """What there is when the child was ended or ended itself without an answer."""
        status: Status = "no_plan" if x is None else "feasible"
        bound = self.bound
        value = None if x is None else self.program.value_at(x)
        if x is not None and value is not None:
            bound = bound_of(bound, value, size_of(self.program, x))
        if value is not None and within(bound, value, self.options, self.program, ended=False):
            status = "optimal"
        elif self.interrupts:
            status = "interrupted"
        return self._solution(x, status, bound, message, nodes=self.told.nodes, iterations=self.told.iterations)

    def _solution(self, x: Floats | None, status: Status, bound: float, message: str, **rest: Any) -> Solution:
        seconds = time.perf_counter() - self.began
        return trusted(self.program, Solution(x, status, None, bound, None, seconds, message, **rest), self.options)

    def _kept_point(self) -> Floats | None:
        x = self._load(self.kept)
        return x if holds(self.program, x) else None

    def _polish(self, x: Floats) -> Floats:
        """Have a second child find the best continuous values beside the whole numbers of `x`, in half the grace."""
        if self.program.integer.all() or not self.program.integer.any():
            return x
        try:
            write_job("polish", self.options, self.folder, start=x)
            child = Child(self.folder)
        except OSError:
            return x
        until = time.perf_counter() + max(self.grace / 2, PATIENCE)
        exact: Floats | None = None
        try:
            while time.perf_counter() < until and not self.interrupts:
                try:
                    said = child.said.get(timeout=_TICK)
                except queue.Empty:
                    continue
                exact = self._load(said.get("x"))
                break
        finally:
            child.end()
        return exact if exact is not None and holds(self.program, exact) else x

    def _load(self, name: str | None) -> Floats | None:
        if name is None:
            return None
        try:
            loaded: Floats = np.load(self.folder / name)
        except (OSError, ValueError, EOFError):  # the disk is full, or was cleared
            return None
        return loaded


_OVERRUN = say("the solver did not stop at the time limit and was ended")


def _command(folder: Path, module: str) -> list[str]:
    # -P: a file of the user's working directory must not stand in for a library
    return [sys.executable, "-P", "-m", module, str(folder)]


def _apart() -> dict[str, Any]:
    """Options of Popen that keep the terminal's Ctrl-C from the child."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


@contextmanager
def ctrl_c(on_interrupt: Callable[[], object]) -> Iterator[None]:
    """Call `on_interrupt` at Ctrl-C in place of raising KeyboardInterrupt anywhere.

    Only where Python's own handler stands, and in the main thread: another handler belongs to the caller.
    """
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not ours:
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: on_interrupt())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
