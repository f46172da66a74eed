"""`sensitivity`: a study solved again with coefficients changed, beside the plan held as it is.

Every re-solve begins with the plan; what it found, what it proved and how it ended stand in the tables as they are.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from zonevest import api
from zonevest.coefficients import Coefficient, coefficients, varied
from zonevest.holding import held
from zonevest.instances.say import listed, say
from zonevest.instances.study import Study, StudyError
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData
from zonevest.model.policy import policy_model
from zonevest.placing import OPTION, START, Scene
from zonevest.reports.cash_flow import cash_flow
from zonevest.reports.sensitivity import ENDS, PAIRS, RANGES, SOLVED, Sensitivity
from zonevest.solvers.answer import Progress
from zonevest.solvers.join import join

if TYPE_CHECKING:
    from zonevest.solvers.program import Program

__all__ = ["NoPlanError", "sensitivity"]

LAST_DIGITS = 1e-12
SENTENCES = {"message", "breaks"}
NAMED = 5
"""Rows that a held plan breaks are named up to so many."""
FINE, STEPS = 0.01, 16
"""To which part of the way between the ends a range is found, and in how many steps at most."""
MANY = 10_000
"""From so many options on `auto` solves again by prices: lakeside's 28,000 in a quarter of the time of one program."""
ROUNDING = 1e-7
"""By how much values may differ that are the same, as a part."""


def sensitivity(
    study: Study | api.Plan,
    vary: Sequence[str] = (),
    *,
    pairs: bool = False,
    ranges: bool = False,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: api.Method = "auto",
    on_progress: Callable[[Progress], object] | None = None,
) -> Sensitivity:
    """Solve a study again with one coefficient after the other at its low and its high end.

    Parameters
    ----------
    study : a study, which is solved first; or a plan, whose study is varied and which is not solved again.
    vary : coefficients, each ``NAME``, ``NAME=LOW,HIGH`` or ``PATH=LOW,HIGH`` (see
        `zonevest.coefficients.coefficients`); none: the ready-made ones.
    pairs : whether each two coefficients are changed together too, to the four corners of their ends.
    ranges : whether it is found out, between the ends, how far the plan's land use stays the best.
    gap, time_limit, threads, seed, method : of each solve, as in `zonevest.solve`; but ``auto`` solves again by prices
        from 10,000 options on.
    on_progress : is told how each solve stands.

    Raises
    ------
    StudyError
        With all that is wrong with `vary`; a study that a changed amount makes faulty is a row of the result.
    NoPlanError
        If the study as it is has no plan, or none was found in the time.
    ValueError
        If ranges are asked for and the method is lexicographic, which has no one objective.
    """
    given = study.study if isinstance(study, api.Plan) else study
    if ranges and given.settings.objective.method == "lexicographic":
        raise ValueError(say("a range needs one objective, and the lexicographic method has several in turn"))
    run = _Run(coefficients(given, vary), gap, time_limit, threads, seed, method, on_progress)
    run.base = study if isinstance(study, api.Plan) else run.solve(given)
    if not run.base.has_plan:
        raise NoPlanError(run.base)
    solved, corners, found = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    try:
        for one in run.asked if not run.stopped else []:
            for end in ENDS:
                solved.append({**run.row(((one, getattr(one, end)),)), "end": end})
            if ranges:
                for what in ("zoning_projects", "zoning"):
                    found.append(run.range(one, what))
            run.cases.clear()
        if pairs and not run.stopped:
            for corner in run.corners(solved):
                corners.append(corner)
                run.cases.clear()
    except (_StoppedError, KeyboardInterrupt):
        run.stopped = True
    return Sensitivity(
        given,
        run.base,
        tuple(run.asked),
        _table(solved, columns=SOLVED),
        _table(corners, columns=PAIRS),
        _table(found, columns=RANGES),
        complete=not run.stopped,
        gap=gap,
    )


