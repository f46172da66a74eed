"""A study in one .xlsx workbook: a sheet per table, and a sheet `study` of key and value.

Rows are numbered as the spreadsheet shows them. What a spreadsheet does to data is told, not guessed at: dates and
truth values that it makes of codes, errors, formulas whose value was never saved, cells that are merged. A number in
a format of zeros (``0000``) is the code that is shown.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonevest.instances import names
from zonevest.instances.cells import DATES, Cells, NoValue, as_text, blank
from zonevest.instances.faults import Faults, column_of, meant, rows_of, some, within
from zonevest.instances.files import damaged, whole_file
from zonevest.instances.keys import ACCOUNTS, split, value
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME
from zonevest.instances.tables import Raw

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

OLD = (".xls", ".xlsm", ".xlsb", ".ods", ".et")
SIZE = 2**31
"""Bytes that the parts of a workbook may have in all; a workbook of a million rows has a tenth of it."""
MERGED = 1_000_000
"""Cells that may be merged: openpyxl makes one by one what a whole sheet has."""
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
ZEROS = re.compile("0{2,}")
SHEET = say("sheet {name}", name=names.STUDY)

Grid = dict[tuple[int, int], Any]
"""Cells that hold something, by row and column."""


@dataclass
class Book:
    """What a workbook holds.

    Attributes
    ----------
    settings : settings nested like study.toml; None where the sheet could not be read.
    label : what the sheet of settings is called.
    raws : the tables.
    """

    settings: dict[str, Any] | None
    label: str
    raws: dict[str, Raw]


def read_workbook(path: Path, faults: Faults, notes: list[str], *, settings: bool = True) -> Book:
    """Read every sheet of a workbook; with `settings` one of them must hold those of a study."""
    opened = _open(path, faults)
    if opened is None:
        return Book(None, SHEET, {})
    book, formulas = opened
    out, found = Book(None, SHEET, {}), dict[str, str]()
    for sheet in book.worksheets:
        title, grid = sheet.title, _grid(sheet, formulas)
        label, name = say("sheet {name}", name=title), names.tables().get(names.plain(title), "")
        if not grid or title.startswith("x_"):
            continue
        if sheet.sheet_state != "visible":
            if not name:
                notes.append(rule("workbook.hidden-aside", where=label))
                continue
            notes.append(rule("workbook.hidden", where=label))
        if not name:
            must = rule("workbook.no-table", name=title)
            faults.add(label, must, say("no table {name!r}", name=title), _meant(title, must.do))
        elif name in found:
            both = listed([repr(found[name]), repr(title)], " and ")
            faults.add(label, rule("workbook.twice"), both)
        else:
            found[name] = title
            raw = _sheet(sheet, grid, label, name, faults, notes)
            if name == names.STUDY:
                out.label, out.settings = label, None if raw is None else _settings(raw, faults)
            else:
                out.raws[name] = raw or Raw(BY_NAME[name], label, {}, (), lost=True)
    if settings and names.STUDY not in found:
        faults.add(path.name, rule("workbook.study"), say("none"))
    return out


def _meant(title: str, otherwise: str) -> str:
    known = names.tables()
    near = next((word for word in known if len(title) > 1 and not word.isascii() and title in word), "")
    return meant(near or title, known, otherwise)


def _open(path: Path, faults: Faults) -> tuple[Workbook, Mapping[str, Grid]] | None:
    """The workbook with its values, and of every sheet with formulas the cells that hold one."""
    import openpyxl

    label = path.name
    try:
        content = path.read_bytes()
        if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            found = say("a workbook with a password, or of an old kind")
            faults.add(label, whole_file(path), found, say("save it as .xlsx, without a password"))
            return None
        formulas, merged = _scanned(content)
        if merged > MERGED:
            faults.add(label, rule("workbook.merged"), say("{count:,} merged cells", count=merged))
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is not read: lists to choose from, styles, pictures
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(content)) if formulas else None
    except Exception as error:  # a workbook is a zip of many files, and openpyxl lets through what each can raise
        damaged(path, label, error, faults)
        return None
    cells = {} if written is None else {
        sheet.title: {at: cell.value for at, cell in sheet._cells.items() if cell.data_type == "f"}
        for sheet in written.worksheets
    }  # fmt: skip
    return book, cells


def _scanned(content: bytes) -> tuple[bool, int]:
    """Whether there are formulas, and how many cells are merged, before anything is made of the sheets."""
    formulas, merged = False, 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > SIZE:
            raise ValueError(say("more than {size:,} bytes", size=SIZE))
        for part in archive.namelist():
            if not part.startswith("xl/worksheets/"):
                continue
            sheet = archive.read(part)
            formulas |= FORMULA.search(sheet) is not None
            for left, top, right, bottom in MERGE.findall(sheet):
                width = _number(right) - _number(left) + 1
                merged += max(width, 1) * max(int(bottom) - int(top) + 1, 1)
    return formulas, merged


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = 26 * number + letter - 64
    return number


def _grid(sheet: Worksheet, formulas: Mapping[str, Grid]) -> Grid:
    """The cells of a sheet that hold something: `iter_rows` would make all those between them too."""
    grid: Grid = {}
    unsaved = formulas.get(sheet.title, {})
    for at, cell in sheet._cells.items():
        held = cell.value
        if held is None:
            # a formula that gives an empty text has its value, of the kind str
            if at in unsaved and cell.data_type != "str":
                grid[at] = NoValue(f"={str(unsaved[at]).removeprefix('=')}")
        elif cell.data_type == "e":
            grid[at] = NoValue(str(held))
        elif isinstance(held, str):
            if held.strip():
                grid[at] = held
        elif ZEROS.fullmatch(cell.number_format) and isinstance(held, int) and held >= 0:
            grid[at] = str(held).zfill(len(cell.number_format))
        else:
            grid[at] = held
    return grid


def _sheet(sheet: Worksheet, grid: Grid, label: str, name: str, faults: Faults, notes: list[str]) -> Raw | None:
    """A sheet as a table: its first row names the columns, blank rows are left out."""
    from openpyxl.utils import get_column_letter

    before = len(faults)
    header = {column: as_text(held) for (row, column), held in grid.items() if row == 1}
    rows = sorted({row for row, _ in grid} - {1})
    if not header:
        faults.add(label, rule("workbook.first-row"), say("a blank row"))
        return None
    for ranges in sheet.merged_cells.ranges:
        if ranges.min_col <= max(header) and ranges.min_row <= max([1, *rows]):
            faults.add(within(label, str(ranges.coord)), rule("workbook.merged"), say("merged cells"))
    nameless = sorted({column for _, column in grid} - set(header))
    for column in nameless:
        at = [row for row, each in grid if each == column]
        where = within(within(label, rows_of("row", sorted(at))), column_of(get_column_letter(column)))
        faults.add(where, rule("workbook.nameless"), say("cells without a name above them"))
    heads = list(header.values())
    for head in dict.fromkeys(heads):
        if heads.count(head) > 1:
            found = say("{count} columns {name!r}", count=heads.count(head), name=head)
            where = within(label, column_of(head))
            faults.add(where, rule("files.header"), found)
    if len(faults) > before:
        return None
    hidden = [row for row in rows if row in sheet.row_dimensions and sheet.row_dimensions[row].hidden]
    if hidden:
        notes.append(rule("workbook.hidden", where=within(label, rows_of("row", hidden))))
    cells: dict[str, Cells] = {
        head: [grid.get((row, column)) for row in rows] for column, head in sorted(header.items())
    }
    return Raw(BY_NAME.get(name, BY_NAME["parcels"]), label, cells, rows)


def _settings(raw: Raw, faults: Faults) -> dict[str, Any]:
    """The sheet of settings, nested like study.toml."""
    cells = {names.column_of(names.STUDY, head) or head: column for head, column in raw.cells.items()}
    for head in raw.cells:
        code = names.column_of(names.STUDY, head) or head
        if code not in ("key", "value") and not code.startswith("x_"):
            must = rule("workbook.study-columns", name=head)
            do = meant(head, ("key", "value"), must.do)
            faults.add(within(raw.label, column_of(head)), must, say("unknown column {name!r}", name=head), do)
    for column in ("key", "value"):
        if column not in cells:
            faults.add(raw.label, rule("columns.required", column=column), say("there is no such column"))
    out: dict[str, Any] = {}
    seen: dict[str, int] = {}
    blanks = [None] * len(raw.rows)
    for row, key, held in zip(raw.rows, cells.get("key", blanks), cells.get("value", blanks), strict=True):
        path = as_text(key)
        where = within(within(raw.label, rows_of("row", [row])), column_of("value" if path else "key"))
        if blank(held):
            continue  # a key without a value is a key that is not there
        if not path:
            faults.add(where, rule("workbook.no-key"), some([repr(as_text(held))]))
        elif path in seen:
            faults.add(where, rule("workbook.key-twice"), say("{key} in row {row} too", key=path, row=seen[path]))
        elif isinstance(held, (*DATES, NoValue)):
            faults.add(where, rule("workbook.value", key=path), repr(str(held)))
        elif not _put(out, split(path), held):
            faults.add(where, rule("workbook.below"), say("{key} has both", key=path))
        seen.setdefault(path, row)
    return out


def _put(out: dict[str, Any], parts: list[str], held: Any) -> bool:
    """Put a value in its place; whether there is room for it."""
    last = value(parts, held)
    if parts[0] == "periods" and len(parts) == 3:
        periods = out.setdefault("periods", [])
        if not isinstance(periods, list):
            return False
        named = [period for period in periods if period["name"] == parts[1]]
        if not named:
            named = [{"name": parts[1]}]
            periods += named
        named[0][parts[2]] = last
        return True
    here = out
    for part in parts[:-1]:
        here = here.setdefault(part, {})
        if not isinstance(here, dict):
            return False
    if isinstance(here.get(parts[-1]), (dict, list)) and parts != ACCOUNTS:
        return False
    here[parts[-1]] = last
    return True
