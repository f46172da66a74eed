"""The figures of a report, as plotly reads them: each a function of the report's tables, drawn by the page itself.

For print: white ground, one family of letters, colours of Okabe and Ito that colour-blind readers tell apart, with
hatches and dashes for those who print in black and white. The data of a figure is the table named beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.reports.display import number

if TYPE_CHECKING:
    from zonevest.reports.display import Display

Drawing = dict[str, Any]
Frames = Mapping[str, pd.DataFrame]

COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
HATCHES: Final = ("", "/", ".", "x", "-", "\\", "|", "+")
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
UP, DOWN, WHOLE, LEFT = 2, 5, 7, 1
"""Positions among colours and hatches: of what adds, takes away, is a sum and is left."""
LIGHTS: Final = {
    "green": ("#009e73", ""),
    "yellow": ("#f0e442", "."),
    "orange": ("#e69f00", "/"),
    "red": ("#d55e00", "x"),
}
GRADES: Final = (1.2, 2.0, 3.0)
"""Debt ratios at which a grade ends."""
LETTERS: Final = (
    'Arial, "Helvetica Neue", "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif'
)
LOOP: Final = ("resource", "asset", "capital", "fund")
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


# --- parts --------------------------------------------------------------------------------------------------------


def _layout(x: str = "", y: str = "", height: int = 430, **more: Any) -> Drawing:
    axis = {
        "automargin": True,
        "tickfont": {"size": 13},
        "linecolor": "#333",
        "ticks": "outside",
        "tickcolor": "#333",
        "zeroline": False,
    }
    grid = {"gridcolor": "#e3e6e9", "zeroline": True, "zerolinecolor": "#333", "zerolinewidth": 1}
    return {
        "height": height,
        "paper_bgcolor": "#fff",
        "plot_bgcolor": "#fff",
        "font": {"family": LETTERS, "size": 14, "color": "#1d2329"},
        "margin": {"l": 70, "r": 24, "t": 24, "b": 56},
        "legend": {
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "xanchor": "left",
            "traceorder": "normal",
        },
        "xaxis": axis | {"title": {"text": x, "font": {"size": 14}}, "type": "category", "showgrid": False},
        "yaxis": axis | grid | {"title": {"text": y, "font": {"size": 14}, "standoff": 14}, "tickformat": ","},
        "separators": ".,",
        "bargap": 0.3,
    } | more


def _fill(at: int) -> Drawing:
    """Colour and hatch of a bar."""
    return _hatched(COLOURS[at % len(COLOURS)], HATCHES[at % len(HATCHES)])


def _hatched(colour: str, hatch: str) -> Drawing:
    marker: Drawing = {"color": colour, "line": {"color": "#333", "width": 0.7}}
    if hatch:
        marker["pattern"] = {"shape": hatch, "fillmode": "overlay", "fgcolor": "#1d2329", "size": 7, "solidity": 0.22}
    return marker


def _bars(name: str, x: Sequence[Any], y: Iterable[float], marker: Drawing, **more: Any) -> Drawing:
    return {"type": "bar", "name": name, "x": list(x), "y": [float(value) for value in y], "marker": marker} | more


def _lying(drawing: Drawing) -> Drawing:
    """The same bars lying down: names of any length have room."""
    for trace in drawing["data"]:
        trace["x"], trace["y"], trace["orientation"] = trace["y"], trace["x"], "h"
    layout = drawing["layout"]
    layout["xaxis"], layout["yaxis"] = layout["yaxis"], layout["xaxis"]
    if "range" not in layout["yaxis"]:
        layout["yaxis"] |= {"autorange": "reversed"}
    return drawing


def _steps(steps: list[tuple[str, float, int]], unit: str, names: Sequence[str]) -> Drawing:
    """A waterfall: each step begins where the one before ended; a whole stands on the ground.

    Parameters
    ----------
    steps : name, amount and kind (`UP`, `DOWN`, `WHOLE`, `LEFT`) of each.
    names : what each kind is called, in that order.
    """
    data: list[Drawing] = []
    base, ends, level = [], [], 0.0
    for _, amount, kind in steps:
        base.append(0.0 if kind == WHOLE else level)
        level = amount if kind == WHOLE else level + amount
        ends.append(level)
    for kind, name in zip((UP, DOWN, WHOLE, LEFT), names, strict=True):
        at = [place for place, step in enumerate(steps) if step[2] == kind]
        if at:
            # a step's place, not its name, says where it stands: two may have one name
            data.append(_bars(name, at, [steps[place][1] for place in at], _fill(kind), base=[base[p] for p in at]))
    reach = [max(pair) for pair in zip(base, ends, strict=True)]
    data.append(_told(range(len(steps)), reach, [number(amount) for _, amount, _ in steps]))
    layout = _layout(y=unit, height=130 + 34 * len(steps), barmode="overlay")
    layout["xaxis"] |= {
        "type": "linear",
        "tickvals": list(range(len(steps))),
        "ticktext": [_short(name) for name, _, _ in steps],
        "range": [len(steps) - 0.5, -0.5],
    }
    low, high = min(0.0, *base, *ends), max(0.0, *base, *ends)
    layout["yaxis"] |= {"range": [low - 0.02 * (high - low), high + 0.16 * (high - low)]}
    return _lying({"data": data, "layout": layout})


def _told(x: Iterable[Any], y: list[float], text: list[str], gap: str = " ") -> Drawing:
    """Amounts written behind the ends of lying bars."""
    return {"type": "scatter", "mode": "text", "x": list(x), "y": y, "text": [f"{gap}{each}" for each in text],
            "textposition": "middle right", "cliponaxis": False, "showlegend": False, "hoverinfo": "skip"}  # fmt: skip


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
    steps = [(words(f"origin_{code}"), value, UP) for code, value in created.items()]
    steps.append((words("created"), float(created.sum()), WHOLE))
    steps += [(words(f"capture_{code}"), -value, DOWN) for code, value in captured.items()]
    steps += [(words(f"holder_{code}"), -value, LEFT) for code, value in left.items()]
    names = [words(key) for key in ("created", "captured", "total", "left_to_holders")]
    return _steps(steps, display.unit("million"), names)


def _short(name: str, most: int = 34) -> str:
    """A name that fits beside a bar, in two lines if need be."""
    width = 0
    for at, letter in enumerate(name):
        width += 2 if ord(letter) > 0x2E7F else 1
        if width > most:
            cut = name.rfind(" ", 0, at)
            cut = cut if cut > at // 2 else at
            if len(name) - cut <= 3:
                return name
            rest = name[cut:].strip()
            return f"{name[:cut]}<br>{rest if len(rest) <= most else rest[: most - 1] + '…'}"
    return name


def capture_instruments(frames: Frames, display: Display) -> Drawing | None:
    """What each instrument captures, for the budget entity and for others."""
    table = frames["value_captured"].groupby("capture_tool", sort=False)[["captured_purse", "captured_others"]].sum()
    table = table[table.abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    names = [_short(display.words(f"capture_{code}")) for code in table.index]
    data = [
        _bars(display.words(f"col_{column}"), names, table[column], _fill(at))
        for at, column in enumerate(table.columns)
        if table[column].abs().max() > SMALL
    ]
    layout = _layout(y=display.unit("million"), height=130 + 38 * len(names), barmode="relative")
    return _lying({"data": data, "layout": layout})


def capture_places(frames: Frames, display: Display) -> Drawing | None:
    """What is captured and what is left of the value created in each jurisdiction, with the share captured."""
    table = frames["value_by_jurisdiction"]
    table = table[table["created"].abs() > SMALL]
    if table.empty:
        return None
    names = [_short(display.jurisdiction(str(code))) for code in table["jurisdiction"]]
    words = display.words
    data = [
        _bars(words("captured"), names, table["captured"], _fill(0)),
        _bars(words("left_to_holders"), names, table["left"], _fill(LEFT)),
    ]
    layout = _layout(y=display.unit("million"), height=130 + 32 * len(names), barmode="relative")
    return _lying({"data": data, "layout": layout})


# --- distribution -------------------------------------------------------------------------------------------------


def gross_to_actors(frames: Frames, display: Display) -> Drawing | None:
    """From all that comes in to what each actor has of it, in the order of the claims."""
    table, words = frames["waterfall"], display.words
    if table["value"].abs().max() <= SMALL:
        return None
    steps = []
    before = 0.0
    for step, actor, value, left in table[["step", "actor", "value", "left"]].itertuples(index=False):
        name = words(f"step_{step}")
        if actor:
            name = f"{name}{words('colon')}{display.actor(actor)}"
        change = float(left) - before
        before = float(left)
        if abs(float(value)) > SMALL:
            steps.append((name, change, UP if change > 0 else LEFT if actor else DOWN))
    names = [words(key) for key in ("figure_comes_in", "figure_goes_out", "total", "figure_to_actors")]
    return _steps(steps, display.unit("million"), names)


def who_gains(frames: Frames, display: Display) -> Drawing | None:
    """The gain of every actor, by what it is made of."""
    table, words = frames["gains_actors"], display.words
    parts = {"received": 1.0, "paid": -1.0, "land_value": 1.0, "passed_on": 1.0}
    table = table[table[[*parts, "gain"]].abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    names = [_short(display.actor(str(code))) for code in table["actor"]]
    data = [
        _bars(words(f"col_{part}"), names, sign * table[part], _fill(at))
        for at, (part, sign) in enumerate(parts.items())
        if table[part].abs().max() > SMALL
    ]
    data.append(
        {"type": "scatter", "mode": "markers", "name": words("col_gain"), "x": names, "y": table["gain"].tolist(),
         "marker": {"symbol": "diamond", "size": 11, "color": "#fff", "line": {"color": "#000", "width": 2}}}
    )  # fmt: skip
    reach = sum((sign * table[part]).clip(lower=0.0) for part, sign in parts.items())
    data.append(
        _told(names, np.maximum(reach, table["gain"]).tolist(), [number(value) for value in table["gain"]], "   ")
    )
    layout = _layout(y=display.unit("million"), height=150 + 46 * len(names), barmode="relative")
    return _lying({"data": data, "layout": layout})


def lorenz(frames: Frames, display: Display) -> Drawing | None:
    """Lorenz curves: people and land of the lowest incomes, and their share of the whole."""
    table, words = frames["lorenz"], display.words
    equal = {"type": "scatter", "mode": "lines", "name": words("figure_equal"), "x": [0, 1], "y": [0, 1],
             "line": {"color": "#999", "width": 1.2, "dash": "solid"}}  # fmt: skip
    data: list[Drawing] = [equal]
    for at, (basis, rows) in enumerate(table.groupby("basis", sort=False)):
        for place, (level, each) in enumerate(rows.groupby("level", sort=False)):
            some = each.iloc[np.unique(np.linspace(0, len(each) - 1, POINTS).astype(int))]
            data.append(
                {"type": "scatter", "mode": "lines", "name": f"{words(f'basis_{basis}')}{words('comma')}{words(f'level_{level}')}",
                 "x": some["weight_share"].round(6).tolist(), "y": some["value_share"].round(6).tolist(),
                 "line": {"color": COLOURS[at], "width": 2.4, "dash": DASHES[place]}}
            )  # fmt: skip
    layout = _layout(words("figure_lorenz_x"), words("figure_lorenz_y"), 520)
    share = {"type": "linear", "range": [0, 1], "tickformat": ".0%"}
    layout["xaxis"] |= share
    layout["yaxis"] |= share
    return {"data": data, "layout": layout}


# --- money --------------------------------------------------------------------------------------------------------


def cash_by_nature(frames: Frames, display: Display) -> Drawing | None:
    """What comes in and goes out in each period: recurring, one-off and lent."""
    table, words = frames["cash_by_nature"], display.words
    table = table[table[["comes_in", "goes_out"]].abs().max(axis=1) > SMALL]
    if table.empty:
        return None
    data = []
    for at, (nature, rows) in enumerate(table.groupby("nature", sort=False)):
        name, periods = words(f"nature_{nature}"), [_long(str(code), display) for code in rows["period"]]
        data.append(_bars(name, periods, rows["comes_in"], _fill(at), legendgroup=name))
        data.append(_bars(name, periods, -rows["goes_out"], _fill(at), legendgroup=name, showlegend=False))
    net = table.groupby("period", sort=False)["net"].sum()
    data.append(
        {"type": "scatter", "mode": "lines+markers", "name": words("col_net"),
         "x": [_long(str(code), display) for code in net.index], "y": net.tolist(),
         "line": {"color": "#000", "width": 2}, "marker": {"symbol": "diamond", "size": 8}}
    )  # fmt: skip
    return {"data": data, "layout": _layout(y=words("figure_in_out", unit=display.unit("million")), barmode="relative")}


def debt_ratio(frames: Frames, display: Display) -> Drawing | None:
    """Debt as a share of fiscal resources, with the lights of its grade."""
    table, words = frames["debt_and_cover"], display.words
    table = table[table["debt_ratio"].notna()]
    if table.empty:
        return None
    data = []
    periods = [display.period(str(code)) for code in table["period"]]
    for grade, (colour, hatch) in LIGHTS.items():
        rows = table[table["grade"] == grade]
        if len(rows):
            told = f"{words(f'grade_{grade}')} {words(f'grade_range_{grade}')}"
            data.append(
                _bars(told, [display.period(str(code)) for code in rows["period"]], rows["debt_ratio"],
                      _hatched(colour, hatch), text=[f"{value:.0%}" for value in rows["debt_ratio"]],
                      textposition="outside", cliponaxis=False)
            )  # fmt: skip
    top = max(1.35, 1.15 * float(table["debt_ratio"].max()))
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": each, "y1": each,
         "line": {"color": "#666", "width": 1, "dash": "dash"}}
        for each in GRADES if each < top
    ]  # fmt: skip
    layout = _layout(y=words("figure_of_resources"), shapes=lines, barmode="overlay")
    layout["xaxis"] |= {"categoryorder": "array", "categoryarray": periods}
    layout["yaxis"] |= {"tickformat": ".0%", "range": [0, top]}
    return {"data": data, "layout": layout}


def balance_sheet(frames: Frames, display: Display) -> Drawing | None:
    """Cash and operating assets above the ground, debt below it, and the net worth between them."""
    table, words = frames["balance_sheet"], display.words
    money = table[
        (table["unit"] == "million") & table["side"].isin(["asset", "liability"]) & (table["item"] != "natural")
    ]
    sums = money.groupby(["side", "item", "period"], sort=False)["value"].sum().reset_index()
    sums = sums[sums.groupby("item")["value"].transform(lambda values: values.abs().max()) > SMALL]
    if sums.empty:
        return None
    sign = {"asset": 1.0, "liability": -1.0}
    data = [
        _bars(words(f"balance_{item}"), [_start(str(code), display) for code in rows["period"]],
              sign[str(side)] * rows["value"], _fill(at))
        for at, ((side, item), rows) in enumerate(sums.groupby(["side", "item"], sort=False))
    ]  # fmt: skip
    own = (sums["value"] * sums["side"].map(sign)).groupby(sums["period"], sort=False).sum()
    data.append(
        {"type": "scatter", "mode": "lines+markers", "name": words("balance_own"),
         "x": [_start(str(code), display) for code in own.index], "y": own.tolist(),
         "line": {"color": "#000", "width": 2}, "marker": {"symbol": "diamond", "size": 8}}
    )  # fmt: skip
    return {"data": data, "layout": _layout(y=display.unit("million"), barmode="relative")}


def _start(code: str, display: Display) -> str:
    return display.words("period_start") if code == "start" else display.period(code)


def _long(code: str, display: Display) -> str:
    """A period with its length: what flows in five years is no more a year than what flows in one."""
    years = {period.name: float(period.years) for period in display.study.periods}
    if len(set(years.values())) < 2 or code not in years:
        return display.period(code)
    return f"{display.period(code)}<br>{display.words('figure_years', years=number(years[code]))}"


def natural_assets(frames: Frames, display: Display) -> Drawing | None:
    """The value of natural resources by class and period."""
    table, words = frames["natural_assets"], display.words
    sums = table.groupby(["resource", "period"], sort=False)["asset"].sum().reset_index()
    sums = sums[sums.groupby("resource")["asset"].transform("max") > SMALL]
    if sums.empty:
        return None
    data = [
        _bars(
            words(f"resource_{code}"), [_start(str(name), display) for name in rows["period"]], rows["asset"], _fill(at)
        )
        for at, (code, rows) in enumerate(sums.groupby("resource", sort=False))
    ]
    return {"data": data, "layout": _layout(y=display.unit("million"), barmode="stack")}


# --- circulation --------------------------------------------------------------------------------------------------


def circulation(frames: Frames, display: Display) -> Drawing | None:
    """Resource, asset, capital and fund, and what flows between them over all periods."""
    table, words = frames["circulation"], display.words
    flows = table.groupby(["from", "to"], sort=False)["value"].sum().reset_index()
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
            "label": [f"{words('node_' + code.strip('>'))}<br>{number(float(through[code]), 0)}" for code in nodes],
            "color": colours,
            "line": {"color": "#333", "width": 0.7},
            "pad": 26,
            "thickness": 16,
        },
        "link": {
            "source": [at[code] for code in flows["from"]],
            "target": [at[code] for code in flows["to"]],
            "value": flows["value"].tolist(),
            "color": [_pale(colours[at[code]]) for code in flows["from"]],
            "line": {"color": "#8a949d", "width": 0.4},
        },
    }
    return {"data": [sankey], "layout": _layout(height=560)}


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


def circulation_shares(frames: Frames, display: Display) -> Drawing | None:
    """Money in the first, second and third circulation, by period."""
    table, words = frames["circulation_shares"], display.words
    table = table[table["share"].notna()]
    if table.empty:
        return None
    data = [
        _bars(
            words(f"circulation_{code}"),
            [display.period(str(name)) for name in rows["period"]],
            rows["share"],
            _fill(at),
        )
        for at, (code, rows) in enumerate(table.groupby("circulation", sort=False))
    ]
    layout = _layout(y=words("figure_share"), barmode="stack")
    layout["yaxis"] |= {"tickformat": ".0%", "range": [0, 1]}
    return {"data": data, "layout": layout}


# --- land and projects --------------------------------------------------------------------------------------------


def structure(frames: Frames, display: Display) -> Drawing | None:
    """Hectares of each land class before and after."""
    table, words = frames["structure"], display.words
    table = table[(table["jurisdiction"] == "total") & (table["land_class"] != "total")]
    if table.empty:
        return None
    names = [_short(display.land_class(str(code))) for code in table["land_class"]]
    data = [_bars(words(side), names, table[f"{side}_ha"], _fill(at)) for at, side in enumerate(("before", "after"))]
    layout = _layout(y=words("ha"), height=140 + 40 * len(names), barmode="group")
    return _lying({"data": data, "layout": layout})


def starts(frames: Frames, display: Display) -> Drawing | None:
    """Investment by the period in which projects start, by category."""
    table, words = frames["schedule"], display.words
    table = table[table["built"]]
    if table.empty:
        return None
    sums = table.groupby(["category", "start"], sort=False)["capex"].sum().unstack(fill_value=0.0)
    sums = sums.reindex(columns=[period.name for period in display.study.periods], fill_value=0.0)
    periods = [_long(str(code), display) for code in sums.columns]
    sums = sums.iloc[np.argsort(-sums.sum(axis=1).to_numpy(), kind="stable")]
    data = [
        _bars(words.or_code("category_", str(code)) or words("category_other"), periods, row, _fill(at))
        for at, (code, row) in enumerate(zip(sums.index, sums.to_numpy(), strict=True))
    ]
    return {"data": data, "layout": _layout(y=display.unit("million"), barmode="stack")}


FIGURES: Final = (
    Figure("value_waterfall", "value_by_origin", value_waterfall, ("value_captured", "value_left")),
    Figure("capture_instruments", "value_captured", capture_instruments),
    Figure("capture_places", "value_by_jurisdiction", capture_places),
    Figure("gross_to_actors", "waterfall", gross_to_actors),
    Figure("who_gains", "gains_actors", who_gains),
    Figure("lorenz", "lorenz", lorenz),
    Figure("cash_by_nature", "cash_by_nature", cash_by_nature),
    Figure("debt_ratio", "debt_and_cover", debt_ratio),
    Figure("balance_sheet", "balance_sheet", balance_sheet),
    Figure("natural_assets", "natural_assets", natural_assets),
    Figure("circulation", "circulation", circulation),
    Figure("circulation_shares", "circulation_shares", circulation_shares),
    Figure("structure", "structure", structure),
    Figure("starts", "schedule", starts),
)
"""Every figure, in the order of the report."""
