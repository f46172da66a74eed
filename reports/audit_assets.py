"""The value of natural resources: what the services of their land are worth a year, capitalised at the social rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from zonevest.reports.audit_accounts import TENURES
from zonevest.reports.audit_cells import FOREVER, Floats, Ints
from zonevest.reports.audit_rows import Booking, Calendar
from zonevest.reports.audit_tables import Tables


class Kind(NamedTuple):
    """Land whose services go to one account after another: resource and tenure before a change, and after it."""

    before: str
    after: str
    tenure: str
    new_tenure: str


class Lands(NamedTuple):
    """The kinds of some parcels under one option, the kind of each, and the year in which class and tenure change."""

    kinds: list[Kind]
    of: Ints
    change: float


class Worth(NamedTuple):
    """What one unit of a yearly service is worth: columns, shape (2, columns), and by account in y0."""

    columns: Ints
    per_unit: Floats
    openings: tuple[tuple[int, float], ...]


class Assets:
    """Accounts `asset.…`; there are none where the social rate is 0."""

    def __init__(self, tables: Tables, calendar: Calendar) -> None:
        self.tables, self.calendar, self.width = tables, calendar, len(tables.periods) + 1
        self._lasts: Floats = np.array(tables.lasts, dtype=np.float64)
        # parcels have few different classes, flags and tenures
        facts = zip(tables.land_class, tables.flag_resource, tables.tenure, strict=True)
        codes, self._facts = pd.factorize(pd.Series(list(facts), dtype=object))
        self._code: Ints = codes.astype(np.int64)

    def lands(self, members: Ints, to_class: str, to_tenure: str, change: float) -> Lands:
        """The kinds of parcels that become a class, and of a tenure (``""``: keep theirs), in a year."""
        own = self.tables.class_resource
        kinds = [
            Kind(flag or own[land_class], flag or own[to_class or land_class], tenure, to_tenure or tenure)
            for land_class, flag, tenure in self._facts
        ]
        return Lands(kinds, self._code[members], change)

    def worth(self, booking: Booking, lands: Lands, at: Ints) -> Iterator[tuple[Ints, Worth]]:
        """Which of the parcels `at` have an asset by a booking, and what a unit of it is worth."""
        if not self._counts(booking):
            return
        kind = lands.of[at]
        for k in np.flatnonzero(np.bincount(kind)).tolist():
            worth = self._worth(booking, lands.kinds[k], lands.change)
            if len(worth.columns):
                yield np.flatnonzero(kind == k), worth

    def held(self, booking: Booking, resource: str, tenure: str) -> Worth | None:
        """What a unit is worth on land that keeps its resource, None where that is nothing."""
        if not self._counts(booking):
            return None
        worth = self._worth(booking, Kind(resource, resource, tenure, tenure), FOREVER)
        return worth if len(worth.columns) else None

    def _counts(self, booking: Booking) -> bool:
        account = booking.row.account
        return self.calendar.social > 0 and account.family == "ecosystem" and account.recurrence == "annual"

    def _worth(self, booking: Booking, kind: Kind, change: float) -> Worth:
        """Services as they run in the last year of every period, in y0; the resource is that of the time."""
        tables, calendar = self.tables, self.calendar
        # y0 stands before the last years of the periods
        years = np.append(float(tables.y0), self._lasts)
        shares = calendar.shares(booking, years) / calendar.social
        amounts = np.stack([shares * calendar.prices(booking, years), shares])
        cells: dict[int, Floats] = {}
        openings: dict[int, float] = {}
        for t, year in enumerate(self._lasts.tolist()):
            there = (kind.after, kind.new_tenure) if change <= year else (kind.before, kind.tenure)
            for account in self._accounts(*there):
                cells[account * self.width + t] = amounts[:, t + 1]
                if t == self.width - 2:  # over `total` a stock is its last state
                    cells[account * self.width + t + 1] = amounts[:, t + 1]
        for account in self._accounts(kind.before, kind.tenure):
            openings[account] = float(amounts[0, 0])
        columns = np.array(list(cells), dtype=np.int64)
        per_unit = np.stack(list(cells.values()), axis=1) if cells else np.zeros((2, 0))
        return Worth(columns, per_unit, tuple(openings.items()))

    def _accounts(self, resource: str, tenure: str) -> list[int]:
        """The accounts of a resource: in all, and by tenure."""
        names = [f"asset.{resource}", *([f"asset.{resource}.{tenure}"] if tenure in TENURES else [])]
        return [self.tables.account[name] for name in names] if resource else []
