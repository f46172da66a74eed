"""What a unit of money raised owes, year by year, and what old debt owes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zonevest.reports.audit_cells import Floats, Ints, Record, number, split
from zonevest.reports.audit_tables import Tables

DEBT = ("bond", "loan")


@dataclass(frozen=True, eq=False)
class Instrument:
    """A row of `instruments`."""

    name: str
    kind: str
    budget: str
    rate: float
    tenor: float
    grace: float
    level: bool
    refinances: bool
    in_ratio: bool
    limit_total: float
    limit_period: float
    categories: tuple[str, ...]
    self_supporting: bool
    cover: float
    discounted: bool
    green_only: bool
    outstanding: float
    outstanding_years: float

    @property
    def debt(self) -> bool:
        """Whether what it raises is owed: equity and grants are no debt."""
        return self.kind in DEBT

    @property
    def general(self) -> bool:
        """Whether it is drawn for no project."""
        bound = bool(self.categories) or self.self_supporting or self.green_only
        return self.debt and (self.refinances or not bound)


def read_instrument(row: Record) -> Instrument:
    """An instrument; numbers that are not given are NaN."""
    return Instrument(
        str(row["instrument"]),
        str(row["kind"]),
        str(row["budget"]),
        number(row["rate"], 0.0),
        number(row["tenor_years"], math.inf),
        number(row["grace_years"], 0.0),
        row["repay"] == "level_principal",
        bool(row["refinances"]),
        bool(row["in_debt_ratio"]),
        number(row["limit_total"], math.nan),
        number(row["limit_period"], math.nan),
        tuple(split(row["categories"])),
        bool(row["self_supporting"]),
        number(row["cover_min"], 1.0),
        row["cover_basis"] == "discounted",
        bool(row["green_only"]),
        number(row["outstanding"], 0.0),
        number(row["outstanding_years"], math.nan),
    )


@dataclass(frozen=True, eq=False)
class Vintage:
    """One unit, from the year in which it is drawn to its end (at least to the end of the horizon).

    Attributes
    ----------
    years : calendar years.
    opening, closing : balance at the beginning and at the end of each of them.
    interest, repaid : paid at the end of each of them.
    perpetual : whether the balance stays for good.
    """

    years: Ints
    opening: Floats
    closing: Floats
    interest: Floats
    repaid: Floats
    perpetual: bool = False

    def within(self, amounts: Floats, first: int, last: int) -> float:
        """Σ of amounts over calendar years."""
        return float(amounts[(self.years >= first) & (self.years <= last)].sum())

    def at(self, balance: Floats, year: int) -> float:
        """A balance in a year, 0 outside."""
        return float(balance[self.years == year].sum())

    def price(self, rate: float, discount: float, y0: int) -> float:
        """Σ δ_y x [max(rate − r, 0) + 0.001 rate] x balance at the beginning of y, to the very end."""
        spread = max(rate - discount, 0.0) + 0.001 * rate
        factors = (1.0 + discount) ** -(self.years - y0 + 1.0)
        owed = float(factors @ self.opening)
        if self.perpetual and spread > 0:
            # the years after the last one that is written out
            owed += float(factors[-1]) / discount * float(self.closing[-1])
        return spread * owed


def run(instrument: Instrument, first: int, until: int) -> Vintage:
    """A unit drawn on the first day of a year: bullet or level principal, interest on the balance at its beginning.

    Parameters
    ----------
    until : the last year that must be covered.
    """
    owes = instrument.kind != "grant"
    ends = owes and math.isfinite(instrument.tenor)
    size = max(until - first + 1, int(instrument.tenor) if ends else 0, 1)
    repaid = np.zeros(size)
    if ends:
        tenor, grace = int(instrument.tenor), int(instrument.grace)
        if instrument.level and grace < tenor:
            repaid[grace:tenor] = 1.0 / (tenor - grace)
        else:
            repaid[tenor - 1] = 1.0
    closing = float(owes) - np.cumsum(repaid)
    closing[np.abs(closing) < 1e-12] = 0.0
    opening = np.append(float(owes), closing[:-1])
    years = np.arange(first, first + size, dtype=np.int64)
    return Vintage(years, opening, closing, instrument.rate * opening, repaid, owes and not ends)


def unit(instrument: Instrument, tables: Tables, t: int) -> Vintage:
    """A unit drawn in a period; one that refinances is drawn in equal parts at the end of each of its years."""
    first, last, end = tables.starts[t], tables.lasts[t], tables.horizon_end
    if not instrument.refinances:
        return run(instrument, first, end)
    count = tables.lengths[t]
    parts = np.arange(count + 1) / count
    later = run(instrument, last + 1, end)
    return Vintage(
        np.append(np.arange(first, last + 1, dtype=np.int64), later.years),
        np.append(parts[:-1], later.opening),
        np.append(parts[1:], later.closing),
        np.append(instrument.rate * parts[:-1], later.interest),
        np.append(np.zeros(count), later.repaid),
        later.perpetual,
    )


def legacy(instrument: Instrument, tables: Tables) -> Vintage:
    """Old debt: equal parts at the end of each of its years, the first of them y0."""
    years = np.arange(tables.y0, tables.horizon_end + 1, dtype=np.int64)
    balance = np.zeros(len(years) + 1)
    if instrument.outstanding > 0:
        left = 1.0 - np.arange(len(years) + 1) / instrument.outstanding_years
        balance = instrument.outstanding * np.maximum(left, 0.0)
    return Vintage(years, balance[:-1], balance[1:], instrument.rate * balance[:-1], -np.diff(balance))
