"""Random small studies for hypothesis: all that the format offers and the model has, in a few parcels and projects."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from tests.random_rows import table
from tests.random_sites import DECAY, sites
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError

CLASSES = ["farm", "wood", "town"]
ZONES = ["N", "R", "U", "U1", "U2"]
PARENTS = ["", "", "", "U", "U1"]
ACCOUNT_ROWS = [
    ("rent", "revenue", "annual", 1, "", 0.03, ""),
    ("sale", "revenue", "one_off", 1, "land_sale", 0.02, ""),
    ("ground", "revenue", "annual", 1, "", 0.0, ""),
    ("upkeep", "cost", "annual", 1, "", 0.01, ""),
    ("works", "cost", "one_off", 1, "", 0.02, ""),
    ("eco", "ecosystem", "annual", 0, "", 0.0, ""),
    ("eco1", "ecosystem", "one_off", 0, "", 0.01, ""),
    ("leaf", "ecosystem", "annual", 0, "", 0.02, "rent"),
    ("soil", "custom", "stock", 0, "", 0.02, ""),
    ("trees", "social", "one_off", 0, "", 0.0, ""),
    ("cover", "ecosystem", "stock", 0, "", 0.01, ""),
    ("levy", "revenue", "annual", 0, "", 0.0, ""),
]
ACCOUNTS = [row[0] for row in ACCOUNT_ROWS]
ANNUAL, ONCE, STOCK = ([row[0] for row in ACCOUNT_ROWS if row[2] == kind] for kind in ("annual", "one_off", "stock"))
WHERE = ["tenure=state", "jurisdiction=A|B; slope_class=1", "x_grade=2", "title=1", "sea=0", "x_depth=2"]
ASSETS = [f"asset.{resource}{owner}" for resource in ("land", "forest") for owner in ("", ".state", ".collective")]
RETRIES = 20


@dataclass(frozen=True)
class Deck:
    """What the rows of a study are drawn from.

    A narrow study has few of everything and few rules, so that its rows meet on the same parcel: flows that follow
    each other, leads, leases, stocks. A wide one has all rules.
    """

    rnd: Random
    narrow: bool
    periods: list[str]
    classes: list[str]
    zones: list[str]
    accounts: list[str]
    practices: list[str]
    parcels: list[str]
    projects: list[str]
    everywhere: bool
    """Whether each parcel lies in a jurisdiction."""
    busy: bool = False
    """Whether much is open and little is forbidden."""

    @classmethod
    def shuffled(cls, rnd: Random, count: int | None = None, busy: bool = False) -> Deck:
        """Names for one study, with `count` parcels if that is given; a busy one has some of everything."""
        narrow = rnd.random() < (0.5 if count is None else 0.3)
        periods = [f"t{i}" for i in range(rnd.choice([1, 2, 2, 3]))]
        everywhere = rnd.random() < 0.8
        few = rnd.choice([1, 1, 2]) if narrow else rnd.choice([0, 1, 2, 3, 3, 4, 5, 6])
        acts = rnd.choice([1, 1, 2]) if narrow else rnd.choice([0, 1, 2, 2, 3])
        practices = [f"m{i}" for i in range(acts if count is None else 2)]
        projects = [f"j{i}" for i in range(rnd.choice([0, 0, 1, 2]) if narrow else rnd.randint(0, 3))]
        parcels = [f"p{i}" for i in range(few if count is None else count)]
        if busy:
            parcels, practices, projects = (
                [f"{letter}{i}" for i in range(rnd.choice(sizes))]
                for letter, sizes in (("p", (1, 2, 2, 3)), ("m", (1, 1, 2)), ("j", (1, 2, 2, 2, 3)))
            )
        if busy or not narrow:
            return cls(rnd, False, periods, CLASSES, ZONES, ACCOUNTS, practices, parcels, projects, everywhere, busy)
        accounts = [*rnd.sample(ANNUAL, 2), *rnd.sample(ONCE, 2), rnd.choice(STOCK)]
        classes, zones = rnd.sample(CLASSES, 2), rnd.sample(ZONES, 2)
        return cls(rnd, narrow, periods, classes, zones, accounts, practices, parcels, projects, everywhere)

    def maybe(self, share: float, value: Any, blank: Any = "") -> Any:
        """A value or a blank."""
        return value if self.rnd.random() < share else blank

    def rule(self, share: float, value: Any, blank: Any = "") -> Any:
        """A cell that closes options: seldom in a narrow study."""
        return self.maybe(0.1 * share if self.narrow or self.busy else share, value, blank)

    def any_of(self, names: list[str]) -> str:
        """One of the names, a blank where there are none."""
        return self.rnd.choice(names) if names else ""

    def amount(self) -> float:
        """Money, or what else there is, in eighths."""
        return self.rnd.randint(0, 40) / 8


def _accounts(deck: Deck) -> pd.DataFrame | None:
    columns = ["account", "family", "recurrence", "cash", "role", "growth", "counterpart_of"]
    rows: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in ACCOUNT_ROWS]
    if deck.rnd.random() >= 0.5:
        rows += [{"account": f"project.{name}", "growth": 0.03} for name in ("capex", "revenue", "ecosystem")]
    return table(rows)


def _flow(deck: Deck, project: bool = False) -> dict[str, Any]:
    rnd, account = deck.rnd, deck.rnd.choice(deck.accounts)
    once = account in ONCE or (account in STOCK and rnd.random() < 0.4)
    basis = {
        (True, True): "once",
        (True, False): "per_year",
        (False, True): rnd.choice(["once", "per_ha_once"]),
        (False, False): rnd.choice(["per_year", "per_ha_year"]),
    }[project, once]
    row = {
        "account": account,
        "basis": basis,
        "value": deck.amount(),
        "start_year": deck.maybe(0.4, rnd.randint(0, 3), 0),
        "ramp_years": deck.maybe(0.4, rnd.randint(1, 6), 0),
        "life_years": deck.maybe(0.4, rnd.choice([1, 1, 2, 3, 6]), None),
        "decay": deck.maybe(0 if once else 0.3, rnd.choice(DECAY), 0),
    }
    if not project:
        row["scale_by"] = deck.maybe(0.2, "x_grade")
        row["where"] = deck.rule(0.2, rnd.choice(WHERE))
    return row


def _undecayed(row: dict[str, Any]) -> dict[str, Any]:
    """A row without decay where its basis has become once."""
    return row | {"decay": 0} if row["basis"].endswith("once") else row


def _flows(deck: Deck, subject: str, names: list[str], most: int) -> pd.DataFrame | None:
    count = deck.rnd.randint(0, most) if names else 0
    return table([{subject: deck.rnd.choice(names), **_flow(deck, subject == "project")} for _ in range(count)])


def _parcel_flows(deck: Deck) -> pd.DataFrame | None:
    if not deck.parcels or deck.rnd.random() < 0.4:
        return None
    rows: list[dict[str, Any]] = []
    for _ in range(deck.rnd.randint(1, 4)):
        of = {
            "parcel_id": deck.rnd.choice(deck.parcels),
            "practice": deck.maybe(0.4, deck.any_of(deck.practices)),
            "zone": deck.maybe(0.4, deck.rnd.choice(deck.zones)),
        }
        rows.append({**of, **_flow(deck)})
        if deck.rnd.random() < 0.4:  # a row of another parcel that differs in a cell
            cell = deck.rnd.choice(["account", "value", "start_year", "ramp_years", "life_years", "decay", "where"])
            other = _flow(deck)
            changed = {"account", "basis"} if cell == "account" else {cell}
            rows.append(
                rows[-1] | {name: other[name] for name in changed} | {"parcel_id": deck.rnd.choice(deck.parcels)}
            )
        if rows[-1]["account"] in STOCK and deck.rnd.random() < 0.5:  # the same, once and every year
            both = {"once", "per_year"} if rows[-1]["basis"] in ("once", "per_year") else {"per_ha_once", "per_ha_year"}
            rows.append(rows[-1] | {"basis": (both - {rows[-1]["basis"]}).pop()})
    return table([_undecayed(row) for row in rows])


def _parcel(deck: Deck, name: str) -> dict[str, Any]:
    rnd, sea = deck.rnd, deck.maybe(0.15, 1, 0)
    return {
        "parcel_id": name,
        "land_class": rnd.choice(deck.classes),
        "jurisdiction": rnd.choice(["A", "B"] if deck.everywhere else ["A", "B", ""]),
        "area_ha": rnd.randint(1, 24) / 4,
        "tenure": rnd.choice(["state", "collective"]),
        "zone": deck.maybe(0.8, rnd.choice(deck.zones)),
        "redline": deck.rule(0.2, rnd.choice(["general", "core"]), "0"),
        "basic_farmland": deck.rule(0.2, 1, 0),
        "growth_boundary": deck.maybe(0.4, 1, 0),
        "sea": sea,
        "national_park": deck.maybe(0.5 if sea else 0.1, 1, 0),
        "conversion": deck.rule(0.2, rnd.choice(["prohibited", "conditional", "promoted", "free"])),
        "slope_class": rnd.choice([1, 1, 2, 4]),
        "title": deck.maybe(0.6, 1, 0),
        "farmland_quality": deck.maybe(0.5, rnd.randint(1, 4) / 2, None),
        "condition": rnd.choice([1, 0.5]),
        "land_price_factor": rnd.choice([1, 1.5]),
        "population": rnd.randint(0, 9),
        "locked_zone": deck.rule(0.01, rnd.choice(deck.zones)),
        "forbidden_zones": deck.rule(0.05, rnd.choice(deck.zones)),
        "locked_practice": deck.rule(0.01, deck.any_of(deck.practices)),
        "tags": deck.maybe(0.4, rnd.choice(["lake", "road", "lake; road"])),
        "x_grade": rnd.choice([1.0, 2.0]),
        "x_depth": rnd.choice([1.0, 2.0, None]),
    }


def _parcels(deck: Deck) -> pd.DataFrame | None:
    """Half of the parcels are like the one before but for a cell: the model takes together those that are alike."""
    rows: list[dict[str, Any]] = []
    for name in deck.parcels:
        row = _parcel(deck, name)
        if rows and deck.rnd.random() < 0.5:
            cell = deck.rnd.choice(list(row))
            row = rows[-1] | {cell: row[cell], "parcel_id": name}
        rows.append(row)
    return table(rows)


TWINS = 33
"""A parcel, and one for each cell in which it may differ."""
FLOW_CELLS = ["practice", "zone", "account", "value", "start_year", "ramp_years", "life_years", "decay", "where"]


def _twins(deck: Deck) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Parcels and their own rows: each parcel is like the first one but for a cell, its own or that of a row."""
    first = _parcel(deck, deck.parcels[0]) | {"zone": deck.rnd.choice(deck.zones)}
    rows = [{"practice": "", "zone": first["zone"], **_flow(deck)} for _ in range(deck.rnd.randint(0, 3))]
    # what closes options leaves the first to hold
    closed = {"locked_zone": first["zone"], "locked_practice": "hold"}
    closed["forbidden_zones"] = deck.rnd.choice([zone for zone in ZONES if zone != first["zone"]])
    parcels, flows = [first], [row | {"parcel_id": first["parcel_id"]} for row in rows]
    cells = [*((cell, False) for cell in list(first)[1:]), *((cell, True) for cell in FLOW_CELLS)]
    for name, (cell, of_row) in zip(deck.parcels[1:], cells, strict=True):
        twin, own = first | {"parcel_id": name}, [row | {"parcel_id": name} for row in rows]
        if of_row and own:
            of = {"practice": deck.any_of(deck.practices), "zone": deck.maybe(0.5, deck.rnd.choice(deck.zones))}
            other = {**of, **_flow(deck)}
            own[-1] |= {each: other[each] for each in ({"account", "basis"} if cell == "account" else {cell})}
        elif not of_row:
            redrawn = (_parcel(deck, name)[cell] for _ in range(20))
            twin[cell] = closed.get(cell, next((each for each in redrawn if each != first[cell]), first[cell]))
        parcels.append(twin)
        flows += own
    return table(parcels), table([_undecayed(row) for row in flows])


