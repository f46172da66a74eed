"""Layers as their files hold them: which there are, and the fields and shapes of one."""

from __future__ import annotations

import codecs
import glob
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, meant, some
from zonevest.instances.files import attempt, whole_file
from zonevest.instances.importing.mapping import LayerRef
from zonevest.instances.importing.plane import metres
from zonevest.instances.layers import VECTOR, cut_short, layers_of, read_geoparquet
from zonevest.instances.rules import rule
from zonevest.instances.say import say

RASTER = (".tif", ".tiff")
KINDS = (*VECTOR, ".parquet", *RASTER)
CHINESE, BYTES = "gb18030", "ISO-8859-1"
"""The code page that GBK and GB2312 are parts of, and the one in which every byte is a character."""
PAGES = {"936": CHINESE, "GBK": CHINESE, "GB2312": CHINESE, "65001": "utf-8"}
"""What .cpg files say that Python calls otherwise."""
FARTHEST = 1e8
"""Metres from the origin beyond which no projected coordinate lies: the earth is 4e7 round, and the largest eastings in
use are Gauss-Krüger's with the number of the zone before them, up to 6.1e7. Long edges get points every 5 km before
they are projected, so that a corner farther out costs seconds."""
SAMPLE = 20_000
"""How many records that hold more than ASCII are looked at for the code page."""


@dataclass(frozen=True)
class Found:
    """A layer that there is: its file, and its name in it."""

    path: Path
    layer: str

    @property
    def label(self) -> str:
        """How the reader knows it: ``plan.gpkg/redline``, or the file where it has the layer's name."""
        return self.path.name if self.path.stem == self.layer else f"{self.path.name}/{self.layer}"


@dataclass
class Layer:
    """A layer as read.

    Attributes
    ----------
    fields : its attributes, one row per feature.
    shapes : shapely geometries in the order of the rows, None where there is none.
    crs : the coordinate system; None where the layer does not say.
    closed : positions of shapes whose rings were not closed in the file.
    told : what was noticed on reading.
    """

    label: str
    fields: pd.DataFrame
    shapes: NDArray[np.object_]
    crs: pyproj.CRS | None
    closed: NDArray[np.intp]
    told: list[str]

    def take(self, keep: NDArray[Any]) -> Layer:
        """The layer with some of its rows (a mask or positions)."""
        at = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        closed = np.flatnonzero(np.isin(at, self.closed))
        fields = self.fields.iloc[at].reset_index(drop=True)
        return Layer(self.label, fields, self.shapes[at], self.crs, closed, self.told)


def noticed(layer: Layer) -> list[str]:
    """What is to be told of a layer that is laid over parcels or cuts them, as it was read."""
    told = list(layer.told)
    if len(layer.closed):
        told.append(
            say("{count} rings not closed: closed ({ids})", count=len(layer.closed), ids=some(layer.closed + 1))
        )
    none = np.flatnonzero(shapely.is_missing(layer.shapes) | shapely.is_empty(layer.shapes))
    if len(none):
        told.append(say("{count} features without a shape: left out ({ids})", count=len(none), ids=some(none + 1)))
    return [say("{where}: {what}", where=layer.label, what=each) for each in told]


def find_layers(sources: Sequence[Path], faults: Faults) -> list[Found]:
    """Every layer of the sources; a folder stands for the files in it."""
    found: list[Found] = []
    for source in sources:
        inside = source.is_dir() and source.suffix.lower() != ".gdb"
        paths = sorted(each for each in source.iterdir() if each.suffix.lower() in KINDS) if inside else [source]
        if not paths:
            faults.add(str(source), rule("import.folder"), say("none"))
        for path in paths:
            found += _layers_of(path, faults)
    return found


def _layers_of(path: Path, faults: Faults) -> list[Found]:
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        faults.add(path.name, rule("import.kinds"), say("a file {name!r}", name=path.name))
        return []
    if suffix in (*RASTER, ".parquet", ".shp"):
        return [Found(path, path.stem)]
    if cut := cut_short(path):
        faults.add(path.name, whole_file(path), cut)
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Found(path, name) for name in attempt(lambda: layers_of(path), path, path.name, faults) or ()]


