"""Land of several plans side by side: what each parcel does in each, on what all agree, and what moves between two.

A parcel may be shared between options where land is divisible. Two plans agree on the share that both give to the same
option (zone, land action, start and land class), which is the lesser of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

    Floats = NDArray[np.float64]

OPTION: Final = ("zone", "practice", "start", "class_after")
"""What an option is; in this order what a difference between plans is told by."""
CLUSTER: Final = ("jurisdiction", "zone_a", "practice_a", "zone_b", "practice_b")
AGREEMENT: Final = ["plans", "aspect", "jurisdiction", "agreed", "of", "area_agreed", "area_of", "share"]
SMALL: Final = 1e-9
SEVERAL: Final = "…"


def there(plans: Sequence[PlanData], table: str = "parcels") -> list[int]:
    """The places of plans that say what becomes of a study's parcels, or of its projects (`table`).

    Not of those that are no plans, nor of those that leave out all that their study has.
    """
    return [
        place
        for place, plan in enumerate(plans)
        if plan.has_plan and (len(getattr(plan, table)) or not len(plan.study.tables[table]))
    ]


def shares(plans: Sequence[PlanData]) -> pd.DataFrame:
    """The share of each option of each parcel that is in every plan: `parcel_id`, `OPTION`, a column 0, 1, … per plan.

    Plans that are not `there` have no part in it; their columns are NaN.
    """
    known = there(plans)
    frames = []
    for place in known:
        table = plans[place].parcels[["parcel_id", *OPTION, "share"]]
        frames.append(table.assign(plan=place, **{name: table[name].fillna("").astype(str) for name in OPTION}))
    if not frames:
        return pd.DataFrame(columns=["parcel_id", *OPTION, *range(len(plans))])
    found = pd.concat(frames, ignore_index=True)
    everywhere = set(found["parcel_id"])
    for table in frames:
        everywhere &= set(table["parcel_id"])
    found = found[found["parcel_id"].isin(everywhere)]
    option = found.groupby(["parcel_id", *OPTION], sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(option, return_index=True)[1]
    matrix = np.full((len(first), len(plans)), np.nan)
    matrix[:, known] = 0.0
    np.add.at(matrix, (option, found["plan"].to_numpy()), found["share"].to_numpy(dtype=float))
    result = found.iloc[first][["parcel_id", *OPTION]].reset_index(drop=True)
    return pd.concat([result, pd.DataFrame(matrix)], axis=1)


def agreed(table: pd.DataFrame, plans: int, by: Sequence[str] = OPTION) -> pd.Series:
    """By parcel the share on which plans that are there agree, told by some of `OPTION`; in the order of the table."""
    keys = ["parcel_id", *by]
    sums = table.groupby(keys, sort=False, observed=True)[list(range(plans))].sum(min_count=1)
    least = sums.min(axis=1, skipna=True)
    found: pd.Series = least.groupby(level="parcel_id", sort=False).sum()
    return found


def moves(table: pd.DataFrame, one: int, other: int) -> pd.DataFrame:
    """What two plans do otherwise, part by part: ``parcel_id``, ``share`` and `OPTION` of one (`_a`) and other (`_b`).

    Of a shared parcel, what one plan does and the other not is met by what the other does and the one not, in the
    same proportion for each part.
    """
    change = (table[other] - table[one]).to_numpy(dtype=float)
    keys = ["parcel_id", *OPTION]
    left = table.loc[change < -SMALL, keys].assign(lost=-change[change < -SMALL])
    right = table.loc[change > SMALL, keys].assign(won=change[change > SMALL])
    left["whole"] = left.groupby("parcel_id", sort=False)["lost"].transform("sum")
    both = left.merge(right, on="parcel_id", suffixes=("_a", "_b"), sort=False)
    both["share"] = both["lost"] * both["won"] / both["whole"]
    return both.drop(columns=["lost", "won", "whole"])


def areas_of(study: Study) -> pd.DataFrame:
    """Area and jurisdiction of every parcel, by parcel_id."""
    table = study.parcels.set_index("parcel_id")[["area_ha", "jurisdiction"]]
    return table.assign(
        area_ha=table["area_ha"].astype(float), jurisdiction=table["jurisdiction"].fillna("").astype(str)
    )


def clusters(moved: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Disagreements that are alike put together, those of most ``weight`` first.

    Returns
    -------
    DataFrame
        `CLUSTER`, ``parcels``, ``area_ha``, ``start_a`` and ``start_b`` (…: several), ``cluster`` (0, 1, …). Area,
        jurisdiction and number of the cluster are added to each row of `moved`.
    """
    own = areas_of(study).reindex(moved["parcel_id"])
    moved["area_ha"] = own["area_ha"].to_numpy() * moved["share"].to_numpy()
    moved["jurisdiction"] = own["jurisdiction"].to_numpy()
    groups = moved.groupby(list(CLUSTER), sort=False)
    code = groups.ngroup().to_numpy()
    sums = groups.agg(
        parcels=("parcel_id", "nunique"), area_ha=("area_ha", "sum"), weight=("weight", "sum"),
        start_a=("start_a", _one), start_b=("start_b", _one),
    ).reset_index()  # fmt: skip
    order = np.lexsort([-sums["area_ha"].to_numpy(), -sums.pop("weight").abs().to_numpy()])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    moved["cluster"] = rank[code] if len(code) else np.zeros(0, dtype=np.int64)
    return sums.iloc[order].reset_index(drop=True).assign(cluster=np.arange(len(order)))


