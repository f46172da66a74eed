"""What must not change the optimum, or change it in a known way, on random small studies."""

from __future__ import annotations

import json
import os
import re
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import brute
from tests.random_studies import ACCOUNTS, ASSETS, CLASSES, ZONES, random_tables
from tests.test_brute_force import optimum
from zonevest.instances.read import make_study
from zonevest.instances.study import StudyError

Tables = dict[str, pd.DataFrame | None]
CASES = settings(max_examples=24 if os.environ.get("CI") else 15, suppress_health_check=list(HealthCheck))
MONEY = {"rent", "sale", "ground", "upkeep", "works", "eco", "eco1", "leaf", "levy", *ASSETS}
PROJECT_MONEY = {"project.capex"}


def drawn(rnd: Random) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of a sound study with parcels, each with an option."""
    chosen, tables = random_tables(rnd)
    assume(tables["parcels"] is not None)
    return chosen, tables


def value(chosen: dict[str, Any], tables: Tables) -> float:
    """The proven optimum; unsound studies are drawn again."""
    try:
        return optimum(make_study(chosen, **tables))
    except StudyError:
        assume(False)
        raise


def same(one: float, other: float) -> bool:
    return one == other or one == pytest.approx(other, rel=1e-6, abs=1e-6)


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
def test_a_parcel_cut_in_two_is_the_same_land(rnd: Random) -> None:
    # only flows by the hectare: what a parcel earns for being a parcel is earned twice by two
    chosen, tables = drawn(rnd)
    chosen = chosen | {"divisible": True}
    for name in ("class_flows", "zone_flows", "practice_flows", "parcel_flows"):
        table = tables[name]
        if table is not None:
            tables[name] = table.assign(
                basis=table["basis"].replace({"per_year": "per_ha_year", "once": "per_ha_once"})
            )
    parcels = tables["parcels"]
    assert parcels is not None
    cut = parcels["parcel_id"].iloc[0]
    halves = parcels.assign(
        area_ha=parcels["area_ha"].where(parcels["parcel_id"] != cut, parcels["area_ha"] / 2),
        population=parcels["population"].astype(float).where(parcels["parcel_id"] != cut, parcels["population"] / 2),
    )
    other = halves.iloc[[0]].assign(parcel_id="other")
    two: Tables = tables | {"parcels": pd.concat([halves, other], ignore_index=True)}
    own, projects = tables["parcel_flows"], tables["projects"]
    if own is not None:
        copied = own[own["parcel_id"] == cut].assign(parcel_id="other")
        two["parcel_flows"] = pd.concat([own, copied], ignore_index=True)
    if projects is not None:
        drawn_on = projects["footprint"].str.replace(rf"\b{cut}\b", f"{cut}; other", regex=True)
        two["projects"] = projects.assign(footprint=drawn_on)
    assert same(value(chosen, tables), value(chosen, two))


@CASES
@given(st.randoms(use_true_random=True), st.sampled_from([1e-3, 7.0, 1e4]))
def test_money_in_another_unit_is_the_same_plan(rnd: Random, unit: float) -> None:
    chosen, tables = drawn(rnd)
    tables["limit_terms"] = None
    limits, projects = tables["limits"], tables["projects"]
    if limits is not None:  # a limit that compares money with hectares has a unit of its own
        keep = ~limits["basis"].str.startswith("share_of:")
        tables["limits"] = limits = limits[keep].reset_index(drop=True) if keep.any() else None
    if limits is not None:
        of = limits["basis"].str.partition(":")[2]
        plain = (of == "") | (of.isin(MONEY) == limits["account"].isin(MONEY | PROJECT_MONEY))
        tables["limits"] = limits = limits[plain].reset_index(drop=True) if plain.any() else None
    goal = chosen["objective"]
    weights = {name: w * (1.0 if name in MONEY else unit) for name, w in goal.get("accounts", {}).items()}
    floor = {name: share * (unit if name == "cash" else 1.0) for name, share in goal.get("floor", {}).items()}
    scaled_goal = goal | ({"accounts": weights} if weights else {}) | ({"floor": floor} if floor else {})
    scaled: Tables = dict(tables)
    for name in ("class_flows", "zone_flows", "practice_flows", "parcel_flows", "project_flows"):
        table = tables[name]
        if table is not None:
            scaled[name] = table.assign(
                value=table["value"].where(~table["account"].isin(MONEY), table["value"] * unit)
            )
    if projects is not None:
        money = ["capex", "annual_revenue", "annual_cost", "annual_ecosystem"]
        scaled["projects"] = projects.assign(**{name: projects[name] * unit for name in money})
    if limits is not None:
        of_money = limits["account"].isin(MONEY | PROJECT_MONEY)
        absolute = of_money & ~limits["basis"].str.startswith("share")
        scaled["limits"] = limits.assign(
            value=limits["value"].where(~absolute, limits["value"] * unit),
            tolerance=limits["tolerance"].where(~of_money, limits["tolerance"] * unit),
            penalty=limits["penalty"].where(of_money, limits["penalty"] * unit),
        )
    one = value(chosen, tables)
    other = value(chosen | {"objective": scaled_goal}, scaled)
    assert same(one * unit, other) or abs(one * unit - other) <= 1e-6 * max(1.0, unit)


@CASES
@given(st.randoms(use_true_random=True))
def test_a_looser_limit_never_hurts(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    limits = tables["limits"]
    assume(limits is not None)
    assert limits is not None
    tight = value(chosen, tables)
    loose = value(chosen, tables | {"limits": limits.assign(tolerance=limits["tolerance"] + rnd.randint(1, 5))})
    assert loose >= tight - 1e-6 * max(1.0, abs(tight)) or tight == brute.NO_PLAN


@CASES
@given(st.randoms(use_true_random=True))
def test_names_mean_nothing(rnd: Random) -> None:
    chosen, tables = drawn(rnd)
    names = [*ACCOUNTS, *CLASSES, *ZONES, "A", "B", "lake", "road", "either", "together"]
    token = re.compile(rf"\b({'|'.join(sorted(names, key=len, reverse=True))}|[pmjlt][0-9])\b")

    def renamed(text: str) -> str:
        return token.sub(lambda found: f"新{found[0]}x", text)

    other: Tables = {
        name: table.map(lambda cell: renamed(cell) if isinstance(cell, str) else cell) if table is not None else None
        for name, table in tables.items()
    }
    settings_renamed = json.loads(renamed(json.dumps(chosen)))
    assert same(value(chosen, tables), value(settings_renamed, other))
