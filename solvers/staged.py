"""Decisions under scenarios where land is much: what no decision exceeds, by prices (FORMULATION.md section 11).

Every scenario has a block of its own, and all share what is decided now: of every parcel the share of each class
of options, of every project whether it has started. At prices of each scenario's rows land separates as it ever does,
only that a parcel takes the class that is best over all scenarios::

    Σ_ω p_ω [rows and own columns at π_ω] + Σ_i max_c Σ_ω p_ω v_ωic(π_ω) + Σ_j max over U_j of Σ_ω p_ω d_ωj(π_ω) U_j,

v_ωic the best option of class c, d_ωj the reduced worth of a shared state. It bounds every decision for any prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.certificate import Leaf, proven
from zonevest.solvers.groups import Groups
from zonevest.solvers.pricing import closed
from zonevest.solvers.program import SMALLEST_KEPT
from zonevest.solvers.reach import Rows, box, finite_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

BARRED = 4.0
"""What an option loses that another scenario does not have: so many times the most that any option is worth."""
SMALL = 1e-12


@dataclass(frozen=True, eq=False)
class Scene:
    """One scenario: its block, and what of it is shared.

    Attributes
    ----------
    block : without extra rows.
    weight : of all scenarios they sum to 1.
    of_option : the class of each option.
    states : the policy column of each shared state.
    """

    block: Block
    weight: float
    of_option: Ints
    states: Ints

    @cached_property
    def policy(self) -> sparse.csc_array:
        """The policy columns over the rows."""
        matrix = sparse.csc_array(sparse.csr_array(self.block.by_column)[:, : len(self.block.rows)].T)
        matrix.data[np.abs(matrix.data) < SMALLEST_KEPT] = 0.0
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def cost(self) -> Floats:
        """The policy columns in the objective."""
        found: Floats = sparse.csr_array(self.block.by_column)[:, [len(self.block.rows)]].toarray().ravel()
        return found

    @cached_property
    def reach(self) -> tuple[Floats, Floats]:
        """The least and the most that land can make of every row."""
        least, most = Groups(self.block).extent()
        return least[:-1], most[:-1]

    @cached_property
    def extent(self) -> Floats:
        """What land can make of every row in either direction; 0 where it is not in it."""
        least, most = self.reach
        extent = np.maximum(most - least, np.maximum(np.abs(most), np.abs(least)))
        return np.where(extent > SMALL, extent, 0.0)

    @cached_property
    def finite(self) -> tuple[Floats, Floats]:
        """Finite bounds of the policy columns."""
        block = self.block
        rows = Rows(self.policy, block.lower, block.upper, *self.reach)
        whole = np.asarray(block.column_integer)
        return finite_bounds(rows, block.column_lower, block.column_upper, self.cost, whole)

    @cached_property
    def by_class(self) -> tuple[Ints, Ints, Ints]:
        """Options sorted by class, where each class begins among them, and which class that is."""
        order = np.argsort(self.of_option, kind="stable")
        inside = self.of_option[order]
        begin = np.flatnonzero(np.append(True, inside[1:] != inside[:-1])) if len(inside) else np.zeros(0, np.int64)
        return order, begin, inside[begin]

    def options_at(self, prices: Floats) -> Floats:
        """What every option is worth at prices, shape (options,)."""
        block, weights = self.block, np.append(-prices, 1.0)
        worth = np.zeros(len(block.group))
        for scalar, matrix in block.by_kind:
            worth += scalar[block.group] * (matrix @ weights)[block.kind]
        if block.by_option is not None:
            worth += block.by_option @ weights
        return worth

    def written_out(self, options: Ints) -> sparse.csr_array:
        """Some options over rows and objective."""
        block = self.block
        total = sparse.csr_array((len(options), len(block.rows) + 1))
        for scalar, matrix in block.by_kind:
            total = total + sparse.diags_array(scalar[block.group[options]]) @ matrix[block.kind[options]]
        if block.by_option is not None:
            total = total + block.by_option[options]
        return sparse.csr_array(total)

    def shifted(self, of_class: Floats, of_state: Floats, low: Floats, high: Floats) -> Block:
        """The block in which classes and shared states are worth more, the states between other bounds."""
        block, last = self.block, len(self.block.rows)
        count = len(block.group)
        more = sparse.csr_array((of_class[self.of_option], (np.arange(count), np.full(count, last))), (count, last + 1))
        added = sparse.csr_array(
            (of_state, (self.states, np.full(len(self.states), last))), (len(block.columns), last + 1)
        )
        lower, upper = block.column_lower.copy(), block.column_upper.copy()
        lower[self.states], upper[self.states] = low, high
        return replace(
            block,
            by_option=more if block.by_option is None else sparse.csr_array(block.by_option + more),
            by_column=sparse.csr_array(block.by_column + added),
            column_lower=lower,
            column_upper=upper,
        )


@dataclass(frozen=True, eq=False)
class Said:
    """What prices of all scenarios say together.

    Attributes
    ----------
    bound : of every decision.
    classes : what each class is worth in the mean, -inf where it is impossible, shape (classes,).
    of_scene, states : what each is worth in each scenario, shape (scenes, classes) and (scenes, states).
    option : the best option of each class, -1 where there is none, shape (scenes, classes).
    of_options : what every option is worth, by scenario.
    """

    bound: float
    classes: Floats
    of_scene: Floats
    states: Floats
    option: Ints
    of_options: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Together:
    """All scenarios, and what they share.

    Attributes
    ----------
    scenes : the scenarios.
    parcel : of each class, in order of parcels, shape (classes,).
    possible : the classes that every scenario has; every parcel has one, shape (classes,).
    """

    scenes: tuple[Scene, ...]
    parcel: Ints
    possible: Bools

    @cached_property
    def first(self) -> Ints:
        """Where the classes of each parcel begin."""
        return np.flatnonzero(np.append(True, self.parcel[1:] != self.parcel[:-1]))

    @cached_property
    def weights(self) -> Floats:
        """Of the scenarios."""
        return np.array([scene.weight for scene in self.scenes])

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """Between what shared states lie: what every scenario allows."""
        lower = [scene.block.column_lower[scene.states] for scene in self.scenes]
        upper = [scene.block.column_upper[scene.states] for scene in self.scenes]
        return np.max(lower, axis=0), np.min(upper, axis=0)

    def say(self, prices: Sequence[Floats]) -> Said:
        """What prices of each scenario's rows say."""
        count, size = len(self.scenes), len(self.parcel)
        of_scene, option = np.full((count, size), -np.inf), np.full((count, size), -1, dtype=np.int64)
        states, rest, of_options = np.zeros((count, len(self.scenes[0].states))), 0.0, []
        for number, (scene, given) in enumerate(zip(self.scenes, prices, strict=True)):
            at = closed(given, scene.block.lower, scene.block.upper)
            worth = scene.options_at(at)
            order = np.lexsort((-worth, scene.of_option))
            _, begin, there = scene.by_class
            option[number, there] = order[begin]
            of_scene[number, there] = worth[order[begin]]
            own, states[number] = self._of_policy(scene, at)
            rest += scene.weight * own
            of_options.append(worth)
        classes = np.where(self.possible, self.weights @ np.where(np.isfinite(of_scene), of_scene, 0.0), -np.inf)
        land = float(np.maximum.reduceat(classes, self.first).sum()) if size else 0.0
        mean, (low, high) = self.weights @ states, self.ends
        shared = float(np.where(mean > 0.0, mean * high, mean * low).sum())
        return Said(rest + land + shared, classes, of_scene, states, option, tuple(of_options))

    def _of_policy(self, scene: Scene, prices: Floats) -> tuple[float, Floats]:
        """What rows and columns that are not shared are worth at prices, and the reduced worth of shared states."""
        block = scene.block
        charged = np.flatnonzero(prices)
        sides = np.where(prices > 0, block.upper, block.lower)[charged]
        reduced = scene.cost - scene.policy.T @ prices
        own = reduced.copy()
        own[scene.states] = 0.0
        left = np.flatnonzero(own)
        low, high = box(block.column_lower, block.column_upper, scene.finite)
        ends = np.where(own > 0, high, low)[left]
        total = block.constant + float((prices[charged] * sides).sum()) + float((own[left] * ends).sum())
        return total, reduced[scene.states]

    def proven(self, prices: Sequence[Floats]) -> float:
        """The same bound scenario by scenario, by the certificate's own arithmetic.

        What a class is worth more in a scenario than in the mean is taken off it there: that sums to nothing over the
        scenarios, and makes every scenario choose as the mean does.
        """
        said = self.say(prices)
        there = np.isfinite(said.of_scene)
        mean, (low, high) = self.weights @ said.states, self.ends
        best = np.maximum.reduceat(said.classes, self.first)
        count = np.diff(np.append(self.first, len(self.parcel)))
        least = BARRED * max(float(np.abs(said.of_scene[there]).max(initial=1.0)), 1.0)
        shifts = np.where(there & self.possible, said.classes - said.of_scene, -least)
        own = np.where(there & self.possible, said.of_scene, -np.inf)
        move = np.maximum.reduceat(own, self.first, axis=1) - best  # so that no scenario's terms are out of its size
        move = move - self.weights @ move
        shifts = shifts + np.repeat(move, count, axis=1)
        total, left = 0.0, np.zeros(len(self.parcel))
        rest = np.zeros(len(mean))
        for number, (scene, given) in enumerate(zip(self.scenes, prices, strict=True)):
            of_state = mean - said.states[number]
            block = scene.shifted(shifts[number], of_state, low, high)
            leaf = Leaf(block.column_lower, block.column_upper, given, np.inf)
            total += scene.weight * proven(block, [leaf])
            left += scene.weight * np.where(there[number] & self.possible, shifts[number], 0.0)
            rest += scene.weight * of_state
        off = np.maximum.reduceat(np.where(self.possible, np.abs(left), 0.0), self.first).sum()
        return float(total + off + np.abs(rest) @ np.maximum(np.abs(low), np.abs(high)))


