"""Two-stage decisions without the package's own program: every first decision, with every way to go on.

What must be decided now is, per parcel, its zone, and its practice where that begins in the first period; per project
whether it begins in the first period. Every choice of options and starts is evaluated with the audit's arithmetic in
every scenario; of those with the same first decision the best of a scenario counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests import brute
from zonevest.instances.read import replace_study
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

Floats = NDArray[np.float64]
First = tuple[tuple[tuple[str, str], ...], tuple[bool, ...]]
"""(zone, practice that begins in the first period or blank) of every parcel; of every project whether it begins."""


def mean_of_worst(worth: Floats, chances: Floats, beta: float) -> float:
    """The mean of the worst `beta` of what may come, by filling `beta` up from the worst scenario."""
    left, total = beta, 0.0
    for at in np.argsort(worth):
        taken = min(left, float(chances[at]))
        total += taken * float(worth[at])
        left -= taken
    return total / beta


def first_of(evaluator: Evaluator, chosen: Sequence[tuple[str, str]], begun: Mapping[str, str]) -> First:
    """The part of a plan that is decided now."""
    tables = evaluator.tables
    now = tables.periods[0]
    land = []
    for at, (practice, start) in enumerate(chosen):
        zone = tables.practices[practice]["zone"] if start else str(tables.today_zone[at]) if practice else ""
        land.append((str(zone), practice if start == now else ""))
    return tuple(land), tuple(start == now for start in begun.values())


def best_by_first(study: Study) -> dict[First, float]:
    """The best objective value of every first decision with which a plan holds, as the study stands."""
    evaluator, best = Evaluator(study), dict[First, float]()
    for chosen, begun in brute.combinations(evaluator):
        if evaluator.extended:
            value = brute.optimum(evaluator.affine(chosen, begun))
        else:
            found = evaluator.value(chosen, begun)
            value = found.objective if found.holds else brute.NO_PLAN
        key = first_of(evaluator, chosen, begun)
        best[key] = max(value, best.get(key, brute.NO_PLAN))
    return {key: value for key, value in best.items() if value > brute.NO_PLAN}


def averaged(study: Study, chances: Mapping[str, float]) -> Study:
    """The study at the mean of the numbers that its scenarios change: cells of tables, keys of study.toml set."""
    cases = [study.in_scenario(name) for name in chances]
    weights = np.array(list(chances.values()))
    tables: dict[str, pd.DataFrame | None] = {"scenarios": None}
    rows, keys = study.scenarios, dict[str, float]()
    for row in rows[rows["table"] == "study"].itertuples():
        assert row.op == "value"
        keys[row.key] = keys.get(row.key, 0.0) + chances[row.scenario] * float(row.amount)
    for table in dict.fromkeys(rows["table"]):
        if table == "study":
            continue
        frame = study.tables[table].copy()
        for column in dict.fromkeys(rows.loc[rows["table"] == table, "column"]):
            frame[column] = np.average([case.tables[table][column] for case in cases], axis=0, weights=weights)
        tables[table] = frame
    return replace_study(study, tables=tables, overrides=keys)


@dataclass(frozen=True)
class Enumerated:
    """What first decisions bring in each scenario.

    Attributes
    ----------
    worth : a row for each first decision that leaves a plan in every scenario, a column for each scenario.
    alone : the best of each scenario that is known.
    """

    names: Sequence[str]
    chances: Floats
    firsts: Sequence[First]
    worth: Floats
    alone: Floats

    @property
    def expectation(self) -> float:
        return float(np.max(self.worth @ self.chances, initial=-math.inf))

    @property
    def perfect(self) -> float:
        return float(self.alone @ self.chances)

    def cautious(self, alpha: float, beta: float) -> float:
        """The best of (1 - alpha) mean + alpha (mean of the worst beta)."""
        return max(
            (1 - alpha) * float(row @ self.chances) + alpha * mean_of_worst(row, self.chances, beta)
            for row in self.worth
        )

    @property
    def regret(self) -> float:
        """The least of the most that a scenario brings less than if it were known."""
        return float(np.min(np.max(self.alone - self.worth, axis=1)))

    def of_mean(self, study: Study) -> tuple[float, list[float]]:
        """The best at the mean, and what its first decisions are worth: one, unless several are equally good there."""
        mean = best_by_first(averaged(study, dict(zip(self.names, self.chances, strict=True))))
        best = max(mean.values(), default=-math.inf)
        expected = dict(zip(self.firsts, self.worth @ self.chances, strict=True))
        near = brute.NEAR * max(1.0, abs(best))
        return best, [expected.get(key, -math.inf) for key, value in mean.items() if value >= best - near]


def enumerated(study: Study, chances: Mapping[str, float]) -> Enumerated:
    """Every first decision in every scenario."""
    found = [best_by_first(study.in_scenario(name)) for name in chances]
    firsts = [key for key in found[0] if all(key in other for other in found)]
    worth = np.array([[each[key] for each in found] for key in firsts]).reshape(len(firsts), len(found))
    alone = np.array([max(each.values(), default=-math.inf) for each in found])
    return Enumerated(list(chances), np.array(list(chances.values())), firsts, worth, alone)
