"""What is decided now and what may wait (FORMULATION.md section 11).

Now: the zoning of every parcel, what begins on land in the first period, and which projects start in it. Later, when it
is known which scenario came true: land not yet begun (inside its zoning), later projects, money and quotas.

Options of a parcel that are the same decision now form a *class*: an option that begins in the first period is one by
its zone and practice; those that begin later, or never, in the same zone are one class together. Classes are known by
their labels, so that they are the same in every scenario; where a scenario lacks one, it is impossible everywhere. In a
study that goes on from years that have passed, the first period is the first one that is still open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.options import HOLD, UNASSIGNED, Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

    Floats: TypeAlias = NDArray[np.float64]
    Bools: TypeAlias = NDArray[np.bool_]
    Ints: TypeAlias = NDArray[np.int64]

ROUNDING = 1e-9
"""Shares below are rounding."""


@dataclass(frozen=True, eq=False)
class Decided:
    """A decision that is made now.

    Attributes
    ----------
    share : of its parcel, by class; 0 or 1 where land is indivisible, shape (classes,).
    started : 1 where a project has started by a period that is decided now, shape (projects, periods now).
    """

    share: Floats
    started: Floats


@dataclass(frozen=True, eq=False)
class Fixed:
    """What a decision leaves of one scenario's program, whose columns are options, then project states, then others.

    Attributes
    ----------
    lower, upper : of options and project states, beside the program's own bounds, shape (options + states,).
    rows, sides : rows x options == sides, of classes that take a part of their parcel; none on indivisible land.
    """

    lower: Floats
    upper: Floats
    rows: sparse.csr_array
    sides: Floats


@dataclass(frozen=True, eq=False)
class Stages:
    """The classes of all scenarios.

    Attributes
    ----------
    ids : of parcels.
    parcel : position of each class's parcel; classes are in order of parcels, shape (classes,).
    zone, practice, begins : labels of each class; practice and period are ``""`` where nothing begins now.
    possible : whether every scenario has it.
    of_option : per scenario the class of each option.
    projects : names.
    periods : names of the periods that are decided now, the past ones among them.
    all_periods : how many periods there are.
    startable : whether a project may start then in every scenario, shape (projects, periods now).
    divisible : whether land may be divided.
    """

    ids: NDArray[np.object_]
    parcel: Ints
    zone: NDArray[np.object_]
    practice: NDArray[np.object_]
    begins: NDArray[np.object_]
    possible: Bools
    of_option: tuple[Ints, ...]
    projects: tuple[str, ...]
    periods: tuple[str, ...]
    all_periods: int
    startable: Bools
    divisible: bool

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self.parcel)

    @cached_property
    def stuck(self) -> list[str]:
        """Parcels for which no class is possible in every scenario, by id."""
        ways = np.bincount(self.parcel[self.possible], minlength=len(self.ids))
        return [str(name) for name in self.ids[ways == 0]]

    def decided(self, scenario: int, weight: Floats, started: Floats) -> Decided:
        """The decision that a scenario's point makes now.

        Parameters
        ----------
        weight : x of the scenario's options.
        started : U, shape (projects, periods), or those of the periods decided now.
        """
        share: Floats = np.bincount(self.of_option[scenario], weights=weight, minlength=self.count).astype(float)
        now = np.array(np.rint(started[:, : len(self.periods)]), dtype=np.float64)
        if not self.divisible:
            return Decided(np.rint(share), now)
        share[share < ROUNDING] = 0.0
        whole = np.bincount(self.parcel, weights=share, minlength=len(self.ids))
        share = share / np.where(whole > 0.0, whole, 1.0)[self.parcel]
        return Decided(np.where(share > 1.0 - ROUNDING, 1.0, share), now)

    def holds(self, decided: Decided) -> bool:
        """Whether the decision can be made in every scenario, as far as options and starts go."""
        fresh = np.diff(decided.started, axis=1, prepend=0.0) > 0.5
        return not (decided.share[~self.possible] > ROUNDING).any() and not (fresh & ~self.startable).any()

    def fixed(self, decided: Decided, scenario: int) -> Fixed:
        """What a decision leaves of a scenario's options and project states."""
        of_option = self.of_option[scenario]
        now, periods = len(self.periods), self.all_periods
        lower, upper = (np.full((len(self.projects), periods), value) for value in (0.0, 1.0))
        lower[:, :now] = upper[:, :now] = decided.started
        share = decided.share[of_option]
        alone = np.bincount(of_option, minlength=self.count)[of_option] == 1
        partly = (decided.share > 0.0) & (decided.share < 1.0)
        partly[of_option[alone]] = False
        parts = np.flatnonzero(partly)
        row = np.full(self.count, -1, dtype=np.int64)
        row[parts] = np.arange(len(parts))
        inside = np.flatnonzero(row[of_option] >= 0)
        rows = sparse.csr_array(
            (np.ones(len(inside)), (row[of_option[inside]], inside)), shape=(len(parts), len(of_option))
        )
        return Fixed(
            np.concatenate([np.where(alone, share, 0.0), lower.ravel()]),
            np.concatenate([np.where(alone, share, share > 0.0), upper.ravel()]),
            rows,
            decided.share[parts],
        )

    def numbers(self, scenario: int, columns: int) -> Ints:
        """Of a scenario's columns the number of the shared decision that they are a part of, -1 for none.

        Classes come first, then the project states that are decided now; shape (columns,).
        """
        out = np.full(columns, -1, dtype=np.int64)
        options, now = len(self.of_option[scenario]), len(self.periods)
        out[:options] = self.of_option[scenario]
        states = np.full((len(self.projects), self.all_periods), -1, dtype=np.int64)
        states[:, :now] = self.count + np.arange(len(self.projects) * now).reshape(-1, now)
        out[options : options + states.size] = states.ravel()
        return out

    @property
    def upper(self) -> Floats:
        """0 for shared decisions that are impossible in some scenario, else 1; in the order of `numbers`."""
        return np.concatenate([self.possible, np.ones(len(self.projects) * len(self.periods))]).astype(np.float64)

    def parcels_table(self, decided: Decided) -> pd.DataFrame:
        """What is decided of land now: parcel_id, zone, practice and begins (blank: not begun), share."""
        at = np.flatnonzero(decided.share > 0.0)
        columns = {"parcel_id": self.ids[self.parcel[at]], "zone": self.zone[at], "practice": self.practice[at]}
        return pd.DataFrame(columns | {"begins": self.begins[at], "share": decided.share[at]})

    def projects_table(self, decided: Decided) -> pd.DataFrame:
        """What is decided of projects now: project, start (blank: not now)."""
        begun = decided.started > 0.5
        names = np.array([*self.periods, ""], dtype=object)
        at = np.where(begun.any(axis=1), begun.argmax(axis=1), len(self.periods))
        return pd.DataFrame({"project": np.array(self.projects, dtype=object), "start": names[at]})


