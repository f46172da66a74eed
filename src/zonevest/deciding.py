"""`decide`: one decision now for all scenarios of a study; what may wait is left to each (FORMULATION.md, 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zonevest.api import MANY, MANY_WHOLE, Method
from zonevest.common_prices import SearchByPrices
from zonevest.common_search import Search
from zonevest.common_told import told
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.model.options import build_options
from zonevest.reports.decision import Decision, Objective
from zonevest.reports.regret import weights_of
from zonevest.solvers.cluster import opened
from zonevest.solvers.joint import Aim
from zonevest.solvers.supervise import ctrl_c
from zonevest.sweep_cases import SweepError, probabilities

if TYPE_CHECKING:
    from distributed import Client
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.solvers.answer import OnProgress

    Floats = NDArray[np.float64]

__all__ = ["Decision", "decide"]


def decide(
    study: Study,
    scenarios: Sequence[str] | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    objective: Objective = "expectation",
    alpha: float | None = None,
    beta: float | None = None,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: Method = "auto",
    jobs: int = 0,
    cluster: Client | str | int | None = None,
    on_progress: OnProgress | None = None,
) -> Decision:
    """Find one decision that can be carried out in all scenarios and is the best for them together.

    Decided now, and the same in all scenarios: the zone of every parcel, what begins on land in the first period, and
    which projects start in it. Left to each scenario: what begins later on land, inside its zone; later projects;
    money, quotas and trade.

    Parameters
    ----------
    scenarios : names of the table scenarios, `""` for the study as it is; None: all of them (without any: the study as
        it is).
    weights : of scenarios, in any unit; None: the probabilities of the table; where none are stated all count alike.
    objective : expectation (the mean gain), cvar ((1 - alpha) times the mean plus alpha times the mean over the worst
        part beta of probability), or regret (the largest distance from each scenario's own best plan, as small as can
        be).
    alpha, beta : of cvar: 0 to 1, and above 0 up to 1; None: those of [uncertainty] of the study (0.5 and 0.2).
    gap : stop when no decision can be better by more than this share of its value (of regret: of the mean gain).
    time_limit : seconds for everything but making the programs and tables; the best decision found by then is returned.
    threads, seed : of the solver; 0 threads: as many as it chooses.
    method : mip (one program of all scenarios), prices (one linear program of all, grown by what its prices ask for),
        or auto: prices from so many options of all scenarios on as `solve` takes prices.
    jobs : how many scenarios are solved at a time; 0: as cores and memory allow, on a cluster as its workers do.
    cluster : where each scenario is solved, carried on from a decision, and made a plan (extra `cluster`): a Dask
        client, the address of a scheduler, or how many workers are started on this machine. None: in this process. The
        program of all scenarios together is solved here in any case.
    on_progress : called with a `Progress` now and then.

    Returns
    -------
    Decision
        `has_plan` is False where there is none; `status` and `message` say why.

    Raises
    ------
    StudyError
        If the study of a scenario has faults.
    SweepError
        If a scenario or the weights cannot be used.
    ClusterError
        If the cluster cannot be used.
    ValueError
        If a number is out of its range, or the study's objective has several terms in turn.
    """
    if objective not in ("expectation", "cvar", "regret"):
        raise ValueError(f"objective is expectation, cvar or regret, not {objective!r}")
    if method not in ("auto", "mip", "prices"):
        raise ValueError(f"method is auto, mip or prices, not {method!r}")
    stated = study.settings.uncertainty
    alpha, beta = stated.alpha if alpha is None else alpha, stated.beta if beta is None else beta
    if not (0.0 <= alpha <= 1.0 and 0.0 < beta <= 1.0):
        raise ValueError(f"alpha is from 0 to 1, beta above 0 up to 1, not {alpha} and {beta}")
    if not all(np.isfinite(number) and number >= 0 for number in (gap, time_limit, threads, seed, jobs)):
        raise ValueError("gap, time_limit, threads, seed and jobs are finite numbers of at least 0")
    if study.settings.objective.method == "lexicographic":
        raise ValueError(say("terms in turn have no single value: no common decision is made of a lexicographic study"))
    names, chances, notes = weighted(study, scenarios, weights)
    if objective != "cvar":
        alpha = 0.0
    asked = {"gap": gap, "time_limit": time_limit, "threads": threads, "seed": seed, "method": method}
    aim = Aim(chances, alpha, beta)
    kind = SearchByPrices if by_prices(study, len(names), method) else Search
    with opened(cluster) as client:
        run = kind(study, names, aim, objective, asked, jobs, on_progress, client, notes)
        with ctrl_c(run.stopped.set):
            run.all()
            return told(run)


def weighted(
    study: Study, scenarios: Sequence[str] | None, weights: Mapping[str, float] | None
) -> tuple[list[str], Floats, list[str]]:
    """The scenarios that are meant, their weights, and how these came about.

    Raises
    ------
    SweepError
        If there is no such scenario, or a weight is none.
    """
    likely = probabilities(study)
    names = list(dict.fromkeys(scenarios)) if scenarios else [*likely] or [""]
    known = {"": None, **likely}
    for name in [*names, *(weights or {})]:
        if name not in known:
            must = rule("scenarios.scenario", names=listed(likely)) if likely else rule("scenarios.none")
            raise SweepError("--scenarios", must, repr(name), must.do)
    if weights is not None:
        wrong = [name for name, each in weights.items() if not (np.isfinite(each) and each >= 0.0)]
        if wrong or not any(weights.get(name, 0.0) > 0.0 for name in names):
            positive, do = say("weights are numbers of at least 0, and one is above 0"), say("correct the weights")
            raise SweepError("--weights", positive, listed(f"{name}={each:g}" for name, each in weights.items()), do)
    stated = known if weights is None else dict.fromkeys(names) | dict(weights)
    found, how = weights_of(names, stated)
    if how == "stated":
        found = {name: stated[name] or 0.0 for name in names}  # as they are, not divided by what rounding makes of 1
    notes = []
    if len(names) > 1 and how == "alike":
        notes.append(say("no probabilities are stated: all scenarios count alike"))
    elif weights is None and how == "rescaled":
        notes.append(say("probabilities of these scenarios do not sum to 1, and were scaled to it"))
    return names, np.array([found[name] for name in names]), notes


def by_prices(study: Study, scenarios: int, method: Method) -> bool:
    """Whether a common decision is sought by prices: where that is asked for, or options of all scenarios are many."""
    if method != "auto":
        return method == "prices"
    many = MANY if study.settings.divisible else MANY_WHOLE
    return len(build_options(study).kind) * scenarios >= many
