"""What leaves with land that projects take without a drawn site, by hand; both builds.

Of the works' 4 ha, half of p and q: rent 4 x 2^k in year k; tolls 0, 1.5, then 3; upkeep 2 in the three years to 2028;
eco 1 x 0.5^k (0.8 of p, 1.2 of q, half of both), heads 6 from the first year on, of q.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import zonevest as zv
from tests.model.builds import Build, complete, differences, fast
from tests.model.plain import plain, reads
from tests.model.site_rows import ROWS, TABLES, Row, taken
from tests.model.test_rows import side
from zonevest.instances.study import Study
from zonevest.model.booked import books
from zonevest.model.leaving import Leaving
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.reports.distribution import cash_parts, distribution

BUILDS: dict[str, Callable[[Study], Build]] = {"fast": fast, "complete": complete}
EACH = pytest.mark.parametrize("name", BUILDS)


def called(account: str, place: str) -> str:
    """The limit that reads an account of a place."""
    return f"{account}_{place}".replace(".", "_")


def of_starts(terms: dict[str, float], project: str = "works") -> tuple[float, float]:
    """What a start in a, and one in b, adds: u_a = U_a, u_b = U_b - U_a."""
    early, late = (terms.get(f"U[{project},{t}]", 0.0) for t in "ab")
    return early + late, late


@pytest.fixture(scope="module")
def both() -> dict[str, Build]:
    read = ("rent", "tolls", "upkeep", "eco", "heads", "quality.arable", "quality.lost.arable", "asset.land",
            "asset.land.state", "asset.land.collective", "area.zone.R", "gain.actor.farmers", "money.operating",
            "area.class.field")  # fmt: skip
    limits = [reads(account, place, called(account, place)) for account in read for place in ("", "S", "N")]
    limits += [{**reads("rent", name="flat"), "basis": "share_of_start", "value": 9.0}]
    study = taken(*limits, settings={"equity": {"participation": ["farmers"]}})
    return {name: build(study) for name, build in BUILDS.items()}


def test_the_builds_agree(both: dict[str, Build]) -> None:
    assert differences(both["fast"], both["complete"]) == []


@EACH
def test_rows_are_as_written(both: dict[str, Build], name: str) -> None:
    order = ["x[p,hold,]", "x[p,plant,a]", "x[p,plant,b]", "x[q,hold,]", "x[r,hold,]", "x[w,hold,]"]
    order += [f"U[{j},{t}]" for j in ("works", "quay", "mast") for t in "ab"]
    rows = {key: row for key, row in both[name].rows.items() if key.startswith("site_take")}
    assert all(row[:2] == (0, float("inf")) for row in rows.values())
    assert {key: f"{side(row[2], order)} >= 0" for key, row in rows.items()} == ROWS


LEAVES = {
    # account: in a, of a start in a; in b, of a start in a and one in b
    "tolls": (-0.75, -3.0, -3.0),
    "upkeep": (-2.0, -2 / 3, -2 / 3),
    "eco": (-0.75, -0.4375 / 3, -0.4375 / 3),
    "heads": (-6.0, -6.0, -6.0),
    "quality.arable": (-2.5, -2.5, -2.5),  # 2 of 1 and 6 of 0.5: 0.625 a hectare
    "quality.lost.arable": (2.5, 0.0, 2.5),
    "asset.land": (-2.0, -0.25, -0.25),  # 4 x eco of 2027 and of 2030
    "asset.land.state": (-0.8, -0.1, -0.1),
    "asset.land.collective": (-1.2, -0.15, -0.15),
    "area.zone.R": (0.0, 0.0, 0.0),
    "area.class.field": (-4.0, -4.0, -4.0),
}


@EACH
@pytest.mark.parametrize("account", LEAVES)
def test_it_leaves_the_place_of_the_land(both: dict[str, Build], name: str, account: str) -> None:
    in_a, early, late = LEAVES[account]
    for place, part in (("", 1.0), ("S", 1.0), ("N", 0.0)):
        rows = [both[name].rows[f"limit[{called(account, place)},{place or 'total'},{t}]"][2] for t in "ab"]
        assert of_starts(rows[0]) == pytest.approx((in_a * part, 0.0))
        assert of_starts(rows[1]) == pytest.approx((early * part, late * part))


@EACH
def test_the_project_is_booked_where_it_is(both: dict[str, Build], name: str) -> None:
    # the works' own rent is 5 x 2^k in its two years, in N; what leaves is rent of S
    for place, in_a, in_b in (("N", (7.5, 0.0), (0.0, 20.0)), ("S", (-6.0, 0.0), (-112 / 3, -112 / 3))):
        rows = [both[name].rows[f"limit[{called('rent', place)},{place},{t}]"][2] for t in "ab"]
        assert [of_starts(row) for row in rows] == [pytest.approx(in_a), pytest.approx(in_b)]
    # at start prices 5 a year in, and 4 out
    flat = [of_starts(both[name].rows[f"limit[flat,total,{t}]"][2]) for t in "ab"]
    assert flat == [pytest.approx((1.0, 0.0)), pytest.approx((-4.0, 10 / 3 - 4))]


@EACH
def test_shares_are_those_of_the_account(both: dict[str, Build], name: str) -> None:
    # in F1 0.75 of the rent that leaves, 0.4 of the works' own: 0.4 x 15 or 60. Capital of 12 with a life of 6 counts
    # in the second of the two years of its own rows. To the tail's end rent is 4 x 63, or 240; tolls 13.5 or 12; upkeep
    # 6 or 2.
    early = 0.4 * 15 - 2 - 0.75 * 252 - 13.5 + 6
    late = 0.4 * 60 - 2 - 0.75 * 240 - 12 + 2
    assert of_starts(both[name].objective) == pytest.approx((early, late))
    # eco is 0.8 x 0.4^k of today's money in year k
    found = of_starts(both[name].rows["floor[ecosystem]"][2])
    assert found == pytest.approx((-0.8 * (1 - 0.4**6) / 0.6, -0.8 * 0.4**2 * (1 - 0.4**4) / 0.6))
    assert of_starts(both[name].rows["limit[gain_actor_farmers_S,S,total]"][2]) == pytest.approx((-63.0, -60.0))
    assert of_starts(both[name].rows["limit[gain_actor_farmers_N,N,total]"][2]) == (0.0, 0.0)
    assert of_starts(both[name].rows["participation_jurisdiction[S]"][2]) == pytest.approx((-63.0, -60.0))
    # a year of a: 0.75 x 6 of rent and 0.75 of tolls less, 2 of upkeep saved; 0.4 x 7.5 of the works
    found = of_starts(both[name].rows["limit[money_operating_S,S,a]"][2])
    assert found == pytest.approx((-0.75 * 6 - 0.75 + 2, 0.0))
    assert of_starts(both[name].rows["limit[money_operating_N,N,a]"][2]) == pytest.approx((3.0, 0.0))


@EACH
def test_the_hurdle_looks_at_the_project_alone(both: dict[str, Build], name: str) -> None:
    # 15 - 12 or 60 - 12 at a rate of 0
    low, _, terms = both[name].rows["portfolio"]
    assert (low, of_starts(terms)) == (0.0, pytest.approx((3.0, 48.0)))


@EACH
def test_of_the_total_alone(both: dict[str, Build], name: str) -> None:
    # the mast's hectare is the mean of p, q and w: a third of what 3 ha bring. In the year k 2^k of rent
    for place, in_a, in_b in (("", -1.5, -28 / 3), ("S", 0.0, 0.0), ("N", 0.0, 0.0)):
        rows = [both[name].rows[f"limit[{called('rent', place)},{place or 'total'},{t}]"][2] for t in "ab"]
        assert of_starts(rows[0], "mast") == pytest.approx((in_a, 0.0))
        assert of_starts(rows[1], "mast") == pytest.approx((in_b, in_b))
    # 13 ha, of which 6 of quality 0.5: 10 of 13; the quay's 12 ha are of 1, 0.5 and 3: 17 of 12
    row = both[name].rows["limit[quality_arable_,total,a]"][2]
    assert [of_starts(row, project)[0] for project in ("mast", "quay")] == pytest.approx([-10 / 13, -3 * 17 / 12])


@EACH
def test_budgets_and_debt_that_supports_itself(name: str) -> None:
    # the works' own cash is the fund's: 0.4 x 15 in a, less its capital, and serves the bond; the land's is general
    tables: dict[str, list[Row]] = {
        "budgets": [{"budget": "general"}, {"budget": "fund"}],
        "instruments": [
            {"instrument": "bond", "kind": "bond", "rate": 0.0, "tenor_years": 2, "repay": "bullet", "budget": "fund",
             "self_supporting": 1}
        ],
        "projects": [{"project": "works", "jurisdiction": "N", "capex": 12.0, "build_years": 1, "budget": "fund"}],
    }  # fmt: skip
    takes = [{"project": "works", "land_class": "field", "jurisdiction": "S", "area_ha": 4.0}]
    rows = BUILDS[name](taken(settings={"finance": {}}, land_take=takes, **tables)).rows
    assert of_starts(rows["cash[fund,a]"][2])[0] == pytest.approx(-(6.0 - 12.0))
    # two years of a: 0.75 x 12 of rent, 1.5 of tolls, less 4 of upkeep
    assert of_starts(rows["cash[general,a]"][2])[0] == pytest.approx(9.0 + 1.5 - 4.0)
    assert rows["cover_min[works,a]"][2] == pytest.approx({"U[works,a]": 6.0, "draw[bond,works,a,a]": -1.0})


def test_reports_name_the_project() -> None:
    # p and q held, the works from a: with them their own rent, and what leaves with half of p and q
    projects = [{"project": "works", "jurisdiction": "N", "build_years": 0, "mandatory": 1, "latest": "a"}]
    takes = [{"project": "works", "land_class": "field", "jurisdiction": "S", "area_ha": 4.0}]
    own = [row for row in TABLES["parcel_flows"] if "practice" not in row]
    plan = zv.solve(
        taken(projects=projects, land_take=takes, practices=[], practice_flows=[], parcel_flows=own), gap=0.0
    )
    booked = books(plan).plan
    mine = (booked.rows["source"] == "works").to_numpy()
    keys = zip(booked.rows["kind"][mine], booked.rows["account"][mine], strict=True)
    amounts = np.column_stack([booked.totals, booked.present])[mine]
    assert dict(zip(keys, map(tuple, amounts.tolist()), strict=True)) == {
        ("project", "rent"): pytest.approx((15.0, 0.0, 15.0)),
        ("land_take", "rent"): pytest.approx((-12.0, -112.0, -252.0)),
        ("land_take", "tolls"): pytest.approx((-1.5, -9.0, -13.5)),
        ("land_take", "upkeep"): pytest.approx((-4.0, -2.0, -6.0)),
    }
    assert plan.cash == pytest.approx(0.4 * 15 - 0.75 * 252 - 13.5 + 6)
    assert cash_parts(plan).set_index("part")["value"].to_dict() == pytest.approx(
        {"recurring_revenue": 0.4 * 15 - 0.75 * 252 - 13.5, "recurring_cost": 6.0, "land_rent": 0.0, "receipts": 0.0,
         "outlay": 0.0, "financing": 0.0}
    )  # fmt: skip
    gains = distribution(plan)
    gained = gains[gains["kind"] == "gain"].set_index("actor")["net"]
    assert gained["farmers"] == pytest.approx(-63.0)


def test_nothing_is_taken_of_no_site() -> None:
    # no field is left in N for the works, which stand on no line: nothing leaves, and nothing may be taken
    lots: list[Row] = [
        {"parcel_id": "w", "land_class": "field", "jurisdiction": "N", "area_ha": 5.0, "zone": "R", "basic_farmland": 1,
         "locked_practice": "hold"}
    ]  # fmt: skip
    takes = [{"project": "works", "land_class": "field", "jurisdiction": "N", "area_ha": 4.0}]
    study = taken(reads("rent", "N", "rent"), parcels=lots, land_take=takes, parcel_flows=[])
    builds = [build(study) for build in BUILDS.values()]
    assert differences(*builds) == []
    assert builds[0].rows["site_take[field,N,no,0,a]"] == (0, float("inf"), {"U[works,a]": -4.0})
    assert of_starts(builds[0].rows["limit[rent,N,a]"][2]) == pytest.approx((7.5, 0.0))


def test_parcels_are_added_up() -> None:
    # a hundred times as many parcels, no more rows
    def rows(lots: list[Row], own: list[Row]) -> Leaving:
        return Ledger(build_options(taken(parcels=lots, parcel_flows=own))).leaving

    lot: Row = {"land_class": "field", "jurisdiction": "S", "area_ha": 0.02, "zone": "R", "tenure": "state"}
    lots = [{**lot, "parcel_id": f"p{i}"} for i in range(200)]
    own = [{"parcel_id": f"p{i}", "account": "tolls", "basis": "per_year", "value": 0.01 * i} for i in range(200)]
    many = rows(lots, own)
    few = rows([{**lot, "parcel_id": "p0", "area_ha": 4.0}], [{**own[0], "value": 0.01 * sum(range(200))}])
    assert len(many.leave) == len(few.leave)
    assert np.sort(many.timed.rows.value) == pytest.approx(np.sort(few.timed.rows.value))


def decaying(**tables: list[Row]) -> Study:
    """A hectare held or worked, and a fair that loses half of what it brings every year."""
    return plain(
        {"objective": {"method": "weighted", "cash": 1.0}},
        {"tail_years": 1},
        parcels=[{"parcel_id": "i", "land_class": "field", "area_ha": 1.0, "zone": "R"}],
        land_classes=[{"land_class": "field"}],
        accounts=[{"account": "rent", "family": "revenue", "cash": 1, "growth": 1.0},
                  {"account": "fees", "family": "revenue", "cash": 1}],
        practices=[{"practice": "work", "zone": "R"}],
        **tables,
    )  # fmt: skip


@EACH
def test_what_decays_does_so_from_its_first_year(name: str) -> None:
    flow: Row = {"account": "rent", "value": 8.0, "decay": 0.5}
    limits = [reads("rent", name="rent"), {**reads("rent", name="flat"), "basis": "share_of_start", "value": 9.0}]
    rows = BUILDS[name](
        decaying(
            class_flows=[{**flow, "land_class": "field", "basis": "per_ha_year"}],
            practice_flows=[{**flow, "practice": "work", "basis": "per_ha_year", "start_year": 1, "ramp_years": 2}],
            parcel_flows=[{**flow, "parcel_id": "i", "basis": "per_year", "practice": "work"}],
            limits=limits,
        )
    ).rows
    # prices double and half is left: 8 a year of the land; from b the practice's row is 8 x 4 x half, 8 x 8 of its
    # first two years: nothing, 8 x 2^3 / 2, 8 x 2^4 / 2; the parcel's own 8 x 4 in every year
    worked = 8.0 + (0.0 + 32.0 + 64.0) / 3 + 32.0
    assert rows["limit[rent,total,b]"][2] == pytest.approx(
        # from a: the row begins in 2027, at half of 8 x 2, and is in full 8 x 2 from 2028 on; the parcel's own is 8
        {"x[i,hold,]": 8.0, "x[i,work,a]": 8.0 + 16.0 + 8.0, "x[i,work,b]": worked}
    )
    # at start prices 8, 4 | 2, 1, 0.5 of the land; of work from b 0, 4, 4 and 8, 4, 2
    found = rows["limit[flat,total,b]"][2]
    assert found["x[i,hold,]"] == pytest.approx(3.5 / 3)
    assert found["x[i,work,b]"] == pytest.approx((3.5 + 0 + 4 + 4 + 8 + 4 + 2) / 3)


@EACH
def test_a_hurdle_follows_decay_to_the_end(name: str) -> None:
    # at a rate of 1 year k counts 0.5^(k+1): Σ 8 x 0.25^k / 2 = 16/3 over a hundred years, a fourth of it from b on;
    # capital of 2 counts 1, or an eighth of that in 2028: 2 / 8
    fair = {"project": "fair", "capex": 2.0, "build_years": 1, "hurdle": 1.0, "deliverability": 1.0}
    flow = {"project": "fair", "account": "fees", "basis": "per_year", "value": 8.0, "decay": 0.5}
    build = BUILDS[name](decaying(projects=[fair], project_flows=[flow]))
    found = of_starts(build.rows["portfolio"][2], "fair")
    assert found == pytest.approx((16 / 3 - 1, 4 / 3 - 0.25))
