"""Every row of budgets, steps of prices, synergies and hurdles as written by hand, on the bay."""

from __future__ import annotations

from math import inf, isinf

import pytest

from tests.model.builds import Build, complete
from tests.model.complete_bay import ROWS, bay, full
from tests.model.complete_valley import lp

BUILDS = {"complete": complete}


def plain(build: Build) -> Build:
    """A build whose names are without the quotes that Pyomo puts around words with dots, and around numbers."""
    rows = {
        name.replace("'", ""): (low, high, {key.replace("'", ""): value for key, value in terms.items()})
        for name, (low, high, terms) in build.rows.items()
    }
    return Build(rows, {name.replace("'", ""): column for name, column in build.columns.items()}, {}, 0.0)


@pytest.fixture(scope="module")
def built() -> dict[str, Build]:
    study = bay()
    return {name: plain(build(study)) for name, build in BUILDS.items()}


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("name", ROWS)
def test_row(built: dict[str, Build], build: str, name: str) -> None:
    low, high, terms = built[build].rows[full(name)]
    found = {key: value for key, value in terms.items() if abs(value) > 1e-12}
    assert (found, None if isinf(low) else low, None if isinf(high) else high) == lp(full(ROWS[name]))


@pytest.mark.parametrize("build", BUILDS)
def test_columns(built: dict[str, Build], build: str) -> None:
    columns = built[build].columns
    # 4 and 8 ha of a year, two years of 5 ha
    assert columns[full("sold[sale,@,N,1,a]")] == (0, 4, False)
    assert columns[full("sold[sale,@,N,2,a]")] == (0, 8, False)
    assert columns[full("sold[sale,@,N,1,b]")] == (0, 10, False)
    assert full("sold[sale,@,N,2,b]") not in columns
    assert columns[full("filled[sale,@,N,1,a]")] == (0, 1, True)
    # a last step has nothing to open
    assert {name for name in columns if name.startswith("filled")} == {
        full(f"filled[{each},1,{t}]")
        for each, t in (("sale,@,N", "a"), ("clearing,@,total", "a"), ("clearing,@,total", "b"))
    }
    assert columns["passed[fund,general,b]"] == columns["together[quay,reeds,b,a]"] == (0, inf, False)
    assert columns["cash_end[fund,b]"] == (-inf, inf, False)


@pytest.mark.parametrize("build", BUILDS)
def test_rows_that_are_not_there(built: dict[str, Build], build: str) -> None:
    rows = built[build].rows
    # a transfer without a cap has none, and nothing in a has to be covered yet
    assert not [name for name in rows if name.startswith("budget_transfer[fund")]
    assert {name for name in rows if name.startswith("dscr_min")} == {
        f"dscr_min[{budget},b]" for budget in ("general", "fund", "enterprise")
    }
    assert not [name for name in rows if name.startswith("step_full[sale") and name.endswith("b]")]
