"""Buena Vista: half of each district's vacant land, the dearest parcels that fit; slivers and null keys stay in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import zonevest as zv
from tests.land.buena_vista import CAP, CONSERVATION, NO_DISTRICT, read_parcels, write_buena_vista

pytestmark = pytest.mark.land


def best_value(parcels: pd.DataFrame) -> float:
    """The greatest land value (million) of vacant parcels within half of their hectares: one knapsack per district."""
    total = 0.0
    for district, rows in parcels[parcels["land_class"] == "vacant"].groupby("jurisdiction"):
        if district in (CONSERVATION, NO_DISTRICT):
            continue
        area = rows["area_ha"].to_numpy()
        value = rows["x_land_value"].to_numpy() / 1e6
        found = milp(
            -value,
            integrality=np.ones(len(rows)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(area[None, :], ub=CAP * area.sum()),
            options={"mip_rel_gap": 1e-6},
        )
        assert found.success
        total -= found.fun
    return total


def test_buena_vista(land: Path, tmp_path: Path) -> None:
    study = zv.read_study(write_buena_vista(land, tmp_path / "study"))
    plan = zv.solve(study, gap=1e-4, time_limit=120)
    assert plan.status == "optimal"
    assert zv.audit(plan).ok
    assert plan.objective == pytest.approx(best_value(study.parcels), rel=2e-4)

    merged = plan.parcels.merge(study.parcels, on="parcel_id", suffixes=("", "_today"), validate="one_to_one")
    built = merged[merged["practice"].str.startswith("build_")]
    assert (built["class_before"] == "vacant").all()
    assert (built["class_after"] == "built").all()
    assert (built["practice"] == "build_" + built["jurisdiction"]).all()
    assert (merged["zone"] == merged["jurisdiction"]).all()
    assert not built["jurisdiction"].isin([CONSERVATION, NO_DISTRICT]).any()
    vacant = merged[merged["class_before"] == "vacant"].groupby("jurisdiction")["area_ha"].sum()
    share = built.groupby("jurisdiction")["area_ha"].sum() / vacant
    assert share.max() <= CAP + 1e-9
    assert built["x_land_value"].sum() / 1e6 == pytest.approx(plan.objective)


def test_what_is_odd_in_the_layer_stays(land: Path, tmp_path: Path) -> None:
    study = zv.read_study(write_buena_vista(land, tmp_path / "study"))
    parcels = study.parcels
    assert len(parcels) == len(read_parcels(land)) == 3671
    assert parcels["parcel_id"].is_unique
    assert (parcels["land_class"] == "unknown").sum() == 364  # no tax record, and so no map number
    assert (parcels["area_ha"] < 1e-4).sum() == 2  # slivers below a square metre, from the geometry
    assert (parcels["area_ha"] > 0).all()
    assert parcels["area_ha"].sum() == pytest.approx(1750, rel=1e-3)
    assert (parcels["jurisdiction"] == NO_DISTRICT).sum() == 36
    assert (parcels["redline"] == "general").sum() == 30
