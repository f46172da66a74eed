"""The synthetic county's people, budget, limits and list of opportunities (90 projects), for `instances.county`.

All of it is made up, in the ranges that a western county would know; shares of its tables come from the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

PERIODS = (("2026", 2026, 1), ("2027", 2027, 1), ("2028", 2028, 1), ("2029-2030", 2029, 2), ("2031-2035", 2031, 5))
MADE_UP = "made up for a synthetic county"


@dataclass(frozen=True)
class Kind:
    """A kind of project: names in both languages, money as shares of capex a year, and what it needs or brings.

    Attributes
    ----------
    capex : range, million.
    earns, costs, heals : yearly revenue, running cost and ecosystem value, ranges of shares of capex.
    more : further columns of the projects table.
    """

    english: str
    chinese: str
    category: str
    capex: tuple[float, float]
    build: int
    life: int | None
    earns: tuple[float, float] = (0.0, 0.0)
    costs: tuple[float, float] = (0.01, 0.02)
    heals: tuple[float, float] = (0.0, 0.0)
    jobs: float = 0.1
    more: tuple[tuple[str, Any], ...] = ()


INFRASTRUCTURE, LIVELIHOOD, CULTURE = "infrastructure", "livelihood", "culture_tourism"
RESTORATION, INDUSTRY, AGRICULTURE, BANK = "ecological_restoration", "industry", "agriculture", "eco_bank"
GREEN, HEAL = ("green", 1), ("restoration", 1)


def _uplift(catchment: str, per_ha: float, account: str, practices: str = "") -> tuple[tuple[str, Any], ...]:
    return (
        ("catchment", catchment),
        ("uplift_per_ha", per_ha),
        ("uplift_account", account),
        ("uplift_of", practices),
        ("uplift_cap", 4.0),
    )


BUSINESS = "commercial;reserve_and_sell;industrial_sale;industrial_lease;logistics;industrial_upgrade;scene_commerce"
HOMES = "residential_low;residential_medium;residential_high;urban_renewal"
KINDS = (
    # infrastructure, 22
    Kind("Ring road, east", "东环路", INFRASTRUCTURE, (380, 420), 2, None, costs=(0.012, 0.014), more=(*_uplift("park_east", 2.6, "uplift_firms", BUSINESS), ("space", "order"))),
    Kind("Rail station square and hub", "高铁站前枢纽", INFRASTRUCTURE, (520, 600), 2, 50, (0.045, 0.05), (0.015, 0.018), more=(*_uplift("station", 3.2, "uplift_firms", BUSINESS), ("space", "flow"))),
    Kind("Bus and slow-traffic corridor", "公交与慢行廊道", INFRASTRUCTURE, (150, 180), 1, 25, (0.03, 0.035), (0.03, 0.035), more=(*_uplift("old_town", 1.6, "uplift_homes", HOMES), ("space", "order"), GREEN)),
    Kind("Water works", "自来水厂扩建", INFRASTRUCTURE, (160, 200), 2, 30, (0.12, 0.13), (0.045, 0.05)),
    Kind("Water works, second stage", "自来水厂二期", INFRASTRUCTURE, (120, 150), 1, 30, (0.10, 0.11), (0.04, 0.045), more=(("requires", "Water works"), ("requires_lag", 2.0))),
    Kind("Sewage works, lake basin", "环湖污水处理", INFRASTRUCTURE, (240, 280), 2, 25, (0.085, 0.095), (0.04, 0.045), (0.03, 0.04), more=(GREEN,)),
    Kind("Village sewage", "农村污水治理", INFRASTRUCTURE, (90, 120), 1, 20, (0.02, 0.03), (0.03, 0.04), (0.05, 0.07), more=(GREEN,)),
    Kind("Gas network", "城镇燃气管网", INFRASTRUCTURE, (80, 110), 1, 30, (0.11, 0.13), (0.04, 0.05)),
    Kind("Waste to energy", "垃圾焚烧发电", INFRASTRUCTURE, (300, 340), 2, 28, (0.13, 0.14), (0.055, 0.06), more=(("exclusive_set", "waste"),)),
    Kind("Sorting and composting", "垃圾分类与堆肥", INFRASTRUCTURE, (70, 90), 1, 15, (0.10, 0.11), (0.06, 0.065), (0.02, 0.03), more=(("exclusive_set", "waste"), GREEN)),
    Kind("Flood dykes, north river", "北河防洪堤", INFRASTRUCTURE, (130, 160), 2, None, costs=(0.01, 0.012), heals=(0.02, 0.03), more=(("mandatory", 1), ("latest", "2028"))),
    Kind("County road to the springs", "温泉旅游公路", INFRASTRUCTURE, (180, 210), 2, None, costs=(0.012, 0.014), more=_uplift("hot_spring", 0.10, "uplift_rural", "village_renewal;collective_entry;eco_tourism")),
    Kind("County road to the tea valley", "茶谷公路", INFRASTRUCTURE, (140, 160), 2, None, costs=(0.012, 0.014), more=_uplift("tea_valley", 0.10, "uplift_rural", "village_renewal;collective_entry;garden_upgrade")),
    Kind("Parking and charging", "停车与充电设施", INFRASTRUCTURE, (60, 80), 1, 15, (0.15, 0.17), (0.05, 0.06)),
    Kind("Heat supply from waste heat", "余热供暖", INFRASTRUCTURE, (110, 130), 1, 20, (0.115, 0.125), (0.045, 0.05), more=(GREEN,)),
    Kind("Data centre and county network", "数据中心与政务云", INFRASTRUCTURE, (90, 110), 1, 10, (0.19, 0.21), (0.07, 0.08), more=(("space", "flow"),)),
    Kind("Logistics hub road", "物流园道路", INFRASTRUCTURE, (90, 110), 1, None, costs=(0.012, 0.014), more=_uplift("park_east", 1.1, "uplift_firms", "logistics;industrial_sale;industrial_lease")),
    Kind("Pumped storage, connection", "抽水蓄能配套", INFRASTRUCTURE, (420, 480), 3, 40, (0.085, 0.095), (0.02, 0.025)),
    Kind("Reservoir and canals", "水库与灌渠", INFRASTRUCTURE, (260, 300), 3, 50, (0.05, 0.055), (0.02, 0.022), more=(("land", "0103:22;0301:18"),)),
    Kind("Smart street lights", "智慧路灯", INFRASTRUCTURE, (30, 40), 1, 12, (0.16, 0.18), (0.03, 0.04)),
    Kind("Bridge at Shiqiao", "石桥大桥", INFRASTRUCTURE, (110, 130), 2, None, costs=(0.01, 0.012), more=(*_uplift("stone_bridge", 0.08, "uplift_rural", "village_renewal;collective_entry;rural_processing"), ("land", "0101:6"))),
    Kind("Airport road and apron", "通用机场", INFRASTRUCTURE, (320, 360), 2, 40, (0.03, 0.04), (0.03, 0.035), more=(("land", "0103:40;0404:20"),)),
    # livelihood, 20
    Kind("County hospital, new wing", "县医院新院区", LIVELIHOOD, (260, 300), 2, 30, (0.05, 0.06), (0.05, 0.06), jobs=1.2, more=(("places", 600),)),
    Kind("Middle school, east", "城东中学", LIVELIHOOD, (140, 160), 2, 40, (0.0, 0.0), (0.05, 0.055), jobs=1.0, more=(("places", 2400), ("mandatory", 1), ("latest", "2029-2030"))),
    Kind("Primary school, station", "站前小学", LIVELIHOOD, (70, 90), 1, 40, (0.0, 0.0), (0.05, 0.055), jobs=1.0, more=(("places", 1500),)),
    Kind("Primary school, old town", "老城小学改造", LIVELIHOOD, (40, 50), 1, 40, (0.0, 0.0), (0.04, 0.05), jobs=0.8, more=(("places", 900),)),
    Kind("Kindergartens", "幼儿园三所", LIVELIHOOD, (45, 55), 1, 30, (0.03, 0.04), (0.06, 0.07), jobs=1.5, more=(("places", 900),)),
    Kind("Vocational school", "职业技术学校", LIVELIHOOD, (180, 200), 2, 40, (0.04, 0.05), (0.05, 0.055), jobs=0.8, more=(("places", 2500),)),
    Kind("Care home, county town", "县城养老院", LIVELIHOOD, (80, 100), 1, 30, (0.14, 0.15), (0.07, 0.08), jobs=1.4, more=(("places", 700),)),
    Kind("Care homes in five towns", "乡镇养老服务", LIVELIHOOD, (60, 70), 1, 30, (0.09, 0.10), (0.07, 0.08), jobs=1.6, more=(("places", 500),)),
    Kind("Township clinics", "乡镇卫生院提升", LIVELIHOOD, (70, 90), 1, 25, (0.03, 0.04), (0.05, 0.06), jobs=1.0, more=(("places", 400), ("mandatory", 1), ("latest", "2028"))),
    Kind("Affordable rental homes", "保障性租赁住房", LIVELIHOOD, (240, 280), 2, 50, (0.06, 0.065), (0.012, 0.015), more=(("places", 0),)),
    Kind("Old estates renewed", "老旧小区改造", LIVELIHOOD, (120, 150), 1, None, costs=(0.01, 0.015), more=(*_uplift("old_town", 0.9, "uplift_homes"), ("space", "scene"))),
    Kind("Sports hall", "全民健身中心", LIVELIHOOD, (90, 110), 1, 30, (0.05, 0.06), (0.05, 0.06)),
    Kind("Library and archive", "图书馆档案馆", LIVELIHOOD, (60, 80), 1, 40, costs=(0.04, 0.05)),
    Kind("Market hall", "综合农贸市场", LIVELIHOOD, (50, 60), 1, 25, (0.13, 0.14), (0.05, 0.055), jobs=1.0),
    Kind("Rural water supply", "农村饮水安全", LIVELIHOOD, (90, 110), 1, 25, (0.03, 0.04), (0.03, 0.04), more=(("mandatory", 1), ("latest", "2029-2030"))),
    Kind("Funeral hall and cemetery", "殡仪馆与公墓", LIVELIHOOD, (50, 60), 1, 40, (0.12, 0.13), (0.05, 0.06), more=(("land", "0307:6"),)),
    Kind("Child care centres", "托育中心", LIVELIHOOD, (25, 35), 1, 20, (0.10, 0.12), (0.09, 0.10), jobs=2.0, more=(("places", 400),)),
    Kind("Fire and rescue station", "消防救援站", LIVELIHOOD, (40, 50), 1, 40, costs=(0.06, 0.07)),
    Kind("Disaster shelter park", "防灾避险公园", LIVELIHOOD, (45, 55), 1, None, costs=(0.02, 0.025), heals=(0.01, 0.02), more=(*_uplift("station", 0.5, "uplift_homes", HOMES), GREEN)),
    Kind("Community canteens", "社区食堂", LIVELIHOOD, (8, 12), 1, 10, (0.45, 0.5), (0.35, 0.4), jobs=4.0),
    # culture and tourism, 18
    Kind("Old town scene renewal", "老城场景更新", CULTURE, (160, 180), 2, 20, (0.10, 0.11), (0.035, 0.04), jobs=1.0, more=(*_uplift("old_town", 1.2, "uplift_firms", "scene_commerce;commercial;reserve_and_sell"), ("space", "scene"))),
    Kind("Lake shore greenway", "环湖绿道", CULTURE, (120, 140), 1, 25, (0.03, 0.035), (0.02, 0.025), (0.02, 0.03), more=(*_uplift("shore", 1.4, "uplift_homes", HOMES), ("space", "public_space"), GREEN, ("bundle", "shore"))),
    Kind("Lake health resort", "环湖康养基地", CULTURE, (280, 320), 2, 30, (0.155, 0.165), (0.05, 0.055), jobs=1.0, more=(("requires", "Lake shore greenway"), ("land", "0307:12"))),
    Kind("Lake boats and piers", "湖上游船码头", CULTURE, (40, 50), 1, 15, (0.21, 0.23), (0.09, 0.10)),
    Kind("Hot springs, first baths", "温泉度假一期", CULTURE, (200, 230), 2, 25, (0.155, 0.17), (0.055, 0.06), jobs=1.0, more=(("land", "0404:10"),)),
    Kind("Hot springs, hotels", "温泉度假二期", CULTURE, (240, 260), 2, 30, (0.14, 0.15), (0.045, 0.05), jobs=1.0, more=(("requires", "Hot springs, first baths"), ("requires_lag", 2.0))),
    Kind("Tea valley experience", "茶谷体验园", CULTURE, (60, 80), 1, 20, (0.145, 0.155), (0.05, 0.055), jobs=1.2, more=(("min_area", 900.0), ("min_area_of", "practice:garden_upgrade"))),
    Kind("Village inns, first cluster", "乡村民宿集群一期", CULTURE, (35, 45), 1, 15, (0.20, 0.22), (0.08, 0.09), jobs=2.0, more=(("min_area", 150.0), ("min_area_of", "practice:village_renewal"))),
    Kind("Village inns, second cluster", "乡村民宿集群二期", CULTURE, (50, 60), 1, 15, (0.17, 0.19), (0.075, 0.08), jobs=2.0, more=(("requires", "Village inns, first cluster"), ("min_area", 300.0), ("min_area_of", "practice:village_renewal"))),
    Kind("Forest camp and canopy walk", "森林营地与树冠步道", CULTURE, (45, 55), 1, 15, (0.19, 0.21), (0.08, 0.085), more=(("min_area", 1500.0), ("min_area_of", "practice:eco_tourism"), GREEN)),
    Kind("Ridge glider and outdoor park", "山地户外运动公园", CULTURE, (70, 90), 1, 20, (0.125, 0.135), (0.055, 0.06)),
    Kind("Museum of the lake", "湖泊博物馆", CULTURE, (80, 100), 1, 40, (0.04, 0.05), (0.04, 0.05)),
    Kind("Night market and stage", "夜市与演艺", CULTURE, (35, 45), 1, 10, (0.26, 0.28), (0.11, 0.12), jobs=1.5, more=(("space", "scene"),)),
    Kind("Film village", "影视外景基地", CULTURE, (90, 110), 1, 15, (0.14, 0.16), (0.06, 0.07), more=(("exclusive_set", "film"),)),
    Kind("Digital studio and metaverse park", "数字文创园", CULTURE, (70, 90), 1, 12, (0.18, 0.20), (0.075, 0.08), jobs=2.0, more=(("exclusive_set", "film"), ("space", "flow"))),
    Kind("Cable car", "观光索道", CULTURE, (150, 170), 2, 25, (0.12, 0.13), (0.045, 0.05)),
    Kind("Visitor centre", "游客集散中心", CULTURE, (60, 70), 1, 25, (0.08, 0.09), (0.04, 0.045), more=(("space", "flow"),)),
    Kind("Stone bridge heritage street", "石桥古街修缮", CULTURE, (50, 60), 1, 25, (0.09, 0.10), (0.04, 0.045), more=_uplift("stone_bridge", 0.12, "uplift_rural", "village_renewal")),
    # ecological restoration, 18
    Kind("Lake shore wetlands", "湖滨湿地修复", RESTORATION, (90, 110), 2, None, heals=(0.16, 0.20), costs=(0.01, 0.012), more=(GREEN, HEAL, ("bundle", "shore"))),
    Kind("North river banks", "北河生态岸线", RESTORATION, (110, 130), 2, None, heals=(0.10, 0.12), more=(GREEN, HEAL)),
    Kind("Sediment and algae control", "湖泊内源治理", RESTORATION, (140, 160), 2, 15, heals=(0.09, 0.11), more=(GREEN, HEAL)),
    Kind("Mine pits, east", "东部矿山修复", RESTORATION, (60, 80), 1, None, heals=(0.05, 0.06), more=(GREEN, HEAL, ("bundle", "mines"))),
    Kind("Mine land sports and solar", "矿坑运动与光伏", INDUSTRY, (90, 110), 1, 20, (0.13, 0.14), (0.035, 0.04), more=(("bundle", "mines"), GREEN)),
    Kind("Mine pits, west", "西部矿山修复", RESTORATION, (50, 60), 1, None, heals=(0.05, 0.06), more=(GREEN, HEAL)),
    Kind("Slopes against erosion", "坡耕地水土流失治理", RESTORATION, (70, 90), 2, None, heals=(0.13, 0.15), more=(GREEN, HEAL)),
    Kind("Forest quality, ridges", "森林质量精准提升", RESTORATION, (80, 100), 3, None, heals=(0.14, 0.17), more=(GREEN, HEAL)),
    Kind("Wildlife corridor", "野生动物廊道", RESTORATION, (35, 45), 1, None, heals=(0.13, 0.16), more=(GREEN, HEAL)),
    Kind("Small basins, twelve", "十二条小流域治理", RESTORATION, (90, 110), 2, None, heals=(0.12, 0.14), more=(GREEN, HEAL)),
    Kind("Ponds and ditches", "坑塘沟渠生态化", RESTORATION, (30, 40), 1, None, heals=(0.11, 0.13), more=(GREEN, HEAL)),
    Kind("Farmland soils", "耕地土壤治理", RESTORATION, (60, 80), 2, 15, heals=(0.10, 0.12), more=(GREEN, HEAL)),
    Kind("Grassland on the plateau", "高山草甸修复", RESTORATION, (30, 40), 1, None, heals=(0.14, 0.17), more=(GREEN, HEAL)),
    Kind("Red line custody posts", "红线管护站", RESTORATION, (25, 35), 1, 20, heals=(0.15, 0.18), costs=(0.05, 0.06), more=(GREEN, HEAL, ("mandatory", 1), ("latest", "2027"))),
    Kind("Dead wood and fire breaks", "防火阻隔与清理", RESTORATION, (30, 40), 1, 15, heals=(0.08, 0.10), more=(GREEN, HEAL)),
    Kind("Reservoir buffer woods", "水源涵养林", RESTORATION, (50, 60), 2, None, heals=(0.15, 0.18), more=(GREEN, HEAL)),
    Kind("Abandoned quarries as parks", "采石场公园化", RESTORATION, (45, 55), 1, 25, (0.03, 0.04), (0.02, 0.03), (0.05, 0.06), more=(GREEN, HEAL, *_uplift("park_east", 0.4, "uplift_firms", BUSINESS))),
    Kind("Terraces and stone walls", "梯田石坎修复", RESTORATION, (25, 35), 1, None, heals=(0.10, 0.12), more=(GREEN, HEAL)),
    Kind("Rare fish hatchery", "土著鱼增殖", RESTORATION, (15, 20), 1, 20, heals=(0.12, 0.15), costs=(0.04, 0.05), more=(GREEN, HEAL)),
    # industry, agriculture, ecological resource banks, 12 with the mines' partner above
    Kind("Food processing park", "农产品精深加工园", INDUSTRY, (220, 250), 2, 25, (0.13, 0.14), (0.045, 0.05), jobs=2.0),
    Kind("Bio-medicine incubator", "生物医药孵化器", INDUSTRY, (150, 170), 2, 20, (0.135, 0.15), (0.05, 0.055), jobs=1.5),
    Kind("Standard factory halls", "标准厂房", INDUSTRY, (280, 320), 2, 30, (0.085, 0.095), (0.015, 0.02), jobs=1.0, more=_uplift("park_east", 1.0, "uplift_firms", "industrial_sale;industrial_lease;industrial_upgrade")),
    Kind("Solar on roofs", "整县屋顶光伏", INDUSTRY, (180, 200), 1, 22, (0.12, 0.125), (0.015, 0.02), more=(GREEN,)),
    Kind("Battery parts works, site", "电池材料厂区", INDUSTRY, (90, 110), 1, 20, (0.10, 0.11), (0.03, 0.035), jobs=2.0),
    Kind("Cold chain and market", "冷链物流市场", AGRICULTURE, (90, 110), 1, 20, (0.14, 0.15), (0.05, 0.055), jobs=1.0),
    Kind("Greenhouse estate", "设施农业园", AGRICULTURE, (120, 140), 1, 15, (0.145, 0.155), (0.05, 0.055), jobs=2.0, more=(("land", "1206:30"),)),
    Kind("Seed and tea nursery", "种业与茶苗基地", AGRICULTURE, (30, 40), 1, 20, (0.14, 0.16), (0.06, 0.065)),
    Kind("Farm machinery service", "农机服务中心", AGRICULTURE, (20, 30), 1, 12, (0.17, 0.19), (0.07, 0.08)),
    Kind("Forest resource bank", "森林生态银行", BANK, (40, 50), 1, 30, (0.11, 0.12), (0.05, 0.06), more=(("enables", "forest_bank"), ("enables_area", 15000.0), ("min_area", 3000.0), ("min_area_of", "practice:forest_bank"), GREEN)),
    Kind("Water and wetland bank", "水与湿地生态银行", BANK, (25, 35), 1, 25, (0.08, 0.10), (0.05, 0.06), (0.04, 0.05), more=(("min_area", 400.0), ("min_area_of", "practice:service_payment"), GREEN)),
)  # fmt: skip
"""The opportunity list."""


def projects(rng: np.random.Generator, towns: list[str]) -> dict[str, pd.DataFrame]:
    """Tables projects, project_flows (places in schools and clinics) and land_take."""
    rows, flows, taken = [], [], []
    codes = {kind.english: f"P{number:02d}" for number, kind in enumerate(KINDS, start=1)}
    for kind in KINDS:
        capex = round(float(rng.uniform(*kind.capex)), 1)
        more = dict(kind.more)
        central = kind.category in (INFRASTRUCTURE, LIVELIHOOD, INDUSTRY) and "uplift_account" in more
        town = towns[0] if central or rng.uniform() < 0.35 else towns[int(rng.integers(1, len(towns)))]
        code = codes[kind.english]
        for part in str(more.pop("land", "")).split(";"):
            if part:
                land_class, area = part.split(":")
                row = {"project": code, "land_class": land_class, "jurisdiction": town, "area_ha": float(area)}
                taken.append(row)
        places = more.pop("places", 0)
        if places:
            flow = {"project": code, "account": "service_places", "basis": "once", "value": float(places)}
            flows.append(flow | {"start_year": kind.build - 1, "source": MADE_UP, "confidence": "synthetic"})
        if "requires" in more:
            more["requires"] = codes[more["requires"]]
        rows.append(
            {
                "project": code,
                "name": f"{kind.english} {kind.chinese}",
                "category": kind.category,
                "jurisdiction": town,
                "capex": capex,
                "build_years": kind.build,
                "life_years": kind.life,
                "annual_revenue": round(capex * float(rng.uniform(*kind.earns)), 2),
                "annual_cost": round(capex * float(rng.uniform(*kind.costs)), 2),
                "ramp_years": 3 if kind.earns[1] > 0.06 else 0,
                "annual_ecosystem": round(capex * float(rng.uniform(*kind.heals)), 2),
                "jobs": round(capex * kind.jobs),
                "equity_min": 0.2,
                **more,
            }
        )
    return {"projects": pd.DataFrame(rows), "project_flows": pd.DataFrame(flows), "land_take": pd.DataFrame(taken)}


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
            "land_sale_share_cap": 0.2,
            "green_share_min": 0.2,
            "real_estate_share_max": 0.5,
            "reinvestment_min": 0.1,
        },
        "equity": {
            "participation": ["collective", "farmers", "residents"],
            "jurisdiction_floor": 0.3,
            "fund": "compensation_fund",
        },
    }


def explained(text: str) -> str:
    """study.toml with the reasons for what it states above the keys."""
    lines = []
    for line in text.splitlines():
        note = WHY.get(line.partition(" = ")[0] if " = " in line else line, "")
        lines += [*(f"# {part}" for part in note.splitlines()), line]
    return "\n".join(lines) + "\n"


WHY = {
    "format": """A synthetic county: its land is drawn by a seed, its people, budget and projects are made up in the ranges that a
