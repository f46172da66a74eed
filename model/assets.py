"""Natural resources as assets: what their ecosystem flows of a year are worth for good, by resource and tenure.

L of `asset.<r>` is 1 / r' x Σ of the annual rows on accounts of family ecosystem, as they run in the last year of a
period, of the parcels whose resource is r at its end; r' is the social rate. Tenure is a scalar of parcels here, like
their area, so that parcels need not be told apart by it; where a practice has given it (`to_tenure`) it is the kind's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.instances.schema import RESOURCES
from zonevest.instances.study import Study
from zonevest.model.flows import AT_START_PRICES, Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.leaving import Leaving
    from zonevest.model.ledger import Ledger
    from zonevest.model.streams import Streams

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

    Entries: TypeAlias = tuple[int, NDArray[np.integer[Any]], Floats]
    """A column, positions of rows, and the values there."""

ASSET = "asset."
TENURE = "tenure="
"""First word of the scale of parcels that is 1 where their tenure is the one named."""
Wanted: TypeAlias = tuple[int, str, str, int, bool]
"""A column, the resource, the tenure (``""``: any), the period's position, and whether prices grow."""


def asset_accounts(study: Study) -> list[str]:
    """The accounts of assets; none where the social rate is 0, at which nothing that lasts has a finite worth."""
    if study.settings.rates.social <= 0:
        return []
    return [f"{ASSET}{name}{tenure}" for name in RESOURCES for tenure in ("", ".state", ".collective")]


def _wanted(wanted: Sequence[Item]) -> list[Wanted]:
    found: list[Wanted] = []
    for column, (account, period) in enumerate(wanted):
        if account.startswith(ASSET):
            name, growing = account.removesuffix(AT_START_PRICES), not account.endswith(AT_START_PRICES)
            resource, _, tenure = name.removeprefix(ASSET).partition(".")
            found.append((column, resource, tenure, period, growing))
    return found


def _capitalised(streams: Streams, asked: set[tuple[int, bool]]) -> dict[tuple[int, bool], dict[int, Floats]]:
    """What each stream's annual ecosystem rows are worth for good: (period, growing) -> scale -> shape (streams,).

    They count as in the last year of the period; before the first period (`areas.START`) as in y0.
    """
    timed, clock, accounts = streams.timed, streams.timed.clock, streams.timed.accounts
    account = timed.rows.account  # no capture is among them: those are revenue
    at = np.flatnonzero(accounts.natural[account] & (accounts.recurrence[account] == "annual") & ~timed.rows.once)
    some = timed.take(at)
    stream, scale, count = streams.stream[at], some.rows.scale, streams.carried.shape[1]
    yearly = {growing: some.yearly(growing) / clock.social for _, growing in asked}

    def of_streams(code: int, period: int, growing: bool) -> Floats:
        year = int(clock.last[period] - clock.years[0]) if period >= 0 else 0
        value = np.where(scale == code, yearly[growing][:, year], 0.0)
        return np.asarray(np.bincount(stream, weights=value, minlength=count), dtype=np.float64)

    return {key: {code: of_streams(code, *key) for code in np.unique(scale).tolist()} for key in asked}


def _carried(
    streams: Streams, wanted: list[Wanted], rows: Ints
) -> Iterator[tuple[Wanted, int, NDArray[np.integer[Any]], Floats]]:
    """What carriers hold of each item, whatever their resource: item, scale, position among `rows`, value."""
    carried = streams.carried[rows]
    for key, by_scale in _capitalised(streams, {(period, growing) for *_, period, growing in wanted}).items():
        for scale, value in by_scale.items():
            held = np.asarray(carried @ value)
            at = np.flatnonzero(held)
            for item in wanted:
                if item[3:] == key:
                    yield item, scale, at, held[at]


def _of_resource(ledger: Ledger, wanted: list[Wanted]) -> dict[tuple[str, int], NDArray[np.bool_]]:
    """Which kinds are of a resource at the end of a period: (resource, period) -> shape (kinds,)."""
    pairs = {(resource, period) for _, resource, _, period, _ in wanted}
    return {(name, period): ledger.states.mask(f"area.resource.{name}", period) for name, period in pairs}


