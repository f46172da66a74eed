"""What lies around a plan: its study's program, made once, and solved again with further rows or for something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest import api
from zonevest.certificates import leaves_of, with_certificate
from zonevest.instances.say import listed, say
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model, set_stage_after
from zonevest.pricing import UnpricedError, completed
from zonevest.reports.breaches import audited as audit_plan
from zonevest.solvers.answer import Progress, Solution, SolveOptions, gap_of
from zonevest.solvers.certificate import Leaf, proven
from zonevest.solvers.highs import completed as completed_from
from zonevest.solvers.join import join
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.supervise import solve as run_supervised
from zonevest.solvers.warm import Warm

if TYPE_CHECKING:
    import pyomo.environ as pyo
    from numpy.typing import NDArray

    from zonevest.model.compiled import Policy
    from zonevest.model.land import Block
    from zonevest.model.plan import PlanData
    from zonevest.solvers.program import Program

    Floats = NDArray[np.float64]

SECONDS = 120.0
"""What finding a plan's other decisions again may take, and the prices of the linear program."""

OF_STUDY = ("gap", "gap_absolute", "scenario", "stages", "own_rows")
"""Settings of the best plan that are those of every other one."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of each solve: see `zonevest.api.solve`."""

    time_limit: float
    threads: int
    seed: int
    prices: bool
    tell: Callable[[Progress], object]


class Nearby:
    """A plan's study as a program, and points of it.

    Attributes
    ----------
    best : the plan.
    policy, ledger, compiled, block : its program; extra rows among the others.
    x : the plan as a point, options before columns.
    value : the objective there.
    bound : what no plan of the study is worth more than.

    Raises
    ------
    UnpricedError
        If the plan breaks rules, follows some that its folder does not hold, or its decisions are not found again.
    """

    def __init__(self, best: PlanData, asked: Asked) -> None:
        self.best, self.asked = best, asked
        self.policy = _policy_of(best)
        self.ledger: Ledger = self.policy.source
        if stages := best.settings.get("stages", []):
            set_stage_after(self.policy, stages)
        self.compiled, self.block = built(self.policy)
        self.warm: Warm | None = getattr(best, "_warm", None)
        x = None if self.warm is None else self.warm.point(self.block)
        if x is None:
            x = completed(best, self.ledger, self.block, self.program, seconds=SECONDS, gap=1e-9)
        self.x: Floats = x
        self.value = self.worth(x)
        self.bound = max(np.inf if best.bound is None else float(best.bound), self.value)

    @cached_property
    def program(self) -> Program:
        """The study's program as one."""
        return join(self.block)

    @cached_property
    def cost(self) -> Floats:
        """What a unit of each option and column adds to the objective."""
        if "program" in self.__dict__:
            return self.program.cost
        total = np.zeros(len(self.block.group))
        for scalar, matrix in self.block.by_kind:
            total += scalar[self.block.group] * matrix[:, [-1]].toarray().ravel()[self.block.kind]
        if self.block.by_option is not None:
            total += self.block.by_option[:, [-1]].toarray().ravel()
        return np.append(total, self.block.by_column[:, [-1]].toarray().ravel())

    def worth(self, x: Floats) -> float:
        """The objective at a point."""
        return self.block.constant + float(self.cost @ x)

    def point_in(self, x: Floats, block: Block) -> Floats:
        """A point of the study in the columns of a block like it; those that it has beside are worked out."""
        if block is self.block:
            return x
        first = Warm.of(self.block, x).point(block)
        assert first is not None
        known = set(self.block.columns)
        decided = np.array([True] * len(block.group) + [name in known for name in block.columns])
        found = completed_from(join(block), SolveOptions(time_limit=SECONDS, gap=0.0), first, decided)
        if found is None:
            raise UnpricedError(say("its other decisions were not found again in {seconds:g} seconds", seconds=SECONDS))
        return found

    @cached_property
    def leaves(self) -> list[Leaf]:
        """Prices that bound every plan: the certificate's, else those of the linear program with nothing whole.

        Empty where they are not found in the time.
        """
        certificate = self.best.certificate
        if len(certificate):
            last = certificate[certificate["stage"] == certificate["stage"].max()]
            return [leaf for leaf in leaves_of(self.block, last) if not leaf.ray]
        options = SolveOptions(time_limit=SECONDS, threads=self.asked.threads)
        prices = shadow_prices(self.program, self.x, slice(0, 0), options)
        if prices is None:
            return []
        leaf = Leaf(self.block.column_lower, self.block.column_upper, prices[self.block.groups :], np.inf)
        bound = proven(self.block, [leaf])
        return [replace(leaf, bound=bound)] if np.isfinite(bound) else []

    def solve(
        self,
        block: Block,
        *,
        start: Floats | None = None,
        warm: Warm | None = None,
        gap: float = 1e-3,
        gap_absolute: float = 0.0,
        scale: float | None = None,
        seconds: float = np.inf,
        phase: str = "",
    ) -> tuple[Solution, Floats | None, Warm | None]:
        """Solve a block like the study's.

        Parameters
        ----------
        start : a point of the block to begin with.
        warm : what a block like it left; by prices alone.
        scale : size of the objective (see `SolveOptions`).
        seconds : what it may take where that is less than was asked for.
        phase : what is told of progress; values are not, as what is maximised need not be the study's.

        Returns
        -------
        What came out, by prices with the bound that its certificate proves; the point in the order of the study's own
        columns; what it leaves to the next one like it.
        """
        options = SolveOptions(
            gap=gap, gap_absolute=gap_absolute, time_limit=min(self.asked.time_limit, seconds),
            threads=self.asked.threads, seed=self.asked.seed, scale=scale,
        )  # fmt: skip

        def tell(progress: Progress) -> None:
            self.asked.tell(replace(progress, value=None, bound=None, phase=phase or progress.phase))

        if not self.asked.prices:
            solution = run_supervised(join(block), replace(options, start=start), tell)
            left = None if solution.x is None else Warm.of(block, solution.x)
            return solution, None if left is None else left.point(self.block), None
        from zonevest.solvers.by_prices import solve_by_prices  # it compiles, which takes a while to import

        outcome = solve_by_prices(block, options, tell, warm=_begun(block, start, warm))
        left = None if outcome.x is None else Warm.of(block, outcome.x, outcome)
        # no audit of a plan will look at what was proven here
        solution = _checked(outcome.solution, proven(block, outcome.leaves))
        return solution, None if left is None else left.point(self.block), left

    def plan(self, x: Floats, seconds: float, settings: dict[str, Any]) -> api.Plan:
        """A point as a plan of the study, with the study's bound, audited."""
        value = self.worth(x)
        bound = max(self.bound, value)
        gap = gap_of(bound, value, float(np.abs(self.cost).sum())) if np.isfinite(bound) else None
        near = gap is not None and gap <= float(self.best.settings.get("gap", 1e-3))
        solution = Solution(x, "optimal" if near else "feasible", value, bound, gap, seconds)
        told = {name: self.best.settings[name] for name in OF_STUDY if name in self.best.settings}
        asked = self.asked
        told |= {"time_limit": asked.time_limit, "threads": asked.threads, "seed": asked.seed, **settings}
        plan = api.plan_of(self.policy, self.compiled, solution, told, {})
        if self.best.method != "given":  # whose bound it has
            plan.method, plan.certificate = self.best.method, self.best.certificate
        plan.seconds = {"solve": seconds}
        if own := getattr(self.best, "_policy", None):
            plan._policy = own
        plan.audit = with_certificate(audit_plan(plan), plan, self._solved())
        return plan

    def _solved(self) -> list[Block] | None:
        """The program that the certificate is of; of several stages they are made anew."""
        return None if self.best.settings.get("stages") else [self.block]


