"""A stack of rasters to cells: no data, names of bands, grids that are turned, points, lines over cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from tests.instances.importing.fields import METRIC, areas, layer, mapping, parcels, square, told
from zonevest import StudyError, import_study

rasterio = pytest.importorskip("rasterio")

NONE = -9999.0


def stack(path: Path, *bands: Any, names: Any = ("use", "slope"), grid: Any = None, crs: Any = METRIC) -> Path:
    """A GeoTIFF of 100 m cells, its corner above at (0, 200)."""
    data = np.array(bands, dtype="float32")
    shape = {"count": len(data), "height": data.shape[1], "width": data.shape[2]}
    grid = grid or rasterio.Affine(100, 0, 0, 0, -100, 200)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", nodata=NONE, crs=crs, transform=grid, **shape
    ) as out:
        out.write(data)
        out.descriptions = names
    return path


USE = [[1, 2, NONE], [2, 2, 1]]
SLOPE = [[5.5, NONE, 3.0], [0.0, np.nan, 9.0]]
COLUMNS = {"parcel_id": "cell_id", "land_class": {"field": "use", "values": {"1": "0101", "2": "0301"}}}


def test_cells_with_data_are_parcels(tmp_path: Path) -> None:
    path = stack(tmp_path / "land.tif", USE, SLOPE)
    columns = {**COLUMNS, "x_slope": {"field": "slope", "blank": 0}}
    found = import_study(path, mapping(tmp_path, parcels={"source": path.name, "columns": columns}))
    assert areas(found) == {"0": 1.0, "1": 1.0, "3": 1.0, "4": 1.0, "5": 1.0}
    assert parcels(found)["land_class"].tolist() == ["0101", "0301", "0301", "0301", "0101"]
    assert parcels(found)["x_slope"].tolist() == [5.5, 0.0, 0.0, 0.0, 9.0]
    assert parcels(found).geometry["5"].equals(shapely.box(200, 0, 300, 100))
    assert "5 of 6 cells hold data" in told(found)


def test_a_band_that_says_nothing_for_no_data_excludes_its_cells(tmp_path: Path) -> None:
    path = stack(tmp_path / "land.tif", USE, SLOPE)
    columns = {**COLUMNS, "x_slope": "SLOPE"}
    found = import_study(path, mapping(tmp_path, parcels={"source": path.name, "columns": columns}))
    assert list(areas(found)) == ["0", "3", "5"]


def test_bands_without_names_and_cells_as_points(tmp_path: Path) -> None:
    path = stack(tmp_path / "land.tif", USE, names=(None,))
    columns = {"parcel_id": "cell_id", "land_class": "band_1"}
    rules = mapping(tmp_path, parcels={"source": path.name, "cells": "points", "columns": columns})
    found = import_study(path, rules)
    assert set(parcels(found).geometry.geom_type) == {"Point"}
    assert parcels(found)["area_ha"].tolist() == [1.0] * 5
    assert parcels(found)["land_class"].tolist() == ["1", "2", "2", "2", "1"]


def test_a_grid_that_is_turned_and_degrees(tmp_path: Path) -> None:
    turn = np.radians(30)
    turned = rasterio.Affine(100 * np.cos(turn), 50 * np.sin(turn), 0, 100 * np.sin(turn), -50 * np.cos(turn), 0)
    path = stack(tmp_path / "land.tif", USE, SLOPE, grid=turned)
    rules = mapping(tmp_path, parcels={"source": path.name, "columns": COLUMNS})
    assert list(areas(import_study(path, rules)).values()) == [0.5] * 5
    degrees = rasterio.Affine(0.01, 0, 110, 0, -0.01, 30)
    path = stack(tmp_path / "land.tif", USE, SLOPE, grid=degrees, crs="EPSG:4326")
    held = parcels(import_study(path, rules))["area_ha"].to_numpy()
    expected = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.box(110, 29.98, 110.01, 29.99))[0] / 1e4
    assert held == pytest.approx(expected, rel=1e-3)


def test_lines_over_cells(tmp_path: Path) -> None:
    path = stack(tmp_path / "land.tif", USE, SLOPE)
    layer([square(0, 0, 1.6, 2)]).to_file(tmp_path / "red.gpkg", layer="red")
    lines = [{"source": "red.gpkg", "column": "redline", "value": "general"}]
    rules = mapping(tmp_path, parcels={"source": path.name, "columns": COLUMNS}, lines=lines)
    found = parcels(import_study(path, rules))["redline"]
    assert found.to_dict() == {"0": "general", "1": "general", "3": "general", "4": "general", "5": "0"}


def test_no_raster_and_no_system(tmp_path: Path) -> None:
    path = tmp_path / "land.tif"
    path.write_bytes(b"II*\0 nothing of the kind")
    rules = mapping(tmp_path, parcels={"source": path.name, "columns": COLUMNS})
    with pytest.raises(StudyError, match="the file is a whole"):
        import_study(path, rules)
    path.unlink()
    stack(path, USE, SLOPE, crs=None)
    with pytest.raises(StudyError, match="no coordinate reference system"):
        import_study(path, rules)
