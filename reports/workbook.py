"""report.xlsx: a cover with contents and links, a sheet per table, and the names of all codes.

Heads stand in the language asked for and below it in the other. Totals are formulas (of what a filter leaves), whose
value is written beside them, as a file that no program has opened yet shows none.
"""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from zonevest.reports.contents import CODES, SECTIONS, Column
from zonevest.reports.display import Display, places
from zonevest.reports.forms import FOLDER, Made, is_number, named
from zonevest.reports.labels import LANGUAGES, Words
from zonevest.reports.sections_head import head as head_of
from zonevest.reports.sections_head import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from zonevest.reports.facts import Facts

MOST: Final = 1_000_000
"""Rows of a table that a sheet carries; a workbook holds no more than 2^20."""
HEAD: Final = 2
"""The row of the first head; the second and the data follow."""
WIDEST: Final = 48
A4: Final = 9
PAPER: Final = 86
"""Letters across a sheet of paper, upright."""
_SAMPLE: Final = 300
"""Rows by which the width of a column is judged."""


def write_workbook(facts: Facts, tables: list[Made], path: Path, lang: str) -> None:
    """Write the tables of a report as a workbook; empty tables are named on the cover and have no sheet.

    Without a plan the cover says why there is none, and the tables are those of the study alone.
    """
    displays = [Display(facts.study, Words(each)) for each in sorted(LANGUAGES, key=lambda each: each != lang)]
    write_book(tables, path, displays, SECTIONS, _told(facts, displays))


