"""The front of a study: against every plan of tiny ones, and what must hold of any."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import zonevest as zv
from tests import brute, random_studies
from tests.chinese import english_in
from zonevest import api, lanes
from zonevest.instances.say import translate
from zonevest.instances.study import Study, StudyError
from zonevest.lanes import Cell, Job, Order
from zonevest.reports.audit import Evaluator
from zonevest.reports.front import Term, knee_of, unbeaten
from zonevest.solvers import supervise
from zonevest.solvers.answer import Progress
from zonevest.solvers.supervise import Child

MOST, POINTS = 400, 3
"""Plans of a study that are tried, and points that its front has at least; other studies are passed over."""
STUDIES = 6 if os.environ.get("CI") else 2
Values = NDArray[np.float64]


def every_plan(study: Study, terms: Sequence[str]) -> Values | None:
    """What every plan that holds has of each term, more being better; None where there are too many plans."""
    values = []
    for term in terms:
        sign, name = (-1.0, term[1:]) if term.startswith("-") else (1.0, term)
        weight = {name: sign} if name in ("cash", "ecosystem") else {"accounts": {name: sign}}
        tried = brute.plans(Evaluator(study.replace({"objective": {"method": "weighted", **weight}})), MOST)
        if tried is None:
            return None
        values.append([plan.objective for plan in tried if plan.holds])
    return np.array(values).T


def beaten_by_none(values: Values) -> list[tuple[float, ...]]:
    """The values that no other plan beats, each once, by the definition."""
    beaten = [any((other >= one - 1e-7).all() and (other > one + 1e-7).any() for other in values) for one in values]
    kept = values[[not worse for worse in beaten]]
    return sorted({tuple(float(round(each, 5)) for each in one) for one in kept})


def enumerated(terms: Sequence[str], first: int = 0) -> tuple[Study, list[tuple[float, ...]]]:
    """The first random study from this number on whose front has some points, and the front, by trying every plan."""
    for number in itertools.count(first):
        try:
            study = random_studies.random_study(Random(number))
            soft = len(study.limits) and (study.limits["kind"] == "soft").any()
            if study.settings.divisible or not study.has_doing_nothing or soft:
                continue
            values = every_plan(study, terms)
        except StudyError:
            continue
        if values is None or not len(values):
            continue
        front = beaten_by_none(values)
        if len(front) >= POINTS:
            return study, front
    raise AssertionError("there is no end of numbers")


def is_enumerated(terms: tuple[str, ...], first: int) -> None:
    """The front of a study is what enumeration finds, and no bound is below its point."""
    study, wanted = enumerated(terms, first)
    front = zv.pareto(study, terms=terms, every=True)
    signs = [-1.0 if term.startswith("-") else 1.0 for term in terms]
    points = front.points[[term.removeprefix("-") for term in terms]].to_numpy() * signs
    found = np.array(sorted(points.tolist()))
    assert found.shape == np.array(wanted).shape
    assert found == pytest.approx(np.array(wanted), rel=1e-5, abs=2e-5)
    assert (front.points["bound"] >= front.points["ecosystem"] - 1e-6 * (1 + front.points["ecosystem"].abs())).all()


NUMBERS = st.integers(0, 10**6)
"""Of random studies: hypothesis draws where to begin."""


@pytest.mark.long
@settings(max_examples=STUDIES)
@given(first=NUMBERS)
def test_every_point_is_the_set_that_enumeration_finds(first: int) -> None:
    is_enumerated(("cash", "ecosystem"), first)


@pytest.mark.long
@settings(max_examples=STUDIES // 2)
@given(first=NUMBERS)
def test_every_point_of_three_terms_is_the_set_that_enumeration_finds(first: int) -> None:
    is_enumerated(("cash", "ecosystem", "-area.converted"), first)


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
        net = (village.points["ecosystem"] - village.points["penalties"])[above]
        assert (net <= one["bound"] + 1e-9 * (1 + abs(one["bound"]))).all()


def test_words_say_what_bounds_are_of_and_what_the_knee_is(village: zv.Front) -> None:
    """A point with penalties may have more of the term than its bound; of three terms nothing bends."""
    points = village.points.assign(penalties=[0.0] * (len(village.points) - 1) + [0.02])
    told = replace(village, points=points).to_text()
    assert f"so that points may be above: {len(points)}" in told
    assert "may be above" not in replace(village, points=points.assign(penalties=1e-14)).to_text()
    points["knee"] = [True] + [False] * (len(points) - 1)
    assert "* the knee, point 1: where the front bends most" in replace(village, points=points).to_text()
    three = replace(village, points=points, terms=(*village.terms, Term("-area.converted", "area.converted", -1.0)))
    three.points["area.converted"] = 1.0
    assert "* the knee, point 1: nearest to the best of each" in three.to_text()
    assert "离各目标最优值最近之点" in three.to_text("zh")


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


def test_who_stops_it_gets_the_points_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    solve, calls = api.solve, []

    def stopped(study: Study, **asked: Any) -> zv.Plan:
        calls.append(study)
        plan = solve(study, **asked)
        if len(calls) == 5:
            plan.status = "interrupted"
        return plan

    monkeypatch.setattr(api, "solve", stopped)
    front = zv.pareto(zv.read_study("village"), points=9, gap=0.02)
    assert len(calls) == 5
    assert len(front.solves) == 4
    assert not front.complete
    assert 1 <= len(front.points) <= 2
    assert "stopped on request" in front.to_text()


def test_points_that_time_did_not_allow_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every point is asked for, a solve without an answer is no proof that there are no more."""
    solve, calls = api.solve, []

    def short(study: Study, **asked: Any) -> zv.Plan:
        calls.append(study)
        plan = solve(study, **asked)
        if len(calls) == 4:
            plan.status, plan.has_plan, plan.objective, plan.bound = "no_plan", False, None, None
        return plan

    study, wanted = enumerated(("cash", "ecosystem"))
    monkeypatch.setattr(api, "solve", short)
    front = zv.pareto(study, every=True)
    assert len(front.points) < len(wanted)
    assert "1 of 4 solves ended at a limit" in front.to_text()
    assert "4 次求解中有 1 次" in front.to_text("zh")


