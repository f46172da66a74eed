"""The figures of a report, as plotly reads them: each a function of the report's tables, drawn by the page itself.

For print: white ground, one family of letters, colours of Okabe and Ito that colour-blind readers tell apart, with
hatches and dashes for those who print in black and white. The data of a figure is the table named beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.reports.display import number, signed
from zonevest.reports.drawing import (
    COLOURS,
    DASHES,
    DOWN,
    LEFT,
    LIGHTS,
    UP,
    WHOLE,
    Drawing,
    bars,
    fill,
    hatched,
    layout,
    lying,
    pale,
    period_or_start,
    period_with_length,
    plain,
    short,
    told,
    waterfall_of,
)  # fmt: skip

if TYPE_CHECKING:
    from zonevest.reports.display import Display

Frames = Mapping[str, pd.DataFrame]

LOOP: Final = ("resource", "asset", "capital", "fund")
GRADES: Final = (1.2, 2.0, 3.0)
"""Debt ratios at which a grade ends."""
SMALL: Final = 1e-9
POINTS: Final = 400
"""Points of a curve at most."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes
    ----------
    key : its name; ``figure_<key>`` is the title.
    table : the table that holds its data, beside which it stands.
    make : draws it from the tables; None where they have nothing to show.
    needs : further tables that it reads.
    """

    key: str
    table: str
    make: Callable[[Frames, Display], Drawing | None]
    needs: tuple[str, ...] = ()


def drawn(frames: Frames, display: Display) -> dict[str, tuple[str, Drawing]]:
    """The figures for which the tables have something to show: the table with the data, and the drawing, by key."""
    found: dict[str, tuple[str, Drawing]] = {}
    for figure in FIGURES:
        there = all(name in frames and len(frames[name]) for name in (figure.table, *figure.needs))
        drawing = figure.make(frames, display) if there else None
        if drawing is not None:
            found[figure.key] = figure.table, drawing
    return found


def _grouped(table: pd.DataFrame, by: str, value: str) -> pd.Series:
    sums = table.groupby(by, sort=False)[value].sum()
    return sums[sums.abs() > SMALL]


# --- value --------------------------------------------------------------------------------------------------------


def value_waterfall(frames: Frames, display: Display) -> Drawing | None:
    """Created by source, captured by instrument, left to holders."""
    words = display.words
    created = _grouped(frames["value_by_origin"], "origin", "created")
    captured = _grouped(frames["value_captured"], "capture_tool", "captured")
    left = _grouped(frames["value_left"], "holder", "left")
    if created.empty:
        return None
    steps = [(words.or_code("origin_", str(code)), value, UP) for code, value in created.items()]
    steps.append((words("figure_created"), float(created.sum()), WHOLE))
    steps += [(words.or_code("capture_", str(code)), -value, DOWN) for code, value in captured.items()]
    steps += [(words.or_code("holder_", str(code)), -value, LEFT) for code, value in left.items()]
    names = {UP: "figure_created", DOWN: "figure_captured", WHOLE: "total", LEFT: "figure_left"}
    return waterfall_of(steps, display.unit("million"), {kind: words(key) for kind, key in names.items()})


def capture_instruments(frames: Frames, display: Display) -> Drawing | None:
    """What each instrument captures, for the budget entity and for others."""
    table = frames["value_captured"].groupby("capture_tool", sort=False)[["captured_purse", "captured_others"]].sum()
    table = table[table.abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    names = [short(display.words.or_code("capture_", str(code))) for code in table.index]
    data = [
        bars(display.words.or_code("col_", str(column)), names, table[column], fill(at))
        for at, column in enumerate(table.columns)
        if table[column].abs().max() > SMALL
    ]
    frame = layout(y=display.unit("million"), height=130 + 38 * len(names), barmode="relative")
    return lying({"data": data, "layout": frame})


def capture_places(frames: Frames, display: Display) -> Drawing | None:
    """What is captured and what is left of the value created in each jurisdiction, with the share captured."""
    table = frames["value_by_jurisdiction"]
    table = table[table["created"].abs() > SMALL]
    if table.empty:
        return None
    names = [short(display.jurisdiction(str(code))) for code in table["jurisdiction"]]
    words = display.words
    data = [
        bars(words("figure_captured"), names, table["captured"], fill(0)),
        bars(words("figure_left"), names, table["left"], fill(LEFT)),
    ]
    frame = layout(y=display.unit("million"), height=130 + 32 * len(names), barmode="relative")
    return lying({"data": data, "layout": frame})


# --- distribution -------------------------------------------------------------------------------------------------


def gross_to_actors(frames: Frames, display: Display) -> Drawing | None:
    """From all that comes in to what each actor has of it, in the order of the claims."""
    table, words = frames["waterfall"], display.words
    if table["value"].abs().max() <= SMALL:
        return None
    steps = []
    before = 0.0
    for step, actor, value, left in table[["step", "actor", "value", "left"]].itertuples(index=False):
        name = words.or_code("step_", str(step))
        if actor:
            name = f"{name}{words('colon')}{display.actor(actor)}"
        change = float(left) - before
        before = float(left)
        if abs(float(value)) > SMALL:
            steps.append((name, change, UP if change > 0 else LEFT if actor else DOWN))
    names = {UP: "figure_comes_in", DOWN: "figure_goes_out", WHOLE: "total", LEFT: "figure_to_actors"}
    return waterfall_of(steps, display.unit("million"), {kind: words(key) for kind, key in names.items()})


def who_gains(frames: Frames, display: Display) -> Drawing | None:
    """The gain of every actor, by what it is made of."""
    table, words = frames["gains_actors"], display.words
    parts = {"received": 1.0, "paid": -1.0, "land_value": 1.0, "passed_on": 1.0}
    table = table[table[[*parts, "gain"]].abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    names = [short(display.actor(str(code))) for code in table["actor"]]
    data = [
        bars(words.or_code("col_", str(part)), names, sign * table[part], fill(at))
        for at, (part, sign) in enumerate(parts.items())
        if table[part].abs().max() > SMALL
    ]
    data.append(
        {"type": "scatter", "mode": "markers", "name": words("col_gain"), "x": names, "y": table["gain"].tolist(),
         "marker": {"symbol": "diamond", "size": 11, "color": "#fff", "line": {"color": "#000", "width": 2}}}
    )  # fmt: skip
    reach = sum((sign * table[part]).clip(lower=0.0) for part, sign in parts.items())
    data.append(
        told(names, np.maximum(reach, table["gain"]).tolist(), [number(value) for value in table["gain"]], "   ")
    )
    frame = layout(y=display.unit("million"), height=150 + 46 * len(names), barmode="relative")
    return lying({"data": data, "layout": frame})


def lorenz(frames: Frames, display: Display) -> Drawing | None:
    """Lorenz curves: people and land of the lowest incomes, and their share of the whole."""
    table, words = frames["lorenz"], display.words
    equal = {"type": "scatter", "mode": "lines", "name": words("figure_equal"), "x": [0, 1], "y": [0, 1],
             "line": {"color": "#999", "width": 1.2, "dash": "solid"}}  # fmt: skip
    data: list[Drawing] = [equal]
    for at, (basis, rows) in enumerate(table.groupby("basis", sort=False)):
        for place, (level, each) in enumerate(rows.groupby("level", sort=False)):
            some = each.iloc[np.unique(np.linspace(0, len(each) - 1, POINTS).astype(int))]
            name = words("comma").join([words.or_code("basis_", str(basis)), words.or_code("level_", str(level))])
            data.append(
                {"type": "scatter", "mode": "lines", "name": name,
                 "x": some["weight_share"].tolist(), "y": some["value_share"].tolist(),
                 "line": {"color": COLOURS[at], "width": 2.4, "dash": DASHES[place]}}
            )  # fmt: skip
    frame = layout(words("figure_lorenz_x"), words("figure_lorenz_y"), 520)
    share = {"type": "linear", "range": [0, 1], "tickformat": ".0%"}
    frame["xaxis"] |= share
    frame["yaxis"] |= share
    return {"data": data, "layout": frame}


# --- money --------------------------------------------------------------------------------------------------------


def cash_by_nature(frames: Frames, display: Display) -> Drawing | None:
    """What comes in and goes out in each period: recurring, one-off and lent."""
    table, words = frames["cash_by_nature"], display.words
    table = table[table[["comes_in", "goes_out"]].abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    data = []
    for at, (nature, rows) in enumerate(table.groupby("nature", sort=False)):
        name, periods = (
            words.or_code("nature_", str(nature)),
            [period_with_length(code, display) for code in rows["period"]],
        )
        data.append(bars(name, periods, rows["comes_in"], fill(at), legendgroup=name))
        data.append(bars(name, periods, -rows["goes_out"], fill(at), legendgroup=name, showlegend=False))
    net = table.groupby("period", sort=False)["net"].sum()
    data.append(
        {"type": "scatter", "mode": "lines+markers", "name": words("col_net"),
         "x": [period_with_length(code, display) for code in net.index], "y": net.tolist(),
         "line": {"color": "#000", "width": 2}, "marker": {"symbol": "diamond", "size": 8}}
    )  # fmt: skip
    frame = layout(words("col_period"), words("figure_in_out", unit=display.unit("million")), barmode="relative")
    return {"data": data, "layout": frame}


def debt_ratio(frames: Frames, display: Display) -> Drawing | None:
    """Debt as a share of fiscal resources, with the lights of its grade."""
    table, words = frames["debt_and_cover"], display.words
    table = table[table["debt_ratio"].notna()]
    if table.empty:
        return None
    data = []
    periods = [period_or_start(code, display) for code in table["period"]]
    for grade, (colour, hatch) in LIGHTS.items():
        rows = table[table["grade"] == grade]
        if len(rows):
            name = f"{words('grade_' + grade)} {words('grade_range_' + grade)}"
            data.append(
                bars(name, [period_or_start(code, display) for code in rows["period"]], rows["debt_ratio"],
                      hatched(colour, hatch), text=[f"{value:.0%}" for value in rows["debt_ratio"]],
                      textposition="outside", cliponaxis=False)
            )  # fmt: skip
    top = max(1.35, 1.15 * float(table["debt_ratio"].max()))
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": each, "y1": each,
         "line": {"color": "#666", "width": 1, "dash": "dash"}}
        for each in GRADES if each < top
    ]  # fmt: skip
    frame = layout(words("col_period"), words("figure_of_resources"), shapes=lines, barmode="overlay")
    frame["xaxis"] |= {"categoryorder": "array", "categoryarray": periods}
    frame["yaxis"] |= {"tickformat": ".0%", "range": [0, top]}
    return {"data": data, "layout": frame}


def balance_sheet(frames: Frames, display: Display) -> Drawing | None:
    """Cash and operating assets above the ground, debt below it, and the net worth between them."""
    table, words = frames["balance_in_short"], display.words
    sides = dict.fromkeys(("cash", "projects", "land_actions", "compensation_fund"), 1.0)
    sides |= dict.fromkeys(("debt", "outside_equity"), -1.0)
    periods = [period_or_start(code, display) for code in table["period"]]
    data = [
        bars(words.or_code("balance_", str(item)), periods, sign * table[item], fill(at))
        for at, (item, sign) in enumerate(sides.items())
        if table[item].abs().max() > SMALL
    ]
    if not data:
        return None
    own = sum(sign * table[item] for item, sign in sides.items())
    data.append(
        {"type": "scatter", "mode": "lines+markers", "name": words("figure_net_worth"), "x": periods,
         "y": own.tolist(), "line": {"color": "#000", "width": 2}, "marker": {"symbol": "diamond", "size": 8}}
    )  # fmt: skip
    return {"data": data, "layout": layout(words("col_period"), display.unit("million"), barmode="relative")}


def natural_assets(frames: Frames, display: Display) -> Drawing | None:
    """The value of natural resources by class and period."""
    table, words = frames["natural_assets"], display.words
    sums = table.groupby(["resource", "period"], sort=False)["asset"].sum().reset_index()
    sums = sums[sums.groupby("resource")["asset"].transform("max") > SMALL]
    if sums.empty:
        return None
    data = [
        bars(words.or_code("resource_", str(code)), [period_or_start(name, display) for name in rows["period"]],
             rows["asset"], fill(at))
        for at, (code, rows) in enumerate(sums.groupby("resource", sort=False))
    ]  # fmt: skip
    return {"data": data, "layout": layout(words("col_period"), display.unit("million"), barmode="stack")}


# --- circulation --------------------------------------------------------------------------------------------------


def _narrow(name: str) -> list[str]:
    """A name in lines that end before the next column of nodes begins, where another name stands."""
    return wrap(name, 13, break_long_words=False)


def circulation(frames: Frames, display: Display) -> Drawing | None:
    """Resource, asset, capital and fund, and what flows between them over all periods."""
    table, words = frames["circulation"], display.words
    # what one period hands to the next in cash is neither brought nor left: the first opens, the last closes
    between = (table["item"] == "opening_cash") & (table["period"] != table["period"].iloc[0])
    between |= (table["item"] == "closing_cash") & (table["period"] != table["period"].iloc[-1])
    flows = table[~between].groupby(["from", "to"], sort=False)["value"].sum().reset_index()
    flows = flows[flows["value"] > SMALL]
    if flows.empty:
        return None
    # who lends is paid back: an end that gives and takes stands on either side, so that only the loop is one
    inner = set(flows["from"]) & set(flows["to"]) & set(LOOP)
    flows["from"] = flows["from"].where(flows["from"].isin(inner), flows["from"] + ">")
    flows["to"] = flows["to"].where(flows["to"].isin(inner), ">" + flows["to"])
    nodes = list(dict.fromkeys([*flows["from"], *flows["to"]]))
    at = {code: place for place, code in enumerate(nodes)}
    through = pd.concat([flows.groupby("from")["value"].sum(), flows.groupby("to")["value"].sum()], axis=1).max(axis=1)
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(nodes))]
    sankey = {
        "type": "sankey",
        "arrangement": "snap",
        "valueformat": ",.0f",
        "node": {
            "label": [
                "<br>".join([*_narrow(words.or_code("node_", code.strip(">"))), number(float(through[code]), 0)])
                for code in nodes
            ],
            "color": colours,
            "line": {"color": "#333", "width": 0.7},
            "pad": 26,
            "thickness": 16,
        },
        "link": {
            "source": [at[code] for code in flows["from"]],
            "target": [at[code] for code in flows["to"]],
            "value": flows["value"].tolist(),
            "color": [pale(colours[at[code]]) for code in flows["from"]],
            "line": {"color": "#8a949d", "width": 0.4},
        },
    }
    frame = layout(height=590)
    frame["margin"] |= {"b": 60}
    told = words("figure_circulation_unit", unit=display.unit("million"))
    frame["annotations"] = [
        {"text": plain(told), "xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top",
         "yshift": -34, "showarrow": False, "font": {"size": 14}}
    ]  # fmt: skip
    return {"data": [sankey], "layout": frame}


def circulation_shares(frames: Frames, display: Display) -> Drawing | None:
    """Money in the first, second and third circulation, by period."""
    table, words = frames["circulation_shares"], display.words
    table = table[table["share"].notna()]
    if table.empty:
        return None
    data = [
        bars(
            words.or_code("circulation_", str(code)),
            [period_or_start(name, display) for name in rows["period"]],
            rows["share"],
            fill(at),
        )
        for at, (code, rows) in enumerate(table.groupby("circulation", sort=False))
    ]
    frame = layout(words("col_period"), words("figure_share"), barmode="stack")
    frame["yaxis"] |= {"tickformat": ".0%", "range": [0, 1]}
    return {"data": data, "layout": frame}


# --- land and projects --------------------------------------------------------------------------------------------


def structure(frames: Frames, display: Display) -> Drawing | None:
    """Hectares of each group of land classes before and after."""
    table, words = frames["main_groups"], display.words
    table = table[(table["jurisdiction"] == "total") & (table["group"] != "total")]
    table = table[table[["before_ha", "after_ha"]].max(axis=1) > SMALL]
    if table.empty:
        return None
    names = [short(words.or_code("group_", str(code))) for code in table["group"]]
    data = [bars(words(side), names, table[f"{side}_ha"], fill(at)) for at, side in enumerate(("before", "after"))]
    frame = layout(y=words("ha"), height=140 + 46 * len(names), barmode="group")
    return lying({"data": data, "layout": frame})


def class_changes(frames: Frames, display: Display) -> Drawing | None:
    """Hectares that each land class gains or loses."""
    table = frames["structure"]
    table = table[(table["jurisdiction"] == "total") & (table["land_class"] != "total")]
    table = table[table["change_ha"].abs() > SMALL].sort_values("change_ha", ascending=False, kind="stable")
    if table.empty:
        return None
    names = [short(display.land_class(code)) for code in table["land_class"]]
    change = table["change_ha"].tolist()
    data = [
        bars(display.words(key), [name for name, value in zip(names, change, strict=True) if value * sign > 0],
             [value for value in change if value * sign > 0], fill(kind))
        for key, sign, kind in (("figure_gained", 1, UP), ("figure_lost", -1, DOWN))
    ]  # fmt: skip
    data.append(told(names, [max(value, 0.0) for value in change], [signed(value) for value in change]))
    frame = layout(y=display.words("ha"), height=130 + 34 * len(names), barmode="overlay")
    frame["xaxis"] |= {"categoryorder": "array", "categoryarray": names}
    return lying({"data": data, "layout": frame})


def starts(frames: Frames, display: Display) -> Drawing | None:
    """Investment by the period in which projects start, by category."""
    table, words = frames["schedule"], display.words
    table = table[table["built"]]
    if table.empty:
        return None
    sums = table.pivot_table(index="category", columns="start", values="capex", aggfunc="sum", sort=False)
    sums = sums.reindex(columns=[period.name for period in display.study.periods]).fillna(0.0)
    periods = [period_with_length(code, display) for code in sums.columns]
    sums = sums.iloc[np.argsort(-sums.sum(axis=1).to_numpy(), kind="stable")]
    data = [
        bars(short(words.or_code("category_", str(code)) or words("category_other")), periods, row, fill(at))
        for at, (code, row) in enumerate(zip(sums.index, sums.to_numpy(), strict=True))
    ]
    return {"data": data, "layout": layout(words("col_period"), display.unit("million"), barmode="stack")}


FIGURES: Final = (
    Figure("value_waterfall", "value_by_origin", value_waterfall, ("value_captured", "value_left")),
    Figure("capture_instruments", "value_captured", capture_instruments),
    Figure("capture_places", "value_by_jurisdiction", capture_places),
    Figure("gross_to_actors", "waterfall", gross_to_actors),
    Figure("who_gains", "gains_actors", who_gains),
    Figure("lorenz", "lorenz", lorenz),
    Figure("cash_by_nature", "cash_by_nature", cash_by_nature),
    Figure("debt_ratio", "debt_and_cover", debt_ratio),
    Figure("balance_sheet", "balance_in_short", balance_sheet),
    Figure("natural_assets", "natural_assets", natural_assets),
    Figure("circulation", "circulation", circulation),
    Figure("circulation_shares", "circulation_shares", circulation_shares),
    Figure("structure", "main_groups", structure),
    Figure("class_changes", "structure", class_changes),
    Figure("starts", "schedule", starts),
)
"""Every figure, in the order of the report."""
