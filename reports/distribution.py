"""Who pays and who receives, and of what F1 is made: numbers only.

All amounts are present values above doing nothing, in million, by F1's arithmetic on the whole of an account:
recurring amounts discounted at the finance rate, one-off ones as annual equivalents over the life of their undertaking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.booked import Books, books
from zonevest.model.gains import PRESENT, people_at_start
from zonevest.reports.cash_flow import SMALL, purse_parts
from zonevest.reports.sharing import Sharing

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

DISTRIBUTION = [
    "kind", "account", "jurisdiction", "actor", "receives_share", "pays_share", "receives", "pays", "net", "people",
    "per_head", "unit",
]  # fmt: skip
TOTAL = "total"
TRANSFERS = "fund_transfers"


def distribution(plan: PlanData, booked: Books | None = None) -> pd.DataFrame:
    """Who pays and who receives.

    Returns
    -------
    DataFrame
        ``kind``, ``account``, ``jurisdiction``, ``actor``, ``receives_share``, ``pays_share``, ``receives``, ``pays``,
        ``net``, ``people``, ``per_head`` and ``unit``:

        - kind ``money``: an account of money and an actor (``outside`` among them); over the actors of an account what
          is received is what is paid. The shares are the general ones; a project's own are in the amounts;
        - kind ``uplift``: an account of uplift; what is received is created, and nobody pays it;
        - kind ``transfer``: what the compensation fund passes on: paid by the fund, received by jurisdictions;
        - kind ``gain``: ``gain.actor.<h>`` of every actor: the sums of the rows above;
        - kind ``jurisdiction``: ``gain.jurisdiction``, with the people at the start and the gain per head in units
          of the currency;
        - kind ``place``: the gain of an actor in a jurisdiction (what is of no jurisdiction, and what the fund passes
          on, is in none).
    """
    rows: list[tuple[object, ...]] = []
    if not plan.has_plan:
        return pd.DataFrame(rows, columns=DISTRIBUTION)
    found = booked or books(plan)
    accounts, study, nan = found.ledger.accounts, plan.study, np.nan
    sharing = Sharing.of(study, accounts, found.plan, found.nothing)
    code, booked_on = pd.factorize(sharing.rows["account"])
    gets, gives = (sharing.present(parts, code, len(booked_on)) for parts in (sharing.receives, sharing.pays))
    for a, h in zip(*np.nonzero(np.maximum(np.abs(gets), np.abs(gives)) > SMALL), strict=True):
        account, actor = booked_on[a], sharing.actors[h]
        at = int(accounts.names.get_loc(account))
        kind = "money" if accounts.money[at] else "uplift"
        given = [side.get(actor, 0.0) for side in accounts.sides(at)]
        sums = (float(gets[a, h]), float(gives[a, h]), float(gets[a, h] - gives[a, h]))
        rows.append((kind, account, TOTAL, actor, *given, *sums, nan, nan, PRESENT))
    received, paid = (dict(zip(sharing.actors, sums.sum(axis=0).tolist(), strict=True)) for sums in (gets, gives))
    fund, passed = study.settings.equity.fund, plan.fund_transfers
    if fund is not None and len(passed):
        clock = found.ledger.clock
        mean = dict(zip(period_names(study.periods), clock.mean(clock.discount(clock.finance)), strict=True))
        worth = (passed["amount"] * passed["period"].map(mean)).groupby(passed["jurisdiction"], sort=False).sum()
        whole = float(worth.sum())
        rows.append(("transfer", TRANSFERS, TOTAL, fund, nan, nan, 0.0, whole, -whole, nan, nan, PRESENT))
        rows += [
            ("transfer", TRANSFERS, place, "", nan, nan, value, 0.0, value, nan, nan, PRESENT)
            for place, value in worth.items()
        ]
        if fund in paid:
            paid[fund] += whole
    for actor in sharing.actors:
        sums = (received[actor], paid[actor], received[actor] - paid[actor])
        rows.append(("gain", f"gain.actor.{actor}", TOTAL, actor, nan, nan, *sums, nan, nan, PRESENT))
    rows += _jurisdictions(plan, found)
    rows += _places(plan, found)
    return pd.DataFrame(rows, columns=DISTRIBUTION)


def _places(plan: PlanData, found: Books) -> list[tuple[object, ...]]:
    """The gain of every actor in every jurisdiction."""
    places, nan = list(plan.study.jurisdictions["jurisdiction"]), np.nan
    sharing = Sharing.of(plan.study, found.ledger.accounts, found.plan_by_place, found.nothing_by_place)
    at = pd.Index(places).get_indexer(sharing.rows["jurisdiction"]).astype(np.int64)
    gain = sharing.present(sharing.net, at, len(places))
    return [
        ("place", f"gain.actor.{actor}", place, actor, nan, nan, nan, nan, value, nan, nan, PRESENT)
        for place, row in zip(places, gain.tolist(), strict=True)
        for actor, value in zip(sharing.actors, row, strict=True)
        if abs(value) > SMALL
    ]


def _jurisdictions(plan: PlanData, found: Books) -> list[tuple[object, ...]]:
    """The gain of every jurisdiction, in all and per head of those who live there at the start."""
    stated = plan.ledger[plan.ledger["account"] == "gain.jurisdiction"].set_index("jurisdiction")["value"]
    people = people_at_start(found.ledger)
    rows: list[tuple[object, ...]] = []
    for place in plan.study.jurisdictions["jurisdiction"]:
        gain, heads = float(stated.get(place, 0.0)), people.get(place, np.nan)
        rest = (np.nan, np.nan, np.nan, np.nan, gain, heads, gain * 1e6 / heads, PRESENT)
        rows.append(("jurisdiction", "gain.jurisdiction", place, "", *rest))
    return rows


def cash_parts(plan: PlanData, booked: Books | None = None) -> pd.DataFrame:
    """Of what the gain in F1 is made: ``part, value`` (million, present value), ``share`` of the gain (NaN: no gain).

    The parts are recurring_revenue, recurring_cost, land_rent (sales of land as the rent that they give up), receipts
    and outlay (other one-off amounts as annual equivalents), and financing: grants less the price of debt and what the
    purse passes on as compensation fund.
    """
    if not plan.has_plan or plan.cash is None:
        return pd.DataFrame({"part": [], "value": [], "share": []})
    found = booked or books(plan)
    accounts = found.ledger.accounts
    sums = dict.fromkeys(("recurring_revenue", "recurring_cost", "land_rent", "receipts", "outlay"), 0.0)
    for booked_, sign in ((found.plan, 1.0), (found.nothing, -1.0)):
        at = accounts.names.get_indexer(booked_.rows["account"])
        worth = sign * purse_parts(accounts, booked_.rows, at) * booked_.present * accounts.money[at]
        revenue, annual = accounts.family[at] == "revenue", accounts.recurrence[at] == "annual"
        sale = accounts.sale[at]
        part = np.select(
            [sale, annual & revenue, annual, revenue],
            ["land_rent", "recurring_revenue", "recurring_cost", "receipts"],
            "outlay",
        )
        for name in sums:
            if name != "land_rent" or accounts.land_rent:
                sums[name] += float(worth[part == name].sum())
    sums["financing"] = plan.cash - sum(sums.values())
    value = np.array(list(sums.values()))
    parts = value / plan.cash if plan.cash > SMALL else np.full(len(value), np.nan)
    return pd.DataFrame({"part": list(sums), "value": value, "share": parts})
