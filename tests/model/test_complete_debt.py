"""One unit of an instrument: what it owes, pays and costs, beside numpy-financial and by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy_financial as npf
import pytest

from zonevest.instances.study import Period
from zonevest.model.complete_debt import Instrument

Y0 = 2026
EARLY, MIDDLE, LATE = Period("early", 2026, 2), Period("middle", 2028, 3), Period("late", 2031, 2)
HORIZON = (EARLY, MIDDLE, LATE)


def instrument(kind: str = "bond", **cells: Any) -> Instrument:
    blank = {"rate": 0.04, "tenor_years": 5, "grace_years": 0, "repay": "bullet", "refinances": False}
    more = {"outstanding": 0.0, "outstanding_years": float("nan"), "self_supporting": False, "green_only": False}
    return Instrument({"instrument": "f", "kind": kind, "categories": "", **blank, **more, **cells}, Y0)


def payments(f: Instrument, drawn: Period, years: int) -> list[float]:
    """What is received (below 0) at the beginning of the life of a unit, and paid at the end of each of its years."""
    life = range(f.first(drawn), f.first(drawn) + years)
    return [-1.0, *(f.repaid(drawn, year) + f.rate * f.balance(drawn, year) for year in life)]


@pytest.mark.parametrize("repay", ["bullet", "level_principal"])
@pytest.mark.parametrize(("rate", "tenor", "grace"), [(0.04, 5, 0), (0.31, 4, 2), (0.07, 1, 0)])
def test_the_internal_rate_of_a_unit_is_its_rate(repay: str, rate: float, tenor: int, grace: int) -> None:
    f = instrument(rate=rate, tenor_years=tenor, grace_years=grace, repay=repay)
    paid = payments(f, MIDDLE, tenor)
    assert npf.irr(paid) == pytest.approx(rate)
    assert npf.npv(rate, paid) == pytest.approx(0)
    # the undiscounted sum is principal and interest; one year more brings nothing
    assert f.service(MIDDLE, MIDDLE.start, 0.0) == pytest.approx(sum(paid[1:]))
    assert f.balance(MIDDLE, MIDDLE.start + tenor) == f.repaid(MIDDLE, MIDDLE.start + tenor) == 0


def test_a_bullet_loan_by_the_year() -> None:
    # 5 years from 2028: 1 is owed at the beginning of 2028 … 2032 and repaid at the end of 2032; a payment of the
    # interest alone leaves the balance where it is.
    f = instrument(rate=0.04, tenor_years=5)
    for k in range(1, 6):
        assert f.balance(MIDDLE, 2027 + k) == pytest.approx(-npf.fv(0.04, k - 1, -0.04, 1))
        assert f.repaid(MIDDLE, 2027 + k) == (k == 5)
    # middle is 2028 to 2030, late 2031 and 2032
    assert [f.repayment(MIDDLE, t) for t in HORIZON] == [0, 0, 1]
    assert [f.interest(MIDDLE, t) for t in HORIZON] == pytest.approx([0, 0.12, 0.08])
    assert [f.highest(MIDDLE, t) for t in HORIZON] == [0, 1, 1]
    assert [f.end(MIDDLE, t) for t in (MIDDLE, LATE)] == [1, 0]


def test_level_principal_by_the_year() -> None:
    # 6 years from 2026, two of grace: a quarter at the end of 2028, 2029, 2030 and 2031. The balance of the next year
    # is what numpy-financial leaves of this one's after interest and the quarter.
    f = instrument(rate=0.1, tenor_years=6, grace_years=2, repay="level_principal")
    balances = [f.balance(EARLY, year) for year in range(2026, 2033)]
    assert balances == pytest.approx([1, 1, 1, 0.75, 0.5, 0.25, 0])
    for year, (now, after) in enumerate(itertools.pairwise(balances), start=2026):
        assert after == pytest.approx(-npf.fv(0.1, 1, -(f.repaid(EARLY, year) + 0.1 * now), now))
    assert [f.repayment(EARLY, t) for t in HORIZON] == pytest.approx([0, 0.75, 0.25])
    # 0.1 x (1 + 1), 0.1 x (1 + 0.75 + 0.5), 0.1 x 0.25
    assert [f.interest(EARLY, t) for t in HORIZON] == pytest.approx([0.2, 0.225, 0.025])
    assert [f.highest(EARLY, t) for t in HORIZON] == pytest.approx([1, 1, 0.25])
    assert [f.end(EARLY, t) for t in HORIZON] == pytest.approx([1, 0.25, 0])


def test_refinancing_stands_in_for_what_falls_due_in_its_period() -> None:
    # A third at the end of 2028, 2029 and 2030: interest of 0, 1/3 and 2/3 of a year's rate in middle, and none of it
    # counts at its beginning. It runs from 2031: two years of interest, repaid at the end of 2032.
    f = instrument(rate=0.06, tenor_years=2, refinances=True)
    assert [f.balance(MIDDLE, year) for year in range(2028, 2034)] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 0])
    assert [f.interest(MIDDLE, t) for t in HORIZON] == pytest.approx([0, 0.06 * (3 - 1) / 2, 0.12])
    assert [f.repayment(MIDDLE, t) for t in HORIZON] == [0, 0, 1]
    assert [f.highest(MIDDLE, t) for t in HORIZON] == [0, 0, 1]
    assert [f.end(MIDDLE, t) for t in (MIDDLE, LATE)] == [1, 0]
    assert npf.irr(payments(f, MIDDLE, 2)) == pytest.approx(0.06)
    assert f.general()


def test_legacy_falls_in_equal_parts() -> None:
    # 12 over 4 years: 3 repaid at the end of 2026 … 2029; interest on 12, 9, 6, 3.
    f = instrument(rate=0.05, outstanding=12.0, outstanding_years=4)
    assert [f.legacy(year) for year in range(2026, 2032)] == pytest.approx([12, 9, 6, 3, 0, 0])
    assert [f.legacy_repayment(t) for t in HORIZON] == pytest.approx([6, 6, 0])
    assert [f.legacy_interest(t) for t in HORIZON] == pytest.approx([0.05 * 21, 0.05 * 9, 0])
    assert instrument().legacy(2026) == 0


def test_equity_and_grants() -> None:
    # Without a tenor equity is never repaid; its return is asked for every year. A grant asks for nothing.
    stake = instrument("equity", rate=0.08, tenor_years=float("nan"), repay="level_principal")
    assert [stake.interest(MIDDLE, t) for t in HORIZON] == pytest.approx([0, 0.24, 0.16])
    assert [stake.repayment(MIDDLE, t) for t in HORIZON] == [0, 0, 0]
    short = instrument("equity", rate=0.08, tenor_years=3)
    assert [short.repayment(MIDDLE, t) for t in HORIZON] == [0, 1, 0]
    grant = instrument("grant", tenor_years=float("nan"))
    assert [grant.interest(MIDDLE, t) + grant.repayment(MIDDLE, t) for t in HORIZON] == [0, 0, 0]
    assert [grant.highest(MIDDLE, t) for t in HORIZON] == [0, 0, 0]
    assert not stake.owes
    assert not grant.general()


def test_the_price_of_debt() -> None:
    # Dear debt (9 % at a discount rate of 5 %) costs 0.04 + 0.001 x 0.09 of its balance at the end of each year, cheap
    # debt a thousandth of its interest. From 2028 a bullet of 5 years owes 1 five times: an annuity, two years away.
    dear, cheap = instrument(rate=0.09), instrument(rate=0.03)
    annuity = -npf.pv(0.05, 5, 1) / 1.05**2
    assert dear.price(MIDDLE, 0.05) == pytest.approx((0.04 + 0.00009) * annuity)
    assert cheap.price(MIDDLE, 0.05) == pytest.approx(0.00003 * annuity)
    assert instrument(rate=0.0).price(MIDDLE, 0.05) == 0
    # for good: balance / rate; without discounting it has no end, but what costs nothing has no price
    stake = instrument("equity", rate=0.09, tenor_years=float("nan"))
    assert stake.price(MIDDLE, 0.05) == pytest.approx(0.04009 / 0.05 / 1.05**2)
    assert instrument("equity", rate=0.0, tenor_years=float("nan")).price(MIDDLE, 0.0) == 0
    # refinancing: 1/3 in 2029 and 2/3 in 2030, then 1 in 2031 and 2032
    swap = instrument(rate=0.03, tenor_years=2, refinances=True)
    balances = [0, 0, 0, 1 / 3, 2 / 3, 1, 1]  # at the beginning of 2026 …, paid a year later
    assert swap.price(MIDDLE, 0.05) == pytest.approx(0.00003 * npf.npv(0.05, [0, *balances]))


def test_service_is_discounted_from_the_first_day_of_the_start() -> None:
    # Drawn in 2028 for a project that started in 2026: the first payment, at the end of 2028, is three years away.
    f = instrument(rate=0.04, tenor_years=5)
    paid = payments(f, MIDDLE, 5)[1:]
    assert f.service(MIDDLE, 2026, 0.05) == pytest.approx(npf.npv(0.05, [0, 0, 0, *paid]))
    assert f.service(MIDDLE, 2028, 0.04) == pytest.approx(1)
    assert f.service(EARLY, 2026, 0.0) == pytest.approx(1.2)
