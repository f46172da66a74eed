"""The tables of a report: what each is called, how its columns read, and where it stands.

A table is a function from `Facts` to a frame of codes and plain numbers. Every form of the report (page, workbook, CSV,
parquet) shows the same frames by the same columns, so that they cannot differ. Its words are in ``labels.csv``:
``table_<key>`` is the title, ``about_<key>`` the note below it (what it is, on what basis), ``col_<column>`` the head
of a column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    "money_item", "period", "unit", "limit",
)  # fmt: skip
"""Kinds of columns whose cells are codes: the function of `Display` that names them."""
NUMBERS: Final = ("number", "share", "count", "year")
"""Kinds of columns of numbers; a share is shown as per cent."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : its name in the frame.
    kind : one of `CODES` (a code to be named), one of `NUMBERS`, ``text`` (shown as it is), ``yes`` (a bool), or
        ``word:<prefix>`` (a code whose label is ``<prefix><code>``).
    unit : of a number: ``ha``, ``million``, ``million/year`` ..., or ``@name``: it stands in that column of the frame.
    total : the column adds up downwards; the workbook writes a formula below it.
    """

    name: str
    kind: str = "number"
    unit: str = ""
    total: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table of the report.

    Attributes
    ----------
    key : its name: of the file, the sheet's anchor and its labels.
    section : one of `SECTIONS`.
    make : works it out; an empty frame (with its columns) is left out and named as empty.
    columns : what is shown, in this order; the frame holds exactly these.
    """

    key: str
    section: str
    make: Callable[[Facts], pd.DataFrame]
    columns: tuple[Column, ...]


def sheets() -> tuple[Sheet, ...]:
    """Every table of the report, in the order of `SECTIONS`."""
    from zonevest.reports import capture_tables, listed  # modules of tables name `Sheet`

    found: tuple[Sheet, ...] = (
        *capture_tables.SHEETS,
        *listed.SHEETS,
    )  # fmt: skip
    return tuple(sorted(found, key=lambda sheet: SECTIONS.index(sheet.section)))
