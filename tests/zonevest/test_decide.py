"""One decision for all scenarios: what it must be whatever finds it, from its tables, its plans and its folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.chinese import english_in, names_in
from tests.model.four import four
from zonevest import deciding
from zonevest.averaging import mean_study
from zonevest.cli import app
from zonevest.instances import read
from zonevest.instances.say import translate
from zonevest.instances.study import Study
from zonevest.model.options import build_options
from zonevest.reports.decision import Decision, Objective
from zonevest.reports.decision_tables import later_table, moves_with, projects_table
from zonevest.sides import Side
from zonevest.sweep_cases import SweepError

TWO = ["trend", "dear_works"]
GAP = 1e-3


@pytest.fixture(scope="module")
def study() -> Study:
    return zv.read_study("village")


@pytest.fixture(scope="module")
def found(study: Study) -> Decision:
    return zv.decide(study, TWO, weights={"trend": 3.0, "dear_works": 1.0}, gap=GAP)


@pytest.fixture(scope="module")
def folder(found: Decision, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("decide") / "village-decision"
    found.write(target)
    return target


def gains(found: Decision) -> dict[str, float]:
    return found.values  # noqa: PD011


def test_value_is_the_mean_of_the_plans_and_the_bound_above_it(found: Decision) -> None:
    assert found.status == "optimal"
    assert found.probabilities == {"trend": 0.75, "dear_works": 0.25}
    values = {name: plan.objective for name, plan in found.plans.items()}
    assert gains(found) == pytest.approx(values)
    assert found.value == pytest.approx(0.75 * values["trend"] + 0.25 * values["dear_works"])
    assert found.value <= found.bound <= found.value * (1 + GAP)
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)


def test_no_plan_of_a_scenario_is_beaten_by_the_common_decision(found: Decision, study: Study) -> None:
    for name in TWO:
        own = zv.solve(study.in_scenario(name), gap=GAP)
        assert gains(found)[name] <= own.bound + 1e-6
        assert found.bounds[name] >= own.objective - 1e-6
        low, high = found.regret[name]
        assert low - 1e-6 <= own.bound - gains(found)[name]
        assert high + 1e-6 >= own.objective - gains(found)[name]
    wait = 0.75 * found.alone["trend"] + 0.25 * found.alone["dear_works"]
    assert found.perfect_information == pytest.approx(wait)
    assert found.evpi[0] <= wait - found.value + 1e-9 <= found.evpi[1] + 2e-9


def first_stage(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a plan folder decides now: zone by parcel, what begins in the first period, projects that start in it."""
    land = pd.read_parquet(folder / "parcels.parquet")
    now = land["start"] == "2026-2027"
    land = land.assign(practice=land["practice"].where(now, ""))[["parcel_id", "zone", "practice", "share"]]
    projects = pd.read_csv(folder / "projects.csv", keep_default_na=False)
    return land, projects["start"] == "2026-2027"


def test_plan_folders_decide_the_same_now(found: Decision, folder: Path) -> None:
    (land, works), (other, others) = (first_stage(folder / name) for name in TWO)
    pd.testing.assert_frame_equal(land, other)
    assert (works == others).all()
    told = found.parcels[["parcel_id", "zone", "practice", "share"]]
    assert told.to_numpy().tolist() == land.to_numpy().tolist()
    assert (found.projects["start"] != "").tolist() == works.tolist()


def test_plans_are_audited_from_their_folders(found: Decision, folder: Path) -> None:
    assert found.ok
    for name in TWO:
        assert zv.audit(folder / name).ok
        plan = zv.read_plan(folder / name)
        assert plan.settings["scenario"] == name
        assert plan.objective == pytest.approx(gains(found)[name])


def test_the_folder_says_what_the_decision_says(found: Decision, folder: Path) -> None:
    told = json.loads((folder / "decision.json").read_text(encoding="utf-8"))
    assert told["value"] == pytest.approx(found.value)
    assert told["evpi"] == pytest.approx(list(found.evpi))
    assert [row["scenario"] for row in told["scenarios"]] == TWO
    assert told["folders"] == {name: name for name in TWO}
    first = pd.read_csv(folder / "first_stage.csv", keep_default_na=False)
    assert (first["kind"] == "parcel").sum() == len(found.parcels)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}/report.html"' in page for name in TWO)
    sheets = pd.read_excel(folder / "decision.xlsx", sheet_name=None)
    assert len(sheets["Scenarios"]) == 2
    assert len(sheets["Decided now"]) == len(first)
    with pytest.raises(FileExistsError):
        found.write(folder)


