"""What the default rows say of keeping value, raising it, paying for it and sharing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.instances.test_fallback import SETTINGS, default
from tests.realism.studies import Booked, county, lot, row_of
from zonevest.instances.read import make_study
from zonevest.instances.schema import RESOURCES
from zonevest.instances.study import items
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options

MU = 15.0
"""Mu in a hectare."""


def cash() -> pd.DataFrame:
    """The accounts of money."""
    return default("accounts").query("family in ('revenue', 'cost')").set_index("account")


def booked(practice: str) -> pd.DataFrame:
    """The rows of a practice with what its accounts are."""
    flows = default("practice_flows").query(f"practice == '{practice}'").drop(columns=["unit", "source", "confidence"])
    return flows.join(default("accounts").set_index("account"), on="account")


# Keeping value


def test_every_resource_keeps_its_value() -> None:
    """Each by itself and by whose it is; ore, which goes, is paid for into the fund."""
    limits = default("limits").set_index("limit")
    kept = limits[limits.index.str.startswith("preserve_")]
    living = [name for name in RESOURCES if name != "mineral"]
    owned = {f"preserve_{r}_{owner}": f"asset.{r}.{owner}" for r in living for owner in ("state", "collective")}
    assert kept["account"].to_dict() == owned | {"preserve_minerals": "mineral_compensation"}
    assert set(kept["sense"]) == {">="}
    assert (kept["value"] == 1.0).all()
    assert not (kept["kind"] == "soft").any()
    assert set(kept.loc[list(owned), "basis"]) == {"share_of_start"}
    assert kept.loc["preserve_minerals", "basis"] == "share_of:mineral_depletion"
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    for practice in ("mining", "strategic_mineral"):
        assert flows[practice, "mineral_compensation"] == flows[practice, "mineral_depletion"] > 0


def test_there_is_land_of_every_resource() -> None:
    # a park is what a parcel's flag says, whatever covers it
    assert set(default("land_classes")["resource"]) == set(RESOURCES) - {"national_park"}


@pytest.mark.parametrize(
    ("limit", "account", "sense", "value", "basis"),
    [
        ("farmland_balance", "area.class_group.arable", ">=", 1.0, "share_of_start"),
        ("farmland_quality", "quality.arable", ">=", 1.0, "share_of_start"),
        ("flexible_zone", "area.zone.420", ">=", 1.0, "share_of_start"),
        ("forest_floor", "area.class_group.forest", ">=", 0.99, "share_of_start"),
        ("wetland_floor", "area.class_group.wetland", ">=", 1.0, "share_of_start"),
        ("construction_cap", "area.class_group.construction", "<=", 1.05, "share_of_start"),
    ],
)
def test_floors_and_ceilings(limit: str, account: str, sense: str, value: float, basis: str) -> None:
    rows = default("limits").set_index("limit")
    assert rows.loc[limit, ["account", "sense", "value", "basis"]].tolist() == [account, sense, value, basis]
    # quality may be short at 50,000 yuan a hectare; areas may not
    soft = {"farmland_quality": ("soft", 0.05)}
    given = rows.loc[limit]
    assert (given["kind"], None if np.isnan(given["penalty"]) else given["penalty"]) == soft.get(limit, ("hard", None))


def test_paces_give_way() -> None:
    """What a place builds in a period, what a market takes and how much is rezoned: expected, at a stated price."""
    rows = default("limits").set_index("limit")
    soft = {"farmland_quality", "new_construction_pace", "absorbed_homes", "absorbed_business", "absorbed_industry"}
    assert set(rows.index[rows["kind"] == "soft"]) == soft | {"rezoned"}
    each = rows.loc["new_construction_pace"]
    assert (each["jurisdiction"], each["period"], each["sense"], each["value"]) == ("each", "", "<=", 0.05)
    assert each["penalty"] == pytest.approx(0.2 * MU)  # 20 x 10^4 yuan/mu, a quota of land
    # no place has in one period more than the plan has in all of them
    assert 1.0 + each["value"] == rows.loc["construction_cap", "value"]
    # over the plan, however it is cut into periods
    assert (
        rows.loc[["absorbed_homes", "absorbed_business", "absorbed_industry", "rezoned"], "period"] == "total"
    ).all()
    assert set(rows.loc[list(soft - {"farmland_quality"}), "confidence"]) == {"modelling default"}


def test_a_study_without_places_has_no_pace_of_them() -> None:
    """Twenty parcels in no jurisdiction are as sound as before; with jurisdictions each has its row."""
    plots = [lot("a", "0103"), {**lot("b", "0103"), "jurisdiction": "west"}]
    both = county(*plots, limits=[])
    assert "new_construction_pace" in set(both.limits["limit"])
    none = county(*({**plot, "jurisdiction": ""} for plot in plots), limits=[])
    assert "new_construction_pace" not in set(none.limits["limit"])
    assert {"absorbed_homes", "rezoned"} <= set(none.limits["limit"])


def test_idle_land_costs_more_every_year() -> None:
    """Four hectares that nobody uses: 5 thousand yuan a hectare, 4 % more each year, whether or not one acts."""
    plot = pd.DataFrame([{"parcel_id": "plot", "land_class": "1201", "area_ha": 4.0, "village_boundary": 1}])
    held = Ledger(build_options(make_study(SETTINGS, parcels=plot))).held
    found = held.values([("idle_upkeep", 0), ("idle_upkeep", 1)], np.ones(1), np.zeros((0, 2)), ["total"])[0]
    later = sum(1.04**n for n in (1, 2, 3, 4)) / 4
    assert found == pytest.approx([0.02, 0.02 * later])


LOSES = {("1201", ""): 0.02, ("0404", ""): 0.01, ("0103", "slope_class=4"): 0.005, ("0103", "slope_class=5"): 0.01}
"""What brings less every year if nothing is done, by class and slope: idle plots, worn grass, steep fields."""


def test_what_is_left_to_itself_brings_less() -> None:
    """Less of what is worth something, never less of a cost; and something else can be made of it."""
    flows = default("class_flows")
    losing = flows[flows["decay"] > 0].set_index(["land_class", "where"])["decay"]
    assert losing.groupby(level=[0, 1]).unique().map(list).to_dict() == {key: [rate] for key, rate in LOSES.items()}
    families = default("accounts").set_index("account")["family"]
    assert set(flows.loc[flows["decay"] > 0, "account"].map(families)) <= {"revenue", "ecosystem"}
    assert set(flows.loc[flows["decay"] > 0, "confidence"]) == {"modelling default"}
    # it starts from what the class is worth everywhere: the gentle slope's rows are the same, and do not fall
    steep = flows[flows["where"].str.startswith("slope_class=")]
    assert set(steep["account"]) == {"eco_products", "eco_support", "farm_income"}
    for account, rows in steep.groupby("account"):
        assert rows["where"].tolist() == ["slope_class=1|2|3", "slope_class=4", "slope_class=5"], account
        assert len(set(rows["value"])) == 1, account
        assert rows["decay"].tolist() == [0.0, 0.005, 0.01], account
    practices = default("practices")
    changing = practices[practices["to_class"] != ""]
    groups = default("land_classes").set_index("land_class")["class_group"]
    for code in {code for code, _ in LOSES}:
        made = [set(items(cell)) & {code, f"class_group:{groups[code]}"} for cell in changing["from_classes"]]
        assert any(made), code


@pytest.mark.parametrize(
    ("practice", "before", "after"),
    [
        ("homestead_exit", "0702", "0103"),
        ("mine_reclamation", "0602", "0103"),
        ("mine_restoration", "0602", "0307"),
        ("mining_exit", "0602", "0404"),
        ("slope_retreat", "0103", "0307"),
        ("wetland_restoration", "1104", "1108"),
    ],
)
def test_what_does_not_keep_its_value_goes_back_to_nature(practice: str, before: str, after: str) -> None:
    row = default("practices").set_index("practice").loc[practice]
    assert row["mode"] in ("restoration", "reclamation")
    assert row["to_class"] == after
    assert before in items(row["from_classes"])
    flows = default("class_flows")
    nature = flows[flows["account"].str.startswith("eco_")].groupby("land_class")["value"].sum()
    assert nature[after] > nature.get(before, 0.0)


# Raising value

WAYS: dict[str, tuple[str, str, set[str]]] = {
    "high_standard_farmland": ("production", "field", {"farm_income"}),
    "brand_farming": ("production", "field", {"brand_income", "asset_rent"}),
    "forest_products": ("production", "wood", {"farm_income"}),
    "forest_bank": ("revitalisation", "wood", {"farm_income", "concession_fee"}),
    "village_renewal": ("revitalisation", "house", {"house_rent", "tourism_income", "asset_rent"}),
    "industrial_upgrade": ("revitalisation", "works", {"industrial_tax", "firm_income", "conversion_subsidy"}),
    "scene_commerce": ("revitalisation", "shops", {"commercial_tax", "firm_income", "conversion_subsidy"}),
    "eco_tourism": ("service", "wood", {"concession_fee", "tourism_income"}),
    "service_payment": ("service", "wood", {"eco_transfer"}),
    "flow_space": ("service", "shops", {"flow_fee"}),
    "eco_custody": ("symbiosis", "reserve", {"eco_transfer"}),
    "limited_visit": ("symbiosis", "reserve", {"concession_fee", "tourism_income"}),
    "heritage_green": ("symbiosis", "grove", {"concession_fee", "tourism_income"}),
}
"""A practice, its mode, a parcel on which it is possible, and on which accounts it brings cash."""
LAND = pd.DataFrame(
    [
        ("field", "0101", "collective", "", 1, 0, 0),
        ("wood", "0301", "collective", "", 0, 0, 0),
        ("reserve", "0301", "state", "general", 0, 0, 0),
        ("house", "0702", "collective", "", 0, 0, 1),
        ("works", "0601", "state", "", 0, 1, 0),
        ("shops", "05H1", "state", "", 0, 1, 0),
        ("grove", "0301", "state", "", 0, 1, 0),
    ],
    columns=["parcel_id", "land_class", "tenure", "redline", "basic_farmland", "growth_boundary", "village_boundary"],
).assign(area_ha=1.0)


@pytest.fixture(scope="module")
def possible() -> set[tuple[str, str]]:
    bank = pd.DataFrame([{"project": "bank", "category": "eco_bank", "enables": "forest_bank"}])
    options = build_options(make_study(SETTINGS, parcels=LAND, projects=bank))
    return {(parcel, practice) for parcel, practice, _ in options.names()}


@pytest.mark.parametrize("practice", WAYS)
def test_ways_of_raising_value(possible: set[tuple[str, str]], practice: str) -> None:
    """Without building anew: the land stays what it is, and nobody's land is sold."""
    mode, parcel, earns = WAYS[practice]
    row = default("practices").set_index("practice").loc[practice]
    assert (row["mode"], row["to_class"]) == (mode, "")
    assert (parcel, practice) in possible
    rows = booked(practice)
    assert set(rows.query("family == 'revenue'")["account"]) == earns
    assert "land_sale" not in set(rows["role"])


