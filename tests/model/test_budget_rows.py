"""The rows of budgets, price steps and synergies as written by hand, on the shore."""

from __future__ import annotations

import pytest

from tests.model import budget_rows as given
from tests.model.builds import Build, complete, fast
from tests.model.complete_shore import shore
from tests.model.shore_rows import ROWS, SPREAD, expected
from tests.model.test_money_rows import found

BUILDS = {"fast": fast, "complete": complete}
BOTH = pytest.mark.parametrize("build", BUILDS)


@pytest.fixture(scope="module")
def parted() -> dict[str, Build]:
    return {name: build(given.of_budgets()) for name, build in BUILDS.items()}


@pytest.fixture(scope="module")
def stepped() -> dict[str, Build]:
    return {name: build(shore(**given.STEPS)) for name, build in BUILDS.items()}


@pytest.fixture(scope="module")
def paired() -> dict[str, Build]:
    return {name: build(shore(**given.PAIRS)) for name, build in BUILDS.items()}


@BOTH
@pytest.mark.parametrize("name", given.APART)
def test_row_of_a_budget(parted: dict[str, Build], build: str, name: str) -> None:
    assert found(parted[build], name) == expected(given.APART[name])


@BOTH
def test_other_rows_speak_of_all_budgets(parted: dict[str, Build], build: str) -> None:
    others = [name for name in ROWS if name.partition("[")[0] not in given.CHANGED]
    assert [name for name in others if found(parted[build], name) != expected(ROWS[name])] == []
    families = {name.partition("[")[0]: 0 for name in parted[build].rows}
    assert {"dscr_min[enterprise,b]", "budget_transfer[fund,enterprise,b]"}.isdisjoint(parted[build].rows)
    assert "budget_transfer" in families


@BOTH
def test_columns_of_budgets(parted: dict[str, Build], build: str) -> None:
    columns = parted[build].columns
    assert columns["cash_end[fund,b]"] == (-float("inf"), float("inf"), False)
    assert columns["passed[fund,enterprise,b]"] == (0, float("inf"), False)
    assert "cash_end[a]" not in columns


@BOTH
def test_what_the_main_budget_passes_on_and_what_may_give(build: str) -> None:
    # the chest is of the purse; N and S have people; a soft cover gives in each budget by itself
    study = shore({"purse": ["local", "chest"]}, {"soft": {"dscr_min": 2.0}}, **given.BUDGETS)
    rows = BUILDS[build](study)
    passing = {name for name, (_, _, terms) in rows.rows.items() if terms.get("transfer[S,a]") and "cash[" in name}
    assert passing == {"cash[general,a]"}
    assert rows.rows["cash[general,a]"][2]["transfer[N,a]"] == 1
    assert rows.rows["dscr_min[fund,b]"][2]["give[dscr_min,fund,b]"] == 1
    assert rows.objective["give[dscr_min,general,b]"] == -2


@BOTH
@pytest.mark.parametrize("name", given.LEFT_OUT)
def test_an_enterprise_is_left_out_without_a_table_of_budgets(build: str, name: str) -> None:
    assert found(BUILDS[build](given.of_an_enterprise()), name) == expected(given.LEFT_OUT[name])


@BOTH
@pytest.mark.parametrize("name", given.IN_STEPS)
def test_row_of_price_steps(stepped: dict[str, Build], build: str, name: str) -> None:
    assert found(stepped[build], name) == expected(given.IN_STEPS[name])


@BOTH
def test_columns_of_price_steps(stepped: dict[str, Build], build: str) -> None:
    columns = stepped[build].columns
    assert columns[f"sold[{given.LOTS},2,a]"] == (0, 12, False)
    assert columns[f"filled[{given.LOTS},1,a]"] == (0, 1, True)
    # 6 a year for two years, one step: nothing is to be filled first
    assert columns[f"sold[{given.LOTS},1,b]"] == (0, 12, False)
    assert f"filled[{given.LOTS},1,b]" not in columns


@BOTH
def test_worth_of_price_steps(stepped: dict[str, Build], build: str) -> None:
    # Of a shop's life of 4 years: C = amount / 1.25 at the beginning of the period, spread over the four years, which
    # from a are all there: 0.8 of it. What is paid for the reeds is for good, a fifth of it a year.
    objective = stepped[build].objective
    assert objective[f"sold[{given.LOTS},1,a]"] == pytest.approx(0.3 * 0.8)
    assert objective[f"sold[{given.LOTS},2,a]"] == pytest.approx(0.15 * 0.8)
    assert objective[f"sold[{given.LOTS},1,b]"] == pytest.approx(0.264 * 0.8 * SPREAD * 1.5616)
    assert objective[f"sold[{given.DUES},2,a]"] == pytest.approx(-0.2 * 0.2 * 2.3616)
    assert objective[f"sold[{given.DUES},1,b]"] == pytest.approx(-0.1 * 0.2 * 1.5616)


@BOTH
@pytest.mark.parametrize("name", given.TOGETHER)
def test_row_of_synergies(paired: dict[str, Build], build: str, name: str) -> None:
    assert found(paired[build], name) == expected(given.TOGETHER[name])


@BOTH
def test_worth_of_synergies(paired: dict[str, Build], build: str) -> None:
    # tolls year by year; of the fee the purse's half, for good, is a tenth a year
    for names, years in ((given.EARLY, 0.9216), (given.LATE, 0.4096)):
        for name in names:
            assert paired[build].objective[name] == pytest.approx((2 + 0.1) * years)
            assert paired[build].columns[name] == (0, float("inf"), False)
