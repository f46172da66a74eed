"""What the program of a block measures, without its being held in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zonevest.model.land import Block
from zonevest.solvers.join import join, slices
from zonevest.solvers.program import SMALLEST_KEPT, Floats, Program
from zonevest.solvers.scaling import row_factors_of

SLICE = 100_000
"""About so many options are written out at a time where only their measures are wanted: memory is used again."""


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
    factors = row_factors_of(least, most, lower, upper)
    if block.groups:  # the rows of the choices are all alike
        one = np.ones(1)
        kept, most = np.append(kept, one), np.append(most, one)
        factors = np.append(factors, row_factors_of(one, one, one, one))
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
