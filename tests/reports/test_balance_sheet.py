"""The balance sheet and the cash tables: identities on random plans, other ways to the same numbers, numbers by hand.

The random plans are drawn, not solved; their cash is what the model's own rows of cash make of it (some 20 s).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reports.audit_studies import BUILD, study
from tests.reports.drawn import CLOSE, PLANS, drawn, ledger, of, years
from tests.reports.test_audit_money import DRAWS, budget
from tests.reports.told import planned
from zonevest.model.booked import LAND
from zonevest.model.capital import MENDS, straight_line
from zonevest.reports.balance_sheet import CHANGE, fund_ledger, written_off
from zonevest.reports.cash_tables import (
    cash_by_budget,
    cash_by_nature,
    debt_and_cover,
    debt_by_instrument,
    land_dependence,
    sources_and_uses,
)
from zonevest.reports.facts import Facts
from zonevest.reports.scorecard import scorecard

Known = tuple[tuple[int, Facts], ...]


@pytest.fixture(scope="module")
def known() -> Known:
    return drawn()


def test_the_plans_have_everything(known: Known) -> None:
    financed = [facts for _, facts in known if facts.finance is not None]
    assert 3 <= len(financed) <= PLANS - 3
    assert sum(len(facts.study.budgets) > 0 for facts in financed) >= 3
    assert any((facts.study.budgets["borrower"] == "enterprise").any() for facts in financed)
    assert sum("again" in set(facts.plan.financing["instrument"]) for facts in financed) >= 3
    assert sum(len(facts.plan.fund_transfers) > 0 for _, facts in known) >= 2
    assert sum(len(facts.capital.rows) > 0 for _, facts in known) >= 8
    assert sum(not facts.study.has_doing_nothing for _, facts in known) >= 1


def test_assets_are_liabilities_and_net_worth(known: Known) -> None:
    for seed, facts in known:
        table, periods = facts.balance, ["start", *facts.periods]
        assets, owed = (of(table, periods, side=side) for side in ("asset", "liability"))
        parts = [of(table, periods, side="net_worth", item=item) for item in ("own", "restricted", "natural")]
        total = of(table, periods, side="net_worth", item="total")
        assert assets == pytest.approx(owed + total, **CLOSE), seed
        assert sum(parts) == pytest.approx(total, **CLOSE), seed


def test_opening_and_flows_are_closing(known: Known) -> None:
    for seed, facts in known:
        table, periods = facts.balance, facts.periods
        worth = of(table, ["start", *periods], side="net_worth", item="total")
        changes = table[(table["side"] == CHANGE) & ~table["item"].isin(["opening", "closing"])]
        assert of(table, periods, side=CHANGE, item="opening") == pytest.approx(worth[:-1], **CLOSE), seed
        assert of(table, periods, side=CHANGE, item="closing") == pytest.approx(worth[1:], **CLOSE), seed
        assert worth[:-1] + of(changes, periods) == pytest.approx(worth[1:], **CLOSE), seed


def test_cash_is_what_the_rows_of_cash_make_it(known: Known) -> None:
    for seed, facts in known:
        cash = facts.balance[facts.balance["item"] == "cash"]
        if facts.finance is None:
            # what comes together since the start, from the ledger alone
            net = years(facts) * ledger(facts, "money.operating")
            net = net + ledger(facts, "money.receipts") - ledger(facts, "money.outlay")
            assert of(cash, facts.periods) == pytest.approx(np.cumsum(net), **CLOSE), seed
            continue
        assert of(cash, facts.periods) == pytest.approx(ledger(facts, "finance.cash"), **CLOSE), seed
        for name in facts.study.budgets["budget"]:
            held = ledger(facts, f"finance.cash.{name}")
            assert of(cash, facts.periods, budget=name) == pytest.approx(held, **CLOSE), seed


def owed_and_paid(facts: Facts, f: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owed at the end, repaid and interest of an instrument by period, year by year from financing.csv."""
    row = facts.study.instruments.set_index("instrument").loc[f]
    first = facts.study.periods[0].start
    horizon = facts.study.periods[-1].last - first + 1
    owed, repaid, interest = np.zeros(horizon + 1), np.zeros(horizon), np.zeros(horizon)
    tenor = None if np.isnan(row["tenor_years"]) else int(row["tenor_years"])
    grace = int(row["grace_years"]) if row["repay"] == "level_principal" else 0

    def run(amount: float, drawn: int, begun: int) -> None:
        """A loan drawn at the beginning of a year, whose tenor counts from another."""
        left = amount
        for year in range(drawn, horizon):
            interest[year] += left * row["rate"]
            age = year - begun + 1  # at the end of the year
            if tenor is not None and left > 0:
                due = 0.0
                if row["repay"] == "level_principal" and age > grace:
                    due = amount / (tenor - grace)
                due = left if age >= tenor else due
                repaid[year] += due
                left -= due
            owed[year + 1] += left

    raised = facts.plan.financing[facts.plan.financing["instrument"] == f]
    for period in facts.study.periods:
        amount = float(raised.loc[raised["period"] == period.name, "raised"].sum())
        begin, count = period.start - first, period.years
        if not row["refinances"]:
            run(amount, begin, begin)
            continue
        for k in range(count):  # equal parts at the ends of the years, all running from the end of the period
            part, year = amount / count, begin + k
            owed[year + 1] += part
            for later in range(year + 1, begin + count):
                interest[later] += part * row["rate"]
                owed[later + 1] += part
        run(amount, begin + count, begin + count)
    legacy = float(row["outstanding"])
    for year in range(horizon):
        span = row["outstanding_years"]
        there = legacy * max(0.0, 1.0 - year / span) if legacy else 0.0
        after = legacy * max(0.0, 1.0 - (year + 1) / span) if legacy else 0.0
        interest[year] += there * row["rate"]
        repaid[year] += there - after
        owed[year + 1] += after
    ends = [period.last - first + 1 for period in facts.study.periods]
    cuts = [period.start - first for period in facts.study.periods]
    return owed[ends], np.add.reduceat(repaid, cuts), np.add.reduceat(interest, cuts)


