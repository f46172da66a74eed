"""What a plan books on the accounts of money and uplift, by undertaking and place: totals of periods, present values.

The ledger says how much an account holds; who did it, on what land, for whom a project's own shares hold, and what a
capture was taken from is told here, from the same flow rows. A present value is F1's arithmetic (FORMULATION.md
section 9) on the whole of an account: recurring amounts discounted at the finance rate, one-off ones as the annual
equivalents of their undertaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import Study, each, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.booked_land import PLACE, Chosen, amounts_of, named
from zonevest.model.booked_uplift import Raised, raised
from zonevest.model.distinct import groups
from zonevest.model.flows import NEVER
from zonevest.model.ledger import Ledger
from zonevest.model.markets import markets
from zonevest.model.synergies import Run, synergies

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
Part: TypeAlias = tuple[pd.DataFrame, "Floats"]
"""Some rows and their amounts: totals of the periods and the present value, one column each."""


@dataclass(frozen=True)
class Booked:
    """Amounts by undertaking and account, n rows.

    Attributes
    ----------
    rows : kind, source (a practice, a project, a quota or an account of hectares), account, captured_from (an
        uplift account, ``""``: it is no capture); by place also jurisdiction, zone, land_class and period (of the
        start, the trade or the rise of value), ``""`` for none.
    totals : million in each period, shape (n, periods).
    present : million, present value, shape (n,).
    """

    rows: pd.DataFrame
    totals: Floats
    present: Floats

    @classmethod
    def of(cls, parts: Iterable[Part], columns: Sequence[str], periods: int) -> Booked:
        """Sum up amounts that agree in some columns; what comes to nothing is left out."""
        kept = [part for part in parts if len(part[0])]
        if not kept:
            return cls(pd.DataFrame(columns=list(columns), dtype=object), np.zeros((0, periods)), np.zeros(0))
        rows = pd.concat([rows[list(columns)] for rows, _ in kept], ignore_index=True)
        amounts = np.concatenate([amounts for _, amounts in kept])
        group, first = groups(rows)
        sums = np.zeros((len(first), amounts.shape[1]))
        np.add.at(sums, group, amounts)
        some = np.flatnonzero((sums != 0.0).any(axis=1))
        return cls(rows.iloc[first[some]].reset_index(drop=True), sums[some, :-1], sums[some, -1])

    def over(self, columns: Sequence[str]) -> Booked:
        """The same, summed up over all that the columns do not tell."""
        amounts = np.column_stack([self.totals, self.present])
        return Booked.of([(self.rows, amounts)], columns, self.totals.shape[1])


@dataclass(frozen=True)
class Books:
    """What a plan books, and doing nothing (nothing at all where there is no such state).

    Attributes
    ----------
    chosen : the land that the plan chooses, whose ledger is `ledger`.
    raised : what projects raise in their catchments.
    plan, nothing : by undertaking.
    plan_by_place, nothing_by_place : the same by place too.
    """

    chosen: Chosen
    raised: Raised
    plan: Booked
    nothing: Booked
    plan_by_place: Booked
    nothing_by_place: Booked

    @property
    def ledger(self) -> Ledger:
        """The ledger of the options that the plan chooses."""
        return self.chosen.ledger


def books(plan: PlanData) -> Books:
    """What a plan books, from its study and its decisions."""
    chosen = Chosen.of(plan)
    ledger, rise = chosen.ledger, raised(plan, chosen)
    columns, periods = [*KEY, *PLACE], len(ledger.clock.length)
    parts = [
        _of_land(chosen),
        _of_projects(plan, ledger),
        _of_land_taken(plan, ledger),
        _of_catchments(rise, chosen),
        _of_trade(plan, ledger),
        _of_markets(plan, ledger),
        _of_synergies(plan, ledger),
    ]
    held = Booked.of([_of_land(Chosen.nothing(ledger))], columns, periods)
    found = Booked.of(parts, columns, periods)
    return Books(chosen, rise, found.over(KEY), held.over(KEY), found, held)


def _of_land(chosen: Chosen) -> Part:
    """What land books, by practice and place."""
    rows, amounts = chosen.booked(chosen.told)
    return rows.rename(columns={"practice": "source"}).assign(kind=LAND), amounts


def _elsewhere(found: Iterable[tuple[Sequence[str], Floats]], periods: int) -> Part:
    """Amounts on no land: the key with jurisdiction and period after it, and the amounts of each."""
    listed = list(found)
    rows = pd.DataFrame([key for key, _ in listed], columns=[*KEY, "jurisdiction", "period"], dtype=object)
    amounts = np.array([amounts for _, amounts in listed], dtype=float).reshape(len(listed), periods + 1)
    return rows.assign(zone="", land_class=""), amounts


def _of_projects(plan: PlanData, ledger: Ledger) -> Part:
    """What projects book of their own."""
    works, clock = ledger.works, ledger.clock
    row, code, amounts = amounts_of(works.timed)
    last = np.where(works.end == 0, NEVER, works.end - 1)
    carried = (1.0 + clock.finance) ** (works.service - clock.years[0]).astype(float)
    factor = carried * clock.annuity(clock.finance, works.service, works.life, last)
    start = works.start[row]
    sums = np.column_stack([amounts[:, :-2], amounts[:, -2] + amounts[:, -1] * factor[start]])
    built = np.flatnonzero(np.isin(start, list(works.starts_of(plan.projects).values())))
    j = start[built] // len(clock.length)
    told = {"source": np.array(works.names, dtype=object)[j], "jurisdiction": works.place[j]}
    rows = pd.DataFrame(told | {"period": _begun(ledger, start[built])})
    rows = rows.assign(kind=PROJECT, zone="", land_class="").join(named(ledger.accounts, code[built]))
    return rows, sums[built]


def _of_land_taken(plan: PlanData, ledger: Ledger) -> Part:
    """What land that projects take without a drawn site books no more."""
    leaving, works = ledger.leaving, ledger.works
    row, code, amounts = amounts_of(leaving.timed)
    leave = leaving.leave[row]
    built = np.flatnonzero(np.isin(leaving.start[leave], list(works.starts_of(plan.projects).values())))
    start = leaving.start[leave[built]]
    project = np.array(works.names, dtype=object)[start // len(ledger.clock.length)]
    told = {"source": project, "jurisdiction": leaving.place[leave[built]], "period": _begun(ledger, start)}
    rows = pd.DataFrame(told)
    rows = rows.assign(kind=TAKEN, zone="", land_class="").join(named(ledger.accounts, code[built]))
    return rows, amounts[built, :-1]


def _of_catchments(rise: Raised, chosen: Chosen) -> Part:
    """What projects raise in their catchments, and what tools take of it, on the land that enjoys it."""
    rows, amounts = rise.booked(chosen.told[["jurisdiction", "zone", "land_class"]])
    return rows.rename(columns={"project": "source"}).assign(kind=PROJECT), amounts


def _of_trade(plan: PlanData, ledger: Ledger) -> Part:
    """What quotas are bought and sold for."""
    clock, accounts, names = ledger.clock, ledger.accounts, period_names(plan.study.periods)
    prices = {row.quota: {"bought": row.buy_price, "sold": row.sell_price} for row in each(plan.study.quotas)}
    found: list[tuple[Sequence[str], Floats]] = []
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
            sums = np.append(clock.falls(year, paid, annual=False), worth)
            found.append(((QUOTA, row.quota, account, "", _home(row.jurisdiction), row.period), sums))
    return _elsewhere(found, len(ledger.clock.length))


def _of_markets(plan: PlanData, ledger: Ledger) -> Part:
    """What is sold and bought in steps, the hectares read from the plan's ledger."""
    known = markets(ledger)
    clock, names = ledger.clock, period_names(plan.study.periods)
    booked = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    found: list[tuple[Sequence[str], Floats]] = []
    for market in known:
        for t, name in enumerate(names):
            hectares = float(booked.get((market.area, market.place, name), 0.0))
            filled = zip(market.filled(hectares, t), market.steps[t], strict=True)
            paid = market.amount(ledger, t, sum(area * step.price for area, step in filled))
            sums = np.append(clock.falls(int(clock.begin[t]), paid, annual=False), paid * market.worth(ledger, t))
            found.append(((STEPS, market.area, market.account, "", _home(market.place), name), sums))
    return _elsewhere(found, len(ledger.clock.length))


