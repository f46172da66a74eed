"""Sums that must come out: what is paid is received, uplift is captured or left, and money goes where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from zonevest.instances.faults import within
from zonevest.instances.say import say
from zonevest.reports.audit_accounts import CAPTURED, LEFT
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_money import Money
from zonevest.reports.audit_rules import TOLERANCE, Breach
from zonevest.reports.audit_tables import Tables

Figures = Callable[[str, int], float]
"""A figure of the total: (account, period) -> value."""


def _differ(one: float, other: float, largest: float) -> bool:
    return not abs(one - other) <= TOLERANCE * max(1.0, largest, abs(one), abs(other))


def exchange_breaches(tables: Tables, exchange: Floats) -> Iterator[Breach]:
    """Per account of money and period: what all actors pay is what all actors receive, `outside` included."""
    width = len(tables.periods) + 1
    sides = exchange.reshape(4, len(tables.accounts), width)
    for account in tables.accounts:
        for t, period in enumerate(tables.periods):
            received, paid = (float(side) for side in sides[:2, account.at, t])
            if _differ(received, paid, 1.0):
                must = say("the actors receive what the actors pay, {amount:.10g}", amount=paid)
                yield Breach("balance:actors", within(account.name, period), must, f"{received:.10g}")


def uplift_breaches(tables: Tables, figures: Figures, shadows: Figures) -> Iterator[Breach]:
    """Per uplift account and period: what is created is what tools take at once and what is left to holders.

    Parameters
    ----------
    figures : what is created, as recomputed or as stated.
    shadows : what is captured and left, as recomputed.
    """
    for account in (each.name for each in tables.accounts if each.uplift):
        for t, period in enumerate(tables.periods):
            created = figures(account, t)
            captured, left = (shadows(f"{kind}{account}", t) for kind in (CAPTURED, LEFT))
            if _differ(created, captured + left, max(abs(captured), abs(left))):
                must = say(
                    "what is created is captured or left to holders: {captured:.10g} + {left:.10g}",
                    captured=captured, left=left,
                )  # fmt: skip
                yield Breach("balance:uplift", within(account, period), must, f"{created:.10g}")


def money_breaches(
    money: Money, figures: Figures, raised: Floats, transfers: Floats, purse: Mapping[str, Floats] | None
) -> Iterator[Breach]:
    """Per period: opening cash + receipts + what is raised = payments + closing cash.

    Parameters
    ----------
    figures : the accounts of money and finance, as recomputed or as stated.
    raised, transfers : what is raised, and what the purse pays as the fund, by period.
    purse : what the purse receives and pays on all accounts of money, by period (in place of the accounts of money).
    """
    tables, cash = money.tables, sum(purse.opening for purse in money.purses)
    for t, period in enumerate(tables.periods):
        years, rest = tables.lengths[t], money.residuals
        if purse is None:
            received = figures("money.revenue", t) * years + figures("money.receipts", t)
            paid = figures("money.cost", t) * years + figures("money.outlay", t)
        else:
            received, paid = float(purse["received"][t]), float(purse["paid"][t])
        sources = cash + received + (rest["own_revenue"][t] + rest["transfers"][t]) * years + float(raised[t])
        service = sum(
            figures(f"finance.{kind}.{name}", t) for kind in ("repaid", "interest") for name in money.instruments
        )
        closing = figures("finance.cash", t)
        uses = paid + rest["fixed_cost"][t] * years + service + float(transfers[t]) + closing
        if _differ(sources, uses, max(abs(cash), abs(received), abs(paid), abs(closing))):
            must = say("payments and closing cash make up the sources, {amount:.10g}", amount=sources)
            yield Breach("balance:cash", say("period {period}", period=period), must, f"{uses:.10g}")
        cash = closing


def budget_breaches(
    money: Money,
    figures: Figures,
    booked: Figures,
    raised: Mapping[tuple[str, int], float],
    passed: Mapping[tuple[str, str, int], float],
    transfers: Floats,
) -> Iterator[Breach]:
    """Per budget of the table and period: opening cash and what comes in make up what goes out and closing cash.

    Parameters
    ----------
    figures : the accounts of finance, as recomputed or as stated.
    booked : what the budgets' parts of the accounts of money are, as recomputed.
    raised : by instrument and period.
    passed : from one budget to another in a period.
    transfers : what the purse pays as the fund, by period.
    """
    for purse in (each for each in money.purses if each.table):
        cash, names = purse.opening, [each.name for each in money.of_purse(purse)]
        for t, period in enumerate(money.periods):
            operating = booked(purse.account("operating"), t) + (money.rest(t) if purse.main else 0.0)
            came = [passed.get((*pair, t), 0.0) for pair in money.pairs if pair[1] == purse.name]
            went = [passed.get((*pair, t), 0.0) for pair in money.pairs if pair[0] == purse.name]
            lent = [raised.get((name, t), 0.0) for name in names]
            served = [figures(f"finance.{kind}.{name}", t) for kind in ("repaid", "interest") for name in names]
            received, paid = (booked(purse.account(kind), t) for kind in ("receipts", "outlay"))
            closing, given = figures(purse.cash, t), float(transfers[t]) if purse.main else 0.0
            sources = cash + operating * money.tables.lengths[t] + received + sum(lent) + sum(came)
            uses = paid + sum(served) + sum(went) + given + closing
            if _differ(sources, uses, max(map(abs, (cash, received, paid, closing, *lent, *served, *came, *went)))):
                must = say("payments and closing cash make up the sources, {amount:.10g}", amount=sources)
                where = say("budget {budget}, period {period}", budget=purse.name, period=period)
                yield Breach("balance:budget", where, must, f"{uses:.10g}")
            cash = closing


def purse_sides(tables: Tables, exchange: Floats) -> dict[str, Floats]:
    """What the purse receives and pays on all accounts of money, period totals."""
    periods = len(tables.periods)
    sides = exchange.reshape(4, len(tables.accounts), periods + 1)[2:, :, :periods]
    annual = np.array([account.recurrence == "annual" for account in tables.accounts])
    years = np.where(annual[:, None], np.array(tables.lengths, dtype=np.float64)[None, :], 1.0)
    received, paid = (sides * years).sum(axis=1)
    return {"received": received, "paid": paid}


def residual_breaches(money: Money) -> Iterator[Breach]:
    """What is stated of revenue and cost is not less than what the ledger books for land as it is."""
    for name, base in money.base.items():
        if base < -TOLERANCE * max(1.0, abs(base)):
            must = say("{key} is not less than what today's land books", key=f"finance.{name}")
            yield Breach("money:residual", "study.toml", must, say("{amount:.10g} less", amount=-base))
