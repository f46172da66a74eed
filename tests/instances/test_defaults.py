"""The default rows themselves: each has its origin, names and units agree, numbers are those of their sources."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tests.instances.test_fallback import SETTINGS, default
from zonevest.instances.read import make_study
from zonevest.instances.schema import BY_NAME, DEFAULT_TABLES, MODES, OVERLAY, RESOURCES
from zonevest.instances.study import conditions, items
from zonevest.model.options import build_options

CONFIDENCE = {"published", "recalled", "computed", "modelling default", "stated in the paper"}
FLOWS = ("class_flows", "zone_flows", "practice_flows")
MU = 15.0
"""Mu in a hectare."""


@pytest.mark.parametrize("name", DEFAULT_TABLES)
def test_every_row_says_where_it_is_from(name: str) -> None:
    rows = default(name)
    assert len(rows)
    assert (rows["source"].str.strip() != "").all()
    assert set(rows["confidence"]) <= CONFIDENCE


@pytest.mark.parametrize("name", DEFAULT_TABLES)
def test_no_row_stands_twice(name: str) -> None:
    rows = default(name)
    key = list(BY_NAME[name].key) or [rows.columns[0], "account", "basis", "where", "start_year"]
    assert not rows.duplicated(key).any(), rows[rows.duplicated(key, keep=False)][key]


@pytest.mark.parametrize("name", ["zones", "land_classes", "accounts", "actors", "practices", "instruments", "limits"])
def test_names_in_both_languages(name: str) -> None:
    rows = default(name)
    assert rows["name_zh"].str.contains("[一-鿿]", regex=True).all()
    assert rows["name_en"].str.fullmatch(r"[ -~]+").all()
    assert rows["name_zh"].is_unique
    assert rows["name_en"].is_unique


def test_codes_are_the_official_ones() -> None:
    zones, classes = set(default("zones")["zone"]), set(default("land_classes")["land_class"])
    assert {"100", "200", "300", "400", "500", "600", "700"} <= zones  # the seven zones of the 2020 guide
    assert {"0101", "0301", "05H1", "08H2", "1203"} <= classes  # the survey's working classes, as text
    assert {"18", "24"} <= classes  # sea use
    parents = default("zones").set_index("zone")["parent"]
    assert all(parent == "" or zone.startswith(parent.rstrip("0")) for zone, parent in parents.items())


def test_shares_sum_to_one() -> None:
    sums = default("shares").groupby(["account", "role"])["share"].sum()
    assert np.allclose(sums, 1.0)


def test_the_purse_has_what_is_the_purses_and_no_more() -> None:
    """Without a row the budget entity would take a revenue and bear a cost: what is others' has rows that say so."""
    accounts, shares = default("accounts"), default("shares")
    said = {role: set(shares[shares["role"] == role]["account"]) for role in ("receives", "pays")}
    assert set(accounts.query("family == 'revenue'")["account"]) <= said["receives"]
    borne = set(accounts.query("family == 'cost'")["account"]) - said["pays"]
    works = {"servicing", "facilities", "restoration_works", "farmland_works", "reclamation_works", "renewal_works"}
    assert borne == works | {
        "public_services",
        "municipal_om",
        "tending",
        "idle_upkeep",
        "land_discount",
        "conversion_permit",
        "title_survey",
    }
    local = shares[shares["actor"] == "local"].set_index(["account", "role"])["share"]
    assert local["land_sale", "receives"] == 0.97
    assert "farm_income" not in local.index.get_level_values("account")
    assert "private_works" not in local.index.get_level_values("account")


def test_every_practice_does_something() -> None:
    practices, flows = default("practices"), default("practice_flows")
    assert set(practices["practice"]) == set(flows["practice"])
    assert set(practices["mode"]) == set(MODES)
    suits = default("class_zones").set_index(["land_class", "zone"])["suitability"]
    groups = default("land_classes").set_index("land_class")["class_group"]
    for row in practices.itertuples():
        start = [code for code in groups.index if _starts(row.from_classes, code, groups[code])]
        if row.to_class:
            assert suits[row.to_class, row.zone] >= 2, row.practice
        assert any(row.to_class or suits.get((code, row.zone), 0) >= 1 for code in start), row.practice