def test_debt_is_what_was_raised_and_not_repaid(known: Known) -> None:
    looked = 0
    for seed, facts in known:
        table = debt_by_instrument(facts)
        assert table["closing"].to_numpy() == pytest.approx(
            (table["opening"] + table["raised"] - table["repaid"]).to_numpy(), **CLOSE
        ), seed
        for f, part in table.groupby("instrument"):
            looked += 1
            for name, values in zip(("closing", "repaid", "interest"), owed_and_paid(facts, str(f)), strict=True):
                assert part[name].to_numpy() == pytest.approx(values, **CLOSE), (seed, f, name)
            sheet = of(facts.balance[facts.balance["side"] == "liability"], facts.periods, instrument=str(f))
            assert sheet == pytest.approx(part["closing"].to_numpy(), **CLOSE), (seed, f)
    assert looked > 10


def test_operating_assets_are_what_the_books_spend(known: Known) -> None:
    seen = 0
    for seed, facts in known:
        capital, booked, accounts = facts.capital, facts.books.plan, facts.ledger.accounts
        spent = pd.DataFrame(capital.spent).groupby([capital.rows["kind"], capital.rows["source"]]).sum()
        mends = facts.study.practices.set_index("practice")
        mends = set(mends.index[mends["mode"].isin(MENDS) | (mends["restoration"] == 1)])
        other: dict[tuple[str, str], np.ndarray] = {}
        for row, totals in zip(booked.rows.itertuples(), booked.totals, strict=True):
            at = int(accounts.names.get_loc(row.account))
            once = accounts.money[at] and accounts.family[at] == "cost" and accounts.recurrence[at] == "one_off"
            restoring = row.kind == LAND and (accounts.role[at] == "restoration" or row.source in mends)
            if once and row.kind in (LAND, "project") and accounts.role[at] != "land_cost" and not restoring:
                part = -accounts.net(accounts.purse, at, row.source if row.kind == "project" else "")
                key = (str(row.kind), str(row.source))
                other[key] = other.get(key, np.zeros(len(totals))) + max(part, 0.0) * totals
        other = {key: totals for key, totals in other.items() if np.abs(totals).max() > 1e-9}
        # synergies book once on a project too, but are no outlay of it
        if facts.study.synergies.empty:
            assert set(spent.index) == set(other), seed
        for key, totals in other.items():
            if facts.study.synergies.empty or key[0] == LAND:
                seen += 1
                assert spent.loc[key].to_numpy() == pytest.approx(totals, **CLOSE), (seed, key)
        table = written_off(facts)
        assert table["closing"].to_numpy() == pytest.approx(
            (table["opening"] + table["spent"] - table["written_off"]).to_numpy(), **CLOSE
        )
        closing = of(table.rename(columns={"closing": "value"}), facts.periods)
        sheet = facts.balance[facts.balance["item"].isin(["projects", "land_actions"])]
        assert of(sheet, facts.periods) == pytest.approx(closing, **CLOSE)
        assert (table["closing"] > -1e-9).all()
    assert seen > 10


