"""An audit that can fail: a sound plan passes, and whatever is changed in it is found."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tests.chinese import check_breaches
from tests.reports.audit_studies import BASE, BUILD, FARM, NAMES, study
from tests.reports.told import CODES, write_told
from zonevest.instances.study import Study
from zonevest.instances.write import write_study
from zonevest.reports.audit import AuditReport, Evaluator, audit

STATED = (
    "status",
    "has_plan",
    "objective",
    "bound",
    "gap",
    "gap_total",
    "cash",
    "ecosystem",
    "doing_nothing",
    "settings",
)


def sound_study() -> Study:
    """Three parcels, two projects, a soft and three hard limits."""
    return study(
        {"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.1}},
        parcels=[
            {**FARM, "jurisdiction": "east", "tags": "lake", "redline": "0", "slope_class": 1},
            {
                **FARM,
                "parcel_id": "b",
                "area_ha": 6.0,
                "jurisdiction": "west",
                "tags": "lake",
                "redline": "0",
                "slope_class": 4,
            },
            {**FARM, "parcel_id": "c", "area_ha": 3.0, "jurisdiction": "west", "redline": "core", "slope_class": 1},
        ],
        practices=[
            {**BUILD, "lead_years": 1, "life_years": 20, "max_slope_class": 3},
            {"practice": "plant", "zone": "rural", "to_class": "wood", "latest": "p1"},
        ],
        class_flows=[{"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 1.0}],
        practice_flows=[
            {"practice": "build", "account": "rent", "basis": "per_ha_year", "value": 4.0},
            {"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 2.0},
            {"practice": "plant", "account": "water", "basis": "per_ha_year", "value": 5.0},
        ],
        projects=[
            {"project": "road", "jurisdiction": "east", "capex": 3.0, "annual_revenue": 2.0, "life_years": 9},
            {"project": "school", "jurisdiction": "east", "capex": 2.0, "mandatory": 1, "latest": "p1"},
        ],
        limits=[
            {"limit": "keep", "account": "area.class_group.arable", "sense": ">=", "value": 3.0},
            {
                "limit": "town",
                "account": "area.zone.town",
                "sense": "<=",
                "value": 10.0,
                "tolerance": 1.0,
                "jurisdiction": "each",
            },
            {"limit": "lake", "account": "area.class.built", "sense": "<=", "value": 11.0, "jurisdiction": "lake"},
            {
                "limit": "wish",
                "account": "water",
                "sense": ">=",
                "value": 40.0,
                "kind": "soft",
                "penalty": 0.5,
                "period": "last",
            },
        ],
    )


def sound_plan() -> Any:
    """A plan with everything that a plan states; its bound is 1 % above its objective."""
    given = sound_study()
    parcels = pd.DataFrame(
        [
            ("a", "town", "build", "p1", "farm", "built", 1.0),
            ("b", "rural", "plant", "p1", "farm", "wood", 1.0),
            ("c", "rural", "hold", "", "farm", "farm", 1.0),
        ],
        columns=["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"],
    )
    projects = pd.DataFrame({"project": ["road", "school"], "start": ["p2", "p1"], "capex": [3.0, 2.0]})
    found = Evaluator(given).evaluate(parcels, projects)
    assert found.ok
    limits = found.limits[["limit", "account", "jurisdiction", "period", "value", "bound", "slack"]]
    nothing = found.doing_nothing
    bound = found.objective * 1.01
    return SimpleNamespace(
        study=given,
        status="optimal",
        has_plan=True,
        objective=found.objective,
        bound=bound,
        gap=(bound - found.objective) / found.objective,
        gap_total=(bound - found.objective) / found.total,
        cash=found.cash - nothing["cash"],
        ecosystem=found.ecosystem - nothing["ecosystem"],
        doing_nothing=dict(nothing),
        settings={"gap": 0.02},
        parcels=parcels,
        projects=projects,
        ledger=found.ledger[found.ledger["jurisdiction"] != "lake"].reset_index(drop=True),
        limits=limits.assign(shadow_price=np.nan, unit="").reset_index(drop=True),
    )


def write(plan: Any, folder: Path, tell: Callable[[Any, Path], None] = write_told) -> Path:
    """Write a plan folder, not with the package's own writer; `tell` writes its tables of money."""
    folder.mkdir()
    stated = {name: getattr(plan, name) for name in STATED}
    text = json.dumps({"format": 1, **stated, "study_hash": plan.study.hash})
    (folder / "plan.json").write_text(text, encoding="utf-8")
    write_study(plan.study, folder / "study")
    plan.parcels.to_parquet(folder / "parcels.parquet", index=False)
    plan.ledger.to_parquet(folder / "ledger.parquet", index=False)
    plan.projects.to_csv(folder / "projects.csv", index=False)
    plan.limits.to_csv(folder / "limits.csv", index=False)
    tell(plan, folder)
    return folder


