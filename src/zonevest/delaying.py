"""`milestones`: what must have come about when, what each step unlocks, and what it costs where it comes later."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest import api
from zonevest.instances.say import say
from zonevest.instances.study import items, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.conditions import NATURE, with_bounds_as_rows
from zonevest.model.decided import options_of
from zonevest.model.land import land_block
from zonevest.model.options import HOLD
from zonevest.model.policy import policy_model
from zonevest.placing import Scene
from zonevest.pricing import UnpricedError
from zonevest.reports.path import ANY, BREAKS, CANNOT, DELAYS, HELD, Milestones, ranked
from zonevest.reports.path_milestones import milestones as milestones_of
from zonevest.reports.path_steps import NEEDED, PROJECT, ROW, Point
from zonevest.resolving import begun
from zonevest.solvers.elastic import least_violation
from zonevest.solvers.highs import HOLDS
from zonevest.solvers.join import join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.priced import Priced
    from zonevest.solvers.answer import Progress

    Floats = NDArray[np.float64]

LATER: Final = "comes_later"
"""The name of the row that keeps a step from coming when it is planned."""
MANY: Final = 10_000
"""From so many options on it is solved again by prices, as in `zonevest.sensing`."""
HELD_SECONDS: Final = 120.0
"""What holding the plan, with one step after the other later, may take in all."""
ELASTIC_SECONDS: Final = 60.0
"""What finding out what stands against a step that cannot come later may take."""
SLIGHT: Final = 1e-9
"""Hectares that are rounding."""


def milestones(
    plan: api.Plan,
    *,
    resolve: int = 3,
    periods: int = 2,
    gap: float | None = None,
    time_limit: float = 120.0,
    threads: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> Milestones:
    """The path of a plan: milestones by period, what each step unlocks, and what a delay of each costs.

    A step is a project's start, or the land of a jurisdiction that begins to be used in a zone in a period. A step is
    a period late where by the end of its period it has not started, or no more land of the jurisdiction has begun in
    the zone than before the period; all else is decided anew.

    Parameters
    ----------
    resolve : so many steps are solved again, those whose delay costs most at the prices.
    periods : steps that start in so many periods, the first that have not begun yet, are asked what a delay costs.
    gap, time_limit, threads, on_progress : of each solve, as of `zonevest.solve`; the gap by default the plan's.

    Returns
    -------
    Milestones
        Tables, `to_text`, and `write` (see `zonevest.reports.path.Milestones`).

    Raises
    ------
    UnpricedError
        If there is no plan, or its prices cannot be found.
    """
    if resolve < 0 or periods < 0:
        raise ValueError(f"resolve and periods are 0 or more, not {resolve} and {periods}")
    found = plan._prices()
    given = float(plan.settings.get("gap", 1e-3)) if gap is None else gap
    run = _Run(plan, found, Point.of(found), given, time_limit, threads, on_progress)
    unlocks = run.point.unlocks()
    told = Milestones(
        plan,
        milestones_of(run.point, unlocks),
        run.steps(periods, unlocks),
        unlocks,
        pd.DataFrame(columns=BREAKS),
        given,
    )
    complete = True
    try:
        run.hold()
        complete = run.solve(resolve)
    except KeyboardInterrupt:
        complete = False
    steps = told.steps.assign(**{name: [row[name] for row in run.rows] for name in (*DELAYS, "asked")})
    breaks = pd.DataFrame(run.breaks, columns=BREAKS)
    return ranked(replace(told, steps=steps, breaks=breaks, complete=complete, notes=tuple(run.notes)))


@dataclass
class _Run:
    """What is asked of the steps of a plan, and what is known so far."""

    plan: api.Plan
    priced: Priced
    point: Point
    gap: float
    time_limit: float
    threads: int
    on_progress: Callable[[Progress], object] | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    breaks: list[tuple[Any, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = period_names(self.plan.study.periods)
        self.value = float(self.plan.objective)  # type: ignore[arg-type]

    @cached_property
    def policy(self) -> pyo.ConcreteModel:
        """The policy model that the plan was solved with."""
        return policy_model(self.priced.ledger) if self.plan._policy is None else self.plan._policy

    def steps(self, periods: int, unlocks: pd.DataFrame) -> pd.DataFrame:
        """The steps; of each a row of what is known of its delay."""
        past, table = self.plan.study.past, self.point.steps
        mine = unlocks[unlocks["what"].ne(ROW)].drop_duplicates(["step", "target"])
        counts = mine["step"].value_counts()
        asking = mine[mine["direct"] & mine["how"].isin(NEEDED)]
        self.waiting = {str(step): list(rows) for step, rows in asking.groupby("step")["target"]}
        for at, step in enumerate(table.to_dict("records")):
            when = self.names.index(step["start"])
            asked = past <= when < past + periods
            row: dict[str, Any] = dict.fromkeys(DELAYS, np.nan) | dict.fromkeys(
                ("status", "by", "new_start", "projects_moved", "projects_out", "projects_in"), ""
            )
            row |= {"held": None, "asked": asked, "unlocks": int(counts.get(step["step"], 0))}
            row["to"] = self.names[when + 1] if when + 1 < len(self.names) else ""
            row["estimate"] = self._estimate(at, step) if asked else np.nan
            self.rows.append(row)
        return table

    def _estimate(self, at: int, step: dict[str, Any]) -> float:
        """What a delay costs at the plan's prices: worth of what is done, less that of the best that is left to do."""
        when, priced = self.names.index(step["start"]), self.priced
        if step["kind"] == PROJECT:
            works = priced.ledger.works
            j = works.names.index(step["project"])
            worth = np.cumsum(priced.column_worth[priced.states[j]][::-1])[::-1]
            later = worth[when + 1 :][works.possible[j, when + 1 :]]
            if self.plan.study.projects.set_index("project")["mandatory"][step["project"]]:
                return float(worth[when] - later.max()) if len(later) else np.nan
            return _rounded(float(worth[when] - later.max(initial=0.0)))
        options, states, mine = priced.ledger.options, priced.ledger.states, self.point.options[at]
        parcels, place = np.unique(options.parcel[mine], return_inverse=True)
        ranges = [np.arange(options.start[parcel], options.start[parcel + 1]) for parcel in parcels]
        every = np.concatenate(ranges)
        kind = options.kind[every]
        zone = self._zone(step["zone"])
        closed = (states.zone_new[kind] == zone) & (options.kind_start[kind] >= 0) & (options.kind_start[kind] <= when)
        best = np.full(len(parcels), -np.inf)
        of = np.repeat(np.arange(len(parcels)), [len(each) for each in ranges])
        np.maximum.at(best, of[~closed], priced.option_worth[every[~closed]])
        lost = priced.option_worth[mine] - best[place]
        total = float(priced.weight[mine] @ lost)
        return _rounded(total) if np.isfinite(total) else np.nan

    def _zone(self, zone: str) -> int:
        return int(pd.Index(self.plan.study.zones["zone"]).get_indexer([zone])[0])

    # ---------------------------------------------------------------- all else held

    def hold(self) -> None:
        """Each step a period later, all other land and projects as they are, money found anew."""
        until = time.perf_counter() + HELD_SECONDS
        asked = [at for at, row in enumerate(self.rows) if row["asked"]]
        if not asked:
            return
        if self.plan.settings.get("own_rows") or self.plan.study.settings.objective.method == "lexicographic":
            # a scene knows the study's own rules and one objective
            self.notes.append(say("with rules of one's own, or the lexicographic method, no step is held later"))
            return
        scene = Scene(self.plan.study, threads=self.threads or 1)
        for at in sorted(asked, key=lambda at: -_first(self.rows[at]["estimate"])):
            if time.perf_counter() > until:
                self.notes.append(say("not every step was held later: the time for that was over"))
                return
            later, row = self._later(at, alone=True), self.rows[at]
            placed = scene.place(later.parcels, later.projects)
            row["held"] = placed.value is not None if placed.found_out else None
            if placed.value is not None:
                row["held_cost"] = self.value - placed.value
                if self.plan.bound is not None:
                    row |= {"most": max(0.0, self.plan.bound - placed.value), "by": HELD}
            code = self.point.steps["step"].iloc[at]
            for miss in placed.misses.itertuples(index=False):
                name = miss.condition if not miss.what else f"{miss.condition} {miss.what}"
                place = (miss.limit, miss.jurisdiction, miss.period)
                self.breaks.append((code, HELD, name, *place, float(miss.by), miss.unit))

    def _later(self, at: int, *, alone: bool) -> api.Plan:
        """The plan with a step a period later, or, where it cannot be then, not at all.

        Parameters
        ----------
        alone : whether all else stays as it is, or projects that wait for it go with it.
        """
        step = self.point.steps.iloc[at]
        when = self.names.index(step["start"])
        if step["kind"] == PROJECT:
            starts = begun(self.plan)
            self._move(starts, str(step["project"]), when + 1, alone=alone)
            order = self.plan.projects["project"]
            return replace(self.plan, projects=self.plan.projects.assign(start=[starts[name] for name in order]))
        ledger, parcels = self.priced.ledger, self.plan.parcels
        of = parcels["parcel_id"].map(self.plan.study.parcels.set_index("parcel_id")["jurisdiction"]).fillna("")
        mine = (parcels["start"].fillna("").eq(step["start"]) & parcels["zone"].eq(step["zone"])
                & of.eq(step["jurisdiction"])).to_numpy()  # fmt: skip
        moved = parcels.loc[mine, ["parcel_id", "practice", "start", "share"]]
        moved = moved.assign(start=self.names[when + 1] if when + 1 < len(self.names) else "?")
        open_ = options_of(ledger, moved) >= 0
        moved = moved.assign(start=moved["start"].where(open_, ""), practice=moved["practice"].where(open_, HOLD))
        table = parcels.assign(start=parcels["start"].fillna(""))
        table.loc[mine, ["practice", "start"]] = moved[["practice", "start"]].to_numpy()
        keys = ["parcel_id", "practice", "start"]
        total = table.groupby(keys, sort=False)["share"].transform("sum")
        return replace(self.plan, parcels=table.assign(share=total).drop_duplicates(keys).reset_index(drop=True))

    def _move(self, starts: dict[str, str], project: str, earliest: int, *, alone: bool) -> None:
        """Let a project start at the first possible period from one on, and what waits for it after that."""
        works, study = self.priced.ledger.works, self.plan.study
        possible = np.flatnonzero(works.possible[works.names.index(project)])
        possible = possible[possible >= earliest]
        starts[project] = self.names[int(possible[0])] if len(possible) else ""
        if alone:
            return
        table = study.projects.set_index("project")
        new, begin = starts[project], self.priced.ledger.clock.begin
        for other in table.index:
            if not starts[other] or other == project:
                continue
            together = table["bundle"][project] and table["bundle"][other] == table["bundle"][project]
            if project in items(table["requires"][other]):
                if not new:
                    self._move(starts, other, len(self.names), alone=False)
                    continue
                lag = begin[self.names.index(new)] + float(table["requires_lag"][other])
                ready = int(np.searchsorted(begin, lag))
                if self.names.index(starts[other]) < ready:
                    self._move(starts, other, ready, alone=False)
            elif together and starts[other] != new:
                if not new:
                    self._move(starts, other, len(self.names), alone=False)
                elif self.names.index(starts[other]) < self.names.index(new):
                    self._move(starts, other, self.names.index(new), alone=False)

    # ---------------------------------------------------------------- all else anew

    def solve(self, count: int) -> bool:
        """Solve again the steps whose delay is likely to cost most; whether that was done to its end."""
        asked = [at for at, row in enumerate(self.rows) if row["asked"]]

        codes = self.point.steps["step"].tolist()
        estimates = {code: row["estimate"] for code, row in zip(codes, self.rows, strict=True)}

        def likely(at: int) -> tuple[float, float]:
            row = self.rows[at]
            most = np.inf if np.isnan(row["most"]) else row["most"]
            waiting = [estimates.get(target, 0.0) for target in self.waiting.get(codes[at], ())]
            return min(_first(row["estimate"]) + float(np.nansum(waiting)), most), most

        return all(self._solve(at) for at in sorted(asked, key=likely, reverse=True)[:count])

    def _solve(self, at: int) -> bool:
        """Solve again with one step later; False: somebody stopped it."""
        step, row = self.point.steps.iloc[at], self.rows[at]
        policy, began = self.policy, time.perf_counter()
        rule = self._rule(step)
        if rule is None:
            row["status"] = "not_asked"
            self.notes.append(
                say("land in no jurisdiction beside land in one is not solved again: {step}", step=step["step"])
            )
            return True
        many = len(self.priced.block.group) >= MANY and self.plan.study.settings.objective.method != "lexicographic"
        method = "prices" if many or self.plan.method == "prices" else "mip"
        policy.add_component(LATER, pyo.Constraint(expr=rule))
        try:
            other = api.solve(
                self.plan.study, gap=self.gap, time_limit=self.time_limit, threads=self.threads, seed=self.plan.seed,
                method=method, policy=policy, start=self._later(at, alone=False), shadow=False,  # type: ignore[arg-type]
                on_progress=self.on_progress,
            )  # fmt: skip
            if other.status == CANNOT:
                self._stands_against(str(step["step"]))
        finally:
            policy.del_component(LATER)
        if other.status == "interrupted":
            return False
        row |= {"status": other.status, "seconds": time.perf_counter() - began, "by": "resolved"}
        if other.status == CANNOT:
            row |= {"least": np.inf, "most": np.inf}
        if other.has_plan:
            self._told(row, step, other)
        elif other.status != CANNOT:
            row["by"] = HELD if not np.isnan(row["most"]) else ""
        return True

    def _told(self, row: dict[str, Any], step: Any, other: api.Plan) -> None:
        """What the plan with a step later has less, and what it does otherwise."""
        mine, value = self.plan, float(other.objective)  # type: ignore[arg-type]
        row["cost"] = self.value - value
        best = max(self.value, value)  # nothing that is later is better than the best of all
        row["least"] = 0.0 if other.bound is None else max(0.0, best - other.bound)
        most = np.nan if mine.bound is None else max(0.0, mine.bound - value)
        row["most"] = most if np.isnan(row["most"]) else min(most, row["most"])
        row |= {"cash": other.cash - mine.cash, "ecosystem": other.ecosystem - mine.ecosystem}  # type: ignore[operator]
        before, after = begun(mine), begun(other)
        moved = [name for name in before if before[name] and after[name] and before[name] != after[name]]
        row |= {
            "new_start": after[step["project"]] if step["kind"] == PROJECT else "",
            "projects_moved": ";".join(moved),
            "projects_out": ";".join(name for name in before if before[name] and not after[name]),
            "projects_in": ";".join(name for name in before if after[name] and not before[name]),
        }

    def _rule(self, step: Any) -> Any:
        """By the end of its period the step has not come: no start, and no more land than before the period."""
        policy, when = self.policy, self.names.index(step["start"])
        if step["kind"] == PROJECT:
            return policy.U[step["project"], step["start"]] <= 0
        study = self.plan.study
        blank = (study.parcels["jurisdiction"].fillna("") == "").all()
        place = step["jurisdiction"] or (TOTAL if blank else "")
        if not place:
            return None
        practices = study.practices.loc[study.practices["zone"] == step["zone"], "practice"]
        begun_by = sum(
            policy.ledger[f"area.new.practice.{name}", place, period]
            for name in practices
            for period in self.names[: when + 1]
        )
        table = self.point.steps
        same = table[(table["jurisdiction"] == step["jurisdiction"]) & (table["zone"] == step["zone"])]
        earlier = same[same["start"].map(self.names.index) < when]["area_ha"].sum()
        return begun_by <= float(earlier) + SLIGHT

    def _stands_against(self, code: str) -> None:
        """What would have to give for a step to come later: the least, land and starts divisible."""
        policy = self.policy
        ledger = self.priced.ledger
        block = with_bounds_as_rows(land_block(ledger, shared(compile_policy(policy))), ledger)
        program, names = join(block), [*block.rows, *block.extra_rows]
        kept = np.ones(program.n_rows, dtype=bool)
        kept[block.groups :] = [name.partition("[")[0] in NATURE or name == LATER for name in names]
        x = least_violation(program, ELASTIC_SECONDS, kept=kept)
        if x is None:
            return
        activity = program.row_activity(x)
        short = np.maximum(program.row_lower - activity, activity - program.row_upper)
        told = {each.row: each for each in policy.told if each.row}
        for k in np.flatnonzero(program.row_violations(x) > HOLDS):
            name = names[int(k) - block.groups] if k >= block.groups else ""
            row = told.get(name)
            place = (row.limit, row.place, row.period) if row is not None else ("", "", "")
            self.breaks.append((code, ANY, name, *place, float(short[k]), "" if row is None else row.unit))


def _rounded(estimate: float) -> float:
    """An estimate: at least nothing, and nothing where it is rounding."""
    return estimate if estimate > SLIGHT else 0.0


def _first(estimate: float) -> float:
    """What is not known comes first."""
    return np.inf if np.isnan(estimate) else estimate


__all__ = ["UnpricedError", "milestones"]
