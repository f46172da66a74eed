"""Random small studies for hypothesis: all that the format offers and the model has, in a few parcels and projects."""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError

CLASSES = ["farm", "wood", "town"]
ZONES = ["N", "R", "U", "U1"]
ACCOUNTS = ["rent", "sale", "upkeep", "works", "eco", "eco1", "leaf", "soil", "trees", "cover"]
RETRIES = 20


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame | None:
    return pd.DataFrame(rows) if rows else None


def _maybe(rnd: Random, share: float, value: Any, blank: Any = "") -> Any:
    return value if rnd.random() < share else blank


def _value(rnd: Random) -> float:
    return rnd.randint(0, 40) / 8


def _accounts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account": ACCOUNTS,
            "family": ["revenue", "revenue", "cost", "cost", *["ecosystem"] * 3, "custom", "social", "ecosystem"],
            "recurrence": [*["annual", "one_off"] * 3, "annual", "stock", "one_off", "stock"],
            "cash": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
            "role": ["", "land_sale", *[""] * 8],
            "growth": [0.03, 0.0, 0.01, 0.02, 0.0, 0.0, 0.02, 0.0, 0.0, 0.0],
            "counterpart_of": [*[""] * 6, "rent", *[""] * 3],
        }
    )


ANNUAL, ONCE, STOCK = ["rent", "upkeep", "eco", "leaf"], ["sale", "works", "eco1", "trees"], ["soil", "cover"]


def _flow(rnd: Random, project: bool = False) -> dict[str, Any]:
    account = rnd.choice(ANNUAL + ONCE + ([] if project else STOCK))
    once = account in ONCE or (account in STOCK and rnd.random() < 0.3)
    basis = {
        (True, True): "once",
        (True, False): "per_year",
        (False, True): rnd.choice(["once", "per_ha_once"]),
        (False, False): rnd.choice(["per_year", "per_ha_year"]),
    }[project, once]
    row = {
        "account": account,
        "basis": basis,
        "value": _value(rnd),
        "start_year": _maybe(rnd, 0.3, rnd.randint(0, 2), 0),
        "ramp_years": _maybe(rnd, 0.3, rnd.randint(0, 4), 0),
        "life_years": _maybe(rnd, 0.3, rnd.randint(1, 6), None),
    }
    if not project:
        row["scale_by"] = _maybe(rnd, 0.2, "x_grade")
        row["where"] = _maybe(
            rnd, 0.2, rnd.choice(["tenure=state", "jurisdiction=A|B; slope_class=1", "x_grade=2", "title=1"])
        )
    return row


def _flows(rnd: Random, subject: str, names: list[str], most: int) -> pd.DataFrame | None:
    project = subject == "project"
    return _table([{subject: rnd.choice(names), **_flow(rnd, project)} for _ in range(rnd.randint(0, most)) if names])


def _parcel(rnd: Random, number: int, practices: list[str]) -> dict[str, Any]:
    return {
        "parcel_id": f"p{number}",
        "land_class": rnd.choice(CLASSES),
        "jurisdiction": rnd.choice(["A", "B"]),
        "area_ha": rnd.randint(1, 24) / 4,
        "tenure": rnd.choice(["state", "collective"]),
        "zone": _maybe(rnd, 0.8, rnd.choice(ZONES)),
        "redline": _maybe(rnd, 0.2, rnd.choice(["general", "core"]), "0"),
        "basic_farmland": _maybe(rnd, 0.2, 1, 0),
        "growth_boundary": _maybe(rnd, 0.4, 1, 0),
        "conversion": _maybe(rnd, 0.2, rnd.choice(["prohibited", "conditional", "promoted", "free"])),
        "slope_class": rnd.choice([1, 1, 2, 4]),
        "title": _maybe(rnd, 0.8, 1, 0),
        "farmland_quality": _maybe(rnd, 0.5, rnd.randint(1, 4) / 2, None),
        "condition": rnd.choice([1, 0.5]),
        "land_price_factor": rnd.choice([1, 1.5]),
        "population": rnd.randint(0, 9),
        "locked_zone": _maybe(rnd, 0.02, rnd.choice(ZONES)),
        "forbidden_zones": _maybe(rnd, 0.05, rnd.choice(ZONES)),
        "locked_practice": _maybe(rnd, 0.02, rnd.choice(practices)) if practices else "",
        "tags": _maybe(rnd, 0.4, rnd.choice(["lake", "road", "lake; road"])),
        "x_grade": rnd.choice([1.0, 2.0]),
    }


