"""Counties of plots: land that hangs together, with shapes or without, and the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

import zonevest as zv
from zonevest.instances import county as counties
from zonevest.instances import county_plots
from zonevest.instances.county import county, write_county

PARCELS, SEED = 10_500, 2
WRITE = """
import sys
from pathlib import Path
from zonevest.instances import county
for kind, county.UNITS in (("units", 10_000), ("plots", 100)):
    for name, polygons in (("shaped", True), ("plain", False)):
        county.write_county(Path(sys.argv[1]) / f"{kind}-{name}", 200, 5, "again", polygons=polygons)
"""


@pytest.fixture(scope="module")
def land() -> gpd.GeoDataFrame:
    return county(PARCELS, SEED)[1]["parcels"]


@pytest.fixture(scope="module")
def at(land: gpd.GeoDataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Middles of the plots."""
    middle = land.geometry.centroid
    return np.column_stack([middle.x, middle.y])


def digests(folder: Path) -> dict[str, str]:
    """A digest of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.long
def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the order of hashes and the number of threads, and whatever the clock says."""
    for name, threads in (("one", "1"), ("other", "2")):
        surroundings = os.environ | {"PYTHONHASHSEED": threads, "OPENBLAS_NUM_THREADS": threads, "TZ": f"UTC+{threads}"}
        subprocess.run([sys.executable, "-c", WRITE, str(tmp_path / name)], env=surroundings, check=True)
    for kind in ("units", "plots"):
        for name, parcels in (("shaped", "parcels.gpkg"), ("plain", "parcels.parquet")):
            found = digests(tmp_path / "one" / f"{kind}-{name}")
            assert parcels in found
            assert found == digests(tmp_path / "other" / f"{kind}-{name}")


def test_without_shapes_it_is_the_same_county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counties, "UNITS", 100)
    zv.write_county(tmp_path / "shaped", 600, 3)
    zv.write_county(tmp_path / "plain", 600, 3, polygons=False)
    shaped, plain = zv.read_study(tmp_path / "shaped"), zv.read_study(tmp_path / "plain")
    assert plain.geometry is None
    assert shaped.geometry is not None
    for name, table in plain.tables.items():
        pd.testing.assert_frame_equal(table, shaped.tables[name], rtol=1e-12)


def test_many_shapes_are_geoparquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counties, "LAYER", 100)
    write_county(tmp_path / "county", 200, 3, "county")
    study = zv.read_study(tmp_path / "county")
    assert (tmp_path / "county" / "parcels.parquet").is_file()
    assert study.geometry is not None
    assert study.geometry.crs is not None


class TestLand:
    def test_it_is_covered_once(self, land: gpd.GeoDataFrame) -> None:
        assert len(land) == pytest.approx(PARCELS, rel=0.01)
        assert land.is_valid.all()
        assert land["parcel_id"].is_unique
        # what lies on each other is counted twice by the sum, what is left out by neither
        assert land.area.sum() / 1e4 == pytest.approx(240_000, rel=1e-4)
        assert shapely.union_all(land.geometry.to_numpy()).area / 1e4 == pytest.approx(240_000, rel=1e-4)

    def test_mix_and_lines(self, land: gpd.GeoDataFrame) -> None:
        percent = 100 * land.area / land.area.sum()
        by_group = percent.groupby(land["land_class"].str[:2]).sum()
        for group, share in {"01": 21, "02": 4, "03": 55, "04": 7}.items():
            assert by_group[group] == pytest.approx(share, abs=1.2), group
        assert percent[land["land_class"] == "0702"].sum() == pytest.approx(2.6, abs=0.1)
        for line, share in {"redline": 27, "basic_farmland": 17, "growth_boundary": 1.4}.items():
            assert percent[~land[line].isin(["0", 0])].sum() == pytest.approx(share, abs=0.4), line

    def test_neighbours_are_alike(self, land: gpd.GeoDataFrame, at: np.ndarray) -> None:
        """Much more often than two plots taken at random: land hangs together."""
        nearest = cKDTree(at).query(at, k=2)[1][:, 1]
        for column, times in (("land_class", 3.0), ("jurisdiction", 7.0), ("redline", 1.1)):
            cells = land[column].to_numpy()
            chance = float((land[column].value_counts(normalize=True) ** 2).sum())
            assert (cells == cells[nearest]).mean() > times * chance, column

    def test_villages_are_of_many_plots(self, land: gpd.GeoDataFrame, at: np.ndarray) -> None:
        here = at[(land["land_class"] == "0702").to_numpy()]
        others = cKDTree(here).query_ball_point(here, 450.0, return_length=True) - 1
        assert np.median(others) >= 2

    def test_it_is_steeper_and_wilder_uphill(self, land: gpd.GeoDataFrame) -> None:
        slope = land["slope_class"].groupby(land["land_class"]).mean()
        assert slope["0101"] < slope["0201"] < slope["0301"]
        assert land.loc[land["redline"] == "core", "slope_class"].mean() > slope["0301"]
        arable = land[land["land_class"].isin(["0101", "0102", "0103"])]
        assert np.corrcoef(arable["slope_class"], arable["farmland_quality"])[0, 1] < -0.25

    def test_people_live_in_homes_and_are_counted_whole(self, land: gpd.GeoDataFrame) -> None:
        assert land["population"].sum() == 420_000
        assert (land["population"] == land["population"].round()).all()
        assert set(land.loc[land["population"] > 0, "land_class"]) == {"0701", "0702"}

    def test_rivers_are_chains_of_plots(self, land: gpd.GeoDataFrame) -> None:
        """Some reach is many times as long as a plot of it is wide."""
        rivers = land.loc[land["land_class"] == "1101", "geometry"].to_numpy()
        parts = shapely.bounds(shapely.get_parts(shapely.union_all(shapely.buffer(rivers, 60.0))))
        assert np.hypot(*(parts[:, 2:] - parts[:, :2]).T).max() > 8 * np.median(np.sqrt(shapely.area(rivers)))


@pytest.mark.parametrize("order", [1, 2, 5])
def test_the_curve_goes_from_neighbour_to_neighbour(order: int) -> None:
    place = county_plots._hilbert(order)
    assert len({tuple(each) for each in place.tolist()}) == 4**order
    assert (np.abs(np.diff(place, axis=0)).sum(axis=1) == 1).all()
