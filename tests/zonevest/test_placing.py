"""A plan's land and projects in another study: worth what brute force and the audit say, or broken where they say so.

About 10 s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests import brute, random_money
from tests.zonevest.test_sweeps import change, small
from zonevest.instances.study import Study, StudyError
from zonevest.model.plan import PlanData
from zonevest.placing import Scene
from zonevest.reports.audit import Evaluation, Evaluator
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_folder import Stated

MOST, TRIED = 400, 12


def tables(study: Study, chosen: Sequence[tuple[str, str]], starts: Mapping[str, str]) -> list[pd.DataFrame]:
    """Choices as a plan's tables of parcels and projects."""
    land = pd.DataFrame(chosen, columns=["practice", "start"], dtype=object)
    land = land.assign(parcel_id=study.parcels["parcel_id"].to_numpy(), share=1.0)
    return [land, pd.DataFrame({"project": list(starts), "start": list(starts.values())}, dtype=object)]


def evaluated(evaluator: Evaluator, plan: PlanData) -> Evaluation:
    """A plan as the audit recomputes it, without what it compares with what the plan tells beside."""
    stated = Stated()
    for name in ("parcels", "projects", *DECISIONS):
        stated.take(name, name, getattr(plan, name))
    assert not stated.breaches
    decided = {name: stated.tables.get(name) for name in DECISIONS}
    return evaluator.evaluate(stated.tables["parcels"], stated.tables["projects"], **decided)


@pytest.mark.long
@settings(max_examples=40)
@given(seed=st.integers(0, 10**9))
def test_a_plan_is_worth_what_brute_force_and_the_audit_say(seed: int) -> None:
    """Money, uplift, quotas and transfers are decided as well as SciPy decides them over the audit's own rows."""
    rnd = Random(seed)
    try:
        study = random_money.random_study(rnd)
    except StudyError:
        assume(False)
    evaluator = Evaluator(study)
    assume(1 < brute.count(evaluator) <= MOST)
    scene = Scene(study)
    tried = list(brute.combinations(evaluator))
    for chosen, starts in rnd.sample(tried, min(TRIED, len(tried))):
        placed = scene.place(*tables(study, chosen, starts))
        expected = brute.optimum(evaluator.affine(chosen, starts))
        assert placed.found_out
        if placed.value is None:
            assert expected == brute.NO_PLAN
            assert len(placed.misses)
            assert (placed.misses["by"] > 0).all()
            continue
        assert placed.value == pytest.approx(expected, rel=1e-6, abs=1e-6)
        found = evaluated(evaluator, scene.plan(placed))
        assert found.breaches.empty
        assert found.objective == pytest.approx(placed.value, rel=1e-6, abs=1e-6)


def test_what_is_not_open_is_told_with_its_reason() -> None:
    rows = [
        change("shut", "parcels", "b", "locked_practice", "hold", op="value"),
        change("shut", "practices", "build", "earliest", "p2", op="value"),
        change("shut", "projects", "road", "earliest", "p2", op="value"),
    ]
    study = small(rows)
    plan = tables(study, [("build", "p1"), ("plant", "p1"), ("hold", "")], {"road": "p1"})
    assert Scene(study).place(*plan).value is not None
    placed = Scene(study.in_scenario("shut")).place(*plan)
    assert placed.value is None
    told = {row.condition: (row.by, row.unit, row.what) for row in placed.misses.itertuples()}
    assert told == {
        "option[build]": (4.0, "ha", "window: a"),
        "option[plant]": (6.0, "ha", "locked_practice: b"),
        "start[road,p1]": (1.0, "", ""),
    }
    # a mandated project that is not built, a share of land that is taken whole
    other = small([change("must", "projects", "road", "mandatory", 1, op="value")]).in_scenario("must")
    idle = tables(study, [("hold", "")] * 3, {"road": ""})
    assert Scene(other).place(*idle).misses["condition"].tolist() == ["mandatory[road]"]
    land = pd.DataFrame({"parcel_id": list("aabc"), "practice": ["build", *["hold"] * 3], "start": ["p1", "", "", ""]})
    halves = Scene(study).place(land.assign(share=[0.5, 0.5, 1.0, 1.0]), idle[1])
    assert (halves.value is None) == (not study.settings.divisible)
