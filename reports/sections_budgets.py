"""The parts of the report page that tell of budgets, what is set aside, and what the market pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.reports.budgets import set_asides
from zonevest.reports.display import number, percent, places
from zonevest.reports.sections_money import table_line
from zonevest.reports.sold import sold
from zonevest.reports.tables import TOTAL

if TYPE_CHECKING:
    from zonevest.model.booked import Books
    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]

COMES = ("operating", "receipts", "raised", "passed_in")
LEAVES = ("outlay", "repaid", "interest", "passed_out", "fund_transfers")
TRACE = 1e-6
"""Million: what is less is rounding."""


def budget_parts(facts: Facts, display: Display) -> Part:
    """Budgets, what they pass on, what is set aside, and markets; a part that the study has nothing for is None."""
    plan, booked = facts.plan, facts.books
    periods = [period.name for period in plan.study.periods]
    several = len(plan.study.budgets) > 0 and plan.study.settings.finance is not None
    return {
        "periods": periods,
        "budgets": _budgets(plan, display, facts.money["budgets"], periods) if several else None,
        "passed": _passed(plan, display, periods) if several else None,
        "aside": _aside(plan, display, booked, periods) if several else None,
        "markets": _markets(plan, display, booked, periods) if len(plan.study.price_steps) else None,
    }


def _by_period(rows: pd.DataFrame, column: str, periods: list[str]) -> list[float]:
    sums: list[float] = rows.groupby("period")[column].sum().reindex(periods, fill_value=0.0).astype(float).tolist()
    return [0.0 if abs(value) < TRACE else value for value in sums]


def _budgets(plan: PlanData, display: Display, table: pd.DataFrame, periods: list[str]) -> list[Part]:
    """What comes to each budget and leaves it, from opening to closing cash; what is 0 throughout is left out."""
    words = display.words
    decimals = places(table[["opening", *COMES, *LEAVES, "closing"]].to_numpy(dtype=float).ravel())
    held = plan.limits[plan.limits["limit"].str.startswith("reserve.")].assign(
        budget=lambda rows: rows["limit"].str.removeprefix("reserve.")
    )

    def told(name: str, values: list[float], kind: str = "") -> list[Part]:
        return [table_line(words(name), values, lambda value: number(value, decimals), kind)]

    blocks = []
    for budget, rows in table.groupby("budget", sort=False):
        lines = told("item_opening_cash", _by_period(rows, "opening", periods))
        for sign, items in ((1, COMES), (-1, LEAVES)):
            for item in items:
                values = [sign * value for value in _by_period(rows, item, periods)]
                if any(values):
                    lines += told(f"budget_{item}", values)
        lines += told("item_closing_cash", _by_period(rows, "closing", periods), "sum")
        reserve = _by_period(held[held["budget"] == budget], "bound", periods)
        lines += told("item_reserve", reserve, "quiet") if any(reserve) else []
        blocks.append({"name": display.budget(str(budget)), "lines": lines})
    return blocks


def _passed(plan: PlanData, display: Display, periods: list[str]) -> list[Part]:
    """What one budget passes on to another; pairs that may and do not are left out."""
    table = plan.budget_transfers
    decimals = places(table["amount"].astype(float))
    found = []
    for of, to in zip(plan.study.budget_transfers["from"], plan.study.budget_transfers["to"], strict=True):
        values = _by_period(table[(table["from"] == of) & (table["to"] == to)], "amount", periods)
        if any(values):
            found.append(table_line(display.budget(f"{of}.{to}"), values, lambda value: number(value, decimals)))
    return found


def _aside(plan: PlanData, display: Display, booked: Books, periods: list[str]) -> list[Part]:
    """What is set aside of an account's revenue for each budget."""
    table = set_asides(plan, booked)
    decimals = places(table["amount"].astype(float))
    found = []
    for (account, budget, share), rows in table.groupby(["account", "budget", "share"], sort=False):
        name = f"{display.account(str(account))} → {display.budget(str(budget))}"
        values = _by_period(rows, "amount", periods)
        found.append(table_line(name, values, lambda value: number(value, decimals)) | {"share": percent(float(share))})
    return found


def _markets(plan: PlanData, display: Display, booked: Books, periods: list[str]) -> Part:
    """Hectares by price step, what they bring, and the average price against the first step's."""
    words, table = display.words, sold(plan, booked.ledger)
    blocks, idle = [], []
    for (account, area, place), rows in table.groupby(["account", "area_account", "jurisdiction"], sort=False):
        parts = [display.account(str(account)), display.account(str(area))]
        name = " · ".join([*parts, display.jurisdiction(str(place))] if place != TOTAL else parts)
        if any(_by_period(rows, "hectares", periods)):
            blocks.append({"name": name, "lines": [*_steps(rows, periods, display), *_sums(rows, periods, display)]})
        else:
            idle.append(name)
    note = words("sold_nothing", names=words("semicolon").join(idle)) if idle else ""
    return {"blocks": blocks, "note": note}


def _steps(rows: pd.DataFrame, periods: list[str], display: Display) -> list[Part]:
    """A line per step: hectares by period; its size and price where they are the same in all of them."""
    words = display.words
    lines = []
    for step, each in rows.groupby("step", sort=True):
        name = words("step_varies", step=step)
        kinds = each[["up_to", "price"]].round(9).drop_duplicates()
        if len(kinds) == 1:
            price = f"{number(kinds['price'].iloc[0])}\u00a0{_per_hectare(display)}"
            name = words("step_text", step=step, up_to=number(kinds["up_to"].iloc[0]), price=price)
        values, there = _by_period(each, "hectares", periods), set(each["period"])
        told = [value if period in there else np.nan for value, period in zip(values, periods, strict=True)]
        lines.append(_measured(name, words("ha"), told))
    return lines


def _sums(rows: pd.DataFrame, periods: list[str], display: Display) -> list[Part]:
    """Hectares of all steps, what they bring, and the average price of a hectare."""
    words = display.words
    hectares, amount, full = (np.array(_by_period(rows, name, periods)) for name in ("hectares", "amount", "full"))
    average = np.divide(amount, hectares, out=np.full(len(periods), np.nan), where=hectares > 0)
    against = np.divide(amount, full, out=np.full(len(periods), np.nan), where=full > 0)
    lines = [
        _measured(words("sold_hectares"), words("ha"), hectares.tolist(), "sum"),
        _measured(words("sold_amount"), display.money_unit, amount.tolist(), "quiet"),
        _measured(words("sold_average"), _per_hectare(display), average.tolist(), "quiet"),
    ]
    # what is free up to its first step has no price to compare with
    if not np.isnan(against).all():
        told = table_line(words("sold_against"), against.tolist(), lambda share: percent(share, 3), "quiet")
        lines.append(told | {"unit": ""})
    return lines


def _measured(name: str, unit: str, values: list[float], kind: str = "") -> Part:
    decimals = places(values)
    return table_line(name, values, lambda value: number(value, decimals), kind) | {"unit": unit}


def _per_hectare(display: Display) -> str:
    return f"{display.money_unit}/{display.words('ha')}"
