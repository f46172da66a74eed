"""The circulation of money: node balances and sums on random plans, circulations and steps by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, study
from tests.reports.drawn import CLOSE, drawn, ledger, of, years
from tests.reports.test_audit_money import DRAWS, budget
from tests.reports.told import planned
from zonevest.reports.circulation import AFTER, BEFORE, KEPT, NODES, loop, nodes, shares, step_of
from zonevest.reports.facts import Facts


def flows(facts: Facts) -> Any:
    table = facts.circulation
    return table[table["kind"] == "flow"]


def test_what_enters_a_node_leaves_it_or_is_kept() -> None:
    for seed, facts in drawn():
        table, told = flows(facts), nodes(facts).set_index(["node", "period"])
        assert (table["value"] > 0).all()
        for node in NODES:
            comes, goes = (of(table, facts.periods, **{side: node}) for side in ("to", "from"))
            assert comes == pytest.approx(goes, **CLOSE), (seed, node)
            kept = table[table["to"].str.startswith(KEPT) | (table["to"] == AFTER)]
            assert told.loc[node, "enters"].to_numpy() == pytest.approx(comes, **CLOSE)
            assert told.loc[node, "stays"].to_numpy() == pytest.approx(of(kept, facts.periods, **{"from": node}))


def test_the_fund_is_the_cash_of_all_budgets() -> None:
    for seed, facts in drawn():
        table = flows(facts)
        after = of(table, facts.periods, to=AFTER) - of(table, facts.periods, **{"from": AFTER})
        if facts.finance is None:
            net = years(facts) * ledger(facts, "money.operating") + ledger(facts, "money.receipts")
            assert after == pytest.approx(net - ledger(facts, "money.outlay"), **CLOSE), seed
            continue
        assert after == pytest.approx(ledger(facts, "finance.cash"), **CLOSE), seed
        before = of(table, facts.periods, **{"from": BEFORE}) - of(table, facts.periods, to=BEFORE)
        assert before[1:] == pytest.approx(after[:-1], **CLOSE), seed


def test_what_is_received_and_laid_out_is_the_ledgers() -> None:
    for seed, facts in drawn():
        table = flows(facts)
        table = table[table["account"] != ""]
        ours = table[(table["to"] == "fund") | (table["from"] == "fund")]
        signed = ours.assign(value=np.where(ours["to"] == "fund", 1.0, -1.0) * ours["value"])
        once = ledger(facts, "money.receipts") - ledger(facts, "money.outlay")
        assert of(signed, facts.periods, nature="one_off") == pytest.approx(once, **CLOSE), seed
        recurring = years(facts) * ledger(facts, "money.operating")
        assert of(signed, facts.periods, nature="recurring") == pytest.approx(recurring, **CLOSE), seed


def test_shares_make_up_the_whole() -> None:
    for seed, facts in drawn():
        told = shares(facts)
        sums = told.groupby("period", sort=False)["share"].sum(min_count=1).dropna()
        assert sums.to_numpy() == pytest.approx(np.ones(len(sums))), seed
        # all that is received is in one of them or in none, and restoration outlay is in the third
        table = facts.cash[facts.cash["kind"] == "source"]
        received = of(table, facts.periods) + ledger(facts, "money.outlay.restoration")
        whole = told.groupby("period")["amount"].sum().reindex(facts.periods).to_numpy()
        assert whole == pytest.approx(received, **CLOSE), seed


def test_reinvestment_is_what_its_row_counts() -> None:
    """Row (23): restoration outlay to date, and resource income above doing nothing to date, from the ledgers alone."""
    looked = 0
    for seed, facts in drawn():
        income, held = years(facts) * ledger(facts, "money.resource"), facts.ledger.held
        if facts.study.has_doing_nothing:
            idle = np.zeros((len(held.works.names), len(facts.periods)))
            wanted = [("money.resource", t) for t in range(len(facts.periods))]
            nothing = held.values(wanted, np.ones(len(held.options.kind)), idle, ["total"])[0]
            income = income - years(facts) * nothing
        spent, above = np.cumsum(ledger(facts, "money.outlay.restoration")), np.cumsum(income)
        told = loop(facts)["reinvestment_to_date"].to_numpy(dtype=float)
        there = above > 1e-6
        looked += int(there.sum())
        assert told[there] == pytest.approx(spent[there] / above[there], **CLOSE), seed
        assert np.isnan(told[above < 1e-12]).all(), seed
    assert looked > 0


class TestByHand:
    """10 ha: sold as they are for 20, or after works of 5 for 30; ore brings 2 a year, mending costs 1 once."""

    @staticmethod
    def facts(practice: str, **accounts: str) -> Facts:
        def cash(name: str, family: str, recurrence: str, role: str = "") -> dict[str, Any]:
            row = {"account": name, "family": family, "recurrence": recurrence, "cash": 1, "role": role}
            return row | {"circulation": accounts.get(name, "")}

        given = study(
            parcels=[FARM],
            accounts=[
                *(row for row in ACCOUNTS if row["account"] not in ("rent", "sale", "cost")),
                cash("sale", "revenue", "one_off", "land_sale"),
                cash("ore", "revenue", "annual", "resource_income"),
                cash("tax", "revenue", "annual"),
                cash("cost", "cost", "one_off"),
                cash("mend", "cost", "one_off", "restoration"),
            ],
            practices=[{**BUILD, "practice": "raw"}, {**BUILD, "practice": "made"}],
            practice_flows=[
                {"practice": "raw", "account": "sale", "basis": "per_ha_once", "value": 2.0},
                {"practice": "raw", "account": "mend", "basis": "once", "value": 1.0},
                {"practice": "made", "account": "sale", "basis": "per_ha_once", "value": 3.0},
                {"practice": "made", "account": "cost", "basis": "once", "value": 5.0},
            ],
            class_flows=[
                {"land_class": "farm", "account": "ore", "basis": "per_year", "value": 2.0},
                {"land_class": "farm", "account": "tax", "basis": "per_year", "value": 1.0},
                {"land_class": "built", "account": "tax", "basis": "per_year", "value": 4.0},
            ],
        )
        return Facts(planned(given, {"a": (practice, "p2")}, {}))

    def amounts(self, facts: Facts, period: str) -> dict[str, float]:
        told = shares(facts)
        return told[told["period"] == period].set_index("circulation")["amount"].to_dict()

    def test_resources_sold_as_they_are(self) -> None:
        # two years of ore; the tax is the third's
        assert self.amounts(self.facts("made"), "p1") == pytest.approx({"first": 4, "second": 0, "third": 2, "none": 0})

    def test_land_sold_after_works(self) -> None:
        assert self.amounts(self.facts("made"), "p2") == pytest.approx(
            {"first": 0, "second": 30, "third": 12, "none": 0}
        )

    def test_land_sold_as_it_is(self) -> None:
        # mending is laid out, so that the land is not sold as it is, and counts in the third
        assert self.amounts(self.facts("raw"), "p2") == pytest.approx(
            {"first": 0, "second": 20, "third": 13, "none": 0}
        )
        facts = self.facts("raw")
        rows = facts.study.practice_flows
        bare = facts.study.replace(practice_flows=rows[rows["account"] != "mend"])
        found = self.amounts(Facts(planned(bare, {"a": ("raw", "p2")}, {})), "p2")
        assert found == pytest.approx({"first": 20, "second": 0, "third": 12, "none": 0})

    def test_marks_lead_money(self) -> None:
        facts = self.facts("made", tax="capital_fund", cost="asset_capital", sale="resource_asset")
        table = flows(facts)
        table = table[table["period"] == "p2"]
        sums = table.groupby(["from", "to"])["value"].sum().to_dict()
        # 30 are paid for the resource, which is an asset then, and cash at last; 5 of it stay in the asset; tax of 12
        assert sums == pytest.approx(
            {
                ("payers", "resource"): 30, ("resource", "asset"): 30, ("asset", "fund"): 30,
                ("fund", "asset"): 5, ("asset", "kept_in_asset"): 5,
                ("payers", "capital"): 12, ("capital", "fund"): 12,
                ("fund", "cash_after"): 37,
            }
        )  # fmt: skip

    def test_the_loop(self) -> None:
        marks = {"tax": "capital_fund", "cost": "asset_capital", "sale": "resource_asset", "mend": "fund_resource"}
        told = loop(self.facts("made", **marks)).set_index("period")
        assert told.loc["p2", ["resource_asset", "asset_capital", "capital_fund", "fund_resource"]].tolist() == [
            30, 5, 12, 0,
        ]  # fmt: skip
        assert not told.loc["p2", "closed"]
        assert told.loc["p2", "recurring_net"] == pytest.approx(4)

    def test_money_that_is_lent(self) -> None:
        """The budget of `test_audit_money` raises 4 by a bond and 1 by a grant in p1, and repays 2."""
        facts = Facts(planned(budget(), {}, {"works": "p1"}, financing=DRAWS))
        table = flows(facts)
        lent = table[(table["from"] == "lenders") & (table["period"] == "p1")]
        assert lent["value"].sum() == pytest.approx(4)
        back = table[(table["to"] == "lenders") & (table["period"] == "p1")]
        assert back.set_index("item")["value"].groupby(level=0).sum().to_dict() == pytest.approx(
            {"repaid": 2, "interest": 0.44}
        )
        p3 = shares(facts).set_index(["period", "circulation"])["amount"]
        # refinancing stands in for what falls due, and transfers come from above: neither is in a circulation
        assert p3["p3", "none"] == pytest.approx(1.5 + 3.993 + 4.3923 + 4.83153)


@pytest.mark.parametrize(
    ("account", "role", "restores", "received", "step"),
    [
        ("project.revenue", "", False, True, "capital_fund"),
        ("project.capex", "", False, False, "asset_capital"),
        ("project.capex", "", True, False, "fund_resource"),
        ("project.revenue", "", True, True, "resource_fund"),
        ("quota.land.sale", "", False, True, "resource_asset"),
        ("plot", "land_sale", False, True, "resource_asset"),
        ("other", "", False, True, ""),
    ],
)
def test_steps_of_accounts_without_a_mark(account: str, role: str, restores: bool, received: bool, step: str) -> None:
    assert step_of(account, role, restores, received) == step