def test_the_fund_passes_on_what_it_has(known: Known) -> None:
    for seed, facts in known:
        fund, account = fund_ledger(facts), facts.study.settings.equity.fund
        if fund is None:
            continue
        # the row `fund` of limits.csv: passed on to date against what it has received to date
        rows = facts.plan.limits[facts.plan.limits["limit"] == "fund"].set_index("period")
        for t, name in enumerate(facts.periods):
            if name in rows.index:
                assert np.cumsum(fund["received"])[t] == pytest.approx(rows.loc[name, "bound"], **CLOSE), (
                    seed,
                    account,
                )
                assert np.cumsum(fund["passed"])[t] == pytest.approx(rows.loc[name, "value"], **CLOSE), seed


def test_sources_are_uses(known: Known) -> None:
    for seed, facts in known:
        table = sources_and_uses(facts)
        sides = [of(table, facts.periods, way=way) for way in ("source", "use")]
        assert sides[0] == pytest.approx(sides[1], **CLOSE), seed
        by_nature = cash_by_nature(facts).groupby("period", sort=False)["net"].sum()
        closing = of(facts.balance[facts.balance["item"] == "cash"], ["start", *facts.periods])
        assert by_nature.to_numpy() == pytest.approx(np.diff(closing), **CLOSE), seed
        # from the ledger alone: what recurs, what comes once
        wide = cash_by_nature(facts).pivot_table("net", "period", "nature").reindex(facts.periods)
        once = ledger(facts, "money.receipts") - ledger(facts, "money.outlay")
        if facts.finance is not None:
            once = once - facts.finance.fund_transfers()
        assert wide["one_off"].to_numpy() == pytest.approx(once, **CLOSE), seed
        tills = cash_by_budget(facts)
        comes = tills[["operating", "receipts", "raised", "passed_in"]].sum(axis=1)
        leaves = tills[["outlay", "repaid", "interest", "passed_out", "fund_transfers"]].sum(axis=1)
        assert (tills["opening"] + comes).to_numpy() == pytest.approx((leaves + tills["closing"]).to_numpy(), **CLOSE)
        for name in ("passed_in", "passed_out"):
            moved = facts.plan.budget_transfers["amount"].sum()
            assert tills[name].sum() == pytest.approx(moved, **CLOSE)