def _parcels(rnd: Random, count: int, practices: list[str]) -> pd.DataFrame | None:
    return _table([_parcel(rnd, number, practices) for number in range(count)])


def _practices(rnd: Random, names: list[str], periods: list[str]) -> pd.DataFrame | None:
    rows = []
    for name in names:
        rows.append(
            {
                "practice": name,
                "zone": rnd.choice(ZONES),
                "mode": rnd.choice(["production", "service", "restoration", "development"]),
                "from_classes": rnd.choice(["", "", "farm", "farm; wood", "class_group:arable", "class_group:forest"]),
                "to_class": _maybe(rnd, 0.7, rnd.choice(CLASSES)),
                "redline_ok": rnd.choice(["no", "general", "core"]),
                "basic_farmland_ok": rnd.choice([0, 1]),
                "conversion": _maybe(rnd, 0.2, "conditional; free"),
                "tenure": _maybe(rnd, 0.1, "state"),
                "needs_title": _maybe(rnd, 0.2, 1, 0),
                "max_slope_class": _maybe(rnd, 0.2, 2, 5),
                "requires_project": _maybe(rnd, 0.15, 1, 0),
                "lead_years": _maybe(rnd, 0.5, rnd.randint(1, 3), 0),
                "life_years": _maybe(rnd, 0.6, rnd.randint(1, 8), None),
                "lease_years": _maybe(rnd, 0.3, rnd.randint(2, 9), None),
                "earliest": _maybe(rnd, 0.1, periods[-1]),
                "latest": _maybe(rnd, 0.1, periods[0]),
            }
        )
        if rows[-1]["earliest"] and rows[-1]["latest"]:
            rows[-1]["latest"] = ""
    return _table(rows)


def _projects(rnd: Random, names: list[str], practices: list[str], parcels: list[str], periods: list[str]) -> Any:
    rows = []
    for number, name in enumerate(names):
        others = names[:number]
        row = {
            "project": name,
            "category": _maybe(rnd, 0.6, rnd.choice(["infrastructure", "ecological_restoration"])),
            "jurisdiction": _maybe(rnd, 0.5, rnd.choice(["A", "B"])),
            "capex": _value(rnd),
            "build_years": rnd.randint(1, 2),
            "life_years": _maybe(rnd, 0.5, rnd.randint(1, 8), None),
            "annual_revenue": _value(rnd) / 2,
            "annual_cost": _value(rnd) / 4,
            "ramp_years": _maybe(rnd, 0.3, rnd.randint(0, 3), 0),
            "annual_ecosystem": _maybe(rnd, 0.4, _value(rnd), 0),
            "jobs": rnd.randint(0, 5),
            "earliest": _maybe(rnd, 0.15, periods[-1]),
            "latest": "",
            "mandatory": _maybe(rnd, 0.1, 1, 0),
            "requires": _maybe(rnd, 0.2, rnd.choice(others)) if others else "",
            "requires_lag": _maybe(rnd, 0.5, rnd.randint(0, 3), 0),
            "exclusive_set": _maybe(rnd, 0.2, "either"),
            "bundle": _maybe(rnd, 0.15, "together"),
            "footprint": _maybe(rnd, 0.3, "; ".join(rnd.sample(parcels, min(len(parcels), 2)))) if parcels else "",
            "footprint_zones": "",
            "footprint_practice": "",
            "redline_ok": rnd.choice(["no", "general", "core"]),
            "basic_farmland_ok": rnd.choice([0, 1]),
            "enables": _maybe(rnd, 0.4, rnd.choice(practices)) if practices else "",
            "enables_area": _maybe(rnd, 0.6, rnd.randint(1, 6), None),
            "min_area": None,
            "min_area_of": "",
        }
        if not row["enables"]:
            row["enables_area"] = None
        if row["footprint"]:
            row["footprint_zones"] = _maybe(rnd, 0.6, rnd.choice(["U", "R", "U; R"]))
            row["footprint_practice"] = _maybe(rnd, 0.3, rnd.choice(practices)) if practices else ""
        if practices and rnd.random() < 0.3:
            of = rnd.choice([f"practice:{rnd.choice(practices)}", "zone:U", "class_group:forest"])
            row |= {"min_area": rnd.randint(1, 8), "min_area_of": of}
        rows.append(row)
    return _table(rows)


