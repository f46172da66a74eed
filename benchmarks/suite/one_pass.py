"""One pass, in which every parcel answers prices: time per option and nonzero, against reading the same arrays once.

Two yardsticks in the same process: numba, in parallel, adding up all bytes that the pass reads and writes, and SciPy
multiplying a matrix that is written out, 50 million nonzeros in CSR form, with a vector (one core); a compiled parallel
product of the same matrix stands beside it. Prices are drawn by a seed; of several calls the fastest counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy import sparse

import zonevest as zv
from benchmarks.measure import Phases, peak_gb
from benchmarks.solving import arrays
from benchmarks.suite import Asked, Figures
from zonevest.solvers.groups import Groups

SIZES = (1_000_000,)
SECONDS, LAND, WAYS = 0.0, "standard", ("",)
CALLS = 20
WRITTEN, WIDTH = 50_000_000, 50
"""Nonzeros of the matrix that is written out for a million parcels, fewer for fewer; and those of each of its rows."""

Floats, Words = NDArray[np.float64], NDArray[np.int64]


def measure(asked: Asked) -> Figures:
    """The pass and its yardsticks."""
    block = arrays(zv.read_study(asked.folder), Phases()).block
    groups = Groups(block)
    worth = np.abs(np.concatenate([matrix[:, [-1]].toarray().ravel() for matrix in groups.of_kinds]))
    prices = np.random.default_rng(1).normal(0.0, 0.1 * float(worth.mean()) or 1.0, groups.rows)
    answer = groups.answer(prices)
    best = fastest(lambda: groups.answer(prices))
    sums = fastest(lambda: groups.sums(answer.option))
    weights = np.append(-prices, 1.0)
    of_kinds = fastest(lambda: [matrix @ weights for matrix in groups.of_kinds])
    there = sum((abs(matrix) for matrix in groups.of_kinds), sparse.csr_array(groups.of_kinds[0].shape))
    nonzeros = int(np.diff(sparse.csr_array(there).indptr)[block.kind].sum()) + groups.own.nnz
    touched = [groups.first, groups.size, groups.scalars, groups.own_start, groups.own_option, *answer_arrays(answer)]
    kinds = [part for matrix in groups.of_kinds for part in (matrix.data, matrix.indices)]
    words = as_words([*touched, *kinds])
    read = fastest(lambda: total(words))
    count = max(round(WRITTEN * block.groups / 1_000_000), WIDTH) // WIDTH
    by_scipy, by_numba = written_out(count)
    figures: Figures = {"parcels": block.groups, "options": len(block.group), "nonzeros, written out": nonzeros}
    figures |= {"best options, s": best, "… of it kinds priced, s": of_kinds, "sums, s": sums}
    figures |= {"arrays read, MB": words.nbytes / 1e6, "arrays read once, s": read}
    figures |= {"best options, nanoseconds an option": 1e9 * best / len(block.group)}
    figures |= {"best options, nanoseconds a nonzero": 1e9 * best / nonzeros, "pass / arrays read once": best / read}
    figures |= {"CSR, nonzeros": count * WIDTH, "CSR by SciPy, s": by_scipy, "CSR by numba, s": by_numba}
    figures |= {"CSR by SciPy, nanoseconds a nonzero": 1e9 * by_scipy / (count * WIDTH)}
    figures["pass / CSR by SciPy of as many nonzeros"] = best / (by_scipy * nonzeros / (count * WIDTH))
    return figures | {"peak, GB": peak_gb()}


def answer_arrays(answer: object) -> list[NDArray[np.generic]]:
    """What the pass writes."""
    return [getattr(answer, name) for name in ("option", "value", "margin")]


def fastest(call: Callable[[], object]) -> float:
    """Seconds of the fastest of some calls, after one that does not count."""
    found = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found[1:])


def as_words(arrays: Sequence[NDArray[np.generic]]) -> Words:
    """The bytes of arrays, one after the other, as whole numbers of eight bytes."""
    whole = np.concatenate([np.ascontiguousarray(array).view(np.uint8).ravel() for array in arrays])
    return whole[: len(whole) // 8 * 8].view(np.int64)


def written_out(rows: int) -> tuple[float, float]:
    """Seconds of a product with a matrix of so many rows: by SciPy, and compiled in parallel."""
    rng = np.random.default_rng(1)
    columns = rng.integers(0, 2_500, rows * WIDTH).astype(np.int32)
    start = np.arange(0, rows * WIDTH + 1, WIDTH, dtype=np.int64)
    matrix = sparse.csr_array((rng.uniform(size=rows * WIDTH), columns, start), shape=(rows, 2_500))
    vector = rng.uniform(size=2_500)
    by_scipy = fastest(lambda: matrix @ vector)
    return by_scipy, fastest(lambda: product(matrix.indptr, matrix.indices, matrix.data, vector))


@njit(parallel=True, cache=True)
def total(array: Words) -> int:
    """The sum of an array."""
    found = 0
    for k in prange(len(array)):
        found += array[k]
    return found


@njit(parallel=True, cache=True)
def product(start: NDArray[np.int64], index: NDArray[np.int32], value: Floats, vector: Floats) -> Floats:
    """A matrix in CSR form times a vector."""
    found = np.empty(len(start) - 1)
    for row in prange(len(start) - 1):
        each = 0.0
        for k in range(start[row], start[row + 1]):
            each += value[k] * vector[index[k]]
        found[row] = each
    return found
