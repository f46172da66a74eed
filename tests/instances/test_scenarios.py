"""Scenarios as data: what they change, what is wrong with them, and that a plan is of the study as changed."""

# ruff: noqa: E501 - one fault a line, whole: the table of faults reads as a table

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

import zonevest as zv
from tests.instances.money_study import MONEY
from tests.instances.studies import BASE, faults_of, write_base
from zonevest.cli import app
from zonevest.instances.scenarios import key_columns, listing
from zonevest.instances.schema import TABLES
from zonevest.instances.study import StudyError

HEAD = "scenario,probability,table,key,column,period,op,amount\n"
ROWS = (
    "dry,0.3,limits,l2,value,,factor,0.5\n"
    "dry,,practice_flows,build/*,value,,factor,2\n"
    "dry,,practice_flows,build/sale,value,,value,7\n"
    "dry,0.3,projects,road,mandatory,,value,0\n"
    "dry,,projects,park,earliest,,value,2026\n"
    "dry,,parcels,*,redline,,value,核心\n"
    "dry,,study,rates.finance,value,,factor,2\n"
    "dry,,study,objective.accounts.waste,value,,value,-3\n"
    "wet,0.7,class_zones,01/Z2,suitability,,value,2\n"
)


def folder_with(tmp_path: Path, rows: str, base: Any = BASE) -> Path:
    folder = write_base(tmp_path / "study", base=base)
    (folder / "scenarios.csv").write_text(HEAD + rows, encoding="utf-8")
    return folder


def test_a_scenario_changes_what_it_says(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ROWS)
    base, dry = zv.read_study(folder), zv.read_study(folder, scenario="dry")
    assert base.scenario == ""
    assert len(base.scenarios) == 9
    assert dry.scenario == "dry"
    assert dry.scenarios.empty
    assert dry.limits["value"].tolist() == [0.5, 10.0, 0.0, 1.0, 9.0]
    assert dry.practice_flows["value"].tolist() == [7.0, 2.0]
    assert dry.projects["mandatory"].tolist() == [False] * 5
    assert dry.projects["earliest"].tolist()[1] == "2026"
    assert dry.parcels["redline"].tolist() == ["core"] * 4
    assert dry.parcels["conversion"].tolist() == ["prohibited"] * 4, "what follows from the lines follows"
    assert dry.settings.rates.finance == 0.1
    assert dry.settings.objective.accounts == {"waste": -3.0}
    changed = {"limits", "practice_flows", "projects", "parcels", "scenarios"}
    for name, frame in base.tables.items():
        if name not in changed:
            assert_frame_equal(frame, dry.tables[name])
    wet = base.in_scenario("wet")
    assert wet.class_zones["suitability"].tolist() == [3, 2, 3, 2, 1]
    assert wet.settings == base.settings
    assert dry.hash == base.in_scenario("dry").hash != base.hash


def test_the_command_line_has_the_last_word(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ROWS)
    assert zv.read_study(folder, {"rates.finance": 0.07}, scenario="dry").settings.rates.finance == 0.07
    assert zv.read_study(folder, {"rates.social": 0.01}, scenario="dry").settings.rates.finance == 0.1


def test_rows_that_do_nothing_yet_are_no_part_of_the_study(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ROWS)
    with_rows = zv.read_study(folder)
    (folder / "scenarios.csv").unlink()
    assert zv.read_study(folder).hash == with_rows.hash


def test_scenarios_go_round(tmp_path: Path) -> None:
    study = zv.read_study(folder_with(tmp_path, ROWS))
    for name, how in (("a.xlsx", {}), ("z.xlsx", {"lang": "zh"}), ("z", {"lang": "zh"}), ("c", {})):
        study.write(tmp_path / name, **how)  # type: ignore[arg-type]
        again = zv.read_study(tmp_path / name)
        assert_frame_equal(study.scenarios, again.scenarios)
        assert again.in_scenario("dry").hash == study.in_scenario("dry").hash


def test_values_by_period(tmp_path: Path) -> None:
    rows = (
        "a,,study,finance.debt_ratio_cap,value,2027-2031,factor,0.5\n"
        "a,,study,finance.own_revenue,value,,factor,0.9\n"
        "b,,study,finance.debt_ratio_cap,value,,factor,2\n"
    )
    folder = folder_with(tmp_path, rows, MONEY)
    base = zv.read_study(folder)
    assert base.settings.finance is not None
    names = [period.name for period in base.periods]
    before = {name: base.settings.finance.at("debt_ratio_cap", name) for name in names}
    a, b = base.in_scenario("a").settings.finance, base.in_scenario("b").settings.finance
    assert a is not None
    assert b is not None
    for name in names:
        cap = before[name]
        assert a.at("debt_ratio_cap", name) == (cap if cap is None or name != "2027-2031" else cap * 0.5)
        assert b.at("debt_ratio_cap", name) == (None if cap is None else cap * 2)
    assert base.settings.finance.own_revenue is not None
    assert a.own_revenue == base.settings.finance.own_revenue * 0.9


