"""Over which range of a number its price holds, found by solving again around the ends (see `zonevest.solvers.around`).

Where right sides move the value of the program is concave and made of straight pieces: the price at two places tells
all in between once the lines there meet at a place that either basis reaches. So an end needs a solve beside it, and
no search, unless pieces are many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from zonevest.solvers.around import UnsolvedError

if TYPE_CHECKING:
    from zonevest.solvers.around import Around, Move, Stand

HOLDS, RATIO_HOLDS = 1e-3, 1e-2
"""A price holds as long as it changes by no more than this part; that of a ratio, which changes with it everywhere."""
STEP, FAR = 1e-6, 30.0
"""In sizes of the number: the move that tells the price of a little more, and beyond which no end is looked for."""
FIRST = 1e-2
"""Of a ratio, in sizes: the first move that looks for an end."""
LEAST, MOST = 4.0, 32.0
"""As long as no end is in sight each move is so many times as large as the last one, more each time."""
NOISE = 1e-9
"""Of a value, by which lines may miss each other that meet."""
CLOSE, TRIES = 5e-2, 40
"""An end is found when it is known to this part of its distance; so many solves are made for it at most."""

End = Literal["break", "no_plan", "open", "zero", "inner"]
"""What there is at an end: the price changes; there is no plan beyond; no end is found `FAR` away; the number is 0
there; it holds at least so far, and further was not looked for."""


@dataclass(frozen=True)
class Side:
    """What a number is worth to one side of the plan.

    Attributes
    ----------
    price : of a little more (or less) of it; NaN: there is no plan with it, or it was not looked for.
    end : how far that holds: a move, 0 or above on the upper side, 0 or below on the lower; ±inf where it is open.
    outside : the first move at which it was seen not to hold: `end` where the lines of both meet there; NaN: none.
    beyond : the price there; NaN: there is no plan there, or no end.
    what : is at the end.
    """

    price: float
    end: float
    outside: float
    beyond: float
    what: End


def side(around: Around, move: Move, size: float, sign: float, least: float, home: Stand | None) -> Side:
    """One side of a number; as much of it as was found by the time that solving ends.

    Parameters
    ----------
    move, size : what a unit of it does, and how large it is.
    sign : 1.0 for more of it, -1.0 for less.
    least : how far it can be moved down.
    home : how the plan's own basis stands to the move; None: a coefficient moves.
    """
    search = _Search(around, move, size, sign, least, home)
    if search.most <= STEP * size:
        return Side(np.nan, 0.0, np.nan, np.nan, "zero")
    around.begin(move, search.dear)
    try:
        return search.found()
    except UnsolvedError:
        return search.so_far()
    finally:
        around.end()


def at_home(home: Stand, size: float, sign: float) -> Side:
    """What the plan's basis alone says of one side."""
    reach = home.high if sign > 0 else -home.low
    price = home.slope if reach > STEP * size else np.nan
    return Side(price, sign * reach if reach > STEP * size else 0.0, np.nan, np.nan, "inner")


