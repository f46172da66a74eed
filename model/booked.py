"""What a plan books on the accounts of money and uplift, by undertaking: totals of periods, and present values.

The ledger says how much an account holds; who did it, for whom a project's own shares hold, and what a capture was
taken from is told here, from the same flow rows. A present value is F1's arithmetic (FORMULATION.md section 9) on the
whole of an account: recurring amounts discounted at the finance rate, one-off ones as the annual equivalents of their
undertaking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import Study, each, period_names
from zonevest.model.capture import tools
from zonevest.model.flows import CASH, NEVER, Accounts, Clock, Timed
from zonevest.model.ledger import Ledger
from zonevest.model.markets import markets
from zonevest.model.options import Options, build_options
from zonevest.model.starts import once_worth
from zonevest.model.synergies import Run, synergies
from zonevest.model.uplift import lift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

KEY = ["kind", "source", "account", "captured_from"]
LAND, PROJECT, QUOTA, STEPS = "practice", "project", "quota", "price_steps"
"""Kinds of undertakings; land that is held is of practice `hold`; what quotas and price steps bring is of none."""
TAKEN = "land_take"
"""The kind of what leaves with land that a project takes: the project is its source, its own shares do not hold."""
WHERE_JOINT = " + "
"""What stands between the `where` cells of an atom in the table of uplift."""


@dataclass(frozen=True)
class Booked:
    """Amounts by undertaking and account, n rows.

    Attributes
    ----------
    rows : kind, source (a practice, a project, a quota or an account of hectares), account, captured_from (an
        uplift account, ``""``: it is no capture).
    totals : million in each period, shape (n, periods).
    present : million, present value, shape (n,).
    """

    rows: pd.DataFrame
    totals: Floats
    present: Floats

    @classmethod
    def of(cls, parts: Iterable[tuple[tuple[str, str, str, str], Floats]], periods: int) -> Booked:
        """Sum up amounts of the same key; each has the totals of the periods and the present value."""
        sums: dict[tuple[str, str, str, str], Floats] = {}
        for key, amounts in parts:
            sums[key] = sums[key] + amounts if key in sums else amounts
        sums = {key: amounts for key, amounts in sums.items() if np.any(amounts != 0.0)}
        table = np.array(list(sums.values()), dtype=float).reshape(len(sums), periods + 1)
        return cls(pd.DataFrame(list(sums), columns=KEY, dtype=object), table[:, :-1], table[:, -1])


@dataclass(frozen=True)
class Books:
    """What a plan books, and doing nothing (nothing at all where there is no such state).

    Attributes
    ----------
    ledger : of the options chosen, for whoever needs more of it.
    weight : the share of each of its options, shape (options,).
    """

    ledger: Ledger
    weight: Floats
    plan: Booked
    nothing: Booked


def books(plan: PlanData) -> Books:
    """What a plan books, from its study and its decisions."""
    ledger, weight = _chosen(plan)
    periods = len(ledger.clock.length)
    parts = [
        *_of_land(ledger, weight),
        *_of_projects(plan, ledger),
        *_of_land_taken(plan, ledger),
        *_of_uplift(plan, ledger),
        *_of_trade(plan, ledger),
        *_of_markets(plan, ledger),
        *_of_synergies(plan, ledger),
    ]
    held = _of_land(ledger.held, np.ones(len(ledger.held.options.kind))) if ledger.study.has_doing_nothing else ()
    return Books(ledger, weight, Booked.of(parts, periods), Booked.of(held, periods))


def _chosen(plan: PlanData) -> tuple[Ledger, Floats]:
    """A ledger of the kinds of options that a plan chooses, and the share of each of its options."""
    options, chosen = build_options(plan.study), plan.parcels
    parcel = pd.Index(plan.study.parcels["parcel_id"]).get_indexer(chosen["parcel_id"])
    practice = pd.Index(options.practices).get_indexer(chosen["practice"])
    start = pd.Index(period_names(plan.study.periods)).get_indexer(chosen["start"])  # -1 for none, as in the kinds
    code = np.stack([options.pattern[parcel], practice, start]).astype(np.int64)
    kinds, kind = np.unique(code, axis=1, return_inverse=True)
    few: Options = replace(options, kind_pattern=kinds[0], kind_practice=kinds[1], kind_start=kinds[2])
    first = np.concatenate([[0], np.cumsum(few.per_pattern)])[:-1]
    at = few.start[:-1][parcel] + kind.ravel() - first[few.pattern[parcel]]
    weight = np.zeros(int(few.start[-1]))
    np.add.at(weight, at, chosen["share"].to_numpy(dtype=float))
    return Ledger(few), weight


def _amounts(timed: Timed) -> tuple[Ints, Ints, Floats]:
    """The rows of money and uplift: their positions, a code of account and uplift account, and what a unit makes.

    The last has the totals of the periods, the present value of annual rows, and one-off ones carried to y0.
    """
    accounts, clock, account = timed.accounts, timed.clock, timed.rows.account
    row = np.flatnonzero(accounts.money[account] | (accounts.family[account] == "uplift"))
    some = timed.take(row)
    yearly, whole = some.yearly(), np.ones(len(row))
    annual = accounts.recurrence[some.rows.account] == "annual"
    totals = some.by_period(yearly) * np.where(annual[:, None], clock.length, 1.0)
    worth = [some.at_present(clock.finance, yearly, whole), some.carried(clock.finance, whole)]
    code = some.rows.account * (len(accounts.names) + 1) + some.rows.source + 1
    return row, code, np.column_stack([totals, *worth])


def _names(accounts: Accounts, code: int) -> tuple[str, str]:
    """Account and uplift account of a code."""
    account, source = divmod(int(code), len(accounts.names) + 1)
    return str(accounts.names[account]), str(accounts.names[source - 1]) if source else ""


def _of_land(ledger: Ledger, weight: Floats) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What land books, by practice."""
    options, periods = ledger.options, len(ledger.clock.length)
    factor = ledger.factor(CASH)
    size = (len(options.practices), len(options.kind_pattern))
    by_practice = sparse.csr_array((np.ones(size[1]), (options.kind_practice, np.arange(size[1]))), shape=size)
    of_option = sparse.csr_array(
        (weight, (options.kind_practice[options.kind], np.arange(len(weight)))), shape=(size[0], len(weight))
    )
    found: list[tuple[tuple[str, str, str, str], Floats]] = []

    def add(carriers: sparse.csr_array, once: sparse.csr_array, timed: Timed, stream: Ints, among: Any) -> None:
        """Carriers (practices x streams; for one-off rows times their annual equivalents) of some rows of streams."""
        row, code, amounts = _amounts(timed)
        keep = np.isin(row, among)
        seen, group = np.unique(code[keep], return_inverse=True)
        width, streams = periods + 2, carriers.shape[1]
        at = (np.repeat(stream[row[keep]], width), (group[:, None] * width + np.arange(width)).ravel())
        value = sparse.csr_array((amounts[keep].ravel(), at), shape=(streams, len(seen) * width))
        plain, spread = ((side @ value).toarray().reshape(size[0], len(seen), width) for side in (carriers, once))
        for practice, of in zip(*np.nonzero(np.abs(plain).sum(axis=2)), strict=True):
            sums = np.append(plain[practice, of, :periods], plain[practice, of, -2] + spread[practice, of, -1])
            key = (LAND, options.practices[practice], *_names(timed.accounts, seen[of]))
            found.append((key, sums))

    timed, stream = ledger.land.timed, ledger.land.stream
    for scale in np.unique(timed.rows.scale).tolist():
        area = np.bincount(options.kind, weights=weight * ledger.scales[scale][options.parcel], minlength=size[1])
        carriers, once = (
            sparse.csr_array((by_practice * part) @ ledger.land.carried) for part in (area, area * factor)
        )
        add(carriers, once, timed, stream, np.flatnonzero(timed.rows.scale == scale))
    if ledger.own is not None:
        carriers, once = (
            sparse.csr_array((of_option * part) @ ledger.own.carried)
            for part in (np.ones(len(weight)), factor[options.kind])
        )
        add(carriers, once, ledger.own.timed, ledger.own.stream, np.arange(len(ledger.own.stream)))
    return found


