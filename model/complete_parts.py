"""The decisions of the complete model, and what its rows are written from (FORMULATION.md sections 3 and 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import pyomo.environ as pyo

from zonevest.instances.accounts import GAINS, MONEY
from zonevest.instances.study import Study, items
from zonevest.model.complete_budgets import index_of
from zonevest.model.complete_finance import Finance
from zonevest.model.complete_flows import Flows
from zonevest.model.complete_gains import Gains
from zonevest.model.complete_hurdle import possible_starts
from zonevest.model.complete_ledger import TOTAL, Books, Ledger
from zonevest.model.complete_options import Land, Option, Record, records
from zonevest.model.complete_prices import Schedules
from zonevest.model.complete_quotas import trades
from zonevest.model.complete_rows import Undertaking
from zonevest.model.complete_synergies import Synergies
from zonevest.model.complete_terms import CASH, ECOSYSTEM, Choice, Posting, Start, Terms, linear
from zonevest.model.complete_uplift import Catchments


class Build:
    """The model under construction, and what its rows are written from.

    Attributes
    ----------
    choices, starts : options by parcel, and possible starts of projects.
    catchments : the land that projects raise the value of.
    possible : the positions of the periods in which each project can start, and is worth it.
    synergies, schedules : what projects bring together; prices that change with the amount.
    postings : what uplift, trades of quotas, synergies and steps of prices book beside parcels and projects.
    finance : what is raised, and cash; None without [finance].
    gains : who gains, and transfers from the fund.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.names = [period.name for period in study.periods]
        self.land = Land(study)
        self.flows = Flows(study, self.land)
        self.book = Ledger(self.flows)
        self.read = accounts_read(study)
        if study.settings.finance is not None:
            self.read |= self.book.budgets.accounts()
        self.flat_needed = any(str(basis).startswith("share_of_start") for basis in study.limits["basis"])
        self.model = model = pyo.ConcreteModel(name=study.settings.name)

        options = {parcel_id: self.land.options(parcel) for parcel_id, parcel in self.land.parcels.items()}
        keys = [(parcel_id, o.practice, self.start_name(o)) for parcel_id in options for o in options[parcel_id]]
        model.x = pyo.Var(keys, domain=pyo.UnitInterval if study.settings.divisible else pyo.Binary)
        model.U = pyo.Var(list(self.land.projects), self.names, domain=pyo.Binary)
        for name in ("short", "excess", *MONEY_VARIABLES):
            model.add_component(name, pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False))
        tills = self.book.budgets.tills if study.settings.finance else []
        model.cash_end = pyo.Var([index_of(b, name) for b in tills for name in self.names], domain=pyo.Reals)
        model.ledger = pyo.Expression(pyo.Any)
        model.ledger_at_start_prices = pyo.Expression(pyo.Any)
        model.worth = pyo.Expression(pyo.Any)
        model.gain = pyo.Expression(pyo.Any)

        self.choices = {
            parcel_id: [self._choice(parcel, option) for option in options[parcel_id]]
            for parcel_id, parcel in self.land.parcels.items()
        }
        self.possible = possible_starts(self.flows)
        self.starts = [
            self._start(project, s)
            for project in self.land.projects.values()
            for s in self.possible[project["project"]]
        ]
        self._starts_books: dict[tuple[str, int, str, bool], Books] = {}
        self._before: dict[str, dict[str, float]] = {}
        self.catchments = Catchments(self)
        self.synergies, self.schedules = Synergies(self), Schedules(self)
        self.postings: list[Posting] = [
            *self.catchments.postings(),
            *trades(self),
            *self.synergies.postings(),
            *self.schedules.postings(),
        ]
        self.gains = Gains(self)
        self.finance = None if study.settings.finance is None else Finance(self, study.settings.finance)

    def start_name(self, option: Option) -> str:
        """The name of the period in which an option starts, ``""`` where it has no start."""
        return "" if option.start is None else self.names[option.start]

    def _choice(self, parcel: Record, option: Option) -> Choice:
        x = self.model.x[parcel["parcel_id"], option.practice, self.start_name(option)]
        undertaking = self.flows.option(parcel, option)
        books = self._kept(self.book.of_parcel(parcel, option, undertaking))
        flat = self._kept(self.book.of_parcel(parcel, option, undertaking, True)) if self.flat_needed else books
        return Choice(parcel, option, x, undertaking, books, flat, self.worths(undertaking))

    def _start(self, project: Record, s: int) -> Start:
        undertaking = self.flows.start(project, s)
        left = tuple(self.book.sites.of_start(project, s))
        worths = [self.worths(each) for each in (undertaking, *(each.undertaking for each in left))]
        return Start(project, s, undertaking, left, {term: sum(each[term] for each in worths) for term in worths[0]})

    def posting(self, variable: Any, jurisdiction: str, undertaking: Undertaking) -> Posting:
        """What one unit of a variable books in a jurisdiction (``""`` or `total`: in the total alone)."""
        books = self._kept(self.book.of(undertaking))
        flat = self._kept(self.book.of(undertaking, True)) if self.flat_needed else books
        places = frozenset({TOTAL, jurisdiction} - {""})
        return Posting(variable, places, undertaking, books, flat, self.worths(undertaking))

    def worths(self, undertaking: Undertaking) -> dict[str, float]:
        """F1 and F2 of an undertaking."""
        rates, flows = self.study.settings.rates, self.flows
        return {
            CASH: flows.worth(undertaking, flows.cash_part, rates.finance),
            ECOSYSTEM: flows.worth(undertaking, flows.ecosystem_part, rates.social),
        }

    def books(self, parcel: Record, option: Option) -> Books:
        """The accounts of a parcel under an option, as far as any row reads them."""
        return self._kept(self.book.of_parcel(parcel, option, self.flows.option(parcel, option)))

    def _kept(self, books: Books) -> Books:
        return {account: series for account, series in books.items() if account in self.read}

    @cached_property
    def places_of(self) -> Mapping[str, frozenset[str]]:
        """The places of every parcel: all of them together, its jurisdiction, its tags."""
        found: dict[str, set[str]] = defaultdict(set)
        for place, parcels in self.parcels_at.items():
            for parcel_id in parcels:
                found[parcel_id].add(place)
        return {parcel_id: frozenset(places) for parcel_id, places in found.items()}

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
            books = self.book.of_project(start.project, start.s, start.undertaking, place, start_prices)
            self._starts_books[key] = self._kept(books)
        return self._starts_books[key]

    def started(self, start: Start, coefficient: float) -> Terms:
        """The terms of coefficient × u_js."""
        j, s = start.project["project"], start.s
        terms = [(coefficient, self.model.U[j, self.names[s]])]
        return [*terms, (-coefficient, self.model.U[j, self.names[s - 1]])] if s else terms

    def ledger(self, account: str, place: str, period: str, start_prices: bool = False) -> Any:
        """(2) L_agt = Σ_k M x_k + Σ_j,s P u_js + uplift, captures and trades: an account of a place in a period.

        Or over `total`, as gains always are. Finance is the budget entity's: of no jurisdiction.
        """
        component = self.model.ledger_at_start_prices if start_prices else self.model.ledger
        key = (account, place, TOTAL if account.startswith(GAINS) else period)
        if key not in component:
            if account.startswith(GAINS):
                component[key] = self.gains.account(account, place)
                return component[key]
            if account.startswith("finance."):
                component[key] = (
                    self.finance.account(account, period) if self.finance and place == TOTAL else linear(())
                )
                return component[key]
            terms: Terms = []
            for parcel_id in self.parcels_at.get(place, []):
                for choice in self.choices[parcel_id]:
                    books = choice.books_flat if start_prices else choice.books
                    if account in books:
                        terms.append((self.book.over(account, books[account], period), choice.x))
            for start in self.starts:
                books = self.books_of_start(start, place, start_prices)
                if account in books:
                    terms += self.started(start, self.book.over(account, books[account], period))
            for posting in self.postings:
                books = posting.books_flat if start_prices else posting.books
                if place in posting.places and account in books:
                    terms.append((self.book.over(account, books[account], period), posting.variable))
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
        if account.startswith("finance."):
            return self.finance.before(account) if self.finance else 0.0
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

    def everything(self) -> Iterator[tuple[Terms, frozenset[str], Undertaking]]:
        """Everything that is decided: its terms, the places where it is booked, and what it brings."""
        for parcel_id, choices in self.choices.items():
            for choice in choices:
                yield [(1.0, choice.x)], self.places_of[parcel_id], choice.undertaking
        for start in self.starts:
            places = frozenset({TOTAL, start.project["jurisdiction"]} - {""})
            yield self.started(start, 1.0), places, start.undertaking
            for left in start.left:  # of the place of the land, and of no project
                yield self.started(start, 1.0), frozenset({TOTAL, left.place} - {""}), left.undertaking
        for posting in self.postings:
            yield [(1.0, posting.variable)], posting.places, posting.undertaking


