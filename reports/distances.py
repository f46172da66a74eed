"""How unlike two plans of one study are, from their tables alone.

Each distance is a metric: 0 of a plan to itself, the same both ways, and no longer by way of a third plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData

    Floats = NDArray[np.float64]

ZONING, ACTIONS, PROJECTS, GAINS = "zoning", "actions", "projects", "gains"
GAIN: Final = "gain.actor."
OUTSIDE: Final = "outside"


def _land(columns: Sequence[str]) -> Callable[[Sequence[PlanData]], Floats]:
    """The part of the area that has another label: Σ area x (1 - Σ over labels of the lesser share) / Σ area."""

    def between(plans: Sequence[PlanData]) -> Floats:
        parcels = plans[0].study.parcels
        area = parcels["area_ha"].to_numpy(dtype=float)
        ids = pd.Index(parcels["parcel_id"])
        frames = [plan.parcels[["parcel_id", *columns, "share"]] for plan in plans]
        label = pd.concat(frames)[list(columns)].fillna("").astype(str).agg("\t".join, axis=1)
        code, names = pd.factorize(label)
        ends = np.cumsum([0, *map(len, frames)])
        keys, shares = [], []
        for frame, low, high in zip(frames, ends, ends[1:], strict=False):
            key = ids.get_indexer(frame["parcel_id"]).astype(np.int64) * max(len(names), 1) + code[low:high]
            known, at = np.unique(key, return_inverse=True)
            keys.append(known)
            shares.append(np.bincount(at, weights=frame["share"].to_numpy(dtype=float)))
        result = np.zeros((len(plans), len(plans)))
        for one in range(len(plans)):
            for other in range(one):
                _, mine, its = np.intersect1d(keys[one], keys[other], assume_unique=True, return_indices=True)
                alike = np.minimum(shares[one][mine], shares[other][its])
                same = float(area[keys[one][mine] // max(len(names), 1)] @ alike)
                result[one, other] = result[other, one] = max(1.0 - same / (float(area.sum()) or 1.0), 0.0)
        return result

    return between


def projects(plans: Sequence[PlanData]) -> Floats:
    """The mean over projects: 1 where one plan alone builds it, else years between starts / years of all periods."""
    study = plans[0].study
    begin = dict(zip(period_names(study.periods), [float(p.start) for p in study.periods], strict=True))
    years = float(sum(period.years for period in study.periods)) or 1.0
    at = np.array([[begin.get(start, np.nan) for start in starts_of(plan)] for plan in plans])
    result = np.zeros((len(plans), len(plans)))
    for one in range(len(plans)):
        for other in range(one):
            built = ~np.isnan(at[[one, other]])
            apart = np.where(built.all(axis=0), np.abs(at[one] - at[other]) / years, built[0] != built[1])
            result[one, other] = result[other, one] = float(apart.mean()) if len(apart) else 0.0
    return result


def gains(plans: Sequence[PlanData]) -> Floats:
    """Σ over actors but outside of what each gains more or less, million, present value."""
    tables = [gains_of(plan) for plan in plans]
    value = pd.concat(tables, axis=1).fillna(0.0).to_numpy(dtype=float) if tables else np.zeros((0, 0))
    return np.asarray(np.abs(value[:, :, None] - value[:, None, :]).sum(axis=0))


DISTANCES: Final[Mapping[str, Callable[[Sequence[PlanData]], Floats]]] = {
    ZONING: _land(["zone"]),
    ACTIONS: _land(["practice", "start"]),
    PROJECTS: projects,
    GAINS: gains,
}
"""By name: a function of plans of one study that gives the distance of each two, shape (plans, plans)."""


def starts_of(plan: PlanData) -> list[str]:
    """The start of each project of the study, in its order; blank: not built."""
    start = plan.projects.drop_duplicates("project").set_index("project")["start"].fillna("")
    return [str(start.get(name, "")) for name in plan.study.projects["project"]]


def gains_of(plan: PlanData) -> pd.Series:
    """What each actor but outside gains over doing nothing, million, present value."""
    rows = plan.ledger[plan.ledger["account"].str.startswith(GAIN) & (plan.ledger["jurisdiction"] == TOTAL)]
    found = rows.set_index(rows["account"].str.removeprefix(GAIN))["value"].astype(float)
    return found.drop(OUTSIDE, errors="ignore")
