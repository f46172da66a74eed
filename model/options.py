"""Admissible options (FORMULATION.md section 2): control lines are absences, not rows.

Parcels that agree in everything a rule or a `where` asks about form a *pattern*. Rules are decided once per pattern
and practice; an *option kind* is a (pattern, practice, start) that is allowed, and an option is a kind taken by one
parcel of the pattern. What was excluded keeps its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.faults import Faults
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import FLOW_TABLES, LINES
from zonevest.instances.study import Study, conditions, each, items, lineages, period_names
from zonevest.model.capture import with_captures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Ints: TypeAlias = NDArray[np.int64]

HOLD = "hold"
UNASSIGNED = ""
REASONS = (
    "",
    "from_class",
    *(f"line:{line}" for line in LINES),
    "redline_grade",
    "basic_farmland",
    "conversion",
    "tenure",
    "title",
    "titled",
    "slope",
    "suitability",
    "locked_zone",
    "forbidden_zones",
    "locked_practice",
    "requires_project",
    "window",
    "switched_off",
)
"""Why an option does not exist; the position is the code in `Options.reasons`. The first that applies is kept."""

LIFTED = (
    *(f"line:{line}" for line in LINES),
    "redline_grade",
    "basic_farmland",
    "conversion",
    "locked_zone",
    "forbidden_zones",
    "locked_practice",
)
"""Reasons that somebody has decided and could decide otherwise; position: the bit in `Options.barred`."""

_RULE_COLUMNS = (
    "land_class",
    "jurisdiction",
    "tenure",
    "zone",
    *LINES,
    "conversion",
    "slope_class",
    "title",
    "locked_zone",
    "forbidden_zones",
    "locked_practice",
    "locked_start",
    "tags",
)


@dataclass(frozen=True)
class Options:
    """Every option of every parcel, factored into patterns and kinds.

    Attributes
    ----------
    study : the study.
    pattern : pattern of each parcel, shape (parcels,).
    first : a parcel of each pattern, shape (patterns,).
    zone_today : zone code of each pattern before the plan, shape (patterns,).
    practices : names; ``"hold"`` first, then the practices table's order, then ``""`` (unassigned).
    kind_pattern, kind_practice, kind_start : of each kind, shape (kinds,); sorted by pattern; start is a period's
        position, -1 for hold and unassigned.
    reasons : why, by pattern and position in `practices`, an option does not exist: code of `REASONS`, 0 if it does.
    nonconforming : bool by pattern, held land that does not suit its zone or whose zone its lines do not allow.
    barred : of options built with `lifted`, by pattern and position in `practices`: the bits of the reasons of
        `LIFTED` that would exclude them.
    """

    study: Study
    pattern: Ints
    first: Ints
    zone_today: NDArray[np.object_]
    practices: tuple[str, ...]
    kind_pattern: Ints
    kind_practice: Ints
    kind_start: Ints
    reasons: NDArray[np.int8]
    nonconforming: Bools
    barred: Ints | None = None

    @cached_property
    def per_pattern(self) -> Ints:
        """How many kinds each pattern has, shape (patterns,)."""
        return np.bincount(self.kind_pattern, minlength=len(self.first))

    @cached_property
    def parcel(self) -> NDArray[np.int32]:
        """The parcel of each option, in parcel order, shape (options,)."""
        counts = self.per_pattern[self.pattern]
        return np.repeat(np.arange(len(self.pattern), dtype=np.int32), counts)

    @cached_property
    def start(self) -> Ints:
        """Where each parcel's options begin among all options, shape (parcels + 1,)."""
        return np.concatenate([[0], np.cumsum(self.per_pattern[self.pattern])])

    @cached_property
    def kind(self) -> NDArray[np.int32]:
        """The kind of each option, in parcel order, shape (options,)."""
        first_kind = np.concatenate([[0], np.cumsum(self.per_pattern)])[:-1]
        offset = (first_kind[self.pattern] - self.start[:-1]).astype(np.int32)
        return np.arange(self.start[-1], dtype=np.int32) + offset[self.parcel]

    def names(self) -> Iterator[tuple[str, str, str]]:
        """(parcel_id, practice, start period or "") of each option, in order."""
        ids = self.study.parcels["parcel_id"].to_numpy()
        periods = [*period_names(self.study.periods), ""]
        for parcel, kind in zip(self.parcel, self.kind, strict=True):
            yield ids[parcel], self.practices[self.kind_practice[kind]], periods[self.kind_start[kind]]


