"""Hurdles, EOD bundles and the portfolio: present values year by year, and plans by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.model.builds import Build, complete, fast
from tests.model.complete_valley import lp
from tests.model.plain import plain, planned, row, solved
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.works import Works

BUILDS: dict[str, Callable[[Study], Build]] = {"fast": fast, "complete": complete}
MONEY: list[dict[str, Any]] = [
    {"account": "project.revenue", "growth": 0.03},
    {"account": "lease", "family": "revenue", "cash": 1, "growth": 0.02},
    {"account": "care", "family": "cost", "cash": 1},
    {"account": "start_up", "family": "cost", "recurrence": "one_off", "cash": 1, "growth": 0.1},
    {"account": "rise", "family": "uplift", "recurrence": "one_off", "growth": 0.05},
    {"account": "tax", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "tax"},
    {"account": "credits", "family": "revenue"},
]
"""Credits are no cash."""


def works(study: Study) -> Works:
    return Ledger(build_options(study)).works


def flow(project: str, account: str, value: float, basis: str = "per_year", **cells: Any) -> dict[str, Any]:
    return {"project": project, "account": account, "basis": basis, "value": value, **cells}


# What a start is worth


def per_year(value: float, first: int, growth: float, rate: float, ramp: float = 0, life: float = 100) -> float:
    """The present value in 2026 of an annual row, year by year; ramps are over when the periods are, in 2030."""
    worth = 0.0
    for year in range(first, first + int(life)):
        share = 1.0 if not ramp or year > 2030 else min(1.0, (year - first + 1) / ramp)
        worth += value * share * (1 + growth) ** (year - 2026) / (1 + rate) ** (year - 2025)
    return worth


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.12])
@pytest.mark.parametrize("tail", [0, 7])
def test_net_present_values(rate: float, tail: int) -> None:
    full = {"capex": 12.0, "build_years": 2, "annual_revenue": 5.0, "annual_cost": 1.0, "annual_ecosystem": 50.0}
    study = plain(
        rates={"finance": 0.05, "tail_years": tail},
        accounts=MONEY,
        capture=[{"capture_tool": "tax", "uplift_account": "rise", "rate": 0.5}],
        projects=[
            {"project": "full", "hurdle": rate, "ramp_years": 3, "life_years": 9, "deliverability": 0.8, **full},
            {"project": "good", "hurdle": rate},
            {"project": "none", **full},
        ],
        project_flows=[
            flow("good", "lease", 2.0, start_year=1, ramp_years=4),
            flow("good", "care", 0.5, start_year=2, life_years=150),
            flow("good", "start_up", 3.0, "once", start_year=1),
            flow("good", "rise", 4.0, "once", start_year=2),
            flow("good", "credits", 70.0),
        ],
    )
    found = works(study).appraisal
    assert found.rate == pytest.approx(np.array([rate, rate, np.nan]), nan_ok=True)
    for period, ys in enumerate((2026, 2028)):
        built = sum(6.0 / (1 + rate) ** (y - 2025) for y in (ys, ys + 1))
        ours = per_year(4.0, ys + 2, 0.03, rate, 3, 9) - per_year(1.0, ys + 2, 0.0, rate, 3, 9) - built
        assert found.npv[0, period] == pytest.approx(ours)
        paid = 3.0 * 1.1 ** (ys - 2025) / (1 + rate) ** (ys - 2024)
        ours = per_year(2.0, ys + 1, 0.02, rate, 4) - per_year(0.5, ys + 2, 0.0, rate, life=150) - paid
        assert found.npv[1, period] == pytest.approx(ours)
        assert found.lift[1, period] == pytest.approx(4.0 * 1.05 ** (ys - 2024) / (1 + rate) ** (ys - 2023))
    assert found.lift[0] == pytest.approx(np.zeros(2))
    assert np.isnan(found.npv[2]).all()


def test_the_rate_is_the_projects_own_else_its_categorys() -> None:
    study = plain(
        {"finance": {"hurdle": {"industry": 0.07}}},
        projects=[
            {"project": "own", "category": "industry", "hurdle": 0.0},
            {"project": "of_category", "category": "industry"},
            {"project": "other", "category": "livelihood"},
        ],
    )
    assert works(study).appraisal.rate == pytest.approx(np.array([0.0, 0.07, np.nan]), nan_ok=True)


# Starts that fail their hurdle

MILL = {"project": "mill", "capex": 10.0, "annual_revenue": 4.0, "life_years": 4, "hurdle": 0.25}
"""At 25 %: 8 for 4 x (0.64 + 0.512 + 0.4096 + 0.32768) = 7.55712."""


def mill(accounts: list[dict[str, Any]] | None = None, **cells: Any) -> Study:
    return plain(accounts=accounts or [], projects=[{**MILL, **cells}])


def test_a_start_below_its_hurdle_is_not_possible() -> None:
    found = works(mill())
    assert found.appraisal.npv[0, 0] == pytest.approx(-8 + 4 * 0.8 * 2.3616)
    assert found.possible.tolist() == [[False, False]]
    assert "hurdle" in found.why_not["mill"]
    assert len(found.timed.begin) == 0
    build = fast(mill())
    assert build.columns["U[mill,a]"] == build.columns["U[mill,b]"] == (0, 0, True)
    # at 20 %: 10 / 1.2 for 4 / 1.2 x (1 - 1.2^-4) / 0.2 = 8.63
    assert works(mill(hurdle=0.2)).possible.tolist() == [[True, True]]


def test_one_start_may_fail_where_another_does_not() -> None:
    # At 20 % 8.63 for 8.33; building costs grow by a half a year: 22.5 in 2028.
    dearer = mill([{"account": "project.capex", "growth": 0.5}], hurdle=0.2)
    found = works(dearer)
    assert found.possible.tolist() == [[True, False]]
    assert found.why_not == {}
    assert row(fast(dearer), "stay[mill,b]") == ({"U[mill,a]": -1, "U[mill,b]": 1}, 0, 0)
    # revenue that grows at the rate is worth 4 x 1.25 x 0.64 = 3.2 in each of its years, from either start: two of
    # them carry what is built in 2028 for 10 x 0.512, not what is built in 2026 for 10 x 0.8
    later = mill([{"account": "project.revenue", "growth": 0.25}], life_years=2)
    assert works(later).appraisal.npv[0] == pytest.approx(np.array([6.4 - 8, 6.4 - 5.12]))
    assert works(later).possible.tolist() == [[False, True]]


def test_just_at_the_hurdle_is_no_failure() -> None:
    # 2.3616 x 0.8 a unit of revenue, for 8
    assert works(mill(annual_revenue=10 / 2.3616)).possible.tolist() == [[True, True]]
    assert works(mill(annual_revenue=10 / 2.3616 - 1e-6)).possible.tolist() == [[False, False]]


@pytest.mark.parametrize(
    ("cells", "flows", "possible"),
    [
        ({}, [], False),
        ({"mandatory": 1}, [], True),
        # it does not earn: it is what it costs
        ({"annual_revenue": 0.0, "annual_cost": 1.0}, [], True),
        # a revenue that is no cash is none
        ({"annual_revenue": 0.0}, [flow("mill", "credits", 1.0)], True),
        ({"annual_revenue": 0.0}, [flow("mill", "lease", 0.1)], False),
        ({"annual_revenue": 0.0}, [flow("mill", "lease", 0.0)], True),
        # it promises revenue, of which next to nothing comes about
        ({"deliverability": 0.01}, [], False),
        ({}, [flow("mill", "rise", 0.1, "once")], True),
        ({"catchment": "lake", "uplift_per_ha": 0.1, "uplift_account": "rise"}, [], True),
        ({"catchment": "lake", "uplift_per_ha": 0.0, "uplift_account": "rise"}, [], False),
    ],
)
def test_who_is_tested(cells: dict[str, Any], flows: list[dict[str, Any]], possible: bool) -> None:
    land: dict[str, list[dict[str, Any]]] = {
        "parcels": [{"parcel_id": "i", "land_class": "farm", "area_ha": 1.0, "tags": "lake"}],
        "land_classes": [{"land_class": "farm"}],
        "accounts": [each for each in MONEY if each["account"] not in ("tax", "project.revenue")],
    }
    study = plain(**land, projects=[{**MILL, **cells}], project_flows=flows)
    assert works(study).possible.tolist() == [[possible, possible]]


@pytest.mark.parametrize(("hurdle", "gain"), [(None, 4 * 4 - 10), (0.2, 4 * 4 - 10), (0.25, 0.0)])
def test_what_fails_its_hurdle_is_not_built(hurdle: float | None, gain: float) -> None:
    # money costs nothing here: from 2027 to 2030 the mill earns 4 a year for 2.5 of its 10
    plan = solved(mill(hurdle=hurdle))
    assert plan.objective == pytest.approx(gain)
    assert plan.starts == {"mill": "a" if gain else ""}


# EOD bundles


INLAND: list[dict[str, Any]] = [
    {"project": "moor", "category": "ecological_restoration", "capex": 9.0, "bundle": "inland"},
    {"project": "inn", "category": "culture_tourism", "capex": 1.0, "bundle": "inland", "annual_revenue": 10.0},
]
"""A bundle that passes every test: 9 of 10 are restoration's, and 10 a year come in for good."""
BIRDS = {"method": "weighted", "accounts": {"birds": 1.0}}
CASH = {"method": "weighted", "cash": 1.0}


