"""Coefficients: how they are written, which are ready-made, and that a factor of 1 changes nothing. Some 3 s."""

from __future__ import annotations

import math

import pytest

import zonevest as zv
from tests.chinese import CHINESE
from zonevest.coefficients import coefficients, ready_made, varied


def test_nothing_changes_by_a_factor_of_one() -> None:
    for case in ("village", "lakeside"):
        study = zv.read_study(case)
        ready = ready_made(study)
        assert {"discount_rate", "project_capex", "land_price"} <= {each.name for each in ready}
        assert varied(study, [(each, 1.0) for each in ready]).hash == study.hash


def test_cells_are_what_they_were_times_the_factor() -> None:
    study = zv.read_study("lakeside")
    of = {each.name: each for each in ready_made(study)}
    names = ("project_capex", "quota_grants", "debt_cap", "exchange_rate", "land_price", "ecosystem_values")
    other = varied(study, [(of[name], 0.9) for name in names])
    assert other.projects["capex"].tolist() == pytest.approx((0.9 * study.projects["capex"]).tolist(), nan_ok=True)
    assert other.quota_grants["amount"].tolist() == pytest.approx((0.9 * study.quota_grants["amount"]).tolist())
    assert other.quotas["granted"].tolist() == pytest.approx((0.9 * study.quotas["granted"]).tolist(), nan_ok=True)
    assert other.settings.objective.ecosystem == pytest.approx(0.9 * 0.02)
    assert other.settings.finance is not None
    assert dict(other.settings.finance.debt_ratio_cap)["2031-2035"] == pytest.approx(0.9 * 1.45)
    # what is given up where much is sold is a part of the price
    assert set(study.price_steps["account"]) == {"land_sale", "land_discount"}
    assert other.price_steps["price"].tolist() == pytest.approx((0.9 * study.price_steps["price"]).tolist())
    nature = set(study.accounts.loc[study.accounts["family"] == "ecosystem", "account"])
    for table in ("class_flows", "zone_flows", "practice_flows", "project_flows"):
        before, after = study.tables[table], other.tables[table]
        changed = before["account"].isin(nature | {"land_sale"})
        factor = changed.map({True: 0.9, False: 1.0})
        assert after["value"].tolist() == pytest.approx((before["value"] * factor).tolist(), nan_ok=True)


def test_per_cents_and_values() -> None:
    study = zv.read_study("village")
    one, other = coefficients(study, ["rates.finance=0.04,0.06", "projects/*/capex=-10%,+30%"])
    assert (one.op, one.low, one.high, one.base) == ("value", 0.04, 0.06, 0.05)
    assert (other.op, other.low, other.high, other.base) == ("factor", 0.9, pytest.approx(1.3), 1.0)
    (capex,) = coefficients(study, ["projects/*/capex=1,2"])
    assert math.isnan(capex.base)
    assert varied(study, [(one, 0.06)]).settings.rates.finance == 0.06
    assert set(varied(study, [(capex, 2.0)]).projects["capex"]) == {2.0}


def test_every_fault_at_once_in_both_languages() -> None:
    wrong = ["rates.financ=1,2", "projects/*/capx=-1%,1%", "project_cape", "project_capex=1,2", "rates.finance=2,%",
             "rates.finance=2,1", "projects/nobody/capex=-1%,1%", "projects/*/capex=-300%,0%"]  # fmt: skip
    with pytest.raises(zv.StudyError) as caught:
        coefficients(zv.read_study("village"), wrong)
    assert caught.value.faults["where"].tolist() == [f"--vary {each}" for each in wrong]
    assert all(CHINESE.search(text) for text in caught.value.in_language("zh")["must"])
    with pytest.raises(zv.StudyError, match="once"):
        coefficients(zv.read_study("village"), ["project_capex", "project_capex=-1%,1%"])
