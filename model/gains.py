"""Who gains (FORMULATION.md section 8, (24)): actors, jurisdictions, and the compensation fund between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.areas import START, TOTAL, population
from zonevest.model.book import Told
from zonevest.model.builtin import actors
from zonevest.model.finance import hold
from zonevest.model.flows import CASH, OF_ACTOR, OUTSIDE, PAID_TO

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.ledger import Ledger

PRESENT = "million, present value"


def people_at_start(ledger: Ledger) -> dict[str, float]:
    """People of the jurisdictions that have some, at the start."""
    names = ledger.study.jurisdictions["jurisdiction"]
    counted = {name: population(ledger.study, name, None, START) for name in names}
    return {name: people for name, people in counted.items() if people > 0}


def of_jurisdictions(study: Study) -> list[str]:
    """The actors whose gains are a jurisdiction's: those of participation, else every one that is not public."""
    named = list(study.settings.equity.participation)
    if study.actors.empty:
        return named or [name for name in actors(study) if name not in {*study.settings.purse, OUTSIDE}]
    return named or [row.actor for row in each(study.actors) if not row.public and row.actor != OUTSIDE]


def define_transfers(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`transfer[g,t]`: million that the compensation fund passes on to jurisdiction g in t; and the accounts `gain.…`.

    A gain is a present value above doing nothing; a transfer is paid in equal yearly parts of its period.
    """
    study, names = ledger.study, period_names(ledger.study.periods)
    fund = study.settings.equity.fund
    index = [(g, t) for g in people_at_start(ledger) for t in names] if fund else []
    model.transfer = pyo.Var(index, domain=pyo.NonNegativeReals)
    mean = ledger.clock.mean(ledger.clock.discount(ledger.clock.finance))
    for (_, t), variable in model.transfer.items():
        cost = -float(mean[names.index(t)])
        model.ledger.worth(OF_ACTOR + str(fund), "", cost, variable)
        if fund in study.settings.purse:
            model.ledger.worth(CASH, "", cost, variable)

    def of_actor(name: str) -> Any:
        return lambda place: model.ledger.plain((name, place, TOTAL)) - ledger.gain_of_nothing(name, place)

    def of_jurisdiction(place: str) -> Any:
        gains = sum(model.ledger.sums[OF_ACTOR + actor](place) for actor in of_jurisdictions(study))
        return gains + sum(
            float(mean[names.index(t)]) * variable for (g, t), variable in model.transfer.items() if place in (g, TOTAL)
        )

    for actor in actors(study):
        model.ledger.sums[OF_ACTOR + actor] = of_actor(OF_ACTOR + actor)
    model.ledger.sums["gain.jurisdiction"] = of_jurisdiction


def define_gains(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `participation[h]`, `participation_jurisdiction[g]`, `jurisdiction_floor[g]`, `floor_share[h]`, `fund[t]`.

    In words: who is named must not lose, nor may a jurisdiction; a jurisdiction gains a share of the mean per head;
    an actor gets a share of all gains; and the fund passes on no more than it has received.
    """
    study, book = ledger.study, model.ledger
    equity = study.settings.equity
    for actor in equity.participation:
        told = (f"participation.{actor}", OF_ACTOR + actor, TOTAL, TOTAL, PRESENT)
        hold(model, "participation", actor, book[OF_ACTOR + actor, TOTAL, TOTAL], ">=", 0.0, told)
    for name in study.jurisdictions["jurisdiction"] if equity.participation else ():
        told = ("participation_jurisdiction", "gain.jurisdiction", name, TOTAL, PRESENT)
        hold(model, "participation_jurisdiction", name, book["gain.jurisdiction", name, TOTAL], ">=", 0.0, told)
    if equity.jurisdiction_floor is not None:
        people = people_at_start(ledger)
        everyone = sum(people.values())
        earned = sum(book.sums[OF_ACTOR + actor](name) for name in people for actor in of_jurisdictions(study))
        for name, count in people.items():
            least, gain = equity.jurisdiction_floor * count / everyone * earned, book["gain.jurisdiction", name, TOTAL]
            told = ("jurisdiction_floor", "gain.jurisdiction", name, TOTAL, PRESENT)
            hold(model, "jurisdiction_floor", name, gain, ">=", least, told)
    _floors(model, ledger)
    if equity.fund is not None and len(model.transfer):
        _fund(model, ledger, equity.fund)


def _floors(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `positive[h]`: p_h >= gain of h; `floor_share[h]`: gain of h >= share x Σ p."""
    floors = {row.actor: row.floor_share for row in each(ledger.study.actors) if not np.isnan(row.floor_share)}
    named = [row.actor for row in each(ledger.study.actors) if row.actor != OUTSIDE] if floors else []
    model.positive_gain = pyo.Var(named, domain=pyo.NonNegativeReals)
    for actor in named:
        gain = model.ledger[OF_ACTOR + actor, TOTAL, TOTAL]
        hold(model, "positive", actor, model.positive_gain[actor], ">=", gain)
    everything = sum(model.positive_gain[actor] for actor in named)
    for actor, share in floors.items():
        told = (f"floor_share.{actor}", OF_ACTOR + actor, TOTAL, TOTAL, PRESENT)
        hold(model, "floor_share", actor, model.ledger[OF_ACTOR + actor, TOTAL, TOTAL], ">=", share * everything, told)


def settle_positive(model: pyo.ConcreteModel) -> None:
    """Make p_h the positive part of the gain of h: a solver may leave it above, as long as the rows hold."""
    variables = model.component("positive_gain")
    for actor, variable in variables.items() if variables is not None else ():
        gain = pyo.value(model.ledger[OF_ACTOR + actor, TOTAL, TOTAL])
        variable.set_value(max(0.0, gain), skip_validation=True)


def _fund(model: pyo.ConcreteModel, ledger: Ledger, fund: str) -> None:
    """(24) `fund[t]`: Σ transfers to date <= receipts less payments of the fund to date."""
    names = period_names(ledger.study.periods)
    paid: Any = 0.0
    received: Any = 0.0
    model.fund = pyo.Constraint(pyo.Any)
    for name in names:
        paid += sum(variable for (_, when), variable in model.transfer.items() if when == name)
        received += model.ledger[PAID_TO + fund, TOTAL, name]
        model.fund[name] = paid - received <= 0
        told = ("fund", "gain.jurisdiction", TOTAL, name, "<=", paid, received, "million")
        model.told.append(Told(*told, model.fund[name].name))
