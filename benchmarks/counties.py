"""The counties that benchmarks are about, made from `zonevest new DIR --parcels N --no-polygons` table by table.

*Standard*: the whole formulation and the whole default library, 3 periods, 20 jurisdictions, 90 projects. The county
that is drawn has 5 periods and 12 towns. Its first three years become one period, with what was granted or allowed in
them together, and the states that were asked for at their end; 8 towns are parted, half of their parcels to each side.

*Harsh*: the standard county in which every project needs 100 to 115 % of what a zone has today.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

import zonevest as zv
from benchmarks import writers
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import area_range

FIRST = {"2026": "2026-2028", "2027": "2026-2028", "2028": "2026-2028"}
"""Periods that become one."""
PERIODS = [
    {"name": "2026-2028", "start": 2026, "years": 3},
    {"name": "2029-2030", "start": 2029, "years": 2},
    {"name": "2031-2035", "start": 2031, "years": 5},
]
PARTED = ("hudong", "huxi", "baishan", "qingxi", "chayuan", "shiqiao", "longtan", "yunfeng")
EAST = "_east"
LAKESIDE = 1_801
"""Parcels of the bundled county."""
BUNDLED = "lakeside"
"""The land of benchmarks that begin with the bundled county; beyond its size they go on with the standard one."""
LEAST, MOST = 1.0, 1.15
"""What a project of the harsh county needs, as a part of what its zone has today."""


def place(land: str, kept: Path, parcels: int) -> Path:
    """Where a county is kept."""
    land = "standard" if land == BUNDLED and parcels != LAKESIDE else land
    return kept / f"{land}-{parcels}"


def prepared(land: str, kept: Path, parcels: int, seed: int = 1) -> Path:
    """The folder of a county, which is made where it is not there yet."""
    make = {"standard": standard, "harsh": harsh, "small": writers.prepare, BUNDLED: bundled}[land]
    folder = place(land, kept, parcels)
    if not folder.is_dir():
        kept.mkdir(parents=True, exist_ok=True)
        beside = folder.with_name(f".{folder.name}")  # so that there is never half a county
        shutil.rmtree(beside, ignore_errors=True)
        make(beside, parcels, seed)
        beside.rename(folder)
    return folder


def standard(folder: Path, parcels: int, seed: int = 1) -> None:
    """Write the standard county."""
    zv.write_county(folder, parcels, seed, polygons=False)
    settings = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    settings["periods"] = PERIODS
    cap = settings["finance"]["debt_ratio_cap"]
    settings["finance"]["debt_ratio_cap"] = {FIRST.get(period, period): value for period, value in cap.items()}
    (folder / "study.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    land = pd.read_parquet(folder / "parcels.parquet")
    land = _parted(land)
    land.to_parquet(folder / "parcels.parquet", index=False, compression="zstd")
    changed = {
        name: _read(folder, name) for name in ("jurisdictions", "land_take", "limits", "projects", "quota_grants")
    }
    changed["limits"], gone = _limits(changed["limits"])
    terms = _read(folder, "limit_terms")
    changed["limit_terms"] = terms[~terms["limit"].isin(gone)]
    changed["projects"]["latest"] = changed["projects"]["latest"].replace(FIRST)
    changed["projects"]["earliest"] = changed["projects"]["earliest"].replace(FIRST)
    changed["jurisdictions"] = _jurisdictions(changed["jurisdictions"], land)
    changed["land_take"] = _land_take(changed["land_take"], land)
    changed["quota_grants"] = _grants(changed["quota_grants"])
    for name, table in changed.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def bundled(folder: Path, parcels: int, seed: int = 1) -> None:
    """Write the bundled county where as many parcels are asked for as it has, else the standard one."""
    if parcels == LAKESIDE:
        zv.write_study(zv.read_study("lakeside"), folder)
    else:
        standard(folder, parcels, seed)


def harsh(folder: Path, parcels: int, seed: int = 1) -> None:
    """Write the harsh county; mandatory projects need what their zone has today, so that little need be done."""
    standard(folder, parcels, seed)
    study = zv.read_study(folder)
    ledger, last = Ledger(build_options(study)), len(study.periods) - 1
    today = study.parcels.groupby("zone")["area_ha"].sum()
    room = {zone: area_range(ledger, f"area.zone.{zone}", last)[1] for zone in today.index}
    zones = [zone for zone in today.index if room[zone] >= MOST * today[zone]]
    projects, rng = _read(folder, "projects"), np.random.default_rng(seed)
    of = rng.choice(zones, len(projects))
    factor = np.where(projects["mandatory"].astype(float).eq(1.0), LEAST, rng.uniform(LEAST, MOST, len(projects)))
    projects["min_area_of"] = [f"zone:{zone}" for zone in of]
    projects["min_area"] = np.round(factor * today[of].to_numpy(), 2)
    projects.to_csv(folder / "projects.csv", index=False, lineterminator="\n")


def _read(folder: Path, name: str) -> pd.DataFrame:
    """A table as text, blank cells missing."""
    return pd.read_csv(folder / f"{name}.csv", dtype=str)


def _parted(land: pd.DataFrame) -> pd.DataFrame:
    """Parcels with the second half of each of eight towns given to a town of its own; they lie from west to east."""
    number = land.groupby("jurisdiction").cumcount()
    count = land.groupby("jurisdiction")["parcel_id"].transform("size")
    east = land["jurisdiction"].isin(PARTED) & (number >= count / 2)
    return land.assign(jurisdiction=land["jurisdiction"].where(~east, land["jurisdiction"] + EAST))


def _limits(limits: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Limits over the new periods: what was asked for within a year is summed, what at its end holds at the last."""
    yearly = limits["limit"].str.fullmatch(r"new_construction_202[678]")
    early = limits["period"].isin(["2026", "2027"])
    total = limits.loc[yearly, "value"].astype(float).sum()
    limits = limits.assign(value=limits["value"].where(~(yearly & ~early), str(total)))
    gone = limits.loc[early, "limit"].tolist()
    kept = limits[~early]
    return kept.assign(period=kept["period"].replace(FIRST)), gone


def _jurisdictions(table: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Twenty jurisdictions with the people of their parcels."""
    east = table[table["jurisdiction"].isin(PARTED)].copy()
    east["jurisdiction"] += EAST
    east["name_en"] += ", east"
    east["name_zh"] += "东"
    whole = pd.concat([table, east], ignore_index=True)
    people = land.groupby("jurisdiction")["population"].sum()
    return whole.assign(population=whole["jurisdiction"].map(people).fillna(0.0))


def _land_take(table: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """What projects take, on the side of a parted town that has more of the class."""
    there = land.groupby(["jurisdiction", "land_class"])["area_ha"].sum()
    sides = [
        max(name, name + EAST, key=lambda side, of=of: there.get((side, of), 0.0))
        for name, of in zip(table["jurisdiction"], table["land_class"], strict=True)
    ]
    return table.assign(jurisdiction=sides)


def _grants(table: pd.DataFrame) -> pd.DataFrame:
    """Quotas given out to towns: half to each side of a parted one, and what three years had together."""
    table = table.assign(amount=table["amount"].astype(float), period=table["period"].replace(FIRST))
    parted = table["jurisdiction"].isin(PARTED)
    table["amount"] = table["amount"].where(~parted, table["amount"] / 2)
    east = table[parted].assign(jurisdiction=table["jurisdiction"] + EAST)
    whole = pd.concat([table, east], ignore_index=True)
    return whole.groupby(["quota", "jurisdiction", "period"], sort=False, as_index=False)["amount"].sum()
