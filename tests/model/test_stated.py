"""Rows in which nothing is decided: they hold and are told of, or there is no plan."""

from __future__ import annotations

import pytest

import zonevest as zv
from tests.reports.audit_studies import study

OWED = {"instrument": "old", "kind": "bond", "rate": 0.1, "tenor_years": 2, "limit_total": 0, "outstanding": 3.0}


@pytest.mark.parametrize(("most", "status"), [(3.0, "optimal"), (2.0, "infeasible")])
def test_a_limit_on_what_nobody_decides(most: float, status: str) -> None:
    # 3 are owed, to be repaid by 2027 in equal parts; nothing else may be borrowed
    limit = {"limit": "owed", "account": "finance.repaid.old", "sense": "<=", "value": most, "period": "p1"}
    given = study({"finance": {"own_revenue": 5.0}}, instruments=[{**OWED, "outstanding_years": 2}], limits=[limit])
    plan = zv.solve(given)
    assert plan.status == status
    if plan.has_plan:
        row = plan.limits.set_index("limit").loc["owed"]
        assert (row["value"], row["slack"]) == (pytest.approx(3.0), pytest.approx(0.0))
        assert zv.audit(plan).ok
