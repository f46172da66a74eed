"""How evenly holders share: among the people of jurisdictions, and among the hectares of parcels.

Of three states: what holders have in doing nothing, in the plan, and the gain. Levels are nearly always above 0; gains
need not be, and with a loss among them a measure has no meaning: it is not defined then (NaN), and the column ``why``
says so. What people earn apart from land and its undertakings is in none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.model.gains import PRESENT
from zonevest.reports import inequality
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.gains import CASES, by_actor, jurisdictions, urban_and_rural
from zonevest.reports.settlement import SETTLEMENTS
from zonevest.reports.sharing import HOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PEOPLE, LAND = "people", "land"
POINTS: Final = 101
"""A curve of more corners is told at this many even shares of the weight."""
GROUPINGS: Final = ("main_function", "jurisdiction", "settlement", "zone")
BETWEEN, GROUP, ALL = "between", "group", "all"
HEAD, HECTARE = "currency/head", "currency/ha"


@dataclass(frozen=True)
class Units:
    """Those among whom something is shared, n of them.

    Attributes
    ----------
    basis : people (units are jurisdictions, by their people) or land (parcels, by their hectares).
    names : of the units, shape (n,).
    weight : people or hectares, shape (n,).
    amounts : level -> units of the currency per head or hectare, shape (n,); what is below 0 by rounding is 0.
    groups : grouping -> names of the groups, and position of each unit's.
    """

    basis: str
    names: NDArray[np.object_]
    weight: Floats
    amounts: dict[str, Floats]
    groups: dict[str, tuple[list[str], Ints]]

    @property
    def unit(self) -> str:
        """Of the amounts."""
        return HEAD if self.basis == PEOPLE else HECTARE


def units(facts: Facts) -> Iterator[Units]:
    """The jurisdictions where people live, and the parcels."""
    table = jurisdictions(facts)
    table = table[table["people"] > 0.0].reset_index(drop=True)
    if len(table):
        amounts = {
            level: table[f"{name}_per_head"].to_numpy()
            for level, name in zip(CASES, ("before", "after", "gain"), strict=True)
        }
        yield Units(
            PEOPLE,
            table["jurisdiction"].to_numpy(dtype=object),
            table["people"].to_numpy(dtype=float),
            _settled(amounts),
            {"main_function": _grouped(table["main_function"])} if table["main_function"].any() else {},
        )
    land = facts.parcel_gains
    if len(land):
        area = land["area_ha"].to_numpy(dtype=float)
        per_ha = {name: land[name].to_numpy() * 1e6 / np.where(area > 0.0, area, 1.0) for name in ("before", "gain")}
        amounts = {"nothing": per_ha["before"], "plan": per_ha["before"] + per_ha["gain"], "gain": per_ha["gain"]}
        groups = {
            "jurisdiction": _grouped(land["jurisdiction"]),
            "settlement": (list(SETTLEMENTS), pd.Index(SETTLEMENTS).get_indexer(land["settlement"]).astype(np.int64)),
            "zone": _grouped(land["zone"]),
        }
        yield Units(LAND, land["parcel_id"].to_numpy(dtype=object), area, _settled(amounts), groups)


def _settled(amounts: dict[str, Floats]) -> dict[str, Floats]:
    return {level: inequality.settled(amount) for level, amount in amounts.items()}


def measures(facts: Facts) -> pd.DataFrame:
    """The measures of inequality: ``basis, level, units, below_zero, mean, gini, theil, jain, ratio_10_90, …``.

    Returns
    -------
    DataFrame
        ``basis`` (people, land), ``level`` (nothing, plan, gain), ``units`` with a weight, those with less than 0
        (``below_zero``), ``mean``, ``least`` and ``most`` of the amounts, ``least_at`` and ``most_at`` (whose: a
        jurisdiction or a parcel), ``unit``, the measures (NaN: not defined) and ``why`` they are not (see
        `inequality.undefined`).
    """
    rows = []
    for each in units(facts):
        there = np.flatnonzero(each.weight > 0.0)
        for level, amount in each.amounts.items():
            if not len(there):
                continue
            low, high = there[np.argmin(amount[there])], there[np.argmax(amount[there])]
            told = [measure(amount, each.weight) for measure in MEASURES.values()]
            mean = float(amount @ each.weight / each.weight.sum())
            ends = (amount[low], each.names[low], amount[high], each.names[high])
            below = int((amount[there] < 0.0).sum())
            why = inequality.undefined(amount, each.weight)
            rows.append((each.basis, level, len(there), below, *told, why, mean, *ends, each.unit))
    tail = ["mean", "least", "least_at", "most", "most_at", "unit"]
    return pd.DataFrame(rows, columns=["basis", "level", "units", "below_zero", *MEASURES, "why", *tail])


def theil(facts: Facts) -> pd.DataFrame:
    """Theil's T between groups and within them: the contributions of a grouping add up to all.

    Returns
    -------
    DataFrame
        ``basis, level, grouping``, ``part`` (between, group, all); the group in the column of its grouping (people:
        ``main_function``; land: ``jurisdiction, settlement, zone``), its ``weight_share`` and ``value_share``, its own
        ``theil`` (NaN: it has nothing) and ``contribution``. States in which T is not defined are left out. Within
        zones is how differently holders of land in the same zone fare.
    """
    rows: list[tuple[object, ...]] = []
    for each in units(facts):
        for level, amount in each.amounts.items():
            whole = inequality.theil(amount, each.weight)
            for grouping, (names, at) in each.groups.items() if not np.isnan(whole) else ():
                between, within, parts = inequality.theil_parts(amount, each.weight, at, len(names))
                weight = np.bincount(at, each.weight, len(names)) / each.weight.sum()
                value = np.bincount(at, each.weight * amount, len(names)) / float(each.weight @ amount)
                key = (each.basis, level, grouping)
                rows.append((*key, BETWEEN, "", np.nan, np.nan, between, between))
                told = zip(names, weight, value, within, parts, strict=True)
                rows += [(*key, GROUP, *one) for one in told if one[1] > 0.0]
                rows.append((*key, ALL, "", 1.0, 1.0, whole, whole))
    numbers = ["weight_share", "value_share", "theil", "contribution"]
    table = pd.DataFrame(rows, columns=["basis", "level", "grouping", "part", "group", *numbers])
    for name in GROUPINGS:
        mine = (table["grouping"] == name) & (table["part"] == GROUP)
        table[name] = table["group"].astype(object).where(mine, None)
    return table[["basis", "level", "grouping", "part", *GROUPINGS, *numbers]]


def lorenz(facts: Facts) -> pd.DataFrame:
    """Points of the Lorenz curves: ``basis, level, weight_share`` (the poorest first), ``value_share``.

    A state in which the curve is not defined is left out; a curve of more than `POINTS` corners is told at even shares.
    """
    parts = []
    for each in units(facts):
        for level, amount in each.amounts.items():
            people, have = inequality.lorenz(amount, each.weight)
            if len(people) > POINTS:
                even = np.linspace(0.0, 1.0, POINTS)
                people, have = even, np.interp(even, people, have)
            told = {"basis": each.basis, "level": level, "weight_share": people, "value_share": have}
            parts.append(pd.DataFrame(told))
    columns = ["basis", "level", "weight_share", "value_share"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in columns})


def extremes(facts: Facts) -> pd.DataFrame:
    """Who gains least, and what urban people gain for each unit that rural people do.

    Returns
    -------
    DataFrame
        ``measure``, of whom (``actor, jurisdiction, settlement``), ``value``, ``unit``, ``why`` (it is not defined):
        the least gain of a holder (million), of a jurisdiction's people and of urban or rural people (per head); and
        ``urban_rural_…`` before, after and of the gain (per head; defined where both are above 0).
    """
    actors, places, sides = by_actor(facts), jurisdictions(facts), urban_and_rural(facts)
    rows: list[tuple[object, ...]] = []

    def least(measure: str, table: pd.DataFrame, column: str, of: str, unit: str) -> None:
        there = table.dropna(subset=[column])
        if len(there):
            found = there.loc[there[column].idxmin()]
            whose = [found[of] if of == name else None for name in ("actor", "jurisdiction", "settlement")]
            rows.append((measure, *whose, float(found[column]), unit, ""))

    least("least_actor", actors[actors["role"] == HOLDER], "gain", "actor", PRESENT)
    least("least_jurisdiction", places, "gain_per_head", "jurisdiction", HEAD)
    least("least_settlement", sides, "gain_per_head", "settlement", HEAD)
    for name in ("before", "after", "gain") if len(sides) else ():
        urban, rural = sides[f"{name}_per_head"]
        why = "nobody" if np.isnan(urban + rural) else "negative" if min(urban, rural) < 0.0 else ""
        why = why or ("" if rural > 0.0 else "nothing")
        rows.append((f"urban_rural_{name}", None, None, None, np.nan if why else urban / rural, "times", why))
    return pd.DataFrame(rows, columns=["measure", "actor", "jurisdiction", "settlement", "value", "unit", "why"])


def _grouped(cells: pd.Series) -> tuple[list[str], Ints]:
    """The different names of a column in order, and the position of each cell's."""
    at, names = pd.factorize(cells)
    return [str(name) for name in names], at.astype(np.int64)


