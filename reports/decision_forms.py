"""One decision for all scenarios in words, as a page, as a workbook and as files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances import place
from zonevest.instances.say import say, translate
from zonevest.instances.study import FORMAT
from zonevest.reports.decision_tables import first_stage, land_table, later_table, projects_table, summary_table
from zonevest.reports.display import DASH, Display, number, percent
from zonevest.reports.labels import Words
from zonevest.reports.sections_head import objective_unit
from zonevest.reports.sweep_pages import STYLE, html_list, html_table
from zonevest.reports.sweep_text import AS_IT_IS, aligned, called

if TYPE_CHECKING:
    from pathlib import Path

    from zonevest.reports.decision import Decision

SHOWN = ("scenarios", "projects", "land", "later")
"""Tables that are told in words."""
NAMED = {"project": "project", "practice": "practice", "zone": "zone", "now": "period", "begins": "period"}
"""What the codes of a column name."""
COUNTS, SHARES = ("own", "of", "parcels"), ("probability", "share", "gap")
ROWS = 20
"""Rows of a table that are told on the screen."""


def tables_of(found: Decision) -> dict[str, pd.DataFrame]:
    """What is told, table by table; of what was not decided there are none."""
    tables = {"scenarios": summary_table(found)}
    if found.has_plan:
        tables |= {"projects": projects_table(found), "land": land_table(found), "later": later_table(found)}
        tables["first_stage"] = first_stage(found)
    return tables


def decision_text(found: Decision, lang: str) -> str:
    """The tables, and what they say."""
    words = Words(lang)
    lines = [f"{found.study.title(lang)}: {_ended(found, words)}"]
    lines += [f"  {each}" for each in _told(found, words)]
    if not found.has_plan:
        return "\n".join(lines)
    for name, table in tables_of(found).items():
        if name in SHOWN and len(table):
            head, *rows = _rows(found, name, table, words)
            lines += ["", words(f"decide_{name}", unit=_unit(found, words)), *aligned([head, *rows[:ROWS]], 1)]
            if len(rows) > ROWS:
                lines.append(f"  {words('replan_more', count=len(rows) - ROWS)}")
    return "\n".join(lines)


def _ended(found: Decision, words: Words) -> str:
    """How the search ended."""
    if found.status == "infeasible":
        return words("decide_infeasible")
    if not found.has_plan:
        return words("decide_interrupted" if found.status == "interrupted" else "decide_no_plan")
    how = "decide_unproven" if found.status == "feasible" else f"status_word_{found.status}"
    return words("decide_title") + words("colon") + words(how)


def sentences(found: Decision) -> list[str]:
    """What the decision is worth, how sure that is, and what knowing and looking ahead are worth."""
    told = [found.message] if found.message else []
    if found.value is None:
        return [*told, *found.notes]
    figures = {"value": number(found.value), "bound": number(found.bound), "gap": percent(found.gap)}
    if found.objective == "expectation":
        told.append(say("mean gain {value}; no decision has more than {bound} (gap {gap})", **figures))
    elif found.objective == "cvar":
        told.append(
            say(
                "{rest} of the mean gain and {part} of that of the worst {worst}: {value}; at most {bound} (gap {gap})",
                rest=percent(1.0 - found.alpha), part=percent(found.alpha), worst=percent(found.beta), **figures,
            )
        )  # fmt: skip
    else:
        told.append(say("largest regret {value}; no decision has less than {bound} (gap {gap})", **figures))
    if found.objective != "expectation":
        told.append(say("mean gain {value}", value=number(found.mean_value)))
    if len(found.probabilities) < 2:
        return [*told, *found.notes]
    if found.objective != "cvar":
        worst = {"worst": percent(found.beta), "value": number(found.cvar)}
        told.append(say("mean gain of the worst {worst} of probability: {value}", **worst))
    if found.evpi is not None:
        told.append(say("to know beforehand which scenario comes is worth {range}", range=_range(found.evpi)))
    told += _of_the_mean(found)
    return [*told, *found.notes]


def _told(found: Decision, words: Words) -> list[str]:
    """The same in a language, with the unit of all values first."""
    unit = [] if found.value is None else [words("decide_unit", unit=_unit(found, words))]
    return [*unit, *(translate(each, words.lang) for each in sentences(found))]


def _unit(found: Decision, words: Words) -> str:
    return objective_unit(Display(found.study, words))


def _of_the_mean(found: Decision) -> list[str]:
    """What deciding for all scenarios is worth beside deciding for their mean."""
    if found.vss is not None:
        return [say("to decide for all scenarios, and not for their mean, is worth {range}", range=_range(found.vss))]
    if found.mean_status == "impossible" and found.mean_fails:
        name = called(found.mean_fails)
        return [
            say(
                "what would be decided for the mean of the scenarios cannot be carried out in {scenario}", scenario=name
            )
        ]
    if found.mean_status == "impossible":
        return [say("what would be decided for the mean of the scenarios is not open in all of them")]
    if found.mean_status == "unsound":
        return [say("the mean of the scenarios is no sound study, and nothing is compared with it")]
    return [say("what would be decided for the mean of the scenarios was not found out in the time")]


def _range(between: tuple[float, float]) -> str:
    low, high = (number(each) for each in between)
    return low if low == high else say("{low} to {high}", low=low, high=high)


def _rows(found: Decision, name: str, table: pd.DataFrame, words: Words) -> list[list[str]]:
    """The head of a table, and its rows as they are shown."""
    display = Display(found.study, words)
    cells = [[_cell(column, value, words, display) for value in table[column]] for column in table.columns]
    return [[_head(name, column, found, words) for column in table.columns], *map(list, zip(*cells, strict=True))]


def _head(name: str, column: str, found: Decision, words: Words) -> str:
    if name in ("projects", "later") and column in found.plans:
        return translate(called(column or AS_IT_IS), words.lang)
    return words(f"decide_{name}_{column}")


def _cell(column: str, value: Any, words: Words, display: Display) -> str:
    if value is None or value == "" or value != value:
        return DASH
    if column == "same" or isinstance(value, bool):
        return words("decide_same" if value else "decide_differs")
    if column == "kind":
        return words(f"decide_kind_{value}")
    if column in COUNTS:
        return str(int(value))
    if column in SHARES:
        return percent(float(value))
    if not isinstance(value, str):
        return number(float(value))
    if column in NAMED:
        return display.named(NAMED[column], value)
    return translate(value, words.lang)


def to_dict(found: Decision) -> dict[str, Any]:
    """What decision.json holds."""
    names = ("status", "has_plan", "objective", "alpha", "beta", "value", "bound", "gap", "mean_value", "cvar")
    more = ("perfect_information", "mean_status", "mean_fails", "seconds", "settings")
    told: dict[str, Any] = {"format": FORMAT, "study": found.study.settings.name, "study_hash": found.study.hash}
    told |= {name: getattr(found, name) for name in names}
    told |= {"probabilities": found.probabilities, "message": found.message, "notes": list(found.notes)}
    told |= {name: None if (pair := getattr(found, name)) is None else list(pair) for name in ("evpi", "vss")}
    told |= {name: getattr(found, name) for name in more}
    tables = tables_of(found)
    told |= {name: tables[name].to_dict("records") for name in SHOWN if name in tables}
    told["folders"] = dict(zip(found.plans, folders_of(found), strict=True))
    return told | {"versions": {"zonevest": version("zonevest")}}


def folders_of(found: Decision) -> list[str]:
    """The name of each scenario's plan folder."""
    taken: list[str] = []
    for name in found.plans:
        plain = re.sub(r"[^\w.,=+-]+", "-", name or AS_IT_IS).strip("-.")[:80] or "scenario"
        base, count = plain, 1
        while plain.lower() in map(str.lower, taken):
            count += 1
            plain = f"{base}-{count}"
        taken.append(plain)
    return taken


