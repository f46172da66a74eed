"""Quotas: what is traded of them, and rows (4)."""

from __future__ import annotations

import math

from zonevest.instances.say import say
from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import Record, number
from zonevest.reports.audit_flows import Built, Flows, Unit
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_program import Decision, Line, Sum, System, Told, total
from zonevest.reports.audit_rows import Booking
from zonevest.reports.audit_tables import Tables

SIDES = {"buy": ("bought", "purchase"), "sell": ("sold", "sale")}
"""Of a trade: the account of the quota, and that of its money."""


class Quotas:
    """The quotas of a study."""

    def __init__(self, flows: Flows, places: Places) -> None:
        self.tables: Tables = flows.tables
        self.flows, self.places, self.width = flows, places, flows.width
        self.quotas = {str(row["quota"]): row for row in self.tables.rows("quotas")}
        self.grants: dict[tuple[str, str, int], float] = {}
        for row in self.tables.rows("quota_grants"):
            key = (str(row["quota"]), str(row["jurisdiction"]), self.tables.period[str(row["period"])])
            self.grants[key] = self.grants.get(key, 0.0) + float(row["amount"])

    def homes(self, row: Record) -> list[str]:
        """The places that keep a balance: the total of a quota that moves, else every jurisdiction."""
        return ["total"] if row["movable"] else self.tables.named_jurisdictions

    def draw(self, system: System) -> None:
        """Add the trades and the rows."""
        for quota, row in self.quotas.items():
            for place in self.homes(row):
                for t, period in enumerate(self.tables.periods):
                    for side in SIDES:
                        if not math.isnan(number(row[f"{side}_price"], math.nan)):
                            name = f"{side}[{quota},{place},{period}]"
                            at = self.places.position(place)
                            where = (at,) if at == 0 else (0, at)
                            most = number(row[f"{side}_max"], 0.0) * self.tables.lengths[t]
                            unit = self._unit(quota, row, side, t)
                            system.decide(Decision(name, (side, quota, place, t), unit, where, high=most))
                self._balances(system, quota, row, place)
            self._caps(system, quota, row)

    def _unit(self, quota: str, row: Record, side: str, t: int) -> Unit:
        """What one unit of a trade makes: the quota itself, and money that shares one life, for good."""
        tables, (count, money) = self.tables, SIDES[side]
        year = float(tables.starts[t])
        on = flow(tables, f"quota.{quota}.{money}", annual=False)
        forever = Built([], year, math.inf, -math.inf)
        unit = self.flows.unit([(Booking(on, year), number(row[f"{side}_price"], 0.0))], "", forever, ())
        first = tables.account[f"quota.{quota}.{count}"] * self.width
        unit.ledger[:, [first + t, first + self.width - 1]] += 1.0
        return unit

    def _counted(self, system: System, account: str, place: str, t: int) -> Sum:
        """The period total of an account."""
        if not account:
            return Sum()
        at = self.tables.accounts[self.tables.account[account]]
        years = self.tables.lengths[t] if at.recurrence == "annual" else 1.0
        return system.watch(self.places.position(place), at.at * self.width + t) * years

    def _balances(self, system: System, quota: str, row: Record, place: str) -> None:
        tables, later = self.tables, int(number(row["available_after"], 0.0))
        movable, made = bool(row["movable"]), Sum()
        balance = Sum(number(row["opening"], 0.0) if movable else 0.0)
        sold = Sum()
        for t, period in enumerate(tables.periods):
            balance = Sum().add(balance) if t == 0 or row["bank"] else Sum()
            if movable:
                balance.add(tables.lengths[t] * number(row["granted"], 0.0))
            homes = tables.named_jurisdictions if movable else [place]
            balance.add(sum(self.grants.get((quota, home, t), 0.0) for home in homes))
            if t >= later:
                balance.add(self._counted(system, str(row["account_generated"]), place, t - later))
            balance.add(self._counted(system, str(row["account_used"]), place, t), -1.0)
            balance.add(system.known("buy", quota, place, t))
            balance.add(system.known("sell", quota, place, t), -1.0)
            told = Told(f"quota.{quota}", f"quota.{quota}", place, period)
            system.lines.append(
                Line("quota", f"quota[{quota},{place},{period}]", balance + 0.0, ">=", Sum(), told=told)
            )
            made.add(self._counted(system, str(row["account_generated"]), place, t))
            sold.add(system.known("sell", quota, place, t))
        if sold.decisions:  # what is generated may be below zero, where land leaves: no matter to who sells nothing
            told = Told(f"quota_sold.{quota}", f"quota.{quota}.sold", place, "total")
            system.lines.append(Line("quota", f"quota_sold[{quota},{place}]", sold, "<=", made, told=told))

    def _caps(self, system: System, quota: str, row: Record) -> None:
        """The most that is traded, in all places together."""
        homes = self.homes(row)
        for side, (count, _) in SIDES.items():
            most = number(row[f"{side}_max"], math.nan)
            if math.isnan(most):
                continue
            for t, period in enumerate(self.tables.periods):
                traded = total(system.known(side, quota, home, t) for home in homes)
                bound = Sum(most * self.tables.lengths[t])
                told = Told(f"quota_{side}.{quota}", f"quota.{quota}.{count}", "total", period)
                name = f"quota_{side}[{quota},{period}]"
                # in one place alone it is a bound of the trade, and no row
                system.lines.append(Line("quota", name, traded, "<=", bound, told=told, vacuous=len(homes) < 2))

    def why_not(self, side: str, quota: str, place: str) -> tuple[str, str]:
        """Why there is no such trade: the rule, and what must hold."""
        row = self.quotas.get(quota)
        if row is None:
            return "quota", say("it is a quota of the study")
        if place not in self.homes(row):
            return "jurisdiction", say("a quota that moves is traded under total, another one in a jurisdiction")
        if math.isnan(number(row[f"{side}_price"], math.nan)):
            return "price", say("trade has a price: {column} is filled in", column=f"{side}_price")
        return "period", say("it is a period of the study")