def test_what_is_the_same_whatever_comes_is_so(found: Decision, study: Study, folder: Path) -> None:
    first = pd.read_csv(folder / "first_stage.csv", keep_default_na=False)
    land = first[first["kind"] == "parcel"].set_index("name")
    for name in TWO:
        own, _ = found.own[name]
        own = own.set_index("parcel_id").loc[land.index]
        alike = (own["zone"] == land["zone"]) & (own["practice"] == land["practice"])
        assert alike[land["same"]].all()
    assert 0 < land["same"].sum() < len(land)
    table = pd.read_csv(folder / "land.csv")
    area = study.parcels.set_index("parcel_id")["area_ha"]
    assert table["area_ha"].sum() == pytest.approx(area.sum())
    assert table["same_ha"].sum() == pytest.approx(area[land.index[land["same"]]].sum())


def test_the_decision_of_the_mean_is_a_plan_of_the_mean(found: Decision, study: Study) -> None:
    mean = mean_study(study, [study.in_scenario(name) for name in TWO], np.array([0.75, 0.25]))
    flows = study.practice_flows
    works = flows["account"] == "works"
    assert works.any()
    assert mean.practice_flows["value"][works].to_numpy() == pytest.approx(flows["value"][works].to_numpy() * 1.075)
    assert (mean.practice_flows["value"][~works] == flows["value"][~works]).all()
    assert mean.settings == study.settings
    # decided for the mean, either something breaks or it is worth no more than the common decision
    assert found.mean_status in ("solved", "impossible")
    if found.mean_status == "solved":
        worth = 0.75 * found.mean["trend"] + 0.25 * found.mean["dear_works"]
        assert worth <= found.bound + 1e-6
        assert found.vss[0] - 1e-9 <= found.value - worth + 1e-6
        assert found.value - worth <= found.vss[1] + 1e-6
    else:
        assert found.vss is None
        assert found.mean_fails in ("", *TWO)


def test_settings_are_averaged_too() -> None:
    study = four()
    one, other = (study.replace({"rates": {"finance": rate, "social": 0.0, "tail_years": 0}}) for rate in (0.02, 0.06))
    mean = mean_study(study, [one, other], np.array([0.25, 0.75]))
    assert mean.settings.rates.finance == pytest.approx(0.05)
    assert mean.settings.rates.tail_years == 0
    later = [study.replace(projects=study.projects.assign(build_years=years)) for years in ([1.0] * 3, [2.0] * 3)]
    assert set(mean_study(study, later, np.array([0.1, 0.9])).projects["build_years"]) == {2.0}


def test_one_scenario_is_an_ordinary_solve(study: Study) -> None:
    found = zv.decide(study, ["dear_works"], gap=GAP)
    plan = zv.solve(study.in_scenario("dear_works"), gap=GAP)
    assert found.status == "optimal"
    assert found.value <= plan.bound + 1e-9
    assert plan.objective <= found.bound + 1e-9
    assert found.vss == (0.0, 0.0)
    assert found.evpi[0] == 0.0
    assert found.regret["dear_works"][0] == 0.0


def tail(values: list[float], weights: list[float], beta: float) -> float:
    """By hand: the mean of the worst part of probability."""
    left, total = beta, 0.0
    for value, weight in sorted(zip(values, weights, strict=True)):
        part = min(weight, left)
        total, left = total + part * value, left - part
    return total / beta


@pytest.fixture(scope="module")
def small() -> Study:
    """Three scenarios of the four-parcel study: as it is, rents that fall, works that are dear."""
    rows = [
        ("calm", "class_flows", "town/rent", "value", "factor", "1"),
        ("slump", "class_flows", "town/rent", "value", "factor", "0.3"),
        ("dear", "practice_flows", "build/works", "value", "factor", "3.7"),
        ("dear", "limits", "farm_kept", "value", "value", "0.3"),
    ]
    table = pd.DataFrame(rows, columns=["scenario", "table", "key", "column", "op", "amount"])
    weighted = four({"method": "weighted", "cash": 1.0, "ecosystem": 0.4})
    return weighted.replace(scenarios=table, limits=weighted.limits.assign(value=[20.0, 0.3, 4.0]))


