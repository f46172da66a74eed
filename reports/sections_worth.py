"""The parts of the report page that tell what is expected of projects, alone, in bundles and together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances.say import translate
from zonevest.reports.display import DASH, number, percent, places, signed
from zonevest.reports.sections import SHOWN
from zonevest.reports.tables import account_unit
from zonevest.reports.worth import bundles, never, together

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display

Part = dict[str, Any]


def worth(plan: PlanData, display: Display, ledger: Ledger) -> Part:
    """What is expected of projects; a part that the study has nothing for is None."""
    return {
        "never": _never(ledger, display),
        "bundles": _bundles(plan, display, ledger),
        "together": _together(plan, display, ledger),
    }


def _worth(value: float, decimals: int) -> str:
    return DASH if math.isnan(value) else signed(value, decimals)


def _never(ledger: Ledger, display: Display) -> Part | None:
    """Projects that can start in no period, by the reason for it."""
    table = never(ledger.works)
    if table.empty:
        return None
    decimals = places(table["npv"].dropna())
    groups = []
    for _, rows in table.groupby("why", sort=False):
        # a table holds text: the sentence itself, which knows its translation, is with the works
        told = translate(ledger.works.why_not[rows["project"].iloc[0]], display.words.lang)
        lines = [
            {
                "name": display.project(str(row["project"])),
                "hurdle": percent(row["hurdle"]),
                "npv": _worth(float(row["npv"]), decimals),
            }
            for row in rows.to_dict("records")
        ]
        groups.append({"why": told[0].upper() + told[1:], "lines": lines})
    tested = bool(table["npv"].notna().any())
    return {"groups": groups, "count": len(table), "tested": tested, "folded": len(table) > SHOWN}


def _bundles(plan: PlanData, display: Display, ledger: Ledger) -> Part | None:
    """EOD bundles: what restoration has of their capital, and what their own income is worth."""
    table = bundles(plan, ledger.works)
    if table.empty:
        return None
    decimals, of_income = places(table["capex"]), places(table["income"].dropna())
    lines = [
        {
            "name": row["bundle"],
            "projects": display.words("comma").join(display.project(name) for name in row["projects"]),
            "start": row["start"] or display.words("not_chosen"),
            "capex": number(row["capex"], decimals),
            "share": percent(row["share"]),
            "short": row["share"] < row["least"] and not math.isnan(row["income"]),
            "income": display.words("untested") if math.isnan(row["income"]) else signed(row["income"], of_income),
            "below": row["income"] < 0,
        }
        for row in table.to_dict("records")
    ]
    return {"lines": lines, "note": display.words("bundles_note", least=percent(float(table["least"].iloc[0])))}


def _together(plan: PlanData, display: Display, ledger: Ledger) -> Part | None:
    """Synergies that come about, and how many could."""
    whole = len(plan.study.synergies)
    if not whole:
        return None
    table: pd.DataFrame = together(plan, ledger)
    lines = [
        {
            "name": display.project(row["project"]),
            "with": display.project(row["with"]),
            "account": display.account(row["account"]),
            "year": str(row["year"]),
            "stated": number(row["stated"], places([row["stated"], row["expected"]])),
            "expected": number(row["expected"], places([row["stated"], row["expected"]])),
            "unit": display.unit(account_unit(plan.study, row["account"])),
        }
        for row in table.to_dict("records")
    ]
    return {"lines": lines, "note": display.words("together_note", count=len(lines), whole=whole)}