def _limits(rnd: Random, periods: list[str], practices: list[str], tag: str) -> Any:
    rows, terms = [], []
    pool = [
        *ACCOUNTS,
        "project.capex",
        "project.jobs",
        "area.class.farm",
        "area.class_group.arable",
        "area.class_group.construction",
        "area.resource.forest",
        "area.zone.U",
        "area.converted",
        "area.rezoned",
        "area.new_construction",
        "area.gained.class_group.forest",
        "area.lost.class.farm",
        "area.lost.zone.R",
        "quality.arable",
        "quality.lost.arable",
        "quality.gained.arable",
        "population",
        *(f"area.practice.{name}" for name in practices),
        *(f"area.new.practice.{name}" for name in practices),
    ]
    stocks = {"soil", "cover", "population", "quality.arable", "area.converted"}
    for number in range(rnd.randint(0, 3)):
        account = rnd.choice(pool)
        stock = account in stocks or account.startswith(("area.class", "area.resource", "area.zone", "area.practice"))
        basis = rnd.choice(
            ["", "absolute", "share_of_start", "share_of:rent", "share_of_start:eco", "per_head", "share_of_start"]
        )
        sense = rnd.choice(["<=", ">=", "<=", "=="])
        soft = sense == "==" or rnd.random() < 0.5
        periodic = ["", "last", *periods] + ([] if stock else ["total"])
        rows.append(
            {
                "limit": f"l{number}",
                "account": account,
                "jurisdiction": rnd.choice(["", "", "each", "A", tag]),
                "period": rnd.choice(periodic),
                "sense": sense,
                "value": rnd.randint(0, 12) / 8 if "share" in basis or basis == "per_head" else rnd.randint(0, 40) / 4,
                "basis": basis,
                "kind": "soft" if soft else "hard",
                "penalty": rnd.randint(1, 8) / 4 if soft else None,
                "tolerance": _maybe(rnd, 0.4, rnd.randint(0, 4) / 2, 0),
            }
        )
        if rnd.random() < 0.3:
            other = rnd.choice(["eco", "rent", "project.jobs", "area.rezoned"])
            terms.append({"limit": f"l{number}", "account": other, "coefficient": rnd.randint(-4, 4) / 2})
    return _table(rows), _table(terms)


def _objective(rnd: Random, comparable: bool) -> dict[str, Any]:
    weighted = ["trees", "area.converted", "soil", "cover", "eco1", "quality.arable", "area.lost.zone.R", "leaf"]
    accounts = {name: rnd.choice([-0.5, 0.25, 1.0]) for name in rnd.sample(weighted, rnd.choice([0, 0, 2, 4]))}
    kind = rnd.choice(["floor", "weighted", "weighted", "accounts", "floor", "lexicographic"])
    if kind == "lexicographic":  # its first stage is what a single program can show
        order = rnd.choice([["cash"], ["ecosystem"], ["accounts"]])
        return {"method": "lexicographic", "order": order, "accounts": {"trees": 1.0} if order == ["accounts"] else {}}
    if kind == "floor" and comparable:
        floor = rnd.choice([{"ecosystem": 1.0}, {"ecosystem": 0.5}, {"cash": 1.0}, {"ecosystem": 0.9}])
        return {"method": "floor", "floor": floor, "accounts": accounts}
    if kind == "accounts":
        return {"method": "weighted", "accounts": {"eco": 1.0, "works": -0.5, "area.zone.R": 0.25, "soil": 0.5}}
    return {"method": "weighted", "cash": 1.0, "ecosystem": rnd.choice([0.0, 0.25, 1.0]), "accounts": accounts}


