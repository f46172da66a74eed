"""What is legal but suspicious in amounts: yuan for million yuan, per cent for shares, units that do not fit.

Warnings by the rules of ``rules.csv``, beside those of `zonevest.instances.suspicious`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.checks_flows import ONCE
from zonevest.instances.context import Context
from zonevest.instances.defaults import default
from zonevest.instances.faults import some, within
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.schema import FLOW_TABLES
from zonevest.instances.study import Settings
from zonevest.instances.tables import NO_ROW, Typed

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCIES = ("CNY", "USD", "EUR", "GBP")
"""Currencies of which the limits below speak; nobody could say them of a hundred others."""
TIMES = 300.0
"""How many times the largest default of its kind an amount may be: a slip is by 1e4 or 1e6, a good reason by tens."""
USUAL_TIMES, BUDGET_TIMES = 30.0, 20.0
"""How many times the default amount of the very same place and account an amount may be, and all capex or debt what the
budget takes in a year: 10,000 yuan taken for a million are a hundred times as much."""
PER_HECTARE = 1e4
"""Million per hectare: 1 million a square metre, ten times the dearest land there is."""
PROJECT = 1e5
"""Million: what the longest bridge over the sea cost."""
PER_HEAD, PER_AREA = 1.0, 100.0
"""Million a year of public revenue per head, and per hectare: both more than tenfold of any city of the world."""
GROWTH, PEOPLE, RATE, TAX = 0.2, 0.1, 0.25, 0.1
"""Shares a year above which a growth, a growth of people, a rate and a yearly tax are seldom meant."""
AMOUNTS = {
    "projects": ("capex", "annual_revenue", "annual_cost"),
    "instruments": ("outstanding", "limit_total", "limit_period"),
    "budgets": ("opening_cash", "reserve"),
}
"""Columns of money that are those of a whole project, or a whole budget."""
TOTALS = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources", "opening_cash")
"""Keys of [finance] likewise."""
YEARLY = re.compile(r"/\s*(year|yr|a)\b|(per|and) (year|annum)|annual|a year|\b(yr|year|a)\s?(-1|⁻¹)|/年|每年|年$")
HECTARE = re.compile(r"/\s*(ha|hm2|hm²|hectare|mu)\b|per (ha|hectare|mu)\b|\bha\s?(-1|⁻¹)|/(公顷|亩)|每(公顷|亩)")
LAND = re.compile(HECTARE.pattern + r"|(/|per |每)\s*(k?m2|k?m²|平方)")
"""Of a hectare, or of another measure of land."""
MONEY = re.compile(r"yuan|cny|rmb|usd|eur|gbp|元", re.IGNORECASE)
MILLION = re.compile(r"million|\bmn?\b|百万|1e6|10\^6", re.IGNORECASE)


def check_amounts(study: Context) -> None:
    """Take down what is suspicious in amounts, rates and units."""
    assert study.settings is not None
    _units(study)
    _growth(study, study.settings)
    _rates(study, study.settings)
    _periods(study)
    if study.settings.currency in CURRENCIES:
        for name in FLOW_TABLES:
            if (flows := study.rows(name)) is not None:
                chinese = study.settings.currency == "CNY"
                _flows(study, flows, _usual(name) if chinese else {}, _usual(name, True) if chinese else {})
        for name, columns in AMOUNTS.items():
            if (table := study.rows(name)) is not None:
                for column in columns:
                    at = own(table, np.nan_to_num(table.number(column)) > PROJECT)
                    study.tell(table, at, column, rule("columns.money", column=column))
        _totals(study, study.settings)
        _beside_budget(study, study.settings)


def own(table: Typed, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    """Rows of a mask that the study has written itself."""
    return [i for i in np.flatnonzero(mask).tolist() if table.rows[i] != NO_ROW]


def _units(study: Context) -> None:
    """An account's unit is that of its total: million where it is money, a year where it is annual, no hectare."""
    accounts = study.tables["accounts"]
    unit, paid, family = (accounts.text(column) for column in ("unit", "recurrence", "family"))
    cash = accounts.flag("cash")
    written = [i for i in range(accounts.size) if unit[i] and accounts.rows[i] != NO_ROW]
    land = [i for i in written if HECTARE.search(unit[i])]
    study.tell(accounts, land, "unit", rule("accounts.unit-hectare"))
    yearly = [i for i in written if YEARLY.search(unit[i]) and paid[i] != "annual"]
    study.tell(accounts, yearly, "unit", rule("accounts.unit-year"), found=lambda i: f"{unit[i]!r}, {paid[i]}")
    money = [i for i in written if cash[i] or family[i] in ("revenue", "cost", "ecosystem")]
    small = [i for i in money if MONEY.search(unit[i]) and not MILLION.search(unit[i])]
    study.tell(accounts, small, "unit", rule("accounts.unit-million"))
    yearless = [
        i
        for i in money
        if i not in {*land, *small} and paid[i] == "annual" and _of_money(unit[i]) and not YEARLY.search(unit[i])
    ]
    study.tell(accounts, yearless, "unit", rule("accounts.unit-annual"), found=lambda i: f"{unit[i]!r}, {paid[i]}")
    for name in FLOW_TABLES:
        if (flows := study.rows(name)) is not None and any(flows.text("unit")):
            _of_basis(study, flows)


