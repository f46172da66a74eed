"""What the report page tells of money, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.chinese import english_in
from tests.reports import whole
from tests.reports.forms import Drawn, rows_of
from tests.reports.test_page import Opened, read, words_of
from tests.reports.told import as_data
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
    html = drawn.page()
    text = part(html, "cash")
    for told in (
        "Opening cash",
        "Money raised",
        "Principal repaid",
        "Closing cash",
        "Reserve asked for",
        "How the chosen projects are funded",
        "Of what the gain in F1 is made",
        "Rent of land sold",
    ):
        assert told in text, told
    # −2.5 of cash to begin with
    assert "−2.5" in text
    # debt of 2 before the first period against 12 of fiscal resources
    start = rows_of(html, "debt_and_cover")[0]
    assert "green" in start
    assert "17\u00a0%" in start


def test_value_and_actors(drawn: Drawn) -> None:
    html = drawn.page()
    value = html[html.index('id="section-value"') : html.index('id="section-distribution"')]
    for told in ("Value created by source", "Left to holders", "Taxes and levies on the rise of land value", "farmers"):
        assert told in value, told
    assert "farmers" in [row[0] for row in rows_of(html, "gains_actors")]


def test_limits_that_are_off_are_listed(drawn: Drawn, plan: PlanData) -> None:
    assert "transfers" in plan.limits_off
    assert "refinancing share" not in part(drawn.page(), "cash")
    none = replace(plan, limits_off=[])
    assert "Nothing was switched off." in part(render(none), "cash")


def test_in_chinese(drawn: Drawn) -> None:
    html = drawn.page("zh")
    text = part(html, "cash")
    assert english_in(text, CODES) == []
    long = [pair[0] for pair in LABELS.values() if len(pair[0]) > 12 and "{" not in pair[0] and pair[0] != pair[1]]
    words = words_of(html)
    assert [label for label in long if label in words] == []
    assert not read(html).open


def test_shadow_prices_where_they_are_known(drawn: Drawn, plan: PlanData) -> None:
    assert {row[11] for row in rows_of(drawn.page(), "limit_rows")} == {"–"}
    priced = plan.limits.assign(shadow_price=np.where(plan.limits["limit"] == "owed", 0.25, 0.0))
    found = {row[0]: row[11] for row in rows_of(render(replace(plan, limits=priced)), "limit_rows")}
    assert float(found["owed"]) == 0.25


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
        assert opened.said == []
