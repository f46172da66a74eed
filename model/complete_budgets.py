"""Budgets: whose the purse's cash is, where it may not be mixed (docs/semantics.md, "Budgets")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from zonevest.instances.study import Study
from zonevest.model.complete_options import Record, records

ALL = ""
"""The one budget of all cash, where there is no table of budgets."""
FUND, ENTERPRISE, GENERAL = "fund", "enterprise", "general"
"""What the shares of interest tell apart: the budget `fund`, those of enterprises, and all others."""
SPLIT = ("money.revenue", "money.cost", "money.operating", "money.receipts", "money.outlay")
"""Built-in accounts that every budget has a part of."""


def of_budget(account: str, budget: str) -> str:
    """The part that a budget has of a built-in account: no account of the format, rows of money read it."""
    return f"{account}:{budget}" if budget else account


class Budgets:
    """The budgets of a study.

    Attributes
    ----------
    rows : the table by name; empty where all cash is of one budget.
    main : the first of the table, ``ALL`` without one.
    apart : the budgets that accounts are parted by: those of the table, else the two that rows (16) tell apart.
    """

    def __init__(self, study: Study, accounts: Mapping[str, Record], projects: Mapping[str, Record]) -> None:
        self._accounts, self._projects = accounts, projects
        self.rows = {row["budget"]: row for row in records(study.budgets)}
        self.main = next(iter(self.rows), ALL)
        self.apart = list(self.rows) or [FUND, ENTERPRISE]
        self._set_aside: dict[str, dict[str, float]] = defaultdict(dict)
        for row in records(study.set_asides):
            self._set_aside[row["account"]][row["budget"]] = row["share"]

    @property
    def tills(self) -> list[str]:
        """The budgets whose cash is kept: those of the table, else the one of all cash."""
        return list(self.rows) or [ALL]

    def kind(self, budget: str) -> str:
        """fund, enterprise or general: an enterprise's budget is one whatever its name."""
        borrower = self.rows[budget]["borrower"] if budget in self.rows else budget
        if borrower == ENTERPRISE:
            return ENTERPRISE
        return FUND if budget == FUND else GENERAL

    def parts(self, account: str, project: str) -> dict[str, float]:
        """Which share of the cash of an account is whose; what is set aside for others does not stay."""
        home = self._accounts[account]["budget"]
        if not home and project:
            home = self._projects[project]["budget"]
        found = {home or self.main: 1.0}
        for budget, share in self._set_aside.get(account, {}).items():
            found[home or self.main] -= share
            found[budget] = found.get(budget, 0.0) + share
        return {budget: share for budget, share in found.items() if budget in self.apart}

    def accounts(self) -> set[str]:
        """The built-in accounts of every budget."""
        return {of_budget(account, budget) for account in SPLIT for budget in self.apart}


def index_of(budget: str, period: str) -> tuple[str, ...]:
    """How what is of a budget and a period is indexed: by the period alone where there is one budget."""
    return (budget, period) if budget else (period,)
