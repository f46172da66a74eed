"""Land whose value projects raise: atoms, decisions and rows (12) (docs/semantics.md, "Uplift of land value")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.instances.study import items
from zonevest.model.complete_options import Record
from zonevest.model.complete_rows import Row, Run, Undertaking, where_holds
from zonevest.model.complete_terms import Choice, Posting, Start, Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build


@dataclass(frozen=True)
class Atom:
    """Parcels alike in jurisdiction, catchments and tools (ε).

    Attributes
    ----------
    catchments : tags that some project names as its catchment, sorted.
    wheres : the `where` cells that hold here of the capture rows on these catchments' uplift, sorted.
    """

    jurisdiction: str
    catchments: tuple[str, ...]
    wheres: tuple[str, ...]

    @property
    def name(self) -> str:
        """The jurisdiction, the catchments and the where cells, as the columns of uplift.csv have them."""
        return "/".join((self.jurisdiction, ";".join(self.catchments), " + ".join(self.wheres)))


@dataclass(frozen=True)
class Raised:
    """A variable d_jsεt: hectares of an atom that newly enjoy the uplift of a start of a project from period t on."""

    start: Start
    atom: Atom
    t: int
    variable: Any
    undertaking: Undertaking


class Catchments:
    """The atoms of a study, and the decisions that raise the value of their land.

    Attributes
    ----------
    projects : those with a catchment, their uplift as far as it will be delivered.
    atoms : the parcels of each.
    raised : every d_jsεt there is.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.projects = {
            j: row | {"uplift_per_ha": row["deliverability"] * row["uplift_per_ha"]}
            for j, row in build.land.projects.items()
            if row["catchment"]
        }
        self.atoms: dict[Atom, list[str]] = {}
        for parcel_id, parcel in build.land.parcels.items():
            if atom := self._atom(parcel):
                self.atoms.setdefault(atom, []).append(parcel_id)
        self.raised = list(self._raised())

    def _atom(self, parcel: Record) -> Atom | None:
        """The atom of a parcel; none without a catchment."""
        catchments = sorted({row["catchment"] for row in self.projects.values()} & set(items(parcel["tags"])))
        if not catchments:
            return None
        accounts = {row["uplift_account"] for row in self.projects.values() if row["catchment"] in catchments}
        cells = {tool.where for account in accounts for tool in self.build.flows.captures.on.get(account, ())}
        wheres = sorted(cell for cell in cells if cell and where_holds(parcel, cell))
        return Atom(parcel["jurisdiction"], tuple(catchments), tuple(wheres))

    def _raised(self) -> Iterator[Raised]:
        """Where the atom lies in the catchment, the start is possible, and the project opens by the end of t."""
        build = self.build
        # One row for each project: the same unit of uplift, whenever and wherever.
        rows = {
            j: Row(project["uplift_account"], True, project["uplift_per_ha"]) for j, project in self.projects.items()
        }
        for start in build.starts:
            j, project = start.project["project"], start.project
            for atom in self.atoms if j in self.projects else ():
                if project["catchment"] not in atom.catchments:
                    continue
                for t, period in enumerate(build.study.periods):
                    if start.undertaking.service <= period.last:
                        key = (j, build.names[start.s], atom.name, period.name)
                        undertaking = self._undertaking(start, atom, t, rows[j])
                        yield Raised(start, atom, t, build.model.uplifted[key], undertaking)

    def _undertaking(self, start: Start, atom: Atom, t: int, row: Row) -> Undertaking:
        """What a hectare brings: the rise in e = max(first year of t, opening), and what tools take of it.

        It is a part of its project: one-off amounts are carried to the project's opening and spread over its life.
        """
        whole, flows = start.undertaking, self.build.flows
        e = max(self.build.study.periods[t].start, whole.service)
        rise = Run(row, e, e + 1)
        taken = flows.captures.taken(rise, row.value, lambda cell: not cell or cell in atom.wheres)
        both = ((rise, row.value), *taken)
        return Undertaking(both, whole.service, whole.life, whole.last, whole.project, whole.flags)

    def postings(self) -> Iterator[Posting]:
        """What a hectare of each decision books, in the jurisdiction of its atom and in the total."""
        for raised in self.raised:
            yield self.build.posting(raised.variable, raised.atom.jurisdiction, raised.undertaking)

    # Hectares

    def under(self, atom: Atom, practices: Iterable[str], t: int) -> Terms:
        """Hectares of an atom under one of some practices at the end of a period."""
        return [
            (choice.parcel["area_ha"], choice.x)
            for choices in self._choices(atom)
            for choice in choices
            if self.build.land.practice_in(choice.option, t) in practices
        ]

    def area(self, atom: Atom) -> float:
        """All hectares of an atom."""
        return float(sum(self.build.land.parcels[parcel_id]["area_ha"] for parcel_id in self.atoms[atom]))

    def most(self, atom: Atom, practices: Iterable[str]) -> float:
        """A: the most hectares of an atom that can be under one of some practices at the end of the last period."""
        last = len(self.build.names) - 1
        return float(
            sum(
                choices[0].parcel["area_ha"]
                for choices in self._choices(atom)
                if any(self.build.land.practice_in(choice.option, last) in practices for choice in choices)
            )
        )

    def _choices(self, atom: Atom) -> list[list[Choice]]:
        return [self.build.choices[parcel_id] for parcel_id in self.atoms[atom]]

    def enjoyed(self, j: str, atom: Atom, t: int) -> list[Any]:
        """Σ_s Σ_{t' ≤ t} d_jsεt': the variables of the hectares that enjoy a project's uplift at the end of t."""
        return [
            raised.variable
            for raised in self.raised
            if raised.start.project["project"] == j and raised.atom == atom and raised.t <= t
        ]


