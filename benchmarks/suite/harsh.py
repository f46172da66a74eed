"""The standard county with harsh area thresholds, by prices: every project needs 100 to 115 % of what a zone has today.

Which zone is drawn by a seed among those that may grow by 15 %; see `benchmarks.counties`. That the thresholds bite is
told by the bound, beside that of the same county without them, which has the same time.
"""

from __future__ import annotations

import numpy as np

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import Course, arrays, times, told
from benchmarks.suite import COURSE, Asked, Figures
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.by_prices import solve_by_prices

SIZES = (10_000,)
SECONDS, LAND, WAYS = 60.0, "harsh", ("harsh", "without thresholds")


def measure(asked: Asked) -> Figures:
    """One run of one of both counties."""
    phases, course = Phases(), Course()
    study = zv.read_study(asked.folder)
    if asked.way != WAYS[0]:
        study = study.replace(projects=study.projects.assign(min_area=np.nan, min_area_of=""))
    block = arrays(study, phases).block
    found = solve_by_prices(block, SolveOptions(gap=asked.gap, time_limit=asked.seconds), course)
    figures: Figures = {"thresholds": sum(name.startswith("pool[") for name in block.rows)}
    figures |= told(course.points, found.bound, found.value, found.seconds)
    figures |= {"passes": found.passes, "nodes": found.nodes, "peak, GB": peak_gb(), COURSE: course.points}
    return figures


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """What the thresholds cost."""
    harsh, free = (found.get(way, {}) for way in WAYS)
    if "plan" not in harsh or "plan" not in free:
        return {}
    return {
        WAYS[0]: {f"{name} / that without thresholds": times(harsh[name], free[name]) for name in ("bound", "plan")}
    }
