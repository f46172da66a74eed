"""The two builds of a study in one form: rows as {column: coefficient} with bounds, for row-by-row comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn
from scipy import sparse

from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy
from zonevest.model.complete import pyomo_model
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.join import join
from zonevest.solvers.program import Program


@dataclass
class Build:
    """A program with names."""

    rows: dict[str, tuple[float, float, dict[str, float]]]
    columns: dict[str, tuple[float, float, bool]]
    objective: dict[str, float]
    constant: float


def fast(study: Study, **stage: Any) -> Build:
    """The build that solves: arrays joined to the compiled policy rows."""
    ledger = Ledger(build_options(study))
    block = land_block(ledger, compile_policy(policy_model(ledger, **stage)))
    return named(study, ledger, block, join(block))


def named(study: Study, ledger: Ledger, block: object, program: Program) -> Build:
    """A joined program with the names of its rows and columns."""
    keys = pyo.Set(initialize=[tuple(name) for name in ledger.options.names()], dimen=3)
    model = pyo.ConcreteModel()
    model.KEYS = keys
    model.x = pyo.Var(model.KEYS)
    columns = [model.x[key].name for key in model.KEYS] + list(block.columns)  # type: ignore[attr-defined]
    model.assign = pyo.Var(list(study.parcels["parcel_id"]))
    rows = [variable.name for variable in model.assign.values()]  # Pyomo's own way to write an index
    rows += [*block.rows, *block.extra_rows]  # type: ignore[attr-defined]
    matrix = sparse.csr_array(
        sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
    )
    return Build(
        {name: (program.row_lower[i], program.row_upper[i], _row(matrix, i, columns)) for i, name in enumerate(rows)},
        {
            name: (program.col_lower[j], program.col_upper[j], bool(program.integer[j]))
            for j, name in enumerate(columns)
        },
        {name: float(value) for name, value in zip(columns, program.cost, strict=True) if value},
        program.offset,
    )


def complete(study: Study, **stage: Any) -> Build:
    """The complete Pyomo model, its derived expressions expanded."""
    model = pyomo_model(study, **stage)
    rows = {}
    for con in model.component_data_objects(pyo.Constraint, active=True):
        repn = generate_standard_repn(con.body)
        assert repn.is_linear()
        shift = pyo.value(repn.constant)
        lower = -math.inf if con.lower is None else pyo.value(con.lower) - shift
        upper = math.inf if con.upper is None else pyo.value(con.upper) - shift
        rows[con.name] = (lower, upper, _terms(repn))
    columns = {
        v.name: (-math.inf if v.lb is None else v.lb, math.inf if v.ub is None else v.ub, not v.is_continuous())
        for v in model.component_data_objects(pyo.Var)
    }
    repn = generate_standard_repn(model.objective.expr)
    assert repn.is_linear()
    assert model.objective.sense == pyo.maximize
    return Build(rows, columns, _terms(repn), float(pyo.value(repn.constant)))


def _terms(repn: object) -> dict[str, float]:
    total: dict[str, float] = {}
    for v, coefficient in zip(repn.linear_vars, repn.linear_coefs, strict=True):  # type: ignore[attr-defined]
        total[v.name] = total.get(v.name, 0.0) + float(pyo.value(coefficient))
    return {name: value for name, value in total.items() if value}


def _row(matrix: sparse.csr_array, i: int, columns: list[str]) -> dict[str, float]:
    part = slice(matrix.indptr[i], matrix.indptr[i + 1])
    return {
        columns[j]: float(value)
        for j, value in zip(matrix.indices[part], matrix.data[part], strict=True)
        if value != 0.0
    }


def differences(one: Build, other: Build, tolerance: float = 1e-9) -> list[str]:
    """Everything in which two builds differ."""

    def close(a: float, b: float) -> bool:
        return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)

    def unlike(name: str, a: dict[str, float], b: dict[str, float]) -> list[str]:
        keys = sorted(set(a) | set(b))
        return [
            f"{name}: {k} {a.get(k, 0.0)} / {b.get(k, 0.0)}" for k in keys if not close(a.get(k, 0.0), b.get(k, 0.0))
        ]

    found = []
    # a row without coefficients that holds says nothing
    rows = [
        {n: r for n, r in build.rows.items() if any(abs(v) > tolerance for v in r[2].values()) or r[0] > 0 or r[1] < 0}
        for build in (one, other)
    ]
    found += [f"only one build has row {name}" for name in sorted(set(rows[0]) ^ set(rows[1]))]
    for name in sorted(set(rows[0]) & set(rows[1])):
        (lower, upper, row), (lower2, upper2, row2) = rows[0][name], rows[1][name]
        if not (close(lower, lower2) and close(upper, upper2)):
            found.append(f"{name}: bounds {lower}..{upper} / {lower2}..{upper2}")
        found += unlike(name, row, row2)
    found += [f"only one build has column {name}" for name in sorted(set(one.columns) ^ set(other.columns))]
    for name in sorted(set(one.columns) & set(other.columns)):
        a, b = one.columns[name], other.columns[name]
        if not (close(a[0], b[0]) and close(a[1], b[1]) and a[2] == b[2]):
            found.append(f"column {name}: {a} / {b}")
    found += unlike("objective", one.objective, other.objective)
    if not close(one.constant, other.constant):
        found.append(f"constant {one.constant} / {other.constant}")
    return found
