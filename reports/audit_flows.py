"""What an option or a project books, cash flow by cash flow and year by year: the audit's own arithmetic.

An undertaking is a list of bookings. A booking says of one flow row in which years it runs and at which share of its
amount; the amount itself differs from parcel to parcel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zonevest.reports.audit_areas import FOREVER, HOLD, UNASSIGNED, Areas
from zonevest.reports.audit_tables import Account, Flags, Floats, Ints, Record, Tables, number


@dataclass(frozen=True, eq=False)
class Row:
    """A flow row. Rows of single parcels that differ only in parcel and value are one Row with `at` and `values`."""

    account: Account
    annual: bool
    per_ha: bool
    value: float
    scale_by: str
    where: str
    start_year: float
    ramp_years: float
    life_years: float
    practice: str = ""
    zone: str = ""
    at: Ints | None = None
    values: Floats | None = None


@dataclass(frozen=True, eq=False)
class Booking:
    """One row of one undertaking.

    Attributes
    ----------
    first : the year in which it begins (annual) or happens (once).
    stop : the first year in which an annual row no longer runs.
    ramp : years of its ramp, 0 for none.
    own : whether it belongs to the undertaking (to what is done), not to the land as it was.
    """

    row: Row
    first: float
    stop: float = FOREVER
    ramp: float = 0.0
    own: bool = False


def read_row(tables: Tables, row: Record) -> Row:
    """A row of a flow table."""
    basis = str(row["basis"])
    return Row(
        tables.accounts[tables.account[str(row["account"])]],
        basis in ("per_ha_year", "per_year"),
        basis in ("per_ha_year", "per_ha_once"),
        number(row["value"], 0.0),
        str(row.get("scale_by") or ""),
        str(row.get("where") or ""),
        number(row.get("start_year"), 0.0),
        number(row.get("ramp_years"), 0.0),
        number(row.get("life_years"), FOREVER),
    )


def read_rows(tables: Tables, table: str, subject: str) -> dict[str, list[Row]]:
    """The rows of a flow table by subject."""
    rows: dict[str, list[Row]] = {}
    for row in tables.rows(table):
        rows.setdefault(str(row[subject]), []).append(read_row(tables, row))
    return rows


def read_parcel_rows(tables: Tables) -> list[Row]:
    """The rows of single parcels, those that differ only in parcel and value taken together."""
    frame = tables.study.tables.get("parcel_flows")
    if frame is None or frame.empty:
        return []
    names = ["account", "basis", "scale_by", "where", "start_year", "ramp_years", "life_years", "practice", "zone"]
    alike: dict[tuple[Any, ...], dict[int, float]] = {}
    columns = [frame[name].tolist() for name in (*names, "parcel_id", "value")]
    for *cells, parcel, value in zip(*columns, strict=True):
        cells[6] = number(cells[6], FOREVER)  # blanks are not equal to each other
        values = alike.setdefault(tuple(cells), {})
        at = tables.parcel[str(parcel)]
        values[at] = values.get(at, 0.0) + float(value)
    rows = []
    for cells, values in alike.items():
        row = read_row(tables, {**dict(zip(names, cells, strict=True)), "value": 0.0})
        at, amounts = zip(*sorted(values.items()), strict=True)
        own = {"at": np.array(at, dtype=np.int64), "values": np.array(amounts)}
        rows.append(replace(row, practice=str(cells[7]), zone=str(cells[8]), **own))
    return rows


class Calendar:
    """Years, prices and discounting of a study."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        rates = tables.settings.rates
        self.finance, self.social = float(rates.finance), float(rates.social)
        age = tables.years - tables.y0
        self.discount = {r: (1.0 + r) ** -(age + 1.0) for r in (self.finance, self.social)}
        self.age = age
        first = tables.y0
        self.spans = [
            slice(start - first, last - first + 1) for start, last in zip(tables.starts, tables.lasts, strict=True)
        ]
        self.horizon = slice(0, tables.horizon_end - first + 1)
        self.last_index = [last - first for last in tables.lasts]

    def prices(self, account: Account) -> Floats:
        """(1 + growth)^(y − y0) for every year."""
        prices: Floats = (1.0 + account.growth) ** self.age
        return prices

    def shares(self, booking: Booking) -> Floats:
        """Which share of its amount a booking books in every year, growth left out."""
        years = self.tables.years
        if not booking.row.annual:
            return np.where(np.floor(booking.first) == years, 1.0, 0.0)
        runs = (years >= booking.first) & (years < booking.stop)
        share = np.ones(len(years))
        if booking.ramp > 0:
            share = np.minimum(1.0, (years - booking.first + 1.0) / booking.ramp)
            share[self.tables.tail] = 1.0
        return np.where(runs, share, 0.0)

    def measure(self, account: Account, annual: bool, amounts: Floats) -> Floats:
        """What yearly amounts make on an account: one value per period, then the value over `total`."""
        if account.recurrence == "stock":
            level = amounts if annual else np.cumsum(amounts)
            ends = level[self.last_index]
            return np.append(ends, ends[-1])
        sums = np.array([amounts[span].sum() for span in self.spans])
        if account.recurrence == "annual":
            return np.append(sums / np.array(self.tables.lengths), sums.sum())
        return np.append(sums, sums.sum())

    def annuity(self, rate: float, life: float) -> float:
        """The equal yearly amount that a capital of 1 at the beginning of the first year is worth."""
        if math.isinf(life):
            return rate
        return 1.0 / life if rate == 0 else rate / (1.0 - (1.0 + rate) ** -life)

    def worth(self, rate: float, first: float, last: float) -> float:
        """Σ δ_y over the years from `first` to `last`, as far as the tail goes."""
        years = self.tables.years
        return float(self.discount[rate][(years >= first) & (years <= last)].sum())


