"""What a plan tells of itself is what the audit recomputes: any plan of a random study, every figure of its tables."""

from __future__ import annotations

import itertools
import os
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests import random_studies
from tests.model.complete_shore import shore
from zonevest.instances.study import Study, StudyError, each, items
from zonevest.model.compiled import compile_policy
from zonevest.model.land import footprint_row, land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData, tell
from zonevest.model.policy import policy_model
from zonevest.reports.audit import audit
from zonevest.reports.audit_evaluate import Evaluator

CASES = 30 if os.environ.get("CI") else 15


def drawn(ledger: Ledger, rnd: Random) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Some plan, whether its limits hold or not: x (where land is divisible some parcels are shared) and U."""
    options, possible = ledger.options, ledger.works.possible
    weight, started = np.zeros(len(options.kind)), np.zeros(possible.shape)
    for first, last in zip(options.start[:-1], options.start[1:], strict=True):
        one, other = (rnd.randrange(first, last) for _ in range(2))
        share = rnd.choice([0.25, 1.0]) if ledger.study.settings.divisible else 1.0
        weight[one] += share
        weight[other] += 1.0 - share
    for project, periods in enumerate(possible):
        starts = [*np.flatnonzero(periods).tolist(), len(periods)]
        started[project, rnd.choice(starts) :] = 1.0
    return weight, started


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.studies(), st.randoms(use_true_random=True))
def test_every_figure_is_what_the_audit_recomputes(study: Study, rnd: Random) -> None:
    study = study.with_settings(divisible=rnd.random() < 0.3)
    try:
        ledger = Ledger(build_options(study))
    except StudyError:  # a parcel without any option
        assume(False)
    model = policy_model(ledger)
    weight, started = drawn(ledger, rnd)
    policy = compile_policy(model)
    policy.load(np.concatenate([started.ravel(), np.zeros(len(policy.columns) - started.size)]))
    told: dict[str, Any] = tell(model, weight, started, {})
    nothing = ledger.doing_nothing() if study.has_doing_nothing else {}
    for name in ("cash", "ecosystem"):
        told[name] -= nothing.get(name, 0.0)
    found = Evaluator(study).evaluate(told["parcels"], told["projects"])
    certificate = {"objective": found.objective, "bound": None, "gap": None}
    plan = PlanData(study, "feasible", has_plan=True, doing_nothing=nothing, **certificate, **told)
    report = audit(plan)
    kinds = ("figure", "choice", "area", "file", "line", "plan")  # rules of limits and projects may be broken
    wrong = report.breaches[report.breaches["rule"].str.startswith(kinds)]
    assert wrong.empty, wrong.to_string()
    places = [*study.jurisdictions["jurisdiction"], "total"]
    cells = set(itertools.product(study.accounts["account"], places, [period.name for period in study.periods]))
    assert cells <= set(zip(*(told["ledger"][name] for name in ("account", "jurisdiction", "period")), strict=True))
    held = {(row.parcel_id, row.zone) for row in plan.nonconforming.itertuples()}
    assert held == {(row.parcel_id, row.zone) for row in found.nonconforming.itertuples()}


@settings(max_examples=CASES // 2, suppress_health_check=list(HealthCheck))
@given(random_studies.studies(), st.randoms(use_true_random=True))
def test_footprint_accounts_are_the_land_that_the_rows_of_parcels_admit(study: Study, rnd: Random) -> None:
    # the program has a row for every parcel, Σ refused x + U <= 1, the policy one account of all that is admitted
    assume((study.projects["footprint"] != "").any())
    try:
        ledger = Ledger(build_options(study))
    except StudyError:
        assume(False)
    block = land_block(ledger, compile_policy(policy_model(ledger)))
    weight, started = drawn(ledger, rnd)
    point = np.concatenate([weight, np.zeros(len(block.columns))])
    refused = dict(zip(block.extra_rows, block.extra @ point, strict=True))
    area = dict(zip(study.parcels["parcel_id"], study.parcels["area_ha"], strict=True))
    for row in each(study.projects):
        assert ledger.recurrence(f"footprint.{row.project}") == "stock"
        for at, period in enumerate(study.periods):
            admitted = sum(
                area[parcel] * (1.0 - refused.get(footprint_row(row.project, parcel, period.name), 0.0))
                for parcel in items(row.footprint)
            )
            account = (f"footprint.{row.project}", at)
            assert ledger.values([account], weight, started)[0, 0] == pytest.approx(admitted)


@pytest.mark.parametrize(("amount", "told"), [(5e-8, False), (2e-7, True)])
def test_what_a_tolerance_leaves_of_a_start_that_is_not_made_is_nothing(amount: float, told: bool) -> None:
    """A solver keeps rows within 1e-7: so much may be drawn for a project that is not built; more is told as it is."""
    ledger = Ledger(build_options(shore()))
    model = policy_model(ledger)
    weight, started = np.zeros(len(ledger.options.kind)), np.zeros(ledger.works.possible.shape)
    weight[ledger.options.start[:-1]] = 1.0
    policy = compile_policy(model)
    policy.load(np.concatenate([started.ravel(), np.zeros(len(policy.columns) - started.size)]))
    drawn_for, lifted = next(iter(model.draw)), next(iter(model.uplifted))
    model.draw[drawn_for].value = model.uplifted[lifted].value = amount
    tables = tell(model, weight, started, {})
    assert tables["financing"]["raised"].tolist() == ([amount] if told else [])
    assert tables["uplift"]["area_ha"].tolist() == ([amount] if told else [])
    assert tables["projects"][drawn_for[0]].sum() == pytest.approx(amount if told else 0.0, abs=0.0)


def test_a_share_of_gains_is_told_of_the_gains() -> None:
    # By doing nothing nobody gains: the owners' tenth of all gains is 0, wherever the solver has left what stands for
    # their positive parts, as long as it is enough for no share to be short.
    ledger = Ledger(build_options(shore()))
    model = policy_model(ledger)
    policy = compile_policy(model)
    policy.load(np.array([9.0 if name.startswith("positive_gain[") else 0.0 for name in policy.columns]))
    held = (ledger.options.kind_practice[ledger.options.kind] == 0).astype(float)
    limits = tell(model, held, np.zeros(ledger.works.possible.shape), {})["limits"].set_index("limit")
    assert limits.loc["floor_share.owners", ["value", "bound"]].tolist() == pytest.approx([0.0, 0.0])


def test_rows_of_footprints_are_named_as_in_the_complete_model() -> None:
    assert footprint_row("P41", "cheng-388", "2026") == "footprint[P41,cheng-388,'2026']"
    assert footprint_row("hall", "near", "a") == "footprint[hall,near,a]"
