"""Planning anew: by enumeration, against what nothing observed would change, and as a command. About 20 s."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from zonevest.cli import app
from zonevest.instances.observed import read_observed
from zonevest.instances.rules import rules
from zonevest.instances.study import Study, StudyError
from zonevest.model.builtin import built_in_accounts
from zonevest.reports.audit import Evaluator, audit
from zonevest.reports.variance import accounts_table, land_table, projects_table, rezoned_table
from zonevest.settling import Deeds, settle

PERIODS = ["p1", "p2", "p3"]
COLUMNS = ["year", "table", "key", "column", "period", "op", "amount"]


def seen(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of year, table, key, column, amount; a period and a factor come after them."""
    made = []
    for year, table, key, column, amount, *more in rows:
        period, op = [*more, "", "value"][:2] if len(more) != 1 else (more[0], "value")
        made.append((year, table, key, column, period, op, str(amount)))
    return pd.DataFrame(made, columns=COLUMNS)


def farms(**more: Any) -> Study:
    """Four farms that may be built on (6 ha a period) or planted, and a mill that earns from p2 on; three periods."""
    settings = {
        "name": "farms", "defaults": "none", "purse": ["town"],
        "periods": [{"name": name, "start": 2026 + 2 * at, "years": 2} for at, name in enumerate(PERIODS)],
        "rates": {"finance": 0.05, "social": 0.03, "tail_years": 6},
        "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.5},
        **more.pop("settings", {}),
    }  # fmt: skip
    flows = [
        ("build", "rent", "per_ha_year", 0.5),
        ("build", "works", "per_ha_once", 2.0),
        ("plant", "eco", "per_ha_year", 0.3),
        ("plant", "works", "per_ha_once", 0.4),
    ]
    tables = {
        "parcels": pd.DataFrame(
            {"parcel_id": [*"abcd"], "land_class": "farm", "zone": "rural", "area_ha": [4.0, 6.0, 10.0, 5.0]}
        ),
        "zones": pd.DataFrame({"zone": ["rural", "town", "wood"]}),
        "land_classes": pd.DataFrame(
            {"land_class": ["farm", "built", "trees"], "class_group": ["arable", "construction", "forest"]}
        ),
        "accounts": pd.DataFrame(
            {
                "account": ["rent", "works", "eco"],
                "family": ["revenue", "cost", "ecosystem"],
                "recurrence": ["annual", "one_off", "annual"],
                "cash": [1, 1, 0],
            }
        ),
        "practices": pd.DataFrame(
            {
                "practice": ["build", "plant"],
                "zone": ["town", "wood"],
                "to_class": ["built", "trees"],
                "life_years": [20, 30],
                "irreversible": [1, 0],
            }
        ),
        "practice_flows": pd.DataFrame(flows, columns=["practice", "account", "basis", "value"]),
        "projects": pd.DataFrame(
            {"project": ["mill"], "capex": [4.0], "annual_revenue": [0.9], "life_years": [15], "earliest": ["p2"]}
        ),
        "limits": pd.DataFrame(
            {
                "limit": ["field", "pace"],
                "account": ["area.class_group.arable", "area.new_construction"],
                "sense": [">=", "<="],
                "value": [4.0, 6.0],
            }
        ),
        **more,
    }
    return zv.make_study(settings, **tables)


def combinations(study: Study) -> list[tuple[tuple[tuple[str, str], ...], dict[str, str], float]]:
    """Every plan of the study that holds, and what it is worth."""
    evaluator = Evaluator(study)
    options = [evaluator.options(name) for name in evaluator.parcel_ids]
    found = []
    for chosen in itertools.product(*options):
        for start in evaluator.starts("mill"):
            value = evaluator.value(chosen, {"mill": start})
            if value.holds:
                found.append((chosen, {"mill": start}, value.objective))
    return found


@pytest.fixture(scope="module")
def first() -> zv.Plan:
    return zv.solve(farms(), gap=0.0)


CHANGES = [
    [(2027, "practice_flows", "build/rent", "value", "0.6", "", "factor")],
    [(2027, "practice_flows", "plant/eco", "value", "3", "", "factor")],
    [(2027, "projects", "mill", "annual_revenue", 0.2), (2027, "practice_flows", "*/works", "value", 2, "", "factor")],
]  # fmt: skip


