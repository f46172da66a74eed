"""Streams: which option carries which flow rows, from which year to which (FORMULATION.md section 4).

A stream is a set of flow rows with the same years. Land classes, zones and practices give their streams to whole
kinds of options; the parcels' own rows give theirs to single options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import Study, holds
from zonevest.model.areas import States, is_built_in
from zonevest.model.capture import with_captures
from zonevest.model.distinct import distinct
from zonevest.model.flows import AT_START_PRICES, MONEY, NEVER, PAID_TO, Accounts, Clock, Item, Rows, Timed
from zonevest.model.options import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Streams:
    """Timed rows, the stream to which each belongs, and the carriers.

    Attributes
    ----------
    timed : the rows with their years, shape (n,).
    stream : the stream of each timed row, shape (n,).
    carried : carriers x streams; 1, or for the parcels' own rows the row's value times its scale.
    end : year after the last annual row that each kind of option brings itself; 0 without one, NEVER for good.
    sale : whether each kind brings a one-off row on an account of role land_sale.
    row : the row of the flow tables from which each timed row is, shape (n,): of classes, zones and practices its
        position in `LandRows`, of parcels the first of those in parcel_flows that differ in parcel and value only.
    """

    timed: Timed
    stream: Ints
    carried: sparse.csr_array
    end: Ints
    sale: Bools
    row: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def items(self, wanted: Sequence[Item]) -> dict[int, sparse.csr_array]:
        """What each stream gives to each item: scale -> streams x items."""
        timed, accounts, clock = self.timed, self.timed.accounts, self.timed.clock
        periods = len(clock.length)
        result: dict[int, sparse.csr_array] = {}
        for suffix, growing in (("", True), (AT_START_PRICES, False)):
            column = np.full((len(accounts.names), periods + 1), -1)
            money: list[tuple[int, str, int]] = []
            for index, (account, period) in enumerate(wanted):
                if account.endswith(AT_START_PRICES) == (not growing) and not is_built_in(account):
                    name = account.removesuffix(suffix) if suffix else account
                    if name in accounts.names:
                        column[accounts.names.get_loc(name), period] = index
                    elif name.startswith(MONEY):
                        money.append((index, name, period))
            if (column < 0).all() and not money:
                continue
            yearly = timed.yearly(growing)
            start = yearly[:, :1] * ~timed.rows.once[:, None]  # the state before the first period comes last
            value = np.concatenate([timed.by_period(yearly), start], axis=1)
            target = column[timed.rows.account]
            row, when = np.nonzero((target >= 0) & (value != 0.0))
            self._add(result, len(wanted), row, target[row, when], value[row, when])
            for index, name, period in money:
                weight = timed.weight(name)
                if name.startswith("money.resource"):  # the mean per year of what comes once, too
                    weight = np.where(timed.rows.once & (period >= 0), weight / clock.length[period], weight)
                if name.startswith(PAID_TO):  # the total of what comes every year, too
                    weight = np.where(timed.rows.once, weight, weight * clock.length[period])
                part = value[:, period] * weight
                row = np.flatnonzero(part)
                self._add(result, len(wanted), row, np.full(len(row), index), part[row])
        return result

    def _add(self, result: dict[int, sparse.csr_array], width: int, row: Ints, item: Ints, value: Floats) -> None:
        """Add values of timed rows to the items' matrices, by scale."""
        scales = self.timed.rows.scale[row]
        for scale in np.unique(scales).tolist():
            at = scales == scale
            part = sparse.csr_array((value[at], (self.stream[row[at]], item[at])), shape=(self.carried.shape[1], width))
            result[scale] = result[scale] + part if scale in result else part

    def worth(self, name: str) -> dict[int, tuple[Floats, Floats]]:
        """F1 or F2 of each stream: scale -> (annual rows, one-off rows carried to y0), each shape (streams,)."""
        timed, rate = self.timed, self.timed.clock.rate(name)
        weight = timed.weight(name)
        count = self.carried.shape[1]
        annual = timed.at_present(rate, timed.yearly(), weight)
        once = timed.carried(rate, weight)

        def of_streams(part: Floats, scale: int) -> Floats:
            chosen = np.where(timed.rows.scale == scale, part, 0.0)
            return np.asarray(np.bincount(self.stream, weights=chosen, minlength=count), dtype=np.float64)

        scales = np.unique(timed.rows.scale[weight != 0.0]).tolist()
        return {scale: (of_streams(annual, scale), of_streams(once, scale)) for scale in scales}


