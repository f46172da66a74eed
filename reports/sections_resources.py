"""The parts of the report page that tell of natural resources as assets, and of people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.reports import tables
from zonevest.reports.display import DASH, number, places, signed
from zonevest.reports.resources import BEFORE, names_assets

if TYPE_CHECKING:
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]

KEPT = 1e-6
"""What is missing of a value by no more than this share of it is rounding."""


def resources(facts: Facts, display: Display) -> Part | None:
    """Natural resources where the study asks for their value, and people where some move in; None for neither."""
    plan = facts.plan
    told = facts.assets if names_assets(plan.study) else pd.DataFrame()
    moves = bool((plan.study.practices["in_migration"] > 0).any())
    lived = _people(facts.people, display) if moves else None
    if told.empty and lived is None:
        return None
    return {"assets": None if told.empty else _assets(facts, told, display), "people": lived}


def _assets(facts: Facts, table: pd.DataFrame, display: Display) -> Part:
    """Value of each resource, whose it is, how large it is, and whether it is kept."""
    plan, asked = facts.plan, _asked(facts)
    decimals = places(table[["before", "after"]].to_numpy().ravel())
    hectares = places(table[["before_ha", "after_ha"]].to_numpy().ravel())
    natural = plan.study.accounts["family"] == "ecosystem"
    flat = bool((plan.study.accounts.loc[natural, "growth"] == 0).all())

    def line(row: dict[str, Any]) -> Part:
        before, after = float(row["before"]), float(row["after"])
        less = before - after > KEPT * max(before, 1.0)
        kept = asked.get(row["account"], ("bad", "not_kept") if less else ("good", "kept"))
        of_all, worth = row["tenure"] == "", bool(before or after)
        name = display.words(f"resource_{row['resource']}" if of_all else f"tenure_{row['tenure']}")
        return {
            "name": name[0].upper() + name[1:] if of_all else name,
            "kind": "item" if of_all else "part",
            "hectares": _before_after(row["before_ha"], row["after_ha"], hectares) if of_all else ["", "", ""],
            "values": _before_after(before, after, decimals) if worth else [DASH] * 3,
            # where prices grow a larger value says nothing: the limit, which compares at start prices, does
            "kept": {"tone": kept[0], "word": display.words(kept[1])}
            if worth and (flat or row["account"] in asked)
            else None,
        }

    whole = table[table["tenure"] == ""]
    total = _before_after(float(whole["before"].sum()), float(whole["after"].sum()), decimals)
    return {"lines": [line(row) for row in table.to_dict("records")], "total": total}


def _before_after(before: float, after: float, decimals: int) -> list[str]:
    change = after - before if abs(after - before) > KEPT * max(before, 1.0) else 0.0
    return [number(before, decimals), number(after, decimals), signed(change, decimals)]


def _asked(facts: Facts) -> dict[str, tuple[str, str]]:
    """Account -> tone and label, of the assets that a limit compares with their own start in the whole area."""
    plan, limits = facts.plan, facts.limits
    given = plan.study.limits
    alone = (given["basis"] == "share_of_start") & ~given["limit"].isin(plan.study.limit_terms["limit"])
    own = limits["limit"].isin(given.loc[alone, "limit"]) & (limits["jurisdiction"] == tables.TOTAL)
    last = limits["period"].isin([plan.study.periods[-1].name, tables.TOTAL])
    told = {"holds": ("good", "kept"), "binding": ("full", "kept"), "gives": ("soft", "not_kept")}
    rows = limits[own & last]
    return {
        account: told.get(state, ("bad", "not_kept"))
        for account, state in zip(rows["account"], rows["state"], strict=True)
    }


def _people(table: pd.DataFrame, display: Display) -> Part | None:
    """People, who of them moved in, and construction land a head, in all and by jurisdiction; None where nobody is."""
    words = display.words
    names = [words("period_start") if name == BEFORE else name for name in dict.fromkeys(table["period"])]
    units = {
        "people": words("people"), "moved_in": words("people"), "construction_ha": words("ha"), "per_head": words("m2"),
    }  # fmt: skip
    blocks = []
    for place, rows in table.groupby("jurisdiction", sort=False):
        lines = []
        for name, unit in units.items():
            values = rows[name].tolist()
            if all(math.isnan(value) or value == 0 for value in values):
                continue
            decimals = 0 if name in ("people", "moved_in") else min(1, places([v for v in values if not math.isnan(v)]))
            kind = "part" if name == "moved_in" else "strong" if name == "per_head" else ""
            cells = [DASH if math.isnan(value) else number(value, decimals) for value in values]
            lines.append({"name": words(f"people_{name}"), "unit": unit, "cells": cells, "kind": kind})
        if lines:
            blocks.append({"name": display.jurisdiction(str(place)), "lines": lines})
    if not blocks:  # nobody lives there, and nothing is built
        return None
    return {"periods": names, "total": blocks[0], "each": blocks[1:] if len(blocks) > 2 else []}
