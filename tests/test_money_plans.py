"""Random studies with money, solved at the front door: every plan passes the audit."""

from __future__ import annotations

import os
from random import Random

import pytest

import zonevest as zv
from tests import random_money
from zonevest.instances.study import StudyError

SEEDS = range(120 if os.environ.get("CI") else 20)
FLOORS = (173, 260)
"""Where HiGHS leaves the positive part of a gain, which a floor's bound adds up, above the gain."""


@pytest.mark.parametrize("seed", [*SEEDS, *FLOORS])
def test_a_plan_passes_the_audit(seed: int) -> None:
    try:
        plan = zv.solve(random_money.random_study(Random(seed)))
    except StudyError:
        pytest.skip("an unsound study")
    if plan.has_plan:
        report = zv.audit(plan)
        assert report.ok, report.breaches.to_string()
