"""`explain(..., resolve=True)`: the study solved again with a project forced in, out, or to another start.

What prices say holds for a small change; here all other projects, land and money may answer. Every number comes from
a plan that was found, and from the bound that no plan exceeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest import api
from zonevest.instances.say import say
from zonevest.instances.study import items, period_names
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.pricing import UnpricedError
from zonevest.reports.explain_resolved import BREAK_EVEN, CASES, CHANGED, IN, MOVED, OTHER, OUT, WHO_PAYS
from zonevest.reports.facts import Facts
from zonevest.reports.gains import by_actor
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData
    from zonevest.reports.explain import Explanation
    from zonevest.solvers.answer import Progress

TRIES: Final = 8
"""So many times a study is solved again for one break-even, at most."""
NARROW: Final = 1e-3
"""A break-even is found where it is known to this part of itself."""
AS_IS: Final = "resolve_not_as_planned"


@dataclass
class Resolver:
    """Solves a plan's study again with one project forced.

    Attributes
    ----------
    plan, project : of which.
    policy : the policy model with one's own rules that the plan was solved with, if it has any.
    gap, time_limit, threads : of each solve.
    """

    plan: PlanData
    project: str
    policy: pyo.ConcreteModel | None
    gap: float
    time_limit: float
    threads: int
    on_progress: Callable[[Progress], object] | None = None
    starts: dict[str, PlanData] = field(default_factory=dict)

    def solve(self, case: str, likely: str = "", study: Study | None = None) -> api.Plan:
        """The best plan of a case.

        Parameters
        ----------
        likely : the start from which the search for a project that is not planned begins.
        study : with another number of the project; default the plan's own.
        """
        if study is not None or self.policy is None:
            policy = policy_model(Ledger(build_options(self.plan.study if study is None else study)))
        else:
            policy = self.policy
        names, own = period_names(self.plan.study.periods), begun(self.plan)[self.project]
        states = [policy.U[self.project, name] for name in names]
        before = [(state, state.lb, state.ub) for state in states]
        method = self.plan.method if self.plan.method in ("mip", "prices") else "auto"
        try:
            if case == OUT:
                for state in states:
                    state.setub(0)
            else:
                states[-1].setlb(1)
            if case == OTHER:
                at = names.index(own)
                earlier = states[at - 1] if at else 0
                policy.add_component(AS_IS, pyo.Constraint(expr=states[at] - earlier <= 0))
            return api.solve(
                policy.source.study,
                gap=self.gap,
                time_limit=self.time_limit,
                threads=self.threads,
                seed=self.plan.seed,
                method=method,  # type: ignore[arg-type]
                policy=policy,
                start=self.starts.get(case) or self._first(case, likely),
                on_progress=self.on_progress,
            )
        finally:
            for state, low, high in before:
                state.setlb(low)
                state.setub(high)
            policy.del_component(AS_IS)

    def _first(self, case: str, likely: str) -> PlanData:
        """The plan with the project out, and what asks for it; or in, and what it asks for."""
        study, when = self.plan.study, begun(self.plan)
        projects = study.projects.set_index("project")
        if case == OUT:
            waiting = [self.project]
            while waiting:
                gone = waiting.pop()
                when[gone] = ""
                bundle = projects["bundle"][gone]
                asking = [name for name in when if gone in items(projects["requires"][name])]
                asking += [name for name in when if bundle and projects["bundle"][name] == bundle]
                waiting += [name for name in asking if when[name]]
        elif likely:
            of_set = projects["exclusive_set"][self.project]
            for name in when:
                if of_set and projects["exclusive_set"][name] == of_set:
                    when[name] = ""
                if name in items(projects["requires"][self.project]) and not when[name]:
                    when[name] = likely
            bundle = projects["bundle"][self.project]
            for name in when:
                if name == self.project or (bundle and projects["bundle"][name] == bundle):
                    when[name] = likely
        return replace(self.plan, projects=self.plan.projects.assign(start=[when[name] for name in projects.index]))


def begun(plan: PlanData) -> dict[str, str]:
    """Project -> the period in which it starts, blank: it is not built."""
    found = dict(zip(plan.projects["project"], plan.projects["start"].fillna(""), strict=True))
    return {name: str(found.get(name, "")) for name in plan.study.projects["project"]}


def resolved(
    found: Explanation,
    plan: PlanData,
    slopes: dict[str, float],
    policy: pyo.ConcreteModel | None = None,
    *,
    break_even: Sequence[str] = (),
    gap: float | None = None,
    time_limit: float = 300.0,
    threads: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> Explanation:
    """An explanation of a project with what solving again says.

    Parameters
    ----------
    slopes : of each of `break_even`: what the project's worth gains by a unit of it, by prices: the first guess.
    policy : the policy model that the plan was solved with, where it has rules of one's own.
    break_even : of capex and annual_revenue: the number at which the project is just in, or just out, is looked for.
    gap : of each solve; default the plan's own.
    time_limit : seconds of each solve.

    Returns
    -------
    Explanation
        With ``resolved``: of each case (``out``, ``in``, ``other_start``) ``status, start, objective, bound``, what
        the plan has more (``loss``: of the plan that was found, ``least_loss``: of any), ``cash`` and ``ecosystem``
        (of the case less those of the plan), ``area_ha`` that does something else. ``changed``: projects that change
        by case. ``who_pays``: what each actor receives, pays and gains more than in the plan, by case.
        ``break_even``: ``column, now, number, low, high, status, solves``.
    """
    if break_even and plan.settings.get("own_rows"):
        why = say("rules of one's own cannot follow other numbers of a project")
        raise UnpricedError(why, say("put the number into the study, and solve it with its rules again"))
    own = begun(plan)[found.name]
    given = float(plan.settings.get("gap", 1e-3)) if gap is None else gap
    by = Resolver(plan, found.name, policy, given, time_limit, threads, on_progress)
    mandated = bool(plan.study.projects.set_index("project")["mandatory"][found.name])
    tables: dict[str, list[pd.DataFrame]] = {"resolved": [], "changed": [], "moved": [], "who_pays": []}
    plans: dict[str, api.Plan] = {}
    cases = ([] if mandated else [OUT]) + [OTHER] if own else [IN]
    for case in cases:
        plans[case] = other = by.solve(case, found.figures["told"] or "")
        tables["resolved"].append(_case(plan, other, found.name, case))
        if other.has_plan:
            tables["changed"].append(_changed(plan, other, case))
            tables["moved"].append(_moved(plan, other, case))
            tables["who_pays"].append(_who_pays(plan, other, case))
    shown = {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        for (name, parts), columns in zip(tables.items(), (CASES, CHANGED, MOVED, WHO_PAYS), strict=True)
    }
    if break_even:
        rows = [_Search(by, plan, plans, slopes[column]).row(column, found.figures[column]) for column in break_even]
        shown["break_even"] = pd.DataFrame(rows, columns=BREAK_EVEN)
    figures = {**found.figures, "gap": given, "mandatory": mandated}
    return replace(found, figures=figures, tables={**found.tables, **shown})


def _case(plan: PlanData, other: PlanData, project: str, case: str) -> pd.DataFrame:
    """One row of `CASES`."""
    none = float("nan")
    row = {"case": case, "status": other.status, "start": "", "objective": none, "bound": none, "loss": none,
           "least_loss": none, "cash": none, "ecosystem": none}  # fmt: skip
    if other.has_plan:
        bound = np.inf if other.bound is None else other.bound
        row |= {
            "start": begun(other)[project],
            "objective": other.objective,
            "bound": bound,
            "loss": plan.objective - other.objective,  # type: ignore[operator]
            "least_loss": plan.objective - bound,  # type: ignore[operator]
            "cash": other.cash - plan.cash,  # type: ignore[operator]
            "ecosystem": other.ecosystem - plan.ecosystem,  # type: ignore[operator]
        }
    return pd.DataFrame([row], columns=CASES)


def _changed(plan: PlanData, other: PlanData, case: str) -> pd.DataFrame:
    """Projects that start at another time, or no longer, or only now."""
    before, after = begun(plan), begun(other)
    rows = [(case, name, before[name], after[name]) for name in before if before[name] != after[name]]
    return pd.DataFrame(rows, columns=CHANGED)


def _moved(plan: PlanData, other: PlanData, case: str) -> pd.DataFrame:
    """Hectares by practice in the plan and in the case, where they differ."""
    area = plan.study.parcels.set_index("parcel_id")["area_ha"]
    sums = [
        (each["share"] * each["parcel_id"].map(area)).groupby(each["practice"]).sum()
        for each in (plan.parcels, other.parcels)
    ]
    table = pd.concat(sums, axis=1, keys=["before", "after"]).fillna(0.0).rename_axis("practice").reset_index()
    table = table[(table["after"] - table["before"]).abs() > 1e-6]
    order = np.argsort(-(table["after"] - table["before"]).abs().to_numpy(), kind="stable")
    return table.iloc[order].assign(case=case)[MOVED]


def _who_pays(plan: PlanData, other: PlanData, case: str) -> pd.DataFrame:
    """What each actor has more in the case than in the plan, all changes at once; who pays has less."""
    before, after = (by_actor(Facts(completed(each))).set_index("actor")[WHO_PAYS[2:]] for each in (plan, other))
    return after.sub(before, fill_value=0.0).reset_index().assign(case=case)[WHO_PAYS]


@dataclass
class _Search:
    """The number of a project at which being in is worth as much as being out."""

    by: Resolver
    plan: PlanData
    plans: dict[str, api.Plan]
    slope: float
    solves: int = 0

    def row(self, column: str, now: float) -> tuple[object, ...]:
        """One row of `BREAK_EVEN`."""
        built = bool(begun(self.plan)[self.by.project])
        out = self.plans.get(OUT) if built else self.plan
        inside: PlanData | None = self.plan if built else self.plans.get(IN)
        if out is None or not out.has_plan:  # without it there is no plan: it is in at any number
            return (column, now, np.nan, np.nan, np.nan, "always_in", 0)
        if inside is None or not inside.has_plan:
            return (column, now, np.nan, np.nan, np.nan, "never_in", 0)
        self.least = float(out.objective)  # type: ignore[arg-type]
        self.unsure = self._unsure(out) + self._unsure(inside)
        self.by.starts[IN] = inside
        known = {now: float(inside.objective) - self.least}  # type: ignore[arg-type]
        slope = self.slope if abs(self.slope) > 1e-12 else (-1.0 if column == "capex" else 1.0)
        status = self._look(column, known, now, slope)
        return self._told(column, now, known, slope, status)

    def _unsure(self, plan: PlanData) -> float:
        """How much better the best plan may be than the one that was found."""
        if plan.bound is None or plan.objective is None:
            return np.inf
        return max(plan.bound - plan.objective, 0.0)

    def _look(self, column: str, known: dict[float, float], now: float, slope: float) -> str:
        """Try numbers until the sign turns and the two are near, or no more can be told at the gap."""
        first = last = now
        tried = now - known[now] / slope
        while self.solves < TRIES:
            tried = max(tried, 0.0)
            if tried in known:
                return "at_zero" if tried == 0.0 and np.sign(known[0.0]) == np.sign(known[first]) else "found"
            self.solves += 1
            known[tried] = self._worth(column, tried)
            if abs(known[tried]) <= max(self.by.gap * abs(self.least), 1e-9):
                return "found"
            low, high = self._bracket(known)
            if low is None or high is None:  # both on one side: go on, further than the two say
                if tried == 0.0:
                    return "at_zero"
                last, tried = tried, self._further(known, first, last, tried, slope)
                continue
            if abs(high - low) <= NARROW * max(abs(low), abs(high)):
                return "found"
            tried = self._secant(known, low, high, slope)
            edge = 0.05 * (high - low)  # never so near an end that the bracket does not shrink
            near, far = sorted((low + edge, high - edge))
            tried = min(max(tried, near), far) if np.isfinite(tried) else (low + high) / 2
        return "stopped"

    def _worth(self, column: str, number: float) -> float:
        """What the best plan with the project has more than that without, where the column has a number."""
        study = self.plan.study
        projects = study.projects.copy()
        projects[column] = projects[column].astype(float)
        projects.loc[projects["project"] == self.by.project, column] = number
        found = self.by.solve(IN, study=replace(study, tables={**study.tables, "projects": projects}))
        if not found.has_plan or found.objective is None:
            return -np.inf
        self.by.starts[IN] = found
        self.unsure = max(self.unsure, self._unsure(found))
        return float(found.objective) - self.least

    @staticmethod
    def _bracket(known: dict[float, float]) -> tuple[float | None, float | None]:
        """The nearest numbers on either side: where it is worth more than nothing, and less."""
        worth = sorted(known)
        for one, two in pairwise(worth):
            if np.sign(known[one]) != np.sign(known[two]):
                return (one, two) if known[one] > 0 else (two, one)
        return None, None

    def _further(self, known: dict[float, float], first: float, last: float, tried: float, slope: float) -> float:
        """Where to look next while all tries are on one side.

        Where the project starts elsewhere, or others answer, a unit is worth less than it was at first: the line
        through the last two tries says that sooner than the one from the first.
        """
        steps = np.array([self._secant(known, one, tried, slope) - tried for one in (first, last)])
        ahead = steps[np.isfinite(steps) & (np.sign(steps) == np.sign(tried - first))]
        if not len(ahead):
            return first + 2.0 * (tried - first)
        far = float(np.abs(ahead).max())
        return tried + float(np.sign(tried - first)) * min(1.5 * far, 2.0 * abs(tried - first))

    @staticmethod
    def _secant(known: dict[float, float], one: float, two: float, slope: float) -> float:
        rise = (known[two] - known[one]) / (two - one) if two != one else slope
        return two - known[two] / rise if np.isfinite(rise) and rise != 0.0 else np.nan

    def _told(
        self, column: str, now: float, known: dict[float, float], slope: float, status: str
    ) -> tuple[object, ...]:
        """The number, and between which two it lies, what the gap leaves open counted."""
        if status == "at_zero":
            return (column, now, np.nan, np.nan, np.nan, status, self.solves)
        low, high = self._bracket(known)
        near = min(known, key=lambda number: abs(known[number]))
        if low is None or high is None:
            others = sorted((number for number in known if number != near), key=lambda number: abs(number - near))
            rise = (known[others[0]] - known[near]) / (others[0] - near) if others else slope
            rise = rise if np.isfinite(rise) and rise else slope
            number = near - known[near] / rise
        else:
            rise = (known[low] - known[high]) / (low - high)
            rise = rise if np.isfinite(rise) and rise else slope
            number = self._secant(known, high, low, slope)
            number = number if np.isfinite(number) else low
        if status != "found" and (low is None or high is None):
            return (column, now, np.nan, np.nan, np.nan, status, self.solves)
        # what the gaps leave open, and how far the nearest try is off
        open_ = self.unsure / abs(rise)
        ends = [near - open_ - abs(known[near] / rise), near + open_ + abs(known[near] / rise)]
        if low is not None and high is not None:
            ends = [max(ends[0], min(low, high) - open_), min(ends[1], max(low, high) + open_)]
        return (column, now, number, max(ends[0], 0.0), ends[1], status, self.solves)
