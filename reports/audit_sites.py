"""Land that projects take without a drawn site: the land it comes from, and whether there is as much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from zonevest.instances.say import say
from zonevest.reports.audit_cells import Flags, Floats, Ints, number
from zonevest.reports.audit_rules import TOLERANCE, Breach
from zonevest.reports.audit_tables import ADMITS, Tables

Options = Iterable[tuple[tuple[str, int], Ints, Floats]]
"""(practice, start), parcels, and the share of each that it has."""


class Admission(NamedTuple):
    """On which lines a project admits land."""

    redline: str
    basic_farmland: bool

    def within(self, other: Admission) -> bool:
        """Whether it is no wider than another."""
        return ADMITS[self.redline] <= ADMITS[other.redline] and self.basic_farmland <= other.basic_farmland

    def joined(self, other: Admission) -> Admission:
        """The narrowest that is no narrower than either."""
        wider = max(self.redline, other.redline, key=lambda grade: ADMITS[grade])
        return Admission(wider, self.basic_farmland or other.basic_farmland)

    def admits(self, tables: Tables) -> Flags:
        """Which parcels lie on no line outside it."""
        return (tables.redline <= ADMITS[self.redline]) & (self.basic_farmland | ~tables.inside["basic_farmland"])


class Taking(NamedTuple):
    """Hectares of a class that a project takes in a place (``""``: in the total only)."""

    land_class: str
    place: str
    admission: Admission
    area: float

    def site(self, tables: Tables) -> Ints:
        """The parcels of its class today, in its place, that the project admits."""
        here = in_place(tables, self.place) & (tables.land_class == self.land_class)
        return np.flatnonzero(here & self.admission.admits(tables))


def in_place(tables: Tables, place: str) -> Flags:
    """Which parcels lie in a jurisdiction (``""``: everywhere)."""
    return np.asarray(tables.jurisdiction == place) if place else np.ones(tables.parcels, dtype=bool)


def takings(tables: Tables, project: str) -> list[Taking]:
    """What a project takes."""
    named = tables.projects[project]
    admission = Admission(str(named["redline_ok"]), bool(named["basic_farmland_ok"]))
    return [
        Taking(str(row["land_class"]), str(row["jurisdiction"]), admission, float(row["area_ha"]))
        for row in tables.land_take.get(project, [])
    ]


def taking_breaches(
    tables: Tables, starts: Mapping[str, int], stock: Callable[[str, str, int], float], options: Callable[[], Options]
) -> Iterator[Breach]:
    """What is taken is there: no class falls below zero, and no more comes off a line than the projects admit.

    Parameters
    ----------
    starts : start period by project, only those that start.
    stock : the ledger's value by account, jurisdiction (``total``) and period.
    options : the options that are chosen.
    """
    taken = [(start, taking) for project, start in starts.items() for taking in takings(tables, project)]
    if not taken:
        return
    areas: dict[tuple[str, str], float] = {}
    for _, taking in taken:
        for place in dict.fromkeys(["total", taking.place or "total"]):
            areas[taking.land_class, place] = areas.get((taking.land_class, place), 0.0) + taking.area
    for (land_class, place), area in sorted(areas.items()):
        for t in range(len(tables.periods)):
            left = stock(f"area.class.{land_class}", place, t)
            if left < -TOLERANCE * max(1.0, area):
                must = say("no more land is taken than there is")
                yield _too_much("project:land_take", tables, land_class, place, t, must, -left)
    yield from _site_breaches(tables, taken, list(options()))


def _site_breaches(
    tables: Tables, taken: list[tuple[int, Taking]], options: list[tuple[tuple[str, int], Ints, Floats]]
) -> Iterator[Breach]:
    """Of the land that an admission leaves, projects that admit no more take no more than is of the class."""
    every = {(row.land_class, row.place, row.admission) for name in tables.projects for row in takings(tables, name)}
    # what two projects admit, one more on the red line and one on basic farmland, bounds both of them together
    both = {(c, g, mine.joined(other)) for c, g, mine in every for d, h, other in every if (c, g) == (d, h)}
    for land_class, place, admission in sorted(both):
        here, admitted = in_place(tables, place), admission.admits(tables)
        if not (here & ~admitted).any():
            continue  # the class in the place says it all
        mine = [
            (start, each.area)
            for start, each in taken
            if each.land_class == land_class and each.admission.within(admission) and place in ("", each.place)
        ]
        for t in range(len(tables.periods)):
            area = sum(hectares for start, hectares in mine if start <= t)
            there = float(_of_class(tables, options, land_class, t)[here & admitted].sum()) if area else 0.0
            if area - there > TOLERANCE * max(1.0, area):
                must = say(
                    "no more land is taken than lies off the lines that its projects do not admit "
                    "(redline_ok {redline}, basic_farmland_ok {basic})",
                    redline=admission.redline, basic=int(admission.basic_farmland),
                )  # fmt: skip
                yield _too_much("project:site_take", tables, land_class, place or "total", t, must, area - there)


def _of_class(tables: Tables, options: Options, land_class: str, t: int) -> Floats:
    """Hectares of every parcel that are of a class at the end of a period."""
    out = np.zeros(tables.parcels)
    for (practice, start), members, share in options:
        now = tables.land_class[members] == land_class
        named = tables.practices.get(practice, {})  # none: held, or unassigned
        new_class, lead = named.get("to_class"), number(named.get("lead_years"), 0.0)
        if new_class and tables.starts[start] + lead <= tables.lasts[t]:
            now = np.full(len(members), new_class == land_class)
        np.add.at(out, members, tables.area[members] * share * now)
    return out


def _too_much(rule: str, tables: Tables, land_class: str, place: str, t: int, must: str, area: float) -> Breach:
    where = say(
        "class {land_class}, {place}, period {period}", land_class=land_class, place=place, period=tables.periods[t]
    )
    return Breach(rule, where, must, say("{area:.10g} ha too much", area=area))
