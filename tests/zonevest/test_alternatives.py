"""Alternatives of tiny studies against every plan of them, and what must hold of any."""

from __future__ import annotations

import copy
import importlib.util
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zonevest as zv
from tests import brute, random_studies
from zonevest import nearby
from zonevest.apart import Land, land_by_action, land_by_zone
from zonevest.instances.study import Study, StudyError
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData
from zonevest.model.widened import Column, Row, widened
from zonevest.pricing import UnpricedError
from zonevest.reports.alternatives import BEST, alternatives_of
from zonevest.reports.alternatives_forms import BOOK, PAGE
from zonevest.reports.audit import Evaluator
from zonevest.reports.distances import DISTANCES
from zonevest.solvers import by_prices
from zonevest.solvers.answer import Solution
from zonevest.solvers.certificate import proven
from zonevest.solvers.join import join

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST, NEAR_ONES = 400, 6
"""Plans of a study that are tried, and near-best ones that it has at least; other studies are passed over."""
WITHIN, CLOSE = 0.3, 1e-5
STUDIES = 4 if os.environ.get("CI") else 2


@dataclass
class Every:
    """Every plan of a study that holds: objective, zone of each parcel, option, start of each project.

    `held` are their numbers among all plans, those that break a row too.
    """

    study: Study
    objective: np.ndarray
    zones: np.ndarray
    options: np.ndarray
    starts: np.ndarray
    held: list[int]

    @cached_property
    def gains(self) -> np.ndarray:
        """What each actor gains in each plan, worked out where it is asked for."""
        study = self.study
        named = dict.fromkeys([*study.actors["actor"], *study.shares["actor"], *study.settings.purse])

        def worth(actor: str, weight: float) -> np.ndarray:
            accounts = {f"gain.actor.{actor}": weight}
            objective = {"method": "weighted", "cash": 0.0, "ecosystem": 0.0, "accounts": accounts}
            found = brute.plans(Evaluator(study.replace({"objective": objective})), MOST)
            assert found is not None
            return np.array([found[place].objective for place in self.held])

        # twice the gain less the gain: what soft rules cost is in both
        return np.array([worth(actor, 2.0) - worth(actor, 1.0) for actor in named if actor != "outside"]).T

    def apart(self, by: str) -> Callable[[int, int], float]:
        """The distance of two plans by number, from its definition."""
        area = self.study.parcels["area_ha"].to_numpy(dtype=float)
        begin = {period.name: period.start for period in self.study.periods}
        years = sum(period.years for period in self.study.periods)

        def of_projects(one: int, other: int) -> float:
            total = 0.0
            for a, b in zip(self.starts[one], self.starts[other], strict=True):
                total += abs(begin[a] - begin[b]) / years if a and b else float(bool(a) != bool(b))
            return total / max(len(self.starts[one]), 1)

        return {
            "zoning": lambda one, other: float(area[self.zones[one] != self.zones[other]].sum() / area.sum()),
            "actions": lambda one, other: float(area[self.options[one] != self.options[other]].sum() / area.sum()),
            "projects": of_projects,
            "gains": lambda one, other: float(np.abs(self.gains[one] - self.gains[other]).sum()),
        }[by]

    def number(self, plan: Any) -> int:
        """Which of all plans a plan is."""
        parts = plan.parcels.set_index("parcel_id").loc[list(self.study.parcels["parcel_id"])]
        chosen = parts["practice"].astype(str) + "|" + parts["start"].fillna("").astype(str)
        starts = plan.projects.set_index("project")["start"].fillna("")
        starts = starts.reindex(self.study.projects["project"]).fillna("").to_numpy(dtype=object)
        same = (self.options == chosen.to_numpy(dtype=object)).all(axis=1) & (self.starts == starts).all(axis=1)
        (found,) = np.flatnonzero(same)
        return int(found)


def every_plan(study: Study) -> Every | None:
    """All of them; None where there are too many."""
    evaluator = Evaluator(study)
    if evaluator.extended:
        return None
    tried = brute.plans(evaluator, MOST)
    if tried is None:
        return None
    held = [place for place, plan in enumerate(tried) if plan.holds]
    zone_of = dict(zip(study.practices["practice"], study.practices["zone"], strict=True)) | {"": ""}
    today = evaluator.tables.today_zone
    zones = [
        [today[at] if name == "hold" else zone_of[name] for at, (name, _) in enumerate(tried[place].options)]
        for place in held
    ]
    size = len(study.parcels)
    return Every(
        study,
        np.array([tried[place].objective for place in held]),
        np.array(zones, dtype=object).reshape(len(held), size),
        np.array([[f"{name}|{start}" for name, start in tried[place].options] for place in held], dtype=object).reshape(
            len(held), size
        ),
        np.array(
            [[tried[place].starts[name] for name in study.projects["project"]] for place in held], dtype=object
        ).reshape(len(held), len(study.projects)),
        held,
    )


