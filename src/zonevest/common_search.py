"""The search for a common decision: scenarios alone, their mean, what these decide, then all together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zonevest.averaging import mean_study
from zonevest.far_sides import FarSides, done
from zonevest.instances.say import listed, say
from zonevest.instances.study import Study, StudyError
from zonevest.model.stages import Decided, Stages, stages
from zonevest.reports.sweep_text import AS_IT_IS, called
from zonevest.sides import ROUNDING, Side
from zonevest.solvers.answer import OnProgress, Progress, Solution, SolveOptions
from zonevest.solvers.cluster import LostError
from zonevest.solvers.highs import available_cores
from zonevest.solvers.joint import Aim, joint
from zonevest.solvers.supervise import solve as run_supervised
from zonevest.solvers.trust import bound_of
from zonevest.sweep_run import jobs_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client
    from numpy.typing import NDArray

    from zonevest.reports.decision import Objective

    Floats = NDArray[np.float64]

ALONE, MEAN, FIRST, TOGETHER = 0.4, 0.5, 0.6, 0.92
"""By which part of the time scenarios alone, the mean, first decisions and the common program are at their end."""
FINANCE_SECONDS = 10.0
"""What financing another scenario's land and projects may take."""
LEAST_SECONDS = 2.0
"""What a step that makes a decision usable has in any case."""


@dataclass(eq=False)
class Found:
    """A decision with the best that was found for each scenario."""

    decided: Decided
    points: list[Solution]

    @property
    def values(self) -> Floats:
        """Gains by scenario."""
        return np.array([float(each.value or 0.0) for each in self.points])


