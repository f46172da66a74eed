"""`pareto`: the exact trade-off between cash, ecosystem value and a further account.

Augmented epsilon-constraint (Mavrotas 2009): one term is maximised while the others keep a floor, and what the others
gain counts a little, so that of points with as much of the first term the one with more of the others is found, to
the gap. Every point is a study of its own, with floors (and a limit on the further account) and weights, so that its
plan has a bound and a gap like any other and can be audited, reported and compared.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest import api
from zonevest.instances.say import say
from zonevest.instances.study import Objective
from zonevest.model.areas import TOTAL
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.reports.front import FLOOR, Front, Term, front_of
from zonevest.solvers.answer import Progress

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
    time_limit, threads, seed, method : of each solve (see `zonevest.api.solve`).
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
    asked: dict[str, Any] = {"time_limit": time_limit, "threads": threads, "seed": seed, "method": method}
    search = _Search(study, chosen, asked, 0.0 if every else gap, on_progress)
    complete = True
    try:
        search.ends()
        if search.ranges is not None:
            if every:
                search.every()
            else:
                search.grid(points)
    except (_StoppedError, KeyboardInterrupt):
        complete = False
    return front_of(study, chosen, search.solved, search.ranges, search.main, complete=complete)


class _StoppedError(Exception):
    """Somebody asked to stop: the points that were found are told."""


@dataclass
class _Search:
    """Solves, one after the other, each from the plan of the one before."""

    study: Study
    terms: Sequence[Term]
    asked: Mapping[str, Any]
    gap: float
    on_progress: Callable[[Progress], object] | None

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.solved: list[tuple[api.Plan, dict[str, Any]]] = []
        self.ranges: np.ndarray | None = None
        self.lowest = self.highest = np.zeros(len(self.terms))
        self.best_main = np.inf

    @property
    def main(self) -> int:
        """Which term is maximised; the others have floors."""
        names = [term.name for term in self.terms]
        return next((names.index(name) for name in (ECOSYSTEM, CASH) if name in names), 0)

    def ends(self) -> None:
        """The best of each term by itself: what the ranges are made of."""
        found: list[np.ndarray] = []
        for number, term in enumerate(self.terms):
            alone = _study(self.study, self.terms, {term.name: 1.0}, {})
            plan = self.solve(alone, {"what": "end", "of": term.name}, gap=self.gap)
            if not plan.has_plan:
                return
            if number == self.main and plan.bound is not None:
                self.best_main = plan.bound
            found.append(self.values(plan))
        values = np.array(found)
        self.lowest, self.highest = values.min(axis=0), values.max(axis=0)
        ranges = self.highest - self.lowest
        self.ranges = np.where(ranges > ROUNDING * np.maximum(np.abs(values).max(axis=0), 1.0), ranges, 1.0)

    def grid(self, points: int) -> None:
        """Floors evenly spaced: from what the best plan in the main term has of the others, to the most of them."""
        assert self.ranges is not None
        others = [number for number in range(len(self.terms)) if number != self.main]
        first = self.point({}, LITTLE)
        if first is None or (self.highest - self.lowest <= 0.0).all():
            return
        if len(others) == 1:  # what the best plan in the main term leaves of the other is known better now
            self.lowest[others] = np.maximum(self.lowest[others], first[others])
        steps = [np.linspace(self.lowest[number], self.highest[number], points) for number in others]
        # the most of a term is known to the gap only
        for step, number in zip(steps, others, strict=True):
            step[-1] -= self.gap * self.ranges[number]
        passed: dict[tuple[float, ...], np.ndarray] = {}
        for *outer, inner in itertools.product(*(step[1:] if len(others) == 1 else step for step in steps)):
            floors = dict(zip(others, [*outer, inner], strict=True))
            key = tuple(outer)
            if key in passed and (passed[key][others] >= [*outer, inner]).all():
                continue  # the point before is the best for this floor, too
            found = self.point(floors, LITTLE)
            status = self.solved[-1][0].status
            if found is None and status == "infeasible":  # nor does any plan reach a higher floor
                passed[key] = np.full(len(self.terms), np.inf)
            elif found is not None and status == "optimal":
                passed[key] = found

    def every(self) -> None:
        """Each point, the floor of the next just above it; of three terms, a sweep of the third for each of the second.

        The floor of the second then rises just above the least that the points of the last sweep have of it: what it
        passes over is beaten by one of these (Laumanns, Thiele and Zitzler 2006).
        """
        assert self.ranges is not None
        *outer, inner = (number for number in range(len(self.terms)) if number != self.main)
        rise = _Rise(APART * self.ranges)
        floors: dict[int, float] = {}
        while len(self.solved) < MOST:
            before = len(self.solved)
            self.sweep(inner, floors)
            found = [self.values(plan) for plan, _ in self.solved[before:] if plan.has_plan]
            if not (outer and found):
                return
            least = min(found, key=lambda values: float(values[outer[0]]))
            floors[outer[0]] = rise(outer[0], least)

    def sweep(self, inner: int, fixed: Mapping[int, float]) -> None:
        """Points above fixed floors, that of one term rising just above each point."""
        assert self.ranges is not None
        rise, floors = _Rise(APART * self.ranges), dict(fixed)
        while len(self.solved) < MOST:
            found = self.point(floors, LEAST)
            if found is None:
                return
            floors[inner] = rise(inner, found)

    def point(self, floors: Mapping[int, float], little: float) -> np.ndarray | None:
        """The best plan above floors, its values by term; None without one."""
        assert self.ranges is not None
        main = self.terms[self.main].name
        weights = {main: 1.0}
        for number, term in enumerate(self.terms):
            if number != self.main:
                weights[term.name] = little * float(self.ranges[self.main] / self.ranges[number])
        study = _study(self.study, self.terms, weights, {self.terms[n].name: value for n, value in floors.items()})
        told = {"what": "point", "of": main, **{FLOOR + self.terms[n].name: value for n, value in floors.items()}}
        plan = self.solve(study, told, gap=0.0, apart=self.gap * float(self.ranges[self.main]))
        if plan.bound is not None:
            # what the others count at least, taken off: no plan above these floors has more of the main term
            counted = sum(weights[self.terms[n].name] * self._gain(n, value) for n, value in floors.items())
            known = len(floors) == len(self.terms) - 1
            told["bound"] = min(plan.bound - counted, self.best_main) if known else self.best_main
        if plan.objective is not None:
            told["penalties"] = sum(weights[t.name] * t.gain(plan) for t in self.terms) - plan.objective
        return self.values(plan) if plan.has_plan else None

    def _gain(self, number: int, value: float) -> float:
        """A floor as what the objective counts of it: gains over doing nothing, `-` turned round."""
        term = self.terms[number]
        return value - term.sign * term.nothing

    def solve(self, study: Study, told: dict[str, Any], *, gap: float, apart: float = 0.0) -> api.Plan:
        """Solve, and remember what for; a solve that is stopped gives no point.

        Parameters
        ----------
        gap, apart : as a part of the gain, and in units of the objective.
        """
        before = len(self.solved)
        start = next((plan for plan, _ in reversed(self.solved) if plan.has_plan), None)

        def tell(progress: Progress) -> None:
            if self.on_progress is not None:
                phase = say("solve {number}", number=before + 1)
                self.on_progress(replace(progress, phase=phase, seconds=time.perf_counter() - self.began))

        plan = api.solve(study, gap=gap, gap_absolute=apart, start=start, on_progress=tell, **self.asked)
        if plan.status == "interrupted":
            raise _StoppedError
        self.solved.append((plan, told))
        return plan

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
