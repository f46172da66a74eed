"""Uplift of the land in a project's catchment: atoms, the hectares that enjoy it, and rows (12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import Floats, Ints, Record, number, split
from zonevest.reports.audit_flows import Built, Flows, Unit, delivered
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_program import HECTARES, Decision, Line, Sum, System, Watch, total
from zonevest.reports.audit_rows import Booking
from zonevest.reports.audit_tables import Tables

JOIN = " + "


def per_ha(project: Record) -> float:
    """What a hectare is worth more where a project reaches it, at prices of y0: what the project delivers of it."""
    return number(project["uplift_per_ha"], 0.0) * delivered(project)


class Atom(NamedTuple):
    """Land that catchments and tools see as one: jurisdiction, catchments, and the `where` of the tools that hold."""

    jurisdiction: str
    catchments: frozenset[str]
    tools: frozenset[str]

    def __str__(self) -> str:
        return "|".join((self.jurisdiction, ";".join(sorted(self.catchments)), JOIN.join(sorted(self.tools))))


class Atoms:
    """The atoms of a study.

    Attributes
    ----------
    names : in order of the parcels.
    of : the atom of every parcel, −1 for none.
    area : hectares.
    practices : those that some project's uplift_of names.
    """

    def __init__(self, tables: Tables, flows: Flows) -> None:
        self.tables = tables
        self.projects = {name: row for name, row in tables.projects.items() if row["catchment"]}
        self.practices = list(dict.fromkeys(m for row in self.projects.values() for m in split(row["uplift_of"])))
        self.at = {practice: i for i, practice in enumerate(self.practices)}
        self.of: Ints = np.full(tables.parcels, -1, dtype=np.int64)
        self.names: list[Atom] = []
        self.area: Floats = np.zeros(0)
        if self.projects:
            self._divide(flows)

    def _divide(self, flows: Flows) -> None:
        tables = self.tables
        wheres: dict[str, set[str]] = {}
        for row in self.projects.values():
            captures = flows.captures.get(str(row["uplift_account"]), [])
            wheres.setdefault(str(row["catchment"]), set()).update(each.where for each in captures if each.where)
        conditions = sorted(set().union(*wheres.values()))
        # parcels have few different tag cells: what is in them is looked at once
        codes, cells = pd.factorize(np.array([";".join(tags) for tags in tables.tags], dtype=object))
        inside = [frozenset(split(cell)) & frozenset(wheres) for cell in cells]
        kinds = list(dict.fromkeys(inside))
        kind = np.array([kinds.index(each) for each in inside], dtype=np.int64)[codes]
        place, places = pd.factorize(tables.jurisdiction)
        facts = np.stack([place, kind, *(tables.mask(where) for where in conditions)]).astype(np.int64)
        groups, group = np.unique(facts, axis=1, return_inverse=True)
        at: dict[Atom, int] = {}
        number_of = np.full(groups.shape[1], -1, dtype=np.int64)
        for g, (where, what, *holds) in enumerate(groups.T.tolist()):
            catchments = kinds[what]
            if catchments:
                there = set().union(*(wheres[each] for each in catchments))
                tools = frozenset(each for each, true in zip(conditions, holds, strict=True) if true and each in there)
                number_of[g] = at.setdefault(Atom(str(places[where]), catchments, tools), len(at))
        self.names = list(at)
        self.of = number_of[group.reshape(-1)]
        some = self.of >= 0
        area = np.bincount(self.of[some], tables.area[some], minlength=len(at))
        self.area = np.asarray(area, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of hectares: atoms, practices, periods."""
        return len(self.names), len(self.practices), len(self.tables.periods)

    def add(self, hectares: Floats, members: Ints, share: Floats, practice: str, start: int) -> None:
        """Add parcels under a practice from a period on."""
        if practice not in self.at:
            return
        inside = self.of[members] >= 0
        some = members[inside]
        area = np.bincount(self.of[some], (self.tables.area[some] * share[inside]), minlength=len(self.names))
        hectares[:, self.at[practice], start:] += area[:, None]

    def cell(self, watch: Watch, atom: int, practices: list[str], t: int) -> Sum:
        """Hectares of an atom under some practices at the end of a period."""
        _, width, periods = self.shape
        return total(watch(HECTARES, (atom * width + self.at[each]) * periods + t) for each in dict.fromkeys(practices))

    def watch(self, watch: Watch) -> None:
        """Watch the hectares that rows (12) may read."""
        for atom, named in enumerate(self.names):
            for row in self.of_atom(named).values():
                for t in range(len(self.tables.periods)):
                    self.cell(watch, atom, split(row["uplift_of"]), t)

    def of_atom(self, atom: Atom) -> dict[str, Record]:
        """The projects whose catchment an atom lies in."""
        return {name: row for name, row in self.projects.items() if row["catchment"] in atom.catchments}


