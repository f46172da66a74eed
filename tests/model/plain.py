"""A plain study to think with: two periods, no discounting, one zone; every table is given as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tests.model.builds import Build
from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import tell
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join


def plain(
    settings: Mapping[str, Any] | None = None, rates: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]
) -> Study:
    """Periods a (2026-27) and b (2028-30), rates of 0, no tail; cash counts.

    Limits are put in as they are: their accounts and places need not be known to the checks.
    """
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
    limits = tables.pop("limits", [])
    known = [{**row, "account": "area.converted", "jurisdiction": "", "basis": ""} for row in limits]
    frames = {name: pd.DataFrame(rows) for name, rows in {**tables, "limits": known}.items() if rows}
    study = make_study(keys, **frames)
    if not limits:
        return study
    named = {name: [row.get(name, "") for row in limits] for name in ("account", "jurisdiction", "basis")}
    return replace(study, tables={**study.tables, "limits": study.limits.assign(**named)})


def reads(account: str, place: str = "", name: str = "l") -> dict[str, Any]:
    """A limit that only says what an account holds: at most 1000, in every period."""
    return {"limit": name, "account": account, "jurisdiction": place, "sense": "<=", "value": 1000.0}


def row(build: Build, name: str) -> tuple[dict[str, float], float, float]:
    """A row without its zeros: terms, lower and upper bound."""
    low, high, terms = build.rows[name]
    return {column: value for column, value in terms.items() if abs(value) > 1e-12}, low, high


@dataclass(frozen=True)
class Solved:
    """The proven best of a study, and the tables of that plan."""

    objective: float
    tables: dict[str, Any]

    @property
    def practices(self) -> list[str]:
        return list(self.tables["parcels"]["practice"])

    @property
    def starts(self) -> dict[str, str]:
        built = self.tables["projects"]
        return dict(zip(built["project"], built["start"], strict=True))

    def told(self, limit: str) -> tuple[float, float, float]:
        """Value, bound and slack of a row that is told once."""
        limits = self.tables["limits"]
        (found,) = limits.loc[limits["limit"] == limit, ["value", "bound", "slack"]].to_numpy(dtype=float)
        return tuple(found.tolist())


def solved(study: Study) -> Solved:
    """Solve a study in this process, as far as it goes."""
    ledger = Ledger(build_options(study))
    model = policy_model(ledger)
    policy = compile_policy(model)
    solution = solve_here(join(land_block(ledger, policy)), SolveOptions(gap=0.0))
    assert solution.status == "optimal"
    assert solution.x is not None
    size = len(ledger.options.kind)
    weight, columns = solution.x[:size], solution.x[size:]
    policy.load(columns)
    started = columns[: ledger.works.possible.size].reshape(ledger.works.possible.shape)
    return Solved(float(solution.value or 0.0), tell(model, weight, started, {}))
