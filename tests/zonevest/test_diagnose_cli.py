"""`zonevest diagnose`: exit codes, both languages, prices of the user's own. Some 10 s."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.reports.audit_studies import BASE, SETTINGS
from tests.reports.audit_studies import study as hand_made
from tests.test_diagnose import check_sets
from zonevest.cli import app
from zonevest.instances.read import make_study
from zonevest.mending import mended, with_one_value
from zonevest.solvers.answer import Solution
from zonevest.solvers.by_one_program import ByOneProgram


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The village, in which arable land shall grow by half."""
    folder = tmp_path_factory.mktemp("torn") / "village"
    zv.copy_case("village", folder)
    table = folder / "limits.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("class_group.arable,,,>=,1.0", "class_group.arable,,,>=,1.5"), encoding="utf-8")
    return str(folder)


def run(*args: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["diagnose", *args])
    return found.exit_code, found.stdout, found.stderr


def test_a_study_with_plans() -> None:
    code, text, _ = run("village")
    assert (code, len(text.splitlines())) == (0, 1)


def test_a_study_without(torn: str) -> None:
    code, text, _ = run(torn, "--json")
    found = json.loads(text)
    assert (code, found["feasible"]) == (3, False)
    named = {each["condition"] for each in found["conflicts"][0]["conditions"]}
    assert any(name.startswith("limit[arable_kept,total,") for name in named)
    assert all(repair["verified"] for repair in found["repairs"])
    # 22.111 ha of paddy and 16.974 ha of dry land are arable: half as much again is 58.629 ha
    (least,) = (r["gives"] for r in found["repairs"] if all("arable_kept" in each["condition"] for each in r["gives"]))
    assert all((each["table"], each["old"]) == ("limits", 1.5) and each["new"] < 1.5 for each in least)
    assert all(each["bound"] == pytest.approx(58.629, abs=1e-3) for each in least)
    lines = {each["words"] for repair in found["repairs"] for each in repair["gives"]}
    _, english, _ = run(torn)
    assert all(line in english for line in lines)
    _, chinese, _ = run(torn, "--lang", "zh")
    assert "limit arable_kept (Arable land not less than at the start)" in english
    assert "约束 arable_kept（耕地不少于期初）" in chinese
    assert "不能同时成立" in chinese
    assert not {"limit ", "cost", "hold"} & set(chinese.split())


def test_whether_cells_do_is_yes_no_or_unknown(torn: str) -> None:
    """What came of changing the cells is told apart: still no plan, no time to see, nothing to change."""
    study = zv.read_study(torn)
    found = zv.diagnose(study)
    first = found.repairs["repair"] == 1
    assert found.repairs["in_study"].eq("yes").all()
    for holds, in_study, said in ((False, "no", "these cells alone do not do"), (None, "unknown", "not found out")):
        with patch("zonevest.diagnosing.has_plan", return_value=holds):
            other = zv.diagnose(study)
        assert other.repairs.loc[first, ["verified_in", "in_study"]].to_numpy().tolist() == [["program", in_study]]
        assert said in other.to_text()


def test_no_repair_in_the_time_is_not_no_repair_at_all(torn: str) -> None:
    code, text, _ = run(torn, "--time-limit", "0")
    assert code == 3
    assert "a longer --time-limit may find some" in text
    # all that a small study has is forbidden to give
    farm = {"limit": "farm", "account": "area.class.farm", "sense": ">=", "value": 1e6, "period": "last"}
    stuck = zv.diagnose(hand_made(limits=[farm]), prices={"farm": float("inf")})
    assert stuck.hopeless
    assert "nothing that may give mends it, by whatever amount" in stuck.to_text()


def test_ctrl_c_tells_what_was_found(torn: str) -> None:
    """The solver takes Ctrl-C for itself and answers that it was interrupted: the search ends, the set is told."""
    asked = ByOneProgram.least

    def stopped(self: ByOneProgram, *given: Any) -> Any:
        answer = Solution(None, "interrupted", None, np.inf, None, 0.0)
        with patch("zonevest.solvers.by_one_program.solve", lambda *_, **__: answer):
            return asked(self, *given)

    with patch.object(ByOneProgram, "least", stopped):
        code, text, _ = run(torn)
    assert code == 130
    assert "limit arable_kept" in text
    assert "no repair was found in the time given" in text


def test_prices_of_the_user_s_own(torn: str) -> None:
    held = zv.diagnose(zv.read_study(torn), prices={"arable_kept": float("inf")})
    assert "arable_kept" not in " ".join(held.repairs["condition"])
    code, _, told = run(torn, "--price", "arabel=2")
    assert code == 2
    assert "arabel" in told
    assert run(torn, "--price", "arable")[0] == 2


