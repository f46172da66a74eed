"""Shadow prices: what one more unit of a row would be worth, the whole numbers of the policy being as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.program import Floats, Program
from zonevest.solvers.supervise import solve


def shadow_prices(program: Program, x: Floats, fixed: slice, options: SolveOptions) -> Floats | None:
    """The change of the objective per unit of the binding bound of each row, from the dual of a linear program.

    The whole columns within `fixed` keep their values at `x`; all others are relaxed: projects stay, land is divided.

    Returns
    -------
    array of float or None
        One per row; None where the linear program was not solved in the time.
    """
    held = np.zeros(program.n_cols, dtype=bool)
    held[fixed] = program.integer[fixed]
    relaxed = replace(
        program,
        integer=np.zeros(program.n_cols, dtype=np.bool_),
        col_lower=np.where(held, np.rint(x), program.col_lower),
        col_upper=np.where(held, np.rint(x), program.col_upper),
        meetings=(),
    )
    solution = solve(relaxed, options)
    return solution.row_dual if solution.status == "optimal" else None
