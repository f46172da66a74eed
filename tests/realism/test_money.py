"""Traps of money: each test fails where the package, or a default row, falls into one. Amounts in million."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.builds import complete, differences, fast
from tests.model.plain import plain
from tests.model.plain import planned as plan
from tests.realism.studies import MU, Booked, county, default, lot, row, row_of, told
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model

BUILDS = {"fast": fast, "complete": complete}
ACCOUNTS = [
    {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"},
    {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
    {"account": "works", "family": "cost", "recurrence": "one_off", "cash": 1},
    {"account": "upkeep", "family": "cost", "recurrence": "annual", "cash": 1},
]
FIELD = {"parcel_id": "p", "land_class": "field", "area_ha": 1.0}
CLASSES = [{"land_class": "field", "class_group": "arable"}, {"land_class": "town", "class_group": "construction"}]
BUILD = {"practice": "build", "zone": "R", "from_classes": "field", "to_class": "town"}
LOCKED = {**FIELD, "locked_practice": "build"}


def flow(name: str, account: str, value: float, basis: str = "per_ha_once", **cells: Any) -> dict[str, Any]:
    """A row of practice_flows (or of another subject, by `key`)."""
    return {cells.pop("key", "practice"): name, "account": account, "basis": basis, "value": value, **cells}


def test_i01_ecosystem_value_serves_no_debt() -> None:
    """However much nature is valued, no row of money, no debt service and no F1 moves: it is not cash."""

    def study(value: float, cash: int = 0) -> Study:
        eco = {"account": "eco", "family": "ecosystem", "recurrence": "annual", "cash": cash}
        return plain(
            {
                "finance": {
                    "own_revenue": 9.0, "fixed_cost": 5.0, "fiscal_resources": 9.0, "dscr_min": 1.2,
                    "dscr_scope": "all", "reserve_months": 3.0, "debt_ratio_cap": 1.0, "operating_balance_from": "a",
                    "interest_share_general": 0.1, "reinvestment_min": 0.1,
                },
            },
            rates={"finance": 0.05, "tail_years": 5},
            parcels=[{**FIELD, "tags": "near"}],
            land_classes=CLASSES,
            accounts=[*ACCOUNTS, eco],
            practices=[BUILD],
            class_flows=[flow("field", "eco", value, "per_ha_year", key="land_class")],
            practice_flows=[flow("build", "works", 1.0), flow("build", "rent", 0.2, "per_ha_year")],
            projects=[
                {"project": "park", "category": "other", "capex": 2.0, "annual_ecosystem": value, "annual_revenue": 0.1}
            ],
            instruments=[
                {"instrument": "loan", "kind": "loan", "rate": 0.03, "tenor_years": 4, "in_debt_ratio": 1,
                 "outstanding": 2.0, "outstanding_years": 4, "self_supporting": 0},
                {"instrument": "bond", "kind": "bond", "rate": 0.02, "tenor_years": 4, "categories": "other",
                 "self_supporting": 1, "cover_min": 1.2},
            ],
        )  # fmt: skip

    for build in BUILDS.values():
        poor = build(study(1.0))
        assert {name.partition("[")[0] for name in poor.rows} >= {"cash", "dscr_min", "debt_ratio_cap", "cover_min"}
        assert differences(poor, build(study(1000.0))) == []  # the objective is F1
        assert differences(poor, build(study(1000.0, cash=1))) == []  # nor is it by a mark in the wrong column
    found, richer = plan(study(1.0)), plan(study(1000.0))
    assert richer.cash == pytest.approx(found.cash)
    assert richer.ecosystem != pytest.approx(found.ecosystem)
    kinds = default("accounts").groupby("family")["cash"].max()
    assert kinds[["ecosystem", "carbon", "uplift", "quota", "social"]].tolist() == [0, 0, 0, 0, 0]
    # what the equivalent factors value is all of that family
    valued = default("accounts").query("source.str.startswith('谢高地')")
    assert valued["account"].tolist() == [
        "eco_products", "eco_wild", "eco_water", "eco_regulation", "eco_support", "eco_culture",
    ]  # fmt: skip
    assert set(valued["family"]) == {"ecosystem"}


def test_i03_land_is_sold_once() -> None:
    """A sale counts as the rent that it gives up, in its own period, and carries no running cost."""
    study = plain(
        {"finance": {"operating_balance_from": "a"}},
        rates={"finance": 0.05, "tail_years": 5},
        parcels=[LOCKED],
        land_classes=CLASSES,
        accounts=ACCOUNTS,
        practices=[{**BUILD, "latest": "a", "lease_years": 50.0}],
        practice_flows=[flow("build", "sale", 100.0)],
    )
    found = plan(study)
    # the rent of 50 years that is worth 100 in the year of the sale; 2026-2035 of it, paid at year ends
    rent = 100.0 * 0.05 / (1 - 1.05**-50)
    assert found.cash == pytest.approx(rent * sum(1.05**-year for year in range(1, 11)) / 1.05)
    assert found.cash < 45.0
    assert [told(found, "money.land_sale", period) for period in "ab"] == [100.0, 0.0]
    assert [told(found, "money.operating", period) for period in "ab"] == [0.0, 0.0]
    assert row(found, "operating_balance", "a")[0] == pytest.approx(0.0)
    flows = found.cash_flow()
    assert flows.loc[flows["item"] == "land_sale", ["kind", "period", "value"]].to_numpy().tolist() == [
        ["source", "a", 100.0]
    ]
    sold = default("accounts").query("role == 'land_sale'").set_index("account")
    assert sold["recurrence"].to_dict() == {"land_sale": "one_off"}


def test_i03_who_sells_more_gets_less() -> None:
    """The price falls with the amount, and the market takes no more than it takes."""
    lots = [{**FIELD, "parcel_id": f"p{k}", "area_ha": 2.0} for k in range(3)]
    study = plain(
        rates={"finance": 0.05, "tail_years": 5},
        parcels=lots,
        land_classes=CLASSES,
        accounts=ACCOUNTS,
        practices=[{**BUILD, "latest": "a"}],
        price_steps=[
            {"account": "sale", "area_account": "area.new.practice.build", "up_to": up, "factor": factor, "price": 10.0}
            for up, factor in ((1.0, 1.0), (2.0, 0.4))
        ],
    )  # fmt: skip
    found = plan(study)
    # two years: 2 ha at 10 and 2 at 4, and that is all
    assert told(found, "area.new.practice.build", "a") == 4.0
    assert told(found, "sale", "a") == pytest.approx(28.0)


def test_i05_industry_is_judged_by_the_tax_that_stays() -> None:
    """Land for industry is sold at a loss; 45 % of its tax stays here, and that is what pays."""
    rates = {"rates": {"finance": 0.05, "social": 0.03, "tail_years": 30}}
    actions = [row_of("practices", "industrial_sale", latest="2026")]
    edge = lot("edge", "0103", growth_boundary=1, locked_practice="industrial_sale")
    found = Booked(county(edge, settings=rates, practices=actions))
    once = sum(found.years("money.receipts")) - sum(found.years("money.outlay"))
    assert once == pytest.approx(0.97 * 3.75 - 0.9 - 0.15 - 6.0)  # price; bought, fee, roads and pipes
    tax = default("class_flows").set_index(["land_class", "account", "where"])["value"]
    whole = 0.12 * MU  # 12 x 10^4 yuan of all taxes a mu and year
    assert tax["0601", "industrial_tax", "growth_boundary=1"] == pytest.approx(0.45 * whole)
    # ramp of five years from 2027 on: three fifths of it in 2029, prices 2 % up a year
    assert found("industrial_tax", "2029") == pytest.approx(0.45 * whole * 0.6 * 1.02**3)
    shares = default("shares").query("account == 'industrial_tax' and role == 'receives'")
    assert shares["actor"].tolist() == ["local"]
    assert found.cash > 0


def test_i06_who_moves_in_is_served_every_year() -> None:
    """People cost schools and clinics for good: dense homes bring more once, and less cash in all."""

    def study(name: str, tail: int) -> Study:
        rates = {"rates": {"finance": 0.05, "social": 0.03, "tail_years": tail}}
        edge = lot("edge", "0103", growth_boundary=1, locked_practice=f"residential_{name}")
        actions = [row_of("practices", f"residential_{name}", latest="2026")]
        return county(edge, settings=rates, practices=actions)

    low, high = (Booked(study(name, 26)) for name in ("low", "high"))
    assert sum(high.years("money.receipts")) > sum(low.years("money.receipts")) + 15.0
    assert high.cash < low.cash - 5.0
    # 150 of 750 people come from outside, at 12,000 yuan a year each; from 2028 on, a third more each year
    assert high.years("public_services") == pytest.approx([0, 0, 1.8 / 3 * 1.02**2, 1.8 * 2 / 3 * 1.02**3])
    # and on: every further year of the tail costs F1 more
    assert high.cash < Booked(study("high", 25)).cash


TAX = {"family": "revenue", "recurrence": "one_off", "cash": 1, "path": "government"}


def bonds(**more: Any) -> dict[str, Any]:
    """A project with a special bond, land that is sold beside it, and tools that take of the land value it raises."""
    tables: dict[str, Any] = {
        "parcels": [{**LOCKED, "tags": "stop"}],
        "land_classes": CLASSES,
        "accounts": [
            *ACCOUNTS,
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
            {**TAX, "account": "tax", "capture_tool": "tax", "budget": "general"},
            {**TAX, "account": "levy", "capture_tool": "levy", "budget": "fund"},
        ],
        "capture": [
            {"capture_tool": "tax", "uplift_account": "rise", "rate": 0.3},
            {"capture_tool": "levy", "uplift_account": "rise", "rate": 0.1},
        ],
        "practices": [{**BUILD, "latest": "a"}],
        "practice_flows": [flow("build", "sale", 500.0)],
        "projects": [
            {"project": "tram", "category": "infrastructure", "capex": 100.0, "annual_revenue": 3.0,
             "annual_cost": 1.0, "latest": "a", "mandatory": 1, "catchment": "stop", "uplift_per_ha": 20.0,
             "uplift_account": "rise"}
        ],
        "instruments": [
            {"instrument": "bond", "kind": "bond", "budget": "fund", "rate": 0.0, "tenor_years": 5,
             "self_supporting": 1, "categories": "infrastructure", "cover_min": 1.25}
        ],
    }  # fmt: skip
    return {**tables, **more}


def raising(**finance: Any) -> dict[str, Any]:
    """Settings in which money raised is all that counts."""
    weights = {"method": "weighted", "accounts": {"finance.raised.bond": 1.0}}
    return {"finance": {"opening_cash": 200.0, **finance}, "objective": weights}


def test_i08_a_bond_of_its_own_is_served_by_its_project() -> None:
    """The project's income in the bond's years and the fund's levy: no taxes, budget revenue or sales of land."""
    # open in 2027-2030: (3 - 1) x 4, and a tenth of 20; three tenths of 20 are tax of the general budget
    expected = (2.0 * 4 + 0.1 * 20.0) / 1.25
    for finance in ({}, {"own_revenue": 1000.0, "transfers": 1000.0}):
        found = plan(plain(raising(**finance), **bonds()))
        assert told(found, "finance.raised.bond", "a") == pytest.approx(expected)
        assert row(found, "cover_min.tram", "a") == pytest.approx((10.0, 10.0))
        assert told(found, "tax", "a") == pytest.approx(6.0)  # taken all the same
    # a tax, or a transfer, that the project itself books is no income of it either
    accounts = [*bonds()["accounts"], {"account": "grant", "family": "revenue", "cash": 1, "path": "government"}]
    flows = [{"project": "tram", "account": "grant", "basis": "per_year", "value": 50.0}]
    found = plan(plain(raising(), **bonds(accounts=accounts, project_flows=flows)))
    assert told(found, "finance.raised.bond", "a") == pytest.approx(expected)
    for build in BUILDS.values():
        rows = build(plain(raising(), **bonds())).rows["cover_min[tram,a]"][2]
        assert sorted(abs(value) for value in rows.values() if abs(value) > 1e-9) == pytest.approx(
            [1.25, 2.0, 2.0, 8.0]
        )


