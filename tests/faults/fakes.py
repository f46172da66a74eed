"""A HiGHS that lies, in one way at a time: the real one solves, and something of its answer is replaced."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from highspy import HighsModelStatus as Model

Twist = Callable[[Any, "Answer"], None]


class Answer(SimpleNamespace):
    """What is read of a run: model, feasible (whether there is a point), x, row_dual, col_dual, bound, value."""

    model: Any
    x: Any
    row_dual: Any
    bound: float
    value: float
    feasible: bool


class Liar:
    """A HiGHS whose answers are twisted."""

    def __init__(self, real: Any, twist: Twist, *, dead: bool = False) -> None:
        self.real, self.twist, self.dead = real, twist, dead

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def run(self) -> Any:
        """Run, and twist what is left behind."""
        returned = None if self.dead else self.real.run()
        solution, info = self.real.getSolution(), self.real.getInfo()
        self.answer = Answer(
            model=self.real.getModelStatus(),
            x=np.array(solution.col_value),
            row_dual=np.array(solution.row_dual),
            col_dual=np.array(solution.col_dual),
            bound=info.mip_dual_bound,
            value=info.objective_function_value,
            feasible=info.primal_solution_status == 2,
        )
        self.twist(self.real, self.answer)
        return returned

    def getModelStatus(self) -> Any:  # noqa: N802 - HiGHS' own name
        """The status, as twisted."""
        return self.answer.model

    def getSolution(self) -> Any:  # noqa: N802 - HiGHS' own name
        """The solution, as twisted."""
        told, valid = self.answer, self.real.getSolution().dual_valid
        return SimpleNamespace(col_value=told.x, row_dual=told.row_dual, col_dual=told.col_dual, dual_valid=valid)

    def getInfo(self) -> Any:  # noqa: N802 - HiGHS' own name
        """The figures, as twisted."""
        real = self.real.getInfo()
        names = ("mip_node_count", "simplex_iteration_count", "ipm_iteration_count")
        return SimpleNamespace(
            **{name: getattr(real, name) for name in names},
            mip_dual_bound=self.answer.bound,
            objective_function_value=self.answer.value,
            primal_solution_status=2 if self.answer.feasible else 0,
        )


def _status(model: Any) -> Twist:
    def twist(_: Any, told: Answer) -> None:
        told.model, told.feasible = model, False

    return twist


def _point(change: Callable[[Any], Any]) -> Twist:
    def twist(_: Any, told: Answer) -> None:
        told.model, told.feasible, told.x = Model.kOptimal, True, change(told.x)

    return twist


def _with(cell: float) -> Callable[[Any], Any]:
    def change(x: Any) -> Any:
        x = x.copy()
        x[len(x) // 2] = cell
        return x

    return change


def _no_bound(_: Any, told: Answer) -> None:
    told.bound = np.nan


def _crossed_bound(_: Any, told: Answer) -> None:
    told.model, told.bound = Model.kOptimal, told.bound * 0.5 - 3.0


def _no_duals(_: Any, told: Answer) -> None:
    told.row_dual = np.zeros(0)


def _zero_duals(_: Any, told: Answer) -> None:
    told.row_dual = np.zeros_like(told.row_dual)


def _wild_duals(_: Any, told: Answer) -> None:
    told.row_dual = np.full_like(told.row_dual, np.nan)


def _raises(_: Any, __: Answer) -> None:
    raise RuntimeError("out of its mind")


LIES: dict[str, Twist] = {
    "unknown": _status(Model.kUnknown),
    "error": _status(Model.kSolveError),
    "nothing was done": _status(Model.kNotset),
    "presolve failed": _status(Model.kPresolveError),
    "no memory": _status(Model.kMemoryLimit),
    "time is over, no point": _status(Model.kTimeLimit),
    "optimal, no point": _status(Model.kOptimal),
    "infeasible": _status(Model.kInfeasible),
    "optimal, an empty point": _point(lambda x: x[:0]),
    "optimal, too long a point": _point(lambda x: np.append(x, 1.0)),
    "a point that breaks rows": _point(lambda x: x + 1.0),
    "a point that breaks rows by little": _point(lambda x: x + 1e-3),
    "a point of nothing": _point(lambda x: 0.0 * x),
    "a point that is not whole": _point(lambda x: 0.5 * x),
    "not a number": _point(_with(np.nan)),
    "infinity": _point(_with(np.inf)),
    "a bound that is no number": _no_bound,
    "a bound below the plan": _crossed_bound,
    "no prices": _no_duals,
    "prices of nothing": _zero_duals,
    "prices that are no numbers": _wild_duals,
    "an exception": _raises,
}
"""Ways to lie, by name."""


def lying(make: Callable[..., Any], twist: Twist, *, dead: bool = False) -> Callable[..., Any]:
    """A function that makes a HiGHS, so that it makes a liar; a dead one does not run at all."""

    def made(*given: Any, **more: Any) -> Any:
        return Liar(make(*given, **more), twist, dead=dead)

    return made