def _starts(cell: str, code: str, group: str) -> bool:
    return not cell or code in items(cell) or f"class_group:{group}" in items(cell)


def test_the_paths_of_tenure_are_there() -> None:
    """Entry of collective land, allocation, reserve and sale, exit of homesteads, renewal."""
    practices = default("practices").set_index("practice")
    paths = practices.loc[["collective_entry", "allocation", "reserve_and_sell", "homestead_exit", "urban_renewal"]]
    assert paths["to_class"].tolist() == ["05H1", "08H2", "05H1", "0103", "0701"]
    assert paths.loc[["collective_entry", "reserve_and_sell", "homestead_exit"], "tenure"].eq("collective").all()
    assert paths.loc["homestead_exit", "mode"] == "reclamation"
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    assert flows["homestead_exit", "homestead_payment"] == pytest.approx(0.12 * MU)  # 12 x 10^4 yuan/mu
    assert flows["reserve_and_sell", "land_sale"] == pytest.approx(2.0 * MU * 1.1)  # 200 x 10^4 yuan/mu and a tenth
    assert "land_sale" not in flows["allocation"].index  # allocated at no price
    assert "land_sale" not in flows["collective_entry"].index  # the collective's land is not the state's to sell


def test_what_is_acquired_is_the_states() -> None:
    practices, flows = default("practices").set_index("practice"), default("practice_flows")
    given = practices["to_tenure"]
    assert set(given[given == "state"].index) == set(flows.query("account == 'acquisition'")["practice"])
    assert set(given) == {"", "state"}
    # what is sold for good is the state's, or bought first
    sold = set(flows.query("account == 'land_sale'")["practice"])
    assert (given[sorted(sold)].eq("state") | practices.loc[sorted(sold), "tenure"].eq("state")).all()
    # a row of a zone that asks for the owner reads the one before the plan: no such zone is where owners change, but
    # that of roads, whose rows are of forest that was there
    asks = default("zone_flows").query("where.str.contains('tenure=')")["zone"]
    assert set(practices[(given != "") & practices["zone"].isin(set(asks))].index) <= {"linear_works"}
    assert not default("class_flows")["where"].str.contains("tenure=").any()


CLEARING = 2
"""Years that clearing a title takes."""


def test_a_title_is_cleared_at_a_cost_and_a_delay() -> None:
    """A variant is its base practice two years later, on land without title, and a survey first."""
    practices, flows = default("practices").set_index("practice"), default("practice_flows").fillna({"start_year": 0})
    variants = practices.index[practices["clears_title"]]
    bases = [name.removesuffix("_clearing") for name in variants]
    # all that needs a title and that collectives own, or may
    assert set(bases) == set(practices.index[practices["needs_title"] & (practices["tenure"] != "state")])
    for variant, base in zip(variants, bases, strict=True):
        told = [*{"name_en", "name_zh", "source", "confidence"}]
        ours, theirs = practices.drop(columns=told).loc[variant], practices.drop(columns=told).loc[base]
        assert ours["lead_years"] == theirs["lead_years"] + CLEARING
        same = ours.index.drop(["needs_title", "clears_title", "lead_years"])
        pd.testing.assert_series_equal(ours[same], theirs[same], check_names=False)
        assert (ours["needs_title"], theirs["needs_title"]) == (False, True)
        rows, wanted = (flows[flows["practice"] == name].drop(columns="practice") for name in (variant, base))
        survey = rows[rows["account"] == "title_survey"]
        assert survey[["basis", "where", "start_year"]].to_numpy().tolist() == [["per_ha_once", "", 0.0]]
        assert survey["value"].item() > 0
        # annual rows come with the lead years, what is paid once is told to wait
        once = wanted["basis"].str.endswith("once")
        wanted = wanted.assign(start_year=wanted["start_year"] + CLEARING * once)
        rest = rows.drop(survey.index)
        pd.testing.assert_frame_equal(rest.reset_index(drop=True), wanted.reset_index(drop=True))


