"""Debt that supports itself, special-purpose bonds above all: what its projects earn against what they owe, by year.

The income is that of row (19) of the model: the purse's part of the project's revenue less its recurring cost, no
taxes or transfers but the fund's (where an enterprise owes, nor these nor sold land), with what is captured of the
uplift of its catchment. Principal and interest are paid at the end of a year, nothing is discounted. Million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import each, period_names
from zonevest.model.booked_uplift import WHERE_JOINT
from zonevest.model.capture import tools
from zonevest.model.self_support import PURSE, yearly_income
from zonevest.model.uplift import lift
from zonevest.model.vintages import Instrument, instruments
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.land_tables import started

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger
    from zonevest.reports.facts import Facts

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]

YEARS = [
    "project",
    "year",
    "raised",
    "income",
    "captured",
    "principal",
    "interest_paid",
    "owed",
    "cover",
    "cover_to_date",
]
COVER = [
    "project", "start", "raised", "principal", "interest_paid", "years", "income", "captured", "cover", "cover_min",
    "margin", "kept",
]  # fmt: skip


@dataclass(frozen=True)
class Bonds:
    """The self-supporting debt of a project, by year from its start to the last repayment.

    Attributes
    ----------
    begin : the first year.
    span : years over which row (19) counts income: the shortest tenor of those that may fund the project.
    raised, principal, interest, owed : million in each year; owed at its end, shape (years,).
    income, captured : in the same way.
    asked : what the row asks for: least cover x service of every instrument, summed up.
    """

    project: str
    begin: int
    span: int
    raised: Floats
    principal: Floats
    interest: Floats
    owed: Floats
    income: Floats
    captured: Floats
    asked: float


def bonds(facts: Facts) -> list[Bonds]:
    """Every chosen project for which such debt is raised, by start."""
    plan, ledger, names = facts.plan, facts.ledger, period_names(facts.study.periods)
    known = {f: each for f, each in instruments(facts.study).items() if each.self_supporting and each.years}
    if plan.financing.empty or not known:
        return []
    drawn = plan.financing[plan.financing["instrument"].isin(known) & (plan.financing["project"] != "")]
    found = []
    for project, rows in drawn.groupby("project", sort=False):
        t = names.index(started(facts)[str(project)])
        begin = int(ledger.clock.begin[t])
        fs = [known[f] for f in dict.fromkeys(rows["instrument"])]
        terms = [(known[row.instrument], int(ledger.clock.begin[names.index(row.period)]) - begin, float(row.raised))
                 for row in each(rows)]  # fmt: skip
        length = max(after + (f.years or 0) for f, after, _ in terms)
        raised, principal, interest = np.zeros(length), np.zeros(length), np.zeros(length)
        for f, after, amount in terms:
            owed = np.append(f.balance, 0.0)
            at = slice(after, after + len(f.balance))
            raised[after] += amount
            principal[at] += amount * (owed[:-1] - owed[1:])
            interest[at] += amount * f.rate * owed[:-1]
        able = _able(facts, str(project), known, fs)
        serving = _serving(ledger, able)
        start = ledger.works.names.index(str(project)) * len(names) + t
        found.append(
            Bonds(
                str(project), begin, min(f.years or 0 for f in able), raised, principal, interest,
                np.cumsum(raised - principal), yearly_income(ledger, start, begin, length, serving),
                _captured(facts, str(project), begin, length, serving),
                sum(f.cover * amount * (1.0 + f.interest) for f, _, amount in terms),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: one.begin)


def _able(facts: Facts, project: str, known: dict[str, Instrument], drawn: list[Instrument]) -> list[Instrument]:
    """The self-supporting instruments that may fund a project: row (19) looks at all of them."""
    from zonevest.model.finance import may_fund

    (row,) = (row for row in each(facts.study.projects) if row.project == project)
    return [f for f in known.values() if f in drawn or may_fund(f, row, facts.ledger.accounts.budgets)]


def _serving(ledger: Ledger, able: list[Instrument]) -> Bools:
    """The accounts whose revenue serves the debt."""
    budgets = ledger.accounts.budgets
    return ledger.accounts.serving(any(budgets.instrument(f.name) in budgets.enterprises for f in able))


def _captured(facts: Facts, project: str, begin: int, length: int, serving: Bools) -> Floats:
    """What the purse captures of the uplift of a project's catchment, in each year from its start."""
    ledger, names, total = facts.ledger, period_names(facts.study.periods), np.zeros(length)
    (row,) = (row for row in each(facts.study.projects) if row.project == project)
    if facts.plan.uplift.empty or not row.uplift_account:
        return total
    clock, accounts, years = ledger.clock, ledger.accounts, begin + np.arange(length)
    growth = accounts.growth[accounts.names.get_loc(row.uplift_account)]
    mine = facts.plan.uplift[facts.plan.uplift["project"] == project]
    for part in each(mine):
        year = max(int(clock.begin[names.index(part.period)]), begin + int(row.build_years))
        amount = float(part.area_ha) * lift(row) * float((1.0 + growth) ** (year - clock.years[0]))
        for tool in tools(facts.study):
            at = int(accounts.names.get_loc(tool.account))
            holds = not tool.where or tool.where in str(part.where).split(WHERE_JOINT)
            if tool.uplift_account == row.uplift_account and holds and serving[at]:
                paid = year + tool.delay
                inside = years >= paid if tool.annual else years == paid
                total += accounts.part(PURSE, at, project) * amount * tool.rate * inside
    return total


