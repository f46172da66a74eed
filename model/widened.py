"""A block with further rows and columns, and another objective: what alternatives to a plan are looked for in.

The objective itself may stand in a further row: that is how a plan is kept near the best, as a floor keeps a term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Row:
    """A row lower <= Σ amount x option + Σ coefficient x column + times x objective <= upper.

    Attributes
    ----------
    options, amounts : positions of options, each once, and what a unit of each adds.
    columns : of policy columns by name, the block's own or further ones.
    objective : how many times the objective without its constant stands in the row.
    """

    name: str
    lower: float = -np.inf
    upper: float = np.inf
    options: Ints = field(default_factory=_none)
    amounts: Floats = field(default_factory=lambda: np.zeros(0))
    columns: Mapping[str, float] = field(default_factory=dict)
    objective: float = 0.0


@dataclass(frozen=True)
class Column:
    """A further policy column; its ends are finite, so that prices bound it."""

    name: str
    lower: float
    upper: float
    whole: bool = False


def widened(
    block: Block, rows: Sequence[Row], columns: Sequence[Column] = (), *, less: str = "", of: float = 0.0
) -> Block:
    """The block with further rows behind its own, and further columns behind its own.

    Parameters
    ----------
    block : without extra rows (see `zonevest.model.land.without_extra`).
    less, of : what is maximised instead is `of` less this column; blank: the block's own objective stays.
    """
    m, options = len(block.rows), len(block.group)
    names = (*block.columns, *(column.name for column in columns))
    at = {name: place for place, name in enumerate(names)}
    times = sparse.csr_array(np.array([[row.objective for row in rows]]).reshape(1, len(rows)))
    kept = 0.0 if less else 1.0

    def wider(matrix: sparse.csr_array) -> sparse.csr_array:
        last = sparse.csr_array(matrix[:, [m]])
        return sparse.csr_array(sparse.hstack([matrix[:, :m], last @ times, last * kept]))

    width = m + len(rows) + 1
    where = np.repeat(np.arange(len(rows)) + m, [len(row.options) for row in rows])
    of_rows = np.concatenate([_none(), *(row.options for row in rows)])
    amounts = np.concatenate([np.zeros(0), *(row.amounts for row in rows)])
    own = sparse.csr_array((amounts, (of_rows, where)), shape=(options, width))
    if block.by_option is not None:
        own = own + wider(block.by_option)
    entries = [(at[name], m + k, value) for k, row in enumerate(rows) for name, value in row.columns.items()]
    entries += [(at[less], width - 1, -1.0)] if less else []
    column, place, value = zip(*entries, strict=True) if entries else ((), (), ())
    more = sparse.csr_array((np.array(value, dtype=float), (column, place)), shape=(len(names), width))
    none = sparse.csr_array((len(columns), width))
    by_column = sparse.csr_array(sparse.vstack([wider(block.by_column), none]) + more)
    return replace(
        block,
        by_kind=[(scalar, wider(matrix)) for scalar, matrix in block.by_kind],
        by_option=sparse.csr_array(own) if own.nnz else None,
        by_column=by_column,
        lower=np.append(block.lower, [row.lower for row in rows]),
        upper=np.append(block.upper, [row.upper for row in rows]),
        rows=(*block.rows, *(row.name for row in rows)),
        constant=of if less else block.constant,
        extra=sparse.csr_array((0, options + len(names))),
        columns=names,
        column_lower=np.append(block.column_lower, [each.lower for each in columns]),
        column_upper=np.append(block.column_upper, [each.upper for each in columns]),
        column_integer=np.append(block.column_integer, np.array([each.whole for each in columns], dtype=bool)),
    )
