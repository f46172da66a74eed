"""Every benchmark runs on a small study; courses are read as they are meant. Nothing here looks at a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import __main__ as command
from benchmarks import suite
from benchmarks.measure import Phases
from benchmarks.solving import Course, arrays, gap, reached, times, told
from benchmarks.suite import COURSE, Asked, Figures, front, genetic, greedy, growth, harsh, one_pass, report, versus
from benchmarks.suite import county as county_
from numpy.typing import NDArray

import zonevest as zv
from zonevest.instances.study import Objective
from zonevest.model.plan import PlanData
from zonevest.solvers.answer import Progress
from zonevest.solvers.join import join

SUITE = Path(suite.__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that all methods solve in no time: the village, its land divisible as a county's is."""
    path = tmp_path_factory.mktemp("village") / "study"
    zv.write_study(zv.read_study("village", {"divisible": True}), path)
    return path


def asked(folder: Path, way: str, found: dict[str, Figures] | None = None) -> Asked:
    """A gap that is reached long before the time is over."""
    return Asked(50, folder, way, seconds=60.0, gap=0.05, found=found or {})


@pytest.fixture(scope="module")
def prices(folder: Path) -> Figures:
    return versus.measure(asked(folder, versus.PRICES))


def test_the_registry_finds_every_file() -> None:
    found = suite.suite()
    assert set(found) == {path.stem for path in SUITE.glob("*.py")} - {"__init__"}
    for each in found.values():
        assert each.title.endswith((".", ":")) or len(each.title) > 20
        assert each.sizes
        assert len(set(each.ways)) == len(each.ways)


def test_county(folder: Path) -> None:
    figures = county_.measure(asked(folder, ""))
    assert figures["audit"] == "holds"
    assert figures["bound as checked / bound"] == pytest.approx(1.0, abs=1e-9)
    assert figures["bound"] >= figures["plan"] > 0
    assert figures["certified gap, %"] == pytest.approx(100 * (figures["bound"] / figures["plan"] - 1))
    steps = sum(value for name, value in figures.items() if name.startswith("… "))
    assert steps == pytest.approx(figures["solve, s"])


def test_harsh_without_thresholds(folder: Path) -> None:
    found = {way: harsh.measure(asked(folder, way)) for way in harsh.WAYS}
    assert found["harsh"]["thresholds"] > 0
    assert found["without thresholds"]["thresholds"] == 0
    assert found["harsh"]["plan"] <= found["without thresholds"]["bound"]  # it has fewer plans
    assert set(harsh.compare(found)) == {"harsh"}


def test_every_way_bounds_the_plans_of_the_others(folder: Path, prices: Figures) -> None:
    found = {versus.PRICES: prices}
    for way in ("defaults", "improved"):
        found[way] = versus.measure(asked(folder, way, found))
    assert min(each["bound"] for each in found.values()) >= max(each["plan"] for each in found.values()) * (1 - 1e-6)
    assert found["defaults"]["broken"] < 1e-6
    against = versus.compare(found)
    assert set(against) == {"defaults", "improved"}
    assert against["defaults"]["plan / that of prices"] == pytest.approx(found["defaults"]["plan"] / prices["plan"])
    for each in found.values():
        seconds, bounds, _ = zip(*each[COURSE], strict=True)
        assert list(seconds) == sorted(seconds)
        assert bounds[-1] == pytest.approx(each["bound"])


def test_greedy_is_a_plan_below_the_bound(folder: Path, prices: Figures) -> None:
    found = {greedy.PRICES: prices, greedy.GREEDY: greedy.measure(asked(folder, greedy.GREEDY))}
    assert 0 < found[greedy.GREEDY]["plan"] <= prices["bound"] * (1 + 1e-9)
    assert greedy.compare(found)[greedy.GREEDY]["gap by the bound of prices, %"] > 0


