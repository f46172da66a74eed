# ruff: noqa: E501  (rows are as long as they are)
"""A study of land that projects take without a drawn site, and its rows `site_take`, by hand.

Periods a (2026-27) and b (2028-30), a year of tail. S has fields p (2 ha, the state's), q (6 ha, a village's, in half
its condition) and r (4 ha, inside the red line), and wood t on basic farmland; N has field w of 5 ha. p may be planted.
The works, of N, take 4 ha of the fields of S and stand on no line: half of p and q. The quay may stand inside the red
line, where it is general; the mast is nowhere, and takes of all fields.
"""

from __future__ import annotations

from typing import Any

from tests.model.plain import plain
from zonevest.instances.study import Study

Row = dict[str, Any]

FIELD: Row = {"land_class": "field", "basis": "per_ha_year"}
TABLES: dict[str, list[Row]] = {
    "jurisdictions": [{"jurisdiction": "S"}, {"jurisdiction": "N"}],
    "parcels": [
        {"parcel_id": "p", "land_class": "field", "jurisdiction": "S", "area_ha": 2.0, "zone": "R", "tenure": "state"},
        {"parcel_id": "q", "land_class": "field", "jurisdiction": "S", "area_ha": 6.0, "zone": "R", "tenure": "collective",
         "farmland_quality": 0.5, "condition": 0.5, "locked_practice": "hold"},
        {"parcel_id": "r", "land_class": "field", "jurisdiction": "S", "area_ha": 4.0, "zone": "R", "redline": "general",
         "farmland_quality": 3.0, "locked_practice": "hold"},
        {"parcel_id": "t", "land_class": "wood", "jurisdiction": "S", "area_ha": 1.0, "zone": "R", "basic_farmland": 1,
         "locked_practice": "hold"},
        {"parcel_id": "w", "land_class": "field", "jurisdiction": "N", "area_ha": 5.0, "zone": "R",
         "locked_practice": "hold"},
    ],
    "zones": [{"zone": "R"}, {"zone": "U"}],
    "land_classes": [
        {"land_class": "field", "class_group": "arable", "resource": "land"},
        {"land_class": "wood", "class_group": "forest", "resource": "forest"},
    ],
    "accounts": [
        {"account": "rent", "family": "revenue", "cash": 1, "growth": 1.0},
        {"account": "tolls", "family": "revenue", "cash": 1},
        {"account": "upkeep", "family": "cost", "cash": 1},
        {"account": "eco", "family": "ecosystem"},
        {"account": "heads", "family": "social", "recurrence": "stock"},
    ],
    "actors": [{"actor": "town", "public": 1}, {"actor": "farmers", "public": 0}],
    "shares": [
        {"account": "rent", "role": "receives", "actor": "farmers", "share": 0.25},
        {"account": "rent", "role": "receives", "actor": "town", "share": 0.75},
        {"account": "rent", "role": "receives", "actor": "town", "share": 0.4, "project": "works"},
        {"account": "rent", "role": "receives", "actor": "outside", "share": 0.6, "project": "works"},
    ],
    "practices": [{"practice": "plant", "zone": "R", "from_classes": "field", "to_class": "wood"}],
    "class_flows": [
        {**FIELD, "account": "rent", "value": 1.0},
        {**FIELD, "account": "eco", "value": 0.4, "decay": 0.5},
        {**FIELD, "account": "upkeep", "value": 0.5, "life_years": 3},
        {**FIELD, "account": "heads", "value": 2.0, "where": "tenure=collective"},
        {"land_class": "wood", "account": "tolls", "basis": "per_ha_year", "value": 1.0},
    ],
    "zone_flows": [{"zone": "R", "account": "tolls", "basis": "per_ha_year", "value": 1.0}],
    "practice_flows": [{"practice": "plant", "account": "tolls", "basis": "per_ha_year", "value": 1.0}],
    "parcel_flows": [
        {"parcel_id": "q", "account": "tolls", "basis": "per_year", "value": 5.0, "start_year": 1, "ramp_years": 2},
        {"parcel_id": "q", "account": "tolls", "basis": "per_year", "value": 1.0, "start_year": 1, "ramp_years": 2, "zone": "R"},
        {"parcel_id": "q", "account": "tolls", "basis": "per_year", "value": 7.0, "zone": "U"},
        {"parcel_id": "p", "account": "tolls", "basis": "per_year", "value": 7.0, "practice": "plant"},
        {"parcel_id": "r", "account": "tolls", "basis": "per_year", "value": 7.0},
    ],
    "projects": [
        {"project": "works", "jurisdiction": "N", "capex": 12.0, "build_years": 1, "life_years": 6, "hurdle": 0.0,
         "deliverability": 1.0},
        {"project": "quay", "jurisdiction": "S", "build_years": 0, "redline_ok": "general"},
        {"project": "mast", "build_years": 0},
    ],
    "project_flows": [{"project": "works", "account": "rent", "basis": "per_year", "value": 5.0, "life_years": 2}],
    "land_take": [
        {"project": "works", "land_class": "field", "jurisdiction": "S", "area_ha": 4.0},
        {"project": "quay", "land_class": "field", "area_ha": 3.0},
        {"project": "mast", "land_class": "field", "area_ha": 1.0},
    ],
}  # fmt: skip
ROWS = {
    "site_take[field,S,no,0,a]": "2 x[p,hold,] + 2 x[p,plant,b] + 6 x[q,hold,] - 4 U[works,a] >= 0",
    "site_take[field,S,no,0,b]": "2 x[p,hold,] + 6 x[q,hold,] - 4 U[works,b] >= 0",
    # from t on basic farmland the quay is kept; what the works take is on land of the quay's too
    "site_take[field,S,general,0,a]": "2 x[p,hold,] + 2 x[p,plant,b] + 6 x[q,hold,] + 4 x[r,hold,] - 4 U[works,a] - 3 U[quay,a] >= 0",
    "site_take[field,S,general,0,b]": "2 x[p,hold,] + 6 x[q,hold,] + 4 x[r,hold,] - 4 U[works,b] - 3 U[quay,b] >= 0",
    # what the quay takes need not lie on it, what the works take does
    "site_take[field,total,no,0,a]": "2 x[p,hold,] + 2 x[p,plant,b] + 6 x[q,hold,] + 5 x[w,hold,] - 4 U[works,a] - U[mast,a] >= 0",
    "site_take[field,total,no,0,b]": "2 x[p,hold,] + 6 x[q,hold,] + 5 x[w,hold,] - 4 U[works,b] - U[mast,b] >= 0",
}


def taken(*limits: Row, settings: Row | None = None, **tables: list[Row]) -> Study:
    """The study; its floor reads F2, limits read accounts."""
    keys = {"objective": {"method": "floor", "floor": {"ecosystem": 0.0}}, "purse": ["town"], **(settings or {})}
    rates = {"social": 0.25, "tail_years": 1}
    return plain(keys, rates, **{**TABLES, "limits": list(limits), **tables})
