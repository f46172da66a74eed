"""What both methods promise of a run: the same seed and threads give the same plan, and progress can be read."""

from __future__ import annotations

from typing import Any

import pytest

import zonevest as zv
from tests.model.four import four
from zonevest.solvers.answer import Progress
from zonevest.words import PHASES


@pytest.mark.parametrize("method", ["mip", "prices"])
def test_the_same_seed_and_threads_give_the_same_plan(method: Any) -> None:
    study = four({"method": "weighted", "cash": 1.0, "ecosystem": 0.25})
    told: list[Progress] = []
    one, two = (zv.solve(study, method=method, seed=7, threads=2, gap=1e-6, on_progress=told.append) for _ in range(2))
    assert one.has_plan
    assert (one.status, one.objective, one.bound) == (two.status, two.objective, two.bound)
    assert one.parcels.equals(two.parcels)
    assert one.projects.equals(two.projects)
    assert one.limits.equals(two.limits)
    assert one.seed == 7
    assert {each.phase for each in told} <= set(PHASES)
    begin = max(at for at, each in enumerate(told) if each.phase == "options")
    for run in (told[:begin], told[begin:]):
        assert [each.seconds for each in run] == sorted(each.seconds for each in run)
        for each in run:
            if each.value is not None and each.bound is not None:
                assert each.bound >= each.value - 1e-9 * abs(each.value)
