"""A genetic algorithm (pymoo's NSGA-II), given ten times the seconds of prices, beside prices.

What it is given, so that it has a chance:

- genes are what is decided: of every parcel the number of one of its options, of every project when it starts, if at
  all; control lines and dates cannot be broken. Parcels are taken whole, though the study would share them.
- Money, quotas and whatever else follows is no gene: for each individual a linear program finds the best of it, the
  rows that cannot be met missed by as little as possible (HiGHS, warm from the last). Land and projects of a whole
  population are summed up by array operations.
- It compares by total violation first, relative to each row's bound (at least one unit), then by value.
- It starts from doing nothing, from the plan that changes least (a program of its own, not counted in its time), and
  from mixtures: that plan with up to 5 % of the parcels at what is worth most by itself.
- Crossover exchanges whole land classes of towns and single projects; mutation takes one to 2 % of the parcels, half of
  them back to being held, and now and then a project.

In the end the best individual's money is settled in whole numbers too; only then it counts as a plan.
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import Arrays, Course, arrays, told
from benchmarks.suite import COURSE, Asked, Figures
from benchmarks.suite.greedy import LEAST, PRICES, against
from benchmarks.suite.versus import LONGER, by_prices
from tests.greedy import Greedy
from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.groups import Groups
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.parts import rest_of
from zonevest.solvers.quiet import Quiet

SIZES = (2_000, 10_000)
SECONDS, LAND, WAYS = 60.0, "standard", (PRICES, "genetic")
POPULATION, MIXED, MUTATED, HELD, PROJECTS = 60, 0.05, 0.02, 0.5, 0.3
HOLDS = 1e-6
"""Total violation up to which rows hold."""

Floats, Ints = NDArray[np.float64], NDArray[np.int64]


def measure(asked: Asked) -> Figures:
    """One run in one of both ways."""
    study = zv.read_study(asked.folder)
    if asked.way == PRICES:
        return by_prices(study, asked) | {"peak, GB": peak_gb()}
    seconds = LONGER * asked.found.get(PRICES, {}).get("solve, s", asked.seconds)
    made = arrays(study, Phases())
    space, course = Space(made), Course()
    least = Greedy(study, LEAST).x
    began = time.perf_counter()
    genes = evolve(space, space.start(least), seconds, course, began)
    took = time.perf_counter() - began
    value, violation = (float(each[0]) for each in space.judged(genes[None, :]))
    plan = space.settled(genes) if violation <= HOLDS else None
    course.add(took, None, plan)
    figures = told(course.points, None, plan, took)
    figures |= {"value before money is whole": value, "total violation": violation, "evaluations": space.evaluations}
    return figures | {"genes": len(space.most), "peak, GB": peak_gb(), COURSE: course.points}


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """Its plan against that of prices."""
    return {way: against(found[PRICES], each) for way, each in found.items() if way != PRICES and PRICES in found}


class Space:
    """What individuals are: genes, their sums over rows, their money.

    Attributes
    ----------
    most : the largest number that each gene may be; 0 is the least.
    money : what was settled for the individuals judged last, individuals x columns.
    evaluations : individuals judged so far.
    """

    def __init__(self, made: Arrays) -> None:
        self.block, self.groups, self.options = made.block, Groups(made.block), made.ledger.options
        works = made.ledger.works.possible
        self.works = works
        self.starts = [np.flatnonzero(possible) for possible in works]
        self.most = np.append(self.groups.size - 1, [len(each) for each in self.starts]).astype(np.int64)
        rows = self.groups.rows
        self.by_project = sparse.csr_array(self.block.by_column[: works.size])
        rest = sparse.csc_array(self.block.by_column[works.size :].T)
        self.cost = rest[[rows]].toarray().ravel()
        policy = sparse.csr_array(sparse.csr_array(rest)[:rows])
        self.open = np.flatnonzero(np.diff(policy.indptr))
        bounds = np.array(
            [np.where(np.isfinite(each), np.abs(each), 0.0) for each in (self.block.lower, self.block.upper)]
        )
        self.size = np.maximum(bounds.max(axis=0), 1.0)
        self.dear = 10.0 * self.groups.largest()
        self.highs = self._money(policy[self.open])
        self.evaluations, self.money = 0, np.zeros((0, len(self.cost)))

    def _money(self, policy: sparse.csr_array) -> Any:
        """The program over all that is no gene; every row may be missed at a price."""
        count = policy.shape[0]
        miss = sparse.eye_array(count, format="csr")
        matrix = sparse.csr_array(sparse.hstack([policy, miss, -miss]))
        lp, free, low = highspy.HighsLp(), np.full(count, np.inf), self.works.size
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.concatenate([self.cost, *[-self.dear / self.size[self.open]] * 2])
        lp.col_lower_ = np.append(self.block.column_lower[low:], np.zeros(2 * count))
        lp.col_upper_ = np.append(self.block.column_upper[low:], np.full(2 * count, np.inf))
        lp.row_lower_, lp.row_upper_ = -free, free
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        highs: Any = Quiet()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", False)
        highs.passModel(lp)
        return highs

    def start(self, least: Floats) -> Ints:
        """The first population.

        Parameters
        ----------
        least : a plan of the one program, options first; parcels that it shares go to their largest share.
        """
        groups, block = self.groups, self.block
        rng = np.random.default_rng(1)
        share = least[: len(block.group)]
        order = np.lexsort((-share, block.group))
        taken = order[groups.start[:-1]] - groups.start[:-1]
        begun = least[len(block.group) : len(block.group) + self.works.size].reshape(self.works.shape) > 0.5
        projects = [
            1 + int(np.searchsorted(each, on.argmax())) if on.any() else 0
            for each, on in zip(self.starts, begun, strict=True)
        ]
        first = np.append(taken, projects)
        population = np.tile(first, (POPULATION, 1))
        population[0] = 0
        best = groups.answer(np.zeros(groups.rows)).option
        for each in population[2:]:
            some = np.flatnonzero(rng.uniform(size=groups.count) < rng.uniform(0.0, MIXED))
            each[some] = best[some]
        return population

    def judged(self, genes: Ints) -> tuple[Floats, Floats]:
        """What individuals are worth with the best money, and by how much they miss rows in all."""
        self.evaluations += len(genes)
        sums = self.sums(genes)
        rows = self.groups.rows
        low, high = self.block.lower - sums[:, :rows], self.block.upper - sums[:, :rows]
        broken = np.maximum(np.maximum(low, -high), 0.0) / self.size
        broken[:, self.open] = 0.0
        violation, value = broken.sum(axis=1), sums[:, rows] + self.block.constant
        positions = np.arange(len(self.open), dtype=np.int32)
        self.money = np.zeros((len(genes), len(self.cost)))
        for number in range(len(genes)):
            self.highs.changeRowsBounds(len(positions), positions, low[number, self.open], high[number, self.open])
            self.highs.run()
            money = np.array(self.highs.getSolution().col_value)
            columns = len(self.cost)
            missed = money[columns : columns + len(positions)] + money[columns + len(positions) :]
            violation[number] += float((missed / self.size[self.open]).sum())
            self.money[number] = money[:columns]
            value[number] += float(self.cost @ self.money[number])
        return value, violation

    def sums(self, genes: Ints) -> Floats:
        """What land and projects of individuals come to: individuals x (rows + 1), the objective last."""
        groups, count = self.groups, len(genes)
        option = genes[:, : groups.count]
        kind = groups.first + option
        who = np.repeat(np.arange(count), groups.count)
        total = sparse.csr_array((count, groups.rows + 1))
        for number, matrix in enumerate(groups.of_kinds):
            amount = np.tile(groups.scalars[:, number], count)
            chosen = sparse.csr_array((amount, (who, kind.ravel())), (count, matrix.shape[0]))
            total = total + chosen @ matrix
        own = sparse.csr_array((option[:, groups.own_group] == groups.own_option).astype(np.float64))
        return (total + own @ groups.own + sparse.csr_array(self.states(genes)) @ self.by_project).toarray()

    def states(self, genes: Ints) -> Floats:
        """Whether each project has started by each period: individuals x (projects x periods)."""
        periods, when = self.works.shape[1], genes[:, self.groups.count :]
        first = np.full((len(self.starts), periods + 1), periods)
        for project, each in enumerate(self.starts):
            first[project, 1 : len(each) + 1] = each
        begins = first[np.arange(len(self.starts)), when]
        return (np.arange(periods) >= begins[:, :, None]).reshape(len(genes), -1).astype(np.float64)

    def settled(self, genes: Ints) -> float | None:
        """What an individual is worth with its money in whole numbers; None: there is no such money."""
        return self.with_money(genes).value

    def with_money(self, genes: Ints) -> Solution:
        """An individual with its money in whole numbers, options first."""
        program, options = join(self.block), len(self.block.group)
        x = np.zeros(program.n_cols)
        x[self.groups.start[:-1] + genes[: self.groups.count]] = 1.0
        x[options : options + self.works.size] = self.states(genes[None, :])[0]
        fixed = np.arange(program.n_cols) < options + self.works.size
        rest, _ = rest_of(program, x, fixed, whole=True)
        return solve_here(rest, SolveOptions(gap=1e-4, time_limit=60.0))


def evolve(space: Space, population: Ints, seconds: float, course: Course, began: float) -> Ints:
    """The best individual that the algorithm finds in so many seconds: the least violation, then the most value."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.callback import Callback
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize
    from pymoo.termination.max_time import TimeBasedTermination

    best: list[Any] = [np.inf, -np.inf, population[0]]

    class Plans(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(n_var=len(space.most), n_obj=1, n_ieq_constr=1, xl=0, xu=space.most, vtype=int)

        def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:
            genes = np.asarray(x).astype(np.int64)
            value, violation = space.judged(genes)
            counted = np.where(violation <= HOLDS, 0.0, violation)
            first = np.lexsort((-value, counted))[0]
            if (counted[first], -value[first]) < (best[0], -best[1]):
                best[:] = counted[first], value[first], genes[first].copy()
            out["F"], out["G"] = -value[:, None], counted[:, None]

    class Told(Callback):  # type: ignore[misc]
        def notify(self, _: Any) -> None:
            course.add(time.perf_counter() - began, None, float(best[1]) if best[0] == 0.0 else None)

    crossover, mutation = changes(space)
    method = NSGA2(len(population), population, crossover=crossover, mutation=mutation, eliminate_duplicates=False)
    minimize(Plans(), method, TimeBasedTermination(seconds), seed=1, callback=Told(), verbose=False)
    return np.asarray(best[2])


def changes(space: Space) -> tuple[Any, Any]:
    """What the algorithm makes new individuals by: crossover and mutation."""
    from pymoo.core.crossover import Crossover
    from pymoo.core.mutation import Mutation

    rng, parcels = np.random.default_rng(2), space.groups.count
    clusters = np.append(space.groups.cluster, space.groups.clusters + np.arange(len(space.starts)))

    class Towns(Crossover):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(2, 2)

        def _do(self, _: Any, x: Any, *__: Any, **___: Any) -> Any:
            swapped = rng.uniform(size=(x.shape[1], int(clusters.max()) + 1)) < rng.uniform(0.0, 0.5, (x.shape[1], 1))
            here = swapped[:, clusters]
            return np.stack([np.where(here, x[1], x[0]), np.where(here, x[0], x[1])])

    class Some(Mutation):  # type: ignore[misc]
        def _do(self, _: Any, x: Any, *__: Any, **___: Any) -> Any:
            changed = x.copy()
            for each in changed:
                count = int(np.exp(rng.uniform(0.0, np.log(max(MUTATED * parcels, 2.0)))))
                some = rng.integers(0, parcels, count)
                drawn = rng.integers(0, space.most[some] + 1)
                each[some] = np.where(rng.uniform(size=count) < HELD, 0, drawn)
                if rng.uniform() < PROJECTS:
                    project = parcels + int(rng.integers(len(space.starts)))
                    each[project] = rng.integers(0, space.most[project] + 1)
            return changed

    return Towns(), Some(prob=1.0)
