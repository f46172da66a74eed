"""`zonevest sensitivity`: files, both languages, plan folders, faults. Some 20 s."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

from zonevest.cli import app
from zonevest.reports import sensitivity

ONE = "project_revenue=-10%,+10%"


def run(*args: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, [*args])
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plan") / "plan"
    assert run("solve", "village", "-o", str(folder))[0] == 0
    return str(folder)


def test_a_plan_folder(plan: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text, _ = run("sensitivity", plan, "--vary", ONE, "--lang", "zh", "-o", str(out))
    assert code == 0
    assert "项目收入 +10 %：" in text
    solved = pd.read_csv(out / "solved.csv")
    assert solved["end"].tolist() == ["low", "high"]
    assert (solved["status"] == "optimal").all()
    assert solved["audit"].all()
    stated = json.loads((Path(plan) / "plan.json").read_text(encoding="utf-8"))["objective"]
    assert solved["change"].tolist() == pytest.approx((solved["objective"] - stated).tolist())
    assert pd.read_excel(out / "sensitivity.xlsx", sheet_name="solved")["amount"].tolist() == pytest.approx([0.9, 1.1])
    shown = "".join(ElementTree.parse(out / "tornado.svg").getroot().itertext())
    assert "项目收入" in shown
    assert run("sensitivity", plan, "--vary", ONE, "-o", str(out))[0] == 2


def test_for_machines(plan: str) -> None:
    code, text, _ = run("sensitivity", plan, "--vary", ONE, "--json")
    found = json.loads(text)
    assert (code, found["complete"], len(found["solved"])) == (0, True, 2)


def test_what_is_wrong(plan: str) -> None:
    assert run("sensitivity", "village", "--vary", "project_capx")[0] == 2
    assert run("sensitivity", plan, "--set", "rates.finance=0.04")[0] == 2
    assert run("sensitivity", "village", "--set", "objective.floor.ecosystem=99")[0] == 3
    code, _, told = run("sensitivity", "village", "--ranges", "--set", "objective.method=lexicographic",
                        "--set", 'objective.order=["cash", "ecosystem"]')  # fmt: skip
    assert code == 2
    assert "lexicographic" in told


def test_a_plan_folder_that_does_not_hold_is_told(plan: str, tmp_path: Path) -> None:
    """What plan.json states is what every difference is to; it has no digest of itself."""
    folder = tmp_path / "plan"
    shutil.copytree(plan, folder)
    stated = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps(stated | {"objective": stated["objective"] + 1.0}), encoding="utf-8")
    code, text, told = run("sensitivity", str(folder), "--vary", ONE)
    assert code == 1
    assert "figure: objective" in told
    assert "solved again with" in text


def test_no_room_for_what_was_found(plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told on the terminal all the same, and nothing is left lying about."""

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sensitivity, "tornado_picture", full)
    code, text, told = run("sensitivity", plan, "--vary", ONE, "-o", str(tmp_path / "out"))
    assert code == 2
    assert "solved again with" in text
    assert str(tmp_path / "out") in told
    assert list(tmp_path.iterdir()) == []


def test_a_ready_made_name_without_amounts_is_told_as_such() -> None:
    for asked in ("debt_cap", "debt_cap=-5%,+5%"):
        code, _, told = run("sensitivity", "village", "--vary", asked, "--lang", "zh")
        assert code == 2
        assert "现成系数在算例中须有数值" in told
