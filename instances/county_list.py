"""The synthetic county's people, budget, limits and list of opportunities (90 projects), for `instances.county`.

All of it is made up, in the ranges that a western county would know; who receives and pays is told by the defaults,
but for what the compensation fund pays.
"""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

PERIODS = (("2026", 2026, 1), ("2027", 2027, 1), ("2028", 2028, 1), ("2029-2030", 2029, 2), ("2031-2035", 2031, 5))
MADE_UP = "made up for a synthetic county"

FUND, FUND_PAYS = "compensation_fund", 0.3
"""The compensation fund, and its part of what restoring land costs: nearly all that it receives by 2035."""

OPPORTUNITIES = files("zonevest.instances").joinpath("opportunities.csv")
"""Kinds of projects: ranges of capex in million, and of yearly revenue, cost and ecosystem value as shares of capex."""
OPEN_LAND = ("01", "02", "03", "04")
"""Groups of classes on which something may be built: arable, garden, forest, grass."""
DRAWN = ("capex", "revenue", "cost", "ecosystem")


def projects(rng: np.random.Generator, towns: list[str], there: pd.Series[float]) -> dict[str, pd.DataFrame]:
    """Tables projects, project_flows (places in schools and clinics) and land_take; figures drawn from their ranges.

    Parameters
    ----------
    there : hectares, by town and land class.
    """
    with OPPORTUNITIES.open(encoding="utf-8") as file:
        kinds = pd.read_csv(file, dtype={"earliest": str, "latest": str})
    table = kinds.drop(columns=["name_en", "name_zh", "town", "jobs", "places", "land_take"])
    table = table.drop(columns=[f"{name}_{end}" for name in DRAWN for end in ("low", "high")])
    table.insert(1, "name", kinds["name_en"])
    table.insert(2, "x_name_zh", kinds["name_zh"])
    shares, where = np.zeros((len(DRAWN), len(kinds))), []
    central = kinds["category"].isin(["infrastructure", "livelihood", "industry"]) & kinds["uplift_account"].notna()
    low, high = (kinds[[f"{name}_{end}" for name in DRAWN]].to_numpy().T for end in ("low", "high"))
    for j in range(len(kinds)):
        shares[0, j] = rng.uniform(low[0, j], high[0, j])
        where.append(towns[0] if central[j] or rng.uniform() < 0.35 else towns[int(rng.integers(1, len(towns)))])
        shares[1:, j] = rng.uniform(low[1:, j], high[1:, j])
    where = kinds["town"].fillna(pd.Series(where)).to_list()  # a name that says where it is
    capex = np.round(shares[0], 1)
    table.insert(4, "jurisdiction", where)
    table.insert(5, "capex", capex)
    for name, share in zip(DRAWN[1:], shares[1:], strict=True):
        table[f"annual_{name}"] = np.round(capex * share, 2)
    table["ramp_years"] = np.where(kinds["revenue_high"] > 0.06, 3, 0)
    table["jobs"] = np.round(capex * kinds["jobs"])
    table["equity_min"] = 0.2
    table["budget"] = [_budget(row) for row in kinds.itertuples()]
    table["deliverability"] = kinds["category"].map(DELIVERED)
    serving = kinds["places"].notna()
    flows = kinds.loc[serving, ["project"]].assign(
        account="service_places",
        basis="once",
        value=kinds["places"],
        start_year=kinds["build_years"] - 1,
        source=MADE_UP,
        confidence="synthetic",
    )
    return {"projects": table, "project_flows": flows, "land_take": _taken(kinds["land_take"], table, there)}


