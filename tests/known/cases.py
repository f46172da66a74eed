"""Published problems written as ordinary study folders: `write_case(name, target)`, the published optimum beside it.

The numbers are in cases.json, with the place where each problem was published. What is a zone or a project there is
a zone or a project here; feature amounts, costs and values are accounts of the study's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.land.folder import Rows, write_folder

Case = dict[str, Any]
CASES: dict[str, Case] = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))


def expected(name: str) -> float:
    """The published optimum as the package states it: what is maximised, so minus a least cost."""
    optimum = float(CASES[name]["optimum"])
    return -optimum if name.startswith("zones_") else optimum


def write_case(name: str, target: Path) -> Path:
    """Write the case of that name as a study folder."""
    settings, tables = WRITERS[name](CASES[name])
    source = CASES[name]["source"]
    common = {
        "name": name.replace("_", "-"),
        "title": {
            "en": f"Known answer: {name.replace('_', ' ')} ({source})",
            "zh": f"已知最优值算例：{name}（{source}）",
        },
        "defaults": "none",
    }
    return write_folder(target, common | settings, tables)


def _periods(count: int) -> list[dict[str, Any]]:
    return [{"name": f"year{k}", "start": k, "years": 1} for k in range(1, count + 1)]


def _one_off(*names: str) -> list[dict[str, str]]:
    return [{"account": name, "family": "custom", "recurrence": "one_off"} for name in names]


def _maximise(**weights: float) -> dict[str, Any]:
    return {"method": "weighted", "accounts": weights}


# ---- prioritizr: parcels in zones, least cost, amounts of features to reach ----

AMOUNTS = ("feature1_zone1", "feature2_zone1", "feature1_zone2")


def _zones(data: Case, parcels: range, **settings: Any) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Both zone cases: a practice is "the parcel goes to this zone"; a parcel without a cost in a zone is barred."""
    zones = ("zone1", "zone2")
    barred = {i: [z for z in zones if data[f"cost_{z}"][i] is None] for i in parcels}
    flows = [
        {"parcel_id": f"p{i + 1}", "practice": f"to_{z}", "account": account, "basis": "once", "value": values[i]}
        for z in zones
        for account, values in {"cost": data[f"cost_{z}"], **{a: data[a] for a in AMOUNTS if a.endswith(z)}}.items()
        for i in parcels
        if values[i]
    ]
    tables: dict[str, Rows] = {
        "parcels": [
            {"parcel_id": f"p{i + 1}", "land_class": "land", "area_ha": 1.0, "forbidden_zones": ";".join(barred[i])}
            for i in parcels
        ],
        "zones": [{"zone": zone} for zone in zones],
        "land_classes": [{"land_class": "land", "class_group": "other"}],
        "accounts": _one_off("cost", *AMOUNTS),
        "practices": [{"practice": f"to_{zone}", "zone": zone} for zone in zones],
        "parcel_flows": flows,
        "limits": [{"limit": f"reach.{a}", "account": a, "period": "last", "sense": ">=", "value": 1} for a in AMOUNTS],
    }
    return {
        "parcels": "parcels.csv",
        "hold": False,
        "periods": _periods(1),
        "objective": _maximise(cost=-1.0),
        **settings,
    }, tables


def _zones_at_most_one(case: Case) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Seven parcels; the seventh may enter no zone and stays without practice."""
    return _zones(case, range(7), unassigned=True)


def _zones_exactly_one(case: Case) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Parcels 1 to 6 of the case before (this one has no numbers of its own), each in a zone; the seventh is out."""
    return _zones(CASES["zones_at_most_one"] | case, range(6))


# ---- LOGOS: projects under budgets ----


def _capital_budgeting(case: Case) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Nine projects that start in year 1 and cost something in each of five years."""
    years = range(5)
    rows = [(f"project{j + 1}", npv, cost) for j, (npv, cost) in enumerate(zip(case["npv"], case["cost"], strict=True))]
    flows = [
        {"project": name, "account": "cost", "basis": "once", "value": cost[k], "start_year": k}
        for name, _, cost in rows
        for k in years
        if cost[k]
    ]
    values = [
        {"project": name, "account": "npv", "basis": "once", "value": npv, "start_year": 0} for name, npv, _ in rows
    ]
    return {"periods": _periods(5), "objective": _maximise(npv=1.0)}, {
        "accounts": _one_off("npv", "cost"),
        "projects": [{"project": name, "earliest": "year1", "latest": "year1"} for name, _, _ in rows],
        "project_flows": flows + values,
        "limits": [
            {
                "limit": f"budget.year{k + 1}",
                "account": "cost",
                "period": f"year{k + 1}",
                "sense": "<=",
                "value": case["budget"][k],
            }
            for k in years
        ],
    }


def _two_units(case: Case) -> tuple[dict[str, Any], dict[str, Rows]]:
    """A project for each pair of project and unit; the two of a pair exclude each other."""
    pairs = [
        (f"project{j + 1}.unit{u + 1}", f"project{j + 1}", f"cost.unit{u + 1}", value, cost)
        for j, (value, cost) in enumerate(zip(case["value"], case["cost"], strict=True))
        for u in range(len(case["capacity"]))
    ]
    values = [{"project": name, "account": "value", "basis": "once", "value": value} for name, _, _, value, _ in pairs]
    costs = [
        {"project": name, "account": account, "basis": "once", "value": cost}
        for name, _, account, _, cost in pairs
        if cost
    ]
    units = [f"cost.unit{u + 1}" for u in range(len(case["capacity"]))]
    return {"periods": _periods(1), "objective": _maximise(value=1.0)}, {
        "accounts": _one_off("value", *units),
        "projects": [{"project": name, "exclusive_set": project} for name, project, *_ in pairs],
        "project_flows": values + costs,
        "limits": [
            {"limit": f"capacity.{account}", "account": account, "sense": "<=", "value": capacity}
            for account, capacity in zip(units, case["capacity"], strict=True)
        ],
    }


def _options(case: Case) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Each option is a project with its capital cost; the options of one project exclude each other."""
    owners = [j + 1 for j, count in enumerate(case["options_per_project"]) for _ in range(count)]
    names = [f"option{k + 1}" for k in range(len(owners))]
    return {"periods": _periods(1), "objective": _maximise(value=1.0)}, {
        "accounts": _one_off("value"),
        "projects": [
            {"project": name, "capex": cost / 1e6, "exclusive_set": f"project{owner}"}
            for name, cost, owner in zip(names, case["cost"], owners, strict=True)
        ],
        "project_flows": [
            {"project": name, "account": "value", "basis": "once", "value": value}
            for name, value in zip(names, case["value"], strict=True)
        ],
        "limits": [{"limit": "budget", "account": "project.capex", "sense": "<=", "value": case["budget"] / 1e6}],
    }


WRITERS: dict[str, Callable[[Case], tuple[dict[str, Any], dict[str, Rows]]]] = {
    "zones_at_most_one": _zones_at_most_one,
    "zones_exactly_one": _zones_exactly_one,
    "capital_budgeting_5_years": _capital_budgeting,
    "two_units_28_projects": _two_units,
    "options_17_projects": _options,
}