EOD_ACCOUNTS = [
    *ACCOUNTS,
    {"account": "tickets", "family": "revenue", "recurrence": "annual", "cash": 1, "path": "market"},
    {"account": "tax", "family": "revenue", "recurrence": "annual", "cash": 1, "path": "government"},
]


def eod(account: str, value: float, **instrument: Any) -> Study:
    """Restoration bundled with a resort that takes money on one account for four years (and a sale in its first)."""
    basis, life = ("once", None) if account == "sale" else ("per_year", 4)
    taken = {"project": "resort", "account": account, "basis": basis, "value": value, "start_year": 1}
    loan = {"instrument": "bond", "kind": "loan", "budget": "enterprise", "rate": 0.0, "tenor_years": 4,
            "self_supporting": 1, "cover_min": 1.0, **instrument}  # fmt: skip
    return plain(
        {**raising(eod_eco_share=0.4), "objective": {"method": "weighted", "accounts": {"project.capex": 1.0}}},
        accounts=EOD_ACCOUNTS,
        projects=[
            {"project": "marsh", "category": "ecological_restoration", "capex": 4.0, "bundle": "shore", "life_years": 4,
             "latest": "a"},
            {"project": "resort", "category": "culture_tourism", "capex": 6.0, "bundle": "shore", "life_years": 4,
             "annual_cost": 1.0, "latest": "a"},
        ],
        project_flows=[{**taken, "life_years": life}],
        instruments=[loan],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("account", "value", "carries"),
    # capital of 10 and running cost of 1 for four years: 14 are needed
    [("tickets", 3.5, True), ("tickets", 3.4, False), ("sale", 100.0, False), ("tax", 100.0, False)],
)
def test_i09_ecology_is_paid_by_what_is_run_beside_it(account: str, value: float, carries: bool) -> None:
    """A bundle of restoration and business lives on its own operating income: no land, taxes or transfers carry it."""
    found = plan(eod(account, value))
    assert (found.projects["start"] != "").tolist() == [carries, carries]


