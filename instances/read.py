"""From a folder, a workbook, or tables in memory, to a checked `Study`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from zonevest.instances import accounts as account_names
from zonevest.instances import defaults, names, scenarios
from zonevest.instances.causes import with_cause
from zonevest.instances.cells import MOST
from zonevest.instances.checks import check
from zonevest.instances.context import Context
from zonevest.instances.faults import Faults, meant, some, within
from zonevest.instances.files import frame_cells, read_csv, read_parquet, read_text
from zonevest.instances.layers import check_rings, hectares, read_parcels, take
from zonevest.instances.overlay import fill_overlay, without_filled
from zonevest.instances.overrides import blame, override
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME, DEFAULT_TABLES, TABLES
from zonevest.instances.settings import FLAG_KEYS, Source, parse_settings, parse_toml, to_toml
from zonevest.instances.study import CHANGES, Settings, Study, StudyError
from zonevest.instances.suspicious import check_suspicious, check_units, odd_areas
from zonevest.instances.tables import Raw, Typed, frame, in_code, typed
from zonevest.instances.workbook import OLD, Book, read_workbook
from zonevest.instances.write import WORKBOOK, derived, named_jurisdictions

TABLE_NAMES = [word for word, table in names.tables().items() if table != names.STUDY]
CASES = Path(__file__).parent / "cases"
TOML = "study.toml"
ADJACENCY_FILE = "adjacency.parquet"
"""Which parcels are neighbours, as an import writes it."""
MEMORY = say("the settings")
"""How the settings of a study made of tables in memory are called."""


def bundled() -> list[str]:
    """The names of the cases that come with the package."""
    return sorted(each.name for each in CASES.iterdir() if (each / TOML).is_file()) if CASES.is_dir() else []


DIAGNOSED = ("projects.mandatory-window",)
"""Rules of which `diagnose` says better than a fault what keeps them from being met, and what would have to give."""


def read_study(
    path: str | Path,
    overrides: Mapping[str, object] | None = None,
    *,
    scenario: str = "",
    for_diagnosis: bool = False,
) -> Study:
    """Read and check a study.

    Parameters
    ----------
    path
        A study folder, an .xlsx workbook, or the name of a bundled case.
    overrides
        Settings to change, dotted path of study.toml -> value, as ``--set`` does on the command line; they come after
        the scenario, and what is wrong with them is told as of ``--set``.
    scenario
        The scenario under which the study is read, one of its table `scenarios`; ``""`` for the study as it is.
    for_diagnosis
        Whether a mandated project that cannot start is a warning only: `diagnose` says what keeps it out.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    place = _place(path, faults)
    book = None if place.is_dir() else read_workbook(place, faults, notes)
    if book is None:
        label, text = TOML, read_text(place / TOML, TOML, faults)
        values = parse_toml(text, TOML, faults) if text is not None and not len(faults) else None
        values = None if len(faults) else values
    else:
        label, values = book.label, book.settings
    given = Given(label, values, overrides or {}, scenario)
    settings, source = given.parsed(faults)
    raws, shapes = _files(place, source, faults, notes) if book is None else _sheets(place, book, source, faults, notes)
    return _study(given, settings, source, raws, shapes, faults, notes, DIAGNOSED if for_diagnosis else ())


@dataclass(frozen=True)
class Given:
    """What is given beside tables.

    Attributes
    ----------
    label : how the reader knows the settings: a file's name, a sheet, or ``the settings``.
    toml : settings nested like study.toml; None where they could not be read.
    overrides : dotted path -> value; set last.
    scenario : the scenario that is asked for, ``""`` for none.
    """

    label: str
    toml: Mapping[str, Any] | None
    overrides: Mapping[str, object] = field(default_factory=dict)
    scenario: str = ""

    def parsed(self, faults: Faults, values: Mapping[str, Any] | None = None) -> tuple[Settings | None, Source]:
        """The settings (those of a scenario in their place), with what is wrong in them."""
        values = self.toml if values is None else values
        if values is None:
            # which rows a study falls back to is not known then: nothing is concluded from what it does not bring
            return None, Source(defaults=DEFAULT_TABLES)
        if self.overrides:
            values = override(values, self.overrides, faults)
        return parse_settings(values, self.label, faults)