def _taken(cells: pd.Series[str], table: pd.DataFrame, there: pd.Series[float]) -> pd.DataFrame:
    """Table land_take; of the classes that a cell names (``0307|0305:12``) the first of which its town has enough.

    A county of few parcels may have none of them there: then it is the open land of which the town has most, if that is
    enough, and else nothing is taken.
    """
    rows: list[tuple[str, str, str, float]] = []
    for cell, project, town in zip(cells, table["project"], table["jurisdiction"], strict=True):
        taken: set[str] = set()
        for part in cell.split(";") if pd.notna(cell) else []:
            classes, _, area = part.partition(":")
            held = there[town].sort_values(ascending=False, kind="stable") if town in there else there[:0]
            open_land = [c for c in held.index if c[:2] in OPEN_LAND]
            among = [c for c in [*classes.split("|"), *open_land] if c not in taken]
            enough = [c for c in among if held.get(c, 0.0) >= float(area)]
            if enough:
                rows.append((project, enough[0], town, float(area)))
                taken.add(enough[0])
    return pd.DataFrame(rows, columns=["project", "land_class", "jurisdiction", "area_ha"])


DELIVERED = {
    "infrastructure": 0.95,
    "livelihood": 0.95,
    "culture_tourism": 0.95,
    "ecological_restoration": 0.9,
    "industry": 0.95,
    "agriculture": 0.95,
    "eco_bank": 0.9,
}
"""What part of what a project promises is expected to come about, by category."""
ENTERPRISE = ("culture_tourism", "industry", "agriculture", "eco_bank")
"""Categories that the county's enterprise builds and runs."""
SET_ASIDE = {"P33": "housing", "P19": "irrigation", "P71": "irrigation", "P78": "irrigation", "P37": "rural"}
"""Projects for which part of the income from land is set aside: old estates; canals, ditches, terraces; wells."""


def _budget(kind: Any) -> str:
    """Which budget pays for a project: the enterprise, the set-asides, or what its income allows to serve."""
    if kind.project in SET_ASIDE:
        return SET_ASIDE[kind.project]
    if kind.category in ENTERPRISE or pd.notna(kind.bundle):
        return "enterprise"
    if pd.notna(kind.places) and kind.category == "livelihood" and kind.revenue_high == 0.0:
        return "education"
    return "fund" if kind.category in ("infrastructure", "livelihood") and kind.revenue_high > 0.0 else "general"


def settings(name: str, title: dict[str, str]) -> dict[str, Any]:
    """The keys of study.toml."""
    return {
        "format": 1,
        "name": name,
        "title": title,
        "parcels": "parcels.gpkg",
        "layer": "parcels",
        "currency": "CNY",
        "purse": ["local"],
        "defaults": "cn",
        "divisible": True,
        "population_growth": -0.003,
        "periods": [{"name": period, "start": start, "years": years} for period, start, years in PERIODS],
        "rates": {"finance": 0.05, "social": 0.03, "tail_years": 30},
        "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.02},
        "finance": {
            "own_revenue": 1600.0,
            "transfers": 3400.0,
            "fixed_cost": 4940.0,
            "growth": {"own_revenue": 0.02, "transfers": 0.02, "fixed_cost": 0.018, "fiscal_resources": 0.02},
            "fiscal_resources": 5900.0,
            "opening_cash": 760.0,
            "reserve_months": 0.4,
            "debt_ratio_cap": {"2026": 1.6, "2027": 1.6, "2028": 1.58, "2029-2030": 1.55, "2031-2035": 1.45},
            "dscr_min": 1.2,
            "dscr_scope": "new",
            "dscr_from": "2031-2035",
            "refinance_share": 0.9,
            "interest_share_general": 0.10,
            "interest_share_fund": 0.10,
            "operating_balance_from": "2031-2035",
            "hurdle": {"culture_tourism": 0.045, "industry": 0.05, "agriculture": 0.045, "eco_bank": 0.03},
            "eod_eco_share": 0.2,
            "soft": {"green_share_min": 2.0},
            "land_sale_share_cap": 0.2,
            "green_share_min": 0.2,
            "real_estate_share_max": 0.5,
            "reinvestment_min": 0.1,
        },
        "equity": {
            "participation": ["collective", "farmers", "residents"],
            "jurisdiction_floor": 0.3,
            "fund": FUND,
        },
    }


