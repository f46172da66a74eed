"""A starter mapping: what the layers hold, and what it might be.

Its comments are in the language asked for; every guess is marked, and nothing is filled in that decides anything: which
class a value stands for is left blank, and a blank is refused.
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
from zonevest.instances.say import listed, say, translate

Row = tuple[str, str]
"""A line of the file: keys and values, and a comment, a sentence by `say`."""

SHOWN, LISTED = 8, 60
"""How many values of a field are shown, and up to how many different ones a table of values lists."""
BLANK: Row = ("", "")
GUESS = say("guess")
SORTS = {
    -1: say("without a shape"), 0: say("points"), 1: say("lines"), 3: say("areas"), 5: say("lines"), 6: say("areas"),
    7: say("mixed"),
}  # fmt: skip
"""What shapes of a type are called."""
TYPES = {"i": say("whole number"), "u": say("whole number"), "f": say("number"), "b": say("true or false")}
"""What values of a type are called; others are texts."""
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


def starter(found: Sequence[Found], faults: Faults, lang: str = "en") -> tuple[str, tuple[str, ...]]:
    """Write the text of a mapping file for layers, its comments in a language, and tell what was found.

    The parcels are guessed to be the layer of areas with the most features.
    """
    before = len(faults)
    layers = [(each, layer) for each in found if (layer := _read(each, faults)) is not None]
    areas = [at for at, (_, layer) in enumerate(layers) if _holds_areas(layer)]
    if not areas:
        if len(faults) == before:
            faults.add(", ".join(each.label for each in found), rule("import.guess"), say("none does"))
        return "", ()
    land = max(areas, key=lambda at: len(layers[at][1].fields))
    rows = [*_head(layers[land][0]), BLANK, *_parcels(*layers[land])]
    for at, (each, layer) in enumerate(layers):
        if at != land:
            rows += [BLANK, *_line(each, layer)]
    told = [
        say("{layer}: {count} features, {fields} fields", layer=each.label, count=len(layer.fields),
            fields=len(layer.fields.columns))
        for each, layer in layers
    ]  # fmt: skip
    told.append(say("taken for the parcels: {layer}, which has the most areas", layer=layers[land][0].label))
    return "".join(_written(*row, lang) + "\n" for row in rows), tuple(told)


def _written(keys: str, comment: str, lang: str) -> str:
    """A line of the file."""
    return keys + ("  # " if keys and comment else "# " if comment else "") + translate(comment, lang)


def _read(found: Found, faults: Faults) -> Layer | None:
    if found.path.suffix.lower() in RASTER:
        return read_raster(found, (), faults)
    return read_layer(found, LayerRef(), faults)


def _holds_areas(layer: Layer) -> bool:
    return bool(np.isin(shapely.get_type_id(layer.shapes), POLYGONS).any())


def _head(land: Found) -> list[Row]:
    year = datetime.date.today().year
    return [
        ("", say("A starter mapping, from what the layers hold; the docs on importing explain every key.")),
        ("", say("Look at each line marked `guess`, fill in what is blank, drop what is not wanted, import again.")),
        BLANK,
        ("[study]", say("what goes to study.toml")),
        (f"name = {quoted(land.path.stem)}", ""),
        (f'periods = [{{ name = "{year}-{year + 4}", start = {year}, years = 5 }}]', ""),
        ('# defaults = "none"', say("without this line the default rows for land-use planning in China are used")),
        BLANK,
        ("[tables]", say("further tables of the study, in files beside this one")),
        ('# limits = "limits.csv"', ""),
    ]  # fmt: skip


def _parcels(found: Found, layer: Layer) -> list[Row]:
    fields = Fields(layer, found.label, Faults())
    names = [str(name) for name in layer.fields.columns]
    why = say("guess: of the layers with areas the one with the most; {layer}", layer=_sort(layer))
    out = [("[parcels]", why), *_ref(found, layer), *_described(fields, names), BLANK, ("[parcels.columns]", "")]
    guessed = {column: _guess(column, names, fields) for column in COLUMNS}
    tables: list[Row] = []
    known = set(default("land_classes").text("land_class"))
    for column, name in guessed.items():
        if name is None:
            needed = column in ("parcel_id", "land_class")
            out.append((f'# {column} = "…"', say("needed") if needed else say("if there is such a field")))
        elif column == "land_class" and _kinds(fields.text(name)).keys() <= known:
            why = say("guess: all its values are codes of the default land classes")
            out.append((f"{column} = {quoted(name)}", why))
        elif column in ("land_class", "tenure") and len(kinds := _kinds(fields.text(name))) <= LISTED:
            tables += _values(column, name, kinds)
        else:
            out.append((f"{column} = {quoted(name)}", GUESS))
    stated = 'area_ha = { field = "…", unit = "m2" }'
    out.append(("", say("area_ha is measured from the shapes; to state it: {key}", key=stated)))
    return [*out, *tables]


def _line(found: Found, layer: Layer) -> list[Row]:
    name = found.layer.casefold()
    column = next((each for each, parts in LINES.items() if any(part in name for part in parts)), None)
    mark = "" if column is not None and _holds_areas(layer) else "# "
    fields = Fields(layer, found.label, Faults())
    out = [("[[lines]]", _sort(layer)), *_ref(found, layer), (f"column = {quoted(column or '…')}", GUESS)]
    if column in ("redline", "conversion", "jurisdiction", "tags"):
        names = [str(each) for each in layer.fields.columns]
        field = _guess(column, names, fields) if column in COLUMNS else None
        other = say("or {key}", key='value = "…"')
        out.append((f"field = {quoted(field)}", GUESS) if field else ('field = "…"', other))
    out = [(mark + keys, comment) for keys, comment in out]
    if column == "jurisdiction":
        out.append(("# threshold = 0", say("the largest share decides")))
    else:
        out.append(("# threshold = 0.5", say("the share of a parcel's area from which it counts as inside")))
    return out + _described(fields, [str(each) for each in layer.fields.columns])


def _ref(found: Found, layer: Layer) -> list[Row]:
    out = [(f"source = {quoted(found.path.name)}", "")]
    if found.layer != found.path.stem:
        out.append((f"layer = {quoted(found.layer)}", ""))
    if layer.crs is None:
        out.append(('crs = "EPSG:…"', say("the layer does not say in which coordinate system it is")))
    return out


def _sort(layer: Layer) -> str:
    kinds = pd.Series(shapely.get_type_id(layer.shapes)).value_counts()
    shapes = listed(dict.fromkeys(SORTS.get(int(kind), say("others")) for kind in kinds.index) or [say("none")])
    system = say("no coordinate system") if layer.crs is None else name_of(layer.crs)
    return say("{count:,} features ({shapes}), {crs}", count=len(layer.fields), shapes=shapes, crs=system)


def _described(fields: Fields, names: Iterable[str]) -> list[Row]:
    """A comment for every field: its type, how many different values it has, and the first of them."""
    out = [("", say("fields:"))]
    for name in names:
        kinds = list(_kinds(fields.text(name)))
        sort = fields.layer.fields[name].dtype.kind
        blanks = int((fields.text(name) == "").sum())
        first = ", ".join(quoted(each[:40])[1:-1] for each in kinds[:SHOWN]) + (" …" if len(kinds) > SHOWN else "")
        if sort in "iuf" and len(kinds) > SHOWN:
            first = say("{low} to {high}", low=kinds[0], high=kinds[-1])
        said = {"name": quoted(name), "kind": TYPES.get(sort, say("text")), "count": len(kinds), "first": first}
        if blanks:
            comment = say("  {name}: {kind}, {count:,} different, {blanks:,} blank: {first}", blanks=blanks, **said)
        else:
            comment = say("  {name}: {kind}, {count:,} different: {first}", **said)
        out.append(("", comment))
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


def _values(column: str, name: str, kinds: dict[str, int]) -> list[Row]:
    """A table of the values of a field, to be filled in."""
    of_field = say("value of the field = value in the study")
    out = [BLANK, (f"[parcels.columns.{column}]", GUESS), (f"field = {quoted(name)}", "")]
    out += [BLANK, (f"[parcels.columns.{column}.values]", of_field)]
    return [
        *out,
        *((f'{quoted(value)} = ""', say("features: {count:,}", count=count)) for value, count in kinds.items()),
    ]


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