def test_the_worst_scenarios_count_as_said(small: Study) -> None:
    asked: dict[str, Any] = {"weights": {"calm": 0.5, "slump": 0.2, "dear": 0.3}, "gap": 0.0}
    plain = zv.decide(small, **asked)
    assert len({round(value, 6) for value in gains(plain).values()}) == 3
    cautious = zv.decide(small, objective="cvar", alpha=0.8, beta=0.4, **asked)
    values, weights = list(gains(cautious).values()), list(cautious.probabilities.values())
    mean = float(np.dot(weights, values))
    assert cautious.cvar == pytest.approx(tail(values, weights, 0.4))
    assert cautious.value == pytest.approx(0.2 * mean + 0.8 * cautious.cvar)
    assert cautious.status == "optimal"
    assert cautious.ok
    # of the mean it has no more than the best for the mean, of the worst no less than that
    assert mean <= plain.bound + 1e-6
    before = tail(list(gains(plain).values()), weights, 0.4)
    assert cautious.bound >= 0.2 * plain.mean_value + 0.8 * before - 1e-6
    without = zv.decide(small, objective="cvar", alpha=0.0, beta=0.4, **asked)
    assert without.value == pytest.approx(plain.value, abs=1e-6)


def test_what_the_study_says_of_the_worst_is_taken(small: Study) -> None:
    stated = small.replace({"uncertainty": {"alpha": 0.8, "beta": 0.4}})
    asked: dict[str, Any] = {"weights": {"calm": 0.5, "slump": 0.2, "dear": 0.3}, "gap": 0.0, "objective": "cvar"}
    by_study, by_call = zv.decide(stated, **asked), zv.decide(small, alpha=0.8, beta=0.4, **asked)
    assert (by_study.alpha, by_study.beta) == (0.8, 0.4)
    assert stated.hash == small.hash  # no plan of the study rests on it
    assert by_study.value == pytest.approx(by_call.value)
    assert zv.decide(stated, beta=1.0, **asked).beta == 1.0
    assert zv.decide(small, ["calm"], objective="cvar", gap=0.0).alpha == 0.5


def test_the_largest_regret_is_bounded_from_both_sides(small: Study) -> None:
    plain, least = zv.decide(small, gap=1e-6), zv.decide(small, objective="regret", gap=1e-6)
    assert least.value == pytest.approx(max(high for _, high in least.regret.values()))
    for name in least.probabilities:
        own = zv.solve(small.in_scenario(name), gap=1e-6).objective
        assert least.regret[name][1] == pytest.approx(own - gains(least)[name], abs=1e-4)
    assert 0.0 <= least.bound <= least.value
    assert least.value - least.bound <= 2e-6 * abs(least.mean_value) + 1e-5
    assert least.bound <= max(high for _, high in plain.regret.values()) + 1e-9
    assert least.ok


