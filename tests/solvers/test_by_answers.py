"""Prices say of conditions what one program with every option as a column says. Some 10 s."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.random_conflicts import planted_study
from zonevest.diagnosing import conditions_for
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.solvers.by_answers import ByAnswers
from zonevest.solvers.by_one_program import ByOneProgram
from zonevest.solvers.conflicts import TRACE, Conditions

NEAR = 0.02
"""Both look for the cheapest within a gap; amounts are of points that hold to a tolerance."""


def divided(seed: int) -> Conditions:
    """A study with planted conflicts, whose land may be divided."""
    study, _, _ = planted_study(Random(seed))
    study = replace(study, settings=replace(study.settings, divisible=True))
    return conditions_for(Ledger(build_options(study, lifted=True)), {}).given


@pytest.mark.parametrize("seed", [1, 5])
def test_both_agree(seed: int) -> None:
    given = divided(seed)
    until = time.perf_counter() + 300
    program, prices = ByOneProgram(given, until), ByAnswers(given, until)
    draw = np.random.default_rng(seed)
    seen = set()
    for part in (1.0, 0.9, 0.6, 0.3, 0.1):
        kept = draw.random(len(given)) < part
        for whole in (False, True):
            holds = program.holds(kept, whole=whole)
            assert prices.holds(kept, whole=whole) == holds
            seen.add(holds)
            if holds is False and not whole:
                blamed = prices.blamed(kept)
                assert not (blamed & ~kept).any()
                assert program.holds(blamed, whole=False) is False
    assert seen == {True, False}
    give = np.isfinite(given.price)
    price = np.where(give, given.price, 0.0)
    one, _ = program.least(~give, give, price, 60.0)
    two, _ = prices.least(~give, give, price, 60.0)
    assert one is not None
    assert two is not None
    assert two.bound <= one.cost * (1 + NEAR)
    assert two.cost >= one.bound * (1 - NEAR)
    # what gives is enough: the other one finds a point too, and the point that was found is one of all options
    amounts = np.where(two.amounts > TRACE * given.size, two.amounts * (1 + 1e-6), 0.0)
    x, _ = prices.point(amounts, two.x, 60.0)
    assert x is not None
    assert program.point(amounts, x, 60.0)[0] is not None
    assert program.loosened(amounts).violation(x) <= 1e-6
