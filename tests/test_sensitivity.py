"""Sensitivity beside brute force: every plan of tiny studies, each evaluated with the audit's arithmetic.

By default 2 random studies (some 30 s with the village); ZONEVEST_SENSITIVITY=50 asks for more.
"""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from typing import Any

import pandas as pd
import pytest

import zonevest as zv
from tests import brute
from tests.random_studies import random_tables
from tests.zonevest.test_given import owing, works
from tests.zonevest.test_shadow_prices import two_parcels
from zonevest.coefficients import Coefficient, coefficients, varied
from zonevest.instances.say import listed, say, translate
from zonevest.instances.study import Study, StudyError
from zonevest.model.plan import PlanData
from zonevest.reports.audit import Evaluator
from zonevest.sensing import _table

STUDIES = int(os.environ.get("ZONEVEST_SENSITIVITY", "2"))
MOST = 400
Tried = list[brute.Plan]


def drawn(rnd: Random) -> tuple[Study, str]:
    """A small study of whole parcels, and a coefficient at whose ends other plans are the best than in between."""
    while True:
        settings, tables = random_tables(rnd)
        settings["divisible"] = False
        if tables["parcels"] is None or settings["objective"].get("method") == "lexicographic":
            continue
        try:
            study = zv.make_study(settings, **tables)
            tried = brute.plans(Evaluator(study), MOST)
            asked = []
            for table in ("practice_flows", "zone_flows"):
                rows = study.tables[table]
                asked += [f"{table}/*/{account}/value=-60%,+60%" for account in rows["account"].unique()]
            asked += ["projects/*/capex=-60%,+60%"] if len(study.projects) else []
            rnd.shuffle(asked)
            if not tried or not any(plan.holds for plan in tried) or len(tried) < 4 or not asked:
                continue
            (one,) = coefficients(study, asked[:1])
            ends = [at(study, one, amount) for amount in (one.low, one.high)]
        except StudyError:
            continue
        now = {i for i, plan in enumerate(tried) if plan.holds and plan.objective >= brute.best_of(tried) - 1e-3}
        then = [max((end[i].objective for i in now if end[i].holds), default=brute.NO_PLAN) for end in ends]
        if any(value < brute.best_of(end) - 1e-2 for value, end in zip(then, ends, strict=True)):
            return study, asked[0]


def options_of(plan: PlanData) -> list[tuple[str, str]]:
    rows = plan.parcels.set_index("parcel_id").loc[list(plan.study.parcels["parcel_id"])]
    return list(zip(rows["practice"], rows["start"], strict=True))


def at(study: Study, one: Coefficient, amount: float) -> Tried:
    return brute.plans(Evaluator(varied(study, [(one, amount)])), MOST) or []


def best(tried: Tried, plan: PlanData | None = None, *, projects: bool = False) -> float:
    """The best of all plans, or of those that have a plan's land, and its projects."""
    kept = tried
    if plan is not None:
        options = options_of(plan)
        kept = [each for each in tried if list(each.options) == options]
    if plan is not None and projects:
        starts = dict(zip(plan.projects["project"], plan.projects["start"], strict=True))
        kept = [each for each in kept if each.starts == starts]
    return brute.best_of(kept)


def check(study: Study, asked: str) -> int:
    found = zv.sensitivity(study, [asked], ranges=True, gap=0.0, time_limit=30)
    (one,), base, breaks = found.coefficients, found.plan, 0
    for row in found.solved.to_dict("records"):
        tried = at(study, one, row["amount"])
        if best(tried) == brute.NO_PLAN:
            assert row["status"] == "infeasible"
            continue
        assert row["objective"] == pytest.approx(best(tried), rel=1e-6, abs=1e-6)
        held = best(tried, base, projects=True)
        assert row["holds"] == (held != brute.NO_PLAN)
        if row["holds"]:
            assert row["held"] == pytest.approx(held, rel=1e-6, abs=1e-6)
            assert row["adapting"] >= -1e-6 * max(1.0, abs(held))
        else:
            assert row["breaks"]
    for row in found.ranges.to_dict("records"):
        projects = row["what"] == "zoning_projects"
        assert row["low"] <= 1.0 <= row["high"]
        for end in ("low", "high"):
            tried = at(study, one, row[end])
            assert best(tried, base, projects=projects) >= best(tried) - 2e-6 * max(1.0, abs(best(tried)))
            assert row[f"{end}_end"] in ("end", "break")
            if row[f"{end}_end"] == "break":
                breaks += 1
                tried = at(study, one, row[f"{end}_outside"])
                assert best(tried, base, projects=projects) < best(tried)
                assert abs(row[f"{end}_outside"] - row[end]) <= 0.0121
    both = found.ranges.set_index("what")
    assert both["low"]["zoning"] <= both["low"]["zoning_projects"]
    assert both["high"]["zoning"] >= both["high"]["zoning_projects"]
    return breaks


@pytest.mark.long
def test_what_is_found_is_what_all_plans_say() -> None:
    rnd, breaks = Random(5), 0
    for _ in range(STUDIES):
        breaks += check(*drawn(rnd))
    assert breaks >= STUDIES


