"""Making, reading and preparing a county: seconds, memory, and ratios to yardsticks of other packages on as many rows.

*new* writes a county without shapes, beside SciPy's Voronoi cells of as many random points; *ledger* reads and checks
the standard county and makes options, ledger and rows, beside pandas reading the same file and numbering the groups of
parcels that agree in what the rules of options ask.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import Voronoi

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import arrays
from benchmarks.suite import Asked, Figures

SIZES = (2_000, 10_000, 100_000, 1_000_000)
SECONDS, LAND, WAYS = 0.0, "standard", ("new", "ledger")
WARM_UP = 100
"""Parcels of the county on which everything is done once before it is measured, so that no import is."""
ASKED = ["land_class", "jurisdiction", "zone", "tenure", "redline", "basic_farmland", "slope_class", "tags"]
"""Columns that the rules of the options look at, and the yardstick groups by."""
YARDSTICKS = (("new", "voronoi"), ("read", "pandas reads"), ("options and ledger", "pandas groups"))


def measure(asked: Asked) -> Figures:
    """One stage, after all has been done once on a small county."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        new(folder / "small", WARM_UP, Phases())
        ledger(folder / "small", Phases())
        phases, before = Phases(), peak_gb()
        if asked.way == "new":
            new(folder / "county", asked.parcels, phases)
        else:
            ledger(asked.folder, phases)
    figures: Figures = {f"{name}, s": seconds for name, seconds in phases.wall.items()}
    figures |= {f"{name}, processor, s": seconds for name, seconds in phases.cpu.items()}
    for name, beside in YARDSTICKS:
        if name in phases.cpu:
            figures[f"{name} / {beside}"] = phases.cpu[name] / max(phases.cpu[beside], 1e-9)
    return figures | {"peak before, GB": before, "peak, GB": peak_gb()}


def new(folder: Path, parcels: int, phases: Phases) -> None:
    """A county, and as a yardstick the Voronoi cells of as many random points."""
    points = np.random.default_rng(1).uniform(size=(parcels, 2))
    with phases.phase("new"):
        zv.write_county(folder, parcels, polygons=False)
    with phases.phase("voronoi"):
        Voronoi(points)


def ledger(folder: Path, phases: Phases) -> None:
    """Read and check, options, ledger, rows; as yardsticks pandas' reading of the same file, and groups of parcels."""
    with phases.phase("pandas reads"):
        table = pd.read_parquet(folder / "parcels.parquet")
    with phases.phase("pandas groups"):
        table.groupby(ASKED, dropna=False, sort=False).ngroup()
    del table
    with phases.phase("read"):
        study = zv.read_study(folder)
    arrays(study, phases)
