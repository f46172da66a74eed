"""What an option or a project books, cash flow by cash flow and year by year: the audit's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from zonevest.reports.audit_accounts import CAPTURED, LEFT, Account
from zonevest.reports.audit_areas import Areas, States
from zonevest.reports.audit_assets import Assets
from zonevest.reports.audit_capture import read_capture, taken
from zonevest.reports.audit_cells import FOREVER, HOLD, UNASSIGNED, Flags, Floats, Ints, Record, alike, number
from zonevest.reports.audit_leaving import Leaving
from zonevest.reports.audit_postings import Posting, Postings
from zonevest.reports.audit_rows import Booking, Calendar, Row, read_parcel_rows, read_rows, row_amounts
from zonevest.reports.audit_sites import takings
from zonevest.reports.audit_tables import Tables

KINDS = ("green", "real_estate", "restoration")
BROUGHT = ("revenue", "ecosystem", "carbon", "uplift", "social")
"""Families of accounts on which a project's deliverability tells; others count in full."""


@dataclass(eq=False)
class Entry:
    """What some parcels book in some columns of the ledger: amount x per_unit, per parcel and column.

    Attributes
    ----------
    at : which of the parcels, as positions among them.
    amounts : one per parcel of `at`.
    columns, per_unit : columns of the flattened ledger; what one unit makes there, shape (2, columns), at prices of the
        year and of y0.
    openings : by account, the value of one unit in y0.
    exchange : who receives and pays one unit, shape (4, periods + 1), on `account` (see `Posting`); None for no money.
    """

    at: Ints
    amounts: Floats
    columns: Ints
    per_unit: Floats
    openings: tuple[tuple[int, float], ...] = ()
    exchange: Floats | None = None
    account: int = -1


@dataclass(eq=False)
class Books:
    """What parcels book under one option: entries, and F1, F2 and gains, shape (2 + actors, parcels)."""

    worth: Floats
    entries: list[Entry] = field(default_factory=list)


class Unit(NamedTuple):
    """What one unit of an undertaking, or of a decision, makes.

    Attributes
    ----------
    ledger : in every column, shape (2, columns), at prices of the year and of y0; gains are in it.
    worth : F1 and F2.
    exchange : who receives and pays, shape (4, columns) (see `Posting`).
    """

    ledger: Floats
    worth: Floats
    exchange: Floats


class Built(NamedTuple):
    """A project started in a period: its bookings, opening year, life, and last year of an annual flow."""

    bookings: list[tuple[Booking, float]]
    opening: float
    life: float
    last: float


