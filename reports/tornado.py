"""The pictures of a sensitivity as SVG: the tornado, and a map of what each two coefficients do together."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from zonevest.reports.display import number, signed
from zonevest.reports.drawing import COLOURS, DOWN, LETTERS, UP
from zonevest.reports.sensitivity_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zonevest.reports.sensitivity import Sensitivity

WIDTH, LEFT, RIGHT, ROW, BAR = 960, 300, 130, 46, 15
"""Of the tornado in points: its width, the margins beside the bars, a coefficient's height and a bar's."""
CELL = 96
"""Of the map of pairs: a corner's width."""

HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 0V6" stroke="#1d2329" stroke-width="1.4"/></pattern></defs>'
)


def tornado_picture(found: Sensitivity, lang: str) -> str:
    """A bar for each end of each coefficient, widest first: re-solved objective, and a mark for the plan as it is."""
    say, base = WORDS[lang], float(found.plan.objective or 0.0)
    table = found.widest()
    values = [base, *(float(v) for name in ("objective", "held") for v in table[name].dropna())]
    low, high = min(values), max(values)
    room = (high - low) or max(abs(base), 1.0)
    low, high = low - 0.04 * room, high + 0.04 * room

    def x(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    names = list(dict.fromkeys(table["coefficient"]))
    height = 70 + ROW * len(names) + 40
    key, green = LEFT + 90, f'fill="{COLOURS[UP]}"'
    parts = [
        HATCH,
        f'<rect x="{LEFT}" y="14" width="14" height="12" fill="{COLOURS[DOWN]}"/>'
        f'<rect x="{LEFT}" y="14" width="14" height="12" fill="url(#hatch)"/>{_text(LEFT + 20, 24, say["low"])}',
        f'<rect x="{key - 20}" y="14" width="14" height="12" {green}/>{_text(key, 24, say["high"])}',
        _diamond(key + 60, 20) + _text(key + 72, 24, say["as_is"]),
    ]
    for at, name in enumerate(names):
        top = 50 + ROW * at
        parts.append(_text(LEFT - 14, top + ROW / 2, found.name(name, lang), "end"))
        rows = table[table["coefficient"] == name].to_dict("records")
        for place, row in enumerate(rows):
            y, colour = top + 5 + (BAR + 3) * place, COLOURS[DOWN if row["end"] == "low" else UP]
            told = found.amount(row["op"], row["amount"])
            if row["objective"] is None or math.isnan(float(row["objective"])):
                parts.append(_text(x(base) + 6, y + 12, f"{told}: {say[row['status']]}", small=True))
                continue
            value = float(row["objective"])
            left, right = sorted((x(base), x(value)))
            parts.append(
                f'<rect x="{left:.1f}" y="{y}" width="{max(right - left, 1):.1f}" height="{BAR}" fill="{colour}" '
                f'stroke="#333" stroke-width="0.7"/>'
            )
            if row["end"] == "low":  # hatched, for those who print in black and white
                parts.append(parts[-1].replace(f'fill="{colour}"', 'fill="url(#hatch)"'))
            text = f"{told}: {signed(row['change'])}"
            parts.append(_text(max(right, x(base)) + 8, y + 12, text, small=True))
            if row["held"] is not None and not math.isnan(float(row["held"])):
                parts.append(_diamond(x(float(row["held"])), y + BAR / 2))
    bottom = 50 + ROW * len(names) + 6
    parts.append(f'<path d="M{x(base):.1f} 44V{bottom}" stroke="#000" stroke-width="1.2"/>')
    parts.append(_text(x(base), bottom + 18, f"{say['base']} {number(base)}", "middle"))
    parts.append(_text(WIDTH - RIGHT, bottom + 18, say["axis"], "end"))
    return _picture(WIDTH, height, parts)


def pairs_picture(found: Sensitivity, lang: str) -> str:
    """Each two coefficients as four corners: the change of the objective, and below it what is beyond the sum."""
    say, table = WORDS[lang], found.pairs
    names = [each.name for each in found.coefficients]
    ops = {each.name: each for each in found.coefficients}
    most = float(np.nanmax(np.abs(table["change"].astype(float)), initial=1e-12))
    left, top = 250, 96
    width, height = left + 2 * CELL * (len(names) - 1) + 30, top + 2 * 40 * (len(names) - 1) + 50
    parts = [_text(20, 24, f"{say['axis']}: ±; ({say['interaction_axis']})")]
    for at, name in enumerate(names[1:]):
        parts.append(_text(left + 2 * CELL * at + CELL, 54, found.name(name, lang), "middle", small=True))
        for place, end in enumerate(("low", "high")):
            told = found.amount(ops[name].op, getattr(ops[name], end))
            parts.append(_text(left + 2 * CELL * at + CELL * (place + 0.5), 80, told, "middle", small=True))
    for at, name in enumerate(names[:-1]):
        for place, end in enumerate(("low", "high")):
            told = found.amount(ops[name].op, getattr(ops[name], end))
            parts.append(
                _text(left - 10, top + 80 * at + 40 * place + 24, f"{found.name(name, lang)} {told}", "end", small=True)
            )
    for row in table.to_dict("records"):
        column, line = names.index(row["second"]) - 1, names.index(row["first"])
        x = left + CELL * (2 * column + (row["second_end"] == "high"))
        y = top + 40 * (2 * line + (row["first_end"] == "high"))
        parts += _corner(x, y, row, most, say)
    return _picture(width, height, parts)


def _corner(x: float, y: float, row: dict[str, object], most: float, say: dict[str, str]) -> Iterator[str]:
    change, beyond = (math.nan if row[name] is None else float(str(row[name])) for name in ("change", "interaction"))
    known = not math.isnan(change)
    colour = COLOURS[UP if known and change > 0 else DOWN]
    part = abs(change) / most if known else 0.0
    yield (
        f'<rect x="{x}" y="{y}" width="{CELL}" height="40" fill="{colour}" fill-opacity="{0.75 * part:.3f}" '
        f'stroke="#999" stroke-width="0.5"/>'
    )
    yield _text(x + CELL / 2, y + 17, _short(change) if known else say[str(row["status"])], "middle", small=True)
    if not math.isnan(beyond):
        yield _text(x + CELL / 2, y + 33, f"({_short(beyond)})", "middle", small=True)


def _text(x: float, y: float, text: str, anchor: str = "start", *, small: bool = False) -> str:
    size = 12 if small else 14
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(value: float) -> str:
    """A difference, to three significant digits."""
    return signed(float(f"{value:.3g}"))


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" fill="#fff" stroke="#000" stroke-width="1.5"/>'


def _picture(width: float, height: float, parts: list[str]) -> str:
    family = escape(LETTERS)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    body = "\n".join(parts)
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'{head} font-family="{family}" fill="#1d2329">\n{ground}\n{body}\n</svg>\n'
