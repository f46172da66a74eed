"""One program from two parts: groups that choose one option each, and the rows that couple them.

The block's matrix is kept by kind of option; here it is written out, one column per option, without a loop over
options: columns are made chunk by chunk by repeating the pattern of their kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.model.land import Block
from zonevest.solvers.program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

CHUNK = 1 << 14
"""Options written out at a time: so few that what is worked on stays in the processor's cache."""


def join(block: Block) -> Program:
    """The whole program as one: maximise over options and further columns.

    Rows: one per group (its options sum to 1), the block's rows, its extra rows. Columns: options in group order,
    then the further columns.
    """
    options, columns, m = len(block.group), len(block.columns), len(block.rows)
    first, first_extra = block.groups, block.groups + m
    start, index, value, cost = _expand(block)
    if block.by_option is not None or block.extra.shape[0]:
        start, index, value, cost = _add_single(block, start, index, value, cost)
    tail = block.by_column[:, :m].tocoo()
    over = sparse.coo_array(block.extra[:, options:])
    further = sparse.csc_array(
        (
            np.concatenate([tail.data, over.data]),
            (
                np.concatenate([tail.coords[1] + first, over.coords[0] + first_extra]),
                np.concatenate([tail.coords[0], over.coords[1]]),
            ),
        ),
        shape=(first_extra + block.extra.shape[0], columns),
    )
    further.eliminate_zeros()
    return Program(
        cost=np.concatenate([cost, block.by_column[:, [m]].toarray().ravel()]),
        offset=block.constant,
        col_lower=np.concatenate([np.zeros(options), block.column_lower]),
        col_upper=np.concatenate([np.ones(options), block.column_upper]),
        integer=np.concatenate([np.full(options, block.integer), block.column_integer]),
        row_lower=np.concatenate([np.ones(block.groups), block.lower, np.full(block.extra.shape[0], -np.inf)]),
        row_upper=np.concatenate([np.ones(block.groups), block.upper, block.extra_upper]),
        start=np.concatenate([start, start[-1] + further.indptr[1:]]),
        index=np.concatenate([index, further.indices.astype(np.int32)]),
        value=np.concatenate([value, further.data]),
        row_blocks=(
            ("choice", 0, block.groups),
            ("policy", first, m),
            ("extra", first_extra, block.extra.shape[0]),
        ),
        col_blocks=(("options", 0, options), ("policy", options, columns)),
    )


def _expand(block: Block) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    """Columns of the options from their kinds: start, row index, value, cost.

    Each kind is one row of `template`, whose keys are (row + 1) x scalars + scalar; row 0 stands for the group's own.
    """
    options, m = len(block.group), len(block.rows)
    kinds = block.by_kind[0][1].shape[0] if block.by_kind else int(block.kind.max(initial=-1)) + 1
    scalars = np.column_stack([np.ones(block.groups), *(scalar for scalar, _ in block.by_kind)])
    n = scalars.shape[1]
    worth = np.zeros((kinds, n))
    keys, rows, values = [np.zeros(kinds, dtype=np.int64)], [np.arange(kinds)], [np.ones(kinds)]
    for number, (_, matrix) in enumerate(block.by_kind, start=1):
        worth[:, number] = matrix[:, [m]].toarray().ravel()
        part = matrix[:, :m].tocoo()
        keys.append((part.coords[1] + 1) * n + number)
        rows.append(part.coords[0])
        values.append(part.data)
    template = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(keys))), shape=(kinds, (m + 1) * n)
    )
    template.sort_indices()
    row_of, scalar_of = np.divmod(template.indices.astype(np.int64), n)
    shared = bool((np.diff(row_of) == 0)[_inner(template.indptr)].any())
    row_of = (row_of + (block.groups - 1)).astype(np.int32)
    count = np.diff(template.indptr)[block.kind]
    start = np.zeros(options + 1, dtype=np.int64)
    np.cumsum(count, out=start[1:])
    index, value, cost = np.empty(start[-1], dtype=np.int32), np.empty(start[-1]), np.empty(options)
    for low in range(0, options, CHUNK):
        high = min(low + CHUNK, options)
        here = slice(start[low], start[high])
        kind, group = block.kind[low:high], block.group[low:high].astype(np.int64)
        np.einsum("ij,ij->i", worth[kind], scalars[group], out=cost[low:high])
        # positions in the template, and in the scalars taken row by row
        at = np.repeat(template.indptr[kind] - (start[low:high] - start[low]), count[low:high])
        at += np.arange(len(at))
        scalar = np.repeat(group * n, count[low:high]) + scalar_of[at]
        index[here] = row_of[at]
        np.multiply(template.data[at], scalars.ravel()[scalar], out=value[here])
    index[start[:-1]] = block.group
    if shared:
        start, index, value = _fold(start, index, value)
    return start, index, value, cost


def _inner(indptr: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which neighbours of a concatenation of rows lie in the same row, shape (entries - 1,)."""
    inside = np.ones(max(int(indptr[-1]) - 1, 0), dtype=bool)
    edges = indptr[1:-1] - 1
    inside[edges[(edges >= 0) & (edges < len(inside))]] = False
    return inside


def _fold(
    start: NDArray[np.int64], index: NDArray[np.int32], value: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Add up neighbouring entries of a column that stand in the same row."""
    first = np.ones(len(index), dtype=bool)
    first[1:] = index[1:] != index[:-1]
    first[start[:-1]] = True
    edges = np.flatnonzero(first)
    before = np.concatenate([[0], np.cumsum(first)])
    return before[start], index[edges], np.add.reduceat(value, edges)


def _add_single(
    block: Block, start: NDArray[np.int64], index: NDArray[np.int32], value: Floats, cost: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    """Add what belongs to single options: their own part of the rows, and the extra rows."""
    options, m = len(block.group), len(block.rows)
    height = block.groups + m + block.extra.shape[0]
    total = sparse.csc_array((value, index, start), shape=(height, options))
    if block.by_option is not None:
        cost = cost + block.by_option[:, [m]].toarray().ravel()
        part = block.by_option[:, :m].tocoo()
        total = total + sparse.csc_array(
            (part.data, (part.coords[1] + block.groups, part.coords[0])), shape=(height, options)
        )
    over = sparse.coo_array(block.extra[:, :options])
    total = total + sparse.csc_array(
        (over.data, (over.coords[0] + block.groups + m, over.coords[1])), shape=(height, options)
    )
    total = sparse.csc_array(total)
    return total.indptr.astype(np.int64), total.indices.astype(np.int32), total.data, cost