def make_study(settings: Mapping[str, Any], *, for_diagnosis: bool = False, **tables: pd.DataFrame | None) -> Study:
    """Make a study of tables in memory, checked like one from a folder.

    Parameters
    ----------
    settings
        The keys of study.toml, nested as there; `format` may be left out.
    for_diagnosis
        As of `read_study`.
    tables
        Every table by its name; `parcels` may be a GeoDataFrame, whose further columns are left aside.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    _keys(settings, faults)
    faults.stop_if_any()
    given = Given(MEMORY, {"format": 1, **settings})
    parsed, source = given.parsed(faults)
    for key, value in (("parcels", source.parcels), ("layer", source.layer)):
        if value is not None:
            must = rule("settings.parcels-table")
            faults.add(within(MEMORY, key), must, repr(value))
    pardoned = DIAGNOSED if for_diagnosis else ()
    return _study(given, parsed, source, *_frames(tables, faults, notes), faults, notes, pardoned)


def replace_study(
    study: Study,
    settings: Mapping[str, Any] | Settings | None = None,
    tables: Mapping[str, pd.DataFrame | None] | None = None,
    scenario: str = "",
    overrides: Mapping[str, object] | None = None,
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
    scenario
        A scenario of the study to be applied; ``""`` for none.
    overrides
        Settings to change after it, dotted path of study.toml -> value, as ``--set`` does.

    Raises
    ------
    StudyError
        With every fault of the study.
    """
    faults, notes = Faults(), list[str]()
    parsed: Settings | None
    if settings is not None and not isinstance(settings, Settings):
        _keys(settings, faults)
        faults.stop_if_any()
    if isinstance(settings, Settings):
        given = Given(MEMORY, to_toml(settings, None), scenario=scenario)
        parsed, source = settings, Source(sound_periods=True)
    else:
        given = Given(MEMORY, {**to_toml(study.settings, None), **(settings or {})}, overrides or {}, scenario)
        parsed, source = given.parsed(faults)
    merged: dict[str, pd.DataFrame | None] = dict(study.tables)
    tables = tables or {}
    if study.tables["jurisdictions"].empty or derived(study):
        merged["jurisdictions"] = None
    merged["parcels"] = without_filled(study, study.tables["parcels"])
    if isinstance(land := tables.get("parcels"), pd.DataFrame):
        tables = {**tables, "parcels": without_filled(study, land)}
    if study.geometry is not None:
        parcels = tables.get("parcels", merged["parcels"])
        if isinstance(parcels, pd.DataFrame) and not isinstance(parcels, gpd.GeoDataFrame):
            tables = {**tables, "parcels": _with_shapes(parcels, study, notes)}
    merged |= tables
    notes += [note for note in study.notes if note not in notes and getattr(note, "name", "") != "parcels.none"]
    try:
        made = _study(given, parsed, source, *_frames(merged, faults, notes), faults, notes)
    except StudyError as error:
        raise with_cause(error, study, tables) from None
    if scenario:
        return made
    changes = pd.concat([each for each in (study.changes, made.changes) if len(each)] or [made.changes])
    return replace(made, scenario=study.scenario, changes=changes.reset_index(drop=True))


def _keys(settings: object, faults: Faults) -> None:
    """Settings are keys and values."""
    if not isinstance(settings, Mapping):
        faults.add(MEMORY, rule("settings.mapping"), type(settings).__name__)


