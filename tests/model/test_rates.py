"""What a number of the study is multiplied by in a row: against the same row with another number."""

from __future__ import annotations

from random import Random

import pyomo.environ as pyo
from pyomo.core.expr.visitor import identify_variables

from tests.model.complete_shore import shore
from zonevest.instances.study import Study
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.model.rates import define_rates

FAMILY = "rated"
"""The family that ranges of shadow prices add to a policy model; no solve of a study has it."""


def drawn(study: Study) -> pyo.ConcreteModel:
    """The policy model at a point that is drawn by names, so that models with the same names have the same point."""
    model = policy_model(Ledger(build_options(study)))
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(Random(variable.name).uniform(0.0, 9.0), skip_validation=True)
    return model


def missed(model: pyo.ConcreteModel, row: str) -> float:
    """By how much a row is exceeded at the point."""
    found = model.find_component(row)
    return float(pyo.value(found.body) - pyo.value(found.upper))


def test_a_rate_is_what_one_more_of_the_number_gives_a_row() -> None:
    study = shore()
    before = drawn(study)
    after = drawn(shore(finance={"debt_ratio_cap": 2.5}))
    columns = define_rates(before)
    told = [each for each in before.told if each.limit == "debt_ratio_cap"]
    assert told
    for each in told:
        rate = before.find_component(columns[each.row])
        (row,) = [row for row in before.rated.values() if any(v is rate for v in identify_variables(row.body))]
        rate.set_value(0.0)
        given = float(pyo.value(row.body))  # per - 0
        assert abs(given) > 1e-6
        assert abs(missed(before, each.row) - missed(after, each.row) - given) <= 1e-9 * max(1.0, abs(given))
        rate.set_value(given)
        assert abs(float(pyo.value(row.body))) <= 1e-9 * max(1.0, abs(given))
        assert row.lower == row.upper == 0.0
