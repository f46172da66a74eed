"""A plan as it is made without an optimum: the least that is required, then down the list by value as far as it goes.

The least is the plan that changes the fewest hectares and builds for the least money with no row broken. Land actions
are then ranked by what a hectare of them is worth, projects by what a million of capex is worth. After each step a
linear program tells whether money and quotas can still be settled with no row missed; a step that breaks one is not
taken, and after three in a row no more of its kind is tried. The share of green works is left aside on the way. In the
end it is made up for, and money settled, for the most (a program over what the list left open): what the plan falls
short of the best one is due to the order alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

Floats = NDArray[np.float64]
CHUNK, PATIENCE, SHARES = 64, 3, (0.25,)
NEAR = 1e-7
"""By how much a row may be missed."""


@dataclass(eq=False)
class Choice:
    """Something to take: columns, what they become, what that is worth, its size, whose choice and of what kind."""

    columns: NDArray[np.int64]
    values: Floats
    worth: float
    size: float
    of: tuple[str, int]
    kind: tuple[int, int] | None = None

    def parts(self) -> list[Choice]:
        """Shares of a parcel that may be had instead of the whole; a project has none."""
        return [replace(self, values=np.array([1.0 - f, f])) for f in SHARES] if self.kind is not None else []


class Greedy:
    """A plan on the way: a linear program over money and quotas, what is decided on the other side of its rows."""

    def __init__(self, study: Study, seconds: float = 180.0) -> None:
        """Find the least plan, within so many seconds."""
        self.ledger = Ledger(build_options(study))
        block = land_block(self.ledger, shared(compile_policy(policy_model(self.ledger))))
        self.program = program = join(block)
        self.options, self.works = len(block.group), self.ledger.works.possible
        self.decided = self.options + self.works.size
        self.x = self.least(seconds)
        names = [*block.rows, *block.extra_rows]
        names = ["choice"] * (program.n_rows - len(names)) + names
        green = np.array([name.startswith("green_share_min") for name in names])
        shape = (program.n_rows, program.n_cols)
        matrix = sparse.csc_array((program.value, program.index, program.start), shape=shape)
        self.booked = sparse.csr_array(matrix[:, : self.decided])
        rest = sparse.csr_array(matrix[:, self.decided :])
        self.lower, self.upper = np.where(green, -np.inf, program.row_lower), program.row_upper
        self.open = np.flatnonzero(np.diff(rest.indptr))
        """The rows that money and quotas can still meet."""
        self.shut = np.setdiff1d(np.arange(program.n_rows), self.open)
        self.highs = highspy.Highs()
        self.highs.silent()
        self.highs.passModel(self.settling(rest[self.open]))
        assert self.settles()

    def least(self, seconds: float) -> Floats:
        """The plan that changes the fewest hectares and builds for the least money."""
        options, area = self.ledger.options, self.ledger.study.parcels["area_ha"].to_numpy()
        cost = np.zeros(self.program.n_cols)
        cost[: self.options] = -area[options.parcel]
        cost[np.asarray(options.start[:-1])] = 0.0  # each parcel's first option is to hold it
        periods = self.works.shape[1]
        capex = self.ledger.study.projects["capex"].to_numpy()
        cost[self.options + periods * np.arange(1, len(capex) + 1) - 1] = -50.0 * capex
        found = solve_here(replace(self.program, cost=cost, offset=0.0), SolveOptions(gap=0.1, time_limit=seconds))
        assert found.x is not None
        return found.x

    def settling(self, rows: sparse.csr_array) -> highspy.HighsLp:
        """The program over money and quotas, without a goal: all that is asked is whether they can be settled."""
        lp, free = highspy.HighsLp(), np.full(len(self.open), np.inf)
        lp.num_row_, lp.num_col_ = rows.shape
        lp.col_cost_ = np.zeros(lp.num_col_)
        lp.col_lower_ = self.program.col_lower[self.decided :]
        lp.col_upper_ = self.program.col_upper[self.decided :]
        lp.row_lower_, lp.row_upper_ = -free, free
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
        return lp

    def settles(self) -> bool:
        """Whether money and quotas can be settled with what is decided, and no row is broken."""
        there = self.booked @ self.x[: self.decided]
        lower, upper = self.lower - there, self.upper - there
        if (lower[self.shut] > NEAR).any() or (upper[self.shut] < -NEAR).any():
            return False
        rows = np.arange(len(self.open), dtype=np.int32)
        self.highs.changeRowsBounds(len(rows), rows, lower[self.open], upper[self.open])
        self.highs.run()
        return bool(self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def take(self, choices: Sequence[Choice]) -> bool:
        """Take choices unless a row breaks."""
        if not choices:
            return True
        columns = np.unique(np.concatenate([choice.columns for choice in choices]))
        before = self.x[columns].copy()
        for choice in choices:
            self.x[choice.columns] = choice.values
        if self.settles():
            return True
        self.x[columns] = before
        return False

    def land(self) -> list[Choice]:
        """Every option of every parcel instead of holding it."""
        options, cost = self.ledger.options, self.program.cost
        area = self.ledger.study.parcels["area_ha"].to_numpy()
        found = []
        for i, (first, last) in enumerate(zip(options.start[:-1], options.start[1:], strict=True)):
            for k in range(first + 1, last):
                worth = float(cost[k] - cost[first])
                kind = int(options.kind_practice[options.kind[k]]), int(options.kind_start[options.kind[k]])
                change = np.array([first, k]), np.array([0.0, 1.0])
                found.append(Choice(*change, worth, float(area[i]), ("parcel", i), kind))
        return found

    def finished(self) -> float:
        """The gain when what was taken stays, and the rest is decided for the most."""
        program = self.program
        low, high = program.col_lower.copy(), program.col_upper.copy()
        held = np.zeros(program.n_cols, dtype=bool)
        kept = self.x[np.asarray(self.ledger.options.start[:-1])] == 1.0
        held[: self.options] = ~kept[self.ledger.options.parcel]
        held[self.options : self.decided] = self.x[self.options : self.decided] == 1.0
        low[held] = high[held] = self.x[held]
        rest = replace(program, col_lower=low, col_upper=high)
        found = solve_here(rest, SolveOptions(gap=5e-3, time_limit=120.0))
        assert found.value is not None
        return found.value

    def begun(self) -> set[tuple[str, int]]:
        """The parcels and projects that the least plan has decided."""
        kept = self.x[np.asarray(self.ledger.options.start[:-1])]
        built = self.x[self.options : self.decided].reshape(self.works.shape).any(axis=1)
        parcels = {("parcel", int(i)) for i in np.flatnonzero(kept < 1.0)}
        return parcels | {("project", int(j)) for j in np.flatnonzero(built)}

    def projects(self) -> list[Choice]:
        """Every start of every project."""
        periods, capex = self.works.shape[1], self.ledger.study.projects["capex"].to_numpy()
        found = []
        for j, possible in enumerate(self.works):
            columns = self.options + j * periods + np.arange(periods)
            worth = np.cumsum(self.program.cost[columns][::-1])[::-1]
            for s in np.flatnonzero(possible):
                ones = np.ones(periods - s)
                found.append(Choice(columns[s:], ones, float(worth[s]), float(capex[j]), ("project", j)))
        return found


def greedy(plan: Greedy) -> float:
    """The gain of the plan that is made by going down the list."""
    chosen, failed = plan.begun(), defaultdict[tuple[int, int] | None, int](int)

    def go(batch: list[Choice]) -> None:
        """Take a batch, or each half of it that can be taken."""
        open_ = [c for c in batch if c.of not in chosen and (c.kind is None or failed[c.kind] < PATIENCE)]
        fresh = {choice.of: choice for choice in reversed(open_)}
        batch = list(fresh.values())[::-1]
        if plan.take(batch):
            chosen.update(fresh)
            failed.update(dict.fromkeys((choice.kind for choice in batch), 0))
        elif len(batch) > 1:
            go(batch[: len(batch) // 2])
            go(batch[len(batch) // 2 :])
        elif any(plan.take([part]) for part in batch[0].parts()):
            chosen.update(fresh)
            failed[batch[0].kind] = 0
        else:
            failed[batch[0].kind] += 1

    for choices in (plan.land(), plan.projects()):
        ranked = sorted((c for c in choices if c.worth > 0), key=lambda c: -c.worth / c.size)
        for first in range(0, len(ranked), CHUNK):
            go(ranked[first : first + CHUNK])
    return plan.finished()