def enumerated(count: int, first: int = 0, *, projects: bool = False) -> Iterator[Every]:
    """Studies with some plans near the best, each worked out once: the same for all who ask alike."""
    known, more = _drawn(first, projects)
    for place in range(count):
        if place == len(known):
            known.append(next(more))
        yield known[place]


@cache
def _drawn(first: int, projects: bool) -> tuple[list[Every], Iterator[Every]]:
    """What has been drawn, and what goes on drawing."""
    return [], _draw(first, projects)


def _draw(first: int, projects: bool) -> Iterator[Every]:
    for number in itertools.count(first):
        try:
            study = random_studies.random_study(Random(number))
            if study.settings.divisible or not study.has_doing_nothing or (projects and not len(study.projects)):
                continue
            every = every_plan(study) if len(study.parcels) else None
        except StudyError:
            continue
        if every is None or len(every.objective) < NEAR_ONES:
            continue
        best = every.objective.max()
        near = every.objective >= best - WITHIN * abs(best)
        if near.sum() >= NEAR_ONES and abs(best) > 1e-3:
            yield every


def farthest(every: Every, by: str, chosen: list[int], floor: float) -> float:
    """The greatest distance from the nearest of some plans that a plan above a floor has."""
    apart = every.apart(by)
    near = np.flatnonzero(every.objective >= floor)
    return max((min(apart(one, other) for other in chosen) for one in near.tolist()), default=0.0)


@pytest.mark.long
@pytest.mark.parametrize("by", list(DISTANCES))
def test_each_alternative_is_the_farthest_that_enumeration_finds(by: str) -> None:
    for every in enumerated(STUDIES, projects=by == "projects"):
        found = zv.alternatives(every.study, by=by, within=WITHIN, count=3, gap=0.0, spread_gap=0.0, projects=False)  # type: ignore[arg-type]
        best = every.objective.max()
        assert found.best.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
        floor, hair = best - WITHIN * abs(best), CLOSE * max(abs(best), 1.0)
        chosen = [every.number(found.best)]
        for place, plan in enumerate(found.plans[1:], 1):
            row = found.table.iloc[place]
            assert plan.objective >= floor - hair
            least, most = (farthest(every, by, chosen, floor + sign * hair) for sign in (1, -1))
            near = CLOSE * max(most, 1.0)
            assert least - near <= row["distance"] <= most + near
            assert row["distance_bound"] >= least - near
            assert plan.audit is not None
            assert plan.audit.ok
            # and of those that are as far from all before it the one that is worth most
            as_far = [
                worth for one, worth in enumerate(every.objective.tolist())
                if worth >= floor - hair
                and min(every.apart(by)(one, other) for other in chosen) >= row["distance"] * (1 + CLOSE) + CLOSE
            ]  # fmt: skip
            assert plan.objective >= max(as_far, default=-np.inf) - hair
            assert found.searches["objective_bound"].iloc[place - 1] >= max(as_far, default=-np.inf) - hair
            chosen.append(every.number(plan))
        if found.exhausted:
            assert farthest(every, by, chosen, floor + hair) <= CLOSE * max(farthest(every, by, chosen[:1], floor), 1.0)
        else:
            assert len(found.plans) == 4
        if by == "gains":  # what each actor gains in any plan within reach lies between its ends, which are met
            within = every.gains[every.objective >= floor + hair]
            reach = every.gains[every.objective >= floor - hair]
            for column, sign in (("least", -1.0), ("most", 1.0)):
                proven, met = (sign * found.ranges[name].to_numpy(dtype=float) for name in (column, f"{column}_found"))
                size = CLOSE * np.maximum(np.abs(every.gains).max(axis=0), 1.0)
                assert (proven >= (sign * within).max(axis=0) - size).all()
                assert (met <= (sign * reach).max(axis=0) + size).all()
                assert proven == pytest.approx(met, abs=2 * size.max())
        # the matrix by the definition, and what covers all plans within reach
        apart = every.apart(by)
        wanted = np.array([[apart(one, other) for other in chosen] for one in chosen])
        assert found.distances.to_numpy() == pytest.approx(wanted, abs=CLOSE * max(wanted.max(), 1.0))
        assert found.cover is not None
        assert farthest(every, by, chosen, floor + hair) <= found.cover + CLOSE * max(wanted.max(), 1.0)


