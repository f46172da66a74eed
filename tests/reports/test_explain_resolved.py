"""Projects forced in or out by solving again, against studies that are changed so by their own tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.model.complete_valley import valley
from zonevest.instances.study import Study
from zonevest.pricing import UnpricedError, priced

VERY_DEAR = 1e5
"""A capex that no plan bears."""


@cache
def village() -> zv.Plan:
    return zv.solve(zv.read_study("village"), gap=0.0)


def with_number(study: Study, project: str, **numbers: object) -> Study:
    projects = study.projects.copy()
    for column, value in numbers.items():
        projects[column] = projects[column].astype(object if isinstance(value, (bool, str)) else float)
        projects.loc[projects["project"] == project, column] = value
        if isinstance(value, bool):
            projects[column] = projects[column].astype(bool)
    return replace(study, tables={**study.tables, "projects": projects})


def test_a_project_forced_in_loses_what_mandating_it_loses() -> None:
    plan = village()
    found = plan.explain(project="mill_centre", resolve=True, gap=0.0)
    (row,) = found["resolved"].to_dict("records")
    other = zv.solve(with_number(plan.study, "mill_centre", mandatory=True), gap=0.0)
    assert row["case"] == "in"
    assert row["objective"] == pytest.approx(other.objective, abs=1e-6)
    assert row["loss"] == pytest.approx(plan.objective - other.objective, abs=1e-6)
    assert row["cash"] == pytest.approx(other.cash - plan.cash, abs=1e-5)
    changed = found["changed"].set_index("project")
    assert (changed.loc["lane_centre", "after"], changed.loc["mill_centre", "before"]) == ("", "")
    assert found.to_text("en") != found.to_text("zh")


def test_a_project_forced_out_loses_what_a_dear_one_loses() -> None:
    plan = village()
    found = plan.explain(project="lane_centre", resolve=True, gap=0.0)
    cases = found["resolved"].set_index("case")
    other = zv.solve(with_number(plan.study, "lane_centre", capex=VERY_DEAR), gap=0.0)
    assert not other.projects.set_index("project")["start"]["lane_centre"]
    assert cases["objective"]["out"] == pytest.approx(other.objective, abs=1e-6)
    planned = plan.projects.set_index("project")["start"]["lane_centre"]
    assert cases["start"]["other_start"] not in ("", planned)
    assert cases["objective"]["other_start"] < plan.objective
    mine = found["who_pays"].query("case == 'out'").set_index("actor")
    assert mine["received"].sum() == pytest.approx(mine["paid"].sum(), abs=1e-6)  # money changes hands only
    assert "who loses" in found.to_text("en") or "who gains" in found.to_text("en")


@pytest.mark.parametrize(("column", "better"), [("annual_revenue", 1.0)])
def test_the_choice_turns_at_the_break_even(column: str, better: float) -> None:
    plan = village()
    found = plan.explain(project="mill_centre", break_even=(column,), gap=0.0)
    (row,) = found["break_even"].to_dict("records")
    assert row["status"] == "found"
    assert row["low"] <= row["number"] <= row["high"]
    assert row["high"] - row["low"] < 0.05 * row["number"]
    for side in (-1.0, 1.0):
        end = row["high"] * 1.01 if side > 0 else row["low"] * 0.99
        other = zv.solve(with_number(plan.study, "mill_centre", **{column: end}), gap=0.0)
        assert bool(other.projects.set_index("project")["start"]["mill_centre"]) == (side == better)


def test_what_is_mandated_is_not_forced_out() -> None:
    found = village().explain(project="stream_repair", resolve=True, break_even=("capex",))
    assert set(found["resolved"]["case"]) == {"other_start"}
    assert found["break_even"]["status"].tolist() == ["always_in"]
    assert "mandated" in found.to_text()


def test_a_plan_with_a_rule_of_one_s_own_is_explained_in_python_and_refused_from_a_folder(tmp_path: Path) -> None:
    study = valley({"divisible": True})
    policy = zv.policy_model(study)
    project = study.projects["project"].iloc[0]
    free = zv.solve(study, gap=0.0)
    policy.mine = pyo.Constraint(expr=float(free.doing_nothing["ecosystem"] + free.ecosystem) * 1.01 <= policy.F2)
    plan = zv.solve(study, policy=policy, gap=0.0)
    assert plan.objective < free.objective
    found = priced(plan, policy)
    at = found.told["row"].tolist().index("mine")
    assert found.prices[at] < 0.0
    assert found.balance["value"].sum() == pytest.approx(plan.objective)
    told = plan.explain(limit="mine")
    assert told["rows"]["price"].tolist() == [found.prices[at]]
    parts = pd.concat([plan.explain(parcel=name)["parts"] for name in study.parcels["parcel_id"]])
    assert "mine" in set(parts["row"])
    again = plan.explain(project=project, resolve=True)
    assert (again["resolved"]["objective"] <= plan.objective + 1e-6).all()
    with pytest.raises(UnpricedError, match="own"):
        plan.explain(project=project, break_even=("capex",))
    plan.write(tmp_path / "plan")
    with pytest.raises(UnpricedError, match="mine") as refused:
        zv.read_plan(tmp_path / "plan").explain(limit="mine")
    assert "program" in refused.value.do


def test_only_a_project_is_solved_again() -> None:
    plan = village()
    with pytest.raises(ValueError, match="project"):
        plan.explain(limit="outlay", resolve=True)
    with pytest.raises(ValueError, match="break-even"):
        plan.explain(project="mill_centre", break_even=("colour",))
