"""Every plan of a small study, evaluated with the audit's arithmetic.

Where money, uplift, quotas or transfers are left to decide, every choice of options and starts leaves a linear program
over them (`Evaluator.affine`), which SciPy solves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from zonevest.instances.study import Study
from zonevest.reports.audit import Affine, Evaluator

NO_PLAN = -math.inf
NEAR = 1e-6
"""By how much a row without decisions may be missed, times max(1, |right side|)."""


@dataclass(frozen=True)
class Plan:
    """(practice, start) of every parcel, the start of every project (``""``: not built), and what the audit says."""

    options: Sequence[tuple[str, str]]
    starts: Mapping[str, str]
    objective: float
    holds: bool


def count(evaluator: Evaluator) -> int:
    """How many combinations of options and starts there are."""
    study = evaluator.study
    options = math.prod(len(evaluator.options(parcel)) for parcel in evaluator.parcel_ids)
    return options * math.prod(len(evaluator.starts(project)) for project in study.projects["project"])


def plans(evaluator: Evaluator, most: int) -> list[Plan] | None:
    """Every plan of open options and possible starts, None where there are more than `most`."""
    if count(evaluator) > most:
        return None
    found = []
    for chosen, begun in combinations(evaluator):
        value = evaluator.value(chosen, begun)
        found.append(Plan(chosen, begun, value.objective, value.holds))
    return found


def best_of(tried: Sequence[Plan]) -> float:
    """The objective value of the best plan that holds, NO_PLAN where none does."""
    return max((plan.objective for plan in tried if plan.holds), default=NO_PLAN)


def best_in_turn(study: Study, most: int) -> float | None:
    """The same of a lexicographic study: the last term at its best among plans that keep the tolerance of the others.

    For orders of cash and ecosystem, without soft limits.
    """
    goal, kept, value = study.settings.objective, set[int](), NO_PLAN
    for place, term in enumerate(goal.order):
        tried = plans(Evaluator(study.replace({"objective": {"method": "weighted", term: 1.0}})), most)
        if tried is None:
            return None
        kept = {i for i, plan in enumerate(tried) if plan.holds and (not place or i in kept)}
        value = max((tried[i].objective for i in kept), default=NO_PLAN)
        kept = {i for i in kept if tried[i].objective >= value - goal.tolerance * abs(value) - NEAR}
    return value


def best(study: Study, most: int) -> float | None:
    """The objective value of the best plan, NO_PLAN where none holds, None where there are more than `most` to try."""
    evaluator = Evaluator(study)
    if count(evaluator) > most:
        return None
    return max(values(evaluator), default=NO_PLAN)


def combinations(evaluator: Evaluator) -> Iterator[tuple[Sequence[tuple[str, str]], dict[str, str]]]:
    """Every choice of an open option for each parcel and a possible start (or none) for each project."""
    options = [evaluator.options(parcel) for parcel in evaluator.parcel_ids]
    names = list(evaluator.study.projects["project"])
    starts = [evaluator.starts(project) for project in names]
    for chosen in itertools.product(*options):
        for begun in itertools.product(*starts):
            yield chosen, dict(zip(names, begun, strict=True))


def values(evaluator: Evaluator) -> Iterator[float]:
    """The objective values of the plans that hold; with what is left to decide at its best."""
    for chosen, begun in combinations(evaluator):
        if evaluator.extended:
            yield optimum(evaluator.affine(chosen, begun))
        else:
            found = evaluator.value(chosen, begun)
            if found.holds:
                yield found.objective


def optimum(program: Affine) -> float:
    """The best objective value of what is left to decide; NO_PLAN where no decisions hold."""
    found = decide(program)
    return NO_PLAN if found is None else found[0]


def decide(program: Affine) -> tuple[float, dict[str, float]] | None:
    """The best objective value and decisions by name; None where none hold.

    Every soft row has a column more, what it is missed by, at its penalty.
    """
    value, size = program.constant, len(program.columns)
    if not program.holds:
        return None
    rows = []
    for row in program.rows:
        if any(row.coefficients.values()):
            rows.append(row)
            continue
        missed = max(0.0, row.right if row.sense == ">=" else -row.right)
        if row.penalty is None and missed > NEAR * max(1.0, abs(row.right)):
            return None
        value -= (row.penalty or 0.0) * missed
    soft = [r for r, row in enumerate(rows) if row.penalty is not None]
    matrix, right = np.zeros((len(rows), size + len(soft))), np.zeros(len(rows))
    gain = np.zeros(size + len(soft))
    for v, worth in program.objective.items():
        gain[v] = worth
    for r, row in enumerate(rows):
        sign = -1.0 if row.sense == ">=" else 1.0
        right[r] = sign * row.right
        for v, coefficient in row.coefficients.items():
            matrix[r, v] = sign * coefficient
    for at, r in enumerate(soft):
        matrix[r, size + at] = -1.0
        gain[size + at] = -(rows[r].penalty or 0.0)
    if not size:
        assert not rows  # without decisions no row has a coefficient
        return value, {}
    bounds = [(column.low, column.high) for column in program.columns] + [(0.0, math.inf)] * len(soft)
    whole = np.array([*(column.whole for column in program.columns), *(False for _ in soft)], dtype=int)
    found = linprog(
        -gain, A_ub=matrix, b_ub=right, bounds=bounds, method="highs", integrality=whole if any(whole) else None
    )
    if found.status == 2:
        return None
    if found.status == 3:
        return math.inf, {}
    assert found.status == 0, found.message
    chosen = zip(program.columns, found.x[:size], strict=True)
    return value - float(found.fun), {column.name: float(x) for column, x in chosen}


def as_tables(evaluator: Evaluator, starts: dict[str, str], decisions: dict[str, float]) -> dict[str, pd.DataFrame]:
    """Decisions by name as the tables in which a plan states them; those of nothing are left out."""
    periods = evaluator.tables.periods
    begun = {project: periods.index(start) for project, start in starts.items() if start}
    rows: dict[str, list[dict[str, object]]] = {}
    for decision in evaluator.system(begun).decisions:
        amount = decisions[decision.name]
        kind, *named = decision.key
        if amount <= 0 or not decision.counts:
            continue
        if kind == "financing":
            instrument, project, start, t = named
            row = {"instrument": instrument, "project": project, "start": periods[start] if project else ""}
            rows.setdefault(kind, []).append({**row, "period": periods[t], "raised": amount})
        elif kind == "uplift":
            project, start, jurisdiction, catchments, tools, t = named
            row = {"project": project, "start": periods[start], "jurisdiction": jurisdiction}
            row |= {"catchments": ";".join(sorted(catchments)), "where": " + ".join(sorted(tools))}
            rows.setdefault(kind, []).append({**row, "period": periods[t], "area_ha": amount})
        elif kind == "transfer":
            row = {"jurisdiction": named[0], "period": periods[named[1]], "amount": amount}
            rows.setdefault("fund_transfers", []).append(row)
        elif kind == "budget_transfer":
            row = {"from": named[0], "to": named[1], "period": periods[named[2]], "amount": amount}
            rows.setdefault("budget_transfers", []).append(row)
        else:
            quota, place, t = named
            row = {"quota": quota, "jurisdiction": place, "period": periods[t]}
            both = {"bought": 0.0, "sold": 0.0}
            for other in rows.setdefault("quota_trade", []):
                if row.items() <= other.items():
                    both = other
            if both not in rows["quota_trade"]:
                both = {**row, **both}
                rows["quota_trade"].append(both)
            both["bought" if kind == "buy" else "sold"] = amount
    return {name: pd.DataFrame(table) for name, table in rows.items()}