class _Gathering:
    """Streams as they are found."""

    def __init__(self, rows: Rows, sale: Bools, kinds: int) -> None:
        self.rows, self.sale_row = rows, sale
        self.parts: list[tuple[Ints, Ints, Ints, Bools, Ints]] = []
        self.carriers: list[Ints] = []
        self.streams: list[Ints] = []
        self.count = 0
        self.end = np.zeros(kinds, dtype=np.int64)
        self.sale = np.zeros(kinds, dtype=bool)

    def add(self, at: Ints, carriers: Ints, annual: Ints, once: Ints, until: Ints, settled: bool) -> None:
        """Let carriers carry the rows `at`: annual ones from year `annual`, once ones in `once`, all before `until`.

        `settled` rows stand in full force (today's class and zone): no offset, no ramp, nothing once. Carriers that
        agree in the three years share a stream.
        """
        rows = self.rows
        timing, index = distinct(annual, once, until)
        for column, (begin, year, stop) in enumerate(timing.T):
            keep = at[~rows.once[at] & ~rows.captured[at]] if settled else at
            single, offset = rows.once[keep], rows.offset[keep] * (not settled)
            first = np.where(single | rows.captured[keep], year, begin) + offset
            n = len(keep)
            self.parts.append((keep, first, np.full(n, stop), np.full(n, settled), np.full(n, self.count + column)))
            if not settled and n:
                life = np.where(np.isnan(rows.life[keep]), NEVER, np.ceil(rows.life[keep]))
                last = np.where(single | rows.captured[keep], 0, np.minimum(first + life, NEVER)).max()
                carrying = carriers[index == column]
                self.end[carrying] = np.maximum(self.end[carrying], int(last))
                self.sale[carrying] |= bool((single & self.sale_row[keep]).any())
        self.carriers.append(carriers)
        self.streams.append(self.count + index)
        self.count += timing.shape[1]

    def close(self, clock: Clock, accounts: Accounts, kinds: int) -> Streams:
        """All streams found."""
        empty = np.zeros(0, dtype=np.int64)
        row, begin, until, settled, stream = (
            np.concatenate([part[i] for part in self.parts]) if self.parts else empty for i in range(5)
        )
        timed = Timed(clock, accounts, self.rows.take(row), begin, until, settled.astype(bool))
        carriers = np.concatenate([empty, *self.carriers])
        carried = sparse.csr_array(
            (np.ones(len(carriers)), (carriers, np.concatenate([empty, *self.streams]))), shape=(kinds, self.count)
        )
        return Streams(timed, stream, carried, self.end, self.sale, row)


@dataclass(frozen=True)
class LandRows:
    """The flow rows of classes, zones and practices, by table.

    Attributes
    ----------
    rows : of all three, one below the other.
    table, source : of each row its table (0: classes, 1: zones, 2: practices) and its position in it; a capture's are
        those of the row of which it takes.
    groups : for each table (position of the subject, `where`) -> its rows.
    """

    rows: Rows
    groups: tuple[dict[tuple[int, str], Ints], ...]
    table: Ints
    source: Ints


def land_rows(study: Study, accounts: Accounts, scales: dict[str, Ints]) -> LandRows:
    """Read the flow tables of classes, zones and practices.

    Parameters
    ----------
    scales : for each flow table the position of each row's scale.
    """
    subjects = {"class_flows": "land_class", "zone_flows": "zone", "practice_flows": "practice"}
    parts, groups, sources, shift = [], [], [], 0
    for name, subject in subjects.items():
        flows, source = with_captures(study, study.tables[name])
        names = study.tables["land_classes" if subject == "land_class" else subject + "s"][subject]
        found: dict[tuple[int, str], list[int]] = {}
        codes = pd.Index(names).get_indexer(flows[subject]).tolist()
        for at, key in enumerate(zip(codes, flows["where"], strict=True)):
            found.setdefault(key, []).append(shift + at)
        groups.append({key: np.array(at) for key, at in sorted(found.items())})
        parts.append(Rows.of(flows, accounts, scales[name][source]))
        sources.append(source)
        shift += len(flows)
    of_table = np.repeat(np.arange(len(sources)), [len(source) for source in sources])
    return LandRows(Rows.joined(parts), tuple(groups), of_table, np.concatenate(sources))


