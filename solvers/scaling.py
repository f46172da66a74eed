"""Rows and objective at the size that a solver's absolute tolerances are made for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zonevest.solvers.program import Floats, Program


def scaled(program: Program) -> tuple[Program, Floats, float]:
    """Bring rows and objective to the size that HiGHS' absolute tolerances are made for.

    Only powers of two are used, so that nothing is rounded. A row's largest coefficient comes to 1, unless its
    smallest would then fall below 1/64: a tolerance of 1e-6 must not swallow a small column beside a large one in a
    row whose bound is zero. The largest cost comes to about 1e3.

    Returns
    -------
    program : Program
    row_factors : array of float
        Scaled row = factor x row.
    cost_factor : float
        Scaled objective = factor x objective.
    """
    row_factors = row_factors_of(*program.row_extremes, program.row_lower, program.row_upper)
    dearest = float(np.abs(program.cost).max(initial=0.0))
    cost_factor = float(np.ldexp(1.0, 10 - int(_exponent(np.array([dearest]))[0]))) if dearest > 0 else 1.0
    ready = Program(
        cost=program.cost * cost_factor,
        col_lower=program.col_lower,
        col_upper=program.col_upper,
        integer=program.integer,
        row_lower=program.row_lower * row_factors,
        row_upper=program.row_upper * row_factors,
        start=program.start,
        index=program.index,
        value=program.value * row_factors[program.index],
        offset=program.offset * cost_factor,
    )
    return ready, row_factors, cost_factor


def row_factors_of(least: Floats, most: Floats, lower: Floats, upper: Floats) -> Floats:
    """By what each row is multiplied, from its smallest and largest coefficient and its bounds, shape (rows,)."""
    used = most > 0
    sides = [np.where(np.isfinite(side), np.abs(side), 0.0) for side in (lower, upper)]
    exponents = np.zeros(len(most), dtype=np.int64)
    top, low = _exponent(most[used]), _exponent(least[used])
    lift = np.clip(-6 - (low - top), 0, 16)  # as much as the smallest needs, the largest staying below 2**16
    reach = _exponent(np.maximum(sides[0], sides[1])[used])  # and bounds below 2**24, or their last digits are noise
    exponents[used] = np.minimum(lift - top, np.maximum(24 - reach, -top - 20))
    return np.ldexp(1.0, exponents)


def _exponent(size: Floats) -> NDArray[np.int64]:
    """Smallest e with size <= 2**e (very small for 0)."""
    return np.where(size > 0, np.frexp(np.where(size > 0, size, 1.0))[1], -1000).astype(np.int64)
