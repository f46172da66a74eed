"""The master of the price method: the policy over answers, prices held in a box (FORMULATION.md section 10).

Columns are the policy's own, and answers that clusters of groups gave to prices; of every cluster's answers a mixture
is taken. Rows in which groups stand may be missed at a price: dear enough at last to be kept, and near the best prices
so far until then, which keeps the next prices from jumping about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Model
from scipy import sparse

from zonevest.solvers.program import SMALLEST_KEPT, Program
from zonevest.solvers.quiet import Quiet, set_option
from zonevest.solvers.trust import point_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Small = NDArray[np.int8]

MISSED = 1e-7
"""Parts of a row's extent; less is no miss."""
STEPS = 20_000
"""Steps of the simplex method after which it is begun anew."""
_COLUMNWISE, _MAXIMISE = 1, -1
_DUAL, _PRIMAL = 1, 4
BASIC, LOWER = int(highspy.HighsBasisStatus.kBasic), int(highspy.HighsBasisStatus.kLower)
_STATUS = {int(each): each for each in highspy.HighsBasisStatus.__members__.values()}


@dataclass(frozen=True)
class Mixture:
    """The master's best mixture.

    Attributes
    ----------
    value : objective.
    prices : of the rows, shape (rows,).
    columns : of the policy, shape (columns,).
    weights : of the answers, in order, shape (answers,).
    missed : how many rows are missed.
    charged : what that costs at most, in units of the objective.
    short : by how much in all, in extents of the rows.
    """

    value: float
    prices: Floats
    columns: Floats
    weights: Floats
    missed: int
    charged: float
    short: float = 0.0


@dataclass(frozen=True, eq=False)
class Standing:
    """Where the simplex method stood, for a master like it: numbers of HiGHS' basis statuses.

    Attributes
    ----------
    rows, clusters : of the rows, and of the clusters' own.
    columns : of the policy.
    below, above : of what a row may miss, by row.
    """

    rows: Small
    clusters: Small
    columns: Small
    below: Small
    above: Small


