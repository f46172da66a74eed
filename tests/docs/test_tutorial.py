"""The blocks of the tutorial's two parts and of the README run in their order; the tutorial shows what is printed.

All run in one folder, and what the tutorial has done the README need not do again. Where there is a browser, the maps
that the tutorial shows are saved from its page of comparison anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.conftest import browser_required, find_browser
from tests.markdown import Block, blocks, commands, like, run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[2]
README, TUTORIAL, REPORT = ROOT / "README.md", ROOT / "docs" / "tutorial.md", ROOT / "docs" / "tutorial-report.md"
MAPS = {"zone": 1, "agreement": 0}
"""The pictures of the tutorial: a view of the page of comparison, and which of its two maps."""


@pytest.mark.long
def test_the_tutorial_and_the_readme_run(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    printed, done = "", list[str]()
    for block in [*blocks(TUTORIAL), *blocks(REPORT)]:
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
    assert shared == 6, "new, check, solve, audit, solve and compare are in both texts as they stand"
    if find_browser() or browser_required():
        maps_are_as_shown(request.getfixturevalue("browser"), tmp_path)


def maps_are_as_shown(browser: Browser, folder: Path) -> None:
    """The pictures are what the page saves: the same words, and nine parcels of ten in the same colours."""
    from tests.reports.test_page import Opened

    with Opened(browser, folder / "both" / "comparison.html") as opened:
        page = opened.drawn()
        for view, side in MAPS.items():
            page.check(f"#maps input[value={view}]", force=True)
            with page.expect_download() as saved:
                page.locator(".map").nth(side).locator("button[data-format=svg]").click()
            saved.value.save_as(folder / f"tutorial-{view}.svg")
    for view in MAPS:
        words, parcels = drawn(folder / f"tutorial-{view}.svg")
        shown, coloured = drawn(ROOT / "docs" / "images" / f"tutorial-{view}.svg")
        assert words == shown
        assert len(parcels) == 61
        assert parcels.keys() == coloured.keys()
        assert sum(parcels[shape] == coloured[shape] for shape in parcels) >= 55


def drawn(path: Path) -> tuple[list[str], dict[str, str]]:
    """What is written on a saved map, and the colour of each shape: that of its entry in the legend."""
    root = ElementTree.parse(path).getroot()
    words = [text.text or "" for text in root.iter(f"{SVG}text")]
    colours = {
        str(shape.get("d")): str(group.get("fill"))
        for group in root.iter(f"{SVG}g") if group.get("fill-rule") for shape in group.iter(f"{SVG}path")
    }  # fmt: skip
    return words, colours


def readme() -> list[Block]:
    """What the README runs once the package is installed."""
    found = []
    for block in blocks(README):
        lines = [line for line in block.text.splitlines() if not line.startswith("source ")]
        if block.lang == "python" or (block.lang == "sh" and lines[0].startswith("zonevest ")):
            found.append(Block(block.lang, "\n".join(lines)))
    assert len(found) == 3
    return found
