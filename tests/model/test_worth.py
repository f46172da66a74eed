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


def worth(given: Study, start: str, parcel: str = "i", at: int = -2) -> tuple[float, float, float]:
    """F1 of planting (F2: at = -1), by the fast build, by the complete one and by the audit."""
    column = f"x[{parcel},plant,{start}]"
    told = Evaluator(given).option_ledger(parcel, "plant", start)[at]
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


def test_of_land_that_is_sold_no_rent_counts_where_none_is_to() -> None:
    # A sale of 10 and works of 2 over ten years, for 5 years: 5 - 1; without the rent that the sale gives up -1.
    given = study(
        {"life_years": 10},
        accounts=[
            {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1, "role": "land_sale"},
            {"account": "works", "family": "cost", "recurrence": "one_off", "cash": 1},
        ],
        practice_flows=[
            {"practice": "plant", "account": "sale", "basis": "once", "value": 10.0},
            {"practice": "plant", "account": "works", "basis": "once", "value": 2.0},
        ],
    )
    assert worth(given, "b") == pytest.approx((4.0,) * 3)
    assert worth(given.replace({"finance": {"land_rent": False}}), "b") == pytest.approx((-1.0,) * 3)


def test_what_zones_bring_comes_with_the_zone() -> None:
    # 1 a year in R and 3 in U: planted in 2028 two years of R and five of U, held seven of R
    rows = [
        {"zone": zone, "account": "rent", "basis": "per_year", "value": value}
        for zone, value in (("R", 1.0), ("U", 3.0))
    ]
    given = study({"lead_years": 1}, zone_flows=rows)
    assert worth(given, "b") == pytest.approx((17.0,) * 3)
    assert worth(given, "a") == pytest.approx((21.0,) * 3)
    assert fast(given).objective["x[i,hold,]"] == pytest.approx(7.0)


FOUR_A_YEAR = {"practice": "plant", "account": "rent", "basis": "per_year", "value": 4.0}


def test_what_is_new_grows_to_its_full_yield() -> None:
    # a quarter more of 4 every year to 2030, all of it in the tail: 1 + 2 + 3, and 4 twice; from 2026 on 1 + 2 + 3 + 4
    # + 4 and 4 twice
    given = study({}, practice_flows=[{**FOUR_A_YEAR, "ramp_years": 4}])
    assert worth(given, "b") == pytest.approx((14.0,) * 3)
    assert worth(given, "a") == pytest.approx((22.0,) * 3)


def test_prices_grow_from_the_first_year_on() -> None:
    # twice as dear every year: 4 of 2026 are 4 x 2^2 in 2028, and so on to 4 x 2^6 in the tail's last year
    accounts = [{"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1, "growth": 1.0}]
    given = study({}, accounts=accounts, practice_flows=[FOUR_A_YEAR])
    assert worth(given, "b") == pytest.approx((4.0 * (4 + 8 + 16 + 32 + 64),) * 3)
    # works of 10 are 40 in 2028: over ten years 4 a year, as there is no other flow to the end, 2028-32
    works = [{"account": "works", "family": "cost", "recurrence": "one_off", "cash": 1, "growth": 1.0}]
    once = [{"practice": "plant", "account": "works", "basis": "once", "value": 10.0}]
    given = study({"life_years": 10}, accounts=works, practice_flows=once)
    assert worth(given, "b") == pytest.approx((-20.0, -20.0, -20.0))


def test_food_that_is_sold_is_not_valued_twice() -> None:
    # of 2 of food, which is the rent once more, and 3 of air a year only air counts: five years of it
    accounts = [
        {"account": "rent", "family": "revenue", "recurrence": "annual", "cash": 1},
        {"account": "food", "family": "ecosystem", "recurrence": "annual", "counterpart_of": "rent"},
        {"account": "air", "family": "ecosystem", "recurrence": "annual"},
    ]
    rows = [{**FOUR_A_YEAR, "account": name, "value": value} for name, value in (("food", 2.0), ("air", 3.0))]
    given = study({}, accounts=accounts, practice_flows=[FOUR_A_YEAR, *rows])
    given = given.replace({"objective": {"method": "weighted", "ecosystem": 1.0}})
    assert worth(given, "b", at=-1) == pytest.approx((15.0,) * 3)


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
