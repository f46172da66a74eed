"""The standard county by prices: seconds by phase, peak memory, bound, plan, certified gap, check and audit.

The gap is (bound - plan) / plan: both are gains over doing nothing. Phases of the search are those that it reports.
"""

from __future__ import annotations

from typing import Any

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import Course, arrays, told
from benchmarks.suite import COURSE, Asked, Figures
from zonevest.api import plan_of
from zonevest.reports.audit import audit
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.by_prices import solve_by_prices
from zonevest.solvers.certificate import proven

SIZES = (2_000, 10_000, 50_000, 100_000, 300_000, 1_000_000)
SECONDS, LAND, WAYS = 60.0, "standard", ("",)
STEPS = ("prices", "projects", "plan", "branches")
"""Steps of the search that are told apart; what there is beside them is `other steps`."""


def measure(asked: Asked) -> Figures:
    """One run, from the study's files to an audited plan."""
    phases, course = Phases(), Course()
    with phases.phase("read"):
        study = zv.read_study(asked.folder)
    made = arrays(study, phases)
    block = made.block
    found = solve_by_prices(block, SolveOptions(gap=asked.gap, time_limit=asked.seconds), course)
    peak = peak_gb()
    with phases.phase("certificate checked"):
        bound = proven(block, found.leaves)
    figures: Figures = {"parcels": block.groups, "options": len(block.group), "rows": len(block.rows)}
    figures |= {"nonzeros, factored": sum(matrix.nnz for _, matrix in block.by_kind) + block.by_column.nnz}
    figures |= {f"{name}, s": seconds for name, seconds in phases.wall.items()}
    figures |= {f"… {name}, s": seconds for name, seconds in by_step(found.steps, found.seconds).items()}
    ready = sum(phases.wall[name] for name in ("options and ledger", "policy model", "policy compiled", "block"))
    figures |= told(course.points, found.bound, found.value, found.seconds)
    figures |= {
        "ledger to plan, s": ready + found.seconds,
        "solve, microseconds a parcel": 1e6 * found.seconds / block.groups,
    }
    figures |= {"passes": found.passes, "nodes": found.nodes, "leaves": len(found.leaves), "status": found.status}
    figures |= {"bound as checked / bound": bound / found.bound, "peak to the plan, GB": peak}
    if found.x is not None:
        with phases.phase("plan told"):
            plan = plan_of(made.model, made.policy, found.solution, {"seed": 0}, found.shadow_prices(block))
        with phases.phase("audit"):
            verdict = audit(plan)
        figures |= {f"{name}, s": phases.wall[name] for name in ("plan told", "audit")}
        figures |= {"audit": "holds" if verdict.ok else "fails"}
    return figures | {"peak, GB": peak_gb(), COURSE: course.points}


def by_step(steps: list[dict[str, Any]], whole: float) -> dict[str, float]:
    """Seconds of the search by step; each step tells the time at which it ended."""
    found, before = dict.fromkeys((*STEPS, "other steps"), 0.0), 0.0
    for step in steps:
        name = step["step"] if step["step"] in STEPS else "other steps"
        found[name] += step["seconds"] - before
        before = step["seconds"]
    found["other steps"] += whole - before
    return found
