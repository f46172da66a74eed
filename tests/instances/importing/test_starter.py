"""The starter mapping: what it finds, what it guesses, and that filled in it makes the study."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from tests.instances.importing.fields import layer, parcels, square
from zonevest import StudyError, import_study
from zonevest.cli import app
from zonevest.instances.importing.imported import Imported


def written(folder: Path, *sources: Path) -> str:
    """The text of the starter mapping for sources, written into a folder."""
    found = import_study(sources)
    assert not found.is_study
    assert list(found.files) == ["mapping.toml"]
    found.write(folder / "start")
    return (folder / "start" / "mapping.toml").read_text(encoding="utf-8")


def save(folder: Path, name: str, land: gpd.GeoDataFrame) -> Path:
    path = folder / f"{name}.gpkg"
    land.to_file(path, layer=name)
    return path


def test_filled_in_it_makes_the_study(tmp_path: Path) -> None:
    land = layer([square(x) for x in range(6)], DLBM=["011", "031"] * 3, QSXZ=["20", "30"] * 3, n=[1.5] * 6)
    sources = [
        save(tmp_path, "DLTB", land.drop(columns="use")),
        save(tmp_path, "STBHHX", layer([square(0, 0, 2)])),
        save(tmp_path, "XZQ", layer([square(0, 0, 9)], zldwdm=["110101001"])),
        save(tmp_path, "roads", layer([shapely.LineString([(0, 0), (9, 9)])])),
    ]
    text = written(tmp_path, *sources)
    values = tomllib.loads(text)
    assert values["parcels"]["source"] == "DLTB.gpkg"
    assert values["parcels"]["columns"]["parcel_id"] == "id"
    assert values["parcels"]["columns"]["land_class"] == {"field": "DLBM", "values": {"011": "", "031": ""}}
    assert [each["column"] for each in values["lines"]] == ["redline", "jurisdiction"]
    assert '#   "n": number, 1 different: 1.5' in text
    assert "3 areas" not in text
    with pytest.raises(StudyError, match="nothing for '011', '031'"):
        import_study(sources, tmp_path / "start" / "mapping.toml")
    for blank, filled in (('"011" = ""', '"011" = "0101"'), ('"031" = ""', '"031" = "0301"'),
                          ('"20" = ""', '"20" = "state"'), ('"30" = ""', '"30" = "collective"'),
                          ('field = "…"  # or value = "…"', 'value = "general"')):  # fmt: skip
        assert blank in text
        text = text.replace(blank, filled)
    (tmp_path / "start" / "mapping.toml").write_text(text, encoding="utf-8")
    found = import_study(sources, tmp_path / "start" / "mapping.toml")
    assert parcels(found)["redline"].tolist() == ["general"] * 2 + ["0"] * 4
    assert parcels(found)["jurisdiction"].tolist() == ["110101001"] * 6
    assert parcels(found)["tenure"].tolist() == ["state", "collective"] * 3


def test_codes_of_the_default_classes_are_taken_as_they_are(tmp_path: Path) -> None:
    land = layer([square(x) for x in range(3)], dlbm=["0101", "0301", "0301"], name=["a", "b", "c"]).drop(columns="id")
    path = save(tmp_path, "land", land)
    columns = tomllib.loads(written(tmp_path, path))["parcels"]["columns"]
    assert columns == {"parcel_id": "name", "land_class": "dlbm"}  # `name` alone tells them apart
    assert len(parcels(import_study(path, tmp_path / "start" / "mapping.toml"))) == 3


def test_odd_names_and_values_are_still_toml(tmp_path: Path) -> None:
    odd = ['a "quoted"\nline', "back\\slash", "del\x7f", "表\t格"]
    land = layer([square(x) for x in range(4)], landuse=odd).rename(columns={"use": 'od"d'})
    values = tomllib.loads(written(tmp_path, save(tmp_path, "land", land)))
    assert set(values["parcels"]["columns"]["land_class"]["values"]) == set(odd)


def test_an_id_has_to_tell_parcels_apart(tmp_path: Path) -> None:
    land = layer([square(x) for x in range(3)], id=["a", "a", "b"], objectid=[1, 2, 3])
    assert (
        tomllib.loads(written(tmp_path, save(tmp_path, "land", land)))["parcels"]["columns"]["parcel_id"] == "objectid"
    )


def test_layers_without_areas_or_without_anything(tmp_path: Path) -> None:
    points = layer([shapely.Point(0, 0)])
    with pytest.raises(StudyError, match="one of the layers holds areas"):
        import_study(save(tmp_path, "points", points))
    with pytest.raises(StudyError, match="an import has a source or a mapping file"):
        import_study([])
    with pytest.raises(StudyError, match="no such file or folder"):
        import_study(tmp_path / "gone.gpkg")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match="a folder of layers holds some"):
        import_study(tmp_path / "empty")


def test_its_comments_are_in_the_language_asked_for(tmp_path: Path) -> None:
    """By the command line, of every kind of layer; keys and values are the same, and nothing is left in English."""
    land = layer([square(x) for x in range(9)], 地类=["0101"] * 8 + [""], QSXZ="20", n=range(9), y=0.5, ok=True)
    sources = [
        save(tmp_path, "地类图斑", land.drop(columns="use")),
        save(tmp_path, "生态保护红线", layer([square(0, 0, 2)])),
        save(tmp_path, "行政区", layer([square(0, 0, 9)])),
        save(tmp_path, "land", layer([square(x, 9) for x in range(3)], tenure="20", Class="x")),
        tmp_path / "roads.shp",
    ]
    layer([shapely.LineString([(0, 0), (9, 9)])]).to_file(sources[-1])
    sources[-1].with_suffix(".prj").unlink()
    text = {}
    for lang in ("en", "zh"):
        given = ["import", *map(str, sources), "-o", str(tmp_path / lang), "--lang", lang]
        assert CliRunner().invoke(app, given).exit_code == 0
        text[lang] = (tmp_path / lang / "mapping.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text["zh"]) == tomllib.loads(text["en"])
    assert "# 推测" in text["zh"]
    comments = [each.rpartition("# ")[2] for each in text["zh"].splitlines() if "# " in each]
    # Chinese, a count in it, or what begins with a name; or a line of keys that is left to be used
    own = re.compile(r'((area_ha |[\d,]+ | +"\S+"：)?[\u4e00-\u9fff].*)|[\w.]+ = "[^"]*"|\[\[lines]]')
    assert [each for each in comments if not own.match(each)] == []
    assert len(comments) == len([each for each in text["en"].splitlines() if "# " in each]) > 30


def test_a_layer_without_system_is_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "land.shp"
    layer([square(0), square(1)]).to_file(path)
    path.with_suffix(".prj").unlink()
    assert 'crs = "EPSG:…"' in written(tmp_path, path)


def test_what_is_given_is_what_is_written(tmp_path: Path) -> None:
    """An `Imported` without settings writes its files alone."""
    Imported(files={"a.txt": "b"}).write(tmp_path / "out")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["a.txt"]
