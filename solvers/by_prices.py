"""The price method: prices, a path to whole numbers, branches, a plan, a certificate (FORMULATION.md section 10)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from zonevest.instances.say import say
from zonevest.solvers.answer import (
    OnProgress,
    Progress,
    Solution,
    SolveOptions,
    Status,
    Stop,
    gap_of,
    near_enough,
)
from zonevest.solvers.branches import Tree, Trial
from zonevest.solvers.certificate import Leaf
from zonevest.solvers.choices import Choices
from zonevest.solvers.cluster import Distributed, opened
from zonevest.solvers.compiled_pass import compile_pass
from zonevest.solvers.dive import SETTLED, dive, settled
from zonevest.solvers.groups import Groups
from zonevest.solvers.pricing import Node, Priced, Prices, closed
from zonevest.solvers.resume import Stand, as_arrays, restored
from zonevest.solvers.settle import Point, beside, less_shared, settle
from zonevest.solvers.supervise import ctrl_c
from zonevest.solvers.trust import HOLDS, WRONG_BOUND, bound_of

if TYPE_CHECKING:
    from distributed import Client
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.solvers.checkpoint import Arrays, Checkpoint
    from zonevest.solvers.master import Mixture, Standing
    from zonevest.solvers.warm import Warm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PASSES, NODES = 300, 6
"""Passes at the root at most; nodes until the first further path to whole numbers, and then as many as there were."""
NEAR = 2e-6, 1e-4
"""How near bound and master have to come, at least and at most, as a part of the bound."""
CHEAP, CLOSE = 1 / 20, 1 / 30
"""Of the gap asked for, relative or absolute, whichever is wider: what a step to whole numbers may cost without being
looked at closely, and how near bound and master have to come."""
WORTH_A_PLAN = 1e-4
"""A mixture is made a plan only if it is better than the best plan by this part of the gap."""
WARMER = 0.1
"""Of the box around the first prices, where they are those of a program like it."""
BESIDE = 10.0
"""Seconds that money and the like beside a known plan may take."""


@dataclass
class Outcome:
    """What the price method found.

    Attributes
    ----------
    x : options, then the policy's columns; None: no plan.
    value, bound, gap : of the plan; what no plan exceeds; as in `Solution`.
    prices : shadow prices of the rows beside the plan, its whole numbers held.
    leaves : the certificate.
    steps : what each step came to, in order: a name and figures.
    scale : size of the objective, for gaps of values near zero.
    asked : prices whose answers the master had at the end, shape (passes, rows): where a program like it may begin.
    used : answers of these that all plans together were mixed of, as pairs of pass and cluster.
    standing, basic : where the simplex method stood then, and on which of these answers.
    """

    status: Status
    x: Floats | None
    value: float | None
    bound: float
    gap: float | None
    seconds: float
    message: str = ""
    prices: Floats | None = None
    leaves: list[Leaf] = field(default_factory=list)
    steps: list[dict[str, float | str]] = field(default_factory=list)
    passes: int = 0
    nodes: int = 0
    scale: float = 0.0
    asked: Floats | None = None
    used: Ints | None = None
    standing: Standing | None = None
    basic: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @property
    def solution(self) -> Solution:
        """The outcome as other methods tell theirs."""
        return Solution(
            self.x, self.status, self.value, self.bound, self.gap, self.seconds, self.message, self.nodes, self.passes
        )

    def with_plan(self, block: Block, x: Floats) -> Outcome:
        """The same where nothing was found but this point is known: a plan, never proven.

        Parameters
        ----------
        x : options, then the policy's columns.
        """
        options = len(block.group)
        worth = np.zeros(options)
        for scalar, matrix in block.by_kind:
            worth += scalar[block.group] * matrix[:, [-1]].toarray().ravel()[block.kind]
        if block.by_option is not None:
            worth += block.by_option[:, [-1]].toarray().ravel()
        own = block.by_column[:, [-1]].toarray().ravel()
        value = block.constant + float(worth @ x[:options]) + float(own @ x[options:])
        if self.bound == -np.inf:  # a proof that there is no plan, which this one contradicts: it is of rounding
            return replace(self, bound=np.inf, leaves=[]).with_plan(block, x)
        bound = max(self.bound, value)
        status: Status = "interrupted" if self.status == "interrupted" else "feasible"
        gap = gap_of(bound, value, self.scale)
        return replace(self, x=x, value=value, bound=bound, gap=gap, status=status)

    def told(self) -> list[dict[str, float | str | None]]:
        """The steps; what is not there, or has no end, is None."""
        return [
            {name: value if isinstance(value, str) or np.isfinite(value) else None for name, value in step.items()}
            for step in self.steps
        ]

    def shadow_prices(self, block: Block) -> dict[str, float]:
        """Row name -> price; empty without a plan."""
        return {} if self.prices is None else dict(zip(block.rows, self.prices.tolist(), strict=True))


def solve_by_prices(
    block: Block,
    options: SolveOptions,
    on_progress: OnProgress | None = None,
    *,
    cluster: Client | str | int | None = None,
    keep: Checkpoint | None = None,
    kept: Arrays | None = None,
    warm: Warm | None = None,
    stop: Stop | None = None,
) -> Outcome:
    """Solve a block without extra rows by prices.

    Parameters
    ----------
    options : gap, time limit, threads, seed and scale; further HiGHS options go to the small programs.
    on_progress : receives a `Progress` now and then.
    cluster : where parts of the groups answer prices (see `zonevest.solvers.cluster.opened`); None: here.
    keep, kept : where the run leaves what it needs to be resumed, and what an earlier run left.
    warm : what a program like it left; a run that is resumed has its own.
    stop : asked now and then whether to stop, where Ctrl-C is the caller's.
    """
    with opened(cluster) as client:
        search = _Search(block, options, on_progress, client)
        search.keep, search.kept, search.warm, search.ending = keep, kept, warm, stop
        with ctrl_c(search.asked.set):
            return search.run()


class _Search:
    """One run: what is known so far."""

    def __init__(
        self, block: Block, options: SolveOptions, on_progress: OnProgress | None, client: Client | None = None
    ) -> None:
        self.block, self.options, self.on_progress, self.client = block, options, on_progress, client
        compile_pass()  # before the clock starts: it takes seconds where it has never been done
        self.began, self.asked = time.perf_counter(), threading.Event()
        self.scale = float(options.scale or 0.0)
        self.point: Point | None = None
        self.near: Priced | None = None
        self.bound = np.inf
        self.steps: list[dict[str, float | str]] = []
        self.phase = "pricing"
        self.keep: Checkpoint | None = None
        self.kept: Arrays | None = None
        self.warm: Warm | None = None
        self.ending: Stop | None = None
        self.used = np.zeros((0, 2), dtype=np.int64)
        self.standing: Standing | None = None
        self.basic = np.zeros(0, dtype=np.bool_)
        self.root: Node | None = None
        self.tree: Tree | None = None
        self.cases: list[Node] = []
        from numba import config, set_num_threads

        cores = int(vars(config)["NUMBA_NUM_THREADS"])
        set_num_threads(min(options.threads or cores, cores))  # always: those of a run before stay otherwise

    def run(self) -> Outcome:
        """Go through the steps; each looks at the time."""
        self.groups = Groups(self.block) if self.client is None else Distributed(self.block, self.client)
        if self.options.scale is None:
            self.scale = self.groups.largest() + float(np.abs(self.block.by_column[:, [-1]].toarray()).sum())
        near, apart = float(np.clip(CLOSE * self.options.gap, *NEAR)), CLOSE * self.options.gap_absolute
        self.prices = prices = Prices(self.block, self.groups, near, apart=apart)
        self._step("groups", groups=self.groups.count, clusters=self.groups.clusters, rows=self.groups.rows)
        begin = self._begun()
        root = prices.price(begin, -np.inf, PASSES, self.stop, self._bounded)
        self.root = root.node
        self._step("prices", bound=root.node.bound, passes=root.passes)
        dear = None if root.mixture is None else Trial(prices, root).mixture
        if dear is None or dear.missed:  # however much a row's miss costs
            ray = root.node if root.node.ray else None
            if ray is None and not self.stop():
                ray = empty(self.block, prices.root(), self.stop)
            self._step("proof that there is no plan", proven=float(ray is not None))
            if ray is not None:
                return self._ended("infeasible", [ray], say("no point satisfies all rows"))
        if root.mixture is None:
            return self._ended("no_plan", [root.node])
        prices.prune(root.node, prices.used_in(root.mixture))
        mixture = prices.master.solve() or root.mixture
        root = replace(root, mixture=mixture)
        self._note(mixture)
        self.choices = Choices(prices)
        tree = Tree(prices, root.node, self.choices, lambda node: empty(self.block, node, self.stop))
        if self.cases:
            tree.resume(self.cases)
        self.tree = tree
        if self.point is None or (self.kept is None and tree.bound > self.target()):
            self._follow(root)
        while not self.stop() and tree.bound > self.target():
            self.phase = "branches"
            before = tree.nodes
            for found in tree.grow(self.target, self.stop, self._bounded, max(NODES, before)):
                self._plan(found)
            self._bounded(tree.bound)
            self._step("branches", bound=tree.bound, nodes=tree.nodes, passes=len(prices.asked), held=tree.fixed)
            if tree.nodes == before:
                break
            best = tree.best
            if best is not None and self._better(best) and tree.bound > self.target() and not self.stop():
                self._follow(best)
        self._share_less()
        return self._ended(None, tree.all_leaves(), nodes=tree.nodes)

    def _note(self, mixture: Mixture) -> None:
        """Note what all plans together are mixed of, and where the simplex method stands: for a program like it."""
        used, found = self.prices.used_in(mixture), self.prices.master.standing()
        if found is not None:
            self.standing, basic = found
            used |= basic
            self.basic = basic[used]
        self.used = self.prices.answers()[used]

    def _share_less(self) -> None:
        """Leave fewer groups between options in the best plan, where there is time."""
        left = self.options.time_limit - (time.perf_counter() - self.began)
        if self.point is None or self.asked.is_set() or left <= 0.0:
            return
        self.phase = "settling"
        asked = replace(self.options, time_limit=min(left, 60.0))
        point = less_shared(self.prices, self.point, asked, self.stop)
        if point is None:
            return
        value, broken = self.judged(point)
        if broken <= HOLDS and value >= self.point.value - 1e-9 * abs(self.point.value):
            before, self.point = self.point, replace(point, value=value)
            self._step("less shared", before=len(np.unique(before.shared[0])), after=len(np.unique(point.shared[0])))

    def stop(self) -> bool:
        """Whether time is over, or somebody asked to stop; a moment to leave a checkpoint."""
        if self.keep is not None and self.keep.due():
            self._leave(self.keep)
        if self.ending is not None and self.ending():
            self.asked.set()
        return self.asked.is_set() or time.perf_counter() - self.began > self.options.time_limit

    def _begun(self) -> Node:
        """Where an earlier run stood, or all plans with the best that a program like it knew."""
        if self.kept is None:
            return self.prices.root() if self.warm is None else self._warmed(self.warm)
        stand = restored(self.prices, self.kept)
        self.point, self.cases = stand.point, list(stand.cases)
        if stand.near is not None:
            self.near = Priced(replace(stand.root, prices=stand.near), None, 0, tight=False)
        self._step("resumed", passes=len(self.prices.asked), cases=len(stand.cases))
        return stand.root

    def _warmed(self, warm: Warm) -> Node:
        """All plans, with the best of the prices that a program like it knew, and its plan if it holds here."""
        node, before = self.prices.root(), len(self.prices.asked)
        known = [closed(asked, self.block.lower, self.block.upper) for asked in warm.priced(self.block)]
        for prices, worth in zip(known, self.prices.ask_all(known), strict=True):
            bound = self.prices.bound(node, prices, worth)
            if bound < node.bound:
                node = replace(node, prices=prices, bound=bound)
        if np.isfinite(node.bound):
            self.prices.radius *= WARMER
            number, shift = np.array([self.groups.clusters, 1]), before * self.groups.clusters
            self.prices.prune(node, np.isin(self.prices.answers() @ number, warm.used @ number + shift))
            stood = warm.stood(self.block, self.groups.clusters)
            if stood is not None:
                basic = warm.used[warm.basic] @ number + shift
                self.prices.master.stand(stood, np.isin(self.prices.answers() @ number, basic))
        x = warm.point(self.block)
        if x is not None:
            asked = replace(self.options, time_limit=min(self.options.time_limit, BESIDE))
            point = beside(self.prices, node, x, asked, self.stop)
            if point is not None:
                self._kept(point, Priced(point.near, None, 0, tight=False))
        self._step("begun with what is known", passes=len(self.prices.asked), bound=node.bound)
        return node

    def _leave(self, keep: Checkpoint) -> None:
        """Leave a checkpoint: cases are those of the last moment at which together they were all plans."""
        near = None if self.near is None else self.near.node.prices
        keep.write(as_arrays(self.prices, Stand(self.root or self.prices.best, self.cases, self.point, near)))

    def target(self) -> float:
        """The bound that is low enough."""
        if self.point is None:
            return -np.inf
        value = self.point.value
        return value + near_enough(value, self.options, self.scale)

    def _on_the_way(self) -> bool:
        """As `stop`, and progress is told."""
        self._tell()
        return self.stop()

    def _better(self, priced: Priced) -> bool:
        """Whether a node's mixture is worth more than the best plan."""
        return priced.mixture is not None and (self.point is None or priced.mixture.value > self.point.value)

    def _follow(self, priced: Priced) -> None:
        """A path to whole numbers from a node, and a plan from its end."""
        self.phase = "projects"
        least = -np.inf if self.point is None else self.point.value
        worth = priced.node.bound if priced.mixture is None else priced.mixture.value
        cheap = CHEAP * near_enough(worth, self.options, self.scale)
        found = dive(self.prices, priced, self.choices, self._on_the_way, least, cheap)
        self._step("projects", value=np.nan if found is None or found.mixture is None else found.mixture.value)
        if found is not None:
            self._plan(found)

    def _plan(self, found: Priced) -> None:
        """Make a mixture a plan, if it is worth it."""
        assert found.mixture is not None
        if self.point is not None:
            enough = self.point.value + WORTH_A_PLAN * near_enough(self.point.value, self.options, self.scale)
            if found.mixture.value <= enough:
                return
        self.phase = "settling"
        columns = self.prices.integer
        fixed = replace(found, node=settled(found.node, columns, found.mixture.columns[columns]))
        if (fixed.node.lower[columns] != found.mixture.columns[columns]).any():  # whole to a tolerance only
            again = self.prices.price(fixed.node, -np.inf, SETTLED, self.stop, lambda _: None, plan=True)
            if again.mixture is not None and again.mixture.missed == 0:
                found = fixed = again
        left = max(self.options.time_limit - (time.perf_counter() - self.began), 2.0)
        gap, apart = self.options.gap / 4, self.options.gap_absolute / 4
        asked = replace(self.options, time_limit=min(left, 60.0), gap=gap, gap_absolute=apart, start=None)
        point = self._kept(self._settled(fixed, asked), found)
        if point is None and not self.block.integer and not self.stop():  # what the mixture misses by a hair counts
            point = self._kept(self._settled(fixed, asked, exactly=True), found)
        if point is None and self.point is None and not self.stop():
            # no choice of land goes with these whole numbers: other ones then, near the same prices
            self._step("land does not go with these projects: others")
            anew = replace(found, node=replace(self.prices.root(), prices=found.node.prices))
            self._kept(self._settled(anew, asked), found)

    def _settled(self, priced: Priced, options: SolveOptions, *, exactly: bool = False) -> Point | None:
        """A plan near a mixture, its whole numbers whole and its columns exactly at their ends where they are near."""
        whole = self.block.integer
        point = settle(self.prices, priced, whole=whole, exactly=exactly, options=options, stop=self.stop)
        self._step("plan", value=np.nan if point is None else point.value)
        if point is None:
            return None
        near = np.where(self.block.column_integer, np.rint(point.columns), point.columns)
        return replace(point, columns=np.clip(near, self.block.column_lower, self.block.column_upper))

    def _kept(self, point: Point | None, found: Priced) -> Point | None:
        """The plan if it holds, kept if it is the best so far; None if it does not hold."""
        if point is None:
            return None
        value, broken = self.judged(point)
        if broken > HOLDS:
            return None
        if self.point is None or value > self.point.value:
            self.point, self.near = replace(point, value=value), found
            self._tell()
        return point

    def judged(self, point: Point) -> tuple[float, float]:
        """What a plan is worth, and by how much it breaks a row at most: a part of what stands in it.

        See `Program.row_violations`.
        """
        groups, block, rows = self.groups, self.block, len(self.block.rows)
        policy = self.prices.master.policy
        alone = np.ones(groups.count, dtype=np.bool_)
        alone[point.shared[0]] = False
        sums = groups.sums(point.option, alone)
        parts = groups.written_out(point.shared[0], point.shared[1])
        land = np.asarray(sums.sum(axis=0)).ravel() + parts.T @ point.shared[2]
        size = np.asarray(abs(sums).sum(axis=0)).ravel() + abs(parts).T @ point.shared[2]
        activity = land[:rows] + policy @ point.columns
        scale = np.maximum(size[:rows], abs(policy) @ np.abs(point.columns))
        scale = np.maximum(scale, HOLDS * np.maximum(np.abs(self.prices.least), np.abs(self.prices.most)))
        scale = np.maximum(scale, np.where(self.prices.most > self.prices.least, 0.0, _least_entry(policy)))
        below, above = block.lower - activity, activity - block.upper
        scale = np.maximum(
            scale,
            np.where(np.maximum(below, above) > 0, np.abs(np.where(below > above, block.lower, block.upper)), 0.0),
        )
        broken = np.maximum(np.maximum(below, above), 0.0)
        with np.errstate(invalid="ignore"):
            relative = np.where(broken > 0, broken / np.where(scale > 0, scale, 1.0), 0.0)
        value = block.constant + float(land[rows]) + float(self.prices.master.cost @ point.columns)
        broken_most = float(relative.max(initial=0.0))
        if not (np.isfinite(point.columns).all() and np.isfinite(point.shared[2]).all() and np.isfinite(value)):
            broken_most = np.inf
        self._step("check", value=value, broken=broken_most)
        return value, broken_most

    def _bounded(self, bound: float) -> None:
        if bound < self.bound:
            self.bound = bound
        if self.tree is not None:
            self.cases = self.tree.all_leaves()
        self._tell()

    def _tell(self) -> None:
        if self.on_progress is None:
            return
        value = None if self.point is None else self.point.value
        bound = self.bound if np.isfinite(self.bound) else None
        gap = None if value is None or bound is None else gap_of(bound, value, self.scale)
        self.on_progress(Progress(self.phase, time.perf_counter() - self.began, value, bound, gap))

    def _step(self, name: str, **figures: float) -> None:
        self.steps.append({"step": name, "seconds": time.perf_counter() - self.began, **figures})

    def _ended(self, status: Status | None, leaves: list[Node], message: str = "", nodes: int = 0) -> Outcome:
        """The outcome; where no status is given, by plan and bound."""
        seconds = time.perf_counter() - self.began
        if self.keep is not None and self.keep.there:
            self._leave(self.keep)
        kept = [Leaf(leaf.lower, leaf.upper, leaf.prices, leaf.bound, leaf.ray) for leaf in leaves]
        bound = max((leaf.bound for leaf in kept), default=np.inf)
        x, value, gap = None, None, None
        if self.point is not None:
            x, value = self._x(self.point), self.point.value
            checked = bound_of(bound, value, self.scale)
            if np.isinf(checked) and np.isfinite(bound):
                message = WRONG_BOUND
            bound, gap = checked, gap_of(checked, value, self.scale)
        if status is None:
            stopped = self.asked.is_set()
            if value is None:
                status = "interrupted" if stopped else "no_plan"
            elif bound - value <= near_enough(value, self.options, self.scale):
                status = "optimal"
            else:
                status = "interrupted" if stopped else "feasible"
            if value is None and not stopped and bound == -np.inf:
                status, message = "infeasible", say("no point satisfies all rows")
            elif status in ("feasible", "no_plan") and self.stop():
                message = say("the time limit was reached")
            elif status == "no_plan":
                message = say("prices find no plan, and do not prove that there is none")
            elif status == "feasible" and self.block.integer:
                message = say("parcels that are whole are divided in the bound by prices; one program may prove more")
        if status == "no_plan" and not message:  # whatever the solver answered, nothing of it held
            message = say("prices find no plan, and do not prove that there is none")
        if not message and isinstance(self.groups, Distributed) and self.groups.client is None:
            message = say("the cluster was lost on the way; the run went on without it")
        near = None if self.near is None else self.near.node.prices
        passes, asked = self.prices.remembered(self.used[:, 0])
        return Outcome(
            status,
            x,
            value,
            bound,
            gap,
            seconds,
            message,
            near,
            kept,
            self.steps,
            len(self.prices.asked),
            nodes,
            self.scale,
            asked,
            np.column_stack([np.searchsorted(passes, self.used[:, 0]), self.used[:, 1]]),
            self.standing,
            self.basic,
        )

    def _x(self, point: Point) -> Floats:
        """Options and columns in the order of the block."""
        x = np.zeros(len(self.block.group) + len(point.columns))
        x[self.groups.start[:-1] + point.option] = 1.0
        group, option, share = point.shared
        x[self.groups.start[group] + point.option[group]] = 0.0
        x[self.groups.start[group] + option] = share
        x[len(self.block.group) :] = point.columns
        return x


