"""A comparison in some dozens of lines, as it is printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from zonevest.reports.compare_display import Compared
from zonevest.reports.compare_forms import BOOK, PAGE, title_of
from zonevest.reports.compare_page import notes
from zonevest.reports.display import DASH, number
from zonevest.reports.labels import Words
from zonevest.reports.sections_head import head

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.compare import Comparison

INPUTS: Final = 12
"""Differing inputs that are printed."""
SMALL: Final = 1e-6
WORTHS: Final = 12
"""Disagreements that are printed, those of most worth."""


def to_text(found: Comparison, lang: str = "en", folder: str | Path | None = None) -> str:
    """The comparison in words: what was given, what came out, where the plans agree and what decides between them."""
    display = Compared(found, Words(lang))
    words = display.words
    lines = [title_of(found, display)]
    plans = [side for side in found.sides if side.name in found.names]
    lines += [f"  {side.name}{words('colon')}{head(side.plan, display)['status']}" for side in plans]
    lines += ["", *notes(found, "compare_inputs", display), *_inputs(found, display), *_unmatched(found, display)]
    lines += ["", words("section_compare_results"), *_results(found, display)]
    if told := notes(found, "compare_agree", display):
        lines += ["", words("section_compare_agree"), *(f"  {line}" for line in told), *_worths(found, display)]
    bad = found.tables["plans"].loc[found.tables["plans"]["holds"].map(lambda held: held is False), "plan"]
    if len(bad):
        lines += ["", words("compare_text_failed", plans=words("comma").join(bad))]
    if folder is not None:
        paths = words("comma").join(str(Path(folder) / name) for name in (PAGE, BOOK))
        lines += ["", words("compare_text_written", paths=paths)]
    return "\n".join(lines)


def _inputs(found: Comparison, display: Compared) -> list[str]:
    table, words = found.tables["inputs"], display.words
    lines = []
    for row in table.head(INPUTS).itertuples(index=False):
        column = display.column_named(row.column) if row.column not in ("", "value") else ""
        where = " · ".join(part for part in (row.plan, display.table_named(row.table), row.key, column) if part)
        many = f" ({row.rows:,})" if row.rows > 1 else ""
        times = f"  (x {number(float(row.factor))})" if not np.isnan(row.factor) else ""
        lines.append(f"  {where}{many}{words('colon')}{row.in_first or DASH} → {row.in_other or DASH}{times}")
    if len(table) > INPUTS:
        lines.append("  " + words("compare_text_more", count=f"{len(table) - INPUTS:,}"))
    return lines


def _unmatched(found: Comparison, display: Compared) -> list[str]:
    words, lines = display.words, []
    for row in found.tables["unmatched"].to_dict("records"):
        what, side = words(f"compare_what_{row['aspect']}"), words(f"compare_side_{row['only_in']}")
        told = words("compare_text_unmatched", count=f"{row['count']:,}", what=what, side=side, first=row["first"])
        lines.append(f"  {row['plan']}{words('colon')}{told}")
    return lines


def _results(found: Comparison, display: Compared) -> list[str]:
    table = found.tables["results"]
    columns = [name for name in table.columns if name not in ("item", "unit")]
    rows = [["", *(display.plan_column(name) for name in columns)]]
    rows += [
        [display.words(f"result_{row['item']}"), *(number(float(row[name])) for name in columns)]
        for row in table.to_dict("records")
    ]
    return _lined(rows)


def _worths(found: Comparison, display: Compared) -> list[str]:
    words, lines = display.words, []
    table = found.tables["worth"]
    for name in found.names[1:]:
        mine = table[table["plan"] == name]
        if not len(mine):
            continue
        single = mine[mine["kind"].isin(["project", "land", "land_rest", "decisions"])]
        largest = single.iloc[(-single["objective"].abs()).argsort(kind="stable")].head(WORTHS)
        rest = mine[mine["kind"].isin(["interaction", "inputs"])]
        lines += ["", f"  {name}{words('colon')}{words('compare_text_worth')}"]
        rows = [
            [_named(row, display), number(float(row.objective)), _penalties(row, display)]
            for part in (largest, rest)
            for row in part.itertuples(index=False)
        ]
        lines += _lined(rows, "    ")
        if len(single) > WORTHS:
            lines.append("    " + words("compare_text_more", count=f"{len(single) - WORTHS:,}"))
        lines += _priced(found.tables["prices"], name, display)
    return lines


def _penalties(row: Any, display: Compared) -> str:
    """What of a worth is penalties of soft rules; blank where nothing is."""
    share = -float(row.penalties)
    return "" if abs(share) <= SMALL else display.words("compare_text_penalties", amount=number(share))


def _priced(table: pd.DataFrame, name: str, display: Compared) -> list[str]:
    """The same at the first plan's prices, where they were asked for."""
    words, mine = display.words, table[table["plan"] == name]
    if not len(mine):
        return []
    many = mine[mine["part"].isin(["land", "project"])]
    largest = many.iloc[(-many["worth"].abs()).argsort(kind="stable")].head(WORTHS)
    rows = []
    for part in (largest, mine[~mine["part"].isin(["land", "project"])]):
        for row in part.itertuples(index=False):
            where = {"land": display.jurisdiction, "project": display.project}.get(row.part)
            told = words(f"compare_kind_{row.part}")
            rows.append([told if where is None else f"{told}: {where(row.name)}", number(float(row.worth))])
    left = [words("compare_text_more", count=f"{len(many) - WORTHS:,}")] if len(many) > WORTHS else []
    return ["", "    " + words("compare_text_prices"), *_lined(rows, "      "), *(f"      {line}" for line in left)]


def _named(row: pd.Series, display: Compared) -> str:
    if row.kind == "project":
        return f"{display.project(row.project)}: {row.start_a or DASH} → {row.start_b or DASH}"
    if row.kind != "land":
        return display.words(f"compare_kind_{row.kind}")
    one, other = display.practice(row.practice_a), display.practice(row.practice_b)
    change = one if one == other else f"{one} → {other}"
    if one == other and row.start_a != row.start_b:
        change += f", {row.start_a or DASH} → {row.start_b or DASH}"
    return f"{display.jurisdiction(row.jurisdiction)}: {change}"


def _lined(rows: list[list[str]], indent: str = "  ") -> list[str]:
    """Rows of cells under each other: the first to the left, the others to the right; Chinese is twice as wide."""
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    return [
        indent + row[0] + " " * (widths[0] - _cells(row[0]))
        + "".join("  " + " " * (width - _cells(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]  # fmt: skip


def _cells(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