def build_options(study: Study, *, lifted: bool = False) -> Options:
    """Decide, pattern by pattern, which practices and starts are admissible.

    Parameters
    ----------
    lifted : options that the reasons of `LIFTED` exclude are there too, and `barred` says which.

    Raises
    ------
    StudyError
        If a parcel is left without an option, or, under `strict_lines`, if held land does not conform.
    """
    parcels = study.parcels
    pattern, first = _patterns(study)
    seen = parcels.iloc[first].reset_index(drop=True)
    zones = _Zones(study, seen)
    today, nonconforming = zones.today()
    practices = study.practices
    names = (HOLD, *practices["practice"], UNASSIGNED)
    reasons = np.zeros((len(seen), len(names)), dtype=np.int8)
    barred = np.zeros(reasons.shape, dtype=np.int64) if lifted else None
    _exclude(reasons, 0, "switched_off", np.full(len(seen), not study.settings.hold))
    for column, practice in enumerate(each(practices), start=1):
        for reason, excluded in _rules(seen, zones, practice, lifted=lifted):
            _exclude(reasons, column, reason, excluded, barred)
    _exclude(reasons, len(names) - 1, "switched_off", np.full(len(seen), not study.settings.unassigned))
    zone_of = [None, *practices["zone"], None]
    for column, name in enumerate(names):
        for reason, excluded in _locks(seen, name, today if name == HOLD else zone_of[column], zones.lineage):
            _exclude(reasons, column, reason, excluded, barred)
    enabled = {name for cell in study.projects["enables"] for name in items(cell)}
    for column, (name, waits) in enumerate(zip(names[1:-1], practices["requires_project"], strict=True), start=1):
        _exclude(reasons, column, "requires_project", np.full(len(seen), waits and name not in enabled))
    starts, finished = _windows(study)
    locked = pd.Index(period_names(study.periods)).get_indexer(seen["locked_start"])
    for column, (free, done) in enumerate(zip(starts, finished, strict=True), start=1):
        _exclude(reasons, column, "window", np.where(locked < 0, not free.any(), ~done[locked]))
    pattern_of, practice_of, start_of = _kinds(reasons == 0, starts, locked)
    options = Options(
        study,
        pattern,
        first,
        today,
        names,
        pattern_of,
        practice_of,
        start_of,
        reasons,
        nonconforming & (reasons[:, 0] == 0),
        barred,
    )
    _check(options)
    return options


def _exclude(reasons: NDArray[np.int8], column: int, reason: str, excluded: Bools, barred: Ints | None = None) -> None:
    if barred is not None and reason in LIFTED:
        barred[excluded, column] |= 1 << LIFTED.index(reason)
        return
    cells = reasons[:, column]
    cells[(cells == 0) & excluded] = REASONS.index(reason)


def _patterns(study: Study) -> tuple[Ints, Ints]:
    """Number parcels by everything that rules, `where` parts, footprints and own flow rows ask about."""
    parcels, practices = study.parcels, study.practices
    columns = dict.fromkeys(_RULE_COLUMNS)
    asked = {
        "tenure": (practices["tenure"] != "").any(),
        "title": practices["needs_title"].any() or practices["clears_title"].any(),
        "slope_class": (practices["min_slope_class"] > 1.0).any() or (practices["max_slope_class"] < 5.0).any(),
    }
    for column in [column for column, matters in asked.items() if not matters]:
        del columns[column]
    for name in (*FLOW_TABLES, "capture"):
        for cell in study.tables[name]["where"].unique():
            columns.update(dict.fromkeys(column for column, _ in conditions(cell)))
    keys = [parcels[column] for column in columns if column in parcels]  # without parcels nothing asks
    keys += [membership for membership in (_footprints(study), _own_rows(study)) if membership is not None]
    code = np.zeros(len(parcels), dtype=np.int64)
    for key in keys:
        codes, values = pd.factorize(key)
        count = len(values) + int((codes < 0).any())  # a blank has code -1
        if count > 1:
            code = code * count + codes % count
            if code.size and code.max() > np.iinfo(np.int32).max:
                code = pd.factorize(code)[0]
    pattern, values = pd.factorize(code)
    first = np.full(len(values), len(parcels), dtype=np.int64)
    np.minimum.at(first, pattern, np.arange(len(parcels)))
    return pattern.astype(np.int64), first


