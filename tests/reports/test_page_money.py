"""What the report page tells of money, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.chinese import english_in
from tests.reports import whole
from tests.reports.forms import Drawn
from tests.reports.test_audit_money import DRAWS, budget
from tests.reports.test_page import Opened, read, words_of
from tests.reports.told import as_data, planned
from zonevest.model.plan import PlanData
from zonevest.reports.labels import LABELS
from zonevest.reports.page import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CODES = ["bond", "loan", "roll", "grant", "stake", "tram", "build", "rise", "levy", "tax", "rent", "cost", "local"]
CODES += ["farmers", "pot", "builders", "east", "west", "land", "levying", "taxing", "SVG"]
"""Codes that stand for themselves where the study names nothing."""


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn(as_data(whole.best_plan()))


@pytest.fixture(scope="module")
def plan(drawn: Drawn) -> PlanData:
    return drawn.plan


def part(html: str, name: str) -> str:
    """The text of a section."""
    inside = html[html.index(f'<section id="{name}">') :]
    return words_of(inside[: inside.index("</section>") + len("</section>")])


def test_cash_flow_and_debt(drawn: Drawn) -> None:
    text = part(drawn.page(), "cash")
    for told in (
        "Opening cash",
        "Money raised",
        "Principal repaid",
        "Closing cash",
        "Reserve asked for",
        "Debt-risk grade",
        "Operating balance after interest",
        "million CNY per year",
        "How the chosen projects are funded",
        "Of what the gain in F1 is made",
        "Rent of land sold",
    ):
        assert told in text, told
    # debt of 2 before the first period against 12 of fiscal resources
    assert "16.7 %" in text
    assert "green" in text
    # −2.5 of cash to begin with
    assert "−2.5" in text


def test_interest_is_no_share_of_itself() -> None:
    # in p3 the fund pays interest and nothing else (see test_money_tables); the general budget always spends
    told = render(planned(budget(), {}, {"works": "p1"}, financing=DRAWS))
    alone = "Interest in fund expenditure is not told where that budget spends nothing but interest"
    assert alone in part(told, "cash")
    assert "Interest in general expenditure is not told" not in part(told, "cash")
    told = render(planned(budget(), {}, {"works": "p1"}, financing=DRAWS), lang="zh")
    assert "该预算除付息外没有其他支出的时期不列“专项债务付息占比”" in part(told, "cash")


def test_capture_and_actors(drawn: Drawn) -> None:
    html = drawn.page()
    value = html[html.index('id="section-value"') : html.index('id="section-distribution"')]
    for told in ("Value created by source", "Left to holders", "Taxes and levies on the rise of land value", "farmers"):
        assert told in value, told
    for told in ("farmers", "Receives", "What is paid is received", "East"):
        assert told.lower() in part(html, "actors").lower(), told


def test_limits_that_are_off_are_listed(drawn: Drawn, plan: PlanData) -> None:
    assert "transfers" in plan.limits_off
    assert "refinancing share" not in part(drawn.page(), "cash")
    none = replace(plan, limits_off=[])
    assert "Nothing was switched off." in part(render(none), "cash")


@pytest.mark.parametrize("section", ["cash", "actors"])
def test_in_chinese(drawn: Drawn, section: str) -> None:
    html = drawn.page("zh")
    text = part(html, section)
    assert english_in(text, CODES) == []
    long = [pair[0] for pair in LABELS.values() if len(pair[0]) > 12 and "{" not in pair[0] and pair[0] != pair[1]]
    words = words_of(html)
    assert [label for label in long if label in words] == []
    assert not read(html).open


def test_shadow_prices_have_a_column_where_they_are_known(drawn: Drawn, plan: PlanData) -> None:
    assert "Shadow price" not in part(drawn.page(), "limits")
    priced = plan.limits.copy()
    priced["shadow_price"] = np.where(priced["limit"] == "owed", 0.25, 0.0)
    text = part(render(replace(plan, limits=priced.assign(unit="million"))), "limits")
    assert "0.25 million CNY per million CNY" in text


def test_without_finance_the_page_says_so() -> None:
    given = whole.whole()
    settings = given.settings
    limits = given.limits[~given.limits["account"].str.startswith("finance.")]  # what is not there is not limited
    bare = replace(given, settings=replace(settings, finance=None), tables={**given.tables, "limits": limits})
    found = as_data(whole.best_plan())
    empty = found.financing.iloc[:0]
    text = part(render(replace(found, study=bare, financing=empty, limits_off=["finance"])), "cash")
    assert "Sources less uses" in text
    assert "Closing cash" not in text
    assert "The study has no finance table" in text


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_window(drawn: Drawn, tmp_path: Path, browser: Browser, lang: str, width: int) -> None:
    with Opened(browser, drawn.written(tmp_path, lang), width) as opened:
        page = opened.page
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # every bar of the chart has the colour of its grade, and every badge stands in its column
        assert page.locator(".chart rect.green[height]").count() >= 3
        cells = page.evaluate("Array.from(document.querySelector('tr.lights').cells, cell => cell.innerText.trim())")
        assert len(cells) == page.evaluate("document.querySelector('.by-period thead tr').cells.length")
        assert page.evaluate("getComputedStyle(document.querySelector('tr.lights')).display") == "table-row"
        assert opened.said == []
