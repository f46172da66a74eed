"""Budgets: which of them an account's cash, and an instrument's money, belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonevest.reports.audit_accounts import Account, of_budget
from zonevest.reports.audit_cells import number

if TYPE_CHECKING:
    from zonevest.instances.finance import Finance
    from zonevest.reports.audit_tables import Tables

FUND, ENTERPRISE, ALL = "fund", "enterprise", "all"


@dataclass(frozen=True)
class Purse:
    """A budget with cash of its own.

    Attributes
    ----------
    table : whether it is one of the table `budgets`; without that table `all` is the only one.
    main : whether the residuals, and what the fund passes on, are its own.
    opening, reserve : million; reserve NaN where months of cost say it.
    """

    name: str
    table: bool = False
    main: bool = True
    opening: float = 0.0
    reserve: float = math.nan

    def account(self, kind: str) -> str:
        """The account of its operating, cost, receipts or outlay."""
        return of_budget(kind, self.name) if self.table else f"money.{kind}"

    @property
    def cash(self) -> str:
        """The account of its cash."""
        return f"finance.cash.{self.name}" if self.table else "finance.cash"

    def row(self, name: str) -> str:
        """What limits.csv calls a row of it."""
        return f"{name}.{self.name}" if self.table else name

    def index(self, period: str) -> str:
        """The index of a row of it."""
        return f"[{self.name},{period}]" if self.table else f"[{period}]"


class Budgets:
    """The budgets of a study.

    Attributes
    ----------
    table : those of the table, the main one first.
    names : those that are told apart; without a table fund and enterprise, which the shares of interest read.
    enterprises : those whose borrower is an enterprise.
    """

    def __init__(self, tables: Tables) -> None:
        rows = tables.rows("budgets")
        self.rows = rows
        self.table = [str(row["budget"]) for row in rows]
        self.names = self.table or [FUND, ENTERPRISE]
        self.main = self.table[0] if rows else ""
        borrowers = {str(row["budget"]) for row in rows if row["borrower"] == "enterprise"}
        self.enterprises = borrowers if rows else {ENTERPRISE}
        self._aside: dict[str, dict[str, float]] = {}
        for row in tables.rows("set_asides") if rows else ():
            self._aside.setdefault(str(row["account"]), {})[str(row["budget"])] = float(row["share"])
        self._of_project = {name: str(row.get("budget") or "") for name, row in tables.projects.items()}

    def named(self, *names: str) -> str:
        """The first of some names that is a budget, else the main one (without a table: none)."""
        return next((name for name in names if name in self.names), self.main)

    def home(self, account: Account, project: str = "") -> str:
        """The budget of an account's cash: the one that it names, else its project's, else the main one."""
        return self.named(account.budget, self._of_project.get(project, ""))

    def apart(self, instrument: str, project: str) -> bool:
        """Whether money of a budget is an enterprise's and the project is not: the one cannot pay for the other."""
        other = self.named(self._of_project.get(project, ""))
        return bool(self.table) and self.named(instrument) in self.enterprises and other not in self.enterprises

    def split(self, account: Account, project: str = "") -> Mapping[str, float]:
        """Which share of an account's cash each budget has: of revenue some is set aside."""
        home = self.home(account, project)
        out = {home: 1.0} if home else {}
        for name, share in self._aside.get(account.name, {}).items() if account.family == "revenue" else ():
            out[home] -= share
            out[name] = out.get(name, 0.0) + share
        return out

    def purses(self, finance: Finance) -> list[Purse]:
        """The budgets with cash of their own."""
        if not self.rows:
            return [Purse(ALL, opening=finance.opening_cash)]
        out = []
        for name, row in zip(self.table, self.rows, strict=True):
            main = name == self.main
            opening = number(row["opening_cash"], finance.opening_cash if main else 0.0)
            out.append(Purse(name, True, main, opening, number(row["reserve"], math.nan)))
        return out