western county would know. Money in million yuan, areas in hectares, rates a year. The tables that are not in this
folder are the default tables; any of them can be overridden by a file of the same name.""",
    "divisible": """A planning unit stands for some sixty survey polygons of one class on the same lines: it need not be zoned and used
as one, and may be shared between land actions to the hectare. Projects are built whole or not at all.""",
    "[objective]": """The exchange rate between cash and ecosystem value. Ecosystem value is what its services would cost, and hardly any
of it is paid for: 240 yuan a hectare a year for public-benefit forest whose services are valued at about 104,000
(0.2 %), 0.6 to 3 % for compensated wetlands, 0 to 5 % where a share is sold at all. Two fen of cash for a yuan of
ecosystem value is the upper part of what has been paid, and keeps the choice between the two open. Who prefers no
exchange rate holds ecosystem value at what doing nothing keeps: --set objective.method=floor.""",
    "[finance]": """The budget entity in 2026. own_revenue, transfers and fixed_cost are totals, which include what the ledger books in
the base year. 9,100 are owed (instruments.csv), 154 % of fiscal resources: the yellow grade; with 264 of interest
the year's recurring cash is 204 short, a gap that is to be closed by 2031-2035 without land sale.""",
    "[equity]": """Nobody of these is to lose by the plan, and no town is to gain less than 30 % of its share by population.""",
}


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