def choose(ref: LayerRef, found: Sequence[Found], folder: Path, where: str, faults: Faults) -> Found | None:
    """The layer that a mapping means: among the sources given, else in a file beside the mapping file."""
    among = list(found)
    if ref.source:
        named = [each for each in found if each.path == Path(ref.source) or each.path.match(ref.source)]
        beside = folder / ref.source
        among = named or (_layers_of(beside, faults) if beside.exists() else [])
        if not among and not beside.exists():
            files = dict.fromkeys(each.path.name for each in found)
            must = rule("import.source-named", source=ref.source)
            do = meant(ref.source, files, must.do)
            faults.add(where, must, some(files) if files else say("no source"), do)
    if not among:
        if not ref.source:
            faults.add(where, rule("import.no-source"), say("no source"))
        return None
    fit = [each for each in among if each.layer.casefold() == ref.layer.casefold()] if ref.layer else among
    if len(fit) == 1:
        return fit[0]
    names = [each.layer for each in fit or among]
    must = rule("import.which-layer") if fit else rule("layers.name", layer=ref.layer)
    do = must.do if fit else meant(ref.layer, names, must.do)
    faults.add(where, must, say("layers {names}", names=some(map(repr, names), 20)), do)
    return None


def read_layer(found: Found, ref: LayerRef, faults: Faults) -> Layer | None:
    """Read a layer; None, and a fault, where it cannot be read."""
    if cut := cut_short(found.path):
        faults.add(found.label, whole_file(found.path), cut)
        return None
    read = _parquet if found.path.suffix.lower() == ".parquet" else _vector
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters of a layer is looked at here
        return attempt(lambda: read(found, ref), found.path, found.label, faults)


def crs_of(layer: Layer, ref: LayerRef, where: str, faults: Faults) -> pyproj.CRS | None:
    """The coordinate system of a layer: its own, else the one that the mapping gives."""
    if layer.crs is None and not ref.crs:
        faults.add(layer.label, rule("import.crs"), say("no coordinate reference system"))
    if layer.crs is not None or not ref.crs:
        return layer.crs
    try:
        return pyproj.CRS.from_user_input(ref.crs)
    except pyproj.exceptions.CRSError:
        faults.add(where, rule("import.crs-name"), repr(ref.crs))
        return None


def on_earth(layer: Layer, crs: pyproj.CRS, faults: Faults) -> bool:
    """Whether the coordinates of a layer can be those of its system; else a fault, which names the first features."""
    points, of = shapely.get_coordinates(layer.shapes, return_index=True)
    most = [540.0, 90.0 + 1e-6] if crs.is_geographic else [FARTHEST / metres(crs)] * 2
    wrong = np.unique(of[~(np.abs(points) <= most).all(axis=1)])  # one that is no number is not within bounds either
    if len(wrong):
        found = say("{count} features beyond it: {ids}", count=len(wrong), ids=some(wrong + 1))
        faults.add(layer.label, rule("import.coordinates", crs=crs.name), found)
    return not len(wrong)


def _parquet(found: Found, ref: LayerRef) -> Layer:
    del ref
    frame = read_geoparquet(found.path)
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    flat, told = _flat(shapes)
    fields = pd.DataFrame(frame.drop(columns=frame.active_geometry_name)).reset_index(drop=True)
    return Layer(found.label, fields, flat, frame.crs, np.zeros(0, dtype=np.intp), told)


def _vector(found: Found, ref: LayerRef) -> Layer:
    told: list[str] = []
    # the attributes of a shapefile come as bytes, so to say: what a character has lost its end of is left out below
    raw = found.path.suffix.lower() == ".shp"
    encoding = BYTES if raw else ref.encoding or None
    meta, _, wkb, columns = pyogrio.raw.read(found.path, layer=found.layer, encoding=encoding)
    names = [str(name) for name in meta["fields"]]
    if raw:
        page = ref.encoding or code_page(found.path, told)
        names = [_decoded(name, page) for name in names]
        columns = [_decoded_column(column, page) for column in columns]
    fields = pd.DataFrame(dict(zip(names, columns, strict=True)))
    shapes, closed = _shapes(wkb, len(fields) if names else len(wkb) if wkb is not None else 0)
    if not names:
        fields = pd.DataFrame(index=range(len(shapes)))
    flat, more = _flat(shapes)
    crs = pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    return Layer(found.label, fields, flat, crs, closed, [*told, *more])


