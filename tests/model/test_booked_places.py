"""What a plan books by place and parcel by parcel, against the ledger, which is added up in another way (8 s)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.model.plain import plain
from tests.random_plans import random_plans
from zonevest.instances.study import items, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.booked import KEY, PROJECT, Booked, Books, books
from zonevest.model.booked_land import PLACE
from zonevest.model.booked_places import by_place, parcel_worth
from zonevest.model.builtin import actors
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.plan import PlanData

PLANS = 16


@pytest.fixture(scope="module")
def plans() -> list[tuple[int, PlanData, Books]]:
    """Random plans with uplift, captures, trade, price steps, people moving in, land that leaves, shared parcels."""
    return [(seed, plan, books(plan)) for seed, plan in random_plans(PLANS)]


def test_the_plans_have_everything(plans: list[tuple[int, PlanData, Books]]) -> None:
    assert sum(len(plan.uplift) > 0 for _, plan, _ in plans) >= 6
    assert sum(len(plan.quota_trade) > 0 for _, plan, _ in plans) >= 6
    assert sum(plan.parcels["parcel_id"].duplicated().any() for _, plan, _ in plans) >= 4
    kinds = {
        (kind, bool(source))
        for *_, known in plans
        for kind, source in known.plan.rows[["kind", "captured_from"]].to_numpy()
    }
    alone = {(kind, False) for kind in ("land_take", "quota", "price_steps")}
    assert kinds >= {("practice", True), ("project", True)} | alone


def sums(booked: Booked, *columns: str) -> pd.DataFrame:
    """Totals of the periods and the present value (last column) by some columns."""
    amounts = pd.DataFrame(np.column_stack([booked.totals, booked.present]))
    return amounts.groupby([booked.rows[name] for name in columns]).sum()


def test_places_add_up_to_the_books(plans: list[tuple[int, PlanData, Books]]) -> None:
    for _, plan, known in plans:
        for fine, whole in zip(by_place(plan), (known.plan, known.nothing), strict=True):
            assert list(fine.rows.columns) == [*KEY, *PLACE]
            assert not fine.rows.duplicated().any()
            pd.testing.assert_frame_equal(sums(fine, *KEY), sums(whole, *KEY))


def test_jurisdictions_hold_what_their_ledger_does(plans: list[tuple[int, PlanData, Books]]) -> None:
    for seed, plan, known in plans:
        accounts, length, names = known.ledger.accounts, known.ledger.clock.length, period_names(plan.study.periods)
        booked = sums(known.plan_by_place, "account", "jurisdiction")
        everywhere = sums(known.plan, "account")
        counted = set(accounts.names[accounts.money | (accounts.family == "uplift")])
        stated = plan.ledger[plan.ledger["account"].isin(counted)]
        assert len(stated) == len(counted) * len(names) * (len(plan.study.jurisdictions) + 1)
        for row in stated.itertuples():
            t = names.index(row.period)
            total = row.value * (length[t] if row.measure == "per_year" else 1)
            if row.jurisdiction == TOTAL:
                found = everywhere[t].get(row.account, 0.0)
            else:
                found = booked[t].get((row.account, row.jurisdiction), 0.0)
            assert found == pytest.approx(total, rel=1e-9, abs=1e-9), (seed, row)


def test_jurisdictions_hold_what_their_actors_gain(plans: list[tuple[int, PlanData, Books]]) -> None:
    for seed, plan, known in plans:
        accounts, gains = known.ledger.accounts, {}
        for booked, sign in ((known.plan_by_place, 1.0), (known.nothing_by_place, -1.0)):
            for row, present in zip(booked.rows.itertuples(), booked.present, strict=True):
                sides = accounts.sides(
                    int(accounts.names.get_loc(row.account)), row.source if row.kind == PROJECT else ""
                )
                for side, way in zip(sides, (sign, -sign), strict=True):
                    for actor, share in side.items():
                        key = f"gain.actor.{actor}", row.jurisdiction
                        gains[key] = gains.get(key, 0.0) + way * share * present
        stated = plan.ledger[plan.ledger["account"].str.startswith("gain.actor.")]
        stated = stated.set_index(["account", "jurisdiction"])["value"]
        for actor in actors(plan.study):
            for place in plan.study.jurisdictions["jurisdiction"]:
                key = f"gain.actor.{actor}", place
                assert gains.get(key, 0.0) == pytest.approx(stated.get(key, 0.0), rel=1e-9, abs=1e-8), (seed, key)


def test_parcels_add_up_to_places(plans: list[tuple[int, PlanData, Books]]) -> None:
    for _, plan, known in plans:
        worth = parcel_worth(plan, known)
        accounts = known.ledger.accounts
        money = accounts.money | (accounts.family == "uplift")
        for booked, matrix, captures in (
            (known.plan_by_place, worth.plan, False),
            (known.plan_by_place, worth.captured, True),
            (known.nothing_by_place, worth.nothing, False),
        ):
            on_land = booked.rows["land_class"] != ""
            if captures:
                on_land &= booked.rows["captured_from"] != ""
            stated = pd.Series(booked.present[on_land], dtype=float).groupby(booked.rows["account"][on_land].to_numpy())
            found = pd.Series(np.asarray(matrix.sum(axis=0)) * money, worth.accounts)
            np.testing.assert_allclose(found, stated.sum().reindex(found.index).fillna(0.0), rtol=1e-9, atol=1e-9)
        assert worth.plan.shape[0] == len(plan.parcels)


def test_each_parcel_counts_in_f1_and_f2_what_the_ledger_says(plans: list[tuple[int, PlanData, Books]]) -> None:
    for seed, plan, known in plans:
        ledger, chosen, worth = known.ledger, known.chosen, parcel_worth(plan, known)
        idle = np.zeros((len(ledger.works.names), len(ledger.clock.length)))
        of_projects = known.raised.worth(worth.accounts)
        for matrix, source, land in (
            (worth.plan - of_projects, ledger, chosen),
            (worth.nothing, ledger.held, None),
        ):
            if land is None and not plan.study.has_doing_nothing:
                continue
            for row in range(matrix.shape[0]):
                weight = np.zeros(len(source.options.kind))
                weight[row if land is None else land.option[row]] = 1.0 if land is None else land.share[row]
                for name in (CASH, ECOSYSTEM):
                    (stated,) = source.values([(name, 0)], weight, idle, [TOTAL])[0]
                    found = matrix[[row]].toarray()[0] @ ledger.accounts.weight(name)
                    assert found == pytest.approx(stated, rel=1e-9, abs=1e-9), (seed, row, name)


def test_uplift_lies_on_the_land_that_can_enjoy_it(plans: list[tuple[int, PlanData, Books]]) -> None:
    for _, plan, known in plans:
        wanted = plan.study.projects.set_index("project")["uplift_of"]
        own = plan.study.parcels.set_index("parcel_id").loc[plan.parcels["parcel_id"]]
        area = plan.parcels["share"].to_numpy(dtype=float) * own["area_ha"].to_numpy(dtype=float)
        hectares, uplift = known.raised.hectares.toarray(), plan.uplift.reset_index(drop=True)
        np.testing.assert_allclose(hectares.sum(axis=1), uplift["area_ha"].to_numpy(dtype=float), rtol=1e-12)
        for _, rows in uplift.groupby("project"):
            assert (hectares[rows.index].sum(axis=0) <= area * (1 + 1e-9)).all()
        for k, row in enumerate(uplift.itertuples()):
            on, practices = np.flatnonzero(hectares[k]), items(wanted[row.project])
            assert not practices or plan.parcels["practice"].iloc[on].isin(practices).all()
            assert all(set(items(row.catchments)) <= set(items(cell)) for cell in own["tags"].iloc[on])
            assert set(own["jurisdiction"].iloc[on]) == {row.jurisdiction}


def test_what_enjoys_it_already_does_not_do_so_twice() -> None:
    # a rail line opens in a and lifts shops by 2 a hectare, of which half is levied: P (10 ha) is one from a on,
    # Q (4 ha) from b on, so that in b only Q is new
    shop = {"practice": "shop", "zone": "T", "to_class": "built", "from_classes": "field"}
    study = plain(
        parcels=[
            {"parcel_id": name, "area_ha": area, "land_class": "field", "zone": "R", "jurisdiction": "J", "tags": "lot"}
            for name, area in (("P", 10.0), ("Q", 4.0), ("S", 7.0))
        ],
        zones=[{"zone": "R"}, {"zone": "T"}],
        land_classes=[{"land_class": "field"}, {"land_class": "built"}],
        jurisdictions=[{"jurisdiction": "J"}],
        practices=[shop],
        accounts=[
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
            {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levying"},
        ],
        capture=[{"capture_tool": "levying", "uplift_account": "rise", "rate": 0.5}],
        projects=[
            {"project": "rail", "build_years": 0, "life_years": 5, "catchment": "lot",
             "uplift_per_ha": 2.0, "uplift_of": "shop", "uplift_account": "rise"},
        ],
    )  # fmt: skip
    plan = PlanData(study, "feasible", has_plan=True)
    plan.parcels = pd.DataFrame(
        [("P", "shop", "a", 1.0), ("Q", "shop", "b", 1.0), ("S", "hold", "", 1.0)],
        columns=["parcel_id", "practice", "start", "share"],
    )
    plan.projects = pd.DataFrame([("rail", "a", 1.0)], columns=["project", "start", "capex"])
    common = {"project": "rail", "start": "a", "jurisdiction": "J", "catchments": "lot", "where": ""}
    plan.uplift = pd.DataFrame([common | {"period": "b", "area_ha": 4.0}, common | {"period": "a", "area_ha": 10.0}])
    known = books(plan)
    assert known.raised.hectares.toarray().tolist() == [[0, 4, 0], [10, 0, 0]]
    # no discounting; all five years of the life lie in the horizon, so that a million counts as one
    worth = parcel_worth(plan, known)
    rise, levy = (worth.accounts.get_loc(name) for name in ("rise", "levy"))
    assert worth.plan.toarray()[:, [rise, levy]].tolist() == [[20, 10], [8, 4], [0, 0]]
    assert worth.captured.toarray()[:, [rise, levy]].tolist() == [[0, 10], [0, 4], [0, 0]]
    rows = known.plan_by_place.rows
    told = rows[rows["account"].isin(["rise", "levy"])][["jurisdiction", "zone", "land_class"]].drop_duplicates()
    assert told.to_numpy().tolist() == [["J", "T", "built"]]


def test_a_broken_plan_whose_uplift_has_no_land_books_numbers(plans: list[tuple[int, PlanData, Books]]) -> None:
    """Hectares that are told as enjoyed where no land is under the practices that could: the audit tells it."""
    tried = 0
    for _, plan, _ in plans:
        if not len(plan.uplift):
            continue
        held = plan.parcels.assign(practice="hold", start="", zone="")
        tried += 1
        with np.errstate(invalid="raise"):
            booked = books(replace(plan, parcels=held)).plan
        assert np.isfinite(booked.totals).all()
        assert np.isfinite(booked.present).all()
    assert tried >= 6
