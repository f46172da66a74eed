"""What is spent on operating assets, by whom and when, and how it is written off.

An operating asset is what an undertaking spends once and in cash, the cost of land apart: land stands among the natural
resources. Of land actions what restores or reclaims is left out too: it stands in the value of the land that it mends,
where it would be counted again. What is spent is written off in equal parts over the life over which F1 spreads it (of
projects ``life_years``, of practices the lease where land is sold, else ``life_years``), from the first year of service
on, or from the year of payment where that is later; a blank life is for good: nothing is written off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.booked import LAND, PROJECT, Books, flagged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.booked_land import Chosen
    from zonevest.model.flows import Accounts, Timed
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

FOR_GOOD = -1.0
MENDS = ("restoration", "reclamation")
"""Modes of practices whose outlay stands in the value of their land."""
KEY = ["kind", "source", "start", "account", "service", "life"]


@dataclass(frozen=True)
class Capital:
    """What is spent on operating assets, n rows, in million that the purse pays.

    Attributes
    ----------
    rows : kind (practice, project), source, start (period), account, service (year from which it is written off), life
        (years, NaN: for good).
    spent : shape (n, periods).
    written_off : shape (n, periods).
    """

    rows: pd.DataFrame
    spent: Floats
    written_off: Floats

    @classmethod
    def of(cls, plan: PlanData, found: Books) -> Capital:
        """Everything that a plan spends on operating assets."""
        ledger, names = found.ledger, period_names(plan.study.periods)
        clock, accounts = ledger.clock, ledger.accounts
        parts = [*_of_land(found.chosen), *_of_projects(plan, ledger)]
        rows = pd.DataFrame([key for key, _ in parts], columns=KEY)
        yearly = np.array([amounts for _, amounts in parts]).reshape(len(parts), clock.horizon)
        of_project = np.where(rows["kind"] == PROJECT, rows["source"], "")
        at = accounts.names.get_indexer(rows["account"])
        part = [accounts.net(accounts.purse, int(a), j) for a, j in zip(at, of_project, strict=True)]
        practices = plan.study.practices
        mending = practices.loc[practices["mode"].isin(MENDS), "practice"]
        mends = rows["source"].isin(mending).to_numpy() | flagged(plan.study, rows, "restoration")
        mends |= accounts.role[at] == "restoration"
        counts = (accounts.role[at] != "land_cost") & ~(mends & (rows["kind"] == LAND).to_numpy())
        paid = yearly * (np.maximum(-np.array(part, dtype=float), 0.0) * counts)[:, None]
        keep = paid.any(axis=1)
        rows, paid = rows[keep].reset_index(drop=True), paid[keep]
        rows["start"] = [names[s] for s in rows["start"]]
        off = straight_line(paid, rows["service"].to_numpy() - clock.years[0], rows["life"].to_numpy(dtype=float))
        edges = np.concatenate([[0], np.cumsum(clock.length)[:-1]])
        return cls(rows, *(np.add.reduceat(each, edges, axis=1) for each in (paid, off)))


def straight_line(paid: Floats, service: Ints, life: Floats) -> Floats:
    """What is written off in each year.

    Parameters
    ----------
    paid : in each year, shape (n, years).
    service : the first year of service, counted from the first one, shape (n,).
    life : years from then on, NaN for good, shape (n,).
    """
    year = np.arange(paid.shape[1])
    off = np.zeros_like(paid)
    forever = np.isnan(life)
    end = service + np.ceil(np.where(forever, 0.0, life)).astype(np.int64)
    for when in np.flatnonzero(paid.any(axis=0)):
        first = np.maximum(service, when)
        # what is paid when life is over is written off at once
        last = np.maximum(end, first + 1)
        equal = paid[:, when] / (last - first) * ~forever
        off += equal[:, None] * ((year >= first[:, None]) & (year < last[:, None]))
    return off


def _capital(timed: Timed) -> Ints:
    """The rows of one-off cost in cash."""
    accounts: Accounts = timed.accounts
    account = timed.rows.account
    cost = accounts.money[account] & (accounts.family[account] == "cost")
    return np.flatnonzero(cost & (accounts.recurrence[account] == "one_off"))


def _of_land(chosen: Chosen) -> Iterator[tuple[tuple[Any, ...], Floats]]:
    """What land actions spend, by practice, start and life: key and amount in each year of the horizon."""
    ledger, kind = chosen.ledger, chosen.kind
    options, horizon = ledger.options, ledger.clock.horizon
    life = np.nan_to_num(ledger.lives, nan=FOR_GOOD)
    key = np.column_stack([options.kind_practice, options.kind_start, life])[kind]
    groups, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    service = ledger.states.service_year[kind[first]]
    found: dict[int, Floats] = {}
    for streams, rows, carrier, amount in chosen.parts():
        timed = streams.timed
        row = rows[_capital(timed.take(rows))]
        yearly, account = timed.take(row).yearly()[:, :horizon], timed.rows.account[row]
        count, width = streams.carried.shape
        carried = sparse.csr_array((amount, (group.ravel(), carrier)), shape=(len(groups), count)) @ streams.carried
        for code in np.unique(account).tolist():
            mine = account == code
            where = np.repeat(streams.stream[row[mine]], horizon), np.tile(np.arange(horizon), int(mine.sum()))
            value = sparse.csr_array((yearly[mine].ravel(), where), shape=(width, horizon))
            found[code] = found.get(code, np.zeros((len(groups), horizon))) + (carried @ value).toarray()
    for code, amounts in found.items():
        for at in np.flatnonzero(amounts.any(axis=1) & (groups[:, 1] >= 0)):
            practice, start, years = groups[at]
            name = (LAND, options.practices[int(practice)], int(start), str(ledger.accounts.names[code]))
            yield (*name, int(service[at]), np.nan if years == FOR_GOOD else float(years)), amounts[at]


def _of_projects(plan: PlanData, ledger: Ledger) -> Iterator[tuple[tuple[Any, ...], Floats]]:
    """What projects spend: key and amount in each year of the horizon."""
    works, horizon = ledger.works, ledger.clock.horizon
    row = _capital(works.timed)
    yearly, account = works.timed.take(row).yearly()[:, :horizon], works.timed.rows.account[row]
    periods = len(ledger.clock.length)
    for project, start in works.starts_of(plan.projects).items():
        mine = works.start[row] == start
        for code in np.unique(account[mine]).tolist():
            key = (PROJECT, project, start % periods, str(ledger.accounts.names[code]))
            amounts = yearly[mine & (account == code)].sum(axis=0)
            yield (*key, int(works.service[start]), float(works.life[start])), amounts
