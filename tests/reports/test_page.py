"""The report page: what stands in it, and what a browser makes of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.reports.forms import Drawn, rows_of
from tests.reports.plans import EVIL, grid, parcels_of, plan_of, tables_of, village, without_plan
from zonevest.instances.say import say
from zonevest.model.plan import PlanData
from zonevest.reports.audit import AuditReport
from zonevest.reports.audit_rules import Breach, table
from zonevest.reports.facts import Facts
from zonevest.reports.labels import LABELS
from zonevest.reports.page import page, render, write_page
from zonevest.reports.plan_folder import read_plan_data
from zonevest.reports.tables import completed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Reader(HTMLParser):
    """The text of a page as a reader sees it, and the addresses and ids it names; unclosed elements are faults.

    What waits in the template of the other language is not seen.
    """

    VOID = frozenset({"meta", "link", "br", "input", "col", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "srcset", "data", "poster"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["script"], ["style"]) and "template" not in self.open:
            self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", " ".join(read(html).text))


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn(village())


@pytest.fixture(scope="module")
def plan(drawn: Drawn) -> PlanData:
    return drawn.plan


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_whole_and_asks_for_nothing(drawn: Drawn, lang: str) -> None:
    html = drawn.page(lang)
    reader = read(html)
    assert all(address.startswith(("#", "data:")) for address in reader.addresses), reader.addresses
    assert len(set(reader.ids)) == len(reader.ids)
    targets = {address[1:] for address in reader.addresses if address.startswith("#")}
    assert targets <= set(reader.ids)
    assert "default-src 'none'" in unescape(html)
    assert "{{" not in "".join(reader.text)
    assert "{%" not in "".join(reader.text)


def test_the_page_says_what_the_plan_is(drawn: Drawn) -> None:
    text = words_of(drawn.page())
    for told in (
        "Sixty-parcel valley",
        "Proven within 0.1 % of the best possible",
        "12.345 million CNY (weighted)",
        "Best conceivable (bound): 12.35",
        "Gap: 0.04 %",
        "+10.5 million CNY",
        "+36.9 million CNY",
        "One unit of ecosystem value counts as much as 0.05 units of cash",
        "money block (debt, reserve, shares)",
        "debt ratio cap",
        "their own",
        drawn.plan.study.hash,
        "6 parcels, 10 % of the area",
        "of 3; 16.5 million CNY of investment",
        "building 2026–2027; operation from 2028",
        "building 2027; operation 2028–2030",
        "soft, gives way",
        "broken",
        "the land class does not suit the zone",
        "Handbook 2020, table 3",
        "This page carries no result of the independent audit.",
    ):
        assert told in text, told


def test_the_chinese_page_is_chinese(drawn: Drawn) -> None:
    text = words_of(drawn.page("zh"))
    for told in (
        "六十地块山谷",
        "已证明与最优值相差不超过 0.1 %",
        "百万元",
        "公顷",
        "农田保护区（300）",
        "北村",
    ):
        assert told in text, told
    # no English label may stand where a Chinese one belongs; names, codes and units of the study may be English
    english = [pair[0] for pair in LABELS.values() if len(pair[0]) > 12 and "{" not in pair[0] and pair[0] != pair[1]]
    assert [label for label in english if label in text] == []


def test_names_of_the_study_are_text(drawn: Drawn) -> None:
    html = drawn.page()
    assert EVIL not in html
    assert "&lt;b id=&#34;evil&#34;&gt;North&lt;/b&gt; &amp; &#34;Sons&#34;" in html
    assert EVIL in words_of(html)
    data = re.search(r'id="map-words-en">(.*?)</script>', html, re.DOTALL)
    assert data is not None
    assert "<" not in data[1]
    assert EVIL in json.loads(data[1])["jurisdictions"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("infeasible", "No plan exists"),
        ("no_plan", "No plan found in the time given"),
        ("interrupted", "Stopped by hand: no plan yet"),
    ],
)
def test_without_a_plan_the_page_says_why(status: str, told: str) -> None:
    html = render(without_plan(status))
    text = words_of(html)
    assert told in text
    assert "There is no plan to map or to tabulate" in text
    assert "<canvas" not in html
    assert 'id="limits"' not in html
    assert "Bound and gap" not in text


def without_tables(plan: PlanData, lang: str = "en") -> str:
    """The words of a page of which only what its tables do not tell is looked at: they take most of the time."""
    return words_of(page(Facts(completed(plan)), [], lang))


@pytest.mark.parametrize(
    ("status", "seconds", "told"),
    [
        ("feasible", 600.4, "Time limit reached: a plan, not proven"),
        ("feasible", 40.0, "A plan, not proven within the gap asked for"),
        ("interrupted", 40.0, "Stopped by hand: the best plan so far"),
    ],
)
def test_an_unproven_plan_is_called_so(plan: PlanData, status: str, seconds: float, told: str) -> None:
    assert plan.settings["time_limit"] == 600.0
    unproven = replace(plan, status=status, seconds={"solve": seconds}, bound=None, gap=None, gap_total=None)
    text = without_tables(unproven)
    assert told in text
    assert ("Time limit reached" in text) == (seconds > 600.0)
    assert "no bound known" in text
    assert "Proven within" not in text


def test_objectives_in_words(plan: PlanData) -> None:
    def told(**changes: Any) -> str:
        objective = replace(plan.study.settings.objective, **changes)
        return without_tables(replace(plan, study=plan.study.with_settings(objective=objective)))

    none: dict[str, Any] = {"cash": 0.0, "ecosystem": 0.0}
    floor = told(method="floor", floor={"ecosystem": 1.0}, **none)
    assert "whose ecosystem value (F2) is at least 100 % of doing nothing's" in floor
    assert "Exchange rate" not in floor
    assert "gain in sustainable net cash flow (F1) is at least 2 million CNY" in told(
        method="floor", floor={"cash": 2.0}, **none
    )
    least = told(accounts={"works": -1.0}, **none)
    assert "The smallest total of: Works." in least
    assert "Value of the objective 12.345 million CNY" in least
    assert "In turn: Ecosystem value (F2) → Sustainable net cash flow (F1)" in told(
        method="lexicographic", order=("ecosystem", "cash"), **none
    )


def test_the_audit_is_told(plan: PlanData) -> None:
    found = pd.DataFrame([("limit", "outlay", "at most 16.5", "17")], columns=["rule", "where", "must", "found"])
    for audited, told in (
        (AuditReport(), "found every line, limit and the objective as stated"),
        (AuditReport(found), "limit, outlay: must be at most 16.5, found 17"),
    ):
        checked: Any = SimpleNamespace(**vars(plan), audit=audited)
        assert told in without_tables(checked)


def test_findings_notes_and_message_in_chinese(plan: PlanData) -> None:
    found = AuditReport(table([Breach("area", "a", say("it is built"), say("it is not"))]))
    study = replace(plan.study, notes=(say("{layer}: a further column of shapes is left aside", layer="a.gpkg"),))
    changed = replace(plan, study=study, message=say("the time limit was reached"))
    checked: Any = SimpleNamespace(**vars(changed), audit=found)
    text = without_tables(checked, "zh")
    assert "area，a：应为 实施，实为 未实施" in text
    assert "a.gpkg：另有一个图形列未采用" in text
    assert "已达时限" in text
    assert "the time limit was reached" in without_tables(checked)


def test_land_without_shapes_has_no_map() -> None:
    html = render(plan_of(tables_of(parcels_of(60))))
    assert "The parcels of this study have no shapes: there is no map." in words_of(html)
    assert "<canvas" not in html


def test_a_study_of_projects_only(plan: PlanData) -> None:
    bare = {name: table.iloc[:0] for name, table in plan.study.tables.items() if name in ("parcels", "land_take")}
    study = replace(plan.study, tables={**plan.study.tables, **bare}, geometry=None)
    empty = {name: getattr(plan, name).iloc[:0] for name in ("parcels", "before", "nonconforming")}
    text = words_of(render(replace(plan, study=study, **empty)))
    assert "This study holds projects only: there is no land to map." in text
    assert "Valley road" in text
    assert "There is no doing nothing to compare with" not in text


def test_nothing_chosen_nothing_limited(plan: PlanData) -> None:
    idle = replace(
        plan,
        projects=plan.projects.assign(start=""),
        limits=plan.limits.iloc[:0],
        ledger=plan.ledger.iloc[:0],
        nonconforming=plan.nonconforming.iloc[:0],
    )
    text = words_of(render(idle))
    assert "No project is chosen." in text
    empty = " ".join(re.findall(r"Without rows in this plan: [^.]*\.", text))
    for told in ("All limits with their standing", "Nonconforming parcels", "Key projects"):
        assert told in empty


def test_a_plan_read_back_gives_the_same_page(plan: PlanData, tmp_path: Path) -> None:
    # with nothing but what the folder holds: zones of today and nonconforming parcels come from the study again
    full = plan_of(tables_of(parcels_of(60)), nonconforming=plan.nonconforming.iloc[:0])
    full.write_tables(tmp_path)
    again = PlanData(**{name: value for name, value in read_plan_data(tmp_path).items() if name != "audit"})
    one, two = (re.sub(r"[0-9a-f]{16}", "", render(each)) for each in (full, again))
    assert one == two


def test_write_page_replaces_whole_files_only(plan: PlanData, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="lang must be"):
        write_page(plan, target, lang="fr")
    assert target.read_text(encoding="utf-8") == "old"
    write_page(plan, target)
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


# --- in a browser --------------------------------------------------------------------------------------------------


class Opened:
    """A page in the browser with what it said and asked for."""

    def __init__(self, browser: Browser, path: Path, width: int = 1280, touch: bool = False) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=touch)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def drawn(self) -> Page:
        self.page.wait_for_selector("#maps[data-drawn]", timeout=30_000)
        return self.page

    def colours(self, side: int) -> dict[str, int]:
        """How many pixels of each colour a map has; colours that are but lines are left out."""
        count: dict[str, int] = self.page.evaluate(
            """side => {
                const canvas = document.querySelectorAll("canvas.base")[side];
                const copy = new OffscreenCanvas(canvas.width, canvas.height);
                const context = copy.getContext("2d", {willReadFrequently: true});
                context.drawImage(canvas, 0, 0);
                const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
                const count = {};
                for (let at = 0; at < pixels.length; at += 4) {
                    if (!pixels[at + 3]) continue;
                    const name = [0, 1, 2].map(k => pixels[at + k].toString(16).padStart(2, "0")).join("");
                    count[name] = (count[name] || 0) + 1;
                }
                return count;
            }""",
            side,
        )
        return {name: pixels for name, pixels in count.items() if pixels > 150}


def find(page: Page, parcel: str) -> None:
    """Search for a parcel, as a reader does."""
    page.fill("#map-find", parcel)
    page.press("#map-find", "Enter")


def place_of(page: Page, plan: PlanData, parcel: str, side: int) -> tuple[float, float]:
    """Where a parcel's middle lies on a whole map, worked out from its shape, in the browser's window."""
    geometry = plan.study.geometry
    assert geometry is not None
    low_x, low_y, high_x, high_y = geometry.total_bounds
    middle = geometry.iloc[plan.study.parcels["parcel_id"].tolist().index(parcel)].representative_point()
    left, top = place_in(page, side, 0.0, 0.0)
    width, height = page.evaluate(
        "side => [0, 0].map((_, k) => document.querySelectorAll('.stage')[side][['clientWidth', 'clientHeight'][k]])",
        side,
    )
    scale = min((width - 24) / (high_x - low_x), (height - 24) / (high_y - low_y))
    x = left + 1 + width / 2 + (middle.x - (low_x + high_x) / 2) * scale
    y = top + 1 + height / 2 - (middle.y - (low_y + high_y) / 2) * scale
    return x, y


def place_in(page: Page, side: int, right: float, down: float) -> tuple[float, float]:
    """A place on a map, as shares of its width and height, in the browser's window."""
    stage = page.locator(".stage").nth(side)
    stage.evaluate("element => element.scrollIntoView({behavior: 'instant', block: 'center'})")
    box = stage.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * right, box["y"] + box["height"] * down


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_in_silence(browser: Browser, drawn: Drawn, tmp_path: Path, lang: str, width: int) -> None:
    path = drawn.written(tmp_path, lang)
    with Opened(browser, path, width) as opened:
        page = opened.drawn()
        assert opened.said == []
        assert opened.asked == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling of the page"
        assert page.locator("#evil").count() == 0
        title = {"en": "Sixty-parcel valley", "zh": "六十地块山谷"}[lang]
        assert title in page.title()
        assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[lang]


