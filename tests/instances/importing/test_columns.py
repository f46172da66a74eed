"""Columns from fields: values, cases, constants, units, breaks; and what is wrong with a mapping, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.instances.importing.fields import STUDY, layer, mapping, parcels, square, taken
from zonevest import StudyError, check, import_study, read_study

ROW = [square(x) for x in range(4)]


def column(folder: Path, rule: Any, name: str = "x_own", **fields: Any) -> list[Any]:
    """What a rule makes of the fields of four parcels."""
    found = taken(folder, layer(ROW, **fields), parcels={"columns": {name: rule}})
    return list(parcels(found)[name])


def test_constants_values_default_and_blank(tmp_path: Path) -> None:
    assert column(tmp_path, {"value": "A"}) == ["A"] * 4
    use = ["1", "2", "9", None]
    rule = {"field": "use", "values": {"1": "0101", "2": "0301"}, "default": "1207", "blank": "0404"}
    assert column(tmp_path, rule, "land_class", use=use) == ["0101", "0301", "1207", "0404"]
    with pytest.raises(StudyError, match=r"9 \(1\)"):
        column(tmp_path, {"field": "use", "values": {"1": "0101", "2": "0301"}}, "land_class", use=use)


def test_cases_take_the_first_that_holds(tmp_path: Path) -> None:
    rule = {
        "cases": [
            {"where": "taxed=false", "value": "unknown"},
            {"where": "built>0; kind!=shed|barn", "value": "built"},
            {"where": "kind=", "value": "blank"},
        ],
        "default": "vacant",
    }
    kind = ["house", "shed", None, "house"]
    found = column(tmp_path, rule, "land_class", taxed=[True, True, True, False], built=[5.0, 5.0, 0.0, 9.0], kind=kind)
    assert found == ["built", "vacant", "blank", "unknown"]


@pytest.mark.parametrize(
    ("unit", "one"), [("m2", 1e-4), ("ha", 1.0), ("km2", 100.0), ("mu", 1 / 15), ("acre", 0.40468564224)]
)
def test_units_of_area(tmp_path: Path, unit: str, one: float) -> None:
    held = column(tmp_path, {"field": "size", "unit": unit}, "area_ha", size=[1, 2, 3, 4.5])
    assert held == pytest.approx([one, 2 * one, 3 * one, 4.5 * one])


def test_factors_breaks_and_text_that_is_numbers(tmp_path: Path) -> None:
    assert column(tmp_path, {"field": "s", "factor": 2, "plus": 1}, s=["0", "1.5", " 2 ", "3"]) == [1, 4, 5, 7]
    slope = {"field": "s", "breaks": [2, 6, 15, 25]}
    assert column(tmp_path, slope, "slope_class", s=[2.0, 2.1, 25.0, 25.1]) == [1, 2, 4, 5]
    blank = column(tmp_path, {"field": "s", "factor": 2, "blank": 7}, s=[1.0, np.nan, 2.0, 3.0])
    assert blank == [2, 7, 4, 6]
    with pytest.raises(StudyError, match="the field s holds numbers"):
        column(tmp_path, {"field": "s", "factor": 2}, s=["1", "two", "3", "4"])


def test_fields_in_any_case_and_the_nearest_name(tmp_path: Path) -> None:
    assert column(tmp_path, "DLBM", "land_class", dlbm=["1", "2", "3", "4"]) == ["1", "2", "3", "4"]
    with pytest.raises(StudyError, match="did you mean 'dlbm'"):
        column(tmp_path, "dlbn", "land_class", dlbm=["1", "2", "3", "4"])


def test_parcels_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        taken(tmp_path, layer(ROW, id=["a", "a", "b", None]))
    assert "a (2 times)" in str(caught.value)
    assert "1 features of land.gpkg without one: 4" in str(caught.value)


def test_every_fault_of_a_mapping_at_once(tmp_path: Path) -> None:
    layer(ROW).to_file(tmp_path / "land.gpkg", layer="land")
    path = mapping(
        tmp_path,
        study={"name": "s"},
        tables={"limit": "limits.csv", "zones": "gone.csv"},
        parcels={
            "columns": {
                "zone": {"field": "use", "value": "A"},
                "tenur": "use",
                "area_ha": {"field": "use", "unit": "hm2"},
                "population": {"breaks": [3, 1], "field": "use"},
                "redline": {"cases": [{"where": "use", "value": "general"}]},
                "land_class": {"field": "nothing", "values": {"1": ""}},
            },
            "sauce": "x",
        },
        lines=[
            {"column": "area_ha"},
            {"column": "sea", "threshold": 2, "source": "gone.gpkg"},
            {"source": "land.gpkg"},
        ],
        repair={"overlaps": "ignore"},
        merge={"min_ha": -1},
    )
    with pytest.raises(StudyError) as caught:
        import_study([], path)
    text = str(caught.value)
    for part in (
        "periods",
        "no table 'limit'",
        "gone.csv",
        "unknown key 'sauce'",
        "from one of them",
        "parcels.columns.tenur",
        "unit is m2, ha, km2, mu or acre",
        "breaks is a list of rising numbers",
        "a condition compares a field with a value",
        "nothing for '1'",
        "a line layer sets a column other than parcel_id or area_ha",
        "threshold is a number from 0 to 1",
        "the source 'gone.gpkg' is there",
        "a line layer sets a column\n",
        "overlaps is refuse, cut or keep",
        "min_ha is a number from 0",
    ):
        assert part in text, part
    assert sorted(each.name for each in tmp_path.iterdir()) == ["land.gpkg", "mapping.toml"]


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("[parcels\n", encoding="utf-8")
    with pytest.raises(StudyError, match="the file is TOML"):
        import_study([], path)


def test_a_mapping_alone_makes_a_whole_study(tmp_path: Path) -> None:
    """Settings, a table beside the mapping, parcels with default classes: read, and without faults."""
    (tmp_path / "limits.csv").write_text("limit,account,sense,value\nwood,area.class.0301,>=,0.5\n", encoding="utf-8")
    land = layer(ROW, use=["0101", "0101", "0301", "0601"])
    study = {**STUDY, "title": {"en": "Four parcels", "zh": "四块地"}, "rates": {"social": 0.02}}
    found = taken(tmp_path, land, study=study, tables={"limits": "limits.csv"})
    found.write(tmp_path / "study")
    read = read_study(tmp_path / "study")
    assert read.settings.rates.social == 0.02
    assert read.title("zh") == "四块地"
    assert "wood" in set(read.limits["limit"])
    assert read.parcels["area_ha"].tolist() == pytest.approx([1.0] * 4)
    assert read.parcels["land_class"].tolist() == ["0101", "0101", "0301", "0601"]
    assert check(read).to_text()


def test_an_import_is_the_same_twice(tmp_path: Path) -> None:
    found = [taken(tmp_path, layer(ROW)) for _ in range(2)]
    for k, each in enumerate(found):
        each.write(tmp_path / f"study{k}")
    one, other = (read_study(tmp_path / f"study{k}") for k in range(2))
    assert one.hash == other.hash
    with pytest.raises(FileExistsError):
        found[0].write(tmp_path / "study0")