def explained(text: str, plots: bool = False) -> str:
    """study.toml with the reasons for what it states above the keys."""
    lines, why = [], WHY | (WHY_OF_PLOTS if plots else {})
    for line in text.splitlines():
        note = why.get(line.partition(" = ")[0] if " = " in line else line, "")
        lines += [*(f"# {part}" for part in note.strip().splitlines()), line]
    return "\n".join(lines) + "\n"


WHY = {
    "format": """
A synthetic county: its land is drawn by a seed, its people, budget and projects are made up in the ranges that a
western county would know. Money in million yuan, areas in hectares, rates a year. The tables that are not in this
folder are the default tables; any of them can be overridden by a file of the same name.""",
    "divisible": """
A planning unit stands for some sixty survey polygons of one class on the same lines: it need not be zoned and used
as one, and may be shared between land actions to the hectare. Projects are built whole or not at all.""",
    "[objective]": """
The exchange rate between cash and ecosystem value. Ecosystem value is what its services would cost, and hardly any
of it is paid for: 240 yuan a hectare a year for public-benefit forest whose services are valued at about 104,000
(0.2 %), 0.6 to 3 % for compensated wetlands, 0 to 5 % where a share is sold at all. Two fen of cash for a yuan of
ecosystem value is the upper part of what has been paid, and keeps the choice between the two open. Who prefers no
exchange rate holds ecosystem value at what doing nothing keeps: --set objective.method=floor.""",
    "[finance]": """
The budget entity in 2026, all budgets of budgets.csv together. own_revenue, transfers and fixed_cost are totals,
which include what the ledger books in the base year. 9,100 are owed (instruments.csv), 154 % of fiscal resources: the
yellow grade; with 264 of interest the year's recurring cash is 204 short, a gap that is to be closed by 2031-2035
without land sale.""",
    "[equity]": """
Nobody of these is to lose by the plan, and no town is to gain less than 30 % of its share by population. The fund is
fed by land, ore, royalties and concessions and pays a part of restoration works (shares.csv), out of what it has.""",
}
"""What is said above a key of study.toml."""
WHY_OF_PLOTS = {
    "divisible": """
A plot may be shared between land actions to the hectare: of plots of a few mu hardly any would be, and the program
stays linear in them. Projects are built whole or not at all.""",
}
"""What is said instead where parcels are plots, and no planning units."""


def people(towns: tuple[tuple[str, str, str], ...], population: pd.Series[float]) -> pd.DataFrame:
    """The jurisdictions."""
    main = {0: "urbanisation", 3: "key ecological function", 8: "key ecological function"}
    return pd.DataFrame(
        {
            "jurisdiction": [code for code, _, _ in towns],
            "name_en": [english for _, english, _ in towns],
            "name_zh": [chinese for _, _, chinese in towns],
            "population": [float(population.get(code, 0.0)) for code, _, _ in towns],
            "main_function": [main.get(k, "main agricultural product") for k in range(len(towns))],
        }
    )


