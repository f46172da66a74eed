"""The figures of a comparison: what disagreements are worth, and debt ratios of the plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from zonevest.reports.cash_flow import START
from zonevest.reports.compare_sides import APPROVED, NOTHING
from zonevest.reports.drawing import (
    COLOURS,
    DASHES,
    DOWN,
    UP,
    WHOLE,
    Drawing,
    layout,
    period_or_start,
    waterfall_of,
)
from zonevest.reports.sections_head import objective_unit

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.compare import Comparison
    from zonevest.reports.compare_display import Compared

STEPS: Final = 14
"""Disagreements that the figure shows by themselves; the rest is one step."""


def drawn(found: Comparison, display: Compared) -> dict[str, tuple[str, Drawing]]:
    """The figures that have something to show: the table with the data, and the drawing, by key."""
    made = {"compare_worth": ("worth", _worth(found, display)), "compare_debt": ("debt", _debt(found, display))}
    return {key: (table, drawing) for key, (table, drawing) in made.items() if drawing is not None}


def _worth(found: Comparison, display: Compared) -> Drawing | None:
    """From the objective of the first plan to that of the second, penalties in it, disagreement by disagreement."""
    table, words = found.tables["worth"], display.words
    base, name = found.names[:2]
    mine = table[table["plan"] == name]
    start = next(side.plan.objective for side in found.sides if side.name == base)
    if mine.empty or start is None:
        return None
    parts = mine[mine["kind"] != "total"]
    single = parts[parts["kind"].isin(["project", "land"])]
    largest = single.iloc[(-single["objective"].abs()).argsort(kind="stable")].head(STEPS)
    rest = float(parts["objective"].sum() - largest["objective"].sum())
    steps = [
        (_named(row, display), float(row.objective), UP if row.objective > 0 else DOWN)
        for row in largest.itertuples(index=False)
    ]
    steps = [step for step in steps if step[1]]
    if not steps:
        return None
    if rest:
        steps.append((words("compare_rest"), rest, UP if rest > 0 else DOWN))
    whole = sum(amount for _, amount, _ in steps)
    steps.append((words("compare_sum", plan=name, base=base), whole, WHOLE))
    names = {UP: words("compare_more"), DOWN: words("compare_less"), WHOLE: words("total")}
    return waterfall_of(steps, objective_unit(display), names)


def _named(row: pd.Series, display: Compared) -> str:
    if row.kind == "project":
        return display.project(row.project)
    where, one, other = (
        display.jurisdiction(row.jurisdiction),
        display.practice(row.practice_a),
        display.practice(row.practice_b),
    )
    if row.practice_a == row.practice_b:
        return f"{where}{display.words('colon')}{one}"
    return f"{where}{display.words('colon')}{one} → {other}"


def _debt(found: Comparison, display: Compared) -> Drawing | None:
    """The debt ratio of every plan by period."""
    table = found.tables["debt"]
    table = table[(table["item"] == "debt_ratio") & (table["period"] != START)]
    if table.empty:
        return None
    periods = [period_or_start(code, display) for code in table["period"]]
    data = []
    for at, side in enumerate(side for side in found.sides if side.name != APPROVED and side.plan.has_plan):
        values = [None if value != value else float(value) for value in table[side.name]]
        data.append(
            {"type": "scatter", "mode": "lines+markers", "name": display.plan_column(side.name),
             "x": periods, "y": values,
             "line": {"color": "#7f7f7f" if side.name == NOTHING else COLOURS[at % len(COLOURS)], "width": 2.4,
                      "dash": DASHES[at % len(DASHES)]}}
        )  # fmt: skip
    return {"data": data, "layout": layout(display.words("col_period"), display.unit("percent"))}
