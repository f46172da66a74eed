"""The page of a comparison: one file in both languages, put together as a plan's report is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from zonevest.reports.compare_figures import drawn
from zonevest.reports.compare_forms import PREFIX, SECTIONS, title_of
from zonevest.reports.compare_land import there
from zonevest.reports.compare_maps import maps
from zonevest.reports.display import DASH, number
from zonevest.reports.grid import grids, rows_shown
from zonevest.reports.page import MAP_SCRIPTS, ROOM, as_json, in_language, packed_maps, put_together
from zonevest.reports.sections_head import head

if TYPE_CHECKING:
    from zonevest.reports.compare import Comparison
    from zonevest.reports.compare_display import Compared
    from zonevest.reports.forms import Made

Part = dict[str, Any]

OWN: Final = {"compare_where": ("maps.html",)}
LEFT_OUT: Final = ("map_sites.js",)
"""What draws the sites of projects, of which there are none here."""


def render(found: Comparison, tables: list[Made], displays: list[Compared]) -> str:
    """The page as text, in the language of the first display first."""
    has_land = len(found.sides[-len(found.names)].plan.study.parcels) > 0
    mapped: list[Part] = [{"drawn": False, "data": None, "note": each.words("no_map")} for each in displays]
    if has_land:
        mapped = maps(found, displays)
    drawings = [each.pop("data") or {} for each in mapped]
    packed, own = packed_maps(drawings)
    most = rows_shown(tables, ROOM - sum(map(len, packed.values())))
    shown = {table.sheet.key: grids(table, displays, most) for table in tables if len(table.frame)}
    bodies = [
        _body(found, tables, display, each, {key: parts[place] for key, parts in shown.items()})
        for place, (display, each) in enumerate(zip(displays, mapped, strict=True))
    ]
    return put_together(bodies, packed, own, tuple(name for name in MAP_SCRIPTS if name not in LEFT_OUT))


def _body(found: Comparison, tables: list[Made], display: Compared, mapped: Part, shown: dict[str, Part]) -> Part:
    words, lang = display.words, display.words.lang
    title = title_of(found, display)
    drawings = drawn(found, display)
    plans, several = [], len({side.plan.study.title(lang) for side in found.sides}) > 1
    for side in found.sides:
        if side.name in found.names:
            verdict = head(side.plan, display)
            plans.append(
                {
                    "name": side.name,
                    "status": verdict["status"],
                    "tone": verdict["tone"],
                    "study": side.plan.study.title(lang) if several else "",
                }
            )
    fields = {
        "kicker": words("compare_kicker"),
        "plans": plans,
        "maps": mapped,
        "has_plan": True,
        "has_land": True,
        "head": {},
        "chapters": _chapters(found, tables, drawings, display, shown),
    }
    return in_language("compare_body.html", words, title, title, len(drawings), fields)


def _chapters(
    found: Comparison,
    tables: list[Made],
    drawings: dict[str, tuple[str, Any]],
    display: Compared,
    shown: dict[str, Part],
) -> list[Part]:
    words, chapters = display.words, []
    for section, names in SECTIONS.items():
        mine = [table for table in tables if table.sheet.section == section]
        empty = [words(f"table_{table.sheet.key}") for table in mine if table.frame.empty]
        chapters.append(
            {
                "name": section,
                "title": words(f"section_{section}"),
                "notes": notes(found, section, display),
                "own": OWN.get(section, ()),
                "figures": [
                    {
                        "key": key,
                        "title": words(f"figure_{key}"),
                        "drawing": as_json(drawing),
                        "table": PREFIX + table,
                        "of": words(f"table_{PREFIX}{table}"),
                    }
                    for key, (table, drawing) in drawings.items()
                    if table in names and PREFIX + table in shown
                ],
                "tables": [shown[table.sheet.key] for table in mine if len(table.frame)],
                "empty": words("compare_empty", names=words("comma").join(empty)) if empty else "",
            }
        )
    return chapters


def _existing(found: Comparison, display: Compared) -> list[str]:
    """Which plans count where plans agree, if not all do."""
    words, plans = display.words, [side for side in found.sides if side.name in found.names]
    known = {table: there([side.plan for side in plans], table) for table in ("parcels", "projects")}
    if min(map(len, known.values())) == len(plans):
        return []
    if max(map(len, known.values())) < 2:
        return [words("compare_agree_none")]
    told = {
        table: words("comma").join(plans[place].name for place in places) or DASH for table, places in known.items()
    }
    if known["parcels"] == known["projects"]:
        return [words("compare_agree_among", count=len(known["parcels"]), all=len(plans), plans=told["parcels"])]
    return [words("compare_agree_apart", all=len(plans), land=told["parcels"], projects=told["projects"])]


def notes(found: Comparison, section: str, display: Compared) -> list[str]:
    """What is said of a section in a sentence or two, before its tables."""
    words, base = display.words, found.names[0]
    if section == "compare_inputs":
        others = found.names[1:]
        same = [name for name in others if not (found.tables["inputs"]["plan"] == name).any()]
        if len(same) == len(others):
            return [words("compare_same_study")]
        return [
            words(
                "compare_other_study", plans=words("comma").join(name for name in others if name not in same), base=base
            )
        ]
    if section == "compare_agree":
        told = _existing(found, display)
        table = found.tables["agreement"]
        rows = {(what, place): (agreed, of, share) for what, place, agreed, of, share in
                table[["aspect", "jurisdiction", "agreed", "of", "share"]].itertuples(index=False)}  # fmt: skip
        if ("option", "total") in rows:
            agreed, of, share = rows["option", "total"]
            told.append(words("compare_agree_land", agreed=f"{agreed:,}", of=f"{of:,}", share=f"{100 * share:.1f}"))
        if ("start", "total") in rows:
            agreed, of, _ = rows["start", "total"]
            told.append(words("compare_agree_projects", agreed=f"{agreed:,}", of=f"{of:,}"))
        worth = found.tables["worth"]
        for name in found.names[1:]:
            mine = worth[worth["plan"] == name]
            total = mine[mine["kind"] == "total"]
            if len(total):
                row = total.iloc[0]
                told.append(words("compare_total", plan=name, base=base, worth=number(float(row["objective"]))))
        return told
    return []
