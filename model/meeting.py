"""What columns may come to where options and a whole column meet (FORMULATION.md section 7, (12))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Meeting:
    """Σ columns <= Σ_i amount_i min(Σ of i's options, state), `state` being 0 or 1: no single row says it tightly.

    In words: hectares that enjoy a project's uplift are used as the project needs, and the project is open. Of every
    set S of parcels it follows that Σ columns <= Σ_{i in S} amount_i Σ of i's options + (Σ_{i not in S} amount_i)
    state; with S all parcels and none these are the rows `reach` and `open`.

    Attributes
    ----------
    columns, state : positions in the program.
    options, member : positions of the options, and of each the place of its parcel in `amount`.
    amount : hectares of each parcel.
    """

    columns: NDArray[np.int64]
    state: int
    options: NDArray[np.int64]
    member: NDArray[np.int64]
    amount: NDArray[np.float64]

    def broken(self, x: NDArray[np.float64], least: float) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """The row, as positions and values, <= 0, that a point breaks most; None where none is broken by `least`."""
        state = x[self.state]
        taken = np.bincount(self.member, weights=x[self.options], minlength=len(self.amount))
        fewer = taken < state
        rest = float(self.amount[~fewer].sum())
        room = float(self.amount[fewer] @ taken[fewer]) + rest * state
        if x[self.columns].sum() <= room + least * max(1.0, room):
            return None
        inside = fewer[self.member]
        positions = np.concatenate([self.columns, self.options[inside], [self.state]])
        values = np.concatenate([np.ones(len(self.columns)), -self.amount[self.member[inside]], [-rest]])
        return positions, values
