"""The forms of a report: whatever stands in a frame stands in the page, the workbook, the CSV and the parquet file."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from tests.reports import whole
from tests.reports.forms import (
    Book,
    code_in,
    codes,
    is_number,
    long_sheet,
    number_in,
    odd_sheets,
    same_numbers,
    says,
    tables_of_page,
)  # fmt: skip
from tests.reports.plans import village, without_plan
from tests.reports.told import as_data
from zonevest.model.plan import PlanData
from zonevest.reports import forms, workbook
from zonevest.reports.contents import Column, Sheet, sheets
from zonevest.reports.display import Display
from zonevest.reports.facts import Facts
from zonevest.reports.forms import Made, made, named, replace_reports, write_files
from zonevest.reports.grid import BYTES, CELLS, FEW, ROWS, rows_shown
from zonevest.reports.labels import LABELS, Words
from zonevest.reports.page import ROOM, page
from zonevest.reports.plan_folder import read_plan_data
from zonevest.reports.tables import completed
from zonevest.reports.workbook import HEAD, write_workbook

EMPTY = {
    "control_lines",
    "fiscal_residents",
    "limit_terms",
    "losing_parcels",
    "losing_places",
    "losing_projects",
    "natural_changes",
}
"""Tables of which neither plan has a row; others try them."""


Forms = tuple[Facts, list[Made], str]
PLANS = {"land": village, "money": lambda: as_data(whole.best_plan())}
"""A plan of land, and one with all that money touches."""


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts(completed(village()))


@pytest.fixture(
    scope="module", params=["odd money en", "odd money zh", "real land en", "real money zh", "real county en"]
)
def forms_of(request: pytest.FixtureRequest) -> Forms:
    """Odd tables or those of the report, of a plan, in a language; the county is that of the folder in the variable."""
    kind, name, lang = request.param.split()
    folder = os.environ.get("ZONEVEST_LAKESIDE_PLAN")
    if name == "county" and not folder:
        pytest.skip("no plan of the county: ZONEVEST_LAKESIDE_PLAN names no folder")
    plan = PlanData(**read_plan_data(Path(str(folder)))) if name == "county" else PLANS[name]()
    facts = Facts(completed(plan))
    return facts, made(facts, odd_sheets() if kind == "odd" else None), lang


def test_nearly_every_table_has_rows_in_one_of_the_plans() -> None:
    plans = (village(), as_data(whole.best_plan()))
    full = {table.sheet.key for plan in plans for table in made(Facts(completed(plan))) if len(table.frame)}
    known = {sheet.key for sheet in sheets()}
    assert known - full == EMPTY


def test_every_number_of_the_page_is_the_frame_s(forms_of: Forms) -> None:
    """In both languages, whichever is shown."""
    facts, tables, lang = forms_of
    found = tables_of_page(page(facts, tables, lang))
    paged = {table.sheet.key for table in tables if table.sheet.pages}  # these are there in full
    most = max(len(rows["tbody"]) for (_, key), rows in found.items() if key not in paged)
    for waiting in (False, True):
        for table in tables:
            if table.frame.empty:
                assert (waiting, table.sheet.key) not in found
                continue
            told = found[waiting, table.sheet.key]
            shown = table.frame if table.sheet.key in paged else table.frame.iloc[:most]
            columns = table.columns if hasattr(table, "columns") else table.sheet.columns
            assert [code_in(cell) for cell in told["thead"][0]] == [column.name for column in columns]
            assert len(told["tbody"]) == len(shown)
            for place, column in enumerate(columns):
                cells = [row[place] for row in told["tbody"]]
                if is_number(column):
                    assert same_numbers([number_in(cell) for cell in cells], shown[column.name]), column
                    for (text, _), value in zip(
                        cells, shown[column.name].to_numpy(float, na_value=math.nan), strict=True
                    ):
                        assert says(text, value), (column, text, value)
                else:
                    assert [code_in(cell) for cell in cells] == codes(shown[column.name]), column
                if column.total and len(table.frame) > 1:
                    whole = float(table.frame[column.name].sum())
                    assert number_in(told["tfoot"][0][place]) == whole


def test_every_number_of_the_workbook_is_the_frame_s(forms_of: Forms, tmp_path: Path) -> None:
    facts, tables, lang = forms_of
    write_workbook(facts, tables, tmp_path / "report.xlsx", lang)
    book, display = Book(tmp_path / "report.xlsx"), Display(facts.study, Words(lang))
    for table in tables:
        if table.frame.empty:
            continue
        columns = table.columns if hasattr(table, "columns") else table.sheet.columns
        name = book.sheet_of(display.words(f"table_{table.sheet.key}"))
        sheet, formulas = book.shown[name], book.formulas[name]
        first, rows = HEAD + 3, len(table.frame)
        assert sheet.freeze_panes == f"B{first}"
        assert formulas.auto_filter.ref is not None
        assert formulas.auto_filter.ref.endswith(str(first + rows - 1))
        for place, column in enumerate(columns, start=1):
            cells = [sheet.cell(first + row, place).value for row in range(rows)]
            if is_number(column):
                numbers = [{None: math.nan, "∞": math.inf, "−∞": -math.inf}.get(cell, cell) for cell in cells]
                # a workbook holds 16 digits
                assert same_numbers(numbers, table.frame[column.name]), column
            else:
                assert [cell or "" for cell in cells] == named(column, table.frame, display), column
            if column.total:
                letter = sheet.cell(1, place).column_letter
                total = formulas.cell(first + rows, place).value
                assert total == f"=SUBTOTAL(9,{letter}{first}:{letter}{first + rows - 1})"
                told = sheet.cell(first + rows, place).value
                assert told == float(table.frame[column.name].sum())
    check_cover(book.formulas, tables, lang)


def check_cover(book: Workbook, tables: list[Made], lang: str) -> None:
    """The cover names every table in both languages, with its rows, and leads to it."""
    cover = book.worksheets[0]
    rows = {cover.cell(row, 2).value: row for row in range(7, cover.max_row + 1)}
    for table in tables:
        names = LABELS[f"table_{table.sheet.key}"]
        mine, other = names if lang == "en" else names[::-1]
        if table.frame.empty:
            assert any(str(name).startswith(mine) for name in rows if name not in {names[0], names[1]})
            continue
        row = rows[mine]
        assert cover.cell(row, 3).value == other
        assert cover.cell(row, 4).value == len(table.frame)
        link = cover.cell(row, 2).hyperlink
        assert link is not None
        target = book[str(link.location).rpartition("!")[0].strip("'")]
        assert target.cell(1, 1).value == mine
        heads = [target.cell(HEAD + 2, 1).value, target.cell(HEAD + 1, 1).value]
        assert heads[0] != heads[1]


def test_files_hold_the_frames(forms_of: Forms, tmp_path: Path) -> None:
    _, tables, _ = forms_of
    write_files(tables, tmp_path / "tables")
    for table in tables:
        key = table.sheet.key
        again = pd.read_parquet(tmp_path / "tables" / f"{key}.parquet")
        blank, other = (one.astype(object).where(one.notna(), None) for one in (again, table.frame))
        pd.testing.assert_frame_equal(blank, other)
        text = pd.read_csv(tmp_path / "tables" / f"{key}.csv", keep_default_na=False, dtype=str)
        assert list(text.columns) == list(table.frame.columns)
        assert len(text) == len(table.frame)
        for column in table.sheet.columns:
            if is_number(column):
                numbers = [float(cell) if cell else math.nan for cell in text[column.name]]
                assert same_numbers(numbers, table.frame[column.name]), column
            else:
                assert text[column.name].tolist() == codes(table.frame[column.name])


def test_every_word_of_every_table_is_there_in_both_languages() -> None:
    wanted = {f"{word}_{sheet.key}" for sheet in sheets() for word in ("table", "about")}
    wanted |= {f"col_{column.name}" for sheet in sheets() for column in sheet.columns}
    assert sorted(key for key in wanted if not all(LABELS.get(key, ("", "")))) == []


def test_a_frame_that_is_not_what_its_sheet_says_is_refused(facts: Facts) -> None:
    def make(_: Facts) -> pd.DataFrame:
        return pd.DataFrame({"value": [1.0]})

    for columns in ((Column("other"),), (Column("value", unit="@unit"),)):
        with pytest.raises(ValueError, match="table ledger"):
            made(facts, (Sheet("ledger", "limits", make, columns),))


@pytest.mark.parametrize(("count", "room"), [(1, 10**9), (3, 10**9), (30, 10**9), (30, 10**6), (30, 0), (600, 10**9)])
def test_long_tables_share_what_a_page_can_carry(facts: Facts, count: int, room: int) -> None:
    tables = made(facts, (long_sheet(20_000),)) * count
    most, cells = rows_shown(tables, room), min(CELLS, room // BYTES)
    assert FEW <= most <= ROWS
    # one row more would be too much; the first rows are always there
    assert most == ROWS or count * 4 * (most + 1) > cells
    assert most == FEW or count * 4 * most <= cells


def test_a_page_of_many_parcels_stays_below_15_megabytes(facts: Facts) -> None:
    """Ninety tables as long as the parcels beside maps that leave no room: a cell takes no more than is reckoned."""
    tables = made(facts, (long_sheet(100_000),))
    assert rows_shown(tables * 90, 0) == FEW
    few, more = (len(page(facts, tables[:count], "en").encode()) for count in (0, 1))
    rows = rows_shown(tables, 10**9)
    assert (more - few) / (4 * rows) < BYTES
    assert ROOM + 90 * 9 * FEW * BYTES < 15e6


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_capped_table_says_where_the_rest_is(facts: Facts, lang: str) -> None:
    tables = made(facts, (long_sheet(20_000),))
    html = page(facts, tables, lang)
    told = {"en": "The first 2,000 of 20,000 rows; all of them: tables/ledger.csv.",
            "zh": "前 2,000 行，共 20,000 行；全部见 tables/ledger.csv。"}  # fmt: skip
    for text in told.values():
        assert html.count(text) == 1


def test_a_crash_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = village()
    replace_reports(plan, tmp_path, "en")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"report.html", "report.xlsx", "cash_flow.csv"} <= {path.name for path in before}

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    for module, name in ((forms, "write_files"), (workbook, "write_workbook")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fails)
            with pytest.raises(OSError, match="disk is full"):
                replace_reports(plan, tmp_path, "zh")
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    replace_reports(plan, tmp_path, "zh")
    assert 'lang="zh-CN"' in (tmp_path / "report.html").read_text(encoding="utf-8")[:200]
    # nothing is left beside; and a plan that is none any more has no tables
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    replace_reports(without_plan("infeasible"), tmp_path, "en")
    assert {path.stem for path in (tmp_path / "tables").iterdir()} == {"confidence", "sources"}


def test_without_a_plan_the_workbook_says_why(tmp_path: Path) -> None:
    written = replace_reports(without_plan("infeasible"), tmp_path, "zh")
    assert [path.name for path in written[:2]] == ["report.html", "report.xlsx"]
    cover = Book(tmp_path / "report.xlsx").shown.worksheets[0]
    told = [str(row[0]) for row in cover.iter_rows(max_row=12, values_only=True)]
    assert LABELS["why_infeasible"][1] in told
    assert LABELS["why_infeasible"][0] in told
