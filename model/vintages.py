"""Debt as constants (FORMULATION.md section 8): what one unit, drawn in a period, owes and pays in every year.

A unit is drawn on the first day of its period; interest is paid at the end of each year on the balance at its
beginning. A unit that refinances is drawn in equal parts at the end of each year of its period, and runs from the
first day of the next like a unit drawn then: it stands in for principal that falls due, never beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from zonevest.instances.study import Study, each
from zonevest.model.flows import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

DEBT = ("bond", "loan")
IDLE = 0.001
"""Share of its rate that a balance costs beside the discount rate, so that idle borrowing is never free."""


@dataclass(frozen=True)
class Instrument:
    """A row of the instruments table.

    Attributes
    ----------
    years : life of a unit in years; None for good.
    legacy, legacy_years : balance before the plan, and the years in which it is repaid in equal parts.
    """

    name: str
    kind: str
    budget: str
    in_debt_ratio: bool
    rate: float
    years: int | None
    grace: int
    level: bool
    refinances: bool
    limit_total: float
    limit_period: float
    categories: tuple[str, ...]
    self_supporting: bool
    cover: float
    discounted: bool
    green_only: bool
    legacy: float
    legacy_years: int

    @property
    def is_debt(self) -> bool:
        """Whether it is owed: a bond or a loan."""
        return self.kind in DEBT

    @property
    def general(self) -> bool:
        """Whether money is raised in general, for no project."""
        bound = bool(self.categories) or self.self_supporting or self.green_only
        return self.is_debt and (self.refinances or not bound)

    @cached_property
    def balance(self) -> Floats:
        """Balance of a unit at the beginning of each year of its life, shape (years,)."""
        years = self.years or 0
        if not self.level:
            return np.ones(years)
        paid = np.clip(np.arange(years) - self.grace, 0, None) / max(years - self.grace, 1)
        return np.asarray(1.0 - paid)

    @property
    def interest(self) -> float:
        """All interest of a unit over its life."""
        return float(self.rate * self.balance.sum())


def instruments(study: Study) -> dict[str, Instrument]:
    """The instruments of a study by name, in table order."""
    return {row.instrument: _instrument(row) for row in each(study.instruments)}


def _instrument(row: Any) -> Instrument:
    def number(value: float, blank: float) -> float:
        return blank if np.isnan(value) else float(value)

    return Instrument(
        row.instrument,
        row.kind,
        row.budget,
        bool(row.in_debt_ratio),
        float(row.rate) if row.kind != "grant" else 0.0,
        None if np.isnan(row.tenor_years) else int(row.tenor_years),
        int(row.grace_years),
        row.repay == "level_principal",
        bool(row.refinances),
        number(row.limit_total, np.inf),
        number(row.limit_period, np.inf),
        tuple(part.strip() for part in row.categories.split(";") if part.strip()),
        bool(row.self_supporting),
        float(row.cover_min),
        row.cover_basis == "discounted",
        bool(row.green_only),
        float(row.outstanding),
        int(number(row.outstanding_years, 1.0)),
    )


@dataclass(frozen=True)
class Vintage:
    """A unit of an instrument drawn in a period, or its legacy: by period, shape (periods,).

    Attributes
    ----------
    repaid, interest : ρ and ι, paid in the years of each period.
    owed : o, balance at the end of its last year.
    highest : o^max, balance at the beginning of its first year.
    price : what a unit costs in F1: Σ δ_y (max(rate - r, 0) + 0.001 rate) x balance, to maturity.
    """

    repaid: Floats
    interest: Floats
    owed: Floats
    highest: Floats
    price: float

    @property
    def counted(self) -> Floats:
        """What the debt ratio counts: o^max, and of refinancing in the period of its draw o.

        What it replaces is repaid by the end of that period, when legacy is counted: with o^max, 0, neither would be.
        """
        return np.maximum(self.highest, self.owed)


def vintage(instrument: Instrument, drawn: int, clock: Clock) -> Vintage:
    """A unit of an instrument drawn in a period (its position)."""
    periods, years = len(clock.length), int(clock.length[drawn])
    if instrument.kind == "grant":
        nothing = np.zeros(periods)
        return Vintage(nothing, nothing, nothing, nothing, 0.0)
    first = int(clock.begin[drawn] - clock.years[0]) + (years if instrument.refinances else 0)
    span = max(first + (instrument.years or 0), clock.horizon) + 1
    balance = np.zeros(span)  # at the beginning of each year from y0 on
    if instrument.years is None:
        balance[first:] = 1.0
    else:
        balance[first : first + instrument.years] = instrument.balance
    bearing = balance.copy()
    if instrument.refinances:  # drawn in equal parts at the ends of the period's years
        bearing[first - years : first] = np.arange(years) / years
    repaid = np.zeros(span)
    repaid[first : span - 1] = balance[first : span - 1] - balance[first + 1 : span]
    discount = (1.0 + clock.finance) ** -(np.arange(span) + 1.0)
    dear = max(instrument.rate - clock.finance, 0.0) + IDLE * instrument.rate
    price = dear * float(bearing @ discount)
    if instrument.years is None and dear > 0:
        price += dear * float(discount[-1]) / clock.finance
    starts, ends = clock.begin - clock.years[0], clock.last - clock.years[0]
    owed = np.where(np.arange(periods) >= drawn, balance[ends + 1], 0.0)
    highest = np.where(np.arange(periods) >= drawn, balance[starts], 0.0)
    return Vintage(
        _by_period(repaid, clock), _by_period(instrument.rate * bearing, clock), owed, highest, price
    )  # fmt: skip


def legacy(instrument: Instrument, clock: Clock) -> Vintage:
    """What is outstanding before the plan, in million: repaid in equal yearly parts, first at the end of y0."""
    year = np.arange(clock.horizon + 1)
    balance = instrument.legacy * np.clip(1.0 - year / instrument.legacy_years, 0.0, None)
    starts, ends = clock.begin - clock.years[0], clock.last - clock.years[0]
    return Vintage(
        _by_period(balance[:-1] - balance[1:], clock),
        _by_period(instrument.rate * balance[:-1], clock),
        balance[ends + 1],
        balance[starts],
        0.0,
    )


def _by_period(yearly: Floats, clock: Clock) -> Floats:
    edges = np.concatenate([[0], np.cumsum(clock.length)[:-1]])
    return np.asarray(np.add.reduceat(yearly[: clock.horizon], edges))