def money(towns: list[str]) -> dict[str, pd.DataFrame]:
    """Instruments beside the default ones, quotas and budgets."""
    instruments = pd.DataFrame(
        [
            {"instrument": "legacy_debt", "kind": "bond", "budget": "general", "in_debt_ratio": 1, "rate": 0.029,
             "tenor_years": 10, "limit_total": 0, "outstanding": 8300.0, "outstanding_years": 12,
             "name_en": "General debt outstanding in 2026", "name_zh": "2026年存量一般债务",
             "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "legacy_special_debt", "kind": "bond", "budget": "fund", "in_debt_ratio": 1, "rate": 0.029,
             "tenor_years": 10, "limit_total": 0, "outstanding": 800.0, "outstanding_years": 12,
             "name_en": "Special debt outstanding in 2026", "name_zh": "2026年存量专项债务",
             "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "eco_grant", "kind": "grant", "budget": "general", "categories": "ecological_restoration",
             "limit_total": 260.0, "limit_period": 90.0, "name_en": "Grant for restoration",
             "name_zh": "生态修复专项补助", "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "policy_loan", "kind": "loan", "budget": "enterprise", "rate": 0.03, "tenor_years": 20,
             "grace_years": 3, "repay": "level_principal", "self_supporting": 1, "cover_min": 1.3, "limit_total": 600.0,
             "categories": "culture_tourism;industry;agriculture;ecological_restoration;eco_bank",
             "name_en": "Policy bank loan to an enterprise (EOD)", "name_zh": "政策性银行贷款（企业，EOD）",
             "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "outside_equity", "kind": "equity", "budget": "enterprise", "rate": 0.08,
             "limit_total": 400.0,
             "categories": "culture_tourism;industry;agriculture;eco_bank", "name_en": "Outside equity",
             "name_zh": "社会资本股权", "source": MADE_UP, "confidence": "synthetic"},
        ]
    )  # fmt: skip
    quotas = pd.DataFrame(
        [
            {"quota": "construction", "account_used": "area.new_construction",
             "account_generated": "area.new.practice.homestead_exit", "granted": 40.0, "buy_price": 4.5,
             "buy_max": 15.0,
             "sell_price": 3.0, "sell_max": 30.0, "opening": 0.0, "bank": 1, "available_after": 1, "movable": 1,
             "name_en": "Quota of new construction land", "name_zh": "新增建设用地指标", "source": MADE_UP,
             "confidence": "synthetic"},
            {"quota": "rural_industry", "account_used": "area.new.practice.rural_processing", "granted": 0.0,
             "buy_price": 1.5, "buy_max": 2.0, "bank": 1, "movable": 0,
             "name_en": "Sites for rural industry, given out to the towns",
             "name_zh": "农村产业用地指标（分解到乡镇）", "source": MADE_UP, "confidence": "synthetic"},
            {"quota": "carbon", "account_generated": "carbon_credits", "sell_price": 0.000065, "sell_max": 60000.0,
             "bank": 1, "movable": 0, "name_en": "Certified carbon", "name_zh": "核证碳汇", "source": MADE_UP,
             "confidence": "synthetic"},
        ]
    )  # fmt: skip
    return {"instruments": instruments, "quotas": quotas, "quota_grants": _grants(towns)} | budgets()


def _grants(towns: list[str]) -> pd.DataFrame:
    """The second level of development rights: sites for rural industry of each town, about a tenth of the grant."""
    rows = [(town, period, round(0.34 * years, 2)) for town in towns for period, _, years in PERIODS]
    table = pd.DataFrame(rows, columns=["jurisdiction", "period", "amount"])
    table.insert(0, "quota", "rural_industry")
    return table


