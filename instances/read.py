"""From a folder, or from tables in memory, to a checked `Study`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances import accounts as account_names
from zonevest.instances import defaults
from zonevest.instances.cells import MOST
from zonevest.instances.checks import check
from zonevest.instances.context import Context
from zonevest.instances.faults import Faults, meant, some, within
from zonevest.instances.files import frame_cells, read_csv, read_parquet, read_text
from zonevest.instances.layers import check_rings, hectares, read_parcels, take
from zonevest.instances.overlay import fill_overlay, without_filled
from zonevest.instances.overrides import override
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME, DEFAULT_TABLES, TABLES
from zonevest.instances.settings import FLAG_KEYS, Source, parse_settings, parse_toml, to_toml
from zonevest.instances.study import Settings, Study, StudyError
from zonevest.instances.tables import Raw, Typed, frame, typed
from zonevest.instances.write import named_jurisdictions

CASES = Path(__file__).parent / "cases"
TOML = "study.toml"
ADJACENCY_FILE = "adjacency.parquet"
"""Which parcels are neighbours, as an import writes it."""
MEMORY = say("the settings")
"""How the settings of a study made of tables in memory are called."""


def bundled() -> list[str]:
    """The names of the cases that come with the package."""
    return sorted(each.name for each in CASES.iterdir() if (each / TOML).is_file()) if CASES.is_dir() else []


def read_study(path: str | Path, overrides: Mapping[str, object] | None = None) -> Study:
    """Read and check a study.

    Parameters
    ----------
    path
        A study folder, or the name of a bundled case.
    overrides
        Settings to change, dotted path of study.toml -> value.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    folder = _folder(path, faults)
    text = read_text(folder / TOML, TOML, faults)
    values = parse_toml(text, TOML, faults) if text is not None else {}
    readable = text is not None and not len(faults)
    if readable and overrides:
        values = override(values, overrides, faults)
    # which rows a study falls back to is not known then: nothing is concluded from what it does not bring itself
    unread = (None, Source(defaults=DEFAULT_TABLES))
    settings, source = parse_settings(values, TOML, faults) if readable else unread
    raws, shapes = _files(folder, source, faults, notes)
    return _study(TOML, settings, source, raws, shapes, faults, notes)


def make_study(settings: Mapping[str, Any], **tables: pd.DataFrame | None) -> Study:
    """Make a study of tables in memory, checked like one from a folder.

    Parameters
    ----------
    settings
        The keys of study.toml, nested as there; `format` may be left out.
    tables
        Every table by its name; `parcels` may be a GeoDataFrame, whose further columns are left aside.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    parsed, source = parse_settings({"format": 1, **settings}, MEMORY, faults)
    for key, value in (("parcels", source.parcels), ("layer", source.layer)):
        if value is not None:
            must = say("a study made of tables has its parcels as a table")
            faults.add(within(MEMORY, key), must, repr(value), say("pass parcels=…, or read_study a folder"))
    return _study(MEMORY, parsed, source, *_frames(tables, faults, notes), faults, notes)


def replace_study(
    study: Study, settings: Mapping[str, Any] | Settings | None = None, **tables: pd.DataFrame | None
) -> Study:
    """Make a study with some tables or settings of another, checked again.

    Parameters
    ----------
    study
        What the rest is taken from.
    settings
        Keys of study.toml; each replaces that key as a whole.
    tables
        Tables by name; None for one without rows. Parcels in a plain table keep the shapes of the same parcel_id
        if all of them have one.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    parsed: Settings | None
    if isinstance(settings, Settings):
        parsed, source = settings, Source(sound_periods=True)
    else:
        parsed, source = parse_settings({**to_toml(study.settings, None), **(settings or {})}, MEMORY, faults)
    merged: dict[str, pd.DataFrame | None] = dict(study.tables)
    if _derived(study):
        merged["jurisdictions"] = None
    merged["parcels"] = without_filled(study, study.tables["parcels"])
    if (given := tables.get("parcels")) is not None:
        tables = {**tables, "parcels": without_filled(study, given)}
    if study.geometry is not None:
        parcels = tables.get("parcels", merged["parcels"])
        if parcels is not None and not isinstance(parcels, gpd.GeoDataFrame):
            tables = {**tables, "parcels": _with_shapes(parcels, study, notes)}
    merged |= tables
    return _study(MEMORY, parsed, source, *_frames(merged, faults, notes), faults, [*notes, *study.notes])


