"""Uplift and its capture, against numbers worked out by hand (the derivation stands beside each)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.audit_studies import BUILD, FARM, cell, cells, evaluate, rules
from tests.reports.money_studies import (
    CAPTURE,
    LEVY,
    RISE,
    TAX,
    UPLIFT_ACCOUNTS,
    delta,
    deltas,
    with_uplift,
)
from zonevest.instances.study import Study

P1, P2 = {"a": ("build", "p1")}, {"a": ("build", "p2")}
RISING = {"practice": "build", "account": "rise", "basis": "per_ha_once", "value": 2.0}
"""10 ha: 20 million in the first year."""
TRAM = {
    "project": "tram",
    "capex": 3.0,
    "build_years": 1,
    "life_years": 10,
    "catchment": "stop",
    "uplift_per_ha": 1.5,
    "uplift_account": "rise",
}
LAND = [
    {**FARM, "jurisdiction": "east", "tags": "stop", "tenure": "state"},
    {**FARM, "parcel_id": "b", "jurisdiction": "east", "tags": "stop; lake", "tenure": "collective", "area_ha": 4.0},
    {**FARM, "parcel_id": "c", "jurisdiction": "west", "tags": "stop", "tenure": "state", "area_ha": 6.0},
    {**FARM, "parcel_id": "d", "jurisdiction": "west", "tags": "lake", "tenure": "state", "area_ha": 8.0},
]
WHERE = {"capture_tool": "levying", "uplift_account": "rise", "rate": 0.1, "where": "tenure=state", "delay_years": 1}
"""10 % more on state land."""


def row(area: float, period: str = "p1", **more: Any) -> dict[str, Any]:
    """A decision: hectares of the east's state land that come to enjoy the tram of p1."""
    return {
        "project": "tram",
        "start": "p1",
        "jurisdiction": "east",
        "catchments": "stop",
        "where": "",
        "period": period,
        "area_ha": area,
        **more,
    }


