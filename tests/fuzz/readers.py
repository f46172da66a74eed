"""The readers under test, each with small sound studies whose files are damaged, and what is right to come of it."""

from __future__ import annotations

import datetime
import io
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from geopandas.array import GeometryDtype

from tests.fuzz.damage import Damage, of_csv, of_toml
from tests.fuzz.damage_files import of_geojson, of_gpkg, of_parquet, of_shp, of_tif, of_wal, of_xlsx, with_spatial
from tests.instances.whole_study import WHOLE
from zonevest.instances.importing.dispatch import import_study
from zonevest.instances.importing.imported import Imported
from zonevest.instances.read import read_study
from zonevest.instances.study import Study, StudyError
from zonevest.instances.write import write_study

SETTINGS = """\
format = 1
name = "small"
title = { en = "Small", zh = "小" }
defaults = "none"
purse = ["local"]

[[periods]]
name = "2026"
start = 2026
years = 1

[[periods]]
name = "2027-2031"
start = 2027
years = 5

[rates]
finance = 0.05
"""
PARCELS = """\
parcel_id,land_class,jurisdiction,area_ha,tenure,zone,redline,tags,x_slope
0101,01,east,1.5,collective,Z1,0,upper,1.5
0102,01,east,2.5,collective,Z1,general,upper;lower,2.5
0103,02,west,1.0,state,Z2,0,lower,0.5
0104,02,west,4.0,state,Z2,0,,1
"""
SMALL: Mapping[str, str] = {
    "study.toml": SETTINGS,
    "parcels.csv": PARCELS,
    "land_classes.csv": "land_class,class_group\n01,arable\n02,construction\n",
    "zones.csv": "zone,line,line_rule\nZ1,,\nZ2,redline,within\n",
    "accounts.csv": "account,unit,family,recurrence\nrent,million/year,revenue,annual\nwater,t/year,ecosystem,annual\n",
    "class_flows.csv": "land_class,account,basis,value,where\n01,water,per_ha_year,1.25,tenure=collective|state\n",
    "limits.csv": "limit,account,jurisdiction,period,sense,value,kind\nl1,area.class.01,each,last,>=,0.5,hard\n",
}
LAND: Mapping[str, str] = {
    "study.toml": SETTINGS,
    "land_classes.csv": "land_class,class_group\n01,arable\n02,construction\n",
}
MAPPING = """\
[study]
name = "land"
defaults = "none"
hold = true
population_growth = 0.01

[[study.periods]]
name = "2026"
start = 2026
years = 5

[study.rates]
finance = 0.05
social = 0.03

[tables]
land_classes = "land_classes.csv"

[parcels]
source = "SOURCE"
where = "x_height>=-10"
by_area = ["x_height"]

[parcels.columns]
parcel_id = "parcel_id"
tenure = { field = "owner", values = { G = "state", J = "collective" }, default = "collective" }
land_class = { field = "land_class", width = 2 }
jurisdiction = { value = "east" }
redline = { cases = [{ where = "land_class=02", value = "general" }], default = "0" }
x_height = { field = "x_height", factor = 2.0, plus = 1.5 }

[[lines]]
source = "SOURCE"
column = "basic_farmland"
where = "owner=J"
threshold = 0.4

[repair]
stacked = "refuse"
sliver_m2 = 2.0

[merge]
by = ["land_class"]
min_ha = 0.01

[adjacency]
gap_m = 5.0
"""
GB = """\
[study]
name = "land"
defaults = "none"

[[study.periods]]
name = "2026"
start = 2026
years = 5

[parcels]
source = "parcels.shp"

[parcels.columns]
parcel_id = "parcel_id"
land_class = "land_class"
x_place = "地名"
"""


CELLS = """\
[study]
name = "land"
defaults = "none"

[[study.periods]]
name = "2026"
start = 2026
years = 5

[parcels]
source = "land.tif"
by_area = ["x_height"]

[parcels.columns]
parcel_id = "cell_id"
land_class = { field = "use", width = 2 }
x_height = { field = "height", blank = 0.0 }
"""


class WrongError(Exception):
    """What a reader has made of an input, where it is neither a clear error nor a correct study."""


