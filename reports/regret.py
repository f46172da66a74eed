"""The regret of plans: how much less each brings in each scenario than the best that is known there.

In words: regret[p,s] = best[s] - value[p,s], where value is the plan's objective with its land and projects in the
scenario's study, and best the highest value of any plan that was tried there. No plan of the scenario can be worth more
than its bound, so that the regret is at least this, and at most bound[s] - value[p,s].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

REGRET = ["plan", "scenario", "holds", "value", "best", "bound", "regret", "regret_at_most"]
CHOICES = [
    "plan",
    "holds_in",
    "breaks_in",
    "unknown_in",
    "expected_value",
    "max_regret",
    "max_regret_at_most",
    "worst_scenario",
    "minimax",
    "expected",
]
ROUNDING = 1e-9
"""What is no difference, as a part of the best value (of 1 where that is less)."""


@dataclass(frozen=True)
class Weighed:
    """Plans weighed against each other.

    Attributes
    ----------
    regret : a row for each plan and scenario: plan, scenario, holds (None: not found out), value, best, bound, regret,
        regret_at_most; numbers are blank where the plan does not hold, regret_at_most where no bound is known.
    choices : a row for each plan: in how many scenarios it holds, breaks, or that is not known; its expected value;
        its greatest regret, at least and at most, and in which scenario; and whether it is the minimax-regret choice
        and the choice by expected value. Numbers are blank where it breaks in a scenario that counts.
    weights : of every scenario; they sum to 1.
    minimax, expected : the plans that are chosen; None where none holds wherever it counts.
    minimax_certain : whether no other plan can have a smaller greatest regret, gaps considered.
    best_expected : what no plan can be expected to bring more than, chosen after it is known which scenario comes.
    """

    regret: pd.DataFrame
    choices: pd.DataFrame
    weights: dict[str, float]
    minimax: str | None
    expected: str | None
    minimax_certain: bool
    best_expected: float | None


def weights_of(scenarios: Sequence[str], probability: Mapping[str, float | None]) -> tuple[dict[str, float], str]:
    """Weights that sum to 1, and how they came about: ``stated``, ``rescaled`` or ``alike``."""
    stated = {name: probability[name] or 0.0 for name in scenarios}
    total = sum(stated.values())
    if total <= 0.0:
        return {name: 1.0 / len(scenarios) for name in scenarios}, "alike"
    how = "stated" if abs(total - 1.0) < 1e-6 else "rescaled"
    return {name: each / total for name, each in stated.items()}, how


def weigh(
    plans: Sequence[str],
    bounds: Mapping[str, float | None],
    values: Mapping[tuple[str, str], tuple[bool | None, float | None]],
    weights: Mapping[str, float],
) -> Weighed:
    """Weigh plans.

    Parameters
    ----------
    plans : their names.
    bounds : of every scenario what no plan can be worth more than; None where that is not known.
    values : (plan, scenario) -> whether the plan holds there (None: not found out), and its value.
    weights : of the scenarios, for the expected value.
    """
    scenarios = list(bounds)
    value = np.array([[_number(values[p, s][1]) for s in scenarios] for p in plans]).reshape(len(plans), -1)
    holds = np.array([[values[p, s][0] for s in scenarios] for p in plans], dtype=object).reshape(value.shape)
    best = np.where(np.isnan(value), -np.inf, value).max(axis=0, initial=-np.inf)
    best = np.where(np.isinf(best), np.nan, best)
    size = ROUNDING * np.fmax(1.0, np.abs(best))
    value = np.where(np.abs(value) <= size, 0.0, value)
    bound = np.fmax(np.array([_number(bounds[s]) for s in scenarios]), best)
    bound[[bounds[s] is None for s in scenarios]] = np.nan
    regret, most = (np.where(top - value <= size, 0.0, top - value) for top in (best, bound))
    rows = [
        (p, s, holds[i, j], value[i, j], best[j], bound[j], regret[i, j], most[i, j])
        for i, p in enumerate(plans)
        for j, s in enumerate(scenarios)
    ]
    # where no plan holds there is nothing to regret
    counts = ~np.isnan(best)
    weight = np.array([weights[s] for s in scenarios])
    told = [
        _choice(p, [scenarios[j] for j in np.flatnonzero(counts)], *(each[i, counts] for each in (value, regret, most)))
        | {
            "holds_in": int((holds[i] == True).sum()),  # noqa: E712
            "breaks_in": int((holds[i] == False).sum()),  # noqa: E712
            "unknown_in": int(sum(each is None for each in holds[i])),
            "expected_value": _expected(value[i], weight * counts),
        }
        for i, p in enumerate(plans)
    ]
    choices = pd.DataFrame(told, columns=CHOICES)
    minimax, expected = _first(choices, "max_regret", 1.0), _first(choices, "expected_value", -1.0)
    choices["minimax"], choices["expected"] = choices["plan"] == minimax, choices["plan"] == expected
    at_most = choices.loc[choices["minimax"], "max_regret_at_most"]
    others = choices.loc[~choices["minimax"], "max_regret"].min()
    certain = minimax is not None and bool((at_most <= others).all() or np.isnan(others))
    known = weight[counts] > 0
    top = float((weight[counts][known] * bound[counts][known]).sum() / max(weight[counts].sum(), 1e-300))
    return Weighed(
        pd.DataFrame(rows, columns=REGRET),
        choices,
        dict(weights),
        minimax,
        expected,
        certain,
        top if expected is not None and np.isfinite(top) else None,
    )


def _choice(plan: str, scenarios: list[str], value: Any, regret: Any, most: Any) -> dict[str, Any]:
    """The greatest regret of a plan; blank where it does not hold in some scenario."""
    everywhere = len(value) > 0 and not np.isnan(value).any()
    worst = int(regret.argmax()) if everywhere else -1
    return {
        "plan": plan,
        "max_regret": float(regret[worst]) if everywhere else np.nan,
        "max_regret_at_most": float(most.max()) if everywhere else np.nan,
        "worst_scenario": scenarios[worst] if everywhere else "",
    }


def _expected(value: Any, weight: Any) -> float:
    """The expected value, of scenarios of some weight; blank where the plan does not hold in one of them."""
    some = weight > 0
    return float((value[some] * weight[some]).sum() / weight.sum()) if some.any() else np.nan


def _first(choices: pd.DataFrame, column: str, sign: float) -> str | None:
    """The plan whose number is the least (or, with a minus, the highest), the first of those alike."""
    known = (sign * choices[column]).dropna()
    return None if known.empty else str(choices.loc[known.idxmin(), "plan"])


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
