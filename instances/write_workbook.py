"""A study as one .xlsx workbook, made to be filled in: heads say what columns mean, cells offer what may be chosen."""

from __future__ import annotations

import datetime
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances import names
from zonevest.instances.cells import plain
from zonevest.instances.keys import cell, flattened
from zonevest.instances.say import say, translate
from zonevest.instances.schema import BY_NAME, Column, Table
from zonevest.instances.tables import span

if TYPE_CHECKING:
    from openpyxl import Workbook

LONGEST = 32_767
"""Characters of a cell."""
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f]")
"""Characters that the file of a sheet cannot hold, or not keep."""
LAST_ROW = 1_048_576
CHOICES = 255
"""Characters of a list to choose from."""
TEXT = "@"
"""The format of cells that stay text, whatever is typed into them."""
WIDTH = (8, 40)
AUTHOR = "zonevest"
DATED = datetime.datetime(2026, 1, 1)
"""The time that every workbook and every part of it states: the same study is the same file, whenever it is written."""


def write_workbook(settings: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], target: Path, lang: str) -> None:
    """Write settings nested like study.toml and tables into a file that is moved into place by the caller."""
    from openpyxl import Workbook

    sheets = [_settings(settings, lang), *((BY_NAME[name], frame) for name, frame in tables.items())]
    held = [_all_held(table, frame, lang) for table, frame in sheets]  # what does not fit is told before a file is open
    book = Workbook(write_only=True)
    for (table, frame), cells in zip(sheets, held, strict=True):
        _table(book, table, frame, cells, lang)
    _save(book, target)


def _save(book: Workbook, path: Path) -> None:
    """Write a workbook as openpyxl does, but for the time of writing."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.created = book.properties.modified = DATED
    with _Dated(path, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()


class _Dated(zipfile.ZipFile):
    """A zip file whose parts are all of one time and belong to nobody."""

    def writestr(
        self, zinfo_or_arcname: Any, data: Any, compress_type: int | None = None, compresslevel: int | None = None
    ) -> None:
        super().writestr(self._part(zipfile.ZipInfo(zinfo_or_arcname)), data, compress_type, compresslevel)

    def write(
        self, filename: Any, arcname: Any = None, compress_type: int | None = None, compresslevel: int | None = None
    ) -> None:
        del compress_type, compresslevel
        part = self._part(zipfile.ZipInfo.from_file(filename, arcname))
        with Path(filename).open("rb") as source, self.open(part, "w") as target:
            shutil.copyfileobj(source, target)

    def _part(self, part: zipfile.ZipInfo) -> zipfile.ZipInfo:
        part.date_time, part.external_attr = DATED.timetuple()[:6], 0o600 << 16
        part.compress_type = zipfile.ZIP_DEFLATED
        return part


def _settings(settings: Mapping[str, Any], lang: str) -> tuple[Table, pd.DataFrame]:
    """The sheet of settings: a table of keys and values."""
    rows = [(path, cell(held)) for path, held in flattened(settings)]
    frame = pd.DataFrame(rows, columns=["key", "value"], dtype=object)
    if lang == "zh":
        frame["value"] = [names.flag(held) if isinstance(held, bool) else held for held in frame["value"]]
    columns = (Column("key", required=True), Column("value", required=True))
    return Table(names.STUDY, columns), frame


def _table(book: Workbook, table: Table, frame: pd.DataFrame, cells: Sequence[list[Any]], lang: str) -> None:
    """One sheet: a bold and frozen head with its comments, every column as wide as what it holds."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(names.of_table(table.name).zh[0] if lang == "zh" else table.name)
    sheet.freeze_panes = "B2"
    known = {column.name: column for column in table.columns}
    heads, pens = [], []
    for at, name in enumerate(frame.columns):
        column, letter = known.get(name), get_column_letter(at + 1)
        words = names.header(table, name, lang)
        head = WriteOnlyCell(sheet, value=words)
        head.data_type, head.font, head.alignment = "s", Font(bold=True), Alignment(vertical="top")
        head.fill = PatternFill("solid", fgColor="FFD9E8E6" if column and column.required else "FFF0F0F0")
        if column is not None:
            head.comment = _comment(table, column, lang)
            _choose(sheet, column, letter, lang)
        pen = WriteOnlyCell(sheet)
        if frame[name].dtype == object and table.name != names.STUDY:
            pen.number_format = TEXT
            sheet.column_dimensions[letter].number_format = TEXT
        widest = max(map(_wide, [words, *cells[at][:1000]]))
        sheet.column_dimensions[letter].width = min(max(widest + 2, WIDTH[0]), WIDTH[1])
        heads.append(head)
        pens.append(pen)
    sheet.append(heads)
    for row in zip(*cells, strict=True):
        for pen, each in zip(pens, row, strict=True):
            pen.value = each
            if isinstance(each, str):
                pen.data_type = "s"  # whatever it begins with
                if table.name == names.STUDY:
                    pen.number_format = TEXT
            elif table.name == names.STUDY:
                pen.number_format = "General"
            if isinstance(each, (int, float)) and float(f"{each:.16g}") != each:
                pen.value, pen.data_type = repr(float(each)), "n"  # 17 digits, where openpyxl writes 16
        sheet.append(pens)