class Master:
    """A linear program that grows by answers.

    Attributes
    ----------
    block : what it is the master of.
    policy, cost : the policy columns over the rows (rows x columns), and in the objective.
    boxed : rows whose price is held in a box: those in which groups stand.
    extent : of boxed rows, what groups make of them at most in either direction.
    answers, cluster : the answers, each one row over rows and objective, and the cluster of each.
    asked : at which pass each was given.
    """

    def __init__(self, block: Block, clusters: int, extent: Floats) -> None:
        self.block, self.clusters = block, clusters
        rows, columns = len(block.rows), len(block.columns)
        matrix = sparse.csr_array(block.by_column)
        self.policy = sparse.csc_array(matrix[:, :rows].T)
        self.policy.data[np.abs(self.policy.data) < SMALLEST_KEPT] = 0.0
        self.policy.eliminate_zeros()
        self.cost = matrix[:, [rows]].toarray().ravel()
        self.boxed = np.flatnonzero(extent > 0.0)
        self.extent = extent[self.boxed]
        self.answers = sparse.csr_array((0, rows + 1))
        self.cluster, self.asked = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        count = len(self.boxed)
        miss = sparse.csc_array((self.extent, (self.boxed, np.arange(count))), (rows, count))
        below = sparse.csc_array((clusters, columns + 2 * count))
        whole = sparse.csc_array(sparse.vstack([sparse.hstack([self.policy, miss, -miss]), below]))
        self._first = columns + 2 * count
        self._charge = np.zeros(2 * count)
        self.highs = growing()
        none = np.zeros(2 * count)
        status = self.highs.passModel(
            self._first,
            rows + clusters,
            whole.nnz,
            _COLUMNWISE,
            _MAXIMISE,
            block.constant,
            np.append(self.cost, none),
            np.append(block.column_lower, none),
            np.append(block.column_upper, none + np.inf),
            np.append(block.lower, np.ones(clusters)),
            np.append(block.upper, np.ones(clusters)),
            whole.indptr.astype(np.int32),
            whole.indices.astype(np.int32),
            whole.data,
            np.zeros(self._first, dtype=np.int32),
        )
        if status == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS refused the master")

    def hold(self, prices: Floats, radius: float) -> None:
        """Hold the prices of boxed rows within a radius of these, in units of the objective per extent of the row."""
        middle = prices[self.boxed] * self.extent
        at = np.arange(len(self.cost), self._first, dtype=np.int32)
        self._charge = np.append(middle - radius, -middle - radius)
        self.highs.changeColsCost(len(at), at, self._charge)

    def add(self, answer: sparse.csr_array, asked: Sequence[int]) -> None:
        """Add what every cluster answered at passes, one pass after the other: (passes x clusters) x (rows + 1)."""
        rows, count = answer.shape[1] - 1, answer.shape[0]
        cluster = np.tile(np.arange(self.clusters), len(asked))
        own = sparse.csr_array((np.ones(count), (np.arange(count), cluster)), (count, self.clusters))
        over = sparse.csr_array(sparse.hstack([answer[:, :rows], own]))
        over.sort_indices()
        worth = answer[:, [rows]].toarray().ravel()
        self.highs.addCols(
            count, worth, np.zeros(count), np.full(count, np.inf),
            over.nnz, over.indptr[:-1].astype(np.int32), over.indices.astype(np.int32), over.data,
        )  # fmt: skip
        self.answers = sparse.csr_array(sparse.vstack([self.answers, answer]))
        self.cluster = np.append(self.cluster, cluster)
        self.asked = np.append(self.asked, np.repeat(asked, self.clusters))

    def drop(self, kept: NDArray[np.bool_]) -> None:
        """Keep these answers only, and those that the simplex method stands on."""
        column, row = self._statuses()
        kept = kept | (column[self._first :] == BASIC)
        gone = (np.flatnonzero(~kept) + self._first).astype(np.int32)
        if len(gone):
            self.highs.deleteCols(len(gone), gone)
            self._stand_at(np.append(column[: self._first], column[self._first :][kept]), row)
            self.answers = sparse.csr_array(self.answers[np.flatnonzero(kept)])
            self.cluster, self.asked = self.cluster[kept], self.asked[kept]

    def bound_columns(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Give policy columns other bounds."""
        self.highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def solve(self, iterations: int | None = None) -> Mixture | None:
        """The best mixture; None where there is none, however rows are missed.

        Parameters
        ----------
        iterations : stop after so many steps of the simplex method; the mixture is then an estimate.
        """
        model = self._run(STEPS if iterations is None else iterations)
        if model != Model.kOptimal and iterations is None:  # it does not get on from its basis: anew, the other way
            self.highs.clearSolver()
            set_option(self.highs, "simplex_strategy", _DUAL)
            model = self._run(5 * STEPS)
            set_option(self.highs, "simplex_strategy", _PRIMAL)
        if model != Model.kOptimal and not (model == Model.kIterationLimit and iterations is not None):
            return None
        solution = self.highs.getSolution()
        x = point_of(solution.col_value, self._first + len(self.cluster))
        every = point_of(solution.row_dual, len(self.block.rows) + self.clusters)
        value = float(self.highs.getInfo().objective_function_value)
        if x is None or every is None or not np.isfinite(value):
            return None
        own = len(self.cost)
        miss = x[own : self._first]
        missed = int(np.count_nonzero(miss > MISSED))
        charged = float(np.abs(self._charge) @ miss)
        prices = every[: len(self.block.rows)]
        return Mixture(value, prices, x[:own], x[self._first :], missed, charged, float(miss.sum()))

    def after(self, steps: int) -> float | None:
        """Value of the best mixture after other bounds of columns; no less than that where it takes more steps.

        The dual simplex method goes on from a basis that was best before, whose value falls from step to step.

        Parameters
        ----------
        steps : at most so many.

        Returns
        -------
        None where there is no mixture.
        """
        set_option(self.highs, "simplex_strategy", _DUAL)
        model = self._run(steps)
        set_option(self.highs, "simplex_strategy", _PRIMAL)
        if model not in (Model.kOptimal, Model.kIterationLimit):
            return None
        return float(self.highs.getInfo().objective_function_value)

    def _run(self, steps: int) -> Model:
        set_option(self.highs, "simplex_iteration_limit", steps)
        try:
            self.highs.run()
            model: Model = self.highs.getModelStatus()
        except Exception:  # whatever it is: no mixture, and no plan that is known is lost by it
            return Model.kSolveError
        return model

    def basis(self) -> Any:
        """Where the simplex method stands, to return to."""
        return self.highs.getBasis()

    def return_to(self, basis: Any) -> None:
        """Return to a basis of before; answers added since are out of it."""
        self.highs.setBasis(basis)

    def standing(self) -> tuple[Standing, NDArray[np.bool_]] | None:
        """Where the simplex method stands, and which answers it stands on; None: nowhere."""
        column, row = self._statuses()
        if not (row == BASIC).any() and not (column == BASIC).any():
            return None
        own, rows, boxed = len(self.cost), len(self.block.rows), len(self.boxed)
        below, above = np.full(rows, LOWER, dtype=np.int8), np.full(rows, LOWER, dtype=np.int8)
        below[self.boxed], above[self.boxed] = column[own : own + boxed], column[own + boxed : self._first]
        return Standing(row[:rows], row[rows:], column[:own], below, above), column[self._first :] == BASIC

    def stand(self, at: Standing, answers: NDArray[np.bool_]) -> None:
        """Go on from where a master like it stood, on these answers; where that is no basis, from the beginning."""
        column = np.concatenate(
            [at.columns, at.below[self.boxed], at.above[self.boxed], np.where(answers, BASIC, LOWER)]
        )
        row = np.append(at.rows, at.clusters)
        if len(row) == len(self.block.rows) + self.clusters == int((column == BASIC).sum() + (row == BASIC).sum()):
            self._stand_at(column, row)

    def _statuses(self) -> tuple[Small, Small]:
        """Basis statuses of columns and rows; of none where there is no basis."""
        basis = self.highs.getBasis()
        column, row = ([int(each) for each in of] for of in (basis.col_status, basis.row_status))
        size = self._first + len(self.cluster), len(self.block.rows) + self.clusters
        if not basis.valid or (len(column), len(row)) != size:
            return np.full(size[0], LOWER, dtype=np.int8), np.full(size[1], LOWER, dtype=np.int8)
        return np.array(column, dtype=np.int8), np.array(row, dtype=np.int8)

    def _stand_at(self, column: Small, row: Small) -> None:
        if int((column == BASIC).sum() + (row == BASIC).sum()) != len(row):
            return
        basis = highspy.HighsBasis()
        basis.col_status = [_STATUS[each] for each in column.tolist()]
        basis.row_status = [_STATUS[each] for each in row.tolist()]
        basis.valid = True
        self.highs.setBasis(basis)

    def losses(self, prices: Floats) -> Floats:
        """By how much each answer is worse at these prices than the best of its cluster that is here."""
        worth = self.answers @ np.append(-prices, 1.0)
        best = np.full(self.clusters, -np.inf)
        np.maximum.at(best, self.cluster, worth)
        lost: Floats = best[self.cluster] - worth
        return lost

    def program(self, kept: NDArray[np.bool_], *, integer: bool = True) -> Program:
        """The policy over these answers as a program, whole numbers whole, nothing missed."""
        rows, some = len(self.block.rows), np.flatnonzero(kept)
        count = len(some)
        answers = self.answers[some]
        mixed = sparse.csr_array((np.ones(count), (self.cluster[some], np.arange(count))), (self.clusters, count))
        empty = sparse.csr_array((self.clusters, len(self.cost)))
        whole = sparse.csc_array(
            sparse.vstack([sparse.hstack([self.policy, answers[:, :rows].T]), sparse.hstack([empty, mixed])])
        )
        return Program(
            cost=np.append(self.cost, answers[:, [rows]].toarray().ravel()),
            offset=self.block.constant,
            col_lower=np.append(self.block.column_lower, np.zeros(count)),
            col_upper=np.append(self.block.column_upper, np.ones(count)),
            integer=np.append(self.block.column_integer & integer, np.zeros(count, dtype=np.bool_)),
            row_lower=np.append(self.block.lower, np.ones(self.clusters)),
            row_upper=np.append(self.block.upper, np.ones(self.clusters)),
            start=whole.indptr,
            index=whole.indices,
            value=whole.data,
        )


def growing() -> Any:
    """HiGHS for a linear program that grows by columns and whose bounds move, from run to run."""
    highs: Any = Quiet()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 0),  # those that there are: HiGHS keeps them from run to run, and refuses another number
        ("parallel", "off"),
        ("small_matrix_value", SMALLEST_KEPT),
        ("simplex_strategy", _PRIMAL),  # new answers and new prices leave the primal method's basis feasible
    ):
        set_option(highs, name, value)
    return highs
