"""Cases of rules that no change of one table shows: files, layers, tables in memory, and what is but a note."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely

from tests.instances.money_study import MONEY
from tests.instances.studies import BASE, TOML, write_base
from tests.instances.test_fallback import study as fallback
from tests.instances.test_layers import SIDE, folder_with, squares
from tests.instances.test_scenarios import FAULTS as OF_SCENARIOS
from tests.instances.test_scenarios import ROWS
from tests.instances.test_scenarios import folder_with as with_scenarios
from tests.instances.test_workbook import FAULTS as OF_WORKBOOKS
from tests.instances.test_workbook import by_hand
from zonevest.instances.read import make_study, read_study
from zonevest.instances.rules import Rule
from zonevest.instances.study import Study, StudyError

YEAR = {"name": "a", "defaults": "none", "periods": [{"name": "2026", "start": 2026, "years": 1}]}


def told_by(case: Callable[[Path], object], folder: Path) -> list[str]:
    """The rules that a case breaks, by name: faults, or else warnings and notes of a study."""
    folder.mkdir(exist_ok=True)
    try:
        study = case(folder)
    except StudyError as error:
        told = error.faults["must"].tolist()
    else:
        told = [*study.warnings["must"], *study.notes] if isinstance(study, Study) else []
    return [each.name for each in told if isinstance(each, Rule)]


def files(base: Mapping[str, str] = BASE, **contents: str | bytes) -> Callable[[Path], Study]:
    """The base with further files (``study_toml="…"``), as they are."""

    def case(folder: Path) -> Study:
        write_base(folder, base=base)
        for name, content in contents.items():
            name = ".".join(name.rsplit("_", 1))
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_study(folder)

    return case


def layer(
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] = lambda it: it, name: str = "land.gpkg"
) -> Callable[[Path], Study]:
    """The base with four squares of a hectare, changed."""
    return lambda folder: read_study(folder_with(folder, name, change(squares())))


def in_memory(settings: Mapping[str, object] | None = None, **tables: pd.DataFrame) -> Callable[[Path], Study]:
    """Tables in memory."""
    return lambda _: make_study({**YEAR, **(settings or {})}, **tables)


def _directory(folder: Path) -> Study:
    write_base(folder)
    (folder / "parcels.csv").unlink()
    (folder / "parcels.csv").mkdir()
    return read_study(folder)


def _cut(folder: Path) -> Study:
    folder = folder_with(folder, "land.gpkg", squares())
    (folder / "land.gpkg").write_bytes((folder / "land.gpkg").read_bytes()[:5000])
    return read_study(folder)


def _strange(folder: Path) -> Study:
    """A GeoPackage of which GDAL has something to say."""
    folder = folder_with(folder, "land.gpkg", squares())
    with closing(sqlite3.connect(folder / "land.gpkg")) as base:
        base.execute("PRAGMA application_id = 7")
        base.commit()
    return read_study(folder)


def _layer_alone(folder: Path) -> Study:
    write_base(folder)
    (folder / "parcels.csv").unlink()
    (folder / "study.toml").write_text(TOML.replace('parcels = "parcels.csv"', 'layer = "parcels"'))
    return read_study(folder)


def _layers(name: str) -> Callable[[Path], Study]:
    def case(folder: Path) -> Study:
        folder = folder_with(folder, "land.gpkg", toml=f'parcels = "land.gpkg"{name}')
        for each in ("parcels", "roads"):
            squares().to_file(folder / "land.gpkg", layer=each)
        return read_study(folder)

    return case


def _beside(folder: Path) -> Study:
    folder = folder_with(folder, "parcels.gpkg", squares(), toml=" ")
    (folder / "parcels.csv").write_text(BASE["parcels.csv"])
    return read_study(folder)


def _shape(shape: Callable[[float, float], shapely.Geometry | None]) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    def change(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        x, y = table.geometry.iloc[1].bounds[:2]
        table.loc[1, "geometry"] = shape(x, y)
        return table

    return change


def _bow(x: float, y: float) -> shapely.Geometry:
    return shapely.Polygon([(x, y), (x + SIDE, y + SIDE), (x + SIDE, y), (x, y + 2 * SIDE)])


def _lost_shapes(folder: Path) -> Study:
    study = layer()(folder)
    more = study.parcels.assign(parcel_id=["0101", "0102", "0103", "0199"])
    return study.replace(parcels=more, projects=None, project_flows=None, land_take=None)


def _money(**files_of: tuple[str, str]) -> Callable[[Path], Study]:
    changed = dict(MONEY)
    for name, (old, new) in files_of.items():
        file = name.replace("_toml", ".toml") if name.endswith("_toml") else f"{name}.csv"
        assert old in changed[file], old
        changed[file] = changed[file].replace(old, new)
    return files(changed)


def workbook(name: str) -> Callable[[Path], Study]:
    """The base as a workbook, with one of the faults of workbooks."""
    return lambda folder: read_study(by_hand(folder / "study.xlsx", OF_WORKBOOKS[name][0]))


def _hidden(sheet: str) -> Callable[[Path], Study]:
    def edit(book: openpyxl.Workbook) -> None:
        if sheet not in book.sheetnames:
            book.create_sheet(sheet).append(["mine"])
        book[sheet].sheet_state = "hidden"

    return lambda folder: read_study(by_hand(folder / "study.xlsx", edit))


def _both_places(folder: Path) -> Study:
    """Parcels in a sheet, and in the file that a key names."""
    (folder / "parcels.csv").write_text(BASE["parcels.csv"], encoding="utf-8")
    return read_study(by_hand(folder / "study.xlsx", lambda book: book["study"].append(["parcels", "parcels.csv"])))


def scenarios(name: str) -> Callable[[Path], Study]:
    """The base with one of the faults of scenarios."""
    return lambda folder: read_study(with_scenarios(folder, OF_SCENARIOS[name][0]))


ONE = pd.DataFrame({"parcel_id": ["A"], "land_class": ["f"], "area_ha": [1.0]})


def _dear_planting(_: Path) -> Study:
    """Planting is 30,000 yuan a hectare by default: 3, meant as 10,000 yuan, is told; 0.89 is dear, and no slip."""
    rows = [("afforestation", "restoration_works", "per_ha_once", value) for value in (0.89, 3.0)]
    land = pd.DataFrame({"parcel_id": ["p"], "land_class": ["0404"], "area_ha": [1.0]})
    dear, slip = (
        make_study(
            {**YEAR, "defaults": "cn", "currency": "CNY"},
            parcels=land,
            practice_flows=pd.DataFrame([row], columns=["practice", "account", "basis", "value"]),
        )
        for row in rows
    )
    assert "flows.usual" not in [getattr(each, "name", "") for each in dear.warnings["must"]]
    return slip


PLAIN = {"zones": pd.DataFrame({"zone": ["a"]}), "land_classes": pd.DataFrame({"land_class": ["f"]})}
STEPS = {
    "accounts": pd.DataFrame([{"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1}]),
    "practices": pd.DataFrame({"practice": ["lot"], "zone": ["a"]}),
    "price_steps": pd.DataFrame(
        [{"account": "sale", "area_account": "area.new.practice.lot", "up_to": 5, "factor": 1, "price": 2}]
    ),
    "practice_flows": pd.DataFrame([{"practice": "lot", "account": "sale", "basis": "per_ha_once", "value": 2.0}]),
}

CASES: Mapping[str, Callable[[Path], Study]] = {
    "files.readable": _directory,
    "files.utf8": files(zones_csv=b"zone,name_en\nZ1,\xff\n"),
    "files.gbk": files(zones_csv="zone,name_zh\nZ1,湖\n".encode("gbk")),
    "files.parcels-kind": files(study_toml=TOML.replace("parcels.csv", "parcels.dwg")),
    "files.parcels": files(study_toml=TOML.replace("parcels.csv", "land.gpkg")),
    "files.workbook": lambda folder: read_study(folder / "a.xlsx"),
    "files.adjacency": files(adjacency_parquet=""),
    "files.study": lambda folder: read_study(folder / "nowhere"),
    "files.study-toml": read_study,
    "files.several-parcels": _beside,
    "files.whole": _cut,
    "workbook.hidden-aside": _hidden("lists"),
    "workbook.hidden": _hidden("limits"),
    "workbook.no-table": workbook("an unknown sheet"),
    "workbook.twice": workbook("a sheet in two languages"),
    "workbook.study": workbook("no settings"),
    "workbook.merged": workbook("merged cells"),
    "workbook.first-row": workbook("a title above"),
    "workbook.nameless": workbook("no name above"),
    "workbook.study-columns": workbook("a further column"),
    "workbook.no-key": workbook("a value without key"),
    "workbook.key-twice": workbook("a key twice"),
    "workbook.value": workbook("a date for a name"),
    "workbook.below": workbook("a key below a value"),
    "tables.unknown": in_memory(parcel=ONE),
    "tables.frame": in_memory(parcels=["a"]),  # type: ignore[arg-type]
    "tables.taken-out": lambda folder: read_study(write_base(folder)).replace(parcels=None),
    "settings.begun": in_memory({"begun": "2062"}),
    "parcels.locked-start": in_memory(
        parcels=pd.DataFrame({"parcel_id": ["a"], "land_class": ["f"], "area_ha": [1.0], "locked_start": ["2026"]}),
        land_classes=pd.DataFrame({"land_class": ["f"]}),
        zones=pd.DataFrame({"zone": ["z"]}),
    ),
    "settings.mapping": lambda _: make_study(["name"]),  # type: ignore[arg-type]
    "tables.not-yet": in_memory(scenarios=pd.DataFrame({"scenario": ["q"]})),
    "columns.drop": files(projects_csv="project,drop\nroad,1\n"),
    "columns.drop-key": lambda _: fallback(practices={"practice": ["minig"], "drop": [1]}),
    "columns.date": workbook("a date for a code"),
    "columns.truth": workbook("true for a code"),
    "columns.error": workbook("an error"),
    "columns.formula": workbook("a formula without a value"),
    "columns.codes-as-numbers": in_memory(
        zones=PLAIN["zones"], land_classes=pd.DataFrame({"land_class": [1]}), parcels=ONE.assign(land_class=[1])
    ),
    "settings.path": lambda folder: read_study(write_base(folder), {"periods.1999.years": 1}),
    "settings.layer-alone": _layer_alone,
    "settings.parcels-both": _both_places,
    "settings.parcels-table": in_memory({"parcels": "a.csv"}),
    "layers.crs": layer(lambda it: it.set_crs(None, allow_override=True).assign(area_ha=1.0), "land.parquet"),
    "layers.rings": layer(_shape(_bow)),
    "layers.several": _layers(""),
    "layers.name": _layers('\nlayer = "parcel"'),
    "layers.shape": layer(_shape(lambda *_: None)),
    "layers.area": layer(_shape(lambda x, y: shapely.box(x, y, x + 1e12, y + 1e12)), "land.parquet"),
    "parcels.area": layer(_shape(lambda *_: shapely.Polygon([(0, 0), (1, 1), (2, 2)]))),
    "parcels.no-area": files(parcels_csv=BASE["parcels.csv"].replace("2.5,collective", ",collective")),
    "practices.title": in_memory(
        **PLAIN,
        practices=pd.DataFrame({"practice": ["lot"], "zone": ["a"], "needs_title": [1], "clears_title": [1]}),
    ),
    "accounts.default-rows": lambda _: fallback(
        accounts={"account": ["tending"], "family": ["cost"], "recurrence": ["one_off"], "cash": [1]}
    ),
    "scenarios.factor": scenarios("no factor"),
    "scenarios.table": scenarios("own table"),
    "scenarios.column": scenarios("column"),
    "scenarios.own-column": scenarios("own column"),
    "scenarios.key-column": scenarios("key column"),
    "scenarios.factor-text": scenarios("factor of text"),
    "scenarios.rows": scenarios("key"),
    "scenarios.built-in": scenarios("built-in account"),
    "scenarios.period": scenarios("table without periods"),
    "scenarios.row-period": scenarios("row for each period"),
    "scenarios.blank": scenarios("blank"),
    "scenarios.study-column": scenarios("column of study.toml"),
    "scenarios.fixed": scenarios("which tables"),
    "scenarios.periods": scenarios("list of periods"),
    "scenarios.no-number": scenarios("nothing to multiply"),
    "scenarios.scenario": lambda folder: read_study(with_scenarios(folder, ROWS), scenario="dri"),
    "scenarios.none": lambda folder: read_study(write_base(folder), scenario="dry"),
    "scenarios.one-probability": scenarios("two probabilities"),
    "scenarios.sum": scenarios("probability"),
    # warnings
    "parcels.area-mu": layer(lambda it: it.assign(area_ha=15.0)),
    "parcels.area-m2": layer(lambda it: it.assign(area_ha=1e4)),
    "parcels.area-km2": layer(lambda it: it.assign(area_ha=0.01)),
    "parcels.area-shapes": layer(lambda it: it.assign(area_ha=1.0 / 15.0)),
    "flows.usual": _dear_planting,
    "parcels.area-some": layer(lambda it: it.assign(area_ha=[1.0, 15.0, 0.8, 1.0])),
    "price_steps.beside": in_memory(**PLAIN, **STEPS),
    # notes
    "layers.said": _strange,
    "layers.second-shapes": layer(lambda it: it.assign(middle=it.geometry.centroid), "land.parquet"),
    "layers.columns-aside": layer(lambda it: it.assign(owner="me")),
    "layers.rings-aside": layer(lambda it: _shape(_bow)(it).assign(area_ha=1.0)),
    "layers.area-alone": layer(lambda it: _shape(lambda *_: None)(it).assign(area_ha=1.0)),
    "layers.mercator": layer(lambda it: it.to_crs(3857)),
    "settings.without-defaults": lambda _: fallback(zones={"zone": ["moorland"]}),
    "settings.defaults-in-use": lambda _: fallback(),
    "shares.default-purse": lambda _: fallback({"purse": ["town"]}, actors={"actor": ["town"]}),
    "parcels.shapes-lost": _lost_shapes,
    "parcels.none": in_memory(),
    "projects.uplift-nowhere": _money(projects=(",0.4,rise,build,0.5", ",0.4,rise,rest,0.5")),
    "finance.counts-none": _money(projects=("west,2,,,1,", "west,2,,,,")),
    "columns.without-finance": in_memory(
        projects=pd.DataFrame({"project": ["a"], "capex": [1.0], "equity_min": [0.2]})
    ),
    "instruments.grant-terms": _money(instruments=("gift,grant,general,,,", "gift,grant,general,,0.01,")),
}
"""Rule -> what trips it; the others are tripped by the changes of `faults_….py`."""