def test_brands_add_a_sixth_to_what_is_grown() -> None:
    """4,500 yuan a hectare are 16 % of an output of 27.5 thousand, of which two fifths, 11 thousand, are income."""
    income = default("class_flows").set_index(["land_class", "account"])["value"]["0102", "farm_income"]
    premium = booked("brand_farming").set_index("account").loc["brand_income", "value"]
    assert premium / (income / 0.4) == pytest.approx(0.1636, abs=1e-4)
    assert 0.15 <= premium / (income / 0.4) <= 0.3


def test_a_bank_of_forests_pays_its_depositors() -> None:
    bank = default("practices").set_index("practice").loc["forest_bank"]
    assert (bank["tenure"], bank["needs_title"], bank["requires_project"]) == ("collective", True, True)
    rows = booked("forest_bank").set_index("account")
    assert rows.loc["deposit_annuity", "value"] == pytest.approx(80e-6 * MU)  # 80 yuan/mu a year
    shares = default("shares").query("account == 'deposit_annuity'").set_index(["role", "actor"])["share"]
    assert shares.to_dict() == {
        ("pays", "operators"): 1.0, ("receives", "farmers"): 0.8, ("receives", "collective"): 0.2,
    }  # fmt: skip


def test_a_house_that_is_let_again_pays_three() -> None:
    """Holders, the collective and the investor; the house stays where and whose it is."""
    row = default("practices").set_index("practice").loc["village_renewal"]
    assert (row["from_classes"], row["to_class"], row["tenure"], row["zone"]) == ("0702", "", "collective", "510")
    accounts = set(booked("village_renewal")["account"])
    assert {"house_rent", "tourism_income", "asset_rent", "private_works", "uplift_rural"} <= accounts
    got = default("shares").query("role == 'receives'").set_index(["account", "actor"])["share"]
    assert (got["house_rent", "farmers"], got["house_rent", "collective"]) == (0.7, 0.3)
    assert got["tourism_income"].to_dict() == {"operators": 0.6, "residents": 0.1, "farmers": 0.2, "collective": 0.1}