MEASURES: Final = {
    "gini": inequality.gini,
    "theil": inequality.theil,
    "jain": inequality.jain,
    "ratio_10_90": inequality.ratio_10_90,
}
WHICH = (Column("basis", "word:basis_"), Column("level", "word:level_"))
WHY = Column("why", "word:undefined_")
SHEETS = (
    Sheet(
        "inequality",
        "distribution",
        measures,
        (
            *WHICH,
            Column("units", "count"),
            Column("below_zero", "count"),
            *(Column(name) for name in MEASURES),
            WHY,
            Column("mean", unit="@unit"),
            Column("least", unit="@unit"),
            Column("least_at", "jurisdiction"),
            Column("most", unit="@unit"),
            Column("most_at", "jurisdiction"),
            Column("unit", "unit"),
        ),
    ),
    Sheet(
        "extremes",
        "distribution",
        extremes,
        (
            Column("measure", "word:measure_"),
            Column("actor", "actor"),
            Column("jurisdiction", "jurisdiction"),
            Column("settlement", "word:settlement_"),
            Column("value", unit="@unit"),
            Column("unit", "unit"),
            WHY,
        ),
    ),
    Sheet(
        "theil_parts",
        "distribution",
        theil,
        (
            *WHICH,
            Column("grouping", "word:grouping_"),
            Column("part", "word:theil_"),
            Column("main_function", "word:function_"),
            Column("jurisdiction", "jurisdiction"),
            Column("settlement", "word:settlement_"),
            Column("zone", "zone"),
            Column("weight_share", "share"),
            Column("value_share", "share"),
            Column("theil"),
            Column("contribution"),
        ),
    ),
    Sheet(
        "lorenz",
        "distribution",
        lorenz,
        (*WHICH, Column("weight_share", "share"), Column("value_share", "share")),
    ),
)
