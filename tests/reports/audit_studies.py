"""Small studies for the tests of the audit: two periods (2026-2027, 2028-2030), two years of tail, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tests.chinese import check_breaches
from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluation, Evaluator

Row = Mapping[str, Any]
Rows = Sequence[Row]

SETTINGS: dict[str, Any] = {
    "name": "by hand",
    "defaults": "none",
    "periods": [{"name": "p1", "start": 2026, "years": 2}, {"name": "p2", "start": 2028, "years": 3}],
    "rates": {"finance": 0.1, "social": 0.0, "tail_years": 2},
    "objective": {"method": "weighted", "cash": 1.0},
}
FARM = {"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0}
BUILD = {"practice": "build", "zone": "town", "to_class": "built"}
ACCOUNTS: Rows = [
    {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
    {"account": "cost", "family": "cost", "recurrence": "one_off", "cash": 1},
    {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"},
    {"account": "water", "family": "ecosystem", "recurrence": "annual"},
    {"account": "seed", "family": "ecosystem", "recurrence": "one_off"},
    {"account": "trees", "family": "custom", "recurrence": "stock"},
    {"account": "waste", "family": "custom", "recurrence": "annual"},
]
BASE: dict[str, Rows] = {
    "parcels": [FARM],
    "zones": [{"zone": "rural"}, {"zone": "town"}, {"zone": "core", "parent": "town"}],
    "land_classes": [
        {"land_class": "farm", "class_group": "arable", "resource": "land"},
        {"land_class": "orchard", "class_group": "arable;garden", "resource": "land"},
        {"land_class": "wood", "class_group": "forest", "resource": "forest"},
        {"land_class": "built", "class_group": "construction"},
    ],
    "accounts": ACCOUNTS,
    "practices": [BUILD],
}


NAMES = [
    *(str(cell) for rows in BASE.values() for row in rows for cell in row.values()),
    *("p1", "p2", "road", "school", "both", "bridge", "mine", "plant", "east", "west", "arable", "class"),
]
"""The names in these studies, and those that tests add."""
MONEY_NAMES = [
    *("cap", "draw", "fund", "open", "participation", "portfolio", "positive", "reach"),
    *("air", "bus", "hall", "lake", "moor", "north", "park", "pier", "stop", "tram"),
    *("kept", "room", "more", "general", "enterprise"),
    *("bill", "bond", "builders", "farmers", "grant", "green", "loan", "local", "pot", "roll", "stake", "works"),
]
"""Names of rows, and those in studies of money."""


def study(settings: Mapping[str, Any] | None = None, **tables: Rows) -> Study:
    """A study of `BASE` with other tables and settings."""
    rows = {**BASE, **tables}
    frames = {name: pd.DataFrame(list(each)) for name, each in rows.items() if each}
    return make_study({**SETTINGS, **(settings or {})}, **frames)


def evaluate(
    given: Study,
    options: Mapping[str, tuple[str, str]] | None = None,
    projects: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
    **decisions: Rows,
) -> Evaluation:
    """Evaluate a plan: (practice, start) by parcel, held where nothing is said; start by project; decisions."""
    evaluator = Evaluator(given, tags)
    chosen = dict.fromkeys(evaluator.parcel_ids, ("hold", "")) | dict(options or {})
    rows = [(parcel, practice, start, 1.0) for parcel, (practice, start) in chosen.items()]
    return evaluator.evaluate(
        pd.DataFrame(rows, columns=["parcel_id", "practice", "start", "share"]),
        pd.DataFrame(list((projects or {}).items()), columns=["project", "start"]),
        **{name: pd.DataFrame(list(rows)) for name, rows in decisions.items()},
    )


def listed(found: Evaluation, limit: str, period: str, place: str = "total") -> tuple[float, float, float]:
    """Value, bound and slack of a row of the limits."""
    limits = found.limits
    row = (limits["limit"] == limit) & (limits["jurisdiction"] == place) & (limits["period"] == period)
    value, bound, slack = limits.loc[row, ["value", "bound", "slack"]].to_numpy(dtype=float)[0]
    return float(value), float(bound), float(slack)


def cell(found: Evaluation, account: str, period: str, place: str = "total") -> float:
    """One cell of a ledger."""
    ledger = found.ledger
    row = (ledger["account"] == account) & (ledger["jurisdiction"] == place) & (ledger["period"] == period)
    return float(ledger.loc[row, "value"].item())


def cells(found: Evaluation, account: str, place: str = "total") -> tuple[float, float]:
    """An account in both periods."""
    return cell(found, account, "p1", place), cell(found, account, "p2", place)


def rules(found: Evaluation) -> set[str]:
    """The rules that a plan breaks; each breach is told in Chinese too."""
    check_breaches(found.breaches, [*NAMES, *MONEY_NAMES])
    return set(found.breaches["rule"])
