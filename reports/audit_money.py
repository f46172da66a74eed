"""The money of the budget entity: what it raises, the accounts of finance, cash, and rows (14) to (23)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from zonevest.instances.finance import Finance
from zonevest.instances.say import say
from zonevest.reports.audit_budgets import FUND, Purse
from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import Floats, number, split
from zonevest.reports.audit_cover import Cover
from zonevest.reports.audit_debt import Instrument, Vintage, legacy, read_instrument, unit
from zonevest.reports.audit_flows import Flows
from zonevest.reports.audit_money_rows import MoneyRows
from zonevest.reports.audit_program import Decision, Sum, System, total
from zonevest.reports.audit_rows import Booking
from zonevest.reports.audit_uplift import Uplift


class Money:
    """[finance] of a study.

    Attributes
    ----------
    instruments : by name.
    purses : the budgets with cash of their own.
    pairs : the budgets between which money may be passed on, with the most a year (NaN: any amount).
    residuals : own_revenue, transfers and fixed_cost of every period, mean per year; what the ledger books is out.
    fiscal : fiscal resources of every period, mean per year.
    vintages, old : a unit by instrument and period, old debt by instrument.
    raised, repaid, interest : of new money, by instrument and period, as sums over the decisions that were last drawn.
    old_repaid, old_interest : of old debt.
    cash : of every budget at the end of every period.
    passed : from one budget to another, by pair and period.
    """

    def __init__(self, flows: Flows, uplift: Uplift, finance: Finance, start: Floats, held: Floats) -> None:
        self.tables, self.flows, self.finance = flows.tables, flows, finance
        self.width, self.periods = flows.width, self.tables.periods
        rows = [read_instrument(row) for row in self.tables.rows("instruments")]
        self.instruments = {each.name: each for each in rows}
        self.budgets = self.tables.budgets
        self.purses = self.budgets.purses(finance)
        self.pairs = {
            (str(row["from"]), str(row["to"])): number(row["cap"], math.nan)
            for row in (self.tables.rows("budget_transfers") if self.budgets.rows else ())
        }
        account = self.tables.account
        self.opening_revenue = float(start[0, account["money.revenue"]])
        base = {
            "own_revenue": self._base(finance.own_revenue, self.opening_revenue),
            "transfers": finance.transfers or 0.0,
            "fixed_cost": self._base(finance.fixed_cost, float(start[0, account["money.cost"]])),
        }
        self.base = base
        self.residuals = {name: self._grown(value, name) for name, value in base.items()}
        self.fiscal = self._grown(finance.fiscal_resources or 0.0, "fiscal_resources")
        resource = account["money.resource"] * self.width
        self.idle_resource: Floats = held[0, 0, resource : resource + len(self.periods)]
        periods = range(len(self.periods))
        self.vintages = {(each.name, t): unit(each, self.tables, t) for each in rows for t in periods}
        self.old = {each.name: legacy(each, self.tables) for each in rows}
        self.cover = Cover(flows, uplift, self.instruments, self.vintages)

    @staticmethod
    def _base(stated: float | None, booked: float) -> float:
        """What the ledger does not book of a stated total; nothing where none is stated."""
        return 0.0 if stated is None else stated - booked

    def _grown(self, base: float, name: str) -> list[float]:
        """Mean per year of every period of a base-year amount."""
        growth, calendar = float(self.finance.growth.get(name, 0.0)), self.flows.calendar
        return [float((base * (1.0 + growth) ** calendar.age[span]).mean()) for span in calendar.spans]

    # ---------------------------------------------------------------- what may be drawn

    def may_fund(self, instrument: Instrument, project: str) -> bool:
        """Whether an instrument may fund a project."""
        row = self.tables.projects[project]
        names = split(row["instruments"])
        return (
            (not names or instrument.name in names)
            and (not instrument.categories or str(row["category"]) in instrument.categories)
            and (not instrument.green_only or bool(row["green"]))
            and not instrument.refinances
            and number(row["capex"], 0.0) > 0
            and not self.budgets.apart(instrument.budget, project)
        )

    def drawn_in(self, project: str, start: int) -> list[int]:
        """The periods from a project's start to the one in which building ends."""
        build = max(number(self.tables.projects[project]["build_years"], 1.0), 1.0)
        end = self.tables.starts[start] + build - 1
        return [t for t in range(start, len(self.periods)) if self.tables.starts[t] <= end]

    def why_not(self, instrument: str, project: str, start: int, t: int, starts: Mapping[str, int]) -> tuple[str, str]:
        """Why there is no such draw: the rule, and what must hold."""
        known = self.instruments.get(instrument)
        if known is None:
            return "instrument", say("it is an instrument of the study")
        if not project:
            return "general", say("grants, equity and what is for some projects only are drawn for a project")
        if project not in self.tables.projects:
            return "project", say("it is a project of the study")
        if starts.get(project) != start:
            return "start", say("the project starts in that period")
        if not self.may_fund(known, project):
            return "instrument", say("the instrument may fund the project")
        if t not in self.drawn_in(project, start):
            return "period", say("money is drawn from the start of the project to the end of building")
        return "period", say("it is a period of the study")

    def why_not_passed(self, giver: str, taker: str) -> tuple[str, str]:
        """Why there is no such transfer between budgets: the rule, and what must hold."""
        if (giver, taker) not in self.pairs:
            return "budget", say("budget_transfers names the two budgets")
        return "period", say("it is a period of the study")

    def _decide(self, system: System, starts: Mapping[str, int]) -> None:
        periods = self.periods
        self.raised: dict[tuple[str, int], Sum] = {}
        for each in self.instruments.values():
            for t, period in enumerate(periods):
                cost, raised = -self._price(each, t), Sum()
                if each.general:
                    name = f"raised[{each.name},{period}]"
                    raised.add(system.decide(Decision(name, ("financing", each.name, "", -1, t), cash=cost)))
                for project, start in starts.items():
                    if self.may_fund(each, project) and t in self.drawn_in(project, start):
                        name = f"raised[{each.name},{project},{periods[start]},{period}]"
                        worth = self._grant(project, start, t) if each.kind == "grant" else cost
                        key = ("financing", each.name, project, start, t)
                        raised.add(system.decide(Decision(name, key, cash=worth)))
                self.raised[each.name, t] = raised

        self.passed: dict[tuple[str, str, int], Sum] = {}
        for pair in self.pairs:
            for t, period in enumerate(periods):
                name = f"budget_transfer[{pair[0]},{pair[1]},{period}]"
                self.passed[*pair, t] = system.decide(Decision(name, ("budget_transfer", *pair, t)))

    def _price(self, instrument: Instrument, t: int) -> float:
        vintage, calendar = self.vintages[instrument.name, t], self.flows.calendar
        return 0.0 if instrument.kind == "grant" else vintage.price(instrument.rate, calendar.finance, self.tables.y0)

    def _grant(self, project: str, start: int, t: int) -> float:
        """F1 of a unit that the project is given in the first year of a period."""
        built = self.flows.built(project, start)
        cash = flow(self.tables, "project.capex", annual=False)
        # a receipt of the purse, whatever the shares of the account that lends its row
        parts = np.zeros(len(self.flows.calendar.rates))
        parts[0] = 1.0
        value = self.flows.calendar.value(Booking(cash, float(self.tables.starts[t]), price=1.0), parts)
        life, last = np.full(1, built.life), np.full(1, built.last)
        carried = value.carried[:, None]
        return float(self.flows.calendar.present(0.0 * carried, carried, built.opening, life, last)[0, 0])

    # ---------------------------------------------------------------- sums

    def _flow(self, name: str, t: int, amounts: Callable[[Vintage], Floats]) -> Sum:
        """Σ over vintages of what falls in the years of a period (interest, repaid)."""
        first, last = self.tables.starts[t], self.tables.lasts[t]
        out = Sum()
        for drawn in range(t + 1):
            vintage = self.vintages[name, drawn]
            out.add(self.raised[name, drawn], vintage.within(amounts(vintage), first, last))
        return out

    def _old(self, name: str, t: int, amounts: Callable[[Vintage], Floats]) -> float:
        old = self.old[name]
        return old.within(amounts(old), self.tables.starts[t], self.tables.lasts[t])

    def balance(self, name: str, t: int, *, highest: bool) -> Sum:
        """Σ over vintages of the balance at the end of a period, or where it is higher at its first year's beginning.

        Of debt that refinances only the end says what there is in the period in which it is drawn.
        """
        out = Sum()
        for drawn in range(t + 1):
            vintage = self.vintages[name, drawn]
            balance = vintage.at(vintage.closing, self.tables.lasts[t])
            if highest:
                balance = max(balance, vintage.at(vintage.opening, self.tables.starts[t]))
            out.add(self.raised[name, drawn], balance)
        return out

    def draw(self, system: System, starts: Mapping[str, int], transfers: list[Sum]) -> None:
        """Add the draws, the accounts of finance, and the rows.

        Parameters
        ----------
        transfers : what the purse pays as the fund of [equity], by period.
        """
        tables, periods = self.tables, range(len(self.periods))
        self._decide(system, starts)
        names = list(self.instruments)
        self.repaid = {(name, t): self._flow(name, t, lambda unit: unit.repaid) for name in names for t in periods}
        self.interest = {(name, t): self._flow(name, t, lambda unit: unit.interest) for name in names for t in periods}
        self.old_repaid = {(name, t): self._old(name, t, lambda unit: unit.repaid) for name in names for t in periods}
        self.old_interest = {
            (name, t): self._old(name, t, lambda unit: unit.interest) for name in names for t in periods
        }

        def cell(account: str, t: int) -> Sum:
            return system.watch(0, tables.account[account] * self.width + t)

        self.cell = cell
        self._accounts(system, transfers)
        MoneyRows(self, system, starts).draw()

    def of_purse(self, purse: Purse, *, debt: bool = False) -> list[Instrument]:
        """The instruments of a budget, or what it owes by."""
        own = [each for each in self.instruments.values() if each.debt or not debt]
        return [each for each in own if not purse.table or self.budgets.named(each.budget) == purse.name]

    def net(self, t: int, purse: Purse | None = None) -> Sum:
        """N_t: recurring revenue less recurring cost, a year; of all budgets or of one."""
        operating = self.cell("money.operating" if purse is None else purse.account("operating"), t)
        return operating + (self.rest(t) if purse is None or purse.main else 0.0)

    def rest(self, t: int) -> float:
        """The residuals of a period, a year: own revenue and transfers less fixed cost."""
        return self.residuals["own_revenue"][t] + self.residuals["transfers"][t] - self.residuals["fixed_cost"][t]

    def _cost(self, t: int, purse: Purse) -> Sum:
        """Recurring cost a year, the fixed residual included."""
        return self.cell(purse.account("cost"), t) + (self.residuals["fixed_cost"][t] if purse.main else 0.0)

    def reserve(self, t: int, purse: Purse) -> Sum:
        """The least cash at the end of a period: as stated, else months of cost, else nothing."""
        months = self.finance.at("reserve_months", self.periods[t])
        if not math.isnan(purse.reserve):
            return Sum(purse.reserve)
        return Sum() if months is None else self._cost(t, purse) * (months / 12.0)

    def part(self, budget: str) -> str:
        """Which of the two shares of interest counts a budget: fund or general; an enterprise's is in neither."""
        name = self.budgets.named(budget)
        return "" if name in self.budgets.enterprises else FUND if name == FUND else "general"

    # ---------------------------------------------------------------- accounts

    def _accounts(self, system: System, transfers: list[Sum]) -> None:
        """finance.*: what is raised, repaid and paid as interest; debt and cash at the end of every period."""
        tables, last = self.tables, len(self.periods)

        def derive(account: str, t: int, sum_: Sum) -> Sum:
            return system.derive(0, tables.account[account] * self.width + t, sum_)

        for name in self.instruments:
            for kind, new, old in (
                ("raised", self.raised, {}),
                ("repaid", self.repaid, self.old_repaid),
                ("interest", self.interest, self.old_interest),
            ):
                sums = [new[name, t] + old.get((name, t), 0.0) for t in range(last)]
                for t, sum_ in enumerate([*sums, total(sums)]):
                    derive(f"finance.{kind}.{name}", t, sum_)
        cash = {purse.name: Sum(purse.opening) for purse in self.purses}
        self.cash: dict[tuple[str, int], Sum] = {}
        for t in range(last):
            debt = Sum()
            for owing in (name for name, each in self.instruments.items() if each.debt):
                debt.add(self.balance(owing, t, highest=False))
                debt.add(self.old[owing].at(self.old[owing].closing, tables.lasts[t]))
            derive("finance.debt", t, debt)
            for purse in self.purses:
                cash[purse.name] = derive(purse.cash, t, cash[purse.name] + self._step(t, purse, transfers[t]))
                self.cash[purse.name, t] = cash[purse.name]
            if self.budgets.rows:
                derive("finance.cash", t, total(cash.values()))
            if t == last - 1:
                derive("finance.debt", last, debt)
                for account in dict.fromkeys(["finance.cash", *(purse.cash for purse in self.purses)]):
                    derive(account, last, self.cell(account, t))

    def _step(self, t: int, purse: Purse, transfers: Sum) -> Sum:
        """What a period brings to the cash of a budget, less what it takes."""
        step = self.net(t, purse) * self.tables.lengths[t]
        step.add(self.cell(purse.account("receipts"), t)).add(self.cell(purse.account("outlay"), t), -1.0)
        for name in (each.name for each in self.of_purse(purse)):
            step.add(self.raised[name, t]).add(self.repaid[name, t], -1.0).add(self.interest[name, t], -1.0)
            step.add(-self.old_repaid[name, t] - self.old_interest[name, t])
        for giver, taker in self.pairs:
            step.add(self.passed[giver, taker, t], float(taker == purse.name) - float(giver == purse.name))
        return step.add(transfers, -1.0) if purse.main else step