def test_i09_land_in_reserve_is_no_security() -> None:
    """Money is raised for projects, or by government bonds: nothing is lent on land that waits for its sale."""
    edge = lot("edge", "0103", growth_boundary=1, locked_practice="reserve_and_sell")
    project = {"project": "spa", "category": "culture_tourism", "capex": 5.0, "annual_revenue": 1.0}
    study = county(edge, settings={"finance": {}}, projects=[project])
    model = policy_model(Ledger(build_options(study)))
    assert {j for _, j, _, _ in model.draw} == {"spa"}
    bonds_of_government = {"general_bond", "refinancing_bond", "special_refinancing_bond"}
    assert {f for f, _ in model.raised} <= bonds_of_government
    assert not {"loan", "equity"} & {
        default("instruments").set_index("instrument").loc[f, "kind"] for f, _ in model.raised
    }


def test_j09_whose_debt_the_bundle_has() -> None:
    """The borrower is an enterprise: outside the debt ratio, and its loan is served by what the bundle earns."""
    loan = row_of("instruments", "policy_loan")
    assert (loan["budget"], loan["in_debt_ratio"], loan["self_supporting"]) == ("enterprise", 0, 1)
    assert loan["cover_min"] >= 1.2
    raised = {"method": "weighted", "accounts": {"finance.raised.bond": 1.0}}
    # of four years of tickets less cost, from 2027 on, the loan's four years see three; sold land is not among them
    study = eod("tickets", 4.0, cover_min=2.0).replace({"objective": raised})
    sale = {"project": "resort", "account": "sale", "basis": "once", "value": 50.0}
    for rows in ([], [sale]):
        flows = pd.DataFrame([*study.project_flows.to_dict("records"), *rows])
        found = plan(study.replace(project_flows=flows))
        assert told(found, "finance.raised.bond", "a") == pytest.approx(3 * 3.0 / 2.0)


