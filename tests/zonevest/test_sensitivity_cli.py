"""`zonevest sensitivity`: files, both languages, plan folders, faults. Some 20 s."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

from zonevest.cli import app

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
