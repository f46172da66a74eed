"""The official layers among the sources, whatever their files call them, with their fields under official names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, meant, some, within
from zonevest.instances.importing.mapping import LayerRef
from zonevest.instances.importing.plane import project
from zonevest.instances.importing.sources import Found, Layer, read_layer
from zonevest.instances.importing.survey_data import Official, Options, fields_of, layers
from zonevest.instances.rules import rule
from zonevest.instances.say import say

LEAST = 4
"""Letters that a cut name has at least."""
THREE_DEGREES, SIX_DEGREES, GEOGRAPHIC = 4488, 4478, 4490
"""What the number of a zone is added to for the EPSG code of CGCS2000 with zone numbers in front of the eastings; and
its code in degrees."""


def named_as(name: str, official: Official) -> int:
    """How surely a name is that of a layer or field: 3 its own one, 2 with something around it, 1 cut short, 0 not."""
    own = official.field or official.layer
    plain = name.strip().casefold()
    known = [own.casefold(), *(each.casefold() for each in official.aliases)]
    if plain in known:
        return 3
    words = [word for word in re.split(r"[\d_.\-\s（）()]+", plain) if word]
    if not official.field and any(word in known or word.endswith(official.zh) for word in words):
        return 2
    # a .dbf keeps ten bytes of a field's name, three Chinese characters of UTF-8; old tools eight letters of a file's
    short = LEAST if plain.isascii() else 3
    return int(len(plain) >= short and any(each.startswith(plain) for each in known))


def find_official(found: Sequence[Found], options: Options, label: str, faults: Faults) -> dict[str, list[Found]]:
    """The layers of the sources by their official names: one of each source, as sources may be adjacent counties."""
    out: dict[str, list[Found]] = {}
    claimed: set[Found] = set()
    for official in layers():
        own = options.layers.get(official.layer)
        if own is not None:
            fit = [each for each in found if each.layer.casefold() == own.casefold()]
            if not fit:
                names = [each.layer for each in found]
                must = rule("survey.layer-named", layer=own, fields=some(names, 20))
                where = within(label, f"survey.layers.{official.layer}")
                faults.add(where, must, say("none"), meant(own, names, must.do))
            out[official.layer] = fit
            claimed.update(fit)
    for rank in (3, 2, 1):
        for official in layers():
            fit = [each for each in found if each not in claimed and named_as(each.layer, official) == rank]
            if official.layer not in out and fit:
                out[official.layer] = _one_per_source(fit, official)
                claimed.update(fit)
    for each in found:  # what the layer's own name does not show its Chinese alias may
        if each not in claimed and (alias := _alias(each)):
            for official in layers():
                held = out.get(official.layer, [])
                known = official.layer in options.layers or any(other.path == each.path for other in held)
                if not known and named_as(alias, official) >= 2:
                    out[official.layer] = [*held, each]
                    break
    return {name: each for name, each in out.items() if each}


def _one_per_source(fit: Sequence[Found], official: Official) -> list[Found]:
    """Of layers that mean the same the one with the first name, in each source."""
    order = [official.layer.casefold(), *(each.casefold() for each in official.aliases)]

    def rank(each: Found) -> int:
        name = each.layer.casefold()
        return order.index(name) if name in order else len(order)

    # files of their own are each a source: two counties, or two sheets of a map
    single = [each for each in fit if each.path.suffix.lower() not in (".gdb", ".gpkg")]
    out = list(single)
    databases = dict.fromkeys(each.path for each in fit if each not in single)
    out += [min((each for each in fit if each.path == path), key=rank) for path in databases]
    if len({rank(each) for each in single}) > 1:
        best = min(rank(each) for each in single)
        out = [each for each in out if each not in single or rank(each) == best]
    return out


def _alias(found: Found) -> str:
    """The Chinese alias of a layer of a geodatabase."""
    if found.path.suffix.lower() not in (".gdb", ".gpkg"):
        return ""
    try:
        info = pyogrio.read_info(found.path, layer=found.layer)
    except Exception:  # what it is called elsewhere is of no importance then
        return ""
    told = {**(info.get("dataset_metadata") or {}), **(info.get("layer_metadata") or {})}
    return str(next((told[key] for key in ("ALIAS_NAME", "IDENTIFIER", "DESCRIPTION") if told.get(key)), ""))


def read_official(name: str, found: Sequence[Found], options: Options, faults: Faults) -> Layer | None:
    """The layers of one official name as one, with their fields under official names; None where one is not read.

    Parameters
    ----------
    name : the official name.
    found : where its parts are.
    """
    parts = [part for each in found if (part := _part(name, each, options, faults)) is not None]
    if len(parts) < len(found):
        return None
    if len(parts) == 1:
        return parts[0]
    crs = parts[0].crs
    shapes = [part.shapes for part in parts]
    if crs is not None and all(part.crs is not None for part in parts):
        shapes = [project(part.shapes, part.crs, crs) for part in parts]  # type: ignore[arg-type]
    starts = np.cumsum([0, *(len(each) for each in shapes)])[:-1]
    closed = np.concatenate([part.closed + start for part, start in zip(parts, starts, strict=True)])
    return Layer(
        some(part.label for part in parts),
        pd.concat([part.fields for part in parts], ignore_index=True),
        np.concatenate(shapes),
        crs,
        closed.astype(np.intp),
        [told for part in parts for told in part.told],
    )


def _part(name: str, found: Found, options: Options, faults: Faults) -> Layer | None:
    layer = read_layer(found, LayerRef(layer=found.layer), faults)
    if layer is None:
        return None
    before = len(faults)
    columns = [str(each) for each in layer.fields.columns]
    names: dict[str, str] = {}
    for official in fields_of(name):
        at = max(columns, key=lambda each: named_as(each, official), default="")
        if at and at not in names and named_as(at, official) > 0:
            names[at] = official.field
        elif official.required:
            must = rule("survey.field", layer=found.label, field=official.label)
            faults.add(found.label, must, say("fields {fields}", fields=some(columns, 20)))
    layer.fields = layer.fields.rename(columns=names)
    layer.crs = layer.crs or _crs(layer, options, faults)
    return layer if len(faults) == before else None


def _crs(layer: Layer, options: Options, faults: Faults) -> pyproj.CRS | None:
    """The coordinate system of a layer that does not say it: as stated, or as its coordinates show it."""
    if not len(layer.fields):
        return pyproj.CRS.from_epsg(GEOGRAPHIC)  # of nothing any system is right
    guess = options.crs or _guessed(layer.shapes)
    if not guess:
        faults.add(layer.label, rule("survey.crs"), say("no coordinate reference system"))
        return None
    try:
        crs = pyproj.CRS.from_user_input(guess)
    except pyproj.exceptions.CRSError:
        faults.add("survey.crs", rule("import.crs-name"), repr(guess))
        return None
    layer.told.append(say("it does not say its coordinate system: taken for {crs}", crs=crs.name))
    return crs


def _guessed(shapes: NDArray[np.object_]) -> str:
    """CGCS2000 by the number of the zone in front of the eastings, or in degrees; ``""`` where nothing shows it."""
    held = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(held):
        return ""
    west, south, east, north = shapely.total_bounds(held).tolist()
    zone = int(west // 1e6)
    if zone == int(east // 1e6) and 0 < south <= north < 1e7:
        if 25 <= zone <= 45:
            return f"EPSG:{THREE_DEGREES + zone}"
        if 13 <= zone <= 23:
            return f"EPSG:{SIX_DEGREES + zone}"
    return f"EPSG:{GEOGRAPHIC}" if 70 <= west <= east <= 140 and 0 <= south <= north <= 60 else ""