def _derived(study: Study) -> bool:
    from zonevest.instances.write import stated

    return "jurisdictions" not in stated(study)


def _with_shapes(parcels: pd.DataFrame, study: Study, notes: list[str]) -> pd.DataFrame:
    if study.geometry is None or "parcel_id" not in parcels:
        return parcels
    ids = pd.Index(study.tables["parcels"]["parcel_id"])
    at = ids.get_indexer(pd.Index(parcels["parcel_id"]))
    if (at < 0).any():
        notes.append(say("parcels: without shapes, some of them are not among the parcels that had one"))
        return parcels
    out: pd.DataFrame = gpd.GeoDataFrame(
        parcels.reset_index(drop=True), geometry=study.geometry.to_numpy()[at], crs=study.geometry.crs
    )
    return out


def _folder(path: str | Path, faults: Faults) -> Path:
    """The folder that a path or the name of a bundled case stands for."""
    folder = Path(path)
    if folder.name == TOML and folder.is_file():
        return folder.parent
    if folder.suffix.lower() in (".xlsx", ".xls", ".ods") and not folder.is_dir():
        must = say("a study is a folder: workbooks are not part of this version yet")
        do = say("save each sheet as a .csv in a folder with a study.toml")
        faults.add(str(path), must, say("a workbook"), do)
        faults.stop()
    if not folder.is_dir() and (CASES / str(path) / TOML).is_file():
        return CASES / str(path)
    if not folder.is_dir():
        cases = bundled()
        do = meant(str(path), cases, say("check the path (bundled cases: {cases})", cases=listed(cases)))
        faults.add(str(path), say("a study is a folder or the name of a bundled case"), say("neither"), do)
        faults.stop()
    if not (folder / TOML).is_file():
        beside = [each.name for each in folder.iterdir()]
        must, do = say("a study folder has a file study.toml"), meant(TOML, beside, say("write one"))
        faults.add(str(path), must, say("none"), do)
        faults.stop()
    return folder


def _files(
    folder: Path, source: Source, faults: Faults, notes: list[str]
) -> tuple[dict[str, Raw], gpd.GeoSeries | None]:
    """Read every table file of a folder."""
    parcels = _parcels_file(folder, source, faults)
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        suffix, hidden = path.suffix.lower(), path.name.startswith((".", "~"))
        if hidden or (parcels is not None and path == parcels) or not path.is_file():
            continue
        if path.name == ADJACENCY_FILE:
            notes.append(say("{file}: neighbours, for rules that are not part of this version yet", file=path.name))
        elif suffix in (".csv", ".parquet"):
            found.setdefault(path.stem, []).append(path)
        elif suffix in (".xlsx", ".xls", ".ods"):
            must = say("tables are .csv or .parquet: workbooks are not part of this version yet")
            do = say("save each sheet as a .csv, and move the workbook elsewhere")
            faults.add(path.name, must, say("a workbook"), do)
    raws: dict[str, Raw] = {}
    shapes = None
    if parcels is not None:
        raw, shapes = read_parcels(parcels, source.layer, parcels.name, faults, notes)
        raws |= {"parcels": raw or _lost("parcels", parcels.name)}
    for stem, paths in found.items():
        table, label = BY_NAME.get(stem), paths[0].name
        if table is None:
            must = say("every .csv and .parquet in the folder is a table of the study")
            do = meant(stem, BY_NAME, say("rename it, or move it out of the folder"))
            faults.add(label, must, say("no table {name!r}", name=stem), do)
        elif not table.built:
            must = say("there is no table {name}: it is not part of this version yet", name=stem)
            faults.add(label, must, say("the file"), say("move it out of the folder"))
        elif stem == "parcels":
            if parcels is not None and source.parcels is not None:  # else study.toml has been found wanting
                must = say("parcels are in one file, here {file}", file=parcels.name)
                faults.add(label, must, some(path.name for path in paths), say("move it out of the folder"))
        elif len(paths) > 1:
            both = listed((path.name for path in paths), " and ")
            faults.add(label, say("a table is in one file"), both, say("move one of them out of the folder"))
            raws[stem] = _lost(stem, label)
        else:
            reader = read_csv if paths[0].suffix.lower() == ".csv" else read_parquet
            raws[stem] = reader(paths[0], table, label, faults) or _lost(stem, label)
    return raws, shapes


