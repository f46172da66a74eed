"""What is maximised: the gains over doing nothing, less penalties (FORMULATION.md section 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_gains import booked, doing_nothing
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import Option, Record, records
from zonevest.model.complete_terms import ACCOUNTS, CASH, ECOSYSTEM, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build


def objective(build: Build, stage: int, earlier: Mapping[str, float]) -> None:
    """(25) max λ1 (F1 − F1°) + λ2 (F2 − F2°) + Σ w (L − L°) − penalties, or F1 with a floor on F2, or term by term.

    Rows ``floor[term]`` and ``keep[term]``; the objective is ``objective``.
    """
    model, aim = build.model, build.study.settings.objective
    model.floor, model.keep = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    floors = dict(aim.floor)
    if aim.method == "weighted":
        weights = {CASH: aim.cash, ECOSYSTEM: aim.ecosystem, ACCOUNTS: 1.0}
    elif aim.method == "floor":
        floors = floors or {ECOSYSTEM: 1.0}
        weights = {ECOSYSTEM if CASH in floors else CASH: 1.0, ACCOUNTS: 1.0}
    else:
        weights = {aim.order[stage]: 1.0}
    if CASH in floors:
        model.floor[CASH] = gain(build, CASH) >= floors[CASH]
    if ECOSYSTEM in floors:
        kept = floors[ECOSYSTEM] * worth_of_nothing(build, ECOSYSTEM)
        model.floor[ECOSYSTEM] = worth(build, ECOSYSTEM) >= kept
    for term, least in earlier.items():
        model.keep[term] = gain(build, term) >= least
    penalties = 0.0
    if aim.method != "lexicographic" or stage == len(aim.order) - 1:
        prices = {row["limit"]: row["penalty"] for row in records(build.study.limits) if row["kind"] == "soft"}
        slacks = [(prices[key[0]], slack) for part in (model.short, model.excess) for key, slack in part.items()]
        if build.finance is not None:
            slacks += [(build.finance.settings.soft[key[0]], slack) for key, slack in model.give.items()]
        penalties = linear(slacks)
    gains = pyo.quicksum(weight * gain(build, term) for term, weight in weights.items() if weight)
    model.objective = pyo.Objective(expr=gains - penalties, sense=pyo.maximize)


def gain(build: Build, term: str) -> Any:
    """What a term of the objective is above doing nothing: F1, F2, or Σ w L over the weighted accounts."""
    model = build.model
    if term not in model.gain:
        if term == ACCOUNTS:
            weights = build.study.settings.objective.accounts
            parts = [w * (build.ledger(a, TOTAL, TOTAL) - booked_at_nothing(build, a)) for a, w in weights.items()]
            model.gain[term] = pyo.quicksum(parts) if parts else 0.0
        else:
            model.gain[term] = worth(build, term) - worth_of_nothing(build, term)
    return model.gain[term]


def worth(build: Build, term: str) -> Any:
    """F1 or F2 of everything, doing nothing included."""
    model = build.model
    if term not in model.worth:
        terms = [(choice.worth[term], choice.x) for choices in build.choices.values() for choice in choices]
        for start in build.starts:
            terms += build.started(start, start.worth[term])
        terms += [(posting.worth[term], posting.variable) for posting in build.postings]
        if term == CASH:
            terms += build.gains.paid_by_purse()
            terms += build.finance.worth() if build.finance is not None else []
        model.worth[term] = linear(terms)
    return model.worth[term]


def compared(build: Build) -> bool:
    """Whether gains are over doing nothing; else they are plain totals.

    They are where the study has no such state, and where the objective has weights on accounts only.
    """
    aim = build.study.settings.objective
    values = {"floor": True, "weighted": bool(aim.cash or aim.ecosystem or aim.floor)}
    return values.get(aim.method, bool({CASH, ECOSYSTEM} & set(aim.order))) and build.study.has_doing_nothing


def held(build: Build) -> list[tuple[Record, Option]]:
    """Doing nothing: every parcel on hold; nothing at all where gains are plain totals."""
    return doing_nothing(build) if compared(build) else []


def worth_of_nothing(build: Build, term: str) -> float:
    """F1° or F2°."""
    return sum(build.worths(build.flows.option(parcel, hold))[term] for parcel, hold in held(build))


def booked_at_nothing(build: Build, account: str) -> float:
    """L° of an account over all places and periods."""
    if account == "population":  # there are people without any parcel too
        return build.people(TOTAL, TOTAL) if compared(build) else 0.0
    return booked(build, held(build), account, TOTAL)