class Uplift:
    """Decisions d and rows (12)."""

    def __init__(self, flows: Flows, places: Places, atoms: Atoms) -> None:
        self.tables, self.flows, self.places, self.atoms = flows.tables, flows, places, atoms

    def reached(self, project: str, start: int) -> Iterator[int]:
        """The periods in which land may come to enjoy the uplift of a project: not before it opens."""
        opening = self.tables.starts[start] + number(self.tables.projects[project]["build_years"], 1.0)
        return (t for t, last in enumerate(self.tables.lasts) if opening <= last)

    def bookings(self, project: str, built: Built, t: int) -> list[tuple[Booking, float]]:
        """The rise that one hectare books when it is reached in a period."""
        named = self.tables.projects[project]
        on = flow(self.tables, str(named["uplift_account"]), annual=False)
        return [(Booking(on, max(self.tables.starts[t], built.opening)), per_ha(named))]

    def draw(self, system: System, starts: Mapping[str, int]) -> None:
        """Add the decisions and the rows of the projects that start."""
        tables, atoms, periods = self.tables, self.atoms, self.tables.periods
        units: dict[tuple[str, int, frozenset[str]], Unit] = {}
        for project, start in starts.items():
            if project not in atoms.projects:
                continue
            built = self.flows.built(project, start)
            for atom in atoms.names:
                if tables.projects[project]["catchment"] not in atom.catchments:
                    continue
                places = (0, *([self.places.position(atom.jurisdiction)] if atom.jurisdiction else []))
                for t in self.reached(project, start):
                    key = (project, t, atom.tools)
                    if key not in units:
                        units[key] = self.flows.unit(self.bookings(project, built, t), project, built, atom.tools)
                    name = f"uplift[{project},{periods[start]},{atom},{periods[t]}]"
                    system.decide(Decision(name, ("uplift", project, start, *atom, t), units[key], places))
        for at, atom in enumerate(atoms.names):
            self._rows(system, at, atom, starts)

    def _rows(self, system: System, at: int, atom: Atom, starts: Mapping[str, int]) -> None:
        periods, watch, area = self.tables.periods, system.watch, float(self.atoms.area[at])
        projects = self.atoms.of_atom(atom)

        def enjoyed(project: str, t: int) -> Sum:
            """Σ of d up to a period."""
            if project not in starts:
                return Sum()
            return total(system.known("uplift", project, starts[project], *atom, t1) for t1 in range(t + 1))

        for project in (name for name in projects if name in starts):
            of = split(projects[project]["uplift_of"])
            for t, period in enumerate(periods):
                so_far = enjoyed(project, t)
                if of and so_far.decisions:
                    room = self.atoms.cell(watch, at, of, t)
                    system.lines.append(Line("uplift", f"reach[{project},{atom},{period}]", so_far, "<=", room))
            if so_far.decisions:
                # where uplift_of names practices, reach is the tighter of the two
                name = f"open[{project},{periods[starts[project]]},{atom}]"
                system.lines.append(Line("uplift", name, so_far, "<=", Sum(area)))
        capped = {name: row for name, row in projects.items() if not np.isnan(number(row["uplift_cap"], np.nan))}
        if not capped:
            return
        cap = min(number(row["uplift_cap"], 0.0) for row in capped.values())
        named = [split(row["uplift_of"]) for row in capped.values()]
        for t, period in enumerate(periods):
            raised = total(enjoyed(each, t) * per_ha(row) for each, row in capped.items())
            if raised.decisions:
                whole = not all(named)
                there = Sum(area) if whole else self.atoms.cell(watch, at, [m for each in named for m in each], t)
                system.lines.append(Line("uplift", f"cap[{atom},{period}]", raised, "<=", there * cap))

    def why_not(self, project: str, start: int, atom: Atom, starts: Mapping[str, int]) -> tuple[str, str]:
        """Why there is no such decision: the rule, and what must hold."""
        row = self.atoms.projects.get(project)
        if row is None:
            return "project", say("it is a project with a catchment")
        if starts.get(project) != start:
            return "start", say("the project starts in that period")
        if atom not in self.atoms.names:
            return "atom", say("there is land of that jurisdiction, with these catchments and tools")
        if row["catchment"] not in atom.catchments:
            return "catchment", say("the land lies in the catchment {tag}", tag=row["catchment"])
        return "period", say("the project has opened by the end of the period")
