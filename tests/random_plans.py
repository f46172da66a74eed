"""Random plans of random studies, drawn and not solved: any land, any starts, and what policy decides beside them.

They need not keep the rows of the policy, but what they book follows from the study: hectares enjoy uplift only under
the practices of a project that is open, land is sold in the steps that it fills.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import count, islice
from random import Random
from typing import Any

import numpy as np
import pyomo.environ as pyo

from tests import random_features as features
from tests.random_money import money_tables
from tests.random_rows import Tables, change, more, names
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError, items, period_names
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData, tell
from zonevest.model.policy import policy_model

AGAIN = {
    "instrument": "again", "kind": "bond", "refinances": 1, "rate": 0.03, "tenor_years": 3, "repay": "bullet",
    "in_debt_ratio": 1, "grace_years": 0, "self_supporting": 0, "green_only": 0, "outstanding_years": 4,
}  # fmt: skip
"""A bond that replaces others, and may have been issued before."""


def random_plan(study: Study, rnd: Random, *, borrowing: bool = False) -> PlanData:
    """A plan of a study; parcels are shared between options where the study divides them.

    Parameters
    ----------
    borrowing : money is raised and passed on too, and cash is what the model's own rows of cash make of it.

    Raises
    ------
    StudyError
        If a parcel is left without any option.
    """
    ledger = Ledger(build_options(study))
    model = policy_model(ledger)
    weight = np.zeros(len(ledger.options.kind))
    for first, end in zip(ledger.options.start[:-1], ledger.options.start[1:], strict=True):
        several = rnd.sample(
            range(first, end), min(end - first, rnd.choice([1, 2, 3]) if study.settings.divisible else 1)
        )
        shares = np.array([rnd.randint(1, 4) for _ in several], dtype=float)
        weight[several] = shares / shares.sum()
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(0.0, skip_validation=True)
    possible = ledger.works.possible
    started = np.zeros(possible.shape)
    for j in range(len(possible)):
        starts = np.flatnonzero(possible[j]).tolist()
        if starts and rnd.random() < 0.8:
            started[j, rnd.choice(starts) :] = 1.0
    names = period_names(study.periods)
    for (project, period), variable in model.U.items():
        variable.set_value(started[ledger.works.names.index(project), names.index(period)])
    begun = {
        name: names[int(np.argmax(row))] for name, row in zip(ledger.works.names, started, strict=True) if row.any()
    }
    _trade(model, rnd)
    _meet(model, begun)
    _raise(model, ledger, begun, weight, rnd)
    _sell(model, ledger, weight, started)
    if borrowing and study.settings.finance is not None:
        _borrow(model, begun, rnd)
        model.ledger.load(weight, started)
        _hold_cash(model, names)
    told = tell(model, weight, started, {})
    gains = {name: told.pop(name) for name in ("cash", "ecosystem")}
    nothing = ledger.doing_nothing() if study.has_doing_nothing else {}
    plan = PlanData(study, "feasible", has_plan=True, doing_nothing=nothing, **told)
    plan.cash, plan.ecosystem = (value - nothing.get(name, 0.0) for name, value in gains.items())
    return plan


def random_plans(number: int, *, borrowing: bool = False) -> list[tuple[int, PlanData]]:
    """So many plans of studies with money, and the seed of each; the same ones each time, drawn once: to be left alone.

    Parameters
    ----------
    borrowing : see `random_plan`; many studies have several budgets then, and a bond
        that replaces others.
    """
    known, more_of_them = _drawn(borrowing)
    known += islice(more_of_them, max(number - len(known), 0))
    return known[:number]


@cache
def _drawn(borrowing: bool) -> tuple[list[tuple[int, PlanData]], Iterator[tuple[int, PlanData]]]:
    """What has been drawn, and what goes on drawing."""
    return [], _draw(borrowing)


def _draw(borrowing: bool) -> Iterator[tuple[int, PlanData]]:
    for seed in count(1):
        rnd = Random(seed)
        settings, tables = money_tables(rnd, busy=True)
        features.open_land(rnd, tables)
        for name in ("people", "synergies", "price_steps", "sites"):
            if rnd.random() < 0.4:
                features.FEATURES[name](rnd, settings, tables)
        if rnd.random() < 0.7:
            _near(rnd, tables)
        if seed % 2:
            _earning(tables)
        if borrowing and "finance" in settings:
            more(tables, "instruments", [{**AGAIN, "outstanding": rnd.choice([0.0, 3.0])}])
            if rnd.random() < 0.6:
                features.budgets(rnd, settings, tables)
                apart = "fund" if rnd.random() < 0.5 else "enterprise"
                change(tables, "budgets", partial(_borrowed_by_firms, apart))
        try:
            study = make_study(settings | {"divisible": rnd.random() < 0.5}, **tables)
            plan = random_plan(study, rnd, borrowing=borrowing)
        except StudyError:
            continue
        yield seed, plan


def _earning(tables: Tables) -> None:
    """Who has the rise of land value by a land action earns something on it too, on some land more, on some less."""
    practices = names(tables, "practices", "practice")
    known = names(tables, "shares", "account")
    for account, basis, value in (("worth", "per_ha_once", 1.5), ("ground", "per_ha_year", 0.125)):
        row = {"account": account, "basis": basis}
        more(
            tables, "practice_flows", [row | {"practice": m, "value": value * (k + 1)} for k, m in enumerate(practices)]
        )
        if account not in known:
            both = [{"actor": "farmers", "share": 0.75}, {"actor": "local", "share": 0.25}]
            more(tables, "shares", [{"account": account, "role": "receives", "project": "", **one} for one in both])


def _borrowed_by_firms(budget: str, row: dict[str, Any]) -> dict[str, str]:
    return {"borrower": "enterprise"} if row["budget"] == budget else {}


def _near(rnd: Random, tables: Tables) -> None:
    """Most parcels lie near what projects build, which raises the value of most of them."""
    change(tables, "parcels", lambda row: {"tags": "near" if rnd.random() < 0.8 else row["tags"]})
    practices = names(tables, "practices", "practice")
    change(
        tables,
        "projects",
        lambda _: {
            "catchment": "near",
            "uplift_per_ha": rnd.randint(1, 8) / 8,
            "uplift_account": rnd.choice(["worth", "worth2"]),
            "uplift_of": ";".join(rnd.sample(practices, rnd.randint(0, len(practices)))),
        },
    )


def _trade(model: pyo.ConcreteModel, rnd: Random) -> None:
    """Quotas bought and sold, and transfers of the fund."""
    for name in ("buy", "sell", "transfer"):
        for variable in model.component(name).values():
            variable.set_value(rnd.choice([0.0, rnd.randint(1, 16) / 4]), skip_validation=True)


def _borrow(model: pyo.ConcreteModel, begun: dict[str, str], rnd: Random) -> None:
    """Money raised for projects that are built and in general, and passed on between budgets."""
    for (_, project, start, _), variable in model.draw.items():
        variable.set_value(float(begun.get(project) == start) * rnd.choice([0.0, rnd.randint(1, 16) / 4]))
    for name in ("raised", "passed"):
        for variable in model.component(name).values():
            variable.set_value(rnd.choice([0.0, rnd.randint(1, 16) / 4]))


def _hold_cash(model: pyo.ConcreteModel, names: list[str]) -> None:
    """Cash at the end of every period, one after the other, by the rows of cash."""
    for name in names:
        for index, variable in model.cash_end.items():
            if (index if isinstance(index, str) else index[-1]) == name:
                variable.set_value(0.0)
                variable.set_value(-float(pyo.value(model.cash[index].body)))


def _meet(model: pyo.ConcreteModel, begun: dict[str, str]) -> None:
    """Synergies of projects that are both built."""
    for (first, second, s, u), variable in model.together.items():
        variable.set_value(float(begun.get(first) == s and begun.get(second) == u))


def _raise(model: pyo.ConcreteModel, ledger: Ledger, begun: dict[str, str], weight: np.ndarray, rnd: Random) -> None:
    """Hectares that newly enjoy uplift: a part of those that can and do not yet."""
    options, names = ledger.options, period_names(ledger.study.periods)
    area = weight * ledger.study.parcels["area_ha"].to_numpy(dtype=float)[options.parcel]
    atoms = {atom.name: atom for atom in ledger.atoms}
    enjoyed: dict[tuple[str, str], float] = {}
    for (project, start, place, t), variable in sorted(model.uplifted.items(), key=lambda one: names.index(one[0][3])):
        if begun.get(project) != start:
            continue
        wanted = items(model.raising[project].uplift_of)
        under = np.full(len(options.kind_pattern), not wanted)
        for name in wanted:
            under |= ledger.states.mask(f"area.practice.{name}", names.index(t))
        room = area @ (under & atoms[place].patterns[options.kind_pattern])[options.kind]
        newly = rnd.choice([0.0, 0.5, 1.0]) * max(room - enjoyed.get((project, place), 0.0), 0.0)
        enjoyed[project, place] = enjoyed.get((project, place), 0.0) + newly
        variable.set_value(newly)


def _sell(model: pyo.ConcreteModel, ledger: Ledger, weight: np.ndarray, started: np.ndarray) -> None:
    """Price steps filled by the hectares that there are."""
    names = period_names(ledger.study.periods)
    for market in model.MARKETS:
        for t, name in enumerate(names):
            hectares = float(ledger.values([(market.area, t)], weight, started, [market.place])[0, 0])
            for k, filled in enumerate(market.filled(hectares, t), start=1):
                model.sold[market.account, market.area, market.place, k, name].set_value(filled, skip_validation=True)
