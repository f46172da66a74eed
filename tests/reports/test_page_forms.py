"""The page in a browser: languages, search, tables, figures and print."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.reports.forms import long_frame, long_sheet, odd_sheets
from tests.reports.plans import village
from tests.reports.test_page import Opened
from zonevest.reports.contents import SECTIONS
from zonevest.reports.facts import Facts
from zonevest.reports.forms import made
from zonevest.reports.labels import LABELS
from zonevest.reports.page import page as written
from zonevest.reports.page import render
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small plan."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(village()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def large(report: Path) -> Path:
    """The page of the county, as README's first command wrote it; without it that of the small plan."""
    folder = os.environ.get("ZONEVEST_LAKESIDE_PLAN")
    return Path(folder).resolve() / "report.html" if folder else report


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every kind of column and a long table."""
    facts = Facts(completed(village()))
    path = tmp_path_factory.mktemp("odd") / "report.html"
    tables = made(facts, (*odd_sheets(), long_sheet(3000)))
    path.write_text(written(facts, tables, "en"), encoding="utf-8")
    return path


def cells(page: Page, key: str, column: int) -> list[str]:
    """The cells of a table's column that are not sifted out, as they are read."""
    found: list[str] = page.evaluate(
        """([key, at]) => Array.from(document.querySelector(`table[data-key=${key}]`).tBodies[0].rows)
            .filter(row => !row.hidden).map(row => row.cells[at].textContent)""",
        [key, column],
    )
    return found


def saved(page: Page, button: str) -> tuple[str, bytes]:
    """The name and content of what a button downloads."""
    with page.expect_download() as waiting:
        page.locator(button).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize(("plan", "width"), [("large", 1280), ("report", 390)])
def test_each_section_is_there_in_both_languages(
    browser: Browser, plan: str, width: int, request: pytest.FixtureRequest
) -> None:
    report: Path = request.getfixturevalue(plan)
    with Opened(browser, report, width) as opened:
        page = opened.page
        for lang, side in (("en", 0), ("zh", 1), ("en", 0)):
            assert page.locator("body > .page").count() == 1
            assert page.locator("html").get_attribute("lang") == ("zh-CN" if lang == "zh" else "en")
            titles = [LABELS[f"section_{name}"][side] for name in SECTIONS]
            assert page.locator(".chapter > h2").all_inner_texts() == titles
            assert page.locator(".contents > li > a").all_inner_texts() == titles
            # by one script each: a locator looks through the whole page, which is long
            ids = page.evaluate("Array.from(document.querySelectorAll('[id]'), each => each.id)")
            assert len(ids) == len(set(ids))
            targets = page.evaluate("Array.from(document.querySelectorAll('.contents a'), a => a.getAttribute('href'))")
            assert len(targets) >= len(SECTIONS)
            assert set(targets) <= {f"#{name}" for name in ids}
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert LABELS["report"][side] in page.title()
            page.click(".language")
        assert opened.said == []
        assert opened.asked == [report.as_uri()]


def test_a_language_keeps_its_state_and_the_reader_s_place(browser: Browser, odd: Path) -> None:
    with Opened(browser, odd) as opened:
        page = opened.page
        page.fill("#table-ledger .filter", "P000123")
        page.evaluate("document.getElementById('table-ledger').scrollIntoView({behavior: 'instant'})")
        top = page.locator("#table-ledger").bounding_box()
        page.click(".language")
        moved = page.locator("#table-ledger").bounding_box()
        assert top is not None
        assert moved is not None
        assert abs(top["y"] - moved["y"]) < 40
        assert page.input_value("#table-ledger .filter") == ""
        page.click(".language")
        assert page.input_value("#table-ledger .filter") == "P000123"
        assert cells(page, "ledger", 0) == ["P000123"]
        assert opened.said == []


