"""Buena Vista, Virginia: which vacant parcels to build, when each district may use half of its vacant land.

Source: `buena_vista_va`, layer `parcels` of five (3,671 parcels, 2021). What is derived, and named in the title: the
zoning district by largest overlap; the class from the tax record; the Conservation District as the red line. The
half is this test's own number.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np

from tests.land.folder import write_folder

NO_DISTRICT = "none"
CONSERVATION = "C1"
CAP = 0.5
ROWS = {"vacant": ("Vacant", "空地"), "built": ("Built", "已建"), "unknown": ("No tax record", "无税务记录")}


def read_parcels(source: Path) -> gpd.GeoDataFrame:
    """The parcels of the study, slivers and parcels without a map number included; the area is left to the geometry."""
    layer = gpd.read_file(source / "buena_vista_va" / "buena_vista_parcels.gpkg", layer="parcels")
    district = layer["zone_code"].fillna(NO_DISTRICT)
    taxed = layer["has_tax_record"].astype(bool)
    return gpd.GeoDataFrame(
        {
            "parcel_id": layer["pid"].astype(str),  # `mapnum` is null for 364 parcels, so `pid` is the key
            "land_class": np.select([~taxed, layer["imp_value_usd"] > 0], ["unknown", "built"], "vacant"),
            "jurisdiction": district,
            "zone": district,
            "locked_zone": district,  # the study builds; it rezones nothing
            "redline": np.where(district == CONSERVATION, "general", "0"),
            "x_mapnum": layer["mapnum"],
            "x_land_value": layer["land_value_usd"].astype(float),  # USD
        },
        geometry=layer.geometry,
        crs=layer.crs,
    )


def write_buena_vista(source: Path, target: Path) -> Path:
    """Write the study into the folder `target`."""
    parcels = read_parcels(source)
    layer = gpd.read_file(source / "buena_vista_va" / "buena_vista_parcels.gpkg", layer="parcels", ignore_geometry=True)
    # Two wordings of one district: the first in order of the alphabet names it.
    named = layer.dropna(subset="zone_code").sort_values("zone_desc").groupby("zone_code")["zone_desc"].first()
    districts = [str(code) for code in named.index]
    names = {**{str(code): str(text) for code, text in named.items()}, NO_DISTRICT: "No zoning district"}
    settings = {
        "name": "buena-vista",
        "title": {
            "en": "Buena Vista VA 2021: which vacant parcels to build (derived: district by largest overlap, no "
            "overlap = none; class from the tax record; Conservation District C1 as the red line; the cap of half of "
            "each district's vacant hectares is this test's own)",
            "zh": "布埃纳维斯塔2021年：建设哪些空地（推定：分区按最大重叠取值，无重叠为none；地类由税务记录推定；"
            "以C1保护区代生态保护红线；各分区空地至多建设一半为本测试自设）",
        },
        "parcels": "parcels.gpkg",
        "layer": "parcels",
        "currency": "USD",
        "defaults": "none",
        "periods": [{"name": "2021", "start": 2021, "years": 1}],
        "objective": {"method": "weighted", "accounts": {"land_value_converted": 1.0}},
    }
    tables = {
        "jurisdictions": [{"jurisdiction": code, "name_en": text, "name_zh": code} for code, text in names.items()],
        "zones": [
            {
                "zone": code,
                "line": "redline" if code == CONSERVATION else "",
                "line_rule": "exact" if code == CONSERVATION else "",
                "name_en": text,
                "name_zh": code,
            }
            for code, text in names.items()
        ],
        "land_classes": [
            {
                "land_class": name,
                "class_group": "construction" if name == "built" else "other",
                "resource": "land",
                "name_en": en,
                "name_zh": zh,
            }
            for name, (en, zh) in ROWS.items()
        ],
        "accounts": [
            {
                "account": "land_value_converted",
                "unit": "million",
                "family": "custom",
                "recurrence": "one_off",
                "name_en": "Assessed land value of the parcels built",
                "name_zh": "所建地块的评估地价",
                "source": "land_value_usd of the layer",
            }
        ],
        "practices": [
            {
                "practice": f"build_{code}",
                "zone": code,
                "mode": "development",
                "from_classes": "vacant",
                "to_class": "built",
                "redline_ok": "no",
                "name_en": f"Build in {code}",
                "name_zh": f"{code}区建设",
            }
            for code in districts
        ],
        "practice_flows": [
            {
                "practice": f"build_{code}",
                "account": "land_value_converted",
                "basis": "once",
                "value": 1e-6,
                "unit": "million per USD of land value",
                "scale_by": "x_land_value",
                "source": "land_value_usd of the layer",
            }
            for code in districts
        ],
        "limits": [
            {
                "limit": f"half.{code}",
                "account": f"area.practice.build_{code}",
                "jurisdiction": code,
                "period": "last",
                "sense": "<=",
                "value": CAP,
                "basis": "share_of_start:area.class.vacant",
                "name_en": f"At most half of the vacant land of {code}",
                "name_zh": f"{code}区至多建设一半空地",
                "source": "this test's own",
            }
            for code in districts
        ],
    }
    return write_folder(target, settings, tables, parcels)
