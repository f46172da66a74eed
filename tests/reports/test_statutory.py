"""The statutory tables of random plans against the plan's ledger, which is added up in another way (10 s)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.reports.drawn import plainly
from zonevest.instances.study import items, period_names
from zonevest.model.booked import LAND
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.reports import (
    assumptions,
    bonds,
    farmland,
    fiscal,
    indicators,
    land_tables,
    programme,
    project_tables,
    quota_tables,
    rezoned,
)  # fmt: skip
from zonevest.reports.contributions import FINANCING
from zonevest.reports.facts import Facts
from zonevest.reports.tables import TOTAL
from zonevest.reports.terms import Terms, added, as_held

PLANS = 8
MODULES = (
    assumptions, bonds, farmland, fiscal, indicators, land_tables, programme, project_tables, quota_tables, rezoned,
)  # fmt: skip


@pytest.fixture(scope="module")
def plans() -> list[tuple[int, Facts]]:
    return plainly(PLANS)


class Ledger:
    """What a plan's ledger holds: account, place, period -> value; 0 where nothing is told."""

    def __init__(self, facts: Facts) -> None:
        rows = facts.plan.ledger
        keys = zip(rows["account"], rows["jurisdiction"], rows["period"], strict=True)
        self.values = dict(zip(keys, rows["value"], strict=True))
        self.names = period_names(facts.study.periods)

    def last(self, account: str, place: str = TOTAL) -> float:
        return float(self.values.get((account, place, self.names[-1]), 0.0))

    def all(self, account: str, place: str = TOTAL) -> list[float]:
        return [float(self.values.get((account, place, name), 0.0)) for name in self.names]


def near(value: object) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def places(facts: Facts) -> list[str]:
    return [TOTAL, *facts.study.jurisdictions["jurisdiction"]]


def takes_too_much(facts: Facts) -> bool:
    """Whether projects take land that is not there: random plans keep no rows."""
    rows = facts.plan.ledger
    return bool((rows["account"].str.startswith("area.class.") & (rows["value"] < -1e-9)).any())


