"""Over which range of a number its price holds, found by solving again at the ends (see `zonevest.solvers.around`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from zonevest.solvers.around import Around, Move, Stand

HOLDS, RATIO_HOLDS = 1e-3, 1e-2
"""A price holds as long as it changes by no more than this part; that of a ratio, which changes with it everywhere."""
STEP, FIRST, FURTHER, FAR = 1e-6, 1e-3, 20.0, 30.0
"""In sizes of the number: the move that tells the price of a little more, the first one that looks for an end, by what
the next is larger, and beyond which no end is looked for."""
CLOSE, MOST = 1e-3, 25
"""An end is found when it is known to this part of its distance; so often is it looked for at most."""


@dataclass(frozen=True)
class Side:
    """What a number is worth to one side of the plan.

    Attributes
    ----------
    price : of a little more (or less) of it.
    end : how far that holds: a move, 0 or above on the upper side, 0 or below on the lower; ±inf: no end was found.
    beyond : the price beyond the end; NaN: there is no plan beyond, or no end.
    none_beyond : whether there is no plan beyond.
    """

    price: float
    end: float
    beyond: float
    none_beyond: bool


def side(around: Around, move: Move, size: float, sign: float, least: float = -np.inf) -> Side:
    """One side of a number.

    Parameters
    ----------
    move, size : what a unit of it does, and how large it is.
    sign : 1.0 for more of it, -1.0 for less.
    least : how far it can be moved down.
    """
    dear = around.dear(size)
    most = min(FAR * size, -least) if sign < 0 else FAR * size
    if most <= STEP * size:
        return Side(np.nan, 0.0, np.nan, none_beyond=False)
    around.begin(move, dear)
    try:
        return _side(around.at, size, sign, most, dear, move.rate is None)
    finally:
        around.end()


def _side(at: Callable[[float], Stand], size: float, sign: float, most: float, dear: float, straight: bool) -> Side:
    """One side; `straight`: the value is made of straight lines, and bends down only, as where right sides move."""
    first = at(sign * STEP * size)
    if _lost(first, dear):
        return Side(np.nan, 0.0, np.nan, none_beyond=True)
    tolerance = max((HOLDS if straight else RATIO_HOLDS) * abs(first.slope), 1e-12 * dear)
    inside, outside, reach = first, None, FIRST * size
    while outside is None:
        reach = min(reach, most)
        stand = at(sign * reach)
        if abs(stand.slope - first.slope) > tolerance:
            outside = stand
        elif reach >= most:
            return Side(first.slope, sign * (np.inf if most >= FAR * size else most), np.nan, none_beyond=False)
        else:
            inside, reach = stand, reach * FURTHER
    for _ in range(MOST):
        if abs(outside.at - inside.at) <= CLOSE * abs(outside.at):
            break
        stand = at(_between(inside, outside) if straight else (inside.at + outside.at) / 2.0)
        held = abs(stand.slope - first.slope) <= tolerance
        # where both lines meet the price turns from the one to the other
        noise, whole = 1e-11 * abs(stand.value), outside.at - inside.at
        on_first = abs(stand.value - _line(inside, stand.at)) <= noise + 0.1 * tolerance * abs(stand.at - inside.at)
        turn = 1e-5 * abs((outside.slope - inside.slope) * whole)
        if straight and on_first and abs(stand.value - _line(outside, stand.at)) <= noise + turn:
            inside = stand
            break
        inside, outside = (stand, outside) if held else (inside, stand)
    lost = _lost(outside, dear)
    return Side(first.slope, inside.at, np.nan if lost else outside.slope, none_beyond=lost)


def _lost(stand: Stand, dear: float) -> bool:
    """Whether the program can no longer follow the number."""
    return abs(stand.slope) > 0.5 * dear


def _line(stand: Stand, at: float) -> float:
    return stand.value + stand.slope * (at - stand.at)


def _between(inside: Stand, outside: Stand) -> float:
    """Where the lines of two places meet, if that is well between them, else the middle."""
    turn = inside.slope - outside.slope
    whole = outside.at - inside.at
    share = (_line(outside, inside.at) - inside.value) / (turn * whole) if turn else 0.5
    return inside.at + whole * (share if 0.0 < share < 1.0 else 0.5)
