"""The maps of a comparison: what each plan makes of the land, two of them side by side, and where plans differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.reports import compare_land
from zonevest.reports.colours import HOLD, NONE, action_colours, class_colours, start_colours, zone_colours
from zonevest.reports.compare_sides import APPROVED
from zonevest.reports.map_layers import Layer, frame_of
from zonevest.reports.map_values import classes
from zonevest.reports.maps import Packing, pack

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData
    from zonevest.reports.compare import Comparison
    from zonevest.reports.compare_display import Compared
    from zonevest.reports.display import Display

Part = dict[str, Any]

KINDS: Final = {"zone": "zone", "class": "class_after", "action": "practice", "start": "start"}
"""Ways to colour a plan's map, and the part of an option that each shows."""
AGREE: Final = {"same": NONE, "start": "#57b4e9", "action": "#e69f00", "class": "#b06d00", "zone": "#5a1a4a"}
"""What is the first thing on which plans differ, from least to most."""


@dataclass(frozen=True)
class Lead:
    """What the first view of the maps shows, two layers side by side.

    Attributes
    ----------
    key : the view; ``compare_view_<key>`` is its name.
    layers : by name, in the language of a display; ``compare_map_<name>`` is the title of each.
    told : values of each parcel, by the layer of which they are told.
    differs : 1 for parcels that are outlined on demand, else 0.
    notes : labels of what is said below.
    """

    key: str
    layers: Callable[[Display], dict[str, Layer]]
    told: dict[str, np.typing.NDArray[np.float64]]
    differs: np.typing.NDArray[np.int64]
    notes: tuple[str, ...]


def maps(found: Comparison, displays: Sequence[Compared]) -> list[Part]:
    """What the template names, and the page's ``data`` (None without shapes), in each language."""
    first = found.sides[-len(found.names)].plan.study
    ids = pd.Index(first.parcels["parcel_id"], name="parcel_id")
    sides = [(side.name, side.plan) for side in found.sides if side.plan.has_plan and side.name != APPROVED]
    options = [compare_land.main_parts(plan, ids) for _, plan in sides]
    known = set(compare_land.there([plan for _, plan in sides]))
    plans = [place for place, (name, _) in enumerate(sides) if name in found.names and place in known]
    picked = (plans * 2)[:2] if len(plans) < 2 else plans[:2]
    differs = _first_difference([options[place] for place in plans])
    values = _worths(found, ids)

    def layers(display: Display) -> dict[str, Layer]:
        told = pd.Series(np.array(list(AGREE), dtype=object)[differs])
        names = {name: display.words(f"compare_agree_{name}") for name in AGREE}
        return {"agreement": Layer.of(told, names, AGREE), "worth": _classed(values, display)}

    lead = Lead("agreement", layers, {"worth": values}, (differs > 0).astype(np.int64), ("compare_map_note",))
    return side_maps(first, sides, options, picked, lead, displays)


