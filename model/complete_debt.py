"""What a unit of an instrument owes, pays and costs, year by year (docs/semantics.md, "A unit drawn")."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zonevest.instances.study import Period
from zonevest.model.complete_options import Record
from zonevest.model.complete_rows import life

HANDLING = 0.001
"""Share of its interest that debt costs in F1 even where its rate is below the discount rate: no borrowing is free."""


@dataclass(frozen=True)
class Instrument:
    """A row of the instruments table, and what one unit of it does that is drawn in a period.

    Attributes
    ----------
    row : its cells.
    y0 : the first year of the plan, from which what is outstanding falls.
    """

    row: Record
    y0: int

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.row["instrument"])

    @property
    def owes(self) -> bool:
        """Whether it is debt: a bond or a loan."""
        return self.row["kind"] in ("bond", "loan")

    @property
    def refinances(self) -> bool:
        """Whether it takes the place of principal that falls due."""
        return bool(self.row["refinances"])

    @property
    def rate(self) -> float:
        """Interest, or the return that equity requires, a year; a grant bears nothing."""
        return 0.0 if self.row["kind"] == "grant" else float(self.row["rate"])

    @property
    def tenor(self) -> float:
        """Years of a unit's life; inf for equity that is never repaid."""
        return life(self.row["tenor_years"])

    # One unit, year by year

    def first(self, drawn: Period) -> int:
        """The first year of a unit's life: one that refinances runs from the end of the period it is drawn in."""
        return drawn.last + 1 if self.refinances else drawn.start

    def balance(self, drawn: Period, year: int) -> float:
        """What is left of a unit at the beginning of a year.

        A unit that refinances is drawn in equal parts at the end of each year of its period: (k − 1) / n is there at
        the beginning of the k-th.
        """
        if self.row["kind"] == "grant":
            return 0.0
        if self.refinances and drawn.start <= year <= drawn.last:
            return (year - drawn.start) / drawn.years
        k = year - self.first(drawn) + 1
        if not 1 <= k <= self.tenor:
            return 0.0
        parts = max(0.0, k - 1 - self.row["grace_years"])
        return 1 - parts / self._parts if self._level else 1.0

    def repaid(self, drawn: Period, year: int) -> float:
        """What is repaid of a unit at the end of a year: all at the end, or equal parts after the years of grace."""
        k = year - self.first(drawn) + 1
        if self.row["kind"] == "grant" or not 1 <= k <= self.tenor:
            return 0.0
        if self._level:
            return 1 / self._parts if k > self.row["grace_years"] else 0.0
        return float(k == self.tenor)

    @property
    def _level(self) -> bool:
        return self.row["repay"] == "level_principal" and not math.isinf(self.tenor)

    @property
    def _parts(self) -> float:
        return float(self.tenor - self.row["grace_years"])

    # One unit by periods

    def repayment(self, drawn: Period, period: Period) -> float:
        """ρ(τ,t): repaid in the years of t."""
        return sum(self.repaid(drawn, year) for year in years_of(period))

    def interest(self, drawn: Period, period: Period) -> float:
        """ι(τ,t): interest, or required return, of the years of t."""
        return self.rate * sum(self.balance(drawn, year) for year in years_of(period))

    def end(self, drawn: Period, period: Period) -> float:
        """o(τ,t): what is owed at the end of t's last year."""
        return self.balance(drawn, period.last + 1)

    def highest(self, drawn: Period, period: Period) -> float:
        """o^max(τ,t): what is owed at the beginning of t's first year."""
        return self.balance(drawn, period.start)

    def counted(self, drawn: Period, period: Period) -> float:
        """What counts in the debt ratio: o^max, or o where a refinancing unit is being drawn and o^max is 0."""
        return max(self.highest(drawn, period), self.end(drawn, period))

    def service(self, drawn: Period, start: int, rate: float) -> float:
        """σ: principal and interest of a unit over its whole life, discounted from the first day of the year `start`.

        Year-end payments count (1 + rate)^−(years from then); with rate = 0 it is 1 and all interest.
        """
        last = self.first(drawn) + int(self.tenor) - 1
        return sum(
            (self.repaid(drawn, year) + self.rate * self.balance(drawn, year)) * (1 + rate) ** -(year - start + 1)
            for year in range(drawn.start, last + 1)
        )

    def price(self, drawn: Period, rate: float) -> float:
        """Σ_y δ_y [max(rate_f − r, 0) + 0.001 rate_f] × balance of a unit at the beginning of y.

        In words: what a unit of debt costs F1, to maturity even beyond the tail; equity without a tenor for good.
        """
        dear = max(self.rate - rate, 0.0) + HANDLING * self.rate
        if not dear:
            return 0.0
        if math.isinf(self.tenor):
            # Σ δ_y from the year of the draw on, for good
            return float(dear * (1 + rate) ** -(drawn.start - self.y0) / rate)
        years = range(drawn.start, self.first(drawn) + int(self.tenor))
        return dear * sum(self.balance(drawn, year) * (1 + rate) ** -(year - self.y0 + 1) for year in years)

    # What is owed already

    def legacy(self, year: int) -> float:
        """What is left of the outstanding balance at the beginning of a year."""
        if not self.row["outstanding"]:
            return 0.0
        return float(self.row["outstanding"] * max(0.0, 1 - (year - self.y0) / self.row["outstanding_years"]))

    def legacy_repayment(self, period: Period) -> float:
        """What of it is repaid in a period: equal parts, the first at the end of y0."""
        return self.legacy(period.start) - self.legacy(period.last + 1)

    def legacy_interest(self, period: Period) -> float:
        """Its interest in a period."""
        return self.rate * sum(self.legacy(year) for year in years_of(period))

    # What it may fund

    def general(self) -> bool:
        """Whether it is raised in general: debt that names no category, and whatever refinances."""
        if self.refinances:
            return True
        return self.owes and not any(self.row[cell] for cell in ("categories", "self_supporting", "green_only"))


def years_of(period: Period) -> range:
    """The calendar years of a period."""
    return range(period.start, period.last + 1)
