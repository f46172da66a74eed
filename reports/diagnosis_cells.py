"""Which cell of a study gives, and what it has to say so that a condition gives by an amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zonevest.instances.study import each, items, lineages, period_names
from zonevest.model.appraisal import hurdle_rates
from zonevest.model.areas import TOTAL
from zonevest.model.bars import EOD_SHARE, HURDLE, SITE_LINE, WINDOWS
from zonevest.model.takings import REFUSED, kept_from

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.conditions import Condition

SHARES = ("share_of", "share_of_start", "per_head")
"""Bases by which the value of a limit is not in the unit of its account."""
NEAR = 0.01
"""Amounts that give are rounded outwards by less than this part."""
SETTINGS = (
    "debt_ratio_cap",
    "interest_share_general",
    "interest_share_fund",
    "dscr_min",
    "refinance_share",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
)
"""Rows of [finance] that hold a multiple of something that the plan decides."""


class Cell(NamedTuple):
    """A cell, what stands in it and what would have to."""

    table: str
    key: str
    column: str
    old: Any
    new: Any


NOWHERE = Cell("", "", "", np.nan, np.nan)


def cell(study: Study, of: Condition, gives: float, bound: float, beside: float | None = None) -> Cell:
    """The cell behind a condition; `NOWHERE` where it is not one cell.

    Parameters
    ----------
    bound : the bound that the row has in the repaired plan: a multiple of what the cell says.
    beside : of a hurdle the rate at which the start in the repaired plan is worth it; None: it is at none. Of the floor
        of ecosystem value, what doing nothing has of it.
    """
    if of.family == HURDLE:
        project = study.projects.set_index("project").loc[of.key[0]]
        finance, old = study.settings.finance, hurdle_of(study, of.key[0])
        if beside is not None:
            return Cell("projects", of.key[0], "hurdle", old, beside)
        if finance is None or project["category"] not in finance.hurdle:  # without a rate it is not tested
            return Cell("projects", of.key[0], "hurdle", old, np.nan)
        return Cell("projects", of.key[0], "mandatory", False, True)  # what is mandated need not be worth it
    if of.family == "floor":
        term = of.key[0]
        old = study.settings.objective.floor[term]
        if term == "cash":
            return Cell("study", "objective", f"floor.{term}", old, old - gives)
        if not beside:
            return NOWHERE
        return Cell("study", "objective", f"floor.{term}", old, _outwards(old - gives / beside, -1.0))
    return next(_cells(study, of, gives, bound), NOWHERE)


def hurdle_of(study: Study, project: str) -> float:
    """The rate at which a project is tested; NaN: none."""
    return float(hurdle_rates(study)[study.projects["project"].tolist().index(project)])


class Use(NamedTuple):
    """A land action that a parcel is let go for, the zone that it leads to, and what keeps it from it.

    `reasons` are of `zonevest.model.options.LIFTED`.
    """

    practice: str
    zone: str
    reasons: list[str]


def parcel_cells(study: Study, parcel: Any, uses: Sequence[Use]) -> list[dict[str, Any]]:
    """What has to stand in a parcel's cells so that lines, overlays and locks keep it from no use of it any longer.

    Parameters
    ----------
    parcel : its row of the parcels table.
    uses : of parts of it; where no one value does for all of them, that for the first one stands.

    Returns
    -------
    list of dict
        Of each use the columns that keep the parcel from it, and what suffices there for all uses.
    """
    found = [_values(study, parcel, use) for use in uses]
    asked: dict[str, list[list[Any]]] = {}
    for of_use in found:
        for column, values in of_use.items():
            asked.setdefault(column, []).extend(values)
    new = {column: next((v for v in ways[0] if all(v in each for each in ways)), ways[0][0])
           for column, ways in asked.items()}  # fmt: skip
    if "forbidden_zones" in new:
        kept = [set(items(ways[0])) for ways in asked["forbidden_zones"]]
        new["forbidden_zones"] = "; ".join(n for n in items(parcel.forbidden_zones) if all(n in each for each in kept))
    return [{column: new[column] for column in of_use} for of_use in found]


def _values(study: Study, parcel: Any, use: Use) -> dict[str, list[list[Any]]]:
    """Of each column that keeps a parcel from a use: by reason the values that do not, the preferred one first."""
    own, found = study.practices[study.practices["practice"] == use.practice], dict[str, list[list[Any]]]()
    line_of = dict(zip(study.zones["zone"], study.zones["line"], strict=True))
    above = lineages(study.zones["zone"], study.zones["parent"]).get(use.zone, [use.zone])
    column, values = "", list[Any]()
    for reason in use.reasons:
        line = reason.removeprefix("line:")
        if reason in ("locked_zone", "locked_practice"):
            column, values = reason, [""]
        elif reason == "forbidden_zones":
            column, values = reason, ["; ".join(name for name in items(parcel.forbidden_zones) if name not in above)]
        elif reason == "conversion":
            column, values = reason, items(own["conversion"].iloc[0]) or ["free"]
        elif reason == "redline_grade":
            column, values = "redline", ["general", "0"] if own["redline_ok"].iloc[0] == "general" else ["0"]
        elif line == "redline":
            column, values = line, ["general", "core"] if line_of.get(use.zone) == line else ["0"]
        else:  # a zone that follows the line wants the parcel inside, every other one outside
            column, values = line, [line != reason and line_of.get(use.zone) == line]
        found.setdefault(column, []).append(values)
    return found


def _cells(study: Study, of: Condition, gives: float, bound: float) -> Iterator[Cell]:
    key, name = of.key, of.key[0] if of.key else ""
    more = -gives if of.told is not None and of.told.sense == ">=" else gives
    if of.family == "limit":
        row = next(row for row in each(study.limits) if row.limit == name)
        if row.sense == "==":
            yield Cell("limits", name, "tolerance", row.tolerance, row.tolerance + gives)
        elif row.basis.partition(":")[0] not in SHARES:
            yield Cell("limits", name, "value", row.value, row.value + more)
        elif row.value and bound:
            yield Cell("limits", name, "value", row.value, _outwards(row.value * (1 + more / bound), more))
        else:
            yield Cell("limits", name, "tolerance", row.tolerance, row.tolerance + gives)
    elif of.family in SETTINGS and study.settings.finance is not None:
        old = study.settings.finance.at(of.family, key[-1])
        if old and bound:
            yield Cell("study", "finance", of.family, old, _outwards(old * (1 + more / bound), more))
    elif of.family == "quota":
        yield from _quota(study, of, gives)
    elif of.family in ("quota_buy", "quota_sell"):
        row = next(row for row in each(study.quotas) if row.quota == name)
        column, years = f"{of.family.removeprefix('quota_')}_max", _years(study, key[-1])
        old = getattr(row, column)
        yield Cell("quotas", name, column, old, old + gives / years)
    elif of.family in ("instrument_total", "instrument_period"):
        column = f"limit_{of.family.removeprefix('instrument_')}"
        old = study.instruments.set_index("instrument").loc[name, column]
        yield Cell("instruments", name, column, old, old + gives)
    else:
        yield from _of_project(study, of, gives)


def _of_project(study: Study, of: Condition, gives: float) -> Iterator[Cell]:
    name = of.key[0] if of.key else ""
    if of.family == "mandatory":
        yield Cell("projects", name, "mandatory", True, False)
    elif of.family == "requires":
        old = study.projects.set_index("project").loc[name, "requires"]
        yield Cell("projects", name, "requires", old, "; ".join(j for j in items(old) if j != of.key[1]))
    elif of.family == "pool":
        old = float(study.projects.set_index("project").loc[name, "min_area"])
        yield Cell("projects", name, "min_area", old, old - gives)
    elif of.family == "enable":
        yield Cell("practices", name, "requires_project", True, False)
    elif of.family == "footprint":
        project = study.projects.set_index("project").loc[name]
        asked = [column for column in ("footprint_zones", "footprint_practice") if project[column]]
        if len(asked) == 1 and not study.settings.unassigned:  # idle land is in no zone
            yield Cell("projects", name, asked[0], project[asked[0]], "")
    elif of.family == "site_take":
        yield from _site(study, of, gives)
    elif of.family in WINDOWS:
        old = str(study.projects.set_index("project").loc[name, of.family])
        names, steps = period_names(study.periods), round(gives) * (1 if of.family == "latest" else -1)
        yield Cell("projects", name, of.family, old, names[names.index(old) + steps])
    elif of.family == SITE_LINE:
        project = study.projects.set_index("project").loc[name]
        if of.key[1] == "basic_farmland":
            yield Cell("projects", name, "basic_farmland_ok", False, True)
        else:
            grades = study.parcels.set_index("parcel_id").loc[items(project["footprint"]), "redline"]
            new = "core" if (grades == "core").any() else "general"
            yield Cell("projects", name, "redline_ok", str(project["redline_ok"]), new)
    elif of.family == EOD_SHARE and study.settings.finance is not None:
        old_share = float(study.settings.finance.eod_eco_share or 0.0)
        yield Cell("study", "finance", "eod_eco_share", old_share, _outwards(max(old_share - of.least, 0.0), -1.0))


def _site(study: Study, of: Condition, gives: float) -> Iterator[Cell]:
    """The line that the one project has to admit that takes land of the class there.

    The least that brings so many hectares of the class back: basic farmland, then the red line as far as it has to be.
    """
    land_class, place, grade, farmland = of.key
    of_project = study.projects.set_index("project")
    takes = study.land_take[study.land_take["land_class"] == land_class]
    where = takes["jurisdiction"].mask(takes["jurisdiction"] == "", takes["project"].map(of_project["jurisdiction"]))
    takers = list(dict.fromkeys(takes.loc[where == ("" if place == TOTAL else place), "project"]))
    if len(takers) != 1:
        return
    seen = study.parcels[study.parcels["land_class"] == land_class]
    seen = seen if place == TOTAL else seen[seen["jurisdiction"] == place]
    area, basic = seen["area_ha"].to_numpy(dtype=float), farmland == "1"
    now = kept_from(seen, grade, basic)
    ways: list[tuple[Cell, tuple[str, bool]]] = []
    if not basic:
        ways.append((Cell("projects", takers[0], "basic_farmland_ok", False, True), (grade, True)))
    wider = list(REFUSED)[list(REFUSED).index(grade) + 1 :]
    ways += [(Cell("projects", takers[0], "redline_ok", grade, new), (new, basic)) for new in wider]
    for way, admission in ways:
        if area @ (now & ~kept_from(seen, *admission)) >= gives * (1 - NEAR):
            yield way


def _quota(study: Study, of: Condition, gives: float) -> Iterator[Cell]:
    """What is granted: of one movable quota per year, else to the place in the period."""
    name, place, period = of.key
    grants = study.quota_grants
    mine = grants[(grants["quota"] == name) & (grants["period"] == period)]
    if place == TOTAL:
        old = float(study.quotas.set_index("quota").loc[name, "granted"])
        yield Cell("quotas", name, "granted", old, old + gives / _years(study, period))
    else:
        old = float(mine.loc[mine["jurisdiction"] == place, "amount"].sum())
        yield Cell("quota_grants", f"{name}/{place}/{period}", "amount", old, old + gives)


def _years(study: Study, period: str) -> int:
    return study.periods[period_names(study.periods).index(period)].years


def _outwards(value: float, direction: float) -> float:
    """A share with five significant digits, rounded so that it gives no less."""
    if not value:
        return value
    unit = 10.0 ** (np.floor(np.log10(abs(value))) - 4)
    steps = np.ceil(value / unit - 1e-6) if direction > 0 else np.floor(value / unit + 1e-6)
    return float(steps * unit)
