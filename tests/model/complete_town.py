"""A town to think with: three periods, land or projects, and few numbers, so that its plan can be told by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model

BLANK = float("nan")
ROAD = {"project": "road", "capex": 30.0, "annual_revenue": 4.0, "annual_cost": 1.0, "earliest": "p1", "latest": "p1"}
LOAN = {"instrument": "loan", "kind": "loan", "rate": 0.04, "tenor_years": 3}


def town(
    settings: Mapping[str, Any] | None = None,
    finance: Mapping[str, Any] | None = None,
    rates: Mapping[str, Any] | None = None,
    **tables: list[dict[str, Any]],
) -> Study:
    """A town with periods of 1, 1 and 2 years from 2026, at 5 %; its land, if it has any, is class field in zone Z."""
    keys: dict[str, Any] = {
        "name": "town",
        "defaults": "none",
        "periods": [
            {"name": f"p{i}", "start": y, "years": n} for i, y, n in ((1, 2026, 1), (2, 2027, 1), (3, 2028, 2))
        ],
        "rates": {"finance": 0.05, "social": 0.0, "tail_years": 0, **(rates or {})},
        "objective": {"method": "weighted", "cash": 1.0},
        **(settings or {}),
    }
    if finance is not None:
        keys["finance"] = finance
    if "parcels" in tables:
        tables = {"zones": [{"zone": "Z"}], "land_classes": [{"land_class": "field"}], **tables}
    return make_study(keys, **{name: pd.DataFrame(rows) for name, rows in tables.items() if rows})


def parcel(name: str = "P", **cells: Any) -> dict[str, Any]:
    """Ten hectares."""
    return {"parcel_id": name, "land_class": "field", "area_ha": 10.0, "jurisdiction": "N", **cells}


def account(name: str, family: str = "revenue", recurrence: str = "annual", **cells: Any) -> dict[str, Any]:
    return {"account": name, "family": family, "recurrence": recurrence, "cash": family in ("revenue", "cost"), **cells}


def flow(
    account: str, value: float, basis: str = "per_ha_once", practice: str = "shop", **cells: Any
) -> dict[str, Any]:
    return {"practice": practice, "account": account, "basis": basis, "value": value, **cells}


def solved(study: Study) -> pyo.ConcreteModel:
    model = pyomo_model(study)
    result = pyo.SolverFactory("appsi_highs").solve(model)
    assert result.solver.termination_condition == pyo.TerminationCondition.optimal
    return model


def value(part: Any) -> float:
    return float(pyo.value(part))


def weights(year: int, end: int, rate: float = 0.05) -> float:
    """Σ δ_y from a year to an end, both included."""
    return sum((1 + rate) ** -(y - 2025) for y in range(year, end + 1))


def captured(**cells: Any) -> list[dict[str, Any]]:
    return [
        account("once", "revenue", "one_off", capture_tool="once", **cells),
        account("yearly", capture_tool="yearly", growth=0.5),
    ]


def tool(name: str, rate: float, **cells: Any) -> dict[str, Any]:
    return {"capture_tool": name, "uplift_account": "rise", "rate": rate, **cells}
