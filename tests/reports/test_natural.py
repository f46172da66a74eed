"""Natural resources as assets, against the plan's ledger and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.reports.audit_studies import study
from tests.reports.drawn import CLOSE, drawn, ledger, of
from tests.reports.told import planned
from zonevest.instances.schema import RESOURCES
from zonevest.reports.facts import Facts
from zonevest.reports.natural import natural_changes


def test_they_are_what_the_ledger_holds() -> None:
    seen = 0
    for seed, facts in drawn():
        table = facts.natural
        for name in RESOURCES:
            mine = table[table["resource"] == name]
            area = of(mine.rename(columns={"extent": "value"}), facts.periods)
            assert area == pytest.approx(ledger(facts, f"area.resource.{name}"), **CLOSE), (seed, name)
            if facts.ledger.clock.social <= 0:
                assert mine["asset"].isna().all()
                continue
            for tenure in ("", "state", "collective"):
                part = mine if not tenure else mine[mine["tenure"] == tenure]
                worth = of(part.rename(columns={"asset": "value"}), facts.periods)
                account = f"asset.{name}" + (f".{tenure}" if tenure else "")
                assert worth == pytest.approx(ledger(facts, account), **CLOSE), (seed, account)
                seen += bool(worth.any())
    assert seen > 10


def test_opening_and_changes_are_closing() -> None:
    for seed, facts in drawn():
        table, stock = natural_changes(facts), facts.natural.set_index(["period", "resource", "tenure"])["asset"]
        parts = table[["opening", "extent", "quality", "prices"]].sum(axis=1)
        assert parts.to_numpy() == pytest.approx(table["closing"].to_numpy(), **CLOSE), seed
        before = dict(zip(facts.periods, ["start", *facts.periods[:-1]], strict=True))
        for side, when in (("opening", table["period"].map(before)), ("closing", table["period"])):
            keys = pd.MultiIndex.from_arrays([when, table["resource"], table["tenure"]])
            assert table[side].to_numpy() == pytest.approx(stock.reindex(keys).to_numpy(), **CLOSE), (seed, side)


class TestByHand:
    """10 ha of wood that are collective and 4 that are the state's, in condition 1 and 0.5; 0.03 a hectare at 3 %."""

    @pytest.fixture
    def facts(self) -> Facts:
        rows = [
            {"parcel_id": "a", "land_class": "wood", "zone": "rural", "area_ha": 10.0, "tenure": "collective"},
            {"parcel_id": "b", "land_class": "wood", "zone": "rural", "area_ha": 4.0, "tenure": "state",
             "condition": 0.5},
        ]  # fmt: skip
        given = study(
            {"rates": {"finance": 0.1, "social": 0.03, "tail_years": 2}},
            parcels=rows,
            land_classes=[
                {"land_class": "wood", "class_group": "forest", "resource": "forest"},
                {"land_class": "field", "class_group": "arable", "resource": "land"},
            ],
            accounts=[{"account": "leaf", "family": "ecosystem", "recurrence": "annual"}],
            practices=[{"practice": "clear", "zone": "rural", "to_class": "field"}],
            class_flows=[
                {"land_class": "wood", "account": "leaf", "basis": "per_ha_year", "value": 0.03},
                {"land_class": "field", "account": "leaf", "basis": "per_ha_year", "value": 0.006},
            ],
        )
        return Facts(planned(given, {"a": ("clear", "p2")}, {}))

    def test_stocks(self, facts: Facts) -> None:
        table = facts.natural.set_index(["resource", "tenure", "period"])
        wood = table.loc["forest"]
        # 10 x 0.03 / 0.03 and 4 x 0.5 x 0.03 / 0.03
        assert wood.loc[("collective", "start"), ["extent", "flow", "asset"]].tolist() == pytest.approx([10, 0.3, 10])
        assert wood.loc[("state", "p2"), ["extent", "condition", "asset"]].tolist() == pytest.approx([4, 0.5, 2])
        assert wood.loc[("collective", "p2"), ["extent", "asset"]].tolist() == pytest.approx([0, 0], abs=1e-9)
        # 10 x 0.006 / 0.03
        assert table.loc[("land", "collective", "p2"), ["extent", "asset"]].tolist() == pytest.approx([10, 2])

    def test_only_the_states_is_on_the_sheet(self, facts: Facts) -> None:
        sheet = facts.balance[facts.balance["item"] == "natural"]
        assert of(sheet, ["start", "p1", "p2"], side="asset").tolist() == pytest.approx([2, 2, 2])
        assert of(sheet, ["start", "p1", "p2"], side="memo").tolist() == pytest.approx([10, 10, 2])

    def test_changes(self, facts: Facts) -> None:
        table = natural_changes(facts).set_index(["period", "resource", "tenure"])
        gone = table.loc[("p2", "forest", "collective")]
        assert gone[["opening", "extent", "quality", "closing"]].tolist() == pytest.approx([10, -10, 0, 0], abs=1e-9)
        new = table.loc[("p2", "land", "collective")]
        assert new[["opening", "extent", "quality", "closing"]].tolist() == pytest.approx([0, 2, 0, 2], abs=1e-9)
        assert np.abs(table.loc["p1", ["extent", "quality", "prices"]].to_numpy()).max() < 1e-9
