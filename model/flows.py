"""Flows in time: what a flow row gives in each period and in the objective, by its beginning and its end.

A *stream* is what a group of flow rows (of one class, zone or practice, under one `where`) gives from one year to
another. Options carry few streams, so that years are looked at once per stream and never per parcel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import Study, each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NEVER = 10**6
"""A year after every horizon: the end of what does not end."""
CASH, ECOSYSTEM = "F1", "F2"
AT_START_PRICES = "@start_prices"
"""Suffix of an account: its value without price growth, for limits that compare with the start."""

Item: TypeAlias = tuple[str, int]
"""An account (or F1, F2) and a period's position; `areas.START` is the state before the first period."""


@dataclass(frozen=True)
class Clock:
    """The calendar of a study: periods, years of horizon and tail, discount factors.

    Attributes
    ----------
    years : y0 … end of the tail, shape (years,).
    horizon : how many of them lie in periods.
    period_of : the period of each year of the horizon, shape (horizon,).
    length : years of each period, shape (periods,).
    begin, last : first and last year of each period.
    """

    years: Ints
    horizon: int
    period_of: Ints
    length: Ints
    begin: Ints
    last: Ints
    finance: float
    social: float

    @classmethod
    def of(cls, study: Study) -> Clock:
        """The clock of a study."""
        periods = study.periods
        length = np.array([p.years for p in periods])
        return cls(
            np.arange(study.first_year, study.end_year + 1),
            int(length.sum()),
            np.repeat(np.arange(len(periods)), length),
            length,
            np.array([p.start for p in periods]),
            np.array([p.last for p in periods]),
            study.settings.rates.finance,
            study.settings.rates.social,
        )

    def rate(self, name: str) -> float:
        """The rate at which F1 or F2 is discounted."""
        return self.finance if name == CASH else self.social

    def discount(self, rate: float) -> Floats:
        """Discount factors of the years, payment at year end: (1 + r)^-(y - y0 + 1)."""
        return np.asarray((1.0 + rate) ** -(self.years - self.years[0] + 1.0))

    def period_with(self, year: Ints) -> Ints:
        """The period in which each year lies, -1 outside the horizon."""
        position = np.asarray(year) - self.years[0]
        inside = (position >= 0) & (position < self.horizon)
        return np.where(inside, self.period_of[np.clip(position, 0, self.horizon - 1)], -1)

    def annuity(self, rate: float, service: Ints, life: Floats, end: Ints) -> Floats:
        """Present value of the annual equivalents of one unit that stands at the beginning of the service year.

        Formulation section 9: A = r / (1 - (1 + r)^-life) (1 / life at r = 0, r for a blank life), counted at the end
        of the years service … end, at most the tail's end.

        Parameters
        ----------
        service, end : years; end is inclusive.
        life : years, NaN for good.
        """
        forever = np.isnan(life)
        span = np.where(forever, 1.0, life)
        yearly = 1.0 / span if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -span)
        yearly = np.where(forever, rate, yearly)
        to_date = np.concatenate([[0.0], np.cumsum(self.discount(rate))])
        first = np.clip(service - self.years[0], 0, len(self.years))
        stop = np.clip(end - self.years[0] + 1, first, len(self.years))
        return np.asarray(yearly * (to_date[stop] - to_date[first]))


@dataclass(frozen=True)
class Accounts:
    """Accounts as arrays: what policy and objective ask of each.

    Attributes
    ----------
    names : account names.
    recurrence : annual, one_off or stock, shape (accounts,).
    growth : yearly price growth.
    purse : what the purse nets of one unit: receives less pays; 0 where the account is not money.
    natural : True where the account's family is ecosystem: a parcel's condition multiplies it.
    ecosystem : 1 where the account counts in F2.
    sale : True where its role is land_sale.
    purse_of_project : (account, project) -> purse, where a project has shares of its own.
    """

    names: pd.Index
    recurrence: NDArray[np.object_]
    growth: Floats
    purse: Floats
    natural: NDArray[np.bool_]
    ecosystem: Floats
    sale: NDArray[np.bool_]
    purse_of_project: dict[tuple[str, str], float]

    def weight(self, name: str) -> Floats:
        """What one unit of each account counts in F1 or F2."""
        return self.purse if name == CASH else self.ecosystem

    @classmethod
    def of(cls, study: Study) -> Accounts:
        """The accounts of a study, the built-in project accounts included."""
        table = study.accounts
        money = table["cash"].to_numpy(dtype=bool) & table["family"].isin(["revenue", "cost"]).to_numpy()
        family = dict(zip(table["account"][money], table["family"][money], strict=True))
        # what the purse holds of each (account, project, role) that has rows
        held: dict[tuple[str, str, str], float] = {}
        for row in each(study.shares):
            key = (row.account, row.project, row.role)
            held[key] = held.get(key, 0.0) + (row.share if row.actor in study.settings.purse else 0.0)
        natural = (table["family"] == "ecosystem").to_numpy()
        return cls(
            pd.Index(table["account"]),
            table["recurrence"].to_numpy(dtype=object),
            table["growth"].to_numpy(dtype=float),
            np.array([_net(held, name, "", family[name]) if name in family else 0.0 for name in table["account"]]),
            natural,
            (natural & (table["counterpart_of"] == "").to_numpy()).astype(float),
            (table["role"] == "land_sale").to_numpy(),
            {
                (account, project): _net(held, account, project, family[account])
                for account, project, _ in held
                if project and account in family
            },
        )


