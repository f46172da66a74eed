"""The parts of the report page that tell of money: cash flow, funding, and of what F1 is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.reports.display import DASH, number, percent, places, signed

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]

ITEMS = {
    "source": ("revenue", "own_revenue", "transfers", "receipts", "land_sale", "raised", "refinanced"),
    "use": ("operating_cost", "fixed_cost", "outlay", "repaid", "interest", "fund_transfers"),
}
"""The order in which sources and uses are told."""


def money(facts: Facts, display: Display) -> Part:
    """Cash flow, funding, and of what F1 is made."""
    plan = facts.plan
    return {
        "cash": _cash(plan, facts.cash, display),
        "funding": _funding(plan, display),
        "parts": _parts(facts.cash_parts, display),
        "off": [display.words.or_code("off_", str(name)) for name in plan.limits_off],
        "finance": plan.study.settings.finance is not None,
    }


def table_line(name: str, values: Iterable[float], write: Callable[[float], str], kind: str = "") -> Part:
    """A row of a table by period: its name and its cells."""
    return {"name": name, "cells": [DASH if math.isnan(value) else write(value) for value in values], "kind": kind}


def _cash(plan: PlanData, table: pd.DataFrame, display: Display) -> Part:
    """Sources and uses by item, the accounts and instruments of an item folded below it."""
    periods = [period.name for period in plan.study.periods]
    words = display.words

    def values(rows: pd.DataFrame) -> list[float]:
        sums: list[float] = rows.groupby("period")["value"].sum().reindex(periods, fill_value=0.0).tolist()
        return sums

    flows = table[table["kind"].isin(ITEMS)]
    decimals = places([each for kind in ITEMS for each in values(flows[flows["kind"] == kind])])

    def write(value: float) -> str:
        return number(value, decimals) if value else "0"

    def stock(item: str) -> list[float]:
        rows = table[(table["item"] == item) & (table["kind"].isin(["stock", "balance"]))]
        found: list[float] = rows.set_index("period")["value"].reindex(periods).tolist()
        return found

    blocks = []
    for kind, items in ITEMS.items():
        lines = []
        for item in items:
            rows = flows[(flows["kind"] == kind) & (flows["item"] == item)]
            if rows.empty:
                continue
            name = rows["account"].where(rows["account"] != "", rows["instrument"])
            parts = [
                table_line(display.money_item(str(code)), values(each), write)
                for code, each in rows.groupby(name, sort=False)
                if code
            ]
            lines.append(table_line(words(f"item_{item}"), values(rows), write) | {"parts": parts})
        total = table_line(words(f"sum_{kind}"), values(flows[flows["kind"] == kind]), write, "sum")
        blocks.append({"name": words(f"kind_{kind}"), "lines": lines, "total": total})
    finance = plan.study.settings.finance is not None
    before = [table_line(words("item_opening_cash"), stock("opening_cash"), write)] if finance else []
    after = [table_line(words("item_closing_cash"), stock("closing_cash"), write, "sum")] if finance else []
    if finance and any(stock("reserve")):
        after.append(table_line(words("item_reserve"), stock("reserve"), write, "quiet"))
    if not finance:
        after = [table_line(words("item_net"), stock("net"), write, "sum")]
    empty = not any(block["lines"] for block in blocks)
    return {"periods": periods, "blocks": blocks, "before": before, "after": after, "empty": empty}


def _funding(plan: PlanData, display: Display) -> Part | None:
    """What each instrument brings for the chosen projects, and what the purse's own cash must bring."""
    drawn = plan.financing[plan.financing["project"] != ""]
    built = plan.projects[plan.projects["start"].fillna("") != ""]
    if drawn.empty:
        return None
    table = drawn.pivot_table(index="project", columns="instrument", values="raised", aggfunc="sum", fill_value=0.0)
    order = [f for f in plan.study.instruments["instrument"] if f in table.columns]
    capex = dict(zip(built["project"], built["capex"].astype(float), strict=True))
    table = table.reindex([name for name in capex if name in table.index])[order]
    table = table.iloc[np.argsort(-table.sum(axis=1).to_numpy(), kind="stable")]
    decimals = places([*table.to_numpy().ravel(), *(capex[name] for name in table.index)])

    def write(value: float) -> str:
        return number(value, decimals) if abs(value) > 1e-6 else ""

    lines = [
        table_line(display.project(str(name)), [capex[str(name)], *row, capex[str(name)] - sum(row)], write)
        for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)
    ]
    sums = table.sum().tolist()
    whole = sum(capex[str(name)] for name in table.index)
    rest = sum(value for name, value in capex.items() if name not in table.index)
    note = display.words("funding_note", count=display.projects(len(built) - len(table)), capex=display.money(rest))
    return {
        "columns": [display.instrument(f) for f in order],
        "lines": lines,
        "total": table_line(display.words("total"), [whole, *sums, whole - sum(sums)], write),
        "note": note if len(built) > len(table) else "",
    }


def _parts(table: pd.DataFrame, display: Display) -> Part | None:
    """Of what the gain in F1 is made, the rent of sold land among it."""
    if table.empty or not table["value"].abs().max() > 0:
        return None
    words, decimals = display.words, places(table["value"])
    lines = [
        {
            "name": words(f"part_{row.part}"),
            "value": signed(row.value, decimals),
            "share": DASH if math.isnan(row.share) else percent(row.share),
            "strong": row.part == "land_rent",
        }
        for row in table.itertuples(index=False)
        if abs(row.value) > 1e-9 or row.part == "land_rent"
    ]
    rent = table.set_index("part").loc["land_rent"]
    text = words("land_rent_text", value=display.money(float(rent["value"])), share=percent(float(rent["share"])))
    if math.isnan(rent["share"]):
        text = words("land_rent_plain", value=display.money(float(rent["value"])))
    total = signed(float(table["value"].sum()), decimals)
    return {"lines": lines, "total": total, "text": text}