def _practice(deck: Deck, name: str) -> dict[str, Any]:
    rnd = deck.rnd
    row = {
        "practice": name,
        "zone": rnd.choice(deck.zones),
        "mode": rnd.choice(["production", "service", "symbiosis", "restoration", "development"]),
        "from_classes": deck.rule(0.7, rnd.choice(["farm", "farm; wood", "class_group:arable", "class_group:forest"])),
        "to_class": deck.maybe(0.7, rnd.choice(deck.classes)),
        "redline_ok": rnd.choice(["no", "general", "core"]),
        "basic_farmland_ok": rnd.choice([0, 1]),
        "conversion": deck.rule(0.2, "conditional; free"),
        "tenure": deck.rule(0.2, "state"),
        "to_tenure": deck.maybe(0.3, rnd.choice(["state", "collective"])),
        "needs_title": deck.rule(0.3, 1, 0),
        "min_slope_class": deck.rule(0.1, 2, 1),
        "max_slope_class": deck.rule(0.3, 2, 5),
        "requires_project": deck.maybe(0.15, 1, 0),
        "lead_years": deck.maybe(0.5, rnd.randint(1, 3), 0),
        "life_years": deck.maybe(0.6, rnd.randint(1, 8), None),
        "lease_years": deck.maybe(0.4, rnd.randint(2, 9), None),
        "earliest": deck.maybe(0.1, deck.periods[-1]),
    }
    row["clears_title"] = 0 if row["needs_title"] else deck.maybe(0.2, 1, 0)
    return row | {"latest": "" if row["earliest"] else deck.maybe(0.1, deck.periods[0])}


