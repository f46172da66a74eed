"""The forms of a report: its tables worked out once, written as page, workbook, CSV and parquet.

All forms show the same frames (`Made`), so that a number cannot differ from one to another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.place import fresh_parts
from zonevest.reports.contents import HIDDEN, NUMBERS, Column, Sheet, sheets
from zonevest.reports.facts import Facts
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display

FOLDER = "tables"
"""Where the tables of a report lie in a plan folder, as ``<key>.csv`` and ``<key>.parquet``."""


@dataclass(frozen=True)
class Made:
    """A table of the report with its frame: columns as the sheet says, rows from 0 on."""

    sheet: Sheet
    frame: pd.DataFrame

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is shown of it: all but what is hidden."""
        return tuple(column for column in self.sheet.columns if column.kind != HIDDEN)


def made(facts: Facts, contents: tuple[Sheet, ...] | None = None) -> list[Made]:
    """Every table of the report, worked out once; without a plan those of the study alone.

    Raises
    ------
    ValueError
        If a frame has other columns than its sheet, or a column's unit or kind stands in none.
    """
    wanted = [sheet for sheet in contents or sheets() if facts.plan.has_plan or sheet.always]
    frames = [(sheet, _no_land(sheet.make(facts).reset_index(drop=True).rename_axis(columns=None))) for sheet in wanted]
    tables = [Made(replace(sheet, columns=sheet.shown(frame), more=None), frame) for sheet, frame in frames]
    for table in tables:
        names = [column.name for column in table.sheet.columns]
        units = {told[1:] for column in table.sheet.columns for told in (column.unit, column.kind) if told[:1] == "@"}
        if list(table.frame.columns) != names or not units <= set(names):
            found = ", ".join(map(str, table.frame.columns))
            raise ValueError(f"table {table.sheet.key}: its columns are {found}, its sheet says {', '.join(names)}")
    return tables


def _no_land(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a project have no land action, where a blank one would be that of unassigned land."""
    if not {"practice", "project"} <= set(frame.columns):
        return frame
    of_project = (frame["practice"] == "") & (frame["project"].fillna("") != "")
    return frame.assign(practice=frame["practice"].astype(object).mask(of_project, None)) if of_project.any() else frame


def is_number(column: Column) -> bool:
    """Whether a column holds numbers."""
    return column.kind in NUMBERS


def named(column: Column, frame: pd.DataFrame, display: Display) -> list[str]:
    """The cells of a column that holds no numbers, in words; each code is looked up once.

    A missing code (None, NaN) is left blank: the row has none; a blank one may have a name (no zone, say).
    """
    return in_words(column, frame, *coded(frame[column.name]), display)


def in_words(column: Column, frame: pd.DataFrame, codes: list[Any], there: list[bool], display: Display) -> list[str]:
    """The same of codes that are known."""
    if column.kind == "text":
        return list(map(str, codes))
    kinds = [column.kind] * len(codes)
    if column.kind.startswith("@"):
        kinds = [str(kind) or "text" for kind in frame[column.kind[1:]].to_numpy(dtype=object)]
    pairs = list(zip(kinds, codes, strict=True))
    words = {(kind, code): display.named(kind, code) for kind, code in dict.fromkeys(pairs)}
    return [words[pair] if here else "" for pair, here in zip(pairs, there, strict=True)]


def coded(values: pd.Series) -> tuple[list[Any], list[bool]]:
    """The codes of a column, blank where one is missing, and whether each is there."""
    codes = values.to_numpy(dtype=object)  # one by one an arrow column takes ten times as long
    there = ~pd.isna(codes)
    return np.where(there, codes, "").tolist(), there.tolist()


def write_files(tables: list[Made], folder: Path) -> None:
    """Write each table as CSV and as parquet: codes and plain numbers, the head is the name of the column."""
    folder.mkdir(exist_ok=True)
    for table in tables:
        table.frame.to_csv(folder / f"{table.sheet.key}.csv", index=False, lineterminator="\n")
        table.frame.to_parquet(folder / f"{table.sheet.key}.parquet", index=False)


def write_reports(plan: PlanData, folder: Path, lang: str, *, layer: bool = True) -> dict[str, Any]:
    """Write all forms of the report, and the tables of money, into an existing folder; plan.json's word on money.

    Parameters
    ----------
    layer : plan.gpkg too.
    """
    from zonevest.reports.layer import write_layer
    from zonevest.reports.money import write_money
    from zonevest.reports.page import page
    from zonevest.reports.workbook import write_workbook

    facts = Facts(completed(plan))
    tables = made(facts)
    money: dict[str, Any] = {}
    if facts.plan.has_plan:
        told = facts.money | {"balance_sheet": facts.balance, "circulation": facts.circulation}
        money = write_money(facts.plan, folder, told, facts.books)
    (folder / "report.html").write_text(page(facts, tables, lang), encoding="utf-8", newline="\n")
    write_workbook(facts, tables, folder / "report.xlsx", lang)
    write_files(tables, folder / FOLDER)
    if facts.plan.has_plan and layer:
        write_layer(facts, folder / "plan.gpkg", lang)
    return money


def replace_reports(plan: PlanData, target: Path, lang: str) -> tuple[Path, ...]:
    """Write the reports of a plan into its folder: beside what is there first, so that none is ever half written.

    What was written is returned, the page and the workbook first.

    plan.gpkg stays as it is: a reader may have kept styles of his own in it.
    """
    with fresh_parts(target) as new:
        write_reports(plan, new, lang, layer=False)
        written = sorted(new.iterdir(), key=lambda path: (not path.name.startswith("report."), path.name))
    return tuple(target / path.name for path in written)
