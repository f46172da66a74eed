"""The parts of the report page as display-ready rows: what `templates/` lays out, nothing left to compute there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from zonevest.reports import tables
from zonevest.reports.display import DASH, number, places, year

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display

Part = dict[str, Any]

SHOWN = 12
"""Rows of a long list that stand open; the rest folds."""
FIRST_PROJECTS = 60


def projects(plan: PlanData, display: Display) -> Part:
    """The chosen projects on a time line; the table of all of them names those not chosen."""
    words, study = display.words, plan.study
    table = tables.schedule(plan)
    first, span = study.first_year, study.last_year + 1 - study.first_year
    decimals = places(table["capex"].astype(float))

    def at(when: float) -> float:
        return min(100.0, max(0.0, 100 * (when - first) / span))

    chosen = []
    for row in table[table["built"]].itertuples(index=False):
        building = row.open_year > row.from_year
        told = words("build_none", first=year(row.from_year))
        if building:
            told = words("build_years", years=_span(row.from_year, row.open_year))
        if math.isinf(row.close_year):
            running = words("operate_on", first=year(row.open_year))
        else:
            running = words("operate_years", years=_span(row.open_year, row.close_year))
        chosen.append(
            {
                "name": display.project(row.project),
                "code": row.project if display.project(row.project) != row.project else "",
                "category": "" if row.category == "other" else words.or_code("category_", str(row.category)),
                "jurisdiction": display.jurisdiction(row.jurisdiction) if row.jurisdiction else "",
                "mandatory": bool(row.mandatory),
                "capex": number(float(row.capex), decimals),
                "start": row.start,
                "build": (at(row.from_year), at(row.open_year) - at(row.from_year)) if building else None,
                "operate": (at(row.open_year), at(row.close_year) - at(row.open_year))
                if row.open_year < first + span
                else None,
                "goes_on": row.close_year > first + span,
                "text": f"{told}; {running}" if words.lang == "en" else f"{told}；{running}",
            }
        )
    return {
        "count": len(table),
        "periods": [
            {"name": period.name, "left": at(period.start), "width": 100 * period.years / span}
            for period in study.periods
        ],
        "ends": (first, study.last_year),
        "chosen": chosen[:FIRST_PROJECTS],
        "rest": chosen[FIRST_PROJECTS:],
        "sum": words("sum_capex", count=display.projects(len(chosen)), capex=display.money(_capex(table, True))),
    }


def _capex(table: pd.DataFrame, built: bool) -> float:
    return float(table.loc[table["built"] == built, "capex"].astype(float).sum())


def _span(begins: float, after: float) -> str:
    """The years from a first day to the one before another: ``2027``, ``2027–2029``."""
    last = year(after - 1) if abs(after - round(after)) < 1e-9 else year(after)
    return last if year(begins) == last else f"{year(begins)}{DASH}{last}"
