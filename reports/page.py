"""The report page of a plan: one file, complete in itself and in both languages, readable without a network.

What is told comes from `forms` (the tables), `figures` and the hand-made `sections` (where a drawing or a grouping says
more than a plain table); this module puts them in the order of the contents and fills `templates/`. The language asked
for is shown; the other one waits in a ``<template>``, whose ids begin with its language, until the reader switches.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from zonevest.instances import place
from zonevest.reports import sections
from zonevest.reports.contents import SECTIONS
from zonevest.reports.display import Display
from zonevest.reports.drawing import Drawing
from zonevest.reports.facts import Facts
from zonevest.reports.figures import drawn
from zonevest.reports.forms import Made, made
from zonevest.reports.grid import grids, rows_shown
from zonevest.reports.labels import LANGUAGES, Words
from zonevest.reports.sections_budgets import budget_parts
from zonevest.reports.sections_head import cards, head, notes
from zonevest.reports.sections_maps import maps
from zonevest.reports.sections_money import money
from zonevest.reports.sections_worth import worth
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

Part = dict[str, Any]

OWN: Final = {
    "overview": ("head.html", "maps.html"),
    "finance": ("money.html",),
    "projects": ("projects.html",),
    "assumptions": ("notes.html",),
}
"""Sections that say more than their tables, and by which template."""
MAP_SCRIPTS: Final = ("map_draw.js", "map_figure.js", "map.js", "map_sites.js")
WITHOUT_PLAN: Final = ("overview", "assumptions")
"""Sections of a page that has no plan to tell of."""

ROOM: Final = 10_500_000
"""Bytes that maps and tables may take together: with the figures' library and the rest the page stays below 15 MB."""

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
    with place.fresh(Path(path)) as new:
        new.write_text(text, encoding="utf-8", newline="\n")


def render(plan: PlanData, lang: str = "en") -> str:
    """The report page as text (see `write_page`)."""
    facts = Facts(completed(plan))
    return page(facts, made(facts), lang)


def page(facts: Facts, tables: list[Made], lang: str) -> str:
    """The report page of what is worked out already (see `write_page`)."""
    others = [each for each in LANGUAGES if each != lang]
    displays = [Display(facts.study, Words(each)) for each in (lang, *others)]
    has_land = facts.plan.has_plan and len(facts.study.parcels) > 0
    mapped = maps(facts, displays) if has_land else [None] * len(displays)
    drawings = [(each.pop("data") if each else None) or {} for each in mapped]
    packed, own = packed_maps(drawings)
    most = rows_shown(tables, ROOM - sum(map(len, packed.values())))
    shown = {table.sheet.key: grids(table, displays, most) for table in tables if len(table.frame)}
    bodies = [
        _body(facts, tables, display, each, {key: parts[at] for key, parts in shown.items()})
        for at, (display, each) in enumerate(zip(displays, mapped, strict=True))
    ]
    return put_together(bodies, packed, own, MAP_SCRIPTS)


def put_together(
    bodies: list[Part], packed: dict[str, str], own: list[Part] | None, map_scripts: tuple[str, ...]
) -> str:
    """A page of two languages.

    Parameters
    ----------
    bodies : ``text, title, lang, tag`` and how many ``figures`` in each language, the one that is shown first.
    packed : what the page unpacks, by id.
    own : the maps' words in each language; None without maps.
    map_scripts : what draws the maps.
    """
    bodies[1]["text"] = _marked(bodies[1]["text"], bodies[1]["lang"])
    scripts = [read(name) for name in (*(map_scripts if own else ()), "page.js")]
    allowed = list(map(digest, scripts))
    if any(body["figures"] for body in bodies):
        packed["plotly"], its = _plotly()
        allowed.append(its)
    return (
        environment()
        .get_template("page.html")
        .render(
            shown=bodies[0],
            other=bodies[1],
            packed=packed,
            words={body["lang"]: as_json(words) for body, words in zip(bodies, own, strict=True)} if own else {},
            style=Markup(read("style.css")),
            scripts=[Markup(script) for script in scripts],
            policy=policy(allowed),
        )
    )


def policy(digests: list[str]) -> str:
    """What a page may do: run these scripts, and ask nobody for anything."""
    hashes = " ".join(f"'sha256-{each}'" for each in digests)
    return f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {hashes}"


