"""The benchmark compares like with like: every way of writing the county's program gives the same matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks import writers
from benchmarks.measure import Phases
from benchmarks.small_county import county
from scipy import sparse

from tests.model.builds import complete, differences, named
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.program import Program

PARCELS = 200


@pytest.fixture(scope="module")
def program() -> Program:
    return writers.build(county(PARCELS), Phases())


@pytest.fixture(scope="module")
def given(program: Program) -> writers.Columns:
    return writers.columns_of(program)


def parts(lp: Any) -> tuple[sparse.csc_array, dict[str, np.ndarray[Any, Any]]]:
    """The matrix of a HighsLp and its vectors."""
    shape = (lp.num_row_, lp.num_col_)
    matrix = lp.a_matrix_
    by_row = matrix.format_ != matrix.format_.kColwise
    make = sparse.csr_array if by_row else sparse.csc_array
    names = ("col_cost_", "col_lower_", "col_upper_", "row_lower_", "row_upper_")
    vectors = {name: np.array(getattr(lp, name), dtype=float) for name in names}
    vectors["integer"] = np.array([int(kind) for kind in lp.integrality_])
    return sparse.csc_array(make((matrix.value_, matrix.index_, matrix.start_), shape=shape)), vectors


def assert_same(lp: Any, given: writers.Columns, rows: np.ndarray[Any, Any]) -> None:
    """The HighsLp holds these rows of the program, in this order, and all of its columns."""
    matrix, vectors = parts(lp)
    shape = (len(given["row_lower"]), len(given["cost"]))
    wanted = sparse.csr_array((given["value"], (given["row"], given["column"])), shape=shape)[rows]
    assert abs(matrix - wanted).max() <= 1e-12 * abs(wanted).max()
    assert vectors["col_cost_"] == pytest.approx(given["cost"], rel=1e-12)
    assert np.array_equal(vectors["integer"], given["integer"])
    for side in ("lower", "upper"):
        assert np.array_equal(vectors[f"col_{side}_"], given[f"col_{side}"])
        assert np.array_equal(vectors[f"row_{side}_"], given[f"row_{side}"][rows])


def test_the_county_is_worth_comparing(program: Program, given: writers.Columns) -> None:
    assert program.n_rows > 2 * PARCELS
    assert {sign for sign, rows in writers.signs(given).items() if len(rows) > 100} == {"<=", ">="}


def test_highs_lp(program: Program, given: writers.Columns) -> None:
    assert_same(program.to_highs_lp(), given, np.arange(program.n_rows))


def test_numpy_columns(given: writers.Columns) -> None:
    lp = writers.with_numpy(given, Phases()).getLp()
    assert_same(lp, given, np.arange(len(given["row_lower"])))
    assert lp.offset_ == given["offset"]


def test_linopy(given: writers.Columns) -> None:
    pytest.importorskip("linopy")
    rows = [np.arange(given["groups"]), *writers.signs(given).values()]
    assert_same(writers.with_linopy(given, Phases()).getLp(), given, np.concatenate(rows))


def test_complete_pyomo_model(program: Program) -> None:
    study = county(PARCELS)
    ledger = Ledger(build_options(study))
    block = land_block(ledger, compile_policy(policy_model(ledger)))
    assert not differences(named(study, ledger, block, program), complete(study))
