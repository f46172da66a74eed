"""Parcels joined with neighbours that say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from zonevest.instances.importing.adjacency import edges
from zonevest.instances.importing.shapes import Parcels
from zonevest.instances.say import say

AMOUNTS = ("area_ha", "population")
"""Columns that are amounts of a parcel: shared out by area, and added up."""


def join_neighbours(parcels: Parcels, least_ha: float, by: Sequence[str], by_area: Sequence[str]) -> None:
    """Join parcels below `least_ha` with a neighbour that says the same in the columns `by`.

    The smallest first, into the one of them with the longest common edge; until all are large enough or have none.
    The joint parcel is called as its largest part and says what that says; amounts are added up.
    """
    one, other, length = edges(parcels.shapes, parcels.crs, parcels.flat)
    if by:
        says = parcels.frame.groupby(list(by), sort=False, dropna=False).ngroup().to_numpy()
        same = says[one] == says[other]
        one, other, length = one[same], other[same], length[same]
    group, area = np.arange(len(parcels)), parcels.hectares()
    while len(one):
        whole = np.asarray(np.bincount(group, weights=area, minlength=len(parcels)), dtype=np.float64)
        chosen = _matched(one, other, length, whole, least_ha)
        if not len(chosen):
            break
        into = np.arange(len(parcels))
        into[other[chosen]] = one[chosen]  # a matching: nobody is on both sides
        group, one, other = into[group], into[one], into[other]
        one, other, length = _added_up(one, other, length)
    if (group != np.arange(len(parcels))).any():
        _unite(parcels, group, area, by_area)


def _matched(
    one: NDArray[np.intp], other: NDArray[np.intp], length: NDArray[np.float64], area: NDArray[np.float64], least: float
) -> NDArray[np.intp]:
    """Edges along which small parcels join in this round, no parcel twice.

    The smallest parcels first, along their longest edge, into the smaller of equals. What is equal then is drawn by lot
    (always the same one): by position, a street of equal parcels would join one after the other in as many rounds.
    """
    small = np.minimum(area[one], area[other])
    open_ = np.flatnonzero(small < least)
    if not len(open_):
        return open_
    lot = np.random.default_rng(0).permutation(len(open_))
    both = (area[one] + area[other])[open_].round(6)
    order = open_[np.lexsort((lot, both, -length[open_].round(3), small[open_].round(6)))]
    best = np.full(len(area), len(order), dtype=np.intp)
    rank = np.arange(len(order))
    np.minimum.at(best, one[order], rank)
    np.minimum.at(best, other[order], rank)
    return np.asarray(order[(best[one[order]] == rank) & (best[other[order]] == rank)], dtype=np.intp)


def _added_up(one: NDArray[np.intp], other: NDArray[np.intp], length: NDArray[np.float64]) -> tuple[
    NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]
]:  # fmt: skip
    """Edges after a round: those of joint parcels together, those inside them gone."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    size = int(high.max(initial=0)) + 1
    keys, at = np.unique(low * size + high, return_inverse=True)
    total = np.bincount(at, weights=length, minlength=len(keys))
    low, high = keys // size, keys % size
    return low[low != high], high[low != high], total[low != high]


def _unite(parcels: Parcels, group: NDArray[np.intp], area: NDArray[np.float64], by_area: Sequence[str]) -> None:
    """Put joint parcels in the place of their parts, where the first of them stood."""
    before = len(parcels)
    order = np.lexsort((-area, group))
    heads, starts = np.unique(group[order], return_index=True)
    frame = parcels.frame.iloc[order[starts]].reset_index(drop=True)
    for name in amounts(parcels.frame, by_area):
        values = parcels.frame[name].to_numpy(dtype=np.float64)
        frame[name] = np.bincount(group, weights=values, minlength=before)[heads]
    parts = np.split(parcels.shapes[order], starts[1:])
    shapes = np.array([each[0] if len(each) == 1 else shapely.union_all(each) for each in parts], dtype=object)
    parcels.frame, parcels.shapes = frame, shapes
    parcels.tell(say("{before} parcels joined into {after}", before=before, after=len(parcels)))


def amounts(frame: pd.DataFrame, by_area: Sequence[str]) -> list[str]:
    """The columns of parcels that are shared out by area, and added up."""
    return [name for name in (*AMOUNTS, *by_area) if name in frame and frame[name].dtype.kind in "iuf"]
