"""The maps of the report page: what the template names, and the data that the page draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zonevest.reports.map_layers import VIEWS, layers, map_data, parcels, sites
from zonevest.reports.map_values import prices_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]


def maps(facts: Facts, displays: Sequence[Display]) -> list[Part]:
    """What the template names, and the page's ``data`` (None without shapes), in each language."""
    if facts.shapes is None:
        return [{"data": None, "drawn": False, "note": display.words("no_map")} for display in displays]
    rows = parcels(facts)
    return [_maps(facts, rows, display) for display in displays]


def _maps(facts: Facts, rows: pd.DataFrame, display: Display) -> Part:
    words, shapes = display.words, facts.shapes
    assert shapes is not None
    found, projects = layers(facts, rows, display), sites(facts, display)
    note = "map_shadow_note" if prices_known(facts) else "map_shadow_unknown"
    rest = len(facts.study.projects) - len(projects)
    return {
        "drawn": True,
        "data": map_data(shapes, found, rows, projects, display),
        "chosen": _first(rows),
        "views": [
            {"key": key, "name": words(key if key in _NAMED else f"view_{key}"), "shown": sides}
            for key, sides in VIEWS.items()
        ],
        "titles": {name: words(f"map_{name}") for name in found},
        "any_change": bool(rows["changed"].any()),
        "projects": projects,
        "unplaced": words("map_projects_rest", count=f"{rest:,}", total=f"{rest + len(projects):,}") if rest else "",
        "missing": words("no_shape", count=f"{shapes.missing:,}") if shapes.missing else "",
        "notes": [words(name) for name in ("map_values_note", note, "map_pattern_note")],
        "alt": words("map_alt", title=words("maps"), count=f"{len(rows):,}"),
    }


_NAMED = ("zone", "class", "action")


def _first(rows: pd.DataFrame) -> str:
    """The view to begin with: zones, or classes where no zone changes but a class does."""
    return "class" if not rows["rezoned"].any() and rows["changed"].any() else "zone"
