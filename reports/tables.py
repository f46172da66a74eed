"""From a plan to the tables of its report: numbers only, no words and no markup.

Areas are in hectares, money in million units of the study's currency. Each function takes a plan and gives one
DataFrame; what is shown of it, and in which language, is decided in `page`. `parts` is what `allocation` tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.schema import FLOW_TABLES
from zonevest.model.builtin import built_in_accounts
from zonevest.model.ledger import DECIDED
from zonevest.model.options import build_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

TOTAL = "total"
HOLD = "hold"
TAKEN = "land_take"
"""The row of `class_areas` for land that projects without a drawn site take out of its class."""

BUILT_IN = {"asset": "asset", "finance": "money", "money": "money", "gain": "money", "quota": "quota"}
"""Family under which a built-in account is told, by its first word; what is not here is of areas."""

_CLOSE = 1e-6
"""A limit counts as binding, or as broken, from this share of its size on."""


def in_order(table: pd.DataFrame, **orders: Iterable[str]) -> pd.DataFrame:
    """The rows in the order of the codes of columns, of the first column first; codes that are in none come last."""
    ranks = []
    for column, order in orders.items():
        known = pd.Index(list(dict.fromkeys(order)), dtype=object)
        rank = known.get_indexer(table[column].astype(object))
        ranks.append(np.where(rank < 0, len(known), rank))
    return table.iloc[np.lexsort(ranks[::-1])].reset_index(drop=True)


def completed(plan: PlanData) -> PlanData:
    """The plan with today's zones and the nonconforming parcels, which a plan read from its folder leaves out."""
    study = plan.study
    if not plan.has_plan or len(plan.before) or study.parcels.empty:
        return plan
    options = build_options(study)
    before = study.parcels[["parcel_id", "land_class"]].assign(zone=options.zone_today[options.pattern])
    held = plan.parcels.loc[plan.parcels["practice"] == HOLD, "parcel_id"]
    odd = before["parcel_id"].isin(held) & options.nonconforming[options.pattern]
    return replace(plan, before=before, nonconforming=before[odd].reset_index(drop=True))


