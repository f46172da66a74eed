"""The land block: what solvers need to know of parcels, with the ledger substituted out (FORMULATION.md section 10).

Policy rows come with coefficients G on the ledger; here G M is formed per kind of option, so that a solver only has
to multiply by parcel scalars. Rows that are tighter when written over options (9) take the place of their policy rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from pyomo.core.base.component_namer import index_repr
from scipy import sparse

from zonevest.instances.study import each, items, period_names
from zonevest.model.compiled import Policy
from zonevest.model.ledger import Ledger
from zonevest.model.meeting import Meeting
from zonevest.model.options import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

REPLACED = "footprint["
"""Policy rows that are written over options instead."""


@dataclass(frozen=True)
class Block:
    """Groups that choose one option each, and the rows that couple them with further columns.

    maximise objective(x, v) subject to: Σ x = 1 in each group; lower <= A x + B v <= upper; extra rows.

    Attributes
    ----------
    groups : how many groups there are.
    group, kind : of each option, in group order; options of a kind differ only by their group's scalars.
    by_kind : pairs of a group scalar and a matrix kinds x (m + 1); the last column is the objective.
    by_option : the part of A (and the objective) that belongs to single options: options x (m + 1), or None.
    by_column : B transposed, further columns x (m + 1).
    lower, upper : bounds of the m rows, shape (m,).
    rows : their names.
    constant : of the objective.
    extra : further rows over options and columns, each x (options + columns), with bounds and names.
    integer : whether options are indivisible.
    cluster : of each kind, a number: groups of the same cluster are summed up together where they answer prices.
    meetings : what holds beside the rows, by position among options and columns.
    """

    groups: int
    group: NDArray[np.int32]
    kind: NDArray[np.int32]
    by_kind: list[tuple[Floats, sparse.csr_array]]
    by_option: sparse.csr_array | None
    by_column: sparse.csr_array
    lower: Floats
    upper: Floats
    rows: tuple[str, ...]
    constant: float
    extra: sparse.csr_array
    extra_upper: Floats
    extra_rows: tuple[str, ...]
    columns: tuple[str, ...]
    column_lower: Floats
    column_upper: Floats
    column_integer: NDArray[np.bool_]
    integer: bool
    cluster: NDArray[np.int32]
    meetings: tuple[Meeting, ...] = ()


def land_block(ledger: Ledger, policy: Policy) -> Block:
    """Put the ledger into the policy's rows and objective."""
    kept = np.array([not name.startswith(REPLACED) for name in policy.rows], dtype=bool)
    weights = sparse.vstack(
        [policy.on_ledger[np.flatnonzero(kept)], sparse.csr_array(policy.value_of_ledger[None, :])], format="csr"
    )
    own = sparse.vstack(
        [policy.on_columns[np.flatnonzero(kept)], sparse.csr_array(policy.value_of_columns[None, :])], format="csr"
    )
    factored = ledger.combine(policy.entries, sparse.csr_array(weights))
    states = factored.by_project.shape[0]
    padding = sparse.csr_array((len(policy.columns) - states, weights.shape[0]))
    by_column = sparse.csr_array(own.T) + sparse.vstack([factored.by_project, padding], format="csr")
    constant = factored.constant
    extra, names = footprint_rows(ledger, len(policy.columns))
    return Block(
        len(ledger.options.pattern),
        ledger.options.parcel,
        ledger.options.kind,
        factored.by_kind,
        factored.by_option,
        sparse.csr_array(by_column),
        policy.lower[kept] - constant[:-1],
        policy.upper[kept] - constant[:-1],
        tuple(name for name, keep in zip(policy.rows, kept, strict=True) if keep),
        policy.constant + float(constant[-1]),
        extra,
        np.ones(len(names)),
        tuple(names),
        policy.columns,
        policy.column_lower,
        policy.column_upper,
        policy.integer,
        not ledger.study.settings.divisible,
        _clusters(ledger),
        tuple(_meetings(ledger, policy)),
    )


