"""`diagnose`: the conditions of a study, the solver's search among them, and the report, put together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest.instances.say import listed, say
from zonevest.instances.study import StudyError, period_names
from zonevest.mending import has_plan, mended, with_one_value
from zonevest.model.appraisal import rate_met
from zonevest.model.bars import HURDLE, SITE_LINE
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.conditions import LINE, Condition, conditions_of, needs, with_bounds_as_rows, with_lines_as_rows
from zonevest.model.land import land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import LIFTED, build_options
from zonevest.model.plan import limits_table
from zonevest.model.policy import doing_nothing, policy_model
from zonevest.reports.diagnosis import CONFLICTS, PARCELS, REPAIRS, Diagnosis
from zonevest.reports.diagnosis_cells import Use, cell, parcel_cells
from zonevest.solvers.answer import Progress
from zonevest.solvers.by_one_program import ByOneProgram
from zonevest.solvers.conflicts import Asked, Conditions, Conflict, Repair, Search

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.compiled import Policy
    from zonevest.model.land import Block

__all__ = ["diagnose"]

SHARE = 1e-6
"""Less of a parcel is the solver's tolerance."""

MANY, MANY_WHOLE = 20_000, 100_000
"""Options, excluded ones among them, from which on prices are asked, where land may be divided and where it may not."""


