"""Prices that change with the amount: what a hectare of a step books and is worth, and that steps fill in order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.complete_bay import bay, full
from tests.model.complete_town import account, flow, parcel, solved, town, value, weights
from tests.model.complete_valley import coefficients, limit, names
from tests.model.shore_rows import SPREAD
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build


def of(expression: Any) -> dict[str, float]:
    """What the variables of steps have in an expression."""
    found = coefficients(expression)[0]
    return {name.replace("'", ""): each for name, each in found.items() if name.startswith("sold")}


def wanted(**steps: float) -> Any:
    """Sale and clearing by place, step and period: `sale_N_1_a`."""
    return pytest.approx({full("sold[{},@,{},{},{}]".format(*name.split("_"))): each for name, each in steps.items()})


def test_worth() -> None:
    # A sale is for the lease of 2 years, its annuity 0.25 / (1 - 0.64); clearing for the 4 years of the shop. In the
    # first year of a period what is paid then counts 1 / 1.25, from that year to 2029. In b prices are those of 2027.
    lease = 0.25 / 0.36 / 1.25
    assert of(pyomo_model(bay()).gain["cash"]) == wanted(
        sale_N_1_a=0.8 * lease * 2.3616,
        sale_N_2_a=0.4 * lease * 2.3616,
        sale_N_1_b=0.66 * lease * 1.5616,
        clearing_total_1_a=-0.1 / 1.25 * SPREAD * 2.3616,
        clearing_total_2_a=-0.2 / 1.25 * SPREAD * 2.3616,
        clearing_total_1_b=-0.1 / 1.25 * SPREAD * 1.5616,
        clearing_total_2_b=-0.2 / 1.25 * SPREAD * 1.5616,
    )


def test_ledger() -> None:
    study = bay(
        limits=[
            limit("s", "sale", value=0.5, basis="share_of_start"),
            limit("c", "clearing", jurisdiction="each"),
            limit("m", "money.land_sale", period="total"),
        ]
    )
    build = Build(study)
    for place in ("N", "total"):
        assert of(build.ledger("sale", place, "b")) == wanted(sale_N_1_b=0.66)
        assert of(build.ledger("sale", place, "b", True)) == wanted(sale_N_1_b=0.6)
    assert of(build.ledger("money.land_sale", "total", "total")) == wanted(
        sale_N_1_a=0.8, sale_N_2_a=0.4, sale_N_1_b=0.66
    )
    # what is of all places is in no jurisdiction
    assert of(build.ledger("clearing", "total", "a")) == wanted(clearing_total_1_a=0.1, clearing_total_2_a=0.2)
    assert not of(build.ledger("clearing", "N", "a")) | of(build.ledger("clearing", "S", "a"))


def sales(
    steps: list[dict[str, Any]],
    practice: dict[str, Any] | None = None,
    area: str = "area.new.practice.shop",
    **more: Any,
) -> Study:
    """Three parcels of 10 ha that may become shops in p1; a tail to 2031."""
    return town(
        rates={"tail_years": 2},
        parcels=[parcel(name) for name in "ABC"],
        practices=[{"practice": "shop", "zone": "Z", "mode": "service", "latest": "p1", **(practice or {})}],
        price_steps=[{"account": "sale", "area_account": area, "factor": 1.0, **step} for step in steps],
        **{"accounts": [account("sale", "revenue", "one_off", role="land_sale")], **more},
    )


@pytest.mark.parametrize(
    ("practice", "role", "first", "spread"),
    [
        # without a lease the life of the practice; 5 % for good where it has none
        ({"life_years": 4, "lease_years": 2}, "land_sale", 2026, 0.05 / (1 - 1.05**-2)),
        ({"life_years": 4, "lease_years": 2}, None, 2026, 0.05 / (1 - 1.05**-4)),
        ({"life_years": 4}, "land_sale", 2026, 0.05 / (1 - 1.05**-4)),
        ({}, "land_sale", 2026, 0.05),
        # a year of lead: the money waits a year
        ({"life_years": 4, "lead_years": 1}, None, 2027, 1.05 * 0.05 / (1 - 1.05**-4)),
    ],
)
def test_life_of_a_sale(practice: dict[str, Any], role: str | None, first: int, spread: float) -> None:
    paid = account("sale", "revenue", "one_off", **({"role": role} if role else {}))
    model = pyomo_model(sales([{"up_to": 50.0, "price": 2.0}], practice, accounts=[paid]))
    worth = coefficients(model.gain["cash"])[0]
    assert worth["sold[sale,'area.new.practice.shop',total,1,p1]"] == pytest.approx(
        2 / 1.05 * spread * weights(first, 2031)
    )


def test_an_area_of_no_practice_is_sold_for_good() -> None:
    study = sales([{"up_to": 50.0, "price": 2.0}], {"life_years": 4, "lead_years": 1}, "area.rezoned")
    worth = coefficients(pyomo_model(study).gain["cash"])[0]
    assert worth["sold[sale,'area.rezoned',total,1,p2]"] == pytest.approx(2 / 1.05 * 0.05 * weights(2027, 2031))


def test_steps_are_those_that_name_the_period() -> None:
    steps = [{"up_to": 50.0, "price": 2.0, "period": "p2"}, {"up_to": 20.0, "price": 3.0, "period": "p2"}]
    # nothing is said of p1 and p3: there is no schedule, what is new there has no price of this kind
    model = pyomo_model(sales(steps))
    assert {key[-1] for key in names(model.step_area)} == {"p2"}
    assert [model.sold["sale", "area.new.practice.shop", "total", k, "p2"].ub for k in (1, 2)] == [20, 30]
    # what is said without a period is for the others; p3 has two years
    model = pyomo_model(sales([*steps, {"up_to": 7.0, "price": 1.0}]))
    assert [model.sold["sale", "area.new.practice.shop", "total", 1, t].ub for t in ("p1", "p2", "p3")] == [7, 20, 14]


def test_no_more_is_sold_than_the_last_step() -> None:
    # 25 ha at most: two of three parcels, the first 20 of their hectares at 2
    model = solved(sales([{"up_to": 20.0, "price": 2.0}, {"up_to": 25.0, "factor": 0.5, "price": 2.0}]))
    assert sum(value(model.x[name, "shop", "p1"]) for name in "ABC") == pytest.approx(2)
    assert value(model.objective) == pytest.approx(40 / 1.05 * 0.05 * weights(2026, 2031))


def test_steps_fill_in_order_even_where_revenue_is_disliked() -> None:
    # Two must be shops; the objective counts the purse's receipts against itself: the second 15 ha cost less, and come
    # second all the same. 15 x 2 + 5 x 1.
    study = sales(
        [{"up_to": 15.0, "price": 2.0}, {"up_to": 30.0, "price": 1.0}],
        settings={"objective": {"method": "weighted", "accounts": {"sale": -1.0}}},
        limits=[limit("two", "area.practice.shop", value=20.0)],
    )
    model = solved(study)
    assert value(model.objective) == pytest.approx(-35)
    assert value(model.filled["sale", "area.new.practice.shop", "total", 1, "p1"]) == pytest.approx(1)


def test_shares_beside_flows_and_budgets() -> None:
    # Half of every sale is the owners', whether a flow books it or a step; 0.3 a hectare comes by a flow.
    study = sales(
        [{"up_to": 50.0, "price": 2.0, "jurisdiction": "N"}],
        actors=[{"actor": "local", "public": 1}, {"actor": "owners"}],
        shares=[{"account": "sale", "role": "receives", "actor": actor, "share": 0.5} for actor in ("local", "owners")],
        practice_flows=[flow("sale", 0.3)],
        limits=[
            limit("s", "sale", jurisdiction="N"),
            limit("m", "money.receipts"),
            limit("o", "gain.actor.owners", jurisdiction="N", period="total"),
        ],
    )
    model = pyomo_model(study)
    step = "sold[sale,'area.new.practice.shop',N,1,p1]"
    booked = coefficients(model.ledger["sale", "N", "p1"])[0]
    assert (booked[step], booked["x[A,shop,p1]"]) == (2, 3)
    booked = coefficients(model.ledger["money.receipts", "total", "p1"])[0]
    assert (booked[step], booked["x[A,shop,p1]"]) == (1, 1.5)
    gain = coefficients(model.ledger["gain.actor.owners", "N", "total"])[0]
    assert gain[step] == pytest.approx(1 / 1.05 * 0.05 * weights(2026, 2031))
