"""All projects together at their hurdle rates (FORMULATION.md section 7, (13))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL
from zonevest.model.book import Told
from zonevest.model.stated import stated
from zonevest.model.uplift import risen, started

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger


def define_portfolio(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(13) `portfolio`: Σ_js NPV_js u_js + Σ uplift of their own and of their catchments >= 0.

    In words: the projects that have a hurdle rate are worth at it, all together, what they cost; what they add to the
    value of land counts. One may lose what another earns. Unit: million, present value.
    """
    works, names, clock = ledger.works, period_names(ledger.study.periods), ledger.clock
    rate = dict(zip(works.names, works.appraisal.rate.tolist(), strict=True))
    if all(np.isnan(of) for of in rate.values()):
        return
    worth = works.appraisal.npv + works.appraisal.lift
    total: Any = 0.0
    for j, s in zip(*np.nonzero(works.possible & ~np.isnan(worth)), strict=True):
        total += float(worth[j, s]) * started(model, names, works.names[j], names[s])
    for (project, s, _, t), variable in model.uplifted.items():
        if not np.isnan(rate[project]):
            year, amount, _ = risen(model, ledger, project, names.index(s), names.index(t))
            total += amount * (1.0 + rate[project]) ** -float(year - clock.years[0] + 1) * variable
    model.portfolio = pyo.Constraint(rule=lambda m: stated(m, 0.0, total, None))
    told = ("portfolio", "project.revenue", TOTAL, TOTAL, ">=", total, 0.0, "million, present value")
    model.told.append(Told(*told, "portfolio" if len(model.portfolio) else ""))
