"""Buena Vista: half of each district's vacant land, the dearest parcels that fit; slivers and null keys stay in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import zonevest as zv
from tests.land.imports import SOURCES, import_land

pytestmark = pytest.mark.land

NO_DISTRICT, CONSERVATION = "none", "C1"
CAP = 0.5


def best_value(land: Path) -> float:
    """The greatest land value (million) of vacant parcels within half of their hectares: one knapsack per district.

    From the layer itself, its areas in the layer's own projection.
    """
    layer = pyogrio.read_dataframe(land / SOURCES["buena_vista"], layer="parcels")
    vacant = layer[layer["has_tax_record"].astype(bool) & (layer["imp_value_usd"] <= 0)]
    total = 0.0
    for district, rows in vacant.groupby("zone_code"):
        if district == CONSERVATION:
            continue
        area = rows.area.to_numpy() / 1e4
        value = rows["land_value_usd"].to_numpy() / 1e6
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
    study = zv.read_study(import_land("buena_vista", land, tmp_path / "study"))
    plan = zv.solve(study, gap=1e-4, time_limit=120)
    assert plan.status == "optimal"
    assert zv.audit(plan).ok
    assert plan.objective == pytest.approx(best_value(land), rel=2e-4)

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
    study = zv.read_study(import_land("buena_vista", land, tmp_path / "study"))
    parcels = study.parcels
    assert len(parcels) == 3671
    assert parcels["parcel_id"].is_unique
    assert (parcels["land_class"] == "unknown").sum() == 364  # no tax record, and so no map number
    assert (parcels["area_ha"] < 1e-4).sum() == 2  # slivers below a square metre, from the geometry
    assert (parcels["area_ha"] > 0).all()
    assert parcels["area_ha"].sum() == pytest.approx(1750, rel=1e-3)
    assert (parcels["jurisdiction"] == NO_DISTRICT).sum() == 36
    assert (parcels["redline"] == "general").sum() == 30


def test_districts_by_area_share(land: Path, tmp_path: Path) -> None:
    """The layer holds the district of the largest overlap, found by others: laid over anew it is the same."""
    rules = tmp_path / "mapping.toml"
    rules.write_text(
        """
        [study]
        name = "districts"
        periods = [{ name = "2021", start = 2021, years = 1 }]
        [parcels]
        layer = "parcels"
        [parcels.columns]
        parcel_id = "pid"
        land_class = { value = "0601" }
        x_district = { field = "zone_code", blank = "none" }
        x_stated = "zone_share"
        [[lines]]
        layer = "zoning2021"
        column = "jurisdiction"
        field = "Zoning_Cod"
        share = "x_share"
        [repair]
        overlaps = "keep"
        """,
        encoding="utf-8",
    )
    found = zv.import_study(land / SOURCES["buena_vista"], rules).tables["parcels"]
    other = found[found["jurisdiction"].replace("", "none") != found["x_district"]]
    districts = pyogrio.read_dataframe(land / SOURCES["buena_vista"], layer="zoning2021")
    districts["geometry"] = districts.make_valid()
    for row in other.itertuples():  # they lie wholly in two districts at once, and either is right
        share = districts.intersection(row.geometry).area.groupby(districts["Zoning_Cod"]).max() / row.geometry.area
        assert share[[row.jurisdiction, row.x_district]].min() > 0.9999
    assert len(other) == 6
    stated = found["x_stated"].notna()
    assert (found.loc[stated, "x_share"] >= found.loc[stated, "x_stated"] - 1e-3).all()