def test_parks_and_services_raise_what_homes_are_worth() -> None:
    once = default("practice_flows").query("account == 'uplift_homes'").set_index("practice")["value"]
    assert {"urban_green", "heritage_green", "allocation"} <= set(once.index)
    park = booked("urban_green")
    assert set(park.query("family == 'revenue'")["account"]) == {"conversion_subsidy"}  # it earns nothing by itself
    assert set(park.query("family == 'uplift'")["account"]) == {"uplift_homes", "uplift_firms"}


@pytest.mark.parametrize(
    ("practice", "plot", "overlay", "account", "million"),
    [
        ("high_standard_farmland", lot("a", "0103", area_ha=2.0), "conditional", "conversion_permit", 0.003),
        (
            "industrial_upgrade",
            lot("a", "0601", tenure="state", growth_boundary=1),
            "promoted",
            "conversion_subsidy",
            0.3,
        ),
    ],
)
def test_conversion_has_its_price(
    practice: str, plot: dict[str, Any], overlay: str, account: str, million: float
) -> None:
    """A permit where it is conditional, 1,500 yuan a hectare of field; support where it is promoted; else neither."""
    actions = [row_of("practices", practice, latest="2026")]
    for stated in (overlay, "free"):
        found = Booked(county({**plot, "conversion": stated, "locked_practice": practice}, practices=actions))
        once = million if stated == overlay else 0.0
        assert found.years(account) == pytest.approx([once, 0, 0, 0]), stated