@pytest.fixture(scope="module")
def once() -> Any:
    return sound_plan()


@pytest.fixture
def plan(once: Any) -> Any:
    return copy.deepcopy(once)


@pytest.fixture(scope="module")
def written(once: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(once, tmp_path_factory.mktemp("written") / "plan")


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written, tmp_path / "plan"))


def rules(report: AuditReport) -> set[str]:
    """The rules that a plan breaks; each breach is told in Chinese too."""
    check_breaches(
        report.breaches, [*NAMES, *CODES, "keep", "wish", "lake", "rope", "gold", "north", "other", "study.toml"]
    )
    return set(report.breaches["rule"])


def test_a_sound_plan(plan: Any) -> None:
    report = audit(plan)
    assert report.ok, report.to_text()
    assert report.message == ""
    assert report.figures["ok"].all()
    assert {"objective", "cash", "ecosystem", "limit keep, total, p1: value"} <= set(report.figures["quantity"])
    assert "all holds" in report.to_text()
    assert report.to_dict()["ok"] is True


def test_a_sound_folder(folder: Path) -> None:
    assert audit(folder).ok, audit(folder).to_text()
    assert audit(str(folder)).ok


@pytest.mark.parametrize("figure", ["objective", "cash", "ecosystem"])
@pytest.mark.parametrize("change", [0.001, -0.5, None])
def test_figures(plan: Any, figure: str, change: float | None) -> None:
    setattr(plan, figure, None if change is None else getattr(plan, figure) + change)
    report = audit(plan)
    assert not report.ok
    assert figure in set(report.breaches["where"])
    wrong = report.figures[~report.figures["ok"]]
    assert wrong["quantity"].tolist() == [figure]
    if change is not None:
        assert wrong["difference"].tolist() == pytest.approx([change])


@pytest.mark.parametrize("figure", ["cash", "ecosystem"])
def test_doing_nothing(plan: Any, figure: str) -> None:
    plan.doing_nothing[figure] += 1.0
    assert set(audit(plan).breaches["where"]) == {f"doing_nothing {figure}"}
    plan.doing_nothing = {}
    assert len(audit(plan).breaches) == 2


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"bound": 0.99}, {"bound", "gap", "gap_total"}),  # below the objective
        ({"bound": 1.05}, {"gap", "gap_total"}),
        ({"bound": None}, {"bound"}),
        ({"gap": 0.5}, {"gap"}),
        ({"gap": None}, {"gap"}),
        ({"gap_total": 2.0}, {"gap_total"}),
        ({"status": "feasible"}, set()),
        ({"status": "infeasible"}, {"status"}),
    ],
)
def test_certificate(plan: Any, changes: dict[str, Any], found: set[str]) -> None:
    factors = {"bound": plan.objective, "gap": plan.gap, "gap_total": plan.gap_total}
    for name, value in changes.items():
        setattr(plan, name, value * factors[name] if isinstance(value, float) else value)
    assert rules(audit(plan)) == found


