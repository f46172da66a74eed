"""What the tables of a report are made from, each worked out once: a plan and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.study import period_names
from zonevest.model.booked import Books, books, starts_of
from zonevest.model.capital import Capital
from zonevest.reports import tables
from zonevest.reports.cash_flow import Finance, Money, cash_flow

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData


@dataclass(frozen=True)
class Facts:
    """A plan, and what several tables need of it.

    Attributes
    ----------
    plan : the plan; it has one (`has_plan`).
    """

    plan: PlanData

    @property
    def study(self) -> Study:
        """The study that the plan answers."""
        return self.plan.study

    @cached_property
    def books(self) -> Books:
        """What the plan and doing nothing book on accounts of money and uplift, by undertaking."""
        return books(self.plan)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the options that the plan chooses."""
        return self.books.ledger

    @cached_property
    def land(self) -> pd.DataFrame:
        """Every parcel with what the plan does on it (see `tables.allocation`)."""
        return tables.allocation(self.plan)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """The ledger by account and period, beside doing nothing (see `tables.accounts`)."""
        return tables.accounts(self.plan)

    @cached_property
    def periods(self) -> list[str]:
        """The names of the periods."""
        return period_names(self.study.periods)

    @cached_property
    def started(self) -> NDArray[np.float64]:
        """U: 1 from the period on in which a project starts, shape (projects, periods)."""
        periods = len(self.periods)
        state = np.zeros((len(self.ledger.works.names), periods))
        for start in starts_of(self.plan, self.ledger).values():
            state[start // periods, start % periods :] = 1.0
        return state

    @cached_property
    def money(self) -> Money:
        """What accounts of money bring to the purse and take from it."""
        return Money(self.plan, self.books)

    @cached_property
    def finance(self) -> Finance | None:
        """What [finance] adds; None without it."""
        return None if self.study.settings.finance is None else Finance(self.plan, self.books, self.money)

    @cached_property
    def cash(self) -> pd.DataFrame:
        """Sources, uses, cash, debt and ratios by period (see `cash_flow.cash_flow`)."""
        return cash_flow(self.plan, self.books)

    @cached_property
    def capital(self) -> Capital:
        """What is spent on operating assets, and written off."""
        return Capital.of(self.plan, self.books)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """The balance sheet (see `balance_sheet.balance_sheet`)."""
        from zonevest.reports.balance_sheet import balance_sheet

        return balance_sheet(self)

    @cached_property
    def circulation(self) -> pd.DataFrame:
        """The circulation of money (see `circulation.circulation`)."""
        from zonevest.reports.circulation import circulation

        return circulation(self)

    @cached_property
    def natural(self) -> pd.DataFrame:
        """Natural resources by tenure and period (see `natural.natural_assets`)."""
        from zonevest.reports.natural import natural_assets

        return natural_assets(self)