@pytest.mark.parametrize("rows", CHANGES)
def test_the_best_continuation_is_that_of_enumeration(first: zv.Plan, rows: list[tuple[Any, ...]]) -> None:
    found = zv.replan(first, seen(*rows), hold=False, gap=0.0)
    world = read_observed(first.study, seen(*rows), built_in_accounts(first.study).index).world(2027)
    done = {row.parcel_id: (row.practice, row.start) for row in first.parcels.itertuples() if row.start == "p1"}
    mill = first.projects["start"].iloc[0]

    def goes_on(chosen: tuple[tuple[str, str], ...], start: str) -> bool:
        land = all(
            option == done[name] if name in done else option[1] != "p1"
            for name, option in zip("abcd", chosen, strict=True)
        )
        return land and (start == "p1") == (mill == "p1")

    worth = [value for chosen, starts, value in combinations(world) if goes_on(chosen, starts["mill"])]
    assert found.last is not None
    assert found.last.objective == pytest.approx(max(worth), abs=1e-7)
    assert found.last.audit is not None
    assert found.last.audit.ok


def test_something_is_done_in_the_first_period_and_something_left(first: zv.Plan) -> None:
    starts = set(first.parcels["start"]) | set(first.projects["start"])
    assert {"p1", "p2"} <= starts


@pytest.mark.parametrize("past", [1, 2, 3])
def test_with_nothing_observed_otherwise_the_plan_stays_the_best(first: zv.Plan, past: int) -> None:
    settled = settle(first.study, Deeds.of(first), past)
    again = zv.solve(settled.study, gap=0.0)
    assert again.objective == pytest.approx(first.objective, abs=1e-7)
    assert audit(again).ok


def test_divided_land_becomes_parts_that_are_worth_the_same() -> None:
    plan = zv.solve(farms(settings={"divisible": True}), gap=0.0)
    assert plan.parcels["parcel_id"].duplicated().any()
    settled = settle(plan.study, Deeds.of(plan), 1)
    assert settled.study.parcels["area_ha"].sum() == pytest.approx(25.0)
    again = zv.solve(settled.study, gap=0.0)
    assert again.objective == pytest.approx(plan.objective, abs=1e-6)
    assert Deeds.of(again, settled.parts).parcels.groupby("parcel_id")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_the_audit_refuses_a_start_in_a_period_that_has_begun(first: zv.Plan) -> None:
    settled = settle(first.study, Deeds.of(first), 1)
    land = settled.study.parcels
    free = land.loc[land["locked_start"] == "", "parcel_id"].iloc[0]
    rows = pd.DataFrame({"parcel_id": [free], "practice": ["plant"], "start": ["p1"]})
    drawn = zv.plan_from(settled.study, parcels=rows, projects=first.projects[["project", "start"]])
    assert drawn.audit is not None
    assert "window" in set(drawn.audit.breaches["rule"])


def test_a_row_of_a_period_that_has_begun_is_told_and_not_demanded(first: zv.Plan) -> None:
    rows = seen((2027, "limits", "pace", "value", 0), (2027, "limits", "field", "value", 0))
    found = zv.replan(first, rows, hold=False, gap=0.0)
    assert found.last is not None
    pace = found.last.limits.set_index(["limit", "period"])["slack"].drop(index=["field"], errors="ignore")
    built = first.parcels[(first.parcels["practice"] == "build") & (first.parcels["start"] == "p1")]
    assert len(built)
    assert pace["pace", "p1"] < 0
    assert (pace["pace"].drop(index="p1") >= -1e-9).all()
    assert found.years["audit"].all()


def test_what_was_not_done_is_free_again_and_the_plan_held_on_to_is_late(first: zv.Plan) -> None:
    done = first.parcels.loc[first.parcels["start"] == "p1", "parcel_id"].iloc[0]
    found = zv.replan(first, seen((2027, "plan.parcels", done, "practice", "hold")), gap=0.0)
    assert found.last is not None
    mine = found.last.parcels.set_index("parcel_id").loc[done]
    assert mine["start"] != "p1"
    # begun with the other building in p2, it is more than may be built in a period
    assert done == "b"
    assert found.years["held_breaks"].iloc[0] == 1
    assert found.broken["where"].iloc[0] == "limit pace, total, p2"
    assert set(found.land["planned_parcels"] - found.land["begun_parcels"]) >= {1}