@dataclass(eq=False)
class Search:
    """A search for a common decision.

    Attributes
    ----------
    client : of a cluster on whose workers each scenario is solved; None: here.
    sides, far : the scenarios here, of which the common program is made, and on the workers.
    """

    kind: ClassVar[type[Side]] = Side
    study: Study
    names: list[str]
    aim: Aim
    objective: Objective
    asked: dict[str, Any]
    jobs: int
    on_progress: OnProgress | None
    client: Client | None = None
    notes: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    seconds: dict[str, float] = field(default_factory=dict)
    sides: list[Side] = field(default_factory=list)
    own: list[Solution | None] = field(default_factory=list)
    best: Found | None = None
    bound: float = np.inf
    proven: bool = False
    impossible: str = ""
    mean: list[Solution | None] = field(default_factory=list)
    mean_status: str = "none"
    mean_fails: str = ""
    far: FarSides | None = None

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.lock = threading.Lock()
        self.here = threading.Semaphore(self._count())
        self.far = None if self.client is None else FarSides(self.client)

    # ---------------------------------------------------------------- the steps

    def all(self) -> None:
        """All steps in turn."""
        with self.step("build"):
            studies = {name: self.study.in_scenario(name) if name else self.study for name in self.names}
            if self.far is not None:
                self.far.hold(self.kind, studies)
            for name, study in studies.items():
                self.tell(say("making the program of {scenario}", scenario=called(name or AS_IT_IS)))
                self.sides.append(self.kind.of(name, study))
            self.stages: Stages = stages([side.ledger for side in self.sides])
            if self.far is not None:
                self.far.wait(self.stopped.is_set)
        self.limit = self.elapsed() + self.asked["time_limit"]
        self.start = self.elapsed()
        with self.step("alone"):
            self.alone()
        if stuck := self.stages.stuck:
            self.impossible = say("no zoning is open in every scenario to: {parcels}", parcels=listed(stuck[:5]))
        if self.impossible or self.stopped.is_set():
            return
        if len(self.sides) == 1:
            self.take_single()
            return
        self.common()

    def common(self) -> None:
        """What several scenarios decide in common."""
        with self.step("mean"):
            self.of_the_mean()
        with self.step("first"):
            self.first_decisions()
        with self.step("together"):
            self.together()

    def alone(self) -> None:
        """Solve every scenario as if it were known to come."""
        count = self._count()

        def one(at: int) -> Any:
            left = max(self.until(ALONE), 0.0) * count / max(len(self.sides) - at, count)
            what = say("{scenario} alone", scenario=called(self.names[at] or AS_IT_IS))
            options = self.options(max(left, LEAST_SECONDS))
            if self.objective == "regret":  # what is left open here is left open in every regret
                options = replace(options, gap=options.gap / 4.0)
            return self.ask(at, "alone", options, on_progress=self.said(what))

        self.own = list(self.each(one))
        for side, found in zip(self.sides, self.own, strict=True):
            if found is not None and found.status == "infeasible":
                self.impossible = say("no plan exists in {scenario}", scenario=called(side.name or AS_IT_IS))

    def take_single(self) -> None:
        """Of one scenario the best plan is the decision."""
        found = self.own[0]
        if found is not None and found.x is not None:
            self.best = Found(self.sides[0].decided(self.stages, 0, found.x), [found])
            self.bound, self.proven = found.bound, found.status == "optimal"

    def of_the_mean(self) -> None:
        """The decision of the mean of the scenarios, and what comes of it in each."""
        try:
            side = self.kind.of("", mean_study(self.study, [each.study for each in self.sides], self.aim.weights))
            both = stages([self.sides[0].ledger, side.ledger])
        except (StudyError, ValueError):
            self.mean_status = "unsound"
            return
        options = self.options(max(self.until(MEAN) / 2.0, LEAST_SECONDS))
        found = side.alone(options, self.said(say("the mean of the scenarios")), stop=self.stopped.is_set)
        if found.x is None:
            self.mean_status = "no_plan"
            return
        decided = matched(self.stages, both, side.decided(both, 1, found.x))
        if decided is None or not self.stages.holds(decided):
            self.mean_status = "impossible"
            return
        self.mean = self.carried(decided, MEAN, donor=(side, found.x))
        has = [each is not None and each.x is not None for each in self.mean]
        lost = any(each is not None and each.status == "infeasible" for each in self.mean)
        self.mean_status = "solved" if all(has) else "impossible" if lost else "unknown"
        self.mean_fails = next(
            (n for n, each in zip(self.names, self.mean, strict=True) if each is not None and each.x is None), ""
        )
        self.offer(decided, self.mean)

    def first_decisions(self) -> None:
        """What each scenario would decide alone, and deciding nothing: the best of them is where the search begins."""
        if self.best is not None and self.near():
            return
        self.offer_nothing()
        waiting = np.argsort(-self.aim.weights, kind="stable").tolist()
        while waiting and self.until(FIRST) > 0.0 and not self.stopped.is_set():
            at = waiting.pop(0)
            found = self.own[at]
            if found is None or found.x is None:
                continue
            decided = self.sides[at].decided(self.stages, at, found.x)
            if not self.stages.holds(decided):
                continue
            self.tell(say("what {scenario} would decide", scenario=called(self.names[at] or AS_IT_IS)))
            points = self.carried(decided, FIRST, donor=(self.sides[at], found.x))
            self.offer(decided, points)
            # where it fails there is less room: what is decided there may hold everywhere
            failed = [each for each in waiting if (one := points[each]) is not None and one.x is None]
            waiting = failed + [each for each in waiting if each not in failed]

    def offer_nothing(self) -> None:
        """Doing nothing is a decision, too, where it holds in every scenario and nothing better is known."""
        if self.best is not None:
            return
        points = [side.nothing() for side in self.sides]
        known = [x for x in points if x is not None]
        if len(known) < len(points):
            return
        decided = self.sides[0].decided(self.stages, 0, known[0])
        others = [side.decided(self.stages, at, x) for at, (side, x) in enumerate(zip(self.sides, known, strict=True))]
        if all((each.share == decided.share).all() for each in others):
            self.offer(decided, [_found(side, x) for side, x in zip(self.sides, known, strict=True)])

    def together(self) -> None:
        """All scenarios as one program."""
        if self.stopped.is_set():
            return
        programs = [side.program for side in self.sides]
        numbers = [self.stages.numbers(at, program.n_cols) for at, program in enumerate(programs)]
        aim, gap = self.aim, {"gap": self.asked["gap"]}
        if self.objective == "regret":
            aim = replace(aim, best=self.known_values())
            gap = {"gap": 0.0, "gap_absolute": self.regret_left()}
        whole = joint(programs, numbers, self.stages.upper, aim, self.terms())
        start = None if self.best is None else whole.point([each.x for each in self.best.points if each.x is not None])
        scale = float(self.aim.weights @ np.array([side.scale for side in self.sides]))
        options = replace(self.options(max(self.until(TOGETHER), LEAST_SECONDS)), start=start, scale=scale, **gap)
        what = say("all scenarios together")
        found = run_supervised(whole.program, options, self.said(what), stop=self.stopped.is_set)
        if found.status == "infeasible":
            self.impossible = say("every scenario has a plan, but no decision can be carried out in all of them")
            return
        self.bound = min(self.bound, found.bound)
        # a regret is as sure as the best plans that it is measured against
        against = self.own if self.objective == "regret" else []
        self.proven = all(each is not None and each.status == "optimal" for each in [found, *against])
        if found.x is None:
            return
        points = whole.split(found.x)
        decided = self.sides[0].decided(self.stages, 0, points[0])
        self.offer(decided, [_found(side, x) for side, x in zip(self.sides, points, strict=True)])
        if not self.stopped.is_set():
            self.tell(say("what the decision leaves to each scenario"))
            self.offer(decided, self.carried(decided, 1.0, points))

    # ---------------------------------------------------------------- helpers

    def ask(self, at: int, what: str, *given: Any, on_progress: OnProgress | None = None) -> Any:
        """What a scenario makes of something by itself: on the worker that holds it, or here."""
        far, begun = self.far, self.elapsed()
        if far is not None:
            try:
                return far.ask(at, what, given, self.stopped.is_set, on_progress)
            except LostError:
                self._lost()
            spent = self.elapsed() - begun
            given = tuple(
                replace(each, time_limit=max(each.time_limit - spent, LEAST_SECONDS))
                if isinstance(each, SolveOptions)
                else each
                for each in given
            )
        with self.here:
            return done(self.sides[at], what, given, self.stopped.is_set, on_progress)

    def _lost(self) -> None:
        """Go on without a cluster."""
        with self.lock:
            if self.far is not None:
                self.far = None
                self.notes.append(say("the cluster was lost on the way; the run went on without it"))

    def carried(
        self,
        decided: Decided,
        part: float,
        points: Sequence[Floats] | None = None,
        *,
        donor: tuple[Side, Floats] | None = None,
    ) -> list[Solution | None]:
        """What comes of a decision in every scenario; None where it was not looked for any more.

        Parameters
        ----------
        part : of the time limit, at which it is to be known.
        points : of every scenario one that makes the decision, to begin with.
        donor : a point of a scenario that makes it, which the others begin with where it holds in them.
        """
        gap = self.asked["gap"] if points is None else self.asked["gap"] / 10.0
        lost = threading.Event()

        def one(at: int) -> Solution | None:
            if lost.is_set():
                return None
            left = max(self.until(part), LEAST_SECONDS) / max(len(self.sides) - at, 1)
            start = None if points is None else points[at]
            if donor is not None:
                same = self.sides[at] is donor[0]
                start = donor[1] if same else self.sides[at].beside(*donor, min(left / 4.0, FINANCE_SECONDS))
            options = replace(self.options(left), gap=max(gap, ROUNDING), start=start)
            found: Solution = self.ask(at, "carried", self.stages, at, decided, options)
            if found.x is None:
                lost.set()
            return found

        return list(self.each(one))

    def offer(self, decided: Decided, points: Sequence[Solution | None]) -> None:
        """Keep a decision that can be carried out in every scenario, if it is the best so far."""
        known = [each for each in points if each is not None and each.x is not None]
        if len(known) < len(self.sides):
            return
        found = Found(decided, known)
        if self.best is None or self.worth(found) > self.worth(self.best):
            self.best = found

    def worth(self, found: Found) -> float:
        """What is maximised; of regret less than 0, beside what is known of the scenarios' own best plans."""
        if self.objective == "regret":
            return replace(self.aim, best=self.known_values()).of(found.values)
        return self.aim.of(found.values)

    def known_values(self) -> Floats:
        """The best gain that is known of each scenario; -inf where none is."""
        own: Floats = np.array([-np.inf if each is None or each.value is None else each.value for each in self.own])
        return own if self.best is None else np.maximum(own, self.best.values)

    def known_bounds(self) -> Floats:
        """What no plan of each scenario can exceed."""
        known = self.known_values()
        own = [np.inf if each is None else each.bound for each in self.own]
        return np.array(
            [
                bound if np.isneginf(value) else bound_of(bound, value, side.scale)
                for bound, value, side in zip(own, known.tolist(), self.sides, strict=True)
            ]
        )

    def terms(self) -> float:
        """What the scenarios' values are made of: the mean size of their terms at the best plans that are known."""
        points = self.own if self.best is None else self.best.points
        sizes = [
            side.scale if each is None or each.x is None else side.size(each.x)
            for side, each in zip(self.sides, points, strict=True)
        ]
        return float(self.aim.weights @ np.array(sizes))

    def regret_left(self) -> float:
        """What the one program may leave open of a regret: the gap asked for, less what own best plans leave open."""
        known = self.known_values()
        worth = known if self.best is None else self.best.values
        wanted: float = self.asked["gap"] * abs(float(self.aim.weights @ np.where(np.isfinite(worth), worth, 0.0)))
        with np.errstate(invalid="ignore"):
            open_ends = float(np.max(self.known_bounds() - known, initial=0.0))
        return float(max(0.9 * wanted - open_ends, wanted / 4.0)) if np.isfinite(open_ends) else wanted / 2.0

    def near(self) -> bool:
        """Whether the best decision is near enough to what the scenarios' own bounds allow."""
        assert self.best is not None
        value = self.worth(self.best)
        bound = 0.0 if self.objective == "regret" else self.aim.of(self.known_bounds())
        return bool(bound - value <= self.asked["gap"] * abs(float(self.aim.weights @ self.best.values)))

    def _count(self) -> int:
        size = len(self.names)
        count = self.jobs
        if not count and self.far is not None:
            count = len(self.far.places)
        count = count or jobs_here(size, len(self.study.parcels), available_cores())
        return max(min(count, size), 1)

    def in_turn(self) -> int:
        """How many scenarios at a time where each of them takes all cores: one after the other but on a cluster."""
        return 1 if self.far is None else self._count()

    def each(self, work: Callable[[int], Any], count: int = 0) -> Iterator[Any]:
        """Do something for every scenario, so many at a time; 0: as many as was asked for."""
        count = count or self._count()
        if count == 1:
            yield from map(work, range(len(self.sides)))
            return
        with ThreadPoolExecutor(count) as pool:
            yield from pool.map(work, range(len(self.sides)))

    def options(self, seconds: float, count: int = 0) -> SolveOptions:
        """What is asked of a solve, of which there are so many at a time; 0: as many as was asked for."""
        threads = self.asked["threads"] or (1 if (count or self._count()) > 1 else 0)
        return SolveOptions(gap=self.asked["gap"], time_limit=seconds, threads=threads, seed=self.asked["seed"])

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began

    def until(self, part: float) -> float:
        """Seconds that are left to a part of the time limit."""
        return float(self.start + part * (self.limit - self.start)) - self.elapsed()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the seconds of a step."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def tell(self, phase: str) -> None:
        """Tell what is being done."""
        self.said(phase)(Progress(phase, 0.0, None, None, None))

    def said(self, phase: str) -> OnProgress:
        """A listener to a solver that says what it solves."""

        def tell(progress: Progress) -> None:
            if self.on_progress is not None:
                with self.lock:
                    self.on_progress(replace(progress, phase=phase, seconds=self.elapsed()))

        return tell


def _found(side: Side, x: Floats) -> Solution:
    """A point of which nothing is proven."""
    return Solution(x, "feasible", side.program.value_at(x), np.inf, None, 0.0)


def matched(wanted: Stages, given: Stages, decided: Decided) -> Decided | None:
    """A decision in the classes of other scenarios, by their labels; None where they have not all of its classes."""
    at = {
        key: position
        for position, key in enumerate(
            zip(wanted.parcel.tolist(), wanted.zone, wanted.practice, wanted.begins, strict=True)
        )
    }
    share = np.zeros(wanted.count)
    for number in np.flatnonzero(decided.share > 0.0):
        key = (int(given.parcel[number]), given.zone[number], given.practice[number], given.begins[number])
        if key not in at:
            return None
        share[at[key]] = decided.share[number]
    return Decided(share, decided.started)