def _with_shapes(parcels: pd.DataFrame, study: Study, notes: list[str]) -> pd.DataFrame:
    if study.geometry is None or "parcel_id" not in parcels:
        return parcels
    ids = pd.Index(study.tables["parcels"]["parcel_id"])
    at = ids.get_indexer(pd.Index(parcels["parcel_id"]))
    if (at < 0).any():
        notes.append(rule("parcels.shapes-lost"))
        return parcels
    out: pd.DataFrame = gpd.GeoDataFrame(
        parcels.reset_index(drop=True), geometry=study.geometry.to_numpy()[at], crs=study.geometry.crs
    )
    return out


def _place(path: str | Path, faults: Faults) -> Path:
    """The folder or the workbook that a path or the name of a bundled case stands for."""
    place = Path(path)
    suffix = place.suffix.lower()
    if place.name == TOML and place.is_file():
        return place.parent
    if suffix == WORKBOOK and place.is_file():
        return place
    if suffix in (WORKBOOK, *OLD) and not place.is_dir():
        must, found = rule("files.workbook"), say("no such file")
        do = meant(place.name, [each.name for each in place.absolute().parent.glob("*.xlsx")], advice("files.workbook"))
        if place.is_file():
            found, do = say("a workbook of another kind"), say("save it as .xlsx")
        faults.add(str(path), must, found, do)
        faults.stop()
    if not place.is_dir() and (CASES / str(path) / TOML).is_file():
        return CASES / str(path)
    if not place.is_dir():
        cases = bundled()
        do = meant(str(path), cases, advice("files.study", cases=listed(cases)))
        faults.add(str(path), rule("files.study"), say("none of them"), do)
        faults.stop()
    if not (place / TOML).is_file():
        beside = [each.name for each in place.iterdir()]
        must, do = rule("files.study-toml"), meant(TOML, beside, advice("files.study-toml"))
        faults.add(str(path), must, say("none"), do)
        faults.stop()
    return place


def _sheets(
    path: Path, book: Book, source: Source, faults: Faults, notes: list[str]
) -> tuple[dict[str, Raw], gpd.GeoSeries | None]:
    """The sheets of a workbook, and the layer of parcels beside it."""
    raws, where = dict(book.raws), within(book.label, "parcels")
    if source.parcels is None:
        if source.layer is not None:
            found = say("layer = {layer!r} and no parcels file", layer=source.layer)
            faults.add(within(book.label, "layer"), rule("settings.layer-alone"), found)
        return raws, None
    if "parcels" in raws:
        found = say("both, {file} and {sheet}", file=source.parcels, sheet=raws["parcels"].label)
        faults.add(where, rule("settings.parcels-both"), found)
    file = path.parent / source.parcels
    raw, shapes = read_parcels(file, source.layer, file.name, faults, notes)
    return raws | {"parcels": raw or _lost("parcels", file.name)}, shapes


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
            notes.append(rule("files.adjacency", file=path.name))
        elif suffix in (".csv", ".parquet"):
            found.setdefault(names.tables().get(names.plain(path.stem), path.stem), []).append(path)
        elif suffix in (WORKBOOK, *OLD):
            must = rule("files.sheet")
            faults.add(path.name, must, say("a workbook"))
    raws: dict[str, Raw] = {}
    shapes = None
    if parcels is not None:
        raw, shapes = read_parcels(parcels, source.layer, parcels.name, faults, notes)
        raws |= {"parcels": raw or _lost("parcels", parcels.name)}
    for stem, paths in found.items():
        table, label = BY_NAME.get(stem), paths[0].name
        if table is None:
            must = rule("files.no-table")
            do = meant(stem, TABLE_NAMES, advice("files.no-table"))
            faults.add(label, must, say("no table {name!r}", name=stem), do)
        elif stem == "parcels":
            if parcels is not None and source.parcels is not None:  # else study.toml has been found wanting
                must = rule("files.parcels-twice", file=parcels.name)
                faults.add(label, must, some(path.name for path in paths))
        elif len(paths) > 1:
            both = listed((path.name for path in paths), " and ")
            faults.add(label, rule("files.twice"), both)
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
    stems = [word for word, table in names.tables().items() if table == "parcels"]
    beside = [folder / f"{stem}{suffix}" for stem in stems for suffix in (".gpkg", ".parquet", ".csv")]
    there = [path for path in beside if path.is_file()]
    if len(there) > 1:
        must = rule("files.several-parcels")
        several = listed((path.name for path in there), " and ")
        faults.add(within(TOML, "parcels"), must, several)
    if source.layer is not None and not there:
        must = rule("settings.layer-alone")
        found = say("layer = {layer!r} and no parcels file", layer=source.layer)
        faults.add(within(TOML, "layer"), must, found)
    return there[0] if there else None


