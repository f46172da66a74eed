"""Windfall and wipe-out: what a plan changes of what holders and firms have of each parcel, above doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.model.areas import TOTAL
from zonevest.model.gains import PRESENT, of_jurisdictions
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.gains import account_parts, holder_parts, of_parcels
from zonevest.reports.settlement import SETTLEMENTS, settlement, zone_today
from zonevest.reports.sharing import OPERATOR, roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

OUTCOMES: Final = ("windfall", "better", "same", "worse", "wipe_out")
"""More than twice, more, as much, less, less than half of what holders would have in doing nothing."""
TWICE, HALF = 2.0, 0.5
SMALL = 1e-6
"""Million per parcel: a unit of the currency, below which nothing has changed."""
WHERE = ["parcel_id", "jurisdiction", "zone", "land_class", "settlement", "tenure", "area_ha", "people", "practice"]
HOLDERS, FIRMS = "holders", "firms"
"""Whose parcels are counted. Firms are private actors whose gains are not a jurisdiction's: nobody is both."""
OF_HOLDERS, OF_FIRMS = ["before", "gain", "outcome"], ["firms_before", "firms", "firms_outcome"]
COUNTED = ["parcels", "area_ha", "people", "before", "gain", "losing", "losing_area", "losing_people", *OUTCOMES]


def parcel_gains(facts: Facts) -> pd.DataFrame:
    """Every parcel with what its holders and firms have, present values, million; empty without doing nothing.

    Returns
    -------
    DataFrame
        ``parcel_id, jurisdiction, zone, land_class, settlement, tenure, area_ha`` and ``people``, all as today,
        ``practice`` (of the largest part); ``before``, what holders have of it in doing nothing, their ``gain`` and
        ``outcome``, one of `OUTCOMES`; ``firms_before, firms, firms_outcome``: the same of firms, the outcome ``""``
        where they have nothing on the parcel, neither before nor after.
    """
    study = facts.study
    if study.parcels.empty or not study.has_doing_nothing:
        return pd.DataFrame({name: [] for name in [*WHERE, *OF_HOLDERS, *OF_FIRMS]})
    table = study.parcels[["parcel_id", "jurisdiction", "land_class", "tenure", "area_ha"]].reset_index(drop=True)
    table["zone"] = zone_today(facts)
    table["settlement"] = np.array(SETTLEMENTS, dtype=object)[settlement(facts)]
    table["people"] = study.parcels["population"].fillna(0.0).to_numpy(dtype=float)
    chosen = facts.plan.parcels.sort_values("share", ascending=False, kind="stable")
    most = chosen.drop_duplicates("parcel_id").set_index("parcel_id")["practice"]
    table["practice"] = table["parcel_id"].map(most).fillna("")
    worth, rows = facts.parcel_worth, of_parcels(facts)
    for parts, (before, gain, outcome) in ((holder_parts(facts), OF_HOLDERS), (_firm_parts(facts), OF_FIRMS)):
        table[before] = worth.nothing @ parts
        table[gain] = rows @ (worth.plan @ parts) - table[before]
        table[outcome] = outcomes(table[before].to_numpy(), table[gain].to_numpy())
    theirs = table[OF_FIRMS[:2]].abs().max(axis=1) > SMALL
    table["firms_outcome"] = table["firms_outcome"].where(theirs, "")
    return table[[*WHERE, *OF_HOLDERS, *OF_FIRMS]]


def outcomes(before: Floats, gain: Floats) -> NDArray[np.object_]:
    """One of `OUTCOMES` for each parcel; where holders had nothing, or less, any gain is a windfall.

    Where they had less than nothing a loss is no wipe-out: there is nothing to lose.
    """
    up, down = gain > SMALL, gain < -SMALL
    windfall = up & (gain > (TWICE - 1.0) * before)
    wiped = down & (before > SMALL) & (gain < -(1.0 - HALF) * before)
    return np.select([windfall, up, wiped, down], ["windfall", "better", "wipe_out", "worse"], "same").astype(object)


def by_zone(facts: Facts) -> pd.DataFrame:
    """Parcels by whose they are, the zone of today and their outcome.

    Returns
    -------
    DataFrame
        ``whose`` (holders: all parcels; firms: those on which firms have something), ``zone`` and `COUNTED`: parcels,
        hectares and people on them, ``before`` and ``gain`` (million), the shares of parcels, area and people on land
        whose holders, or firms, lose (``losing…``, NaN: of nothing), and parcels of each outcome.
    """
    table = _of_both(facts, "zone", list(facts.study.zones["zone"]))
    return table[table["zone"] != TOTAL].reset_index(drop=True)


