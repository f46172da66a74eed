"""The search for a common decision by prices, where land is much: scenarios alone, then land and states in common.

The linear program of all scenarios is grown by the options that its prices ask for (`zonevest.solvers.sifting`), which
also proves what no decision exceeds. Its shared states are settled one after the other, the rest is found in each
scenario beside what is decided; and with the projects that were found there land is shared out anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.common_search import LEAST_SECONDS, Search
from zonevest.instances.say import say
from zonevest.model.land import without_extra
from zonevest.model.options import numbered
from zonevest.model.stages import Decided
from zonevest.reports.sweep_text import AS_IT_IS, called
from zonevest.sides import Side
from zonevest.solvers.answer import Progress, Solution, SolveOptions
from zonevest.solvers.join import join
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from distributed import Client
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.model.stages import Stages
    from zonevest.solvers.answer import OnProgress, Stop
    from zonevest.solvers.by_prices import Outcome
    from zonevest.solvers.sifting import Sift
    from zonevest.solvers.staged import Merged, Scene, Together

    Floats = NDArray[np.float64]

SIFTED, SETTLED, CARRIED, AGAIN = 0.7, 0.75, 0.88, 0.95
"""By which part of the time the linear program is grown, its states are settled, and what is left is found."""
MARGIN = 3e-3
"""Classes that lose no more than this part of what a parcel's classes differ by are in the program from the start."""
LOOSE = 5e-3
"""How near to its bound a scenario's own best plan is sought at least: it says where the search begins."""
SMOOTH = 0.02
"""Part of the weight that is spread over all scenarios where the worst ones count."""
ROUNDS = 2
"""How often land is shared out anew with the projects that were found."""
PARCELS, PARTED = 6_000, 3
"""Parcels from which on those that choose among the same options are taken as one, and how often these are parted."""
LEAST_WEIGHT = 1e-6
"""A scenario that counts for less counts so much while decisions are sought; nothing is proven then."""
LEAST_SHARE = 1e-7
"""A smaller part of a parcel is none."""


@dataclass(frozen=True, eq=False)
class PricedSide(Side):
    """A scenario whose one program is never made."""

    @cached_property
    def plain(self) -> Block:
        """The block without extra rows."""
        return without_extra(self.block)

    @cached_property
    def scale(self) -> float:
        """Size of the objective, as the price method has it."""
        from zonevest.solvers.groups import Groups

        own = float(np.abs(self.plain.by_column[:, [-1]].toarray()).sum())
        return Groups(self.plain).largest() + own

    def size(self, x: Floats) -> float:
        """The sum of the sizes of what makes the objective at a point."""
        block, options = self.plain, len(self.plain.group)
        worth = np.zeros(options)
        for scalar, matrix in block.by_kind:
            worth += scalar[block.group] * matrix[:, [-1]].toarray().ravel()[block.kind]
        if block.by_option is not None:
            worth += block.by_option[:, [-1]].toarray().ravel()
        own = block.by_column[:, [-1]].toarray().ravel()
        return float(np.abs(worth) @ np.abs(x[:options]) + np.abs(own) @ np.abs(x[options:])) + abs(block.constant)

    def beside(self, donor: Side, x: Floats, seconds: float) -> Floats | None:  # noqa: ARG002
        """Nothing: what a decision leaves is small enough to begin anew."""
        return None

    def nothing(self) -> Floats | None:
        """Doing nothing with its best financing, where the one program is not too large for it."""
        return super().nothing() if len(self.plain.group) <= MANY_LEFT else None

    def outcome(
        self,
        options: SolveOptions,
        on_progress: OnProgress | None = None,
        *,
        stop: Stop | None = None,
        client: Client | None = None,
    ) -> Outcome:
        """The best plan of the scenario by prices, as if it were known to come; parts of its land on a cluster."""
        from zonevest.solvers.by_prices import solve_by_prices  # it compiles, which takes a while to import

        return solve_by_prices(self.plain, options, on_progress, cluster=client, stop=stop)

    def alone(
        self,
        options: SolveOptions,
        on_progress: OnProgress | None = None,
        *,
        stop: Stop | None = None,
        run: Callable[..., Solution] = solve,  # noqa: ARG002
    ) -> Solution:
        """The same as a solution."""
        return self.outcome(options, on_progress, stop=stop).solution

    def carried(
        self,
        stages: Stages,
        scenario: int,
        decided: Decided,
        options: SolveOptions,
        *,
        stop: Stop | None = None,
        run: Callable[..., Solution] = solve,
    ) -> Solution:
        """The best that can be made of a decision in the scenario: what may wait is found anew."""
        from zonevest.solvers.staged import Scene, left_over

        block = self.plain
        scene = Scene(block, 1.0, stages.of_option[scenario], states_of(stages))
        started = decided.started.ravel()
        if (started > block.column_upper[scene.states]).any() or (started < block.column_lower[scene.states]).any():
            return Solution(None, "infeasible", None, -np.inf, None, 0.0)
        left, kept, part = left_over(scene, decided.share, started)
        asked = replace(options, gap=TIGHTER * options.gap, scale=self.scale, start=None)
        if len(kept) <= MANY_LEFT:
            found = run(join(left), asked, stop=stop)
        else:
            from zonevest.solvers.by_prices import solve_by_prices

            found = solve_by_prices(left, asked, stop=stop).solution
        if found.x is None:
            return found
        x = np.zeros(len(block.group) + len(block.columns))
        x[kept] = found.x[: len(kept)] * part
        x[len(block.group) :] = found.x[len(kept) :]
        return replace(found, x=x)


