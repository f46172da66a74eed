"""Every published optimum comes out to 1e-6 relative, as an ordinary study folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import zonevest as zv
from tests.known.cases import CASES, WRITERS, expected, write_case

pytestmark = pytest.mark.usefixtures("pandas_as_it_is")


def test_no_case_is_left_out() -> None:
    assert set(WRITERS) == set(CASES)


@pytest.mark.parametrize("name", WRITERS)
def test_published_optimum(name: str, tmp_path: Path) -> None:
    plan = zv.solve(zv.read_study(write_case(name, tmp_path / name)), gap=1e-9, time_limit=60)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(expected(name), rel=1e-6)
    assert zv.audit(plan).ok


@pytest.mark.parametrize("name", ["zones_at_most_one", "zones_exactly_one"])
def test_published_zones(name: str, tmp_path: Path) -> None:
    plan = zv.solve(zv.read_study(write_case(name, tmp_path / name)), gap=1e-9, time_limit=60)
    zone = plan.parcels.set_index("parcel_id")["zone"]
    for z in ("zone1", "zone2"):
        chosen = {f"p{i + 1}" for i, inside in enumerate(CASES[name][z]) if inside}
        assert set(zone.index[zone == z]) == chosen


def test_published_selection(tmp_path: Path) -> None:
    name = "capital_budgeting_5_years"
    plan = zv.solve(zv.read_study(write_case(name, tmp_path / name)), gap=1e-9, time_limit=60)
    built = set(plan.projects.loc[plan.projects["start"] != "", "project"])
    assert built == {f"project{j}" for j in CASES[name]["selected"]}
