"""The tables of money of plans that the audit's tests make by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.reports.audit_studies import Rows, evaluate
from zonevest.instances.schema import RESOURCES
from zonevest.instances.study import Study
from zonevest.model.plan import PlanData
from zonevest.reports.balance_sheet import ASSETS, CHANGES, LIABILITIES, SIDES, WORTHS
from zonevest.reports.circulation import CIRCULATIONS, LOOP, NODES
from zonevest.reports.facts import Facts
from zonevest.reports.money import write_money
from zonevest.reports.natural import TENURES

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
    *SIDES, *ASSETS, *LIABILITIES, *WORTHS, *CHANGES, *NODES, *CIRCULATIONS, *LOOP, *RESOURCES, *TENURES,
    "fund_in_cash", "extent", "condition", "flow", "kept", "node", "enters", "leaves", "loop", "closed", "reinvestment",
    "reinvestment_to_date", "recurring_net", "recurring", "one_off", "financing", "stock", "payers", "above", "lenders",
    "payees", "cash_before", "cash_after", *(f"kept_in_{node}" for node in NODES), "all", "resource_fund", "instrument",
]  # fmt: skip
"""Codes of the tables of money: they are not translated."""


def as_data(plan: Any) -> PlanData:
    """Anything that has a plan's fields as a plan."""
    finance = plan.study.settings.finance
    known = {each.name: getattr(plan, each.name) for each in fields(PlanData) if hasattr(plan, each.name)}
    return PlanData(**known | {"limits_off": ["finance"] if finance is None else finance.off()})


def planned(
    given: Study, options: Mapping[str, tuple[str, str]], starts: Mapping[str, str], **decisions: Rows
) -> PlanData:
    """A plan of these decisions, with the ledger and the limits that the audit recomputes."""
    found = evaluate(given, options, starts, **decisions)
    own, practices = given.parcels, given.practices.set_index("practice")
    chosen = [options.get(name, ("hold", "")) for name in own["parcel_id"]]
    rows = []
    for name, zone, before, (practice, start) in zip(
        own["parcel_id"], own["zone"], own["land_class"], chosen, strict=True
    ):
        after = before if practice == "hold" else practices.loc[practice, "to_class"] or before
        new = zone if practice == "hold" else practices.loc[practice, "zone"]
        rows.append((name, new, practice, start, before, after, 1.0))

    class Plan:
        study, status, has_plan = given, "feasible", True
        cash = found.cash - found.doing_nothing.get("cash", 0.0)
        ledger = found.ledger
        limits = found.limits.assign(shadow_price=np.nan, unit="")
        parcels = pd.DataFrame(
            rows, columns=["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]
        )
        projects = given.projects[["project", "capex"]].assign(
            start=[starts.get(name, "") for name in given.projects["project"]]
        )

    plan = as_data(Plan)
    for name, table in decisions.items():
        setattr(plan, name, pd.DataFrame(list(table)))
    return plan


def write_told(plan: Any, folder: Path) -> None:
    """Write the tables of money: capture.csv, balance_sheet.csv and the like."""
    facts = Facts(as_data(plan))
    write_money(facts.plan, folder, facts.money | {"balance_sheet": facts.balance, "circulation": facts.circulation})
