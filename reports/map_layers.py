"""The ways to colour a map of the parcels, and the data from which the page draws them (`templates/map_draw.js`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from zonevest.instances.study import items
from zonevest.reports.colours import (
    CHANGES,
    HOLD,
    NONE,
    SERIES,
    action_colours,
    class_colours,
    start_colours,
    zone_colours,
)
from zonevest.reports.display import DASH, number, percent
from zonevest.reports.distinct import dealt
from zonevest.reports.map_values import VALUES, by_parcel, classes
from zonevest.reports.maps import Packing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts
    from zonevest.reports.maps import Shapes

VIEWS: Final = {
    "zone": ("zone_before", "zone_after"),
    "class": ("class_before", "class_after"),
    "action": ("action", "start"),
    "change": ("change", "shadow"),
    "worth": ("worth", "nature"),
    "capture": ("captured", "left"),
}
"""Maps that are shown side by side."""
_WORDS: Final = (
    "zone", "class", "action", "start", "area", "ha", "jurisdiction", "split", "not_found", "m", "km", "projects",
    "project", "legend", "not_known", "site_drawn", "site_place",
)  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """One way to colour the parcels: the entries of its legend, and which of them each parcel is.

    Attributes
    ----------
    values : code of each entry, as in the tables.
    names, colours, patterns : of each entry (see `distinct`).
    codes : the entry of each parcel.
    unit : of what is told, ``""`` of codes.
    """

    values: list[str]
    names: list[str]
    colours: list[str]
    patterns: list[str]
    codes: NDArray[np.int64]
    unit: str = ""

    @classmethod
    def of(cls, of: pd.Series, names: dict[str, str], colours: dict[str, str], *also: pd.Series) -> Layer:
        """Codes in the order of `names`; only what occurs, in `of` or in `also`."""
        common = pd.concat([of, *also]).value_counts()
        occurring = set(common.index)
        used = [name for name in names if name in occurring]
        used += sorted(occurring - set(used))
        places = {name: place for place, name in enumerate(used)}
        own = [colours.get(name, SERIES[place % len(SERIES)]) for name, place in places.items()]
        found, patterns = dealt(own, [float(common[name]) for name in used])
        codes = of.map(places).to_numpy(dtype=np.int64)
        return cls(used, [names.get(name, name) for name in used], found, patterns, codes)


def parcels(facts: Facts) -> pd.DataFrame:
    """One row per parcel of the study: what it is and becomes (of a divided one the largest part), and its `VALUES`."""
    study = facts.study
    parts = facts.land.assign(_order=np.arange(len(facts.land)))
    largest = parts.sort_values("share", ascending=False, kind="stable").drop_duplicates("parcel_id")
    rows = largest.set_index("parcel_id").reindex(study.parcels["parcel_id"])
    for flag in ("rezoned", "converted", "changed"):
        rows[flag] = parts.groupby("parcel_id")[flag].any().reindex(rows.index).fillna(False).astype(bool)
    named = ["zone_before", "zone", "class_before", "class_after", "practice", "start", "jurisdiction"]
    rows[named] = rows[named].fillna("")
    rows["share"] = rows["share"].fillna(1.0)
    rows["area_ha"] = study.parcels["area_ha"].to_numpy(dtype=float)
    found = by_parcel(facts, facts.parcel_values)
    return rows.assign(**{name: found[name].to_numpy() for name in VALUES})


def layers(facts: Facts, rows: pd.DataFrame, display: Display) -> dict[str, Layer]:
    """Every way to colour the rows of `parcels`."""
    found = coded(facts.study, rows, display)
    for name in VALUES:
        found[name] = _classed(rows[name].to_numpy(), value_unit(facts, display, name), display)
    return found


def coded(study: Study, rows: pd.DataFrame, display: Display) -> dict[str, Layer]:
    """The ways that show codes: zones, classes, actions, starts and what changes."""
    zones = {code: display.zone(code) for code in [*study.zones["zone"], ""]}
    kinds = {code: display.land_class(code) for code in [*study.land_classes["land_class"], ""]}
    actions = {code: display.practice(code) for code in [*study.practices["practice"], "hold", ""]}
    starts = {period.name: period.name for period in study.periods} | {"": display.words("no_start")}
    zone_colour, class_colour = zone_colours(study) | {"": NONE}, class_colours(study) | {"": NONE}
    action_colour = action_colours(study) | {"hold": HOLD, "": NONE}
    before, after, was, will = rows["zone_before"], rows["zone"], rows["class_before"], rows["class_after"]
    changes = {name: display.words(f"change_{name}") for name in CHANGES}
    change = np.array(list(CHANGES), dtype=object)[rows["rezoned"].astype(int) + 2 * rows["converted"].astype(int)]
    return {
        "zone_before": Layer.of(before, zones, zone_colour, after),
        "zone_after": Layer.of(after, zones, zone_colour, before),
        "class_before": Layer.of(was, kinds, class_colour, will),
        "class_after": Layer.of(will, kinds, class_colour, was),
        "action": Layer.of(rows["practice"], actions, action_colour),
        "start": Layer.of(rows["start"], starts, start_colours(study) | {"": HOLD}),
        "change": Layer.of(pd.Series(change), changes, CHANGES),
    }


def _classed(of: NDArray[np.float64], unit: str, display: Display) -> Layer:
    found, special = classes(of), {"": "none_zero", "?": "not_known"}
    names = [display.words(special[name]) if name in special else name for name in found.names]
    return Layer(found.names, names, found.colours, found.patterns, found.codes, unit)


def value_unit(facts: Facts, display: Display, name: str) -> str:
    """The unit of one of `VALUES`."""
    from zonevest.reports.sections_head import price_of, value_unit

    if name == "shadow":
        return display.words("per_hectare", unit=price_of(facts.plan, display)[0])
    unit = value_unit(display) if name == "nature" else display.money_unit
    return display.words("per_hectare", unit=unit)


# --- projects -------------------------------------------------------------------------------------------------------


def sites(facts: Facts, display: Display) -> list[dict[str, Any]]:
    """Projects with a drawn site that is on the map: name, what is told of them, parcels and a point of the grid."""
    study, shapes = facts.study, facts.shapes
    if shapes is None or study.geometry is None:
        return []
    at = {name: place for place, name in enumerate(study.parcels["parcel_id"])}
    starts = facts.plan.projects.groupby("project")["start"].first().to_dict()
    found = []
    for row in study.projects.itertuples(index=False):
        place = [at[name] for name in items(row.footprint) if name in at]
        ground = shapely.union_all([study.geometry.iloc[each] for each in place if study.geometry.iloc[each]])
        if ground.is_empty:
            continue
        start = str(starts.get(row.project, ""))
        point = shapely.point_on_surface(ground)
        x, y = shapes.place(point.x, point.y)
        told = display.words("project_starts", start=start) if start else display.words("project_not_built")
        price = f"{number(float(row.capex))} {display.money_unit}"
        where = display.jurisdiction(str(row.jurisdiction)) if row.jurisdiction else DASH
        name = display.project(str(row.project))
        found.append({"name": name, "told": told, "capex": price, "where": where, "built": bool(start),
                      "x": x, "y": y, "parcels": place})  # fmt: skip
    return found


def _sites(study: Study, places: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Where each project stands: its parcels, and the position of its jurisdiction among those of all parcels (-1)."""
    at = {name: place for place, name in enumerate(study.parcels["parcel_id"])}
    return {
        str(row.project): {
            "place": places.get(row.jurisdiction, -1) if row.jurisdiction else -1,
            "parcels": [at[name] for name in items(row.footprint) if name in at],
        }
        for row in study.projects.itertuples(index=False)
    }


