"""What has been done, written into a study: land and projects that have begun are locked, money stays raised.

The study keeps its horizon and its periods. Everything stands in its own tables, so that a plan of it is a plan like
any other: parcels that were divided become parts (as a survey of changes would record them), each with its lock;
projects that have begun are mandatory in the period in which they did; limits say what was raised and traded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zonevest.instances.settings_finance import finance_to_toml
from zonevest.instances.study import Study, items, lineages, period_names
from zonevest.model.appraisal import RESTORATION
from zonevest.model.options import HOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData

    Floats = NDArray[np.float64]

LEAST = 1e-6
"""Shares of a parcel that are less are rounding of the solver."""
MARK = "#"
"""Between a parcel and the number of its part."""
SHARED = ("area_ha", "population")
"""Columns of parcels that parts have a share of; the others are the same of each part."""
KEPT, CAP = "replan.kept", "replan.rezoned"
"""The account of land that stays in the zone of the approved plan, and the limit on the rest."""
DONE = "done"
"""First word of the limits that say what was raised and traded."""


@dataclass(frozen=True)
class Deeds:
    """What is decided: begun, or planned.

    Attributes
    ----------
    parcels : parcel_id, zone, practice, start, share; every parcel, one row for each of its parts.
    projects : project, start; ``""`` where it is not built.
    raised : million by instrument, project (``""`` in general) and period.
    traded : quota, jurisdiction, period, bought, sold.
    """

    parcels: pd.DataFrame
    projects: pd.DataFrame
    raised: dict[tuple[str, str, str], float] = field(default_factory=dict)
    traded: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def of(cls, plan: PlanData, parts: Mapping[str, tuple[str, float]] | None = None) -> Deeds:
        """The decisions of a plan.

        Parameters
        ----------
        parts : of a plan of a settled study: the parcel of each part, and its share of it.
        """
        rows = plan.parcels[["parcel_id", "zone", "practice", "start", "share"]].copy()
        if parts:
            whole = [parts.get(name, (name, 1.0)) for name in rows["parcel_id"]]
            rows["parcel_id"] = [name for name, _ in whole]
            rows["share"] = rows["share"].to_numpy(dtype=float) * np.array([share for _, share in whole])
        drawn = plan.financing.assign(project=plan.financing["project"].fillna(""))
        raised = {
            (str(row["instrument"]), str(row["project"]), str(row["period"])): float(row["raised"])
            for row in drawn.to_dict("records")
        }
        return cls(_whole_rows(rows), plan.projects[["project", "start"]].copy(), raised, plan.quota_trade)

    def begun(self, past: Iterable[str]) -> NDArray[np.bool_]:
        """Which rows of land have begun."""
        return np.asarray(self.parcels["start"].isin(set(past)))


def _whole_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each parcel and option; traces of others are left out, and shares make 1."""
    keys = ["parcel_id", "zone", "practice", "start"]
    order = {name: at for at, name in enumerate(dict.fromkeys(rows["parcel_id"]))}
    kept = rows.groupby(keys, sort=False, as_index=False)["share"].sum()
    kept = kept[kept["share"].to_numpy(dtype=float) > LEAST]
    kept = kept.assign(share=kept["share"] / kept.groupby("parcel_id")["share"].transform("sum"))
    return kept.iloc[np.argsort(kept["parcel_id"].map(order).to_numpy(), kind="stable")].reset_index(drop=True)


@dataclass(frozen=True)
class Settled:
    """A study with what has been done.

    Attributes
    ----------
    study : the study; what has begun is locked in it.
    parcels : the rows of the deeds by the names that parcels have there.
    parts : of each part of a divided parcel the parcel, and its share of it.
    """

    study: Study
    parcels: pd.DataFrame
    parts: dict[str, tuple[str, float]]


