"""What the figures are drawn with: layout, colours and hatches, bars, steps and the names beside them.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; hatches and dashes do so in black and white.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from zonevest.reports.display import number

if TYPE_CHECKING:
    from zonevest.reports.display import Display

Drawing = dict[str, Any]

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
LETTERS: Final = (
    'Arial, "Helvetica Neue", "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif'
)


def layout(x: str = "", y: str = "", height: int = 430, **more: Any) -> Drawing:
    """Paper, letters and axes: `x` below, `y` beside; `more` as plotly reads it."""
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
        "xaxis": axis
        | {"title": {"text": x, "font": {"size": 14}, "standoff": 10}, "type": "category", "showgrid": False},
        "yaxis": axis | grid | {"title": {"text": y, "font": {"size": 14}, "standoff": 14}, "tickformat": ","},
        "separators": ".,",
        "bargap": 0.3,
    } | more


def fill(at: int) -> Drawing:
    """Colour and hatch of a bar."""
    return hatched(COLOURS[at % len(COLOURS)], HATCHES[at % len(HATCHES)])


def hatched(colour: str, hatch: str) -> Drawing:
    """Colour and hatch of a bar, with its outline."""
    marker: Drawing = {"color": colour, "line": {"color": "#333", "width": 0.7}}
    if hatch:
        marker["pattern"] = {"shape": hatch, "fillmode": "overlay", "fgcolor": "#1d2329", "size": 7, "solidity": 0.22}
    return marker


def bars(name: str, x: Sequence[Any], y: Iterable[float], marker: Drawing, **more: Any) -> Drawing:
    """Bars of one name."""
    return {"type": "bar", "name": name, "x": list(x), "y": [float(value) for value in y], "marker": marker} | more


def lying(drawing: Drawing) -> Drawing:
    """The same bars lying down: names of any length have room, and so have amounts behind the bars."""
    drawing["layout"]["margin"]["r"] = 84
    for trace in drawing["data"]:
        trace["x"], trace["y"], trace["orientation"] = trace["y"], trace["x"], "h"
    layout = drawing["layout"]
    layout["xaxis"], layout["yaxis"] = layout["yaxis"], layout["xaxis"]
    if "range" not in layout["yaxis"]:
        layout["yaxis"] |= {"autorange": "reversed"}
    return drawing


def waterfall_of(steps: list[tuple[str, float, int]], unit: str, names: Mapping[int, str]) -> Drawing:
    """A waterfall: each step begins where the one before ended; a whole stands on the ground.

    Parameters
    ----------
    steps : name, amount and kind (`UP`, `DOWN`, `WHOLE`, `LEFT`) of each.
    names : what each kind that there may be is called, in the order of the legend.
    """
    data: list[Drawing] = []
    base, ends, level = [], [], 0.0
    for _, amount, kind in steps:
        base.append(0.0 if kind == WHOLE else level)
        level = amount if kind == WHOLE else level + amount
        ends.append(level)
    for kind, name in names.items():
        at = [place for place, step in enumerate(steps) if step[2] == kind]
        if at:
            # a step's place, not its name, says where it stands: two may have one name
            data.append(bars(name, at, [steps[place][1] for place in at], fill(kind), base=[base[p] for p in at]))
    reach = [max(pair) for pair in zip(base, ends, strict=True)]
    data.append(told(range(len(steps)), reach, [number(amount) for _, amount, _ in steps]))
    frame = layout(y=unit, height=130 + 34 * len(steps), barmode="overlay")
    frame["xaxis"] |= {
        "type": "linear",
        "tickvals": list(range(len(steps))),
        "ticktext": [short(name) for name, _, _ in steps],
        "range": [len(steps) - 0.5, -0.5],
    }
    low, high = min(0.0, *base, *ends), max(0.0, *base, *ends)
    frame["yaxis"] |= {"range": [low - 0.02 * (high - low), high + 0.16 * (high - low)]}
    return lying({"data": data, "layout": frame})


def told(x: Iterable[Any], y: list[float], text: list[str], gap: str = " ") -> Drawing:
    """Amounts written behind the ends of lying bars."""
    return {"type": "scatter", "mode": "text", "x": list(x), "y": y, "text": [f"{gap}{each}" for each in text],
            "textposition": "middle right", "cliponaxis": False, "showlegend": False, "hoverinfo": "skip"}  # fmt: skip


def plain(name: str) -> str:
    """A name as text: the library would read marks and links in it."""
    return escape(name, quote=False)


def short(name: str, most: int = 34) -> str:
    """A name that fits beside a bar, in two lines if need be."""
    width = 0
    for at, letter in enumerate(name):
        width += 2 if ord(letter) > 0x2E7F else 1
        if width > most:
            cut = name.rfind(" ", 0, at)
            cut = cut if cut > at // 2 else at
            if len(name) - cut <= 3:
                break
            rest = name[cut:].strip()
            return f"{plain(name[:cut])}<br>{plain(rest if len(rest) <= most else rest[: most - 1] + '…')}"
    return plain(name)


def period_or_start(code: str, display: Display) -> str:
    """A period, or the state before the first."""
    return display.words("period_start") if code == "start" else plain(display.period(code))


def period_with_length(code: str, display: Display) -> str:
    """A period with its length: what flows in five years is no more a year than what flows in one."""
    years = {period.name: float(period.years) for period in display.study.periods}
    if len(set(years.values())) < 2 or code not in years:
        return plain(display.period(code))
    return f"{plain(display.period(code))}<br>{display.words('figure_years', years=number(years[code]))}"


def pale(colour: str) -> str:
    """A colour through which others are seen."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"
