"""How far columns can reach: finite bounds that follow from the rows, for bounds that prices prove.

A price method charges columns for what they take of rows; what is left of a column's worth counts at its bound, so
every column needs one. Most follow from a row in which everything else is bounded. A slack follows from sense: of a
column that costs, no best plan has more than some row can need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 50
"""How often rows are gone through; each round bounds what rests on the one before."""


class Rows:
    """Rows ``lower <= l + B v <= upper`` in which l, of the groups, lies between known ends; entry by entry.

    Parameters
    ----------
    matrix : B, rows x columns.
    lower, upper : of the rows.
    least, most : ends of l.
    """

    def __init__(self, matrix: sparse.csc_array, lower: Floats, upper: Floats, least: Floats, most: Floats) -> None:
        entries = sparse.coo_array(matrix)
        self.row, self.column = entries.coords
        self.value = entries.data
        self.lower, self.upper, self.least, self.most = lower, upper, least, most

    def rest(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Least and most of each entry's row without the entry itself, the columns between `low` and `high`."""
        up = self.value > 0
        least = self.value * np.where(up, low[self.column], high[self.column])
        most = self.value * np.where(up, high[self.column], low[self.column])
        return self._without(least, self.least), self._without(most, self.most)

    def _without(self, term: Floats, beside: Floats) -> Floats:
        open_ = np.isinf(term)
        count = len(self.lower)
        closed = np.where(open_, 0.0, term)
        total = np.bincount(self.row, weights=closed, minlength=count) + beside
        others = np.bincount(self.row[open_], minlength=count)[self.row] - open_
        endless = np.inf if beside is self.most else -np.inf
        return np.where(others == 0, total[self.row] - closed, endless)


def finite_bounds(
    rows: Rows, low: Floats, high: Floats, cost: Floats, whole: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Bounds of columns, the infinite ones replaced where rows or sense bound them.

    They hold in every part of all plans that is a box of whole numbers.

    Parameters
    ----------
    low, high : as stated.
    cost : of the objective, to be maximised.
    whole : columns of whole numbers.
    """
    low, high = low.copy(), high.copy()
    with np.errstate(invalid="ignore"):
        for _ in range(ROUNDS):
            least, most = rows.rest(low, high)
            above, below = (rows.upper[rows.row] - least) / rows.value, (rows.lower[rows.row] - most) / rows.value
            up = rows.value > 0
            found = [np.where(up, above, below), np.where(up, below, above)]
            if not _tighten(
                rows,
                low,
                high,
                *(np.where(np.isnan(ends), end, ends) for ends, end in zip(found, (np.inf, -np.inf), strict=True)),
            ):
                break
        _needed(rows, low, high, cost, whole)
    return low, high


def box(lower: Floats, upper: Floats, finite: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The bounds of a part of all plans, with the `finite` ones of columns where its own have none, or are wider.

    Where a part begins beyond the end that sense gives a column, no plan need go further than the beginning.
    """
    return np.minimum(np.maximum(lower, finite[0]), upper), np.maximum(np.minimum(upper, finite[1]), lower)


def _tighten(rows: Rows, low: Floats, high: Floats, most: Floats, least: Floats) -> bool:
    """Give infinite bounds the finite ones of entries; say whether there were any."""
    lowest, highest = np.full(len(high), np.inf), np.full(len(low), -np.inf)
    np.minimum.at(lowest, rows.column, most)
    np.maximum.at(highest, rows.column, least)
    new_high, new_low = np.isinf(high) & np.isfinite(lowest), np.isinf(low) & np.isfinite(highest)
    high[new_high], low[new_low] = lowest[new_high], highest[new_low]
    return bool(new_high.any() or new_low.any())


def _needed(rows: Rows, low: Floats, high: Floats, cost: Floats, whole: NDArray[np.bool_]) -> None:
    """Columns that cost and have no end: no best plan has more than the row needs that needs most of them.

    Of two that stand in one row only and pull it to either side, as what is short and what is in excess of an
    equality, no best plan has both: for each the other counts as none. Not so a whole number: the
    next one up may be too much, which the other then makes up for.
    """
    alone = (np.bincount(rows.column, minlength=len(low)) == 1) & ~whole
    none_up = alone & np.isinf(high) & np.isfinite(low) & (cost <= 0.0)
    none_down = alone & np.isinf(low) & np.isfinite(high) & (cost >= 0.0)
    plain = rows.rest(low, high)
    single = rows.rest(np.where(none_down, high, low), np.where(none_up, low, high))
    least, most = (np.where(alone[rows.column], *both) for both in zip(single, plain, strict=True))
    up = rows.value > 0
    for sign, bound, other in ((1.0, high, low), (-1.0, low, high)):
        helps_lower = up if sign > 0 else ~up
        short = np.where(helps_lower, rows.lower[rows.row] - least, most - rows.upper[rows.row])
        need = np.where(np.isneginf(short), 0.0, np.maximum(short, 0.0)) / np.abs(rows.value)
        greatest = np.zeros(len(bound))
        np.maximum.at(greatest, rows.column, need)
        endless = np.isinf(bound) & (sign * cost <= 0.0) & np.isfinite(greatest)
        stated = np.where(np.isfinite(other), other, 0.0)
        bound[endless] = sign * np.maximum(greatest, sign * stated)[endless]