def write_decision(found: Decision, folder: Path, lang: str) -> None:
    """Write decision.json, every table as CSV and in decision.xlsx, index.html, and the plans, all or nothing.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    tables = tables_of(found)
    with place.new_folder(folder) as new:
        told = json.dumps(_plain(to_dict(found)), indent=2, ensure_ascii=False, allow_nan=False)
        (new / "decision.json").write_text(told + "\n", encoding="utf-8")
        for name, table in tables.items():
            table.to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
        (new / "index.html").write_text(page(found, lang), encoding="utf-8", newline="\n")
        _write_book(found, tables, new / "decision.xlsx", Words(lang))
        for name, plan in zip(folders_of(found), found.plans.values(), strict=True):
            plan.write(new / name, lang=lang)  # type: ignore[attr-defined]


def _write_book(found: Decision, tables: Mapping[str, pd.DataFrame], path: Path, words: Words) -> None:
    """The tables, names for codes, numbers as they are."""
    display = Display(found.study, words)
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for name, table in tables.items():
            cells = {
                column: [
                    _cell(column, value, words, display) if isinstance(value, str) and value else value
                    for value in table[column]
                ]
                for column in table.columns
            }
            heads = {column: _head(name, column, found, words) for column in table.columns}
            sheet = words(f"decide_sheet_{name}")
            pd.DataFrame(cells, columns=table.columns).rename(columns=heads).to_excel(
                book, sheet_name=sheet, index=False
            )
            book.sheets[sheet].autofit()
            book.sheets[sheet].freeze_panes(1, 1)


def page(found: Decision, lang: str) -> str:
    """The page: what it is worth, scenario by scenario, what is decided now and what waits; each plan is linked."""
    words = Words(lang)
    title = escape(f"{found.study.title(lang)}: {_ended(found, words)}")
    parts = [f"<h1>{title}</h1>", html_list(_told(found, words))]
    for name, table in tables_of(found).items():
        if name not in SHOWN or not len(table):
            continue
        head, *rows = _rows(found, name, table, words)
        body = [[(escape(cell), "") for cell in row] for row in rows]
        if name == "scenarios" and found.plans:
            for row, folder in zip(body, folders_of(found), strict=True):
                row[0] = (f'<a href="{escape(folder, quote=True)}/report.html">{row[0][0]}</a>', "")
        parts.append(html_table(words(f"decide_{name}", unit=_unit(found, words)), head, body))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _plain(value: Any) -> Any:
    """What JSON knows: no infinity, no NumPy."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
