"""Sibuyan Island: where should the land change that four published demand scenarios ask for?

Source: `sibuyan_ph` (7,226 cells of 250 m; land cover 1997, slope, park; area demanded of each class, 1997-2011).
What is derived, and named in the title: the existing park stands for the red line, rice for arable land, and the
ecosystem value is that of the nearest Chinese ecosystem (equivalent factors of 2010). Class `other` has no
known cover, so it carries no value.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from tests.land.folder import write_folder

CELL_HA = 6.25
TOLERANCE_HA = 3.1  # less than half a cell: the number of cells is met exactly
PERIODS = {"1997-2001": 1997, "2002-2006": 2002, "2007-2011": 2007}
YEARS = 5
RESEARCH = "Xie Gaodi et al. 2015, Journal of Natural Resources 30(8), equivalent factor x 3406.5 yuan"

# code in the layer -> class, group, resource, names, proxy ecosystem and its value (yuan per hectare and year)
CLASSES: dict[int, tuple[str, str, str, str, str, str, float]] = {
    1: ("forest", "forest", "forest", "Forest", "林地", "broadleaf forest", 78179.0),
    2: ("coconut", "garden", "land", "Coconut", "椰子园", "shrub", 51847.0),
    3: ("grassland", "grass", "grassland", "Grassland", "草地", "steppe", 17271.0),
    4: ("rice", "arable", "land", "Rice", "稻田", "paddy", 13251.0),
    5: ("other", "other", "", "Other", "其他", "", 0.0),
}
NAMES = [row[0] for row in CLASSES.values()]


def read_demand(source: Path, demand: int) -> pd.DataFrame:
    """Cells demanded: one row per year 1997 ... 2011, one column per class."""
    return pd.read_csv(source / "sibuyan_ph" / f"demand{demand}.csv").set_index("year")[NAMES]


def read_cells(source: Path) -> gpd.GeoDataFrame:
    """The cells as parcels of the study."""
    cells = gpd.read_file(source / "sibuyan_ph" / "sibuyan_cells.gpkg")
    park = cells["park_current"] == 1
    return gpd.GeoDataFrame(
        {
            "parcel_id": cells["cell_id"].astype(str),
            "land_class": cells["lu1997"].map({code: row[0] for code, row in CLASSES.items()}),
            "jurisdiction": "sibuyan",
            "area_ha": cells["area_ha"],
            "zone": park.map({True: "park", False: "open"}),
            "redline": park.map({True: "general", False: "0"}),
            "x_slope": cells["slope"],
            "x_one_plus_slope": 1.0 + cells["slope"],
        },
        geometry=cells.geometry,
        crs=cells.crs,
    )


def write_sibuyan(source: Path, target: Path, demand: int = 1) -> Path:
    """Write the study of one demand file (1 to 4) into the folder `target`."""
    cells = read_cells(source)
    demanded = read_demand(source, demand)
    steps = demanded.loc[[PERIODS["1997-2001"], *(start + YEARS - 1 for start in PERIODS.values())]].diff().dropna()
    # A cell changes once at most, so what a class has gained it cannot give back: each class only grows or only falls.
    if ((steps > 0).any() & (steps < 0).any()).any():
        raise ValueError(f"demand{demand}: a class both grows and falls, which one change per cell does not allow")
    growing = [name for name in NAMES if (steps[name] > 0).any()]
    english = {row[0]: row[3] for row in CLASSES.values()}
    chinese = {row[0]: row[4] for row in CLASSES.values()}
    settings = {
        "name": f"sibuyan-demand{demand}",
        "title": {
            "en": f"Sibuyan Island, land cover 1997-2011, demand {demand}: where the land changes "
            "(derived: existing park as the red line, rice as arable; ecosystem value by proxies, Chinese equivalent "
            "factors of 2010: forest = broadleaf, coconut = shrub, grassland = steppe, rice = paddy, other = none)",
            "zh": f"锡布延岛1997—2011年土地覆被，需求情景{demand}：变化发生在何处"
            "（推定：以现有公园代生态保护红线，以稻田为耕地；生态价值借用2010年中国当量因子："
            "林地=阔叶林，椰子园=灌木，草地=草原，稻田=水田，其他=无）",
        },
        "parcels": "parcels.gpkg",
        "layer": "parcels",
        "currency": "CNY",
        "defaults": "none",
        "periods": [{"name": name, "start": start, "years": YEARS} for name, start in PERIODS.items()],
        "objective": {"method": "weighted", "accounts": {"converted_weight": -1.0}},
    }
    tables = {
        "jurisdictions": [{"jurisdiction": "sibuyan", "name_en": "Sibuyan Island", "name_zh": "锡布延岛"}],
        "zones": [
            {"zone": "open", "line": "", "line_rule": "", "name_en": "Outside the park", "name_zh": "公园以外"},
            {"zone": "park", "line": "redline", "line_rule": "exact", "name_en": "Park", "name_zh": "公园"},
        ],
        "land_classes": [
            {"land_class": name, "class_group": group, "resource": resource, "name_en": en, "name_zh": zh}
            for name, group, resource, en, zh, _, _ in CLASSES.values()
        ],
        "accounts": [
            {
                "account": "converted_weight",
                "unit": "ha x (1 + slope)",
                "family": "custom",
                "recurrence": "one_off",
                "name_en": "Land converted, weighted by 1 + slope",
                "name_zh": "转用面积（按1+坡度加权）",
                "source": "derived from the layer's slope",
            },
            {
                "account": "ecosystem_value",
                "unit": "million/year",
                "family": "ecosystem",
                "recurrence": "annual",
                "name_en": "Ecosystem value (proxies)",
                "name_zh": "生态价值（借用系数）",
                "source": RESEARCH,
            },
        ],
        "practices": [
            {
                "practice": f"to_{name}",
                "zone": "open",
                "from_classes": ";".join(other for other in NAMES if other != name),
                "to_class": name,
                "redline_ok": "no",
                "name_en": f"To {english[name].lower()}",
                "name_zh": f"转为{chinese[name]}",
            }
            for name in growing
        ],
        "practice_flows": [
            {
                "practice": f"to_{name}",
                "account": "converted_weight",
                "basis": "per_ha_once",
                "value": 1.0,
                "unit": "ha",
                "scale_by": "x_one_plus_slope",
                "source": "the study's own objective",
            }
            for name in growing
        ],
        "class_flows": [
            {
                "land_class": name,
                "account": "ecosystem_value",
                "basis": "per_ha_year",
                "value": value / 1e6,
                "unit": "million per ha and year",
                "source": f"{RESEARCH}; proxy: {proxy}",
                "confidence": "proxy",
            }
            for name, _, _, _, _, proxy, value in CLASSES.values()
            if proxy
        ],
        "limits": [
            {
                "limit": f"{name}.{start + YEARS - 1}",
                "account": f"area.class.{name}",
                "period": period,
                "sense": "==",
                "value": CELL_HA * int(demanded.loc[start + YEARS - 1, name]),
                "tolerance": TOLERANCE_HA,
                "name_en": f"{english[name]} demanded at the end of {start + YEARS - 1}",
                "name_zh": f"{start + YEARS - 1}年末{chinese[name]}需求面积",
                "source": f"demand{demand}.csv, row {start + YEARS - 1}",
            }
            for period, start in PERIODS.items()
            for name in NAMES
        ],
    }
    return write_folder(target, settings, tables, cells)
