"""The files of a folder of Marxan: input.dat, and tables in the many shapes in which they come.

A table has tabs, commas, semicolons or blanks between its cells (the header decides), Windows or other line ends, and
a header that some programs skip: its columns are then known by their place.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zonevest.instances.cells import numbers
from zonevest.instances.faults import Faults, column_of, meant, some, within
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import listed, of_system, say

INPUT = "input.dat"
PARAMETER = re.compile(r"\s*([A-Z][A-Z0-9_]+)(?:\s*[=:]\s*|\s+|$)(.*)")
"""A line of input.dat that says something: a key in capitals and its value; all other lines are remarks."""
END_OF_LINE = re.compile(r"\r\n|\r|\n")
WHOLE = 2**31
"""Ids are below it."""


@dataclass(frozen=True)
class Form:
    """A kind of table: its columns, other names of these, and those that it must have.

    `by_place`: Marxan skips the header, columns are known by their place alone.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    by_place: bool = False


def _placed(*columns: str, needed: int | None = None) -> Form:
    return Form(columns, columns[:needed], ALSO, by_place=True)


ALSO = {
    "spid": "species", "speciesid": "species", "feature": "species", "featureid": "species", "sp": "species",
    "puid": "pu", "pu_id": "pu", "planning_unit": "pu", "zone": "zoneid", "cost": "costid", "zone1": "zoneid1",
    "zone2": "zoneid2", "name": "zonename", "prop": "fraction", "multiplier": "fraction",
}  # fmt: skip
"""Other names that headers of tables known by place have, so that an exchanged order is noticed."""
FORMS: Mapping[str, Form] = {
    "PUNAME": Form(("id", "cost", "status", "xloc", "yloc", "prob"), ("id",)),
    "SPECNAME": Form(
        ("id", "type", "target", "prop", "spf", "targetocc", "name", "target2", "sepnum", "sepdistance", "ptarget1d",
         "ptarget2d"),
        ("id",),
        {"fpf": "spf"},
    ),
    "BLOCKDEFNAME": Form(
        ("type", "target", "prop", "spf", "targetocc", "target2", "sepnum", "sepdistance"), ("type",), {"fpf": "spf"}
    ),
    "PUVSPRNAME": _placed("species", "pu", "amount", "prob", needed=3),
    "BOUNDNAME": _placed("id1", "id2", "boundary"),
    "PENALTYNAME": _placed("species", "penalty"),
    "ZONESNAME": _placed("zoneid", "zonename"),
    "COSTSNAME": Form(("costid", "costname"), ("costid", "costname"), by_place=True),
    "ZONECOSTNAME": _placed("zoneid", "costid", "fraction"),
    "ZONECONTRIBNAME": _placed("zoneid", "species", "fraction"),
    "ZONECONTRIB2NAME": _placed("zoneid", "fraction"),
    "ZONECONTRIB3NAME": _placed("zoneid", "pu", "species", "fraction"),
    "ZONETARGETNAME": _placed("zoneid", "species", "target", "targettype", needed=3),
    "ZONETARGET2NAME": _placed("zoneid", "target", "targettype", needed=2),
    "ZONEBOUNDCOSTNAME": _placed("zoneid1", "zoneid2", "cost"),
    "PULOCKNAME": _placed("pu", "zoneid"),
    "PUZONENAME": _placed("pu", "zoneid"),
}  # fmt: skip
"""The tables by the key of input.dat that names their file."""


@dataclass
class Dat:
    """A table as text: cells by column, and the line of each row; `faults` takes what is wrong with cells."""

    label: str
    form: Form
    columns: dict[str, list[str]]
    lines: list[int]
    faults: Faults
    rest: tuple[str, ...] = ()
    """Columns that are no part of the form, as their header has them."""

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, at: Iterable[int], column: str = "") -> str:
        """Name rows, and a column, as a place."""
        place = within(self.label, lines_of([self.lines[i] for i in at]))
        return within(place, column_of(column)) if column else place

    def tell(self, at: Sequence[int], column: str, must: Rule) -> None:
        """Take down that cells of a column are wrong, if there are any."""
        if at:
            self.faults.add(self.where(at, column), must, some(repr(self.columns[column][i]) for i in at))

    def number(self, column: str, default: float | None = None, *, low: float | None = None) -> NDArray[np.float64]:
        """A column as numbers; a cell that is blank, or a column that is not there, has the default (None: a fault)."""
        if column not in self.columns:
            return np.full(len(self), np.nan if default is None else default)
        values, bad = numbers(self.columns[column])
        blank = np.flatnonzero(np.isnan(values) & ~np.isin(np.arange(len(values)), bad)).tolist()
        if default is not None:
            values[blank] = default
            blank = []
        self.tell(sorted([*bad, *blank]), column, rule("marxan.number"))
        if low is not None:
            below = np.flatnonzero(values < low).tolist()
            self.tell(below, column, rule("marxan.below", low=low))
        return values

    def whole(self, column: str, default: int | None = None) -> NDArray[np.int64]:
        """A column of ids, -1 where a fault is taken down; or, with a default, of any whole numbers."""
        values = self.number(column, default)
        with np.errstate(invalid="ignore"):
            odd = (values != np.rint(values)) | (np.abs(values) >= WHOLE)
            odd |= (values < 0) & (default is None)
        odd &= ~np.isnan(values)
        self.tell(np.flatnonzero(odd).tolist(), column, rule("marxan.whole"))
        out: NDArray[np.int64] = np.where(odd | np.isnan(values), -1.0, values).astype(np.int64)
        return out

    def text(self, column: str) -> list[str]:
        """A column as text; blank where there is none."""
        return self.columns.get(column, [""] * len(self))

    def once(self, keys: Sequence[NDArray[np.int64]], columns: Sequence[str]) -> None:
        """Take down rows that say again what a row above them says."""
        if not len(self):
            return
        sound = np.flatnonzero(np.all(np.stack(keys) >= 0, axis=0))
        _, first = np.unique(np.stack(keys)[:, sound], axis=1, return_index=True)
        again = np.setdiff1d(sound, sound[first]).tolist()
        if again:
            found = some(" ".join(self.columns[name][i] for name in columns) for i in again)
            self.faults.add(self.where(again), rule("marxan.once", columns=listed(columns, " and ")), found)


