"""Plans within reach of the best as a program: those that are far from plans that are known.

Of gains a distance needs ends: how much each actor gains at least and at most within reach. What rows say of that is
wide; so each end is solved for first, all of them together in the time of one solve. Their bounds are the ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.apart import APART, Gains, Projects, land_by_action, land_by_zone
from zonevest.instances.say import say
from zonevest.model.widened import Column, Row, widened
from zonevest.nearby import Nearby, built
from zonevest.reports.alternatives import RANGES
from zonevest.reports.distances import GAINS, PROJECTS, ZONING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.apart import Apart, Bound
    from zonevest.model.land import Block
    from zonevest.solvers.answer import Solution
    from zonevest.solvers.warm import Warm

    Floats = NDArray[np.float64]

NEAR = "near_best"
"""The row that keeps the objective near the best."""
NOTHING = 1e-6
"""Plans no farther apart than this part of what is possible are one."""
ROUNDING = 1e-9
"""Of what is possible: by so much less a plan is as far as another one."""
ROOM = 1e-6
"""Of an end of a gain, and of the range: by so much a plan that holds may lie beyond, as solvers hold rows."""
SECONDS = 10.0
"""What looking for a better plan that is as far may take at least."""
SHORT = "short"
"""The column of what a gain falls short of an end, and its row."""


class Spread:
    """Plans within reach of the best one, and those of them that were chosen.

    Attributes
    ----------
    near : the best plan and its program.
    room : how much less than the best an objective may be.
    apart : the distance.
    slack : by how much a distance may be more than the search knows, where a chosen plan divides land.
    ranges : of gains what each actor gains within reach (see `Alternatives.ranges`); else empty.
    """

    def __init__(self, near: Nearby, by: str, within: float) -> None:
        self.near, self.room = near, within * abs(near.value)
        self.block: Block = near.block
        self.apart: Apart
        self.ranges = pd.DataFrame(columns=list(RANGES))
        if by == GAINS:
            self.apart = gains = Gains(near.policy)
            try:
                _, self.block = built(near.policy)
            finally:
                gains.leave(near.policy)
            gains.within(self.block)
        elif by == PROJECTS:
            self.apart = Projects(near.ledger, near.block.columns)
        else:
            self.apart = land_by_zone(near.ledger) if by == ZONING else land_by_action(near.ledger)
        self.known: list[Floats] = []  # plans within reach as points of the block; the chosen ones are bounds too
        self._bounds: list[Bound] = []
        self._warm: Warm | None = None
        self.slack = 0.0
        self._best = near.point_in(near.x, self.block)
        if not isinstance(self.apart, Gains):
            self.choose(near.x)

    def choose(self, x: Floats) -> None:
        """Take a plan, as a point of the study's program, among those from which the next ones are far."""
        at = self._best if x is self.near.x else self.near.point_in(x, self.block)
        self._bounds.append(self.apart.to(len(self._bounds), at))
        self.known.append(at)
        self.slack = max(self.slack, self._bounds[-1].slack)

    def reach(self, gap: float) -> bool:
        """Find out between which ends each actor gains, in the time of one solve; whether nobody stopped it.

        Parameters
        ----------
        gap : how near to its bound each end has to be.
        """
        gains = self.apart
        if not isinstance(gains, Gains):
            return True
        until, best = time.perf_counter() + self.near.asked.time_limit, gains.of(self._best)
        ends = {1.0: gains.high.copy(), -1.0: gains.low.copy()}
        found = {1.0: best.copy(), -1.0: best.copy()}
        took, late = np.zeros(len(best)), np.zeros(len(best), dtype=bool)
        jobs = [(at, sign) for at in np.argsort(gains.low - gains.high, kind="stable").tolist() for sign in ends]
        for number, (at, sign) in enumerate(jobs):
            begun = time.perf_counter()
            seconds = (until - begun) / (len(jobs) - number)
            width = float(ends[1.0][at] - ends[-1.0][at])
            if width <= NOTHING * gains.most:
                continue
            if seconds <= 0.0:
                late[at] = True
                continue
            end = sign * float(ends[sign][at])
            row = Row(SHORT, lower=end, columns={gains.columns[at]: sign, SHORT: 1.0})
            wide = widened(self.block, [self._near(), row], [Column(SHORT, 0.0, width)], less=SHORT, of=end)
            start = max((self._best, *self.known), key=lambda x: sign * gains.of(x)[at])
            solution, _, _ = self.near.solve(
                wide, start=np.append(start, end - sign * gains.of(start)[at]), gap=gap, seconds=seconds, scale=width,
                gap_absolute=gap * float((found[1.0] - found[-1.0]).max()),
                phase=say("what actors gain within reach, {number} of {count}", number=number + 1, count=len(jobs)),
            )  # fmt: skip
            took[at] += time.perf_counter() - begun
            late[at] |= solution.status not in ("optimal", "infeasible")
            if solution.status == "interrupted":
                return False
            if solution.x is not None:
                self.known.append(solution.x[: len(start)])
                gained = gains.of(solution.x)
                found = {1.0: np.maximum(found[1.0], gained), -1.0: np.minimum(found[-1.0], gained)}
            if solution.status != "infeasible":  # the best plan is there: rounding alone says so
                ends[sign][at] = sign * min(end, solution.bound)
        hair = ROOM * (np.abs(ends[1.0]) + np.abs(ends[-1.0]) + found[1.0] - found[-1.0])
        low, high = np.minimum(ends[-1.0], found[-1.0]) - hair, np.maximum(ends[1.0], found[1.0]) + hair
        status = np.where(late, "feasible", "optimal").tolist()
        rows = zip(gains.actors, best, low, found[-1.0], found[1.0], high, status, took, strict=True)
        self.ranges = pd.DataFrame(list(rows), columns=list(RANGES))
        gains.narrow(np.maximum(gains.low, low), np.minimum(gains.high, high))
        self.block = gains.held(self.block)
        self.choose(self.near.x)
        return True

    def farthest(self, gap: float, phase: str) -> tuple[Solution, Floats | None]:
        """The plan within reach that is farthest from the nearest of the chosen ones, as the search knows distance.

        Parameters
        ----------
        gap : how near to its bound the distance has to be.
        """
        most = self.apart.most
        wide, start = self._wider()
        solution, x, self._warm = self.near.solve(
            wide, start=start, warm=self._warm, gap=gap, gap_absolute=NOTHING * most, scale=most, phase=phase
        )
        return solution, x

    def worthiest(self, found: Solution, x: Floats, gap: float, seconds: float, phase: str) -> tuple[Solution, Floats]:
        """Of the plans that are as far from the chosen ones, the one that is worth most.

        What is farthest is worth whatever is near enough: a better plan just as far would be kept from whoever asks.

        Parameters
        ----------
        found, x : the plan that was found, as a point of the program in which it was, and of the study's.
        gap : how near to its bound the objective has to be.
        seconds : that it may take.

        Returns
        -------
        The solution, with a bound of what none of them exceeds; the better plan, or `x`.
        """
        assert found.x is not None
        assert found.value is not None
        wide, _ = self._wider(least=found.value - ROUNDING * self.apart.most)
        solution, other, _ = self.near.solve(wide, start=found.x, gap=gap, seconds=seconds, phase=phase)
        worth = self.near.worth
        best = x if other is None or worth(other) <= worth(x) else other
        return replace(solution, bound=max(solution.bound, worth(best))), best

    def _near(self) -> Row:
        return Row(NEAR, lower=self.near.value - self.near.block.constant - self.room, objective=1.0)

    def _wider(self, least: float | None = None) -> tuple[Block, Floats]:
        """The program of the next plan, and as a point of it the known plan that is the farthest.

        Parameters
        ----------
        least : D is at least this, and the study's objective is maximised; None: D is.
        """
        most = self.apart.most
        rows = [self._near(), *(_turned(row, most) for bound in self._bounds for row in bound.rows)]
        short = most if least is None else min(max(most - least, 0.0), most)
        columns = [Column(APART, 0.0, short), *(column for bound in self._bounds for column in bound.columns)]
        starts = [self._start(x, columns) for x in self.known]
        start = min(starts, key=lambda x: float(x[len(self._best)]))
        return widened(self.block, rows, columns, less=APART if least is None else "", of=most), start

    def _start(self, x: Floats, columns: Sequence[Column]) -> Floats:
        """A plan as a point of the program of the next one."""
        begun: dict[str, float] = {}
        for bound in self._bounds:
            begun |= bound.begun(x)
        size = len(self.block.group)
        value = dict(zip(self.block.columns, x[size:].tolist(), strict=True)) | begun
        far = self.apart.most
        for row in (row for bound in self._bounds for row in bound.rows if APART in row.columns):
            taken = float(row.amounts @ x[row.options])
            taken += sum(times * value[name] for name, times in row.columns.items() if name != APART)
            far = min(far, row.upper - taken)
        begun[APART] = self.apart.most - max(far - ROUNDING * self.apart.most, 0.0)
        return np.concatenate([x, [begun[column.name] for column in columns]])


def _turned(row: Row, most: float) -> Row:
    """A row of D as one of what D falls short of the most.

    What is maximised is then the most less a column: of a D near nothing it is known, too, how large what it is made
    of is, and with it what rounding may do.
    """
    factor = row.columns.get(APART, 0.0)
    if not factor:
        return row
    return replace(row, columns={**row.columns, APART: -factor}, upper=row.upper - factor * most)