def by_tenure(facts: Facts) -> pd.DataFrame:
    """The same by tenure; the last row of each, ``total``, is of all their parcels."""
    return _of_both(facts, "tenure", ["state", "collective"])


def by_parcel(facts: Facts) -> pd.DataFrame:
    """Every parcel: that which gains most and that which loses most first, then the next two, and so on.

    What counts for the order is the larger change, of holders or of firms.
    """
    table = facts.parcel_gains
    change = table["gain"].where(table["gain"].abs() >= table["firms"].abs(), table["firms"]).to_numpy(dtype=float)
    order = np.argsort(-np.abs(change), kind="stable")
    up = change[order] > 0.0
    place = np.where(up, np.cumsum(up), np.cumsum(~up))
    return table.iloc[order[np.argsort(place, kind="stable")]].reset_index(drop=True)


def _of_both(facts: Facts, by: str, order: list[str]) -> pd.DataFrame:
    """Parcels of holders and of firms by a column."""
    table = facts.parcel_gains
    firms = table[table["firms_outcome"] != ""].drop(columns=OF_HOLDERS)
    firms = firms.rename(columns=dict(zip(OF_FIRMS, OF_HOLDERS, strict=True)))
    parts = [
        _counted(each, by, order).assign(whose=whose)
        for whose, each in ((HOLDERS, table), (FIRMS, firms))
        if len(each) or whose == HOLDERS
    ]
    return pd.concat(parts, ignore_index=True)[["whose", by, *COUNTED]]


def _counted(table: pd.DataFrame, by: str, order: list[str]) -> pd.DataFrame:
    """Parcels by a column, in an order, and all of them."""
    if table.empty:
        return pd.DataFrame({name: [] for name in [by, *COUNTED]})
    loses = table["gain"] < -SMALL
    table = table.assign(parcels=1.0, losing=loses.astype(float))
    for name, column in (("losing_area", "area_ha"), ("losing_people", "people")):
        table[name] = table[column].where(loses, 0.0)
    for outcome in OUTCOMES:
        table[outcome] = (table["outcome"] == outcome).astype(float)
    sums = table.groupby(by, sort=False)[COUNTED].sum()
    ranked = sorted(sums.index, key=lambda name: order.index(name) if name in order else len(order))
    sums = sums.loc[ranked]
    sums.loc[TOTAL] = sums.sum()
    for name, whole in (("losing", "parcels"), ("losing_area", "area_ha"), ("losing_people", "people")):
        sums[name] = sums[name] / sums[whole].where(sums[whole] > 0.0)
    counts = ["parcels", *OUTCOMES]
    sums[counts] = sums[counts].astype(np.int64)
    return sums.rename_axis(by).reset_index()[[by, *COUNTED]]


def _firm_parts(facts: Facts) -> Floats:
    """What firms receive less what they pay of one unit of each account on land, shape (accounts,)."""
    received, paid = account_parts(facts)
    role, names = roles(facts.study), facts.sharing.actors
    counted = of_jurisdictions(facts.study)
    firms = [at for at, name in enumerate(names) if role.get(name) == OPERATOR and name not in counted]
    return np.asarray((received - paid)[:, firms].sum(axis=1))


def _had(names: list[str]) -> tuple[Column, ...]:
    """What somebody has of a parcel before, gains, and what comes of it."""
    before, gain, outcome = names
    return Column(before, unit=PRESENT), Column(gain, unit=PRESENT), Column(outcome, "word:outcome_")


WHOSE = Column("whose", "word:whose_")
PARCELS = (
    Column("parcels", "count"),
    Column("area_ha", unit="ha"),
    Column("people", "count", "people"),
    Column("before", unit=PRESENT),
    Column("gain", unit=PRESENT),
    *(Column(name, "share") for name in ("losing", "losing_area", "losing_people")),
    *(Column(name, "count") for name in OUTCOMES),
)
SHEETS = (
    Sheet("windfalls_zones", "distribution", by_zone, (WHOSE, Column("zone", "zone"), *PARCELS)),
    Sheet("windfalls_tenure", "distribution", by_tenure, (WHOSE, Column("tenure", "word:tenure_"), *PARCELS)),
    Sheet(
        "windfalls_parcels",
        "distribution",
        by_parcel,
        (
            Column("parcel_id", "text"),
            Column("jurisdiction", "jurisdiction"),
            Column("zone", "zone"),
            Column("land_class", "land_class"),
            Column("settlement", "word:settlement_"),
            Column("tenure", "word:tenure_"),
            Column("area_ha", unit="ha"),
            Column("people", "count", "people"),
            Column("practice", "practice"),
            *_had(OF_HOLDERS),
            *_had(OF_FIRMS),
        ),
    ),
)
