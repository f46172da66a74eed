"""What planners ask for and rows of `limits` say: small towns whose best plan changes with them, by hand.

A town has five hectares of field, and more where it is said. Years are 2026-27 and 2028-30, and money of any year
counts alike: what begins in 2026 and brings 1 a year is worth 5, what begins in 2028 is worth 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from tests.model.plain import plain, planned, solved
from zonevest.instances.study import Study

Row = dict[str, Any]


def fields(count: int = 5, place: str = "", **cells: Any) -> list[Row]:
    """Fields of a hectare each."""
    return [{"parcel_id": f"{place}{i}", "land_class": "field", "jurisdiction": place, **cells, "area_ha": 1.0}
            for i in range(count)]  # fmt: skip


def account(name: str, family: str = "revenue", recurrence: str = "annual") -> Row:
    return {"account": name, "family": family, "recurrence": recurrence, "cash": family in ("revenue", "cost")}


def books(practice: str, account: str, value: float, basis: str = "per_ha_year") -> Row:
    return {"practice": practice, "account": account, "basis": basis, "value": value}


def town(
    limits: Sequence[Row],
    parcels: Sequence[Row] = (),
    flows: Sequence[Row] = (),
    settings: Mapping[str, Any] | None = None,
    **tables: list[Row],
) -> Study:
    """A town whose fields may be built on in zone U (homes, shops, sheds), put under glass or planted."""
    given: dict[str, Any] = {
        "parcels": list(parcels) or fields(),
        "zones": [{"zone": "R"}, {"zone": "U"}],
        "land_classes": [
            {"land_class": "field", "class_group": "arable"},
            {"land_class": "yard", "class_group": "construction"},
            {"land_class": "built", "class_group": "construction"},
            {"land_class": "wood", "class_group": "forest"},
        ],
        "accounts": [
            account("rent"), account("tax"), account("care", "cost"), account("jobs", "social"),
            account("residents", "social"), account("places", "social", "stock"),
        ],
        "practices": [
            *({"practice": name, "zone": "U", "from_classes": "field", "to_class": "built"}
              for name in ("homes", "shops", "sheds")),
            {"practice": "greenhouse", "zone": "R", "from_classes": "field"},
            {"practice": "plant", "zone": "R", "from_classes": "field", "to_class": "wood"},
            {"practice": "renew", "zone": "U", "from_classes": "yard", "to_class": "built"},
        ],
        "practice_flows": list(flows),
    }  # fmt: skip
    study = plain(settings, **(given | tables))
    return study.replace(limits=pd.DataFrame(limits))


def gain(study: Study, *without: str) -> float | None:
    """What the best plan gains, without the limits named."""
    kept = study.limits[~study.limits["limit"].isin(without)]
    return solved(study.replace(limits=kept)).objective


def limit(name: str, account: str, sense: str, value: float, **cells: Any) -> Row:
    return {"limit": name, "account": account, "sense": sense, "value": value, **cells}


@pytest.mark.parametrize("handed_down", ["limits", "grants"])
def test_a_target_is_handed_down_to_towns(handed_down: str) -> None:
    # Of 4 ha of new construction E has 1 and W 3; E's land brings 2 and W's 1 a year: 5 x (1 x 2 + 3 x 1). One cap for
    # both would give all three of E and one of W: 5 x (3 x 2 + 1).
    flows: list[Row] = [{**books("homes", "rent", 1.0), "where": "jurisdiction=W"},
                        {**books("homes", "rent", 2.0), "where": "jurisdiction=E"}]  # fmt: skip
    parcels = [*fields(3, "E"), *fields(3, "W")]
    new, share = "area.new_construction", {"E": 1.0, "W": 3.0}
    city = limit("city", new, "<=", 4.0, period="total")
    if handed_down == "limits":
        shares = [limit(f"of_{g}", new, "<=", n, jurisdiction=g, period="total") for g, n in share.items()]
        study = town([city, *shares], parcels, flows)
        assert gain(study, "of_E", "of_W") == pytest.approx(35.0)
        told = planned(study).limits.set_index(["limit", "jurisdiction"])[["value", "bound"]]
        assert told.loc["of_E"].to_numpy().tolist() == [[pytest.approx(1), 1]]
        assert told.loc["of_W"].to_numpy().tolist() == [[pytest.approx(3), 3]]
    else:
        right = {"quota": "new", "account_used": new, "movable": 0, "bank": 1}
        grants = [{"quota": "new", "jurisdiction": g, "period": "a", "amount": n} for g, n in share.items()]
        study = town([city], parcels, flows, quotas=[right], quota_grants=grants)
    assert gain(study) == pytest.approx(25.0)


def test_a_milestone_comes_before_the_goal() -> None:
    # A hectare of wood costs 1 a year. Three by 2030 are planted in 2028: -3 x 3. Two of them by 2027: -2 x 5 - 3.
    wood = "area.class_group.forest"
    goal, milestone = limit("goal", wood, ">=", 3.0, period="last"), limit("milestone", wood, ">=", 2.0, period="a")
    study = town([goal, milestone], flows=[books("plant", "care", 1.0)])
    assert gain(study, "milestone") == pytest.approx(-9.0)
    plan = solved(study)
    assert plan.objective == pytest.approx(-13.0)
    assert plan.plan.parcels.query("practice == 'plant'")["start"].value_counts().to_dict() == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("how", "value", "homes"),
    [
        # homes bring 2 a year in another zone, greenhouses 1 in their own: two of homes, 5 x (2 x 2 + 3 x 1)
        ({}, 35.0, 2),
        # at 3 a hectare that changes its zone beyond that all are homes: 5 x 5 x 2 - 3 x 3
        ({"kind": "soft", "penalty": 3.0}, 41.0, 5),
        # at 6 it is dearer than the 5 that homes bring more
        ({"kind": "soft", "penalty": 6.0}, 35.0, 2),
    ],
)
def test_a_plan_is_not_to_be_changed_often(how: Row, value: float, homes: int) -> None:
    cap = limit("rezoned", "area.rezoned", "<=", 2.0, period="total", **how)
    study = town([cap], flows=[books("homes", "rent", 2.0), books("greenhouse", "rent", 1.0)])
    assert gain(study, "rezoned") == pytest.approx(50.0)
    plan = solved(study)
    assert plan.objective == pytest.approx(value)
    assert plan.practices.count("homes") == homes


def test_places_for_everybody_who_lives_here_or_moves_in() -> None:
    # 100 people and 10 more for each hectare of homes, which brings 3 a year. One place for 20 people: without the
    # clinic, 2 a year for 6 places, there are none; with it 6 >= 0.05 (100 + 10 n) for two hectares: 5 x (2 x 3 - 2).
    access = limit("access", "places", ">=", 0.05, basis="per_head")
    homes = {"practice": "homes", "zone": "U", "from_classes": "field", "to_class": "built", "in_migration": 10.0}
    study = town(
        [access],
        fields(5, "N"),
        [books("homes", "rent", 3.0)],
        practices=[homes],
        jurisdictions=[{"jurisdiction": "N", "population": 100.0}],
        projects=[{"project": "clinic", "build_years": 0, "annual_cost": 2.0}],
        project_flows=[{"project": "clinic", "account": "places", "basis": "once", "value": 6.0}],
    )
    assert gain(study, "access") == pytest.approx(75.0)
    plan = solved(study)
    assert plan.objective == pytest.approx(20.0)
    assert plan.starts == {"clinic": "a"}


def test_tax_of_a_hectare_that_is_built_on() -> None:
    # Sheds bring 6 a year of which 1 is tax, shops 3 that are all tax. 2 a hectare of tax: of five no more than two are
    # sheds, (2 x 1 + 3 x 3) / 5: 5 x (2 x 6 + 3 x 3) in place of 5 x 5 x 6.
    yields = limit("yields", "tax", ">=", 2.0, basis="share_of:area.class_group.construction")
    flows = [books("sheds", "rent", 5.0), books("sheds", "tax", 1.0), books("shops", "tax", 3.0)]
    study = town([yields], flows=flows)
    assert gain(study, "yields") == pytest.approx(150.0)
    assert gain(study) == pytest.approx(105.0)


def test_a_share_of_what_is_supplied_is_renewed() -> None:
    # Building on fields brings 2 a year, renewing one of three yards costs 1. 40 % of what is supplied is to be stock,
    # renewed >= 2/3 new: four new ones, and three renewed as late as may be, 5 x 4 x 2 - 3 x 3, in place of five.
    renewed = limit("renewed", "area.new.practice.renew", ">=", 0.4 / 0.6, basis="share_of:area.new_construction")
    yards = [{**each, "land_class": "yard"} for each in fields(3, "Y")]
    flows = [books("homes", "rent", 2.0), books("renew", "care", 1.0)]
    study = town([renewed | {"period": "total"}], [*fields(), *yards], flows)
    assert gain(study, "renewed") == pytest.approx(50.0)
    plan = solved(study)
    assert plan.objective == pytest.approx(31.0)
    assert (plan.practices.count("homes"), plan.practices.count("renew")) == (4, 3)


def test_a_share_of_outlay_is_private() -> None:
    # A mill of 5 brings 2 a year from 2027 and is paid from cash; partners, at a tenth a year, are dearer than nothing.
    # They are to bring a fifth of all outlay: 1.
    private = limit("private", "finance.raised.stake", ">=", 0.2, basis="share_of:money.outlay", period="total")
    study = town(
        [private],
        settings={"finance": {"opening_cash": 9.0}},
        projects=[{"project": "mill", "capex": 5.0, "annual_revenue": 2.0, "latest": "a"}],
        instruments=[{"instrument": "stake", "kind": "equity", "rate": 0.1, "tenor_years": 4}],
    )
    plan = solved(study)
    assert plan.starts == {"mill": "a"}
    assert plan.plan.financing["raised"].tolist() == pytest.approx([1.0])
    without = solved(study.replace(limits=None))
    assert without.plan.financing.empty


def test_jobs_and_homes_of_a_cluster_are_in_balance() -> None:
    # In the west a hectare of homes (100 residents) brings 3 a year and one of sheds (50 jobs) 1; elsewhere there is
    # one more of homes. 0.8 to 1.2 jobs a resident: one of homes asks for 80 to 120 jobs, two of sheds; two of homes
    # would ask for four. 5 x (3 + 2 x 1) and 5 x 3 elsewhere.
    jobs = {"jurisdiction": "west", "period": "last", "basis": "share_of:residents"}
    band = [limit("least", "jobs", ">=", 0.8, **jobs), limit("most", "jobs", "<=", 1.2, **jobs)]
    flows = [books("homes", "rent", 3.0), books("homes", "residents", 100.0), books("sheds", "rent", 1.0),
             books("sheds", "jobs", 50.0)]  # fmt: skip
    parcels = [*fields(tags="west"), *fields(1, "elsewhere")]
    study = town(band, parcels, flows)
    assert gain(study, "least", "most") == pytest.approx(90.0)
    assert gain(study, "least") == pytest.approx(90.0)  # too few jobs are none too many
    # four of sheds for one of homes
    assert gain(study, "most") == pytest.approx(5 * (3 + 4 * 1) + 15)
    assert gain(study) == pytest.approx(40.0)
