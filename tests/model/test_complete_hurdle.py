"""Which starts are worth it: hurdles, bundles with restoration; and what of a project will be delivered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.complete_bay import TABLES as BAY
from tests.model.complete_bay import bay
from tests.model.complete_town import account, parcel, tool, town
from tests.model.complete_valley import coefficients, limit
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

MALL = {"project": "mall", "category": "industry", "capex": 10.0, "life_years": 3, "annual_revenue": 4.0}
"""It costs 10 in the year of its start and brings 4 in each of the three years after it: 12."""
ALL = ["p1", "p2", "p3"]


def possible(study: Study, j: str = "mall") -> list[str]:
    """The periods in which a project may start, as the model has it."""
    model = pyomo_model(study)
    periods, found = ALL, []
    for t, period in enumerate(periods):
        fixed = model.U[j, period].ub == 0
        if t > 0 and not fixed:
            fixed = model.stay[j, period].equality
        found += [] if fixed else [period]
    return found


# Hurdles


@pytest.mark.parametrize(
    ("cells", "starts"),
    [
        # undiscounted 12 for 10, and for 12; what comes after the tail counts too
        ({"hurdle": 0.0}, ALL),
        ({"hurdle": 0.0, "capex": 12.0}, ALL),
        ({"hurdle": 0.0, "capex": 12.001}, []),
        # 4 x (0.64 + 0.512 + 0.4096) = 6.2464 for 8
        ({"hurdle": 0.25}, []),
        # half of it: 6 for 10
        ({"hurdle": 0.0, "deliverability": 0.5}, []),
        # without an end 100 years count: 100 x 0.1
        ({"hurdle": 0.0, "life_years": None, "annual_revenue": 0.1}, ALL),
        ({"hurdle": 0.0, "life_years": None, "annual_revenue": 0.0999}, []),
        # and a life that is longer counts as it is
        ({"hurdle": 0.0, "life_years": 200, "annual_revenue": 0.05}, ALL),
        # running cost: 3 x (4 - 0.7) = 9.9
        ({"hurdle": 0.0, "annual_cost": 0.7}, []),
        # not tested: no rate, no revenue, it must be built
        ({}, ALL),
        ({"hurdle": 0.25, "annual_revenue": 0.0}, ALL),
        ({"hurdle": 0.25, "mandatory": 1}, ALL),
    ],
)
def test_hurdle(cells: dict[str, Any], starts: list[str]) -> None:
    assert possible(town(projects=[{**MALL, **cells}])) == starts


def test_a_hundred_years_are_counted_in_a_long_tail_too() -> None:
    assert possible(town(rates={"tail_years": 120}, projects=[{**MALL, "hurdle": 0.0, "life_years": None}])) == ALL
    more = {"hurdle": 0.0, "life_years": None, "annual_revenue": 0.0999}
    assert possible(town(rates={"tail_years": 120}, projects=[{**MALL, **more}])) == []


def test_rate_of_a_category() -> None:
    # 6.2464 for 8 at 25 %; its own rate goes before that of its category
    for rates, own, starts in (
        ({"industry": 0.25}, {}, []),
        ({"industry": 0.25}, {"hurdle": 0.0}, ALL),
        ({"industry": 0.0}, {"hurdle": 0.25}, []),
        ({"infrastructure": 0.25}, {}, ALL),
    ):
        assert possible(town(finance={"hurdle": rates}, projects=[{**MALL, **own}])) == starts


def test_prices_grow_and_all_receive() -> None:
    # 10 once in the year after the start, at prices of 2027 11, of 2028 12.1, of 2029 13.31, all of it the owners'; it
    # costs 11.5 at the start.
    study = town(
        accounts=[account("prize", "revenue", "one_off", growth=0.1)],
        actors=[{"actor": "local", "public": 1}, {"actor": "owners"}],
        shares=[{"account": "prize", "role": "receives", "actor": "owners", "share": 1.0}],
        projects=[{"project": "mall", "capex": 11.5, "hurdle": 0.0}],
        project_flows=[{"project": "mall", "account": "prize", "basis": "once", "value": 10.0, "start_year": 1}],
    )
    assert possible(study) == ["p2", "p3"]


@pytest.mark.parametrize("own", [True, False])
def test_who_brings_uplift_is_not_tested(own: bool) -> None:
    # by a row of its own, or in a catchment; a catchment where the land gains nothing is none
    rise = account("rise", "uplift", "one_off")
    if own:
        flows = [{"project": "mall", "account": "rise", "basis": "once", "value": 1.0}]
        study = town(accounts=[rise], projects=[{**MALL, "hurdle": 0.25}], project_flows=flows)
        assert possible(study) == ALL
        return
    for gain, starts in ((0.1, ALL), (0.0, [])):
        lake = {"catchment": "lake", "uplift_per_ha": gain, "uplift_account": "rise"}
        study = town(parcels=[parcel(tags="lake")], accounts=[rise], projects=[{**MALL, "hurdle": 0.25, **lake}])
        assert possible(study) == starts


def test_a_project_that_is_to_earn_and_will_not_is_tested() -> None:
    # next to nothing of its revenue is delivered, 0.12 of 12: it is no park
    assert possible(town(projects=[{**MALL, "hurdle": 0.0, "deliverability": 0.01}])) == []


def test_portfolio_is_of_projects_with_a_rate() -> None:
    # The park earns nothing and is in it all the same: 12 - 10 from each start, and -3; the road has no rate.
    study = town(
        projects=[
            {**MALL, "hurdle": 0.0},
            {"project": "park", "capex": 3.0, "hurdle": 0.0, "mandatory": 1},
            {"project": "road", "capex": 5.0},
        ]
    )
    model = pyomo_model(study)
    assert coefficients(model.portfolio.body)[0] == pytest.approx({"U[mall,p3]": 2.0, "U[park,p3]": -3.0})
    assert (model.portfolio.lower, model.portfolio.upper) == (0, None)
    assert not len(pyomo_model(town(projects=[MALL])).portfolio)


# Bundles with restoration

PARK = {"project": "park", "category": "ecological_restoration", "capex": 3.0}
OTHERS: list[dict[str, Any]] = [
    {"project": "moor", "category": "ecological_restoration", "capex": 9.0, "bundle": "other"},
    {"project": "inn", "category": "culture_tourism", "capex": 1.0, "bundle": "other", "annual_revenue": 10.0},
]
"""A bundle that passes every test: 9 of 10 for restoration, and 10 a year for good."""


def bundle(
    share: float | None = 0.3, mall: dict[str, Any] | None = None, park: dict[str, Any] | None = None, **tables: Any
) -> Study:
    """A park of 3 and a mall of 7 that earns 2 a year for 5 years: undiscounted 10 for 10."""
    earning = {"capex": 7.0, "annual_revenue": 2.0, "life_years": 5, **(mall or {})}
    return town(
        finance={} if share is None else {"eod_eco_share": share},
        rates={"finance": 0.0},
        projects=[{**MALL, **earning, "bundle": "b"}, {**PARK, **(park or {}), "bundle": "b"}, *OTHERS],
        **tables,
    )


@pytest.mark.parametrize(
    ("share", "mall", "park", "starts"),
    [
        (0.3, {}, {}, ALL),  # 3 of 10, and nothing lost
        (0.301, {}, {}, []),
        (0.3, {"annual_revenue": 1.99}, {}, []),
        (None, {"annual_revenue": 1.0}, {}, ALL),
        # what must be built, and what has one kind of projects only, is not tested
        (0.9, {}, {"mandatory": 1}, ALL),
        (0.9, {}, {"category": "agriculture"}, ALL),
        (0.3, {"category": "ecological_restoration", "annual_revenue": 0.0}, {}, ALL),
        # the mall's own hurdle is another matter: 10 for 7
        (0.3, {"hurdle": 0.5}, {}, []),
    ],
)
def test_bundle(share: float | None, mall: dict[str, Any], park: dict[str, Any], starts: list[str]) -> None:
    study = bundle(share, mall, park)
    assert possible(study) == starts
    if "hurdle" not in mall:
        assert possible(study, "park") == starts


@pytest.mark.parametrize(
    ("cells", "starts"),
    [
        ({}, ALL),
        ({"role": "land_sale"}, []),
        ({"path": "government"}, []),
        ({"path": "market"}, ALL),
    ],
)
def test_operating_income_of_a_bundle_is_without_land_and_tax(cells: dict[str, Any], starts: list[str]) -> None:
    # 9.5 a year's trade short of 10; 1 comes from elsewhere
    study = bundle(
        mall={"annual_revenue": 1.9},
        accounts=[account("other", "revenue", "one_off", **cells)],
        project_flows=[{"project": "mall", "account": "other", "basis": "once", "value": 1.0}],
    )
    assert possible(study) == starts


def test_land_that_a_bundle_buys_is_no_operating_cost() -> None:
    for role, starts in (("land_cost", ALL), (None, [])):
        study = bundle(
            accounts=[account("dues", "cost", "one_off", **({"role": role} if role else {}))],
            project_flows=[{"project": "park", "account": "dues", "basis": "once", "value": 1.0}],
        )
        assert possible(study) == starts


def test_a_bundle_starts_when_it_carries_itself() -> None:
    # a fee of 1 once in the year of the start grows by half a year: 1, 1.5, 2.25 for 0.5 and 1.6 that the mall lacks
    for revenue, starts in ((1.9, ALL), (1.68, ["p3"])):
        study = bundle(
            mall={"annual_revenue": revenue},
            accounts=[account("fee", "revenue", "one_off", growth=0.5)],
            project_flows=[{"project": "park", "account": "fee", "basis": "once", "value": 1.0}],
        )
        assert possible(study) == possible(study, "park") == starts


# What will be delivered

PIER = {"project": "pier", "latest": "p1", "deliverability": 0.25}


def test_deliverability_counts_on_what_a_project_brings() -> None:
    # A quarter of what it brings, all of what it costs, takes or does harm.
    brought = ("tickets", "air", "lift", "schools", "birds")
    families = dict(zip(brought, ("revenue", "carbon", "uplift", "social", "ecosystem"), strict=True))
    taken = {"upkeep": "cost", "permits": "quota", "visits": "custom"}
    once = ("lift", "permits")
    study = town(
        accounts=[
            account(name, family, "one_off" if name in once else "annual")
            for name, family in (families | taken).items()
        ],
        projects=[
            {**PIER, "capex": 8.0, "annual_revenue": 4.0, "annual_cost": 2.0, "annual_ecosystem": -4.0, "jobs": 12.0}
        ],
        project_flows=[
            {"project": "pier", "account": name, "basis": "once" if name in once else "per_year", "value": 8.0}
            for name in (*families, *taken)
        ],
        limits=[
            limit(name, name, value=0.0)
            for name in (*families, *taken, *(f"project.{each}" for each in ("revenue", "cost", "ecosystem", "jobs")))
        ],
    )
    build = Build(study)
    booked = {
        name: coefficients(build.ledger(name, "total", "p1" if name in once else "p2"))[0]["U[pier,p1]"]
        for name in build.study.limits["account"]
    }
    assert booked == {
        **dict.fromkeys(brought, 2.0),
        **dict.fromkeys(taken, 8.0),
        "project.revenue": 1.0,
        "project.cost": 2.0,
        "project.ecosystem": -4.0,
        "project.jobs": 3.0,
    }


def test_what_is_captured_follows_the_uplift() -> None:
    # Of 6 and of 0.5 a hectare a quarter will be there, and half of that is taken.
    study = town(
        parcels=[parcel(tags="lake")],
        accounts=[account("rise", "uplift", "one_off"), account("once", "revenue", "one_off", capture_tool="once")],
        capture=[tool("once", 0.5)],
        projects=[{**PIER, "catchment": "lake", "uplift_per_ha": 0.5, "uplift_account": "rise"}],
        project_flows=[{"project": "pier", "account": "rise", "basis": "once", "value": 6.0}],
        limits=[limit("l", "once", value=0.0), limit("r", "rise", value=0.0)],
    )
    build = Build(study)
    rise, once = (coefficients(build.ledger(name, "total", "total"))[0] for name in ("rise", "once"))
    assert rise["U[pier,p1]"] == 1.5
    assert rise["uplifted[pier,p1,N/lake/,p2]"] == 0.125
    assert once == {name: each / 2 for name, each in rise.items()}


def test_what_is_not_delivered_is_in_no_bond() -> None:
    # income of the quay in the bay: 0.8 of its revenue
    rows = [{"instrument": "bond", "kind": "bond", "rate": 0.3, "tenor_years": 3, "self_supporting": 1}]
    model = pyomo_model(bay(instruments=rows, projects=[{**row, "instruments": ""} for row in BAY["projects"]]))
    # 2028 is the one year of its life within three years from 2026
    assert coefficients(model.cover_min["quay", "a"].body)[0]["U[quay,a]"] == pytest.approx(5 - 1)
