"""Rows in which nothing is decided: what holds is left out, what does not hold makes the program infeasible."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numvalue import is_potentially_variable

NEAR = 1e-9
"""By how much a row without decisions may be missed, times max(1, |bound|)."""


def stated(model: pyo.ConcreteModel, lower: float | None, body: Any, upper: float | None) -> Any:
    """What a row lower <= body <= upper is to Pyomo, which takes no row without variables.

    Parameters
    ----------
    model : the policy model; its column `nothing` is 0, and comes into being with the first row that needs it.
    """
    if is_potentially_variable(body):
        return (lower, body, upper)
    value = float(pyo.value(body))
    return pyo.Constraint.Feasible if _holds(lower, value, upper) else (lower, _nothing(model) + value, upper)


def state(model: pyo.ConcreteModel, row: Any, value: float) -> None:
    """Say what a Pyomo row is whose terms cancel out and leave a value: nothing where it holds, else never met."""
    lower, upper = (None if side is None else float(pyo.value(side)) for side in (row.lower, row.upper))
    if _holds(lower, value, upper):
        row.deactivate()
    else:
        row.set_value((lower, _nothing(model) + value, upper))


def _holds(lower: float | None, value: float, upper: float | None) -> bool:
    return (lower is None or value >= lower - NEAR * max(1.0, abs(lower))) and (
        upper is None or value <= upper + NEAR * max(1.0, abs(upper))
    )


def _nothing(model: pyo.ConcreteModel) -> Any:
    if model.component("nothing") is None:
        model.nothing = pyo.Var(bounds=(0.0, 0.0))
    return model.nothing
