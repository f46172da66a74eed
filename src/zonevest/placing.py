"""A plan's land and projects placed in another study: what they are worth there, or which conditions they break.

Land and projects stay as the plan has them; all that is decided over them (money, uplift, quotas, transfers) is
decided anew, as well as it can be in the other study.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.instances.study import period_names
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.conditions import Condition, conditions_of, with_bounds_as_rows
from zonevest.model.decided import UNKNOWN, options_of
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import REASONS, build_options
from zonevest.model.plan import PlanData, limits_table, tell
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.elastic import least_violation
from zonevest.solvers.highs import HOLDS, solve_here
from zonevest.solvers.join import join
from zonevest.solvers.parts import rest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.solvers.program import Program

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

GAP = 1e-7
"""To which finance is decided: a hundredth of the rounding that the audit allows."""
NAMED = 5
MISSES = ["condition", "family", "limit", "account", "jurisdiction", "period", "sense", "bound", "by", "unit", "what"]
OPTION, START, WHOLE, LAND = "option", "start", "whole", "assign"
"""Families of what cannot be placed at all: land actions and starts that are not open, shares of land taken whole."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A plan in another study.

    Attributes
    ----------
    value : the objective there; None where it cannot hold, or where that was not found out.
    misses : the conditions that it breaks, as few as can be, and by how much: condition, family, limit, account,
        jurisdiction, period, sense, bound, by, unit, what (parcels and reasons, in words).
    found_out : whether it is known that it holds or that it cannot.
    x : all columns of the program.
    """

    value: float | None
    misses: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=MISSES))
    found_out: bool = True
    x: Floats | None = field(default=None, repr=False)


class Scene:
    """A study in which plans are placed; its program is made once."""

    def __init__(self, study: Study, *, seconds: float = 60.0, threads: int = 1) -> None:
        self.study = study
        self.options = SolveOptions(gap=GAP, time_limit=seconds, threads=threads)
        self.ledger = Ledger(build_options(study))
        self.model = policy_model(self.ledger)
        self.policy = shared(compile_policy(self.model))
        self.block = with_bounds_as_rows(land_block(self.ledger, self.policy), self.ledger)
        self.program = join(self.block)
        self._conditions: list[Condition] | None = None

    def place(self, parcels: pd.DataFrame, projects: pd.DataFrame) -> Placed:
        """Place a plan.

        Parameters
        ----------
        parcels : columns parcel_id, practice, start, share.
        projects : columns project, start; ``""`` is not built.
        """
        x, closed = self._decisions(parcels, projects)
        if closed:
            return Placed(None, pd.DataFrame(closed, columns=MISSES))
        program = self.program
        fixed = np.zeros(program.n_cols, dtype=np.bool_)
        fixed[: len(self.block.group) + self.ledger.works.possible.size] = True
        rest, free = rest_of(program, x, fixed, whole=True)
        touched = np.zeros(program.n_rows, dtype=np.bool_)
        touched[program.index[~fixed[program.entry_cols]]] = True
        alone = (program.row_violations(x) > HOLDS) & ~touched
        if not alone.any():
            found = solve_here(rest, self.options) if len(free) else None
            if found is None or found.x is not None:
                x[free] = np.empty(0) if found is None else found.x
                return Placed(program.value_at(x), x=x)
            if found.status != "infeasible":
                return Placed(None, found_out=False)
        return self._missed(x, rest, free, np.flatnonzero(touched))

    def _missed(self, x: Floats, rest: Program, free: Ints, rows: Ints) -> Placed:
        """Where rows cannot hold: by rounding alone, then the value without it; else which, and by how much."""
        program = self.program
        if len(free):
            nearest = least_violation(rest, self.options.time_limit, kept=~self._gives()[rows], whole=True)
            if nearest is None:
                return Placed(None, found_out=False)
            x[free] = nearest
        broken = np.flatnonzero(program.row_violations(x) > HOLDS)
        if len(broken):
            return Placed(None, self._told(x, broken), x=x)
        if len(free):
            activity = rest.row_activity(x[free])
            low, high = np.minimum(rest.row_lower, activity), np.maximum(rest.row_upper, activity)
            found = solve_here(replace(rest, row_lower=low, row_upper=high), self.options)
            if found.x is None:
                return Placed(None, found_out=False)
            x[free] = found.x
        return Placed(program.value_at(x), x=x)

    def _decisions(self, parcels: pd.DataFrame, projects: pd.DataFrame) -> tuple[Floats, list[tuple[object, ...]]]:
        """The columns of land and projects, and what of them is not open in this study."""
        study, works = self.study, self.ledger.works
        x, size = np.zeros(self.program.n_cols), len(self.block.group)
        at = options_of(self.ledger, parcels)
        share = parcels["share"].to_numpy(dtype=float)
        closed = self._closed_land(parcels, at)
        parts = (share > HOLDS) & (share < 1.0 - HOLDS)
        if self.block.integer and parts.any():
            what = _some(parcels["parcel_id"][parts])
            closed.append((WHOLE, WHOLE, "", "", "", "", "", np.nan, float(parts.sum()), "", what))
        np.add.at(x, at[at >= 0], share[at >= 0])
        periods = period_names(study.periods)
        for project, start in zip(projects["project"], projects["start"].fillna(""), strict=True):
            if not start:
                continue
            known = project in works.names and start in periods
            if not known or not works.possible[works.names.index(project), periods.index(start)]:
                what = works.why_not.get(project, "")
                closed.append((f"{START}[{project},{start}]", START, "", "", "", start, "", np.nan, 1.0, "", what))
                continue
            first = size + works.names.index(project) * len(periods)
            x[first + periods.index(start) : first + len(periods)] = 1.0
        return x, closed

    def _closed_land(self, parcels: pd.DataFrame, at: Ints) -> list[tuple[object, ...]]:
        """Land actions that are not open to their parcels, by action: hectares, the first parcels and why."""
        lost = np.flatnonzero(at < 0)
        if not len(lost):
            return []
        options, own = self.ledger.options, pd.Index(self.study.parcels["parcel_id"])
        mine = parcels.iloc[lost]
        parcel = own.get_indexer(mine["parcel_id"])
        practice = pd.Index(options.practices).get_indexer(mine["practice"])
        known = (parcel >= 0) & (practice >= 0)
        code = np.zeros(len(lost), dtype=int)
        code[known] = options.reasons[options.pattern[parcel[known]], practice[known]]
        area = np.where(parcel >= 0, self.study.parcels["area_ha"].to_numpy()[parcel], 0.0) * mine["share"].to_numpy()
        rows: list[tuple[object, ...]] = []
        told = pd.DataFrame({"practice": mine["practice"].to_numpy(), "ha": area, "id": mine["parcel_id"].to_numpy()})
        told["why"] = [REASONS[each] or UNKNOWN for each in code]
        for (name, why), each in told.groupby(["practice", "why"], sort=False):
            what = say("{reason}: {parcels}", reason=why, parcels=_some(each["id"]))
            row = (f"{OPTION}[{name}]", OPTION, "", "", "", "", "", np.nan, float(each["ha"].sum()), "ha", what)
            rows.append(row)
        return rows

    def _gives(self) -> Bools:
        """Which rows somebody has decided; the others say what follows from what, and are never missed."""
        gives = np.zeros(self.program.n_rows, dtype=np.bool_)
        for each in self.conditions:
            gives[self.block.groups + np.array(each.rows, dtype=np.int64)] = True
        return gives

    @property
    def conditions(self) -> list[Condition]:
        """The study's conditions (see `zonevest.model.conditions`)."""
        if self._conditions is None:
            self._conditions = [each for each in conditions_of(self.model, self.policy, self.block) if each.rows]
        return self._conditions

    def _told(self, x: Floats, broken: Ints) -> pd.DataFrame:
        """What broken rows are called, what they ask for, and by how much it is missed."""
        of = {row: each for each in self.conditions for row in each.rows}
        activity = self.program.row_activity(x)
        short = np.maximum(self.program.row_lower - activity, activity - self.program.row_upper)
        names, rows = self.block.rows + self.block.extra_rows, []
        bounds = self._bounds(x)
        for row in broken.tolist():
            at = row - self.block.groups
            if at < 0:
                what = str(self.study.parcels["parcel_id"].iloc[row])
                rows.append((LAND, LAND, "", "", "", "", "==", 1.0, float(short[row]), "", what))
                continue
            each = of.get(at)
            told = next((one for one in self.model.told if one.row == names[at]), each.told if each else None)
            family = each.family if each else names[at].partition("[")[0]
            unit = each.unit if each else ""
            if told is None:
                name = names[at].replace("'", "")  # names that look like numbers stand in quotes
                rows.append((name, family, "", "", "", "", "", np.nan, float(short[row]), unit, ""))
                continue
            place = (told.limit, told.account, told.place, told.period, told.sense)
            bound = bounds.get((told.limit, told.place, told.period), np.nan)
            rows.append((names[at], family, *place, bound, float(short[row]), told.unit, ""))
        return pd.DataFrame(rows, columns=MISSES)

    def _bounds(self, x: Floats) -> dict[tuple[str, str, str], float]:
        """The bound of each row that a plan tells of."""
        self._load(x)
        table = limits_table(self.model)
        keys = zip(table["limit"], table["jurisdiction"], table["period"], strict=True)
        return dict(zip(keys, table["bound"].tolist(), strict=True))

    def _load(self, x: Floats) -> tuple[Floats, Floats]:
        """Give the model the values of the columns; the shares of options, and U."""
        size, states = len(self.block.group), self.ledger.works.possible
        weight, started = x[:size], x[size : size + states.size].reshape(states.shape)
        self.policy.load(x[size:])
        self.model.ledger.load(weight, started)
        return weight, started

    def plan(self, placed: Placed) -> PlanData:
        """What was placed as a plan of this study, which the audit can recompute.

        Raises
        ------
        ValueError
            If it does not hold here.
        """
        if placed.value is None or placed.x is None:
            raise ValueError("what does not hold in a study is no plan of it")
        told = tell(self.model, *self._load(placed.x), {})
        nothing = self.ledger.doing_nothing() if self.study.has_doing_nothing and len(self.study.parcels) else {}
        for term in ("cash", "ecosystem"):
            told[term] -= nothing.get(term, 0.0)
        return PlanData(self.study, "feasible", True, placed.value, doing_nothing=nothing, **told)


def _some(names: pd.Series[str]) -> str:
    shown = ", ".join(list(dict.fromkeys(names))[:NAMED])
    return f"{shown} …" if names.nunique() > NAMED else shown
