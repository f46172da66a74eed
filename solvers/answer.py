"""What is asked of a solve, how it stands, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from zonevest.solvers.program import Floats, Program
from zonevest.solvers.quiet import Setting

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "no_plan", "interrupted"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SolveOptions:
    """What is asked of a solve.

    Parameters
    ----------
    gap : float
        Relative gap at which a point counts as optimal: ``(bound - value) / max(|value|, 1e-9 scale)``.
    gap_absolute : float
        Distance of bound and value at which a point counts as optimal, too, in units of the objective.
    time_limit : float
        Seconds.
    threads : int
        0: all cores that this process may use.
    seed : int
        HiGHS' random seed.
    scale : float, optional
        Size of the objective, so that a value near zero does not ask for a gap of nothing. None: ``Σ |cost|``.
    start : array of float, optional
        A point to start from, one position per column. It is kept as the answer when nothing better is found.
    log_file : str, optional
        Where HiGHS writes its log.
    highs : mapping
        Further HiGHS options by name; they have the last word.
    """

    gap: float = 1e-3
    gap_absolute: float = 0.0
    time_limit: float = 600.0
    threads: int = 0
    seed: int = 0
    scale: float | None = None
    start: Floats | None = None
    log_file: str | None = None
    highs: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """Where the work stands: its phase, the best value so far, and what nothing can exceed (None: not known yet)."""

    phase: str
    seconds: float
    value: float | None
    bound: float | None
    gap: float | None
    nodes: int = 0
    iterations: int = 0


@dataclass(frozen=True, eq=False)
class Solution:
    """The answer to a program.

    Parameters
    ----------
    x : array of float or None
        A point that holds (exactly whole where it must be), or None.
    status : str
        ``optimal`` (proven within the gap), ``feasible`` (a point, not proven), ``infeasible``, ``unbounded``,
        ``no_plan`` (stopped before any point was found), ``interrupted`` (with or without a point).
    value : float or None
        Objective at `x`, recomputed in double precision from the unscaled costs.
    bound : float
        No point is worth more; never below `value`; ``inf`` when unknown or unbounded, ``-inf`` when infeasible.
    gap : float or None
        ``(bound - value) / max(|value|, 1e-9 scale)``.
    seconds : float
    message : str
        Empty when all went as asked.
    nodes, iterations : int
    row_dual : array of float or None
        For continuous programs: change of the objective per unit of the binding bound of each row.
    """

    x: Floats | None
    status: Status
    value: float | None
    bound: float
    gap: float | None
    seconds: float
    message: str = ""
    nodes: int = 0
    iterations: int = 0
    row_dual: Floats | None = None

    @property
    def has_plan(self) -> bool:
        """Whether there is a point."""
        return self.x is not None


OnProgress = Callable[[Progress], object]
OnSolution = Callable[[Floats, float, float], object]
Stop = Callable[[], bool]


def gap_of(bound: float, value: float, scale: float) -> float:
    """``(bound - value) / max(|value|, 1e-9 scale)``; 0 when they are equal, whatever their size."""
    if bound <= value:
        return 0.0
    size = max(abs(value), 1e-9 * scale)
    return (bound - value) / size if size > 0 else np.inf


def near_enough(value: float, options: SolveOptions, scale: float) -> float:
    """How far above a value the bound may be, in units of the objective."""
    return max(options.gap * max(abs(value), 1e-9 * scale), options.gap_absolute)


def objective_scale(program: Program, options: SolveOptions) -> float:
    """Size of the objective that the gap is measured against where the value is near zero."""
    return float(np.abs(program.cost).sum()) if options.scale is None else options.scale


def within(bound: float, value: float, options: SolveOptions, program: Program, *, ended: bool) -> bool:
    """Whether `bound` proves `value` to be within the gap that was asked.

    Where the solver itself `ended` with a proof, its own tolerance is granted: the value was recomputed at an exact
    point, and the bound holds for points that are exact to 1e-6 only.
    """
    scale = objective_scale(program, options)
    if gap_of(bound, value, scale) <= options.gap:
        return True
    excess = bound - value - near_enough(value, options, scale)
    return ended and excess <= 1e-6 * abs(value) + 4e-9 * float(np.abs(program.cost).max(initial=0.0))