@dataclass(frozen=True)
class Case:
    """A sound study and how it is read.

    Attributes
    ----------
    files : its files by name.
    targets : those that are damaged.
    damage : a damage to one of them, by its name and content.
    entry : what of the folder is read; ``""`` is the folder itself.
    mapping : whether it is an import by the file mapping.toml.
    """

    files: Mapping[str, bytes]
    targets: tuple[str, ...]
    damage: Callable[[Random, str, bytes], Damage]
    entry: str = ""
    mapping: bool = False

    def command(self, folder: Path) -> list[str]:
        """The command line that reads it."""
        if self.mapping:
            return ["import", "-o", str(folder / "out" / "study"), "--mapping", str(folder / "mapping.toml")]
        return ["check", str(folder / self.entry)]

    def read(self, folder: Path) -> Study | Imported:
        """Read it, or raise a `StudyError`."""
        return import_study([], folder / "mapping.toml") if self.mapping else read_study(folder / self.entry)


def _of(change: Callable[[Random, bytes], Damage]) -> Callable[[Random, str, bytes], Damage]:
    return lambda rng, _, content: change(rng, content)


def _bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


@contextmanager
def written(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with files, for as long as it takes."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=place if place.is_dir() else None) as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder)


def _layer(chinese: bool = False) -> gpd.GeoDataFrame:
    """Six squares of a hectare, one with a hole, one of two parts."""
    x = (38_500_000 if chinese else 500_000) + 100.0 * np.arange(6)
    shapes = shapely.box(x, 3_000_000, x + 100, 3_000_100)
    shapes[1] = shapes[1].difference(shapely.box(x[1] + 10, 3_000_010, x[1] + 20, 3_000_020))
    shapes[2] = shapely.union(
        shapely.box(x[2], 3_000_000, x[2] + 50, 3_000_100), shapely.box(x[2], 3_000_150, x[2] + 50, 3_000_200)
    )
    fields: dict[str, Any] = {
        "parcel_id": [f"01{k:02d}" for k in range(6)],
        "land_class": ["01", "02", "01", "02", "01", "01"],
        "owner": ["G", "J", "J", "G", "J", "X"],
        "x_height": [1.5, 2.5, -3.0, 1e3, 0.0, 12.25],
        "x_built": [datetime.date(2001 + k, 2, 3 + k) for k in range(6)],
    }
    if chinese:
        fields["地名"] = ["东村", "西村", "南村", "北村", "中村", "上村"]
    return gpd.GeoDataFrame(fields, geometry=list(shapes), crs="EPSG:4526" if chinese else "EPSG:32650")


def _files_of(land: gpd.GeoDataFrame, name: str, **how: Any) -> dict[str, bytes]:
    with written({}) as folder:
        land.to_file(folder / name, engine="pyogrio", **how)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _as(study: Mapping[str, bytes], target: str, **how: Any) -> dict[str, bytes]:
    """A study written another way."""
    with written(study) as folder:
        write_study(read_study(folder), folder / "out" / target, **how)
        place = folder / "out" if target.endswith(".xlsx") else folder / "out" / target
        return {path.name: path.read_bytes() for path in place.iterdir()}


def _geo(layer: gpd.GeoDataFrame) -> bytes:
    out = io.BytesIO()
    layer.drop(columns=["owner", "x_built"]).to_parquet(out)
    return out.getvalue()


def _csv() -> list[Case]:
    def tables(files: Mapping[str, bytes]) -> tuple[str, ...]:
        return tuple(name for name in files if name.endswith(".csv"))

    small = _bytes({name: _named(text) if name.endswith(".csv") else text for name, text in SMALL.items()})
    whole = _bytes(WHOLE)
    return [Case(small, tables(small), _of(of_csv))] * 9 + [Case(whole, tables(whole), _of(of_csv))]


def _named(table: str) -> str:
    """A table with a column of Chinese, the only one of its own: in which order several stand is left as it is."""
    header, *rows = table.splitlines()
    if "x_" in header:
        return table
    return "\n".join([f"{header},x_name", *(f"{row},第{at}行" for at, row in enumerate(rows, 1))]) + "\n"


def _parquet() -> list[Case]:
    small = _as(_bytes(SMALL), "study", tables="parquet")
    whole = _as(_bytes(WHOLE), "study", tables="parquet")
    shaped = _bytes(LAND) | {"parcels.parquet": _geo(_layer())}
    imported = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "land.parquet"), **LAND})
    imported |= {"land.parquet": _whole_layer()}

    def tables(files: Mapping[str, bytes]) -> tuple[str, ...]:
        return tuple(name for name in files if name.endswith(".parquet"))

    cases = [
        Case(files, tables(files), _of(of_parquet)) for files in (small, small, small, small, shaped, shaped, shaped)
    ]
    cases += [Case(imported, ("land.parquet",), _of(of_parquet), mapping=True)] * 2
    return [*cases, Case(whole, tables(whole), _of(of_parquet))]


