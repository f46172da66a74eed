"""Budgets (FORMULATION.md section 8): cash that may not be mixed, and to which of them an account's cash belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zonevest.instances.study import Study

FUND = "fund"
"""The budget whose interest is compared with fund expenditure."""
ENTERPRISE = "enterprise"
"""The borrower of enterprises, and without a table of budgets the name of theirs."""
IN_MONEY = ("cost", "operating", "receipts", "outlay")
"""Accounts `money.<x>` that the cash of a budget is made of."""


@dataclass(frozen=True)
class Budgets:
    """The budgets of a study.

    Attributes
    ----------
    names : in the order of their table, the main one first; none without a table: then all cash is together.
    enterprises : those in which enterprises borrow and spend.
    of_account, of_project, of_instrument : the budget that each names.
    aside : account -> budget -> share of what comes in that is set aside.
    opening : cash before the first period, million; of ``""`` without a table.
    reserve : least cash that a budget states, million; NaN where it states none.
    """

    names: tuple[str, ...]
    enterprises: frozenset[str]
    of_account: dict[str, str]
    of_project: dict[str, str]
    of_instrument: dict[str, str]
    aside: dict[str, dict[str, float]]
    opening: dict[str, float]
    reserve: dict[str, float]

    @classmethod
    def of(cls, study: Study) -> Budgets:
        """Read the tables of budgets, and who names one."""
        table, finance = study.budgets, study.settings.finance

        def named(name: str, key: str) -> dict[str, str]:
            rows = study.tables[name]
            return {str(k): str(b) for k, b in zip(rows[key], rows["budget"], strict=True) if b}

        accounts, instruments = named("accounts", "account"), named("instruments", "instrument")
        names = tuple(table["budget"])
        enterprises = set(table.loc[table["borrower"] == ENTERPRISE, "budget"])
        if not names:
            enterprises = {ENTERPRISE} & {*accounts.values(), *instruments.values()}
        aside: dict[str, dict[str, float]] = {}
        for account, budget, share in study.set_asides[["account", "budget", "share"]].itertuples(index=False):
            aside.setdefault(account, {})[budget] = float(share)
        opening = {"": 0.0 if finance is None else finance.opening_cash}
        for at, (name, cash) in enumerate(zip(names, table["opening_cash"].astype(float), strict=True)):
            # blank: that of [finance] in the main budget, nothing in others
            opening[name] = (0.0 if at else opening[""]) if np.isnan(cash) else cash
        return cls(
            names,
            frozenset(enterprises),
            accounts,
            named("projects", "project"),
            instruments,
            aside,
            {name: opening[name] for name in names or ("",)},
            dict(zip(names, table["reserve"].astype(float), strict=True)),
        )

    @property
    def main(self) -> str:
        """The first budget: whose is what names none."""
        return self.names[0] if self.names else ""

    @property
    def told_apart(self) -> dict[str, tuple[str, ...]]:
        """The budgets whose accounts `money.<x>:<budget>` some row may read, and which x."""
        spending = dict.fromkeys((FUND, *sorted(self.enterprises)), ("cost", "outlay"))
        return spending | dict.fromkeys(self.names, IN_MONEY)

    def home(self, account: str, project: str = "") -> str:
        """The budget that an account's cash belongs to: its own, else the project's whose cash it is, else the main."""
        return self.of_account.get(account) or self.of_project.get(project) or self.main

    def instrument(self, name: str) -> str:
        """The budget in which an instrument's money comes and is served."""
        return self.of_instrument.get(name) or self.main

    def hides_debt(self, instrument: str, project: str) -> bool:
        """Whether an enterprise would raise money for a project of the government; without a table nobody knows."""
        owner = self.of_project.get(project) or self.main
        return bool(self.names) and self.instrument(instrument) in self.enterprises and owner not in self.enterprises

    def share(self, budget: str, account: str, project: str = "") -> float:
        """The part of an account's cash that belongs to a budget: what is set aside for it, and at home the rest."""
        aside = self.aside.get(account, {})
        rest = 1.0 - sum(aside.values()) if self.home(account, project) == budget else 0.0
        return aside.get(budget, 0.0) + rest