def _of_synergies(plan: PlanData, ledger: Ledger) -> Part:
    """What projects bring together, of the first of them."""
    accounts, works, periods = ledger.accounts, ledger.works, len(ledger.clock.length)
    starts = works.starts_of(plan.projects)
    found: list[tuple[Sequence[str], Floats]] = []
    for synergy in synergies(ledger):
        money = accounts.money[accounts.names.get_loc(synergy.account)]
        if money and synergy.first in starts and synergy.second in starts:
            run = Run.of(ledger, synergy, starts[synergy.first] % periods, starts[synergy.second] % periods)
            sums = np.append(run.totals(), run.worth(ledger.clock.finance))
            last = max(starts[synergy.first] % periods, starts[synergy.second] % periods)
            begun = _begun(ledger, np.array([last]))[0]
            home = works.place[works.names.index(synergy.first)]
            found.append(((PROJECT, synergy.first, synergy.account, "", home, begun), sums))
    return _elsewhere(found, len(ledger.clock.length))


def _begun(ledger: Ledger, start: Ints) -> NDArray[np.object_]:
    """The periods of some starts of projects."""
    names = np.array(period_names(ledger.study.periods), dtype=object)
    return np.asarray(names[start % len(names)])


def _home(place: str) -> str:
    """The jurisdiction of a place of the ledger, ``""`` for the total."""
    return "" if place == TOTAL else place


def flagged(study: Study, rows: pd.DataFrame, flag: str) -> NDArray[np.bool_]:
    """Which rows of `Booked` are of a practice or project with a flag (green, real_estate, restoration)."""
    named = {
        (LAND, name) for name, has in zip(study.practices["practice"], study.practices[flag], strict=True) if has
    } | {(PROJECT, name) for name, has in zip(study.projects["project"], study.projects[flag], strict=True) if has}
    return np.array([key in named for key in zip(rows["kind"], rows["source"], strict=True)], dtype=bool)