def test_a_table_is_searched_and_sorted(browser: Browser, odd: Path) -> None:
    with Opened(browser, odd) as opened:
        page = opened.page
        shown = long_frame(3000).iloc[:2000]
        assert len(cells(page, "ledger", 0)) == 2000
        page.fill("#table-ledger .filter", "P0001 urban")  # the words of a row, in any order; a zone by its name
        wanted = shown[shown["project"].str.contains("P0001") & (shown["account"] == "410")]
        assert cells(page, "ledger", 0) == wanted["project"].tolist()
        assert page.locator("#table-ledger .count").inner_text() == f"{len(wanted)} / 3,000 rows"
        page.click("#table-ledger th[data-c=value]")
        assert cells(page, "ledger", 0) == wanted.sort_values("value")["project"].tolist()
        page.click("#table-ledger th[data-c=value]")
        page.fill("#table-ledger .filter", "")
        assert cells(page, "ledger", 0) == shown.sort_values("value", ascending=False)["project"].tolist()
        # rows without a number stand last either way
        for _ in range(2):
            page.press("#table-schedule th[data-c=value]", "Enter")
            assert cells(page, "schedule", 6)[-1] == "–"
        assert opened.said == []


def test_a_long_table_is_folded(browser: Browser, odd: Path) -> None:
    """It shows its first rows, of whatever order, and all that a filter leaves; its button unfolds it."""
    with Opened(browser, odd) as opened:
        page, shown = opened.page, long_frame(3000).iloc[:2000]
        rows = page.locator("#table-ledger tbody tr:visible")
        assert rows.count() == 15
        page.click("#table-ledger th[data-c=value]")
        assert rows.count() == 15
        least = shown.sort_values("value")["project"].head(15).tolist()
        assert rows.locator("td:first-child").all_inner_texts() == least
        page.fill("#table-ledger .filter", "P00001")  # stands nowhere among the first rows
        assert rows.count() == shown["project"].str.startswith("P00001").sum()
        assert not page.locator("#table-ledger .fold").is_visible()
        page.fill("#table-ledger .filter", "")
        assert page.locator("#table-ledger .fold").inner_text() == "Show all 2,000 rows"
        page.click("#table-ledger .fold")
        assert rows.count() == 2000
        page.click("#table-ledger .fold")
        assert rows.count() == 15
        assert page.locator("#table-schedule .fold").count() == 0


def test_every_project_has_a_page_of_its_own(browser: Browser, report: Path) -> None:
    with Opened(browser, report) as opened:
        page = opened.page
        leaves = page.locator("#table-prospectus .leaf")
        assert leaves.count() >= 2
        assert page.locator("#table-prospectus .leaf[open]").count() == 1
        page.wait_for_selector(".leaf[open] .site canvas")
        # a jurisdiction or a site is marked: three colours, and nothing beside the land
        colours = page.evaluate(
            """Array.from(document.querySelectorAll("#table-prospectus .site:not([hidden]) canvas"), canvas =>
                new Set(new Uint32Array(canvas.getContext("2d")
                    .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size)"""
        )
        assert colours
        assert min(colours) >= 3
        page.fill(".search", leaves.nth(1).locator("summary").inner_text())
        assert page.locator("#table-prospectus .leaf:visible[open]").count() >= 1
        page.fill(".search", "")
        name, content = saved(page, "#table-prospectus .csv")
        assert name == "prospectus.csv"
        told = pd.read_csv(io.BytesIO(content))
        assert told["project"].nunique() == leaves.count()
        # in print a page each, though the first stands below the heading of the table: each has room for 28 rows
        page.evaluate(
            """document.querySelectorAll("#table-prospectus .leaf tbody").forEach(rows => {
                while (rows.rows.length < 28) rows.append(rows.rows[0].cloneNode(true)); });
            document.querySelectorAll("section, footer").forEach(part => {
                if (!part.contains(document.querySelector("#table-prospectus"))) part.remove(); });
            document.querySelectorAll(".sheet:not(#table-prospectus), .drawn").forEach(part => part.remove());"""
        )
        assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1 + leaves.count()
        assert opened.said == []


def test_the_search_of_the_page_leaves_what_holds_its_words(browser: Browser, odd: Path) -> None:
    with Opened(browser, odd) as opened:
        page = opened.page
        page.fill(".search", "P001234")
        assert cells(page, "ledger", 0) == ["P001234"]
        assert page.locator(".found").inner_text() == "1 rows in 1 tables"
        assert page.locator("#table-ledger tbody tr:visible").count() == 1
        assert not page.locator("#table-schedule").is_visible()
        assert not page.locator("#section-land").is_visible()
        page.fill(".search", "south")
        assert page.locator("#table-schedule").is_visible()
        assert not page.locator("#table-ledger").is_visible()
        page.fill(".search", "nowhere at all")
        assert page.locator(".found").inner_text() == "No row holds this."
        page.fill(".search", "")
        assert page.locator(".chapter:visible").count() == len(SECTIONS)
        assert len(cells(page, "ledger", 0)) == 2000


