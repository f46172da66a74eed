"""How unequal amounts are: Gini, Theil, Lorenz curve, Jain's index, ratio of percentiles. Pure arrays.

Units have an amount per head (or per hectare) and a weight, the heads (or hectares) behind it; units without weight
do not count. A measure that has no meaning for what it is given is NaN: all of them ask for some weight and for a sum
above 0, and for no amount below 0 (with one, shares of the whole are no shares: Gini may exceed 1 and Theil's
logarithm does not exist). `undefined` says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

NOBODY, NEGATIVE, NOTHING = "nobody", "negative", "nothing"
ROUNDING: Final = 1e-7
"""An amount that is less below 0 than this share of the largest is 0: so exactly do the rows of the model hold."""
SHARE: Final = 1e-12
"""How exactly shares of the weight are told."""


def settled(amount: Floats) -> Floats:
    """The amounts, 0 in place of what is below 0 by rounding only (`ROUNDING`)."""
    least = -ROUNDING * np.abs(amount).max(initial=0.0)
    return np.where((amount <= 0.0) & (amount >= least), 0.0, amount)


def undefined(amount: Floats, weight: Floats) -> str:
    """Why the measures have no meaning: nobody, negative (somebody has less than nothing), nothing; else ``""``."""
    amount, weight = _counted(amount, weight)
    if not len(amount):
        return NOBODY
    if amount.min() < 0.0:
        return NEGATIVE
    return "" if float(amount @ weight) > 0.0 else NOTHING


def lorenz(amount: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The corners of the Lorenz curve: shares of the weight, the poorest first, and of the sum, from (0, 0) to (1, 1).

    Returns
    -------
    Two arrays of shape (units that count + 1,), empty where the measures have no meaning.
    """
    if undefined(amount, weight):
        return np.zeros(0), np.zeros(0)
    amount, weight = _counted(amount, weight)
    order = np.argsort(amount, kind="stable")
    people = np.concatenate([[0.0], np.cumsum(weight[order])])
    have = np.concatenate([[0.0], np.cumsum((amount * weight)[order])])
    return people / people[-1], have / have[-1]


def gini(amount: Floats, weight: Floats) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal, 0 (equal) to 1.

    It is half of the mean difference between two of all, relative to the mean: 1, 2, 3, 4 have 0.25.
    """
    people, have = lorenz(amount, weight)
    if not len(people):
        return float("nan")
    return float(1.0 - np.diff(people) @ (have[1:] + have[:-1]))


def theil(amount: Floats, weight: Floats) -> float:
    """Theil's T: Σ p x/μ ln(x/μ) over units with the share p of the weight, 0 (equal) to ln(1 / least p)."""
    if undefined(amount, weight):
        return float("nan")
    amount, weight = _counted(amount, weight)
    part = weight / weight.sum()
    relative = amount / float(part @ amount)
    return float(part @ _x_ln_x(relative))


def theil_parts(amount: Floats, weight: Floats, group: Ints, groups: int) -> tuple[float, Floats, Floats]:
    """Theil's T between groups and within each: between + Σ contributions = T.

    Parameters
    ----------
    group : position of the group of each unit, shape (units,).
    groups : how many there are.

    Returns
    -------
    between : Σ_g s_g ln(s_g / p_g), s_g the group's share of the sum, p_g of the weight.
    within : T of each group by itself, shape (groups,); NaN where it has no meaning (the group has nothing).
    contribution : s_g times it, shape (groups,); 0 for a group that has nothing.
    """
    nan = np.full(groups, np.nan)
    if undefined(amount, weight):
        return float("nan"), nan, nan
    keep = weight > 0.0
    amount, weight = _counted(amount, weight)
    group = group[keep]
    people = np.bincount(group, weight, groups) / weight.sum()
    have = np.bincount(group, amount * weight, groups) / float(amount @ weight)
    ratio = have / np.where(people > 0.0, people, 1.0)
    between = float(people @ _x_ln_x(ratio))
    there = have > 0.0
    mean = np.where(there, ratio, 1.0) * (float(amount @ weight) / weight.sum())
    part = weight / weight.sum() / np.where(people > 0.0, people, 1.0)[group]
    within = np.where(there, np.bincount(group, part * _x_ln_x(amount / mean[group]), groups), np.nan)
    return between, within, np.where(there, have * within, 0.0)


def jain(amount: Floats, weight: Floats) -> float:
    """Jain's fairness index (Σ w x)² / (Σ w Σ w x²): 1 (equal) down to the least share of the weight."""
    if undefined(amount, weight):
        return float("nan")
    amount, weight = _counted(amount, weight)
    amount = amount / amount.max()
    return float((weight @ amount) ** 2 / (weight.sum() * (weight @ amount**2)))


def percentile(amount: Floats, weight: Floats, share: float) -> float:
    """The least amount that at least a share of the weight does not exceed; NaN for nobody."""
    amount, weight = _counted(amount, weight)
    if not len(amount):
        return float("nan")
    order = np.argsort(amount, kind="stable")
    reached = np.cumsum(weight[order])
    return float(amount[order][np.searchsorted(reached, (share - SHARE) * reached[-1])])


def ratio_10_90(amount: Floats, weight: Floats) -> float:
    """The 10th percentile as a part of the 90th: 1 (equal) down to 0; NaN where the 90th is 0."""
    if undefined(amount, weight):
        return float("nan")
    high = percentile(amount, weight, 0.9)
    return percentile(amount, weight, 0.1) / high if high > 0.0 else float("nan")


def _counted(amount: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The units that have weight; what is below 0 by rounding is 0."""
    keep = weight > 0.0
    return settled(amount[keep].astype(float)), weight[keep].astype(float)


def _x_ln_x(x: Floats) -> Floats:
    """Of each x, x ln x: 0 at 0."""
    return np.asarray(x * np.log(np.where(x > 0.0, x, 1.0)))