class TestCapture:
    def test_of_an_option(self) -> None:
        # 20 booked in 2026; 30 % once a year later: 6 in 2027; 2 % from 2028 to the end of the tail: 0.4 a year
        found = evaluate(with_uplift(practice_flows=[RISING]), P1)
        assert cells(found, "rise") == (20, 0)
        assert cells(found, "levy") == pytest.approx((6, 0))
        assert cells(found, "tax") == pytest.approx((0, 0.4))
        # once: C = 6 x 1.1^(2026 − 1 − 2027), r C (no life) from 2026 to the end, as no annual flow runs
        levy = 6 * 1.1**-2 * 0.1 * deltas(2026)
        assert found.cash == pytest.approx(levy + 0.4 * deltas(2028))
        assert found.ok

    def test_price_growth_of_the_uplift_stays_in_it_and_that_of_the_revenue_does_not_count(self) -> None:
        # booked in 2027 (start_year 1) at 1.05; once in 2028, from 2029 on a year, both at the price of 2027
        accounts = [*UPLIFT_ACCOUNTS[:-3], {**RISE, "growth": 0.05}, {**LEVY, "growth": 0.5}, {**TAX, "growth": 0.5}]
        rising = {**RISING, "start_year": 1}
        found = evaluate(with_uplift(accounts=accounts, practice_flows=[rising]), P1)
        assert cells(found, "rise") == pytest.approx((21, 0))
        assert cells(found, "levy") == pytest.approx((0, 6.3))
        assert cells(found, "tax") == pytest.approx((0, 0.42 * 2 / 3))  # 2029 and 2030 of three years

    def test_shares_of_the_start_have_no_growth_at_all(self) -> None:
        # at start prices the levy is 6 in p2, 2 x the start value of rent (3)
        accounts = [*UPLIFT_ACCOUNTS[:-3], {**RISE, "growth": 0.05}, {**LEVY, "growth": 0.5}, TAX]
        limit = {"limit": "l", "account": "levy", "sense": "<=", "value": 2.0, "basis": "share_of_start:rent"}
        found = evaluate(
            with_uplift(
                accounts=accounts,
                practice_flows=[{**RISING, "start_year": 1}],
                class_flows=[{"land_class": "farm", "account": "rent", "basis": "per_year", "value": 3.0}],
                limits=[{**limit, "period": "p2"}],
            ),
            P1,
        )
        assert found.limits[["value", "bound"]].to_numpy().tolist() == [pytest.approx([6, 6])]

    def test_a_tool_that_holds_on_some_land(self) -> None:
        # 20 ha: 30 % of all and 10 % more of state land (a: 10 ha of 14 ha of the two)
        given = with_uplift(parcels=LAND, practice_flows=[RISING], capture=[*CAPTURE, WHERE])
        found = evaluate(given, {"a": ("build", "p1"), "b": ("build", "p1")})
        assert cell(found, "rise", "p1", "east") == pytest.approx(28)
        assert cell(found, "levy", "p1", "east") == pytest.approx(0.3 * 28 + 0.1 * 20)
        assert found.ok

    def test_a_flow_that_holds_on_some_land(self) -> None:
        # the row holds on collective land, one tool on state land: only the general one takes
        rising = {**RISING, "where": "tenure=collective"}
        given = with_uplift(parcels=LAND, practice_flows=[rising], capture=[*CAPTURE, WHERE])
        found = evaluate(given, {"a": ("build", "p1"), "b": ("build", "p1")})
        assert cells(found, "rise") == pytest.approx((8, 0))
        assert cells(found, "levy") == pytest.approx((2.4, 0))

    def test_of_a_projects_own_rows_only_tools_without_where(self) -> None:
        # 5 in 2027 (start_year 1), 30 % in 2028
        flow = {"project": "hall", "account": "rise", "basis": "once", "value": 5.0, "start_year": 1}
        given = with_uplift(
            parcels=LAND,
            capture=[*CAPTURE, WHERE],
            project_flows=[flow],
            projects=[{"project": "hall", "jurisdiction": "west", "capex": 0.0, "life_years": 4}],
        )
        found = evaluate(given, {}, {"hall": "p1"})
        assert cells(found, "rise", "west") == pytest.approx((5, 0))
        assert cells(found, "levy", "west") == pytest.approx((0, 1.5))
        assert cells(found, "levy", "east") == (0, 0)
        # opens 2027: C = 1.5 x 1.1^(2027 − 1 − 2028), over 4 years, from 2027 to the end; 0.1 a year from 2029 on
        annuity = 0.1 / (1 - 1.1**-4)
        assert found.cash == pytest.approx(1.5 * 1.1**-2 * annuity * deltas(2027) + 0.1 * deltas(2029))

    def test_a_capture_of_land_sale_makes_the_option_sell_land(self) -> None:
        # lease 5 years: A = C r / (1 − 1.1^−5) in place of r C
        accounts = [*UPLIFT_ACCOUNTS[:-2], {**LEVY, "role": "land_sale"}]
        practices = [{**BUILD, "lease_years": 5, "life_years": 50}]
        found = evaluate(
            with_uplift(accounts=accounts, practices=practices, practice_flows=[RISING], capture=CAPTURE[:1]), P1
        )
        assert cells(found, "money.land_sale") == pytest.approx((6, 0))
        assert found.cash == pytest.approx(6 * 1.1**-2 * 0.1 / (1 - 1.1**-5) * deltas(2026))

    def test_captures_do_not_prolong_an_undertaking(self) -> None:
        # its own annual flow ends with 2027: the equivalent of the cost counts in 2026 and 2027 only
        flows = [
            RISING,
            {"practice": "build", "account": "cost", "basis": "once", "value": 4.0},
            {"practice": "build", "account": "rent", "basis": "per_year", "value": 1.0, "life_years": 2},
        ]
        accounts = [*UPLIFT_ACCOUNTS[:-2], TAX]
        found = evaluate(with_uplift(accounts=accounts, practice_flows=flows, capture=CAPTURE[1:]), P1)
        cost = 4 * 1.1**-1 * 0.1 * deltas(2026, 2027)
        assert found.cash == pytest.approx(deltas(2026, 2027) - cost + 0.4 * deltas(2028))

    def test_after_the_horizon_it_is_in_no_period_but_in_the_worth(self) -> None:
        # p2 starts 2028, delay 4: 6 in 2032, in the tail
        capture = [{**CAPTURE[0], "delay_years": 4}]
        found = evaluate(with_uplift(accounts=UPLIFT_ACCOUNTS[:-1], practice_flows=[RISING], capture=capture), P2)
        assert cells(found, "levy") == (0, 0)
        assert found.cash == pytest.approx(6 * 1.1 ** (2028 - 1 - 2032) * 0.1 * deltas(2028))

    def test_what_is_created_is_captured_or_left(self) -> None:
        found = evaluate(with_uplift(parcels=LAND, practice_flows=[RISING], capture=[*CAPTURE, WHERE]), P1)
        assert found.shadows[".captured.rise"] == pytest.approx([8, 0])
        assert found.shadows[".left.rise"] == pytest.approx([12, 0])


