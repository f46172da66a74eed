"""What is raised: draws, what they add up to, rows (15), and the accounts of finance (docs/semantics.md, "Money")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyomo.environ as pyo

from zonevest.instances import finance as keys
from zonevest.instances.study import Period, StudyError, items
from zonevest.model.complete_budgets import ALL, ENTERPRISE, index_of
from zonevest.model.complete_debt import Instrument, years_of
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import Record, blank, records
from zonevest.model.complete_terms import Start, Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

ROUNDING = 1e-9
"""Share of a total by which what the ledger books for today's land may be above it."""


@dataclass(frozen=True)
class Draw:
    """A variable b_jfs'τ: what an instrument raises in period τ for a project that started in s'."""

    instrument: Instrument
    start: Start
    t: int
    variable: Any


class Finance:
    """The money of the budget entity: what may be raised, and what follows from it.

    Attributes
    ----------
    settings : [finance].
    instruments : by name, in the order of their table.
    draws : every b_jfs'τ there is.
    passed : the pairs of budgets of which one passes cash on to the other, and the cap of it, million a year.
    """

    def __init__(self, build: Build, settings: keys.Finance) -> None:
        self.build = build
        self.settings = settings
        self.periods = build.study.periods
        self.rate = build.study.settings.rates.finance
        rows = records(build.study.instruments)
        self.instruments = {row["instrument"]: Instrument(row, build.study.first_year) for row in rows}
        self.draws = list(self._draws())
        self.passed = {(row["from"], row["to"]): row["cap"] for row in records(build.study.budget_transfers)}
        self._drawn: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for draw in self.draws:
            self._drawn[draw.instrument.name, draw.t].append(draw.variable)
        for f in self.instruments.values():
            for t, period in enumerate(self.periods if f.general() else ()):
                self._drawn[f.name, t].append(build.model.raised[f.name, period.name])

    # Budgets

    def budget(self, f: Instrument) -> str:
        """The budget of an instrument: the one that it names, else the main one."""
        return f.row["budget"] or self.build.book.budgets.main

    def of(self, budget: str) -> list[Instrument]:
        """The instruments of a budget; all of them where there is one budget."""
        return [f for f in self.all if budget in (ALL, self.budget(f))]

    def has_rest(self, budget: str) -> bool:
        """Whether residuals and transfers of the fund are of a budget: of the main one, which is all cash without."""
        return budget in (ALL, self.build.book.budgets.main)

    def opening(self, budget: str) -> float:
        """What a budget has before the first period: what the table says, else all of it is the main one's."""
        row = self.build.book.budgets.rows.get(budget)
        if row is not None and not blank(row["opening_cash"]):
            return float(row["opening_cash"])
        return self.settings.opening_cash if self.has_rest(budget) else 0.0

    def cash_end(self, budget: str, t: int) -> Any:
        """C_bt."""
        return self.build.model.cash_end[index_of(budget, self.build.names[t])]

    # Decisions

    def may_fund(self, f: Instrument, project: Record) -> bool:
        """Whether an instrument may be drawn for a project: an enterprise raises no money for the government's."""
        if f.refinances or not project["capex"] > 0:
            return False
        budgets = self.build.book.budgets
        owners = [budgets.kind(each) for each in (self.budget(f), project["budget"] or budgets.main)]
        if budgets.rows and owners[0] == ENTERPRISE != owners[1]:
            return False
        named, categories = items(project["instruments"]), items(f.row["categories"])
        return (
            (not named or f.name in named)
            and (not categories or project["category"] in categories)
            and (not f.row["green_only"] or bool(project["green"]))
        )

    def _draws(self) -> Iterator[Draw]:
        """For each possible start, from its period to the one in which building ends."""
        names = self.build.names
        for f in self.instruments.values():
            for start in self.build.starts:
                project = start.project
                if not self.may_fund(f, project):
                    continue
                ends = self.periods[start.s].start + max(int(project["build_years"]), 1) - 1
                for t in range(start.s, len(self.periods)):
                    if self.periods[t].start <= ends:
                        key = (f.name, project["project"], names[start.s], names[t])
                        yield Draw(f, start, t, self.build.model.draw[key])

    # Sums

    def raised(self, instruments: Iterable[Instrument], t: int) -> Terms:
        """raised_fτ = b_fτ + Σ b_jfs'τ over some instruments, in one period."""
        return [(1.0, variable) for f in instruments for variable in self._drawn[f.name, t]]

    def owed(
        self, instruments: Iterable[Instrument], t: int, of_unit: Callable[[Instrument, Period, Period], float]
    ) -> Terms:
        """Σ_τ≤t of_unit(τ, t) × raised_fτ: what units drawn so far come to in period t."""
        return [
            (of_unit(f, self.periods[drawn], self.periods[t]), variable)
            for f in instruments
            for drawn in range(t + 1)
            for variable in self._drawn[f.name, drawn]
        ]

    def repayments(self, instruments: Iterable[Instrument], t: int) -> Terms:
        """Σ ρ(τ,t) raised_fτ."""
        return self.owed(instruments, t, Instrument.repayment)

    def interests(self, instruments: Iterable[Instrument], t: int) -> Terms:
        """Σ ι(τ,t) raised_fτ."""
        return self.owed(instruments, t, Instrument.interest)

    def legacy(self, instruments: Iterable[Instrument], t: int, of: Callable[[Instrument, Period], float]) -> float:
        """Legacy repayments or interest of some instruments in a period."""
        return sum(of(f, self.periods[t]) for f in instruments)

    @property
    def all(self) -> list[Instrument]:
        """Every instrument."""
        return list(self.instruments.values())

    @property
    def debts(self) -> list[Instrument]:
        """Bonds and loans."""
        return [f for f in self.all if f.owes]

    # F1

    def worth(self) -> Terms:
        """What draws add to F1: grants as one-off cash of their project, and the price of debt and equity.

        A grant drawn in τ counts as the project's other one-off cash does, in the first year of τ.
        """
        terms: Terms = []
        for draw in self.draws:
            if draw.instrument.row["kind"] == "grant":
                whole = draw.start.undertaking
                carried = (1 + self.rate) ** (whole.service - 1 - self.periods[draw.t].start)
                terms.append((carried * self.build.flows.spread(whole, self.rate), draw.variable))
        for f in self.all:
            for t, period in enumerate(self.periods):
                terms += [(-f.price(period, self.rate), variable) for variable in self._drawn[f.name, t]]
        return terms

    # Accounts

    def account(self, account: str, period: str) -> Any:
        """finance.…: stocks at the end of a period (`total`: of the last), one-off ones in it (`total`: in all)."""
        last = len(self.periods) - 1
        t = last if period == TOTAL else self.build.names.index(period)
        if account.startswith("finance.cash"):
            return linear([(1.0, self.cash_end(budget, t)) for budget in self._tills(account)])
        if account == "finance.debt":
            legacy = sum(f.legacy(self.periods[t].last + 1) for f in self.debts)
            return linear(self.owed(self.debts, t, Instrument.end), legacy)
        _, kind, name = account.split(".", 2)
        one = [self.instruments[name]]
        terms: Terms = []
        constant = 0.0
        for each in range(last + 1) if period == TOTAL else [t]:
            if kind == "raised":
                terms += self.raised(one, each)
            elif kind == "repaid":
                terms += self.repayments(one, each)
                constant += self.legacy(one, each, Instrument.legacy_repayment)
            else:
                terms += self.interests(one, each)
                constant += self.legacy(one, each, Instrument.legacy_interest)
        return linear(terms, constant)

    def _tills(self, account: str) -> list[str]:
        """The budgets whose cash an account counts: all of them, or the one that finance.cash.<b> names."""
        named = account.removeprefix("finance.cash").removeprefix(".")
        return [named] if named else self.build.book.budgets.tills

    def before(self, account: str) -> float:
        """The start value of an account of finance."""
        if account.startswith("finance.cash"):
            return sum(self.opening(budget) for budget in self._tills(account))
        return sum(f.legacy(f.y0) for f in self.debts) if account == "finance.debt" else 0.0

    # What the ledger does not book

    @cached_property
    def residuals(self) -> dict[str, float]:
        """own_revenue and fixed_cost less what the ledger books at the start, transfers whole; million a year.

        Raises
        ------
        StudyError
            Where the ledger books more for today's land than there is in all.
        """
        found, faults = {"transfers": self.settings.transfers or 0.0}, []
        for key, account in (("own_revenue", "money.revenue"), ("fixed_cost", "money.cost")):
            whole, booked = getattr(self.settings, key), self.build.before(account, TOTAL, "")
            found[key] = 0.0 if whole is None else whole - booked
            if whole is not None and found[key] < -ROUNDING * max(1.0, abs(booked)):
                must = f"{key} is all of it in the base year, what the flows of today's land come to included"
                do = f"correct {key}, or the flows"
                faults.append((f"study.toml, finance.{key}", must, f"{whole:g}, flows come to {booked:g}", do))
        if faults:
            raise StudyError(pd.DataFrame(faults, columns=["where", "must", "found", "do"]))
        return found

    def residual(self, key: str, t: int) -> float:
        """The mean over a period of a residual, million a year."""
        return self.residuals[key] * self.mean_growth(key, t)

    def mean_growth(self, key: str, t: int) -> float:
        """The mean over a period of (1 + growth)^(y − y0)."""
        years = years_of(self.periods[t])
        rate, y0 = self.settings.growth.get(key, 0.0), self.build.study.first_year
        return sum((1 + rate) ** (year - y0) for year in years) / len(years)


def draw_cap(build: Build) -> None:
    """(15) Σ_f,τ b_jfs'τ − (1 − equity_min) capex u_js' ≤ 0 over bonds, loans and grants.

    In words: debt and grants leave the share of a project's capital that equity must bring. Applies to starts that
    one of them may fund; ``draw_cap[project, start]``.
    """
    model = build.model
    model.draw_cap = pyo.Constraint(pyo.Any)
    for start, draws in by_start(build):
        project = start.project
        if drawn := [(1.0, draw.variable) for draw in draws if draw.instrument.row["kind"] != "equity"]:
            share = (1 - project["equity_min"]) * project["capex"]
            key = (project["project"], build.names[start.s])
            model.draw_cap[key] = linear([*drawn, *build.started(start, -share)]) <= 0


def fund_project(build: Build) -> None:
    """(15) Σ_f,τ b_jfs'τ − capex u_js' ≤ 0 over all instruments.

    In words: no more is raised for a project than it costs. Applies to starts that equity may fund;
    ``fund_project[project, start]``.
    """
    model = build.model
    model.fund_project = pyo.Constraint(pyo.Any)
    for start, draws in by_start(build):
        if any(draw.instrument.row["kind"] == "equity" for draw in draws):
            project = start.project
            terms = [*((1.0, draw.variable) for draw in draws), *build.started(start, -project["capex"])]
            model.fund_project[project["project"], build.names[start.s]] = linear(terms) <= 0


def instrument_total(build: Build) -> None:
    """(15) Σ_τ raised_fτ ≤ limit_total, raised_fτ ≤ limit_period.

    In words: an instrument has a limit, in all and in a period; ``instrument_total[instrument]`` and
    ``instrument_period[instrument, period]``.
    """
    model, finance = build.model, build.finance
    model.instrument_total, model.instrument_period = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    if finance is None:
        return
    for f in finance.all:
        raised = [finance.raised([f], t) for t in range(len(build.names))]
        if not blank(f.row["limit_total"]):
            model.instrument_total[f.name] = linear(term for terms in raised for term in terms) <= f.row["limit_total"]
        for t, terms in enumerate(raised):
            if not blank(f.row["limit_period"]):
                model.instrument_period[f.name, build.names[t]] = linear(terms) <= f.row["limit_period"]


def by_start(build: Build) -> list[tuple[Start, list[Draw]]]:
    """The starts that something may be drawn for, and what may."""
    if build.finance is None:
        return []
    found = [(start, [draw for draw in build.finance.draws if draw.start is start]) for start in build.starts]
    return [(start, draws) for start, draws in found if draws]
