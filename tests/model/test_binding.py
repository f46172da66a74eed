"""Every row family binds somewhere: a tiny study whose best plan changes with its rows as worked out by hand.

For each family both builds find the hand's optimum with its rows and, a better one, without them; the best of all plans
by the audit's arithmetic is the same; and the audit says of the better plan which rule it breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests import brute
from tests.model import binding_land, binding_money, binding_whole
from tests.model.binding import Case, audited, family, solve
from tests.model.builds import Build, complete, fast
from zonevest.model import land
from zonevest.model.policy import ROW_FAMILIES
from zonevest.reports.audit import Evaluator

GROUPS = {"land": binding_land, "money": binding_money, "whole": binding_whole}
EACH = [
    pytest.param(name, make, id=f"{name}-{group}-{make.__name__}")
    for group, module in GROUPS.items()
    for name, cases in module.CASES.items()
    for make in cases
]
PAGE = (Path(__file__).parents[2] / "docs" / "rows.md").read_text(encoding="utf-8")
SAID = re.compile(r"^\| [^|]*? \| `(\w+).*`limits\.csv`(?: \(`(\w+))?", re.MULTILINE)
LISTED = {name: called or name for name, called in SAID.findall(PAGE) if name != "limit"}
"""Families of which the page of rows says that limits.csv lists them, and how (limits have names of their own)."""
MOST = 200
"""Plans that are tried."""


@dataclass(frozen=True)
class Built:
    """A case and both builds of its study."""

    case: Case
    builds: dict[str, Build]


@cache
def built(make: Callable[[], Case]) -> Built:
    case = make()
    return Built(case, {"fast": fast(case.study, **case.stage), "complete": complete(case.study, **case.stage)})


def rows(build: Build, name: str) -> set[str]:
    return {row for row in build.rows if family(row) == name}


@pytest.mark.parametrize("build", ["fast", "complete"])
@pytest.mark.parametrize(("name", "make"), EACH)
def test_it_binds(name: str, make: Callable[[], Case], build: str) -> None:
    case, builds = built(make).case, built(make).builds
    assert rows(builds["fast"], name) == rows(builds["complete"], name) != set()
    assert case.within < case.without
    assert solve(builds[build])[0] == pytest.approx(case.within, abs=1e-6)
    assert solve(builds[build], name)[0] == pytest.approx(case.without, abs=1e-6)


@pytest.mark.parametrize(("name", "make"), EACH)
def test_no_plan_is_better(name: str, make: Callable[[], Case]) -> None:
    case = built(make).case
    best = brute.best_in_turn if name == "keep" else brute.best
    assert best(case.study, MOST) == pytest.approx(case.within, abs=1e-6)


@pytest.mark.parametrize(("name", "make"), EACH)
def test_the_audit_tells(name: str, make: Callable[[], Case]) -> None:
    case, program = built(make).case, built(make).builds["fast"]
    evaluator = Evaluator(case.study)
    best = audited(evaluator, solve(program)[1])
    assert best.ok, best.breaches
    listed = {limit.partition(".")[0] for limit in best.limits["limit"]}
    assert (LISTED.get(name, name) in listed) is (name in LISTED)
    if case.told is not None:
        better = audited(evaluator, solve(program, name)[1])
        assert set(better.breaches["rule"]) == set(case.told.split())


def test_drawn_land_in_hectares_binds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # the policy's own row, in whose place the rows of the parcels stand
    monkeypatch.setattr(land, "REPLACED", "nothing[")
    case = binding_land.footprint()
    build = fast(case.study)
    for row in ("footprint[hall,near,a]", "footprint[hall,near,b]"):
        del build.rows[row]
    assert rows(build, "footprint") == {"footprint[hall,a]", "footprint[hall,b]"}
    assert solve(build)[0] == pytest.approx(case.within)
    assert solve(build, "footprint")[0] == pytest.approx(case.without)


@pytest.mark.parametrize(("years", "within", "without"), [(3, 0.0, 0.0), (4, 6.0, 10.0), (5, 9.0, 15.0)])
def test_no_land_is_sold_that_changes_after_the_last_year(years: int, within: float, without: float) -> None:
    # to 2028 nothing can be sold; to 2029 in 2026 alone, at 1 and a rent of 1; to 2030 in 2027 too, at 2 and the rent.
    # 2 of 5 ha must stay fields
    given = binding_land.sold(years)
    for build in (fast(given), complete(given)):
        assert solve(build)[0] == pytest.approx(within, abs=1e-6)
        assert solve(build, "limit")[0] == pytest.approx(without, abs=1e-6)
    assert brute.best(given, MOST) == pytest.approx(within, abs=1e-6)
    evaluator = Evaluator(given)
    at = "abcde"[years - 3 :][0]  # three years before the horizon ends with it
    late = audited(evaluator, {f"x[near,sell,{at}]": 1.0, "x[far,hold,]": 1.0})
    assert set(late.breaches["rule"]) == {"window"}


def test_every_family_has_a_case() -> None:
    assert {"assign", *ROW_FAMILIES} == {name for module in GROUPS.values() for name in module.CASES}
