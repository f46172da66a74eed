"""The maps of the report page: what the template names, and the data that the page draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zonevest.reports.map_layers import VIEWS, layers, map_data, parcels, sites
from zonevest.reports.map_values import prices_known

if TYPE_CHECKING:
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]


def maps(facts: Facts, display: Display) -> Part:
    """The drawing data and the ways to colour the maps; without shapes only the word that there is no map."""
    words, shapes = display.words, facts.shapes
    if shapes is None:
        return {"data": None, "note": words("no_map")}
    rows = parcels(facts)
    found, projects = layers(facts, rows, display), sites(facts, display)
    known = prices_known(facts)
    notes = ["map_values_note", "map_shadow_note" if known else "map_shadow_unknown", "map_pattern_note"]
    rest = len(facts.study.projects) - len(projects)
    return {
        "data": map_data(shapes, found, rows, projects, display),
        "chosen": _first(rows),
        "views": [
            {"key": key, "name": words(key if words.has(key) and key in _NAMED else f"view_{key}"), "sides": sides}
            for key, sides in VIEWS.items()
        ],
        "titles": {name: words(f"map_{name}") for name in found},
        "any_change": bool(rows["changed"].any()),
        "projects": projects,
        "unplaced": words("map_projects_rest", count=f"{rest:,}", total=f"{rest + len(projects):,}") if rest else "",
        "missing": words("no_shape", count=f"{shapes.missing:,}") if shapes.missing else "",
        "notes": [words(name) for name in notes],
        "alt": words("map_alt", title=words("maps"), count=f"{len(rows):,}"),
    }


_NAMED = ("zone", "class", "action")


def _first(rows: Any) -> str:
    """The view to begin with: zones, or classes where no zone changes but a class does."""
    return "class" if not rows["rezoned"].any() and rows["changed"].any() else "zone"