# --- data -----------------------------------------------------------------------------------------------------------


def map_data(
    shapes: Shapes, found: dict[str, Layer], rows: pd.DataFrame, projects: list[dict[str, Any]], display: Display
) -> dict[str, Any]:
    """What the page's drawing code reads: plain lists, and the numbers of every parcel as text."""
    study = display.study
    places = {name: place for place, name in enumerate(dict.fromkeys(rows["jurisdiction"]))}
    split = {place: percent(rows["share"].iloc[place]) for place in np.flatnonzero(rows["share"].to_numpy() < 1 - 1e-9)}
    pack = Packing()
    pack.shapes(shapes)
    pack.counts("changed", rows["changed"].to_numpy().astype(np.int64))
    pack.counts("jurisdiction", rows["jurisdiction"].map(places).to_numpy())
    factors = {"area": pack.halves("area", rows["area_ha"].to_numpy())}
    for name, layer in found.items():
        pack.counts(f"codes.{name}", layer.codes)
    for name in VALUES:
        factors[name] = pack.halves(f"values.{name}", rows[name].to_numpy())
    return frame_of(shapes, display) | {
        "packed": {name: list(packed) for name, packed in pack.texts.items()},
        "ids": [str(name) for name in rows.index],
        "factors": factors,
        "jurisdictions": [display.jurisdiction(name) for name in places],
        "split": {str(place): share for place, share in split.items()},
        "layers": {
            name: {
                "title": display.words(f"map_{name}"),
                "unit": layer.unit,
                "names": layer.names,
                "colours": layer.colours,
                "patterns": layer.patterns,
            }
            for name, layer in found.items()
        },
        "views": {name: list(sides) for name, sides in VIEWS.items()},
        "told": list(VALUES),
        "projects": projects,
        "sites": _sites(study, places),
    }


def frame_of(shapes: Shapes, display: Display) -> dict[str, Any]:
    """What the drawing code reads of any map: extent and words."""
    return {
        "width": shapes.width,
        "height": shapes.height,
        "metres": None if np.isnan(shapes.metres) else shapes.metres,
        "words": {key: display.words(key) for key in _WORDS} | {"title": display.study.title(display.words.lang)},
    }