def _net(held: dict[tuple[str, str, str], float], account: str, project: str, family: str) -> float:
    """What the purse nets of one unit of an account: its receives less its pays.

    Without rows of a role the purse receives a revenue and pays a cost, and outside stands on the other side. A
    project's own rows take the place of the general rows of the same role.
    """
    general = {"receives": float(family == "revenue"), "pays": float(family == "cost")}
    part = {
        role: held.get((account, project, role), held.get((account, "", role), default))
        for role, default in general.items()
    }
    return part["receives"] - part["pays"]


@dataclass(frozen=True)
class Rows:
    """Flow rows as arrays, all tables of parcels and projects alike, shape (rows,) each.

    `once` marks one-off rows; `begin` is the offset of the beginning; `scale` is the position in the list of scales.
    """

    account: Ints
    value: Floats
    once: NDArray[np.bool_]
    offset: Ints
    ramp: Floats
    life: Floats
    scale: Ints

    @classmethod
    def of(cls, table: pd.DataFrame, accounts: Accounts, scale: Ints) -> Rows:
        """Read a flow table (any of the five)."""
        return cls(
            accounts.names.get_indexer(table["account"]).astype(np.int64),
            table["value"].to_numpy(dtype=float),
            table["basis"].isin(["once", "per_ha_once"]).to_numpy(),
            table["start_year"].to_numpy(dtype=float).astype(np.int64),
            table["ramp_years"].to_numpy(dtype=float),
            table["life_years"].to_numpy(dtype=float),
            scale,
        )

    def take(self, rows: Ints) -> Rows:
        """The rows at these positions, in this order."""
        return Rows(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Timed:
    """Flow rows with the year in which each begins and the year before which it ends, shape (n,) each.

    Attributes
    ----------
    rows : the flow rows.
    begin : first year (of an annual row) or the year (of a one-off row).
    until : first year in which an annual row no longer runs, its own life apart.
    settled : True where the row stands in full force from the beginning: no ramp.
    """

    clock: Clock
    accounts: Accounts
    rows: Rows
    begin: Ints
    until: Ints
    settled: NDArray[np.bool_]

    @cached_property
    def stop(self) -> Ints:
        """First year in which an annual row no longer runs."""
        life = np.where(np.isnan(self.rows.life), NEVER, np.ceil(self.rows.life))
        return np.minimum(self.until, np.minimum(self.begin + life, NEVER).astype(np.int64))

    def yearly(self, growing: bool = True) -> Floats:
        """Amount of each row in each year of horizon and tail, shape (n, years); growth left out if not `growing`."""
        clock, rows = self.clock, self.rows
        years = clock.years
        begin, stop = self.begin[:, None], self.stop[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.minimum(1.0, (years - begin + 1.0) / rows.ramp[:, None])
        plain = ((rows.ramp == 0.0) | self.settled)[:, None] | (np.arange(len(years)) >= clock.horizon)
        share = np.where(plain, 1.0, share) * ((years >= begin) & (years < stop))
        amount = np.where(rows.once[:, None], years == begin, share) * rows.value[:, None]
        if growing:
            amount = amount * (1.0 + self.accounts.growth[rows.account][:, None]) ** (years - years[0])
        return np.asarray(amount)

    def by_period(self, yearly: Floats) -> Floats:
        """L of each row in each period, shape (n, periods): mean per year, total, or state at the end."""
        clock, recurrence = self.clock, self.accounts.recurrence[self.rows.account]
        inside = yearly[:, : clock.horizon]
        edges = np.concatenate([[0], np.cumsum(clock.length)[:-1]])
        total = np.add.reduceat(inside, edges, axis=1) if len(inside) else np.zeros((0, len(clock.length)))
        state = inside[:, np.cumsum(clock.length) - 1]
        raised = np.cumsum(total, axis=1)
        kind = recurrence[:, None]
        stock = np.where(self.rows.once[:, None], raised, state)
        return np.where(kind == "annual", total / clock.length, np.where(kind == "one_off", total, stock))

    def at_present(self, rate: float, yearly: Floats, weight: Floats) -> Floats:
        """Present value in y0 of annual rows times the weight of each row, shape (n,); 0 for one-off rows."""
        counted = weight * ~self.rows.once * (self.accounts.recurrence[self.rows.account] != "stock")
        return np.asarray((yearly @ self.clock.discount(rate)) * counted)

    def carried(self, rate: float, weight: Floats) -> Floats:
        """One-off rows carried to the beginning of y0, amount (1 + r)^-(y + 1 - y0), shape (n,); 0 for annual rows.

        Times (1 + r)^(v - y0) this is the sum that stands at the beginning of the service year v.
        """
        rows = self.rows
        past = self.begin - self.clock.years[0]
        growth = (1.0 + self.accounts.growth[rows.account]) ** past
        counted = weight * rows.once * (self.accounts.recurrence[rows.account] != "stock")
        return np.asarray(rows.value * growth * counted * (1.0 + rate) ** -(past + 1.0))
