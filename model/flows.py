"""Flows in time: what a flow row gives in each period and in the objective, by its beginning and its end.

A *stream* is what a group of flow rows (of one class, zone or practice, under one `where`) gives from one year to
another. Options carry few streams, so that years are looked at once per stream and never per parcel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import Study, each
from zonevest.model.budgets import FUND, Budgets

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
        """The rate at which F1, F2 or an actor's gain is discounted."""
        return self.social if name == ECOSYSTEM else self.finance

    def discount(self, rate: float) -> Floats:
        """Discount factors of the years, payment at year end: (1 + r)^-(y - y0 + 1)."""
        return np.asarray((1.0 + rate) ** -(self.years - self.years[0] + 1.0))

    def period_with(self, year: Ints) -> Ints:
        """The period in which each year lies, -1 outside the horizon."""
        position = np.asarray(year) - self.years[0]
        inside = (position >= 0) & (position < self.horizon)
        return np.where(inside, self.period_of[np.minimum(np.maximum(position, 0), self.horizon - 1)], -1)

    def mean(self, yearly: Floats) -> Floats:
        """The mean per year in each period of what the years of the horizon (or more) hold, shape (periods,)."""
        total = np.bincount(self.period_of, weights=yearly[: self.horizon])
        return np.asarray(total / self.length, dtype=np.float64)

    def falls(self, year: int, amount: float, *, annual: bool) -> Floats:
        """The totals of the periods of an amount in a year, or in every year from then on, shape (periods,)."""
        years = self.years[: self.horizon]
        runs = (years >= year) if annual else (years == year)
        return np.asarray(amount * np.bincount(self.period_of, weights=runs.astype(float)))

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


MONEY = "money."
"""First word of the accounts of what the purse takes and pays."""
OF_ACTOR = "gain.actor."
"""First words of the accounts of what an actor gains."""
PAID_TO = "money.actor:"
"""First words of what an actor is paid less what it pays in a period, all accounts of money together."""
OUTSIDE = "outside"
"""The actor that is everyone else."""


def is_worth(account: str) -> bool:
    """Whether an account is a present value over everything: F1, F2 or an actor's gain."""
    return account in (CASH, ECOSYSTEM) or account.startswith(OF_ACTOR)


FLAGS = ("green", "real_estate", "restoration")
"""What outlay is counted by: flags of practices and projects."""


def by_flag(wanted: Sequence[Item]) -> tuple[list[Item], dict[str, sparse.csr_array]]:
    """Items as sums of plainer ones, each counted everywhere (flag "") or for undertakings with a flag only.

    Outlay on restoration is that of restoring undertakings, and of any other on accounts of that role.

    Returns
    -------
    list of Item
        The plainer items.
    dict
        flag -> plainer items x wanted.
    """
    plain: dict[Item, int] = {}
    parts: dict[str, list[tuple[int, int]]] = {"": []}
    for index, (account, period) in enumerate(wanted):
        name, at, prices = account.partition(AT_START_PRICES)
        flag = name.removeprefix("money.outlay.")
        inner = [(name, "")]
        if name.startswith("money.outlay.") and flag in FLAGS:
            inner = [("money.outlay", flag)]
            if flag == "restoration":
                inner = [("money.outlay|restoration", ""), ("money.outlay|other", flag)]
        for part, counted in inner:
            column = plain.setdefault((part + at + prices, period), len(plain))
            parts.setdefault(counted, []).append((column, index))
    shape = (len(plain), len(wanted))
    return list(plain), {
        flag: sparse.csr_array((np.ones(len(pairs)), tuple(np.array(pairs).T)), shape=shape)
        for flag, pairs in parts.items()
        if pairs
    }


