"""Traps of value and who has it: each test fails where the package, or a default row, falls into one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.plain import plain
from tests.model.plain import planned as plan
from tests.realism.studies import MU, Booked, county, default, lot, row_of, told
from zonevest.api import Plan
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.reports.labels import Words

ECOSYSTEM = ("eco_products", "eco_wild", "eco_water", "eco_regulation", "eco_support", "eco_culture")
FIELD = {"parcel_id": "p", "land_class": "field", "area_ha": 10.0}
CLASSES = [{"land_class": "field", "class_group": "arable"}]


def services(land_class: str) -> float:
    """What all ecosystem services of a hectare of a class are worth a year, yuan."""
    rows = default("class_flows")
    rows = rows[(rows["land_class"] == land_class) & rows["account"].isin(ECOSYSTEM)]
    rows = rows.drop_duplicates("account")  # the same on every slope in the first year
    return float(rows["value"].sum()) * 1e6


def around(*projects: tuple[str, float], **rules: Any) -> Study:
    """Ten hectares around a stop, and projects that raise what they are worth; half of the rise is taken."""
    return plain(
        parcels=[{**FIELD, "tags": "stop"}],
        land_classes=CLASSES,
        accounts=[
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
            {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levy"},
        ],
        capture=[{"capture_tool": "levy", "uplift_account": "rise", "rate": 0.5}],
        projects=[
            {"project": name, "capex": 1.0, "latest": "a", "mandatory": 1, "catchment": "stop", "uplift_per_ha": value,
             "uplift_account": "rise", **rules}
            for name, value in projects
        ],
    ).replace({"objective": {"method": "weighted", "accounts": {"levy": 1.0}}})  # fmt: skip


def test_i12_no_hectare_rises_twice() -> None:
    """A rise is what a project adds to doing nothing, once a hectare; the rises of several stop at the cap."""

    def total(found: Plan, account: str) -> float:
        return sum(told(found, account, period) for period in "ab")

    assert total(plan(around(("tram", 2.0))), "rise") == pytest.approx(20.0)
    both = plan(around(("tram", 2.0), ("park", 3.0), uplift_cap=4.0))
    assert (total(both, "rise"), total(both, "levy")) == pytest.approx((40.0, 20.0))  # not 50 and 25
    # nobody enjoys a project more often than there is land
    assert (both.uplift.groupby("project")["area_ha"].sum() <= 10.0 + 1e-6).all()
    # and what no project reaches does not rise
    lone = plan(around(("tram", 2.0)).replace(projects=None))
    assert total(lone, "rise") == 0.0


def test_i14_nothing_is_lost_between_payers_and_receivers() -> None:
    """Shares of an account make 1, and what all actors gain in money makes 0."""
    shares = default("shares").groupby(["account", "role"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(1.0)

    def study(rest: float) -> Study:
        return plain(
            rates={"finance": 0.05, "tail_years": 3},
            parcels=[{**FIELD, "locked_practice": "let"}],
            land_classes=CLASSES,
            actors=[{"actor": actor} for actor in ("local", "farmers", "firm")],
            accounts=[{"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1}],
            shares=[
                {"account": "rent", "role": "receives", "actor": "farmers", "share": 0.7},
                {"account": "rent", "role": "receives", "actor": "local", "share": rest},
                {"account": "rent", "role": "pays", "actor": "firm", "share": 1.0},
            ],
            practices=[{"practice": "let", "zone": "R", "latest": "a"}],
            practice_flows=[{"practice": "let", "account": "rent", "basis": "per_ha_year", "value": 0.1}],
        )

    with pytest.raises(StudyError, match="sum to 1"):
        study(0.2)
    found = plan(study(0.3))
    gains = {actor: told(found, f"gain.actor.{actor}", "total") for actor in ("local", "farmers", "firm")}
    assert sum(gains.values()) == pytest.approx(0.0, abs=1e-9)
    assert gains["local"] / -gains["firm"] == pytest.approx(0.3)
    table = found.distribution()
    money = table[table["kind"] == "money"]
    assert money["receives"].sum() == pytest.approx(money["pays"].sum())


def test_j11_ecosystem_value_is_not_added_to_cash_unasked() -> None:
    """Where nothing is said ecosystem value is a floor; who weighs it states the exchange rate, and is told of it."""
    project = {"project": "park", "capex": 1.0, "annual_ecosystem": 1e6}
    keys = {"name": "a", "defaults": "none", "periods": [{"name": "a", "start": 2026, "years": 5}]}
    tables = {"parcels": [FIELD], "land_classes": CLASSES, "zones": [{"zone": "R"}], "projects": [project]}
    study = make_study(keys, **{name: pd.DataFrame(rows) for name, rows in tables.items()})
    goal = study.settings.objective
    assert (goal.method, dict(goal.floor), goal.ecosystem) == ("floor", {"ecosystem": 1.0}, 0.0)
    found = plan(study)
    assert found.projects["start"].tolist() == [""]  # a treasure of nature, and no cash
    weighed = plan(study.replace({"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.01}}))
    assert weighed.projects["start"].tolist() == ["a"]
    assert "counts as much as 0.01 units of cash" in Words("en")("exchange_text", rate=0.01)
    # 1 % of 200,000 ha of wood, field and lake is more than a county's gap: 2,400 km2 at G2's shares
    shares = {"0103": 21, "0201": 4, "0301": 55, "0401": 7, "1106": 1, "1102": 2}
    whole = sum(share * 2400.0 * services(code) for code, share in shares.items()) / 1e6
    assert 13e3 < whole < 20e3
    assert 0.01 * whole > 0.5 * 204


def test_j12_digging_ponds_does_not_pay() -> None:
    """Water that people hold counts a fifth of a lake, a park less than the shrubs that it replaces; nothing is dug."""
    lake = services("1102")
    assert lake == pytest.approx(125.61 * 4500, rel=1e-6)
    for held in ("1103", "1104", "1107", "0603"):
        assert services(held) == pytest.approx(0.2 * lake, rel=1e-6), held
    assert services("0810") == pytest.approx(0.4 * 19.69 * 4500, rel=1e-6)
    assert services("0810") < services("0305")
    groups = default("land_classes").set_index("land_class")["class_group"]
    made = {name for name in default("practices")["to_class"] if name}
    assert "water" not in set(groups[list(made)])


def test_j13_what_earns_no_carbon_and_bears_no_tax() -> None:
    """Standing forest earns no certificates, homes bear no property or land-use tax."""
    flows = default("practice_flows")
    made = set(flows.loc[flows["account"] == "carbon_credits", "practice"])
    groups = default("land_classes").set_index("land_class")["class_group"]
    practices = default("practices").set_index("practice")
    for name in made:  # planted on land that was no forest worth the name
        assert groups[practices.loc[name, "to_class"]] == "forest"
        assert "0301" not in practices.loc[name, "from_classes"]
        assert "class_group:forest" not in practices.loc[name, "from_classes"]
    for table in ("class_flows", "zone_flows"):
        assert not (default(table)["account"] == "carbon_credits").any()
    # a stand of today, and what is planted in 2026: two years of lead, three to grow, 8 t a hectare in 2031 and 2032
    six_years = {"name": "2027-2032", "start": 2027, "years": 6}
    keys = {"periods": [{"name": "2026", "start": 2026, "years": 1}, six_years]}
    wood = lot("a", "0301", locked_practice="hold")
    meadow = lot("a", "0404", locked_practice="afforestation")
    actions = [row_of("practices", "afforestation", latest="2026")]
    certified = [
        Booked(county(each, settings=keys, practices=actions)).years("carbon_credits") for each in (wood, meadow)
    ]
    assert certified == [[0.0, 0.0], pytest.approx([0.0, 8.0 * 2 / 6])]
    homes = ("0701", "0702")
    taxed = default("class_flows")
    taxed = taxed[taxed["account"].isin(["land_use_tax", "property_tax", "industrial_tax", "commercial_tax"])]
    assert not set(taxed["land_class"]) & set(homes)
    tools = default("capture").set_index("capture_tool")["uplift_account"]
    assert "uplift_homes" not in set(tools[["property_tax", "land_value_tax"]])
    # of all taxes of industry the county has less than a half
    park = taxed[(taxed["land_class"] == "0601") & (taxed["account"] == "industrial_tax")]["value"].max()
    assert park < 0.5 * 0.12 * MU
    assert row_of("capture", "property_tax")["rate"] <= 0.012
