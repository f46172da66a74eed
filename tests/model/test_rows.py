# ruff: noqa: E501  (rows are as long as they are)
"""Every row family on the four-parcel study, written by hand from FORMULATION.md: both builds must write it.

What the coefficients come from (2026-27 is a, 2028-30 is b; rates are 0, so present values are plain sums):

- options: p1 (10 ha) and p2 (5 ha): hold, build from a or b, plant from a or b; p3 (8 ha wood) and p4 (2 ha town): hold;
- F1, p4 held: rent 4 x 2 ha x 5 years = 40 = F1°. p1 built from a: rent 40 x 5 less works 30 / 10 a year x 5 = 185;
  from b: 40 x 3 - 3 x 3 = 111; p2 half of it. j1 from a opens 2028: 3 x 3 - (6 / 6) x 3 = 6; from b opens 2030:
  3 - 1 = 2; so U[j1,a] 6 - 2 = 4, U[j1,b] 2. j2 from a: 2 / 2 a year in its two years = -2, from b the same;
- F2, p1 held 1 x 10 x 5 = 50, built from a 0, from b 10 x 2 = 20, planted from a 20 x 5 = 100, from b
  10 x 2 + 20 x 3 = 80; p2 half; p3 2 x 8 x 5 = 80; F2° = 50 + 25 + 80 = 155, its floor 0.8 x 155 = 124. j2 gives
  1 in each of two years from either start: U[j2,b] 2. With the 4 ha of farm that j3 takes from b on go 4 x 3 years.
"""

from __future__ import annotations

import pandas as pd
import pytest

from tests.model import budget_rows, complete_bay, families, shore_rows, site_rows
from tests.model.builds import Build, complete, fast
from tests.model.four import four
from tests.model.test_rates import FAMILY as RATED
from zonevest.instances.read import make_study
from zonevest.model import complete as whole
from zonevest.model.land import REPLACED
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import ROW_FAMILIES, policy_model

