"""Decide in one model how every parcel is zoned and which projects are built, and report who gains.

The front door: everything here is loaded when it is first used, so that ``import zonevest`` costs nothing.

>>> import zonevest as zv
>>> study = zv.read_study("village")
>>> plan = zv.solve(study)
>>> plan.has_plan
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonevest.api import (
        Plan,
        audit,
        bundled_cases,
        check,
        copy_case,
        make_study,
        policy_model,
        pyomo_model,
        read_plan,
        read_study,
        report,
        solve,
        write_county,
        write_study,
    )
    from zonevest.comparing import Comparison, compare
    from zonevest.deciding import decide
    from zonevest.delaying import milestones
    from zonevest.diagnosing import diagnose
    from zonevest.diverging import alternatives
    from zonevest.draws import draw_scenarios
    from zonevest.extending import extend
    from zonevest.given import plan_from
    from zonevest.instances.importing.dispatch import import_study
    from zonevest.instances.importing.imported import Imported
    from zonevest.instances.study import Study, StudyError
    from zonevest.replanning import Replanned, replan
    from zonevest.reports.alternatives import Alternatives
    from zonevest.reports.decision import Decision
    from zonevest.reports.diagnosis import Diagnosis
    from zonevest.reports.front import Front
    from zonevest.reports.path import Milestones
    from zonevest.reports.sensitivity import Sensitivity
    from zonevest.sensing import sensitivity
    from zonevest.stresses import stress_scenarios
    from zonevest.sweeps import Sweep, scenarios
    from zonevest.tradeoff import pareto

__version__ = "0.1.0"

__all__ = [
    "Alternatives",
    "Comparison",
    "Decision",
    "Diagnosis",
    "Front",
    "Imported",
    "Milestones",
    "Plan",
    "Replanned",
    "Sensitivity",
    "Study",
    "StudyError",
    "Sweep",
    "alternatives",
    "audit",
    "bundled_cases",
    "check",
    "compare",
    "copy_case",
    "decide",
    "diagnose",
    "draw_scenarios",
    "extend",
    "import_study",
    "make_study",
    "milestones",
    "pareto",
    "plan_from",
    "policy_model",
    "pyomo_model",
    "read_plan",
    "read_study",
    "replan",
    "report",
    "scenarios",
    "sensitivity",
    "solve",
    "stress_scenarios",
    "write_county",
    "write_study",
]

_ELSEWHERE = {
    "Alternatives": "zonevest.reports.alternatives",
    "alternatives": "zonevest.diverging",
    "Comparison": "zonevest.comparing",
    "compare": "zonevest.comparing",
    "Diagnosis": "zonevest.reports.diagnosis",
    "Decision": "zonevest.reports.decision",
    "decide": "zonevest.deciding",
    "diagnose": "zonevest.diagnosing",
    "draw_scenarios": "zonevest.draws",
    "extend": "zonevest.extending",
    "Front": "zonevest.reports.front",
    "Milestones": "zonevest.reports.path",
    "milestones": "zonevest.delaying",
    "pareto": "zonevest.tradeoff",
    "Imported": "zonevest.instances.importing.imported",
    "plan_from": "zonevest.given",
    "Replanned": "zonevest.replanning",
    "replan": "zonevest.replanning",
    "Sensitivity": "zonevest.reports.sensitivity",
    "sensitivity": "zonevest.sensing",
    "import_study": "zonevest.instances.importing.dispatch",
    "Study": "zonevest.instances.study",
    "StudyError": "zonevest.instances.study",
    "Sweep": "zonevest.sweeps",
    "scenarios": "zonevest.sweeps",
    "stress_scenarios": "zonevest.stresses",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_ELSEWHERE.get(name, "zonevest.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
