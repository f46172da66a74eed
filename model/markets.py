"""Prices that change with the amount: hectares sold, or bought, in steps (FORMULATION.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import Study, each, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.book import Told
from zonevest.model.flows import NEVER

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger

OF_PRACTICE = "area.new.practice."
"""First words of the accounts of land on which a practice starts."""


@dataclass(frozen=True)
class Step:
    """The most hectares that are sold at a price in a period, and the price: million a hectare, at start prices."""

    width: float
    price: float


@dataclass(frozen=True)
class Market:
    """Where the hectares of an account are sold (a revenue) or bought (a cost) in steps.

    Attributes
    ----------
    account : of money.
    area : the account of hectares.
    place : a jurisdiction, or the total.
    steps : by period, in order of the amount; none where nothing is sold in steps.
    lead, life : years from the first year of a period to the service year, and life of what is sold (NaN: for good).
    """

    account: str
    area: str
    place: str
    steps: tuple[tuple[Step, ...], ...]
    lead: int
    life: float

    def amount(self, ledger: Ledger, t: int, price: float) -> float:
        """What a hectare brings in a period at a start price: that of the period's first year, million."""
        accounts, clock = ledger.accounts, ledger.clock
        growth = accounts.growth[accounts.names.get_loc(self.account)]
        return price * float((1.0 + growth) ** (clock.begin[t] - clock.years[0]))

    def worth(self, ledger: Ledger, t: int) -> float:
        """Present value of a million in the first year of a period, as equal yearly amounts over the life."""
        clock, service = ledger.clock, int(ledger.clock.begin[t]) + self.lead
        yearly = clock.annuity(clock.finance, np.array([service]), np.array([self.life]), np.array([NEVER]))[0]
        return float((1.0 + clock.finance) ** (self.lead - 1.0) * yearly)

    def filled(self, hectares: float, t: int) -> list[float]:
        """Hectares in each step of a period, the first steps full."""
        before = np.cumsum([0.0, *(step.width for step in self.steps[t])])
        return [float(np.clip(hectares - low, 0.0, high - low)) for low, high in pairwise(before)]


def markets(ledger: Ledger) -> list[Market]:
    """The markets of the table price_steps, in its order."""
    study, found = ledger.study, dict[tuple[str, str, str], list[Any]]()
    for row in each(study.price_steps):
        found.setdefault((row.account, row.area_account, row.jurisdiction), []).append(row)
    sale = set(study.accounts.loc[study.accounts["role"] == "land_sale", "account"])
    return [
        Market(account, area, place or TOTAL, _steps(ledger, rows), *_terms(study, area, account in sale))
        for (account, area, place), rows in found.items()
    ]


def _steps(ledger: Ledger, rows: list[Any]) -> tuple[tuple[Step, ...], ...]:
    """The steps of each period: those of the rows that name it, else of those that name none."""
    by_period = []
    for years, name in zip(ledger.clock.length, period_names(ledger.study.periods), strict=True):
        named = [row for row in rows if row.period == name] or [row for row in rows if not row.period]
        named.sort(key=lambda row: row.up_to)
        widths = np.diff([0.0, *(row.up_to for row in named)]) * years
        by_period.append(
            tuple(Step(float(w), row.factor * row.price) for w, row in zip(widths, named, strict=True))
        )  # fmt: skip
    return tuple(by_period)


def _terms(study: Study, area: str, sale: bool) -> tuple[int, float]:
    """Lead and life of what is sold: those of the practice whose land it is (the lease where land is sold)."""
    if not area.startswith(OF_PRACTICE):
        return 0, np.nan
    (row,) = (row for row in each(study.practices) if row.practice == area.removeprefix(OF_PRACTICE))
    leased = sale and not np.isnan(row.lease_years)
    return int(row.lead_years), float(row.lease_years if leased else row.life_years)


