"""The cash flow of a project of its own, and what follows from it: rate of return and payback.

Whole amounts of money, whoever receives or pays them, at the prices of their years, from the start over the project's
life (100 years where it has no end); what is captured of uplift is apart, as in the hurdle test of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zonevest.instances.study import period_names
from zonevest.model.appraisal import FOREVER
from zonevest.model.flows import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

    Floats: TypeAlias = NDArray[np.float64]

NO_OUTLAY, NO_INCOME, SEVERAL, LOSING = "no_outlay", "no_income", "several", "losing"
"""Why there is no rate of return: nothing is spent, nothing comes back, several rates, or less than -99 % a year."""
LOW, HIGH = -0.99, 10.0
"""Between which a rate of return is looked for."""
CLOSE = 1e-12
"""How near it is told."""


@dataclass(frozen=True)
class CashFlow:
    """Money of a project by year from its start, million, shape (years,) each."""

    begin: int
    revenue: Floats
    cost: Floats
    receipts: Floats
    outlay: Floats

    @property
    def net(self) -> Floats:
        """What comes in less what goes out."""
        return self.revenue - self.cost + self.receipts - self.outlay


def project_cash(ledger: Ledger, project: str, start: str) -> CashFlow:
    """The cash flow of a project that starts in a period."""
    names, works, clock = period_names(ledger.study.periods), ledger.works, ledger.clock
    t = names.index(start)
    begin = int(clock.begin[t])
    rows = np.flatnonzero(works.start == works.names.index(project) * len(names) + t)
    timed = works.timed.take(rows)
    accounts, account = timed.accounts, timed.rows.account
    keep = np.flatnonzero(accounts.money[account] & ~timed.rows.captured)
    timed = timed.take(keep)
    if not len(keep):
        nothing = np.zeros(1)
        return CashFlow(begin, nothing, nothing, nothing, nothing)
    once, account = timed.rows.once, timed.rows.account
    endless = ~once & (timed.stop >= NEVER)
    stop = np.where(once, timed.begin + 1, np.where(endless, timed.begin + FOREVER, timed.stop))
    last = int(stop.max())
    longer = replace(timed, clock=replace(clock, years=np.arange(clock.years[0], last)))
    yearly = longer.yearly() * (longer.clock.years < stop[:, None])
    yearly = yearly[:, begin - int(clock.years[0]) :]
    comes = accounts.family[account] == "revenue"

    def total(which: NDArray[np.bool_]) -> Floats:
        return np.asarray(yearly[which].sum(axis=0))

    return CashFlow(begin, total(comes & ~once), total(~comes & ~once), total(comes & once), total(~comes & once))


def rate_of_return(net: Floats) -> tuple[float, str]:
    """The rate at which yearly amounts are worth nothing, and why there is none (``""`` where there is).

    Amounts that change their sign once have at most one rate; of those that do so more often one is told if it is the
    only one between -99 % and 1,000 % a year.
    """
    if not (net < 0).any():
        return np.nan, NO_OUTLAY
    if not (net > 0).any():
        return np.nan, NO_INCOME

    def signs(rates: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(np.sign((1.0 + rates)[:, None] ** -np.arange(len(net), dtype=float) @ net))

    grid = np.concatenate([np.linspace(LOW, 1.0, 400), np.linspace(1.0, HIGH, 200)[1:]])
    sign = signs(grid)
    at = np.flatnonzero((sign[:-1] * sign[1:] < 0) | (sign[:-1] == 0))
    if not len(at):
        return np.nan, LOSING if sign[-1] < 0 else SEVERAL
    if len(at) > 1:
        return np.nan, SEVERAL
    low, high, before = float(grid[at[0]]), float(grid[at[0] + 1]), sign[at[0]]
    while before and high - low > CLOSE:
        finer = np.linspace(low, high, 101)
        turned = int(np.argmax(np.append(signs(finer[1:-1]) != before, True)))
        low, high = float(finer[turned]), float(finer[turned + 1])
    return (0.5 * (low + high) if before else low), ""


def payback(net: Floats) -> float:
    """Years from the start until what has come in makes up for what has gone out, NaN: never; not discounted.

    Within the year in which that is so amounts are taken as spread evenly.
    """
    so_far = np.cumsum(net)
    if not (so_far < 0).any():
        return 0.0
    first = int(np.flatnonzero(so_far < 0)[-1]) + 1  # after which it is never below again
    if first >= len(net):
        return np.nan
    return float(first + -so_far[first - 1] / net[first])