class Flows:
    """Options and projects of a study as bookings."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.calendar = Calendar(tables)
        self.class_rows = read_rows(tables, "class_flows", "land_class")
        self.zone_rows = read_rows(tables, "zone_flows", "zone")
        self.practice_rows = read_rows(tables, "practice_flows", "practice")
        self.project_rows = read_rows(tables, "project_flows", "project")
        self.parcel_rows = read_parcel_rows(tables)
        self.captures = read_capture(tables)
        self.areas = Areas(tables)
        self.assets = Assets(tables, self.calendar)
        self.postings = Postings(tables, self.calendar)
        self.leaving = Leaving(self)
        self._built: dict[tuple[str, int], Built] = {}
        self.width, self.columns = self.areas.width, self.areas.columns
        gains = [tables.account[f"gain.actor.{name}"] for name in tables.actors.names]
        self.gain_columns: Ints = np.array([(at + 1) * self.width - 1 for at in gains], dtype=np.int64)

    # ---------------------------------------------------------------- what is booked when

    def standing(self, rows: list[Row], until: float) -> list[Booking]:
        """The rows of today's class or zone: in full force from y0 until it changes; nothing one-off."""
        y0 = self.tables.y0
        return [Booking(row, y0, min(y0 + row.life_years, until)) for row in rows if row.annual]

    def standing_on(
        self, members: Ints, year: float = FOREVER, service: float = FOREVER, new_class: str = ""
    ) -> Iterator[tuple[Booking, Ints]]:
        """The rows of today's class until it changes in `service`; the parcels' own of the hold phase to `year`."""
        tables = self.tables
        for land_class, at in alike(tables.land_class[members]).items():
            until = service if new_class not in ("", land_class) else FOREVER
            for booking in self.standing(self.class_rows.get(land_class, []), until):
                yield booking, at
        for zone, at in alike(tables.today_zone[members]).items():
            for row in self.parcel_rows:
                if row.annual and row.practice == "" and row.zone in ("", zone):
                    first = tables.y0 + row.start_year
                    yield Booking(row, first, min(first + row.life_years, year), row.ramp_years), at

    def begun(self, rows: list[Row], year: float, annual_from: float) -> list[Booking]:
        """The rows of what begins: one-off ones counted from `year`, annual ones from `annual_from`."""
        out = []
        for row in rows:
            first = (annual_from if row.annual else year) + row.start_year
            out.append(Booking(row, first, first + row.life_years, row.ramp_years, own=True))
        return out

    def bookings(self, members: Ints, practice: str, start: int) -> Iterator[tuple[Booking, Ints]]:
        """Every booking of an option, and at which of the parcels (`start` counts only for a practice)."""
        if practice == UNASSIGNED:
            return
        tables = self.tables
        named = tables.practices.get(practice)  # none: held
        year = FOREVER if named is None else float(tables.starts[start])
        service = year if named is None else year + number(named["lead_years"], 0.0)
        new_zone = "" if named is None else str(named["zone"])
        new_class = "" if named is None else str(named["to_class"])
        everywhere = np.arange(len(members))
        yield from self.standing_on(members, year, service, new_class)
        for zone, at in alike(tables.today_zone[members]).items():
            for booking in self.standing(self.zone_rows.get(zone, []), FOREVER if zone == new_zone else year):
                yield booking, at
        if named is None:
            return
        moved = everywhere[tables.today_zone[members] != new_zone]
        for booking in self.begun(self.zone_rows.get(new_zone, []), year, year):
            yield booking, moved
        changed = everywhere[(tables.land_class[members] != new_class) & (new_class != "")]
        for booking in self.begun(self.class_rows.get(new_class, []), year, service):
            yield booking, changed
        for booking in self.begun(self.practice_rows.get(practice, []), year, service):
            yield booking, everywhere
        own = [row for row in self.parcel_rows if row.practice in ("", practice) and row.zone in ("", new_zone)]
        for booking in self.begun(own, year, year):
            yield booking, everywhere

    # ---------------------------------------------------------------- what parcels book

    def book(self, members: Ints, practice: str, start: int) -> Books:
        """What parcels book under an option: their flows, their areas, F1, F2 and gains."""
        tables, size = self.tables, len(members)
        acts = practice not in (HOLD, UNASSIGNED)
        named = tables.practices[practice] if acts else {}
        kinds = flags_of(named)
        service = tables.starts[start] + number(named["lead_years"], 0.0) if acts else FOREVER
        becomes = (str(named["to_class"]), str(named["to_tenure"])) if acts else ("", "")
        lands = self.assets.lands(members, *becomes, service)
        rates = len(self.calendar.rates)
        yearly, carried = np.zeros((rates, size)), np.zeros((rates, size))
        last, sold = np.full(size, -np.inf), np.zeros(size, dtype=bool)
        entries = []

        def post(booking: Booking, at: Ints, amounts: Floats) -> None:
            posting, account = self.postings.of(booking, flags=kinds), booking.row.account
            for k in np.flatnonzero(posting.yearly):
                yearly[k, at] += posting.yearly[k] * amounts
            for k in np.flatnonzero(posting.carried):
                carried[k, at] += posting.carried[k] * amounts
            last[at] = np.maximum(last[at], posting.last)
            sold[at] |= not booking.row.annual and account.role == "land_sale"
            entries.append(_entry(at, amounts, posting, account.money))
            for some, asset in self.assets.worth(booking, lands, at):
                entries.append(Entry(at[some], amounts[some], asset.columns, asset.per_unit, asset.openings))

        for booking, among in self.bookings(members, practice, start):
            amounts, applies = row_amounts(tables, booking.row, members[among])
            at = among[applies]
            if not len(at):
                continue
            amounts = amounts[applies]
            post(booking, at, amounts)
            if not booking.row.account.uplift:
                continue
            rest = np.ones(len(at))
            for capture in self.captures.get(booking.row.account.name, ()):
                holds: Flags = tables.mask(capture.where)[members[at]]
                if not capture.annual:
                    rest[holds] -= capture.rate
                if holds.any():
                    post(taken(tables, capture, booking), at[holds], amounts[holds] * capture.rate)
            for name, share in ((CAPTURED, 1.0 - rest), (LEFT, rest)):
                entries.append(self._shadow(name, booking, at, amounts * share))
        if not acts:
            return Books(yearly, [*entries, *self.land(members, practice, start)])
        life, lease = number(named["life_years"], FOREVER), number(named["lease_years"], math.nan)
        lives = np.where(sold & (not math.isnan(lease)), lease, life)
        worth = self.calendar.present(yearly, carried, service, lives, last)
        return Books(worth, [*entries, *self.land(members, practice, start)])

    def _shadow(self, kind: str, booking: Booking, at: Ints, amounts: Floats) -> Entry:
        """The part of an uplift that is captured at once, or left, on an account of the audit's own."""
        posting = self.postings.of(booking)
        account = self.tables.account[f"{kind}{booking.row.account.name}"]
        return Entry(at, amounts, self.postings.columns(account), posting.per_unit[:, : self.width])

    def land(self, members: Ints, practice: str, start: int) -> Iterator[Entry]:
        """The areas, transitions and qualities of parcels under an option."""
        tables, areas = self.tables, self.areas
        acts = practice not in (HOLD, UNASSIGNED)
        named = tables.practices[practice] if acts else {}
        year = float(tables.starts[start]) if acts else FOREVER
        change = year + (number(named["lead_years"], 0.0) if acts else 0.0)
        parts: list[tuple[Ints, States]] = []
        kinds = [f"{c}\n{r}" for c, r in zip(tables.land_class[members], tables.flag_resource[members], strict=True)]
        for kind, at in alike(np.array(kinds, dtype=object)).items():
            land_class, resource = kind.split("\n")
            to_class = str(named["to_class"]) or land_class if acts else land_class
            parts.append((at, areas.of_class(land_class, to_class, resource, change)))
        if practice != UNASSIGNED:
            for zone, at in alike(tables.today_zone[members]).items():
                parts.append((at, areas.of_zone(zone, str(named["zone"]) if acts else zone, year)))
        if acts:
            parts.append((np.arange(len(members)), areas.of_practice(practice, year)))
        for at, states in parts:
            area = tables.area[members[at]]
            for amounts, per_unit in ((area, states.per_ha), (area * tables.quality[members[at]], states.per_quality)):
                columns = np.flatnonzero(per_unit)
                if len(columns):
                    yield Entry(at, amounts, columns, np.stack([per_unit[columns]] * 2))

    # ---------------------------------------------------------------- projects

    def built(self, project: str, start: int) -> Built:
        """A project started in a period: what it books, captures left out."""
        if (project, start) not in self._built:
            self._built[project, start] = self._build(project, start)
        return self._built[project, start]

    def _build(self, project: str, start: int) -> Built:
        tables = self.tables
        named = tables.projects[project]
        year = float(tables.starts[start])
        build, deliverable = number(named["build_years"], 1.0), delivered(named)
        opening = year + build
        life, ramp = number(named["life_years"], FOREVER), number(named["ramp_years"], 0.0)
        bookings: list[tuple[Booking, float]] = []

        def column(account: str, value: float, annual: bool, first: float) -> None:
            row = Row(tables.accounts[tables.account[account]], annual, False, value, "", "", 0.0, ramp, life)
            if value:
                booking = Booking(row, first, first + life, ramp, own=True)
                bookings.append((booking, value * counted(row.account, value, deliverable)))

        capex = number(named["capex"], 0.0)
        for k in range(max(int(build), 1)):
            column("project.capex", capex / max(int(build), 1), False, year + k)
        for name, account in (
            ("annual_revenue", "project.revenue"),
            ("annual_cost", "project.cost"),
            ("annual_ecosystem", "project.ecosystem"),
            ("jobs", "project.jobs"),
        ):
            column(account, number(named[name], 0.0), True, opening)
        rows = self.begun(self.project_rows.get(project, []), year, year)
        for booking in rows:
            value = booking.row.value
            bookings.append((booking, value * counted(booking.row.account, value, deliverable)))
        last = max((self.postings.of(booking, project).last for booking, _ in bookings), default=-math.inf)
        return Built(bookings, opening, life, last)

    def captured(self, booking: Booking, amount: float, tools: Iterable[str]) -> list[tuple[Booking, float]]:
        """The captures of an uplift of a project: those without `where`, and those whose `where` is among `tools`."""
        captures = self.captures.get(booking.row.account.name, [])
        wanted = {"", *tools}
        return [(taken(self.tables, each, booking), amount * each.rate) for each in captures if each.where in wanted]

    def blank(self) -> Unit:
        """What nothing makes."""
        return Unit(np.zeros((2, self.columns)), np.zeros(2), np.zeros((4, self.columns)))

    def post(self, out: Unit, booking: Booking, amount: float) -> None:
        """Add an annual row of no project of its own."""
        posting = self.postings.of(booking)
        out.ledger[:, posting.columns] += amount * posting.per_unit
        if booking.row.account.money:
            out.exchange[:, self.postings.columns(posting.account)] += amount * posting.exchange
        out.worth[:] += amount * posting.yearly[:2]
        out.ledger[:, self.gain_columns] += amount * posting.yearly[2:]

    def unit(self, bookings: Iterable[tuple[Booking, float]], project: str, built: Built, tools: Iterable[str]) -> Unit:
        """What bookings of a project make, the captures of its uplifts included."""
        kinds, rates = flags_of(self.tables.projects.get(project, {})), len(self.calendar.rates)
        out = self.blank()
        yearly, carried = np.zeros((rates, 1)), np.zeros((rates, 1))

        def post(booking: Booking, amount: float) -> None:
            posting = self.postings.of(booking, project, kinds)
            out.ledger[:, posting.columns] += amount * posting.per_unit
            if booking.row.account.money:
                out.exchange[:, self.postings.columns(posting.account)] += amount * posting.exchange
            yearly[:, 0] += amount * posting.yearly
            carried[:, 0] += amount * posting.carried

        for booking, amount in bookings:
            post(booking, amount)
            if booking.row.account.uplift:
                captures = self.captured(booking, amount, tools)
                once = sum(value for each, value in captures if not each.row.annual)
                for each, value in captures:
                    post(each, value)
                for kind, value in ((CAPTURED, once), (LEFT, amount - once)):
                    at = self.tables.account[f"{kind}{booking.row.account.name}"]
                    own = self.postings.of(booking, project, kinds).per_unit[:, : self.width]
                    out.ledger[:, self.postings.columns(at)] += value * own
        life, last = np.full(1, built.life), np.full(1, built.last)
        worth = self.calendar.present(yearly, carried, built.opening, life, last)[:, 0]
        out.worth[:] = worth[:2]
        out.ledger[:, self.gain_columns] += worth[2:]
        return out

    def project(self, project: str, start: int) -> list[tuple[str, Unit]]:
        """What a project books, by jurisdiction (``""``: only in the total); what it takes comes after the first."""
        built, named = self.built(project, start), self.tables.projects[project]
        # rows of a project have no parcels: only tools that take anywhere take of its own uplifts
        parts = [(str(named["jurisdiction"]), self.unit(built.bookings, project, built, ()))]
        taken = ((each.place, self.leaving.unit(project, each, start)) for each in takings(self.tables, project))
        return [*parts, *taken]


def delivered(named: Record) -> float:
    """Which share of what a project promises is delivered."""
    return number(named["deliverability"], 1.0)


def counted(account: Account, value: float, deliverable: float) -> float:
    """Which share of an amount of a project counts: what it brings is what is delivered, the rest counts in full."""
    return deliverable if account.family in BROUGHT and value > 0 else 1.0


def flags_of(named: Record) -> frozenset[str]:
    """Which of green, real_estate and restoration a practice or a project is."""
    return frozenset(kind for kind in KINDS if named.get(kind))


def _entry(at: Ints, amounts: Floats, posting: Posting, money: bool) -> Entry:
    exchange = posting.exchange if money else None
    return Entry(at, amounts, posting.columns, posting.per_unit, posting.openings, exchange, posting.account)
