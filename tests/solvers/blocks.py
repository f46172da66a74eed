"""Random blocks as the package makes them: the options of a group are a run of kinds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from zonevest.model.land import Block

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def block(
    seed: int, *, single: bool = False, groups: int = 5, rows: int = 3, integer: bool = True, bounded: bool = False
) -> Block:
    """A random block with two scalars and four further columns: two whole ones, one free of a bound, one below 0.

    Parameters
    ----------
    single : whether single options have something of their own.
    bounded : whether every further column has two ends; else one has none above.
    """
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 4, 3)  # three patterns of land
    first = np.cumsum(size) - size
    pattern = rng.integers(0, 3, groups)
    group = np.repeat(np.arange(groups), size[pattern])
    number = np.arange(len(group)) - np.repeat(np.cumsum(size[pattern]) - size[pattern], size[pattern])
    kinds = int(size.sum())

    def some(count: int, share: float = 0.6) -> sparse.csr_array:
        shape = (count, rows + 1)
        return sparse.csr_array((rng.integers(-3, 4, shape) * (rng.random(shape) < share)).astype(float))

    lower = np.where(rng.random(rows) < 0.4, rng.integers(-9, 1, rows), -np.inf)
    upper = np.where((rng.random(rows) < 0.6) | np.isinf(lower), rng.integers(0, 12, rows), np.inf)
    upper = np.where(rng.random(rows) < 0.15, np.where(np.isfinite(lower), lower, upper), upper)
    return Block(
        groups=groups,
        group=group.astype(np.int32),
        kind=(first[pattern[group]] + number).astype(np.int32),
        by_kind=[(rng.integers(1, 5, groups).astype(float), some(kinds)) for _ in range(2)],
        by_option=some(len(group), 0.2) if single else None,
        by_column=some(4),
        lower=lower.astype(float),
        upper=upper.astype(float),
        rows=tuple(f"row{k}" for k in range(rows)),
        constant=7.0,
        extra=sparse.csr_array((0, len(group) + 4)),
        extra_upper=np.zeros(0),
        extra_rows=(),
        columns=("U", "V", "slack", "gain"),
        column_lower=np.array([0.0, 0.0, 0.0, -2.0]),
        column_upper=np.array([1.0, 2.0, 5.0 if bounded else np.inf, 3.0]),
        column_integer=np.array([True, True, False, False]),
        integer=integer,
        cluster=np.repeat(rng.permutation(3), size).astype(np.int32),
    )


def rows_of_options(given: Block) -> Floats:
    """What every option comes to in rows and objective, summed up plainly: options x (rows + 1)."""
    out = np.zeros((len(given.group), len(given.rows) + 1))
    for option, (group, kind) in enumerate(zip(given.group, given.kind, strict=True)):
        for scalar, matrix in given.by_kind:
            out[option] += scalar[group] * matrix.toarray()[kind]
        if given.by_option is not None:
            out[option] += given.by_option.toarray()[option]
    return out


def choices(given: Block) -> Iterator[Ints]:
    """Every choice of one option for each group, as positions among options."""
    yield from (
        np.array(chosen, dtype=np.int64)
        for chosen in itertools.product(*(np.flatnonzero(given.group == g) for g in range(given.groups)))
    )
