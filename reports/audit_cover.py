"""Row (19): what self-supporting debt of a project owes, and the income that covers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from zonevest.reports.audit_accounts import Account
from zonevest.reports.audit_budgets import FUND
from zonevest.reports.audit_cells import Floats, number
from zonevest.reports.audit_debt import Instrument, Vintage
from zonevest.reports.audit_flows import Flows
from zonevest.reports.audit_program import Decision, Line, Sum, System, Told, total
from zonevest.reports.audit_rows import Booking
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_uplift import Atom, Uplift

LEANS = "leans"
"""Whether a project whose income is below zero draws self-supporting debt all the same."""


class Cover:
    """Income and service of projects that self-supporting instruments may fund."""

    def __init__(
        self,
        flows: Flows,
        uplift: Uplift,
        instruments: Mapping[str, Instrument],
        vintages: Mapping[tuple[str, int], Vintage],
    ) -> None:
        self.tables, self.flows, self.uplift = flows.tables, flows, uplift
        self.instruments, self.vintages = instruments, vintages

    def lines(
        self,
        system: System,
        starts: Mapping[str, int],
        may_fund: Callable[[Instrument, str], bool],
        penalty: float | None,
    ) -> Iterator[Line]:
        """One row per project that starts and that such an instrument may fund."""
        periods = self.tables.periods
        enjoyed: dict[str, list[tuple[Atom, int, int]]] = {}
        for key, v in system.at.items():
            if key[0] == "uplift":
                _, name, _, jurisdiction, catchments, tools, t = key
                atom = Atom(jurisdiction, catchments, tools)
                enjoyed.setdefault(name, []).append((atom, t, v))
        for project, start in starts.items():
            able = [each for each in self.instruments.values() if each.self_supporting and may_fund(each, project)]
            if not able:
                continue
            first = self.tables.starts[start]
            years = np.arange(first, first + int(min(each.tenor for each in able)), dtype=np.float64)
            rate = self.flows.calendar.finance if any(each.discounted for each in able) else 0.0
            service = Sum()
            for each in able:
                for t in range(start, len(periods)):
                    unit = self.vintages[each.name, t]
                    factors = (1.0 + rate) ** -(unit.years - first + 1.0)
                    owed = each.cover * float((unit.interest + unit.repaid) @ factors)
                    service.add(system.known("financing", each.name, project, start, t), owed)
            budgets = self.tables.budgets
            private = any(budgets.named(each.budget) in budgets.enterprises for each in able)
            earned = self._income(project, start, years, rate, private)
            capex = number(self.tables.projects[project]["capex"], 0.0)
            income = Sum(earned)
            at = f"[{project},{periods[start]}]"
            if earned < 0:
                # it may do without such debt: its income counts only where it leans on some
                leans = system.decide(
                    Decision(f"leans{at}", (LEANS, project, start), high=1.0, counts=False, whole=True)
                )
                income = leans * earned
                yield Line("money", f"lean{at}", self.drawn(system, able, project, start), "<=", leans * capex)
            captured: dict[tuple[frozenset[str], int], float] = {}  # of atoms with the same tools it is the same
            for atom, t, v in enjoyed.get(project, ()):
                if (atom.tools, t) not in captured:
                    captured[atom.tools, t] = self._captured(project, start, atom, t, years, rate, private)
                income.decisions[v] = captured[atom.tools, t]
            told = Told(f"cover_min.{project}", "project.revenue", "total", periods[start])
            yield Line("money", f"cover_min{at}", income, ">=", service, penalty, told)

    def drawn(self, system: System, able: Iterable[Instrument], project: str, start: int) -> Sum:
        """What instruments give to a project."""
        periods = range(len(self.tables.periods))
        return total(system.known("financing", each.name, project, start, t) for each in able for t in periods)

    def settle(self, system: System, decisions: Floats) -> None:
        """Set which projects lean on self-supporting debt: those that draw some."""
        for key, v in system.at.items():
            if key[0] == LEANS:
                own = (each for each in self.instruments.values() if each.self_supporting)
                drawn = self.drawn(system, own, key[1], key[2]).value(decisions[:0], decisions)
                decisions[v] = float(drawn > TOLERANCE)

    @staticmethod
    def _serves(account: Account, private: bool) -> bool:
        """Whether revenue counts: no taxes or transfers but the fund's; none at all, nor sold land, if it is private.

        Private: an enterprise owes some of what is to be served.
        """
        if account.path == "government":
            return account.budget == FUND and not private
        return account.role != "land_sale" or not private

    def _income(self, project: str, start: int, years: Floats, rate: float, private: bool) -> float:
        """The purse's part of a project's revenue less its annual cost, over some years (those after the tail too).

        What is captured of its own uplift rows is revenue of the project.
        """
        income = 0.0
        for booking, amount in self.flows.built(project, start).bookings:
            account = booking.row.account
            for each, taken in self.flows.captured(booking, amount, ()):
                if self._serves(each.row.account, private):
                    income += taken * self._sum(each, project, years, rate)
            counts = self._serves(account, private) if account.family == "revenue" else booking.row.annual
            if account.money and counts:
                income += amount * self._sum(booking, project, years, rate)
        return income

    def _captured(
        self, project: str, start: int, atom: Atom, t: int, years: Floats, rate: float, private: bool
    ) -> float:
        """The purse's part of what is captured of one hectare of a project's catchment uplift, over some years.

        Like other income of the project, yearly captures go on while the debt runs, the tail over or not.
        """
        built = self.flows.built(project, start)
        out = 0.0
        for booking, amount in self.uplift.bookings(project, built, t):
            for each, taken in self.flows.captured(booking, amount, atom.tools):
                if self._serves(each.row.account, private):
                    out += taken * self._sum(each, project, years, rate)
        return out

    def _sum(self, booking: Booking, project: str, years: Floats, rate: float) -> float:
        calendar = self.flows.calendar
        part = self.tables.actors.parts(booking.row.account, project).purse
        amounts = calendar.shares(booking, years) * calendar.prices(booking, years)
        return part * float(amounts @ (1.0 + rate) ** -(years - years[0] + 1.0))
