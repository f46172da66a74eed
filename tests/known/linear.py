"""Two-stage linear programs by SciPy, from a problem's numbers alone: what the study folders are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = NDArray[np.float64]
Rows = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Recourse:
    """What comes later: most of gain·y with by_x·x + by_y·y <= most, y >= 0."""

    gain: Sequence[float]
    by_x: Rows
    by_y: Rows
    most: Sequence[float]


@dataclass(frozen=True)
class TwoStage:
    """Most of gain·x + Σ chance (what comes later), with rows·x <= most, x >= 0; whole: all variables are 0 or 1."""

    gain: Sequence[float]
    rows: Rows
    most: Sequence[float]
    chances: Sequence[float]
    later: Sequence[Recourse]
    whole: bool = False


class Extensive:
    """The extensive form: x, then y of each scenario, then further columns of an objective.

    Attributes
    ----------
    worth : what a scenario brings, of all columns; a row for each scenario.
    """

    def __init__(self, problem: TwoStage, more: int = 0) -> None:
        first, many = len(problem.gain), [len(each.gain) for each in problem.later]
        self.size = first + sum(many) + more
        self.first, self.whole = first, problem.whole
        self.worth = np.zeros((len(many), self.size))
        self.worth[:, :first] = problem.gain
        self.lines: list[Floats] = []
        self.right: list[float] = []
        for row, most in zip(problem.rows, problem.most, strict=True):
            self.row(most, x=row)
        at = first
        for s, (each, count) in enumerate(zip(problem.later, many, strict=True)):
            self.worth[s, at : at + count] = each.gain
            for by_x, by_y, most in zip(each.by_x, each.by_y, each.most, strict=True):
                self.row(most, x=by_x)[at : at + count] = by_y
            at += count
        self.more = at

    def row(self, most: float, x: Sequence[float] = ()) -> Floats:
        """One more row, to be filled in beyond x."""
        line = np.zeros(self.size)
        line[: len(x)] = x
        self.lines.append(line)
        self.right.append(most)
        return line

    def best(self, gain: Floats, x: Floats | None = None, free: Sequence[int] = ()) -> tuple[float, Floats]:
        """The most of an objective and where it is; `free` columns may be below 0."""
        low, high = np.zeros(self.size), np.full(self.size, 1.0 if self.whole else np.inf)
        low[list(free)] = -np.inf
        high[self.more :] = np.inf
        whole = np.full(self.size, int(self.whole))
        whole[self.more :] = 0
        if x is not None:
            low[: self.first] = high[: self.first] = x
        rows = LinearConstraint(np.array(self.lines), ub=np.array(self.right))
        found = milp(-gain, constraints=rows, bounds=Bounds(low, high), integrality=whole)
        assert found.status == 0, found.message
        return -float(found.fun), found.x[: self.first]


def solved(problem: TwoStage, x: Floats | None = None) -> tuple[float, Floats]:
    """The optimum of the expectation and its first-stage decisions; at given decisions, what they are worth."""
    form = Extensive(problem)
    return form.best(np.asarray(problem.chances) @ form.worth, x)


def cautious(problem: TwoStage, alpha: float, beta: float) -> float:
    """The most of (1 - alpha) mean + alpha (mean of the worst beta), as Rockafellar and Uryasev write it."""
    count = len(problem.later)
    form = Extensive(problem, more=1 + count)
    chances, level = np.asarray(problem.chances), form.more
    for s in range(count):  # short_s >= level - worth_s
        line = form.row(0.0)
        line -= form.worth[s]
        line[level], line[level + 1 + s] = 1.0, -1.0
    gain = (1 - alpha) * chances @ form.worth
    gain[level] = alpha
    gain[level + 1 :] = -alpha / beta * chances
    return form.best(gain, free=[level])[0]


def least_regret(problem: TwoStage) -> float:
    """The least of the most that a scenario brings less than if it were known."""
    form = Extensive(problem, more=1)
    for s in range(len(problem.later)):
        line = form.row(-solved(alone(problem, s))[0])
        line -= form.worth[s]
        line[form.more] = -1.0
    gain = np.zeros(form.size)
    gain[form.more] = -1.0
    return -form.best(gain)[0]


def alone(problem: TwoStage, at: int) -> TwoStage:
    """The problem of one who knows what will come."""
    return replace(problem, chances=[1.0], later=[problem.later[at]])


def averaged(problem: TwoStage) -> TwoStage:
    """The problem at the mean of all numbers that are uncertain."""

    def mean(name: str) -> list[float]:
        return np.average([getattr(each, name) for each in problem.later], axis=0, weights=problem.chances).tolist()

    return replace(problem, chances=[1.0], later=[Recourse(mean("gain"), mean("by_x"), mean("by_y"), mean("most"))])


@dataclass(frozen=True)
class Values:
    """What the literature calls RP, WS, EV and EEV; EVPI = WS - RP, VSS = RP - EEV."""

    here_and_now: float
    wait_and_see: float
    mean: float
    of_mean: float

    @property
    def evpi(self) -> float:
        return self.wait_and_see - self.here_and_now

    @property
    def vss(self) -> float:
        return self.here_and_now - self.of_mean


def values(problem: TwoStage) -> Values:
    """All four; `of_mean` at the decisions for the mean that the solver happens to find where there are several."""
    known = [solved(alone(problem, at))[0] for at in range(len(problem.later))]
    mean, x = solved(averaged(problem))
    return Values(solved(problem)[0], float(np.dot(problem.chances, known)), mean, solved(problem, x)[0])
