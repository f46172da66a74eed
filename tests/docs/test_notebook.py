"""The notebook runs, and shows what it says: text as in the tutorial, and the points of its chart (5 s)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import notebooks
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