def land_streams(land: LandRows, clock: Clock, accounts: Accounts, states: States) -> Streams:
    """Streams of classes, zones and practices, carried by kinds."""
    options, rows = states.options, land.rows
    kinds = np.arange(len(options.kind_pattern))
    gathering = _Gathering(rows, accounts.sale[rows.account], len(kinds))
    first = np.full(len(kinds), clock.years[0])
    never = np.full(len(kinds), NEVER)
    start, service = states.start_year, states.service_year
    here = kinds[states.assigned]
    acting = kinds[options.kind_start >= 0]
    new_class, new_zone = kinds[states.class_year < NEVER], kinds[states.zone_year < NEVER]
    practice = options.kind_practice - 1
    # by table: subject of each kind, its carriers, first year of annual rows, of once rows, end, in full force
    phases = (
        [
            (states.class_today, here, first, never, states.class_year, True),
            (states.class_new, new_class, service, start, never, False),
        ],
        [
            (states.zone_today, here, first, never, states.zone_year, True),
            (states.zone_new, new_zone, start, start, never, False),
        ],
        [(practice, acting, service, start, never, False)],
    )
    for groups, of_table in zip(land.groups, phases, strict=True):
        for of_kind, carriers, annual, once, until, settled in of_table if groups else ():
            order = carriers[np.argsort(of_kind[carriers], kind="stable")]
            for (code, where), at in groups.items():
                chosen = order[slice(*np.searchsorted(of_kind[order], [code, code + 1]))]
                if where:
                    chosen = chosen[_where(states, where)[options.kind_pattern[chosen]]]
                if len(chosen):
                    gathering.add(at, chosen, annual[chosen], once[chosen], until[chosen], settled)
    return gathering.close(clock, accounts, len(kinds))


def _where(states: States, cell: str) -> Bools:
    """For which patterns a `where` cell holds."""
    return holds(states.options.study.parcels.iloc[states.options.first], cell)


def parcel_streams(
    study: Study, clock: Clock, accounts: Accounts, states: States, scale: Ints, scales: list[NDArray[np.float64]]
) -> Streams | None:
    """Streams of the parcels' own rows, carried by single options; None without such rows."""
    if study.parcel_flows.empty:
        return None
    flows, source = with_captures(study, study.parcel_flows)
    options, scale = states.options, scale[source]
    rows = Rows.of(flows, accounts, scale)
    parcel = pd.Index(study.parcels["parcel_id"]).get_indexer(flows["parcel_id"])
    applies = np.ones(len(flows), dtype=bool)
    for cell in flows["where"].unique():
        if cell:
            at = (flows["where"] == cell).to_numpy()
            applies[at] = holds(study.parcels.iloc[parcel[at]], cell)
    # every (row, option) of the row's parcel
    count = np.where(applies, np.diff(options.start)[parcel], 0)
    row = np.repeat(np.arange(len(flows)), count)
    option = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - options.start[:-1][parcel], count)
    kind = options.kind[option].astype(np.int64)
    practice = pd.Index(options.practices[1:-1]).get_indexer(flows["practice"])[row] + 1
    zone = pd.Index(study.zones["zone"]).get_indexer(flows["zone"])[row]
    any_practice, any_zone = (flows["practice"] == "").to_numpy()[row], (flows["zone"] == "").to_numpy()[row]
    acts = options.kind_start[kind] >= 0
    lasting = ~(rows.once | rows.captured)[row]
    held = states.assigned[kind] & any_practice & lasting & (any_zone | (zone == states.zone_today[kind]))
    own = acts & (any_practice | (practice == options.kind_practice[kind]))
    own &= any_zone | (zone == states.zone_new[kind])
    # the phase before the start (for held land for good), then that of the practice
    start = states.start_year[kind]
    pairs = np.concatenate([np.flatnonzero(held), np.flatnonzero(own)])
    begin = np.concatenate([np.full(held.sum(), clock.years[0]), start[own]])
    until = np.concatenate([start[held], np.full(own.sum(), NEVER)])
    # rows that differ in nothing but value and parcel share a profile (of one source); profile x years is the stream
    profile = numbered(
        rows.account, rows.once, rows.offset, rows.ramp, rows.life, rows.decay, rows.growth, rows.lag, rows.captured,
        rows.source, *(flows[name].to_numpy() for name in ("source", "confidence")),
    )  # fmt: skip
    stream, seen = numbered(profile[row[pairs]], begin, until), None
    _, seen = np.unique(stream, return_index=True)
    once_per_stream = pairs[seen]
    shown = rows.take(row[once_per_stream])
    unit = replace(shown, value=np.ones(len(seen)))
    timed = Timed(clock, accounts, unit, begin[seen] + shown.offset, until[seen], np.zeros(len(seen), dtype=bool))
    value = np.zeros(len(pairs))
    for code in np.unique(scale):
        at = scale[row[pairs]] == code
        value[at] = rows.value[row[pairs[at]]] * scales[code][parcel[row[pairs[at]]]]
    carried = sparse.csr_array((value, (option[pairs], stream)), shape=(len(options.kind), len(seen)))
    end, sale = np.zeros(len(options.kind_pattern), dtype=np.int64), np.zeros(len(options.kind_pattern), dtype=bool)
    mine = slice(int(held.sum()), None)
    np.maximum.at(end, kind[pairs[mine]], np.where(shown.once | shown.captured, 0, timed.stop)[stream[mine]])
    np.logical_or.at(sale, kind[pairs[mine]], (shown.once & accounts.sale[shown.account])[stream[mine]])
    return Streams(timed, np.arange(len(seen)), carried, end, sale, source[row[once_per_stream]])