def test_optimal_is_within_the_gap_asked_for(plan: Any) -> None:
    plan.settings = {"gap": 0.001}
    assert rules(audit(plan)) == {"status"}
    plan.status = "feasible"
    assert audit(plan).ok


def test_a_bound_at_the_objective_leaves_no_gap(plan: Any) -> None:
    plan.bound, plan.gap, plan.gap_total = plan.objective, 0.0, 0.0
    assert audit(plan).ok
    plan.bound = plan.objective * (1 - 1e-9)  # numerical noise
    assert audit(plan).ok


def test_an_objective_of_nothing_has_any_gap_that_its_scale_allows() -> None:
    # doing nothing itself: objective 0, bound 1e-7; the gap is measured against a scale that only the solver knows
    plan = sound_plan()
    parcels = plan.parcels.assign(practice="hold", start="", zone="rural", class_after="farm")
    given = study(parcels=[FARM, {**FARM, "parcel_id": "b"}, {**FARM, "parcel_id": "c"}], limits=[], projects=[])
    none = plan.projects.head(0)
    found = Evaluator(given).evaluate(parcels, none)
    plan = SimpleNamespace(
        study=given, status="optimal", has_plan=True, objective=0.0, bound=1e-7, gap=0.001, gap_total=None, cash=0.0,
        ecosystem=0.0, doing_nothing=found.doing_nothing, settings={"gap": 0.02}, parcels=parcels, projects=none,
        ledger=found.ledger, limits=found.limits,
    )  # fmt: skip
    assert audit(plan).ok, audit(plan).to_text()
    plan.gap = -0.5
    assert rules(audit(plan)) == {"gap"}


CHOICES: list[tuple[int, dict[str, Any], str]] = [
    (0, {"practice": "hold", "start": "", "zone": "rural", "class_after": "farm"}, "figure"),
    (0, {"start": "p2"}, "figure"),
    (0, {"start": ""}, "choice:start"),
    (0, {"start": "2050"}, "choice:start"),
    (0, {"practice": "mine"}, "choice:practice"),
    (0, {"zone": "rural"}, "choice:zone"),
    (0, {"class_before": "wood"}, "choice:class_before"),
    (0, {"class_after": "farm"}, "choice:class_after"),
    (0, {"share": 0.5}, "choice:share"),
    (0, {"parcel_id": "b"}, "choice:one"),
    (0, {"parcel_id": "x"}, "choice:parcel"),
    (1, {"practice": "build", "zone": "town", "class_after": "built"}, "slope"),
    (1, {"start": "p2"}, "window"),
    (2, {"practice": "build", "start": "p1", "zone": "town", "class_after": "built"}, "redline_grade"),
    (2, {"practice": "", "zone": "", "class_after": "farm"}, "unassigned"),
]


@pytest.mark.parametrize(("row", "changes", "rule"), CHOICES)
def test_choices(plan: Any, row: int, changes: dict[str, Any], rule: str) -> None:
    for column, value in changes.items():
        plan.parcels.loc[row, column] = value
    report = audit(plan)
    assert not report.ok
    assert rule in rules(report)


@pytest.mark.parametrize(
    ("row", "column", "value", "rule"),
    [
        (0, "start", "p1", "figure"),
        (0, "start", "", "figure"),
        (1, "start", "", "project:mandatory"),
        (1, "start", "p2", "project:window"),
        (0, "project", "bridge", "choice:project"),
        (0, "capex", 4.0, "figure"),
    ],
)
def test_projects(plan: Any, row: int, column: str, value: Any, rule: str) -> None:
    plan.projects.loc[row, column] = value
    assert rule in rules(audit(plan))