def test_individuals_come_to_what_the_program_says(folder: Path) -> None:
    """The sums over rows of random individuals are those of the matrix that is written out."""
    space = genetic.Space(arrays(zv.read_study(folder), Phases()))
    rng = np.random.default_rng(3)
    genes = rng.integers(0, space.most + 1, (5, len(space.most)))
    program, options = join(space.block), len(space.block.group)
    found = space.sums(genes)
    for each, sums in zip(genes, found, strict=True):
        x = np.zeros(program.n_cols)
        x[space.groups.start[:-1] + each[: space.groups.count]] = 1.0
        for project, number in enumerate(each[space.groups.count :]):
            if number:
                first = space.starts[project][number - 1]
                x[options + project * space.works.shape[1] + np.arange(first, space.works.shape[1])] = 1.0
        activity = program.row_activity(x)[space.groups.count :]
        assert sums[:-1] == pytest.approx(activity, rel=1e-9, abs=1e-9)
        assert sums[-1] + space.block.constant == pytest.approx(program.value_at(x))


def genes_of(plan: zv.Plan, space: genetic.Space) -> NDArray[np.int64]:
    """The one individual that is a plan of whole parcels."""
    options = space.options
    practices = ["hold", *plan.study.practices["practice"]]
    genes = np.zeros((1, len(space.most)), dtype=np.int64)
    names = [period.name for period in plan.study.periods]
    for parcel, row in enumerate(plan.parcels.itertuples()):
        kinds = options.kind[options.start[parcel] : options.start[parcel + 1]]
        start = names.index(row.start) if row.start else -1
        same = [practices[options.kind_practice[k]] == row.practice and options.kind_start[k] == start for k in kinds]
        genes[0, parcel] = same.index(True)
    for project, begun in enumerate(plan.projects["start"]):
        if begun:
            genes[0, space.groups.count + project] = 1 + list(space.starts[project]).index(names.index(begun))
    return genes


def test_a_plan_is_an_individual_that_misses_nothing() -> None:
    """Of the optimum of whole parcels, found by HiGHS, genes keep all that is decided, and money comes out again."""
    study = zv.read_study("village")
    plan = zv.solve(study, method="mip", gap=1e-6)
    space = genetic.Space(arrays(study, Phases()))
    assert plan.objective is not None
    genes = genes_of(plan, space)
    value, violation = space.judged(genes)
    assert violation[0] <= genetic.HOLDS
    assert value[0] >= plan.objective * (1 - 1e-6)
    assert space.settled(genes[0]) == pytest.approx(plan.objective, rel=1e-5)


