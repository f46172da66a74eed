"""plan.gpkg: the plan as layers for a GIS, with the styles in which QGIS shows them.

Styles are kept as QGIS itself keeps them, in a table `layer_styles` (see `styles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from zonevest.instances.study import items
from zonevest.reports import styles
from zonevest.reports.display import Display
from zonevest.reports.labels import Words
from zonevest.reports.map_layers import coded
from zonevest.reports.map_values import VALUES

if TYPE_CHECKING:
    from pathlib import Path

    from zonevest.reports.facts import Facts

PLAN: Final = "plan"
PROJECTS: Final = "projects"
GEOMETRY: Final = "geom"
"""Layers of the file, and their column of shapes."""
STYLED: Final = {
    "zone_after": "zone",
    "zone_before": "zone_before",
    "class_after": "class_after",
    "class_before": "class_before",
    "action": "practice",
    "start": "start",
}
"""Ways to colour the plan, the default first, and the column of each."""


def write_layer(facts: Facts, path: Path, lang: str) -> None:
    """Write plan.gpkg; nothing without shapes.

    Layer ``plan``: a feature per parcel and option chosen, as in parcels.parquet, with the jurisdiction, hectares, the
    zone before and, per hectare, million of present value, ``worth, nature, captured, left`` and ``shadow`` (see
    `map_values`). Layer ``projects``: those with a footprint, built or not; none, no layer. Table ``layer_styles``.

    Parameters
    ----------
    lang : of the names in the styles.
    """
    plan = land(facts)
    if plan is None:
        return
    _write(plan, path, PLAN)
    sites = projects(facts)
    if len(sites):
        _write(sites, path, PROJECTS)
    display = Display(facts.study, Words(lang))
    # of a divided parcel every part is a feature: the legend holds what any of them is
    kinds = coded(facts.study, plan, display)
    found = [
        styles.row(PLAN, GEOMETRY, display.words(f"map_{name}"), column, kinds[name], default=name == "zone_after")
        for name, column in STYLED.items()
    ]
    if len(sites):
        found.append(styles.project_row(PROJECTS, GEOMETRY, display.words))
    _write_table(pd.DataFrame(found), path)


def land(facts: Facts) -> Any:
    """The layer of the plan; None without shapes."""
    import geopandas as gpd

    study = facts.study
    if study.geometry is None:
        return None
    table = facts.plan.parcels.reset_index(drop=True)
    extra = facts.land[["jurisdiction", "area_ha", "zone_before", "rezoned", "converted"]]
    text = ["zone", "practice", "start", "class_before", "class_after"]
    table = table.assign(**{name: table[name].fillna("") for name in text}).join(extra)
    table = table.join(facts.parcel_values[list(VALUES)])
    shapes = study.geometry.iloc[facts.chosen.parcel]
    return gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=study.geometry.crs)


def projects(facts: Facts) -> Any:
    """The layer of projects with a footprint: its parcels as one shape."""
    import geopandas as gpd

    study = facts.study
    at = {name: place for place, name in enumerate(study.parcels["parcel_id"])}
    starts = facts.plan.projects.groupby("project")["start"].first()
    rows, shapes = [], []
    assert study.geometry is not None
    for row in study.projects.itertuples(index=False):
        place = [at[name] for name in items(row.footprint) if name in at]
        ground = shapely.union_all([shape for shape in study.geometry.iloc[place] if shape is not None])
        if not ground.is_empty:
            start = str(starts.get(row.project, "") or "")
            named = (row.project, row.name, row.category, row.jurisdiction, start, float(row.capex))
            rows.append((*named, "yes" if start else "no"))
            shapes.append(ground)
    columns = ["project", "name", "category", "jurisdiction", "start", "capex", "built"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=study.geometry.crs)


def _write(layer: Any, path: Path, name: str) -> None:
    layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio", mode="w" if name == PLAN else "a")


def _write_table(table: pd.DataFrame, path: Path) -> None:
    """The table of styles as QGIS makes it: rows without shape, their number is called id."""
    import pyogrio

    pyogrio.write_dataframe(
        table.assign(useAsDefault=table["useAsDefault"].astype(np.bool_)),
        path, layer=styles.TABLE, driver="GPKG", append=True, layer_options={"FID": "id"},
    )  # fmt: skip
