"""A synthetic county: land, people and a list of opportunities, drawn by a seed (no place on earth).

It follows one made-up western county of 2,400 km2 and 420,000 people: a lake, a county town on its shore, villages in
the plain, forest on the hills, a red line on the heights, basic farmland below. The tables rest on the package's
default tables; what is particular to the county is made here. `lakeside` is the county of 1,800 parcels and seed 1.
"""

from __future__ import annotations

from collections.abc import Callable
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
from zonevest.instances.county_units import SMALL, units
from zonevest.instances.defaults import default
from zonevest.instances.say import silent
from zonevest.instances.study import items

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNITS, OCTAVES = 10_000, 3
"""Up to so many parcels are planning units; more are plots, on land of so many finer octaves."""
SITE = 8.0
"""Hectares of a drawn site of plots."""
LAYER = 50_000
"""Up to so many parcels are a GeoPackage, which any GIS opens; of more, GeoParquet is read many times faster."""
DATED = "2026-11-26T01:01:41.303Z"
"""The date in every GeoPackage that is drawn, that of the bundled one."""


SCENARIOS = [
    ("trend", "0.4", "study", "rates.finance", "value", "", "factor", "1"),
    ("land_slump", "0.2", "price_steps", "land_sale/*", "price", "", "factor", "0.8"),
    ("dear_money", "0.15", "instruments", "*", "rate", "", "factor", "1.25"),
    ("lean_years", "0.15", "study", "finance.transfers", "value", "", "factor", "0.93"),
    ("dear_works", "0.1", "projects", "*", "capex", "", "factor", "1.1"),
]
"""What may come otherwise, with made-up probabilities: rows of the table `scenarios`."""


