"""A study back into a folder that `read_study` reads to the same study."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import tomli_w
from numpy.typing import NDArray

from zonevest.instances.accounts import built_in
from zonevest.instances.cells import plain
from zonevest.instances.schema import TABLES, Table
from zonevest.instances.settings import to_toml
from zonevest.instances.study import Study

PARCELS_FILE = "parcels.parquet"


def write_study(study: Study, folder: str | Path) -> None:
    """Write a study: study.toml, the parcels as parquet (with their shapes, if any), the other tables as csv.

    Tables without rows and columns that say nothing but their default are left out.

    Parameters
    ----------
    study
        A study as `read_study` or `make_study` gave it.
    folder
        Made if it is not there.

    Raises
    ------
    FileExistsError
        If there is something in the folder: what is left of another study would become part of this one.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is there and not empty")
    target.mkdir(parents=True, exist_ok=True)
    tables = stated(study)
    parcels = tables.pop("parcels", None)
    text = tomli_w.dumps(to_toml(study.settings, None if parcels is None else PARCELS_FILE))
    (target / "study.toml").write_text(text, encoding="utf-8")
    if parcels is not None and study.geometry is not None:
        gpd.GeoDataFrame(parcels, geometry=study.geometry.to_numpy(), crs=study.geometry.crs).to_parquet(
            target / PARCELS_FILE
        )
    elif parcels is not None:
        parcels.to_parquet(target / PARCELS_FILE, index=False)
    for name, table in tables.items():
        _csv(table, target / f"{name}.csv")


def stated(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of a study with rows, without what the reader adds again and columns that hold only defaults."""
    out = {}
    for table in TABLES:
        frame = study.tables.get(table.name)
        if frame is None or frame.empty:
            continue
        if table.name == "accounts":
            frame = frame[~_plain_built_in(study, frame)]
        if frame.empty or (table.name == "jurisdictions" and _follows(study, frame)):
            continue
        out[table.name] = frame[_telling(table, frame)]
    return out


def _plain_built_in(study: Study, accounts: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of the accounts table are built-in accounts that the study has not changed."""
    own = [name for name in accounts.columns if name.startswith("x_")]
    changed = (accounts["growth"] != 0) | (accounts["source"] != "")
    for name in ("budget", "confidence", "name_en", "name_zh"):
        changed |= accounts[name] != ""
    for name in own:
        changed |= accounts[name].notna() & (accounts[name] != "")
    return accounts["account"].isin(list(built_in(study.quotas["quota"]))) & ~changed


def named_jurisdictions(*columns: Any) -> list[str]:
    """The jurisdictions that columns name, in the order in which they appear."""
    names: dict[str, None] = {}
    for column in columns:
        names |= dict.fromkeys(column)
    names.pop("", None)
    return list(names)


def _follows(study: Study, frame: pd.DataFrame) -> bool:
    """Whether the jurisdictions table says nothing that the reader would not add by itself."""
    named = (study.tables[name]["jurisdiction"].tolist() for name in ("parcels", "projects", "land_take"))
    return len(_telling_all(frame)) == 1 and frame["jurisdiction"].tolist() == named_jurisdictions(*named)


def _telling_all(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if not all(cell == "" or cell != cell for cell in frame[name].tolist())]


def _telling(table: Table, frame: pd.DataFrame) -> list[str]:
    """The columns that hold more than their default."""
    keep = []
    known = {column.name: column for column in table.columns}
    for name in frame.columns:
        column = known.get(name)
        if column is None or column.required:
            keep.append(name)
            continue
        cells = frame[name]
        if column.kind == "number":
            silent = cells.isna().all() if column.default is None else (cells == column.default).all()
        else:
            silent = (cells == (column.default if column.default is not None else "")).all()
        if not silent:
            keep.append(name)
    return keep


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with flags as 0 and 1, numbers in full and blanks for what is missing."""
    columns = [_cells(frame[name]) for name in frame.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(zip(*columns, strict=True))


def _cells(series: pd.Series[Any]) -> list[object]:
    values: NDArray[Any] = series.to_numpy()
    if values.dtype.kind == "b":
        return [int(value) for value in values]
    if values.dtype.kind == "f":
        return ["" if value != value else plain(value) for value in values.tolist()]
    return list(values)
