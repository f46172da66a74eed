"""What the studies of plans have not in common: settings, rows and cells of tables, parcels and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.instances.schema import TABLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Settings, Study

INPUTS: Final = ["plan", "table", "key", "column", "rows", "in_first", "in_other", "factor"]
UNMATCHED: Final = ["plan", "aspect", "only_in", "count", "area_ha", "first"]
SHOWN: Final = 20
"""Cells of one column of one table that are told one by one; of more only how many there are."""
FIRST: Final = 5
STUDY: Final = "study"
VALUE: Final = "value"
CLOSE: Final = 1e-12
REMARKS: Final = ("source", "confidence")
"""Columns that say where a row comes from, and never which row it is."""
NOT_GIVEN: Final = ("name", "title")
"""Settings that say nothing of what is asked."""


def differing(one: Study, other: Study, name: str) -> pd.DataFrame:
    """What another study gives otherwise.

    Returns
    -------
    DataFrame
        ``plan`` (the name), ``table`` (``study``: study.toml), ``key`` (the row's key, its parts joined by ``/``; the
        path of a setting), ``column`` (``value`` of a setting; blank: the row is in one alone), ``rows`` (how many
        cells the line tells of), ``in_first`` and ``in_other`` (as text, blank: not there), ``factor`` (other / first,
        where both are numbers and every cell of the line has the same; else NaN).
    """
    rows: list[tuple[object, ...]] = list(_settings(one.settings, other.settings))
    for table in TABLES:
        if table.name != "scenarios":
            rows += _table(table.name, table.key, one.tables[table.name], other.tables[table.name])
    if (one.geometry is None) != (other.geometry is None):
        rows.append(
            ("parcels", "", "geometry", 1, *("" if s.geometry is None else "polygons" for s in (one, other)), np.nan)
        )
    return pd.DataFrame([(name, *row) for row in rows], columns=INPUTS)


def unmatched(one: Study, other: Study, name: str) -> pd.DataFrame:
    """Parcels and projects that only one of two studies has.

    Returns
    -------
    DataFrame
        ``plan`` (the name of the other), ``aspect`` (parcel, project), ``only_in`` (base: the first plan's study has
        them; plan: only the other's), ``count``, ``area_ha`` (of parcels), ``first`` (five of them).
    """
    rows = []
    for what, table, key in (("parcel", "parcels", "parcel_id"), ("project", "projects", "project")):
        mine, its = one.tables[table], other.tables[table]
        for side, here, there in (("base", mine, its), ("plan", its, mine)):
            only = here[~here[key].isin(there[key])]
            if len(only):
                area = float(only["area_ha"].sum()) if what == "parcel" else np.nan
                rows.append((name, what, side, len(only), area, "; ".join(map(str, only[key].head(FIRST)))))
    return pd.DataFrame(rows, columns=UNMATCHED)


def _settings(one: Settings, other: Settings) -> Iterator[tuple[object, ...]]:
    mine, its = (dict(_flat(asdict(settings))) for settings in (one, other))
    for path in dict.fromkeys([*mine, *its]):
        before, after = mine.get(path), its.get(path)
        if before != after and path.partition(".")[0] not in NOT_GIVEN:
            yield STUDY, path, VALUE, 1, _text(before), _text(after), _factor(before, after)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested settings by dotted path; periods by their place."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
        for at, part in enumerate(value):
            yield from _flat(part, f"{path}.{at + 1}")
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _table(name: str, key: tuple[str, ...], one: pd.DataFrame, other: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """The cells of a table that differ; rows are matched by key; where there is none by text, remarks aside."""
    columns = [column for column in dict.fromkeys([*one.columns, *other.columns]) if column != "geometry"]
    mine, its = one.reindex(columns=columns), other.reindex(columns=columns)
    if mine.equals(its):
        return
    words = [column for column in columns if column not in REMARKS and not _numeric(mine[column], its[column])]
    names = _keyed(mine, its, list(key) or words)
    in_both = names[0].intersection(names[1], sort=False)
    for only, before, after in ((names[0].difference(names[1], sort=False), "1", ""),
                                (names[1].difference(names[0], sort=False), "", "1")):  # fmt: skip
        yield from _lines(name, "", [_shown(each) for each in only], [before] * len(only), [after] * len(only))
    left, right = (table.iloc[index.get_indexer(in_both)] for table, index in zip((mine, its), names, strict=True))
    told = [_shown(each) for each in in_both]
    for column in columns:
        at = np.flatnonzero(_unlike(left[column], right[column]))
        if len(at):
            before, after = (side[column].iloc[at].tolist() for side in (left, right))
            yield from _lines(name, str(column), [told[i] for i in at], before, after)


def _keyed(one: pd.DataFrame, other: pd.DataFrame, key: list[str]) -> tuple[pd.Index, pd.Index]:
    """A unique name for each row: its key, and which of those with the same key it is."""
    found = []
    for table in (one, other):
        parts = table[key].astype(object).where(table[key].notna(), "").astype(str)
        columns = [parts[name].tolist() for name in key] or [[""] * len(table)]
        joined = pd.Series(["/".join(row).rstrip("/") for row in zip(*columns, strict=True)], dtype=object)
        again = joined.groupby(joined, sort=False).cumcount()
        found.append(pd.Index(list(zip(joined, again.tolist(), strict=True)), tupleize_cols=False))
    return found[0], found[1]


def _shown(name: tuple[str, int]) -> str:
    return name[0] if not name[1] else f"{name[0]} ({name[1] + 1})"


def _lines(
    table: str, column: str, keys: list[str], before: list[Any], after: list[Any]
) -> Iterator[tuple[object, ...]]:
    """A line for each cell; where there are many, the same in all or not, one for all of them."""
    factors = [_factor(*pair) for pair in zip(before, after, strict=True)]
    if len(keys) <= SHOWN:
        for key, one, other, factor in zip(keys, before, after, factors, strict=True):
            yield table, key, column, 1, _text(one), _text(other), factor
        return
    known = np.array(factors)
    same = not np.isnan(known).any() and np.ptp(known) <= 1e-9 * abs(known[0])
    alike = [_text(side[0]) if len(set(map(_text, side))) == 1 else "…" for side in (before, after)]
    yield table, "; ".join([*keys[:FIRST], "…"]), column, len(keys), *alike, float(known[0]) if same else np.nan


def _unlike(one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
    if _numeric(one, other):
        left, right = (side.to_numpy(dtype=float, na_value=np.nan) for side in (one, other))
        close = np.abs(left - right) <= CLOSE * np.maximum(np.abs(left), np.abs(right))
        return np.asarray(~(close | (np.isnan(left) & np.isnan(right))))
    left, right = (side.astype(object).where(side.notna(), "").astype(str).to_numpy() for side in (one, other))
    return np.asarray(left != right)


def _numeric(one: pd.Series, other: pd.Series) -> bool:
    return all(pd.api.types.is_numeric_dtype(side) and not pd.api.types.is_bool_dtype(side) for side in (one, other))


def _factor(before: Any, after: Any) -> float:
    numbers = all(
        isinstance(each, int | float | np.number) and not isinstance(each, bool | np.bool_) for each in (before, after)
    )
    if not numbers or not before or np.isnan(before) or np.isnan(after):
        return float("nan")
    return float(after) / float(before)


def _text(value: Any) -> str:
    """A cell as text; blank for nothing."""
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating):
        return f"{value:.12g}"
    return "; ".join(map(_text, value)) if isinstance(value, list) else str(value)