def without_extra(block: Block) -> Block:
    """The same block with its extra rows among the others: rows that single options stand in."""
    options, columns = len(block.group), len(block.columns)
    count = block.extra.shape[0]
    if not count:
        return block

    def wider(matrix: sparse.csr_array, more: sparse.csr_array) -> sparse.csr_array:
        last = matrix.shape[1] - 1
        return sparse.csr_array(sparse.hstack([matrix[:, :last], more, matrix[:, [last]]]))

    none = sparse.csr_array((block.by_kind[0][1].shape[0] if block.by_kind else 0, count))
    own = sparse.csr_array((options, len(block.rows) + 1)) if block.by_option is None else block.by_option
    return replace(
        block,
        by_kind=[(scalar, wider(matrix, none)) for scalar, matrix in block.by_kind],
        by_option=wider(own, sparse.csr_array(block.extra[:, :options].T)),
        by_column=wider(block.by_column, sparse.csr_array(block.extra[:, options:].T)),
        lower=np.append(block.lower, np.full(count, -np.inf)),
        upper=np.append(block.upper, block.extra_upper),
        rows=block.rows + block.extra_rows,
        extra=sparse.csr_array((0, options + columns)),
        extra_upper=np.zeros(0),
        extra_rows=(),
    )


def _clusters(ledger: Ledger) -> NDArray[np.int32]:
    """Land of one class in one jurisdiction, by kind: it answers alike, and rows ask for sums over it."""
    seen = ledger.study.parcels.iloc[ledger.options.first]
    of_pattern = numbered(seen["jurisdiction"].to_numpy(), seen["land_class"].to_numpy())
    return of_pattern[ledger.options.kind_pattern].astype(np.int32)


def _meetings(ledger: Ledger, policy: Policy) -> Iterator[Meeting]:
    """(12) parcel by parcel, where the project's hectares are counted by atom."""
    options, area = ledger.options, ledger.study.parcels["area_ha"].to_numpy()
    size = len(options.kind)
    keys = [(enjoyed.atom.name, enjoyed.practices, enjoyed.period) for _, _, enjoyed in policy.enjoyed]
    masks: dict[tuple[str, tuple[str, ...], int], NDArray[np.bool_]] = {}
    for key, (_, _, enjoyed) in zip(keys, policy.enjoyed, strict=True):
        if key not in masks:
            mask = np.zeros(len(options.kind_pattern), dtype=bool)
            for name in enjoyed.practices:
                mask |= ledger.states.mask(f"area.practice.{name}", enjoyed.period)
            masks[key] = mask & enjoyed.atom.patterns[options.kind_pattern]
    if not masks:
        return
    # all options are gone through once: few of them enjoy anything
    some = np.flatnonzero(np.any(list(masks.values()), axis=0)[options.kind])
    kind = options.kind[some]
    wanted: dict[tuple[str, tuple[str, ...], int], tuple[Any, Any, Any]] = {}
    for key, mask in masks.items():
        found = some[mask[kind]]
        parcels, member = np.unique(options.parcel[found].astype(np.int64), return_inverse=True)
        wanted[key] = found.astype(np.int64), member.astype(np.int64), parcels
    for key, (columns, state, _) in zip(keys, policy.enjoyed, strict=True):
        using, of_parcel, where = wanted[key]
        if len(using):
            yield Meeting(columns + size, state + size, using, of_parcel, area[where])


def footprint_rows(ledger: Ledger, columns: int) -> tuple[sparse.csr_array, list[str]]:
    """(9) `footprint[j,i,t]`: Σ_k not ok in t x_k + U_jt <= 1 for every parcel of the footprint.

    In words: once project j has started, no parcel of its footprint may be in a zone (or practice) that does not
    admit it. Parcels whose every option admits it need no row. Unit: numbers.
    """
    options = ledger.options
    names: list[str] = []
    row: list[int] = []
    column: list[int] = []
    size = len(options.kind)
    for project, parcels in footprints(ledger):
        state = ledger.works.names.index(project) * len(ledger.clock.length)
        for position, period in enumerate(period_names(ledger.study.periods)):
            admitted = ledger.states.admits(project, position)
            for parcel, name in parcels:
                mine = np.arange(options.start[parcel], options.start[parcel + 1])
                refused = mine[~admitted[options.kind[mine]]]
                if len(refused):
                    row += [len(names)] * (len(refused) + 1)
                    column += [*refused.tolist(), size + state + position]
                    names.append(footprint_row(project, name, period))
    matrix = sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(names), size + columns))
    return matrix, names


def footprint_row(project: str, parcel: str, period: str) -> str:
    """The name of a row of (9), as Pyomo names rows: what looks like a number is quoted."""
    return f"footprint{index_repr((project, parcel, period))}"


def footprints(ledger: Ledger) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Projects with drawn land, and the position and id of each of their parcels."""
    drawn = {row.project: items(row.footprint) for row in each(ledger.study.projects) if row.footprint}
    if not drawn:
        return
    position = pd.Index(ledger.study.parcels["parcel_id"])
    for project, names in drawn.items():
        yield project, list(zip(position.get_indexer(names).tolist(), names, strict=True))
