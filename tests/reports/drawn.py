"""Random plans with money, drawn once for the tests of the report's tables."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tests.random_plans import random_plans
from zonevest.reports.facts import Facts

PLANS = 12
_plainly: list[Facts] = []
CLOSE = {"rel": 1e-9, "abs": 1e-7}


@cache
def drawn() -> tuple[tuple[int, Facts], ...]:
    """Plans of studies with and without finance, budgets, enterprises, refinancing, funds, land that projects take."""
    return tuple((seed, Facts(plan)) for seed, plan in random_plans(PLANS, borrowing=True))


def plainly(number: int) -> list[tuple[int, Facts]]:
    """So many plans that raise no money, with uplift, captures, trade, price steps, shared parcels."""
    plans = random_plans(number)
    _plainly.extend(Facts(plan) for _, plan in plans[len(_plainly) :])
    return [(seed, facts) for (seed, _), facts in zip(plans, _plainly, strict=False)]


def ledger(facts: Facts, account: str) -> np.ndarray:
    """L of an account of the total in every period, from the plan's ledger."""
    table = facts.plan.ledger
    rows = table[(table["account"] == account) & (table["jurisdiction"] == "total")].set_index("period")["value"]
    return rows.reindex(facts.periods).fillna(0.0).to_numpy(dtype=float)


def years(facts: Facts) -> np.ndarray:
    """Years of every period."""
    return np.array([float(period.years) for period in facts.study.periods])


def of(table: pd.DataFrame, periods: list[str], **where: str) -> np.ndarray:
    """Sums of the rows for which all holds, by period."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table.groupby("period")["value"].sum().reindex(periods).fillna(0.0).to_numpy(dtype=float)
