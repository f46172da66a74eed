"""Sums of ledger cells and decisions, and the rows made of them: what is left to decide once land and projects are."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zonevest.reports.audit_cells import Floats, Ints
from zonevest.reports.audit_flows import Unit

Key = tuple[Any, ...]
"""What a decision is known by: its table, then what a row of it names."""
HECTARES = -1
"""In place of a place: the cell is not of the ledger, but hectares of an atom under a practice."""


DEMANDS = frozenset(
    {"cash", "reserve", "instrument_period", "debt_ratio_cap", "interest_share_general", "interest_share_fund"}
    | {"dscr_min", "golden_rule", "refinance_share", "cover_min", "operating_balance", "land_sale_share_cap"}
    | {"green_share_min", "real_estate_share_max", "reinvestment_min", "quota", "fund"}
)
"""Rows that ask something of a period, the last part of their names; other rows of it say how things are."""


class Cell(NamedTuple):
    """A cell of the ledger: at prices of the year (0) or of the start (1), by place and column."""

    price: int
    place: int
    column: int


class Sum:
    """const + Σ coefficient x cell + Σ coefficient x decision."""

    __slots__ = ("cells", "const", "decisions")

    def __init__(
        self,
        const: float = 0.0,
        cells: Mapping[int, float] | None = None,
        decisions: Mapping[int, float] | None = None,
    ) -> None:
        self.const, self.cells, self.decisions = const, dict(cells or {}), dict(decisions or {})

    def add(self, other: Sum | float, factor: float = 1.0) -> Sum:
        """Add a multiple of another sum, in place."""
        if not isinstance(other, Sum):
            self.const += factor * other
            return self
        self.const += factor * other.const
        for mine, theirs in ((self.cells, other.cells), (self.decisions, other.decisions)):
            for at, value in theirs.items():
                mine[at] = mine.get(at, 0.0) + factor * value
        return self

    def __add__(self, other: Sum | float) -> Sum:
        return Sum(self.const, self.cells, self.decisions).add(other)

    def __sub__(self, other: Sum | float) -> Sum:
        return Sum(self.const, self.cells, self.decisions).add(other, -1.0)

    def __mul__(self, factor: float) -> Sum:
        return Sum().add(self, factor)

    __rmul__ = __mul__

    def terms(self, cells: Floats, decisions: Floats) -> Floats:
        """Its terms, the constant first."""
        values = [self.const]
        values += [factor * float(cells[at]) for at, factor in self.cells.items()]
        values += [factor * float(decisions[at]) for at, factor in self.decisions.items()]
        return np.array(values)

    def value(self, cells: Floats, decisions: Floats) -> float:
        """Its value."""
        return float(self.terms(cells, decisions).sum())


def total(sums: Iterable[Sum]) -> Sum:
    """Σ of sums."""
    out = Sum()
    for each in sums:
        out.add(each)
    return out


@dataclass(frozen=True)
class Decision:
    """A variable of money, uplift, quotas or transfers, at least 0.

    Attributes
    ----------
    key : table, then what a row of it names.
    unit : what one unit of it books; None where it books nothing.
    places : the places where it does.
    cash : what one unit counts in F1 beside what it books.
    high : the most it may be.
    counts : False for a column that only helps to write a row (a positive part).
    whole : whether it is a whole number.
    """

    name: str
    key: Key
    unit: Unit | None = None
    places: tuple[int, ...] = ()
    cash: float = 0.0
    high: float = math.inf
    counts: bool = True
    whole: bool = False

    @property
    def worth(self) -> float:
        """What one unit counts in F1."""
        return self.cash + (float(self.unit.worth[0]) if self.unit is not None else 0.0)


class Told(NamedTuple):
    """How `limits.csv` tells of a row."""

    limit: str
    account: str
    jurisdiction: str
    period: str


@dataclass(frozen=True)
class Line:
    """A row: value ≥ bound or value ≤ bound.

    Attributes
    ----------
    group : money, uplift, quota or gain.
    name : with its indices, ``cash[p1]``.
    penalty : per unit by which it is missed; None for a hard row.
    told : how limits.csv lists it; None where it does not.
    vacuous : whether it says nothing (there is no such instrument, say): a plan need not list it then.
    """

    group: str
    name: str
    value: Sum
    sense: str
    bound: Sum
    penalty: float | None = None
    told: Told | None = None
    vacuous: bool = False

    def only_told(self) -> Line:
        """The row of a period that has begun; whether a project leaned on bonds is not told of it."""
        return replace(self, penalty=0.0, vacuous=self.vacuous or self.name.startswith("cover_min["))

    def of_past(self, past: Collection[str]) -> bool:
        """Whether it is a hard row that demands something of one of these periods: what they brought is known."""
        family, _, key = self.name.partition("[")
        if family == "portfolio":
            return self.penalty is None and bool(past)
        return self.penalty is None and family in DEMANDS and key.rstrip("]").split(",")[-1] in past

    @property
    def rule(self) -> str:
        """The rule that is broken where the row is."""
        return f"{self.group}:{self.name.partition('[')[0]}"


class Watch:
    """The cells that rows, weights and project rules read, in order."""

    def __init__(self, cells: Sequence[Cell] = ()) -> None:
        self.cells: list[Cell] = []
        self.at: dict[Cell, int] = {}
        self.where: dict[tuple[int, int], list[int]] = {}
        for cell in cells:
            self.append(cell)

    def append(self, cell: Cell) -> int:
        """Watch a cell at the next place, watched or not."""
        self.cells.append(cell)
        here = len(self.cells) - 1
        self.at.setdefault(cell, here)
        self.where.setdefault((cell.place, cell.column), []).append(here)
        return here

    def __call__(self, place: int, column: int, price: int = 0) -> Sum:
        """A cell as a sum; watched from now on."""
        cell = Cell(price, place, column)
        return Sum(cells={self.at[cell] if cell in self.at else self.append(cell): 1.0})

    def close(self) -> None:
        """No further cells: their places as arrays."""
        self.price: Ints = np.array([cell.price for cell in self.cells], dtype=np.int64)
        self.place: Ints = np.array([cell.place for cell in self.cells], dtype=np.int64)
        self.column: Ints = np.array([cell.column for cell in self.cells], dtype=np.int64)
        self.land: Ints = np.flatnonzero(self.place == HECTARES)
        self.booked: Ints = np.flatnonzero(self.place != HECTARES)

    def values(self, ledger: Floats, hectares: Floats) -> Floats:
        """The cells of a ledger, shape (2, places, columns), and of hectares."""
        out, at = np.zeros(len(self.cells)), self.booked
        out[at] = ledger[self.price[at], self.place[at], self.column[at]]
        out[self.land] = hectares.reshape(-1)[self.column[self.land]]
        return out


@dataclass
class System:
    """The decisions that are left once land and projects are chosen, and the rows over them.

    Attributes
    ----------
    derived : cells (place, column) that are sums of others, in the order in which they can be worked out.
    """

    watch: Watch
    decisions: list[Decision] = field(default_factory=list)
    at: dict[Key, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    derived: list[tuple[int, int, Sum]] = field(default_factory=list)

    def decide(self, decision: Decision) -> Sum:
        """Add a decision; it as a sum."""
        self.at[decision.key] = len(self.decisions)
        self.decisions.append(decision)
        return Sum(decisions={len(self.decisions) - 1: 1.0})

    def known(self, *key: object) -> Sum:
        """A decision as a sum, nothing where there is none."""
        return Sum(decisions={self.at[key]: 1.0} if key in self.at else {})

    def derive(self, place: int, column: int, sum_: Sum) -> Sum:
        """Say what a cell of the ledger is, beside what is booked there; it as a sum."""
        self.derived.append((place, column, sum_))
        return self.watch(place, column)

    def settle(self, cells: Floats, decisions: Floats) -> list[tuple[int, int, float]]:
        """Add the derived cells to booked ones, in place; they as (place, column, value)."""
        out = []
        for place, column, each in self.derived:
            value = each.value(cells, decisions)
            cells[self.watch.where[place, column]] += value
            out.append((place, column, value))
        return out

    def coefficients(self) -> list[dict[int, float]]:
        """By cell: what one unit of every decision makes in it."""
        watch = self.watch
        out: list[dict[int, float]] = [{} for _ in watch.cells]
        for v, decision in enumerate(self.decisions):
            if decision.unit is None:
                continue
            for column in np.flatnonzero(decision.unit.ledger.any(axis=0)).tolist():
                for place in decision.places:
                    for cell in watch.where.get((place, column), ()):
                        made = float(decision.unit.ledger[watch.cells[cell].price, column])
                        out[cell][v] = out[cell].get(v, 0.0) + made
        for place, column, each in self.derived:
            made_of = spread(each, out)
            for cell in watch.where[place, column]:
                for v, value in made_of.items():
                    out[cell][v] = out[cell].get(v, 0.0) + value
        return out


def spread(sum_: Sum, cells: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """The coefficients of a sum on decisions, those that its cells have included."""
    out = dict(sum_.decisions)
    for cell, factor in sum_.cells.items():
        for v, value in cells[cell].items():
            out[v] = out.get(v, 0.0) + factor * value
    return out


class AffineRow(NamedTuple):
    """Σ coefficient x decision (by position) ≥ or ≤ right; `penalty` per unit by which it is missed, None: hard."""

    name: str
    coefficients: dict[int, float]
    sense: str
    right: float
    penalty: float | None


class AffineColumn(NamedTuple):
    """A decision, its bounds, and whether it is a whole number."""

    name: str
    low: float
    high: float
    whole: bool


@dataclass(frozen=True)
class Affine:
    """What is left to decide, for one choice of options and starts: a linear program, to be maximised.

    Attributes
    ----------
    columns : the decisions, the positive parts of gains, and whether a project leans on debt (whole numbers).
    rows : limits, floor, and the rows of money, uplift, quotas and gains.
    objective, constant : objective value = constant + Σ objective x decision − penalties of soft rows.
    holds : False where a project rule is broken: then no decision helps.
    """

    columns: list[AffineColumn]
    rows: list[AffineRow]
    objective: dict[int, float]
    constant: float
    holds: bool

    def matrix(self) -> NDArray[np.float64]:
        """The coefficients, shape (rows, columns)."""
        out = np.zeros((len(self.rows), len(self.columns)))
        for r, row in enumerate(self.rows):
            for v, value in row.coefficients.items():
                out[r, v] = value
        return out
