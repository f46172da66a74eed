"""A study in a workbook: the same study as in a folder, and what a spreadsheet does to data is told."""

# ruff: noqa: E501 - one fault a line, whole: the table of faults reads as a table

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from pandas.testing import assert_frame_equal

import zonevest as zv
from tests import random_features, random_money, random_studies
from tests.chinese import check_faults
from tests.instances.money_study import MONEY
from tests.instances.studies import BASE, write_base
from tests.instances.whole_study import WHOLE
from zonevest.instances import names
from zonevest.instances.keys import flattened, join, split, value
from zonevest.instances.schema import BY_NAME, TABLES
from zonevest.instances.settings import to_toml
from zonevest.instances.study import Study, StudyError

BASES = {"base": BASE, "money": MONEY, "whole": WHOLE}


def same(one: Study, other: Study) -> None:
    """Settings, every table with its order and types, and the shapes."""
    assert one.settings == other.settings
    assert set(one.tables) == set(other.tables)
    for name, frame in one.tables.items():
        assert_frame_equal(frame, other.tables[name], check_exact=True, obj=name)
    assert one.hash == other.hash
    assert (one.geometry is None) == (other.geometry is None)


def round_and_round(study: Study, folder: Path) -> None:
    """Folder of csv -> workbook -> folder of parquet -> Chinese workbook -> Chinese folder."""
    here = study
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("csv", {}),
        ("one.xlsx", {}),
        ("parquet", {"tables": "parquet"}),
        ("two.xlsx", {"lang": "zh"}),
        ("zh", {"lang": "zh"}),
        ("zh-parquet", {"lang": "zh", "tables": "parquet"}),
    )
    for name, how in ways:
        here.write(folder / name, **how)
        here = zv.read_study(folder / name)
        same(study, here)


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_the_way_round(base: Mapping[str, str], tmp_path: Path) -> None:
    round_and_round(zv.read_study(write_base(tmp_path / "study", base=base)), tmp_path)


def test_the_bundled_cases_go_round(tmp_path: Path) -> None:
    round_and_round(zv.read_study("village"), tmp_path)
    county = zv.read_study("lakeside")
    county.write(tmp_path / "county.xlsx", lang="zh")
    same(county, zv.read_study(tmp_path / "county.xlsx"))


@pytest.mark.parametrize(("case", "lang"), [("village", "en"), ("lakeside", "zh")])
def test_a_case_as_a_workbook_leaves_to_default_rows_what_it_left(case: str, lang: str, tmp_path: Path) -> None:
    zv.copy_case(case, tmp_path / "case.xlsx", lang)
    same(zv.read_study(case), zv.read_study(tmp_path / "case.xlsx"))
    titles = set(openpyxl.load_workbook(tmp_path / "case.xlsx").sheetnames)
    assert titles.isdisjoint({"capture"} if case == "village" else {"practices", "用地行动"})


def test_a_case_is_written_over_nothing(tmp_path: Path) -> None:
    for name in ("v.xlsx", "v-parcels.gpkg"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(FileExistsError):
            zv.copy_case("village", tmp_path / "v.xlsx")
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]
        (tmp_path / name).unlink()


def test_a_county_as_a_workbook(tmp_path: Path) -> None:
    zv.write_county(tmp_path / "county.xlsx", 120, 3)
    zv.write_county(tmp_path / "county", 120, 3)
    same(zv.read_study(tmp_path / "county"), zv.read_study(tmp_path / "county.xlsx"))


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["plain", "money", "features"]))
def test_random_studies_go_round(tmp_path_factory: pytest.TempPathFactory, seed: int, kind: str) -> None:
    rnd = Random(seed)
    try:
        if kind == "features":
            given_settings, tables, _ = random_features.feature_tables(rnd)
            study = zv.make_study(given_settings, **tables)
        else:
            study = random_money.random_study(rnd) if kind == "money" else random_studies.random_study(rnd)
    except StudyError:
        return
    round_and_round(study, tmp_path_factory.mktemp("round"))