def left_over(scene: Scene, share: Floats, started: Floats) -> tuple[Block, Ints, Floats]:
    """What a decision leaves of a scenario: a block of whose groups each is a class that takes a part of its parcel.

    Parameters
    ----------
    share : of each class.
    started : shared states.

    Returns
    -------
    block, options, parts
        The block; of each of its options which one it is, and the part that its group takes of the parcel.
    """
    block = scene.block
    order, _, _ = scene.by_class
    kept = order[share[scene.of_option[order]] > 0.0]
    pair, group = np.unique(scene.of_option[kept], return_inverse=True)
    group = group.ravel()
    begin = np.flatnonzero(np.append(True, group[1:] != group[:-1])) if len(kept) else np.zeros(0, np.int64)
    size = np.diff(np.append(begin, len(kept)))
    part, parent = share[pair], block.group[kept[begin]]
    kinds = block.kind[kept].astype(np.int64)
    run = _runs(kinds, begin, size)
    example = np.zeros(run.max(initial=-1) + 1, dtype=np.int64)
    example[run[::-1]] = np.arange(len(run))[::-1]
    length = size[example]
    first = np.cumsum(length) - length
    where = np.repeat(begin[example] - first, length) + np.arange(int(length.sum()))
    old = kinds[where]
    kind = first[run[group]] + np.arange(len(kept)) - begin[group]
    own = None
    if block.by_option is not None:
        own = sparse.csr_array(sparse.diags_array(part[group]) @ block.by_option[kept])
    lower, upper = block.column_lower.copy(), block.column_upper.copy()
    lower[scene.states] = upper[scene.states] = started
    left = replace(
        block,
        groups=len(pair),
        group=group.astype(np.int32),
        kind=kind.astype(np.int32),
        by_kind=[(scalar[parent] * part, sparse.csr_array(matrix[old])) for scalar, matrix in block.by_kind],
        by_option=own,
        cluster=np.unique(block.cluster[old], return_inverse=True)[1].astype(np.int32).ravel(),
        column_lower=lower,
        column_upper=upper,
        extra=sparse.csr_array((0, len(kept) + len(block.columns))),
        meetings=(),
        integer=block.integer,
    )
    return left, kept, part[group]


