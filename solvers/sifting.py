"""The linear program of a decision under scenarios, over few of its options at a time (FORMULATION.md section 11).

The rows and policy columns of all scenarios stand in it, the states that they share once. Of land it holds the classes
and options that some scenario's own prices speak for; at its prices all others are asked what they are worth, and the
best come in, until no other would make it better. Rows in which land stands may be missed at prices within a box around
the best ones so far, as in the master of the price method, and the box grows until none is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Model
from scipy import sparse

from zonevest.solvers.pricing import closed
from zonevest.solvers.program import SMALLEST_KEPT
from zonevest.solvers.quiet import Quiet, set_option
from zonevest.solvers.trust import point_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.solvers.staged import Said, Together

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

RADIUS, FREER, NARROWER = 3e-2, 6.0, 0.6
"""Of the first box, as a part of the bound over a row's whole extent; how it grows where nothing but the box is in the
way, and shrinks where prices that are far from the best ones prove less."""
NEAR, TOLERANCE = 1e-4, 1e-9
"""How near bound and program have to come, as a part of the bound; of the simplex method, for reduced costs."""
WORTH = 1e-6
"""Of a parcel's mean part of the objective: what comes in promises more."""
CLASSES, MISSED = 3, 1e-7
"""How many classes of a parcel come in at a time; of a row's extent, less is no miss."""
WHOLE, SURE = 1e-6, 0.12
"""A state this near to a whole number is one; states this near to one are settled together."""
STEPS = 2_000_000
_COLUMNWISE, _MAXIMISE, _DUAL, _PRIMAL = 1, -1, 1, 4