def _of_money(unit: str) -> bool:
    return bool(MONEY.search(unit) or MILLION.search(unit))


def _of_basis(study: Context, flows: Typed) -> None:
    """The unit of an amount is that of its basis: of a year and of a hectare where that is, and only there.

    Units that speak of neither money nor land may count what is there (jobs, people): they need no year.
    """
    basis, unit, scaled = flows.text("basis"), flows.text("unit"), flows.text("scale_by")
    own = [i for i, cell in enumerate(unit) if cell and flows.rows[i] != NO_ROW]
    money = _money(study)
    account = flows.text("account")
    cash = [i for i in own if account[i] in money and _of_money(unit[i])]
    once = [i for i in own if basis[i] in ONCE and YEARLY.search(unit[i])]
    annual = [i for i in cash if basis[i] not in ONCE and not YEARLY.search(unit[i])]
    # what is scaled by a column may be an amount of that column's unit
    whole = [i for i in own if not basis[i].startswith("per_ha") and LAND.search(unit[i]) and not scaled[i]]
    land = [i for i in cash if basis[i].startswith("per_ha") and not LAND.search(unit[i]) and not scaled[i]]
    told = {"flows.unit-year": once, "flows.unit-annual": annual, "flows.unit-whole": whole, "flows.unit-land": land}
    for name, at in told.items():
        if at:
            found = some(dict.fromkeys(f"{unit[i]!r}, {basis[i]}" for i in at))
            study.faults.add(flows.where(at, "unit"), rule(name), found)


def _growth(study: Context, settings: Settings) -> None:
    """2 instead of 0.02."""
    tables = {"accounts": ("growth", GROWTH), "jurisdictions": ("population_growth", PEOPLE)}
    for name, (column, most) in tables.items():
        table = study.rows(name)
        if table is not None:
            fast = np.abs(np.nan_to_num(table.number(column))) > most
            study.tell(table, own(table, fast), column, rule("columns.growth", column=column, most=most))
    stated = [("population_growth", settings.population_growth, PEOPLE)]
    if settings.finance is not None:
        stated += [(f"finance.growth.{key}", rate, GROWTH) for key, rate in settings.finance.growth.items()]
    for key, rate, most in stated:
        if abs(rate) > most:
            must = rule("columns.growth", column=key.rpartition(".")[2], most=most)
            study.faults.add(within(study.label, key), must, f"{rate:g}")


def _rates(study: Context, settings: Settings) -> None:
    """0.5 for 5 % or for 0.5 %, where 5 is refused."""
    for name, column in (("instruments", "rate"), ("projects", "hurdle")):
        table = study.rows(name)
        if table is not None:
            must = rule("columns.rate", column=column, most=RATE)
            study.tell(table, own(table, np.nan_to_num(table.number(column)) > RATE), column, must)
    tools = study.rows("capture")
    if tools is not None:
        high = tools.flag("annual") & (tools.number("rate") > TAX)
        study.tell(tools, own(tools, high), "rate", rule("capture.yearly-rate", most=TAX))
    stated = [("rates.finance", settings.rates.finance), ("rates.social", settings.rates.social)]
    if settings.finance is not None:
        stated += [(f"finance.hurdle.{key}", rate) for key, rate in settings.finance.hurdle.items()]
    for key, rate in stated:
        if rate > RATE:
            must = rule("columns.rate", column=key.rpartition(".")[2], most=RATE)
            study.faults.add(within(study.label, key), must, f"{rate:g}")


def _periods(study: Context) -> None:
    """A name that reads like years says those of the period."""
    for period in study.periods or ():
        years = re.fullmatch(r"(\d{4})(?:\s*[-–/]\s*(\d{4}))?", period.name)
        if years and (int(years[1]), int(years[2] or years[1])) != (period.start, period.last):
            found = say("{name!r}: from {start} to {last}", name=period.name, start=period.start, last=period.last)
            study.faults.add(within(study.label, "periods"), rule("periods.years"), found)


def _money(study: Context) -> set[str]:
    """The accounts of which amounts are million."""
    accounts = study.tables["accounts"]
    names, family, cash = accounts.text("account"), accounts.text("family"), accounts.flag("cash").tolist()
    return {name for name, of, paid in zip(names, family, cash, strict=True) if paid or of == "ecosystem"}