def eod(
    share: float | None = 0.3,
    resort: dict[str, Any] | None = None,
    objective: dict[str, Any] | None = None,
    beside: list[dict[str, Any]] | None = None,
    **tables: list[dict[str, Any]],
) -> Study:
    """A marsh of 4 and a resort of 8 that earns 3 a year, at 25 %; four years of it are worth 3 x 0.8 x 2.3616."""
    finance = {"opening_cash": 100.0} | ({} if share is None else {"eod_eco_share": share})
    return plain(
        {"finance": finance, "objective": objective or CASH},
        rates={"finance": 0.25},
        projects=[
            {"project": "marsh", "category": "ecological_restoration", "capex": 4.0, "bundle": "shore"},
            {"project": "resort", "category": "culture_tourism", "capex": 8.0, "bundle": "shore", "life_years": 4}
            | {"annual_revenue": 3.0, **(resort or {})},
            *(beside or []),
        ],
        **tables,
    )


def test_the_share_of_restoration_in_a_bundle() -> None:
    # 4 of 12; income is no matter here: 12 x 0.8 = 9.6 for 6 a year, 11.3 in all
    rich = {"annual_revenue": 6.0}
    assert works(eod(1 / 3, rich)).possible.all()
    found = works(eod(0.34, rich))
    assert not found.possible.any()
    assert all("eod_eco_share" in found.why_not[name] for name in ("marsh", "resort"))
    assert works(eod(None, rich)).possible.all()


