"""The budget of `test_audit_money` in three budgets, worked out by hand (the derivation stands beside each number).

The general budget has the land (5 a year, of which a fifth is set aside for the fund, less 2) and the residuals, the
fund pays the works (6 in 2026, 6 in 2027), an enterprise runs them (3 less 1 a year from 2028 on).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests import brute
from tests.reports.audit_studies import ACCOUNTS, FARM, Rows, cell, listed, rules
from tests.reports.test_audit_money import CAPEX, DRAWS, UPKEEP, WORKS, about, budget, plan, rows, three
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluation, Evaluator
from zonevest.reports.audit_balances import budget_breaches
from zonevest.reports.audit_told import told

BUDGETS: Rows = [
    {"budget": "general"},  # opens with the cash of [finance], 4
    {"budget": "fund", "opening_cash": 1.5, "reserve": 0.25},
    {"budget": "enterprise", "borrower": "enterprise"},
]
TABLES: dict[str, Any] = {
    "budgets": BUDGETS,
    "budget_transfers": [
        {"from": "general", "to": "fund", "cap": 2.5},
        {"from": "enterprise", "to": "general"},
    ],
    "set_asides": [{"account": "rent", "budget": "fund", "share": 0.2}],
    "projects": [{**WORKS, "budget": "enterprise"}],
}
PASSED: Rows = [
    {"from": "general", "to": "fund", "period": "p1", "amount": 2.0},
    {"from": "general", "to": "fund", "period": "p2", "amount": 3.0},
    {"from": "general", "to": "fund", "period": "p3", "amount": 1.0},
    {"from": "enterprise", "to": "general", "period": "p3", "amount": 1.0},
]
OWN: dict[str, dict[str, Any]] = {"stake": {"budget": "enterprise"}}
GENERAL = [4.76, 6.33, 24.00183]
FUND = [2.3, 2.7, 0.3]
ENTERPRISE = [0, 3.76, 8.4]
"""Cash at the end of the periods, see `TestCash`."""


def three_budgets(keys: dict[str, Any] | None = None, instruments: Any = None, **tables: Any) -> Study:
    own = {name: {**OWN.get(name, {}), **(instruments or {}).get(name, {})} for name in {*OWN, *(instruments or {})}}
    return budget(keys, own, **{**TABLES, **tables})


def passing(given: Study, passed: Rows = PASSED, draws: Rows = DRAWS, **decisions: Rows) -> Evaluation:
    return plan(given, draws, budget_transfers=passed, **decisions)


class TestCash:
    def test_by_budget(self) -> None:
        found = passing(three_budgets())
        assert found.ok, found.breaches
        # 7 + transfers − 8 beside the land's 4 − 2
        n = [2 + 2, 2 + 2.465, 2 + 13.21683 / 3 - 1]
        general = [4 + n[0] + 1 - 2 - 0.24 - 2]  # the grant; old debt; passed on
        general += [general[0] + 2 * n[1] + 2 - 6 - 0.36 - 3]
        general += [general[1] + 3 * n[2] + 1.5 - 0.045 - 1 + 1]
        assert general == pytest.approx(GENERAL)
        assert three(found, "finance.cash.general") == pytest.approx(GENERAL)
        # 1 a year set aside; 6 for the works, bonds of 4 and 2
        fund = [1.5 + 1 - 6 + 4 - 0.2 + 2]
        fund += [fund[0] + 2 - 6 + 2 - 0.6 + 3]
        fund += [fund[1] + 3 - 6 - 0.4 + 1]
        assert fund == pytest.approx(FUND)
        assert three(found, "finance.cash.fund") == pytest.approx(FUND)
        # 2 in 2028, equity of 2 and its return; 2 a year
        assert pytest.approx([0, 2 + 2 - 0.24, 3.76 + 6 - 0.36 - 1]) == ENTERPRISE
        assert three(found, "finance.cash.enterprise") == pytest.approx(ENTERPRISE)
        sums = [sum(each) for each in zip(GENERAL, FUND, ENTERPRISE, strict=True)]
        assert three(found, "finance.cash") == pytest.approx(sums)

    def test_what_is_passed_on_is_worth_nothing(self) -> None:
        # F1, gains and the accounts of money know no budgets
        found, alone = passing(three_budgets()), plan(budget())
        assert found.cash == pytest.approx(alone.cash)
        assert three(found, "money.operating") == pytest.approx(three(alone, "money.operating"))
        assert three(found, "finance.cash") == pytest.approx([each + 1.5 for each in three(alone, "finance.cash")])

    def test_a_missing_transfer(self) -> None:
        # without the last one the fund cannot repay its bond; without the first it cannot pay the works
        found = passing(three_budgets(), [*PASSED[:2], PASSED[3]])
        assert rules(found) == {"money:reserve"}
        assert listed(found, "reserve.fund", "p3") == pytest.approx((-0.7, 0.25, -0.95))
        assert listed(passing(three_budgets(), PASSED[1:]), "reserve.fund", "p1")[0] == pytest.approx(0.3)

    def test_start_values(self) -> None:
        limits = [
            {"limit": "cash", "account": "finance.cash", "sense": ">=", "value": 1.0, "basis": "share_of_start"},
            {"limit": "kept", "account": "finance.cash.fund", "sense": ">=", "value": 1.0, "basis": "share_of_start"},
        ]
        found = passing(three_budgets(limits=limits))
        # 4 + 1.5 + 0
        assert rows(found, "cash")[0] == pytest.approx((7.06, 5.5))
        assert [bound for _, bound in rows(found, "kept")] == [1.5, 1.5, 1.5]

    def test_the_compensation_fund_is_paid_by_the_main_budget(self) -> None:
        places = {"parcels": [{**FARM, "jurisdiction": "east", "population": 5}]}
        given = three_budgets(**places).replace({"equity": {"fund": "local"}})
        found = passing(given, fund_transfers=[{"jurisdiction": "east", "period": "p3", "amount": 0.5}])
        # the works cost more than is received by then: a fund of the purse's own may not give either
        assert rules(found) == {"gain:fund"}
        assert cell(found, "finance.cash.general", "p3") == pytest.approx(GENERAL[2] - 0.5)
        assert cell(found, "finance.cash.fund", "p3") == pytest.approx(FUND[2])

    def test_an_account_names_its_budget_before_its_project(self) -> None:
        # the works' cost is the fund's: 1 in 2028, 1 a year later on; the enterprise keeps all of the 3
        accounts = [*ACCOUNTS, UPKEEP, CAPEX, {"account": "project.cost", "budget": "fund"}]
        found = passing(three_budgets({"opening_cash": 9.0}, accounts=accounts))
        assert three(found, "finance.cash.enterprise") == pytest.approx([0, 3.76 + 1, 8.4 + 1 + 3])
        assert three(found, "finance.cash.fund") == pytest.approx([2.3, 2.7 - 1, 0.3 - 1 - 3])
        # without a project's budget it is the main one, and the enterprise raises no equity for it: it passes on 1
        found = passing(three_budgets(projects=[WORKS]))
        assert "financing:instrument" in rules(found)
        assert three(found, "finance.cash.enterprise") == pytest.approx([0, 0, -1])

    def test_what_is_set_aside_of_one_off_revenue(self) -> None:
        # 10 of land sold in p2: a tenth for the enterprise, a half for the fund, which has the account
        sale = {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "budget": "fund"}
        accounts = [*(row for row in ACCOUNTS if row["account"] != "sale"), sale, UPKEEP, CAPEX]
        aside = [
            {"account": "sale", "budget": "enterprise", "share": 0.1},
            {"account": "sale", "budget": "general", "share": 0.4},
        ]
        flow = {"project": "works", "account": "sale", "basis": "once", "value": 10.0, "start_year": 1}
        given = three_budgets(accounts=accounts, set_asides=[*TABLES["set_asides"], *aside], project_flows=[flow])
        found = passing(given)
        assert cell(found, "finance.cash.general", "p2") == pytest.approx(GENERAL[1] + 4)
        assert cell(found, "finance.cash.fund", "p2") == pytest.approx(FUND[1] + 5)
        assert cell(found, "finance.cash.enterprise", "p2") == pytest.approx(ENTERPRISE[1] + 1)
        assert cell(found, "money.receipts", "p2") == pytest.approx(10)


class TestRows:
    def test_reserve(self) -> None:
        # a tenth of 2 + 8; as stated; a tenth of 0, 0.5, 1
        found = passing(three_budgets({"reserve_months": 1.2}))
        assert found.ok, found.breaches
        assert rows(found, "reserve.general") == about([(each, 1.0) for each in GENERAL])
        assert rows(found, "reserve.fund") == about([(each, 0.25) for each in FUND])
        assert rows(found, "reserve.enterprise") == about(list(zip(ENTERPRISE, [0, 0.05, 0.1], strict=True)))
        told = found.limits[found.limits["limit"] == "reserve.fund"]
        assert set(told["account"]) == {"finance.cash.fund"}
        assert "reserve" not in set(found.limits["limit"])
        high = three_budgets(budgets=[*BUDGETS[:1], {**BUDGETS[1], "reserve": 0.31}, BUDGETS[2]])
        assert rules(passing(high)) == {"money:reserve"}

    def test_debt_service_cover(self) -> None:
        # loan: 0.12 + 2 in p2; bond: 0.2, 0.6, 6.4; the enterprise owes nothing: equity is no debt
        found = passing(three_budgets({"dscr_min": 0.4}))
        assert rows(found, "dscr_min.general") == about([(4, 0), (4.465, 0.4 * 2.12 / 2), (2 + 13.21683 / 3 - 1, 0)])
        assert rows(found, "dscr_min.fund") == about([(1, 0.08), (1, 0.12), (1, 0.4 * 6.4 / 3)])
        assert not {"dscr_min", "dscr_min.enterprise"} & set(found.limits["limit"])
        assert found.ok
        # the fund's 1 a year does not serve 6.4; soft, it costs what is missed
        found = passing(three_budgets({"dscr_min": 1.0}))
        assert rules(found) == {"money:dscr_min"}
        found = passing(three_budgets({"dscr_min": 1.0, "soft": {"dscr_min": 3.0}}))
        assert found.ok
        assert found.penalty == pytest.approx(3 * (6.4 / 3 - 1))

    def test_what_is_passed_on(self) -> None:
        found = passing(three_budgets())
        assert rows(found, "budget_transfer.general.fund") == about([(2, 2.5), (3, 5), (1, 7.5)])
        assert "budget_transfer.enterprise.general" not in set(found.limits["limit"])
        more = [{**PASSED[0], "amount": 2.6}, *PASSED[1:]]
        assert rules(passing(three_budgets(), more)) == {"money:budget_transfer"}

    def test_interest_shares(self) -> None:
        # fund: the works, what it raises, and interest; general: all but these and the enterprise's cost
        found = passing(three_budgets({"interest_share_fund": 1.0, "interest_share_general": 1.0}))
        assert rows(found, "interest_share_fund") == about([(0.2, 10.2), (0.6, 8.6), (0.4, 0.4)])
        assert rows(found, "interest_share_general") == about(
            [(0.24, 10 + 6 - 10 + 0.24), (0.36, 21 + 6 - 8 - 1 + 0.36), (0.045, 33 - 3 + 0.045)]
        )
        # a bond of the enterprise is in neither
        found = passing(three_budgets({"interest_share_fund": 1.0, "interest_share_general": 1.0}, {
            "bond": {"budget": "enterprise"},
        }))  # fmt: skip
        assert [value for value, _ in rows(found, "interest_share_general")] == pytest.approx([0.24, 0.36, 0.045])
        assert listed(found, "interest_share_general", "p1")[1] == pytest.approx(10 + 6 - 6 + 0.24)

    def test_enterprises_without_a_table_of_budgets(self) -> None:
        accounts = [*ACCOUNTS, {**UPKEEP, "budget": "enterprise"}, CAPEX]
        found = plan(budget({"interest_share_general": 1.0}, {"loan": {"budget": "enterprise"}}, accounts=accounts))
        # roll alone; of cost the residual 8 and, from 2028 on, the works' 1
        assert rows(found, "interest_share_general") == about(
            [(0, 8 + 6 - 10), (0, 16 + 1 + 6 - 8), (0.045, 24 + 3 + 0.045)]
        )


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"from": "fund", "to": "general"}, "budget"),
        ({"from": "general", "to": "bond"}, "budget"),
        ({"period": "p9"}, "period"),
        ({"amount": -0.1}, "amount"),
    ],
)
def test_what_cannot_be_passed_on(row: dict[str, Any], rule: str) -> None:
    given = three_budgets({"opening_cash": 20.0})
    assert rules(passing(given, [*PASSED, {**PASSED[1], "period": "p1", "to": "fund", "from": "general", **row}])) >= {
        f"budget_transfers:{rule}"
    }


def test_no_budgets_without_their_table_or_finance() -> None:
    assert rules(passing(budget())) == {"budget_transfers:budget"}
    found = passing(three_budgets().with_settings(finance=None), draws=[])
    assert rules(found) == {"budget_transfers:finance"}


class TestTold:
    """What the table of budgets says, by another way than the rows: undertaking by undertaking."""

    def test_by_hand(self) -> None:
        evaluator = Evaluator(three_budgets())
        tables = {"financing": DRAWS, "budget_transfers": PASSED}
        frames = {name: pd.DataFrame(list(rows)) for name, rows in tables.items()}
        land = pd.DataFrame({"parcel_id": ["a"], "practice": "hold", "start": "", "share": 1.0})
        found = evaluator.evaluate(land, pd.DataFrame({"project": ["works"], "start": ["p1"]}), **frames)
        assert found.decided is not None
        tables_told = told(evaluator, found.decided)[0]
        budgets = {key: values for key, (values, _) in tables_told["budgets"].rows.items()}
        assert len(budgets) == 9
        # opening, operating, receipts, outlay, raised, repaid, interest, passed in and out, fund, closing
        assert budgets["fund", "p1"] == pytest.approx((1.5, 1, 0, 6, 4, 0, 0.2, 2, 0, 0, 2.3))
        assert budgets["fund", "p3"] == pytest.approx((2.7, 3, 0, 0, 0, 6, 0.4, 1, 0, 0, 0.3))
        assert budgets["general", "p2"] == pytest.approx((4.76, 8.93, 0, 0, 2, 6, 0.36, 0, 3, 0, 6.33))
        assert budgets["enterprise", "p3"] == pytest.approx((3.76, 6, 0, 0, 0, 0, 0.36, 0, 1, 0, 8.4))
        flows = {key: values[0] for key, (values, _) in tables_told["cash_flow"].rows.items()}
        assert flows["p1", "stock", "opening_cash", "", ""] == 5.5
        assert flows["p3", "stock", "closing_cash", "", ""] == pytest.approx(GENERAL[2] + FUND[2] + ENTERPRISE[2])
        assert flows["p2", "stock", "reserve", "", ""] == 0.25
        assert flows["p2", "ratio", "interest_share_general", "", ""] == pytest.approx(36 / 18.36)
        assert flows["p1", "ratio", "interest_share_fund", "", ""] == pytest.approx(20 / 10.2)

    def test_without_a_table_all_is_one(self) -> None:
        evaluator = Evaluator(budget())
        land = pd.DataFrame({"parcel_id": ["a"], "practice": "hold", "start": "", "share": 1.0})
        works = pd.DataFrame({"project": ["works"], "start": ["p1"]})
        found = evaluator.evaluate(land, works, pd.DataFrame(list(DRAWS)))
        assert found.decided is not None
        rows = told(evaluator, found.decided)[0]["budgets"].rows
        assert list(rows) == [("all", "p1"), ("all", "p2"), ("all", "p3")]
        # see `test_audit_money`: N is 5, closing 5.56
        assert rows["all", "p1"][0] == pytest.approx((4, 5, 0, 6, 5, 2, 0.44, 0, 0, 0, 5.56))


def test_every_budget_balances() -> None:
    """Sources make up uses by budget; whatever is missing is found."""
    evaluator = Evaluator(three_budgets())
    money = evaluator.parts.money
    assert money is not None
    found = passing(three_budgets())
    here = found.ledger[found.ledger["jurisdiction"] == "total"]
    figures = dict(zip(zip(here["account"], here["period"], strict=True), here["value"].tolist(), strict=True))
    periods = evaluator.tables.periods
    raised = {(row["instrument"], periods.index(row["period"])): float(row["raised"]) for row in DRAWS}
    passed = {(row["from"], row["to"], periods.index(row["period"])): float(row["amount"]) for row in PASSED}

    def breaches(wrong: dict[tuple[str, str], float], passed: Any = passed, raised: Any = raised) -> list[str]:
        def figure(account: str, t: int) -> float:
            return float({**figures, **wrong}[account, periods[t]])

        def booked(account: str, t: int) -> float:
            return found.shadows[account][t]

        return [each.where for each in budget_breaches(money, figure, booked, raised, passed, pd.Series([0.0] * 3))]

    assert breaches({}) == []
    assert breaches({("finance.cash.fund", "p3"): 0.4}) == ["budget fund, period p3"]
    # a wrong closing is a wrong opening too
    assert breaches({("finance.cash.fund", "p1"): 2.4}) == ["budget fund, period p1", "budget fund, period p2"]
    assert breaches({("finance.interest.bond", "p1"): 0.3}) == ["budget fund, period p1"]
    lost = {key: value for key, value in passed.items() if key != ("general", "fund", 1)}
    assert breaches({}, lost) == ["budget general, period p2", "budget fund, period p2"]
    assert breaches({}, passed, {**raised, ("bond", 0): 3.9}) == ["budget fund, period p1"]


def test_what_is_left_to_decide() -> None:
    """Bonds, and what budgets pass on: a linear program that knows each budget's cash."""
    given = three_budgets()
    evaluator = Evaluator(given)
    decided = brute.decide(evaluator.affine([("hold", "")], {"works": "p1"}))
    assert decided is not None
    tables = brute.as_tables(evaluator, {"works": "p1"}, decided[1])
    assert "budget_transfers" in tables  # the fund cannot pay the works otherwise
    land = pd.DataFrame({"parcel_id": ["a"], "practice": "hold", "start": "", "share": 1.0})
    found = evaluator.evaluate(land, pd.DataFrame({"project": ["works"], "start": ["p1"]}), **tables)
    assert found.ok, found.breaches
    assert found.objective == pytest.approx(decided[0])
    # no money may be passed on: then there is no plan
    apart = three_budgets(budget_transfers=[{"from": "fund", "to": "general"}])
    assert brute.decide(Evaluator(apart).affine([("hold", "")], {"works": "p1"})) is None