def _flows(
    study: Context, flows: Typed, usual: Mapping[tuple[str, ...], float], same: Mapping[tuple[str, ...], float]
) -> None:
    """Amounts of money beside the default rows of their kind, and beside the dearest land."""
    account, basis, scaled = (flows.text(name) for name in ("account", "basis", "scale_by"))
    value = np.abs(flows.number("value"))

    def most(i: int) -> float:
        end = PER_HECTARE if basis[i].startswith("per_ha") else PROJECT
        return min(end, TIMES * usual.get((account[i], basis[i]), np.inf))

    money = _money(study)
    large = own(flows, value > min(PER_HECTARE, PROJECT, *(TIMES * each for each in usual.values())))
    large = [i for i in large if account[i] in money and not scaled[i] and value[i] > most(i)]
    study.tell(flows, large, "value", rule("flows.money"), found=lambda i: f"{value[i]:g} ({account[i]})")
    if not same:
        return
    keys = list(zip(flows.text(flows.table.columns[0].name), account, basis, strict=True))
    least = USUAL_TIMES * min(same.values())
    more = [i for i in own(flows, value > least) if account[i] in money and not scaled[i]]
    more = [i for i in more if value[i] > USUAL_TIMES * same.get(keys[i], np.inf) and i not in set(large)]
    study.tell(
        flows, more, "value", rule("flows.usual", times=USUAL_TIMES),
        found=lambda i: say("{value:g}, usually {usual:g} ({account})", value=value[i], usual=same[keys[i]],
                            account=account[i]),
    )  # fmt: skip


@cache
def _usual(table: str, same: bool = False) -> Mapping[tuple[str, ...], float]:
    """The largest default value by account and basis, above 0; of the same class, zone or practice if asked for."""
    if table not in ("class_flows", "zone_flows", "practice_flows"):
        return {}
    rows, found = default(table), dict[tuple[str, ...], float]()
    columns = ([rows.table.columns[0].name] if same else []) + ["account", "basis"]
    for *key, value in zip(*map(rows.text, columns), rows.number("value").tolist(), strict=True):
        found[tuple(key)] = max(found.get(tuple(key), 0.0), abs(value))
    return {key: value for key, value in found.items() if value > 0}


def _totals(study: Context, settings: Settings) -> None:
    """Totals of the budget beside people and land, or beside the largest of any province."""
    finance, parcels = settings.finance, study.rows("parcels")
    if finance is None:
        return
    people, area = everybody(study), float(parcels.number("area_ha").sum()) if parcels is not None else 0.0
    for key in TOTALS:
        value = getattr(finance, key) or 0.0
        parts = {"head": (people, PER_HEAD), "hectare": (area, PER_AREA)}
        for of, (count, most) in parts.items():
            if count > 0 and value / count > most:
                found = say("{value:,.6g} million, {each:,.6g} a head", value=value, each=value / count)
                if of == "hectare":
                    found = say("{value:,.6g} million, {each:,.6g} a hectare", value=value, each=value / count)
                study.faults.add(within(study.label, f"finance.{key}"), rule("finance.money"), found)
                break


def _beside_budget(study: Context, settings: Settings) -> None:
    """All capex, and all debt, beside what the budget takes in a year; a budget that has been told is no measure."""
    told = {getattr(must, "name", "") for must in study.faults.warnings()["must"]}
    budget = 0.0 if told & {"parcels.built-budget", "finance.money"} else a_year(settings)
    for name, column in (("projects", "capex"), ("instruments", "outstanding")):
        if budget > 0 and (table := study.rows(name)) is not None:
            amounts = np.nan_to_num(table.number(column))
            total = float(amounts[amounts <= PROJECT].sum())  # what is larger has been told
            if total > BUDGET_TIMES * budget:
                found = say("{total:,.6g} million in all, {budget:,.6g} million a year", total=total, budget=budget)
                must = rule("finance.beside", column=column, times=BUDGET_TIMES)
                study.faults.add(table.where(column=column), must, found)


def a_year(settings: Settings) -> float:
    """Million that the budget takes in a year, 0 where it is not stated."""
    finance = settings.finance
    if finance is None:
        return 0.0
    return finance.fiscal_resources or (finance.own_revenue or 0.0) + (finance.transfers or 0.0)


def everybody(study: Context) -> float:
    """Everybody who is counted: those of jurisdictions, else those of parcels."""
    named, parcels = study.rows("jurisdictions"), study.rows("parcels")
    stated = float(np.nansum(named.number("population"))) if named is not None else 0.0
    return stated or (float(parcels.number("population").sum()) if parcels is not None else 0.0)