def test_zoning_is_capped_and_counted(first: zv.Plan) -> None:
    rows = seen((2027, "practice_flows", "plant/eco", "value", 20, "", "factor"))
    free, capped = (zv.replan(first, rows, hold=False, gap=0.0, cap=cap) for cap in (None, "10%"))
    assert free.years["rezoned_ha"].iloc[0] == 5.0
    assert capped.years["rezoned_ha"].iloc[0] <= 2.5 + 1e-6
    assert capped.last is not None
    assert free.last is not None
    assert capped.last.objective <= free.last.objective
    assert capped.rezoned["area_ha"].sum() == pytest.approx(capped.years["rezoned_ha"].iloc[0])


def test_what_is_irreversible_is_not_undone(first: zv.Plan) -> None:
    built = first.parcels[(first.parcels["practice"] == "build") & (first.parcels["start"] == "p1")]
    name = built["parcel_id"].iloc[0]
    rows = seen((2026, "actual", "rent", "value", 1), (2027, "plan.parcels", name, "practice", "hold"))
    with pytest.raises(StudyError) as told:
        zv.replan(first, rows, hold=False)
    assert name in told.value.faults["found"].iloc[0]
    zv.replan(first, seen((2027, "plan.parcels", name, "practice", "hold")), hold=False)  # it had only just begun


def test_all_faults_of_what_was_observed_come_at_once(first: zv.Plan) -> None:
    rows = seen(
        (2020, "practice_flows", "build/rent", "value", 1),
        (2026, "practice_flows", "build/rents", "value", 1),
        (2026, "plan.projects", "mil", "start", ""),
        (2026, "plan.parcels", "a", "practice", "dig"),
        (2026, "plan.parcels", "a", "begin", "p1"),
        (2026, "plan.works", "a", "begin", "p1"),
        (2026, "actual", "rent/nowhere", "value", 1),
        (2026, "actual", "rent", "value", "much"),
        (2026, "plan.projects", "mill", "start", "p9"),
    )
    with pytest.raises(StudyError) as told:
        zv.replan(first, rows)
    assert len(told.value.faults) == len(rows)
    own = {name for name in rules() if name.startswith("observed.")}
    others = {"observed.none", "observed.irreversible", "observed.factor", "observed.raised", "observed.table"}
    assert own - others <= {each.name for each in told.value.faults["must"]}
    assert "did you mean 'mill'" in " ".join(told.value.faults["do"])


def test_cash_at_hand_is_what_was_observed() -> None:
    money = {"own_revenue": 30.0, "fixed_cost": 25.0, "opening_cash": 9.0, "reserve_months": 0.0}
    plan = zv.solve(farms(settings={"finance": money}), gap=0.0)
    planned = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]["finance.cash", "total", "p1"]
    found = zv.replan(plan, seen((2027, "actual", "finance.cash", "value", planned + 1.5)), gap=0.0)
    assert found.last is not None
    now = found.last.ledger.set_index(["account", "jurisdiction", "period"])["value"]["finance.cash", "total", "p1"]
    assert now == pytest.approx(planned + 1.5)
    assert found.last.study.settings.finance is not None
    assert found.last.study.settings.finance.opening_cash == pytest.approx(10.5)
    assert found.accounts["difference"].iloc[0] == pytest.approx(1.5)