def test_the_download_is_the_data(browser: Browser, odd: Path) -> None:
    with Opened(browser, odd) as opened:
        page = opened.page
        for key, frame in (("ledger", long_frame(3000).iloc[:2000]), ("schedule", odd_sheets()[0].make(None))):  # type: ignore[arg-type]
            page.fill("#table-ledger .filter", "P0000")  # what is filtered away is downloaded too
            name, content = saved(page, f"#table-{key} .csv")
            assert name == f"{key}.csv"
            buffer = io.StringIO()
            frame.to_csv(buffer, index=False, lineterminator="\n")
            kept = {"keep_default_na": False, "na_values": {"value": [""], "slack": [""], "from_year": [""]}}
            again = pd.read_csv(io.BytesIO(content), dtype={"account": str}, **kept)
            wanted = pd.read_csv(io.StringIO(buffer.getvalue()), dtype={"account": str}, **kept)
            pd.testing.assert_frame_equal(again, wanted, check_exact=True, check_dtype=False)
        assert opened.said == []


def test_every_figure_is_drawn_and_saved(browser: Browser, report: Path) -> None:
    with Opened(browser, report) as opened:
        page = opened.page
        for lang in ("en", "zh"):
            figures = page.evaluate("Array.from(document.querySelectorAll('.drawn'), each => each.id)")
            assert "figure-starts" in figures
            for name in figures:
                page.evaluate("name => document.getElementById(name).scrollIntoView({behavior: 'instant'})", name)
                box = page.wait_for_function(
                    "name => document.getElementById(name).querySelector('svg.main-svg')?.getBoundingClientRect()",
                    arg=name,
                ).json_value()
                assert min(box["width"], box["height"]) > 0
                targets = page.evaluate(
                    """name => Array.from(document.querySelectorAll(`#${name} .figure-tools a`),
                        link => document.querySelectorAll(link.getAttribute('href')).length)""",
                    name,
                )
                assert targets == [1]
            first = figures[-1]
            title, content = saved(page, f"#{first} [data-format=svg]")
            assert title == f"{first}.svg"
            assert content.lstrip().startswith(b"<svg")
            assert b"<script" not in content
            title, content = saved(page, f"#{first} [data-format=png]")
            assert title == f"{first}.png"
            assert content.startswith(b"\x89PNG")
            # three times the size it is drawn in: sharp on paper
            assert int.from_bytes(content[16:20], "big") >= 2700
            page.click(".language")
            assert page.locator("body > .page").get_attribute("data-lang") != lang
        assert opened.said == []
        assert [each for each in opened.asked if not each.startswith(("file:", "blob:", "data:"))] == []


def test_printed_it_has_all_sections_and_no_controls(browser: Browser, odd: Path) -> None:
    with Opened(browser, odd) as opened:
        page = opened.page
        page.wait_for_selector(".plot[data-drawn]")  # nobody has scrolled to it
        pdf = page.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator("nav:visible, button:visible, input:visible, summary:visible").count() == 0
        assert page.locator(".chapter > h2:visible").count() == len(SECTIONS)
        for plot in page.locator(".plot").all():
            box = plot.locator("svg.main-svg").first.bounding_box()
            assert box is not None
            assert box["width"] <= 690, "a figure fits the paper"
        # of a long table the first rows, how many are left and where the rest is
        assert page.locator("#table-ledger tbody tr:visible").count() == 30
        assert "2,970 more" in page.locator("#table-ledger .printed").inner_text()
        assert page.locator("#table-ledger .printed").is_visible()
        assert "tables/ledger.csv" in page.locator("#table-ledger .printed").inner_text()
        assert opened.said == []


def test_without_scripts_the_language_asked_for_is_there(browser: Browser, odd: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(odd.as_uri())
    # the controls that need scripts are not shown
    assert page.locator(".controls").is_hidden()
    assert page.locator("#table-ledger .tools").is_hidden()
    assert page.locator("#table-schedule td").first.is_visible()
    context.close()
