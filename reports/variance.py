"""Plan against actual: what accounts came to, which projects began, what land changed, what is zoned otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from zonevest.instances.study import Study

ACCOUNTS = ["account", "jurisdiction", "period", "measure", "years", "of", "planned", "observed", "difference", "share"]
PROJECTS = ["project", "planned", "begun", "state"]
LAND = [
    "practice",
    "planned_ha",
    "begun_ha",
    "difference_ha",
    "share",
    "planned_parcels",
    "begun_parcels",
    "kept_parcels",
]
REZONED = ["from", "to", "area_ha", "parcels"]
MEASURES = {"annual": "per_year", "one_off": "period_total", "stock": "stock"}
LEAST = 1e-6
"""Hectares that are less are rounding."""


def accounts_table(
    study: Study, ledger: pd.DataFrame, actuals: pd.DataFrame, recurrence: Mapping[str, str]
) -> pd.DataFrame:
    """What accounts came to against the plan, by account, place and period.

    An annual account compares the mean of the years observed with the plan's mean per year; a one-off account their sum
    with the period's total, in proportion to the years observed; a stock the last year with the end of the period.

    Parameters
    ----------
    ledger : of the plan.
    actuals : year, account, jurisdiction, value; what is observed later of the same year counts.
    recurrence : of every account that may be observed.

    Returns
    -------
    account, jurisdiction, period, measure, years (observed), of (years of the period), planned, observed, difference,
    share (of the planned amount, blank where that is 0).
    """
    if actuals.empty:
        return pd.DataFrame(columns=ACCOUNTS)
    keys = zip(ledger["account"], ledger["jurisdiction"], ledger["period"], strict=True)
    planned_of = dict(zip(keys, ledger["value"].tolist(), strict=True))
    last = actuals.drop_duplicates(["year", "account", "jurisdiction"], keep="last")
    rows = []
    for period in study.periods:
        mine = last[last["year"].between(period.start, period.last)]
        for (account, place), each in mine.groupby(["account", "jurisdiction"], sort=False):
            measure, seen = MEASURES[recurrence[str(account)]], each.sort_values("year")["value"].to_numpy(dtype=float)
            planned = float(planned_of.get((account, place, period.name), 0.0))
            observed = float(
                seen[-1] if measure == "stock" else seen.sum() if measure == "period_total" else seen.mean()
            )
            planned *= len(seen) / period.years if measure == "period_total" else 1.0
            away = observed - planned
            share = away / abs(planned) if planned else np.nan
            rows.append((account, place, period.name, measure, len(seen), period.years, planned, observed, away, share))
    return pd.DataFrame(rows, columns=ACCOUNTS)


def projects_table(planned: pd.DataFrame, begun: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """Which projects began: on time, late, early, not begun though planned, or not planned by now.

    Parameters
    ----------
    planned, begun : project, start; of `begun` only what has begun counts.
    periods : those that have begun, in order.
    """
    real = dict(zip(begun["project"], begun["start"], strict=True))
    rows = []
    for project, plan in zip(planned["project"], planned["start"], strict=True):
        due, done = plan in periods, real.get(project, "") if real.get(project, "") in periods else ""
        if not due and not done:
            continue
        state = "not_begun"
        if done:
            state = "on_time" if done == plan else "unplanned" if not plan else "early"
            state = "late" if due and periods.index(done) > periods.index(plan) else state
        rows.append((project, plan, done, state))
    return pd.DataFrame(rows, columns=PROJECTS)


def land_table(
    planned: pd.DataFrame, begun: pd.DataFrame, area: Mapping[str, float], periods: Collection[str]
) -> pd.DataFrame:
    """Hectares and parcels by practice: planned to have begun by now, and begun; and parcels that did as planned.

    Parameters
    ----------
    planned, begun : parcel_id, practice, start, share of parcels as the approved plan has them.
    area : hectares of each parcel.
    periods : those that have begun.
    """

    def taken(rows: pd.DataFrame) -> pd.DataFrame:
        mine = rows[rows["start"].isin(set(periods))]
        return mine.assign(ha=mine["parcel_id"].map(area).to_numpy(dtype=float) * mine["share"].to_numpy(dtype=float))

    plan, done = taken(planned), taken(begun)
    same = plan.merge(done, on=["parcel_id", "practice", "start"], suffixes=("", "_done"))
    rows = []
    for name in dict.fromkeys([*plan["practice"], *done["practice"]]):
        mine, real, kept = (each[each["practice"] == name] for each in (plan, done, same))
        hectares, reached = float(mine["ha"].sum()), float(real["ha"].sum())
        share = (reached - hectares) / hectares if hectares else np.nan
        counts = [int(each["parcel_id"].nunique()) for each in (mine, real, kept)]
        rows.append((name, hectares, reached, reached - hectares, share, *counts))
    return pd.DataFrame(rows, columns=LAND)


def rezoned_table(approved: pd.DataFrame, now: pd.DataFrame, area: Mapping[str, float]) -> pd.DataFrame:
    """Land that ends in another zone than in the approved plan: from, to, hectares, parcels.

    Of a divided parcel what is zoned alike in both is not counted; the rest goes from zone to zone in proportion.

    Parameters
    ----------
    approved, now : parcel_id, zone, share of parcels as the approved plan has them.
    area : hectares of each parcel.
    """
    shares = [
        rows.groupby(["parcel_id", "zone"], sort=False)["share"].sum().rename(name)
        for name, rows in (("before", approved), ("after", now))
    ]
    both = pd.concat(shares, axis=1).fillna(0.0)
    less, more = (
        (both[one] - both[other]).clip(lower=0.0) for one, other in (("before", "after"), ("after", "before"))
    )
    left = less[less > LEAST].rename("left").reset_index().rename(columns={"zone": "from"})
    come = more[more > LEAST].rename("come").reset_index().rename(columns={"zone": "to"})
    if left.empty or come.empty:
        return pd.DataFrame(columns=REZONED)
    pairs = left.merge(come, on="parcel_id")
    moved = pairs["left"] * pairs["come"] / pairs.groupby(["parcel_id", "from"])["come"].transform("sum")
    pairs = pairs.assign(area_ha=pairs["parcel_id"].map(area).to_numpy(dtype=float) * moved)
    grouped = pairs.groupby(["from", "to"], sort=False)
    table = grouped.agg(area_ha=("area_ha", "sum"), parcels=("parcel_id", "nunique")).reset_index()
    return table[REZONED].sort_values("area_ha", ascending=False, kind="stable").reset_index(drop=True)
