"""What undertakings book on accounts of money and uplift, one by one: the audit's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from zonevest.reports.audit_accounts import Account
from zonevest.reports.audit_capture import flow, taken
from zonevest.reports.audit_cells import FOREVER, HOLD, UNASSIGNED, Flags, Floats, Ints, number
from zonevest.reports.audit_choices import Choices
from zonevest.reports.audit_decisions import Parts
from zonevest.reports.audit_flows import Built, Flows
from zonevest.reports.audit_program import System
from zonevest.reports.audit_quotas import SIDES
from zonevest.reports.audit_rows import Booking, Value, row_amounts

TAKEN = "land_take"
"""The kind of what leaves with land that a project takes: the general shares and budgets hold for it."""


MENDING = ("restoration", "reclamation")
"""Modes of practices that mend land."""


class Key(NamedTuple):
    """An undertaking and an account; `captured_from` is the uplift account of a capture.

    A synergy is one of the project that books it; trade and prices by step are of no undertaking.
    """

    kind: str
    source: str
    account: str
    captured_from: str = ""


class Laid(NamedTuple):
    """What is laid out once by undertakings of one kind: the first year of service, and years of life."""

    kind: str
    service: float
    life: float


class _OnLand(NamedTuple):
    """Uplift account of a capture, booking, parcels and amounts; and the annual equivalent and life of each parcel."""

    found: list[tuple[str, Booking, Ints, Floats]]
    equal: Floats
    lives: Floats


class Undertakings:
    """Sums over undertakings: totals of the periods, then the present value, shape (periods + 1,).

    Attributes
    ----------
    sums : by undertaking and account.
    laid : what the purse lays out on operating assets in every year of the horizon.
    """

    def __init__(self, flows: Flows) -> None:
        self.flows, self.tables, self.calendar = flows, flows.tables, flows.calendar
        self.sums: dict[Key, Floats] = {}
        self.laid: dict[Laid, Floats] = {}
        self._values: dict[Booking, Value] = {}
        self._whole = np.ones(len(self.calendar.rates))

    def _value(self, booking: Booking) -> Value:
        if booking not in self._values:
            self._values[booking] = self.calendar.value(booking, self._whole)
        return self._values[booking]

    def _add(self, key: Key, booking: Booking, amount: float, spread: float) -> None:
        """Add a booking; `spread` is amount x what one unit carried to y0 makes as annual equivalents."""
        value, account = self._value(booking), booking.row.account
        years = self.calendar.lengths if account.recurrence == "annual" else np.ones(len(self.calendar.lengths))
        present = value.yearly[0] * amount + value.carried[0] * spread
        sums = np.append(value.measures[0][:-1] * years * amount, present)
        self.sums[key] = self.sums[key] + sums if key in self.sums else sums

    def _equal(self, service: float, life: Floats, last: Floats) -> Floats:
        """What one unit carried to y0 makes as annual equivalents."""
        ones = np.ones((len(self.calendar.rates), len(life)))
        return np.asarray(self.calendar.present(0.0 * ones, ones, service, life, last)[0], dtype=np.float64)

    def _on_land(self, members: Ints, practice: str, start: int) -> _OnLand:
        """What parcels book under an option, whole parcels, and what one-off amounts of each make a year."""
        tables, flows = self.tables, self.flows
        acts = practice not in (HOLD, UNASSIGNED)
        last, sold = np.full(len(members), -np.inf), np.zeros(len(members), dtype=bool)
        found: list[tuple[str, Booking, Ints, Floats]] = []

        def note(booking: Booking, at: Ints, amounts: Floats, uplift: str) -> None:
            account = booking.row.account
            last[at] = np.maximum(last[at], self._value(booking).last)
            sold[at] |= not booking.row.annual and account.role == "land_sale"
            if account.money or account.uplift:
                found.append((uplift, booking, at, amounts))

        for booking, among in flows.bookings(members, practice, start):
            amounts, applies = row_amounts(tables, booking.row, members[among])
            at, amounts = among[applies], amounts[applies]
            if not len(at):
                continue
            note(booking, at, amounts, "")
            account = booking.row.account
            for capture in flows.captures.get(account.name, ()) if account.uplift else ():
                holds: Flags = tables.mask(capture.where)[members[at]]
                if holds.any():
                    note(taken(tables, capture, booking), at[holds], amounts[holds] * capture.rate, account.name)
        equal, lives = np.zeros(len(members)), np.full(len(members), FOREVER)
        if acts:
            named = tables.practices[practice]
            service = tables.starts[start] + number(named["lead_years"], 0.0)
            life, lease = number(named["life_years"], FOREVER), number(named["lease_years"], math.nan)
            lives = np.where(sold & (not math.isnan(lease)), lease, life)
            equal = self._equal(service, lives, last)
        return _OnLand(found, equal, lives)

    def land(self, members: Ints, share: Floats, practice: str, start: int, source: str = "") -> None:
        """Add parcels under an option, as of that practice or, where another source is named, of it."""
        found, equal, lives = self._on_land(members, practice, start)
        named = {} if practice in (HOLD, UNASSIGNED) else self.tables.practices[practice]
        # what mends land stands in the land's own value
        if named and not (named["restoration"] or named["mode"] in MENDING):
            service = self.tables.starts[start] + number(named["lead_years"], 0.0)
            for _, booking, at, amounts in found:
                for years in np.unique(lives[at]).tolist() if booking.row.account.role != "restoration" else ():
                    paid = float((amounts * share[at])[lives[at] == years].sum())
                    self._lay_out(Laid("practice", service, years), booking, paid)
        for uplift, booking, at, amounts in found:
            part = amounts * share[at]
            key = Key("practice", source or practice, booking.row.account.name, uplift)
            self._add(key, booking, float(part.sum()), float((part * equal[at]).sum()))

    def worth(self, members: Ints, practice: str, start: int) -> Iterator[tuple[Account, bool, Ints, Floats]]:
        """Present value of each booking on parcels: its account, whether it is captured of a rise, where, how much."""
        found, equal, _ = self._on_land(members, practice, start)
        for uplift, booking, at, amounts in found:
            value = self._value(booking)
            yield booking.row.account, bool(uplift), at, amounts * (value.yearly[0] + value.carried[0] * equal[at])

    def _lay_out(self, laid: Laid, booking: Booking, amount: float, project: str = "") -> None:
        """Add a one-off cost in cash, what land costs apart."""
        account, year = booking.row.account, math.floor(booking.first) - self.tables.y0
        horizon = self.tables.horizon_end - self.tables.y0 + 1
        once = account.money and account.family == "cost" and account.recurrence == "one_off"
        if not once or account.role == "land_cost" or year >= horizon:
            return
        price = float(self.calendar.prices(booking, np.array([math.floor(booking.first)], dtype=np.float64))[0])
        years = self.laid.setdefault(laid, np.zeros(horizon))
        years[year] += max(-self.tables.actors.parts(account, project).purse, 0.0) * amount * price

    def project(self, project: str, built: Built, booking: Booking, amount: float, tools: frozenset[str]) -> None:
        """Add a booking of a project, and what tools take of it."""
        account = booking.row.account
        if not account.money and not account.uplift:
            return
        equal = self._equal_of(built)
        self._add(Key("project", project, account.name), booking, amount, amount * equal)
        self._lay_out(Laid("project", built.opening, built.life), booking, amount, project)
        for capture, part in self.flows.captured(booking, amount, tools) if account.uplift else ():
            key = Key("project", project, capture.row.account.name, account.name)
            self._add(key, capture, part, part * equal)

    def _equal_of(self, built: Built) -> float:
        return float(self._equal(built.opening, np.full(1, built.life), np.full(1, built.last))[0])

    def single(self, key: Key, booking: Booking, amount: float, terms: Built) -> None:
        """Add a booking that has a life of its own."""
        if self.account(key).money:
            self._add(key, booking, amount, amount * self._equal_of(terms))

    def leaving(self, project: str, booking: Booking, amount: float) -> None:
        """Add a yearly row that leaves with land which a project takes: it is of the place, not of the project."""
        account = booking.row.account
        if account.money:
            self._add(Key(TAKEN, project, account.name), booking, amount, 0.0)

    def trade(self, side: str, quota: str, t: int, quantity: float) -> None:
        """Add what a quota is bought or sold for: both sides share one life, for good."""
        tables = self.tables
        year, account = float(tables.starts[t]), f"quota.{quota}.{SIDES[side][1]}"
        row = next(row for row in tables.rows("quotas") if row["quota"] == quota)
        paid = quantity * number(row[f"{side}_price"], 0.0)
        booking = Booking(flow(tables, account, annual=False), year)
        self.single(Key("quota", quota, account), booking, paid, Built([], year, math.inf, -math.inf))

    def account(self, key: Key) -> Account:
        """The account of a key."""
        return self.tables.accounts[self.tables.account[key.account]]


def of_plan(
    flows: Flows, parts: Parts, choices: Choices, system: System, values: Floats, hectares: Callable[[int, int], float]
) -> Undertakings:
    """What a plan books: its options, its projects and their synergies, uplift of catchments, trade, prices by step.

    Parameters
    ----------
    hectares : of a place and a column of the ledger.
    """
    out = Undertakings(flows)
    for (practice, start), members, share in choices.by_option():
        out.land(members, share, practice, start)
    for project, start in choices.starts.items():
        built = flows.built(project, start)
        for booking, amount in built.bookings:
            out.project(project, built, booking, amount, frozenset())
        for booking, amount in flows.leaving.booked(project, start):
            out.leaving(project, booking, amount)
    for joint in parts.synergies.of(choices.starts):
        name, forever = joint.booking.row.account.name, Built([], joint.opening, math.inf, -math.inf)
        out.single(Key("project", joint.project, name), joint.booking, joint.amount, forever)
    for steps, amount in parts.prices.paid(hectares):
        out.single(Key("price_steps", steps.area, steps.account), steps.booking, amount, steps.terms)
    for key, v in system.at.items():
        amount = float(values[v])
        if not amount:
            continue
        if key[0] == "uplift":
            _, project, start, _, _, tools, t = key
            built = flows.built(project, start)
            for booking, per_ha in parts.uplift.bookings(project, built, t):
                out.project(project, built, booking, per_ha * amount, tools)
        elif key[0] in SIDES:
            side, quota, _, t = key
            out.trade(side, quota, t, amount)
    return out


def of_nothing(flows: Flows, choices: Choices) -> Undertakings:
    """What everything held as it is books, told of the practices that the land follows under a plan."""
    out = Undertakings(flows)
    for (practice, _), members, share in choices.by_option():
        out.land(members, share, HOLD, -1, practice)
    return out
