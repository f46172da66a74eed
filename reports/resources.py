"""Natural resources as assets, and people, before the plan and at the end of its periods: numbers only, no words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.areas import START, TOTAL, residents
from zonevest.reports.tables import allocation

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

BEFORE = "start"
"""The state before the first period."""
TENURES = ("", "state", "collective")
CONSTRUCTION = "area.class_group.construction"


def people(plan: PlanData, ledger: Ledger) -> pd.DataFrame:
    """People and construction land, before the plan and at the end of each period, in all and by jurisdiction.

    Returns
    -------
    DataFrame
        ``jurisdiction, period`` (``start``: before the first), ``people, moved_in`` (of them), ``construction_ha``,
        ``per_head`` (square metres of construction land a head, NaN without people).
    """
    study, names = plan.study, period_names(plan.study.periods)
    places = [TOTAL, *study.jurisdictions["jurisdiction"]]
    before, arrived = _before(ledger, [CONSTRUCTION], places), _arrived(plan)
    after = {name: _after(plan, name) for name in names}
    times = [START, *range(len(names))]
    living = {t: residents(study, None if t == START else ledger.clock, t) for t in times}
    rows = []
    for place in places:
        for t, name in enumerate([BEFORE, *names], start=START):
            there = living[t][place]
            moved = 0.0 if t == START else float(arrived.get((place, name), 0.0))
            land = before if t == START else after[name]
            rows.append((place, name, there + moved, moved, float(land.get((CONSTRUCTION, place), 0.0))))
    table = pd.DataFrame(rows, columns=["jurisdiction", "period", "people", "moved_in", "construction_ha"])
    heads = table["people"].where(table["people"] > 0)
    return table.assign(per_head=1e4 * table["construction_ha"] / heads)


def _before(ledger: Ledger, accounts: Sequence[str], places: Sequence[str] = (TOTAL,)) -> dict[tuple[str, str], float]:
    """The state before the first period: doing nothing in y0, by account and place."""
    held = ledger.held
    idle = np.zeros((len(ledger.works.names), len(ledger.clock.length)))
    wanted = [(account, START) for account in accounts]
    value = held.values(wanted, np.ones(len(held.options.kind)), idle, places)
    return {
        (account, place): float(value[i, k]) for i, place in enumerate(places) for k, account in enumerate(accounts)
    }


def _after(plan: PlanData, period: str) -> dict[tuple[str, str], float]:
    """What the plan's ledger holds in a period, by account and place."""
    rows = plan.ledger[plan.ledger["period"] == period]
    return dict(zip(zip(rows["account"], rows["jurisdiction"], strict=True), rows["value"], strict=True))


def _arrived(plan: PlanData) -> dict[tuple[str, str], float]:
    """Who has moved in by the end of each period, by place and period: once what draws them is there."""
    study = plan.study
    parts = allocation(plan)
    practices = study.practices.set_index("practice")[["in_migration", "lead_years"]]
    parts = parts.join(practices, on="practice")
    begin = {period.name: float(period.start) for period in study.periods}
    ready = parts["start"].map(begin).astype(float) + parts["lead_years"]
    moved = (parts["area_ha"] * parts["in_migration"]).where(ready.notna(), 0.0)
    found: dict[tuple[str, str], float] = {}
    for period in study.periods:
        here = moved.where(ready < period.start + period.years, 0.0)
        found[TOTAL, period.name] = float(here.sum())
        by_place = here.groupby(parts["jurisdiction"]).sum()
        found |= {(str(place), period.name): float(value) for place, value in by_place.items()}
    return found