def _lost(name: str, label: str) -> Raw:
    """Stand in for a table that could not be read: nothing is concluded from it."""
    return Raw(BY_NAME[name], label, {}, (), lost=True)


def _parcels_file(folder: Path, source: Source, faults: Faults) -> Path | None:
    """The parcels file: the one study.toml names, else the only one of that name."""
    if source.parcels is not None:
        return folder / source.parcels
    beside = [folder / f"parcels{suffix}" for suffix in (".gpkg", ".parquet", ".csv")]
    there = [path for path in beside if path.is_file()]
    if len(there) > 1:
        must = say("study.toml names the parcels file where there are several")
        several = listed((path.name for path in there), " and ")
        faults.add(within(TOML, "parcels"), must, several, say('write parcels = "…"'))
    if source.layer is not None and not there:
        must = say("layer goes with parcels, the file that holds the layer")
        found = say("layer = {layer!r} and no parcels file", layer=source.layer)
        faults.add(within(TOML, "layer"), must, found, say('write parcels = "…"'))
    return there[0] if there else None


def _frames(
    tables: Mapping[str, pd.DataFrame | None], faults: Faults, notes: list[str]
) -> tuple[dict[str, Raw], gpd.GeoSeries | None]:
    """Take the cells of tables in memory."""
    raws: dict[str, Raw] = {}
    shapes = None
    for name, given in tables.items():
        table, label = BY_NAME.get(name), say("the table {name}", name=name)
        if table is None:
            must, do = say("every table is one of the study format"), meant(name, BY_NAME, say("leave it out"))
            faults.add(label, must, say("no table {name!r}", name=name), do)
        elif given is None or not len(given):
            continue
        elif not table.built:
            must = say("there is no table {name}: it is not part of this version yet", name=name)
            faults.add(label, must, say("{count} rows", count=len(given)), say("leave it out"))
        else:
            if name == "parcels":
                raw, shapes = take(given, label, faults, notes)
            else:
                raw = frame_cells(given, table, label, faults)
            raws[name] = raw or _lost(name, label)
    return raws, shapes


