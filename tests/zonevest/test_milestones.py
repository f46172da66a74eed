"""Milestones and the path, against plans that are all enumerated, and against the plan's own tables. Some 15 s."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests import brute
from zonevest import api, delaying
from zonevest.cli import app
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator
from zonevest.reports.path_steps import impossible_without

AREA = {"a": 3.0, "b": 4.0, "c": 5.0}


def works(projects: list[dict[str, object]], parcels: str = "abc", periods: int = 2) -> Study:
    """Fields of which some become homes, and are visited or lodged in where a project opens that."""
    rent = {"account": "rent", "basis": "per_ha_year"}
    waits = [(name, 1) for name in ("visit", "lodge") if any(name in str(row.get("enables", "")) for row in projects)]
    acts = [("build", 0), *waits]
    tables: dict[str, list[dict[str, object]]] = {
        "parcels": [{"parcel_id": p, "area_ha": AREA[p], "x_v": 13.0 - 2 * AREA[p], "land_class": "field"}
                    for p in parcels],
        "zones": [{"zone": "farm"}, {"zone": "town"}],
        "land_classes": [{"land_class": "field", "class_group": "arable"},
                         {"land_class": "homes", "class_group": "construction"}],
        "practices": [
            {"practice": name, "zone": "farm" if waiting else "town", "from_classes": "field",
             "to_class": "" if waiting else "homes", "requires_project": waiting}
            for name, waiting in acts
        ],
        "accounts": [{"account": "rent", "unit": "million/year", "family": "revenue", "recurrence": "annual",
                      "cash": 1}],
        "practice_flows": [{**rent, "practice": name, "value": 1.0, "scale_by": "" if waiting else "x_v"}
                           for name, waiting in acts],
        "limits": [{"limit": "cap", "account": "area.practice.build", "period": "last", "sense": "<=", "value": 4.0}],
        "projects": [{"category": "infrastructure", "build_years": 1, "annual_cost": 0.5, **row} for row in projects],
    }  # fmt: skip
    settings = {
        "name": "works", "defaults": "none",
        "periods": [{"name": f"p{t + 1}", "start": 2026 + 2 * t, "years": 2} for t in range(periods)],
        "rates": {"finance": 0.1}, "objective": {"method": "weighted", "cash": 1.0},
    }  # fmt: skip
    return zv.make_study(settings, **{name: pd.DataFrame(rows) for name, rows in tables.items() if rows})


ROAD: dict[str, object] = {"project": "road", "capex": 30.0, "annual_revenue": 20.0, "enables": "visit"}
POOL: dict[str, object] = {"project": "pool", "capex": 9.0, "annual_revenue": 6.0, "requires": "road"}


@cache
def town() -> zv.Plan:
    return zv.solve(works([ROAD, POOL]), gap=0.0)


@cache
def village() -> zv.Plan:
    return zv.solve(zv.read_study("village"), gap=0.0)


@cache
def told() -> zv.Milestones:
    return zv.milestones(village(), resolve=0)


def test_a_delay_costs_what_enumerated_plans_differ_by() -> None:
    plan = town()
    tried = brute.plans(Evaluator(plan.study), 5000)
    assert tried is not None
    found = zv.milestones(plan, resolve=9, periods=9, gap=0.0)
    assert brute.best_of(tried) == pytest.approx(plan.objective)
    parcels, zone = list(plan.study.parcels["parcel_id"]), {"build": "town", "visit": "farm"}
    for step in found.steps.to_dict("records"):
        assert step["by"] == "resolved"
        until = [f"p{t}" for t in range(1, int(step["start"][1]) + 1)]

        def begun(each: brute.Plan, periods: list[str], step: dict[Any, Any] = step) -> float:
            return sum(
                AREA[parcel] for parcel, (practice, start) in zip(parcels, each.options, strict=True)
                if zone.get(practice) == step["zone"] and start in periods
            )  # fmt: skip

        if step["kind"] == "project":
            later = [each for each in tried if each.starts[step["project"]] not in until]
        else:
            planned = [(row.practice, row.start) for row in plan.parcels.itertuples()]
            before = begun(brute.Plan(planned, {}, 0.0, True), until[:-1])
            later = [each for each in tried if begun(each, until) <= before + 1e-6]
        cost = brute.best_of(tried) - brute.best_of(later)
        for name in ("cost", "least", "most"):
            assert step[name] == pytest.approx(cost, abs=1e-5), (step["step"], name)
        if step["held"]:
            assert step["held_cost"] >= cost - 1e-6
    assert (found.steps["cost"] > 1.0).any()
    assert found.steps["cost"].is_monotonic_decreasing


def test_what_falls_with_a_project_is_what_no_enumerated_plan_has_without_it() -> None:
    study = works(
        [
            ROAD,
            POOL,
            {"project": "mill", "capex": 1.0, "annual_revenue": 3.0, "requires": "pool"},
            {"project": "lane", "capex": 1.0, "annual_revenue": 3.0, "bundle": "both", "enables": "visit;lodge"},
            {"project": "inn", "capex": 1.0, "annual_revenue": 3.0, "bundle": "both"},
            {"project": "bank", "capex": 1.0, "annual_revenue": 2.0, "min_area": 2.0, "min_area_of": "practice:lodge"},
        ],
        parcels="ab",
        periods=1,
    )
    tried = brute.plans(Evaluator(study), 5000)
    assert tried is not None
    holding = [each for each in tried if each.holds]
    names = list(study.projects["project"])

    def there(plans: list[brute.Plan]) -> set[tuple[str, str]]:
        built = {("project", name) for each in plans for name in names if each.starts[name]}
        return built | {("practice", practice) for each in plans for practice, _ in each.options}

    assert {name for what, name in there(holding) if what == "project"} == set(names)
    for project in names:
        without = there([each for each in holding if not each.starts[project]])
        lost = there(holding) - without - {("project", project)}
        assert {row[:2] for row in impossible_without(study, project, dict.fromkeys(names, True))} == lost, project
    assert {row[1] for row in impossible_without(study, "road", {})} == {"pool", "mill"}


def test_what_breaks_without_a_step_is_what_enumerated_neighbours_break() -> None:
    found = zv.milestones(town(), resolve=0)
    rows = found.unlocks[found.unlocks["step"] == "road"].set_index("target")
    starts = dict(zip(town().projects["project"], town().projects["start"], strict=True))
    assert starts["pool"]
    assert rows.loc["pool", ["how", "only", "direct"]].tolist() == ["requires", True, True]
    assert rows.loc["visit", "only"]
    land = rows[rows["what"] == "land"]
    assert land["only"].all()
    assert (land["how"] == "enables").all()
    visited = town().parcels.query("practice == 'visit'").groupby("start")["parcel_id"].agg(list)
    assert dict(zip(land["period"], land["amount"], strict=True)) == pytest.approx(
        {start: sum(AREA[name] for name in ids) for start, ids in visited.items()}
    )


def test_milestones_are_the_plans_own_tables() -> None:
    plan, table = village(), told().milestones
    area = plan.parcels["share"] * plan.parcels["parcel_id"].map(plan.study.parcels.set_index("parcel_id")["area_ha"])
    begun = plan.parcels.assign(ha=area)[plan.parcels["start"] != ""]
    land = table[table["kind"] == "land"]
    sums = land.groupby(["period", "item"])["value"].sum()
    assert sums.to_dict() == pytest.approx(begun.groupby(["start", "zone"])["ha"].sum().to_dict())
    starts = plan.projects[plan.projects["start"] != ""]
    projects = table[table["kind"] == "begun"].set_index("item")
    assert projects["period"].to_dict() == dict(zip(starts["project"], starts["start"], strict=True))
    assert projects.loc["stream_repair", "margin"] == 0.0
    rows = table[table["kind"] == "limit"].set_index(["item", "jurisdiction", "period"])
    for row in plan.limits.to_dict("records"):
        mine = rows.loc[[(row["limit"], row["jurisdiction"], row["period"])]].iloc[0] if (
            row["limit"], row["jurisdiction"], row["period"]) in rows.index else None  # fmt: skip
        assert mine is not None, row["limit"]
        assert (mine["value"], mine["margin"]) == (row["value"], row["slack"])
    people = table[table["item"] == "population"].set_index("period")["value"]
    booked = plan.ledger.query("account == 'population' and jurisdiction == 'total'").set_index("period")["value"]
    assert people.to_dict() == booked[people.index].to_dict()


def test_who_stands_on_a_step_is_told_as_the_study_says() -> None:
    table = told().unlocks
    of = {(row.step, row.target): row for row in table.itertuples(index=False)}
    assert of["stream_repair", "greenway"].how == "requires"
    assert of["stream_repair", "greenway"].only
    assert of["forest_bank", "forest_pool"].how == "enables"
    assert not table[(table["step"] == "lane_centre") & (table["how"] == "enables")][
        "only"
    ].any()  # another opens it too
    held = told().steps.set_index("step")["held"]
    assert not held["stream_repair"]
    assert set(told().breaks["step"]) == set(held[held == False].index)  # noqa: E712  (None: not asked)


def test_a_step_that_cannot_come_later() -> None:
    found = zv.milestones(village(), resolve=1)
    first = found.steps.iloc[0]
    assert (first["step"], first["status"], first["rank"]) == ("stream_repair", "infeasible", 1)
    against = found.breaks[found.breaks["when"] == "any"]
    assert against["row"].tolist() == ["mandatory[stream_repair]"]
    assert "cannot be later" in found.to_text("en")
    assert "不可延误" in found.to_text("zh")


def test_a_plan_without_projects_and_one_without_steps(tmp_path: Path) -> None:
    study = works([])
    found = zv.milestones(zv.solve(study, gap=0.0), resolve=1)
    assert set(found.steps["kind"]) == {"land"}
    assert set(found.milestones["kind"]) >= {"land", "limit"}
    nothing = study.replace(practice_flows=study.practice_flows.assign(value=-0.0))
    idle = zv.solve(nothing.replace(limits=nothing.limits.assign(value=0.0)), gap=0.0)
    none = zv.milestones(idle)
    assert none.steps.empty
    none.write(tmp_path / "none")
    assert not (tmp_path / "none" / "path.svg").exists()
    assert "no step" in none.to_text("en")


def test_stopped_what_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delaying.api, "solve", stop)
    found = zv.milestones(town(), resolve=1)
    assert not found.complete
    assert found.steps["estimate"].notna().any()
    assert "stopped" in found.to_text("en")
    with pytest.raises(ValueError, match="0 or more"):
        zv.milestones(town(), resolve=-1)


def test_the_command(tmp_path: Path) -> None:
    folder, out = tmp_path / "plan", tmp_path / "path"
    town().write(folder)
    run = CliRunner()
    done = run.invoke(app, ["milestones", str(folder), "--resolve", "0", "--lang", "zh", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "里程碑" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "breaks.csv", "index.html", "milestones.csv", "path.svg", "path.xlsx", "steps.csv", "unlocks.csv",
    ]  # fmt: skip
    drawn = ElementTree.parse(out / "path.svg").getroot()
    assert "road" in "".join(drawn.itertext())
    assert "不可延误" in (out / "index.html").read_text(encoding="utf-8")
    assert len(pd.read_excel(out / "path.xlsx", sheet_name="步骤")) == len(pd.read_csv(out / "steps.csv"))
    assert run.invoke(app, ["milestones", str(folder), "-o", str(out)]).exit_code == 2
    found = json.loads(run.invoke(app, ["milestones", str(folder), "--resolve", "0", "--json"]).stdout)
    assert found["complete"]
    assert {row["step"] for row in found["steps"]} >= {"road", "pool"}
    assert isinstance(api.read_plan(folder), zv.Plan)