def test_land_is_sold_for_a_term() -> None:
    """What is sold is a right for 70, 50 or 40 years (homes, industry, business), whose rent is spread over it."""
    sold = set(default("practice_flows").query("account == 'land_sale'")["practice"])
    lease = default("practices").set_index("practice")["lease_years"]
    assert set(lease[lease.notna()].index) - sold == {"collective_entry", "collective_entry_clearing"}
    assert lease[sorted(sold)].isin([40.0, 50.0, 70.0]).all()
    assert lease["residential_medium"] == 70.0


# Equivalents per hectare of Xie Gaodi et al. 2015 (Journal of Natural Resources 30(8):1243-1254), in the order products
# (food + raw material), water (supply + hydrological regulation), regulation (gas + climate + purification), support
# (soil + nutrients + biodiversity), culture (landscape); one equivalent is 3,406.5 yuan of 2010 x 1.32 = 4,500 yuan.
#   paddy       1.36 + 0.09;  -2.63 + 2.72;    1.11 + 0.57 + 0.17;  0.01 + 0.19 + 0.21;  0.09
#   dryland     0.85 + 0.40;   0.02 + 0.27;    0.67 + 0.36 + 0.10;  1.03 + 0.12 + 0.13;  0.06
#   mixed wood  0.31 + 0.71;   0.37 + 3.51;    2.35 + 7.03 + 1.99;  2.86 + 0.22 + 2.60;  1.14
#   wetland     0.51 + 0.50;   2.59 + 24.23;   1.90 + 3.60 + 3.60;  2.31 + 0.18 + 7.87;  4.73
#   water       0.80 + 0.23;   8.29 + 102.24;  0.77 + 2.29 + 5.55;  0.93 + 0.07 + 2.55;  1.89
#   shrub grass 0.38 + 0.56;   0.31 + 3.82;    1.97 + 5.21 + 1.72;  2.40 + 0.18 + 2.18;  0.96
# By hand, for the paddy field: 1.45 x 4,500 = 6,525 yuan of products; 0.09 x 4,500 = 405 of water; 1.85 x 4,500 =
# 8,325 of regulation; 0.41 x 4,500 = 1,845 of support; 0.09 x 4,500 = 405 of landscape. A pond counts a fifth of a
# lake, 110.53 x 0.2 x 4,500 = 99,477 yuan of water, lest plans dig ponds; a park counts 0.4 of wild shrub and grass.
ECOSYSTEM: dict[str, tuple[float, ...]] = {
    "0101": (6_525, 405, 8_325, 1_845, 405),
    "0103": (5_625, 1_305, 5_085, 5_760, 270),
    "0301": (4_590, 17_460, 51_165, 25_560, 5_130),
    "1108": (4_545, 120_690, 40_950, 46_620, 21_285),
    "1102": (4_635, 497_385, 38_745, 15_975, 8_505),
    "1104": (927, 99_477, 7_749, 3_195, 1_701),
    "0810": (1_692, 7_434, 16_020, 8_568, 1_728),
}
SERVICES = ("eco_products", "eco_water", "eco_regulation", "eco_support", "eco_culture")


@pytest.mark.parametrize(("code", "yuan"), ECOSYSTEM.items(), ids=ECOSYSTEM.keys())
def test_ecosystem_value_is_that_of_its_source(code: str, yuan: tuple[float, ...]) -> None:
    flows = default("class_flows").query(f"land_class == '{code}'").drop_duplicates(["account", "value"])
    flows = flows.set_index("account")["value"]  # the same on every slope, in the first year
    flows = flows.rename({"eco_wild": "eco_products"})  # of land that nobody farms
    assert flows[list(SERVICES)].tolist() == pytest.approx([each / 1e6 for each in yuan], rel=1e-6)


def test_built_land_has_no_ecosystem_value() -> None:
    built = default("land_classes").query("class_group == 'construction' and land_class not in ('0810', '1201')")
    flows = default("class_flows")
    valued = set(flows[flows["account"].isin(SERVICES)]["land_class"])
    assert valued.isdisjoint(built["land_class"])
    classes = default("land_classes")
    green = classes[classes["class_group"].isin(["arable", "garden", "forest", "grass", "wetland", "water"])]
    assert set(green["land_class"]) <= valued


