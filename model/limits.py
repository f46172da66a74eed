"""Limits (FORMULATION.md section 5): one table, one named row for each place and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.accounts import GAINS
from zonevest.instances.study import each, period_names
from zonevest.model.areas import TOTAL, population
from zonevest.model.assets import ASSET
from zonevest.model.book import Told
from zonevest.model.flows import AT_START_PRICES, MONEY
from zonevest.model.stated import stated

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.ledger import Ledger

MAIN_FUNCTION = "main_function:"
"""First word of a limit's place that stands for every jurisdiction of a main function."""


def define_limits(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(3) `limit[name,place,period]`: lo <= Σ c_a L_a <= hi, hard, or soft with `short` and `excess` at a penalty.

    In words: each row of the limits table, for each place and period that it names. Unit: the account's.
    """
    rows, sides = {}, {}
    for row in each(ledger.study.limits):
        for place in limit_places(ledger, row.jurisdiction):
            for period in limit_periods(ledger.study, row):
                rows[row.limit, place, period] = row
                sides[row.limit, place, period] = limit_sides(model.ledger, ledger, row, place, period)
    soft = {key: row for key, row in rows.items() if row.kind == "soft"}
    model.short = pyo.Var([k for k, row in soft.items() if row.sense != "<="], domain=pyo.NonNegativeReals)
    model.excess = pyo.Var([k for k, row in soft.items() if row.sense != ">="], domain=pyo.NonNegativeReals)

    def limit(m: Any, name: str, place: str, period: str) -> Any:
        row = rows[name, place, period]
        key = (name, place, period)
        body, bound = sides[key]
        if row.basis.startswith("share_of:") or row.basis == "per_head":
            body, bound = body - bound, 0.0
        if key in m.short:
            body += m.short[key]
        if key in m.excess:
            body -= m.excess[key]
        lower = None if row.sense == "<=" else bound - row.tolerance
        upper = None if row.sense == ">=" else bound + row.tolerance
        return stated(m, lower, body, upper)

    model.limit = pyo.Constraint(list(rows), rule=limit)
    units = ledger.accounts_and_units()["unit"]
    for (name, place, period), row in rows.items():
        key = (name, place, period)
        told = (name, row.account, place, period, row.sense, *sides[key], str(units.get(row.account, "")))
        kind, _, of = row.basis.partition(":")
        share = (row.value, total_or_period(model.ledger, ledger, of, place, period)) if kind == "share_of" else ()
        named = model.limit[key].name if key in model.limit else ""
        number, per = share or (None, None)
        model.told.append(Told(*told, named, tolerance=row.tolerance, number=number, per=per))


def limit_places(ledger: Ledger, cell: str) -> list[str]:
    """The places of a limit: total where blank, every jurisdiction for `each`, those of a main function, the one named.

    A main function is named `main_function:<f>`.
    """
    table = ledger.study.jurisdictions
    if cell.startswith(MAIN_FUNCTION):
        return list(table.loc[table["main_function"] == cell.removeprefix(MAIN_FUNCTION), "jurisdiction"])
    return list(table["jurisdiction"]) if cell == "each" else [cell or TOTAL]


def limit_periods(study: Study, row: Any) -> list[str]:
    """The periods of a limit: every one where blank, `last`, `total`, else the one named; gains hold over `total`."""
    names = period_names(study.periods)
    if row.account.startswith(GAINS) or any(name.startswith(GAINS) for name, _ in _further_terms(study, row.limit)):
        return [TOTAL]
    return names if row.period == "" else [names[-1]] if row.period == "last" else [row.period]


def limit_sides(entries: Any, ledger: Ledger, row: Any, place: str, period: str) -> tuple[Any, Any]:
    """What a limit compares: its terms, and its bound (an expression too for share_of).

    Shares of the start value compare at start prices. Over `total` an annual start value counts once per year, and
    the people are those at the end, those who move in included.

    Parameters
    ----------
    entries : the ledger, [account, place, period] -> a variable, or a number when a plan is told.
    """
    terms = [(row.account, 1.0), *_further_terms(ledger.study, row.limit)]
    kind, _, of = row.basis.partition(":")
    from_start = kind == "share_of_start"

    def measured(account: str) -> Any:
        priced = account + AT_START_PRICES if from_start and _grows(ledger, account) else account
        return total_or_period(entries, ledger, priced, place, period)

    body = sum(coefficient * measured(account) for account, coefficient in terms)
    if kind == "share_of":
        return body, row.value * total_or_period(entries, ledger, of, place, period)
    if from_start:
        compared = [(of, 1.0)] if of else terms
        start = 0.0
        for account, coefficient in compared:
            years = ledger.clock.horizon if period == TOTAL and ledger.recurrence(account) == "annual" else 1
            start += coefficient * years * ledger.start_values.loc[account, place]
        return body, row.value * float(start)
    if kind == "per_head":
        return body, row.value * _people(entries, ledger, place, period)
    return body, row.value


def _people(entries: Any, ledger: Ledger, place: str, period: str) -> Any:
    """The people of a place at the end of a period; where nobody can move in, a number."""
    if ledger.study.practices["in_migration"].any():
        return total_or_period(entries, ledger, "population", place, period)
    names = period_names(ledger.study.periods)
    return population(ledger.study, place, ledger.clock, names.index(names[-1] if period == TOTAL else period))


def _further_terms(study: Study, limit: str) -> list[tuple[str, float]]:
    """The account and coefficient of each further term of a limit."""
    extra = study.limit_terms
    if extra.empty:
        return []
    mine = extra[extra["limit"] == limit]
    return list(zip(mine["account"], mine["coefficient"], strict=True))


def total_or_period(entries: Any, ledger: Ledger, account: str, place: str, period: str) -> Any:
    """L of one period, or over `total`: Σ years x annual, Σ one-off, a stock's last state."""
    names = period_names(ledger.study.periods)
    if period != TOTAL or account.startswith(GAINS):
        return entries[account, place, period]
    recurrence = ledger.recurrence(account)
    if recurrence == "stock":
        return entries[account, place, names[-1]]
    years = ledger.clock.length if recurrence == "annual" else np.ones(len(names))
    return sum(float(n) * entries[account, place, name] for n, name in zip(years, names, strict=True))


def _grows(ledger: Ledger, account: str) -> bool:
    names = ledger.accounts.names
    if account.startswith(MONEY):
        return bool(ledger.accounts.growth[ledger.accounts.money].any())
    if account.startswith(ASSET):
        return bool(ledger.accounts.growth[ledger.accounts.natural].any())
    return account in names and bool(ledger.accounts.growth[names.get_loc(account)])
