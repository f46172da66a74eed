"""Random small studies for what the policy has beside land, projects and money as such.

The overlay that lines say, people moving in, assets, deliverability, hurdles and the portfolio, EOD bundles, limits by
main function, synergies, prices by steps, budgets, land without a drawn site: each in many of the studies, and with
numbers that make it matter.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests import random_studies
from tests.random_money import money_tables
from tests.random_rows import Settings, Tables, change, limit, more, names, rows, table, weigh
from tests.random_sites import DECAY, sites
from tests.random_studies import CLASSES, random_tables
from tests.reckon.unread import unread_study
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.model.policy import ROW_FAMILIES

RETRIES = 40
BUILT = {"portfolio", "synergy_both", "step_area", "budget_transfer"} <= set(ROW_FAMILIES)
"""Whether the policy has these rows."""
CATEGORIES = ["infrastructure", "ecological_restoration", "agriculture", "industry"]
FUNCTIONS = {"A": "town", "B": "farming"}
ASSETS = ["asset.sea", *random_studies.ASSETS]
EIGHTHS = 8


# -- land -------------------------------------------------------------------------------------------------------------


def open_land(rnd: Random, tables: Tables) -> None:
    """Practices that most parcels may follow."""
    if rnd.random() < 0.9:
        tables["class_zones"] = None
        if rnd.random() < 0.5:
            tables["land_take"] = None
        change(tables, "zones", lambda _: {"line": "", "line_rule": ""})
        change(tables, "projects", lambda _: {"min_area_of": "", "min_area": None})
        cells = {"from_classes": "", "redline_ok": "core", "basic_farmland_ok": 1, "needs_title": 0, "tenure": ""}
        cells |= {"requires_project": 0, "max_slope_class": 5}
        change(tables, "practices", lambda _: cells | {"clears_title": int(rnd.random() < 0.1)})
        change(tables, "parcels", lambda _: {"locked_practice": "", "locked_zone": "", "forbidden_zones": ""})


def overlay(rnd: Random, _: Settings, tables: Tables) -> None:
    """Lines say the overlay of most parcels; practices and `where` ask for it."""

    def on_lines(_: dict[str, Any]) -> dict[str, Any]:
        line = rnd.choice(["redline", "basic_farmland", "growth_boundary", "national_park", "", "growth_boundary"])
        row: dict[str, Any] = {"redline": "0", "basic_farmland": 0, "growth_boundary": 0, "national_park": 0}
        row |= {} if not line else {line: rnd.choice(["general", "core"]) if line == "redline" else 1}
        row["growth_boundary"] = row["growth_boundary"] or int(rnd.random() < 0.3)
        kept = rnd.random() < 0.2
        return row | {"conversion": rnd.choice(["free", "promoted", "conditional", "prohibited"]) if kept else ""}

    def open_to(_: dict[str, Any]) -> dict[str, Any]:
        admitted = rnd.choice(["", "", "promoted", "conditional; prohibited", "promoted; free; prohibited"])
        return {"conversion": admitted, "redline_ok": "core", "basic_farmland_ok": 1}

    open_land(rnd, tables)
    change(tables, "parcels", on_lines)
    change(tables, "practices", open_to)
    wheres = ["conversion=promoted", "conversion=conditional|prohibited", "conversion=free"]
    new = []
    for practice in names(tables, "practices", "practice"):
        account = rnd.choice(["rent", "upkeep", "eco"])
        row = {"practice": practice, "account": account, "basis": "per_ha_year", "value": rnd.randint(1, 16) / EIGHTHS}
        new.append(row | {"where": rnd.choice(wheres)})
    more(tables, "practice_flows", new)


def people(rnd: Random, settings: Settings, tables: Tables) -> None:
    """People move in, and limits count them."""
    open_land(rnd, tables)
    change(tables, "practices", lambda _: {"in_migration": rnd.choice([1.0, 4.0, 8.0])})
    tag = "lake" if any("lake" in cell for cell in names(tables, "parcels", "tags")) else "A"
    place = rnd.choice(["", "each", "A", tag])
    if rnd.random() < 0.5:
        most = {"": 45, "A": 36, "each": 33}.get(place, 6) + rnd.randint(-4, 12)
        limit(rnd, tables, "population", "<=", most, jurisdiction=place, period=rnd.choice(["", "last"]))
    else:
        account = rnd.choice(["area.class_group.construction", "area.class_group.arable", "project.jobs", "rent"])
        per_head = rnd.randint(1, 16) / 64
        sense = rnd.choice(["<=", ">="])
        limit(rnd, tables, account, sense, per_head, jurisdiction=rnd.choice(["", "A"]), basis="per_head")
    if rnd.random() < 0.5:
        weigh(settings, "population", rnd.choice([-1.0, 1.0]))


def assets(rnd: Random, settings: Settings, tables: Tables) -> None:
    """What nature gives for good, against its start."""
    settings["rates"]["social"] = rnd.choice([0.03, 0.05])
    open_land(rnd, tables)
    new = [
        {
            "land_class": land_class,
            "account": rnd.choice(["eco", "eco", "leaf"]),
            "basis": "per_ha_year",
            "value": rnd.randint(1, 24) / EIGHTHS,
            "ramp_years": rnd.choice([0, 0, 4]),
            "decay": rnd.choice([0, 0, 0, *DECAY]),
        }
        for land_class in ("farm", "wood")
    ]
    more(tables, "class_flows", new)
    for _ in range(rnd.choice([1, 1, 2])):
        account, place = rnd.choice(ASSETS), rnd.choice(["", "", "A", "each"])
        if rnd.random() < 0.7:
            share = {"basis": "share_of_start", "jurisdiction": place, "period": rnd.choice(["", "last"])}
            limit(rnd, tables, account, ">=", rnd.choice([0.75, 1.0, 1.25]), **share)
        else:
            limit(rnd, tables, account, rnd.choice(["<=", ">="]), rnd.randint(0, 200), jurisdiction=place)
    if rnd.random() < 0.3:
        weigh(settings, rnd.choice(ASSETS), rnd.choice([-0.0625, 0.0625]))


def owners(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Practices give land to another owner, and what owners have counts."""
    settings["rates"]["social"] = rnd.choice([0.03, 0.05])
    open_land(rnd, tables)
    change(tables, "parcels", lambda _: {"national_park": 0, "sea": 0})
    change(tables, "practices", lambda _: {"to_tenure": rnd.choice(["", "state", "collective"])})
    row = {"account": "eco", "basis": "per_ha_year"}
    more(
        tables, "class_flows", [{**row, "land_class": each, "value": rnd.randint(1, 24) / EIGHTHS} for each in CLASSES]
    )
    for resource in ("land", "forest"):
        weigh(settings, f"asset.{resource}.{rnd.choice(['state', 'collective'])}", rnd.choice([-0.0625, 0.0625]))


