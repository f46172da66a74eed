"""[finance] and [equity] of study.toml: from nested keys to `Finance` and `Equity`, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from zonevest.instances.faults import choice, meant, some
from zonevest.instances.finance import GROWING, SOFT, VALUES, Equity, Finance, Value
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.schema import CATEGORIES
from zonevest.instances.study import Period

if TYPE_CHECKING:
    from zonevest.instances.settings import Reader

AMOUNTS = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources")
SHARES = (
    "refinance_share",
    "interest_share_general",
    "interest_share_fund",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
)
"""Values that are no more than 1."""
NEEDS: Mapping[str, str] = {
    "debt_ratio_cap": "fiscal_resources",
    "dscr_from": "dscr_min",
    "dscr_scope": "dscr_min",
}
"""Keys that mean nothing without another."""
ON = {"operating_balance": "operating_balance_from"}
"""What puts a row on, where that is not the key of the row's own name."""
BY_TABLE = ("golden_rule", "refinance_share", "cover_min")
"""Rows that the instruments put on, no key."""


def parse_finance(values: Mapping[str, Any], periods: Sequence[Period] | None, read: Reader) -> Finance:
    """Check the keys of [finance]; `periods` is None where they are not sound."""
    known = [each.name for each in fields(Finance)]
    read.unknown(values, known, "finance")
    given: dict[str, Any] = {}
    for key in AMOUNTS:
        if key in values:
            given[key] = read.number(values, key, 0.0, f"finance.{key}", low=0.0)
    if "opening_cash" in values:
        given["opening_cash"] = read.number(values, "opening_cash", 0.0, "finance.opening_cash")
    for key in VALUES:
        if key in values:
            given[key] = _value(values[key], key, periods, read)
    if "eod_eco_share" in values:
        given["eod_eco_share"] = read.number(values, "eod_eco_share", 0.0, "finance.eod_eco_share", low=0.0, high=1.0)
    given["hurdle"] = _numbers(values, "hurdle", CATEGORIES, read, 0.0, low=0.0, high=1.0)
    given["growth"] = _numbers(values, "growth", GROWING, read, 0.0, low=-0.5, high=1.0)
    given["soft"] = _numbers(values, "soft", SOFT, read, 1.0, low=0.0)
    for key in ("dscr_from", "operating_balance_from"):
        if key in values:
            given[key] = _period(values, key, periods, read)
    if "dscr_scope" in values:
        given["dscr_scope"] = _scope(values["dscr_scope"], read)
    if "land_rent" in values:
        given["land_rent"] = read.flag(values, "land_rent", True, "finance.land_rent")
    _pairs(values, given, read)
    return Finance(**given)


def _scope(scope: object, read: Reader) -> str:
    if scope not in ("new", "all"):
        must = rule("finance.scope", column="dscr_scope", choices=choice(("new", "all")), key="dscr_scope", value="new")
        read.wrong("finance.dscr_scope", must, scope)
        return "new"
    return str(scope)


def _pairs(values: Mapping[str, Any], given: Mapping[str, Any], read: Reader) -> None:
    """Keys that mean nothing alone have what they need, and only rows that are on are soft."""
    for key, needs in NEEDS.items():
        if key in values and needs not in values:
            must = rule("finance.needs", column=key, needs=needs)
            read.wrong(f"finance.{key}", must, say("no {key}", key=needs))
    for key in given["growth"]:
        if key not in values:
            must = rule("finance.growth-needs", key=key, row=f"growth.{key}")
            read.wrong(f"finance.growth.{key}", must, say("no {key}", key=key))
    for row, penalty in given["soft"].items():
        where, key = f"finance.soft.{row}", ON.get(row, row)
        if penalty == 0:
            must = rule("finance.soft-penalty")
            read.wrong(where, must, "0")
        if row not in BY_TABLE and key not in values:
            must = rule("finance.soft-on", row=f"soft.{row}", key=key)
            read.wrong(where, must, say("no {key}", key=key))


def _value(value: Any, key: str, periods: Sequence[Period] | None, read: Reader) -> Value:
    """A number, or a table of numbers by period."""
    high = 1.0 if key in SHARES else math.inf
    if not isinstance(value, Mapping):
        return read.number({key: value}, key, 0.0, f"finance.{key}", low=0.0, high=high)
    names = None if periods is None else [period.name for period in periods]
    if not value:
        must = rule("finance.value", key=key)
        read.wrong(f"finance.{key}", must, "{}")
    strange = [str(name) for name in value if names is not None and name not in names]
    if strange:
        must = rule("finance.by-period", key=key, periods=choice(names or ["…"]))
        read.wrong(f"finance.{key}", must, some(map(repr, strange)), meant(strange[0], names or (), must.do))
    return {
        str(name): read.number(value, name, 0.0, f"finance.{key}.{name}", low=0.0, high=high)
        for name in value
        if str(name) not in strange
    }


def _numbers(
    values: Mapping[str, Any],
    key: str,
    known: Sequence[str],
    read: Reader,
    default: float,
    *,
    low: float,
    high: float = math.inf,
) -> dict[str, float]:
    """A table of numbers; one that is at fault takes the default, so that it is told once."""
    table = read.table(values, key, f"finance.{key}")
    read.unknown(table, known, f"finance.{key}")
    return {
        name: read.number(table, name, default, f"finance.{key}.{name}", low=low, high=high)
        for name in table
        if name in known
    }


def _period(values: Mapping[str, Any], key: str, periods: Sequence[Period] | None, read: Reader) -> str | None:
    name = values[key]
    names = None if periods is None else [period.name for period in periods]
    if isinstance(name, str) and (names is None or name in names):
        return name
    if str(name) in (names or ()):
        read.wrong(f"finance.{key}", rule("finance.period-text", key=key, value=name), name)
    else:
        must = rule("finance.period", key=key, choices=choice(names or ["…"]))
        read.wrong(f"finance.{key}", must, name, meant(str(name), names or (), must.do))
    return None


def parse_equity(values: Mapping[str, Any], read: Reader) -> Equity:
    """Check the keys of [equity]."""
    read.unknown(values, [each.name for each in fields(Equity)], "equity")
    floor = None
    if "jurisdiction_floor" in values:
        floor = read.number(values, "jurisdiction_floor", 0.0, "equity.jurisdiction_floor", low=0.0, high=1.0)
    fund = read.text(values, "fund", "", "equity.fund") if "fund" in values else None
    participation = read.texts(values, "participation", (), "equity.participation")
    if len(set(participation)) < len(participation):
        must = rule("equity.twice", key="participation")
        read.wrong("equity.participation", must, repr(list(participation)))
    return Equity(tuple(dict.fromkeys(participation)), floor, fund or None)


def finance_to_toml(finance: Finance) -> dict[str, Any]:
    """[finance] with everything that is given, defaults included."""
    out: dict[str, Any] = {}
    for each in fields(Finance):
        value = getattr(finance, each.name)
        if isinstance(value, Mapping):
            value = dict(value)
        if value is not None and value != {}:
            out[each.name] = value
    if finance.dscr_min is None:
        del out["dscr_scope"]  # it goes with dscr_min
    return out


def equity_to_toml(equity: Equity) -> dict[str, Any]:
    """[equity] with everything that is given."""
    stated = {
        "participation": list(equity.participation),
        "jurisdiction_floor": equity.jurisdiction_floor,
        "fund": equity.fund,
    }
    return {key: value for key, value in stated.items() if value not in (None, [])}