def test_default_rows_may_change() -> None:
    settings = {"name": "d", "periods": [{"name": "p", "start": 2026, "years": 1}]}
    row = {"scenario": "a", "table": "class_flows", "key": "0101/*", "column": "value", "op": "factor", "amount": 2}
    base = zv.make_study(settings, scenarios=pd.DataFrame([row]))
    doubled = base.in_scenario("a").class_flows
    of = base.class_flows["land_class"] == "0101"
    assert of.any()
    assert (doubled["value"] == base.class_flows["value"].where(~of, base.class_flows["value"] * 2)).all()


FAULTS = {
    "table": ("a,,limit,l2,value,,factor,1\n", "row 2, column table", "a table of the study", "'limit'", "'limits'"),
    "own table": ("a,,scenarios,a,amount,,value,1\n", "row 2, column table", "a table of the study", "'scenarios'", "correct"),
    "empty table": ("a,,quotas,q,granted,,factor,1\n", "row 2, column key", "names rows of quotas by quota", "'q'", "correct"),
    "key": ("a,,limits,l9,value,,factor,1\n", "row 2, column key", "names rows of limits by limit", "no row 'l9'", "those of the table are l1, l2, l3"),
    "parts": ("a,,class_zones,01,suitability,,value,1\n", "row 2, column key", "by land_class/zone", "'01'", "did you mean '01/*'?"),
    "column": ("a,,limits,l2,values,,factor,1\n", "row 2, column column", "a column of limits", "'values'", "'value'"),
    "own column": ("a,,parcels,0101,x_slope,,factor,1\n", "row 2, column column", "a column of parcels", "'x_slope'", "of the study format"),
    "key column": ("a,,limits,l2,limit,,value,b\n", "row 2, column column", "what rows say", "limit, a part of the key", "another"),
    "op": ("a,,limits,l2,value,,times,1\n", "row 2, column op", "factor or value", "'times'", "use one of these"),
    "factor of text": ("a,,limits,l2,kind,,factor,2\n", "row 2, column column", "for numbers", "kind, no number", "op = value"),
    "no factor": ("a,,limits,l2,value,,factor,half\n", "row 2, column amount", "a factor is a number", "'half'", "a number"),
    "no number": ("a,,limits,l2,value,,value,half\n", "row 2, column amount", "a finite number", "'half'", "a number"),
    "blank": ("a,,projects,road,life_years,,factor,2\n", "row 2, column key", "what is multiplied is there", "blank", "op = value"),
    "below range": ("a,,limits,l2,penalty,,factor,-1\n", "row 2, column amount", "at least 0", "-3", "correct"),
    "above range": ("a,,class_zones,*/Z2,suitability,,value,5\n", "row 2, column amount", "from 0 to 3", "5", "correct"),
    "not whole": ("a,,class_zones,*,suitability,,factor,0.5\n", "row 2, column amount", "whole number", "1.5", "correct"),
    "choice": ("a,,limits,l2,kind,,value,sofd\n", "row 2, column amount", "hard or soft", "'sofd'", "'soft'"),
    "flag": ("a,,projects,road,mandatory,,value,2\n", "row 2, column amount", "0, 1, true or false", "'2'", "0 or 1"),
    "period of a row": ("a,,projects,road,earliest,,value,2030\n", "row 2, column amount", "a period of study.toml", "'2030'", "correct"),
    "name of a row": ("a,,parcels,0101,zone,,value,Z3\n", "row 2, column amount", "a row of zones", "'Z3'", "correct"),
    "period": ("a,,limits,l2,value,2030,factor,1\n", "row 2, column period", "a period of study.toml", "'2030'", "correct"),
    "row for each period": ("a,,limits,l4,value,2026,factor,1\n", "row 2, column period", "of that period", "'l4' in 2026", "period by period"),
    "table without periods": ("a,,projects,road,capex,2026,factor,1\n", "row 2, column period", "with a column period", "'2026'", "blank"),
    "key of study.toml": ("a,,study,rates.finanse,value,,value,1\n", "row 2, column key", "every key", "'finanse'", "did you mean 'rates.finance'?"),
    "value of study.toml": ("a,,study,rates.finance,value,,factor,40\n", "row 2, column amount", "from 0 to 1", "2", "share"),
    "column of study.toml": ("a,,study,rates,finance,,factor,1\n", "row 2, column column", "the column value", "'finance'", "rates.finance as key"),
    "nothing to multiply": ("a,,study,objective.method,value,,factor,1\n", "row 2, column key", "a number", "no number at objective.method", "op = value"),
    "which tables": ("a,,study,parcels,value,,value,b.csv\n", "row 2, column key", "not which tables are read", "'parcels'", "another"),
    "list of periods": ("a,,study,periods,value,,value,soon\n", "row 2, column key", "the start or the years of one", "'soon'", "periods.2026.years"),
    "built-in account": ("a,,accounts,project.capex,unit,,value,x\n", "row 2, column column", "only budget", "unit (project.capex)", "another"),
    "probability": ("a,0.5,limits,l2,value,,factor,1\nb,0.4,limits,l2,value,,factor,1\n", "column probability", "sum to 1", "0.9: a 0.5, b 0.4", "add the scenario"),
    "two probabilities": ("a,0.5,limits,l2,value,,factor,1\na,0.6,limits,l2,value,,factor,1\nb,0.5,limits,l2,value,,factor,1\n", "rows 2, 3, column probability", "one probability", "0.5, 0.6 (a)", "one of its rows"),
    "probability above 1": ("a,1.5,limits,l2,value,,factor,1\n", "row 2, column probability", "from 0 to 1", "1.5", "correct"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "where", "must", "found", "do"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_scenario(rows: str, where: str, must: str, found: str, do: str, tmp_path: Path) -> None:
    """It is told alone, whether the scenario is asked for or not, with where it stands."""
    faults = faults_of(folder_with(tmp_path, rows))
    assert len(faults) == 1, faults.to_string()
    (told,) = faults.itertuples()
    assert told.where == f"scenarios.csv, {where}"
    assert must in told.must
    assert found in told.found
    assert do in told.do


def test_a_scenario_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="did you mean 'dry'"):
        zv.read_study(folder_with(tmp_path, ROWS), scenario="dri")
    with pytest.raises(StudyError, match="no such scenario"):
        zv.read_study("village", scenario="dry")


def test_a_scenario_that_makes_the_study_unsound(tmp_path: Path) -> None:
    """What only the whole study shows is told when the scenario is asked for."""
    folder = folder_with(tmp_path, "a,,shares,rent/receives//local,share,,value,0.9\n")
    assert zv.read_study(folder).scenario == ""
    with pytest.raises(StudyError, match="sum"):
        zv.read_study(folder, scenario="a")


def test_what_scenarios_change_is_listed(tmp_path: Path) -> None:
    rows = listing(zv.read_study(folder_with(tmp_path, ROWS)))
    told = {
        (row.scenario, row.table, row.key, row.column): row for row in rows.rename(columns={"from": "was"}).itertuples()
    }
    assert len(told) == len(rows) == 9
    first = told["dry", "limits", "l2", "value"]
    assert (first.probability, first.count, first.was, first.to) == (0.3, 1, 20, 10.0)
    many = told["dry", "practice_flows", "build/*", "value"]
    assert (many.count, many.was, many.to) == (2, [1, 2], [2, 4])
    after = told["dry", "practice_flows", "build/sale", "value"]
    assert (after.was, after.to) == (4, 7), "in order: the row before has doubled it"
    assert told["dry", "study", "rates.finance", "value"].was == 0.05


def test_the_command_line(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path, "dry,0.3,limits,l2,value,,factor,0.5\nwet,0.7,practice_flows,build/*,value,,factor,2\n"
    )
    run = CliRunner().invoke
    told = run(app, ["check", str(folder)])
    assert told.exit_code == 0, told.output
    assert "  dry (probability 0.3)\n    limits l2 value: 20 → 10\n" in told.output
    assert "    practice_flows build/* value: 1 … 2 → 2 … 4 (2 cells)" in told.output
    assert "概率 0.7" in run(app, ["check", str(folder), "--lang", "zh"]).output
    assert "under the scenario dry" in run(app, ["check", str(folder), "--scenario", "dry"]).output
    listed = json.loads(run(app, ["check", str(folder), "--json"]).output)["scenarios"]
    assert [row["count"] for row in listed] == [1, 2]
    assert run(app, ["check", str(folder), "--scenario", "dri"]).exit_code == 2


def test_check_lists_what_is_changed(tmp_path: Path) -> None:
    """Under a scenario, and with what is set for the run, in the words of the language."""
    folder = folder_with(tmp_path, ROWS)
    asked = ["check", str(folder), "--scenario", "dry", "--set", "rates.finance=0.07"]
    told = CliRunner().invoke(app, asked).output
    assert "What it changes\n  dry (probability 0.3)\n    limits l2 value: 20 → 10\n" in told
    assert "    study rates.finance value: 0.05 → 0.1\n" in told
    assert "  set for this run\n    study rates.finance value: 0.1 → 0.07\n" in told
    chinese = CliRunner().invoke(app, [*asked, "--lang", "zh"]).output
    assert "    约束指标 l2 限值: 20 → 10\n" in chinese
    assert "    项目 road 必建: 是 → 否\n" in chinese
    assert "    地块 * 生态保护红线" in chinese
    rows = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)["changes"]
    assert [row["scenario"] for row in rows] == ["dry"] * 8 + [""]
    assert (rows[-1]["from"], rows[-1]["to"]) == (0.1, 0.07)


