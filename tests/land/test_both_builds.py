"""On real land the complete Pyomo model says the same as the arrays, row by row, and has the same optimum."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tests.land.baltimore import write_baltimore
from tests.land.imports import import_land, import_sibuyan
from tests.model.builds import Build, complete, differences, fast
from zonevest.instances.read import read_study
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.program import Program


def as_program(build: Build) -> Program:
    """A build with names as the arrays that HiGHS takes."""
    names = list(build.columns)
    at = {name: j for j, name in enumerate(names)}
    cells = [(i, at[name], value) for i, (_, _, row) in enumerate(build.rows.values()) for name, value in row.items()]
    row, column, value = (np.array(part) for part in zip(*cells, strict=True))
    matrix = sparse.csc_array((value, (row, column)), shape=(len(build.rows), len(names)))
    bounds = list(build.columns.values())
    return Program(
        cost=np.array([build.objective.get(name, 0.0) for name in names]),
        offset=build.constant,
        col_lower=np.array([lower for lower, _, _ in bounds]),
        col_upper=np.array([upper for _, upper, _ in bounds]),
        integer=np.array([whole for _, _, whole in bounds]),
        row_lower=np.array([lower for lower, _, _ in build.rows.values()]),
        row_upper=np.array([upper for _, upper, _ in build.rows.values()]),
        start=matrix.indptr,
        index=matrix.indices,
        value=matrix.data,
    )


def import_buena_vista(land: Path, target: Path) -> Path:
    return import_land("buena_vista", land, target)


@pytest.mark.long
@pytest.mark.land
@pytest.mark.parametrize("write", [import_sibuyan, import_buena_vista, write_baltimore])
def test_both_builds(write: Callable[[Path, Path], Path], land: Path, tmp_path: Path) -> None:
    study = read_study(write(land, tmp_path / "study"))
    one, other = fast(study), complete(study)
    assert differences(one, other) == []
    options = SolveOptions(gap=1e-6, time_limit=120.0)
    first, second = (solve_here(as_program(build), options) for build in (one, other))
    assert first.status == second.status == "optimal"
    assert first.value == pytest.approx(second.value, rel=2e-6)
    assert math.isfinite(first.bound)
