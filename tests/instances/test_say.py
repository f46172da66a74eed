"""Sentences and their catalogue: every template is translated, and a sentence keeps what it was made of."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest
import typer

from tests.chinese import CHINESE, english_in
from zonevest.cli import app
from zonevest.instances.faults import Faults, choice, meant, some
from zonevest.instances.importing.survey_data import officials
from zonevest.instances.rules import rules
from zonevest.instances.say import Said, catalogue, foreign, from_parts, listed, say, to_parts, translate, translated
from zonevest.usage import help_texts

ROOT = Path(__file__).parents[2]
PACKAGE = ("instances", "model", "solvers", "reports", "src/zonevest")
WORDS = catalogue("zh")


@cache
def templates() -> list[tuple[str, str]]:
    """Where the package says something, and the template; every module is read once."""
    return list(_templates())


def _templates() -> Iterator[tuple[str, str]]:
    for folder in PACKAGE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    template = node.args[0]
                    assert isinstance(template, ast.Constant), f"{where}: the template is written out where it is said"
                    assert isinstance(template.value, str), where
                    yield where, template.value
    for name, row in rules().items():
        yield from ((f"rules.csv, {name}", template) for template in (row.must, row.do) if template)


def braces(template: str) -> set[tuple[str | None, ...]]:
    """What stands in braces, as it is written there."""
    return {(name, spec, how) for _, name, spec, how in Formatter().parse(template) if name is not None}


def test_every_sentence_is_in_the_catalogue() -> None:
    missing = [f"{where}: {template}" for where, template in templates() if template not in WORDS]
    assert missing == []


def test_the_catalogue_has_no_unused_line() -> None:
    said = {template for _, template in templates()} | help_texts(typer.main.get_command(app))
    assert set(WORDS) - said == set()


def test_the_help_is_in_the_catalogue() -> None:
    assert help_texts(typer.main.get_command(app)) - set(WORDS) == set()


def text_of(template: str) -> str:
    """A template without its braces."""
    return " ".join(text for text, *_ in Formatter().parse(template))


def test_both_languages_fill_in_the_same() -> None:
    assert [english for english, chinese in WORDS.items() if braces(english) != braces(chinese)] == []


def test_every_line_is_chinese() -> None:
    names = [
        "STUDY-plan",
        "STUDY-scenarios",
        "STUDY-decision",
        "cvar",
        "PLAN-replan",
        "survey",
        "survey.",
        "Dask",
        *(each.field or each.layer for each in officials()),
    ]
    for english, chinese in WORDS.items():
        assert CHINESE.search(text_of(chinese)) or not english_in(text_of(english), names), english
        assert english_in(text_of(chinese), names) == [], english


def test_the_catalogue_has_every_line_once() -> None:
    lines = pd.read_csv(ROOT / "instances" / "words_zh.csv", keep_default_na=False)
    assert lines["en"].is_unique
    assert len(lines) == len(WORDS)
    assert lines["en"].tolist() == sorted(lines["en"], key=lambda text: (text.casefold(), text))


def test_a_sentence_is_its_english_text() -> None:
    said = say("no file {name!r}", name="a.csv")
    assert said == "no file 'a.csv'"
    assert json.dumps([said]) == "[\"no file 'a.csv'\"]"
    assert translate(said, "zh") == "没有文件 'a.csv'"
    assert translate(said, "en") == translate(said, "fr") == said
    assert translate("no file 'a.csv'", "zh") == "no file 'a.csv'"  # a name, for all we know


def test_values_that_are_sentences_are_translated_with_it() -> None:
    advice = meant("penlty", ["penalty", "kind"], say("leave it out"))
    assert advice == "did you mean 'penalty'? leave it out"
    assert translate(advice, "zh") == "是否应为 'penalty'？若不是，不要给出"
    many = some((say("{what} ({row})", what=say("blank"), row=row) for row in range(7)), shown=2)
    assert many == "blank (0), blank (1) … (7 in all)"
    assert translate(many, "zh") == "空白（0）、空白（1） 等（共 7 个）"


def test_lists() -> None:
    assert choice(["a"]) == translate(choice(["a"]), "zh") == "a"
    assert choice(["a", "b", "c"]) == "a, b or c"
    assert translate(choice(["a", "b", "c"]), "zh") == "a、b 或 c"
    assert translate(listed([say("blank"), "x"], " and "), "zh") == "空白 和 x"
    assert listed([]) == ""


def test_a_sentence_that_no_catalogue_has_stays_english() -> None:
    assert translate(Said("nobody says {this}", {"this": say("blank")}), "zh") == "nobody says blank"


def test_a_table_keeps_sentences() -> None:
    faults = Faults()
    faults.add("a.csv", say("the file holds something"), say("an empty file"), say("add it"))
    told = faults.frame()
    again = pd.concat([told, told.copy()], ignore_index=True)
    assert translated(again, "zh")["found"].tolist() == ["空文件", "空文件"]
    assert told["found"].tolist() == ["an empty file"]


@pytest.mark.parametrize("said", [say("{what} ({row})", what=say("blank"), row=3), listed(["a", say("blank")], " or ")])
def test_copies_are_sentences_too(said: str) -> None:
    for again in (copy.copy(said), copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert again == said
        assert translate(again, "zh") == translate(said, "zh") != said


def test_a_sentence_goes_through_json() -> None:
    said = say("the solver failed: {words}", words=foreign("ValueError: no"))
    again = from_parts(json.loads(json.dumps(to_parts(said))), "otherwise")
    assert again == said == "the solver failed: ValueError: no"
    assert translate(again, "zh") == "求解器出错：（程序原文）ValueError: no"
    assert to_parts("a name") == "a name"


@pytest.mark.parametrize(
    "parts",
    [
        None,
        "text",
        3,
        {},
        {"template": "{words.__class__}", "values": {"words": "a"}},  # only sentences of the package are filled in
        {"template": "no file {name!r}"},
        {"template": "no file {name!r}", "values": {"other": "a"}},
        {"template": ["no file {name!r}"], "values": {}},
        {"template": "a gap of {gap:.6g}", "values": {"gap": "much"}},
    ],
)
def test_other_parts_are_no_sentence(parts: object) -> None:
    assert from_parts(parts, "otherwise") == "otherwise"
