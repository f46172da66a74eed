"""The counties of the benchmarks are what they are said to be, and nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from benchmarks import counties

import zonevest as zv

PARCELS = 150


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    kept = tmp_path_factory.mktemp("counties")
    zv.write_county(kept / "drawn", PARCELS, 1, polygons=False)
    made = {land: counties.prepared(land, kept, PARCELS) for land in ("standard", "harsh")}
    assert counties.prepared("harsh", kept, PARCELS) == made["harsh"]
    return made | {"drawn": kept / "drawn"}


def test_standard(folders: dict[str, Path]) -> None:
    study, drawn = zv.read_study(folders["standard"]), zv.read_study(folders["drawn"])
    assert (len(study.periods), len(study.jurisdictions), len(study.projects)) == (3, 20, 90)
    assert study.parcels["jurisdiction"].nunique() == 20
    same = ["parcel_id", "land_class", "zone", "area_ha", "population"]
    pd.testing.assert_frame_equal(study.parcels[same], drawn.parcels[same])
    assert study.jurisdictions["population"].sum() == pytest.approx(drawn.jurisdictions["population"].sum())
    grants = [each.quota_grants.groupby("quota")["amount"].sum() for each in (study, drawn)]
    pd.testing.assert_series_equal(*grants)
    new = [each.limits[each.limits["limit"].str.startswith("new_construction_2")] for each in (study, drawn)]
    assert new[0]["value"].sum() == pytest.approx(new[1]["value"].sum())
    assert len(study.practices) == len(drawn.practices)
    assert set(study.accounts["account"]) == set(drawn.accounts["account"])


def test_harsh(folders: dict[str, Path]) -> None:
    study, standard = zv.read_study(folders["harsh"]), zv.read_study(folders["standard"])
    pd.testing.assert_frame_equal(study.parcels, standard.parcels)
    today = study.parcels.groupby("zone")["area_ha"].sum()
    zones = study.projects["min_area_of"].str.removeprefix("zone:")
    part = study.projects["min_area"] / zones.map(today)
    assert part.between(0.999, 1.151).all()
    assert (part > 1.001).sum() > 60
    assert zones.nunique() > 2
    assert part[study.projects["mandatory"].astype(bool)].to_numpy() == pytest.approx(1.0, abs=1e-3)
