"""The cash flow of the budget entity by period, its debt and what a lender looks at: numbers only, no words.

Sources and uses are totals of a period, in million; opening cash and all sources make up all uses and closing cash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.booked import PROJECT, Books, books, flagged
from zonevest.model.budgets import FUND
from zonevest.model.finance import Purse
from zonevest.reports.tables import TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from zonevest.model.flows import Accounts
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]

COLUMNS = ["period", "kind", "item", "account", "instrument", "value", "unit", "grade"]
START = "start"
"""The state before the first period."""
GRADES = (("green", 120.0), ("yellow", 200.0), ("orange", 300.0))
"""Debt-risk grades of local governments: below this per cent of fiscal resources; from the last on it is red."""
MILLION, A_YEAR, PERCENT, TIMES = "million", "million/year", "percent", "times"
SMALL = 1e-9
"""What is less is rounding."""


def grade(percent: float) -> str:
    """The risk grade of a debt ratio in per cent of fiscal resources: green, yellow, orange or red."""
    return next((name for name, below in GRADES if percent < below), "red")


class _Table:
    """Rows of the table as they are found."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names, self.rows = list(names), list[tuple[Any, ...]]()

    def add(self, kind: str, item: str, values: Any, unit: str = MILLION, *, account: str = "", f: str = "") -> None:
        """A value for every period; periods without one (NaN) have no row, nor do sources and uses of nothing."""
        for name, value in zip(self.names, np.asarray(values, dtype=float).tolist(), strict=True):
            if not np.isnan(value) and (abs(value) > SMALL or kind not in ("source", "use")):
                self.put(name, kind, item, value, unit, account, f)

    def put(self, period: str, kind: str, item: str, value: float, unit: str, account: str = "", f: str = "") -> None:
        """A value of one period."""
        told = grade(value) if item in ("debt_ratio", "debt_ratio_all") else ""
        self.rows.append((period, kind, item, account, f, value, unit, told))

    def change(self) -> Floats:
        """Sources less uses, by period."""
        sign = {"source": 1.0, "use": -1.0}
        change = dict.fromkeys(self.names, 0.0)
        for period, kind, _, _, _, value, *_ in self.rows:
            if kind in sign:
                change[period] += sign[kind] * value
        return np.array(list(change.values()))

    def frame(self) -> pd.DataFrame:
        """All rows, by period; what is of no period comes last."""
        table = pd.DataFrame(self.rows, columns=COLUMNS)
        order = {name: place for place, name in enumerate([START, *self.names, ""])}
        at = np.argsort(table["period"].map(order).to_numpy(dtype=float), kind="stable")
        return table.iloc[at].reset_index(drop=True)


def cash_flow(plan: PlanData, booked: Books | None = None) -> pd.DataFrame:
    """The cash flow, debt and ratios of every period.

    Without [finance] only what land, projects and trade bring to the purse is told.

    Parameters
    ----------
    booked : what the plan books, where it is known already.

    Returns
    -------
    DataFrame
        ``period`` (``start``: before the first; blank: of none), ``kind``, ``item``, ``account``, ``instrument``,
        ``value``, ``unit`` and ``grade`` (of debt ratios: green, yellow, orange, red).

        - kind ``source``: revenue, receipts, land_sale (by account), own_revenue, transfers (what [finance] brings
          beside the ledger), raised, refinanced (by instrument);
        - kind ``use``: operating_cost, outlay (by account), fixed_cost, repaid, interest (by instrument),
          fund_transfers;
        - kind ``stock``: opening_cash, closing_cash, reserve (asked for), debt (by instrument and blank: all, at the
          end), debt_counted (in the debt ratio), fiscal_resources (a year, as the ratio counts them);
        - kind ``balance``: operating_result (a year), balance_after_interest (a year), net (sources less uses);
        - kind ``ratio``: debt_ratio (of debt_counted), debt_ratio_all (all debt at the end), cover, and as per cent
          interest_share_general, interest_share_fund, land_sale_share, green_share, real_estate_share; a ratio to
          nothing has no row, nor has interest as a share of itself, where a budget spends nothing else;
        - kind ``off``: a limit that is off.
    """
    names = period_names(plan.study.periods)
    table = _Table(names)
    if plan.has_plan:
        found = booked or books(plan)
        money = Money(plan, found)
        money.tell(table)
        if plan.study.settings.finance is None:
            table.add("balance", "net", table.change())
        else:
            Finance(plan, found, money).tell(table)
    for name in plan.limits_off:
        table.put("", "off", name, np.nan, "")
    return table.frame()


