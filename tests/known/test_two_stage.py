"""Published two-stage problems come out as published: as numbers, scenario by scenario, and decided at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import zonevest as zv
from tests.known.linear import alone, cautious, least_regret, solved, values
from tests.known.two_stage import PROBLEMS, closed_form, write_problem
from tests.two_stage import mean_of_worst
from zonevest.instances.study import Study

pytestmark = pytest.mark.usefixtures("pandas_as_it_is")
GAP = 1e-9
NEAR = {"rel": 1e-6, "abs": 1e-6}
ALPHA, BETA = 0.5, 0.4


@pytest.fixture(scope="module")
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return _study(request.param, tmp_path_factory.getbasetemp())


@cache
def _study(name: str, folder: Path) -> Study:
    return zv.read_study(write_problem(name, folder / "two-stage" / name))


def of_each(*names: str) -> pytest.MarkDecorator:
    """Each problem (of these names) by its name and its study."""
    return pytest.mark.parametrize(("name", "study"), [(name, name) for name in names or PROBLEMS], indirect=["study"])


@pytest.mark.parametrize("name", PROBLEMS)
def test_numbers_are_as_published(name: str) -> None:
    """That the problem is the published one: SciPy finds what is printed, to the digits printed."""
    problem, found = PROBLEMS[name], values(PROBLEMS[name].linear)
    for what, (printed, digits) in problem.published.items():
        assert getattr(found, what) == pytest.approx(printed, abs=digits), what
    assert solved(problem.linear)[1] == pytest.approx(problem.optimum)


def test_the_newsvendor_in_closed_form() -> None:
    order, expected = closed_form()
    found = values(PROBLEMS["newsvendor"].linear)
    assert solved(PROBLEMS["newsvendor"].linear)[1] == pytest.approx([order])
    for what in ("here_and_now", "wait_and_see", "mean", "of_mean", "evpi", "vss"):
        assert getattr(found, what) == pytest.approx(getattr(expected, what)), what


@of_each("farmer")
def test_a_scenario_that_is_known(name: str, study: Study) -> None:
    """What each scenario is worth to one who knows it, as printed; of the other problems `alone` below."""
    printed = {"above": 167667, "average": 118600, "below": 59950}
    for scenario in PROBLEMS[name].scenarios:
        plan = zv.solve(study.in_scenario(scenario), gap=GAP)
        assert plan.status == "optimal", scenario
        assert plan.objective == pytest.approx(printed[scenario], abs=0.5), scenario


def first_stage(plan: zv.Plan, names: tuple[str, ...]) -> list[float]:
    """Hectares of each use that begins in the first period (of a project, whether it begins)."""
    land, works = plan.parcels, plan.projects
    area = plan.study.parcels.set_index("parcel_id")["area_ha"]
    begun = dict.fromkeys(names, 0.0)
    if len(land):
        now = land[land["start"] == "now"]
        hectares = now["share"] * now["parcel_id"].map(area)
        begun |= hectares.groupby(now["practice"]).sum().to_dict()
    begun |= {row.project: 1.0 for row in works.itertuples() if row.start == "now"}
    return [begun[name] for name in names]


@of_each()
def test_what_is_decided_now(name: str, study: Study) -> None:
    """Expectation, value of perfect information, value of the stochastic solution, and the decisions themselves."""
    problem, expected = PROBLEMS[name], values(PROBLEMS[name].linear)
    found = zv.decide(study, gap=GAP)
    assert found.status == "optimal"
    assert found.probabilities == pytest.approx(dict(problem.scenarios))
    assert found.value == pytest.approx(expected.here_and_now, **NEAR)
    assert found.bound == pytest.approx(expected.here_and_now, **NEAR)
    known = [solved(alone(problem.linear, at))[0] for at in range(len(problem.scenarios))]
    assert found.alone == pytest.approx(dict(zip(problem.scenarios, known, strict=True)), **NEAR)
    assert found.perfect_information == pytest.approx(expected.wait_and_see, **NEAR)
    assert found.evpi == pytest.approx((expected.evpi, expected.evpi), **NEAR)
    assert found.mean_value == pytest.approx(expected.here_and_now, **NEAR)
    of_mean = sum(chance * found.mean[scenario] for scenario, chance in found.probabilities.items())
    assert of_mean == pytest.approx(expected.of_mean, **NEAR)
    assert found.vss == pytest.approx((expected.vss, expected.vss), **NEAR)
    for scenario, plan in found.plans.items():
        assert first_stage(plan, tuple(problem.first)) == pytest.approx(problem.optimum, abs=1e-6), scenario
        assert plan.objective == pytest.approx(found.values[scenario], **NEAR)
    assert found.ok  # the audit of every scenario's plan
    told = {
        "here_and_now": found.value,
        "wait_and_see": found.perfect_information,
        "of_mean": of_mean,
        "evpi": found.evpi[0],
        "vss": found.vss[0],
    }
    for what in told.keys() & problem.published.keys():
        printed, digits = problem.published[what]
        assert told[what] == pytest.approx(printed, abs=digits), what


@of_each("farmer", "plants")
def test_the_worst_of_it(name: str, study: Study) -> None:
    """Mean and mean of the worst 40 % in equal parts: what the program says is what its scenarios' values say."""
    found = zv.decide(study, objective="cvar", alpha=ALPHA, beta=BETA, gap=GAP)
    expected = cautious(PROBLEMS[name].linear, ALPHA, BETA)
    chances = np.array(list(found.probabilities.values()))
    worth = np.array([found.values[scenario] for scenario in found.probabilities])
    direct = (1 - ALPHA) * chances @ worth + ALPHA * mean_of_worst(worth, chances, BETA)
    assert found.value == pytest.approx(expected, **NEAR)
    assert direct == pytest.approx(expected, **NEAR)


@of_each("farmer", "newsvendor")
def test_the_least_regret(name: str, study: Study) -> None:
    """The most that a scenario brings less than if it were known, from the values of the scenarios.

    Of the newsvendor it is 300: at an order q the least demand costs (10 - 5) (q - 40), the highest (25 - 10)
    (120 - q), and both are the same at q = 100.
    """
    linear = PROBLEMS[name].linear
    found = zv.decide(study, objective="regret", gap=GAP)
    lost = [solved(alone(linear, at))[0] - found.values[each] for at, each in enumerate(PROBLEMS[name].scenarios)]
    assert max(lost) == pytest.approx(least_regret(linear), **NEAR)
    if name == "newsvendor":
        assert max(lost) == pytest.approx(300)


@of_each("farmer", "two_products", "plants")
def test_by_prices_it_is_the_same(name: str, study: Study) -> None:
    """The program that is grown by its prices comes to the published optimum, and so does what it proves."""
    problem = PROBLEMS[name]
    expected = values(problem.linear).here_and_now
    found = zv.decide(study, gap=1e-6, method="prices")
    assert found.status == "optimal"
    assert found.value == pytest.approx(expected, rel=1e-5)
    assert expected - 1e-6 * abs(expected) <= found.bound <= expected + 1e-5 * abs(expected)
    assert found.ok
