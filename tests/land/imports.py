"""The real layers imported as a user would: one command and one mapping file, which stand beside this module."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from zonevest.cli import app

HERE = Path(__file__).parent
SOURCES = {
    "buena_vista": "buena_vista_va/buena_vista_parcels.gpkg",
    "sibuyan": "sibuyan_ph/sibuyan_cells.gpkg",
    "mato_grosso": "mato_grosso_br/mato_grosso_stack.tif",
}


def import_land(name: str, land: Path, target: Path, mapping: Path | None = None, source: str = "") -> Path:
    """Run ``zonevest import`` on a layer of the real land with its mapping file; the study folder."""
    rules = mapping or HERE / name / "mapping.toml"
    words = ["import", str(land / (source or SOURCES[name])), "--mapping", str(rules), "-o", str(target)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return target


@cache
def _sibuyan(land: Path) -> Path:
    return import_land("sibuyan", land, Path(tempfile.mkdtemp()) / "sibuyan")


def import_sibuyan(land: Path, target: Path, demand: int = 1) -> Path:
    """Sibuyan under one of the four demands: imported once, then with another table of limits."""
    shutil.copytree(_sibuyan(land), target)
    shutil.copyfile(HERE / "sibuyan" / f"limits-demand{demand}.csv", target / "limits.csv")
    return target
