"""What the page tells of budgets, projects, markets, resources and people, in both languages; numbers by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy_financial as npf
import pandas as pd
import pytest

from tests.chinese import english_in
from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows
from tests.reports.forms import Drawn, rows_of
from tests.reports.plans import village
from tests.reports.test_audit_assets import PLANT as WOODS
from tests.reports.test_audit_budgets import FUND, GENERAL, PASSED, three_budgets
from tests.reports.test_audit_hurdles import LAKE, PARK, PLANT, WORTH, projects
from tests.reports.test_audit_money import DRAWS
from tests.reports.test_audit_steps import priced
from tests.reports.test_page import Opened, read, words_of
from tests.reports.test_page_money import part
from tests.reports.told import planned
from zonevest.model.plan import PlanData
from zonevest.reports.assumptions import confidence
from zonevest.reports.display import Display, number
from zonevest.reports.facts import Facts
from zonevest.reports.labels import LABELS, Words
from zonevest.reports.page import render
from zonevest.reports.sections_head import head

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CODES = [
    "upkeep",
    "portfolio",
    "bond",
    "loan",
    "stake",
    "grant",
    "roll",
    "works",
    "rent",
    "east",
    "west",
    "sale",
    "fund",
    "park",
    "lake",
]
CODES += ["plant", "build", "both", "road", "school", "mine", "waste", "water", "built", "town", "CNY", "EOD", "kept"]
"""Codes that stand for themselves where the study names nothing."""


def cells(html: str, section: str, name: str) -> list[list[str]]:
    """The cells of the rows of a section that begin with a name."""
    inside = html[html.index(f'<section id="{section}">') :]
    inside = inside[: inside.index("</section>")]
    found = []
    for row in re.findall(r"<tr[ >].*?</tr>", inside, re.DOTALL):
        texts = [
            words_of(f"<p>{each}</p>").strip() for each in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        if texts and texts[0].startswith(name):
            found.append(texts[1:])
    return found


def town(**changes: Any) -> PlanData:
    """A plan with everything that the page tells beside the rest.

    From p2 on woods are planted on 4 ha of the west, and homes for 30 people a hectare stand on 10 ha of the east.
    """
    limits: Rows = [
        {"limit": "kept", "account": "asset.land", "sense": ">=", "value": 1.0, "basis": "share_of_start",
         "period": "last", "kind": "soft", "penalty": 0.1},
        {"limit": "few", "account": "area.class_group.construction", "sense": "<=", "value": 20.0, "period": "last",
         "jurisdiction": "main_function:key ecological function"},
    ]  # fmt: skip
    given = projects(
        {**PLANT, "deliverability": 0.9, "hurdle": 0.03},
        {**LAKE, "mandatory": 0}, PARK,
        {"project": "mine", "capex": 12.0, "build_years": 2, "life_years": 10, "annual_revenue": 3.0,
         "annual_cost": 1.0, "hurdle": 0.1},
        settings={
            "finance": {"eod_eco_share": 0.4, "opening_cash": 99.0},
            "rates": {"finance": 0.1, "social": 0.05, "tail_years": 2},
        },
        accounts=[*ACCOUNTS, {"account": "air", "unit": "t/year"}],
        parcels=[
            {**FARM, "jurisdiction": "east", "tenure": "state"},
            {**FARM, "parcel_id": "b", "area_ha": 4.0, "jurisdiction": "west", "tenure": "collective"},
        ],
        jurisdictions=[
            {"jurisdiction": "east", "population": 100, "main_function": "key ecological function"},
            {"jurisdiction": "west", "population": 50},
        ],
        practices=[{**BUILD, "in_migration": 30.0}, WOODS],
        class_flows=[
            {"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 0.03},
            {"land_class": "wood", "account": "water", "basis": "per_ha_year", "value": 0.05},
        ],
        price_steps=[
            {"account": "sale", "area_account": "area.new.practice.build", "price": 3.0, "up_to": 2.0, "factor": 1.0},
            {"account": "sale", "area_account": "area.new.practice.build", "price": 3.0, "up_to": 4.0, "factor": 0.5},
            {"account": "cost", "area_account": "area.rezoned", "price": 1.0, "up_to": 9.0, "factor": 0.0},
            {"account": "sale", "area_account": "area.lost.class.built", "price": 1.0, "up_to": 9.0, "factor": 1.0},
        ],
        synergies=[
            {"project": "plant", "with": "park", "account": "rent", "value": 2.0},
            {"project": "plant", "with": "mine", "account": "rent", "value": 2.0},
        ],
        limits=limits,
    )  # fmt: skip
    starts = {"plant": "p1", "lake": "p2", "park": "p2"}
    return replace(planned(given, {"b": ("plant", "p2"), "a": ("build", "p2")}, starts), **changes)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn(town())


@pytest.fixture(scope="module")
def plan(drawn: Drawn) -> PlanData:
    return drawn.plan


@pytest.fixture(scope="module")
def html(drawn: Drawn) -> str:
    return drawn.page()


@pytest.fixture(scope="module")
def chinese(drawn: Drawn) -> str:
    return drawn.page("zh")


@pytest.fixture(scope="module")
def drawn_budgets() -> Drawn:
    given = three_budgets()
    named = given.budgets.assign(name_en=["General budget", "Fund", "Firm"], name_zh=["一般预算", "基金预算", "企业"])
    return Drawn(planned(given.replace(budgets=named), {}, {"works": "p1"}, financing=DRAWS, budget_transfers=PASSED))


@pytest.fixture(scope="module")
def budgeted(drawn_budgets: Drawn) -> PlanData:
    return drawn_budgets.plan


@pytest.fixture(scope="module")
def budgets(drawn_budgets: Drawn) -> str:
    return drawn_budgets.page()


@pytest.fixture(scope="module")
def chinese_budgets(drawn_budgets: Drawn) -> str:
    return drawn_budgets.page("zh")


class TestBudgets:
    def test_by_period(self, budgets: str) -> None:
        html = budgets
        # the cash flow comes first, then the general budget, the fund and the enterprise
        opening, closing = (cells(html, "cash", f"{when} cash") for when in ("Opening", "Closing"))
        assert opening[1] == [number(value, 2) for value in (4, *GENERAL[:2])]
        assert closing[1:3] == [[number(value, 2) for value in each] for each in (GENERAL, FUND)]
        assert cells(html, "cash", "Passed on by other budgets") == [["0", "0", "1.00"], ["2.00", "3.00", "1.00"]]
        assert cells(html, "cash", "Passed on to other budgets") == [["−2.00", "−3.00", "−1.00"], ["0", "0", "−1.00"]]
        # 5 a year, a fifth set aside, less 2, and the residuals (see test_audit_budgets); 1, 2 and 3 years
        assert cells(html, "cash", "Operating result")[-2][:2] == ["1.00", "2.00"]
        assert cells(html, "cash", "One-off outlay")[1] == ["−6.00", "−6.00", "0"]
        assert cells(html, "cash", "Reserve asked for")[-1] == ["0.25", "0.25", "0.25"]

    def test_what_is_passed_on_and_set_aside(self, budgeted: PlanData, budgets: str) -> None:
        html = budgets
        assert cells(html, "cash", "General budget → Fund") == [["2", "3", "1"]]
        assert cells(html, "cash", "Firm → General budget") == [["0", "0", "1"]]
        assert cells(html, "cash", "rent → Fund") == [["20 %", "1", "2", "3"]]
        none = replace(budgeted, budget_transfers=budgeted.budget_transfers.iloc[:0])
        assert "Nothing is passed from budget to budget." in part(render(none), "cash")

    def test_in_chinese(self, chinese_budgets: str) -> None:
        text = part(chinese_budgets, "cash")
        assert english_in(text, CODES) == []
        for told in ("分预算收支", "一般预算 → 基金预算", "收入计提", "rent → 基金预算", "调出至其他预算"):
            assert told in text, told

    def test_a_bound_is_a_least_or_a_most(self, budgets: str) -> None:
        # the fund keeps 0.25 and has 2.3; of 2.5 that may be passed on to it 2 are
        told = [row[3:7] for row in rows_of(budgets, "limit_rows")]
        assert ["p1", "2.3", "at least", "0.25"] in told
        assert ["p1", "2", "at most", "2.5"] in told

    def test_rows_and_accounts_of_budgets_have_names(self, budgets: str, chinese_budgets: str) -> None:
        told = {tuple(row[:2]) for row in rows_of(budgets, "limit_rows")}
        assert ("Cash kept at the end of each period: Fund", "Cash of the budget: Fund") in told
        assert ("Passed on to another budget: General budget → Fund", "Amount passed on") in told
        assert "期末最低库存现金：基金预算" in [row[0] for row in rows_of(chinese_budgets, "limit_rows")]
        assert "Cash of the budget: Firm" in [row[0] for row in rows_of(budgets, "ledger")]


class TestProjects:
    def test_what_is_expected(self, html: str) -> None:
        # the start; the share; 3 and 2.7 a year, nothing for nature; 12 in two years, 1.7 a year for ten at 3 %
        worth = npf.npv(0.03, [0, -6, -6, *[1.7] * 10])
        told = {row[0]: row for row in rows_of(html, "delivered")}
        assert told["plant"][1:5] == ["p1", "90\u00a0%", "3", "2.70"]
        assert told["plant"][9:] == [number(worth, 2), "3\u00a0%"]
        # the park has no hurdle and delivers all of its 2
        assert told["park"][1:5] == ["p2", "100\u00a0%", "2", "2.00"]
        assert told["park"][9:] == ["–", "–"]

    def test_what_can_never_start(self, html: str, chinese: str) -> None:
        # the best start is the later one: −0.257 of the earlier, two years later
        best = npf.npv(0.1, WORTH) / 1.1**2
        assert ["10 %", f"−{-best:.3f}"] in cells(html, "projects", "mine")
        text = part(html, "projects")
        assert "Can never start (1)" in text
        assert "Its net present value at its hurdle rate is below zero from every period of its window" in text
        assert "按基准收益率计算的净现值均低于零" in part(chinese, "projects")

    def test_bundles(self, html: str) -> None:
        income = npf.npv(0.1, [0, 0, 0, -10, *[1.8] * 10])
        assert cells(html, "projects", "both") == [["lake, park", "p2", "10", "40 %", f"+{income:.3f}"]]
        assert "Restoration is to have at least 40 %" in part(html, "projects")

    def test_synergies(self, html: str) -> None:
        # the park opens in 2029; nine tenths of 2 a year
        row = ["park", "rent", "2029", "2.00", "1.80", "million CNY per year"]
        assert row in cells(html, "projects", "plant")
        assert "1 of 2 come about" in part(html, "projects")

    def test_the_portfolio_has_a_name(self, html: str) -> None:
        found = [row[:2] for row in rows_of(html, "limit_rows")]
        name = "Projects at their hurdle rates, all together"
        assert [name, "Net present value of projects, rises of land value included"] in found


class TestLand:
    def test_people(self, html: str) -> None:
        # 150 at the start; homes for 300 on 10 ha from 2028 on; a square metre is a ten-thousandth of a hectare
        found = {tuple(row[:2]): row[2:] for row in rows_of(html, "people")}
        assert found["Whole area", "p1"] == ["150", "0", "0", "0"]
        assert found["Whole area", "p2"] == ["450", "300", "10", "222.2"]
        # all of them move to the east
        assert [found["east", name][0] for name in ("start", "p1", "p2")] == ["100", "100", "400"]
        assert found["west", "p2"][:2] == ["50", "0"]

    def test_markets(self, html: str) -> None:
        # 10 ha in three years: 6 at 3 million, 4 at 1.5
        assert cells(html, "cash", "Step 1: up to 2 ha a year at 3 million CNY/ha") == [["ha", "0", "6"]]
        assert cells(html, "cash", "Step 2: up to 4 ha a year at 1.5 million CNY/ha") == [["ha", "0", "4"]]
        assert cells(html, "cash", "All steps")[0] == ["ha", "0", "10"]
        assert cells(html, "cash", "Amount")[0] == ["million CNY", "0", "24"]
        assert cells(html, "cash", "Average price ")[0] == ["million CNY/ha", "–", "2.40"]
        # what is free at first has no price to compare with
        assert cells(html, "cash", "Average price against the first step") == [["", "–", "80 %"]]
        assert "Nothing comes onto the market here: sale · Lost by land class: built." in part(html, "cash")

    def test_steps_that_differ_by_period(self) -> None:
        steps = [
            {"account": "sale", "area_account": "area.new.practice.build", "price": price, "up_to": 4.0, "factor": 1.0,
             "period": period}
            for period, price in (("p1", 3.0), ("p2", 2.0))
        ]  # fmt: skip
        html = render(planned(priced(steps), {"b": ("build", "p2")}, {}))
        assert cells(html, "cash", "Step 1: amount and price by period") == [["ha", "0", "4"]]

    def test_each_market_has_a_row_of_its_own(self, html: str) -> None:
        found = [row[1] for row in rows_of(html, "limit_rows") if row[0] == "What the market takes"]
        assert {"New land action: build", "Lost by land class: built"} <= set(found)


def test_in_chinese(chinese: str, plan: PlanData) -> None:
    tables = plan.study.tables
    names = {str(cell) for name in ("zones", "land_classes", "limits") for cell in tables[name].to_numpy().ravel()}
    for section in ("projects", "cash"):
        assert english_in(part(chinese, section), [*CODES, *names]) == [], section
    text = words_of(chinese)
    long = [pair[0] for pair in LABELS.values() if len(pair[0]) > 12 and "{" not in pair[0] and pair[0] != pair[1]]
    assert [label for label in long if label in text] == []
    assert not read(chinese).open


def test_a_study_without_them_is_told_as_before() -> None:
    bare = Drawn(village())
    for lang, side in (("en", 0), ("zh", 1)):
        html = bare.page(lang)
        text = words_of(html)
        for key in ("bundles_title", "together_title", "budgets_title", "passed_title", "aside_title", "market_title"):
            assert LABELS[key][side] not in text, key
        assert 'id="never"' not in html


@pytest.mark.parametrize(
    ("account", "english", "chinese"),
    [
        ("asset.forest", "Value of natural resource: forest", "自然资源资产价值：森林"),
        ("asset.water.state", "Value of natural resource: water, state-owned", "自然资源资产价值：水（国有）"),
        ("asset.sea.collective", "Value of natural resource: sea, collective", "自然资源资产价值：海洋（集体）"),
        ("finance.cash", "Cash", "现金结余"),
        ("finance.cash.fund", "Cash of the budget: fund", "预算现金结余：fund"),
        ("finance.raised.bond", "Raised: bond", "筹资：bond"),
        ("money.outlay.green", "Green outlay", "绿色投入"),
        ("finance.cash.nobody", "finance.cash.nobody", "finance.cash.nobody"),
    ],
)
def test_built_in_accounts_have_names(account: str, english: str, chinese: str) -> None:
    given = three_budgets()
    assert Display(given, Words("en")).account(account) == english
    assert Display(given, Words("zh")).account(account) == chinese
    assert Display(given, Words("zh")).unit("million, present value") == "百万元（现值）"


def test_built_in_accounts_have_units(budgeted: PlanData) -> None:
    rows_of = Facts(budgeted).accounts.groupby("account", sort=False)
    table: Mapping[str, pd.Series] = {str(name): rows.iloc[0] for name, rows in rows_of}
    assert (table["finance.cash.fund"]["unit"], table["finance.cash.fund"]["family"]) == ("million", "money")
    assert (table["money.operating"]["unit"], table["money.operating"]["recurrence"]) == ("million/year", "annual")
    assert table["area.class.farm"]["family"] == "area"
    # a gain is of the whole plan: it has no periods to stand in
    assert not any(name.startswith("gain.") for name in table)


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_window(drawn: Drawn, tmp_path: Path, browser: Browser, lang: str, width: int) -> None:
    with Opened(browser, drawn.written(tmp_path, lang), width) as opened:
        page = opened.page
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # every row of a table fills the columns of its head
        ragged = page.evaluate(
            """Array.from(document.querySelectorAll("#projects table, #cash table"), table => {
                const wide = row => Array.from(row.cells).reduce((sum, cell) => sum + cell.colSpan, 0);
                return Array.from(table.tBodies).flatMap(body => Array.from(body.rows, wide))
                    .every(count => count === wide(table.tHead.rows[0]));
            }).indexOf(false)"""
        )
        assert ragged == -1
        assert opened.said == []


def test_names_and_confidence_are_in_the_language_of_the_page() -> None:
    plan = village()
    actors = pd.DataFrame({"actor": ["town"], "public": [1], "name_en": ["Town"], "name_zh": ["镇政府"]})
    flows = plan.study.zone_flows.reindex(range(3)).assign(confidence=["recalled", "heard", ""])
    tables = {**plan.study.tables, "actors": actors, "zone_flows": flows}
    study = replace(plan.study, tables=tables, settings=replace(plan.study.settings, purse=("town",)))
    told = replace(plan, study=study)
    for lang, town, sure in (
        ("en", "Town", {"recalled", ""}),
        ("zh", "镇政府", {"凭记忆", ""}),
    ):
        display = Display(study, Words(lang))
        facts = dict(head(told, display)["facts"])
        assert facts[display.words("purse")] == town
        zones = [word for name, word in confidence(study)[["table", "confidence"]].to_numpy() if name == "zone_flows"]
        words = {display.named("word:stated_", word) for word in zones}
        assert words == sure | {"heard"}, "a study's own word stays as it is"
        assert display.unit("places") == {"en": "places", "zh": "个"}[lang]
