"""What the cases of test_binding.py are made of: tiny studies whose best plan one row family forbids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.model.builds import Build
from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluation, Evaluator

Row = Mapping[str, Any]
Rows = Sequence[Row]

YEAR: Rows = [{"name": "a", "start": 2026, "years": 1}]
YEARS: Rows = [*YEAR, {"name": "b", "start": 2027, "years": 1}]
SETTINGS: dict[str, Any] = {
    "name": "binding",
    "defaults": "none",
    "periods": YEARS,
    "rates": {"finance": 0.0, "social": 0.0, "tail_years": 0},
    "objective": {"method": "weighted", "cash": 1.0},
}
"""Two years, no discounting: present values are plain sums, and capital of a life of one year counts once."""


@dataclass(frozen=True)
class Case:
    """A study whose best plan is worth `within`, and `without` the rows of a family more.

    Attributes
    ----------
    told : the rules that the better plan breaks, as the audit calls them; ``""`` for none (a soft row gives; or the
        rows say what is booked, and the plan brings less than the program says), None where the audit cannot know.
    stage : which stage of the lexicographic method, and what the earlier ones keep.
    """

    study: Study
    without: float
    within: float
    told: str | None
    stage: dict[str, Any] = field(default_factory=dict)


def tiny(settings: Mapping[str, Any] | None = None, **tables: Rows) -> Study:
    """A study of a few rows."""
    frames = {name: pd.DataFrame(list(rows)) for name, rows in tables.items()}
    return make_study({**SETTINGS, **(settings or {})}, **frames)


def family(row: str) -> str:
    """The family of a row by its name."""
    return row.partition("[")[0]


def solve(build: Build, without: str = "") -> tuple[float, dict[str, float]]:
    """The best value and its columns, where the rows of a family are left out; SciPy's solver, to the end."""
    at = {name: place for place, name in enumerate(build.columns)}
    rows = [row for name, row in build.rows.items() if family(name) != without]
    matrix = np.zeros((len(rows), len(at)))
    for r, (_, _, terms) in enumerate(rows):
        for name, value in terms.items():
            matrix[r, at[name]] = value
    gain = np.zeros(len(at))
    for name, value in build.objective.items():
        gain[at[name]] = value
    low, high, whole = (np.array(part) for part in zip(*build.columns.values(), strict=True))
    held = [LinearConstraint(matrix, *(np.array([row[side] for row in rows]) for side in (0, 1)))] if rows else []
    found = milp(-gain, integrality=whole, bounds=Bounds(low, high), constraints=held, options={"mip_rel_gap": 0.0})
    assert found.status == 0, found.message
    return build.constant - float(found.fun), dict(zip(at, found.x.tolist(), strict=True))


def audited(evaluator: Evaluator, columns: Mapping[str, float]) -> Evaluation:
    """What the audit says of the plan that columns stand for."""
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("parcels", "financing", "uplift", "fund_transfers", "budget_transfers", "quota_trade")
    }
    started: dict[str, str] = {}
    for name, value in columns.items():
        kind, _, index = name.removesuffix("]").partition("[")
        key = index.split(",")
        if value < 1e-6:
            continue
        if kind == "x":
            row = dict(zip(("parcel_id", "practice", "start"), key, strict=True))
            tables["parcels"].append({**row, "share": value})
        elif kind == "U":
            started.setdefault(*key)
        elif kind in ("draw", "raised"):
            instrument, project, start, period = key if kind == "draw" else (key[0], "", "", key[1])
            row = {"instrument": instrument, "project": project, "start": start, "period": period}
            tables["financing"].append({**row, "raised": value})
        elif kind == "uplifted":
            jurisdiction, catchments, where = key[2].split("/")
            row = {"project": key[0], "start": key[1], "period": key[3]}
            row |= {"jurisdiction": jurisdiction, "catchments": catchments, "where": where}
            tables["uplift"].append({**row, "area_ha": value})
        elif kind == "transfer":
            tables["fund_transfers"].append({"jurisdiction": key[0], "period": key[1], "amount": value})
        elif kind == "passed":
            tables["budget_transfers"].append({"from": key[0], "to": key[1], "period": key[2], "amount": value})
        elif kind in ("buy", "sell"):
            row = dict(zip(("quota", "jurisdiction", "period"), key, strict=True))
            traded = {"bought": value, "sold": 0.0} if kind == "buy" else {"bought": 0.0, "sold": value}
            tables["quota_trade"].append({**row, **traded})
    parcels = pd.DataFrame(tables.pop("parcels"), columns=["parcel_id", "practice", "start", "share"])
    projects = pd.DataFrame(started.items(), columns=["project", "start"])
    decisions = {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}
    return evaluator.evaluate(parcels, projects, **decisions)
