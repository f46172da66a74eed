"""What may become of each parcel, asked parcel by parcel (FORMULATION.md section 2).

The files of the complete model (`complete_*.py`) are written for the reader, with plain loops and one parcel at a time,
and share nothing with the arrays that the solver gets: both builds must come to the same rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from zonevest.instances.schema import LINES
from zonevest.instances.study import Study, items

Record = dict[str, Any]
"""One row of a table: cell by column."""

GRADES = ("no", "general", "core")
"""Grades of the red line that redline_ok admits, up to the one that it names; `no` admits none."""

HOLD = "hold"
UNASSIGNED = ""


@dataclass(frozen=True)
class Option:
    """What a parcel does over the horizon (k ∈ K_i).

    Attributes
    ----------
    practice : a practice, ``"hold"``, or ``""`` where the parcel is left unassigned.
    start : position of the period in which the practice starts; None for hold and unassigned.
    zone, land_class : what the parcel becomes; without a zone where it is unassigned.
    """

    practice: str
    start: int | None
    zone: str
    land_class: str


def records(table: pd.DataFrame) -> list[Record]:
    """The rows of a table as dictionaries, in order."""
    # pandas' own to_dict takes a column at a time: a third of the time that the model of a small study takes
    names = table.columns.tolist()
    return [dict(zip(names, row, strict=True)) for row in table.to_numpy(dtype=object).tolist()]


def blank(number: float) -> bool:
    """Whether a number cell is blank."""
    return number != number


class Land:
    """The parcels, and the zones, classes and practices that they may have.

    Attributes
    ----------
    study : the study that all is read from.
    parcels, zones, practices, projects : rows by key, in the order of the tables.
    groups, resource : of each land class.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.parcels = {row["parcel_id"]: row for row in records(study.parcels)}
        self.zones = {row["zone"]: row for row in records(study.zones)}
        self.practices = {row["practice"]: row for row in records(study.practices)}
        self.projects = {row["project"]: row for row in records(study.projects)}
        self.groups = {row["land_class"]: items(row["class_group"]) for row in records(study.land_classes)}
        self.resource = {row["land_class"]: row["resource"] for row in records(study.land_classes)}
        self._suitability = {(row["land_class"], row["zone"]): row["suitability"] for row in records(study.class_zones)}
        self._zone_today = {parcel_id: self._find_zone_today(parcel) for parcel_id, parcel in self.parcels.items()}

    def members(self, column: str) -> dict[str, list[str]]:
        """The projects by exclusive set or bundle, in the order of their table."""
        found: dict[str, list[str]] = defaultdict(list)
        for j, project in self.projects.items():
            if project[column]:
                found[project[column]].append(j)
        return found

    # What is there today

    def zone_today(self, parcel: Record) -> str:
        """The approved zone, or the one that the parcel's line or class asks for where none is approved."""
        return self._zone_today[parcel["parcel_id"]]

    def _find_zone_today(self, parcel: Record) -> str:
        if parcel["zone"]:
            return str(parcel["zone"])
        line = self.demanding_line(parcel)
        if line:
            return self._most_suitable(parcel, [name for name, zone in self.zones.items() if zone["line"] == line])
        permitted = [name for name in self.zones if not self._line_against(parcel, name)]
        # Every zone may be closed to the parcel; it lies somewhere all the same.
        return self._most_suitable(parcel, permitted or list(self.zones))

    def _most_suitable(self, parcel: Record, zones: list[str]) -> str:
        # max keeps the first of equals, and the zones come in the order of their table.
        return max(zones, key=lambda zone: self.suitability(parcel["land_class"], zone), default="")

    def suitability(self, land_class: str, zone: str) -> float:
        """How well a class suits a zone: 0 for a pair that the table leaves out, 2 where there is no table at all."""
        return self._suitability.get((land_class, zone), 0.0) if self._suitability else 2.0

    # Lines

    @staticmethod
    def inside(parcel: Record, line: str) -> bool:
        """Whether the parcel lies inside a line."""
        return parcel["redline"] in ("general", "core") if line == "redline" else bool(parcel[line])

    @staticmethod
    def clear_of_lines(parcel: Record, redline: str, basic_farmland: bool) -> bool:
        """Whether the parcel lies on no line that keeps a project out: redline_ok, basic_farmland_ok."""
        refused = GRADES[GRADES.index(redline) + 1 :]
        return parcel["redline"] not in refused and (bool(basic_farmland) or not parcel["basic_farmland"])

    def demanding_line(self, parcel: Record) -> str:
        """The first line around the parcel whose land must lie in the line's own zones (rules exact and contains)."""
        demanding = {zone["line"] for zone in self.zones.values() if zone["line_rule"] in ("exact", "contains")}
        return next((line for line in LINES if line in demanding and self.inside(parcel, line)), "")

    def _line_against(self, parcel: Record, zone: str) -> str:
        """The line that keeps the parcel out of a zone, or ``""``."""
        own, rule = self.zones[zone]["line"], self.zones[zone]["line_rule"]
        if own and rule in ("exact", "within") and not self.inside(parcel, own):
            return str(own)
        line = self.demanding_line(parcel)
        return line if line != own else ""

    # Options

    def options(self, parcel: Record) -> list[Option]:
        """K_i: hold first, then practices in the order of their table, period by period, unassigned last."""
        settings = self.study.settings
        today = self.zone_today(parcel)
        found = []
        if settings.hold and not self._locked(parcel, HOLD, today):
            found.append(self.hold(parcel))
        for name, practice in self.practices.items():
            if self.excluded(parcel, practice):
                continue
            land_class = practice["to_class"] or parcel["land_class"]
            found += [
                Option(name, s, practice["zone"], land_class) for s in self.starts(practice, parcel["locked_start"])
            ]
        if settings.unassigned and not self._locked(parcel, UNASSIGNED, ""):
            found.append(Option(UNASSIGNED, None, "", parcel["land_class"]))
        return found

    def hold(self, parcel: Record) -> Option:
        """Today's class in today's zone, for good: what doing nothing is, whether or not it may be chosen."""
        return Option(HOLD, None, self.zone_today(parcel), parcel["land_class"])

    def excluded(self, parcel: Record, practice: Record) -> str:
        """Why the parcel may not follow the practice, whenever it starts; ``""`` if it may."""
        today, zone, mode = parcel["land_class"], practice["zone"], practice["mode"]
        becomes = practice["to_class"] or today
        changes = becomes != today
        if practice["from_classes"] and today not in self._classes(items(practice["from_classes"])):
            return "from_class"
        if line := self._line_against(parcel, zone):
            return f"line:{line}"
        grades = {"no": ("general", "core"), "general": ("core",), "core": ()}
        if parcel["redline"] in grades[practice["redline_ok"]]:
            return "redline_grade"
        leaves_arable = changes and "arable" not in self.groups[becomes]
        if parcel["basic_farmland"] and (not practice["basic_farmland_ok"] or leaves_arable):
            return "basic_farmland"
        overlay, admitted = parcel["conversion"] or "free", items(practice["conversion"])
        if admitted:
            if overlay not in admitted:
                return "conversion"
        elif overlay in ("prohibited", "conditional"):
            gentle = mode in ("service", "symbiosis", "restoration")
            if not gentle or (changes and mode != "restoration"):
                return "conversion"
        if practice["tenure"] and practice["tenure"] != parcel["tenure"]:
            return "tenure"
        if practice["needs_title"] and not parcel["title"]:
            return "title"
        if practice["clears_title"] and parcel["title"]:
            return "titled"
        if not practice["min_slope_class"] <= parcel["slope_class"] <= practice["max_slope_class"]:
            return "slope"
        suits = self.suitability(becomes, zone)
        if suits < 2 if changes else suits == 0:
            return "suitability"
        if lock := self._locked(parcel, practice["practice"], zone):
            return lock
        enabled = any(practice["practice"] in items(project["enables"]) for project in self.projects.values())
        if practice["requires_project"] and not enabled:
            return "requires_project"
        return ""

    def _classes(self, names: Iterable[str]) -> set[str]:
        """The land classes of a list that may name groups of them (``class_group:arable``)."""
        classes = set()
        for name in names:
            kind, _, group = name.partition(":")
            classes |= {c for c, groups in self.groups.items() if group in groups} if kind == "class_group" else {name}
        return classes

    def _locked(self, parcel: Record, practice: str, zone: str) -> str:
        inside = self.lineage(zone)
        if parcel["locked_zone"] and parcel["locked_zone"] not in inside:
            return "locked_zone"
        if any(banned in inside for banned in items(parcel["forbidden_zones"])):
            return "forbidden_zones"
        if parcel["locked_practice"] and parcel["locked_practice"] != practice:
            return "locked_practice"
        return ""

    def window(self, row: Record) -> list[int]:
        """The positions of the periods from `earliest` to `latest` of a practice or a project; blank is open."""
        names = [period.name for period in self.study.periods]
        first = names.index(row["earliest"]) if row["earliest"] else 0
        last = names.index(row["latest"]) if row["latest"] else len(names) - 1
        return list(range(first, last + 1))

    def starts(self, practice: Record, locked: str = "") -> list[int]:
        """The positions of the periods in which a practice may start: its lead years end inside the horizon.

        A parcel that is locked to a start has no other, and needs no window; else none is in a period that has begun.
        """
        periods, lead = self.study.periods, int(practice["lead_years"])
        open_ = [s for s in self.window(practice) if s >= self.study.past]
        if locked:
            open_ = [[period.name for period in periods].index(locked)]
        return [s for s in open_ if periods[s].start + lead <= periods[-1].last]

    # The state of a parcel in a period

    def zone_in(self, parcel: Record, option: Option, t: int) -> str:
        """The parcel's zone in period t: the option's from its start, today's before it."""
        return self.zone_today(parcel) if option.start is not None and t < option.start else option.zone

    def class_in(self, parcel: Record, option: Option, t: int) -> str:
        """The parcel's class at the end of period t: the option's once its lead years are over."""
        changed = self.change_year(option)
        there = changed is not None and changed <= self.study.periods[t].last
        return option.land_class if there else str(parcel["land_class"])

    def tenure_in(self, parcel: Record, option: Option, t: int) -> str:
        """Whose the parcel is at the end of period t: as the practice says once its lead years are over."""
        changed = self.change_year(option)
        given = self.practices[option.practice]["to_tenure"] if changed is not None else ""
        there = changed is not None and changed <= self.study.periods[t].last
        return str(given if given and there else parcel["tenure"])

    @staticmethod
    def practice_in(option: Option, t: int) -> str:
        """The practice that the parcel is under in period t; none before the option's start."""
        return "" if option.start is not None and t < option.start else option.practice

    def start_year(self, option: Option) -> int | None:
        """The calendar year of the option's start, None where it has none."""
        return None if option.start is None else self.study.periods[option.start].start

    def change_year(self, option: Option) -> int | None:
        """The calendar year from which the option's class is there, None where it has no start."""
        started = self.start_year(option)
        return None if started is None else started + int(self.practices[option.practice]["lead_years"])

    def lineage(self, zone: str) -> list[str]:
        """A zone and the zones that it is a part of."""
        found: list[str] = []
        while zone and zone not in found:
            found.append(zone)
            zone = self.zones[zone]["parent"]
        return found