def random_tables(rnd: Random) -> tuple[dict[str, Any], dict[str, pd.DataFrame | None]]:
    """Settings and tables of a study that may have faults."""
    lengths = [rnd.randint(1, 3) for _ in range(rnd.randint(1, 2))]
    begins = [2026, 2026 + lengths[0]]
    periods = [{"name": f"t{i}", "start": begins[i], "years": n} for i, n in enumerate(lengths)]
    names = [p["name"] for p in periods]
    practices = [f"m{i}" for i in range(rnd.randint(0, 3))]
    parcels = [f"p{i}" for i in range(rnd.randint(0, 6))]
    projects = [f"j{i}" for i in range(rnd.randint(0, 3))]
    hold = rnd.random() < 0.93
    unassigned = rnd.random() < 0.15
    settings = {
        "format": 1,
        "name": "random",
        "defaults": "none",
        "hold": hold,
        "unassigned": unassigned,
        "population_growth": rnd.choice([0.0, 0.02]),
        "periods": periods,
        "rates": {
            "finance": rnd.choice([0.0, 0.05]),
            "social": rnd.choice([0.0, 0.03]),
            "tail_years": rnd.choice([0, 0, 3]),
        },
        "objective": _objective(rnd, not parcels or (hold and not unassigned)),
    }
    land = _parcels(rnd, len(parcels), practices)
    tag = "lake" if land is not None and land["tags"].str.contains("lake").any() else "B"
    limits, terms = _limits(rnd, names, practices, tag)
    tables: dict[str, pd.DataFrame | None] = {
        "parcels": land,
        "jurisdictions": pd.DataFrame(
            {"jurisdiction": ["A", "B"], "population": [30.0, None], "population_growth": [0.01, None]}
        ),
        "zones": pd.DataFrame(
            {
                "zone": ZONES,
                "parent": ["", "", "", "U"],
                "line": ["redline", "basic_farmland", "growth_boundary", "growth_boundary"],
                "line_rule": [rnd.choice(["exact", "contains", "within"]) for _ in range(3)] + ["within"],
            }
        )
        if rnd.random() < 0.6
        else pd.DataFrame({"zone": ZONES, "parent": ["", "", "", "U"]}),
        "land_classes": pd.DataFrame(
            {
                "land_class": CLASSES,
                "class_group": ["arable", "forest", "construction"],
                "resource": ["land", "forest", "land"],
            }
        ),
        "class_zones": _table(
            [
                {"land_class": c, "zone": z, "suitability": rnd.choice([0, 1, 2, 2, 3])}
                for c in CLASSES
                for z in ZONES
                if rnd.random() < 0.8
            ]
        )
        if rnd.random() < 0.5
        else None,
        "accounts": _accounts(),
        "practices": _practices(rnd, practices, names),
        "class_flows": _flows(rnd, "land_class", CLASSES, 7),
        "zone_flows": _flows(rnd, "zone", ZONES, 5),
        "practice_flows": _flows(rnd, "practice", practices, 5),
        "parcel_flows": _parcel_flows(rnd, parcels, practices),
        "project_flows": _flows(rnd, "project", projects, 2),
        "projects": _projects(rnd, projects, practices, parcels, names),
        "land_take": _table(
            [
                {
                    "project": name,
                    "land_class": rnd.choice(CLASSES),
                    "jurisdiction": _maybe(rnd, 0.6, "A"),
                    "area_ha": rnd.randint(1, 4) / 2,
                }
                for name in projects
                if parcels and rnd.random() < 0.3
            ]
        ),
        "limits": limits,
        "limit_terms": terms,
        "shares": _shares(rnd, projects),
    }
    return settings, tables


def _parcel_flows(rnd: Random, parcels: list[str], practices: list[str]) -> pd.DataFrame | None:
    if not parcels or rnd.random() < 0.5:
        return None
    return _table(
        [
            {
                "parcel_id": rnd.choice(parcels),
                "practice": _maybe(rnd, 0.4, rnd.choice(practices)) if practices else "",
                "zone": _maybe(rnd, 0.3, rnd.choice(ZONES)),
                **_flow(rnd),
            }
            for _ in range(rnd.randint(1, 4))
        ]
    )


def _shares(rnd: Random, projects: list[str]) -> pd.DataFrame | None:
    rows = []
    if rnd.random() < 0.4:
        rows += [("rent", "receives", "local", 0.5, ""), ("rent", "receives", "farmers", 0.5, "")]
    if rnd.random() < 0.3:
        rows += [("works", "pays", "outside", 0.75, ""), ("works", "pays", "local", 0.25, "")]
        rows += [("works", "receives", "local", 1.0, "")] if rnd.random() < 0.5 else []
    if projects and rnd.random() < 0.3:
        rows += [("project.revenue", "receives", "outside", 1.0, projects[0])]
    return pd.DataFrame(rows, columns=["account", "role", "actor", "share", "project"]) if rows else None


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """A sound random study; unsound ones are drawn again."""
    rnd = draw(st.randoms(use_true_random=False))
    for _ in range(RETRIES):
        try:
            return random_study(rnd)
        except StudyError:
            continue
    from hypothesis import reject

    reject()
    raise AssertionError


def random_study(rnd: Random) -> Study:
    """One random study.

    Raises
    ------
    StudyError
        If what was drawn has faults (a requires cycle, a mandated project that cannot start, …).
    """
    settings, tables = random_tables(rnd)
    return make_study(settings, **tables)
