"""The parts of the report page that tell of money: cash flow and debt, and who receives and pays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.model.budgets import FUND, Budgets
from zonevest.model.vintages import DEBT
from zonevest.reports.cash_flow import GRADES, START
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
RATIOS = ("interest_share_general", "interest_share_fund", "land_sale_share", "green_share", "real_estate_share")
HIGH, WIDE, TOP, LEFT = 210.0, 640.0, 16.0, 44.0
"""Size of the chart's drawing, and where its ground begins."""


def money(facts: Facts, display: Display) -> Part:
    """Cash flow and debt, actors, and of what F1 is made."""
    plan, found = facts.plan, facts.money
    return {
        "cash": _cash(plan, found["cash_flow"], display),
        "debt": _debt(plan, found["cash_flow"], display),
        "funding": _funding(plan, display),
        "parts": _parts(facts.cash_parts, display),
        "actors": _actors(found["distribution"], display),
        "places": _places(found["distribution"], display),
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


def _debt(plan: PlanData, table: pd.DataFrame, display: Display) -> Part | None:
    """Debt, its grade and the ratios by period, the state before the first period beside them."""
    if plan.study.settings.finance is None:
        return None
    words = display.words
    periods = [START, *(period.name for period in plan.study.periods)]
    debts = table[(table["item"] == "debt") & (table["kind"] == "stock")]
    per_year, share, money = display.unit("million/year"), "%", display.money_unit

    def of(item: str, rows: pd.DataFrame | None = None) -> list[float]:
        rows = table[(table["item"] == item) & (table["instrument"] == "")] if rows is None else rows
        values: list[float] = rows.set_index("period")["value"].reindex(periods).tolist()
        return values

    def line(name: str, unit: str, values: list[float], kind: str = "") -> Part | None:
        if all(math.isnan(value) for value in values):
            return None
        decimals = places([value for value in values if not math.isnan(value)])
        decimals = 1 if unit == share else min(decimals, 2)
        return table_line(name, values, lambda value: number(value, decimals), kind) | {"unit": unit}

    grades = table[table["item"] == "debt_ratio"].set_index("period")["grade"].reindex(periods).fillna("")
    owed = [
        line(display.instrument(str(f)), money, of("debt", rows), "part")
        for f, rows in debts[debts["instrument"] != ""].groupby("instrument", sort=False)
        if rows["value"].abs().max() > 0
    ]
    lines = [
        line(words("item_debt"), money, of("debt")),
        *owed,
        line(words("item_debt_counted"), money, of("debt_counted")),
        line(words("item_fiscal_resources"), per_year, of("fiscal_resources")),
        line(words("item_debt_ratio"), share, of("debt_ratio"), "strong"),
        {"name": words("risk_grade"), "unit": "", "kind": "lights",
         "cells": [{"tone": each, "word": words(f"grade_{each}")} if each else None for each in grades]},
        line(words("item_debt_ratio_all"), share, of("debt_ratio_all")),
        line(words("item_operating_result"), per_year, of("operating_result")),
        line(words("item_balance_after_interest"), per_year, of("balance_after_interest"), "strong"),
        line(words("item_cover"), words("times"), of("cover")),
        *(line(words(f"item_{item}"), share, of(item)) for item in RATIOS),
    ]  # fmt: skip
    names = [words("period_start"), *periods[1:]]
    return {
        "alone": [words("interest_alone", name=words(f"item_{item}")) for item in interest_alone(plan, table)],
        "periods": names,
        "lines": [each for each in lines if each is not None],
        "chart": _chart(names, of("debt_ratio"), grades.tolist(), of("balance_after_interest"), display),
    }


def interest_alone(plan: PlanData, table: pd.DataFrame) -> list[str]:
    """The shares of interest that some period does not tell, since the budget spends nothing but interest in it."""
    budgets, instruments = Budgets.of(plan.study), plan.study.instruments
    lent = set(instruments.loc[instruments["kind"].isin(DEBT), "instrument"])
    paid = table[(table["kind"] == "use") & (table["item"] == "interest") & table["instrument"].isin(lent)]
    home = paid["instrument"].map(budgets.instrument)
    public = ~home.isin(budgets.enterprises)
    of = {"interest_share_general": paid[public & (home != FUND)], "interest_share_fund": paid[public & (home == FUND)]}
    return [item for item, rows in of.items() if set(rows["period"]) - set(table.loc[table["item"] == item, "period"])]


def _chart(names: list[str], ratio: list[float], grades: list[str], balance: list[float], display: Display) -> Part:
    """Debt ratio by period as bars in the colour of their grade, the bounds of the grades as lines."""
    known = [value for value in ratio if not math.isnan(value)]
    if not known:
        return {}
    top = max(130.0, 1.12 * max(known))
    ground, width = TOP + HIGH, (WIDE - LEFT) / len(names)

    def level(value: float) -> float:
        return ground - HIGH * max(value, 0.0) / top

    bars = [
        {
            "x": LEFT + width * (place + 0.2), "y": level(value), "width": width * 0.6, "height": ground - level(value),
            "middle": LEFT + width * (place + 0.5), "tone": grade, "name": name, "text": f"{number(value, 1)} %",
            "word": display.words(f"grade_{grade}"),
            "below": "" if math.isnan(gap) else signed(gap, places([gap])),
            "short": not math.isnan(gap) and gap < 0,
        }
        for place, (name, value, grade, gap) in enumerate(zip(names, ratio, grades, balance, strict=True))
        if not math.isnan(value)
    ]  # fmt: skip
    marks = [
        {"y": level(below), "text": f"{below:.0f} %", "tone": ("yellow", "orange", "red")[at]}
        for at, (_, below) in enumerate(GRADES)
        if below <= top
    ]
    has_balance = any(bar["below"] for bar in bars)
    height = ground + (62.0 if has_balance else 30.0)
    return {"bars": bars, "marks": marks, "ground": ground, "width": WIDE, "height": height, "left": LEFT,
            "has_balance": has_balance}  # fmt: skip


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


def _actors(table: pd.DataFrame, display: Display) -> Part | None:
    """What every actor receives, pays and gains; accounts with their payers and receivers folded."""
    gains = table[table["kind"] == "gain"]
    gains = gains[gains[["receives", "pays"]].abs().max(axis=1) > 1e-9]
    if gains.empty:
        return None
    decimals = places(gains[["receives", "pays", "net"]].to_numpy().ravel())
    widest = max(float(gains["net"].abs().max()), 1e-12)
    lines = [
        {
            "name": display.actor(row.actor),
            "receives": signed(row.receives, decimals),
            "pays": signed(row.pays, decimals),
            "net": signed(row.net, decimals),
            "up": 50 * max(row.net, 0.0) / widest,
            "down": 50 * max(-row.net, 0.0) / widest,
        }
        for row in gains.itertuples(index=False)
    ]
    accounts = []
    for account, rows in table[table["kind"].isin(["money", "uplift", "transfer"])].groupby("account", sort=False):
        kind = rows["kind"].iloc[0]

        def side(column: str, rows: pd.DataFrame = rows) -> str:
            some = rows[rows[column].abs() > 1e-9]
            names = [
                display.jurisdiction(row.jurisdiction) if not row.actor else display.actor(row.actor)
                for row in some.itertuples(index=False)
            ]
            told = zip(names, some[column], strict=True)
            return display.words("comma").join(f"{name} {signed(value, decimals)}" for name, value in told)

        name = display.words("fund_transfers") if kind == "transfer" else display.account(str(account))
        receives = float(rows["receives"].sum())
        accounts.append(
            {
                "name": name,
                "value": signed(receives, decimals),
                "paid": side("pays") or (display.words("nobody_pays") if kind == "uplift" else DASH),
                "received": side("receives") or DASH,
            }
        )
    money = table[table["kind"].isin(["money", "transfer"])]
    balanced = display.words(
        "actors_balance", paid=display.money(float(money["pays"].sum())), got=display.money(money["receives"].sum())
    )
    return {"lines": lines, "accounts": accounts, "balance": balanced}


def _places(table: pd.DataFrame, display: Display) -> list[Part]:
    """The gains of jurisdictions, in all and per head."""
    rows = table[table["kind"] == "jurisdiction"]
    if rows["net"].abs().max() <= 1e-9 or rows.empty:
        return []
    decimals = places(rows["net"])
    return [
        {
            "name": display.jurisdiction(row.jurisdiction),
            "net": signed(row.net, decimals),
            "people": DASH if math.isnan(row.people) else f"{row.people:,.0f}",
            "per_head": DASH if math.isnan(row.per_head) else signed(row.per_head, 0),
        }
        for row in rows.itertuples(index=False)
    ]