def budgets() -> dict[str, pd.DataFrame]:
    """Cash that may not be mixed, what may pass between, what is set aside, what pays from it, and who gains least."""
    named = [
        ("general", "government", None, "General public budget", "一般公共预算"),
        ("fund", "government", 40.0, "Government fund (land income, special bonds)", "政府性基金预算"),
        ("enterprise", "enterprise", 60.0, "County enterprise", "县属企业"),
        ("education", "government", 0.0, "Set aside for education", "教育资金专户"),
        ("housing", "government", 0.0, "Set aside for affordable housing", "保障性安居工程资金专户"),
        ("irrigation", "government", 0.0, "Set aside for irrigation", "农田水利建设资金专户"),
        ("rural", "government", 0.0, "Set aside for the countryside", "支农资金专户"),
    ]
    table = pd.DataFrame(named, columns=["budget", "borrower", "opening_cash", "name_en", "name_zh"])
    table.insert(3, "reserve", [None, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0])
    passed = [
        ("general", "fund", 150.0),
        ("fund", "general", 100.0),
        ("general", "enterprise", 60.0),
        ("enterprise", "general", 100.0),
        ("general", "education", None),
        ("general", "housing", None),
        ("general", "irrigation", None),
        ("general", "rural", None),
        ("irrigation", "rural", None),  # ditches of standard fields
    ]
    transfers = pd.DataFrame(passed, columns=["from", "to", "cap"])
    # a tenth of what land nets, a quarter of its price, for schools, homes and ditches each; the ditches count into
    # the tenth of the price that is the countryside's
    tenth = "10 % of net ({}), net being a quarter of the price"
    aside = [
        ("land_sale", "education", 0.025, tenth.format("财综〔2011〕62号"), "published"),
        ("land_sale", "housing", 0.025, tenth.format("at least, affordable housing"), "recalled"),
        ("land_sale", "irrigation", 0.025, tenth.format("财综〔2011〕48号"), "recalled"),
        ("land_sale", "rural", 0.075, "10 % of the price for the countryside, with irrigation in it", "published"),
    ]
    accounts = pd.DataFrame(
        [
            {"account": "farmland_works", "unit": "million CNY", "family": "cost", "recurrence": "one_off", "cash": 1,
             "budget": "rural", "path": "government", "circulation": "fund_resource",
             "name_en": "Farmland consolidation works", "name_zh": "高标准农田与土地整治"},
            {"account": "farmland_retreat_quality", "unit": "ha", "family": "custom", "recurrence": "stock",
             "name_en": "Quality of the steep farmland that goes back to forest", "name_zh": "退耕坡耕地折合质量面积"},
        ]
    )  # fmt: skip
    tables = {
        "budgets": table,
        "budget_transfers": transfers,
        "accounts": accounts,
        "actors": pd.DataFrame(
            [{"actor": "farmers", "public": 0, "floor_share": 0.1, "name_en": "Farmers", "name_zh": "农户"}]
        ),
        "shares": pd.DataFrame(
            [("restoration_works", "pays", "local", 1.0 - FUND_PAYS), ("restoration_works", "pays", FUND, FUND_PAYS)],
            columns=["account", "role", "actor", "share"],
        ),
    }
    made_up = {name: frame.assign(source=MADE_UP, confidence="synthetic") for name, frame in tables.items()}
    of_set_asides = ["account", "budget", "share", "source", "confidence"]
    return made_up | {"set_asides": pd.DataFrame(aside, columns=of_set_asides)}


def markets() -> dict[str, pd.DataFrame]:
    """Prices that fall with the amount, what projects gain beside each other, and the flow rows that these replace."""
    # a fifth off the price of all where half as much again is sold: what is sold beyond brings two fifths of it
    sold, shops, homes = "area.new.practice.industrial_sale", "area.new.practice.commercial", "area.gained.class.0701"
    steps = pd.DataFrame(
        [
            ("land_sale", sold, 12.0, 1.0, 3.75),
            ("land_sale", sold, 24.0, 0.85, 3.75),
            ("land_sale", sold, 40.0, 0.7, 3.75),
            ("land_sale", shops, 4.0, 1.0, 30.0),
            ("land_sale", shops, 6.0, 0.4, 30.0),
            ("land_discount", homes, 12.0, 0.0, 45.0),
            ("land_discount", homes, 18.0, 0.6, 45.0),
        ],
        columns=["account", "area_account", "up_to", "factor", "price"],
    )
    beside = pd.DataFrame(
        [("P44", "P45", 2.5), ("P47", "P48", 3.0), ("P43", "P55", 1.2), ("P50", "P52", 0.8), ("P80", "P85", 2.0)],
        columns=["project", "with", "value"],
    )
    beside.insert(2, "account", "shared_facilities")
    stepped = pd.DataFrame(
        [
            {"practice": "slope_retreat", "account": "farmland_retreat_quality", "basis": "per_ha_once", "value": 1.0,
             "unit": "ha/ha", "scale_by": "farmland_quality", "where": "land_class=0103", "start_year": 1,
             "source": "farmland_retreat times quality", "confidence": "computed"},
            *({"practice": name, "account": "land_sale", "drop": 1} for name in ("industrial_sale", "commercial")),
        ]
    )  # fmt: skip
    return {
        "price_steps": steps.assign(source=MADE_UP, confidence="synthetic"),
        "synergies": beside.assign(source=MADE_UP, confidence="synthetic"),
        "practice_flows": stepped,
    }