class Money:
    """What accounts of money bring to the purse and take from it.

    Attributes
    ----------
    rows : of what is booked, accounts of money only.
    amount : million in each period, what the purse receives above 0 and what it pays below, shape (rows, periods).
    """

    def __init__(self, plan: PlanData, found: Books) -> None:
        accounts = found.ledger.accounts
        rows, at = found.plan.rows, accounts.names.get_indexer(found.plan.rows["account"])
        keep = accounts.money[at]
        self.rows, self.at = rows[keep].reset_index(drop=True), at[keep]
        self.owners = owners(self.rows)
        part = purse_parts(accounts, self.rows, self.at)
        self.plan, self.accounts = plan, accounts
        self.amount = part[:, None] * found.plan.totals[keep]
        self.annual = accounts.recurrence[self.at] == "annual"
        self.revenue = accounts.family[self.at] == "revenue"

    def sum(self, *where: NDArray[np.bool_]) -> Floats:
        """Σ of amounts by period, of the rows for which all holds."""
        return np.asarray(self.amount[np.logical_and.reduce(where)].sum(axis=0))

    def outlay(self, flag: str = "") -> Floats:
        """One-off cost, above 0, of undertakings with a flag."""
        once = ~self.annual & ~self.revenue
        return -(self.sum(once, flagged(self.plan.study, self.rows, flag)) if flag else self.sum(once))

    def in_budget(self, budget: str, *where: NDArray[np.bool_]) -> Floats:
        """Σ of a budget's part of the amounts by period, of the rows for which all holds; ``""``: of all of them."""
        if not budget:
            return self.sum(*where)
        pairs = zip(self.rows["account"], self.owners, strict=True)
        part = np.array([self.accounts.budgets.share(budget, account, owner) for account, owner in pairs], dtype=float)
        return np.asarray((part * np.logical_and.reduce(where)) @ self.amount)

    def spent(self, budget: str) -> Floats:
        """Cost and outlay of a budget, above 0."""
        return -self.in_budget(budget, ~self.revenue)

    def land_sale(self) -> Floats:
        """What sales of land bring."""
        return self.sum(self.revenue, ~self.annual, self.accounts.sale[self.at])

    def restoration(self) -> Floats:
        """Outlay on restoration, above 0: of restoring undertakings, and of any other on accounts of that role."""
        mends = flagged(self.plan.study, self.rows, "restoration") | (self.accounts.role[self.at] == "restoration")
        return -self.sum(~self.annual, ~self.revenue, mends)

    def both_ways(self) -> tuple[Floats, Floats]:
        """What the purse receives and what it pays of each row, shape (rows, periods).

        What leaves with land that a project takes is less of what came in or went out, not a payment the other way.
        """
        sign = np.where(self.rows["kind"] == TAKEN, -1.0, 1.0)[:, None]
        return sign * np.maximum(sign * self.amount, 0.0), sign * np.maximum(-sign * self.amount, 0.0)

    def tell(self, table: _Table) -> None:
        """Sources and uses by account, and the shares that ask for no [finance]."""
        received, paid = self.both_ways()
        once = np.where(self.accounts.sale[self.at] & self.revenue, "land_sale", "receipts")
        item_in = np.where(self.annual, "revenue", once)
        item_out = np.where(self.annual, "operating_cost", "outlay")
        for kind, items, amounts in (("source", item_in, received), ("use", item_out, paid)):
            for name in dict.fromkeys(items):
                for account in dict.fromkeys(self.rows["account"][items == name]):
                    at = (items == name) & (self.rows["account"] == account).to_numpy()
                    table.add(kind, name, amounts[at].sum(axis=0), account=account)
        outlay = self.outlay()
        for flag in ("green", "real_estate"):
            table.add("ratio", f"{flag}_share", 100.0 * share(self.outlay(flag), outlay), PERCENT)