def test_genetic(folder: Path, prices: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymoo")
    monkeypatch.setattr(genetic, "POPULATION", 10)
    first: dict[str, Figures] = {genetic.PRICES: prices | {"solve, s": 0.05}}
    figures = genetic.measure(asked(folder, "genetic", first))
    assert figures["evaluations"] >= 10
    assert figures["total violation"] >= 0
    if figures["plan"] != "none":
        assert figures["plan"] <= prices["bound"] * (1 + 1e-9)


def test_hypervolume_is_that_of_pymoo() -> None:
    pytest.importorskip("pymoo")
    from pymoo.indicators.hv import HV

    rng = np.random.default_rng(5)
    nadir, ideal = np.array([1.0, -2.0]), np.array([5.0, 9.0])
    for count in (1, 2, 7, 30):
        points = rng.uniform([0.0, -3.0], ideal, (count, 2))
        area = HV(ref_point=-nadir)(-points)
        assert front.hypervolume(points, nadir, ideal) == pytest.approx(area / np.prod(ideal - nadir))
    assert front.hypervolume(np.empty((0, 2)), nadir, ideal) == 0.0
    assert front.hypervolume(ideal[None, :] + 1.0, nadir, ideal) == pytest.approx(1.0)


def test_front(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "POINTS", 3)
    exact = front.measure(asked(folder, "pareto"))
    assert exact["points"] >= 2
    assert 0 < exact[front.VOLUME] <= exact[front.VOLUME + " of the bounds"] * (1 + 1e-9) <= 1 + 1e-6
    pytest.importorskip("pymoo")
    monkeypatch.setattr(genetic, "POPULATION", 10)
    figures = front.measure(asked(folder, "genetic", {"pareto": exact | {front.FRONT: 0.05}}))
    assert figures["evaluations"] >= 10
    assert figures[front.VOLUME] <= exact[front.VOLUME + " of the bounds"] * (1 + 1e-6)


def test_individuals_are_worth_what_their_plan_is(folder: Path) -> None:
    """Genes of a plan with whole parcels have its cash and its ecosystem value."""
    cash = Objective(method="weighted", cash=1.0, ecosystem=0.0)
    study = zv.read_study(folder).with_settings(divisible=False, objective=cash)
    plan = zv.solve(study, method="mip", gap=1e-6)
    values = front.Values(study)
    worth, violation = values(genes_of(plan, values.space))
    assert violation[0] <= genetic.HOLDS
    assert plan.ecosystem is not None
    assert plan.cash is not None
    assert plan.objective is not None
    penalties = plan.cash - plan.objective  # of the village's soft limit; money is settled for the most cash less these
    assert penalties > 1e-4
    assert worth[0] == pytest.approx([plan.cash, plan.ecosystem - penalties], rel=1e-5)
    assert values.settled(genes_of(plan, values.space)) == pytest.approx(worth, rel=1e-5)


def test_one_pass(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_pass, "CALLS", 1)
    figures = one_pass.measure(asked(folder, ""))
    block = arrays(zv.read_study(folder), Phases()).block
    program = join(block)
    own = program.entry_cols < len(block.group)
    rows = int((program.index[own] >= block.groups).sum())  # those of the parcels' own rows are no prices' business
    assert rows <= figures["nonzeros, written out"] <= rows + len(block.group)  # the objective counts here, not there
    words = one_pass.as_words([np.arange(5), np.arange(3)])
    assert one_pass.total(words) == 13


def test_growth(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    phases = Phases()
    growth.new(tmp_path / "county", 100, phases)
    growth.ledger(tmp_path / "county", phases)
    monkeypatch.setattr(growth, "new", lambda *_: None)
    monkeypatch.setattr(growth, "ledger", lambda _, told: told.wall.update(phases.wall) or told.cpu.update(phases.cpu))
    figures = growth.measure(asked(folder, "ledger"))
    assert {f"{name} / {beside}" for name, beside in growth.YARDSTICKS} <= set(figures)


def test_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms have tests of their own: here a page is only the plan's actions."""

    def written(plan: PlanData, folder: Path, _: str) -> None:
        acts = int((plan.parcels["practice"] != "hold").sum())
        (folder / "report.html").write_text("acts " * acts)

    study = zv.read_study("village")
    monkeypatch.setattr(report, "_county", lambda *_: study)
    monkeypatch.setattr(report, "write_reports", written)
    tmp_path.joinpath("study").mkdir()
    figures = report.measure(Asked(100, tmp_path))
    assert figures["page, MB"] > 1e-5
    assert figures["report / CSV by pandas"] > 0


def test_a_course_tells_when_a_gap_was_reached() -> None:
    course = Course(began=1.0)
    for point in ((2.0, None, None), (3.0, 110.0, None), (4.0, 110.0, 100.0), (5.0, 110.0, 100.0), (6.0, 100.5, 100.0)):
        seconds, bound, plan = point
        course(Progress("x", seconds, plan, bound, None))
    assert course.points == [(1.0, None, None), (2.0, 110.0, None), (3.0, 110.0, 100.0), (5.0, 100.5, 100.0)]
    assert reached(course.points, 0.1) == 3.0
    assert reached(course.points, 0.001) is None
    assert gap(99.0, 100.0) == 0.0
    figures = told(course.points, 100.5, 100.0, 7.0)
    assert figures["to 1 %, s"] == 5.0
    assert figures["to 0.3 %, s"] == "> 7"
    assert times("> 7", 2.0) == "> 3.5"
    assert times("none", 2.0) == times(1.0, "none") == "none"
    assert times(3.0, 2.0) == 1.5


def test_rounds_keep_the_shortest_time_and_the_highest_peak() -> None:
    first, last = {"a, s": 2.0, "peak, GB": 1.0, "n": 5}, {"a, s": 3.0, "peak, GB": 2.0, "n": 6}
    rounds: list[dict[str, Any]] = [first, {"stopped": "x"}, last]
    assert command.together(rounds) == {"a, s": 2.0, "peak, GB": 2.0, "n": 6}
    assert command.together([{"stopped": "x"}]) == {"stopped": "x"}
