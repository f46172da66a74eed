"""What an option or a project is worth where random studies seldom look: by hand, in both builds and in the audit.

Periods are a (2026-27) and b (2028-30), the tail lasts to 2032, rates are 0: a present value is a plain sum.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.builds import complete, fast
from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.reports.audit_evaluate import Evaluator


def study(practice: dict[str, Any], **tables: list[dict[str, Any]]) -> Study:
    """One hectare of farm in R that a practice may plant in U."""
    rows: dict[str, list[dict[str, Any]]] = {
        "parcels": [{"parcel_id": "i", "land_class": "farm", "zone": "R", "area_ha": 1.0}],
        "zones": [{"zone": "R"}, {"zone": "U"}],
        "land_classes": [{"land_class": "farm"}, {"land_class": "wood"}],
        "accounts": [
            {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
            {"account": "works", "family": "cost", "recurrence": "one_off", "cash": 1},
        ],
        "practices": [{"practice": "plant", "zone": "U", **practice}],
    }
    settings = {
        "name": "by hand",
        "defaults": "none",
        "periods": [{"name": "a", "start": 2026, "years": 2}, {"name": "b", "start": 2028, "years": 3}],
        "rates": {"finance": 0.0, "social": 0.0, "tail_years": 2},
        "objective": {"method": "weighted", "cash": 1.0},
    }
    return make_study(settings, **{name: pd.DataFrame(each) for name, each in (rows | tables).items()})


def worth(given: Study, start: str, parcel: str = "i") -> tuple[float, float, float]:
    """F1 of planting, by the fast build, by the complete one and by the audit."""
    column = f"x[{parcel},plant,{start}]"
    told = Evaluator(given).option_ledger(parcel, "plant", start)[-2]
    return fast(given).objective.get(column, 0.0), complete(given).objective.get(column, 0.0), float(told)


def test_what_the_land_brought_before_is_no_flow_of_the_undertaking() -> None:
    # Works of 10 over 10 years: 1 a year. The parcel's rent of R stops in 2027, before the start, and is not the
    # practice's: it has no annual flow at all, so its annual equivalent runs to the end, 2028-32. 2 - 5 = -3.
    given = study(
        {"life_years": 10},
        practice_flows=[{"practice": "plant", "account": "works", "basis": "once", "value": 10.0}],
        parcel_flows=[{"parcel_id": "i", "zone": "R", "account": "rent", "basis": "per_year", "value": 1.0}],
    )
    assert worth(given, "b") == pytest.approx((-3.0, -3.0, -3.0))


def test_land_is_sold_at_the_price_of_its_place() -> None:
    # A sale at 10 a hectare that counts as 1 a year for ten years: i for 5 years (2028-32), j at the station half as
    # much again, k behind the hill half of it. What the works cost does not depend on the place: 5 x 0.2.
    factor = {"i": 1.0, "j": 1.5, "k": 0.5}
    given = study(
        {"life_years": 10},
        parcels=[
            {"parcel_id": name, "land_class": "farm", "zone": "R", "area_ha": 1.0, "land_price_factor": price}
            for name, price in factor.items()
        ],
        accounts=[
            {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"},
            {"account": "works", "family": "cost", "recurrence": "one_off", "cash": 1},
        ],
        practice_flows=[
            {"practice": "plant", "account": "sale", "basis": "per_ha_once", "value": 10.0},
            {"practice": "plant", "account": "works", "basis": "per_ha_once", "value": 2.0},
        ],
    )
    for parcel, price in factor.items():
        assert worth(given, "b", parcel) == pytest.approx((5 * price - 1.0,) * 3)


def test_each_parcel_has_the_end_that_its_own_rows_give_it() -> None:
    # Works of 10 over 10 years, 1 a year from 2028 to the last year of the parcel's own rent of 1 a year:
    # i has it in 2028-29: 2 - 2; j a year later, in 2029-30: 2 - 3; k in 2028 only: 1 - 1; l for good: 5 - 5;
    # m would have it on state land, and so has nothing, which means works to the end: 0 - 5.
    own = {"practice": "plant", "account": "rent", "basis": "per_year", "value": 1.0}
    given = study(
        {"life_years": 10},
        parcels=[{"parcel_id": name, "land_class": "farm", "zone": "R", "area_ha": 1.0} for name in "ijklm"],
        practice_flows=[{"practice": "plant", "account": "works", "basis": "once", "value": 10.0}],
        parcel_flows=[
            {"parcel_id": "i", "start_year": 0, "life_years": 2.0, **own},
            {"parcel_id": "j", "start_year": 1, "life_years": 2.0, **own},
            {"parcel_id": "k", "start_year": 0, "life_years": 1.0, **own},
            {"parcel_id": "l", "start_year": 0, "life_years": None, **own},
            {"parcel_id": "m", "start_year": 0, "life_years": 2.0, "where": "tenure=state", **own},
        ],
    )
    for parcel, expected in {"i": 0.0, "j": -1.0, "k": 0.0, "l": 0.0, "m": -5.0}.items():
        assert worth(given, "b", parcel) == pytest.approx((expected,) * 3)