def test_a_bound_below_zero_that_gives_up_to_zero() -> None:
    """No land is below 0 ha: -0.2 has to become 0, not -0.4."""
    few = {"limit": "few", "account": "area.class.farm", "sense": "<=", "value": -0.2, "period": "last"}
    found = zv.diagnose(hand_made(limits=[few]))
    (row,) = found.repairs.to_dict("records")
    assert (row["gives"], row["needed"], row["old"], row["new"]) == pytest.approx((0.2, 0.0, -0.2, 0.0))
    assert found.to_text().endswith("from −0.2 ha to 0 ha")


def test_what_is_nobody_s_rule_has_words_too() -> None:
    """A road that takes 12 of 10 ha."""
    road = {"project": "road", "category": "infrastructure", "capex": 1.0, "build_years": 1, "mandatory": 1}
    taken = {"project": "road", "land_class": "farm", "area_ha": 12.0}
    found = zv.diagnose(hand_made(projects=[road], land_take=[taken]))
    assert set(found.conflicts["condition"]) == {"land_take[farm,total]", "mandatory[road]"}
    assert "No more land is taken than there is: farm" in found.to_text()
    assert "项目用地不超过现有面积" in found.to_text("zh")
    assert "land_take[" not in found.to_text() + found.to_text("zh")


