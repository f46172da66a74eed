"""One program from two parts: groups that choose one option each, and the rows that couple them.

The block's matrix is kept by kind of option; here it is written out, one column per option, without a loop over
options: columns are made chunk by chunk by repeating the pattern of their kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.model.land import Block
from zonevest.solvers.program import SMALLEST_KEPT, Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

CHUNK = 1 << 14
"""Options written out at a time: so few that what is worked on stays in the processor's cache."""


def join(block: Block) -> Program:
    """The whole program as one; of its own it writes (1) `assign[i]`: Σ_k∈K_i x_k = 1 of every parcel.

    In words: every parcel follows one option. Unit: numbers.

    Rows: those, one per group of options, the block's rows, its extra rows. Columns: options in group order, then the
    further columns.
    """
    options, columns, m = len(block.group), len(block.columns), len(block.rows)
    first, first_extra = block.groups, block.groups + m
    start, index, value, cost = _expand(block, _further(block))
    if block.by_option is not None or block.extra.shape[0]:
        start, index, value, cost = _add_single(block, start, index, value, cost)
    return Program(
        cost=cost,
        offset=block.constant,
        col_lower=np.concatenate([np.zeros(options), block.column_lower]),
        col_upper=np.concatenate([np.ones(options), block.column_upper]),
        integer=np.concatenate([np.full(options, block.integer), block.column_integer]),
        row_lower=np.concatenate([np.ones(block.groups), block.lower, np.full(block.extra.shape[0], -np.inf)]),
        row_upper=np.concatenate([np.ones(block.groups), block.upper, block.extra_upper]),
        start=start,
        index=index,
        value=value,
        row_blocks=(
            ("choice", 0, block.groups),
            ("policy", first, m),
            ("extra", first_extra, block.extra.shape[0]),
        ),
        col_blocks=(("options", 0, options), ("policy", options, columns)),
        meetings=block.meetings,
    )


def slices(block: Block, size: int) -> Iterator[Block]:
    """The block in parts of whole groups with about so many options, one at least; the further columns in the first."""
    starts = np.searchsorted(block.group, np.arange(block.groups + 1))
    extra, low = sparse.csc_array(block.extra), 0
    while low < block.groups or low == 0:
        high = max(int(np.searchsorted(starts, starts[low] + size, side="right")) - 1, min(low + 1, block.groups))
        here = slice(int(starts[low]), int(starts[high]))
        columns = len(block.columns) if low == 0 else 0
        kinds = np.flatnonzero(np.bincount(block.kind[here]))
        position = np.zeros(int(kinds.max(initial=-1)) + 1, dtype=np.int32)
        position[kinds] = np.arange(len(kinds), dtype=np.int32)
        own = extra[:, len(block.group) : len(block.group) + columns]
        yield replace(
            block,
            groups=high - low,
            group=block.group[here] - np.int32(low),
            kind=position[block.kind[here]],
            by_kind=[(scalar[low:high], matrix[kinds]) for scalar, matrix in block.by_kind],
            by_option=None if block.by_option is None else block.by_option[here],
            by_column=block.by_column[:columns],
            cluster=block.cluster[kinds],
            extra=sparse.csr_array(sparse.hstack([extra[:, here], own])),
            columns=block.columns[:columns],
            column_lower=block.column_lower[:columns],
            column_upper=block.column_upper[:columns],
            column_integer=block.column_integer[:columns],
            meetings=(),
        )
        if high == block.groups:
            return
        low = high


def _further(block: Block) -> sparse.csc_array:
    """The columns that are not options, over the program's rows."""
    first, first_extra = block.groups, block.groups + len(block.rows)
    own = block.by_column[:, : len(block.rows)].tocoo()
    over = sparse.coo_array(block.extra[:, len(block.group) :])
    further = sparse.csc_array(
        (
            np.concatenate([own.data, over.data]),
            (
                np.concatenate([own.coords[1] + first, over.coords[0] + first_extra]),
                np.concatenate([own.coords[0], over.coords[1]]),
            ),
        ),
        shape=(first_extra + block.extra.shape[0], len(block.columns)),
    )
    _drop_rounding(further)
    return further


def _drop_rounding(matrix: sparse.csc_array | sparse.csr_array) -> None:
    """Take out what revenue and cost leave of each other by rounding: a row of nothing else would be scaled up to one.

    Coefficients are per hectare, person or unit; none that is meant is as small as `SMALLEST_KEPT`.
    """
    matrix.data[np.abs(matrix.data) < SMALLEST_KEPT] = 0.0
    matrix.eliminate_zeros()


def _expand(block: Block, further: sparse.csc_array) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    """Columns of the options from their kinds, and after them the further ones: start, row index, value, cost.

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
    _drop_rounding(template)
    template.sort_indices()
    row_of, scalar_of = np.divmod(template.indices.astype(np.int64), n)
    shared = bool((np.diff(row_of) == 0)[_inner(template.indptr)].any())
    row_of = (row_of + (block.groups - 1)).astype(np.int32)
    count = np.concatenate([np.diff(template.indptr)[block.kind], np.diff(further.indptr)])
    start = np.zeros(len(count) + 1, dtype=np.int64)
    np.cumsum(count, out=start[1:])
    # what is large is made once and filled in place: memory that is new costs more than the arithmetic
    index, value, cost = np.empty(start[-1], dtype=np.int32), np.empty(start[-1]), np.empty(len(count))
    for low in range(0, options, CHUNK):
        high = min(low + CHUNK, options)
        here = slice(start[low], start[high])
        kind, group = block.kind[low:high], block.group[low:high].astype(np.int64)
        np.einsum("ij,ij->i", worth.take(kind, axis=0), scalars.take(group, axis=0), out=cost[low:high])
        # of every entry its option, its position in the template and that of its scalar
        option = np.repeat(np.arange(high - low), count[low:high])
        at = (template.indptr[kind] - (start[low:high] - start[low])).take(option) + np.arange(len(option))
        scalar = (group * n).take(option) + scalar_of.take(at)
        index[here] = row_of.take(at)
        np.multiply(template.data.take(at), scalars.take(scalar), out=value[here])
    index[start[:options]] = block.group
    index[start[options] :], value[start[options] :] = further.indices, further.data
    cost[options:] = block.by_column[:, [m]].toarray().ravel()
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
    first[start[start < len(index)]] = True  # a column without entries may stand at the end
    edges = np.flatnonzero(first)
    before = np.concatenate([[0], np.cumsum(first)])
    return before[start], index[edges], np.add.reduceat(value, edges)


def _add_single(
    block: Block, start: NDArray[np.int64], index: NDArray[np.int32], value: Floats, cost: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    """Add what belongs to single options: their own part of the rows, and the extra rows."""
    options, m = len(block.group), len(block.rows)
    shape = (block.groups + m + block.extra.shape[0], len(cost))
    total = sparse.csc_array((value, index, start), shape=shape)
    if block.by_option is not None:
        cost[:options] += block.by_option[:, [m]].toarray().ravel()
        part = block.by_option[:, :m].tocoo()
        total = total + sparse.csc_array((part.data, (part.coords[1] + block.groups, part.coords[0])), shape=shape)
    over = sparse.coo_array(block.extra[:, :options])
    total = total + sparse.csc_array((over.data, (over.coords[0] + block.groups + m, over.coords[1])), shape=shape)
    total = sparse.csc_array(total)
    return total.indptr.astype(np.int64), total.indices.astype(np.int32), total.data, cost
