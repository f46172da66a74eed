"""One program written in four ways: the package's build, NumPy columns, the complete Pyomo model, linopy.

Each is measured on a folder that `prepare` has filled: the county as a study folder, and the program's matrix as
columns of row, column and value.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.measure import Phases, peak_gb
from benchmarks.small_county import county
from zonevest.instances.read import read_study
from zonevest.instances.study import Study
from zonevest.instances.write import write_study
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.complete import pyomo_model
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.join import join
from zonevest.solvers.program import SMALLEST_KEPT, Program
from zonevest.solvers.quiet import Quiet

Columns = dict[str, Any]
"""The program as plain arrays: row, column, value of every entry, bounds, costs, and how many rows are `groups`."""

COLUMNWISE, MAXIMISE = 1, -1
WARM_UP = 100
"""Parcels of the county on which everything is done once before it is measured, so that no import is."""


def build(study: Study, phases: Phases) -> Program:
    """The package's build, from the study to a HighsLp, and the HighsLp passed to HiGHS."""
    with phases.phase("options"):
        options = build_options(study)
    with phases.phase("ledger"):
        ledger = Ledger(options)
    with phases.phase("policy"):
        model = policy_model(ledger)
    with phases.phase("compile"):
        policy = shared(compile_policy(model))
    with phases.phase("land"):
        block = land_block(ledger, policy)
    with phases.phase("join"):
        program = join(block)
    with phases.phase("lp"):
        lp = program.to_highs_lp()
    highs = quiet()
    with phases.phase("pass"):
        highs.passModel(lp)
    return program


def quiet() -> Any:
    """A HiGHS that says nothing and keeps every coefficient."""
    highs = Quiet()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("small_matrix_value", SMALLEST_KEPT)
    return highs


def columns_of(program: Program) -> Columns:
    """A program taken apart, entries column by column."""
    return {
        "row": program.index,
        "column": program.entry_cols,
        "value": program.value,
        "cost": program.cost,
        "offset": program.offset,
        "col_lower": program.col_lower,
        "col_upper": program.col_upper,
        "row_lower": program.row_lower,
        "row_upper": program.row_upper,
        "integer": program.integer,
        "groups": program.row_blocks[0][2],
        "options": program.col_blocks[0][2],
    }


def with_numpy(given: Columns, phases: Phases) -> Any:
    """Baseline (a): scipy makes columns of row, column and value into CSC arrays, and passModel takes them."""
    shape = (len(given["row_lower"]), len(given["cost"]))
    with phases.phase("csc"):
        matrix = sparse.coo_array((given["value"], (given["row"], given["column"])), shape=shape).tocsc()
        start, index = matrix.indptr.astype(np.int32, copy=False), matrix.indices.astype(np.int32, copy=False)
        integer = given["integer"].astype(np.int32)
    highs = quiet()
    bounds = [given[name] for name in ("col_lower", "col_upper", "row_lower", "row_upper")]
    with phases.phase("pass"):
        highs.passModel(
            shape[1],
            shape[0],
            matrix.nnz,
            COLUMNWISE,
            MAXIMISE,
            float(given["offset"]),
            given["cost"],
            *bounds,
            start,
            index,
            matrix.data,
            integer,
        )
    return highs


def with_pyomo(study: Study, phases: Phases) -> Any:
    """Baseline (b): the complete Pyomo model; it is not handed to a solver."""
    with phases.phase("model"):
        return pyomo_model(study)


def with_linopy(given: Columns, phases: Phases) -> Any:
    """Baseline (c): linopy writes the same rows from the finished coefficients and hands them to HiGHS.

    Its sparse mode and no loop over rows: one grouped sum makes the rows of the parcels, one for each sign the policy
    rows (linopy keeps what is sparse sparse only where the sign is one for all), in the order of `signs`.
    """
    import linopy  # the package does not need it
    import xarray

    linopy.options["semantics"] = "v1"
    groups, options = int(given["groups"]), int(given["options"])
    own = given["row"] < groups
    parcel = pd.Series(given["row"][own], index=pd.RangeIndex(options, name="column"), name="parcel")
    column = pd.RangeIndex(len(given["cost"]), name="column")
    parts = []
    for sign, rows in signs(given).items():
        at = np.flatnonzero(np.isin(given["row"], rows))
        entry = pd.RangeIndex(len(at), name="entry")
        row = pd.Series(given["row"][at], index=entry, name="row")
        taken = xarray.DataArray(given["column"][at], dims="entry", coords={"entry": entry})
        right = pd.Series(given["row_upper" if sign == "<=" else "row_lower"][rows], index=pd.Index(rows, name="row"))
        parts.append((sign, row, taken, pd.Series(given["value"][at], index=entry), right))
    with phases.phase("model"):
        model = linopy.Model(sparse=True)
        x = model.add_variables(
            pd.Series(given["col_lower"], index=column),
            pd.Series(given["col_upper"], index=column),
            integer=True,
            name="x",
        )
        model.add_constraints(x.isel(column=slice(options)).groupby(parcel).sum() == 1, name="choice")
        for sign, row, taken, coefficient, right in parts:
            body = (x.isel(column=taken) * coefficient).groupby(row).sum()
            model.add_constraints(body, sign, right, name=f"policy {sign}")
        model.add_objective((x * pd.Series(given["cost"], index=column)).sum(), sense="max")
    with phases.phase("pass"):
        return model.to_highspy(set_names=False)


def signs(given: Columns) -> dict[str, Any]:
    """The policy rows that have entries, by sign."""
    groups, lower, upper = int(given["groups"]), given["row_lower"], given["row_upper"]
    there = np.unique(given["row"])
    rows = there[there >= groups]
    equal = lower[rows] == upper[rows]
    below, above = np.isneginf(lower[rows]), np.isposinf(upper[rows])
    if not (equal | below | above).all() or not given["integer"].all():
        raise ValueError("written for rows with one side and for whole columns")
    found = {"=": rows[equal], ">=": rows[above & ~below], "<=": rows[below & ~above]}
    return {sign: rows for sign, rows in found.items() if len(rows)}


def prepare(folder: Path, parcels: int, seed: int = 1) -> None:
    """Fill a new folder: the county of a small library as a study folder, its program as columns."""
    folder.mkdir()
    study = county(parcels, seed)
    write_study(study, folder / "study")
    np.savez(folder / "columns.npz", **columns_of(build(study, Phases())))


def measure(way: str, folder: Path) -> dict[str, Any]:
    """One measurement in this process: seconds by phase, and the peak before and after."""
    small = county(WARM_UP)
    columns = columns_of(build(small, Phases()))
    phases = Phases()
    if way in ("build", "pyomo"):
        write: Callable[[Study, Phases], Any] = build if way == "build" else with_pyomo
        write(small, Phases())
        with tempfile.TemporaryDirectory() as scratch:
            write_study(small, Path(scratch) / "study")
            read_study(Path(scratch) / "study")
        before = peak_gb()
        with phases.phase("read"):
            study = read_study(folder / "study")
        write(study, phases)
    else:
        writes = with_numpy if way == "numpy" else with_linopy
        writes(columns, Phases())
        with np.load(folder / "columns.npz") as arrays:
            given = dict(arrays)
        before = peak_gb()
        writes(given, phases)
    return {"wall": phases.wall, "cpu": phases.cpu, "peak_before": before, "peak": peak_gb()}