def test_the_income_of_a_bundle() -> None:
    # 12 x 0.8 = 9.6 is met by 9.6 / 2.3616 / 0.8 a year = 12 / 2.3616 = 5.0813
    assert works(eod(resort={"annual_revenue": 12 / 2.3616})).possible.all()
    found = works(eod(resort={"annual_revenue": 5.0}))
    assert not found.possible.any()
    assert all("income of its bundle" in found.why_not[name] for name in ("marsh", "resort"))
    # nor may it be a bundle's test where nothing is restored, all is, or one of it is mandated
    poor: dict[str, Any] = {"annual_revenue": 0.0}
    assert works(eod(resort={**poor, "category": "ecological_restoration"}, beside=INLAND)).possible.all()
    assert works(eod(resort={**poor, "mandatory": 1})).possible.all()
    assert works(eod(resort={**poor, "bundle": ""}, beside=INLAND)).possible.all()
    assert not works(eod(resort={**poor, "category": ""})).possible.any()


@pytest.mark.parametrize(
    ("account", "helps"),
    [
        ({"family": "revenue"}, True),
        ({"family": "revenue", "role": "resource_income", "path": "market"}, True),
        ({"family": "revenue", "path": "government"}, False),
        ({"family": "revenue", "recurrence": "one_off", "role": "land_sale"}, False),
        ({"family": "ecosystem", "cash": 0}, False),
    ],
)
def test_land_and_the_budget_do_not_carry_a_bundle(account: dict[str, Any], helps: bool) -> None:
    basis = "once" if account.get("recurrence") == "one_off" else "per_year"
    more = {
        "accounts": [{"account": "more", "cash": 1, **account}],
        "project_flows": [flow("marsh", "more", 100.0, basis)],
    }
    assert works(eod(**more)).possible.all() == helps


