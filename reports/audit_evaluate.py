"""What a plan is worth and which rules it breaks, from the study's tables and the plan's choices alone.

The arithmetic is that of `docs/semantics.md`. A row (a limit, a floor, an area) holds when it is violated by at most
1e-6 x max(1, |bound|, its largest |term|).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.say import say
from zonevest.instances.study import Study
from zonevest.reports.audit_choices import read_choices
from zonevest.reports.audit_flows import Flows
from zonevest.reports.audit_limits import Cell, Limits, read_limits
from zonevest.reports.audit_objective import Goal
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_rules import (
    TOLERANCE,
    Breach,
    Held,
    must,
    nonconforming,
    parcels_named,
    project_breaches,
    reasons,
    start_reason,
    stocks_read,
    table,
)
from zonevest.reports.audit_tables import HOLD, UNASSIGNED, Floats, Ints, Tables


@dataclass
class Evaluation:
    """A plan, recomputed.

    Attributes
    ----------
    ledger : columns account, jurisdiction, period, measure, value; every account, `total` and every jurisdiction, and
        the tags that a limit names.
    cash, ecosystem : F1 and F2, absolute, in million.
    objective : the objective value (a gain over doing nothing where there is one), penalties subtracted.
    doing_nothing : cash and ecosystem of doing nothing.
    penalty : what soft limits cost.
    total : the objective's value with doing nothing included.
    size : the sum of the absolute weighted account totals, to tell a small objective from one of nothing.
    limits : columns limit, account, jurisdiction, period, value, lower, upper, slack, violation, kind, penalty.
    breaches : columns rule, where, must, found; every hard rule that does not hold.
    nonconforming : columns parcel_id, zone, reason; held land that its line or class does not fit.
    """

    ledger: pd.DataFrame
    cash: float
    ecosystem: float
    objective: float
    doing_nothing: dict[str, float]
    penalty: float
    limits: pd.DataFrame
    breaches: pd.DataFrame
    total: float = 0.0
    size: float = 0.0
    nonconforming: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["parcel_id", "zone", "reason"]))

    @property
    def ok(self) -> bool:
        """Whether every hard rule holds."""
        return bool(self.breaches.empty)


class Value(NamedTuple):
    """A plan of an enumeration: its objective value, and whether every hard rule holds."""

    objective: float
    holds: bool


class _Sums(NamedTuple):
    """Watched ledger cells, F1 and F2."""

    cells: Floats
    worth: Floats


class Evaluator:
    """Evaluates many plans of one study.

    `value` is for enumerations: what an option or a project contributes is computed once, and a plan is a sum.

    >>> evaluator = Evaluator(study)
    >>> plans = itertools.product(*map(evaluator.options, evaluator.parcel_ids))
    >>> best = max(v.objective for v in (evaluator.value(plan, {}) for plan in plans) if v.holds)
    """

    def __init__(self, study: Study, tags: Iterable[str] = ()) -> None:
        self.study = study
        self.tables = tables = Tables(study)
        self.flows = Flows(tables)
        self.parcel_ids = [str(name) for name in tables.ids]
        places = Places(tables, tags)
        self.tags, self.places, self.place = places.tags, places.names, places.at
        self.home, self.tagged = places.home, places.tagged
        ages = np.array([0, *(last - tables.y0 for last in tables.lasts)], dtype=np.float64)
        people = places.people(ages)
        first = tables.account["population"] * self.flows.width
        self.people = people[:, 0]
        self.base = np.zeros((2, len(self.places), self.flows.columns))
        self.base[:, :, first : first + self.flows.width] = np.append(people[:, 1:], people[:, -1:], axis=1)
        self._hold_everything()
        self.limits: Limits = read_limits(tables, self.places, self.flows.width, self.start, self.base)
        self._watch_cells()
        self._known_options: dict[tuple[int, str, int], _Sums] = {}
        self._known_projects: dict[tuple[str, int], _Sums] = {}

    # ---------------------------------------------------------------- options

    def _book(
        self, ledger: Floats, members: Ints, share: Floats, practice: str, start: int, first_year: Floats | None
    ) -> Floats:
        """Add what parcels book under one option to a ledger; F1 and F2 of all of them."""
        books = self.flows.book(members, practice, start)
        for entry in books.entries:
            some = members[entry.at]
            sums = self._by_place(some, entry.amounts * share[entry.at])
            for price in (0, 1):
                ledger[price][:, entry.columns] += np.outer(sums, entry.per_unit[price])
            if first_year is not None and entry.account >= 0:
                first_year[:, entry.account] += sums * entry.opening
        return books.worth @ share

    def _by_place(self, members: Ints, amounts: Floats) -> Floats:
        """Sums over the parcels of every place."""
        sums = np.asarray(np.bincount(self.home[members], amounts, minlength=len(self.places)), dtype=np.float64)
        sums[0] = amounts.sum()
        for tag in self.tags:
            sums[self.place[tag]] = amounts[self.tagged[tag][members]].sum()
        return sums

    def _hold_everything(self) -> None:
        """The start values, and what doing nothing is worth."""
        tables, width = self.tables, self.flows.width
        everything = np.arange(tables.parcels, dtype=np.int64)
        held = self.base.copy()
        self.start = np.zeros((len(self.places), len(tables.accounts)))
        self.held_worth = self._book(held, everything, np.ones(len(everything)), HOLD, -1, self.start)
        # areas do not change while nothing is done: their first state is that of any period
        for account in tables.accounts:
            if account.recurrence == "stock" and account.name.startswith(("area.", "quality.")):
                self.start[:, account.at] += held[0, :, account.at * width]
        self.start[:, tables.account["population"]] += self.people
        self.held_ledger = held
        none = not self.study.has_doing_nothing
        self.nothing = np.zeros(2) if none else self.held_worth

    def _one(self, parcel: int, practice: str, start: int) -> _Sums:
        """What one option of one parcel adds to the watched cells, F1 and F2."""
        key = (parcel, practice, start)
        if key not in self._known_options:
            flows = self.flows
            books = flows.book(np.array([parcel], dtype=np.int64), practice, start)
            columns = np.zeros((2, flows.columns))
            for entry in books.entries:
                columns[:, entry.columns] += entry.amounts[0] * entry.per_unit
            inside = self._by_place(np.array([parcel]), np.ones(1))
            cells = columns[self._price_at, self._column_at] * inside[self._place_at]
            self._known_options[key] = _Sums(cells, books.worth[:, 0])
        return self._known_options[key]

    def _project(self, project: str, start: int) -> _Sums:
        key = (project, start)
        if key not in self._known_projects:
            parts, worth = self.flows.project(project, start)
            cells = np.zeros(len(self._place_at))
            for jurisdiction, columns in parts:
                here = self._place_at == 0
                if jurisdiction:
                    here = here | (self._place_at == self.place[jurisdiction])
                cells += np.where(here, columns[self._price_at, self._column_at], 0.0)
            self._known_projects[key] = _Sums(cells, worth)
        return self._known_projects[key]

    # ---------------------------------------------------------------- watched cells

    def _watch_cells(self) -> None:
        """The ledger cells that limits, weights and project rules read."""
        tables, flows = self.tables, self.flows
        cells: list[Cell] = [*self.limits.cells]
        weighted: dict[str, int] = {}
        for account in self.study.settings.objective.accounts:
            weighted[account] = len(cells)
            cells.append(Cell(0, 0, flows.areas.cell(account, len(tables.periods))))
        self._stock_at: dict[tuple[str, str, int], int] = {}
        for account, place in sorted(stocks_read(tables)):
            for t in range(len(tables.periods)):
                self._stock_at[account, place, t] = len(cells)
                cells.append(Cell(0, self.place[place], flows.areas.cell(account, t)))
        self._price_at = np.array([cell.price for cell in cells], dtype=np.int64)
        self._place_at = np.array([cell.place for cell in cells], dtype=np.int64)
        self._column_at = np.array([cell.column for cell in cells], dtype=np.int64)
        self._base_cells = self._watched(self.base)
        compare = self.study.has_doing_nothing
        nothing_cells = self._watched(self.held_ledger) if compare else np.zeros(len(cells))
        self._goal = Goal(self.study.settings.objective, self.nothing, weighted, nothing_cells)

    def _watched(self, ledger: Floats) -> Floats:
        cells: Floats = ledger[self._price_at, self._place_at, self._column_at]
        return cells

    # ---------------------------------------------------------------- what a plan is worth

    # ---------------------------------------------------------------- enumerations

    def options(self, parcel: str) -> list[tuple[str, str]]:
        """The open options of a parcel as (practice, start): ``("hold", "")`` is held, ``("", "")`` unassigned."""
        at = np.array([self.tables.parcel[parcel]], dtype=np.int64)
        periods = self.tables.periods
        found = [(practice, "") for practice in (HOLD, UNASSIGNED) if not self._why(at, practice, -1)[0]]
        for practice in self.tables.practices:
            found += [(practice, name) for t, name in enumerate(periods) if not self._why(at, practice, t)[0]]
        return found

    def starts(self, project: str) -> list[str]:
        """The periods in which a project may start, ``""`` (not built) first."""
        periods = self.tables.periods
        return ["", *(name for t, name in enumerate(periods) if not start_reason(self.tables, project, t))]

    def _why(self, members: Ints, practice: str, start: int) -> NDArray[np.object_]:
        """Why an option is closed to parcels; under `strict_lines` nonconforming land may not be held either."""
        why = reasons(self.tables, members, practice, start)
        if practice == HOLD and self.study.settings.strict_lines:
            why = np.where(why == "", nonconforming(self.tables, members), why)
        return why

    def option_ledger(self, parcel: str, practice: str, start: str) -> Floats:
        """What an option adds: the watched ledger cells, then F1 and F2."""
        sums = self._one(self.tables.parcel[parcel], practice, self.tables.period.get(start, -1))
        return np.append(sums.cells, sums.worth)

    def project_ledger(self, project: str, start: str) -> Floats:
        """What a project adds: the watched ledger cells, then F1 and F2."""
        sums = self._project(project, self.tables.period[start])
        return np.append(sums.cells, sums.worth)

    def value(self, options: Sequence[tuple[str, str]], projects: Mapping[str, str]) -> Value:
        """The objective value of a plan, and whether its limits, floor and project rules hold.

        Parameters
        ----------
        options : (practice, start) of every parcel in the order of the table, as `options` gives them: that they are
            open is not looked at again.
        projects : start by project; absent or ``""`` is not built.
        """
        tables = self.tables
        cells, worth = self._base_cells.copy(), np.zeros(2)
        chosen = [(practice, tables.period.get(start, -1)) for practice, start in options]
        for parcel, (practice, start) in enumerate(chosen):
            sums = self._one(parcel, practice, start)
            cells += sums.cells
            worth += sums.worth
        starts = {project: tables.period[start] for project, start in projects.items() if start}
        for project, start in starts.items():
            sums = self._project(project, start)
            cells += sums.cells
            worth += sums.worth
        violations = self.limits.violations(cells)
        penalty = self.limits.penalty(violations)
        holds = self.limits.hold(cells, violations) and self._goal.floor_breach(worth) is None
        if holds and (tables.projects or any(named["requires_project"] for named in tables.practices.values())):

            def held(parcel: str) -> list[Held]:
                return [Held(*chosen[tables.parcel[parcel]], 1.0)]

            def stock(account: str, place: str, t: int) -> float:
                return float(cells[self._stock_at[account, place, t]])

            holds = next(project_breaches(tables, starts, held, stock), None) is None
        return Value(self._goal.value(cells, worth, penalty), holds)

    # ---------------------------------------------------------------- one plan, in full

    def evaluate(self, parcels: pd.DataFrame, projects: pd.DataFrame) -> Evaluation:
        """Recompute a plan.

        Parameters
        ----------
        parcels : columns parcel_id, practice, zone, start, share; ``hold`` for held, ``""`` for unassigned land.
        projects : columns project, start; ``""`` is not built.
        """
        tables = self.tables
        choices = read_choices(tables, parcels, projects)
        ledger, worth = self.base.copy(), np.zeros(2)
        breaches = list(choices.breaches)
        strange = []
        for (practice, start), members, share in choices.by_option():
            worth += self._book(ledger, members, share, practice, start, None)
            breaches += self._closed(members, practice, start)
            if practice == HOLD:
                why = nonconforming(tables, members)
                odd = why != ""
                strange.append(
                    pd.DataFrame(
                        {
                            "parcel_id": tables.ids[members[odd]],
                            "zone": tables.today_zone[members[odd]],
                            "reason": why[odd],
                        }
                    )
                )
        for project, start in choices.starts.items():
            parts, own = self.flows.project(project, start)
            worth += own
            for jurisdiction, columns in parts:
                ledger[:, 0] += columns
                if jurisdiction:
                    ledger[:, self.place[jurisdiction]] += columns

        def stock(account: str, place: str, t: int) -> float:
            return float(ledger[0, self.place[place], self.flows.areas.cell(account, t)])

        breaches += project_breaches(tables, choices.starts, choices.held, stock)
        cells, weights = self._watched(ledger), self.study.settings.objective.accounts
        violations = self.limits.violations(cells)
        penalty = self.limits.penalty(violations)
        limits = self.limits.table(cells, violations)
        breaches += self.limits.breaches(limits, cells, violations)
        if floor := self._goal.floor_breach(worth):
            breaches.append(floor)
        breaches += self._conserved(choices.starts, stock)
        return Evaluation(
            self._ledger_table(ledger),
            float(worth[0]),
            float(worth[1]),
            self._goal.value(cells, worth, penalty),
            {"cash": float(self.nothing[0]), "ecosystem": float(self.nothing[1])},
            penalty,
            limits,
            table(breaches),
            self._goal.value(cells, worth, penalty, gain=False),
            float(sum(abs(weights[name] * cells[at]) for name, at in self._goal.weighted.items())),
            pd.concat(strange, ignore_index=True)
            if strange
            else pd.DataFrame({name: pd.Series(dtype=object) for name in ("parcel_id", "zone", "reason")}),
        )

    def _closed(self, members: Ints, practice: str, start: int) -> list[Breach]:
        """The rules that an option breaks on some parcels, one breach per rule."""
        tables = self.tables
        why = self._why(members, practice, start)
        out = []
        for reason in dict.fromkeys(why[why != ""]):
            found = practice or say("unassigned")
            if start >= 0:
                found = say("{practice} from {period}", practice=practice, period=tables.periods[start])
            where = parcels_named(list(tables.ids[members[why == reason]]))
            out.append(Breach(str(reason), where, must(str(reason)), found))
        return out

    def _conserved(self, starts: Mapping[str, int], stock: object) -> list[Breach]:
        """Area is conserved: what is in classes and what was taken make the whole, in every period."""
        assert callable(stock)
        tables, out = self.tables, []
        whole = float(tables.area.sum())
        for t, period in enumerate(tables.periods):
            area = sum(stock(f"area.class.{name}", "total", t) for name in tables.classes)
            for project, start in starts.items():
                if start <= t:
                    area += sum(float(row["area_ha"]) for row in tables.land_take.get(project, []))
            if abs(area - whole) > TOLERANCE * max(1.0, whole):
                where, must_be = (
                    say("period {period}", period=period),
                    say("the classes make up {area:.10g} ha", area=whole),
                )
                out.append(Breach("area", where, must_be, say("{area:.10g} ha", area=area)))
        return out

    def _ledger_table(self, ledger: Floats) -> pd.DataFrame:
        tables, places = self.tables, len(self.places)
        periods, accounts = len(tables.periods), len(tables.accounts)
        cube = ledger[0].reshape(places, accounts, self.flows.width)[:, :, :periods].transpose(1, 0, 2)
        names = np.array([account.name for account in tables.accounts], dtype=object)
        measures = np.array([account.measure for account in tables.accounts], dtype=object)
        return pd.DataFrame(
            {
                "account": np.repeat(names, places * periods),
                "jurisdiction": np.tile(np.repeat(np.array(self.places, dtype=object), periods), accounts),
                "period": np.tile(np.array(tables.periods, dtype=object), accounts * places),
                "measure": np.repeat(measures, places * periods),
                "value": cube.reshape(-1),
            }
        )


def evaluate(study: Study, parcels: pd.DataFrame, projects: pd.DataFrame) -> Evaluation:
    """Recompute a plan from the study's tables and its choices (see `Evaluator.evaluate`)."""
    return Evaluator(study).evaluate(parcels, projects)