@pytest.mark.browser
def test_the_maps_draw_what_changes(browser: Browser, drawn: Drawn, tmp_path: Path) -> None:
    path = drawn.written(tmp_path)
    with Opened(browser, path) as opened:
        page = opened.drawn()
        page.check("#map-highlight")
        before, after = opened.colours(0), opened.colours(1)
        # what changes stands in full colour: rural before, urban and protection after
        assert "d99c58" in before
        assert "da5d55" not in before
        assert {"da5d55", "175a34"} <= set(after)
        page.uncheck("#map-highlight")
        assert {"175a34", "f4ed94", "da5d55", "d99c58"} <= set(opened.colours(0))
        page.check("#maps >> text=Land class", force=True)
        assert page.locator(".map figcaption").all_inner_texts() == ["Land classes before", "Land classes after"]
        assert {"1a552c", "f6e27a", "cb5042"} <= set(opened.colours(1))
        assert page.locator(".legend:visible li").all_inner_texts() == ["Arable land", "Forest", "Built land"]
        page.check("#maps >> text=Land action", force=True)
        assert page.locator(".map figcaption").all_inner_texts() == ["Land actions", "Start of the land actions"]
        assert {"0072b2", "e69f00", "dcd9d2"} <= set(opened.colours(0))
        assert opened.said == []


