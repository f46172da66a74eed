"""A small study with everything that money touches, and plans of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from tests import brute
from tests.reports.audit_studies import BUILD, FARM, Rows, study
from tests.reports.money_studies import ACTORS, CAPTURE, UPLIFT_ACCOUNTS
from zonevest.instances.study import Study
from zonevest.reports.audit import Evaluator

PARCELS: Rows = [
    {**FARM, "jurisdiction": "east", "population": 30, "tags": "stop", "tenure": "state"},
    {**FARM, "parcel_id": "b", "jurisdiction": "west", "population": 10, "area_ha": 5.0, "tags": "stop"},
]
PARCELS = [{"tenure": "collective", **row} for row in PARCELS]
TABLES: dict[str, Rows] = {
    "parcels": PARCELS,
    "accounts": UPLIFT_ACCOUNTS,
    "actors": [{**ACTORS[0], "floor_share": 0.05}, *ACTORS[1:]],
    "shares": [
        {"account": "rise", "role": "receives", "actor": "farmers", "share": 1.0},
        {"account": "levy", "role": "pays", "actor": "farmers", "share": 1.0},
        {"account": "rent", "role": "receives", "actor": "pot", "share": 0.2},
        {"account": "rent", "role": "receives", "actor": "local", "share": 0.8},
    ],
    "capture": [*CAPTURE, {**CAPTURE[0], "rate": 0.1, "where": "tenure=state"}],
    "practices": [BUILD],
    "class_flows": [{"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.2}],
    "practice_flows": [
        {"practice": "build", "account": "rise", "basis": "per_ha_once", "value": 1.0},
        {"practice": "build", "account": "rent", "basis": "per_ha_year", "value": 0.3},
        {"practice": "build", "account": "cost", "basis": "per_ha_once", "value": 0.4},
    ],
    "projects": [
        {
            "project": "tram", "category": "infrastructure", "capex": 6.0, "build_years": 1, "life_years": 10,
            "annual_revenue": 0.9, "annual_cost": 0.2, "green": 1, "catchment": "stop", "uplift_per_ha": 0.8,
            "uplift_account": "rise", "uplift_cap": 0.7, "jurisdiction": "west", "space": "flow",
        }
    ],
    "instruments": [
        {
            "instrument": "bond", "kind": "bond", "rate": 0.03, "tenor_years": 4, "categories": "infrastructure",
            "self_supporting": 1, "cover_min": 1.0, "limit_total": 4.0, "limit_period": 3.5, "in_debt_ratio": 1,
        },
        {
            "instrument": "loan", "kind": "loan", "rate": 0.04, "tenor_years": 2, "repay": "level_principal",
            "outstanding": 2.0, "outstanding_years": 4, "in_debt_ratio": 1,
        },
        {"instrument": "roll", "kind": "bond", "rate": 0.03, "tenor_years": 5, "refinances": 1},
        {"instrument": "grant", "kind": "grant", "limit_total": 0.5},
        {"instrument": "stake", "kind": "equity", "rate": 0.06, "limit_total": 1.0},
    ],
    "quotas": [
        {
            "quota": "land", "account_used": "area.new_construction", "granted": 2.0, "opening": 1.0,
            "account_generated": "area.lost.class_group.construction",
            "buy_price": 0.05, "buy_max": 3.0, "sell_price": 0.04, "sell_max": 1.0,
        }
    ],
    "limits": [
        {"limit": "owed", "account": "finance.debt", "sense": "<=", "value": 8.0},
        {"limit": "gained", "account": "gain.actor.farmers", "sense": ">=", "value": 1.0},
        {"limit": "spent", "account": "money.outlay", "sense": "<=", "value": 12.0, "period": "total"},
        {"limit": "bought", "account": "quota.land.bought", "sense": "<=", "value": 5.5, "period": "total"},
        {
            "limit": "wish", "account": "money.receipts", "sense": ">=", "value": 9.0, "period": "total",
            "kind": "soft", "penalty": 0.2,
        },
    ],
}  # fmt: skip
FINANCE = {
    "own_revenue": 4.4,
    "fixed_cost": 2.0,
    "fiscal_resources": 12.0,
    "opening_cash": -2.5,
    "reserve_months": 1.0,
    "debt_ratio_cap": 1.0,
    "dscr_min": 0.5,
    "operating_balance_from": "p1",
    "interest_share_general": 0.3,
    "interest_share_fund": 0.3,
    "land_sale_share_cap": 0.5,
    "green_share_min": 0.2,
    "real_estate_share_max": 0.5,
    "reinvestment_min": 0.0,
    "soft": {"dscr_min": 0.1},
}
EQUITY = {"participation": ["farmers"], "jurisdiction_floor": 0.7, "fund": "pot"}
CHOSEN = [("build", "p1"), ("hold", "")]
STARTS = {"tram": "p1"}


def whole(settings: dict[str, Any] | None = None, **tables: Any) -> Study:
    """The study."""
    goal = {"method": "weighted", "cash": 1.0, "accounts": {"gain.jurisdiction": 0.2, "quota.land.bought": -0.01}}
    return study({"finance": FINANCE, "equity": EQUITY, "objective": goal, **(settings or {})}, **{**TABLES, **tables})


def choices(starts: Mapping[str, str] = STARTS, given: Study | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The land and the projects that are chosen: all of `CHOSEN` and of `starts`."""
    parcels = pd.DataFrame(
        [
            ("a", "town", "build", "p1", "farm", "built", 1.0),
            ("b", "rural", "hold", "", "farm", "farm", 1.0),
        ],
        columns=["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"],
    )
    capex = dict(zip(given.projects["project"], given.projects["capex"], strict=True)) if given else {"tram": 6.0}
    rows = [(name, start, capex[name]) for name, start in starts.items()]
    return parcels, pd.DataFrame(rows, columns=["project", "start", "capex"])


def best_plan(given: Study | None = None, starts: Mapping[str, str] = STARTS) -> Any:
    """A plan with what is left to decide at its best, and everything that it states."""
    given = given or whole()
    evaluator = Evaluator(given)
    decided = brute.decide(evaluator.affine(CHOSEN, starts))
    assert decided is not None
    tables = brute.as_tables(evaluator, dict(starts), decided[1])
    parcels, projects = choices(starts, given)
    found = evaluator.evaluate(parcels, projects, **tables)
    nothing, bound = found.doing_nothing, found.objective * 1.01
    limits = found.limits[["limit", "account", "jurisdiction", "period", "value", "bound", "slack"]]
    return SimpleNamespace(
        study=given,
        status="optimal",
        has_plan=True,
        objective=found.objective,
        bound=bound,
        gap=(bound - found.objective) / abs(found.objective),
        gap_total=(bound - found.objective) / abs(found.total),
        cash=found.cash - nothing["cash"],
        ecosystem=found.ecosystem - nothing["ecosystem"],
        doing_nothing=dict(nothing),
        settings={"gap": 0.02},
        parcels=parcels,
        projects=projects,
        ledger=found.ledger,
        limits=limits.assign(shadow_price=np.nan, unit=""),
        value=decided[0],
        breaches=found.breaches,
        **tables,
    )
