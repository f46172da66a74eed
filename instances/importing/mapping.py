"""The mapping file: which layer is what, and how its fields become the columns of a study.

Its keys are declared as data (`KEYS`); docs/importing.md says what each of them means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zonevest.instances.cells import MOST, as_text
from zonevest.instances.faults import Faults, choice, meant, some
from zonevest.instances.files import read_text
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.schema import BY_NAME, OVERLAY, PARCELS
from zonevest.instances.settings import Reader, parse_settings, parse_toml

MAPPING_FILE = "mapping.toml"
AREA_UNITS = {"m2": 1e-4, "ha": 1.0, "km2": 100.0, "mu": 1 / 15, "acre": 0.40468564224}
"""Hectares of a unit of area; 15 mu are a hectare, an international acre is 4,046.8564224 square metres."""
LINE_COLUMNS = ("redline", "conversion", "basic_farmland", "growth_boundary", "village_boundary", "sea",
                "mineral_right", "national_park")  # fmt: skip
"""Columns that a line layer sets where it covers a share of a parcel (default 0.5); others take the largest share."""
STRICTEST = {"redline": ("core", "general", "0"), "conversion": OVERLAY}
"""Which value wins where features of a line layer lie over each other, first the strictest."""
REPAIRS = {
    "no_shape": ("drop", "refuse"),
    "invalid": ("repair", "refuse"),
    "stacked": ("refuse", "first", "keep"),
    "overlaps": ("refuse", "cut", "keep"),
    "slivers": ("keep", "merge", "drop", "refuse"),
}
"""What may be done with each defect of parcels; the first is done where the mapping says nothing."""
_LAYER = {"source": "text", "layer": "text", "encoding": "text", "crs": "text", "where": "text"}
_RULE = {
    "field": "text",
    "value": "cell",
    "values": "cells",
    "cases": "cases",
    "default": "cell",
    "blank": "cell",
    "unit": "text",
    "factor": "number",
    "plus": "number",
    "breaks": "numbers",
    "width": "number",
}
KEYS: dict[str, dict[str, str]] = {
    "": dict.fromkeys(("study", "tables", "parcels", "repair", "merge", "adjacency"), "table")
    | {"lines": "list", "split": "list"},
    "parcels": _LAYER | {"columns": "table", "cells": "text", "by_area": "texts"},
    "columns": _RULE,
    "lines": _LAYER | _RULE | {"column": "text", "threshold": "number", "share": "text"},
    "repair": dict.fromkeys(REPAIRS, "text") | {"sliver_m2": "number", "overlap_m2": "number"},
    "merge": {"by": "texts", "min_ha": "number"},
    "split": _LAYER | {"min_m2": "number"},
    "adjacency": {"gap_m": "number"},
}
"""Every key of a mapping file with its kind, by table."""
SAID = {"cells": "table", "cell": "text"}
"""Kinds that are said to be another one where a value does not fit."""
COMPARED = re.compile(r"\s*([^=<>!]+?)\s*(!=|<=|>=|=|<|>)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class LayerRef:
    """Where a layer is: file, layer in it, code page of its attributes, coordinate system if it says none, and rows."""

    source: str = ""
    layer: str = ""
    encoding: str = ""
    crs: str = ""
    where: str = ""


@dataclass(frozen=True)
class Rule:
    """How cells of a column come about; see docs/importing.md.

    Attributes
    ----------
    listed : what the mapping file has as `values`.
    path : where the mapping file says so.
    """

    field: str = ""
    value: str | None = None
    listed: Mapping[str, str] | None = None
    cases: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    blank: str | None = None
    unit: str = ""
    factor: float = 1.0
    plus: float = 0.0
    breaks: tuple[float, ...] = ()
    width: int = 0
    path: str = ""


@dataclass(frozen=True)
class Line:
    """A line layer: the column that it sets, by which share of a parcel, and the column that keeps that share."""

    ref: LayerRef
    column: str
    rule: Rule
    threshold: float
    share: str = ""
    path: str = ""


@dataclass(frozen=True)
class Split:
    """Parcels are cut along the outlines of a layer; pieces below `min_m2` square metres stay with their neighbour."""

    ref: LayerRef
    min_m2: float = 10.0
    path: str = ""


@dataclass(frozen=True)
class MappingFile:
    """A mapping file, checked.

    Attributes
    ----------
    folder : what its file names are relative to.
    columns : rule by column of the parcels.
    by_area : columns whose amounts are shared out when a parcel is split, and added up when parcels are merged.
    repair : what is done with each defect (`REPAIRS`); slivers are below `sliver_m2` square metres, an overlap counts
        from `overlap_m2` on.
    merge_by, min_ha : parcels below `min_ha` join a neighbour that says the same in these columns; 0: none does.
    gap_m : adjacency is written, over gaps of up to so many metres; None: it is not.
    """

    label: str
    folder: Path
    settings: Mapping[str, Any]
    tables: Mapping[str, str]
    parcels: LayerRef | None
    columns: Mapping[str, Rule]
    cells: str = "polygons"
    by_area: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    repair: Mapping[str, str] = field(default_factory=dict)
    sliver_m2: float = 1.0
    overlap_m2: float = 1.0
    merge_by: tuple[str, ...] = ()
    min_ha: float = 0.0
    splits: tuple[Split, ...] = ()
    gap_m: float | None = None


def read_mapping(path: Path, faults: Faults) -> MappingFile | None:
    """Read a mapping file; None where it cannot be read at all."""
    text = read_text(path, path.name, faults)
    before = len(faults)
    values = {} if text is None else parse_toml(text, path.name, faults)
    return None if text is None or len(faults) > before else parse_mapping(values, path.name, path.parent, faults)


def parse_mapping(values: Mapping[str, Any], label: str, folder: Path, faults: Faults) -> MappingFile:
    """Check the keys of a mapping file and fill in those that are absent.

    Parameters
    ----------
    values
        Keys nested as in the file.
    label
        How the reader knows the file.
    folder
        What the names of files are relative to.
    faults
        What is wrong is added here; what is returned is then only good for further checks.
    """
    read = _Keys(label, faults)
    top = read.known(values, "", "")
    settings = {"format": 1, "name": folder.resolve().name or "study", **top.get("study", {})}
    for key in ("parcels", "layer"):
        if key in settings:
            read.wrong(f"study.{key}", rule("import.study"), settings.pop(key))
    parse_settings(settings, label, faults)
    parcels = read.known(top.get("parcels", {}), "parcels", "parcels")
    repair = read.known(top.get("repair", {}), "repair", "repair")
    merge = read.known(top.get("merge", {}), "merge", "merge")
    adjacency = read.known(top.get("adjacency", {}), "adjacency", "adjacency")
    return MappingFile(
        label=label,
        folder=folder,
        settings={key: value for key, value in settings.items() if key != "format"},
        tables=_tables(top.get("tables", {}), read),
        parcels=_ref(parcels, "parcels", read) if "parcels" in top else None,
        columns=_columns(parcels.get("columns", {}), "parcels" in top, read),
        cells=read.one_of(parcels, "cells", ("polygons", "points"), "parcels"),
        by_area=tuple(parcels.get("by_area", ())),
        lines=tuple(_line(each, at, read) for at, each in enumerate(top.get("lines", ()), 1)),
        repair={key: read.one_of(repair, key, choices, "repair") for key, choices in REPAIRS.items()},
        sliver_m2=read.at_least(repair, "sliver_m2", 1.0, "repair"),
        overlap_m2=read.at_least(repair, "overlap_m2", 1.0, "repair"),
        merge_by=tuple(merge.get("by", ())),
        min_ha=read.at_least(merge, "min_ha", 0.0, "merge"),
        splits=tuple(_split(each, at, read) for at, each in enumerate(top.get("split", ()), 1)),
        gap_m=read.at_least(adjacency, "gap_m", 0.0, "adjacency") if "adjacency" in top else None,
    )


class _Keys(Reader):
    """Takes keys of a mapping file by their kinds."""

    def known(self, values: Any, table: str, path: str) -> dict[str, Any]:
        """The keys of a table that are known and of their kind."""
        if not isinstance(values, Mapping):
            self.wrong(path, rule("settings.table", key=path, path=path), values)
            return {}
        kinds, out = KEYS[table], {}
        for key, value in values.items():
            full = f"{path}.{key}" if path else str(key)
            if key not in kinds:
                must, found = rule("import.key"), say("unknown key {key!r}", key=key)
                self.wrong(full, must, found, meant(str(key), kinds, must.do))
            elif (taken := _of_kind(value, kinds[key])) is None:
                self.wrong(full, rule(f"import.kind-{SAID.get(kinds[key], kinds[key])}", key=str(key)), value)
            else:
                out[str(key)] = taken
        return out

    def one_of(self, values: Mapping[str, Any], key: str, choices: tuple[str, ...], path: str) -> str:
        value = str(values.get(key, choices[0]))
        if value not in choices:
            must = rule("import.choice", column=key, choices=choice(choices))
            self.wrong(f"{path}.{key}", must, value, meant(value, choices, must.do))
            return choices[0]
        return value

    def at_least(self, values: Mapping[str, Any], key: str, default: float, path: str, high: float = 1e15) -> float:
        return self.number(values, key, default, f"{path}.{key}", low=0.0, high=high)


def _of_kind(value: Any, kind: str) -> Any:
    """A value if it is of a kind, else None."""
    if kind == "text":
        return value.strip() or None if isinstance(value, str) else None
    if kind == "cell":
        return as_text(value) if isinstance(value, str | bool | int | float) else None
    if kind == "number":
        return float(value) if _is_number(value) else None
    if kind == "table":
        return value if isinstance(value, Mapping) else None
    if kind == "cells":
        held = value if isinstance(value, Mapping) else {"": []}
        good = all(isinstance(each, str | bool | int | float) for each in held.values())
        return {str(key).strip(): as_text(each) for key, each in held.items()} if good else None
    if not isinstance(value, list | tuple):
        return None
    if kind == "texts":
        return tuple(value) if all(isinstance(each, str) for each in value) else None
    if kind == "numbers":
        rising = all(map(_is_number, value)) and list(value) == sorted(set(value))
        return tuple(map(float, value)) if value and rising else None
    if kind == "cases":
        good = all(isinstance(each, Mapping) and {*each} == {"where", "value"} for each in value)
        return tuple((str(each["where"]), as_text(each["value"])) for each in value) if good and value else None
    return tuple(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST


def _ref(values: Mapping[str, Any], path: str, read: _Keys) -> LayerRef:
    ref = LayerRef(**{key: values[key] for key in _LAYER if key in values})
    _condition(ref.where, f"{path}.where", read)
    return ref


def _tables(values: Mapping[str, Any], read: _Keys) -> dict[str, str]:
    out = {}
    for name, file in values.items():
        table = BY_NAME.get(str(name))
        if table is None or name == "parcels":
            must = rule("import.tables")
            do = meant(str(name), [each for each in BY_NAME if each != "parcels"], must.do)
            read.wrong(f"tables.{name}", must, say("no table {name!r}", name=str(name)), do)
        elif not isinstance(file, str) or not file.strip():
            read.wrong(f"tables.{name}", rule("import.tables-file", key=str(name)), file)
        else:
            out[str(name)] = file
    return out


def _columns(values: Mapping[str, Any], wanted: bool, read: _Keys) -> dict[str, Rule]:
    out = {}
    for name, given in values.items():
        path = f"parcels.columns.{name}"
        if _known_column(str(name), path, read):
            out[str(name)] = _rule({"field": given} if isinstance(given, str) else given, "columns", path, read)
    for column in PARCELS.columns:
        if wanted and column.required and column.name not in values:
            must = rule("import.required", column=column.name, key=column.name)
            read.wrong("parcels.columns", must, say("no {key}", key=column.name))
    return out


def _known_column(name: str, path: str, read: _Keys) -> bool:
    known = [column.name for column in PARCELS.columns]
    if name in known or (name.startswith("x_") and len(name) > 2):
        return True
    must = rule("import.column")
    read.wrong(path, must, name, meant(name, known, must.do))
    return False


def _rule(values: Any, table: str, path: str, read: _Keys) -> Rule:
    """The rule of a column, and whether its parts go together."""
    taken = read.known(values, table, path)
    named = {{"values": "listed"}.get(key, key): taken[key] for key in _RULE if key in taken}
    how = Rule(**named | {"width": int(taken.get("width", 0))}, path=path)
    sources = [name for name in ("field", "value", "cases") if taken.get(name) is not None]
    if len(sources) != 1 and isinstance(values, Mapping):
        read.wrong(path, rule("import.one-of"), choice(sources) if sources else say("none of them"))
    if how.unit and how.unit not in AREA_UNITS:
        read.wrong(f"{path}.unit", rule("import.unit", column="unit", choices=choice(list(AREA_UNITS))), how.unit)
    if empty := [key for key, value in (how.listed or {}).items() if not value]:
        found = say("nothing for {keys}", keys=some(map(repr, empty)))
        read.wrong(f"{path}.values", rule("import.values-blank"), found)
    for condition, _ in how.cases:
        _condition(condition, f"{path}.cases", read)
    return how


def _condition(text: str, path: str, read: _Keys) -> None:
    for part in filter(str.strip, text.split(";")):
        if not COMPARED.fullmatch(part):
            read.wrong(path, rule("import.condition"), part.strip())


def _line(values: Any, at: int, read: _Keys) -> Line:
    path = f"lines.{at}"
    taken = read.known(values, "lines", path)
    column, share = str(taken.get("column", "")), str(taken.get("share", ""))
    if not column and not share:
        read.wrong(path, rule("import.line-column"), say("no {key}", key="column"))
    if column in ("parcel_id", "area_ha"):
        must = rule("import.line-other", columns=choice(["parcel_id", "area_ha"]))
        read.wrong(f"{path}.column", must, column)
    elif column:
        _known_column(column, f"{path}.column", read)
    if share and not share.startswith("x_"):
        read.wrong(f"{path}.share", rule("import.share"), share)
    given = {key: value for key, value in taken.items() if key in _RULE}
    how = _rule(given or {"value": "1"}, "columns", path, read)
    usual = 0.5 if column in (*LINE_COLUMNS, "tags") or not column else 0.0
    threshold = read.at_least(taken, "threshold", usual, path, high=1.0)
    return Line(_ref(taken, path, read), column, how, threshold, share, path)


def _split(values: Any, at: int, read: _Keys) -> Split:
    path = f"split.{at}"
    taken = read.known(values, "split", path)
    return Split(_ref(taken, path, read), read.at_least(taken, "min_m2", 10.0, path), path)
