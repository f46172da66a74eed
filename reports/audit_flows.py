"""What an option or a project books, cash flow by cash flow and year by year: the audit's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from zonevest.reports.audit_areas import Areas, States
from zonevest.reports.audit_rows import Booking, Calendar, Row, Value, read_parcel_rows, read_rows, row_amounts
from zonevest.reports.audit_tables import FOREVER, HOLD, UNASSIGNED, Floats, Ints, Tables, number


@dataclass(eq=False)
class Entry:
    """What some parcels book in some columns of the ledger: amount x per_unit, per parcel and column.

    Attributes
    ----------
    at : which of the parcels, as positions among them.
    amounts : one per parcel of `at`.
    columns, per_unit : columns of the flattened ledger; what one unit makes there, shape (2, columns), at prices of the
        year and of y0.
    account, opening : the account's position, and the value of one unit in y0.
    """

    at: Ints
    amounts: Floats
    columns: Ints
    per_unit: Floats
    account: int
    opening: float = 0.0


@dataclass(eq=False)
class Books:
    """What parcels book under one option: ledger entries, and F1 and F2 of every parcel, shape (2, parcels)."""

    worth: Floats
    entries: list[Entry] = field(default_factory=list)


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
        self.areas = Areas(tables)
        self.width, self.columns = self.areas.width, self.areas.columns
        self._values: dict[Booking, Value] = {}

    # ---------------------------------------------------------------- what is booked when

    def standing(self, rows: list[Row], until: float) -> list[Booking]:
        """The rows of today's class or zone: in full force from y0 until it changes; nothing one-off."""
        y0 = self.tables.y0
        return [Booking(row, y0, min(y0 + row.life_years, until)) for row in rows if row.annual]

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
        by_class, by_zone = _alike(tables.land_class[members]), _alike(tables.today_zone[members])
        new_zone = "" if named is None else str(named["zone"])
        new_class = "" if named is None else str(named["to_class"])
        everywhere = np.arange(len(members))
        for land_class, at in by_class.items():
            until = service if new_class not in ("", land_class) else FOREVER
            for booking in self.standing(self.class_rows.get(land_class, []), until):
                yield booking, at
        for zone, at in by_zone.items():
            for booking in self.standing(self.zone_rows.get(zone, []), FOREVER if zone == new_zone else year):
                yield booking, at
            for row in self.parcel_rows:
                if row.annual and row.practice == "" and row.zone in ("", zone):
                    first = tables.y0 + row.start_year
                    yield Booking(row, first, min(first + row.life_years, year), row.ramp_years), at
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
        """What parcels book under an option: their flows, their areas, F1 and F2."""
        tables, size = self.tables, len(members)
        yearly, carried = np.zeros((2, size)), np.zeros((2, size))
        last, sold = np.full(size, -np.inf), np.zeros(size, dtype=bool)
        entries = []
        for booking, among in self.bookings(members, practice, start):
            amounts, applies = row_amounts(tables, booking.row, members[among])
            at = among[applies]
            if not len(at):
                continue
            amounts, value, account = amounts[applies], self.value(booking), booking.row.account
            yearly[:, at] += np.outer(value.yearly, amounts)
            carried[:, at] += np.outer(value.carried, amounts)
            last[at] = np.maximum(last[at], value.last)
            sold[at] |= not booking.row.annual and account.role == "land_sale"
            columns = np.arange(account.at * self.width, (account.at + 1) * self.width)
            entries.append(Entry(at, amounts, columns, value.measures, account.at, value.opening))
        if practice in (HOLD, UNASSIGNED):
            return Books(yearly, [*entries, *self.land(members, practice, start)])
        named = tables.practices[practice]
        service = tables.starts[start] + number(named["lead_years"], 0.0)
        life, lease = number(named["life_years"], FOREVER), number(named["lease_years"], math.nan)
        lives = np.where(sold & (not math.isnan(lease)), lease, life)
        worth = self.calendar.present(yearly, carried, service, lives, last)
        return Books(worth, [*entries, *self.land(members, practice, start)])

    def value(self, booking: Booking) -> Value:
        """What one unit of a booking is worth; worked out once for all parcels."""
        if booking not in self._values:
            self._values[booking] = self.calendar.value(booking, self.tables.purse_part(booking.row.account))
        return self._values[booking]

    def land(self, members: Ints, practice: str, start: int) -> Iterator[Entry]:
        """The areas, transitions and qualities of parcels under an option."""
        tables, areas = self.tables, self.areas
        acts = practice not in (HOLD, UNASSIGNED)
        named = tables.practices[practice] if acts else {}
        year = float(tables.starts[start]) if acts else FOREVER
        change = year + (number(named["lead_years"], 0.0) if acts else 0.0)
        parts: list[tuple[Ints, States]] = []
        kinds = [f"{c}\n{r}" for c, r in zip(tables.land_class[members], tables.flag_resource[members], strict=True)]
        for kind, at in _alike(np.array(kinds, dtype=object)).items():
            land_class, resource = kind.split("\n")
            to_class = str(named["to_class"]) or land_class if acts else land_class
            parts.append((at, areas.of_class(land_class, to_class, resource, change)))
        if practice != UNASSIGNED:
            for zone, at in _alike(tables.today_zone[members]).items():
                parts.append((at, areas.of_zone(zone, str(named["zone"]) if acts else zone, year)))
        if acts:
            parts.append((np.arange(len(members)), areas.of_practice(practice, year)))
        for at, states in parts:
            area = tables.area[members[at]]
            for amounts, per_unit in ((area, states.per_ha), (area * tables.quality[members[at]], states.per_quality)):
                columns = np.flatnonzero(per_unit)
                if len(columns):
                    yield Entry(at, amounts, columns, np.stack([per_unit[columns]] * 2), -1)

    # ---------------------------------------------------------------- projects

    def project(self, project: str, start: int) -> tuple[list[tuple[str, Floats]], NDArray[np.float64]]:
        """What a project books: (jurisdiction, values of shape (2, columns)) parts, and its F1 and F2."""
        tables = self.tables
        named = tables.projects[project]
        year = float(tables.starts[start])
        build = number(named["build_years"], 1.0)
        opening = year + build
        life, ramp = number(named["life_years"], FOREVER), number(named["ramp_years"], 0.0)
        bookings = []

        def column(account: str, value: float, annual: bool, first: float) -> None:
            row = Row(tables.accounts[tables.account[account]], annual, False, value, "", "", 0.0, ramp, life)
            if value:
                bookings.append(Booking(row, first, first + life, ramp, own=True))

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
        bookings += self.begun(self.project_rows.get(project, []), year, year)

        yearly, carried, last = np.zeros((2, 1)), np.zeros((2, 1)), np.full(1, -np.inf)
        booked = np.zeros((2, self.columns))
        for booking in bookings:
            on, amount = booking.row.account, booking.row.value
            value = self.calendar.value(booking, tables.purse_part(on, project))
            booked[:, on.at * self.width : (on.at + 1) * self.width] += amount * value.measures
            yearly[:, 0] += amount * value.yearly
            carried[:, 0] += amount * value.carried
            last = np.maximum(last, value.last)
        worth = self.calendar.present(yearly, carried, opening, np.full(1, life), last)[:, 0]
        parts = [(str(named["jurisdiction"]), booked)]
        for row in tables.land_take.get(project, []):
            taken = self.areas.taken(str(row["land_class"]), str(named["category"]), start) * float(row["area_ha"])
            parts.append((str(row["jurisdiction"]), np.stack([taken, taken])))
        return parts, worth


def _alike(names: NDArray[np.object_]) -> dict[str, Ints]:
    """The positions of every name."""
    found: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        found.setdefault(name, []).append(i)
    return {name: np.array(at, dtype=np.int64) for name, at in found.items()}
