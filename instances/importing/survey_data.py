"""What the preset `cn-survey` knows, as data: layers and fields, codes, and the mapping that it starts from."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zonevest.instances.defaults import default
from zonevest.instances.faults import Faults, choice, meant, within
from zonevest.instances.rules import rule
from zonevest.instances.say import say

HERE = Path(__file__).parent
LAYERS_FILE, CODES_FILE, MAPPING_FILE = (HERE / f"cn_survey{end}" for end in ("_layers.csv", "_codes.csv", ".toml"))
PARCELS_LAYER = "DLTB"
DIGITS = (6, 9, 12)
"""Digits of a ZLDWDM that are a county, a town and a village."""
ENCLAVES = ("keep", "drop")
NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Official:
    """An official layer (`field` is ``""``) or a field of one.

    Attributes
    ----------
    aliases : other names of it, the Chinese one first.
    """

    layer: str
    field: str
    zh: str
    aliases: tuple[str, ...]
    required: bool

    @property
    def label(self) -> str:
        """How a reader knows it: ``DLBM (地类编码)``."""
        return f"{self.field or self.layer} ({self.zh})"


@dataclass(frozen=True)
class Options:
    """The keys of [survey] in a mapping file; cn_survey.toml says what each is."""

    digits: int
    area_tolerance: float
    enclaves: str
    crs: str
    layers: Mapping[str, str]
    threshold: Mapping[str, float]
    codes: Mapping[str, Mapping[str, str]]


@cache
def officials() -> tuple[Official, ...]:
    """Every layer and field that is read, a layer before its fields."""
    with LAYERS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Official(
                row["layer"],
                row["field"],
                row["zh"],
                (row["zh"], *filter(None, row["aliases"].split(";"))),
                row["need"] == "required",
            )
            for row in csv.DictReader(file)
        )


def layers() -> tuple[Official, ...]:
    """The official layers."""
    return tuple(each for each in officials() if not each.field)


def fields_of(layer: str) -> tuple[Official, ...]:
    """The fields of an official layer that are read."""
    return tuple(each for each in officials() if each.layer == layer and each.field)


@cache
def codes() -> Mapping[str, Mapping[str, str]]:
    """What codes become, by field (``CZKFBJ.GHFQDM`` where a field means another thing in each layer)."""
    return _codes("code")


@cache
def code_names() -> Mapping[str, Mapping[str, str]]:
    """What the Chinese names of codes become, by field."""
    return _codes("zh")


def _codes(key: str) -> Mapping[str, Mapping[str, str]]:
    out: dict[str, dict[str, str]] = {}
    with CODES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            out.setdefault(row["field"], {}).setdefault(row[key], row["value"])
    return out


def preset_mapping(own: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping of the preset with the keys of the user's mapping file in the place of its own."""
    return _merged(tomllib.loads(MAPPING_FILE.read_text(encoding="utf-8")), own)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = _merged(out[key], value) if both else value
    return out


def parse_options(values: Any, label: str, faults: Faults) -> Options:
    """Check the keys of [survey]."""
    known = tomllib.loads(MAPPING_FILE.read_text(encoding="utf-8"))["survey"]
    given: dict[str, Any] = dict(known)
    if not isinstance(values, Mapping):
        faults.add(within(label, "survey"), rule("settings.table", key="survey", path="survey"), repr(values))
        values = {}
    for key, value in values.items():
        where = within(label, f"survey.{key}")
        if key not in known:
            must, found = rule("survey.key"), say("unknown key {key!r}", key=key)
            faults.add(where, must, found, meant(str(key), known, must.do))
        elif not isinstance(value, _kinds(known[key])) or isinstance(value, bool):
            faults.add(where, rule("survey.kind", key=key, example=known[key]), repr(value))
        else:
            given[key] = value
    digits, enclaves = given["jurisdiction_digits"], given["enclaves"]
    if digits not in DIGITS:
        must = rule("survey.digits", choices=choice([*map(str, DIGITS)]))
        faults.add(within(label, "survey.jurisdiction_digits"), must, str(digits))
    if enclaves not in ENCLAVES:
        must = rule("import.choice", column="enclaves", choices=choice([*map(repr, ENCLAVES)]))
        faults.add(within(label, "survey.enclaves"), must, enclaves)
    names = [each.layer for each in layers()]
    for table in ("layers", "threshold"):
        for name in given[table]:
            if name not in names:
                must = rule("survey.official", table=table, fields=", ".join(names))
                faults.add(within(label, f"survey.{table}.{name}"), must, repr(name), meant(str(name), names, must.do))
    for name, table_ in given["codes"].items():
        if name not in codes() or not isinstance(table_, Mapping):
            must = rule("survey.codes", fields=", ".join(codes()))
            faults.add(within(label, f"survey.codes.{name}"), must, repr(name), meant(str(name), codes(), must.do))
    own = {name: _text_table(table_) for name, table_ in given["codes"].items() if isinstance(table_, Mapping)}
    for name, table_ in own.items():
        _check_values(name, table_, label, faults)
    merged = {name: {**table_, **own.get(name, {})} for name, table_ in codes().items()}
    return Options(
        int(digits),
        float(given["area_tolerance"]),
        str(enclaves),
        str(given["crs"]),
        _text_table(given["layers"]),
        given["threshold"],
        merged,
    )


def _check_values(name: str, own: Mapping[str, str], label: str, faults: Faults) -> None:
    """See that further codes lead to something that there is."""
    known = {"DLBM": ("land_classes", "land_class"), "GHFQ.GHFQDM": ("zones", "zone")}
    for code, value in own.items():
        if name in known:
            table, column = known[name]
            good = value in default(table).text(column)
        else:
            good = bool(NUMBER.fullmatch(value)) if name == "GDDB" else value in codes().get(name, {}).values()
        if not good and name in codes():
            must = rule("survey.value")
            do = meant(value, dict.fromkeys(codes()[name].values()), must.do)
            faults.add(within(label, f"survey.codes.{name}.{code or chr(34) * 2}"), must, repr(value), do)


def _kinds(example: Any) -> tuple[type, ...]:
    """The types that a value of the kind of an example may have."""
    if isinstance(example, Mapping):
        return (Mapping,)
    return (int, float) if isinstance(example, float) else (type(example),)


def _text_table(values: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}
