"""`pareto`: the exact trade-off between cash, ecosystem value and a further account.

Augmented epsilon-constraint (Mavrotas 2009): one term is maximised while the others keep a floor, and what the others
gain counts a little, so that of points with as much of the first term the one with more of the others is found, to
the gap. Every point is a study of its own, with floors (and a limit on the further account) and weights, so that its
plan has a bound and a gap like any other and can be audited, reported and compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest import api
from zonevest.instances.say import say
from zonevest.instances.study import Objective
from zonevest.lanes import Cell, Done, Job, Lanes, More, Order
from zonevest.model.areas import TOTAL
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.reports.front import FLOOR, Front, Term, front_of
from zonevest.solvers.answer import Progress
from zonevest.solvers.highs import available_cores
from zonevest.solvers.supervise import can_start
from zonevest.sweep_run import jobs_here

if TYPE_CHECKING:
    from zonevest.instances.study import Study

__all__ = ["Front", "pareto"]

CASH, ECOSYSTEM = "cash", "ecosystem"
LITTLE, LEAST = 1e-3, 1e-6
"""What a whole range of a floored term counts beside one of the main term: at evenly spaced points, and where every
point is asked for."""
APART = 1e-6
"""Points that are nearer in every term, as a part of its range, are one."""
ROUNDING = 1e-9
"""Of a value: what is nearer is not told apart."""
MANY = 10_000
"""Options from which on solves are made several at a time: with fewer they take less than the processes do to start."""
MOST = 10_000
"""Points that `every` looks for at most."""


def pareto(
    study: Study,
    *,
    terms: Sequence[str] = (CASH, ECOSYSTEM),
    points: int = 15,
    every: bool = False,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: api.Method = "auto",
    jobs: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> Front:
    """Find plans of which none is beaten in every term by another plan.

    The study's limits, quotas and rules hold as ever; its own objective is left aside.

    Parameters
    ----------
    terms : two or three of ``cash`` (F1, gain), ``ecosystem`` (F2, gain) and accounts (over all periods; a stock as it
        is in the end); with a ``-`` before an account, less of it is better.
    points : how many floors of each floored term, evenly spaced over its range; 2 at least.
    every : find every point instead, one after the other; for small studies with whole land.
    gap : how near to its bound the main term of each point has to be, as a part of that term's range; with `every` 0.
    time_limit, seed, method : of each solve (see `zonevest.api.solve`).
    threads : of each solve; 0: the solver chooses, with several solves at a time 1.
    jobs : how many solves are made at a time, each in a process of its own; 0: of a study with many options as many as
        there are cores, and room in memory, else 1. With `every`, where each point follows from the last, always 1.
    on_progress : is told where the work stands; its phase says which point.

    Returns
    -------
    Front
        Points, plans, bounds and the knee (see `zonevest.reports.front`); after Ctrl-C those that were found.

    Raises
    ------
    ValueError
        If a term is unknown or named twice, or `every` is asked for where land is divided.
    """
    chosen = _terms(study, terms)
    if points < 2:
        raise ValueError(say("a front has 2 points at least"))
    if every and study.settings.divisible:
        raise ValueError(say("where land is divided there is no end of points: ask for a number of them"))
    count = 1 if every else _lanes(study, jobs, points if len(chosen) == 2 else points**2)
    threads = threads or (1 if count > 1 else 0)
    asked: dict[str, Any] = {"time_limit": time_limit, "threads": threads, "seed": seed, "method": method}
    search = _Search(study, chosen, asked, 0.0 if every else gap, on_progress)
    complete, notes = True, list[str]()
    try:
        with ExitStack() as stack:
            if count > 1:
                given = study, chosen, asked
                search.work = stack.enter_context(Lanes(count, given, search.solve, search.tell, notes)).work
            search.ends()
            if search.ranges is not None:
                if every:
                    search.every()
                else:
                    search.grid(points)
    except (_StoppedError, KeyboardInterrupt):
        complete = False
    return front_of(study, chosen, search.solved, search.ranges, search.main, complete=complete, notes=notes)


def _lanes(study: Study, jobs: int, points: int) -> int:
    """How many solves are made at a time."""
    if jobs < 0:
        raise ValueError(say("a number of jobs is 0 or more"))
    if not can_start():
        return 1
    if jobs:
        return min(jobs, points)
    many = len(build_options(study).kind) >= MANY
    return jobs_here(points, len(study.parcels), available_cores()) if many else 1


class _StoppedError(Exception):
    """Somebody asked to stop: the points that were found are told."""


@dataclass
class _Search:
    """Solves, each from the plan of one that is near."""

    study: Study
    terms: Sequence[Term]
    asked: Mapping[str, Any]
    gap: float
    on_progress: Callable[[Progress], object] | None

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.told: dict[int, tuple[api.Plan, dict[str, Any]]] = {}
        self.found: dict[int, np.ndarray] = {}
        self.number = 0
        self.ranges: np.ndarray | None = None
        self.lowest = self.highest = np.zeros(len(self.terms))
        self.best_main = np.inf
        self.work: Callable[[More, Done], None] = self.alone

    @property
    def solved(self) -> list[tuple[api.Plan, dict[str, Any]]]:
        """Plans and what they were solved for, in the order in which the solves began."""
        return [self.told[number] for number in sorted(self.told)]

    @property
    def main(self) -> int:
        """Which term is maximised; the others have floors."""
        names = [term.name for term in self.terms]
        return next((names.index(name) for name in (ECOSYSTEM, CASH) if name in names), 0)

    @property
    def others(self) -> list[int]:
        """Terms that have floors."""
        return [number for number in range(len(self.terms)) if number != self.main]

    def ends(self) -> None:
        """The best of each term by itself: what the ranges are made of."""
        found: list[np.ndarray] = []
        waiting = list(self.terms)

        def more(_: Job | None) -> Job | None:
            if not waiting:
                return None
            name = waiting.pop(0).name
            return self.job({name: 1.0}, {}, gap=self.gap)

        def done(job: Job, plan: api.Plan) -> None:
            (name,) = job.weights
            self.take(job, plan, {"what": "end", "of": name})
            if not plan.has_plan:
                waiting.clear()
                return
            if name == self.terms[self.main].name and plan.bound is not None:
                self.best_main = plan.bound
            found.append(self.found[job.number])

        self.work(more, done)
        if len(found) < len(self.terms):
            return
        values = np.array(found)
        self.lowest, self.highest = values.min(axis=0), values.max(axis=0)
        ranges = self.highest - self.lowest
        self.ranges = np.where(ranges > ROUNDING * np.maximum(np.abs(values).max(axis=0), 1.0), ranges, 1.0)

    def grid(self, points: int) -> None:
        """Floors evenly spaced: from what the best plan in the main term has of the others, to the most of them."""
        others, two = self.others, len(self.terms) == 2
        # the first is the best plan in the main term, without floors; of three terms there is a row for each outer one
        order = Order(
            [1] if (self.highest - self.lowest <= 0.0).all() else [points] if two else [1] + [points] * points
        )
        begun = False  # of two terms the lowest floor is what the first leaves: until then only the highest is known

        def floors(cell: Cell) -> dict[int, float]:
            if cell == (0, 0):
                return {}
            steps = [self.floors(number, points) for number in others]
            values = [steps[0][cell[1]]] if two else [steps[0][cell[0] - 1], steps[1][cell[1]]]
            return dict(zip(others, map(float, values), strict=True))

        def more(last: Job | None) -> Job | None:
            if two and not begun and not order.free[0][0]:
                cell = order.take(0, points - 1) if order.free[0][-1] else None
            else:
                cell = order.next(None if last is None else last.cell)
            return None if cell is None else self.point_job(floors(cell), LITTLE, cell)

        def done(job: Job, plan: api.Plan) -> None:
            nonlocal begun
            found = self.point_done(job, plan)
            assert job.cell is not None
            row, until = job.cell[0], job.cell[1] + 1
            if job.cell == (0, 0):
                begun = True
                if found is None:
                    order.close()
                elif two:  # what the best plan in the main term leaves of the other is known better now
                    self.lowest[others] = np.maximum(self.lowest[others], found[others])
            elif found is None and plan.status == "infeasible":  # nor does any plan reach a higher floor
                until = len(order.free[row])
            elif found is not None and plan.status == "optimal":  # the best for each floor that it has enough for, too
                while until < len(order.free[row]) and all(found[n] >= v for n, v in floors((row, until)).items()):
                    until += 1
            order.skip(job.cell, until)
            numbers[job.cell] = job.number

        numbers: dict[Cell, int] = {}
        try:
            self.work(more, done)
        finally:
            for cell in order.needless([*numbers]):
                self.told[numbers[cell]][1]["what"] = "again"

    def floors(self, number: int, points: int) -> np.ndarray:
        """Floors of a term; the most of it is known to the gap only."""
        assert self.ranges is not None
        steps = np.linspace(self.lowest[number], self.highest[number], points)
        steps[-1] -= self.gap * self.ranges[number]
        return steps

    def every(self) -> None:
        """Each point, the floor of the next just above it; of three terms, a sweep of the third for each of the second.

        The floor of the second then rises just above the least that the points of the last sweep have of it: what it
        passes over is beaten by one of these (Laumanns, Thiele and Zitzler 2006).
        """
        assert self.ranges is not None
        *outer, inner = self.others
        rise = _Rise(APART * self.ranges)
        floors: dict[int, float] = {}
        while len(self.told) < MOST:
            before = self.number
            self.sweep(inner, floors)
            found = [values for number, values in self.found.items() if number > before]
            if not (outer and found):
                return
            least = min(found, key=lambda values: float(values[outer[0]]))
            floors[outer[0]] = rise(outer[0], least)

    def sweep(self, inner: int, fixed: Mapping[int, float]) -> None:
        """Points above fixed floors, that of one term rising just above each point."""
        assert self.ranges is not None
        rise, floors = _Rise(APART * self.ranges), dict(fixed)
        while len(self.told) < MOST:
            found = self.point(floors, LEAST)
            if found is None:
                return
            floors[inner] = rise(inner, found)

    def point(self, floors: Mapping[int, float], little: float) -> np.ndarray | None:
        """The best plan above floors, its values by term; None without one."""
        job = self.point_job(floors, little)
        return self.point_done(job, self.solve(job))

    def point_job(self, floors: Mapping[int, float], little: float, cell: Cell | None = None) -> Job:
        """What is asked of the best plan above floors."""
        assert self.ranges is not None
        weights = {self.terms[self.main].name: 1.0}
        for number in self.others:
            weights[self.terms[number].name] = little * float(self.ranges[self.main] / self.ranges[number])
        named = {self.terms[n].name: value for n, value in floors.items()}
        # from what is nearest; of equally near ones the last
        least = np.array([floors.get(n, self.lowest[n]) for n in self.others])
        away = {
            n: np.abs((each[self.others] - least) / self.ranges[self.others]).sum() for n, each in self.found.items()
        }
        start = min(away, key=lambda n: (away[n], -n), default=None)
        return self.job(weights, named, apart=self.gap * float(self.ranges[self.main]), start=start, cell=cell)

    def point_done(self, job: Job, plan: api.Plan) -> np.ndarray | None:
        """Take a point; its values by term, None without a plan."""
        told: dict[str, Any] = {"what": "point", "of": self.terms[self.main].name}
        told |= {FLOOR + name: value for name, value in job.floors.items()}
        if plan.bound is not None:
            # what the others count at least, taken off: no plan above these floors has more of the main term
            floors = {n: job.floors[t.name] for n, t in enumerate(self.terms) if t.name in job.floors}
            counted = sum(job.weights[self.terms[n].name] * self._gain(n, value) for n, value in floors.items())
            known = len(floors) == len(self.terms) - 1
            told["bound"] = min(plan.bound - counted, self.best_main) if known else self.best_main
        if plan.objective is not None:
            told["penalties"] = sum(job.weights[t.name] * t.gain(plan) for t in self.terms) - plan.objective
        self.take(job, plan, told)
        return self.found.get(job.number)

    def _gain(self, number: int, value: float) -> float:
        """A floor as what the objective counts of it: gains over doing nothing, `-` turned round."""
        term = self.terms[number]
        return value - term.sign * term.nothing

    def job(self, weights: Mapping[str, float], floors: Mapping[str, float], *, gap: float = 0.0, apart: float = 0.0,
            start: int | None = None, cell: Cell | None = None) -> Job:  # fmt: skip
        """The next solve; by default from the last plan that was found."""
        self.number += 1
        return Job(self.number, weights, floors, gap, apart, start or max(self.found, default=None), cell)

    def solve(self, job: Job) -> api.Plan:
        """Solve here."""
        start = None if job.start is None else self.told[job.start][0]
        return solve_job(self.study, self.terms, job, self.asked, start, lambda told: self.tell(job, told))

    def alone(self, more: More, done: Done) -> None:
        """Have all jobs done that there are, one after the other."""
        last = None
        while (job := more(last)) is not None:
            done(job, self.solve(job))
            last = job

    def tell(self, job: Job, progress: Progress) -> None:
        """Pass on where a solve stands."""
        if self.on_progress is not None:
            phase = say("solve {number}", number=job.number)
            self.on_progress(replace(progress, phase=phase, seconds=time.perf_counter() - self.began))

    def take(self, job: Job, plan: api.Plan, told: dict[str, Any]) -> None:
        """Remember a plan and what it was solved for; a solve that was stopped gives none."""
        if plan.status == "interrupted":
            raise _StoppedError
        if plan.study is None:  # a lane leaves it out
            plan.study = _study(self.study, self.terms, job.weights, job.floors)
        self.told[job.number] = plan, told
        if plan.has_plan:
            self.found[job.number] = self.values(plan)

    def values(self, plan: api.Plan) -> np.ndarray:
        """What a plan has of each term, more being better."""
        return np.array([term.value(plan) for term in self.terms])


class _Rise:
    """The next floor, just above a point; the step widens while the solver's points miss their floor by a hair."""

    def __init__(self, apart: np.ndarray) -> None:
        self.apart, self.floor, self.step = apart, -np.inf, 0.0

    def __call__(self, number: int, found: np.ndarray) -> float:
        value = float(found[number])
        missed = value < self.floor
        self.step = 4.0 * self.step if missed else max(float(self.apart[number]), ROUNDING * abs(value))
        self.floor = max(self.floor, value) + self.step
        return self.floor


