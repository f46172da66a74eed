"""Alternatives in some lines, as they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.reports.alternatives import NEVER
from zonevest.reports.alternatives_forms import Near, notes, shown, title_of
from zonevest.reports.display import DASH, number, percent
from zonevest.reports.labels import Words
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.alternatives import Alternatives

SHOWN: Final = 12
"""Parcels and, of more of them, projects that are printed: those of most loss."""


def to_text(found: Alternatives, lang: str) -> str:
    """The plans, how unlike they are, and the projects and parcels on which most depends."""
    display = Near(found.study, Words(lang))
    words = display.words
    lines = [title_of(found, display), *(f"  {note}" for note in notes(found, "alternatives_plans", display))]
    if not found.best.has_plan:
        return "\n".join(lines)
    head = [words(f"col_{name}") for name in ("plan", "objective", "loss", "gap", "apart", "distance_bound")]
    rows = [[*head, words("col_searched")]]
    ended = ["", *found.searches["status"]]
    for place, row in enumerate(found.table.to_dict("records")):
        far = [display.apart(found.by, row[name]) if place else DASH for name in ("distance", "distance_bound")]
        gap = percent(None if row["gap"] is None else float(row["gap"]))
        search = words(f"alternatives_search_{ended[place]}") if place else ""
        rows.append(
            [display.plan_column(row["plan"]), number(row["objective"]), percent(row["loss"]), gap, *far, search]
        )
    lines += ["", *aligned(rows, 1)]
    if len(found.ranges):
        lines += ["", words("table_alternatives_ranges"), *aligned(_ranges(found, display), 1)]
    for section, table, key in (
        (
            "alternatives_projects",
            found.projects if len(found.projects) <= SHOWN else _dearest(found.projects),
            "project",
        ),
        ("alternatives_where", _dearest(found.parcels), "parcel_id"),
    ):
        if not len(table):
            continue
        lines += ["", words(f"section_{section}"), *(f"  {note}" for note in notes(found, section, display))]
        lines += aligned(_rows(shown(table), key, display), 2)
    return "\n".join(lines)


def _dearest(table: pd.DataFrame) -> pd.DataFrame:
    """What is proven to lose most, of what some plan might have otherwise."""
    some = table[(table["how"] != NEVER) & (table["least_loss"] > 0.0)]
    return some.iloc[np.argsort(-some["least_loss"].to_numpy(dtype=float), kind="stable")[:SHOWN]]


def _ranges(found: Alternatives, display: Near) -> list[list[str]]:
    """What each actor gains within reach: proven ends around what was found."""
    heads = ("actor", "best_gain", "least_proven", "least_found", "most_found", "most_proven", "searched")
    names = ("best", "least", "least_found", "most_found", "most")
    rows = [
        [
            display.actor(row["actor"]),
            *(number(float(row[name])) for name in names),
            display.words(f"alternatives_search_{row['status']}"),
        ]
        for row in found.ranges.to_dict("records")
    ]
    return [[display.words(f"col_{each}") for each in heads], *rows]


def _rows(table: pd.DataFrame, name: str, display: Near) -> list[list[str]]:
    words = display.words
    role = "start" if name == "project" else "zone"
    rows = [[words(f"col_{each}") for each in (name, role, "kept_in", "least_loss", "most_loss", "how")]]
    for row in table.to_dict("records"):
        called = display.project(row[name]) if name == "project" else str(row[name])
        told = (row["start"] or DASH) if name == "project" else display.zone(row["zone"])
        losses = [number(float(row[each])) for each in ("least_loss", "most_loss")]
        rows.append([called, told, percent(float(row["kept"])), *losses, words(f"alternatives_how_{row['how']}")])
    return rows