def money() -> dict[str, pd.DataFrame]:
    """Instruments beside the default ones, and quotas."""
    instruments = pd.DataFrame(
        [
            {"instrument": "legacy_debt", "kind": "bond", "budget": "general", "in_debt_ratio": 1, "rate": 0.029,
             "tenor_years": 10, "limit_total": 0, "outstanding": 9100.0, "outstanding_years": 12,
             "name_en": "Debt outstanding in 2026", "name_zh": "2026年存量债务", "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "eco_grant", "kind": "grant", "budget": "general", "categories": "ecological_restoration",
             "limit_total": 260.0, "limit_period": 90.0, "name_en": "Grant for restoration",
             "name_zh": "生态修复专项补助", "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "policy_loan", "kind": "loan", "budget": "enterprise", "rate": 0.03, "tenor_years": 20,
             "grace_years": 3, "repay": "level_principal", "self_supporting": 1, "cover_min": 1.3, "limit_total": 600.0,
             "categories": "culture_tourism;industry;agriculture;ecological_restoration;eco_bank",
             "name_en": "Policy bank loan to an enterprise (EOD)", "name_zh": "政策性银行贷款（企业，EOD）",
             "source": MADE_UP, "confidence": "synthetic"},
            {"instrument": "outside_equity", "kind": "equity", "budget": "enterprise", "rate": 0.08, "limit_total": 400.0,
             "categories": "culture_tourism;industry;agriculture;eco_bank", "name_en": "Outside equity",
             "name_zh": "社会资本股权", "source": MADE_UP, "confidence": "synthetic"},
        ]
    )  # fmt: skip
    quotas = pd.DataFrame(
        [
            {"quota": "construction", "account_used": "area.new_construction",
             "account_generated": "area.new.practice.homestead_exit", "granted": 40.0, "buy_price": 4.5, "buy_max": 15.0,
             "sell_price": 3.0, "sell_max": 30.0, "opening": 0.0, "bank": 1, "available_after": 1, "movable": 1,
             "name_en": "Quota of new construction land", "name_zh": "新增建设用地指标", "source": MADE_UP,
             "confidence": "synthetic"},
            {"quota": "carbon", "account_generated": "carbon_credits", "sell_price": 0.000065, "sell_max": 60000.0,
             "bank": 1, "movable": 1, "name_en": "Certified carbon", "name_zh": "核证碳汇", "source": MADE_UP,
             "confidence": "synthetic"},
        ]
    )  # fmt: skip
    return {"instruments": instruments, "quotas": quotas}


