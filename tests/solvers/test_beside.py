"""What is best beside decisions that are fixed."""

from __future__ import annotations

import numpy as np

from zonevest.solvers.beside import Row, best_beside


def test_only_rows_that_must_give_do() -> None:
    """One row cannot hold (at most 100 where 500 is asked for); the others keep their bounds to the last digits."""
    rows = [Row({0: 1.0}, True, 500.0, None), Row({1: 1.0, 2: 1.0}, False, 400.0, None)]
    found = best_beside(rows, [{1: 1.0, 2: 2.0}], np.zeros(3), np.array([100.0, 1e4, 1e4]), [False] * 3)
    assert not found.holds
    assert found.x is not None
    assert abs(found.x[0] - 100.0) <= 1e-3
    assert abs(found.x[2] - 400.0) <= 1e-9
    assert found.x[1] == 0.0


def test_a_fact_gives_only_where_nothing_else_helps() -> None:
    """At most 0 is asked for, at least 5,000 is a fact: relative to its size it would be the cheaper one to miss."""
    rows = [Row({0: 1.0}, True, 5000.0, None, 1000.0, fact=True), Row({0: 1.0}, False, 0.0, None)]
    found = best_beside(rows, [{0: -1.0}], np.zeros(1), np.array([1e4]), [False])
    assert not found.holds
    assert found.x is not None
    assert abs(found.x[0] - 5000.0) <= 1e-2
    held = best_beside(rows, [{0: -1.0}], np.zeros(1), np.zeros(1), [False])  # what is given leaves no other way
    assert not held.holds
    assert held.x is not None
    assert held.x[0] == 0.0