class TestByHand:
    """The budget of `test_audit_money`: 1, 2 and 3 years; the works cost 6 and 6, and serve 10 years from 2028."""

    @pytest.fixture
    def facts(self) -> Facts:
        return Facts(planned(budget(), {}, {"works": "p1"}, financing=DRAWS))

    def test_operating_assets(self, facts: Facts) -> None:
        # 12 over 10 years: 1.2 in 2028, three times that in 2029-2031
        table = written_off(facts).set_index("period")
        assert table["spent"].tolist() == pytest.approx([6, 6, 0])
        assert table["written_off"].tolist() == pytest.approx([0, 1.2, 3.6])
        assert table["closing"].tolist() == pytest.approx([6, 10.8, 7.2])
        assert set(table["project"]) == {"works"}

    def test_net_worth(self, facts: Facts) -> None:
        # 4 in cash and 6 owed; then 5.56 in cash, 6 built, 4 owed on each of bond and loan
        own = of(facts.balance, ["start", "p1"], side="net_worth", item="own")
        assert own == pytest.approx([4 - 6, 5.56 + 6 - 4 - 4])
        # which is 5 of operating result, 0.44 of interest, and the grant of 1
        changes = facts.balance[(facts.balance["side"] == CHANGE) & (facts.balance["period"] == "p1")]
        changes = changes.set_index("item")["value"]
        assert changes.to_dict() == pytest.approx(
            {"opening": -2, "operating_result": 5, "interest": -0.44, "grants": 1, "closing": 3.56, "written_off": 0}
        )

    def test_outside_equity_is_a_claim(self, facts: Facts) -> None:
        claims = of(facts.balance, ["start", *facts.periods], side="liability", item="outside_equity")
        assert claims.tolist() == [0, 0, 2, 2]

    def test_ratios(self, facts: Facts) -> None:
        table = debt_and_cover(facts).set_index("period")
        # 6 owed before, of 20 a year; at the end of p1 4 of the bond and 4 of the loan
        assert table.loc["start", ["debt", "fiscal_resources", "debt_ratio"]].tolist() == pytest.approx([6, 20, 0.3])
        assert table.loc["p1", "debt"] == pytest.approx(8)
        assert table["grade"].tolist()[:2] == ["green", "green"]
        # a year 5, 6.465 and 4 + 13.21683 / 3 (see `test_money_tables`); in all 0.2 + 0.24 and 2 of the old loan,
        # 2.72 and 4.24, 6.4 and 0.045 of what refinances: the 1.5 that it brings pay a part, and stay due
        due = [5 / 2.44, 2 * 6.465 / 6.96, (12 + 13.21683) / 6.445]
        assert table["cover_all"].tolist()[1:] == pytest.approx(due)
        assert table.loc["p1", "cover"] == pytest.approx(5 / 0.2)
        card = scorecard(facts).set_index("indicator")
        assert card.loc["cover_all", "target"] == pytest.approx(due[-1])
        assert debt_and_cover(Facts(planned(study(), {}, {}))).empty

    def test_land_dependence(self) -> None:
        sale = {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"}
        rent = {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1}
        given = study(
            accounts=[sale, rent],
            practices=[BUILD],
            class_flows=[{"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.5}],
            practice_flows=[{"practice": "build", "account": "sale", "basis": "once", "value": 30.0}],
        )
        facts = Facts(planned(given, {"a": ("build", "p1")}, {}))
        earned = ledger(facts, "rent")[0] * years(facts)[0]
        assert land_dependence(facts)["p1"] == pytest.approx(30 / (30 + earned))


@pytest.mark.parametrize(
    ("paid", "service", "life", "off"),
    [
        ([6.0, 6.0, 0.0, 0.0, 0.0], 2, 4.0, [0, 0, 3, 3, 3]),
        ([8.0, 0.0, 0.0, 0.0, 0.0], 1, 2.0, [0, 4, 4, 0, 0]),
        ([8.0, 0.0, 0.0, 0.0, 0.0], 0, np.nan, [0, 0, 0, 0, 0]),
        # what is paid in service is written off over what is left of life, and at once when life is over
        ([0.0, 9.0, 0.0, 0.0, 0.0], 0, 4.0, [0, 3, 3, 3, 0]),
        ([0.0, 0.0, 0.0, 5.0, 0.0], 0, 2.0, [0, 0, 0, 5, 0]),
    ],
)
def test_straight_line(paid: list[float], service: int, life: float, off: list[float]) -> None:
    found: Any = straight_line(np.array([paid]), np.array([service]), np.array([life]))
    assert found[0].tolist() == pytest.approx(off)