@dataclass(frozen=True)
class Accounts:
    """Accounts as arrays: what policy and objective ask of each.

    Attributes
    ----------
    names : account names.
    recurrence : annual, one_off or stock, shape (accounts,).
    growth : yearly price growth.
    family : of each account; `money` where it is revenue or cost in cash.
    role : of each account.
    natural : True where the account's family is ecosystem: a parcel's condition multiplies it.
    ecosystem : 1 where the account counts in F2.
    sale : True where its role is land_sale.
    path : government, government_market or market, of each account.
    purse : the actors of the budget entity.
    land_rent : whether sales of land count in F1.
    shares : (account, project, role) -> actor -> share.
    budgets : to which budget cash belongs.
    """

    names: pd.Index
    recurrence: NDArray[np.object_]
    growth: Floats
    family: NDArray[np.object_]
    money: NDArray[np.bool_]
    role: NDArray[np.object_]
    natural: NDArray[np.bool_]
    ecosystem: Floats
    sale: NDArray[np.bool_]
    path: NDArray[np.object_]
    purse: tuple[str, ...]
    land_rent: bool
    shares: dict[tuple[str, str, str], dict[str, float]]
    budgets: Budgets

    @classmethod
    def of(cls, study: Study) -> Accounts:
        """The accounts of a study, the built-in ones of projects and quotas included."""
        table, finance = study.accounts, study.settings.finance
        shares: dict[tuple[str, str, str], dict[str, float]] = {}
        for row in each(study.shares):
            held = shares.setdefault((row.account, row.project, row.role), {})
            held[row.actor] = held.get(row.actor, 0.0) + row.share
        natural = (table["family"] == "ecosystem").to_numpy()
        return cls(
            pd.Index(table["account"]),
            table["recurrence"].to_numpy(dtype=object),
            table["growth"].to_numpy(dtype=float),
            table["family"].to_numpy(dtype=object),
            table["cash"].to_numpy(dtype=bool) & table["family"].isin(["revenue", "cost"]).to_numpy(),
            table["role"].to_numpy(dtype=object),
            natural,
            (natural & (table["counterpart_of"] == "").to_numpy()).astype(float),
            (table["role"] == "land_sale").to_numpy(),
            table["path"].to_numpy(dtype=object),
            study.settings.purse,
            finance is None or finance.land_rent,
            shares,
            Budgets.of(study),
        )

    def weight(self, name: str) -> Floats:
        """What one unit of each account counts in F1, F2, an actor's gain or an account of money, shape (accounts,)."""
        if name not in self._weights:
            at = range(len(self.names))
            self._weights[name] = np.array([self._weigh(name, account, "") for account in at], dtype=float)
        return self._weights[name]

    def serving(self, enterprise: bool) -> NDArray[np.bool_]:
        """(19) The accounts whose revenue serves debt that is to support itself, shape (accounts,).

        Taxes and transfers do only where they are the fund's; where an enterprise owes, neither they nor sold land do.
        """
        fiscal = self.path == "government"
        if enterprise:
            return np.asarray(~fiscal & ~self.sale)
        of_fund = np.array([self.budgets.of_account.get(name) == FUND for name in self.names], dtype=bool)
        return np.asarray(~fiscal | of_fund)

    def part(self, name: str, at: int, project: str = "") -> float:
        """What one unit of an account counts where a project books it, by shares and a budget of its own."""
        if project not in self.apart:
            return float(self.weight(name)[at])
        if (name, at, project) not in self._parts:
            self._parts[name, at, project] = self._weigh(name, at, project)
        return self._parts[name, at, project]

    @cached_property
    def apart(self) -> frozenset[str]:
        """Projects that have shares or a budget of their own."""
        return frozenset(project for _, project, _ in self.shares if project) | frozenset(self.budgets.of_project)

    @cached_property
    def _weights(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def _parts(self) -> dict[tuple[str, int, str], float]:
        return {}

    def _weigh(self, name: str, at: int, project: str) -> float:
        if name == ECOSYSTEM:
            return float(self.ecosystem[at])
        if name.startswith(OF_ACTOR):
            return self.net((name.removeprefix(OF_ACTOR),), at, project)
        if name.startswith(PAID_TO):
            return self.net((name.removeprefix(PAID_TO),), at, project) if self.money[at] else 0.0
        part = self.net(self.purse, at, project) if self.money[at] else 0.0
        if name == CASH:
            return part if self.land_rent or not self.sale[at] else 0.0
        return part * self._in_money(name, at, project)

    def _in_money(self, name: str, at: int, project: str) -> float:
        """How an account counts in one of `money.…`: 1, -1 or 0, times a budget's part of it.

        In the name stands after : a budget, after | what the outlay is on.
        """
        what, _, budget = name.removeprefix(MONEY).partition(":")
        what, _, kind = what.partition("|")
        mine = self.budgets.share(budget, str(self.names[at]), project) if budget else 1.0
        if kind and (self.role[at] == "restoration") != (kind == "restoration"):
            return 0.0
        sign, recurrence = (1.0 if self.family[at] == "revenue" else -1.0), self.recurrence[at]
        counts: dict[str, bool] = {
            "revenue": sign > 0 and recurrence == "annual",
            "cost": sign < 0 and recurrence == "annual",
            "operating": recurrence == "annual",
            "receipts": sign > 0 and recurrence == "one_off",
            "outlay": sign < 0 and recurrence == "one_off",
            "land_sale": sign > 0 and recurrence == "one_off" and bool(self.sale[at]),
            "resource": sign > 0 and self.role[at] == "resource_income",
            "net": True,
        }
        return (1.0 if what in ("operating", "net") else sign) * counts[what] * mine

    def net(self, actors: tuple[str, ...], at: int, project: str = "") -> float:
        """What actors receive less what they pay of one unit of an account of money or of uplift.

        Without rows of a role the purse receives a revenue and pays a cost, and outside stands on the other side;
        uplift without rows is outside's. A project's own rows take the place of the general rows of the same role.
        """
        received, paid = self.sides(at, project)
        return sum(received.get(actor, 0.0) - paid.get(actor, 0.0) for actor in actors)

    def sides(self, at: int, project: str = "") -> tuple[dict[str, float], dict[str, float]]:
        """Who receives and who pays one unit of an account of money or of uplift: actor -> share (see `net`)."""
        family = self.family[at]
        if not self.money[at] and family != "uplift":
            return {}, {}
        purse, account = self.purse[0], str(self.names[at])
        alone: dict[str, tuple[dict[str, float], dict[str, float]]] = {
            "revenue": ({purse: 1.0}, {OUTSIDE: 1.0}),
            "cost": ({OUTSIDE: 1.0}, {purse: 1.0}),
            "uplift": ({OUTSIDE: 1.0}, {}),
        }
        received, paid = (
            self.shares.get((account, project, role)) or self.shares.get((account, "", role)) or default
            for role, default in zip(("receives", "pays"), alone[family], strict=True)
        )
        return received, paid


@dataclass(frozen=True)
class Rows:
    """Flow rows as arrays, all tables of parcels and projects alike, shape (rows,) each.

    `once` marks one-off rows; `offset` is that of the beginning; `scale` is the position in the list of scales;
    `decay` is what is lost of an annual row every year after its first;
    `growth` is the yearly growth of the price, `lag` the years from the year of the price to that of the payment;
    `captured` marks the rows of captures: they count from the start, and annual ones keep their first year's price;
    `source` is the position of the uplift account from which they are taken, -1 for all other rows.
    """

    account: Ints
    value: Floats
    once: NDArray[np.bool_]
    offset: Ints
    ramp: Floats
    life: Floats
    decay: Floats
    scale: Ints
    growth: Floats
    lag: Ints
    captured: NDArray[np.bool_]
    source: Ints

    @classmethod
    def of(cls, table: pd.DataFrame, accounts: Accounts, scale: Ints) -> Rows:
        """Read a flow table (any of the five), its captures included (see `zonevest.model.capture`)."""
        account = accounts.names.get_indexer(table["account"]).astype(np.int64)
        plain, none = accounts.growth[account], np.zeros(len(table))
        return cls(
            account,
            table["value"].to_numpy(dtype=float),
            table["basis"].isin(["once", "per_ha_once"]).to_numpy(),
            table["start_year"].to_numpy(dtype=float).astype(np.int64),
            table["ramp_years"].to_numpy(dtype=float),
            table["life_years"].to_numpy(dtype=float),
            table["decay"].to_numpy(dtype=float),
            scale,
            table["growth"].to_numpy(dtype=float) if "growth" in table else plain,
            (table["lag"].to_numpy(dtype=float) if "lag" in table else none).astype(np.int64),
            (table["captured"].to_numpy(dtype=bool) if "captured" in table else none.astype(bool)),
            accounts.names.get_indexer(table["captured_from"]) if "captured_from" in table else none.astype(int) - 1,
        )

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """The rows of several tables, one below the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

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
    owner : the project of each row, where projects may have shares or a budget of their own.
    since : the year from which each annual row counts, its ramp and decay having run on since `begin`; None: from
        `begin`.
    """

    clock: Clock
    accounts: Accounts
    rows: Rows
    begin: Ints
    until: Ints
    settled: NDArray[np.bool_]
    owner: NDArray[np.object_] | None = None
    since: Ints | None = None

    def take(self, rows: Ints) -> Timed:
        """The rows at these positions, in this order."""
        return Timed(
            self.clock,
            self.accounts,
            self.rows.take(rows),
            self.begin[rows],
            self.until[rows],
            self.settled[rows],
            None if self.owner is None else self.owner[rows],
            None if self.since is None else self.since[rows],
        )

    def weight(self, name: str) -> Floats:
        """What one unit of each row counts in F1, F2, an actor's gain or an account of money, shape (n,)."""
        weight = self.accounts.weight(name)[self.rows.account]
        for (account, project), at in self._apart.items():
            weight[at] = self.accounts.part(name, account, project)
        return weight

    @cached_property
    def _apart(self) -> dict[tuple[int, str], Ints]:
        """The rows of projects that have shares or a budget of their own, by account and project."""
        if self.owner is None or not self.accounts.apart:
            return {}
        at = np.flatnonzero(np.isin(self.owner, list(self.accounts.apart)))
        pairs = pd.DataFrame({"account": self.rows.account[at], "project": self.owner[at]})
        found = pairs.groupby(["account", "project"], sort=False).indices
        return {(int(account), str(project)): at[rows] for (account, project), rows in found.items()}

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
        first = begin if self.since is None else np.maximum(begin, self.since[:, None])
        share = np.where(plain, 1.0, share) * ((years >= first) & (years < stop))
        if rows.decay.any():
            share = share * (1.0 - rows.decay[:, None]) ** np.maximum(years - begin, 0)
        amount = np.where(rows.once[:, None], years == begin, share) * rows.value[:, None]
        if growing:
            priced = np.where((rows.captured & ~rows.once)[:, None], begin, years) - rows.lag[:, None]
            amount = amount * (1.0 + rows.growth[:, None]) ** (priced - years[0])
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
        growth = (1.0 + rows.growth) ** (past - rows.lag)
        counted = weight * rows.once * (self.accounts.recurrence[rows.account] != "stock")
        return np.asarray(rows.value * growth * counted * (1.0 + rate) ** -(past + 1.0))
