"""Quotas: what is granted, made, banked and traded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.model.complete_town import (
    ROAD,
    account,
    parcel,
    solved,
    town,
    value,
    weights,
)
from tests.model.complete_valley import coefficients

# Quotas

QUOTA: dict[str, Any] = {"quota": "new", "account_used": "area.new.practice.shop"}


def plots(quota: Mapping[str, Any], when: str, **tables: Any) -> float:
    """Hectares of shop that a quota admits in one period; every hectare is worth something."""
    model = solved(
        town(
            {"objective": {"method": "weighted", "accounts": {"area.practice.shop": 1.0}}, "divisible": True},
            parcels=[parcel()],
            practices=[{"practice": "shop", "zone": "Z", "mode": "service", "earliest": when, "latest": when}],
            quotas=[{**QUOTA, **quota}],
            **{"accounts": [account("made", "quota", "one_off")], **tables},
        )
    )
    return value(model.objective)


def test_what_is_granted_is_banked_or_lapses() -> None:
    # 2 a year and 1 from before: 3 in p1, 2 in p2, 4 in the two years of p3.
    granted = {"granted": 2.0, "opening": 1.0}
    assert plots(granted, "p1") == pytest.approx(3)
    assert plots(granted, "p2") == pytest.approx(2)
    assert plots(granted, "p3") == pytest.approx(4)
    assert plots({**granted, "bank": 1}, "p2") == pytest.approx(5)
    assert plots({**granted, "bank": 1}, "p3") == pytest.approx(9)


def test_what_is_generated_is_there_later() -> None:
    # The road makes 6 ha in p1; they may be used a period later, and after that where they are banked.
    made = {
        "projects": [{**ROAD, "mandatory": 1}],
        "project_flows": [{"project": "road", "account": "made", "basis": "once", "value": 6.0}],
    }
    quota = {"account_generated": "made"}
    for delay, bank, found in (
        (0, 0, [6, 0, 0]),
        (1, 0, [0, 6, 0]),
        (1, 1, [0, 6, 6]),
        (2, 0, [0, 0, 6]),
        (3, 1, [0, 0, 0]),
    ):
        each = [plots({**quota, "available_after": delay, "bank": bank}, when, **made) for when in ("p1", "p2", "p3")]
        assert each == pytest.approx(found, abs=1e-9)


def test_a_quota_that_does_not_move_is_granted_where_it_is_used() -> None:
    # 4 are granted to S, 3 to N, where the land is; a movable quota adds them up.
    grants = [{"quota": "new", "jurisdiction": g, "period": "p2", "amount": a} for g, a in (("S", 4.0), ("N", 3.0))]
    places = [{"jurisdiction": "N"}, {"jurisdiction": "S"}]
    assert plots({"movable": 0}, "p2", quota_grants=grants, jurisdictions=places) == pytest.approx(3)
    assert plots({"movable": 1}, "p2", quota_grants=grants, jurisdictions=places) == pytest.approx(7)


def test_an_annual_account_generates_by_the_year() -> None:
    # 0.1 a hectare and year on 10 ha: 1 a year, 2 in p3.
    yearly = {"account": "made", "family": "quota", "recurrence": "annual"}
    flows = [{"land_class": "field", "account": "made", "basis": "per_ha_year", "value": 0.1}]
    assert plots({"account_generated": "made"}, "p3", accounts=[yearly], class_flows=flows) == pytest.approx(2)
    banked = {"account_generated": "made", "bank": 1}
    assert plots(banked, "p3", accounts=[yearly], class_flows=flows) == pytest.approx(4)


def test_buying_and_selling_at_one_price_gains_nothing() -> None:
    # The land makes 1 a year, 4 in all, which may be sold at 2. Whoever may buy at 2 as well gains nothing by it, and
    # only what is made is sold: 4 x 2 for good, 5 % of it a year, best at once. In p1 1 is there, so 3 are bought and
    # paid for when they are made: the money of a trade counts in the first year of its period.
    tables: dict[str, Any] = {
        "parcels": [parcel()],
        "accounts": [account("made", "quota")],
        "class_flows": [{"land_class": "field", "account": "made", "basis": "per_ha_year", "value": 0.1}],
    }
    quota = {"quota": "new", "account_generated": "made", "bank": 1, "sell_price": 2.0, "sell_max": 9.0}
    alone = solved(town(quotas=[quota], **tables))
    both = solved(town(quotas=[{**quota, "buy_price": 2.0, "buy_max": 9.0}], **tables))
    share = 2 * 0.05 / 1.05
    assert value(alone.objective) == pytest.approx(
        share * (weights(2026, 2029) + weights(2027, 2029) + 2 * weights(2028, 2029))
    )
    assert value(both.objective) == pytest.approx(value(alone.objective))
    # the cap is the bound of the variable, 9 a year
    assert [both.sell["new", "total", t].ub for t in ("p1", "p2", "p3")] == [9, 9, 18]
    found = coefficients(both.gain["cash"])[0]
    for t in ("p1", "p2", "p3"):
        assert found[f"buy[new,total,{t}]"] == pytest.approx(-found[f"sell[new,total,{t}]"])
