"""What bleeds: projects whose recurring cash is below nothing for the budget entity, the largest loss first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zonevest.model.booked import PROJECT
from zonevest.reports.cash_flow import SMALL
from zonevest.reports.contents import Column, Sheet

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts


def losing_projects(facts: Facts) -> pd.DataFrame:
    """Projects that cost the budget entity more every year than they bring it.

    Returns
    -------
    DataFrame
        ``project, category, jurisdiction, start``, and million a year in the last period: ``revenue, cost, net`` (below
        0). What leaves with land that a project takes is not among it.
    """
    money, study = facts.money, facts.study
    years = float(study.periods[-1].years)
    mine = (money.rows["kind"] == PROJECT).to_numpy() & money.annual
    amount = pd.Series(money.amount[mine, -1] / years)
    source, revenue = money.rows["source"][mine].to_numpy(), money.revenue[mine]
    sums = pd.DataFrame({"revenue": amount.where(revenue, 0.0), "cost": -amount.where(~revenue, 0.0)})
    sums = sums.groupby(source).sum()
    sums["net"] = sums["revenue"] - sums["cost"]
    sums = sums[sums["net"] < -SMALL].sort_values("net", kind="stable").reset_index(names="project")
    own = study.projects.set_index("project").reindex(sums["project"])
    start = facts.plan.projects.set_index("project")["start"].reindex(sums["project"])
    sums.insert(1, "category", own["category"].to_numpy())
    sums.insert(2, "jurisdiction", own["jurisdiction"].to_numpy())
    sums.insert(3, "start", start.to_numpy())
    return sums


SHEETS = (
    Sheet(
        "losing_projects",
        "balance",
        losing_projects,
        (
            Column("project", "project"),
            Column("category", "word:category_"),
            Column("jurisdiction", "jurisdiction"),
            Column("start", "period"),
            Column("revenue", unit="million/year", total=True),
            Column("cost", unit="million/year", total=True),
            Column("net", unit="million/year", total=True),
        ),
    ),
)
