"""A starter mapping: what the layers hold, and what it might be.

Its text is in English like the keys of the file; every guess is marked, and nothing is filled in that decides anything:
which class a value stands for is left blank, and a blank is refused.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from zonevest.instances.cells import numbers
from zonevest.instances.defaults import default
from zonevest.instances.faults import Faults
from zonevest.instances.importing.columns import Fields
from zonevest.instances.importing.mapping import LayerRef
from zonevest.instances.importing.plane import name_of
from zonevest.instances.importing.raster import read_raster
from zonevest.instances.importing.shapes import POLYGONS
from zonevest.instances.importing.sources import RASTER, Found, Layer, read_layer
from zonevest.instances.rules import rule
from zonevest.instances.say import say

SHOWN, LISTED = 8, 60
"""How many values of a field are shown, and up to how many different ones a table of values lists."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "parcel_id": ("parcel_id", "cell_id", "pid", "tbbsm", "bsm", "id", "objectid", "地块编号", "图斑编号", "标识码"),
    "land_class": ("land_class", "landclass", "land_use", "landuse", "dlbm", "class", "地类编码", "地类", "lu"),
    "jurisdiction": ("jurisdiction", "zldwdm", "xzqdm", "town", "township", "county", "权属单位代码", "行政区"),
    "zone": ("zone", "zone_code", "zoning", "规划分区"),
    "tenure": ("tenure", "qsxz", "权属性质"),
    "population": ("population", "pop", "人口"),
}
"""Names of fields, in small letters, that a column is guessed from."""
LINES: dict[str, tuple[str, ...]] = {
    "redline": ("redline", "red_line", "stbhhx", "红线"),
    "basic_farmland": ("basic_farmland", "farmland", "yjjbnt", "基本农田"),
    "growth_boundary": ("growth", "czkfbj", "开发边界"),
    "village_boundary": ("village", "czbj", "村庄"),
    "mineral_right": ("mineral", "mining", "采矿", "矿业权"),
    "national_park": ("national_park", "国家公园"),
    "conversion": ("conversion", "overlay", "用途管制"),
    "jurisdiction": ("jurisdiction", "township", "county", "xzq", "行政区"),
    "tags": ("catchment", "station", "片区"),
}
"""Parts of the names of layers, in small letters, that a line is guessed from."""


def starter(found: Sequence[Found], faults: Faults) -> tuple[str, tuple[str, ...]]:
    """Write the text of a mapping file for layers, and tell what was found.

    The parcels are guessed to be the layer of areas with the most features.
    """
    layers = [(each, layer) for each in found if (layer := _read(each, faults)) is not None]
    areas = [at for at, (_, layer) in enumerate(layers) if _holds_areas(layer)]
    if not areas:
        faults.add(", ".join(each.label for each in found), rule("import.guess"), say("none does"))
        return "", ()
    land = max(areas, key=lambda at: len(layers[at][1].fields))
    lines = [*_head(layers[land][0]), "", *_parcels(*layers[land])]
    for at, (each, layer) in enumerate(layers):
        if at != land:
            lines += ["", *_line(each, layer)]
    told = [
        say("{layer}: {count} features, {fields} fields", layer=each.label, count=len(layer.fields),
            fields=len(layer.fields.columns))
        for each, layer in layers
    ]  # fmt: skip
    told.append(say("taken for the parcels: {layer}, which has the most areas", layer=layers[land][0].label))
    return "\n".join(lines) + "\n", tuple(told)


def _read(found: Found, faults: Faults) -> Layer | None:
    if found.path.suffix.lower() in RASTER:
        return read_raster(found, (), faults)
    return read_layer(found, LayerRef(), faults)


def _holds_areas(layer: Layer) -> bool:
    return bool(np.isin(shapely.get_type_id(layer.shapes), POLYGONS).any())


def _head(land: Found) -> list[str]:
    year = datetime.date.today().year
    return [
        "# A starter mapping, written from what the layers hold; the page on importing in the docs explains every key.",
        "# Look at each line marked `guess`, fill in what is blank, take away what is not wanted, and import again.",
        "",
        "[study]  # what goes to study.toml",
        f"name = {quoted(land.path.stem)}",
        f'periods = [{{ name = "{year}-{year + 4}", start = {year}, years = 5 }}]',
        '# defaults = "none"  # without this line the default rows for land-use planning in China are used',
        "",
        "[tables]  # further tables of the study, in files beside this one",
        '# limits = "limits.csv"',
    ]


def _parcels(found: Found, layer: Layer) -> list[str]:
    fields = Fields(layer, found.label, Faults())
    names = [str(name) for name in layer.fields.columns]
    out = [f"[parcels]  # guess: of the layers with areas the one with the most; {_sort(layer)}", *_ref(found, layer)]
    out += _described(fields, names)
    out += ["", "[parcels.columns]"]
    guessed = {column: _guess(column, names, fields) for column in COLUMNS}
    tables: list[str] = []
    known = set(default("land_classes").text("land_class"))
    for column, name in guessed.items():
        if name is None:
            needed = "needed" if column in ("parcel_id", "land_class") else "if there is such a field"
            out.append(f'# {column} = "…"  # {needed}')
        elif column == "land_class" and _kinds(fields.text(name)).keys() <= known:
            out.append(f"{column} = {quoted(name)}  # guess: all its values are codes of the default land classes")
        elif column in ("land_class", "tenure") and len(kinds := _kinds(fields.text(name))) <= LISTED:
            tables += _values(column, name, kinds)
        else:
            out.append(f"{column} = {quoted(name)}  # guess")
    out.append('# area_ha is measured from the shapes; to state it: area_ha = { field = "…", unit = "m2" }')
    return [*out, *tables]


