"""Quotas: what is granted, generated, used and traded, rows (4) (docs/semantics.md, "Quotas")."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import Record, blank, records
from zonevest.model.complete_rows import Row, Run, Undertaking
from zonevest.model.complete_terms import Posting, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

SIDES = (("buy", "purchase", "bought"), ("sell", "sale", "sold"))
"""Each side of a trade: its variable, the account of its money, and the account of its amount."""


def places(build: Build, quota: Record) -> list[str]:
    """Where a quota is held: in all places together where it may move, else in each jurisdiction."""
    return [TOTAL] if quota["movable"] else list(build.book.jurisdictions)


def trades(build: Build) -> Iterator[Posting]:
    """What one unit bought or sold books: its amount, and its price in money, in the first year of the period.

    Both sides share one life, for good: a unit of money counts r (1 + r)^(−1) in every year from then to the end of
    the tail. The yearly cap of all places together is the bound of every variable. Without a price there is no trade
    on that side.
    """
    for quota in records(build.study.quotas):
        q, held = quota["quota"], places(build, quota)
        for side, money, amount in SIDES:
            price = quota[f"{side}_price"]
            if blank(price):
                continue
            paid, booked = Row(f"quota.{q}.{money}", True, price), Row(f"quota.{q}.{amount}", True, 1.0)
            for g in held:
                for period in build.study.periods:
                    variable = build.model.component(side)[q, g, period.name]
                    variable.setub(period.years * quota[f"{side}_max"])
                    year = period.start
                    flows = tuple((Run(row, year, year + 1), row.value) for row in (paid, booked))
                    undertaking = Undertaking(flows, year, math.inf, build.flows.end)
                    yield build.posting(variable, g, undertaking)


def period_total(build: Build, account: str, place: str, t: int) -> Any:
    """What an account comes to in a period: L of a one-off account, years x L of an annual one; 0 without account."""
    if not account or t < 0:
        return 0.0
    years = build.study.periods[t].years if build.flows.recurrence(account) == "annual" else 1
    return years * build.ledger(account, place, build.names[t])


def quota(build: Build) -> None:
    """(4) balance_t − carried − granted − generated_(t − delay) − buy_t + used_t + sell_t = 0, balance ≥ 0.

    In words: what is used and sold was there: granted, generated, bought or kept. What is left is carried on where the
    quota banks, else it lapses. What is granted to all together is not given out to jurisdictions.
    ``quota[quota, place, period]``.
    """
    model = build.model
    model.quota = pyo.Constraint(pyo.Any)
    for row in records(build.study.quotas):
        q = row["quota"]
        grants = [grant for grant in records(build.study.quota_grants) if grant["quota"] == q]
        for g in places(build, row):
            shared = g == TOTAL
            for t, period in enumerate(build.study.periods):
                key = (q, g, period.name)
                granted = [
                    grant["amount"]
                    for grant in grants
                    if grant["period"] == period.name and (shared or grant["jurisdiction"] == g)
                ]
                supply = sum(granted) + (period.years * row["granted"] if shared else 0.0)
                if t == 0:
                    supply += row["opening"] if shared else 0.0
                body = model.balance[key] - supply
                if t > 0 and row["bank"]:
                    body = body - model.balance[q, g, build.names[t - 1]]
                body = body - period_total(build, row["account_generated"], g, t - int(row["available_after"]))
                body = body + period_total(build, row["account_used"], g, t)
                if key in model.buy:
                    body = body - model.buy[key]
                if key in model.sell:
                    body = body + model.sell[key]
                model.quota[key] = body == 0


def quota_sold(build: Build) -> None:
    """(4) Σ_t sell_t − Σ_t generated_t ≤ 0.

    In words: only what the plan generates is sold, never what was granted or bought. Applies to quotas with a price to
    sell; ``quota_sold[quota, place]``.
    """
    model = build.model
    model.quota_sold = pyo.Constraint(pyo.Any)
    for row in records(build.study.quotas):
        q = row["quota"]
        for g in places(build, row):
            sold = [(1.0, model.sell[q, g, name]) for name in build.names if (q, g, name) in model.sell]
            made = [period_total(build, row["account_generated"], g, t) for t in range(len(build.names))]
            if sold:
                model.quota_sold[q, g] = linear(sold) - pyo.quicksum(made) <= 0


def quota_buy(build: Build) -> None:
    """Σ_g buy_gt ≤ years × buy_max, and the same for what is sold.

    In words: the market takes and gives so much a year, for all places together. Applies to quotas that are held in
    several places; ``quota_buy[quota, period]`` and ``quota_sell[quota, period]``.
    """
    model = build.model
    model.quota_buy, model.quota_sell = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    for row in records(build.study.quotas):
        q, held = row["quota"], places(build, row)
        for side, _, _ in SIDES:
            if len(held) < 2 or blank(row[f"{side}_price"]):
                continue
            for period in build.study.periods:
                traded = [(1.0, model.component(side)[q, g, period.name]) for g in held]
                most = period.years * row[f"{side}_max"]
                model.component(f"quota_{side}")[q, period.name] = linear(traded) <= most
