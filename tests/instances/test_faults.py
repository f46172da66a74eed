"""Every fault of a study is found alone, and told in four parts: where, what must hold, what was found, what to do."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.chinese import check_faults, names_in
from tests.instances.faults_money import FINANCES, INSTRUMENTS, LIMITS, QUOTAS, TOOLS
from tests.instances.faults_settings import SETTINGS
from tests.instances.faults_suspicious import AMOUNTS, FINANCE, LAND
from tests.instances.faults_tables import CELLS, PROJECTS, REFERENCES, SENSE
from tests.instances.faults_whole import BUDGETS, PLACES, STEPS
from tests.instances.faults_whole import PROJECTS as TOGETHER
from tests.instances.money_study import MONEY
from tests.instances.studies import BASE, Change, faults_of, write_base
from tests.instances.whole_study import WHOLE
from zonevest.instances.overlay import without_filled
from zonevest.instances.read import read_study

WARNINGS = {**LAND, **AMOUNTS}
WARNINGS_OF_MONEY = FINANCE
GROUPS = {"settings": SETTINGS, "cells": CELLS, "references": REFERENCES, "sense": SENSE, "projects": PROJECTS}
OF_MONEY = {"finance": FINANCES, "tools": TOOLS, "instruments": INSTRUMENTS, "quotas": QUOTAS, "money limits": LIMITS}
OF_ALL = {"budgets": BUDGETS, "steps": STEPS, "together": TOGETHER, "places": PLACES}
CASES = {f"{group}: {name}": change for group, changes in GROUPS.items() for name, change in changes.items()}
MONEY_CASES = {f"{group}: {name}": change for group, changes in OF_MONEY.items() for name, change in changes.items()}
WHOLE_CASES = {f"{group}: {name}": change for group, changes in OF_ALL.items() for name, change in changes.items()}

NAMED = {"": {**CASES, **MONEY_CASES, **WHOLE_CASES}, "land: ": WARNINGS, "money: ": WARNINGS_OF_MONEY}
NAMES = {id(change): start + name for start, cases in NAMED.items() for name, change in cases.items()}
RULE_OF = dict(csv.reader((Path(__file__).parent / "rule_of_case.csv").read_text(encoding="utf-8").splitlines()[1:]))
"""Which rule of the list each of these cases trips; the tests below see it do so."""


def test_each_case_has_its_rule() -> None:
    assert set(RULE_OF) == set(NAMES.values())


@pytest.mark.parametrize("base", [BASE, MONEY, WHOLE], ids=["base", "money", "whole"])
def test_the_base_is_sound(tmp_path: Path, base: Mapping[str, str]) -> None:
    assert faults_of(write_base(tmp_path / "study", base=base)).empty


@pytest.mark.parametrize("change", CASES.values(), ids=CASES.keys())
def test_a_fault(tmp_path: Path, change: Change) -> None:
    check_one(write_base(tmp_path / "study", [change]), change)


@pytest.mark.parametrize("change", MONEY_CASES.values(), ids=MONEY_CASES.keys())
def test_a_fault_of_money(tmp_path: Path, change: Change) -> None:
    check_one(write_base(tmp_path / "study", [change], MONEY), change)


@pytest.mark.parametrize("change", WHOLE_CASES.values(), ids=WHOLE_CASES.keys())
def test_a_fault_of_the_whole(tmp_path: Path, change: Change) -> None:
    check_one(write_base(tmp_path / "study", [change], WHOLE), change)


def check_one(folder: Path, change: Change) -> None:
    """The one fault of a folder is what the change makes, and nothing is written."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    faults = faults_of(folder)
    check_told(faults, change)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before, "nothing is written"


def check_told(rows: pd.DataFrame, change: Change) -> None:
    """The one row is what the change makes, by a rule of the list."""
    assert len(rows) == 1, rows.to_string()
    told = rows.iloc[0]
    assert told["must"].name == RULE_OF[NAMES[id(change)]]
    assert told["where"].startswith(change.where)
    assert change.must in told["must"]
    assert change.found in told["found"]
    assert change.do in told["do"]


@pytest.mark.parametrize("change", WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning(tmp_path: Path, change: Change) -> None:
    check_warned(write_base(tmp_path / "study", [change]), change)


@pytest.mark.parametrize("change", WARNINGS_OF_MONEY.values(), ids=WARNINGS_OF_MONEY.keys())
def test_a_warning_of_money(tmp_path: Path, change: Change) -> None:
    check_warned(write_base(tmp_path / "study", [change], MONEY), change)


def check_warned(folder: Path, change: Change) -> None:
    """The study is read, with the one warning that the change makes."""
    warnings = read_study(folder).warnings
    check_told(warnings, change)
    check_faults(warnings, names_in(folder))


@pytest.mark.parametrize(
    ("name", "times"), [("village", 15.0), ("village", 1e4), ("lakeside", 15.0), ("lakeside", 1e4)]
)
def test_areas_in_mu_or_square_metres_without_shapes(name: str, times: float) -> None:
    """The bundled cases without their shapes: silent as they are, told in either unit."""
    study = read_study(name)
    land = without_filled(study, study.parcels)
    study = replace(study, geometry=None)
    assert study.replace(parcels=land).warnings.empty
    told = study.replace(parcels=land.assign(area_ha=land["area_ha"] * times)).warnings
    assert "the table parcels, column area_ha" in told["where"].tolist()


@pytest.mark.parametrize("name", ["base", "money", "village"])
def test_what_is_usual_is_no_warning(tmp_path: Path, name: str) -> None:
    bases = {"base": BASE, "money": MONEY}
    study = read_study(write_base(tmp_path / "study", base=bases[name]) if name in bases else name)
    assert study.warnings.empty, study.warnings.to_string()
    assert study.replace().warnings.empty
