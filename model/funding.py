"""What may be raised, and for what (FORMULATION.md section 8, (15)): rows of projects and of instruments.

Amounts are in million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.instances.study import each
from zonevest.model.areas import TOTAL
from zonevest.model.finance import Sums, hold
from zonevest.model.uplift import started

if TYPE_CHECKING:
    import pyomo.environ as pyo


def define_draw_cap(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(15) `draw_cap[j,s]`: Σ_f b_jfs over debt and grants <= (1 - e_j) capex_j u_js.

    In words: debt and grants of a project are at most what its equity leaves of its capex, once it is built.
    Unit: million.
    """
    projects = {row.project: row for row in each(sums.purse.ledger.study.projects)}
    for (j, s), draws in _draws(model).items():
        drawn = [variable for kind, variable in draws if kind != "equity"]
        if drawn:
            most = (1.0 - projects[j].equity_min) * projects[j].capex * started(model, sums.names, j, s)
            hold(model, "draw_cap", (j, s), sum(drawn), "<=", most)


def define_fund_project(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(15) `fund_project[j,s]`: Σ_f b_jfs <= capex_j u_js, where outside equity may fund the project.

    In words: all funds of a project are at most its capex, once it is built. Unit: million.
    """
    projects = {row.project: row for row in each(sums.purse.ledger.study.projects)}
    for (j, s), draws in _draws(model).items():
        if any(kind == "equity" for kind, _ in draws):
            most = projects[j].capex * started(model, sums.names, j, s)
            hold(model, "fund_project", (j, s), sum(variable for _, variable in draws), "<=", most)


def _draws(model: pyo.ConcreteModel) -> dict[tuple[str, str], list[tuple[str, Any]]]:
    """What each start of a project draws: kind of the instrument, and variable."""
    found: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for (f, j, s, _), variable in model.draw.items():
        found.setdefault((j, s), []).append((model.purse.instruments[f].kind, variable))
    return found


def define_instrument_total(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(15) `instrument_total[f]`: Σ_t raised_ft <= limit_total_f.

    In words: an instrument has its limit in all. Unit: million.
    """
    for f, instrument in sums.purse.instruments.items():
        if np.isfinite(instrument.limit_total):
            total = sum(sums.raised(f, t) for t in range(len(sums.names)))
            told = (f"instrument_total.{f}", f"finance.raised.{f}", TOTAL, TOTAL, "million")
            hold(model, "instrument_total", f, total, "<=", instrument.limit_total, told)


def define_instrument_period(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(15) `instrument_period[f,t]`: raised_ft <= limit_period_f.

    In words: an instrument has its limit in a period. Unit: million.
    """
    for f, instrument in sums.purse.instruments.items():
        for t, name in enumerate(sums.names) if np.isfinite(instrument.limit_period) else ():
            told = (f"instrument_period.{f}", f"finance.raised.{f}", TOTAL, name, "million")
            hold(model, "instrument_period", (f, name), sums.raised(f, t), "<=", instrument.limit_period, told)
