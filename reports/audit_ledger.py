"""The ledger of a study by place, account and period: today's land, and what options and projects add to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zonevest.instances.study import Study
from zonevest.reports.audit_cells import HOLD, Floats, Ints
from zonevest.reports.audit_flows import Flows, Unit
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_tables import Tables
from zonevest.reports.audit_uplift import Atoms


@dataclass
class Totals:
    """What a plan books.

    Attributes
    ----------
    ledger : shape (2, places, columns), at prices of the year and of the start; a column is an account and a period.
    worth : F1 and F2.
    exchange : in the total, what all actors receive, and pay, and what the purse does, shape (4, columns).
    hectares : of atoms under practices at the end of periods.
    """

    ledger: Floats
    worth: Floats
    exchange: Floats
    hectares: Floats

    def copy(self) -> Totals:
        """The same once more, to be added to."""
        return Totals(*(each.copy() for each in (self.ledger, self.worth, self.exchange, self.hectares)))

    def add(self, unit: Unit, places: Sequence[int], factor: float = 1.0) -> None:
        """Add a multiple of what a project or a decision makes, in some places."""
        for place in places:
            self.ledger[:, place] += factor * unit.ledger
        self.worth += factor * unit.worth
        self.exchange += factor * unit.exchange


class Ledgers:
    """Land as it is today, and how options and projects are added.

    Attributes
    ----------
    base : what is there whatever is decided (people; in gains, less doing nothing), as a ledger.
    start : start values, shape (places, accounts).
    held_ledger : of everything held as it is.
    nothing : F1 and F2 of doing nothing, 0 where there is no such state.
    """

    def __init__(self, study: Study, tags: Iterable[str] = ()) -> None:
        self.study = study
        self.tables = tables = Tables(study)
        self.flows = Flows(tables)
        self.atoms = Atoms(tables, self.flows)
        self.parcel_ids = [str(name) for name in tables.ids]
        places = Places(tables, tags)
        self.tags, self.places, self.place = places.tags, places.names, places.at
        self.home, self.tagged = places.home, places.tagged
        self.sites = places
        ages = np.array([0, *(last - tables.y0 for last in tables.lasts)], dtype=np.float64)
        people = places.people(ages)
        first = tables.account["population"] * self.flows.width
        self.people = people[:, 0]
        self.base = np.zeros((2, len(self.places), self.flows.columns))
        self.base[:, :, first : first + self.flows.width] = np.append(people[:, 1:], people[:, -1:], axis=1)
        self._hold_everything()

    def totals(self) -> Totals:
        """What is there whatever is decided."""
        return Totals(self.base.copy(), np.zeros(2), np.zeros((4, self.flows.columns)), np.zeros(self.atoms.shape))

    def book(
        self, totals: Totals, members: Ints, share: Floats, practice: str, start: int, first_year: Floats | None = None
    ) -> None:
        """Add what parcels book under one option; start values of annual accounts to `first_year`."""
        flows = self.flows
        books = flows.book(members, practice, start)
        for entry in books.entries:
            some = members[entry.at]
            sums = self._by_place(some, entry.amounts * share[entry.at])
            for price in (0, 1):
                totals.ledger[price][:, entry.columns] += np.outer(sums, entry.per_unit[price])
            if entry.exchange is not None:
                totals.exchange[:, flows.postings.columns(entry.account)] += sums[0] * entry.exchange
            for account, opening in entry.openings if first_year is not None else ():
                assert first_year is not None
                first_year[:, account] += sums * opening
        for column, gains in zip(flows.gain_columns, books.worth[2:], strict=True):
            if gains.any():
                totals.ledger[:, :, column] += self._by_place(members, gains * share)
        totals.worth += books.worth[:2] @ share
        self.atoms.add(totals.hectares, members, share, practice, start)

    def _by_place(self, members: Ints, amounts: Floats) -> Floats:
        """Sums over the parcels of every place."""
        sums = np.asarray(np.bincount(self.home[members], amounts, minlength=len(self.places)), dtype=np.float64)
        sums[0] = amounts.sum()
        for tag in self.tags:
            sums[self.place[tag]] = amounts[self.tagged[tag][members]].sum()
        return sums

    def _hold_everything(self) -> None:
        """The start values, and what doing nothing is worth."""
        tables, flows = self.tables, self.flows
        everything = np.arange(tables.parcels, dtype=np.int64)
        held = self.totals()
        self.start = np.zeros((len(self.places), len(tables.accounts)))
        self.book(held, everything, np.ones(len(everything)), HOLD, -1, self.start)
        # areas do not change while nothing is done: their first state is that of any period
        for account in tables.accounts:
            if account.recurrence == "stock" and account.name.startswith(("area.", "quality.")):
                self.start[:, account.at] += held.ledger[0, :, account.at * flows.width]
        self.start[:, tables.account["population"]] += self.people
        finance = self.study.settings.finance
        if finance is not None:
            owed = sum(row["outstanding"] for row in tables.rows("instruments") if row["outstanding"] > 0)
            self.start[0, tables.account["finance.debt"]] = owed
            for purse in tables.budgets.purses(finance):
                for name in dict.fromkeys(["finance.cash", purse.cash]):
                    self.start[0, tables.account[name]] += purse.opening
        compare = self.study.has_doing_nothing
        self.nothing = held.worth if compare else np.zeros(2)
        # a gain is what a plan makes less the same at doing nothing
        gains = held.ledger[:, :, flows.gain_columns].copy()
        if compare:
            self.base[:, :, flows.gain_columns] = -gains
        held.ledger[:, :, flows.gain_columns] = 0.0
        self.held_ledger = held.ledger

    def project_places(self, jurisdiction: str) -> tuple[int, ...]:
        """Where a project books: in the total and in its jurisdiction."""
        return (0, self.place[jurisdiction]) if jurisdiction else (0,)

    def ledger_table(self, ledger: Floats) -> pd.DataFrame:
        """A ledger as a plan states it; a gain, which is of everything, under the period `total`."""
        tables, places = self.tables, len(self.places)
        cube = ledger[0].reshape(places, len(tables.accounts), self.flows.width).transpose(1, 0, 2)
        by_period = [account.at for account in tables.accounts if not account.hidden and not account.gain]
        gains = [account.at for account in tables.accounts if account.gain]
        parts = [
            self._long(by_period, tables.periods, cube[by_period][:, :, :-1]),
            self._long(gains, ["total"], cube[gains][:, :, -1:]),
        ]
        return pd.concat(parts, ignore_index=True)

    def _long(self, accounts: list[int], periods: list[str], cube: Floats) -> pd.DataFrame:
        places, size = len(self.places), len(periods)
        names = np.array([self.tables.accounts[at].name for at in accounts], dtype=object)
        measures = np.array([self.tables.accounts[at].measure for at in accounts], dtype=object)
        return pd.DataFrame(
            {
                "account": np.repeat(names, places * size),
                "jurisdiction": np.tile(np.repeat(np.array(self.places, dtype=object), size), len(accounts)),
                "period": np.tile(np.array(periods, dtype=object), len(accounts) * places),
                "measure": np.repeat(measures, places * size),
                "value": cube.reshape(-1),
            }
        )
