"""What leaves the ledger with the land that projects take without a drawn site (docs/semantics.md, "Projects").

With the area leaves what the mean hectare of the site brings, held as it is: the annual rows of its class and the
parcels' own rows of the hold phase, as they then run. Parcels are added up once per site; what a start takes is so
many hectares of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import holds
from zonevest.model.assets import leaving_assets
from zonevest.model.flows import NEVER, Item, Rows, Timed, by_flag, is_worth
from zonevest.model.options import numbered
from zonevest.model.streams import Streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

OWNERS = ("", "state", "collective")
"""Whose land: all of it, and that of each tenure of which assets are told."""


@dataclass(frozen=True)
class Leaving:
    """What leaves with each *leave*: a row of land_take at a possible start of its project; n rows, m leaves.

    Attributes
    ----------
    timed : the rows, with a minus; they count from the start on.
    leave : which leave each row is of, shape (n,).
    of_tenure : tenure -> the part of each row's value that is of the site's parcels of that tenure, shape (n,).
    start : project x periods + period, shape (m,).
    place : the jurisdiction, ``""`` for none, shape (m,).
    resource : the resource of the class, ``""`` for none, shape (m,).
    """

    timed: Timed
    leave: Ints
    of_tenure: dict[str, Floats]
    start: Ints
    place: NDArray[np.object_]
    resource: NDArray[np.object_]

    @classmethod
    def of(cls, ledger: Ledger) -> Leaving:
        """Everything that may leave, by start."""
        works, clock, sites = ledger.works, ledger.clock, ledger.works.sites
        hectares = _Hectares(ledger)
        pairs = [
            (taking, works.names.index(taking.project), int(s))
            for taking in sites.takings
            for s in np.flatnonzero(works.possible[works.names.index(taking.project)])
        ]
        part = [hectares.at(taking.where) for taking, *_ in pairs]
        count = np.array([len(rows) for rows in part], dtype=np.int64)
        row, leave = np.concatenate([_none(), *part]), np.repeat(np.arange(len(pairs)), count)
        rows, begin, settled, value = hectares.joined()
        area = np.array([taking.area for taking, *_ in pairs], dtype=float)[leave]
        taken = -area[:, None] * value[row]
        since = clock.begin[np.array([s for *_, s in pairs], dtype=np.int64)][leave]
        timed = Timed(
            clock,
            ledger.accounts,
            replace(rows.take(row), value=taken[:, 0]),
            begin[row],
            np.full(len(row), NEVER),
            settled[row],
            since=since,
        )
        own = dict(zip(ledger.study.land_classes["land_class"], ledger.study.land_classes["resource"], strict=True))
        return cls(
            timed,
            leave,
            {tenure: taken[:, k] for k, tenure in enumerate(OWNERS)},
            np.array([j * len(clock.length) + s for _, j, s in pairs], dtype=np.int64),
            np.array([taking.place for taking, *_ in pairs], dtype=object),
            np.array([own[taking.land_class] for taking, *_ in pairs], dtype=object),
        )

    def items(self, wanted: Sequence[Item]) -> sparse.csr_array:
        """What each leave gives to each item, leaves x items."""
        size = len(self.start)
        streams = Streams(
            self.timed, self.leave, sparse.csr_array((0, size)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
        )
        plain, parts = by_flag(wanted)
        given = sum(streams.items(plain).values(), sparse.csr_array((size, len(plain))))
        # flags are of outlay, and nothing that is paid once leaves
        result = given @ parts[""] if "" in parts else sparse.csr_array((size, len(wanted)))
        for column, (name, _) in enumerate(wanted):
            if is_worth(name):
                rate, weight = self.timed.clock.rate(name), self.timed.weight(name)
                present = self.timed.at_present(rate, self.timed.yearly(), weight)
                worth = np.bincount(self.leave, weights=present, minlength=size)
                at = np.arange(size), np.full(size, column)
                result = result + sparse.csr_array((worth, at), shape=(size, len(wanted)))
        assets = leaving_assets(self, wanted)
        return sparse.csr_array(result if assets is None else result + assets)


class _Hectares:
    """The rows of the mean hectare of every site, one site's below the other's, values in million a hectare."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.sites = ledger, ledger.works.sites
        self.rows = [ledger.land_rows.rows.take(_none())]
        self.begin, self.settled = [_none()], [np.zeros(0, dtype=bool)]
        self.value = [np.zeros((0, len(OWNERS)))]
        self.count = 0
        self.found: dict[tuple[str, str, str, bool], Ints] = {}
        own = _OwnRows(ledger) if self.sites.takings and len(ledger.study.parcel_flows) else None
        for where, parcels in self.sites.parcels.items():
            first, area = self.count, self.sites.area(where)
            if area > 0:
                self._of_class(where[0], parcels, area)
                if own is not None:
                    self._add(*own.of(parcels, area), settled=False)
            self.found[where] = np.arange(first, self.count)

    def at(self, where: tuple[str, str, str, bool]) -> Ints:
        """The rows of a site, by position among all of them."""
        return self.found[where]

    def joined(self) -> tuple[Rows, Ints, Bools, Floats]:
        """Rows, the year in which each begins, whether it stands in full force, and its value by `OWNERS`."""
        joined = Rows.joined(self.rows)
        plain = replace(joined, scale=np.zeros(len(joined.scale), dtype=np.int64))
        return plain, np.concatenate(self.begin), np.concatenate(self.settled), np.concatenate(self.value)

    def _of_class(self, land_class: str, parcels: Ints, area: float) -> None:
        """The annual rows of a class, which stand in full force."""
        ledger, rows = self.ledger, self.ledger.land_rows.rows
        code = pd.Index(ledger.study.land_classes["land_class"]).get_loc(land_class)
        whose = _owners(ledger, parcels)
        for (subject, cell), every in ledger.land_rows.groups[0].items():
            at = every[~rows.once[every] & ~rows.captured[every]]
            if subject != code or not len(at):
                continue
            counted = whose * holds(ledger.study.parcels.iloc[parcels], cell) if cell else whose
            codes, of = np.unique(rows.scale[at], return_inverse=True)
            sums = np.stack([counted @ ledger.scales[scale][parcels] for scale in codes.tolist()])
            value = rows.value[at][:, None] * sums[of.ravel()] / area
            self._add(rows.take(at), value, settled=True)

    def _add(self, rows: Rows, value: Floats, *, settled: bool) -> None:
        n, first = len(rows.value), int(self.ledger.clock.years[0])
        self.rows.append(rows)
        self.begin.append(first + (np.zeros(n, dtype=np.int64) if settled else rows.offset))
        self.settled.append(np.full(n, settled))
        self.value.append(value)
        self.count += n


