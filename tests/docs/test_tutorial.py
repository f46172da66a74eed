"""The tutorial's blocks run in the order in which they stand, and print what the tutorial shows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.markdown import blocks, like, run

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_the_tutorial_runs(tmp_path: Path) -> None:
    printed = ""
    for block in blocks(TUTORIAL):
        if block.lang in ("sh", "python"):
            printed = run(block, tmp_path)
        elif block.lang == "text":
            assert like(block.text, printed), f"the tutorial shows\n{block.text}\nbut this was printed\n{printed}"
    assert (tmp_path / "lake-plan" / "report.html").is_file()
    told = set(re.findall(r"`([\w.]+/?)`", TUTORIAL.read_text(encoding="utf-8").partition("| file | holds |")[2]))
    there = {path.name + "/" * path.is_dir() for path in (tmp_path / "lake-plan").iterdir()}
    assert there <= told
