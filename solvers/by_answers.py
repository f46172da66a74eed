"""What holds and what it costs, asked of prices: studies of much land, up to millions of options."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.answers import MISSED, Answers
from zonevest.solvers.by_prices import solve_by_prices
from zonevest.solvers.conflicts import TRACE, Conditions, Least, unless_stopped
from zonevest.solvers.highs import HOLDS
from zonevest.solvers.standing import broken
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from zonevest.model.land import Block
    from zonevest.solvers.conflicts import Bools, Floats

GAP, LOOSE = 1e-2, 0.25
"""How near the cheapest repair is sought, and how near its best a plan has to be that only shows that there is one."""
ROUNDS, SECONDS = 3, 60.0
"""How often whole numbers are asked for, each time over more answers, and the time of each."""
KNOWN = 3
"""How many plans' whole numbers are tried first for what gives."""


class ByAnswers:
    """Asks prices."""

    def __init__(self, conditions: Conditions, deadline: float, threads: int = 0) -> None:
        self.conditions, self.deadline, self.threads = conditions, deadline, threads
        self.answers = Answers(conditions)
        self._whole = np.flatnonzero(conditions.block.column_integer)
        self._known: list[Floats] = []

    def holds(self, kept: Bools, *, whole: bool) -> bool | None:
        """Whether a point holds with some conditions kept and the rest let go; None: not known in the time."""
        missed, _ = self.answers.missed(kept, self.deadline)
        if missed is not False or not whole:
            return None if missed is None else not missed
        lower, upper = self.conditions.kept(kept)
        if not self.conditions.block.integer:
            answer = self._solved(SECONDS)
            if answer.x is not None:
                self._remember(np.rint(answer.x[self._whole]))
                return True
        x, none = self._point(self._without(~kept), lower, upper, np.inf)
        return True if x is not None else False if none else None

    def blamed(self, kept: Bools) -> Bools:
        """Of kept conditions that the relaxation cannot meet together, some that it cannot either."""
        while True:
            missed, some = self.answers.missed(kept, self.deadline)
            if missed is not True or some.sum() == kept.sum():
                return kept
            if self.answers.missed(some, self.deadline)[0] is not True:
                return kept
            kept = some

    def least(self, kept: Bools, give: Bools, price: Floats, seconds: float) -> tuple[Least | None, bool]:
        """The least cost of giving, with whole numbers, and what the relaxation proves of it."""
        until = min(time.perf_counter() + seconds, self.deadline)
        relaxed = self.answers.give(kept, give, price, until)
        if relaxed is None:
            return None, time.perf_counter() < until
        bound = relaxed[1]
        best: Least | None = None
        for whole in list(self._known):
            best = _cheaper(best, self._fixed(whole, kept, give, price, until))
        for _ in range(ROUNDS):
            if (best is not None and best.cost <= bound * (1 + GAP)) or time.perf_counter() > until:
                break
            self.answers.priced_at(price, give)
            answer = self._solved(max(min(SECONDS, (until - time.perf_counter()) / 2), 1.0))
            if answer.x is None:
                break
            before = best
            amounts = self.answers.amounts(answer.x)
            best = _cheaper(best, Least(amounts, self.answers.over_options(answer.x), float(price @ amounts), bound))
            best = _cheaper(best, self._fixed(np.rint(answer.x[self._whole]), kept, give, price, until))
            if before is not None and best is not None and best.cost >= before.cost * (1 - GAP):
                break
        if best is None:
            return None, False
        self._remember(best.x[len(self.conditions.block.group) :][self._whole])
        return replace(best, bound=min(bound, best.cost)), False

    def point(self, amounts: Floats, start: Floats, seconds: float) -> tuple[Floats | None, bool]:
        """A point with every condition looser by its amount; where none was found, whether there is none.

        First with the whole numbers of `start`, and every row of the point that is found written out; then by the
        price method.
        """
        lower, upper = self.conditions.loosened(amounts)
        if not self.conditions.block.integer:
            self.answers.hold(self._whole, start[len(self.conditions.block.group) :][self._whole])
            missed = self.answers.missed_by(amounts, min(time.perf_counter() + seconds / 2, self.deadline))
            self.answers.hold(self._whole, None)
            if missed is False:
                x = self.answers.over_options(self.answers.last)
                if broken(replace(self.conditions.block, lower=lower, upper=upper), x) <= HOLDS:
                    return x, False
        return self._point(self._without(amounts > 0), lower, upper, seconds)

    def _fixed(self, whole: Floats, kept: Bools, give: Bools, price: Floats, until: float) -> Least | None:
        """What gives where the whole numbers are these."""
        self.answers.hold(self._whole, whole)
        cost = self.answers.give(kept, give, price, until)
        self.answers.hold(self._whole, None)
        if cost is None or self.answers.misses() > MISSED:
            return None
        last = self.answers.last
        amounts = self.answers.amounts(last)
        amounts = np.where(self.conditions.whole, np.ceil(amounts - 1e-6), amounts)
        amounts[amounts <= TRACE * self.conditions.size] = 0.0
        return Least(amounts, self.answers.over_options(last), float(price @ amounts), 0.0)

    def _remember(self, whole: Floats) -> None:
        """Whole numbers that some plan has: what else is asked may hold with them too."""
        others = [each for each in self._known if (each != whole).any()]
        self._known = [whole, *others][:KNOWN]

    def _solved(self, seconds: float) -> Solution:
        """The program over the answers there are, whole numbers whole."""
        left = min(max(self.deadline - time.perf_counter(), 0.1), seconds)
        options = SolveOptions(gap=GAP, time_limit=left, threads=self.threads)
        answer = solve(self.answers.program(), options)
        unless_stopped(answer.status)
        return answer

    def _without(self, gave: Bools) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """The kinds of options that are there where these conditions give or are let go."""
        kinds = np.ones(len(self.conditions.block.cluster), dtype=bool)
        kind, need = self.conditions.absent
        kinds[kind[~gave[need]]] = False
        return kinds

    def _point(self, kinds: Bools, lower: Floats, upper: Floats, seconds: float) -> tuple[Floats | None, bool]:
        block, options = self.conditions.block, len(self.conditions.block.group)
        part = kinds[block.kind]
        left = min(max(self.deadline - time.perf_counter(), 0.1), seconds)
        asked = SolveOptions(gap=LOOSE, time_limit=left, threads=self.threads)
        outcome = solve_by_prices(_of_kinds(replace(block, lower=lower, upper=upper), kinds, part), asked)
        unless_stopped(outcome.status)
        if outcome.x is None:
            return None, outcome.status == "infeasible"
        x = np.zeros(options + len(block.columns))
        x[np.flatnonzero(part)] = outcome.x[: part.sum()]
        x[options:] = outcome.x[part.sum() :]
        return x, False


def _cheaper(one: Least | None, other: Least | None) -> Least | None:
    if one is None or other is None:
        return one if other is None else other
    return other if other.cost < one.cost else one


def _of_kinds(block: Block, kinds: Bools, part: Bools) -> Block:
    """The block with the options of some kinds only."""
    number = (np.cumsum(kinds) - 1).astype(np.int32)
    none = sparse.csr_array((0, int(part.sum()) + len(block.columns)))
    some = np.flatnonzero(kinds)
    return replace(
        block,
        group=block.group[part],
        kind=number[block.kind[part]],
        by_kind=[(scalar, sparse.csr_array(matrix[some])) for scalar, matrix in block.by_kind],
        by_option=None if block.by_option is None else sparse.csr_array(block.by_option[np.flatnonzero(part)]),
        cluster=block.cluster[kinds],
        extra=none,
        meetings=(),
    )
