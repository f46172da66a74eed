"""What the tables of a report are made from, each worked out once: a plan and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zonevest.model.booked import Books, books
from zonevest.reports import tables
from zonevest.reports.chosen import Chosen

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
    def accounts(self) -> pd.DataFrame:
        """The ledger by account and period, beside doing nothing (see `tables.accounts`)."""
        return tables.accounts(self.plan)