def side_maps(
    first: Study,
    sides: Sequence[tuple[str, PlanData]],
    options: list[pd.DataFrame],
    picked: list[int],
    lead: Lead,
    displays: Sequence[Display],
) -> list[Part]:
    """Maps of several plans of the parcels of a study: what leads, and zones, classes, actions and starts of each.

    Parameters
    ----------
    sides : name and plan of each; `plan_column` of a display says what it is called.
    options : of each what its parcels do, for the most part (see `compare_land.main_parts`).
    picked : which two are shown at first.
    """
    shapes = pack(first.geometry)
    if shapes is None:
        return [{"data": None, "drawn": False, "note": display.words("no_map")} for display in displays]
    ids = [str(name) for name in first.parcels["parcel_id"]]
    result = []
    for display in displays:
        words = display.words
        called = [display.named("plan_column", name) for name, _ in sides]
        leading = lead.layers(display)
        layers = leading | _layers(display, [plan for _, plan in sides], options)
        views = {lead.key: list(leading)}
        views |= {kind: [f"{kind}_{at}" for at in range(len(sides))] for kind in KINDS}
        data = frame_of(shapes, display)
        pack_of = Packing()
        pack_of.shapes(shapes)
        pack_of.counts("changed", lead.differs)
        places = {name: place for place, name in enumerate(dict.fromkeys(first.parcels["jurisdiction"]))}
        pack_of.counts("jurisdiction", first.parcels["jurisdiction"].map(places).to_numpy())
        factors = {"area": pack_of.halves("area", first.parcels["area_ha"].to_numpy(dtype=float))}
        for name, values in lead.told.items():
            factors[name] = pack_of.halves(f"values.{name}", values)
        for name, layer in layers.items():
            pack_of.counts(f"codes.{name}", layer.codes)
        titles = {
            f"{kind}_{at}": words(f"compare_map_{kind}", plan=name) for kind in KINDS for at, name in enumerate(called)
        }
        titles |= {name: words(f"compare_map_{name}") for name in leading}
        data |= {
            "packed": {name: list(packed) for name, packed in pack_of.texts.items()},
            "ids": ids,
            "factors": factors,
            "jurisdictions": [display.jurisdiction(name) for name in places],
            "split": {},
            "layers": {
                name: {
                    "title": titles[name],
                    "unit": layer.unit,
                    "names": layer.names,
                    "colours": layer.colours,
                    "patterns": layer.patterns,
                }
                for name, layer in layers.items()
            },
            "views": views,
            "told": list(lead.told),
            "sides": called,
            "projects": [],
            "sites": {},
        }
        result.append(
            {
                "drawn": True,
                "data": data,
                "chosen": lead.key,
                "views": [
                    {
                        "key": key,
                        "name": words(key if key in ("zone", "class", "action") else f"compare_view_{key}"),
                        "shown": sides_of if len(sides_of) == 2 else [sides_of[at] for at in picked],
                    }
                    for key, sides_of in views.items()
                ],
                "picks": called if len(sides) > 2 else [],
                "picked": picked,
                "titles": titles,
                "any_change": bool(lead.differs.any()) or len(sides) > 2,
                "highlight": words("compare_highlight"),
                "same": words("compare_no_change"),
                "projects": [],
                "unplaced": "",
                "missing": words("no_shape", count=f"{shapes.missing:,}") if shapes.missing else "",
                "notes": [*map(words, lead.notes), words("map_pattern_note")],
                "alt": words("map_alt", title=words("maps"), count=f"{len(ids):,}"),
            }
        )
    return result


def _first_difference(options: list[pd.DataFrame]) -> np.typing.NDArray[np.int64]:
    """Of every parcel the place in `AGREE`: by what most of it differs between plans, zones before all else."""
    found = np.zeros(len(options[0]) if options else 0, dtype=np.int64)
    for place, name in enumerate(("start", "action", "class", "zone"), start=1):
        column = KINDS[name]
        for other in options[1:]:
            unlike = other[column].to_numpy(dtype=object) != options[0][column].to_numpy(dtype=object)
            found[unlike] = place
    return found


def _worths(found: Comparison, ids: pd.Index) -> np.typing.NDArray[np.float64]:
    """Per hectare, how much more the second plan is worth on each parcel: at prices, else by what the land books."""
    table = found.tables["parcels"].set_index("parcel_id")
    result = np.zeros(len(ids))
    if len(found.names) < 2 or not len(table):
        return result
    name = found.names[1]
    column = next((f"{name}.{each}" for each in ("worth", "cash") if f"{name}.{each}" in table), None)
    if column is None:
        return result
    per_ha = (table[column] / table["area_ha"].where(table["area_ha"] > 0)).reindex(ids)
    return np.asarray(per_ha.fillna(0.0), dtype=np.float64)


def _layers(display: Display, plans: Sequence[PlanData], options: list[pd.DataFrame]) -> dict[str, Layer]:
    """Zones, classes, actions and starts of each plan; what a legend names is named in that of each other one too."""
    study, words = display.study, display.words
    coloured = {
        "zone": ({code: display.zone(code) for code in [*study.zones["zone"], ""]}, zone_colours(study) | {"": NONE}),
        "class": (
            {code: display.land_class(code) for code in [*study.land_classes["land_class"], ""]},
            class_colours(study) | {"": NONE},
        ),
        "action": (
            {code: display.practice(code) for code in [*study.practices["practice"], "hold", ""]},
            action_colours(study) | {"hold": HOLD, "": NONE},
        ),
        "start": (
            {period.name: period.name for plan in plans for period in plan.study.periods} | {"": words("no_start")},
            start_colours(study) | {"": HOLD},
        ),
    }
    layers = {}
    for kind, (called, colours) in coloured.items():
        columns = [table[KINDS[kind]].reset_index(drop=True) for table in options]
        for at in range(len(plans)):
            layers[f"{kind}_{at}"] = Layer.of(columns[at], called, colours, *(columns[:at] + columns[at + 1 :]))
    return layers


def _classed(values: np.typing.NDArray[np.float64], display: Display) -> Layer:
    found, special = classes(values), {"": "none_zero", "?": "not_known"}
    names = [display.words(special[name]) if name in special else name for name in found.names]
    unit = display.words("per_hectare", unit=display.money_unit)
    return Layer(found.names, names, found.colours, found.patterns, found.codes, unit)
