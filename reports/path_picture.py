"""The picture of a path: projects and land over the periods, diamonds where something binds, arrows for what unlocks.

A bar's colour says what its delay costs: white where it costs nothing, darker the more it costs, crossed where no plan
has it later; bars that were not asked are grey.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from zonevest.reports import tables
from zonevest.reports.display import number, year
from zonevest.reports.drawing import COLOURS, DOWN, LETTERS
from zonevest.reports.path_steps import NEEDED, PROJECT, ROW

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.model.plan import PlanData

WIDTH, LEFT, RIGHT, TOP, ROW_HEIGHT, BAR = 1240, 400, 150, 92, 30, 16
"""In points: the whole, the margins beside the periods, the head, a step's row and its bar."""
BARS: Final = 36
"""So many steps are drawn: a third of them those whose delay costs most, then projects, then what is waited for."""
THIN: Final = 2
"""So many thin arrows at most come to a step: from those that give it most."""
LETTERS_AT_LEAST: Final = 16
"""A row that binds is named where so many letters have room; all of them are told when one points at the diamond."""
GREY: Final = "#c9ced3"

DEFS: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#37424d"/></marker>'
    '<marker id="thin" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#8a949e"/></marker>'
    '<pattern id="never" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<path d="M0 0L7 7M7 0L0 7" stroke="#1d2329" stroke-width="1"/></pattern></defs>'
)


class Told(Protocol):
    """What is drawn (`zonevest.reports.path.Milestones`)."""

    @property
    def plan(self) -> PlanData: ...  # noqa: D102
    @property
    def tables(self) -> dict[str, pd.DataFrame]: ...  # noqa: D102


class Named(Protocol):
    """Who knows the words (`zonevest.reports.path_forms.Telling`)."""

    words: Any
    display: Any
    unit: str

    def step(self, code: str) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Bar:
    """A step as it is drawn: from where to where, on which line."""

    row: dict[str, Any]
    begin: float
    end: float
    line: int

    @property
    def middle(self) -> float:
        """Its height in the picture."""
        return TOP + ROW_HEIGHT * self.line + ROW_HEIGHT / 2


