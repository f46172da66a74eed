"""A folder of Marxan becomes a study with the peer's optimum, found again by programs that read the folder alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import zonevest as zv
from tests.instances.importing.marxan_direct import best_of_all, least
from tests.instances.importing.marxan_folders import draw
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

BOTH = pytest.mark.parametrize("zoned", [False, True], ids=["marxan", "zones"])
TARGETS = pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])


def found(folder: Path, *, soft: bool) -> float | None:
    """The optimum of the imported study, in this process; None where no plan exists."""
    mapping = folder / "mapping.toml"
    mapping.write_text('targets = "soft"\n', encoding="utf-8")
    given = zv.import_study(folder, mapping if soft else None)
    ledger = Ledger(build_options(zv.make_study(given.settings, **given.tables)))
    program = join(land_block(ledger, compile_policy(policy_model(ledger))))
    solution = solve_here(program, SolveOptions(gap=0.0))
    assert solution.status in ("optimal", "infeasible")
    return None if solution.value is None else -solution.value


def same(expected: float | None) -> object:
    return None if expected is None else pytest.approx(expected, rel=1e-6, abs=1e-6)


@TARGETS
@BOTH
@pytest.mark.parametrize("seed", range(7))
def test_the_optimum_is_the_peer_s(seed: int, zoned: bool, soft: bool, tmp_path: Path) -> None:
    folder = draw(tmp_path / "peer", seed, zoned=zoned, units=18, features=4)
    assert found(folder, soft=soft) == same(least(folder, soft=soft))


@TARGETS
@BOTH
@pytest.mark.parametrize("seed", range(100, 103))
def test_no_plan_of_a_small_folder_is_better(seed: int, zoned: bool, soft: bool, tmp_path: Path) -> None:
    folder = draw(tmp_path / "peer", seed, zoned=zoned, units=5 if zoned else 8, features=2)
    assert found(folder, soft=soft) == same(best_of_all(folder, soft=soft))
