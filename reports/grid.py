"""A table of the report as the page shows it: heads, cells in words and figures, and beside each what it stands for.

A cell carries its code or its whole number (``data-v``) where its text does not say it, so that sorting, the download
and whoever reads the page by program have the frame's values.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup, escape

from zonevest.reports.contents import Column
from zonevest.reports.display import DASH, MINUS, number, percent, places, year
from zonevest.reports.forms import FOLDER, Made, coded, in_words, is_number
from zonevest.reports.workbook import name_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from zonevest.reports.display import Display

Part = dict[str, Any]
Cell = tuple[str, "str | None"]

ROWS: Final = 2000
"""Rows of a table that the page carries at most."""
CELLS: Final = 70_000
"""Cells that all tables may have together in each language: more are slow to scroll."""
BYTES: Final = 120
"""What a cell takes in both languages."""
FEW: Final = 30
"""Rows of a table that the page carries at least; more of them are left out in print."""
LONG: Final = 45
"""Letters of a text from which on its column is broad."""
LIT: Final = ("word:grade_", "word:limit_state_")
"""Kinds of columns whose cells have a light before them."""
FOLDED: Final = 20
"""Rows from which on a table shows its first ones only, until it is unfolded or searched."""
WIDE: Final = {15: "lying tiny", 13: "lying small", 8: "lying"}
"""How a table of more columns is printed: on a sheet of paper that lies, in smaller letters."""


def rows_shown(tables: list[Made], room: int) -> int:
    """Rows that a table may have in the page, so that all of them together stay within `CELLS` and `room` bytes."""
    caps = np.arange(FEW, ROWS + 1)
    cells = np.zeros(len(caps), dtype=np.int64)
    for table in tables:
        # what has pages of its own is there in full: as many as things that planners name one by one
        cells += len(table.columns) * (len(table.frame) if table.sheet.pages else np.minimum(len(table.frame), caps))
    # all grow together from the first rows on, which every table has
    return int(caps[cells <= min(CELLS, room // BYTES)].max(initial=FEW))


def grids(table: Made, displays: Sequence[Display], most: int) -> list[Part]:
    """A table as rows of cells, no more than `most` of them, with its words: once for each language."""
    frame, columns, paged = table.frame, table.columns, table.sheet.pages
    head = frame if paged else frame.iloc[:most]
    summed = len(frame) > 1 and any(column.total for column in columns)
    decimals = [_decimals(column, frame[column.name]) if is_number(column) else None for column in columns]
    # numbers read the same in every language
    figures = {
        place: _written(column, _figures(column, head[column.name], decimals[place]))
        for place, column in enumerate(columns)
        if is_number(column)
    }
    parts = []
    for display in displays:
        cells = [
            figures[place] if place in figures else _written(column, _words(column, head, display))
            for place, column in enumerate(columns)
        ]
        part = _told(table, display, len(head))
        total = _total(table, decimals, display) if summed else []
        if paged:
            part["pages"] = _pages(head[paged], table, cells, display)
        else:
            part["rows"] = _rows(cells)
        part["total"] = _rows(
            [_written(column, [cell]) for column, cell in zip(columns, total, strict=True)] if total else []
        )
        parts.append(part)
    return parts


def _told(table: Made, display: Display, shown: int) -> Part:
    """All of a table but its cells."""
    words, key, count = display.words, table.sheet.key, len(table.frame)
    told = {"rows": f"{count:,}", "file": f"{FOLDER}/{key}.csv"}
    return {
        "key": key,
        "title": words(f"table_{key}"),
        "about": words(f"about_{key}"),
        "heads": [_head(column, display) for column in table.columns],
        "long": count > 12,
        "folded": words("fold_more", rows=f"{shown:,}") if shown > FOLDED else "",
        "unfolded": words("fold_less"),
        "wide": next((name for most, name in WIDE.items() if len(table.columns) > most), ""),
        "count": words("row_count", rows=f"{count:,}"),
        "capped": words("capped", shown=f"{shown:,}", **told) if count > shown else "",
        "printed": words("capped_print", shown=FEW, left=f"{count - FEW:,}", **told)
        if count > FEW and not table.sheet.pages
        else "",
    }


def _head(column: Column, display: Display) -> Part:
    return {
        "code": column.name,
        "name": name_of(column, display),
        "unit": unit_of(column, display),
        "number": is_number(column),
    }


def _pages(of: pd.Series, table: Made, cells: list[list[str]], display: Display) -> list[Part]:
    """The rows of each page, with what it is called; rows of one stand together."""
    (column,) = (column for column in table.columns if column.name == table.sheet.pages)
    codes = of.to_numpy(dtype=object)
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    return [
        {
            "code": str(codes[first]),
            "name": display.named(column.kind, codes[first]),
            "rows": _rows([each[first:last] for each in cells]),
        }
        for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(codes)], strict=True)
    ]


def _rows(columns: list[list[str]]) -> Markup:
    """Rows as the page has them, put together here: a template takes four times as long for each cell."""
    return Markup("\n".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True)))


def _written(column: Column, cells: list[Cell]) -> list[str]:
    """The cells of a column as the page has them; each that is like another is written once."""
    known = {}
    for text, value in dict.fromkeys(cells):
        lit = f" lit {escape(text if value is None else value)}" if column.kind in LIT and text else ""
        opening = "<td" if is_number(column) else f'<td class="word{lit}{" long" * (len(text) > LONG)}"'
        code = "" if value is None else f' data-v="{escape(value)}"'
        known[text, value] = f"{opening}{code}>{escape(text)}</td>"
    return [known[cell] for cell in cells]


def _words(column: Column, head: pd.DataFrame, display: Display) -> list[Cell]:
    """Name and code of each cell; no code where it is its own name."""
    codes, there = coded(head[column.name])
    texts = in_words(column, head, codes, there, display)
    return [(text, None if text == str(code) else str(code)) for text, code in zip(texts, codes, strict=True)]


def _figures(column: Column, values: pd.Series, decimals: int | None) -> list[Cell]:
    """Text and value of each number; no value where the text says it."""
    return [_figure(column, value, decimals) for value in values.to_numpy(dtype=float, na_value=math.nan).tolist()]


def _decimals(column: Column, values: pd.Series) -> int | None:
    """Decimals of a column of amounts; None where its rows have different units, and each its own."""
    if column.kind != "number" or column.unit.startswith("@"):
        return None
    return places(values.to_numpy(dtype=float, na_value=math.nan))


def _figure(column: Column, value: float, decimals: int | None) -> Cell:
    if math.isnan(value):
        return DASH, None
    if column.kind == "share":
        return percent(value), repr(value)
    text = year(value) if column.kind == "year" else number(value, decimals)
    return text, None if _said(text) == value else repr(value)


def _said(text: str) -> float:
    """The number that a text says; NaN for none."""
    try:
        return float(text.replace(",", "").replace(MINUS, "-"))
    except ValueError:
        return math.nan


def _total(table: Made, decimals: list[int | None], display: Display) -> list[Cell]:
    """The row below: sums of the whole frame."""
    cells: list[Cell] = [
        _figure(column, float(table.frame[column.name].sum()), decimals[place]) if column.total else ("", None)
        for place, column in enumerate(table.columns)
    ]
    if not table.columns[0].total:
        cells[0] = (display.words("total"), None)
    return cells