def test_i10_quota_is_sold_within_caps() -> None:
    """Certificates are sold at a set price, up to a cap a year, and no more than are made."""

    def study(cap: float) -> Study:
        return plain(
            {"rates": {"finance": 0.05, "social": 0.0, "tail_years": 0}},
            parcels=[{"parcel_id": "p", "land_class": "town", "area_ha": 10.0, "locked_practice": "exit"}],
            land_classes=CLASSES,
            practices=[{"practice": "exit", "zone": "R", "to_class": "field", "latest": "a"}],
            quotas=[
                {"quota": "land", "account_generated": "area.new.practice.exit", "granted": 7.0, "sell_price": 0.5,
                 "sell_max": cap, "bank": 1}
            ],
        )  # fmt: skip

    found = plan(study(1.0))  # 1 ha a year, for two and three years
    assert [told(found, "quota.land.sold", period) for period in "ab"] == pytest.approx([2.0, 3.0])
    assert [told(found, "quota.land.sale", period) for period in "ab"] == pytest.approx([1.0, 1.5])
    found = plan(study(100.0))  # of what is granted nothing is sold: ten hectares are given up, ten are sold
    assert sum(told(found, "quota.land.sold", period) for period in "ab") == pytest.approx(10.0)
    quotas = county(lot("a", "0103")).quotas
    assert quotas.empty  # no market is assumed where a study states none


