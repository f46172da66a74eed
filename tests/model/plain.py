"""A plain study to think with: two periods, no discounting, one zone; every table is given as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

import zonevest as zv
from tests.model.builds import Build
from zonevest.instances.read import make_study
from zonevest.instances.study import Study


def plain(
    settings: Mapping[str, Any] | None = None, rates: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]
) -> Study:
    """Periods a (2026-27) and b (2028-30), rates of 0, no tail; cash counts."""
    keys: dict[str, Any] = {
        "name": "plain",
        "defaults": "none",
        "periods": [{"name": "a", "start": 2026, "years": 2}, {"name": "b", "start": 2028, "years": 3}],
        "rates": {"finance": 0.0, "social": 0.0, "tail_years": 0, **(rates or {})},
        "objective": {"method": "weighted", "cash": 1.0},
        **(settings or {}),
    }
    if "parcels" in tables:
        tables = {"zones": [{"zone": "R"}], **tables}
    return make_study(keys, **{name: pd.DataFrame(rows) for name, rows in tables.items() if rows})


def reads(account: str, place: str = "", name: str = "l") -> dict[str, Any]:
    """A limit that only says what an account holds: at most 1000, in every period."""
    return {"limit": name, "account": account, "jurisdiction": place, "sense": "<=", "value": 1000.0}


def row(build: Build, name: str) -> tuple[dict[str, float], float, float]:
    """A row without its zeros: terms, lower and upper bound."""
    low, high, terms = build.rows[name]
    return {column: value for column, value in terms.items() if abs(value) > 1e-12}, low, high


@dataclass(frozen=True)
class Solved:
    """The proven best of a study, and what its tables say."""

    plan: zv.Plan

    @property
    def objective(self) -> float | None:
        return self.plan.objective

    @property
    def practices(self) -> list[str]:
        return list(self.plan.parcels["practice"])

    @property
    def starts(self) -> dict[str, str]:
        built = self.plan.projects
        return dict(zip(built["project"], built["start"], strict=True))

    def told(self, limit: str) -> tuple[float, float, float]:
        """Value, bound and slack of a row that is told once."""
        limits = self.plan.limits
        (found,) = limits.loc[limits["limit"] == limit, ["value", "bound", "slack"]].to_numpy(dtype=float)
        return tuple(found.tolist())


def planned(study: Study) -> zv.Plan:
    """The proven best plan of a study, which the audit finds sound."""
    plan = zv.solve(study, gap=0.0)
    assert plan.status == "optimal"
    assert plan.audit is not None
    assert plan.audit.ok, plan.audit
    return plan


def solved(study: Study) -> Solved:
    """The same, with what is often asked of it."""
    return Solved(planned(study))
