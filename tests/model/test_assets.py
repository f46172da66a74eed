"""Natural resources as assets: what their ecosystem flows of a year are worth for good, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.builds import fast
from tests.model.plain import Solved, plain, reads, row, solved
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options


def woods(*limits: dict[str, Any], social: float = 0.05, **tables: list[dict[str, Any]]) -> Study:
    """Woods p, q and s, and the farm r that may be planted; at a social rate of 5 % a flow is worth 20 times.

    A hectare of wood gives eco 2 and air 0.1 (which grows by a tenth a year and is paid for), one of farm eco 1, one in
    the zone eco 0.2; what is planted eco 0.4 more, in full after four years; q has 3 of eco of its own.
    """
    eco = {"account": "eco", "basis": "per_ha_year"}
    rows: dict[str, list[dict[str, Any]]] = {
        "parcels": [
            {"parcel_id": "p", "land_class": "wood", "area_ha": 10.0, "tenure": "state", "condition": 0.5},
            {"parcel_id": "q", "land_class": "wood", "area_ha": 4.0, "tenure": "collective"},
            {"parcel_id": "r", "land_class": "farm", "area_ha": 10.0, "tenure": "collective", "condition": 0.5},
            {"parcel_id": "s", "land_class": "wood", "area_ha": 1.0, "tenure": "collective"},
        ],
        "land_classes": [
            {"land_class": "wood", "resource": "forest"},
            {"land_class": "farm", "resource": "land"},
        ],
        "accounts": [
            {"account": "eco", "family": "ecosystem"},
            {"account": "air", "family": "ecosystem", "growth": 0.1, "counterpart_of": "credits"},
            {"account": "store", "family": "ecosystem", "recurrence": "stock"},
            {"account": "gift", "family": "ecosystem", "recurrence": "one_off"},
            {"account": "credits", "family": "revenue", "cash": 1},
            {"account": "carbon", "family": "carbon"},
        ],
        "practices": [{"practice": "plant", "zone": "R", "from_classes": "farm", "to_class": "wood", "lead_years": 2}],
        "class_flows": [
            {"land_class": "wood", "value": 2.0, **eco},
            {"land_class": "wood", "account": "air", "basis": "per_ha_year", "value": 0.1},
            {"land_class": "farm", "value": 1.0, **eco},
            # none of these is a yearly flow of an ecosystem
            {"land_class": "wood", "account": "store", "basis": "per_ha_year", "value": 50.0},
            {"land_class": "wood", "account": "gift", "basis": "per_ha_once", "value": 9.0},
            {"land_class": "wood", "account": "credits", "basis": "per_ha_year", "value": 7.0},
            {"land_class": "wood", "account": "carbon", "basis": "per_ha_year", "value": 8.0},
        ],
        "zone_flows": [{"zone": "R", "value": 0.2, **eco}],
        "practice_flows": [{"practice": "plant", "value": 0.4, "ramp_years": 4, **eco}],
        "parcel_flows": [{"parcel_id": "q", "account": "eco", "basis": "per_year", "value": 3.0}],
        # what a project brings has no resource
        "projects": [{"project": "j", "annual_ecosystem": 5.0}],
    }
    return plain(rates={"social": social}, limits=list(limits), **(rows | tables))


def test_worth_by_resource_tenure_and_period() -> None:
    accounts = ("forest", "forest.state", "forest.collective", "land", "land.state", "land.collective", "wetland")
    build = fast(woods(*(reads(f"asset.{name}", name=name.replace(".", "_")) for name in accounts)))
    # eco a year, condition in it: p 0.5 x 10 x 2.2 = 11, q 4 x 2.2 + 3 = 11.8, s 2.2; air p 0.5, q 0.4, s 0.1, x 1.1 in
    # 2027, x 1.4641 in 2030
    state = {"a": {"x[p,hold,]": 20 * (11 + 0.55)}, "b": {"x[p,hold,]": 20 * (11 + 0.73205)}}
    collective = {
        "a": {"x[q,hold,]": 20 * (11.8 + 0.44), "x[s,hold,]": 20 * (2.2 + 0.11)},
        # planted from a: wood from 2028, 0.5 x 10 x 2.2 and 0.5 x 4 in its third year: 3 / 4 of it; from b: a quarter
        "b": {
            "x[q,hold,]": 20 * (11.8 + 0.58564),
            "x[s,hold,]": 20 * (2.2 + 0.14641),
            "x[r,plant,a]": 20 * (11 + 1.5 + 0.73205),
            "x[r,plant,b]": 20 * (11 + 0.5 + 0.73205),
        },
    }
    farm = {  # it is farm until its wood stands: 0.5 x 10 x 1.2
        "a": {"x[r,hold,]": 120.0, "x[r,plant,a]": 120.0, "x[r,plant,b]": 120.0},
        "b": {"x[r,hold,]": 120.0},
    }
    for period in "ab":
        for name, terms in (
            ("forest", state[period] | collective[period]),
            ("forest.state", state[period]),
            ("forest.collective", collective[period]),
            ("land", farm[period]),
            ("land.state", {}),
            ("land.collective", farm[period]),
            ("wetland", {}),
        ):
            assert row(build, f"limit[{name.replace('.', '_')},total,{period}]")[0] == pytest.approx(terms), (
                name,
                period,
            )


BUY: dict[str, Any] = {"practice": "buy", "zone": "R", "from_classes": "wood", "to_tenure": "state", "lead_years": 1}
TAKE: dict[str, Any] = {
    "practice": "plant", "zone": "R", "from_classes": "farm", "to_class": "wood", "lead_years": 2, "to_tenure": "state",
}  # fmt: skip


def hands(*limits: dict[str, Any]) -> Study:
    """The woods, whose villages' land may become the state's, with its class or as it is."""
    return woods(*limits, practices=[TAKE, BUY])


def test_land_changes_hands_with_its_class() -> None:
    # bought from a: the state's from 2027, from b: from 2029; planted from a: from 2028, from b: from 2030
    accounts = ("forest", "forest.state", "forest.collective", "land.state", "land.collective")
    build = fast(hands(*(reads(f"asset.{name}", name=name.replace(".", "_")) for name in accounts)))
    p, q, s = ({"a": 20 * a, "b": 20 * b} for a, b in ((11.55, 11.73205), (12.24, 12.38564), (2.31, 2.34641)))
    of_p = {t: {"x[p,hold,]": p[t], "x[p,buy,a]": p[t], "x[p,buy,b]": p[t]} for t in "ab"}
    planted = {"x[r,plant,a]": 20 * (11 + 1.5 + 0.73205), "x[r,plant,b]": 20 * (11 + 0.5 + 0.73205)}
    wanted = {
        ("forest.state", "a"): of_p["a"] | {"x[q,buy,a]": q["a"], "x[s,buy,a]": s["a"]},
        ("forest.collective", "a"): {
            "x[q,hold,]": q["a"], "x[q,buy,b]": q["a"], "x[s,hold,]": s["a"], "x[s,buy,b]": s["a"],
        },
        ("forest.state", "b"): of_p["b"] | planted | {f"x[q,buy,{t}]": q["b"] for t in "ab"}
        | {f"x[s,buy,{t}]": s["b"] for t in "ab"},
        ("forest.collective", "b"): {"x[q,hold,]": q["b"], "x[s,hold,]": s["b"]},
        ("land.state", "a"): {},
        ("land.state", "b"): {},
        ("land.collective", "a"): {"x[r,hold,]": 120.0, "x[r,plant,a]": 120.0, "x[r,plant,b]": 120.0},
        ("land.collective", "b"): {"x[r,hold,]": 120.0},
    }  # fmt: skip
    for (name, period), terms in wanted.items():
        found = row(build, f"limit[{name.replace('.', '_')},total,{period}]")[0]
        assert found == pytest.approx(terms), (name, period)
    # all of it is what the two owners have
    for period in "ab":
        whole = row(build, f"limit[forest,total,{period}]")[0]
        assert whole == pytest.approx(wanted["forest.state", period] | wanted["forest.collective", period])


def test_land_of_nobody_becomes_the_states() -> None:
    nobody = [{"parcel_id": "n", "land_class": "wood", "area_ha": 2.0}]
    flows = [{"land_class": "wood", "account": "eco", "basis": "per_ha_year", "value": 1.0}]
    given = woods(
        reads("asset.forest.state"), parcels=nobody, practices=[BUY], class_flows=flows, zone_flows=[], parcel_flows=[],
        practice_flows=[],
    )  # fmt: skip
    assert row(fast(given), "limit[l,total,a]")[0] == pytest.approx({"x[n,buy,a]": 40.0})
    assert row(fast(given), "limit[l,total,b]")[0] == pytest.approx({"x[n,buy,a]": 40.0, "x[n,buy,b]": 40.0})


def test_where_asks_for_the_owner_before_the_plan() -> None:
    # q's 4 ha: what its class brings in a village goes on, what it would bring the state never comes
    flows = [{"land_class": "wood", "account": "credits", "basis": "per_ha_year", "value": value, "where": where}
             for value, where in ((1.0, "tenure=collective"), (9.0, "tenure=state"))]  # fmt: skip
    given = woods(reads("credits"), practices=[BUY], class_flows=flows, practice_flows=[])
    found = row(fast(given), "limit[l,total,b]")[0]
    assert found["x[q,hold,]"] == found["x[q,buy,a]"] == found["x[q,buy,b]"] == 4.0
    assert found["x[p,hold,]"] == found["x[p,buy,a]"] == 90.0


def test_a_park_and_the_sea_come_before_the_class() -> None:
    # three woods: in a park by the sea, in the sea, and one that is neither; each is of one resource, worth 20 x 2.2
    parcels = [
        {"parcel_id": "i", "land_class": "wood", "area_ha": 1.0, "national_park": 1, "sea": 1},
        {"parcel_id": "j", "land_class": "wood", "area_ha": 2.0, "sea": 1},
        {"parcel_id": "k", "land_class": "wood", "area_ha": 4.0},
    ]
    found = {
        "national_park": {"x[i,hold,]": 1.0},
        "sea": {"x[j,hold,]": 2.0},
        "forest": {"x[k,hold,]": 4.0},
        "land": {},
    }
    limits = [reads(f"area.resource.{name}", name=f"ha_{name}") for name in found]
    limits += [reads(f"asset.{name}", name=f"worth_{name}") for name in found]
    flows = [{"land_class": "wood", "account": "eco", "basis": "per_ha_year", "value": 2.0}]
    build = fast(woods(*limits, parcels=parcels, parcel_flows=[], class_flows=flows))
    for name, hectares in found.items():
        assert row(build, f"limit[ha_{name},total,b]")[0] == hectares
        worth = {key: 44.0 * area for key, area in hectares.items()}
        assert row(build, f"limit[worth_{name},total,b]")[0] == pytest.approx(worth)


def test_share_of_the_start_compares_at_start_prices() -> None:
    # before the plan: p 11.5, q 12.2, s 2.3, in all 26, x 20; at these prices r is worth 13 or 12 a year
    kept = {"limit": "kept", "account": "asset.forest", "sense": ">=", "value": 1.0, "basis": "share_of_start"}
    found, low, _ = row(fast(woods(kept)), "limit[kept,total,b]")
    assert found == pytest.approx(
        {"x[p,hold,]": 230, "x[q,hold,]": 244, "x[s,hold,]": 46, "x[r,plant,a]": 260, "x[r,plant,b]": 240}
    )
    assert low == pytest.approx(520)


def test_tenure_is_no_reason_for_a_pattern() -> None:
    # p and s differ in tenure, area and condition only; q has rows of its own, r another class
    plain_one, read = (Ledger(build_options(woods(*limits))) for limits in ((), (reads("asset.forest.state"),)))
    assert len(plain_one.options.first) == len(read.options.first) == 3
    assert len(Ledger(build_options(hands(reads("asset.forest.state")))).options.first) == 3


def test_there_are_none_at_a_social_rate_of_zero() -> None:
    names = [f"asset.{name}" for name in ("forest", "national_park.state", "mineral.collective")]
    known, none = (Ledger(build_options(woods(social=rate))).accounts_and_units() for rate in (0.05, 0.0))
    assert all(tuple(known.loc[name]) == ("stock", "million") for name in names)
    assert not none.index.str.startswith("asset.").any()


def test_the_ledger_tells_them() -> None:
    ledger = Ledger(build_options(woods()))
    held = np.array([float(practice == "hold") for _, practice, _ in ledger.options.names()])
    table = ledger.table(held, np.ones((1, 2))).set_index(["account", "jurisdiction", "period"])["value"]
    told = {name: table[f"asset.{name}", "total", "b"] for name in ("forest", "forest.state", "land.collective")}
    assert told == pytest.approx({"forest": 20 * 26.46410, "forest.state": 20 * 11.73205, "land.collective": 120.0})


def cut(*limits: dict[str, Any]) -> Solved:
    """A hectare of the state's wood (worth 20 x 1) and one of a village's (20 x 2), cut for 3 and 5 in the year."""
    study = plain(
        {"periods": [{"name": "a", "start": 2026, "years": 1}]},
        {"social": 0.05},
        parcels=[
            {"parcel_id": "state", "land_class": "wood", "area_ha": 1.0, "tenure": "state", "condition": 0.5},
            {"parcel_id": "village", "land_class": "wood", "area_ha": 1.0, "tenure": "collective"},
        ],
        land_classes=[{"land_class": "wood", "resource": "forest"}, {"land_class": "field", "resource": "land"}],
        accounts=[
            {"account": "eco", "family": "ecosystem"},
            {"account": "timber", "family": "revenue", "cash": 1},
        ],
        practices=[{"practice": "cut", "zone": "R", "to_class": "field"}],
        class_flows=[{"land_class": "wood", "account": "eco", "basis": "per_ha_year", "value": 2.0}],
        practice_flows=[
            {"practice": "cut", "account": "timber", "basis": "per_ha_year", "value": 3.0, "where": "tenure=state"},
            {
                "practice": "cut",
                "account": "timber",
                "basis": "per_ha_year",
                "value": 5.0,
                "where": "tenure=collective",
            },
        ],
        limits=list(limits),
    )
    return solved(study)


def kept(account: str, value: float, basis: str = "share_of_start") -> dict[str, Any]:
    return {"limit": "kept", "account": account, "sense": ">=", "value": value, "basis": basis}


@pytest.mark.parametrize(
    ("limits", "gain", "cuts"),
    [
        ([], 8.0, ["cut", "cut"]),
        # 60 at the start; 40 are left of them only with the village's
        ([kept("asset.forest", 0.6)], 3.0, ["cut", "hold"]),
        ([kept("asset.forest", 20.0, "")], 5.0, ["hold", "cut"]),
        ([kept("asset.forest", 20.0001, "")], 3.0, ["cut", "hold"]),
        ([kept("asset.forest.collective", 1.0)], 3.0, ["cut", "hold"]),
    ],
)
def test_a_floor_under_an_asset(limits: list[dict[str, Any]], gain: float, cuts: list[str]) -> None:
    plan = cut(*limits)
    assert plan.objective == pytest.approx(gain)
    assert plan.practices == cuts
