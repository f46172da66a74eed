"""The report of a plan of so many parcels, alone in a process: ``python -m benchmarks.report_plan FOLDER --parcels N``.

The plan is made by hand, as only what is told is measured: of `OF` parcels one takes the first of its own actions, the
others are held, and every project that may start does so as soon as it may.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
from benchmarks.measure import Phases, peak_gb

import zonevest as zv
from zonevest.instances.read import read_study
from zonevest.instances.study import Study, period_names
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData, tell
from zonevest.model.policy import policy_model
from zonevest.reports.forms import write_reports

OF = 7
WARM_UP = 100
"""Parcels of the county on which everything is done once before it is measured, so that no import is."""


def plan_of(study: Study) -> PlanData:
    """The plan of a study."""
    ledger = Ledger(build_options(study))
    options, model = ledger.options, policy_model(ledger)
    chosen = options.start[:-1].copy()
    acts = options.kind_start[options.kind] >= 0
    first = np.minimum.reduceat(np.where(acts, np.arange(len(acts)), len(acts)), options.start[:-1])
    some = (np.arange(len(chosen)) % OF == 0) & (first < len(acts))
    chosen[some] = first[some]
    weight = np.zeros(len(acts))
    weight[chosen] = 1.0
    possible, names = ledger.works.possible, period_names(study.periods)
    started = np.cumsum(possible, axis=1) > 0
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(0.0, skip_validation=True)
    for (project, period), variable in model.U.items():
        variable.set_value(float(started[ledger.works.names.index(project), names.index(period)]))
    told = tell(model, weight, started.astype(float), {})
    gains = {name: told.pop(name) for name in ("cash", "ecosystem")}
    nothing = ledger.doing_nothing()
    above = {name: value - nothing[name] for name, value in gains.items()}
    return PlanData(study, "feasible", has_plan=True, doing_nothing=nothing, **told, **above)


def measure(folder: Path, parcels: int) -> dict[str, Any]:
    """One report in this process: seconds by phase, the peak, the size of the page; the yardstick beside it."""
    write_reports(plan_of(_county(folder / "few", WARM_UP)), _empty(folder / "small"), "en")
    plan = plan_of(_county(folder / "study", parcels))
    before, phases, target = peak_gb(), Phases(), _empty(folder / "report")
    with phases.phase("report"):
        write_reports(plan, target, "en")
    with phases.phase("csv"):
        # the yardstick: what the plan says of parcels, and what it books, written by pandas as they are
        for name in ("parcels", "ledger"):
            getattr(plan, name).to_csv(folder / f"{name}.csv", index=False)
    size = (target / "report.html").stat().st_size / 1e6
    return {"wall": phases.wall, "cpu": phases.cpu, "peak_before": before, "peak": peak_gb(), "page": size}


def _county(folder: Path, parcels: int) -> Study:
    zv.write_county(folder, parcels)
    return read_study(folder)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty one")
    parser.add_argument("--parcels", type=int, default=10_000)
    given = parser.parse_args()
    sys.stdout.write("\n" + json.dumps(measure(given.folder, given.parcels)) + "\n")


if __name__ == "__main__":
    main()
