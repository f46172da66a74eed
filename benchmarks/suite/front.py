"""The trade-off between cash and ecosystem value: `pareto` beside a genetic algorithm (pymoo's NSGA-II).

A front of 15 points by floors, then NSGA-II with as many seconds. The algorithm is what the benchmark `genetic`
is given (genes, warm linear programs for money, a start from the plan that changes least), with both values as its
objectives. Of its last generation, individuals that break no row are settled in whole numbers.

Ecosystem value counts less the penalties of soft limits, as what bounds a point does. A hypervolume is the part that a
set of plans rules over of the rectangle between doing nothing and the most of both values in the front. That of the
bounds is what no set of plans can exceed: no plan above a point's floor has more of the main value than the point's
bound.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import zonevest as zv
from benchmarks.counties import BUNDLED, LAKESIDE
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import Course, arrays, times
from benchmarks.suite import COURSE, Asked, Figures
from benchmarks.suite.genetic import HOLDS, Space, changes
from tests.greedy import Greedy
from zonevest.instances.study import Objective, Study

SIZES = (LAKESIDE, 100_000)
SECONDS, LAND, WAYS = 300.0, BUNDLED, ("pareto", "genetic")
POINTS = 15
LEAST = 300.0
"""Seconds that the plan that changes least may take, from which the algorithm begins."""
VOLUME, FRONT = "hypervolume", "front, s"
IDEAL = ("most cash", "most ecosystem")

Floats = NDArray[np.float64]


def measure(asked: Asked) -> Figures:
    """One run in one of both ways."""
    study = zv.read_study(asked.folder)
    return (exact if asked.way == "pareto" else genetic)(study, asked) | {"peak, GB": peak_gb()}


def exact(study: Study, asked: Asked) -> Figures:
    """The front, its hypervolume and that of its bounds."""
    began = time.perf_counter()
    front = zv.pareto(study, points=POINTS, gap=asked.gap, time_limit=asked.seconds, method="prices")
    took = time.perf_counter() - began
    points = np.column_stack([front.points["cash"], front.points["ecosystem"] - front.points["penalties"]])
    nadir, ideal = np.zeros(2), points.max(axis=0)
    share = {VOLUME: hypervolume(points, nadir, ideal), VOLUME + " of the bounds": above(front, nadir, ideal)}
    solves = front.solves[front.solves["what"] == "point"]
    return {
        FRONT: took,
        "points": len(points),
        "solves": len(front.solves),
        "widest gap, % of the range": 100.0 * float(front.points["gap"].max()),
        "solves not proven": int((solves["status"] != "optimal").sum()),
        **dict(zip(IDEAL, ideal, strict=True)),
        **share,
    }


def above(front: Any, nadir: Floats, ideal: Floats) -> float:
    """The hypervolume that no set exceeds: between two floors of cash, ecosystem value is below the lower's bound."""
    solved = front.solves[(front.solves["what"] == "point") & front.solves["bound"].notna()]
    floor = np.append(solved["floor_cash"].fillna(-np.inf), ideal[0]).clip(nadir[0], ideal[0])
    order = np.argsort(floor, kind="stable")
    width = np.diff(floor[order])
    bound = np.append(solved["bound"], np.inf)[order][:-1]
    best = np.minimum.accumulate(np.minimum(bound, ideal[1]))
    return float((width * np.maximum(best - nadir[1], 0.0)).sum() / np.prod(ideal - nadir))


def hypervolume(points: Floats, nadir: Floats, ideal: Floats) -> float:
    """The part of the rectangle that points (points x 2, more being better) rule over."""
    inside = np.minimum(points[(points > nadir).all(axis=1)], ideal)
    inside = inside[np.argsort(-inside[:, 0], kind="stable")]
    height = np.maximum.accumulate(np.append(nadir[1], inside[:, 1]))
    return float(((inside[:, 0] - nadir[0]) * np.diff(height)).sum() / np.prod(ideal - nadir))


