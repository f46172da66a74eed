"""Every fault of a study is found alone, and told in four parts: where, what must hold, what was found, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.instances.faults_settings import SETTINGS
from tests.instances.faults_tables import CELLS, PROJECTS, REFERENCES, SENSE
from tests.instances.studies import Change, faults_of, write_base

GROUPS = {"settings": SETTINGS, "cells": CELLS, "references": REFERENCES, "sense": SENSE, "projects": PROJECTS}
CASES = {f"{group}: {name}": change for group, changes in GROUPS.items() for name, change in changes.items()}


def test_the_base_is_sound(tmp_path: Path) -> None:
    assert faults_of(write_base(tmp_path / "study")).empty


@pytest.mark.parametrize("change", CASES.values(), ids=CASES.keys())
def test_a_fault(tmp_path: Path, change: Change) -> None:
    folder = write_base(tmp_path / "study", [change])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    faults = faults_of(folder)
    assert len(faults) == 1, faults.to_string()
    told = faults.iloc[0]
    assert told["where"].startswith(change.where)
    assert change.must in told["must"]
    assert change.found in told["found"]
    assert change.do in told["do"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before, "nothing is written"