def write_book(
    tables: list[Made], path: Path, displays: Sequence[Display], sections: Sequence[str], told: list[tuple[str, str]]
) -> None:
    """Write tables as a workbook.

    Parameters
    ----------
    displays : of the language of heads and words, and of the other one.
    sections : in the order of the contents.
    told : what stands on the cover above the contents: text, and ``title``, ``note``, ``bold`` or ``plain``.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    try:
        styles = _Styles(book)
        names = _sheet_names(tables, displays[0].words)
        _cover(book, tables, names, displays, styles, sections, told)
        for table in tables:
            if len(table.frame):
                _sheet(book.add_worksheet(names[table.sheet.key]), table, displays, styles)
        _names(book.add_worksheet(displays[0].words("book_names")), tables, displays, styles)
    finally:
        book.close()


def _told(facts: Facts, displays: Sequence[Display]) -> list[tuple[str, str]]:
    """What the cover says of a plan."""
    words, other = (display.words for display in displays)
    made_by = words("book_made", status=words(f"status_word_{status_of(facts.plan)}"), version=version("zonevest"))
    told = [
        (facts.study.title(words.lang), "title"),
        (facts.study.title(other.lang), "note"),
        (f"{made_by} {words('book_hash', hash=facts.study.hash)}", "note"),
    ]
    for display in displays:
        verdict = head_of(facts.plan, display)
        texts = (verdict["status"], verdict["why"], verdict["goal"], verdict["message"])
        told += [(text, "bold" if text == verdict["status"] else "plain") for text in texts if text]
    return told


class _Exact(float):
    """A number that is written with all the digits it has, where the writer would keep 16."""

    def __format__(self, _: str) -> str:
        return float.__repr__(self).removesuffix(".0")


class _Styles:
    """Cell styles, each made once."""

    def __init__(self, book: Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#55606b", "italic": True})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.head = book.add_format({"bold": True, "bg_color": "#e4efec", "text_wrap": True, "valign": "top"})
        self.second = book.add_format(
            {"font_color": "#55606b", "bg_color": "#f1f6f5", "text_wrap": True, "valign": "top", "bottom": 1}
        )
        self.plain = book.add_format({})
        self.bold = book.add_format({"bold": True})
        self.link = book.add_format({"font_color": "#0b6b5c", "underline": 1})
        self._book = book
        self._known: dict[tuple[str, bool], Format] = {}

    def number(self, pattern: str, total: bool = False) -> Format:
        """A style of a number format."""
        if (pattern, total) not in self._known:
            form: dict[str, Any] = {"num_format": pattern} | ({"bold": True, "top": 1} if total else {})
            self._known[pattern, total] = self._book.add_format(form)
        return self._known[pattern, total]


def _sheet_names(tables: list[Made], words: Words) -> dict[str, str]:
    """A name for each sheet: numbered, so that cutting it to 31 letters leaves it unlike the others."""
    full = [table for table in tables if len(table.frame)]
    names = {}
    for place, table in enumerate(full, start=1):
        title = words(f"table_{table.sheet.key}")
        names[table.sheet.key] = f"{place:02d} {''.join(' ' if c in '[]:*?/' + chr(92) else c for c in title)}"[:31]
    return names


def _cover(
    book: Workbook,
    tables: list[Made],
    names: dict[str, str],
    displays: Sequence[Display],
    styles: _Styles,
    sections: Sequence[str],
    told: list[tuple[str, str]],
) -> None:
    words, other = (display.words for display in displays)
    sheet = book.add_worksheet(words("book_cover"))
    for column, width in enumerate((30, 44, 44, 10, 90)):
        sheet.set_column(column, column, width)
    for row, (text, style) in enumerate(told):
        sheet.write_string(row, 0, text, getattr(styles, style))
    row = len(told)
    sheet.write_string(row, 0, words("book_how"), styles.note)
    row += 2
    heads = (words("section"), words("table"), other("table"), words("rows"), words("about"))
    for column, head in enumerate(heads):
        sheet.write_string(row, column, head, styles.head)
    row += 1
    sheet.freeze_panes(row, 0)
    for section in sections:
        for table in (table for table in tables if table.sheet.section == section):
            key = table.sheet.key
            title = words(f"table_{key}")
            sheet.write_string(row, 0, words(f"section_{section}"))
            if key in names:
                sheet.write_url(row, 1, f"internal:'{names[key].replace(chr(39), chr(39) * 2)}'!A1", styles.link, title)
            else:
                sheet.write_string(row, 1, f"{title} ({words('book_empty')})", styles.note)
            sheet.write_string(row, 2, other(f"table_{key}"))
            sheet.write_number(row, 3, len(table.frame), styles.number("#,##0"))
            sheet.write_string(row, 4, words(f"about_{key}"), styles.wrap)
            row += 1


def _sheet(sheet: Worksheet, table: Made, displays: Sequence[Display], styles: _Styles) -> None:
    words, columns = displays[0].words, table.columns
    frame = table.frame.iloc[:MOST]
    cells = [_values(column, frame, displays[0]) for column in columns]
    formats = [_format(column, frame[column.name]) for column in columns]
    heads = [[head(column, display) for column in columns] for display in displays]
    widths = [_width([heads[0][place], heads[1][place]], cells[place]) for place in range(len(columns))]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, words(f"table_{table.sheet.key}"), styles.title)
    note = words(f"about_{table.sheet.key}")
    if len(frame) < len(table.frame):
        file = f"{FOLDER}/{table.sheet.key}.csv"
        note = f"{words('capped', shown=f'{MOST:,}', rows=f'{len(table.frame):,}', file=file)} {note}"
    sheet.write_string(1, 0, note, styles.note)
    sheet.set_row(HEAD, 32)
    for line, (texts, style) in enumerate(zip(heads, (styles.head, styles.second), strict=True), start=HEAD):
        for place, text in enumerate(texts):
            sheet.write_string(line, place, text, style)
    first = HEAD + 2
    last = first + len(frame) - 1
    sheet.freeze_panes(first, 1)
    sheet.autofilter(HEAD + 1, 0, last, len(columns) - 1)
    sheet.repeat_rows(HEAD, HEAD + 1)
    sheet.set_paper(A4)
    sheet.print_area(0, 0, last + any(column.total for column in columns), len(columns) - 1)
    sheet.set_footer("&L&A&R&P / &N")
    if table.sheet.pages:
        _pages(sheet, table, first, sum(widths))
    else:
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    _fill(sheet, first, columns, cells, [styles.number(form) if form else None for form in formats])
    if any(column.total for column in columns):
        _totals(sheet, table, first, last, formats, styles, words("total"))


def _pages(sheet: Worksheet, table: Made, first: int, width: float) -> None:
    """A printed page for each value of a column: a sheet that is made to fit its paper would break anywhere else."""
    codes = table.frame[table.sheet.pages].to_numpy(dtype=object)
    sheet.set_h_pagebreaks([first + int(row) for row in np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    sheet.set_print_scale(max(10, min(100, int(100 * PAPER / width))))


def _fill(
    sheet: Worksheet, first: int, columns: tuple[Column, ...], cells: list[list[Any]], forms: list[Format | None]
) -> None:
    """The rows from the top: a workbook written as it goes cannot go back."""
    numeric = [is_number(column) for column in columns]
    number, string = sheet.write_number, sheet.write_string
    for row, line in enumerate(zip(*cells, strict=True), start=first):
        for place, value in enumerate(line):
            if value is None:
                continue
            if numeric[place] and not isinstance(value, str):
                number(row, place, _Exact(value), forms[place])
            elif value:
                string(row, place, value)


def _totals(
    sheet: Worksheet, table: Made, first: int, last: int, formats: list[str], styles: _Styles, word: str
) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell

    sheet.write_string(last + 1, 0, word, styles.bold)
    for place, column in enumerate(table.columns):
        if column.total:
            formula = f"=SUBTOTAL(9,{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)})"
            value = float(table.frame[column.name].iloc[:MOST].sum())
            sheet.write_formula(last + 1, place, formula, styles.number(formats[place], True), value)


def _values(column: Column, frame: pd.DataFrame, display: Display) -> list[Any]:
    """The cells of a column: numbers, words; None for nothing."""
    if not is_number(column):
        return named(column, frame, display)
    numbers = frame[column.name].to_numpy(dtype=float, na_value=math.nan).tolist()
    return [None if value != value else value if math.isfinite(value) else "∞" if value > 0 else "−∞"
            for value in numbers]  # fmt: skip


def _format(column: Column, values: pd.Series) -> str:
    """The number format of a column, by kind, and for amounts by their size."""
    if column.kind in ("count", "year"):
        return "#,##0" if column.kind == "count" else "0"
    if column.kind == "share":
        return "0.0%"
    if column.kind != "number":
        return ""
    if column.unit.startswith("@"):
        return "#,##0.######"
    decimals = places(values.to_numpy(dtype=float, na_value=math.nan))
    return "#,##0" + (f".{'0' * decimals}" if decimals else "")


def head(column: Column, display: Display) -> str:
    """The head of a column with its unit."""
    name, unit = name_of(column, display), unit_of(column, display)
    return f"{name} ({unit})" if unit else name


def name_of(column: Column, display: Display) -> str:
    """What a column is called: by its label, or in a matrix by the code that it is of."""
    return display.named(column.head, column.name) if column.head else display.words(f"col_{column.name}")


def unit_of(column: Column, display: Display) -> str:
    """The unit that stands in the head of a column: blank where its cells have their own, or none."""
    return display.unit(column.unit) if column.unit and not column.unit.startswith("@") else ""


def _width(heads: list[str], cells: list[Any]) -> float:
    longest = max((_letters(text) for text in cells[:_SAMPLE] if isinstance(text, str)), default=10)
    of_head = max(_letters(text) for text in heads) / 2
    return float(min(WIDEST, max(10, longest + 2, of_head + 2)))


def _letters(text: str) -> int:
    """Letters of a text, those of Chinese counted twice."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _codes(values: pd.Series) -> dict[str, None]:
    """The codes of a column, each once and in their order; a missing one is blank."""
    once = values.unique().tolist()
    return dict.fromkeys("" if code is None or code != code else str(code) for code in once)


