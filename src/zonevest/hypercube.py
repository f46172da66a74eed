"""Latin hypercubes with rank correlations: a sample of the unit cube, one point in each stratum of each side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc, rankdata

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 1e-9
"""By how much an eigenvalue of a correlation matrix may be below 0."""
PASSES = 20
"""How often columns are put into another order at most; three or four times come as near as it gets."""


def latin_hypercube(draws: int, ranks: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Draw a Latin hypercube sample with rank correlations.

    The sample is that of McKay, Beckman and Conover, *Technometrics* 21 (1979) 239-245. Its columns are put into
    another order by the method of Iman and Conover, *Communications in Statistics - Simulation and Computation* 11
    (1982) 311-334, with the normal scores of van der Waerden; the correlation that these scores are given is
    2 sin(π r / 6), by which bivariate normal variables have the rank correlation r (Pearson 1907). The same is
    done again with the ranks that are reached as scores, as long as that comes nearer (Huntington and Lyrintzis,
    *Probabilistic Engineering Mechanics* 13 (1998) 245-253, repeat it so). What a column holds is not changed, so that
    it stays Latin.

    Parameters
    ----------
    draws : how many points; more than there are columns.
    ranks : the Spearman correlations that are wanted, shape (columns, columns).
    seed : of the random numbers.

    Returns
    -------
    Points in (0, 1), shape (draws, columns): of each column one in every ((j - 1) / draws, j / draws).
    """
    sample = qmc.LatinHypercube(len(ranks), rng=np.random.default_rng(seed)).random(draws)
    sample = np.maximum(sample, np.finfo(float).tiny)  # 0 has no quantile where a distribution has no lower end
    scores = ndtri(rankdata(sample, axis=0) / (draws + 1))
    order = _ranked(_moved(scores, 2 * np.sin(np.pi * ranks / 6)))
    best, miss = order, _miss(order, ranks)
    for _ in range(PASSES):
        order = _ranked(_moved(order - order.mean(axis=0), ranks))
        now = _miss(order, ranks)
        if now >= miss:
            break
        best, miss = order, now
    return np.asarray(np.take_along_axis(np.sort(sample, axis=0), best, axis=0))


def _moved(scores: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores with mean 0, mixed so that their correlations are those wanted; they move as little as that takes."""
    scores = scores / scores.std(axis=0)
    now = scores.T @ scores / len(scores)
    return np.asarray(scores @ _power(now, -0.5) @ _power(wanted, 0.5))


def _ranked(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """The rank of every score in its column, from 0."""
    return np.asarray(np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0))


def _miss(sample: NDArray[np.intp], ranks: NDArray[np.float64]) -> float:
    return float(np.abs(rank_correlations(sample) - ranks).max())


def rank_correlations(sample: NDArray[Any]) -> NDArray[np.float64]:
    """Spearman's correlations of the columns of a sample; 0 of a column that does not vary."""
    ranked = rankdata(sample, axis=0)
    ranked -= ranked.mean(axis=0)
    spread = np.sqrt((ranked**2).sum(axis=0))
    ranked /= np.where(spread > 0, spread, 1.0)
    return np.asarray(ranked.T @ ranked)


def least_eigenvalue(matrix: NDArray[np.float64]) -> float:
    """The least eigenvalue of a symmetric matrix: not below 0 of a correlation matrix."""
    return float(np.linalg.eigvalsh(matrix)[0])


def _power(matrix: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """A power of a symmetric matrix; directions without a length are given next to none."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.maximum(values, SMALL) ** power @ vectors.T)
