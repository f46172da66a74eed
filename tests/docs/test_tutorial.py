"""The blocks of the tutorial and of the README run in their order; the tutorial shows what is printed.

Both run in one folder, and what the tutorial has done the README need not do again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.markdown import Block, blocks, commands, like, run

ROOT = Path(__file__).parents[2]
README, TUTORIAL = ROOT / "README.md", ROOT / "docs" / "tutorial.md"


@pytest.mark.long
def test_the_tutorial_and_the_readme_run(tmp_path: Path) -> None:
    printed, done = "", list[str]()
    for block in blocks(TUTORIAL):
        if block.lang in ("sh", "python"):
            printed = run(block, tmp_path)
            done += commands(block.text) or [] if block.lang == "sh" else []
        elif block.lang == "text":
            assert like(block.text, printed), f"the tutorial shows\n{block.text}\nbut this was printed\n{printed}"
    assert (tmp_path / "lake-plan" / "report.html").is_file()
    told = set(re.findall(r"`([\w.]+/?)`", TUTORIAL.read_text(encoding="utf-8").partition("| file | holds |")[2]))
    there = {path.name + "/" * path.is_dir() for path in (tmp_path / "lake-plan").iterdir()}
    assert there <= told
    shared = 0
    for block in readme():
        lines = commands(block.text) if block.lang == "sh" else None
        assert lines is not None or block.lang == "python", "a README's block of more than calls of zonevest"
        at = [done.index(line) for line in lines or [] if line in done]
        assert at == sorted(at), "the same commands in the same order"
        shared += len(at)
        left = block.text if lines is None else "\n".join(line for line in lines if line not in done)
        if left:
            run(Block(block.lang, left), tmp_path)
    assert shared == 4, "new, check, solve and audit are in both texts as they stand"


def readme() -> list[Block]:
    """What the README runs once the package is installed."""
    found = []
    for block in blocks(README):
        lines = [line for line in block.text.splitlines() if not line.startswith("source ")]
        if block.lang == "python" or (block.lang == "sh" and lines[0].startswith("zonevest ")):
            found.append(Block(block.lang, "\n".join(lines)))
    assert len(found) == 3
    return found
