"""The one pass that every group makes over its options, compiled and parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]
    Ints = NDArray[np.int32]


PARTS, FEW = 4, 200_000
"""In which groups are summed up at the same time, where they are not few."""


@njit(parallel=True, cache=True)
def best_options(
    first: Ints, size: Ints, scalars: Floats, worth: Floats, own_start: Longs, own_option: Ints, own: Floats
) -> tuple[Ints, Floats, Floats]:
    """The best option of every group, its value, and how much worse the next one is.

    Parameters
    ----------
    first, size : of each group the first of its kinds, and their number.
    scalars : groups x scalars.
    worth : kinds x scalars: what a kind is worth per unit of each scalar.
    own_start, own_option, own : what single options are worth beside: of each group the run of its entries, and of
        each entry the number of its option in the group, ascending, and the amount.
    """
    count = len(first)
    option, value, margin = np.empty(count, np.int32), np.empty(count), np.empty(count)
    for group in prange(count):
        entry, last = own_start[group], own_start[group + 1]
        chosen, best, second = 0, -np.inf, -np.inf
        for number in range(size[group]):
            kind = first[group] + number
            total = 0.0
            for scalar in range(scalars.shape[1]):
                total += scalars[group, scalar] * worth[kind, scalar]
            if entry < last and own_option[entry] == number:
                total += own[entry]
                entry += 1
            if total > best:
                chosen, best, second = number, total, best
            elif total > second:
                second = total
        option[group], value[group], margin[group] = chosen, best, best - second
    return option, value, margin


@njit(parallel=True, cache=True)
def amounts(kind: Longs, scalars: Floats, weight: Floats, kinds: int) -> Floats:
    """Kinds x scalars: what groups of given kinds come to, each counted by its weight.

    Groups are summed up in parts that do not depend on the number of threads, so that the last bits do not either.
    """
    count = len(kind)
    parts = PARTS if count > FEW else 1
    total = np.zeros((parts, kinds, scalars.shape[1]))
    for part in prange(parts):
        for group in range(part * count // parts, (part + 1) * count // parts):
            for scalar in range(scalars.shape[1]):
                total[part, kind[group], scalar] += scalars[group, scalar] * weight[group]
    summed: Floats = total[0] if parts == 1 else total.sum(axis=0)
    return summed


def compile_pass() -> None:
    """Compile what is compiled, if no run before has: on no groups at all."""
    none, one = np.zeros((0, 1)), np.zeros((1, 1))
    numbers = np.zeros(0, np.int32)
    best_options(numbers, numbers, none, one, np.zeros(1, np.int64), numbers, np.zeros(0))
    amounts(np.zeros(0, np.int64), none, np.zeros(0), 1)