def _project(deck: Deck, name: str, others: list[str]) -> dict[str, Any]:
    rnd = deck.rnd
    required = rnd.sample(others, rnd.randint(1, len(others))) if others else []
    row = {
        "project": name,
        "category": deck.maybe(0.6, rnd.choice(["infrastructure", "ecological_restoration", "agriculture"])),
        "jurisdiction": deck.maybe(0.5, rnd.choice(["A", "B"])),
        "capex": deck.maybe(0.8, deck.amount(), 0),
        "build_years": rnd.choice([0, 1, 1, 2, 3]),
        "life_years": deck.maybe(0.5, rnd.randint(1, 8), None),
        "annual_revenue": deck.maybe(0.7, deck.amount() / 2, 0),
        "annual_cost": deck.maybe(0.7, deck.amount() / 4, 0),
        "ramp_years": deck.maybe(0.3, rnd.randint(0, 5), 0),
        "annual_ecosystem": deck.maybe(0.4, deck.amount(), 0),
        "jobs": rnd.randint(0, 5),
        "earliest": deck.maybe(0.15, deck.periods[-1]),
        "mandatory": deck.maybe(0.1, 1, 0),
        "requires": deck.maybe(0.3, "; ".join(required)),
        "requires_lag": deck.maybe(0.5, rnd.randint(0, 3), 0),
        "exclusive_set": deck.maybe(0.2, "either"),
        "bundle": deck.maybe(0.15, "together"),
        "footprint": deck.maybe(0.4, "; ".join(rnd.sample(deck.parcels, min(len(deck.parcels), 2)))),
        "redline_ok": rnd.choice(["no", "general", "core"]),
        "basic_farmland_ok": rnd.choice([0, 1]),
        "enables": deck.maybe(0.4, deck.any_of(deck.practices)),
    }
    if not row["build_years"]:  # capex is spread over them
        row["capex"] = 0
    row["latest"] = "" if row["earliest"] else deck.maybe(0.15, deck.periods[0])
    row["enables_area"] = deck.maybe(0.6, rnd.randint(1, 6), None) if row["enables"] else None
    on = bool(row["footprint"])
    row["footprint_zones"] = deck.maybe(0.6, rnd.choice(["U", "U1", "R", "U; R"])) if on else ""
    row["footprint_practice"] = deck.maybe(0.3, deck.any_of(deck.practices)) if on else ""
    pools = [*(f"practice:{practice}" for practice in deck.practices), "zone:U", "class_group:forest"]
    row["min_area_of"] = deck.maybe(0.3, rnd.choice([*pools, "class_group:arable"]))
    row["min_area"] = rnd.randint(1, 8) if row["min_area_of"] else None
    return row