def test_i13_a_county_keeps_its_share() -> None:
    """What pays for all levels of government together need not pay for the county that bears the cost."""
    shares = [
        {"account": "ore", "role": "receives", "actor": actor, "share": share}
        for actor, share in (("central", 0.4), ("province", 0.2), ("local", 0.4))
    ]
    tables: dict[str, Any] = {
        "parcels": [FIELD],
        "land_classes": CLASSES,
        "accounts": [*ACCOUNTS, {"account": "ore", "family": "revenue", "recurrence": "one_off", "cash": 1}],
        "actors": [{"actor": actor} for actor in ("central", "province", "local")],
        "shares": shares,
        "practices": [{"practice": "mine", "zone": "R", "latest": "a"}],
        "practice_flows": [flow("mine", "ore", 10.0), flow("mine", "works", 6.0)],
    }
    rates = {"finance": 0.05, "tail_years": 5}
    county_alone = plan(plain(rates=rates, **tables))
    assert county_alone.parcels["practice"].tolist() == ["hold"]  # 4 of 10 come in, 6 go out
    together = plan(plain({"purse": ["local", "province", "central"]}, rates=rates, **tables))
    assert together.parcels["practice"].tolist() == ["mine"]
    assert told(together, "money.outlay", "a") == pytest.approx(6.0)
    # works on land that is dear to serve pay for all levels together; 45 % of their tax stay, and do not pay for it
    dear = [flow("industrial_sale", "servicing", 20.0)]
    actions = [row_of("practices", "industrial_sale", latest="2026")]
    edge = lot("edge", "0103", growth_boundary=1, locked_practice="industrial_sale")
    settings = {"rates": {"finance": 0.05, "social": 0.03, "tail_years": 30}}
    all_tax = [flow("0601", "industrial_tax", 0.12 * MU, "per_ha_year", key="land_class", ramp_years=5)]
    here = Booked(county(edge, settings=settings, practices=actions, practice_flows=dear))
    everywhere = Booked(county(edge, settings=settings, practices=actions, practice_flows=dear, class_flows=all_tax))
    assert here.cash < 0.0 < everywhere.cash
    assert here("industrial_tax", "2029") == pytest.approx(0.45 * everywhere("industrial_tax", "2029"))
    shares = default("shares")
    for tax in ("industrial_tax", "commercial_tax", "land_use_tax"):  # the row is the local share: it is not cut twice
        assert shares.query(f"account == '{tax}' and role == 'receives'")["actor"].tolist() == ["local"], tax
    # ore by whose purse it is: of 6 million a hectare 40 % are the county's; the centre's land fee is a cost
    pit = lot("pit", "0404", tenure="state", mineral_right=1, locked_practice="mining")
    enabling = {"projects": [{"project": "right", "enables": "mining", "mandatory": 1}]}
    enabling |= {"practices": [row_of("practices", "mining", latest="2026")]}
    purses = {"county": ["local"], "all": ["local", "province", "central", "compensation_fund"]}
    got = {name: Booked(county(pit, settings={"purse": purse}, **enabling)) for name, purse in purses.items()}
    receipts = {name: found("money.receipts", "2026") for name, found in got.items()}
    assert receipts == pytest.approx({"county": 2.4, "all": 6.0})
    assert set(shares.query("account == 'new_land_fee' and role == 'receives'")["actor"]) == {"central"}
    kept = default("shares").query("role == 'receives' and actor == 'local'").set_index("account")["share"]
    assert kept[["mineral_sale", "royalty", "sea_use_fee"]].tolist() == [0.4, 0.72, 0.7]
    assert kept["mineral_sale"] + 0.08 == pytest.approx(0.6 * 0.8)  # county 8 : province 2 of 60 %, a part to the fund
