"""The experiment's reductions are proven ones: what they take out of a program is in no better plan."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from benchmarks.one_program import VARIANTS, bounded, cut_off, dominated, main

from tests.random_studies import random_study
from tests.test_brute_force import solved
from zonevest.instances.study import StudyError
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.join import join


def test_reductions_leave_the_optimum() -> None:
    rnd, out, some = Random(3), 0, 0
    for _ in range(60):
        try:
            ledger = Ledger(build_options(random_study(rnd)))
        except StudyError:  # a study with a fault was drawn
            continue
        block = land_block(ledger, shared(compile_policy(policy_model(ledger))))
        program = join(block)
        best, gone = solved(program), dominated(block)
        upper = program.col_upper.copy()
        upper[np.flatnonzero(gone)] = 0.0
        out, some = out + int(gone.sum()), some + int(np.isfinite(best))
        for other in (replace(program, col_upper=upper), bounded(block, program), cut_off(program)):
            assert solved(other) == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert out > 30
    assert some > 20


def test_a_variant_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    main(["--one", "base", "--studies", "village", "--folder", str(tmp_path)])
    assert '"status": "optimal"' in capsys.readouterr().out
    assert all(set(each) <= KNOWN for each in VARIANTS.values())


KNOWN = {"constants", "kept", "fold", "bounds", "plain", "highs", "seed", "fixed", "dominated", "cut"}
