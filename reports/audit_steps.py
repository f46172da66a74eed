"""Prices that change with the amount: hectares sold or bought at the price of the step that they fill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import FOREVER, Floats, Record, number
from zonevest.reports.audit_flows import Built, Flows, Unit
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_program import Line, Sum, System, Told
from zonevest.reports.audit_rows import Booking

NEW = "area.new.practice."


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of one price in a period.

    Attributes
    ----------
    account, area : the account of money, and that of the hectares.
    place : a jurisdiction, or `total`.
    ends : hectares of the period up to which each step goes.
    prices : million per hectare in each, at prices of y0.
    booking : one million, paid in the first year.
    terms : service year and life of its annual equivalent.
    """

    account: str
    area: str
    place: str
    t: int
    ends: Floats
    prices: Floats
    booking: Booking
    terms: Built

    def amount(self, hectares: float) -> float:
        """What hectares cost or bring: each step is filled before the next; beyond the last nothing is sold."""
        begins = np.append(0.0, self.ends[:-1])
        return float(self.prices @ np.clip(hectares - begins, 0.0, self.ends - begins))


class Prices:
    """The table `price_steps` of a study."""

    def __init__(self, flows: Flows, places: Places) -> None:
        self.flows, self.tables, self.places, self.width = flows, flows.tables, places, flows.width
        self._units: dict[Steps, Unit] = {}
        groups: dict[tuple[str, str, str], list[Record]] = {}
        for row in self.tables.rows("price_steps"):
            key = (str(row["account"]), str(row["area_account"]), str(row["jurisdiction"]) or "total")
            groups.setdefault(key, []).append(row)
        self.steps = [steps for key, rows in groups.items() for steps in self._read(*key, rows)]

    def _read(self, account: str, area: str, place: str, rows: list[Record]) -> Iterator[Steps]:
        """The steps of every period: the rows that name it, where none does those that name none."""
        tables = self.tables
        for t, period in enumerate(tables.periods):
            own = [row for row in rows if row["period"] == period] or [row for row in rows if not row["period"]]
            if not own:
                continue
            own.sort(key=lambda row: float(row["up_to"]))
            ends = tables.lengths[t] * np.array([float(row["up_to"]) for row in own])
            prices = np.array([float(row["factor"]) * float(row["price"]) for row in own])
            booking = Booking(flow(tables, account, annual=False), float(tables.starts[t]))
            yield Steps(account, area, place, t, ends, prices, booking, self._terms(account, area, booking.first))

    def _terms(self, account: str, area: str, first: float) -> Built:
        """The service year and life of the practice whose new land is sold; for good where other hectares are."""
        named = self.tables.practices.get(area.removeprefix(NEW)) if area.startswith(NEW) else None
        if named is None:
            return Built([], first, FOREVER, -math.inf)
        life, lease = number(named["life_years"], FOREVER), number(named["lease_years"], math.nan)
        sells = self.tables.accounts[self.tables.account[account]].role == "land_sale"
        if sells and not math.isnan(lease):
            life = lease
        return Built([], first + number(named["lead_years"], 0.0), life, -math.inf)

    def column(self, steps: Steps) -> int:
        """The column of the hectares of some steps."""
        return self.tables.account[steps.area] * self.width + steps.t

    def where(self, steps: Steps) -> tuple[int, ...]:
        """The places in which some steps book: their jurisdiction and the total, or the total alone."""
        at = self.places.position(steps.place)
        return (0, at) if at else (0,)

    def unit(self, steps: Steps) -> Unit:
        """What a million makes; it belongs to no undertaking."""
        if steps not in self._units:
            self._units[steps] = self.flows.unit([(steps.booking, 1.0)], "", steps.terms, ())
        return self._units[steps]

    def paid(self, hectares: Callable[[int, int], float]) -> Iterator[tuple[Steps, float]]:
        """The amounts, at prices of y0, where something is sold or bought.

        Parameters
        ----------
        hectares : of a place and a column of the ledger.
        """
        for steps in self.steps:
            amount = steps.amount(hectares(self.places.position(steps.place), self.column(steps)))
            if amount:
                yield steps, amount

    def draw(self, system: System) -> None:
        """Add the rows: no more is sold or bought than the steps have room for."""
        for steps in self.steps:
            period = self.tables.periods[steps.t]
            sold = system.watch(self.places.position(steps.place), self.column(steps))
            told = Told(f"price_steps.{steps.account}", steps.area, steps.place, period)
            name = f"price_steps[{steps.account},{steps.area},{steps.place},{period}]"
            system.lines.append(Line("money", name, sold, "<=", Sum(float(steps.ends[-1])), told=told))
