"""The experiment's reductions are proven ones: what they take out of a program is in no better plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.one_program import bounded, cut_off, dominated, main

from tests.solvers.blocks import block as random_block
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join


def test_reductions_leave_the_optimum() -> None:
    """With options left out, bounds of columns, and the objective as a row: the same best plan, or none."""
    out = solved = 0
    for seed in range(150):
        block = random_block(seed, rows=2, single=seed % 5 == 0, integer=seed % 2 == 0)
        program = join(block)
        best = solve_here(program, SolveOptions(gap=0.0, threads=1))
        if best.status == "unbounded":
            continue
        gone = dominated(block)
        upper = program.col_upper.copy()
        upper[np.flatnonzero(gone)] = 0.0
        out, solved = out + int(gone.sum()), solved + (best.status == "optimal")
        for other in (replace(program, col_upper=upper), bounded(block, program), cut_off(program)):
            again = solve_here(other, SolveOptions(gap=0.0, threads=1))
            assert again.status == best.status
            if best.value is not None:
                assert again.value == pytest.approx(best.value, rel=1e-6, abs=1e-6)
    assert out > 30
    assert solved > 80


def test_a_variant_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["--one", "base", "--studies", "village", "--folder", str(tmp_path)])
    assert '"status": "optimal"' in capsys.readouterr().out
