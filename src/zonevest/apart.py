"""How far a plan is from others, as rows: D <= distance to each of them, linear in options, starts and gains.

For a plan that is known, each distance is linear in another one: land that keeps its zone is counted by the options
that keep it, projects by their states, and a gain that is more or less than the known one by a whole number that says
which. What is not linear is left out on the safe side: see `Land`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.say import say
from zonevest.model.areas import TOTAL
from zonevest.model.builtin import actors
from zonevest.model.flows import OF_ACTOR, OUTSIDE
from zonevest.model.widened import Column, Row
from zonevest.solvers.groups import Groups
from zonevest.solvers.reach import Rows, finite_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.model.ledger import Ledger

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

APART = "apart"
"""The column that is maximised, and the family of rows that hold it below each distance."""
GAINED = "gained"
"""Columns of what actors gain, and the rows that say so."""
SMALL = 1e-9


class EndlessError(ValueError):
    """Nothing bounds how far two plans may be apart."""


@dataclass(frozen=True)
class Bound:
    """What holds D below the distance to a plan.

    Attributes
    ----------
    rows, columns : of a program.
    begun : values of the columns at another plan, as a point of the program.
    slack : by how much D may fall short of the distance that is told, where the plan divides land.
    """

    rows: list[Row]
    columns: list[Column] = field(default_factory=list)
    begun: Callable[[Floats], dict[str, float]] = lambda _: {}
    slack: float = 0.0


class Apart(Protocol):
    """A distance.

    Attributes
    ----------
    most : no two plans are farther apart, in the unit of `D`.
    size : what one of the distance that is told is made of: hectares, projects, or 1 for money.
    """

    most: float
    size: float

    def to(self, number: int, x: Floats) -> Bound:
        """What holds D below the distance to a plan.

        Parameters
        ----------
        number : of the plan; names of rows and columns have it.
        x : the plan, as a point of the program.
        """
        ...


@dataclass
class Land:
    """Hectares that have another label (a zone, an option) than in the known plan.

    Of land that the known plan divides, only what has a label of which that parcel has nothing there counts: no more
    than the distance that is told, and as much where land is whole.

    Parameters
    ----------
    label : of each option, a number.
    """

    ledger: Ledger
    label: Ints

    def __post_init__(self) -> None:
        parcel = self.ledger.options.parcel
        area = self.ledger.study.parcels["area_ha"].to_numpy(dtype=float)
        first = self.label[self.ledger.options.start[:-1]]
        differs = np.zeros(len(area), dtype=bool)
        np.logical_or.at(differs, parcel, self.label != first[parcel])
        self._open = differs[parcel]
        self._area, self._parcel = area, parcel.astype(np.int64)
        self.most, self.size = float(area[differs].sum()), float(area.sum()) or 1.0
        self._labels = int(self.label.max(initial=-1)) + 2

    def to(self, number: int, x: Floats) -> Bound:
        """Σ area x share that keeps its label + D <= area that could have another one."""
        key = self._parcel * self._labels + self.label + 1
        taken = x[: len(key)] > SMALL
        same = np.flatnonzero(np.isin(key, np.unique(key[taken])) & self._open)
        share = x[: len(key)][taken]
        sums = np.bincount(np.unique(key[taken], return_inverse=True)[1], weights=share)
        least = np.ones(len(self._area))
        np.minimum.at(least, np.unique(key[taken]) // self._labels, sums)
        slack = float(self._area @ np.where(least < 1.0 - SMALL, 1.0 - least, 0.0))
        row = Row(
            f"{APART}[{number}]", upper=self.most, options=same, amounts=self._area[self._parcel[same]],
            columns={APART: 1.0},
        )  # fmt: skip
        return Bound([row], slack=slack)


@dataclass
class Projects:
    """Projects that are built in one plan alone count 1; built in both, the years between starts as part of all.

    Parameters
    ----------
    columns : of the program; the states of projects are the first.
    """

    ledger: Ledger
    columns: Sequence[str]

    def __post_init__(self) -> None:
        self._begin = self.ledger.clock.begin.astype(float)
        self._years = float(sum(period.years for period in self.ledger.study.periods))
        self._size = len(self.ledger.options.kind)
        self.most = self.size = float(len(self.ledger.works.names)) or 1.0

    def to(self, number: int, x: Floats) -> Bound:
        """D <= Σ over projects of what sets each apart, in its states."""
        periods, columns, right = len(self._begin), {APART: 1.0}, 0.0
        for place in range(len(self.ledger.works.names)):
            names = self.columns[place * periods : (place + 1) * periods]
            states = np.rint(x[self._size + place * periods : self._size + (place + 1) * periods])
            factors = np.zeros(periods)
            if states[-1] > 0:
                away = np.abs(self._begin - self._begin[int(np.argmax(states > 0))]) / self._years
                factors = away - np.append(away[1:], 1.0)
                right += 1.0
            else:
                factors[-1] = 1.0
            columns |= {name: -factor for name, factor in zip(names, factors.tolist(), strict=True) if factor}
        return Bound([Row(f"{APART}[{number}]", upper=right, columns=columns)])


class Gains:
    """Σ over actors (outside left out) of what each gains more, or less, than in the known plan, in million.

    |gain - known| is a column e between the two: e <= gain - known + M b and e <= known - gain + M (1 - b), b whole;
    each M is twice what the actor can gain less, or more. With b divided that is the line between both ends of the
    gain: what is proven of D is as good as these ends are.

    Parameters
    ----------
    model : the policy model; it gets the columns `gained` and their rows.

    Attributes
    ----------
    actors, columns : names, and the columns with their gains.
    low, high : between which each gain lies; from rows at first, see `narrow`.
    """

    size = 1.0

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.actors = [name for name in actors(model.source.study) if name != OUTSIDE]
        model.add_component(GAINED, pyo.Var(self.actors))
        gained = model.component(GAINED)
        rule = pyo.Constraint(self.actors, rule=lambda m, h: gained[h] - m.ledger[OF_ACTOR + h, TOTAL, TOTAL] == 0)
        model.add_component(f"{GAINED}_is", rule)
        self.columns = [gained[name].name for name in self.actors]

    def leave(self, model: pyo.ConcreteModel) -> None:
        """Take columns and rows out of the policy model again, once it is compiled."""
        model.del_component(f"{GAINED}_is")
        model.del_component(GAINED)

    def within(self, block: Block) -> None:
        """Find out what the rows of the program say of what each actor gains at least and at most."""
        groups, rows = Groups(block), len(block.rows)
        policy = block.by_column.tocsc()
        cost = policy[:, [rows]].toarray().ravel()
        least, most = (each[:-1] for each in groups.extent())
        known = Rows(policy[:, :rows].T.tocsc(), block.lower, block.upper, least, most)
        low, high = finite_bounds(known, block.column_lower, block.column_upper, cost, block.column_integer)
        at = {name: place for place, name in enumerate(block.columns)}
        self._column = np.array([at[name] for name in self.columns], dtype=np.int64)
        self._at = len(block.group) + self._column
        self.narrow(low[self._column], high[self._column])
        if not np.isfinite(self.most):
            raise EndlessError(say("what actors gain has no end in this study"))

    def narrow(self, low: Floats, high: Floats) -> None:
        """Take ends that are known of what each actor gains."""
        self.low, self.high = low, high
        self.most = float((high - low).sum())

    def held(self, block: Block) -> Block:
        """The program with what is gained held between its ends."""
        lower, upper = block.column_lower.copy(), block.column_upper.copy()
        lower[self._column], upper[self._column] = self.low, self.high
        return replace(block, column_lower=lower, column_upper=upper)

    def of(self, x: Floats) -> Floats:
        """What each actor gains in a plan, as a point of the program."""
        return x[self._at]

    def to(self, number: int, x: Floats) -> Bound:
        """D <= Σ e, and what holds each e below what an actor gains more or less."""
        known = self.of(x)
        offs = [f"{APART}_{name}[{number}]" for name in self.columns]
        lesser = [f"{APART}_less_{name}[{number}]" for name in self.columns]
        below, above = np.maximum(known - self.low, 0.0), np.maximum(self.high - known, 0.0)
        rows, columns, total = [], [], {APART: 1.0}
        for name, off, less, gain, down, up in zip(
            self.columns, offs, lesser, known.tolist(), below.tolist(), above.tolist(), strict=True
        ):
            columns += [Column(off, 0.0, max(down, up)), Column(less, 0.0, 1.0, whole=True)]
            rows.append(Row(f"{off}_up", upper=-gain, columns={off: 1.0, name: -1.0, less: -2.0 * down}))
            rows.append(Row(f"{off}_down", upper=gain + 2.0 * up, columns={off: 1.0, name: 1.0, less: 2.0 * up}))
            total[off] = -1.0

        def begun(start: Floats) -> dict[str, float]:
            more = self.of(start) - known
            far = np.minimum(np.abs(more), np.maximum(below, above))
            return dict(zip([*offs, *lesser], [*far.tolist(), *(more < 0.0).astype(float).tolist()], strict=True))

        return Bound([*rows, Row(f"{APART}[{number}]", upper=0.0, columns=total)], columns, begun)


def land_by_zone(ledger: Ledger) -> Land:
    """Land by the zone that it lies in at the end."""
    return Land(ledger, ledger.states.zone_new[ledger.options.kind].astype(np.int64))


def land_by_action(ledger: Ledger) -> Land:
    """Land by land action and start."""
    return Land(ledger, ledger.options.kind.astype(np.int64))
