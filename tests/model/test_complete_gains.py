"""Who gains: participation, jurisdictions and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo
import pytest

from tests.model.builds import complete, fast
from tests.model.complete_shore import shore
from tests.model.complete_town import (
    account,
    flow,
    parcel,
    solved,
    town,
    value,
)
from tests.model.complete_valley import coefficients, limit
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

# Who gains


def parks(equity: Mapping[str, Any], **weights: float) -> pyo.ConcreteModel:
    """Parks in N and S, four years without discounting.

    In N a park earns the town 20 a year, costs the farmers 5, and 10 go to the chest; in S it is worth 8 a year to the
    farmers and costs the town 1.
    """
    shares = [
        ("loss", "pays", "farmers"),
        ("dues", "pays", "local"),
        ("dues", "receives", "chest"),
        ("crops", "receives", "farmers"),
    ]
    return solved(
        town(
            {
                "objective": {"method": "weighted", "cash": 1.0, "accounts": weights},
                "equity": equity,
            },
            rates={"finance": 0.0},
            parcels=[parcel("A"), parcel("B", jurisdiction="S")],
            jurisdictions=[{"jurisdiction": "N", "population": 30}, {"jurisdiction": "S", "population": 10}],
            accounts=[
                account("fees"),
                account("loss", "cost"),
                account("dues", "cost"),
                account("crops"),
                account("care", "cost"),
            ],
            actors=[{"actor": "local", "public": 1}, {"actor": "chest", "public": 1}, {"actor": "farmers"}],
            shares=[{"account": a, "role": role, "actor": actor, "share": 1.0} for a, role, actor in shares],
            practices=[{"practice": "park", "zone": "Z", "mode": "service", "latest": "p1"}],
            practice_flows=[
                flow(name, each, "per_ha_year", "park", where=f"jurisdiction={g}")
                for name, each, g in (
                    ("fees", 2.0, "N"),
                    ("loss", 0.5, "N"),
                    ("dues", 1.0, "N"),
                    ("crops", 0.8, "S"),
                    ("care", 0.1, "S"),
                )
            ],
        )
    )


def test_who_takes_part_does_not_lose() -> None:
    # The town would build in N alone, 20 - 10 a year: the farmers lose 20 in four years. If they must not lose, S has
    # a park too (32 for them, 4 of cost).
    model = parks({})
    assert [value(model.x[p, "park", "p1"]) for p in "AB"] == [1, 0]
    assert value(model.objective) == pytest.approx(40)
    # N must not lose either, and nobody hands anything on: no park in N, none in S
    model = parks({"participation": ["farmers"]})
    assert [value(model.x[p, "park", "p1"]) for p in "AB"] == [0, 0]
    # With the chest's 40 there is enough for N.
    model = parks({"participation": ["farmers"], "fund": "chest"}, **{"gain.actor.chest": 0.001})
    assert [value(model.x[p, "park", "p1"]) for p in "AB"] == [1, 1]
    # It keeps what it may: N needs 20, and S nothing.
    assert sum(value(model.transfer["N", t]) for t in ("p1", "p2", "p3")) == pytest.approx(20)
    assert value(model.objective) == pytest.approx(40 - 4 + 0.001 * (40 - 20))
    # The fund hands on no more than it has taken in: 10 to the end of 2026, 20 to the end of 2027.
    assert value(model.transfer["N", "p1"]) <= 10 + 1e-9


@pytest.mark.parametrize("actors", [["owners"], ["owners", "chest"]])
def test_what_the_fund_hands_on_is_no_gain_of_the_whole(actors: list[str]) -> None:
    # A million to S in a is worth 0.8 there. Where the chest's own gain counts as well it is as much less in the total,
    # which has what S has and N has not lost; where it does not, the owners of the whole have it from outside.
    study = shore(
        {"equity": {"participation": actors, "fund": "chest"}},
        limits=[
            limit("whole", "gain.jurisdiction", value=-9.0, period="last"),
            limit("south", "gain.jurisdiction", value=-9.0, period="last", jurisdiction="S"),
        ],
    )
    for build in (fast(study), complete(study)):
        whole, south = (build.rows[f"limit[{name},total]"][2] for name in ("whole,total", "south,S"))
        assert south["transfer[S,a]"] == pytest.approx(0.8)
        assert "transfer[N,a]" not in south
        assert whole.get("transfer[S,a]", 0.0) == pytest.approx(0.0 if "chest" in actors else 0.8, abs=1e-12)


def test_gain_per_head_with_transfers() -> None:
    # The farmers gain -20 in N and 32 in S, 12 together; three quarters of the people live in N. At a floor of 1 N must
    # have 9, so that 29 go there; at 1/3 it must have 3.
    for floor, needed in ((1.0, 29.0), (1 / 3, 23.0)):
        equity = {"participation": ["farmers"], "fund": "chest", "jurisdiction_floor": floor}
        model = parks(equity, **{"gain.actor.chest": 0.001})
        assert sum(value(model.transfer["N", t]) for t in ("p1", "p2", "p3")) == pytest.approx(needed)
        assert value(model.objective) == pytest.approx(36 + 0.001 * (40 - needed))


def test_what_is_paid_is_received() -> None:
    # Over all actors and `outside` money is neither made nor lost; what is left is the rise in the value of land, but
    # for what the chest hands on to jurisdictions, which are no actors.
    build = Build(shore())
    total: dict[str, float] = {}
    for actor in ("local", "owners", "chest", "outside"):
        for name, gain in coefficients(build.ledger(f"gain.actor.{actor}", "total", "total"))[0].items():
            total[name] = total.get(name, 0.0) + gain
    spread = 0.25 / 0.5904
    wanted = {
        # 20 and 40 in the first year of service
        "x[A,shop,a]": 16.0,
        "x[A,shop,b]": 16 * spread * 1.5616,
        "x[B,shop,a]": 32.0,
        "x[B,shop,b]": 32 * spread * 1.5616,
        "uplifted[quay,a,N/lake/,b]": 0.4 * spread * 0.9216,
        "uplifted[quay,a,N/lake/tenure=collective,b]": 0.4 * spread * 0.9216,
        **{f"transfer[{g},{t}]": -worth for g in "NS" for t, worth in (("a", 0.8), ("b", 0.576))},
    }
    assert {name: gain for name, gain in total.items() if abs(gain) > 1e-9} == pytest.approx(wanted)


@pytest.mark.parametrize("purse", [["local"], ["local", "chest"]])
def test_the_purse_gains_what_f1_counts_but_for_debt(purse: list[str]) -> None:
    # The gain of who makes up the purse is that of F1 without grants and the price of debt; what its fund hands on
    # leaves both.
    gains = {f"gain.actor.{actor}": 1.0 for actor in purse}
    model = pyomo_model(shore({"purse": purse, "objective": {"method": "weighted", "cash": 1.0, "accounts": gains}}))
    cash, constant = coefficients(model.gain["cash"])
    own, own_constant = coefficients(sum(model.ledger[gain, "total", "total"] for gain in gains))
    assert ("transfer[N,a]" in cash) == ("chest" in purse)
    assert own == pytest.approx({name: gain for name, gain in cash.items() if name[:4] not in ("draw", "rais")})
    assert own_constant == pytest.approx(constant)