def test_every_column_of_every_table_goes_round(tmp_path: Path) -> None:
    """A workbook with all columns, in Chinese, is read to what the csv with all columns is read to."""
    study = zv.read_study(write_base(tmp_path / "study", base=WHOLE))
    for lang in ("en", "zh"):
        study.write(tmp_path / f"{lang}.xlsx", lang=lang)
        full = openpyxl.load_workbook(tmp_path / f"{lang}.xlsx")
        for table in TABLES:
            frame = study.tables[table.name]
            title = names.of_table(table.name).zh[0] if lang == "zh" else table.name
            if title in full.sheetnames:
                full.remove(full[title])
            if frame.empty or table.name == "accounts":
                continue
            sheet = full.create_sheet(title)
            sheet.append([names.header(table, name, lang) for name in frame.columns])
            known = {column.name: column for column in table.columns}
            cells = [names.spoken(known.get(name), frame[name].tolist(), lang) for name in frame.columns]
            for row in zip(*cells, strict=True):
                sheet.append([None if cell == "" or cell != cell else cell for cell in row])
        accounts = zv.read_study(tmp_path / f"{lang}.xlsx").accounts
        write_sheet(full, "accounts", accounts)
        full.save(tmp_path / f"{lang}-all.xlsx")
        same(study, zv.read_study(tmp_path / f"{lang}-all.xlsx"))


def write_sheet(book: openpyxl.Workbook, name: str, frame: pd.DataFrame) -> None:
    sheet = book.create_sheet(name)
    sheet.append(list(frame.columns))
    for row in frame.to_numpy(dtype=object).tolist():
        sheet.append([None if cell == "" or cell != cell else cell for cell in row])


# what a person does with a workbook


def typed_cells(text: str) -> list[list[Any]]:
    """A csv as a person types it into a sheet: what looks like a number becomes one, codes with a zero are text."""
    rows: list[list[Any]] = list(csv.reader(io.StringIO(text)))
    for row in rows[1:]:
        for at, cell in enumerate(row):
            if cell and not (cell[0] == "0" and len(cell) > 1 and cell.isdigit()):
                try:
                    row[at] = float(cell) if "." in cell else int(cell)
                except ValueError:
                    continue
            elif not cell:
                row[at] = None
    return rows


SETTINGS = (
    ("format", 1),
    ("name", "base"),
    ("title.en", "A base for tests"),
    ("title.zh", "测试"),
    ("purse", "local"),
    ("defaults", "none"),
    ("periods.2026.start", 2026),
    ("periods.2026.years", 1),
    ("periods.2027-2031.start", 2027),
    ("periods.2027-2031.years", 5),
    ("rates.finance", 0.05),
    ("objective.method", "floor"),
    ("objective.accounts.waste", -1),
)