def _runs(kinds: Ints, begin: Ints, size: Ints) -> Ints:
    """A number for the kinds of each run: equal kinds, equal numbers."""
    if not len(begin):
        return np.zeros(0, dtype=np.int64)
    marks = np.random.default_rng(0).integers(1, 2**62, size=(2, int(kinds.max()) + 1))
    with np.errstate(over="ignore"):
        sums = [np.add.reduceat(mark[kinds], begin) for mark in marks]
    key = np.column_stack([kinds[begin], size, *sums])
    return np.unique(key, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


@dataclass(frozen=True, eq=False)
class Merged:
    """Parcels that choose among the same options, taken as one.

    Attributes
    ----------
    together : the scenarios over units.
    unit : of each parcel.
    first, of_unit : where the classes of each parcel begin, and of each unit.
    count : of each parcel, how many classes it has.
    """

    together: Together
    unit: Ints
    first: Ints
    of_unit: Ints
    count: Ints

    def shares(self, share: Floats) -> Floats:
        """Shares of units' classes as shares of the parcels' classes."""
        place = np.arange(int(self.count.sum())) - np.repeat(self.first - self.of_unit[self.unit], self.count)
        return np.asarray(share[place])


def merged(together: Together, apart: Ints | None = None) -> Merged:
    """Take parcels as one that are of the same kinds in every scenario, and alike in `apart` (a number a parcel).

    Options of single parcels that have something of their own stay by themselves.
    """
    parcels = len(together.first)
    count = np.diff(np.append(together.first, len(together.parcel)))
    keys = [np.zeros(parcels, dtype=np.int64) if apart is None else apart]
    own = np.zeros(parcels, dtype=bool)
    for scene in together.scenes:
        block = scene.block
        keys.append(block.kind[np.searchsorted(block.group, np.arange(parcels))].astype(np.int64))
        if block.by_option is not None:
            own[block.group[np.flatnonzero(np.diff(block.by_option.indptr))]] = True
    keys.append(np.where(own, np.arange(parcels) + 1, 0))
    _, example, unit = np.unique(np.column_stack(keys), axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(example), dtype=np.int64)  # units in the order of their first parcels
    rank[np.argsort(example)] = np.arange(len(example))
    unit, example = rank[unit.ravel()], np.sort(example)
    begin = np.cumsum(count[example]) - count[example]
    scenes = []
    for scene in together.scenes:
        block = scene.block
        start = np.searchsorted(block.group, np.arange(parcels + 1))
        size = np.diff(start)[example]
        group = np.repeat(np.arange(len(example)), size)
        option = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start[example], size)
        taken = replace(
            block,
            groups=len(example),
            group=group.astype(np.int32),
            kind=block.kind[option],
            by_kind=[(np.bincount(unit, scalar, len(example)).astype(np.float64), m) for scalar, m in block.by_kind],
            by_option=None if block.by_option is None else sparse.csr_array(block.by_option[option]),
            extra=sparse.csr_array((0, len(option) + len(block.columns))),
            meetings=(),
        )
        of_option = scene.of_option[option] - together.first[example][group] + begin[group]
        scenes.append(replace(scene, block=taken, of_option=of_option))
    parcel = np.repeat(np.arange(len(example)), count[example])
    place = np.arange(len(parcel)) - np.repeat(begin - together.first[example], count[example])
    return Merged(Together(tuple(scenes), parcel, together.possible[place]), unit, together.first, begin, count)
