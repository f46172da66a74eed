"""What numbers of the study are multiplied by in the rows that they bound: columns of their own, that they may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyomo.environ as pyo
from pyomo.core.expr.numvalue import is_potentially_variable

if TYPE_CHECKING:
    from typing import Any


def define_rates(model: pyo.ConcreteModel) -> None:
    """`rated[row]`: per - rate = 0 of each told row whose bound is a number times what is decided.

    In words: nothing new; a ratio that moves by a unit takes as much off its row as `rate` is. Unit: the row's.
    """
    per = {told.row: told.per for told in model.told if told.row and is_potentially_variable(told.per)}
    model.rate = pyo.Var(list(per))

    def rated(m: Any, k: str) -> Any:
        return per[k] - m.rate[k] == 0

    model.rated = pyo.Constraint(list(per), rule=rated)