@pytest.mark.long
def test_a_plan_held_is_no_better_than_one_that_adapts() -> None:
    study = zv.read_study("village")
    found = zv.sensitivity(study, ["project_capex", "land_price"], pairs=True, gap=1e-3)
    held = found.solved[found.solved["holds"].astype(bool)]
    assert len(held)
    assert (held["adapting"].astype(float) >= -1e-3 * held["objective"].astype(float).abs()).all()
    assert (found.solved["objective"].astype(float) <= found.solved["bound"].astype(float) + 1e-9).all()
    # dearer works never gain, dearer land never loses who sells it: each alone, and both together
    change = found.solved.set_index(["coefficient", "end"])["change"].astype(float)
    room = 2e-3 * abs(found.plan.objective or 0.0)
    assert change["project_capex", "low"] > -room
    assert change["project_capex", "high"] < room
    joint = found.pairs.set_index(["first_end", "second_end"])
    for (first, second), row in joint.iterrows():
        alone = change["project_capex", first] + change["land_price", second]
        assert row["interaction"] == pytest.approx(row["change"] - alone)
        both = varied(study, [(found.coefficients[0], row["first_amount"]),
                              (found.coefficients[1], row["second_amount"])])  # fmt: skip
        if first != second:
            continue
        fresh = zv.solve(both, gap=1e-3)
        assert fresh.bound is not None
        assert fresh.objective is not None
        assert row["objective"] <= fresh.bound + 1e-6
        assert row["bound"] >= fresh.objective - 1e-6


def in_range(study: Study, asked: str) -> dict[str, Any]:
    ranges = zv.sensitivity(study, [asked], ranges=True, gap=0.0).ranges
    row: dict[str, Any] = ranges.set_index("what").loc["zoning"].to_dict()
    return row


def test_a_bound_that_binds_is_no_tie() -> None:
    """10 ha east of which 4 may be built on: no other plan is as good, however little the bound moves."""
    row = in_range(two_parcels(4.0), "limits/most/value=3,5")
    assert (row["low"], row["high"], row["low_end"], row["high_end"]) == (4.0, 4.0, "break", "break")
    assert row["low_outside"] == pytest.approx(4.0, abs=0.021)
    assert not row["tie"]


def test_a_range_ends_where_there_is_no_plan() -> None:
    """Of 30 ha all may be built on, down to none; less than none is no plan, which is found out by solving."""
    row = in_range(two_parcels(40.0), "limits/most/value=-60,40")
    assert row["low_end"] == "break"
    assert row["low_outside"] < 30.0 <= row["low"] < row["low_outside"] + 1.01


def test_land_that_is_as_good_is_a_tie() -> None:
    """East or west bring the same a hectare; of which the plan has less, a little more of that is better."""
    study = two_parcels(10.0)
    same = study.practice_flows.assign(value=1.0)
    row = in_range(study.replace(practice_flows=same), "parcels/b/condition=0.5,1.5")
    assert row["tie"]
    assert 1.0 in (row["low"], row["high"])


def test_projects_have_their_names_beside_their_codes() -> None:
    """As planners know them, in both languages, in each kind of change."""
    found = zv.sensitivity(zv.read_study("village"), ["project_capex"], gap=1e-3)
    table = found.solved.assign(
        projects_in="greenway", projects_out="mill_centre; lane_centre", projects_moved="forest_bank"
    )
    told = replace(found, solved=table)
    for words in ("in: greenway (Streamside greenway (made up))",
                  "out: mill_centre (Visitor centre in the old mill (made up)), "
                  "lane_centre (Visitor centre on the lane (made up))",
                  "moved: forest_bank (Forest pool company (made up))"):  # fmt: skip
        assert told.to_text("en").count(words) == 2
    for words in ("新增：greenway（滨溪绿道（虚构））", "改期：forest_bank（森林收储平台（虚构））"):
        assert told.to_text("zh").count(words) == 2


def test_what_breaks_is_told_by_name() -> None:
    """Each of several, also a start that cannot be, and a row that limits.csv does not tell of."""
    found = zv.sensitivity(zv.read_study("village"), ["project_capex"], gap=1e-3)
    starts = say("{project} cannot start in {period}", project="greenway", period="2028-2030")
    outlay = say("{limit} [{place}, {period}]", limit="outlay", place="total", period="2026-2027")
    breaks = listed([starts, "fund_project[mill_centre,2028-2030]", outlay], "; ")
    broken = pd.Series([breaks] * len(found.solved), dtype=object)
    told = replace(found, solved=found.solved.assign(holds=False, breaks=broken))
    for lang, words in (
        ("en", ("greenway (Streamside greenway (made up)) cannot start in 2028-2030",
                "Visitor centre in the old mill (made up)", "land works per period) [Whole area, 2026-2027]")),
        ("zh", ("greenway（滨溪绿道（虚构）） 不能在 2028-2030 开工", "老磨坊游客中心（虚构）",
                "） [全域，2026-2027]")),
    ):  # fmt: skip
        text = told.to_text(lang)
        assert [text.count(each) for each in words] == [2, 2, 2]
        assert "fund_project" not in text


def test_rows_that_break_are_decided_ones_and_told_in_chinese() -> None:
    """Never a row that says what an account is made of: nobody can let it give."""
    given = owing(debt_ratio_cap=2.0)
    plan = zv.plan_from(given, projects=works(road="p1"))
    row = zv.sensitivity(plan, ["finance.debt_ratio_cap=0.5,2.0"]).solved.iloc[0]
    assert not row["holds"]
    assert {each.partition(" [")[0] for each in row["breaks"].split("; ")} <= {"reserve", "debt_ratio_cap"}
    said = _table([{"breaks": say("which rows break was not found out"), "message": ""}], ["breaks", "message"])
    assert translate(said["breaks"].iloc[0], "zh") == "未能查明哪些约束不成立"
