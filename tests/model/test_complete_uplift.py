"""Uplift and capture: what a rise of land value books, what is taken of it, and where projects raise it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy_financial as npf
import pandas as pd
import pytest

from tests.model.complete_shore import shore
from tests.model.complete_town import (
    BLANK,
    ROAD,
    account,
    captured,
    flow,
    parcel,
    solved,
    tool,
    town,
    value,
    weights,
)
from tests.model.complete_valley import coefficients, limit, row
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

# Capture


def shops(*flows: dict[str, Any], tail: int = 2, practice: Mapping[str, Any] | None = None, **cells: Any) -> Build:
    """Shops that raise the value of 10 ha by 2 each a year after their start; prices of land grow by 10 % a year."""
    return Build(
        town(
            rates={"tail_years": tail},
            parcels=[parcel()],
            accounts=[
                account("rise", "uplift", "one_off", growth=0.1),
                *captured(**cells),
                account("tolls"),
                account("works", "cost", "one_off"),
            ],
            practices=[
                {
                    "practice": "shop",
                    "zone": "Z",
                    "mode": "service",
                    "earliest": "p2",
                    "latest": "p2",
                    **(practice or {}),
                }
            ],
            practice_flows=[flow("rise", 2.0, start_year=1), *flows],
            capture=[tool("once", 0.25, delay_years=1), tool("yearly", 0.1, annual=1, delay_years=1)],
            limits=[limit(name, name, value=0.5, basis="share_of_start") for name in ("once", "yearly", "rise")],
        )
    )


def test_capture_of_what_a_practice_raises() -> None:
    # Start 2027, so the rise is of 2028: 20 x 1.1^2 = 24.2. A quarter of it is taken in 2029: 6.05; a tenth in 2029 and
    # every year of the tail, 2.42 without the growth of the account that it is posted on. The mean of 2028/29 is 1.21.
    build = shops()
    x = "x[P,shop,p2]"
    assert coefficients(build.ledger("rise", "total", "p3"))[0] == pytest.approx({x: 24.2})
    assert coefficients(build.ledger("once", "N", "p3"))[0] == pytest.approx({x: 6.05})
    assert coefficients(build.ledger("yearly", "total", "p3"))[0] == pytest.approx({x: 1.21})
    assert coefficients(build.ledger("yearly", "total", "total"))[0] == pytest.approx({x: 2.42})
    for name, flat in (("rise", 20.0), ("once", 5.0), ("yearly", 1.0)):
        assert coefficients(build.ledger(name, "total", "p3", start_prices=True))[0] == pytest.approx({x: flat})
    # F1: once, carried from 2029 to the beginning of 2027, 5 % of it every year for good, to the tail's end in 2031;
    # yearly as it comes.
    (shop,) = (choice for choice in build.choices["P"] if choice.option.practice == "shop")
    equal = 0.05 * 6.05 * 1.05**-3
    assert shop.worth["cash"] == pytest.approx(equal * weights(2027, 2031) + 2.42 * weights(2029, 2031))


def test_what_is_captured_does_not_lengthen_an_undertaking() -> None:
    # Tolls of 1 a year run in 2027 alone: so long counts the annual equivalent; the yearly levy goes on by itself.
    build = shops(flow("tolls", 0.1, "per_ha_year", life_years=1))
    (shop,) = (choice for choice in build.choices["P"] if choice.option.practice == "shop")
    equal = 0.05 * 6.05 * 1.05**-3
    assert shop.worth["cash"] == pytest.approx((1 + equal) * weights(2027, 2027) + 2.42 * weights(2029, 2031))


def test_a_capture_that_is_sale_of_land_is_spread_over_the_lease() -> None:
    build = shops(practice={"life_years": 10, "lease_years": 40}, role="land_sale")
    (shop,) = (choice for choice in build.choices["P"] if choice.option.practice == "shop")
    equal = -npf.pmt(0.05, 40, 6.05 * 1.05**-3)
    assert shop.worth["cash"] == pytest.approx(equal * weights(2027, 2031) + 2.42 * weights(2029, 2031))


def test_a_project_s_own_uplift_is_captured_by_tools_for_all_land() -> None:
    # 8 in the year after the start: once a half, 4, where no `where` is asked; it is carried to 2027, the opening.
    build = Build(
        town(
            parcels=[parcel(tenure="state")],
            accounts=[account("rise", "uplift", "one_off"), *captured()],
            capture=[tool("once", 0.5), tool("yearly", 0.1, annual=1, where="tenure=state")],
            projects=[{**ROAD, "capex": 0.0, "annual_cost": 0.0}],
            project_flows=[{"project": "road", "account": "rise", "basis": "once", "value": 8.0, "start_year": 1}],
            limits=[limit("l", "once", value=0.0), limit("y", "yearly", value=0.0)],
        )
    )
    assert coefficients(build.ledger("once", "total", "p2"))[0] == {"U[road,p1]": 4}
    assert coefficients(build.ledger("yearly", "total", "total"))[0] == {}
    (start,) = build.starts
    assert start.worth["cash"] == pytest.approx((4 + 0.05 * 4 / 1.05) * weights(2027, 2029))


# Catchments


def test_two_projects_share_what_a_hectare_can_gain() -> None:
    # 0.3 and 0.4 a hectare on 10 ha that need no practice: 7; 5 where a hectare gains 0.5 at most, the lesser cap.
    projects = [
        {**ROAD, "project": name, "catchment": "lake", "uplift_per_ha": rise, "uplift_account": "rise", "mandatory": 1}
        for name, rise in (("one", 0.3), ("two", 0.4))
    ]
    for caps, most in ((BLANK, BLANK), 7.0), ((0.5, 0.9), 5.0), ((0.2, BLANK), 6.0):
        capped = [{**project, "uplift_cap": cap} for project, cap in zip(projects, caps, strict=True)]
        model = solved(
            town(
                {"objective": {"method": "weighted", "accounts": {"rise": 1.0}}},
                parcels=[parcel(tags="lake")],
                accounts=[account("rise", "uplift", "one_off")],
                projects=capped,
            )
        )
        # A cap of 0.2 on the first alone leaves it 2 of its 3; the second has none.
        assert value(model.objective) == pytest.approx(most)


def test_catchment_uplift_follows_its_practice_in_time() -> None:
    # The road opens in 2027. Shops of 2027 gain at once, those of 2028 in 2028: 1 a hectare at prices that grow by
    # 10 %.
    rise = account("rise", "uplift", "one_off", growth=0.1)
    for first, t, gained in (("p1", "p2", 11.0), ("p2", "p2", 11.0), ("p3", "p3", 12.1)):
        study = town(
            {"objective": {"method": "weighted", "accounts": {"rise": 0.001, "area.practice.shop": 1.0}}},
            parcels=[parcel(tags="road")],
            accounts=[rise],
            practices=[{"practice": "shop", "zone": "Z", "mode": "service", "earliest": first, "latest": first}],
            projects=[
                {
                    **ROAD,
                    "catchment": "road",
                    "uplift_per_ha": 1.0,
                    "uplift_account": "rise",
                    "uplift_of": "shop",
                    "mandatory": 1,
                }
            ],
            limits=[limit("early", "rise", value=gained, sense=">=", period=t)],
        )
        model = solved(study)
        assert value(model.ledger["rise", "total", t]) == pytest.approx(gained)
        assert value(model.objective) == pytest.approx(10 + 0.001 * gained)


def test_atoms() -> None:
    # A jurisdiction, the catchments of the parcel, and the tools on the uplift of their projects that hold there.
    parcels = [
        parcel("A", tags="b; a; quarter", tenure="state"),
        parcel("B", tags="a; b", tenure="state", title=0),
        parcel("C", tags="a", tenure="state", jurisdiction=""),
        parcel("D", tags="quarter", tenure="state"),
        parcel("E", tags="b; a", tenure="state"),
    ]
    projects = [
        {**ROAD, "project": j, "catchment": tag, "uplift_per_ha": 1.0, "uplift_account": name}
        for j, tag, name in (("j", "a", "rise"), ("k", "b", "boom"))
    ]
    build = Build(
        town(
            parcels=parcels,
            accounts=[
                account("rise", "uplift", "one_off"),
                account("boom", "uplift", "one_off"),
                account("rest", "uplift", "one_off"),
                *captured(),
            ],
            projects=projects,
            capture=[
                tool("once", 0.1),
                tool("once", 0.1, where="tenure=state"),
                tool("yearly", 0.1, annual=1, where="tenure=state"),
                {**tool("once", 0.1, where="title=1"), "uplift_account": "boom"},
                {**tool("once", 0.1, where="slope_class=1"), "uplift_account": "rest"},
            ],
        )
    )
    found = {atom.name: parcels for atom, parcels in build.catchments.atoms.items()}
    assert found == {
        "N/a;b/tenure=state + title=1": ["A", "E"],
        "N/a;b/tenure=state": ["B"],
        "/a/tenure=state": ["C"],
    }


def test_land_that_cannot_get_there_does_not_count_as_reachable() -> None:
    # With B held no hectare of its land can be a shop at the end: nothing may be raised there.
    tied = [{"parcel_id": "A"}, {"parcel_id": "B", "locked_practice": "hold"}, {"parcel_id": "C"}]
    study = shore()
    merged = study.parcels.drop(columns="locked_practice").merge(pd.DataFrame(tied).fillna(""), on="parcel_id")
    model = pyomo_model(study.replace(parcels=merged))
    assert row(model.open["quay", "a", "N/lake/tenure=collective"])[0] == {
        "uplifted[quay,a,N/lake/tenure=collective,b]": 1
    }
