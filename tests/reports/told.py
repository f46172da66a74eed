"""The tables of money of plans that the audit's tests make by hand."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from zonevest.model.plan import PlanData
from zonevest.reports.money import write_money

CODES = [
    "source", "use", "stock", "balance", "ratio", "off", "revenue", "receipts", "land_sale", "own_revenue", "transfers",
    "raised", "refinanced", "operating_cost", "outlay", "fixed_cost", "repaid", "interest", "fund_transfers",
    "opening_cash", "closing_cash", "reserve", "debt", "debt_counted", "fiscal_resources", "operating_result",
    "balance_after_interest", "net", "debt_ratio", "debt_ratio_all", "cover", "interest_share_general",
    "interest_share_fund", "land_sale_share", "green_share", "real_estate_share", "grade", "unit", "value", "start",
    "green", "yellow", "orange", "red", "practice", "project", "created", "captured", "left", "money", "uplift",
    "transfer", "gain", "jurisdiction", "receives", "pays", "receives_share", "pays_share", "people", "per_head",
    "capture_tool", "million", "percent", "share",
    "outside", "capex", "quota", "sale", "purchase", "actor", "local", "total", "farmers",
    "builders", "pot", "tram", "levying", "taxing", "levy", "tax", "rise",
    "land_rent", "land_rent_share", "risk_grade",
]  # fmt: skip
"""Codes of the tables of money: they are not translated."""


def as_data(plan: Any) -> PlanData:
    """Anything that has a plan's fields as a plan."""
    finance = plan.study.settings.finance
    known = {each.name: getattr(plan, each.name) for each in fields(PlanData) if hasattr(plan, each.name)}
    return PlanData(**known | {"limits_off": ["finance"] if finance is None else finance.off()})


def write_told(plan: Any, folder: Path) -> None:
    """Write cash_flow.csv, capture.csv and distribution.csv."""
    write_money(as_data(plan), folder)
