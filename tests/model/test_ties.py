"""Options that nothing tells apart: which are tied, and by what they differ."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from zonevest.instances.read import make_study
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.model.ties import ties


def tied(limits: list[dict[str, Any]] | None = None, **flows: float) -> list[tuple[Any, ...]]:
    """The ties of two fields of 4 and 6 ha that may be planted in either of two zones, or left."""
    frames: dict[str, Any] = {
        "parcels": pd.DataFrame({"parcel_id": ["A", "B"], "land_class": "field", "area_ha": [4.0, 6.0], "zone": "old"}),
        "zones": pd.DataFrame({"zone": ["old", "east", "west"]}),
        "land_classes": pd.DataFrame({"land_class": ["field"]}),
        "practices": pd.DataFrame({"practice": ["plant_east", "plant_west"], "zone": ["east", "west"]}),
        "accounts": pd.DataFrame([{"account": "crop", "family": "revenue", "cash": 1}]),
        "practice_flows": pd.DataFrame(
            [
                {"practice": name, "account": "crop", "basis": "per_ha_year", "value": flows.get(name, 1.0)}
                for name in ("plant_east", "plant_west")
            ]
        ),
    }
    if limits:
        frames["limits"] = pd.DataFrame(limits)
    keys = {
        "format": 1,
        "name": "ties",
        "defaults": "none",
        "periods": [{"name": "a", "start": 2026, "years": 1}],
        "objective": {"method": "weighted", "cash": 1.0},
    }
    ledger = Ledger(build_options(make_study(keys, **frames)))
    found = ties(ledger, land_block(ledger, compile_policy(policy_model(ledger))))
    return list(found.itertuples(index=False, name=None))


def test_zones_that_differ_in_nothing_are_tied() -> None:
    assert tied() == [("zone", "plant_east;plant_west", "east;west", 2, 10.0)]


def test_a_flow_tells_them_apart() -> None:
    assert tied(plant_west=1.01) == []


def test_a_flow_of_nothing_ties_them_with_what_is_there() -> None:
    assert tied(plant_west=0.0) == [("zone", "hold;plant_west", "old;west", 2, 10.0)]


@pytest.mark.parametrize("zone", ["east", "west"])
def test_a_row_tells_them_apart(zone: str) -> None:
    assert tied([{"limit": "cap", "account": f"area.zone.{zone}", "sense": "<=", "value": 3.0}]) == []