def test_ecosystem_value_is_no_cash() -> None:
    accounts = default("accounts")
    assert not accounts.query("family in ('ecosystem', 'carbon', 'quota', 'uplift')")["cash"].any()
    assert accounts.query("family in ('revenue', 'cost')")["cash"].all()
    counterpart = accounts.set_index("account")["counterpart_of"]
    assert counterpart["eco_products"] == "farm_income"  # food and raw material are sold: not counted twice
    # only what is planted is certified: standing forest earns no credits
    credited = set(default("practice_flows").query("account == 'carbon_credits'")["practice"])
    assert credited == {"afforestation", "slope_retreat"}
    assert not (default("class_flows")["account"] == "carbon_credits").any()


@pytest.mark.parametrize(
    ("code", "zone", "suitability"),
    [
        ("0101", "310", 3),  # paddy in concentrated basic farmland
        ("0101", "100", 1),  # farming of residents inside the red line goes on
        ("0101", "520", 3),  # general agriculture
        ("0301", "530", 3),  # forest
        ("0301", "300", 0),  # no forest on farmland that is protected
        ("0702", "510", 3),  # homesteads in villages
        ("0702", "100", 1),  # those inside the red line are tolerated
        ("0702", "411", 1),  # or swallowed by the town
        ("0601", "414", 3),
        ("0601", "100", 0),
        ("0701", "411", 3),
        ("1104", "520", 3),
        ("1108", "430", 3),  # wetland beside the town
        ("0602", "700", 3),
        ("24", "600", 3),
        ("18", "610", 3),
    ],
)
def test_suitability(code: str, zone: str, suitability: int) -> None:
    table = default("class_zones").set_index(["land_class", "zone"])["suitability"]
    assert table.get((code, zone), 0) == suitability


@pytest.mark.parametrize("name", FLOWS)
def test_units_are_those_of_the_account(name: str) -> None:
    """A row per hectare has its account's unit a hectare, one per year a year (which accounts of jobs leave out)."""
    unit = default("accounts").set_index("account")["unit"]
    for row in default(name).itertuples():
        per_hectare, yearly = row.basis.startswith("per_ha"), row.basis.endswith("_year")
        assert row.unit.removesuffix("/year") == unit[row.account].removesuffix("/year") + "/ha" * per_hectare, row
        assert yearly or not row.unit.endswith("/year"), row
        assert not unit[row.account].endswith("/year") or row.unit.endswith("/year"), row


def test_flows_look_at_columns_that_every_study_has() -> None:
    parcels = {column.name for column in BY_NAME["parcels"].columns}
    for name in FLOWS:
        for cell in set(default(name)["where"]):
            assert {column for column, _ in conditions(cell)} <= parcels
        assert set(default(name)["scale_by"]) - {""} <= parcels


def test_land_is_worth_what_is_built_on_it_less_building() -> None:
    """Who buys land and pays the fees sells what is built for a tenth more than both, beside building."""
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    for practice in ("residential_low", "residential_medium", "residential_high", "urban_renewal", "commercial"):
        paid = flows[practice, "land_sale"] + flows[practice, "infrastructure_fee"]
        assert flows[practice, "premises_sale"] == pytest.approx(1.1 * paid)


def test_residents_and_floors_follow_from_intensity() -> None:
    """Homes of 40 m2 a head: at floor-area ratio 1.2, 2.0 and 3.0 a hectare holds 300, 500 and 750 people."""
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    for practice, ratio in (("residential_low", 1.2), ("residential_medium", 2.0), ("residential_high", 3.0)):
        assert flows[practice, "floor_area"] == pytest.approx(10.0 * ratio)
        assert flows[practice, "residents"] == pytest.approx(1e4 * ratio / 40.0)
        # a fifth comes from outside: 12 thousand yuan of services a year each, 30 thousand of buildings once
        assert flows[practice, "public_services"] == pytest.approx(1e4 * ratio / 40.0 * 0.2 * 0.012)
        assert flows[practice, "facilities"] == pytest.approx(1e4 * ratio / 40.0 * 0.2 * 0.03)
    prices = [flows[f"residential_{how}", "land_sale"] for how in ("low", "medium", "high")]
    assert prices[1] == pytest.approx(3.0 * MU)  # 300 x 10^4 yuan/mu
    assert all(low < high for low, high in pairwise(prices))


