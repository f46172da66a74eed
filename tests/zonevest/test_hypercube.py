"""Latin hypercubes and scenario reduction, against what defines them. Some 4 s."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog

from zonevest.distributions import Range
from zonevest.hypercube import latin_hypercube, rank_correlations
from zonevest.instances.scenarios import Change
from zonevest.reduction import reduced

CELL = (Change("study", "rates.finance", "value", "", "factor", "1"),)
Points = NDArray[np.float64]


def random_matrix(size: int, seed: int) -> Points:
    """A correlation matrix."""
    factors = np.random.default_rng(seed).normal(size=(size, size))
    whole = factors @ factors.T
    return np.asarray(whole / np.sqrt(np.outer(np.diag(whole), np.diag(whole))))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 60), st.integers(0, 999))
def test_one_draw_in_every_stratum(columns: int, more: int, seed: int) -> None:
    draws = columns + more
    sample = latin_hypercube(draws, random_matrix(columns, seed), seed)
    assert sample.shape == (draws, columns)
    strata = np.floor(sample * draws).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(draws))


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlations_are_reached_within_two_hundredths(seed: int) -> None:
    for wanted in (random_matrix(5, seed), np.eye(8), np.array([[1.0, 1.0], [1.0, 1.0]]), np.full((3, 3), 0.5)):
        np.fill_diagonal(wanted, 1.0)
        sample = latin_hypercube(200, wanted, seed)
        for i, j in itertools.combinations(range(len(wanted)), 2):
            assert stats.spearmanr(sample[:, i], sample[:, j]).statistic == pytest.approx(wanted[i, j], abs=0.02)


def test_rank_correlations_are_spearman_s() -> None:
    sample = np.random.default_rng(3).normal(size=(40, 3)) @ np.array([[1, 0.5, 0], [0, 1, -2], [0, 0, 1]])
    assert rank_correlations(sample) == pytest.approx(stats.spearmanr(sample).statistic)


def normal(mean: float, sd: float) -> float:
    return math.sqrt(math.log1p((sd / mean) ** 2))


OTHERS = {
    "uniform": (Range("r", CELL, (0,), "uniform", -1.0, 3.0), stats.uniform(-1.0, 4.0)),
    "triangular": (Range("r", CELL, (0,), "triangular", 0.8, 1.6, 1.1), stats.triang(0.375, 0.8, 0.8)),
    "triangular, mode low": (Range("r", CELL, (0,), "triangular", 1.0, 2.0, 1.0), stats.triang(0.0, 1.0, 1.0)),
    "normal": (Range("r", CELL, (0,), "normal", math.nan, math.nan, mean=2.0, sd=0.3), stats.norm(2.0, 0.3)),
    "lognormal": (
        Range("r", CELL, (0,), "lognormal", math.nan, math.nan, mean=2.0, sd=0.6),
        stats.lognorm(normal(2.0, 0.6), scale=2.0 * math.exp(-(normal(2.0, 0.6) ** 2) / 2)),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_distributions_are_scipy_s(name: str) -> None:
    ours, other = OTHERS[name]
    at = np.linspace(0.001, 0.999, 101)
    assert ours.quantiles(at) == pytest.approx(other.ppf(at))
    assert ours.moments == pytest.approx((other.mean(), other.std()))


@pytest.mark.parametrize("kind", ["normal", "lognormal"])
def test_low_and_high_are_the_5_and_95_per_cent_quantiles(kind: str) -> None:
    ours = Range("r", CELL, (0,), kind, 0.5, 3.0)
    assert ours.quantiles(np.array([0.05, 0.95])) == pytest.approx([0.5, 3.0])
    mean, sd = ours.moments
    drawn = ours.quantiles((np.arange(200_000) + 0.5) / 200_000)
    assert (mean, sd) == pytest.approx((drawn.mean(), drawn.std()), rel=1e-3)


# reduction


def transport(one: Points, weights: Points, other: Points, likely: Points) -> float:
    """The Kantorovich distance as what it is: the least cost of moving one distribution into the other."""
    cost = np.linalg.norm(one[:, None] - other[None], axis=2)
    rows = np.kron(np.eye(len(one)), np.ones(len(other)))
    columns = np.kron(np.ones(len(one)), np.eye(len(other)))
    found = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([weights, likely]))
    return float(found.fun)


def best(points: Points, weights: Points, keep: int) -> float:
    """The least distance that any choice of `keep` points leaves."""
    cost = np.linalg.norm(points[:, None] - points[None], axis=2)
    return min(
        float(weights @ cost[:, list(kept)].min(axis=1)) for kept in itertools.combinations(range(len(points)), keep)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 9999))
def test_reduction_against_every_choice(count: int, keep: int, seed: int) -> None:
    keep = min(keep, count)
    random = np.random.default_rng(seed)
    points, weights = random.normal(size=(count, 3)), random.dirichlet(np.ones(count))
    found = reduced(points, weights, keep)
    kept = points[found.chosen]
    assert len(set(found.chosen.tolist())) == keep
    assert found.weights.sum() == pytest.approx(1.0)
    nearest = np.linalg.norm(points[:, None] - kept[None], axis=2)
    for place in range(keep):
        mine = [i for i in range(count) if nearest[i].argmin() == place]
        assert found.weights[place] == pytest.approx(weights[mine].sum())
    assert found.distances[0] == pytest.approx(best(points, weights, 1)), "the first choice is the best one"
    assert best(points, weights, keep) <= found.distances[-1] + 1e-12
    assert found.distances[-1] == pytest.approx(transport(points, weights, kept, found.weights), abs=1e-7)
    others = random.dirichlet(np.ones(keep))
    assert transport(points, weights, kept, others) >= found.distances[-1] - 1e-7, "no other weights are nearer"
    assert (np.diff(found.distances) <= 1e-12).all()
    assert keep < count or found.distances[-1] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 30), st.integers(1, 3), st.integers(0, 9999))
def test_reduction_knows_neither_order_nor_place_nor_unit(count: int, keep: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    points, weights, order = random.normal(size=(count, 2)), random.dirichlet(np.ones(count)), random.permutation(count)
    plain = reduced(points, weights, keep)
    turned = reduced(points[order], weights[order], keep)
    assert order[turned.chosen].tolist() == plain.chosen.tolist()
    moved = reduced(3 * points + 7, weights, keep)
    assert moved.chosen.tolist() == plain.chosen.tolist()
    assert moved.distances == pytest.approx(3 * plain.distances)
    split = reduced(np.vstack([points, points]), np.concatenate([weights, weights]) / 2, keep)
    assert split.distances == pytest.approx(plain.distances), "a point in two halves is one point"