def test_a_bundle_is_tested_start_by_start() -> None:
    # Building grows dearer by the root of 2: in a it is 12 x 0.8 = 9.6 for 6 x 0.8 x 2.3616 = 11.3, in b twice that for
    # the same, each at 0.64 of its weight.
    dearer = [{"account": "project.capex", "growth": 2**0.5 - 1}]
    found = works(eod(resort={"annual_revenue": 6.0}, accounts=dearer))
    assert found.possible.tolist() == [[True, False], [True, False]]
    # the resort cannot start in b, nor then the marsh; it is not for the test to say so
    early = works(eod(resort={"annual_revenue": 6.0, "latest": "a"}))
    assert early.possible.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(("share", "revenue", "built"), [(0.3, 6.0, True), (0.5, 6.0, False), (0.3, 5.0, False)])
def test_a_bundle_that_fails_is_not_built(share: float, revenue: float, built: bool) -> None:
    # the marsh gives 9 a year of an account that counts
    study = eod(
        share,
        {"annual_revenue": revenue},
        BIRDS,
        accounts=[{"account": "birds", "family": "social"}],
        project_flows=[flow("marsh", "birds", 9.0)],
    )
    plan = solved(study)
    assert plan.starts == ({"marsh": "a", "resort": "a"} if built else {"marsh": "", "resort": ""})
    assert plan.objective == pytest.approx(45.0 if built else 0.0)


# The portfolio


def port(*gone: str, mill: float = 6.0) -> Study:
    """A mill that earns, parks that cost, and a quay that lifts the value of ten hectares, at 25 %; birds count.

    A start in 2028 weighs 0.64 of one in 2026. In a (of a + b in the row):

    - mill: -10 x 0.8 + 6 x 0.8 x 2.3616 = 3.33568
    - north: -3 x 0.8 = -2.4, for 5 birds a year; south: -2 x 0.8 = -1.6, for 3; lane has no rate
    - quay: 4 over two years: -2 x 0.8 - 2 x 0.64 = -2.88; a rise of its own of 1 in its first year: 0.8; and 0.3 x 0.5
      a hectare: in 2028, the year of its opening, from a; in 2030 from b. It gives 4 birds.
    """
    park = {"category": "livelihood", "capex": 3.0}
    projects = [
        {"project": "mill", "capex": 10.0, "annual_revenue": mill, "life_years": 4, "hurdle": 0.25},
        {"project": "north", **park},
        {"project": "south", **park, "capex": 2.0},
        {"project": "lane", "capex": 1.0},
        {"project": "quay", "capex": 4.0, "build_years": 2, "hurdle": 0.25, "deliverability": 0.5}
        | {"catchment": "lake", "uplift_per_ha": 0.3, "uplift_account": "rise", "uplift_of": "shop"},
    ]
    birds = {"north": 5.0, "south": 3.0, "quay": 8.0}
    flows = [flow(name, "birds", value) for name, value in birds.items()] + [flow("quay", "rise", 2.0, "once")]
    return plain(
        {"finance": {"hurdle": {"livelihood": 0.25}, "opening_cash": 100.0}, "objective": BIRDS},
        parcels=[{"parcel_id": "i", "land_class": "farm", "area_ha": 10.0, "jurisdiction": "N", "tags": "lake"}],
        land_classes=[{"land_class": "farm"}],
        practices=[{"practice": "shop", "zone": "R"}],
        accounts=[
            {"account": "birds", "family": "social"},
            {"account": "rise", "family": "uplift", "recurrence": "one_off"},
        ],
        projects=[each for each in projects if each["project"] not in gone],
        project_flows=[each for each in flows if each["project"] not in gone],
    )


