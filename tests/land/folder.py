"""Write a study folder by hand (study.toml, the tables as CSV, a layer), without the package's own writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import tomli_w

Rows = pd.DataFrame | Sequence[Mapping[str, Any]]


def write_folder(
    target: Path,
    settings: Mapping[str, Any],
    tables: Mapping[str, Rows],
    layer: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write `settings` to study.toml, each table to <name>.csv and the layer to parcels.gpkg."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "study.toml").write_text(tomli_w.dumps({"format": 1, **settings}), encoding="utf-8")
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(target / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    if layer is not None:
        layer.to_file(target / "parcels.gpkg", layer="parcels", driver="GPKG")
    return target
