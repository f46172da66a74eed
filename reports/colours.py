"""Colours of zones, land classes, land actions and start periods on maps and in legends.

The base colours follow the habits of land-use maps (greens for nature, yellow for farmland, red for building, blue for
water) and were moved apart in lightness until every pair keeps an OKLab distance of at least 0.055 in normal sight and
in simulated protanopia, deuteranopia and tritanopia; `tests/reports/test_tables.py` recomputes that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zonevest.instances.study import items

if TYPE_CHECKING:
    from zonevest.instances.study import Study

ZONE_KINDS = {
    "protection": "#175a34",
    "control": "#92c59c",
    "farmland": "#f4ed94",
    "urban": "#da5d55",
    "rural": "#d99c58",
    "sea": "#2f7fb8",
    "mineral": "#6b3f86",
    "agriculture": "#e9d4b0",
    "forestry": "#78801d",
    "pasture": "#c6c865",
}
"""The seven first-level zones, and the rural zone's farming, forestry and pasture, which a map has to tell apart."""

GROUPS = {
    "arable": "#f6e27a",
    "garden": "#ba8d23",
    "forest": "#1a552c",
    "grass": "#a4d193",
    "wetland": "#4fbcb4",
    "water": "#4b98de",
    "construction": "#cb5042",
    "sea": "#1c5596",
    "other": "#8f8a84",
}
"""The groups of land classes."""

SERIES = ("#0072b2", "#e69f00", "#069b6d", "#cd7aaa", "#57b4e9", "#d55e00", "#f0e442", "#332288", "#882255")
"""Things without a habit of their own, in order."""

NONE = "#f1efea"
HOLD = "#dcd9d2"

GAINS = ("#b9dbd2", "#7fb8af", "#3c8c84", "#0a4f4b")
LOSSES = ("#f0cba3", "#dc9c5e", "#b3642a", "#682e07")
"""Classes of values above and below 0, from small to large."""
UNKNOWN = "#ffffff"

CHANGES = {"same": NONE, "zone": "#57b4e9", "class": "#b06d00", "both": "#5a1a4a"}
"""What changes on a parcel."""

_OFFICIAL = dict(zip("1234567", list(ZONE_KINDS)[:7], strict=True))
_OFFICIAL |= {"520": "agriculture", "530": "forestry", "540": "pasture"}
_LINES = {
    "redline": "protection",
    "national_park": "protection",
    "basic_farmland": "farmland",
    "growth_boundary": "urban",
    "village_boundary": "rural",
    "sea": "sea",
    "mineral_right": "mineral",
}


def zone_colours(study: Study) -> dict[str, str]:
    """A colour for each zone: by its official code, else by its line, else the next of the series.

    Shades are dealt to zones that land can be in; a zone that only gathers sub-zones has the plain colour.
    """
    used = {*study.practices["zone"], *study.parcels["zone"]}
    land, gathering = [], {}
    for row in study.zones.itertuples(index=False):
        code = str(row.zone)
        official = ""
        if re.fullmatch(r"[1-7]\d\d", code):
            official = _OFFICIAL.get(code) or _OFFICIAL[code[0]]
        kind = official or _LINES.get(str(row.line), "") or ("urban" if row.urban else "")
        if code in used or kind not in ZONE_KINDS:
            land.append((code, kind))
        else:
            gathering[code] = ZONE_KINDS[kind]
    return gathering | _spread(land, ZONE_KINDS)


def class_colours(study: Study) -> dict[str, str]:
    """A colour for each land class: by its (first) group, else the next of the series."""
    table = study.land_classes
    kinds = [
        (str(code), next(iter(items(str(group))), ""))
        for code, group in zip(table["land_class"], table["class_group"], strict=True)
    ]
    return _spread(kinds, GROUPS)


def action_colours(study: Study) -> dict[str, str]:
    """A colour for each land action (practice)."""
    return _spread([(str(code), "") for code in study.practices["practice"]], {})


def start_colours(study: Study) -> dict[str, str]:
    """A colour for each start period, dark for early, light for late."""
    names = [period.name for period in study.periods]
    first, last = "#08306b", "#a6cee8"
    steps = max(len(names) - 1, 1)
    return {name: _mix(first, last, index / steps) for index, name in enumerate(names)}


def _spread(kinds: list[tuple[str, str]], base: dict[str, str]) -> dict[str, str]:
    """Members of one kind get shades of its colour; members of no kind the next colours of the series."""
    size: dict[str, int] = {}
    for _, kind in kinds:
        size[kind] = size.get(kind, 0) + 1
    free = SERIES
    seen: dict[str, int] = {}
    colours = {}
    for code, kind in kinds:
        index = seen.get(kind, 0)
        seen[kind] = index + 1
        if kind in base:
            colours[code] = shade(base[kind], index, size[kind])
        else:
            turn, place = divmod(index, len(free))
            colours[code] = shade(free[place], turn, 1 + (size[kind] - 1) // len(free))
    return colours


def shade(colour: str, index: int, count: int) -> str:
    """Shade `index` of `count` of a colour: the colour itself first, then darker and lighter ones in turn."""
    if index == 0 or count < 2:
        return colour
    step = (index + 1) // 2 / (count // 2 + 0.5)
    return _mix(colour, "#000000", 0.55 * step) if index % 2 else _mix(colour, "#ffffff", 0.65 * step)


def tints(colour: str) -> list[str]:
    """A colour made lighter and darker, step by step."""
    return [_mix(colour, end, share / 10) for share in range(1, 8) for end in ("#ffffff", "#000000")]


def shaded(colour: str) -> str:
    """The colour of hatches on a colour: darker on light ones, lighter on dark ones."""
    red, green, blue = rgb(colour)
    light = 0.3 * red + 0.59 * green + 0.11 * blue > 110
    return _mix(colour, "#000000", 0.6) if light else _mix(colour, "#ffffff", 0.75)


def rgb(colour: str) -> tuple[int, int, int]:
    """``"#rrggbb"`` as three numbers 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(rgb(one), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