def limits(increment: float) -> dict[str, pd.DataFrame]:
    """Limits beside the default ones: what the county's market absorbs, pacing of its boundary, services."""
    rows: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []

    def limit(name: str, account: str, sense: str, value: float, english: str, chinese: str, **more: Any) -> None:
        rows.append(
            {"limit": name, "account": account, "sense": sense, "value": value, "name_en": english, "name_zh": chinese,
             "source": MADE_UP, **more}
        )  # fmt: skip

    absorbed = {
        "homes": (12.0, ("residential_low", "residential_medium", "residential_high", "urban_renewal"), "住宅"),
        "business": (4.0, ("commercial", "reserve_and_sell"), "商业"),
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
    # steep land that goes back to forest is among the listed retreats, outside the farmland balance
    terms.append({"limit": "farmland_balance", "account": "area.new.practice.slope_retreat", "coefficient": -1.0})
    demand = {
        "eco_tourism": (2500.0, "Nature tourism that visitors fill", "生态旅游市场容量"),
        "limited_visit": (1500.0, "Visits in the red line that visitors fill", "红线内参观容量"),
        "collective_entry": (60.0, "Collective land that the market takes", "集体土地入市去化上限"),
        "rural_processing": (120.0, "Rural industry that firms ask for", "农村产业用地需求"),
        "village_renewal": (900.0, "Villages that visitors and tenants fill", "乡村更新市场容量"),
        "scene_commerce": (60.0, "Streets that new scenes can fill", "消费场景市场容量"),
        "flow_space": (60.0, "Flow space that third parties pay for", "流量空间市场容量"),
        "solar": (600.0, "Solar power that the grid takes", "光伏消纳上限"),
        "mining": (150.0, "Ore that is to be mined by 2035", "采矿权投放"),
    }
    for practice, (hectares, english, chinese) in demand.items():
        limit(f"demand_{practice}", f"area.practice.{practice}", "<=", hectares, english, chinese, period="last")
    built = "area.class_group.construction"
    limit(
        "increment_2030",
        built,
        "<=",
        round(0.65 * increment, 1),
        "Boundary increment: 35 % kept beyond 2030",
        "城镇开发边界增量2030年后留存35%",
        jurisdiction="increment",
        period="2029-2030",
    )
    limit(
        "increment_2035",
        built,
        "<=",
        round(0.75 * increment, 1),
        "Boundary increment: 25 % kept beyond 2035",
        "城镇开发边界增量2035年后留存25%",
        jurisdiction="increment",
        period="last",
    )
    limit(
        "service_places",
        "service_places",
        ">=",
        8000.0,
        "Places in schools, clinics and care by 2035",
        "2035年新增公共服务容量",
        period="last",
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
        1500.0,
        "Forest planted by 2035",
        "至2035年新增林地",
        period="total",
    )
    limit(
        "rezoned", "area.rezoned", "<=", 40000.0, "Land rezoned over the plan", "规划期内分区调整面积", period="total"
    )
    return {"limits": pd.DataFrame(rows), "limit_terms": pd.DataFrame(terms)}