def _all_held(table: Table, frame: pd.DataFrame, lang: str) -> list[list[Any]]:
    known = {column.name: column for column in table.columns}
    return [_held(table, known.get(name), name, frame[name].tolist(), lang) for name in frame.columns]


def _held(table: Table, column: Column | None, name: str, cells: list[Any], lang: str) -> list[Any]:
    """The cells of a column as a sheet holds them: blanks for what is missing, flags as 0 and 1 or as words."""
    if column is not None and column.kind == "flag" and lang == "en":
        return [None if each == "" else int(each) for each in cells]
    return [
        (_fit(each, table.name, name) or None) if isinstance(each, str) else None if each != each else plain(each)
        for each in names.spoken(column, cells, lang)
    ]


def _fit(text: str, table: str, column: str) -> str:
    """A text that fits into a cell."""
    if len(text) > LONGEST or UNFIT.search(text):
        found = say("{size:,} characters", size=len(text)) if len(text) > LONGEST else say("a control character")
        where = say("{table}, column {column}", table=table, column=column)
        fits = say("a cell of a workbook holds at most 32,767 characters, and no control characters")
        raise ValueError(say("{where}: {must} ({found}); write a folder", where=where, must=fits, found=found))
    return text


def _wide(held: Any) -> float:
    """How wide a cell is, a Chinese character being two."""
    return sum(1 if each.isascii() else 2 for each in str(held)) if held is not None else 0


def explained(table: Table, column: Column, lang: str) -> list[str]:
    """What a reader is to know of a column: what it is called elsewhere, what it means, its unit, what it must be."""
    name = names.of_column(table.name, column.name)
    lines = [column.name if lang == "zh" else name.zh[0]]
    lines += [(name.means_zh or name.means) if lang == "zh" else name.means]
    told = []
    if name.unit:
        told.append(say("unit: {unit}", unit=names.unit(name.unit, lang)))
    if column.low is not None or column.high is not None:
        told.append(span(column))
    if column.refers and column.refers != "classes":
        other = names.of_table(column.refers).zh[0] if lang == "zh" else column.refers
        told.append(say("names a row of {table}", table=other))
    if column.choices:
        words = ", ".join(names.shown(column, each, lang) for each in column.choices)
        told.append(say("one of: {choices}", choices=words))
    if column.kind == "list":
        told.append(say("several are parted by ;"))
    if column.required:
        told.append(say("required"))
    return [line for line in (*lines, *(translate(line, lang) for line in told)) if line]


def _comment(table: Table, column: Column, lang: str) -> Any:
    from openpyxl.comments import Comment

    lines = explained(table, column, lang)
    return Comment("\n".join(lines), AUTHOR, height=24 + 18 * sum(1 + _lines(line) for line in lines), width=320)


def _lines(text: str) -> int:
    return int(_wide(text) // 48)


def _choose(sheet: Any, column: Column, letter: str, lang: str) -> None:
    """A list to choose from where a cell holds one of a few values."""
    from openpyxl.worksheet.datavalidation import DataValidation

    words = [names.shown(column, each, lang) for each in column.choices]
    if column.kind == "flag":
        words = [names.flag(True), names.flag(False)] if lang == "zh" else ["1", "0"]
    listed = ",".join(words)
    if not words or column.kind == "list" or len(listed) > CHOICES:
        return
    rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=True)
    rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.data_validations.append(rule)
