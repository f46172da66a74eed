"""What benchmarks of solvers share: the arrays of a study, how a run went on, and when it got how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Phases
from zonevest.instances.study import Study
from zonevest.model.compiled import Policy, compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import Progress

Point = tuple[float, float | None, float | None]
"""Seconds, bound, plan."""
GAPS = (0.01, 0.003, 0.001)
"""Gaps for which benchmarks say when they were reached."""


@dataclass
class Arrays:
    """A study as arrays."""

    ledger: Ledger
    model: Any
    policy: Policy
    block: Block


def arrays(study: Study, phases: Phases) -> Arrays:
    """A study's block, without extra rows, made step by step."""
    with phases.phase("options and ledger"):
        ledger = Ledger(build_options(study))
    with phases.phase("policy model"):
        model = policy_model(ledger)
    with phases.phase("policy compiled"):
        policy = shared(compile_policy(model))
    with phases.phase("block"):
        block = without_extra(land_block(ledger, policy))
    return Arrays(ledger, model, policy, block)


@dataclass
class Course:
    """How a run goes on: call it with what a solver tells."""

    points: list[Point] = field(default_factory=list)
    began: float = 0.0

    def __call__(self, told: Progress) -> None:
        self.add(told.seconds - self.began, told.bound, told.value)

    def add(self, seconds: float, bound: float | None, plan: float | None) -> None:
        """Keep a point, unless nothing has changed."""
        if not self.points or self.points[-1][1:] != (bound, plan):
            self.points.append((round(seconds, 3), bound, plan))


def gap(bound: float | None, plan: float | None) -> float | None:
    """The gap on the gain over doing nothing, which is what a plan is worth; None where one of both is not known."""
    return None if bound is None or plan is None else max(bound - plan, 0.0) / max(abs(plan), 1e-9)


def reached(points: Sequence[Point], wanted: float) -> float | None:
    """Seconds after which the certified gap was no wider; None: never."""
    found = ((seconds, gap(bound, plan)) for seconds, bound, plan in points)
    return next((seconds for seconds, each in found if each is not None and each <= wanted), None)


def told(points: Sequence[Point], bound: float | None, plan: float | None, seconds: float) -> dict[str, Any]:
    """The end of a run and the way to it, as figures."""
    found: dict[str, Any] = {
        "solve, s": seconds,
        "bound": bound,
        "plan": plan,
        "certified gap, %": percent(gap(bound, plan)),
    }
    for wanted in GAPS:
        at = reached(points, wanted)
        found[f"to {100 * wanted:g} %, s"] = later(seconds) if at is None else at
    return {name: "none" if value is None else value for name, value in found.items()}


def percent(part: float | None) -> float | None:
    """A part as percent."""
    return None if part is None else 100.0 * part


def later(seconds: float) -> str:
    """What is known of a time that was not waited for."""
    return f"> {seconds:.3g}"


def times(one: Any, other: Any) -> Any:
    """How many times the other; words stay words where a number is only known to be larger."""
    if isinstance(other, str) or other is None or not other:
        return "none"
    if isinstance(one, str):
        return f"> {float(one[2:]) / other:.3g}" if one.startswith("> ") else "none"
    return "none" if one is None else one / other
