"""Rows (14) to (23): what cash, debt, interest, service and shares of outlay must keep to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zonevest.reports.audit_accounts import of_budget
from zonevest.reports.audit_budgets import FUND
from zonevest.reports.audit_cells import number
from zonevest.reports.audit_debt import Instrument
from zonevest.reports.audit_program import Line, Sum, System, Told, total

if TYPE_CHECKING:
    from zonevest.reports.audit_money import Money


class MoneyRows:
    """The rows of the money of a study, where some projects start; draws and accounts have been added."""

    def __init__(self, money: Money, system: System, starts: Mapping[str, int]) -> None:
        self.money, self.system, self.starts = money, system, starts

    def draw(self) -> None:
        """Add the rows."""
        money = self.money
        self._rows()
        self._instruments()
        self.system.lines += money.cover.lines(self.system, self.starts, money.may_fund, self._penalty("cover_min"))

    def _penalty(self, row: str) -> float | None:
        return self.money.finance.soft.get(row)

    def _line(self, row: str, t: int, account: str, value: Sum, sense: str, bound: Sum, vacuous: bool = False) -> None:
        told = Told(row, account, "total", self.money.periods[t])
        name = f"{row}[{self.money.periods[t]}]"
        self.system.lines.append(Line("money", name, value, sense, bound, self._penalty(row), told, vacuous))

    def _purse_rows(self, t: int, least: float | None) -> None:
        """Rows (14) and (17), and what is passed on: of every budget."""
        money = self.money
        period, years = money.periods[t], float(money.tables.lengths[t])
        for purse in money.purses:
            told, index = Told(purse.row("reserve"), purse.cash, "total", period), purse.index(period)
            cash, reserve = money.cash[purse.name, t], money.reserve(t, purse)
            name = "reserve" if purse.table else "cash"
            self.system.lines.append(Line("money", f"{name}{index}", cash, ">=", reserve, None, told))
            owing = money.of_purse(purse, debt=True)
            if least is not None and (owing or not purse.table):
                told = Told(purse.row("dscr_min"), "money.operating", "total", period)
                service, net = self._service(owing, t) * (least / years), money.net(t, purse)
                soft = self._penalty("dscr_min")
                self.system.lines.append(Line("money", f"dscr_min{index}", net, ">=", service, soft, told))
        for (giver, taker), cap in money.pairs.items():
            if not math.isnan(cap):
                told = Told(f"budget_transfer.{giver}.{taker}", f"finance.cash.{giver}", "total", period)
                name, passed = f"budget_transfer[{giver},{taker},{period}]", money.passed[giver, taker, t]
                self.system.lines.append(Line("money", name, passed, "<=", Sum(years * cap), told=told))

    def _from(self, period: str | None, blank: int) -> int:
        return blank if period is None else self.money.tables.period[period]

    def _rows(self) -> None:
        money = self.money
        tables, finance = money.tables, money.finance
        all_of = list(money.instruments.values())
        debts = [each for each in all_of if each.debt]
        first, balanced = (
            self._from(finance.dscr_from, 0),
            self._from(finance.operating_balance_from, len(money.periods)),
        )
        restored, resource = Sum(), Sum()
        for t, period in enumerate(money.periods):
            years = float(tables.lengths[t])
            outlay, receipts = money.cell("money.outlay", t), money.cell("money.receipts", t)
            self._purse_rows(t, finance.at("dscr_min", period) if t >= first else None)
            if (cap := finance.at("debt_ratio_cap", period)) is not None:
                owed = Sum()
                for each in (each for each in debts if each.in_ratio):
                    owed.add(money.balance(each.name, t, highest=True))
                    owed.add(money.old[each.name].at(money.old[each.name].closing, tables.lasts[t]))
                room = money.cell("money.revenue", t) + (money.fiscal[t] - money.opening_revenue)
                self._line("debt_ratio_cap", t, "finance.debt", owed, "<=", room * cap)
            self._interest_rows(t, debts)
            building = [each for each in all_of if not each.refinances]
            raised = total(money.raised[each.name, t] for each in building)
            self._line("golden_rule", t, "finance.raised", raised, "<=", outlay, not building)
            if (share := finance.at("refinance_share", period)) is not None:
                again = [each for each in debts if each.refinances]
                rolled = total(money.raised[each.name, t] for each in again)
                due = total(money.repaid[each.name, t] + money.old_repaid[each.name, t] for each in debts)
                self._line("refinance_share", t, "finance.raised", rolled, "<=", due * share, not again)
            if t >= balanced:
                interest = total(money.interest[each.name, t] + money.old_interest[each.name, t] for each in all_of)
                bound = interest * (1.0 / years)
                self._line("operating_balance", t, "money.operating", money.net(t), ">=", bound)
            if (share := finance.at("land_sale_share_cap", period)) is not None:
                own = money.residuals["own_revenue"][t] + money.residuals["transfers"][t]
                income = (money.cell("money.revenue", t) + own) * years + receipts
                sold = money.cell("money.land_sale", t)
                self._line("land_sale_share_cap", t, "money.land_sale", sold, "<=", income * share)
            for row, kind, sense in (
                ("green_share_min", "green", ">="),
                ("real_estate_share_max", "real_estate", "<="),
            ):
                if (share := finance.at(row, period)) is not None:
                    account = f"money.outlay.{kind}"
                    self._line(row, t, account, money.cell(account, t), sense, outlay * share)
            restored.add(money.cell("money.outlay.restoration", t))
            resource.add((money.cell("money.resource", t) - float(money.idle_resource[t])) * years)
            if t > 0 and (share := finance.at("reinvestment_min", period)) is not None:
                spent = restored + 0.0
                self._line("reinvestment_min", t, "money.outlay.restoration", spent, ">=", resource * share)

    def _service(self, debts: list[Instrument], t: int) -> Sum:
        """S_t: principal and interest in a period; of new debt that does not refinance, or of all."""
        money = self.money
        out, every = Sum(), money.finance.dscr_scope == "all"
        for each in debts:
            if every or not each.refinances:
                out.add(money.repaid[each.name, t]).add(money.interest[each.name, t])
            if every:
                out.add(money.old_repaid[each.name, t] + money.old_interest[each.name, t])
            if every and each.refinances:
                out.add(money.raised[each.name, t], -1.0)
        return out

    def _interest_rows(self, t: int, debts: list[Instrument]) -> None:
        money = self.money
        years, period = float(money.tables.lengths[t]), money.periods[t]

        def spent_by(name: str) -> Sum:
            return money.cell(of_budget("cost", name), t) * years + money.cell(of_budget("outlay", name), t)

        building = (each for each in money.instruments.values() if not each.refinances)
        of_fund = total(money.raised[each.name, t] for each in building if money.part(each.budget) == FUND)
        of_general = (money.cell("money.cost", t) + money.residuals["fixed_cost"][t]) * years
        of_general.add(money.cell("money.outlay", t))
        for name in money.budgets.names:
            if money.part(name) == FUND:
                of_fund.add(spent_by(name))
            elif not money.part(name):
                of_general.add(spent_by(name), -1.0)
        of_general.add(of_fund, -1.0)
        for row, kind, spent in (
            ("interest_share_general", "general", of_general),
            ("interest_share_fund", FUND, of_fund),
        ):
            some = [each for each in debts if money.part(each.budget) == kind]
            share = money.finance.at(row, period)
            if share is not None:
                paid = total(money.interest[each.name, t] + money.old_interest[each.name, t] for each in some)
                self._line(row, t, "finance.interest", paid, "<=", (spent + paid) * share, not some)

    def _instruments(self) -> None:
        """Rows (15): what is drawn for a project, and what an instrument gives."""
        money = self.money
        for project, start in self.starts.items():
            row = money.tables.projects[project]
            capex = number(row["capex"], 0.0)
            able = [each for each in money.instruments.values() if money.may_fund(each, project)]
            drawn = {
                each.name: total(
                    self.system.known("financing", each.name, project, start, t) for t in money.drawn_in(project, start)
                )
                for each in able
            }
            if not able:
                continue
            own = number(row["equity_min"], 0.0)
            at, everything = f"[{project},{money.periods[start]}]", total(drawn.values())
            others = total(drawn[each.name] for each in able if each.kind != "equity")
            self.system.lines.append(Line("money", f"draw{at}", others, "<=", Sum((1.0 - own) * capex)))
            if any(each.kind == "equity" for each in able):
                self.system.lines.append(Line("money", f"fund_project{at}", everything, "<=", Sum(capex)))
        for each in money.instruments.values():
            name, sums = each.name, [money.raised[each.name, t] for t in range(len(money.periods))]
            account = f"finance.raised.{name}"
            if not math.isnan(each.limit_total):
                every, told = total(sums), Told(f"instrument_total.{name}", account, "total", "total")
                bound, vacuous = Sum(each.limit_total), not every.decisions
                line = Line("money", f"instrument_total[{name}]", every, "<=", bound, told=told, vacuous=vacuous)
                self.system.lines.append(line)
            for t, period in enumerate(money.periods) if not math.isnan(each.limit_period) else ():
                told = Told(f"instrument_period.{name}", account, "total", period)
                bound, vacuous = Sum(each.limit_period), not sums[t].decisions
                line = Line("money", f"instrument_period[{name},{period}]", sums[t], "<=", bound, None, told, vacuous)
                self.system.lines.append(line)
