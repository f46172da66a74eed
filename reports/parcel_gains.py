"""Windfall and wipe-out: what a plan changes of what the holders of each parcel have, above doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.model.gains import PRESENT
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
SHOWN = 50
"""So many of the largest gains are listed, and of the largest losses."""
WHERE = ["parcel_id", "jurisdiction", "zone", "land_class", "settlement", "tenure", "area_ha", "people", "practice"]
AMOUNTS = ["before", "gain", "firms"]
COUNTED = ["parcels", "area_ha", "people", "before", "gain", "losing", "losing_area", "losing_people", *OUTCOMES]


def parcel_gains(facts: Facts) -> pd.DataFrame:
    """Every parcel with what its holders have, present values, million; empty without doing nothing.

    Returns
    -------
    DataFrame
        ``parcel_id, jurisdiction, zone, land_class, settlement, tenure, area_ha`` and ``people``, all as today,
        ``practice`` (of the largest part); ``before``, what holders have of it in doing nothing, and their ``gain``;
        ``firms``, what the gain of firms is; ``outcome``, one of `OUTCOMES`.
    """
    study = facts.study
    if study.parcels.empty or not study.has_doing_nothing:
        return pd.DataFrame({name: [] for name in [*WHERE, *AMOUNTS, "outcome"]})
    table = study.parcels[["parcel_id", "jurisdiction", "land_class", "tenure", "area_ha"]].reset_index(drop=True)
    table["zone"] = zone_today(facts)
    table["settlement"] = np.array(SETTLEMENTS, dtype=object)[settlement(facts)]
    table["people"] = study.parcels["population"].fillna(0.0).to_numpy(dtype=float)
    chosen = facts.plan.parcels.sort_values("share", ascending=False, kind="stable")
    most = chosen.drop_duplicates("parcel_id").set_index("parcel_id")["practice"]
    table["practice"] = table["parcel_id"].map(most).fillna("")
    worth, rows = facts.parcel_worth, of_parcels(facts)
    holders, firms = holder_parts(facts), _firm_parts(facts)
    table["before"] = worth.nothing @ holders
    table["gain"] = rows @ (worth.plan @ holders) - table["before"]
    table["firms"] = rows @ (worth.plan @ firms) - worth.nothing @ firms
    table["outcome"] = outcomes(table["before"].to_numpy(), table["gain"].to_numpy())
    return table[[*WHERE, *AMOUNTS, "outcome"]]


def outcomes(before: Floats, gain: Floats) -> NDArray[np.object_]:
    """One of `OUTCOMES` for each parcel; where holders had nothing, or less, any gain is a windfall.

    Where they had less than nothing a loss is no wipe-out: there is nothing to lose.
    """
    up, down = gain > SMALL, gain < -SMALL
    windfall = up & (gain > (TWICE - 1.0) * before)
    wiped = down & (before > SMALL) & (gain < -(1.0 - HALF) * before)
    return np.select([windfall, up, wiped, down], ["windfall", "better", "wipe_out", "worse"], "same").astype(object)


def by_zone(facts: Facts) -> pd.DataFrame:
    """Parcels by the zone of today and their outcome.

    Returns
    -------
    DataFrame
        ``zone`` and `COUNTED`: parcels, hectares and people on them, ``before`` and ``gain`` of holders (million), the
        shares of parcels, area and people on land whose holders lose (``losing…``, NaN: of nothing), and parcels of
        each outcome.
    """
    return _counted(facts.parcel_gains, "zone", list(facts.study.zones["zone"])).iloc[:-1]


def by_tenure(facts: Facts) -> pd.DataFrame:
    """The same by tenure; the last row, ``total``, is of all parcels."""
    return _counted(facts.parcel_gains, "tenure", ["state", "collective"])


def largest(facts: Facts) -> pd.DataFrame:
    """The parcels whose holders gain most and lose most, `SHOWN` of each, the largest gain first."""
    table = facts.parcel_gains.sort_values("gain", ascending=False, kind="stable")
    gained = table[table["outcome"].isin(OUTCOMES[:2])].head(SHOWN)
    lost = table[table["outcome"].isin(OUTCOMES[3:])].tail(SHOWN)
    return pd.concat([gained, lost], ignore_index=True)


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
    sums.loc["total"] = sums.sum()
    for name, whole in (("losing", "parcels"), ("losing_area", "area_ha"), ("losing_people", "people")):
        sums[name] = sums[name] / sums[whole].where(sums[whole] > 0.0)
    counts = ["parcels", *OUTCOMES]
    sums[counts] = sums[counts].astype(np.int64)
    return sums.rename_axis(by).reset_index()[[by, *COUNTED]]


def _firm_parts(facts: Facts) -> Floats:
    """What firms receive less what they pay of one unit of each account on land, shape (accounts,)."""
    received, paid = account_parts(facts)
    role, names = roles(facts.study), facts.sharing.actors
    firms = [at for at, name in enumerate(names) if role.get(name) == OPERATOR]
    return np.asarray((received - paid)[:, firms].sum(axis=1))


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
    Sheet("windfalls_zones", "distribution", by_zone, (Column("zone", "zone"), *PARCELS)),
    Sheet("windfalls_tenure", "distribution", by_tenure, (Column("tenure", "word:tenure_"), *PARCELS)),
    Sheet(
        "windfalls_parcels",
        "distribution",
        largest,
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
            *(Column(name, unit=PRESENT) for name in AMOUNTS),
            Column("outcome", "word:outcome_"),
        ),
    ),
)
