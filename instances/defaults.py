"""The package's default tables: what a study falls back to, row by row.

A study's row takes the place of the default row of the same key, and one with `drop` = 1 takes it away. Flow rows have
no key: the rows of a study for one subject and account replace all default rows for it; shares likewise, for one
account, role and project. A default row that names something which is no longer there goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zonevest.instances.cells import flags, texts
from zonevest.instances.context import Context
from zonevest.instances.faults import Faults, some
from zonevest.instances.files import read_csv
from zonevest.instances.schema import BY_NAME, CLASS_GROUPS, DEFAULT_TABLES
from zonevest.instances.study import items
from zonevest.instances.tables import Raw, Typed, typed

FOLDER = Path(__file__).parent / "defaults"
CN = "cn"
DROP = "drop"
OF_LAND = ("practices", "class_zones", "limits")
"""Defaults that a study with land classes or zones of its own does without, unless it lists them."""


def group(table: str) -> tuple[str, ...]:
    """The columns whose rows are replaced together: the key, or of flows and shares what they are about."""
    if table.endswith("_flows"):
        return (BY_NAME[table].columns[0].name, "account")
    return ("account", "role", "project") if table == "shares" else BY_NAME[table].key


def split(raw: Raw, used: bool, faults: Faults) -> tuple[Raw, list[tuple[str, ...]]]:
    """Part the rows that take a default away from the others: the others, and the keys of what is taken away."""
    if DROP not in raw.cells:
        return raw, []
    if not used:
        must = f"the column {DROP} is for tables with default rows"
        faults.add(f"{raw.label}, column {DROP}", must, "no default rows are in use for this table", "take it out")
        return replace(raw, cells={name: cells for name, cells in raw.cells.items() if name != DROP}), []
    drops, bad = flags(raw.cells[DROP], False)
    if bad:
        where = f"{raw.label}, row {some(raw.rows[i] for i in bad)}, column {DROP}"
        faults.add(where, f"{DROP} is 0 or 1", some(texts(raw.cells[DROP])[i] for i in bad), "write 0 or 1")
    columns = [texts(raw.cells[name]) if name in raw.cells else [""] * len(raw.rows) for name in group(raw.table.name)]
    keys = [tuple(column[i] for column in columns) for i in np.flatnonzero(drops)]
    known = {_key(default(raw.table.name), raw.table.name, i) for i in range(default(raw.table.name).size)}
    for i, key in zip(np.flatnonzero(drops).tolist(), keys, strict=True):
        if key not in known:
            where, must = f"{raw.label}, row {raw.rows[i]}", f"a row with {DROP} = 1 names a default row"
            faults.add(where, must, f"no default row {'/'.join(key)!r}", "correct the key, or take the row out")
    keep = np.flatnonzero(~drops).tolist()
    cells = {
        name: [values[i] for i in keep] if isinstance(values, list) else _taken(values, keep)
        for name, values in raw.cells.items()
        if name != DROP
    }
    return replace(raw, cells=cells, rows=[raw.rows[i] for i in keep]), keys


def _taken(values: Any, keep: Sequence[int]) -> Any:
    return values.iloc[keep] if hasattr(values, "iloc") else values[keep]


def _key(table: Typed, name: str, row: int) -> tuple[str, ...]:
    return tuple(table.text(column)[row] for column in group(name))


@lru_cache(maxsize=64)
def default(name: str) -> Typed:
    """A default table, typed."""
    table, faults = BY_NAME[name], Faults()
    raw = read_csv(FOLDER / CN / f"{name}.csv", table, f"the default table {name}", faults)
    assert raw is not None
    found = typed(raw, faults, [])
    faults.stop_if_any()
    return found


def merge(
    tables: Mapping[str, Typed],
    names: Collection[str],
    dropped: Mapping[str, Sequence[tuple[str, ...]]],
    notes: list[str],
) -> dict[str, Typed]:
    """The tables of a study with the default rows that stand in for what it does not say.

    Parameters
    ----------
    tables
        What the study brings, typed.
    names
        The tables whose defaults are in use.
    dropped
        By table the keys of the default rows that the study takes away.
    """
    out = dict(tables)
    counts = {}
    for name in DEFAULT_TABLES:
        if name not in names or (name in tables and tables[name].broken.intersection(group(name))):
            continue
        given = default(name)
        own = out.get(name)
        said = {_key(own, name, i) for i in range(own.size)} if own is not None else set()
        said |= set(dropped.get(name, ()))
        keep = [i for i in range(given.size) if _key(given, name, i) not in said]
        rows = _take(given, keep)
        for column in rows.table.columns:
            rows = _cascade(rows, column.name, out)
        out[name] = rows if own is None or not own.size else _joined(own, rows)
        counts[name] = rows.size
    listed = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    if listed:
        notes.append(f"default rows in use: {listed}")
    return out


def _cascade(rows: Typed, column: str, tables: Mapping[str, Typed]) -> Typed:
    """Leave out rows that name what is not there; of a list only what is missing, if something is left."""
    declared = rows.table.column(column)
    known = _known(declared.refers, tables)
    if known is None:
        return rows
    cells = rows.text(column)
    if declared.kind == "list":
        pruned = [";".join(item for item in items(cell) if known(item)) for cell in cells]
        keep = [i for i, cell in enumerate(cells) if pruned[i] or not cell]
        rows.data[column] = pruned
        return _take(rows, keep)
    if column in ("capture_tool", "counterpart_of"):  # an account stays without them
        rows.data[column] = [cell if known(cell) else "" for cell in cells]
        return rows
    lost = {i for i, cell in enumerate(cells) if cell and not known(cell)}
    if rows.table.name == "shares":  # what is left of a group would no longer sum to 1
        gone = {_key(rows, "shares", i) for i in lost}
        lost = {i for i in range(rows.size) if _key(rows, "shares", i) in gone}
    return _take(rows, [i for i in range(rows.size) if i not in lost])


def without_ground(study: Context) -> Typed | None:
    """The limits, without default rows that have nothing to hold in this study.

    They name an account that there is not, ask every jurisdiction where a parcel has none, or count heads nobody has.
    """
    limits = study.rows("limits")
    if limits is None or 0 not in limits.rows:
        return limits
    parcels = study.rows("parcels")
    homeless = not study.jurisdictions or (parcels is not None and "" in set(parcels.text("jurisdiction")))

    def fits(i: int) -> bool:
        names = [limits.text("account")[i], limits.text("basis")[i].partition(":")[2]]
        known = all(not name or study.accounts.measure(name) for name in names)
        each = limits.text("jurisdiction")[i] == "each" and homeless
        heads = limits.text("basis")[i] == "per_head" and not study.people
        return known and not each and not heads

    keep = [i for i in range(limits.size) if limits.rows[i] or fits(i)]
    rows = [limits.rows[i] for i in keep]
    return replace(_take(limits, keep), rows=rows, own=limits.own) if len(keep) < limits.size else limits


def _known(refers: str, tables: Mapping[str, Typed]) -> Callable[[str], bool] | None:
    """Whether a name is there; None where that is not to be asked."""
    groups = {f"class_group:{name}" for name in CLASS_GROUPS}
    if refers == "accounts":
        return _account_known(tables)
    if refers not in ("classes", *DEFAULT_TABLES):
        return None
    codes = _ids(tables, "land_classes" if refers == "classes" else refers)
    if codes is None:
        return None
    there = codes | (groups if refers == "classes" else {"outside"} if refers == "actors" else set())
    return lambda name: name in there


def _account_known(tables: Mapping[str, Typed]) -> Callable[[str], bool] | None:
    """Accounts are those of the table; what begins with a first word of built-in accounts is looked at later."""
    codes = _ids(tables, "accounts")
    return None if codes is None else lambda name: name in codes or "." in name or name == "population"


def _ids(tables: Mapping[str, Typed], name: str) -> set[str] | None:
    table = tables.get(name)
    key = BY_NAME[name].key[0]
    return None if table is None or key in table.broken else set(table.text(key))


def _take(table: Typed, keep: Sequence[int]) -> Typed:
    """Some rows of a table, which are default rows: row number 0."""
    at = np.array(keep, dtype=int)
    data = {
        name: values[at] if isinstance(values, np.ndarray) else [values[i] for i in keep]
        for name, values in table.data.items()
    }
    return Typed(
        table.table, table.label, len(keep), data, {}, [0] * len(keep), table.unit, table.given, frozenset(), set()
    )


def _joined(own: Typed, rows: Typed) -> Typed:
    """The study's rows, and after them the default ones."""
    data = {
        name: np.concatenate([values, rows.data[name]]) if isinstance(values, np.ndarray) else values + rows.data[name]
        for name, values in own.data.items()
    }
    extra = {
        name: np.concatenate([values, np.full(rows.size, np.nan)])
        if isinstance(values, np.ndarray)
        else [*values, *[""] * rows.size]
        for name, values in own.own.items()
    }
    return replace(
        own, size=own.size + rows.size, data=data, own=extra, rows=[*own.rows, *rows.rows], given=own.given | rows.given
    )