def _whole_layer() -> bytes:
    out = io.BytesIO()
    _layer().to_parquet(out)
    return out.getvalue()


def _toml() -> list[Case]:
    rich = (
        SETTINGS
        + '\n[objective]\nmethod = "weighted"\ncash = 1.0\necosystem = 0.5\n\n[objective.accounts]\nrent = -1.0\n'
    )
    small = _bytes({**SMALL, "study.toml": rich})
    money = WHOLE["study.toml"]
    whole = _bytes({**WHOLE, "study.toml": money})
    mapped = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "land.parquet"), **LAND}) | {
        "land.parquet": _whole_layer()
    }
    return [
        *[Case(small, ("study.toml",), _of(of_toml))] * 3,
        Case(whole, ("study.toml",), _of(of_toml)),
        *[Case(mapped, ("mapping.toml",), _of(of_toml), mapping=True)] * 4,
    ]


def _gpkg() -> list[Case]:
    files = _files_of(_layer(), "parcels.gpkg", layer="parcels")
    study = _bytes(LAND) | files
    imported = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "parcels.gpkg"), **LAND}) | files
    target = ("parcels.gpkg",)
    return [Case(study, target, _of(of_gpkg))] * 3 + [Case(imported, target, _of(of_gpkg), mapping=True)] * 2


def _shp() -> list[Case]:
    files = _files_of(_layer(), "parcels.shp", encoding="utf-8")
    chinese = _files_of(_layer(chinese=True), "parcels.shp", encoding="gbk")
    study = _bytes(LAND) | files
    mapped = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "parcels.shp"), **LAND}) | files
    coded = _bytes({"mapping.toml": GB}) | chinese
    targets = tuple(
        f"parcels.{suffix}" for suffix in ("shp", "shp", "shp", "dbf", "dbf", "dbf", "shx", "shx", "cpg", "prj")
    )
    return [
        *[Case(study, targets, of_shp)] * 3,
        Case(mapped, targets, of_shp, mapping=True),
        Case(coded, targets, of_shp, mapping=True),
    ]


def _geojson() -> list[Case]:
    files = _files_of(_layer(), "parcels.geojson")
    degrees = _files_of(_layer(chinese=True).to_crs(4326), "parcels.geojson")
    study = _bytes(LAND) | files
    mapped = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "parcels.geojson"), **LAND}) | files
    coded = _bytes({"mapping.toml": GB.replace(".shp", ".geojson")}) | degrees
    target = ("parcels.geojson",)
    return [
        *[Case(study, target, _of(of_geojson))] * 2,
        *[Case(mapped, target, _of(of_geojson), mapping=True)] * 2,
        Case(coded, target, _of(of_geojson), mapping=True),
    ]


def _wal() -> list[Case]:
    """A GeoPackage whose last changes are in the log beside it, as another program leaves it while it is open."""
    whole = _files_of(_layer(), "parcels.gpkg", layer="parcels")
    with written(whole) as folder:
        path = folder / "parcels.gpkg"
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = wal")
            db.execute("PRAGMA wal_autocheckpoint = 0")
            with_spatial(db)
            with db:
                db.execute("UPDATE parcels SET x_height = x_height + 1")
            files = {name: (folder / name).read_bytes() for name in ("parcels.gpkg", "parcels.gpkg-wal")}
    study = _bytes(LAND) | files
    imported = _bytes({"mapping.toml": MAPPING.replace("SOURCE", "parcels.gpkg"), **LAND}) | files
    return [Case(study, tuple(files), of_wal), Case(imported, tuple(files), of_wal, mapping=True)]


