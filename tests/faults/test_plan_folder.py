"""A plan folder that is damaged, or of another study, is told as such, whatever is wrong with it (some 20 s)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zonevest as zv
from tests.chinese import check_faults
from tests.model.four import four
from zonevest.cli import app
from zonevest.instances.study import StudyError
from zonevest.model.plan import digests
from zonevest.reports import plan_folder

PARTS = ["where", "must", "found", "do"]
Damage = Callable[[Path], object]
MONEY = {f"{name}.csv" for name in ("balance_sheet", "budgets", "capture", "cash_flow", "circulation", "distribution")}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder without its reports, of which the audit says that all holds."""
    folder = tmp_path_factory.mktemp("sound") / "plan"
    zv.solve(four(), threads=1).write(folder)
    shutil.rmtree(folder / "tables")
    for name in ("report.html", "report.xlsx"):
        (folder / name).unlink()
    assert zv.audit(folder).ok
    assert not len(faults(folder))
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def faults(folder: Path) -> pd.DataFrame:
    """What `read_plan` says of a folder: nothing, or faults in both languages."""
    try:
        zv.read_plan(folder)
    except StudyError as error:
        found = error.faults
    except FileNotFoundError:
        found = pd.DataFrame([["plan.json", "it is there", "it is not", "-"]], columns=PARTS)
    else:
        return pd.DataFrame(columns=PARTS)
    assert len(found)
    assert (found[PARTS] != "").all(axis=None)
    return found


def same(one: zv.Plan, other: zv.Plan) -> bool:
    """Whether two plans say the same."""
    tables = ("parcels", "projects", "ledger", "limits")
    return one.objective == other.objective and all(getattr(one, t).equals(getattr(other, t)) for t in tables)


WHOLE: dict[str, Damage] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "garbage": lambda path: path.write_bytes(bytes(np.random.default_rng(0).integers(0, 256, 700, dtype=np.uint8))),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "UTF-16": lambda path: path.write_bytes(path.read_bytes().decode("utf-8", "replace").encode("utf-16")),
}


@pytest.mark.parametrize("how", WHOLE)
def test_a_file_that_is_lost_or_damaged(sound: Path, tmp_path: Path, how: str) -> None:
    """Of every file of the folder in turn: a fault that names it, and a breach of the audit; never another plan."""
    for name in files(sound):
        folder = tmp_path / name.replace("/", "-")
        shutil.copytree(sound, folder)
        WHOLE[how](folder / name)
        if how in ("truncated", "garbage") or (how == "deleted" and name not in MONEY):
            assert not zv.audit(folder).ok, name
        if name in MONEY:  # told by the plan, not read of it
            continue
        found = faults(folder)
        assert len(found), name
        place = name.removeprefix("study/") if name.startswith("study/") else name
        assert any(place in str(where) or "study" in str(where) for where in found["where"]), (name, found)


JSON: list[tuple[str, Any]] = [
    (name, value)
    for name in (
        "format", "status", "has_plan", "objective", "bound", "gap", "cash", "doing_nothing", "seconds", "method",
        "seed", "versions", "limits_off", "settings", "message", "study_hash",
    )
    for value in ({"a": "b"}, [1], -1.5, True, None, float("inf"))
]  # fmt: skip
FINE = {
    *(("bound", each) for each in (None, -1.5)),
    *(("gap", each) for each in (None, -1.5)),
    *((name, -1.5) for name in ("objective", "cash")),
    ("has_plan", True),
    ("limits_off", "[1]"),
    ("versions", "{'a': 'b'}"),
    ("settings", "{'a': 'b'}"),
}
"""Values of the right kind: what is wrong with them is for the audit, or nothing is."""


def test_plan_json_with_other_values(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(sound, folder)
    study = zv.read_plan(sound).study  # the same all the time
    monkeypatch.setattr(plan_folder, "read_study", lambda _: study)
    stated = json.loads((sound / "plan.json").read_text())
    for name, value in JSON:
        (folder / "plan.json").write_text(json.dumps(stated | {name: value}))
        found = faults(folder)
        fine = (name, value if not isinstance(value, (list, dict)) else str(value)) in FINE
        assert bool(len(found)) is not fine, (name, value, found)
        if value == [1]:
            zv.audit(folder)  # tells, and never raises
    for name in stated:
        (folder / "plan.json").write_text(json.dumps({key: stated[key] for key in stated if key != name}))
        assert len(faults(folder)) or name in ("message_parts", "files", "money"), name
    for text in ("[" * 100_000, "[]", "7", '"text"', "NaN", "{", '{"settings": ' * 2_000 + "1" + "}" * 2_000):
        (folder / "plan.json").write_text(text)
        assert len(faults(folder))
        assert not zv.audit(folder).ok


def test_every_fault_at_once_in_both_languages(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(sound, folder)
    stated = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(stated | {"status": "good", "seed": None}))
    (folder / "ledger.parquet").write_bytes(b"nothing")
    (folder / "projects.csv").unlink()
    table = pd.read_csv(folder / "limits.csv", dtype=str, keep_default_na=False)
    table.drop(columns="unit").assign(value="many").to_csv(folder / "limits.csv", index=False)
    found = faults(folder)
    assert {"plan.json, status", "plan.json, seed", "ledger.parquet", "projects.csv", "limits.csv"} <= set(
        found["where"]
    )
    names = ["plan", "json", "zonevest", "audit", "ledger", "parquet", "status", "seed", "good", "None", "unit", "true"]
    more = ["ArrowInvalid", *" ".join(found["found"]).split(), "optimal", "feasible", "infeasible", "no_plan"]
    check_faults(found, [*names, *more, "broken", "interrupted", "study_hash", "value", "limits"])


def alter(sound: Path, folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame], *, told: bool) -> None:
    """A copy in which a table is another one, and plan.json may agree with it."""
    shutil.copytree(sound, folder, dirs_exist_ok=True)
    path = folder / name
    if path.suffix == ".csv":
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    else:
        change(pd.read_parquet(path)).to_parquet(path, index=False)
    if told:
        stated = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps(stated | {"files": digests(folder)}))