def diagnose(
    study: Study,
    *,
    prices: Mapping[str, float] | None = None,
    repairs: int = 12,
    time_limit: float = 600.0,
    threads: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> Diagnosis:
    """Find which conditions of a study cannot hold together, and the least that would have to give.

    Conditions are limits, quotas, rows of [finance] and [equity], what projects ask for, the windows, lines and tests
    of worth that keep projects out, and the lines, overlays and locks that keep land from being used. Rows that are
    soft anyway are none. Repairs that are cells of the study are verified in the study with these cells changed.

    Parameters
    ----------
    prices : what a unit of give costs (a hectare, a million, a project), by the name of a condition
        (``limit[farm,total,2031-2035]``), of a limit (``farm``), of a line (``redline``) or of a family
        (``mandatory``, ``quota``, ``line``); inf: it does not give. Left out, a hundredth of a bound costs 1, of the
        land that a line holds 10; and what is asked or not asked, as that a project is mandated, 100.
    repairs : how many at most.
    time_limit : seconds in all for the solver.
    threads : of the solver; 0: as many as it chooses.
    on_progress : is told the phases as they begin.

    Raises
    ------
    StudyError
        If a parcel is left without any option, lines and locks aside.
    ValueError
        If a price is below 0 or names no condition.
    """
    began = time.perf_counter()

    def tell(phase: str) -> None:
        if on_progress is not None:
            on_progress(Progress(phase, time.perf_counter() - began, None, None, None))

    tell("options")
    ledger = Ledger(build_options(study, lifted=True))
    tell("policy")
    found_in = conditions_for(ledger, prices or {}, tell)
    given, conditions = found_in.given, found_in.conditions
    deadline = time.perf_counter() + time_limit
    search = Search(given, _asked(given, deadline, threads), _order(conditions), deadline, tell)
    holds, least, stopped = None, 0.0, False
    try:
        conflicts, holds = search.conflicts()
        found, least = search.repairs(conflicts, repairs) if conflicts else ([], 0.0)
    except KeyboardInterrupt:  # what was found by then is told
        conflicts, found, stopped, deadline = search.found, search.so_far(), True, -np.inf
    told = _Told(study, ledger, found_in.model, found_in.policy, conditions)
    gives, parcels = told.repairs(found), told.parcels(found)
    for at, repair in enumerate(found, start=1):
        tell("verify")
        mine = gives["repair"] == at
        try:
            in_study = told.in_study(repair, gives[mine], parcels[parcels["repair"] == at], deadline, threads)
        except KeyboardInterrupt:
            in_study, stopped, deadline = "unknown", True, -np.inf
        gives.loc[mine, "in_study"] = in_study
        gives.loc[mine, "verified_in"] = "study" if in_study == "yes" else "program" if repair.verified else ""
    return Diagnosis(
        study,
        False if conflicts else holds,
        tuple(conditions),
        told.conflicts(conflicts),
        tuple(each.proven for each in conflicts),
        tuple(each.whole for each in conflicts),
        bool(holds),
        gives,
        parcels,
        least,
        search.hopeless,
        stopped,
    )


@dataclass(frozen=True, eq=False)
class Named:
    """The conditions of a study by name, and as numbers for a solver; and the model and rows that they come from."""

    model: pyo.ConcreteModel
    policy: Policy
    conditions: list[Condition]
    given: Conditions


def conditions_for(
    ledger: Ledger, prices: Mapping[str, float], tell: Callable[[str], object] = lambda _: None
) -> Named:
    """The conditions of a ledger whose options are built with those that lines exclude.

    Raises
    ------
    ValueError
        If a price is below 0 or names no condition.
    """
    model = policy_model(ledger)
    tell("build")
    policy = shared(compile_policy(model))
    block = without_extra(with_bounds_as_rows(land_block(ledger, policy), ledger))
    block = with_lines_as_rows(block, ledger)
    conditions = conditions_of(model, policy, block)
    return Named(model, policy, conditions, _for_the_solver(block, ledger, conditions, prices))


def _asked(given: Conditions, deadline: float, threads: int) -> Asked:
    """Who says what holds: prices, where there is much land."""
    block = given.block
    if len(block.group) < (MANY_WHOLE if block.integer else MANY):
        return ByOneProgram(given, deadline, threads)
    from zonevest.solvers.by_answers import ByAnswers  # it compiles, which takes a while to import

    return ByAnswers(given, deadline, threads)


def _order(conditions: list[Condition]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """In which order it is tried to do without conditions: what a reader would rather not hear of first."""
    rank = {LINE: 0, "land_take": 1, "site_take": 1, "draw_cap": 1, "limit": 3, "mandatory": 4}
    return np.argsort([rank.get(each.family, 2) for each in conditions], kind="stable").astype(np.int64)


def _for_the_solver(
    block: Block, ledger: Ledger, conditions: list[Condition], prices: Mapping[str, float]
) -> Conditions:
    """The conditions as numbers."""
    sides = [
        (row, sign, number)
        for number, each in enumerate(conditions)
        for row in each.rows
        for sign, there in ((1, each.upper), (-1, each.lower))
        if there
    ]
    row, sign, of = np.array(sides, dtype=np.int64).reshape(-1, 3).T
    finite = np.where(sign > 0, np.isfinite(block.upper[row]), np.isfinite(block.lower[row]))
    return Conditions(
        block,
        row[finite],
        sign[finite],
        of[finite],
        _prices(conditions, prices),
        np.array([each.size for each in conditions], dtype=float),
        np.array([each.whole for each in conditions], dtype=bool),
        needs(ledger.options, conditions),
    )


def _prices(conditions: list[Condition], prices: Mapping[str, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The price of each condition: its own, its limit's or line's, its family's, else the default."""
    unused = set(prices)
    found = []
    for each in conditions:
        names = [each.name, each.told.limit if each.told else "", *each.key[:1], each.family]
        names += [each.key[0].removeprefix("line:")] if each.family == LINE else []
        names += [each.key[1]] if each.family == SITE_LINE else []
        named = [name for name in names if name in prices]
        unused -= set(named)
        found.append(prices[named[0]] if named and each.gives else each.price)
    wrong = [name for name, price in prices.items() if math.isnan(price) or price < 0]
    if unused or wrong:
        which = listed(sorted(unused | set(wrong)))
        raise ValueError(say("prices are numbers from 0 on, of conditions of the study, not {names}", names=which))
    return np.array(found, dtype=float)


class _Told:
    """What was found, as the tables of a diagnosis."""

    def __init__(
        self, study: Study, ledger: Ledger, model: pyo.ConcreteModel, policy: Policy, conditions: list[Condition]
    ) -> None:
        self.study, self.ledger, self.model, self.policy, self.conditions = study, ledger, model, policy, conditions
        self.at_first = self._bounds()  # the model still holds the values of doing nothing

    def conflicts(self, conflicts: list[Conflict]) -> pd.DataFrame:
        """A row for each member of each conflict."""
        rows = [
            (at, *self._named(of), self._bound(of, self.at_first), of.unit)
            for at, conflict in enumerate(conflicts, start=1)
            for of in (self.conditions[member] for member in conflict.members)
        ]
        return pd.DataFrame(rows, columns=CONFLICTS)

    def repairs(self, repairs: list[Repair]) -> pd.DataFrame:
        """A row for each condition that gives in each repair."""
        rows = []
        for at, repair in enumerate(repairs, start=1):
            bounds = self._after(repair)
            for number, of in enumerate(self.conditions):
                gives = float(repair.amounts[number])
                if gives <= 0:
                    continue
                bound = self._bound(of, bounds)
                sense = of.told.sense if of.told else ""
                to = bound - gives if sense == ">=" else bound + gives if sense == "<=" else np.nan
                # as far as it was rounded outwards, or by the solver
                to = 0.0 if -0.01 * bound < to < 0 < bound or abs(to) < 1e-9 * abs(bound) else to
                where = cell(self.study, of, abs(bound) if to == 0 else gives, bound, self._beside(of, repair))
                rows.append(
                    (at, repair.cost, repair.verified, "", "", of.name, of.family, gives, of.unit, bound, to, *where)
                )
        return with_one_value(pd.DataFrame(rows, columns=[*REPAIRS, "old", "new"]))

    def parcels(self, repairs: list[Repair]) -> pd.DataFrame:
        """The parcels that lines let go, and what for."""
        options, rows, uses = self.ledger.options, [], dict[tuple[int, int], list[Use]]()
        periods, study = [*period_names(self.study.periods), ""], self.study
        zone_of = dict(zip(study.practices["practice"], study.practices["zone"], strict=True))
        ids, area = study.parcels["parcel_id"].to_numpy(), study.parcels["area_ha"].to_numpy()
        for at, repair in enumerate(repairs, start=1):
            for column in self._let_go(repair).tolist():
                kind, parcel = options.kind[column], int(options.parcel[column])
                practice = options.practices[options.kind_practice[kind]]
                start = periods[options.kind_start[kind]]
                zone = zone_of.get(practice) or str(options.zone_today[options.pattern[parcel]])
                use = Use(practice, zone, self._lines(kind))
                uses.setdefault((at, parcel), []).append(use)
                used = float(area[parcel] * repair.x[column])
                rows.append((at, ids[parcel], practice, start, used, float(area[parcel]), use.reasons))
        # what is taken comes parcel by parcel
        changes = [
            each for (_, parcel), of in uses.items() for each in parcel_cells(study, study.parcels.iloc[parcel], of)
        ]
        told = [(*row, [*change], change) for row, change in zip(rows, changes, strict=True)]
        return pd.DataFrame(told, columns=PARCELS)

    def in_study(
        self, repair: Repair, gives: pd.DataFrame, parcels: pd.DataFrame, deadline: float, threads: int
    ) -> str:
        """Whether the study with a repair's cells changed has a plan: yes, no, unknown.

        Blank where something that gives is no cell, and where the repair was not seen to do.
        """
        cells = (gives["table"] != "").any() or len(parcels)
        if not repair.verified or not cells:
            return ""
        whole = ((gives["table"] != "") | (gives["family"] == LINE)).all()
        if time.perf_counter() > deadline:
            return "unknown" if whole else ""
        try:
            study = mended(self.study, gives, parcels)
        except StudyError:
            return "no" if whole else ""
        holds = has_plan(study, *self._decided(repair), deadline, (MANY, MANY_WHOLE), threads)
        if holds:
            return "yes"
        return "" if not whole else "unknown" if holds is None else "no"

    def _decided(self, repair: Repair) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Land and projects of a repaired plan, as a plan's tables have them."""
        options, works = self.ledger.options, self.ledger.works
        periods, size = np.array([*period_names(self.study.periods), ""], dtype=object), len(options.kind)
        taken = np.flatnonzero(repair.x[:size] > SHARE)
        kind = options.kind[taken]
        practices = np.array(options.practices, dtype=object)
        ids = self.study.parcels["parcel_id"].to_numpy(dtype=object)
        land = {
            "parcel_id": ids[options.parcel[taken]],
            "practice": practices[options.kind_practice[kind]],
            "start": periods[options.kind_start[kind]],
            "share": repair.x[:size][taken],
        }
        started = repair.x[size : size + works.possible.size].reshape(works.possible.shape) > 0.5
        start = np.where(started.any(axis=1), started.argmax(axis=1), -1)
        return pd.DataFrame(land), pd.DataFrame({"project": works.names, "start": periods[start]}, dtype=object)

    def _let_go(self, repair: Repair) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The excluded options that a repair takes."""
        options = self.ledger.options
        if options.barred is None:
            return np.zeros(0, dtype=np.int64)
        barred = options.barred[options.kind_pattern, options.kind_practice] > 0
        taken = np.flatnonzero(repair.x[: len(options.kind)] > SHARE)
        return taken[barred[options.kind[taken]]]

    def _beside(self, of: Condition, repair: Repair) -> float | None:
        """Of a hurdle, the rate at which the project is worth it when it starts as in a repaired plan.

        Of the floor of ecosystem value, what doing nothing has of it.
        """
        if of.key == ("ecosystem",) and of.family == "floor":
            return doing_nothing(self.ledger)["ecosystem"]
        if of.family != HURDLE:
            return None
        works, name = self.ledger.works, of.key[0]
        j, periods = works.names.index(name), works.possible.shape[1]
        first = len(self.ledger.options.kind) + j * periods
        built = np.flatnonzero(repair.x[first : first + periods] > 0.5)
        start = j * periods + (int(built[0]) if len(built) else int(np.argmax(works.appraisal.npv[j])))
        return rate_met(works.timed.take(np.flatnonzero(works.start == start)), float(works.appraisal.rate[j]))

    def _lines(self, kind: int) -> list[str]:
        options = self.ledger.options
        assert options.barred is not None
        bits = int(options.barred[options.kind_pattern[kind], options.kind_practice[kind]])
        return [reason for bit, reason in enumerate(LIFTED) if bits >> bit & 1]

    def _after(self, repair: Repair) -> dict[str, float]:
        """Bounds of rows in the repaired plan."""
        size = len(self.ledger.options.kind)
        states = self.ledger.works.possible
        started = repair.x[size : size + states.size].reshape(states.shape)
        self.policy.load(repair.x[size:])
        self.model.ledger.load(repair.x[:size], started)
        return self._bounds()

    def _bounds(self) -> dict[str, float]:
        """The bound of each row that a plan tells of, and of each trade."""
        told = [each for each in self.model.told if each.when is None or pyo.value(each.when) >= 0.5]
        table = limits_table(self.model)["bound"].tolist()
        return {f"{each.limit}/{each.place}/{each.period}": bound for each, bound in zip(told, table, strict=True)}

    def _bound(self, of: Condition, bounds: dict[str, float]) -> float:
        return np.nan if of.told is None else bounds.get(f"{of.told.limit}/{of.told.place}/{of.told.period}", np.nan)

    @staticmethod
    def _named(of: Condition) -> tuple[str, ...]:
        told = of.told
        if told is None:
            return of.name, of.family, "", "", "", "", ""
        return of.name, of.family, told.limit, told.account, told.place, told.period, told.sense
