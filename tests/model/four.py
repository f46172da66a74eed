"""The four-parcel study whose rows are written out by hand in test_rows.py."""

from __future__ import annotations

from typing import Any

import pandas as pd

from zonevest.instances.read import make_study
from zonevest.instances.study import Study


def four(objective: dict[str, Any] | None = None) -> Study:
    """Two farms in A, a wood and a town in B; two periods (2026-27, 2028-30); no discounting."""
    return make_study(
        {
            "format": 1,
            "name": "four",
            "defaults": "none",
            "periods": [{"name": "a", "start": 2026, "years": 2}, {"name": "b", "start": 2028, "years": 3}],
            "rates": {"finance": 0.0, "social": 0.0, "tail_years": 0},
            "objective": objective or {"method": "floor", "floor": {"ecosystem": 0.8}},
        },
        parcels=pd.DataFrame(
            {
                "parcel_id": ["p1", "p2", "p3", "p4"],
                "land_class": ["farm", "farm", "wood", "town"],
                "zone": ["R", "R", "R", "U"],
                "area_ha": [10.0, 5.0, 8.0, 2.0],
                "jurisdiction": ["A", "A", "B", "B"],
            }
        ),
        zones=pd.DataFrame({"zone": ["R", "U"]}),
        land_classes=pd.DataFrame(
            {"land_class": ["farm", "wood", "town"], "class_group": ["arable", "forest", "construction"]}
        ),
        accounts=pd.DataFrame(
            {
                "account": ["rent", "works", "eco"],
                "family": ["revenue", "cost", "ecosystem"],
                "recurrence": ["annual", "one_off", "annual"],
                "cash": [1, 1, 0],
            }
        ),
        practices=pd.DataFrame(
            {
                "practice": ["build", "plant"],
                "zone": ["U", "R"],
                "from_classes": ["farm", "farm"],
                "to_class": ["town", "wood"],
                "life_years": [10, None],
                "requires_project": [0, 1],
            }
        ),
        class_flows=pd.DataFrame(
            {
                "land_class": ["farm", "wood", "town"],
                "account": ["eco", "eco", "rent"],
                "basis": "per_ha_year",
                "value": [1.0, 2.0, 4.0],
            }
        ),
        practice_flows=pd.DataFrame(
            {"practice": ["build"], "account": ["works"], "basis": "per_ha_once", "value": 3.0}
        ),
        projects=pd.DataFrame(
            {
                "project": ["j1", "j2", "j3"],
                "category": ["culture_tourism", "eco_bank", "infrastructure"],
                "capex": [6.0, 2.0, 0.0],
                "build_years": [2, 1, 1],
                "life_years": [6, 2, None],
                "annual_revenue": [3.0, 0.0, 0.0],
                "annual_ecosystem": [0.0, 1.0, 0.0],
                "earliest": ["", "", "b"],
                "requires": ["", "j1", ""],
                "requires_lag": [0, 2, 0],
                "exclusive_set": ["either", "", "either"],
                "bundle": ["", "together", "together"],
                "footprint": ["p1; p4", "", ""],
                "footprint_zones": ["U", "", ""],
                "min_area": [None, 12, None],
                "min_area_of": ["", "class_group:forest", ""],
                "enables": ["plant", "", ""],
                "enables_area": [12, None, None],
            }
        ),
        land_take=pd.DataFrame({"project": ["j3"], "land_class": ["farm"], "jurisdiction": ["A"], "area_ha": [4.0]}),
        limits=pd.DataFrame(
            {
                "limit": ["works_cap", "farm_kept", "built"],
                "account": ["works", "area.class_group.arable", "area.class_group.construction"],
                "jurisdiction": ["", "A", ""],
                "period": ["", "b", "last"],
                "sense": ["<=", ">=", "=="],
                "value": [20.0, 0.5, 4.0],
                "basis": ["", "share_of_start", ""],
                "kind": ["soft", "hard", "hard"],
                "penalty": [2.0, None, None],
                "tolerance": [0.0, 0.0, 3.0],
            }
        ),
    )
