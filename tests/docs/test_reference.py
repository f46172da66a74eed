"""The reference pages name what is there."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
import typer

from zonevest.cli import app
from zonevest.instances.accounts import FINANCE, MONEY, OF_INSTRUMENT, PREFIXES
from zonevest.instances.defaults import default_keys
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, DEFAULT_TABLES, TABLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    pytest.importorskip("mkdocs", reason="the docs are built with the extra dev")
    spec = importlib.util.spec_from_file_location("hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_and_column_is_on_the_page(hooks: ModuleType) -> None:
    page = hooks.page()
    assert set(hooks.ABOUT) == {table.name for table in TABLES if table.built}
    for table in TABLES:
        assert f"## {table.name}\n" in page or not table.built
        assert [column.name for column in table.columns if f"`{column.name}`" not in page] == []


def test_built_in_accounts_are_on_the_page(hooks: ModuleType) -> None:
    page = hooks.page()
    for name in (*BUILT_IN_ACCOUNTS, *MONEY, *FINANCE, *(f"{name}.<f>" for name in OF_INSTRUMENT)):
        assert f"`{name}`" in page
    assert set(hooks.WHAT_FOLLOWS) <= set(PREFIXES)


def test_default_rows_are_on_their_page(hooks: ModuleType) -> None:
    page = hooks.defaults_page()
    for name in DEFAULT_TABLES:
        assert f"## {name}\n" in page
    for name in ("practices", "accounts", "zones", "land_classes", "instruments", "limits"):
        assert [key for (key,) in default_keys(name) if f"| {key} |" not in page] == []


def test_the_command_line_page_names_every_option() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"`zonevest {command.callback.__name__} " in page
        for parameter in inspect.signature(command.callback, eval_str=True).parameters.values():
            for extra in getattr(parameter.annotation, "__metadata__", ()):
                if isinstance(extra, type(typer.Option())):
                    for name in extra.param_decls or ():
                        assert re.search(rf"`{re.escape(name)}\b", page), name
