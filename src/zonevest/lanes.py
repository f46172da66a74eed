"""The solves of a front, several at a time: in which order, and the processes that make them.

Each lane is a process of its own, as HiGHS has one pool of threads per process and Ctrl-C goes to the main thread. It
goes on from point to neighbouring point, so that each begins near its end.
"""

from __future__ import annotations

import json
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zonevest.instances.say import of_system, say
from zonevest.solvers.answer import Progress
from zonevest.solvers.supervise import Child, ctrl_c

if TYPE_CHECKING:
    from zonevest.api import Plan

MODULE = "zonevest.lane_worker"
ASKED = "asked.pickle"
"""Study, terms and what is asked of each solve, in the folder that the lanes share."""
TICK = 0.02
Cell = tuple[int, int]
"""A row of floors, and the floor's position in it."""


@dataclass(frozen=True)
class Job:
    """A solve: weights and floors by the terms' names; gaps; the solve from whose plan it begins.

    Attributes
    ----------
    number : of the solve, in the order in which they begin.
    gap, apart : as a part of the gain, and in units of the objective.
    cell : which floor it is of, if any.
    """

    number: int
    weights: Mapping[str, float]
    floors: Mapping[str, float]
    gap: float
    apart: float = 0.0
    start: int | None = None
    cell: Cell | None = None


More = Callable[[Job | None], Job | None]
"""The next job of a lane whose last one is given; None: there is none now."""
Done = Callable[[Job, "Plan"], object]


class Order:
    """Which floor comes next: the one beside the last, upwards first; else far from where others are at work.

    One lane by itself goes through the rows from the beginning to the end.
    """

    def __init__(self, rows: Sequence[int]) -> None:
        """Floors by row."""
        self.free = [np.ones(size, dtype=bool) for size in rows]
        self.passed: dict[Cell, int] = {}

    def next(self, last: Cell | None) -> Cell | None:
        """Take a floor; None: none is left."""
        if last is not None:
            row, k = last
            for beside in (self.passed.get(last, k + 1), k - 1):
                if 0 <= beside < len(self.free[row]) and self.free[row][beside]:
                    return self.take(row, beside)
        if self.free[0][0]:
            return self.take(0, 0)
        runs = [(row, *run) for row, free in enumerate(self.free) for run in _runs(free)]
        if not runs:
            return None
        row, low, high = max(runs, key=lambda run: run[2] - run[1])
        return self.take(row, low if low == 0 else (low + high) // 2)

    def take(self, row: int, k: int) -> Cell:
        """Take this floor."""
        self.free[row][k] = False
        return row, k

    def skip(self, cell: Cell, until: int) -> None:
        """Pass over floors of the row above this one, for which its point is the best too."""
        self.passed[cell] = until
        self.free[cell[0]][cell[1] + 1 : until] = False

    def close(self) -> None:
        """Take no further floor."""
        for free in self.free:
            free[:] = False

    def needless(self, done: Sequence[Cell]) -> set[Cell]:
        """Of floors that were solved those that one lane by itself would have passed over."""
        found, until = set(), dict[int, int]()
        for row, k in sorted(done):
            if k < until.get(row, 0):
                found.add((row, k))
            else:
                until[row] = self.passed.get((row, k), 0)
        return found


def _runs(free: np.ndarray) -> list[tuple[int, int]]:
    """Where free floors begin, and where they end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@dataclass
class _Lane:
    """A process, and what it works on and worked on."""

    child: Child
    job: Job | None = None
    last: Job | None = None


@dataclass
class Lanes:
    """Processes that solve jobs, as a context that ends them and leaves nothing behind.

    Attributes
    ----------
    count : how many; where they cannot be started, or end unexpectedly, fewer.
    given : study, terms and what is asked of each solve.
    here : solves a job in this process: what is left when no lane is, or what failed in one.
    tell : is told where a job stands.
    notes : what is to be known, as sentences.
    """

    count: int
    given: tuple[Any, ...]
    here: Callable[[Job], Plan]
    tell: Callable[[Job, Progress], object]
    notes: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.lanes: list[_Lane] = []
        self.left: list[Job] = []
        self.folder: Path | None = None
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="zonevest-"))
            (self.folder / ASKED).write_bytes(pickle.dumps(self.given))
            for number in range(self.count):
                own = self.folder / f"lane-{number}"
                own.mkdir()
                self.lanes.append(_Lane(Child(own, MODULE)))
        except OSError as refused:
            self.notes.append(say("solved with fewer processes than asked for: {why}", why=of_system(refused)))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with ctrl_c(lambda: None):  # who asks twice waits for this
            for lane in self.lanes:
                lane.child.end()
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)

    def work(self, more: More, done: Done) -> None:
        """Have all jobs done that there are."""
        while True:
            for lane in self.lanes:
                if lane.job is None and (job := self._next(more, lane.last)) is not None:
                    lane.job = job
                    lane.child.write(json.dumps(asdict(job)))
            busy = [lane for lane in self.lanes if lane.job is not None]
            if not busy:
                break
            heard = [self._heard(lane, done) for lane in busy]
            if not any(heard):
                time.sleep(TICK)
        last = None
        while (job := self._next(more, last)) is not None:  # no lane is left
            done(job, self.here(job))
            last = job

    def _next(self, more: More, last: Job | None) -> Job | None:
        return self.left.pop(0) if self.left else more(last)

    def _heard(self, lane: _Lane, done: Done) -> bool:
        """Hear what a lane says; whether it said anything."""
        assert lane.job is not None
        try:
            said = lane.child.said.get_nowait()
        except Empty:
            return False
        kind, job = said.pop("kind"), lane.job
        if kind == "progress":
            self.tell(job, Progress(**said))
        elif kind == "done":
            lane.job, lane.last = None, job
            assert self.folder is not None
            left = self.folder / plan_file(job.number)
            plan: Plan = pickle.loads(left.read_bytes())
            left.unlink()  # a plan with all its tables is large
            done(job, plan)
        elif kind == "fault":  # here it is raised as ever, if it is no matter of the process
            lane.job, lane.last = None, job
            done(job, self.here(job))
        else:
            how = lane.child.how_it_ended()
            self.notes.append(say("a process ended unexpectedly ({how}); its point was solved again", how=how))
            self.lanes.remove(lane)
            lane.child.end()
            self.left.append(job)
        return True


def plan_file(number: int) -> str:
    """The name of the file with a solve's plan."""
    return f"{number}.pickle"


def warm_file(number: int) -> str:
    """The name of the file with what another solve begins with."""
    return f"{number}.warm"
