"""Whether a block has a point, asked first of one whose options and first columns are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import HOLDS, solve_here
from zonevest.solvers.join import join
from zonevest.solvers.program import SMALLEST_KEPT, Program
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from zonevest.model.land import Block
    from zonevest.solvers.program import Floats

LOOSE = 0.25
"""How near its best a plan has to be that only shows that there is one."""


def activity(block: Block, x: Floats) -> tuple[Floats, Floats]:
    """What stands in each row at a point (options, then columns), and the sum of its amounts without their signs."""
    options = len(block.group)
    pairs: list[tuple[Floats, sparse.csr_array]] = [
        (np.bincount(block.kind, x[:options] * scalar[block.group], matrix.shape[0]).astype(float), matrix)
        for scalar, matrix in block.by_kind
    ]
    pairs += [] if block.by_option is None else [(x[:options], block.by_option)]
    pairs.append((x[options:], sparse.csr_array(block.by_column)))
    stands = np.sum([matrix.T @ amount for amount, matrix in pairs], axis=0)[:-1]
    size = np.sum([abs(matrix).T @ np.abs(amount) for amount, matrix in pairs], axis=0)[:-1]
    return stands, size


def broken(block: Block, x: Floats) -> float:
    """By how much a point breaks a row at most, a part of what stands in it: written out, option by option."""
    stands, size = activity(block, x)
    missed = np.maximum(np.maximum(block.lower - stands, stands - block.upper), 0.0)
    bound = np.where(block.lower > stands, np.abs(block.lower), np.abs(block.upper))
    scale = np.maximum(np.maximum(size, np.where(missed > 0, bound, 0.0)), 1.0)
    return float((missed / scale).max(initial=0.0))


def stands_with(block: Block, x: Floats, first: int, options: SolveOptions) -> bool:
    """Whether some further columns go with these options and the first columns of a point; rows are all in the block.

    Parameters
    ----------
    x : shape (options + columns,); behind the first columns it is not read.
    first : how many columns are held.
    """
    land = len(block.group)
    held = np.append(x[: land + first], np.zeros(len(block.columns) - first))
    known = held[land : land + first]
    if (known < block.column_lower[:first] - HOLDS).any() or (known > block.column_upper[:first] + HOLDS).any():
        return False
    taken, size = activity(block, held)
    room = HOLDS * np.maximum(size, 1.0)
    matrix = sparse.csc_array(sparse.csr_array(block.by_column)[first:, : len(block.rows)].T)
    matrix.data[np.abs(matrix.data) < SMALLEST_KEPT] = 0.0
    matrix.eliminate_zeros()
    lower, upper = block.lower - taken - room, block.upper - taken + room
    alone = np.diff(sparse.csr_array(matrix).indptr) == 0
    if ((lower > 0.0) | (upper < 0.0))[alone].any():
        return False
    if not matrix.shape[1]:
        return True
    rest = Program(
        cost=np.zeros(matrix.shape[1]),
        col_lower=block.column_lower[first:],
        col_upper=block.column_upper[first:],
        integer=block.column_integer[first:],
        row_lower=lower,
        row_upper=upper,
        start=matrix.indptr,
        index=matrix.indices,
        value=matrix.data,
    )
    return solve_here(rest, options).x is not None


def has_point(block: Block, many: int, options: SolveOptions) -> bool | None:
    """Whether a block without extra rows has a point at all; None: not known in the time.

    Parameters
    ----------
    many : options from which on prices are asked.
    """
    if len(block.group) < many:
        program = join(block)
        answer = solve(replace(program, cost=np.zeros(program.n_cols), offset=0.0), options)
        return True if answer.x is not None else False if answer.status == "infeasible" else None
    from zonevest.solvers.by_prices import solve_by_prices  # it compiles, which takes a while to import

    outcome = solve_by_prices(block, replace(options, gap=LOOSE))
    return True if outcome.x is not None else False if outcome.status == "infeasible" else None
