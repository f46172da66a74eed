"""What the land that a plan chooses books, summed up by any groups of its parcels, or parcel by parcel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.distinct import distinct, groups
from zonevest.model.flows import CASH, ECOSYSTEM, NEVER
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.model.atoms import Atom
    from zonevest.model.flows import Accounts, Timed
    from zonevest.model.plan import PlanData
    from zonevest.model.streams import Streams

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PLACE = ["jurisdiction", "zone", "land_class", "period"]
"""Where land lies, what it is and when that begins; of what is on no land zone and class are not told."""


@dataclass(frozen=True)
class Chosen:
    """What options parcels take, n rows.

    Attributes
    ----------
    ledger : of the kinds of options that are taken.
    parcel, option : position of each row's parcel, and of its option in the ledger.
    share : of the parcel.
    """

    ledger: Ledger
    parcel: Ints
    option: Ints
    share: Floats

    @classmethod
    def of(cls, plan: PlanData) -> Chosen:
        """The rows of `plan.parcels`, in its order."""
        study, chosen = plan.study, plan.parcels
        options = build_options(study)
        parcel = pd.Index(study.parcels["parcel_id"]).get_indexer(chosen["parcel_id"])
        practice = pd.Index(options.practices).get_indexer(chosen["practice"])
        start = pd.Index(period_names(study.periods)).get_indexer(chosen["start"])  # -1 for none, as in the kinds
        kinds, kind = distinct(options.pattern[parcel].astype(np.int64), practice, start)
        few = replace(options, kind_pattern=kinds[0], kind_practice=kinds[1], kind_start=kinds[2])
        first = np.concatenate([[0], np.cumsum(few.per_pattern)])[:-1]
        option = few.start[:-1][parcel] + kind - first[few.pattern[parcel]]
        return cls(Ledger(few), parcel, option, chosen["share"].to_numpy(dtype=float))

    @classmethod
    def nothing(cls, ledger: Ledger) -> Chosen:
        """Every parcel held, in their order: none where there is no such state."""
        every = np.arange(len(ledger.study.parcels) if ledger.study.has_doing_nothing else 0)
        return cls(ledger.held, every, every, np.ones(len(every)))

    def held(self) -> Chosen:
        """The same land held as it is, row by row: none where there is no such state."""
        some = slice(None if self.ledger.study.has_doing_nothing else 0)
        return Chosen(self.ledger.held, self.parcel[some], self.parcel[some], self.share[some])

    @cached_property
    def rezoned(self) -> NDArray[np.bool_]:
        """Whether the action of each row changes the zone, shape (n,)."""
        return np.asarray(self.ledger.states.zone_year[self.kind] < NEVER)

    @cached_property
    def told(self) -> pd.DataFrame:
        """Practice, jurisdiction, zone and class after the action, the period in which it begins (``""``: none)."""
        ledger, states, kind = self.ledger, self.ledger.states, self.kind
        zones = np.append(ledger.study.zones["zone"].to_numpy(dtype=object), "")
        classes = ledger.study.land_classes["land_class"].to_numpy(dtype=object)
        periods = np.array([*period_names(ledger.study.periods), ""], dtype=object)
        return pd.DataFrame(
            {
                "practice": np.array(ledger.options.practices, dtype=object)[ledger.options.kind_practice[kind]],
                "jurisdiction": ledger.study.parcels["jurisdiction"].to_numpy(dtype=object)[self.parcel],
                "zone": zones[np.where(states.assigned, states.zone_new, -1)[kind]],
                "land_class": classes[states.class_new[kind]],
                "period": periods[ledger.options.kind_start[kind]],
            }
        )

    @cached_property
    def kind(self) -> Ints:
        """The kind of each row's option, shape (n,)."""
        return self.ledger.options.kind[self.option].astype(np.int64)

    @cached_property
    def area(self) -> Floats:
        """Hectares of each row, shape (n,)."""
        return np.asarray(self.share * self.ledger.study.parcels["area_ha"].to_numpy(dtype=float)[self.parcel])

    def follows(self, practice: str, period: int) -> NDArray[np.bool_]:
        """Which rows follow a practice at the end of a period, shape (n,)."""
        return np.asarray(self.ledger.states.mask(f"area.practice.{practice}", period)[self.kind], dtype=bool)

    def inside(self, atom: Atom) -> NDArray[np.bool_]:
        """Which rows lie in an atom, shape (n,)."""
        return np.asarray(atom.patterns[self.ledger.options.pattern[self.parcel]], dtype=bool)

    def parts(self) -> Iterator[tuple[Streams, Ints, Ints, Floats]]:
        """What rows carry: streams, those of their timed rows that count, the carrier of each row, how much it counts.

        Flow rows of classes, zones and practices are carried by kinds, one part for each scale; the parcels' own by
        options.
        """
        ledger = self.ledger
        scales = ledger.land.timed.rows.scale
        for scale in np.unique(scales).tolist():
            amount = self.share * ledger.scales[scale][self.parcel]
            yield ledger.land, np.flatnonzero(scales == scale), self.kind, amount
        if ledger.own is not None:
            yield ledger.own, np.arange(len(ledger.own.stream)), self.option, self.share

    def booked(self, told: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
        """What the land books on accounts of money and uplift, summed up over rows that are told the same.

        Parameters
        ----------
        told : of each row, n rows.

        Returns
        -------
        DataFrame, array of float
            The columns of `told`, account and captured_from (the uplift account that a capture is of, ``""``: none);
            and the totals of the periods and the present value, one row each.
        """
        group, first = groups(told)
        seen = told.iloc[first].reset_index(drop=True)
        of, code, amounts = self._booked(group, len(seen))
        return seen.iloc[of].reset_index(drop=True).join(named(self.ledger.accounts, code)), amounts

    def _booked(self, group: Ints, groups: int) -> tuple[Ints, Ints, Floats]:
        """Group, code of the account (see `named`) and amounts, by groups of rows."""
        ledger, periods = self.ledger, len(self.ledger.clock.length)
        accounts, factor, width = ledger.accounts, ledger.factor(CASH)[self.kind], periods + 1
        codes = (len(accounts.names) + 1) * len(accounts.names)
        sums = sparse.csr_array((groups, codes * width))
        for streams, rows, carrier, amount in self.parts():
            row, code, amounts = amounts_of(streams.timed.take(rows))
            stream, (carriers, count) = streams.stream[rows[row]], streams.carried.shape
            for weight, first, part in (
                (amount, 0, amounts[:, :-1]),
                (amount * factor, periods, amounts[:, -1:]),
            ):
                at = code[:, None] * width + first + np.arange(part.shape[1])
                value = sparse.csr_array(
                    (part.ravel(), (np.repeat(stream, part.shape[1]), at.ravel())), shape=(count, codes * width)
                )
                mine = sparse.csr_array((weight, (group, carrier)), shape=(groups, carriers))
                sums = sums + (mine @ streams.carried) @ value
        found = sparse.coo_array(sums)
        cell = found.coords[0].astype(np.int64) * codes + found.coords[1] // width
        seen, at = np.unique(cell, return_inverse=True)
        table = np.zeros((len(seen), width))
        table[at, found.coords[1] % width] = found.data
        return seen // codes, seen % codes, table

    def worth(self, *, captured: bool = False) -> sparse.csr_array:
        """Present value of what each row books on each account of money, uplift and ecosystem, n x accounts.

        Parameters
        ----------
        captured : only what tools take of the rise of land value.
        """
        ledger, accounts, clock = self.ledger, self.ledger.accounts, self.ledger.clock
        result = sparse.csr_array((len(self.share), len(accounts.names)))
        cash = accounts.money | (accounts.family == "uplift")
        for streams, rows, carrier, amount in self.parts():
            timed, count = streams.timed, streams.carried.shape[1]
            counting = rows[timed.rows.captured[rows]] if captured else rows
            some, stream = timed.take(counting), streams.stream[counting]
            yearly = some.yearly()
            for name, counted in ((CASH, cash), (ECOSYSTEM, accounts.natural)):
                weight = counted[some.rows.account].astype(float)
                if not weight.any():
                    continue
                used, at = np.unique(carrier, return_inverse=True)
                for mine, part in (
                    (amount, some.at_present(clock.rate(name), yearly, weight)),
                    (amount * ledger.factor(name)[self.kind], some.carried(clock.rate(name), weight)),
                ):
                    value = sparse.csr_array((part, (stream, some.rows.account)), shape=(count, len(accounts.names)))
                    each = sparse.csr_array(streams.carried[used] @ value)
                    result = result + sparse.diags_array(mine) @ each[at]
        result = sparse.csr_array(result)
        result.eliminate_zeros()
        return result


def amounts_of(timed: Timed) -> tuple[Ints, Ints, Floats]:
    """The rows of money and uplift: their positions, a code of account and uplift account, and what a unit makes.

    The last has the totals of the periods, the present value of annual rows, and one-off ones carried to y0.
    """
    accounts, clock, account = timed.accounts, timed.clock, timed.rows.account
    row = np.flatnonzero(accounts.money[account] | (accounts.family[account] == "uplift"))
    some = timed.take(row)
    yearly, whole = some.yearly(), np.ones(len(row))
    annual = accounts.recurrence[some.rows.account] == "annual"
    totals = some.by_period(yearly) * np.where(annual[:, None], clock.length, 1.0)
    worth = [some.at_present(clock.finance, yearly, whole), some.carried(clock.finance, whole)]
    code = some.rows.account * (len(accounts.names) + 1) + some.rows.source + 1
    return row, code, np.column_stack([totals, *worth])


def named(accounts: Accounts, code: Ints) -> pd.DataFrame:
    """Account and the uplift account from which it is captured (``""``: it is no capture), of each code."""
    account, source = np.divmod(code, len(accounts.names) + 1)
    names = accounts.names.to_numpy(dtype=object)
    return pd.DataFrame({"account": names[account], "captured_from": np.append(names, "")[source - 1]})
