"""What came of the search for a common decision, as a decision with its bound and a plan for each scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.say import say
from zonevest.reports.decision import Decision
from zonevest.reports.decision_tables import unknowns
from zonevest.sides import ROUNDING
from zonevest.solvers.answer import Solution, Status, gap_of
from zonevest.solvers.trust import bound_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.api import Plan
    from zonevest.common_search import Found, Search

    Floats = NDArray[np.float64]


def told(run: Search) -> Decision:
    """Put the decision together."""
    decision = Decision(
        run.study,
        run.objective,
        "no_plan",
        dict(zip(run.names, run.aim.weights.tolist(), strict=True)),
        run.aim.alpha,
        run.aim.beta,
        settings=run.asked | {"objective": run.objective, "alpha": run.aim.alpha, "beta": run.aim.beta},
        unknown=unknowns(run.study, run.names),
        mean_status=run.mean_status,
        mean_fails=run.mean_fails,
        seconds=run.seconds,
    )
    if run.impossible and run.best is None:
        decision.status, decision.message = "infeasible", run.impossible
    elif run.best is None:
        decision.status = "interrupted" if run.stopped.is_set() else "no_plan"
    own = run.own or [None] * len(run.names)
    decision.alone = {n: None if s is None else s.value for n, s in zip(run.names, own, strict=True)}
    decision.bounds = {n: None if s is None else _finite(s.bound) for n, s in zip(run.names, own, strict=True)}
    for at, found in enumerate(own):
        if found is not None and found.x is not None:
            decided = run.sides[at].decided(run.stages, at, found.x)
            tables = run.stages.parcels_table(decided), run.stages.projects_table(decided)
            decision.own[run.names[at]] = tables
    if run.best is not None:
        _fill(run, decision, run.best)
    decision.notes = tuple(run.notes)
    return decision


def _fill(run: Search, decision: Decision, best: Found) -> None:
    """What is told of a decision."""
    values, known, bounds = best.values, run.known_values(), run.known_bounds()
    decision.values = dict(zip(run.names, values.tolist(), strict=True))
    decision.alone = dict(zip(run.names, known.tolist(), strict=True))
    decision.bounds = {name: _finite(each) for name, each in zip(run.names, bounds, strict=True)}
    decision.mean_value = float(run.aim.weights @ values)
    decision.cvar = run.aim.tail(values)
    low, high = np.maximum(known - values, 0.0), np.maximum(bounds - values, 0.0)
    decision.regret = {
        name: (float(one), _finite(other)) for name, one, other in zip(run.names, low, high, strict=True)
    }
    if run.objective == "regret":
        _fill_regret(run, decision, low, high)
    else:
        _fill_value(run, decision, best, known, bounds)
    # a regret is as sure as the gap that is told of it: what own best plans leave open is part of it
    sure = run.proven and run.objective != "regret"
    near = decision.gap is not None and (sure or decision.gap <= run.asked["gap"] + ROUNDING)
    decision.status = "optimal" if near else "interrupted" if run.stopped.is_set() else "feasible"
    decision.parcels = run.stages.parcels_table(best.decided)
    decision.projects = run.stages.projects_table(best.decided)
    with run.step("plans"):
        plans = run.each(lambda at: _plan(run, at, best.points[at], bounds[at]), run.in_turn())
        decision.plans = dict(zip(run.names, plans, strict=True))


def _fill_value(run: Search, decision: Decision, best: Found, known: Floats, bounds: Floats) -> None:
    """Value and bound of what is maximised, and what knowing, and looking at all scenarios, are worth."""
    value, ahead = run.aim.of(best.values), run.aim.of(bounds)
    size = sum(
        weight * side.size(each.x)
        for weight, side, each in zip(run.aim.weights, run.sides, best.points, strict=True)
        if each.x is not None
    )
    bound = bound_of(min(run.bound, ahead), value, size)
    decision.value, decision.bound = value, _finite(bound)
    scale = float(run.aim.weights @ np.array([side.scale for side in run.sides]))
    decision.gap = gap_of(bound, value, scale) if np.isfinite(bound) else None
    decision.perfect_information = run.aim.of(known)
    if np.isfinite(ahead):
        least = max(decision.perfect_information - bound, 0.0) if np.isfinite(bound) else 0.0
        decision.evpi = (least, max(ahead - value, 0.0))
    if len(run.sides) == 1:
        decision.vss = (0.0, 0.0)
        return
    decision.mean = {
        name: None if each is None else each.value
        for name, each in zip(run.names, run.mean or [None] * len(run.names), strict=True)
    }
    if run.mean_status == "solved" and np.isfinite(bound):
        most = run.aim.of(np.array([np.inf if each is None else each.bound for each in run.mean]))
        least = run.aim.of(np.array([-np.inf if s is None or s.value is None else s.value for s in run.mean]))
        decision.vss = (max(value - most, 0.0) if np.isfinite(most) else 0.0, max(bound - least, 0.0))


def _fill_regret(run: Search, decision: Decision, low: Floats, high: Floats) -> None:
    """The largest regret: of the decision at most, and of any decision at least."""
    largest = float(high.max()) if np.isfinite(high).all() else float(low.max())
    decision.value = largest
    decision.perfect_information = 0.0
    if not np.isfinite(high).all():
        run.notes.append(say("where a scenario's own best plan is not bounded its regret may be larger"))
        return
    least = -run.bound if np.isfinite(run.bound) else 0.0
    decision.bound = min(max(least, 0.0), largest)
    mean = abs(float(decision.mean_value or 0.0))
    scale = float(run.aim.weights @ np.array([side.scale for side in run.sides]))
    decision.gap = (largest - decision.bound) / max(mean, 1e-9 * scale) if largest > decision.bound else 0.0
    decision.evpi = (decision.bound, largest)
    if len(run.sides) == 1:
        decision.vss = (0.0, 0.0)
    elif run.mean_status == "solved":
        known, bounds = run.known_values(), run.known_bounds()
        has = np.array([0.0 if each is None or each.value is None else each.value for each in run.mean])
        most = np.array([np.inf if each is None else each.bound for each in run.mean])
        decision.mean = dict(zip(run.names, has.tolist(), strict=True))
        at_least = max(float((known - most).max()), 0.0)
        decision.vss = (
            max(at_least - largest, 0.0),
            max(float((bounds - has).max()) - decision.bound, 0.0),
        )


def _plan(run: Search, at: int, found: Solution, bound: float) -> Plan:
    """The plan of a scenario beside the common decision; its bound is that of the scenario alone."""
    assert found.value is not None
    gap = gap_of(bound, found.value, run.sides[at].scale) if np.isfinite(bound) else None
    near = gap is not None and gap <= run.asked["gap"]
    message = "" if near else say("decided in common with other scenarios: the bound is of this scenario alone")
    status: Status = "optimal" if near else "feasible"
    point = replace(found, status=status, bound=bound, gap=gap, message=message)
    settings = run.asked | {"decided_for": run.names}
    plan: Plan = run.ask(at, "plan", point, settings)
    return plan


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
