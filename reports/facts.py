"""What the tables of a report are made from, each worked out once: a plan and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.study import period_names
from zonevest.model.areas import START
from zonevest.model.booked import Booked, Books, books
from zonevest.model.booked_places import ParcelWorth, parcel_worth
from zonevest.model.capital import Capital
from zonevest.model.finance import Purse
from zonevest.model.ledger import DECIDED
from zonevest.reports import distribution, map_values, resources, tables
from zonevest.reports.balance_sheet import balance_sheet
from zonevest.reports.bonds import Bonds, bonds
from zonevest.reports.capture import BY, split
from zonevest.reports.cash_flow import Finance, Money
from zonevest.reports.circulation import circulation
from zonevest.reports.contributions import contributions
from zonevest.reports.maps import Shapes, pack
from zonevest.reports.natural import natural_assets
from zonevest.reports.sharing import Sharing

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.booked_land import Chosen
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

NEAR = 5
"""Years of the near term, from the first of the plan."""


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

    @cached_property
    def capture(self) -> pd.DataFrame:
        """Value created, captured and left, by all that it may be told by; whether it is of a rise of land value."""
        table, accounts = split(self.plan, self.books, BY), self.ledger.accounts
        return table.assign(rise=accounts.family[accounts.names.get_indexer(table["account"])] == "uplift")

    @cached_property
    def parcel_values(self) -> pd.DataFrame:
        """What the plan makes of the worth of each row of `land`, per hectare (see `map_values`)."""
        return map_values.values(self)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the options that the plan chooses."""
        return self.books.ledger

    @cached_property
    def purse(self) -> Purse:
        """What the purse has and owes whatever is decided; with [finance] only."""
        return Purse.of(self.ledger)

    @cached_property
    def sharing(self) -> Sharing:
        """Who receives and who pays what the plan and doing nothing book."""
        return Sharing.of(self.study, self.ledger.accounts, self.books.plan, self.books.nothing)

    @cached_property
    def sharing_by_place(self) -> Sharing:
        """The same by place."""
        return Sharing.of(self.study, self.ledger.accounts, *self.by_place)

    @cached_property
    def parcel_gains(self) -> pd.DataFrame:
        """What the plan changes of what the holders of each parcel have (see `parcel_gains.parcel_gains`)."""
        from zonevest.reports.parcel_gains import parcel_gains

        return parcel_gains(self)

    @cached_property
    def land(self) -> pd.DataFrame:
        """Every parcel with what the plan does on it (see `tables.allocation`)."""
        return tables.allocation(self.plan)

    @property
    def chosen(self) -> Chosen:
        """The rows of `land` as options of the ledger."""
        return self.books.chosen

    @property
    def near(self) -> int:
        """Position of the last period of the near term: that ends within five years, else the first."""
        ends = [place for place, period in enumerate(self.study.periods) if period.last < self.study.first_year + NEAR]
        return max(ends, default=0)

    @cached_property
    def by_period(self) -> dict[str, dict[str, float]]:
        """The plan's ledger of the whole area: account -> period -> value; what is 0 may be missing."""
        rows = self.plan.ledger[self.plan.ledger["jurisdiction"] == tables.TOTAL]
        found: dict[str, dict[str, float]] = {}
        for account, period, value in zip(rows["account"], rows["period"], rows["value"], strict=True):
            found.setdefault(account, {})[period] = value
        return found

    @cached_property
    def before(self) -> dict[str, float]:
        """Every account before the first period, per year: doing nothing in the first year; one-off ones 0."""
        held = self.ledger.held
        listed = [name for name in held.accounts_and_units().index if not name.startswith(DECIDED)]
        idle = np.zeros((len(held.works.names), len(self.study.periods)))
        wanted = [(name, START) for name in listed]
        values = held.values(wanted, np.ones(len(held.options.kind)), idle, [tables.TOTAL])[0]
        return dict(zip(listed, values.tolist(), strict=True))

    @cached_property
    def bonds(self) -> list[Bonds]:
        """The debt of projects that supports itself, by year (see `bonds`)."""
        return bonds(self)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Cost, return and funding of the chosen projects (see `project_tables.project_measures`)."""
        from zonevest.reports.project_tables import project_measures

        return project_measures(self)

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """What every number of the study adds to F1 and F2 (see `contributions`)."""
        return contributions(self)

    @cached_property
    def limits(self) -> pd.DataFrame:
        """Every row of every limit with its standing (see `tables.limits`)."""
        return tables.limits(self.plan)

    @cached_property
    def money(self) -> dict[str, pd.DataFrame]:
        """Cash flow, budgets, capture and distribution (see `zonevest.reports.money`)."""
        from zonevest.reports.money import money_tables

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
    def people(self) -> pd.DataFrame:
        """People and construction land (see `resources.people`)."""
        return resources.people(self.plan, self.ledger)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """The ledger by account and period, beside doing nothing (see `tables.accounts`)."""
        return tables.accounts(self.plan, self.ledger)

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