ROWS = {
    "assign": """
        assign[p1]: x[p1,hold,] + x[p1,build,a] + x[p1,build,b] + x[p1,plant,a] + x[p1,plant,b] = 1
        assign[p2]: x[p2,hold,] + x[p2,build,a] + x[p2,build,b] + x[p2,plant,a] + x[p2,plant,b] = 1
        assign[p3]: x[p3,hold,] = 1
        assign[p4]: x[p4,hold,] = 1
    """,
    "stay": """
        stay[j1,b]: - U[j1,a] + U[j1,b] >= 0
        stay[j2,b]: - U[j2,a] + U[j2,b] >= 0
        stay[j3,b]: - U[j3,a] + U[j3,b] >= 0
    """,
    # two years before 2026 there is no period: j2 cannot start in a; in b only after j1 in a
    "requires": """
        requires[j2,j1,a]: U[j2,a] <= 0
        requires[j2,j1,b]: - U[j1,a] + U[j2,b] <= 0
    """,
    "exclusive": """
        exclusive[either]: U[j1,b] + U[j3,b] <= 1
    """,
    "bundle": """
        bundle[together,j3,a]: - U[j2,a] + U[j3,a] = 0
        bundle[together,j3,b]: - U[j2,b] + U[j3,b] = 0
    """,
    # p4 always lies in U: no row; in a p1 lies in U only if built from a, in b if built at all
    "footprint": """
        footprint[j1,p1,a]: x[p1,hold,] + x[p1,build,b] + x[p1,plant,a] + x[p1,plant,b] + U[j1,a] <= 1
        footprint[j1,p1,b]: x[p1,hold,] + x[p1,plant,a] + x[p1,plant,b] + U[j1,b] <= 1
    """,
    # the wood of 8 ha cannot fall: 12 ha means 4 more
    "pool": """
        pool[j2,a]: 10 x[p1,plant,a] + 5 x[p2,plant,a] + 8 x[p3,hold,] - 4 U[j2,a] >= 8
        pool[j2,b]: 10 x[p1,plant,a] + 10 x[p1,plant,b] + 5 x[p2,plant,a] + 5 x[p2,plant,b] + 8 x[p3,hold,] - 4 U[j2,b] >= 8
    """,
    # 15 ha could be planted, j1 enables 12 of them
    "enable": """
        enable[plant,a]: 10 x[p1,plant,a] + 5 x[p2,plant,a] - 12 U[j1,a] <= 0
        enable[plant,b]: 10 x[p1,plant,a] + 10 x[p1,plant,b] + 5 x[p2,plant,a] + 5 x[p2,plant,b] - 12 U[j1,b] <= 0
    """,
    # j3 can start in b only: what it takes is 4 (U[j3,b] - U[j3,a])
    "land_take": """
        land_take[farm,A,a]: 10 x[p1,hold,] + 10 x[p1,build,b] + 10 x[p1,plant,b] + 5 x[p2,hold,] + 5 x[p2,build,b] + 5 x[p2,plant,b] >= 0
        land_take[farm,A,b]: 10 x[p1,hold,] + 5 x[p2,hold,] + 4 U[j3,a] - 4 U[j3,b] >= 0
    """,
    # half of the 15 ha of farmland; construction 4 +- 3 ha, the 4 ha that j3 builds over included
    "limit": """
        limit[works_cap,total,a]: 30 x[p1,build,a] + 15 x[p2,build,a] - excess[works_cap,total,a] <= 20
        limit[works_cap,total,b]: 30 x[p1,build,b] + 15 x[p2,build,b] - excess[works_cap,total,b] <= 20
        limit[farm_kept,A,b]: 10 x[p1,hold,] + 5 x[p2,hold,] + 4 U[j3,a] - 4 U[j3,b] >= 7.5
        limit[built,total,b]: 1 <= 10 x[p1,build,a] + 10 x[p1,build,b] + 5 x[p2,build,a] + 5 x[p2,build,b] + 2 x[p4,hold,] - 4 U[j3,a] + 4 U[j3,b] <= 7
    """,
    "floor": """
        floor[ecosystem]: 50 x[p1,hold,] + 20 x[p1,build,b] + 100 x[p1,plant,a] + 80 x[p1,plant,b] + 25 x[p2,hold,] + 10 x[p2,build,b] + 50 x[p2,plant,a] + 40 x[p2,plant,b] + 80 x[p3,hold,] + 2 U[j2,b] + 12 U[j3,a] - 12 U[j3,b] >= 124
    """,
}
OBJECTIVE = """
    185 x[p1,build,a] + 111 x[p1,build,b] + 92.5 x[p2,build,a] + 55.5 x[p2,build,b] + 40 x[p4,hold,]
    + 4 U[j1,a] + 2 U[j1,b] - 2 U[j2,b] - 2 excess[works_cap,total,a] - 2 excess[works_cap,total,b] - 40
"""
# lexicographic, second stage: the gain in F2 (above 155) keeps 30
KEEP = """
    keep[ecosystem]: 50 x[p1,hold,] + 20 x[p1,build,b] + 100 x[p1,plant,a] + 80 x[p1,plant,b] + 25 x[p2,hold,] + 10 x[p2,build,b] + 50 x[p2,plant,a] + 40 x[p2,plant,b] + 80 x[p3,hold,] + 2 U[j2,b] + 12 U[j3,a] - 12 U[j3,b] >= 185
"""
CASH_FLOOR = """
    floor[cash]: 185 x[p1,build,a] + 111 x[p1,build,b] + 92.5 x[p2,build,a] + 55.5 x[p2,build,b] + 40 x[p4,hold,] + 4 U[j1,a] + 2 U[j1,b] - 2 U[j2,b] >= 45
"""