@dataclass
class Parameters:
    """What input.dat says: the value of every key and its line; `used` are the keys that had a say in the study."""

    label: str
    folder: Path
    faults: Faults
    said: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def where(self, key: str) -> str:
        """Name the line of a key as a place."""
        place = within(self.label, lines_of([self.lines[key]])) if key in self.lines else self.label
        return within(place, key)

    def take(self, *keys: str) -> str:
        """The key that is there of these (the first), marked as used; ``""`` if there is none."""
        for key in keys:
            if key in self.said:
                self.used.add(key)
                return key
        return ""

    def file(self, key: str) -> str:
        """The name of the file of a key, for a message."""
        return self.said.get(key, key)

    def number(self, key: str, default: float) -> float:
        """The value of a key as a number."""
        if not self.take(key):
            return default
        values, bad = numbers([self.said[key].split()[0].rstrip(",;")])
        if bad or not values[0] >= 0:
            self.faults.add(self.where(key), rule("marxan.key-number"), self.said[key])
            return default
        return float(values[0])

    def table(self, *keys: str) -> Dat | None:
        """Read the table that a key names; None where there is none, or where a fault is taken down."""
        key = self.take(*keys)
        if not key:
            return None
        name = self.said[key].strip("\"'").replace("\\", "/")
        path = _beside(self.folder, name)
        if path is None:
            there = [each.name for each in self.folder.iterdir()] if self.folder.is_dir() else []
            must = rule("marxan.file", key=key, folder=self.folder.name)
            self.faults.add(self.where(key), must, say("no file {name!r}", name=name), meant(name, there, must.do))
            return None
        return read_dat(path, FORMS[keys[0]], self.faults)

    def required(self, *keys: str) -> Dat | None:
        """Read a table without which there is nothing to read; a key that is not there, or no rows, is a fault."""
        if not any(key in self.said for key in keys):
            must = rule("marxan.key", key=keys[0])
            self.faults.add(self.label, must, say("no such key"), meant(keys[0], self.said, must.do))
            return None
        table = self.table(*keys)
        if table is not None and not len(table):
            self.faults.add(table.label, rule("marxan.rows"), say("none"))
            return None
        return table


def lines_of(numbers: Sequence[int]) -> str:
    """Name lines of a file as a place."""
    first = some(numbers)
    return say("lines {numbers}", numbers=first) if len(numbers) > 1 else say("line {numbers}", numbers=first)


def read_parameters(folder: Path, faults: Faults, told: list[str]) -> Parameters | None:
    """Read input.dat and find the folder of its files; None, and a fault, if there is none."""
    path = _beside(folder, INPUT)
    if path is None:
        faults.add(str(folder), rule("marxan.input-dat"), say("none"))
        return None
    lines = read_lines(path, faults)
    if lines is None:
        return None
    out = Parameters(path.name, folder, faults)
    for at, line in enumerate(lines, 1):
        found = PARAMETER.match(line)
        # a key without a value says nothing, to Marxan as well
        if found and found[2].strip():
            key, value = found[1], found[2].strip()
            again = out.said.get(key, value) != value
            out.said[key], out.lines[key] = value, at
            if again:
                told.append(say("{where}: the key is there again; the last value holds", where=out.where(key)))
    if out.take("INPUTDIR"):
        named = out.said["INPUTDIR"].strip("\"'").replace("\\", "/").rstrip("/")
        there = [_beside(folder, named), _beside(folder, named.rpartition("/")[2])]
        inside = next((each for each in there if each is not None and each.is_dir()), None)
        if inside is None:
            told.append(say("{where}: no folder {name!r}; the files are looked for beside input.dat",
                            where=out.where("INPUTDIR"), name=named))  # fmt: skip
        out.folder = inside or folder
    return out


