"""[finance] and [equity] of study.toml: the money of the budget entity, and who must not lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "float | Mapping[str, float]"
"""A number, or one by period (off in the periods that it does not name)."""

GROWING = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources")
"""What grows: the keys of growth."""
SOFT = (
    "debt_ratio_cap",
    "interest_share_general",
    "interest_share_fund",
    "dscr_min",
    "golden_rule",
    "refinance_share",
    "cover_min",
    "operating_balance",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
)
"""Rows (16) to (23), which may give at a penalty."""


REFINANCED = 0.85
"""What part of the debt that falls due may be refinanced where nothing else is said."""


@dataclass(frozen=True)
class Finance:
    """[finance] (FORMULATION.md section 8); None where a number is off. Money in million, shares as numbers.

    Attributes
    ----------
    own_revenue, transfers, fixed_cost, fiscal_resources : base-year totals, million a year.
    growth : yearly growth of these four.
    opening_cash : million.
    reserve_months : months of recurring cost that cash must cover.
    debt_ratio_cap, dscr_min, refinance_share, interest_share_general, interest_share_fund, land_sale_share_cap,
    green_share_min, real_estate_share_max, reinvestment_min : a number or one by period.
    dscr_scope : new or all.
    dscr_from, operating_balance_from : names of periods; None for the first, and for never.
    land_rent : whether the rent that a sale of land gives up counts in F1.
    eod_eco_share : least share of restoration in the capex of an EOD bundle; None: bundles are not tested.
    hurdle : rate at which the projects of a category are tested, by category.
    soft : penalty per unit of each row that may give.
    """

    own_revenue: float | None = None
    transfers: float | None = None
    fixed_cost: float | None = None
    fiscal_resources: float | None = None
    growth: Mapping[str, float] = field(default_factory=dict)
    opening_cash: float = 0.0
    reserve_months: Value | None = None
    debt_ratio_cap: Value | None = None
    dscr_min: Value | None = None
    dscr_scope: str = "new"
    dscr_from: str | None = None
    refinance_share: Value = REFINANCED
    interest_share_general: Value | None = None
    interest_share_fund: Value | None = None
    operating_balance_from: str | None = None
    land_sale_share_cap: Value | None = None
    green_share_min: Value | None = None
    real_estate_share_max: Value | None = None
    reinvestment_min: Value | None = None
    land_rent: bool = True
    eod_eco_share: float | None = None
    hurdle: Mapping[str, float] = field(default_factory=dict)
    soft: Mapping[str, float] = field(default_factory=dict)

    def at(self, key: str, period: str) -> float | None:
        """A number in a period, None where it is off; refinance_share never is: it would lend without end."""
        value: Value | None = getattr(self, key)
        if not isinstance(value, Mapping):
            return value
        return value.get(period, REFINANCED if key == "refinance_share" else None)

    def off(self) -> list[str]:
        """The keys that are not given: numbers without a value bind nothing."""
        keys = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources", *VALUES, "operating_balance_from")
        off = [key for key in (*keys, "eod_eco_share") if getattr(self, key) is None]
        return off if self.hurdle else [*off, "hurdle"]


VALUES = (
    "reserve_months",
    "debt_ratio_cap",
    "dscr_min",
    "refinance_share",
    "interest_share_general",
    "interest_share_fund",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
)
"""Keys whose number may differ from period to period."""


@dataclass(frozen=True)
class Equity:
    """[equity] (FORMULATION.md section 8, row (24)).

    Attributes
    ----------
    participation : actors that must not lose, nor may any jurisdiction where some are named.
    jurisdiction_floor : least gain per head of a jurisdiction, as a share of the gain per head of all; None: off.
    fund : the actor that compensates jurisdictions; None: no such transfers.
    """

    participation: tuple[str, ...] = ()
    jurisdiction_floor: float | None = None
    fund: str | None = None
