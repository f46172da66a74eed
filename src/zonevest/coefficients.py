"""Coefficients that a sensitivity varies: the cells they are, between which ends, and the study with them changed.

A coefficient is a few changes as a scenario makes them (see `zonevest.instances.scenarios`), all by one factor or to
one value: the capex of every project, a key of study.toml, the price of land in each table that states it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances import keys, names
from zonevest.instances.cells import plain
from zonevest.instances.faults import Faults, meant
from zonevest.instances.say import listed, say
from zonevest.instances.scenarios import FIXED, NAME, VALUE, Change, ChangeError, State, at_path, state_of
from zonevest.instances.schema import BY_NAME
from zonevest.instances.settings import known_paths, to_toml

if TYPE_CHECKING:
    from zonevest.instances.study import Study

FACTOR = "factor"
FLOWS = ("class_flows", "zone_flows", "practice_flows", "project_flows", "parcel_flows")
READY = (
    "discount_rate", "exchange_rate", "ecosystem_floor", "project_capex", "project_revenue", "land_price",
    "quota_grants", "debt_cap", "ecosystem_values",
)  # fmt: skip
"""Names of the ready-made set, whether or not a study has amounts for them."""
WAY, NARROW, FLOOR = 0.2, 0.1, 0.01
"""How far ready-made coefficients go up and down: most, the debt cap, and the floor, a share of what is there."""


class _AskedError(Exception):
    """What is wrong with how a coefficient is written."""

    def __init__(self, must: str, found: str, do: str) -> None:
        super().__init__(must)
        self.must, self.found, self.do = must, found, do


@dataclass(frozen=True)
class Coefficient:
    """What is varied.

    Attributes
    ----------
    name : as it was asked for, or of the ready-made set.
    changes : the cells, each change without its amount.
    op : factor (amounts are multiplied) or value (they are replaced).
    low, high : the ends, as factors or values.
    base : what it is in the study: 1 of a factor; NaN where several cells differ, or hold no number.
    """

    name: str
    changes: tuple[Change, ...]
    op: str
    low: float
    high: float
    base: float


def coefficients(study: Study, asked: Sequence[str] = ()) -> list[Coefficient]:
    """The coefficients that are asked for; without any the ready-made ones that the study has.

    Parameters
    ----------
    asked : each ``NAME``, ``NAME=LOW,HIGH`` or ``PATH=LOW,HIGH``. NAME is of the ready-made set; PATH is a key of
        study.toml with dots, or ``TABLE/KEY/COLUMN`` as a scenario names cells. LOW and HIGH are per cents by which
        amounts change (``-20%,+20%``), or values (``0.04,0.06``).

    Raises
    ------
    StudyError
        With everything that is wrong with what is asked.
    """
    ready = {each.name: each for each in ready_made(study)}
    faults, found = Faults(), list[Coefficient]()
    for text in asked or ready:
        try:
            one = _read(study, text, ready)
            held = [_made(study, one, end) for end in (one.low, one.high)]
            found.append(replace(one, base=1.0 if one.op == FACTOR else _same(held[0])))
        except (ChangeError, _AskedError) as error:
            faults.add(_where(text), error.must, error.found, error.do)
    twice = sorted({each.name for each in found if [other.name for other in found].count(each.name) > 1})
    if twice:
        must = say("each coefficient is varied once")
        faults.add("--vary", must, listed(twice), say("leave out the second"))
    faults.stop_if_any()
    return found


def varied(study: Study, amounts: Sequence[tuple[Coefficient, float]]) -> Study:
    """The study with coefficients changed, each to a factor or value; checked again.

    Raises
    ------
    StudyError
        If that makes a study with faults.
    """
    state, faults = state_of(study), Faults()
    for coefficient, amount in amounts:
        for change in coefficient.changes:
            try:
                _make(state, change, amount)
            except ChangeError as error:
                faults.add(_where(coefficient.name), error.must, error.found, error.do)
    faults.stop_if_any()
    tables: dict[str, pd.DataFrame | None] = {
        name: study.tables[name].assign(**columns) for name, columns in state.changed.items()
    }
    return study.replace(state.toml, **tables)


def ready_made(study: Study) -> list[Coefficient]:
    """The coefficients of the ready-made set that a study has amounts for."""
    accounts = study.accounts

    def flows(which: pd.Series) -> list[Change]:
        wanted = set(accounts.loc[which, "account"])
        return [
            _cells(table, f"*/{account}", VALUE)
            for table in FLOWS
            for account in sorted(wanted & set(study.tables[table]["account"]))
        ]

    prices = study.price_steps["account"]
    sold = [each for each in dict.fromkeys(prices) if each in {*_with_role(accounts, "land_sale"), "land_discount"}]
    goal, finance = study.settings.objective, study.settings.finance
    given = {
        "discount_rate": ([_key("rates.finance")], WAY),
        "exchange_rate": ([_key("objective.ecosystem")] if goal.cash and goal.ecosystem else [], WAY),
        "ecosystem_floor": ([_key("objective.floor.ecosystem")] if "ecosystem" in goal.floor else [], FLOOR),
        "project_capex": ([_cells("projects", "*", "capex")], WAY),
        "project_revenue": ([_cells("projects", "*", "annual_revenue")], WAY),
        "land_price": (
            [*flows(accounts["role"] == "land_sale"), *(_cells("price_steps", f"{each}/*", "price") for each in sold)],
            WAY,
        ),
        "quota_grants": ([_cells("quotas", "*", "granted"), _cells("quota_grants", "*", "amount")], WAY),
        "debt_cap": ([_key("finance.debt_ratio_cap")] if finance and finance.debt_ratio_cap else [], NARROW),
        "ecosystem_values": (
            [*flows(accounts["family"] == "ecosystem"), _cells("projects", "*", "annual_ecosystem")],
            WAY,
        ),
    }  # fmt: skip
    found = []
    for name, (changes, way) in given.items():
        there = tuple(change for change in changes if _matters(study, change))
        if there:
            found.append(Coefficient(name, there, FACTOR, 1 - way, 1 + way, 1.0))
    return found


def _with_role(accounts: pd.DataFrame, role: str) -> set[str]:
    return set(accounts.loc[accounts["role"] == role, "account"])


def _cells(table: str, key: str, column: str) -> Change:
    return Change(table, key, column, "", FACTOR, "1")


def _key(path: str) -> Change:
    return Change(names.STUDY, path, VALUE, "", FACTOR, "1")


def _matters(study: Study, change: Change) -> bool:
    """Whether a change means cells that are not all blank or 0."""
    try:
        before, _ = state_of(study).make(change)
    except ChangeError:
        return False
    return any(number and number == number for number in _numbers(before))


def _read(study: Study, text: str, ready: Mapping[str, Coefficient]) -> Coefficient:
    """A coefficient as it is written; its base is not known yet."""
    path, equals, ends = (part.strip() for part in text.rpartition("="))
    if not equals:
        path = text.strip()
        if path not in ready:
            _refuse_empty(path, ready)
            must = say("a coefficient is NAME, NAME=LOW,HIGH or PATH=LOW,HIGH")
            do = meant(path, ready, say("write it as --vary project_capex=-20%,+20% or --vary rates.finance=0.04,0.06"))
            raise _AskedError(must, path, do)
        return ready[path]
    op, low, high = _ends(ends)
    _refuse_empty(path, ready)
    if path in ready:
        if op != FACTOR:
            must = say("a coefficient of the ready-made set changes by per cents")
            raise _AskedError(must, ends, say("write it as --vary project_capex=-20%,+20%"))
        return replace(ready[path], low=low, high=high)
    table, _, rest = path.partition("/")
    code = names.tables().get(names.plain(table), table)
    if rest and code in BY_NAME and code != NAME:
        key, _, column = rest.rpartition("/")
        change = Change(code, key, column, "", op, "1")
    else:
        change = _key(path)
        known = [*ready, *known_paths(to_toml(study.settings, None))]
        if keys.split(path)[0] not in FIXED and at_path(to_toml(study.settings, None), keys.split(path)) is None:
            must = say("PATH is a key of study.toml that is set, TABLE/KEY/COLUMN, or a name of the ready-made set")
            do = meant(path, known, say("take one of {names}, or a path", names=listed(ready)))
            raise _AskedError(must, path, do)
    return Coefficient(path, (replace(change, op=op),), op, low, high, math.nan)


def _refuse_empty(path: str, ready: Mapping[str, Coefficient]) -> None:
    """A name of the ready-made set that the study has no amounts for."""
    if path in READY and path not in ready:
        must = say("a coefficient of the ready-made set has amounts in the study")
        raise _AskedError(must, path, say("take one of {names}, or a path", names=listed(ready)))


def _ends(text: str) -> tuple[str, float, float]:
    """``-20%,+20%`` -> factors 0.8 and 1.2; ``0.04,0.06`` -> values."""
    must = say("LOW,HIGH are two per cents or two numbers, the lower one first")
    parts = [part.strip() for part in text.split(",")]
    per_cent = [part.endswith("%") for part in parts]
    try:
        numbers = [float(part.removesuffix("%")) for part in parts]
    except ValueError:
        numbers = []
    sound = len(numbers) == 2 and len(set(per_cent)) == 1 and all(map(math.isfinite, numbers))
    if not sound or numbers[0] >= numbers[1]:
        raise _AskedError(must, text, say("write it as -20%,+20% or as 0.04,0.06"))
    if per_cent[0]:
        return FACTOR, 1 + numbers[0] / 100, 1 + numbers[1] / 100
    return VALUE, numbers[0], numbers[1]


def _made(study: Study, coefficient: Coefficient, amount: float) -> list[Any]:
    """The cells of a coefficient as they are, once they have been changed by an amount in vain."""
    state = state_of(study)
    return [before for change in coefficient.changes for before in _make(state, change, amount)]


def _make(state: State, change: Change, amount: float) -> list[Any]:
    """Make a change by an amount; the cells before it."""
    return state.make(replace(change, amount=repr(float(amount))))[0]


def _same(cells: Sequence[Any]) -> float:
    """The number that all cells hold; NaN where they differ or one holds none."""
    held = {
        float(plain(each)) if isinstance(each, (int, float, np.number)) and not isinstance(each, bool) else math.nan
        for each in _numbers(cells)
    }
    return held.pop() if len(held) == 1 else math.nan


def _numbers(cells: Sequence[Any]) -> list[Any]:
    """What cells hold, values by period one by one."""
    return [number for each in cells for number in (each.values() if isinstance(each, Mapping) else [each])]


def _where(text: str) -> str:
    return say("--vary {path}", path=text)
