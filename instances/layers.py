"""Layers of parcels: which layer is read, its shapes, and areas from them."""

from __future__ import annotations

import glob
import sqlite3
import warnings
from contextlib import closing
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, column_of, meant, some, within
from zonevest.instances.files import attempt, frame_cells, read_csv, read_parquet, whole_file
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import foreign, listed, say
from zonevest.instances.schema import PARCELS
from zonevest.instances.tables import Raw

VECTOR = (".gpkg", ".shp", ".geojson", ".gdb")
SHAPEFILE = b"\0\0\x27\x0a"
"""What a .shp or .shx begins with."""
ONLY_VALUES = (" value in ", "constraint failed", "non-unique")
"""What SQLite says of values that break a rule of their table, which is no damage."""
SQUARE_METRES = 10_000.0
"""Square metres of a hectare."""


def read_parcels(
    path: Path, layer: str | None, label: str, faults: Faults, notes: list[str]
) -> tuple[Raw | None, gpd.GeoSeries | None]:
    """Read the parcels file: its table, and its shapes if it has any."""
    suffix = path.suffix.lower()
    if suffix not in (*VECTOR, ".csv", ".parquet"):
        must = rule("files.parcels-kind")
        faults.add(label, must, say("a file {name!r}", name=path.name))
        return None, None
    if not path.exists():
        beside = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
        do = meant(path.name, beside, advice("files.parcels"))
        faults.add(label, rule("files.parcels"), say("no file {name!r}", name=path.name), do)
        return None, None
    if layer and suffix in (".csv", ".parquet"):
        must = rule("files.no-layers")
        faults.add(label, must, f"layer = {layer!r}")
    if suffix == ".csv":
        return read_csv(path, PARCELS, label, faults), None
    if suffix == ".parquet":
        return _parquet(path, label, faults, notes)
    frame = _layer(path, layer, label, faults, notes)
    return (None, None) if frame is None else take(frame, label, faults, notes, "feature", 1)


def _parquet(path: Path, label: str, faults: Faults, notes: list[str]) -> tuple[Raw | None, gpd.GeoSeries | None]:
    schema = attempt(lambda: pq.read_schema(path), path, label, faults)
    if schema is None:
        return None, None
    if b"geo" not in (schema.metadata or {}):
        return read_parquet(path, PARCELS, label, faults), None
    frame = attempt(lambda: read_geoparquet(path), path, label, faults)
    return (None, None) if frame is None else take(frame, label, faults, notes, "feature", 1)


