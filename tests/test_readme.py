"""The README says what there is; its blocks run in `tests/docs/test_tutorial.py`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.markdown import blocks

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_two_commands_of_one_line_each() -> None:
    # .ci/run finds them by how they start and runs them as they stand.
    commands = [line for line in TEXT.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert [block.text.strip() for block in blocks(README) if "python3 -m venv" in block.text] == commands
    solves, passes = commands
    assert "zonevest solve lakeside -o plan" in solves
    assert "pip install '.[test]'" in passes
    assert "-m pytest" in passes


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)", TEXT) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_only_commands_that_work_are_shown() -> None:
    from zonevest.cli import app

    working = {command.callback.__name__ for command in app.registered_commands if command.callback}
    shown = "\n".join(block.text for block in blocks(README) if block.lang == "sh")
    assert set(re.findall(r"\bzonevest ([a-z]+)\b", shown)) == {"new", "check", "solve", "audit", "compare"} <= working
