"""One program, one call of HiGHS, an honest answer.

Status, point, value and bound are kept apart: whether there is a point is read from HiGHS' own solution status and
then checked against the unscaled rows, never inferred from the model status.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Model
from numpy.typing import NDArray

from zonevest.instances.say import foreign, say
from zonevest.solvers.answer import (
    OnProgress,
    OnSolution,
    Progress,
    Solution,
    SolveOptions,
    Status,
    Stop,
    gap_of,
    objective_scale,
    within,
)
from zonevest.solvers.parts import promising, rest_of
from zonevest.solvers.program import SMALLEST_KEPT, Floats, Program
from zonevest.solvers.quiet import LISTENED, Event, Setting, opened, set_option
from zonevest.solvers.rounds import Relaxed, tightened
from zonevest.solvers.scaling import scaled
from zonevest.solvers.trust import HOLDS, NO_POINT, UNPROVEN, holds, point_of, proven_by, trusted

__all__ = [
    "HOLDS",
    "Progress",
    "Solution",
    "SolveOptions",
    "completed",
    "polished",
    "rounded",
    "set_option",
    "solve_here",
]

#: Feasibility tolerances in the order in which they are tried, on scaled rows. For whole numbers the solver's
#: default first; continuous programs start tight, and loosen when HiGHS cannot tell.
TOLERANCES_WHOLE, TOLERANCES_CONTINUOUS = (1e-6, 1e-9), (1e-9, 1e-7)
#: Ends after which another tolerance may help.
_UNCLEAR = (Model.kUnknown, Model.kSolveError, Model.kPresolveError, Model.kPostsolveError, Model.kNotset)
_POLL_SECONDS, _REPORT_SECONDS = 0.05, 1.0
#: Where whole numbers are fewer than this part of the columns, and columns are many, a program without them is as
#: large as one with them: HiGHS' programs within the program do not pay, nor do long trials before each branching.
FEW_WHOLE, MANY_COLUMNS = 0.1, 5_000
#: Part of the time that is left for the program of promising columns.
SCOUT_SHARE = 0.25
_FEW_WHOLE_SETTINGS: dict[str, Setting] = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_restart": False,
    "mip_allow_cut_separation_at_nodes": False,
    "mip_pscost_minreliable": 1,
}
#: The same for the program of promising columns, and to what part of the gap that is asked for it is solved: proving
#: more of a part of the program proves nothing of the whole (measured: docs/one_program.md).
_SCOUT_SETTINGS, SCOUT_GAP = _FEW_WHOLE_SETTINGS, 1.0


@dataclass
class _Outcome:
    """What one run of HiGHS left behind, in the program's own units."""

    model: Model
    x: Floats | None
    bound: float
    row_dual: Floats | None
    words: str = ""  # what is wrong with it


