"""Little layers for the tests of the import: squares of 100 m in metres, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import tomli_w

from zonevest.instances.importing.dispatch import import_study
from zonevest.instances.importing.imported import Imported

METRIC = "EPSG:6933"  # keeps areas, so that what is expected is simple arithmetic
SIDE = 100.0
STUDY = {"name": "s", "periods": [{"name": "2026", "start": 2026, "years": 1}]}


def square(x: float, y: float = 0.0, width: float = 1.0, height: float = 1.0) -> Any:
    """A rectangle in sides of a square: one square is a hectare."""
    return shapely.box(x * SIDE, y * SIDE, (x + width) * SIDE, (y + height) * SIDE)


def layer(shapes: Any, crs: Any = METRIC, **fields: Any) -> gpd.GeoDataFrame:
    """A layer of shapes with ids P1, P2, … and fields."""
    columns = {"id": [f"P{k}" for k in range(1, len(shapes) + 1)], "use": "0101", **fields}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def mapping(folder: Path, **tables: Any) -> Path:
    """A mapping file: id and use of the parcels, and whatever else is given."""
    parcels = {"source": "land.gpkg", "columns": {"parcel_id": "id", "land_class": "use"}}
    given = tables.pop("parcels", {})
    columns = {**parcels["columns"], **given.pop("columns", {})}  # type: ignore[dict-item]
    values = {"study": STUDY, "parcels": {**parcels, **given, "columns": columns}, **tables}
    path = folder / "mapping.toml"
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    return path


def taken(
    folder: Path, land: gpd.GeoDataFrame, others: Mapping[str, gpd.GeoDataFrame] | None = None, **tables: Any
) -> Imported:
    """What an import makes of parcels and other layers, each written as a GeoPackage."""
    land.to_file(folder / "land.gpkg", layer="land")
    for name, each in (others or {}).items():
        each.to_file(folder / f"{name}.gpkg", layer=name)
    return import_study([], mapping(folder, **tables))


def parcels(found: Imported) -> pd.DataFrame:
    """The parcels of an import by their ids."""
    return found.tables["parcels"].set_index("parcel_id")


def areas(found: Imported) -> dict[str, float]:
    """Hectares by parcel, to a square centimetre."""
    held = parcels(found)["area_ha"]
    return dict(zip(held.index, np.round(held, 8), strict=True))


def told(found: Imported) -> str:
    """All that is told of an import."""
    return "\n".join(found.told)
