"""Every row of money, quotas, uplift and gains as written by hand, on the shore: both builds must write it."""

from __future__ import annotations

from math import isinf

import pytest

from tests.model.builds import Build, complete, fast, named
from tests.model.complete_shore import TABLES, shore
from tests.model.shore_rows import ATOMS, GAINS, LOSS, ROWS, SHARED, Row, expected, short
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.join import join


def found(build: Build, name: str) -> Row:
    """A row by its short name: terms, lower and upper bound."""
    for atom, letters in ATOMS.items():
        name = name.replace(f",{letters},", f",{atom},").replace(f",{letters}]", f",{atom}]")
        name = name.replace(f"[{letters},", f"[{atom},")
    low, high, terms = build.rows[name]
    terms = {key: value for key, value in terms.items() if abs(value) > 1e-12}
    return short(terms), None if isinf(low) else low, None if isinf(high) else high


@pytest.fixture(scope="module")
def both() -> dict[str, Build]:
    return {"fast": fast(shore()), "complete": complete(shore())}


@pytest.fixture(scope="module")
def both_at_a_loss() -> dict[str, Build]:
    quay, reeds = TABLES["projects"]
    study = shore(projects=[{**quay, "annual_cost": 4.0}, reeds])
    return {"fast": fast(study), "complete": complete(study)}


@pytest.mark.parametrize("build", ["fast", "complete"])
@pytest.mark.parametrize("name", [*ROWS, *GAINS])
def test_row(both: dict[str, Build], build: str, name: str) -> None:
    assert found(both[build], name) == expected({**ROWS, **GAINS}[name])


@pytest.mark.parametrize("build", ["fast", "complete"])
@pytest.mark.parametrize("name", LOSS)
def test_row_of_a_project_at_a_loss(both_at_a_loss: dict[str, Build], build: str, name: str) -> None:
    assert found(both_at_a_loss[build], name) == expected(LOSS[name])
    assert both_at_a_loss[build].columns["leans[quay,a]"] == (0, 1, True)


@pytest.mark.parametrize("build", ["fast", "complete"])
def test_columns(both: dict[str, Build], build: str) -> None:
    columns = both[build].columns
    free, positive = (-float("inf"), float("inf"), False), (0, float("inf"), False)
    assert columns["cash_end[a]"] == free
    # 8 and 6 a year; b has two years
    assert columns["buy[new,N,b]"] == (0, 16, False)
    assert columns["sell[new,N,a]"] == (0, 6, False)
    for name in ("draw[bond,quay,a,b]", "raised[swap,a]", "transfer[S,b]", "balance[new,S,a]", "positive_gain[chest]"):
        assert columns[name] == positive
    assert columns["give[cover_min,quay,a]"] == positive


@pytest.mark.parametrize("name", SHARED)
def test_row_of_an_entry_that_several_rows_read(name: str) -> None:
    study = shore()
    ledger = Ledger(build_options(study))
    block = land_block(ledger, shared(compile_policy(policy_model(ledger))))
    build = named(study, ledger, block, join(block))
    assert found(build, name) == expected(SHARED[name])
    # what the entry stood for in a row is the column now: a quarter of a year's upkeep
    terms, low, _ = found(build, "reserve[a]")
    assert terms == pytest.approx({"cash_end[a]": 1, "ledger[money.cost,total,0]": -0.25})
    assert low == pytest.approx(0.9)
