"""The study as rows, its calendar, its places, its accounts and who has a part of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

from zonevest.instances.study import Study

Row: TypeAlias = dict[str, Any]
"""A row of a table; None for a number that is blank."""
Key: TypeAlias = tuple[str, str, int]
"""An account, a place and a period; at start prices the account ends in `@`."""
Cells: TypeAlias = dict[Key, float]
"""What something adds to the ledger, and to present values (`F1`, `F2`, `gain.<actor>`), which have the period 0."""

TOTAL, OUTSIDE, START = "total", "outside", -1
LINES = ("redline", "basic_farmland", "growth_boundary", "village_boundary", "sea", "mineral_right", "national_park")
"""Control lines in the order in which they demand."""
FOREVER = 10**6
GRADES = ("no", "general", "core")
"""Of the red line: each admits more than the one before."""


def split(cell: str) -> list[str]:
    """The items of a list cell."""
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def add(cells: Cells, account: str, places: Iterable[str], period: int, amount: float) -> None:
    """Book an amount on an account of some places."""
    if amount:
        for place in places:
            cells[account, place, period] = cells.get((account, place, period), 0.0) + amount


class Base:
    """What is read once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.settings = study.settings
        self.tables = {name: _rows(study, name) for name in study.tables}
        self.periods = list(study.periods)
        self.names = [period.name for period in self.periods]
        self.number = {name: t for t, name in enumerate(self.names)}
        self.y0, self.last, self.end = study.first_year, study.last_year, study.end_year
        self.years = range(self.y0, self.end + 1)
        self.n = [period.years for period in self.periods]
        self.first_year = [period.start for period in self.periods]
        self.last_year = [period.start + period.years - 1 for period in self.periods]
        rates = study.settings.rates
        self.r, self.social = rates.finance, rates.social
        self.accounts = {row["account"]: row for row in self.tables["accounts"]}
        for quota in self.tables["quotas"]:
            for what, family in (("purchase", "cost"), ("sale", "revenue")):
                name = f"quota.{quota['quota']}.{what}"
                blank = {"role": "", "budget": "", "capture_tool": "", "counterpart_of": "", "path": "", "growth": 0.0}
                own = self.accounts.get(name, {**blank, "account": name})
                self.accounts[name] = {**own, "family": family, "recurrence": "one_off", "cash": True}
        self.practices = {row["practice"]: row for row in self.tables["practices"]}
        self.projects = {row["project"]: row for row in self.tables["projects"]}
        self.classes = {row["land_class"]: row for row in self.tables["land_classes"]}
        self.zones = {row["zone"]: row for row in self.tables["zones"]}
        self.jurisdictions = {row["jurisdiction"]: row for row in self.tables["jurisdictions"]}
        self.parcels = self.tables["parcels"]
        for parcel in self.parcels:
            parcel["conversion"] = parcel["conversion"] or overlay(parcel)
        self._parts: dict[tuple[str, str, str], float] = {}
        self.shares: dict[tuple[str, str, str], dict[str, float]] = {}
        for row in self.tables["shares"]:
            held = self.shares.setdefault((row["account"], row["role"], row["project"]), {})
            held[row["actor"]] = held.get(row["actor"], 0.0) + row["share"]
        named = [row["actor"] for name in ("actors", "shares") for row in self.tables[name]]
        self.purse = list(study.settings.purse)
        self.actors = list(dict.fromkeys([*named, *self.purse, OUTSIDE]))
        self.budgets = {row["budget"]: row for row in self.tables.get("budgets", [])}
        self.main = next(iter(self.budgets), "")

    # -- time ---------------------------------------------------------------------------------------------------------

    def delta(self, year: int, rate: float | None = None) -> float:
        """A payment at the end of a year, at y0."""
        return (1.0 + (self.r if rate is None else rate)) ** -(year - self.y0 + 1)

    def deltas(self, first: int, last: int | None = None, rate: float | None = None) -> float:
        """The sum of the factors of some years, at most to the end of the tail."""
        stop = self.end if last is None else min(last, self.end)
        return sum(self.delta(year, rate) for year in range(max(first, self.y0), stop + 1))

    def mean_delta(self, t: int) -> float:
        return self.deltas(self.first_year[t], self.last_year[t]) / self.n[t]

    def period_of(self, year: int) -> int | None:
        """The period of a year, None outside the horizon."""
        return next((t for t in range(len(self.n)) if self.first_year[t] <= year <= self.last_year[t]), None)

    def length(self, t: int) -> int:
        """Years of a period; the state before the first is that of a year."""
        return 1 if t == START else self.n[t]

    def mean(self, t: int, growth: float) -> float:
        """Mean over the years of t of (1 + growth)^(y − y0)."""
        years = range(self.first_year[t], self.last_year[t] + 1)
        return sum((1.0 + growth) ** (year - self.y0) for year in years) / self.n[t]

    # -- accounts -----------------------------------------------------------------------------------------------------

    def is_money(self, account: str) -> bool:
        row = self.accounts[account]
        return bool(row["cash"]) and row["family"] in ("revenue", "cost")

    def sides(self, account: str, project: str = "") -> tuple[dict[str, float], dict[str, float]]:
        """Who receives and who pays one unit of an account of money or of uplift."""
        family = self.accounts[account]["family"]
        if not self.is_money(account) and family != "uplift":
            return {}, {}
        first = self.purse[0]
        alone = {"revenue": ({first: 1.0}, {OUTSIDE: 1.0}), "cost": ({OUTSIDE: 1.0}, {first: 1.0})}
        receives, pays = alone.get(family, ({OUTSIDE: 1.0}, {}))

        def side(role: str, otherwise: dict[str, float]) -> dict[str, float]:
            own = self.shares.get((account, role, project)) if project else None
            return own or self.shares.get((account, role, "")) or otherwise

        return side("receives", receives), side("pays", pays)

    def part(self, actor: str, account: str, project: str = "") -> float:
        """What an actor (`purse`: all of the purse) receives less what it pays of one unit of an account."""
        known = (actor, account, project)
        if known not in self._parts:
            receives, pays = self.sides(account, project)
            who = self.purse if actor == "purse" else [actor]
            self._parts[known] = sum(receives.get(name, 0.0) - pays.get(name, 0.0) for name in who)
        return self._parts[known]

    def cash_part(self, account: str, project: str = "") -> float:
        """The purse's part in F1."""
        finance, row = self.settings.finance, self.accounts[account]
        if not self.is_money(account) or (finance and not finance.land_rent and row["role"] == "land_sale"):
            return 0.0
        return self.part("purse", account, project)

    def natural_part(self, account: str) -> float:
        """What an account counts in F2."""
        row = self.accounts[account]
        return float(row["family"] == "ecosystem" and not row["counterpart_of"])

    def of_budgets(self, account: str, project: str) -> dict[str, float]:
        """To which budgets what the purse has of an account belongs."""
        row = self.accounts[account]
        own = row["budget"]
        if not self.budgets:
            return {own: 1.0} if own else {}
        own = own or (self.projects[project]["budget"] if project else "") or self.main
        parts: dict[str, float] = {}
        for aside in self.tables["set_asides"] if row["family"] == "revenue" else ():
            if aside["account"] == account:
                parts[aside["budget"]] = parts.get(aside["budget"], 0.0) + aside["share"]
        parts[own] = parts.get(own, 0.0) + 1.0 - sum(parts.values())
        return parts

    def instrument_budget(self, instrument: Row) -> str:
        return instrument["budget"] or self.main

    def is_enterprise(self, budget: str) -> bool:
        if not self.budgets:
            return budget == "enterprise"
        return budget in self.budgets and self.budgets[budget]["borrower"] == "enterprise"

    # -- places -------------------------------------------------------------------------------------------------------

    def lineage(self, zone: str) -> list[str]:
        """A zone with its parents."""
        chain: list[str] = []
        while zone and zone not in chain:
            chain.append(zone)
            zone = self.zones[zone]["parent"]
        return chain

    def groups(self, land_class: str) -> list[str]:
        return split(self.classes[land_class]["class_group"])

    def places_of(self, parcel: Row) -> list[str]:
        """The total, the jurisdiction and the tags of a parcel."""
        return [*dict.fromkeys(name for name in (TOTAL, parcel["jurisdiction"], *split(parcel["tags"])) if name)]

    def places(self, cell: str) -> list[str]:
        """The places of a limit."""
        if cell == "each":
            return list(self.jurisdictions)
        if cell.startswith("main_function:"):
            wanted = cell.partition(":")[2]
            return [name for name, row in self.jurisdictions.items() if row["main_function"] == wanted]
        return [cell or TOTAL]

    def project_places(self, project: str) -> list[str]:
        return [name for name in (TOTAL, self.projects[project]["jurisdiction"]) if name]

    def people(self, place: str, year: int) -> float:
        """Those who are there without anyone moving in."""
        common = self.settings.population_growth

        def growth(name: str) -> float:
            own = self.jurisdictions[name]["population_growth"] if name in self.jurisdictions else None
            return float((1.0 + (common if own is None else own)) ** (year - self.y0))

        def of_parcels(chosen: list[Row]) -> float:
            return sum(parcel["population"] * growth(parcel["jurisdiction"]) for parcel in chosen)

        def of_jurisdiction(name: str) -> float:
            stated = self.jurisdictions[name]["population"]
            if stated is not None:
                return float(stated * growth(name))
            return of_parcels([parcel for parcel in self.parcels if parcel["jurisdiction"] == name])

        if place == TOTAL:
            homeless = of_parcels([parcel for parcel in self.parcels if not parcel["jurisdiction"]])
            return homeless + sum(map(of_jurisdiction, self.jurisdictions))
        if place in self.jurisdictions:
            return of_jurisdiction(place)
        return of_parcels([parcel for parcel in self.parcels if place in split(parcel["tags"])])


