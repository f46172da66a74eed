"""One stage of the way from nothing to a factored ledger, measured alone: ``python -m benchmarks.stages STAGE FOLDER``.

`new` writes a synthetic county without shapes into the folder; `ledger` reads and checks it, and makes options and
ledger. Beside each stands a yardstick of other packages on as much data, in the same process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.measure import Phases, peak_gb
from scipy.spatial import Voronoi

import zonevest as zv
from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model

WARM_UP = 100
"""Parcels of the county on which everything is done once before it is measured, so that no import is."""
ASKED = ["land_class", "jurisdiction", "zone", "tenure", "redline", "basic_farmland", "slope_class", "tags"]
"""Columns that the rules of the options look at, and the yardstick groups by."""


def new(folder: Path, parcels: int, seed: int, phases: Phases) -> dict[str, float]:
    """A county, and as a yardstick the Voronoi cells of as many random points."""
    points = np.random.default_rng(seed).uniform(size=(parcels, 2))
    with phases.phase("new"):
        zv.write_county(folder, parcels, seed, polygons=False)
    peak = peak_gb()
    with phases.phase("voronoi"):
        Voronoi(points)
    return {"peak": peak}


def ledger(folder: Path, phases: Phases) -> dict[str, float]:
    """Read and check, options, ledger; as yardsticks pandas' reading of the same file, and its groups of parcels."""
    with phases.phase("pandas"):
        table = pd.read_parquet(folder / "parcels.parquet")
    before = peak_gb()
    with phases.phase("groups"):
        table.groupby(ASKED, dropna=False, sort=False).ngroup()
    del table
    with phases.phase("read"):
        study = zv.read_study(folder)
    return {"peak_pandas": before} | build(study, phases) | {"peak": peak_gb()}


def build(study: Study, phases: Phases) -> dict[str, float]:
    """From the study to the factored rows of its policy."""
    with phases.phase("options"):
        options = build_options(study)
    with phases.phase("ledger"):
        made = Ledger(options)
    with phases.phase("policy"):
        policy = compile_policy(policy_model(made))
    with phases.phase("rows"):
        land_block(made, policy)
    return {"parcels": len(study.parcels), "patterns": len(options.first), "options": int(options.start[-1])}


def warm_up() -> None:
    """Everything once on a small county."""
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "small"
        zv.write_county(small, WARM_UP, polygons=False)
        ledger(small, Phases())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["new", "ledger"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, default=1_000, help="for new")
    parser.add_argument("--seed", type=int, default=1, help="for new")
    given = parser.parse_args()
    warm_up()
    phases = Phases()
    found: dict[str, Any] = {"peak_before": peak_gb()}
    if given.stage == "new":
        found |= new(given.folder, given.parcels, given.seed, phases)
    else:
        found |= ledger(given.folder, phases)
    sys.stdout.write("\n" + json.dumps({"wall": phases.wall, "cpu": phases.cpu, **found}) + "\n")


if __name__ == "__main__":
    main()
