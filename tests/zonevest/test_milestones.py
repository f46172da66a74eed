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
from tests.model import binding
from tests.model import binding_land as land_cases
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


# What money, quotas, prices and uplift ask for: each plan and each amount worked out by hand


STALL: binding.Row = {"project": "stall", "capex": 1.0, "life_years": 1, "annual_revenue": 4.0}
MILL: binding.Row = {"project": "mill", "capex": 3.0, "life_years": 1, "annual_revenue": 5.0}
THREE = [{"name": name, "start": 2026 + at, "years": 1} for at, name in enumerate("abc")]


def path_of(study: Study) -> zv.Milestones:
    return zv.milestones(zv.solve(study, gap=0.0), resolve=0, periods=3)


def stood_on(found: zv.Milestones) -> dict[tuple[str, str], tuple[str, bool, str, float, str]]:
    """Step and other step that relies on it -> how, only, period, amount and unit."""
    rows = found.unlocks[found.unlocks["what"].isin(["project", "land"])].itertuples(index=False)
    return {(row.step, row.target): (row.how, row.only, row.period, round(row.amount, 6), row.unit) for row in rows}


def row_of(found: zv.Milestones, kind: str, item: str, period: str, place: str = "total") -> dict[str, Any]:
    table = found.milestones
    mine = table[(table[["kind", "item", "period", "jurisdiction"]] == [kind, item, period, place]).all(axis=1)]
    assert len(mine) == 1
    row: dict[str, Any] = mine.iloc[0].to_dict()
    return row


def test_cash_of_one_project_pays_for_the_next() -> None:
    # A month of 6, 0.5, stays in the till, and 1.5 is there. 2026: the stall, 1.5 − 1 = 0.5, nothing to spare, so that
    # the mill waits. 2027: 0.5 + 4 of the stall − 3 for the mill = 1.5. 2028: 1.5 + 5 = 6.5.
    budget = {"opening_cash": 1.5, "fixed_cost": 6.0, "transfers": 6.0, "reserve_months": 1.0}
    found = path_of(binding.tiny({"periods": THREE, "finance": budget}, projects=[STALL, MILL]))
    assert dict(found.plan.projects[["project", "start"]].to_numpy()) == {"stall": "a", "mill": "b"}
    for period, there in (("a", 0.5), ("b", 1.5), ("c", 6.5)):
        row = row_of(found, "cash", "finance.cash", period)
        assert (row["value"], row["margin"]) == (pytest.approx(there), pytest.approx(there - 0.5))
        assert row["rule"] == "reserve"
        assert row["binding"] == (period == "a")
    # Without the stall 1.5 − 3 = −1.5 in 2027: 2 less than has to stay, all of it the mill's. In 2028 −1.5 + 5 is
    # enough. Without the mill nothing is missing, and the stall came before it.
    assert stood_on(found) == {("stall", "mill"): ("money", False, "b", 2.0, "million")}
    kept = found.unlocks[found.unlocks["what"] == "row"]
    assert kept[["step", "target", "period", "amount"]].to_numpy().tolist() == [["stall", "reserve", "b", 2.0]]
    assert [row_of(found, "money", "reserve", t)["met_by"] for t in "abc"] == ["", "stall", ""]
    assert [row_of(found, "money", "reserve", t)["needed_by"] for t in "abc"] == ["stall", "mill", ""]
    # A year later the stall's 1 is spent in 2027 and its 4 come in 2028: 1.5 − 1 − 3, which is 3 too little.
    steps = found.steps.set_index("step")
    assert not steps.loc["stall", "held"]
    assert found.breaks[["step", "when", "limit", "period", "by"]].to_numpy().tolist() == [
        ["stall", "held", "reserve", "b", pytest.approx(3.0)]
    ]
    # The mill brings its 5 − 3 in no year of the horizon where it starts in 2028.
    assert steps.loc["mill", ["held", "held_cost"]].tolist() == [True, pytest.approx(2.0)]


def test_quotas_made_are_what_later_land_uses() -> None:
    # Wood, only in 2026, makes a quota of its hectares, town from 2027 on uses one. `near` (2 ha) can be built over
    # where `far` (3 ha) was planted, not the other way round; 3 − 2 are left.
    quota: binding.Row = {
        "quota": "q", "account_generated": "area.gained.class_group.forest", "account_used": "area.new_construction",
        "bank": 1,
    }  # fmt: skip
    plant, build = {**land_cases.PLANT, "latest": "a"}, {**land_cases.BUILD, "earliest": "b"}
    found = path_of(land_cases.land(practices=[plant, build], quotas=[quota]))
    wood, town_ = "land:W/R/a", "land:E/U/b"
    assert set(found.steps["step"]) == {wood, town_}
    assert row_of(found, "quota_used", "q", "b")["value"] == 2.0
    for period, left, met_by in (("a", 3.0, ""), ("b", 1.0, wood)):
        row = row_of(found, "quota", "quota.q", period)
        assert (row["value"], row["margin"], row["met_by"]) == (pytest.approx(left), pytest.approx(left), met_by)
        assert not row["binding"]
    # Without the wood 2 are missing in 2027; without the town there is only more left.
    assert stood_on(found) == {(wood, town_): ("quota", False, "b", 2.0, "ha")}
    assert row_of(found, "land", "R", "a", "W")["needed_by"] == town_
    for lang, told in (("en", "Quota left: q"), ("zh", "指标结余：q")):
        text = found.to_text(lang)
        assert told in text
        assert "balance[" not in text
    assert found.breaks[["step", "limit", "period", "by"]].to_numpy().tolist() == [[wood, "quota.q", "b", 2.0]]
    # Nothing asks for the town: not built in 2027, it loses a year's rent of 2.
    assert found.steps.set_index("step").loc[town_, "held_cost"] == pytest.approx(2.0)