def _tif() -> list[Case]:
    """Four by six cells of a hectare in two bands, of which one has no data in a corner."""
    use = np.tile(np.array([1, 2], dtype=np.float32), (4, 3))
    height = np.arange(24, dtype=np.float32).reshape(4, 6)
    height[0, 0] = -9999.0
    with written({}) as folder:
        for name, more in (
            ("a.tif", {}),
            ("b.tif", {"compress": "deflate", "tiled": True, "blockxsize": 16, "blockysize": 16}),
        ):
            grid = rasterio.Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 3_000_400.0)
            how = {"driver": "GTiff", "width": 6, "height": 4, "count": 2, "dtype": "float32", "nodata": -9999.0}
            with rasterio.open(folder / name, "w", crs="EPSG:32650", transform=grid, **how, **more) as out:
                out.write(np.stack([use, height]))
                out.descriptions = ("use", "height")
        contents = [(folder / name).read_bytes() for name in ("a.tif", "b.tif")]
    mapped = _bytes({"mapping.toml": CELLS})
    return [Case(mapped | {"land.tif": each}, ("land.tif",), _of(of_tif), mapping=True) for each in contents]


def _xlsx() -> list[Case]:
    small = _as(_bytes(SMALL), "study.xlsx")
    chinese = _as(_bytes(SMALL), "study.xlsx", lang="zh")
    whole = _as(_bytes(WHOLE), "study.xlsx")
    cases = [Case(each, ("study.xlsx",), _of(of_xlsx), entry="study.xlsx") for each in (small, chinese, whole)]
    return cases[:1] * 6 + cases[1:2] * 3 + cases[2:]


READERS: Mapping[str, Callable[[], list[Case]]] = {
    "csv": _csv, "parquet": _parquet, "toml": _toml, "gpkg": _gpkg, "shp": _shp, "xlsx": _xlsx,
    "geojson": _geojson, "wal": _wal, "tif": _tif,
}  # fmt: skip
"""The cases of every reader, made on demand."""


def same(one: Study | Imported, other: Study | Imported) -> str:
    """In what two studies, or two imports, differ; ``""`` if they do not."""
    if type(one) is not type(other) or one.settings != other.settings:
        return "settings"
    if set(one.tables) != set(other.tables):
        return "which tables there are"
    for name, frame in one.tables.items():
        if not _equal(frame, other.tables[name]):
            return f"table {name}"
    if isinstance(one, Imported):
        files = {**one.files}, {**getattr(other, "files", {})}
        names = files[0].keys() == files[1].keys()
        return "" if names and all(_alike(files[0][name], files[1][name]) for name in files[0]) else "further files"
    shapes = one.geometry, getattr(other, "geometry", None)
    if shapes[0] is None or shapes[1] is None:
        return "" if shapes[0] is shapes[1] else "shapes"
    wkb = [shapely.to_wkb(each.to_numpy()).tolist() for each in shapes]
    return "" if wkb[0] == wkb[1] and shapes[0].crs == shapes[1].crs else "shapes"


def _alike(one: Any, other: Any) -> bool:
    return one.equals(other) if isinstance(one, pd.DataFrame) else one == other


def _equal(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    if one is other or (one.empty and other.empty and one.columns.equals(other.columns)):
        return True
    if not one.columns.equals(other.columns) or list(one.dtypes) != list(other.dtypes):
        return False
    shaped = [name for name, dtype in one.dtypes.items() if isinstance(dtype, GeometryDtype)]
    if not shaped:
        return one.equals(other)
    wkb = all(
        shapely.to_wkb(one[name].to_numpy()).tolist() == shapely.to_wkb(other[name].to_numpy()).tolist()
        for name in shaped
    )
    return wkb and pd.DataFrame(one.drop(columns=shaped)).equals(pd.DataFrame(other.drop(columns=shaped)))


def changed(reader: str, case: Case, seed: int, number: int) -> tuple[dict[str, bytes], Damage]:
    """The files of an input, one of them damaged."""
    rng = Random(f"{reader}/{seed}/{number}")
    target = rng.choice(case.targets)
    done = case.damage(rng, target, case.files[target])
    files = {**case.files}
    if done.content is None:
        del files[target]
    else:
        files[target] = done.content
    if done.content == case.files[target]:
        done = done._replace(keeps="all")
    return files, done


def told(error: StudyError) -> None:
    """See that an error is clear: every fault says where it is, what must hold, what was found and what to do."""
    rows = error.faults
    if rows.empty or not all(str(cell).strip() for cell in rows.to_numpy().ravel()):
        raise WrongError(f"a fault with a part that says nothing: {rows.to_dict('records')}")
    if max(len(str(cell)) for cell in rows.to_numpy().ravel()) > 100_000:
        raise WrongError("a fault of more than 100,000 letters")