def test_taxes_are_the_local_share() -> None:
    """12 x 10^4 yuan of tax a mu and year on industry, 10 on business, of which 45 % stay in the county."""
    flows = default("class_flows").set_index(["land_class", "account", "where"])["value"]
    assert flows["0601", "industrial_tax", "growth_boundary=1"] == pytest.approx(0.12 * MU * 0.45)
    assert flows["05H1", "commercial_tax", "growth_boundary=1"] == pytest.approx(0.10 * MU * 0.45)
    # small plants and shops in villages pay far less, and their practices add nothing to it
    assert (
        flows["0601", "industrial_tax", "growth_boundary=0"]
        < 0.25 * flows["0601", "industrial_tax", "growth_boundary=1"]
    )
    own = default("practice_flows").query("practice in ('rural_processing', 'collective_entry')")["account"]
    assert {"industrial_tax", "commercial_tax", "jobs", "firm_income"}.isdisjoint(own)


def test_payments_a_hectare_are_those_a_mu() -> None:
    flows = default("zone_flows").set_index(["zone", "account", "where"])["value"]
    forest = "; land_class=0301|0302|0303|0304|0305|0306|0307"  # public-benefit forest, no other land
    assert flows["100", "eco_transfer", "tenure=collective" + forest] == pytest.approx(16e-6 * MU)
    assert flows["100", "eco_transfer", "tenure=state" + forest] == pytest.approx(10e-6 * MU)
    assert flows["300", "farmland_payment", "basic_farmland=1"] == pytest.approx(40e-6 * MU)


def test_what_tools_take_is_less_than_all() -> None:
    once = default("capture").query("annual == False").groupby("uplift_account")["rate"].sum()
    assert (once <= 0.5).all()
    yearly = default("capture").query("annual == True")["rate"]
    assert yearly.tolist() == pytest.approx([0.012 * 0.7])  # 1.2 % of 70 % of the value


def test_instruments_are_borrowable() -> None:
    rows = default("instruments").set_index("instrument")
    assert rows.loc[["general_bond", "special_bond", "refinancing_bond"], "in_debt_ratio"].all()
    assert not rows.loc["policy_loan", "in_debt_ratio"]  # an enterprise's debt is none of the county's
    assert rows.loc["eco_grant", "limit_total"] == 0.0  # how much the study says
    assert rows.loc["special_bond", "cover_min"] == 1.2
    budgets = {"general_bond": "general", "special_bond": "fund", "refinancing_bond": "general"}
    budgets |= {"policy_loan": "enterprise", "eco_grant": "general", "outside_equity": "enterprise"}
    assert rows["budget"].to_dict() == budgets | {"special_refinancing_bond": "fund"}


def test_each_resource_keeps_its_value() -> None:
    """Eight resources: seven by the value of their land, state-owned apart from collective, minerals by the fund."""
    limits = default("limits").set_index("limit")
    kept = limits[limits.index.str.startswith("preserve_")]
    of_land = [
        f"asset.{name}.{tenure}" for name in RESOURCES if name != "mineral" for tenure in ("state", "collective")
    ]
    assert sorted(kept["account"]) == sorted([*of_land, "mineral_compensation"])
    assert (kept["sense"] == ">=").all()
    assert (kept["value"] == 1.0).all()
    assert set(kept.drop("preserve_minerals")["basis"]) == {"share_of_start"}
    assert kept.loc["preserve_minerals", "basis"] == "share_of:mineral_depletion"
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    for mine in ("mining", "strategic_mineral"):  # whoever takes ore pays for what it takes
        assert flows[mine, "mineral_compensation"] == flows[mine, "mineral_depletion"]
        assert flows[mine, "mineral_depletion"] == pytest.approx(flows[mine, "royalty"] / 12, rel=0.05)