def test_quotas_that_were_granted_rest_on_no_step() -> None:
    # 2 ha are granted, `near` uses them all: it is what uses up the row, and nothing is missing without it.
    found = path_of(land_cases.quota().study)
    row = row_of(found, "quota", "quota.q", "a")
    assert (row["value"], row["margin"], row["binding"]) == (0.0, 0.0, True)
    assert (row["met_by"], row["needed_by"]) == ("", "land:E/U/a")
    assert found.unlocks.empty


def test_quotas_sold_rest_on_those_made() -> None:
    # All of the 2 + 3 ha of wood are sold: as much is too much without either of them.
    found = path_of(land_cases.quota_sold().study)
    row = row_of(found, "quota", "quota_sold.q", "total")
    assert row["binding"]
    assert row["met_by"] == "land:W/R/a;land:E/R/a"
    told = found.unlocks.set_index("step")
    assert told[["what", "target", "how"]].to_numpy().tolist() == [["row", "quota_sold.q", "quota"]] * 2
    assert told["amount"].to_dict() == pytest.approx({"land:E/R/a": 2.0, "land:W/R/a": 3.0})
    assert "−<" not in found.to_text("en"), "what is rounding is nothing to spare, not less than nothing"


@pytest.mark.parametrize(("first", "last", "short"), [(2.0, 1.0, 15.0), (1.0, 1.0, 10.0)])
def test_less_land_sold_leaves_out_the_last_step_of_the_price(first: float, last: float, short: float) -> None:
    # 15 ha each in the east and the west are sold: 20 at the first price, 10 at the last. All that comes of it less 5
    # pays for the hall. With 15 ha less, the others are all sold at the first price, as steps are filled one after the
    # other: of 2 and 1, 50 − 45 = 5 become 30 − 45, of 1 and 1, 30 − 25 = 5 become 15 − 25.
    both, one = 20 * first + 10 * last, 15 * first
    sell = {**land_cases.BUILD, "practice": "sell", "latest": "a"}
    steps = [{"account": "sale", "area_account": "area.new.practice.sell", "factor": 1.0, "up_to": end, "price": price}
             for end, price in ((20.0, first), (30.0, last))]  # fmt: skip
    found = path_of(
        land_cases.land(
            {"finance": {"opening_cash": 0.0}},
            parcels=[{**land_cases.NEAR, "area_ha": 15.0}, {**land_cases.FAR, "area_ha": 15.0}],
            accounts=[{"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1}],
            practices=[sell], class_flows=[], price_steps=steps,
            projects=[{"project": "hall", "capex": both - 5.0, "life_years": 1, "annual_revenue": 60.0}],
        )
    )  # fmt: skip
    assert row_of(found, "cash", "finance.cash", "a")["value"] == pytest.approx(5.0)
    assert one - (both - 5.0) == -short
    places = ["land:E/U/a", "land:W/U/a"]
    assert stood_on(found) == {(place, "hall"): ("money", False, "a", short, "million") for place in places}
    assert set(row_of(found, "money", "reserve", "a")["met_by"].split(";")) == set(places)
    # the same where the land is held a year later: it cannot be sold then
    assert found.breaks["by"].tolist() == pytest.approx([short, short])


def test_what_rises_in_value_is_what_land_unlocks_of_a_project() -> None:
    # A tram of 0.25 a year raises what is built over by 2 a hectare; fields bring a rent of 1, towns none. With the
    # tram both fields are built over when it comes: in 2027, after a year of rent, and for a year of its cost.
    tram = {**land_cases.TRAM, "uplift_of": "build", "annual_cost": 0.25}
    plots = [{**each, "tags": "stop"} for each in (land_cases.NEAR, land_cases.FAR)]
    study = land_cases.land(land_cases.WORTH, parcels=plots, class_flows=[land_cases.FARM], projects=[tram])
    found = path_of(study)
    assert found.plan.objective == pytest.approx(2 * 5 - 5 - 0.25)
    east, west = "land:E/U/b", "land:W/U/b"
    assert set(found.steps["step"]) == {"tram", east, west}
    assert stood_on(found) == {
        (east, "tram"): ("uplift", False, "b", 2.0, "ha"),
        (west, "tram"): ("uplift", False, "b", 3.0, "ha"),
    }
    assert row_of(found, "land", "U", "b", "E")["needed_by"] == "tram"
    # Held a period later it never comes: the tram's 10 − 0.25 are lost; either field's rise of 2 a hectare is, and its
    # rent is kept.
    steps = found.steps.set_index("step")
    assert steps["held_cost"].to_dict() == pytest.approx({"tram": 10 - 0.25, east: 4 - 2, west: 6 - 3})