def losses(every: Every, best: int) -> tuple[np.ndarray, np.ndarray]:
    """What the best objective loses without each parcel's zone, and with each project's role turned round."""
    value = every.objective

    def loss(other: np.ndarray) -> float:
        return float(value.max() - value[other].max()) if other.any() else np.inf

    parcels = [loss(every.zones[:, at] != every.zones[best, at]) for at in range(every.zones.shape[1])]
    built = every.starts != ""
    projects = [loss(built[:, at] != built[best, at]) for at in range(every.starts.shape[1])]
    return np.array(parcels), np.array(projects)


@pytest.mark.long
def test_replacement_costs_are_those_of_enumeration() -> None:
    told = 0
    for every in enumerated(2 * STUDIES, 100):
        names = list(every.study.parcels["parcel_id"])
        found = zv.alternatives(every.study, within=WITHIN, count=1, parcels=names, gap=0.0)
        by_prices = zv.alternatives(found.best, within=WITHIN, count=0, projects=False)
        wanted = losses(every, every.number(found.best))
        hair = CLOSE * max(float(np.abs(every.objective).max()), 1.0)
        room = WITHIN * abs(float(every.objective.max()))
        for table, priced, loss in zip(
            (found.parcels, found.projects), (by_prices.parcels, by_prices.projects), wanted, strict=True
        ):
            never = np.isinf(loss)
            assert np.isinf(table["least_loss"].to_numpy(dtype=float)).tolist() == never.tolist()
            for column in ("least_loss", "most_loss"):
                assert table[column].to_numpy(dtype=float)[~never] == pytest.approx(loss[~never], abs=hair)
            # prices alone: never more than what is lost, and in every plan within reach only where that is so
            least = priced["least_loss"].to_numpy(dtype=float)
            assert (least[~never] <= loss[~never] + hair).all()
            told += int((least[~never] > hair).sum())
            assert (loss[table["always"].to_numpy(dtype=bool)] > room).all()
            assert (loss[priced["always"].to_numpy(dtype=bool)] > room).all()
            assert table["always"].tolist() == (loss > room + hair).tolist()
    assert told  # prices say something


def test_prices_by_both_methods_bound_the_same_losses(village: zv.Alternatives) -> None:
    """Solved by prices: every bound lies above what the one program finds, its own distances below their bounds."""
    other = zv.alternatives(village.study, count=1, projects=False, method="prices")
    best, value = float(village.best.objective or 0.0), float(other.best.objective or 0.0)
    known = np.isfinite(village.parcels["most_loss"]) & (village.parcels["zone"] == other.parcels["zone"])
    assert known.any()
    # what no plan without the zone is worth more than, and one that is known
    assert (value - other.parcels["least_loss"] >= best - village.parcels["most_loss"] - 1e-6)[known].all()
    assert (other.parcels["how"] != "not_known").all()
    assert other.table["distance_bound"].iloc[1] >= other.table["distance"].iloc[1] - 1e-9
    assert other.holds


