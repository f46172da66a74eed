"""The milestones of a plan: what has come about by the end of each period, by which rule, and how much is to spare.

Everything is read from the plan's own tables; what rests on which step comes of `zonevest.reports.path_steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.reports import tables
from zonevest.reports.path_steps import HOW, MOST, NEAR, ROW, land_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zonevest.model.plan import PlanData
    from zonevest.reports.path_steps import Point

MILESTONES: Final = [
    "period", "kind", "item", "jurisdiction", "value", "unit", "rule", "margin", "margin_unit", "binding", "met_by",
    "needed_by",
]  # fmt: skip
KINDS: Final = (
    "begun", "opened", "closed", "land", "restoration", "raised", "repaid", "cash", "debt", "quota_used",
    "quota_bought", "quota_sold", "people", "social", "limit", "quota", "money", "ratio",
)  # fmt: skip
"""Kinds of milestones, in the order in which they are told."""
RATIOS: Final = frozenset(
    {"debt_ratio_cap", "interest_share_general", "interest_share_fund", "dscr_min", "cover_min", "refinance_share",
     "land_sale_share_cap", "green_share_min", "real_estate_share_max", "reinvestment_min"}
)  # fmt: skip
"""Rows of money that compare two amounts."""
WINDOW: Final = "window"
"""The rule that a project starts in its window."""
ALWAYS: Final = ("cash", "debt")
"""Kinds that are told where they are nothing, too."""


def milestones(point: Point, unlocks: pd.DataFrame) -> pd.DataFrame:
    """All of them (see `zonevest.reports.path.Milestones`)."""
    plan = point.priced.plan
    named = _unlocked(unlocks)
    rows = [*_projects(point, named), *_land(plan, named), *_restoration(plan), *_booked(plan), *_limits(point)]
    table = pd.DataFrame(rows, columns=MILESTONES)
    return tables.in_order(table, period=[*period_names(plan.study.periods), tables.TOTAL], kind=KINDS)


def _unlocked(unlocks: pd.DataFrame) -> dict[str, str]:
    """Step -> what it unlocks directly, beside rows."""
    direct = unlocks[unlocks["direct"] & unlocks["what"].ne(ROW)]
    return {str(step): _joined(rows) for step, rows in direct.groupby("step", sort=False)["target"]}


def _joined(codes: Any) -> str:
    return ";".join(dict.fromkeys(str(code) for code in codes))


def _row(period: str, kind: str, item: str, place: str, value: float, unit: str, **more: Any) -> tuple[Any, ...]:
    rest = {"rule": "", "margin": np.nan, "margin_unit": "", "binding": False, "met_by": "", "needed_by": ""} | more
    return (period, kind, item, place, value, unit, *rest.values())


def _projects(point: Point, named: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """Projects begun, opened (built) and closed (at the end of their life) inside the horizon."""
    study, works = point.priced.ledger.study, point.priced.ledger.works
    table = tables.schedule(point.priced.plan)
    for row in table[table["built"]].itertuples(index=False):
        possible = np.flatnonzero(works.possible[works.names.index(row.project)])
        last = float(study.periods[int(possible[-1])].start) if len(possible) else row.from_year
        spare = last - row.from_year
        yield _row(
            row.start, "begun", row.project, row.jurisdiction, row.from_year, "year", rule=WINDOW, margin=spare,
            margin_unit="years", binding=spare <= 0.0, needed_by=named.get(row.project, ""),
        )  # fmt: skip
        for kind, year in (("opened", row.open_year), ("closed", row.close_year)):
            within = [each.name for each in study.periods if each.start <= year - NEAR < each.start + each.years]
            # what is built on the first day of a period is there by the end of the one before
            if kind == "closed" or year > row.from_year:
                for name in within:
                    yield _row(name, kind, row.project, row.jurisdiction, year, "year")
            else:
                yield _row(row.start, kind, row.project, row.jurisdiction, year, "year")


def _begun(plan: PlanData) -> pd.DataFrame:
    """The land of which a use begins: jurisdiction, zone, practice, start, hectares."""
    land = plan.study.parcels.set_index("parcel_id").reindex(plan.parcels["parcel_id"])
    table = plan.parcels[["zone", "practice", "start"]].fillna("").assign(
        jurisdiction=land["jurisdiction"].fillna("").to_numpy(),
        area_ha=land["area_ha"].to_numpy(dtype=float) * plan.parcels["share"].to_numpy(dtype=float),
    )  # fmt: skip
    return table[table["start"] != ""]


def _land(plan: PlanData, named: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """Hectares whose use in a zone begins in the period, by jurisdiction."""
    sums = _begun(plan).groupby(["start", "jurisdiction", "zone"], sort=True)["area_ha"].sum()
    for (start, place, zone), area in sums.items():
        code = land_code(str(place), str(zone), str(start))
        yield _row(str(start), "land", str(zone), str(place), float(area), "ha", needed_by=named.get(code, ""))


def _restoration(plan: PlanData) -> Iterator[tuple[Any, ...]]:
    """Hectares on which restoration begins in the period, by land action and jurisdiction."""
    practices, begun = plan.study.practices, _begun(plan)
    flagged = practices["restoration"] | practices["mode"].isin(["restoration", "reclamation"])
    mine = begun[begun["practice"].isin(practices.loc[flagged, "practice"])]
    for (start, place, practice), area in mine.groupby(["start", "jurisdiction", "practice"])["area_ha"].sum().items():
        yield _row(str(start), "restoration", str(practice), str(place), float(area), "ha")


def _booked(plan: PlanData) -> Iterator[tuple[Any, ...]]:
    """What the ledger has of money raised and repaid, cash and debt, quotas, people and social accounts."""
    study = plan.study
    kinds: dict[str, tuple[str, str]] = {}
    for f in study.instruments["instrument"]:
        kinds |= {f"finance.raised.{f}": ("raised", f), f"finance.repaid.{f}": ("repaid", f)}
    for name in ["finance.cash", *(f"finance.cash.{b}" for b in study.budgets["budget"])]:
        kinds[name] = "cash", name
    kinds["finance.debt"] = "debt", "finance.debt"
    for quota, used in zip(study.quotas["quota"], study.quotas["account_used"], strict=True):
        kinds.setdefault(used, ("quota_used", quota))
        kinds |= {f"quota.{quota}.{side}": (f"quota_{side}", quota) for side in ("bought", "sold")}
    kinds.pop("", None)
    kinds["population"] = "people", "population"
    social = study.accounts.loc[study.accounts["family"] == "social", "account"]
    kinds |= {name: ("social", name) for name in ["project.jobs", *social]}
    ledger = plan.ledger[plan.ledger["account"].isin(kinds) & plan.ledger["period"].ne(tables.TOTAL)]
    ledger = ledger[ledger["jurisdiction"].eq(tables.TOTAL) | ledger["account"].isin(study.quotas["account_used"])]
    units = tables.account_units(study, ledger["account"].unique().tolist())
    rules = _rules_of(plan)
    for account, place, period, value in ledger[["account", "jurisdiction", "period", "value"]].itertuples(
        index=False, name=None
    ):
        kind, item = kinds[account]
        if abs(value) <= NEAR and kind not in ALWAYS:
            continue
        rule = rules.get((account, place, period), {})
        yield _row(period, kind, item, place, float(value), units[account], **rule)


def _rules_of(plan: PlanData) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Account, place and period -> the row that holds it nearest, and what it leaves."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in _standing(plan).to_dict("records"):
        key = row["account"], row["jurisdiction"], row["period"]
        if key not in found or row["slack"] < found[key]["margin"]:
            found[key] = {
                "rule": row["limit"], "margin": row["slack"], "margin_unit": row["unit"], "binding": row["binding"],
            }  # fmt: skip
    return found


def _standing(plan: PlanData) -> pd.DataFrame:
    """The plan's rows that have a bound, and whether each binds."""
    table = plan.limits[plan.limits["slack"].notna()].fillna({"jurisdiction": "", "period": "", "unit": ""})
    size = np.maximum(table["bound"].abs().fillna(0.0), table["value"].abs().fillna(0.0))
    return table.assign(binding=table["slack"] <= NEAR * np.maximum(1.0, size))