def _names(sheet: Worksheet, tables: list[Made], displays: Sequence[Display], styles: _Styles) -> None:
    """Every code that stands in a table, with its name in both languages."""
    words = displays[0].words
    for place, width in enumerate((24, 34, 44, 44)):
        sheet.set_column(place, place, width)
    heads = [words("kind_of"), words("code"), *(words(f"language_{display.words.lang}") for display in displays)]
    for place, text in enumerate(heads):
        sheet.write_string(0, place, text, styles.head)
    sheet.freeze_panes(1, 0)
    found: dict[str, dict[str, None]] = {}
    heads_of: dict[str, str] = {}
    for table in tables:
        for column in table.columns:
            kinds = table.frame[column.kind[1:]].unique() if column.kind.startswith("@") else [column.kind]
            for kind in kinds:
                if kind in CODES or kind.startswith("word:"):
                    some = table.frame[table.frame[column.kind[1:]] == kind] if len(kinds) > 1 else table.frame
                    heads_of.setdefault(kind, name_of(column, displays[0]))
                    found.setdefault(kind, {}).update(_codes(some[column.name]))
    row = 1
    for kind, codes in found.items():
        key = f"kind_{kind.removeprefix('word:').rstrip('_')}"
        told = words(key) if words.has(key) else heads_of[kind]
        for code in codes:
            cells = [told, code, *(display.named(kind, code) for display in displays)]
            for place, text in enumerate(cells):
                sheet.write_string(row, place, text)
            row += 1
    sheet.autofilter(0, 0, max(1, row - 1), 3)
