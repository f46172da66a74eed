"""What must hold of a plan and what it is worth: linear in what land, projects and what is left to decide bring."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.reckon.base import GRADES, OUTSIDE, START, TOTAL, Cells, Key, Row, add, admission, holds, split
from tests.reckon.land import open_area
from tests.reckon.works import Works

Atom: TypeAlias = tuple[str, tuple[str, ...], tuple[int, ...]]
"""A jurisdiction, catchments, and positions of capture rows: what the parcels of an atom have in common."""
STOCKS = ("area.class", "area.resource.", "area.zone.", "area.practice.", "asset.", "finance.debt", "finance.cash")
MONEY_A_YEAR = ("money.revenue", "money.cost", "money.operating", "money.resource")


@dataclass
class Sum:
    """Σ of entries of the ledger, of decisions and a number."""

    cells: dict[Key, float] = field(default_factory=dict)
    of: dict[str, float] = field(default_factory=dict)
    number: float = 0.0

    def __add__(self, other: Sum | float) -> Sum:
        if not isinstance(other, Sum):
            return Sum(self.cells, self.of, self.number + other)
        cells, of = dict(self.cells), dict(self.of)
        for key, value in other.cells.items():
            cells[key] = cells.get(key, 0.0) + value
        for name, value in other.of.items():
            of[name] = of.get(name, 0.0) + value
        return Sum(cells, of, self.number + other.number)

    __radd__ = __add__

    def __mul__(self, factor: float) -> Sum:
        cells = {key: factor * value for key, value in self.cells.items()}
        return Sum(cells, {name: factor * value for name, value in self.of.items()}, factor * self.number)

    __rmul__ = __mul__

    def __sub__(self, other: Sum | float) -> Sum:
        return self + other * -1.0


@dataclass
class Decision:
    """Something left to decide: its bounds, and what a unit of it adds to the ledger."""

    name: str
    cells: Cells
    high: float = math.inf
    whole: bool = False


@dataclass
class Rule:
    """left >= right, or <= right; a soft one has a penalty."""

    name: str
    left: Sum
    sense: str
    right: Sum
    penalty: float | None = None


def one(name: str, factor: float = 1.0) -> Sum:
    """So many units of a decision."""
    return Sum({}, {name: factor})


class Rows(Works):
    """The rows of limits, uplift, quotas, gains and the objective."""

    open_starts: dict[str, list[int]]
    """The possible starts of each project."""

    def prepare(self) -> None:
        """Write down the decisions and the rows."""
        self.decisions: dict[str, Decision] = {}
        self.rules: list[Rule] = []
        self.before = self.at_start()
        self.nothing: Cells = {}
        for parcel in self.parcels:
            for key, value in self.option(parcel, "hold", START).items():
                self.nothing[key] = self.nothing.get(key, 0.0) + value
        self.find_atoms()
        self.raise_values()
        self.trade()
        self.pass_on()

    def decide(self, name: str, cells: Cells | None = None, **bounds: Any) -> Sum:
        self.decisions[name] = Decision(name, cells or {}, **bounds)
        return one(name)

    def hold(self, name: str, left: Sum | float, sense: str, right: Sum | float, penalty: float | None = None) -> None:
        """Write down a row."""
        self.rules.append(Rule(name, Sum() + left, sense, Sum() + right, penalty))

    # -- the ledger as rows read it -----------------------------------------------------------------------------------

    def recurrence(self, account: str) -> str:
        if account in self.accounts:
            return str(self.accounts[account]["recurrence"])
        if account in MONEY_A_YEAR:
            return "annual"
        if account.startswith(STOCKS) or account in ("area.converted", "quality.arable", "population"):
            return "stock"
        return "one_off"

    def entry(self, account: str, place: str, t: int, at_start_prices: bool = False) -> Sum:
        """L of an account, a place and a period."""
        if account.startswith("gain."):
            return self.gain(account, place)
        if account.startswith("finance."):
            return self.financial(account, t)
        people = self.people(place, self.last_year[t]) if account == "population" else 0.0
        priced = at_start_prices and (account in self.accounts or account.startswith(("money.", "asset.")))
        return Sum({(account + "@" if priced else account, place, t): 1.0}, {}, people)

    def financial(self, account: str, t: int) -> Sum:
        raise NotImplementedError

    def over(self, account: str, place: str, period: str, at_start_prices: bool = False) -> Sum:
        """L of a named period, or over `total`."""
        if account.startswith("gain."):
            return self.gain(account, place)
        if period != TOTAL:
            return self.entry(account, place, self.number[period], at_start_prices)
        kind = self.recurrence(account)
        if kind == "stock":
            return self.entry(account, place, len(self.n) - 1, at_start_prices)
        years = self.n if kind == "annual" else [1] * len(self.n)
        return sum((n * self.entry(account, place, t, at_start_prices) for t, n in enumerate(years)), Sum())

    def period_total(self, account: str, place: str, t: int) -> Sum:
        return self.entry(account, place, t) * (self.n[t] if self.recurrence(account) == "annual" else 1.0)

    def start_value(self, account: str, place: str) -> float:
        """The state before the first period."""
        finance = self.settings.finance
        if account == "finance.debt":
            return sum(row["outstanding"] for row in self.tables["instruments"]) if finance else 0.0
        if account == "finance.cash":
            return finance.opening_cash if finance else 0.0
        return self.before.get((account, place, START), 0.0)

    # -- limits -------------------------------------------------------------------------------------------------------

    def limit(self) -> None:
        """Every row of the limits table, for each place and period."""
        further: dict[str, list[tuple[str, float]]] = {}
        for row in self.tables["limit_terms"]:
            further.setdefault(row["limit"], []).append((row["account"], row["coefficient"]))
        for row in self.tables["limits"]:
            terms = [(row["account"], 1.0), *further.get(row["limit"], [])]
            periods = [row["period"]] if row["period"] else self.names
            if any(account.startswith("gain.") for account, _ in terms):
                periods = [TOTAL]
            elif row["period"] == "last":
                periods = self.names[-1:]
            for place in self.places(row["jurisdiction"]):
                for period in periods:
                    self.one_limit(row, terms, place, period)

    def one_limit(self, row: Row, terms: list[tuple[str, float]], place: str, period: str) -> None:
        kind, _, of = row["basis"].partition(":")
        from_start = kind == "share_of_start"
        left = sum((c * self.over(account, place, period, from_start) for account, c in terms), Sum())
        right = Sum({}, {}, row["value"])
        if kind == "share_of":
            right = row["value"] * self.over(of, place, period)
        elif from_start:
            start = 0.0
            for account, c in [(of, 1.0)] if of else terms:
                times = sum(self.n) if period == TOTAL and self.recurrence(account) == "annual" else 1
                start += c * times * self.start_value(account, place)
            right = Sum({}, {}, row["value"] * start)
        elif kind == "per_head":
            right = row["value"] * self.over("population", place, period)
        penalty = row["penalty"] if row["kind"] == "soft" else None
        name = f"limit[{row['limit']},{place},{period}]"
        if row["sense"] != ">=":
            self.hold(name, left, "<=", right + row["tolerance"], penalty)
        if row["sense"] != "<=":
            self.hold(name, left, ">=", right - row["tolerance"], penalty)

    # -- projects' rows on the ledger ---------------------------------------------------------------------------------

    def project_rows(self) -> None:
        """Pools, enabled practices and land taken."""
        for name, row in self.projects.items():
            if row["min_area_of"] and row["min_area"]:
                account = "area." + row["min_area_of"].replace(":", ".")
                for t in range(len(self.n)):
                    self.hold(
                        f"pool[{name},{t}]",
                        self.entry(account, TOTAL, t),
                        ">=",
                        row["min_area"] * self.has_begun(name, t),
                    )
        for name, row in self.practices.items():
            if not row["requires_project"]:
                continue
            for t in range(len(self.n)):
                room = Sum()
                for project, other in self.projects.items():
                    if name in split(other["enables"]):
                        most = math.inf if other["enables_area"] is None else other["enables_area"]
                        everything = sum(parcel["area_ha"] for parcel in self.parcels)
                        room = room + min(most, everything) * self.has_begun(project, t)
                self.hold(f"enable[{name},{t}]", self.entry(f"area.practice.{name}", TOTAL, t), "<=", room)
        for row in self.tables["land_take"]:
            place, land_class = self.taken_in(row) or TOTAL, row["land_class"]
            for t in range(len(self.n)):
                self.hold(f"land_take[{t}]", self.entry(f"area.class.{land_class}", place, t), ">=", 0.0)
                for redline, farmland in self.admissions(land_class, place, admission(self.projects[row["project"]])):
                    left, taken = self.open_land(land_class, place, redline, farmland, t)
                    self.hold(f"site_take[{t}]", left, ">=", taken)
        if any(self.hurdle(row) is not None for row in self.projects.values()):
            self.hold("portfolio", Sum({("portfolio", TOTAL, 0): 1.0}), ">=", 0.0)

    def admissions(self, land_class: str, place: str, own: tuple[str, bool]) -> set[tuple[str, bool]]:
        """An admission, and what it makes together with that of every other taking of the class in the place."""
        found = {own}
        for row in self.tables["land_take"]:
            if row["land_class"] == land_class and (self.taken_in(row) or TOTAL) == place:
                grade, basic = admission(self.projects[row["project"]])
                found.add((GRADES[max(GRADES.index(grade), GRADES.index(own[0]))], basic or own[1]))
        return found

    def open_land(self, land_class: str, place: str, redline: str, farmland: bool, t: int) -> tuple[Sum, Sum]:
        """Hectares of a class on no line outside an admission, and what has been taken by no wider admissions."""
        taken = Sum()
        for row in self.tables["land_take"]:
            grade, basic = admission(self.projects[row["project"]])
            wider = GRADES.index(grade) > GRADES.index(redline) or basic > farmland
            if row["land_class"] == land_class and place in (TOTAL, self.taken_in(row)) and not wider:
                taken += row["area_ha"] * self.has_begun(row["project"], t)
        return Sum({(open_area(land_class, redline, farmland), place, t): 1.0}), taken

    def has_begun(self, project: str, t: int) -> Sum:
        """U_jt."""
        return Sum({(f"u:{project}", TOTAL, s): 1.0 for s in range(t + 1)})

    # -- uplift of land value -----------------------------------------------------------------------------------------

    def find_atoms(self) -> None:
        """Parcels alike in jurisdiction, catchments and tools."""
        catchments = {row["catchment"] for row in self.projects.values()} - {""}
        self.atoms: dict[Atom, list[Row]] = {}
        self.atom_of: dict[str, int] = {}
        for parcel in self.parcels:
            mine = tuple(sorted(catchments & set(split(parcel["tags"]))))
            if not mine:
                continue
            booked_on = {row["uplift_account"] for row in self.projects.values() if row["catchment"] in mine}
            tools = [
                at
                for at, tool in enumerate(self.tables["capture"])
                if tool["uplift_account"] in booked_on and holds(parcel, tool["where"])
            ]
            key = (parcel["jurisdiction"], mine, tuple(tools))
            self.atoms.setdefault(key, []).append(parcel)
            self.atom_of[parcel["parcel_id"]] = list(self.atoms).index(key)

    def under(self, atom: int, practices: Iterable[str], t: int) -> Sum:
        """Hectares of an atom under some practices at the end of a period."""
        return Sum({(f"atom:{atom}:{name}", TOTAL, t): 1.0 for name in practices})

    def raise_values(self) -> None:
        """(12) hectares that newly enjoy a project's uplift, and what bounds them."""
        for e, (key, parcels) in enumerate(self.atoms.items()):
            area = sum(parcel["area_ha"] for parcel in parcels)
            mine = {name: row for name, row in self.projects.items() if row["catchment"] in key[1]}
            enjoyed: dict[tuple[str, int], Sum] = {}
            for name, row in mine.items():
                total = {t: Sum() for t in range(len(self.n))}
                for s in self.open_starts[name]:
                    newly = Sum()
                    for t in range(len(self.n)):
                        if self.opening(row, s) <= self.last_year[t]:
                            newly += self.decide(f"uplift[{name},{s},{e},{t}]", self.raised(name, s, key, t))
                        total[t] += newly
                    self.hold(f"open[{name},{s},{e}]", newly, "<=", Sum({(f"u:{name}", TOTAL, s): area}))
                for t, so_far in total.items():
                    enjoyed[name, t] = so_far
                    if row["uplift_of"]:
                        self.hold(f"reach[{name},{e},{t}]", so_far, "<=", self.under(e, split(row["uplift_of"]), t))
            capped = {name: row for name, row in mine.items() if row["uplift_cap"] is not None}
            for t in range(len(self.n)) if capped else ():
                cap = min(row["uplift_cap"] for row in capped.values())
                used = sum((self.per_ha(row) * enjoyed[name, t] for name, row in capped.items()), Sum())
                practices = {name for row in capped.values() for name in split(row["uplift_of"])}
                anywhere = any(not row["uplift_of"] for row in capped.values())
                reached = Sum({}, {}, area) if anywhere else self.under(e, practices, t)
                self.hold(f"cap[{e},{t}]", used, "<=", cap * reached)

    def per_ha(self, project: Row) -> float:
        return float((project["uplift_per_ha"] or 0.0) * project["deliverability"])

    def raised(self, name: str, s: int, atom: Atom, t: int) -> Cells:
        """What a hectare that newly enjoys a project's uplift brings."""
        project, cells = self.projects[name], {}
        opened = self.opening(project, s)
        year, rate = max(self.first_year[t], opened), self.hurdle(project)
        flow = self.once(project["uplift_account"], self.per_ha(project), year) if project["uplift_account"] else None
        if flow is None:
            return cells
        places = [place for place in (TOTAL, atom[0]) if place]
        tools = [self.tables["capture"][at] for at in atom[2]]
        amount, plain = flow.amounts[year], flow.plain[year]
        mine = [tool for tool in tools if tool["uplift_account"] == flow.account]
        taken = [self.captured(tool, year, amount, plain) for tool in mine]
        for each in (flow, *taken):
            self.book(cells, each, places, name, [])
        last = self.last_annual(name, s)
        self.worth(cells, [flow, *taken], places, opened, project["life_years"], name, last)
        if rate is not None:
            add(cells, "portfolio", [TOTAL], 0, amount * self.delta(year, rate))
        return cells

    # -- quotas -------------------------------------------------------------------------------------------------------

    def trade(self) -> None:
        """(4) balances of quotas."""
        for row in self.tables["quotas"]:
            quota = row["quota"]
            places = [TOTAL] if row["movable"] else list(self.jurisdictions)
            for way in ("buy", "sell"):
                for t in range(len(self.n)) if row[f"{way}_price"] is not None else ():
                    both = [self.decide(f"{way}[{quota},{g},{t}]", self.traded(row, way, g, t)) for g in places]
                    most = row[f"{way}_max"]
                    if most is not None:
                        self.hold(f"quota_{way}[{quota},{t}]", sum(both, Sum()), "<=", self.n[t] * most)
            for g in places:
                self.balance(row, g)

    def balance(self, row: Row, g: str) -> None:
        quota, carried = row["quota"], Sum({}, {}, row["opening"] if g == TOTAL else 0.0)
        made = [self.period_total(row["account_generated"], g, t) for t in range(len(self.n))]
        made = made if row["account_generated"] else [Sum()] * len(self.n)
        sold = Sum()
        for t in range(len(self.n)):
            grants = sum(
                grant["amount"]
                for grant in self.tables["quota_grants"]
                if grant["quota"] == quota and grant["period"] == self.names[t] and g in (TOTAL, grant["jurisdiction"])
            )
            left = carried + grants + (self.n[t] * row["granted"] if g == TOTAL else 0.0)
            ago = t - int(row["available_after"])
            left = left + made[ago] if ago >= 0 else left
            if row["account_used"]:
                left = left - self.period_total(row["account_used"], g, t)
            if row["buy_price"] is not None:
                left = left + one(f"buy[{quota},{g},{t}]")
            if row["sell_price"] is not None:
                left, sold = left - one(f"sell[{quota},{g},{t}]"), sold + one(f"sell[{quota},{g},{t}]")
            self.hold(f"quota[{quota},{g},{t}]", left, ">=", 0.0)
            carried = left if row["bank"] else Sum()
        if row["sell_price"] is not None:
            self.hold(f"quota_sold[{quota},{g}]", sold, "<=", sum(made, Sum()))

    def traded(self, row: Row, way: str, g: str, t: int) -> Cells:
        """What a unit that is bought or sold brings."""
        cells: Cells = {}
        places, quota, year = list(dict.fromkeys([TOTAL, g])), row["quota"], self.first_year[t]
        account = f"quota.{quota}.{'purchase' if way == 'buy' else 'sale'}"
        price = row[f"{way}_price"]
        amount = price * (1.0 + self.accounts[account]["growth"]) ** (year - self.y0)
        add(cells, f"quota.{quota}.{'bought' if way == 'buy' else 'sold'}", places, t, 1.0)
        self.post(cells, account, places, t, amount, price)
        for worth, rate, part in self.worths():
            counted = part(account) * amount * rate / (1.0 + rate) * self.deltas(year, None, rate)
            add(cells, worth, places if worth.startswith("gain.") else [TOTAL], 0, counted)
        return cells

    # -- gains --------------------------------------------------------------------------------------------------------

    def at_nothing(self, key: Key) -> float:
        """An entry at doing nothing, 0 where there is no such state."""
        return self.nothing.get(key, 0.0) if self.study.has_doing_nothing else 0.0

    def concerned(self) -> list[str]:
        """The actors whose gains are a jurisdiction's."""
        named = list(self.settings.equity.participation)
        if named or not self.tables["actors"]:
            return named or [name for name in self.actors if name not in (*self.purse, OUTSIDE)]
        return [row["actor"] for row in self.tables["actors"] if not row["public"] and row["actor"] != OUTSIDE]

    def of_actor(self, actor: str, place: str) -> Sum:
        key = (f"gain.{actor}", place, 0)
        return Sum({key: 1.0}, {}, -self.at_nothing(key))

    def gain(self, account: str, place: str) -> Sum:
        if account != "gain.jurisdiction":
            return self.of_actor(account.removeprefix("gain.actor."), place)
        received = Sum()
        for (g, t), name in self.transfers.items():
            if place in (g, TOTAL):
                received += one(name, self.mean_delta(t))
        return sum((self.of_actor(actor, place) for actor in self.concerned()), Sum()) + received

    def peopled(self) -> dict[str, float]:
        people = {name: self.people(name, self.y0) for name in self.jurisdictions}
        return {name: count for name, count in people.items() if count > 0}

    def pass_on(self) -> None:
        """What the compensation fund passes on."""
        self.transfers: dict[tuple[str, int], str] = {}
        fund = self.settings.equity.fund
        for g in self.peopled() if fund else ():
            for t in range(len(self.n)):
                name, cells = f"transfer[{g},{t}]", {}
                self.transfers[g, t] = name
                add(cells, f"gain.{fund}", [TOTAL], 0, -self.mean_delta(t))
                if fund in self.purse:
                    add(cells, "F1", [TOTAL], 0, -self.mean_delta(t))
                self.decide(name, cells)

    def gain_rows(self) -> None:
        """(24) the fund, participation, and the floors."""
        equity = self.settings.equity
        passed, had = Sum(), Sum()
        for t in range(len(self.n)) if self.transfers else ():
            passed += sum((one(name) for (_, when), name in self.transfers.items() if when == t), Sum())
            had += Sum({("paid", TOTAL, t): 1.0})
            self.hold(f"fund[{t}]", passed, "<=", had)
        for actor in equity.participation:
            self.hold(f"participation[{actor}]", self.of_actor(actor, TOTAL), ">=", 0.0)
        for g in self.jurisdictions if equity.participation else ():
            self.hold(f"participation_jurisdiction[{g}]", self.gain("gain.jurisdiction", g), ">=", 0.0)
        people = self.peopled()
        if equity.jurisdiction_floor is not None:
            everything = sum((self.of_actor(actor, g) for actor in self.concerned() for g in people), Sum())
            for g, count in people.items():
                share = equity.jurisdiction_floor * count / sum(people.values())
                self.hold(f"jurisdiction_floor[{g}]", self.gain("gain.jurisdiction", g), ">=", share * everything)
        floors = {row["actor"]: row["floor_share"] for row in self.tables["actors"] if row["floor_share"] is not None}
        positive = Sum()
        for row in self.tables["actors"] if floors else ():
            if row["actor"] != OUTSIDE:
                gain = self.decide(f"positive[{row['actor']}]")
                positive += gain
                self.hold(f"positive[{row['actor']}]", gain, ">=", self.of_actor(row["actor"], TOTAL))
        for actor, share in floors.items():
            self.hold(f"floor_share[{actor}]", self.of_actor(actor, TOTAL), ">=", share * positive)

    # -- objective ----------------------------------------------------------------------------------------------------

    def set_goal(self) -> None:
        """The objective, and the floor that stands beside it."""
        goal = self.settings.objective
        worth = {"cash": goal.cash, "ecosystem": goal.ecosystem}
        weights, accounts = dict(worth), dict(goal.accounts)
        if goal.method == "floor":
            weights = {"cash": 0.0, "ecosystem": 1.0} if "cash" in goal.floor else {"cash": 1.0, "ecosystem": 0.0}
        elif goal.method == "lexicographic":  # of one term
            assert len(goal.order) == 1
            weights = {"cash": float("cash" in goal.order), "ecosystem": float("ecosystem" in goal.order)}
            accounts = accounts if "accounts" in goal.order else {}
        compared = self.study.has_doing_nothing and (any(weights.values()) or bool(goal.floor))
        before = {name: self.nothing.get((name, TOTAL, 0), 0.0) for name in ("F1", "F2")}
        total = Sum()
        for name, weight in (("F1", weights["cash"]), ("F2", weights["ecosystem"])):
            total += weight * (Sum({(name, TOTAL, 0): 1.0}) - (before[name] if compared else 0.0))
        for account, weight in accounts.items():
            found = self.over(account, TOTAL, TOTAL)
            if compared and not account.startswith(("finance.", "quota.", "gain.")):
                same = sum(c * self.nothing.get(key, 0.0) for key, c in found.cells.items()) + found.number
                found = found - same
            total += weight * found
        self.goal = total
        if goal.floor:
            for name, least in goal.floor.items():
                if name == "ecosystem":
                    self.hold("floor", Sum({("F2", TOTAL, 0): 1.0}), ">=", least * before["F2"])
                else:
                    self.hold("floor", Sum({("F1", TOTAL, 0): 1.0}) - before["F1"], ">=", least)