def polluted(parcels: pd.Series[str]) -> pd.DataFrame:
    """What only single parcels carry: where works have stood the ground is cleaned before anything else comes."""
    cost = {"account": "restoration_works", "basis": "per_ha_once", "value": 0.8, "unit": "million CNY/ha"}
    return pd.DataFrame({"parcel_id": list(parcels)}).assign(**cost, source=MADE_UP, confidence="synthetic")


DRAWN_ON = {
    "P41": ("urban_green", "416", "urban"),
    "P61": ("", "100;110;120;200;210", "wetland"),
    "P82": ("", "414", "0601"),
}
"""Projects with a drawn site: the practice and the zones that they ask for, and on what they are drawn."""


RECALLED = {"source": "自然资发〔2023〕193号", "confidence": "recalled"}


def _paced(hectares: float, standing: float) -> float:
    """What of the boundary's increment may be built land: at least what is."""
    return max(round(hectares, 1), math.ceil(10.0 * standing) / 10.0)


TAXED = {("0601", 1): 1.29, ("0601", 0): 0.2, ("05H1", 1): 0.925, ("05H1", 0): 0.2}
"""Million a year from a hectare of parks, village plants, streets and village shops: default flows, upgrades with them;
by class and whether inside the growth boundary."""
PLANTED, TAX, RISE = 1_500.0, 0.11, 1.4
"""Hectares of forest and million of tax a hectare that are asked for where the land allows; and what growth and new
sites add to the tax of today's stock until 2035."""