class Sift:
    """The program as far as it has grown.

    Attributes
    ----------
    together : the scenarios.
    prices, bound : of each scenario's rows the best that are known, and what they prove.
    value : of the program, what is missed being charged.
    missed : by how much rows are missed, in extents.
    passes, solved : how often the program was solved, and whether ever to its end.
    """

    def __init__(self, together: Together, prices: Sequence[Floats], stop: Callable[[], bool]) -> None:
        self.together, self.prices, self.stop = together, [np.asarray(each) for each in prices], stop
        self.said = together.say(self.prices)
        self.bound = self.said.bound
        self.value, self.missed, self.passes, self.solved = np.inf, np.inf, 0, False
        scenes, size = together.scenes, len(together.parcel)
        counts = np.array([np.bincount(scene.of_option, minlength=size) for scene in scenes])
        self._alone = counts == 1
        self._class = np.full(size, -1)
        self._link = np.full((len(scenes), size), -1)
        self._option = [np.full(len(scene.of_option), -1) for scene in scenes]
        self.highs: Any = Quiet()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False), ("threads", 0), ("parallel", "off"), ("small_matrix_value", SMALLEST_KEPT),
            ("dual_feasibility_tolerance", TOLERANCE), ("simplex_iteration_limit", STEPS),
        ):  # fmt: skip
            set_option(self.highs, name, value)
        self._pass()

    def _pass(self) -> None:
        """Give HiGHS rows and columns of all scenarios, and what rows are missed by."""
        together = self.together
        scenes, states = together.scenes, len(together.scenes[0].states)
        self.states = states
        low, high = together.ends
        cost, lower, upper = [np.zeros(states)], [low], [np.maximum(low, high)]
        entries: list[tuple[Ints, Ints, Floats]] = []
        at, row = states, 0
        self._row: list[int] = []
        self._place: list[Ints] = []
        for scene in scenes:
            block, policy = scene.block, sparse.coo_array(scene.policy)
            own = np.ones(len(block.columns), dtype=bool)
            own[scene.states] = False
            place = np.empty(len(block.columns), dtype=np.int64)
            place[scene.states], place[own] = np.arange(states), at + np.arange(int(own.sum()))
            at += int(own.sum())
            entries.append((policy.coords[0] + row, place[policy.coords[1]], policy.data))
            worth = scene.weight * scene.cost
            cost[0] = cost[0] + worth[scene.states]
            cost.append(worth[own])
            lower.append(block.column_lower[own])
            upper.append(block.column_upper[own])
            self._row.append(row)
            self._place.append(place)
            row += len(block.rows)
        self._parcel, self._miss = row, at
        parcels = len(together.first)
        for scene, begin in zip(scenes, self._row, strict=True):
            boxed = np.flatnonzero(scene.extent)
            extent = scene.extent[boxed]
            both = at + np.arange(2 * len(boxed))
            entries.append((np.tile(boxed, 2) + begin, both, np.append(extent, -extent)))
            at += 2 * len(boxed)
        misses = at - self._miss
        row += parcels
        row_of, column, value = (np.concatenate(each) for each in zip(*entries, strict=True))
        whole = sparse.csc_array((value, (row_of, column)), (row, at))
        ones = np.ones(parcels)
        status = self.highs.passModel(
            at, row, whole.nnz, _COLUMNWISE, _MAXIMISE,
            float(sum(scene.weight * scene.block.constant for scene in scenes)),
            np.concatenate([*cost, np.zeros(misses)]), np.concatenate([*lower, np.zeros(misses)]),
            np.concatenate([*upper, np.full(misses, np.inf)]),
            np.concatenate([*(scene.block.lower for scene in scenes), ones]),
            np.concatenate([*(scene.block.upper for scene in scenes), ones]),
            whole.indptr.astype(np.int32), whole.indices.astype(np.int32), whole.data, np.zeros(at, dtype=np.int32),
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS refused the program of all scenarios")
        self._columns, self._rows = at, row

    # ---------------------------------------------------------------- what comes in

    def begin(self, used: Bools, shares: Sequence[Floats], margin: float) -> None:
        """Take in what is used somewhere, what is the best at the first prices, and what is nearly so.

        Parameters
        ----------
        used : classes that some scenario's own plan uses.
        shares : of each scenario's options in its own plan.
        margin : of what a parcel's classes differ by; those that lose less are nearly the best.
        """
        together, worth = self.together, self.said.classes
        count = np.diff(np.append(together.first, len(worth)))
        best = np.repeat(np.maximum.reduceat(worth, together.first), count)
        loss = np.where(together.possible, best - worth, np.inf)
        span = np.repeat(np.maximum.reduceat(np.where(np.isfinite(loss), loss, 0.0), together.first), count)
        self._take(np.flatnonzero(together.possible & (used | (loss <= margin * span))))
        for number, share in enumerate(shares):
            self._take_options(number, self.said.option[number][self._class >= 0])
            self._take_options(number, np.flatnonzero(share > MISSED))

    def _take(self, classes: Ints) -> int:
        """Take in classes, with the option that each scenario has alone in it."""
        together = self.together
        classes = np.unique(classes[self._class[classes] < 0])
        if not len(classes):
            return 0
        number_of = np.cumsum(np.bincount(together.first, minlength=len(together.parcel))) - 1
        entries = [(np.arange(len(classes)), self._parcel + number_of[classes], np.ones(len(classes)))]
        cost, rows = np.zeros(len(classes)), 0
        for number, scene in enumerate(together.scenes):
            alone = np.flatnonzero(self._alone[number][classes])
            last = len(scene.block.rows)
            over = sparse.coo_array(scene.written_out(self.said.option[number][classes[alone]]))
            worth = over.coords[1] == last
            np.add.at(cost, alone[over.coords[0][worth]], scene.weight * over.data[worth])
            entries.append(
                (alone[over.coords[0][~worth]], over.coords[1][~worth] + self._row[number], over.data[~worth])
            )
            several = np.flatnonzero(~self._alone[number][classes])
            self._link[number, classes[several]] = self._rows + rows + np.arange(len(several))
            entries.append((several, self._rows + rows + np.arange(len(several)), -np.ones(len(several))))
            rows += len(several)
        if rows:
            none = np.zeros(rows)
            empty = np.zeros(rows, dtype=np.int32)
            self.highs.addRows(rows, none, none, 0, empty, np.zeros(0, dtype=np.int32), np.zeros(0))
            self._rows += rows
        self._class[classes] = self._add(entries, cost)
        return len(classes)

    def _take_options(self, number: int, options: Ints) -> int:
        """Take in options of a scenario whose classes are there and have several."""
        scene, there = self.together.scenes[number], self._option[number]
        options = np.unique(options[options >= 0])
        options = options[(there[options] < 0) & (self._link[number][scene.of_option[options]] >= 0)]
        if not len(options):
            return 0
        last = len(scene.block.rows)
        over = sparse.coo_array(scene.written_out(options))
        worth = over.coords[1] == last
        cost = np.zeros(len(options))
        cost[over.coords[0][worth]] = scene.weight * over.data[worth]
        entries = [
            (over.coords[0][~worth], over.coords[1][~worth] + self._row[number], over.data[~worth]),
            (np.arange(len(options)), self._link[number][scene.of_option[options]], np.ones(len(options))),
        ]
        there[options] = self._add(entries, cost)
        return len(options)

    def _add(self, entries: Sequence[tuple[Ints, Ints, Floats]], cost: Floats) -> Ints:
        """Add columns; their numbers."""
        count = len(cost)
        column, row, value = (np.concatenate(each) for each in zip(*entries, strict=True))
        over = sparse.csr_array((value, (column, row)), (count, self._rows))
        over.data[np.abs(over.data) < SMALLEST_KEPT] = 0.0
        over.eliminate_zeros()
        over.sort_indices()
        self.highs.addCols(
            count, cost, np.zeros(count), np.full(count, np.inf),
            over.nnz, over.indptr[:-1].astype(np.int32), over.indices.astype(np.int32), over.data,
        )  # fmt: skip
        self._columns += count
        return np.arange(self._columns - count, self._columns)

    def _ask(self, said: Said) -> int:
        """Let all that is outside answer the program's prices; the best come in."""
        together = self.together
        parcels = len(together.first)
        little = WORTH * max(abs(self.value), 1.0) / max(parcels, 1)
        count = np.diff(np.append(together.first, len(together.parcel)))
        mine = np.repeat(self._dual[self._parcel : self._parcel + parcels], count)
        gain = np.where(self._class < 0, said.classes - mine, -np.inf)
        order = np.lexsort((-gain, together.parcel))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - np.repeat(together.first, count)
        fresh = np.flatnonzero((gain > little) & (rank < CLASSES))
        self.said = said
        found = self._take(fresh)
        anew = np.zeros(len(together.parcel), dtype=bool)
        anew[fresh] = True
        for number, scene in enumerate(together.scenes):
            link = self._link[number]
            price = np.full(len(link), np.inf)
            old = (link >= 0) & (link < len(self._dual))
            price[old] = self._dual[link[old]]
            best = said.option[number][link >= 0]
            best = best[best >= 0]
            of = scene.of_option[best]
            better = scene.weight * said.of_options[number][best] - price[of] > little
            found += self._take_options(number, best[better | anew[of]])
        return found

    # ---------------------------------------------------------------- solving

    def _hold(self, radius: float) -> None:
        """Hold prices within a radius of the best, in units of the objective per extent of the row."""
        cost = []
        for scene, prices in zip(self.together.scenes, self.prices, strict=True):
            boxed = np.flatnonzero(scene.extent)
            middle = prices[boxed] * scene.extent[boxed]
            cost += [scene.weight * (middle - radius), scene.weight * (-middle - radius)]
        charge = np.concatenate(cost)
        at = np.arange(self._miss, self._miss + len(charge), dtype=np.int32)
        self.highs.changeColsCost(len(at), at, charge)
        self._misses = len(charge)

    def _solve(self, strategy: int, seconds: float, *, presolve: bool = False) -> bool:
        """Whether the program is solved as it stands."""
        set_option(self.highs, "simplex_strategy", strategy)
        set_option(self.highs, "presolve", "on" if presolve else "off")
        set_option(self.highs, "time_limit", self.highs.getRunTime() + max(seconds, 0.1))
        self.passes += 1
        try:
            self.highs.run()
            if self.highs.getModelStatus() != Model.kOptimal:
                return False
        except Exception:  # whatever it is: no program, and nothing that is known is lost by it
            return False
        solution = self.highs.getSolution()
        x, dual = point_of(solution.col_value, self._columns), point_of(solution.row_dual, self._rows)
        if x is None or dual is None:
            return False
        self.x, self._dual, self.solved = x, dual, True
        self.value = float(self.highs.getInfo().objective_function_value)
        self.missed = float(x[self._miss : self._miss + self._misses].sum())
        return True

    def _asked(self) -> list[Floats]:
        """The program's prices of each scenario's rows."""
        found = []
        for scene, begin in zip(self.together.scenes, self._row, strict=True):
            prices = self._dual[begin : begin + len(scene.block.rows)] / scene.weight
            found.append(closed(prices, scene.block.lower, scene.block.upper))
        return found

    def solve(self, left: Callable[[], float], told: Callable[[float], object]) -> bool:
        """Grow until bound and program have met and no row is missed; whether they have.

        Parameters
        ----------
        left : seconds that are left.
        told : is told the bound.
        """
        radius = RADIUS * max(abs(self.bound), 1e-9)
        self._hold(radius)
        first = True
        while left() > 0.0 and not self.stop():
            if not self._solve(_DUAL if first else _PRIMAL, left(), presolve=first):
                return False
            first = False
            prices = self._asked()
            said = self.together.say(prices)
            better = said.bound < self.bound
            if better:
                self.bound, self.prices = said.bound, prices
                told(self.bound)
            found = self._ask(said)
            if self.bound - self.value <= NEAR * max(abs(self.bound), 1e-9):
                if self.missed <= MISSED:
                    return True
                radius *= FREER
            elif not found and not better:
                radius *= NARROWER
            self._hold(radius)
        return False

    def settle(self, left: Callable[[], float]) -> bool:
        """Settle the shared states one after the other, at whole numbers with which rows can be kept; whether so."""
        low, high = (each.copy() for each in self.together.ends)
        whole = np.asarray(self.together.scenes[0].block.column_integer[self.together.scenes[0].states])
        while left() > 0.0 and not self.stop():
            state = self.x[: self.states]
            away = np.abs(state - np.rint(state))
            open_ = np.flatnonzero(whole & (low < high))
            if not len(open_):
                return self.missed <= MISSED
            between = open_[away[open_] > WHOLE]
            near = between[away[between] <= SURE]
            some = near if len(near) else between[np.argsort(away[between])[:1]] if len(between) else open_
            before = low.copy(), high.copy()
            low[some] = high[some] = np.rint(state[some])
            begun = open_[state[open_] >= 1.0 - WHOLE]  # what is begun stays so on the way down
            low[begun] = high[begun]
            if self._bounded(low, high, left) and self.missed <= MISSED:
                continue
            low, high = before
            one = some[np.argmin(away[some])]
            low[one] = high[one] = np.rint(state[one])
            if len(some) > 1 and self._bounded(low, high, left) and self.missed <= MISSED:
                continue
            low[one] = high[one] = 1.0 - np.rint(state[one])
            if not self._bounded(low, high, left) or self.missed > MISSED:
                return False
        return False

    def hold(self, points: Sequence[Floats], left: Callable[[], float], passes: int = 8) -> bool:
        """Hold all whole numbers as they are in points of the policy columns; whether rows can be kept then."""
        for scene, place, point in zip(self.together.scenes, self._place, points, strict=True):
            some = np.flatnonzero(scene.block.column_integer)
            value = np.rint(point[some])
            self.highs.changeColsBounds(len(some), place[some].astype(np.int32), value, value)
        if not self._solve(_DUAL, left()):
            return False
        for _ in range(passes):
            if not self._ask(self.together.say(self._asked())) or left() <= 0.0 or self.stop():
                break
            if not self._solve(_PRIMAL, left()):
                return False
        return self.missed <= MISSED

    def _bounded(self, low: Floats, high: Floats, left: Callable[[], float]) -> bool:
        """Solve with other bounds of shared states, and with what these ask for; whether that is done."""
        at = np.arange(self.states, dtype=np.int32)
        self.highs.changeColsBounds(self.states, at, low, high)
        if not self._solve(_DUAL, left()):
            return False
        self._ask(self.together.say(self._asked()))
        return self._solve(_PRIMAL, left())

    # ---------------------------------------------------------------- what it says

    def shares(self) -> Floats:
        """Of each class its part of the parcel."""
        share = np.zeros(len(self._class))
        there = (self._class >= 0) & (self._class < len(self.x))
        share[there] = np.clip(self.x[self._class[there]], 0.0, 1.0)
        return share

    def started(self) -> Floats:
        """The shared states."""
        return np.asarray(self.x[: self.states])
