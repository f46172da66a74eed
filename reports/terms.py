"""Sums of ledger entries with coefficients, for what rows of the land add to several of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.booked_land import Chosen
from zonevest.model.flows import CASH
from zonevest.model.markets import markets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Entry
    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

SMALL = 1e-9
"""What is less is rounding."""


class Terms(dict[tuple[str, str, int], float]):
    """A sum of ledger entries times coefficients: entry -> coefficient; what is constant is left out."""

    def __add__(self, other: Any) -> Terms:
        result = Terms(self)
        for entry, value in other.items() if isinstance(other, dict) else ():
            result[entry] = result.get(entry, 0.0) + value
        return result

    __radd__ = __add__

    def __mul__(self, factor: float) -> Terms:
        return Terms({entry: value * factor for entry, value in self.items()})

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Terms:
        return self + (other * -1.0 if isinstance(other, Terms) else other)


class Entries:
    """The ledger as terms: [account, place, period] -> that entry."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __getitem__(self, key: tuple[str, str, str]) -> Terms:
        account, place, period = key
        # gains are over everything: of no period
        return Terms({(account, place, 0 if period == "total" else self.names.index(period)): 1.0})


def some(chosen: Chosen, rows: NDArray[np.int64]) -> Chosen:
    """Some rows of the land."""
    return Chosen(chosen.ledger, chosen.parcel[rows], chosen.option[rows], chosen.share[rows])


def as_held(chosen: Chosen) -> Chosen:
    """The same land, held."""
    return Chosen(chosen.ledger.held, chosen.parcel, chosen.parcel, chosen.share)


def added(chosen: Chosen, sums: list[Terms]) -> Floats:
    """What each row of the land adds to sums of ledger entries, shape (rows, sums)."""
    entries: dict[Entry, int] = {}
    cells = [(m, entries.setdefault(e, len(entries)), v) for m, terms in enumerate(sums) for e, v in terms.items()]
    row, column, value = zip(*cells, strict=True)
    weights = sparse.csr_array((np.array(value, dtype=float), (row, column)), shape=(len(sums), len(entries)))
    found = chosen.ledger.combine(list(entries), weights)
    total = np.zeros((len(chosen.share), len(sums)))
    used, position = np.unique(chosen.kind, return_inverse=True)
    for scale, of_kind in found.by_kind:
        if of_kind.nnz:
            total += scale[chosen.parcel][:, None] * of_kind[used].toarray()[position]
    if found.by_option is not None:
        total += found.by_option[chosen.option].toarray()
    return np.asarray(total * chosen.share[:, None])


def sold_in_steps(facts: Facts, *, present: bool = True) -> Terms:
    """What is sold or bought in price steps, at the mean price of the period: of a hectare of each account.

    Parameters
    ----------
    present : as F1 (million, present value), else as the purse's cash of the period (million).
    """
    ledger, total = facts.ledger, Terms()
    booked = facts.plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    for market in markets(ledger):
        at = int(ledger.accounts.names.get_loc(market.account))
        part = float(ledger.accounts.weight(CASH if present else "money.net")[at])
        for t, name in enumerate(period_names(facts.study.periods)):
            hectares = float(booked.get((market.area, market.place, name), 0.0))
            if hectares > SMALL and market.steps[t]:
                filled = zip(market.filled(hectares, t), market.steps[t], strict=True)
                paid = market.amount(ledger, t, sum(area * step.price for area, step in filled))
                worth = market.worth(ledger, t) if present else 1.0
                total += Terms({(market.area, market.place, t): part * paid * worth / hectares})
    return total
