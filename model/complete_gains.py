"""Who gains: gain.…, transfers from the fund, rows (24) (docs/semantics.md, "Who gains")."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_debt import years_of
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import Option, Record, blank, records
from zonevest.model.complete_rows import Undertaking
from zonevest.model.complete_shares import OUTSIDE
from zonevest.model.complete_terms import Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

ACTOR = "gain.actor."


class Gains:
    """The gains of actors and of jurisdictions over doing nothing, present values over everything.

    Attributes
    ----------
    fund : the actor that compensates jurisdictions, or None.
    people : of each jurisdiction with people, at the start.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.fund = build.study.settings.equity.fund
        heads = {g: build.book.population(g, build.study.first_year) for g in build.book.jurisdictions}
        self.people = {g: people for g, people in heads.items() if people > 0}
        self._worths: dict[str, list[tuple[float, Terms, frozenset[str]]]] = {}
        self._nothing: dict[tuple[str, str], float] = {}
        receivers = self.people if self.fund is not None else ()
        self._transfers = {(g, name): build.model.transfer[g, name] for g in receivers for name in build.names}

    def transfers(self, t: int) -> list[Any]:
        """τ_gt of every jurisdiction in a period; none without a fund."""
        return [transfer for (_, name), transfer in self._transfers.items() if name == self.build.names[t]]

    def transferred(self, places: list[str]) -> Terms:
        """Σ_t τ_gt × mean over t of δ: what transfers to some jurisdictions are worth, in equal yearly parts."""
        rate, periods = self.build.study.settings.rates.finance, self.build.study.periods
        worth = {
            period.name: sum(self.build.flows.discount(rate, year) for year in years_of(period)) / period.years
            for period in periods
        }
        return [(worth[name], transfer) for (g, name), transfer in self._transfers.items() if g in places]

    def paid_by_purse(self) -> Terms:
        """What transfers take from F1: all of them where the fund is the purse's, whose cash they leave."""
        if self.fund not in self.build.study.settings.purse:
            return []
        return [(-worth, transfer) for worth, transfer in self.transferred(list(self.people))]

    # Accounts

    def account(self, account: str, place: str) -> Any:
        """gain.actor.<h> and gain.jurisdiction of a place."""
        if account.startswith(ACTOR):
            actor = account.removeprefix(ACTOR)
            # The fund is of all places: what it hands on is no loss of the place that gets it.
            paid = self.transferred(list(self.people)) if actor == self.fund and place == TOTAL else []
            return self.of_actor(actor, place) - linear(paid)
        return self.of_jurisdiction(place) + linear(self.transferred(list(self.people) if place == TOTAL else [place]))

    def of_actor(self, actor: str, place: str) -> Any:
        """Σ F1's arithmetic with the actor's parts, less the same at doing nothing; transfers of the fund apart."""
        if actor not in self._worths:
            self._worths[actor] = [
                (self._worth(undertaking, actor), terms, places)
                for terms, places, undertaking in self.build.everything()
            ]
        found = self._worths[actor]
        terms = [(worth * c, v) for worth, each, places in found if place in places for c, v in each]
        return linear(terms, -self._at_nothing(actor, place))

    def of_jurisdiction(self, place: str) -> Any:
        """The gains in a place of the actors whose participation is asked for; what it gets from the fund apart.

        Where the fund is one of them, what it hands on lessens its gain in the total, which gains nothing by it.
        """
        actors = self.build.study.settings.equity.participation or self.build.flows.shares.private()
        return pyo.quicksum([linear(()), *(self.account(ACTOR + actor, place) for actor in actors)])

    def _worth(self, undertaking: Undertaking, actor: str) -> float:
        flows = self.build.flows

        def part(account: str, project: str) -> float:
            return flows.shares.gain_part(account, actor, project)

        return flows.worth(undertaking, part, self.build.study.settings.rates.finance)

    def _at_nothing(self, actor: str, place: str) -> float:
        key = (actor, place)
        if key not in self._nothing:
            parcels = [each for each in self._held if place in self.build.places_of[each[0]]]
            self._nothing[key] = sum(self._worth(undertaking, actor) for _, undertaking in parcels)
        return self._nothing[key]

    @cached_property
    def _held(self) -> list[tuple[str, Undertaking]]:
        return [
            (parcel["parcel_id"], self.build.flows.option(parcel, hold)) for parcel, hold in doing_nothing(self.build)
        ]

    # The fund's receipts

    def receipts(self, actor: str, t: int) -> Any:
        """What an actor receives less what it pays in cash in a period, over everything."""
        terms: Terms = []
        for each, _, undertaking in self.build.everything():
            amount = self._received(undertaking, actor, t)
            terms += [(amount * c, v) for c, v in each]
        return linear(terms)

    def _received(self, undertaking: Undertaking, actor: str, t: int) -> float:
        flows, total = self.build.flows, 0.0
        for run, amount in undertaking.flows:
            part = flows.shares.cash_part(run.row.account, actor, undertaking.project)
            if part and flows.recurrence(run.row.account) != "stock":
                years = 1 if run.row.once else self.build.study.periods[t].years
                total += part * amount * years * flows.measure(run)[t]
        return total


