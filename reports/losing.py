"""What bleeds: places, parcels and projects that cost the budget entity more every year than they bring it.

Only what recurs counts: neither sales of land nor outlay, debt or what stands beside the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.model.booked import LAND, PROJECT
from zonevest.model.booked_land import PLACE as BY_PLACE
from zonevest.reports.cash_flow import SMALL, purse_parts
from zonevest.reports.contents import Column, Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.booked import Booked
    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

PLACE: Final = [name for name in BY_PLACE if name != "period"]
MOST: Final = 500
"""So many parcels are told, the largest losses first; the places hold all of them."""


def losing_places(facts: Facts) -> pd.DataFrame:
    """Land that costs more every year than it brings, by where it lies and what it is.

    Returns
    -------
    DataFrame
        ``jurisdiction, zone, land_class`` (after the action), ``area_ha``, and million a year in the last period:
        ``revenue, cost, net`` (below 0); ``per_ha``: net by hectare.
    """
    booked = facts.by_place[0]
    sums = _recurring(facts, booked, (booked.rows["kind"] == LAND).to_numpy(dtype=bool), PLACE)
    land = facts.books.chosen
    area = land.told[PLACE].assign(area_ha=land.area).groupby(PLACE, as_index=False)["area_ha"].sum()
    sums = sums.merge(area, on=PLACE, how="left")
    sums["per_ha"] = sums["net"] / sums["area_ha"]
    return sums[[*PLACE, "area_ha", "revenue", "cost", "net", "per_ha"]]


def losing_projects(facts: Facts) -> pd.DataFrame:
    """Projects that cost more every year than they bring.

    Returns
    -------
    DataFrame
        ``project, category, jurisdiction, start``, and million a year in the last period: ``revenue, cost, net`` (below
        0). What leaves with land that a project takes is not among it.
    """
    booked, study = facts.books.plan, facts.study
    sums = _recurring(facts, booked, (booked.rows["kind"] == PROJECT).to_numpy(dtype=bool), ["source"])
    sums = sums.rename(columns={"source": "project"})
    own = study.projects.set_index("project")[["category", "jurisdiction"]]
    start = facts.plan.projects.set_index("project")[["start"]]
    found = sums.join(own, on="project").join(start, on="project")
    return found[["project", "category", "jurisdiction", "start", "revenue", "cost", "net"]]


def _recurring(facts: Facts, booked: Booked, some: NDArray[np.bool_], keys: list[str]) -> pd.DataFrame:
    """Recurring revenue, cost and net of the budget entity by some columns, below 0, the largest loss first."""
    accounts = facts.ledger.accounts
    at = accounts.names.get_indexer(booked.rows["account"])
    keep = np.flatnonzero(some & accounts.money[at] & (accounts.recurrence[at] == "annual"))
    rows, at = booked.rows.iloc[keep], at[keep]
    amount = purse_parts(accounts, rows, at) * booked.totals[keep, -1] / float(facts.study.periods[-1].years)
    revenue = accounts.family[at] == "revenue"
    table = rows[keys].assign(revenue=np.where(revenue, amount, 0.0), cost=np.where(revenue, 0.0, -amount))
    sums = table.groupby(keys, as_index=False, sort=False)[["revenue", "cost"]].sum()
    sums["net"] = sums["revenue"] - sums["cost"]
    return sums[sums["net"] < -SMALL].sort_values("net", kind="stable", ignore_index=True)


def losing_parcels(facts: Facts) -> pd.DataFrame:
    """The parcels that cost most: recurring cash in equal yearly amounts over horizon and tail.

    Returns
    -------
    DataFrame
        ``parcel_id, jurisdiction, practice, zone, land_class`` (after the action), ``area_ha`` (of the part, where it
        is shared), ``per_year`` (million a year, below 0: the present value over what one a year would be worth) and
        ``per_ha``; at most `MOST`, the largest loss first.
    """
    land, accounts, clock = facts.books.chosen, facts.ledger.accounts, facts.ledger.clock
    annual = accounts.money & (accounts.recurrence == "annual")
    part = np.array([accounts.net(accounts.purse, k) if counts else 0.0 for k, counts in enumerate(annual)])
    yearly = np.asarray(facts.parcel_worth.plan @ part) / clock.discount(clock.finance).sum()
    worst = np.argsort(yearly, kind="stable")[:MOST]
    worst = worst[yearly[worst] < -SMALL]
    table = land.told.iloc[worst].reset_index(drop=True)
    area = land.area[worst]
    return pd.DataFrame(
        {
            "parcel_id": facts.study.parcels["parcel_id"].to_numpy(dtype=object)[land.parcel[worst]],
            **{name: table[name] for name in ("jurisdiction", "practice", "zone", "land_class")},
            "area_ha": area,
            "per_year": yearly[worst],
            "per_ha": yearly[worst] / area,
        }
    )


_PLACE = (Column("jurisdiction", "jurisdiction"), Column("zone", "zone"), Column("land_class", "land_class"))
_YEARLY = tuple(Column(name, unit="million/year", total=True) for name in ("revenue", "cost", "net"))
SHEETS = (
    Sheet(
        "losing_places",
        "balance",
        losing_places,
        (
            *_PLACE,
            Column("area_ha", unit="ha", total=True),
            *_YEARLY,
            Column("per_ha", unit="million/ha/year"),
        ),
    ),
    Sheet(
        "losing_projects",
        "balance",
        losing_projects,
        (
            Column("project", "project"),
            Column("category", "word:category_"),
            Column("jurisdiction", "jurisdiction"),
            Column("start", "period"),
            *_YEARLY,
        ),
    ),
    Sheet(
        "losing_parcels",
        "balance",
        losing_parcels,
        (
            Column("parcel_id", "text"),
            _PLACE[0],
            Column("practice", "practice"),
            *_PLACE[1:],
            Column("area_ha", unit="ha"),
            Column("per_year", unit="million/year"),
            Column("per_ha", unit="million/ha/year"),
        ),
    ),
)
