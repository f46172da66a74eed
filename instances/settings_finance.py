"""[finance] and [equity] of study.toml: from nested keys to `Finance` and `Equity`, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from zonevest.instances.faults import choice
from zonevest.instances.finance import GROWING, SOFT, VALUES, Equity, Finance, Value
from zonevest.instances.study import Period

if TYPE_CHECKING:
    from zonevest.instances.settings import _Reader as Reader

LATER = ("hurdle", "eod_eco_share")
AMOUNTS = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources")
SHARES = ("refinance_share", "land_sale_share_cap", "green_share_min", "real_estate_share_max")
"""Values that are no more than 1."""
YET = "is not part of this version yet"


def parse_finance(values: Mapping[str, Any], periods: Sequence[Period] | None, read: Reader) -> Finance:
    """Check the keys of [finance]; `periods` is None where they are not sound."""
    known = [each.name for each in fields(Finance)]
    for key in LATER:
        if key in values:
            read.wrong(f"finance.{key}", f"{key} is absent: it {YET}", repr(values[key]), "take the key out")
    read.unknown({key: None for key in values if key not in LATER}, known, "finance")
    given: dict[str, Any] = {}
    for key in AMOUNTS:
        if key in values:
            given[key] = read.number(values, key, 0.0, f"finance.{key}", low=0.0)
    if "opening_cash" in values:
        given["opening_cash"] = read.number(values, "opening_cash", 0.0, "finance.opening_cash")
    for key in VALUES:
        if key in values:
            given[key] = _value(values[key], key, periods, read)
    given["growth"] = _numbers(values, "growth", GROWING, read, low=-0.5, high=1.0)
    given["soft"] = _numbers(values, "soft", SOFT, read, low=0.0)
    for key, penalty in given["soft"].items():
        if penalty == 0:
            must = "a soft row has a penalty above 0, per unit by which it is missed"
            read.wrong(f"finance.soft.{key}", must, "0", "write a penalty, or take the key out to make the row hard")
    for key in ("dscr_from", "operating_balance_from"):
        if key in values:
            given[key] = _period(values, key, periods, read)
    if "dscr_scope" in values:
        scope = values["dscr_scope"]
        if scope not in ("new", "all"):
            read.wrong("finance.dscr_scope", "dscr_scope is new or all", scope, 'write dscr_scope = "new"')
        else:
            given["dscr_scope"] = scope
    if "land_rent" in values:
        given["land_rent"] = read.flag(values, "land_rent", True, "finance.land_rent")
    return Finance(**given)


def _value(value: Any, key: str, periods: Sequence[Period] | None, read: Reader) -> Value:
    """A number, or a table of numbers by period."""
    high = 1.0 if key in SHARES else math.inf
    if not isinstance(value, Mapping):
        return read.number({key: value}, key, 0.0, f"finance.{key}", low=0.0, high=high)
    names = None if periods is None else [period.name for period in periods]
    strange = [str(name) for name in value if names is not None and name not in names]
    if strange:
        must = f"{key} by period names periods: {choice(names or ['…'])}"
        read.wrong(f"finance.{key}", must, ", ".join(map(repr, strange)), "correct the names")
    return {
        str(name): read.number(value, name, 0.0, f"finance.{key}.{name}", low=0.0, high=high)
        for name in value
        if str(name) not in strange
    }


def _numbers(
    values: Mapping[str, Any], key: str, known: Sequence[str], read: Reader, *, low: float, high: float = math.inf
) -> dict[str, float]:
    table = read.table(values, key, f"finance.{key}")
    read.unknown(table, known, f"finance.{key}")
    return {
        name: read.number(table, name, 0.0, f"finance.{key}.{name}", low=low, high=high)
        for name in table
        if name in known
    }


def _period(values: Mapping[str, Any], key: str, periods: Sequence[Period] | None, read: Reader) -> str | None:
    name = values[key]
    names = None if periods is None else [period.name for period in periods]
    if isinstance(name, str) and (names is None or name in names):
        return name
    read.wrong(f"finance.{key}", f"{key} is the name of a period", name, f"write one of {choice(names or ['…'])}")
    return None


def parse_equity(values: Mapping[str, Any], read: Reader) -> Equity:
    """Check the keys of [equity]."""
    read.unknown(values, [each.name for each in fields(Equity)], "equity")
    floor = None
    if "jurisdiction_floor" in values:
        floor = read.number(values, "jurisdiction_floor", 0.0, "equity.jurisdiction_floor", low=0.0, high=1.0)
    fund = read.text(values, "fund", "", "equity.fund") if "fund" in values else None
    participation = read.texts(values, "participation", (), "equity.participation")
    return Equity(participation, floor, fund or None)


def finance_to_toml(finance: Finance) -> dict[str, Any]:
    """[finance] with everything that is given, defaults included."""
    out: dict[str, Any] = {}
    for each in fields(Finance):
        value = getattr(finance, each.name)
        if isinstance(value, Mapping):
            value = dict(value)
        if value is not None and value != {}:
            out[each.name] = value
    return out


def equity_to_toml(equity: Equity) -> dict[str, Any]:
    """[equity] with everything that is given."""
    stated = {
        "participation": list(equity.participation),
        "jurisdiction_floor": equity.jurisdiction_floor,
        "fund": equity.fund,
    }
    return {key: value for key, value in stated.items() if value not in (None, [])}
