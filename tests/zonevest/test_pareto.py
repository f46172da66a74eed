"""The front of a study: against every plan of tiny ones, and what must hold of any."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import zonevest as zv
from tests import brute, random_studies
from zonevest.instances.study import Study, StudyError
from zonevest.reports.audit import Evaluator
from zonevest.reports.front import knee_of, unbeaten

MOST = 400
"""Plans of a study that are tried; studies with more are drawn again."""
CASES = settings(
    max_examples=40 if os.environ.get("CI") else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def every_plan(study: Study) -> np.ndarray | None:
    """F1 and F2, gains, of every plan that holds; None where there are too many plans."""
    values = []
    for term in ("cash", "ecosystem"):
        alone = study.replace({"objective": {"method": "weighted", term: 1.0}})
        tried = brute.plans(Evaluator(alone), MOST)
        if tried is None:
            return None
        values.append([plan.objective for plan in tried if plan.holds])
    return np.array(values).T


def beats_none(values: np.ndarray) -> list[tuple[float, float]]:
    """The values that no other plan beats, each once, by the definition."""
    beaten = [any((other >= one - 1e-7).all() and (other > one + 1e-7).any() for other in values) for one in values]
    kept = values[[not worse for worse in beaten]]
    return sorted({(round(float(cash), 5), round(float(ecosystem), 5)) for cash, ecosystem in kept})


@CASES
@given(random_studies.studies())
def test_every_point_is_the_set_that_enumeration_finds(study: Study) -> None:
    assume(not study.settings.divisible and study.has_doing_nothing)
    assume(not len(study.limits) or (study.limits["kind"] == "hard").all())
    try:
        values = every_plan(study)
        assume(values is not None)
        front = zv.pareto(study, every=True)
    except StudyError:
        assume(False)
        raise
    assert values is not None
    found = sorted((round(float(c), 5), round(float(e), 5)) for c, e in front.points[["cash", "ecosystem"]].to_numpy())
    wanted = beats_none(values) if len(values) else []
    assert np.array(found).reshape(-1, 2) == pytest.approx(np.array(wanted).reshape(-1, 2), rel=1e-5, abs=2e-5)
    assert (front.points["bound"] >= front.points["ecosystem"] - 1e-6 * (1 + front.points["ecosystem"].abs())).all()


@pytest.fixture(scope="module")
def village() -> zv.Front:
    return zv.pareto(zv.read_study("village"), points=5)


def test_points_are_proven_audited_and_beaten_by_none(village: zv.Front) -> None:
    points = village.points
    assert len(points) >= 3
    assert (points["status"] == "optimal").all()
    assert (points["gap"] <= 1e-3 + 1e-9).all()
    assert all(plan.audit is not None and plan.audit.ok for plan in village.plans)  # type: ignore[attr-defined]
    cash, ecosystem = points["cash"].to_numpy(), points["ecosystem"].to_numpy()
    assert (np.diff(ecosystem) < 0).all()
    assert (np.diff(cash) > 0).all()
    assert (cash >= points["floor_cash"].fillna(-np.inf) - 1e-6 * np.abs(cash)).all()


def test_bounds_hold_for_every_other_point(village: zv.Front) -> None:
    for _, one in village.points.iterrows():
        above = village.points["cash"] >= (one["floor_cash"] if np.isfinite(one["floor_cash"]) else -np.inf)
        assert (village.points.loc[above, "ecosystem"] <= one["bound"] * (1 + 1e-9) + 1e-9).all()


def test_a_finer_front_beats_no_point_by_more_than_the_gap(village: zv.Front) -> None:
    finer = zv.pareto(village.study, points=9)
    width = village.ranges["ecosystem"]
    for _, one in village.points.iterrows():
        better = finer.points["cash"] >= one["cash"]
        assert (finer.points.loc[better, "ecosystem"] <= one["ecosystem"] + 2e-3 * width).all()


def test_points_are_ordinary_studies(village: zv.Front) -> None:
    plan = village.plans[-1]
    again = zv.solve(plan.study, gap=0.0, gap_absolute=1e-3 * village.ranges["ecosystem"])
    assert again.ecosystem == pytest.approx(plan.ecosystem, abs=2e-3 * village.ranges["ecosystem"])


def test_a_third_term_of_which_less_is_better() -> None:
    study = zv.read_study("village")
    front = zv.pareto(study, terms=("cash", "ecosystem", "-area.converted"), points=3)
    values = front.points[["cash", "ecosystem", "area.converted"]].to_numpy() * [1, 1, -1]
    for one in values:
        assert not any((other >= one).all() and (other > one + 1e-6).any() for other in values)
    limited = front.points["floor_area.converted"].notna()
    assert limited.any()
    assert (front.points["area.converted"] <= front.points["floor_area.converted"].fillna(np.inf) + 1e-6).all()


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (("cash",), "two or three"),
        (("cash", "cash"), "two or three"),
        (("cash", "-ecosystem"), "without '-'"),
        (("cash", "no.such"), "no account 'no.such'"),
    ],
)
def test_what_was_asked_for_is_wrong(terms: tuple[str, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        zv.pareto(zv.read_study("village"), terms=terms)


def test_divided_land_has_no_end_of_points() -> None:
    with pytest.raises(ValueError, match="no end of points"):
        zv.pareto(zv.read_study("village", {"divisible": True}), every=True)


def test_unbeaten_and_knee() -> None:
    values = np.array([[0.0, 1.0], [0.5, 0.9], [0.5, 0.8], [1.0, 0.0], [1.0, 0.0], [0.2, 0.2]])
    assert unbeaten(values).tolist() == [0, 1, 3]
    assert knee_of(values[[0, 1, 3]]) == 1
    assert knee_of(values[[0, 3]]) is None
    assert knee_of(np.array([[0.0, 1.0], [0.4, 0.5], [1.0, 0.0]])) is None  # bends the other way


def test_a_study_without_a_plan_has_no_points() -> None:
    study = zv.read_study("village")
    limits = study.limits.iloc[:1].assign(
        limit="never", account="area.converted", sense=">=", value=1e6, basis="absolute"
    )
    never = replace(study, tables={**study.tables, "limits": limits})
    front = zv.pareto(never)
    assert len(front.points) == 0
    assert set(front.solves["status"]) == {"infeasible"}
