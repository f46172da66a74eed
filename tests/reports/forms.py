"""Readers of the report's forms, written apart from what writes them: tables of the page and of the workbook."""

from __future__ import annotations

import math
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from zonevest.model.plan import PlanData
from zonevest.reports.contents import NUMBERS, Column, Sheet
from zonevest.reports.facts import Facts
from zonevest.reports.forms import Made, made
from zonevest.reports.page import page
from zonevest.reports.tables import completed


class Drawn:
    """A plan that no test changes, and its page in either language, each drawn once (as `page.render` does)."""

    def __init__(self, plan: PlanData) -> None:
        self.plan = plan
        self._pages: dict[str, str] = {}

    @cached_property
    def facts(self) -> Facts:
        return Facts(completed(self.plan))

    @cached_property
    def tables(self) -> list[Made]:
        return made(self.facts)

    def page(self, lang: str = "en") -> str:
        if lang not in self._pages:
            self._pages[lang] = page(self.facts, self.tables, lang)
        return self._pages[lang]

    def written(self, folder: Path, lang: str = "en") -> Path:
        """The page as a file in a folder."""
        path = folder / "report.html"
        path.write_text(self.page(lang), encoding="utf-8", newline="\n")
        return path


def odd_sheets() -> tuple[Sheet, ...]:
    """Tables with every kind of column, and with the numbers and names that are easily lost."""
    wide = pd.DataFrame(
        {
            "account": ["100", "300", "", "410"],
            "jurisdiction": ["north", "south", "total", "north"],
            "period": ["2026", "2027-2030", "total", "2031-2035"],
            "state": ["holds", "binding", "gives", "broken"],
            "category": ['="1+1"', '<b id="evil2">x</b>, "y"', "a\nb", ""],
            "built": [True, False, True, False],
            "value": [1 / 3, -1e-9, np.nan, 123456789.12345678],
            "capex": [0.1 + 0.2, -0.0, 5e6, 7.0],
            "slack": [0.5, -0.25, np.nan, 1.75],
            "from_year": [2026.0, 2027.5, np.nan, 2031.0],
            "nothing": [1, 22, 333, 4444444],
            "bound": [np.inf, 1e-12, 0.0, 42.0],
            "unit": ["ha", "million/year", "people", "m"],
        }
    )
    columns = (
        Column("account", "zone"), Column("jurisdiction", "jurisdiction"), Column("period", "period"),
        Column("state", "word:limit_state_"), Column("category", "text"), Column("built", "yes"),
        Column("value", unit="million"), Column("capex", unit="ha", total=True), Column("slack", "share"),
        Column("from_year", "year"), Column("nothing", "count", total=True), Column("bound", unit="@unit"),
        Column("unit", "unit"),
    )  # fmt: skip
    return (
        Sheet("schedule", "projects", lambda _: wide, columns),
        Sheet("limit_rows", "limits", lambda _: wide.iloc[:0], columns),
    )


def long_frame(rows: int) -> pd.DataFrame:
    """Rows as a table of parcels has them."""
    chance = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "project": [f"P{place:06d}" for place in range(rows)],
            "account": chance.choice(["100", "300", "410"], rows),
            "value": chance.normal(0, 1e3, rows),
            "capex": chance.uniform(0, 9, rows),
        }
    )


def long_sheet(rows: int, key: str = "ledger") -> Sheet:
    """A table of that many rows."""

    def make(_: Facts) -> pd.DataFrame:
        return long_frame(rows)

    columns = (Column("project", "text"), Column("account", "zone"), Column("value", unit="million"), Column("capex"))
    return Sheet(key, "limits", make, columns)


class Tables(HTMLParser):
    """The tables of a page by key, those in the waiting language apart: heads, rows and the row of totals."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[tuple[bool, str], dict[str, list[Any]]] = {}
        self.waiting = False
        self.table: dict[str, list[Any]] | None = None
        self.part = ""
        self.cell: list[str] | None = None
        self.value: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "template":
            self.waiting = True
        elif tag == "table" and "data-key" in given:
            # a table of several pages stands in several parts
            new: dict[str, list[Any]] = {"thead": [], "tbody": [], "tfoot": []}
            self.table = self.found.setdefault((self.waiting, str(given["data-key"])), new)
        elif self.table is not None and tag in ("thead", "tbody", "tfoot"):
            self.part = tag
        elif self.table is not None and tag == "tr":
            self.table[self.part].append([])
        elif self.table is not None and tag in ("td", "th"):
            self.cell, self.value = [], given.get("data-v", given.get("data-c"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.waiting = False
        elif tag == "table":
            self.table = None
        elif self.table is not None and tag in ("td", "th"):
            assert self.cell is not None
            self.table[self.part][-1].append(("".join(self.cell), self.value))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


def tables_of_page(html: str) -> dict[tuple[bool, str], dict[str, list[Any]]]:
    """Every generic table of a page: (in the waiting language, key) -> parts -> rows -> (text, value)."""
    reader = Tables()
    reader.feed(html)
    return reader.found


def rows_of(html: str, key: str) -> list[list[str]]:
    """What a reader sees in the rows of a table, in the language that is shown."""
    return [[text for text, _ in row] for row in tables_of_page(html)[False, key]["tbody"]]


def number_in(cell: tuple[str, str | None]) -> float:
    """The number of a cell: what it carries, else what it says."""
    text, value = cell
    if value is not None:
        return float(value)
    return math.nan if text == "–" else float(text.replace(",", "").replace("−", "-"))


def says(text: str, value: float) -> bool:
    """Whether a text is a number as far as its digits go: ``1,234.5``, ``12 %``, ``<0.01``, ``−∞``; a dash for none."""
    if math.isnan(value):
        return text == "–"
    plain = text.replace(",", "").replace("−", "-").replace("\u00a0", "")
    if plain.endswith("%"):
        plain, value = plain[:-1], 100.0 * value
    if "∞" in plain:
        return math.isinf(value) and plain.startswith("-") == (value < 0)
    if "<" in plain:
        least = float(plain.replace("-", "").replace("<", ""))
        return 0 < abs(value) < least
    step = 10.0 ** -len(plain.partition(".")[2])
    # a share is cut to a few digits; a number without a point may have been rounded to a thousandth of itself
    near = 0.5 * step * (1 + 1e-9) + 1e-12 * abs(value)
    return abs(float(plain) - value) <= near


def code_in(cell: tuple[str, str | None]) -> str:
    """The code of a cell: what it carries, else what it says."""
    return cell[0] if cell[1] is None else cell[1]


def codes(values: pd.Series) -> list[str]:
    """Codes of a column as a page has them."""
    return values.fillna("").astype(str).tolist() if values.dtype != bool else values.astype(str).tolist()


def same_numbers(found: list[float], wanted: pd.Series, relative: float = 0.0) -> bool:
    """Whether numbers are those of a column, nothing where it has nothing."""
    given = wanted.to_numpy(dtype=float, na_value=math.nan)
    return bool(np.allclose(found, given, rtol=relative, atol=0.0, equal_nan=True))


def is_number(column: Column) -> bool:
    """Whether a column holds numbers."""
    return column.kind in NUMBERS


class Book:
    """A workbook as read back: with formulas, and with the values that are written beside them."""

    def __init__(self, path: Path) -> None:
        self.formulas = openpyxl.load_workbook(path)
        self.shown = openpyxl.load_workbook(path, data_only=True)

    def sheet_of(self, title: str) -> str:
        """The name of the sheet whose first cell is a title."""
        return next(name for name in self.shown.sheetnames if self.shown[name].cell(1, 1).value == title)