def written(text: str) -> list[str]:
    """The lines of a text, spaces made one."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def side(terms: dict[str, float], order: list[str]) -> str:
    """A linear expression: ``10 x[p1] - U[j]``."""
    parts = []
    for name in sorted(terms, key=order.index):
        value = round(terms[name], 9)
        if value:
            size = "" if abs(value) == 1 else f"{abs(value):g} "
            parts.append(("- " if value < 0 else "+ ") + size + name)
    return " ".join(parts).removeprefix("+ ")


def text(build: Build, order: list[str], family: str) -> list[str]:
    """The rows of a family as LP text."""
    lines = []
    for name, (lower, upper, terms) in build.rows.items():
        if name.partition("[")[0] != family:
            continue
        low, high, body = round(lower, 9), round(upper, 9), side(terms, order)
        if low == high:
            lines.append(f"{name}: {body} = {low:g}")
        elif low == float("-inf"):
            lines.append(f"{name}: {body} <= {high:g}")
        elif high == float("inf"):
            lines.append(f"{name}: {body} >= {low:g}")
        else:
            lines.append(f"{name}: {low:g} <= {body} <= {high:g}")
    return lines


@pytest.fixture(scope="module")
def both() -> dict[str, Build]:
    study = four()
    return {"fast": fast(study), "complete": complete(study)}


@pytest.mark.parametrize("build", ["fast", "complete"])
@pytest.mark.parametrize("family", ROWS)
def test_rows_are_as_written(both: dict[str, Build], build: str, family: str) -> None:
    order = list(both["fast"].columns)
    assert text(both[build], order, family) == written(ROWS[family])


@pytest.mark.parametrize("build", ["fast", "complete"])
def test_objective_is_as_written(both: dict[str, Build], build: str) -> None:
    order = list(both["fast"].columns)
    found = side(both[build].objective, order) + f" - {-round(both[build].constant, 9):g}"
    assert found == " ".join(OBJECTIVE.split())


@pytest.mark.parametrize("build", ["fast", "complete"])
def test_columns_are_as_written(both: dict[str, Build], build: str) -> None:
    columns = both[build].columns
    assert columns["U[j3,a]"] == (0, 0, True)  # its window begins in b
    assert columns["U[j1,a]"] == columns["x[p1,build,a]"] == (0, 1, True)
    assert columns["excess[works_cap,total,a]"] == (0, float("inf"), False)


def test_floor_on_cash() -> None:
    # F1° = 40, a gain of at least 5
    study = four({"method": "floor", "floor": {"cash": 5.0}})
    for build in (fast(study), complete(study)):
        assert text(build, list(fast(study).columns), "floor") == written(CASH_FLOOR)


def test_kept_terms() -> None:
    study = four({"method": "lexicographic", "order": ["ecosystem", "cash"]})
    earlier = {"ecosystem": 30.0}
    first = fast(study, stage=1, earlier=earlier)
    for build in (first, complete(study, stage=1, earlier=earlier)):
        assert text(build, list(first.columns), "keep") == written(KEEP)


def test_footprint_in_the_policy() -> None:
    # without parcels at hand (9) is one row a period: 12 ha must lie in U
    model = policy_model(Ledger(build_options(four())))
    names = [con.name for con in model.footprint.values()]
    assert names == ["footprint[j1,a]", "footprint[j1,b]"]
    assert all(name.startswith(REPLACED) for name in names)
    expression = str(model.footprint["j1", "a"].expr).replace(" ", "")
    assert expression == "0<=entry['footprint.j1',total,a]-12.0*U[j1,a]"


def test_drawn_land_of_a_study_without_zones() -> None:
    # without footprint_zones some zone will do, but the parcel lies in none
    study = make_study(
        {"name": "bare", "defaults": "none", "periods": [{"name": "a", "start": 2026, "years": 2}]},
        parcels=pd.DataFrame({"parcel_id": ["i"], "land_class": ["farm"], "area_ha": [1.0]}),
        land_classes=pd.DataFrame({"land_class": ["farm"]}),
        projects=pd.DataFrame({"project": ["j"], "footprint": ["i"], "build_years": [1]}),
    )
    for build in (fast(study), complete(study)):
        assert text(build, list(build.columns), "footprint") == ["footprint[j,i,a]: x[i,hold,] + U[j,a] <= 1"]


TEXTS = (*shore_rows.ROWS, *shore_rows.GAINS, *shore_rows.LOSS)
FURTHER = (*budget_rows.APART, *budget_rows.IN_STEPS, *budget_rows.TOGETHER, *complete_bay.ROWS, *site_rows.ROWS)


def test_every_family_has_its_text() -> None:
    texts = {name.partition("[")[0] for name in (*TEXTS, *FURTHER)} | {*ROWS, "keep"}
    assert families.in_source() == {*texts, RATED}
    assert {*ROW_FAMILIES, "assign"} == texts


def test_every_family_has_its_line() -> None:
    # where the complete model tells what its names are
    assert [name for name in (*ROW_FAMILIES, "assign") if f"``{name}``" not in str(whole.__doc__)] == []
