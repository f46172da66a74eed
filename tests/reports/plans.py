"""Plans made by hand for the tests of the report page: no solver, numbers that can be checked by eye."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.model.plan import PlanData

PERIODS = ["2026", "2027-2030", "2031-2035"]
EVIL = '<b id="evil">North</b> & "Sons"'
"""A name that must reach the page as text."""

SETTINGS: dict[str, Any] = {
    "name": "valley",
    "title": {"en": "Sixty-parcel valley", "zh": "六十地块山谷"},
    "currency": "CNY",
    "defaults": "none",
    "periods": [
        {"name": "2026", "start": 2026, "years": 1},
        {"name": "2027-2030", "start": 2027, "years": 4},
        {"name": "2031-2035", "start": 2031, "years": 5},
    ],
    "rates": {"finance": 0.05, "social": 0.03, "tail_years": 10},
    "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.05},
}

ZONES = [
    ("100", "", "Ecological protection", "生态保护区"),
    ("300", "", "Farmland protection", "农田保护区"),
    ("400", "", "Urban development", "城镇发展区"),
    ("410", "400", "Urban core", "城镇集中建设区"),
    ("500", "", "Rural development", "乡村发展区"),
]
CLASSES = [
    ("arable", "arable", "Arable land", "耕地"),
    ("forest", "forest", "Forest", "林地"),
    ("built", "construction", "Built land", "建设用地"),
]
TODAY = {"100": "forest", "300": "arable", "410": "built", "500": "arable"}


def voronoi(count: int, seed: int = 3) -> list[Any]:
    """A patchwork of `count` parcels inside a rounded valley, one with a hole."""
    points = np.random.default_rng(seed).uniform((0, 0), (1600, 1000), (count, 2))
    for _ in range(6):
        # a few steps towards even cells, as real parcels are
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shapely.box(0, 0, 1600, 1000))
        )
        cells = shapely.intersection(cells, shapely.box(0, 0, 1600, 1000))
        points = shapely.get_coordinates(shapely.centroid(cells))
    valley = shapely.buffer(shapely.box(120, 120, 1480, 880), 110)
    cells = shapely.intersection(cells, valley)
    pond = shapely.buffer(shapely.centroid(cells[0]), 18)
    cells[0] = shapely.difference(cells[0], pond)
    return list(cells)


def tables_of(parcels: pd.DataFrame, shapes: Any = None, crs: str | None = "EPSG:4544") -> Study:
    """A study of the given parcels with the zones, classes, actions, projects and limits of this module."""
    land = parcels if shapes is None else gpd.GeoDataFrame(parcels, geometry=shapes, crs=crs)
    rows: dict[str, Any] = {
        "parcels": land,
        "jurisdictions": pd.DataFrame(
            {
                "jurisdiction": ["north", "south"],
                "name_en": [EVIL, "South"],
                "name_zh": ["北村", "南村"],
                "population": [100, 200],
            }
        ),
        "zones": pd.DataFrame(ZONES, columns=["zone", "parent", "name_en", "name_zh"]),
        "land_classes": pd.DataFrame(CLASSES, columns=["land_class", "class_group", "name_en", "name_zh"]),
        "class_zones": pd.DataFrame(
            [
                (land_class, zone[0], 2)
                for land_class, *_ in CLASSES
                for zone in ZONES
                if (land_class, zone[0]) != ("built", "100")
            ],
            columns=["land_class", "zone", "suitability"],
        ),
        "practices": pd.DataFrame(
            {
                "practice": ["build", "plant"],
                "zone": ["410", "100"],
                "mode": ["development", "restoration"],
                "from_classes": ["arable", "arable"],
                "to_class": ["built", "forest"],
                "name_en": ["New building", "Planting trees"],
                "name_zh": ["新建", "造林"],
            }
        ),
        "accounts": pd.DataFrame(
            [
                ("tax", "million/year", "revenue", "annual", 1, "Local tax", "地方税"),
                ("works", "million", "cost", "one_off", 1, "Works", "工程"),
                ("nature", "million/year", "ecosystem", "annual", 0, "Nature's services", "生态服务"),
                ("visits", "", "social", "annual", 0, "", ""),
            ],
            columns=["account", "unit", "family", "recurrence", "cash", "name_en", "name_zh"],
        ),
        "class_flows": pd.DataFrame(
            {
                "land_class": ["forest", "arable"],
                "account": ["nature", "nature"],
                "basis": ["per_ha_year", "per_ha_year"],
                "value": [0.02, 0.01],
                "source": ["Handbook 2020, table 3", "Handbook 2020, table 3"],
                "confidence": ["published", ""],
            }
        ),
        "practice_flows": pd.DataFrame(
            {
                "practice": ["build", "build"],
                "account": ["tax", "works"],
                "basis": ["per_ha_year", "per_ha_once"],
                "value": [0.5, 3.0],
                "source": ["", ""],
                "confidence": ["recalled", "recalled"],
            }
        ),
        "projects": pd.DataFrame(
            [
                ("road", "Valley road", "infrastructure", "north", 12.5, 2, np.nan, 1),
                ("park", "Lake <park>", "culture_tourism", "south", 4.0, 1, 3, 0),
                ("mill", "", "industry", "", 8.0, 1, np.nan, 0),
            ],
            columns=["project", "name", "category", "jurisdiction", "capex", "build_years", "life_years", "mandatory"],
        ),
        "land_take": pd.DataFrame({"project": ["road"], "land_class": ["arable"], "area_ha": [0.5]}),
        "limits": pd.DataFrame(
            [
                (
                    "arable_kept",
                    "area.class.arable",
                    "",
                    "last",
                    ">=",
                    10.0,
                    "hard",
                    np.nan,
                    "Arable kept",
                    "耕地保有量",
                ),
                ("outlay", "project.capex", "", "total", "<=", 16.5, "hard", np.nan, "Outlay", "投资上限"),
                ("forest_goal", "area.class.forest", "", "last", ">=", 60.0, "soft", 0.1, "Forest goal", "森林目标"),
                ("visits_fixed", "visits", "", "2026", "==", 0.0, "hard", np.nan, "", ""),
                ("broken_one", "works", "each", "2026", "<=", 1.0, "hard", np.nan, "Works cap", "工程上限"),
            ],
            columns=[
                "limit",
                "account",
                "jurisdiction",
                "period",
                "sense",
                "value",
                "kind",
                "penalty",
                "name_en",
                "name_zh",
            ],
        ),
    }
    return make_study(SETTINGS, **rows)


def parcels_of(count: int) -> pd.DataFrame:
    """`count` parcels of 2 ha, the first 40 % forest, then arable, the last tenth built."""
    place = np.arange(count)
    zone = np.select([place < 0.4 * count, place < 0.7 * count, place < 0.9 * count], ["100", "300", "500"], "410")
    return pd.DataFrame(
        {
            "parcel_id": [f"P{number:06d}" for number in place],
            "land_class": [TODAY[name] for name in zone],
            "jurisdiction": np.where(place % 2 == 0, "north", "south"),
            "zone": zone,
            "area_ha": 2.0,
        }
    )


def plan_of(study: Study, **changes: Any) -> PlanData:
    """Of zone 500 every third parcel is built on from 2026, every fourth planted from 2031-2035; two projects built."""
    own = study.parcels
    rural = np.flatnonzero((own["zone"] == "500").to_numpy())
    built, planted = rural[::3], np.setdiff1d(rural[::4], rural[::3])
    chosen = pd.DataFrame(
        {
            "parcel_id": own["parcel_id"],
            "zone": own["zone"],
            "practice": "hold",
            "start": "",
            "class_before": own["land_class"],
            "class_after": own["land_class"],
            "share": 1.0,
        }
    ).astype(dict.fromkeys(("zone", "practice", "start", "class_before", "class_after"), object))
    columns = ["zone", "practice", "start", "class_after"]
    for rows, values in (
        (built, ("410", "build", "2026", "built")),
        (planted, ("100", "plant", "2031-2035", "forest")),
    ):
        for column, value in zip(columns, values, strict=True):
            chosen.iloc[rows, chosen.columns.get_loc(column)] = value
    hectares = 2.0 * len(built)
    ledger = [
        ("tax", "total", period, "per_year", value)
        for period, value in zip(PERIODS, (0.5 * hectares,) * 3, strict=True)
    ]
    ledger += [
        ("works", "total", period, "period_total", value)
        for period, value in zip(PERIODS, (3 * hectares, 0.0, 0.0), strict=True)
    ]
    ledger += [
        ("nature", "total", period, "per_year", value) for period, value in zip(PERIODS, (1.0, 1.0, 1.25), strict=True)
    ]
    ledger += [("area.class.built", "total", period, "stock", hectares) for period in PERIODS]
    ledger += [("visits", "total", period, "per_year", 0.0) for period in PERIODS]
    limits = [
        ("arable_kept", "area.class.arable", "total", "2031-2035", 52.0, 10.0, 42.0, np.nan, "ha"),
        ("outlay", "project.capex", "total", "total", 16.5, 16.5, 0.0, np.nan, "million"),
        ("forest_goal", "area.class.forest", "total", "2031-2035", 54.0, 60.0, -6.0, np.nan, "ha"),
        ("visits_fixed", "visits", "total", "2026", 0.0, 0.0, 0.0, np.nan, ""),
        ("broken_one", "works", "north", "2026", 3.0, 1.0, -2.0, np.nan, "million"),
        ("broken_one", "works", "south", "2026", 0.5, 1.0, 0.5, np.nan, "million"),
    ]
    fields: dict[str, Any] = {
        "study": study,
        "status": "optimal",
        "has_plan": True,
        "objective": 12.345,
        "bound": 12.35,
        "gap": 0.000405,
        "gap_total": 0.00009,
        "cash": 10.5,
        "ecosystem": 36.9,
        "doing_nothing": {"cash": -3.25, "ecosystem": 400.0},
        "seconds": {"build": 0.25, "solve": 1.5},
        "seed": 7,
        "versions": {"zonevest": "0.1.0", "highspy": "1.15.1"},
        "limits_off": ["finance", "debt_ratio_cap", "their own"],
        "settings": {"gap": 0.001, "time_limit": 600.0},
        "parcels": chosen,
        "projects": pd.DataFrame(
            {"project": ["road", "park", "mill"], "start": ["2026", "2027-2030", ""], "capex": [12.5, 4.0, 0.0]}
        ),
        "ledger": pd.DataFrame(ledger, columns=["account", "jurisdiction", "period", "measure", "value"]),
        "limits": pd.DataFrame(
            limits,
            columns=["limit", "account", "jurisdiction", "period", "value", "bound", "slack", "shadow_price", "unit"],
        ),
        "before": own[["parcel_id", "zone", "land_class"]].copy(),
        "nonconforming": pd.DataFrame({"parcel_id": ["P000001"], "zone": ["100"], "land_class": ["built"]}),
    }
    return PlanData(**fields | changes)


def village(**changes: Any) -> PlanData:
    """Sixty parcels with shapes of their own."""
    return plan_of(tables_of(parcels_of(60), voronoi(60)), **changes)


def grid(columns: int, rows: int) -> PlanData:
    """Square cells of 250 m in rows."""
    x, y = np.meshgrid(np.arange(columns) * 250.0, np.arange(rows) * 250.0)
    cells = shapely.box(x.ravel(), y.ravel(), x.ravel() + 250.0, y.ravel() + 250.0)
    return plan_of(tables_of(parcels_of(columns * rows), cells, "EPSG:32651"))


def without_plan(status: str = "infeasible") -> PlanData:
    """What is written where there is no plan."""
    study = tables_of(parcels_of(60), voronoi(60))
    return PlanData(study=study, status=status, settings={"gap": 0.001}, seconds={"solve": 0.5}, limits_off=["finance"])
