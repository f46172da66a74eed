"""Plans near the best: how unlike they are, and in how many of them each parcel and project keeps its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.reports.distances import DISTANCES, GAINS, starts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

    Floats = NDArray[np.float64]

BEST: Final = "best"
OUT, IN = "out", "in"
"""What is asked of a project: left out where it is built, forced in where it is not."""
PRICES, RESOLVED, NEVER, NOT_ASKED = "prices", "resolved", "never", "not_known"
"""How a loss is known: by prices, solved again, no plan at all has it otherwise, or not."""
LOSSES: Final = ("by_prices", "least_loss", "most_loss", "how", "status", "always")
TABLE: Final = (
    "plan", "status", "objective", "bound", "gap", "loss", "cash", "ecosystem", "projects", "distance",
    "distance_bound", "distance_gap", *(f"from_best_{name}" for name in DISTANCES), "holds", "seconds",
)  # fmt: skip
SPREAD: Final = ("distance", "unit", "mean", "least")
UNITS: Final = dict.fromkeys(DISTANCES, "share") | {GAINS: "million, present value"}
RANGES: Final = ("actor", "best", "least", "least_found", "most_found", "most", "status", "seconds")
SEARCHES: Final = ("plan", "status", "distance", "distance_bound", "objective_bound", "seconds")


@dataclass(frozen=True, eq=False)
class Found:
    """A search for an alternative.

    Attributes
    ----------
    plan : what it found; None: nothing that differs.
    x : as a point of its program.
    told : ``status`` of the search, ``distance_found`` and ``distance_bound`` in the unit of the distance;
        ``objective_bound``: no plan within reach that is as far from those before is worth more; ``seconds``.
    """

    plan: PlanData | None
    x: Floats
    told: Mapping[str, Any]


@dataclass
class Alternatives:
    """Plans near the best that differ as much as possible.

    Attributes
    ----------
    study : what was asked.
    by, within : in what they differ, and how much of the best objective they may give up, as a part of it.
    names, plans : the best first (``best``), then ``1``, ``2``, … in the order in which they were found.
    table : a row a plan: status, objective, bound and gap as of any plan of the study; ``loss`` to the best as a part
        of it; ``distance`` to the nearest of those before it, ``distance_bound``: no plan within reach is farther from
        all of those; ``distance_gap`` between the two, as a part of the distance; ``from_best_…``: how far from the
        best plan by every distance there is; ``holds``: whether the audit finds it as stated.
    searches : of each alternative that was looked for how it ended, one that was not found too.
    distances : of each two plans the distance asked for, names by names.
    spread : by every distance its unit, and the mean and the least over all pairs of plans.
    ranges : where plans differ by gains what each actor gains: ``best`` in the best plan, ``least, most``: no plan
        within reach gives it less or more; ``least_found, most_found`` in plans that were found; million, present
        value. ``status``: optimal (each end within the gap of what was found) or feasible (the time ran out for one);
        ``seconds`` that it took to find out. Else, and where it was stopped before all were known, empty.
    parcels : of each parcel its zone in the best plan, ``kept``: the share of alternatives in which it keeps that (of a
        divided one the part that does); ``by_prices``: by how much what bounds every plan falls when the zone is
        forbidden; ``least_loss, most_loss``: the objective loses no less, and no more, than this (most NaN: no plan
        without it is known; inf: there is none); ``how`` (prices, resolved, never, not_known), ``status`` of the solve;
        ``always``: proven to keep its zone in every plan within reach; where land is divided, at least a part of it.
    projects : the same of projects: ``start`` in the best plan, ``case`` (out, in), ``kept``: built there as often as
        here, ``kept_start``: at the same start too.
    exhausted : whether it is proven that no further plan within reach differs.
    complete : whether nobody stopped it.
    """

    study: Study
    by: str
    within: float
    names: list[str]
    plans: list[PlanData] = field(repr=False)
    table: pd.DataFrame
    searches: pd.DataFrame
    distances: pd.DataFrame
    spread: pd.DataFrame
    ranges: pd.DataFrame
    parcels: pd.DataFrame
    projects: pd.DataFrame
    exhausted: bool = False
    complete: bool = True

    @property
    def best(self) -> PlanData:
        """The plan that the others are near to; it may have none."""
        return self.plans[0]

    @property
    def holds(self) -> bool:
        """Whether the audit finds every plan as it is stated."""
        return bool((self.table["holds"].map(lambda held: held is not False)).all())

    @property
    def cover(self) -> float | None:
        """Every plan within reach is no farther than this from one of these; None: not known."""
        bounds = self.searches["distance_bound"].to_numpy(dtype=float)
        return float(np.nanmin(bounds)) if np.isfinite(bounds).any() else None

    def to_text(self, lang: str = "en") -> str:
        """Plans, how unlike they are, and what depends on what, in ``en`` or ``zh``."""
        from zonevest.reports.alternatives_text import to_text

        return to_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """The tables as plain values."""
        tables = {"table": self.table, "searches": self.searches, "spread": self.spread, "ranges": self.ranges,
                  "parcels": self.parcels, "projects": self.projects}  # fmt: skip
        return {
            "by": self.by,
            "within": self.within,
            "complete": self.complete,
            "exhausted": self.exhausted,
            "cover": self.cover,
            "distances": self.distances.to_numpy().tolist(),
            **{name: plain(table).to_dict("records") for name, table in tables.items()},
        }

    def write(self, folder: str | Path, lang: str = "en") -> None:
        """Write alternatives.html, alternatives.xlsx, the tables as CSV and a folder for each plan, all or nothing.

        Raises
        ------
        FileExistsError
            If the folder exists.
        """
        from zonevest.reports.alternatives_forms import write

        write(self, Path(folder), lang)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table with None for what is not there."""
    return table.astype(object).where(table.notna(), None)