def stages(ledgers: Sequence[Ledger]) -> Stages:
    """Put the options of all scenarios of a study into classes that are decided now.

    Parameters
    ----------
    ledgers : of the scenarios; they have the same parcels, zones, practices, projects and periods.

    Raises
    ------
    ValueError
        If they have not: no scenario changes the names of things.
    """
    first = ledgers[0].study
    ids = first.parcels["parcel_id"].to_numpy(dtype=object)
    periods = period_names(first.periods)
    now = min(first.past, len(periods) - 1) + 1
    for ledger in ledgers[1:]:
        _alike(ledgers[0], ledger)
    zones, practices = [*first.zones["zone"], UNASSIGNED], [*first.practices["practice"], ""]
    size = len(zones) * len(practices) * (now + 1)
    codes = [_codes(ledger.options, zones, practices, now) for ledger in ledgers]
    known = np.unique(np.concatenate([np.unique(each) for each in codes]))
    of_option = tuple(np.searchsorted(known, each) for each in codes)
    parcel, rest = np.divmod(known, size)
    zone, rest = np.divmod(rest, len(practices) * (now + 1))
    practice, begins = np.divmod(rest, now + 1)
    possible = np.ones(len(known), dtype=bool)
    for each in of_option:
        possible &= np.bincount(each, minlength=len(known)) > 0
    return Stages(
        ids,
        parcel,
        np.array(zones, dtype=object)[zone],
        np.array(practices, dtype=object)[practice],
        np.array([*periods[:now], ""], dtype=object)[begins],
        possible,
        of_option,
        ledgers[0].works.names,
        tuple(periods[:now]),
        len(periods),
        np.logical_and.reduce([ledger.works.possible[:, :now] for ledger in ledgers]),
        first.settings.divisible,
    )


def _alike(one: Ledger, other: Ledger) -> None:
    """Whether two scenarios speak of the same things."""
    for what in ("parcels", "zones", "practices"):
        column = {"parcels": "parcel_id"}.get(what, what.removesuffix("s"))
        if list(one.study.tables[what][column]) != list(other.study.tables[what][column]):
            raise ValueError(f"the scenarios have other {what}")
    if one.works.names != other.works.names or period_names(one.study.periods) != period_names(other.study.periods):
        raise ValueError("the scenarios have other projects or periods")
    if one.study.past != other.study.past or one.study.settings.divisible != other.study.settings.divisible:
        raise ValueError("the scenarios differ in what has begun, or in whether land may be divided")


def _codes(options: Options, zones: list[str], practices: list[str], now: int) -> Ints:
    """A number for each option's parcel and label; the last practice and the last period say that nothing begins now.

    Shape (options,).
    """
    study = options.study
    of_zone = {name: position for position, name in enumerate(zones)}
    known = dict(zip(study.practices["practice"], study.practices["zone"], strict=True))
    zone_of = np.array([of_zone.get(known.get(name, UNASSIGNED), 0) for name in options.practices], dtype=np.int64)
    held = options.kind_practice == options.practices.index(HOLD)
    today = np.array([of_zone.get(name, len(zones) - 1) for name in options.zone_today], dtype=np.int64)
    zone = np.where(held, today[options.kind_pattern], zone_of[options.kind_practice])
    begun = (options.kind_start >= 0) & (options.kind_start < now)
    place = np.array([practices.index(name) if name in known else 0 for name in options.practices], dtype=np.int64)
    practice = np.where(begun, place[options.kind_practice], len(practices) - 1)
    begins = np.where(begun, options.kind_start, now)
    label = (zone * len(practices) + practice) * (now + 1) + begins
    size = len(zones) * len(practices) * (now + 1)
    return np.asarray(options.parcel.astype(np.int64) * size + label[options.kind], dtype=np.int64)