def define_markets(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`sold[account,A,place,k,t]`, hectares at the price of step k in t; `filled[…,k,t]`, 1 where step k is filled.

    They book on the account in the first year of the period, of no undertaking, and count in F1 and gains as equal
    yearly amounts from the service year to the end of the tail.
    """
    names = period_names(ledger.study.periods)
    model.MARKETS = markets(ledger)
    steps = [
        (market, k, t, step) for market in model.MARKETS for t in range(len(names))
        for k, step in enumerate(market.steps[t], start=1)
    ]  # fmt: skip
    model.sold = pyo.Var([_index(market, k, names[t]) for market, k, t, _ in steps], domain=pyo.NonNegativeReals)
    inner = [_index(market, k, names[t]) for market, k, t, _ in steps if k < len(market.steps[t])]
    model.filled = pyo.Var(inner, domain=pyo.Binary)
    for market, k, t, step in steps:
        variable, home = model.sold[_index(market, k, names[t])], "" if market.place == TOTAL else market.place
        variable.setub(step.width)
        paid = market.amount(ledger, t, step.price)
        model.ledger.pay(market.account, home, names[t], paid, variable, price=step.price)
        model.ledger.earn(market.account, home, paid * market.worth(ledger, t), variable)


def _index(market: Market, *rest: Any) -> tuple[Any, ...]:
    return (market.account, market.area, market.place, *rest)


def define_market_rows(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """The rows of price steps; q_k is `sold`, z_k is `filled`."""
    define_step_area(model, ledger)
    define_step_full(model)
    define_step_open(model)
    _tell(model, ledger)


def define_step_area(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """Section 5, `step_area[account,A,place,t]`: Σ_k q_k = L_A.

    In words: what is sold (or bought) is so in steps, at most up to the last of them. Unit: ha.
    """
    model.step_area = pyo.Constraint(pyo.Any)
    for market in model.MARKETS:
        for t, name in enumerate(period_names(ledger.study.periods)):
            steps = market.steps[t]
            if not steps:
                continue
            sold = [model.sold[_index(market, k, name)] for k in range(1, len(steps) + 1)]
            area = model.ledger[market.area, market.place, name]
            model.step_area[_index(market, name)] = sum(sold) - area == 0


def define_step_full(model: pyo.ConcreteModel) -> None:
    """Section 5, `step_full[account,A,place,k,t]`: q_k >= width_k z_k; a width is the bound of its column.

    In words: a step is filled, whether or not that is to a row's liking. Unit: ha.
    """
    model.step_full = pyo.Constraint(pyo.Any)
    for key, filled in model.filled.items():
        model.step_full[key] = model.sold[key] - model.sold[key].ub * filled >= 0


def define_step_open(model: pyo.ConcreteModel) -> None:
    """Section 5, `step_open[account,A,place,k,t]`: q_k+1 <= width_k+1 z_k.

    In words: and only then is the next step opened. Unit: ha.
    """
    model.step_open = pyo.Constraint(pyo.Any)
    for (*market, k, t), filled in model.filled.items():
        following = model.sold[(*market, k + 1, t)]
        model.step_open[(*market, k, t)] = following - following.ub * filled <= 0


def _tell(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """Tell of the last step's end: it is the bound of a column, no row stands behind it but that which opens it."""
    units = ledger.accounts_and_units()["unit"] if model.MARKETS else {}
    for market in model.MARKETS:
        for t, name in enumerate(period_names(ledger.study.periods)):
            if steps := market.steps[t]:
                area, last = model.ledger[market.area, market.place, name], len(steps)
                told = (f"price_steps.{market.account}", market.area, market.place, name, "<=", area)
                cap = [model.sold[_index(market, last, name)].name]
                cap += [model.step_open[_index(market, last - 1, name)].name] if last > 1 else []
                most, unit = sum(step.width for step in steps), str(units.get(market.area, ""))
                model.told.append(Told(*told, most, unit, "", cap=tuple(cap)))