MONEY_VARIABLES = (
    "uplifted",
    "together",
    "sold",
    "buy",
    "sell",
    "balance",
    "draw",
    "raised",
    "passed",
    "transfer",
    "positive_gain",
    "give",
)
"""Decisions that are not negative, and that are there only where the study has what they decide on."""


def accounts_read(study: Study) -> set[str]:
    """The accounts that a row or the objective reads; the others are not kept."""
    read = set(study.limits["account"]) | set(study.limit_terms["account"])
    read |= {basis.partition(":")[2] for basis in study.limits["basis"]}
    read |= set(study.settings.objective.accounts)
    read |= {pool_account(project) for project in records(study.projects)}
    read |= {f"area.practice.{name}" for name in study.practices["practice"]}
    read |= {f"area.class.{name}" for name in study.land_take["land_class"]}
    read |= set(study.quotas["account_used"]) | set(study.quotas["account_generated"])
    read |= set(study.price_steps["area_account"])
    read |= {"population"} if "per_head" in set(study.limits["basis"]) else set()
    return read if study.settings.finance is None else read | {*MONEY}


def pool_account(project: Record) -> str:
    """The stock that a project's min_area counts: ``zone:05`` is `area.zone.05`."""
    return "area." + str(project["min_area_of"]).replace(":", ".", 1)