@pytest.mark.parametrize(
    ("lines", "column", "new"),
    [
        ({"basic_farmland": 1}, "basic_farmland_ok", True),
        ({"redline": "general"}, "redline_ok", "general"),
        ({"redline": "core"}, "redline_ok", "core"),
        ({"redline": "core", "basic_farmland": 1}, "", None),  # no one cell mends two lines
    ],
)
def test_the_line_that_a_project_has_to_admit_is_the_one_its_land_lies_on(
    lines: dict[str, Any], column: str, new: Any
) -> None:
    """A road takes 5 of 10 ha of farmland, all of it on a line; wood lies on the others."""
    land = [
        {"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0, "redline": "0"} | lines,
        {
            "parcel_id": "b",
            "land_class": "wood",
            "zone": "rural",
            "area_ha": 9.0,
            "redline": "core",
            "basic_farmland": 1,
        },
    ]
    taken = {"project": "road", "land_class": "farm", "area_ha": 5.0}
    road = ROAD | {"mandatory": 1}
    found = zv.diagnose(hand_made({"periods": LATER}, parcels=land, projects=[road], land_take=[taken])).repairs
    row = found[found["condition"] == "site_take[farm,total,no,0]"].iloc[0]
    assert row["column"] == column
    assert row["new"] == new or not column
    assert row["verified_in"] == ("study" if column else "program")


LATER = [{"name": "p1", "start": 2026, "years": 5}, {"name": "p2", "start": 2031, "years": 5}]
ROAD = {"project": "road", "capex": 10.0, "build_years": 2, "annual_revenue": 0.5, "jobs": 5}
JOBS = {"limit": "jobs", "account": "project.jobs", "sense": ">=", "value": 2.0}


def shut(project: dict[str, Any], limits: list[dict[str, Any]], **tables: Any) -> zv.Diagnosis:
    """The diagnosis of a study with a road that something keeps out."""
    return zv.diagnose(hand_made({"periods": LATER}, projects=[ROAD | project], limits=limits, **tables))


def test_a_window_that_closes_too_early() -> None:
    """Jobs are asked for in the second period and forbidden in the first; the road is to start in the first."""
    none = {"limit": "none", "account": "project.jobs", "sense": "<=", "value": 0.0, "period": "p1"}
    found = shut({"latest": "p1"}, [JOBS | {"period": "p2"}, none])
    assert set(found.conflicts["condition"]) == {"limit[jobs,total,p2]", "limit[none,total,p1]", "latest[road]"}
    first = found.repairs.iloc[0]
    assert tuple(first[["table", "key", "column", "old", "new"]]) == ("projects", "road", "latest", "p1", "p2")
    # one of two periods: half of a hundred
    assert (first["cost"], first["gives"], first["verified_in"]) == (50.0, 1.0, "study")
    assert "let project road start 1 period later than its window allows (latest p1 → p2)" in found.to_text()
    assert "项目 road 的启动比时间窗推迟 1 个规划期" in found.to_text("zh")


def test_a_project_that_is_not_worth_its_cost() -> None:
    """5 million in each of two years, then 0.5 a year for good: what is left of it at 7 % is below 0, at 5 % above.

    0.5 x (1 - v^98) / r / (1 + r)^2 against 5 / (1 + r) + 5 / (1 + r)^2: equal near r = 0.049.
    """
    found = shut({"hurdle": 0.07, "life_years": 98}, [JOBS | {"period": "p2"}])
    assert {"hurdle[road]", "limit[jobs,total,p2]"} <= set(found.conflicts["condition"])
    row = found.repairs[found.repairs["condition"] == "hurdle[road]"].iloc[0]

    def worth(rate: float) -> float:
        paid = sum(5.0 / (1 + rate) ** year for year in (1, 2))
        return sum(0.5 / (1 + rate) ** year for year in range(3, 101)) - paid

    assert worth(row["new"]) >= 0 > worth(row["new"] + 1e-4)
    assert (row["column"], row["old"], row["verified_in"]) == ("hurdle", 0.07, "study")
    # it falls short by least where it starts last
    assert row["gives"] == pytest.approx(-worth(0.07) / 1.07**5, rel=0.01)


@pytest.mark.parametrize(
    ("asked", "more", "named"),
    [
        (2.0, {"hurdle": 0.07, "life_years": 98}, {"hurdle[road]"}),  # nothing is raised for what is not built
        (6.0, {"equity_min": 0.5}, {"draw_cap[road]"}),  # half of 10 at most
        (11.0, {"equity_min": 0.5}, set()),  # nor more than it costs
    ],
)
def test_money_is_raised_for_what_is_built(asked: float, more: dict[str, Any], named: set[str]) -> None:
    """A limit asks for grants, and only the road of 10 million may have some."""
    raised = {"limit": "raised", "account": "finance.raised.grant", "sense": ">=", "value": asked, "period": "total"}
    grant = {"instrument": "grant", "kind": "grant"}
    settings = {"periods": LATER, "finance": {"opening_cash": 20.0}}
    study = hand_made(settings, projects=[ROAD | more], instruments=[grant], limits=[raised])
    found = zv.diagnose(study, repairs=1)
    assert set(found.conflicts["condition"]) == {"limit[raised,total,total]", *named}
    check_sets(study, found)


def test_a_mandated_project_on_a_line(tmp_path: Path) -> None:
    """The reader refuses it; diagnose says which line it is, how much of the site lies there, and what mends it."""
    parcels = [
        {"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0, "redline": "general"},
        {"parcel_id": "b", "land_class": "farm", "zone": "rural", "area_ha": 5.0, "redline": "0"},
    ]
    sound = hand_made(parcels=parcels, projects=[ROAD | {"footprint": "a;b"}])
    zv.write_study(sound, tmp_path / "road")
    table = tmp_path / "road" / "projects.csv"
    rows = pd.read_csv(table, dtype=str).assign(mandatory="1")
    rows.to_csv(table, index=False)
    with pytest.raises(zv.StudyError):
        zv.read_study(tmp_path / "road")
    code, text, _ = run(str(tmp_path / "road"), "--json")
    found = json.loads(text)
    assert code == 3
    named = {each["condition"] for each in found["conflicts"][0]["conditions"]}
    assert named == {"mandatory[road]", "site_line[road,redline]"}
    (line,) = (r for r in found["repairs"] if r["gives"][0]["family"] == "site_line")
    assert (line["gives"][0]["gives"], line["gives"][0]["new"], line["verified_in"]) == (10.0, "general", "study")


def test_a_mandated_project_that_can_never_be_finished() -> None:
    """A road of twenty years in a plan of ten: no window is to blame, and only the mandate can give."""
    tables = {name: pd.DataFrame(list(rows)) for name, rows in BASE.items()}
    road = pd.DataFrame([ROAD | {"mandatory": 1, "build_years": 20}])
    study = make_study(SETTINGS | {"periods": LATER}, for_diagnosis=True, projects=road, **tables)
    found = zv.diagnose(study)
    assert found.repairs["condition"].tolist() == ["mandatory[road]"]
    assert "project road is mandated, and cannot be finished within the years of the plan" in found.to_text()
    assert "do not mandate project road (mandatory 1 → 0)" in found.to_text()


def test_land_that_a_line_lets_go_is_told_by_hectares() -> None:
    """3 of 10 ha are to be built on, all of it forbidden: land may be divided."""
    land = [{"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0, "forbidden_zones": "town"}]
    built = {"limit": "built", "account": "area.class.built", "sense": ">=", "value": 3.0, "period": "p2"}
    found = zv.diagnose(hand_made({"divisible": True}, parcels=land, limits=[built]))
    (row,) = found.parcels.to_dict("records")
    assert (row["used_ha"], row["area_ha"], row["changes"]) == (pytest.approx(3.0), 10.0, {"forbidden_zones": ""})
    assert found.repairs["verified_in"].eq("study").all()
    assert "let 3 ha be used otherwise, 1 parcel: a 3 of 10 ha (forbidden_zones)" in found.to_text().replace(
        "\u00a0", " "
    )
    less = replace(found, parcels=found.parcels.iloc[:0])  # less is let go than shares are told of
    assert "let 0 ha be used otherwise" in less.to_text().replace("\u00a0", " ")


def test_a_cell_has_one_new_value_in_a_repair(torn: str) -> None:
    """Arable land has to grow in each period: the one cell of the limit says what suffices for all of them."""
    found = zv.diagnose(zv.read_study(torn)).repairs
    cells = found[found["table"] == "limits"].groupby(["repair", "key", "column"])["new"]
    assert cells.size().max() > 1
    assert cells.nunique().eq(1).all()


def test_every_cell_that_has_to_change_is_said() -> None:
    """What a grant, a mandate, what is required, a tolerance and a hurdle become; a cell that is emptied is blank."""
    quota = {"quota": "town", "account_used": "area.rezoned", "granted": 0.5, "movable": 1}
    tower = ROAD | {"project": "tower", "capex": 100.0, "mandatory": 1, "requires": "road"}
    limits = [
        {"limit": "built", "account": "area.rezoned", "sense": ">=", "value": 10.0, "period": "p1"},
        {"limit": "cost", "account": "project.capex", "sense": "<=", "value": 105.0, "period": "total"},
        {"limit": "even", "account": "area.class.farm", "sense": "==", "value": 3.0, "period": "p1"},
    ]
    study = hand_made({"periods": LATER}, projects=[ROAD, tower], quotas=[quota], limits=limits)
    found = zv.diagnose(study)
    text, chinese = found.to_text().replace("\u00a0", " "), found.to_text("zh")
    for said in ("(granted 0.5 → 2)", "(mandatory 1 → 0)", "(requires road → blank)", "ha (tolerance 0 → 3)"):
        assert said in text
    assert "（requires road → 空白）" in chinese
    at = found.repairs[found.repairs["column"] == "mandatory"].index[:1]
    hurdle = found.repairs.loc[at].assign(column="hurdle", old=0.07, new=np.nan)
    assert "(hurdle 0.07 → blank)" in replace(found, repairs=hurdle).to_text()


def test_what_suffices_for_all_that_give_by_a_cell() -> None:
    rows = [
        (1, "", "limits", "most", "value", 1.0, 2.0, 3.0), (1, "", "limits", "most", "value", 1.0, 3.0, 3.0),
        (1, "", "limits", "least", "value", 5.0, 4.0, 3.5), (1, "", "limits", "least", "value", 5.0, 3.5, 3.5),
        (1, "", "projects", "road", "requires", "a; b; c", "a; b", "b"),
        (1, "", "projects", "road", "requires", "a; b; c", "b; c", "b"),
        (1, "", "projects", "road", "redline_ok", "no", "core", "core"),
        (1, "", "projects", "road", "redline_ok", "no", "general", "core"),
        (1, "dscr_min[p1]", "study", "finance", "dscr_min", 1.2, 1.1, 1.1),
        (1, "dscr_min[town,p2]", "study", "finance", "dscr_min", 1.2, 1.0, 0.9),
        (1, "dscr_min[port,p2]", "study", "finance", "dscr_min", 1.2, 0.9, 0.9),
        (1, "eod_share[one]", "study", "finance", "eod_eco_share", 0.5, 0.25, 0.125),
        (1, "eod_share[two]", "study", "finance", "eod_eco_share", 0.5, 0.125, 0.125),
        (2, "", "limits", "most", "value", 1.0, 2.0, 2.0),
    ]  # fmt: skip
    columns = ["repair", "condition", "table", "key", "column", "old", "new", "expected"]
    for given in (rows, rows[::-1]):
        table = pd.DataFrame(given, columns=columns)
        assert with_one_value(table)["new"].tolist() == table["expected"].tolist()


def test_two_bundles_give_by_one_share() -> None:
    """Restoration has 1 of 5 and 1 of 10 million, and should have half: a tenth does for both, in whatever order."""
    eod = {"build_years": 1, "mandatory": 1, "annual_revenue": 0.0}
    cost = {"poor": {"dike": 1.0, "mall": 9.0}, "fair": {"park": 1.0, "inn": 4.0}}
    projects = [
        {"project": name, "bundle": bundle, "capex": capex, **eod,
         "category": "ecological_restoration" if capex == 1.0 else "infrastructure"}
        for bundle, of in cost.items() for name, capex in of.items()
    ]  # fmt: skip
    settings = {"periods": LATER, "finance": {"opening_cash": 100.0, "eod_eco_share": 0.5}}
    study = hand_made(settings, projects=projects)
    rows = [("eod_share[poor]", 0.1), ("eod_share[fair]", 0.2)]
    for given in (rows, rows[::-1]):
        repair = pd.DataFrame(given, columns=["condition", "new"]).assign(
            repair=1, table="study", key="finance", column="eod_eco_share", old=0.5
        )
        assert mended(study, with_one_value(repair), pd.DataFrame()).settings.finance.eod_eco_share == 0.1


def test_a_parcel_that_is_used_in_two_ways_is_let_go_for_both() -> None:
    """Half of the land is to be a town, half a port, and both are forbidden there: both have to be struck out."""
    land = [{"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0, "forbidden_zones": "town; port"}]
    zones = [{"zone": "rural"}, {"zone": "town"}, {"zone": "port"}]
    practices = [
        {"practice": "build", "zone": "town", "to_class": "built", "conversion": "conditional; promoted"},
        {"practice": "berth", "zone": "port", "to_class": "built", "conversion": "promoted; free"},
    ]
    limits = [
        {"limit": name, "account": f"area.zone.{name}", "sense": ">=", "value": 5.0, "period": "p2"}
        for name in ("town", "port")
    ]
    given = [land[0] | {"conversion": "prohibited"}]
    study = hand_made({"divisible": True}, parcels=given, zones=zones, practices=practices, limits=limits)
    found = zv.diagnose(study, prices={"town": float("inf"), "port": float("inf")})
    lines = {"line[forbidden_zones]", "line[conversion]"}
    (at,) = [at for at, rows in found.repairs.groupby("repair") if set(rows["condition"]) == lines]
    assert found.repairs.loc[found.repairs["repair"] == at, "verified_in"].eq("study").all()
    rows = found.parcels[found.parcels["repair"] == at]
    assert sorted(rows["practice"]) == ["berth", "build"]
    assert all(each == {"forbidden_zones": "", "conversion": "promoted"} for each in rows["changes"])


def test_a_floor_of_ecosystem_value_is_a_cell() -> None:
    """Half as much again as doing nothing keeps is asked for: what gives is a part of that."""
    study = zv.read_study("village")
    torn = study.with_settings(objective=replace(study.settings.objective, method="floor", floor={"ecosystem": 1.5}))
    found = zv.diagnose(torn)
    (row,) = found.repairs.to_dict("records")
    assert (row["key"], row["column"], row["verified_in"]) == ("objective", "floor.ecosystem", "study")
    nothing = zv.solve(study).doing_nothing["ecosystem"]
    assert row["new"] == pytest.approx(1.5 - row["gives"] / nothing, abs=1e-3)
    assert "floor.ecosystem 1.5 → " in found.to_text()
    floors = {"ecosystem": row["new"]}
    assert zv.solve(torn.with_settings(objective=replace(torn.settings.objective, floor=floors))).has_plan
    assert "further" not in found.to_text()


def test_rules_of_further_conflicts_are_announced() -> None:
    """Of 10 ha, 8 are to be built on, and 9 and 4 to stay farmland: two conflicts that share a rule."""
    land = [{"parcel_id": "a", "land_class": "farm", "zone": "rural", "area_ha": 10.0}]
    limits = [
        {"limit": "built", "account": "area.class.built", "sense": ">=", "value": 8.0, "period": "p2"},
        {"limit": "farmed", "account": "area.class.farm", "sense": ">=", "value": 9.0, "period": "p2"},
        {"limit": "kept", "account": "area.class.farm", "sense": ">=", "value": 4.0, "period": "p2"},
    ]
    found = zv.diagnose(hand_made({"divisible": True}, parcels=land, limits=limits))
    named, give = set(found.conflicts["condition"]), set(found.repairs["condition"])
    assert give - named
    assert "further conflicts" in found.to_text()
    assert "其他冲突" in found.to_text("zh")
    for unsure in (replace(found, complete=False), replace(found, repairs=found.repairs.assign(verified=None))):
        assert "further" not in unsure.to_text()
