"""The figures: valid for plotly, true to their tables, left out where there is nothing to show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from tests.reports.plans import EVIL, village
from zonevest.reports.display import Display
from zonevest.reports.figures import FIGURES, drawn
from zonevest.reports.labels import LABELS, LANGUAGES, Words

# fmt: off
FRAMES: Mapping[str, pd.DataFrame] = {
    "value_by_origin": pd.DataFrame({"origin": ["rezoning", "project", "quota"], "created": [70.0, 30.0, 5.0]}),
    "value_captured": pd.DataFrame(
        {
            "capture_tool": ["taxes", "taxes", "quota_trade", "fees"],
            "account": ["a", "b", "c", "d"],
            "captured": [20.0, 10.0, 5.0, -2.0],
            "captured_purse": [20.0, 6.0, 5.0, -2.0],
            "captured_others": [0.0, 4.0, 0.0, 0.0],
        }
    ),
    "value_left": pd.DataFrame({"holder": ["owners", "firms"], "left": [50.0, 22.0]}),
    "value_by_jurisdiction": pd.DataFrame(
        {"jurisdiction": ["north", "south", ""], "created": [60.0, 45.0, 0.0], "captured": [13.0, 20.0, 0.0],
         "left": [47.0, 25.0, 0.0]}
    ),
    "waterfall": pd.DataFrame(
        {"step": ["from_outside", "direct_cost", "local_general", "holder"], "actor": ["", "", "a", "b"],
         "value": [100.0, 60.0, 30.0, 10.0], "left": [100.0, 40.0, 10.0, 0.0]}
    ),
    "gains_actors": pd.DataFrame(
        {"actor": ["a", "b"], "received": [40.0, 5.0], "paid": [10.0, 7.0], "land_value": [0.0, 1.0],
         "passed_on": [0.0, 0.0], "gain": [30.0, -1.0]}
    ),
    "lorenz": pd.DataFrame(
        {"basis": ["people"] * 3 + ["land"] * 3, "level": ["plan"] * 6, "weight_share": [0, 0.5, 1, 0, 0.8, 1],
         "value_share": [0, 0.2, 1, 0, 0.1, 1]}
    ),
    "cash_by_nature": pd.DataFrame(
        {"period": ["2026", "2026", "2027-2030"], "nature": ["recurring", "one_off", "recurring"],
         "comes_in": [5.0, 1.0, 30.0], "goes_out": [4.0, 3.0, 20.0], "net": [1.0, -2.0, 10.0]}
    ),
    "debt_and_cover": pd.DataFrame(
        {"period": ["start", "2026", "2027-2030"], "debt_ratio": [0.5, 1.5, 3.5], "grade": ["green", "yellow", "red"]}
    ),
    "balance_in_short": pd.DataFrame(
        {"period": ["start", "2026"], "cash": [5.0, 6.0], "projects": [0.0, 9.0], "land_actions": [0.0, 0.0],
         "compensation_fund": [0.0, 0.0], "debt": [2.0, 8.0], "outside_equity": [0.0, 1.0]}
    ),
    "natural_assets": pd.DataFrame(
        {"period": ["start", "2026"] * 2, "resource": ["forest", "forest", "water", "water"],
         "asset": [10.0, 12.0, 3.0, 3.0]}
    ),
    "circulation": pd.DataFrame(
        {"period": ["2026"] * 5 + ["2027"] * 5,
         "from": ["cash_before", "lenders", "fund", "asset", "fund", "cash_before", "capital", "fund", "fund", "fund"],
         "to": ["fund", "fund", "asset", "capital", "cash_after", "fund", "fund", "lenders", "kept_in_asset",
         "cash_after"],
         "item": ["opening_cash", "", "", "", "closing_cash", "opening_cash", "", "", "", "closing_cash"],
         "value": [7.0, 4.0, 6.0, 5.0, 9.0, 9.0, 5.0, 2.0, 0.0, 8.0]}
    ),
    "circulation_shares": pd.DataFrame(
        {"period": ["2026", "2026", "2026"], "circulation": ["first", "second", "none"], "share": [0.25, 0.75, None]}
    ),
    "main_groups": pd.DataFrame(
        {"jurisdiction": ["total", "total", "north"], "group": ["arable", "forest", "arable"],
         "before_ha": [10.0, 5.0, 4.0], "after_ha": [8.0, 7.0, 3.0]}
    ),
    "structure": pd.DataFrame(
        {"jurisdiction": ["total"] * 3, "land_class": ["arable", "forest", "built"], "change_ha": [-2.0, 2.0, 0.0]}
    ),
    "schedule": pd.DataFrame(
        {"category": ["industry", "industry", "other"], "built": [True, True, False],
         "start": ["2026", "2031-2035", ""], "capex": [4.0, 6.0, 9.0]}
    ),
}
# fmt: on
"""The columns of the tables that figures read, with numbers whose sums are seen at once."""


@pytest.fixture(scope="module", params=LANGUAGES)
def display(request: pytest.FixtureRequest) -> Display:
    return Display(village().study, Words(str(request.param)))


@pytest.fixture(scope="module")
def figures(display: Display) -> dict[str, Any]:
    return {key: drawing for key, (_, drawing) in drawn(FRAMES, display).items()}


def traces(drawing: Any, kind: str = "bar") -> list[Any]:
    return [trace for trace in drawing["data"] if trace["type"] == kind]


def length(trace: Any) -> list[float]:
    return list(trace["x"] if trace.get("orientation") == "h" else trace["y"])


def test_each_is_drawn_and_plotly_knows_every_property(figures: dict[str, Any]) -> None:
    graph = pytest.importorskip("plotly.graph_objects")
    assert set(figures) == {figure.key for figure in FIGURES}
    for drawing in figures.values():
        graph.Figure(drawing)  # raises on any property or value that is none


def test_the_title_is_in_both_languages() -> None:
    for figure in FIGURES:
        assert all(LABELS[f"figure_{figure.key}"]), figure.key


@pytest.mark.parametrize("missing", sorted(FRAMES))
def test_a_figure_without_its_table_is_left_out(display: Display, missing: str) -> None:
    using = {figure.key for figure in FIGURES if missing in (figure.table, *figure.needs)}
    empty = {**FRAMES, missing: FRAMES[missing].iloc[:0]}
    absent = {name: frame for name, frame in FRAMES.items() if name != missing}
    for frames in (empty, absent):
        assert {figure.key for figure in FIGURES} - set(drawn(frames, display)) == using


def test_figures_of_nothing_are_left_out(display: Display) -> None:
    nothing = {}
    for name, frame in FRAMES.items():
        numbers = frame.select_dtypes("number").columns
        nothing[name] = frame.assign(**dict.fromkeys(numbers, 0.0))
    left = set(drawn(nothing, display))
    assert left <= {"lorenz", "debt_ratio", "circulation_shares", "starts"}


def test_what_is_created_is_taken_down_to_nothing(figures: dict[str, Any]) -> None:
    steps = {place: (base, size) for trace in traces(figures["value_waterfall"])
             for place, base, size in zip(trace["y"], trace["base"], trace["x"], strict=True)}  # fmt: skip
    # 70 + 30 + 5 are created; taxes 30, quota 5, fees -2; left 50 + 22
    assert [steps[place] for place in sorted(steps)] == [
        (0, 70), (70, 30), (100, 5), (0, 105), (105, -30), (75, -5), (70, 2), (72, -50), (22, -22),
    ]  # fmt: skip
    names = figures["value_waterfall"]["layout"]["yaxis"]["ticktext"]
    assert names[2] == names[5], "two steps of one name stand in two places"


def test_bars_are_the_numbers_of_the_table(figures: dict[str, Any]) -> None:
    by_tool = traces(figures["capture_instruments"])
    assert [length(trace) for trace in by_tool] == [[26.0, 5.0, -2.0], [4.0, 0.0, 0.0]]
    assert [length(trace) for trace in traces(figures["capture_places"])] == [[13.0, 20.0], [47.0, 25.0]]
    assert [length(trace) for trace in traces(figures["who_gains"])] == [[40.0, 5.0], [-10.0, -7.0], [0.0, 1.0]]
    assert traces(figures["who_gains"], "scatter")[0]["x"] == [30.0, -1.0]
    cash = traces(figures["cash_by_nature"])
    assert [length(trace) for trace in cash] == [[5.0, 30.0], [-4.0, -20.0], [1.0], [-3.0]]
    assert traces(figures["cash_by_nature"], "scatter")[0]["y"] == [-1.0, 10.0]
    assert [length(trace) for trace in traces(figures["debt_ratio"])] == [[0.5], [1.5], [3.5]]
    # 5 + 0 less 2; 6 + 9 less 8 and 1
    assert traces(figures["balance_sheet"], "scatter")[0]["y"] == [3.0, 6.0]
    assert [length(trace) for trace in traces(figures["structure"])] == [[10.0, 5.0], [8.0, 7.0]]
    assert [length(trace) for trace in traces(figures["class_changes"])] == [[2.0], [-2.0]]
    assert [length(trace) for trace in traces(figures["starts"])] == [[4.0, 0.0, 6.0]]
    assert traces(figures["gross_to_actors"])[0]["x"] == [100.0]
    assert [trace["y"] for trace in traces(figures["lorenz"], "scatter")][1:] == [[0, 0.2, 1], [0, 0.1, 1]]


def test_the_loop_goes_round_and_ends_stand_apart(figures: dict[str, Any], display: Display) -> None:
    (sankey,) = traces(figures["circulation"], "sankey")
    lines = [label.split("<br>") for label in sankey["node"]["label"]]
    assert max(len(line) for label in lines for line in label) <= 13, "none reaches the name in the next column"
    names = [" ".join(label[:-1]) for label in lines]
    links = {(names[one], names[other]): value for one, other, value in zip(
        sankey["link"]["source"], sankey["link"]["target"], sankey["link"]["value"], strict=True)}  # fmt: skip
    ends = ("lenders", "fund", "asset", "capital", "cash_before", "cash_after")
    told = {key: display.words.or_code("node_", key) for key in ends}
    assert links[told["asset"], told["capital"]] == 5.0
    assert links[told["capital"], told["fund"]] == 5.0
    assert names.count(told["lenders"]) == 2, "who lends and who is paid back"
    assert links[told["cash_before"], told["fund"]] == 7.0, "the first period's, not what each hands to the next"
    assert links[told["fund"], told["cash_after"]] == 8.0, "the last period's"
    assert len(links) == 7, "what is nothing does not flow"


def test_bars_differ_in_black_and_white(figures: dict[str, Any]) -> None:
    for key, drawing in figures.items():
        named = {trace["name"]: trace["marker"] for trace in traces(drawing)}
        looks = {(marker["color"], marker.get("pattern", {}).get("shape", "")) for marker in named.values()}
        hatches = {marker.get("pattern", {}).get("shape", "") for marker in named.values()}
        assert len(looks) == len(named), key
        assert len(hatches) == len(named), key


def test_names_of_the_study_are_no_marks(figures: dict[str, Any], display: Display) -> None:
    text = str(figures)
    assert EVIL not in text
    if display.words.lang == "en":
        assert re.search("&lt;b id=", text)