def test_a_regret_is_no_surer_than_the_best_plans_it_is_measured_against(
    small: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, asked = Side.alone, 0.01

    def loose(side: Side, *rest: Any, **more: Any) -> Any:
        found = alone(side, *rest, **more)  # a bound that is far, of which the solver says that it is near enough
        return replace(found, status="optimal", bound=found.value + 0.5 * abs(found.value))

    monkeypatch.setattr(Side, "alone", loose)
    found = zv.decide(small, objective="regret", gap=asked)
    assert found.gap > asked
    assert found.status == "feasible"
    assert "not proven within the gap" in found.to_text("en")


@pytest.mark.parametrize("gap", [0.1, 0.02])
def test_a_regret_is_sought_as_near_as_was_asked_for(small: Study, gap: float) -> None:
    found = zv.decide(small, objective="regret", gap=gap)
    assert found.status == "optimal"
    assert found.value - found.bound <= gap * abs(found.mean_value) + 1e-9


def test_where_nothing_begins_later_that_is_a_table_without_rows(small: Study) -> None:
    found = zv.decide(small, objective="regret", gap=0.01)
    starts = {start for plan in found.plans.values() for start in plan.parcels["start"]}
    assert starts <= {"", *found.periods_now}  # or the test asks nothing
    assert later_table(found).empty
    assert "Projects" in found.to_text("en") or "Land" in found.to_text("en")


def test_a_search_that_ended_early_does_not_speak_of_its_time(small: Study) -> None:
    found = zv.decide(small, gap=0.0, method="prices")
    found.status = "feasible"  # what it is where prices leave a gap, long before the time is over
    assert "time limit" not in found.to_text("en")
    assert "达到时限" not in found.to_text("zh")


def test_a_plan_beside_a_common_decision_is_called_that(found: Decision, folder: Path) -> None:
    beside = [name for name, plan in found.plans.items() if plan.status == "feasible"]
    assert beside  # what the decision gives up in a scenario is more than the gap
    for name in beside:
        text = (folder / name / "report.html").read_text(encoding="utf-8")
        assert "Decided in common with other scenarios" in text
        assert "Time limit reached" not in text


def test_more_scenarios_are_worth_no_more_than_knowing_which(small: Study) -> None:
    found = zv.decide(small, gap=0.0)
    assert found.value <= sum(found.bounds.values()) / 3.0 + 1e-6
    assert found.evpi[0] >= 0.0
    two = zv.decide(small, ["calm", "slump"], gap=0.0)
    # a scenario more binds the others: what is left to these is no more than the best for these alone
    assert (gains(found)["calm"] + gains(found)["slump"]) / 2.0 <= two.bound + 1e-6


def limited(study: Study, *amounts: float) -> Study:
    """Scenarios that differ in how much farmland of A is kept, as a share of the start."""
    rows = [("farm_kept", "value", "value", amount) for amount in amounts]
    table = pd.DataFrame(
        [
            {"scenario": f"s{at}", "table": "limits", "key": key, "column": column, "op": op, "amount": str(amount)}
            for at, (key, column, op, amount) in enumerate(rows)
        ]
    )
    return study.replace(scenarios=table)


@pytest.mark.parametrize("objective", ["expectation", "cvar", "regret"])
def test_by_prices_bound_and_decision_are_on_their_sides(small: Study, objective: Objective) -> None:
    """What prices prove is not below the best decision, and what they decide not above it, whatever is aimed at."""
    asked: dict[str, Any] = {"weights": {"calm": 0.5, "slump": 0.2, "dear": 0.3}, "objective": objective}
    best = zv.decide(small, gap=0.0, method="mip", **asked)
    found = zv.decide(small, gap=0.0, method="prices", **asked)
    assert best.status == "optimal"
    assert found.has_plan
    assert found.ok
    sign = -1.0 if objective == "regret" else 1.0  # a regret is as small as can be
    near = 1e-6 * abs(best.mean_value)
    assert sign * found.value <= sign * best.value + near
    assert sign * found.bound >= sign * best.value - near
    first = small.periods[0].name
    starts = {name: plan.projects["start"].eq(first).tolist() for name, plan in found.plans.items()}
    zones = {name: plan.parcels[["parcel_id", "zone"]].drop_duplicates().to_numpy().tolist()
             for name, plan in found.plans.items()}  # fmt: skip
    assert all(each == starts["calm"] for each in starts.values())
    assert all(each == zones["calm"] for each in zones.values())


def test_many_options_are_decided_by_prices(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    options = len(build_options(study).kind)
    monkeypatch.setattr(deciding, "MANY_WHOLE", 3 * options)
    monkeypatch.setattr(deciding, "MANY", 3 * options)
    assert not deciding.by_prices(study, 2, "auto")
    assert deciding.by_prices(study, 3, "auto")
    assert not deciding.by_prices(study, 3, "mip")
    assert deciding.by_prices(study, 1, "prices")


def test_a_scenario_without_a_plan_is_named() -> None:
    found = zv.decide(limited(four(), 0.5, 1.5), gap=0.0)
    assert found.status == "infeasible"
    assert not found.has_plan
    assert "s1" in found.message
    assert "s1" in found.to_text("zh")
    assert found.value is None


def test_a_parcel_that_nothing_suits_is_named() -> None:
    rows = [
        {"scenario": name, "table": "parcels", "key": "p1", "column": "locked_zone", "op": "value", "amount": zone}
        for name, zone in (("rural", "R"), ("urban", "U"))
    ]
    found = zv.decide(four().replace(scenarios=pd.DataFrame(rows)), gap=0.0)
    assert found.status == "infeasible"
    assert "p1" in found.message


def test_what_was_found_out_of_time_is_told_as_it_is(study: Study) -> None:
    found = zv.decide(study, TWO, time_limit=0.0)
    assert found.status in ("optimal", "feasible", "no_plan")
    assert found.has_plan == (found.value is not None)
    if found.has_plan:
        assert found.ok


def test_scenarios_and_weights_that_are_not_there(study: Study) -> None:
    with pytest.raises(SweepError, match="scenario"):
        zv.decide(study, ["flood"])
    with pytest.raises(SweepError):
        zv.decide(study, TWO, weights={"trend": -1.0})
    with pytest.raises(SweepError):
        zv.decide(study, TWO, weights={"trend": 0.0})
    with pytest.raises(ValueError, match="beta"):
        zv.decide(study, TWO, objective="cvar", beta=0.0)
    turned = study.replace({"objective": {"method": "lexicographic", "order": ["cash", "ecosystem"]}})
    with pytest.raises(ValueError, match="lexicographic"):
        zv.decide(turned, TWO)


def numbers(**columns: list[float]) -> pd.DataFrame:
    names = ["a", "b", "c", "d"]
    rows = [
        {"table": "limits", "key": key, "column": "value", "period": "", "op": "factor"}
        | dict(zip(names, map(str, amounts), strict=True))
        for key, amounts in columns.items()
    ]
    return pd.DataFrame(rows)


def test_projects_that_start_come_first(found: Decision) -> None:
    table = projects_table(found)
    kept = [(now == "", not any(starts)) for now, *starts in table[["now", *TWO]].to_numpy().tolist()]
    assert kept == sorted(kept)
    assert len(set(kept)) > 1
    assert sorted(table["project"]) == sorted(found.projects["project"])


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([0.0, 0.0, 2.0, 2.0], "price value (limits) up to 2: 0; from 3 on: 2"),
        ([2.0, 2.0, 0.0, 0.0], "price value (limits) up to 2: 2; from 3 on: 0"),
        ([2.0, 0.0, 2.0, 2.0], "rain value (limits) up to 0.5: 0; from 1 on: 2"),
        ([1.0, 1.0, 1.0, 1.0], ""),
    ],
)
def test_what_parts_the_scenarios_is_named(values: list[float], what: str) -> None:
    unknown = numbers(price=[1.0, 2.0, 3.0, 4.0], rain=[1.0, 0.5, 1.0, 1.0])
    cells = {name: f"{value:g}" for name, value in zip("abcd", values, strict=True)}
    assert moves_with(unknown, np.array(values), cells, later=False) == what