def _footprints(study: Study) -> Ints | None:
    """For each parcel a number that stands for the projects drawn on it."""
    drawn = study.projects[study.projects["footprint"] != ""]
    if drawn.empty:
        return None
    marks = [(parcel, row.project) for row in each(drawn) for parcel in items(row.footprint)]
    parcels, projects = zip(*marks, strict=True)
    return _signature(study, parcels, [np.array(projects, dtype=object)])


def _own_rows(study: Study) -> Ints | None:
    """For each parcel a number for the practices, zones and timing of its own flow rows: they say when options end."""
    if study.parcel_flows.empty:
        return None
    flows, _ = with_captures(study, study.parcel_flows)
    once = flows["basis"].isin(["once", "per_ha_once"]).to_numpy()
    lasts = ~once & ~flows["captured"].to_numpy(dtype=bool) if "captured" in flows else ~once
    sold = set(study.accounts.loc[study.accounts["role"] == "land_sale", "account"])
    marks = [flows[name].to_numpy() for name in ("practice", "zone", "where")]
    marks += [once, once & flows["account"].isin(sold).to_numpy()]
    marks += [np.where(lasts, flows[name].to_numpy(dtype=float), 0.0) for name in ("start_year", "life_years")]
    return _signature(study, flows["parcel_id"], marks)