@pytest.mark.browser
def test_pointing_at_a_parcel_tells_of_it(browser: Browser, drawn: Drawn, plan: PlanData, tmp_path: Path) -> None:
    path = drawn.written(tmp_path)
    built = plan.parcels.loc[plan.parcels["practice"] == "build", "parcel_id"].iloc[0]
    with Opened(browser, path) as opened:
        page = opened.drawn()
        tip = page.locator(".tip")
        assert not tip.is_visible()
        find(page, built)
        for told in (
            built,
            "Rural development (500) → Urban core (410)",
            "Arable land → Built land",
            "New building",
            "2026",
            "2 ha",
        ):
            assert told in tip.inner_text()
        page.keyboard.press("Escape")
        assert not tip.is_visible()
        page.mouse.move(*place_of(page, plan, built, 1))
        assert built in tip.inner_text()
        page.click("#map-all")
        page.mouse.move(*place_in(page, 0, 0.25, 0.5))
        assert "Ecological protection (100)" in tip.inner_text()
        assert "held as today" in tip.inner_text()
        page.fill("#map-find", "nowhere")
        page.press("#map-find", "Enter")
        assert page.locator("#map-find-note").inner_text() == "No parcel of that number"


@pytest.mark.browser
def test_tapping_zooming_and_dragging(browser: Browser, drawn: Drawn, tmp_path: Path) -> None:
    path = drawn.written(tmp_path)
    with Opened(browser, path, width=390, touch=True) as opened:
        page = opened.drawn()
        stage = page.locator(".stage").first
        stage.scroll_into_view_if_needed()
        stage.tap(position={"x": 100, "y": 100})
        assert page.locator(".tip strong").inner_text().startswith("P0000")
        page.wait_for_timeout(600)  # two taps at once are a double click, which zooms
        stage.tap(position={"x": 100, "y": 100})
        assert not page.locator(".tip").is_visible()
        whole = opened.colours(0)
        page.click("#map-in")
        page.click("#map-in")
        assert opened.colours(0) != whole
        near = opened.colours(0)
        page.mouse.move(*place_in(page, 0, 0.2, 0.2))
        page.mouse.down()
        page.mouse.move(*place_in(page, 0, 0.6, 0.5), steps=4)
        page.mouse.up()
        assert opened.colours(0) != near
        page.click("#map-all")
        assert opened.colours(0) == whole
        assert opened.said == []


