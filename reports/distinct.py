"""Patterns that keep the entries of a legend apart where colours alone would not.

Two entries can be told apart if they have different patterns, or if their colours differ in normal sight, in simulated
protanopia, deuteranopia and tritanopia, and in grey, as a black-and-white printer shows them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.reports.colours import HOLD, NONE, rgb, tints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PATTERNS: Final = (
    "", "rising", "falling", "level", "upright", "dotted", "crossed", "squared", "lines", "bars",
)  # fmt: skip
"""In the order in which they are dealt; ``templates/map_draw.js`` and `styles` draw them."""
SEEN: Final = 0.05
"""Least OKLab distance of two colours, however they are seen."""
GREY: Final = 8.0
"""Least difference in lightness (L*, 0 to 100) of two colours in grey."""
_SIGHTS: Final = np.array(
    [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ]
)
"""Normal sight, protanopia, deuteranopia, tritanopia on linear RGB (Machado, Oliveira and Fernandes 2009)."""
_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
"""OKLab (Ottosson 2020) and the luminance of linear RGB."""


def dealt(colours: Sequence[str], weights: Sequence[float]) -> tuple[list[str], list[str]]:
    """Colours and patterns of the entries of a legend, so that any two can be told apart.

    The background colours come first and are plain; then, the commonest first, each entry takes the first pattern with
    which it differs from all before it. Where there is none its colour is made lighter or darker as little as will do.

    Parameters
    ----------
    weights : how common each entry is.

    Returns
    -------
    colours, patterns : one of `PATTERNS` each.
    """
    found, patterns = list(colours), [""] * len(colours)
    background = {NONE, HOLD}
    order = sorted(range(len(colours)), key=lambda at: (colours[at] not in background, -weights[at]))
    done: list[int] = []
    for at in order:
        choices = ((colour, pattern) for colour in (colours[at], *tints(colours[at])) for pattern in PATTERNS)
        free = (
            choice
            for choice in choices
            if all(patterns[other] != choice[1] or apart(found[other], choice[0]) for other in done)
        )
        found[at], patterns[at] = next(free, (colours[at], PATTERNS[at % len(PATTERNS)]))
        done.append(at)
    return found, patterns


@cache
def apart(one: str, other: str) -> bool:
    """Whether two plain colours can be told apart by everybody, and in grey."""
    (seen, grey), (its, darker) = _seen(one), _seen(other)
    return bool(np.linalg.norm(seen - its, axis=1).min() >= SEEN and abs(grey - darker) >= GREY)


@cache
def _seen(colour: str) -> tuple[Floats, float]:
    """A colour in OKLab by each sight, shape (4, 3), and its lightness in grey."""
    value = np.array(rgb(colour)) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    sights = np.clip(_SIGHTS @ linear, 0, 1)
    luminance = float(_LUMINANCE @ linear)
    grey = 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance
    return np.cbrt(sights @ _LMS.T) @ _LAB.T, grey