def _related(rnd: Random, tables: dict[str, pd.DataFrame | None]) -> None:
    """Bundles of two, and practices that wait for a project: drawn one by one, rows seldom have both sides."""
    practices, projects = tables["practices"], tables["projects"]
    if projects is None:
        return
    if len(projects) > 1 and rnd.random() < 0.2:
        projects.loc[rnd.sample(list(projects.index), 2), "bundle"] = "together"
    if practices is not None:
        enabled = practices["practice"].isin(projects["enables"])
        practices.loc[enabled & (rnd.random() < 0.4), "requires_project"] = 1


def _limits(deck: Deck, tag: str, natural: bool) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    rnd = deck.rnd
    rows, terms = [], []
    pool = [
        *deck.accounts,
        *STOCK,
        "project.capex",
        "project.jobs",
        "area.class.farm",
        "area.class_group.arable",
        "area.class_group.construction",
        "area.resource.forest",
        "area.resource.sea",
        "area.resource.national_park",
        "area.zone.U",
        "area.zone.U1",
        "area.converted",
        "area.rezoned",
        "area.new_construction",
        "area.gained.class_group.forest",
        "area.lost.class.farm",
        "area.lost.zone.R",
        "area.gained.zone.U",
        "quality.arable",
        "quality.lost.arable",
        "quality.gained.arable",
        *["population"] * 2,
        *(f"area.practice.{name}" for name in deck.practices),
        *(f"area.new.practice.{name}" for name in deck.practices),
        *(ASSETS if natural else []),
    ]
    bases = ["", "absolute", *["share_of_start"] * 3, *["per_head"] * 2, "share_of:rent", "share_of:area.class.wood"]
    bases += [f"share_of_start:{name}" for name in ("eco", "soil", "area.class_group.arable")]
    for number in range(rnd.randint(0, 1 if deck.busy else 3)):
        account, basis = rnd.choice(pool), rnd.choice(bases)
        sense = rnd.choice(["<=", ">=", "<=", "=="])
        soft = sense == "==" or rnd.random() < (0.8 if deck.busy else 0.6)
        total = [] if _stock(account) or basis == "per_head" or basis.startswith("share_of:area") else ["total"] * 2
        relative = "share" in basis or basis == "per_head"
        rows.append(
            {
                "limit": f"l{number}",
                "account": account,
                "jurisdiction": rnd.choice(["", "", "each" if deck.everywhere else "", "A", tag]),
                "period": rnd.choice(["", "last", *deck.periods, *total]),
                "sense": sense,
                "value": rnd.randint(0, 12) / 8 if relative else rnd.randint(0, 40) / 4,
                "basis": basis,
                "kind": "soft" if soft else "hard",
                "penalty": rnd.randint(1, 8) / 4 if soft else None,
                "tolerance": deck.maybe(0.4, rnd.randint(0, 4) / 2, 0),
            }
        )
        if rnd.random() < 0.3:
            others = ["eco", "rent", "project.jobs", "area.rezoned"]
            other = rnd.choice(others if rows[-1]["period"] == "total" else [*others, "soil", "area.class.town"])
            terms.append({"limit": f"l{number}", "account": other, "coefficient": rnd.randint(-4, 4) / 2})
    return table(rows), table(terms)


