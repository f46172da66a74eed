"""What a start of a project gives to the ledger, by place (FORMULATION.md sections 4 and 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.model.areas import START, TOTAL, is_built_in, is_state
from zonevest.model.flows import NEVER, Item, by_flag, is_worth
from zonevest.model.leaving import Leaving
from zonevest.model.streams import Streams
from zonevest.model.works import Works

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]


def by_state(works: Works) -> sparse.csr_array:
    """From starts to states: u_s = U_s - U_(s-1), so the coefficient on U_t is that of u_t less that of u_(t+1)."""
    size, periods = works.possible.size, works.possible.shape[1]
    later = np.arange(size - 1)
    later = later[(later + 1) % periods != 0]
    step = sparse.csr_array((-np.ones(len(later)), (later, later + 1)), shape=(size, size))
    return sparse.csr_array(sparse.eye_array(size) + step)


def start_items(
    works: Works, leaving: Leaving, wanted: Sequence[Item], places: Sequence[str]
) -> dict[str, sparse.csr_array]:
    """What each project's start in each period gives to each item: place -> starts x items."""
    size, periods = works.possible.size, works.possible.shape[1]
    if not size:
        return {place: sparse.csr_array((0, len(wanted))) for place in places}
    streams = Streams(works.timed, works.start, sparse.csr_array((0, size)), works.end, np.zeros(0, dtype=bool))
    plain, parts = by_flag(wanted)
    given = sum(streams.items(plain).values(), sparse.csr_array((size, len(plain))))
    flows = sparse.csr_array((size, len(wanted)))
    for flag, mixing in parts.items():
        has = works.study.projects[flag].to_numpy(dtype=float) if flag else np.ones(len(works.names))
        flows = flows + sparse.diags_array(np.repeat(has, periods)) @ (given @ mixing)
    for column, (account, _) in enumerate(wanted):
        if is_worth(account):
            worth = _worth(works, account)
            flows = flows + sparse.csr_array((worth, (np.arange(size), np.full(size, column))), shape=flows.shape)
    everywhere = sparse.coo_array(flows)
    row, item = everywhere.coords
    left = None if works.study.land_take.empty else leaving.items(wanted)
    result = {}
    for place in places:
        here = np.ones(len(works.names), dtype=bool) if place == TOTAL else works.place == place
        at = np.repeat(here, periods)[row]
        own = sparse.csr_array((everywhere.data[at], (row[at], item[at])), shape=flows.shape)
        if left is not None:  # what leaves is of the place of the land, wherever its project is
            of_place = np.flatnonzero((leaving.place == place) | (place == TOTAL))
            one = np.ones(len(of_place)), (leaving.start[of_place], of_place)
            own = own + _taken(works, wanted, place) + sparse.csr_array(one, shape=(size, left.shape[0])) @ left
        result[place] = sparse.csr_array(own)
    return result


def _taken(works: Works, wanted: Sequence[Item], place: str) -> sparse.csr_array:
    """The land that each start takes in a place: starts x items."""
    size, periods = works.possible.size, works.possible.shape[1]
    parts: list[tuple[Floats, Ints, Ints]] = []
    takes: dict[str, Floats] = {}
    for column, (account, period) in enumerate(wanted):
        if not is_built_in(account) or period == START:
            continue
        if account not in takes:
            takes[account] = works.take(account, None if place == TOTAL else place)
        taken = takes[account]
        if not taken.any():
            continue
        began = np.arange(periods) <= period if is_state(account) else np.arange(periods) == period
        booked = (taken[:, None] * began * works.possible).ravel()
        at = np.flatnonzero(booked)
        parts.append((booked[at], at, np.full(len(at), column)))
    if not parts:
        return sparse.csr_array((size, len(wanted)))
    booked, start, item = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sparse.csr_array((booked, (start, item)), shape=(size, len(wanted)))


def once_worth(works: Works, start: int, year: int, rate: float) -> float:
    """Present value of one unit of one-off cash of a start in a year, as annual equivalents over the project's life."""
    clock = works.timed.clock
    last = NEVER if works.end[start] == 0 else works.end[start] - 1
    service, life = works.service[[start]], works.life[[start]]
    equal = clock.annuity(rate, service, life, np.array([last]))[0]
    return float((1.0 + rate) ** float(works.service[start] - 1 - year) * equal)


def _worth(works: Works, name: str) -> Floats:
    """F1 or F2 of each start, shape (projects x periods,)."""
    timed, clock = works.timed, works.timed.clock
    rate, size = clock.rate(name), works.possible.size
    weight = timed.weight(name)
    annual = np.bincount(works.start, weights=timed.at_present(rate, timed.yearly(), weight), minlength=size)
    once = np.bincount(works.start, weights=timed.carried(rate, weight), minlength=size)
    last = np.where(works.end == 0, NEVER, works.end - 1)
    carried = (1.0 + rate) ** (works.service - clock.years[0]).astype(float)
    return np.asarray(annual + once * carried * clock.annuity(rate, works.service, works.life, last))
