"""The same arrays by prices and as one program for HiGHS, with its defaults and as the package does, in the same time.

*prices* runs first. The one program then has the seconds that it took, and ten times as many: with HiGHS' defaults and
no start (only time limit and gap are set), and *improved*, which is `zonevest.solve` with `method="mip"`. The clock
starts where the arrays lie ready; writing the one program out is not counted. A plan of HiGHS' defaults counts as HiGHS
states it, within its own tolerances; `broken` says by how much it breaks a row.
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import Course, Point, arrays, later, reached, times, told
from benchmarks.suite import COURSE, Asked, Figures
from zonevest.instances.study import Study
from zonevest.solvers.answer import Progress, SolveOptions
from zonevest.solvers.by_prices import solve_by_prices
from zonevest.solvers.join import join
from zonevest.solvers.quiet import opened

SIZES = (2_000, 10_000, 100_000)
SECONDS, LAND = 60.0, "standard"
PRICES, LONGER = "prices", 10
WAYS = (PRICES, "defaults", f"defaults, {LONGER} x", "improved", f"improved, {LONGER} x")
GAP = "to the gap of prices, s"


def measure(asked: Asked) -> Figures:
    """One run in one of the ways."""
    study = zv.read_study(asked.folder)
    if asked.way == PRICES:
        figures = by_prices(study, asked)
        wanted, seconds = figures["certified gap, %"], figures["solve, s"]
    else:
        first = asked.found.get(PRICES, {})
        wanted, seconds = first.get("certified gap, %"), first.get("solve, s", asked.seconds)
        seconds *= LONGER if asked.way.endswith(f"{LONGER} x") else 1
        one = by_defaults if asked.way.startswith("defaults") else improved
        figures = one(study, asked.gap, seconds)
    at = reached(figures[COURSE], wanted / 100.0 * (1.0 + 1e-9)) if isinstance(wanted, float) else None
    return figures | {GAP: later(figures["solve, s"]) if at is None else at, "peak, GB": peak_gb()}


def by_prices(study: Study, asked: Asked) -> Figures:
    """The price method."""
    course = Course()
    block = arrays(study, Phases()).block
    found = solve_by_prices(block, SolveOptions(gap=asked.gap, time_limit=asked.seconds), course)
    course.add(found.seconds, found.bound, found.value)
    return told(course.points, found.bound, found.value, found.seconds) | {COURSE: course.points}


def by_defaults(study: Study, gap: float, seconds: float) -> Figures:
    """HiGHS as it comes, no start."""
    program, points = join(arrays(study, Phases()).block), list[Point]()
    course, best = Course(points), {"bound": np.inf, "plan": -np.inf}

    def heard(kind: Any, _message: str, out: Any, _into: Any, _data: Any) -> None:
        if highspy.cb.HighsCallbackType(kind) in MIP:
            # HiGHS minimises inside and says so here: neither is told before there is one
            best["bound"] = min(best["bound"], finite(out.mip_dual_bound, np.inf))
            best["plan"] = max(best["plan"], finite(out.mip_primal_bound, -np.inf))
            course.add(time.perf_counter() - began, known(best["bound"]), known(best["plan"]))

    highs = opened({"time_limit": seconds, "mip_rel_gap": gap, "log_to_console": False}, heard)
    began = time.perf_counter()
    program.pass_to(highs)
    highs.run()
    took, info = time.perf_counter() - began, highs.getInfo()
    bound = known(min(best["bound"], finite(info.mip_dual_bound, np.inf)))
    plan, broken = None, "none"
    if info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible):
        x = np.array(highs.getSolution().col_value)
        plan, broken = float(info.objective_function_value), program.violation(x)
    course.add(took, bound, plan)
    figures = told(points, bound, plan, took)
    return figures | {"broken": broken, "columns": program.n_cols, "nonzeros": program.n_nonzeros, COURSE: points}


def improved(study: Study, gap: float, seconds: float) -> Figures:
    """The one program as the package solves it today: a start, settings, presolve."""
    course, began = Course(), list[float]()

    def hear(told: Progress) -> None:
        if told.phase == "solve":
            began.append(told.seconds)
            course.began = began[0]
            course(told)

    plan = zv.solve(study, method="mip", gap=gap, time_limit=seconds, on_progress=hear)
    value = plan.objective if plan.has_plan else None
    course.add(plan.seconds["solve"], plan.bound, value)
    return told(course.points, plan.bound, value, plan.seconds["solve"]) | {COURSE: course.points}


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """Every way of the one program against prices."""
    base = found.get(PRICES, {})
    more: dict[str, Figures] = {}
    for way, each in found.items():
        if way != PRICES and GAP in base and GAP in each:
            more[way] = {
                "time to that gap / that of prices": times(each[GAP], base[GAP]),
                "time / that of prices": times(each["solve, s"], base["solve, s"]),
                "plan / that of prices": times(each["plan"], base["plan"]),
                "gap / that of prices": times(each["certified gap, %"], base["certified gap, %"]),
            }
    return more


MIP = (
    highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution,
    highspy.cb.HighsCallbackType.kCallbackMipLogging,
    highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
)


def finite(value: float, instead: float) -> float:
    """A number, or what stands for none: HiGHS tells infinities where it knows nothing."""
    return value if np.isfinite(value) and abs(value) < 1e30 else instead


def known(value: float) -> float | None:
    """A number, or None for infinities."""
    return float(value) if np.isfinite(value) else None
