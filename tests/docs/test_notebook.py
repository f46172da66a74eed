"""The notebook runs, and shows what it says: text as in the tutorial, and the points of its chart (5 s)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import notebooks
from tests.docs.test_reference import load
from tests.markdown import like

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "own_study.ipynb"


def test_the_notebook_shows_what_its_cells_make() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    charts = 0
    for cell in notebooks.cells(NOTEBOOK):
        printed, value = notebooks.run(cell, names)
        text, chart = notebooks.shown(cell)
        assert like(text, printed), f"the notebook shows\n{text}\nbut this was printed\n{printed}"
        assert (chart is None) == (value is None)
        if chart is None:
            continue
        charts += 1
        made = notebooks.plain(value)
        assert made["layout"] == chart["layout"]
        assert len(made["data"]) == len(chart["data"]) == 2
        for line, other in zip(made["data"], chart["data"], strict=True):
            assert line["name"] == other["name"]
            for axis in ("x", "y"):
                assert line[axis] == pytest.approx(other[axis], rel=0.01, abs=1e-6)
    assert charts == 1
    # a rule more never makes it cheaper
    free, shared = (names["costs"][name] for name in ("without the rule", "burden shared"))
    assert all(one <= other + 1e-6 for one, other in zip(free, shared, strict=True))


def test_the_page_of_the_docs_has_all_of_it() -> None:
    """Text, code, what is printed, and a chart that is drawn by a script of the page's own site."""
    hook = load("hooks_notebook")
    page = hook.notebook_page(NOTEBOOK)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"][1:]:
        assert notebooks.text_of(cell["source"]).strip() in page
    texts, charts = zip(*map(notebooks.shown, notebooks.cells(NOTEBOOK)), strict=True)
    assert all(text.rstrip() in page for text in texts)
    drawn = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert [json.loads(each) for each in drawn] == [chart for chart in charts if chart]
    assert re.findall(r'src="([^"]+)"', page) == [f"../{hook.SCRIPT}"]
    assert hook.library().is_file()
