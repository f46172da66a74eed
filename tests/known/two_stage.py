"""Published two-stage problems, as study folders: `write_problem(name, target)`, and as numbers for SciPy.

Land is divisible, there is no discounting, and three years pass: in `now` land is put to use, `then` the scenario is
known, and all amounts fall due `after`. What must be decided now is what begins now. What may wait is trade in quotas,
projects, and land that begins then: it is all put to its one use, then or after, and what begins after brings nothing
within the horizon, so the hectares that begin then are a free quantity of the scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.known.linear import Recourse, TwoStage, Values
from tests.land.folder import write_folder

Row = dict[str, Any]
NOW, THEN, AFTER = "now", "then", "after"
IDLE = "idle"


@dataclass
class Folder:
    """Tables of a study of these problems, row by row."""

    chances: Mapping[str, float]
    weights: dict[str, float]
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, /, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def account(self, name: str) -> None:
        """An amount, once, counted in the period in which it falls."""
        if name not in [row["account"] for row in self.tables.get("accounts", [])]:
            self.add("accounts", account=name, family="custom", recurrence="one_off")

    def use(self, name: str, flows: Mapping[str, float], starts: Sequence[str] = (NOW,)) -> None:
        """A zone and what is done in it; what it brings per hectare falls due after."""
        self.add("zones", zone=name)
        self.add("practices", practice=name, zone=name, earliest=starts[0], latest=starts[-1])
        wait = 2 if starts[0] == NOW else 1
        for account, value in flows.items():
            self.account(account)
            row = {"account": account, "basis": "per_ha_once", "value": value, "start_year": wait}
            self.add("practice_flows", practice=name, **row)

    def land(self, name: str, area: float, uses: Sequence[str]) -> None:
        """Land for some uses alone."""
        self.add("land_classes", land_class=name, class_group="other")
        self.add("parcels", parcel_id=name, land_class=name, area_ha=area)
        for row in self.tables["practices"]:
            if row["practice"] in uses:
                row["from_classes"] = ";".join([*filter(None, [row.get("from_classes")]), name])

    def now(self, name: str, area: float, uses: Mapping[str, Mapping[str, float]]) -> None:
        """Land of which any part is put to one of some uses now, the rest lies idle."""
        for use, flows in uses.items():
            self.use(use, flows)
        if IDLE not in [row["practice"] for row in self.tables["practices"]]:
            self.use(IDLE, {})
        self.land(name, area, [*uses, IDLE])

    def later(self, name: str, most: float, flows: Mapping[str, float]) -> None:
        """A quantity from 0 to most that waits for the scenario."""
        self.use(name, flows, (THEN, AFTER))
        self.land(name, most, [name])

    def limit(self, name: str, terms: Mapping[str, float], sense: str, value: float) -> None:
        """A row over what falls due after; the first term has the coefficient 1."""
        first, *others = terms
        assert terms[first] == 1
        self.add("limits", limit=name, account=first, period=AFTER, sense=sense, value=value)
        for account in others:
            self.add("limit_terms", limit=name, account=account, coefficient=terms[account])

    def otherwise(self, scenario: str, table: str, key: str, column: str, amount: float) -> None:
        """What is so in a scenario."""
        row = {"table": table, "key": key, "column": column, "op": "value", "amount": amount}
        self.add("scenarios", scenario=scenario, probability=self.chances[scenario], **row)

    def write(self, target: Path, title: str) -> Path:
        periods = [{"name": name, "start": 2026 + at, "years": 1} for at, name in enumerate((NOW, THEN, AFTER))]
        settings = {
            "name": target.name,
            "title": {"en": title, "zh": title},
            "defaults": "none",
            "hold": False,
            "divisible": True,
            "periods": periods,
            "rates": {"finance": 0.0, "social": 0.0, "tail_years": 0},
            "objective": {"method": "weighted", "accounts": self.weights},
        }
        if "parcels" in self.tables:
            settings["parcels"] = "parcels.csv"
        return write_folder(target, settings, self.tables)


@dataclass(frozen=True)
class Problem:
    """A published problem: where it stands, its numbers, its folder, and what is published of it.

    Attributes
    ----------
    scenarios : names in the order of `linear.later`.
    first : the use (or project) of each first-stage variable.
    published : of here_and_now, wait_and_see, mean, of_mean, evpi, vss what is printed, each with the digits printed.
    """

    source: str
    scenarios: Mapping[str, float]
    first: Sequence[str]
    linear: TwoStage
    folder: Callable[[], Folder]
    published: Mapping[str, tuple[float, float]]
    optimum: Sequence[float]


# ---- the farmer ----

YEARS = {"above": 1.2, "average": 1.0, "below": 0.8}
THIRDS = dict.fromkeys(YEARS, 1 / 3)
CROPS = ("wheat", "corn", "beets")
PLANTING = {"wheat": 150.0, "corn": 230.0, "beets": 260.0}
YIELD = {"wheat": 2.5, "corn": 3.0, "beets": 20.0}
FEED = {"wheat": 200.0, "corn": 240.0}
BUYING = {"wheat": 238.0, "corn": 210.0}
SELLING = {"wheat": 170.0, "corn": 150.0}
BEETS_AT_36 = 6000.0
ACRES = 500.0


def _farmer() -> Folder:
    """Crops are zones of the farm; grain is traded as a quota, beets beyond the favoured amount leave over a yard."""
    weights = {"planting": -1.0, "beyond": 10.0, "quota.beets.sale": 1.0}
    for crop in FEED:
        weights |= {f"quota.{crop}.sale": 1.0, f"quota.{crop}.purchase": -1.0}
    folder = Folder(THIRDS, weights)
    folder.now("farm", ACRES, {crop: {"planting": PLANTING[crop], f"harvest.{crop}": YIELD[crop]} for crop in CROPS})
    folder.now("stable", 1.0, {"cattle": {f"fed.{crop}": tons for crop, tons in FEED.items()}})
    folder.limit("herd", {"fed.wheat": 1.0}, ">=", FEED["wheat"])
    folder.later("yard", 1.2 * YIELD["beets"] * ACRES, {"beyond": 1.0})
    for crop in FEED:
        ample = 1.2 * YIELD[crop] * ACRES  # the format asks for a cap; this is the whole farm in the best year
        price = {"buy_price": BUYING[crop], "buy_max": ample, "sell_price": SELLING[crop], "sell_max": ample}
        used = {"account_used": f"fed.{crop}", "account_generated": f"harvest.{crop}"}
        folder.add("quotas", quota=crop, **used, **price, movable=1, bank=0)
    used = {"account_used": "beyond", "account_generated": "harvest.beets"}
    folder.add("quotas", quota="beets", **used, sell_price=36.0, sell_max=BEETS_AT_36, movable=1, bank=0)
    for scenario, factor in YEARS.items():
        for crop in CROPS:
            key = f"{crop}/harvest.{crop}"
            folder.otherwise(scenario, "practice_flows", key, "value", round(factor * YIELD[crop], 6))
    return folder


def _farmer_linear() -> TwoStage:
    """x acres of wheat, corn, beets; y: wheat and corn bought, wheat and corn sold, beets sold at 36 and at 10."""
    later = []
    for factor in YEARS.values():
        yields = [factor * YIELD[crop] for crop in CROPS]
        by_x = [[-yields[0], 0, 0], [0, -yields[1], 0], [0, 0, -yields[2]], [0, 0, 0]]
        by_y = [[-1, 0, 1, 0, 0, 0], [0, -1, 0, 1, 0, 0], [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 0]]
        later.append(Recourse([-238, -210, 170, 150, 36, 10], by_x, by_y, [-200, -240, 0, BEETS_AT_36]))
    return TwoStage([-PLANTING[crop] for crop in CROPS], [[1, 1, 1]], [ACRES], [1 / 3] * 3, later)


# ---- the newsvendor ----

PRINTING, PAPER, RETURNED = 10.0, 25.0, 5.0
DEMANDED = {"d40": 40.0, "d60": 60.0, "d80": 80.0, "d100": 100.0, "d120": 120.0}
DEMAND_CHANCES = {"d40": 0.15, "d60": 0.2, "d80": 0.25, "d100": 0.3, "d120": 0.1}


def closed_form() -> tuple[float, Values]:
    """Order and values of the newsvendor without a program.

    One paper more is sold with the probability that the demand is above the order: it is worth printing while
    PAPER P(D > q) + RETURNED P(D <= q) > PRINTING, up to the least demand with P(D <= q) >= (PAPER - PRINTING) /
    (PAPER - RETURNED) = 0.75: 100 papers, P(D <= 80) being 0.6 and P(D <= 100) 0.9. One who knows the demand prints it.
    """
    fractile, below, order = (PAPER - PRINTING) / (PAPER - RETURNED), 0.0, 0.0
    for name, amount in DEMANDED.items():
        if below < fractile:
            order, below = amount, below + DEMAND_CHANCES[name]

    def profit(printed: float) -> float:
        sold = sum(chance * min(printed, DEMANDED[name]) for name, chance in DEMAND_CHANCES.items())
        return PAPER * sold + RETURNED * (printed - sold) - PRINTING * printed

    mean = sum(chance * DEMANDED[name] for name, chance in DEMAND_CHANCES.items())
    known = (PAPER - PRINTING) * mean
    return order, Values(profit(order), known, known, profit(mean))


def _newsvendor() -> Folder:
    """Hectares of a press are papers; they are sold as a quota as far as the demand goes, or given back."""
    folder = Folder(DEMAND_CHANCES, {"printing": -1.0, "returned": RETURNED, "quota.papers.sale": 1.0})
    most = max(DEMANDED.values())
    folder.now("press", most, {"print": {"printing": PRINTING, "printed": 1.0}})
    folder.later("returns", most, {"returned": 1.0})
    used = {"account_used": "returned", "account_generated": "printed"}
    folder.add("quotas", quota="papers", **used, sell_price=PAPER, sell_max=most, movable=1, bank=0)
    for scenario, amount in DEMANDED.items():
        folder.otherwise(scenario, "quotas", "papers", "sell_max", amount)
    return folder


def _newsvendor_linear() -> TwoStage:
    later = [Recourse([PAPER, RETURNED], [[-1], [0]], [[1, 1], [1, 0]], [0, amount]) for amount in DEMANDED.values()]
    return TwoStage([-PRINTING], [], [], list(DEMAND_CHANCES.values()), later)


# ---- two products on two resources ----

DAYS = {"slack": 0.4, "brisk": 0.6}
PRICES = {"slack": (24.0, 28.0), "brisk": (28.0, 32.0)}
DEMANDS = {"slack": (500.0, 100.0), "brisk": (300.0, 300.0)}


def _two_products() -> Folder:
    """Two zones of 120 ha carry two products; how much of each is made waits for prices and demands."""
    folder = Folder(DAYS, {"spent": -1.0, "earned": 1.0})
    folder.now("site", 120.0, {"one": {"spent": 100.0, "room.one": 60.0}, "two": {"spent": 150.0, "room.two": 80.0}})
    for product, most, (first, second) in (("p1", 500.0, (6.0, 8.0)), ("p2", 300.0, (10.0, 5.0))):
        folder.later(product, most, {f"made.{product}": 1.0, "taken.one": first, "taken.two": second, "earned": 1.0})
        folder.limit(f"demand.{product}", {f"made.{product}": 1.0}, "<=", most)
    for zone, least in (("one", 40.0), ("two", 20.0)):
        folder.limit(f"room.{zone}", {f"taken.{zone}": 1.0, f"room.{zone}": -1.0}, "<=", 0.0)
        folder.limit(f"least.{zone}", {f"area.zone.{zone}": 1.0}, ">=", least)
    for scenario in DAYS:
        for product, price, demand in zip(("p1", "p2"), PRICES[scenario], DEMANDS[scenario], strict=True):
            folder.otherwise(scenario, "practice_flows", f"{product}/earned", "value", price)
            folder.otherwise(scenario, "limits", f"demand.{product}", "value", demand)
    return folder


def _two_products_linear() -> TwoStage:
    by_x = [[-60, 0], [0, -80], [0, 0], [0, 0]]
    by_y = [[6, 10], [8, 5], [1, 0], [0, 1]]
    later = [Recourse(PRICES[each], by_x, by_y, [0, 0, *DEMANDS[each]]) for each in DAYS]
    rows = [[1, 1], [-1, 0], [0, -1]]
    return TwoStage([-100, -150], rows, [120, -40, -20], list(DAYS.values()), later)


# ---- electricity: investment in plants ----

LOADS = {"low": 3.0, "medium": 5.0, "high": 7.0}
LOAD_CHANCES = {"low": 0.3, "medium": 0.4, "high": 0.3}
INVESTMENT = (10.0, 7.0, 16.0, 6.0)
PRODUCTION = (4.0, 4.5, 3.2, 5.5)
DURATION = (10.0, 6.0, 1.0)
OTHER_LOADS = (3.0, 2.0)
BUDGET, LEAST_CAPACITY = 120.0, 12.0
PLANTS, MODES = range(4), range(3)


def _plants() -> Folder:
    """Plants are zones of a site; what each plant gives in each mode waits for the load."""
    folder = Folder(LOAD_CHANCES, {"invested": -1.0, "produced": -1.0})
    most = max(LOADS.values())
    folder.now(
        "site",
        BUDGET / min(INVESTMENT),
        {f"plant{i}": {"invested": INVESTMENT[i], f"capacity{i}": 1.0, "capacity": 1.0} for i in PLANTS},
    )
    for i in PLANTS:
        for j in MODES:
            cost = PRODUCTION[i] * DURATION[j]
            folder.later(f"run{i}{j}", most, {f"load{i}": 1.0, f"served{j}": 1.0, "produced": round(cost, 6)})
    folder.limit("budget", {"invested": 1.0}, "<=", BUDGET)
    folder.limit("least", {"capacity": 1.0}, ">=", LEAST_CAPACITY)
    for i in PLANTS:
        folder.limit(f"plant{i}", {f"load{i}": 1.0, f"capacity{i}": -1.0}, "<=", 0.0)
    for j, load in zip(MODES, (LOADS["medium"], *OTHER_LOADS), strict=True):
        folder.limit(f"mode{j}", {f"served{j}": 1.0}, ">=", load)
    for scenario, load in LOADS.items():
        folder.otherwise(scenario, "limits", "mode0", "value", load)
    return folder


def _plants_linear() -> TwoStage:
    """y: plant by mode, modes fastest."""
    gain = [-PRODUCTION[i] * DURATION[j] for i in PLANTS for j in MODES]
    by_x = [[-1.0 * (i == k) for k in PLANTS] for i in PLANTS] + [[0.0] * 4 for _ in MODES]
    pairs = [(i, j) for i in PLANTS for j in MODES]
    by_y = [[1.0 * (i == k) for i, _ in pairs] for k in PLANTS] + [[-1.0 * (j == k) for _, j in pairs] for k in MODES]
    later = [
        Recourse(gain, by_x, by_y, [0.0] * 4 + [-load, *(-other for other in OTHER_LOADS)]) for load in LOADS.values()
    ]
    rows = [INVESTMENT, [-1.0] * 4]
    first = [-cost for cost in INVESTMENT]
    return TwoStage(first, rows, [BUDGET, -LEAST_CAPACITY], list(LOAD_CHANCES.values()), later)


# ---- furniture ----

MARKETS = {"low": 0.3, "likely": 0.4, "high": 0.3}
FURNITURE = ("desks", "tables", "chairs")
RESOURCES = ("lumber", "finishing", "carpentry")
SOLD_AT = (60.0, 40.0, 10.0)
COST = (2.0, 4.0, 5.2)
NEEDS = ((8.0, 6.0, 1.0), (4.0, 2.0, 1.5), (2.0, 1.5, 0.5))
"""By resource, then by product."""
DEMAND = {"low": (50.0, 20.0, 200.0), "likely": (150.0, 110.0, 225.0), "high": (250.0, 250.0, 500.0)}


def _furniture() -> Folder:
    """Resources are zones of a store; what is made of them waits for the demand."""
    folder = Folder(MARKETS, {"paid": -1.0, "earned": 1.0})
    most = [max(each[at] for each in DEMAND.values()) for at in range(3)]
    room = sum(need * amount for row in NEEDS for need, amount in zip(row, most, strict=True))
    bought = zip(RESOURCES, COST, strict=True)
    folder.now("store", room, {name: {"paid": cost, f"stock.{name}": 1.0} for name, cost in bought})
    for at, product in enumerate(FURNITURE):
        taken = {f"taken.{name}": row[at] for name, row in zip(RESOURCES, NEEDS, strict=True)}
        folder.later(product, most[at], {f"made.{product}": 1.0, "earned": SOLD_AT[at], **taken})
        folder.limit(f"demand.{product}", {f"made.{product}": 1.0}, "<=", most[at])
    for name in RESOURCES:
        folder.limit(f"stock.{name}", {f"taken.{name}": 1.0, f"stock.{name}": -1.0}, "<=", 0.0)
    for scenario, demand in DEMAND.items():
        for product, amount in zip(FURNITURE, demand, strict=True):
            folder.otherwise(scenario, "limits", f"demand.{product}", "value", amount)
    return folder


def _furniture_linear() -> TwoStage:
    by_x = [[-1.0 * (r == k) for k in range(3)] for r in range(3)] + [[0.0] * 3] * 3
    by_y = [*NEEDS, *([1.0 * (p == k) for k in range(3)] for p in range(3))]
    later = [Recourse(SOLD_AT, by_x, by_y, [0.0] * 3 + list(demand)) for demand in DEMAND.values()]
    return TwoStage([-cost for cost in COST], [], [], list(MARKETS.values()), later)


# ---- projects now and projects later ----

TURNS = {"first": 0.25, "second": 0.75}
NOW_GAIN, LATER_GAIN, LATER_USE = (6.0, 4.0), (3.0, 7.0, 9.0, 6.0), (2.0, 4.0, 5.0, 3.0)
NOW_USE = {"first": (2.0, 4.0), "second": (4.0, 3.0)}
ROOM = {"first": 10.0, "second": 15.0}


def _projects() -> Folder:
    """All variables are projects; what those of now take of the room is known only later."""
    folder = Folder(TURNS, {"worth": 1.0})
    for name, gain, wait, period in (
        *((f"x{at}", gain, 2, NOW) for at, gain in enumerate(NOW_GAIN)),
        *((f"y{at}", gain, 1, THEN) for at, gain in enumerate(LATER_GAIN)),
    ):
        folder.add("projects", project=name, earliest=period, latest=period)
        use = NOW_USE["first"][int(name[1])] if period == NOW else LATER_USE[int(name[1])]
        for account, value in (("worth", gain), ("taken", use)):
            folder.account(account)
            row = {"account": account, "basis": "once", "value": value, "start_year": wait}
            folder.add("project_flows", project=name, **row)
    folder.limit("room", {"taken": 1.0}, "<=", ROOM["first"])
    for scenario, room in ROOM.items():
        folder.otherwise(scenario, "limits", "room", "value", room)
        for at, use in enumerate(NOW_USE[scenario]):
            folder.otherwise(scenario, "project_flows", f"x{at}/taken", "value", use)
    return folder


def _projects_linear() -> TwoStage:
    later = [Recourse(LATER_GAIN, [NOW_USE[each]], [LATER_USE], [ROOM[each]]) for each in TURNS]
    return TwoStage(NOW_GAIN, [], [], list(TURNS.values()), later, whole=True)


BIRGE = "Birge and Louveaux, Introduction to Stochastic Programming (Springer)"
PROBLEMS: dict[str, Problem] = {
    "farmer": Problem(
        f"{BIRGE}, section 1.1, tables 1 to 5",
        THIRDS,
        CROPS,
        _farmer_linear(),
        _farmer,
        {
            "here_and_now": (108390, 0.5),
            "wait_and_see": (115406, 0.5),
            "mean": (118600, 0.5),
            "of_mean": (107240, 0.5),
            "evpi": (7016, 0.5),
            "vss": (1150, 0.5),
        },
        (170.0, 80.0, 250.0),
    ),
    "newsvendor": Problem(
        f"{BIRGE}, section 1.1e, the critical fractile, with numbers of our own",
        DEMAND_CHANCES,
        ("print",),
        _newsvendor_linear(),
        _newsvendor,
        {},
        (100.0,),
    ),
    "two_products": Problem(
        f"{BIRGE}, section 5.1, example 1; EVPI and VSS: tests of StochasticPrograms.jl (Biel and Johansson, "
        "Efficient Stochastic Programming in Julia, INFORMS Journal on Computing 2022), problem Simple",
        DAYS,
        ("one", "two"),
        _two_products_linear(),
        _two_products,
        {
            "here_and_now": (855.83, 0.005),
            "wait_and_see": (1518.75, 0.005),
            "mean": (1445.92, 0.005),
            "of_mean": (568.92, 0.005),
            "evpi": (662.92, 0.005),
            "vss": (286.92, 0.01),
        },
        (140 / 3, 36.25),
    ),
    "plants": Problem(
        "Louveaux and Smeers, Optimal investments for electricity generation: a stochastic model and a test problem, "
        "in Ermoliev and Wets (eds.), Numerical Techniques for Stochastic Optimization (Springer 1988), pp. 445-453; "
        f"values: {BIRGE}, section 1.3, with its row (3.13) for the least capacity",
        LOAD_CHANCES,
        [f"plant{i}" for i in PLANTS],
        _plants_linear(),
        _plants,
        {"here_and_now": (-381.85, 0.005), "of_mean": (-383.99, 0.005), "vss": (2.14, 0.01)},
        (8 / 3, 4.0, 10 / 3, 2.0),
    ),
    "furniture": Problem(
        "Higle, Stochastic Programming: Optimization When Uncertainty Matters (INFORMS Tutorials in Operations "
        "Research 2005), the Dakota example",
        MARKETS,
        RESOURCES,
        _furniture_linear(),
        _furniture,
        {"here_and_now": (1730, 0.5), "mean": (4165, 0.5)},
        (1300.0, 540.0, 325.0),
    ),
    "projects": Problem(
        "StochasticPrograms.jl (Biel and Johansson, Efficient Stochastic Programming in Julia, INFORMS Journal on "
        "Computing 2022), the problem of its integer solvers",
        TURNS,
        ("x0", "x1"),
        _projects_linear(),
        _projects,
        {},
        (1.0, 0.0),
    ),
}


def write_problem(name: str, target: Path) -> Path:
    """Write the problem of that name as a study folder."""
    problem = PROBLEMS[name]
    return problem.folder().write(target, f"Known answer: {name.replace('_', ' ')} ({problem.source})")