class TestCatchment:
    """The tram starts in 2026 and opens in 2027: 1.5 a hectare, land of the tag stop."""

    def study(self, settings: dict[str, Any] | None = None, **tables: Any) -> Study:
        return with_uplift(settings, **{"parcels": LAND, "projects": [TRAM], **tables})

    def test_in_the_period_of_opening(self) -> None:
        # e = max(2026, 2027) = 2027: 1.5 x 8 ha = 12; once 3.6 in 2028; 0.24 a year from 2029
        found = evaluate(self.study(), {}, {"tram": "p1"}, uplift=[row(8.0)])
        assert found.ok, found.breaches
        assert cells(found, "rise") == pytest.approx((12, 0))
        assert cells(found, "rise", "east") == pytest.approx((12, 0))
        assert cells(found, "rise", "west") == (0, 0)
        assert cells(found, "levy", "east") == pytest.approx((0, 3.6))
        assert cells(found, "tax") == pytest.approx((0, 0.24 * 2 / 3))
        # F1: capex 3 in 2026 and the levy as annual equivalents of ten years from 2027 to the end (no annual flow)
        capital = -3 * 1.1 ** (2027 - 1 - 2026) + 3.6 * 1.1 ** (2027 - 1 - 2028)
        annuity = 0.1 / (1 - 1.1**-10)
        assert found.cash == pytest.approx(capital * annuity * deltas(2027) + 0.24 * deltas(2029))

    def test_in_a_later_period(self) -> None:
        # e = 2028, growth 5 %: 1.5 x 1.05^2 a hectare
        accounts = [*UPLIFT_ACCOUNTS[:-3], {**RISE, "growth": 0.05}, LEVY, TAX]
        found = evaluate(self.study(accounts=accounts), {}, {"tram": "p1"}, uplift=[row(2.0), row(6.0, "p2")])
        assert cells(found, "rise") == pytest.approx((2 * 1.5 * 1.05, 6 * 1.5 * 1.05**2))
        assert cells(found, "levy") == pytest.approx((0, 0.3 * (2 * 1.5 * 1.05 + 6 * 1.5 * 1.05**2)))
        assert found.ok

    def test_tags_book_flows_of_parcels_only(self) -> None:
        found = evaluate(self.study(practice_flows=[RISING]), P1, {"tram": "p1"}, ["stop"], uplift=[row(8.0)])
        assert cell(found, "rise", "p1", "stop") == pytest.approx(20)
        assert cell(found, "rise", "p1") == pytest.approx(32)

    def test_a_projects_own_shares(self) -> None:
        # the levy of the tram goes to the builders: no cash of the purse
        shares = [
            {"account": "levy", "role": "receives", "actor": "builders", "share": 1.0, "project": "tram"},
            {"account": "levy", "role": "receives", "actor": "local", "share": 1.0},
        ]
        given = self.study(accounts=UPLIFT_ACCOUNTS[:-1], shares=shares, capture=CAPTURE[:1])
        found = evaluate(given, {}, {"tram": "p1"}, uplift=[row(8.0)])
        assert cells(found, "money.receipts") == (0, 0)
        capex = -3 * 0.1 / (1 - 1.1**-10) * deltas(2027)
        assert found.cash == pytest.approx(capex)

    def test_atoms_are_parted_by_tools_and_catchments(self) -> None:
        # a tool on state land parts the east: a is state land, b collective and in two catchments
        projects = [TRAM, {**TRAM, "project": "pier", "catchment": "lake"}]
        given = self.study(projects=projects, capture=[*CAPTURE, WHERE])
        rows = [
            row(10.0, where="tenure=state"),
            row(4.0, catchments="lake;stop"),
            row(6.0, jurisdiction="west", where="tenure=state"),
            row(8.0, project="pier", jurisdiction="west", catchments="lake", where="tenure=state"),
        ]
        found = evaluate(given, {}, {"tram": "p1", "pier": "p1"}, uplift=rows)
        assert found.ok, found.breaches
        # state land pays 40 %, b 30 %
        assert cells(found, "levy", "east") == pytest.approx((0, 0.4 * 15 + 0.3 * 6))
        assert cells(found, "levy", "west") == pytest.approx((0, 0.4 * 9 + 0.4 * 12))
        # the order of catchments is of no account
        assert evaluate(given, {}, {"tram": "p1"}, uplift=[row(4.0, catchments="stop; lake")]).ok

    def test_a_tool_on_another_projects_account_parts_nothing(self) -> None:
        # state land matters to a tool on the pier's account only, and the pier's catchment is the lake
        accounts = [*UPLIFT_ACCOUNTS, {**RISE, "account": "view"}]
        projects = [TRAM, {**TRAM, "project": "pier", "catchment": "lake", "uplift_account": "view"}]
        capture = [*CAPTURE, {**WHERE, "uplift_account": "view"}]
        given = self.study(accounts=accounts, projects=projects, capture=capture)
        assert evaluate(given, {}, {"tram": "p1"}, uplift=[row(10.0)]).ok
        assert rules(evaluate(given, {}, {"tram": "p1"}, uplift=[row(1.0, where="tenure=state")])) == {"uplift:atom"}

    def test_only_land_under_its_practices_is_reached(self) -> None:
        # a is built on from p2: nothing to reach in p1, 10 ha in p2
        given = self.study(projects=[{**TRAM, "uplift_of": "build"}])
        assert evaluate(given, P2, {"tram": "p1"}, uplift=[row(10.0, "p2")]).ok
        assert rules(evaluate(given, P2, {"tram": "p1"}, uplift=[row(10.0)])) == {"uplift:reach"}
        assert rules(evaluate(given, P2, {"tram": "p1"}, uplift=[row(10.1, "p2")])) == {"uplift:reach"}
        # what is counted is all that enjoys it so far
        assert rules(evaluate(given, P1, {"tram": "p1"}, uplift=[row(6.0), row(5.0, "p2")])) == {"uplift:reach"}

    def test_no_more_than_all_the_land_is_reached(self) -> None:
        # a and b of the east are 10 and 4 ha, b in two catchments only if some project names the lake
        assert evaluate(self.study(), {}, {"tram": "p1"}, uplift=[row(8.0), row(6.0, "p2")]).ok
        assert rules(evaluate(self.study(), {}, {"tram": "p1"}, uplift=[row(8.0), row(6.1, "p2")])) == {"uplift:open"}

    def test_a_cap(self) -> None:
        # two projects with caps 2 and 1.8 a hectare, 1.5 each: 14 ha x 1.8 = 25.2 at most; the third has no cap
        second = {**TRAM, "project": "bus", "uplift_cap": 1.8}
        third = {**TRAM, "project": "park", "uplift_per_ha": 9.0}
        given = self.study(projects=[{**TRAM, "uplift_cap": 2.0}, second, third])
        starts = {"tram": "p1", "bus": "p1", "park": "p1"}
        rows = [row(14.0), row(2.8, project="bus"), row(14.0, project="park")]
        assert evaluate(given, {}, starts, uplift=rows).ok
        rows[1]["area_ha"] = 2.9
        assert rules(evaluate(given, {}, starts, uplift=rows)) == {"uplift:cap"}

    def test_a_cap_counts_the_land_that_its_projects_can_reach(self) -> None:
        # both name a practice: a (10 ha) is under `build`, b (4 ha) under nothing: 10 x 2 = 20
        projects = [
            {**TRAM, "uplift_of": "build", "uplift_cap": 2.0},
            {**TRAM, "project": "bus", "uplift_of": "build", "uplift_cap": 2.0},
        ]
        starts = {"tram": "p1", "bus": "p1"}
        given = self.study(projects=projects)
        good, bad = ([row(10.0), row(area, project="bus")] for area in (3.3, 3.4))
        assert evaluate(given, P1, starts, uplift=good).ok
        assert rules(evaluate(given, P1, starts, uplift=bad)) == {"uplift:cap"}
        # one that names none reaches all of it: 14 x 2 = 28
        given = self.study(projects=[projects[0], {**projects[1], "uplift_of": ""}])
        assert evaluate(given, P1, starts, uplift=[row(10.0), row(8.6, project="bus")]).ok

    @pytest.mark.parametrize(
        ("decision", "rule"),
        [
            (row(1.0, project="hall"), "uplift:project"),
            (row(1.0, start="p2"), "uplift:start"),
            (row(1.0, jurisdiction="north"), "uplift:atom"),
            (row(1.0, catchments="lake"), "uplift:atom"),
            (row(1.0, where="tenure=state"), "uplift:atom"),
            (row(1.0, jurisdiction="west", catchments="lake"), "uplift:catchment"),
            (row(1.0, period="p9"), "uplift:period"),
            (row(-1.0), "uplift:amount"),
        ],
    )
    def test_what_cannot_be_decided(self, decision: dict[str, Any], rule: str) -> None:
        projects = [TRAM, {**TRAM, "project": "pier", "catchment": "lake"}, {"project": "hall"}]
        land = [LAND[0], *LAND[2:]]  # without b, which is in both catchments
        given = self.study(parcels=land, projects=projects)
        assert rules(evaluate(given, {}, {"tram": "p1"}, uplift=[decision])) == {rule}

    def test_not_before_it_opens(self) -> None:
        # three years of building from 2026: open in 2029, in p2
        given = self.study(projects=[{**TRAM, "build_years": 3}])
        assert rules(evaluate(given, {}, {"tram": "p1"}, uplift=[row(1.0)])) == {"uplift:period"}
        found = evaluate(given, {}, {"tram": "p1"}, uplift=[row(1.0, "p2")])
        assert found.ok
        assert cells(found, "levy") == pytest.approx((0, 0.45))  # e = 2029, taken in 2030

    def test_one_row_for_each_decision(self) -> None:
        found = evaluate(self.study(), {}, {"tram": "p1"}, uplift=[row(1.0), row(2.0)])
        assert rules(found) == {"uplift:once"}
        assert cells(found, "rise") == pytest.approx((4.5, 0))

    def test_a_project_that_is_not_built_lifts_nothing(self) -> None:
        found = evaluate(self.study(), {}, {}, uplift=[row(1.0)])
        assert rules(found) == {"uplift:start"}
        assert cells(found, "rise") == (0, 0)


def test_money_of_captures() -> None:
    # the levy in money.receipts (2027: p1), the tax in money.revenue (2028 on)
    found = evaluate(with_uplift(practice_flows=[RISING]), P1)
    assert cells(found, "money.receipts") == pytest.approx((6, 0))
    assert cells(found, "money.revenue") == pytest.approx((0, 0.4))
    assert cells(found, "money.operating") == pytest.approx((0, 0.4))
    assert delta(2026) == pytest.approx(1 / 1.1)
