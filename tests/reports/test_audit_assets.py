"""Value of natural resources, people who move in, and limits by main function, against numbers worked out by hand.

p1 is 2026-2027, p2 2028-2030. The water of farm land is worth 0.03 million a hectare and year, 10 % dearer every year.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, Rows, cell, cells, evaluate, listed, rules, study
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

RATES = {"finance": 0.1, "social": 0.05, "tail_years": 2}
DEAR: Rows = [{**row, "growth": 0.1} if row["account"] == "water" else row for row in ACCOUNTS]
PLANT = {"practice": "plant", "zone": "core", "to_class": "wood", "lead_years": 1}
FLOWS: Rows = [
    {"land_class": "farm", "account": "water", "basis": "per_ha_year", "value": 0.03},
    {"land_class": "wood", "account": "water", "basis": "per_ha_year", "value": 0.05, "ramp_years": 2},
]


def land(settings: dict[str, Any] | None = None, **tables: Any) -> Study:
    base = {
        "parcels": [{**FARM, "tenure": "state", "jurisdiction": "east"}],
        "accounts": DEAR,
        "practices": [BUILD, PLANT],
        "class_flows": FLOWS,
    }
    return study({"rates": RATES, **(settings or {})}, **{**base, **tables})


class TestAssets:
    def test_of_land_that_is_held(self) -> None:
        found = evaluate(land())
        # 10 ha x 0.03, as it is in 2027 and in 2030, at 5 %
        worth = [0.3 * 1.1 / 0.05, 0.3 * 1.1**4 / 0.05]
        assert cells(found, "asset.land") == pytest.approx(worth)
        assert cells(found, "asset.land.state") == pytest.approx(worth)
        assert cells(found, "asset.land.state", "east") == pytest.approx(worth)
        assert cells(found, "asset.land.collective") == (0, 0)
        assert cells(found, "asset.forest") == (0, 0)
        measures = found.ledger.loc[found.ledger["account"] == "asset.land", "measure"]
        assert set(measures) == {"stock"}

    def test_of_land_that_changes(self) -> None:
        # woods from 2027 on: half grown in 2027, all in 2028; the planting itself gives 0.02 from 2028 on
        own = [{"practice": "plant", "account": "water", "basis": "per_ha_year", "value": 0.02, "start_year": 1}]
        found = evaluate(land(practice_flows=own), {"a": ("plant", "p1")})
        forest = [0.5 * 0.5 * 1.1 / 0.05, (0.5 + 0.2) * 1.1**4 / 0.05]
        assert cells(found, "asset.forest") == pytest.approx(forest)
        assert cells(found, "asset.land") == (0, 0)
        # from p2 on: its lead year is 2028
        found = evaluate(land(practice_flows=own), {"a": ("plant", "p2")})
        assert cells(found, "asset.land") == pytest.approx((0.3 * 1.1 / 0.05, 0))
        assert cell(found, "asset.forest", "p2") == pytest.approx((0.5 + 0.2) * 1.1**4 / 0.05)

    def test_of_land_that_changes_hands(self) -> None:
        # the state's field, and from 2027, or 2029, the village's wood
        plant = {**PLANT, "to_tenure": "collective"}
        found = evaluate(land(practices=[plant]), {"a": ("plant", "p1")})
        assert cells(found, "asset.land.state") == cells(found, "asset.forest.state") == (0, 0)
        assert cells(found, "asset.forest.collective") == pytest.approx((0.25 * 1.1 / 0.05, 0.5 * 1.1**4 / 0.05))
        found = evaluate(land(practices=[plant]), {"a": ("plant", "p2")})
        assert cells(found, "asset.land.state") == pytest.approx((0.3 * 1.1 / 0.05, 0))
        assert cells(found, "asset.land.collective") == (0, 0)
        assert cells(found, "asset.forest.collective", "east") == pytest.approx((0, 0.5 * 1.1**4 / 0.05))
        # its class need not change; two years of lead end with p1
        give = {**PLANT, "to_class": "", "to_tenure": "collective", "lead_years": 2}
        found = evaluate(land(practices=[give]), {"a": ("plant", "p1")})
        assert cells(found, "asset.land.state") == pytest.approx((0.3 * 1.1 / 0.05, 0))
        assert cells(found, "asset.land.collective") == pytest.approx((0, 0.3 * 1.1**4 / 0.05))

    def test_rows_of_zones_and_parcels_with_a_counterpart_too(self) -> None:
        # a park stays one whatever grows on it; built land has no resource; `seed` is paid once and is no flow
        accounts = [*DEAR, {"account": "sold", "family": "ecosystem", "counterpart_of": "rent"}]
        tables: dict[str, Rows] = {
            "accounts": accounts,
            "class_flows": [],
            "zone_flows": [{"zone": "rural", "account": "sold", "basis": "per_year", "value": 0.4}],
            "parcel_flows": [
                {"parcel_id": "a", "account": "water", "basis": "per_year", "value": 0.2, "life_years": 3},
                {"parcel_id": "a", "account": "seed", "basis": "once", "value": 9.0},
                {"parcel_id": "a", "account": "trees", "basis": "per_year", "value": 9.0},
            ],
        }
        found = evaluate(land(**tables))
        # the parcel's row runs to 2028
        assert cells(found, "asset.land") == pytest.approx(((0.4 + 0.2 * 1.1) / 0.05, 0.4 / 0.05))
        park = land(**tables, parcels=[{**FARM, "national_park": 1, "tenure": "collective"}])
        found = evaluate(park)
        assert cell(found, "asset.national_park.collective", "p1") == pytest.approx((0.4 + 0.22) / 0.05)
        assert cells(found, "asset.land") == (0, 0)
        found = evaluate(land(**tables), {"a": ("build", "p2")})
        # built on in 2028 the land has left `rural`, and the class has no resource
        assert cells(found, "asset.land") == pytest.approx((0.62 / 0.05, 0))

    def test_the_start_and_its_prices(self) -> None:
        limit = {"limit": "kept", "account": "asset.land.state", "sense": ">=", "value": 1.0, "basis": "share_of_start"}
        found = evaluate(land(limits=[limit]))
        # growth left out on both sides: 0.3 / 0.05
        assert listed(found, "kept", "p1") == pytest.approx((6, 6, 0))
        assert found.ok
        found = evaluate(land(limits=[limit]), {"a": ("plant", "p2")})
        assert rules(found) == {"limit"}
        assert listed(found, "kept", "p2") == pytest.approx((0, 6, -6))

    def test_parts_of_a_parcel(self) -> None:
        given = land({"divisible": True})
        parts = given.parcels.loc[[0, 0], ["parcel_id"]]
        parts = parts.assign(practice=["hold", "plant"], start=["", "p1"], share=[0.7, 0.3])
        found = Evaluator(given).evaluate(parts, given.projects.assign(start=""))
        assert cell(found, "asset.land", "p2") == pytest.approx(0.7 * 0.3 * 1.1**4 / 0.05)
        assert cell(found, "asset.forest", "p2") == pytest.approx(0.3 * 0.5 * 1.1**4 / 0.05)

    def test_weights_and_enumeration(self) -> None:
        weights = {"asset.forest": 1.0, "asset.land": 0.1, "population": 0.01}
        given = land({"objective": {"method": "weighted", "cash": 1.0, "accounts": weights}}, practices=[
            BUILD, {**PLANT, "in_migration": 3.0},
        ])  # fmt: skip
        found = evaluate(given, {"a": ("plant", "p1")})
        # less what doing nothing leaves at the end; 30 people move in
        gain = 0.5 * 1.1**4 / 0.05 - 0.1 * 0.3 * 1.1**4 / 0.05 + 0.01 * 30
        assert found.objective == pytest.approx(gain)
        assert Evaluator(given).value([("plant", "p1")], {}).objective == pytest.approx(gain)

    def test_without_a_social_rate_there_are_none(self) -> None:
        found = evaluate(land({"rates": {**RATES, "social": 0.0}}))
        assert not found.ledger["account"].str.startswith("asset.").any()


PEOPLE: Rows = [{"jurisdiction": "east", "population": 100, "population_growth": 0.1}, {"jurisdiction": "west"}]
HOMES: Rows = [{**BUILD, "in_migration": 2.0, "lead_years": 2}]


class TestPeople:
    def test_who_moves_in(self) -> None:
        # 10 ha of homes, ready in 2028; those who come do not multiply
        given = land(jurisdictions=PEOPLE, practices=HOMES, parcels=[
            {**FARM, "jurisdiction": "east", "tags": "lake"}
        ])  # fmt: skip
        found = evaluate(given, {"a": ("build", "p1")}, tags=["lake"])
        grown = [100 * 1.1, 100 * 1.1**4]
        assert cells(found, "population") == pytest.approx((grown[0], grown[1] + 20))
        assert cells(found, "population", "east") == pytest.approx((grown[0], grown[1] + 20))
        assert cells(found, "population", "lake") == pytest.approx((0, 20))
        assert cells(found, "population", "west") == (0, 0)
        assert cells(evaluate(given), "population") == pytest.approx(grown)

    def test_limits_per_head_count_them(self) -> None:
        # at most 0.06 ha of built land a head: 6.6 and 0.06 x (146.41 + 20)
        limit = {
            "limit": "room", "account": "area.class.built", "sense": "<=", "value": 0.06, "basis": "per_head",
            "jurisdiction": "east",
        }  # fmt: skip
        given = land(jurisdictions=PEOPLE, practices=HOMES, limits=[limit])
        found = evaluate(given, {"a": ("build", "p1")})
        bound = 0.06 * (100 * 1.1**4 + 20)
        assert listed(found, "room", "p1", "east") == pytest.approx((0, 6.6, 6.6))
        assert listed(found, "room", "p2", "east") == pytest.approx((10, bound, bound - 10))
        assert rules(found) == {"limit"}
        assert not Evaluator(given).value([("build", "p1")], {}).holds
        roomy = land(jurisdictions=PEOPLE, practices=HOMES, limits=[{**limit, "value": 0.0602}])
        # 10.02 is enough, and would not be without those who move in: 8.81
        assert evaluate(roomy, {"a": ("build", "p1")}).ok
        assert Evaluator(roomy).value([("build", "p1")], {}).holds

    def test_people_at_the_start(self) -> None:
        limit = {
            "limit": "more", "account": "population", "sense": "<=", "value": 1.2, "basis": "share_of_start",
            "period": "last",
        }  # fmt: skip
        found = evaluate(land(jurisdictions=PEOPLE, practices=HOMES, limits=[limit]), {"a": ("build", "p1")})
        assert listed(found, "more", "p2")[:2] == pytest.approx((100 * 1.1**4 + 20, 120))


def test_limits_by_main_function() -> None:
    # one row for each jurisdiction of the function, and none for the others
    places = [("east", "urban"), ("west", "farming"), ("north", "urban")]
    parcels = [
        {**FARM, "parcel_id": name, "area_ha": 10.0 + k, "jurisdiction": name} for k, (name, _) in enumerate(places)
    ]
    limit = {"limit": "kept", "account": "area.class.farm", "sense": ">=", "value": 1.0, "period": "last"}
    given = land(
        parcels=parcels,
        jurisdictions=[{"jurisdiction": name, "main_function": function} for name, function in places],
        limits=[{**limit, "jurisdiction": "main_function:urban"}],
    )
    found = evaluate(given, {"east": ("build", "p1"), "west": ("build", "p1")})
    assert found.limits["jurisdiction"].tolist() == ["east", "north"]
    assert listed(found, "kept", "p2", "east") == pytest.approx((0, 1, -1))
    assert listed(found, "kept", "p2", "north") == pytest.approx((12, 1, 11))
    assert rules(found) == {"limit"}
    assert evaluate(given, {"west": ("build", "p1")}).ok