def limits(increment: float, standing: float, restorable: float, taxable: float) -> dict[str, pd.DataFrame]:
    """Limits beside the default ones: what the county's market absorbs, pacing of its boundary, services.

    Parameters
    ----------
    increment, standing : hectares of the boundary's increment, and what of them is built on today. Of few parcels it
        may be more than the pacing allows; it stays.
    restorable : hectares that may become forest: no more than half is asked for, and nothing where there is none.
    taxable : million a year from a hectare of built land, were today's stock upgraded; bounds what is asked for.
    """
    planted = min(PLANTED, math.floor(restorable / 20.0) * 10.0)
    tax = math.floor(100.0 * min(TAX, RISE * taxable)) / 100.0
    rows: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []

    def limit(name: str, account: str, sense: str, value: float, english: str, chinese: str, **more: Any) -> None:
        rows.append(
            {"limit": name, "account": account, "sense": sense, "value": value, "name_en": english, "name_zh": chinese,
             "source": MADE_UP, "confidence": "synthetic", **more}
        )  # fmt: skip

    absorbed = {
        "homes": (18.0, ("residential_low", "residential_medium", "residential_high", "urban_renewal"), "住宅"),
        "business": (6.0, ("commercial", "reserve_and_sell"), "商业"),
        "industry": (40.0, ("industrial_sale", "industrial_lease", "logistics"), "工业"),
    }
    for use, (a_year, practices, chinese) in absorbed.items():
        for period, start, years in PERIODS:
            name, until = f"absorbed_{use}_{period}", start + years - PERIODS[0][1]
            english = f"Land for {use} that the market has taken by the end of {period}"
            limit(
                name,
                f"area.practice.{practices[0]}",
                "<=",
                a_year * until,
                english,
                f"至{period}年末{chinese}用地去化上限",
                period=period,
            )
            terms += [{"limit": name, "account": f"area.practice.{p}", "coefficient": 1.0} for p in practices[1:]]
    for period, _, years in PERIODS:
        limit(
            f"new_construction_{period}",
            "area.new_construction",
            "<=",
            60.0 * years,
            f"New construction land, {period}",
            f"{period}年新增建设用地上限",
            period=period,
        )

    # what this market takes, by year, stands in the place of the default shares of today's land
    rows.extend({"limit": f"absorbed_{use}", "drop": 1} for use in absorbed)

    def term(name: str, account: str, coefficient: float = 1.0) -> None:
        terms.append({"limit": name, "account": account, "coefficient": coefficient})

    # steep land that goes back to forest is among the listed retreats, outside the farmland balance and town targets
    term("farmland_balance", "farmland_retreat")
    term("farmland_quality", "farmland_retreat_quality")
    term("farming_towns", "farmland_retreat")
    demand = {
        "eco_tourism": (2500.0, "Nature tourism that visitors fill", "生态旅游市场容量"),
        "limited_visit": (1500.0, "Visits in the red line that visitors fill", "红线内参观容量"),
        "collective_entry": (60.0, "Collective land that the market takes", "集体土地入市去化上限"),
        "village_renewal": (900.0, "Villages that visitors and tenants fill", "乡村更新市场容量"),
        "scene_commerce": (60.0, "Streets that new scenes can fill", "消费场景市场容量"),
        "flow_space": (60.0, "Flow space that third parties pay for", "流量空间市场容量"),
        "forest_bank": (15000.0, "Forest that its bank can hold", "森林生态银行容量上限"),
        "solar": (600.0, "Solar power that the grid takes", "光伏消纳上限"),
        "mining": (150.0, "Ore that is to be mined by 2035", "采矿权投放"),
    }
    for practice, (hectares, english, chinese) in demand.items():
        limit(f"demand_{practice}", f"area.practice.{practice}", "<=", hectares, english, chinese, period="last")
    # what waits for its title to be cleared sells on the same market
    for practice in ("eco_tourism", "collective_entry", "forest_bank"):
        term(f"demand_{practice}", f"area.practice.{practice}_clearing")
    built = "area.class_group.construction"
    limit(
        "increment_2030",
        built,
        "<=",
        _paced(0.65 * increment, standing),
        "Boundary increment: 35 % kept beyond 2030",
        "城镇开发边界增量2030年后留存35%",
        jurisdiction="increment",
        period="2029-2030",
        **RECALLED,
    )
    limit(
        "increment_2035",
        built,
        "<=",
        _paced(0.75 * increment, standing),
        "Boundary increment: 25 % kept beyond 2035",
        "城镇开发边界增量2035年后留存25%",
        jurisdiction="increment",
        period="last",
        **RECALLED,
    )
    limit(
        "village_reserve",
        "area.new_construction",
        "<=",
        0.05,
        "New construction land of farming towns: the reserve of 5 % of their village land",
        "农产品主产区乡镇新增建设用地不超过村庄用地5%机动指标",
        jurisdiction="main_function:main agricultural product",
        period="total",
        basis="share_of_start:area.class.0702",
        **RECALLED,
    )
    limit(
        "service_places",
        "service_places",
        ">=",
        0.02,
        "Places in schools, clinics and care by 2035: one more for fifty people",
        "至2035年每50人新增一个公共服务位",
        period="last",
        basis="per_head",
    )
    limit(
        "custody",
        "area.practice.eco_custody",
        ">=",
        20000.0,
        "Protected land in custody by 2030",
        "2030年生态管护面积",
        period="2029-2030",
    )
    # milestones: a third of each goal of 2030 by 2028, and half of what is to be planted by 2035 under way by then
    limit(
        "custody_2028",
        "area.practice.eco_custody",
        ">=",
        7000.0,
        "Protected land in custody by 2028",
        "2028年生态管护面积",
        period="2028",
    )
    limit(
        "standard_fields_2028",
        "area.practice.high_standard_farmland",
        ">=",
        4000.0,
        "High-standard farmland by 2028",
        "2028年高标准农田",
        period="2028",
    )
    limit(
        "restored_2028",
        "area.practice.afforestation",
        ">=",
        planted / 2,
        "Land on which forest is planted or restored by 2028",
        "2028年造林与修复实施面积",
        period="2028",
    )
    for practice in ("slope_retreat", "redline_restoration", "mine_restoration"):
        term("restored_2028", f"area.practice.{practice}")
    limit(
        "standard_fields",
        "area.practice.high_standard_farmland",
        ">=",
        12000.0,
        "High-standard farmland by 2030",
        "2030年高标准农田",
        period="2029-2030",
    )
    limit(
        "restored",
        "area.gained.class_group.forest",
        ">=",
        planted,
        "Forest planted by 2035",
        "至2035年新增林地",
        period="total",
    )
    limit(
        "ecological_towns",
        built,
        "<=",
        1.0,
        "Towns of ecological function: no more construction land than today",
        "重点生态功能区乡镇建设用地不增加",
        jurisdiction="main_function:key ecological function",
        period="last",
        basis="share_of_start",
    )
    limit(
        "farming_towns",
        "area.class_group.arable",
        ">=",
        0.995,
        "Towns of farming: arable land stays",
        "农产品主产区乡镇耕地保有",
        jurisdiction="main_function:main agricultural product",
        period="last",
        basis="share_of_start",
    )
    limit(
        "land_to_people",
        built,
        "<=",
        0.028,
        "Construction land is linked to people: at most 280 m2 a head",
        "人地挂钩：人均建设用地不超过280平方米",
        period="last",
        basis="per_head",
    )
    limit(
        "renewed",
        "area.new.practice.urban_renewal",
        ">=",
        0.2,
        "Stock used anew: a hectare for every five of new construction land",
        "存量再利用面积不少于新增建设用地的五分之一",
        period="total",
        basis="share_of:area.new_construction",
    )
    term("renewed", "area.new.practice.collective_entry")
    term("renewed", "area.new.practice.collective_entry_clearing")
    term("renewed", "area.new.practice.rural_processing")
    # two in five people work: 0.8 to 1.2 jobs for each of them
    for name, sense, share, english, chinese in (
        ("jobs_least", ">=", 0.32, "Jobs in the county town: at least 0.8 for each who works", "县城职住比不低于0.8"),
        ("jobs_most", "<=", 0.48, "Jobs in the county town: at most 1.2 for each who works", "县城职住比不高于1.2"),
    ):
        limit(name, "jobs", sense, share, english, chinese, jurisdiction="chengguan", period="last", basis="per_head")
        term(name, "project.jobs")
    limit(
        "tax_of_built_land",
        "industrial_tax",
        ">=",
        tax,
        f"Tax of industry, trade and land use: {tax * 1e6:,.0f} yuan a hectare built on by 2035",
        f"至2035年建设用地地均税收不低于{tax * 100:.0f}万元/公顷",
        period="last",
        basis=f"share_of:{built}",
    )
    term("tax_of_built_land", "commercial_tax")
    term("tax_of_built_land", "land_use_tax")
    limit(
        "private_investment",
        "finance.raised.outside_equity",
        ">=",
        0.02,
        "Outside equity: at least 2 % of all outlay",
        "社会资本股权占总投资不低于2%",
        period="total",
        basis="share_of:money.outlay",
        kind="soft",  # an expected indicator, not a binding one
        penalty=1.0,
    )
    vain = {"restored", "restored_2028"} if not planted else set()
    kept = [[row for row in table if row["limit"] not in vain] for table in (rows, terms)]
    return {"limits": pd.DataFrame(kept[0]), "limit_terms": pd.DataFrame(kept[1])}
