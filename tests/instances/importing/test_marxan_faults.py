"""What is wrong with a folder of Marxan is told with file, line and column, all at once, and nothing is written."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.chinese import check_faults
from tests.instances.importing.marxan_small import PLAIN, ZONES, changed, write
from zonevest.cli import app
from zonevest.instances.importing.marxan_files import FORMS


class Case(NamedTuple):
    """One text of a file replaced by another, and the fault that this makes."""

    name: str
    old: str
    new: str
    where: str
    must: str
    found: str = ""


IN_PLAIN = {
    "no number": Case("input/pu.dat", "2,1,1,", "2,1O,1,", "pu.dat, line 3, column cost", "a number", "'1O'"),
    "no cost": Case("input/pu.dat", "2,1,1,", "2,,1,", "pu.dat, line 3, column cost", "a number", "''"),
    "a cost below 0": Case("input/pu.dat", "2,1,1,", "2,-1,1,", "pu.dat, line 3, column cost", "not below 0"),
    "a status": Case("input/pu.dat", "5,2,13", "5,4,13", "pu.dat, line 5, column status", "it is 0, 1, 2 or 3", "'4'"),
    "an id in parts": Case(
        "input/pu.dat", "2,1,1,", "2.5,1,1,", "pu.dat, line 3, column id", "a whole number", "'2.5'"
    ),
    "a unit twice": Case("input/pu.dat", "5,0.1", "4,0.1", "pu.dat, line 6", "no two rows have the same id", "4"),
    "a feature twice": Case(
        "input/spec.dat", "20,-1", "10,-1", "spec.dat, line 3", "no two rows have the same id", "10"
    ),
    "no id": Case("input/spec.dat", "id,", "ID1,", "spec.dat, line 1", "a header with id", "ID1"),
    "no header": Case("input/spec.dat", "id,prop,target,spf,targetocc,name\n", "", "spec.dat", "a header with id"),
    "a column twice": Case(
        "input/spec.dat", "prop,target,", "prop,prop,", "spec.dat, line 1", "stands there once", "prop"
    ),
    "too many cells": Case(
        "input/pu.dat", "11,20", "11,20,7", "pu.dat, line 3", "no row has more cells", "6 cells under a header of 5"
    ),
    "an amount below 0": Case(
        "input/puvspr.dat", "10,2,3", "10,2,-3", "puvspr.dat, line 3, column amount", "not below 0"
    ),
    "an amount twice": Case(
        "input/puvspr.dat", "10,2,3", "10,1,3", "puvspr.dat, line 3", "the same species and pu", "10 1"
    ),
    "another order": Case(
        "input/puvspr.dat", "species,pu", "pu,species", "puvspr.dat, line 1", "in the order species, pu, amount"
    ),
    "a column for each feature": Case(
        "input/puvspr.dat", "species,pu,amount", "pu,10,20", "puvspr.dat, line 1", "in the order"
    ),
    "a row short": Case("input/puvspr.dat", "10,2,3", "10,2", "puvspr.dat, line 3, column amount", "a number"),
    "no units": Case(
        "input/pu.dat", PLAIN["input/pu.dat"].split("\n", 1)[1], "", "pu.dat", "the table has rows", "none"
    ),
    "an empty file": Case("input/spec.dat", PLAIN["input/spec.dat"], "\n", "spec.dat", "the file holds something"),
    "zero bytes": Case("input/spec.dat", "Kelp", "Ke\0lp", "spec.dat", "the file is text"),
    "no such file": Case(
        "input.dat", "PUNAME pu.dat", "PUNAME pu.txt", "input.dat, line 10, PUNAME", "is in input", "no file 'pu.txt'"
    ),
    "no such key": Case("input.dat", "SPECNAME spec.dat\n", "", "input.dat", "names the file of SPECNAME"),
    "a share of targets": Case(
        "input.dat", "MISSLEVEL 0.9", "MISSLEVEL much", "input.dat, line 6, MISSLEVEL", "a number, not below 0", "much"
    ),
    "a boundary": Case(
        "input/bound.dat", "1,2,1.0", "1,2,long", "bound.dat, line 2, column boundary", "a number", "'long'"
    ),
}
IN_ZONES = {
    "a zone of a lock": Case(
        "input/pulock.dat", "4\t1", "4\t9", "pulock.dat, line 2, column zoneid", "an id of zones.dat", "'9'"
    ),
    "a zone of a unit": Case(
        "input/puzone.dat", "1\t2", "1\t9", "puzone.dat, line 3, column zoneid", "an id of zones.dat", "'9'"
    ),
    "two locks": Case(
        "input/pulock.dat", "4\t1\n", "4\t1\n4\t2\n", "pulock.dat, line 3", "no two rows have the same pu", "4"
    ),
    "a zone twice": Case(
        "input/zones.dat", "3\treserve", "2\treserve", "zones.dat, line 4", "no two rows have the same zoneid"
    ),
    "a cost": Case(
        "input/zonecost.dat", "3\t2\t", "3\t5\t", "zonecost.dat, line 4, column costid", "an id of costs.dat", "'5'"
    ),
    "a cost twice": Case(
        "input/costs.dat", "fishing", "AREA", "costs.dat, line 3, column costname", "a name of its own", "'AREA'"
    ),
    "a cost's name": Case(
        "input/costs.dat", "fishing", '"big fish"', "costs.dat, line 3, column costname", "is one word"
    ),
    "a part twice": Case(
        "input/zonecontrib.dat", "3\t7\t1", "2\t7\t1", "zonecontrib.dat, line 3", "the same zoneid and species", "2 7"
    ),
    "a kind of target": Case(
        "input/zonetarget.dat", "1\t2\n", "1\t4\n", "zonetarget.dat, line 2, column targettype", "it is 0", "'4'"
    ),
    "two contributions": Case(
        "input.dat",
        "PULOCKNAME",
        "ZONECONTRIB2NAME zonecontrib.dat\nPULOCKNAME",
        "input.dat, line 11",
        "one table of contributions",
    ),
    "two targets": Case(
        "input.dat",
        "PULOCKNAME",
        "ZONETARGET2NAME zonetarget.dat\nPULOCKNAME",
        "input.dat, line 11",
        "one table of targets in zones",
    ),
    "the cost of a border": Case(
        "input/zoneboundcost.dat", "1\t2\t1", "1\t2\tx", "zoneboundcost.dat, line 2, column cost", "a number", "'x'"
    ),
}
CASES = {
    **{f"marxan: {name}": (PLAIN, case) for name, case in IN_PLAIN.items()},
    **{f"zones: {name}": (ZONES, case) for name, case in IN_ZONES.items()},
}


NAMES = [
    *FORMS,
    *(column for form in FORMS.values() for column in form.columns),
    *("input", "MISSLEVEL", "much", "ID1"),
]
"""What is the same in both languages: keys, columns, and what these folders have."""


def faults(folder: Path) -> pd.DataFrame:
    with pytest.raises(zv.StudyError) as raised:
        zv.import_study(folder)
    check_faults(raised.value.faults, NAMES)
    return raised.value.faults


@pytest.mark.parametrize("name", CASES)
def test_a_fault(name: str, tmp_path: Path) -> None:
    files, case = CASES[name]
    found = faults(write(tmp_path / "peer", changed(files, case.name, case.old, case.new)))
    assert len(found) == 1, found.to_string()
    told = found.iloc[0]
    assert told["where"].startswith(case.where), told["where"]
    assert case.must in told["must"], told["must"]
    assert case.found in told["found"], told["found"]


APART = ["no cost", "a status", "a feature twice", "an amount below 0", "a share of targets", "a boundary"]


def test_all_faults_are_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    files = dict(PLAIN)
    for name in APART:
        files = changed(files, IN_PLAIN[name].name, IN_PLAIN[name].old, IN_PLAIN[name].new)
    folder = write(tmp_path / "peer", files)
    assert sorted(faults(folder)["where"]) == sorted(IN_PLAIN[name].where for name in APART)
    done = CliRunner().invoke(app, ["import", str(folder), "-o", str(tmp_path / "study")])
    assert done.exit_code == 2
    assert not (tmp_path / "study").exists()


def test_a_folder_without_input_dat(tmp_path: Path) -> None:
    found = faults(write(tmp_path / "peer", {"pu.dat": PLAIN["input/pu.dat"]}))
    assert found["must"].tolist() == ["a folder of Marxan has an input.dat"]


@pytest.mark.parametrize(
    ("text", "must"),
    [
        ('target = "soft"', "keys are those"),
        ('targets = "loose"', "it is hard or soft"),
        ("targets =", "the file is TOML"),
    ],
)
def test_a_mapping_that_says_something_else(text: str, must: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(zv.StudyError) as raised:
        zv.import_study(write(tmp_path / "peer", PLAIN), mapping)
    assert [must in each for each in raised.value.faults["must"]] == [True]


BITS = ["-1", "1e308", "nan", "9" * 30, '"', "\t\t", ";;", "1_0", "²", "\ufeff", "id", "珊", ",", '"a,b']


def damaged(files: dict[str, str], dice: random.Random) -> dict[str, bytes]:
    """The files with a bit flipped, an end cut off, lines exchanged or said twice, or something else in between."""
    out = {name: bytearray(text.encode()) for name, text in files.items()}
    for _ in range(dice.choice([1, 1, 2, 4])):
        content = out[dice.choice([*out])] or bytearray(b"x")
        at, lines = dice.randrange(len(content)), bytes(content).split(b"\n")
        match dice.randrange(5):
            case 0:
                content[at] ^= 1 << dice.randrange(8)
            case 1:
                del content[at:]
            case 2:
                content[at : at + dice.randrange(6)] = dice.choice(BITS).encode()
            case 3:
                content[:] = b"\n".join(dice.sample(lines, len(lines)))
            case 4:
                content[:] = b"\n".join([*lines, dice.choice(lines)])
    return {name: bytes(content) for name, content in out.items()}


@pytest.mark.parametrize("zoned", [False, True], ids=["marxan", "zones"])
def test_a_damaged_folder_is_refused_or_read(zoned: bool, tmp_path: Path) -> None:
    """Never a traceback. 5,600 such folders were tried at a desk."""
    dice, told = random.Random(int(zoned)), Counter[str]()
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('targets = "soft"', encoding="utf-8")
    for turn in range(100):
        folder = write(tmp_path / f"{turn}", damaged(dict(ZONES if zoned else PLAIN), dice))
        try:
            given = zv.import_study(folder, mapping if dice.random() < 0.5 else None)
        except zv.StudyError:
            told["refused"] += 1
        else:
            told["read"] += 1
            zv.make_study(given.settings, **given.tables)
    assert min(told["refused"], told["read"]) > 10
