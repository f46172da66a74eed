"""The table of planning indicators: binding and expected ones, at the base, in the near term and in the target year.

An indicator is an account of the ledger or a ratio of such (codes ``indicator.…``). It is binding where a hard limit of
the study is on its account over the whole area, else expected. Stocks are those at the end of a period, annual accounts
the mean per year, one-off ones what is done to date since the beginning of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import each, period_names
from zonevest.model.areas import START, TOTAL, population
from zonevest.model.options import inside_line
from zonevest.reports.cash_flow import cash_flow
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.farmland import farmland_changes
from zonevest.reports.land_tables import BUILT
from zonevest.reports.tables import account_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

COLUMNS = [
    "number", "topic", "indicator", "binding", "unit", "base_year", "base", "near_year", "near", "target_year",
    "target_value",
    "sense", "near_asked", "target_asked", "met", "limit", "stated_in",
]  # fmt: skip
AREAS = (
    "area.class_group.arable", "quality.arable", "area.class_group.garden", "area.class_group.forest",
    "area.class_group.grass", "area.class_group.wetland", "area.class_group.water", "area.class_group.construction",
    "area.new_construction", "area.lost.class_group.arable", "area.gained.class_group.arable", "area.rezoned",
    "area.converted",
)  # fmt: skip
"""Accounts of areas that are told wherever there is something of them."""
LINES = ("redline", "basic_farmland", "growth_boundary")
MONEY = ("debt_ratio", "cover", "land_sale_share", "balance_after_interest", "closing_cash")
"""Items of the cash flow that are told."""
RULES = {"debt_ratio": ("debt_ratio_cap", "<=", 100.0), "cover": ("dscr_min", ">=", 1.0),
         "land_sale_share": ("land_sale_share_cap", "<=", 100.0)}  # fmt: skip
"""Which number of [finance] is on which of them, its sense, and the factor to its unit."""
TOPICS = ("land", "people", "ecology", "economy", "finance")
CLOSE = 1e-9


class _Table:
    """Indicators as they are found: code -> (topic, unit, base, near, target)."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, str, float, float, float]] = {}

    def add(self, topic: str, code: str, unit: str, base: float, near: float, target: float) -> None:
        """An indicator, once, where there is anything of it."""
        values = np.array([base, near, target], dtype=float)
        if code not in self.rows and (np.abs(values[~np.isnan(values)]) > CLOSE).any():
            self.rows[code] = topic, unit, float(base), float(near), float(target)


