"""Whether a sentence is Chinese: it holds Chinese, and no English but names.

Names are what stands in quotes, the words of the study format (tables, columns, values, keys), and those of the study
at hand: its codes, files and periods. What another program has said is quoted as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

import pandas as pd

from zonevest.instances.accounts import PREFIXES
from zonevest.instances.checks_limits import BASES
from zonevest.instances.finance import Equity, Finance
from zonevest.instances.importing.mapping import KEYS as MAPPING_KEYS
from zonevest.instances.read import bundled
from zonevest.instances.say import translate, translated
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, CLASS_GROUPS, FAMILIES, LINES, RESOURCES, TABLES
from zonevest.instances.settings import KEYS, METHODS, RESERVED, RESERVED_NAMES, TERMS
from zonevest.instances.study import Objective, Period, Rates, Settings

PLAN = re.findall(
    r"\S+",
    """
    hold outside geometry true false total measure zonevest plan start study
    status optimal feasible interrupted infeasible no_plan bound gap slack study_hash
    lost gained new converted rezoned blank inf dict list str
    Marxan cn-survey
    CSV EOD EPSG GBK GeoPackage GeoTIFF HiGHS rasterio TOML UTF JSON UTM WGS Pseudo-Mercator
    """,
)
"""Words of plans, of files and of Python."""
FORMAT = {
    *(name for table in TABLES for name in (table.name, *(column.name for column in table.columns))),
    *(choice for table in TABLES for column in table.columns for choice in column.choices),
    *(each.name for kind in (Equity, Finance, Objective, Period, Rates, Settings) for each in fields(kind)),
    *(word for name in BUILT_IN_ACCOUNTS for word in name.split(".")),
    *(*KEYS, *METHODS, *RESERVED, *RESERVED_NAMES, *TERMS, *CLASS_GROUPS, *FAMILIES, *LINES, *RESOURCES),
    *PLAN,
    *("created", "captured", "left", "dividends", "fees", "taxes", "concession", "compensation", "place", "net"),
    *(key for keys in MAPPING_KEYS.values() for key in keys),
    *(*BASES, *PREFIXES, *("en", "zh", "cn", "auto", "mip", "prices", "all"), *bundled()),
}  # fmt: skip
"""Words that are the same in every language."""
NAMED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|<[^>]*>|(?<!\w)/[^\s，：]+")
FOREIGN = re.compile(r"（程序原文）.*", re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
"""A Chinese character."""


def english_in(text: str, names: Iterable[str] = ()) -> list[str]:
    """The English words of a sentence that are no names."""
    known = FORMAT | set(names)
    words = re.findall(r"[0-9A-Za-z.-][A-Za-z0-9_.-]*", NAMED.sub(" ", FOREIGN.sub("", text)))
    # a number, and what holds a digit, an underscore, a dot or begins with a dash is a code, a file or an option
    return [word for word in words if len(word) > 1 and word not in known and not re.search(r"[\d_]|\.\w|^-", word)]


def is_chinese(said: str, names: Iterable[str] = ()) -> bool:
    """Whether a sentence that is to be shown is Chinese in Chinese; one without any words is numbers and names."""
    text = translate(said, "zh")
    return not english_in(text, names) and bool(CHINESE.search(text) or not english_in(said, names))


def check_faults(faults: pd.DataFrame, names: Iterable[str]) -> None:
    """Every fault is told in Chinese."""
    # a file is named first, by a path that may be anything
    names = {*names, *(word for where in faults["where"] for word in re.findall(r"[\w.-]+", where.partition(",")[0]))}
    for row in translated(faults, "zh").to_dict("records"):
        assert CHINESE.search(row["must"]), row
        assert CHINESE.search(row["do"]), row
        for part in ("where", "must", "found", "do"):
            assert not english_in(row[part], names), (part, row, english_in(row[part], names))


def check_breaches(breaches: pd.DataFrame, names: Iterable[str]) -> None:
    """Every breach is told in Chinese; what must hold may be a plain number or a name."""
    names = set(names)
    for row in breaches.to_dict("records"):
        for part in ("where", "must", "found"):
            assert is_chinese(row[part], names), (part, row, translate(row[part], "zh"))
        assert translate(row["must"], "zh") != row["must"] or row["rule"] == "figure" or "class" in row["rule"], row


def names_in(folder: Path) -> set[str]:
    """The words of a study folder's files and their names, its title left out."""
    names: set[str] = set()
    for path in folder.rglob("*"):
        names |= set(re.findall(r"\w+", path.name))
        if path.suffix in (".csv", ".toml"):
            text = re.sub(r"(?m)^title = .*$", "", path.read_text(encoding="utf-8", errors="replace"))
            names |= set(re.findall(r"\w+", text))
    return names


def names_of(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """The words in the cells of tables."""
    cells = (str(cell) for table in tables.values() for cell in table.to_numpy(dtype=object).ravel())
    return {word for cell in cells for word in re.findall(r"\w+", cell)}
