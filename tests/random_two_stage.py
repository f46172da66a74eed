"""Random small studies with scenarios: two periods, a few parcels and projects, and numbers that come otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pandas as pd

from tests.random_rows import table
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError

CHANCES = ((0.5, 0.5), (0.75, 0.25), (0.5, 0.3, 0.2), (0.25, 0.25, 0.5))
NAMES = ("calm", "boom", "bust")
PRACTICES: dict[str, dict[str, Any]] = {
    "build": {"zone": "U", "mode": "development", "to_class": "town", "life_years": 20, "lease_years": 20},
    "shops": {"zone": "U", "mode": "service", "to_class": "town", "life_years": 12, "lead_years": 1},
    "trees": {"zone": "R", "mode": "restoration", "to_class": "wood"},
    "tea": {"zone": "N", "mode": "production", "to_class": "", "life_years": 10},
}
ACCOUNTS = [
    ("rent", "revenue", "annual", 1, 0.02, ""),
    ("sale", "revenue", "one_off", 1, 0.0, "land_sale"),
    ("works", "cost", "one_off", 1, 0.0, ""),
    ("upkeep", "cost", "annual", 1, 0.0, ""),
    ("shade", "ecosystem", "annual", 0, 0.0, ""),
    ("noise", "custom", "annual", 0, 0.0, ""),
]


@dataclass(frozen=True)
class Cell:
    """What scenarios change: of a table of the study, or of its settings."""

    table: str
    key: str
    column: str
    amounts: Sequence[float]
    """A number for each way it may come."""


def random_two_stage(rnd: Random, *, divisible: bool = False, money: bool | None = None) -> Study:
    """One study that is sound in every scenario; with `money` it has debt and quotas, or may have (None)."""
    while True:
        try:
            study = _drawn(rnd, divisible, rnd.random() < 0.4 if money is None else money)
            for name in study.scenarios["scenario"].unique():
                study.in_scenario(name)
        except StudyError:
            continue
        return study


def chances(study: Study) -> dict[str, float]:
    """The probability of each scenario."""
    rows = study.scenarios.drop_duplicates("scenario")
    return dict(zip(rows["scenario"], rows["probability"].astype(float), strict=True))


def _drawn(rnd: Random, divisible: bool, money: bool) -> Study:
    names = rnd.sample(list(PRACTICES), rnd.choice([2, 2, 3]))
    projects = ["road", "mill"][: rnd.choice([1, 1, 2])]
    settings: dict[str, Any] = {
        "format": 1,
        "name": "two-stage",
        "defaults": "none",
        "divisible": divisible,
        "periods": [{"name": "p1", "start": 2026, "years": 2}, {"name": "p2", "start": 2028, "years": 3}],
        "rates": {"finance": 0.05, "social": 0.02, "tail_years": rnd.choice([0, 4])},
        "objective": _objective(rnd),
    }
    tables: dict[str, pd.DataFrame | None] = {
        "parcels": _parcels(rnd, 2 if divisible else rnd.choice([2, 2, 3])),
        "zones": table([{"zone": zone} for zone in "NRU"]),
        "land_classes": table(
            [
                {"land_class": name, "class_group": group}
                for name, group in (("farm", "arable"), ("wood", "forest"), ("town", "construction"))
            ]
        ),
        "accounts": table(
            [
                dict(zip(("account", "family", "recurrence", "cash", "growth", "role"), row, strict=True))
                for row in ACCOUNTS
            ]
        ),
        "practices": table([{"practice": name, **PRACTICES[name]} for name in names]),
        "class_flows": table(
            [
                {"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.25},
                {"land_class": "wood", "account": "shade", "basis": "per_ha_year", "value": rnd.randint(1, 8) / 8},
            ]
        ),
        "practice_flows": table(_flows(rnd, names)),
        "projects": table([_project(rnd, name, names) for name in projects]),
        "project_flows": table([{"project": "road", "account": "noise", "basis": "per_year", "value": 1.0}]),
        "limits": table(_limits(rnd, names, divisible)),
    }
    if money:
        settings["finance"] = {
            "transfers": rnd.choice([1.0, 3.0]),
            "fiscal_resources": 20.0,
            "opening_cash": rnd.choice([1.0, 3.0, 6.0]),
            "debt_ratio_cap": rnd.choice([0.2, 0.5]),
        }
        loan = {"instrument": "loan", "kind": "loan", "in_debt_ratio": 1, "rate": 0.07, "tenor_years": 6}
        tables["instruments"] = table([loan | {"repay": "level_principal"}])
        quota = {"quota": "land", "account_used": "area.new_construction", "granted": rnd.randint(0, 4) / 4}
        quota |= {"buy_price": rnd.randint(1, 8) / 8, "buy_max": rnd.randint(1, 4) / 2, "bank": 1, "movable": 1}
        tables["quotas"] = table([quota])
    tables["scenarios"] = _scenarios(rnd, _cells(rnd, tables, money))
    return make_study(settings, **tables)


def _objective(rnd: Random) -> dict[str, Any]:
    accounts = {"accounts": {"noise": -0.125}} if rnd.random() < 0.5 else {}
    if rnd.random() < 0.3:
        return {"method": "floor", "floor": {"ecosystem": rnd.choice([0.5, 0.9])}, **accounts}
    return {"method": "weighted", "cash": 1.0, "ecosystem": rnd.choice([0.0, 0.5, 1.0]), **accounts}


def _parcels(rnd: Random, count: int) -> pd.DataFrame | None:
    rows = []
    for at in range(count):
        land_class = rnd.choice(["farm", "farm", "wood"])
        zone = {"farm": "N", "wood": "R"}[land_class]
        rows.append({"parcel_id": f"a{at}", "land_class": land_class, "zone": zone, "area_ha": rnd.randint(2, 12) / 4})
    return table(rows)


def _flows(rnd: Random, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for name in names:
        for account, basis, most in (
            ("rent", "per_ha_year", 12),
            ("works", "per_ha_once", 24),
            ("upkeep", "per_ha_year", 2),
            ("shade", "per_ha_year", 6 if name == "trees" else 1),
            ("sale", "per_ha_once", 16 if name == "build" else 0),
        ):
            if value := rnd.randint(0, most) / 8:
                rows.append({"practice": name, "account": account, "basis": basis, "value": value})
    return rows


def _project(rnd: Random, name: str, practices: Sequence[str]) -> dict[str, Any]:
    row = {"project": name, "capex": rnd.randint(2, 16) / 4, "build_years": 1, "life_years": 15}
    row |= {"annual_revenue": rnd.randint(1, 6) / 8, "annual_cost": 0.0625, "min_area": None, "min_area_of": ""}
    if name == "mill" and rnd.random() < 0.5:
        row |= {"min_area": rnd.randint(1, 4) / 4, "min_area_of": f"practice:{rnd.choice(practices)}"}
    return row | {"requires": "road" if name == "mill" and rnd.random() < 0.4 else ""}


def _limits(rnd: Random, names: Sequence[str], divisible: bool) -> list[dict[str, Any]]:
    """A cap on what is new, and perhaps outlays or ecosystem value that should be kept."""
    name = rnd.choice(names)
    rows = [{"limit": "cap", "account": f"area.new.practice.{name}", "period": "", "sense": "<=", "kind": "hard"}]
    rows[0] |= {"value": rnd.randint(3, 12) / 4, "penalty": None}
    if divisible or rnd.random() < 0.5:
        spent = {
            "limit": "spent",
            "account": "works",
            "period": "total",
            "sense": "<=",
            "value": rnd.randint(1, 12) / 2,
        }
        rows.append({**spent, "kind": "soft", "penalty": rnd.randint(1, 6) / 4})
    if rnd.random() < 0.5:
        green = {"limit": "green", "account": "area.class.wood", "period": "last", "sense": ">="}
        rows.append({**green, "value": rnd.randint(0, 4) / 4, "kind": "soft", "penalty": 0.75})
    return rows


def _cells(rnd: Random, tables: dict[str, pd.DataFrame | None], money: bool) -> list[Cell]:
    """Which numbers come otherwise, and how."""

    def some(*amounts: float) -> list[float]:
        return [rnd.choice(amounts) for _ in NAMES]

    flows, limits = tables["practice_flows"], tables["limits"]
    assert flows is not None
    assert limits is not None
    keys = [(f"{row.practice}/{row.account}", float(row.value)) for row in flows.itertuples()]
    found = [
        Cell("practice_flows", key, "value", [value * factor for factor in some(0.25, 0.5, 1.0, 1.5, 2.5)])
        for key, value in rnd.sample(keys, min(len(keys), rnd.choice([2, 3])))
    ]
    found.append(Cell("projects", "road", "annual_revenue", some(0.0, 0.125, 0.5, 1.0)))
    if rnd.random() < 0.5:
        found.append(Cell("projects", "*", "capex", some(0.5, 1.5, 3.0, 5.0)))
    if rnd.random() < 0.7:
        found.append(Cell("limits", rnd.choice(list(limits["limit"])), "value", some(0.5, 1.0, 1.5, 3.0)))
    if money:
        found.append(Cell("quotas", "land", "granted", some(0.0, 0.25, 0.75)))
        found.append(Cell("quotas", "land", "buy_price", some(0.125, 0.5, 2.0)))
        found.append(Cell("study", "finance.opening_cash", "value", some(0.5, 2.0, 5.0)))
    return found


def _scenarios(rnd: Random, cells: Sequence[Cell]) -> pd.DataFrame | None:
    rows = []
    probabilities = rnd.choice(CHANCES)
    for at, chance in enumerate(probabilities):
        for cell in cells:
            row = {"scenario": NAMES[at], "probability": chance, "table": cell.table, "key": cell.key}
            rows.append(row | {"column": cell.column, "period": "", "op": "value", "amount": cell.amounts[at]})
    return table(rows)