def test_zones_differ_for_land_that_is_held() -> None:
    """Protection keeps condition up and is managed; control does so by half; streets and drains cost in the town."""
    flows = default("zone_flows").set_index(["zone", "account"])["value"]
    support = (2.86 + 0.22 + 2.60) * 4500e-6  # soil, nutrients and biodiversity of mixed forest, million a hectare
    assert flows["120", "eco_support"].item() == pytest.approx(0.02 * support, rel=0.03)
    assert flows["200", "eco_support"].item() == flows["120", "eco_support"].item() / 2
    assert flows["120", "tending"].item() == pytest.approx(10 * MU / 1e6)  # 10 yuan/mu a year
    assert flows["411", "municipal_om"].item() == pytest.approx(0.06 / 10)  # 60,000 yuan/ha a year, a tenth


def test_people_move_in_whom_services_are_paid_for() -> None:
    """12,000 yuan a year for everyone who moves in from outside: a fifth of the residents of new homes."""
    people = default("practices").set_index("practice")["in_migration"]
    flows = default("practice_flows").set_index(["practice", "account"])["value"]
    homes = ["residential_low", "residential_medium", "residential_high", "urban_renewal"]
    assert set(people[people != 0].index) == set(homes)
    for name in homes:
        assert people[name] == 0.2 * flows[name, "residents"]
        assert flows[name, "public_services"] == pytest.approx(people[name] * 12e-3)


def test_practices_name_the_overlay_of_the_lines_that_admit_them() -> None:
    """What may be done inside the red line, or on basic farmland, is not taken away by the overlay of that line."""
    practices = default("practices").set_index("practice")
    named = {name: set(items(cell)) for name, cell in practices["conversion"].items()}
    inside, farmed = practices["redline_ok"] != "no", practices["basic_farmland_ok"]
    assert all(named[name] == set(OVERLAY) for name in practices[inside].index)
    assert all(named[name] == set(OVERLAY) - {"prohibited"} for name in practices[farmed & ~inside].index)
    others = {name for name in practices[~inside & ~farmed].index if named[name]}
    assert {name for name in others if "prohibited" in named[name]} == {
        "afforestation", "slope_retreat", "wetland_restoration", "mine_restoration", "service_payment",
        "heritage_green",
    }  # fmt: skip
    assert others - {name for name in others if "prohibited" in named[name]} == {
        "eco_tourism",
        "eco_tourism_clearing",
        "flow_space",
    }
    # by its mode a practice could lie on prohibited land: each of these says whether it may
    gentle = practices["mode"].isin(["service", "symbiosis"]) & (practices["to_class"] == "")
    assert all(named[name] for name in practices.index[gentle | (practices["mode"] == "restoration")])


def test_where_conversion_is_conditional_the_condition_has_a_cost() -> None:
    """What may be done there bears a permit, or says why none is due: nothing is built, or the authority orders it."""
    practices = default("practices").set_index("practice")
    named = practices["conversion"].map(items)
    gentle = practices["mode"].isin(["service", "symbiosis"]) & (practices["to_class"] == "")
    by_mode = (gentle | (practices["mode"] == "restoration")) & (named.map(len) == 0)
    open_to = set(practices.index[named.map(lambda overlay: "conditional" in overlay) | by_mode])
    flows = default("practice_flows").query("account == 'conversion_permit'").set_index("practice")
    flows = flows.drop("flexible_swap")  # to swap land needs approval wherever it lies
    assert flows.index.is_unique
    assert set(flows["where"]) == {"conversion=conditional"}
    assert set(flows["confidence"]) == {"modelling default"}
    assert (flows["value"] > 0).all()
    none_due = set(practices.index[practices["source"].str.contains("no permit where conversion is conditional")])
    assert set(flows.index) | none_due == open_to
    assert not set(flows.index) & none_due
    assert set(practices.loc[list(none_due), "mode"]) == {"restoration", "service", "symbiosis"}
    works = default("practice_flows").query("account == 'private_works'").set_index("practice")["value"]
    for name in ("brand_farming", "eco_tourism", "limited_visit"):  # what is built is surveyed for a tenth
        assert flows.loc[name, "value"] == pytest.approx(0.1 * works[name]), name
    assert not set(works.index) & none_due


