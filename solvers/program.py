"""A linear or mixed-integer program as arrays: what every solver is given.

Maximise ``cost @ x + offset`` subject to ``row_lower <= A x <= row_upper``, ``col_lower <= x <= col_upper`` and
``x[j]`` whole wherever ``integer[j]``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from zonevest.instances.say import say
from zonevest.model.meeting import Meeting
from zonevest.solvers.quiet import Quiet

Floats = NDArray[np.float64]
Block = tuple[str, int, int]

#: Smallest coefficient that HiGHS can be told to keep (its own default drops what is below 1e-9).
SMALLEST_KEPT = 1e-12
_COLUMNWISE, _MAXIMISE = 1, -1


@dataclass(frozen=True, eq=False)
class Program:
    """Maximise ``cost @ x + offset`` over rows, bounds and integrality.

    The array contract: position ``j`` of `cost`, `col_lower`, `col_upper` and `integer` belongs to column ``j``;
    position ``i`` of `row_lower` and `row_upper` belongs to row ``i``; the entries of column ``j`` of the matrix
    stand at positions ``start[j]`` to ``start[j + 1] - 1`` of `index` (their rows) and `value` (their coefficients).
    A row stands at most once in a column; the order within a column is free. Infinite bounds are ``±inf``.
    `row_blocks` and `col_blocks` name runs of rows and columns as (name, first, count): enough to say where a
    position comes from, without a string for each.

    Parameters
    ----------
    cost, col_lower, col_upper : array of float, one per column
    integer : array of bool, one per column
    row_lower, row_upper : array of float, one per row
    start : array of int64 or int32, one per column and one more
    index : array of int32, one per nonzero
    value : array of float, one per nonzero
    offset : float
        Constant of the objective.
    row_blocks, col_blocks : tuple of (str, int, int)
    meetings : tuple of Meeting
        What holds at every point with whole numbers and may be used to tighten the rows; nothing rests on it.

    Raises
    ------
    ValueError
        When lengths do not fit each other, an entry points outside the rows, or a number is not usable.
    """

    cost: Floats
    col_lower: Floats
    col_upper: Floats
    integer: NDArray[np.bool_]
    row_lower: Floats
    row_upper: Floats
    start: NDArray[np.integer[Any]]
    index: NDArray[np.int32]
    value: Floats
    offset: float = 0.0
    row_blocks: tuple[Block, ...] = ()
    col_blocks: tuple[Block, ...] = ()
    meetings: tuple[Meeting, ...] = ()

    def __post_init__(self) -> None:
        kinds = {"integer": np.bool_, "start": np.int64, "index": np.int32}
        for name in ARRAYS:
            given = np.asarray(getattr(self, name))
            kind = kinds.get(name, np.float64)
            if name == "start" and given.dtype == np.int32:
                kind = np.int32
            object.__setattr__(self, name, np.ascontiguousarray(given, dtype=kind))
        for name in ("row_blocks", "col_blocks"):
            object.__setattr__(self, name, tuple((str(n), int(f), int(c)) for n, f, c in getattr(self, name)))
        object.__setattr__(self, "offset", float(self.offset))
        faults = list(self._faults())
        if faults:
            raise ValueError("the arrays are not a program: " + "; ".join(faults))

    def _faults(self) -> Iterable[str]:
        n, m, nz = self.n_cols, self.n_rows, self.n_nonzeros
        for name, length in (("col_lower", n), ("col_upper", n), ("integer", n), ("row_upper", m), ("index", nz)):
            if len(getattr(self, name)) != length:
                yield f"{name} has {len(getattr(self, name))} positions, {length} are needed"
                return
        if len(self.start) != n + 1 or self.start[0] != 0 or self.start[-1] != nz or np.any(np.diff(self.start) < 0):
            yield "start must rise from 0 to the number of nonzeros, with one position more than there are columns"
            return
        if nz and (self.index.min() < 0 or self.index.max() >= m):
            yield f"index points outside the {m} rows"
        for name in ("cost", "value"):
            if not np.isfinite(getattr(self, name)).all():
                yield f"{name} has positions that are not finite"
        for name in ("col_lower", "col_upper", "row_lower", "row_upper"):
            if np.isnan(getattr(self, name)).any():
                yield f"{name} has positions that are not numbers"
        if not np.isfinite(self.offset):
            yield "offset is not finite"
        for blocks, count, what in ((self.row_blocks, m, "row"), (self.col_blocks, n, "column")):
            for name, first, length in blocks:
                if first < 0 or length < 0 or first + length > count:
                    yield f"{what} block {name!r} ({first}, {length}) is outside the {count} {what}s"

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def n_cols(self) -> int:
        """Number of columns."""
        return len(self.cost)

    @property
    def n_nonzeros(self) -> int:
        """Number of entries of the matrix."""
        return len(self.value)

    @cached_property
    def entry_cols(self) -> NDArray[np.int32]:
        """Column of every entry: position ``k`` belongs to ``value[k]``."""
        return np.repeat(np.arange(self.n_cols, dtype=np.int32), np.diff(self.start))

    @cached_property
    def row_extremes(self) -> tuple[Floats, Floats]:
        """Smallest and largest absolute coefficient of every row (inf and 0 where a row is empty).

        What is below 1e-9 of its row's largest is rounding noise and counts as no coefficient.
        """
        least, most = np.full(self.n_rows, np.inf), np.zeros(self.n_rows)
        size = np.abs(self.value)
        np.maximum.at(most, self.index, size)
        np.minimum.at(least, self.index, np.where(size > 1e-9 * most[self.index], size, np.inf))
        return least, most

    def row_activity(self, x: Floats) -> Floats:
        """``A x``, one per row."""
        terms = self.value * np.repeat(x, np.diff(self.start))
        return np.bincount(self.index, weights=terms, minlength=self.n_rows).astype(np.float64, copy=False)

    def value_at(self, x: Floats) -> float:
        """Objective at `x`: ``cost @ x + offset``."""
        return float(self.cost @ x) + self.offset

    def row_violations(self, x: Floats) -> Floats:
        """How far each row is broken at `x`, relative to what stands in the row; 0 where it holds.

        The scale of a row is the largest of: the bound that is broken, the largest term ``|a_ij x_j|``, the smallest
        coefficient. The last keeps rounding noise on small values from counting as a break, yet one unit of any
        column in a row whose bound is zero counts in full.
        """
        terms = self.value * np.repeat(x, np.diff(self.start))
        activity = np.bincount(self.index, weights=terms, minlength=self.n_rows)
        below, above = self.row_lower - activity, activity - self.row_upper
        broken = np.maximum(np.maximum(below, above), 0.0)
        if not broken.any():  # also the case without rows
            return broken
        bound = np.abs(np.where(below > above, self.row_lower, self.row_upper))
        scale = np.zeros(self.n_rows)
        np.maximum.at(scale, self.index, np.abs(terms))
        least, _ = self.row_extremes
        scale = np.maximum(np.maximum(scale, bound), np.where(np.isfinite(least), least, 0.0))
        # an empty row with bounds that exclude zero: no scale makes it hold
        with np.errstate(invalid="ignore"):
            relative = np.where(np.isinf(broken), np.inf, broken / np.where(scale > 0, scale, 1.0))
        return np.where(broken > 0, relative, 0.0)

    def violation(self, x: Floats) -> float:
        """Largest break of a row (see `row_violations`), of a bound (relative, at least per unit) or of integrality.

        Returns
        -------
        float
            0 when everything holds exactly; ``inf`` when `x` has positions that are not finite.
        """
        if not np.isfinite(x).all():
            return np.inf
        worst = 0.0
        if self.n_rows:
            worst = float(self.row_violations(x).max())
        if self.n_cols:
            with np.errstate(invalid="ignore"):
                for over, bound in ((self.col_lower - x, self.col_lower), (x - self.col_upper, self.col_upper)):
                    worst = max(worst, float((over / np.maximum(1.0, np.abs(bound)))[over > 0].max(initial=0.0)))
            whole = x[self.integer]
            worst = max(worst, float(np.abs(whole - np.rint(whole)).max(initial=0.0)))
        return worst

    def dual_bound(self, prices: Floats) -> float:
        """Upper bound on the objective that row prices prove, integrality left aside.

        ``offset + Σ_i max over [row_lower_i, row_upper_i] of prices_i r_i + Σ_j max over [col_lower_j, col_upper_j]
        of (cost_j - prices · A_j) x_j``. It holds for any prices: a price whose side of the row is open is taken as
        0. ``inf`` when a reduced cost points to a column's open side.
        """
        open_side = ((prices > 0) & np.isposinf(self.row_upper)) | ((prices < 0) & np.isneginf(self.row_lower))
        y = np.where(open_side, 0.0, prices)
        reduced = self.cost - np.bincount(self.entry_cols, weights=self.value * y[self.index], minlength=self.n_cols)
        return self.offset + _best(y, self.row_lower, self.row_upper) + _best(reduced, self.col_lower, self.col_upper)

    def crossed(self) -> str | None:
        """Name the first row or column whose lower bound exceeds its upper one (None: there is none)."""
        for lower, upper, name in (
            (self.row_lower, self.row_upper, self.row_name),
            (self.col_lower, self.col_upper, self.col_name),
        ):
            wrong = np.flatnonzero((lower > upper) | np.isposinf(lower) | np.isneginf(upper))
            if len(wrong):
                i = int(wrong[0])
                low, high = f"{lower[i]:g}", f"{upper[i]:g}"
                return say("{row}: no number lies between {low} and {high}", row=name(i), low=low, high=high)
        return None

    def row_name(self, i: int) -> str:
        """Block and position in it of row `i`, as ``name[k]``."""
        return _name(self.row_blocks, i) or say("row {numbers}", numbers=i)

    def col_name(self, j: int) -> str:
        """Block and position in it of column `j`, as ``name[k]``."""
        return _name(self.col_blocks, j) or say("column {name}", name=j)

    def pass_to(self, highs: Any) -> None:
        """Hand the arrays to a ``highspy`` instance, without a loop.

        Raises
        ------
        RuntimeError
            When HiGHS refuses the model (for one: a row that stands twice in a column).
        """
        if self.n_nonzeros > np.iinfo(np.int32).max:
            raise ValueError(f"{self.n_nonzeros} nonzeros: HiGHS counts in 32 bits")
        status = highs.passModel(
            self.n_cols,
            self.n_rows,
            self.n_nonzeros,
            _COLUMNWISE,
            _MAXIMISE,
            self.offset,
            self.cost,
            self.col_lower,
            self.col_upper,
            self.row_lower,
            self.row_upper,
            self.start.astype(np.int32, copy=False),
            self.index,
            self.value,
            self.integer.astype(np.int32),
        )
        if status == highspy.HighsStatus.kError:  # a warning says that entries below SMALLEST_KEPT were dropped
            raise RuntimeError("HiGHS refused the program: is a row twice in one column, or a bound beyond 1e20?")

    def to_highs_lp(self) -> highspy.HighsLp:
        """Return the program as a ``HighsLp`` that stands on its own.

        Passing the arrays and reading the model back is four times as fast as setting the fields of a ``HighsLp``.
        """
        highs: Any = Quiet()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("small_matrix_value", SMALLEST_KEPT)
        self.pass_to(highs)
        lp: highspy.HighsLp = highs.getLp()
        return lp


#: The arrays of a `Program`, by field name.
ARRAYS = ("cost", "col_lower", "col_upper", "integer", "row_lower", "row_upper", "start", "index", "value")


def _best(factor: Floats, lower: Floats, upper: Floats) -> float:
    """Sum of the largest ``factor * v`` with v between the bounds; a zero factor gives zero, whatever the bounds."""
    bound = np.where(factor > 0, upper, lower)
    return float(np.sum(factor * np.where(factor == 0, 0.0, bound)))


def _name(blocks: tuple[Block, ...], position: int) -> str:
    for name, first, count in blocks:
        if first <= position < first + count:
            return f"{name}[{position - first}]"
    return ""
