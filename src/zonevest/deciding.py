"""`decide`: one decision now for all scenarios of a study; what may wait is left to each (FORMULATION.md, 11)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.api import Method
from zonevest.averaging import mean_study
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.study import Study, StudyError
from zonevest.model.stages import Decided, Stages, stages
from zonevest.reports.decision import Decision, Objective
from zonevest.reports.decision_tables import unknowns
from zonevest.reports.regret import weights_of
from zonevest.reports.sweep_text import AS_IT_IS, called
from zonevest.sides import ROUNDING, Side
from zonevest.solvers.answer import OnProgress, Progress, Solution, SolveOptions, gap_of
from zonevest.solvers.highs import available_cores
from zonevest.solvers.joint import Aim, joint
from zonevest.solvers.supervise import ctrl_c
from zonevest.solvers.supervise import solve as run_supervised
from zonevest.solvers.trust import bound_of, size_of
from zonevest.sweep_cases import SweepError, probabilities
from zonevest.sweep_run import jobs_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Decision", "decide"]

ALONE, MEAN, FIRST, TOGETHER = 0.4, 0.5, 0.6, 0.92
"""By which part of the time scenarios alone, the mean, first decisions and the common program are at their end."""
LEAST_SECONDS = 2.0
"""What a step that makes a decision usable has in any case."""


def decide(
    study: Study,
    scenarios: Sequence[str] | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    objective: Objective = "expectation",
    alpha: float = 0.5,
    beta: float = 0.2,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: Method = "auto",
    jobs: int = 1,
    on_progress: OnProgress | None = None,
) -> Decision:
    """Find one decision that can be carried out in all scenarios and is the best for them together.

    Decided now, and the same in all scenarios: the zone of every parcel, what begins on land in the first period, and
    which projects start in it. Left to each scenario: what begins later on land, inside its zone; later projects;
    money, quotas and trade.

    Parameters
    ----------
    scenarios : names of the table scenarios, `""` for the study as it is; None: all of them (without any: the study as
        it is).
    weights : of scenarios, in any unit; None: the probabilities of the table; where none are stated all count alike.
    objective : expectation (the mean gain), cvar ((1 - alpha) times the mean plus alpha times the mean over the worst
        part beta of probability), or regret (the largest distance from each scenario's own best plan, as small as can
        be).
    alpha, beta : of cvar: 0 to 1, and above 0 up to 1.
    gap : stop when no decision can be better by more than this share of its value (of regret: of the mean gain).
    time_limit : seconds for everything but making the programs and tables; the best decision found by then is returned.
    threads, seed : of the solver; 0 threads: as many as it chooses.
    method : mip (one program), prices, or auto.
    jobs : how many scenarios are solved at a time; 0: as cores and memory allow.
    on_progress : called with a `Progress` now and then.

    Returns
    -------
    Decision
        `has_plan` is False where there is none; `status` and `message` say why.

    Raises
    ------
    StudyError
        If the study of a scenario has faults.
    SweepError
        If a scenario or the weights cannot be used.
    ValueError
        If a number is out of its range, or the study's objective has several terms in turn.
    """
    if objective not in ("expectation", "cvar", "regret"):
        raise ValueError(f"objective is expectation, cvar or regret, not {objective!r}")
    if method not in ("auto", "mip", "prices"):
        raise ValueError(f"method is auto, mip or prices, not {method!r}")
    if method == "prices":
        raise ValueError("a common decision is found as one program: method auto or mip")
    if not (0.0 <= alpha <= 1.0 and 0.0 < beta <= 1.0):
        raise ValueError(f"alpha is from 0 to 1, beta above 0 up to 1, not {alpha} and {beta}")
    if not all(np.isfinite(number) and number >= 0 for number in (gap, time_limit, threads, seed, jobs)):
        raise ValueError("gap, time_limit, threads, seed and jobs are finite numbers of at least 0")
    if study.settings.objective.method == "lexicographic":
        raise ValueError(say("terms in turn have no single value: no common decision is made of a lexicographic study"))
    names, chances, notes = weighted(study, scenarios, weights)
    if objective != "cvar":
        alpha = 0.0
    asked = {"gap": gap, "time_limit": time_limit, "threads": threads, "seed": seed, "method": method}
    aim = Aim(chances, alpha, beta)
    run = _Run(study, names, aim, objective, asked, jobs, on_progress, notes=notes)
    with ctrl_c(run.stopped.set):
        run.all()
        return run.end()


def weighted(
    study: Study, scenarios: Sequence[str] | None, weights: Mapping[str, float] | None
) -> tuple[list[str], Floats, list[str]]:
    """The scenarios that are meant, their weights, and how these came about.

    Raises
    ------
    SweepError
        If there is no such scenario, or a weight is none.
    """
    likely = probabilities(study)
    names = list(dict.fromkeys(scenarios)) if scenarios else [*likely] or [""]
    known = {"": None, **likely}
    for name in [*names, *(weights or {})]:
        if name not in known:
            must = rule("scenarios.scenario", names=listed(likely)) if likely else rule("scenarios.none")
            raise SweepError("--scenarios", must, repr(name), must.do)
    if weights is not None:
        wrong = [name for name, each in weights.items() if not (np.isfinite(each) and each >= 0.0)]
        if wrong or not any(weights.get(name, 0.0) > 0.0 for name in names):
            must, do = say("weights are numbers of at least 0, and one is above 0"), say("correct the weights")
            raise SweepError("--weights", must, listed(f"{name}={each:g}" for name, each in weights.items()), do)
    stated = known if weights is None else dict.fromkeys(names) | dict(weights)
    found, how = weights_of(names, stated)
    notes = []
    if len(names) > 1 and how == "alike":
        notes.append(say("no probabilities are stated: all scenarios count alike"))
    elif weights is None and how == "rescaled":
        notes.append(say("probabilities of these scenarios do not sum to 1, and were scaled to it"))
    return names, np.array([found[name] for name in names]), notes


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
class _Run:
    """A search for a common decision."""

    study: Study
    names: list[str]
    aim: Aim
    objective: Objective
    asked: dict[str, Any]
    jobs: int
    on_progress: OnProgress | None
    notes: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    seconds: dict[str, float] = field(default_factory=dict)
    sides: list[Side] = field(default_factory=list)
    own: list[Solution | None] = field(default_factory=list)
    best: Found | None = None
    bound: float = np.inf
    impossible: str = ""
    mean: list[Solution | None] = field(default_factory=list)
    mean_status: str = "none"
    mean_fails: str = ""

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.lock = threading.Lock()

    # ---------------------------------------------------------------- the steps

    def all(self) -> None:
        """All steps in turn."""
        with self.step("build"):
            for name in self.names:
                self.tell(say("making the program of {scenario}", scenario=called(name or AS_IT_IS)))
                self.sides.append(Side.of(name, self.study.in_scenario(name) if name else self.study))
            self.stages: Stages = stages([side.ledger for side in self.sides])
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
        with self.step("mean"):
            self.of_the_mean()
        with self.step("first"):
            self.first_decisions()
        with self.step("together"):
            self.together()

    def alone(self) -> None:
        """Solve every scenario as if it were known to come."""
        count = self._count()

        def one(at: int) -> Solution:
            side = self.sides[at]
            left = max(self.until(ALONE), 0.0) * count / max(len(self.sides) - at, count)
            what = say("{scenario} alone", scenario=called(side.name or AS_IT_IS))
            options = self.options(max(left, LEAST_SECONDS))
            if self.objective == "regret":  # what is left open here is left open in every regret
                options = replace(options, gap=options.gap / 2.0)
            return side.alone(options, self.said(what), stop=self.stopped.is_set)

        self.own = list(self._each(one))
        for side, found in zip(self.sides, self.own, strict=True):
            if found is not None and found.status == "infeasible":
                self.impossible = say("no plan exists in {scenario}", scenario=called(side.name or AS_IT_IS))

    def take_single(self) -> None:
        """Of one scenario the best plan is the decision."""
        found = self.own[0]
        if found is not None and found.x is not None:
            self.best = Found(self.sides[0].decided(self.stages, 0, found.x), [found])
            self.bound = found.bound

    def of_the_mean(self) -> None:
        """The decision of the mean of the scenarios, and what comes of it in each."""
        try:
            side = Side.of("", mean_study(self.study, [each.study for each in self.sides], self.aim.weights))
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
        self.mean = self.carried(decided, MEAN)
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
        order = np.argsort(-self.aim.weights, kind="stable")
        for at in order:
            found = self.own[at]
            if self.until(FIRST) <= 0.0 or self.stopped.is_set():
                return
            if found is None or found.x is None:
                continue
            decided = self.sides[at].decided(self.stages, int(at), found.x)
            if self.stages.holds(decided):
                self.tell(say("what {scenario} would decide", scenario=called(self.names[at] or AS_IT_IS)))
                self.offer(decided, self.carried(decided, FIRST))

    def together(self) -> None:
        """All scenarios as one program."""
        if self.stopped.is_set():
            return
        programs = [side.program for side in self.sides]
        numbers = [self.stages.numbers(at, program.n_cols) for at, program in enumerate(programs)]
        aim, gap = self.aim, {"gap": self.asked["gap"]}
        if self.objective == "regret":
            known = self.known_values()
            aim = replace(aim, best=known)
            mean = float(self.aim.weights @ np.where(np.isfinite(known), known, 0.0))
            gap = {"gap": 0.0, "gap_absolute": self.asked["gap"] * abs(mean) / 2.0}
        whole = joint(programs, numbers, self.stages.upper, aim)
        start = None if self.best is None else whole.point([each.x for each in self.best.points if each.x is not None])
        scale = float(self.aim.weights @ np.array([side.scale for side in self.sides]))
        options = replace(self.options(max(self.until(TOGETHER), LEAST_SECONDS)), start=start, scale=scale, **gap)
        what = say("all scenarios together")
        found = run_supervised(whole.program, options, self.said(what), stop=self.stopped.is_set)
        if found.status == "infeasible":
            self.impossible = say("every scenario has a plan, but no decision can be carried out in all of them")
            return
        self.bound = min(self.bound, found.bound)
        if found.x is None:
            return
        points = whole.split(found.x)
        decided = self.sides[0].decided(self.stages, 0, points[0])
        first = [
            Solution(x, "feasible", side.program.value_at(x), np.inf, None, 0.0)
            for side, x in zip(self.sides, points, strict=True)
        ]
        self.offer(decided, first)
        if not self.stopped.is_set():
            self.tell(say("what the decision leaves to each scenario"))
            self.offer(decided, self.carried(decided, 1.0, points))

    # ---------------------------------------------------------------- helpers

    def carried(self, decided: Decided, part: float, points: Sequence[Floats] | None = None) -> list[Solution | None]:
        """What comes of a decision in every scenario; None where it was not looked for any more."""
        lost = threading.Event()

        def one(at: int) -> Solution | None:
            if lost.is_set():
                return None
            left = max(self.until(part), LEAST_SECONDS) / max(len(self.sides) - at, 1)
            options = replace(
                self.options(left),
                gap=max(self.asked["gap"] / 10.0, ROUNDING),
                start=None if points is None else points[at],
            )
            found = self.sides[at].carried(self.stages, at, decided, options, stop=self.stopped.is_set)
            if found.x is None:
                lost.set()
            return found

        return list(self._each(one))

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
        own = np.array([-np.inf if each is None or each.value is None else each.value for each in self.own])
        return own if self.best is None else np.maximum(own, self.best.values)

    def known_bounds(self) -> Floats:
        """What no plan of each scenario can exceed."""
        own = np.array([np.inf if each is None else each.bound for each in self.own])
        return np.maximum(own, self.known_values())

    def near(self) -> bool:
        """Whether the best decision is near enough to what the scenarios' own bounds allow."""
        assert self.best is not None
        value = self.worth(self.best)
        bound = 0.0 if self.objective == "regret" else self.aim.of(self.known_bounds())
        return bound - value <= self.asked["gap"] * abs(float(self.aim.weights @ self.best.values))

    def _count(self) -> int:
        size = len(self.sides)
        count = self.jobs or jobs_here(size, len(self.study.parcels), available_cores())
        return max(min(count, size), 1)

    def _each(self, work: Callable[[int], Any]) -> Iterator[Any]:
        """Do something for every scenario, as many at a time as was asked for."""
        count = self._count()
        if count == 1:
            yield from map(work, range(len(self.sides)))
            return
        with ThreadPoolExecutor(count) as pool:
            yield from pool.map(work, range(len(self.sides)))

    def options(self, seconds: float) -> SolveOptions:
        """What is asked of a solve."""
        threads = self.asked["threads"] or (1 if self._count() > 1 else 0)
        return SolveOptions(gap=self.asked["gap"], time_limit=seconds, threads=threads, seed=self.asked["seed"])

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began

    def until(self, part: float) -> float:
        """Seconds that are left to a part of the time limit."""
        return self.start + part * (self.limit - self.start) - self.elapsed()

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

    # ---------------------------------------------------------------- what came of it

    def end(self) -> Decision:
        """Put the decision together."""
        decision = Decision(
            self.study,
            self.objective,
            "no_plan",
            dict(zip(self.names, self.aim.weights.tolist(), strict=True)),
            self.aim.alpha,
            self.aim.beta,
            settings=self.asked | {"objective": self.objective, "alpha": self.aim.alpha, "beta": self.aim.beta},
            unknown=unknowns(self.study, self.names),
            mean_status=self.mean_status,
            mean_fails=self.mean_fails,
            seconds=self.seconds,
        )
        if self.impossible and self.best is None:
            decision.status, decision.message = "infeasible", self.impossible
        elif self.best is None:
            decision.status = "interrupted" if self.stopped.is_set() else "no_plan"
        own = self.own or [None] * len(self.names)
        decision.alone = {n: None if s is None else s.value for n, s in zip(self.names, own, strict=True)}
        decision.bounds = {n: None if s is None else _finite(s.bound) for n, s in zip(self.names, own, strict=True)}
        for at, found in enumerate(own):
            if found is not None and found.x is not None:
                decided = self.sides[at].decided(self.stages, at, found.x)
                tables = self.stages.parcels_table(decided), self.stages.projects_table(decided)
                decision.own[self.names[at]] = tables
        if self.best is not None:
            self.fill(decision, self.best)
        decision.notes = tuple(self.notes)
        return decision

    def fill(self, decision: Decision, best: Found) -> None:
        """What is told of a decision."""
        values, known, bounds = best.values, self.known_values(), self.known_bounds()
        decision.values = dict(zip(self.names, values.tolist(), strict=True))
        decision.alone = dict(zip(self.names, known.tolist(), strict=True))
        decision.bounds = {name: _finite(each) for name, each in zip(self.names, bounds, strict=True)}
        decision.mean_value = float(self.aim.weights @ values)
        decision.cvar = self.aim.tail(values)
        low, high = np.maximum(known - values, 0.0), np.maximum(bounds - values, 0.0)
        decision.regret = {
            name: (float(one), _finite(other)) for name, one, other in zip(self.names, low, high, strict=True)
        }
        if self.objective == "regret":
            self.fill_regret(decision, low, high)
        else:
            self.fill_value(decision, best, known, bounds)
        near = decision.gap is not None and decision.gap <= self.asked["gap"] + ROUNDING
        decision.status = "optimal" if near else "interrupted" if self.stopped.is_set() else "feasible"
        decision.parcels = self.stages.parcels_table(best.decided)
        decision.projects = self.stages.projects_table(best.decided)
        with self.step("plans"):
            decision.plans = {
                side.name: self.plan(side, each, bound)
                for side, each, bound in zip(self.sides, best.points, bounds, strict=True)
            }

    def fill_value(self, decision: Decision, best: Found, known: Floats, bounds: Floats) -> None:
        """Value and bound of what is maximised, and what knowing, and looking at all scenarios, are worth."""
        value, ahead = self.aim.of(best.values), self.aim.of(bounds)
        size = sum(
            weight * size_of(side.program, each.x)
            for weight, side, each in zip(self.aim.weights, self.sides, best.points, strict=True)
            if each.x is not None
        )
        bound = bound_of(min(self.bound, ahead), value, size)
        decision.value, decision.bound = value, _finite(bound)
        scale = float(self.aim.weights @ np.array([side.scale for side in self.sides]))
        decision.gap = gap_of(bound, value, scale) if np.isfinite(bound) else None
        decision.perfect_information = self.aim.of(known)
        if np.isfinite(ahead):
            least = max(decision.perfect_information - bound, 0.0) if np.isfinite(bound) else 0.0
            decision.evpi = (least, max(ahead - value, 0.0))
        if len(self.sides) == 1:
            decision.vss = (0.0, 0.0)
            return
        decision.mean = {
            name: None if each is None else each.value
            for name, each in zip(self.names, self.mean or [None] * len(self.names), strict=True)
        }
        if self.mean_status == "solved" and np.isfinite(bound):
            most = self.aim.of(np.array([np.inf if each is None else each.bound for each in self.mean]))
            least = self.aim.of(np.array([-np.inf if s is None or s.value is None else s.value for s in self.mean]))
            decision.vss = (max(value - most, 0.0) if np.isfinite(most) else 0.0, max(bound - least, 0.0))

    def fill_regret(self, decision: Decision, low: Floats, high: Floats) -> None:
        """The largest regret: of the decision at most, and of any decision at least."""
        largest = float(high.max()) if np.isfinite(high).all() else float(low.max())
        decision.value = largest
        decision.perfect_information = 0.0
        if not np.isfinite(high).all():
            self.notes.append(say("where a scenario's own best plan is not bounded its regret may be larger"))
            return
        least = -self.bound if np.isfinite(self.bound) else 0.0
        decision.bound = min(max(least, 0.0), largest)
        mean = abs(float(decision.mean_value or 0.0))
        scale = float(self.aim.weights @ np.array([side.scale for side in self.sides]))
        decision.gap = (largest - decision.bound) / max(mean, 1e-9 * scale) if largest > decision.bound else 0.0
        decision.evpi = (decision.bound, largest)
        if len(self.sides) == 1:
            decision.vss = (0.0, 0.0)
        elif self.mean_status == "solved":
            known, bounds = self.known_values(), self.known_bounds()
            has = np.array([0.0 if each is None or each.value is None else each.value for each in self.mean])
            most = np.array([np.inf if each is None else each.bound for each in self.mean])
            decision.mean = dict(zip(self.names, has.tolist(), strict=True))
            at_least = max(float((known - most).max()), 0.0)
            decision.vss = (
                max(at_least - largest, 0.0),
                max(float((bounds - has).max()) - decision.bound, 0.0),
            )

    def plan(self, side: Side, found: Solution, bound: float) -> Any:
        """The plan of a scenario beside the common decision; its bound is that of the scenario alone."""
        assert found.value is not None
        gap = gap_of(bound, found.value, side.scale) if np.isfinite(bound) else None
        near = gap is not None and gap <= self.asked["gap"]
        message = "" if near else say("decided in common with other scenarios: the bound is of this scenario alone")
        status = "optimal" if near else "feasible"
        point = replace(found, status=status, bound=bound, gap=gap, message=message)
        settings = self.asked | {"decided_for": self.names}
        return side.plan(point, settings)


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


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
