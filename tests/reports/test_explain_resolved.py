"""Projects forced in or out by solving again, against studies that are changed so by their own tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.model.complete_valley import valley
from zonevest.instances.study import Study
from zonevest.pricing import UnpricedError, priced
from zonevest.reports.explain_resolved import BREAK_EVEN, WORDS, _evens
from zonevest.resolving import _Search

VERY_DEAR = 1e5
"""A capex that no plan bears."""


@cache
def village() -> zv.Plan:
    return zv.solve(zv.read_study("village"), gap=0.0)


def with_number(study: Study, project: str, **numbers: object) -> Study:
    projects = study.projects.copy()
    for column, value in numbers.items():
        projects[column] = projects[column].astype(object if isinstance(value, (bool, str)) else float)
        projects.loc[projects["project"] == project, column] = value
        if isinstance(value, bool):
            projects[column] = projects[column].astype(bool)
    return replace(study, tables={**study.tables, "projects": projects})


def test_a_project_forced_in_loses_what_mandating_it_loses() -> None:
    plan = village()
    found = plan.explain(project="mill_centre", resolve=True, gap=0.0)
    (row,) = found["resolved"].to_dict("records")
    other = zv.solve(with_number(plan.study, "mill_centre", mandatory=True), gap=0.0)
    assert row["case"] == "in"
    assert row["objective"] == pytest.approx(other.objective, abs=1e-6)
    assert row["loss"] == pytest.approx(plan.objective - other.objective, abs=1e-6)
    assert row["cash"] == pytest.approx(other.cash - plan.cash, abs=1e-5)
    changed = found["changed"].set_index("project")
    assert (changed.loc["lane_centre", "after"], changed.loc["mill_centre", "before"]) == ("", "")
    assert found.to_text("en") != found.to_text("zh")


def test_a_project_forced_out_loses_what_a_dear_one_loses() -> None:
    plan = village()
    found = plan.explain(project="lane_centre", resolve=True, gap=0.0)
    cases = found["resolved"].set_index("case")
    other = zv.solve(with_number(plan.study, "lane_centre", capex=VERY_DEAR), gap=0.0)
    assert not other.projects.set_index("project")["start"]["lane_centre"]
    assert cases["objective"]["out"] == pytest.approx(other.objective, abs=1e-6)
    planned = plan.projects.set_index("project")["start"]["lane_centre"]
    assert cases["start"]["other_start"] not in ("", planned)
    assert cases["objective"]["other_start"] < plan.objective
    mine = found["who_pays"].query("case == 'out'").set_index("actor")
    assert mine["received"].sum() == pytest.approx(mine["paid"].sum(), abs=1e-6)  # money changes hands only
    assert "who loses" in found.to_text("en") or "who gains" in found.to_text("en")


@pytest.mark.parametrize(("column", "better"), [("annual_revenue", 1.0)])
def test_the_choice_turns_at_the_break_even(column: str, better: float) -> None:
    plan = village()
    found = plan.explain(project="mill_centre", break_even=(column,), gap=0.0)
    (row,) = found["break_even"].to_dict("records")
    assert row["status"] == "found"
    assert row["low"] <= row["number"] <= row["high"]
    assert row["high"] - row["low"] < 0.05 * row["number"]
    for side in (-1.0, 1.0):
        end = row["high"] * 1.01 if side > 0 else row["low"] * 0.99
        other = zv.solve(with_number(plan.study, "mill_centre", **{column: end}), gap=0.0)
        assert bool(other.projects.set_index("project")["start"]["mill_centre"]) == (side == better)


def works(years: tuple[int, int]) -> Study:
    """12 ha in three parcels, of which 4 may be built on; a road that opens the rest to visits, and a pool."""
    parcels = [("a", 3.0, 10.0), ("b", 4.0, 6.0), ("c", 5.0, 5.0)]
    given = {"category": "infrastructure", "build_years": 1}
    road = {"project": "road", "capex": 30.0, "annual_revenue": 20.0, "annual_cost": 2.0, "enables": "visit"}
    pool = {"project": "pool", "capex": 9.0, "annual_revenue": 6.0, "annual_cost": 1.0, "requires": "road"}
    of = {"account": "rent", "unit": "million/year"}
    rent = {"account": "rent", "basis": "per_ha_year", "value": 1.0}
    tables: dict[str, list[dict[str, object]]] = {
        "parcels": [{"parcel_id": p, "area_ha": area, "x_v": v, "land_class": "field"} for p, area, v in parcels],
        "zones": [{"zone": "farm"}, {"zone": "town"}],
        "land_classes": [{"land_class": "field", "class_group": "arable"},
                         {"land_class": "homes", "class_group": "construction"}],
        "practices": [
            {"practice": "build", "zone": "town", "from_classes": "field", "to_class": "homes", "requires_project": 0},
            {"practice": "visit", "zone": "farm", "from_classes": "field", "to_class": "", "requires_project": 1},
        ],
        "accounts": [{**of, "family": "revenue", "recurrence": "annual", "cash": 1}],
        "actors": [{"actor": "town", "public": 1}, {"actor": "folk", "public": 0}, {"actor": "inn", "public": 0}],
        "practice_flows": [{**rent, "practice": "build", "scale_by": "x_v"}, {**rent, "practice": "visit"}],
        "shares": [
            {"account": account, "role": role, "actor": actor, "share": share}
            for account, role, actor, share in (
                ("rent", "receives", "town", 0.75), ("rent", "receives", "inn", 0.25), ("rent", "pays", "folk", 1.0),
                ("project.capex", "pays", "town", 1.0), ("project.cost", "pays", "town", 1.0),
                ("project.revenue", "receives", "town", 1.0), ("project.revenue", "pays", "folk", 0.5),
                ("project.revenue", "pays", "inn", 0.5),
            )
        ],
        "limits": [{"limit": "cap", "account": "area.practice.build", "period": "last", "sense": "<=", "value": 4.0}],
        "projects": [{**given, **road}, {**given, **pool}],
    }  # fmt: skip
    settings = {
        "name": "works", "defaults": "none", "divisible": True, "purse": ["town"],
        "periods": [{"name": "p1", "start": 2026, "years": years[0]},
                    {"name": "p2", "start": 2026 + years[0], "years": years[1]}],
        "rates": {"finance": 0.1}, "objective": {"method": "weighted", "cash": 1.0},
    }  # fmt: skip
    return zv.make_study(settings, **{name: pd.DataFrame(rows) for name, rows in tables.items()})


def test_what_each_actor_receives_and_pays_without_a_road_is_reckoned_by_hand() -> None:
    """The road and the pool are at work in the second of two years; 8 ha of visits in both. Capex is a tenth a year."""
    plan = zv.solve(works((1, 1)), gap=0.0)
    found = plan.explain(project="road", resolve=True, gap=0.0)
    second, both = 1.1**-2, 1.1**-1 + 1.1**-2
    revenue, cost, rent = 26.0 * second, (3.0 + 2.0 + 0.9 + 1.0) * second, 8.0 * both
    received = {"town": revenue + 0.75 * rent, "folk": 0.0, "inn": 0.25 * rent, "outside": cost}
    paid = {"town": cost, "folk": 0.5 * revenue + rent, "inn": 0.5 * revenue, "outside": 0.0}
    mine = found["who_pays"].query("case == 'out'").set_index("actor")
    for actor in received:
        assert mine["received"][actor] == pytest.approx(-received[actor], abs=1e-9)
        assert mine["paid"][actor] == pytest.approx(-paid[actor], abs=1e-9)
        assert mine["gain"][actor] == pytest.approx(paid[actor] - received[actor], abs=1e-9)
    assert (mine[["land_value", "passed_on"]] == 0.0).all(axis=None)
    assert found["changed"].query("case == 'out'")["project"].tolist() == ["road", "pool"]


def test_a_break_even_beyond_where_the_project_waits_is_found() -> None:
    """Dear, the road is built later, and a unit of capex is worth less: what the first tries say is not far enough."""
    plan = zv.solve(works((3, 4)), gap=0.0)
    late, visits = sum(1.1**-k for k in (5, 6, 7)), sum(1.1**-k for k in (4, 5, 6, 7))
    expected = (late * (20.0 - 2.0 + 6.0 - 1.0 - 0.9) + 0.75 * 8.0 * visits) / (0.1 * late)
    found = plan.explain(project="road", break_even=("capex",), gap=0.0)
    (row,) = found["break_even"].to_dict("records")
    assert row["status"] == "found"
    assert row["number"] == pytest.approx(expected, rel=1e-3)
    assert plan.projects.set_index("project")["start"]["road"] == "p1"


def test_a_wide_break_even_is_told_as_from_where_to_where() -> None:
    found = zv.solve(works((1, 1)), gap=0.0).explain(project="pool", break_even=("annual_revenue",), gap=0.0)
    (row,) = found["break_even"].to_dict("records")
    assert "a yearly revenue of 1.9 (now 6)" in found.to_text("en")
    wide = pd.DataFrame([row | {"low": 1.8, "high": 2.1}])
    told = replace(found, tables={**found.tables, "break_even": wide})
    assert "with\n  a yearly revenue between 1.8 and 2.1 (now 6), which is what the gaps leave open; about 1.9" in (
        told.to_text("en")
    )
    assert "\n  年收入在 1.8 至 2.1 之间（现 6），间隙只能判明到此；按所得规划约为 1.9" in told.to_text("zh")


def test_what_is_mandated_is_not_forced_out() -> None:
    found = village().explain(project="stream_repair", resolve=True, break_even=("capex",))
    assert set(found["resolved"]["case"]) == {"other_start"}
    assert found["break_even"]["status"].tolist() == ["always_in"]
    assert "mandated" in found.to_text()


def test_a_plan_with_a_rule_of_one_s_own_is_explained_in_python_and_refused_from_a_folder(tmp_path: Path) -> None:
    study = valley({"divisible": True})
    policy = zv.policy_model(study)
    project = study.projects["project"].iloc[0]
    free = zv.solve(study, gap=0.0)
    policy.mine = pyo.Constraint(expr=float(free.doing_nothing["ecosystem"] + free.ecosystem) * 1.01 <= policy.F2)
    plan = zv.solve(study, policy=policy, gap=0.0)
    assert plan.objective < free.objective
    found = priced(plan, policy)
    at = found.told["row"].tolist().index("mine")
    assert found.prices[at] < 0.0
    assert found.balance["value"].sum() == pytest.approx(plan.objective)
    told = plan.explain(limit="mine")
    assert told["rows"]["price"].tolist() == [found.prices[at]]
    parts = pd.concat([plan.explain(parcel=name)["parts"] for name in study.parcels["parcel_id"]])
    assert "mine" in set(parts["row"])
    again = plan.explain(project=project, resolve=True)
    assert (again["resolved"]["objective"] <= plan.objective + 1e-6).all()
    with pytest.raises(UnpricedError, match="own"):
        plan.explain(project=project, break_even=("capex",))
    plan.write(tmp_path / "plan")
    with pytest.raises(UnpricedError, match="mine") as refused:
        zv.read_plan(tmp_path / "plan").explain(limit="mine")
    assert "program" in refused.value.do


def test_only_a_project_is_solved_again() -> None:
    plan = village()
    with pytest.raises(ValueError, match="project"):
        plan.explain(limit="outlay", resolve=True)
    with pytest.raises(ValueError, match="break-even"):
        plan.explain(project="mill_centre", break_even=("colour",))


@pytest.mark.parametrize(("tried", "further"), [(6.0, 2.0), (14.0, 18.0)])
def test_a_break_even_is_looked_for_in_the_direction_begun(tried: float, further: float) -> None:
    """Where the lines through the tries point back, twice as far as the last try is off: down, too."""
    search = _Search(None, None, {}, 1.0)  # type: ignore[arg-type]
    assert search._further({10.0: 2.0, tried: 3.0}, 10.0, 10.0, tried, 1.0) == further


@pytest.mark.parametrize(
    ("status", "low", "said"),
    [
        ("found", 9.9, "a capex of 10 (now 8); what the gaps leave open: 9.9 to 10.1; solved 3 times"),
        ("found", 5.0, "a capex between 5 and 10.1 (now 8), which is what the gaps leave open"),
        ("stopped", 5.0, "a capex of about 10 (now 8), not told apart further, solved 3 times: 5 to 10.1"),
        ("stopped", 9.9, "a capex of about 10 (now 8), not told apart further, solved 3 times: 9.9 to 10.1"),
    ],
)
def test_a_break_even_says_whether_the_gaps_or_the_solves_leave_it_open(status: str, low: float, said: str) -> None:
    found = village().explain(project="mill_centre")
    rows = pd.DataFrame([("capex", 8.0, 10.0, low, 10.1, status, 3)], columns=BREAK_EVEN)
    (told,) = _evens(replace(found, tables={**found.tables, "break_even": rows}), WORDS["en"])
    assert told.startswith(said)
    one = replace(found, tables={**found.tables, "break_even": rows.assign(solves=1)})
    assert "solved once" in _evens(one, WORDS["en"])[0]
    assert "求解 1 次" in _evens(one, WORDS["zh"])[0]


def test_a_break_even_of_prices_says_what_it_leaves_out() -> None:
    """The other centre has to leave first: by solving again the number is some half of what prices say."""
    plan = village()
    rival = plan.study.projects.set_index("project").loc["lane_centre", "name"]
    found = plan.explain(project="mill_centre", break_even=("capex",), gap=0.0)
    by_prices = found["starts"].set_index("start").loc[found.figures["told"], "capex_break_even"]
    assert found["break_even"]["number"].iloc[0] < 0.7 * by_prices
    (line,) = [line for line in found.to_text().splitlines() if line.startswith("That number leaves out")]
    assert f"without {rival} (not given)" in line
    assert line.endswith("what solving again tells is below")
    prices_alone = plan.explain(project="mill_centre")
    assert "--break-even capex" in prices_alone.to_text()
    assert "上述数值未计入没有价格者：不建 " in prices_alone.to_text("zh")
    # whose land relies on it is worth more than its own worth; who has all it needs leaves nothing out
    assert "waits for it (its land would lose" in plan.explain(project="lane_centre").to_text()
    assert "leaves out" not in plan.explain(project="greenway").to_text()


def test_starts_at_prices_say_that_they_are_not_solved_again() -> None:
    plan = village()
    for name in plan.study.projects["project"]:
        found = plan.explain(project=name)
        starts, text = found["starts"][found["starts"]["possible"]].set_index("start"), found.to_text()
        better = starts["worth"].max() - found.figures["worth"]
        assert ("more at these prices, and yet" in text) == (better > 1e-6), name
        assert "for a small change" in text.split("Starts (")[1].split("Of what that is made")[0], name
        if better > 1e-6:
            assert f"  {starts['worth'].idxmax()} is worth {better:,.6g} more" in text
        assert "land_take:" not in text
    solved = plan.explain(project="greenway", resolve=True)
    assert "what solving again tells is below" in solved.to_text()
    # what prices hold for better costs, as solving again finds
    assert (solved["resolved"].set_index("case").loc["other_start", "loss"]) > 0.0