def starts_of(plan: PlanData, ledger: Ledger) -> dict[str, int]:
    """Position of the start (projects x periods + period) of every project that is built."""
    names, works = period_names(plan.study.periods), ledger.works
    built = plan.projects[plan.projects["start"].fillna("") != ""]
    return {
        project: works.names.index(project) * len(names) + names.index(start)
        for project, start in zip(built["project"], built["start"], strict=True)
    }


def _of_projects(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What projects book of their own."""
    works, clock = ledger.works, ledger.clock
    starts = starts_of(plan, ledger)
    row, code, amounts = _amounts(works.timed)
    last = np.where(works.end == 0, NEVER, works.end - 1)
    carried = (1.0 + clock.finance) ** (works.service - clock.years[0]).astype(float)
    factor = carried * clock.annuity(clock.finance, works.service, works.life, last)
    start = works.start[row]
    sums = np.column_stack([amounts[:, :-2], amounts[:, -2] + amounts[:, -1] * factor[start]])
    owner = {at: project for project, at in starts.items()}
    return [
        ((PROJECT, owner[int(start[i])], *_names(ledger.accounts, code[i])), sums[i])
        for i in np.flatnonzero(np.isin(start, list(owner)))
    ]


def _of_land_taken(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What land that projects take without a drawn site books no more."""
    leaving = ledger.leaving
    owner = {at: project for project, at in starts_of(plan, ledger).items()}
    row, code, amounts = _amounts(leaving.timed)
    start = leaving.start[leaving.leave[row]]
    return [
        ((TAKEN, owner[int(start[i])], *_names(ledger.accounts, code[i])), amounts[i, :-1])
        for i in np.flatnonzero(np.isin(start, list(owner)))
    ]


def _of_uplift(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What projects raise in their catchments, and what tools take of it."""
    found: list[tuple[tuple[str, str, str, str], Floats]] = []
    if plan.uplift.empty:
        return found
    clock, accounts, works = ledger.clock, ledger.accounts, ledger.works
    names, starts = period_names(plan.study.periods), starts_of(plan, ledger)
    raising = {row.project: row for row in each(plan.study.projects)}
    rate, known = clock.finance, tools(plan.study)
    for row in each(plan.uplift):
        project, start = raising[row.project], starts[row.project]
        account = str(project.uplift_account)
        year = int(max(clock.begin[names.index(row.period)], works.service[start]))
        growth = accounts.growth[accounts.names.get_loc(account)]
        amount = float(row.area_ha * lift(project) * (1.0 + growth) ** (year - clock.years[0]))
        worth = amount * once_worth(works, start, year, rate)
        found.append(((PROJECT, row.project, account, ""), np.append(_falls(clock, year, amount, False), worth)))
        holds = set(str(row.where).split(WHERE_JOINT))
        for tool in known:
            if tool.uplift_account != account or (tool.where and tool.where not in holds):
                continue
            paid, part = year + tool.delay, amount * tool.rate
            if tool.annual:
                worth = part * float(clock.discount(rate)[clock.years >= paid].sum())
            else:
                worth = part * once_worth(works, start, paid, rate)
            sums = np.append(_falls(clock, paid, part, tool.annual), worth)
            found.append(((PROJECT, row.project, tool.account, account), sums))
    return found


def _falls(clock: Clock, year: int, amount: float, annual: bool) -> Floats:
    """The totals of the periods of an amount in a year, or in every year from then on."""
    years = clock.years[: clock.horizon]
    runs = (years >= year) if annual else (years == year)
    return np.asarray(amount * np.bincount(clock.period_of, weights=runs.astype(float)))


def _of_trade(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What quotas are bought and sold for."""
    clock, accounts, names = ledger.clock, ledger.accounts, period_names(plan.study.periods)
    prices = {row.quota: {"bought": row.buy_price, "sold": row.sell_price} for row in each(plan.study.quotas)}
    found: list[tuple[tuple[str, str, str, str], Floats]] = []
    for row in each(plan.quota_trade):
        year = int(clock.begin[names.index(row.period)])
        for side, money in (("bought", "purchase"), ("sold", "sale")):
            quantity = float(getattr(row, side))
            if not quantity:
                continue
            account = f"quota.{row.quota}.{money}"
            growth = accounts.growth[accounts.names.get_loc(account)]
            paid = quantity * float(prices[row.quota][side]) * float((1.0 + growth) ** (year - clock.years[0]))
            later = clock.discount(clock.finance)[clock.years >= year].sum()
            worth = paid * clock.finance / (1.0 + clock.finance) * float(later)
            sums = np.append(_falls(clock, year, paid, False), worth)
            found.append(((QUOTA, row.quota, account, ""), sums))
    return found


def _of_markets(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What is sold and bought in steps, the hectares read from the plan's ledger."""
    known = markets(ledger)
    if not known:
        return []
    clock, names = ledger.clock, period_names(plan.study.periods)
    booked = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    found: list[tuple[tuple[str, str, str, str], Floats]] = []
    for market in known:
        for t, name in enumerate(names):
            hectares = float(booked.get((market.area, market.place, name), 0.0))
            filled = zip(market.filled(hectares, t), market.steps[t], strict=True)
            paid = market.amount(ledger, t, sum(area * step.price for area, step in filled))
            sums = np.append(_falls(clock, int(clock.begin[t]), paid, False), paid * market.worth(ledger, t))
            found.append(((STEPS, market.area, market.account, ""), sums))
    return found


def _of_synergies(plan: PlanData, ledger: Ledger) -> list[tuple[tuple[str, str, str, str], Floats]]:
    """What projects bring together, of the first of them."""
    accounts, periods, starts = ledger.accounts, len(ledger.clock.length), starts_of(plan, ledger)
    found: list[tuple[tuple[str, str, str, str], Floats]] = []
    for synergy in synergies(ledger):
        money = accounts.money[accounts.names.get_loc(synergy.account)]
        if money and synergy.first in starts and synergy.second in starts:
            run = Run.of(ledger, synergy, starts[synergy.first] % periods, starts[synergy.second] % periods)
            sums = np.append(run.totals(), run.worth(ledger.clock.finance))
            found.append(((PROJECT, synergy.first, synergy.account, ""), sums))
    return found


def flagged(study: Study, rows: pd.DataFrame, flag: str) -> NDArray[np.bool_]:
    """Which rows of `Booked` are of a practice or project with a flag (green, real_estate, restoration)."""
    named = {
        (LAND, name) for name, has in zip(study.practices["practice"], study.practices[flag], strict=True) if has
    } | {(PROJECT, name) for name, has in zip(study.projects["project"], study.projects[flag], strict=True) if has}
    return np.array([key in named for key in zip(rows["kind"], rows["source"], strict=True)], dtype=bool)
