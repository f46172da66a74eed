"""The reference pages name what is there."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
import typer

from zonevest.cli import app
from zonevest.instances import names
from zonevest.instances.accounts import ASSETS, FINANCE, MONEY, OF_BUDGET, OF_INSTRUMENT, PREFIXES
from zonevest.instances.defaults import default
from zonevest.instances.finance import GROWING, SOFT, Equity, Finance
from zonevest.instances.rules import rules
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, DEFAULT_TABLES, RESOURCES, TABLES
from zonevest.instances.settings import KEYS, RESERVED
from zonevest.instances.study import Objective, Rates, Uncertainty
from zonevest.model.policy import ROW_FAMILIES

DOCS = Path(__file__).parents[2] / "docs"


def load(name: str) -> ModuleType:
    pytest.importorskip("mkdocs", reason="the docs are built with the extra dev")
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    return load("hooks")


@pytest.fixture(scope="module")
def hooks_defaults() -> ModuleType:
    return load("hooks_defaults")


def test_every_table_and_column_is_on_the_page(hooks: ModuleType) -> None:
    page = hooks.page()
    assert set(hooks.ABOUT) == {table.name for table in TABLES}
    for table in TABLES:
        assert f"## {table.name}\n" in page
        section = page.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        assert f"**{names.of_table(table.name).zh[0]}" in section
        for column in table.columns:
            told = names.of_column(table.name, column.name)
            (row,) = (line for line in section.splitlines() if re.match(rf"\| \**`{column.name}`\**", line))
            assert told.zh[0] in row
            assert told.means.replace("|", "\\|") in row
            assert all(f"`{choice}` {names.of_value(column.name, choice).zh[0]}" in row for choice in column.choices)


def test_notes_are_of_columns_that_there_are(hooks: ModuleType) -> None:
    columns = {(table.name, column.name) for table in TABLES for column in table.columns}
    assert {*hooks.MUST_BE, *hooks.BLANK} <= columns


def test_built_in_accounts_are_on_the_page(hooks: ModuleType) -> None:
    page = hooks.page()
    of = [f"{OF_BUDGET}.<b>", *(f"{name}.<f>" for name in OF_INSTRUMENT)]
    assets = {
        name.replace(f".{resource}", ".<r>") for resource in RESOURCES for name in ASSETS if f".{resource}" in name
    }
    assert len(assets) == 3
    for name in (*BUILT_IN_ACCOUNTS, *MONEY, *FINANCE, *of, *assets):
        assert f"`{name}`" in page
    assert set(hooks.WHAT_FOLLOWS) <= set(PREFIXES)


def test_every_rule_is_on_its_page() -> None:
    page = load("hooks_checks").checks_page()
    lines = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert [(line[0].strip("| `"), line[1]) for line in lines] == [
        (name, row.severity) for name, row in rules().items()
    ]
    assert all(len(line) == 4 for line in lines)
    assert "{{" not in page


def test_default_rows_are_on_their_page(hooks_defaults: ModuleType) -> None:
    sections = {part.partition("\n")[0]: part for part in hooks_defaults.defaults_page().split("\n## ")}
    for name in DEFAULT_TABLES:
        rows, section = default(name), sections[name]
        if name == "class_zones":
            head, *lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
            said = {
                (line[0].strip("`"), zone): float(value or 0)
                for line in (line + [""] * (len(head) - len(line)) for line in lines)
                for zones, value in zip(head[1:], map(str.strip, line[1:]), strict=True)
                for zone in zones.split()
            }
            pairs = zip(rows.text("land_class"), rows.text("zone"), strict=True)
            meant = dict(zip(pairs, rows.number("suitability").tolist(), strict=True))
            assert {pair: value for pair, value in said.items() if value} == meant
            continue
        # the head of every table has a column "source (*confidence*)"; the rows have theirs
        assert section.count("*) |") - section.count("(*confidence*) |") == rows.size
        for column in ("name_en", "name_zh") if "name_en" in rows.data else ():
            said = [words for words in rows.text(column) if f"| {words} |" not in section]
            assert said == []
        for column in rows.table.key:
            if rows.table.column(column).kind == "text":
                assert [key for key in rows.text(column) if key and key not in section] == []
        # and so are the names in the first column
        if not name.endswith("_flows"):
            first = rows.text(rows.table.columns[0].name)
            assert [key for key in first if f"| `{key}` |" not in section] == []


def test_the_command_line_page_names_every_option() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"`zonevest {command.name or command.callback.__name__} " in page
        for parameter in inspect.signature(command.callback, eval_str=True).parameters.values():
            for extra in getattr(parameter.annotation, "__metadata__", ()):
                if isinstance(extra, type(typer.Option())):
                    for name in extra.param_decls or ():
                        assert re.search(rf"`{re.escape(name)}\b", page), name


def test_every_row_family_is_on_the_page_of_rows() -> None:
    page = (DOCS / "rows.md").read_text(encoding="utf-8")
    assert [name for name in (*ROW_FAMILIES, "assign") if not re.search(rf"`{name}[\[`]", page)] == []
    for module, function in re.findall(r"`(?:model\.)?([a-z_]+)\.(define_\w+|footprint_rows)`", page):
        assert hasattr(importlib.import_module(f"zonevest.model.{module}"), function), function


def test_what_is_refused_is_on_the_page_of_rows() -> None:
    page = (DOCS / "rows.md").read_text(encoding="utf-8").partition("{ #refused }")[2]
    assert [name for name in RESERVED[:1] if name not in page] == []


def test_every_key_of_a_study_is_on_the_page() -> None:
    page = (DOCS / "study-toml.md").read_text(encoding="utf-8")
    names = [each.name for part in (Finance, Equity, Rates, Objective, Uncertainty) for each in fields(part)]
    names += [*KEYS, *SOFT, *GROWING]
    assert [name for name in names if not re.search(rf"\b{name}\b", page)] == []
