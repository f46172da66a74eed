"""A front: plans of which none is beaten in every term by another one, with what bounds them and which is its knee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.model.areas import TOTAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]

FLOOR = "floor_"
SAME = 1e-6
"""Points that are nearer in every term, as a part of its range, are one."""


@dataclass(frozen=True)
class Term:
    """What a front is over.

    Attributes
    ----------
    name : as it was asked for: cash, ecosystem, an account, or one of which less is better (``-area.converted``).
    account : the account; empty: the term is F1 or F2.
    sign : -1 where less is better.
    stock : whether the account is one, so that its last state counts.
    nothing : the account of doing nothing, where gains are over it.
    """

    name: str
    account: str = ""
    sign: float = 1.0
    stock: bool = False
    nothing: float = 0.0

    @property
    def column(self) -> str:
        """Its column in the table of points."""
        return self.account or self.name

    def value(self, plan: PlanData) -> float:
        """What a plan has of it, more being better: a gain in F1 or F2, in million; or the account over all periods."""
        if not self.account:
            return float(plan.cash if self.name == "cash" else plan.ecosystem or 0.0)  # type: ignore[arg-type]
        return self.sign * total(plan, self.account)

    def gain(self, plan: PlanData) -> float:
        """The same over doing nothing, as the objective counts it."""
        return self.value(plan) - self.sign * self.nothing


def total(plan: PlanData, account: str) -> float:
    """An account over the whole area and all periods: Σ years x annual, Σ one-off; of a stock its last state."""
    rows = plan.ledger[(plan.ledger["account"] == account) & (plan.ledger["jurisdiction"] == TOTAL)]
    if rows.empty:
        return 0.0
    years = {period.name: float(period.years) for period in plan.study.periods}
    value = rows["value"].to_numpy(dtype=float)
    measure = str(rows["measure"].iloc[0])
    if measure == "stock":
        last = plan.study.periods[-1].name
        return float(rows.loc[rows["period"] == last, "value"].sum())
    if measure == "per_year":
        value = value * rows["period"].map(years).to_numpy(dtype=float)
    return float(value.sum())


@dataclass
class Front:
    """Plans of which none is beaten in every term by another.

    Attributes
    ----------
    study : what was asked.
    terms : what the front is over, in the order asked for.
    main : the term that was maximised; the others had floors.
    points : one row a point, best in the main term first: the terms' values; ``floor_`` of the others as asked for;
        ``bound``, what no plan above these floors has more of in the main term, penalties taken off; ``gap`` to it, as
        a part of the main term's range; ``knee``; what is changed and built.
    solves : every solve that was made, those that gave no point of the front too.
    ranges : of each term, from the best of it to what the best of another leaves of it.
    plans : of the points.
    complete : whether all points that were asked for were looked for; not after Ctrl-C.
    notes : what is to be known of the search, as sentences.
    """

    study: Study
    terms: tuple[Term, ...]
    main: str
    points: pd.DataFrame
    solves: pd.DataFrame
    ranges: Mapping[str, float]
    plans: list[PlanData] = field(repr=False)
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def knee(self) -> int | None:
        """The position of the knee among the points; None where there is none (fewer than three points)."""
        at = np.flatnonzero(self.points["knee"].to_numpy(dtype=bool))
        return int(at[0]) if len(at) else None

    def to_text(self, lang: str = "en") -> str:
        """The points as a table, in ``en`` or ``zh``."""
        from zonevest.reports.front_forms import front_text

        return front_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """Points, solves and ranges, as `zonevest pareto --json` prints them."""
        from zonevest.reports.front_forms import to_dict

        return to_dict(self)

    def write(self, folder: str | Path, lang: str = "en") -> None:
        """Write points.csv, solves.csv, front.html with the curve and maps, and a plan folder for each point.

        Raises
        ------
        FileExistsError
            If the folder exists.
        """
        from zonevest.reports.front_forms import write_front

        write_front(self, Path(folder), lang)


def front_of(
    study: Study,
    terms: Sequence[Term],
    solved: Sequence[tuple[PlanData, Mapping[str, Any]]],
    ranges: Floats | None,
    main: int,
    *,
    complete: bool = True,
    notes: Sequence[str] = (),
) -> Front:
    """Put a front together from what was solved.

    Parameters
    ----------
    solved : plans, and of each what it was solved for: ``what`` (end, point, again: no point, as another floor's
        is the best for this one too), floors by term, bound of the main term.
    ranges : of each term.
    main : which term was maximised.
    complete, notes : whether nobody stopped the search, and what else is to be known of it.
    """
    rows = [_told(plan, told, terms) for plan, told in solved]
    solves = pd.DataFrame(rows, columns=_columns(terms))
    solves.insert(0, "solve", np.arange(1, len(rows) + 1))
    size = np.ones(len(terms)) if ranges is None else ranges
    known = [n for n, (plan, told) in enumerate(solved) if plan.has_plan and told["what"] == "point"]
    values = np.array([[term.value(solved[n][0]) for term in terms] for n in known]).reshape(len(known), len(terms))
    counted = values.copy()
    counted[:, main] -= np.array([solved[n][1].get("penalties", 0.0) for n in known])
    kept = unbeaten(counted / size)
    order = kept[np.argsort(-counted[kept, main], kind="stable")]
    chosen = [known[n] for n in order]
    points = pd.DataFrame([rows[n] for n in chosen], columns=list(solves.columns[1:]))
    points = points.drop(columns=["what", "of"])
    bound = points["bound"].to_numpy(dtype=float)
    points["gap"] = np.maximum(bound - counted[order, main], 0.0) / size[main]
    points["knee"] = False
    if (at := knee_of(counted[order] / size)) is not None:
        points.loc[at, "knee"] = True
    points.insert(0, "point", np.arange(1, len(points) + 1))
    named = dict(zip((term.column for term in terms), size.tolist(), strict=True))
    plans = [solved[n][0] for n in chosen]
    return Front(study, tuple(terms), terms[main].column, points, solves, named, plans, complete, tuple(notes))


def unbeaten(values: Floats) -> NDArray[np.int64]:
    """Which points no other one beats: as good in every term (to 1e-6) and better in one; of equal ones the first.

    Parameters
    ----------
    values : points x terms, more being better, each in parts of its range.
    """
    kept: list[int] = []
    for n, point in enumerate(values):
        at_least = (values >= point - SAME).all(axis=1)
        better = (values > point + SAME).any(axis=1)
        if (at_least & better).any() or any(bool((np.abs(values[k] - point) <= SAME).all()) for k in kept):
            continue
        kept.append(n)
    return np.array(kept, dtype=np.int64)


def knee_of(values: Floats) -> int | None:
    """Where the front bends most: of two terms the point that is farthest beyond the line between its ends.

    Of three terms the point that is nearest to the best of each (the ends do not span a line). None where fewer than
    three points are there, or none is beyond the line.

    Parameters
    ----------
    values : points x terms in the order of the front, each in parts of its range.
    """
    if len(values) < 3:
        return None
    spread = values.max(axis=0) - values.min(axis=0)
    scaled = (values - values.min(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    if values.shape[1] > 2:
        return int(np.argmin(np.linalg.norm(1.0 - scaled, axis=1)))
    beyond = scaled.sum(axis=1) - 1.0  # from the line between (1, 0) and (0, 1)
    at = int(np.argmax(beyond))
    return at if beyond[at] > SAME else None


def _columns(terms: Sequence[Term]) -> list[str]:
    """What is told of a solve."""
    names = [term.column for term in terms]
    more = ["bound", "penalties", "objective", "changed_ha", "projects", "seconds"]
    return ["what", "of", "status", *names, *(FLOOR + name for name in names), *more]


def _told(plan: PlanData, told: Mapping[str, Any], terms: Sequence[Term]) -> dict[str, Any]:
    """A solve as a row."""
    row: dict[str, Any] = {"what": told["what"], "of": told["of"], "status": plan.status}
    for term in terms:
        row[term.column] = term.sign * term.value(plan) if plan.has_plan else np.nan
    for term in terms:
        floor = told.get(FLOOR + term.name)
        row[FLOOR + term.column] = np.nan if floor is None else term.sign * floor
    row["bound"] = told.get("bound", np.nan)
    row["penalties"] = told.get("penalties", np.nan)
    row["objective"] = np.nan if plan.objective is None else plan.objective
    row["changed_ha"] = _changed(plan) if plan.has_plan else np.nan
    row["projects"] = int((plan.projects["start"] != "").sum()) if plan.has_plan else 0
    row["seconds"] = float(sum(plan.seconds.values()))
    return row


def _changed(plan: PlanData) -> float:
    """Hectares that follow a practice from some period on."""
    parts = plan.parcels.loc[plan.parcels["start"] != "", ["parcel_id", "share"]]
    area = plan.study.parcels.set_index("parcel_id")["area_ha"]
    return float(area.reindex(parts["parcel_id"]).to_numpy(dtype=float) @ parts["share"].to_numpy(dtype=float))
