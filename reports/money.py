"""The tables of money of a plan folder, and what plan.json says of money in short."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.model.booked import Books, books
from zonevest.reports.budgets import budgets
from zonevest.reports.capture import capture
from zonevest.reports.cash_flow import cash_flow
from zonevest.reports.distribution import cash_parts, distribution

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

TABLES = {"cash_flow": cash_flow, "budgets": budgets, "capture": capture, "distribution": distribution}
"""Each is a file of the plan folder, `budgets` with [finance] only."""
FILES = (*TABLES, "balance_sheet", "circulation")
"""Tables of money that are files of the plan folder."""


def money_tables(plan: PlanData, booked: Books | None = None) -> dict[str, pd.DataFrame]:
    """Cash flow, budgets, capture and distribution of a plan."""
    known = booked if booked is not None or not plan.has_plan else books(plan)
    there = [name for name in TABLES if name != "budgets" or plan.study.settings.finance is not None]
    return {name: TABLES[name](plan, known) for name in there}


def in_short(plan: PlanData, tables: dict[str, pd.DataFrame], booked: Books | None = None) -> dict[str, Any]:
    """What plan.json says: the land rent in F1 with its share, and debt ratio (per cent) and risk grade by period."""
    parts = cash_parts(plan, booked).set_index("part").reindex(["land_rent"])
    rent, share = parts["value"].iloc[0], parts["share"].iloc[0]
    flows = tables["cash_flow"]
    ratio = flows[flows["item"] == "debt_ratio"].set_index("period")
    return {
        "land_rent": None if pd.isna(rent) else float(rent),
        "land_rent_share": None if pd.isna(share) else float(share),
        "debt_ratio": {str(name): float(value) for name, value in ratio["value"].items()},
        "risk_grade": {str(name): str(value) for name, value in ratio["grade"].items()},
    }


def write_money(
    plan: PlanData, folder: Path, tables: dict[str, pd.DataFrame] | None = None, booked: Books | None = None
) -> dict[str, Any]:
    """Write the tables of a plan into a folder; what plan.json says of them."""
    if not plan.has_plan:
        return {}
    booked = booked or books(plan)
    tables = tables or money_tables(plan, booked)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return in_short(plan, tables, booked)
