"""The package's default tables: what a study falls back to, row by row.

A study's row takes the place of the default row of the same key, and one with `drop` = 1 takes it away. Flow rows have
no key: the rows of a study for one subject and account replace all default rows for it; shares likewise, for one
account, role and project. A default row that names something which is no longer there goes with it, so that nothing is
wrong with rows that the study has not written; who is no longer there is outside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zonevest.instances.cells import flags, texts
from zonevest.instances.context import OUTSIDE, Context
from zonevest.instances.faults import Faults, column_of, meant, rows_of, some, within
from zonevest.instances.files import read_csv
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME, CLASS_GROUPS, DEFAULT_TABLES
from zonevest.instances.study import Settings, conditions, items
from zonevest.instances.tables import NO_ROW, Raw, Typed, typed

FOLDER = Path(__file__).parent / "defaults"
CN = "cn"
DROP = "drop"
LAND = ("land_classes", "zones")
OF_LAND = ("practices", "class_zones", "limits")
"""Defaults that a study with land classes or zones of its own does without, unless it lists them."""
STAY = ("capture_tool", "counterpart_of", "payer")
"""Columns without whose name a default row still makes sense: it is left blank."""

Key = tuple[str, ...]


def group(table: str) -> Key:
    """The columns whose rows are replaced together: the key, or of flows and shares what they are about."""
    if table.endswith("_flows"):
        return (BY_NAME[table].columns[0].name, "account")
    return ("account", "role", "project") if table == "shares" else BY_NAME[table].key


@lru_cache(maxsize=64)
def default(name: str) -> Typed:
    """A default table, typed; it is shared, and never changed."""
    faults = Faults()
    raw = read_csv(FOLDER / CN / f"{name}.csv", BY_NAME[name], f"{name}.csv", faults)
    assert raw is not None
    found = typed(raw, faults, [])
    faults.stop_if_any()
    return replace(found, rows=[NO_ROW] * found.size)


@lru_cache(maxsize=64)
def default_keys(name: str) -> list[Key]:
    """The key of every default row, in row order."""
    return keys_of(default(name))


def keys_of(table: Typed) -> list[Key]:
    """The key of every row by which it is replaced."""
    return list(zip(*(table.text(column) for column in group(table.table.name)), strict=True))


def in_use(listed_tables: Collection[str], listed: bool, raws: Mapping[str, Raw], notes: list[str]) -> set[str]:
    """The tables whose defaults a study is given.

    Parameters
    ----------
    listed_tables, listed
        What study.toml says: the tables, and whether it lists them one by one.
    raws
        What the study brings; rows that only drop defaults are none of its own.
    """
    names = set(listed_tables)
    own = [name for name in LAND if name in raws and _brings(raws[name])]
    if names and own and not listed:
        names -= set(OF_LAND)
        notes.append(
            rule("settings.without-defaults",
                tables=_and(OF_LAND), own=_and(own),
            )
        )  # fmt: skip
    return names


def _and(names: Sequence[str]) -> str:
    return listed(names, last=" and ")


def _brings(raw: Raw) -> bool:
    if DROP not in raw.cells:
        return len(raw.rows) > 0
    return not bool(flags(raw.cells[DROP], False)[0].all())


def split(raw: Raw, used: bool, faults: Faults) -> tuple[Raw, list[Key]]:
    """Part the rows that take a default away from the others: the others, and the keys of what is taken away."""
    if DROP not in raw.cells or (raw.spatial and not used):
        return raw, []
    table, label = raw.table, raw.label
    plain = replace(raw, cells={name: cells for name, cells in raw.cells.items() if name != DROP})
    if not used:
        must = rule("columns.drop", column=DROP)
        found = say("no default rows of {table}", table=table.name)
        faults.add(within(label, column_of(DROP)), must, found)
        return plain, []
    drops, bad = flags(raw.cells[DROP], False)
    if bad:
        words = texts(raw.cells[DROP])
        where = within(within(label, rows_of(raw.unit, [raw.rows[i] for i in bad])), column_of(DROP))
        must = rule("columns.flag", column=DROP)
        faults.add(where, must, some(repr(words[i]) for i in bad))
    if any(table.column(name).required and name not in raw.cells for name in group(table.name)):
        return plain, []  # the missing column is told where the table is typed
    columns = [texts(raw.cells[name]) if name in raw.cells else [""] * len(raw.rows) for name in group(table.name)]
    rows = np.flatnonzero(drops).tolist()
    keys = [tuple(column[i] for column in columns) for i in rows]
    known = {"/".join(key) for key in default_keys(table.name)}
    for i, key in zip(rows, map("/".join, keys), strict=True):
        if key not in known:
            where = within(label, rows_of(raw.unit, [raw.rows[i]]))
            must = rule("columns.drop-key", column=DROP, table=table.name)
            do = meant(key, known, advice("columns.drop-key"))
            faults.add(where, must, say("no default row {key!r}", key=key), do)
    keep = np.flatnonzero(~drops).tolist()
    cells = {name: _some_cells(values, keep) for name, values in plain.cells.items()}
    if not keep:  # of a table that only drops, no further column is asked for
        cells = {column.name: [] for column in table.columns if column.required} | cells
    return replace(raw, cells=cells, rows=[raw.rows[i] for i in keep]), keys


def _some_cells(values: Any, keep: Sequence[int]) -> Any:
    if isinstance(values, list):
        return [values[i] for i in keep]
    return values.iloc[keep] if hasattr(values, "iloc") else values[keep]


def merge(
    tables: Mapping[str, Typed], names: Collection[str], dropped: Mapping[str, Sequence[Key]]
) -> dict[str, Typed]:
    """The tables of a study with the default rows that stand in for what it does not say, after its own.

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
    merged = []
    for name in DEFAULT_TABLES:
        own = out.get(name)
        if name not in names or (own is not None and own.broken.intersection(group(name))):
            continue
        said = set(dropped.get(name, ())) | set(keys_of(own) if own is not None else ())
        rows = default(name)
        if said:
            rows = _take(rows, [i for i, key in enumerate(default_keys(name)) if key not in said])
        out[name] = _copied(rows) if own is None or not own.size else _joined(own, rows)
        merged.append(name)
    before = -1
    while before != (now := sum(out[name].size for name in merged)):
        before = now
        for name in merged:
            out[name] = _cascade(out[name], out)
    return out