def by_hand(path: Path, edit: Callable[[openpyxl.Workbook], object] | None = None) -> Path:
    """The base of the tests as a workbook that somebody has typed."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "study"
    sheet.append(["key", "value"])
    for row in SETTINGS:
        sheet.append(row)
    for name, text in BASE.items():
        if name.endswith(".csv"):
            table = book.create_sheet(name.removesuffix(".csv"))
            for cells in typed_cells(text):
                table.append(cells)
    if edit is not None:
        edit(book)
    book.save(path)
    return path


def test_what_a_person_types_is_the_same_study(tmp_path: Path) -> None:
    same(zv.read_study(write_base(tmp_path / "study")), zv.read_study(by_hand(tmp_path / "study.xlsx")))


def faults_of(path: Path) -> pd.DataFrame:
    with pytest.raises(StudyError) as caught:
        zv.read_study(path)
    if path.stem != "vast":  # which the helper below would look through cell by cell
        check_faults(caught.value.faults, names_of(path))
    return caught.value.faults


def names_of(path: Path) -> set[str]:
    try:
        book = openpyxl.load_workbook(path)
    except Exception:
        return set()
    cells = (str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None)
    words = {word for cell in cells for word in cell.replace("/", " ").replace("(", " ").split()}
    return {*words, *book.sheetnames, "TRUE", "FALSE"}


def put(sheet: str, cell: str, held: Any, form: str = "") -> Callable[[openpyxl.Workbook], None]:
    def edit(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = held
        if form:
            book[sheet][cell].number_format = form

    return edit


FAULTS: dict[str, tuple[Callable[[openpyxl.Workbook], object], str, str, str]] = {
    "a date for a period": (put("practices", "F2", datetime.datetime(2026, 1, 1)), "sheet practices, row 2, column earliest", "holds no dates", "2026-01-01"),
    "a date for a code": (put("parcels", "B3", datetime.datetime(2026, 1, 2)), "sheet parcels, row 3, column land_class", "holds no dates", "2026-01-02"),
    "a date for a number": (put("parcels", "D3", datetime.datetime(2026, 1, 2)), "sheet parcels, row 3, column area_ha", "holds no dates", "2026-01-02"),
    "true for a code": (put("limits", "B4", True), "sheet limits, row 4, column account", "is no flag", "TRUE"),
    "false for a number": (put("limits", "F4", False), "sheet limits, row 4, column value", "is no flag", "FALSE"),
    "an error": (put("limits", "F4", "#REF!"), "sheet limits, row 4, column value", "no errors", "'#REF!'"),
    "a formula without a value": (put("limits", "F4", "=1+1"), "sheet limits, row 4, column value", "stands in the file", "'=1+1'"),
    "a blank that is required": (put("limits", "F4", None), "sheet limits, row 4, column value", "in every row", "1 blank cell (l3)"),
    "a code that lost its zero": (put("parcels", "B3", 1), "sheet parcels, row 3, column land_class", "a row of land_classes", "'1' (0102)"),
    "merged cells": (lambda book: book["limits"].merge_cells("B3:B4"), "sheet limits, B3:B4", "merged", "merged cells"),
    "a title above": (lambda book: book["limits"].insert_rows(1), "sheet limits", "the first row names the columns", "a blank row"),
    "no name above": (put("limits", "K3", "note"), "sheet limits, row 3, column K", "a name in the first row", "without a name"),
    "a column twice": (put("limits", "I1", "value"), "sheet limits, column value", "stands there once", "2 columns"),
    "an unknown column": (put("zones", "E1", "urbane"), "sheet zones, column urbane", "every column", "unknown column"),
    "an unknown sheet": (lambda book: setattr(book["limits"], "title", "limit"), "sheet limit", "every sheet is a table", "'limit'"),
    "a sheet in two languages": (lambda book: book.create_sheet("规划分区").append(["分区"]), "sheet 规划分区", "one sheet", "'zones' and '规划分区'"),
    "no settings": (lambda book: book.remove(book["study"]), "study.xlsx", "has a sheet study", "none"),
    "a key twice": (lambda book: book["study"].append(["rates.finance", 1]), "sheet study, row 15, column value", "every key", "in row 12 too"),
    "a value without key": (lambda book: book["study"].append([None, 1]), "sheet study, row 15, column key", "beside its key", "'1'"),
    "a key below a value": (lambda book: book["study"].append(["name.en", "x"]), "sheet study, row 15, column value", "a value, or further keys", "has both"),
    "a date for a name": (put("study", "B3", datetime.datetime(2026, 1, 1)), "sheet study, row 3, column value", "a text, a number or a flag", "2026"),
    "an unknown key": (put("study", "A12", "rates.finanse"), "sheet study, rates.finanse", "every key", "unknown key"),
    "a text for a number": (put("study", "B12", "much"), "sheet study, rates.finance", "a number from", "much"),
    "a further column": (put("study", "C1", "values"), "sheet study, column values", "key and value", "unknown column"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "where", "must", "found"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_workbook(
    edit: Callable[[openpyxl.Workbook], object], where: str, must: str, found: str, tmp_path: Path
) -> None:
    faults = faults_of(by_hand(tmp_path / "study.xlsx", edit))
    told = faults[faults["where"].str.startswith(where)]
    assert any(must in row.must and found in row.found for row in told.itertuples()), faults.to_string()


def test_a_fault_is_told_alone(tmp_path: Path) -> None:
    """What cannot be read in one cell is not told again as something else."""
    for name in ("a date for a number", "true for a code", "an error", "a formula without a value", "merged cells"):
        assert len(faults_of(by_hand(tmp_path / "study.xlsx", FAULTS[name][0]))) == 1, name


def test_the_nearest_is_named(tmp_path: Path) -> None:
    for name, near in (
        ("an unknown sheet", "'limits'"),
        ("an unknown column", "'urban'"),
        ("an unknown key", "'finance'"),
        ("a code that lost its zero", "did you mean '01'? a zero in front was lost"),
    ):
        faults = faults_of(by_hand(tmp_path / "study.xlsx", FAULTS[name][0]))
        assert any(near in do for do in faults["do"]), (name, faults.to_string())


def test_a_number_that_is_shown_with_zeros_is_the_code(tmp_path: Path) -> None:
    study = zv.read_study(by_hand(tmp_path / "study.xlsx", put("parcels", "B3", 1, "00")))
    assert study.parcels["land_class"].tolist() == ["01", "01", "02", "02"]


def test_the_value_of_a_formula_counts(tmp_path: Path) -> None:
    """As a spreadsheet writes it: the value beside the formula; an empty text is a blank."""
    path = by_hand(
        tmp_path / "study.xlsx", lambda book: (put("limits", "F4", "=1+2")(book), put("zones", "B3", "=A1")(book))
    )
    cached = {"=1+2": ("<f>1+2</f><v />", "<f>1+2</f><v>3</v>"), "=A1": ("<f>A1</f><v />", "<f>A1</f><v></v>")}
    rewritten(
        path, lambda text: text.replace(*cached["=1+2"]).replace('B3"><f>A1</f><v />', 'B3" t="str"><f>A1</f><v></v>')
    )
    study = zv.read_study(path)
    assert study.limits["value"].tolist()[2] == 3.0
    assert study.zones["parent"].tolist()[1] == ""


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    """A workbook with other text in its sheets."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = dict(parts)
    for name in parts:
        if name.startswith("xl/worksheets/"):
            parts[name] = change(parts[name].decode("utf-8")).encode("utf-8")
    assert parts != before
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_blank_rows_hidden_rows_and_sheets_of_your_own(tmp_path: Path) -> None:
    def edit(book: openpyxl.Workbook) -> None:
        book["zones"].insert_rows(3)
        book["limits"].row_dimensions[3].hidden = True
        book["shares"].sheet_state = "hidden"
        book.create_sheet("x_notes").append(["what I think"])
        book.create_sheet("lists").append([1])
        book["lists"].sheet_state = "hidden"
        book.create_sheet("Sheet1")

    study = zv.read_study(by_hand(tmp_path / "study.xlsx", edit))
    same(zv.read_study(write_base(tmp_path / "study")), study)
    told = " ".join(study.notes)
    assert "sheet limits, row 3: hidden" in told
    assert "sheet shares: hidden, and read" in told
    assert "sheet lists: hidden, and no table" in told


