"""The parts of the report page as display-ready rows: what `templates/` lays out, nothing left to compute there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.model.limits import MAIN_FUNCTION
from zonevest.reports import tables
from zonevest.reports.colours import NONE, class_colours, zone_colours
from zonevest.reports.display import DASH, number, places, signed, year
from zonevest.reports.resources import names_assets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData
    from zonevest.reports.display import Display
    from zonevest.reports.facts import Facts

Part = dict[str, Any]

SHOWN = 12
"""Rows of a long list that stand open; the rest folds."""
FIRST_PROJECTS = 60
FLOORS = ("reserve", "dscr_min", "cover_min", "operating_balance", "green_share_min", "reinvestment_min", "quota",
          "portfolio", "participation", "participation_jurisdiction", "jurisdiction_floor", "floor_share")  # fmt: skip
"""Rows of money, quotas and gains whose bound is a least; of the others it is a most."""
MOST = 2000
"""Rows of one limit that a page carries; what it leaves out has more slack, and the page says how many rows it is."""
FAMILIES = ("revenue", "cost", "ecosystem", "carbon", "uplift", "quota", "social", "custom")
BUILT_IN = ("money", "asset", "area")
"""Families of built-in accounts; most of them are told elsewhere, and they stand folded."""


def land(facts: Facts, display: Display) -> Part:
    """Areas before and after, moves, land actions and held parcels that do not conform."""
    plan = facts.plan
    found = facts.moved
    zones, classes = found["zones"], found["classes"]
    zone_colour, class_colour = zone_colours(plan.study) | {"": NONE}, class_colours(plan.study) | {"": NONE}
    has_parents = bool((plan.study.zones["parent"].fillna("") != "").any())
    return {
        "tops": _areas(found["tops"], "zone", zone_colour, display.zone, display) if has_parents else None,
        "zones": _areas(zones, "zone", zone_colour, display.zone, display),
        "classes": _areas(classes, "land_class", class_colour | {tables.TAKEN: "#4d4a46"}, display.land_class, display),
        "taken": bool((classes["land_class"] == tables.TAKEN).any()),
        "moves_zone": _moves(found["moves_zone"], display.zone),
        "moves_class": _moves(found["moves_class"], display.land_class),
        "actions": _actions(plan, found["actions"], display),
        "nonconforming": _nonconforming(found["nonconforming"], display),
    }


def _areas(table: pd.DataFrame, key: str, colours: dict[str, str], name: Any, display: Display) -> Part:
    """One table for the whole area, one for each jurisdiction, and the two bars before and after."""
    blocks = []
    names = table["jurisdiction"].to_numpy(dtype=object)
    codes, hectares = table[key].to_numpy(dtype=object), table[["before_ha", "after_ha", "change_ha"]].to_numpy()
    for at in tables.groups(table, ["jurisdiction"]):
        decimals = places(hectares[at, :2].ravel())
        widest = max(float(np.abs(hectares[at, 2]).max()), 1e-12)
        lines = [
            {
                "name": name(code),
                "colour": colours.get(code, NONE),
                "before": number(before, decimals),
                "after": number(after, decimals),
                "change": _change(change, decimals),
                "up": 50 * max(change, 0.0) / widest,
                "down": 50 * max(-change, 0.0) / widest,
                "moves": abs(change) >= 0.5 * 10.0**-decimals,
            }
            for code, (before, after, change) in zip(codes[at].tolist(), hectares[at].tolist(), strict=True)
        ]
        before, after = (float(table[name].iloc[at].sum()) for name in ("before_ha", "after_ha"))
        blocks.append(
            {
                "name": display.jurisdiction(str(names[at[0]])),
                "lines": lines,
                "before": number(before, decimals),
                "after": number(after, decimals),
                "change": _change(after - before, decimals),
            }
        )
    total = table[table["jurisdiction"] == tables.TOTAL]
    bars = []
    for side in ("before", "after"):
        whole = float(total[f"{side}_ha"].clip(lower=0).sum()) or 1.0
        cells = [
            {
                "name": name(code),
                "colour": colours.get(code, NONE),
                "width": 100 * area / whole,
                "text": display.hectares(area),
            }
            for code, area in zip(total[key], total[f"{side}_ha"], strict=True)
            if area > 0
        ]
        bars.append({"name": display.words(side), "cells": cells})
    return {"total": blocks[0] if blocks else None, "each": blocks[1:] if len(blocks) > 2 else [], "bars": bars}


def _change(value: float, decimals: int) -> str:
    return signed(value, decimals) if abs(value) >= 1e-9 else "0"


def _moves(table: pd.DataFrame, name: Any) -> Part:
    decimals = places(table["area_ha"])
    lines = [
        {"before": name(one), "after": name(other), "parcels": f"{count:,}", "area": number(area, decimals)}
        for one, other, count, area in table.itertuples(index=False)
    ]
    return {"lines": lines[:SHOWN], "rest": lines[SHOWN:]}


def _actions(plan: PlanData, table: pd.DataFrame, display: Display) -> Part:
    """A row per land action, a column per start period."""
    decimals = places(table["area_ha"])
    periods = [period.name for period in plan.study.periods]
    lines = []
    for practice, rows in table.groupby("practice", sort=False):
        by_start = rows.set_index("start")["area_ha"]
        lines.append(
            {
                "name": display.practice(str(practice)),
                "cells": [
                    number(float(by_start[name]), decimals) if name in by_start.index else "" for name in periods
                ],
                "total": number(float(rows["area_ha"].sum()), decimals),
                "parcels": f"{int(rows['parcels'].sum()):,}",
                "quiet": practice in (tables.HOLD, ""),
            }
        )
    return {"periods": periods, "lines": lines}


def _nonconforming(table: pd.DataFrame, display: Display) -> Part | None:
    if table.empty:
        return None
    lines = [
        {
            "parcel": row.parcel_id,
            "zone": display.zone(str(row.zone)),
            "land_class": display.land_class(str(row.land_class)),
            "jurisdiction": display.jurisdiction(str(row.jurisdiction)),
            "area": number(float(row.area_ha)),
            "why": display.words(f"why_{row.why}"),
        }
        for row in table.head(20).itertuples(index=False)
    ]
    # a divided parcel may be listed once only
    once = table.drop_duplicates("parcel_id")
    text = display.words(
        "nonconforming_text",
        parcels=display.parcels(len(once)),
        area=display.hectares(float(once["area_ha"].sum())),
    )
    return {"text": text, "lines": lines, "more": len(table) - len(lines)}


def projects(plan: PlanData, display: Display) -> Part:
    """The chosen projects on a time line, and those not chosen."""
    words, study = display.words, plan.study
    table = tables.schedule(plan)
    first, span = study.first_year, study.last_year + 1 - study.first_year
    decimals = places(table["capex"].astype(float))

    def at(when: float) -> float:
        return min(100.0, max(0.0, 100 * (when - first) / span))

    chosen = []
    for row in table[table["built"]].itertuples(index=False):
        building = row.open_year > row.from_year
        told = words("build_none", first=year(row.from_year))
        if building:
            told = words("build_years", years=_span(row.from_year, row.open_year))
        if math.isinf(row.close_year):
            running = words("operate_on", first=year(row.open_year))
        else:
            running = words("operate_years", years=_span(row.open_year, row.close_year))
        chosen.append(
            {
                "name": row.name or row.project,
                "code": row.project if row.name and row.name != row.project else "",
                "category": "" if row.category == "other" else words.or_code("category_", str(row.category)),
                "jurisdiction": display.jurisdiction(row.jurisdiction) if row.jurisdiction else "",
                "mandatory": bool(row.mandatory),
                "capex": number(float(row.capex), decimals),
                "start": row.start,
                "build": (at(row.from_year), at(row.open_year) - at(row.from_year)) if building else None,
                "operate": (at(row.open_year), at(row.close_year) - at(row.open_year))
                if row.open_year < first + span
                else None,
                "goes_on": row.close_year > first + span,
                "text": f"{told}; {running}" if words.lang == "en" else f"{told}；{running}",
            }
        )
    left = [
        {
            "name": row.name or row.project,
            "code": row.project if row.name and row.name != row.project else "",
            "category": words.or_code("category_", str(row.category)),
            "jurisdiction": display.jurisdiction(row.jurisdiction) if row.jurisdiction else DASH,
            "capex": number(float(row.capex), decimals),
            "window": _window(row.earliest, row.latest, study.periods[0].name, study.periods[-1].name),
        }
        for row in table[~table["built"]].itertuples(index=False)
    ]
    return {
        "count": len(table),
        "periods": [
            {"name": period.name, "left": at(period.start), "width": 100 * period.years / span}
            for period in study.periods
        ],
        "ends": (first, study.last_year),
        "chosen": chosen[:FIRST_PROJECTS],
        "rest": chosen[FIRST_PROJECTS:],
        "sum": words("sum_capex", count=display.projects(len(chosen)), capex=display.money(_capex(table, True))),
        "left": left[:SHOWN],
        "left_rest": left[SHOWN:],
        "left_count": len(left),
        "left_sum": words("sum_capex", count=display.projects(len(left)), capex=display.money(_capex(table, False))),
    }


def _capex(table: pd.DataFrame, built: bool) -> float:
    return float(table.loc[table["built"] == built, "capex"].astype(float).sum())


def _span(begins: float, after: float) -> str:
    """The years from a first day to the one before another: ``2027``, ``2027–2029``."""
    last = year(after - 1) if abs(after - round(after)) < 1e-9 else year(after)
    return last if year(begins) == last else f"{year(begins)}{DASH}{last}"


def _window(earliest: str, latest: str, first: str, last: str) -> str:
    early, late = earliest or first, latest or last
    return early if early == late else f"{early} {DASH} {late}"


def limits(facts: Facts, display: Display, gain: str = "", scale: float = 1.0) -> Part:
    """Every row of every limit, by limit; of a long one the tightest rows first and the rest folded.

    Parameters
    ----------
    gain, scale : the unit of shadow prices, and how many of the objective's it is.
    """
    plan, table = facts.plan, facts.limits
    terms = plan.study.limit_terms
    further: dict[str, list[tuple[float, str]]] = {}
    for of, factor, other in zip(terms["limit"], terms["coefficient"], terms["account"], strict=True):
        further.setdefault(of, []).append((factor, str(other)))
    groups = []
    places_of = dict(zip(plan.study.limits["limit"], plan.study.limits["jurisdiction"], strict=True))
    slacks = table["slack"].to_numpy(dtype=float) / np.maximum(1e-12, table["bound"].abs().to_numpy(dtype=float))
    columns = {name: table[name].to_numpy(dtype=object) for name in table.columns}
    for rows in tables.groups(table, ["limit", "account"]):
        head = {name: column[rows[0]] for name, column in columns.items()}
        limit = head["limit"]
        account = display.measured(head)
        for factor, other in further.get(limit, ()):
            sign = " + " if factor > 0 else " \u2212 "
            size = "" if abs(factor) == 1 else f"{number(abs(factor))} × "
            account += f"{sign}{size}{display.account(other)}"
        # the tightest rows are what a planner looks for: they stand first where there are many
        tight = np.argsort(slacks[rows], kind="stable")
        listed = rows[np.sort(tight[:MOST])]
        lines = [
            _limit_line({name: column[row] for name, column in columns.items()}, display, gain, scale)
            for row in listed.tolist()
        ]
        shown, rest = lines, []
        if len(rows) > SHOWN:
            first = set(rows[tight[: SHOWN // 2]].tolist())
            shown = [line for line, row in zip(lines, listed.tolist(), strict=True) if row in first]
            rest = [line for line, row in zip(lines, listed.tolist(), strict=True) if row not in first]
        notes = []
        function = str(places_of.get(limit, ""))
        if function.startswith(MAIN_FUNCTION):
            function = display.words.or_code("function_", function.removeprefix(MAIN_FUNCTION))
            notes.append(display.words("main_function_rows", name=function))
        if head["kind"] == "soft":
            notes.append(display.words("soft"))
            if not math.isnan(head["penalty"]):
                notes.append(display.words("penalty", value=number(head["penalty"])))
        if head["tolerance"] and head["tolerance"] > 0:
            unit = display.unit(head["unit"])
            notes.append(display.words("tolerance", value=f"{number(head['tolerance'])}\u00a0{unit}"))
        if head["source"]:
            notes.append(f"{display.words('source')}{display.words('colon')}{head['source']}")
        name = display.limit(str(head["limit"]))
        code = head["limit"] if name != head["limit"] else ""
        group = {"name": name, "code": code, "account": account, "notes": notes, "lines": shown, "rest": rest}
        groups.append(group | {"more": len(rows) - len(listed)})
    states = table["state"].value_counts()
    counts = {name: int(states.get(name, 0)) for name in ("holds", "binding", "gives", "broken")}
    return {
        "groups": groups,
        "counts": counts,
        "count": len(table),
        "priced": bool(table["shadow_price"].notna().any()),
    }


def _limit_line(row: Part, display: Display, gain: str, scale: float) -> Part:
    words = display.words
    value, bound, slack = (float(row[name]) for name in ("value", "bound", "slack"))
    unit = display.unit(row["unit"])
    sense = row["sense"] or (">=" if str(row["limit"]).partition(".")[0] in FLOORS else "<=")
    exact = row["sense"] == "==" and row["state"] == "binding"
    short = f"{number(row['shortfall'], places([row['shortfall']]))}\u00a0{unit}"
    state = "state_exact" if exact else f"state_{row['state']}"
    decimals = places([value, bound])
    price = _price(float(row["shadow_price"]) / scale)
    bar = None
    if value >= 0 and bound >= 0 and max(value, bound) > 0:
        # the plan as a bar, the limit as a mark on it
        scale = 100 / max(value, bound)
        bar = {"value": value * scale, "mark": bound * scale}
    return {
        "where": display.jurisdiction(row["jurisdiction"] or tables.TOTAL),
        "when": display.period(row["period"] or tables.TOTAL),
        "value": number(value, decimals),
        "sense": {"<=": "≤", ">=": "≥", "==": "="}[sense],
        "bound": number(bound, decimals),
        "slack": number(slack if abs(slack) > 1e-9 else 0.0, max(decimals, places([slack])) if slack else 0),
        "unit": unit,
        "price": price,
        "price_unit": words("shadow_unit", gain=gain, unit=unit) if price not in ("0", DASH) else "",
        "state": words(state, short=short) if row["shortfall"] > 0 else words(state),
        "tone": {"holds": "good", "binding": "full", "gives": "soft", "broken": "bad"}[row["state"]],
        "bar": bar,
    }


def _price(value: float) -> str:
    """A shadow price; what is less than a millionth is rounding of the solver."""
    return number(0.0 if abs(value) < 1e-6 else value) if not math.isnan(value) else DASH


def accounts(facts: Facts, display: Display) -> Part:
    """Every account that is not zero throughout, by family and by how it recurs."""
    plan, table = facts.plan, facts.accounts
    periods = [period.name for period in plan.study.periods]
    known = bool(table["nothing"].notna().any())
    size = table[["value", "nothing"]].abs().max(axis=1).groupby(table["account"]).max()
    silent = set(size[~(size > 1e-9)].index)
    table = table[~table["account"].isin(silent)]
    if not names_assets(plan.study):
        table = table[table["family"] != "asset"]
    blocks = []
    for family in (*FAMILIES, *BUILT_IN):
        for recurrence in ("annual", "one_off", "stock"):
            rows = table[(table["family"] == family) & (table["recurrence"] == recurrence)]
            if rows.empty:
                continue
            columns = {
                key: rows[key].to_numpy(dtype=object) for key in ("account", "period", "value", "nothing", "unit")
            }
            columns["annual"] = np.full(len(rows), recurrence == "annual")
            lines = [
                _account_line({key: column[at] for key, column in columns.items()}, periods, display)
                for at in tables.groups(rows, ["account"])
            ]
            blocks.append(
                {
                    "family": display.words(f"family_{family}"),
                    "recurrence": display.words(f"recurrence_{recurrence}"),
                    "not_money": family == "ecosystem",
                    "summed": recurrence != "stock" and len(periods) > 1,
                    "folded": family in BUILT_IN or len(lines) > 3 * SHOWN,
                    "lines": lines,
                    "count": len(lines),
                    # one unit for the whole column, else each line says its own
                    "sum_unit": lines[0]["sum_unit"] if len({line["sum_unit"] for line in lines}) == 1 else "",
                }
            )
    return {"periods": periods, "blocks": blocks, "known": known, "silent": len(silent), "empty": len(size) == 0}


def _account_line(rows: dict[str, NDArray[Any]], periods: list[str], display: Display) -> Part:
    names = rows["period"].tolist()
    values = dict(zip(names, rows["value"].astype(float).tolist(), strict=True))
    nothing = dict(zip(names, rows["nothing"].astype(float).tolist(), strict=True))
    decimals = places([value for name, value in values.items() if name != tables.TOTAL])

    def cell(name: str) -> Part | None:
        if name not in values or math.isnan(values[name]):
            return None
        change = values[name] - nothing[name]
        shown = places([values[name]]) if name == tables.TOTAL else decimals
        told = "" if math.isnan(change) else signed(change, shown) if abs(change) > 1e-9 else "0"
        return {"value": number(values[name], shown), "change": told}

    account, unit, annual = str(rows["account"][0]), str(rows["unit"][0]), bool(rows["annual"][0])
    whole = unit.removesuffix("/year")
    sum_unit = display.unit(whole)
    if annual and whole == unit and unit:
        sum_unit = display.words("times_years", unit=sum_unit)
    name = display.account(account)
    return {
        "name": name,
        "code": account if name != account else "",
        "unit": display.unit(unit),
        "sum_unit": sum_unit,
        "cells": [cell(name) for name in periods],
        "total": cell(tables.TOTAL),
    }
