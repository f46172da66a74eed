"""What a project must earn: hurdle rates, the portfolio, and bundles whose income carries their restoration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np

from zonevest.instances.say import say
from zonevest.reports.audit_accounts import Account
from zonevest.reports.audit_cells import Record, number
from zonevest.reports.audit_flows import Flows
from zonevest.reports.audit_program import Line, Sum, System, Told
from zonevest.reports.audit_rows import Booking
from zonevest.reports.audit_rules import Breach, start_reasons
from zonevest.reports.audit_uplift import Uplift

RESTORES = "ecological_restoration"
FOR_GOOD = 100
"""Years that an annual row without an end counts."""
NEAR = 1e-9
"""A sum that misses its bound by less meets it."""


class Hurdles:
    """Hurdle rates of projects, and bundles."""

    def __init__(self, flows: Flows, uplift: Uplift) -> None:
        self.flows, self.uplift, self.tables = flows, uplift, flows.tables
        finance = self.tables.settings.finance
        by_category = {} if finance is None else finance.hurdle
        self.rates: dict[str, float] = {}
        for name, row in self.tables.projects.items():
            rate = number(row["hurdle"], by_category.get(str(row["category"]), math.nan))
            if not math.isnan(rate):
                self.rates[name] = rate
        self.least = None if finance is None else finance.eod_eco_share
        self.bundles = {} if self.least is None else self._bundles()
        self._known: dict[tuple[str, int, float, bool], float] = {}

    def _bundles(self) -> dict[str, list[str]]:
        """The members of bundles of restoration with something else, none of them mandatory."""
        found: dict[str, list[str]] = {}
        projects = self.tables.projects
        for name, row in projects.items():
            if row["bundle"]:
                found.setdefault(str(row["bundle"]), []).append(name)
        out = {}
        for bundle, names in found.items():
            restores = {projects[name]["category"] == RESTORES for name in names}
            if len(restores) == 2 and not any(projects[name]["mandatory"] for name in names):
                out[bundle] = names
        return out

    # ---------------------------------------------------------------- present values

    def _present(self, booking: Booking, rate: float) -> float:
        """One unit of a booking over all its years, at the beginning of y0."""
        calendar, first = self.flows.calendar, math.floor(booking.first)
        years = np.array([float(first)])
        if booking.row.annual:
            until = booking.first + FOR_GOOD if math.isinf(booking.stop) else booking.stop
            years = np.arange(first, math.ceil(until), dtype=np.float64)
        amounts = calendar.shares(booking, years) * calendar.prices(booking, years)
        return float(amounts @ (1.0 + rate) ** -(years - self.tables.y0 + 1.0))

    def net(self, project: str, start: int, rate: float, *, operating: bool = False) -> float:
        """NPV of a project that starts in a period: its rows of money, revenue less cost, whoever has them.

        Parameters
        ----------
        operating : without land, taxes and other flows of government.
        """
        key = (project, start, rate, operating)
        if key not in self._known:
            self._known[key] = self._sum(project, start, rate, _operating if operating else _money)
        return self._known[key]

    def _sum(self, project: str, start: int, rate: float, counts: Callable[[Account], bool]) -> float:
        value = 0.0
        for booking, amount in self.flows.built(project, start).bookings:
            account = booking.row.account
            if counts(account):
                sign = -1.0 if account.family == "cost" else 1.0
                value += sign * amount * self._present(booking, rate)
        return value

    def _rises(self, project: str, start: int, rate: float) -> float:
        """Present value of what a project's own rows on uplift accounts book."""
        return self._sum(project, start, rate, lambda account: account.uplift)

    # ---------------------------------------------------------------- starts

    def reason(self, project: str, start: int) -> str:
        """Why a project may not start in a period, ``""`` if it may."""
        named = self.tables.projects[project]
        rate = self.rates.get(project)
        if rate is not None and self._tested(project, named) and self.net(project, start, rate) < -NEAR:
            return "hurdle"
        members = self.bundles.get(str(named["bundle"]), [])
        if not members:
            return ""
        rows = [self.tables.projects[name] for name in members]
        capex = sum(number(row["capex"], 0.0) for row in rows)
        restoring = sum(number(row["capex"], 0.0) for row in rows if row["category"] == RESTORES)
        if restoring < (self.least or 0.0) * capex - NEAR:
            return "eod_eco_share"
        finance = self.flows.calendar.finance
        if sum(self.net(each, start, finance, operating=True) for each in members) < -NEAR:
            return "eod"
        return ""

    def _tested(self, project: str, named: Record) -> bool:
        """Whether a project earns, brings no uplift and is not mandatory."""
        rows = self.flows.project_rows.get(project, [])
        paid = any(row.account.money and row.account.family == "revenue" and row.value > 0 for row in rows)
        earns = paid or number(named["annual_revenue"], 0.0) > 0
        lifts = bool(named["catchment"]) and number(named["uplift_per_ha"], 0.0) > 0
        lifts |= any(row.account.uplift for row in rows)
        return earns and not lifts and not named["mandatory"]

    def breaches(self, starts: Mapping[str, int]) -> Iterator[Breach]:
        """Projects that start where they may not."""
        for project, start in starts.items():
            if reason := self.reason(project, start):
                where, found = say("project {project}", project=project), self._found(project, start, reason)
                yield Breach(f"project:{reason}", where, MUST[reason], found)

    def _found(self, project: str, start: int, reason: str) -> str:
        period = self.tables.periods[start]
        if reason == "hurdle":
            amount = self.net(project, start, self.rates[project])
            return say("start {period}: {amount:.10g}", period=period, amount=amount)
        return say("start {period}", period=period)

    # ---------------------------------------------------------------- the portfolio

    def draw(self, system: System, starts: Mapping[str, int]) -> None:
        """Add row (13): what the projects with a rate are worth, each at its own; uplift has been drawn."""
        if not self.rates:
            return
        value = Sum()
        for project, rate in self.rates.items():
            if project in starts:
                start = starts[project]
                value.add(self.net(project, start, rate) + self._rises(project, start, rate))
        for key, v in system.at.items():
            if key[0] == "uplift" and key[1] in self.rates:
                _, project, start, *_, t = key
                risen = self.uplift.bookings(project, self.flows.built(project, start), t)
                rate = self.rates[project]
                value.decisions[v] = sum(amount * self._present(booking, rate) for booking, amount in risen)
        told = Told("portfolio", "project.revenue", "total", "total")
        system.lines.append(Line("project", "portfolio", value, ">=", Sum(), told=told, vacuous=self._never))

    @cached_property
    def _never(self) -> bool:
        """Whether no project with a rate may start at all."""
        periods = range(len(self.tables.periods))
        return all(start_reasons(self.tables, name, t) or self.reason(name, t) for name in self.rates for t in periods)


def _money(account: Account) -> bool:
    return account.money


def _operating(account: Account) -> bool:
    return account.money and account.role not in ("land_sale", "land_cost") and account.path != "government"


MUST = {
    "hurdle": say("what it earns is worth what it costs at its hurdle rate"),
    "eod_eco_share": say("restoration has its share of the capital cost of the bundle"),
    "eod": say("the operating income of the bundle is worth what it costs"),
}
"""What must hold of a start."""
