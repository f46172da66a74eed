"""A synthetic county: land, people and a list of opportunities, drawn by a seed (no place on earth).

It follows one made-up western county of 2,400 km2 and 420,000 people: a lake, a county town on its shore, villages in
the plain, forest on the hills, a red line on the heights, basic farmland below. The tables rest on the package's
default tables; what is particular to the county is made here. `lakeside` is the county of 1,800 parcels and seed 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import tomli_w

from zonevest.instances import county_list
from zonevest.instances.county_ground import TOWNS, ground
from zonevest.instances.county_land import MIX, parcels_table
from zonevest.instances.county_plots import plots
from zonevest.instances.county_units import shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNITS, OCTAVES = 10_000, 3
"""Up to so many parcels are planning units; more are plots, on land of so many finer octaves."""
DATED = "2026-11-26T01:01:41.303Z"
"""The date in every GeoPackage that is drawn, that of the bundled one."""


def county(
    parcels: int = 1_800, seed: int = 1, name: str = "county", title: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """A synthetic county: settings, and tables that rest on the default tables.

    Parameters
    ----------
    parcels : about how many.
    seed : of everything that is drawn.
    name, title : of the study.
    """
    rng = np.random.default_rng(seed)
    land = ground(rng, OCTAVES if parcels > UNITS else 0, seed)
    drawn = shapes(rng, land, parcels) if parcels <= UNITS else plots(rng, land, parcels, MIX["village"])
    layer = parcels_table(rng, land, drawn)
    increment = layer["tags"].str.contains("increment")
    people = layer.groupby("jurisdiction")["population"].sum()
    tables: dict[str, pd.DataFrame] = {"parcels": layer, "jurisdictions": county_list.people(TOWNS, people)}
    towns = [code for code, _, _ in TOWNS]
    tables |= county_list.projects(rng, towns)
    tables["projects"] = tables["projects"].merge(_sites(layer), how="left")
    tables["parcel_flows"] = county_list.polluted(layer.loc[_old_works(layer), "parcel_id"])
    tables |= county_list.money(towns) | county_list.markets()
    tables |= county_list.limits(float(layer[increment].area.sum() / 1e4))
    titles = title or {"en": f"A synthetic county (seed {seed})", "zh": f"合成县域（种子{seed}）"}
    return county_list.settings(name, titles), tables


def _old_works(layer: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Vacant plots of the town where works have stood: every fifth."""
    vacant = np.flatnonzero(layer["land_class"].eq("1201") & layer["growth_boundary"].eq(1))
    return np.isin(np.arange(len(layer)), vacant[::5])


def _sites(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Drawn sites of projects: the two smallest parcels that they may be drawn on."""
    groups = {"wetland": ("1106",), "urban": ("0101", "0102", "0103", "0201", "0202", "1203", "1206", "1201")}
    rows = []
    area = layer.geometry.area
    for project, (practice, zones, kinds) in county_list.DRAWN_ON.items():
        classes = [code for kind in kinds.split() for code in groups.get(kind, (kind,))]
        inside = layer["growth_boundary"].eq(1) if zones.startswith("4") else layer["growth_boundary"].eq(0)
        among = area[layer["land_class"].isin(classes) & inside].nsmallest(2)
        drawn = layer.loc[among.index]
        line = "general" if drawn["redline"].ne("0").any() else "no"
        rows.append((project, ";".join(drawn["parcel_id"]), zones, practice, line))
    columns = ["project", "footprint", "footprint_zones", "footprint_practice", "redline_ok"]
    return pd.DataFrame(rows, columns=columns)


def write_county(folder: Path, parcels: int, seed: int, name: str, title: dict[str, str] | None = None) -> None:
    """Write a synthetic county as a study folder to be edited: study.toml, parcels.gpkg, tables."""
    settings, tables = county(parcels, seed, name, title)
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(county_list.explained(tomli_w.dumps(settings)), encoding="utf-8")
    layer = tables.pop("parcels")
    _write_layer(layer, folder / "parcels.gpkg")
    for table, frame in tables.items():
        frame.to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")


def _write_layer(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoPackage, with one date for all: the file's own would make every copy another."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATED})
    try:
        layer.to_file(path, layer="parcels", driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