def test_every_table_has_its_columns(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans[:3]:
        for module in MODULES:
            for sheet in module.SHEETS:
                frame = sheet.make(facts)
                assert [column.name for column in sheet.shown(frame)] == list(frame.columns), (seed, sheet.key)
                assert list(frame.columns[: len(sheet.columns)]) == [column.name for column in sheet.columns]


def test_structure(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans:
        if takes_too_much(facts):
            continue
        ledger, table = Ledger(facts), land_tables.structure(facts)
        own = facts.study.parcels
        for place in places(facts):
            mine = table[table["jurisdiction"] == place].set_index("land_class")
            whole = own["area_ha"][(own["jurisdiction"] == place) | (place == TOTAL)].sum()
            assert mine["before_ha"].sum() == near(whole), seed
            assert mine["after_ha"].sum() == near(whole), seed
            # what is taken anywhere the ledger books in no jurisdiction, the table where such land is
            told = place == TOTAL or all(taking.place for taking in land_tables.taken(facts))
            for code in facts.study.land_classes["land_class"] if told else ():
                assert mine["after_ha"].get(code, 0.0) == near(ledger.last(f"area.class.{code}", place)), (seed, code)
            groups = land_tables.main_groups(facts)
            groups = groups[groups["jurisdiction"] == place]
            assert groups["after_ha"].sum() == near(whole)
            if whole:
                assert groups["after_share"].sum() == near(1.0)
        if all(len(items(cell)) == 1 for cell in facts.study.land_classes["class_group"]):
            groups = land_tables.main_groups(facts)
            groups = groups[groups["jurisdiction"] == TOTAL].set_index("group")["after_ha"]
            for group, area in groups.drop("land_take", errors="ignore").items():
                assert area == near(ledger.last(f"area.class_group.{group}")), (seed, group)


def test_matrices(plans: list[tuple[int, Facts]]) -> None:
    moved = 0
    for seed, facts in plans:
        if takes_too_much(facts):
            continue
        structure = land_tables.structure(facts)
        structure = structure[structure["jurisdiction"] == TOTAL].set_index("land_class")
        zones = land_tables.zone_statistics(facts)
        for make, before, after in (
            (land_tables.class_matrix, structure["before_ha"], structure["after_ha"]),
            (land_tables.zone_matrix, *_zones(facts)),
        ):
            table = make(facts)
            table = table.set_index(table.columns[0])
            cells = table.drop(columns="before_ha").drop(index=TOTAL)
            assert (cells.to_numpy() > -1e-9).all()
            for code, row in cells.iterrows():
                assert row.sum() == near(before[code]), seed
                assert table.loc[code, "before_ha"] == near(before[code])
            for code in cells:
                assert cells[code].sum() == near(after[code]), (seed, code)
                assert table.loc[TOTAL, code] == near(after[code])
            moved += int((cells.to_numpy() > 0).sum() > len(cells))
        ledger = Ledger(facts)
        for zone, place, area in zip(zones["zone"], zones["jurisdiction"], zones["after_ha"], strict=True):
            if zone and place in places(facts):
                assert area == near(ledger.last(f"area.zone.{zone}", place)), (seed, zone, place)
        whole = facts.land["area_ha"].sum()
        assert zones[(zones["zone_level"] == 1) & (zones["jurisdiction"] == TOTAL)]["after_ha"].sum() == near(whole)
    assert moved >= 4


def _zones(facts: Facts) -> tuple[pd.Series, pd.Series]:
    """Hectares of every zone of its own, before and after."""
    area = facts.land["area_ha"]
    return area.groupby(facts.land["zone_before"]).sum(), area.groupby(facts.land["zone"]).sum()


def test_farmland(plans: list[tuple[int, Facts]]) -> None:
    lost = 0.0
    for seed, facts in plans:
        ledger, table = Ledger(facts), farmland.farmland_ledger(facts)
        for place in places(facts) if len(table) else ():
            mine = table[table["jurisdiction"] == place]
            if mine.empty:
                continue  # nobody's land is there
            for what, stock, change in (("ha", "area.class_group.arable", "area.{}.class_group.arable"),
                                        ("quality", "quality.arable", "quality.{}.arable")):  # fmt: skip
                opening, closing = mine[f"opening_{what}"].to_numpy(), mine[f"closing_{what}"].to_numpy()
                gained, lost_here = (mine[f"{way}_{what}"].to_numpy() for way in ("gained", "lost"))
                assert opening + gained - lost_here == near(closing)
                assert opening[1:] == near(closing[:-1])
                assert closing == near(ledger.all(stock, place)), (seed, place, what)
                for way in ("lost", "gained"):
                    assert mine[f"{way}_{what}"].to_numpy() == near(ledger.all(change.format(way), place)), (seed, way)
            lost += float(mine["lost_ha"].sum())
    assert lost > 0


def test_quotas(plans: list[tuple[int, Facts]]) -> None:
    checked = 0
    for seed, facts in plans:
        table = quota_tables.quotas(facts)
        if table.empty:
            continue
        comes, goes = ("opening", "granted", "available", "bought"), ("used", "sold")
        told = table[table["closing"].notna()]
        net = told[list(comes)].sum(axis=1) - told[list(goes)].sum(axis=1)
        assert net.to_numpy() == near(told["closing"].to_numpy()), seed
        ledger = Ledger(facts)
        years = np.array([period.years for period in facts.study.periods])
        for quota in facts.study.quotas.itertuples():
            mine = table[table["quota"] == quota.quota]
            for place in places(facts):
                here = mine[mine["jurisdiction"] == place]
                for what, account in (("used", quota.account_used), ("generated", quota.account_generated)):
                    once = not account or facts.ledger.recurrence(account) != "annual"
                    booked = np.array(ledger.all(account, place)) * (1 if once else years) if account else 0 * years
                    assert here[what].to_numpy() == near(booked), (seed, quota.quota, what)
                checked += len(here)
        moves = table["quota"].map(facts.study.quotas.set_index("quota")["movable"])
        assert (table["closing"].notna() == (~moves | (table["jurisdiction"] == TOTAL))).all()
    assert checked > 10


def test_programme(plans: list[tuple[int, Facts]]) -> None:
    found = 0.0
    for seed, facts in plans:
        ledger, table = Ledger(facts), programme.programme(facts)
        for place in places(facts):
            mine = table[(table["jurisdiction"] == place) & (table["item"] == "conversion")]
            areas = mine.groupby("period")["area_ha"].sum().reindex(ledger.names).fillna(0.0).to_numpy()
            assert areas == near(ledger.all("area.new_construction", place)), (seed, place)
            found += areas.sum()
        assert (table["year_ha"] * table["years"]).to_numpy() == near(table["area_ha"].to_numpy())
    assert found > 0


def test_rezoned(plans: list[tuple[int, Facts]]) -> None:
    rows = 0
    for _, facts in plans:
        table = rezoned.rezoned(facts)
        assert table["area_ha"].sum() == near(sum(Ledger(facts).all("area.rezoned")))
        assert table.loc[table["reason"] == "value", "objective"].gt(0).all()
        assert table.loc[table["reason"].isin(["limit", "uplift", "joint"]), "objective"].le(1e-9).all()
        rows += len(table)
    assert rows > 10


def test_contributions_make_up_the_gains(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans:
        table, study, plan = facts.contributions, facts.study, facts.plan
        rest = table["what"] == FINANCING
        passed = 0.0
        if study.settings.equity.fund in study.settings.purse and len(plan.fund_transfers):
            clock = facts.ledger.clock
            mean = dict(zip(period_names(study.periods), clock.mean(clock.discount(clock.finance)), strict=True))
            passed = float((plan.fund_transfers["amount"] * plan.fund_transfers["period"].map(mean)).sum())
        # these plans raise nothing: all that F1 holds beside the rows is what the fund passes on
        assert table.loc[rest, "cash"].sum() == near(-passed), seed
        assert (table["ecosystem"] - table["ecosystem_nothing"]).sum() == near(plan.ecosystem), seed
        for name, account in (("cash", CASH), ("ecosystem", ECOSYSTEM)):
            land = table[table["table"].isin(["class_flows", "zone_flows", "practice_flows", "parcel_flows"])]
            rows = added(facts.chosen, [Terms({(account, TOTAL, 0): 1.0})])
            assert rows.sum() == near(land[name].sum()), seed
            if study.has_doing_nothing:
                held = added(as_held(facts.chosen), [Terms({(account, TOTAL, 0): 1.0})])
                assert held.sum() == near(land[f"{name}_nothing"].sum()), seed
        shares = assumptions.confidence_shares(facts)
        for _, group in shares.groupby(["measure", "over"]):
            assert group["share"].sum() == near(1.0)


def test_hectares_hold_what_land_books(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans:
        table, found = fiscal.by_hectare(facts), facts.books.plan
        accounts = facts.ledger.accounts
        at = accounts.names.get_indexer(found.rows["account"])
        years = facts.study.periods[-1].years
        for name, family in (("revenue", "revenue"), ("cost", "cost")):
            chosen = accounts.money[at] & (accounts.family[at] == family) & (accounts.recurrence[at] == "annual")
            chosen &= (found.rows["kind"] == LAND).to_numpy()
            part = accounts.weight(f"money.{name}")[at]
            assert table[name].sum() == near((part * found.totals[:, -1] / years)[chosen].sum()), seed
