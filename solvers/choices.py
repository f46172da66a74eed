"""Whole numbers that are one choice, and what is known of choices (FORMULATION.md section 10).

A project begun by one year is begun by the next: its whole numbers follow from each other and are settled together,
at one of few ways. How much every way costs, as the master tells, says which choice is to be settled or told apart
first: the one of which the best way costs much and the next best one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from zonevest.solvers.pricing import Prices

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WHOLE = 1e-6
"""A number this near to a whole one is one."""


class Choices:
    """The choices of a policy.

    Attributes
    ----------
    chain : of each whole number its choice, shape (whole numbers,).
    score : of a choice that was tried, how much its best way cost times how much the next best one did, at first: where
        least was settled.
    """

    def __init__(self, prices: Prices) -> None:
        count = len(prices.integer)
        after = _followers(prices)
        chain, place = np.full(count, -1), np.zeros(count, dtype=np.int64)
        first = np.setdiff1d(np.arange(count), list(after.values()))
        for number, begin in enumerate(first.tolist()):
            at, step = begin, 0
            while at is not None and chain[at] < 0:
                chain[at], place[at], step = number, step, step + 1
                at = after.get(at)
        alone = np.flatnonzero(chain < 0)
        chain[alone] = len(first) + np.arange(len(alone))
        self.chain = chain
        self.score: dict[int, float] = {}
        self._order = np.lexsort((place, chain))
        self._start = np.searchsorted(chain[self._order], np.arange(chain.max(initial=-1) + 2))

    def numbers(self, choice: int) -> Ints:
        """The whole numbers of a choice, the least first."""
        return self._order[self._start[choice] : self._start[choice + 1]]

    def open(self, whole: Floats, known: int | None) -> list[int]:
        """Choices with a number that is not whole: those never tried, and so many of those with the highest score.

        Of choices that have the same numbers in the mixture, as those that must go together have, one is named.
        """
        away = np.abs(whole - np.rint(whole))
        found = sorted(np.unique(self.chain[away > WHOLE]).tolist(), key=lambda choice: -self.score.get(choice, 0.0))
        seen: dict[tuple[float, ...], int] = {}
        for choice in found:
            seen.setdefault(tuple(np.round(whole[self.numbers(choice)], 4).tolist()), choice)
        old = [choice for choice in seen.values() if choice in self.score]
        return [*old[:known], *(choice for choice in seen.values() if choice not in self.score)]

    def learn(self, choice: int, falls: Iterable[float], least: float) -> float:
        """Note what the ways of a choice cost and return its score; `least` keeps a free way from hiding the other."""
        best, second, *_ = sorted(falls)
        score = max(best, least) * max(second, least)
        self.score.setdefault(choice, score)
        return score


def ways(whole: Floats) -> list[Floats]:
    """What the numbers of a choice can become, the likeliest by a mixture first.

    Parameters
    ----------
    whole : the numbers in the mixture, the least first.
    """
    if len(whole) == 1:
        low = np.floor(whole)
        return [low + 1.0, low] if whole[0] - low[0] > 0.5 else [low, low + 1.0]
    part = np.diff(np.concatenate([[0.0], whole, [1.0]]))
    likely = np.argsort(-part, kind="stable")
    return [(np.arange(len(whole)) >= k).astype(np.float64) for k in likely[part[likely] > WHOLE]]


def _followers(prices: Prices) -> dict[int, int]:
    """Of a whole number 0 or 1 the one that is no less, where a row without groups says so."""
    block, integer = prices.block, prices.integer
    number = np.full(len(block.columns), -1)
    number[integer] = np.arange(len(integer))
    rows = sparse.csr_array(prices.master.policy)
    two = np.flatnonzero((np.diff(rows.indptr) == 2) & (prices.least == 0.0) & (prices.most == 0.0))
    pair = rows.indptr[two][:, None] + np.arange(2)
    of, value = number[rows.indices[pair]], rows.data[pair]
    binary = (block.column_lower == 0.0) & (block.column_upper == 1.0)
    good = (of >= 0).all(axis=1) & (value.sum(axis=1) == 0.0) & binary[rows.indices[pair]].all(axis=1)
    found: dict[int, int] = {}
    ends = zip(of[good], value[good, 0], block.lower[two][good], block.upper[two][good], strict=True)
    for (a, b), x, low, high in ends:
        if (high == 0.0 and np.isneginf(low)) or (low == 0.0 and np.isposinf(high)):
            small, large = (a, b) if (x > 0) == (high == 0.0) else (b, a)
            found.setdefault(int(small), int(large))
    return found
