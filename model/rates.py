"""What numbers of the study are multiplied by in the rows that they bound: columns of their own, that they may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyomo.environ as pyo
from pyomo.core.expr.numvalue import is_potentially_variable

if TYPE_CHECKING:
    from typing import Any


def define_rates(model: pyo.ConcreteModel) -> dict[str, str]:
    """`rated[k]`: per - rate_k = 0 of each told row k whose bound is a number times what is decided.

    In words: nothing new; a ratio that moves by a unit takes as much off its row as `rate` is. Unit: the row's.

    Returns
    -------
    Name of the row -> name of its column.
    """
    rows = [told for told in model.told if told.row and is_potentially_variable(told.per)]
    model.rate = pyo.Var(range(len(rows)))

    def rated(m: Any, k: int) -> Any:
        return rows[k].per - m.rate[k] == 0

    model.rated = pyo.Constraint(range(len(rows)), rule=rated)
    return {told.row: model.rate[k].name for k, told in enumerate(rows)}