def put(column: str, cell: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        cells = table[column].astype(object)
        cells.iloc[0] = cell
        return table.assign(**{column: cells if not isinstance(cell, float) else cells.astype(float)})

    return change


WRONG: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = [
    *(("parcels.parquet", put("share", value)) for value in (np.nan, np.inf, 1e308, -5.0, 0.5)),
    *(("parcels.parquet", put(name, "nonsense")) for name in ("parcel_id", "zone", "practice", "start", "class_after")),
    ("parcels.parquet", lambda table: pd.concat([table, table])),
    ("parcels.parquet", lambda table: table.iloc[1:]),
    *(("projects.csv", put("project", value)) for value in ("nonsense", "")),
    ("projects.csv", put("start", "nonsense")),
    *(("projects.csv", put("capex", value)) for value in ("nan", "inf", "", "1,5")),
    ("projects.csv", lambda table: pd.concat([table, table])),
    ("projects.csv", lambda table: table.iloc[1:]),
    *(("ledger.parquet", put("value", value)) for value in (np.nan, np.inf)),
    *(("limits.csv", put(name, "inf")) for name in ("value", "bound", "slack", "shadow_price")),
    ("limits.csv", put("shadow_price", "dear")),
    *(("ledger.parquet", lambda table, name=name: table.drop(columns=name)) for name in ("account", "value")),
    *(("limits.csv", lambda table, name=name: table.drop(columns=name)) for name in ("limit", "shadow_price")),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_a_table_of_other_content_though_its_digest_agrees(sound: Path, tmp_path: Path, case: int) -> None:
    name, change = WRONG[case]
    alter(sound, tmp_path, name, change, told=True)
    assert any(name in str(where) for where in faults(tmp_path)["where"])


@pytest.mark.parametrize("name", ["parcels.parquet", "projects.csv", "ledger.parquet", "limits.csv"])
def test_a_number_that_was_changed(sound: Path, tmp_path: Path, name: str) -> None:
    """Also where nothing else could know: a shadow price, a column of the user's own."""
    alter(sound, tmp_path, name, lambda table: table.assign(x_mine="7"), told=False)
    assert list(faults(tmp_path)["where"]) == [name]
    stated = json.loads((tmp_path / "plan.json").read_text())
    del stated["files"]  # a folder of before there were digests
    (tmp_path / "plan.json").write_text(json.dumps(stated))
    assert not len(faults(tmp_path))


class TestAnotherStudy:
    @pytest.fixture
    def folder(self, sound: Path, tmp_path: Path) -> Path:
        """A plan folder whose study was changed after it was solved."""
        folder = tmp_path / "plan"
        shutil.copytree(sound, folder)
        study = four()
        flows = study.tables["class_flows"].assign(value=study.tables["class_flows"]["value"] * 2.0)
        shutil.rmtree(folder / "study")
        zv.write_study(replace(study, tables={**study.tables, "class_flows": flows}), folder / "study")
        return folder

    def test_reading_and_the_audit_tell_it(self, folder: Path) -> None:
        found = faults(folder)
        assert list(found["where"]) == ["study"]
        assert "study_hash" in found["must"][0]
        breaches = zv.audit(folder).breaches
        assert any("study_hash" in must for must in breaches["must"])

    @pytest.mark.parametrize(
        ("command", "code"), [("audit", 1), ("report", 2), ("explain", 2)], ids=["audit", "report", "explain"]
    )
    def test_every_command_tells_it(
        self, folder: Path, capsys: pytest.CaptureFixture[str], command: str, code: int
    ) -> None:
        before = digests(folder)
        more = ["--parcel", "p1"] if command == "explain" else []
        with pytest.raises(SystemExit) as ended:
            app([command, str(folder), *more])
        told = capsys.readouterr()
        assert ended.value.code == code
        assert "study_hash" in told.err + told.out
        assert digests(folder) == before
        assert not (folder / "report.html").exists()


def test_a_plan_that_does_not_hold_is_told_beside_its_explanation(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan that was altered by a hand that knows the digests: it is read, explained, and said not to hold."""
    alter(sound, tmp_path / "plan", "ledger.parquet", put("value", 77.0), told=True)
    with pytest.raises(SystemExit) as ended:
        app(["explain", str(tmp_path / "plan"), "--parcel", "p1"])
    assert ended.value.code == 1
    assert "audit: " in capsys.readouterr().err


@pytest.fixture(scope="module")
def copy(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "plan"
    shutil.copytree(sound, folder)
    return folder


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_are_the_same_plan_or_a_fault(sound: Path, copy: Path, data: st.DataObject) -> None:
    """Some bytes of a file are others, gone or more: what is read is the plan as it was written, or nothing."""
    name = data.draw(st.sampled_from([each for each in files(sound) if each not in MONEY and each != "plan.json"]))
    raw = (sound / name).read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    gone = data.draw(st.integers(0, 8))
    (copy / name).write_bytes(raw[:at] + data.draw(st.binary(max_size=8)) + raw[at + gone :])
    try:
        if not len(faults(copy)):
            assert same(zv.read_plan(copy), zv.read_plan(sound))
    finally:
        (copy / name).write_bytes(raw)
