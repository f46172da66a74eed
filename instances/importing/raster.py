"""A stack of rasters as a layer of cells: bands are fields, cells without data are no parcels."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults
from zonevest.instances.files import damaged
from zonevest.instances.importing.sources import Found, Layer
from zonevest.instances.rules import rule
from zonevest.instances.say import say


def read_raster(found: Found, needed: Collection[str], faults: Faults) -> Layer | None:
    """Read a stack of rasters; None, and a fault, where that cannot be.

    Parameters
    ----------
    needed : bands (in any case of letters) without which a cell is no parcel; a cell without any data never is one.

    Returns
    -------
    Layer
        Fields `cell_id` (row × width + column, from 0), `row`, `col` and the bands, NaN where a band has no data; the
        shapes are the cells.
    """
    try:
        import rasterio
    except ImportError:
        faults.add(found.label, rule("import.rasterio"), say("it is not installed"))
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with rasterio.open(found.path) as stack:
                bands = stack.read(masked=True)
                names = [name or f"band_{k}" for k, name in enumerate(stack.descriptions, 1)]
                grid, width = stack.transform, stack.width
                crs = pyproj.CRS.from_wkt(stack.crs.to_wkt()) if stack.crs else None
    except (rasterio.errors.RasterioError, OSError, ValueError, RuntimeError) as error:
        damaged(found.path, found.label, error, faults)
        return None
    held = ~np.ma.getmaskarray(bands) & np.isfinite(np.ma.getdata(bands))
    wanted = {each.casefold() for each in needed}
    cells = held.any(axis=0)
    for name, band in zip(names, held, strict=True):
        if name.casefold() in wanted:
            cells &= band
    row, column = np.nonzero(cells)
    told = [say("{count} of {whole} cells hold data", count=len(row), whole=cells.size)]
    fields: dict[str, Any] = {"cell_id": row * width + column, "row": row, "col": column}
    for name, band, known in zip(names, np.ma.getdata(bands), held, strict=True):
        fields[name] = _plain(band[row, column], known[row, column])
    shapes = _squares(row, column, grid)
    return Layer(found.label, pd.DataFrame(fields), shapes, crs, np.zeros(0, dtype=np.intp), told)


def _plain(values: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
    """The cells of a band: whole numbers where all are, else numbers with NaN for no data."""
    if known.all() and (values == np.round(values)).all() and np.abs(values).max(initial=0) < 2**53:
        return values.astype(np.int64)
    return np.where(known, values.astype(np.float64), np.nan)


def _squares(row: NDArray[np.intp], column: NDArray[np.intp], grid: Any) -> NDArray[np.object_]:
    """The cells as polygons, whichever way the grid is turned."""
    across = column[:, None] + np.array([0, 1, 1, 0, 0])
    down = row[:, None] + np.array([0, 0, 1, 1, 0])
    x = grid.a * across + grid.b * down + grid.c
    y = grid.d * across + grid.e * down + grid.f
    return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)), dtype=object)