def _table(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Rows as a table, whose sentences stay sentences, to be told in another language."""
    table = pd.DataFrame(rows, columns=columns)
    said = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in SENTENCES & {*columns}}
    return table.assign(**said)


class NoPlanError(Exception):
    """There is no plan to be varied; `plan` says why."""

    def __init__(self, plan: api.Plan) -> None:
        super().__init__(plan.message or plan.status)
        self.plan = plan


class _StoppedError(Exception):
    """Somebody asked to stop: what was found so far is told."""


@dataclass
class _Run:
    """What is asked, and what is known so far."""

    asked: list[Coefficient]
    gap: float
    time_limit: float
    threads: int
    seed: int
    method: api.Method
    on_progress: Callable[[Progress], object] | None
    base: api.Plan = None  # type: ignore[assignment]
    stopped: bool = False

    def __post_init__(self) -> None:
        self.began, self.cases = time.perf_counter(), dict[Any, _Case]()

    def solve(
        self, study: Study, start: api.Plan | None = None, policy: Any = None, method: api.Method | None = None
    ) -> api.Plan:
        """Solve a study, from a plan where there is one."""
        plan = api.solve(
            study, gap=self.gap, time_limit=self.time_limit, threads=self.threads, seed=self.seed,
            method=method or self.method, policy=policy, start=start, shadow=False, on_progress=self.on_progress,
        )  # fmt: skip
        if plan.status == "interrupted":
            self.stopped = True
            if start is not None:
                raise _StoppedError
        return plan

    def case(self, amounts: tuple[tuple[Coefficient, float], ...]) -> _Case:
        """A study with amounts changed; made once."""
        key = tuple((one.name, amount) for one, amount in amounts)
        if key not in self.cases:
            self.cases[key] = _Case(self, varied(self.base.study, amounts))
        return self.cases[key]

    def row(self, amounts: tuple[tuple[Coefficient, float], ...]) -> dict[str, Any]:
        """A re-solve as a row of the table `solved`."""
        (one, amount), began = amounts[0], time.perf_counter()
        row: dict[str, Any] = {"coefficient": one.name, "op": one.op, "amount": amount}
        try:
            case = self.case(amounts)
            plan = case.plan
        except StudyError as error:
            fault = error.faults.iloc[0]
            return row | {"status": "faulty", "message": say("{where}: {must}", where=fault["where"],
                          must=fault["must"]), "seconds": time.perf_counter() - began}  # fmt: skip
        here = case.held(self.base, projects=True)
        row |= {
            "status": plan.status,
            "message": plan.message,
            **{name: getattr(plan, name) for name in ("objective", "bound", "gap", "cash", "ecosystem")},
            "change": _less(plan.objective, self.base.objective),
            "holds": here is not None,
            "held": here if case.one_objective else None,
            "adapting": _less(plan.objective, here) if case.one_objective else None,
            "breaks": listed(case.broken(self.base), "; ") if here is None else "",
            "audit": None if plan.audit is None else plan.audit.ok,
            "seconds": time.perf_counter() - began,
        }
        return row | _differences(self.base, plan) if plan.has_plan else row

    def corners(self, solved: list[dict[str, Any]]) -> Any:
        """Rows of the table `pairs`: what two coefficients do together, beyond what each does alone."""
        alone = {(row["coefficient"], row["end"]): row.get("change") for row in solved}
        for one, other in itertools.combinations(self.asked, 2):
            for end, end_of_other in itertools.product(ENDS, ENDS):
                pair = ((one, getattr(one, end)), (other, getattr(other, end_of_other)))
                row = self.row(pair)
                apart = [alone[one.name, end], alone[other.name, end_of_other]]
                change = row.get("change")
                known = [float(each) for each in (change, *apart) if each is not None]
                yield {
                    **row, "first": one.name, "first_end": end, "first_amount": pair[0][1],
                    "second": other.name, "second_end": end_of_other, "second_amount": pair[1][1],
                    "interaction": known[0] - known[1] - known[2] if len(known) == 3 else None,
                }  # fmt: skip

    def range(self, one: Coefficient, what: str) -> dict[str, Any]:
        """A row of the table `ranges`: how far what the plan holds stays the best, between the ends."""
        row: dict[str, Any] = {"coefficient": one.name, "op": one.op, "base": one.base, "what": what}
        row["tolerance"], solves = 2 * self.gap, len(self.cases)
        inside = not math.isnan(one.base) and one.low <= one.base <= one.high
        fine, ties = FINE * (one.high - one.low), []
        for end, limit in zip(ENDS, (one.low, one.high), strict=True):
            if not inside:
                row |= {end: None, f"{end}_end": "unknown", f"{end}_outside": None}
                continue
            search = _Search(self, one, what)
            best, told, outside = search.towards(limit)
            row |= {end: best, f"{end}_end": told, f"{end}_outside": outside}
            ties.append(told == "break" and abs(best - one.base) <= fine and search.tied())
        return row | {"tie": any(ties), "solves": len(self.cases) - solves}


class _Case:
    """A study with amounts changed: its program, its plan, and other plans in it."""

    def __init__(self, run: _Run, study: Study) -> None:
        self.run, self.study = run, study
        self.ledger = Ledger(build_options(study))
        self.policy = policy_model(self.ledger)
        self.one_objective = study.settings.objective.method != "lexicographic"
        self._held: dict[tuple[int, bool], float | None] = {}

    @cached_property
    def block(self) -> Any:
        return land_block(self.ledger, shared(compile_policy(self.policy)))

    @cached_property
    def program(self) -> Program:
        return join(self.block)

    @cached_property
    def plan(self) -> api.Plan:
        """The study solved, from the plan that is varied."""
        before = self.block  # the policy model is turned to later terms when it is solved
        assert before is not None
        many = self.run.method == "auto" and self.one_objective and len(before.group) >= MANY
        return self.run.solve(self.study, self.run.base, self.policy, "prices" if many else None)

    def held(self, plan: PlanData, *, projects: bool) -> float | None:
        """What a plan's land, and its projects where they are held too, are worth here; None: they do not hold."""
        key = id(plan), projects
        if key not in self._held:
            seconds = self.run.time_limit if not projects else 60.0
            gap = 1e-7 if projects else self.run.gap / 10
            x = held(self.ledger, self.block, self.program, plan, projects=projects, seconds=seconds, gap=gap)
            self._held[key] = None if x is None else self.program.value_at(x)
        return self._held[key]

    def broken(self, plan: PlanData) -> list[str]:
        """What cannot hold with a plan's land and projects, the fewest in all; never rows that say how things are."""
        misses = Scene(self.study, threads=self.run.threads or 1).place(plan.parcels, plan.projects).misses
        names = list(dict.fromkeys(_named(one) for one in misses.itertuples(index=False)))
        names = names or [say("which rows break was not found out")]
        return [*names[:NAMED], *(["…"] if len(names) > NAMED else [])]


def _named(miss: Any) -> str:
    """A condition that is missed, in a few words."""
    if miss.family == OPTION:
        what: str = miss.what
        return what
    if miss.family == START:
        project = miss.condition.removeprefix(f"{START}[").removesuffix(f",{miss.period}]")
        return say("{project} cannot start in {period}", project=project, period=miss.period)
    if not miss.limit:
        return str(miss.condition)
    return say("{limit} [{place}, {period}]", limit=miss.limit, place=miss.jurisdiction, period=miss.period)


class _Search:
    """How far the plan stays the best, from where it is towards an end."""

    def __init__(self, run: _Run, one: Coefficient, what: str) -> None:
        self.run, self.one, self.projects = run, one, what == "zoning_projects"
        self.rivals: list[PlanData] = []

    def towards(self, limit: float) -> tuple[float, Literal["end", "break", "unknown"], float | None]:
        """The last amount at which it is the best, what is beyond, and the first amount at which it is not."""
        inside, fine = self.one.base, FINE * (self.one.high - self.one.low)
        if limit == inside:
            return inside, "end", None
        verdict = self.best(limit)
        if verdict is not False:
            return (limit, "end", None) if verdict else (inside, "unknown", None)
        outside = limit
        for step in range(STEPS):
            if abs(outside - inside) <= fine:
                break
            amount = self._next(inside, outside, fine, step)
            verdict = self.best(amount)
            if verdict is None:
                return inside, "unknown", outside
            inside, outside = (amount, outside) if verdict else (inside, amount)
        return inside, "break", outside

    def best(self, amount: float) -> bool | None:
        """Whether nothing is better there by more than the tolerance; None: neither is shown."""
        try:
            case = self.run.case(((self.one, amount),))
        except StudyError:
            return None
        mine = case.held(self.run.base, projects=self.projects)
        if self._beaten(case, mine):
            return False
        plan = case.plan
        if plan.objective is None:  # no plan at all is not the plan either
            return False if plan.status == "infeasible" else None
        if self._more(plan.objective, mine, self.run.gap):
            self.rivals.append(plan)
            return False
        assert mine is not None
        proven = plan.bound is not None and not self._more(plan.bound, mine, 2 * self.run.gap)
        return True if proven else None

    def tied(self) -> bool:
        """Whether a plan that is better elsewhere is as good where nothing is changed; a bound that binds is no tie."""
        case = self.run.case(((self.one, self.one.base),))
        mine = case.held(self.run.base, projects=self.projects)
        values = [case.held(rival, projects=True) for rival in self.rivals]
        return mine is not None and any(
            value is not None and not self._more(mine, value, self.run.gap) for value in values
        )

    def _beaten(self, case: _Case, mine: float | None) -> bool:
        """Whether a plan that was better elsewhere is better here too."""
        values = [case.held(rival, projects=True) for rival in self.rivals]
        return any(value is not None and self._more(value, mine, self.run.gap) for value in values)

    @staticmethod
    def _more(value: float, mine: float | None, gap: float) -> bool:
        return mine is None or value - mine > gap * abs(mine) + ROUNDING * max(1.0, abs(mine))

    def _next(self, inside: float, outside: float, fine: float, step: int) -> float:
        """Where to look next: beside the amount at which the last rival draws level, else half way."""
        middle = (inside + outside) / 2
        if not self.rivals:
            return middle
        ahead = []
        for amount in (inside, outside):
            case = self.run.case(((self.one, amount),))
            value, mine = case.held(self.rivals[-1], projects=True), case.held(self.run.base, projects=self.projects)
            if value is None or mine is None:
                return middle
            ahead.append(value - mine - self.run.gap * abs(mine))
        if not ahead[0] < 0.0 < ahead[1]:
            return middle
        level = inside + (outside - inside) * -ahead[0] / (ahead[1] - ahead[0])
        side = math.copysign(fine / 2, outside - inside) * (-1 if step % 2 == 0 else 1)
        low, high = sorted((inside, outside))
        aim = level + side
        return aim if low + fine / 4 < aim < high - fine / 4 else middle


def _less(value: float | None, other: float | None) -> float | None:
    if value is None or other is None:
        return None
    # what is left of equal values in the last digits is no change
    return 0.0 if math.isclose(value, other, rel_tol=LAST_DIGITS) else value - other


def _differences(before: PlanData, after: PlanData) -> dict[str, Any]:
    """What is otherwise in another plan of the same land: hectares, projects, the lights of debt."""
    area = before.study.parcels.set_index("parcel_id")["area_ha"]

    def hectares(columns: list[str]) -> float:
        shares = [plan.parcels.groupby(columns, sort=False)["share"].sum() for plan in (before, after)]
        more = shares[1].sub(shares[0], fill_value=0.0)
        more = more[more.abs() > ROUNDING]
        return float((more.abs() * area.reindex(more.index.get_level_values(0)).to_numpy()).sum()) / 2

    starts = [plan.projects.set_index("project")["start"].fillna("") for plan in (before, after)]
    built = [start != "" for start in starts]

    def named(which: pd.Series) -> str:
        return "; ".join(which.index[which])

    return {
        "zone_ha": hectares(["parcel_id", "zone"]),
        "differs_ha": hectares(["parcel_id", "zone", "practice", "start"]),
        "projects_in": named(built[1] & ~built[0]),
        "projects_out": named(built[0] & ~built[1]),
        "projects_moved": named(built[0] & built[1] & (starts[0] != starts[1])),
        "lights": _lights(after),
        "lights_before": _lights(before),
    }


def _lights(plan: PlanData) -> str:
    """The grade of debt in each period."""
    if plan.study.settings.finance is None:
        return ""
    table = cash_flow(plan)
    rows = table[(table["item"] == "debt_ratio") & (table["period"] != "start")]
    return "; ".join(f"{period} {grade}" for period, grade in zip(rows["period"], rows["grade"], strict=True))