def test_check_lists_which_tables_are_read_instead(tmp_path: Path) -> None:
    """Keys that no study holds once it is read are listed by what they were and what they are."""
    folder = tmp_path / "village"
    zv.copy_case("village", folder)
    shutil.copy(folder / "parcels.gpkg", tmp_path / "other.gpkg")
    (folder / "parcels.gpkg").rename(folder / "land.gpkg")
    settings = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(settings.replace('"parcels.gpkg"', '"land.gpkg"'), encoding="utf-8")
    changes = zv.read_study(folder, {"parcels": "../other.gpkg", "defaults": "cn"}).changes
    assert changes[["key", "from", "to"]].to_numpy().tolist() == [
        ["parcels", "land.gpkg", "../other.gpkg"],
        ["defaults", "none", "cn"],
    ]
    assert zv.read_study("lakeside", {"defaults": "cn"}).changes.loc[0, ["from", "to"]].tolist() == ["cn", "cn"]


def test_a_scenario_beside_what_is_set(tmp_path: Path) -> None:
    """Where the run leaves no place for a change, the listing says so, and the check goes on."""
    folder = folder_with(tmp_path, "a,,study,objective.floor.ecosystem,value,,value,0.5\n")
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text().replace('method = "floor"', 'method = "floor"\nfloor = { ecosystem = 1.0 }')
    )
    told = CliRunner().invoke(
        app,
        [
            "check",
            str(folder),
            "--set",
            "objective.method=lexicographic",
            "--set",
            'objective.order=["cash", "accounts"]',
        ],
    )
    assert told.exit_code == 0, told.output
    assert "objective.floor.ecosystem value: no place for it beside what is set" in told.output


