"""The tutorial's blocks run in the order in which they stand, and print what the tutorial shows."""

from __future__ import annotations

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
