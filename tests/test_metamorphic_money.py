"""What must not change the optimum with money, or change it in a known way, on random small studies."""

from __future__ import annotations

import json
import math
import os
import re
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import brute, random_money
from tests.random_studies import ACCOUNTS, CLASSES, ZONES
from tests.test_brute_finance import optimum
from tests.test_metamorphic import MONEY, Tables, same
from zonevest.instances.read import make_study
from zonevest.instances.study import StudyError

CASES = settings(max_examples=8 if os.environ.get("CI") else 4, suppress_health_check=list(HealthCheck))
ALL_MONEY = {*MONEY, *random_money.NEW_ACCOUNTS["account"], "project.capex", "project.revenue", "project.ecosystem"}
FLOWS = ("class_flows", "zone_flows", "practice_flows", "parcel_flows", "project_flows")


def drawn(rnd: Random) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of a sound study with money."""
    found = random_money.sound(rnd)
    assume(found is not None)
    assert found is not None
    return found[0], found[1]


def value(chosen: dict[str, Any], tables: Tables) -> float:
    """The proven optimum; studies without options are drawn again."""
    try:
        return optimum(make_study(chosen, **tables))
    except StudyError:
        assume(False)
        raise


def is_money(account: str) -> bool:
    """Whether an account is in the study's currency (ecosystem value is scaled with it, as F2 is)."""
    return account in ALL_MONEY or account.startswith(("money.", "finance.", "gain."))


