"""Which conditions of a program cannot hold together, and the least that would have to give for all of it to hold.

A condition is one or more sides of rows. It is kept, or it gives by an amount at a price, or it is let go. What holds
and what it costs is asked of one program (`by_one_program`) or, of much land, of prices (`by_answers`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats: TypeAlias = NDArray[np.float64]
    Bools: TypeAlias = NDArray[np.bool_]
    Ints: TypeAlias = NDArray[np.int64]

TRACE = 1e-7
"""A give below this part of its condition's size is the solver's tolerance."""
WIDER = (1e-3, 1e-2)
"""By which parts amounts are raised, one after the other, where what is rounded does not do."""


@dataclass(frozen=True, eq=False)
class Conditions:
    """A block, and which sides of its rows are conditions, numbered 0 to n - 1.

    Attributes
    ----------
    block : without extra rows; its objective is looked at only where a repair is verified.
    row, sign, of : of each side: its row, 1 (upper) or -1 (lower), its condition.
    price : of a unit of give, shape (n,); inf: it does not give.
    size : what a unit is measured against, shape (n,).
    whole : whether it gives in whole units, shape (n,).
    absent : kinds of options that are there only where a condition gives or is let go, with the condition: two arrays.
    """

    block: Block
    row: Ints
    sign: Ints
    of: Ints
    price: Floats
    size: Floats
    whole: Bools
    absent: tuple[Ints, Ints]

    def __len__(self) -> int:
        return len(self.price)

    def kept(self, kept: Bools) -> tuple[Floats, Floats]:
        """Bounds of the block's rows with the sides of the other conditions open."""
        lower, upper = self.block.lower.copy(), self.block.upper.copy()
        loose = ~kept[self.of]
        upper[self.row[loose & (self.sign > 0)]] = np.inf
        lower[self.row[loose & (self.sign < 0)]] = -np.inf
        return lower, upper

    def loosened(self, amounts: Floats) -> tuple[Floats, Floats]:
        """Bounds of the block's rows with every side looser by its condition's amount."""
        lower, upper = self.block.lower.copy(), self.block.upper.copy()
        up, down = self.sign > 0, self.sign < 0
        upper[self.row[up]] += amounts[self.of[up]]
        lower[self.row[down]] -= amounts[self.of[down]]
        return lower, upper


@dataclass(frozen=True, eq=False)
class Conflict:
    """Conditions that cannot hold together, of which none can be left out.

    Attributes
    ----------
    members : their numbers; none: what is no condition cannot hold by itself.
    whole : whether it takes whole numbers to see it.
    proven : whether every member was shown to be needed in the time.
    """

    members: tuple[int, ...]
    whole: bool
    proven: bool


@dataclass(frozen=True, eq=False)
class Least:
    """What gives where as little as possible does.

    Attributes
    ----------
    amounts : units of give of each condition, shape (n,).
    x : a point: options, then the policy's columns.
    cost, bound : what that costs, and what nothing can cost less than.
    """

    amounts: Floats
    x: Floats
    cost: float
    bound: float


@dataclass(frozen=True, eq=False)
class Repair:
    """What gives, at which cost, and a point that then holds.

    Attributes
    ----------
    amounts : units of give of each condition, shape (n,), rounded outwards.
    bound : no repair costs less in which no other conditions give than may in this one.
    verified : whether the program so loosened was solved again and has a point; None: not in the time.
    """

    amounts: Floats
    cost: float
    bound: float
    x: Floats
    verified: bool | None


class Asked(Protocol):
    """Who says what holds and what it costs."""

    def holds(self, kept: Bools, *, whole: bool) -> bool | None:
        """Whether a point holds with some conditions kept and the rest let go; None: not known in the time."""

    def blamed(self, kept: Bools) -> Bools:
        """Of kept conditions that the relaxation cannot meet together, some that it cannot either."""

    def least(self, kept: Bools, give: Bools, price: Floats, seconds: float) -> tuple[Least | None, bool]:
        """The least cost of giving, with whole numbers; where none was found, whether there is none."""

    def point(self, amounts: Floats, start: Floats, seconds: float) -> tuple[Floats | None, bool]:
        """A point with every condition looser by its amount; where none was found, whether there is none."""


