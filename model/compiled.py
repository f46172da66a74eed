"""The policy model compiled to arrays, apart from the land: rows over ledger entries and over its own columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import InfeasibleConstraintException, InvalidConstraintError
from pyomo.repn import generate_standard_repn
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL
from zonevest.model.later import no_longer
from zonevest.model.ledger import Entry, Ledger
from zonevest.model.stated import state
from zonevest.model.uplift import Enjoyed, enjoyed_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

no_longer()


@dataclass(frozen=True)
class Policy:
    """The policy part as arrays: lower <= on_ledger L + on_columns v <= upper, max objective.

    Attributes
    ----------
    rows : names of the m rows, family[index].
    lower, upper : shape (m,).
    entries : the n ledger entries that rows or objective read.
    on_ledger : m x n.
    columns : names of the policy's own columns; the project states U come first, in order of project and period.
    on_columns : m x columns.
    column_lower, column_upper, integer : of each column.
    value_of_ledger, value_of_columns, constant : the objective, to be maximised.
    variables, entry_variables : the Pyomo variable of each column, and of each entry.
    enjoyed : sums of columns that are enjoyed where land use and project meet: columns, state's column, what.
    """

    rows: tuple[str, ...]
    lower: Floats
    upper: Floats
    entries: tuple[Entry, ...]
    on_ledger: sparse.csr_array
    columns: tuple[str, ...]
    on_columns: sparse.csr_array
    column_lower: Floats
    column_upper: Floats
    integer: NDArray[np.bool_]
    value_of_ledger: Floats
    value_of_columns: Floats
    constant: float
    variables: tuple[Any, ...] = ()
    entry_variables: tuple[Any, ...] = ()
    enjoyed: tuple[tuple[NDArray[np.int64], int, Enjoyed], ...] = ()

    def load(self, values: Floats) -> None:
        """Give the model's variables the values of the columns (those that came last by `shared` have none)."""
        for variable, value in zip(self.variables, values.tolist(), strict=False):
            variable.set_value(value, skip_validation=True)


def compile_policy(model: pyo.ConcreteModel) -> Policy:
    """Compile a policy model, rules that the user added included.

    Raises
    ------
    ValueError
        If a row is not linear.
    """
    ledger: Ledger = model.source
    form = _standard_form(model)
    # a present value over everything stands in the first period's place
    periods = {name: position for position, name in enumerate(period_names(ledger.study.periods))} | {TOTAL: 0}
    entry_of: dict[int, Entry] = {}
    for (account, place, period), variable in model.entry.items():
        entry_of[id(variable)] = (account, place, periods[period])
    states = [model.U[index] for index in model.U]
    seen = {id(variable) for variable in states}
    own = [v for v in form.columns if id(v) not in entry_of and id(v) not in seen]
    variables = [*states, *own]
    entries = [entry_of[id(v)] for v in form.columns if id(v) in entry_of]
    place_of = {id(v): position for position, v in enumerate(variables)}
    read = {id(v): position for position, v in enumerate(v for v in form.columns if id(v) in entry_of)}
    to_column = np.array([place_of.get(id(v), -1) for v in form.columns], dtype=int)
    to_entry = np.array([read.get(id(v), -1) for v in form.columns], dtype=int)
    # a row with two finite sides comes as two: fold them again
    number: dict[int, int] = {}
    named: list[str] = []
    for row in form.rows:
        if id(row.constraint) not in number:
            number[id(row.constraint)] = len(named)
            named.append(row.constraint.name)
    lower, upper = np.full(len(named), -np.inf), np.full(len(named), np.inf)
    keep = []
    filled: set[int] = set()
    for position, (row, rhs) in enumerate(zip(form.rows, form.rhs, strict=True)):
        target = number[id(row.constraint)]
        if row.bound_type <= 0:
            lower[target] = rhs
        if row.bound_type >= 0:
            upper[target] = rhs
        if target not in filled:
            filled.add(target)
            keep.append(position)
    matrix = sparse.csr_array(form.A)[keep]
    return Policy(
        tuple(named),
        lower,
        upper,
        tuple(entries),
        _columns(matrix, to_entry, len(entries)),
        tuple(v.name for v in variables),
        _columns(matrix, to_column, len(variables)),
        np.array([-np.inf if v.lb is None else v.lb for v in variables], dtype=float),
        np.array([np.inf if v.ub is None else v.ub for v in variables], dtype=float),
        np.array([not v.is_continuous() for v in variables], dtype=bool),
        _columns(sparse.csr_array(form.c), to_entry, len(entries)).toarray().ravel(),
        _columns(sparse.csr_array(form.c), to_column, len(variables)).toarray().ravel(),
        float(form.c_offset[0]),
        tuple(variables),
        tuple(v for v in form.columns if id(v) in entry_of),
        tuple(_placed(enjoyed_by(model, ledger), place_of)),
    )


