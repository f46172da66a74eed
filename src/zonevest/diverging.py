"""`alternatives`: plans near the best that differ as much as possible, and what a change of each role would cost.

Modelling to generate alternatives (Brill, Chang and Hopkins 1982), with distances for hop, skip and jump: each plan is
the one that is farthest from the nearest of all before it, among those within a part of the best. Of sums of distances
the third plan could be the first again; of the least distance it cannot. Farthest-first has a bound of its own: no set
of as many plans has a least distance of more than twice what was found (Gonzalez 1985), see `docs/alternatives.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from zonevest import api
from zonevest.importance import Importance
from zonevest.instances.say import say
from zonevest.instances.study import Study
from zonevest.model.plan import PlanData
from zonevest.nearby import Asked, Nearby
from zonevest.reports.alternatives import Alternatives, Found, alternatives_of
from zonevest.reports.distances import DISTANCES
from zonevest.solvers.answer import Progress
from zonevest.spreading import NOTHING, SECONDS, Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Alternatives", "alternatives"]

By = Literal["zoning", "actions", "projects", "gains"]
MANY = 10_000
"""Options from which on `auto` looks for alternatives by prices."""


def alternatives(
    study: Study | PlanData,
    *,
    by: By = "zoning",
    within: float = 0.05,
    count: int = 5,
    parcels: int | Sequence[str] = 0,
    dearest: int = 0,
    projects: bool = True,
    gap: float = 1e-3,
    spread_gap: float = 0.05,
    time_limit: float = 120.0,
    resolve_time: float = 300.0,
    threads: int = 0,
    seed: int = 0,
    method: api.Method = "auto",
    on_progress: Callable[[Progress], object] | None = None,
) -> Alternatives:
    """Find plans near the best that differ as much as possible, and how much depends on each parcel and project.

    Parameters
    ----------
    study : a study, which is solved first, or a plan of one, which is taken as the best.
    by : in what plans are to differ: ``zoning`` (the part of the area in another zone), ``actions`` (that with another
        land action or start), ``projects`` (built or not, and when) or ``gains`` (what each actor gains).
    within : how much of the best plan's objective (a gain over doing nothing) an alternative may give up: a part of
        its absolute value.
    count : how many alternatives are looked for, at most.
    parcels : for how many parcels, those of most loss by prices, or for which the study is solved again with their
        zone forbidden.
    dearest : for how many parcels beside those that are named, again those of most loss by prices.
    projects : whether it is solved again for each project, forced out or in.
    gap : how near to the bound the objective has to be in the first solve, and in those of single parcels and projects.
    spread_gap : how near to its bound the distance of each alternative has to be, as a part of it.
    time_limit, threads, seed : of each solve, the first too (see `zonevest.api.solve`).
    resolve_time : seconds for all solves of single projects and parcels; those left have what prices say.
    method : of all solves; auto: prices from 10,000 options on, but for the first solve as `solve` chooses.
    on_progress : is told where the work stands.

    Returns
    -------
    Alternatives
        Plans, distances, importance (see `zonevest.reports.alternatives`); after Ctrl-C what was found by then.

    Raises
    ------
    ValueError
        If a number makes no sense, or a parcel is unknown.
    UnpricedError
        If a given plan follows rules that its folder does not hold.
    """
    _check(by, within, count, gap, spread_gap)
    given = study if isinstance(study, PlanData) else None
    named = [] if isinstance(parcels, int) else list(parcels)
    known = set((given.study if given else study).parcels["parcel_id"])
    if strange := [name for name in named if name not in known]:
        raise ValueError(say("no parcel {name!r}", name=strange[0]))
    search = _Search(by, within, count, gap, spread_gap, on_progress)
    best = given
    if best is None:
        assert isinstance(study, Study)
        best = api.solve(study, gap=gap, time_limit=time_limit, threads=threads, seed=seed, method=method,
                         on_progress=search.teller(say("the best plan")))  # fmt: skip
    stopped = given is None and best.status == "interrupted"
    if not best.has_plan or stopped:
        return alternatives_of(best, [], by, within, complete=not stopped)
    if isinstance(best, api.Plan) and best.audit is None:  # as a folder has it
        best.audit = api.audit(best)
    asked = Asked(time_limit, threads, seed, False, search.teller(""))
    importance: Importance | None = None
    try:
        near = Nearby(best, asked)
        many = method == "prices" or (method == "auto" and len(near.block.group) >= MANY)
        near.asked = replace(asked, prices=many)
        search.run(near)
        importance = Importance(near, gap, search.points())
        if search.complete:
            importance.price()
            priced = importance.dearest(parcels if isinstance(parcels, int) else dearest)
            chosen = list(dict.fromkeys([*named, *priced]))
            search.complete = importance.resolve(chosen, projects=projects, seconds=resolve_time)
    except KeyboardInterrupt:
        search.complete = False
    spread = search.spread
    return alternatives_of(
        best,
        search.found,
        by,
        within,
        None if importance is None or spread is None else importance.tables(spread.room),
        None if spread is None else spread.ranges,
        exhausted=search.exhausted,
        complete=search.complete,
    )


def _check(by: str, within: float, count: int, gap: float, spread_gap: float) -> None:
    if by not in DISTANCES:
        raise ValueError(say("plans differ by one of: {names}", names=", ".join(DISTANCES)))
    if not (np.isfinite(within) and within >= 0.0):
        raise ValueError(say("how far from the best is a part of it, 0 or more"))
    if count < 0:
        raise ValueError(say("how many alternatives is 0 or more"))
    if not (gap >= 0.0 and spread_gap >= 0.0):
        raise ValueError(say("a gap is 0 or more"))


@dataclass
class _Search:
    """Plan after plan, each the farthest from those before."""

    by: str
    within: float
    count: int
    gap: float
    spread_gap: float
    on_progress: Callable[[Progress], object] | None
    found: list[Found] = field(default_factory=list)
    exhausted: bool = False
    complete: bool = True
    spread: Spread | None = None

    def __post_init__(self) -> None:
        self.began = time.perf_counter()

    def teller(self, phase: str) -> Callable[[Progress], object]:
        """What tells progress by the clock of the whole, and what phase it is."""

        def tell(progress: Progress) -> None:
            if self.on_progress is not None:
                seconds = time.perf_counter() - self.began
                self.on_progress(replace(progress, phase=phase or progress.phase, seconds=seconds))

        return tell

    def points(self) -> list[tuple[float, Floats]]:
        """The alternatives as points, with their objectives."""
        return [(each.plan.objective or 0.0, each.x) for each in self.found if each.plan is not None]

    def run(self, near: Nearby) -> None:
        """Look for alternatives until there are enough, or none is left."""
        spread = self.spread = Spread(near, self.by, self.within)
        self.complete = not self.count or spread.reach(self.spread_gap)
        apart, ceiling = spread.apart, np.inf
        while self.complete and len(self.found) < self.count:
            number, began = len(self.found) + 1, time.perf_counter()
            solution, x = spread.farthest(self.spread_gap, say("alternative {number}", number=number))
            took = time.perf_counter() - began
            if solution.status == "interrupted":
                self.complete = False
                return
            # whoever is farthest from more plans is no farther than who was from fewer
            ceiling = min(ceiling, (solution.bound + spread.slack) / apart.size)
            told = {
                "status": solution.status,
                "distance_found": None if solution.value is None else solution.value / apart.size,
                "distance_bound": ceiling,
                "seconds": took,
            }
            if x is None or solution.value is None or solution.value <= NOTHING * apart.most:
                # where land is divided, plans may differ by parts of parcels that the search does not count
                self.exhausted = solution.status in ("optimal", "infeasible") and spread.slack <= NOTHING * apart.most
                self.found.append(Found(None, np.zeros(0), told))
                return
            phase = say("the best plan as far as alternative {number}", number=number)
            better, x = spread.worthiest(solution, x, self.gap, max(took, SECONDS), phase)
            self.complete = better.status != "interrupted"
            seconds = time.perf_counter() - began
            told |= {"objective_bound": better.bound, "seconds": seconds}
            settings = {"alternative": {"number": number, "by": self.by, "within": self.within}}
            self.found.append(Found(near.plan(x, seconds, settings), x, told))
            spread.choose(x)
