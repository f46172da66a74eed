"""One decision for several scenarios, by brute force: every first decision with every way to go on.

Indivisible land against an enumeration with the audit's arithmetic; divisible land against the complete Pyomo models of
the scenarios, joined by rows that say what must be the same.
"""

from __future__ import annotations

import math
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.factory import SolverFactory

import zonevest as zv
from tests.random_two_stage import chances, random_two_stage
from tests.two_stage import Enumerated, enumerated, mean_of_worst
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model

LAND, MONEY = (14, 15, 50, 55, 75, 138, 150, 151), (16, 36, 40, 41)
"""Seeds of small studies in which knowing what comes is worth something, and deciding for the mean is a loss."""
STUDIES, DIVISIBLE = (*LAND, *(-seed for seed in MONEY)), (0, 2)
ALPHA, BETA, GAP = 0.5, 0.4, 1e-9
NEAR: dict[str, Any] = {"rel": 1e-6, "abs": 1e-6}


@cache
def drawn(number: int) -> tuple[Study, Enumerated]:
    """A study, with money where the number is below 0, and what every first decision brings."""
    study = random_two_stage(Random(abs(number)), money=number < 0)
    return study, enumerated(study, chances(study))


def worth(found: zv.Decision, names: list[str]) -> np.ndarray[Any, Any]:
    return np.array([found.summary.set_index("scenario")["value"].loc[name] for name in names])


@pytest.mark.parametrize("number", STUDIES)
def test_expectation(number: int) -> None:
    """The best expected gain, what knowing would add, and what deciding for the mean would lose."""
    study, best = drawn(number)
    found = zv.decide(study, gap=GAP)
    assert found.status == "optimal"
    assert found.value == pytest.approx(best.expectation, **NEAR)
    assert found.bound == pytest.approx(best.expectation, **NEAR)
    assert float(worth(found, list(best.names)) @ best.chances) == pytest.approx(best.expectation, **NEAR)
    assert [found.alone[name] for name in best.names] == pytest.approx(list(best.alone), **NEAR)
    assert found.perfect_information == pytest.approx(best.perfect, **NEAR)
    assert found.evpi == pytest.approx((best.perfect - best.expectation,) * 2, **NEAR)
    _, of_mean = best.of_mean(study)
    lost = [best.expectation - value for value in of_mean]
    assert best.perfect - best.expectation > 1e-3  # the study says something
    assert max(lost) > 1e-3
    if found.vss is None:
        assert math.inf in lost
    else:
        assert any(found.vss == pytest.approx((value, value), **NEAR) for value in lost if value < math.inf)
    gains = dict(zip(best.names, worth(found, list(best.names)), strict=True))
    for name, plan in found.plans.items():
        assert plan.objective == pytest.approx(gains[name], **NEAR)
    assert found.ok  # the audit of every scenario's plan


@pytest.mark.parametrize("number", STUDIES[::4])
def test_worst_part(number: int) -> None:
    """Mean and mean of the worst 40 % in equal parts, and what the scenarios' values say of themselves."""
    study, best = drawn(number)
    found = zv.decide(study, objective="cvar", alpha=ALPHA, beta=BETA, gap=GAP)
    expected, values = best.cautious(ALPHA, BETA), worth(found, list(best.names))
    direct = (1 - ALPHA) * float(values @ best.chances) + ALPHA * mean_of_worst(values, best.chances, BETA)
    assert found.value == pytest.approx(expected, **NEAR)
    assert direct == pytest.approx(expected, **NEAR)
    assert found.cvar == pytest.approx(mean_of_worst(values, best.chances, BETA), **NEAR)
    assert found.mean_value == pytest.approx(float(values @ best.chances), **NEAR)


@pytest.mark.parametrize("number", STUDIES[1::4])
def test_regret(number: int) -> None:
    """The least of the most that a scenario may bring less than if it were known."""
    study, best = drawn(number)
    found = zv.decide(study, objective="regret", gap=GAP)
    lost = best.alone - worth(found, list(best.names))
    assert found.value == pytest.approx(best.regret, **NEAR)
    assert found.bound == pytest.approx(best.regret, **NEAR)
    assert float(np.max(lost)) == pytest.approx(best.regret, **NEAR)
    for name, value in zip(best.names, lost, strict=True):
        assert found.regret[name] == pytest.approx((value, value), **NEAR)


def test_other_weights() -> None:
    """Weights given with the question count in place of the probabilities."""
    study, best = drawn(50)
    weights = {name: float(at + 1) for at, name in enumerate(best.names)}
    total = sum(weights.values())
    found = zv.decide(study, weights=weights, gap=GAP)
    assert found.probabilities == pytest.approx({name: weight / total for name, weight in weights.items()})
    expected = float(np.max(best.worth @ (np.array(list(weights.values())) / total)))
    assert found.value == pytest.approx(expected, **NEAR)


# ---- where not every decision is possible in every scenario ----


def _closed(study: Study, cells: dict[str, tuple[str, str, str, str]]) -> Study:
    """The study with one more change in some scenarios: (table, key, column, amount)."""
    rows, p = study.scenarios, chances(study)
    more = [
        {"scenario": name, "probability": p[name], "table": table, "key": key, "column": column}
        | {"period": "", "op": "value", "amount": amount}
        for name, (table, key, column, amount) in cells.items()
    ]
    return study.replace(scenarios=pd.concat([rows, pd.DataFrame(more)], ignore_index=True))