def functions(rnd: Random, _: Settings, tables: Tables) -> None:
    """Limits of every jurisdiction of a main function."""
    both = rnd.random() < 0.3
    open_land(rnd, tables)
    change(tables, "jurisdictions", lambda row: {"main_function": "town" if both else FUNCTIONS[row["jurisdiction"]]})
    for _ in range(rnd.choice([1, 2])):
        account = rnd.choice(["area.class_group.construction", "area.rezoned", "eco", "rent", "area.class.farm"])
        place = "main_function:" + ("town" if both else rnd.choice(["town", "farming"]))
        basis = rnd.choice(["", "share_of_start"]) if account != "area.rezoned" else ""
        value = rnd.choice([0.5, 1.0]) if basis else rnd.randint(0, 24) / 4
        sense = "<=" if account in ("area.rezoned", "area.class_group.construction") else ">="
        limit(rnd, tables, account, sense, value, jurisdiction=place, basis=basis)


# -- projects ---------------------------------------------------------------------------------------------------------


def deliverability(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Not all that projects promise comes."""
    mixed_goal(rnd, settings)
    change(tables, "projects", lambda _: {"deliverability": rnd.choice([0.5, 0.75, 0.9, None])})


def worth(rnd: Random, row: dict[str, Any], asked: float, rate: float) -> dict[str, Any]:
    """Cells of a project that about earns its capital back at the rate that is asked, or at another."""
    life, build = rnd.choice([3, 6, 20, None]), row["build_years"]
    capital, cost = rnd.randint(4, 40) / EIGHTHS if build else 0.0, rnd.randint(0, 8) / EIGHTHS

    def least(rate: float) -> float:
        factor = sum((1 + rate) ** -(build + year) for year in range(1, (life or 100) + 1))
        paid = capital * sum((1 + rate) ** -year for year in range(1, build + 1)) / max(build, 1)
        return (paid / factor + cost) / (row.get("deliverability") or 1.0)

    low, high = sorted([least(asked), least(rate)])
    revenue = low + (high - low) * rnd.choice([-0.3, 0.2, 0.5, 0.8, 1.1]) + 0.05 * rnd.choice([-1, 0, 1])
    return {"capex": capital, "annual_cost": cost, "annual_revenue": max(round(revenue, 4), 0), "life_years": life} | {
        "ramp_years": 0,
        "enables": "",
        "enables_area": None,
        "min_area_of": "",
        "min_area": None,
    }


def free(rnd: Random, row: dict[str, Any]) -> dict[str, Any]:
    """Cells of a project that may start nearly at any time."""
    if rnd.random() < 0.2:
        return row
    blank = ("exclusive_set", "requires", "earliest", "latest", "footprint", "footprint_zones", "footprint_practice")
    opened = row | dict.fromkeys((*blank, "min_area_of"), "") | {"min_area": None, "requires_lag": 0}
    return opened | {"build_years": min(row["build_years"], rnd.choice([1, 1, 2]))}


def alone(rnd: Random, tables: Tables) -> None:
    """Most rows of project_flows go: what projects bring is in their columns."""
    tables["project_flows"] = table([row for row in rows(tables, "project_flows") if rnd.random() < 0.3])


def mixed_goal(rnd: Random, settings: Settings) -> None:
    """Cash and ecosystem both count, and so does what comes once."""
    if rnd.random() < 0.8:
        settings["rates"]["finance"] = 0.05
        accounts = settings["objective"].get("accounts", {})
        settings["objective"] = {"method": "weighted", "cash": 1.0, "ecosystem": rnd.choice([0.25, 1.0])}
        settings["objective"]["accounts"] = accounts


def hurdles(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Projects have rates, and about meet them."""
    finance = settings.get("finance")
    by_category = {name: rnd.choice([0.02, 0.05, 0.08]) for name in CATEGORIES if rnd.random() < 0.7}
    if finance is not None and by_category:
        finance["hurdle"] = by_category

    def tested(row: dict[str, Any]) -> dict[str, Any]:
        category = rnd.choice(CATEGORIES)
        own = rnd.choice([None, 0.0, 0.04, 0.1]) if finance is not None else rnd.choice([0.0, 0.04, 0.1, None])
        rate = by_category.get(category, 0.04) if own is None else own
        row = free(rnd, row) | {"category": category, "hurdle": own}
        worthy = row | worth(rnd, row, rate, settings["rates"]["finance"])
        if rnd.random() < 0.3:  # no income: the portfolio carries it
            return worthy | {"annual_revenue": 0, "annual_ecosystem": rnd.randint(4, 40) / EIGHTHS}
        return worthy

    mixed_goal(rnd, settings)
    alone(rnd, tables)
    change(tables, "projects", tested)


def bundles(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Projects that earn go with one that restores."""
    settings.setdefault("finance", {"transfers": 30.0, "opening_cash": 40.0})["eod_eco_share"] = rnd.choice([0.2, 0.5])
    projects = rows(tables, "projects")
    if len(projects) < 2:
        return
    rate, restores = settings["rates"]["finance"], rnd.randrange(len(projects))
    for at, row in enumerate(projects):
        row |= {"bundle": "together", "exclusive_set": "", "requires": "", "earliest": "", "latest": "", "hurdle": None}
        row["mandatory"] = int(rnd.random() < 0.1)
        row |= free(rnd, row)
        row["build_years"] = max(row["build_years"], 1)
        row["category"] = "ecological_restoration" if at == restores else rnd.choice(["industry", "infrastructure"])
        row |= worth(rnd, row, rate, rate)
        if at == restores:
            row |= {"annual_revenue": 0, "annual_cost": rnd.randint(0, 2) / EIGHTHS}
            row |= {"annual_ecosystem": rnd.randint(4, 40) / EIGHTHS, "capex": rnd.randint(1, 12) / EIGHTHS}
        elif rnd.random() < 0.5:
            row["annual_revenue"] = round(row["annual_revenue"] + 0.1 + rnd.random() / 4, 3)
    tables["projects"] = table(projects)
    mixed_goal(rnd, settings)
    alone(rnd, tables)
    taken = rnd.choice(["sale", "rent", ""])
    if taken:  # what comes of land or from the government is no income of the bundle
        basis = "once" if taken == "sale" else "per_year"
        row = {
            "project": projects[0]["project"],
            "account": taken,
            "basis": basis,
            "value": rnd.randint(1, 8) / EIGHTHS,
        }
        more(tables, "project_flows", [row])
    change(tables, "accounts", lambda row: {"path": "government" if row["account"] == "rent" else ""})


def synergies(rnd: Random, settings: Settings, tables: Tables) -> None:
    """What two projects bring together."""
    mixed_goal(rnd, settings)
    projects = names(tables, "projects", "project")
    pairs = [(one, two) for one in projects for two in projects if one != two]
    accounts = ["rent", "eco", "upkeep", "sale", "works", "eco1", "trees", "levy", "project.revenue", "project.jobs"]
    tables["synergies"] = table(
        [
            {"project": one, "with": two, "account": account, "value": rnd.randint(1, 40) / EIGHTHS}
            for one, two in rnd.sample(pairs, min(len(pairs), rnd.choice([1, 1, 2])))
            for account in rnd.sample(accounts, rnd.choice([1, 1, 2]))
        ]
    )
    change(tables, "projects", lambda row: free(rnd, row))
    if rnd.random() < 0.85:
        alone(rnd, tables)
        rate = settings["rates"]["finance"]
        change(tables, "projects", lambda row: worth(rnd, row, rate, rate + 0.03))


# -- money ------------------------------------------------------------------------------------------------------------


def price_steps(rnd: Random, settings: Settings, tables: Tables) -> None:
    """The more is sold the less it brings, the more is bought the more it costs; some rows dislike what it brings."""
    periods = [period["name"] for period in settings["periods"]]
    practices = names(tables, "practices", "practice")
    open_land(rnd, tables)
    mixed_goal(rnd, settings)
    areas = [*(f"area.new.practice.{name}" for name in practices * 4), "area.rezoned", "area.new_construction"]
    areas += ["area.gained.class_group.forest", "area.lost.class.farm"]
    found, sold = [], []
    for account, factors in rnd.sample([("sale", (1.0, 0.6, 0.3)), ("works", (1.0, 1.5, 2.5))], rnd.choice([1, 1, 2])):
        area, place = rnd.choice(areas), rnd.choice(["", "", "A"])
        price, top, count = rnd.randint(8, 80) / EIGHTHS, 0.0, rnd.choice([2, 2, 3])
        for period in ("", rnd.choice(periods)) if rnd.random() < 0.3 else ("",):
            top = 0.0
            for factor in factors[:count]:
                top += rnd.choice([0.5, 1.0, 1.5, 2.5])
                row = {"account": account, "area_account": area, "up_to": top, "factor": factor, "price": price}
                found.append(row | {"jurisdiction": place, "period": period})
            if rnd.random() < 0.7:  # all of it has a price
                found[-1]["up_to"] = 60.0
        sold.append((account, place))
    tables["price_steps"] = table(found)
    account, place = sold[0]
    dislike = rnd.random()
    if dislike < 0.4:
        cap = {"jurisdiction": place, "period": rnd.choice(["", *periods]), "kind": "soft", "penalty": 4.0}
        limit(rnd, tables, rnd.choice([account, "money.land_sale"]), "<=", rnd.randint(0, 8) / 4, **cap)
    elif dislike < 0.6:
        weigh(settings, account, -2.0)


def land_taken(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Projects that may start nearly at any time take land."""
    change(tables, "projects", lambda row: free(rnd, row))
    sites(rnd, settings, tables)


def budgets(rnd: Random, settings: Settings, tables: Tables) -> None:
    """Cash that may not be mixed, and what is passed on."""
    finance = settings.setdefault("finance", {"transfers": rnd.choice([2.0, 8.0])})
    finance["opening_cash"] = rnd.choice([2.0, 8.0, 30.0])
    named = rnd.choice([["general", "fund"], ["general", "fund"], ["general", "fund", "enterprise"]])
    main = rnd.choice([named, named[::-1]])
    tables["budgets"] = table(
        [
            {
                "budget": name,
                "borrower": "enterprise" if name == "enterprise" or rnd.random() < 0.1 else "government",
                "opening_cash": rnd.choice([None, 0.0, 1.0, 6.0]) if name != main[0] else rnd.choice([None, 12.0]),
                "reserve": rnd.choice([None, None, 0.0, 0.5]),
            }
            for name in main
        ]
    )
    pairs = [(one, two) for one in main for two in main if one != two]
    tables["budget_transfers"] = table(
        [
            {"from": one, "to": two, "cap": rnd.choice([None, 0.5, 1.0, 4.0])}
            for one, two in pairs
            if rnd.random() < (0.85 if one == main[0] else 0.4)
        ]
    )
    known = {row["account"]: row for row in rows(tables, "accounts")}
    asides = [name for name in ("rent", "sale", "ground", "ore", "levied", "project.revenue") if name in known]
    tables["set_asides"] = table(
        [
            {"account": account, "budget": rnd.choice(main), "share": rnd.choice([0.25, 0.5, 1.0])}
            for account in rnd.sample(asides, rnd.choice([0, 1, 2]))
        ]
    )
    spending = ("upkeep", "works", "mend", "wage", "rent", "sale", "project.capex", "project.cost", "project.revenue")
    chosen = {name: rnd.choice(["", "", *main]) for name in spending}
    change(tables, "accounts", lambda row: {"budget": chosen.get(row["account"], row.get("budget") or "")})
    missing = [name for name in chosen if name.startswith("project.") and name not in known]
    more(tables, "accounts", [{"account": name, "budget": chosen[name]} for name in missing if chosen[name]])
    change(tables, "accounts", lambda row: {"budget": "" if row["budget"] not in ("", *main) else row["budget"]})
    change(tables, "projects", lambda _: {"budget": rnd.choice(["", "", *main])})
    if tables.get("instruments") is not None:
        change(tables, "instruments", lambda _: {"budget": rnd.choice(["", *main])})
    if rnd.random() < 0.3:
        limit(rnd, tables, f"finance.cash.{rnd.choice(main)}", rnd.choice(["<=", ">="]), rnd.randint(0, 12))
    elif rnd.random() < 0.3:
        limit(rnd, tables, "finance.cash", ">=", rnd.randint(0, 40))


FEATURES: dict[str, Callable[[Random, Settings, Tables], None]] = {
    "overlay": overlay,
    "people": people,
    "assets": assets,
    "owners": owners,
    "functions": functions,
    "deliverability": deliverability,
    "hurdles": hurdles,
    "bundles": bundles,
    "synergies": synergies,
    "price_steps": price_steps,
    "budgets": budgets,
    "sites": land_taken,
}
"""In this order: the later ones need what the earlier ones have set."""
OF_MONEY, CATEGORISED = {"budgets", "bundles"}, {"bundles", "hurdles"}


def feature_tables(rnd: Random, chosen: set[str] | None = None) -> tuple[Settings, Tables, set[str]]:
    """Settings and tables of a random study with some of the features, and which they are; it may have faults."""
    if chosen is None:
        chosen = {name for name in FEATURES if rnd.random() < 0.3} or {rnd.choice(list(FEATURES))}
    money = bool(chosen & OF_MONEY) or rnd.random() < 0.3
    settings, tables = (money_tables if money else random_tables)(rnd, busy=True)
    for name, draw in FEATURES.items():
        if name in chosen:
            draw(rnd, settings, tables)
    if chosen & CATEGORISED and tables.get("instruments") is not None:  # those named before were for others
        change(tables, "projects", lambda _: {"instruments": ""})
    return settings, tables, chosen


def sound(
    rnd: Random, chosen: set[str] | None = None, checked: bool = True
) -> tuple[Settings, Tables, set[str], Study] | None:
    """A sound study with some of the features; None where none came in many draws.

    Parameters
    ----------
    checked : whether the reader checks it; else tables that it does not know are taken as they are.
    """
    for _ in range(RETRIES):
        settings, tables, features = feature_tables(rnd, chosen)
        try:
            study = (make_study if checked else unread_study)(settings, **tables)
        except StudyError:
            continue
        return settings, tables, features, study
    return None