def allocation(plan: PlanData) -> pd.DataFrame:
    """What becomes of every parcel (or part of one, where decisions are divisible).

    Returns
    -------
    DataFrame
        Rows as in ``plan.parcels``; columns ``parcel_id, jurisdiction, area_ha`` (of the part), ``zone_before, zone,
        class_before, class_after, practice, start, share, rezoned, converted, changed``.
    """
    parcels = plan.study.parcels.set_index("parcel_id")
    own = parcels.reindex(plan.parcels["parcel_id"])
    result = plan.parcels[["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]].copy()
    result = result.reset_index(drop=True)
    for column in ("zone", "practice", "start", "class_before", "class_after"):
        result[column] = result[column].fillna("").astype(str)
    result["jurisdiction"] = own["jurisdiction"].fillna("").astype(str).to_numpy()
    result["area_ha"] = own["area_ha"].to_numpy(dtype=float) * result["share"].to_numpy(dtype=float)
    if len(plan.before):
        today = plan.before.set_index("parcel_id").reindex(plan.parcels["parcel_id"])["zone"].fillna("").to_numpy()
    else:
        # without the plan's word the approved zone is today's, and a parcel that is held shows where it was
        today = own["zone"].fillna("").to_numpy()
        held = (result["practice"] == HOLD).to_numpy() & (today == "")
        today = np.where(held, result["zone"].to_numpy(), today)
    result["zone_before"] = today
    result["rezoned"] = result["zone"] != result["zone_before"]
    result["converted"] = result["class_before"] != result["class_after"]
    result["changed"] = result["rezoned"] | result["converted"]
    return result


def actions(plan: PlanData, parts: pd.DataFrame) -> pd.DataFrame:
    """Land actions by start period: ``practice, start, parcels, area_ha``, in the order of the practices table.

    Held land is the row of practice ``hold`` and unassigned land the row of a blank one; both without a start.
    """
    table = parts.groupby(["practice", "start"], sort=False).agg(
        parcels=("parcel_id", "nunique"), area_ha=("area_ha", "sum")
    )
    table = table.reset_index()
    ranks = {name: rank for rank, name in enumerate([*plan.study.practices["practice"], HOLD, ""])}
    times = {period.name: place for place, period in enumerate(plan.study.periods)}
    table["_rank"] = table["practice"].map(lambda name: ranks.get(name, len(ranks)))
    table["_time"] = table["start"].map(lambda name: times.get(name, -1))
    return table.sort_values(["_rank", "_time"], ignore_index=True).drop(columns=["_rank", "_time"])


def schedule(plan: PlanData) -> pd.DataFrame:
    """Every project of the study with its dates, the chosen ones first and by start.

    Returns
    -------
    DataFrame
        ``project, name, category, jurisdiction, capex`` (million), ``start`` (blank: not chosen), ``built`` (bool),
        ``from_year`` and ``open_year`` (first day of building and of operation, as fractional years),
        ``close_year`` (end of operation; infinite: for good), ``earliest, latest, mandatory``.
    """
    study = plan.study
    starts = plan.projects.set_index("project")["start"].fillna("").astype(str)
    table = study.projects.copy().reset_index(drop=True)
    table["start"] = table["project"].map(starts).fillna("")
    years = {period.name: float(period.start) for period in study.periods}
    table["built"] = table["start"] != ""
    table["from_year"] = table["start"].map(years).astype(float)
    table["open_year"] = table["from_year"] + table["build_years"].astype(float)
    table["close_year"] = (table["open_year"] + table["life_years"].astype(float)).where(
        table["life_years"].notna() | ~table["built"], np.inf
    )
    columns = ["project", "name", "category", "jurisdiction", "capex", "start", "built", "from_year", "open_year"]
    columns += ["close_year", "earliest", "latest", "mandatory"]
    return table.sort_values("from_year", kind="stable", ignore_index=True, na_position="last")[columns]


def limits(plan: PlanData) -> pd.DataFrame:
    """Every limit of the plan with its standing.

    Returns
    -------
    DataFrame
        The columns of ``plan.limits`` and ``sense, kind, tolerance, penalty, source, name_en, name_zh`` of the study's
        limits, ``shortfall`` (>= 0, in the limit's unit) and ``state``: ``holds``, ``binding`` (no slack left),
        ``gives`` (a soft limit that is not met) or ``broken``.
    """
    own = ["limit", "sense", "kind", "tolerance", "penalty", "source", "name_en", "name_zh"]
    rows = plan.limits.copy().reset_index(drop=True)
    rows = rows.drop(columns=[name for name in own[1:] if name in rows.columns])
    rows = rows.merge(plan.study.limits[own], on="limit", how="left", sort=False)
    texts = ("limit", "sense", "kind", "source", "name_en", "name_zh", "unit", "jurisdiction", "period", "account")
    for column in texts:
        rows[column] = rows[column].fillna("").astype(str)
    size = np.maximum(rows["bound"].abs().to_numpy(dtype=float), rows["value"].abs().to_numpy(dtype=float))
    close = _CLOSE * np.maximum(1.0, np.nan_to_num(size))
    slack = rows["slack"].to_numpy(dtype=float)
    short = slack < -close
    tight = (np.abs(slack) <= close) & ~short
    rows["shortfall"] = np.where(short, -slack, 0.0)
    soft = (rows["kind"] == "soft").to_numpy()
    rows["state"] = np.select([short & soft, short, tight], ["gives", "broken", "binding"], "holds")
    return rows


def groups(table: pd.DataFrame, keys: list[str]) -> list[NDArray[np.intp]]:
    """The positions of the rows of each group, in the order in which groups appear; rows without a key in none.

    Many small groups are told from whole columns by these: a frame for each takes a hundred times as long.
    """
    group = table.groupby(keys, sort=False).ngroup().to_numpy()
    order = np.argsort(group, kind="stable")[np.count_nonzero(group < 0) :]
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []


def accounts(plan: PlanData, own: Ledger) -> pd.DataFrame:
    """The ledger of the whole area by account and period, beside doing nothing where there is such a state.

    Parameters
    ----------
    own : a ledger of the plan's study, whatever its options.

    Returns
    -------
    DataFrame
        ``account, family, cash`` (bool), ``recurrence`` (annual, one_off, stock), ``unit, period, value, nothing``
        (NaN: there is none). The rows of period ``total`` hold Σ years x annual or Σ one-off (NaN for stocks).
    """
    study = plan.study
    keys = ["account", "period"]
    ledger = plan.ledger[plan.ledger["jurisdiction"] == TOTAL]
    table = ledger[[*keys, "measure", "value"]].reset_index(drop=True)
    nothing = doing_nothing_ledger(own) if study.has_doing_nothing else None
    if nothing is None:
        # a study of projects only has nothing at all when nothing is built
        table["nothing"] = 0.0 if study.has_doing_nothing and study.parcels.empty else np.nan
    else:
        # either ledger leaves out built-in accounts that are zero
        table = table.merge(nothing, on=[*keys, "measure"], how="outer", sort=False).fillna(
            {"value": 0.0, "nothing": 0.0}
        )
        times = {period.name: place for place, period in enumerate(study.periods)}
        order = {name: place for place, name in enumerate(dict.fromkeys([*ledger["account"], *nothing["account"]]))}
        rank = table["account"].map(order) * len(times) + table["period"].map(times).fillna(0)
        table = table.iloc[np.argsort(rank.to_numpy(), kind="stable")].reset_index(drop=True)
    table["recurrence"] = table.pop("measure").map({"per_year": "annual", "period_total": "one_off", "stock": "stock"})
    table["unit"] = table["account"].map(account_units(study, table["account"].unique().tolist()))
    given = study.accounts.set_index("account")
    built_in = table["account"].str.partition(".")[0].map(BUILT_IN).fillna("area")
    table["family"] = table["account"].map(given["family"].astype(object)).fillna(built_in)
    table["cash"] = table["account"].isin(given.index[given["cash"]])
    table = table[table["period"] != TOTAL]
    years = {period.name: float(period.years) for period in study.periods}
    weight = table["period"].map(years).fillna(1.0).where(table["recurrence"] == "annual", 1.0)
    weight = weight.where(table["recurrence"] != "stock")
    scaled = table.assign(value=table["value"] * weight, nothing=table["nothing"] * weight)
    fixed = ["account", "family", "cash", "recurrence", "unit"]
    whole = scaled.groupby(fixed, sort=False, as_index=False)[["value", "nothing"]].sum(min_count=1)
    return pd.concat([table, whole.assign(period=TOTAL)], ignore_index=True)[[*fixed, "period", "value", "nothing"]]


def doing_nothing_ledger(ledger: Ledger) -> pd.DataFrame | None:
    """The whole area's ledger of doing nothing (``account, period, measure, nothing``); None without land or state."""
    study = ledger.study
    if not study.has_doing_nothing or study.parcels.empty:
        return None
    held = ledger.held
    listed = held.accounts_and_units()["recurrence"]
    listed = listed[~listed.index.str.startswith(DECIDED) | listed.index.isin(held.accounts.names)]
    periods = [period.name for period in study.periods]
    wanted = [(account, place) for account in listed.index for place in range(len(periods))]
    idle = np.zeros((len(held.works.names), len(periods)))
    values = held.values(wanted, np.ones(len(held.options.kind)), idle, [TOTAL])[0]
    measure = listed.map({"annual": "per_year", "one_off": "period_total", "stock": "stock"})
    return pd.DataFrame(
        {
            "account": np.repeat(listed.index.to_numpy(), len(periods)),
            "period": np.tile(np.array(periods, dtype=object), len(listed)),
            "measure": np.repeat(measure.to_numpy(), len(periods)),
            "nothing": values,
        }
    )


def account_unit(study: Study, account: str) -> str:
    """The unit of an account as the study gives it, of a built-in account its own; blank where not given."""
    return account_units(study, [account])[account]


def account_units(study: Study, accounts: Sequence[str]) -> dict[str, str]:
    """The units of accounts, by account (see `account_unit`)."""
    table = study.accounts[["account", "unit", "family", "cash", "recurrence"]]
    given = {row[0]: row[1:] for row in table.to_numpy(dtype=object).tolist()}
    built_in: dict[str, str] | None = None
    found = {}
    for name in accounts:
        unit, family, cash, recurrence = given.get(name, ("", "", False, ""))
        if unit:
            found[name] = str(unit)
        elif name.startswith("area."):
            found[name] = "ha"
        elif name.startswith("quality."):
            found[name] = "ha x quality"
        elif name == "population":
            found[name] = "people"
        elif name.partition(".")[0] in BUILT_IN:
            if built_in is None:
                built_in = built_in_accounts(study)["unit"].to_dict()
            found[name] = str(built_in.get(name, ""))
        elif family in ("revenue", "cost") and cash:
            found[name] = "million/year" if recurrence == "annual" else "million"
        else:
            found[name] = ""
    return found


def ecosystem_unit(study: Study) -> str:
    """The unit that all accounts of F2 share, without its "per year"; blank where they differ or give none."""
    table = study.accounts
    chosen = table[(table["family"] == "ecosystem") & (table["counterpart_of"] == "")]
    used: set[str] = set()
    for name in FLOW_TABLES:
        used |= set(study.tables[name]["account"])
    if (study.projects["annual_ecosystem"].fillna(0.0) != 0).any():
        used.add("project.ecosystem")
    units = {str(unit).removesuffix("/year") for unit in chosen.loc[chosen["account"].isin(used), "unit"]}
    return units.pop() if len(units) == 1 else ""


def nonconforming(plan: PlanData) -> pd.DataFrame:
    """Held parcels that do not conform to their zone or line.

    Returns
    -------
    DataFrame
        ``parcel_id, zone, land_class, jurisdiction, area_ha, why``: ``class`` where the land class does not suit the
        zone, ``line`` where a control line asks for another zone.
    """
    own = plan.study.parcels[["parcel_id", "jurisdiction", "area_ha"]]
    table = plan.nonconforming[["parcel_id", "zone", "land_class"]].merge(own, on="parcel_id", how="left", sort=False)
    pairs = plan.study.class_zones
    suited = set(zip(*(pairs.loc[pairs["suitability"] > 0, name] for name in ("land_class", "zone")), strict=True))
    given = zip(table["land_class"], table["zone"], strict=True)
    table["why"] = ["line" if not len(pairs) or pair in suited else "class" for pair in given]
    return table