def owners(rows: pd.DataFrame) -> list[str]:
    """The project of each row of what is booked, ``""`` where it is of none."""
    return [source if kind == PROJECT else "" for kind, source in zip(rows["kind"], rows["source"], strict=True)]


def purse_parts(accounts: Accounts, rows: pd.DataFrame, at: NDArray[np.integer[Any]]) -> Floats:
    """What the purse receives less what it pays of one unit of each row."""
    return np.array(
        [accounts.net(accounts.purse, int(a), owner) for a, owner in zip(at, owners(rows), strict=True)], dtype=float
    )


def share(part: Floats, whole: Floats) -> Floats:
    """A part of a whole by period, NaN where there is no whole."""
    there = whole > SMALL
    return np.where(there, part / np.where(there, whole, 1.0), np.nan)


class Finance:
    """What [finance] adds: residuals, what is raised and owed, cash and ratios."""

    def __init__(self, plan: PlanData, found: Books, money: Money) -> None:
        self.plan, self.money = plan, money
        self.purse = purse = Purse.of(found.ledger)
        self.years = found.ledger.clock.length.astype(float)
        names, raised = purse.names, plan.financing
        self.raised = {
            f: np.array(
                [raised.loc[(raised["instrument"] == f) & (raised["period"] == t), "raised"].sum() for t in names],
                dtype=float,
            )
            for f in purse.instruments
        }

    def flow(self, which: str, fs: Sequence[str], *, old: bool = True, new: bool = True) -> Floats:
        """Σ over instruments of what is repaid, paid as interest, owed or counted, by period."""
        total = np.zeros(len(self.years))
        for f in fs:
            if new:
                total = total + self.raised[f] @ np.array([getattr(unit, which) for unit in self.purse.units[f]])
            if old:
                # of legacy debt the ratio counts the end of the period
                total = total + getattr(self.purse.old[f], "owed" if which == "counted" else which)
        return np.asarray(total)

    def tell(self, table: _Table) -> None:
        """All rows."""
        purse, money, years = self.purse, self.money, self.years
        finance, instruments = purse.finance, purse.instruments
        own, transfers, fixed = purse.own * years, purse.transfers * years, purse.fixed * years
        table.add("source", "own_revenue", own)
        table.add("source", "transfers", transfers)
        table.add("use", "fixed_cost", fixed)
        for f, each in instruments.items():
            table.add("source", "refinanced" if each.refinances else "raised", self.raised[f], f=f)
            table.add("use", "repaid", self.flow("repaid", [f]), f=f)
            table.add("use", "interest", self.flow("interest", [f]), f=f)
        table.add("use", "fund_transfers", self.fund_transfers())
        self._cash(table)
        result = money.sum(money.annual) + own + transfers - fixed
        every = list(instruments)
        interest = self.flow("interest", every)
        table.add("balance", "operating_result", result / years, A_YEAR)
        table.add("balance", "balance_after_interest", (result - interest) / years, A_YEAR)
        self._debt(table)
        debts = purse.debts
        counted = debts if finance.dscr_scope == "all" else [f for f in debts if not instruments[f].refinances]
        service = sum(self.flow(which, counted, old=finance.dscr_scope == "all") for which in ("repaid", "interest"))
        if finance.dscr_scope == "all":
            service = service - sum((self.raised[f] for f in debts if instruments[f].refinances), np.zeros(len(years)))
        table.add("ratio", "cover", share(result, np.asarray(service)), TIMES)
        self._shares(table, own + transfers, fixed)

    def fund_transfers(self) -> Floats:
        """What the compensation fund passes on out of the purse, by period."""
        passed, settings = self.plan.fund_transfers, self.plan.study.settings
        if settings.equity.fund not in settings.purse or passed.empty:
            return np.zeros(len(self.years))
        by_period = passed.groupby("period")["amount"].sum()
        return np.asarray(by_period.reindex(self.purse.names).fillna(0.0), dtype=float)

    def _cash(self, table: _Table) -> None:
        """Cash at the beginning and the end of every period, and the reserve that is asked for, of all budgets."""
        purse, change = self.purse, table.change()
        closing = sum(purse.budgets.opening.values()) + np.cumsum(change)
        table.add("stock", "opening_cash", closing - change)
        table.add("stock", "closing_cash", closing)
        table.add("stock", "reserve", sum(self._reserve(till) for till in purse.tills))

    def _reserve(self, till: str) -> Floats:
        """What a budget is to keep: what it states, else some months of its recurring cost."""
        money, purse = self.money, self.purse
        stated = purse.budgets.reserve.get(till, np.nan)
        if not np.isnan(stated):
            return np.full(len(self.years), stated)
        months = np.array([purse.at("reserve_months", t) or 0.0 for t in range(len(self.years))])
        cost = -money.in_budget(till, money.annual, ~money.revenue) / self.years
        return np.asarray(months / 12.0 * (cost + (purse.fixed if till == purse.budgets.main else 0.0)))

    def _debt(self, table: _Table) -> None:
        """What is owed, by instrument, and the debt ratios with their grades."""
        purse, money, finance = self.purse, self.money, self.purse.finance
        legacy = {f: purse.instruments[f].legacy for f in purse.debts}
        for f in purse.debts:
            table.add("stock", "debt", self.flow("owed", [f]), f=f)
            table.put(START, "stock", "debt", legacy[f], MILLION, f=f)
        inside = [f for f in purse.debts if purse.instruments[f].in_debt_ratio]
        counted, owed = self.flow("counted", inside), self.flow("owed", purse.debts)
        revenue = money.sum(money.annual, money.revenue) / self.years
        resources = purse.fiscal + revenue - purse.revenue_before
        table.add("stock", "debt", owed)
        table.add("stock", "debt_counted", counted)
        table.add("stock", "fiscal_resources", resources, A_YEAR)
        table.add("ratio", "debt_ratio", 100.0 * share(counted, resources), PERCENT)
        table.add("ratio", "debt_ratio_all", 100.0 * share(owed, resources), PERCENT)
        before, base = sum(legacy[f] for f in inside), finance.fiscal_resources or 0.0
        table.put(START, "stock", "debt", sum(legacy.values()), MILLION)
        table.put(START, "stock", "debt_counted", before, MILLION)
        if base > SMALL:
            table.put(START, "stock", "fiscal_resources", base, A_YEAR)
            table.put(START, "ratio", "debt_ratio", 100.0 * before / base, PERCENT)
            table.put(START, "ratio", "debt_ratio_all", 100.0 * sum(legacy.values()) / base, PERCENT)

    def _shares(self, table: _Table, residual: Floats, fixed: Floats) -> None:
        """Interest as a share of expenditure, land sale as a share of revenue."""
        purse, money = self.purse, self.money
        enterprises, zero = purse.budgets.enterprises, np.zeros(len(self.years))
        fund = {FUND} - enterprises
        budget_of = {f: purse.budgets.instrument(f) for f in purse.instruments}
        of_fund = [f for f in purse.debts if budget_of[f] in fund]
        others = [f for f in purse.debts if budget_of[f] not in fund | enterprises]
        drawn = sum(
            (self.raised[f] for f, each in purse.instruments.items() if budget_of[f] in fund and not each.refinances),
            zero,
        )
        in_fund = sum((money.spent(budget) for budget in fund), zero) + drawn
        general = money.spent("") + fixed - in_fund - sum((money.spent(budget) for budget in enterprises), zero)
        for name, fs, spent in (("general", others, general), ("fund", of_fund, in_fund)):
            paid = self.flow("interest", fs)
            told = np.where(spent > SMALL, 100.0 * share(paid, spent + paid), np.nan)
            table.add("ratio", f"interest_share_{name}", told, PERCENT)
        table.add(
            "ratio",
            "land_sale_share",
            100.0 * share(money.land_sale(), money.sum(money.revenue) + residual),
            PERCENT,
        )
