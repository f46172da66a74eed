"""A plan in another study: its land and projects held as they are, the other decisions the best that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zonevest.reports.priced import weight_of
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import HOLDS
from zonevest.solvers.parts import rest_of
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData
    from zonevest.solvers.program import Program

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

SECONDS, GAP = 60.0, 1e-7
"""For the other decisions; they are few."""


def held(
    ledger: Ledger,
    block: Block,
    program: Program,
    plan: PlanData,
    *,
    land: bool = True,
    projects: bool = True,
    seconds: float = SECONDS,
    gap: float = GAP,
) -> Floats | None:
    """A plan's land and projects in a program, with the best of all other decisions.

    Parameters
    ----------
    program : of the block, whose columns are options, then the states of projects, then the others.
    plan : of the ledger's study, or of one that differs from it in some amounts.
    land, projects : which of the two are held.

    Returns
    -------
    array of float or None
        A position per column; None where the program has not all the plan's options, no other decisions go with
        them, or none were found in the time.
    """
    placed = place(ledger, block, program, plan, land=land, projects=projects)
    if placed is None:
        return None
    x, fixed = placed
    if ((x < program.col_lower - HOLDS) | (x > program.col_upper + HOLDS))[fixed].any():
        return None
    if not fixed.all():
        rest, free = rest_of(program, x, fixed, whole=True)
        found = solve(rest, SolveOptions(gap=gap, time_limit=seconds))
        if found.x is None:
            return None
        x[free] = found.x
    return x if program.violation(x) <= HOLDS else None


def place(
    ledger: Ledger, block: Block, program: Program, plan: PlanData, *, land: bool = True, projects: bool = True
) -> tuple[Floats, Bools] | None:
    """A plan's land and projects as columns, and which columns these are; None where it has options that are not."""
    size, periods = len(block.group), len(ledger.clock.length)
    x, fixed = np.zeros(program.n_cols), np.zeros(program.n_cols, dtype=np.bool_)
    try:
        x[:size] = weight_of(ledger, plan.parcels)
    except KeyError:
        return None
    fixed[:size] = land
    if projects:
        for start in ledger.works.starts_of(plan.projects).values():
            x[size + start : size + (start // periods + 1) * periods] = 1.0
        fixed[size : size + len(ledger.works.names) * periods] = True
    return x, fixed