def _policy_of(plan: PlanData) -> pyo.ConcreteModel:
    """The policy model that a plan was solved with."""
    own = getattr(plan, "_policy", None)
    if own is not None:
        return own
    if rows := plan.settings.get("own_rows"):
        why = say("it follows rules of one's own, which its folder does not hold: {rows}", rows=listed(rows))
        raise UnpricedError(why, say("give the plan as it was solved, in the program that solved it"))
    return policy_model(Ledger(build_options(plan.study)))


def _checked(solution: Solution, bound: float) -> Solution:
    """An answer with the bound that its certificate proves, every option written out."""
    if solution.status == "infeasible":
        return solution if np.isneginf(bound) else replace(solution, status="no_plan", bound=np.inf)
    return replace(solution, bound=max(solution.bound, bound))


def _begun(block: Block, start: Floats | None, warm: Warm | None) -> Warm | None:
    """A start, and prices where they are known."""
    if start is None:
        return None if warm is None else replace(warm, options=-1)  # its point does not hold here
    at = Warm.of(block, start)
    return at if warm is None else replace(at, rows=warm.rows, prices=warm.prices, used=warm.used)


def built(policy: pyo.ConcreteModel) -> tuple[Policy, Block]:
    """A policy model compiled, and its program."""
    compiled = shared(compile_policy(policy))
    return compiled, without_extra(land_block(policy.source, compiled))