def _study(
    label: str,
    settings: Settings | None,
    source: Source,
    raws: Mapping[str, Raw],
    shapes: gpd.GeoSeries | None,
    faults: Faults,
    notes: list[str],
) -> Study:
    """Type the tables, check them together, and make the study or raise what is wrong."""
    names = defaults.in_use(source.defaults, source.listed, raws, notes)
    split = {name: defaults.split(raw, name in names, faults) for name, raw in raws.items()}
    tables = {name: typed(raw, faults, notes) for name, (raw, _) in split.items()}
    tables = defaults.merge(tables, names, {name: keys for name, (_, keys) in split.items()})
    if "parcels" in tables and not raws["parcels"].lost and not tables["parcels"].size:
        do = say("fill it in, or leave out parcels for a study of projects only")
        faults.add(tables["parcels"].label, say("a table of parcels has rows"), say("the table has no rows"), do)
        tables["parcels"].broken.update(tables["parcels"].data)
    elif "parcels" in tables:
        _areas(tables["parcels"], shapes, faults, notes)
    filled = fill_overlay(tables["parcels"]) if "parcels" in tables else None
    tables["accounts"] = account_names.complete(tables.get("accounts"), faults, _quotas(tables))
    periods = settings.periods if settings is not None and source.sound_periods else None
    tables |= defaults.without_ground(Context(settings, periods, tables, Faults(), label))
    notes += defaults.told(tables, names, settings)
    check(settings, periods, tables, faults, label, notes)
    if len(faults):
        raise StudyError(faults.frame(), _land(settings, tables, shapes, faults, label) if periods else None)
    assert settings is not None  # without settings there was a fault
    _jurisdictions(tables)
    frames = _tables(tables)
    frames["shares"] = _with_payers(frames)
    return Study(settings, frames, _geometry(shapes), tuple(dict.fromkeys(notes)), filled)


def _quotas(tables: Mapping[str, Typed]) -> list[str] | None:
    """The quotas, each of which has accounts of its own; None where that is not known."""
    table = tables.get("quotas")
    if table is None:
        return []
    return None if "quota" in table.broken else list(table.text("quota"))


def _with_payers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The shares, with those that a capture's `payer` stands for."""
    shares, capture, accounts = frames["shares"], frames["capture"], frames["accounts"]
    named = {tool: payer for tool, payer in zip(capture["capture_tool"], capture["payer"], strict=True) if payer}
    paid = set(shares.loc[(shares["role"] == "pays") & (shares["project"] == ""), "account"])
    blank = dict.fromkeys(shares.columns, "")
    rows = [
        {**blank, "account": account, "role": "pays", "actor": named[tool], "share": 1.0}
        for account, tool in zip(accounts["account"], accounts["capture_tool"], strict=True)
        if tool in named and account not in paid
    ]
    if not rows:
        return shares
    more = pd.DataFrame(rows)
    return more if shares.empty else pd.concat([shares, more], ignore_index=True)


LAND = ("parcels", "jurisdictions", "zones", "land_classes", "class_zones", "practices", "projects")
"""The tables that say which options there are."""


def _land(
    settings: Settings | None, tables: Mapping[str, Typed], shapes: gpd.GeoSeries | None, faults: Faults, label: str
) -> Study | None:
    """The land of a study with faults elsewhere, so that what is wrong with its options is told in the same answer."""
    where = set(faults.frame()["where"])
    faulty = {each.partition(",")[0] for each in where}
    land = {name: table for name, table in tables.items() if name in LAND}
    if settings is None or "parcels" not in land or not where.isdisjoint(f"{label}, {key}" for key in FLAG_KEYS):
        return None
    if any(table.label in faulty or table.broken for table in land.values()):
        return None
    land["accounts"] = account_names.complete(None, Faults())
    _jurisdictions(land)
    return Study(settings, _tables(land), _geometry(shapes))


def _tables(tables: Mapping[str, Typed]) -> dict[str, pd.DataFrame]:
    """Every table that the model uses, empty where there is none."""
    frames = {}
    for table in TABLES:
        if table.built:
            held = tables.get(table.name)
            frames[table.name] = frame(held) if held is not None and held.size else _empty(table.name)
    return frames


def _geometry(shapes: gpd.GeoSeries | None) -> gpd.GeoSeries | None:
    return None if shapes is None or not len(shapes) else shapes


def _empty(name: str) -> pd.DataFrame:
    if name not in _EMPTY:
        kinds = {"number": "float64", "flag": "bool"}
        table = BY_NAME[name]
        _EMPTY[name] = pd.DataFrame(
            {column.name: pd.Series(dtype=kinds.get(column.kind, "object")) for column in table.columns}
        )
    return _EMPTY[name].copy(deep=False)


_EMPTY: dict[str, pd.DataFrame] = {}


