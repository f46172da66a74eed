"""Programs that the solver tests share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from zonevest.solvers.program import Program

MakeProgram = Callable[..., Program]
INF = np.inf


def dense(
    cost: ArrayLike,
    rows: ArrayLike = (),
    lower: ArrayLike = (),
    upper: ArrayLike = (),
    *,
    columns: tuple[ArrayLike, ArrayLike] = (0.0, 1.0),
    whole: bool | Sequence[int] = True,
    **more: Any,
) -> Program:
    """A program from a dense matrix; bounds of columns are spread over all of them."""
    costs = np.asarray(cost, dtype=float)
    low = np.asarray(lower, dtype=float)
    matrix = np.asarray(rows, dtype=float).reshape(len(low), len(costs)).T
    there = matrix != 0
    return Program(
        cost=costs,
        col_lower=np.broadcast_to(np.asarray(columns[0], dtype=float), costs.shape),
        col_upper=np.broadcast_to(np.asarray(columns[1], dtype=float), costs.shape),
        integer=np.broadcast_to(np.asarray(whole, dtype=bool), costs.shape),
        row_lower=low,
        row_upper=np.asarray(upper, dtype=float),
        start=np.concatenate([[0], np.cumsum(there.sum(axis=1))]),
        index=np.nonzero(there)[1].astype(np.int32),
        value=matrix[there],
        **more,
    )


@pytest.fixture(scope="session")
def make() -> MakeProgram:
    """Make a program from dense rows."""
    return dense


@pytest.fixture(scope="session")
def knapsacks() -> MakeProgram:
    """Make the choice of `n` things under `m` weights: points are found at once, proofs take very long from n = 100."""

    def knapsack(n: int, m: int, *, worth: float = 1.0, weight: float = 1.0, **more: Any) -> Program:
        rng = np.random.default_rng(1)
        weights = rng.integers(20, 1000, (m, n))
        half = weights.sum(axis=1) // 2
        return dense(rng.integers(500, 1000, n) * worth, weights * weight, np.full(m, -INF), half * weight, **more)

    return knapsack
