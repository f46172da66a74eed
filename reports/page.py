"""The report page of a plan: one file, complete in itself and in both languages, readable without a network.

What is told comes from `forms` (the tables), `figures` and the hand-made `sections` (where a drawing or a grouping says
more than a plain table); this module puts them in the order of the contents and fills `templates/`. The language asked
for is shown; the other one waits in a ``<template>``, whose ids begin with its language, until the reader switches.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from zonevest.reports import sections
from zonevest.reports.contents import SECTIONS
from zonevest.reports.display import Display
from zonevest.reports.facts import Facts
from zonevest.reports.forms import Made, made
from zonevest.reports.grid import grid, rows_shown
from zonevest.reports.labels import LANGUAGES, Words
from zonevest.reports.sections_budgets import budget_parts
from zonevest.reports.sections_head import cards, head, notes, price_of
from zonevest.reports.sections_maps import maps
from zonevest.reports.sections_money import money
from zonevest.reports.sections_resources import resources
from zonevest.reports.sections_worth import worth
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

Part = dict[str, Any]

OWN: Final = {
    "overview": ("head.html", "maps.html"),
    "land": ("land.html",),
    "balance": ("resources.html",),
    "finance": ("money.html",),
    "distribution": ("actors.html",),
    "projects": ("projects.html",),
    "limits": ("limits.html", "accounts.html"),
    "assumptions": ("notes.html",),
}
"""Sections that say more than their tables, and by which template."""
MAP_SCRIPTS: Final = ("map_draw.js", "map_figure.js", "map.js")
WITHOUT_PLAN: Final = ("overview", "assumptions")
"""Sections of a page that has no plan to tell of."""

_TEMPLATES = files("zonevest.reports").joinpath("templates")


def write_page(plan: PlanData, path: str | Path, lang: str = "en") -> None:
    """Write the report page of a plan.

    Parameters
    ----------
    plan : the plan; without `has_plan` the page says why there is none and what was asked.
    path : the .html file; replaced if it exists, and never left half written.
    lang : ``en`` or ``zh``: the language that is shown first.

    Raises
    ------
    ValueError
        If the language is another.
    """
    text = render(plan, lang)
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def render(plan: PlanData, lang: str = "en") -> str:
    """The report page as text (see `write_page`)."""
    facts = Facts(completed(plan))
    return page(facts, made(facts), lang)


def page(facts: Facts, tables: list[Made], lang: str) -> str:
    """The report page of what is worked out already (see `write_page`)."""
    first = Words(lang)
    bodies = [_body(facts, tables, Words(each)) for each in sorted(LANGUAGES, key=lambda each: each != lang)]
    drawn = [body.pop("map") for body in bodies]
    shared, *own = _split(*drawn) if drawn[0] else ({}, {}, {})
    for body, words in zip(bodies, own, strict=True):
        body["map"] = _json(words)
    bodies[1]["text"] = _marked(bodies[1]["text"], bodies[1]["lang"])
    for body in bodies:
        body["text"] = Markup(body["text"])
    scripts = [_read(name) for name in (*(MAP_SCRIPTS if shared else ()), "page.js")]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        _environment()
        .get_template("page.html")
        .render(
            t=first,
            shown=bodies[0],
            other=bodies[1],
            map_data=_json(shared) if shared else None,
            style=Markup(_read("style.css")),
            scripts=[Markup(script) for script in scripts],
            policy=f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {hashes}",
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )


def _read(name: str) -> str:
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    # the page allows these scripts only: nothing that a study's names might smuggle in can run
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _json(data: Any) -> Markup:
    """Data for a script element, which nothing in it can end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter, code in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(letter, code)
    return Markup(text)


def _split(one: Part, other: Part) -> tuple[Part, Part, Part]:
    """What two languages have in common, and what each has of its own; to be put together again by the page."""
    shared: Part = {}
    mine: Part = {}
    its: Part = {}
    for key, value in one.items():
        if isinstance(value, dict) and isinstance(other[key], dict) and value.keys() == other[key].keys():
            shared[key], mine[key], its[key] = _split(value, other[key])
        elif value == other[key]:
            shared[key] = value
        else:
            mine[key], its[key] = value, other[key]
    return shared, mine, its


def _marked(text: str, lang: str) -> str:
    """A body whose ids, and what refers to them, begin with its language: no id stands twice in the file."""
    return re.sub(r'( (?:id|for|aria-labelledby|aria-controls)="| href="#)', rf"\g<1>{lang}-", text)


# --- one language -------------------------------------------------------------------------------------------------


def _body(facts: Facts, tables: list[Made], words: Words) -> Part:
    """All that stands in the page in one language: ``text``, ``title``, ``lang`` and the data of the map."""
    plan, display, lang = facts.plan, Display(facts.study, words), words.lang
    parts: Part = {"head": head(plan, display), "notes": notes(plan, display), "maps": None, "land": None}
    if plan.has_plan:
        has_land = len(plan.study.parcels) > 0
        parts["maps"] = maps(facts, display) if has_land else None
        parts["land"] = sections.land(facts, display) if has_land else None
        parts["resources"] = resources(facts, display) if has_land else None
        parts["projects"] = sections.projects(plan, display)
        parts["worth"] = worth(plan, display, facts.ledger)
        parts["limits"] = sections.limits(facts, display, *price_of(plan, display))
        parts["accounts"] = sections.accounts(facts, display)
        parts["money"] = money(facts, display)
        parts["tills"] = budget_parts(facts, display)
        parts["head"]["cards"] = cards(facts, display, parts)
    title = plan.study.title(lang)
    text = (
        _environment()
        .get_template("body.html")
        .render(
            **parts,
            t=words,
            chapters=_chapters(facts, tables, display),
            has_plan=plan.has_plan,
            has_land=len(plan.study.parcels) > 0,
            unit_money=display.money_unit,
            unit_year=display.unit("million/year"),
            unit_head=words("currency_cny") if plan.study.settings.currency == "CNY" else plan.study.settings.currency,
            title=title,
            long_title=len(title) > (80 if lang == "en" else 40),
            written=words("written", date=date.today().isoformat(), version=version("zonevest")),
        )
    )
    drawing = parts["maps"]["data"] if parts["maps"] else None
    return {
        "text": text,
        "title": f"{title} · {words('report')}",
        "lang": lang,
        "tag": "zh-CN" if lang == "zh" else "en",
        "map": drawing,
    }


def _chapters(facts: Facts, tables: list[Made], display: Display) -> list[Part]:
    """The sections in their order, each with its own templates, its tables and the names of those without rows."""
    words, most = display.words, rows_shown(tables)
    found = []
    for name in SECTIONS:
        if not facts.plan.has_plan and name not in WITHOUT_PLAN:
            continue
        mine = [table for table in tables if table.sheet.section == name]
        empty = [words(f"table_{table.sheet.key}") for table in mine if table.frame.empty]
        found.append(
            {
                "name": name,
                "title": words(f"section_{name}"),
                "own": OWN.get(name, ()),
                "tables": [grid(table, display, most) for table in mine if len(table.frame)],
                "empty": words("tables_empty", names=words("comma").join(empty)) if empty else "",
            }
        )
    return found
