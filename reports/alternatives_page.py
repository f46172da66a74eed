"""The page of alternatives: one file in both languages, put together as that of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from zonevest.reports.alternatives import NEVER
from zonevest.reports.alternatives_forms import SECTIONS, folder_of, notes, title_of
from zonevest.reports.colours import HOLD, UNKNOWN
from zonevest.reports.compare_land import main_parts
from zonevest.reports.compare_maps import Lead, side_maps
from zonevest.reports.display import percent
from zonevest.reports.grid import grids, rows_shown
from zonevest.reports.map_layers import Layer
from zonevest.reports.map_values import classes
from zonevest.reports.page import MAP_SCRIPTS, ROOM, in_language, packed_maps, put_together
from zonevest.reports.sections_head import head

if TYPE_CHECKING:
    from zonevest.reports.alternatives import Alternatives
    from zonevest.reports.alternatives_forms import Near
    from zonevest.reports.display import Display
    from zonevest.reports.forms import Made

Part = dict[str, Any]

OWN: Final = {"alternatives_where": ("maps.html",)}
KEPT: Final = {
    "all": "#0a4f4b", "most": "#7fb8af", "some": "#e0a765", "none": "#682e07", "never": HOLD, "unknown": UNKNOWN,
}  # fmt: skip
"""In what share of alternatives a parcel keeps its zone, and the colour of it."""


def render(found: Alternatives, tables: list[Made], displays: list[Near]) -> str:
    """The page as text, in the language of the first display first."""
    mapped: list[Part] = [{"drawn": False, "data": None, "note": each.words("no_map")} for each in displays]
    if len(found.parcels):
        mapped = _maps(found, displays)
    packed, own = packed_maps([each.pop("data") or {} for each in mapped])
    most = rows_shown(tables, ROOM - sum(map(len, packed.values())))
    shown = {table.sheet.key: grids(table, displays, most) for table in tables if len(table.frame)}
    bodies = [
        _body(found, tables, display, each, {key: parts[place] for key, parts in shown.items()})
        for place, (display, each) in enumerate(zip(displays, mapped, strict=True))
    ]
    return put_together(bodies, packed, own, tuple(name for name in MAP_SCRIPTS if name != "map_sites.js"))


def _body(found: Alternatives, tables: list[Made], display: Near, mapped: Part, shown: dict[str, Part]) -> Part:
    words = display.words
    title = title_of(found, display)
    plans = [
        {
            "name": Markup('<a href="{}/report.html">{}</a>').format(folder_of(name), display.plan_column(name)),
            "status": _told(found, place, display) if place else verdict["status"],
            "tone": verdict["tone"],
            "study": "",
        }
        for place, (name, plan) in enumerate(zip(found.names, found.plans, strict=True))
        for verdict in (head(plan, display),)
    ]
    chapters = []
    for section in SECTIONS:
        mine = [table for table in tables if table.sheet.section == section]
        empty = [words(f"table_{table.sheet.key}") for table in mine if table.frame.empty]
        chapters.append(
            {
                "name": section,
                "title": words(f"section_{section}"),
                "notes": notes(found, section, display),
                "own": OWN.get(section, ()) if found.best.has_plan else (),
                "figures": [],
                "tables": [shown[table.sheet.key] for table in mine if len(table.frame)],
                "empty": words("compare_empty", names=words("comma").join(empty)) if empty else "",
            }
        )
    fields = {
        "kicker": words("alternatives_kicker"),
        "plans": plans,
        "maps": mapped,
        "has_plan": True,
        "has_land": True,
        "head": {},
        "chapters": chapters,
    }
    return in_language("compare_body.html", words, title, title, 0, fields)


def _told(found: Alternatives, place: int, display: Near) -> str:
    """How far an alternative is from the best and from the nearest before it."""
    row = found.table.iloc[place]
    far = display.apart(found.by, float(row["distance"]))
    return display.words("alternatives_told", loss=percent(float(row["loss"])), far=far)


def _maps(found: Alternatives, displays: list[Near]) -> list[Part]:
    """In how many plans parcels keep their zone and what leaving it costs; then what each plan makes of the land."""
    study, table = found.study, found.parcels
    ids = pd.Index(study.parcels["parcel_id"], name="parcel_id")
    kept = table["kept"].to_numpy(dtype=float)
    loss = table["by_prices"].to_numpy(dtype=float)
    never = (table["how"] == NEVER).to_numpy()
    classed = np.select(
        [never, np.isnan(kept), kept >= 1.0 - 1e-9, kept >= 0.5, kept > 1e-9],
        ["never", "unknown", "all", "most", "some"],
        "none",
    )

    def layers(display: Display) -> dict[str, Layer]:
        words = display.words
        names = {name: words(f"alternatives_kept_{name}") for name in KEPT}
        return {"kept": Layer.of(pd.Series(classed.astype(object)), names, KEPT), "loss": _losses(loss, never, display)}

    values = {"kept": 100.0 * kept, "loss": np.where(never, np.nan, loss)}
    differs = ((kept < 1.0 - 1e-9) & ~never).astype(np.int64)
    lead = Lead("importance", layers, values, differs, ("alternatives_map_note",))
    sides = [*zip(found.names, found.plans, strict=True)]
    options = [main_parts(plan, ids) for plan in found.plans]
    picked = [0, 1] if len(sides) > 1 else [0, 0]
    return side_maps(study, sides, options, picked, lead, displays)


def _losses(loss: np.typing.NDArray[np.float64], never: np.typing.NDArray[np.bool_], display: Display) -> Layer:
    """Classes of what is lost by prices; what no plan can have otherwise has a class of its own."""
    words = display.words
    found = classes(np.where(never, 0.0, loss))
    special = {"": "alternatives_loss_none", "?": "not_known"}
    names = [words(special[name]) if name in special else name for name in found.names]
    codes = np.where(never, len(names), found.codes)
    values, colours, patterns = [*found.names, NEVER], [*found.colours, HOLD], [*found.patterns, "dotted"]
    unit = words("alternatives_loss_unit")
    return Layer(values, [*names, words("alternatives_kept_never")], colours, patterns, codes, unit)