TIGHTER = 0.2
"""How near to its best what is left is sought, as a part of the gap of the decision."""
MANY_LEFT = 40_000
"""Options from which on what a decision leaves is solved by prices."""


def states_of(stages: Stages) -> NDArray[np.int64]:
    """The policy columns of the project states that are decided now."""
    count, now = len(stages.projects), len(stages.periods)
    at = np.arange(count * stages.all_periods, dtype=np.int64).reshape(count, stages.all_periods)
    return at[:, :now].ravel()


@dataclass(eq=False)
class SearchByPrices(Search):
    """A search in which the one program of all scenarios is never made."""

    kind = PricedSide
    outcomes: list[Outcome | None] = field(default_factory=list)

    def alone(self) -> None:
        """Solve every scenario as if it were known to come; here one after the other: the passes use all cores.

        Of a single one the parts of the land are spread over the workers.
        """
        from zonevest.common_search import ALONE

        count = self.in_turn()

        def one(at: int) -> Any:
            if self.stopped.is_set():
                return None
            left = max(self.until(ALONE), 0.0) * count / max(len(self.sides) - at, count)
            options = replace(self.options(max(left, LEAST_SECONDS), count), gap=max(self.asked["gap"] / 2.0, LOOSE))
            if self.objective == "regret" or len(self.sides) == 1:
                options = replace(options, gap=self.asked["gap"] / 2.0)
            what = say("{scenario} alone", scenario=called(self.names[at] or AS_IT_IS))
            side, tell = self.sides[at], self.said(what)
            if len(self.sides) == 1 and self.far is not None and isinstance(side, PricedSide):
                return side.outcome(options, tell, stop=self.stopped.is_set, client=self.client)
            return self.ask(at, "outcome", options, on_progress=tell)

        self.outcomes = list(self.each(one, count))
        self.own = [None if each is None else each.solution for each in self.outcomes]
        for side, found in zip(self.sides, self.own, strict=True):
            if found is not None and found.status == "infeasible":
                self.impossible = say("no plan exists in {scenario}", scenario=called(side.name or AS_IT_IS))

    def common(self) -> None:
        """Land and states in common; what the mean decides is looked at where time is left."""
        with self.step("together"):
            self.together()
        if self.best is None:
            with self.step("first"):
                self.first_decisions()
        with self.step("mean"):
            if self.until(1.0) > LEAST_SECONDS and not self.stopped.is_set():
                self.of_the_mean()

    def together(self) -> None:
        """Grow the linear program of all scenarios, settle what is shared, and find what is left."""
        from zonevest.solvers.staged import Scene, Together

        weights = self.counted()
        states = states_of(self.stages)
        scenes = [
            Scene(side.plain, float(weight), self.stages.of_option[at], states)
            for at, (side, weight) in enumerate(zip(self.sides, weights, strict=True))
            if isinstance(side, PricedSide)
        ]
        whole = Together(tuple(scenes), self.stages.parcel, self.stages.possible)
        shares = [
            np.zeros(len(scene.block.group)) if found is None or found.x is None else found.x[: len(scene.block.group)]
            for scene, found in zip(scenes, self.own, strict=True)
        ]
        self.tell(say("all scenarios together"))
        prices = [_prices(each, scene) for each, scene in zip(self.outcomes, scenes, strict=True)]
        found = self.sifted(whole, prices, shares)
        if found is None:
            return
        sift, units = found
        if self.aim.weights.min() >= LEAST_WEIGHT:
            self._prove(whole.proven(sift.prices), weights)
        if not sift.settle(lambda: self.until(SETTLED)):
            self.notes.append(say("no first projects were found that go with the land of all scenarios"))
            return
        for number in range(ROUNDS + 1):
            decided = self.read(sift, units)
            self.tell(say("what the decision leaves to each scenario"))
            points = self.carried(decided, CARRIED if number == 0 else AGAIN)
            before = self.best
            self.offer(decided, points)
            if self.best is before or self.best is None or number == ROUNDS or self.stopped.is_set():
                break
            if self._near_enough() or self.until(AGAIN) <= LEAST_SECONDS:
                break
            policy = [each.x[len(side.block.group) :] for each, side in zip(self.best.points, self.sides, strict=True)
                      if each.x is not None]  # fmt: skip
            if not sift.hold(policy, lambda: self.until(AGAIN)):
                break

    def counted(self) -> Floats:
        """How much each scenario counts in the linear program: with its probability, and more where it is the worst."""
        p = np.maximum(self.aim.weights, LEAST_WEIGHT)
        p = p / p.sum()
        if self.aim.alpha == 0.0 or self.objective == "regret":
            return np.asarray(p)
        values = self.known_bounds()
        order = np.argsort(values, kind="stable")
        tail = np.zeros(len(p))
        tail[order] = np.diff(np.minimum(np.cumsum(p[order]), self.aim.beta), prepend=0.0) / self.aim.beta
        tail = (1.0 - SMOOTH) * tail + SMOOTH * p
        return np.asarray((1.0 - self.aim.alpha) * p + self.aim.alpha * tail)

    def sifted(self, whole: Together, prices: list[Floats], shares: list[Floats]) -> tuple[Sift, Merged | None] | None:
        """The linear program of all scenarios, grown; where parcels are many, over units that are parted on the way."""
        from zonevest.solvers.sifting import Sift
        from zonevest.solvers.staged import merged

        apart, sift = None, None
        parcels = len(whole.first)
        for number in range(PARTED):
            units, part, taken = None, whole, shares
            if parcels > PARCELS:
                said = whole.say(prices)
                best = _best(whole, said.classes)
                apart = best if apart is None else numbered(apart, best)
                units = merged(whole, apart)
                part, apart = units.together, units.unit
                taken = [np.zeros(len(scene.block.group)) for scene in part.scenes]
            used = np.zeros(len(part.parcel), dtype=bool)
            for scene, share in zip(part.scenes, taken, strict=True):
                used[scene.of_option[share > LEAST_SHARE]] = True
            sift = Sift(part, prices, self.stopped.is_set)
            sift.begin(used, taken, MARGIN)
            begun, end = self.until(SIFTED), (number + 1.0) / PARTED
            sift.solve(lambda: self.until(SIFTED) - (0.0 if units is None else begun * (1.0 - end)), self._bounded)  # noqa: B023
            prices = sift.prices
            if units is None:
                break
            if whole.say(prices).bound - sift.bound <= self.asked["gap"] / 10.0 * abs(sift.bound):
                break
        return None if sift is None or sift.passes == 0 or not sift.solved else (sift, units)

    def read(self, sift: Sift, units: Merged | None) -> Decided:
        """The decision that the linear program makes."""
        share = sift.shares() if units is None else units.shares(sift.shares())
        share[share < LEAST_SHARE] = 0.0
        stages = self.stages
        if not stages.divisible:
            order = np.lexsort((share, stages.parcel))
            last = np.append(stages.parcel[1:] != stages.parcel[:-1], True)
            share = np.zeros_like(share)
            share[order[last]] = 1.0
        whole = np.bincount(stages.parcel, weights=share, minlength=len(stages.ids))
        started = np.rint(sift.started()).reshape(len(stages.projects), len(stages.periods))
        return Decided(share / np.where(whole > 0.0, whole, 1.0)[stages.parcel], started)

    def _bounded(self, bound: float) -> None:
        """Tell where the bound stands."""
        value = None if self.best is None else self.worth(self.best)
        self.said(say("all scenarios together"))(Progress("", 0.0, value, bound, None))

    def _prove(self, bound: float, weights: Floats) -> None:
        """Take over what prices prove of the mean by these weights, as a bound of what is aimed at."""
        if self.objective == "regret":
            known = self.known_values()
            bound = bound - float(weights @ known) if np.isfinite(known).all() else np.inf
        self.bound = min(self.bound, bound)

    def _near_enough(self) -> bool:
        """Whether the best decision is near enough to the bound."""
        assert self.best is not None
        value = self.worth(self.best)
        mean = float(self.aim.weights @ self.best.values)
        return bool(self.bound - value <= self.asked["gap"] * abs(mean if self.objective == "regret" else value))


def _best(whole: Together, classes: Floats) -> NDArray[np.int64]:
    """Which of its classes is the best of each parcel, by place among its own."""
    order = np.lexsort((-classes, whole.parcel))
    return np.asarray(order[whole.first] - whole.first, dtype=np.int64)


def _prices(outcome: Outcome | None, scene: Scene) -> Floats:
    """Prices of a scenario's rows from which to begin: those of the case that its bound is of."""
    leaves = [] if outcome is None else [leaf for leaf in outcome.leaves if not leaf.ray]
    if not leaves:
        return np.zeros(len(scene.block.rows))
    return np.asarray(max(leaves, key=lambda leaf: leaf.bound).prices)