def test_a_plan_of_a_scenario(tmp_path: Path) -> None:
    """The plan folder says the scenario, and its study is the one as changed: it is read and audited by itself."""
    folder = tmp_path / "village"
    zv.copy_case("village", folder)
    (folder / "scenarios.csv").write_text(
        HEAD + "poor,,project_flows,*,value,,factor,0.5\npoor,,study,rates.social,value,,value,0.02\n"
    )
    study = zv.read_study(folder)
    done = CliRunner().invoke(
        app, ["solve", str(folder), "-o", str(tmp_path / "plan"), "--scenario", "poor", "--gap", "0.05"]
    )
    assert done.exit_code == 0, done.output
    plan = zv.read_plan(tmp_path / "plan")
    assert plan.settings["scenario"] == "poor"
    assert plan.study.hash == study.in_scenario("poor").hash
    assert plan.study.project_flows["value"].tolist() == (study.project_flows["value"] * 0.5).tolist()
    assert plan.study.settings.rates.social == 0.02
    assert zv.audit(tmp_path / "plan").ok
    assert "Scenario" in (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")


def test_a_plan_of_the_study_itself(tmp_path: Path) -> None:
    """What is set for a run may leave no place for a scenario's change: the plan is read all the same."""
    folder = tmp_path / "village"
    zv.copy_case("village", folder)
    (folder / "scenarios.csv").write_text(HEAD + "poor,,study,objective.floor.ecosystem,value,,value,0.5\n")
    changes = {"objective.method": "weighted", "objective.cash": 1.0}
    plan = zv.solve(zv.read_study(folder, changes), gap=0.05)
    plan.write(tmp_path / "plan")
    again = zv.read_plan(tmp_path / "plan")
    assert again.study.hash == plan.study.hash
    assert again.study.scenarios.empty
    assert "scenario" not in again.settings


def test_every_table_has_a_key() -> None:
    for table in TABLES:
        assert key_columns(table.name), table.name
    assert key_columns("limit_terms") == ("limit", "account")
    assert key_columns("parcel_flows") == ("parcel_id", "account")
