"""On which accounts a booking is told: on its own, on those of money, and on those that the audit checks sums with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zonevest.reports.audit_accounts import FUND_ACTOR, money_of
from zonevest.reports.audit_cells import Floats, Ints
from zonevest.reports.audit_rows import Booking, Calendar
from zonevest.reports.audit_tables import Tables


@dataclass(frozen=True, eq=False)
class Posting:
    """What one unit of a booking makes.

    Attributes
    ----------
    columns, per_unit : columns of the flattened ledger, and what it makes there, shape (2, columns), at prices of the
        year and of y0.
    openings : in y0, by account, for the start values.
    yearly, carried, last : as in `Value`.
    exchange : on its own account, what all actors receive, and pay, and what the purse does, shape (4, periods + 1).
    account : position of its own account.
    """

    columns: Ints
    per_unit: Floats
    openings: tuple[tuple[int, float], ...]
    yearly: Floats
    carried: Floats
    last: float
    exchange: Floats
    account: int


class Postings:
    """Postings of a study; those of equal bookings are made once."""

    def __init__(self, tables: Tables, calendar: Calendar) -> None:
        self.tables, self.calendar = tables, calendar
        self.width = len(tables.periods) + 1
        self._known: dict[tuple[Booking, str, frozenset[str]], Posting] = {}

    def of(self, booking: Booking, project: str = "", flags: frozenset[str] = frozenset()) -> Posting:
        """What one unit of a booking makes.

        Parameters
        ----------
        project : whose booking it is, for shares of its own.
        flags : green, real_estate, restoration: those that the undertaking has.
        """
        key = (booking, project, flags)
        if key not in self._known:
            self._known[key] = self._make(booking, project, flags)
        return self._known[key]

    def _make(self, booking: Booking, project: str, flags: frozenset[str]) -> Posting:
        tables, account = self.tables, booking.row.account
        parts = tables.actors.parts(account, project)
        value = self.calendar.value(booking, parts.worth)
        told = [(account.at, value.measures, value.opening)]
        if account.money:
            lengths = self.calendar.lengths
            annual = account.recurrence == "annual"
            budgets = tables.budgets.split(account, project)
            for name, sign, spread in money_of(account, flags, budgets) if parts.purse else ():
                here = sign * parts.purse
                measures = value.measures / np.append(lengths, 1.0) if spread else value.measures
                told.append((tables.account[name], here * measures, here * value.opening))
            if parts.fund:
                sums = value.measures * np.append(lengths, 1.0) if annual else value.measures
                told.append((tables.account[FUND_ACTOR], parts.fund * sums, 0.0))
        return Posting(
            np.concatenate([self.columns(at) for at, _, _ in told]),
            np.concatenate([measures for _, measures, _ in told], axis=1),
            tuple((at, opening) for at, _, opening in told if opening),
            value.yearly,
            value.carried,
            value.last,
            np.outer(parts.sides, value.measures[0]),
            account.at,
        )

    def columns(self, account: int) -> Ints:
        """The columns of an account."""
        return np.arange(account * self.width, (account + 1) * self.width)
