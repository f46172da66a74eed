"""Where prices have a hard time: ties, equalities, one place with most of the land, numbers of very different size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.model.complete_town import account, flow, parcel, town
from tests.solvers.blocks import block
from tests.solvers.test_by_prices import agree, farms, limited
from zonevest.instances.study import Study
from zonevest.solvers import by_prices
from zonevest.solvers.answer import SolveOptions


def limits(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "limits": [
            {"limit": f"l{k}", "account": "area.practice.shop", "sense": "<=", "period": "last"} | row
            for k, row in enumerate(rows)
        ]
    }


def districts(places: str, areas: list[float], **tables: Any) -> Study:
    """Farms in districts, a letter each."""
    sizes = zip(places, areas, strict=True)
    return town(
        parcels=[parcel(f"P{i}", area_ha=size, jurisdiction=place) for i, (place, size) in enumerate(sizes)],
        accounts=[account("sale", recurrence="one_off"), account("works", "cost", "one_off")],
        practices=[{"practice": "shop", "zone": "Z", "mode": "service"}],
        practice_flows=[flow("sale", 1.0), flow("works", 0.25)],
        **tables,
    )


def same(study: Study, rel: float = 1e-6) -> zv.Plan:
    """Both methods' plans are worth the same; by prices is proven."""
    one, two = agree(study)
    assert two.status == "optimal"
    assert two.objective == pytest.approx(one.objective, rel=rel)
    return two


def test_ties_in_two_places() -> None:
    """A thousand equal parcels: how many of each place is decided, which ones is not."""
    rows = limits({"value": 2_000.0}, {"value": 7_500.0}, {"jurisdiction": "B", "value": 500.0, "sense": ">="})
    rows["limits"][0]["jurisdiction"] = "A"
    plan = same(districts("A" * 500 + "B" * 500, [10.0] * 1000, **rows))
    shops = plan.parcels[plan.parcels["practice"] == "shop"].merge(plan.study.parcels, on="parcel_id")
    assert shops["jurisdiction"].value_counts().to_dict() == {"A": 200, "B": 500}


def test_one_place_with_nine_of_ten_parcels() -> None:
    """Limits for each place bind in the small one at other prices than in the large one."""
    places, areas = "A" * 900 + "B" * 100, [1.0 + (7 * i) % 11 / 8 for i in range(1000)]
    rows = limits({"jurisdiction": "each", "value": 31.0}, {"value": 60.0}, {"value": 40.0, "sense": ">="})
    plan = same(districts(places, areas, **rows), rel=2e-4)
    assert (plan.limits["slack"] >= -1e-6).all()


@pytest.mark.parametrize("width", [0.0, 1e-12, 1e-9])
def test_least_and_most_are_the_same(width: float) -> None:
    """Lower and upper end of one account, equal or a hair apart, of areas that no binary number is exactly."""
    middle = 7 * (10 / 3)
    study = farms(30, [10 / 3] * 30, **limits({"value": middle * (1 + width)}, {"value": middle, "sense": ">="}))
    assert (same(study).parcels["practice"] == "shop").sum() == 7


def test_an_equality_may_be_missed_at_a_price() -> None:
    """A soft equality between two whole numbers of parcels: the nearer one, and what is short is paid for."""
    for value, shops in ((24.0, 2), (26.0, 3)):
        study = farms(6, **limited("=", value, kind="soft", penalty=3.0))
        one, two = agree(study)
        assert two.objective == pytest.approx(one.objective, rel=1e-9)
        assert (two.parcels["practice"] == "shop").sum() == shops


@pytest.mark.parametrize(("over", "divisible"), [(1e-9, False), (1e-5, False), (1e-5, True)])
def test_thousands_that_each_miss_by_a_little(over: float, divisible: bool) -> None:
    """A thousand parcels fill the limit but for a hair each: what they exceed it by in all counts."""
    study = farms(1100, [10.0 + over] * 1100, **limited("<=", 10_000.0)).replace({"divisible": divisible})
    plan = agree(study)[1]
    assert plan.limits["slack"].min() >= -1e-6 * 10_000.0
    if not divisible:
        assert (plan.parcels["practice"] == "shop").sum() == (1000 if over < 1e-6 else 999)


def test_a_scenario_and_a_setting(tmp_path: Path) -> None:
    """The limit of a scenario, and a rate of the run; what is proven is of that study."""
    folder = tmp_path / "study"
    zv.write_study(farms(40, **limited("<=", 200.0)), folder)
    rows = {"scenario": "poor", "probability": "", "table": "limits", "key": "shops", "column": "value"}
    pd.DataFrame([{**rows, "period": "", "op": "value", "amount": 90.0}]).to_csv(folder / "scenarios.csv", index=False)
    study = zv.read_study(folder, {"rates.finance": 0.02}, scenario="poor")
    plan = same(study, rel=1e-9)
    assert (plan.parcels["practice"] == "shop").sum() == 9
    assert plan.study.settings.rates.finance == 0.02


def test_a_variable_and_rows_of_ones_own() -> None:
    """Whole numbers without an end, that cost: lots of 25 ha, of which a row asks for as many as there are shops."""
    study = farms(12, **limited("<=", 95.0))

    def own() -> pyo.ConcreteModel:
        model = zv.policy_model(study)
        model.lots = pyo.Var(domain=pyo.NonNegativeIntegers)
        area = model.ledger["area.practice.shop", "total", "p3"]
        model.in_lots = pyo.Constraint(expr=25.0 * model.lots >= area)
        model.few = pyo.Constraint(expr=model.lots <= 3)
        return model

    one, two = agree(study, own)
    assert two.objective == pytest.approx(one.objective, rel=1e-9)
    assert (two.parcels["practice"] == "shop").sum() == 7


def test_almost_whole_is_made_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small program leaves whole numbers and ends a little off: the plan has them exactly, and is judged as such."""
    settled = by_prices.settle

    def off(*given: Any, **options: Any) -> Any:
        point = settled(*given, **options)
        return None if point is None else replace(point, columns=point.columns + 1e-7)

    land = block(171, bounded=True)
    exact = by_prices.solve_by_prices(land, SolveOptions(threads=1))
    monkeypatch.setattr(by_prices, "settle", off)
    found = by_prices.solve_by_prices(land, SolveOptions(threads=1))
    assert found.x is not None
    columns = found.x[len(land.group) :]
    assert np.array_equal(columns[land.column_integer], np.rint(columns[land.column_integer]))
    assert ((columns >= land.column_lower) & (columns <= land.column_upper)).all()
    assert found.value == pytest.approx(exact.value, abs=1e-5)


def test_that_nothing_is_proven_is_said() -> None:
    """Between 101 and 109 hectares, of parcels of 10: only whole parcels rule it out, and prices divide them."""
    rows = limits({"value": 109.0}, {"value": 101.0, "sense": ">="})
    assert zv.solve(farms(30, **rows), method="mip").status == "infeasible"
    plan = zv.solve(farms(30, **rows), method="prices", time_limit=20)
    assert plan.status == "no_plan"
    assert plan.message == "prices find no plan, and do not prove that there is none"


def test_why_a_gap_stays_is_said() -> None:
    """109 hectares of parcels of 10: the bound has 9 hectares more than whole parcels, whatever the time."""
    plan = zv.solve(farms(30, **limits({"value": 109.0})), method="prices", time_limit=20)
    assert plan.status == "feasible"
    assert plan.message == "parcels that are whole are divided in the bound by prices; one program may prove more"
