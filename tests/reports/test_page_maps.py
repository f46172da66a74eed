"""The maps in a browser: every view, hover, keys, projects, figures to save, paper, both languages (15 s)."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.reports.plans import village
from tests.reports.test_page import Opened, find, place_in, place_of
from zonevest.model.plan import PlanData
from zonevest.reports.display import Display
from zonevest.reports.facts import Facts
from zonevest.reports.labels import Words
from zonevest.reports.map_layers import VIEWS, layers, parcels
from zonevest.reports.page import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
SVG = {"s": "http://www.w3.org/2000/svg"}


@pytest.fixture(scope="module")
def plan() -> PlanData:
    plan = village()
    ids = plan.study.parcels["parcel_id"]
    return replace(plan, study=plan.study.replace(projects=plan.study.projects.assign(footprint=["", ids[7], ids[3]])))


@pytest.fixture(scope="module")
def path(plan: PlanData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("maps") / "report.html"
    write_page(plan, target)
    return target


def test_every_view_in_both_languages(browser: Browser, path: Path, plan: PlanData) -> None:
    facts = Facts(plan)
    with Opened(browser, path) as opened:
        page = opened.drawn()
        for lang in ("en", "zh"):
            found = layers(facts, parcels(facts), Display(plan.study, Words(lang)))
            for view, sides in VIEWS.items():
                page.check(f"#maps input[value={view}]", force=True)
                assert page.locator(".map figcaption").all_inner_texts() == [
                    Words(lang)(f"map_{side}") for side in sides
                ]
                entries = [found[side].names for side in sides[: 1 if view in ("zone", "class") else 2]]
                assert page.locator(".legend:visible li").all_inner_texts() == [
                    name for names in entries for name in names
                ]
                units = [found[side].unit for side in sides if found[side].unit]
                assert page.locator(".legend:visible .unit").all_inner_texts() == units
                for which in (0, 1):
                    assert set(opened.colours(which)), "drawn"
            assert page.locator(".over").first.inner_html().count("<text") >= 3, "scale and north"
            page.click(".language")
            page.wait_for_selector("#maps[data-drawn]")
        assert opened.said == []


def test_hover_tells_the_values(browser: Browser, path: Path, plan: PlanData) -> None:
    built = plan.parcels.loc[plan.parcels["practice"] == "build", "parcel_id"].iloc[0]
    rows = parcels(Facts(plan))
    with Opened(browser, path) as opened:
        page = opened.drawn()
        page.mouse.move(*place_of(page, plan, built, 0))
        told = dict(
            zip(page.locator(".tip dt").all_inner_texts(), page.locator(".tip dd").all_inner_texts(), strict=True)
        )
        assert told["Shadow value of the parcel"] == "not known", "the plan has no shadow prices"
        for name in ("worth", "nature", "captured", "left"):
            number = told[Words("en")(f"map_{name}")].split()[0].replace(",", "").replace("\u2212", "-")
            assert float(number) == pytest.approx(rows.loc[built, name], rel=6e-3, abs=1e-9), name


def test_projects_are_told_by_name(browser: Browser, path: Path, plan: PlanData) -> None:
    ids = plan.study.parcels["parcel_id"]
    with Opened(browser, path) as opened:
        page = opened.drawn()
        assert page.locator(".over circle").count() == 8, "two circles each, twice"
        page.mouse.move(*place_of(page, plan, ids[7], 1))
        assert "Lake <park>" in page.locator(".tip").inner_text()
        assert "built, starts 2027-2030" in page.locator(".tip").inner_text()
        page.mouse.move(5, 5)
        page.uncheck("#map-projects")
        assert page.locator(".over circle").count() == 0
        page.locator(".map-sites button").first.focus()
        page.keyboard.press("Enter")
        assert "Lake <park>" in page.locator(".tip").inner_text()
        assert page.locator(".over circle").count() == 8
        assert "1 of 3 projects have no drawn site" in page.locator("#maps").inner_text()


def test_keys_move_about_the_map(browser: Browser, path: Path) -> None:
    with Opened(browser, path) as opened:
        page = opened.drawn()
        page.locator(".stage").first.focus()
        page.keyboard.press("ArrowRight")
        first = page.locator(".tip strong").last.inner_text()
        for _ in range(9):
            page.keyboard.press("ArrowRight")
        assert page.locator(".tip strong").last.inner_text() != first
        whole = opened.colours(0)
        page.keyboard.press("+")
        assert opened.colours(0) != whole
        page.keyboard.press("0")
        assert opened.colours(0) == whole
        assert not page.locator(".tip").is_visible()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Escape")
        assert not page.locator(".tip").is_visible()


def test_two_fingers_zoom(browser: Browser, path: Path) -> None:
    with Opened(browser, path, width=390, touch=True) as opened:
        page = opened.drawn()
        whole = opened.colours(0)
        x, y = place_in(page, 0, 0.5, 0.5)
        client = opened.context.new_cdp_session(page)
        for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90)):
            points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert opened.colours(0) != whole


def test_a_map_is_saved_with_legend_and_scale(browser: Browser, path: Path, plan: PlanData, tmp_path: Path) -> None:
    facts = Facts(plan)
    found = layers(facts, parcels(facts), Display(plan.study, Words("en")))["worth"]
    with Opened(browser, path) as opened:
        page = opened.drawn()
        page.check("#maps input[value=worth]", force=True)
        for form in ("svg", "png"):
            with page.expect_download() as saved:
                page.locator(".map").first.locator(f"button[data-format={form}]").click()
            assert saved.value.suggested_filename == f"map_worth.{form}"
            saved.value.save_as(tmp_path / saved.value.suggested_filename)
        assert opened.said == []
        assert opened.asked[0] == path.as_uri()
        assert all(one.startswith("blob:") for one in opened.asked[1:]), "nothing leaves the file"
    root = ET.parse(tmp_path / "map_worth.svg").getroot()
    texts = [one.text for one in root.iterfind(".//s:text", SVG)]
    assert f"Net present value ({found.unit})" in texts
    assert set(found.names) <= set(texts)
    assert {"N", "0"} <= set(texts)
    assert any(str(text).endswith((" m", " km")) for text in texts)
    assert "1 Lake <park> (built, starts 2027-2030)" in texts
    assert len(root.findall(".//s:g[@fill-rule]/s:path", SVG)) == 60, "a shape for each parcel"
    assert root.find(".//s:image", SVG) is None
    width, height = struct.unpack(">II", (tmp_path / "map_worth.png").read_bytes()[16:24])
    assert (width, height) == (3 * int(root.attrib["width"]), 3 * int(root.attrib["height"])), "300 dots an inch"


def test_paper_has_every_map(browser: Browser, path: Path) -> None:
    with Opened(browser, path) as opened:
        page = opened.drawn()
        page.evaluate(
            """window.addEventListener("beforeprint", () => {
                window.printed = Array.from(document.querySelectorAll(".on-paper canvas"), (canvas) => {
                    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                    return data.filter((value, at) => at % 4 === 3 && value).length;
                });
                const told = document.querySelectorAll(".on-paper figcaption");
                window.captions = Array.from(told, (one) => one.textContent);
            })"""
        )
        assert page.pdf(format="A4").startswith(b"%PDF")
        assert len(page.evaluate("window.printed")) == 2 * len(VIEWS)
        assert min(page.evaluate("window.printed")) > 20_000, "pixels with colour"
        assert page.evaluate("window.captions") == [
            Words("en")(f"map_{side}") for one in VIEWS.values() for side in one
        ]
        assert page.locator(".on-paper canvas").count() == 0


def test_a_parcel_is_found_on_the_map(browser: Browser, path: Path, plan: PlanData) -> None:
    with Opened(browser, path) as opened:
        page = opened.drawn()
        find(page, plan.study.parcels["parcel_id"].iloc[59])
        assert page.locator(".marked path").count() > 0
        assert "P000059" in page.locator(".tip").inner_text()