# from b: 0.64 of it; u_a = U_a, u_b = U_b - U_a, so that U_a has 0.36 and U_b 0.64 of it. The quay of b: 0.64 x -2.08.
# A hectare of its catchment: 0.15 at 1.25^-3 and at 1.25^-5
PORTFOLIO = """
    1.2008448 U[mill,a] + 2.1348352 U[mill,b] - 0.864 U[north,a] - 1.536 U[north,b] - 0.576 U[south,a]
    - 1.024 U[south,b] - 0.7488 U[quay,a] - 1.3312 U[quay,b]
    + 0.0768 uplifted[quay,a,N/lake/,b] + 0.049152 uplifted[quay,b,N/lake/,b] >= 0
"""


@pytest.mark.parametrize("build", BUILDS)
def test_the_row_is_as_written(build: str) -> None:
    found, low, high = row(BUILDS[build](port()), "portfolio")
    assert (found, low) == lp(PORTFOLIO)[:2]
    assert high == float("inf")


def test_no_row_without_rates() -> None:
    # what has no rate is in no row; and where nothing that has one can start there is nothing to hold
    assert not [name for name in fast(port("mill", "north", "south", "quay")).rows if name.startswith("portfolio")]
    late = plain(projects=[{"project": "j", "capex": 1.0, "build_years": 9, "hurdle": 0.1}])
    assert "portfolio" not in fast(late).rows
    assert solved(late).told("portfolio") == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("gone", "earned", "starts", "birds", "left"),
    [
        # 3.33568 does not carry both parks from a (4), nor the north from a and the south from b (2.4 + 1.024 = 3.424);
        # but the south from a and the north from b, 1.6 + 1.536. Birds: 3 x 5 + 5 x 3; the north from a alone has 25
        (("quay",), 6.0, {"mill": "a", "north": "b", "south": "a"}, 30.0, 3.33568 - 3.136),
        # 6.1 x 0.8 x 2.3616 - 8 = 3.524608: north from a and south from b, 25 + 9
        (("quay",), 6.1, {"mill": "a", "north": "a", "south": "b"}, 34.0, 3.524608 - 3.424),
        # 6.4: both from a
        (("quay",), 6.4, {"mill": "a", "north": "a", "south": "a"}, 40.0, 6.4 * 0.8 * 2.3616 - 12),
        # without the mill nothing carries them
        (("quay", "mill"), 0.0, {"north": "", "south": ""}, 0.0, 0.0),
    ],
)
def test_what_earns_carries_what_does_not(
    gone: tuple[str, ...], earned: float, starts: dict[str, str], birds: float, left: float
) -> None:
    plan = solved(port(*gone, "lane", mill=earned))
    assert plan.starts == starts
    assert plan.objective == pytest.approx(birds)
    assert plan.told("portfolio") == pytest.approx((left, 0.0, left))


def test_uplift_carries_its_project() -> None:
    # The quay from a costs 2.08 and lifts ten hectares of shops by 0.768: 1.312 of the 3.33568. What is left, 2.02368,
    # does not carry the north from a, but the south from a (1.6) or the north from b (1.536), 15 birds each; beside the
    # quay's 20 that is more than the 30 without it. The quay from b: 1.3312 less 0.49152, 0.83968 for 12 birds; with
    # the north from a (2.4) and nothing else that is 37.
    plan = planned(port("lane"))
    assert plan.objective == pytest.approx(37.0)
    assert dict(zip(plan.projects["project"], plan.projects["start"], strict=True)) == {
        "mill": "a",
        "north": "a",
        "south": "",
        "quay": "b",
    }
    assert list(plan.parcels["practice"]) == ["shop"]
    (told,) = plan.limits[plan.limits["limit"] == "portfolio"].itertuples()
    assert (told.account, told.jurisdiction, told.period) == ("project.revenue", "total", "total")
    assert told.unit == "million, present value"
    assert told.slack == pytest.approx(told.value)
    # no row asks that every hectare enjoys the uplift: so much is left at most
    assert -1e-6 <= told.value <= 3.33568 - 0.83968 - 2.4 + 1e-6
