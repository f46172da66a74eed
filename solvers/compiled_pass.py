"""The one pass that every group makes over its options, compiled; parallel, or alone in one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]
    Ints = NDArray[np.int32]
    Bools = NDArray[np.bool_]


@njit(cache=True)
def _best_of(
    group: int, first: Ints, size: Ints, scalars: Floats, worth: Floats, own_start: Longs, own_option: Ints, own: Floats
) -> tuple[int, float, float]:
    """The best option of one group, its value, and that of the next one."""
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
    return chosen, best, second


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
        chosen, best, second = _best_of(group, first, size, scalars, worth, own_start, own_option, own)
        option[group], value[group], margin[group] = chosen, best, best - second
    return option, value, margin


@njit(nogil=True, cache=True)
def best_options_alone(
    first: Ints, size: Ints, scalars: Floats, worth: Floats, own_start: Longs, own_option: Ints, own: Floats
) -> tuple[Ints, Floats, Floats]:
    """The same in one thread, to the last bit; several threads may call it at once."""
    count = len(first)
    option, value, margin = np.empty(count, np.int32), np.empty(count), np.empty(count)
    for group in range(count):
        chosen, best, second = _best_of(group, first, size, scalars, worth, own_start, own_option, own)
        option[group], value[group], margin[group] = chosen, best, best - second
    return option, value, margin


@njit(nogil=True, cache=True)
def amounts(first: Ints, option: Ints, scalars: Floats, some: Bools, kinds: int) -> Floats:
    """What groups that take these options come to of every scalar, by kind: scalars x kinds.

    Parameters
    ----------
    some : which groups count; of length 1: all.
    """
    total = np.zeros((scalars.shape[1], kinds))
    every = len(some) == 1 and len(first) != 1
    for group in range(len(first)):
        if every or some[group]:
            for scalar in range(scalars.shape[1]):
                total[scalar, first[group] + option[group]] += scalars[group, scalar]
    return total


def compile_pass() -> None:
    """Compile the pass, if no run before has: on no groups at all."""
    none, one = np.zeros((0, 1)), np.zeros((1, 1))
    numbers = np.zeros(0, np.int32)
    best_options(numbers, numbers, none, one, np.zeros(1, np.int64), numbers, np.zeros(0))
    amounts(numbers, numbers, none, np.ones(1, np.bool_), 1)
