"""Floors and lexicographic orders where money is short: by hand, and beside two solves of the complete model."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import numpy_financial as npf
import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import zonevest as zv
from tests import random_money
from tests.model.complete_town import LOAN, account, flow, parcel, town, weights
from zonevest.instances.study import Study, StudyError

CASES = settings(max_examples=8 if os.environ.get("CI") else 6, suppress_health_check=list(HealthCheck))

# P has 1 ha and Q has 2 of fields, each worth 1 of ecosystem a hectare and year, for four years: 12 by doing nothing. A
# shop takes the field's place: works of 0.5 a hectare for good, tolls of 0.3 a year from 2026. The marsh costs 12 in
# 2026 and is worth 8 of ecosystem a year from 2027: 24.
YEARS = weights(2026, 2029)
SHOP = (0.3 - 0.5 * 0.05 / 1.05) * YEARS
"""What a hectare of shop gains in F1: 0.979. It takes 4 of ecosystem."""
MARSH = 12 * 0.05 * weights(2027, 2029)
"""What the marsh costs F1: 1.556."""


def borrowed(hectares: float) -> float:
    """The price of the loan for the marsh and some shops: 4 + 6 - 12 - 0.5 h + 0.3 h + 0.96 b = 0."""
    loan = (2 + 0.2 * hectares) / 0.96
    return float(0.001 * 0.04 * loan * -npf.pv(0.05, 3, 1))


def goal(**objective: Any) -> Study:
    return town(
        {"objective": objective},
        finance={"own_revenue": 6.0, "opening_cash": 4.0},
        parcels=[parcel("P", area_ha=1.0), parcel("Q", area_ha=2.0)],
        land_classes=[{"land_class": "field"}, {"land_class": "paved"}],
        accounts=[
            account("tolls"),
            account("works", "cost", "one_off"),
            {"account": "water", "family": "ecosystem", "recurrence": "annual"},
        ],
        class_flows=[{"land_class": "field", "account": "water", "basis": "per_ha_year", "value": 1.0}],
        practices=[{"practice": "shop", "zone": "Z", "mode": "development", "to_class": "paved", "latest": "p1"}],
        practice_flows=[flow("works", 0.5), flow("tolls", 0.3, "per_ha_year")],
        projects=[{"project": "marsh", "capex": 12.0, "annual_ecosystem": 8.0, "build_years": 1, "latest": "p1"}],
        instruments=[LOAN],
    )


def planned(study: Study) -> zv.Plan:
    plan = zv.solve(study, gap=0.0)
    assert plan.status == "optimal"
    assert plan.audit is not None
    assert plan.audit.ok
    return plan


def shops(plan: zv.Plan) -> str:
    return "".join(plan.parcels.loc[plan.parcels["practice"] == "shop", "parcel_id"])


@pytest.mark.parametrize(
    ("order", "tolerance", "built", "marsh", "first", "last"),
    [
        # 24 by the marsh, of which 19.2 must be kept: P's 4 may go, Q's 8 may not
        (["ecosystem", "cash"], 0.2, "P", True, 24.0, SHOP - MARSH - borrowed(1)),
        # nothing may go; the loan is no larger than it must be
        (["ecosystem", "cash"], 0.0, "", True, 24.0, -MARSH - borrowed(0)),
        # both shops: 2.94, of which 1.76 must be kept: Q alone brings 1.96, both and the marsh 1.38
        (["cash", "ecosystem"], 0.4, "Q", False, 3 * SHOP, -8.0),
        # 1.32 must be kept: with the marsh it is 24 - 12
        (["cash", "ecosystem"], 0.55, "PQ", True, 3 * SHOP, 12.0),
    ],
)
def test_lexicographic_by_hand(
    order: list[str], tolerance: float, built: str, marsh: bool, first: float, last: float
) -> None:
    plan = planned(goal(method="lexicographic", order=order, tolerance=tolerance))
    assert shops(plan) == built
    assert list(plan.projects["start"]) == ["p1" if marsh else ""]
    (stage,) = plan.settings["stages"]
    assert stage["value"] == pytest.approx(first)
    assert plan.objective == pytest.approx(last)


@pytest.mark.parametrize(
    ("floor", "built", "marsh", "value"),
    [
        # as much as by doing nothing: with the marsh's 24 both shops may be built
        ({"ecosystem": 1.0}, "PQ", True, 3 * SHOP - MARSH - borrowed(3)),
        # a third of the 12: Q's shop leaves 4
        ({"ecosystem": 1 / 3}, "Q", False, 2 * SHOP),
        # three times as much is not to be had without all fields: 36 = 12 + 24
        ({"ecosystem": 3.0}, "", True, -MARSH - borrowed(0)),
        # a gain of 1 in cash: both shops bring the marsh
        ({"cash": 1.0}, "PQ", True, 12.0),
        # of 1.5: Q alone brings 1.96
        ({"cash": 1.5}, "Q", False, -8.0),
    ],
)
def test_floor_by_hand(floor: dict[str, float], built: str, marsh: bool, value: float) -> None:
    plan = planned(goal(method="floor", floor=floor))
    assert shops(plan) == built
    assert list(plan.projects["start"]) == ["p1" if marsh else ""]
    assert plan.objective == pytest.approx(value)


LOSS = 8.0 * 0.05 / 1.05 * YEARS
"""What a hectare loses whose works cost 8 and which brings no money: 1.351."""


@pytest.mark.parametrize(("weight", "built", "gain"), [(0.0, "", 0.0), (0.1, "Q", 2 * (1.6 - LOSS))])
def test_jobs_count_as_they_are_weighed(weight: float, built: str, gain: float) -> None:
    # In four years a hectare of shops gives 3 x 4 jobs in P, 1.2 at a tenth of a million each, and 4 x 4 in Q, 1.6.
    study = town(
        {"objective": {"method": "weighted", "cash": 1.0, "accounts": {"jobs": weight}}},
        parcels=[parcel("P", area_ha=1.0, jurisdiction="N"), parcel("Q", area_ha=2.0, jurisdiction="S")],
        accounts=[account("works", "cost", "one_off"), account("jobs", "social")],
        practices=[{"practice": "shop", "zone": "Z", "mode": "development", "latest": "p1"}],
        practice_flows=[
            flow("works", 8.0),
            flow("jobs", 3.0, "per_ha_year", where="jurisdiction=N"),
            flow("jobs", 4.0, "per_ha_year", where="jurisdiction=S"),
        ],
    )
    plan = planned(study)
    assert shops(plan) == built
    assert plan.objective == pytest.approx(gain)


def best(study: Study, **stage: Any) -> float | None:
    """What HiGHS finds for the complete model of a stage; None where there is no plan, or no end to it."""
    model = zv.pyomo_model(study, **stage)
    solver = pyo.SolverFactory("appsi_highs")
    found = solver.solve(model, load_solutions=False, options={"mip_rel_gap": 0.0})
    if found.solver.termination_condition != pyo.TerminationCondition.optimal:
        return None
    return float(found.problem.upper_bound)


@CASES
@given(st.randoms(use_true_random=True), st.sampled_from([["cash", "ecosystem"], ["ecosystem", "cash"]]))
def test_lexicographic_is_two_solves(rnd: Random, order: list[str]) -> None:
    found = random_money.sound(rnd)
    assume(found is not None)
    assert found is not None
    tolerance = rnd.choice([0.0, 0.01, 0.25])
    chosen = {**found[0], "objective": {"method": "lexicographic", "order": order, "tolerance": tolerance}}
    try:
        study = zv.make_study(chosen, **found[1])
        one = best(study, stage=0)
    except StudyError:
        assume(False)
        raise
    assume(one is not None)
    assert one is not None
    two = best(study, stage=1, earlier={order[0]: one - tolerance * abs(one)})
    assume(two is not None)
    plan = zv.solve(study, gap=0.0)
    assert plan.settings["stages"][0]["value"] == pytest.approx(one, rel=1e-6, abs=1e-6)
    assert plan.objective == pytest.approx(two, rel=1e-5, abs=1e-5)
    assert plan.audit is not None
    assert plan.audit.ok, plan.audit


@CASES
@given(st.randoms(use_true_random=True))
def test_every_plan_is_proven_and_holds(rnd: Random) -> None:
    # whatever the first solution from which the solver starts, the plan is the best one by the complete model
    found = random_money.sound(rnd)
    assume(found is not None)
    assert found is not None
    try:
        plan, value = zv.solve(found[-1], gap=0.0), best(found[-1])
    except StudyError:
        assume(False)
        raise
    assert plan.has_plan == (value is not None)
    if plan.has_plan:
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(value, rel=1e-5, abs=1e-5)
        assert plan.audit is not None
        assert plan.audit.ok, plan.audit
