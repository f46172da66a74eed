"""What the tables of a report are made from, each worked out once: a plan and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.study import period_names
from zonevest.model.booked import Booked, Books, books
from zonevest.model.booked_places import ParcelWorth, parcel_worth
from zonevest.model.capital import Capital
from zonevest.reports import distribution, resources, tables
from zonevest.reports.balance_sheet import balance_sheet
from zonevest.reports.cash_flow import Finance, Money
from zonevest.reports.circulation import circulation
from zonevest.reports.maps import Shapes, pack
from zonevest.reports.money import money_tables
from zonevest.reports.natural import natural_assets

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
    def by_place(self) -> tuple[Booked, Booked]:
        """What the plan and doing nothing book by place too (see `booked_places.by_place`)."""
        return self.books.plan_by_place, self.books.nothing_by_place

    @cached_property
    def parcel_worth(self) -> ParcelWorth:
        """What each parcel books on accounts of money, uplift and ecosystem, present values."""
        return parcel_worth(self.plan, self.books)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the options that the plan chooses."""
        return self.books.ledger

    @cached_property
    def land(self) -> pd.DataFrame:
        """Every parcel with what the plan does on it (see `tables.allocation`)."""
        return tables.allocation(self.plan)

    @cached_property
    def limits(self) -> pd.DataFrame:
        """Every row of every limit with its standing (see `tables.limits`)."""
        return tables.limits(self.plan)

    @cached_property
    def money(self) -> dict[str, pd.DataFrame]:
        """Cash flow, budgets, capture and distribution (see `zonevest.reports.money`)."""
        return money_tables(self.plan, self.books)

    @cached_property
    def shapes(self) -> Shapes | None:
        """The parcels' shapes as they are drawn; None without any."""
        return pack(self.study.geometry)

    @cached_property
    def cash_parts(self) -> pd.DataFrame:
        """Of what F1 is made (see `distribution.cash_parts`)."""
        return distribution.cash_parts(self.plan, self.books)

    @cached_property
    def assets(self) -> pd.DataFrame:
        """Natural resources as assets (see `resources.assets`)."""
        return resources.assets(self.plan, self.ledger)

    @cached_property
    def people(self) -> pd.DataFrame:
        """People and construction land (see `resources.people`)."""
        return resources.people(self.plan, self.ledger)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """The ledger by account and period, beside doing nothing (see `tables.accounts`)."""
        return tables.accounts(self.plan)

    @cached_property
    def periods(self) -> list[str]:
        """The names of the periods."""
        return period_names(self.study.periods)

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """x: the share that each option of the ledger is taken in, shape (options,)."""
        chosen = self.books.chosen
        weight = np.zeros(len(self.ledger.options.kind))
        np.add.at(weight, chosen.option, chosen.share)
        return weight

    @cached_property
    def started(self) -> NDArray[np.float64]:
        """U: 1 from the period on in which a project starts, shape (projects, periods)."""
        periods = len(self.periods)
        state = np.zeros((len(self.ledger.works.names), periods))
        for start in self.ledger.works.starts_of(self.plan.projects).values():
            state[start // periods, start % periods :] = 1.0
        return state

    @cached_property
    def flows(self) -> Money:
        """What accounts of money bring to the purse and take from it."""
        return Money(self.plan, self.books)

    @cached_property
    def finance(self) -> Finance | None:
        """What [finance] adds; None without it."""
        return None if self.study.settings.finance is None else Finance(self.plan, self.books, self.flows)

    @property
    def cash(self) -> pd.DataFrame:
        """Sources, uses, cash, debt and ratios by period (see `cash_flow.cash_flow`)."""
        return self.money["cash_flow"]

    @cached_property
    def capital(self) -> Capital:
        """What is spent on operating assets, and written off."""
        return Capital.of(self.plan, self.books)

    @cached_property
    def natural(self) -> pd.DataFrame:
        """Natural resources by tenure and period (see `natural.natural_assets`)."""
        return natural_assets(self)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """The balance sheet (see `balance_sheet.balance_sheet`)."""
        return balance_sheet(self)

    @cached_property
    def circulation(self) -> pd.DataFrame:
        """The circulation of money (see `circulation.circulation`)."""
        return circulation(self)
