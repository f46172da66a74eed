"""The objective value of a plan, as the audit reads the study's objective (FORMULATION.md section 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zonevest.instances.say import say
from zonevest.instances.study import Objective
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_rules import TOLERANCE, Breach


@dataclass
class Goal:
    """What a plan is compared with, and how its parts add up.

    Attributes
    ----------
    objective : the study's.
    nothing : F1 and F2 of doing nothing; 0 where there is none.
    weighted : where the total of each weighted account is among the watched cells.
    nothing_cells : the watched cells of doing nothing; 0 where there is none.
    """

    objective: Objective
    nothing: Floats
    weighted: Mapping[str, int]
    nothing_cells: Floats

    @property
    def only_weights(self) -> bool:
        """Whether the objective has weights on accounts only, so that it is a plain total."""
        goal = self.objective
        if goal.method == "lexicographic":
            return set(goal.order) <= {"accounts"}
        return goal.method == "weighted" and not goal.cash and not goal.ecosystem

    def value(self, cells: Floats, worth: Floats, penalty: float, *, gain: bool = True) -> float:
        """The objective value, penalties subtracted; without `gain` what doing nothing has is left in it."""
        goal = self.objective
        plain = self.only_weights or not gain
        cash, ecosystem = worth - (np.zeros(2) if plain else self.nothing)
        base = np.zeros(len(cells)) if plain else self.nothing_cells
        weighted = sum(goal.accounts[name] * float(cells[at] - base[at]) for name, at in self.weighted.items())
        if goal.method == "lexicographic":
            terms = {"cash": float(cash), "ecosystem": float(ecosystem), "accounts": weighted}
            return terms[goal.order[-1]] - penalty
        if goal.method == "weighted":
            return float(goal.cash * cash + goal.ecosystem * ecosystem + weighted - penalty)
        return float((ecosystem if "cash" in goal.floor else cash) + weighted - penalty)

    @property
    def turns(self) -> list[tuple[float, bool]]:
        """What a gain in F1 counts, and whether weighted accounts do, term by term; decisions do not touch F2."""
        goal = self.objective
        if goal.method == "lexicographic":
            return [(float(term == "cash"), term == "accounts") for term in goal.order]
        if goal.method == "weighted":
            return [(goal.cash, True)]
        return [(0.0 if "cash" in goal.floor else 1.0, True)]

    def floor(self, worth: Floats) -> tuple[str, float, float, bool] | None:
        """The floor of the method `floor`: its name, value, bound, and whether it is one of cash; None without one."""
        goal = self.objective
        if goal.method != "floor":
            return None
        cash, ecosystem = worth
        if "cash" in goal.floor:
            return say("gain in cash"), float(cash - self.nothing[0]), float(goal.floor["cash"]), True
        share = float(goal.floor.get("ecosystem", 1.0))
        return say("ecosystem value"), float(ecosystem), share * float(self.nothing[1]), False

    def floor_breach(self, worth: Floats) -> Breach | None:
        """The floor of the method `floor`, if it is broken."""
        found = self.floor(worth)
        if found is None:
            return None
        name, value, bound, of_cash = found
        largest = max(abs(float(worth[0])), abs(float(self.nothing[0]))) if of_cash else abs(value)
        if value >= bound - TOLERANCE * max(1.0, abs(bound), largest):
            return None
        must = say("{name} at least {bound:.10g}", name=name, bound=bound)
        return Breach("objective:floor", say("the whole plan"), must, f"{value:.10g}")