def test_variance_by_hand() -> None:
    study = farms()
    ledger = pd.DataFrame(
        [("rent", "total", "p1", 10.0), ("works", "total", "p1", 8.0), ("works", "total", "p2", 0.0)],
        columns=["account", "jurisdiction", "period", "value"],
    )
    actuals = pd.DataFrame(
        [(2026, "rent", "total", 9.0), (2027, "rent", "total", 12.0), (2026, "works", "total", 5.0)],
        columns=["year", "account", "jurisdiction", "value"],
    )
    told = accounts_table(study, ledger, actuals, {"rent": "annual", "works": "one_off"})
    assert told[["planned", "observed", "difference", "share"]].to_numpy().tolist() == [
        [10.0, 10.5, 0.5, 0.05],  # the mean of two years
        [4.0, 5.0, 1.0, 0.25],  # one of two years
    ]
    planned = pd.DataFrame({"project": list("abcdef"), "start": ["p1", "p1", "p2", "", "p1", "p3"]})
    begun = pd.DataFrame({"project": list("abcdef"), "start": ["p1", "p2", "p1", "p2", "p3", "p3"]})
    states = projects_table(planned, begun, ["p1", "p2"])
    assert states["state"].tolist() == ["on_time", "late", "early", "unplanned", "not_begun"]
    area = {"a": 4.0, "b": 6.0}
    rows = {"parcel_id": ["a", "b", "b"], "practice": ["x", "x", "y"], "start": ["p1", "p1", "p2"]}
    land = pd.DataFrame({**rows, "zone": ["X", "X", "Y"], "share": [1.0, 0.5, 0.5]})
    done = pd.DataFrame(
        {"parcel_id": ["a", "b"], "practice": ["hold", "x"], "start": ["", "p1"], "zone": ["R", "X"], "share": 1.0}
    )
    table = land_table(land, done, area, ["p1"])
    assert table[["planned_ha", "begun_ha", "planned_parcels", "kept_parcels"]].to_numpy().tolist() == [[7, 6, 2, 1]]
    moved = rezoned_table(land, done, area)
    assert sorted(moved[["from", "to", "area_ha"]].to_numpy().tolist()) == [["X", "R", 4.0], ["Y", "X", 3.0]]


def test_many_years_in_one_command_go_on_where_they_were_cut_off(tmp_path: Path, first: zv.Plan) -> None:
    first.write(tmp_path / "plan")
    file = tmp_path / "observed.csv"
    rows = seen(
        (2026, "practice_flows", "build/rent", "value", 0.9, "", "factor"),
        (2027, "actual", "rent", "value", 1.0),
        (2029, "plan.projects", "mill", "start", ""),
    )
    rows.to_csv(file, index=False)
    runner, asked = CliRunner(), ["replan", str(tmp_path / "plan"), "--observed", str(file), "--gap", "0"]
    done = runner.invoke(app, asked)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "plan-replan"
    names = {each.name for each in folder.iterdir() if not each.name.startswith(".")}
    assert {"2026", "2027", "2029", "years.csv", "accounts.csv", "index.html", "replan.xlsx"} <= names
    assert all(audit(folder / year).ok for year in ("2026", "2027", "2029"))
    again = runner.invoke(app, [*asked, "--json", "--lang", "zh"])
    told = json.loads(again.stdout)
    assert [row["work"] for row in told["years"]] == ["kept"] * 3
    assert "逐年" in (folder / "index.html").read_text(encoding="utf-8")
    other = runner.invoke(app, [*asked, "-o", str(tmp_path / "plan")])
    assert other.exit_code == 2


def test_a_longer_horizon_repeats_the_last_period() -> None:
    limits = pd.DataFrame(
        {
            "limit": ["pace", "late", "end"],
            "account": ["area.new_construction", "area.new_construction", "area.class_group.arable"],
            "period": ["", "p3", "last"],
            "sense": ["<=", "<=", ">="],
            "value": [6.0, 4.0, 4.0],
        }
    )
    money = {"own_revenue": 30.0, "fixed_cost": 25.0, "reserve_months": {"p2": 0.5, "p3": 0.4}}
    longer = zv.extend(farms(limits=limits, settings={"finance": money}), (5, 1))
    assert [(each.name, each.start, each.years) for each in longer.periods[3:]] == [
        ("2032-2036", 2032, 5),
        ("2037", 2037, 1),
    ]
    rows = longer.limits.set_index("limit")
    assert rows.loc["late.2032-2036", ["period", "value"]].tolist() == ["2032-2036", 10.0]  # 5 years in place of 2
    assert rows.loc["late.2037", "value"] == 2.0
    assert len(rows) == 5
    assert longer.settings.finance is not None
    assert longer.settings.finance.at("reserve_months", "2037") == 0.4
    with pytest.raises(ValueError, match="one year or more"):
        zv.extend(farms(), ())
