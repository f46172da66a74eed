"""A unit of debt as the build that solves has it, beside numpy-financial: schedules, internal rates, prices."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy_financial as npf
import pytest

from tests.model.complete_town import town
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.vintages import Vintage, instruments, legacy, vintage

BLANK = float("nan")
YEARS = range(2026, 2038)


def unit(drawn: int = 2026, rates: dict[str, Any] | None = None, **cells: Any) -> Vintage:
    """A unit drawn in a year, in a plan of twelve periods of one year (so that a period is a year)."""
    row = {"instrument": "f", "kind": "loan", "rate": 0.04, "tenor_years": 5, **cells}
    periods = [{"name": str(year), "start": year, "years": 1} for year in YEARS]
    ledger = Ledger(build_options(town({"periods": periods}, {}, rates, instruments=[row])))
    instrument = instruments(ledger.study)["f"]
    return (
        legacy(instrument, ledger.clock)
        if cells.get("outstanding")
        else vintage(instrument, drawn - 2026, ledger.clock)
    )


def paid(one: Vintage) -> Any:
    return one.repaid + one.interest


@pytest.mark.parametrize("repay", ["bullet", "level_principal"])
@pytest.mark.parametrize(("rate", "tenor", "grace"), [(0.04, 5, 0), (0.31, 4, 2), (0.07, 1, 0), (0.05, 9, 3)])
def test_the_internal_rate_of_a_unit_is_its_rate(repay: str, rate: float, tenor: int, grace: int) -> None:
    grace = grace if repay == "level_principal" else 0
    flows = paid(unit(2028, rate=rate, tenor_years=tenor, repay=repay, grace_years=grace))
    assert not flows[:2].any()
    assert npf.irr([-1.0, *flows[2:]]) == pytest.approx(rate)
    assert npf.npv(rate, [-1.0, *flows[2:]]) == pytest.approx(0)
    assert not flows[2 + tenor :].any()


def test_a_bullet_owes_all_to_the_end() -> None:
    # what is left after k payments of the interest alone
    found = unit(tenor_years=5)
    for k in range(5):
        assert found.highest[k] == pytest.approx(-npf.fv(0.04, k, -0.04, 1))
    assert found.repaid.tolist() == [0, 0, 0, 0, 1, *[0] * 7]
    assert found.owed.tolist() == [1, 1, 1, 1, *[0] * 8]


def test_level_principal_after_years_of_grace() -> None:
    # six years, two of grace: a quarter at the end of 2028 to 2031; each balance is what numpy-financial leaves of the
    # one before after its interest and the part that is repaid
    found = unit(rate=0.1, tenor_years=6, grace_years=2, repay="level_principal")
    assert found.repaid == pytest.approx([0, 0, *[0.25] * 4, *[0] * 6])
    assert found.interest == pytest.approx([0.1, 0.1, 0.1, 0.075, 0.05, 0.025, *[0] * 6])
    for year, (now, after) in enumerate(itertools.pairwise([*found.highest, 0.0])):
        assert after == pytest.approx(-npf.fv(0.1, 1, -paid(found)[year], now))


@pytest.mark.parametrize(("rate", "tenor"), [(0.04, 5), (0.09, 7)])
def test_principal_and_interest_beside_a_level_payment(rate: float, tenor: int) -> None:
    # whatever the way of repayment, at its own rate a unit is worth as much as level payments of the annuity
    annuity = [-npf.pmt(rate, tenor, 1)] * tenor
    for repay in ("bullet", "level_principal"):
        flows = paid(unit(rate=rate, tenor_years=tenor, repay=repay))
        assert npf.npv(rate, [0, *flows]) == pytest.approx(npf.npv(rate, [0, *annuity]))
    # with level payments the principal part of the k-th is ppmt, and all of them are the unit
    assert -sum(npf.ppmt(rate, k, tenor, 1) for k in range(1, tenor + 1)) == pytest.approx(1)


def test_legacy_is_a_loan_of_level_principal() -> None:
    # 12 over 4 years at 5 %: as a loan drawn in 2026 with level principal and no grace
    old = unit(rate=0.05, tenor_years=9, outstanding=12.0, outstanding_years=4)
    new = unit(rate=0.05, tenor_years=4, repay="level_principal")
    for name in ("repaid", "interest", "owed", "highest"):
        assert getattr(old, name) == pytest.approx(12 * getattr(new, name))
    assert npf.irr([-12.0, *paid(old)]) == pytest.approx(0.05)


@pytest.mark.parametrize("rate", [0.03, 0.05, 0.09])
def test_the_price_of_debt_is_a_margin_on_its_balance(rate: float) -> None:
    # at a discount rate of 5 %: what is above it, and a thousandth of the rate, on a balance of 1 at five year ends
    margin = max(rate - 0.05, 0) + 0.001 * rate
    assert unit(rate=rate).price == pytest.approx(margin * -npf.pv(0.05, 5, 1))
    assert unit(2028, rate=rate).price == pytest.approx(margin * -npf.pv(0.05, 5, 1) / 1.05**2)
    # beyond the plan's twelve years it goes on: 20 years, and for good
    assert unit(rate=rate, tenor_years=20).price == pytest.approx(margin * -npf.pv(0.05, 20, 1))
    assert unit(rate=rate, kind="equity", tenor_years=BLANK).price == pytest.approx(margin / 0.05)


def test_refinancing_is_there_from_the_end_of_the_year_of_its_draw() -> None:
    # in periods of one year: drawn at the end of 2026, two years of interest, repaid at the end of 2028
    found = unit(kind="bond", refinances=1, rate=0.06, tenor_years=2)
    assert found.interest == pytest.approx([0, 0.06, 0.06, *[0] * 9])
    assert found.repaid.tolist() == [0, 0, 1, *[0] * 9]
    assert found.counted.tolist() == [1, 1, 1, *[0] * 9]
    assert npf.irr([-1.0, *paid(found)[1:]]) == pytest.approx(0.06)


def test_grants_and_equity() -> None:
    grant = unit(kind="grant", rate=BLANK, tenor_years=BLANK)
    assert not np.concatenate([paid(grant), grant.owed, grant.highest]).any()
    stake = unit(kind="equity", rate=0.08, tenor_years=BLANK)
    assert paid(stake) == pytest.approx([0.08] * 12)
