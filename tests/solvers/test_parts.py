"""A good point first, from few of the columns; then only points above it by more than the gap are looked for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.solvers.conftest import dense
from zonevest.solvers import highs as module
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.parts import promising, rest_of
from zonevest.solvers.program import Program

INF = np.inf


def test_the_rest_of_a_program() -> None:
    # 5a + 4b + 3c, 2a + 3b + c <= 5, 4a + b <= 11: with a = 2 there is 4b + 3c + 10, 3b + c <= 1, b <= 3
    program = dense([5, 4, 3], [[2, 3, 1], [4, 1, 0]], [-INF] * 2, [5, 11], columns=(0.0, INF), offset=7.0)
    rest, free = rest_of(program, np.array([2.0, 9.0, 9.0]), np.array([True, False, False]), whole=True)
    assert free.tolist() == [1, 2]
    assert rest.cost.tolist() == [4.0, 3.0]
    assert rest.offset == 17.0
    assert rest.row_upper == pytest.approx([1.0, 3.0])
    assert rest.integer.all()
    assert not rest_of(program, np.zeros(3), np.array([True, False, False]), whole=False)[0].integer.any()
    assert rest.value_at(np.array([0.0, 1.0])) == 20.0


def test_which_columns_are_kept() -> None:
    # two of ten: the whole number, and what the relaxation uses, are kept whatever they lose; one has no upper bound
    program = dense([1.0] * 20, columns=(0.0, [1.0] * 19 + [INF]), whole=[True] + [False] * 19)
    x, reduced = np.zeros(20), -np.arange(20.0)
    assert np.flatnonzero(promising(program, x, reduced)).tolist() == [0, 1, 2, 19]
    x[10] = 0.5
    assert np.flatnonzero(promising(program, x, reduced)).tolist() == [0, 1, 10, 19]
    x[11:18] = 0.5
    assert np.flatnonzero(promising(program, x, reduced)).tolist() == [0, *range(10, 18), 19]


def mixed(rnd: Random) -> Program:
    """A few whole numbers, a dozen shares of parcels that each take one practice, and rows that bind both."""
    parcels, options, projects = 5, 4, 3
    size = parcels * options + projects
    rows, low, high = [], [], []
    for parcel in range(parcels):
        row = np.zeros(size)
        row[parcel * options : (parcel + 1) * options] = 1.0
        rows.append(row)
        low.append(1.0)
        high.append(1.0)
    for _ in range(4):
        row = np.array([rnd.choice([0.0, 0.0, rnd.randint(-8, 12) / 2]) for _ in range(size)])
        row[-projects:] = [rnd.randint(-20, 20) / 2 for _ in range(projects)]
        rows.append(row)
        low.append(-INF)
        high.append(rnd.randint(-4, 16) / 2)
    cost = [rnd.randint(-8, 12) / 2 for _ in range(size - projects)] + [rnd.randint(-24, 16) for _ in range(projects)]
    whole = [False] * (size - projects) + [True] * projects
    return dense(cost, rows, low, high, columns=(0.0, 1.0), whole=whole, offset=rnd.randint(-20, 20))


def best(program: Program) -> float | None:
    matrix = np.zeros((program.n_rows, program.n_cols))
    matrix[program.index, program.entry_cols] = program.value
    found = milp(
        -program.cost,
        constraints=LinearConstraint(matrix, program.row_lower, program.row_upper),
        bounds=Bounds(program.col_lower, program.col_upper),
        integrality=program.integer.astype(int),
    )
    return None if found.status == 2 else program.offset - float(found.fun)


def test_it_finds_and_proves_what_one_search_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY_COLUMNS", 0)
    monkeypatch.setattr(module, "FEW_WHOLE", 0.5)
    proofs = []
    real = module._run

    def heard(*args: object, **more: object) -> object:
        outcome = real(*args, **more)  # type: ignore[arg-type]
        if more.get("cutoff") is not None:
            proofs.append(outcome.model.name)
        return outcome

    monkeypatch.setattr(module, "_run", heard)
    rnd, told = Random(5), []
    for _ in range(60):
        program, gap = mixed(rnd), rnd.choice([0.0, 1e-3, 0.3])
        known, solution = best(program), module.solve_here(program, SolveOptions(gap=gap, threads=1))
        told.append(solution.status)
        if known is None:
            assert solution.status == "infeasible"
            continue
        assert solution.status == "optimal"
        assert solution.value is not None
        assert solution.gap is not None
        assert solution.bound >= known - 1e-6
        assert solution.value <= known + 1e-6
        assert solution.gap <= gap + 1e-9
    assert set(told) == {"optimal", "infeasible"}
    assert {"kOptimal", "kInfeasible"} <= set(proofs)  # something better was found, and proofs that there is nothing