def doing_nothing(build: Build) -> list[tuple[Record, Option]]:
    """Doing nothing: every parcel on hold; nothing at all where the study has no such state."""
    if not build.study.has_doing_nothing:
        return []
    return [(parcel, build.land.hold(parcel)) for parcel in build.land.parcels.values()]


def booked_at_nothing(build: Build, account: str, period: str) -> float:
    """L° of an account over all places in a period, or over `total`."""
    return booked(build, doing_nothing(build), account, period)


def booked(build: Build, parcels: list[tuple[Record, Option]], account: str, period: str) -> float:
    """L of an account over some parcels under some options."""
    books = [build.books(parcel, option) for parcel, option in parcels]
    return sum(build.book.over(account, own[account], period) for own in books if account in own)


def fund(build: Build) -> None:
    """(24) Σ_t'≤t Σ_g τ_gt' ≤ Σ_t'≤t (receives less pays of the fund on money accounts).

    In words: the fund hands on what it has taken in to date. Applies where jurisdictions with people have a fund;
    ``fund[period]``.
    """
    model, gains = build.model, build.gains
    model.fund = pyo.Constraint(pyo.Any)
    if gains.fund is None or not gains.people:
        return
    for t, name in enumerate(build.names):
        paid = linear((1.0, transfer) for each in range(t + 1) for transfer in gains.transfers(each))
        model.fund[name] = paid - pyo.quicksum(gains.receipts(gains.fund, each) for each in range(t + 1)) <= 0


def participation(build: Build) -> None:
    """(24) gain.actor.h ≥ 0 of the actors named, gain.jurisdiction of g ≥ 0 of every jurisdiction.

    In words: nobody who is asked to take part loses, and no place does; ``participation[actor]``,
    ``participation_jurisdiction[jurisdiction]``.
    """
    model, named = build.model, build.study.settings.equity.participation
    model.participation, model.participation_jurisdiction = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    for actor in named:
        model.participation[actor] = build.ledger(f"{ACTOR}{actor}", TOTAL, TOTAL) >= 0
    for g in build.book.jurisdictions if named else ():
        model.participation_jurisdiction[g] = build.ledger("gain.jurisdiction", g, TOTAL) >= 0


def jurisdiction_floor(build: Build) -> None:
    """(24) gain.jurisdiction of g − φ · people_g / Σ people · Σ_g' gain.jurisdiction without τ ≥ 0.

    In words: transfers counted, nobody's place gains less per head than a share of what all gain per head. Applies to
    jurisdictions with people; ``jurisdiction_floor[jurisdiction]``.
    """
    model, gains, share = build.model, build.gains, build.study.settings.equity.jurisdiction_floor
    model.jurisdiction_floor = pyo.Constraint(pyo.Any)
    if share is None:
        return
    for g, people in gains.people.items():
        part = share * people / sum(gains.people.values())
        whole = pyo.quicksum(gains.of_jurisdiction(place) for place in gains.people)
        model.jurisdiction_floor[g] = build.ledger("gain.jurisdiction", g, TOTAL) - part * whole >= 0


def floor_share(build: Build) -> None:
    """(24) gain.actor.h − floor_share · Σ_h' p_h' ≥ 0, p_h − gain.actor.h ≥ 0, p_h ≥ 0.

    In words: an actor has at least a share of the sum of all positive gains, those of `outside` apart. Applies to
    actors with a floor_share; ``floor_share[actor]``, and for every actor of the table ``positive[actor]``.
    """
    model, actors = build.model, records(build.study.actors)
    model.floor_share, model.positive = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    if all(blank(row["floor_share"]) for row in actors):
        return
    counted = [row["actor"] for row in actors if row["actor"] != OUTSIDE]
    for actor in counted:
        model.positive[actor] = model.positive_gain[actor] - build.ledger(f"{ACTOR}{actor}", TOTAL, TOTAL) >= 0
    for row in actors:
        if not blank(row["floor_share"]):
            gain = build.ledger(f"{ACTOR}{row['actor']}", TOTAL, TOTAL)
            terms = [(row["floor_share"], model.positive_gain[actor]) for actor in counted]
            model.floor_share[row["actor"]] = gain - linear(terms) >= 0
