"""Bonds that support themselves (FORMULATION.md section 8, (19)): paid from what their project earns.

Amounts are in million.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo

from zonevest.model.areas import TOTAL
from zonevest.model.finance import Sums, hold
from zonevest.model.uplift import started, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger
    from zonevest.model.vintages import Instrument

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]

PURSE = "money.net"
"""The weight of accounts of money by what the purse nets."""


@dataclass(frozen=True)
class Supported:
    """A start of a project that bonds which support themselves may fund.

    Attributes
    ----------
    index : project and period of the start.
    built : u_js.
    drawn : Σ of what such bonds raise for it.
    service : Σ cover x (principal + interest) of what they raise.
    income : what the start earns over the tenor, less its recurring cost; no taxes or transfers.
    captured : what is captured of its uplift over the tenor.
    begun : what income counts with: u_js, or `leans[j,s]` where the start earns less than it costs.
    capex : of the project.
    """

    index: tuple[str, str]
    built: Any
    drawn: Any
    service: Any
    income: float
    captured: Any
    begun: Any
    capex: float


def define_self_support(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(19) The rows of bonds that support themselves; `leans[j,s]`: 1 where they lean on what is captured."""
    model.leans = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    starts = list(_supported(model, sums))
    define_lean(model, starts)
    define_cover_min(model, starts)


def define_lean(model: pyo.ConcreteModel, starts: list[Supported]) -> None:
    """(19) `lean[j,s]`: Σ_f b_jfs of such bonds <= capex_j leans_js, where income_js < 0.

    In words: a project whose running cost is more than it earns leans on what is captured, or does without such bonds.
    Unit: million.
    """
    for start in starts:
        if start.income < 0:
            hold(model, "lean", start.index, start.drawn, "<=", start.capex * start.begun)


def define_cover_min(model: pyo.ConcreteModel, starts: list[Supported]) -> None:
    """(19) `cover_min[j,s]`: income_js u_js + captured >= Σ cover x (principal + interest), over the tenor.

    In words: a bond that supports itself is paid from what its project earns, and from nothing else: no taxes or
    transfers but the fund's, and where an enterprise owes, nor these nor sold land. What a project earns less than it
    costs counts where it `leans[j,s]` on what is captured. Unit: million.
    """
    for start in starts:
        project, s = start.index
        told = (f"cover_min.{project}", "project.revenue", TOTAL, s, "million")
        earned = start.income * start.begun + start.captured
        hold(model, "cover_min", start.index, earned, ">=", start.service, told, when=start.built)


def _supported(model: pyo.ConcreteModel, sums: Sums) -> Iterator[Supported]:
    """Every start for which such bonds may be drawn."""
    purse, names = sums.purse, sums.names
    projects = purse.ledger.study.projects
    capex = dict(zip(projects["project"], projects["capex"], strict=True))
    drawn: dict[tuple[str, str], list[tuple[str, str, Any]]] = {}
    for (f, j, s, t), variable in model.draw.items():
        if purse.instruments[f].self_supporting:
            drawn.setdefault((j, s), []).append((f, t, variable))
    by_start: dict[tuple[str, str], list[Any]] = {}
    for key, variable in model.uplifted.items():
        by_start.setdefault((key[0], key[1]), []).append((key, variable))
    for (j, s), draws in drawn.items():
        rate, span = _terms(sums, draws)
        begin = int(purse.ledger.clock.begin[names.index(s)])
        service: Any = 0.0
        for f, t, variable in draws:
            bond, after = purse.instruments[f], int(purse.ledger.clock.begin[names.index(t)]) - begin
            service += bond.cover * _service(bond, after, rate) * variable
        weights = np.asarray((1.0 + rate) ** -(np.arange(span) + 1.0), dtype=float)
        start = purse.ledger.works.names.index(j) * len(names) + names.index(s)
        budgets = purse.budgets
        serving = purse.ledger.accounts.serving(any(budgets.instrument(f) in budgets.enterprises for f, *_ in draws))
        income = float(yearly_income(sums.purse.ledger, start, begin, span, serving) @ weights)
        captured = _captured(model, sums, by_start.get((j, s), []), weights, serving)
        total = sum(variable for *_, variable in draws)
        built = started(model, names, j, s)
        begun = model.leans[j, s] if income < 0 else built
        yield Supported((j, s), built, total, service, income, captured, begun, capex[j])


def _terms(sums: Sums, draws: list[tuple[str, str, Any]]) -> tuple[float, int]:
    """The rate at which the amounts of a row count, and the years that it looks at: the shortest tenor."""
    bonds = [sums.purse.instruments[f] for f, _, _ in draws]
    rate = sums.purse.ledger.clock.finance if any(bond.discounted for bond in bonds) else 0.0
    return rate, min(bond.years or 0 for bond in bonds)


def _captured(model: pyo.ConcreteModel, sums: Sums, raised: list[Any], weights: Floats, serving: Bools) -> Any:
    """What the purse captures of a project's uplift in the years from its start that the weights are for.

    Parameters
    ----------
    raised : the indices of `uplifted` of one project and start, with their variables.
    serving : the accounts whose revenue counts.
    """
    ledger, names = sums.purse.ledger, sums.names
    captured: Any = 0.0
    for (project, s, place, t), variable in raised:
        years = np.arange(len(weights)) + int(ledger.clock.begin[names.index(s)])
        for tool, paid, amount, _ in taken(model, ledger, project, names.index(s), place, names.index(t)):
            account = ledger.accounts.names.get_loc(tool.account)
            part = ledger.accounts.part(PURSE, account, project)
            inside = years >= paid if tool.annual else years == paid
            if serving[account]:
                captured += part * amount * float(weights @ inside) * variable
    return captured


def _service(bond: Instrument, after: int, rate: float) -> float:
    """Principal and interest of a unit drawn some years after the project's start, at the rate."""
    owed = np.append(bond.balance, 0.0)
    paid = owed[:-1] - owed[1:] + bond.rate * owed[:-1]
    return float(paid @ (1.0 + rate) ** -(np.arange(len(paid)) + after + 1.0))


def yearly_income(ledger: Ledger, start: int, begin: int, span: int, serving: Bools) -> Floats:
    """What a start earns the purse in each year from its first: revenue that counts, less recurring cost, (span,).

    Parameters
    ----------
    start, begin, span : project x periods + period, its first year, and how many years are asked for.
    serving : the accounts whose revenue counts (see `Accounts.serving`).
    """
    works, clock = ledger.works, ledger.clock
    timed = works.timed
    at = np.flatnonzero(works.start == start)
    longer = replace(clock, years=np.arange(clock.years[0], max(clock.years[-1], begin + span) + 1))
    mine = replace(timed.take(at), clock=longer)
    accounts = timed.accounts
    earns = accounts.family[mine.rows.account] == "revenue"
    counts = np.where(earns, serving[mine.rows.account], ~mine.rows.once)
    weight = timed.weight(PURSE)[at] * counts  # of all rows: what it looks up is looked up once
    yearly = weight @ mine.yearly()
    first = begin - int(clock.years[0])
    return np.asarray(yearly[first : first + span])