@pytest.mark.parametrize("number", [55])
def test_what_one_scenario_forbids(number: int) -> None:
    """A zone that one scenario forbids a parcel is decided for it in none; the best of another alone may have it."""
    study, _ = drawn(number)
    zones = [zone for zone, _ in best_first(number)[0]]
    taken = next((at for at, zone in enumerate(zones) if zone != study.parcels["zone"].iloc[at]), 0)
    parcel, zone = study.parcels["parcel_id"].iloc[taken], zones[taken]
    if zone == study.parcels["zone"].iloc[taken]:
        zone = "U"
    name = next(iter(chances(study)))
    closed = _closed(study, {name: ("parcels", parcel, "forbidden_zones", zone)})
    best = enumerated(closed, chances(study))
    found = zv.decide(closed, gap=GAP)
    assert found.value == pytest.approx(best.expectation, **NEAR)
    assert found.perfect_information == pytest.approx(best.perfect, **NEAR)
    assert all(zone != row.zone for row in found.parcels.itertuples() if row.parcel_id == parcel)


def best_first(number: int) -> tuple[tuple[tuple[str, str], ...], tuple[bool, ...]]:
    _, best = drawn(number)
    return best.firsts[int(np.argmax(best.worth @ best.chances))]


def test_no_decision_for_all() -> None:
    """Each scenario has a plan, but they demand different zones of the same parcel."""
    study, _ = drawn(50)
    parcel, names = study.parcels["parcel_id"].iloc[0], list(chances(study))
    today = study.parcels["zone"].iloc[0]
    other = next(zone for zone in study.practices["zone"] if zone != today)
    closed = _closed(
        study,
        {
            names[0]: ("parcels", parcel, "locked_zone", today),
            names[1]: ("parcels", parcel, "locked_zone", other),
        },
    )
    best = enumerated(closed, chances(study))
    assert not best.firsts
    assert zv.decide(closed, gap=GAP).status == "infeasible"


# ---- divisible land ----


def joined(study: Study) -> tuple[pyo.ConcreteModel, list[Any]]:
    """The complete models of all scenarios and the rows that tie what is decided now; what each scenario gains."""
    model, gains = pyo.ConcreteModel(), []
    model.case, model.same = pyo.Block(pyo.Any), pyo.ConstraintList()
    names, decided = list(chances(study)), list[dict[Any, Any]]()
    now = study.periods[0].name
    for name in names:
        case = pyomo_model(study.in_scenario(name))
        objective = next(case.component_data_objects(pyo.Objective, active=True))
        objective.deactivate()
        model.add_component(f"case_{name}", case)
        gains.append(objective.expr)
        zone = dict(zip(study.practices["practice"], study.practices["zone"], strict=True))
        today = dict(zip(study.parcels["parcel_id"], study.parcels["zone"], strict=True))
        first: dict[Any, Any] = {}
        for parcel, practice, start in case.x:
            key = (parcel, zone.get(practice, today[parcel]), practice if start == now else "")
            first[key] = first.get(key, 0.0) + case.x[parcel, practice, start]
        first |= {project: case.U[project, now] for project in study.projects["project"]}
        decided.append(first)
    for key, one in decided[0].items():
        for other in decided[1:]:
            model.same.add(one == other[key])
    return model, gains


def best_of(model: pyo.ConcreteModel, objective: Any) -> float:
    model.objective = pyo.Objective(expr=objective, sense=pyo.maximize)
    SolverFactory("highs").solve(model)
    value = float(pyo.value(model.objective))
    model.del_component("objective")
    return value


@cache
def divisible(number: int) -> Study:
    return random_two_stage(Random(f"divisible {number}"), divisible=True, money=number % 2 == 0)


@pytest.mark.parametrize("number", DIVISIBLE)
def test_divisible_land(number: int) -> None:
    """Expectation, the worst part and regret, each against the joined complete models."""
    study = divisible(number)
    p = chances(study)
    model, gains = joined(study)
    mean = sum(chance * gain for chance, gain in zip(p.values(), gains, strict=True))
    model.same.deactivate()
    alone = [best_of(model, gain) for gain in gains]
    model.same.activate()
    model.level, model.short = pyo.Var(), pyo.Var(range(len(gains)), domain=pyo.NonNegativeReals)
    model.worst = pyo.Var()
    model.tail, model.lost = pyo.ConstraintList(), pyo.ConstraintList()
    for at, gain in enumerate(gains):
        model.tail.add(model.short[at] >= model.level - gain)
        model.lost.add(model.worst >= alone[at] - gain)
    tail = model.level - sum(chance * model.short[at] for at, chance in enumerate(p.values())) / BETA
    model.lost.deactivate()
    model.tail.deactivate()
    assert zv.decide(study, gap=GAP).value == pytest.approx(best_of(model, mean), **NEAR)
    model.tail.activate()
    expected = best_of(model, (1 - ALPHA) * mean + ALPHA * tail)
    found = zv.decide(study, objective="cvar", alpha=ALPHA, beta=BETA, gap=GAP)
    assert found.value == pytest.approx(expected, **NEAR)
    model.tail.deactivate()
    model.lost.activate()
    found = zv.decide(study, objective="regret", gap=GAP)
    assert found.value == pytest.approx(-best_of(model, -model.worst), **NEAR)
