"""Cases of the rules of importers: of layers, of the national land survey, and of Marxan."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import shapely

from tests.instances.importing import survey_county
from tests.instances.importing.fields import layer, mapping, square, taken
from tests.instances.importing.marxan_small import PLAIN, changed, write
from tests.instances.importing.test_marxan_faults import CASES as OF_MARXAN
from zonevest.instances.importing.dispatch import import_study
from zonevest.instances.importing.imported import Imported

LAND = layer([square(0), square(1)])
BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
POINT = layer([shapely.Point(50, 50)])
NOWHERE = 'ENGCRS["site",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
"""A system that a drawing has of its own: it says nothing of where on the earth it is."""

Case = Callable[[Path], Imported]


def land(land: gpd.GeoDataFrame = LAND, **tables: Any) -> Case:
    """Two squares, or other parcels, imported by a mapping that says more."""
    return lambda folder: taken(folder, land, **tables)


def column(given: object, name: str = "x_own", **fields: Any) -> Case:
    """A column of two squares, by what a mapping says of it."""
    return land(LAND.assign(**fields), parcels={"columns": {name: given}})


def line(**said: object) -> Case:
    """A layer of lines that is the parcels themselves."""
    return land(lines=[{"source": "land.gpkg", **said}])


def sources(*names: str, preset: str | None = None, layers: Mapping[str, gpd.GeoDataFrame] | None = None) -> Case:
    """An import without a mapping."""

    def case(folder: Path) -> Imported:
        for name, each in (layers or {}).items():
            each.to_file(folder / name)
        return import_study([folder / name for name in names], preset=preset)

    return case


def _peer_beside(folder: Path) -> Imported:
    write(folder / "peer", PLAIN)
    LAND.to_file(folder / "land.gpkg")
    return import_study([folder / "peer", folder / "land.gpkg"])


def _raster_alone(folder: Path) -> Imported:
    (folder / "a.tif").write_bytes(b"II*\0")
    with mock.patch.dict(sys.modules, {"rasterio": None}):
        return import_study(folder / "a.tif")


def _other_kind(folder: Path) -> Imported:
    (folder / "a.dwg").write_bytes(b"AC")
    return import_study(folder / "a.dwg")


def _not_laid_over(folder: Path) -> Imported:
    """What GEOS gives up on is found once in a while; here it is said to have been found."""
    gives_up = shapely.errors.GEOSException("TopologyException: side location conflict")
    with mock.patch("zonevest.instances.importing.layers.LayerImport.steps", side_effect=gives_up):
        return taken(folder, LAND)


def _two_layers(folder: Path) -> Imported:
    LAND.to_file(folder / "land.gpkg", layer="other")
    return taken(folder, LAND)


def _without(text: str) -> Case:
    """A mapping without one of its lines."""

    def case(folder: Path) -> Imported:
        path = mapping(folder)
        said = path.read_text(encoding="utf-8")
        assert text in said
        path.write_text(said.replace(text, ""), encoding="utf-8")
        return import_study([], path)

    return case


def _without_system(**said: object) -> Case:
    def case(folder: Path) -> Imported:
        LAND.to_file(folder / "land.shp")
        (folder / "land.prj").unlink()
        return import_study([], mapping(folder, parcels={"source": "land.shp", **said}))

    return case


def survey(said: str = "", system: bool = True, **fields: object) -> Case:
    """The polygons of a survey's database with other fields, by the keys of a mapping file."""

    def case(folder: Path) -> Imported:
        frame = survey_county.polygons(survey_county.land(150, 1)).iloc[:20]
        frame = frame.drop(columns=[name for name, cells in fields.items() if cells is None])
        frame = frame.assign(**{name: cells for name, cells in fields.items() if cells is not None})
        (folder / "own.toml").write_text(said, encoding="utf-8")
        frame.to_file(folder / "DLTB.shp", encoding="utf-8")
        if not system:
            (folder / "DLTB.prj").unlink()
        return import_study([folder / "DLTB.shp"], folder / "own.toml" if said else None, "cn-survey")

    return case


def marxan(name: str) -> Case:
    """One of the faults of a folder of Marxan."""
    files, case = OF_MARXAN[name]
    return lambda folder: import_study(write(folder / "peer", changed(files, case.name, case.old, case.new)))


def marxan_with(text: str) -> Case:
    """A folder of Marxan with a mapping file."""

    def case(folder: Path) -> Imported:
        (folder / "mapping.toml").write_text(text, encoding="utf-8")
        return import_study(write(folder / "peer", PLAIN), folder / "mapping.toml")

    return case