@pytest.mark.browser
def test_the_tables_hold_the_numbers(browser: Browser, drawn: Drawn, tmp_path: Path) -> None:
    path, html = drawn.written(tmp_path), drawn.page()
    zones = {(row[0], row[1]): row[3:8:2] + row[7:8] for row in rows_of(html, "zone_statistics")}
    assert zones["Whole area", "Rural development (500)"][:2] == ["24", "12"]
    assert zones["Whole area", "Urban core (410)"] == ["12", "20", "8", "8"]
    classes = {(row[0], row[1]): row[2:7:2] for row in rows_of(html, "structure")}
    assert classes["Whole area", "Arable land"] == ["60", "47.50", "−12.50"]
    assert classes["Whole area", "taken by projects without a drawn site"] == ["0", "0.50", "0.50"]
    assert ["Planting trees", "2031-2035", "4", "2"] in rows_of(html, "land_actions")
    limits = [row[2:9] for row in rows_of(html, "limit_rows")]
    assert ["Whole area", "whole horizon", "16.5", "at most", "16.5", "0", "million CNY"] in limits
    # what is not met stands first
    assert [row[9] for row in rows_of(html, "limit_rows")][:2] == ["broken", "soft, gives way"]
    ledger = [row[3:6] for row in rows_of(html, "ledger") if row[0] == "Local tax"]
    assert ledger[:2] == [["2026", "4", "0"], ["2027-2030", "4", "0"]]
    with Opened(browser, path) as opened:
        bars = opened.drawn().evaluate(
            "Array.from(document.querySelectorAll('.g-build'), bar => bar.style.left + ' ' + bar.style.width)"
        )
        assert bars[:2] == ["0% 20%", "10% 10%"]


