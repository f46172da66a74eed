"""From cells as they came to typed columns, as `schema` declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances import names
from zonevest.instances.cells import (
    DATES,
    Cells,
    NoValue,
    beyond,
    flags,
    kinds,
    numbers,
    own_column,
    plain,
    texts,
)
from zonevest.instances.faults import Faults, choice, column_of, meant, nearest, rows_of, some, within
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import Column, Table
from zonevest.instances.study import items

NO_ROW = -1
"""The number of a row that is in no file of the study: a default row, or a built-in account."""
SMALL = 1_000
"""Up to so many rows a table is put together in blocks (fast to make), above column by column (fast to keep)."""


@dataclass
class Raw:
    """A table as it came.

    Attributes
    ----------
    table : what it should be.
    label : how the reader knows it: a file's name, or ``the table limits`` when it came from Python.
    cells : the cells of every column.
    rows : the number of every row in its file (a csv counts its header as 1, a layer's features start at 1).
    unit : what such a number counts: ``row``, ``feature`` or ``position``.
    spatial : whether it is a layer, whose unknown columns are left aside rather than refused.
    lost : whether the file could not be read, so that nothing can be concluded from the table.
    headers : how the columns are headed there, where that is another name than theirs.
    index : what names the rows of a DataFrame, where that is more than their position.
    """

    table: Table
    label: str
    cells: dict[str, Cells]
    rows: Sequence[int]
    unit: str = "row"
    spatial: bool = False
    lost: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    index: Sequence[Any] | None = None


@dataclass
class Typed:
    """A table with typed columns; `broken` columns had faults, so nothing is concluded from them.

    Attributes
    ----------
    data : text and list columns as lists of str, numbers as float64 arrays, flags as bool arrays, in schema order.
    own : the user's own columns (``x_…``).
    rows : the number of every row in its file, `NO_ROW` where it is in none.
    given : the columns that the source had.
    meant : columns that it seems to have under a misspelt name.
    headers, index : as in `Raw`.
    """

    table: Table
    label: str
    size: int
    data: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    rows: Sequence[int] = ()
    unit: str = "row"
    given: frozenset[str] = frozenset()
    meant: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)
    headers: Mapping[str, str] = field(default_factory=dict)
    index: Sequence[Any] | None = None

    def text(self, column: str) -> list[str]:
        """The cells of a text, list or period column."""
        cells: list[str] = self.data[column]
        return cells

    def number(self, column: str) -> NDArray[np.float64]:
        """The values of a number column, shape (rows,)."""
        values: NDArray[np.float64] = self.data[column]
        return values

    def flag(self, column: str) -> NDArray[np.bool_]:
        """The values of a flag column, shape (rows,)."""
        values: NDArray[np.bool_] = self.data[column]
        return values

    def where(self, at: Sequence[int] | int | None = None, column: str = "") -> str:
        """Say where a fault stands: ``limits.csv, row 3, column value``."""
        place = self.label
        if at is not None:
            at = [at] if isinstance(at, int) else list(at)
            numbers = [self.rows[i] for i in at if self.rows[i] != NO_ROW]
            if numbers and self.index is not None:
                place = within(place, rows_of("index", [self.index[number] for number in numbers]))
            elif numbers:
                place = within(place, rows_of(self.unit, numbers))
            elif at:
                place = say("the default rows of {table}", table=self.table.name)
        if column in self.headers:
            column = f"{self.headers[column]} ({column})"
        return within(place, column_of(column)) if column else place

    def ids(self, at: Iterable[int]) -> list[str]:
        """Name rows by their key, items joined by ``/``."""
        keys = [self.data[name] for name in self.table.key]
        return ["/".join(str(key[i]) for key in keys) for i in at]


def raw_frame(table: Table, frame: pd.DataFrame, label: str, unit: str = "position", first: int = 0) -> Raw:
    """Take the cells of a DataFrame, numbers as arrays and everything else as lists."""
    cells: dict[str, Cells]
    if len(frame) <= SMALL and set(frame.dtypes.tolist()) == {np.dtype(object)}:
        # all columns at once: taken one by one they cost more than what is done with them
        cells = dict(zip(map(str, frame.columns.tolist()), frame.to_numpy().T.tolist(), strict=True))
    else:
        cells = {str(name): _cells(column) for name, column in frame.items()}
    plain_index = isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0 and frame.index.step == 1
    index = None if plain_index or unit != "position" else frame.index
    return Raw(table, label, cells, range(first, first + len(frame)), unit, index=index)


def _cells(column: pd.Series) -> Cells:
    plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb"
    return column.to_numpy() if plain else column


def in_code(raw: Raw, faults: Faults) -> Raw:
    """A table whose columns go by their names in the study format: Chinese headers are translated."""
    cells: dict[str, Cells] = {}
    headers: dict[str, str] = {}
    for header, values in raw.cells.items():
        name = header
        if header and not header.startswith("x_"):
            name = names.column_of(raw.table.name, header) or header
        if name in cells:
            twice = listed([repr(headers.get(name, name)), repr(header)], " and ")
            where = within(raw.label, column_of(name))
            faults.add(where, rule("files.header"), twice)
            continue
        cells[name] = values
        if name != header:
            headers[name] = header
    return replace(raw, cells=cells, headers=headers)


def typed(raw: Raw, faults: Faults, notes: list[str]) -> Typed:
    """Type every column of a table, and take down what does not fit.

    Parameters
    ----------
    raw
        The table as it came.
    faults, notes
        What is wrong, and what is left aside, are added here.
    """
    table, size = raw.table, len(raw.rows)
    if raw.lost:
        every = {column.name for column in table.columns}
        values = {column.name: _absent(column, 0) for column in table.columns}
        return Typed(table, raw.label, 0, values, broken=every)
    known = [column.name for column in table.columns]
    out = Typed(
        table, raw.label, size, rows=raw.rows, unit=raw.unit, given=frozenset(raw.cells),
        headers=raw.headers, index=raw.index,
    )  # fmt: skip
    strange = [name for name in raw.cells if name not in set(known) and not name.startswith("x_")]
    if strange and raw.spatial:
        notes.append(
            rule("layers.columns-aside",
                layer=raw.label, columns=listed(strange),
            )
        )  # fmt: skip
    elif strange:
        for name in strange:
            must, found = rule("columns.nameless"), say("a column without a name")
            if name:
                must, found = rule("columns.unknown", name=name), say("unknown column {name!r}", name=name)
            do, near = must.do, _near(table, name)
            if len(near) > 1:
                do = say("name the one you mean: {columns}", columns=listed(map(_both(table, name), near), last=" or "))
            elif near:
                do = say("did you mean {close}? {otherwise}", close=_both(table, name)(near[0]), otherwise=do)
            faults.add(out.where(column=name), must, found, do)
            out.meant |= set(near)
    if strange and not raw.spatial:
        out.meant -= out.given
        out.broken |= out.meant
    for column in table.columns:
        out.data[column.name] = _column(out, column, raw.cells.get(column.name), faults)
    numbered = [column.name for column in table.columns if column.refers not in ("", "parcels", "classes")]
    numbered = [name for name in numbered if name in raw.cells and _whole(raw.cells[name])]
    if numbered:
        notes.append(
            rule("columns.codes-as-numbers", where=raw.label, columns=listed(numbered))
        )  # fmt: skip
    own = {name: cells for name, cells in raw.cells.items() if name.startswith("x_")}
    out.own = {name: own_column(_own(out, name, cells, faults)) for name, cells in own.items()}
    _keys(out, faults)
    return out


def _whole(cells: Cells) -> bool:
    """Whether there are whole numbers among the cells, as a program has them that has taken codes for numbers."""
    if isinstance(cells, np.ndarray):
        return cells.dtype.kind in "iu"
    return not kinds(cells).isdisjoint((int, np.int64, np.int32))


def _near(table: Table, header: str) -> list[str]:
    """The columns that an unknown header may mean."""
    near = names.may_mean(table.name, header)
    if near:
        return near
    close = nearest(header, names.columns(table.name))
    return list(names.columns(table.name)[close]) if close else []


def _both(table: Table, header: str) -> Callable[[str], str]:
    """How a column is named: by its own name, and to who writes another language by that one too."""
    if header.isascii():
        return repr
    return lambda code: f"{names.of_column(table.name, code).zh[0]!r} ({code})"


def _own(out: Typed, name: str, cells: Cells, faults: Faults) -> Cells:
    """A column of the user's own, whose dates are as good as any text."""
    bad = [i for i, cell in enumerate(cells) if isinstance(cell, NoValue)] if NoValue in kinds(cells) else []
    if bad:
        _no_values(out, name, bad, [cells[i] for i in bad], faults)
    return cells


def _odd(out: Typed, column: Column, cells: Cells, faults: Faults) -> bool:
    """Tell cells that hold no amount, code or name: errors, and what a spreadsheet has made of what was typed."""
    found = kinds(cells)
    if found <= {str, int, float, type(None)}:
        return False
    held = list(cells)
    bad = [i for i, cell in enumerate(held) if isinstance(cell, NoValue)]
    if bad:
        _no_values(out, column.name, bad, [held[i] for i in bad], faults)
    dates = [i for i, cell in enumerate(held) if isinstance(cell, DATES) and cell is not pd.NaT]
    if dates:
        _bad(out, column, dates, [str(held[i]) for i in dates], rule("columns.date", column=column.name), faults)
    true = [i for i, cell in enumerate(held) if isinstance(cell, (bool, np.bool_))] if column.kind != "flag" else []
    if true:
        words = [str(held[i]).upper() for i in true]
        _bad(out, column, true, words, rule("columns.truth", column=column.name), faults)
    return bool(bad or dates or true)


def _no_values(out: Typed, column: str, at: Sequence[int], cells: Sequence[str], faults: Faults) -> None:
    """Tell cells of a workbook that hold an error or a formula without its value."""
    errors = [(i, cell) for i, cell in zip(at, cells, strict=True) if not cell.startswith("=")]
    formulas = [(i, cell) for i, cell in zip(at, cells, strict=True) if cell.startswith("=")]
    for rows, must in ((errors, rule("columns.error")), (formulas, rule("columns.formula"))):
        if rows:
            places = [i for i, _ in rows]
            faults.add(out.where(places, column), must, some(repr(str(cell)) for _, cell in rows))
    out.broken.add(column)


def _column(out: Typed, column: Column, cells: Cells | None, faults: Faults) -> Any:
    """Type one column: absent, number, flag or text."""
    if cells is None:
        if column.required:
            out.broken.add(column.name)
            if column.name not in out.meant:  # else it has been told as unknown, with this one as what was meant
                must = rule("columns.required", column=column.name)
                faults.add(out.where(), must, say("there is no such column"))
        return _absent(column, out.size)
    if _odd(out, column, cells, faults):
        out.broken.add(column.name)
        return _absent(column, out.size)
    before = len(faults)
    values: Any
    if column.kind == "number":
        values = _number(out, column, cells, faults)
    elif column.kind == "flag":
        values, bad = flags(cells, bool(column.default))
        if bad:
            words = texts(cells)
            _bad(out, column, bad, [words[i] for i in bad], rule("columns.flag", column=column.name), faults)
    else:
        values = _text(out, column, cells, faults)
    if len(faults) > before:
        out.broken.add(column.name)
    return values


def _absent(column: Column, size: int) -> Any:
    if column.kind == "number":
        return np.full(size, np.nan if column.default is None else float(column.default))
    if column.kind == "flag":
        return np.full(size, bool(column.default))
    return [str(column.default or "")] * size


def _number(out: Typed, column: Column, cells: Cells, faults: Faults) -> NDArray[np.float64]:
    values, bad = numbers(cells)
    if bad:
        words = texts(cells)
        large = [i for i in bad if beyond(words[i])]
        other = [i for i in bad if not beyond(words[i])]
        if other:
            _bad(out, column, other, [words[i] for i in other], rule("columns.number", column=column.name), faults)
        if large:
            _bad(out, column, large, [words[i] for i in large], rule("columns.large", column=column.name), faults)
    empty = np.isnan(values)
    if bad:
        empty[bad] = False
    if column.required and empty.any():
        _empty(out, column, np.flatnonzero(empty).tolist(), faults)
    wrong = np.zeros(len(values), dtype=bool)
    if column.low is not None:
        wrong |= values < column.low
    if column.high is not None:
        wrong |= values > column.high
    if column.whole:
        wrong |= values != np.floor(values)
        wrong &= ~np.isnan(values)
    if wrong.any():
        at = np.flatnonzero(wrong).tolist()
        _bad(out, column, at, [plain(values[i]) for i in at], span(column), faults)
    if column.default is not None:
        values = np.where(np.isnan(values), float(column.default), values)
    return values


def span(column: Column) -> Rule:
    """What a number column with a range admits, in words; every one that has an end has a lower one."""
    noun = say("a whole number") if column.whole else say("a number")
    said = {"column": column.name, "number": noun, "low": plain(column.low), "high": plain(column.high)}
    return rule("columns.least" if column.high is None else "columns.span", **said)


def _text(out: Typed, column: Column, cells: Cells, faults: Faults) -> list[str]:
    words = texts(cells)
    present = set(words)
    if "" in present and column.required:
        _empty(out, column, [i for i, word in enumerate(words) if not word], faults)
    if column.choices:
        parts = present if column.kind == "text" else {part for word in present for part in items(word)}
        strange = parts - {"", *column.choices}
        coded = {word: names.value_of(column, word) for word in strange}
        if any(word != code for word, code in coded.items()):
            words = [names.each_item(word, lambda item: coded.get(item, item)) for word in words]
            strange = {word for word in strange if coded[word] == word}
        if strange:
            is_list = column.kind == "list"
            at = [
                i
                for i, word in enumerate(words)
                if (not strange.isdisjoint(items(word)) if is_list else word in strange)
            ]
            choices = choice(column.choices)
            kind = ("columns.item" if is_list else "columns.choice") + ("s" if len(strange) > 1 else "")
            must = rule(kind, column=column.name, choices=choices)
            do = meant(min(strange), names.said_values(column), must.do)
            _bad(out, column, at, [words[i] for i in at], must, faults, do)
    if "" in present and column.default:
        words = [word or str(column.default) for word in words]
    return words


def _named(out: Typed, at: Sequence[int], found: Sequence[object]) -> str:
    """What was found in bad cells, each with the id of its row where the table has one."""
    key = out.table.key[0] if out.table.key else ""
    ids = out.data.get(key)
    if ids is None:
        return some(f"{word!r}" for word in found)
    return some(say("{what} ({row})", what=repr(word), row=ids[i]) for word, i in zip(found, at, strict=True))


def _bad(
    out: Typed,
    column: Column,
    at: Sequence[int],
    found: Sequence[object],
    must: Rule,
    faults: Faults,
    do: str = "",
) -> None:
    faults.add(out.where(at, column.name), must, _named(out, at, found), do)


def _empty(out: Typed, column: Column, at: Sequence[int], faults: Faults) -> None:
    found = say("{count} blank cells", count=len(at)) if len(at) > 1 else say("1 blank cell")
    key = out.table.key[0] if out.table.key else ""
    if key in out.data:
        found = say("{what} ({row})", what=found, row=some(out.data[key][i] for i in at))
    must = rule("columns.blank", column=column.name)
    faults.add(out.where(at, column.name), must, found)


def _keys(out: Typed, faults: Faults) -> None:
    """Keys are unique; a blank where a part of the key is required has been told already."""
    key = out.table.key
    if not key or out.size < 2:
        return
    columns = [_words(out, name) for name in key]
    ids: list[Any] = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    if len(set(ids)) == len(ids):
        return
    needed = [cells for name, cells in zip(key, columns, strict=True) if out.table.column(name).required]
    seen: set[Any] = set()
    again: list[int] = []
    for i, each in enumerate(ids):
        if each in seen and all(column[i] for column in needed):
            again.append(i)
        seen.add(each)
    if again:
        twice = list(dict.fromkeys("/".join([ids[i]] if len(columns) == 1 else ids[i]) for i in again))
        together = " + ".join(key)
        must, found = rule("columns.unique", key=together), say("more than once: {names}", names=some(twice))
        faults.add(out.where(again, together), must, found)


def _words(out: Typed, column: str) -> list[str]:
    """The cells of a column of a key as words, numbers too; what could not be read is blank."""
    if out.table.column(column).kind != "number":
        return out.text(column)
    return ["" if value != value else str(plain(value)) for value in out.number(column).tolist()]


def frame(table: Typed) -> pd.DataFrame:
    """The table as the Study holds it: schema columns in order, then the user's own; text as object columns."""
    columns: Mapping[str, Any] = {**table.data, **table.own}
    if table.size > SMALL:
        return pd.DataFrame(
            {
                name: values
                if isinstance(values, np.ndarray)
                else pd.Series(_objects(values), dtype=object, copy=False)
                for name, values in columns.items()
            },
            copy=False,
        )
    # one block per kind instead of one array per column: several times faster, and small studies are made by thousands
    types = tuple(values.dtype.kind if isinstance(values, np.ndarray) else "O" for values in columns.values())
    plan, order, heads = _blocks(tuple(columns), types)
    rows, blocks = pd.RangeIndex(table.size), []
    for dtype, inside, places in plan:
        block: NDArray[Any] = np.empty((table.size, len(inside)), dtype=dtype)
        for at, name in enumerate(inside):
            block[:, at] = columns[name]
        blocks.append(pd.DataFrame(block, index=rows, columns=places, dtype=dtype, copy=False))
    together = blocks[0] if len(blocks) == 1 else pd.concat(blocks, axis=1).take(order, axis=1)
    together.columns = heads  # given last: names are dear to put side by side and in order, numbers are not
    return together


@lru_cache(maxsize=256)
def _blocks(
    heads: tuple[str, ...], types: tuple[str, ...]
) -> tuple[list[tuple[type, list[str], pd.RangeIndex]], NDArray[np.intp], pd.Index[str]]:
    """Which columns share a block, with their places side by side, the place of each there, and their names."""
    dtypes: dict[str, type] = {"O": object, "b": bool, "f": float}
    plan: list[tuple[type, list[str], pd.RangeIndex]] = []
    together: list[str] = []
    for kind, dtype in dtypes.items():
        inside = [name for name, each in zip(heads, types, strict=True) if each == kind]
        if inside:
            plan.append((dtype, inside, pd.RangeIndex(len(together), len(together) + len(inside))))
            together += inside
    place = {name: at for at, name in enumerate(together)}
    return plan, np.array([place[name] for name in heads], dtype=np.intp), pd.Index(heads)


def _objects(values: list[str]) -> NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
