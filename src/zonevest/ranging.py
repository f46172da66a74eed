"""Shadow prices in planners' units, and over which range of the study's number each holds."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyomo.core.expr.numvalue import value

from zonevest.reports.priced import FIXED
from zonevest.solvers.around import Move, program_around
from zonevest.solvers.ranges import Side, at_home, side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.model.book import Told
    from zonevest.reports.priced import Priced
    from zonevest.solvers.around import Stand

    Floats = NDArray[np.float64]

COLUMNS = [
    "row", "limit", "jurisdiction", "period", "sense", "unit", "bound", "price", "basis", "binding",
    "less", "more", "from", "to", "from_end", "to_end", "from_outside", "to_outside", "price_below", "price_above",
    "plan_below", "plan_above", "resolved",
]  # fmt: skip
POINT, MONTH = "point", "month"
"""Units of ratios: a hundredth of the number, and a month of recurring cost."""
UNTOLD = ("cash", "draw_cap", "fund_project", "floor", "keep")
"""Families of rows of money and of the objective that limits.csv does not tell of."""
NOTHING = 1e-12
"""A price by which a number of its size is worth less than this part of the objective's span is rounding."""
GROWN, SHARE = 3, 1 / 12
"""So many times as much land as at first is too much; part of the time that one number may take of that of all."""
BINDS = 1e-6
"""A row binds where it is nearer to its bound than this part of its size."""


@dataclass(frozen=True)
class Number:
    """A number of the study that bounds something.

    Attributes
    ----------
    names : row, limit, jurisdiction, period.
    unit, sense : unit of the price; <=, >= or ==.
    number : as it is; NaN: it has none.
    part : of the number, what the price is of (a point is a hundredth).
    move : what a unit of the number does; None: nothing stands behind it.
    position : of its row among rows and caps; -1: none.
    per : what a unit of the number makes of the row's right side in the plan's program.
    size : how large it is.
    least : how far it can be moved down.
    """

    names: tuple[str, str, str, str]
    unit: str
    sense: str
    number: float
    part: float
    move: Move | None
    position: int
    per: float
    size: float
    least: float = -np.inf