def _stock(account: str) -> bool:
    """Whether an account is a stock, which has no sum over periods."""
    areas = ("area.class", "area.resource", "area.zone", "area.practice", "asset.")
    return account in {*STOCK, "population", "quality.arable", "area.converted"} or account.startswith(areas)


def _objective(rnd: Random, comparable: bool) -> dict[str, Any]:
    weighted = ["trees", "area.converted", "soil", "cover", "eco1", "quality.arable", "area.lost.zone.R", "leaf"]
    weighted.append("population")
    accounts = {name: rnd.choice([-0.5, 0.25, 1.0]) for name in rnd.sample(weighted, rnd.choice([0, 0, 2, 4]))}
    kind = rnd.choice(["floor", "weighted", "weighted", "accounts", "floor", "lexicographic"])
    weights = {"eco": 1.0, "works": -0.5, "area.zone.R": 0.25, "soil": 0.5}
    if kind == "lexicographic":  # its first stage is what a single program can show
        order = rnd.choice([["cash"], ["ecosystem"], ["accounts"]])
        return {"method": "lexicographic", "order": order, "accounts": weights if order == ["accounts"] else {}}
    if kind == "floor" and comparable:
        floor = rnd.choice([{"ecosystem": 1.0}, {"ecosystem": 0.5}, {"cash": 1.0}, {"ecosystem": 0.9}])
        return {"method": "floor", "floor": floor, "accounts": accounts}
    floors = [{}, {}, {"cash": 0.5}, {"ecosystem": 0.75}, {"cash": -1.0, "ecosystem": 0.5}] if comparable else [{}]
    floor = Random(f"{kind} {accounts}").choice(floors)  # apart, so that what else is drawn stays as it is
    beside = {"floor": floor} if floor else {}
    if kind == "accounts":
        return {"method": "weighted", "accounts": weights, **beside}
    both = {"cash": 1.0, "ecosystem": rnd.choice([0.0, 0.25, 1.0])}
    return {"method": "weighted", **both, "accounts": accounts, **beside}


