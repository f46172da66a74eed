"""Explanations, recomputed from the tables of the study by code that shares nothing with them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import zonevest as zv
from tests.model import budget_rows
from tests.model.complete_bay import bay
from tests.model.complete_shore import shore
from tests.model.complete_valley import valley
from tests.reports.second_way import Second, check_options
from zonevest.instances.study import Study
from zonevest.pricing import priced
from zonevest.reports.explain import explain_parcel
from zonevest.reports.priced import Priced

MANY = int(os.environ.get("ZONEVEST_EXPLAIN_PARCELS", "1000"))
STUDIES: dict[str, Callable[[], Study]] = {
    "village": lambda: zv.read_study("village"),
    "bay": bay,
    "valley": valley,
    "valley, divided": lambda: valley({"divisible": True}),
    "shore": lambda: shore(**budget_rows.STEPS, **budget_rows.PAIRS),
    "budgets": budget_rows.of_budgets,
    "lexicographic": lambda: valley(
        {"objective": {"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.1}}
    ),
    "accounts": lambda: valley(
        {"objective": {"method": "weighted", "cash": 1.0, "accounts": {"rent": 1.0, "area.converted": -0.1}}}
    ),
}


@cache
def of(name: str) -> Priced:
    plan = zv.solve(STUDIES[name](), gap=0.0)
    assert plan.has_plan
    return priced(plan)


def second_of(found: Priced) -> Second:
    stages = found.plan.settings.get("stages", [])
    tolerance = found.plan.study.settings.objective.tolerance
    earlier = {each["term"]: each["value"] - tolerance * abs(each["value"]) for each in stages}
    return Second(found.plan.study, {"stage": len(stages), "earlier": earlier})


def check_parcels(found: Priced, second: Second, parcels: list[str], **more: Any) -> None:
    prices = {name: price for name, price in zip(found.told["row"], found.prices.tolist(), strict=True) if price}
    taken = {name: table for name, table in found.plan.parcels.groupby("parcel_id")}
    for name in parcels:
        table = taken[name]
        share = dict(zip(zip(table["practice"], table["start"], strict=True), table["share"].tolist(), strict=True))
        check_options(explain_parcel(found, name), second, prices, share, **more)


@pytest.mark.parametrize("name", STUDIES)
def test_parcels_are_explained_by_the_tables_alone(name: str) -> None:
    found = of(name)
    check_parcels(found, second_of(found), list(found.plan.study.parcels["parcel_id"]))


@pytest.mark.parametrize("name", STUDIES)
def test_all_parts_add_up_to_the_objective(name: str) -> None:
    found = of(name)
    assert found.plan.objective is not None
    assert found.balance["value"].sum() == pytest.approx(found.plan.objective, rel=1e-7)


@pytest.mark.skipif("ZONEVEST_EXPLAIN_PLAN" not in os.environ, reason="no plan named by ZONEVEST_EXPLAIN_PLAN")
def test_parcels_of_a_large_plan_are_explained_by_the_tables_alone() -> None:
    plan = zv.read_plan(Path(os.environ["ZONEVEST_EXPLAIN_PLAN"]))
    found, ids = priced(plan), list(plan.study.parcels["parcel_id"])
    check_parcels(found, second_of(found), Random(8).sample(ids, min(MANY, len(ids))))
    assert plan.objective is not None
    assert found.balance["value"].sum() == pytest.approx(plan.objective, rel=1e-9)
    assert np.isfinite(found.prices).all()
