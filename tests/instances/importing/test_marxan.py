"""A folder of Marxan becomes a study with the peer's optimum, found again by programs that read the folder alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import zonevest as zv
from tests.instances.importing.marxan_folders import best_of_all, draw, least

MANY = range(14)
SOFT = 'targets = "soft"\n'


def found(folder: Path, into: Path, *, soft: bool) -> float | None:
    """The optimum of the imported study; None where no plan exists."""
    into.mkdir()
    mapping = into / "mapping.toml"
    mapping.write_text(SOFT, encoding="utf-8")
    zv.import_study(folder, mapping if soft else None).write(into / "study")
    plan = zv.solve(zv.read_study(into / "study"), gap=1e-9, time_limit=60)
    if not plan.has_plan:
        assert plan.status == "infeasible"
        return None
    assert plan.status == "optimal"
    assert zv.audit(plan).ok
    return -plan.objective


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("zoned", [False, True])
@pytest.mark.parametrize("seed", MANY)
def test_the_optimum_is_the_peer_s(seed: int, zoned: bool, soft: bool, tmp_path: Path) -> None:
    folder = draw(tmp_path / "peer", seed, zoned=zoned, units=18, features=4)
    expected = least(folder, soft=soft)
    assert found(folder, tmp_path / "found", soft=soft) == (
        None if expected is None else pytest.approx(expected, rel=1e-6, abs=1e-6)
    )
