"""The rows of a plan's table of parcels as options of the ledger: what each of them books, and what it would held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Entry, Ledger
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """Rows of ``plan.parcels`` and the options that they are.

    Attributes
    ----------
    ledger : of the options that the plan chooses.
    parcel : position of the parcel of each row, shape (rows,).
    kind, option : of the ledger's options, shape (rows,).
    share : of the parcel, shape (rows,).
    """

    ledger: Ledger
    parcel: Ints
    kind: Ints
    option: Ints
    share: Floats

    @classmethod
    def of(cls, plan: PlanData, ledger: Ledger) -> Chosen:
        """Find the option of every row."""
        options, rows = ledger.options, plan.parcels
        parcel = pd.Index(plan.study.parcels["parcel_id"]).get_indexer(rows["parcel_id"]).astype(np.int64)
        practice = pd.Index(options.practices).get_indexer(rows["practice"].fillna(""))
        start = pd.Index(period_names(plan.study.periods)).get_indexer(rows["start"].fillna(""))  # -1: none
        wide, many = len(options.practices), len(plan.study.periods) + 1
        codes = (options.kind_pattern * wide + options.kind_practice) * many + options.kind_start + 1
        kind = np.searchsorted(codes, (options.pattern[parcel] * wide + practice) * many + start + 1).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(options.per_pattern)])[:-1]
        option = options.start[:-1][parcel] + kind - first[options.pattern[parcel]]
        return cls(ledger, parcel, kind, option, rows["share"].to_numpy(dtype=float))

    def amounts(self, entries: Sequence[Entry], weights: sparse.csr_array) -> Floats:
        """What each row adds to some combinations of ledger entries.

        Parameters
        ----------
        entries : n entries of the ledger.
        weights : m x n.

        Returns
        -------
        array
            Shape (rows, m).
        """
        return self._of(self.ledger, self.kind, self.option, entries, weights)

    def held(self, entries: Sequence[Entry], weights: sparse.csr_array) -> Floats:
        """The same, if the land of each row were held."""
        held = self.ledger.held
        return self._of(held, held.options.pattern[self.parcel], self.parcel, entries, weights)

    def take(self, rows: Ints) -> Chosen:
        """Some of the rows."""
        return Chosen(self.ledger, self.parcel[rows], self.kind[rows], self.option[rows], self.share[rows])

    def _of(
        self, ledger: Ledger, kind: Ints, option: Ints, entries: Sequence[Entry], weights: sparse.csr_array
    ) -> Floats:
        found = ledger.combine(entries, weights)
        total = np.zeros((len(kind), weights.shape[0]))
        for scale, of_kind in found.by_kind:
            if of_kind.nnz:
                used, position = np.unique(kind, return_inverse=True)
                total += scale[self.parcel][:, None] * of_kind[used].toarray()[position]
        if found.by_option is not None:
            total += found.by_option[option].toarray()
        return np.asarray(total * self.share[:, None])
