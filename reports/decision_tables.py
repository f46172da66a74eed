"""What of a common decision is the same whatever comes, what waits, and with which number it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import listed, say
from zonevest.instances.scenarios import listing
from zonevest.instances.study import period_names
from zonevest.reports.display import number
from zonevest.reports.sweep_text import AS_IT_IS, called

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData
    from zonevest.reports.decision import Decision

    Floats = NDArray[np.float64]

CHANGE = ["table", "key", "column", "period", "op"]
LABEL = ["zone", "practice", "begins"]
ROUNDING = 1e-6
ALIKE = 0.9
"""Rank correlation from which on something is told to move with a number."""


def unknowns(study: Study, names: Sequence[str]) -> pd.DataFrame:
    """Numbers by which scenarios differ: a row a change, and a column of amounts for each scenario.

    A scenario that leaves a number as it is has the factor 1 there, or the study's own value.
    """
    changes = listing(study)
    changes = changes[changes["scenario"].isin(names)]
    rows = []
    for key, mine in changes.groupby(CHANGE, sort=False):
        amounts = dict(zip(mine["scenario"], mine["amount"], strict=True))
        own = mine["from"].iloc[0]
        same = "1" if key[-1] == "factor" else "" if isinstance(own, list | dict) else str(own)
        row = dict(zip(CHANGE, key, strict=True)) | {name: str(amounts.get(name, same)) for name in names}
        if len({row[name] for name in names}) > 1:
            rows.append(row)
    return pd.DataFrame(rows, columns=[*CHANGE, *names])


def projects_table(found: Decision) -> pd.DataFrame:
    """Every project: what is decided now, whether each scenario's own best plan decides the same, and its starts.

    Those that start now come first, then those that start in some scenario.

    Returns
    -------
    project; now (period, blank: not now); own (in how many scenarios the own best plan decides the same now); of;
    same (whether all of them do); a column for each scenario with the start there; moves_with, in words.
    """
    starts = {name: _starts(plan) for name, plan in found.plans.items()}
    own = [dict(zip(table["project"], table["start"], strict=True)) for _, table in found.own.values()]
    periods = {name: at for at, name in enumerate(period_names(found.study.periods))}
    rows = []
    for project, now in zip(found.projects["project"], found.projects["start"], strict=True):
        alike = sum(each.get(project, "") == now for each in own)
        row: dict[str, Any] = {"project": project, "now": now, "own": alike, "of": len(own)}
        row["same"] = alike == len(own) == len(found.probabilities)
        there = {name: each.get(project, "") for name, each in starts.items()}
        when = np.array([float(periods.get(start, len(periods))) for start in there.values()])
        cells = {name: start or say("not built") for name, start in there.items()}
        rows.append(row | there | {"moves_with": moves_with(found.unknown, when, cells, later=True)})
    rows.sort(key=lambda row: (not row["now"], not any(row[name] for name in starts)))
    return pd.DataFrame(rows, columns=["project", "now", "own", "of", "same", *starts, "moves_with"])


def land_table(found: Decision) -> pd.DataFrame:
    """What is decided of land now: zone, practice and begins (blank: nothing begins), parcels, area_ha, same_ha.

    `same_ha` is the land of which every scenario's own best plan decides the same.
    """
    land = first_stage(found)
    land = land[land["kind"] == "parcel"]
    area = land["name"].map(_areas(found.study)).to_numpy(dtype=float) * land["share"].to_numpy(dtype=float)
    land = land.assign(area_ha=area, same_ha=np.where(land["same"], area, 0.0))
    told = land.groupby(LABEL, sort=False).agg(
        parcels=("name", "nunique"), area_ha=("area_ha", "sum"), same_ha=("same_ha", "sum")
    )
    return told.reset_index().sort_values("area_ha", ascending=False, kind="stable").reset_index(drop=True)


def later_table(found: Decision) -> pd.DataFrame:
    """What begins later on land: practice, hectares in each scenario, and with which number that moves."""
    area, begun = _areas(found.study), set(found.periods_now)
    by_scenario: dict[str, dict[str, float]] = {}
    for name, plan in found.plans.items():
        land = plan.parcels[(plan.parcels["start"] != "") & ~plan.parcels["start"].isin(begun)]
        hectares = land["share"].astype(float) * land["parcel_id"].map(area).astype(float)  # of no land: text
        by_scenario[name] = hectares.groupby(land["practice"]).sum().to_dict()
    known = dict.fromkeys(practice for each in by_scenario.values() for practice in each)
    rows = []
    for practice in known:
        there = {name: each.get(practice, 0.0) for name, each in by_scenario.items()}
        cells = {name: number(value) for name, value in there.items()}
        moves = moves_with(found.unknown, np.array([*there.values()]), cells, later=False)
        rows.append({"practice": practice} | there | {"moves_with": moves})
    return pd.DataFrame(rows, columns=["practice", *by_scenario, "moves_with"])


def first_stage(found: Decision) -> pd.DataFrame:
    """Everything that is decided now, a row a parcel (or a part of one) and a row a project.

    Returns
    -------
    kind (parcel or project), name, zone, practice, begins (of a project its start), share, same (whether every
    scenario's own best plan decides the same).
    """
    land = found.parcels.rename(columns={"parcel_id": "name"}).assign(kind="parcel")
    same = np.full(len(land), len(found.own) == len(found.probabilities))
    keys = pd.MultiIndex.from_frame(found.parcels[["parcel_id", *LABEL]])
    for table, _ in found.own.values():
        own = table.set_index(["parcel_id", *LABEL])["share"].reindex(keys).fillna(0.0).to_numpy(dtype=float)
        same &= np.abs(own - land["share"].to_numpy(dtype=float)) <= ROUNDING
    land["same"] = same
    works = found.projects.rename(columns={"project": "name", "start": "begins"})
    alike = projects_table(found).set_index("project")["same"]
    works = works.assign(kind="project", zone="", practice="", share=1.0, same=works["name"].map(alike).astype(bool))
    columns = ["kind", "name", *LABEL, "share", "same"]
    return pd.concat([land[columns], works[columns]], ignore_index=True)


def moves_with(unknown: pd.DataFrame, values: Floats, cells: Mapping[str, str], *, later: bool) -> str:
    """With which of the numbers that scenarios change something moves, as a sentence; blank where with none.

    A number parts the scenarios where all that lie up to some amount have less of it (or more) than all others; else
    one whose order is nearly the same is told.

    Parameters
    ----------
    values : by scenario, in the order of `cells`.
    cells : by scenario how the value is told.
    later : whether more is later.
    """
    names = [*cells]
    if len(names) < 2 or np.ptp(values) <= ROUNDING:
        return ""
    best: tuple[float, str] = (0.0, "")
    for row in unknown.to_dict("records"):
        amounts = pd.to_numeric(pd.Series([row[name] for name in names]), errors="coerce").to_numpy(dtype=float)
        if not np.isfinite(amounts).all() or np.ptp(amounts) <= 0.0:
            continue
        what = say("{key} {column} ({table})", key=row["key"], column=row["column"], table=row["table"])
        if (parted := _parted(amounts, values)) is not None:
            low, high, apart = parted
            told = [dict.fromkeys(cells[names[at]] for at in np.flatnonzero(side)) for side in (low, high)]
            sentence = say(
                "{what} up to {low:g}: {few}; from {high:g} on: {many}",
                what=what,
                low=float(amounts[low].max()),
                high=float(amounts[high].min()),
                few=_joined(told[0]),
                many=_joined(told[1]),
            )
            if 1.0 + apart > best[0]:
                best = 1.0 + apart, sentence
            continue
        alike = float(np.corrcoef(_ranks(amounts), _ranks(values))[0, 1])
        if len(names) > 3 and abs(alike) >= max(ALIKE, best[0]):
            if later:
                sentence = (
                    say("later, the higher: {what}", what=what)
                    if alike > 0
                    else say("later, the lower: {what}", what=what)
                )
            else:
                sentence = (
                    say("more, the higher: {what}", what=what)
                    if alike > 0
                    else say("more, the lower: {what}", what=what)
                )
            best = abs(alike), sentence
    return best[1]


def _parted(amounts: Floats, values: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float] | None:
    """The two sides of an amount between which values are farthest apart, as a part of their range; None: no such."""
    best = None
    for edge in np.unique(amounts)[:-1]:
        low = amounts <= edge
        apart = max(values[~low].min() - values[low].max(), values[low].min() - values[~low].max())
        if apart > ROUNDING and (best is None or apart > best[2]):
            best = low, ~low, float(apart)
    return None if best is None else (best[0], best[1], best[2] / float(np.ptp(values)))


def _ranks(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def _joined(names: Mapping[str, object]) -> str:
    return listed([*names], " / ")


def _starts(plan: PlanData) -> dict[str, str]:
    return dict(zip(plan.projects["project"], plan.projects["start"].fillna(""), strict=True))


def _areas(study: Study) -> dict[str, float]:
    return dict(zip(study.parcels["parcel_id"], study.parcels["area_ha"], strict=True))


def summary_table(found: Decision) -> pd.DataFrame:
    """A row for each scenario, with its name as it is said."""
    table = found.summary
    return table.assign(scenario=[called(name or AS_IT_IS) for name in table["scenario"]])