# Paying for it


def test_every_flow_of_money_has_its_marks() -> None:
    """By which path it is paid, and which step from resource to fund it is."""
    money = cash()
    assert set(money["path"]) == {"government", "government_market", "market"}
    assert set(money["circulation"]) == {
        "resource_asset", "asset_capital", "capital_fund", "fund_resource", "resource_fund",
    }  # fmt: skip
    step = money["circulation"]
    # the first circulation: raw resources are turned into money, without development
    revenue = money.query("family == 'revenue'")
    raw = {"mineral_sale", "royalty", "sea_use_fee", "farmland_tax", "eco_transfer", "conversion_subsidy"}
    assert set(revenue.index[revenue["circulation"] == "resource_fund"]) == raw
    # the second is land that is sold; the third closes where money goes back into land and those who keep it
    assert step["land_sale"] == "resource_asset"
    assert (step[money["role"] == "restoration"] == "fund_resource").all()
    back = {"restoration_works", "tending", "eco_payment", "farmland_payment", "mineral_compensation"}
    assert set(step[list(back)]) == {"fund_resource"}


def test_routes_to_value() -> None:
    """Three of the four are marks of accounts; quotas are traded on accounts of their own."""
    money = cash()
    routes = {route: set(rows.index) for route, rows in money[money["route"] != ""].groupby("route")}
    assert set(routes) == {"compensation", "rights_trade", "property_transfer"}
    assert {"eco_transfer", "eco_payment", "farmland_payment", "acquisition"} <= routes["compensation"]
    assert {"land_rent", "concession_fee", "asset_rent", "house_rent", "land_sale"} <= routes["property_transfer"]
    assert routes["rights_trade"] == {"flow_fee", "deposit_annuity"}
    assert default("accounts").set_index("account").loc["carbon_credits", "route"] == "rights_trade"