def _one(texts: pd.Series) -> str:
    found = texts.unique()
    return str(found[0]) if len(found) == 1 else SEVERAL


def main_parts(plan: PlanData, ids: pd.Index) -> pd.DataFrame:
    """`OPTION` and share of what most of each parcel does, rows as `ids`; blank and 0 where there is no such parcel."""
    if not plan.has_plan:
        return pd.DataFrame({**dict.fromkeys(OPTION, ""), "share": 0.0}, index=ids)
    table = plan.parcels[["parcel_id", *OPTION, "share"]]
    largest = table.sort_values("share", ascending=False, kind="stable").drop_duplicates("parcel_id")
    found = largest.set_index("parcel_id").reindex(ids)
    return found.assign(
        **{name: found[name].fillna("").astype(str) for name in OPTION}, share=found["share"].fillna(0.0)
    )


def agreement(table: pd.DataFrame, plans: Sequence[PlanData], study: Study) -> pd.DataFrame:
    """On how much land and how many projects all plans that are there agree; nothing is said of fewer than two.

    Returns
    -------
    DataFrame
        ``plans`` (how many are there),
        ``aspect`` (zone, class_after, practice, option: all of it with its start; of projects built and start),
        ``jurisdiction`` (``total``, and of an option each), ``agreed`` and ``of`` (parcels on which all plans fully
        agree, or projects), ``area_agreed``, ``area_of`` (hectares, shares of parcels among them), ``share`` (of the
        hectares, of the count of projects).
    """
    own = areas_of(study)
    rows: list[tuple[object, ...]] = []
    count, known = len(plans), len(there(plans))
    for what, by in (
        ("zone", ["zone"]),
        ("class_after", ["class_after"]),
        ("practice", ["zone", "practice"]),
        ("option", list(OPTION)),
    ):
        if table.empty or known < 2:
            break
        share = agreed(table, count, by)
        area = own["area_ha"].reindex(share.index)
        places = own["jurisdiction"].reindex(share.index)
        whole = pd.DataFrame({"place": places, "full": share > 1 - 1e-6, "area": area, "same": area * share})
        sums = [("total", whole)]
        if what == "option":
            sums += [(str(place), part) for place, part in whole.groupby("place", sort=False)]
        for place, part in sums:
            of = float(part["area"].sum())
            same = float(part["same"].sum())
            full = int(part["full"].sum())
            rows.append((known, what, place, full, len(part), same, of, same / of if of else np.nan))
    starts = starts_of(plans)
    if len(starts) and starts.shape[1] > 1:
        built = _alike(starts != "")
        alike = _alike(starts)
        for what, same in (("built", built), ("start", alike)):
            told = (int(same.sum()), len(same), np.nan, np.nan, float(same.mean()))
            rows.append((starts.shape[1], what, "total", *told))
    return pd.DataFrame(rows, columns=AGREEMENT)


def starts_of(plans: Sequence[PlanData]) -> pd.DataFrame:
    """The start of every project that all studies have (blank: not built), a column per plan that there is."""
    found = {
        place: plans[place].projects.drop_duplicates("project").set_index("project")["start"].fillna("").astype(str)
        for place in there(plans, "projects")
    }
    return pd.DataFrame(found).dropna() if found else pd.DataFrame()


def _alike(table: pd.DataFrame) -> pd.Series:
    """Whether all cells of a row are the same."""
    return table.eq(table.iloc[:, 0], axis=0).all(axis=1)