def _areas(parcels: Typed, shapes: gpd.GeoSeries | None, faults: Faults, notes: list[str]) -> None:
    """Fill in areas from shapes; see that every parcel has a shape and an area."""
    area = parcels.number("area_ha")
    if shapes is not None:
        missing = (shapes.isna() | shapes.is_empty).to_numpy()
        blank = np.isnan(area)
        at = np.flatnonzero(missing & blank).tolist()
        if at and "area_ha" not in parcels.broken:
            must, do = (
                say("every parcel has a shape, or its area"),
                say("draw it, fill in area_ha, or drop the feature"),
            )
            found = say("no shape: {parcels}", parcels=some(parcels.ids(at)))
            faults.add(parcels.where(at, "geometry"), must, found, do)
        if at := np.flatnonzero(missing & ~blank).tolist():
            ids = some(parcels.ids(at))
            notes.append(say("{layer}: no shape, only an area: {parcels}", layer=parcels.label, parcels=ids))
        blank &= ~missing
        check_rings(shapes, parcels.ids(range(parcels.size)), blank, parcels.label, faults, notes)
        if blank.any() and shapes.crs is not None and "area_ha" not in parcels.broken:
            area = np.where(blank, hectares(shapes, parcels.label, notes), area)
            odd = np.flatnonzero(blank & ~(area <= MOST)).tolist()
            if odd:
                must = say("the area of every shape is a finite number")
                found = say("no such area: {parcels}", parcels=some(parcels.ids(odd)))
                do = say("correct the coordinates of the shapes")
                faults.add(parcels.where(odd, "geometry"), must, found, do)
            parcels.data["area_ha"] = area
        _in_hectares(parcels, shapes, ~blank & ~np.isnan(area), notes)
    elif "area_ha" not in parcels.broken:
        at = np.flatnonzero(np.isnan(area)).tolist()
        if at:
            must, do = say("parcels without shapes have their area"), say("fill in area_ha, hectares")
            every = "area_ha" not in parcels.given
            found = say("no area: {parcels}", parcels=some(parcels.ids(at)))
            if every:
                found = say("there is no such column")
            faults.add(parcels.where(None if every else at, "area_ha"), must, found, do)
    none = np.flatnonzero(area == 0).tolist()
    if none and "area_ha" not in parcels.broken:
        must = say("every parcel has an area above 0")
        found = say("no area: {parcels}", parcels=some(parcels.ids(none)))
        do = say("drop the parcels without area (slivers), or merge them")
        faults.add(parcels.where(none, "area_ha"), must, found, do)


def _in_hectares(parcels: Typed, shapes: gpd.GeoSeries, stated: NDArray[np.bool_], notes: list[str]) -> None:
    """Tell where the areas that are stated are not those of the shapes: 15 times as much is mu, 10,000 times m2."""
    if shapes.crs is None or not stated.any():
        return
    drawn = float(np.nansum(hectares(shapes[stated], parcels.label, [])))
    times = float(parcels.number("area_ha")[stated].sum()) / drawn if drawn > 0 else 1.0
    if not 0.5 <= times <= 2.0:
        notes.append(
            say("{layer}: area_ha is {times:.3g} times the area of the shapes: is it in hectares (15 mu, 10,000 m2)?",
                layer=parcels.label, times=times)
        )  # fmt: skip


def _jurisdictions(tables: dict[str, Typed]) -> None:
    """Without a jurisdictions table, one row for each that is named."""
    if "jurisdictions" in tables and tables["jurisdictions"].size:
        return
    named = [tables[name].text("jurisdiction") for name in ("parcels", "projects", "land_take") if name in tables]
    names = named_jurisdictions(*named)
    if names:
        table = BY_NAME["jurisdictions"]  # of sound names: nobody is told of it
        tables[table.name] = typed(Raw(table, table.name, {"jurisdiction": names}, range(len(names))), Faults(), [])