def statutory_indicators(facts: Facts) -> pd.DataFrame:
    """The indicators of a plan.

    Returns
    -------
    DataFrame
        ``number`` (1, 2, …), ``topic``, ``indicator`` (an account, or a code ``indicator.…``), ``binding`` (binding,
        expected), ``unit``, ``base_year, base`` (before the first period), ``near_year, near`` (end of the near term),
        ``target_year, target_value`` (end of the last period), ``sense, near_asked, target_asked`` (what a limit asks
        for, in the same terms), ``met`` (every limit on the account), ``limit`` (the first of them), ``stated_in``.
    """
    found = _Table()
    for account in AREAS:
        _account(facts, found, "land", account)
    _lines(facts, found)
    _ratios(facts, found)
    _families(facts, found)
    _finance(facts, found)
    asked = _asked(facts)
    for account in asked:
        _account(facts, found, _topic(account), account)
    asked |= _held(found) | _rules_of_money(facts)
    study, near = facts.study, facts.study.periods[facts.near]
    rows: list[tuple[object, ...]] = []
    for code, (topic, unit, *values) in sorted(found.rows.items(), key=lambda row: TOPICS.index(row[1][0])):
        kind, sense, near_asked, target_asked, met, limit, source = asked.get(code, ("expected", "", *_NOTHING))
        rows.append(
            (len(rows) + 1, topic, code, kind, unit, study.first_year, values[0], near.last, values[1], study.last_year,
             values[2], sense, near_asked, target_asked, met, limit, source)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


_NOTHING = (np.nan, np.nan, True, "", "")


def _topic(account: str) -> str:
    head = account.partition(".")[0]
    return {"area": "land", "quality": "land", "asset": "ecology", "population": "people", "finance": "finance",
            "money": "finance", "gain": "finance"}.get(head, "economy")  # fmt: skip


def _values(facts: Facts, account: str) -> tuple[float, float, float]:
    """An account at the base, in the near term and at the end."""
    ledger, names = facts.ledger, period_names(facts.study.periods)
    recurrence = ledger.recurrence(account)
    cells = facts.by_period.get(account, {})
    told = np.array([cells.get(name, 0.0) for name in names])
    if recurrence == "one_off":
        told = np.cumsum(told)
        return np.nan, float(told[facts.near]), float(told[-1])
    return facts.before.get(account, np.nan), float(told[facts.near]), float(told[-1])


def _account(facts: Facts, found: _Table, topic: str, account: str, *, base: bool = True) -> None:
    first, near, target = _values(facts, account)
    found.add(topic, account, account_unit(facts.study, account), first if base else np.nan, near, target)


def _lines(facts: Facts, found: _Table) -> None:
    """Land inside the control lines, which a plan does not move."""
    parcels = facts.study.parcels
    for line in LINES if len(parcels) else ():
        area = float(parcels["area_ha"].to_numpy(dtype=float)[inside_line(parcels, line)].sum())
        found.add("land", f"indicator.{line}", "ha", area, area, area)


def _ratios(facts: Facts, found: _Table) -> None:
    """Forest cover, construction land a head, arable land built on, people."""
    study, clock = facts.study, facts.ledger.clock
    if study.parcels.empty:
        return
    whole = float(study.parcels["area_ha"].sum())
    forest = np.array(_values(facts, "area.class_group.forest"))
    if whole > 0:
        found.add("ecology", "indicator.forest_cover", "percent", *(100.0 * forest / whole).tolist())
    before = population(study, TOTAL, None, START)
    _, near, target = _values(facts, "population")
    if not near:
        near, target = (population(study, TOTAL, clock, t) for t in (facts.near, len(study.periods) - 1))
    people = np.array([before, near, target])
    found.add("people", "population", "people", *people.tolist())
    built = 1e4 * np.array(_values(facts, f"area.class_group.{BUILT}"))
    heads = np.divide(built, people, out=np.full(3, np.nan), where=people > 0)
    found.add("people", "indicator.construction_per_head", "m2", *heads.tolist())
    changes = farmland_changes(facts)
    lost = changes[(changes["jurisdiction"] == TOTAL) & (changes["way"] == "lost") & (changes["group"] == BUILT)]
    by_period = lost.groupby("period")["area_ha"].sum().reindex(period_names(study.periods)).fillna(0.0).cumsum()
    if len(lost):
        found.add(
            "land", "indicator.arable_built", "ha", np.nan, float(by_period.iloc[facts.near]), float(by_period.iloc[-1])
        )


def _families(facts: Facts, found: _Table) -> None:
    """Accounts of carbon and social ones, ecosystem value in all, land under restoration."""
    table = facts.study.accounts
    for family, topic in (("carbon", "ecology"), ("social", "people")):
        for account in table.loc[table["family"] == family, "account"]:
            _account(facts, found, topic, str(account))
    natural = table[
        (table["family"] == "ecosystem") & (table["counterpart_of"] == "") & (table["recurrence"] == "annual")
    ]
    sums = np.zeros(3)
    for account in natural["account"]:
        sums += np.array(_values(facts, str(account)))
    found.add("ecology", "indicator.ecosystem", "million/year", *sums.tolist())
    restoring = facts.study.practices.loc[facts.study.practices["restoration"], "practice"]
    if len(restoring):
        areas = np.sum([_values(facts, f"area.practice.{name}") for name in restoring], axis=0)
        found.add("ecology", "indicator.restored", "ha", *areas.tolist())


def _finance(facts: Facts, found: _Table) -> None:
    """What a lender looks at, from the cash flow."""
    if facts.study.settings.finance is None:
        return
    table = cash_flow(facts.plan, facts.books)
    table = table[(table["instrument"] == "") & (table["account"] == "")]
    names = period_names(facts.study.periods)
    for item in MONEY:
        rows = table[table["item"] == item]
        values = rows.set_index("period")["value"].to_dict()
        unit = str(rows["unit"].iloc[0]) if len(rows) else ""
        near, target = (values.get(names[t], np.nan) for t in (facts.near, -1))
        found.add("finance", f"indicator.{item}", unit, values.get("start", np.nan), near, target)


def _held(found: _Table) -> dict[str, tuple[str, str, float, float, bool, str, str]]:
    """Control lines: what is inside them stays so."""
    areas = {f"indicator.{line}": found.rows.get(f"indicator.{line}") for line in LINES}
    return {code: ("binding", "==", row[3], row[4], True, "", "") for code, row in areas.items() if row is not None}


def _rules_of_money(facts: Facts) -> dict[str, tuple[str, str, float, float, bool, str, str]]:
    """What [finance] asks of the ratios that are told."""
    finance, names = facts.study.settings.finance, period_names(facts.study.periods)
    if finance is None:
        return {}
    table, asked = facts.limits, dict[str, tuple[str, str, float, float, bool, str, str]]()
    for item, (rule, sense, factor) in RULES.items():
        bounds = [finance.at(rule, names[t]) for t in (facts.near, -1)]
        if any(bound is not None for bound in bounds):
            near, last = (np.nan if bound is None else factor * bound for bound in bounds)
            mine = table[table["limit"].str.split(".").str[0] == rule]
            met = bool(mine["state"].isin(["holds", "binding"]).all())
            kind = "expected" if rule in finance.soft else "binding"
            asked[f"indicator.{item}"] = (kind, sense, near, last, met, rule, "")
    return asked


@dataclass
class _Asked:
    """What limits on one account over the whole area ask for: bounds by period; the first tells the sense."""

    row: Any
    bounds: dict[str, float]
    kept: bool = True

    def told(self, facts: Facts) -> tuple[str, str, float, float, bool, str, str]:
        """Kind, sense, bound in the near term and at the end, whether all is kept, limit and source."""
        names, near = period_names(facts.study.periods), facts.near
        bounds, recurrence = self.bounds, facts.ledger.recurrence(self.row.account)
        if recurrence == "one_off":  # of what is done to date: periods add up where each has a bound
            so_far = np.cumsum([bounds.get(name, np.nan) for name in names])
            first, last = float(so_far[near]), float(bounds.get(TOTAL, so_far[-1]))
        else:
            first, last = bounds.get(names[near], np.nan), bounds.get(names[-1], np.nan)
            if recurrence == "stock":
                last = bounds.get(TOTAL, last)
        kind = "binding" if self.row.kind == "hard" else "expected"
        return kind, self.row.sense, first, last, self.kept, self.row.limit, self.row.source


def _asked(facts: Facts) -> dict[str, tuple[str, str, float, float, bool, str, str]]:
    """What limits ask for, by account; of further terms of a limit what they are in the plan is taken off the bound."""
    study, table = facts.study, facts.limits
    table = table[table["jurisdiction"] == TOTAL]
    kept = table["state"].isin(["holds", "binding"])
    several = set(study.limit_terms["limit"])
    found: dict[str, _Asked] = {}
    for row in each(study.limits.sort_values("kind", kind="stable")):  # hard before soft
        mine = table[table["limit"] == row.limit]
        if row.jurisdiction or row.account.startswith("gain.") or mine.empty:
            continue
        asked = found.setdefault(row.account, _Asked(row, {}))
        asked.kept &= bool(kept[mine.index].all())
        own = facts.by_period.get(row.account, {})
        for period, value, bound in zip(mine["period"], mine["value"], mine["bound"], strict=True):
            others = value - own.get(period, 0.0) if row.limit in several and period != TOTAL else 0.0
            if row.sense == asked.row.sense and not (row.limit in several and period == TOTAL):
                tighter = min if row.sense == "<=" else max
                asked.bounds[period] = tighter(asked.bounds.get(period, bound - others), bound - others)
    return {account: asked.told(facts) for account, asked in found.items()}


SHEETS = (
    Sheet(
        "indicators", "statutory", statutory_indicators,
        (Column("number", "count"), Column("topic", "word:topic_"), Column("indicator", "account"),
         Column("binding", "word:binding_"), Column("unit", "unit"), Column("base_year", "year"),
         Column("base", unit="@unit"), Column("near_year", "year"), Column("near", unit="@unit"),
         Column("target_year", "year"), Column("target_value", unit="@unit"), Column("sense", "word:sense_"),
         Column("near_asked", unit="@unit"), Column("target_asked", unit="@unit"), Column("met", "yes"),
         Column("limit", "limit"), Column("stated_in", "text")),
    ),
)  # fmt: skip