def test_every_point_is_proven_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap that is asked for is for points that are evenly spaced."""
    asked = []
    solve = api.solve

    def seen(study: Study, **more: Any) -> zv.Plan:
        asked.append((more["gap"], more["gap_absolute"]))
        return solve(study, **more)

    monkeypatch.setattr(api, "solve", seen)
    study, _ = enumerated(("cash", "ecosystem"))
    zv.pareto(study, every=True, gap=0.5)
    assert set(asked) == {(0.0, 0.0)}


def test_a_study_without_any_end_has_no_front(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> zv.Plan:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "solve", stop)
    front = zv.pareto(zv.read_study("village"))
    assert (len(front.points), len(front.solves), front.complete) == (0, 0, False)
    assert "no point" in front.to_text()


@pytest.fixture(scope="module")
def small() -> Study:
    study, _ = enumerated(("cash", "ecosystem"))
    return study


@pytest.fixture(scope="module")
def alone(small: Study) -> zv.Front:
    return zv.pareto(small, points=5, jobs=1)


class TestLanes:
    """Several solves at a time, each in a process of its own."""

    @pytest.fixture
    def children(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Child, Path]]:
        """The processes that are started, and their folders."""
        started: list[tuple[Child, Path]] = []

        def child(folder: Path, module: str) -> Child:
            started.append((Child(folder, module), folder))
            return started[-1][0]

        monkeypatch.setattr(lanes, "Child", child)
        return started

    @staticmethod
    def alike(one: zv.Front, other: zv.Front) -> None:
        """The same floors, values within the gaps, and bounds that hold for the other's points, too."""
        first, second = one.points, other.points
        assert first["floor_cash"].to_numpy() == pytest.approx(second["floor_cash"].to_numpy(), nan_ok=True)
        width = one.ranges["ecosystem"]
        assert first["ecosystem"].to_numpy() == pytest.approx(second["ecosystem"].to_numpy(), abs=1e-3 * width)
        for here, there in ((first, second), (second, first)):
            assert (here["gap"] <= 1e-3 + 1e-9).all()
            net = there["ecosystem"] - there["penalties"]
            assert (net <= here["bound"] + 1e-9 * (1 + here["bound"].abs())).all()

    @staticmethod
    def gone(children: list[tuple[Child, Path]]) -> None:
        assert all(child.process.poll() is not None and not folder.parent.exists() for child, folder in children)

    def test_two_find_what_one_finds(self, small: Study, alone: zv.Front, children: list[tuple[Child, Path]]) -> None:
        two = zv.pareto(small, points=5, jobs=2)
        assert len(children) == 2
        self.alike(alone, two)
        assert two.complete
        assert not two.notes
        assert all(plan.audit is not None and plan.audit.ok for plan in two.plans)  # type: ignore[attr-defined]
        assert [plan.study.hash for plan in two.plans] == [plan.study.hash for plan in alone.plans]
        self.gone(children)

    def test_a_small_study_has_one(self, small: Study, children: list[tuple[Child, Path]]) -> None:
        zv.pareto(small, points=2)
        assert not children

    @pytest.mark.parametrize("many", [1, 2])
    def test_a_process_that_is_killed_loses_no_point(
        self, small: Study, alone: zv.Front, children: list[tuple[Child, Path]], many: int
    ) -> None:
        """One of two in the midst of the front: the other goes on; both: what is left is solved here."""

        def kill(told: Progress) -> None:
            if told.phase == "solve 4":
                for child, _ in children[:many]:
                    child.process.kill()

        found = zv.pareto(small, points=5, jobs=2, on_progress=kill)
        self.alike(alone, found)
        assert found.complete
        assert 1 <= len(found.notes) <= many
        assert "ended unexpectedly" in found.to_text()
        assert "意外结束" in found.to_text("zh")
        self.gone(children)

    def test_ctrl_c_leaves_what_was_found_and_no_process(
        self, small: Study, children: list[tuple[Child, Path]]
    ) -> None:
        def stop(told: Progress) -> None:
            if told.phase == "solve 5":
                signal.raise_signal(signal.SIGINT)

        found = zv.pareto(small, points=5, jobs=2, on_progress=stop)
        assert not found.complete
        assert 3 <= len(found.solves) <= 5
        assert "stopped on request" in found.to_text()
        self.gone(children)

    @pytest.mark.parametrize("where", ["mkdtemp", "_command"])
    def test_where_none_can_be_started_all_is_done_here_and_why_is_told(
        self, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        def full(*_: object, **__: object) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(tempfile if where == "mkdtemp" else supervise, where, full)
        jobs, done, notes = [Job(1, {}, {}, 0.0), Job(2, {}, {}, 0.0)], list[int](), list[str]()
        with lanes.Lanes(2, (), lambda job: job, lambda *_: None, notes) as at_work:  # type: ignore[arg-type, return-value]
            at_work.work(lambda _: jobs.pop(0) if jobs else None, lambda job, _: done.append(job.number))
        assert done == [1, 2]
        (note,) = notes
        assert "No space left on device" in note
        assert not english_in(translate(note, "zh"), [])

    def test_one_lane_goes_from_floor_to_floor(self) -> None:
        order, cell, seen = Order([1, 4, 4]), None, list[Cell]()
        while (cell := order.next(cell)) is not None:
            seen.append(cell)
            if cell == (1, 0):
                order.skip(cell, 3)
        assert seen == [(0, 0), (1, 0), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]
        assert order.needless(seen) == set()

    @pytest.mark.parametrize("count", [2, 3, 4])
    def test_lanes_share_all_floors(self, count: int) -> None:
        order, seen = Order([15]), list[Cell]()
        last: list[Cell | None] = [None] * count
        while any(order.free[0]):
            for lane in range(count):
                found = order.next(last[lane])
                if found is not None:
                    seen.append(found)
                    last[lane] = found
        assert sorted(seen) == [(0, k) for k in range(15)]
        near = [min(abs(k - before[1]) for before in seen[:n]) for n, (_, k) in enumerate(seen) if n >= count]
        assert near.count(1) >= len(near) - count  # nearly each beside one that is known

    def test_what_one_lane_passes_over_is_no_point(self) -> None:
        order = Order([6])
        order.skip((0, 1), 4)
        order.skip((0, 3), 6)  # found by another lane meanwhile: it is passed over, and so is what it passes over
        assert order.needless([(0, 0), (0, 1), (0, 3), (0, 4)]) == {(0, 3)}