def _limits(point: Point) -> Iterator[tuple[Any, ...]]:
    """The plan's rows: what each comes to, what is to spare, which steps meet it, and which use it."""
    rows = point.rows
    keys = zip(rows["limit"], rows["jurisdiction"], rows["period"], strict=True)
    at = {key: k for k, key in enumerate(keys)}
    codes, broken = point.steps["step"].to_numpy(dtype=object), point.broken
    stated = set(point.priced.plan.study.limits["limit"])
    change = sparse.csc_array(point.taken_out)
    for row in _standing(point.priced.plan).to_dict("records"):
        head = str(row["limit"]).partition(".")[0]
        kind = "ratio" if head in RATIOS else {"money": "money", "quota": "quota"}.get(HOW.get(head, ""), "limit")
        met = needed = ""
        k = at.get((row["limit"], row["jurisdiction"], row["period"]))
        if k is not None:
            mine = broken[broken["at"] == k]
            mine = mine.iloc[np.argsort(-mine["by"].to_numpy(), kind="stable")]
            met = _joined(codes[mine["step"].to_numpy(dtype=int)][:MOST])
            needed = _users(point, change, k, codes)
        own = "limit" if row["limit"] in stated else kind
        yield _row(
            row["period"], own, row["limit"], row["jurisdiction"], float(row["value"]), row["unit"],
            rule=row["limit"], margin=float(row["slack"]), margin_unit=row["unit"], binding=bool(row["binding"]),
            met_by=met, needed_by=needed,
        )  # fmt: skip


def _users(point: Point, change: sparse.csc_array, k: int, codes: Any) -> str:
    """The steps that use up most of what a row with one bound leaves."""
    low, high, _ = (side[k] for side in point.sides)
    if np.isfinite(low) == np.isfinite(high):
        return ""
    column = change[:, [k]]
    by = column.data * (1.0 if np.isfinite(low) else -1.0)
    use = by > NEAR * max(1.0, float(np.abs(column.data).max(initial=0.0)))
    order = np.argsort(-by[use], kind="stable")[:MOST]
    return _joined(codes[column.indices[use][order]])
