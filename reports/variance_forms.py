"""Planning anew in words, as a page and as a workbook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from zonevest.instances import place
from zonevest.instances.say import say, translate
from zonevest.reports.display import DASH, Display, number, percent
from zonevest.reports.labels import Words
from zonevest.reports.sweep_pages import STYLE, html_list, html_table
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    from pathlib import Path

    from zonevest.model.plan import PlanData

NAMED = {
    "account": "account",
    "jurisdiction": "jurisdiction",
    "period": "period",
    "begun": "period",
    "planned": "period",
    "project": "project",
    "practice": "practice",
    "from": "zone",
    "to": "zone",
}
"""What the codes of a column name."""
SHOWN = ("years", "accounts", "projects", "land", "rezoned")
"""Tables that are told in words; of what the approved plan breaks the counts are among the years."""
ASIDE = {"years": ("folder", "message", "seconds")}
ROWS = 20
"""Rows of a table that are told on the screen."""


class Told(Protocol):
    """What is told of (`zonevest.replanning.Replanned`)."""

    @property
    def plan(self) -> PlanData: ...  # noqa: D102
    @property
    def tables(self) -> dict[str, pd.DataFrame]: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def interrupted(self) -> bool: ...  # noqa: D102


def replan_text(found: Told, lang: str) -> str:
    """The tables, and what they say."""
    words = Words(lang)
    lines = [found.plan.study.title(lang), ""]
    for name in SHOWN:
        if len(found.tables[name]):
            head, *rows = _rows(found, name, words)
            lines += [words(f"replan_{name}"), *aligned([head, *rows[:ROWS]], 1)]
            if len(rows) > ROWS:
                lines.append(f"  {words('replan_more', count=len(rows) - ROWS)}")
            lines.append("")
    lines += [translate(each, lang) for each in sentences(found)]
    return "\n".join(lines)


def sentences(found: Told) -> list[str]:
    """What came of planning anew, and of holding on."""
    years, told = found.tables["years"], []
    if found.interrupted:
        told.append(say("stopped on request: further years were not planned anew"))
    if len(years):
        last = years.iloc[-1]
        if not _blank(last["objective"]) and not _blank(last["held"]):
            told.append(
                say(
                    "in the world of {year} the new plan is worth {new}, the approved one held on to {held}: {more}",
                    year=int(last["year"]),
                    new=number(last["objective"]),
                    held=number(last["held"]),
                    more=number(last["objective"] - last["held"]),
                )
            )
        if not _blank(last["held_broke"]) and last["held_broke"]:
            count = int(last["held_broke"])
            told.append(
                say("held on to, the approved plan breaks {count} rules on the way: see broken.csv", count=count)
            )
        short = years.loc[~years["status"].isin(["optimal", "feasible", "interrupted"]), "year"]
        told += [
            say("{year}: there was no plan, and the one before it was held on to", year=int(year)) for year in short
        ]
    return [*told, *found.notes]


def _rows(found: Told, name: str, words: Words) -> list[list[str]]:
    """The head of a table, and its rows as they are shown."""
    table, display = found.tables[name], Display(found.plan.study, words)
    columns = [column for column in table.columns if column not in ASIDE.get(name, ())]
    cells = [[_cell(name, column, value, words, display) for value in table[column]] for column in columns]
    return [[words(f"replan_{name}_{column}") for column in columns], *map(list, zip(*cells, strict=True))]


def _cell(table: str, column: str, value: Any, words: Words, display: Display) -> str:
    if _blank(value):
        return DASH
    if column in NAMED and not (table in ("accounts", "land") and column == "planned"):
        if NAMED[column] == "jurisdiction" and value == "total":
            return words("replan_total")
        return display.named(NAMED[column], value)
    if column in ("status", "state", "work", "measure"):
        return words.or_code(f"replan_{column}_", str(value))
    if column == "audit":
        return words("replan_audit_ok" if value else "replan_audit_failed")
    if column in ("share", "gap"):
        return percent(float(value))
    if column in ("year", "years", "of", "held_breaks", "held_broke", "rezoned_parcels", "parcels") or column.endswith(
        "_parcels"
    ):
        return str(int(value))
    return number(float(value)) if isinstance(value, (int, float)) else str(value)


def _blank(value: Any) -> bool:
    return value is None or value == "" or bool(value != value)


def write_replan(found: Told, folder: Path, lang: str) -> None:
    """Write every table as CSV, all of them as replan.xlsx, and index.html."""
    with place.fresh_parts(folder) as new:
        for name, table in found.tables.items():
            table.to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
        (new / "index.html").write_text(page(found, lang), encoding="utf-8", newline="\n")
        with pd.ExcelWriter(new / "replan.xlsx", engine="xlsxwriter") as book:
            for name, table in found.tables.items():
                heads = {column: Words(lang)(f"replan_{name}_{column}") for column in table.columns}
                named = _in_words(found, name, table, lang).rename(columns=heads)
                sheet = Words(lang)(f"replan_sheet_{name}")
                named.to_excel(book, sheet_name=sheet, index=False)
                book.sheets[sheet].autofit()
                book.sheets[sheet].freeze_panes(1, 1)


def _in_words(found: Told, name: str, table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A table with names for codes, numbers as they are."""
    words = Words(lang)
    display, out = Display(found.plan.study, words), table.astype(object)
    for column in table.columns:
        texts = [isinstance(value, str) for value in table[column]]
        if any(texts) and name != "broken":
            out[column] = [
                _cell(name, column, value, words, display) if is_text and value else value
                for value, is_text in zip(table[column], texts, strict=True)
            ]
        elif any(texts):
            out[column] = [
                translate(value, lang) if is_text else value
                for value, is_text in zip(table[column], texts, strict=True)
            ]
    return out


def page(found: Told, lang: str) -> str:
    """The tables, each plan linked."""
    words = Words(lang)
    title = escape(f"{found.plan.study.title(lang)}: {words('replan_title')}")
    parts = [f"<h1>{title}</h1>", html_list([translate(each, lang) for each in sentences(found)])]
    for name in SHOWN:
        if not len(table := found.tables[name]):
            continue
        head, *rows = _rows(found, name, words)
        body = [[(escape(cell), "") for cell in row] for row in rows]
        if name == "years":
            for row, folder in zip(body, table["folder"], strict=True):
                if folder:
                    row[0] = (f'<a href="{escape(folder, quote=True)}/report.html">{row[0][0]}</a>', "")
        parts.append(html_table(words(f"replan_{name}"), head, body))
    broken = found.tables["broken"]
    if len(broken):
        told = [
            f"{int(row.year)}: {translate(row.where, lang)}: {translate(row.must, lang)} ({translate(row.found, lang)})"
            for row in broken.itertuples(index=False)
        ]
        parts += [f"<h2>{escape(words('replan_broken'))}</h2>", html_list(told)]
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )
