"""Waterfall, gains, windfalls and the compensation fund: small plans by hand, identities on random plans (14 s)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reports import plans as hand
from tests.reports import whole
from tests.reports.audit_studies import ACCOUNTS, FARM, study
from tests.reports.drawn import plainly
from tests.reports.money_studies import ACTORS, R, deltas
from tests.reports.told import as_data, planned
from zonevest.instances.study import period_names
from zonevest.model.builtin import actors
from zonevest.model.gains import of_jurisdictions
from zonevest.model.plan import PlanData
from zonevest.reports import compensation, contents, equity, gains, parcel_gains, settlement, waterfall
from zonevest.reports.cash_flow import cash_flow
from zonevest.reports.display import Display
from zonevest.reports.facts import Facts
from zonevest.reports.forms import named
from zonevest.reports.labels import LABELS, Words

SHEETS = [sheet for sheet in contents.sheets() if sheet.section == "distribution"]


def once(amount: float, year: int) -> float:
    """One-off money of a building for good as equivalents: C r, C carried to the beginning of 2026."""
    return float(amount * (1 + R) ** (2026 - 1 - year) * R * deltas(2026))


# Parcel a, 10 ha, is built on: rent of 0.3 in place of 0.2 a hectare, four fifths of it the purse's, one the fund's;
# works of 0.4 a hectare; its value rises by 1 a hectare in 2026, of which 30 % are levied, and 10 % more of state land,
# in 2027, from farmers, and 2 % a year from 2028 on, from outside.
MORE, WORKS = deltas(2026), once(4, 2026)
CREATED, LEVIED, TAXED = once(10, 2026), once(4, 2027), 0.2 * deltas(2028)


def facts(given: Any = None, **decisions: Any) -> Facts:
    return Facts(planned(given or whole.whole(), {"a": ("build", "p1")}, {}, **decisions))


@pytest.fixture(scope="module")
def built() -> Facts:
    return facts()


def test_waterfall(built: Facts) -> None:
    table = waterfall.waterfall(built)
    found = {(step, actor): value for step, actor, value in table[["step", "actor", "value"]].itertuples(index=False)}
    assert found == {
        ("from_outside", ""): pytest.approx(MORE + TAXED),
        ("land_value", ""): pytest.approx(CREATED),
        ("set_asides", ""): 0,
        ("direct_cost", ""): pytest.approx(WORKS),
        ("running_cost", ""): 0,
        ("debt_service", ""): 0,
        ("fund", "pot"): pytest.approx(0.2 * MORE),
        ("upper", ""): 0,
        ("operator", "builders"): 0,
        ("local_general", "local"): pytest.approx(0.8 * MORE + TAXED + LEVIED - WORKS),
        ("holder", "farmers"): pytest.approx(CREATED - LEVIED),
    }
    assert table["left"].iloc[[1, -1]].tolist() == pytest.approx([MORE + TAXED + CREATED, 0])
    assert table["share"].iloc[:2].sum() == pytest.approx(1)
    # by period: rent is 1 a year more, of the tax 0.2 a year come in two years of p2 and the one before it is in p1
    by_period = waterfall.waterfall_periods(built).set_index(["period", "step"])["value"]
    assert [by_period[t, "from_outside"] for t in ("p1", "p2")] == pytest.approx([2, 3 + 0.6])
    assert [by_period[t, "land_value"] for t in ("p1", "p2")] == pytest.approx([10, 0])
    assert [by_period[t, "local_general"] for t in ("p1", "p2")] == pytest.approx([1.6 - 4 + 4, 2.4 + 0.6])


def test_what_is_set_aside_pays_for_its_kind() -> None:
    """A quarter of the levy is for schools, which pay for the works: 1 of 4 comes out of that."""
    budgets = {
        "budgets": [{"budget": "general", "borrower": "government"}, {"budget": "school", "borrower": "government"}],
        "set_asides": [{"account": "levy", "budget": "school", "share": 0.25}],
        "accounts": [
            each | ({"budget": "school"} if each["account"] == "cost" else {}) for each in whole.UPLIFT_ACCOUNTS
        ],
    }
    found = facts(whole.whole(**budgets))
    table = waterfall.waterfall(found).set_index("step")["value"]
    assert table["set_asides"] == pytest.approx(0.25 * LEVIED)
    assert table["out_of_set_asides"] == pytest.approx(-0.25 * LEVIED)
    assert table["direct_cost"] == pytest.approx(WORKS)
    assert table["local_general"] == pytest.approx(0.8 * MORE + TAXED + LEVIED - WORKS)
    by_period = waterfall.waterfall_periods(found).set_index(["step", "period"])["value"]
    assert by_period["set_asides"].tolist() == pytest.approx([1, 0])
    assert by_period["out_of_set_asides"].tolist() == pytest.approx([-1, 0])


def test_gains(built: Facts) -> None:
    table = gains.by_actor(built).set_index("actor")
    assert table.loc["farmers", ["received", "paid", "land_value", "gain"]].tolist() == pytest.approx(
        [0, LEVIED, CREATED, CREATED - LEVIED]
    )
    # 40 people
    assert table.loc["farmers", "per_head"] == pytest.approx((CREATED - LEVIED) * 1e6 / 40)
    assert table["role"].to_dict() == {
        "local": "local_general", "farmers": "holder", "builders": "operator", "pot": "fund", "outside": "outside",
    }  # fmt: skip
    places = gains.jurisdictions(built).set_index("jurisdiction")
    assert places.loc["east", ["people", "before", "gain"]].tolist() == pytest.approx([30, 0, CREATED - LEVIED])
    assert places.loc["east", "gain_per_head"] == pytest.approx((CREATED - LEVIED) * 1e6 / 30)
    assert places.loc["west", "gain"] == 0


def test_of_whom_a_gain_is_told_per_head() -> None:
    """30 live on farms, 10 in town: farmers' gain is of 30, residents' of 10, the public's of 40, firms' of nobody."""
    names = ["local", "collective", "farmers", "residents", "operators", "fishers"]
    given = study(
        {"purse": ["local"]},
        parcels=[whole.PARCELS[0], {**whole.PARCELS[1], "zone": "town"}],
        zones=[{"zone": "rural"}, {"zone": "town", "urban": 1}, {"zone": "core", "parent": "town"}],
        actors=[{"actor": name, "public": int(name == "local")} for name in names],
        shares=[{"account": "rent", "role": "receives", "actor": name, "share": 1 / 6} for name in names],
        practice_flows=[{"practice": "build", "account": "rent", "basis": "per_ha_year", "value": 0.6}],
    )
    table = gains.by_actor(Facts(planned(given, {"a": ("build", "p1")}, {}))).set_index("actor")
    told = table.loc[names, ["heads", "people"]].fillna(-1.0).to_numpy().tolist()
    assert told == [["all", 40], ["rural", 30], ["rural", 30], ["urban", 10], ["none", -1], ["all", 40]]
    # each has a sixth of 6 a year
    assert table.loc["farmers", "per_head"] == pytest.approx(MORE * 1e6 / 30)
    assert table.loc["residents", "per_head"] == pytest.approx(MORE * 1e6 / 10)
    assert np.isnan(table.loc[["operators", "outside"], "per_head"]).all()


def test_the_even_quarter(built: Facts) -> None:
    """The 30 of the east have everything, alike, the 10 of the west nothing: Gini is 1 - 3/4."""
    table = equity.measures(built).set_index(["basis", "level"])
    assert table.loc[("people", "plan"), "gini"] == pytest.approx(0.25)
    assert table.loc[("people", "plan"), "theil"] == pytest.approx(np.log(4 / 3))
    assert table.loc[("people", "plan"), "jain"] == pytest.approx(0.75)
    # a tenth of the people end in the quarter with nothing
    assert table.loc[("people", "plan"), "ratio_10_90"] == 0
    assert table.loc[("people", "nothing"), "why"] == "nothing"
    assert np.isnan(table.loc[("people", "nothing"), "gini"])
    # a hectare in 15 is of b
    assert table.loc[("land", "gain"), "gini"] == pytest.approx(1 / 3)


def test_a_gain_that_is_kept_at_nothing_is_not_below_it(built: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a solver leaves below 0 of a gain that a row keeps there counts as 0, in every column."""
    table = gains.jurisdictions(built)
    poor = table["gain_per_head"].abs() < 1e-6
    table.loc[poor, "gain_per_head"] = -1e-9 * float(table["gain_per_head"].max())
    monkeypatch.setattr(equity, "jurisdictions", lambda _: table)
    found = equity.measures(built).set_index(["basis", "level"]).loc[("people", "gain")]
    assert found["gini"] == pytest.approx(0.25)
    assert (found["below_zero"], found["least"], found["why"]) == (0, 0.0, "")


def test_land_is_rural_until_its_zone_is_urban() -> None:
    zones = [{"zone": "rural"}, {"zone": "town", "urban": 1}, {"zone": "core", "parent": "town"}]
    parcels = [whole.PARCELS[0], {**whole.PARCELS[1], "zone": "core"}]
    found = facts(whole.whole(zones=zones, parcels=parcels))
    # what is built in the town was rural land; b lies in a part of the town
    assert settlement.settlement(found).tolist() == [1, 0]
    table = gains.urban_and_rural(found).set_index("settlement")
    assert table["people"].to_dict() == {"urban": 10, "rural": 30}
    assert table["area_ha"].to_dict() == {"urban": 5, "rural": 10}
    assert table["gain"].to_dict() == {"urban": 0, "rural": pytest.approx(CREATED - LEVIED)}
    ratio = equity.extremes(found).set_index("measure")
    assert ratio.loc["urban_rural_gain", "value"] == 0
    assert ratio.loc["urban_rural_before", "why"] == "nothing"
    assert ratio.loc["least_settlement", ["settlement", "value"]].tolist() == ["urban", 0]
    assert ratio.loc["least_jurisdiction", "jurisdiction"] == "west"


def test_people_are_told_by_land_only_where_that_is_known() -> None:
    zones = [{"zone": "rural"}, {"zone": "town", "urban": 1}, {"zone": "core", "parent": "town"}]
    unsaid = [{**row, "population": None} for row in whole.PARCELS]
    people = [{"jurisdiction": "east", "population": 30}, {"jurisdiction": "west", "population": 10}]
    split = [unsaid[0], {**unsaid[1], "zone": "town"}]
    assert settlement.people(facts(whole.whole(zones=zones, parcels=split, jurisdictions=people))).tolist() == [10, 30]
    mixed = [*split, {**FARM, "parcel_id": "c", "jurisdiction": "west", "tenure": "collective"}]
    assert np.isnan(settlement.people(facts(whole.whole(zones=zones, parcels=mixed, jurisdictions=people)))).all()


@pytest.mark.parametrize(
    ("before", "gain", "outcome"),
    [
        (1.0, 1.1, "windfall"), (1.0, 0.9, "better"), (1.0, 0.0, "same"), (1.0, -0.4, "worse"), (1.0, -0.6, "wipe_out"),
        (0.0, 0.1, "windfall"), (0.0, -0.1, "worse"), (-1.0, 0.5, "windfall"), (-1.0, -5.0, "worse"),
    ],
)  # fmt: skip
def test_outcomes(before: float, gain: float, outcome: str) -> None:
    assert parcel_gains.outcomes(np.array([before]), np.array([gain])).tolist() == [outcome]


def test_windfall(built: Facts) -> None:
    table = built.parcel_gains.set_index("parcel_id")
    assert table["outcome"].to_dict() == {"a": "windfall", "b": "same"}
    assert table["gain"].to_dict() == {"a": pytest.approx(CREATED - LEVIED), "b": 0}
    assert parcel_gains.by_parcel(built)["parcel_id"].tolist() == ["a", "b"]


def test_windfall_and_wipe_out_of_firms() -> None:
    """Farmers have the rent of a, 2 a year, and lose it; firms earn 3 on it, and have what b brings either way, 1."""
    rent = [{"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.2}]
    other = [{"parcel_id": "b", "account": "profit", "basis": "per_ha_year", "value": 0.2}]
    shares = [
        {"account": "rent", "role": "receives", "actor": "farmers", "share": 1.0},
        {"account": "profit", "role": "receives", "actor": "shops", "share": 1.0},
    ]
    given = study(
        {"equity": {"participation": ["farmers"]}}, parcels=whole.PARCELS, shares=shares, class_flows=rent,
        actors=[*ACTORS, {"actor": "shops", "public": 0}], parcel_flows=other,
        accounts=[*ACCOUNTS, {"account": "profit", "family": "revenue", "recurrence": "annual", "cash": 1}],
        practice_flows=[{"practice": "build", "account": "profit", "basis": "per_ha_year", "value": 0.3}],
    )  # fmt: skip
    found = Facts(planned(given, {"a": ("build", "p1")}, {}))
    table = parcel_gains.by_parcel(found).set_index("parcel_id")
    told = table[["before", "gain", "firms_before", "firms"]].to_numpy().tolist()
    assert told == [pytest.approx([2 * MORE, -2 * MORE, 0, 3 * MORE]), pytest.approx([MORE, 0, MORE, 0])]
    assert table[["outcome", "firms_outcome"]].to_numpy().tolist() == [["wipe_out", "windfall"], ["same", "same"]]
    counts = parcel_gains.by_tenure(found).set_index(["whose", "tenure"])
    assert counts.loc[("holders", "total"), ["parcels", "wipe_out", "same"]].tolist() == [2, 1, 1]
    assert counts.loc[("firms", "total"), ["parcels", "windfall", "same"]].tolist() == [2, 1, 1]
    # without firms there are none to count
    assert set(parcel_gains.by_zone(Facts(planned(study({}), {}, {})))["whose"]) <= {"holders"}


def test_both_ends_come_first() -> None:
    gain = np.array([5.0, 4.0, 3.0, 0.0, -1.0, -2.0])
    table = pd.DataFrame({"parcel_id": list("abcdef"), "gain": gain, "firms": 0.0})
    found = parcel_gains.by_parcel(SimpleNamespace(parcel_gains=table))  # type: ignore[arg-type]
    assert found["parcel_id"].tolist() == ["a", "f", "b", "e", "c", "d"]


def test_who_loses_by_area_and_people() -> None:
    """Farmers have the rent and lose that of a third: b, 5 of 15 ha with 10 of 40 people, is built on for nothing."""
    shares = [{"account": "rent", "role": "receives", "actor": "farmers", "share": 1.0}]
    flows = [{"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 0.4}]
    rent = whole.TABLES["class_flows"]
    given = study({}, parcels=whole.PARCELS, actors=ACTORS, shares=shares, practice_flows=flows, class_flows=rent)
    found = Facts(planned(given, {"b": ("build", "p1")}, {}))
    table = parcel_gains.by_tenure(found).set_index("tenure")
    # 0.2 a year from each of b's 5 hectares from 2026 to the end of the tail
    assert table.loc["total", ["before", "gain"]].tolist() == pytest.approx([3 * MORE, -1 * MORE])
    assert table.loc["total", ["losing", "losing_area", "losing_people"]].tolist() == pytest.approx(
        [1 / 2, 1 / 3, 1 / 4]
    )
    assert table.loc["total", ["same", "wipe_out"]].tolist() == [1, 1]
    assert table.loc["collective", "losing_people"] == 1
    level = equity.measures(found).set_index(["basis", "level"])
    # 2 / 30 and 1 / 10 a head; in the plan the west has nothing; a loss among the gains leaves them undefined
    assert level.loc[("people", "nothing"), "gini"] == pytest.approx(3 / 4 - 2 / 3)
    assert level.loc[("people", "gain"), ["why", "below_zero"]].tolist() == ["negative", 1]
    assert np.isnan(level.loc[("people", "gain"), ["gini", "theil", "jain", "ratio_10_90"]].astype(float)).all()


def test_fund() -> None:
    """A fifth of the rent, 3 a year of a and 1 of b, comes to it; it passes on 0.5 and pays a tenth of the works."""
    shares = [
        *whole.TABLES["shares"],
        {"account": "cost", "role": "pays", "actor": "pot", "share": 0.1},
        {"account": "cost", "role": "pays", "actor": "local", "share": 0.9},
    ]
    passed = [{"jurisdiction": "west", "period": "p1", "amount": 0.5}]
    found = facts(whole.whole(shares=shares), fund_transfers=passed)
    table = compensation.ledger(found).set_index(["period", "item"])["value"]
    assert table["p1"].to_dict() == pytest.approx(
        {"opening": 0, "received": 1.6, "paid": 0.4, "passed_on": 0.5, "closing": 0.7}
    )
    assert table["p2"].to_dict() == pytest.approx({"opening": 0.7, "received": 2.4, "closing": 3.1})
    assert table["total"].to_dict() == pytest.approx(
        {"opening": 0, "received": 4.0, "paid": 0.4, "passed_on": 0.5, "closing": 3.1}
    )
    uses = compensation.uses(found)
    assert uses[["kind", "practice", "account", "jurisdiction"]].to_numpy().tolist() == [
        ["practice", "build", "cost", None],
        ["passed_on", None, None, "west"],
        ["closing", None, None, None],
    ]
    assert uses["value"].tolist() == pytest.approx([0.4, 0.5, 3.1])
    assert uses["share"].sum() == pytest.approx(1)
    # what is passed on in p1 is paid in equal yearly parts of 2026 and 2027
    worth = 0.5 * deltas(2026, 2027) / 2
    steps = waterfall.waterfall(found).set_index(["step", "actor"])["value"]
    assert steps["fund", "pot"] == pytest.approx(0.2 * MORE - 0.1 * WORKS - worth)
    assert steps["holder", ""] == pytest.approx(worth)
    assert gains.jurisdictions(found).set_index("jurisdiction")["gain"]["west"] == pytest.approx(worth)


def test_twice_the_land_is_twice_the_money_as_even_as_before() -> None:
    farmers = [{"account": "rent", "role": "receives", "actor": name, "share": 0.5} for name in ("farmers", "pot")]

    def at(times: float) -> Facts:
        parcels = [{**row, "area_ha": times * row["area_ha"]} for row in whole.PARCELS]
        return facts(whole.whole(parcels=parcels, shares=[*whole.TABLES["shares"][:2], *farmers]))

    one, two = at(1.0), at(2.0)
    for make in (waterfall.waterfall, gains.by_account, gains.by_place, gains.by_settlement):
        left, right = make(one), make(two)
        for column in set(left.columns) & {"value", "receives", "pays", "net"}:
            assert right[column].tolist() == pytest.approx((2 * left[column]).tolist())
    even = ["gini", "theil", "jain", "ratio_10_90"]
    pd.testing.assert_frame_equal(equity.measures(one)[even], equity.measures(two)[even])
    pd.testing.assert_frame_equal(equity.lorenz(one), equity.lorenz(two))


@pytest.fixture(scope="module")
def drawn() -> list[tuple[int, Facts]]:
    """Random plans with uplift, captures, trade, price steps, transfers of the fund, shared parcels."""
    return plainly(12)


@pytest.fixture(scope="module")
def funded() -> list[Facts]:
    """Best plans for which money is raised: a bond and a grant; loans and outside equity as well; another fund."""
    dearer = [
        {**row, "limit_total": 1.5} if row["instrument"] == "bond" else row for row in whole.TABLES["instruments"]
    ]
    plans = [whole.best_plan(), whole.best_plan(whole.whole(instruments=dearer))]
    plans.append(whole.best_plan(whole.whole({"equity": {}})))
    return [Facts(as_data(plan)) for plan in plans]


def test_steps_add_up(drawn: list[tuple[int, Facts]], funded: list[Facts]) -> None:
    assert all(len(each.plan.financing) > 1 for each in funded)
    for found in [*(each for _, each in drawn), *funded]:
        for table in (waterfall.waterfall(found), *_periods(found)):
            gross = table["step"].isin(waterfall.GROSS)
            size = table["value"].abs().sum()
            assert table.loc[gross, "value"].sum() == pytest.approx(table.loc[~gross, "value"].sum(), abs=1e-9 * size)
            assert table["left"].iloc[-1] == pytest.approx(0, abs=1e-9 * size)
            told = table["step"].map(waterfall.STEPS.index)
            assert told.is_monotonic_increasing


def _periods(found: Facts) -> list[pd.DataFrame]:
    return [rows for _, rows in waterfall.waterfall_periods(found).groupby("period")]


def test_the_purse_is_left_with_the_gain_in_f1(drawn: list[tuple[int, Facts]], funded: list[Facts]) -> None:
    counted = 0
    for found in [*(each for _, each in drawn), *funded]:
        finance, equity_ = found.study.settings.finance, found.study.settings.equity
        if equity_.fund in found.study.settings.purse or (finance is not None and not finance.land_rent):
            continue
        steps = waterfall.waterfall(found).groupby("step")["value"].sum()
        mine = steps["local_general"] + steps["set_asides"] + steps.get("out_of_set_asides", 0.0)
        # the rise of land value that the purse itself has is no cash
        mine -= gains.by_actor(found).set_index("actor")["land_value"][list(found.study.settings.purse)].sum()
        assert mine == pytest.approx(found.plan.cash, abs=1e-6)
        counted += 1
    assert counted >= 11


def test_the_purse_is_left_with_the_cash_that_its_flow_tells(funded: list[Facts]) -> None:
    """By period: sources less uses of the cash flow, less what there is whatever is decided, and in doing nothing."""
    counted = 0
    for found in funded:
        study = found.study
        if study.settings.finance is None or study.settings.equity.fund in study.settings.purse:
            continue
        names, purse, nothing = period_names(study.periods), found.purse, found.books.nothing
        table = cash_flow(found.plan, found.books)
        net = {
            kind: table[table["kind"] == kind].groupby("period")["value"].sum().reindex(names, fill_value=0.0)
            for kind in ("source", "use")
        }
        years = found.ledger.clock.length
        anyway = (purse.own + purse.transfers - purse.fixed) * years
        anyway = anyway - sum((old.repaid + old.interest for old in purse.old.values()), np.zeros(len(names)))
        accounts = found.ledger.accounts
        for account, row in zip(nothing.rows["account"], nothing.totals, strict=True):
            if accounts.money[accounts.names.get_loc(account)]:
                anyway = anyway + accounts.net(study.settings.purse, int(accounts.names.get_loc(account))) * row
        steps = waterfall.waterfall_periods(found).groupby(["step", "period"])["value"].sum()
        for t, name in enumerate(names):
            mine = sum(steps.get((step, name), 0.0) for step in ("local_general", "set_asides", "out_of_set_asides"))
            assert mine == pytest.approx(net["source"][name] - net["use"][name] - anyway[t], abs=1e-6)
            counted += 1
    assert counted >= 6


def test_what_actors_receive_is_what_was_distributed(drawn: list[tuple[int, Facts]]) -> None:
    for _, found in drawn:
        actor, account = gains.by_actor(found).set_index("actor"), gains.by_account(found)
        place, where = gains.by_place(found), gains.by_settlement(found)
        assert actor["received"].sum() == pytest.approx(actor["paid"].sum(), abs=1e-9)
        family = found.study.accounts.set_index("account")["family"]
        money = account[account["account"].map(family) != "uplift"]
        for _, rows in money.groupby("account"):
            assert rows["receives"].sum() == pytest.approx(rows["pays"].sum(), abs=1e-9)
        gain = actor["gain"] + actor["passed_on"]
        for parts in (account, place, where):
            told = parts.groupby("actor")["net"].sum().reindex(actor.index, fill_value=0.0)
            assert told.tolist() == pytest.approx(gain.tolist(), abs=1e-6)
        stated = found.plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
        for name in actors(found.study):
            key = (f"gain.actor.{name}", "total", "total")
            assert actor["gain"][name] == pytest.approx(stated.get(key, 0.0), abs=1e-6)


def test_jurisdictions_gain_what_the_ledger_says(drawn: list[tuple[int, Facts]]) -> None:
    for _, found in drawn:
        stated = found.plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
        table = gains.jurisdictions(found).set_index("jurisdiction")
        place = gains.by_place(found).set_index(["jurisdiction", "actor"])["net"]
        for name in table.index:
            gain = stated.get(("gain.jurisdiction", name, "total"), 0.0)
            assert table["gain"][name] == pytest.approx(gain, abs=1e-6)
            for actor in actors(found.study):
                told = stated.get((f"gain.actor.{actor}", name, "total"), 0.0)
                assert place.get((name, actor), 0.0) == pytest.approx(told, abs=1e-6)


def test_parcels_and_settlements_hold_the_same(drawn: list[tuple[int, Facts]]) -> None:
    for _, found in drawn:
        if not found.study.has_doing_nothing:
            continue
        parcels, sides = found.parcel_gains, gains.urban_and_rural(found)
        by = parcels.groupby("settlement")[["before", "gain", "area_ha"]].sum()
        told = sides.set_index("settlement").loc[by.index, ["before", "gain", "area_ha"]]
        assert told.to_numpy().ravel().tolist() == pytest.approx(by.to_numpy().ravel().tolist(), abs=1e-6)
        placed = gains.by_settlement(found)
        placed = placed[placed["actor"].isin(of_jurisdictions(found.study)) & (placed["settlement"] != "unplaced")]
        assert placed["net"].sum() == pytest.approx(parcels["gain"].sum(), abs=1e-6)
        table = parcel_gains.by_zone(found).query("whose == 'holders'")
        assert table[list(parcel_gains.OUTCOMES)].to_numpy().sum() == len(found.study.parcels)
        assert len(parcel_gains.by_parcel(found)) == len(found.study.parcels)


def test_theil_adds_up_and_curves_rise(drawn: list[tuple[int, Facts]]) -> None:
    for _, found in drawn:
        table = equity.theil(found)
        for _, rows in table.groupby(["basis", "level", "grouping"]):
            whole_ = rows.loc[rows["part"] == "all", "contribution"].iloc[0]
            assert rows.loc[rows["part"] != "all", "contribution"].sum() == pytest.approx(whole_, abs=1e-9)
            assert rows.loc[rows["part"] == "group", "weight_share"].sum() == pytest.approx(1)
            assert rows.loc[rows["part"] == "group", "value_share"].sum() == pytest.approx(1)
        for key, rows in equity.lorenz(found).groupby(["basis", "level"]):
            assert (rows["value_share"] <= rows["weight_share"] + 1e-9).all(), key
        measured = equity.measures(found)
        assert (measured["gini"].isna() == (measured["why"] != "")).all()


def test_the_fund_holds_what_its_row_allows(drawn: list[tuple[int, Facts]]) -> None:
    """Opening and flows make up closing, and closing is what the row `fund` leaves to be passed on."""
    counted = 0
    for _, found in drawn:
        table = compensation.ledger(found)
        if table.empty:
            continue
        sign = table["item"].map({"opening": 1.0, "received": 1.0, "paid": -1.0, "passed_on": -1.0, "closing": -1.0})
        for _, rows in (table["value"] * sign).groupby(table["period"]):
            assert rows.sum() == pytest.approx(0, abs=1e-9)
        closing = table[table["item"] == "closing"].set_index("period")["value"]
        assert closing["total"] == closing[period_names(found.study.periods)[-1]]
        rows = found.plan.limits[found.plan.limits["limit"] == "fund"]
        for period, slack in zip(rows["period"], rows["slack"], strict=True):
            assert closing[period] == pytest.approx(slack, abs=1e-6)
            counted += 1
        uses = compensation.uses(found)
        received = table[(table["period"] == "total") & (table["item"] == "received")]["value"].sum()
        assert uses["value"].sum() == pytest.approx(received, abs=1e-9)
    assert counted >= 4


def bare(**tables: Any) -> PlanData:
    """The village of the page's tests in which nothing is said of money."""
    return hand.plan_of(hand.tables_of(hand.parcels_of(60)), **tables)


@pytest.mark.parametrize("what", ["village", "no doing nothing", "projects only", "nothing"])
def test_a_study_may_lack_anything(what: str) -> None:
    plan = bare()
    if what == "no doing nothing":
        plan.study = plan.study.with_settings(unassigned=True)
    elif what == "projects only":
        only = study({}, parcels=(), practices=(), projects=[{"project": "tram", "capex": 6.0, "annual_revenue": 1.0}])
        plan = planned(only, {}, {"tram": "p1"})
    elif what == "nothing":
        plan = planned(study({}), {}, {})
    found = Facts(plan)
    for sheet in SHEETS:
        table = sheet.make(found)
        assert list(table.columns) == [column.name for column in sheet.columns], sheet.key
    steps = waterfall.waterfall(found)
    assert steps["left"].iloc[-1] == 0
    if what in ("no doing nothing", "projects only"):
        assert found.parcel_gains.empty


def test_every_table_has_its_words(drawn: list[tuple[int, Facts]]) -> None:
    for sheet in SHEETS:
        assert {f"table_{sheet.key}", f"about_{sheet.key}"} <= set(LABELS), sheet.key
        assert {f"col_{column.name}" for column in sheet.columns} <= set(LABELS), sheet.key
        for _, found in drawn:
            table = sheet.make(found)
            assert list(table.columns) == [column.name for column in sheet.columns]
            for column in sheet.columns:
                # a study has main functions of its own as well
                prefix = column.kind.partition(":")[2] if column.name != "main_function" else ""
                codes = {code for code in table[column.name].dropna() if code} if prefix else set()
                assert {f"{prefix}{code}" for code in codes} <= set(LABELS), (sheet.key, column.name)


def test_a_row_without_a_place_is_blank_and_one_of_no_place_says_so() -> None:
    display = Display(whole.whole(), Words("en"))
    frame = pd.DataFrame({"jurisdiction": pd.Series([None, "", "east"], dtype=object)})
    cells = named(contents.Column("jurisdiction", "jurisdiction"), frame, display)
    assert cells == ["", LABELS["no_jurisdiction"][0], "east"]
    assert Display(whole.whole(), Words("zh")).unit("currency/head") == "元/人"
    assert display.unit("currency/ha") == "yuan per ha"