def settle(
    world: Study, deeds: Deeds, past: int, approved: pd.Series | None = None, cap: float | None = None
) -> Settled:
    """Write what has been done into a study.

    Parameters
    ----------
    world : the study as it is known now.
    past : how many periods have begun.
    approved : with a cap: the zone of each row of the deeds in the approved plan.
    cap : hectares that may lie in another zone at the end than in the approved plan.

    Raises
    ------
    StudyError
        If what was done does not fit the study, with all faults.
    """
    begun = period_names(world.periods)[:past]
    world = _unsettled(world)
    rows, parts = _named(deeds.parcels)
    tables: dict[str, pd.DataFrame | None] = {}
    if len(rows):
        tables["parcels"] = _land(world, rows, parts, deeds.begun(begun))
    if parts:
        tables["parcel_flows"] = _own_flows(world.parcel_flows, parts)
    tables["projects"] = _works(world, deeds, rows, parts, begun)
    limits = [_raised(world, deeds, begun), _traded(world, deeds, begun)]
    if cap is not None and approved is not None and len(rows):
        area = rows["parcel_id"].map(_areas(tables["parcels"])).to_numpy(dtype=float)
        tables["accounts"] = _with(world.accounts, [{"account": KEPT, "unit": "ha", "family": "custom",
                                                     "recurrence": "annual"}])  # fmt: skip
        own = tables.get("parcel_flows")
        zoned = approved.to_numpy(dtype=object) != ""
        kept = [
            {"parcel_id": name, "zone": zone, "account": KEPT, "basis": "per_ha_year", "value": 1.0}
            for name, zone in zip(rows["parcel_id"][zoned], approved[zoned], strict=True)
        ]
        tables["parcel_flows"] = _with(world.parcel_flows if own is None else own, kept)
        least = float(area[zoned].sum()) - cap
        limits.append([_limit(CAP, KEPT, "last", ">=", least, 1e-6 * max(1.0, abs(least)), CAP_NAMES)])
    if more := [row for each in limits for row in each]:
        tables["limits"] = _with(world.limits, more)
    settings: dict[str, Any] = {"begun": begun[-1]} if begun else {}
    settings |= _without_eod(world, tables["projects"])
    return Settled(world.replace(settings, **tables), rows, parts)


def _unsettled(world: Study) -> Study:
    """The study without the rows of an earlier settling, which are written anew."""
    limits, flows = world.limits, world.parcel_flows
    old = limits["limit"].str.startswith(f"{DONE}.") | (limits["limit"] == CAP)
    own = flows["account"] == KEPT
    if not old.any() and not own.any():
        return world
    accounts = world.accounts[world.accounts["account"] != KEPT]
    tables = {"limits": limits[~old], "parcel_flows": flows[~own], "accounts": accounts}
    return replace(
        world, tables={**world.tables, **{name: each.reset_index(drop=True) for name, each in tables.items()}}
    )


CAP_NAMES = "Land in the zone of the approved plan", "仍在已批方案分区内的土地"


def _named(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, tuple[str, float]]]:
    """The rows with a name for each part of a parcel that was divided."""
    several = rows["parcel_id"].duplicated(keep=False).to_numpy()
    if not several.any():
        return rows, {}
    number = rows.groupby("parcel_id").cumcount().to_numpy() + 1
    mark, ids = MARK, set(rows["parcel_id"])
    while any(mark in name for name in ids):
        mark += MARK
    named = [
        f"{name}{mark}{at}" if many else name for name, at, many in zip(rows["parcel_id"], number, several, strict=True)
    ]
    parts = {
        new: (old, float(share))
        for new, old, share, many in zip(named, rows["parcel_id"], rows["share"], several, strict=True)
        if many
    }
    return rows.assign(parcel_id=named, share=1.0), parts


def _land(
    world: Study, rows: pd.DataFrame, parts: Mapping[str, tuple[str, float]], done: NDArray[np.bool_]
) -> pd.DataFrame:
    """The parcels table: parts in place of divided parcels, and locks on what has begun."""
    at = pd.Index(world.parcels["parcel_id"]).get_indexer([parts.get(name, (name,))[0] for name in rows["parcel_id"]])
    share = np.array([parts.get(name, ("", 1.0))[1] for name in rows["parcel_id"]])
    land = world.parcels.iloc[at].reset_index(drop=True)
    land["parcel_id"] = rows["parcel_id"].to_numpy()
    for column in SHARED:
        land[column] = land[column].to_numpy(dtype=float) * share
    land["locked_practice"] = np.where(done, rows["practice"], land["locked_practice"])
    land["locked_start"] = np.where(done, rows["start"], land["locked_start"])
    if world.geometry is None:
        return land
    shapes = world.geometry.to_numpy()[at]
    if parts:
        shapes = _cut(shapes, rows["parcel_id"], parts)
    return gpd.GeoDataFrame(land, geometry=shapes, crs=world.geometry.crs)


def _areas(land: Any) -> dict[str, float]:
    return dict(zip(land["parcel_id"], land["area_ha"], strict=True))


def _cut(shapes: Any, names: pd.Series, parts: Mapping[str, tuple[str, float]]) -> Any:
    """Shapes of which those of divided parcels are cut from west to east by the shares of their parts."""
    shapes = shapes.copy()
    before: dict[str, float] = {}
    for i, name in enumerate(names):
        if name in parts:
            whole, share = parts[name]
            begin = before.get(whole, 0.0)
            before[whole] = begin + share
            shapes[i] = _between(shapes[i], begin, begin + share)
    return shapes