def test_inside_the_red_line_the_market_pays_for_little() -> None:
    practices = default("practices")
    inside = practices.query("redline_ok != 'no'")["practice"]
    paid = {name: set(booked(name)["path"]) - {""} for name in inside}
    market = {name for name, paths in paid.items() if "market" in paths}
    assert market == {"limited_visit", "strategic_mineral"}  # what the rules of 2022 list
    assert paid["eco_custody"] == paid["resident_use"] == paid["mining_exit"] == {"government"}
    zones = default("zone_flows").query("zone in ('100', '110', '120')")["account"].map(cash()["path"]).dropna()
    assert set(zones) == {"government"}


def test_holders_are_paid_for_land_that_is_taken() -> None:
    """60 thousand yuan/mu for fields of the collective, 600 for homesteads; the budget entity pays, holders receive."""
    flows = default("practice_flows").query("account == 'acquisition'").set_index("practice")
    for practice in ("residential_medium", "reserve_and_sell", "industrial_sale", "industrial_lease", "allocation"):
        rows = flows.loc[[practice]].set_index("where")["value"]
        (field,) = (value for where, value in rows.items() if "tenure=collective" in where and "0101" in where)
        assert field == pytest.approx(0.06 * MU)
        assert rows["land_class=0702"] == pytest.approx(0.6 * MU)
    shares = default("shares").query("account == 'acquisition'").set_index(["role", "actor"])["share"]
    assert shares.to_dict() == {
        ("pays", "local"): 1.0, ("receives", "collective"): 0.2, ("receives", "farmers"): 0.8,
    }  # fmt: skip


# Sharing it


def test_resources_pay_into_the_fund() -> None:
    fund = default("shares").query("actor == 'compensation_fund' and role == 'receives'").set_index("account")["share"]
    assert fund.to_dict() == {
        "land_sale": 0.03, "mineral_sale": 0.08, "royalty": 0.08, "concession_fee": 0.1, "adjustment_fund": 0.05,
        "mineral_compensation": 1.0,
    }  # fmt: skip


def test_mines_earn_what_they_pay_for_their_rights() -> None:
    """A year, over twenty years at 5 %, as the practices' life: nobody would pay for a right that brings less."""
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    annuity = 0.05 / (1 - 1.05**-20)
    for practice in ("mining", "strategic_mineral"):
        paid = flows[practice, "royalty"] + flows[practice, "mineral_compensation"]
        paid += flows[practice, "mineral_sale"] * annuity
        assert paid < flows[practice, "firm_income"] < 3 * paid


def test_levies_on_homes_and_villages_wait_for_a_rate() -> None:
    """Nothing is taken today of what homes and village land gain; where a study gives the tool a rate it takes."""
    tools = default("capture").set_index("uplift_account")
    assert set(tools.index) == set(default("accounts").query("family == 'uplift'")["account"])
    off = tools.loc[["uplift_homes", "uplift_rural"]]
    assert off["capture_tool"].tolist() == ["betterment_levy", "rural_levy"]
    assert off["rate"].tolist() == [0.0, 0.0]
    assert (tools.drop(off.index)["rate"] > 0).all()
    house = lot("house", "0702", village_boundary=1, locked_practice="village_renewal")
    actions = [row_of("practices", "village_renewal", latest="2026")]
    for rate, levied in ((0.0, 0.0), (0.3, 0.3 * 0.6)):  # of 0.6 million a hectare that it is worth more in 2027
        tool = [row_of("capture", "rural_levy", rate=rate, delay_years=1)]
        found = Booked(county(house, practices=actions, capture=tool))
        assert found.years("uplift_rural") == pytest.approx([0, 0.6, 0, 0])
        assert found.years("rural_levy") == pytest.approx([0, 0, levied, 0])
    pays = default("shares").query("account == 'rural_levy' and role == 'pays'").set_index("actor")["share"]
    gets = default("shares").query("account == 'uplift_rural' and role == 'receives'").set_index("actor")["share"]
    assert pays.to_dict() == gets.to_dict()
    assert off.loc["uplift_homes", "payer"] == "residents"