def read_lines(path: Path, faults: Faults) -> list[str] | None:
    """The lines of a text file, in UTF-8, UTF-16, or what Windows writes in China and in the West."""
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.add(path.name, rule("files.readable"), of_system(error))
        return None
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and b"\0" in content:
        faults.add(path.name, rule("marxan.text"), say("zero bytes"))
        return None
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_chinese(text):
            return END_OF_LINE.split(text)
    return END_OF_LINE.split(content.decode("cp1252", errors="replace"))


def _is_chinese(text: str) -> bool:
    """Whether what could be Chinese is: at least half of it in common use, as letters with accents never come out."""
    beyond = "".join(letter for letter in text if letter > "\x7f")
    return len(beyond.encode("gb2312", errors="ignore")) >= len(beyond)


def read_dat(path: Path, form: Form, faults: Faults) -> Dat | None:
    """Read a table of a form; None, and faults, if its header or its rows cannot be understood."""
    every = read_lines(path, faults)
    if every is None:
        return None
    lines = [(at, line) for at, line in enumerate(every, 1) if line.strip(" \t,;")]
    if not lines:
        faults.add(path.name, rule("files.empty"), say("an empty file"))
        return None
    mark = max("\t,;", key=lines[0][1].count)
    mark = mark if mark in lines[0][1] else ""
    if mark == "\t" and "\t\t" in lines[0][1].strip("\t"):
        lines = [(at, re.sub("\t+", "\t", line)) for at, line in lines]
    header = cells_of(lines[0][1], mark)
    bare = not numbers(header)[1]
    known = _header(path.name, lines[0][0], header, form, bare, faults)
    if known is None:
        return None
    body = lines if bare else lines[1:]
    rows = [cells_of(line, mark) for _, line in body]
    for i, row in enumerate(rows):
        if len(row) > len(header) or 1 == len(row) < len(header):
            rows[i] = row = _fit(row, body[i][1], known, len(header))
        row += [""] * (len(header) - len(row))
    if long := [i for i, row in enumerate(rows) if len(row) > len(header)]:
        found = say("{cells} cells under a header of {header}", cells=len(rows[long[0]]), header=len(header))
        where = within(path.name, lines_of([body[i][0] for i in long]))
        faults.add(where, rule("files.long-row"), found)
        return None
    columns = {name: [row[at] for row in rows] for at, name in enumerate(known) if name}
    rest = () if bare else (name for at, name in enumerate(header) if known[at] not in form.columns and name)
    return Dat(path.name, form, columns, [at for at, _ in body], faults, tuple(rest))


def cells_of(line: str, mark: str) -> list[str]:
    """The cells of a line with `mark` between them (``""``: blanks); cells that are blank at its end are cut off."""
    if '"' in line:
        try:
            row = next(csv.reader([line], delimiter=mark or " ", skipinitialspace=True), [])
        except csv.Error:
            row = line.split(mark or None)
    else:
        row = line.split(mark or None)
    row = [cell.strip(" \t\"'") for cell in row]
    while len(row) > 1 and not row[-1]:
        row.pop()
    return row


def _fit(row: list[str], line: str, known: Sequence[str], width: int) -> list[str]:
    """A row that does not fit its header, read as Marxan does: other separators, or blanks in a name."""
    parts = re.split(r"[\s,;]+", line.strip(" \t,;"))
    if len(parts) == width:
        return [part.strip("\"'") for part in parts]
    if "name" in known and len(parts) > width and len(row) != 1 and "," not in line:
        at, more = list(known).index("name"), len(row) - width
        return [*row[:at], " ".join(row[at : at + more + 1]), *row[at + more + 1 :]]
    return row


def _header(label: str, line: int, header: Sequence[str], form: Form, bare: bool, faults: Faults) -> list[str] | None:
    """What the columns of a table are; None, and faults, if that cannot be told."""
    where, folded = within(label, lines_of([line])), [name.casefold() for name in header]
    names = [form.also.get(name, name) if form.also.get(name) in form.columns else name for name in folded]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if form.by_place:
        order = list(form.columns[: len(names)])
        if len(names) < len(form.needed) or len(names) > len(form.columns):
            found = say("{count} columns: {names}", count=len(header), names=some(header))
            faults.add(where, rule("marxan.columns", columns=listed(form.columns)), found)
            return None
        if not bare and any(name in form.columns and name != there for name, there in zip(names, order, strict=True)):
            faults.add(where, rule("marxan.order", columns=listed(order)), listed(header))
            return None
        return order
    lacking = [name for name in form.needed if name not in names]
    if bare or lacking:
        must = rule("marxan.header", columns=listed(lacking or form.needed, " and "))
        faults.add(where, must, some(header), meant((lacking or form.needed)[0], header, must.do))
        return None
    if twice:
        faults.add(where, rule("files.header"), listed(twice))
        return None
    return names


def _beside(folder: Path, name: str) -> Path | None:
    """A file or folder by its name, in any case of letters; None if it is not there."""
    try:
        if (folder / name).exists():
            return folder / name
        parent, wanted = (folder / name).parent, Path(name).name.casefold()
        return next((each for each in sorted(parent.iterdir()) if each.name.casefold() == wanted), None)
    except (OSError, ValueError):
        return None
