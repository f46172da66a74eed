"""The tables of a report: what each is called, how its columns read, and where it stands.

A table is a function from `Facts` to a frame of codes and plain numbers. Every form of the report (page, workbook, CSV,
parquet) shows the same frames by the same columns, so that they cannot differ. Its words are in ``labels.csv``:
``table_<key>`` is the title, ``about_<key>`` the note below it (what it is, on what basis), ``col_<column>`` the head
of a column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.facts import Facts

SECTIONS: Final = (
    "overview", "land", "value", "distribution", "balance", "circulation", "finance", "projects", "statutory",
    "limits", "assumptions",
)  # fmt: skip
"""Parts of the report, in the order in which they are read; ``section_<name>`` is the title."""
CODES: Final = (
    "zone", "land_class", "practice", "jurisdiction", "project", "instrument", "actor", "budget", "account",
    "money_item", "period", "unit", "limit", "quota", "row_key",
)  # fmt: skip
"""Kinds of columns whose cells are codes: the function of `Display` that names them."""
HIDDEN: Final = "hidden"
"""The kind of columns that are in files only."""
NUMBERS: Final = ("number", "share", "count", "year")
"""Kinds of columns of numbers; a share is shown as per cent."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : its name in the frame.
    kind : one of `CODES` (a code to be named), one of `NUMBERS`, ``text`` (shown as it is), ``sentence`` (said in the
        reader's language), ``yes`` (a bool), or
        ``word:<prefix>`` (a code whose label is ``<prefix><code>``), or ``@name``: one of these, which stands in that
        column of the frame (blank: ``text``), or ``hidden``: what such a column reads, in files only.
    unit : of a number: ``ha``, ``million``, ``million/year`` ..., or ``@name``: it stands in that column of the frame.
    total : the column adds up downwards; the workbook writes a formula below it.
    head : blank: the label ``col_<name>``; else the name is a code of that kind (one of `CODES`), as in a matrix.
    """

    name: str
    kind: str = "number"
    unit: str = ""
    total: bool = False
    head: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table of the report.

    Attributes
    ----------
    key : its name: of the file, the sheet's anchor and its labels.
    section : one of `SECTIONS`.
    make : works it out; an empty frame (with its columns) is left out and named as empty.
    columns : what is shown, in this order; the frame holds exactly these, and those that `more` stands for.
    more : of a matrix: what every further column of the frame is; its `head` says of which codes they are.
    pages : the column of which every value has a page of its own, rows of one beside each other.
    always : it is of the study alone, and there without a plan too.
    """

    key: str
    section: str
    make: Callable[[Facts], pd.DataFrame]
    columns: tuple[Column, ...]
    more: Column | None = None
    pages: str = ""
    always: bool = False

    def shown(self, frame: pd.DataFrame) -> tuple[Column, ...]:
        """The columns of a frame of this table, those of a matrix included."""
        if self.more is None:
            return self.columns
        known = {column.name: column for column in self.columns}
        return tuple(known.get(name, replace(self.more, name=name)) for name in frame.columns)


TOPICS: Final = (
    "listed",
    "indicators",
    "land_tables",
    "quota_tables",
    "farmland",
    "rezoned",
    "programme",
    "project_tables",
    "bonds",
    "fiscal",
    "assumptions",
    "capture_tables",
    "waterfall",
    "gains",
    "equity",
    "parcel_gains",
    "compensation",
    "scorecard",
    "balance_sheet",
    "natural",
    "cash_tables",
    "losing",
    "circulation",
)
"""Modules of this package that hold tables, each a tuple `SHEETS`; within a section tables stand in this order."""


def sheets() -> tuple[Sheet, ...]:
    """Every table of the report, in the order of `SECTIONS`."""
    found = (sheet for topic in TOPICS for sheet in import_module(f"zonevest.reports.{topic}").SHEETS)
    return tuple(sorted(found, key=lambda sheet: SECTIONS.index(sheet.section)))
