"""What the tables of a report are made from, each worked out once: a plan and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zonevest.model.areas import START
from zonevest.model.booked import Books, books
from zonevest.model.ledger import DECIDED
from zonevest.reports import tables
from zonevest.reports.chosen import Chosen
from zonevest.reports.contributions import contributions

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.instances.study import Study
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
    def ledger(self) -> Ledger:
        """The ledger of the options that the plan chooses."""
        return self.books.ledger

    @cached_property
    def land(self) -> pd.DataFrame:
        """Every parcel with what the plan does on it (see `tables.allocation`)."""
        return tables.allocation(self.plan)

    @cached_property
    def chosen(self) -> Chosen:
        """The rows of `land` as options of the ledger."""
        return Chosen.of(self.plan, self.ledger)

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
    def contributions(self) -> pd.DataFrame:
        """What every number of the study adds to F1 and F2 (see `contributions`)."""
        return contributions(self)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """The ledger by account and period, beside doing nothing (see `tables.accounts`)."""
        return tables.accounts(self.plan)
