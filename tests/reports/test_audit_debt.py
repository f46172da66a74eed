"""What a unit of debt owes, against numpy-financial: its payments are worth 1 at its own rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy_financial as npf
import pytest

from tests.reports.audit_studies import study
from zonevest.reports.audit_debt import Vintage, legacy, read_instrument, unit
from zonevest.reports.audit_rows import Calendar
from zonevest.reports.audit_tables import Tables

BASE: dict[str, Any] = {"instrument": "f", "kind": "bond", "rate": 0.04, "tenor_years": 6}
"""p1 is 2026-2027, p2 is 2028-2030; finance rate 0.1."""


def vintage(t: int = 0, **row: Any) -> Vintage:
    given = study({"finance": {}}, instruments=[{**BASE, **row}])
    tables = Tables(given)
    return unit(read_instrument(tables.rows("instruments")[0]), tables, t)


def payments(found: Vintage) -> list[float]:
    """A loan's cash: 1 out on the first day, then what is paid at the end of every year."""
    return [-1.0, *(found.interest + found.repaid)]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"rate": 0.0},
        {"repay": "level_principal"},
        {"repay": "level_principal", "grace_years": 2},
        {"repay": "level_principal", "tenor_years": 1},
        {"kind": "loan", "tenor_years": 2},
        {"kind": "equity"},
    ],
)
def test_a_unit_is_repaid_with_its_interest(row: dict[str, Any]) -> None:
    found, rate = vintage(**row), {**BASE, **row}["rate"]
    assert found.repaid.sum() == pytest.approx(1.0)
    assert npf.npv(rate, payments(found)) == pytest.approx(0.0, abs=1e-12)
    assert npf.irr(np.trim_zeros(payments(found), "b")) == pytest.approx(rate, abs=1e-9)
    assert found.opening[0] == 1.0
    assert found.closing[-1] == 0.0


def test_level_principal_year_by_year() -> None:
    # tenor 6, grace 2: a quarter at the end of years 3 … 6; interest 4 % of 1, 1, 1, 3/4, 1/2, 1/4
    found = vintage(repay="level_principal", grace_years=2)
    assert found.repaid.tolist() == pytest.approx([0, 0, 0.25, 0.25, 0.25, 0.25])
    assert found.interest.tolist() == pytest.approx([0.04, 0.04, 0.04, 0.03, 0.02, 0.01])
    assert found.years.tolist() == list(range(2026, 2032))


def test_a_bullet_drawn_in_the_second_period() -> None:
    # drawn on the first day of 2028, six years: repaid at the end of 2033
    found = vintage(1)
    assert found.years[0] == 2028
    assert found.years[found.repaid > 0].tolist() == [2033]
    assert found.within(found.interest, 2028, 2030) == pytest.approx(3 * 0.04)
    assert found.at(found.opening, 2026) == 0.0


def test_a_unit_that_refinances_is_drawn_in_parts_at_the_end_of_years() -> None:
    # p2 has three years: 1/3 at the end of 2028, 2029, 2030; interest in p2 is rate x (3 − 1)/2; then six years more
    found = vintage(1, refinances=1)
    assert found.within(found.interest, 2028, 2030) == pytest.approx(0.04 * (3 - 1) / 2)
    assert found.within(found.repaid, 2028, 2030) == 0.0
    assert found.at(found.opening, 2028) == 0.0
    assert found.at(found.closing, 2030) == 1.0
    assert found.at(found.opening, 2031) == 1.0
    assert found.years[found.repaid > 0].tolist() == [2036]
    # its cash, at the ends of 2028 … 2036: parts in, interest and principal out, worth nothing at its own rate
    drawn = np.array([1 / 3, 1 / 3, 1 / 3, *[0.0] * 6])
    assert npf.npv(0.04, drawn - found.interest - found.repaid) == pytest.approx(0.0, abs=1e-12)


def test_a_grant_owes_nothing_and_equity_without_a_tenor_for_good() -> None:
    grant = vintage(kind="grant", tenor_years=None)
    assert not grant.opening.any()
    assert not grant.interest.any()
    equity = vintage(kind="equity", tenor_years=None, rate=0.06)
    assert not equity.repaid.any()
    assert equity.interest.tolist() == pytest.approx([0.06] * 5)  # to the end of the horizon, 2030
    assert equity.perpetual


def test_the_price_of_debt() -> None:
    # 12 % a year where money is worth 10 %: 0.02 + 0.001 x 0.12 of a balance of 1 at the ends of six years
    dear = vintage(rate=0.12)
    spread = 0.02 + 0.00012
    assert dear.price(0.12, 0.1, 2026) == pytest.approx(spread * -npf.pv(0.1, 6, 1.0))
    # cheaper than money: 0.001 x rate keeps idle borrowing from being free
    cheap = vintage(1, rate=0.04)
    assert cheap.price(0.04, 0.1, 2026) == pytest.approx(0.00004 * -npf.pv(0.1, 6, 1.0) * 1.1**-2)
    # equity without a tenor: a perpetuity from 2026 on
    equity = vintage(kind="equity", tenor_years=None, rate=0.12)
    assert equity.price(0.12, 0.1, 2026) == pytest.approx(spread / 0.1)
    # refinancing in p2, three years: 0, 1/3, 2/3 at the beginnings of 2028, 2029, 2030, then six years of 1
    again = vintage(1, refinances=1, rate=0.12)
    owed = 1.1**-4 / 3 + 1.1**-5 * 2 / 3 - npf.pv(0.1, 6, 1.0) * 1.1**-5
    assert again.price(0.12, 0.1, 2026) == pytest.approx(spread * owed)


def test_old_debt_falls_in_equal_parts_from_the_end_of_the_first_year() -> None:
    # 12 over four years: 3 at the end of 2026 … 2029; interest 4 % of 12, 9, 6, 3
    given = study({"finance": {}}, instruments=[{**BASE, "outstanding": 12.0, "outstanding_years": 4}])
    tables = Tables(given)
    found = legacy(read_instrument(tables.rows("instruments")[0]), tables)
    assert found.repaid.tolist() == pytest.approx([3, 3, 3, 3, 0])
    assert found.interest.tolist() == pytest.approx([0.48, 0.36, 0.24, 0.12, 0])
    assert npf.npv(0.04, [-12.0, *(found.interest + found.repaid)]) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("life", [1.0, 5.0, 30.0])
def test_an_annual_equivalent_is_a_level_payment(life: float) -> None:
    calendar = Calendar(Tables(study()))
    assert calendar.annuity(0.1, life) == pytest.approx(npf.pmt(0.1, life, -1.0))