@dataclass(eq=False)
class Search:
    """What is looked for in one program, within a time.

    Parameters
    ----------
    first : numbers of conditions in the order in which it is tried to leave them out of a conflict.

    Attributes
    ----------
    found, mending : the conflicts and the repairs so far, also where the search was stopped.
    hopeless : whether it was shown that nothing that may give mends it.
    """

    conditions: Conditions
    asked: Asked
    first: Ints
    deadline: float
    tell: Callable[[str], object] = lambda _: None
    found: list[Conflict] = field(default_factory=list, init=False)
    mending: dict[bytes, Repair] = field(default_factory=dict, init=False)
    hopeless: bool = field(default=False, init=False)

    def conflicts(self, most: int = 10) -> tuple[list[Conflict], bool | None]:
        """Conflicts without common members, one after the other, each with the members of the earlier let go.

        Returns
        -------
        The conflicts, and whether a point holds where all their members are let go (None: not known in the time).
        """
        kept = np.ones(len(self.conditions), dtype=bool)
        found = self.found
        while len(found) < most:
            self.tell("conflict")
            holds = self.asked.holds(kept, whole=False)
            whole = holds is not False
            if whole:
                holds = self.asked.holds(kept, whole=True)
            if holds is not False:
                return found, holds
            conflict = self._irreducible(self._some_by_giving(kept) if whole else kept, whole)
            found.append(conflict)
            if not conflict.members:
                return found, False
            kept[list(conflict.members)] = False
        return found, None

    def repairs(self, conflicts: Iterable[Conflict], most: int = 12) -> tuple[list[Repair], float]:
        """The cheapest repair; then the cheapest in which each member of a conflict is the one of it that gives.

        Returns
        -------
        The repairs, the cheapest first, and what none can cost less than.
        """
        able = np.isfinite(self.conditions.price)
        found = self.mending
        bound = 0.0
        asked = list(self._to_keep(conflicts, able))
        for at, stays in enumerate(asked):
            left = self.deadline - time.perf_counter()
            if len(found) >= most or left < 0:
                break
            self.tell("repair")
            repair, none = self._cheapest(able & ~stays, left / (len(asked) - at))
            self.hopeless |= none and at == 0
            if repair is not None:
                bound = repair.bound if at == 0 else bound
                found.setdefault((repair.amounts > 0).tobytes(), repair)
        return self.so_far(), bound

    def so_far(self) -> list[Repair]:
        """The repairs that were found, the cheapest first."""
        return sorted(self.mending.values(), key=lambda each: each.cost)

    def _to_keep(self, conflicts: Iterable[Conflict], able: Bools) -> Iterator[Bools]:
        yield np.zeros(len(able), dtype=bool)
        for conflict in conflicts:
            for member in conflict.members:
                stays = np.zeros(len(able), dtype=bool)
                stays[list(conflict.members)] = True
                stays[member] = False
                if able[member]:
                    yield stays

    def _cheapest(self, give: Bools, seconds: float) -> tuple[Repair | None, bool]:
        """The least that gives, rounded outwards, and verified; where none was found, whether there is none."""
        price = np.where(give, self.conditions.price, 0.0)
        until = time.perf_counter() + seconds
        least, none = self.asked.least(~give, give, price, seconds / 2)
        if least is None:
            return None, none
        exact = np.where(least.amounts > TRACE * self.conditions.size, least.amounts, 0.0)
        for wider in (0.0, *WIDER):
            amounts = np.array([_outwards(each * (1 + wider)) for each in exact.tolist()])
            x, none = self.asked.point(amounts, least.x, max(until - time.perf_counter(), seconds / 4))
            if x is not None or not none:
                break
        cost = float(price @ amounts)
        verified = True if x is not None else False if none else None
        return Repair(amounts, cost, min(least.bound, cost), least.x if x is None else x, verified), False

    def _irreducible(self, some: Bools, whole: bool) -> Conflict:
        """Leave out what is not needed, half of it at a time while that goes: of the relaxation first."""
        kept, proven = some.copy(), True
        for stage in (True,) if whole else (False, True):
            if not stage:
                kept &= self.asked.blamed(kept)
            waiting = [self.first[kept[self.first]]]
            proven = True
            while waiting:
                chunk = waiting.pop()
                chunk = chunk[kept[chunk]]
                if not len(chunk):
                    continue
                if time.perf_counter() > self.deadline:
                    return Conflict(tuple(np.flatnonzero(kept).tolist()), whole, False)
                kept[chunk] = False
                holds = self.asked.holds(kept, whole=stage)
                if holds is False:
                    if not stage:
                        kept &= self.asked.blamed(kept)
                    continue
                kept[chunk] = True
                if len(chunk) > 1:
                    half = len(chunk) // 2
                    waiting += [chunk[half:], chunk[:half]]
                else:
                    proven &= holds is True
        return Conflict(tuple(np.flatnonzero(kept).tolist()), whole, proven)

    def _some_by_giving(self, kept: Bools) -> Bools:
        """What gives, again and again, until nothing that may still give can mend it: it holds a conflict."""
        size, some = self.conditions.size, np.zeros(len(self.conditions), dtype=bool)
        while time.perf_counter() < self.deadline:
            left = self.deadline - time.perf_counter()
            least, none = self.asked.least(some, kept & ~some, 1.0 / size, left)
            if least is None:
                return some if none else kept
            gave = (least.amounts > TRACE * size) & kept & ~some
            if not gave.any():
                return kept
            some |= gave
        return kept


def unless_stopped(status: str) -> None:
    """End the search where Ctrl-C ended a solver, which takes it for itself.

    Raises
    ------
    KeyboardInterrupt
        If it did.
    """
    if status == "interrupted":
        raise KeyboardInterrupt


def _outwards(amount: float) -> float:
    """An amount with three significant digits, not below it."""
    if amount <= 0:
        return 0.0
    if abs(amount - round(amount)) < 1e-6 * amount:
        return float(round(amount)) if round(amount) >= amount else amount * (1 + 1e-9)
    unit = 10.0 ** (np.floor(np.log10(amount)) - 2)
    return float(np.ceil(amount / unit - 1e-9) * unit)