def _standard_form(model: pyo.ConcreteModel) -> Any:
    """What Pyomo makes of the model; rows whose terms cancel out are stated first where one of them does not hold."""
    try:
        return LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=pyo.maximize)
    except InvalidConstraintError as error:
        raise ValueError(f"every rule of a policy model is linear: {str(error).splitlines()[0]}") from None
    except InfeasibleConstraintException:
        for row in model.component_data_objects(pyo.Constraint, active=True):
            body = generate_standard_repn(row.body, quadratic=False)
            if body.is_constant():
                state(model, row, float(body.constant))
    return LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=pyo.maximize)


def _placed(enjoyed: list[Enjoyed], place_of: dict[int, int]) -> Iterator[tuple[NDArray[np.int64], int, Enjoyed]]:
    """Enjoyed sums by position of their columns; columns that no row reads are nowhere, and have no cost."""
    for each in enjoyed:
        columns = [place_of[id(v)] for v in each.variables if id(v) in place_of]
        if columns:
            yield np.array(columns, dtype=np.int64), place_of[id(each.state)], each


def shared(policy: Policy, rows: int = 2) -> Policy:
    """Entries that several rows read become columns, each with one row that says what it is.

    Written out in every row that reads it, an entry like the purse's revenue of a period would fill a dozen rows with
    all options; as a column it fills one. `ledger[account,place,period]` are those rows, and the columns' names.

    Parameters
    ----------
    rows : how many rows must read an entry.
    """
    reading = sparse.csc_array(policy.on_ledger)
    kept = np.flatnonzero(np.diff(reading.indptr) >= rows)
    count, entries = len(kept), len(policy.entries)
    chosen = sparse.csr_array((np.ones(count), (kept, np.arange(count))), shape=(entries, count))
    others = np.ones(entries)
    others[kept] = 0.0
    on_ledger = sparse.vstack([reading @ sparse.diags_array(others), -chosen.T], format="csr")
    on_ledger.eliminate_zeros()
    none = sparse.csr_array((count, len(policy.columns)))
    on_columns = sparse.vstack(
        [sparse.hstack([policy.on_columns, reading @ chosen]), sparse.hstack([none, sparse.eye_array(count)])],
        format="csr",
    )
    names = tuple("ledger[" + ",".join(map(str, policy.entries[k])) + "]" for k in kept)
    zero, free = np.zeros(count), np.full(count, np.inf)
    return replace(
        policy,
        rows=policy.rows + names,
        lower=np.concatenate([policy.lower, zero]),
        upper=np.concatenate([policy.upper, zero]),
        on_ledger=sparse.csr_array(on_ledger),
        columns=policy.columns + names,
        on_columns=sparse.csr_array(on_columns),
        column_lower=np.concatenate([policy.column_lower, -free]),
        column_upper=np.concatenate([policy.column_upper, free]),
        integer=np.concatenate([policy.integer, np.zeros(count, dtype=bool)]),
        value_of_columns=np.concatenate([policy.value_of_columns, zero]),
    )


def _columns(matrix: sparse.csr_array, target: NDArray[np.int64], count: int) -> sparse.csr_array:
    """The matrix with its columns moved to their targets; those without one are left out."""
    at = np.flatnonzero(target >= 0)
    spread = sparse.csr_array((np.ones(len(at)), (at, target[at])), shape=(matrix.shape[1], count))
    result = sparse.csr_array(matrix @ spread)
    result.eliminate_zeros()
    return result
