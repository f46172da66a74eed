"""A plain greedy, down the list by value with linear programs for money (tests/greedy.py), beside prices.

The greedy has no time limit of its own; where the process is stopped, that is the result. Its gap is by the bound of
prices, as it proves none.
"""

from __future__ import annotations

import time

import zonevest as zv
from benchmarks.measure import peak_gb
from benchmarks.solving import Course, gap, percent, times, told
from benchmarks.suite import COURSE, Asked, Figures
from benchmarks.suite.versus import by_prices
from tests.greedy import Greedy, greedy

SIZES = (2_000, 10_000, 100_000)
SECONDS, LAND = 60.0, "standard"
PRICES, GREEDY = "prices", "greedy"
WAYS = (PRICES, GREEDY)
LEAST = 1800.0
"""Seconds that the plan that changes least may take, from which the greedy begins."""


def measure(asked: Asked) -> Figures:
    """One run in one of both ways."""
    study = zv.read_study(asked.folder)
    if asked.way == PRICES:
        return by_prices(study, asked) | {"peak, GB": peak_gb()}
    began, course, figures = time.perf_counter(), Course(), Figures()
    value: float | None = None
    try:
        plan = Greedy(study, LEAST)
        figures["… least plan, s"] = time.perf_counter() - began
        value = greedy(plan)
    except AssertionError:  # it has found none, at its beginning or at its end
        pass
    took = time.perf_counter() - began
    course.add(took, None, value)
    return told(course.points, None, value, took) | figures | {"peak, GB": peak_gb(), COURSE: course.points}


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """The greedy's plan against that of prices, and how far it is from their bound at most."""
    return {way: against(found[PRICES], each) for way, each in found.items() if way != PRICES and PRICES in found}


def against(base: Figures, each: Figures) -> Figures:
    """Figures of a way that has no bound of its own, beside prices."""
    if "plan" not in each or not isinstance(base.get("bound"), float):
        return {}
    plan = each["plan"] if isinstance(each["plan"], float) else None
    away = percent(gap(base["bound"], plan))
    return {
        "gap by the bound of prices, %": "none" if away is None else away,
        "plan / that of prices": times(each["plan"], base["plan"]),
        "time / that of prices": times(each["solve, s"], base["solve, s"]),
    }