def alternatives_of(
    best: PlanData,
    found: Sequence[Found],
    by: str,
    within: float,
    losses: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    ranges: pd.DataFrame | None = None,
    *,
    exhausted: bool = False,
    complete: bool = True,
) -> Alternatives:
    """Put together what was found.

    Parameters
    ----------
    losses : of parcels and of projects, in the study's order: `LOSSES`, and parcel_id and zone, or project and case.
    ranges : of gains.
    """
    known = [each for each in found if each.plan is not None]
    plans = [best, *(each.plan for each in known if each.plan is not None)]
    names = [BEST, *(str(number) for number in range(1, len(plans)))]
    there = plans if best.has_plan else []
    apart = {name: distance(there) if there else np.zeros((0, 0)) for name, distance in DISTANCES.items()}
    searches = [
        (str(number), each.told["status"], each.told["distance_found"], each.told["distance_bound"],
         each.told.get("objective_bound"), each.told["seconds"]) for number, each in enumerate(found, 1)
    ]  # fmt: skip
    shown = names[: len(there)]
    return Alternatives(
        best.study,
        by,
        within,
        names,
        plans,
        _table(shown, there, known, apart, by),
        pd.DataFrame(searches, columns=list(SEARCHES)),
        pd.DataFrame(apart[by], index=shown, columns=shown),
        _spread(apart),
        pd.DataFrame(columns=list(RANGES)) if ranges is None else ranges,
        _parcels(there, losses),
        _projects(there, losses),
        exhausted,
        complete,
    )


def _table(
    names: Sequence[str], plans: Sequence[PlanData], found: Sequence[Found], apart: Mapping[str, Floats], by: str
) -> pd.DataFrame:
    rows = []
    for place, (name, plan) in enumerate(zip(names, plans, strict=True)):
        told = found[place - 1].told if place else {}
        distance = float(apart[by][place, :place].min()) if place else np.nan
        bound = max(float(told["distance_bound"]), distance) if place else np.nan
        best = float(plans[0].objective or 0.0)
        audit = getattr(plan, "audit", None)
        rows.append(
            {
                "plan": name,
                "status": plan.status,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "loss": (best - float(plan.objective or 0.0)) / abs(best) if best else 0.0,
                "cash": plan.cash,
                "ecosystem": plan.ecosystem,
                "projects": sum(bool(start) for start in starts_of(plan)),
                "distance": distance,
                "distance_bound": bound,
                "distance_gap": (bound - distance) / distance if place and distance else np.nan,
                **{f"from_best_{each}": float(matrix[place, 0]) for each, matrix in apart.items()},
                "holds": None if audit is None else bool(audit.ok),
                "seconds": float(told["seconds"]) if place else float(sum(plan.seconds.values())),
            }
        )
    return pd.DataFrame(rows, columns=list(TABLE))


def _spread(apart: Mapping[str, Floats]) -> pd.DataFrame:
    rows = []
    for name, matrix in apart.items():
        pairs = matrix[np.tril_indices(len(matrix), -1)]
        some = len(pairs) > 0
        rows.append((name, UNITS[name], pairs.mean() if some else np.nan, pairs.min() if some else np.nan))
    return pd.DataFrame(rows, columns=list(SPREAD))


def _parcels(plans: Sequence[PlanData], losses: tuple[pd.DataFrame, pd.DataFrame] | None) -> pd.DataFrame:
    columns = ["parcel_id", "jurisdiction", "area_ha", "zone", "kept", *LOSSES]
    if losses is None or not plans:
        return pd.DataFrame(columns=columns)
    own = plans[0].study.parcels
    table = losses[0].assign(
        jurisdiction=own["jurisdiction"].to_numpy(dtype=object), area_ha=own["area_ha"].to_numpy(dtype=float)
    )
    kept = np.full((max(len(plans) - 1, 1), len(table)), np.nan)
    wanted = pd.Series(table["zone"].to_numpy(dtype=object), index=table["parcel_id"])
    for place, plan in enumerate(plans[1:]):
        parts = plan.parcels
        same = parts["zone"].fillna("").astype(str).to_numpy() == wanted.reindex(parts["parcel_id"]).to_numpy()
        share = parts["share"].where(same, 0.0).groupby(parts["parcel_id"]).sum()
        kept[place] = share.reindex(table["parcel_id"]).fillna(0.0).to_numpy(dtype=float)
    return table.assign(kept=np.clip(kept.mean(axis=0), 0.0, 1.0))[columns]


def _projects(plans: Sequence[PlanData], losses: tuple[pd.DataFrame, pd.DataFrame] | None) -> pd.DataFrame:
    columns = ["project", "jurisdiction", "capex", "start", "case", "kept", "kept_start", *LOSSES]
    if losses is None or not plans:
        return pd.DataFrame(columns=columns)
    own = plans[0].study.projects
    starts = np.array([starts_of(plan) for plan in plans], dtype=object).reshape(len(plans), len(own))
    others = starts[1:]
    none = np.full(len(own), np.nan)
    kept = ((others != "") == (starts[0] != "")).mean(axis=0) if len(others) else none
    same = (others == starts[0]).mean(axis=0) if len(others) else none
    return losses[1].assign(
        jurisdiction=own["jurisdiction"].to_numpy(dtype=object), capex=own["capex"].to_numpy(dtype=float),
        start=starts[0], kept=kept, kept_start=same,
    )[columns]  # fmt: skip
