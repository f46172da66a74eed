"""Arable land by period: what is lost and gained, why, of which quality, and whether the balance is kept.

A change of class falls in the period in which it comes about (start and lead of the land action), land that projects
take without a drawn site in that of their start, as in the ledger. Hectares, and hectares x quality (blank: 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.study import items, period_names
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.land_tables import becomes, group_of, started, taken
from zonevest.reports.once import once
from zonevest.reports.tables import TOTAL, in_order

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts

ARABLE = "arable"
BALANCE = 1e-6
"""By how much of its opening a balance may be short: rounding."""
_CHANGES = ["jurisdiction", "period", "way", "group", "practice", "project", "area_ha", "quality_ha"]
_LEDGER = [
    "jurisdiction", "period", "opening_ha", "lost_ha", "gained_ha", "closing_ha", "opening_quality", "lost_quality",
    "gained_quality", "closing_quality", "mean_lost", "mean_gained", "balance_ha", "balance_quality", "kept",
    "limit",
]  # fmt: skip


def change_period(facts: Facts) -> pd.Series:
    """The period in which the class of each row of `land` changes, ``""`` where it does not."""
    clock, states, kind = facts.ledger.clock, facts.ledger.states, facts.chosen.kind
    names = np.array([*period_names(facts.study.periods), ""], dtype=object)
    return pd.Series(names[clock.period_with(states.class_year[kind])], index=facts.land.index)


def _quality(facts: Facts) -> np.ndarray:
    """Quality of each row of `land`."""
    own = facts.study.parcels["farmland_quality"].to_numpy(dtype=float)[facts.chosen.parcel]
    return np.where(np.isnan(own), 1.0, own)


def _arable(facts: Facts) -> dict[str, bool]:
    """Whether each class is arable."""
    table = facts.study.land_classes
    return {code: ARABLE in items(cell) for code, cell in zip(table["land_class"], table["class_group"], strict=True)}


@once
def farmland_changes(facts: Facts) -> pd.DataFrame:
    """What arable land is lost to and gained from: every main group, by land action or project.

    Returns
    -------
    DataFrame
        ``jurisdiction`` (the total too), ``period, way`` (lost, gained), ``group`` (to which, or from which),
        ``practice, project`` (one of them blank), ``area_ha, quality_ha``.
    """
    land, arable, group = facts.land, _arable(facts), group_of(facts.study)
    before, after = land["class_before"].map(arable), land["class_after"].map(arable)
    table = land[["jurisdiction", "practice", "area_ha"]].assign(
        period=change_period(facts), quality_ha=land["area_ha"] * _quality(facts), project=""
    )
    lost = table.assign(way="lost", group=land["class_after"].map(group))[before.eq(True) & after.eq(False)]
    gained = table.assign(way="gained", group=land["class_before"].map(group))[before.eq(False) & after.eq(True)]
    starts, sites = started(facts), facts.ledger.works.sites
    rows = [
        (t.place, starts[t.project], "lost", becomes(facts, t), "", t.project, t.area, t.area * sites.quality(t.where))
        for t in taken(facts)
        if arable[t.land_class]
    ]
    own = pd.concat([part for part in (lost, gained) if len(part)] or [table.iloc[:0]])
    every = pd.concat([own.reindex(columns=_CHANGES), pd.DataFrame(rows, columns=_CHANGES)] if rows else [own])
    if every.empty:
        return pd.DataFrame({name: [] for name in _CHANGES})
    both = pd.concat([every.assign(jurisdiction=TOTAL), every])
    summed = both.groupby(_CHANGES[:-2], sort=False)[_CHANGES[-2:]].sum().reset_index()
    summed = summed.sort_values("area_ha", ascending=False, kind="stable")
    places, periods = both["jurisdiction"].unique(), period_names(facts.study.periods)
    return in_order(summed, jurisdiction=places, period=periods, way=("lost", "gained"))[_CHANGES]


def farmland_ledger(facts: Facts) -> pd.DataFrame:
    """Arable land at the beginning and the end of every period, by jurisdiction and in total.

    Returns
    -------
    DataFrame
        ``jurisdiction, period``; ``opening_ha`` less ``lost_ha`` and ``gained_ha`` more is ``closing_ha``, and so for
        ``…_quality`` (hectares x quality); ``mean_lost, mean_gained`` (quality of the mean hectare);
        ``balance_ha, balance_quality`` (gained less lost to date); ``kept``: as the study's limits on arable land and
        its quality say of the place and period (they may let listed retreats off; ``limit`` is the first of them),
        else whether neither balance is short.
    """
    arable = _arable(facts)
    parcels = facts.study.parcels
    if not any(arable.values()) or parcels.empty:
        return pd.DataFrame({name: [] for name in _LEDGER})
    names = period_names(facts.study.periods)
    own = parcels["area_ha"] * parcels["land_class"].map(arable)
    quality = own * parcels["farmland_quality"].fillna(1.0)
    places = [TOTAL, *dict.fromkeys(parcels["jurisdiction"])]
    opening = {
        what: values.groupby(parcels["jurisdiction"]).sum().to_dict() | {TOTAL: float(values.sum())}
        for what, values in (("ha", own), ("quality", quality))
    }
    changes = farmland_changes(facts).groupby(["jurisdiction", "period", "way"])[["area_ha", "quality_ha"]].sum()
    told, parts = _asked(facts), []
    for place in places:
        index = pd.MultiIndex.from_product([[place], names, ["lost", "gained"]])
        moved = changes.reindex(index).fillna(0.0).to_numpy().reshape(len(names), 2, 2)
        table: dict[str, Any] = {"jurisdiction": place, "period": names}
        for column, what in enumerate(("ha", "quality")):
            lost, gained = moved[:, 0, column], moved[:, 1, column]
            balance = np.cumsum(gained - lost)
            first = float(opening[what][place])
            table |= {
                f"lost_{what}": lost, f"gained_{what}": gained, f"closing_{what}": first + balance,
                f"opening_{what}": first + balance - gained + lost, f"balance_{what}": balance,
            }  # fmt: skip
        for way, at in (("lost", 0), ("gained", 1)):
            area = moved[:, at, 0]
            table[f"mean_{way}"] = np.divide(moved[:, at, 1], area, out=np.full(len(names), np.nan), where=area > 0)
        least = [-BALANCE * max(1.0, float(opening[what][place])) for what in ("ha", "quality")]
        plain = (table["balance_ha"] >= least[0]) & (table["balance_quality"] >= least[1])
        asked = [told.get((place, name)) for name in names]
        table["kept"] = [bool(own) if found is None else found[1] for own, found in zip(plain, asked, strict=True)]
        table["limit"] = ["" if found is None else found[0] for found in asked]
        parts.append(pd.DataFrame(table)[_LEDGER])
    return pd.concat(parts, ignore_index=True)


def _asked(facts: Facts) -> dict[tuple[str, str], tuple[str, bool]]:
    """The first limit on arable land by place and period, and whether all of them are kept."""
    rows = facts.limits
    rows = rows[rows["account"].isin(["area.class_group.arable", "quality.arable"]) & (rows["sense"] == ">=")]
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    kept = rows["state"].isin(["holds", "binding"])
    for name, place, period, held in zip(rows["limit"], rows["jurisdiction"], rows["period"], kept, strict=True):
        first, so_far = found.get((place, period), (name, True))
        found[place, period] = first, so_far and bool(held)
    return found


_PLACE, _PERIOD = Column("jurisdiction", "jurisdiction"), Column("period", "period")
_WEIGHED = "ha x quality"
SHEETS = (
    Sheet(
        "farmland_ledger", "statutory", farmland_ledger,
        (
            _PLACE, _PERIOD,
            *(Column(f"{what}_ha", unit="ha") for what in ("opening", "lost", "gained", "closing")),
            *(Column(f"{what}_quality", unit=_WEIGHED) for what in ("opening", "lost", "gained", "closing")),
            Column("mean_lost"), Column("mean_gained"), Column("balance_ha", unit="ha"),
            Column("balance_quality", unit=_WEIGHED), Column("kept", "yes"), Column("limit", "limit"),
        ),
    ),
    Sheet(
        "farmland_changes", "statutory", farmland_changes,
        (_PLACE, _PERIOD, Column("way", "word:way_"), Column("group", "word:group_"), Column("practice", "practice"),
         Column("project", "project"), Column("area_ha", unit="ha"), Column("quality_ha", unit=_WEIGHED)),
    ),
)  # fmt: skip