def _terms(study: Study, names: Sequence[str]) -> list[Term]:
    """The terms by name.

    Raises
    ------
    ValueError
        If one is unknown or named twice, or there are not two or three.
    """
    bare = [name.removeprefix("-") for name in names]
    if len(set(bare)) != len(bare) or not 2 <= len(bare) <= 3:
        raise ValueError(say("a front is over two or three different terms"))
    for name in (CASH, ECOSYSTEM):
        if "-" + name in names:
            raise ValueError(say("more of {name!r} is better: name it without '-'", name=name))
    accounts = tuple(name for name in bare if name not in (CASH, ECOSYSTEM))
    if not accounts:
        return [Term(name) for name in names]
    ledger = Ledger(build_options(study))
    listed = ledger.accounts_and_units()["recurrence"]
    if strange := [name for name in accounts if name not in listed.index]:
        raise ValueError(say("no account {name!r}", name=strange[0]))
    compared = len(accounts) < len(bare) and study.has_doing_nothing and len(study.parcels) > 0
    nothing = ledger.doing_nothing(accounts) if compared else {}
    terms = []
    for name, plain in zip(names, bare, strict=True):
        if plain in (CASH, ECOSYSTEM):
            terms.append(Term(plain))
        else:
            sign, stock = -1.0 if plain != name else 1.0, listed[plain] == "stock"
            terms.append(Term(name, plain, sign, stock, nothing.get(plain, 0.0)))
    return terms


