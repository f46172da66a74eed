"""The rules that a chosen option, or a set of projects, must keep: the audit's own reading of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.say import listed, say
from zonevest.reports.audit_cells import HOLD, UNASSIGNED, Flags, Ints, Record, number, split
from zonevest.reports.audit_tables import ADMITS, Tables

TOLERANCE = 1e-6
SHOWN = 5
"""How many parcels a breach names."""


class Breach(NamedTuple):
    """A rule that a plan breaks: where, what must hold, what was found; `rule` is a code, the others are sentences."""

    rule: str
    where: str
    must: str
    found: str


def table(breaches: Sequence[Breach]) -> pd.DataFrame:
    """Breaches as a table, whose cells stay sentences that can be said in another language."""
    return pd.DataFrame(list(breaches), columns=list(Breach._fields), dtype=object)


def parcels_named(ids: Sequence[str]) -> str:
    """Parcels by name: the first five, and how many there are."""
    first = listed(ids[:SHOWN])
    if len(ids) > SHOWN:
        return say("parcels {parcels} … ({count} in all)", parcels=first, count=len(ids))
    return say("parcels {parcels}", parcels=first)


class Held(NamedTuple):
    """A part of a parcel and what is done on it; `start` is the number of a period, −1 for none."""

    practice: str
    start: int
    share: float


MUST = {
    "hold": say("the study does not allow land to be held (hold = false)"),
    "unassigned": say("every parcel has an option (unassigned = false)"),
    "from_class": say("the practice starts only from land classes that it admits"),
    "redline_grade": say("inside the red line only practices that admit its grade"),
    "basic_farmland": say("basic farmland keeps its class or becomes arable, under a practice that admits it"),
    "conversion": say("the practice is allowed under the parcel's conversion overlay"),
    "tenure": say("the practice is for land of another tenure"),
    "title": say("the practice needs a title"),
    "titled": say("the practice clears the title of land that has none"),
    "slope": say("the slope is one that the practice admits"),
    "suitability": say("a new class suits its zone at 2 or more, a kept one above 0"),
    "locked_zone": say("a parcel locked to a zone lies in it"),
    "forbidden_zones": say("a parcel lies in none of its forbidden zones"),
    "locked_practice": say("a parcel locked to a practice follows it"),
    "requires_project": say("some project enables the practice"),
    "window": say(
        "a start lies between earliest and latest, in no period that has begun, and its lead_years end inside the "
        "horizon; land locked to a start has that one"
    ),
}


LINE = {
    "redline": say("ecological conservation red line"),
    "basic_farmland": say("permanent basic farmland"),
    "growth_boundary": say("urban development boundary"),
    "village_boundary": say("village boundary"),
    "sea": say("sea"),
    "mineral_right": say("mineral right"),
    "national_park": say("national park"),
}
"""What the lines are called."""


def must(reason: str) -> str:
    """What the rule of a reason asks for."""
    if reason.startswith("line:"):
        name = LINE.get(reason[5:], reason[5:])
        return say("the zones of a line and the land inside it go together: {line}", line=name)
    return MUST[reason]


def in_window(tables: Tables, named: Record, start: int) -> bool:
    """Whether a period lies in [earliest, latest] of a practice or project, and has not begun yet.

    A mandatory project whose window is one period has begun in it.
    """
    earliest, latest = str(named["earliest"]), str(named["latest"])
    known = bool(named.get("mandatory")) and earliest != "" and earliest == latest
    return (start >= tables.past or known) and not (
        (earliest and start < tables.period[earliest]) or (latest and start > tables.period[latest])
    )


def reasons(tables: Tables, members: Ints, practice: str, start: int) -> NDArray[np.object_]:
    """Why an option is not open to each of some parcels, the first rule that it breaks; ``""`` where it is open."""
    found: NDArray[np.object_] = np.full(len(members), "", dtype=object)
    for reason, where in every_reason(tables, members, practice, start):
        found[(found == "") & where] = reason
    return found


def every_reason(tables: Tables, members: Ints, practice: str, start: int) -> Iterator[tuple[str, Flags]]:
    """Every rule that closes an option to some of the parcels, and to which of them."""
    rules = (
        _standing(tables, members, practice)
        if practice in (HOLD, UNASSIGNED)
        else _rules(tables, members, practice, start)
    )
    for reason, where in rules:
        closed = np.broadcast_to(np.asarray(where, dtype=np.bool_), (len(members),))
        if closed.any():
            yield reason, closed


def _rules(tables: Tables, members: Ints, practice: str, start: int) -> Iterator[tuple[str, Flags | bool]]:
    """The rules of a practice, and which parcels it is closed to by each."""
    named = tables.practices[practice]
    zone, to_class = str(named["zone"]), str(named["to_class"])
    before = tables.land_class[members]
    after = before if not to_class else np.full(len(members), to_class, dtype=object)
    changes: Flags = np.asarray(after != before)
    zone_index = tables.zone_at[zone]
    after_index = np.array([tables.class_at[str(c)] for c in after], dtype=np.int64)
    before_index = tables.class_index[members]
    overlay = tables.overlay[members]
    allowed, mode = split(named["conversion"]), str(named["mode"])
    if allowed:
        overlay_bad = ~np.isin(overlay.astype(str), allowed)
    else:
        gentle = mode in ("service", "symbiosis", "restoration")
        overlay_bad = np.isin(overlay.astype(str), ["prohibited", "conditional"]) & (
            (not gentle) | (changes & (mode != "restoration"))
        )
    basic = tables.inside["basic_farmland"][members]
    arable = np.array(["arable" in tables.groups[str(c)] for c in after], dtype=np.bool_)
    tenure = str(named["tenure"])

    yield "from_class", ~np.array([_starts_from(tables, named, str(c)) for c in before], dtype=np.bool_)
    for lines in tables.lines_against(zone):
        against = lines[members].astype(str)
        yield from ((f"line:{line}", against == line) for line in np.unique(against) if line)
    yield "redline_grade", tables.redline[members] > ADMITS[str(named["redline_ok"])]
    yield "basic_farmland", basic & (changes & ~arable if named["basic_farmland_ok"] else np.True_)
    yield "conversion", overlay_bad
    yield "tenure", (tables.tenure[members] != tenure) if tenure else False
    yield "title", ~tables.title[members] if named["needs_title"] else False
    yield "titled", tables.title[members] if named["clears_title"] else False
    flat, steep = number(named["min_slope_class"], 1.0), number(named["max_slope_class"], 5.0)
    yield "slope", (tables.slope[members] < flat) | (tables.slope[members] > steep)
    suits_after, suits_before = (
        tables.suitability[after_index, zone_index],
        tables.suitability[before_index, zone_index],
    )
    yield "suitability", np.where(changes, suits_after < 2, suits_before <= 0)
    yield from _locks(tables, members, np.full(len(members), zone, dtype=object), practice)
    enabled = any(practice in split(project["enables"]) for project in tables.projects.values())
    yield "requires_project", bool(named["requires_project"]) and not enabled
    done = tables.starts[start] + number(named["lead_years"], 0.0)
    locked = tables.locked_start[members]
    outside = np.where(locked == "", not in_window(tables, named, start), locked != tables.periods[start])
    yield "window", outside.astype(bool) | (done > tables.horizon_end)


def _standing(tables: Tables, members: Ints, practice: str) -> Iterator[tuple[str, Flags | bool]]:
    """The rules by which land may not be held, or not be left unassigned."""
    if practice == HOLD:
        yield "hold", not tables.settings.hold
        zones = tables.today_zone[members]
    else:
        yield "unassigned", not tables.settings.unassigned
        zones = np.full(len(members), "", dtype=object)
    yield from _locks(tables, members, zones, practice)


def _locks(
    tables: Tables, members: Ints, zones: NDArray[np.object_], practice: str
) -> Iterator[tuple[str, Flags | bool]]:
    # a lock or a ban on a zone holds for its sub-zones too
    lock, chains = tables.locked_zone[members], [tables.zone_chain.get(str(zone), []) for zone in zones]
    away = [bool(only) and only not in chain for only, chain in zip(lock, chains, strict=True)]
    yield "locked_zone", np.array(away, dtype=bool)
    banned = [not tables.forbidden[i].isdisjoint(chain) for i, chain in zip(members, chains, strict=True)]
    yield "forbidden_zones", np.array(banned, dtype=bool)
    only = tables.locked_practice[members]
    yield "locked_practice", np.asarray((only != "") & (only != practice))


def _starts_from(tables: Tables, named: Record, land_class: str) -> bool:
    """Whether a class is among from_classes (codes or class_group:…; blank is all)."""
    wanted = split(named["from_classes"])
    groups = [f"class_group:{group}" for group in tables.groups[land_class]]
    return not wanted or land_class in wanted or any(group in wanted for group in groups)


def nonconforming(tables: Tables, members: Ints) -> NDArray[np.object_]:
    """Why held land is an exception: its zone does not suit its class, or its line does not allow the zone."""
    found: NDArray[np.object_] = np.full(len(members), "", dtype=object)
    zones = tables.today_zone[members]
    for zone in dict.fromkeys(zones):
        here = zones == zone
        if zone not in tables.zone_at:
            continue
        lines = tables.line_against(zone)[members]
        suits = tables.suitability[tables.class_index[members], tables.zone_at[zone]]
        # on basic farmland what is not arable, inside the red line what is built or may only stay as it is
        fields, built = (
            np.array([group in tables.groups[code] for code in tables.land_class[members]], dtype=bool)
            for group in ("arable", "construction")
        )
        found[here & tables.inside["basic_farmland"][members] & ~fields] = "line:basic_farmland"
        found[here & tables.inside["redline"][members] & (built | (suits < 2))] = "line:redline"
        found[here & (suits <= 0)] = "suitability"
        against = here & (lines != "")
        found[against] = np.array([f"line:{line}" for line in lines[against]], dtype=object)
    return found


# -------------------------------------------------------------------- projects


def start_reasons(tables: Tables, project: str, start: int) -> list[str]:
    """Every rule by which a project may not start in a period."""
    named = tables.projects[project]
    year, end = tables.starts[start], tables.horizon_end
    site = [tables.parcel[name] for name in split(named["footprint"])]
    graded = any(tables.redline[parcel] > ADMITS[str(named["redline_ok"])] for parcel in site)
    fields = any(tables.inside["basic_farmland"][parcel] for parcel in site) and not named["basic_farmland_ok"]
    broken = {
        "window": not in_window(tables, named, start),
        "build_years": year + number(named["build_years"], 1.0) - 1 > end,
        "once": any(year + row > end for row in tables.once_years.get(project, [])),
        "redline": graded,
        "basic_farmland": fields,
    }
    return [reason for reason, is_broken in broken.items() if is_broken]


START_MUST = {
    "window": say("it starts between earliest and latest"),
    "build_years": say("it is built by the end of the last period"),
    "once": say("its one-off flows fall inside the periods"),
    "redline": say("its footprint is land whose red line grade it admits"),
    "basic_farmland": say("its footprint is land off basic farmland, unless it admits it"),
}


def project_breaches(
    tables: Tables,
    starts: Mapping[str, int],
    held: Callable[[str], Sequence[Held]],
    stock: Callable[[str, str, int], float],
) -> Iterator[Breach]:
    """Every project rule that is broken.

    Parameters
    ----------
    starts : start period by project, only those that start.
    held : the parts of a parcel.
    stock : the ledger's value by account, jurisdiction (``total``) and period.
    """
    for project, named in tables.projects.items():
        where = say("project {project}", project=project)
        start = starts.get(project)
        if start is None:
            if named["mandatory"]:
                yield Breach("project:mandatory", where, say("it is built"), say("it is not"))
        else:
            for reason in start_reasons(tables, project, start):
                found = say("start {period}", period=tables.periods[start])
                yield Breach(f"project:{reason}", where, START_MUST[reason], found)
            yield from _required(tables, project, start, starts)
            yield from _footprint(tables, project, start, held)
            yield from _pool(tables, project, start, stock)
    yield from _together(tables, starts)
    yield from _enabled(tables, starts, stock)


def _required(tables: Tables, project: str, start: int, starts: Mapping[str, int]) -> Iterator[Breach]:
    named = tables.projects[project]
    lag = number(named["requires_lag"], 0.0)
    for other in split(named["requires"]):
        first = starts.get(other)
        if first is None or tables.starts[first] + lag > tables.starts[start]:
            found = say("{project} is not built", project=other)
            if first is not None:
                found = _starts_in(tables, other, first)
            yield Breach(
                "project:requires",
                say("project {project}", project=project),
                say("{project} starts {lag:g} years before it or earlier", project=other, lag=lag),
                found,
            )


def _starts_in(tables: Tables, project: str, start: int) -> str:
    return say("{project} starts in {period}", project=project, period=tables.periods[start])


def _together(tables: Tables, starts: Mapping[str, int]) -> Iterator[Breach]:
    sets: dict[str, list[str]] = {}
    bundles: dict[str, list[str]] = {}
    for project, named in tables.projects.items():
        if named["exclusive_set"]:
            sets.setdefault(str(named["exclusive_set"]), []).append(project)
        if named["bundle"]:
            bundles.setdefault(str(named["bundle"]), []).append(project)
    for name, members in sets.items():
        built = [project for project in members if project in starts]
        if len(built) > 1:
            where = say("exclusive set {name}", name=name)
            found = listed(_starts_in(tables, project, starts[project]) for project in built)
            yield Breach("project:exclusive_set", where, say("one at most is built"), found)
    for name, members in bundles.items():
        when = {project: starts.get(project) for project in members}
        if len(set(when.values())) > 1:
            found = listed(
                say("{project} not built", project=p) if s is None else _starts_in(tables, p, s)
                for p, s in when.items()
            )
            where = say("bundle {name}", name=name)
            yield Breach("project:bundle", where, say("its projects start together"), found)


def _footprint(tables: Tables, project: str, start: int, held: Callable[[str], Sequence[Held]]) -> Iterator[Breach]:
    """From the start on every footprint parcel lies in a zone (and under a practice) that the project admits."""
    named = tables.projects[project]
    zones, practice = split(named["footprint_zones"]), str(named["footprint_practice"])
    for name in split(named["footprint"]):
        today = str(tables.today_zone[tables.parcel[name]])
        for t in range(start, len(tables.periods)):
            good = 0.0
            for part in held(name):
                begun = part.practice not in (HOLD, UNASSIGNED) and part.start <= t
                zone = str(tables.practices[part.practice]["zone"]) if begun else today
                if part.practice == UNASSIGNED:
                    zone = ""
                follows = not practice or (begun and part.practice == practice)
                admitted = not zones or any(above in zones for above in tables.zone_chain.get(zone, []))
                if zone and admitted and follows:
                    good += part.share
            if good < 1.0 - TOLERANCE:
                those = listed(zones, " or ") if zones else say("some zone")
                must_lie = say("it lies in {zones}", zones=those)
                if practice:
                    must_lie = say("it lies in {zones} under {practice}", zones=those, practice=practice)
                yield Breach(
                    "project:footprint",
                    say(
                        "project {project}, parcel {parcel}, period {period}",
                        project=project, parcel=name, period=tables.periods[t],
                    ),
                    must_lie,
                    say("{share:.6g} of it does", share=good),
                )  # fmt: skip


def _pool(tables: Tables, project: str, start: int, stock: Callable[[str, str, int], float]) -> Iterator[Breach]:
    named = tables.projects[project]
    least = number(named["min_area"], 0.0)
    kind, _, name = str(named["min_area_of"]).partition(":")
    if least <= 0 or not name:
        return
    for t in range(start, len(tables.periods)):
        area = stock(f"area.{kind.strip()}.{name.strip()}", "total", t)
        if area < least - TOLERANCE * max(1.0, least):
            yield Breach(
                "project:min_area",
                say("project {project}, period {period}", project=project, period=tables.periods[t]),
                say("{pool} has at least {area:.10g} ha", pool=named["min_area_of"], area=least),
                say("{area:.10g} ha", area=area),
            )


def _enabled(tables: Tables, starts: Mapping[str, int], stock: Callable[[str, str, int], float]) -> Iterator[Breach]:
    for practice, named in tables.practices.items():
        if not named["requires_project"]:
            continue
        enabling = {
            project: number(row["enables_area"], np.inf)
            for project, row in tables.projects.items()
            if practice in split(row["enables"])
        }
        for t in range(tables.past, len(tables.periods)):
            room = sum(area for project, area in enabling.items() if starts.get(project, len(tables.periods)) <= t)
            area = stock(f"area.practice.{practice}", "total", t)
            if area > room + TOLERANCE * max(1.0, room if np.isfinite(room) else 1.0, area):
                yield Breach(
                    "project:enables",
                    say("practice {practice}, period {period}", practice=practice, period=tables.periods[t]),
                    say("at most the {area:.10g} ha that started projects enable", area=room),
                    say("{area:.10g} ha", area=area),
                )


def stocks_read(tables: Tables) -> set[tuple[str, str]]:
    """The (account, jurisdiction) pairs that the project rules read from the ledger."""
    read = {(f"area.practice.{name}", "total") for name, named in tables.practices.items() if named["requires_project"]}
    for named in tables.projects.values():
        kind, _, name = str(named["min_area_of"]).partition(":")
        if name and number(named["min_area"], 0.0) > 0:
            read.add((f"area.{kind.strip()}.{name.strip()}", "total"))
    for rows in tables.land_take.values():
        for row in rows:
            account = f"area.class.{row['land_class']}"
            read |= {(account, place) for place in ("total", str(row["jurisdiction"])) if place}
    return read