def _between(shape: Any, low: float, high: float) -> Any:
    """The strip of a shape that has the shares of its area from `low` to `high`, counted from the west."""
    if shape is None or shape.is_empty or not shape.is_valid or shape.area == 0.0:
        return shape
    west, south, east, north = shape.bounds

    def edge(share: float) -> float:
        near, far = west, east
        for _ in range(40):
            middle = (near + far) / 2
            less = shapely.intersection(shape, shapely.box(west, south, middle, north)).area < share * shape.area
            near, far = (middle, far) if less else (near, middle)
        return float((near + far) / 2)

    left = west if low <= 0.0 else edge(low)
    right = east if high >= 1.0 - 1e-12 else edge(high)
    strip = shapely.intersection(shape, shapely.box(left, south, right, north))
    flat = [each for each in getattr(strip, "geoms", [strip]) if each.area > 0.0]
    return shape if not flat else flat[0] if len(flat) == 1 else shapely.MultiPolygon(
        [polygon for each in flat for polygon in getattr(each, "geoms", [each])]
    )  # fmt: skip


def _own_flows(flows: pd.DataFrame, parts: Mapping[str, tuple[str, float]]) -> pd.DataFrame:
    """Flow rows of parcels, those of divided ones for each part."""
    of: dict[str, list[tuple[str, float]]] = {}
    for new, (old, share) in parts.items():
        of.setdefault(old, []).append((new, share))
    divided = flows["parcel_id"].isin(of).to_numpy()
    if not divided.any():
        return flows
    made = [flows[~divided]]
    for row in flows[divided].to_dict("records"):
        whole = str(row["basis"]) in ("per_year", "once")
        made.append(
            pd.DataFrame(
                [
                    {**row, "parcel_id": new, "value": row["value"] * (share if whole else 1.0)}
                    for new, share in of[str(row["parcel_id"])]
                ]
            )
        )
    return pd.concat(made, ignore_index=True)


def _works(
    world: Study, deeds: Deeds, rows: pd.DataFrame, parts: Mapping[str, tuple[str, float]], begun: list[str]
) -> pd.DataFrame:
    """The projects table: what has begun has its one start, and is asked no more what it asked for before it began."""
    works = world.projects.copy()
    if works.empty:
        return works
    start = dict(zip(deeds.projects["project"], deeds.projects["start"], strict=True))
    of: dict[str, list[str]] = {}
    for new, (old, _) in parts.items():
        of.setdefault(old, []).append(new)
    site = _Sites(world, rows, begun)
    for at, row in zip(works.index, works.to_dict("records"), strict=True):
        when = str(start.get(str(row["project"]), ""))
        named = [name for parcel in items(str(row["footprint"])) for name in of.get(parcel, [parcel])]
        if when in begun:
            named = [name for name in named if site.admits(row, name)]
            works.loc[at, ["earliest", "latest"]] = when
            works.loc[at, "mandatory"] = True
            works.loc[at, ["requires", "min_area_of"]] = ""
            works.loc[at, "min_area"] = np.nan
            works.loc[at, "equity_min"] = 0.0
        if row["footprint"]:
            works.loc[at, "footprint"] = ";".join(named)
    begins = works["project"].map(start).where(works["project"].map(start).isin(begun), "")
    torn = begins.groupby(works["bundle"]).transform("nunique") > 1
    works.loc[torn, "bundle"] = ""
    return works


def _without_eod(world: Study, works: Any) -> dict[str, Any]:
    """[finance] without the share that EOD bundles need, where none of them is left together."""
    if world.settings.finance is None or world.settings.finance.eod_eco_share is None:
        return {}
    restores = works["category"] == RESTORATION
    mixed = restores.groupby(works["bundle"]).agg(["any", "all"]).drop(index="", errors="ignore")
    if (mixed["any"] & ~mixed["all"]).any():
        return {}
    held = finance_to_toml(world.settings.finance)
    return {"finance": {name: value for name, value in held.items() if name != "eod_eco_share"}}


class _Sites:
    """Where land lies at the end of the periods that have begun."""

    def __init__(self, world: Study, rows: pd.DataFrame, begun: list[str]) -> None:
        done = rows["start"].isin(begun).to_numpy()
        self.lineage = lineages(world.zones["zone"], world.zones["parent"])
        zone = dict(zip(world.practices["practice"], world.practices["zone"], strict=True))
        held = rows["practice"].to_numpy(dtype=object) == HOLD
        self.zone = {
            name: str(zone.get(practice, "")) if is_done else str(own) if is_held else ""
            for name, practice, own, is_done, is_held in zip(
                rows["parcel_id"], rows["practice"], rows["zone"], done, held, strict=True
            )
        }
        self.practice = dict(zip(rows["parcel_id"], np.where(done, rows["practice"], ""), strict=True))

    def admits(self, project: Mapping[Any, Any], parcel: str) -> bool:
        """Whether a parcel of a project's site is as the project asks."""
        zones, practice = items(str(project["footprint_zones"])), str(project["footprint_practice"])
        inside = not zones or not set(zones).isdisjoint(self.lineage.get(self.zone.get(parcel, ""), []))
        return inside and (not practice or self.practice.get(parcel) == practice)


