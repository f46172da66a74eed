"""The names of tables, columns, values and units in Chinese, and what columns mean: one table, ``names.csv``.

A line is a name: of a table, of a column (of one table, or of every one that has it), of a value of a closed list (of
the columns named), of a flag, or of a unit. Where several names stand in a cell, parted by ``|``, all are read and the
first is written. What has no line goes by its own name, so that a new column can be read and written at once.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zonevest.instances.schema import TABLES, Column, Table

STUDY = "study"
"""The sheet of a workbook that stands for study.toml."""
DROP = "drop"
"""The column that takes a default row away."""
UNIT = re.compile(r"(?P<name>.+?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]")
"""A header with a unit: ``面积(公顷)``."""


@dataclass(frozen=True)
class Name:
    """What something is called in Chinese, the first of `zh` on top; unit and meaning are of columns."""

    zh: tuple[str, ...]
    unit: str = ""
    means: str = ""
    means_zh: str = ""


@cache
def _lines() -> Mapping[tuple[str, str, str], Name]:
    with Path(__file__).with_name("names.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["kind"], of, row["name"]): Name(
                tuple(row["zh"].split("|")), row["unit"], row["means"], row["means_zh"]
            )
            for row in csv.DictReader(file)
            for of in row["of"].split("|")
        }


def of_table(table: str) -> Name:
    """The names of a table, or of the sheet of settings."""
    return _lines().get(("table", "", table)) or Name((table,))


def of_column(table: str, column: str) -> Name:
    """The names of a column of a table."""
    lines = _lines()
    return lines.get(("column", table, column)) or lines.get(("column", "", column)) or Name((column,))


@cache
def of_value(column: str, value: str) -> Name:
    """The names of a value of a column's closed list; of a column that has none, what others call that value."""
    lines = _lines()
    known = lines.get(("value", column, value))
    others = (name for (kind, _, code), name in lines.items() if kind == "value" and code == value)
    return known or next(others, Name((value,)))


def unit(code: str, lang: str) -> str:
    """A unit in a language."""
    name = _lines().get(("unit", "", code))
    return code if lang == "en" or name is None else name.zh[0]


@cache
def flags() -> Mapping[str, str]:
    """The words for a flag -> 0 or 1."""
    return {word: code for (kind, _, code), name in _lines().items() if kind == "flag" for word in name.zh}


def flag(value: bool) -> str:
    """The word for a flag."""
    return _lines()["flag", "", "1" if value else "0"].zh[0]


def plain(word: str) -> str:
    """A word with neither the full width nor the spaces of a Chinese keyboard."""
    return unicodedata.normalize("NFKC", word).strip()


@cache
def tables() -> Mapping[str, str]:
    """Every name of a table, its own and the Chinese ones -> the table; the sheet of settings too."""
    known = [*(table.name for table in TABLES), STUDY]
    return {word: code for code in known for word in (code, *map(plain, of_table(code).zh))}


@cache
def columns(table: str) -> Mapping[str, tuple[str, ...]]:
    """Every name of a column of a table -> the columns that it may mean (more than one: it says too little)."""
    known = [*(column.name for each in TABLES if each.name == table for column in each.columns), DROP]
    out: dict[str, tuple[str, ...]] = {}
    for code in ("key", "value") if table == STUDY else known:
        for word in (code, *map(plain, of_column(table, code).zh)):
            out[word] = (*out.get(word, ()), *({code} - set(out.get(word, ()))))
    return out


def column_of(table: str, header: str) -> str:
    """The column that a header means, ``""`` where it is not known or says too little.

    A unit in brackets has to be the one that the column has.
    """
    known, word = columns(table), plain(header)
    found = known.get(word, ())
    if not found and (parts := UNIT.fullmatch(word)):
        found = known.get(parts["name"].strip(), ())
        has = of_column(table, found[0]).unit if len(found) == 1 else ""
        if not has or parts["unit"].strip() not in (has, plain(unit(has, "zh"))):
            return ""
    return found[0] if len(found) == 1 else ""


def may_mean(table: str, header: str) -> list[str]:
    """The columns that an unknown header may mean, by the words that it shares with their names."""
    word = plain(header)
    bare = parts["name"].strip() if (parts := UNIT.fullmatch(word)) else word
    known = columns(table)
    if bare in known:
        return list(known[bare])
    if bare.isascii() or len(bare) < 2:
        return []
    near = (codes for name, codes in known.items() if not name.isascii() and (bare in name or name in bare))
    return list(dict.fromkeys(code for codes in near for code in codes))


@cache
def _values(column: Column) -> Mapping[str, str]:
    return {plain(word): code for code in column.choices for word in of_value(column.name, code).zh}


def value_of(column: Column, word: str) -> str:
    """The value that a word means in a column with a closed list; the word itself where it is not known."""
    return word if word in column.choices else _values(column).get(plain(word), word)


def said_values(column: Column) -> Sequence[str]:
    """The words that a column with a closed list takes, but for short forms like ``=``: what is told to be meant."""
    return [*column.choices, *(word for word in _values(column) if not word.isascii())]


def header(table: Table, column: str, lang: str) -> str:
    """What a column is headed in a language; the user's own columns keep their names."""
    return column if lang == "en" or column.startswith("x_") else of_column(table.name, column).zh[0]


def shown(column: Column, value: str, lang: str) -> str:
    """A value of a closed list in a language."""
    return value if lang == "en" or value not in column.choices else of_value(column.name, value).zh[0]


def spoken(column: Column | None, cells: Sequence[Any], lang: str) -> Sequence[Any]:
    """The cells of a column in a language: flags, and values of closed lists, are words in Chinese."""
    if lang == "en" or column is None or not (column.kind == "flag" or column.choices):
        return cells
    if column.kind == "flag":
        return [each if each == "" else flag(each) for each in cells]
    words = {cell: each_item(cell, lambda word: shown(column, word, lang)) for cell in set(cells)}
    return [words[cell] for cell in cells]


def each_item(cell: str, other: Callable[[str], str]) -> str:
    """A list cell with other items, its blanks where they were."""
    if ";" not in cell:
        return other(cell)
    return ";".join(part.replace(word, other(word), 1) if (word := part.strip()) else part for part in cell.split(";"))
