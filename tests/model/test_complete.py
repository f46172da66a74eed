"""Every family of rows of the complete Pyomo model, as its LP text by hand, and its optimum beside brute force."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory as NewSolverFactory

from tests.model.complete_bay import bay
from tests.model.complete_shore import TABLES as SHORE
from tests.model.complete_shore import shore
from tests.model.complete_valley import (
    NOTHING,
    STARTS,
    TABLES,
    WORTH,
    changed,
    coefficients,
    limit,
    lp,
    names,
    row,
    valley,
)
from zonevest.model import complete
from zonevest.model.complete import pyomo_model

RENT_2 = "1 x[A,hold,] + 0.5 x[A,build,p2] + 2 x[B,hold,] + 4 x[D,hold,] - 0.5 U[road,p2]"
"""Rent of p2, all places: of the land, less that of the 5 ha that the road takes."""


@pytest.mark.parametrize(
    ("cells", "key", "text"),
    [
        ({}, ("total", "p2"), f"{RENT_2} >= 1"),
        ({"sense": "<=", "tolerance": 0.25}, ("total", "p2"), f"{RENT_2} <= 1.25"),
        ({"sense": "=="}, ("total", "p2"), f"{RENT_2} = 1"),
        ({"jurisdiction": "each", "period": "last"}, ("S", "p2"), "4 x[D,hold,] >= 1"),
        ({"jurisdiction": "basin", "period": "total"}, ("basin", "total"), "16 x[D,hold,] >= 1"),
        # 7 of rent at the start
        ({"basis": "share_of_start", "value": 0.5}, ("total", "p2"), f"{RENT_2} >= 3.5"),
        # 30 ha of rice in N at the start
        (
            {"basis": "share_of_start:area.class.rice", "value": 0.5, "jurisdiction": "N"},
            ("N", "p2"),
            "1 x[A,hold,] + 0.5 x[A,build,p2] + 2 x[B,hold,] - 0.5 U[road,p2] >= 15",
        ),
        # rent - 0.5 x water of p2
        (
            {"basis": "share_of:water", "value": 0.5},
            ("total", "p2"),
            f"{RENT_2} - 10 x[B,wild,p1] - 10 x[B,wild,p2] - 30 x[C,hold,] - 30 x[C,camp,p1] - 30 x[C,camp,p2] >= 0",
        ),
    ],
)
def test_limit(cells: dict[str, Any], key: tuple[str, str], text: str) -> None:
    model = pyomo_model(valley(limits=[limit(**cells)]))
    assert row(model.limit["l", *key]) == lp(text)


def test_tolerance_loosens_an_equality_on_both_sides() -> None:
    model = pyomo_model(valley(limits=[limit(sense="==", value=6, tolerance=0.25)]))
    assert row(model.limit["l", "total", "p2"]) == (lp(RENT_2)[0], 5.75, 6.25)


@pytest.mark.parametrize(
    ("sense", "text", "slacks"),
    [
        (">=", "+ short[l,total,p2] >= 1", ["short"]),
        ("<=", "- excess[l,total,p2] <= 1", ["excess"]),
        ("==", "+ short[l,total,p2] - excess[l,total,p2] = 1", ["short", "excess"]),
    ],
)
def test_soft_limit(sense: str, text: str, slacks: list[str]) -> None:
    model = pyomo_model(valley(limits=[limit(sense=sense, kind="soft", penalty=3.0)]))
    assert row(model.limit["l", "total", "p2"]) == lp(f"{RENT_2} {text}")
    objective = coefficients(model.objective)[0]
    assert {name: objective[name] for name in objective if name[0] in "se"} == {
        f"{slack}[l,total,{period}]": -3 for slack in slacks for period in ("p1", "p2")
    }
    assert all(model.component(slack)["l", "total", "p1"].bounds == (0, None) for slack in slacks)


def test_limit_rows_by_place_and_period() -> None:
    model = pyomo_model(
        valley(limits=[limit("a"), limit("b", jurisdiction="each", period="last"), limit("c", period="p1")])
    )
    assert names(model.limit) == {
        ("a", "total", "p1"),
        ("a", "total", "p2"),
        ("b", "N", "p2"),
        ("b", "S", "p2"),
        ("c", "total", "p1"),
    }


def test_limit_terms_and_people() -> None:
    # N has 100 people of its own, growing by 10 %; S has the 50 of its parcels, growing by 20 %.
    study = valley(
        {"population_growth": 0.2},
        parcels=[{**parcel, "population": 25 if parcel["jurisdiction"] == "S" else 7} for parcel in TABLES["parcels"]],
        jurisdictions=[{"jurisdiction": "N", "population": 100, "population_growth": 0.1}, {"jurisdiction": "S"}],
        limits=[
            limit("heads", basis="per_head", value=0.01, period="p1"),
            limit("basin", basis="per_head", value=0.01, period="p1", jurisdiction="basin"),
            limit("sum", "tolls", sense="<=", value=4, period="p2"),
            limit("crowd", "houses", sense="<=", value=4, period="p1"),
        ],
        limit_terms=[
            {"limit": "sum", "account": "rent", "coefficient": -2.0},
            {"limit": "crowd", "account": "population", "coefficient": 0.5},
        ],
    )
    model = pyomo_model(study)
    assert row(model.limit["heads", "total", "p1"])[1] == pytest.approx(0.01 * (100 * 1.1 + 50 * 1.2))
    assert row(model.limit["basin", "basin", "p1"])[1] == pytest.approx(0.01 * 25 * 1.2)
    # tolls - 2 x rent
    text = "10 x[A,build,p1] + 1.5 x[A,build,p2] - 2 x[A,hold,] - 4 x[B,hold,] - 8 x[D,hold,] + 1 U[road,p2] <= 4"
    assert row(model.limit["sum", "total", "p2"]) == lp(text)
    # 4 less half of the 110 + 60 people: a number moves to the right
    assert row(model.limit["crowd", "total", "p1"]) == lp("30 x[A,build,p1] <= -81")


def test_assign() -> None:
    model = pyomo_model(valley())
    assert names(model.assign) == {"A", "B", "C", "D"}
    assert row(model.assign["A"]) == lp("x[A,hold,] + x[A,build,p1] + x[A,build,p2] = 1")


def test_stay_and_windows() -> None:
    model = pyomo_model(valley(projects=changed("projects", "road", mandatory=1)))
    assert names(model.stay) == {(j, "p2") for j in ("road", "station", "quay", "mill", "dam")}
    assert row(model.stay["road", "p2"]) == lp("U[road,p2] - U[road,p1] >= 0")
    assert row(model.stay["quay", "p2"]) == lp("U[quay,p2] - U[quay,p1] = 0")  # nothing after its latest
    bounds = {name: model.U[name].bounds for name in model.U}
    assert bounds.pop(("station", "p1")) == (0, 0)  # nothing before its earliest
    assert bounds.pop(("road", "p2")) == (1, 1)  # mandated
    assert set(bounds.values()) == {(0, 1)}


@pytest.mark.parametrize(
    ("cells", "possible"),
    [
        ({"build_years": 3}, {"p1"}),  # from 2028 it would be built in 2030
        ({"build_years": 5}, set()),
        ({"footprint": "B"}, set()),
        ({"footprint": "B", "redline_ok": "general"}, {"p1", "p2"}),
        ({"footprint": "D"}, set()),
        ({"footprint": "D", "basic_farmland_ok": 1}, {"p1", "p2"}),
    ],
)
def test_possible_starts(cells: dict[str, Any], possible: set[str]) -> None:
    model = pyomo_model(valley(projects=changed("projects", "mill", **cells)))
    first = min(possible, default="p3")
    assert {t for t in ("p1", "p2") if model.U["mill", t].ub == 1} == {t for t in ("p1", "p2") if t >= first}
    assert row(model.stay["mill", "p2"])[2] == (None if "p2" in possible else 0)


def test_once_rows_end_inside_the_horizon() -> None:
    # A payment 2 years after the start of 2028 would fall in 2030.
    flow = {"project": "mill", "account": "works", "basis": "once", "value": 1.0, "start_year": 2}
    model = pyomo_model(valley(project_flows=[flow]))
    assert row(model.stay["mill", "p2"])[1:] == (0, 0)
    # C = 1 x 1.25^(2026 - 1 - 2028), A = 0.25 C, from 2026 on.
    assert coefficients(model.gain["cash"])[0]["U[mill,p1]"] == pytest.approx((5 - 0.25 * 0.8**3) * 2.68928)


def test_requires() -> None:
    model = pyomo_model(valley())
    assert names(model.requires) == {("station", "road", "p1"), ("station", "road", "p2")}
    # With a lag of a year p1 is the last start of the road in time for p2, and none is for p1.
    assert row(model.requires["station", "road", "p1"]) == lp("U[station,p1] <= 0")
    assert row(model.requires["station", "road", "p2"]) == lp("U[station,p2] - U[road,p1] <= 0")


def test_requires_without_lag() -> None:
    model = pyomo_model(valley(projects=changed("projects", "station", requires_lag=0)))
    assert row(model.requires["station", "road", "p1"]) == lp("U[station,p1] - U[road,p1] <= 0")


def test_exclusive() -> None:
    model = pyomo_model(valley())
    assert names(model.exclusive) == {"shore"}
    assert row(model.exclusive["shore"]) == lp("U[station,p2] + U[quay,p2] <= 1")


def test_bundle() -> None:
    model = pyomo_model(valley())
    assert names(model.bundle) == {("twins", "dam", "p1"), ("twins", "dam", "p2")}
    assert row(model.bundle["twins", "dam", "p1"]) == lp("U[dam,p1] - U[mill,p1] = 0")


def test_footprint() -> None:
    model = pyomo_model(valley())
    assert names(model.footprint) == {("station", "A", "p1"), ("station", "A", "p2")}
    assert row(model.footprint["station", "A", "p1"]) == lp("x[A,hold,] + x[A,build,p2] + U[station,p1] <= 1")
    assert row(model.footprint["station", "A", "p2"]) == lp("x[A,hold,] + U[station,p2] <= 1")


def test_footprint_practice_and_any_zone() -> None:
    # Any zone will do: no row, but where a parcel may be left unassigned.
    free = changed("projects", "station", footprint_zones="")
    assert not names(pyomo_model(valley(projects=free)).footprint)
    model = pyomo_model(valley({"unassigned": True}, projects=free))
    assert row(model.footprint["station", "A", "p1"]) == lp("x[A,,] + U[station,p1] <= 1")
    named = changed("projects", "station", footprint="C", footprint_zones="F", footprint_practice="camp")
    model = pyomo_model(valley(projects=named))
    assert row(model.footprint["station", "C", "p1"]) == lp("x[C,hold,] + x[C,camp,p2] + U[station,p1] <= 1")


def test_pool() -> None:
    model = pyomo_model(valley())
    assert names(model.pool) == {(j, t) for j in ("quay", "dam") for t in ("p1", "p2")}
    # No parcel has to be construction land: lo = 0.
    town = "10 x[A,build,p1] + 5 U[road,p1] - 12 U[dam,p1] >= 0"
    assert row(model.pool["dam", "p1"]) == lp(town)
    # D's 40 ha stay arable whatever is done, and the road may take 5 ha: lo = 35 of the 50 ha.
    rice = "10 x[A,hold,] + 10 x[A,build,p2] + 20 x[B,hold,] + 20 x[B,wild,p2] + 40 x[D,hold,] - 5 U[road,p1]"
    assert row(model.pool["quay", "p1"]) == lp(f"{rice} - 15 U[quay,p1] >= 35")


def test_pool_lets_land_be_taken_where_its_project_does_not_start() -> None:
    # Nothing may be done to the land: 70 ha are arable, and 65 after the road. The quay wants 66; the road, worth more
    # with a revenue of 30, is built alone. (With the parcels' 70 ha as lo, nobody could take any.)
    locked = [{**parcel, "locked_practice": "hold"} for parcel in TABLES["parcels"]]
    road, quay = changed("projects", "road", annual_revenue=30)[0], changed("projects", "quay", min_area=66)[2]
    model = pyomo_model(valley(parcels=locked, projects=[road, quay], limits=[]))
    assert row(model.pool["quay", "p1"])[1] == 65
    assert solve(model) == pytest.approx((30 - 1.125) * 1.24928 - 0.5 * 2.68928)


def test_enable() -> None:
    model = pyomo_model(valley())
    assert names(model.enable) == {("camp", "p1"), ("camp", "p2")}
    # The road enables 25 ha, the quay all that can be: 30 ha.
    terms = "30 x[C,camp,p1] + 30 x[C,camp,p2] - 25 U[road,p2] - 30 U[quay,p2]"
    assert row(model.enable["camp", "p2"]) == lp(f"{terms} <= 0")


def test_land_take() -> None:
    model = pyomo_model(valley())
    assert names(model.land_take) == {("rice", "N", "p1"), ("rice", "N", "p2")}
    left = "10 x[A,hold,] + 20 x[B,hold,] - 5 U[road,p2]"
    assert row(model.land_take["rice", "N", "p2"]) == lp(f"{left} >= 0")
    # a taking that names no jurisdiction is in the project's own
    model = pyomo_model(valley(land_take=[{"project": "road", "land_class": "rice", "area_ha": 5}]))
    assert row(model.land_take["rice", "N", "p2"]) == lp(f"{left} >= 0")


def test_site_take() -> None:
    # The road may not stand on B, inside the red line: its land is of A.
    model = pyomo_model(valley())
    assert names(model.site_take) == {("rice", "N", "no", 0, "p1"), ("rice", "N", "no", 0, "p2")}
    assert row(model.site_take["rice", "N", "no", 0, "p1"]) == lp(
        "10 x[A,hold,] + 10 x[A,build,p2] - 5 U[road,p1] >= 0"
    )
    model = pyomo_model(valley(projects=changed("projects", "road", redline_ok="core")))
    assert names(model.site_take) == set()


def test_weighted_objective() -> None:
    model = pyomo_model(valley())
    found, constant = coefficients(model.objective)
    assert model.objective.sense == pyo.maximize
    for name, (cash, water) in WORTH.items():
        assert found.get(name, 0.0) == pytest.approx(cash + 0.1 * water)
    assert constant == pytest.approx(-NOTHING[0] - 0.1 * NOTHING[1])
    assert found["short[keep_rent,total,p1]"] == -2
    assert not names(model.floor)
    assert not names(model.keep)


def test_floor_on_the_ecosystem() -> None:
    model = pyomo_model(
        valley({"objective": {"method": "floor", "floor": {"ecosystem": 1.2}, "accounts": {"houses": 0.5}}})
    )
    water = {name: worth[1] for name, worth in WORTH.items() if worth[1]}
    assert row(model.floor["ecosystem"]) == (pytest.approx(water), pytest.approx(1.2 * 300), None)
    found, constant = coefficients(model.objective)
    assert found["x[A,build,p2]"] == pytest.approx(WORTH["x[A,build,p2]"][0] + 0.5 * 30)
    assert constant == pytest.approx(-NOTHING[0])


def test_floor_on_cash() -> None:
    model = pyomo_model(valley({"objective": {"method": "floor", "floor": {"cash": -2.0}}}))
    terms, low, high = row(model.floor["cash"])
    assert terms["x[B,hold,]"] == pytest.approx(WORTH["x[B,hold,]"][0])
    assert low == pytest.approx(NOTHING[0] - 2)
    assert high is None
    assert coefficients(model.objective)[1] == -300


def test_weights_on_accounts_only_are_plain_totals() -> None:
    # Rent over the horizon, 2 years a period: 4 + 8 + 16 on hold; converted land at its last state.
    weights = {"rent": 1.0, "area.converted": -0.1}
    model = pyomo_model(valley({"objective": {"method": "weighted", "accounts": weights}}, limits=[]))
    found, constant = coefficients(model.objective)
    assert constant == 0
    assert found == pytest.approx(
        # A built from p1: 1 of rent less 0.1 x 10 ha.
        {"x[A,hold,]": 4, "x[A,build,p2]": 2, "x[B,hold,]": 8, "x[B,wild,p1]": -2, "x[B,wild,p2]": 2, "x[D,hold,]": 16}
        # With the road's land go 0.5 a year: 2 from p1 on, 1 from p2 on.
        | {"U[road,p1]": -1, "U[road,p2]": -1}
    )
    # With a weight on cash beside them they are gains: less the 28 of doing nothing.
    beside = {"method": "weighted", "cash": 1.0, "accounts": weights}
    assert coefficients(pyomo_model(valley({"objective": beside})).objective)[1] == pytest.approx(-NOTHING[0] - 28)


def test_lexicographic_stages() -> None:
    study = valley({"objective": {"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.1}})
    first = pyomo_model(study)
    found, constant = coefficients(first.objective)
    assert found == pytest.approx({name: worth[1] for name, worth in WORTH.items() if worth[1]})  # no penalty yet
    assert constant == -300
    solve(first)
    best = pyo.value(first.objective)
    # All five years of B's water: 100.
    assert best == pytest.approx(100)
    second = pyomo_model(study, stage=1, earlier={"ecosystem": best - 0.1 * abs(best)})
    assert names(second.keep) == {"ecosystem"}
    assert row(second.keep["ecosystem"])[1] == pytest.approx(90 + 300)
    assert coefficients(second.objective)[0]["short[keep_rent,total,p1]"] == -2
    solve(second)
    assert pyo.value(second.x["B", "wild", "p1"]) == pytest.approx(1)


def solve(model: pyo.ConcreteModel, name: str = "appsi_highs") -> float:
    if name == "contrib":
        NewSolverFactory("highs").solve(model)
    else:
        result = pyo.SolverFactory(name).solve(model)
        assert result.solver.termination_condition == pyo.TerminationCondition.optimal
    return float(pyo.value(model.objective))


def plans() -> Iterator[tuple[dict[str, tuple[str, int]], dict[str, int]]]:
    """Every plan: the choice and start of each parcel, and the start of each project (0, 1, or 2: never)."""
    choices = {"A": "build", "B": "wild", "C": "camp"}
    projects = ["road", "station", "quay", "mill", "dam"]
    for starts in itertools.product((0, 1, 2), repeat=3):
        land = {p: (choices[p] if s < 2 else "hold", s) for p, s in zip(choices, starts, strict=True)}
        for built in itertools.product((0, 1, 2), repeat=5):
            yield land, dict(zip(projects, built, strict=True))


def value_of(land: dict[str, tuple[str, int]], built: dict[str, int]) -> float:
    """The objective of a plan, -inf where it breaks a rule; in the words of the rules, by the numbers above."""
    a, b, c = (land[p][1] for p in "ABC")
    if built["station"] == 0 or built["quay"] == 1:  # outside their windows
        return -math.inf
    if built["station"] == 1 and (built["road"] != 0 or a == 2):  # the road first, and its site in U
        return -math.inf
    if built["station"] < 2 and built["quay"] < 2:
        return -math.inf
    if built["mill"] != built["dam"]:
        return -math.inf
    penalty = 0.0
    for t in (0, 1):
        taken = 5 if built["road"] <= t else 0
        rice_n = (10 if a > t else 0) + (20 if b > t else 0)
        if (10 if a > t else 0) < taken:  # B lies inside the red line, where the road may not stand
            return -math.inf
        if built["dam"] <= t and (10 if a <= t else 0) + taken < 12:
            return -math.inf
        if built["quay"] <= t and rice_n + 40 - taken < 50:
            return -math.inf
        enabled = (25 if built["road"] <= t else 0) + (math.inf if built["quay"] <= t else 0)
        if c <= t and enabled < 30:
            return -math.inf
        # Rent of A in a period: whole before its start, half in the period of the start (a year of lead), then none.
        # With the road's 5 ha go 0.1 a hectare.
        rent = (1 if a > t else 0.5 if a == t else 0) + (2 if b > t else 0) + 4 - 0.1 * taken
        penalty += 2 * max(0, 0.9 * 7 - rent)
    if (10 if a < 2 else 0) + (20 if b < 2 else 0) > 25:
        return -math.inf
    total = 0.0
    for parcel, (practice, s) in {**land, "D": ("hold", 2)}.items():
        cash, water = WORTH[f"x[{parcel},{practice},{('p1', 'p2', '')[s]}]"]
        total += cash + 0.1 * water
    total += sum(STARTS[j, ("p1", "p2")[s]] for j, s in built.items() if s < 2)
    return total - NOTHING[0] - 0.1 * NOTHING[1] - penalty


@pytest.mark.parametrize("solver", ["appsi_highs", "highs", "contrib"])
def test_optimum_is_that_of_brute_force(solver: str) -> None:
    best = max(value_of(land, built) for land, built in plans())
    assert best > 0
    assert solve(pyomo_model(valley()), solver) == pytest.approx(best, rel=1e-6)


def test_every_plan_has_the_value_that_brute_force_gives_it() -> None:
    # Every twentieth plan, put into the model: its value, and whether it breaks a row.
    model = pyomo_model(valley())
    periods = ("p1", "p2")
    for land, built in itertools.islice(plans(), 0, None, 20):
        for (parcel, practice, start), x in model.x.items():
            chosen, s = land.get(parcel, ("hold", 2))
            x.set_value(practice == chosen and start == ("p1", "p2", "")[s])
        for (j, period), u in model.U.items():
            u.set_value(built[j] <= periods.index(period), skip_validation=True)
        for (_, _, period), slack in model.short.items():
            rent = pyo.value(model.ledger_at_start_prices["rent", "total", period])
            slack.set_value(max(0.0, 6.3 - rent))
        broken = any(c.slack() < -1e-9 for c in model.component_data_objects(pyo.Constraint)) or any(
            not u.lb <= u.value <= u.ub for u in model.U.values()
        )
        wanted = value_of(land, built)
        assert broken == math.isinf(wanted), (land, built)
        if not broken:
            assert pyo.value(model.objective) == pytest.approx(wanted)


def test_loosening_a_limit_never_hurts() -> None:
    tight, loose = (valley(limits=changed("limits", "cap", value=value)) for value in (5, 40))
    assert solve(pyomo_model(tight)) <= solve(pyomo_model(loose)) + 1e-9


def test_what_cannot_start_and_must_is_infeasible() -> None:
    study = valley()
    projects = study.projects.assign(mandatory=study.projects["project"] == "quay", latest="p1", build_years=5)
    model = pyomo_model(replace(study, tables={**study.tables, "projects": projects}))
    assert model.U["quay", "p2"].bounds == (1, 0)
    result = pyo.SolverFactory("appsi_highs").solve(model, load_solutions=False)
    assert result.solver.termination_condition == pyo.TerminationCondition.infeasible


def test_a_row_without_variables_is_a_row() -> None:
    # No parcel can be wild in S: 0 >= 1.
    model = pyomo_model(valley(limits=[limit(account="area.practice.wild", jurisdiction="S")]))
    assert row(model.limit["l", "S", "p1"]) == ({}, 1, None)
    result = pyo.SolverFactory("appsi_highs").solve(model, load_solutions=False)
    assert result.solver.termination_condition == pyo.TerminationCondition.infeasible


def test_projects_only() -> None:
    # The money of a year goes to what it can pay: 1 + 1 of the 4 + 2 + 1 + 1 asked for in p1.
    model = pyomo_model(
        valley(
            {"objective": {"method": "weighted", "accounts": {"project.capex": 1.0}}},
            limits=[limit(account="project.capex", sense="<=", value=2.5, period="total")],
            projects=[
                {"project": name, "capex": capex, "earliest": "p1", "latest": "p1"}
                for name, capex in (("a", 4), ("b", 2), ("c", 1), ("d", 1))
            ],
            **{name: [] for name in TABLES if name not in ("projects", "limits")},
        )
    )
    assert solve(model) == pytest.approx(2)


def test_every_family_that_is_listed_is_there() -> None:
    study = valley({"objective": {"method": "floor", "floor": {"ecosystem": 1.0}}})
    soft = limit(sense="==", kind="soft", penalty=1.0)
    quay, reeds = SHORE["projects"]
    at_a_loss = shore(limits=[soft], projects=[{**quay, "annual_cost": 4.0}, reeds])  # it may lean on its bonds
    models = [pyomo_model(study, earlier={"cash": 0.0}), pyomo_model(at_a_loss), pyomo_model(bay())]
    listed = set(re.findall(r"^``([\w, ]+)``", complete.__doc__ or "", re.MULTILINE))
    listed = {name for names in listed for name in names.split(", ")} - {"ledger"}
    parts = (part for model in models for part in model.component_objects((pyo.Var, pyo.Constraint)))
    assert {part.local_name for part in parts if len(part)} == listed