class _OwnRows:
    """The parcels' own annual rows of the hold phase."""

    def __init__(self, ledger: Ledger) -> None:
        study, options, flows = ledger.study, ledger.options, ledger.study.parcel_flows
        self.ledger = ledger
        scale = ledger.scale_of_rows["parcel_flows"]
        rows = Rows.of(flows, ledger.accounts, scale)
        parcel = pd.Index(study.parcels["parcel_id"]).get_indexer(flows["parcel_id"])
        zone = flows["zone"].to_numpy(dtype=object)
        held = ~rows.once & (flows["practice"] == "").to_numpy()
        held &= (zone == "") | (zone == options.zone_today[options.pattern[parcel]])
        for cell in flows["where"].unique():
            if cell:
                at = (flows["where"] == cell).to_numpy()
                held[at] &= holds(study.parcels.iloc[parcel[at]], cell)
        at = np.flatnonzero(held)
        self.rows, self.parcel, scale = rows.take(at), parcel[at], scale[at]
        self.amount = self.rows.value.copy()
        for code in np.unique(scale).tolist():
            mine = scale == code
            self.amount[mine] *= ledger.scales[code][self.parcel[mine]]
        # rows that differ in nothing but parcel and amount are added up
        like = self.rows
        self.profile = numbered(like.account, like.offset, like.ramp, like.life, like.decay)

    def of(self, parcels: Ints, area: float) -> tuple[Rows, Floats]:
        """The rows of the mean hectare of some parcels, and their values by `OWNERS`."""
        member = np.zeros(len(self.ledger.study.parcels), dtype=bool)
        member[parcels] = True
        at = np.flatnonzero(member[self.parcel])
        _, seen, of = np.unique(self.profile[at], return_index=True, return_inverse=True)
        amount = _owners(self.ledger, self.parcel[at]) * self.amount[at]
        sums = [np.bincount(of.ravel(), weights=each, minlength=len(seen)) for each in amount]
        return self.rows.take(at[seen]), np.stack(sums, axis=1) / area


def _owners(ledger: Ledger, parcels: Ints) -> Floats:
    """Whether each parcel counts for each of `OWNERS`, shape (owners, parcels)."""
    tenure = ledger.study.parcels["tenure"].to_numpy(dtype=object)[parcels]
    return np.stack([np.ones(len(parcels)) if not name else (tenure == name).astype(float) for name in OWNERS])


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)