def asset_items(ledger: Ledger, wanted: Sequence[Item], kinds: Ints | None) -> dict[int, sparse.csr_array]:
    """The asset accounts among the items, per unit of scale: scale -> kinds x items (all kinds, or those asked for)."""
    assets = _wanted(wanted)
    if not assets:
        return {}
    kinds = np.arange(len(ledger.options.kind_pattern)) if kinds is None else kinds
    masks = _of_resource(ledger, assets)
    parts: dict[int, list[Entries]] = {}
    for (column, resource, tenure, period, _), scale, at, value in _carried(ledger.land, assets, kinds):
        mask, given = masks[resource, period][kinds[at]], ledger.states.new_tenure(period)[kinds[at]]
        whole = mask & (given == tenure) if tenure else mask
        parts.setdefault(scale, []).append((column, at[whole], value[whole]))
        if tenure:  # a part of the parcels, where it is theirs
            mask = mask & (given == "")
            parts.setdefault(ledger.scale_with(scale, TENURE + tenure), []).append((column, at[mask], value[mask]))
    return {scale: _matrix(found, (len(kinds), len(wanted))) for scale, found in parts.items()}


def own_asset_items(ledger: Ledger, wanted: Sequence[Item]) -> sparse.csr_array | None:
    """The same of the parcels' own rows, carried by options: `Ledger.own_options` x items; None without any."""
    assets = _wanted(wanted)
    if not assets or ledger.own is None:
        return None
    options, tenure_of = ledger.options, ledger.study.parcels["tenure"].to_numpy(dtype=object)
    masks, rows = _of_resource(ledger, assets), ledger.own_options
    found: list[Entries] = []
    for (column, resource, tenure, period, _), _, at, value in _carried(ledger.own, assets, rows):
        mask = masks[resource, period][options.kind[rows[at]]]
        if tenure:
            kind, parcel = options.kind[rows[at]], options.parcel[rows[at]]
            given = ledger.states.new_tenure(period)[kind]
            mask = mask & (np.where(given == "", tenure_of[parcel], given) == tenure)
        found.append((column, at[mask], value[mask]))
    return _matrix(found, (len(rows), len(wanted)))


def leaving_assets(leaving: Leaving, wanted: Sequence[Item]) -> sparse.csr_array | None:
    """What leaves each asset with land that projects take: leaves x items; None where there is nothing.

    It is of the resource of the class that is taken, and of a tenure as far as the site is before the plan.
    """
    timed, size = leaving.timed, len(leaving.start)
    found: list[Entries] = []
    accounts, account = timed.accounts, timed.rows.account
    at = np.flatnonzero(accounts.natural[account] & (accounts.recurrence[account] == "annual"))
    if not len(at):
        return None
    some, leave = timed.take(at), leaving.leave[at]
    for column, resource, tenure, period, growing in _wanted(wanted):
        if period >= 0:
            mine = replace(some, rows=replace(some.rows, value=leaving.of_tenure[tenure][at]))
            last = mine.yearly(growing)[:, timed.clock.last[period] - timed.clock.years[0]]
            value = np.bincount(leave, weights=last / timed.clock.social, minlength=size)
            kept = np.flatnonzero((leaving.resource == resource) & (value != 0.0))
            found.append((column, kept, value[kept].astype(np.float64)))
    return _matrix(found, (size, len(wanted)))


def _matrix(found: list[Entries], shape: tuple[int, int]) -> sparse.csr_array:
    """A matrix of what has been found column by column."""
    none = np.zeros(0, dtype=np.int64)
    row = np.concatenate([none, *(at for _, at, _ in found)])
    column = np.concatenate([none, *(np.full(len(at), column) for column, at, _ in found)])
    value = np.concatenate([none, *(value for *_, value in found)]).astype(float)
    return sparse.csr_array((value, (row, column)), shape=shape)
