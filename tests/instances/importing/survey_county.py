"""A database of the national land survey, synthesised from a synthetic county: no real one is public.

`database` gives its layers with official names, fields, field types and lengths; the writers put them into a
geodatabase or into shapefiles. What went in, the county's own parcels, is what an import must give back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from zonevest.instances.county import TOWNS, county
from zonevest.instances.defaults import default

CRS = "EPSG:4544"
"""CGCS2000, three-degree zone about 105 degrees east, without its number in front of the eastings."""
NUMBERED = "EPSG:4523"
"""The same zone with its number (35) in front."""
COUNTY = "530102"
ZH = {
    "DLTB": "地类图斑",
    "YJJBNTBHTB": "永久基本农田保护图斑",
    "STBHHX": "生态保护红线",
    "CZKFBJ": "城镇开发边界",
    "GHFQ": "规划分区",
    "XZQ": "行政区",
    "PDT": "坡度图",
    "CZJSBJ": "村庄建设边界",
    "CKQ": "采矿权",
}
ARABLE = ("0101", "0102", "0103")
RIDGES = {1: 0.0, 2: 0.041, 3: 0.083, 4: 0.121, 5: 0.17}
"""Share of field ridges by slope class (the county's own 扣除系数)."""


def codes() -> dict[str, str]:
    """The town code of each jurisdiction of the county."""
    return {town: f"{COUNTY}{k + 1:03d}" for k, (town, _, _) in enumerate(TOWNS)}


@cache
def land(parcels: int = 500, seed: int = 1) -> gpd.GeoDataFrame:
    """The county's parcels, as drawn; do not change them."""
    return county(parcels, seed)[1]["parcels"]


def database(parcels: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """The layers of a survey database that say what the parcels of a county say."""
    return {
        "DLTB": polygons(parcels),
        "YJJBNTBHTB": basic_farmland(parcels),
        "STBHHX": red_line(parcels),
        "CZKFBJ": boundary(parcels),
        "GHFQ": zones(parcels),
        "XZQ": towns(parcels),
        "PDT": slopes(parcels),
        "CZJSBJ": united(parcels[parcels["village_boundary"] == 1], []),
        "CKQ": united(parcels[parcels["mineral_right"] == 1], []),
    }


def names() -> dict[str, str]:
    """Chinese names of land classes."""
    table = default("land_classes")
    return dict(zip(table.text("land_class"), table.text("name_zh"), strict=True))


def polygons(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """DLTB."""
    area = parcels.geometry.area.to_numpy()
    arable = parcels["land_class"].isin(ARABLE).to_numpy()
    share = np.where(arable, parcels["slope_class"].map(RIDGES), 0.0)
    ridge = np.round(share * area, 2)
    town = parcels["jurisdiction"].map(codes())
    number = np.arange(len(parcels)) + 1
    state = (parcels["tenure"] == "state").to_numpy()
    quality = parcels["farmland_quality"].to_numpy()
    return gpd.GeoDataFrame(
        {
            "BSM": [f"{COUNTY}21120000{k:04d}" for k in number],
            "YSDM": "2001010100",
            "TBYBH": "",
            "TBBH": [f"{k:08d}" for k in number],
            "DLBM": parcels["land_class"].to_numpy(),
            "DLMC": parcels["land_class"].map(names()).to_numpy(),
            "QSXZ": np.where(state, np.where(number % 3 == 0, "20", "10"), np.where(number % 2 == 0, "30", "31")),
            "QSDWDM": (town + "0010000000").to_numpy(),
            "QSDWMC": "某村民委员会",
            "ZLDWDM": (town + "0010000000").to_numpy(),
            "ZLDWMC": "某村民委员会",
            "TBMJ": np.round(area, 2),
            "KCDLBM": np.where(ridge > 0, "1203", ""),
            "KCXS": np.round(share, 4),
            "KCMJ": ridge,
            "TBDLMJ": np.round(np.round(area, 2) - ridge, 2),
            "GDLX": np.where(arable, np.where(parcels["slope_class"] > 1, "TT", "PD"), ""),
            "GDPDJB": np.where(arable, parcels["slope_class"].astype(str), ""),
            "GDDB": np.where(arable, np.clip(np.round(16 - 6.04 * np.nan_to_num(quality)), 1, 15), 0).astype(np.int32),
            "FRDBS": "",
            "CZCSXM": np.where(parcels["land_class"] == "0702", "203", ""),
            "SJNF": np.full(len(parcels), 2024, dtype=np.int32),
            "MSSM": "00",
        },
        geometry=parcels.geometry.to_numpy(),
        crs=CRS,
    )


def united(parcels: gpd.GeoDataFrame, by: list[str]) -> gpd.GeoDataFrame:
    """Parcels united where they say the same, with the fields that every planning layer has."""
    key = parcels[by].astype(str).agg("|".join, axis=1) if by else pd.Series("", index=parcels.index)
    rows = []
    for value, group in parcels.groupby(key.to_numpy(), sort=True):
        whole = shapely.union_all(group.geometry.to_numpy())
        rows += [(*(value.split("|") if by else ()), part) for part in shapely.get_parts(whole)]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=[*by, "geometry"]), geometry="geometry", crs=CRS)
    frame.insert(0, "BSM", [f"{COUNTY}3{k:011d}" for k in range(len(frame))])
    frame.insert(1, "YSDM", "2090050300")
    frame["XZQDM"], frame["XZQMC"] = COUNTY, "湖滨县"
    frame["MJ"] = frame.geometry.area.round(2)
    return frame


def basic_farmland(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """YJJBNTBHTB."""
    frame = united(parcels[parcels["basic_farmland"] == 1], [])
    frame["YJJBNTTBBH"] = [f"{COUNTY}{k:08d}" for k in range(len(frame))]
    frame["YJJBNTTBMJ"] = frame.pop("MJ")
    frame["WDGD"] = "1"
    return frame


def red_line(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """STBHHX with the fields of the survey's and of the planners' standards."""
    frame = united(parcels[parcels["redline"] != "0"], ["redline", "national_park"])
    core = frame.pop("redline") == "core"
    park = frame.pop("national_park") == "1"
    frame["HXMC"] = "湖滨县水源涵养生态保护红线"
    frame["ZRBHDFQ"] = np.where(core, "核心保护区", np.where(park, "一般控制区", ""))
    frame["ZRBHDLX"] = np.where(park, "国家公园", np.where(core, "自然保护区", ""))
    frame["LHLX"] = "陆域"
    return frame


def boundary(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """CZKFBJ with its three parts."""
    inside = parcels[parcels["growth_boundary"] == 1]
    part = np.where(inside["zone"] == "420", "420", np.where(inside["zone"] == "430", "430", "410"))
    frame = united(inside.assign(GHFQDM=part), ["GHFQDM"])
    frame["GHFQMC"] = frame["GHFQDM"].map({"410": "城镇集中建设区", "420": "城镇弹性发展区", "430": "特别用途区"})
    return frame


def zones(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """GHFQ."""
    frame = united(parcels.assign(GHFQDM=parcels["zone"]), ["GHFQDM"])
    table = default("zones")
    frame["GHFQMC"] = frame["GHFQDM"].map(dict(zip(table.text("zone"), table.text("name_zh"), strict=True)))
    return frame


def towns(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """XZQ: the towns."""
    frame = united(parcels.assign(town=parcels["jurisdiction"].map(codes())), ["town"])
    zh = {code: name for code, (_, _, name) in zip(codes().values(), TOWNS, strict=True)}
    frame["XZQDM"] = frame.pop("town")
    frame["XZQMC"] = frame["XZQDM"].map(zh)
    frame["DCMJ"] = frame.pop("MJ")
    return frame


def slopes(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """PDT."""
    return united(parcels.assign(PDJB=parcels["slope_class"]), ["PDJB"])[["BSM", "YSDM", "PDJB", "geometry"]]


def write_gdb(path: Path, layers: Mapping[str, gpd.GeoDataFrame], names: Mapping[str, str] | None = None) -> Path:
    """A file geodatabase with a feature class per layer, its Chinese name as alias."""
    for name, frame in layers.items():
        pyogrio.write_dataframe(
            frame,
            path,
            layer=(names or {}).get(name, name),
            driver="OpenFileGDB",
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            layer_options={"LAYER_ALIAS": ZH[name]},
        )
    return path


def write_shp(
    folder: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    encoding: str = "UTF-8",
    names: Mapping[str, str] | None = None,
    cpg: bool = True,
    prj: bool = True,
) -> Path:
    """A folder of shapefiles, their attributes in a code page that a .cpg file says or not."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in layers.items():
        path = folder / f"{(names or {}).get(name, name)}.shp"
        pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=encoding)
        if not cpg:
            path.with_suffix(".cpg").unlink(missing_ok=True)
        if not prj:
            path.with_suffix(".prj").unlink(missing_ok=True)
    return folder