def _decoded(text: str, page: str) -> str:
    return text if text.isascii() else text.encode(BYTES).decode(page, errors="ignore")


def _decoded_column(column: NDArray[Any], page: str) -> NDArray[Any]:
    if column.dtype.kind != "O":
        return column
    cells = [_decoded(cell, page) if isinstance(cell, str) else cell for cell in column.tolist()]
    return np.array(cells, dtype=object)


def _shapes(wkb: Any, size: int) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Shapes from what the file holds, and where rings had to be closed."""
    if wkb is None:
        return np.full(size, None, dtype=object), np.zeros(0, dtype=np.intp)
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    broken = np.flatnonzero(shapely.is_missing(shapes) & np.array([each is not None for each in wkb], dtype=bool))
    if len(broken):
        shapes[broken] = shapely.from_wkb(wkb[broken], on_invalid="fix")
    return shapes, broken


def _flat(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[str]]:
    """Shapes without heights and measures."""
    high = int((shapely.has_z(shapes) | shapely.has_m(shapes)).sum())
    told = [say("{count} shapes with heights or measures: these are left aside", count=high)] if high else []
    shapes = np.asarray(shapely.force_2d(shapes), dtype=object) if high else shapes
    return without_nothing(shapes), told


def without_nothing(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes without parts and holes that have no points: GEOS ends the process when it is to divide their edges."""
    parts, at = shapely.get_parts(shapes, return_index=True)
    pierced = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    rings, of = shapely.get_rings(parts[pierced], return_index=True)
    nested = np.flatnonzero(shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT)  # in a collection
    odd = [at[shapely.is_empty(parts)], at[pierced[of[shapely.is_empty(rings)]]], at[nested]]
    wrong = np.unique(np.concatenate(odd))
    wrong = wrong[~shapely.is_empty(shapes[wrong])]
    if len(wrong):
        shapes = shapes.copy()
        shapes[wrong] = [_without_nothing(each) for each in shapes[wrong]]
    return shapes


def _without_nothing(shape: Any) -> Any:
    if hasattr(shape, "geoms"):
        return type(shape)([_without_nothing(part) for part in shape.geoms if not part.is_empty])
    if isinstance(shape, shapely.Polygon):
        return shapely.Polygon(shape.exterior, [hole for hole in shape.interiors if not hole.is_empty])
    return shape


def code_page(path: Path, told: list[str]) -> str:
    """The code page of a shapefile's attributes: what its .cpg says, if the bytes bear it out, else what they show."""
    beside = {each.suffix.lower(): each for each in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    if ".dbf" not in beside:
        return "utf-8"
    texts = _texts(beside[".dbf"].read_bytes())
    said = beside[".cpg"].read_text(encoding="ascii", errors="replace").strip() if ".cpg" in beside else ""
    said = PAGES.get(said.upper(), said)
    for name in ([said] if said else []) + ["utf-8", CHINESE]:
        if _decodes(texts, name):
            if name != said and texts:
                found = beside[".cpg"].name if said else say("no .cpg file")
                told.append(say("code page {name} by the bytes of the attributes ({found})", name=name, found=found))
            return name
    return BYTES


def _decodes(parts: list[bytes], encoding: str) -> bool:
    """Whether bytes are text in a code page, but for a character that has lost its end."""
    try:
        for part in parts:
            codecs.getincrementaldecoder(encoding)().decode(part)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _texts(content: bytes) -> list[bytes]:
    """What of a .dbf is text and not plain ASCII: the names of its fields, and cells of the first such records."""
    start, size = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    heads = [content[at : at + 32] for at in range(32, min(start, len(content)) - 31, 32)]
    parts, at = [head[:11].split(b"\0")[0] for head in heads], 1
    records = _beyond_ascii(content, start, size) if size else []
    for head in heads:
        width = head[16]
        if head[11:12] == b"C":
            parts += [content[k + at : k + at + width].rstrip(b" \0") for k in records]
        at += width
    return [part for part in parts if not part.isascii()]


def _beyond_ascii(content: bytes, start: int, size: int) -> list[int]:
    """Where the first records begin that hold a byte beyond ASCII: what text there is may stand far down."""
    held = np.frombuffer(content, dtype=np.uint8)[start:]
    rows = np.unique(np.flatnonzero(held >= 0x80) // size)
    return [int(start + size * row) for row in rows[:SAMPLE]]
