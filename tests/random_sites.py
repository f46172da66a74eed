"""Land that projects take without a drawn site, for random small studies.

Several projects take the same class in the same place, about as much as is there; some of it lies on lines that not all
of them admit; and what is taken bears annual flows of its class and of its own.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.random_rows import Settings, Tables, limit, more, names, rows, table, weigh

PLACES = ["", "A", "B"]
ON_LINES: list[dict[str, Any]] = [
    {"redline": "general", "basic_farmland": 0},
    {"redline": "core", "basic_farmland": 0},
    {"redline": "0", "basic_farmland": 1},
    {"redline": "general", "basic_farmland": 1},
]
BORNE = ["eco", "eco", "leaf", "rent", "ground", "upkeep", "soil", "cover", "levy"]
"""Accounts of what leaves with the land."""
DECAY = [0.125, 0.5, 1.0]
CLASSES = ["farm", "wood", "town"]
FREE = {"min_area_of": "", "min_area": None, "footprint": "", "footprint_zones": "", "footprint_practice": ""}
"""Cells of most projects that take land: they are nowhere in particular."""
PARTS = [0.0625, 0.125, 0.125, 0.25, 0.25, 0.5, 1.0, 1.25]
"""Of the land that is there."""


def sites(rnd: Random, settings: Settings, tables: Tables, twins: bool = False) -> None:
    """Let projects take land; parcels that are to stay twins keep their lines and rows."""
    parcels, projects = rows(tables, "parcels"), rows(tables, "projects")
    if not parcels or not projects:
        return
    if not twins and rnd.random() < 0.4:
        parcels[0]["land_class"] = "farm"
    lands = [(row["land_class"], place) for row in parcels for place in ("", row["jurisdiction"])]
    shared = rnd.choice([land for land in lands if land[0] == "farm" and rnd.random() < 0.7] or lands)
    alike = {name: projects[0][name] for name in ("redline_ok", "basic_farmland_ok")} if rnd.random() < 0.3 else {}
    cells: dict[tuple[str, str, str], float] = {}
    for project in projects:
        project |= alike
    for number, project in enumerate(projects * 2):
        if rnd.random() < (0.8 if number < len(projects) else 0.2):
            elsewhere = rnd.choice([*lands, (shared[0], rnd.choice(PLACES)), (rnd.choice(CLASSES), rnd.choice(PLACES))])
            land_class, place = shared if rnd.random() < 0.7 else elsewhere
            where = place or project["jurisdiction"]
            mine = [row for row in parcels if row["land_class"] == land_class and where in ("", row["jurisdiction"])]
            if not mine and rnd.random() < 0.9:
                continue
            area = rnd.choice(PARTS) * sum(row["area_ha"] for row in mine)
            cells[project["project"], land_class, place] = max(round(area * 4) / 4, 0.25)
            project |= FREE if rnd.random() < 0.7 else {}
    taken = shared[0]
    tables["projects"] = table(projects)
    named = ("project", "land_class", "jurisdiction")
    tables["land_take"] = table([dict(zip(named, key, strict=True)) | {"area_ha": a} for key, a in cells.items()])
    if not twins:
        tables["parcels"] = table([row | (rnd.choice(ON_LINES) if rnd.random() < 0.3 else {}) for row in parcels])
        mine = [row["parcel_id"] for row in parcels if row["land_class"] == taken and rnd.random() < 0.4]
        own = [{"parcel_id": name, "practice": "", "zone": "", **_borne(rnd, tables)} for name in mine]
        more(tables, "parcel_flows", own)
    if rnd.random() < 0.8:
        count = rnd.choice([1, 1, 2])
        more(tables, "class_flows", [{"land_class": taken, **_borne(rnd, tables)} for _ in range(count)])
    _read(rnd, settings, tables, taken)


def _borne(rnd: Random, tables: Tables) -> dict[str, Any]:
    """An annual flow of land."""
    further = [name for name in ("ore", "wage") if name in names(tables, "accounts", "account")]
    return {
        "account": rnd.choice([*BORNE, *further]),
        "basis": rnd.choice(["per_ha_year", "per_ha_year", "per_year"]),
        "value": rnd.randint(1, 16) / 8,
        "start_year": rnd.choice([0, 0, 1, 3]),
        "ramp_years": rnd.choice([0, 0, 3]),
        "life_years": rnd.choice([None, None, 2, 5]),
        "decay": rnd.choice([0, 0, *DECAY]),
        "where": rnd.choice(["", "", "", "tenure=state"]),
    }


def _read(rnd: Random, settings: Settings, tables: Tables, taken: str) -> None:
    """Let weights and limits read what leaves beside flows."""
    if rnd.random() < 0.4:
        weigh(settings, rnd.choice(["quality.arable", "quality.lost.arable"]), rnd.choice([-0.5, 0.25]))
    if rnd.random() < 0.2:
        share = {"basis": "share_of_start", "jurisdiction": rnd.choice(PLACES), "period": rnd.choice(["", "last"])}
        limit(rnd, tables, "quality.arable", ">=", rnd.choice([0.25, 0.5, 0.75]), **share)
    resource = next(row["resource"] for row in rows(tables, "land_classes") if row["land_class"] == taken)
    if resource and settings["rates"]["social"] and rnd.random() < 0.4:
        account = f"asset.{resource}" + rnd.choice(["", "", ".state", ".collective"])
        if rnd.random() < 0.5:
            weigh(settings, account, 0.0625)
        else:
            share = {"basis": "share_of_start", "jurisdiction": rnd.choice(PLACES), "period": rnd.choice(["", "last"])}
            limit(rnd, tables, account, ">=", rnd.choice([0.5, 0.75, 1.0]), **share)