def test_rows_are_numbered_as_they_are_shown(tmp_path: Path) -> None:
    def edit(book: openpyxl.Workbook) -> None:
        book["zones"].insert_rows(3)
        put("zones", "B5", "Zx")(book)

    assert faults_of(by_hand(tmp_path / "study.xlsx", edit))["where"][0] == "sheet zones, row 5, column parent"


def test_a_layer_beside_the_workbook(tmp_path: Path) -> None:
    study = zv.read_study("village")
    study.write(tmp_path / "v.xlsx")
    assert {path.name for path in tmp_path.iterdir()} == {"v.xlsx", "v-parcels.parquet"}
    assert "parcels" not in openpyxl.load_workbook(tmp_path / "v.xlsx").sheetnames
    again = zv.read_study(tmp_path / "v.xlsx")
    assert again.geometry is not None
    assert study.geometry is not None
    assert again.geometry.geom_equals(study.geometry).all()
    book = openpyxl.load_workbook(tmp_path / "v.xlsx")
    write_sheet(book, "parcels", study.parcels)
    book.save(tmp_path / "v.xlsx")
    assert "one place" in faults_of(tmp_path / "v.xlsx")["must"][0]
    (tmp_path / "v-parcels.parquet").unlink()
    assert "the parcels file is there" in faults_of(tmp_path / "v.xlsx")["must"].tolist()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    study = zv.read_study("village")
    for name in ("v.xlsx", "v-parcels.parquet"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(FileExistsError):
            study.write(tmp_path / "v.xlsx")
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_numbers_keep_their_last_digit(tmp_path: Path) -> None:
    """Some numbers take 17 digits: in tables, in columns of your own, and in settings."""
    study = zv.read_study(write_base(tmp_path / "study"))
    long = [0.1 + 0.2, 0.10555555555555556, 1.4415961271963372e-08, 90071992547409910.0, 5e-324, 1.7976931348623157e308]
    rows = len(study.parcels)
    odd = study.replace(
        settings={"rates": {"finance": 0.1 + 0.2, "social": 1 / 30}},
        parcels=study.parcels.assign(x_long=[long[at % len(long)] for at in range(rows)]),
    )
    for lang in ("en", "zh"):
        odd.write(tmp_path / f"{lang}.xlsx", lang=lang)
        same(odd, zv.read_study(tmp_path / f"{lang}.xlsx"))


def test_what_fits_in_no_cell_is_refused(tmp_path: Path) -> None:
    study = zv.read_study(write_base(tmp_path / "study"))
    for text in ("a" * 40_000, "bell\x07"):
        odd = study.replace(limits=study.limits.assign(source=text))
        with pytest.raises(ValueError, match="limits, column source"):
            odd.write(tmp_path / "a.xlsx")
        assert not any(path.suffix == ".xlsx" for path in tmp_path.iterdir())
        odd.write(tmp_path / f"folder{len(text)}")
        same(odd, zv.read_study(tmp_path / f"folder{len(text)}"))


def test_text_that_looks_like_something_else_stays_text(tmp_path: Path) -> None:
    study = zv.read_study(write_base(tmp_path / "study"))
    odd = study.replace(limits=study.limits.assign(source=["=1+1", "#N/A", "2026-01-01", "TRUE", "007"]))
    odd.write(tmp_path / "a.xlsx")
    same(odd, zv.read_study(tmp_path / "a.xlsx"))


@pytest.mark.parametrize("head", [b"", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", b"text"])
def test_a_file_that_is_no_workbook(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(head)
    faults = faults_of(tmp_path / "a.xlsx")
    assert faults["where"].tolist() == ["a.xlsx"]


@settings(max_examples=40, deadline=None)
@given(cut=st.booleans(), place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_damaged_workbook_is_a_fault(
    tmp_path_factory: pytest.TempPathFactory, cut: bool, place: float, bits: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(by_hand(folder / "study.xlsx").read_bytes())
    at = int(place * len(content))
    if cut:
        content = content[:at]
    else:
        content[at] ^= bits
    (folder / "study.xlsx").write_bytes(bytes(content))
    try:
        zv.read_study(folder / "study.xlsx")
    except StudyError:
        return


def test_a_whole_sheet_merged_does_not_hang(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "vast.xlsx", lambda book: book["limits"].merge_cells("B3:B4"))
    rewritten(path, lambda text: text.replace('ref="B3:B4"', 'ref="A1:XFD1048576"'))
    assert "merged" in faults_of(path)["found"][0]


def test_a_cell_far_away_does_not_hang(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "vast.xlsx", put("limits", "XFD1048576", "here"))
    assert faults_of(path)["where"][0] == "sheet limits, row 1048576, column XFD"


# what a workbook looks like


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_workbook_is_made_to_be_filled_in(lang: Any, tmp_path: Path) -> None:
    study = zv.read_study(write_base(tmp_path / "study"))
    study.write(tmp_path / "a.xlsx", lang=lang)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames[0] == ("study" if lang == "en" else "研究设置")
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        for column in sheet.iter_cols(max_row=1):
            (head,) = column
            assert head.font.bold
            assert 8 <= sheet.column_dimensions[head.column_letter].width <= 40
            if not str(head.value).startswith("x_"):
                assert head.comment is not None, (sheet.title, head.value)
    limits = book["limits" if lang == "en" else "约束指标"]
    heads = {cell.value: cell.column_letter for cell in limits[1]}
    value_, sense = ("value", "sense") if lang == "en" else ("限值", "关系")
    assert limits[f"{heads[value_]}2"].value == 0.5
    chosen = {next(iter(rule.sqref.ranges)).coord[0]: rule.formula1 for rule in limits.data_validations.dataValidation}
    assert chosen[heads[sense]] == ('"<=,>=,=="' if lang == "en" else '"不超过,不低于,等于"')
    parcels = book["parcels" if lang == "en" else "地块"]
    assert parcels["A2"].value == "0101"
    assert parcels["A2"].number_format == "@"
    area = next(cell for cell in parcels[1] if cell.value in ("area_ha", "面积"))
    assert area.comment is not None
    assert ("unit: ha" if lang == "en" else "单位：公顷") in area.comment.text


# keys of study.toml as paths


def test_keys_go_round() -> None:
    for path in (
        ["a"],
        ["finance", "debt_ratio_cap", "2031-2035"],
        ["periods", "a.b", "years"],
        ["x", 'q"uo"te', " s "],
    ):
        assert split(join(path)) == path
    for name in ("area.converted", "waste", "a b", 'odd "name"', ".x", "x."):
        assert split(join(["objective", "accounts", name])) == ["objective", "accounts", name]


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4))
def test_any_key_goes_round(path: list[str]) -> None:
    assert split(join(path)) == path


def test_settings_go_round_as_paths(tmp_path: Path) -> None:
    study = zv.read_study(write_base(tmp_path / "study", base=WHOLE))
    told = dict(flattened(to_toml(study.settings, None)))
    assert told["periods.2026.start"] == 2026
    assert all(value(split(path), held) == held for path, held in told.items() if not isinstance(held, list))


def test_lists_with_odd_items_go_round(tmp_path: Path) -> None:
    periods = [{"name": "p", "start": 2026, "years": 1}]
    odd = zv.make_study({"name": "o", "periods": periods, "defaults": "none", "purse": ["local", "a;b", "[c"]})
    odd.write(tmp_path / "a.xlsx")
    assert zv.read_study(tmp_path / "a.xlsx").settings.purse == ("local", "a;b", "[c")


def test_periods_with_odd_names_go_round(tmp_path: Path) -> None:
    periods = [{"name": name, "start": 2026 + at, "years": 1} for at, name in enumerate(["1.5", 'a "b"', "一期", "7"])]
    study = zv.make_study({"name": "p", "periods": periods})
    study.write(tmp_path / "a.xlsx")
    same(study, zv.read_study(tmp_path / "a.xlsx"))


# Chinese


def test_every_name_is_there_and_means_one_thing() -> None:
    for table in TABLES:
        assert names.of_table(table.name).zh[0] != table.name
        for column in table.columns:
            told = names.of_column(table.name, column.name)
            assert told.zh[0] != column.name, f"names.csv has no line for {table.name}.{column.name}"
            assert told.means, f"names.csv does not say what {table.name}.{column.name} means"
            assert told.means_zh, f"names.csv does not say in Chinese what {table.name}.{column.name} means"
            assert told.unit == "" or names.unit(told.unit, "zh") != told.unit, f"{told.unit} has no Chinese name"
            for choice in column.choices:
                assert names.value_of(column, names.of_value(column.name, choice).zh[0]) == choice
                assert names.of_value(column.name, choice).zh[0] != choice, (column.name, choice)
        several = {word: codes for word, codes in names.columns(table.name).items() if len(codes) > 1}
        assert several == {}, table.name


def test_no_line_is_of_nothing() -> None:
    lines = pd.read_csv(Path(names.__file__).with_name("names.csv"), dtype=str, keep_default_na=False)
    assert not lines.duplicated(["kind", "of", "name"]).any()
    for row in lines.itertuples():
        if row.kind == "table":
            assert row.name in BY_NAME or row.name == names.STUDY
        if row.kind == "column" and row.of:
            assert row.of == names.STUDY or row.name in {column.name for column in BY_NAME[row.of].columns}


def test_units_in_a_header(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    text = (folder / "land_take.csv").read_text()
    for header in ("面积", "面积（公顷）", "面积(ha)", "area_ha"):
        (folder / "land_take.csv").write_text(text.replace("area_ha", header))
        assert zv.read_study(folder).land_take["area_ha"].tolist() == [0.5], header


def test_names_in_a_layer(tmp_path: Path) -> None:
    study = zv.read_study("village")
    assert study.geometry is not None
    import geopandas as gpd

    layer = gpd.GeoDataFrame(study.parcels, geometry=study.geometry.to_numpy(), crs=study.geometry.crs)
    told = layer.rename(columns={"parcel_id": "地块编号", "land_class": "现状地类", "tenure": "权属"})
    told["权属"] = told["权属"].map({"state": "国有", "collective": "集体", "": ""})
    told["备注"] = "a column of somebody"
    same(study, study.replace(parcels=told))
    study.write(tmp_path / "study")
    (tmp_path / "study" / "parcels.parquet").unlink()
    told.to_file(tmp_path / "study" / "地块.gpkg", engine="pyogrio")
    toml = tmp_path / "study" / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("parcels.parquet", "地块.gpkg"), encoding="utf-8")
    same(study, zv.read_study(tmp_path / "study"))


def test_flags_in_chinese() -> None:
    frame = pd.DataFrame({"zone": ["a", "b"], "urban": ["是", "否"]})
    study = zv.make_study(
        {"name": "z", "periods": [{"name": "p", "start": 2026, "years": 1}], "defaults": "none"}, zones=frame
    )
    assert study.zones["urban"].tolist() == [True, False]
    assert np.array_equal(frame["urban"], ["是", "否"])


def test_the_same_study_is_the_same_file_whenever_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day lies between the two; nothing in the file tells when it was written, or by whom."""
    write_base(tmp_path / "base", base=MONEY)
    study = zv.read_study(tmp_path / "base")
    zv.write_study(study, tmp_path / "one.xlsx", lang="zh")
    now = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "localtime", lambda _=None: time.gmtime(now))
    before = os.umask(0o077)
    try:
        zv.write_study(study, tmp_path / "other.xlsx", lang="zh")
    finally:
        os.umask(before)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as archive:
        assert {part.date_time for part in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}
        told = archive.read("docProps/core.xml").decode()
    assert re.findall(r"<dcterms:(?:created|modified)[^>]*>([^<]*)<", told) == ["2026-01-01T00:00:00Z"] * 2