def test_a_bound_by_prices_is_what_its_certificate_proves(
    village: zv.Alternatives, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = nearby.Nearby(village.best, nearby.Asked(10.0, 0, 0, True, lambda _: None))
    solve, proofs = by_prices.solve_by_prices, list[float]()

    def boastful(*args: Any, **named: Any) -> Any:
        outcome = solve(*args, **named)
        proofs.append(proven(near.block, outcome.leaves))
        return replace(outcome, bound=outcome.value)

    monkeypatch.setattr(by_prices, "solve_by_prices", boastful)
    solution, _, _ = near.solve(near.block, gap=0.05)
    assert solution.bound == proofs[0] > near.value


@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([land_by_zone, land_by_action]))
def test_rows_of_land_are_the_distance_where_it_is_whole_and_less_where_it_is_divided(
    seed: int, divided: bool, measure: Callable[[Ledger], Land]
) -> None:
    ledger = LEDGER[0]
    rng = np.random.default_rng(seed)
    options = ledger.options
    points = []
    for _ in range(2):
        x = np.zeros(len(options.kind))
        for low, high in itertools.pairwise(options.start.tolist()):
            take = rng.permutation(np.arange(low, high))[: 2 if divided and rng.random() < 0.3 else 1]
            x[take] = rng.dirichlet(np.ones(len(take)))
        points.append(x)
    apart = measure(ledger)
    bound = apart.to(0, points[0])
    (row,) = bound.rows
    by_rows = row.upper - float(row.amounts @ points[1][row.options])
    area = ledger.study.parcels["area_ha"].to_numpy(dtype=float)
    keys = options.parcel.astype(np.int64) * 10**6 + apart.label
    shares = [pd.Series(x).groupby(keys).sum() for x in points]
    alike = np.minimum(*(each.to_numpy() for each in shares))
    told = float(area.sum() - area[shares[0].index // 10**6] @ alike)
    assert by_rows <= told + 1e-9
    assert told <= by_rows + bound.slack + 1e-9
    if not divided:
        assert by_rows == pytest.approx(told, abs=1e-9)
        assert bound.slack == 0.0


LEDGER = [Ledger(build_options(zv.read_study("village")))]


def test_further_rows_and_columns_are_where_they_say() -> None:
    _, block = nearby.built(zv.policy_model(zv.read_study("village")))
    options = np.array([3, 8, 11])
    row = Row("more", 1.0, 2.0, options, np.array([1.0, -2.0, 0.5]), {"far": 3.0, block.columns[0]: 4.0}, 2.0)
    plain, wide = join(block), join(widened(block, [row], [Column("far", 0.0, 9.0, whole=True)], less="far", of=9.0))
    x = np.random.default_rng(1).random(wide.n_cols)
    activity = wide.row_activity(x)
    size = len(block.group)
    value = plain.value_at(x[:-1]) - plain.offset
    assert activity[:-1] == pytest.approx(plain.row_activity(x[:-1]))
    assert activity[-1] == pytest.approx(x[options] @ row.amounts + 3.0 * x[-1] + 4.0 * x[size] + 2.0 * value)
    assert wide.value_at(x) == 9.0 - x[-1]
    assert (wide.row_lower[-1], wide.row_upper[-1], wide.integer[-1], wide.col_upper[-1]) == (1.0, 2.0, True, 9.0)


def test_distances_are_metrics() -> None:
    (every,) = enumerated(1, 40, projects=True)
    plans = [
        zv.solve(every.study.replace({"objective": {"method": "weighted", "cash": a, "ecosystem": b}}), shadow=False)
        for a, b in ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
    ]
    for distance in DISTANCES.values():
        matrix = distance([plan for plan in plans if plan.has_plan])
        assert (matrix == matrix.T).all()
        assert (np.diag(matrix) == 0.0).all()
        for one, other, third in itertools.permutations(range(len(matrix)), 3):
            assert matrix[one, other] <= matrix[one, third] + matrix[third, other] + 1e-9


@pytest.fixture(scope="module")
def village() -> zv.Alternatives:
    return zv.alternatives(zv.read_study("village"), count=2, parcels=1, projects=False, gap=1e-3)


@pytest.fixture(scope="module")
def written(village: zv.Alternatives, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alternatives") / "near"
    village.write(folder)
    return folder


def test_what_is_written_is_what_was_found(village: zv.Alternatives, written: Path) -> None:
    folders = [BEST, "alternative-01", "alternative-02"]
    files = {PAGE, BOOK, "alternatives.csv", "searches.csv", "spread.csv", "distances.csv", "importance_parcels.csv",
             "importance_projects.csv"}  # fmt: skip
    assert {path.name for path in written.iterdir()} == {*folders, *files}
    table = pd.read_csv(written / "alternatives.csv", dtype={"plan": str})
    area = village.study.parcels.set_index("parcel_id")["area_ha"]
    zones = []
    for name, objective in zip(folders, table["objective"], strict=True):
        assert zv.audit(written / name).ok
        told = json.loads((written / name / "plan.json").read_text(encoding="utf-8"))
        assert told["objective"] == pytest.approx(objective)
        assert told["bound"] == pytest.approx(table["bound"].iloc[0])  # of any plan of the study
        zones.append(pd.read_parquet(written / name / "parcels.parquet").set_index("parcel_id")["zone"])
    matrix = pd.read_csv(written / "distances.csv", index_col="plan").to_numpy()
    for one, other in itertools.product(range(3), repeat=2):
        differs = zones[one] != zones[other].reindex(zones[one].index)
        assert matrix[one, other] == pytest.approx(area.reindex(zones[one].index)[differs].sum() / area.sum(), abs=1e-9)
    kept = pd.read_csv(written / "importance_parcels.csv").set_index("parcel_id")["kept"]
    same = [(each == zones[0].reindex(each.index)).astype(float) for each in zones[1:]]
    assert kept.to_numpy() == pytest.approx(pd.concat(same, axis=1).mean(axis=1).reindex(kept.index).to_numpy())
    book = openpyxl.load_workbook(written / BOOK, read_only=True)
    assert len(book.sheetnames) == 7  # cover, five tables, names
    book.close()


def test_it_is_written_once(village: zv.Alternatives, written: Path) -> None:
    with pytest.raises(FileExistsError, match="exists already"):
        village.write(written)


def test_a_plan_folder_is_as_good_as_its_study(village: zv.Alternatives, written: Path) -> None:
    again = zv.alternatives(zv.read_plan(written / BEST), count=1, projects=False)
    assert again.best.objective == pytest.approx(village.best.objective)
    assert again.table["distance"].iloc[1] == pytest.approx(village.table["distance"].iloc[1], rel=0.06)


def test_it_is_called_whatever_was_imported_before() -> None:
    """No module of the package has the name of the function: importing it would put it in its place."""
    assert importlib.util.find_spec("zonevest.alternatives") is None


def test_words_in_both_languages(village: zv.Alternatives) -> None:
    assert "no farther than" in village.to_text()
    assert "替代方案 2" in village.to_text("zh")


def test_where_all_plans_have_the_same_zones_that_is_proven() -> None:
    every = next(each for each in enumerated(20) if len(set(map(tuple, each.zones.tolist()))) == 1)
    found = zv.alternatives(every.study, within=WITHIN, count=3, projects=False)
    assert found.exhausted
    assert len(found.plans) == 1
    assert found.spread["mean"].isna().all()
    assert "no further plan" in found.to_text()
    assert found.parcels["always"].all()


def test_parcels_that_are_named_and_those_of_most_loss_are_both_solved_again(village: zv.Alternatives) -> None:
    free = village.parcels[village.parcels["how"] != "never"].sort_values("by_prices")
    named = str(free["parcel_id"].iloc[0])
    found = zv.alternatives(village.best, count=0, parcels=[named], dearest=2, projects=False)
    again = set(found.parcels.loc[found.parcels["how"] == "resolved", "parcel_id"])
    assert named in again
    assert len(again) == 3


def test_a_plan_of_a_search_that_was_stopped_is_a_plan(village: zv.Alternatives) -> None:
    """Only who stops the search that runs gets nothing more."""
    plan = copy.copy(village.best)
    plan.status = "interrupted"
    found = zv.alternatives(plan, count=1, projects=False)
    assert found.complete
    assert len(found.plans) == 2


def test_alternatives_of_a_plan_drawn_by_hand_are_no_plans_drawn_by_hand(village: zv.Alternatives) -> None:
    best = village.best
    hand = zv.plan_from(village.study, parcels=best.parcels, projects=best.projects)
    found = zv.alternatives(hand, count=1, projects=False, time_limit=60.0)
    (_, other) = found.plans
    assert found.holds
    assert other.objective == pytest.approx(village.plans[1].objective, abs=0.05 * abs(best.objective or 0.0))
    assert (other.bound, other.method, other.settings["seed"]) == (None, "mip", 0)  # nothing bounds what was drawn
    assert "given" not in other.settings


def test_a_plan_that_breaks_rules_is_refused_as_such(village: zv.Alternatives) -> None:
    plan = copy.copy(village.best)
    plan.status, plan._warm = "broken", None
    for ask in (lambda: zv.alternatives(plan, count=1), lambda: plan.explain(prices=True)):
        with pytest.raises(UnpricedError, match="breaks rules"):
            ask()


def test_a_search_that_was_stopped_before_any_plan_says_so(village: zv.Alternatives) -> None:
    plan = PlanData(village.study, "interrupted")
    assert "no plan yet" in alternatives_of(plan, [], "zoning", 0.05).to_text()


def test_of_divided_land_no_more_is_proven_than_is_searched() -> None:
    """Parts of parcels that the best plan divides are not searched: that there is no other plan is not proven then."""
    study = zv.read_study("village", {"divisible": True})
    found = zv.alternatives(study, within=0.0, count=3, projects=False, gap=1e-6, spread_gap=0.0)
    parts = found.best.parcels.groupby("parcel_id")["share"].max()
    assert (parts < 1.0 - 1e-6).any()
    assert not found.exhausted
    assert "at least a part" in found.to_text()
    assert "至少部分" in found.to_text("zh")


@pytest.mark.parametrize("at", [2, 3])
def test_who_stops_it_gets_the_plans_so_far(
    village: zv.Alternatives, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: int
) -> None:
    solve, calls = nearby.Nearby.solve, []

    def stopped(self: nearby.Nearby, *args: Any, **named: Any) -> Any:
        calls.append(named)
        if len(calls) == at:
            return Solution(None, "interrupted", None, np.inf, None, 0.0), None, None
        return solve(self, *args, **named)

    monkeypatch.setattr(nearby.Nearby, "solve", stopped)
    found = zv.alternatives(village.best, count=3, spread_gap=0.3)
    assert (len(calls), len(found.plans), found.complete) == (at, 2, False)
    assert "Stopped on request" in found.to_text()
    found.write(tmp_path / "near")
    assert (tmp_path / "near" / "alternative-01" / "plan.json").is_file()


@pytest.mark.parametrize("ended", ["interrupted", "no_plan"])
def test_who_stops_the_search_for_what_actors_gain_at_all(
    village: zv.Alternatives, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ended: Literal["interrupted", "no_plan"]
) -> None:
    """Stopped, nothing is told of it; where the time ran out for one end, that is told, and wide ends hold."""
    solve, calls = nearby.Nearby.solve, []

    def stopped(self: nearby.Nearby, *args: Any, **named: Any) -> Any:
        calls.append(named)
        if len(calls) == 2:
            return Solution(None, ended, None, np.inf, None, 0.0), None, None
        return solve(self, *args, **named)

    monkeypatch.setattr(nearby.Nearby, "solve", stopped)
    found = zv.alternatives(village.best, by="gains", count=1, spread_gap=0.3, projects=False)
    found.write(tmp_path / "near")
    written = pd.read_csv(tmp_path / "near" / "ranges.csv")
    assert (tmp_path / "near" / PAGE).is_file()
    told = found.to_text()
    if ended == "interrupted":
        assert (len(calls), len(found.plans), found.complete) == (2, 1, False)
        assert "Stopped on request" in told
        assert found.ranges.empty
        assert written.empty
        assert "was bounded first" not in told
        return
    assert found.complete
    assert written["actor"].tolist() == found.ranges["actor"].tolist()
    assert (found.ranges["status"] == "feasible").sum() == 1
    assert "The time ran out for 1 of" in told
    assert (found.ranges["least"] <= found.ranges["least_found"]).all()
    assert (found.ranges["most"] >= found.ranges["most_found"]).all()
    assert len(found.plans) == 2


def test_the_time_asked_for_is_that_of_the_first_solve_too() -> None:
    found = zv.alternatives(zv.read_study("village"), count=0, projects=False, time_limit=7.0, gap=0.5)
    assert found.best.settings["time_limit"] == 7.0


def test_a_study_without_a_plan_has_no_alternatives() -> None:
    study = zv.read_study("village")
    limits = study.limits.iloc[:1].assign(
        limit="never", account="area.converted", sense=">=", value=1e6, basis="absolute"
    )
    found = zv.alternatives(replace(study, tables={**study.tables, "limits": limits}))
    assert found.best.status == "infeasible"
    assert len(found.table) == len(found.parcels) == 0
    assert "No plan exists" in found.to_text()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"by": "colour"}, "one of"),
        ({"within": -0.1}, "0 or more"),
        ({"count": -1}, "0 or more"),
        ({"parcels": ["no such"]}, "no parcel"),
    ],
)
def test_what_was_asked_for_is_wrong(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        zv.alternatives(zv.read_study("village"), **asked)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(browser: Browser, written: Path, width: int) -> None:
    from tests.reports.test_page import Opened

    with Opened(browser, written / PAGE, width=width) as opened:
        page = opened.drawn()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.asked == [(written / PAGE).as_uri()]
        links = page.locator("header a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert all((written / link).is_file() for link in links)
        assert len(links) == 3
        assert page.locator(".map figcaption").all_inner_texts()[0] == "Keeps its zone"
        kept = opened.colours(0)
        page.check("#maps >> text=Zone", force=True)
        assert page.locator(".map figcaption").all_inner_texts() == ["Zones: Best plan", "Zones: Alternative 1"]
        assert opened.colours(0) != kept
        page.locator(".map-pick select").nth(1).select_option(label="Best plan")
        assert opened.colours(1) == opened.colours(0)
        page.click("button.language")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.locator("section.chapter h2").first.inner_text() == "近优方案及其差异"
        assert opened.said == []
