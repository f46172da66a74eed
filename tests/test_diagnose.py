"""Studies that have no plan, in known ways: what `diagnose` names and proposes, each checked apart from it.

Whether named conditions hold together is asked of the complete model, which is written independently of the ledger.
By default 6 random studies (some 15 s); ZONEVEST_CONFLICTS=200 asks for more.
"""

from __future__ import annotations

import os
from random import Random

import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.random_conflicts import applied, planted_study, unlined
from zonevest.instances.study import Study
from zonevest.model.conditions import NATURE, TOGETHER
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.reports.diagnosis import Diagnosis

STUDIES = int(os.environ.get("ZONEVEST_CONFLICTS", "6"))


def holds(study: Study, names: set[str]) -> bool:
    """Whether conditions hold together, all others let go: by the complete model."""
    lines = {name[5:-1] for name in names if name.startswith("line[")}
    model = zv.pyomo_model(unlined(study, lines))
    for row in model.component_data_objects(pyo.Constraint, active=True):
        family = row.parent_component().name
        index = row.index() if isinstance(row.index(), tuple) else (row.index(),)
        key = ",".join(map(str, index[: TOGETHER.get(family, len(index))]))
        if family not in NATURE | {"assign"} and not _soft(study, family, index) and f"{family}[{key}]" not in names:
            row.deactivate()
    _keep_starts(study, model)
    last = study.periods[-1].name
    for project in study.projects["project"]:
        if f"mandatory[{project}]" not in names:
            model.U[project, last].setlb(0)
    for side in ("buy", "sell"):
        for key, variable in getattr(model, side).items():
            if f"quota_{side}[{key[0]},{key[-1]}]" not in names:
                variable.setub(None)
    model.objective.deactivate()
    model.any = pyo.Objective(expr=0.0)
    found = pyo.SolverFactory("appsi_highs").solve(model, load_solutions=False)
    return str(found.solver.termination_condition) == "optimal"


def _keep_starts(study: Study, model: pyo.ConcreteModel) -> None:
    """A project whose site lies on a line starts no earlier because land use is freed of it."""
    works, names = Ledger(build_options(study)).works, [period.name for period in study.periods]
    model.none = pyo.ConstraintList()
    for project, possible in zip(works.names, works.possible, strict=True):
        for t, name in enumerate(names):
            if not possible[t]:
                model.none.add(model.U[project, name] <= (model.U[project, names[t - 1]] if t else 0))


def _soft(study: Study, family: str, index: tuple[str, ...]) -> bool:
    finance, limits = study.settings.finance, study.limits
    if finance is not None and family in finance.soft:
        return True
    return family == "limit" and bool((limits.loc[limits["limit"] == index[0], "kind"] == "soft").all())


def check_sets(study: Study, found: Diagnosis) -> None:
    assert found.conflicts["conflict"].nunique() == len(found.proven) > 0
    assert all(found.proven)
    for _, rows in found.conflicts.groupby("conflict"):
        names = set(rows["condition"])
        assert not holds(study, names), names
        for name in names:
            assert holds(study, names - {name}), (name, names)


def check_repairs(study: Study, found: Diagnosis) -> int:
    assert len(found.repairs)
    assert found.repairs["verified"].eq(True).all()
    assert found.repairs["cost"].is_monotonic_increasing
    by_cells = 0
    for _, rows in found.repairs.groupby("repair"):
        mended = applied(study, rows)
        if mended is not None:
            by_cells += 1
            assert zv.solve(mended, method="mip", time_limit=60).has_plan, rows
    return by_cells


@pytest.mark.long
def test_planted_conflicts_are_found_and_mended() -> None:
    planted = named = by_cells = 0
    for seed in range(STUDIES):
        study, conflicts, _ = planted_study(Random(seed))
        found = zv.diagnose(study)
        assert found.feasible is False
        check_sets(study, found)
        by_cells += check_repairs(study, found)
        planted += len(conflicts)
        named += sum(not names.isdisjoint(found.repairs["condition"]) for names in conflicts)
    assert by_cells >= STUDIES / 2
    assert named >= 0.9 * planted
