"""The cash flow of the budget entity, and of each budget, as a plan's decisions give it: the audit's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.reports.audit_budgets import FUND, Purse
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_program import Sum, total
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_undertakings import TAKEN, Key, Undertakings
from zonevest.reports.audit_value import Told

if TYPE_CHECKING:
    from zonevest.reports.audit_evaluate import Decided, Evaluator
    from zonevest.reports.audit_money import Money

SMALL = 1e-9
SIGNS = (1, 1, -1, 1, -1, -1, 1, -1, -1)
"""Of what changes the cash of a budget, in the order of its table."""
LIGHTS = ((120.0, "green"), (200.0, "yellow"), (300.0, "orange"))


def light(percent: float) -> str:
    """The risk grade of a debt ratio."""
    for below, name in LIGHTS:
        if percent < below:
            return name
    return "red"


class Cash:
    """The cash flow of the purse.

    Attributes
    ----------
    by_key : what the purse receives (above 0) or pays of every account of money, totals of the periods.
    change : sources less uses of every period, once there is a `table`.
    raised, repaid, interest : by instrument, totals of the periods; nothing without [finance].
    rest : own_revenue, transfers and fixed_cost beside the ledger, totals of the periods.
    """

    def __init__(self, evaluator: Evaluator, decided: Decided, found: Undertakings) -> None:
        self.tables, self.study, self.decided = evaluator.tables, evaluator.study, decided
        self.money: Money | None = evaluator.parts.money
        self.fund_paid = [each.value(decided.cells, decided.values) for each in evaluator.parts.gains.from_purse]
        self.years = np.array(self.tables.lengths, dtype=np.float64)
        self.out = Told()
        self.change: Floats = np.zeros(len(self.years))
        self.raised, self.repaid, self.interest = dict[str, Floats](), dict[str, Floats](), dict[str, Floats]()
        self.rest: dict[str, Floats] = {}
        self.by_key = self._purse(found)

    def _purse(self, found: Undertakings) -> list[tuple[Key, Floats]]:
        """What the purse receives (above 0) or pays of every account of money, totals of the periods."""
        actors, out = self.tables.actors, []
        for key, sums in found.sums.items():
            account = found.account(key)
            if account.money:
                owner = key.source if key.kind == "project" else ""
                out.append((key, actors.parts(account, owner).purse * sums[:-1]))
        return out

    def _put(
        self, kind: str, item: str, values: Iterable[float], unit: str = "million", account: str = "", f: str = ""
    ) -> None:
        for period, value in zip(self.tables.periods, values, strict=True):
            if not math.isnan(value):
                self._one(period, kind, item, float(value), unit, account, f)

    def _one(self, period: str, kind: str, item: str, value: float, unit: str, account: str = "", f: str = "") -> None:
        key = (period, kind, item, account, f)
        if kind in ("source", "use"):
            value += self.out.rows[key][0][0] if key in self.out.rows else 0.0
        grade = light(value) if item.startswith("debt_ratio") else ""
        self.out.rows[key] = ((value,), (unit, grade))

    def _move(self, kind: str, item: str, values: Floats, account: str = "", f: str = "") -> None:
        self.change += values if kind == "source" else -values
        self._put(kind, item, values.tolist(), account=account, f=f)

    def _value(self, sum_: Sum) -> float:
        return sum_.value(self.decided.cells, self.decided.values)

    def table(self) -> Told:
        """All rows."""
        accounts = self.tables.accounts
        for key, amounts in self.by_key:
            account = accounts[self.tables.account[key.account]]
            sold = account.family == "revenue" and account.role == "land_sale"
            once = account.recurrence != "annual"
            item_in = ("land_sale" if sold else "receipts") if once else "revenue"
            # what leaves is less of what came in or went out, not a payment the other way
            sign = -1.0 if key.kind == TAKEN else 1.0
            received, paid = sign * np.maximum(sign * amounts, 0.0), sign * np.maximum(-sign * amounts, 0.0)
            self._move("source", item_in, received, account.name)
            self._move("use", "outlay" if once else "operating_cost", paid, account.name)
        self.outlay = -self.sum(annual=False, family="cost")
        for flag in ("green", "real_estate"):
            self._put("ratio", f"{flag}_share", self._percent(self.flagged(flag), self.outlay), "percent")
        if self.money is None:
            self._put("balance", "net", self.change.tolist())
        else:
            self._finance(self.money)
        finance = self.study.settings.finance
        for name in ["finance"] if finance is None else finance.off():
            self.out.rows["", "off", name, "", ""] = ((math.nan,), ("", ""))
        nothing = (key for key, (values, _) in self.out.rows.items() if abs(values[0]) <= TOLERANCE)
        self.out.optional = {key for key in nothing if key[1] in ("source", "use")}
        return self.out

    def sum(self, *, annual: bool | None = None, family: str = "", budget: str = "") -> Floats:
        """Σ over accounts of money; of one budget, where one is named."""
        out = np.zeros(len(self.years))
        for key, amounts in self.by_key:
            account = self.tables.accounts[self.tables.account[key.account]]
            if (annual is None or (account.recurrence == "annual") == annual) and family in ("", account.family):
                owner = key.source if key.kind == "project" else ""
                out += amounts * (self.tables.budgets.split(account, owner).get(budget, 0.0) if budget else 1.0)
        return out

    def flagged(self, flag: str, role: str = "") -> Floats:
        """One-off cost, above 0, of undertakings with a flag; and of any other on accounts of a role."""
        rows = {"practice": self.tables.practices, "project": self.tables.projects}
        total = np.zeros(len(self.years))
        for key, amounts in self.by_key:
            account = self.tables.accounts[self.tables.account[key.account]]
            named = rows.get(key.kind, {}).get(key.source)
            counts = (named is not None and bool(named[flag])) or (role != "" and account.role == role)
            if counts and account.family == "cost" and account.recurrence != "annual":
                total -= amounts
        return total

    @staticmethod
    def _percent(part: Floats, whole: Floats) -> list[float]:
        return [100.0 * a / b if b > SMALL else math.nan for a, b in zip(part.tolist(), whole.tolist(), strict=True)]

    def by_period(self, sums: dict[tuple[str, int], Any], name: str) -> Floats:
        """What is told by name and number of the period."""
        values = (sums[name, t] for t in range(len(self.years)))
        return np.array([self._value(each) if isinstance(each, Sum) else float(each) for each in values])

    def _finance(self, money: Money) -> None:
        years = self.years
        self.rest = {name: np.array(each) * years for name, each in money.residuals.items()}
        own, transfers, fixed = (self.rest[name] for name in ("own_revenue", "transfers", "fixed_cost"))
        self._move("source", "own_revenue", own)
        self._move("source", "transfers", transfers)
        self._move("use", "fixed_cost", fixed)
        raised, repaid, interest = self.raised, self.repaid, self.interest
        for f, each in money.instruments.items():
            raised[f] = self.by_period(money.raised, f)
            repaid[f] = self.by_period(money.repaid, f) + self.by_period(money.old_repaid, f)
            interest[f] = self.by_period(money.interest, f) + self.by_period(money.old_interest, f)
            self._move("source", "refinanced" if each.refinances else "raised", raised[f], f=f)
            self._move("use", "repaid", repaid[f], f=f)
            self._move("use", "interest", interest[f], f=f)
        self._move("use", "fund_transfers", np.array(self.fund_paid))
        opening = sum(purse.opening for purse in money.purses)
        closing = opening + np.cumsum(self.change)
        self._put("stock", "opening_cash", [opening, *closing[:-1].tolist()])
        self._put("stock", "closing_cash", closing.tolist())
        reserves = [total(money.reserve(t, purse) for purse in money.purses) for t in range(len(years))]
        self._put("stock", "reserve", [self._value(each) for each in reserves])
        result = self.sum(annual=True) + own + transfers - fixed
        paid = sum(interest.values(), np.zeros(len(years)))
        self._put("balance", "operating_result", (result / years).tolist(), "million/year")
        self._put("balance", "balance_after_interest", ((result - paid) / years).tolist(), "million/year")
        self._debts(money)
        scope = money.finance.dscr_scope == "all"
        service = np.zeros(len(years))
        for f, each in money.instruments.items():
            if not each.debt or (each.refinances and not scope):
                continue
            service += self.by_period(money.repaid, f) + self.by_period(money.interest, f)
            if scope:
                service += self.by_period(money.old_repaid, f) + self.by_period(money.old_interest, f)
            if scope and each.refinances:
                service -= raised[f]
        self._put("ratio", "cover", [each / 100.0 for each in self._percent(result, service)], "times")
        part = {f: money.part(each.budget) for f, each in money.instruments.items()}
        fund, enterprises = (
            -sum(
                (
                    self.sum(family="cost", budget=name)
                    for name in self.tables.budgets.names
                    if money.part(name) == kind
                ),
                np.zeros(len(years)),
            )
            for kind in (FUND, "")
        )
        fund += sum(raised[f] for f, each in money.instruments.items() if part[f] == FUND and not each.refinances)
        general = -self.sum(family="cost") + fixed - fund - enterprises
        for name, spent in (("general", general), (FUND, fund)):
            owed = (interest[f] for f, each in money.instruments.items() if each.debt and part[f] == name)
            due = sum(owed, np.zeros(len(years)))
            of_all = self._percent(due, spent + due)
            alone = [each if rest > SMALL else math.nan for each, rest in zip(of_all, spent.tolist(), strict=True)]
            self._put("ratio", f"interest_share_{name}", alone, "percent")
        sold = np.zeros(len(years))
        for key, amounts in self.by_key:
            account = self.tables.accounts[self.tables.account[key.account]]
            if account.family == "revenue" and account.recurrence != "annual" and account.role == "land_sale":
                sold += amounts
        income = self.sum(family="revenue") + own + transfers
        self._put("ratio", "land_sale_share", self._percent(sold, income), "percent")

    def budgets(self) -> Told:
        """The cash of every budget, period by period: what comes in makes up what goes out and what is left."""
        out, money = Told(), self.money
        for purse in [] if money is None else money.purses:
            assert money is not None
            left = purse.opening
            for period, sums in zip(self.tables.periods, self._in_and_out(money, purse).T.tolist(), strict=True):
                closing = left + sum(sign * each for sign, each in zip(SIGNS, sums, strict=True))
                out.rows[purse.name, period] = ((left, *sums, closing), ())
                left = closing
        return out

    def _in_and_out(self, money: Money, purse: Purse) -> Floats:
        """Operating result, receipts, outlay, raised, repaid, interest, passed in and out, fund; (9, periods)."""
        name, periods = purse.name if purse.table else "", range(len(self.years))
        rest = np.array([money.rest(t) for t in periods]) if purse.main else np.zeros(len(self.years))
        own = [each.name for each in money.of_purse(purse)]

        def over(sums: dict[tuple[str, int], Any]) -> Floats:
            return sum((self.by_period(sums, f) for f in own), np.zeros(len(self.years)))

        def passed(side: int) -> list[float]:
            pairs = [pair for pair in money.pairs if pair[side] == purse.name]
            return [sum(self._value(money.passed[*pair, t]) for pair in pairs) for t in periods]

        return np.array(
            [
                self.sum(annual=True, budget=name) + rest * self.years,
                self.sum(annual=False, family="revenue", budget=name),
                -self.sum(annual=False, family="cost", budget=name),
                over(money.raised),
                over(money.repaid) + over(money.old_repaid),
                over(money.interest) + over(money.old_interest),
                passed(1),
                passed(0),
                self.fund_paid if purse.main else np.zeros(len(self.years)),
            ]
        )

    def _debts(self, money: Money) -> None:
        debts = [f for f, each in money.instruments.items() if each.debt]
        stated = {str(row["instrument"]): float(row["outstanding"] or 0.0) for row in self.tables.rows("instruments")}
        periods = range(len(self.years))
        owed, counted = np.zeros(len(self.years)), np.zeros(len(self.years))
        before = {f: 0.0 if math.isnan(stated[f]) else stated[f] for f in debts}
        for f in debts:
            old = np.array([money.old[f].at(money.old[f].closing, last) for last in self.tables.lasts])
            end = np.array([self._value(money.balance(f, t, highest=False)) for t in periods]) + old
            self._put("stock", "debt", end.tolist(), f=f)
            self._one("start", "stock", "debt", before[f], "million", f=f)
            owed += end
            if money.instruments[f].in_ratio:
                counted += np.array([self._value(money.balance(f, t, highest=True)) for t in periods]) + old
        revenue = self.sum(annual=True, family="revenue") / self.years
        resources = np.array(money.fiscal) + revenue - money.opening_revenue
        self._put("stock", "debt", owed.tolist())
        self._put("stock", "debt_counted", counted.tolist())
        self._put("stock", "fiscal_resources", resources.tolist(), "million/year")
        self._put("ratio", "debt_ratio", self._percent(counted, resources), "percent")
        self._put("ratio", "debt_ratio_all", self._percent(owed, resources), "percent")
        inside = sum(before[f] for f in debts if money.instruments[f].in_ratio)
        self._one("start", "stock", "debt", sum(before.values()), "million")
        self._one("start", "stock", "debt_counted", inside, "million")
        base = money.finance.fiscal_resources or 0.0
        if base > SMALL:
            self._one("start", "stock", "fiscal_resources", base, "million/year")
            self._one("start", "ratio", "debt_ratio", 100.0 * inside / base, "percent")
            self._one("start", "ratio", "debt_ratio_all", 100.0 * sum(before.values()) / base, "percent")
