"""Traps of pace: everything at once, more than a market takes, a plan that is changed for little."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.plain import planned as plan
from tests.realism.studies import county, default, lot, only, row, row_of, told
from zonevest.api import Plan
from zonevest.instances.study import Study

TOWN = {"growth_boundary": 1, "tenure": "state", "zone": "418"}


def objective(study: Study) -> float:
    """Of the best plan."""
    value = plan(study).objective
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("use", "practice", "code", "share", "off"),
    [
        ("homes", "residential_low", "0701", 0.2, 27.0),
        ("business", "commercial", "05H1", 0.3, 18.0),
        ("industry", "industrial_sale", "0601", 0.5, 2.25),
    ],
)
def test_i03_the_market_takes_a_part_of_what_is_there(
    use: str, practice: str, code: str, share: float, off: float
) -> None:
    """Beyond a share of today's land of the use a hectare loses three fifths of its price, that of the default rows."""
    town = [
        lot("stock", code, area_ha=10.0, growth_boundary=1, tenure="state", locked_practice="hold"),
        lot("field", "0103", area_ha=10.0 * share + 2.0, **TOWN, locked_practice=practice),
    ]
    actions = [row_of("practices", practice, latest="2026")]
    name = f"absorbed_{use}"
    limited, free = (county(*town, practices=actions, limits=only(*names)) for names in ([name], []))
    assert row(plan(limited), name) == pytest.approx((10.0 * share + 2.0, 10.0 * share))
    assert objective(free) - objective(limited) == pytest.approx(2.0 * off)
    sold = default("practice_flows").query("account == 'land_sale'").set_index("practice")["value"]
    assert off == pytest.approx(0.6 * sold["residential_medium" if use == "homes" else practice])


def starts_by_place(found: Plan) -> dict[tuple[str, str], int]:
    """How many fields are built on, by jurisdiction and period of the start."""
    built = found.parcels[found.parcels["practice"] == "industrial_lease"]
    return built.groupby([built["parcel_id"].str[0], "start"]).size().to_dict()


def test_j05_no_place_grows_all_at_once() -> None:
    """In a period no place builds on more new land than a twentieth of what is built: three fields, three years."""

    def study(*limits: str) -> Study:
        lots = [
            each
            for place in "EW"
            for each in (
                lot(f"{place} stock", "0601", area_ha=20.0, **TOWN, jurisdiction=place, locked_practice="hold"),
                *(
                    lot(f"{place} {k}", "0103", **TOWN, jurisdiction=place, locked_practice="industrial_lease")
                    for k in range(3)
                ),
            )
        ]
        actions = [row_of("practices", "industrial_lease", latest="2028")]
        return county(*lots, limits=only(*limits), practices=actions)

    assert starts_by_place(plan(study())) == {("E", "2026"): 3, ("W", "2026"): 3}
    found = plan(study("new_construction_pace"))
    assert starts_by_place(found) == {(place, year): 1 for place in "EW" for year in ("2026", "2027", "2028")}
    assert row(found, "new_construction_pace", "2028", "W") == pytest.approx((1.0, 1.0))
    assert told(found, "area.new_construction", "2028") == pytest.approx(2.0)  # a pace of each, not of all


def test_an_approved_zone_changes_for_something() -> None:
    """Beyond a tenth of the rural zone a hectare that changes its zone costs what its approval costs, 670 yuan/mu."""

    def study(*limits: str, **cells: Any) -> Study:
        wood = lot("wood", "0301", area_ha=30.0, zone="530", **cells)
        field = lot("field", "0103", area_ha=70.0, zone="520", locked_practice="hold")
        actions = [row_of("practices", "service_payment", latest="2026")]
        return county(wood, field, limits=only(*limits), practices=actions)

    moved = {"locked_practice": "service_payment"}
    found = plan(study("rezoned", **moved))
    assert row(found, "rezoned") == pytest.approx((30.0, 10.0))
    assert objective(study(**moved)) - objective(study("rezoned", **moved)) == pytest.approx(20.0 * 0.01)
    assert row_of("practice_flows", "flexible_swap")["value"] == row_of("limits", "rezoned")["penalty"]


def test_the_county_has_milestones(lakeside: Study) -> None:
    """Between today and the goal something is to be there: a third of the goals of 2030 by 2028, half of the woods."""
    limits, terms = lakeside.limits.set_index("limit"), lakeside.limit_terms
    periods = [period.name for period in lakeside.periods]
    for name, part in (("custody", 1 / 3), ("standard_fields", 1 / 3), ("restored", 1 / 2)):
        goal, stone = limits.loc[name], limits.loc[f"{name}_2028"]
        assert stone["period"] == "2028"
        assert goal["period"] == "total" or periods.index(goal["period"]) > periods.index("2028")
        assert stone["sense"] == goal["sense"] == ">="
        assert stone["value"] == pytest.approx(part * goal["value"], rel=0.06)
    woods = lakeside.practices.set_index("practice")
    for practice in ["afforestation", *terms.loc[terms["limit"] == "restored_2028", "account"].str.rpartition(".")[2]]:
        assert woods.loc[practice, "mode"] == "restoration"
        assert woods.loc[practice, "to_class"] in ("0301", "0307")


def test_a_market_takes_no_more_of_what_is_cleared_first(lakeside: Study) -> None:
    """A limit of the county that counts a land action counts the variant that clears the title too."""
    limits, terms = lakeside.limits, lakeside.limit_terms
    pairs = pd.concat([limits[["limit", "account"]], terms[["limit", "account"]]])
    counted = set(pairs.itertuples(index=False, name=None))
    actions = set(lakeside.practices["practice"])
    doubled = {
        (name, account) for name, account in counted if account.rpartition("practice.")[2] + "_clearing" in actions
    }
    markets = {"demand_eco_tourism", "demand_collective_entry", "demand_forest_bank"}
    assert {name for name, _ in doubled} == {*markets, "renewed"}
    assert {(name, f"{account}_clearing") for name, account in doubled} <= counted
    assert (terms.loc[terms["account"].str.endswith("_clearing"), "coefficient"] == 1.0).all()