def read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet file, its texts looked at: else they are found to be none when they are first used."""
    frame = gpd.read_parquet(path)
    for name in frame:
        if isinstance(frame[name].dtype, pd.StringDtype):
            frame[name].tolist()
    return frame


def _layer(path: Path, layer: str | None, label: str, faults: Faults, notes: list[str]) -> pd.DataFrame | None:
    """Read one layer of a file, having found out which."""
    cut = cut_short(path)
    if cut:
        faults.add(label, whole_file(path), cut)
        return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layers = attempt(lambda: layers_of(path), path, label, faults)
        if layers is None:
            return None
        if layer is None and len(layers) != 1:
            found = _layers(layers) if layers else say("no layer")
            faults.add(label, rule("layers.several"), found)
            return None
        if layer is not None and layer not in layers:
            do = meant(layer, layers, advice("layers.name"))
            faults.add(label, rule("layers.name", layer=layer), _layers(layers), do)
            return None
        frame = attempt(lambda: pyogrio.read_dataframe(path, layer=layer or layers[0]), path, label, faults)
    if frame is None:
        return None
    notes += [rule("layers.said", where=label, what=foreign(str(each.message).splitlines()[0])) for each in caught]
    return pd.DataFrame(frame) if not isinstance(frame, gpd.GeoDataFrame) else frame


def layers_of(path: Path) -> list[str]:
    """The names of the layers of a file."""
    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def _layers(names: list[str]) -> str:
    return say("layers {names}", names=some(map(repr, names), 20))


def cut_short(path: Path) -> str:
    """What shows that a file has lost its end, or ``""`` (GDAL may read on from half a file, rows missing)."""
    if path.suffix.lower() == ".shp":
        return _cut_shapefile(path)
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return ""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(100)
    if size == 0:
        return say("an empty file")
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        return say("it cannot be read: {why}", why=say("it does not begin as a GeoPackage does"))
    page = int.from_bytes(head[16:18], "big")
    whole = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    if head[24:28] == head[92:96] and size < whole:  # else the count of pages is not kept
        return say("{size:,} bytes of {whole:,}: its end is missing", size=size, whole=whole)
    why = _disorder(path, size, path.stat().st_mtime_ns)
    return say("it cannot be read: {why}", why=foreign(why)) if why else ""


@lru_cache(maxsize=64)
def _disorder(path: Path, size: int, changed: int) -> str:
    """What SQLite finds wrong with the pages of a file, whose rows GDAL would leave out without a word.

    It takes half a second for a gigabyte, so once for all layers of a file (of this `size`, `changed` then).
    """
    del size, changed
    if path.with_name(f"{path.name}-wal").exists():
        return ""  # another program is writing into it: what is in the file alone is not all
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as file:
            file.text_factory = partial(str, encoding="utf-8", errors="replace")
            told = [str(row[0]) for row in file.execute("PRAGMA quick_check")]
    except sqlite3.OperationalError:
        return ""  # a rule of the file asks for functions that are not here
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter for what it quotes of the file
        return str(error)
    lines = [line for each in told for line in each.splitlines() if not line.startswith("***")]
    return next((each for each in lines if each != "ok" and not any(word in each for word in ONLY_VALUES)), "")


def _cut_shapefile(path: Path) -> str:
    """What shows that a shapefile has lost its end, or one of its files: they say how long they are, and agree."""
    rows: dict[str, int] = {}
    beside = {each.suffix.lower(): each for each in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    for suffix in (".shp", ".shx", ".dbf"):
        file = beside.get(suffix)
        if file is None or not file.is_file():
            return say("no file {name!r}", name=f"{path.stem}{suffix}")
        size = file.stat().st_size
        with file.open("rb") as opened:
            head = opened.read(100)
        if suffix != ".dbf" and size and not head.startswith(SHAPEFILE[: len(head)]):
            why = say("it does not begin as such a file does")
            return say("{where}: {what}", where=file.name, what=say("it cannot be read: {why}", why=why))
        if suffix == ".dbf":
            rows[file.name] = int.from_bytes(head[4:8], "little")
            start, each = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
            whole = start + rows[file.name] * each
        else:
            whole = 2 * int.from_bytes(head[24:28], "big")
            if suffix == ".shx":
                rows[file.name] = (whole - 100) // 8
        whole = max(whole, 100 if suffix != ".dbf" else 33)
        if size < whole:
            cut = say("{size:,} bytes of {whole:,}: its end is missing", size=size, whole=whole)
            return say("{where}: {what}", where=file.name, what=cut)
    if len(set(rows.values())) > 1:
        counts = [say("{file} has {count}", file=name, count=count) for name, count in rows.items()]
        return say("the files differ in how many parcels or lines they hold: {counts}", counts=listed(counts))
    return ""


def take(
    frame: pd.DataFrame, label: str, faults: Faults, notes: list[str], unit: str = "position", first: int = 0
) -> tuple[Raw | None, gpd.GeoSeries | None]:
    """Take a table of parcels apart: cells and, if it has them, shapes."""
    shapes = None
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        shapes = frame.geometry.reset_index(drop=True)
        frame = pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
    raw = frame_cells(frame, PARCELS, label, faults, unit, first)
    if raw is None or shapes is None:
        return raw, shapes
    raw.spatial = True
    shapes.name = "geometry"
    if shapes.crs is None:
        must = rule("layers.crs")
        faults.add(label, must, say("no coordinate reference system"))
    if any(kind == "geometry" for kind in map(str, frame.dtypes)):
        notes.append(rule("layers.second-shapes", layer=label))
    return raw, shapes


def check_rings(
    shapes: gpd.GeoSeries, ids: list[str], needed: NDArray[np.bool_], label: str, faults: Faults, notes: list[str]
) -> None:
    """See that shapes are sound: a fault where the area has to come from the shape, else a note."""
    held = shapes.to_numpy()
    # a shape without area is told as such
    wrong = ~shapely.is_valid(held) & (np.abs(shapely.area(held)) > 0)
    for rows, told in ((wrong & needed, True), (wrong & ~needed, False)):
        at = np.flatnonzero(rows).tolist()
        found = some(ids[i] for i in at)
        if at and told:
            must = rule("layers.rings")
            rings = say("crossing or broken rings: {parcels}", parcels=found)
            faults.add(within(label, column_of("geometry")), must, rings)
        elif at:
            notes.append(
                rule("layers.rings-aside",
                    layer=label, parcels=found,
                )
            )  # fmt: skip


def hectares(shapes: gpd.GeoSeries, label: str, notes: list[str]) -> NDArray[np.float64]:
    """Area of every shape, hectares.

    Planar where the coordinate system is projected, in its own unit; by an equal-area projection about the layer's
    middle where it is geographic, and in Mercator's, whose areas grow away from the equator.
    """
    try:
        return _hectares(shapes, label, notes)
    except pyproj.exceptions.ProjError:  # a system that nothing can be projected from
        return np.full(len(shapes), np.nan)


def _hectares(shapes: gpd.GeoSeries, label: str, notes: list[str]) -> NDArray[np.float64]:
    crs: Any = shapes.crs
    if crs is None:
        return np.full(len(shapes), np.nan)
    method = crs.coordinate_operation.method_name if crs.coordinate_operation is not None else ""
    if crs.is_geographic or ("Mercator" in method and "Transverse" not in method and "Oblique" not in method):
        if not crs.is_geographic:
            notes.append(
                rule("layers.mercator",
                    layer=label, projection=crs.name,
                )
            )  # fmt: skip
        around = shapes.to_crs(4326).total_bounds
        lon, lat = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
        if not np.isfinite([lon, lat]).all():
            return np.full(len(shapes), np.nan)
        flat = shapes.to_crs(f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f} +datum=WGS84 +units=m")
        return np.asarray(flat.area, dtype=np.float64) / SQUARE_METRES
    metres = float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0
    return np.asarray(shapes.area, dtype=np.float64) * metres**2 / SQUARE_METRES
