"""A municipal budget of three periods, worked out by hand (the derivation stands beside each number).

p1 is 2026, p2 2027-2028, p3 2029-2031, the tail ends in 2033; money is worth 10 %. Land brings 5 a year and costs 2.
The works cost 12 (6 in 2026, 6 in 2027) and bring 3 less 1 a year from 2028 on.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy_financial as npf
import pytest

from tests import brute
from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows, cell, evaluate, listed, rules, study
from tests.reports.money_studies import delta, deltas
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluation, Evaluator

PERIODS = [
    {"name": "p1", "start": 2026, "years": 1},
    {"name": "p2", "start": 2027, "years": 2},
    {"name": "p3", "start": 2029, "years": 3},
]
FINANCE: dict[str, Any] = {
    "own_revenue": 12.0,  # 7 beside what the land brings
    "transfers": 3.0,
    "fixed_cost": 10.0,  # 8 beside what the land costs
    "fiscal_resources": 20.0,
    "growth": {"transfers": 0.1, "fiscal_resources": 0.05},
    "opening_cash": 4.0,
}
UPKEEP = {"account": "upkeep", "family": "cost", "recurrence": "annual", "cash": 1}
CAPEX = {"account": "project.capex", "budget": "fund"}
WORKS: dict[str, Any] = {
    "project": "works", "category": "infrastructure", "capex": 12.0, "build_years": 2, "life_years": 10,
    "annual_revenue": 3.0, "annual_cost": 1.0, "green": 1, "equity_min": 0.25,
}  # fmt: skip
INSTRUMENTS: dict[str, dict[str, Any]] = {
    "bond": {
        "kind": "bond", "budget": "fund", "rate": 0.05, "tenor_years": 4, "categories": "infrastructure",
        "in_debt_ratio": 1,
    },
    "loan": {
        "kind": "loan", "rate": 0.04, "tenor_years": 2, "repay": "level_principal", "in_debt_ratio": 1,
        "outstanding": 6.0, "outstanding_years": 3,
    },
    "roll": {"kind": "bond", "rate": 0.03, "tenor_years": 5, "refinances": 1, "in_debt_ratio": 1},
    "grant": {"kind": "grant"},
    "stake": {"kind": "equity", "rate": 0.06},
}  # fmt: skip
DRAWS: Rows = [
    {"instrument": "bond", "project": "works", "start": "p1", "period": "p1", "raised": 4.0},
    {"instrument": "bond", "project": "works", "start": "p1", "period": "p2", "raised": 2.0},
    {"instrument": "grant", "project": "works", "start": "p1", "period": "p1", "raised": 1.0},
    {"instrument": "stake", "project": "works", "start": "p1", "period": "p2", "raised": 2.0},
    {"instrument": "loan", "project": "", "start": "", "period": "p2", "raised": 2.0},
    {"instrument": "roll", "project": "", "start": "", "period": "p3", "raised": 1.5},
]


def budget(
    keys: dict[str, Any] | None = None, instruments: dict[str, dict[str, Any]] | None = None, **tables: Any
) -> Study:
    """The study, with other keys of [finance], columns of instruments, and tables."""
    names = INSTRUMENTS.keys() | (instruments or {}).keys()
    rows = [
        {"instrument": name, **INSTRUMENTS.get(name, {}), **(instruments or {}).get(name, {})} for name in sorted(names)
    ]
    flows = [
        {"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.5},
        {"land_class": "farm", "account": "upkeep", "basis": "per_ha_year", "value": 0.2},
    ]
    base = {"accounts": [*ACCOUNTS, UPKEEP, CAPEX], "class_flows": flows, "projects": [WORKS], "instruments": rows}
    return study({"periods": PERIODS, "finance": {**FINANCE, **(keys or {})}}, **{**base, **tables})


def plan(given: Study, draws: Rows = DRAWS, options: Any = None, **decisions: Rows) -> Evaluation:
    return evaluate(given, options or {}, {"works": "p1"}, financing=draws, **decisions)


def three(found: Evaluation, account: str) -> list[float]:
    return [cell(found, account, period) for period in ("p1", "p2", "p3")]


def rows(found: Evaluation, limit: str) -> list[tuple[float, float]]:
    """Value and bound of a row in every period."""
    return [listed(found, limit, period)[:2] for period in ("p1", "p2", "p3")]


def about(pairs: list[tuple[float, float]]) -> list[Any]:
    return [pytest.approx(pair) for pair in pairs]


class TestAccounts:
    def test_money(self) -> None:
        found = plan(budget())
        assert found.ok, found.breaches
        # the works bring 3 and cost 1 in 2028, the second of p2's two years
        assert three(found, "money.revenue") == pytest.approx([5, 6.5, 8])
        assert three(found, "money.cost") == pytest.approx([2, 2.5, 3])
        assert three(found, "money.operating") == pytest.approx([3, 4, 5])
        assert three(found, "money.outlay") == pytest.approx([6, 6, 0])
        assert three(found, "money.outlay.green") == pytest.approx([6, 6, 0])
        assert three(found, "money.outlay.real_estate") == [0, 0, 0]
        assert three(found, "money.receipts") == [0, 0, 0]

    def test_finance(self) -> None:
        found = plan(budget())
        assert three(found, "finance.raised.bond") == [4, 2, 0]
        # drawn in 2026: 5 % of 4 in 2026-2029; in 2027: 5 % of 2 in 2027-2030
        assert three(found, "finance.interest.bond") == pytest.approx([0.2, 0.4 + 0.2, 0.2 + 0.2])
        assert three(found, "finance.repaid.bond") == pytest.approx([0, 0, 4 + 2])
        # old debt: 2 a year to 2028, 4 % of 6, 4, 2; new: 1 a year in 2027 and 2028, 4 % of 2, 1
        assert three(found, "finance.repaid.loan") == pytest.approx([2, 4 + 2, 0])
        assert three(found, "finance.interest.loan") == pytest.approx([0.24, 0.16 + 0.08 + 0.08 + 0.04, 0])
        # 0.5 at the ends of 2029, 2030, 2031: 3 % of 0, 0.5, 1
        assert three(found, "finance.interest.roll") == pytest.approx([0, 0, 0.045])
        assert three(found, "finance.interest.stake") == pytest.approx([0, 0.24, 0.36])
        assert three(found, "finance.interest.grant") == [0, 0, 0]
        # bond 4, old 4; bond 6; only what refinances (equity is no debt)
        assert three(found, "finance.debt") == pytest.approx([8, 6, 1.5])

    def test_cash(self) -> None:
        # N = operating + 7 + transfers − 8; transfers 3; (3.3 + 3.63) / 2; (3.993 + 4.3923 + 4.83153) / 3
        n1, n2, n3 = 3 + 7 + 3 - 8, 4 + 7 + 3.465 - 8, 5 + 7 + 13.21683 / 3 - 8
        cash1 = 4 + n1 - 6 + (4 + 1) - 0.2 - 2 - 0.24
        cash2 = cash1 + 2 * n2 - 6 + (2 + 2 + 2) - 2 - (0.6 + 0.12 + 0.24) - 4 - 0.24
        cash3 = cash2 + 3 * n3 + 1.5 - 6 - (0.4 + 0.36 + 0.045)
        assert cash1 == pytest.approx(5.56)
        assert cash2 == pytest.approx(11.29)
        found = plan(budget())
        assert three(found, "finance.cash") == pytest.approx([cash1, cash2, cash3])
        # reserve of six months of 2 + 8, 2.5 + 8, 3 + 8
        found = plan(budget({"reserve_months": 6.0}))
        assert rows(found, "reserve") == about([(cash1, 5), (cash2, 5.25), (cash3, 5.5)])
        assert found.ok
        # 7 / 12 x 10 is more than 5.56
        assert rules(plan(budget({"reserve_months": 7.0}))) == {"money:cash"}
        assert rules(plan(budget({"reserve_months": {"p2": 7.0}}))) == set()

    def test_cash_is_never_below_zero(self) -> None:
        assert rules(plan(budget({"opening_cash": -2.0}))) == {"money:cash"}

    def test_start_values(self) -> None:
        limits = [
            {"limit": "debt", "account": "finance.debt", "sense": "<=", "value": 1.5, "basis": "share_of_start"},
            {"limit": "cash", "account": "finance.cash", "sense": ">=", "value": 0.5, "basis": "share_of_start"},
        ]
        found = plan(budget(limits=limits))
        assert rows(found, "debt") == about([(8, 9), (6, 9), (1.5, 9)])
        assert [bound for _, bound in rows(found, "cash")] == [2, 2, 2]

    def test_weights_count_from_zero(self) -> None:
        # debt: its last state, 1.5; raised: all of it
        weights = {"finance.debt": -1.0, "finance.raised.bond": 0.5, "money.outlay": 0.1}
        settings = {"objective": {"method": "weighted", "accounts": weights}}
        given = budget()
        found = plan(given.replace(settings))
        assert found.objective == pytest.approx(-1.5 + 0.5 * 6 + 0.1 * 12)

    def test_without_finance_there_is_none(self) -> None:
        given = study(
            {"periods": PERIODS}, projects=[WORKS], instruments=[{"instrument": "bond", **INSTRUMENTS["bond"]}]
        )
        found = plan(given, DRAWS[:1])
        assert rules(found) == {"financing:finance"}
        assert not found.ledger["account"].str.startswith("finance.").any()
        assert three(found, "money.outlay") == [6, 6, 0]

    def test_more_than_is_stated_is_a_fault(self) -> None:
        # the land brings 5 and costs 2
        assert rules(plan(budget({"own_revenue": 4.9, "opening_cash": 50.0}))) == {"money:residual"}
        assert "money:residual" in rules(plan(budget({"fixed_cost": 1.9})))
        # what is not stated is what the ledger books
        given = budget()
        found = plan(given.replace({"finance": {"opening_cash": 9.0}}))
        assert cell(found, "finance.cash", "p1") == pytest.approx(9 + 3 - 6 + 5 - 2.44)


def test_the_worth_of_it() -> None:
    """F1: the land and the works, capital as annual equivalents with the grant in it, less the price of debt."""
    annuity = -npf.pmt(0.1, 10, 1.0)
    # opens 2028, its flows run to 2037: to the end of the tail, 2033; the grant in 2026
    works = (2 - (6 * 1.1 + 6) * annuity + 1.1 * annuity) * deltas(2028, 2033)
    price = 0.00005 * (4 * deltas(2026, 2029) + 2 * deltas(2027, 2030)) + 0.00004 * (2 * delta(2027) + delta(2028))
    # equity for good from 2027 on; refinancing: 0, 0.5, 1 at the beginnings of 2029-2031, 1.5 in 2032-2036
    price += 0.00006 * 2 * 1.1**-1 / 0.1
    price += 0.00003 * (0.5 * delta(2030) + delta(2031) + 1.5 * deltas(2032, 2036))
    found = plan(budget())
    assert found.cash == pytest.approx(3 * deltas(2026, 2033) + works - price, abs=1e-12)
    assert found.doing_nothing["cash"] == pytest.approx(3 * deltas(2026, 2033))
    # dear money: 12 % where it is worth 10 %
    dear = plan(budget(instruments={"loan": {"rate": 0.12}}))
    extra = (0.02 + 0.00012 - 0.00004) * (2 * delta(2027) + delta(2028))
    assert found.cash - dear.cash == pytest.approx(extra)


class TestRows:
    """Each row with its value and bound; and a bound that breaks it, and no other."""

    def test_debt_ratio(self) -> None:
        # old debt at the end of the period and new at its highest: 4 + 4; 6 + 2 (loan, at its beginning); 6 + 1.5,
        # which take the place of what is repaid by then
        # 20, 20 (1.05 + 1.05^2) / 2, … and the revenue above the start's 5
        fiscal = [20 * sum(1.05**k for k in years) / len(years) for years in ([0], [1, 2], [3, 4, 5])]
        room = [fiscal[0], fiscal[1] + 1.5, fiscal[2] + 3]
        found = plan(budget({"debt_ratio_cap": 0.5}))
        assert rows(found, "debt_ratio_cap") == about([(8, room[0] / 2), (8, room[1] / 2), (7.5, room[2] / 2)])
        assert found.ok
        assert rules(plan(budget({"debt_ratio_cap": 0.39}))) == {"money:debt_ratio_cap"}
        # only what is in the ratio
        found = plan(budget({"debt_ratio_cap": 0.5}, {"loan": {"in_debt_ratio": 0}}))
        assert [value for value, _ in rows(found, "debt_ratio_cap")] == pytest.approx([4, 6, 7.5])

    def test_interest_shares(self) -> None:
        # fund: the bond; its expenditure is the outlay of the works, what it raises, and the interest
        shares = {"interest_share_fund": {"p1": 0.2, "p2": 0.2}, "interest_share_general": 0.1}
        found = plan(budget(shares))
        assert [listed(found, "interest_share_fund", period)[:2] for period in ("p1", "p2")] == about(
            [(0.2, 0.2 * (6 + 4 + 0.2)), (0.6, 0.2 * (6 + 2 + 0.6))]
        )
        # general: loan and roll; cost and residual cost, and outlay, less what the fund has
        assert rows(found, "interest_share_general") == about(
            [
                (0.24, 0.1 * (10 + 6 - 10 + 0.24)),
                (0.36, 0.1 * (21 + 6 - 8 + 0.36)),
                (0.045, 0.1 * (33 + 0.045)),
            ]
        )
        assert found.ok
        # in p3 the fund pays nothing but interest, 0.4
        found = plan(budget({"interest_share_fund": 0.2}))
        assert rules(found) == {"money:interest_share_fund"}
        assert listed(found, "interest_share_fund", "p3") == pytest.approx((0.4, 0.08, -0.32))
        assert rules(plan(budget({"interest_share_general": 0.03}))) == {"money:interest_share_general"}

    def test_annual_costs_of_the_fund(self) -> None:
        # upkeep, 2 a year, in the fund: 2 x 2 in p2, and not in what is left for the others
        accounts = [*ACCOUNTS, {**UPKEEP, "budget": "fund"}, CAPEX]
        found = plan(budget({"interest_share_fund": 1.0, "interest_share_general": 1.0}, accounts=accounts))
        assert listed(found, "interest_share_fund", "p2")[1] == pytest.approx(4 + 6 + 2 + 0.6)
        assert listed(found, "interest_share_general", "p2")[1] == pytest.approx(21 + 6 - 12 + 0.36)

    def test_debt_service_cover(self) -> None:
        # new debt that does not refinance: 0.2; 0.6 + 2.12; 6.4
        n = [5, 6.465, 4 + 13.21683 / 3]
        found = plan(budget({"dscr_min": 1.2}))
        assert rows(found, "dscr_min") == about([(n[0], 0.24), (n[1], 1.2 * 2.72 / 2), (n[2], 1.2 * 6.4 / 3)])
        assert found.ok
        # all of it, less what is raised to refinance: 2.44; 2.72 + 4.24; 6.4 + 0.045 − 1.5
        found = plan(budget({"dscr_min": 1.0, "dscr_scope": "all"}))
        assert [bound for _, bound in rows(found, "dscr_min")] == pytest.approx([2.44, 6.96 / 2, 4.945 / 3])
        # from a period on
        found = plan(budget({"dscr_min": 4.0, "dscr_from": "p3"}))
        assert found.limits.loc[found.limits["limit"] == "dscr_min", "period"].tolist() == ["p3"]
        assert rules(found) == {"money:dscr_min"}

    def test_golden_rule(self) -> None:
        found = plan(budget())
        assert rows(found, "golden_rule") == about([(5, 6), (6, 6), (0, 0)])
        draws = [*DRAWS[:4], {**DRAWS[4], "raised": 2.1}, DRAWS[5]]
        assert rules(plan(budget(), draws)) == {"money:golden_rule"}

    def test_refinancing(self) -> None:
        # 0.85 of 2; of 4 + 2; of 6
        found = plan(budget())
        assert rows(found, "refinance_share") == about([(0, 1.7), (0, 5.1), (1.5, 5.1)])
        assert rules(plan(budget({"refinance_share": 0.24}))) == {"money:refinance_share"}
        # off in periods that it does not name
        assert plan(budget({"refinance_share": {"p1": 0.0}})).ok

    def test_operating_balance(self) -> None:
        # interest a year: 0.44; (0.96 + 0.24) / 2; 0.805 / 3 (the return of equity is in it)
        found = plan(budget({"operating_balance_from": "p2"}))
        assert [listed(found, "operating_balance", period)[1] for period in ("p2", "p3")] == pytest.approx(
            [0.6, 0.805 / 3]
        )
        assert "p1" not in set(found.limits.loc[found.limits["limit"] == "operating_balance", "period"])
        assert found.ok
        # without transfers and with 15 of fixed cost: N = 3 + 7 − 13 a year
        poor = {"operating_balance_from": "p1", "transfers": 0.0, "fixed_cost": 15.0, "opening_cash": 90.0}
        assert rules(plan(budget(poor))) == {"money:operating_balance"}

    def test_land_sale(self) -> None:
        # a is built on in p1: 4 at once; p1: revenue 5 (still farm, one lead year), own 7, transfers 3, receipts 4
        tables: dict[str, Any] = {
            "practices": [{**BUILD, "lead_years": 1}],
            "practice_flows": [{"practice": "build", "account": "sale", "basis": "once", "value": 4.0}],
        }
        built = {"a": ("build", "p1")}
        found = plan(budget({"land_sale_share_cap": 0.5, "opening_cash": 20.0}, **tables), options=built)
        assert listed(found, "land_sale_share_cap", "p1") == pytest.approx((4, 0.5 * 19, 5.5))
        # p2: of the land nothing is left, the works bring 1.5; two years
        assert listed(found, "land_sale_share_cap", "p2")[1] == pytest.approx(0.5 * 2 * (1.5 + 7 + 3.465))
        assert found.ok
        found = plan(budget({"land_sale_share_cap": 0.2, "opening_cash": 20.0}, **tables), options=built)
        assert rules(found) == {"money:land_sale_share_cap"}

    def test_green_and_real_estate(self) -> None:
        # beside the works (green) a practice with 2 of real estate in p1
        tables: dict[str, Any] = {
            "practices": [{**BUILD, "real_estate": 1}],
            "practice_flows": [{"practice": "build", "account": "cost", "basis": "once", "value": 2.0}],
        }
        keys = {"opening_cash": 20.0, "own_revenue": 12.0}
        built = {"a": ("build", "p1")}
        found = plan(budget({"green_share_min": 0.7, "real_estate_share_max": 0.3, **keys}, **tables), options=built)
        assert rows(found, "green_share_min") == about([(6, 5.6), (6, 4.2), (0, 0)])
        assert rows(found, "real_estate_share_max") == about([(2, 2.4), (0, 1.8), (0, 0)])
        assert found.ok
        assert rules(plan(budget({"green_share_min": 0.8, **keys}, **tables), options=built)) == {
            "money:green_share_min"
        }
        found = plan(budget({"real_estate_share_max": 0.2, **keys}, **tables), options=built)
        assert rules(found) == {"money:real_estate_share_max"}

    def test_reinvestment(self) -> None:
        # rent is income of the resource: the practice brings 2 a year more from 2027 on, and 1.2 at once in 2026;
        # restored: 0.9 in 2027 on an account of that role, and the works are no restoration
        accounts = [
            {**account, **({"role": "resource_income"} if account["account"] in ("rent", "sale") else {})}
            for account in (*ACCOUNTS, UPKEEP)
        ]
        accounts += [{"account": "mend", "family": "cost", "recurrence": "one_off", "cash": 1, "role": "restoration"}]
        tables: dict[str, Any] = {
            "accounts": accounts,
            "practices": [{"practice": "build", "zone": "town"}],
            "practice_flows": [
                {"practice": "build", "account": "rent", "basis": "per_year", "value": 2.0, "start_year": 1},
                {"practice": "build", "account": "sale", "basis": "once", "value": 1.2},
                {"practice": "build", "account": "mend", "basis": "once", "value": 0.9, "start_year": 1},
            ],
        }
        built = {"a": ("build", "p1")}
        found = plan(budget({"reinvestment_min": 0.1}, **tables), options=built)
        assert three(found, "money.resource") == pytest.approx([5 + 1.2, 7, 7])
        assert three(found, "money.outlay.restoration") == pytest.approx([0, 0.9, 0])
        # from the second period: to date 1.2 + 4 and 1.2 + 10
        assert [listed(found, "reinvestment_min", period)[:2] for period in ("p2", "p3")] == about(
            [(0.9, 0.52), (0.9, 1.12)]
        )
        assert "p1" not in set(found.limits.loc[found.limits["limit"] == "reinvestment_min", "period"])
        assert rules(found) == {"money:reinvestment_min"}
        assert plan(budget({"reinvestment_min": 0.08}, **tables), options=built).ok

    def test_what_a_project_is_given(self) -> None:
        # three quarters of 12 at most beside equity: 4 + 2 + 1 = 7 of 9; with equity 9 of 12
        more = [{**DRAWS[0], "raised": 5.9}, *DRAWS[1:2], {**DRAWS[2], "raised": 1.2}, *DRAWS[3:]]
        assert rules(plan(budget(), more)) == {"money:draw", "money:golden_rule"}
        capital = {"opening_cash": 30.0}
        roomy = budget(capital, projects=[{**WORKS, "equity_min": 0.0}])
        assert "money:draw" not in rules(plan(roomy, more))
        more = [*DRAWS[:3], {**DRAWS[3], "raised": 5.1}, *DRAWS[4:]]
        assert rules(plan(budget(), more)) == {"money:fund_project", "money:golden_rule"}

    def test_limits_of_an_instrument(self) -> None:
        found = plan(budget(instruments={"bond": {"limit_total": 6.5, "limit_period": 4.5}}))
        assert listed(found, "instrument_total.bond", "total") == pytest.approx((6, 6.5, 0.5))
        assert listed(found, "instrument_period.bond", "p1") == pytest.approx((4, 4.5, 0.5))
        assert found.ok
        assert rules(plan(budget(instruments={"bond": {"limit_total": 5.5}}))) == {"money:instrument_total"}
        assert rules(plan(budget(instruments={"bond": {"limit_period": 3.5}}))) == {"money:instrument_period"}

    def test_soft_rows_give_at_a_penalty(self) -> None:
        keys = {"interest_share_fund": 0.2, "soft": {"interest_share_fund": 10.0}}
        found = plan(budget(keys))
        assert found.ok
        assert found.penalty == pytest.approx(3.2)
        assert found.objective == pytest.approx(plan(budget()).objective - 3.2)
        kinds = found.limits.loc[found.limits["limit"] == "interest_share_fund", "kind"]
        assert set(kinds) == {"soft"}


class TestCover:
    """The bond covers itself over its tenor, 2026-2029: the works bring 2 in 2028 and in 2029."""

    SELF: ClassVar[dict[str, Any]] = {"bond": {"self_supporting": 1, "cover_min": 0.5}}

    def test_income_and_service(self) -> None:
        # 1 + 4 x 0.05 of 6, half of it
        found = plan(budget(instruments=self.SELF))
        assert listed(found, "cover_min.works", "p1") == pytest.approx((4, 0.5 * 1.2 * 6, 0.4))
        assert found.ok
        assert rules(plan(budget(instruments={"bond": {"self_supporting": 1}}))) == {"money:cover_min"}
        found = plan(budget({"soft": {"cover_min": 2.0}}, {"bond": {"self_supporting": 1}}))
        assert found.ok
        assert found.penalty == pytest.approx(2 * 3.2)

    def test_discounted(self) -> None:
        # from the start of 2026: income at the ends of years 3 and 4; drawn in 2026: 0.05 at the ends of years 1-4 and
        # 1 at the end of 4; drawn in 2027: a year later
        found = plan(budget(instruments={"bond": {**self.SELF["bond"], "cover_basis": "discounted"}}))
        unit = -npf.pv(0.1, 4, 0.05, 1.0)
        value, bound, _ = listed(found, "cover_min.works", "p1")
        assert value == pytest.approx(2 * 1.1**-3 + 2 * 1.1**-4)
        assert bound == pytest.approx(0.5 * (4 * unit + 2 * unit / 1.1))

    def test_once_and_after_the_end(self) -> None:
        # a tenor of 12: 2026-2037, past the tail; a ramp, growth 10 %, and a subsidy of 1.5 at once in 2027
        accounts = [*ACCOUNTS, UPKEEP, CAPEX, {"account": "project.revenue", "growth": 0.1}]
        accounts += [{"account": "aid", "family": "revenue", "recurrence": "one_off", "cash": 1}]
        once = [{"project": "works", "account": "aid", "basis": "once", "value": 1.5, "start_year": 1}]
        instruments = {"bond": {**self.SELF["bond"], "tenor_years": 12}}
        projects = [{**WORKS, "ramp_years": 4}]
        given = budget(instruments=instruments, accounts=accounts, project_flows=once, projects=projects)
        found = plan(given)
        # opens 2028, ten years to 2037; ramp 1/4, 2/4, 3/4, 1 in 2028-2031, then whole
        ramp = {year: min(1.0, (year - 2027) / 4) for year in range(2028, 2038)}
        income = sum(ramp[year] * (3 * 1.1 ** (year - 2026) - 1) for year in ramp) + 1.5
        assert listed(found, "cover_min.works", "p1")[0] == pytest.approx(income)

    def test_captures_count(self) -> None:
        # 10 ha x 2 in 2028 (it opens then): 30 % in 2029 within the tenor; 2 % a year from 2029: one year of 0.4
        levy = {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levying"}
        tax = {"account": "tax", "family": "revenue", "recurrence": "annual", "cash": 1, "capture_tool": "taxing"}
        accounts = [
            *ACCOUNTS,
            UPKEEP,
            CAPEX,
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
            levy,
            tax,
        ]
        capture = [
            {"capture_tool": "levying", "uplift_account": "rise", "rate": 0.3, "delay_years": 1},
            {"capture_tool": "taxing", "uplift_account": "rise", "rate": 0.02, "delay_years": 1, "annual": 1},
        ]
        catchment = {"catchment": "stop", "uplift_per_ha": 2.0, "uplift_account": "rise"}
        given = budget(
            instruments=self.SELF, accounts=accounts, capture=capture, projects=[{**WORKS, **catchment}],
            parcels=[{**FARM, "tags": "stop"}],
        )  # fmt: skip
        row = {"project": "works", "start": "p1", "jurisdiction": "", "catchments": "stop", "where": ""}
        found = plan(given, uplift=[{**row, "period": "p2", "area_ha": 10.0}])
        assert found.ok, found.breaches
        assert listed(found, "cover_min.works", "p1")[0] == pytest.approx(4 + 6 + 0.4)
        assert three(found, "money.receipts") == pytest.approx([0, 0, 6])
        # over twelve years, 2026-2037, past the tail: income of ten years, and nine of the tax
        long = budget(
            instruments={"bond": {**self.SELF["bond"], "tenor_years": 12}}, accounts=accounts, capture=capture,
            projects=[{**WORKS, **catchment}], parcels=[{**FARM, "tags": "stop"}],
        )  # fmt: skip
        found = plan(long, uplift=[{**row, "period": "p2", "area_ha": 10.0}])
        assert listed(found, "cover_min.works", "p1")[0] == pytest.approx(10 * 2 + 6 + 9 * 0.4)

        # and so does what is captured of its own rows: 5 in 2027, 30 % in 2028, 2 % in 2028 and 2029
        own = budget(
            instruments=self.SELF, accounts=accounts, capture=capture,
            project_flows=[{"project": "works", "account": "rise", "basis": "once", "value": 5.0, "start_year": 1}],
        )  # fmt: skip
        assert listed(plan(own), "cover_min.works", "p1")[0] == pytest.approx(4 + 1.5 + 0.2)

    def test_a_project_that_loses_may_do_without(self) -> None:
        # 2 a year of loss in 2028 and 2029: it may not lean on the bond, and need not
        losing = {**WORKS, "annual_revenue": 0.0, "annual_cost": 2.0}
        given = budget({"opening_cash": 50.0}, self.SELF, projects=[losing])
        found = plan(given, DRAWS[2:5])
        assert found.ok, found.breaches
        assert listed(found, "cover_min.works", "p1") == pytest.approx((0, 0, 0))
        found = plan(given)
        assert rules(found) == {"money:cover_min"}
        assert listed(found, "cover_min.works", "p1") == pytest.approx((-4, 3.6, -7.6))
        # what is left to decide knows both
        program = Evaluator(given).affine([("hold", "")], {"works": "p1"})
        assert [column.name for column in program.columns if column.whole] == ["leans[works,p1]"]
        decided = brute.decide(program)
        assert decided is not None
        assert decided[1]["leans[works,p1]"] == 0
        assert decided[1]["raised[bond,works,p1,p1]"] == 0

    def test_of_projects_that_start_only(self) -> None:
        found = evaluate(budget(instruments=self.SELF))
        assert "cover_min.works" not in set(found.limits["limit"])


GREEN: dict[str, dict[str, Any]] = {"green": {"kind": "bond", "tenor_years": 3, "green_only": 1}}


@pytest.mark.parametrize(
    ("draw", "instruments", "rule"),
    [
        ({**DRAWS[0], "instrument": "bill"}, {}, "instrument"),
        ({**DRAWS[0], "project": "hall"}, {}, "project"),
        ({**DRAWS[0], "start": "p2"}, {}, "start"),
        ({**DRAWS[0], "start": ""}, {}, "start"),
        ({**DRAWS[0], "period": "p3"}, {}, "period"),
        ({**DRAWS[0], "period": "p9"}, {}, "period"),
        ({**DRAWS[0], "raised": -1.0}, {}, "amount"),
        ({**DRAWS[0]}, {"bond": {"categories": "industry"}}, "instrument"),
        ({**DRAWS[0], "instrument": "roll"}, {}, "instrument"),
        ({**DRAWS[0], "instrument": "green"}, GREEN, "instrument"),
        ({**DRAWS[0], "project": "", "start": ""}, {}, "general"),  # for infrastructure only
        ({**DRAWS[0], "project": "", "start": "", "instrument": "grant"}, {}, "general"),
        ({**DRAWS[0], "project": "", "start": "", "instrument": "stake"}, {}, "general"),
        ({**DRAWS[4], "start": "p1"}, {}, "general"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(draw: dict[str, Any], instruments: Any, rule: str) -> None:
    given = budget({"opening_cash": 50.0}, instruments, projects=[{**WORKS, "green": 0}])
    assert f"financing:{rule}" in rules(plan(given, [draw]))


def test_what_can_be_drawn() -> None:
    rich = {"opening_cash": 50.0}
    assert plan(budget(rich, GREEN), [{**DRAWS[0], "instrument": "green"}]).ok
    # a loan without categories may fund the works; `instruments` of the works shuts it out
    loan = [{**DRAWS[0], "instrument": "loan"}]
    assert plan(budget(rich), loan).ok
    only = budget(rich, projects=[{**WORKS, "instruments": "bond; stake"}])
    assert rules(plan(only, loan)) == {"financing:instrument"}
    assert plan(only, DRAWS[:1]).ok
    # nothing to fund without capital cost; no row for nothing decided
    free = budget(rich, projects=[{**WORKS, "capex": 0.0}])
    assert "financing:instrument" in rules(plan(free, DRAWS[:1]))
    assert rules(plan(budget(rich), [*DRAWS[:1], *DRAWS[:1]])) >= {"financing:once"}