def _least_entry(policy: sparse.csc_array) -> Floats:
    """The smallest absolute coefficient of every row, 0 where there is none."""
    least = np.full(policy.shape[0], np.inf)
    np.minimum.at(least, policy.indices, np.abs(policy.data))
    return np.where(np.isfinite(least), least, 0.0)


def empty(block: Block, node: Node, stop: Callable[[], bool]) -> Node | None:
    """A proof by prices that a node holds no plan, or None: prices of rows alone tell, without the objective."""
    last = len(block.rows)
    bare = replace(
        block,
        by_kind=[(scalar, _without(matrix)) for scalar, matrix in block.by_kind],
        by_option=None if block.by_option is None else _without(block.by_option),
        by_column=_without(block.by_column),
        constant=0.0,
    )
    prices = Prices(bare, Groups(bare), span=1.0, every=True)
    found = prices.price(replace(node, prices=np.zeros(last), bound=np.inf), -1.0, PASSES, stop, lambda _: None)
    if found.mixture is None:
        return None
    charged = float(np.abs(found.node.prices[prices.master.boxed]) @ prices.master.extent)
    if found.node.bound < -1e-6 * max(charged, 1.0):
        return replace(node, prices=found.node.prices, bound=-np.inf, ray=True)
    return None


def _without(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix with nothing in its last column, the objective."""
    clean = sparse.csc_array(matrix, copy=True)
    clean.data[clean.indptr[-2] :] = 0.0
    clean.eliminate_zeros()
    return sparse.csr_array(clean)