def reach(build: Build) -> None:
    """(12) Σ_s Σ_{t' ≤ t} d_jsεt' − Σ_m area.practice.m of ε ≤ 0.

    In words: only land under the practices that a project works for gains from it. Applies to projects with uplift_of,
    to atoms of their catchment and periods in which they may be open; ``reach[project, atom, period]``.
    """
    model, land = build.model, build.catchments
    model.reach = pyo.Constraint(pyo.Any)
    for j, project in land.projects.items():
        practices = items(project["uplift_of"])
        for atom in land.atoms if practices else ():
            for t, period in enumerate(build.names):
                if enjoyed := land.enjoyed(j, atom, t):
                    left = linear((1.0, variable) for variable in enjoyed)
                    model.reach[j, atom.name, period] = left - linear(land.under(atom, practices, t)) <= 0


def open_(build: Build) -> None:
    """(12) Σ_t d_jsεt − A u_js ≤ 0.

    In words: land gains from a project that has started. A is the most land of the atom that can be under the
    practices of uplift_of at the end; ``open[project, start, atom]``.
    """
    model, land = build.model, build.catchments
    model.open = pyo.Constraint(pyo.Any)
    found: dict[tuple[str, int, Atom], list[Any]] = {}
    starts = {(start.project["project"], start.s): start for start in build.starts}
    for raised in land.raised:
        key = (raised.start.project["project"], raised.start.s, raised.atom)
        found.setdefault(key, []).append(raised.variable)
    for (j, s, atom), variables in found.items():
        practices = items(land.projects[j]["uplift_of"])
        most = land.most(atom, practices) if practices else land.area(atom)
        terms = [*((1.0, variable) for variable in variables), *build.started(starts[j, s], -most)]
        model.open[j, build.names[s], atom.name] = linear(terms) <= 0


def cap(build: Build) -> None:
    """(12) Σ_j uplift_per_ha_j Σ_s Σ_{t' ≤ t} d_jsεt' − cap · (hectares that the projects can reach) ≤ 0.

    In words: all projects together raise the value of a hectare by no more than the least of their caps. Applies to
    the projects of an atom with an uplift_cap; they reach the land under any practice that one of them names, all of
    the atom where one names none; ``cap[atom, period]``.
    """
    model, land = build.model, build.catchments
    model.cap = pyo.Constraint(pyo.Any)
    for atom in land.atoms:
        capped = {
            j: project
            for j, project in land.projects.items()
            if project["catchment"] in atom.catchments and project["uplift_cap"] == project["uplift_cap"]
        }
        least = min((project["uplift_cap"] for project in capped.values()), default=0.0)
        named = [items(project["uplift_of"]) for project in capped.values()]
        practices = {practice for each in named for practice in each}
        for t, period in enumerate(build.names):
            terms = [
                (row["uplift_per_ha"], variable) for j, row in capped.items() for variable in land.enjoyed(j, atom, t)
            ]
            if not terms:
                continue
            if all(named):
                terms += [(-least * area, x) for area, x in land.under(atom, practices, t)]
                model.cap[atom.name, period] = linear(terms) <= 0
            else:
                model.cap[atom.name, period] = linear(terms) <= least * land.area(atom)
