"""Where everything is booked: accounts by place and period (FORMULATION.md section 4, the coefficients M and P)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from zonevest.instances.study import items
from zonevest.model.complete_budgets import SPLIT, Budgets, of_budget
from zonevest.model.complete_flows import Flows
from zonevest.model.complete_options import Option, Record, blank, records
from zonevest.model.complete_rows import Run, Undertaking
from zonevest.model.complete_sites import Left, Sites

TOTAL = "total"
"""All places together; as a period, all periods together."""

Books = dict[str, list[float]]
"""L by account, a value per period."""

BUILDS_NOTHING = ("ecological_restoration", "agriculture", "eco_bank")
"""Categories of projects that do not turn the land they take into construction land."""


class Ledger:
    """What one parcel under an option, or one project, adds to the accounts.

    Attributes
    ----------
    flows : the rows at work, and through them the land.
    budgets : whose the purse's cash is.
    sites : what projects take of land that nobody has drawn.
    """

    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        self.land = flows.land
        self.study = flows.study
        self.periods = flows.periods
        self.jurisdictions = {row["jurisdiction"]: row for row in records(self.study.jurisdictions)}
        self.budgets = Budgets(self.study, flows.accounts, self.land.projects)
        self.sites = Sites(flows)

    def _empty(self) -> Books:
        return defaultdict(lambda: [0.0] * len(self.periods))

    def over(self, account: str, series: Sequence[float], period: str) -> float:
        """L in a period, or over `total`: Σ years × annual, Σ one-off, a stock's last state."""
        if period != TOTAL:
            return series[[p.name for p in self.periods].index(period)]
        match self.flows.recurrence(account):
            case "annual":
                return sum(p.years * value for p, value in zip(self.periods, series, strict=True))
            case "one_off":
                return sum(series)
            case _:
                return series[-1]

    # (2) The ledger

    def of(self, undertaking: Undertaking, start_prices: bool = False) -> Books:
        """What the rows of an undertaking book, and what the purse takes and pays of it (money.…)."""
        ledger = self._empty()
        for run, amount in undertaking.flows:
            account = run.row.account
            values = [amount * value for value in self.flows.measure(run, start_prices)]
            for t, value in enumerate(values):
                ledger[account][t] += value
            for money, part in self.money(account, undertaking).items():
                yearly = money == "money.resource" and run.row.once
                for t, value in enumerate(values):
                    ledger[money][t] += part * (value / self.periods[t].years if yearly else value)
        return ledger

    def money(self, account: str, undertaking: Undertaking) -> dict[str, float]:
        """The built-in accounts of money that one unit of an account adds to: the purse's part, a cost as positive.

        Of some of them every budget has its part.
        """
        found = self._money(account, undertaking)
        if found:
            parts = self.budgets.parts(account, undertaking.project)
            found |= {
                of_budget(whole, b): share * found[whole]
                for whole in SPLIT
                if whole in found
                for b, share in parts.items()
            }
        return found

    def _money(self, account: str, undertaking: Undertaking) -> dict[str, float]:
        """What all budgets have together.

        An annual revenue adds to `money.revenue` and `money.operating`, a cost to `money.cost` and takes from
        `money.operating`; one-off ones add to `money.receipts` and `money.outlay`, and to the accounts that look at
        the role of the account, or at the flags of the practice or project.
        """
        part, kind = self.flows.shares.purse_part(account, undertaking.project), self.flows.recurrence(account)
        if not part or kind == "stock":
            return {}
        row, found = self.flows.accounts[account], {}
        if row["family"] == "revenue":
            if kind == "annual":
                found = {"money.revenue": part, "money.operating": part}
            else:
                found = {"money.receipts": part}
                if row["role"] == "land_sale":
                    found["money.land_sale"] = part
            if row["role"] == "resource_income":
                found["money.resource"] = part
            return found
        found = {"money.cost": -part, "money.operating": part} if kind == "annual" else {"money.outlay": -part}
        if kind == "one_off":
            flags = {*undertaking.flags, *(["restoration"] if row["role"] == "restoration" else [])}
            found |= {f"money.outlay.{flag}": -part for flag in flags}
        return found

    def of_parcel(self, parcel: Record, option: Option, undertaking: Undertaking, start_prices: bool = False) -> Books:
        """M: what the parcel under the option adds to every account in every period."""
        ledger = self.of(undertaking, start_prices)
        self._stocks(ledger, parcel, option)
        for t, period in enumerate(self.periods):
            state = self.land.class_in(parcel, option, t), self.land.tenure_in(parcel, option, t)
            for account, value in self.asset(parcel, *state, undertaking, period.last, start_prices).items():
                ledger[account][t] += value
        if option.start is not None:
            self._transitions(ledger, parcel, option)
        return dict(ledger)

    def _stocks(self, ledger: Books, parcel: Record, option: Option) -> None:
        """Areas by the state at the end of each period."""
        area = parcel["area_ha"]
        for t in range(len(self.periods)):
            land_class, practice = self.land.class_in(parcel, option, t), self.land.practice_in(option, t)
            ledger[f"area.class.{land_class}"][t] += area
            for group in self.land.groups[land_class]:
                ledger[f"area.class_group.{group}"][t] += area
            if resource := self.resource(parcel, land_class):
                ledger[f"area.resource.{resource}"][t] += area
            for zone in self.land.lineage(self.land.zone_in(parcel, option, t)):
                ledger[f"area.zone.{zone}"][t] += area
            if practice:
                ledger[f"area.practice.{practice}"][t] += area
                if self._moved_in(option, t):
                    ledger["population"][t] += area * self.land.practices[practice]["in_migration"]
            if land_class != parcel["land_class"]:
                ledger["area.converted"][t] += area
            if "arable" in self.land.groups[land_class]:
                ledger["quality.arable"][t] += area * quality(parcel)

    def _moved_in(self, option: Option, t: int) -> bool:
        """Whether the people whom the option's practice draws are there at the end of a period."""
        change = self.land.change_year(option)
        return change is not None and change <= self.periods[t].last

    def asset(
        self,
        parcel: Record,
        land_class: str,
        tenure: str,
        undertaking: Undertaking,
        year: int,
        start_prices: bool = False,
    ) -> dict[str, float]:
        """asset.…: the value of a parcel as a natural resource, as its ecosystem rows run in a year, for good.

        1 / r' × Σ annual rows on accounts of family ecosystem; of the resource that the parcel is then, and of the
        owner that its land has then. There is none where the social rate is 0.
        """
        rate, resource = self.study.settings.rates.social, self.resource(parcel, land_class)
        if not rate > 0 or not resource:
            return {}
        value = self._for_good(undertaking.flows, year, start_prices)
        owners = [f"asset.{resource}.{tenure}"] if tenure else []
        return dict.fromkeys([f"asset.{resource}", *owners], value)

    def _for_good(self, flows: Sequence[tuple[Run, float]], year: int, start_prices: bool) -> float:
        """1 / r' × Σ of the annual rows on accounts of family ecosystem, as they run in a year."""
        value, rate = 0.0, self.study.settings.rates.social
        for run, amount in flows:
            row = self.flows.accounts[run.row.account]
            if row["family"] == "ecosystem" and row["recurrence"] == "annual":
                value += amount * self.flows.years(run, start_prices).get(year, 0.0) / rate
        return value

    def _transitions(self, ledger: Books, parcel: Record, option: Option) -> None:
        """Areas that change, in the period of the year of the change; a change after the horizon is in no period."""
        area, before, after = parcel["area_ha"], parcel["land_class"], option.land_class
        start, change = self.land.start_year(option), self.land.change_year(option)
        for t, period in enumerate(self.periods):
            if start is not None and period.start <= start <= period.last:
                ledger[f"area.new.practice.{option.practice}"][t] += area
                today = self.land.zone_today(parcel)
                if option.zone != today:
                    ledger["area.rezoned"][t] += area
                    self._move(ledger, "zone", t, area, self.land.lineage(today), self.land.lineage(option.zone))
            if change is not None and period.start <= change <= period.last and before != after:
                self._move(ledger, "class", t, area, [before], [after])
                left, entered = self.land.groups[before], self.land.groups[after]
                self._move(ledger, "class_group", t, area, left, entered)
                if "construction" in entered and "construction" not in left:
                    ledger["area.new_construction"][t] += area
                if "arable" in entered and "arable" not in left:
                    ledger["quality.gained.arable"][t] += area * quality(parcel)
                if "arable" in left and "arable" not in entered:
                    ledger["quality.lost.arable"][t] += area * quality(parcel)

    @staticmethod
    def _move(ledger: Books, kind: str, t: int, area: float, left: list[str], entered: list[str]) -> None:
        """Book what is newly entered and newly left."""
        for name in entered:
            if name not in left:
                ledger[f"area.gained.{kind}.{name}"][t] += area
        for name in left:
            if name not in entered:
                ledger[f"area.lost.{kind}.{name}"][t] += area

    def resource(self, parcel: Record, land_class: str) -> str:
        """The resource class of a parcel: national park first, then sea, then that of its land class."""
        if parcel["national_park"]:
            return "national_park"
        return "sea" if parcel["sea"] else str(self.land.resource[land_class])

    def of_project(
        self, project: Record, s: int, undertaking: Undertaking, place: str, start_prices: bool = False
    ) -> Books:
        """P: what a project that starts in period s adds to the accounts of a place (a jurisdiction or `total`)."""
        here = place in (TOTAL, project["jurisdiction"])
        ledger = self._empty()
        if here:
            self._add(ledger, self.of(undertaking, start_prices))
        for take in self.sites.takes:
            if take["project"] == project["project"] and place in (TOTAL, take["jurisdiction"]):
                self._take(ledger, take, project["category"] not in BUILDS_NOTHING, s)
        for left in self.sites.of_start(project, s):
            if place in (TOTAL, left.place):
                self._leave(ledger, left, s, start_prices)
        return dict(ledger)

    @staticmethod
    def _add(ledger: Books, books: Books) -> None:
        for account, series in books.items():
            for t, value in enumerate(series):
                ledger[account][t] += value

    def _take(self, ledger: Books, take: Record, builds: bool, s: int) -> None:
        """The hectares that a row of land_take takes from period s on."""
        land_class, area = take["land_class"], take["area_ha"]
        groups, resource = self.land.groups[land_class], self.land.resource[land_class]
        for t in range(s, len(self.periods)):
            ledger[f"area.class.{land_class}"][t] -= area
            for group in groups:
                ledger[f"area.class_group.{group}"][t] -= area
            if resource:
                ledger[f"area.resource.{resource}"][t] -= area
            if builds:
                ledger["area.class_group.construction"][t] += area
                ledger["area.resource.land"][t] += area
        ledger[f"area.lost.class.{land_class}"][s] += area
        for group in groups:
            ledger[f"area.lost.class_group.{group}"][s] += area
        if builds:
            ledger["area.gained.class_group.construction"][s] += area
            if "construction" not in groups:
                ledger["area.new_construction"][s] += area

    def _leave(self, ledger: Books, left: Left, s: int, start_prices: bool) -> None:
        """What leaves with them: flows, farmland quality, and the value of the resource."""
        self._add(ledger, self.of(left.undertaking, start_prices))
        ledger["quality.lost.arable"][s] += left.quality
        asset = left.resource and self.study.settings.rates.social > 0
        for t in range(s, len(self.periods)):
            ledger["quality.arable"][t] -= left.quality
            for tenure, flows in left.of_tenure.items() if asset else ():
                value = self._for_good(flows, self.periods[t].last, start_prices)
                ledger[f"asset.{left.resource}"][t] += value
                if tenure:
                    ledger[f"asset.{left.resource}.{tenure}"][t] += value

    # The start, and people

    def before(self, parcel: Record) -> dict[str, float]:
        """The start value of every account on a parcel: doing nothing in y0, per year (nothing of one-off accounts)."""
        state: dict[str, float] = defaultdict(float)
        hold = self.land.hold(parcel)
        undertaking = self.flows.option(parcel, hold)
        for run, amount in undertaking.flows:
            account = run.row.account
            if self.flows.recurrence(account) != "one_off":
                first = amount * self.flows.years(run).get(self.flows.y0, 0.0)
                state[account] += first
                for money, part in self.money(account, undertaking).items():
                    state[money] += part * first
        areas = self._empty()
        self._stocks(areas, parcel, hold)
        for account, series in areas.items():
            state[account] += series[0]
        today = parcel["land_class"], parcel["tenure"]
        for account, value in self.asset(parcel, *today, undertaking, self.flows.y0).items():
            state[account] += value
        return dict(state)

    def population(self, place: str, year: int) -> float:
        """The people of a place in a year."""
        parcels = list(self.land.parcels.values())
        years = year - self.flows.y0
        if place == TOTAL:
            nowhere = sum(p["population"] for p in parcels if not p["jurisdiction"])
            people = sum(self.population(name, year) for name in self.jurisdictions)
            return float(people + nowhere * self._growth("", years))
        if place in self.jurisdictions:
            people = self.jurisdictions[place]["population"]
            if blank(people):
                people = sum(p["population"] for p in parcels if p["jurisdiction"] == place)
            return float(people * self._growth(place, years))
        tagged = [parcel for parcel in parcels if place in items(parcel["tags"])]
        return float(sum(p["population"] * self._growth(p["jurisdiction"], years) for p in tagged))

    def _growth(self, jurisdiction: str, years: int) -> float:
        rate = self.jurisdictions[jurisdiction]["population_growth"] if jurisdiction else math.nan
        return float((1 + (self.study.settings.population_growth if blank(rate) else rate)) ** years)


def quality(parcel: Record) -> float:
    """The farmland quality of a parcel, 1 where it is blank."""
    return 1.0 if blank(parcel["farmland_quality"]) else float(parcel["farmland_quality"])
