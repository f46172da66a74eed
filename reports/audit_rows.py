"""Flow rows, and what one unit of a row is worth in the years in which it runs.

A booking says of one flow row in which years it runs, and at which share of its amount. The amount itself differs from
parcel to parcel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zonevest.reports.audit_accounts import Account
from zonevest.reports.audit_cells import FOREVER, Flags, Floats, Ints, Record, number
from zonevest.reports.audit_tables import Tables


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
    decay: float = 0.0


@dataclass(frozen=True)
class Booking:
    """One row of one undertaking.

    Attributes
    ----------
    first : the year in which it begins (annual) or happens (once).
    stop : the first year in which an annual row no longer runs.
    ramp : years of its ramp, 0 for none.
    own : whether it belongs to the undertaking (to what is done), not to the land as it was.
    since : the first year in which it counts; it began in `first` all the same.
    price : prices of its amounts where they are not those of its account in the year (a capture has the uplift's).
    """

    row: Row
    first: float
    stop: float = FOREVER
    ramp: float = 0.0
    own: bool = False
    since: float = -FOREVER
    price: float | None = None


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
        decay=number(row.get("decay"), 0.0),
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
    names.append("decay")
    alike: dict[tuple[Any, ...], dict[int, float]] = {}
    columns = [frame[name].tolist() for name in (*names, "parcel_id", "value")]
    for *cells, parcel, value in zip(*columns, strict=True):
        cells[6] = number(cells[6], FOREVER)  # blanks are not equal to each other
        values = alike.setdefault(tuple(cells), {})
        at = tables.parcel[str(parcel)]
        values[at] = values.get(at, 0.0) + float(value)
    rows = []
    for key, values in alike.items():
        row = read_row(tables, {**dict(zip(names, key, strict=True)), "value": 0.0})
        members = sorted(values)
        rows.append(
            replace(
                row,
                practice=str(key[7]),
                zone=str(key[8]),
                at=np.array(members, dtype=np.int64),
                values=np.array([values[member] for member in members]),
            )
        )
    return rows


@dataclass(frozen=True, eq=False)
class Value:
    """What one unit of a booking's amount makes.

    Attributes
    ----------
    measures : on its account by period and over `total`; at prices of the year, then at prices of the start.
    yearly, carried : in F1, in F2 and in the gain of every actor: present value of a recurring amount, a one-off amount
        carried to y0's beginning.
    opening : in y0, for the start value.
    last : last year in which an annual flow of the undertaking runs, −inf for every other booking.
    """

    measures: Floats
    yearly: Floats
    carried: Floats
    opening: float
    last: float


class Calendar:
    """Years, prices and discounting of a study.

    Attributes
    ----------
    rates : the rates of F1, of F2 and of every actor's gain.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        rates = tables.settings.rates
        self.finance, self.social = float(rates.finance), float(rates.social)
        age = tables.years - tables.y0
        self.rates: Floats = np.full(2 + len(tables.actors.names), self.finance)
        self.rates[1] = self.social
        self.discount = {r: (1.0 + r) ** -(age + 1.0) for r in (self.finance, self.social)}
        self._worth: dict[tuple[float, float, float], float] = {}
        self.age = age
        first = tables.y0
        self.lengths: Floats = np.array(tables.lengths, dtype=np.float64)
        self.spans = [
            slice(start - first, last - first + 1) for start, last in zip(tables.starts, tables.lasts, strict=True)
        ]
        self.last_index = [last - first for last in tables.lasts]

    def prices(self, booking: Booking, years: Floats) -> Floats:
        """(1 + growth)^(y − y0), or the price that the booking keeps."""
        if booking.price is not None:
            return np.full(len(years), booking.price)
        prices: Floats = (1.0 + booking.row.account.growth) ** (years - self.tables.y0)
        return prices

    def shares(self, booking: Booking, years: Floats) -> Floats:
        """Which share of its amount a booking books in every year, growth left out."""
        if not booking.row.annual:
            return np.where(np.floor(booking.first) == years, 1.0, 0.0)
        runs = (years >= max(booking.first, booking.since)) & (years < booking.stop)
        share = np.ones(len(years))
        if booking.ramp > 0:
            share = np.minimum(1.0, (years - booking.first + 1.0) / booking.ramp)
            share[years > self.tables.horizon_end] = 1.0
        # it decays from the year in which it began, in the tail too
        share *= (1.0 - booking.row.decay) ** np.maximum(years - booking.first, 0.0)
        return np.where(runs, share, 0.0)

    def measure(self, account: Account, annual: bool, amounts: Floats) -> Floats:
        """What yearly amounts make on an account: one value per period, then the value over `total`."""
        if account.recurrence == "stock":
            level = amounts if annual else np.cumsum(amounts)
            ends = level[self.last_index]
            return np.append(ends, ends[-1])
        sums = np.array([amounts[span].sum() for span in self.spans])
        if account.recurrence == "annual":
            return np.append(sums / self.lengths, sums.sum())
        return np.append(sums, sums.sum())

    def annuity(self, rate: float, life: float) -> float:
        """The equal yearly amount that a capital of 1 at the beginning of the first year is worth."""
        if math.isinf(life):
            return rate
        return 1.0 / life if rate == 0 else rate / (1.0 - (1.0 + rate) ** -life)

    def worth(self, rate: float, first: float, last: float) -> float:
        """Σ δ_y over the years from `first` to `last`, as far as the tail goes."""
        key = (rate, first, last)
        if key not in self._worth:
            years = self.tables.years
            self._worth[key] = float(self.discount[rate][(years >= first) & (years <= last)].sum())
        return self._worth[key]

    def mean_discount(self, t: int) -> float:
        """The mean of δ_y over the years of a period, at the finance rate."""
        return float(self.discount[self.finance][self.spans[t]].mean())

    def value(self, booking: Booking, parts: Floats) -> Value:
        """What one unit of a booking's amount makes; `parts` is what it counts in F1, in F2 and in every gain."""
        account, annual, years = booking.row.account, booking.row.annual, self.tables.years
        shares = self.shares(booking, years)
        amounts = shares * self.prices(booking, years)
        measures = [self.measure(account, annual, amounts)] * 2
        if account.growth or booking.price is not None:
            measures[1] = self.measure(account, annual, shares)
        opening = 0.0 if account.recurrence == "one_off" else float(amounts[0])
        yearly, carried = np.zeros(len(parts)), np.zeros(len(parts))
        if annual:
            worth = {rate: float(amounts @ discount) for rate, discount in self.discount.items()}
            yearly = parts * np.array([worth[float(rate)] for rate in self.rates])
        else:
            price = float(self.prices(booking, np.array([booking.first]))[0])
            carried = parts * price * (1.0 + self.rates) ** -(booking.first - self.tables.y0 + 1.0)
        last = np.ceil(booking.stop) - 1.0 if annual and booking.own else -math.inf
        return Value(np.array(measures), yearly, carried, opening, float(last))

    def present(self, yearly: Floats, carried: Floats, service: float, life: Floats, last: Floats) -> Floats:
        """What undertakings count: recurring amounts, and one-off ones as annual equivalents.

        C = Σ amount_y (1 + r)^(v − 1 − y) is what stands at the beginning of the service year v; A = C x annuity counts
        from v to the last year in which an annual flow of the undertaking runs.

        Parameters
        ----------
        yearly, carried
            Present value of recurring amounts; one-off amounts carried to the beginning of y0. Shape (rates, n).
        service
            The year v.
        life, last
            Years, and the last year of an annual flow (−inf: there is none). Shape (n,).
        """
        total: Floats = yearly.copy()
        last = np.minimum(np.where(np.isneginf(last), np.inf, last), self.tables.end)
        kinds, kind = np.unique(np.stack([life, last]), axis=1, return_inverse=True)
        for rate in self.discount:
            carry = (1.0 + rate) ** (service - self.tables.y0)
            factors = [carry * self.annuity(rate, n) * self.worth(rate, service, end) for n, end in kinds.T.tolist()]
            of = np.flatnonzero(self.rates == rate)
            total[of] += carried[of] * np.array(factors)[kind.reshape(-1)]
        return total


def row_amounts(tables: Tables, row: Row, parcels: Ints) -> tuple[Floats, Flags]:
    """The amount of a row on each parcel at the prices of y0, and whether the row applies there."""
    holds = tables.mask(row.where)[parcels]
    value = np.full(len(parcels), row.value)
    if row.at is not None and row.values is not None:
        place = np.minimum(np.searchsorted(row.at, parcels), len(row.at) - 1)
        holds = holds & (row.at[place] == parcels)
        value = row.values[place]
    if row.per_ha:
        value = value * tables.area[parcels]
    if row.scale_by:
        value = value * tables.scale(row.scale_by)[parcels]
    if row.account.family == "ecosystem":
        value = value * tables.condition[parcels]
    if row.account.role == "land_sale":
        value = value * tables.price_factor[parcels]
    return np.where(holds, value, 0.0), holds
