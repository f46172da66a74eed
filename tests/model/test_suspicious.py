"""Warnings that need the ledger: each is told where it is due, and is not told where it is not."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from tests.chinese import check_faults
from tests.model.complete_town import account, parcel, town
from tests.model.four import four
from tests.model.rule_cases import CASES, built, late, revenue, told_by, waste
from zonevest.api import check
from zonevest.instances.study import Study, StudyError
from zonevest.model.areas import TOTAL
from zonevest.model.compiled import compile_policy
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.model.suspicious import reach

NAMES = ("limits", "clean", "built", "p1", "p2", "p3", "total", "b", "reserve", "P", "P'", "suitability", "plant")


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_alone_and_in_chinese(name: str) -> None:
    told = told_by(CASES[name])
    assert [each.name for each in told["must"]] == [name]
    check_faults(told, NAMES)


def test_land_actions_that_can_start_in_no_period() -> None:
    assert late(3)["found"].tolist() == ["plant (lead_years 3)"]  # from 2026 done in 2029
    assert late(3, to_class="")["found"].tolist() == ["plant (lead_years 3)"]  # nothing changes: one rule for all
    assert late(2).empty  # from p1 in 2028, the last year
    assert late(1, earliest="p2")["found"].tolist() == ["plant (lead_years 1)"]  # from 2028 in 2029
    assert late(0, earliest="p2").empty
    assert late(3, tenure="state").empty  # not for this field in any case


def test_limits_that_no_choice_reaches() -> None:
    """2 ha are built, 15 ha of farms may be: between 2 and 17, whatever is chosen."""
    for value, sense in ((16.9, "<="), (17.0, "<="), (2.0, ">="), (2.1, ">="), (17.0, ">=")):
        assert built(value, sense).empty, (value, sense)
    assert built(17.5)["found"].tolist() == ["at most 17 of 17.5 [total, b]"]
    assert built(1.9, ">=")["found"].tolist() == ["at least 2 for 1.9 [total, b]"]
    assert built(17.5, ">=")["found"].tolist() == ["17 at best for 17.5 [total, b]"]
    assert built(1.9)["found"].tolist() == ["2 at best for 1.9 [total, b]"]
    assert built(17.5, ">=", "soft").empty  # it may give


@pytest.mark.parametrize(("value", "told"), [(14.0, []), (16.0, ["at most 15 of 16 [A, a]"])])
def test_a_limit_of_which_one_row_binds(value: float, told: list[str]) -> None:
    row = {"limit": "built", "account": "area.class.town", "jurisdiction": "each", "sense": "<=", "value": value}
    study = four().replace(limits=pd.DataFrame([row]))
    # A: nothing is built, 15 ha of farms may be; B: 2 ha are, and nothing else can be
    assert reach_of(study) == {("A", "a"): (0, 15), ("A", "b"): (0, 15), ("B", "a"): (2, 2), ("B", "b"): (2, 2)}
    assert check(study).warnings["found"].tolist() == told


def reach_of(study: Study) -> dict[tuple[str, str], tuple[float, float]]:
    """Between what each row of the limit `built` can lie, by place and period."""
    model = policy_model(Ledger(build_options(study)))
    policy = compile_policy(model)
    block = land_block(model.source, policy)
    out = {}
    for key in model.limit:
        at = block.rows.index(model.limit[key].name)
        low, high = reach(model.source.options, block, np.array([at]))
        fixed = policy.upper[policy.rows.index(block.rows[at])] - block.upper[at]
        out[key[1], key[2]] = float(low[0] + fixed), float(high[0] + fixed)
    return out


def test_the_ends_are_those_of_all_plans() -> None:
    """Against every plan of the four parcels: areas, and amounts of single parcels with a column that scales them."""
    study = four()
    flows = [
        {"parcel_id": "p1", "practice": "build", "account": "eco", "basis": "per_year", "value": 3.0},
        {"parcel_id": "p3", "practice": "", "account": "eco", "basis": "per_ha_year", "value": 2.0},
    ]
    scaled = study.class_flows.assign(scale_by=["x_tilt", "", ""], value=[1.0, 2.0, 4.0])
    study = study.replace(
        parcels=study.parcels.assign(x_tilt=[-1.0, 3.0, 1.0, 1.0]),
        parcel_flows=pd.DataFrame(flows),
        class_flows=scaled,
        projects=None,
        land_take=None,
        practices=study.practices.assign(requires_project=0),
        limits=pd.DataFrame([{"limit": "built", "account": "eco", "sense": "<=", "value": 1e3}]),
    )
    ledger = Ledger(build_options(study))
    options = [np.flatnonzero(ledger.options.parcel == i) for i in range(4)]
    found = []
    for chosen in itertools.product(*options):
        weight = np.zeros(len(ledger.options.kind))
        weight[list(chosen)] = 1.0
        idle = np.zeros(ledger.works.possible.shape)
        found.append(ledger.values([("eco", 0), ("eco", 1)], weight, idle, [TOTAL])[0])
    low, high = np.min(found, axis=0), np.max(found, axis=0)
    rows = reach_of(study)
    for t, name in enumerate("ab"):
        # the ends may be wider by what single parcels carry, whose extremes are taken by themselves: 3 and 2 x 8
        assert low[t] - 3.0 - 16.0 <= rows[TOTAL, name][0] <= low[t] + 1e-9
        assert high[t] - 1e-9 <= rows[TOTAL, name][1] <= high[t] + 3.0 + 16.0


def test_what_doing_nothing_breaks_from_the_start() -> None:
    told = waste()
    assert told["where"].tolist() == ["limits, clean"]
    (found,) = told["found"]
    assert found.startswith("10 for 5, off by 5 [total, p1]")
    assert "period = p3" in told["do"].item()
    assert waste(period="last").empty  # a goal
    assert waste(period="p1").empty  # so is one of a period of its own
    assert waste(basis="share_of_start", value=1.0).empty
    assert waste(value=11.0)["must"].tolist() == ["a limit can bind: some choice of land and projects reaches it"]


def test_the_ways_to_plan_towards_a_limit_are_others_than_it_has() -> None:
    """The limit says its value a hectare of today's, or may give: neither is offered again."""
    hard = waste()["do"].item()
    assert "kind = soft" in hard
    assert "basis = share_of_start" in hard
    soft = waste(kind="soft", penalty=1.0)["do"].item()
    assert "kind = soft" not in soft
    assert "basis = share_of_start" in soft
    share = waste(basis="share_of_start", value=0.5)["do"].item()
    assert "kind = soft" in share
    assert "share_of_start" not in share
    for told in (hard, soft, share):
        assert "period = p3" in told
        assert "a limit of its own" in told


def test_a_fault_of_the_base_year_comes_with_what_was_suspicious() -> None:
    """Ten hectares of town for 50 people, 2,000 m2 a head: the fault of money has a cause, told beside it."""
    rent = {"account": "rent", "land_class": "field", "basis": "per_ha_year", "value": 0.1}
    study = town(
        finance={"own_revenue": 0.5},
        parcels=[parcel(population=50)],
        land_classes=[{"land_class": "field", "class_group": "construction"}],
        accounts=[account("rent", budget="general")],
        class_flows=[rent],
    )
    with pytest.raises(StudyError) as error:
        check(study)
    assert [each.name for each in error.value.faults["must"]] == ["finance.residual"]
    assert error.value.warnings is not None
    assert [each.name for each in error.value.warnings["must"]] == ["parcels.built"]


def test_what_is_left_of_the_base_year() -> None:
    assert revenue(3.0).empty
    assert revenue(1.02).empty
    told = revenue(1.005)
    assert told["where"].tolist() == ["the settings, finance.own_revenue"]
    assert told["found"].tolist() == ["1.005 million, 0.005 of it not of today's land"]