def _raised(world: Study, deeds: Deeds, begun: list[str]) -> list[dict[str, Any]]:
    """Limits that say what was raised by each instrument in each period that has begun."""
    if world.settings.finance is None:
        return []
    since = {"": 0} | {
        str(row["project"]): begun.index(str(row["start"]))
        for row in deeds.projects.to_dict("records")
        if row["start"] in begun
    }
    drawn: dict[str, float] = {}
    for (_, project, _), value in deeds.raised.items():
        drawn[project] = drawn.get(project, 0.0) + value
    # no more is raised for a project than it turned out to cost
    cost = dict(zip(world.projects["project"], world.projects["capex"].tolist(), strict=True))
    part = {name: min(1.0, cost[name] / value) for name, value in drawn.items() if name and value > 0.0}
    total: dict[tuple[str, str], float] = {}
    for (f, project, t), value in deeds.raised.items():
        if t in begun and since.get(project, len(begun)) <= begun.index(t):  # nothing is raised before it begins
            total[f, t] = total.get((f, t), 0.0) + value * part.get(project, 1.0)
    rows = []
    for f in world.instruments["instrument"]:
        for t in begun:
            value = total.get((str(f), t), 0.0)
            names = f"Raised so far: {f}, {t}", f"已筹资金：{f}，{t}"
            name = f"{DONE}.raised.{f}.{t}"
            rows.append(_limit(name, f"finance.raised.{f}", t, "==", value, _loose(value), names))
    return rows


def _traded(world: Study, deeds: Deeds, begun: list[str]) -> list[dict[str, Any]]:
    """Limits that say what quota was bought and sold in each period that has begun."""
    known: dict[tuple[str, str, str, str], float] = {}
    for row in deeds.traded.to_dict("records"):
        for side in ("bought", "sold"):
            known[str(row["quota"]), str(row["jurisdiction"]), str(row["period"]), side] = float(row[side])
    rows = []
    for quota in world.quotas.to_dict("records"):
        name = str(quota["quota"])
        places = ["total"] if quota["movable"] else list(world.jurisdictions["jurisdiction"])
        for side, price in (("bought", "buy_price"), ("sold", "sell_price")):
            for place in places if quota[price] == quota[price] else ():
                for t in begun:
                    value = known.get((name, place, t, side), 0.0)
                    where = "" if place == "total" else place
                    names = (
                        f"Quota {side} so far: {name}, {t}",
                        f"已{'购入' if side == 'bought' else '售出'}指标：{name}，{t}",
                    )
                    limit = f"{DONE}.{side}.{name}.{t}" + (f".{place}" if where else "")
                    row = _limit(limit, f"quota.{name}.{side}", t, "==", value, _loose(value), names)
                    rows.append(row | {"jurisdiction": where})
    return rows


def _loose(value: float) -> float:
    """What an equality may be missed by: the rounding of the tables that a plan is read from."""
    return max(1e-6, 1e-9 * abs(value))


def _limit(
    name: str, account: str, period: str, sense: str, value: float, tolerance: float, names: tuple[str, str]
) -> dict[str, Any]:
    return {"limit": name, "account": account, "period": period, "sense": sense, "value": value, "basis": "absolute",
            "kind": "hard", "tolerance": tolerance, "name_en": names[0], "name_zh": names[1]}  # fmt: skip


def _with(table: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table with further rows, what they leave out blank."""
    more = pd.DataFrame(rows)
    for column in table.columns:
        if column not in more:
            kind = table[column].dtype
            more[column] = np.nan if kind.kind == "f" else False if kind.kind == "b" else ""
    return pd.concat([table, more[[*table.columns]]], ignore_index=True)


def with_opening(study: Study, more: Mapping[str, float]) -> Study:
    """The study with more (or less) cash at its beginning, so that it has as much now as was observed.

    Parameters
    ----------
    more : million by budget; ``""`` without a table of budgets.
    """
    if study.settings.finance is None or not any(more.values()):
        return study
    if study.budgets.empty:
        finance = replace(study.settings.finance, opening_cash=study.settings.finance.opening_cash + more[""])
        return study.replace(replace(study.settings, finance=finance))
    added = study.budgets["budget"].map(lambda name: more.get(name, 0.0))
    opening = study.budgets["opening_cash"]
    first = study.budgets.index == study.budgets.index[0]
    base = opening.where(~(opening.isna() & first), study.settings.finance.opening_cash).fillna(0.0)
    return study.replace(budgets=study.budgets.assign(opening_cash=np.where(added != 0.0, base + added, opening)))