OVER = [square(0), square(0.5)]
CASES: Mapping[str, Case] = {
    "import.preset": sources(preset="survey"),
    "import.there": sources("gone.gpkg"),
    "import.sources": sources(),
    "import.folder": sources(""),
    "import.peer": _peer_beside,
    "import.kinds": _other_kind,
    "import.rasterio": _raster_alone,
    "import.guess": sources("p.gpkg", layers={"p.gpkg": POINT}),
    "import.key": land(parcels={"sauce": "x"}),
    "import.kind-table": column({"values": "x", "field": "use"}),
    "import.kind-texts": land(parcels={"by_area": "x"}),
    "import.kind-numbers": column({"breaks": [3, 1], "field": "use"}),
    "import.kind-cases": column({"cases": [{"where": "use=1"}]}),
    "import.kind-list": land(lines="x"),
    "import.kind-number": column({"factor": "x", "field": "use"}),
    "import.kind-text": column({"field": 3}),
    "import.choice": land(repair={"overlaps": "ignore"}),
    "import.study": land(study={"name": "s", "layer": "x"}),
    "import.tables": land(tables={"limit": "limits.csv"}),
    "import.tables-file": land(tables={"limits": 3}),
    "import.required": _without('land_class = "use"'),
    "import.column": column("use", "tenur"),
    "import.one-of": column({"field": "use", "value": "A"}),
    "import.unit": column({"field": "use", "unit": "hm2"}),
    "import.values-blank": column({"field": "use", "values": {"1": ""}}),
    "import.condition": column({"cases": [{"where": "use", "value": "1"}]}),
    "import.order": column({"cases": [{"where": "use>a", "value": "1"}]}),
    "import.line-column": line(),
    "import.line-other": line(column="area_ha"),
    "import.share": line(column="sea", share="part"),
    "import.by-area": land(parcels={"by_area": ["use"]}),
    "import.source-named": lambda folder: import_study([], mapping(folder)),
    "import.no-source": _without('source = "land.gpkg"'),
    "import.which-layer": _two_layers,
    "import.crs": _without_system(),
    "import.crs-name": _without_system(crs="EPSG:nothing"),
    "import.coordinates": land(LAND.set_crs("EPSG:4490", allow_override=True)),
    "import.field": column("us"),
    "import.numbers": column({"field": "use", "factor": 2}, use=["1", "two"]),
    "import.values": column({"field": "use", "values": {"1": "2"}}),
    "import.features": land(LAND.iloc[:0]),
    "import.id-twice": land(LAND.assign(id="a")),
    "import.id": land(LAND.assign(id=["a", None])),
    "import.areas": land(POINT),
    "import.line-areas": lambda folder: taken(
        folder, LAND, {"p": POINT}, lines=[{"source": "p.gpkg", "column": "sea"}]
    ),
    "import.split-shapes": lambda folder: taken(folder, LAND, {"p": POINT}, split=[{"source": "p.gpkg"}]),
    "import.some-shapes": land(layer([shapely.Polygon()])),
    "import.no-shape": land(layer([square(0), shapely.Polygon()]), repair={"no_shape": "refuse"}),
    "import.invalid": land(layer([BOW_TIE]), repair={"invalid": "refuse"}),
    "import.stacked": land(layer([square(0), square(0)])),
    "import.overlaps": land(layer(OVER)),
    "import.slivers": land(layer([square(0), square(1, width=1e-6)]), repair={"slivers": "refuse"}),
    "import.projection": land(LAND.set_crs(NOWHERE, allow_override=True)),
    "import.merge-by": land(merge={"by": ["tenur"]}),
    "import.overlay": _not_laid_over,
    "survey.sources": sources(preset="cn-survey"),
    "survey.layer": sources("p.gpkg", preset="cn-survey", layers={"p.gpkg": LAND}),
    "survey.layer-named": survey('[survey.layers]\nDLTB = "polygons"'),
    "survey.field": survey(DLBM=None),
    "survey.crs": survey(system=False),
    "survey.key": survey("[survey]\nenclave = 1"),
    "survey.kind": survey("[survey]\nenclaves = 1"),
    "survey.digits": survey("[survey]\njurisdiction_digits = 8"),
    "survey.official": survey("[survey.threshold]\nSTBHX = 1.0"),
    "survey.codes": survey('[survey.codes.DLMB]\n"1" = "0101"'),
    "survey.value": survey('[survey.codes.DLBM]\n"1" = "126"'),
    "survey.code": survey(DLBM="011"),
    "survey.class": survey(DLBM="", DLMC=""),
    "survey.jurisdiction": survey(ZLDWDM="530102"),
    "survey.square-metres": survey(TBMJ=0.5),
    "marxan.input-dat": lambda folder: import_study(write(folder / "peer", {"pu.dat": PLAIN["input/pu.dat"]})),
    "marxan.mapping-key": marxan_with('target = "soft"'),
    "marxan.targets": marxan_with('targets = "loose"'),
    "marxan.key": marxan("marxan: no such key"),
    "marxan.key-number": marxan("marxan: a share of targets"),
    "marxan.file": marxan("marxan: no such file"),
    "marxan.text": marxan("marxan: zero bytes"),
    "marxan.columns": lambda folder: import_study(
        write(folder / "peer", changed(PLAIN, "input/puvspr.dat", "species,pu,amount", "species,pu"))
    ),
    "marxan.order": marxan("marxan: another order"),
    "marxan.header": marxan("marxan: no id"),
    "marxan.rows": marxan("marxan: no units"),
    "marxan.number": marxan("marxan: no number"),
    "marxan.below": marxan("marxan: a cost below 0"),
    "marxan.whole": marxan("marxan: an id in parts"),
    "marxan.choice": marxan("marxan: a status"),
    "marxan.once": marxan("marxan: a unit twice"),
    "marxan.id": marxan("zones: a zone of a lock"),
    "marxan.cost-word": marxan("zones: a cost's name"),
    "marxan.cost-twice": marxan("zones: a cost twice"),
    "marxan.contributions": marxan("zones: two contributions"),
    "marxan.zone-targets": marxan("zones: two targets"),
}
"""Rule -> what trips it."""
