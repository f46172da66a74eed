"""Sibuyan: class totals are given, so the plan says where; the flattest land outside the park is what changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyogrio
import pytest

import zonevest as zv
from tests.land.imports import HERE, SOURCES, import_land, import_sibuyan

pytestmark = pytest.mark.land

CELL_HA = 6.25
NAMES = ["forest", "coconut", "grassland", "rice", "other"]  # the codes 1 to 5 of the layer
PERIODS = {"1997-2001": 1997, "2002-2006": 2002, "2007-2011": 2007}
YEARS = 5
CONVERTED = {1: 563, 2: 1043, 3: 1043, 4: 1107}


def read_demand(source: Path, demand: int) -> pd.DataFrame:
    """Cells demanded: one row per year 1997 ... 2011, one column per class."""
    return pd.read_csv(source / "sibuyan_ph" / f"demand{demand}.csv").set_index("year")[NAMES]


def least_weight(source: Path, demand: int) -> tuple[int, float]:
    """Cells converted and their weighted hectares at best, found by sorting.

    A class that falls by n cells must give n of its cells outside the park; every cell costs something, so no cell
    changes that need not, and the n flattest are the cheapest.
    """
    cells = pyogrio.read_dataframe(source / SOURCES["sibuyan"], read_geometry=False)
    cells = cells[cells["park_current"] == 0]
    demanded = read_demand(source, demand)
    fall = (demanded.iloc[0] - demanded.iloc[-1]).clip(lower=0)
    weights = [
        (1 + cells.loc[cells["lu1997"] == code, "slope"]).nsmallest(int(fall[name])).sum()
        for code, name in enumerate(NAMES, 1)
    ]
    return int(fall.sum()), CELL_HA * sum(weights)


@pytest.mark.parametrize("demand", CONVERTED)
def test_sibuyan(land: Path, tmp_path: Path, demand: int) -> None:
    study = zv.read_study(import_sibuyan(land, tmp_path / "study", demand))
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


@pytest.mark.parametrize("demand", CONVERTED)
def test_the_limits_are_those_of_the_demand(land: Path, demand: int) -> None:
    """The limits beside the mapping file are the demand's cells at the end of each period, in hectares."""
    limits = pd.read_csv(HERE / "sibuyan" / f"limits-demand{demand}.csv").set_index("limit")["value"]
    demanded = read_demand(land, demand)
    ends = [start + YEARS - 1 for start in PERIODS.values()]
    expected = {f"{name}.{year}": CELL_HA * demanded.loc[year, name] for year in ends for name in NAMES}
    assert limits.to_dict() == expected


def test_the_stack_of_rasters_is_the_same_island(land: Path, tmp_path: Path) -> None:
    """Cells from the GeoTIFF with the mapping of the layer: the same land but for the stated area."""
    text = (HERE / "sibuyan" / "mapping.toml").read_text(encoding="utf-8")
    text = text.split("[tables]")[0] + "[parcels.columns]" + text.split("[parcels.columns]")[1]
    (tmp_path / "mapping.toml").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("area_ha")), encoding="utf-8"
    )
    found = zv.import_study(land / "sibuyan_ph" / "sibuyan_stack.tif", tmp_path / "mapping.toml").tables["parcels"]
    layer = pyogrio.read_dataframe(land / SOURCES["sibuyan"])
    assert len(found) == len(layer) == 7226
    middle = layer.geometry.centroid
    layer["key"] = [f"{x:.0f}/{y:.0f}" for x, y in zip(middle.x, middle.y, strict=True)]
    middle = found.geometry.centroid
    found["key"] = [f"{x:.0f}/{y:.0f}" for x, y in zip(middle.x, middle.y, strict=True)]
    both = found.merge(layer, on="key", validate="one_to_one")
    assert len(both) == 7226
    assert (both["land_class"] == [NAMES[code - 1] for code in both["lu1997"]]).all()
    assert (both["x_slope"] - both["slope"]).abs().max() < 1e-4
    # 250 m on the map are 250 m / 0.9996 on the ground at the middle of the zone, which is near
    assert both["area_ha_x"].to_numpy() == pytest.approx(CELL_HA / 0.9996**2, rel=1e-3)


def test_a_land_class_that_is_not_listed_is_refused(land: Path, tmp_path: Path) -> None:
    text = (HERE / "sibuyan" / "mapping.toml").read_text(encoding="utf-8").replace(', 5 = "other"', "")
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    for path in (HERE / "sibuyan").glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(AssertionError, match=r"found: 5 \(282\)"):
        import_land("sibuyan", land, tmp_path / "study", tmp_path / "mapping.toml")
    assert not (tmp_path / "study").exists()
