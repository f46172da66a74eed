"""Projects: rates of return against numpy-financial, prospectuses, self-balance of bonds and deliverability by hand.

The works (see `test_audit_money`) cost 6 in 2026 and 6 in 2027 and bring 3 less 1 a year from 2028 on, for ten years.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy_financial as npf
import pytest

from tests.reports.audit_studies import ACCOUNTS, FARM, study
from tests.reports.money_studies import RISE
from tests.reports.test_audit_money import DRAWS, budget
from tests.reports.told import planned
from zonevest.reports.bonds import bond_cover, bond_years
from zonevest.reports.facts import Facts
from zonevest.reports.programme import near_term
from zonevest.reports.project_flows import payback, rate_of_return
from zonevest.reports.project_tables import delivered, key_projects, project_measures, prospectus, prospectuses

NET = [-6.0, -6.0, *[2.0] * 10]
BOND: dict[str, dict[str, Any]] = {"bond": {
    "kind": "bond", "budget": "fund", "rate": 0.05, "tenor_years": 4, "categories": "infrastructure",
    "in_debt_ratio": 1, "self_supporting": 1, "cover_min": 0.5,
}}  # fmt: skip


def works(instruments: dict[str, dict[str, Any]] | None = None, **tables: Any) -> Facts:
    return Facts(planned(budget(None, instruments, **tables), {}, {"works": "p1"}, financing=DRAWS))


class TestRates:
    @pytest.mark.parametrize("net", [NET, [-10.0, 1, 2, 3, 4, 5], [-5.0, 0, 0, 8], [-3.0, *[0.1] * 20], [-1.0, 9.0]])
    def test_return(self, net: list[float]) -> None:
        rate, why = rate_of_return(np.array(net))
        assert (rate, why) == (pytest.approx(npf.irr(net), abs=1e-9), "")
        assert npf.npv(rate, net) == pytest.approx(0, abs=1e-8)

    def test_none(self) -> None:
        assert rate_of_return(np.array([-5.0, -1.0]))[1] == "no_income"
        assert rate_of_return(np.array([0.0, 1.0]))[1] == "no_outlay"
        # -1 + 5 / (1 + r) - 6 / (1 + r)^2 is 0 at r = 1 and at r = 2
        assert rate_of_return(np.array([-1.0, 5.0, -6.0]))[1] == "several"
        # 0.001 after 100: less than a hundredth of it comes back
        assert rate_of_return(np.array([-100.0, 0.001]))[1] == "losing"
        # signs change twice, and no rate makes it worth nothing
        rate, why = rate_of_return(np.array([1.0, -1.0, 1.0]))
        assert np.isnan(rate)
        assert why == "several"

    def test_payback(self) -> None:
        # 12 are made up for by 2 a year from the third year on
        assert payback(np.array(NET)) == pytest.approx(8)
        assert payback(np.array([-3.0, 2.0, 2.0])) == pytest.approx(2.5)
        assert np.isnan(payback(np.array([-3.0, 2.0])))
        # it falls below zero again in the third year, and stays above from the middle of the fourth
        assert payback(np.array([-1.0, 2.0, -2.0, 2.0])) == pytest.approx(3.5)
        assert payback(np.array([1.0, 1.0])) == 0


class TestMeasures:
    def test_works(self) -> None:
        (row,) = project_measures(works()).to_dict("records")
        assert row["irr"] == pytest.approx(npf.irr(NET))
        assert row["payback"] == pytest.approx(8)
        # payments at year end, at 10 %
        assert row["npv"] == pytest.approx(npf.npv(0.1, [0, *NET]))
        assert (row["outlay"], row["revenue_year"], row["cost_year"]) == (12, 3, 1)
        assert (row["debt"], row["grant"], row["equity"], row["own_money"]) == (6, 1, 2, 3)
        assert np.isnan(row["cover"])  # none of its debt supports itself
        assert np.isnan(row["captured_share"])

    def test_prospectus(self) -> None:
        facts = works()
        page = prospectus(facts, "works").set_index("field")
        assert page.loc["funding", "value"].sum() + page.loc["own", "value"] == pytest.approx(
            page.loc["outlay", "value"]
        )
        assert set(page.loc["funding", "code"]) == {"bond", "grant", "stake"}
        assert page.loc["irr", ["value", "unit"]].tolist() == [pytest.approx(100 * npf.irr(NET)), "percent"]
        assert page.loc["open_year", "code"] == "2028"
        with pytest.raises(KeyError):
            prospectus(facts, "nothing")

    def test_land(self) -> None:
        given = budget(
            parcels=[FARM, {**FARM, "parcel_id": "b", "area_ha": 4.0}],
            projects=[{"project": "yard", "footprint": "a;b", "footprint_zones": "rural", "category": "industry",
                       "capex": 2.0, "x_nature": "expand"}],
            land_take=[{"project": "yard", "land_class": "farm", "area_ha": 0.5}],
        )  # fmt: skip
        facts = Facts(planned(given, {}, {"yard": "p2"}))
        (row,) = key_projects(facts).to_dict("records")
        assert (row["site_ha"], row["taken_ha"], row["nature"], row["from_year"]) == (14, 0.5, "expand", 2027)
        page = prospectus(facts, "yard").set_index("field")
        assert page.loc["site_zone", ["code", "value"]].tolist() == ["rural", 14]
        assert page.loc["land_take", ["code", "value"]].tolist() == ["farm", 0.5]
        assert page.loc["no_irr", "code"] == "no_income"

    def test_near_term(self) -> None:
        # p1 ends in 2026, p2 in 2028, p3 in 2031, after the five years; 6 are spent in 2026, 6 in 2027
        table = near_term(works())
        assert table[["period", "nature", "outlay", "raised", "own_money"]].to_numpy().tolist() == [
            ["p1", "new", 6, 5, 1],
            ["p2", "continue", 6, 4, 2],
        ]


class TestBonds:
    def test_years(self) -> None:
        table = bond_years(works(BOND)).set_index("year")
        # 4 from 2026 and 2 from 2027, each for four years at 5 %
        assert list(table.index) == [2026, 2027, 2028, 2029, 2030]
        assert table["raised"].tolist() == [4, 2, 0, 0, 0]
        assert table["principal"].tolist() == [0, 0, 0, 4, 2]
        assert table["interest_paid"].tolist() == pytest.approx([0.2, 0.3, 0.3, 0.3, 0.1])
        assert table["owed"].tolist() == [4, 6, 6, 2, 0]
        assert table["income"].tolist() == [0, 0, 2, 2, 2]
        assert table["cover"].tolist() == pytest.approx([0, 0, 2 / 0.3, 2 / 4.3, 2 / 2.1])
        assert table["cover_to_date"].tolist() == pytest.approx([0, 0, 2 / 0.8, 4 / 5.1, 6 / 7.2])

    def test_cover(self) -> None:
        facts = works(BOND)
        (row,) = bond_cover(facts).to_dict("records")
        # of the shortest tenor, 2026-2029, two years have income; 0.5 of 6 + 1.2 is asked for
        assert (row["raised"], row["principal"], row["years"], row["income"]) == (6, 6, 4, 4)
        assert row["interest_paid"] == pytest.approx(1.2)
        assert row["cover"] == pytest.approx(4 / 7.2)
        assert row["cover_min"] == pytest.approx(0.5)
        assert row["margin"] == pytest.approx(4 - 3.6)
        assert row["kept"]
        # the audit's own row says the same
        (listed,) = facts.plan.limits[facts.plan.limits["limit"] == "cover_min.works"].to_dict("records")
        assert (listed["value"], listed["bound"]) == pytest.approx((row["income"], 3.6))
        assert project_measures(facts)["cover"].tolist() == pytest.approx([4 / 7.2])
        assert not bond_cover(works({"bond": {**BOND["bond"], "cover_min": 0.6}}))["kept"].any()

    def test_captured(self) -> None:
        # 10 ha rise by 0.4 each when the works open in 2028: 4, of which 30 % are taken a year later
        levy = {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levying"}
        accounts = [*ACCOUNTS, {"account": "upkeep", "family": "cost", "recurrence": "annual", "cash": 1}, RISE, levy]
        given = budget(
            None, BOND, accounts=accounts, parcels=[{**FARM, "tags": "around"}],
            projects=[{"project": "works", "category": "infrastructure", "capex": 12.0, "build_years": 2,
                       "life_years": 10, "annual_revenue": 3.0, "annual_cost": 1.0, "catchment": "around",
                       "uplift_per_ha": 0.5, "uplift_account": "rise", "deliverability": 0.8}],
            capture=[{"capture_tool": "levying", "uplift_account": "rise", "rate": 0.3, "delay_years": 1}],
        )  # fmt: skip
        uplift = [{"project": "works", "start": "p1", "jurisdiction": "", "catchments": "around", "where": "",
                   "period": "p2", "area_ha": 10.0}]  # fmt: skip
        facts = Facts(planned(given, {}, {"works": "p1"}, financing=DRAWS, uplift=uplift))
        assert bond_years(facts)["captured"].tolist() == pytest.approx([0, 0, 0, 1.2, 0])
        (row,) = bond_cover(facts).to_dict("records")
        # 0.8 of 3 less 1 in two years, and what is captured
        assert row["income"] == pytest.approx(2 * 1.4)
        assert row["captured"] == pytest.approx(1.2)
        (listed,) = facts.plan.limits[facts.plan.limits["limit"] == "cover_min.works"]["value"]
        assert listed == pytest.approx(4)
        (told,) = delivered(facts).to_dict("records")
        assert (told["revenue_planned"], told["revenue_deliverable"]) == pytest.approx((3, 2.4))
        assert told["uplift_deliverable"] == pytest.approx(0.8 * told["uplift_planned"])
        # what is captured in 2029 of what rises in 2028, as F1 counts both
        measure = project_measures(facts).iloc[0]
        assert measure["captured_share"] == pytest.approx(0.3 / 1.1)


def test_without_projects() -> None:
    facts = Facts(planned(study(), {}, {}))
    for make in (key_projects, project_measures, prospectuses, bond_cover, bond_years, delivered, near_term):
        assert make(facts).empty
