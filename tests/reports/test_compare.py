"""Plans side by side: every number of a comparison worked out again by pandas from the plan folders alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import zonevest as zv
from tests.chinese import CHINESE
from tests.random_plans import random_plans
from tests.reports.forms import number_in, says, tables_of_page
from zonevest.instances.say import translate
from zonevest.reports import compare_figures, compare_land, compare_text
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_evaluate import Evaluator
from zonevest.reports.compare import Comparison, unlike
from zonevest.reports.compare import compare as side_by_side
from zonevest.reports.compare_display import Compared
from zonevest.reports.compare_forms import BOOK, PAGE, sheets
from zonevest.reports.compare_inputs import differing
from zonevest.reports.compare_worth import Swaps, moved_between, worth
from zonevest.reports.display import number
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PARTS = ("worth", "penalties", "cash", "ecosystem")
OPTION = ["zone", "practice", "start", "class_after"]
PLANS = 10


@pytest.fixture(scope="module")
def folders(village_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Village solved as it is, where ecosystem counts five times as much, and with a cap that no plan keeps."""
    home = tmp_path_factory.mktemp("compared")
    study = zv.read_study("village")
    shutil.copytree(village_plan, home / "plain")
    goal = study.settings.objective
    zv.solve(
        study.replace({"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 5 * max(goal.ecosystem, 0.05)}})
    ).write(home / "green")
    none = {"limit": "all_gone", "account": "area.class_group.construction", "sense": "<=", "value": -1.0}
    zv.solve(study.replace(limits=pd.concat([study.limits, pd.DataFrame([none])], ignore_index=True))).write(
        home / "none"
    )
    return home / "plain", home / "green", home / "none"


@pytest.fixture(scope="module")
def found(folders: tuple[Path, Path, Path]) -> Comparison:
    return zv.compare(folders)


@pytest.fixture(scope="module")
def written(found: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "both"
    found.write(folder)
    return folder


def stated(folder: Path) -> dict[str, Any]:
    """plan.json."""
    told: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return told


def test_results_are_those_of_the_folders(found: Comparison, folders: tuple[Path, Path, Path]) -> None:
    table = found.results.set_index("item")
    for folder in folders[:2]:
        told, name = stated(folder), folder.name
        for item in ("objective", "bound", "cash", "ecosystem"):
            assert table.loc[item, name] == pytest.approx(told[item], rel=1e-12)
        assert table.loc["nothing_cash", name] == pytest.approx(told["doing_nothing"]["cash"])
        parcels = pd.read_parquet(folder / "parcels.parquet")
        area = pd.read_parquet(folder / "study" / "parcels.parquet").set_index("parcel_id")["area_ha"]
        hectares = parcels["parcel_id"].map(area) * parcels["share"]
        assert table.loc["action_ha", name] == pytest.approx(hectares[parcels["start"] != ""].sum())
        moved = parcels["class_before"] != parcels["class_after"]
        assert table.loc["converted_ha", name] == pytest.approx(hectares[moved].sum())
        projects = pd.read_csv(folder / "projects.csv", keep_default_na=False)
        assert table.loc["projects_built", name] == (projects["start"] != "").sum()
        assert table.loc["rules_broken", name] == 0
        value = pd.read_csv(folder / "capture.csv").groupby("item")["value"].sum()
        for item in ("created", "captured", "left"):
            assert table.loc[f"value_{item}", name] == pytest.approx(value.get(item, 0.0), abs=1e-9)
    # soft limits that doing nothing misses cost it
    assert table.loc["objective", "doing_nothing"] == pytest.approx(-table.loc["penalty", "doing_nothing"], abs=1e-9)
    assert table.loc["cash", "doing_nothing"] == pytest.approx(0.0, abs=1e-9)
    assert table["none"].drop(["nothing_cash", "nothing_ecosystem"]).isna().all()


def test_money_and_areas_are_those_of_the_folders(found: Comparison, folders: tuple[Path, Path, Path]) -> None:
    for folder in folders[:2]:
        name = folder.name
        cash = pd.read_csv(folder / "cash_flow.csv", keep_default_na=False, na_values={"value": [""]})
        wanted = cash.groupby(["kind", "item", "period"])["value"].sum()
        mine = found.cash_flow.set_index(["kind", "item", "period"])[name]
        assert len(mine)
        for key, value in mine.items():
            assert value == pytest.approx(wanted.get(key, 0.0), abs=1e-9), key
        # what comes in and what is there at first is what goes out and what is left
        sums = found.cash_flow.groupby(["period", "kind"])[name].sum()
        boxes = found.cash_flow[found.cash_flow["kind"] == "stock"].pivot_table(
            index="period", columns="item", values=name
        )
        if {"opening_cash", "closing_cash"} <= set(boxes):
            left = boxes["opening_cash"] + _of(sums, "source") - _of(sums, "use") - boxes["closing_cash"]
            assert left.dropna().abs().max() < 1e-6
        sheet = pd.read_csv(folder / "balance_sheet.csv", keep_default_na=False, na_values={"value": [""]})
        wanted = sheet.groupby(["side", "item", "period"])["value"].sum()
        for key, value in found.balance_sheet.set_index(["side", "item", "period"])[name].items():
            assert value == pytest.approx(wanted[key], abs=1e-9)
        gains = pd.read_csv(folder / "distribution.csv", keep_default_na=False)
        gains = gains[gains["kind"] == "gain"].set_index("actor")["net"]
        mine = found.distribution[found.distribution["kind"] == "actor"].set_index("code")[name]
        assert set(gains.index) <= set(mine.index)
        for actor, value in mine.items():
            assert value == pytest.approx(gains.get(actor, 0.0), abs=1e-9)
        parcels = pd.read_parquet(folder / "parcels.parquet")
        area = pd.read_parquet(folder / "study" / "parcels.parquet").set_index("parcel_id")["area_ha"]
        zones = (parcels["parcel_id"].map(area) * parcels["share"]).groupby(parcels["zone"]).sum()
        told = found.areas[(found.areas["kind"] == "zone") & (found.areas["jurisdiction"] == "total")].set_index(
            "code"
        )[name]
        for zone, value in told.items():
            assert value == pytest.approx(zones.get(zone, 0.0), abs=1e-9)


def _of(sums: pd.Series, kind: str) -> pd.Series:
    """The sums of a kind, by period."""
    mine: pd.Series = sums.xs(kind, level="kind")
    return mine


def test_the_differing_inputs_are_told(found: Comparison) -> None:
    table = found.inputs.set_index(["plan", "table", "key", "column"])
    green = table.loc["green"]
    assert set(green.index.get_level_values("table")) == {"study"}
    assert ("study", "objective.method", "value") in green.index or (
        "study",
        "objective.ecosystem",
        "value",
    ) in green.index
    none = table.loc["none"]
    assert list(none.index) == [("limits", "all_gone", "")]
    assert (none["in_first"].iloc[0], none["in_other"].iloc[0]) == ("", "1")
    assert "all_gone" in found.to_text()


def test_every_kind_of_input_that_differs(folders: tuple[Path, Path, Path]) -> None:
    plan = zv.read_plan(folders[0])
    study = plan.study
    flows = study.practice_flows.copy()
    flows["value"] *= 1.25
    land = study.parcels.copy()
    land.loc[0, "tenure"] = "state" if land.loc[0, "tenure"] == "collective" else "collective"
    land = land.iloc[:-2]
    other = replace(study, tables={**study.tables, "practice_flows": flows, "parcels": land}, geometry=None)
    other = other.with_settings(rates=replace(study.settings.rates, social=0.011))
    found = side_by_side([plan, replace(plan, study=other, has_plan=False, status="no_plan")], ["a", "b"])
    rows = {(row.table, row.column): row for row in found.inputs.itertuples(index=False)}
    assert rows["study", "value"].in_other == "0.011"
    many = rows["practice_flows", "value"]
    assert many.rows == (study.practice_flows["value"] != 0).sum()
    assert many.factor == pytest.approx(1.25)
    assert rows["parcels", "tenure"].key == str(land.loc[0, "parcel_id"])
    assert rows["parcels", "geometry"].in_other == ""
    (lost,) = found.unmatched.to_dict("records")
    assert (lost["aspect"], lost["only_in"], lost["count"]) == ("parcel", "base", 2)
    assert lost["area_ha"] == pytest.approx(study.parcels["area_ha"].iloc[-2:].sum())


def test_where_a_row_comes_from_is_not_which_row_it_is() -> None:
    """A flow has no key: its words name it, but neither its source nor blank cells do."""
    study = zv.read_study("village")
    assert study.practice_flows.loc[0, "source"]
    flows = study.practice_flows.copy()
    flows.loc[0, "value"] *= 2.0
    flows.loc[0, "source"] = "another survey"
    found = differing(study, replace(study, tables={**study.tables, "practice_flows": flows}), "b")
    first = study.practice_flows.loc[0, ["practice", "account", "basis", "unit"]]
    assert set(found["key"]) == {"/".join(first)}
    assert found["column"].tolist() == ["value", "source"]
    assert found["factor"].iloc[0] == pytest.approx(2.0)
    assert found["in_other"].iloc[1] == "another survey"


def test_a_plan_and_itself_do_not_differ(folders: tuple[Path, Path, Path]) -> None:
    found = zv.compare([folders[0], folders[0]])
    assert found.names == ("plain", "plain (2)")
    assert found.ok
    for name in ("inputs", "unmatched", "parcels"):
        assert found.tables[name].empty
    for table in found.tables.values():
        if "plain (2) - plain" in table:
            assert (table["plain (2) - plain"].fillna(0.0) == 0.0).all()
            assert table["plain"].equals(table["plain (2)"])
    assert (found.agreement["agreed"] == found.agreement["of"]).all()
    assert found.projects["agreed"].all()
    parts = pd.read_parquet(folders[0] / "parcels.parquet").drop_duplicates("parcel_id").reset_index(drop=True)
    assert found.agreed[["parcel_id", *OPTION]].equals(parts[["parcel_id", *OPTION]])
    assert list(found.worth["kind"]) == ["total"]
    assert (found.worth[list(PARTS)] == 0.0).all(axis=None)


def test_turned_around_all_differences_are_the_opposite(folders: tuple[Path, Path, Path]) -> None:
    one, other = zv.compare(folders[:2]), zv.compare(folders[1::-1])
    for name in ("results", "indicators", "cash_flow", "debt", "balance_sheet", "capture", "distribution", "areas"):
        keys = [
            column
            for column in one.tables[name]
            if column not in {side.name for side in one.sides} and " - " not in column
        ]
        left = one.tables[name].set_index(keys)["green - plain"]
        right = other.tables[name].set_index(keys)["plain - green"]
        assert len(left) == len(right) > 0
        pd.testing.assert_series_equal(left, -right.reindex(left.index), check_names=False, atol=1e-12)
    totals = [each.worth.loc[each.worth["kind"] == "total", list(PARTS)].to_numpy(dtype=float) for each in (one, other)]
    # each is told by its own study's objective, F1 and F2 by the same arithmetic
    np.testing.assert_allclose(totals[0][0][2:], -totals[1][0][2:], rtol=1e-9)
    same = [each.agreement.set_index(["aspect", "jurisdiction"]) for each in (one, other)]
    pd.testing.assert_frame_equal(same[0], same[1].reindex(same[0].index))


def test_the_two_that_are_always_there(found: Comparison, folders: tuple[Path, Path, Path]) -> None:
    study = zv.read_plan(folders[0]).study
    nothing, approved = found.sides[0].plan, found.sides[1].plan
    assert (nothing.parcels["practice"] == "hold").all()
    assert (nothing.projects["start"] == "").all()
    assert set(approved.projects.loc[approved.projects["start"] != "", "project"]) == set(
        study.projects.loc[study.projects["mandatory"], "project"]
    )
    assert approved.financing.empty
    told = stated(folders[0])["doing_nothing"]
    assert nothing.doing_nothing == pytest.approx(told)


# --- agreement and worth, on drawn plans -----------------------------------------------------------------------------


def pairs() -> list[tuple[Any, Any]]:
    """Drawn plans of studies with land, each with the number that it was drawn by."""
    return [(plan, seed) for seed, plan in random_plans(PLANS, borrowing=True) if len(plan.study.parcels)]


def otherwise(plan: Any, seed: int) -> Any:
    """Another plan of the study: half of the land does as its parcel's first part, half of the projects nothing."""
    parcels = plan.parcels.copy()
    chosen = np.random.default_rng(seed).random(len(parcels)) < 0.5
    firsts = parcels.drop_duplicates("parcel_id").set_index("parcel_id")
    for column in OPTION:
        parcels.loc[chosen, column] = parcels.loc[chosen, "parcel_id"].map(firsts[column])
    held = parcels["parcel_id"].isin(parcels["parcel_id"].drop_duplicates().iloc[::3])
    before = plan.before.set_index("parcel_id")
    if plan.study.settings.hold:
        parcels.loc[held, ["practice", "start"]] = ["hold", ""]
        parcels.loc[held, "zone"] = parcels.loc[held, "parcel_id"].map(before["zone"])
        parcels.loc[held, "class_after"] = parcels.loc[held, "class_before"]
    projects = plan.projects.copy()
    projects.loc[projects.index[::2], "start"] = ""
    unbuilt = set(projects.loc[projects["start"] == "", "project"])
    changed = {name: getattr(plan, name) for name in DECISIONS}
    if len(changed["financing"]):
        built = ~changed["financing"]["project"].isin(unbuilt)
        changed["financing"] = changed["financing"][built].reset_index(drop=True)
    changed["uplift"] = changed["uplift"].iloc[:0]  # the land that enjoyed it may be other land
    return replace(plan, parcels=parcels, projects=projects, **changed)


def evaluated(plan: Any, parcels: pd.DataFrame | None = None) -> tuple[np.ndarray, int]:
    """Worth, penalty, F1 and F2 by the audit's whole evaluation."""
    found = Evaluator(plan.study).evaluate(
        plan.parcels if parcels is None else parcels, plan.projects, *(getattr(plan, name) for name in DECISIONS)
    )
    return np.array([found.objective + found.penalty, found.penalty, found.cash, found.ecosystem]), len(found.breaches)


def test_parcels_agree_or_differ(found: Comparison, folders: tuple[Path, Path, Path]) -> None:
    land = [pd.read_parquet(folder / "parcels.parquet").fillna("") for folder in folders[:2]]
    one, other = (set(each[["parcel_id", *OPTION]].itertuples(index=False, name=None)) for each in land)
    told = set(found.agreed[["parcel_id", *OPTION]].itertuples(index=False, name=None))
    assert told == one & other
    assert set(found.parcels["parcel_id"]) == {row[0] for row in one ^ other} != set()


def test_agreement_by_brute_force() -> None:
    shared = 0
    for plan, seed in pairs():
        other = otherwise(plan, seed)
        both = compare_land.agreement(compare_land.shares([plan, other]), [plan, other], plan.study)
        area = dict(zip(plan.study.parcels["parcel_id"], plan.study.parcels["area_ha"], strict=True))
        for aspect, columns in (("zone", ["zone"]), ("practice", ["zone", "practice"]), ("option", OPTION)):
            same = full = 0.0
            for parcel in area:
                parts: list[dict[tuple[str, ...], float]] = []
                for each in (plan, other):
                    mine: dict[tuple[str, ...], float] = {}
                    for row in each.parcels[each.parcels["parcel_id"] == parcel].to_dict("records"):
                        key = tuple(str(row[column]) for column in columns)
                        mine[key] = mine.get(key, 0.0) + row["share"]
                    parts.append(mine)
                least = sum(min(share, parts[1].get(key, 0.0)) for key, share in parts[0].items())
                same += least * area[parcel]
                full += least > 1 - 1e-6
                shared += 0.01 < least < 0.99
            row = both[(both["aspect"] == aspect) & (both["jurisdiction"] == "total")].iloc[0]
            assert (row["agreed"], row["of"]) == (full, len(area))
            assert row["area_agreed"] == pytest.approx(same)
            assert row["share"] == pytest.approx(same / sum(area.values()))
    assert shared, "no parcel on which plans agree in part"


def test_agreement_is_over_the_plans_that_exist(folders: tuple[Path, Path, Path]) -> None:
    plans = [zv.read_plan(folder) for folder in folders]
    plain, _, none = plans
    bare = replace(plain, parcels=plain.parcels.head(0))  # a plan that says nothing of the land
    names = ["plain", "green", "none"]
    both, all_three = zv.compare(plans[:2], names=names[:2]), zv.compare(plans, names=names)
    told = all_three.agreement
    assert not none.has_plan
    assert (told["plans"] == 2).all()
    assert told["share"].to_numpy(dtype=float) == pytest.approx(both.agreement["share"].to_numpy(dtype=float))
    assert "over the 2 of 3 plans that exist: plain, green" in all_three.to_text()
    assert "现有的 2 个" in all_three.to_text("zh")
    assert "that exist" not in both.to_text()
    # one plan agrees with nothing
    alone = zv.compare([plain, none], names=["plain", "none"])
    assert alone.agreement.empty
    assert alone.agreed.empty
    assert alone.projects["agreed"].isna().all()
    assert "Fewer than two" in alone.to_text()
    # without parcels it is left out of the land, and counts for projects
    some = compare_land.agreement(compare_land.shares([*plans[:2], bare]), [*plans[:2], bare], plain.study)
    land = some["aspect"].isin(["zone", "class_after", "practice", "option"])
    assert set(some.loc[land, "plans"]) == {2}
    assert set(some.loc[~land, "plans"]) <= {3}
    wanted = both.agreement["share"].to_numpy(dtype=float)[: land.sum()]
    assert some.loc[land, "share"].to_numpy(dtype=float) == pytest.approx(wanted)


def test_worth_is_told_with_its_penalties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_text, "WORTHS", 10_000)  # all of them are printed
    seen = 0
    for plan, seed in pairs():
        other = otherwise(plan, seed)
        table = zv.compare([plan, other], names=["a", "b"])
        rows = table.worth
        assert (rows["objective"] == rows["worth"] - rows["penalties"]).all()
        costly = rows[(rows["kind"] != "total") & (rows["penalties"].abs() > 1e-6)]
        assert ("of it penalties" in table.to_text()) == bool(len(costly))
        seen += len(costly)
        figure = compare_figures.drawn(table, Compared(table, Words("en")))
        if "compare_worth" in figure:
            bars = [each for each in figure["compare_worth"][1]["data"] if each["type"] == "bar"]
            steps = sum(sum(each["x"]) for each in bars if each["name"] != Words("en")("total"))
            assert steps == pytest.approx(rows.loc[rows["kind"] == "total", "objective"].item(), abs=1e-6)
    assert seen


def test_the_parts_add_up_and_each_is_what_the_audit_finds() -> None:
    seen = {"project": 0, "land": 0, "penalties": 0.0, "rules": 0}
    for plan, seed in pairs():
        other = otherwise(plan, seed)
        swaps = Swaps(plan.study, plan)
        moved = moved_between(swaps, compare_land.shares([plan, other]), (0, 1))
        table = worth(swaps, moved, other, "other", Swaps(other.study, other).outcome())
        base, its = evaluated(plan)[0], evaluated(other)[0]
        total = table[table["kind"] == "total"][list(PARTS)].to_numpy(dtype=float)[0]
        size = 1e-9 * np.maximum(1.0, np.maximum(np.abs(base), np.abs(its)))
        assert (np.abs(total - (its - base)) <= 10 * size).all()
        rest = table[table["kind"] != "total"][list(PARTS)].to_numpy(dtype=float).sum(axis=0)
        if len(table) > 1:
            assert (np.abs(rest - total) <= 10 * size).all()
        seen["penalties"] += float(np.abs(table["penalties"]).sum())
        for row in table.to_dict("records"):
            assert bool(row["rule"]) == (row["broken"] > 0)
            seen["rules"] += bool(CHINESE.search(translate(row["rule"], "zh")))
            told = np.array([row[part] for part in PARTS])
            if row["kind"] == "project":
                # the plan with this project as in the other, its money and uplift with it
                swap = {name: getattr(plan, name) for name in DECISIONS}
                for name in ("financing", "uplift"):
                    if len(swap[name]):
                        swap[name] = swap[name][swap[name]["project"] != row["project"]]
                projects = plan.projects.assign(
                    start=plan.projects["start"].where(plan.projects["project"] != row["project"], row["start_b"])
                )
                alone, broken = evaluated(replace(plan, projects=projects, **swap))
            elif row["kind"] == "land":
                alone, broken = evaluated(plan, spliced(plan, other, row))
            else:
                continue
            seen[row["kind"]] += 1
            assert (np.abs(told - (alone - base)) <= 10 * size).all(), row
            if row["kind"] == "project":
                assert broken >= row["broken"] or not broken
    assert seen["project"] > 5
    assert seen["land"] > 8
    assert seen["rules"] > 5


def spliced(plan: Any, other: Any, row: dict[str, Any]) -> pd.DataFrame:
    """The plan's parcels with one cluster as in the other, worked out parcel by parcel."""
    place = dict(zip(plan.study.parcels["parcel_id"], plan.study.parcels["jurisdiction"].fillna(""), strict=True))
    rows = []
    for parcel in plan.study.parcels["parcel_id"]:
        mine, its = (
            each.parcels[each.parcels["parcel_id"] == parcel]
            .groupby(["zone", "practice", "start", "class_before", "class_after"])["share"]
            .sum()
            for each in (plan, other)
        )
        change = its.sub(mine, fill_value=0.0)
        lost, won = -change[change < -1e-9], change[change > 1e-9]
        found = mine.to_dict()
        if place[parcel] == row["jurisdiction"]:
            for one, left in lost.items():
                for two, right in won.items():
                    if (one[0], one[1], two[0], two[1]) == (
                        row["zone_a"],
                        row["practice_a"],
                        row["zone_b"],
                        row["practice_b"],
                    ):
                        amount = left * right / lost.sum()
                        found[one] -= amount
                        found[two] = found.get(two, 0.0) + amount
        rows += [(parcel, *option, share) for option, share in found.items() if share > 1e-12]
    return pd.DataFrame(
        rows, columns=["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]
    )


def test_the_worth_at_prices_adds_up(folders: tuple[Path, Path, Path]) -> None:
    found = zv.compare(folders[:2], prices=True)
    one, other = (zv.read_plan(folder) for folder in folders[:2])
    parts = found.prices
    assert parts.loc[parts["part"] != "total", "worth"].sum() == pytest.approx(other.objective - one.objective)
    # they were asked for: what is printed has them too
    told = found.to_text().partition("What they are worth at the first plan's prices:")[2]
    assert parts["part"].isin(["land", "project"]).sum() + 2 == len(
        [line for line in told.splitlines() if line.strip()]
    )
    assert number(parts.loc[parts["part"] == "total", "worth"].item()) in told
    # parcel by parcel what `explain` says of the options, in the first plan and in the other
    for parcel in found.parcels["parcel_id"].head(5):
        told = one.explain(parcel=parcel)["options"].set_index(["practice", "start"])["worth"]
        whole = 0.0
        for sign, plan in ((-1.0, one), (1.0, other)):
            for row in plan.parcels[plan.parcels["parcel_id"] == parcel].to_dict("records"):
                whole += sign * row["share"] * told[row["practice"], row["start"]]
        mine = found.parcels.set_index("parcel_id").loc[parcel, f"{found.names[1]}.worth"]
        assert mine == pytest.approx(whole, abs=1e-9)


# --- forms -----------------------------------------------------------------------------------------------------------


def test_the_forms_hold_the_same_numbers(found: Comparison, written: Path) -> None:
    page = tables_of_page((written / PAGE).read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(written / BOOK, read_only=True)
    checked = 0
    for table in sheets(found):
        key, frame = table.sheet.key, table.frame
        saved = pd.read_csv(written / "tables" / f"{key}.csv", keep_default_na=False)
        assert len(saved) == len(frame)
        if not len(frame):
            continue
        rows = page[False, key]["tbody"]
        for place, column in enumerate(table.columns):
            if column.kind != "number" or column.name not in saved:
                continue
            for row, value in zip(rows, frame[column.name], strict=False):
                text, known = row[place]
                value = float("nan") if value is None else float(value)
                assert says(text, value), (key, column.name, text, value)
                assert (np.isnan(value) and np.isnan(number_in(row[place]))) or number_in(row[place]) == pytest.approx(
                    value, rel=1e-12
                )
                assert known is None or float(known) == value
                checked += 1
    assert checked > 1000
    assert len(book.sheetnames) == 2 + sum(len(table.frame) > 0 for table in sheets(found))


def test_names_are_unlike_each_other_and_all_columns() -> None:
    assert unlike(["a", "a", "a (2)", "unit", "b - a"]) == ("a", "a (2)", "a (2) (2)", "unit (2)", "b-a")


def test_nothing_else_is_replaced(found: Comparison, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(FileExistsError):
            found.write(tmp_path / "mine", overwrite=overwrite)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_one_plan_is_no_comparison(folders: tuple[Path, Path, Path]) -> None:
    with pytest.raises(ValueError, match="two or more"):
        zv.compare(folders[:1])
    with pytest.raises(ValueError, match="names"):
        zv.compare(folders[:2], names=["a"])


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(browser: Browser, written: Path, width: int) -> None:
    from tests.reports.test_page import Opened

    with Opened(browser, written / PAGE, width=width) as opened:
        page = opened.drawn()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.asked == [(written / PAGE).as_uri()]
        first = page.locator("section.chapter h2").all_inner_texts()
        assert first[0] == "What differs in what was given"
        assert "No plan exists" in page.locator("header").inner_text()
        agree = opened.colours(0)
        page.check("#maps >> text=Zone", force=True)
        assert page.locator(".map figcaption").all_inner_texts() == ["Zones: plain", "Zones: green"]
        assert opened.colours(0) != agree
        own = opened.colours(1)
        page.locator(".map-pick select").nth(1).select_option(label="plain")
        assert page.locator(".map figcaption").all_inner_texts() == ["Zones: plain", "Zones: plain"]
        assert opened.colours(1) == opened.colours(0)
        page.locator(".map-pick select").nth(1).select_option(label="Doing nothing")
        assert opened.colours(1) != own
        page.click("button.language")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.locator("section.chapter h2").first.inner_text() == "输入条件的差异"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.said == []