def _signature(study: Study, parcels: Sequence[str], marks: Sequence[NDArray[Any]]) -> Ints:
    """A number for the set of marks that each parcel has (0 for none): equal sets, equal numbers.

    Parameters
    ----------
    parcels, marks : the parcel that has a mark, and what makes the mark, column by column.
    """
    owner = pd.Index(study.parcels["parcel_id"]).get_indexer(parcels).astype(np.int64)
    code = numbered(*marks)
    count = int(code.max()) + 1
    once = np.unique(owner * count + code)
    drawn = np.random.default_rng(0).integers(1, 2**62, size=count)
    total = np.zeros(len(study.parcels), dtype=np.int64)
    with np.errstate(over="ignore"):
        np.add.at(total, once // count, drawn[once % count])
    return total


def numbered(*columns: NDArray[Any]) -> Ints:
    """Number the distinct rows of several columns (blanks are equal), shape (rows,)."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, values = pd.factorize(column, use_na_sentinel=False)
        code = pd.factorize(code * max(len(values), 1) + codes, sort=True)[0]
    return code


def _suitability(study: Study, classes: pd.Index, zones: NDArray[np.object_]) -> NDArray[np.float64]:
    """Suitability of every class in every zone: 0 for a pair without a row, 2 with no table at all."""
    pairs = study.class_zones
    table = np.full((len(classes), len(zones)), 2.0 if pairs.empty else 0.0)
    if len(pairs):
        table[classes.get_indexer(pairs["land_class"]), pd.Index(zones).get_indexer(pairs["zone"])] = pairs[
            "suitability"
        ]
    return table


class _Zones:
    """What classes, lines and suitability say of zones, by pattern."""

    def __init__(self, study: Study, seen: pd.DataFrame) -> None:
        self.seen = seen
        zones = study.zones
        self.codes = zones["zone"].to_numpy(dtype=object)
        self.lineage = lineages(zones["zone"], zones["parent"])
        self.classes = pd.Index(study.land_classes["land_class"])
        self.class_today = self.classes.get_indexer(seen["land_class"])
        groups = [items(cell) for cell in study.land_classes["class_group"]]
        self.groups = groups
        self.arable, self.built = (
            np.array([name in cell for cell in groups], dtype=bool) for name in ("arable", "construction")
        )
        self.suitable = _suitability(study, self.classes, self.codes)
        inside = {line: inside_line(seen, line) for line in LINES}
        excluded = np.zeros((len(seen), len(zones)), dtype=np.int8)
        line_of, rule = zones["line"].to_numpy(dtype=object), zones["line_rule"].to_numpy(dtype=object)
        named = [line for line in LINES if (line_of == line).any()]
        for line in named:
            own = (line_of == line) & np.isin(rule, ["exact", "within"])
            excluded[np.ix_(~inside[line], own)] = REASONS.index(f"line:{line}")
        self.demanded = np.zeros((len(seen), len(zones)), dtype=bool)
        waiting = np.ones(len(seen), dtype=bool)
        for line in named:
            own = line_of == line
            if not (own & np.isin(rule, ["exact", "contains"])).any():
                continue
            now = waiting & inside[line]
            self.demanded[np.ix_(now, own)] = True
            cells = excluded[np.ix_(now, ~own)]
            excluded[np.ix_(now, ~own)] = np.where(cells == 0, REASONS.index(f"line:{line}"), cells)
            waiting &= ~now
        self.excluded = excluded
        self.inside, self.line_of, self.rule = inside, line_of, rule

    def barring(self, line: str, zone: int) -> Bools:
        """Where a line excludes a zone, whether or not another one does so first, by pattern."""
        own = self.line_of[zone] == line
        if own and self.rule[zone] in ("exact", "within"):
            return ~self.inside[line]
        mine = (self.line_of == line) & np.isin(self.rule, ["exact", "contains"])
        if own or not mine.any():
            return np.zeros(len(self.seen), dtype=bool)
        return self.inside[line] & ~self.demanded[:, zone]

    def suitability(self, classes: Ints) -> NDArray[np.float64]:
        """Suitability of classes (positions in land_classes) in every zone, shape (len(classes), zones)."""
        return np.asarray(self.suitable[classes])

    def today(self) -> tuple[NDArray[np.object_], Bools]:
        """Zone before the plan and whether it does not conform, by pattern."""
        if not len(self.codes):
            return np.full(len(self.seen), "", dtype=object), np.zeros(len(self.seen), dtype=bool)
        suitable = self.suitability(self.class_today)
        # demanded zones first, then permitted ones, then the rest; within them the most suitable, then table order
        rank = suitable + 10.0 * (self.excluded == 0) + 100.0 * self.demanded
        best = rank.argmax(axis=1)
        approved = pd.Index(self.codes).get_indexer(self.seen["zone"])
        chosen = np.where(approved >= 0, approved, best)
        rows = np.arange(len(self.seen))
        suits = suitable[rows, chosen]
        # inside the red line what is built or may only stay as it is, on basic farmland what is not arable
        strange = inside_line(self.seen, "redline") & ((suits < 2) | self.built[self.class_today])
        strange |= inside_line(self.seen, "basic_farmland") & ~self.arable[self.class_today]
        return self.codes[chosen], (self.excluded[rows, chosen] != 0) | (suits == 0) | strange


def inside_line(parcels: pd.DataFrame, line: str) -> Bools:
    """Which parcels lie inside a control line."""
    if line == "redline":
        return np.asarray(parcels[line].isin(["general", "core"]))
    return np.asarray(parcels[line], dtype=bool)


def _rules(seen: pd.DataFrame, zones: _Zones, practice: Any, *, lifted: bool = False) -> Iterator[tuple[str, Bools]]:
    """The rules of section 2 for one practice, in the order of `REASONS`: (reason, excluded by pattern)."""
    today = zones.class_today
    named = items(practice.from_classes)
    groups = {item.removeprefix("class_group:") for item in named if item.startswith("class_group:")}
    admitted = [
        code in named or not groups.isdisjoint(cell) for code, cell in zip(zones.classes, zones.groups, strict=True)
    ]
    if named:
        yield "from_class", ~np.array(admitted, dtype=bool)[today]
    new = np.full(len(today), zones.classes.get_loc(practice.to_class)) if practice.to_class else today
    changes = new != today
    zone = int(np.flatnonzero(zones.codes == practice.zone)[0])
    for line in LINES:
        first = zones.excluded[:, zone] == REASONS.index(f"line:{line}")
        yield f"line:{line}", zones.barring(line, zone) if lifted else first
    refused = {"no": ["general", "core"], "general": ["core"], "core": []}[practice.redline_ok]
    yield "redline_grade", seen["redline"].isin(refused).to_numpy()
    kept = zones.arable[new] | ~changes if practice.basic_farmland_ok else np.zeros(len(today), dtype=bool)
    yield "basic_farmland", inside_line(seen, "basic_farmland") & ~kept
    yield "conversion", _overlay(seen, changes, practice.mode, items(practice.conversion))
    if practice.tenure:
        yield "tenure", (seen["tenure"] != practice.tenure).to_numpy()
    if practice.needs_title:
        yield "title", ~seen["title"].to_numpy(dtype=bool)
    if practice.clears_title:
        yield "titled", seen["title"].to_numpy(dtype=bool)
    yield "slope", ~seen["slope_class"].between(practice.min_slope_class, practice.max_slope_class).to_numpy()
    suitable = zones.suitability(new)[:, zone]
    yield "suitability", np.where(changes, suitable < 2, suitable < 1)


def _overlay(seen: pd.DataFrame, changes: Bools, mode: str, admitted: list[str]) -> Bools:
    """Where the conversion overlay excludes a practice (blank overlay: free)."""
    overlay = seen["conversion"].where(seen["conversion"] != "", "free")
    if admitted:
        return ~np.asarray(overlay.isin(admitted))
    guarded = np.asarray(overlay.isin(["prohibited", "conditional"]))
    if mode == "restoration":
        return np.zeros(len(seen), dtype=bool)
    return guarded & (changes if mode in {"service", "symbiosis"} else True)


def _locks(
    seen: pd.DataFrame, name: str, zone: NDArray[np.object_] | str | None, lineage: dict[str, list[str]]
) -> Iterator[tuple[str, Bools]]:
    """Locks and bans by parcel for one option, which hold for sub-zones too; an unassigned parcel lies in no zone."""
    locked, bans = seen["locked_zone"].to_numpy(dtype=object), seen["forbidden_zones"]
    if (locked != "").any() or (bans != "").any():
        inside = [lineage.get(z, []) for z in np.broadcast_to(np.asarray(zone, dtype=object), len(seen))]
        yield "locked_zone", np.array([bool(z) and z not in own for z, own in zip(locked, inside, strict=True)], bool)
        banned = [not set(items(cell)).isdisjoint(own) for cell, own in zip(bans, inside, strict=True)]
        yield "forbidden_zones", np.array(banned, dtype=bool)
    practice = seen["locked_practice"].to_numpy(dtype=object)
    yield "locked_practice", (practice != "") & (practice != name)


def _windows(study: Study) -> tuple[Bools, Bools]:
    """In which periods each practice may start, and in which it would be done in time, shape (practices, periods)."""
    position = {name: index for index, name in enumerate(period_names(study.periods))}
    last = len(position) - 1
    early = np.array([position.get(name, 0) for name in study.practices["earliest"]], dtype=int)
    late = np.array([position.get(name, last) for name in study.practices["latest"]], dtype=int)
    period = np.arange(last + 1)
    begins = np.array([each.start for each in study.periods], dtype=int)
    done = begins + study.practices["lead_years"].to_numpy(dtype=float)[:, None]
    finished = np.asarray(done <= study.last_year, dtype=bool)
    early = np.maximum(early, study.past)
    return np.asarray((early[:, None] <= period) & (period <= late[:, None]) & finished, dtype=bool), finished


def _kinds(allowed: Bools, starts: Bools, locked: Ints) -> tuple[Ints, Ints, Ints]:
    """Every (pattern, practice, start) that is allowed, sorted in that order.

    Parameters
    ----------
    locked : the one start of each pattern's practice, by position; -1 where it is free.
    """
    pattern, practice = np.nonzero(allowed)
    held = (practice == 0) | (practice == allowed.shape[1] - 1)
    alone = held | (locked[pattern] >= 0)
    counts = np.where(alone, 1, np.append(starts.sum(axis=1), 0)[practice - 1])
    rows = np.repeat(np.arange(len(pattern)), counts)
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    begins = starts.argmax(axis=1) if starts.size else np.zeros(0, dtype=int)
    start = np.where(held[rows], -1, np.append(begins, 0)[practice[rows] - 1] + rank)
    start = np.where(~held[rows] & alone[rows], locked[pattern[rows]], start)
    return pattern[rows], practice[rows], start


def _check(options: Options) -> None:
    """Refuse parcels without an option and, under strict_lines, held land that does not conform."""
    study = options.study
    ids = study.parcels["parcel_id"]
    faults = Faults()

    def fault(mask: Bools, must: Rule, found: str) -> None:
        rows = np.flatnonzero(mask[options.pattern])
        if rows.size:
            named = listed(ids.iloc[rows[:5]])
            where = say("parcels: {parcels} ({count} in all)", parcels=named, count=rows.size)
            if rows.size > 5:
                where = say("parcels: {parcels} … ({count} in all)", parcels=named, count=rows.size)
            faults.add(where, must, found)

    empty = options.per_pattern == 0
    why = [
        listed(sorted({REASONS[code] for code in row if code})) or say("no practice") for row in options.reasons[empty]
    ]
    fault(
        empty,
        rule("parcels.option"),
        say("what excludes them: {reasons}", reasons=listed(dict.fromkeys(why[:3]), "; ")),
    )
    if study.settings.strict_lines:
        fault(
            options.nonconforming,
            rule("parcels.strict-lines"),
            say("its class has suitability 0 in the approved zone, or a line excludes that zone"),
        )
    faults.stop_if_any()
