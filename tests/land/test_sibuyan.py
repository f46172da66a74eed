"""Sibuyan: class totals are given, so the plan says where; the flattest land outside the park is what changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import zonevest as zv
from tests.land.sibuyan import CELL_HA, NAMES, PERIODS, YEARS, read_cells, read_demand, write_sibuyan

pytestmark = pytest.mark.land

CONVERTED = {1: 563, 2: 1043, 3: 1043, 4: 1107}


def least_weight(source: Path, demand: int) -> tuple[int, float]:
    """Cells converted and their weighted hectares at best, found by sorting.

    A class that falls by n cells must give n of its cells outside the park; every cell costs something, so no cell
    changes that need not, and the n flattest are the cheapest.
    """
    cells = read_cells(source)
    cells = cells[cells["redline"] == "0"]
    demanded = read_demand(source, demand)
    fall = (demanded.iloc[0] - demanded.iloc[-1]).clip(lower=0)
    weights = [
        cells.loc[cells["land_class"] == name, "x_one_plus_slope"].nsmallest(int(fall[name])).sum() for name in NAMES
    ]
    return int(fall.sum()), CELL_HA * sum(weights)


@pytest.mark.parametrize("demand", CONVERTED)
def test_sibuyan(land: Path, tmp_path: Path, demand: int) -> None:
    study = zv.read_study(write_sibuyan(land, tmp_path / "study", demand))
    plan = zv.solve(study, gap=1e-6, time_limit=120)
    assert plan.status == "optimal"
    assert zv.audit(plan).ok

    changed = plan.parcels[plan.parcels["class_before"] != plan.parcels["class_after"]]
    cells, weight = least_weight(land, demand)
    assert len(changed) == cells == CONVERTED[demand]
    assert plan.objective == pytest.approx(-weight, rel=2e-6)

    park = set(study.parcels.loc[study.parcels["redline"] == "general", "parcel_id"])
    assert len(park) == 2355
    assert park.isdisjoint(changed["parcel_id"])

    demanded = read_demand(land, demand)
    for period, start in PERIODS.items():
        done = plan.parcels["start"].map(PERIODS).le(start) & (plan.parcels["start"] != "")
        today = plan.parcels["class_after"].where(done, plan.parcels["class_before"]).value_counts()
        assert {name: today[name] for name in NAMES} == demanded.loc[start + YEARS - 1].to_dict(), period

    value = plan.ledger.query("account == 'ecosystem_value' and jurisdiction == 'total'")
    assert len(value) >= len(PERIODS)
    assert (value["value"] > 0).all()


def test_where_a_class_turns_is_refused(land: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sibuyan_ph"
    folder.mkdir()
    for file in (land / "sibuyan_ph").glob("*.gpkg"):
        (folder / file.name).symlink_to(file)
    demanded = read_demand(land, 1).reset_index()
    demanded.loc[demanded["year"] == 2006, "rice"] = 200  # 224 in 1997, 242 in 2001, 288 in 2011
    demanded.to_csv(folder / "demand1.csv", index=False)
    with pytest.raises(ValueError, match="both grows and falls"):
        write_sibuyan(tmp_path, tmp_path / "study", 1)