class Ranging:
    """The program around a plan, and the numbers of the study that bound it.

    Raises
    ------
    UnsolvedError
        If the program cannot be solved.
    """

    def __init__(self, priced: Priced) -> None:
        self.priced, block = priced, priced.solved
        self._row = {name: k for k, name in enumerate(block.rows)}
        self._column = {name: k for k, name in enumerate(block.columns)}
        caps = list(dict.fromkeys(told.cap[0] for told in priced.stated if told.cap and told.cap[0] in self._column))
        self._caps = {name: len(block.rows) + k for k, name in enumerate(caps)}
        self.around = program_around(
            block, priced.weight, priced.point, self._near(), np.array([self._column[name] for name in caps], int)
        )
        self._at_first = self.around.loose
        self.numbers = [*self._told(), *self._untold()]
        self._sides: dict[int, tuple[Side, Side]] = {}
        self._homes: dict[int, Stand] = {}

    def _near(self) -> Floats:
        """The prices of the plan, of rows that say what an entry is by what the others charge for it."""
        block = self.priced.solved
        known = dict(zip(self.priced.block.rows, self.priced.prices.tolist(), strict=True))
        prices = np.array([known.get(name, 0.0) for name in block.rows])
        both = [(k, self._column[name]) for name, k in self._row.items() if name not in known and name in self._column]
        if both:
            rows, columns = np.array(both).T
            charged = block.by_column[columns] @ np.append(-prices, 1.0)
            prices[rows] = charged
        return prices

    def _told(self) -> Iterator[Number]:
        limits = self.priced.plan.limits
        for k, told in enumerate(self.priced.stated):
            bound = float(limits["bound"].iloc[k])
            names = (told.row, told.limit, told.place, told.period)
            if told.row in self._row:
                yield self._of_row(told, names, bound)
            elif told.cap and told.cap[0] in self._column:
                yield self._of_cap(told, names, bound)
            else:
                yield Number(names, told.unit, told.sense, bound, 1.0, None, -1, 0.0, 1.0)

    def _of_row(self, told: Told, names: tuple[str, str, str, str], bound: float) -> Number:
        at = self._row[told.row]
        if told.number is None or told.per is None:
            number = bound if told.number is None else told.number
            # a floor or a ceiling of nothing is as large as what stands in its row
            size = max(abs(number), BINDS * self._filled(at)) or 1.0
            return Number(names, told.unit, told.sense, number, 1.0, Move(((at, 1.0),)), at, 1.0, size)
        unit, part = (MONTH, 1.0) if told.limit.startswith("reserve") else (POINT, 0.01)
        rate = self._column.get(self.priced.rates.get(told.row, ""))
        size, least = max(abs(told.number), part), -told.number
        if rate is None:  # what it is multiplied by is not decided
            per = float(value(told.per))
            return Number(names, unit, told.sense, told.number, part, Move(((at, per),)), at, per, size, least)
        per = float(self.around.columns[rate])
        return Number(names, unit, told.sense, told.number, part, Move((), (at, rate)), at, per, size, least)

    def _of_cap(self, told: Told, names: tuple[str, str, str, str], bound: float) -> Number:
        at = self._caps[told.cap[0]]
        # the end of a step is there if the step before is full
        opening = [self._row[row] for row in told.cap[1:]]
        rows = [(at, 1.0), *((row, self._opened(row)) for row in opening)]
        width = float(self.priced.solved.column_upper[self._column[told.cap[0]]])
        return Number(names, told.unit, told.sense, bound, 1.0, Move(tuple(rows)), at, 1.0, max(bound, 1.0), -width)

    def _opened(self, row: int) -> float:
        """Whether the choice of a row `following <= width x choice` is made."""
        block = self.priced.solved
        whole = np.flatnonzero(block.column_integer)
        entries = block.by_column[whole][:, [row]].toarray().ravel()
        return float(np.rint(self.priced.point[whole[entries != 0.0]]).max(initial=0.0))

    def _filled(self, row: int) -> float:
        """The largest thing that stands in a row in the plan's program."""
        entries = self.priced.solved.by_column[:, [row]].toarray().ravel()
        return float(np.abs(entries * self.around.columns).max(initial=0.0))

    def _untold(self) -> Iterator[Number]:
        known = {told.row for told in self.priced.stated}
        table = self.priced.told.set_index("row")
        block, whole = self.priced.solved, self.priced.solved.column_integer
        for name, at in self._row.items():
            family, _, index = name.partition("[")
            if family not in UNTOLD or name in known:
                continue
            lower, upper = block.lower[at], block.upper[at]
            sense = "==" if lower == upper else "<=" if np.isfinite(upper) else ">="
            bound, size = float(upper if sense == "<=" else lower), self._filled(at)
            if family in ("draw_cap", "fund_project"):
                own = block.by_column[np.flatnonzero(whole)][:, [at]].toarray().ravel()
                bound -= float(own @ self.around.columns[whole])
                if bound <= 0.0:
                    continue
            elif family == "cash":
                bound = 0.0  # what comes in beside what is planned
            period = index.removesuffix("]").rpartition(",")[2].strip("'") if family == "cash" else ""
            limit = str(table["limit"].get(name, name)) if family != "cash" else "cash"
            place = index.rpartition(",")[0] if family == "cash" else ""
            named = (name, f"{limit}.{place}" if place else limit, "", period)
            yield Number(named, "million", sense, bound, 1.0, Move(((at, 1.0),)), at, 1.0, max(abs(bound), size, 1e-6))

    def table(self, limit: str | None = None, seconds: float = 60.0) -> pd.DataFrame:
        """Every number with its price and its range; see `zonevest.api.Plan.shadow_prices`."""
        numbers = [(k, number) for k, number in enumerate(self.numbers) if limit is None or limit in number.names[:2]]
        begun = perf_counter()
        prices = [self._price(number) for _, number in numbers]
        binding = [self._binds(number) for _, number in numbers]
        # the dearest first, as they are told, in case that the time is short; but of a number of which a hundredth is
        # worth more than the whole plan there is no more to be had, which takes long to be found
        whole = max(abs(self.around.value), NOTHING * self.around.span)
        worth = [
            -1.0 if not binds else -0.5 if abs(price) * number.size / number.part > 100.0 * whole else abs(price)
            for price, binds, (_, number) in zip(prices, binding, numbers, strict=True)
        ]
        asked = [
            position
            for position in np.argsort([-each for each in worth], kind="stable").tolist()
            if numbers[position][1].move is not None and (binding[position] or limit is not None)
        ]
        self._at_home([numbers[position][0] for position in asked])
        for position in asked:
            k, number = numbers[position]
            if self._known(k):
                continue
            end = begun + seconds if limit is None else np.inf
            if perf_counter() > end:
                break
            self.around.until = min(end, perf_counter() + SHARE * seconds) if limit is None else np.inf
            self._sides[k] = self._both(number, self._homes.get(k))
            self.around.until = end
            self._lighter()
        rows = [
            self._line(number, price, bound, self._sides.get(k))
            for (k, number), price, bound in zip(numbers, prices, binding, strict=True)
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def _at_home(self, asked: list[int]) -> None:
        """How far the plan's own basis goes, for all numbers at once: all that is known where time is short."""
        straight = [k for k in asked if k not in self._homes and self._move(k).rate is None]
        if not straight:
            return
        self.around.until = np.inf
        self._homes |= zip(straight, self.around.at_home([self._move(k) for k in straight]), strict=True)
        for k in straight:
            number, home = self.numbers[k], self._homes[k]
            self._sides.setdefault(k, (at_home(home, number.size, -1.0), at_home(home, number.size, 1.0)))

    def _move(self, k: int) -> Move:
        move = self.numbers[k].move
        assert move is not None
        return move

    def _known(self, k: int) -> bool:
        """Whether both ends were looked for until they were found."""
        return k in self._sides and all(each.what != "inner" for each in self._sides[k])

    def _lighter(self) -> None:
        """Make the program anew where moves have brought so much land into it that each solve takes long."""
        around = self.around
        if around.loose > GROWN * self._at_first and perf_counter() < around.until:
            columns = np.array([self._column[name] for name in self._caps], int)
            prices = around.prices[: len(self.priced.solved.rows)]
            self.around = program_around(self.priced.solved, around.weight, around.columns, prices, columns)

    def _both(self, number: Number, home: Stand | None) -> tuple[Side, Side]:
        assert number.move is not None
        less, more = (side(self.around, number.move, number.size, sign, number.least, home) for sign in (-1.0, 1.0))
        return less, more

    def _price(self, number: Number) -> float:
        """Of a part of the number, at the plan's prices; where they are of no row, of the program around the plan."""
        if number.move is None:
            return 0.0
        if number.position >= len(self.priced.solved.rows) or self.priced.basis == FIXED:
            prices = self.around.prices
            if number.move.rate is None:
                return number.part * sum(factor * float(prices[row]) for row, factor in number.move.rows)
            return number.part * number.per * float(prices[number.position])
        name = number.names[0]
        at = self.priced.block.rows.index(name)
        return number.part * number.per * float(self.priced.prices[at])

    def _binds(self, number: Number) -> bool:
        if number.move is None:
            return False
        around, at = self.around, number.position
        near = BINDS * max(number.size * abs(number.per), 1e-9)
        ends = (around.lower[at], around.upper[at])
        if ends[0] == ends[1]:
            return bool(abs(self._price(number)) * number.size > NOTHING * self.around.span)
        return any(np.isfinite(end) and abs(around.activity[at] - end) <= near for end in ends)

    def _line(self, number: Number, price: float, binding: bool, sides: tuple[Side, Side] | None) -> tuple[object, ...]:
        head = (*number.names, number.sense, number.unit, number.number, price, self.priced.basis, binding)
        if sides is None:
            low, high = (np.nan, np.nan) if binding else self._loose(number)
            flat = np.nan if binding else 0.0
            ends = ["inner" if binding else "open" if np.isinf(each) else "break" for each in (low, high)]
            return (*head, flat, flat, low, high, *ends, *[np.nan] * 4, True, True, False)
        less, more = sides
        part, now = number.part, number.number
        return (
            *head, less.price * part, more.price * part, now + less.end, now + more.end, less.what, more.what,
            now + less.outside, now + more.outside, less.beyond * part, more.beyond * part,
            less.what != "no_plan", more.what != "no_plan", "inner" not in (less.what, more.what),
        )  # fmt: skip

    def _loose(self, number: Number) -> tuple[float, float]:
        """How far a number may move before it binds."""
        low, high = -np.inf, np.inf
        if number.move is None:
            return low, high
        around, at = self.around, number.position
        if around.lower[at] == around.upper[at]:
            return np.nan, np.nan
        if np.isfinite(around.upper[at]) and number.per:
            low = number.number + (around.activity[at] - around.upper[at]) / number.per
        if np.isfinite(around.lower[at]) and number.per:
            high = number.number + (around.activity[at] - around.lower[at]) / number.per
        return (low, high) if low <= high else (high, low)