def _shares(deck: Deck) -> pd.DataFrame | None:
    rnd, rows = deck.rnd, []
    if rnd.random() < 0.4:
        rows += [("rent", "receives", "local", 0.5, ""), ("rent", "receives", "farmers", 0.5, "")]
    if rnd.random() < 0.5:
        rows += [("works", "pays", "outside", 0.75, ""), ("works", "pays", "local", 0.25, "")]
        rows += [("works", "receives", "local", 1.0, "")] if rnd.random() < 0.5 else []
    if rnd.random() < 0.5:
        rows += [("project.revenue", "receives", actor, 0.5, "") for actor in ("local", "farmers")]
        rows += [("project.revenue", "pays", "local", 1.0, "")] if rnd.random() < 0.5 else []
    if deck.projects and rnd.random() < 0.5:  # in place of the general rows
        rows += [("project.revenue", "receives", "outside", 1.0, deck.projects[0])]
        rows += [("works", "pays", "local", 1.0, deck.projects[0])]
        rows += [("eco", "receives", "local", 1.0, deck.projects[-1])]  # no cash, whoever is named
    columns = ["account", "role", "actor", "share", "project"]
    return table([dict(zip(columns, row, strict=True)) for row in rows])


def _zones(deck: Deck) -> pd.DataFrame | None:
    plain = [{"zone": zone, "parent": parent} for zone, parent in zip(ZONES, PARENTS, strict=True)]
    rules = [deck.rnd.choice(["exact", "contains", "within"]) for _ in range(3)] + ["within"] * 2
    lines = ["redline", deck.rnd.choice(["basic_farmland", "sea"]), *["growth_boundary"] * 3]
    if deck.rule(0.6, True, False):
        plain = [row | {"line": lines[at], "line_rule": rules[at]} for at, row in enumerate(plain)]
    return table(plain)


