"""Which starts of projects are worth it: hurdles (13) and EOD bundles (8) (docs/semantics.md, "Projects")."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyomo.environ as pyo

from zonevest.model.complete_flows import Flows
from zonevest.model.complete_options import Record, blank
from zonevest.model.complete_terms import linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

FOR_GOOD = 100
"""Years for which annual rows without an end count."""
MEETS = 1e-9
"""By so much a sum may miss its bound, in million: it is rounding."""
RESTORATION = "ecological_restoration"
LAND = ("land_sale", "land_cost")
"""Roles of accounts that are no operating income of a bundle."""


def hurdle(flows: Flows, project: Record) -> float | None:
    """ρ: the rate at which a project is tested, its own or that of its category; None where it is not."""
    if not blank(project["hurdle"]):
        return float(project["hurdle"])
    finance = flows.study.settings.finance
    return None if finance is None else finance.hurdle.get(project["category"])


def present_value(
    flows: Flows, project: Record, s: int, rate: float, counts: Callable[[Record], bool] | None = None
) -> float:
    """NPV_js = Σ_y (1 + rate)^−(y − y0 + 1) × (revenue − cost of y) of a start in s, over its whole life.

    Whole amounts of the project's own rows on accounts of money, whoever receives or pays them; `counts` says for
    which accounts, all of them where it is None.
    """
    total = 0.0
    for run in flows.project_runs(project, s):
        account = flows.accounts[run.row.account]
        if flows.shares.is_money(run.row.account) and (counts is None or counts(account)):
            lives = FOR_GOOD if math.isinf(run.row.life) else run.row.life
            last = run.begin if run.row.once else int(run.begin + lives - 1)
            amounts = flows.years(run, until=last).items()
            value = sum(flows.discount(rate, year) * amount for year, amount in amounts if year <= last)
            total += run.row.value * (value if account["family"] == "revenue" else -value)
    return total


def operating(account: Record) -> bool:
    """Whether an account is operating income or cost: no land, tax or fiscal flow."""
    return account["role"] not in LAND and account["path"] != "government"


def earns(flows: Flows, project: Record) -> bool:
    """Whether a project is to have revenue, however much of it is delivered: it is judged by it."""
    return any(
        row.value > 0 and flows.shares.is_money(row.account) and flows.accounts[row.account]["family"] == "revenue"
        for row in flows.stated_rows[project["project"]]
    )


def lifts(flows: Flows, project: Record) -> bool:
    """Whether a project brings uplift: in a catchment, or by rows of its own."""
    rows = flows.project_rows[project["project"]]
    return bool(project["catchment"] and project["uplift_per_ha"] > 0) or any(
        flows.accounts[row.account]["family"] == "uplift" for row in rows
    )


def below_hurdle(flows: Flows, project: Record, s: int) -> bool:
    """(13) NPV_js < 0 of an earning project that brings no uplift and is not mandatory."""
    rate = hurdle(flows, project)
    if rate is None or project["mandatory"] or lifts(flows, project) or not earns(flows, project):
        return False
    return present_value(flows, project, s, rate) < -MEETS


def bundle_fails(flows: Flows, bundle: list[Record], s: int) -> bool:
    """(8) An EOD bundle whose restoration is too small a part of its capital, or that does not carry itself from s.

    Applies with eod_eco_share to bundles with restoration and something else, none of whose projects is mandatory.
    """
    finance = flows.study.settings.finance
    restoring = [project for project in bundle if project["category"] == RESTORATION]
    if finance is None or finance.eod_eco_share is None or any(project["mandatory"] for project in bundle):
        return False
    if not 0 < len(restoring) < len(bundle):
        return False
    least = finance.eod_eco_share * sum(project["capex"] for project in bundle)
    if sum(project["capex"] for project in restoring) < least - MEETS:
        return True
    rate = flows.study.settings.rates.finance
    return sum(present_value(flows, project, s, rate, operating) for project in bundle) < -MEETS


def possible_starts(flows: Flows) -> dict[str, list[int]]:
    """The positions of the periods in which every project can start, the starts that are not worth it left out."""
    bundles = flows.land.members("bundle")
    found = {}
    for j, project in flows.land.projects.items():
        bundle = [flows.land.projects[name] for name in bundles.get(project["bundle"], ())]
        found[j] = [
            s
            for s in flows.starts_in_time(project)
            if not below_hurdle(flows, project, s) and not bundle_fails(flows, bundle, s)
        ]
    return found


def portfolio(build: Build) -> None:
    """(13) Σ_js (NPV_js + own uplift) u_js + Σ uplift_per_ha · growth · (1 + ρ)^−(e − y0 + 1) d_jsεt ≥ 0.

    In words: all projects that have a rate together are worth what they cost, the rise of land value counted in;
    million, present value. One row, ``portfolio``.
    """
    model, flows = build.model, build.flows
    model.portfolio = pyo.Constraint()
    rates = {j: hurdle(flows, project) for j, project in build.land.projects.items()}
    if all(rate is None for rate in rates.values()):
        return
    terms = []
    for start in build.starts:
        rate = rates[start.project["project"]]
        if rate is not None:
            worth = present_value(flows, start.project, start.s, rate)
            for run in flows.project_runs(start.project, start.s):
                if run.row.once and flows.accounts[run.row.account]["family"] == "uplift":
                    worth += run.row.value * flows.years(run)[run.begin] * flows.discount(rate, run.begin)
            terms += build.started(start, worth)
    for raised in build.catchments.raised:
        rate = rates[raised.start.project["project"]]
        if rate is not None:
            (rise, amount), *_ = raised.undertaking.flows  # what tools take of it comes after
            worth = amount * flows.years(rise)[rise.begin] * flows.discount(rate, rise.begin)
            terms.append((worth, raised.variable))
    model.portfolio.set_value(linear(terms) >= 0)
