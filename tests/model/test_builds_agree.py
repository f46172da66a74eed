"""The two builds of a study agree row by row and column by column.

On random small studies without and with money, and on those whose rows are worked out by hand.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from tests import random_features, random_money, random_studies
from tests.model import budget_rows
from tests.model.builds import complete, differences, fast
from tests.model.complete_bay import bay
from tests.model.complete_shore import TABLES, shore
from tests.model.complete_valley import limit
from tests.model.plain import plain, reads
from tests.model.site_rows import taken
from tests.model.test_appraisal import eod, port
from tests.model.test_assets import hands, woods
from tests.model.test_people import LAND as PEOPLE
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.model.policy import ROW_FAMILIES

CASES = 40 if os.environ.get("CI") else 20
PARTS = 2
"""The cases with money run in so many tests, so that two processes can share them."""


def differing(study: Study, divisible: bool, stage: int) -> list[str]:
    """In what the builds of a study differ, at a stage where it is lexicographic; every row has a known family."""
    goal, at = study.settings.objective, dict[str, Any]()
    if goal.method == "lexicographic" and stage:
        goal = replace(goal, order=tuple(dict.fromkeys([*goal.order, "cash", "ecosystem"])))
        stage = min(stage, len(goal.order) - 1)
        at = {"stage": stage, "earlier": dict.fromkeys(goal.order[:stage], 0.5)}
    study = study.with_settings(divisible=divisible, objective=goal)
    try:
        one = fast(study, **at)
    except StudyError:  # a parcel without any option, a total of the base year below what is booked
        assume(False)
    families = {name.partition("[")[0] for name in one.rows}
    assert families <= {"assign", *ROW_FAMILIES}
    return differences(one, complete(study, **at))


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.studies(), st.booleans(), st.integers(0, 2))
def test_builds_agree(study: Study, divisible: bool, stage: int) -> None:
    assert differing(study, divisible, stage) == []


WHOLE = budget_rows.STEPS | budget_rows.PAIRS | budget_rows.BUDGETS
BOOKED = ("lots", "dues", "tolls", "fees", "money.operating", "money.receipts", "money.outlay")
"""Accounts on which steps of prices and synergies book."""


def read_by_limits(**cells: Any) -> Study:
    """The shore with everything, and limits on what is booked there."""
    return shore(**WHOLE, limits=[limit(f"l{i}", name, **cells) for i, name in enumerate(BOOKED)])


def late_pair() -> Study:
    """Quay and reeds bring something together; the quay can start in the first period only."""
    projects = [{**row, **({"latest": "a"} if row["project"] == "quay" else {})} for row in TABLES["projects"]]
    return shore(**budget_rows.PAIRS, projects=projects)


HAND: dict[str, Callable[[], Study]] = {
    "bay": bay,
    "budgets": budget_rows.of_budgets,
    "an enterprise": budget_rows.of_an_enterprise,
    "steps": lambda: shore(**budget_rows.STEPS),
    "pairs": lambda: shore(**budget_rows.PAIRS),
    "a late pair": late_pair,
    "budgets, steps and pairs": lambda: shore(
        {"purse": ["local", "chest"]}, {"dscr_scope": "all", "soft": {"dscr_min": 2.0}}, **WHOLE
    ),
    "limits of places": lambda: read_by_limits(jurisdiction="each"),
    "limits at start prices": lambda: read_by_limits(basis="share_of_start", period="total"),
    "gains": lambda: shore(
        **WHOLE,
        limits=[
            limit(who, f"gain.{who}", jurisdiction="each", period="total")
            for who in ("actor.local", "actor.chest", "jurisdiction")
        ],
    ),
    "weights": lambda: shore(
        {"objective": {"method": "weighted", "cash": 1.0, "accounts": {"lots": 2.0, "dues": -1.0, "tolls": 0.5}}},
        **WHOLE,
    ),
    "land without rent": lambda: shore(finance={"land_rent": False}),
    "port": port,
    "a bundle": eod,
    "a bundle that starts": lambda: eod(resort={"annual_revenue": 6.0}),
    "assets": lambda: woods(
        reads("asset.forest.state", name="state"),
        limit("kept", "asset.forest", basis="share_of_start"),
        limit("land", "asset.land.collective", basis="share_of_start:asset.forest"),
    ),
    "land that changes hands": lambda: hands(
        reads("asset.forest.state", name="state"),
        limit("kept", "asset.forest.collective", basis="share_of_start"),
        limit("land", "asset.land.state", basis="share_of_start:asset.forest.collective"),
    ),
    "land that changes hands and is taken": lambda: taken(
        *(reads(f"asset.land.{tenure}", name=tenure) for tenure in ("state", "collective")),
        practices=[{"practice": "plant", "zone": "R", "to_tenure": "collective", "lead_years": 2}],
    ),
    "people": lambda: plain(
        **PEOPLE,
        limits=[
            *(reads("population", place, f"l{place}") for place in ("", "N", "lake", "main_function:ecological")),
            limit("heads", "area.class.town", "<=", 0.02, basis="per_head", jurisdiction="each", period="b"),
        ],
    ),
}
"""Studies by hand whose rows the random ones seldom have."""


@pytest.mark.parametrize("name", HAND)
def test_builds_agree_on_studies_by_hand(name: str) -> None:
    assert differing(HAND[name](), divisible=False, stage=0) == []


def part(number: int) -> Callable[[], None]:
    @seed(number)
    @settings(max_examples=CASES // PARTS, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True), st.booleans(), st.integers(0, 2), st.booleans())
    def compare(rnd: Random, divisible: bool, stage: int, lexicographic: bool) -> None:
        found = random_money.sound(rnd)
        assume(found is not None)
        assert found is not None
        chosen, tables, study = found
        if lexicographic:
            weights = chosen["objective"].get("accounts", {})
            order = rnd.choice([["cash", "ecosystem"], ["ecosystem", "cash"]]) + ["accounts"] * bool(weights)
            chosen["objective"] = {"method": "lexicographic", "order": order, "accounts": weights}
            study = make_study(chosen, **tables)
        assert differing(study, divisible, stage) == []

    return compare


@pytest.mark.parametrize("number", range(PARTS))
def test_builds_agree_with_money(number: int) -> None:
    part(number)()


@pytest.mark.skipif(not random_features.BUILT, reason="the policy has not all rows yet")
@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=True), st.booleans())
def test_builds_agree_with_all_features(rnd: Random, divisible: bool) -> None:
    found = random_features.sound(rnd)
    assume(found is not None)
    assert found is not None
    assert differing(found[-1], divisible, 0) == []


@settings(max_examples=CASES // 2, suppress_health_check=list(HealthCheck))
@given(random_studies.twins())
def test_parcels_that_differ_in_one_cell_are_told_apart(study: Study) -> None:
    # the fast build takes parcels together that agree in everything that is asked of them
    try:
        one = fast(study)
    except StudyError:
        assume(False)
    assert differences(one, complete(study)) == []