def random_tables(
    rnd: Random, twins: bool = False, busy: bool = False
) -> tuple[dict[str, Any], dict[str, pd.DataFrame | None]]:
    """Settings and tables of a study that may have faults; with `twins` its parcels differ in one cell each."""
    deck = Deck.shuffled(rnd, TWINS if twins else None, busy)
    years = [rnd.randint(1, 3) for _ in deck.periods]
    periods = [{"name": t, "start": 2026 + sum(years[:i]), "years": years[i]} for i, t in enumerate(deck.periods)]
    hold = rnd.random() < 0.95
    unassigned = rnd.random() < (0.1 if hold else 0.7)
    settings = {
        "format": 1,
        "name": "random",
        "defaults": "none",
        "hold": hold,
        "unassigned": unassigned,
        "purse": rnd.choice([["local"], ["local"], ["local", "farmers"]]),
        "population_growth": rnd.choice([0.0, 0.02]),
        "periods": periods,
        "rates": {
            "finance": rnd.choice([0.0, 0.05, 0.05]),
            "social": rnd.choice([0.0, 0.03, 0.03]),
            "tail_years": rnd.choice([0, 1, 3]),
        },
        "objective": _objective(rnd, not deck.parcels or (hold and not unassigned)),
    }
    land, own = _twins(deck) if twins else (_parcels(deck), _parcel_flows(deck))
    tag = "lake" if land is not None and any("lake" in cell for cell in land["tags"]) else "B"
    limits, terms = _limits(deck, tag, settings["rates"]["social"] > 0)
    suits = [(c, z) for c in CLASSES for z in ZONES if rnd.random() < 0.8] if deck.rule(0.5, True, False) else []
    tables: dict[str, pd.DataFrame | None] = {
        "parcels": land,
        "jurisdictions": table(
            [
                {"jurisdiction": "A", "population": 30.0, "population_growth": 0.01},
                {"jurisdiction": "B", "population": None, "population_growth": None},
            ]
        ),
        "zones": _zones(deck),
        "land_classes": table(
            [
                {"land_class": "farm", "class_group": rnd.choice(["arable", "arable; garden"]), "resource": "land"},
                {"land_class": "wood", "class_group": "forest", "resource": "forest"},
                {"land_class": "town", "class_group": "construction", "resource": rnd.choice(["land", ""])},
            ]
        ),
        "class_zones": table(
            [{"land_class": c, "zone": z, "suitability": rnd.choice([0, 1, 2, 2, 3])} for c, z in suits]
        ),
        "accounts": _accounts(deck),
        "practices": table([_practice(deck, name) for name in deck.practices]),
        "class_flows": _flows(deck, "land_class", deck.classes, 7),
        "zone_flows": _flows(deck, "zone", deck.zones, 5),
        "practice_flows": _flows(deck, "practice", deck.practices, 5),
        "parcel_flows": own,
        "project_flows": _flows(deck, "project", deck.projects, 3),
        "projects": table([_project(deck, name, deck.projects[:i]) for i, name in enumerate(deck.projects)]),
        "limits": limits,
        "limit_terms": terms,
        "shares": _shares(deck),
    }
    _related(rnd, tables)
    if rnd.random() < (0.2 if busy else 0.6):
        sites(rnd, settings, tables, twins)
    return settings, tables


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """A sound random study; unsound ones are drawn again.

    Hypothesis draws the seed alone: where it draws every cell, half of the studies have no practice.
    """
    return _sound(draw(st.randoms(use_true_random=True)))


@st.composite
def twins(draw: st.DrawFn) -> Study:
    """A sound random study of parcels that differ from the first one in one cell each."""
    return _sound(draw(st.randoms(use_true_random=True)), twins=True)


def _sound(rnd: Random, twins: bool = False) -> Study:
    for _ in range(RETRIES):
        try:
            return random_study(rnd, twins)
        except StudyError:
            continue
    from hypothesis import reject

    reject()
    raise AssertionError


def random_study(rnd: Random, twins: bool = False) -> Study:
    """One random study.

    Raises
    ------
    StudyError
        If what was drawn has faults (a requires cycle, a mandated project that cannot start, …).
    """
    settings, tables = random_tables(rnd, twins)
    return make_study(settings, **tables)