@pytest.mark.long
@pytest.mark.browser
def test_it_carries_many_parcels(browser: Browser, tmp_path: Path) -> None:
    columns, rows, path = 250, 400, tmp_path / "report.html"
    assert len(render(grid(70, 100)).encode()) < 10e6
    write_page(grid(columns, rows), path)
    assert path.stat().st_size < 15e6
    with Opened(browser, path) as opened:
        page = opened.drawn()
        assert page.locator("#maps").get_attribute("data-drawn"), "milliseconds for both maps"
        assert {"d99c58"} <= set(opened.colours(0))
        assert {"da5d55", "175a34"} <= set(opened.colours(1))
        find(page, f"P{columns * rows - 1:06d}")
        assert "Urban core (410)" in page.locator(".tip").inner_text()
        assert opened.said == []


@pytest.mark.browser
def test_it_prints_with_everything_open(browser: Browser, drawn: Drawn, tmp_path: Path) -> None:
    path = drawn.written(tmp_path)
    with Opened(browser, path) as opened:
        page = opened.drawn()
        open_before = page.locator("details[open]").count()
        assert page.locator("details:not([open])").count() > 0
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == open_before


@pytest.mark.browser
def test_a_page_without_plan_opens(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page(without_plan(), path, "zh")
    with Opened(browser, path) as opened:
        assert "不存在可行方案" in opened.page.locator("header").inner_text()
        assert opened.said == []
        assert opened.asked == [path.as_uri()]
