"""The Python front door on the bundled case and on four parcels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.model.complete_bay import bay
from tests.model.complete_town import account, flow, parcel, town
from tests.model.four import four
from zonevest import api
from zonevest.solvers.answer import Progress

pytestmark = pytest.mark.usefixtures("pandas_as_it_is")


@pytest.fixture(scope="module")
def village() -> zv.Plan:
    return zv.solve(zv.read_study("village"))


def test_a_plan_with_its_certificate(village: zv.Plan) -> None:
    assert village.has_plan
    assert village.status == "optimal"
    assert village.objective is not None
    assert village.bound is not None
    assert village.gap == pytest.approx((village.bound - village.objective) / village.objective)
    assert 0.0 <= village.gap <= 1e-3
    # method floor: the objective is the gain in F1, less the penalty of the soft forest goal
    missed = -village.limits.loc[village.limits["limit"] == "forest_goal", "slack"].sum()
    penalty = village.study.limits.set_index("limit").loc["forest_goal", "penalty"]
    assert village.objective == pytest.approx(village.cash - penalty * max(missed, 0.0))
    assert village.audit is not None
    assert village.audit.ok


def test_written_and_read_again(village: zv.Plan, tmp_path: Path) -> None:
    village.write(tmp_path / "plan")
    names = {path.name for path in (tmp_path / "plan").iterdir()}
    assert names == {
        "plan.json",
        "study",
        "parcels.parquet",
        "projects.csv",
        "ledger.parquet",
        "limits.csv",
        "cash_flow.csv",
        "capture.csv",
        "distribution.csv",
        "balance_sheet.csv",
        "circulation.csv",
        "plan.gpkg",
        "report.html",
        "report.xlsx",
        "tables",
    }
    again = zv.read_plan(tmp_path / "plan")
    for name in ("status", "objective", "bound", "gap", "cash", "ecosystem", "doing_nothing", "settings"):
        assert getattr(again, name) == getattr(village, name)
    for name in ("parcels", "projects", "ledger", "limits", "before", "nonconforming"):
        one, other = getattr(village, name), getattr(again, name)
        pd.testing.assert_frame_equal(one.astype(object), other.astype(object), check_dtype=False)
    assert again.study.hash == village.study.hash
    assert zv.audit(again).ok


def test_how_pandas_keeps_texts_changes_nothing(tmp_path: Path) -> None:
    """The command has them kept by Python, whoever imports the package as pandas chooses."""
    for storage in ("pyarrow", "python"):
        with pd.option_context("mode.string_storage", storage):
            zv.solve(bay(), gap=0.0).write(tmp_path / storage)
    one, other = (
        {
            path.relative_to(tmp_path / storage): path.read_bytes()
            for path in (tmp_path / storage).rglob("*.csv")
            if path.name != "method.csv"  # how long it took
        }
        for storage in ("pyarrow", "python")
    )
    assert len(one) > 60
    assert one == other
    assert zv.audit(zv.read_plan(tmp_path / "python")).ok


def test_a_plan_is_not_written_over_unasked(village: zv.Plan, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "mine.txt").write_text("keep")
    (tmp_path / "plan" / "plan.json").write_text("{}")
    with pytest.raises(FileExistsError):
        village.write(tmp_path / "plan")
    assert (tmp_path / "plan" / "mine.txt").read_text() == "keep"
    village.write(tmp_path / "plan", overwrite=True)
    assert (tmp_path / "plan" / "plan.json").exists()
    assert not (tmp_path / "plan" / "mine.txt").exists()


def test_a_crash_leaves_no_half_plan(village: zv.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "plan.json").write_text("{}")

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(api, "write_reports", fails)
    with pytest.raises(RuntimeError):
        village.write(tmp_path / "plan", overwrite=True)
    assert (tmp_path / "plan" / "plan.json").read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_a_rule_of_ones_own_holds() -> None:
    # four parcels: built land is capped at 4 +- 3 ha; with the cap on building at 4 ha p2 (5 ha) may not be built
    study = four()
    free = zv.solve(study, gap=0.0)
    assert "build" in set(free.parcels["practice"])
    model = zv.policy_model(study)
    model.my_rule = pyo.Constraint(expr=model.ledger["area.practice.build", "total", "b"] <= 4)
    bound = zv.solve(study, gap=0.0, policy=model)
    assert "build" not in set(bound.parcels["practice"])
    assert bound.objective < free.objective


def test_the_complete_model_has_the_same_optimum() -> None:
    study = four()
    model = zv.pyomo_model(study)
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(model.objective) == pytest.approx(zv.solve(study, gap=0.0).objective)


def test_terms_in_turn() -> None:
    # see test_rows.py: built land may not exceed 7 ha, so the 10 ha of p1 stay farm, j1 (drawn on p1, in U) cannot
    # start, and nothing is planted (j1 enables it); j2 needs j1. So the most F2 is doing nothing's, and of the plans
    # that keep it all the most cash is doing nothing's
    study = four({"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.0})
    plan = zv.solve(study, gap=0.0)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(0.0)
    assert set(plan.parcels["practice"]) == {"hold"}
    assert plan.settings["stages"][0]["term"] == "ecosystem"
    # the other way round: all that cash wants, then ecosystem
    other = zv.solve(four({"method": "lexicographic", "order": ["cash", "ecosystem"], "tolerance": 0.0}), gap=0.0)
    best = zv.solve(four({"method": "weighted", "cash": 1.0}), gap=0.0)
    assert other.cash >= best.objective - 1e-6


def test_no_plan_is_no_exception(tmp_path: Path) -> None:
    study = four()
    limits = study.limits.assign(value=[20.0, 0.5, 90.0])  # more built land than there is land
    plan = zv.solve(study.replace(limits=limits))
    assert not plan.has_plan
    assert plan.status == "infeasible"
    assert plan.objective is None
    assert plan.parcels.empty
    plan.write(tmp_path / "plan")
    again = zv.read_plan(tmp_path / "plan")
    assert again.status == "infeasible"
    assert not zv.audit(tmp_path / "plan").ok


def test_progress_is_told() -> None:
    told: list[Progress] = []
    study = four({"method": "lexicographic", "order": ["ecosystem", "cash"]})
    zv.solve(study, on_progress=told.append)
    assert {"options", "policy", "build", "solve", "plan", "audit"} <= {each.phase for each in told}
    seconds = [each.seconds for each in told]  # of the whole run, whichever stage and process tells them
    assert seconds == sorted(seconds)


def test_every_name_of_the_front_door_is_there() -> None:
    for name in zv.__all__:
        assert callable(getattr(zv, name))


def test_only_a_plan_folder_is_replaced(village: zv.Plan, tmp_path: Path) -> None:
    zv.copy_case("village", tmp_path / "study")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    for name in ("study", "home", "file"):
        with pytest.raises(FileExistsError):
            village.write(tmp_path / name, overwrite=True)
    assert (tmp_path / "study" / "study.toml").exists()
    assert (tmp_path / "home" / "thesis.txt").read_text() == (tmp_path / "file").read_text() == "precious"


def test_what_cannot_be_asked_for() -> None:
    study = four()
    other = study.replace(limits=study.limits.assign(value=[20.0, 0.6, 4.0]))
    with pytest.raises(ValueError, match="another study"):
        zv.solve(other, policy=zv.policy_model(study))
    with pytest.raises(ValueError, match="method is auto, mip or prices"):
        zv.solve(study, method="magic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time_limit"):
        zv.solve(study, time_limit=-5)


@pytest.mark.parametrize("stopped", ["no_plan", "interrupted"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_stage_that_is_stopped_keeps_the_plan(stopped: str, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # the solver is stopped in the first stage with a plan, or in the second without one
    study = four({"method": "lexicographic", "order": ["cash", "ecosystem"], "tolerance": 0.0})
    whole = zv.solve(study, gap=0.0)
    solve_really, stage = api.run_supervised, iter(range(2))

    def stops(*arguments: object, **options: object) -> object:
        now = next(stage)
        solution = solve_really(*arguments, **options)
        if now != at:
            return solution
        if at == 0:
            status = "interrupted" if stopped == "interrupted" else "feasible"
            return replace(solution, status=status, bound=float("inf"))
        return replace(solution, x=None, value=None, status=stopped, bound=float("inf"), gap=None)

    monkeypatch.setattr(api, "run_supervised", stops)
    plan = zv.solve(study, gap=0.0)
    assert plan.has_plan
    assert plan.cash == pytest.approx(whole.cash)
    assert plan.status == ("interrupted" if stopped == "interrupted" else "feasible")
    assert plan.audit is not None
    assert plan.audit.ok, plan.audit.breaches


def test_options_are_told_together_with_faults_elsewhere(tmp_path: Path) -> None:
    zv.copy_case("village", tmp_path / "study")
    limits = (tmp_path / "study" / "limits.csv").read_text(encoding="utf-8")
    (tmp_path / "study" / "limits.csv").write_text(limits.replace("area.class_group.arable", "arabel"), "utf-8")
    parcels = gpd.read_file(tmp_path / "study" / "parcels.gpkg")
    inside = parcels.loc[parcels["redline"] != "0", "parcel_id"].iloc[0]
    parcels["locked_zone"] = ""
    # land inside the red line lies in its zone only: a lock to the urban zone leaves it nothing
    parcels.loc[parcels["parcel_id"] == inside, "locked_zone"] = "400"
    parcels.to_file(tmp_path / "study" / "parcels.gpkg", layer="parcels")
    with pytest.raises(zv.StudyError) as told:
        zv.read_study(tmp_path / "study")
    where = " ".join(told.value.faults["where"])
    assert "limits.csv" in where
    assert f"parcels: {inside} (1 in all)" in where


def test_columns_of_ones_own_pass_through(tmp_path: Path) -> None:
    study = four()
    plan = zv.solve(
        study.replace(
            parcels=study.parcels.assign(x_owner=["Li", "Bai", "He", "Yang"]),
            projects=study.projects.assign(x_file=[1, 2, 3]),
            limits=study.limits.assign(x_law=["a", "b", "c"]),
        )
    )
    plan.write(tmp_path / "plan")
    again = zv.read_plan(tmp_path / "plan")
    assert dict(zip(again.parcels["parcel_id"], again.parcels["x_owner"], strict=True))["p3"] == "He"
    assert list(again.projects["x_file"]) == [1, 2, 3]
    assert set(again.limits.loc[again.limits["limit"] == "built", "x_law"]) == {"c"}
    assert zv.audit(tmp_path / "plan").ok


def test_marks_of_accounts_and_projects_come_with_the_plan(tmp_path: Path) -> None:
    # Ten hectares are sold at 1.2 and made ready at 0.8, and bring tolls of 0.3 a year for four years. No rule reads
    # the marks: who reads the plan sums up its ledger by them, with the accounts that come with it.
    marks = {"sale": "resource_asset", "works": "fund_resource", "tolls": "capital_fund"}
    accounts = [account("sale", "revenue", "one_off"), account("works", "cost", "one_off"), account("tolls")]
    study = town(
        parcels=[parcel(locked_practice="shop")],
        accounts=[
            {**row, "circulation": marks[row["account"]], "path": "market", "route": "property_transfer"}
            for row in accounts
        ],
        practices=[{"practice": "shop", "zone": "Z", "mode": "development", "latest": "p1"}],
        practice_flows=[flow("sale", 1.2), flow("works", 0.8), flow("tolls", 0.3, "per_ha_year")],
        projects=[{"project": "square", "space": "scene", "category": "culture_tourism", "mandatory": 1}],
    )
    zv.solve(study).write(tmp_path / "plan")
    told = pd.read_csv(tmp_path / "plan" / "study" / "accounts.csv").set_index("account")
    assert told.loc[list(marks), ["path", "route"]].to_numpy().tolist() == [["market", "property_transfer"]] * 3
    ledger = pd.read_parquet(tmp_path / "plan" / "ledger.parquet").query("jurisdiction == 'total'")
    years = ledger["period"].map({"p1": 1, "p2": 1, "p3": 2}).where(ledger["measure"] == "per_year", 1)
    by_step = (ledger["value"] * years).groupby(ledger["account"].map(told["circulation"])).sum()
    assert by_step.to_dict() == pytest.approx({"resource_asset": 12.0, "fund_resource": 8.0, "capital_fund": 12.0})
    project = pd.read_csv(tmp_path / "plan" / "study" / "projects.csv").loc[0]
    assert (project["space"], project["category"]) == ("scene", "culture_tourism")


def test_a_rule_that_is_not_linear_is_named() -> None:
    model = zv.policy_model(four())
    model.mine = pyo.Constraint(expr=model.F1 * model.F2 <= 4)
    with pytest.raises(ValueError, match=r"every rule of a policy model is linear: .*mine"):
        zv.solve(four(), policy=model)
