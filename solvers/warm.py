"""What a solved program leaves to the next one like it: its point, and the prices its land was asked.

Both are of use where the next one differs in some bounds, costs or rows and its groups choose among the same options:
a point on a trade-off and its neighbour, a study and the same one with another coefficient. Rows and columns are known
by their names. Neither is taken on trust: a point is judged by the next program's rows, and prices are asked anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from zonevest.solvers.master import BASIC, LOWER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.solvers.by_prices import Outcome
    from zonevest.solvers.master import Standing

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Warm:
    """A point and prices, by name.

    Attributes
    ----------
    options : how many options there were.
    chosen, share : those that are not 0, by position.
    columns : the policy's columns, by name.
    rows, prices : names of rows, and prices of them, shape (passes, rows); by prices only.
    used : answers to them that all plans together were mixed of, as pairs of pass and cluster.
    standing, basic : where the simplex method stood then, and on which of these answers; None: it is not known.
    """

    options: int
    chosen: NDArray[np.int64]
    share: Floats
    columns: dict[str, float]
    rows: tuple[str, ...] = ()
    prices: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    used: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    standing: Standing | None = None
    basic: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @classmethod
    def of(cls, block: Block, x: Floats, outcome: Outcome | None = None) -> Warm:
        """A point of a block, options before columns, and what its land was asked where prices found it."""
        size = len(block.group)
        chosen = np.flatnonzero(x[:size])
        columns = dict(zip(block.columns, x[size:].tolist(), strict=True))
        if outcome is None or outcome.asked is None or outcome.used is None:
            return cls(size, chosen, x[chosen], columns)
        known = block.rows, outcome.asked, outcome.used
        return cls(size, chosen, x[chosen], columns, *known, outcome.standing, outcome.basic)

    def point(self, block: Block) -> Floats | None:
        """The point in another block's order; None where its options are not as many."""
        size = len(block.group)
        if size != self.options:
            return None
        x = np.zeros(size + len(block.columns))
        x[self.chosen] = self.share
        x[size:] = [self.columns.get(name, 0.0) for name in block.columns]
        return x

    def stood(self, block: Block, clusters: int) -> Standing | None:
        """Where the simplex method stood, in another block's order; rows that were not there are slack."""
        at = self.standing
        if at is None or len(at.clusters) != clusters:
            return None
        row, column = _places(self.rows, block.rows), _places(self.columns, block.columns)
        return replace(
            at,
            rows=np.append(at.rows, np.int8(BASIC))[row],
            columns=np.append(at.columns, np.int8(LOWER))[column],
            below=np.append(at.below, np.int8(LOWER))[row],
            above=np.append(at.above, np.int8(LOWER))[row],
        )

    def priced(self, block: Block) -> Floats:
        """The prices in another block's order, 0 for rows that were not there; shape (passes, rows)."""
        place = _places(self.rows, block.rows)
        known = place >= 0
        prices = np.zeros((len(self.prices), len(block.rows)))
        if known.any():
            prices[:, known] = self.prices[:, place[known]]
        return prices


def _places(names: Iterable[str], wanted: Iterable[str]) -> Ints:
    """Where names stand among others, -1 for those that do not."""
    at = {name: position for position, name in enumerate(names)}
    return np.array([at.get(name, -1) for name in wanted], dtype=np.int64)
