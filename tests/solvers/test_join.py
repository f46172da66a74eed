"""The joined program against the same sums written out option by option."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from zonevest.model.land import Block
from zonevest.solvers import join as joining
from zonevest.solvers.join import join, slices
from zonevest.solvers.measures import measures
from zonevest.solvers.scaling import scaled


def block(seed: int, *, single: bool) -> Block:
    """A random block: 5 groups, 4 kinds, 3 rows, 2 columns, two scalars; with or without parts of single options."""
    rng = np.random.default_rng(seed)
    group = np.sort(np.concatenate([np.arange(5), rng.integers(0, 5, 4)])).astype(np.int32)
    size = len(group)

    def some(rows: int, columns: int) -> sparse.csr_array:
        values = rng.integers(-3, 4, (rows, columns)) * (rng.random((rows, columns)) < 0.6)
        return sparse.csr_array(values.astype(float))

    return Block(
        groups=5,
        group=group,
        kind=rng.integers(0, 4, size).astype(np.int32),
        by_kind=[(rng.integers(1, 5, 5).astype(float), some(4, 4)) for _ in range(2)],
        by_option=some(size, 4) if single else None,
        by_column=some(2, 4),
        lower=np.full(3, -np.inf),
        upper=np.arange(3.0),
        rows=("a", "b", "c"),
        constant=7.0,
        extra=some(2, size + 2) if single else sparse.csr_array((0, size + 2)),
        extra_upper=np.ones(2 if single else 0),
        extra_rows=("e", "f") if single else (),
        columns=("U[j,t]", "s"),
        column_lower=np.zeros(2),
        column_upper=np.array([1.0, np.inf]),
        column_integer=np.array([True, False]),
        integer=True,
        cluster=np.zeros(4, dtype=np.int32),
    )


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("chunk", [1, 3, 1000])
@given(seed=st.integers(0, 10**6))
def test_every_coefficient_is_kind_times_scalar(seed: int, single: bool, chunk: int) -> None:
    given_block = block(seed, single=single)
    size = len(given_block.group)
    expected = np.zeros((4, size))
    for k in range(size):
        for scalar, matrix in given_block.by_kind:
            expected[:, k] += scalar[given_block.group[k]] * matrix.toarray()[given_block.kind[k]]
    if given_block.by_option is not None:
        expected += given_block.by_option.toarray().T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "CHUNK", chunk)
        program = join(given_block)
    shape = (program.n_rows, program.n_cols)
    matrix = sparse.csc_array((program.value, program.index, program.start), shape=shape).toarray()
    choice = np.zeros((5, size))
    choice[given_block.group, np.arange(size)] = 1.0
    assert np.array_equal(matrix[:5, :size], choice)
    assert np.allclose(matrix[5:8, :size], expected[:3])
    assert np.allclose(program.cost[:size], expected[3])
    columns = given_block.by_column.toarray()
    assert np.array_equal(matrix[5:8, size:], columns[:, :3].T)
    assert np.array_equal(program.cost[size:], columns[:, 3])
    assert np.array_equal(matrix[8:], given_block.extra.toarray())
    assert not matrix[:5, size:].any()
    assert program.offset == 7.0
    assert list(program.row_upper) == [1.0] * 5 + [0.0, 1.0, 2.0] + [1.0] * given_block.extra.shape[0]
    assert list(program.integer) == [True] * size + [True, False]
    # no row stands twice in a column
    for j in range(program.n_cols):
        part = program.index[program.start[j] : program.start[j + 1]]
        assert len(set(part.tolist())) == len(part)


def test_what_is_left_by_rounding_is_no_coefficient() -> None:
    """0.1 + 0.2 less 0.3 a hectare, and so in a further column: nothing stands in the row, to be scaled up."""
    left = (0.1 + 0.2) - 0.3
    assert 0.0 < left < 1e-15
    rounding = Block(
        groups=1,
        group=np.zeros(1, dtype=np.int32),
        kind=np.zeros(1, dtype=np.int32),
        by_kind=[(np.array([100.0]), sparse.csr_array([[left, 2.0, 5.0]]))],
        by_option=None,
        by_column=sparse.csr_array([[left, 3.0, 0.0]]),
        lower=np.zeros(2),
        upper=np.full(2, np.inf),
        rows=("nothing", "something"),
        constant=0.0,
        extra=sparse.csr_array((0, 2)),
        extra_upper=np.zeros(0),
        extra_rows=(),
        columns=("s",),
        column_lower=np.zeros(1),
        column_upper=np.ones(1),
        column_integer=np.array([False]),
        integer=True,
        cluster=np.zeros(1, dtype=np.int32),
    )
    program = join(rounding)
    # of the option: its group's own row and the second; of the further column the second
    assert sorted(zip(program.index.tolist(), program.value.tolist(), strict=True)) == [(0, 1.0), (2, 3.0), (2, 200.0)]


@pytest.mark.parametrize("single", [False, True])
@given(seed=st.integers(0, 10**6), size=st.integers(1, 12))
def test_slices_hold_the_whole_program(seed: int, single: bool, size: int) -> None:
    whole = block(seed, single=single)
    parts = list(slices(whole, size))
    assert sum(part.groups for part in parts) == whole.groups
    assert all(len(part.group) <= size or part.groups == 1 for part in parts)
    cells, first = [], 0
    for part in parts:
        program = join(part)
        matrix = sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
        mine = np.zeros((whole.groups, program.n_cols))
        mine[first : first + part.groups] = matrix.toarray()[: part.groups]
        written = np.vstack([mine, matrix.toarray()[part.groups :]])
        cells.append((written[:, : len(part.group)], written[:, len(part.group) :]))
        first += part.groups
    program = join(whole)
    expected = sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
    assert np.array_equal(np.hstack([*(own for own, _ in cells), cells[0][1]]), expected.toarray())


@pytest.mark.parametrize("single", [False, True])
@given(seed=st.integers(0, 10**6), size=st.integers(1, 12))
def test_measures_are_those_of_the_program(seed: int, single: bool, size: int) -> None:
    whole = block(seed, single=single)
    program, found = join(whole), measures(whole, size)
    assert (found["program_rows"], found["columns"]) == (program.n_rows, program.n_cols)
    assert found["nonzeros"] == program.n_nonzeros
    for prefix, each in (("", program), ("scaled_", scaled(program)[0])):
        worth = np.abs(each.value[each.value != 0.0])
        assert (found[f"{prefix}smallest"], found[f"{prefix}largest"]) == (worth.min(), worth.max())
