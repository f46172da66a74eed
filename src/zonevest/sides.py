"""A scenario as one side of a common decision: its own program, its own best plan, and what a decision leaves of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zonevest.api import Plan, audit, plan_of, scale_of, start_of
from zonevest.model.compiled import Policy, compile_policy, shared
from zonevest.model.land import Block, land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import OnProgress, Solution, SolveOptions, Stop
from zonevest.solvers.highs import completed
from zonevest.solvers.join import join
from zonevest.solvers.joint import carried
from zonevest.solvers.supervise import solve
from zonevest.solvers.trust import holds, size_of

if TYPE_CHECKING:
    import pyomo.environ as pyo
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.stages import Decided, Stages
    from zonevest.solvers.program import Program

    Floats = NDArray[np.float64]

ROUNDING = 1e-7
"""Gap of what is left to a scenario, as a part of its value: below it figures are not told apart."""


@dataclass(frozen=True, eq=False)
class Side:
    """A scenario of a study.

    Attributes
    ----------
    name : of the scenario, ``""`` for the study as it is.
    study : as the scenario changes it.
    ledger, model, policy, block : what is made of it, step by step.
    """

    name: str
    study: Study
    ledger: Ledger
    model: pyo.ConcreteModel
    policy: Policy
    block: Block

    @classmethod
    def of(cls, name: str, study: Study) -> Self:
        """Make the program of a scenario."""
        ledger = Ledger(build_options(study))
        model = policy_model(ledger)
        policy = shared(compile_policy(model))
        return cls(name, study, ledger, model, policy, land_block(ledger, policy))

    @cached_property
    def program(self) -> Program:
        """The one program of the scenario."""
        return join(self.block)

    @cached_property
    def scale(self) -> float:
        """Size of the objective, for gaps of gains near zero."""
        return scale_of(self.block, self.program, len(self.study.periods))

    def size(self, x: Floats) -> float:
        """The sum of the sizes of what makes the objective at a point."""
        return size_of(self.program, x)

    def alone(
        self,
        options: SolveOptions,
        on_progress: OnProgress | None = None,
        *,
        stop: Stop | None = None,
        run: Callable[..., Solution] = solve,
    ) -> Solution:
        """The best plan of the scenario, as if it were known to come."""
        start = start_of(self.ledger, self.block, self.program, None)
        return run(self.program, replace(options, scale=self.scale, start=start), on_progress, stop=stop)

    def carried(
        self,
        stages: Stages,
        scenario: int,
        decided: Decided,
        options: SolveOptions,
        *,
        stop: Stop | None = None,
        run: Callable[..., Solution] = solve,
    ) -> Solution:
        """The best that can be made of a decision in the scenario: what may wait is found anew.

        Parameters
        ----------
        stages, scenario : the classes, and the position of this scenario among those that they are of.
        options : of the solve; a `start` makes the decision.
        """
        fixed = stages.fixed(decided, scenario)
        return carried(self.program, fixed, replace(options, scale=self.scale), stop=stop, run=run)

    def nothing(self) -> Floats | None:
        """Doing nothing, with its best financing; None where it does not hold."""
        return start_of(self.ledger, self.block, self.program, None)

    def beside(self, other: Side, x: Floats, seconds: float) -> Floats | None:
        """All land and projects of another side's point, with this side's best financing; None where that is none."""
        here, there = self.ledger.options, other.ledger.options
        if not (np.array_equal(here.kind, there.kind) and np.array_equal(here.parcel, there.parcel)):
            return None
        if not (
            np.array_equal(here.kind_practice, there.kind_practice)
            and np.array_equal(here.kind_start, there.kind_start)
        ):
            return None
        size = len(self.block.group) + self.ledger.works.possible.size
        first, fixed = np.zeros(self.program.n_cols), np.zeros(self.program.n_cols, dtype=np.bool_)
        first[:size], fixed[:size] = x[:size], True
        point = completed(self.program, SolveOptions(time_limit=seconds), first, fixed)
        return point if holds(self.program, point) else None

    def decided(self, stages: Stages, scenario: int, x: Floats) -> Decided:
        """What a point of the scenario's program decides now."""
        options = len(self.block.group)
        shape = self.ledger.works.possible.shape
        return stages.decided(scenario, x[:options], x[options : options + shape[0] * shape[1]].reshape(shape))

    def plan(self, solution: Solution, settings: dict[str, Any]) -> Plan:
        """The plan of a point, audited."""
        told = {**settings, **({"scenario": self.name} if self.name else {})}
        plan = plan_of(self.model, self.policy, solution, told, {})
        if plan.has_plan:
            plan.audit = audit(plan)
        return plan
