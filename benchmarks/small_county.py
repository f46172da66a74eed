"""A synthetic county of any size for benchmarks: made up from a seed, no result of it means anything.

Seven zones, twelve land classes, twenty jurisdictions, ten practices over three periods, forty projects; limits by
jurisdiction and period on farmland, new construction and rezoning, by period on money and on zones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zonevest.instances.read import make_study
from zonevest.instances.study import Study

PERIODS = [
    {"name": "2026-2027", "start": 2026, "years": 2},
    {"name": "2028-2030", "start": 2028, "years": 3},
    {"name": "2031-2035", "start": 2031, "years": 5},
]
CLASSES = {
    "paddy": "arable",
    "dry": "arable",
    "orchard": "garden",
    "tea": "garden",
    "forest": "forest",
    "shrub": "forest",
    "grass": "grass",
    "marsh": "wetland",
    "river": "water",
    "homestead": "construction",
    "urban": "construction",
    "bare": "other",
}
SHARES = [0.14, 0.12, 0.06, 0.03, 0.30, 0.10, 0.06, 0.02, 0.03, 0.05, 0.03, 0.06]
ZONES = {
    "100": "redline",
    "200": "",
    "300": "basic_farmland",
    "410": "growth_boundary",
    "510": "",
    "520": "",
    "530": "",
}
PRACTICES = [
    # practice, zone, from, to, mode
    ("build_town", "410", "class_group:arable; class_group:garden; bare; homestead; grass", "urban", "development"),
    ("build_village", "510", "class_group:arable; class_group:garden; bare; grass", "homestead", "development"),
    ("reclaim", "520", "homestead; bare; grass", "dry", "reclamation"),
    ("reclaim_paddy", "520", "dry; orchard", "paddy", "reclamation"),
    ("afforest", "530", "dry; bare; grass; shrub; orchard", "forest", "restoration"),
    ("wetland", "200", "paddy; grass; bare", "marsh", "restoration"),
    ("visit", "530", "class_group:forest; class_group:wetland; class_group:grass", "", "service"),
    ("brand", "520", "class_group:arable; class_group:garden", "", "production"),
    ("orchard", "520", "dry; grass; bare; shrub", "orchard", "production"),
    ("renew", "510", "homestead", "", "revitalisation"),
]
JURISDICTIONS = [f"town{number:02d}" for number in range(20)]


def county(parcels: int, seed: int = 0) -> Study:
    """The county with so many parcels."""
    return make_study(settings(), **tables(parcels, seed))


def settings() -> dict[str, object]:
    return {
        "format": 1,
        "name": "benchmark",
        "defaults": "none",
        "periods": PERIODS,
        "rates": {"finance": 0.05, "social": 0.03, "tail_years": 20},
        "objective": {"method": "floor", "floor": {"ecosystem": 1.0}},
    }


def tables(parcels: int, seed: int = 0) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    land = _parcels(rng, parcels)
    area = float(land["area_ha"].sum())
    return {
        "parcels": land,
        "jurisdictions": pd.DataFrame({"jurisdiction": JURISDICTIONS, "population": rng.integers(5000, 40000, 20)}),
        "zones": pd.DataFrame(
            {
                "zone": list(ZONES),
                "line": list(ZONES.values()),
                "line_rule": ["exact", "", "contains", "exact", "", "", ""],
            }
        ),
        "land_classes": pd.DataFrame({"land_class": list(CLASSES), "class_group": list(CLASSES.values())}),
        "accounts": _accounts(),
        "practices": pd.DataFrame(
            [
                {
                    "practice": name,
                    "zone": zone,
                    "from_classes": start,
                    "to_class": end,
                    "mode": mode,
                    "basic_farmland_ok": name in ("brand", "reclaim_paddy"),
                    "redline_ok": "general" if mode == "restoration" else "no",
                    "life_years": 30,
                    "lease_years": 50 if name == "build_town" else None,
                    "lead_years": 1 if mode == "development" else 0,
                }
                for name, zone, start, end, mode in PRACTICES
            ]
        ),
        **_flows(rng),
        "projects": _projects(rng),
        "limits": _limits(area),
    }


def _parcels(rng: np.random.Generator, count: int) -> pd.DataFrame:
    classes = rng.choice(list(CLASSES), size=count, p=SHARES)
    group = pd.Series(classes).map(CLASSES).to_numpy()
    redline = (group == "forest") & (rng.random(count) < 0.3)
    farmland = (group == "arable") & (rng.random(count) < 0.5)
    inside = ~redline & ~farmland & (rng.random(count) < 0.08)
    zone = np.select(
        [redline, farmland, inside, group == "construction", group == "forest"],
        ["100", "300", "410", "510", "530"],
        "520",
    )
    return pd.DataFrame(
        {
            "parcel_id": [f"p{number:07d}" for number in range(count)],
            "land_class": classes,
            "jurisdiction": rng.choice(JURISDICTIONS, size=count),
            "area_ha": np.round(np.exp(rng.normal(0.5, 0.9, count)) + 0.05, 4),
            "tenure": rng.choice(["state", "collective"], size=count, p=[0.3, 0.7]),
            "zone": zone,
            "redline": np.where(redline, "general", "0"),
            "basic_farmland": farmland,
            "growth_boundary": inside,
            "slope_class": rng.choice([1, 2, 3, 4], size=count),
            "condition": np.round(rng.uniform(0.6, 1.2, count), 3),
            "land_price_factor": np.round(rng.uniform(0.7, 1.5, count), 3),
            "x_grade": np.round(rng.uniform(0.5, 1.5, count), 3),
        }
    )


def _accounts() -> pd.DataFrame:
    rows = [
        ("sale", "revenue", "one_off", 1, "land_sale", 0.02),
        ("tax", "revenue", "annual", 1, "", 0.02),
        ("rent", "revenue", "annual", 1, "", 0.02),
        ("upkeep", "cost", "annual", 1, "", 0.02),
        ("works", "cost", "one_off", 1, "", 0.02),
        ("eco", "ecosystem", "annual", 0, "", 0.0),
        ("carbon", "carbon", "annual", 0, "", 0.0),
        ("jobs", "social", "annual", 0, "", 0.0),
    ]
    return pd.DataFrame(rows, columns=["account", "family", "recurrence", "cash", "role", "growth"])


def _flows(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    eco = {
        "arable": 0.013,
        "garden": 0.05,
        "forest": 0.078,
        "grass": 0.02,
        "wetland": 0.17,
        "water": 0.08,
        "construction": 0.0,
        "other": 0.001,
    }
    of_class = [(name, "eco", "per_ha_year", eco[group]) for name, group in CLASSES.items()]
    of_class += [(name, "carbon", "per_ha_year", 3.4) for name, group in CLASSES.items() if group == "forest"]
    of_class += [("urban", "tax", "per_ha_year", 0.6), ("homestead", "tax", "per_ha_year", 0.05)]
    of_zone = [("410", "upkeep", "per_ha_year", 0.1), ("100", "upkeep", "per_ha_year", 0.001)]
    of_practice = []
    for name, *_, mode in PRACTICES:
        cost = {"development": 3.0, "reclamation": 0.3, "restoration": 0.04}.get(mode, 0.02)
        of_practice.append((name, "works", "per_ha_once", cost * rng.uniform(0.8, 1.2), "x_grade"))
        of_practice.append((name, "upkeep", "per_ha_year", 0.01 * cost, ""))
        if mode != "restoration":
            of_practice.append((name, "rent", "per_ha_year", 0.12 * cost * rng.uniform(0.8, 1.2), "x_grade"))
        of_practice.append((name, "jobs", "per_ha_year", rng.uniform(0.05, 2.0), ""))
    of_practice.append(("build_town", "sale", "per_ha_once", 12.0, ""))
    columns = ["account", "basis", "value"]
    return {
        "class_flows": pd.DataFrame(of_class, columns=["land_class", *columns]),
        "zone_flows": pd.DataFrame(of_zone, columns=["zone", *columns]),
        "practice_flows": pd.DataFrame(of_practice, columns=["practice", *columns, "scale_by"]),
    }


def _projects(rng: np.random.Generator) -> pd.DataFrame:
    count = 40
    return pd.DataFrame(
        {
            "project": [f"j{number:02d}" for number in range(count)],
            "jurisdiction": rng.choice(JURISDICTIONS, size=count),
            "capex": np.round(rng.uniform(2, 600, count), 1),
            "build_years": rng.integers(1, 3, count),
            "life_years": 30,
            "annual_revenue": np.round(rng.uniform(0, 40, count), 2),
            "annual_cost": np.round(rng.uniform(0, 8, count), 2),
            "annual_ecosystem": np.round(rng.uniform(0, 8, count), 2),
        }
    )


def _limits(area: float) -> pd.DataFrame:
    rows = [
        ("arable_kept", "area.class_group.arable", "each", "", ">=", 0.97, "share_of_start"),
        ("new_construction", "area.new_construction", "each", "", "<=", 0.0008 * area / 20, "absolute"),
        ("rezoned", "area.rezoned", "each", "", "<=", 0.02 * area / 20, "absolute"),
        ("forest_kept", "area.class_group.forest", "", "", ">=", 1.0, "share_of_start"),
        ("wetland_kept", "area.class_group.wetland", "", "", ">=", 1.0, "share_of_start"),
        ("quality_kept", "quality.arable", "", "", ">=", 0.97, "share_of_start"),
        ("works", "works", "", "", "<=", 0.004 * area, "absolute"),
        ("capex", "project.capex", "", "", "<=", 2500.0, "absolute"),
        ("carbon_kept", "carbon", "", "", ">=", 1.0, "share_of_start"),
        ("town", "area.zone.410", "each", "last", "<=", 0.3 * area / 20, "absolute"),
    ]
    return pd.DataFrame(rows, columns=["limit", "account", "jurisdiction", "period", "sense", "value", "basis"])