# A village and the edge of a town: every group of classes, every line.
PARCELS = pd.DataFrame(
    [
        ("paddy", "0101", "collective", "", 0, 1, 0, 0, 2),
        ("field", "0103", "collective", "", 0, 0, 0, 0, 3),
        ("steep", "0103", "collective", "", 0, 0, 0, 0, 5),
        ("orchard", "0201", "collective", "", 0, 0, 0, 0, 2),
        ("wood", "0301", "collective", "", 0, 0, 0, 0, 4),
        ("reserve", "0301", "state", "core", 0, 0, 0, 0, 4),
        ("hill", "0305", "collective", "general", 0, 0, 0, 0, 4),
        ("meadow", "0404", "collective", "", 0, 0, 0, 0, 2),
        ("marsh", "1108", "state", "", 0, 0, 0, 0, 1),
        ("pond", "1104", "collective", "", 0, 0, 0, 0, 1),
        ("river", "1101", "state", "", 0, 0, 0, 0, 1),
        ("village", "0702", "collective", "", 0, 0, 0, 1, 1),
        ("yard", "1201", "collective", "", 0, 0, 0, 1, 1),
        ("lone", "0702", "collective", "general", 0, 0, 0, 0, 1),
        ("edge", "0102", "collective", "", 1, 0, 0, 0, 1),
        ("homes", "0701", "state", "", 1, 0, 0, 0, 1),
        ("works", "0601", "state", "", 1, 0, 0, 0, 1),
        ("shops", "05H1", "state", "", 1, 0, 0, 0, 1),
        ("quarry", "0602", "state", "", 0, 0, 1, 0, 3),
        ("shore", "24", "state", "", 0, 0, 0, 0, 1),
    ],
    columns=["parcel_id", "land_class", "tenure", "redline", "growth_boundary", "basic_farmland", "mineral_right",
             "village_boundary", "slope_class"],
).assign(area_ha=5.0, jurisdiction="county", sea=lambda rows: (rows["land_class"] == "24").astype(int))  # fmt: skip


def test_a_study_needs_nothing_but_its_parcels() -> None:
    study = make_study({**SETTINGS, "finance": {}}, parcels=PARCELS)
    assert study.has_doing_nothing
    options = build_options(study)
    can: dict[str, set[str]] = {}
    for parcel, practice, _ in options.names():
        can.setdefault(parcel, set()).add(practice)
    assert all("hold" in practices for practices in can.values())
    overlay = study.parcels.set_index("parcel_id")["conversion"]
    assert overlay[["paddy", "reserve", "hill", "edge", "wood"]].tolist() == [
        "conditional", "prohibited", "prohibited", "promoted", "free",
    ]  # fmt: skip
    # shrubs of a collective inside the red line: visits and minerals are for state land, a road needs a project
    assert can["hill"] == {"hold", "eco_custody", "redline_restoration"}
    assert can["paddy"] == {"hold", "high_standard_farmland", "brand_farming"}  # basic farmland stays arable
    assert can["reserve"] == {"hold"}  # the core of the red line: custody would put it in a zone of the general grade
    assert can["lone"] == {"hold", "resident_use"}  # a homestead inside it: life goes on, nothing is built
    assert {"residential_medium", "industrial_lease", "allocation"} <= can["edge"]  # inside the growth boundary
    assert {"village_renewal", "homestead_exit"} <= can["village"]
    assert "collective_entry" in can["yard"] - can["village"]  # homesteads are given up, not sold
    assert can["quarry"] == {"hold", "mine_reclamation", "mine_restoration"}
    assert can["shore"] == {"hold", "marine_ranch", "marine_recreation"}
    assert "afforestation" in can["meadow"]
    assert not any(practice.startswith("residential") for practice in can["field"])
    today = dict(zip(study.parcels["parcel_id"], options.zone_today[options.pattern], strict=True))
    assert (today["paddy"], today["reserve"], today["homes"], today["shore"]) == ("300", "100", "400", "600")