class Values:
    """What individuals of the benchmark `genetic` are worth, their money settled for the most cash less penalties."""

    def __init__(self, study: Study) -> None:
        cash, ecosystem, neither = (
            arrays(study.with_settings(objective=Objective(method="weighted", cash=c, ecosystem=e)), Phases())
            for c, e in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
        )
        self.space, self.other, self.penalty = Space(cash), Space(ecosystem), Space(neither).cost
        if not np.allclose(self.other.cost, self.penalty):
            raise ValueError("money counts as ecosystem value here")

    def __call__(self, genes: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Cash, and ecosystem value less penalties (individuals x 2), and total violations."""
        value, violation = self.space.judged(genes)
        return self.both(genes, value, self.space.money), violation

    def settled(self, genes: NDArray[np.int64]) -> Floats:
        """The same of those individuals whose money can be settled in whole numbers."""
        found = [(each, self.space.with_money(each)) for each in genes]
        there = [(each, one.value, one.x) for each, one in found if one.x is not None]
        if not there:
            return np.zeros((0, 2))
        kept, value, money = zip(*there, strict=True)
        return self.both(np.array(kept), np.array(value), np.array(money))

    def both(self, genes: NDArray[np.int64], value: Floats, money: Floats) -> Floats:
        """From cash less penalties, and money, to both values."""
        missed = -(money @ self.penalty)
        ecosystem = self.other.sums(genes)[:, self.other.groups.rows] + self.other.block.constant
        return np.column_stack([value + missed, ecosystem - missed])


def genetic(study: Study, asked: Asked) -> Figures:
    """What NSGA-II finds in its seconds, as its hypervolume within the rectangle of the front."""
    first = asked.found["pareto"]
    seconds = float(first[FRONT])
    nadir, ideal = np.zeros(2), np.array([first[name] for name in IDEAL])
    values, course = Values(study), Course()
    least = Greedy(study, LEAST).x
    began = time.perf_counter()
    population = values.space.start(least)
    genes = evolved(values, population, seconds, (nadir, ideal), course, began)
    took = time.perf_counter() - began
    points = values.settled(genes)
    return {
        "genetic, s": took,
        "evaluations": values.space.evaluations,
        "plans of the last generation": len(points),
        VOLUME: hypervolume(points, nadir, ideal),
        COURSE: course.points,
    }


def evolved(
    values: Values,
    population: NDArray[np.int64],
    seconds: float,
    corners: tuple[Floats, Floats],
    course: Course,
    began: float,
) -> NDArray[np.int64]:
    """The individuals of the last generation that no other one beats and that break no row."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.callback import Callback
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize
    from pymoo.termination.max_time import TimeBasedTermination

    class Plans(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            most = values.space.most
            super().__init__(n_var=len(most), n_obj=2, n_ieq_constr=1, xl=0, xu=most, vtype=int)

        def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:
            worth, violation = values(np.asarray(x).astype(np.int64))
            out["F"], out["G"] = -worth, np.where(violation <= HOLDS, 0.0, violation)[:, None]

    class Told(Callback):  # type: ignore[misc]
        def notify(self, algorithm: Any) -> None:
            holding = [-each.F for each in algorithm.pop if each.G[0] <= 0.0]
            volume = hypervolume(np.array(holding).reshape(-1, 2), *corners)
            course.add(time.perf_counter() - began, None, volume)

    crossover, mutation = changes(values.space)
    method = NSGA2(len(population), population, crossover=crossover, mutation=mutation, eliminate_duplicates=False)
    result = minimize(Plans(), method, TimeBasedTermination(seconds), seed=1, callback=Told(), verbose=False)
    kept = [each for each in result.pop if each.G[0] <= 0.0]
    front = {tuple(-each.F): np.asarray(each.X).astype(np.int64) for each in kept}
    beaten = [any(o != one and o[0] >= one[0] and o[1] >= one[1] for o in front) for one in front]
    best = [x for x, less in zip(front.values(), beaten, strict=True) if not less]
    return np.array(best, dtype=np.int64).reshape(-1, len(values.space.most))


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """The hypervolume of NSGA-II and its time against those of the front."""
    if not set(WAYS) <= set(found):
        return {}
    one, other = found["genetic"], found["pareto"]
    return {"genetic": {
        "hypervolume / that of the front": times(one.get(VOLUME), other.get(VOLUME)),
        "time / that of the front": times(one.get("genetic, s"), other.get(FRONT)),
    }}  # fmt: skip