def test_every_cell_of_the_ledger(plan: Any) -> None:
    ledger = plan.ledger
    told = ledger.index[ledger["value"] != 0].tolist()
    assert len(told) > 30
    for row in told[:: len(told) // 12]:
        plan.ledger = ledger.copy()
        plan.ledger.loc[row, "value"] += 0.01
        account, jurisdiction, period = ledger.loc[row, ["account", "jurisdiction", "period"]]
        assert set(audit(plan).breaches["where"]) == {f"ledger {account}, {jurisdiction}, {period}"}
        plan.ledger = ledger.drop(index=row)
        assert set(audit(plan).breaches["found"]) == {"not stated"}
    plan.ledger = ledger[ledger["value"] != 0]  # what is nothing need not be said
    assert audit(plan).ok
    plan.ledger = ledger.assign(value=ledger["value"] + 1.0)
    assert any("are not (first 20 listed)" in found for found in audit(plan).breaches["found"])


@pytest.mark.parametrize(
    ("column", "value"),
    [("account", "gold"), ("jurisdiction", "north"), ("period", "p9"), ("measure", "stocks"), ("value", "much")],
)
def test_strange_rows_of_the_ledger(plan: Any, column: str, value: str) -> None:
    row = int(plan.ledger.index[plan.ledger["value"] == 0][0])
    plan.ledger[column] = plan.ledger[column].astype(object)
    plan.ledger.loc[row, column] = value
    assert not audit(plan).ok


def test_rows_that_stand_twice(plan: Any) -> None:
    for table in ("ledger", "limits"):
        changed = copy.copy(plan)
        frame = getattr(plan, table)
        setattr(changed, table, pd.concat([frame, frame.head(1)], ignore_index=True))
        assert audit(changed).breaches["found"].tolist() == ["it stands again"]


@pytest.mark.parametrize("column", ["value", "bound", "slack"])
def test_every_limit(plan: Any, column: str) -> None:
    limits = plan.limits
    assert len(limits) == 2 + 4 + 2 + 1
    for row in limits.index:
        plan.limits = limits.copy()
        plan.limits.loc[row, column] += 0.1
        where = ", ".join(limits.loc[row, ["limit", "jurisdiction", "period"]])
        assert audit(plan).breaches["where"].tolist() == [f"limit {where}: {column}"]
        plan.limits = limits.drop(index=row)
        assert audit(plan).breaches["where"].tolist() == [f"limit {where}"]


@pytest.mark.parametrize("column", ["limit", "account", "jurisdiction", "period"])
def test_strange_rows_of_the_limits(plan: Any, column: str) -> None:
    plan.limits.loc[0, column] = "other"
    assert not audit(plan).ok


def test_a_limit_that_does_not_hold(plan: Any) -> None:
    # the same plan for a study that asks for 4 ha of arable land: 3 are left
    limits = plan.study.tables["limits"].copy()
    limits.loc[limits["limit"] == "keep", "value"] = 4.0
    plan.study = Study(plan.study.settings, {**plan.study.tables, "limits": limits})
    report = audit(plan)
    assert {"limit", "figure"} == rules(report)
    assert "limit keep, total, p2" in set(report.breaches["where"])


def test_the_floor(plan: Any) -> None:
    # planting gains ecosystem value; cutting the flow below doing nothing's breaks the floor
    floors = {"objective": {"method": "floor", "floor": {"ecosystem": 1.0}}}
    rows = [{"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 1.0}]
    plan.study = study(
        floors, **{**BASE, "parcels": sound_study().tables["parcels"].to_dict("records"), "class_flows": rows}
    )
    plan.projects = plan.projects.head(0)
    plan.parcels.loc[1, ["practice", "start", "class_after"]] = ["hold", "", "farm"]
    assert "objective:floor" in rules(audit(plan))


def test_no_plan(plan: Any, folder: Path) -> None:
    plan.has_plan, plan.status = False, "infeasible"
    report = audit(plan)
    assert not report.ok
    assert report.message == "no plan to audit"
    assert report.breaches["found"].tolist() == ["status infeasible"]
    assert "no plan to audit" in report.to_text()
    change_json(folder, has_plan=False, status="no_plan")
    for name in ("parcels.parquet", "ledger.parquet", "limits.csv", "projects.csv"):
        (folder / name).unlink()
    assert audit(folder).message == "no plan to audit"


def change_json(folder: Path, **changes: Any) -> None:
    path = folder / "plan.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["plan.json", "parcels.parquet", "projects.csv", "ledger.parquet", "limits.csv", "study"]
)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise"])
def test_a_file_that_is_missing_or_damaged(folder: Path, name: str, damage: str) -> None:
    path = folder / (name if name != "study" else "study/study.toml")
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 3], "noise": b"\xff\x00;" * 50}[damage])
    report = audit(folder)
    assert not report.ok
    assert rules(report)
    if name == "projects.csv" and damage == "cut":  # a table of fewer projects
        assert "choice:project" in rules(report)
    else:
        assert any(name in where for where in report.breaches.loc[report.breaches["rule"] == "file", "where"])
        assert name in report.to_text()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    report = audit(tmp_path / "nowhere")
    assert not report.ok
    assert "plan.json" in set(report.breaches["where"])


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: change_json(folder, objective=0.5),
        lambda folder: change_json(folder, objective="much"),
        lambda folder: change_json(folder, format=2),
        lambda folder: change_json(folder, doing_nothing=[1, 2]),
        lambda folder: change_json(folder, settings=None, bound="far"),
        lambda folder: (folder / "plan.json").write_text("[1, 2]"),
        lambda folder: rewrite(folder / "study" / "limits.csv", "10", "12"),  # a looser limit than was solved
        lambda folder: rewrite(folder / "study" / "study.toml", "ecosystem = 0.1", "ecosystem = 0.2"),
        lambda folder: rewrite(folder / "study" / "practice_flows.csv", "rent", "waste"),
        lambda folder: rewrite(folder / "study" / "limits.csv", "area.zone.town", "area.zone.city"),
        lambda folder: rewrite(folder / "limits.csv", "slack", "slck"),
        lambda folder: rewrite(folder / "limits.csv", "11.0", "eleven"),
        lambda folder: rewrite(folder / "projects.csv", "road", "rope"),
    ],
)  # fmt: skip
def test_a_folder_that_was_changed(folder: Path, change: Callable[[Path], Any]) -> None:
    change(folder)
    report = audit(folder)
    assert not report.ok
    assert rules(report)
    json.dumps(report.to_dict("zh"), allow_nan=False)
    json.dumps(report.to_dict(), allow_nan=False)


