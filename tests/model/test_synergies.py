"""Synergies: what two projects bring together, and pairs of projects whose plan changes with it, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.builds import fast
from tests.model.complete_town import account, town, weights
from tests.model.plain import planned
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.model.synergies import Run, synergies

ROAD = {"project": "road", "capex": 30.0, "annual_cost": 1.5, "earliest": "p1", "latest": "p1", "jurisdiction": "N"}
RAIL = {**ROAD, "project": "rail", "jurisdiction": "S"}
"""30 in 2026, which are 1.5 a year for good, and 1.5 of upkeep from 2027: each costs 3 a year."""
FROM_2027 = weights(2027, 2029)


def together(account: str, value: float) -> dict[str, Any]:
    return {"project": "road", "with": "rail", "account": account, "value": value}


def pair(
    *rows: dict[str, Any], road: dict[str, Any] | None = None, rail: dict[str, Any] | None = None, **more: Any
) -> Study:
    """Two projects and what they bring together, in fares (a year) and once in a fair."""
    given: dict[str, Any] = {
        "jurisdictions": [{"jurisdiction": "N"}, {"jurisdiction": "S"}],
        "accounts": [
            account("fares", growth=0.1),
            account("fair", "revenue", "one_off", growth=0.1),
            account("noise", "cost"),
            account("air", "ecosystem"),
            account("trees", "ecosystem", "one_off"),
        ],
        "projects": [{**ROAD, **(road or {})}, {**RAIL, **(rail or {})}],
        "synergies": list(rows),
    }
    return town(**{**given, **more})


def booked(study: Study, account: str, place: str, *starts: str) -> list[float]:
    """What a pair of starts books on an account of a place, by period."""
    model = policy_model(study)
    variable = model.together["road", "rail", *starts]
    return [
        sum(c for c, v in model.ledger.added.get((account, place, t), ()) if v is variable) for t in ("p1", "p2", "p3")
    ]


def test_what_two_starts_book() -> None:
    study = pair(
        together("fares", 2.0),
        together("fair", 3.0),
        # the road stands for two years, 2027 and 2028; the rail opens in 2027 or, started in p2, in 2028
        road={"life_years": 2},
        rail={"latest": "p2"},
    )
    # p3 are 2028 and 2029: the mean of 2 x 1.21 and nothing
    assert booked(study, "fares", "N", "p1", "p1") == pytest.approx([0, 2.2, 1.21])
    assert booked(study, "fares@start_prices", "total", "p1", "p1") == pytest.approx([0, 2, 1])
    assert booked(study, "money.revenue", "total", "p1", "p2") == pytest.approx([0, 0, 1.21])
    # once in the year in which the later of them opens
    assert booked(study, "fair", "total", "p1", "p1") == pytest.approx([0, 3.3, 0])
    assert booked(study, "money.receipts", "N", "p1", "p2") == pytest.approx([0, 0, 3 * 1.21])
    # of the first one's place alone
    assert booked(study, "fares", "S", "p1", "p1") == [0, 0, 0]


def test_what_comes_after_the_horizon_is_in_the_tail_alone() -> None:
    # started in p3 (2028) and built for two years the rail opens in 2030
    study = pair(together("fair", 3.0), rail={"earliest": "p3", "latest": "p3", "build_years": 2},
                 rates={"tail_years": 3})  # fmt: skip
    assert booked(study, "fair", "total", "p1", "p3") == [0, 0, 0]
    (synergy,) = synergies(ledger := Ledger(build_options(study)))
    run = Run.of(ledger, synergy, 0, 2)
    assert run.worth(0.05) == pytest.approx(3 * 1.1**4 * 0.05 / 1.05 * weights(2030, 2032))


def test_benefits_count_times_both_deliverabilities() -> None:
    study = pair(*(together(name, 1.0) for name in ("fares", "noise", "air")), road={"deliverability": 0.5},
                 rail={"deliverability": 0.8})  # fmt: skip
    found = {each.account: each.value for each in synergies(Ledger(build_options(study)))}
    assert found == pytest.approx({"fares": 0.4, "noise": 1.0, "air": 0.4})


def test_worth_to_cash_and_nature() -> None:
    # Fares grow by 10 % a year, the air is worth the same every year; rates are 5 % and 10 %, years 2027 to 2029.
    study = pair(
        together("fares", 2.0),
        together("air", 3.0),
        together("trees", 4.0),
        settings={"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}},
        rates={"social": 0.1},
    )
    years = np.arange(2027, 2030) - 2025.0
    cash = 2 * float(1.1 ** (years - 1) @ 1.05**-years)
    nature = float(np.sum(1.1**-years))
    # what comes once counts as its interest, a tenth, for good
    assert fast(study).objective["together[road,rail,p1,p1]"] == pytest.approx(cash + (3 + 4 * 0.1 / 1.1) * nature)


def test_a_pair_pays_where_neither_does_alone() -> None:
    # 6.2 a year of both, less 0.1 for the noise of both
    study = pair(together("fares", 6.2), together("noise", 0.1), accounts=[account("fares"), account("noise", "cost")])
    plan = planned(study)
    assert list(plan.projects["start"]) == ["p1", "p1"]
    assert plan.objective == pytest.approx((6.2 - 0.1 - 6) * FROM_2027)
    # half of the fares of both: not worth while, nor can one of them have it without the other
    half = planned(study.replace(synergies=study.synergies.assign(value=[3.1, 0.1])))
    assert (list(half.projects["start"]), half.objective) == (["", ""], pytest.approx(0))


def test_the_pair_begins_when_the_later_one_opens() -> None:
    # A rail that is built in 2027 and 2028 opens in 2029, and costs 30 in two parts: 15 x 1.05 + 15 at the end of 2028.
    study = pair(together("fares", 20.0), rail={"earliest": "p2", "latest": "p3", "build_years": 2},
                 accounts=[account("fares")])  # fmt: skip
    plan = planned(study)
    assert list(plan.projects["start"]) == ["p1", "p2"]
    rail = 1.5 + 0.05 * (15 * 1.05 + 15)
    assert plan.objective == pytest.approx((20 - rail) * weights(2029, 2029) - 3 * FROM_2027)


def test_a_pair_is_a_pair_also_where_nobody_likes_it() -> None:
    # each is worth 0.1 a year, together they cost 0.3: the more so that one is built alone
    tolls = {"annual_revenue": 3.1}
    plan = planned(pair(together("noise", 0.3), road=tolls, rail=tolls))
    assert sorted(plan.projects["start"]) == ["", "p1"]
    assert plan.objective == pytest.approx(0.1 * FROM_2027)


def test_the_first_ones_shares_hold_and_tables_add_up() -> None:
    # fares go to the operators, but for a tenth of the road's, of which the synergy is
    shares = [("operators", 1.0, ""), ("operators", 0.9, "road"), ("local", 0.1, "road")]
    study = pair(
        together("fares", 70.0),
        together("fair", 3.0),
        accounts=[account("fares"), account("fair", "revenue", "one_off")],
        shares=[{"account": "fares", "role": "receives", "actor": a, "share": s, "project": p} for a, s, p in shares],
    )
    plan = planned(study)
    fair = 3 * 0.05 / 1.05
    assert plan.objective == pytest.approx((7 + fair - 6) * FROM_2027)
    ledger = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    assert [ledger["money.revenue", place, "p2"] for place in ("total", "N")] == pytest.approx([7, 7])
    cash = plan.cash_flow().set_index(["period", "kind", "account"])["value"]
    assert cash["p3", "source", "fares"] == pytest.approx(2 * 7)
    assert cash["p2", "source", "fair"] == pytest.approx(3)
    gains = plan.distribution()
    gains = gains[gains["kind"] == "gain"].set_index("actor")["net"]
    for actor in ("local", "operators", "outside"):
        assert gains[actor] == pytest.approx(ledger[f"gain.actor.{actor}", "total", "total"])
    assert gains["operators"] == pytest.approx(63 * FROM_2027)