def solve_job(
    study: Study,
    terms: Sequence[Term],
    job: Job,
    asked: Mapping[str, Any],
    start: api.Plan | None,
    tell: Callable[[Progress], object],
) -> api.Plan:
    """Solve the study of a point or an end."""
    own = _study(study, terms, job.weights, job.floors)
    asked = {**asked, "gap": job.gap, "gap_absolute": job.apart, "shadow": False}
    return api.solve(own, start=start, on_progress=tell, **asked)


def _study(study: Study, terms: Sequence[Term], weights: Mapping[str, float], floors: Mapping[str, float]) -> Study:
    """The study of one point: weights and floors by the terms' names, floors as values of which more is better."""
    by_name = {term.name: term for term in terms}
    accounts = {by_name[name].account: weight * by_name[name].sign
                for name, weight in weights.items() if by_name[name].account}  # fmt: skip
    objective = Objective(
        method="weighted",
        cash=weights.get(CASH, 0.0),
        ecosystem=weights.get(ECOSYSTEM, 0.0),
        accounts=accounts,
        floor={CASH: floors[CASH]} if CASH in floors else {},
    )
    rows = []
    for name, value in floors.items():
        term = by_name[name]
        if term.account:
            rows.append(
                {
                    "limit": f"front.{term.account}",
                    "account": term.account,
                    "period": "last" if term.stock else TOTAL,
                    "sense": ">=" if term.sign > 0 else "<=",
                    "value": term.sign * value,
                }
            )
    changed = study.with_settings(objective=objective)
    return changed.replace(limits=pd.concat([study.limits, pd.DataFrame(rows)], ignore_index=True)) if rows else changed