def test_text_is_in_both_languages(found: Decision) -> None:
    names = [*names_in(read.CASES / "village"), *TWO, "max"]
    assert english_in(found.to_text("zh"), names) == []
    for message in (*found.notes, found.message):
        assert english_in(translate(message, "zh"), names) == []


def test_the_command(tmp_path: Path) -> None:
    target = tmp_path / "out"
    arguments = ["decide", "village", "--scenarios", "trend,dear_works", "--weights", "trend=1,dear_works=1"]
    arguments += ["--gap", "0.05", "-o", str(target), "--json"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["folder"] == str(target)
    assert told["probabilities"] == {"trend": 0.5, "dear_works": 0.5}
    assert (target / "trend" / "plan.json").is_file()
    for wrong in (["--weights", "trend"], ["--scenarios", "flood"], ["--beta", "0"], []):
        where = str(target if not wrong else tmp_path / "other")
        again = CliRunner().invoke(app, ["decide", "village", "-o", where, *wrong], catch_exceptions=False)
        assert again.exit_code == 2, wrong
        assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("objective", "unit"),
    [
        ({"method": "weighted", "cash": 1.0, "ecosystem": 1.0}, "million CNY"),
        ({"method": "weighted", "cash": 2.0}, "million CNY (weighted)"),
    ],
)
def test_values_have_the_unit_of_the_objective(objective: dict[str, Any], unit: str) -> None:
    study = zv.read_study("village").replace({"objective": objective})
    text = zv.decide(study, ["trend", "dear_works"], gap=0.5, time_limit=30.0).to_text()
    assert f"values in {unit}\n" in text
    assert f"({unit})\n" in text
