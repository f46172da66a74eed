"""Cash flow, capture and distribution of plans, against arithmetic by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.reports import whole
from tests.reports.audit_studies import BUILD, study
from tests.reports.money_studies import R, deltas
from tests.reports.test_audit_money import DRAWS, PERIODS, budget
from tests.reports.told import planned
from zonevest.model.plan import PlanData
from zonevest.reports.budgets import budgets
from zonevest.reports.capture import capture
from zonevest.reports.cash_flow import cash_flow, grade
from zonevest.reports.distribution import cash_parts, distribution
from zonevest.reports.money import in_short, money_tables


def municipal(**keys: Any) -> pd.DataFrame:
    return cash_flow(planned(budget(keys), {}, {"works": "p1"}, financing=DRAWS))


def told(table: pd.DataFrame, kind: str, item: str, account: str = "", instrument: str = "") -> list[float]:
    """What a row tells of p1, p2 and p3; nothing is 0."""
    rows = table[(table["kind"] == kind) & (table["item"] == item)]
    rows = rows[(rows["account"] == account) & (rows["instrument"] == instrument)].set_index("period")["value"]
    return [float(rows.get(name, 0.0)) for name in ("p1", "p2", "p3")]


class TestCashFlow:
    """The municipal budget of three periods, 1, 2 and 3 years long (see `test_audit_money`)."""

    def test_sources(self) -> None:
        table = municipal()
        # land brings 5 a year; the works 3 a year from 2028 on
        assert told(table, "source", "revenue", "rent") == pytest.approx([5, 10, 15])
        assert told(table, "source", "revenue", "project.revenue") == pytest.approx([0, 3, 9])
        # 12 are stated, 5 of them are the land's; transfers 3 and 10 % more each year
        assert told(table, "source", "own_revenue") == pytest.approx([7, 14, 21])
        assert told(table, "source", "transfers") == pytest.approx([3, 3.3 + 3.63, 3.993 + 4.3923 + 4.83153])
        assert told(table, "source", "raised", instrument="bond") == [4, 2, 0]
        assert told(table, "source", "raised", instrument="grant") == [1, 0, 0]
        assert told(table, "source", "raised", instrument="stake") == [0, 2, 0]
        assert told(table, "source", "refinanced", instrument="roll") == [0, 0, 1.5]

    def test_uses(self) -> None:
        table = municipal()
        assert told(table, "use", "operating_cost", "upkeep") == pytest.approx([2, 4, 6])
        assert told(table, "use", "operating_cost", "project.cost") == pytest.approx([0, 1, 3])
        assert told(table, "use", "fixed_cost") == pytest.approx([8, 16, 24])
        assert told(table, "use", "outlay", "project.capex") == pytest.approx([6, 6, 0])
        assert told(table, "use", "repaid", instrument="loan") == pytest.approx([2, 4 + 2, 0])
        assert told(table, "use", "interest", instrument="bond") == pytest.approx([0.2, 0.6, 0.4])
        assert told(table, "use", "interest", instrument="stake") == pytest.approx([0, 0.24, 0.36])

    def test_cash(self) -> None:
        table = municipal(reserve_months=6.0)
        # 4 + 15 + 5 − 2 − 8 − 6 − 2 − 0.44; the same arithmetic as of finance.cash in `test_audit_money`
        opening, closing = told(table, "stock", "opening_cash"), told(table, "stock", "closing_cash")
        assert opening == pytest.approx([4, 5.56, 11.29])
        assert closing[:2] == pytest.approx([5.56, 11.29])
        # six months of 2 + 8, 2.5 + 8, 3 + 8
        assert told(table, "stock", "reserve") == pytest.approx([5, 5.25, 5.5])
        for t, period in enumerate(("p1", "p2", "p3")):
            sums = table[table["period"] == period].groupby("kind")["value"].sum()
            assert opening[t] + sums["source"] == pytest.approx(sums["use"] + closing[t])

    def test_one_budget(self) -> None:
        # the same, as what comes to the one till there is and leaves it; p1 repays 2 of the old loan, bears 0.2 + 0.24
        table = budgets(planned(budget(), {}, {"works": "p1"}, financing=DRAWS)).set_index("period")
        assert set(table.pop("budget")) == {"all"}
        assert table["opening"].tolist() == pytest.approx([4, 5.56, 11.29])
        assert table.loc["p1"].tolist() == pytest.approx([4, 5, 0, 6, 5, 2, 0.44, 0, 0, 0, 5.56])
        assert budgets(planned(study(), {}, {})).empty

    def test_debt(self) -> None:
        table = municipal()
        assert told(table, "stock", "debt") == pytest.approx([4 + 4, 6, 1.5])
        assert told(table, "stock", "debt", instrument="bond") == pytest.approx([4, 6, 0])
        # at its highest: bond 4 and old 4; bond 6 and the loan of 2 at its beginning; bond 6 and what refinances, 1.5
        assert told(table, "stock", "debt_counted") == pytest.approx([8, 8, 7.5])
        # 20 growing 5 % a year, and the revenue above the start's 5
        resources = [20, 20 * (1.05 + 1.05**2) / 2 + 1.5, 20 * (1.05**3 + 1.05**4 + 1.05**5) / 3 + 3]
        assert told(table, "stock", "fiscal_resources") == pytest.approx(resources)
        ratio = [100 * a / b for a, b in zip([8, 8, 7.5], resources, strict=True)]
        assert told(table, "ratio", "debt_ratio") == pytest.approx(ratio)
        assert told(table, "ratio", "debt_ratio_all")[0] == pytest.approx(40)
        start = table[table["period"] == "start"].set_index(["item", "instrument"])
        assert start.loc[("debt_ratio", ""), ["value", "grade"]].tolist() == [pytest.approx(30), "green"]
        assert start.loc[("debt", "loan"), "value"] == 6

    def test_ratios(self) -> None:
        table = municipal()
        # N: 3 + 7 + 3 − 8; 4 + 7 + 3.465 − 8; 5 + 7 + 13.21683 / 3 − 8
        n = [5, 6.465, 4 + 13.21683 / 3]
        interest = [0.2 + 0.24, (0.6 + 0.12 + 0.24 + 0.24) / 2, (0.4 + 0.36 + 0.045) / 3]
        assert told(table, "balance", "operating_result") == pytest.approx(n)
        after = [a - b for a, b in zip(n, interest, strict=True)]
        assert told(table, "balance", "balance_after_interest") == pytest.approx(after)
        # service of new debt that does not refinance: 0.2; 0.6 + 2 + 0.12; 6 + 0.4
        assert told(table, "ratio", "cover") == pytest.approx([5 / 0.2, 2 * n[1] / 2.72, 3 * n[2] / 6.4])
        # with all debt: the old 2 + 0.24 too; 4 + 0.24; refinancing takes 1.5 off and bears 0.045
        whole_ = told(municipal(dscr_scope="all", dscr_min=0.1), "ratio", "cover")
        assert whole_ == pytest.approx([5 / 2.44, 2 * n[1] / 6.96, 3 * n[2] / (6.4 + 0.045 - 1.5)])
        # bond: of budget fund, as is the capital cost of the works: 6 + 4 raised; 6 + 2; in p3 nothing but interest,
        # of which interest would be all, however little is owed: not told
        assert told(table, "ratio", "interest_share_fund") == pytest.approx([20 / 10.2, 60 / 8.6, 0])
        assert "interest_share_fund" not in set(table.loc[table["period"] == "p3", "item"])
        assert told(table, "ratio", "green_share")[:2] == [100, 100]
        assert table.loc[table["period"] == "p3", "item"].isin(["green_share"]).sum() == 0

    def test_fixed_cost_grows(self) -> None:
        # 8 beside what the land costs, and 5 % more each year: 8; 8.4 + 8.82; 9.261 + 9.72405 + 10.2102525
        table = municipal(growth={"fixed_cost": 0.05})
        assert told(table, "use", "fixed_cost") == pytest.approx([8, 17.22, 29.1953025])

    def test_land_sale_in_all_revenue(self) -> None:
        # a is built on in p1 and sold for 4; beside it 7 of own revenue and 3 of transfers, and no rent any more
        given = budget(
            practices=[BUILD],
            practice_flows=[{"practice": "build", "account": "sale", "basis": "once", "value": 4.0}],
        )
        table = cash_flow(planned(given, {"a": ("build", "p1")}, {"works": "p1"}, financing=DRAWS))
        assert told(table, "source", "land_sale", "sale") == [4, 0, 0]
        assert told(table, "ratio", "land_sale_share") == pytest.approx([100 * 4 / 14, 0, 0])

    def test_limits_that_are_off(self) -> None:
        off = municipal(debt_ratio_cap=1.0).query("kind == 'off'")["item"]
        assert "dscr_min" in set(off)
        assert "debt_ratio_cap" not in set(off)

    def test_without_finance(self) -> None:
        # what the land and the works bring: 3; 6 + 2; 9 + 6, less 6 and 6 of capital
        given = budget()
        names = ("accounts", "class_flows", "projects")
        bare = study({"periods": PERIODS}, **{name: given.tables[name].to_dict("records") for name in names})
        table = cash_flow(planned(bare, {}, {"works": "p1"}))
        assert told(table, "balance", "net") == pytest.approx([3 - 6, 6 + 2 - 6, 9 + 6])
        assert table.loc[table["kind"] == "off", "item"].tolist() == ["finance"]
        assert not table["item"].isin(["closing_cash", "debt", "debt_ratio"]).any()


@pytest.mark.parametrize(
    ("percent", "name"),
    [(0, "green"), (119.9, "green"), (120, "yellow"), (199.9, "yellow"), (200, "orange"), (299.9, "orange"),
     (300, "red"), (900, "red")],
)  # fmt: skip
def test_grades(percent: float, name: str) -> None:
    assert grade(percent) == name


@pytest.fixture(scope="module")
def built() -> PlanData:
    """Parcel a, 10 ha of state land, is built on from 2026 on, for good; no project."""
    return planned(whole.whole(), {"a": ("build", "p1")}, {})


def once(amount: float, year: int) -> float:
    """One-off money of the building as equivalents: C r for good, C carried to the beginning of 2026."""
    return float(amount * (1 + R) ** (2026 - 1 - year) * R * deltas(2026))


# value rises by 1 a hectare in 2026; 30 % are levied, and 10 % more of state land, in 2027; 2 % a year from 2028 on
CREATED, LEVIED, TAXED = once(10, 2026), once(4, 2027), 0.2 * deltas(2028)


def test_capture(built: PlanData) -> None:
    table = capture(built)
    assert set(zip(table["kind"], table["source"], strict=True)) == {("practice", "build")}
    found = table.groupby(["item", "instrument", "account", "actor"])["value"].sum().to_dict()
    # 0.3 of rent in place of 0.2 a hectare from outside, a fifth of it for the pot, which is private; building costs 4
    more = 1.0 * deltas(2026)
    expected = {
        ("created", "", "rent", ""): more,
        ("created", "", "rise", ""): CREATED,
        ("captured", "value_levies", "levy", "local"): LEVIED,
        ("captured", "value_levies", "tax", "local"): TAXED,
        ("left", "", "rise", "farmers"): CREATED,
        ("left", "", "levy", "farmers"): -LEVIED,
        ("left", "", "tax", "outside"): -TAXED,
        ("public_cost", "", "cost", "local"): once(4, 2026),
        ("rise_booked", "", "rise", ""): 10.0,
    }
    rent = {key: value for key, value in found.items() if key[2] == "rent" and key[0] != "created"}
    assert {key[3]: value for key, value in rent.items()} == pytest.approx({"local": 0.8 * more, "pot": 0.2 * more})
    assert {key: value for key, value in found.items() if key not in rent} == pytest.approx(expected)


def test_distribution(built: PlanData) -> None:
    table = distribution(built)
    sides = table[table["kind"].isin(["money", "uplift"])].set_index(["account", "actor"])[["receives", "pays"]]
    # rent: 0.3 in place of 0.2 a hectare, four fifths for the purse, from outside
    more, paid = 1.0 * deltas(2026), once(4, 2026)
    expected = {
        ("rent", "local"): (0.8 * more, 0), ("rent", "pot"): (0.2 * more, 0), ("rent", "outside"): (0, more),
        ("cost", "local"): (0, paid), ("cost", "outside"): (paid, 0),
        ("rise", "farmers"): (CREATED, 0),
        ("levy", "local"): (LEVIED, 0), ("levy", "farmers"): (0, LEVIED),
        ("tax", "local"): (TAXED, 0), ("tax", "outside"): (0, TAXED),
    }  # fmt: skip
    assert {key: tuple(row) for key, row in zip(sides.index, sides.to_numpy().tolist(), strict=True)} == {
        key: pytest.approx(row) for key, row in expected.items()
    }
    gains = table[table["kind"] == "gain"].set_index("actor")["net"]
    assert gains["local"] == pytest.approx(0.8 * more - paid + LEVIED + TAXED)
    assert gains["farmers"] == pytest.approx(CREATED - LEVIED)
    stated = built.ledger[built.ledger["account"].str.startswith("gain.actor.")]
    stated = stated[stated["jurisdiction"] == "total"].set_index("account")["value"]
    assert {f"gain.actor.{name}": value for name, value in gains.items()} == pytest.approx(stated.to_dict())
    # farmers are those whose gain a jurisdiction's is; 30 people live in the east
    east = table[table["jurisdiction"] == "east"].iloc[0]
    assert (east["net"], east["people"]) == (pytest.approx(CREATED - LEVIED), 30)
    assert east["per_head"] == pytest.approx((CREATED - LEVIED) * 1e6 / 30)


def test_parts_of_the_gain(built: PlanData) -> None:
    parts = cash_parts(built).set_index("part")["value"]
    assert parts["recurring_revenue"] == pytest.approx(0.8 * deltas(2026) + TAXED)
    assert parts["receipts"] == pytest.approx(LEVIED)
    assert parts["outlay"] == pytest.approx(-once(4, 2026))
    assert parts["land_rent"] == 0
    assert parts.sum() == pytest.approx(built.cash)
    assert parts["financing"] == pytest.approx(0, abs=1e-9)


def test_a_sale_is_told_as_rent() -> None:
    given = whole.whole(practice_flows=[{"practice": "build", "account": "sale", "basis": "once", "value": 9.0}])
    plan = planned(given, {"a": ("build", "p1")}, {})
    assert cash_parts(plan).set_index("part").loc["land_rent", "value"] == pytest.approx(once(9, 2026))
    short = in_short(plan, money_tables(plan))
    assert short["land_rent"] == pytest.approx(once(9, 2026))
    assert short["risk_grade"] == {"start": "green", "p1": "green", "p2": "green"}


def test_without_a_plan_there_is_nothing() -> None:
    plan = PlanData(whole.whole(), "infeasible")
    assert all(table.empty for table in money_tables(plan).values())


def test_files_hold_what_the_tables_do(built: PlanData, tmp_path: Path) -> None:
    from zonevest.reports.money import write_money

    write_money(built, tmp_path)
    for name, table in money_tables(built).items():
        again = pd.read_csv(tmp_path / f"{name}.csv", keep_default_na=False)
        assert list(again.columns) == list(table.columns)
        assert len(again) == len(table)