def bond_years(facts: Facts) -> pd.DataFrame:
    """The self-balance of every project with such debt, by year, from its start to the last repayment.

    Returns
    -------
    DataFrame
        ``project, year, raised, income, captured, principal, interest_paid, owed`` (at the year's end), ``cover``
        (income and captured over principal and interest of the year) and ``cover_to_date`` (of all years so far).
    """
    parts = []
    for one in facts.bonds:
        comes, pays = one.income + one.captured, one.principal + one.interest
        table = {"project": one.project, "year": one.begin + np.arange(len(comes)), "raised": one.raised,
                 "income": one.income, "captured": one.captured, "principal": one.principal,
                 "interest_paid": one.interest, "owed": np.where(one.owed > 1e-9, one.owed, 0.0),
                 "cover": _times(comes, pays),
                 "cover_to_date": _times(np.cumsum(comes), np.cumsum(pays))}  # fmt: skip
        parts.append(pd.DataFrame(table)[YEARS])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in YEARS})


def _times(part: Floats, whole: Floats) -> Floats:
    """One over the other, NaN where nothing is owed."""
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 1e-12))


def bond_cover(facts: Facts) -> pd.DataFrame:
    """Every project with such debt: what it owes in all, what it earns over the tenor, and the cover.

    Returns
    -------
    DataFrame
        ``project, start, raised, principal, interest_paid``; ``years``: those over which income counts, from the start;
        ``income, captured`` (of these years), ``cover`` (over all principal and interest), ``cover_min`` (the least
        that the instruments ask for), ``margin`` (what is earned more than that) and ``kept``: as the plan's row
        `cover_min` says, which discounts where an instrument asks for it.
    """
    starts, rows = started(facts), facts.plan.limits
    slack = dict(zip(rows["limit"], rows["slack"], strict=True))
    bound = dict(zip(rows["limit"], rows["bound"], strict=True))
    table = []
    for one in facts.bonds:
        service = float(one.principal.sum() + one.interest.sum())
        income, captured = float(one.income[: one.span].sum()), float(one.captured[: one.span].sum())
        key = f"cover_min.{one.project}"
        margin = income + captured - one.asked
        kept = float(slack.get(key, margin)) >= -1e-6 * max(1.0, abs(float(bound.get(key, one.asked))))
        table.append(
            (one.project, starts[one.project], float(one.raised.sum()), float(one.principal.sum()),
             float(one.interest.sum()), one.span, income, captured, (income + captured) / service,
             one.asked / service, margin, kept)
        )  # fmt: skip
    return pd.DataFrame(table, columns=COVER)


_M, _YEAR = "million", Column("year", "year")
_FLOWS = ("raised", "income", "captured", "principal", "interest_paid")
SHEETS = (
    Sheet(
        "bond_cover", "finance", bond_cover,
        (Column("project", "project"), Column("start", "period"), Column("raised", unit=_M, total=True),
         Column("principal", unit=_M, total=True), Column("interest_paid", unit=_M, total=True),
         Column("years", "count"),
         Column("income", unit=_M, total=True), Column("captured", unit=_M, total=True), Column("cover", unit="times"),
         Column("cover_min", unit="times"), Column("margin", unit=_M), Column("kept", "yes")),
    ),
    Sheet(
        "bond_years", "finance", bond_years,
        (Column("project", "project"), _YEAR, *(Column(name, unit=_M, total=True) for name in _FLOWS),
         Column("owed", unit=_M), Column("cover", unit="times"), Column("cover_to_date", unit="times")),
    ),
)  # fmt: skip
