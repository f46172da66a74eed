"""What a plan books by place, and parcel by parcel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from scipy import sparse

from zonevest.model.booked import Booked, Books, books
from zonevest.model.booked_land import Chosen

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData


@dataclass(frozen=True)
class ParcelWorth:
    """Present value that parcels book on accounts of money, uplift and ecosystem, million.

    Ecosystem accounts are discounted at the social rate, all others at the finance rate. The rise of land value that
    projects bring is on the parcels that enjoy it; what projects book of their own, trade and price steps are on none.

    Attributes
    ----------
    accounts : names of all accounts.
    plan : rows of `plan.parcels` x accounts.
    nothing : doing nothing, parcels of the study x accounts (nothing at all where there is no such state).
    captured : of `plan`, what tools take of the rise of land value.
    """

    accounts: pd.Index
    plan: sparse.csr_array
    nothing: sparse.csr_array
    captured: sparse.csr_array


def by_place(plan: PlanData) -> tuple[Booked, Booked]:
    """What a plan and doing nothing book, by undertaking, account, jurisdiction, zone, class of land and period.

    Land is told where it lies, in its zone and class after the action (doing nothing: in today's); so is the rise of
    land value that projects bring, where it is enjoyed. All else is on no land: zone and class are blank, and the
    jurisdiction is that of the project, of the land that it takes, of the quota or the price steps (blank: none). The
    period is that in which it begins: of the start, the trade or the rise of value.
    """
    found = books(plan)
    return found.plan_by_place, found.nothing_by_place


def parcel_worth(plan: PlanData, booked: Books | None = None) -> ParcelWorth:
    """What each parcel books, present values.

    Parameters
    ----------
    booked : what the plan books, where it is known already.
    """
    found = booked or books(plan)
    accounts = found.ledger.accounts.names
    held, parcels = Chosen.nothing(found.ledger), len(plan.study.parcels)
    nothing = held.worth() if len(held.share) else sparse.csr_array((parcels, len(accounts)))
    whole, taken = (found.chosen.worth(captured=c) + found.raised.worth(accounts, captured=c) for c in (False, True))
    return ParcelWorth(accounts, sparse.csr_array(whole), nothing, sparse.csr_array(taken))