def _frames(
    tables: Mapping[str, pd.DataFrame | None], faults: Faults, notes: list[str]
) -> tuple[dict[str, Raw], gpd.GeoSeries | None]:
    """Take the cells of tables in memory."""
    raws: dict[str, Raw] = {}
    shapes = None
    for word, given in tables.items():
        name = names.tables().get(word, word)
        table, label = BY_NAME.get(name), say("the table {name}", name=name)
        if table is None:
            must, do = rule("tables.unknown"), meant(name, TABLE_NAMES, advice("tables.unknown"))
            faults.add(label, must, say("no table {name!r}", name=name), do)
        elif given is not None and not isinstance(given, pd.DataFrame):
            faults.add(label, rule("tables.frame"), type(given).__name__)
            raws[name] = _lost(name, label)
        elif given is None or not len(given):
            continue
        else:
            if name == "parcels":
                raw, shapes = take(given, label, faults, notes)
            else:
                raw = frame_cells(given, table, label, faults)
            raws[name] = raw or _lost(name, label)
    return raws, shapes


def _study(
    given: Given,
    settings: Settings | None,
    source: Source,
    raws: Mapping[str, Raw],
    shapes: gpd.GeoSeries | None,
    faults: Faults,
    notes: list[str],
    pardoned: Collection[str] = (),
) -> Study:
    """Type the tables, check them together, and make the study or raise what is wrong."""
    label, raws = given.label, {name: in_code(raw, faults) for name, raw in raws.items()}
    in_use = defaults.in_use(source.defaults, source.listed, raws, notes)
    split = {name: defaults.split(raw, name in in_use, faults) for name, raw in raws.items()}
    tables = {name: typed(raw, faults, notes) for name, (raw, _) in split.items()}
    tables = defaults.merge(tables, in_use, {name: keys for name, (_, keys) in split.items()})
    if "parcels" not in tables:
        notes.append(rule("parcels.none"))
    elif not raws["parcels"].lost and not tables["parcels"].size:
        faults.add(tables["parcels"].label, rule("parcels.rows"), say("the table has no rows"))
        tables["parcels"].broken.update(tables["parcels"].data)
    else:
        _areas(tables["parcels"], shapes, faults, notes)
    tables["accounts"] = account_names.complete(tables.get("accounts"), faults, _quotas(tables))
    periods = settings.periods if settings is not None and source.sound_periods else None
    tables |= defaults.without_ground(Context(settings, periods, tables, Faults(), label))
    made, values = list[dict[str, Any]](), given.toml or {}
    if settings is not None and ("scenarios" in tables or given.scenario):
        changed, tables, made = scenarios.applied(given.scenario, tables, values, label, faults)
        if given.scenario and changed is not None:
            settings, source = given.parsed(faults, changed)
            values = changed
            periods = settings.periods if settings is not None and source.sound_periods else None
    filled = fill_overlay(tables["parcels"]) if "parcels" in tables else None
    notes += defaults.told(tables, in_use, settings)
    check(settings, periods, tables, faults, label, notes)
    faults.pardon(pardoned)
    if not len(faults):
        check_suspicious(Context(settings, periods, tables, faults, label, notes))
    land = _land(settings, tables, shapes, faults, label) if len(faults) and periods else None
    blame(faults, label, given.overrides, values)
    if len(faults):
        raise StudyError(faults.frame(), land)
    assert settings is not None  # without settings there was a fault
    if given.overrides:
        before, _ = parse_settings(values, label, Faults())
        made += scenarios.settings_listing(given.overrides, before, settings, values)
    _jurisdictions(tables)
    frames = _tables(tables)
    frames["shares"] = _with_payers(frames)
    warnings = faults.warnings()
    changes = pd.DataFrame(made, columns=[*CHANGES])
    noted, named = tuple(dict.fromkeys(notes)), given.scenario
    return Study(settings, frames, _geometry(shapes), noted, filled, warnings, named, changes, label)


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
    """Every table, empty where there is none."""
    frames = {}
    for table in TABLES:
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
            found = say("no shape: {parcels}", parcels=some(parcels.ids(at)))
            faults.add(parcels.where(at, "geometry"), rule("layers.shape"), found)
        if at := np.flatnonzero(missing & ~blank).tolist():
            ids = some(parcels.ids(at))
            notes.append(rule("layers.area-alone", layer=parcels.label, parcels=ids))
        blank &= ~missing
        check_rings(shapes, parcels.ids(range(parcels.size)), blank, parcels.label, faults, notes)
        if blank.any() and shapes.crs is not None and "area_ha" not in parcels.broken:
            area = np.where(blank, hectares(shapes, parcels.label, notes), area)
            odd = np.flatnonzero(blank & ~(area <= MOST)).tolist()
            if odd:
                must = rule("layers.area")
                found = say("no such area: {parcels}", parcels=some(parcels.ids(odd)))
                faults.add(parcels.where(odd, "geometry"), must, found)
            parcels.data["area_ha"] = area
        _in_hectares(parcels, shapes, ~blank & ~np.isnan(area), faults)
    elif "area_ha" not in parcels.broken:
        at = np.flatnonzero(np.isnan(area)).tolist()
        if at:
            must = rule("parcels.no-area")
            every = "area_ha" not in parcels.given
            found = say("no area: {parcels}", parcels=some(parcels.ids(at)))
            if every:
                found = say("there is no such column")
            faults.add(parcels.where(None if every else at, "area_ha"), must, found)
    none = np.flatnonzero(area == 0).tolist()
    if none and "area_ha" not in parcels.broken:
        must = rule("parcels.area")
        found = say("no area: {parcels}", parcels=some(parcels.ids(none)))
        faults.add(parcels.where(none, "area_ha"), must, found)


