"""Who gains (FORMULATION.md section 8, (24)): actors, jurisdictions, and the compensation fund between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.areas import START, TOTAL, residents
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
    counted = residents(ledger.study, None, START)
    return {name: counted[name] for name in names if counted[name] > 0}


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
    """(24) The rows of who gains."""
    define_participation(model, ledger)
    define_participation_jurisdiction(model, ledger)
    define_jurisdiction_floor(model, ledger)
    define_positive(model, ledger)
    define_floor_share(model, ledger)
    define_fund(model, ledger)


def define_participation(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `participation[h]`: gain_h >= 0.

    In words: who is named as taking part does not lose. Unit: million, present value.
    """
    for actor in ledger.study.settings.equity.participation:
        told = (f"participation.{actor}", OF_ACTOR + actor, TOTAL, TOTAL, PRESENT)
        hold(model, "participation", actor, model.ledger[OF_ACTOR + actor, TOTAL, TOTAL], ">=", 0.0, told)


def define_participation_jurisdiction(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `participation_jurisdiction[g]`: gain_g + τ_g >= 0, where somebody is named as taking part.

    In words: nor does any jurisdiction lose. Unit: million, present value.
    """
    for name in ledger.study.jurisdictions["jurisdiction"] if ledger.study.settings.equity.participation else ():
        told = ("participation_jurisdiction", "gain.jurisdiction", name, TOTAL, PRESENT)
        gain = model.ledger["gain.jurisdiction", name, TOTAL]
        hold(model, "participation_jurisdiction", name, gain, ">=", 0.0, told)


def define_jurisdiction_floor(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `jurisdiction_floor[g]`: gain_g + τ_g >= φ x people_g / Σ people x Σ_g gain_g.

    In words: a jurisdiction gains per head a part of what all gain per head. Unit: million, present value.
    """
    part, book = ledger.study.settings.equity.jurisdiction_floor, model.ledger
    if part is None:
        return
    people, counted = people_at_start(ledger), of_jurisdictions(ledger.study)
    everyone = sum(people.values())
    earned = sum(book.sums[OF_ACTOR + actor](name) for name in people for actor in counted)
    for name, count in people.items():
        told = ("jurisdiction_floor", "gain.jurisdiction", name, TOTAL, PRESENT)
        equal, gain = count / everyone * earned, book["gain.jurisdiction", name, TOTAL]
        hold(model, "jurisdiction_floor", name, gain, ">=", part * equal, told, of=(part, equal))


def define_positive(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `positive[h]`: p_h >= gain_h, where an actor has a floor; p_h is `positive_gain[h]` >= 0.

    In words: only what is gained counts in the sum of which an actor gets its part. Unit: million, present value.
    """
    named = [row.actor for row in each(ledger.study.actors) if row.actor != OUTSIDE] if _floors(ledger) else []
    model.positive_gain = pyo.Var(named, domain=pyo.NonNegativeReals)
    for actor, variable in model.positive_gain.items():
        hold(model, "positive", actor, variable, ">=", model.ledger[OF_ACTOR + actor, TOTAL, TOTAL])


def define_floor_share(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `floor_share[h]`: gain_h >= share_h x Σ p.

    In words: an actor gets its part of all that is gained. Unit: million, present value.
    """
    everything = sum(model.positive_gain.values())
    for actor, share in _floors(ledger).items():
        told = (f"floor_share.{actor}", OF_ACTOR + actor, TOTAL, TOTAL, PRESENT)
        gain = model.ledger[OF_ACTOR + actor, TOTAL, TOTAL]
        hold(model, "floor_share", actor, gain, ">=", share * everything, told, of=(share, everything))


def _floors(ledger: Ledger) -> dict[str, float]:
    """The actors that get a part of all that is gained, and the part."""
    return {row.actor: row.floor_share for row in each(ledger.study.actors) if not np.isnan(row.floor_share)}


def define_fund(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(24) `fund[t]`: Σ τ to date <= receipts less payments of the fund to date.

    In words: the compensation fund passes on no more than it has received. Unit: million.
    """
    fund = ledger.study.settings.equity.fund
    if fund is None or not len(model.transfer):
        return
    paid: Any = 0.0
    received: Any = 0.0
    model.fund = pyo.Constraint(pyo.Any)
    for name in period_names(ledger.study.periods):
        paid += sum(variable for (_, when), variable in model.transfer.items() if when == name)
        received += model.ledger[PAID_TO + fund, TOTAL, name]
        model.fund[name] = paid - received <= 0
        told = ("fund", "gain.jurisdiction", TOTAL, name, "<=", paid, received, "million")
        model.told.append(Told(*told, model.fund[name].name))


def settle_positive(model: pyo.ConcreteModel) -> None:
    """Make p_h the positive part of the gain of h: a solver may leave it above, as long as the rows hold."""
    variables = model.component("positive_gain")
    for actor, variable in variables.items() if variables is not None else ():
        gain = pyo.value(model.ledger[OF_ACTOR + actor, TOTAL, TOTAL])
        variable.set_value(max(0.0, gain), skip_validation=True)
