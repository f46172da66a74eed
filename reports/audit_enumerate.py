"""Many plans of one study: what an option or a project contributes is worked out once, and a plan is a sum."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zonevest.instances.study import Study
from zonevest.reports.audit_cells import HOLD, UNASSIGNED, Flags, Floats, Ints
from zonevest.reports.audit_decisions import Parts
from zonevest.reports.audit_flows import Unit
from zonevest.reports.audit_gains import Gains
from zonevest.reports.audit_hurdles import Hurdles
from zonevest.reports.audit_ledger import Ledgers
from zonevest.reports.audit_limits import Limits, read_limits
from zonevest.reports.audit_money import Money
from zonevest.reports.audit_objective import Goal
from zonevest.reports.audit_program import Affine, AffineColumn, AffineRow, Cell, System, Watch, spread
from zonevest.reports.audit_quotas import Quotas
from zonevest.reports.audit_rules import (
    Held,
    every_reason,
    nonconforming,
    project_breaches,
    reasons,
    start_reasons,
    stocks_read,
)
from zonevest.reports.audit_sites import Options, taking_breaches
from zonevest.reports.audit_steps import Prices, Steps
from zonevest.reports.audit_synergies import Joint, Synergies
from zonevest.reports.audit_uplift import Uplift


class Value(NamedTuple):
    """A plan of an enumeration: its objective value, and whether every hard rule holds."""

    objective: float
    holds: bool


class _Sums(NamedTuple):
    """Watched cells, F1 and F2."""

    cells: Floats
    worth: Floats


class _Frame(NamedTuple):
    """What does not change with the options: decisions and rows of some starts, and coefficients of the decisions."""

    system: System
    by_cell: list[dict[int, float]]
    lines: list[dict[int, float]]
    worth: dict[int, float]


class Enumerator(Ledgers):
    """Sums up options and projects of one study.

    Attributes
    ----------
    extended : whether there is more to decide, or more rows to keep, than land, projects and limits: then `affine`
        says what is left, and `value` does not serve.
    """

    def __init__(self, study: Study, tags: Iterable[str] = ()) -> None:
        super().__init__(study, tags)
        flows, finance = self.flows, study.settings.finance
        self.limits: Limits = read_limits(self.tables, self.places, flows.width, self.start)
        uplift = Uplift(flows, self.sites, self.atoms)
        idle = self.held_ledger if study.has_doing_nothing else np.zeros_like(self.held_ledger)
        money = None if finance is None else Money(flows, uplift, finance, self.start, idle)
        gains = Gains(flows, self.sites, self.people)
        joint, prices, hurdles = Synergies(flows), Prices(flows, self.sites), Hurdles(flows, uplift)
        self.parts = Parts(self.tables, joint, prices, hurdles, uplift, Quotas(flows, self.sites), gains, money)
        self._watch_cells()
        self._known_options: dict[tuple[int, str, int], _Sums] = {}
        self._known_projects: dict[tuple[str, int], _Sums] = {}
        self._known_units: dict[Joint | Steps, _Sums] = {}
        self._known_frames: dict[tuple[tuple[str, int], ...], _Frame] = {}

    # ---------------------------------------------------------------- watched cells

    def _watch_cells(self) -> None:
        """The cells that limits, weights, project rules and rows read."""
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
        self.watch = Watch(cells)
        self.atoms.watch(self.watch)
        self._idle = self.system({})
        self.watch.close()
        self.extended = bool(self._idle.lines or self._idle.decisions or self.atoms.projects)
        none = np.zeros(self.atoms.shape)
        self._base_cells = self.watch.values(self.base, none)
        compare = self.study.has_doing_nothing
        nothing_cells = self.watch.values(self.held_ledger, none) if compare else np.zeros(len(self._base_cells))
        self._goal = Goal(self.study.settings.objective, self.nothing, weighted, nothing_cells)

    def system(self, starts: Mapping[str, int]) -> System:
        """The decisions and rows that are left when some projects start (in the cells that are watched)."""
        system, parts = System(self.watch), self.parts
        parts.uplift.draw(system, starts)
        parts.hurdles.draw(system, starts)
        parts.prices.draw(system)
        parts.quotas.draw(system)
        transfers = parts.gains.transfers(system)
        if parts.money is not None:
            parts.money.draw(system, starts, transfers)
        parts.gains.draw(system)
        past = set(self.tables.periods[: self.tables.past])
        system.lines = [line.only_told() if line.of_past(past) else line for line in system.lines]
        return system

    # ---------------------------------------------------------------- contributions

    def _one(self, parcel: int, practice: str, start: int) -> _Sums:
        """What one option of one parcel adds to the watched cells, F1 and F2."""
        key = (parcel, practice, start)
        if key not in self._known_options:
            flows, watch = self.flows, self.watch
            members: Ints = np.array([parcel], dtype=np.int64)
            books = flows.book(members, practice, start)
            columns = np.zeros((2, flows.columns))
            for entry in books.entries:
                columns[:, entry.columns] += entry.amounts[0] * entry.per_unit
            columns[:, flows.gain_columns] += books.worth[2:, 0]
            inside, at = self._by_place(members, np.ones(1)), watch.booked
            hectares = np.zeros(self.atoms.shape)
            self.atoms.add(hectares, members, np.ones(1), practice, start)
            cells = np.zeros(len(watch.cells))
            cells[at] = columns[watch.price[at], watch.column[at]] * inside[watch.place[at]]
            cells[watch.land] = hectares.reshape(-1)[watch.column[watch.land]]
            self._known_options[key] = _Sums(cells, books.worth[:2, 0])
        return self._known_options[key]

    def _project(self, project: str, start: int) -> _Sums:
        key = (project, start)
        if key not in self._known_projects:
            parts = self.flows.project(project, start)
            sums = [self._booked(unit, self.project_places(jurisdiction)) for jurisdiction, unit in parts]
            cells, worth = (np.sum([each[k] for each in sums], axis=0) for k in (0, 1))
            self._known_projects[key] = _Sums(cells, worth)
        return self._known_projects[key]

    def _booked(self, unit: Unit, places: Sequence[int]) -> _Sums:
        """What a unit adds to the watched cells of some places, F1 and F2."""
        watch, at = self.watch, self.watch.booked
        cells = np.zeros(len(watch.cells))
        here = np.isin(watch.place[at], places)
        cells[at] = np.where(here, unit.ledger[watch.price[at], watch.column[at]], 0.0)
        return _Sums(cells, unit.worth)

    def _joint(self, joint: Joint) -> _Sums:
        """What a synergy adds."""
        if joint not in self._known_units:
            unit, places = self.parts.synergies.unit(joint), self.project_places(joint.jurisdiction)
            self._known_units[joint] = self._booked(unit, places)
        return self._known_units[joint]

    def _stepped(self, steps: Steps) -> _Sums:
        """What a million of some steps of a price adds."""
        if steps not in self._known_units:
            unit, places = self.parts.prices.unit(steps), self.parts.prices.where(steps)
            self._known_units[steps] = self._booked(unit, places)
        return self._known_units[steps]

    # ---------------------------------------------------------------- enumerations

    def options(self, parcel: str) -> list[tuple[str, str]]:
        """The open options of a parcel as (practice, start): ``("hold", "")`` is held, ``("", "")`` unassigned."""
        at = np.array([self.tables.parcel[parcel]], dtype=np.int64)
        periods = self.tables.periods
        found = [(practice, "") for practice in (HOLD, UNASSIGNED) if not self.why(at, practice, -1)[0]]
        for practice in self.tables.practices:
            found += [(practice, name) for t, name in enumerate(periods) if not self.why(at, practice, t)[0]]
        return found

    def starts(self, project: str) -> list[str]:
        """The periods in which a project may start, ``""`` (not built) first."""
        periods = self.tables.periods
        closed = (
            start_reasons(self.tables, project, t) or self.parts.hurdles.reason(project, t) for t in range(len(periods))
        )
        return ["", *(name for name, reason in zip(periods, closed, strict=True) if not reason)]

    def why(self, members: Ints, practice: str, start: int) -> NDArray[np.object_]:
        """Why an option is closed to parcels; under `strict_lines` nonconforming land may not be held either."""
        why = reasons(self.tables, members, practice, start)
        if practice == HOLD and self.study.settings.strict_lines:
            why = np.where(why == "", nonconforming(self.tables, members), why)
        return why

    def whys(self, members: Ints, practice: str, start: int) -> Iterator[tuple[str, Flags]]:
        """Every rule that closes an option to parcels, and to which; under `strict_lines` as of `why`."""
        yield from every_reason(self.tables, members, practice, start)
        if practice == HOLD and self.study.settings.strict_lines:
            strange = nonconforming(self.tables, members)
            yield from ((str(reason), strange == reason) for reason in dict.fromkeys(strange[strange != ""]))

    def option_ledger(self, parcel: str, practice: str, start: str) -> Floats:
        """What an option adds: the watched cells, then F1 and F2."""
        sums = self._one(self.tables.parcel[parcel], practice, self.tables.period.get(start, -1))
        return np.append(sums.cells, sums.worth)

    def project_ledger(self, project: str, start: str) -> Floats:
        """What a project adds: the watched cells, then F1 and F2."""
        sums = self._project(project, self.tables.period[start])
        return np.append(sums.cells, sums.worth)

    def _sum(
        self, options: Sequence[tuple[str, str]], projects: Mapping[str, str]
    ) -> tuple[_Sums, list[tuple[str, int]], dict[str, int]]:
        """Watched cells and worth of a plan, its options and its starts by number."""
        tables = self.tables
        cells, worth = self._base_cells.copy(), np.zeros(2)
        chosen = [(practice, tables.period.get(start, -1)) for practice, start in options]
        starts = {project: tables.period[start] for project, start in projects.items() if start}
        parts = [self._one(parcel, *option) for parcel, option in enumerate(chosen)]
        parts += [self._project(project, start) for project, start in starts.items()]
        parts += [self._joint(joint) for joint in self.parts.synergies.of(starts)]
        for sums in parts:
            cells += sums.cells
            worth += sums.worth
        hectares = cells.copy()
        for steps, amount in self.parts.prices.paid(lambda *cell: float(hectares[self.watch.at[Cell(0, *cell)]])):
            sums = self._stepped(steps)
            cells += amount * sums.cells
            worth += amount * sums.worth
        return _Sums(cells, worth), chosen, starts

    def _rules_hold(self, cells: Floats, chosen: list[tuple[str, int]], starts: Mapping[str, int]) -> bool:
        """Whether every project rule holds."""
        tables = self.tables
        if not tables.projects and not any(named["requires_project"] for named in tables.practices.values()):
            return True

        def held(parcel: str) -> list[Held]:
            return [Held(*chosen[tables.parcel[parcel]], 1.0)]

        def stock(account: str, place: str, t: int) -> float:
            return float(cells[self._stock_at[account, place, t]])

        def options() -> Options:
            return ((option, np.array([i]), np.ones(1)) for i, option in enumerate(chosen))

        broken = itertools.chain(
            self.parts.hurdles.breaches(starts),
            project_breaches(tables, starts, held, stock),
            taking_breaches(tables, starts, stock, options),
        )
        return next(broken, None) is None

    def value(self, options: Sequence[tuple[str, str]], projects: Mapping[str, str]) -> Value:
        """The objective value of a plan, and whether its limits, floor and project rules hold.

        Parameters
        ----------
        options : (practice, start) of every parcel in the order of the table, as `options` gives them: that they are
            open is not looked at again.
        projects : start by project; absent or ``""`` is not built.

        Raises
        ------
        ValueError
            If there is more to decide (see `extended`).
        """
        if self.extended:
            raise ValueError("money, uplift, quotas or gains are left to decide: use affine")
        (cells, worth), chosen, starts = self._sum(options, projects)
        self._idle.settle(cells, np.zeros(0))
        violations = self.limits.violations(cells)
        penalty = self.limits.penalty(violations)
        holds = self.limits.hold(cells, violations) and not any(self._goal.floor_breaches(worth))
        return Value(self._goal.value(cells, worth, penalty), holds and self._rules_hold(cells, chosen, starts))

    # ---------------------------------------------------------------- what is left to decide

    def _frame(self, starts: Mapping[str, int]) -> _Frame:
        key = tuple(sorted(starts.items()))
        if key not in self._known_frames:
            system = self.system(starts)
            by_cell = system.coefficients()
            lines = [spread(line.value - line.bound, by_cell) for line in system.lines]
            worth = {v: decision.worth for v, decision in enumerate(system.decisions) if decision.worth}
            self._known_frames[key] = _Frame(system, by_cell, lines, worth)
        return self._known_frames[key]

    def affine(self, options: Sequence[tuple[str, str]], projects: Mapping[str, str]) -> Affine:
        """What is left to decide when land and projects are chosen: rows and objective, affine in the decisions.

        Parameters
        ----------
        options, projects : as in `value`.
        """
        (cells, worth), chosen, starts = self._sum(options, projects)
        holds = self._rules_hold(cells, chosen, starts)
        frame = self._frame(starts)
        frame.system.settle(cells, np.zeros(len(frame.system.decisions)))
        rows, objective = self._rows(cells, worth, frame), self._goals(frame)[-1]
        system = frame.system
        columns = [AffineColumn(each.name, 0.0, each.high, each.whole) for each in system.decisions]
        return Affine(columns, rows, objective, self._goal.value(cells, worth, 0.0), holds)

    def _rows(self, cells: Floats, worth: Floats, frame: _Frame) -> list[AffineRow]:
        """Limits, floor and the rows of money, uplift, quotas and gains, over decisions of which none is taken yet."""
        none = np.zeros(len(frame.system.decisions))
        rows = self.limits.rows(cells, frame.by_cell)
        for name, value, bound, counts in self._goal.floors(worth):
            rows.append(AffineRow(name, frame.worth if counts else {}, ">=", bound - value, None))
        for line, coefficients in zip(frame.system.lines, frame.lines, strict=True):
            right = -(line.value.value(cells, none) - line.bound.value(cells, none))
            rows.append(AffineRow(line.name, coefficients, line.sense, right, line.penalty))
        return rows

    def _goals(self, frame: _Frame) -> list[dict[int, float]]:
        """What is maximised over decisions: of the lexicographic method term by term, of the others one sum."""
        goal, out = self._goal, []
        for cash, weights in goal.turns:
            objective = {v: cash * value for v, value in frame.worth.items() if cash}
            for account, at in goal.weighted.items():
                for v, value in frame.by_cell[at].items() if weights else ():
                    objective[v] = objective.get(v, 0.0) + goal.objective.accounts[account] * value
            out.append(objective)
        return out
