"""The money of the budget entity: what it raises, the accounts of finance, cash, and rows (14) to (23)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from zonevest.instances.finance import Finance
from zonevest.instances.say import say
from zonevest.reports.audit_accounts import of_budget
from zonevest.reports.audit_budgets import FUND, Purse
from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import Floats, number, split
from zonevest.reports.audit_cover import Cover
from zonevest.reports.audit_debt import Instrument, Vintage, legacy, read_instrument, unit
from zonevest.reports.audit_flows import Flows
from zonevest.reports.audit_program import Decision, Line, Sum, System, Told, total
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
        self._rows(system)
        self._instruments(system, starts)
        for line in self.cover.lines(system, starts, self.may_fund, self._penalty("cover_min")):
            system.lines.append(line)

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

    # ---------------------------------------------------------------- rows

    def _penalty(self, row: str) -> float | None:
        return self.finance.soft.get(row)

    def _line(
        self, system: System, row: str, t: int, account: str, value: Sum, sense: str, bound: Sum, vacuous: bool = False
    ) -> None:
        told = Told(row, account, "total", self.periods[t])
        name = f"{row}[{self.periods[t]}]"
        system.lines.append(Line("money", name, value, sense, bound, self._penalty(row), told, vacuous))

    def _purse_rows(self, system: System, t: int, least: float | None) -> None:
        """Rows (14) and (17), and what is passed on: of every budget."""
        period, years = self.periods[t], float(self.tables.lengths[t])
        for purse in self.purses:
            told, index = Told(purse.row("reserve"), purse.cash, "total", period), purse.index(period)
            cash, reserve = self.cash[purse.name, t], self.reserve(t, purse)
            name = "reserve" if purse.table else "cash"
            system.lines.append(Line("money", f"{name}{index}", cash, ">=", reserve, None, told))
            owing = self.of_purse(purse, debt=True)
            if least is not None and (owing or not purse.table):
                told = Told(purse.row("dscr_min"), "money.operating", "total", period)
                service, net = self._service(owing, t) * (least / years), self.net(t, purse)
                soft = self._penalty("dscr_min")
                system.lines.append(Line("money", f"dscr_min{index}", net, ">=", service, soft, told))
        for (giver, taker), cap in self.pairs.items():
            if not math.isnan(cap):
                told = Told(f"budget_transfer.{giver}.{taker}", f"finance.cash.{giver}", "total", period)
                name, passed = f"budget_transfer[{giver},{taker},{period}]", self.passed[giver, taker, t]
                system.lines.append(Line("money", name, passed, "<=", Sum(years * cap), told=told))

    def _from(self, period: str | None, blank: int) -> int:
        return blank if period is None else self.tables.period[period]

    def _rows(self, system: System) -> None:
        tables, finance = self.tables, self.finance
        all_of = list(self.instruments.values())
        debts = [each for each in all_of if each.debt]
        first, balanced = (
            self._from(finance.dscr_from, 0),
            self._from(finance.operating_balance_from, len(self.periods)),
        )
        restored, resource = Sum(), Sum()
        for t, period in enumerate(self.periods):
            years = float(tables.lengths[t])
            outlay, receipts = self.cell("money.outlay", t), self.cell("money.receipts", t)
            self._purse_rows(system, t, finance.at("dscr_min", period) if t >= first else None)
            if (cap := finance.at("debt_ratio_cap", period)) is not None:
                owed = Sum()
                for each in (each for each in debts if each.in_ratio):
                    owed.add(self.balance(each.name, t, highest=True))
                    owed.add(self.old[each.name].at(self.old[each.name].closing, tables.lasts[t]))
                room = self.cell("money.revenue", t) + (self.fiscal[t] - self.opening_revenue)
                self._line(system, "debt_ratio_cap", t, "finance.debt", owed, "<=", room * cap)
            self._interest_rows(system, t, debts)
            building = [each for each in all_of if not each.refinances]
            raised = total(self.raised[each.name, t] for each in building)
            self._line(system, "golden_rule", t, "finance.raised", raised, "<=", outlay, not building)
            if (share := finance.at("refinance_share", period)) is not None:
                again = [each for each in debts if each.refinances]
                rolled = total(self.raised[each.name, t] for each in again)
                due = total(self.repaid[each.name, t] + self.old_repaid[each.name, t] for each in debts)
                self._line(system, "refinance_share", t, "finance.raised", rolled, "<=", due * share, not again)
            if t >= balanced:
                interest = total(self.interest[each.name, t] + self.old_interest[each.name, t] for each in all_of)
                bound = interest * (1.0 / years)
                self._line(system, "operating_balance", t, "money.operating", self.net(t), ">=", bound)
            if (share := finance.at("land_sale_share_cap", period)) is not None:
                own = self.residuals["own_revenue"][t] + self.residuals["transfers"][t]
                income = (self.cell("money.revenue", t) + own) * years + receipts
                sold = self.cell("money.land_sale", t)
                self._line(system, "land_sale_share_cap", t, "money.land_sale", sold, "<=", income * share)
            for row, kind, sense in (
                ("green_share_min", "green", ">="),
                ("real_estate_share_max", "real_estate", "<="),
            ):
                if (share := finance.at(row, period)) is not None:
                    account = f"money.outlay.{kind}"
                    self._line(system, row, t, account, self.cell(account, t), sense, outlay * share)
            restored.add(self.cell("money.outlay.restoration", t))
            resource.add((self.cell("money.resource", t) - float(self.idle_resource[t])) * years)
            if t > 0 and (share := finance.at("reinvestment_min", period)) is not None:
                spent = restored + 0.0
                self._line(system, "reinvestment_min", t, "money.outlay.restoration", spent, ">=", resource * share)

    def _service(self, debts: list[Instrument], t: int) -> Sum:
        """S_t: principal and interest in a period; of new debt that does not refinance, or of all."""
        out, every = Sum(), self.finance.dscr_scope == "all"
        for each in debts:
            if every or not each.refinances:
                out.add(self.repaid[each.name, t]).add(self.interest[each.name, t])
            if every:
                out.add(self.old_repaid[each.name, t] + self.old_interest[each.name, t])
            if every and each.refinances:
                out.add(self.raised[each.name, t], -1.0)
        return out

    def part(self, budget: str) -> str:
        """Which of the two shares of interest counts a budget: fund or general; an enterprise's is in neither."""
        name = self.budgets.named(budget)
        return "" if name in self.budgets.enterprises else FUND if name == FUND else "general"

    def _interest_rows(self, system: System, t: int, debts: list[Instrument]) -> None:
        years, period = float(self.tables.lengths[t]), self.periods[t]

        def spent_by(name: str) -> Sum:
            return self.cell(of_budget("cost", name), t) * years + self.cell(of_budget("outlay", name), t)

        building = (each for each in self.instruments.values() if not each.refinances)
        of_fund = total(self.raised[each.name, t] for each in building if self.part(each.budget) == FUND)
        of_general = (self.cell("money.cost", t) + self.residuals["fixed_cost"][t]) * years
        of_general.add(self.cell("money.outlay", t))
        for name in self.budgets.names:
            if self.part(name) == FUND:
                of_fund.add(spent_by(name))
            elif not self.part(name):
                of_general.add(spent_by(name), -1.0)
        of_general.add(of_fund, -1.0)
        for row, kind, spent in (
            ("interest_share_general", "general", of_general),
            ("interest_share_fund", FUND, of_fund),
        ):
            some = [each for each in debts if self.part(each.budget) == kind]
            share = self.finance.at(row, period)
            if share is not None:
                paid = total(self.interest[each.name, t] + self.old_interest[each.name, t] for each in some)
                self._line(system, row, t, "finance.interest", paid, "<=", (spent + paid) * share, not some)

    def _instruments(self, system: System, starts: Mapping[str, int]) -> None:
        """Rows (15): what is drawn for a project, and what an instrument gives."""
        for project, start in starts.items():
            row = self.tables.projects[project]
            capex = number(row["capex"], 0.0)
            able = [each for each in self.instruments.values() if self.may_fund(each, project)]
            drawn = {
                each.name: total(
                    system.known("financing", each.name, project, start, t) for t in self.drawn_in(project, start)
                )
                for each in able
            }
            if not able:
                continue
            own = number(row["equity_min"], 0.0)
            at, everything = f"[{project},{self.periods[start]}]", total(drawn.values())
            others = total(drawn[each.name] for each in able if each.kind != "equity")
            system.lines.append(Line("money", f"draw{at}", others, "<=", Sum((1.0 - own) * capex)))
            if any(each.kind == "equity" for each in able):
                system.lines.append(Line("money", f"fund_project{at}", everything, "<=", Sum(capex)))
        for each in self.instruments.values():
            name, sums = each.name, [self.raised[each.name, t] for t in range(len(self.periods))]
            account = f"finance.raised.{name}"
            if not math.isnan(each.limit_total):
                every, told = total(sums), Told(f"instrument_total.{name}", account, "total", "total")
                bound, vacuous = Sum(each.limit_total), not every.decisions
                line = Line("money", f"instrument_total[{name}]", every, "<=", bound, told=told, vacuous=vacuous)
                system.lines.append(line)
            for t, period in enumerate(self.periods) if not math.isnan(each.limit_period) else ():
                told = Told(f"instrument_period.{name}", account, "total", period)
                bound, vacuous = Sum(each.limit_period), not sums[t].decisions
                line = Line("money", f"instrument_period[{name},{period}]", sums[t], "<=", bound, None, told, vacuous)
                system.lines.append(line)