def county(
    parcels: int = 1_800,
    seed: int = 1,
    name: str = "county",
    title: dict[str, str] | None = None,
    tell: Callable[[str], object] = silent,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """A synthetic county: settings, and tables that rest on the default tables.

    Parameters
    ----------
    parcels : about how many.
    seed : of everything that is drawn.
    name, title : of the study.
    tell : is told the phases as they begin.
    """
    tell("land")
    rng = np.random.default_rng(seed)
    land = ground(rng, OCTAVES if parcels > UNITS else 0, seed)
    drawn = units(rng, land, parcels) if parcels <= UNITS else plots(rng, land, parcels, MIX["village"])
    tell("classes")
    layer = parcels_table(rng, land, drawn)
    increment = layer["tags"].str.contains("increment")
    people = layer.groupby("jurisdiction")["population"].sum()
    tables: dict[str, pd.DataFrame] = {"parcels": layer, "jurisdictions": county_list.people(TOWNS, people)}
    towns = [code for code, _, _ in TOWNS]
    there = layer.geometry.area.groupby([layer["jurisdiction"], layer["land_class"]]).sum() / 1e4
    tables |= county_list.projects(rng, towns, there)
    tables["projects"] = tables["projects"].merge(_sites(layer), how="left")
    tables["parcel_flows"] = county_list.polluted(layer.loc[_old_works(layer), "parcel_id"])
    tables |= county_list.money(towns) | county_list.markets()
    built = increment & layer["land_class"].isin(_built())
    hectares = _hectares(layer)
    taxable = _taxable(layer) if parcels < SMALL else np.inf  # of few parcels hardly any may be works or shops
    tables |= county_list.limits(hectares(increment), hectares(built), _restorable(layer), taxable)
    columns = ["scenario", "probability", "table", "key", "column", "period", "op", "amount"]
    tables["scenarios"] = pd.DataFrame(SCENARIOS, columns=columns)
    titles = title or {"en": f"A synthetic county (seed {seed})", "zh": f"合成县域（种子{seed}）"}
    return county_list.settings(name, titles), tables


def _hectares(layer: gpd.GeoDataFrame) -> Callable[[pd.Series[bool]], float]:
    """Hectares of parcels, as a function of which."""
    return lambda inside: float(layer[inside].area.sum() / 1e4)


def _restorable(layer: gpd.GeoDataFrame) -> float:
    """Hectares that forest can gain and nobody misses: grass that goes must come elsewhere, its value being kept."""
    inside = layer["basic_farmland"].eq(1) | layer["growth_boundary"].eq(1) | layer["redline"].ne("0")
    bare = layer["land_class"].eq("1206") & (~inside | layer["redline"].eq("general"))
    steep = layer["land_class"].eq("0103") & layer["slope_class"].eq(5)
    return _hectares(layer)(bare | (steep | layer["land_class"].eq("0602")) & ~inside)


def _taxable(layer: gpd.GeoDataFrame) -> float:
    """Tax of a hectare of built land, million a year, were all stock of industry and trade upgraded."""
    hectares = _hectares(layer)
    paid = sum(
        hectares(layer["land_class"].eq(code) & layer["growth_boundary"].eq(inside)) * each
        for (code, inside), each in county_list.TAXED.items()
    )
    return paid / hectares(layer["land_class"].isin(_built()))


def _built() -> list[str]:
    """The default classes of built land."""
    classes = default("land_classes")
    pairs = zip(classes.text("land_class"), classes.text("class_group"), strict=True)
    return [code for code, groups in pairs if "construction" in items(groups)]


def _old_works(layer: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Vacant plots of the town where works have stood: every fifth."""
    vacant = np.flatnonzero(layer["land_class"].eq("1201") & layer["growth_boundary"].eq(1))
    return np.isin(np.arange(len(layer)), vacant[::5])


def _sites(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Drawn sites of projects: the two smallest units that they may be drawn on, of plots some that lie together."""
    groups = {"wetland": ("1106",), "urban": ("0101", "0102", "0103", "0201", "0202", "1203", "1206", "1201")}
    rows = []
    area = layer.geometry.area
    for project, (practice, zones, kinds) in county_list.DRAWN_ON.items():
        classes = [code for kind in kinds.split() for code in groups.get(kind, (kind,))]
        inside = layer["growth_boundary"].eq(1) if zones.startswith("4") else layer["growth_boundary"].eq(0)
        among = area[layer["land_class"].isin(classes) & inside]
        among = among.nsmallest(2) if len(layer) <= UNITS else _together(layer.loc[among.index])
        if among.empty:  # a county of few parcels may have no such unit: the project has no drawn site
            continue
        drawn = layer.loc[among.index]
        line = "general" if drawn["redline"].ne("0").any() else "no"
        rows.append((project, ";".join(drawn["parcel_id"]), zones, practice, line))
    columns = ["project", "footprint", "footprint_zones", "footprint_practice", "redline_ok"]
    return pd.DataFrame(rows, columns=columns)


def _together(among: gpd.GeoDataFrame) -> pd.Series[float]:
    """The areas of plots around the middle one, in the order of their distance, up to some hectares."""
    corner = among.geometry.bounds
    at = corner[["minx", "miny"]].to_numpy()
    away = np.hypot(*(at - at[len(at) // 2]).T)
    area = among.geometry.area.iloc[np.argsort(away, kind="stable")]
    return area[(area.cumsum() <= SITE * 1e4) | (np.arange(len(area)) == 0)]


def write_county(
    folder: Path,
    parcels: int,
    seed: int,
    name: str,
    title: dict[str, str] | None = None,
    polygons: bool = True,
    tell: Callable[[str], object] = silent,
) -> int:
    """Write a synthetic county as a study folder to be edited: study.toml, the parcels, tables.

    The same arguments and version write the same bytes, as long as CPU family and the versions of NumPy, SciPy, GEOS,
    GDAL and pyarrow are the same: the last bits of a cosine or a crossing of two edges are theirs.

    Parameters
    ----------
    polygons : whether parcels have shapes; without, they are a parquet table that states their areas, which are those
        of the shapes. With them they are a GeoPackage, or GeoParquet where there are more than `LAYER` parcels.
    tell : is told the phases as they begin.

    Returns
    -------
    How many parcels it has.
    """
    settings, tables = county(parcels, seed, name, title, tell)
    tell("writing")
    layer = tables.pop("parcels")
    file = "parcels.gpkg" if polygons and len(layer) <= LAYER else "parcels.parquet"
    settings["parcels"] = file
    if file != "parcels.gpkg":
        del settings["layer"]
    folder.mkdir(parents=True)
    text = county_list.explained(tomli_w.dumps(settings), plots=parcels > UNITS)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    if file == "parcels.gpkg":
        _write_layer(layer, folder / file)
    elif polygons:
        layer.to_parquet(folder / file, compression="zstd")
    else:
        table = pd.DataFrame(layer.drop(columns="geometry"))
        table.insert(3, "area_ha", layer.geometry.area.to_numpy() / 1e4)
        table.to_parquet(folder / file, index=False, compression="zstd")
    for each, frame in tables.items():
        frame.to_csv(folder / f"{each}.csv", index=False, lineterminator="\n")
    return len(layer)


def _write_layer(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoPackage, with one date for all: the file's own would make every copy another."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATED})
    try:
        layer.to_file(path, layer="parcels", driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