class Watch:
    """Listens to HiGHS: keeps the best point that holds, reports, asks for a stop.

    No exception leaves a callback (HiGHS may call from inside its own threads): it is kept, the solver is asked to
    stop, and `solve_here` raises it afterwards.
    """

    def __init__(
        self,
        program: Program,
        options: SolveOptions,
        on_progress: OnProgress | None = None,
        on_solution: OnSolution | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.program, self.on_progress, self.on_solution, self.stop = program, on_progress, on_solution, stop
        self.scale = objective_scale(program, options)
        self.began = time.perf_counter()
        self.deadline = self.began + options.time_limit
        self.x: Floats | None = None
        self.value: float | None = None
        self.bound = np.inf
        self.nodes = self.iterations = 0
        self.failure: BaseException | None = None
        self.interrupted = False
        self._polled = self._reported = -np.inf

    def left(self) -> float:
        """Seconds to the time limit, not below zero."""
        return max(self.deadline - time.perf_counter(), 0.0)

    def offer(self, x: Floats) -> bool:
        """Keep `x`, whole numbers rounded, when it holds and is worth more than what is kept."""
        if x.shape != (self.program.n_cols,):
            return False
        x = rounded(self.program, x)
        value = self.program.value_at(x)
        if (self.value is not None and value <= self.value) or not holds(self.program, x):
            return False
        self.x, self.value = x, value
        if self.on_solution:
            self.on_solution(x, value, max(self.bound, value))
        return True

    def report(self) -> None:
        self._reported = time.perf_counter()
        if self.on_progress:
            bound = self.bound if np.isfinite(self.bound) else None
            gap = None if self.value is None or bound is None else gap_of(bound, self.value, self.scale)
            seconds = self._reported - self.began
            self.on_progress(Progress("solve", seconds, self.value, bound, gap, self.nodes, self.iterations))

    def asked_to_stop(self) -> bool:
        now = time.perf_counter()
        if not self.interrupted and self.stop and now - self._polled >= _POLL_SECONDS:
            self._polled = now
            self.interrupted = bool(self.stop())
        return self.interrupted or self.failure is not None

    def listener(self, cost_factor: float, floor: float = -np.inf) -> Callable[..., None]:
        """A callback for one run, its objective multiplied by `cost_factor`; its bound says nothing below `floor`."""

        def heard(kind: Any, _message: str, out: Any, into: Any, _data: Any) -> None:
            try:
                event = Event(kind)
                if event in LISTENED[:3]:  # elsewhere these fields hold nothing
                    self.nodes = max(self.nodes, int(out.mip_node_count))
                    self.bound = min(self.bound, max(_known(out.mip_dual_bound / cost_factor), floor))
                else:
                    self.iterations = max(self.iterations, int(out.simplex_iteration_count))
                if event == Event.kCallbackMipImprovingSolution:
                    self.offer(np.array(out.mip_solution, dtype=np.float64))
                elif event == Event.kCallbackMipLogging:
                    self.report()
                else:
                    if time.perf_counter() - self._reported >= _REPORT_SECONDS:
                        self.report()
                    if self.asked_to_stop():
                        into.user_interrupt = True
            except KeyboardInterrupt:
                self.interrupted = True
            except BaseException as failure:
                self.failure = self.failure or failure

        return heard


def solve_here(
    program: Program,
    options: SolveOptions | None = None,
    on_progress: OnProgress | None = None,
    on_solution: OnSolution | None = None,
    stop: Stop | None = None,
) -> Solution:
    """Solve `program` with HiGHS in this process.

    HiGHS looks at its time limit and at `stop` only now and then; `zonevest.solvers.supervise.solve` keeps both.

    Parameters
    ----------
    program : Program
        What to solve.
    options : SolveOptions, optional
        Gap, limits, start and so on.
    on_progress : callable, optional
        Receives a `Progress` now and then.
    on_solution : callable, optional
        Receives (x, value, bound) for each better point that holds.
    stop : callable, optional
        Asked often; once it returns true the best point so far is returned.

    Raises
    ------
    ValueError
        When HiGHS refuses an option, or the start does not fit the columns.
    """
    options = options or SolveOptions()
    watch = Watch(program, options, on_progress, on_solution, stop)
    start = options.start
    if start is not None:
        start = np.asarray(start, dtype=np.float64)
        if start.shape != (program.n_cols,):
            raise ValueError(f"start has {start.shape} positions, the program {program.n_cols} columns")
    crossed = program.crossed()
    if crossed:
        return _solution(watch, options, "infeasible", -np.inf, crossed)
    if not program.n_cols:  # HiGHS calls this "empty", even where a row cannot hold
        held = watch.offer(np.empty(0))
        message = "" if held else say("a row without columns cannot hold")
        bound = program.offset if held else -np.inf
        return _solution(watch, options, None if held else "infeasible", bound, message)
    if start is not None:
        watch.offer(start)
    whole = bool(program.integer.any())
    bound, message, row_dual, ended = np.inf, "", None, False
    working, cutoff = program, None
    if whole and (program.meetings or _few_whole(program)):
        working, relaxed = tightened(program, watch, options.gap, _always(options))
        if relaxed is not None and _few_whole(program):
            _try_promising(working, options, relaxed, watch)
            cutoff = _cutoff(watch, options.gap)
    for tolerance in TOLERANCES_WHOLE if whole else TOLERANCES_CONTINUOUS:
        outcome = _decided(working, options, tolerance, watch, start, cutoff)
        if cutoff is not None and outcome.model in (Model.kInfeasible, Model.kObjectiveBound):
            # nothing is worth more than the cutoff, which what is kept comes up to within the gap
            bound, ended = min(bound, cutoff), True
            break
        message = outcome.words or _message(outcome.model)
        bound, row_dual = min(bound, outcome.bound), outcome.row_dual
        ended = outcome.model == Model.kOptimal
        if outcome.model in (Model.kInfeasible, Model.kUnbounded):
            break
        held = outcome.x is not None and _settle(program, options, outcome.x, watch)
        if outcome.x is not None and not held:
            message = _broken(program, outcome.x)
        if held or watch.interrupted or watch.failure or (outcome.x is None and outcome.model not in _UNCLEAR):
            break
    if watch.failure:
        raise watch.failure
    if outcome.model == Model.kUnbounded:
        watch.x = watch.value = None
        return _solution(watch, options, "unbounded", np.inf, message)
    if outcome.model == Model.kInfeasible and cutoff is None:
        if watch.x is None:
            return _solution(watch, options, "infeasible", -np.inf, message)
        # a point that holds to 1e-6, and a solver that says that there is none within its own tolerance
        message = say("the solver found no point within its tolerance; the one returned holds to 1e-6")
        return _solution(watch, options, "feasible", np.inf, message)
    return _solution(watch, options, None, bound, message, row_dual, ended=ended)


def _solution(
    watch: Watch,
    options: SolveOptions,
    status: Status | None,
    bound: float,
    message: str = "",
    row_dual: Floats | None = None,
    *,
    ended: bool = False,
) -> Solution:
    """Put the answer together; without a `status`, what was found and proven decides it."""
    value, seconds = watch.value, time.perf_counter() - watch.began
    if status is None:
        if value is not None and within(bound, value, options, watch.program, ended=ended):
            status, message = "optimal", ""
        elif watch.interrupted:
            status, message = "interrupted", say("stopped on request")
        else:
            status = "feasible" if value is not None else "no_plan"
            if ended and not message:
                message = say("the solver's point lost value when it was made exact")
    counts = watch.nodes, watch.iterations
    answer = Solution(watch.x, status, value, bound, None, seconds, message, *counts, row_dual)
    return trusted(watch.program, answer, options)


def _few_whole(program: Program) -> bool:
    """Whether there are whole numbers, few of them, among many columns."""
    return 0 < program.integer.sum() < FEW_WHOLE * program.n_cols and program.n_cols >= MANY_COLUMNS


def _try_promising(program: Program, options: SolveOptions, relaxed: Relaxed, watch: Watch) -> None:
    """Solve the program of the columns that look good in the relaxation, and offer what it finds to `watch`.

    Its rounds of cuts, and its programs at nodes, are so much smaller that a good point comes early.
    """
    keep = promising(program, relaxed.x, relaxed.reduced)
    few, free = rest_of(program, np.zeros(program.n_cols), ~keep, whole=True)
    within_gap = replace(options, gap=SCOUT_GAP * options.gap, highs={**_SCOUT_SETTINGS, **options.highs})
    scout = Watch(few, within_gap, stop=watch.stop)
    scout.deadline, scout.scale = min(watch.deadline, time.perf_counter() + SCOUT_SHARE * watch.left()), watch.scale

    def tell(x: Floats, _value: float, _bound: float) -> None:
        point = np.zeros(program.n_cols)
        point[free] = x
        watch.offer(point)
        watch.report()

    scout.on_solution = tell
    outcome = _run(few, within_gap, TOLERANCES_WHOLE[0], scout)
    if outcome.x is not None:
        _settle(few, within_gap, outcome.x, scout)
    if scout.x is not None:
        tell(scout.x, 0.0, 0.0)
    watch.interrupted, watch.failure = watch.interrupted or scout.interrupted, watch.failure or scout.failure


def _cutoff(watch: Watch, gap: float) -> float | None:
    """What a point must be worth to be looked for: just within the gap above what is kept; None without a point."""
    return None if watch.value is None else watch.value + 0.9 * gap * max(abs(watch.value), 1e-9 * watch.scale)


def _decided(
    program: Program, options: SolveOptions, tolerance: float, watch: Watch, start: Floats | None, cutoff: float | None
) -> _Outcome:
    """Run HiGHS; where it leaves "infeasible or unbounded" open, find out which."""
    if cutoff is not None:
        return _run(program, options, tolerance, watch, cutoff=cutoff)
    whole = bool(program.integer.any())
    began = time.perf_counter()
    outcome = _run(program, options, tolerance, watch, start=start)
    if whole and outcome.model == Model.kInfeasible:
        # presolve of HiGHS 1.16 may call a program infeasible that has a point: only what is found without it counts
        seconds = min(watch.left(), 10.0 + 3.0 * (time.perf_counter() - began))
        again = _run(program, options, tolerance, watch, start=start, presolve=False, seconds=seconds)
        if again.x is not None or again.model == Model.kUnbounded:
            outcome = again
        elif again.model != Model.kInfeasible and not _empty_relaxed(program, options, watch):
            words = say("the solver's presolve finds no point; that there is none was not confirmed in the time")
            return _Outcome(Model.kUnknown, None, np.inf, None, words)
    if outcome.model == Model.kUnboundedOrInfeasible:
        outcome = _run(program, options, tolerance, watch, start=start, presolve=False)
    # with whole numbers "unbounded" speaks of the relaxation: is there a point at all?
    if outcome.model == Model.kUnboundedOrInfeasible or (whole and outcome.model == Model.kUnbounded):
        anywhere = _without_objective(program)
        scout = Watch(anywhere, options, stop=watch.stop)
        scout.deadline = watch.deadline
        found = _run(anywhere, options, tolerance, scout)
        watch.interrupted, watch.failure = watch.interrupted or scout.interrupted, watch.failure or scout.failure
        if found.model == Model.kInfeasible:
            return found
        if found.x is None or not _settle(anywhere, options, found.x, scout):
            return _Outcome(Model.kUnknown, None, np.inf, None)
        outcome.model = Model.kUnbounded
    return outcome


def _empty_relaxed(program: Program, options: SolveOptions, watch: Watch) -> bool:
    """Whether no point is left even where whole numbers need not be whole, by another part of HiGHS."""
    relaxed = replace(program, integer=np.zeros(program.n_cols, dtype=np.bool_), meetings=())
    quiet = Watch(relaxed, options, stop=watch.stop)
    return _run(relaxed, options, TOLERANCES_CONTINUOUS[1], quiet, seconds=watch.left()).model == Model.kInfeasible


def _without_objective(program: Program) -> Program:
    parts = {name: getattr(program, name) for name in ("col_lower", "col_upper", "integer", "row_lower", "row_upper")}
    matrix = {name: getattr(program, name) for name in ("start", "index", "value")}
    return Program(cost=np.zeros(program.n_cols), **parts, **matrix)


def _run(
    program: Program,
    options: SolveOptions,
    tolerance: float,
    watch: Watch,
    *,
    start: Floats | None = None,
    presolve: bool = True,
    seconds: float | None = None,
    cutoff: float | None = None,
) -> _Outcome:
    """Scale, solve once, unscale; with a `cutoff` only points that are worth more are looked for."""
    whole = bool(program.integer.any())
    ready, row_factors, cost_factor = scaled(program)
    settings: dict[str, Setting] = {
        **_always(options),
        "time_limit": float(watch.left() if seconds is None else seconds),
        # the relative gap governs; the absolute one is the gap where the value is near zero
        "mip_rel_gap": float(options.gap),
        "mip_abs_gap": float(options.gap * 1e-9 * watch.scale * cost_factor),
        ("mip_feasibility_tolerance" if whole else "primal_feasibility_tolerance"): tolerance,
    }
    if _few_whole(program):
        settings |= _FEW_WHOLE_SETTINGS
    if cutoff is not None:
        settings["objective_bound"] = -cutoff * cost_factor  # of the least of -V, as HiGHS goes about it inside
    if not presolve:
        settings["presolve"] = "off"
    settings.update(options.highs)
    floor = -np.inf if cutoff is None else cutoff
    highs = opened(settings, watch.listener(cost_factor, floor))
    before = watch.iterations
    try:
        ready.pass_to(highs)
        del ready
        if start is not None:
            given = highspy.HighsSolution()
            given.col_value = start
            highs.setSolution(given)  # what cannot be used is passed over by HiGHS; we have kept the start ourselves
        if watch.asked_to_stop():
            return _Outcome(Model.kInterrupt, None, np.inf, None)
        highs.run()  # the model status says more than the return value, which is a warning at each time limit
        info, model, answer = highs.getInfo(), highs.getModelStatus(), highs.getSolution()
    except Exception as failed:  # whatever it is, no plan that is known is lost by it
        words = say("the solver failed: {words}", words=foreign(f"{type(failed).__name__}: {failed}"))
        return _Outcome(Model.kSolveError, None, np.inf, None, words)
    watch.nodes = max(watch.nodes, int(info.mip_node_count))
    watch.iterations = before + max(int(info.simplex_iteration_count), int(info.ipm_iteration_count), 0)
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    x = point_of(answer.col_value, program.n_cols) if found else None
    words = NO_POINT if x is None and (found or model == Model.kOptimal) else ""
    if whole and start is not None and x is not None and model == Model.kOptimal:
        claimed = info.objective_function_value / cost_factor
        if abs(program.value_at(x) - claimed) > 1e-6 * max(1.0, abs(claimed)):
            # HiGHS 1.16 takes a start into its presolved program, where columns that presolve has fixed count at their
            # best, and returns the start itself as the optimum: solved again without it (`watch` keeps the start)
            return _run(program, options, tolerance, watch, presolve=presolve, seconds=seconds)
    row_dual = None
    bound = np.inf
    if whole:
        bound = max(min(_known(info.mip_dual_bound / cost_factor), watch.bound), floor)
    elif answer.dual_valid:
        row_dual = point_of(answer.row_dual, program.n_rows)
        if row_dual is not None:
            row_dual = row_dual * row_factors / cost_factor
        if model == Model.kOptimal and x is not None:
            proven = row_dual is not None and proven_by(program, x, row_dual)
            bound, words = (program.value_at(x), "") if proven else (np.inf, UNPROVEN)
        elif row_dual is not None:
            bound = program.dual_bound(row_dual)
    return _Outcome(model, x, bound, row_dual, words)


def _always(options: SolveOptions) -> dict[str, Setting]:
    """HiGHS options that every run has."""
    cores = options.threads or available_cores()
    return {
        "log_to_console": False,  # but output_flag stays on: without it HiGHS reports no progress
        "log_file": options.log_file or "",
        "threads": cores,
        "parallel": "off" if cores == 1 else "choose",
        "random_seed": options.seed,
        "small_matrix_value": SMALLEST_KEPT,
    }


def _settle(program: Program, options: SolveOptions, x: Floats, watch: Watch) -> bool:
    """Make an almost whole point exact and offer it; say whether one that holds came out."""
    exact = polished(program, options, x, watch)
    if exact is not None and holds(program, exact):
        same = watch.x is not None and np.array_equal(watch.x[program.integer], exact[program.integer])
        if same or watch.value is None or program.value_at(exact) >= watch.value:
            # also where the looser point seems to be worth a little more
            watch.x, watch.value = exact, program.value_at(exact)
        return True
    watch.offer(x)
    return holds(program, rounded(program, x))


def polished(program: Program, options: SolveOptions, x: Floats, watch: Watch | None = None) -> Floats | None:
    """Round the whole numbers of `x` and find the best continuous values for them.

    Without the rounding, rows would hold only as far as the solver's tolerance for "almost whole" reaches.

    Returns
    -------
    array of float or None
        None when HiGHS finds no continuous values in the time (at least 2 s, whatever is left of the limit).
    """
    whole = completed(program, options, rounded(program, x), program.integer, watch)
    return None if whole is None else rounded(program, whole)


def completed(
    program: Program, options: SolveOptions, x: Floats, fixed: NDArray[np.bool_], watch: Watch | None = None
) -> Floats | None:
    """Keep the `fixed` columns of `x` and find the best values of the others, none of which need be whole.

    Returns
    -------
    array of float or None
        None when HiGHS finds no such values in the time (at least 2 s, whatever is left of the limit).
    """
    if fixed.all() or not fixed.any():
        return x
    watch = watch or Watch(program, options)
    rest, free = rest_of(program, x, fixed, whole=False)
    quiet = Watch(rest, options, stop=None if watch.interrupted else watch.stop)
    seconds = 1.0 if watch.interrupted else max(watch.left(), 2.0, 0.02 * options.time_limit)
    for tolerance in TOLERANCES_CONTINUOUS:
        outcome = _run(rest, options, tolerance, quiet, seconds=seconds)
        watch.interrupted = watch.interrupted or quiet.interrupted
        if outcome.x is not None and outcome.model == Model.kOptimal:
            whole = x.copy()
            whole[free] = outcome.x
            return whole
    return None


def rounded(program: Program, x: Floats) -> Floats:
    """Return `x` with whole numbers whole and everything within its bounds."""
    near = np.where(program.integer, np.rint(x), x)
    return np.clip(near, program.col_lower, program.col_upper)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _known(bound: float) -> float:
    """HiGHS leaves infinities and not-a-numbers where it knows no bound."""
    return bound if np.isfinite(bound) else np.inf


def _message(model: Model) -> str:
    return {
        Model.kOptimal: "",
        Model.kTimeLimit: say("the time limit was reached"),
        Model.kInfeasible: say("no point satisfies all rows"),
        Model.kUnbounded: say("the objective has no limit"),
    }.get(model, say("HiGHS ended with {status}", status=model.name))


def _broken(program: Program, x: Floats) -> str:
    x = rounded(program, x)
    if not program.n_rows or not np.isfinite(x).all():
        return say("the solver's point does not hold")
    worst = program.row_violations(x)
    i = int(worst.argmax())
    return say(
        "the solver's point, made exact, breaks {row} by {part} of the row",
        row=program.row_name(i), part=f"{worst[i]:.1e}",
    )  # fmt: skip
