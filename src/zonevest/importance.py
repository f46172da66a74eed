"""What a plan would lose if a parcel left its zone, a built project were not built, or another one were: bounds of it.

The replacement cost (Cabeza and Moilanen 2006) is the best objective less the best one with the role forbidden. For
all at once from prices: of prices y with bound B(y), a parcel adds its best option's worth at y to B, and without its
role the best of what is left. So no plan without the role is worth more than B(y) less the difference, whatever y is:
at the duals of the linear program it is a lower bound of what that program loses. For a few by solving again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.model.widened import Row, widened
from zonevest.reports.alternatives import IN, NEVER, NOT_ASKED, OUT, PRICES, RESOLVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.nearby import Nearby

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

SMALL = 1e-6
"""Shares, and parts of the objective, that are less are nothing."""
PARCEL, PROJECT = "parcel", "project"
ROLE = "role"
"""The row that forbids a parcel its zone."""


@dataclass
class Answer:
    """A study solved again: how it ended, the best that was found, and what nothing exceeds (-inf: no plan)."""

    status: str
    value: float
    bound: float


@dataclass
class Importance:
    """What depends on each parcel's zone and on each project.

    Attributes
    ----------
    near : the plan and its program.
    gap : of each solve.
    points : plans that are known, with their objectives; solves add theirs.
    """

    near: Nearby
    gap: float
    points: list[tuple[float, Floats]]
    solved: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        near, options = self.near, self.near.ledger.options
        self._size, self._parcel = len(options.kind), options.parcel.astype(np.int64)
        self._ids = list(near.ledger.study.parcels["parcel_id"])
        label = near.ledger.states.zone_new[options.kind].astype(np.int64) + 1
        labels = int(label.max(initial=0)) + 1
        share = np.bincount(self._parcel * labels + label, near.x[: self._size], len(self._ids) * labels)
        self.role = share.reshape(len(self._ids), labels).argmax(axis=1) if self._ids else np.zeros(0, dtype=np.int64)
        self._in_role = label == self.role[self._parcel]
        leaves = np.ones(len(self._ids), dtype=bool)
        np.logical_and.at(leaves, self._parcel, self._in_role)
        self.only = leaves
        self._periods = len(near.ledger.clock.length)
        self.names = list(near.ledger.works.names)
        last = np.arange(len(self.names)) * self._periods + self._periods - 1
        self._last = last
        self.built = np.rint(near.x[self._size + last]) > 0
        lower, upper = near.block.column_lower[last], near.block.column_upper[last]
        possible = near.ledger.works.possible.any(axis=1) if self.names else np.zeros(0, dtype=bool)
        self.fixed = np.where(self.built, lower > 0, (upper <= 0) | ~possible)
        self.of_parcels: Floats | None = None
        self.of_projects: Floats | None = None

    # -- all, by prices ---------------------------------------------------------------------------------------------

    def price(self) -> None:
        """What no plan without the role is worth more than, of every parcel and project, by prices."""
        leaves = self.near.leaves
        if not leaves:
            return
        self.top = max(leaf.bound for leaf in leaves)
        parcels, projects = np.full(len(self._ids), -np.inf), np.full(len(self.names), -np.inf)
        start = self.near.ledger.options.start[:-1]
        for leaf in leaves:
            charge = np.append(-leaf.prices, 1.0)
            if len(start):
                worth = self._of_options(charge)
                best = np.maximum.reduceat(worth, start)
                rest = np.maximum.reduceat(np.where(self._in_role, -np.inf, worth), start)
                parcels = np.maximum(parcels, leaf.bound - (best - rest))
            if self.names:
                reduced = np.asarray(self.near.block.by_column @ charge)
                projects = np.maximum(projects, self._without(leaf.lower, leaf.upper, reduced, leaf.bound))
        self.of_parcels, self.of_projects = parcels, projects

    def _of_options(self, charge: Floats) -> Floats:
        block = self.near.block
        total = np.zeros(self._size)
        for scalar, matrix in block.by_kind:
            total += scalar[block.group] * (matrix @ charge)[block.kind]
        return total if block.by_option is None else np.asarray(total + block.by_option @ charge)

    def _without(self, low: Floats, high: Floats, reduced: Floats, bound: float) -> Floats:
        """The bound of a leaf with each project's states held: all 0 where it is built, the last 1 where it is not."""
        found = np.empty(len(self.names))
        for place, last in enumerate(self._last.tolist()):
            states = np.arange(last - self._periods + 1, last + 1) if self.built[place] else np.array([last])
            held = 0.0 if self.built[place] else 1.0
            if ((low[states] > held) | (high[states] < held)).any():
                found[place] = -np.inf
                continue
            worth = reduced[states]
            found[place] = bound - float((np.maximum(worth * low[states], worth * high[states]) - worth * held).sum())
        return found

    def dearest(self, count: int) -> list[str]:
        """The parcels that lose most by prices among those that have another zone."""
        if self.of_parcels is None or not count:
            return []
        loss = np.where(self.only, -np.inf, -self.of_parcels)
        order = np.argsort(-loss, kind="stable")[:count]
        return [str(self._ids[at]) for at in order.tolist() if np.isfinite(loss[at])]

    # -- a few, solved again ----------------------------------------------------------------------------------------

    def resolve(self, parcels: Sequence[str], *, projects: bool, seconds: float) -> bool:
        """Solve again with single roles forbidden or forced, while there is time; whether nobody stopped it."""
        until = time.perf_counter() + seconds
        order = list(range(len(self.names)))
        if self.of_projects is not None:  # first those of which prices say least
            order = np.argsort(-self.of_projects, kind="stable").tolist()
        place = {name: at for at, name in enumerate(self._ids)}
        jobs = [(PROJECT, at) for at in order if projects and not self.fixed[at]]
        jobs += [(PARCEL, place[name]) for name in parcels if not self.only[place[name]]]
        for number, (kind, at) in enumerate(jobs, 1):
            left = until - time.perf_counter()
            if left <= 0.0:
                break
            phase = say("solved again {number} of {count}", number=number, count=len(jobs))
            made = self._project(at) if kind == PROJECT else self._land(at)
            if not self._again((kind, (self.names if kind == PROJECT else self._ids)[at]), *made, left, phase):
                return False
        return True

    def _again(
        self, key: tuple[str, str], block: Block, holds: Callable[[Floats], bool], seconds: float, phase: str
    ) -> bool:
        known = [(value, x) for value, x in self.points if holds(x)]
        start = max(known, key=lambda each: each[0])[1] if known else None
        solution, x, _ = self.near.solve(
            block, start=start, warm=self.near.warm, gap=self.gap, seconds=seconds, phase=phase
        )
        if solution.status == "interrupted":
            return False
        if x is not None:
            self.points.append((self.near.worth(x), x))
        value = np.nan if x is None else self.near.worth(x)
        bound = -np.inf if solution.status == "infeasible" else solution.bound
        self.solved[key] = Answer(solution.status, value, bound)
        return True

    def _project(self, at: int) -> tuple[Block, Callable[[Floats], bool]]:
        """The study with a project forced out, or in; and whether a point of the study is one of that."""
        block, last, out = self.near.block, int(self._last[at]), bool(self.built[at])
        lower, upper = block.column_lower.copy(), block.column_upper.copy()
        if out:
            upper[last - self._periods + 1 : last + 1] = 0.0
        else:
            lower[last] = 1.0
        held = replace(block, column_lower=lower, column_upper=upper)
        return held, lambda x: bool((x[self._size + last] > 0.5) != out)

    def _land(self, at: int) -> tuple[Block, Callable[[Floats], bool]]:
        """The study with a parcel's zone forbidden."""
        begin, end = self.near.ledger.options.start[at : at + 2]
        mine = np.arange(begin, end)[self._in_role[begin:end]]
        row = Row(f"{ROLE}[{at}]", upper=0.0, options=mine, amounts=np.ones(len(mine)))
        return widened(self.near.block, [row]), lambda x: bool(x[mine].sum() < SMALL)

    # -- told -------------------------------------------------------------------------------------------------------

    def tables(self, room: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What is known of each parcel, and of each project, in the order of the study.

        Parameters
        ----------
        room : by how much less an objective is near the best.
        """
        zones = ["", *self.near.ledger.study.zones["zone"]]
        parcels = pd.DataFrame({"parcel_id": self._ids, "zone": [zones[at] for at in self.role.tolist()]})
        projects = pd.DataFrame({"project": self.names, "case": np.where(self.built, OUT, IN)})
        for kind, frame, prices, never in (
            (PARCEL, parcels, self.of_parcels, self.only),
            (PROJECT, projects, self.of_projects, self.fixed),
        ):
            self._told(kind, frame, prices, np.asarray(never, dtype=bool), room)
        return parcels, projects

    def _told(self, kind: str, frame: pd.DataFrame, prices: Floats | None, never: Bools, room: float) -> None:
        near, count = self.near, len(frame)
        ceiling = np.full(count, near.bound)
        by_prices, how = np.full(count, np.nan), np.full(count, NOT_ASKED, dtype=object)
        if prices is not None:
            by_prices = np.maximum(self.top - prices, 0.0)
            ceiling = np.minimum(ceiling, prices)
            how[:] = PRICES
        least_known = self._known(kind)
        status = np.full(count, "", dtype=object)
        for place, name in enumerate(frame.iloc[:, 0]):
            answer = self.solved.get((kind, name))
            if answer is not None:
                ceiling[place] = min(ceiling[place], answer.bound)
                status[place], how[place] = answer.status, RESOLVED
                if np.isneginf(answer.bound):
                    least_known[place] = np.inf
        ceiling[never], least_known[never], by_prices[never], how[never] = -np.inf, np.inf, np.inf, NEVER
        least = near.value - ceiling
        least[np.isneginf(least)] = np.nan
        near_nothing = SMALL * max(abs(near.value), 1e-9)
        frame["by_prices"], frame["least_loss"], frame["most_loss"] = by_prices, least, least_known
        frame["how"], frame["status"] = how, status
        frame["always"] = least > room + near_nothing

    def _known(self, kind: str) -> Floats:
        """Of each the least that a plan that is known loses without its role; NaN where there is none."""
        count = len(self._ids) if kind == PARCEL else len(self.names)
        found = np.full(count, np.inf)
        for value, x in self.points:
            if kind == PARCEL:
                share = np.bincount(self._parcel, x[: self._size] * self._in_role, count)
                without = share < SMALL
            else:
                without = (x[self._size + self._last] > 0.5) != self.built
            found[without] = np.minimum(found[without], self.near.value - value)
        return np.where(np.isinf(found), np.nan, found)