def picture(found: Told, telling: Named) -> str:
    """An SVG; blank where the plan has no step."""
    shown = _chosen(found)
    if not len(shown):
        return ""
    study = found.plan.study
    first, last = float(study.first_year), float(study.last_year + 1)

    def x(when: float) -> float:
        return LEFT + (min(max(when, first), last) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    bars = _bars(found, shown)
    height = TOP + ROW_HEIGHT * len(bars) + 104
    bottom = TOP + ROW_HEIGHT * len(bars)
    parts = [DEFS, *_periods(found, x, bottom)]
    costs = [_cost(bar.row) for bar in bars.values()]
    most = max((cost for cost in costs if math.isfinite(cost)), default=0.0)
    parts += [part for bar in bars.values() for part in _bar(bar, x, most, telling)]
    parts += _arrows(found, bars, x, telling)
    parts += _marks(found, x, bottom, telling)
    parts += _key(most, bottom + 58, telling, len(found.tables["steps"]) - len(bars))
    body, family = "\n".join(parts), escape(LETTERS)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'{head} font-family="{family}" fill="#1d2329" role="img">\n{ground}\n{body}\n</svg>\n'


def _chosen(found: Told) -> pd.DataFrame:
    """The steps that are drawn, by start: what costs most later, projects, and what is waited for."""
    steps = found.tables["steps"]
    rank = steps["rank"].fillna(np.inf).to_numpy(dtype=float)
    project = steps["kind"].eq(PROJECT).to_numpy()
    keys = -steps["area_ha"].fillna(0.0).to_numpy(), rank, -steps["unlocks"].to_numpy(dtype=float)
    kept = steps.iloc[np.lexsort((*keys, ~project, rank > BARS // 3))[:BARS]]
    return tables.in_order(kept, start=[each.name for each in found.plan.study.periods], kind=[PROJECT])


def _bars(found: Told, shown: pd.DataFrame) -> dict[str, Bar]:
    """Step -> its bar: a project from its start to its opening, land for the period in which its use begins."""
    schedule = tables.schedule(found.plan).set_index("project")
    periods = {each.name: each for each in found.plan.study.periods}
    bars = {}
    for line, row in enumerate(shown.to_dict("records")):
        period = periods[row["start"]]
        begin, end = float(period.start), float(period.start + period.years)
        if row["kind"] == PROJECT:
            end = max(float(schedule.loc[row["project"], "open_year"]), begin)
        bars[row["step"]] = Bar(row, begin, end, line)
    return bars


def _cost(row: dict[str, Any]) -> float:
    """What a delay costs, as far as it is known; NaN: not asked."""
    if row["status"] == "infeasible":
        return math.inf
    known = [row["cost"], row["estimate"]]
    return next((max(float(each), 0.0) for each in known if each == each and each is not None), math.nan)


def _shade(cost: float, most: float) -> str:
    if math.isnan(cost):
        return GREY
    share = 1.0 if math.isinf(cost) or not most else math.sqrt(cost / most)
    dark = [int(COLOURS[DOWN][at : at + 2], 16) for at in (1, 3, 5)]
    return f"#{''.join(f'{round(255 + (each - 255) * share):02x}' for each in dark)}"


def _periods(found: Told, x: Any, bottom: float) -> list[str]:
    parts = []
    for at, each in enumerate(found.plan.study.periods):
        left, right = x(each.start), x(each.start + each.years)
        if at % 2 == 0:
            parts.append(
                f'<rect x="{left:.1f}" y="{TOP - 34}" width="{right - left:.1f}" height="{bottom - TOP + 34}" '
                'fill="#f4f6f8"/>'
            )
        parts.append(_text((left + right) / 2, TOP - 14, each.name, "middle", 14))
        parts.append(f'<path d="M{right:.1f} {TOP - 34}V{bottom + 8}" stroke="#aeb6be" stroke-width="0.8"/>')
    return parts


def _bar(bar: Bar, x: Any, most: float, telling: Named) -> list[str]:
    row, y = bar.row, bar.middle - BAR / 2
    left, right, cost = x(bar.begin), x(bar.end), _cost(bar.row)
    name = telling.step(row["step"])
    told = _told(row, cost, telling)
    shape = f'x="{left:.1f}" y="{y:.1f}" width="{max(right - left, 5.0):.1f}" height="{BAR}"'
    rim = 'stroke="#1d2329" stroke-width="1.3"' if row["kind"] == PROJECT else 'stroke="#55606b" stroke-width="0.8"'
    parts = [
        _text(LEFT - 12, bar.middle + 4, _short(name), "end", 12.5, bold=row["kind"] == PROJECT, title=name),
        f'<rect {shape} fill="{_shade(cost, most)}" {rim}><title>{escape(f"{name}: {told}")}</title></rect>',
    ]
    if math.isinf(cost):
        parts.append(f'<rect {shape} fill="url(#never)" pointer-events="none"/>')
    if row["kind"] == PROJECT:
        parts.append(_diamond(right, bar.middle, "#fff", telling.words("path_opens", year=year(bar.end))))
    if told:
        parts.append(_text(WIDTH - RIGHT + 10, bar.middle + 4, told, "start", 12))
    return parts


def _told(row: dict[str, Any], cost: float, telling: Named) -> str:
    words = telling.words
    if math.isinf(cost):
        return str(words("path_cannot"))
    if math.isnan(cost):
        return ""
    exact = row["cost"] == row["cost"] and row["cost"] is not None
    told = number(_rough(cost))
    return str(told if exact else words("path_about", cost=told))


def _rough(value: float) -> float:
    """A number to three significant digits."""
    return float(f"{value:.3g}")


def _arrows(found: Told, bars: dict[str, Bar], x: Any, telling: Named) -> list[str]:
    """From the end of a step to the beginning of what it unlocks; thick where that asks for it."""
    table = found.tables["unlocks"]
    table = table[table["what"].ne(ROW) & table["direct"] & table["step"].isin(bars) & table["target"].isin(bars)]
    order = np.lexsort((-table["amount"].abs().fillna(0.0).to_numpy(dtype=float), ~table["how"].isin(NEEDED)))
    thin = dict.fromkeys(bars, 0)
    seen: set[tuple[str, str]] = set()
    parts = []
    for row in table.iloc[order].to_dict("records"):
        pair = row["step"], row["target"]
        if pair in seen:
            continue
        seen.add(pair)
        of, to = bars[row["step"]], bars[row["target"]]
        needed = row["how"] in NEEDED
        thin[row["target"]] += not needed
        if not needed and thin[row["target"]] > THIN:
            continue
        begin, end = min(x(of.end), x(to.end)), x(to.begin)
        if begin > end - 6:  # in the same time: beside the bars, to the left
            begin = end = max(x(to.begin), x(of.begin))
            bend = begin - 14 - 5 * (abs(of.line - to.line) % 6)
        else:
            bend = (begin + end) / 2
        down, up = of.middle, to.middle
        line = f"M{begin:.1f} {down:.1f}C{bend:.1f} {down:.1f} {bend:.1f} {up:.1f} {end:.1f} {up:.1f}"
        stroke, width, tip = ("#37424d", 1.6, "tip") if needed else ("#8a949e", 0.9, "thin")
        dash = "" if needed else ' stroke-dasharray="4 3"'
        how = telling.words.or_code("path_how_", row["how"])
        said = f"{telling.step(row['step'])} → {telling.step(row['target'])}: {how}"
        parts.append(
            f'<path d="{line}" fill="none" stroke="{stroke}" stroke-width="{width}"{dash} marker-end="url(#{tip})">'
            f"<title>{escape(said)}</title></path>"
        )
    return parts


def _marks(found: Told, x: Any, bottom: float, telling: Named) -> list[str]:
    """Diamonds at the end of each period: rows that bind then, named when one points at them."""
    table = found.tables["milestones"]
    table = table[table["binding"] & ~table["kind"].isin(["begun", "opened", "closed"])]
    parts = [_text(LEFT - 12, bottom + 22, telling.words("path_binding_rows"), "end", 12.5)]
    for each in found.plan.study.periods:
        names = [telling.display.limit(item) for item in table.loc[table["period"] == each.name, "rule"]]
        names = list(dict.fromkeys(name for name in names if name))
        if names:
            at = x(each.start + each.years) - 9
            parts.append(_diamond(at, bottom + 18, "#f0e442", "; ".join(names)))
            parts.append(_text(at - 10, bottom + 22, f"{len(names)}", "end", 12, title="; ".join(names)))
            room = int((x(each.start + each.years) - x(each.start)) / 6.5)  # letters
            if room >= LETTERS_AT_LEAST:
                parts.append(_text(at + 8, bottom + 38, _short(names[0], room), "end", 11, title="; ".join(names)))
    return parts


def _key(most: float, y: float, telling: Named, left: int) -> list[str]:
    """What colours and lines say."""
    words, parts, at = telling.words, list[str](), LEFT
    parts.append(_text(LEFT - 12, y + 11, words("path_key", unit=telling.unit), "end", 12))
    for share in range(5):
        shade = _shade((share / 4) ** 2 * (most or 1.0), most or 1.0)
        parts.append(f'<rect x="{at + 26 * share}" y="{y}" width="26" height="13" fill="{shade}" stroke="#55606b" '
                     'stroke-width="0.6"/>')  # fmt: skip
    parts.append(_text(at, y + 28, "0", "start", 11))
    parts.append(_text(at + 130, y + 28, number(_rough(most)), "end", 11))
    at += 160
    shape = f'x="{at}" y="{y}" width="26" height="13"'
    parts.append(f'<rect {shape} fill="{COLOURS[DOWN]}"/><rect {shape} fill="url(#never)"/>')
    parts.append(_text(at + 32, y + 11, words("path_cannot"), "start", 12))
    at += 150
    parts.append(f'<rect x="{at}" y="{y}" width="26" height="13" fill="{GREY}"/>')
    parts.append(_text(at + 32, y + 11, words("path_not_asked"), "start", 12))
    at += 130
    parts.append(f'<path d="M{at} {y + 7}h26" stroke="#37424d" stroke-width="1.6" marker-end="url(#tip)"/>')
    parts.append(_text(at + 32, y + 11, words("path_key_needed"), "start", 12))
    at += 110
    parts.append(f'<path d="M{at} {y + 7}h26" stroke="#8a949e" stroke-width="0.9" stroke-dasharray="4 3" '
                 'marker-end="url(#thin)"/>')  # fmt: skip
    parts.append(_text(at + 32, y + 11, words("path_key_helped"), "start", 12))
    if left > 0:
        parts.append(_text(LEFT + 160, y + 30, words("path_left", count=left), "start", 11))
    return parts


def _text(x: float, y: float, text: str, anchor: str, size: float, *, bold: bool = False, title: str = "") -> str:
    weight = ' font-weight="600"' if bold else ""
    more = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight}>{escape(text)}{more}</text>'
    )


def _short(name: str, most: int = 58) -> str:
    """A name cut to fit; letters of Chinese count twice."""
    width = 0
    for at, letter in enumerate(name):
        width += 2 if ord(letter) > 0x2E7F else 1
        if width > most:
            return f"{name[: max(at - 1, 1)]}…"
    return name


def _diamond(x: float, y: float, fill: str, title: str) -> str:
    return (
        f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" fill="{fill}" stroke="#000" stroke-width="1.2">'
        f"<title>{escape(title)}</title></path>"
    )