def _rows(study: Study, name: str) -> list[Row]:
    rows = study.tables[name].astype(object).to_dict("records")
    return [{str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()} for row in rows]


def overlay(parcel: Row) -> str:
    """The conversion overlay that the lines of a parcel say."""
    if parcel["redline"] in ("general", "core") or parcel["national_park"]:
        return "prohibited"
    if parcel["basic_farmland"]:
        return "conditional"
    return "promoted" if parcel["growth_boundary"] else "free"


def inside(parcel: Row, line: str) -> bool:
    return parcel[line] in ("general", "core") if line == "redline" else bool(parcel[line])


def admission(project: Row) -> tuple[str, bool]:
    """What a project admits: up to which grade of the red line, and whether basic farmland."""
    return project["redline_ok"], bool(project["basic_farmland_ok"])


def outside(parcel: Row, redline: str, farmland: bool) -> bool:
    """Whether a parcel lies on no line that is not admitted."""
    closed = GRADES[GRADES.index(redline) + 1 :]
    return parcel["redline"] not in closed and (farmland or not parcel["basic_farmland"])


def holds(parcel: Row, cell: str) -> bool:
    """Whether a `where` cell holds for a parcel."""
    for part in split(cell):
        column, _, wanted = part.partition("=")
        value, words = parcel[column.strip()], [word.strip() for word in wanted.split("|")]
        if isinstance(value, bool):
            found = any((word.lower() in ("1", "1.0", "true")) == value for word in words)
        elif isinstance(value, (int, float)):
            found = any(float(word) == value for word in words)
        else:
            found = value in words
        if not found:
            return False
    return True
