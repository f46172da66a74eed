"""Rows and objective at the size that a solver's absolute tolerances are made for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zonevest.model.land import Block
from zonevest.solvers.join import join, slices
from zonevest.solvers.program import SMALLEST_KEPT, Floats, Program

SLICE = 100_000
"""About so many options are written out at a time where only their measures are wanted: memory is used again."""


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
    row_factors = _row_factors(*program.row_extremes, program.row_lower, program.row_upper)
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


def _row_factors(least: Floats, most: Floats, lower: Floats, upper: Floats) -> Floats:
    """By what each row is multiplied, from its smallest and largest coefficient and its bounds, shape (rows,)."""
    used = most > 0
    sides = [np.where(np.isfinite(side), np.abs(side), 0.0) for side in (lower, upper)]
    exponents = np.zeros(len(most), dtype=np.int64)
    top, low = _exponent(most[used]), _exponent(least[used])
    lift = np.clip(-6 - (low - top), 0, 16)  # as much as the smallest needs, the largest staying below 2**16
    reach = _exponent(np.maximum(sides[0], sides[1])[used])  # and bounds below 2**24, or their last digits are noise
    exponents[used] = np.minimum(lift - top, np.maximum(24 - reach, -top - 20))
    return np.ldexp(1.0, exponents)


def measures(block: Block, size: int = SLICE) -> dict[str, float]:
    """Rows, columns and nonzeros of a block's program, and its rows' extreme coefficients, plain and `scaled`.

    The program is written out slice by slice and never held: of a million parcels it would not fit into memory. What
    revenue and cost leave of each other by rounding is no coefficient (see `SMALLEST_KEPT`).

    Parameters
    ----------
    size : about how many options are written out at a time.
    """
    rows = len(block.rows) + block.extra.shape[0]
    least, kept, most = np.full(rows, np.inf), np.full(rows, np.inf), np.zeros(rows)
    nonzeros = 0
    for part in slices(block, size):
        program = join(part)
        nonzeros += program.n_nonzeros
        row, worth = _of_rows(program, part.groups)
        np.maximum.at(most, row, worth)
        np.minimum.at(least, row, worth)
        np.minimum.at(kept, row, np.where(worth > SMALLEST_KEPT, worth, np.inf))
    if (least <= 1e-9 * most).any():  # noise beside the row's largest, which is known only now
        least[:] = np.inf
        for part in slices(block, size):
            row, worth = _of_rows(join(part), part.groups)
            np.minimum.at(least, row, np.where(worth > 1e-9 * most[row], worth, np.inf))
    lower = np.concatenate([block.lower, np.full(block.extra.shape[0], -np.inf)])
    upper = np.concatenate([block.upper, block.extra_upper])
    factors = _row_factors(least, most, lower, upper)
    if block.groups:  # the rows of the choices are all alike
        one = np.ones(1)
        kept, most = np.append(kept, one), np.append(most, one)
        factors = np.append(factors, _row_factors(one, one, one, one))
    found = {
        "program_rows": float(block.groups + rows),
        "columns": float(len(block.group) + len(block.columns)),
        "nonzeros": float(nonzeros),
    }
    there = most > SMALLEST_KEPT
    for prefix, factor in (("", np.ones(len(most))), ("scaled_", factors)):
        found[f"{prefix}smallest"] = float((kept * factor)[there].min(initial=np.inf)) if there.any() else 0.0
        found[f"{prefix}largest"] = float((most * factor)[there].max(initial=0.0))
    return found


def _of_rows(program: Program, groups: int) -> tuple[NDArray[np.int32], Floats]:
    """The entries below the rows of the choices: their rows, counted from there, and how large they are."""
    at = np.flatnonzero((program.index >= groups) & (program.value != 0.0))
    return program.index[at] - np.int32(groups), np.abs(program.value[at])


def _exponent(size: Floats) -> NDArray[np.int64]:
    """Smallest e with size <= 2**e (very small for 0)."""
    return np.where(size > 0, np.frexp(np.where(size > 0, size, 1.0))[1], -1000).astype(np.int64)