def _cascade(table: Typed, tables: Mapping[str, Typed]) -> Typed:
    """Leave out default rows that name what is not there, of a list only the items that are not."""
    name = table.table.name
    here = [i for i, row in enumerate(table.rows) if row == NO_ROW]
    lost: set[int] = set()
    changed: dict[str, dict[int, str]] = {}
    for column in table.table.columns:
        if column.name == "where":
            for i in here:
                left = _still(table.text("where")[i], tables)
                if left is None:
                    lost.add(i)
                elif left != table.text("where")[i]:
                    changed.setdefault("where", {})[i] = left
            continue
        there = _known(column.refers, tables)
        if there is None:
            continue
        cells = table.text(column.name)
        for i in here:
            cell = cells[i]
            if not cell:
                continue
            if column.kind == "list":
                left = ";".join(item for item in items(cell) if there(item))
                if not left:
                    lost.add(i)
                elif len(items(left)) < len(items(cell)):
                    changed.setdefault(column.name, {})[i] = left
            elif not there(cell):
                if column.refers == "actors" or column.name in STAY:
                    changed.setdefault(column.name, {})[i] = OUTSIDE if name == "shares" else ""
                else:
                    lost.add(i)
    if name == "accounts":
        for i in _second_takers(table, here):
            changed.setdefault("capture_tool", {})[i] = ""
    if name == "capture" and not tables["accounts"].broken & {"account", "capture_tool"}:
        named = set(tables["accounts"].text("capture_tool"))
        lost |= {i for i in here if table.text("capture_tool")[i] not in named}
        for i in _paid_otherwise(table, here, tables):
            changed.setdefault("payer", {})[i] = ""
    if changed:
        data = dict(table.data)
        for column_name, cells_of in changed.items():
            data[column_name] = [cells_of.get(i, cell) for i, cell in enumerate(table.text(column_name))]
        table = replace(table, data=data)
    if name == "shares" and "actor" in changed:
        lost |= _as_one(table, here)
    return _take(table, [i for i in range(table.size) if i not in lost]) if lost else table


def _still(cell: str, tables: Mapping[str, Typed]) -> str | None:
    """A `where` cell without the values that are not there; None where a column of it is left with none."""
    parts = []
    for column, values in conditions(cell):
        there = _known(BY_NAME["parcels"].column(column).refers, tables)
        left = [value for value in values if there is None or there(value)]
        if not left:
            return None
        parts.append(f"{column}={'|'.join(left)}")
    return "; ".join(parts)


def _second_takers(accounts: Typed, here: Sequence[int]) -> list[int]:
    """Default accounts whose tool posts on an account of the study's own."""
    tool, default_rows = accounts.text("capture_tool"), set(here)
    own = {tool[i] for i in range(accounts.size) if i not in default_rows} - {""}
    return [i for i in here if tool[i] in own]


def _paid_otherwise(capture: Typed, here: Sequence[int], tables: Mapping[str, Typed]) -> list[int]:
    """Default captures whose payer gives way to what the study says: pays shares of the account, or another payer."""
    accounts, shares, default_rows = tables["accounts"], tables.get("shares"), set(here)
    pairs = zip(capture.text("capture_tool"), capture.text("payer"), strict=True)
    stated = {tool for i, (tool, payer) in enumerate(pairs) if payer and i not in default_rows}
    if shares is not None and not shares.broken:
        columns = (shares.text("account"), shares.text("role"), shares.text("project"), shares.rows)
        paid = {account for account, role, project, row in zip(*columns, strict=True)
                if role == "pays" and not project and row != NO_ROW}  # fmt: skip
        pairs = zip(accounts.text("account"), accounts.text("capture_tool"), strict=True)
        stated |= {tool for account, tool in pairs if tool and account in paid}
    return [i for i in here if capture.text("payer")[i] and capture.text("capture_tool")[i] in stated]