def _line(found: Found, layer: Layer) -> list[str]:
    name = found.layer.casefold()
    column = next((each for each, parts in LINES.items() if any(part in name for part in parts)), None)
    mark = "" if column is not None and _holds_areas(layer) else "# "
    fields = Fields(layer, found.label, Faults())
    out = [f"{mark}[[lines]]  # {_sort(layer)}", *(mark + each for each in _ref(found, layer))]
    out.append(f"{mark}column = {quoted(column or '…')}  # guess")
    if column in ("redline", "conversion", "jurisdiction", "tags"):
        names = [str(each) for each in layer.fields.columns]
        field = _guess(column, names, fields) if column in COLUMNS else None
        rule = f"field = {quoted(field)}  # guess" if field else 'field = "…"  # or value = "…"'
        out.append(mark + rule)
    shown = "0 (the largest share)" if column == "jurisdiction" else "0.5"
    out.append(f"# threshold = {shown}: the share of a parcel's area from which it counts as inside")
    return out + _described(fields, [str(each) for each in layer.fields.columns])


def _ref(found: Found, layer: Layer) -> list[str]:
    out = [f"source = {quoted(found.path.name)}"]
    if found.layer != found.path.stem:
        out.append(f"layer = {quoted(found.layer)}")
    if layer.crs is None:
        out.append('crs = "EPSG:…"  # the layer does not say in which coordinate system it is')
    return out


def _sort(layer: Layer) -> str:
    kinds = pd.Series(shapely.get_type_id(layer.shapes)).value_counts()
    words = {-1: "without a shape", 0: "points", 1: "lines", 3: "areas", 5: "lines", 6: "areas", 7: "mixed"}
    shapes = ", ".join(dict.fromkeys(words.get(int(kind), "others") for kind in kinds.index))
    system = "no coordinate system" if layer.crs is None else name_of(layer.crs)
    return f"{len(layer.fields):,} features ({shapes or 'none'}), {system}"


def _described(fields: Fields, names: Iterable[str]) -> list[str]:
    """A comment for every field: its type, how many different values it has, and the first of them."""
    out = ["# fields:"]
    for name in names:
        kinds = list(_kinds(fields.text(name)))
        dtype = fields.layer.fields[name].dtype
        kind = {"i": "whole number", "u": "whole number", "f": "number", "b": "true or false"}.get(dtype.kind, "text")
        blanks = int((fields.text(name) == "").sum())
        first = ", ".join(quoted(each[:40])[1:-1] for each in kinds[:SHOWN]) + (" …" if len(kinds) > SHOWN else "")
        if dtype.kind in "iuf" and len(kinds) > SHOWN:
            first = f"{kinds[0]} to {kinds[-1]}"
        blank = f", {blanks:,} blank" if blanks else ""
        out.append(f"#   {quoted(name)}: {kind}, {len(kinds):,} different{blank}: {first}")
    return out


def _kinds(cells: NDArray[np.object_]) -> dict[str, int]:
    """The different values of a field and how often each is there, in their order."""
    counts = pd.Series(cells[cells != ""], dtype=object).value_counts()
    return {value: int(counts[value]) for value in sorted(counts.index, key=_order)}


def _order(value: str) -> tuple[float, str]:
    """Numbers by size, before texts by their letters."""
    numbers_, bad = numbers([value])
    return (np.inf if bad else float(numbers_[0]), value)


def _guess(column: str, names: Sequence[str], fields: Fields) -> str | None:
    """The field that a column is guessed from; an id has to tell every feature from the others."""
    folded = {name.casefold(): name for name in names}
    aliases = COLUMNS[column]
    close = [folded[each] for each in aliases if each in folded]
    # called so with a year or `code` after it, as lu2016 or class_code: the latest year
    after = re.compile(rf"({'|'.join(aliases)})_?(\d+|code)")
    close += [folded[fold] for fold in sorted(folded, reverse=True) if after.fullmatch(fold)]
    if column == "parcel_id":
        # else any field that tells the features apart; a number with a fraction is a measure, not a name
        whole = [name for name in names if fields.layer.fields[name].dtype.kind not in "fb"]
        return next((name for name in [*close, *whole] if _tells_apart(fields.text(name))), None)
    return close[0] if close else None


def _tells_apart(cells: NDArray[np.object_]) -> bool:
    return len(set(cells)) == len(cells) and "" not in cells


def _values(column: str, name: str, kinds: dict[str, int]) -> list[str]:
    """A table of the values of a field, to be filled in."""
    out = ["", f"[parcels.columns.{column}]  # guess", f"field = {quoted(name)}"]
    out += ["", f"[parcels.columns.{column}.values]  # value of the field = value in the study"]
    return [*out, *(f'{quoted(value)} = ""  # features: {count:,}' for value, count in kinds.items())]


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
