"""The certificate of the price method: leaves with their prices, checked apart from the search (section 10).

Every leaf is a box of the policy's whole numbers with prices that bound each plan in it. The leaves are a proof if
together they cover all whole numbers, and if each bound comes out again from the block alone. The sum over groups is
not made by the compiled pass here: groups are gone through chunk by chunk, and every option is written out. Finite
bounds of columns are those of the search (`reach`, and the extent of rows), which have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from zonevest.solvers.reach import Rows, box, finite_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]

CHUNK = 1 << 18
"""Options that are written out at a time."""
EMPTY = 1e-7
"""A ray proves that there is no plan if its value is below 0 by this part of what it charges at most."""
ROUNDING = 1e-14
"""What double precision may lose of a bound, as a part of all that was added up: it is added to the bound."""


@dataclass(frozen=True)
class Leaf:
    """A part of all plans, and what bounds it.

    Attributes
    ----------
    lower, upper : of the policy columns, shape (columns,).
    prices : of the rows, shape (rows,).
    bound : what the search found they prove.
    ray : whether they prove that there is no plan in this part: they are prices of rows alone, without the objective.
    """

    lower: Floats
    upper: Floats
    prices: Floats
    bound: float
    ray: bool = False


def proven(block: Block, leaves: Sequence[Leaf]) -> float:
    """What the leaves prove: no plan is worth more; -inf: there is none.

    Raises
    ------
    ValueError
        If the leaves do not cover every case.
    """
    if not covers(block.column_lower, block.column_upper, leaves, np.asarray(block.column_integer)):
        raise ValueError("the leaves do not cover every case")
    judge = _Judge(block)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite proves nothing
        return max((judge.bound(leaf) for leaf in leaves), default=np.inf)


def covers(lower: Floats, upper: Floats, leaves: Sequence[Leaf], integer: NDArray[np.bool_]) -> bool:
    """Whether every point with whole numbers between `lower` and `upper` lies in a leaf.

    Some number must part the leaves in two: those at most v, those above. Each side is looked at by itself.
    """
    others = ~integer
    whole = [
        leaf
        for leaf in leaves
        if (leaf.lower[others] <= lower[others]).all() and (leaf.upper[others] >= upper[others]).all()
    ]
    if not whole:
        return False
    low, high = np.array([leaf.lower[integer] for leaf in whole]), np.array([leaf.upper[integer] for leaf in whole])
    cases = [(lower[integer], upper[integer], np.arange(len(whole)))]
    while cases:
        least, most, some = cases.pop()
        if ((low[some] <= least) & (high[some] >= most)).all(axis=1).any():
            continue
        parted = _parted(least, most, low[some], high[some])
        if parted is None:
            return False
        column, value, below = parted
        ends = least.copy(), most.copy()
        ends[0][column], ends[1][column] = value + 1, value
        cases += [(least, ends[1], some[below]), (ends[0], most, some[~below])]
    return True


def _parted(least: Floats, most: Floats, low: Floats, high: Floats) -> tuple[int, float, NDArray[np.bool_]] | None:
    """A number, a value and the leaves up to it, where the others are all above; None: no number parts them."""
    for column in np.flatnonzero((high < most).any(axis=0) & (most > least)):
        for value in np.unique(high[high[:, column] < most[column], column]):
            below = high[:, column] <= value
            if value >= least[column] and (below | (low[:, column] >= value + 1)).all():
                return int(column), float(value), below
    return None


class _Judge:
    """What prices prove of a block, every option written out."""

    def __init__(self, block: Block) -> None:
        self.known: dict[tuple[bytes, bool], float] = {}
        self.block, rows = block, len(block.rows)
        columns = sparse.csr_array(block.by_column)
        self.policy, self.cost = sparse.csc_array(columns[:, :rows].T), columns[:, [rows]].toarray().ravel()
        known = Rows(self.policy, block.lower, block.upper, *self._ends())
        whole = np.asarray(block.column_integer)
        self.finite = {  # a ray is of rows alone: what a column is worth does not count
            ray: finite_bounds(known, block.column_lower, block.column_upper, self.cost * (not ray), whole)
            for ray in (False, True)
        }

    def bound(self, leaf: Leaf) -> float:
        """The formula of section 10, in double precision."""
        block, counts = self.block, 0.0 if leaf.ray else 1.0
        open_side = (leaf.prices > 0) & np.isposinf(block.upper) | (leaf.prices < 0) & np.isneginf(block.lower)
        prices = np.where(open_side, 0.0, leaf.prices)
        terms = [block.constant * counts]
        for price, low, high in zip(prices.tolist(), block.lower.tolist(), block.upper.tolist(), strict=True):
            if price:
                terms.append(price * (high if price > 0 else low))
        reduced = counts * self.cost - self.policy.T @ prices
        low, high = box(leaf.lower, leaf.upper, self.finite[leaf.ray])
        own = np.where(reduced > 0, high, low) * np.where(reduced == 0, 0.0, reduced)
        terms += own[reduced != 0].tolist()
        weights = np.append(-prices, counts)
        terms.append(self._of_groups(weights))
        total, size = sum(terms), sum(abs(term) for term in terms)
        made = np.abs(counts * self.cost) + abs(self.policy).T @ np.abs(prices)  # what reduced costs are made of
        ends = np.maximum(np.abs(low), np.abs(high))[reduced != 0]
        total += ROUNDING * (size + float(made[reduced != 0] @ ends) + self._of_groups(np.abs(weights), size=True))
        if not np.isfinite(total):
            return np.inf
        if leaf.ray:
            return -np.inf if total < -EMPTY * size else np.inf
        return float(total)

    def _of_groups(self, weights: Floats, *, size: bool = False) -> float:
        """The best option of every group, summed up; or, of terms one by one, the largest `size` of an option."""
        key = weights.tobytes(), size  # leaves split off one another have the same prices
        if key not in self.known:
            self.known[key] = self._summed(weights, size=size)
        return self.known[key]

    def _summed(self, weights: Floats, *, size: bool) -> float:
        block, total = self.block, 0.0
        meant: Callable[[Any], Any] = abs if size else (lambda part: part)
        begin = np.searchsorted(block.group, np.arange(block.groups + 1))
        of_kinds = [meant(matrix) @ weights for _, matrix in block.by_kind]
        low = 0
        while low < block.groups:
            high = max(int(np.searchsorted(begin, begin[low] + CHUNK, side="right")) - 1, low + 1)
            here = slice(int(begin[low]), int(begin[high]))
            worth = np.zeros(here.stop - here.start)
            for (scalar, _), worths in zip(block.by_kind, of_kinds, strict=True):
                worth += meant(scalar)[block.group[here]] * worths[block.kind[here]]
            if block.by_option is not None:
                worth += meant(block.by_option[here]) @ weights
            total += float(np.maximum.reduceat(worth, begin[low:high] - begin[low]).sum())
            low = high
        return total

    def _ends(self) -> tuple[Floats, Floats]:
        """Least and most that groups can make of every row: kind by kind, with every group of the kind's run."""
        from zonevest.solvers.groups import Groups

        least, most = Groups(self.block).extent()
        return least[:-1], most[:-1]
