"""A study back into a folder or a workbook that `read_study` reads to the same study."""

from __future__ import annotations

import csv
import errno
import shutil
import tomllib
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import tomli_w
from numpy.typing import NDArray

from zonevest.instances import names
from zonevest.instances.accounts import built_in
from zonevest.instances.cells import BOOLEANS, plain
from zonevest.instances.overlay import without_filled
from zonevest.instances.place import fresh
from zonevest.instances.say import say
from zonevest.instances.schema import BY_NAME, TABLES, Table
from zonevest.instances.settings import to_toml
from zonevest.instances.study import Study

WORKBOOK = ".xlsx"
LAST_ROW = 1_048_576
"""The last row of a sheet."""


def write_study(
    study: Study,
    path: str | Path,
    *,
    lang: Literal["en", "zh"] = "en",
    tables: Literal["csv", "parquet"] = "csv",
) -> None:
    """Write a study: a folder, or one workbook where the path ends in .xlsx.

    A folder holds study.toml, the parcels as parquet (with their shapes, if any), and the other tables. A workbook
    holds a sheet per table and a sheet of settings; shapes, which do not fit into one, go as parquet beside it, with
    the parcels. Tables without rows and columns that say nothing but their default are left out.

    Parameters
    ----------
    study
        A study as `read_study` or `make_study` gave it.
    path
        A folder, made if it is not there, or a workbook that is not there yet.
    lang
        zh: Chinese names of files, sheets and columns, and Chinese values of closed lists.
    tables
        What the tables of a folder are, csv or parquet.

    Raises
    ------
    FileExistsError
        If there is something in the folder, which would become part of the study, or the workbook is there.
    ValueError
        If a cell does not fit into a workbook: text of more than 32,767 characters, or with control characters.
    """
    if lang not in ("en", "zh") or tables not in ("csv", "parquet"):
        raise ValueError(f"lang is en or zh and tables csv or parquet, not {lang!r} and {tables!r}")
    target = Path(path)
    held = stated(study)
    if target.suffix.lower() == WORKBOOK:
        _write_workbook(study, held, target, lang)
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(errno.EEXIST, say("it is there and not empty"), str(target))
    with fresh(target) as new:
        new.mkdir()
        _write_folder(study, held, new, lang, tables)


def _write_folder(study: Study, held: dict[str, pd.DataFrame], target: Path, lang: str, tables: str) -> None:
    parcels = held.pop("parcels", None)
    file = f"{_file('parcels', lang)}.parquet"
    text = tomli_w.dumps(to_toml(study.settings, None if parcels is None else file))
    (target / "study.toml").write_text(text, encoding="utf-8")
    if parcels is not None:
        _parcels(study, parcels, target / file, lang)
    for name, frame in held.items():
        told = _told(BY_NAME[name], frame, lang)
        if tables == "csv":
            _csv(told, target / f"{_file(name, lang)}.csv")
        else:
            told.to_parquet(target / f"{_file(name, lang)}.parquet", index=False)


def _write_workbook(study: Study, held: dict[str, pd.DataFrame], target: Path, lang: str) -> None:
    """A workbook, and the parcels beside it where they have shapes or are too many for a sheet."""
    from zonevest.instances.write_workbook import write_workbook

    beside = target.with_name(f"{target.stem}-{_file('parcels', lang)}.parquet")
    parcels = held.get("parcels")
    apart = parcels is not None and (study.geometry is not None or len(parcels) >= LAST_ROW)
    _refuse_existing(target, *([beside] if apart else []))
    if apart:
        held.pop("parcels")
    with fresh(target) as new:
        write_workbook(to_toml(study.settings, beside.name if apart else None), held, new, lang)
        if apart and parcels is not None:
            with fresh(beside) as file:  # in place first: a workbook is nothing without it
                _parcels(study, parcels, file, lang)


def folder_as_workbook(folder: Path, target: Path, lang: str = "en") -> Path:
    """Write a sound study folder of csv tables as a workbook, row by row: what it leaves to default rows stays so.

    The parcels are copied beside the workbook, into the file whose path is returned.
    """
    from zonevest.instances.write_workbook import write_workbook

    settings = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    (parcels,) = (path for path in folder.glob("parcels.*"))
    beside = target.with_name(f"{target.stem}-{_file('parcels', lang)}{parcels.suffix}")
    _refuse_existing(target, beside)
    tables = {}
    for table in TABLES:
        if table.name != "parcels" and (path := folder / f"{table.name}.csv").is_file():
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            kinds = {column.name: column.kind for column in table.columns}
            for name in frame.columns:
                if kinds.get(name) == "number":
                    frame[name] = pd.to_numeric(frame[name])
                elif kinds.get(name) == "flag":
                    frame[name] = [BOOLEANS[cell.lower()] if cell else "" for cell in frame[name]]
            tables[table.name] = frame
    with fresh(target) as new:
        write_workbook(settings | {"parcels": beside.name}, tables, new, lang)
        with fresh(beside) as file:
            shutil.copy(parcels, file)
    return beside


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, say("it is there already"), str(path))


def _file(table: str, lang: str) -> str:
    return names.of_table(table).zh[0] if lang == "zh" else table


def _parcels(study: Study, parcels: pd.DataFrame, path: Path, lang: str) -> None:
    """The parcels as parquet, with their shapes if they have some."""
    told = _told(BY_NAME["parcels"], parcels, lang)
    if study.geometry is None:
        told.to_parquet(path, index=False)
    else:
        gpd.GeoDataFrame(told, geometry=study.geometry.to_numpy(), crs=study.geometry.crs).to_parquet(path)


def _told(table: Table, frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A table with its headers and the values of closed lists in a language."""
    if lang == "en":
        return frame
    known = {column.name: column for column in table.columns}
    cells = {
        names.header(table, name, lang): names.spoken(known.get(name), frame[name].tolist(), lang)
        if frame[name].dtype != float
        else frame[name].to_numpy()
        for name in frame.columns
    }
    return pd.DataFrame(cells)


def stated(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of a study with rows, without what the reader adds again and columns that hold only defaults."""
    out = {}
    for table in TABLES:
        frame = study.tables.get(table.name)
        if frame is None or frame.empty:
            continue
        if table.name == "parcels":
            frame = without_filled(study, frame)
        if table.name == "accounts":
            frame = frame[~_plain_built_in(study, frame)]
        if frame.empty or (table.name == "jurisdictions" and derived(study)):
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
    named: dict[str, None] = {}
    for column in columns:
        named |= dict.fromkeys(column)
    named.pop("", None)
    return list(named)


def derived(study: Study) -> bool:
    """Whether the jurisdictions table says nothing that the reader would not add by itself."""
    frame = study.tables["jurisdictions"]
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
        cells = frame[name].to_numpy()
        if column.kind == "number":
            silent = pd.isna(cells).all() if column.default is None else (cells == column.default).all()
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