def test_a_layer_that_tells_something_else(village_plan: Path, tmp_path: Path) -> None:
    shutil.copytree(village_plan, tmp_path / "plan")
    assert audit(tmp_path / "plan").ok
    layer = gpd.read_file(tmp_path / "plan" / "plan.gpkg", layer="plan")
    layer.loc[3, "practice"] = "elsewhere"
    layer.to_file(tmp_path / "plan" / "plan.gpkg", layer="plan")
    report = audit(tmp_path / "plan")
    assert [row.where for row in report.breaches.itertuples()] == ["plan.gpkg"]
    assert layer.loc[3, "parcel_id"] in report.breaches["found"].iloc[0]
    layer.iloc[1:].to_file(tmp_path / "plan" / "plan.gpkg", layer="plan")
    assert "features" in audit(tmp_path / "plan").breaches["must"].iloc[0]
    (tmp_path / "plan" / "plan.gpkg").write_bytes(b"")
    assert audit(tmp_path / "plan").breaches["must"].iloc[0] == "it can be read"
    (tmp_path / "plan" / "plan.gpkg").unlink()
    assert audit(tmp_path / "plan").breaches["found"].iloc[0] == "it is missing"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_words(plan: Any) -> None:
    assert audit(plan).to_text("zh").startswith("审计：全部成立")
    plan.objective += 1.0
    report = audit(plan)
    assert "objective" in report.to_text()
    assert "应为" in report.to_text("zh")
    plan.ledger["value"] += 1.0
    assert "more" in audit(plan).to_text()
