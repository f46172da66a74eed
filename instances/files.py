"""Table files: .csv and .parquet to cells, with what is wrong with the file itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow.parquet as pq

from zonevest.instances.cells import Cells, as_text
from zonevest.instances.faults import Faults, column_of, rows_of, within
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import foreign, of_system, say
from zonevest.instances.schema import Table
from zonevest.instances.tables import Raw, raw_frame

Made = TypeVar("Made")
PLAIN = 1_000_000
"""Letters of a file up to which its rows may be split as they stand."""


def attempt(read: Callable[[], Made], path: Path, label: str, faults: Faults) -> Made | None:
    """What a library makes of a file; None, and a fault, where it makes nothing of it.

    Of a damaged file they raise what each of their parts can: out of memory, a text that is none, a year 2941775.
    """
    try:
        return read()
    except Exception as error:
        damaged(path, label, error, faults)
        return None


def read_text(path: Path, label: str, faults: Faults) -> str | None:
    """The text of a UTF-8 file (byte order mark allowed); None, and a fault, if it is empty or in another encoding."""
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.add(label, rule("files.readable"), of_system(error))
        return None
    if not content.strip():
        faults.add(
            label,
            rule("files.empty"),
            say("an empty file"),
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = say("byte 0x{byte:02x} in line {line} is no UTF-8", byte=content[error.start], line=line)
        if _chinese(content):
            faults.add(label, rule("files.gbk"), say("Chinese in GBK"))
        else:
            faults.add(label, rule("files.utf8"), found)
        return None


def _chinese(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 may be Chinese in GBK: it is told, not guessed at, since others look alike."""
    try:
        return any("\u4e00" <= letter <= "\u9fff" for letter in content.decode("gbk"))
    except UnicodeDecodeError:
        return False


def read_csv(path: Path, table: Table, label: str, faults: Faults) -> Raw | None:
    """Read a .csv: every cell text, rows numbered as the file has them with the header as 1; blank rows are skipped."""
    text = read_text(path, label, faults)
    if text is None:
        return None
    quick = _plain_rows(text)
    if quick is not None:
        header = [name.strip() for name in quick[0]]
        if not _single(header, label, faults):
            return None
        numbered = [(row, line) for row, line in enumerate(quick[1:], start=2) if any(map(str.strip, line))]
        columns: dict[str, Cells] = {name: [line[at] for _, line in numbered] for at, name in enumerate(header)}
        return Raw(table, label, columns, [row for row, _ in numbered])
    try:
        # the header is read as a row, so that pandas neither renames a column twice there nor takes one for an index
        cells = pd.read_csv(io.StringIO(text), header=None, dtype=str, na_filter=False, skip_blank_lines=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        _explain(text, label, str(error), faults)
        return None
    header = [str(name).strip() for name in cells.iloc[0]]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        must = rule("files.commas")
        faults.add(label, must, say("a header of one column: {header!r}", header=header[0]))
        return None
    if not _single(header, label, faults):
        return None
    cells = cells.iloc[1:]
    empty = cells.iloc[:, 0].str.strip() == ""
    if empty.any():
        empty = (cells[empty].map(as_text) == "").all(axis=1).reindex(cells.index, fill_value=False)
    rows: Sequence[int] = range(2, len(cells) + 2)
    if empty.any():
        keep = ~empty.to_numpy()
        rows, cells = [row for row, kept in zip(rows, keep, strict=True) if kept], cells[keep]
    columns = {name: cells.iloc[:, at] for at, name in enumerate(header)}
    return Raw(table, label, columns, rows)


def _plain_rows(text: str) -> list[list[str]] | None:
    """The rows of a small file in which no cell is quoted and all rows are as long; None where a parser is needed.

    A parser takes 2 ms a file, most of the time that reading a small study would take.
    """
    if len(text) > PLAIN:
        return None
    text = text.replace("\r\n", "\n")
    if any(mark in text for mark in ('"', "\r", "\0", "\ufeff")):
        return None
    rows = [line.split(",") for line in text.removesuffix("\n").split("\n")]
    return rows if len(rows[0]) > 1 and len(set(map(len, rows))) == 1 else None


def _explain(text: str, label: str, message: str, faults: Faults) -> None:
    """Say which rows of a csv do not fit its header."""
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
        long = [at + 1 for at, row in enumerate(rows) if len(row) > len(rows[0])]
    except csv.Error as error:
        long, message = [], str(error)
    if long:
        found = say(
            "{cells} cells in row {row} under a header of {header}",
            cells=len(rows[long[0] - 1]), row=long[0], header=len(rows[0]),
        )  # fmt: skip
        faults.add(within(label, rows_of("row", long)), rule("files.long-row"), found)
    else:
        must = rule("files.table")
        faults.add(label, must, foreign(message))


def _single(header: Sequence[str], label: str, faults: Faults) -> bool:
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    for name in twice:
        where = within(label, column_of(name)) if name else label
        count = header.count(name)
        found = say("{count} columns without a name", count=count)
        if name:
            found = say("{count} columns {name!r}", count=count, name=name)
        faults.add(where, rule("files.header"), found)
    return not twice


def read_parquet(path: Path, table: Table, label: str, faults: Faults) -> Raw | None:
    """Read a .parquet; rows are numbered from 1."""
    frame = attempt(lambda: _frame(path), path, label, faults)
    return None if frame is None else frame_cells(frame, table, label, faults, "row", 1)


def _frame(path: Path) -> pd.DataFrame:
    """The table of a parquet file, its texts looked at (else they are found to be none when they are first used)."""
    table = pq.read_table(path).replace_schema_metadata(None)
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def frame_cells(
    frame: pd.DataFrame, table: Table, label: str, faults: Faults, unit: str = "position", first: int = 0
) -> Raw | None:
    """Take a DataFrame as a table, if no column stands there twice."""
    if not frame.columns.is_unique and not _single([str(name) for name in frame.columns], label, faults):
        return None
    return raw_frame(table, frame, label, unit, first)


def damaged(path: Path, label: str, error: Exception, faults: Faults) -> None:
    """Take down a file that cannot be read."""
    lines = str(error).replace(str(path), path.name).replace(str(path.parent), "").strip().splitlines()
    empty = path.is_file() and path.stat().st_size == 0
    why = foreign(lines[0] if lines else type(error).__name__)
    found = say("an empty file") if empty else say("it cannot be read: {why}", why=why)
    faults.add(label, whole_file(path), found)


def whole_file(path: Path) -> Rule:
    """What must hold for a file that may have lost its end."""
    return rule("files.whole", suffix=path.suffix)
