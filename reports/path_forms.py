"""The path of a plan in words, as tables, a workbook and a page."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from zonevest.instances import place
from zonevest.instances.say import listed, say, translate
from zonevest.model.areas import TOTAL
from zonevest.reports.display import DASH, Display, number
from zonevest.reports.labels import Words
from zonevest.reports.path_picture import picture
from zonevest.reports.path_steps import LAND, NEAR, PRACTICE, PROJECT, ROW
from zonevest.reports.sections_head import objective_unit
from zonevest.reports.sweep_pages import STYLE, html_list, html_table
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zonevest.model.plan import PlanData

ROWS: Final = 30
"""Rows of a table that are told on the screen; all are in the files."""
NAMED: Final = 4
"""So many of a list are named in a cell."""
SHOWN: Final = {
    "milestones": ("period", "kind", "item", "jurisdiction", "value", "rule", "margin", "met_by", "needed_by"),
    "steps": ("rank", "step", "start", "cost", "between", "status", "estimate", "held", "opens"),
    "unlocks": ("step", "target", "how", "row", "amount", "only", "via"),
    "breaks": ("step", "when", "row", "by"),
}
"""Columns of the tables as they are told."""
OF_KIND: Final = {
    **dict.fromkeys(("begun", "opened", "closed"), "project"), "land": "zone", "restoration": "practice",
    **dict.fromkeys(("raised", "repaid"), "instrument"),
    **dict.fromkeys(("quota_used", "quota_bought", "quota_sold"), "quota"),
    **dict.fromkeys(("cash", "debt", "people", "social"), "account"),
}  # fmt: skip
"""What the item of a milestone is; what is not here is a row."""
IN_WORDS: Final = ("kind", "how", "what", "status", "when")
"""Columns of codes that have labels."""
CODES: Final = {"jurisdiction": "jurisdiction", "period": "period", "start": "period", "to": "period", "zone": "zone",
                "project": "project", "new_start": "period", "unit": "unit", "margin_unit": "unit"}  # fmt: skip
"""Columns of codes of the study."""
LISTS: Final = ("met_by", "needed_by", "projects_moved", "projects_out", "projects_in")
"""Columns of codes one after the other."""


class Told(Protocol):
    """What is told of (`zonevest.reports.path.Milestones`)."""

    @property
    def plan(self) -> PlanData: ...  # noqa: D102
    @property
    def tables(self) -> dict[str, pd.DataFrame]: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def complete(self) -> bool: ...  # noqa: D102
    @property
    def gap(self) -> float: ...  # noqa: D102


def path_text(found: Told, lang: str) -> str:
    """The tables, as short as they can be, and what they say."""
    telling = Telling(found, lang)
    words, lines = telling.words, [f"{found.plan.study.title(lang)}: {telling.words('path_title')}", ""]
    for name in ("steps", "milestones", "unlocks", "breaks"):
        table = telling.short(name)
        if not len(table):
            continue
        head, *rows = telling.rows(name, table)
        lines += [words(f"path_{name}", unit=telling.unit), *aligned([head, *rows[:ROWS]], 2)]
        left = len(found.tables[name]) - min(len(rows), ROWS)
        if left > 0:
            lines.append(f"  {words('path_more', count=left, file=f'{name}.csv')}")
        lines.append("")
    lines += [translate(each, lang) for each in sentences(found)]
    return "\n".join(lines)


def sentences(found: Told) -> list[str]:
    """What is to be known beside the tables."""
    steps, told = found.tables["steps"], []
    if not len(steps):
        told.append(say("the plan has no step: it starts no project and changes no land"))
    if not found.complete:
        told.append(say("stopped on request: further steps were not held later or solved again"))
    if len(cannot := steps[steps["status"] == "infeasible"]):
        told.append(say("no plan has these steps later: {steps}", steps=listed(cannot["step"])))
    if steps["by"].eq("resolved").any():
        gap = f"{100 * found.gap:g} %"
        told.append(
            say("a cost lies between what the gaps ({gap}) leave of it: of the best plans, with and without", gap=gap)
        )
    if steps["status"].eq("").any() and steps["estimate"].notna().any():
        told.append(
            say("an estimate is at the plan's prices, for a small change; solve again with --resolve what matters")
        )
    return [*told, *found.notes]


class Telling:
    """The tables in the words of a language."""

    def __init__(self, found: Told, lang: str) -> None:
        self.found, self.lang, self.words = found, lang, Words(lang)
        self.display = Display(found.plan.study, self.words)
        self.unit = objective_unit(self.display)
        self.areas = found.tables["steps"].set_index("step")["area_ha"].to_dict()

    def short(self, name: str) -> pd.DataFrame:
        """The rows of a table that are told on the screen first."""
        table = self.found.tables[name]
        if name == "milestones":
            return table[table["kind"].eq("begun") | table["binding"] | table["met_by"].ne("")]
        if name == "steps":
            return table[table["rank"].notna()]
        return table[table["what"].ne(ROW) & table["direct"]] if name == "unlocks" else table

    def rows(self, name: str, table: pd.DataFrame) -> list[list[str]]:
        """The head of a table, and its rows in words."""
        head = [self.words(f"path_col_{column}") for column in SHOWN[name]]
        return [head, *([self.cell(column, row) for column in SHOWN[name]] for row in table.to_dict("records"))]

    def cell(self, column: str, row: dict[str, Any]) -> str:
        """A cell in words."""
        value = row.get(column)
        tell: dict[str, Callable[[dict[str, Any]], str]] = {
            "between": self._between, "opens": self._opens, "row": self.row_name, "by": self._with_unit("by"),
            "amount": self._with_unit("amount"), "margin": self._margin, "item": self._item, "target": self._target,
            "value": self._value, "held": self._held, "cost": self._cost,
        }  # fmt: skip
        if column in tell:
            return tell[column](row)
        if _blank(value):
            return DASH
        if column in ("step", "via"):
            return self.step(str(value))
        if column in LISTS:
            return self._list(str(value))
        if column == "rule":
            return self.words("path_window") if value == "window" else self.display.limit(str(value))
        if column in IN_WORDS:
            return self.words.or_code(f"path_{column}_", str(value))
        if column in CODES:
            return self.display.named(CODES[column], value)
        if column == "only":
            return self.words("yes") if value else DASH
        return number(float(value)) if isinstance(value, (int, float)) else str(value)

    def step(self, code: str) -> str:
        """A step, or what else is unlocked: a project by name, land by zone, place and hectares."""
        if not code.startswith(f"{LAND}:"):
            known = self.display.practice(code)
            return self.display.coded(code, self.display.project) if known == code else known
        jurisdiction, zone, start = code.removeprefix(f"{LAND}:").split("/")[-3:]
        parts = [self.display.zone(zone)]
        parts += [self.display.jurisdiction(jurisdiction)] if jurisdiction else []
        area = self.areas.get(code, math.nan)
        parts += [self.display.hectares(area)] if area == area else []
        return self.words("path_land", what=self.words("comma").join(parts), start=start)

    def _list(self, codes: str) -> str:
        names = [self.step(code) for code in codes.split(";") if code]
        more = [self.words("path_and_more", count=len(names) - NAMED)] if len(names) > NAMED else []
        return self.words("semicolon").join([*names[:NAMED], *more])

    def row_name(self, row: dict[str, Any]) -> str:
        """A row of the program in words."""
        if row.get("how") == "mandate" or str(row["row"]).startswith("mandatory["):
            return self.words("path_mandate")
        if row.get("how") == "synergy":
            return self.display.account(str(row["row"]))
        if not row["row"]:
            return DASH
        known = row.get("limit") or (row["target"] if row.get("what") == ROW else "")
        if not known or self.display.limit(known) == known:
            return self.display.row(str(row["row"]))
        place = row["jurisdiction"]
        parts = [self.display.jurisdiction(place) if place != TOTAL else "", self.display.period(row["period"])]
        return f"{self.display.limit(known)} [{self.words('comma').join(filter(None, parts))}]"

    def _target(self, row: dict[str, Any]) -> str:
        kinds = {PROJECT: self.step, LAND: self.step, PRACTICE: self.display.practice}
        return kinds[row["what"]](row["target"]) if row["what"] in kinds else self.row_name(row)

    def _item(self, row: dict[str, Any]) -> str:
        kind = OF_KIND.get(row["kind"], "limit")
        return self.display.named(kind, row["item"])

    def _value(self, row: dict[str, Any]) -> str:
        if row["unit"] == "year":
            return f"{row['value']:g}"
        return f"{number(row['value'])} {self.display.unit(row['unit'])}" if row["unit"] else number(row["value"])

    def _margin(self, row: dict[str, Any]) -> str:
        if _blank(row["margin"]):
            return DASH
        rounding = -NEAR * max(1.0, abs(row["value"])) <= row["margin"] <= 0.0
        told = number(0.0 if rounding else row["margin"])
        unit = self.display.unit(row["margin_unit"]) if row["margin_unit"] else ""
        told = f"{told} {unit}".rstrip()
        return f"{told} ({self.words('path_binding')})" if row["binding"] else told

    def _with_unit(self, column: str) -> Callable[[dict[str, Any]], str]:
        def told(row: dict[str, Any]) -> str:
            if _blank(row[column]) or (row["unit"] == "" and column == "amount"):
                return DASH
            return f"{number(row[column])} {self.display.unit(row['unit']) if row['unit'] else ''}".rstrip()

        return told

    def _cost(self, row: dict[str, Any]) -> str:
        if row["status"] == "infeasible":
            return self.words("path_cannot")
        return DASH if _blank(row["cost"]) else number(row["cost"])

    def _between(self, row: dict[str, Any]) -> str:
        if row["status"] == "infeasible" or (_blank(row["least"]) and _blank(row["most"])):
            return DASH
        if _blank(row["least"]):
            return self.words("path_at_most", most=number(row["most"]))
        most = DASH if _blank(row["most"]) else number(row["most"])
        return self.words("path_between", least=number(row["least"]), most=most)

    def _held(self, row: dict[str, Any]) -> str:
        if row["held"] is None or row["held"] != row["held"]:
            return DASH
        return number(row["held_cost"]) if row["held"] else self.words("path_breaks_")

    def _opens(self, row: dict[str, Any]) -> str:
        table = self.found.tables["unlocks"]
        mine = table[table["step"].eq(row["step"]) & table["what"].ne(ROW)]
        return self._list(";".join(dict.fromkeys(mine["target"]))) or DASH

    def in_words(self, name: str) -> pd.DataFrame:
        """A table with names for codes, numbers as they are, and heads in words."""
        table = self.found.tables[name]
        out = table.astype(object)
        for column in table.columns:
            if column in ("item", "target", "row", "step", "via", "rule", *LISTS, *IN_WORDS, *CODES):
                out[column] = [
                    "" if _blank(row[column]) else self.cell(column, row) for row in table.to_dict("records")
                ]
        return out.rename(columns={column: self.words(f"path_col_{column}") for column in table.columns})


def _blank(value: Any) -> bool:
    return value is None or value == "" or bool(value != value)


def write_path(found: Told, folder: Path, lang: str) -> tuple[Path, ...]:
    """Write every table as CSV, all of them as path.xlsx, the picture as path.svg, and index.html.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    telling = Telling(found, lang)
    with place.new_folder(folder) as new:
        for name, table in found.tables.items():
            table.to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
        with pd.ExcelWriter(new / "path.xlsx", engine="xlsxwriter") as book:
            for name in found.tables:
                sheet = telling.words(f"path_sheet_{name}")
                telling.in_words(name).to_excel(book, sheet_name=sheet, index=False)
                book.sheets[sheet].autofit()
                book.sheets[sheet].freeze_panes(1, 1)
        drawn = picture(found, telling)
        if drawn:
            (new / "path.svg").write_text(drawn, encoding="utf-8", newline="\n")
        (new / "index.html").write_text(page(telling, drawn), encoding="utf-8", newline="\n")
    return tuple(sorted(folder.iterdir()))


def page(telling: Telling, drawn: str) -> str:
    """The picture and the tables."""
    found, words, lang = telling.found, telling.words, telling.lang
    title = escape(f"{found.plan.study.title(lang)}: {words('path_title')}")
    parts = [f"<h1>{title}</h1>", html_list([translate(each, lang) for each in sentences(found)])]
    parts += [f'<div class="scroll">{drawn}</div>'] if drawn else []
    for name in ("steps", "milestones", "unlocks", "breaks"):
        if len(table := found.tables[name]):
            head, *rows = telling.rows(name, table)
            body = [[(escape(cell), "") for cell in row] for row in rows]
            parts.append(html_table(words(f"path_{name}", unit=telling.unit), head, body))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n<meta name="viewport" content="width=device-width">\n<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{STYLE}{WRAPPED}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


WRAPPED: Final = "td{white-space:normal;text-align:left;vertical-align:top}th{text-align:left}\n"
"""Cells of words break into lines."""