def packed_maps(drawings: list[Part]) -> tuple[dict[str, str], list[Part] | None]:
    """What maps in two languages have in common, packed for the page, and what each has of its own."""
    shared, *own = _split(*drawings)
    return ({"map-data": _packed(as_json(shared))}, own) if shared else ({}, None)


@cache
def environment() -> Environment:
    """What fills in the templates."""
    return Environment(
        loader=FunctionLoader(read), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )


def read(name: str) -> str:
    """A file of `templates/`."""
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


@cache
def _plotly() -> tuple[str, str]:
    """The library that draws the figures, packed, and its digest; from plotly's package, which is not imported."""
    found = find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations
    script = Path(found.submodule_search_locations[0], "package_data", "plotly.min.js").read_text(encoding="utf-8")
    return _packed(script), digest(script)


def _packed(text: str) -> str:
    """A text as the page unpacks it: what is large goes to a third, and the page stays one that is sent by mail."""
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode("ascii")


def digest(script: str) -> str:
    """By what a page knows a script that it may run."""
    # the page allows these scripts only: nothing that a study's names might smuggle in can run
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def as_json(data: Any) -> Markup:
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


def _marked(text: str, lang: str) -> Markup:
    """A body whose ids, and what refers to them, begin with its language: no id stands twice in the file."""
    return Markup(re.sub(r'( (?:id|for|aria-labelledby|aria-controls)="| href="#)', rf"\g<1>{lang}-", str(text)))


# --- one language -------------------------------------------------------------------------------------------------


def _body(facts: Facts, tables: list[Made], display: Display, mapped: Part | None, shown: dict[str, Part]) -> Part:
    """All that stands in the page in one language: ``text``, ``title``, ``lang`` and how many ``figures``."""
    plan, words, lang = facts.plan, display.words, display.words.lang
    has_land = len(plan.study.parcels) > 0
    parts: Part = {"head": head(plan, display), "notes": notes(plan, display), "maps": mapped}
    if plan.has_plan:
        parts["projects"] = sections.projects(plan, display)
        parts["worth"] = worth(plan, display, facts.ledger)
        parts["money"] = money(facts, display)
        parts["tills"] = budget_parts(facts, display)
        parts["head"]["cards"] = cards(facts, display)
    title = plan.study.title(lang)
    drawings = drawn({table.sheet.key: table.frame for table in tables}, display)
    unit = words("currency_cny") if plan.study.settings.currency == "CNY" else plan.study.settings.currency
    fields = {
        **parts,
        "chapters": _chapters(facts, tables, drawings, display, shown),
        "has_plan": plan.has_plan,
        "has_land": has_land,
        "unit_money": display.money_unit,
        "unit_year": display.unit("million/year"),
        "unit_head": unit,
    }
    return in_language("body.html", words, title, f"{title} · {words('report')}", len(drawings), fields)


def in_language(template: str, words: Words, heading: str, title: str, figures: int, fields: Part) -> Part:
    """The part of a page that is in one language, as `put_together` wants it.

    Parameters
    ----------
    heading, title : of the page, and of the window.
    figures : how many there are.
    fields : what else the template asks for.
    """
    text = (
        environment()
        .get_template(template)
        .render(
            **fields,
            t=words,
            title=heading,
            long_title=len(heading) > (80 if words.lang == "en" else 40),
            written=words("written", date=date.today().isoformat(), version=version("zonevest")),
        )
    )
    tag = "zh-CN" if words.lang == "zh" else "en"
    return {"text": Markup(text), "title": title, "lang": words.lang, "tag": tag, "figures": figures}


def _chapters(
    facts: Facts,
    tables: list[Made],
    drawings: dict[str, tuple[str, Drawing]],
    display: Display,
    shown: dict[str, Part],
) -> list[Part]:
    """The sections in their order, each with its own templates, figures and tables, and the names of empty tables."""
    words = display.words
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
                "figures": [
                    {
                        "key": key,
                        "title": words(f"figure_{key}"),
                        "drawing": as_json(drawing),
                        "table": table,
                        "of": words(f"table_{table}"),
                    }
                    for key, (table, drawing) in drawings.items()
                    if table in {one.sheet.key for one in mine}
                ],
                "tables": [shown[table.sheet.key] for table in mine if len(table.frame)],
                "empty": words("tables_empty", names=words("comma").join(empty)) if empty else "",
            }
        )
    return found
