"""The scorecard, the places that lose money, and the words of all these tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.reports.audit_studies import ACCOUNTS, BUILD, FARM, study
from tests.reports.drawn import CLOSE, drawn, ledger, years
from tests.reports.test_audit_money import DRAWS, budget
from tests.reports.told import planned
from zonevest.model.booked import LAND
from zonevest.reports import balance_sheet, cash_tables, circulation, losing, natural, scorecard
from zonevest.reports.facts import Facts
from zonevest.reports.indicators import statutory_indicators
from zonevest.reports.labels import LABELS
from zonevest.reports.losing import MOST, losing_parcels, losing_places, losing_projects

TOPICS = (balance_sheet, cash_tables, circulation, losing, natural, scorecard)
SHEETS = [sheet for topic in TOPICS for sheet in topic.SHEETS]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: str(sheet.key))
def test_every_table_has_its_columns_and_words(sheet: object) -> None:
    """Of every plan, whatever its study lacks; each code has its word."""
    assert {f"table_{sheet.key}", f"about_{sheet.key}"} <= LABELS.keys()  # type: ignore[attr-defined]
    columns = sheet.columns  # type: ignore[attr-defined]
    assert {f"col_{column.name}" for column in columns} <= LABELS.keys()
    for seed, facts in drawn():
        table = sheet.make(facts)  # type: ignore[attr-defined]
        assert list(table.columns) == [column.name for column in columns], seed
        for column in columns:
            if column.kind.startswith("word:"):
                codes = set(table[column.name]) - {""}
                missing = {code for code in codes if column.kind.removeprefix("word:") + str(code) not in LABELS}
                assert not missing, (seed, column.name)


def card(facts: Facts) -> pd.DataFrame:
    return scorecard.scorecard(facts).set_index("indicator")


def test_the_four_effects_are_told() -> None:
    for seed, facts in drawn():
        table = card(facts)
        assert list(dict.fromkeys(table["effect"])) == ["control", "appreciation", "financing", "equity"], seed
        assert table.index.is_unique
        assert set(table["direction"]) <= {"higher", "lower"}
        if not facts.study.has_doing_nothing:
            assert table["nothing"].isna().all()
        last = [ledger(facts, f"area.class_group.{name}")[-1] for name in ("arable", "forest")]
        for name, hectares in zip(("arable", "forest"), last, strict=True):
            if name in table.index:
                assert table.loc[name, "target"] == pytest.approx(hectares, **CLOSE), seed


class TestByHand:
    def test_recurring_net(self) -> None:
        """`test_audit_money`: 12 + 3 - 10 less 4 % of 6 owed; doing nothing the same later, and no new debt."""
        facts = Facts(planned(budget(), {}, {"works": "p1"}, financing=DRAWS))
        row = card(facts).loc["recurring_net"]
        assert row["base"] == pytest.approx(5 - 0.24)
        # p3: 7 + 5 of revenue, 4.40561 of transfers on average, 8 + 2 of cost; old debt is paid by 2028
        assert row["nothing"] == pytest.approx(2 + (3.993 + 4.3923 + 4.83153) / 3)
        # the works bring 2 more; 0.4 on the bond, 0.36 on the stake, 0.045 on refinancing, in three years
        assert row["target"] == pytest.approx(row["nothing"] + 2 - (0.4 + 0.36 + 0.045) / 3)

    def test_backed_debt(self) -> None:
        facts = Facts(planned(budget(), {}, {"works": "p1"}, financing=DRAWS))
        # 4 in cash of 6 owed
        row = card(facts).loc["backed_debt"]
        assert row["base"] == pytest.approx(100 * 4 / 6)

    def test_the_near_term_ends_within_five_years(self) -> None:
        given = study(
            {"periods": [{"name": "p1", "start": 2026, "years": 4}, {"name": "p2", "start": 2030, "years": 1},
                         {"name": "p3", "start": 2031, "years": 3}]},
        )  # fmt: skip
        facts = Facts(planned(given, {"a": ("build", "p3")}, {}))
        row = card(facts).loc["arable"]
        assert row[["base", "near", "target", "nothing"]].tolist() == [10, 10, 0, 10]

    def test_rezoned_and_people(self) -> None:
        given = study(parcels=[{**FARM, "population": 50}], jurisdictions=[{"jurisdiction": "east"}])
        row = card(Facts(planned(given, {"a": ("build", "p2")}, {})))
        assert row.loc["rezoned", ["near", "target"]].tolist() == [10, 10]
        # 10 ha for 50 people: 2000 square metres a head
        assert row.loc["built_per_head", "target"] == pytest.approx(2000)


def test_indicators_have_a_group() -> None:
    for _, facts in drawn()[:2]:
        table = scorecard.indicators(facts)
        sizes = {"statutory": len(statutory_indicators(facts)), "scorecard": len(card(facts))}
        assert table["group"].value_counts().to_dict() == sizes


class TestLosing:
    """Farms of 10 and 2 ha: a hectare brings 0.1 a year and costs 0.3; built land brings 2 and costs 1."""

    @pytest.fixture
    def facts(self) -> Facts:
        upkeep = {"account": "upkeep", "family": "cost", "recurrence": "annual", "cash": 1}
        given = study(
            parcels=[
                {**FARM, "jurisdiction": "east"},
                {**FARM, "parcel_id": "b", "jurisdiction": "west", "area_ha": 2.0},
                {**FARM, "parcel_id": "c", "jurisdiction": "west", "area_ha": 4.0},
            ],
            jurisdictions=[{"jurisdiction": "east"}, {"jurisdiction": "west"}],
            accounts=[*ACCOUNTS, upkeep],
            practices=[BUILD],
            class_flows=[
                {"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.1},
                {"land_class": "farm", "account": "upkeep", "basis": "per_ha_year", "value": 0.3},
                {"land_class": "built", "account": "rent", "basis": "per_ha_year", "value": 2.0},
                {"land_class": "built", "account": "upkeep", "basis": "per_ha_year", "value": 1.0},
            ],
            practice_flows=[{"practice": "build", "account": "cost", "basis": "once", "value": 900.0}],
            projects=[
                {"project": "hall", "annual_revenue": 1.0, "annual_cost": 3.0, "category": "livelihood"},
                {"project": "mill", "annual_revenue": 3.0, "annual_cost": 1.0},
                {"project": "park", "annual_cost": 5.0},
            ],
        )
        starts = {"hall": "p1", "mill": "p1", "park": "p1"}
        return Facts(planned(given, {"c": ("build", "p2")}, starts))

    def test_places(self, facts: Facts) -> None:
        table = losing_places(facts)
        # what is built is no loss, whatever it cost once
        assert table[["jurisdiction", "land_class", "area_ha"]].to_numpy().tolist() == [
            ["east", "farm", 10.0], ["west", "farm", 2.0],
        ]  # fmt: skip
        assert table["net"].tolist() == pytest.approx([-2.0, -0.4])
        assert table["cost"].tolist() == pytest.approx([3.0, 0.6])
        assert table["per_ha"].tolist() == pytest.approx([-0.2, -0.2])

    def test_parcels(self, facts: Facts) -> None:
        table = losing_parcels(facts)
        assert table["parcel_id"].tolist() == ["a", "b"]
        assert table["per_year"].tolist() == pytest.approx([-2.0, -0.4])

    def test_projects(self, facts: Facts) -> None:
        table = losing_projects(facts)
        assert table["project"].tolist() == ["park", "hall"]
        assert table["net"].tolist() == pytest.approx([-5, -2])
        assert table.loc[1, ["category", "start", "revenue", "cost"]].tolist() == ["livelihood", "p1", 1.0, 3.0]


def test_losing_places_are_all_that_lose() -> None:
    """Against the purse's recurring cash on land by jurisdiction: gains and losses together are the ledger's."""
    for seed, facts in drawn():
        table, booked = losing_places(facts), facts.by_place[0]
        accounts = facts.ledger.accounts
        net: dict[tuple[str, ...], float] = {}
        for row, totals in zip(booked.rows.itertuples(), booked.totals, strict=True):
            at = int(accounts.names.get_loc(row.account))
            if row.kind == LAND and accounts.money[at] and accounts.recurrence[at] == "annual":
                key = (row.jurisdiction, row.zone, row.land_class)
                net[key] = net.get(key, 0.0) + accounts.net(accounts.purse, at) * totals[-1] / years(facts)[-1]
        lost = {key: value for key, value in net.items() if value < -1e-9}
        told = table.set_index(["jurisdiction", "zone", "land_class"])["net"].to_dict()
        assert told == pytest.approx(lost), seed
        assert (np.diff(table["net"]) >= 0).all()
        assert len(losing_parcels(facts)) <= MOST