def _as_one(shares: Typed, here: Sequence[int]) -> set[int]:
    """Add up default shares that have become those of one actor; the rows that are no longer needed."""
    first: dict[Key, int] = {}
    again = set()
    share = shares.number("share").copy()
    for i in here:
        key = tuple(shares.text(name)[i] for name in shares.table.key)
        at = first.setdefault(key, i)
        if at != i:
            share[at] += share[i]
            again.add(i)
    shares.data["share"] = share
    return again


def without_ground(study: Context) -> dict[str, Typed]:
    """The tables from which default rows go that have nothing to hold, or cannot be reckoned with, in this study.

    Limits that name an account that there is not, ask every jurisdiction where a parcel has none, or count heads nobody
    has; equity for good where nothing is discounted.
    """
    out = {}
    limits, instruments = study.rows("limits"), study.rows("instruments")
    if limits is not None and NO_ROW in limits.rows:
        out["limits"] = _take(limits, [i for i in range(limits.size) if limits.rows[i] != NO_ROW or _fits(study, i)])
    if instruments is not None and study.settings is not None and study.settings.rates.finance == 0:
        forever = np.isnan(instruments.number("tenor_years")) & (instruments.number("rate") > 0)
        keep = [i for i in range(instruments.size) if instruments.rows[i] != NO_ROW or not forever[i]]
        out["instruments"] = _take(instruments, keep)
    return out


def _fits(study: Context, i: int) -> bool:
    limits, parcels = study.tables["limits"], study.rows("parcels")
    names = [limits.text("account")[i], limits.text("basis")[i].partition(":")[2]]
    if any(name and study.accounts.measure(name) is None for name in names):
        return False
    if limits.text("jurisdiction")[i] == "each":
        return bool(study.jurisdictions) and (parcels is None or "" not in set(parcels.text("jurisdiction")))
    return limits.text("basis")[i] != "per_head" or bool(study.people)


def told(tables: Mapping[str, Typed], names: Collection[str], settings: Settings | None) -> list[str]:
    """What a reader is to know: how many default rows there are, and whom their shares leave out."""
    ids = {name: set(default_keys(name)) for name in DEFAULT_TABLES if name in names and name in tables}
    counts = {
        name: sum(row == NO_ROW and key in ids[name] for row, key in zip(table.rows, keys_of(table), strict=True))
        for name, table in tables.items()
        if name in ids
    }
    parts = [say("{count} of {table}", count=counts[name], table=name) for name in DEFAULT_TABLES if counts.get(name)]
    notes: list[str] = [rule("settings.defaults-in-use", rows=listed(parts))] if parts else []
    if settings is not None and counts.get("shares"):
        shares = tables["shares"]
        actors = {actor for actor, row in zip(shares.text("actor"), shares.rows, strict=True) if row == NO_ROW}
        if actors.isdisjoint(settings.purse):
            notes.append(
                rule("shares.default-purse",
                    purse=_and(settings.purse), actors=_and(sorted(actors)),
                )
            )  # fmt: skip
    return notes


def _known(refers: str, tables: Mapping[str, Typed]) -> Callable[[str], bool] | None:
    """Whether a name is there; None where that is not to be asked."""
    if refers not in ("classes", *DEFAULT_TABLES):
        return None
    codes = _ids(tables, "land_classes" if refers == "classes" else refers)
    if codes is None or (refers == "actors" and not codes):  # without a table, those that are named are all there are
        return None
    if refers == "accounts":  # built-in accounts, which have a dot, are looked at later
        return lambda name: name in codes or "." in name or name == "population"
    groups = {f"class_group:{name}" for name in CLASS_GROUPS} if refers == "classes" else set[str]()
    there = codes | groups | ({OUTSIDE} if refers == "actors" else set())
    return lambda name: name in there


def _ids(tables: Mapping[str, Typed], name: str) -> set[str] | None:
    """The names in a table; None where it cannot be relied on. A table that is not there has none."""
    table, key = tables.get(name), BY_NAME[name].key[0]
    if table is None:
        return set()
    return None if key in table.broken else set(table.text(key))


def _take(table: Typed, keep: Sequence[int]) -> Typed:
    """Some rows of a table."""
    if len(keep) == table.size:
        return table
    at = np.array(keep, dtype=int)

    def taken(columns: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: values[at] if isinstance(values, np.ndarray) else [values[i] for i in keep]
            for name, values in columns.items()
        }

    rows = [table.rows[i] for i in keep]
    return replace(table, size=len(keep), data=taken(table.data), own=taken(table.own), rows=rows)


def _copied(table: Typed) -> Typed:
    """A table with arrays of its own, so that nobody who changes a study changes the default rows."""
    data = {name: values.copy() if isinstance(values, np.ndarray) else values for name, values in table.data.items()}
    return replace(table, data=data)


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