@dataclass(eq=False)
class Undertaking:
    """The bookings of a parcel's option, with what they are worth per unit of their amounts.

    Attributes
    ----------
    measures : shape (prices, bookings, periods + 1): prices of the year first, prices of the start second.
    yearly, carried : per objective (F1, F2), shape (bookings,): present value of a recurring amount; one-off amount
        carried to the beginning of the service year.
    ends : last year of an annual booking of the undertaking, −inf of every other.
    first_year : what is booked in y0.
    per_ha, per_quality : shape (accounts x (periods + 1),): built-in accounts per hectare, and per hectare times
        farmland quality.
    """

    bookings: list[Booking]
    measures: Floats
    yearly: Floats
    carried: Floats
    ends: Floats
    leases: Flags
    first_year: Floats
    service: float
    life: float
    lease: float
    per_ha: Floats
    per_quality: Floats


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
        self._known: dict[tuple[str, str, str, str, int], Undertaking] = {}

    # ---------------------------------------------------------------- what is booked when

    def held(self, land_class: str, zone: str, until: float, class_until: float, zone_until: float) -> list[Booking]:
        """The flows of land as it is: class and zone in full force from y0, the parcel's own by their years."""
        y0 = self.tables.y0
        out = []
        for rows, stop in (
            (self.class_rows.get(land_class, []), class_until),
            (self.zone_rows.get(zone, []), zone_until),
        ):
            out += [Booking(row, y0, min(y0 + row.life_years, stop)) for row in rows if row.annual]
        for row in self.parcel_rows:
            if row.annual and row.practice == "" and row.zone in ("", zone):
                first = y0 + row.start_year
                out.append(Booking(row, first, min(first + row.life_years, until), row.ramp_years))
        return out

    def begun(self, rows: list[Row], year: float, annual_from: float) -> list[Booking]:
        """The flows of what begins: one-off ones counted from `year`, annual ones from `annual_from`."""
        out = []
        for row in rows:
            first = (annual_from if row.annual else year) + row.start_year
            out.append(Booking(row, first, first + row.life_years, row.ramp_years, own=True))
        return out

    def option(self, land_class: str, zone: str, practice: str, start: int) -> list[Booking]:
        """All bookings of an option of land of a class in a zone; `start` counts only for a practice."""
        if practice == UNASSIGNED:
            return []
        if practice == HOLD:
            return self.held(land_class, zone, FOREVER, FOREVER, FOREVER)
        named = self.tables.practices[practice]
        year = float(self.tables.starts[start])
        service = year + number(named["lead_years"], 0.0)
        new_zone, new_class = str(named["zone"]), str(named["to_class"]) or land_class
        out = self.held(
            land_class,
            zone,
            year,
            FOREVER if new_class == land_class else service,
            FOREVER if new_zone == zone else year,
        )
        if new_zone != zone:
            out += self.begun(self.zone_rows.get(new_zone, []), year, year)
        if new_class != land_class:
            out += self.begun(self.class_rows.get(new_class, []), year, service)
        out += self.begun(self.practice_rows.get(practice, []), year, service)
        own = [row for row in self.parcel_rows if row.practice in ("", practice) and row.zone in ("", new_zone)]
        return out + self.begun(own, year, year)

    # ---------------------------------------------------------------- what the bookings are worth

    def undertaking(self, land_class: str, zone: str, resource: str, practice: str, start: int) -> Undertaking:
        """An option of land of a class, in a zone; `resource` is what a national park or the sea makes of it."""
        key = (land_class, zone, resource, practice, start)
        if key not in self._known:
            service, life, lease = 0.0, FOREVER, math.nan
            if practice not in (HOLD, UNASSIGNED):
                named = self.tables.practices[practice]
                service = self.tables.starts[start] + number(named["lead_years"], 0.0)
                life = number(named["life_years"], FOREVER)
                lease = number(named["lease_years"], math.nan)
            bookings = self.option(land_class, zone, practice, start)
            per_ha, per_quality = self.areas.states(land_class, zone, resource, practice, start)
            self._known[key] = self._value(bookings, service, life, lease, per_ha, per_quality)
        return self._known[key]

    def _value(
        self,
        bookings: list[Booking],
        service: float,
        life: float,
        lease: float,
        per_ha: Floats,
        per_quality: Floats,
        project: str = "",
    ) -> Undertaking:
        calendar, size = self.calendar, len(bookings)
        measures = np.zeros((2, size, self.width))
        yearly, carried = np.zeros((2, size)), np.zeros((2, size))
        ends = np.full(size, -np.inf)
        leases = np.zeros(size, dtype=bool)
        first_year = np.zeros(size)
        for b, booking in enumerate(bookings):
            account, annual = booking.row.account, booking.row.annual
            shares = calendar.shares(booking)
            amounts = shares * calendar.prices(account)
            measures[0, b] = calendar.measure(account, annual, amounts)
            measures[1, b] = calendar.measure(account, annual, shares) if account.growth else measures[0, b]
            first_year[b] = 0.0 if account.recurrence == "one_off" else amounts[0]
            leases[b] = not annual and account.role == "land_sale"
            if annual and booking.own:
                ends[b] = np.ceil(booking.stop) - 1
            counts = (self.tables.purse_part(account, project), 1.0 if account.services else 0.0)
            for f, rate in enumerate((calendar.finance, calendar.social)):
                if annual:
                    yearly[f, b] = counts[f] * float(amounts @ calendar.discount[rate])
                else:
                    price = (1.0 + account.growth) ** (booking.first - self.tables.y0)
                    carried[f, b] = counts[f] * price * (1.0 + rate) ** (service - 1.0 - booking.first)
        return Undertaking(
            bookings, measures, yearly, carried, ends, leases, first_year, service, life, lease, per_ha, per_quality
        )

    def amounts(self, undertaking: Undertaking, members: Ints) -> tuple[Floats, Flags]:
        """The amount of every booking at the prices of y0, and whether the row applies, shape (members, bookings)."""
        size = (len(members), len(undertaking.bookings))
        amounts, applies = np.zeros(size), np.zeros(size, dtype=bool)
        tables = self.tables
        for b, booking in enumerate(undertaking.bookings):
            row = booking.row
            holds = tables.mask(row.where)[members]
            value = np.full(len(members), row.value)
            if row.at is not None and row.values is not None:
                place = np.minimum(np.searchsorted(row.at, members), len(row.at) - 1)
                holds = holds & (row.at[place] == members)
                value = row.values[place]
            if row.per_ha:
                value = value * tables.area[members]
            if row.scale_by:
                value = value * tables.scale(row.scale_by)[members]
            if row.account.family == "ecosystem":
                value = value * tables.condition[members]
            if row.account.role == "land_sale":
                value = value * tables.price_factor[members]
            amounts[:, b], applies[:, b] = np.where(holds, value, 0.0), holds
        return amounts, applies

    def present_values(self, undertaking: Undertaking, amounts: Floats, applies: Flags) -> Floats:
        """F1 and F2 of every member, shape (2, members): recurring amounts, and one-off ones as annual equivalents."""
        values: Floats = undertaking.yearly @ amounts.T
        capital = undertaking.carried @ amounts.T
        if not capital.any():
            return values
        sold = (applies & undertaking.leases).any(axis=1) & (not math.isnan(undertaking.lease))
        own = np.where(applies, undertaking.ends, -np.inf).max(axis=1, initial=-np.inf)
        last = np.minimum(np.where(np.isneginf(own), np.inf, own), self.tables.end)
        calendar = self.calendar
        for f, rate in enumerate((calendar.finance, calendar.social)):
            equal = np.where(
                sold,
                0.0 if math.isnan(undertaking.lease) else calendar.annuity(rate, undertaking.lease),
                calendar.annuity(rate, undertaking.life),
            )
            worth = {year: calendar.worth(rate, undertaking.service, year) for year in np.unique(last)}
            values[f] += capital[f] * equal * np.array([worth[year] for year in last])
        return values

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

        none = np.zeros(self.columns)
        done = self._value(bookings, opening, life, math.nan, none, none, project)
        amounts = np.array([[booking.row.value for booking in bookings]]).reshape(1, len(bookings))
        applies = np.ones((1, len(bookings)), dtype=bool)
        values = self.present_values(done, amounts, applies)[:, 0]
        booked = np.zeros((2, self.columns))
        for b, booking in enumerate(bookings):
            first = booking.row.account.at * self.width
            booked[:, first : first + self.width] += done.measures[:, b] * booking.row.value
        parts = [(str(named["jurisdiction"]), booked)]
        for row in tables.land_take.get(project, []):
            taken = self.areas.taken(str(row["land_class"]), str(named["category"]), start) * float(row["area_ha"])
            parts.append((str(row["jurisdiction"]), np.stack([taken, taken])))
        return parts, values