class _Search:
    """One side of a number: places are distances, 0 and above.

    Attributes
    ----------
    first, inside, outside : where the price was told, the last place where it holds, the first where it does not.
    reach, edge : how far inside holds at least, from where on outside is.
    """

    def __init__(self, around: Around, move: Move, size: float, sign: float, least: float, home: Stand | None) -> None:
        self.around, self.size, self.sign, self.straight = around, size, sign, move.rate is None
        self.dear, self.trusted = around.dear(size), True
        self.far = sign > 0 or -least >= FAR * size
        self.most = FAR * size if self.far else -least
        self.first: Stand | None = None
        self.outside: Stand | None = None
        self.reach, self.edge = 0.0, np.inf
        if home is not None and self._ends(home)[1] > STEP * size:
            self.first, self.reach = home, self._ends(home)[1]
        self.tolerance = self._tolerance()

    def _ends(self, stand: Stand) -> tuple[float, float]:
        """The near and the far end of what the basis of a place reaches."""
        place = abs(stand.at)
        near, far = (stand.low, stand.high) if self.sign > 0 else (-stand.high, -stand.low)
        return (min(near, place), max(far, place)) if self.trusted else (place, place)

    def _tolerance(self) -> float:
        part = HOLDS if self.straight else RATIO_HOLDS
        return max(part * abs(self.first.slope), 1e-12 * self.dear) if self.first is not None else 0.0

    def found(self) -> Side:
        """Look for the end."""
        if self.first is None:
            self.first = self.around.at(self.sign * STEP * self.size)
            self.tolerance, self.reach = self._tolerance(), self._ends(self.first)[1]
        if self._lost(self.first):
            return Side(np.nan, 0.0, 0.0, np.nan, "no_plan")
        self.inside, growth = self.first, LEAST
        for turn in range(TRIES):
            if self.outside is None:
                if self.reach >= self.most:
                    end = self.sign * (np.inf if self.far else self.most)
                    return Side(self.first.slope, end, np.nan, np.nan, "open" if self.far else "zero")
                self._look(self._further(turn, growth))
                growth = min(2.0 * growth, MOST)
            elif self.edge - self.reach <= max(CLOSE * self.edge, STEP * self.size):
                break
            else:
                self._look(self._between(turn))
        return self.so_far()

    def so_far(self) -> Side:
        """What is known."""
        if self.first is None:
            return Side(np.nan, 0.0, np.nan, np.nan, "inner")
        price, end = self.first.slope, self.sign * self.reach
        if self.outside is None:
            return Side(price, end, np.nan, np.nan, "inner")
        lost = self._lost(self.outside)
        beyond, what = (np.nan, "no_plan") if lost else (self.outside.slope, "break")
        close = self.edge - self.reach <= max(CLOSE * self.edge, STEP * self.size)
        exact = self.edge - self.reach <= STEP * max(self.size, self.edge)
        outside = end if exact else self.sign * self.edge
        return Side(price, end, outside, beyond, what if close else "inner")  # type: ignore[arg-type]

    def _look(self, place: float) -> None:
        """Solve at a place: on which side of the end it is, and how far its basis goes."""
        assert self.first is not None
        stand = self.around.at(self.sign * place)
        both = (
            self.straight
            and self.outside is not None
            and self._on(self.inside, stand)
            and self._on(self.outside, stand)
        )
        if abs(stand.slope - self.first.slope) <= self.tolerance:
            self.inside, self.reach = stand, min(self._ends(stand)[1], self.edge)
        else:
            self.outside, self.edge = stand, max(self._ends(stand)[0], self.reach)
        if both:  # the price turns here from the one to the other
            self.reach = self.edge = place
        elif self.outside is not None and self.trusted and not self._meet_within():
            # what the solver says of its basis is not what its values say: go by these
            self.trusted, self.reach, self.edge = False, abs(self.inside.at), abs(self.outside.at)

    def _meet_within(self) -> bool:
        """Whether the lines of both sides meet between what their bases reach, as those of a concave value do."""
        assert self.outside is not None
        if not self.straight:
            return True
        noise = NOISE * max(abs(self.outside.value), abs(self.inside.value))
        over = self.outside.value - _line(self.inside, self.outside.at)
        at_reach = _line(self.outside, self.sign * self.reach) - _line(self.inside, self.sign * self.reach)
        at_edge = _line(self.outside, self.sign * self.edge) - _line(self.inside, self.sign * self.edge)
        return over <= noise and at_reach >= -noise and at_edge <= noise

    def _on(self, line: Stand, stand: Stand) -> bool:
        """Whether a place stands on the line of another."""
        room = 1e-11 * abs(stand.value) + 0.1 * self.tolerance * abs(stand.at - line.at)
        return abs(stand.value - _line(line, stand.at)) <= room

    def _further(self, turn: int, growth: float) -> float:
        """The next place as long as no end is in sight: just beyond what the basis reaches, then ever further."""
        assert self.first is not None
        if self.straight:
            place = self.reach * (1 + 1e-4 if turn == 0 else growth / 2) + STEP * self.size
        elif turn == 0:
            place = FIRST * self.size
        else:  # its price changes little by little
            part = abs(self.inside.slope - self.first.slope) / self.tolerance
            place = self.reach * min(max(1.1 / part if part else np.inf, 2.0), LEAST)
        return min(place, self.most)

    def _between(self, turn: int) -> float:
        """The next place on the way back: where the lines meet, where the price has changed enough, or half way."""
        assert self.outside is not None
        assert self.first is not None
        wide, share = self.edge - self.reach, 0.5
        if self.straight and turn % 3 == 0:
            bend = self.inside.slope - self.outside.slope
            meet = (self.outside.value - _line(self.inside, self.outside.at)) / bend if bend else 0.0
            place = abs(self.outside.at + meet)
            if self.reach < place < self.edge:
                return place
        elif turn % 3 == 1:
            less, more = (abs(each.slope - self.first.slope) for each in (self.inside, self.outside))
            share = min(max((self.tolerance - less) / (more - less), 0.05), 0.95)
        return self.reach + share * wide

    def _lost(self, stand: Stand) -> bool:
        """Whether the program can no longer follow the number."""
        return abs(stand.slope) > 0.5 * self.dear


def _line(stand: Stand, at: float) -> float:
    return stand.value + stand.slope * (at - stand.at)
