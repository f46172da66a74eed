"""What the report of a plan costs: seconds, memory, the size of its page, and the ratio to pandas writing it as CSV.

The land is a county with its polygons. The plan is made by hand, as only what is told is measured: of `OF` parcels one
takes the first of its own actions, the others are held, and every project that may start does so as soon as it may.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyomo.environ as pyo

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.suite import Asked, Figures
from zonevest.instances.study import Study, period_names
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData, tell
from zonevest.model.policy import policy_model
from zonevest.reports.forms import write_reports

SIZES = (1_000, 10_000, 100_000)
SECONDS, LAND, WAYS = 0.0, "", ("",)
OF = 7
WARM_UP = 100
"""Parcels of the county on which everything is done once before it is measured, so that no import is."""


def measure(asked: Asked) -> Figures:
    """One report; the yardstick beside it."""
    folder = asked.folder
    write_reports(plan_of(_county(folder / "few", WARM_UP)), _empty(folder / "small"), "en")
    plan = plan_of(_county(folder / "study", asked.parcels))
    before, phases, target = peak_gb(), Phases(), _empty(folder / "report")
    with phases.phase("report"):
        write_reports(plan, target, "en")
    with phases.phase("CSV by pandas"):
        # the yardstick: what the plan says of parcels, and what it books, written by pandas as they are
        for name in ("parcels", "ledger"):
            getattr(plan, name).to_csv(folder / f"{name}.csv", index=False)
    figures: Figures = {f"{name}, s": seconds for name, seconds in phases.wall.items()}
    figures |= {f"{name}, processor, s": seconds for name, seconds in phases.cpu.items()}
    figures["report / CSV by pandas"] = phases.cpu["report"] / max(phases.cpu["CSV by pandas"], 1e-9)
    figures |= {"peak before, GB": before, "peak, GB": peak_gb()}
    return figures | {"page, MB": (target / "report.html").stat().st_size / 1e6}


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


def _county(folder: Path, parcels: int) -> Study:
    zv.write_county(folder, parcels)
    return zv.read_study(folder)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder
