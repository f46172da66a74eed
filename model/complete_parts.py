"""The decisions of the complete model, and what its rows are written from (FORMULATION.md sections 3 and 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from zonevest.instances.study import Study, items
from zonevest.model.complete_flows import Flows
from zonevest.model.complete_ledger import TOTAL, Books, Ledger
from zonevest.model.complete_options import Land, Option, Record, records

CASH, ECOSYSTEM, ACCOUNTS = "cash", "ecosystem", "accounts"
"""The terms of the objective: F1, F2, and the weighted sum of accounts."""


@dataclass(frozen=True)
class Choice:
    """An option of a parcel, its variable, and what it is worth (books_flat: the books at start prices)."""

    parcel: Record
    option: Option
    x: Any
    books: Books
    books_flat: Books
    worth: dict[str, float]


@dataclass(frozen=True)
class Start:
    """A possible start of a project in period s: u_js = U_js − U_j,s−1."""

    project: Record
    s: int
    worth: dict[str, float]


class Build:
    """The model under construction, and what its rows are written from."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.names = [period.name for period in study.periods]
        self.land = Land(study)
        self.flows = Flows(study, self.land)
        self.book = Ledger(self.flows)
        self.read = accounts_read(study)
        self.flat_needed = any(str(basis).startswith("share_of_start") for basis in study.limits["basis"])
        self.model = model = pyo.ConcreteModel(name=study.settings.name)

        options = {parcel_id: self.land.options(parcel) for parcel_id, parcel in self.land.parcels.items()}
        keys = [(parcel_id, o.practice, self.start_name(o)) for parcel_id in options for o in options[parcel_id]]
        model.x = pyo.Var(keys, domain=pyo.UnitInterval if study.settings.divisible else pyo.Binary)
        model.U = pyo.Var(list(self.land.projects), self.names, domain=pyo.Binary)
        model.short = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
        model.excess = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
        model.ledger = pyo.Expression(pyo.Any)
        model.ledger_at_start_prices = pyo.Expression(pyo.Any)
        model.worth = pyo.Expression(pyo.Any)
        model.gain = pyo.Expression(pyo.Any)

        self.choices = {
            parcel_id: [self._choice(parcel, option) for option in options[parcel_id]]
            for parcel_id, parcel in self.land.parcels.items()
        }
        self.starts = [
            Start(project, s, named(self.flows.project_worth(project, s)))
            for project in self.land.projects.values()
            for s in self.flows.possible_starts(project)
        ]
        self._starts_books: dict[tuple[str, int, str, bool], Books] = {}
        self._before: dict[str, dict[str, float]] = {}

    def start_name(self, option: Option) -> str:
        """The name of the period in which an option starts, ``""`` where it has no start."""
        return "" if option.start is None else self.names[option.start]

    def _choice(self, parcel: Record, option: Option) -> Choice:
        x = self.model.x[parcel["parcel_id"], option.practice, self.start_name(option)]
        books = self.books(parcel, option)
        flat = self.books(parcel, option, start_prices=True) if self.flat_needed else books
        return Choice(parcel, option, x, books, flat, named(self.flows.parcel_worth(parcel, option)))

    def books(self, parcel: Record, option: Option, start_prices: bool = False) -> Books:
        """The accounts of a parcel under an option, as far as any row reads them."""
        books = self.book.of_parcel(parcel, option, start_prices)
        return {account: series for account, series in books.items() if account in self.read}

    @cached_property
    def parcels_at(self) -> Mapping[str, list[str]]:
        """The parcels of every place: all of them, those of a jurisdiction, those with a tag."""
        found: dict[str, list[str]] = defaultdict(list)
        for parcel_id, parcel in self.land.parcels.items():
            # A jurisdiction's name stands for the jurisdiction, whatever tags there are.
            tags = {tag for tag in items(parcel["tags"]) if tag not in self.book.jurisdictions}
            for place in {TOTAL, parcel["jurisdiction"]} | tags:
                found[place].append(parcel_id)
        return found

    def books_of_start(self, start: Start, place: str, start_prices: bool) -> Books:
        """The accounts that a start of a project adds to at a place; tags have parcels only."""
        key = (start.project["project"], start.s, place, start_prices)
        if key not in self._starts_books:
            self._starts_books[key] = self.book.of_project(start.project, start.s, place, start_prices)
        return self._starts_books[key]

    def started(self, start: Start, coefficient: float) -> list[tuple[float, Any]]:
        """The terms of coefficient × u_js."""
        j, s = start.project["project"], start.s
        terms = [(coefficient, self.model.U[j, self.names[s]])]
        return [*terms, (-coefficient, self.model.U[j, self.names[s - 1]])] if s else terms

    def ledger(self, account: str, place: str, period: str, start_prices: bool = False) -> Any:
        """(2) L_agt = Σ_k M x_k + Σ_j,s P u_js: an account of a place in a period, or over `total`."""
        component = self.model.ledger_at_start_prices if start_prices else self.model.ledger
        key = (account, place, period)
        if key not in component:
            terms: list[tuple[float, Any]] = []
            for parcel_id in self.parcels_at.get(place, []):
                for choice in self.choices[parcel_id]:
                    books = choice.books_flat if start_prices else choice.books
                    if account in books:
                        terms.append((self.book.over(account, books[account], period), choice.x))
            for start in self.starts:
                books = self.books_of_start(start, place, start_prices)
                if account in books:
                    terms += self.started(start, self.book.over(account, books[account], period))
            people = self.people(place, period) if account == "population" else 0.0
            component[key] = linear(terms, people)
        return component[key]

    def people(self, place: str, period: str) -> float:
        """The people of a place at the end of a period (`total`: of the last)."""
        last = -1 if period == TOTAL else self.names.index(period)
        return self.book.population(place, self.study.periods[last].last)

    def before(self, account: str, place: str, period: str) -> float:
        """The start value of an account: doing nothing in y0, per year; over `total` once for every year."""
        if period == TOTAL and self.book.flows.recurrence(account) == "annual":
            return self.before(account, place, "") * sum(each.years for each in self.study.periods)
        if account == "population":
            return self.book.population(place, self.study.first_year)
        if not self._before:
            self._before = {parcel_id: self.book.before(parcel) for parcel_id, parcel in self.land.parcels.items()}
        return sum(self._before[parcel_id].get(account, 0.0) for parcel_id in self.parcels_at.get(place, []))

    def least_and_most(self, account: str, t: int) -> tuple[float, float]:
        """Σ_i of the least and of the greatest that a parcel can add to a stock in period t."""
        least = most = 0.0
        for choices in self.choices.values():
            values = [choice.books[account][t] if account in choice.books else 0.0 for choice in choices]
            least += min(values, default=0.0)
            most += max(values, default=0.0)
        return least, most


def accounts_read(study: Study) -> set[str]:
    """The accounts that a row or the objective reads; the others are not kept."""
    read = set(study.limits["account"]) | set(study.limit_terms["account"])
    read |= {basis.partition(":")[2] for basis in study.limits["basis"]}
    read |= set(study.settings.objective.accounts)
    read |= {pool_account(project) for project in records(study.projects)}
    read |= {f"area.practice.{name}" for name in study.practices["practice"]}
    read |= {f"area.class.{name}" for name in study.land_take["land_class"]}
    return read


def pool_account(project: Record) -> str:
    """The stock that a project's min_area counts: ``zone:05`` is `area.zone.05`."""
    return "area." + str(project["min_area_of"]).replace(":", ".", 1)


def named(worth: tuple[float, float]) -> dict[str, float]:
    """F1 and F2 under the names that the objective has for them."""
    return {CASH: worth[0], ECOSYSTEM: worth[1]}


def linear(terms: Iterable[tuple[float, Any]], constant: float = 0.0) -> Any:
    """Σ coefficient × variable + constant; a row without any variable is a row all the same."""
    kept = [(coefficient, variable) for coefficient, variable in terms if coefficient]
    coefficients, variables = [c for c, _ in kept], [v for _, v in kept]
    return LinearExpression(constant=constant, linear_coefs=coefficients, linear_vars=variables)