def _in_hectares(parcels: Typed, shapes: gpd.GeoSeries, stated: NDArray[np.bool_], faults: Faults) -> None:
    """Tell where areas that are stated are not those of the shapes, of all or of some: 15 times as much is mu."""
    if shapes.crs is None or not stated.any():
        return
    drawn = np.full(parcels.size, np.nan)
    drawn[stated] = hectares(shapes[stated], parcels.label, [])
    at = np.flatnonzero(drawn > 0)
    # what crosses itself has no area to compare with
    odd = odd_areas(parcels.number("area_ha")[at], drawn[at])
    odd[odd] = shapely.is_valid(shapes.to_numpy()[at[odd]])
    check_units(parcels, at, drawn[at], odd, faults)


def _jurisdictions(tables: dict[str, Typed]) -> None:
    """Without a jurisdictions table, one row for each that is named."""
    if "jurisdictions" in tables and tables["jurisdictions"].size:
        return
    named = [tables[name].text("jurisdiction") for name in ("parcels", "projects", "land_take") if name in tables]
    found = named_jurisdictions(*named)
    if found:
        table = BY_NAME["jurisdictions"]  # of sound names: nobody is told of it
        tables[table.name] = typed(Raw(table, table.name, {"jurisdiction": found}, range(len(found))), Faults(), [])