@CASES
@given(st.randoms(use_true_random=True))
def test_the_order_of_rows_does_not_matter(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    shuffled = {
        name: table.sample(frac=1, random_state=rnd.randint(0, 99)).reset_index(drop=True)
        if table is not None and name != "zones"  # the order of zones settles ties
        else table
        for name, table in tables.items()
    }
    assert same(value(chosen, tables), value(chosen, shuffled))


@CASES
@given(st.randoms(use_true_random=True))
def test_names_mean_nothing(rnd: Random) -> None:
    # `local` is who the purse is unless it is named otherwise, and `fund` is the name of a budget too
    chosen, tables = drawn(rnd)
    names = [*ACCOUNTS, *CLASSES, *ZONES, "A", "B", "lake", "road", "either", "together", "farmers", "tax", "q", "c"]
    names += list(random_money.NEW_ACCOUNTS["account"])
    token = re.compile(rf"\b({'|'.join(sorted(names, key=len, reverse=True))}|[pmjltf][0-9])\b")

    def renamed(text: str) -> str:
        return token.sub(lambda found: f"新{found[0]}x", text)

    other: Tables = {
        name: table.map(lambda cell: renamed(cell) if isinstance(cell, str) else cell) if table is not None else None
        for name, table in tables.items()
    }
    assert same(value(chosen, tables), value(json.loads(renamed(json.dumps(chosen))), other))


@CASES
@given(st.randoms(use_true_random=True), st.sampled_from([1e-2, 7.0, 1e2]))
def test_money_in_another_unit_is_the_same_plan(rnd: Random, unit: float) -> None:
    chosen, tables = drawn(rnd)
    tables = {**tables, "limit_terms": None}
    limits = tables["limits"]
    if limits is not None:  # a limit that compares money with hectares has a unit of its own
        of = limits["basis"].fillna("").str.partition(":")[2]
        plain = [not name or is_money(name) == is_money(own) for name, own in zip(of, limits["account"], strict=True)]
        limits = limits[plain].reset_index(drop=True) if any(plain) else None
        tables["limits"] = limits
    quotas = tables.get("quotas")
    if quotas is not None and quotas[["account_used", "account_generated"]].map(is_money).any(axis=None):
        tables |= {"quotas": None, "quota_grants": None}
        quotas = None
    goal = chosen["objective"]
    weights = {name: w * (1.0 if is_money(name) else unit) for name, w in goal.get("accounts", {}).items()}
    floor = {name: share * (unit if name == "cash" else 1.0) for name, share in goal.get("floor", {}).items()}
    other = chosen | {
        "objective": goal | ({"accounts": weights} if weights else {}) | ({"floor": floor} if floor else {})
    }
    if "finance" in chosen:
        totals = ("own_revenue", "transfers", "fixed_cost", "fiscal_resources", "opening_cash")
        stated = chosen["finance"]
        other["finance"] = stated | {name: stated[name] * unit for name in totals if name in stated}
    scaled: Tables = dict(tables)

    def times(name: str, *columns: str) -> None:
        table = scaled.get(name)
        if table is not None:
            there = [column for column in columns if column in table]
            scaled[name] = table.assign(**{column: pd.to_numeric(table[column]) * unit for column in there})

    for name in FLOWS:
        table = tables[name]
        if table is not None:
            scaled[name] = table.assign(
                value=table["value"].where(~table["account"].map(is_money), table["value"] * unit)
            )
    amounts = ("capex", "annual_revenue", "annual_cost", "annual_ecosystem", "uplift_per_ha", "uplift_cap")
    times("projects", *amounts)
    times("instruments", "limit_total", "limit_period", "outstanding")
    times("quotas", "buy_price", "sell_price")
    if limits is not None:
        of_money = limits["account"].map(is_money)
        absolute = of_money & ~limits["basis"].fillna("").str.startswith("share")
        tolerance = limits["tolerance"] if "tolerance" in limits else 0.0 * limits["value"]
        scaled["limits"] = limits.assign(
            value=limits["value"].where(~absolute, limits["value"] * unit),
            tolerance=tolerance.where(~of_money, tolerance * unit),
            penalty=limits["penalty"].where(of_money, limits["penalty"] * unit),
        )
    one, two = value(chosen, tables), value(other, scaled)
    assert same(one * unit, two) or abs(one * unit - two) <= 1e-6 * max(1.0, unit)


def more(number: Any) -> Any:
    """A number of [finance], or its table by period, half as much again."""
    return {name: 1.5 * each for name, each in number.items()} if isinstance(number, dict) else 1.5 * number


def less(number: Any) -> Any:
    return {name: 0.5 * each for name, each in number.items()} if isinstance(number, dict) else 0.5 * number


LOOSER = {
    "debt_ratio_cap": more,
    "land_sale_share_cap": more,
    "real_estate_share_max": more,
    "refinance_share": more,
    "reserve_months": less,
    "green_share_min": less,
    "opening_cash": more,
    "fiscal_resources": more,
}
"""Numbers of [finance] and how they are made looser; the others compare with amounts that may be below 0."""


def dislikes_cash(chosen: dict[str, Any], tables: Tables) -> bool:
    """Whether more cash at the end of a period makes a plan worse: a weight below 0, or a limit from above."""
    weights, limits = chosen["objective"].get("accounts", {}), tables["limits"]
    if any(name.startswith("finance.cash") and weight < 0 for name, weight in weights.items()):
        return True
    if limits is None:
        return False
    of_cash = limits["account"].str.startswith("finance.cash")
    return bool((of_cash & (limits["sense"] != ">=")).any())


@CASES
@given(st.randoms(use_true_random=True))
def test_a_looser_rule_of_money_never_hurts(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    assume("finance" in chosen)
    stated, instruments = chosen["finance"], tables["instruments"]
    assert instruments is not None
    keys = {name for name in LOOSER if name in stated} - ({"opening_cash"} if dislikes_cash(chosen, tables) else set())
    tight = value(chosen, tables)
    key = rnd.choice([*sorted(keys), "limits of instruments"])
    if key in stated:
        loose = value(chosen | {"finance": stated | {key: LOOSER[key](stated[key])}}, tables)
    else:
        columns = {name: pd.to_numeric(instruments[name]) + 1.0 for name in ("limit_total", "limit_period")}
        loose = value(chosen, tables | {"instruments": instruments.assign(**columns)})
    assert loose >= tight - 1e-6 * max(1.0, abs(tight)) or tight == brute.NO_PLAN


@CASES
@given(st.randoms(use_true_random=True))
def test_another_lender_never_hurts(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    assume("finance" in chosen)
    # what no row speaks of but cash, the golden rule and the shares of interest
    lender = {"instrument": "lender", "kind": "loan", "rate": 0.03, "tenor_years": 2, "repay": "bullet"}
    tight = value(chosen, tables)
    assume(math.isfinite(tight))
    instruments = pd.concat([tables["instruments"], pd.DataFrame([lender])], ignore_index=True)
    instruments["in_debt_ratio"] = instruments["in_debt_ratio"].fillna(0)
    assert value(chosen, tables | {"instruments": instruments}) >= tight - 1e-6 * max(1.0, abs(tight))


@CASES
@given(st.randoms(use_true_random=True))
def test_an_instrument_that_may_raise_nothing_is_as_good_as_none(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    assume("finance" in chosen)
    nothing = {"instrument": "nothing", "kind": "bond", "rate": 0.01, "tenor_years": 3, "limit_total": 0.0}
    instruments = pd.concat([tables["instruments"], pd.DataFrame([nothing])], ignore_index=True)
    assert value(chosen, tables) == pytest.approx(
        value(chosen, tables | {"instruments": instruments}), rel=1e-6, abs=1e-6
    )
