"""Every plan of a study at once: options and starts in rows of a matrix, what is left to decide in a linear program."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from tests.reckon.base import TOTAL, Cells, Key, Row, add, split
from tests.reckon.money import Money
from tests.reckon.rows import Sum
from zonevest.instances.study import Study

NO_PLAN = -math.inf
NEAR = 1e-6
"""By how much a row without decisions may be missed, times max(1, |right side|)."""


@dataclass(frozen=True)
class Steps:
    """Prices that change with the amount: what a hectare brings in each step of a period."""

    area: Key
    widths: list[float]
    cells: list[Cells]


class Reckoner(Money):
    """All plans of a study.

    Attributes
    ----------
    choices : the open options of each parcel, as (practice, start).
    begins : the possible starts of each project, None (not built) first.
    """

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.open_starts = {name: self.starts(name) for name in self.projects}
        self.choices = [self.options(parcel) for parcel in self.parcels]
        self.begins: list[list[int | None]] = [[None, *self.open_starts[name]] for name in self.projects]

    @property
    def count(self) -> int:
        """How many combinations of options and starts there are."""
        return math.prod(map(len, self.choices)) * math.prod(map(len, self.begins))

    # -- prices that change with the amount ---------------------------------------------------------------------------

    def price_steps(self) -> Iterator[Steps]:
        named: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.tables.get("price_steps", []):
            named.setdefault((row["account"], row["area_account"], row["jurisdiction"]), []).append(row)
        for (account, area, place), rows in named.items():
            practice = self.practices.get(area.removeprefix("area.new.practice."), None)
            for t in range(len(self.n)):
                mine = [row for row in rows if row["period"] == self.names[t]]
                mine = sorted(mine or [row for row in rows if not row["period"]], key=lambda row: row["up_to"])
                if not mine:
                    continue
                tops = [0.0, *(row["up_to"] for row in mine)]
                widths = [self.n[t] * (high - low) for low, high in itertools.pairwise(tops)]
                where = place or TOTAL
                cells = [self.step(account, practice, place, row["factor"] * row["price"], t) for row in mine]
                yield Steps((area, where, t), widths, cells)

    def step(self, account: str, practice: Row | None, place: str, price: float, t: int) -> Cells:
        """What a hectare of a step brings."""
        cells: Cells = {}
        year, row = self.first_year[t], self.accounts[account]
        amount = price * (1.0 + row["growth"]) ** (year - self.y0)
        places = list(dict.fromkeys([TOTAL, place or TOTAL]))
        self.post(cells, account, places, t, amount, price)
        served, life = year, None
        if practice is not None:
            served = year + int(practice["lead_years"])
            sells = row["role"] == "land_sale" and practice["lease_years"] is not None
            life = practice["lease_years"] if sells else practice["life_years"]
        for worth, rate, part in self.worths():
            value = part(account) * amount * (1.0 + rate) ** (served - 1 - year) * self.equal(served, life, None, rate)
            add(cells, worth, places if worth.startswith("gain.") else [TOTAL], 0, value)
        return cells

    def write_rows(self) -> None:
        """Write down what is left to decide and what must hold."""
        self.prepare()
        self.finance()
        self.limit()
        self.project_rows()
        self.gain_rows()
        self.set_goal()
        self.steps = list(self.price_steps())

    # -- plans --------------------------------------------------------------------------------------------------------

    def plans(self) -> Iterator[tuple[tuple[tuple[str, int], ...], dict[str, int]]]:
        """Every plan: an option for each parcel, and the starts of what is built."""
        for chosen in itertools.product(*self.choices):
            for begun in itertools.product(*self.begins):
                starts = zip(self.projects, begun, strict=True)
                yield chosen, {name: s for name, s in starts if s is not None}

    def needed(self) -> list[Key]:
        """The entries that rows, the objective and prices read."""
        sums = [self.goal, *(side for rule in self.rules for side in (rule.left, rule.right))]
        keys = dict.fromkeys(key for each in sums for key in each.cells)
        return list(keys | dict.fromkeys(steps.area for steps in self.steps))

    def reckon(self) -> None:
        """Work out every plan's entries and whether it may be.

        Sets `table` (plans x entries) and `may` (lines, rules of projects and price steps hold).
        """
        self.keys = self.needed()
        at = {key: column for column, key in enumerate(self.keys)}

        def vector(cells: Cells) -> NDArray[np.float64]:
            found = np.zeros(len(self.keys))
            for key, value in cells.items():
                if key in at:
                    found[at[key]] += value
            return found

        of_options = [
            np.stack([vector(self.with_atoms(parcel, *option)) for option in options] or [vector({})])
            for parcel, options in zip(self.parcels, self.choices, strict=True)
        ]
        of_starts = [
            np.stack([vector({}) if s is None else vector(self.start(name, s)) for s in begins])
            for name, begins in zip(self.projects, self.begins, strict=True)
        ]
        together: dict[tuple[int, int, int], NDArray[np.float64]] = {}
        names = list(self.projects)
        sizes = [len(each) for each in (*self.choices, *self.begins)]
        index = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=int)
        table = np.zeros((index.shape[1], len(self.keys)))
        for position, units in enumerate((*of_options, *of_starts)):
            table += units[index[position]]
        first = len(self.choices)
        for number, row in enumerate(self.tables.get("synergies", [])):
            one, two = names.index(row["project"]), names.index(row["with"])
            for a, s in enumerate(self.begins[one]):
                for b, other in enumerate(self.begins[two]):
                    if s is not None and other is not None:
                        together[number, a, b] = vector(self.synergy(row, s, other))
                        both = (index[first + one] == a) & (index[first + two] == b)
                        table[both] += together[number, a, b]
        self.may = np.ones(len(table), dtype=bool)
        rules = {begun: self.rules_hold(self.named(begun)) for begun in itertools.product(*self.begins)}
        for plan, column in enumerate(index.T):
            begun = tuple(self.begins[j][column[first + j]] for j in range(len(names)))
            chosen = [self.choices[i][column[i]] for i in range(first)]
            self.may[plan] = rules[begun] and self.drawn_land_fits(chosen, self.named(begun))
        for steps in self.steps:
            left = table[:, at[steps.area]].copy()
            self.may &= left <= sum(steps.widths) + NEAR * max(1.0, sum(steps.widths))
            for width, cells in zip(steps.widths, steps.cells, strict=True):
                filled = np.clip(left, 0.0, width)
                table += filled[:, None] * vector(cells)
                left -= filled
        self.table, self.index = table, index

    def named(self, begun: Sequence[int | None]) -> dict[str, int]:
        return {name: s for name, s in zip(self.projects, begun, strict=True) if s is not None}

    def with_atoms(self, parcel: Row, practice: str, s: int) -> Cells:
        """An option, with the hectares of its atom that are under its practice."""
        cells = self.option(parcel, practice, s)
        atom = self.atom_of.get(parcel["parcel_id"])
        for t in range(s, len(self.n)) if atom is not None and s >= 0 else ():
            add(cells, f"atom:{atom}:{practice}", [TOTAL], t, parcel["area_ha"])
        return cells

    def drawn_land_fits(self, chosen: Sequence[tuple[str, int]], begun: dict[str, int]) -> bool:
        """Whether every footprint admits its project."""
        for name, start in begun.items():
            project = self.projects[name]
            drawn = split(project["footprint"])
            for parcel, (practice, s) in zip(self.parcels, chosen, strict=True):
                fits = (self.fits(project, parcel, practice, s, t) for t in range(start, len(self.n)))
                if parcel["parcel_id"] in drawn and not all(fits):
                    return False
        return True

    # -- the best of what is left to decide ---------------------------------------------------------------------------

    def on_table(self, each: Sum) -> NDArray[np.float64]:
        """A sum in every plan, decisions apart."""
        coefficients = np.array([each.cells.get(key, 0.0) for key in self.keys])
        return np.asarray(self.table @ coefficients + each.number)

    def on_decisions(self, each: Sum) -> NDArray[np.float64]:
        """Its coefficients on decisions."""
        return np.array(
            [
                each.of.get(name, 0.0) + sum(value * each.cells.get(key, 0.0) for key, value in decision.cells.items())
                for name, decision in self.decisions.items()
            ]
        )

    def values(self) -> NDArray[np.float64]:
        """What each plan is worth with what is left to decide at its best; NO_PLAN where a row does not hold."""
        self.write_rows()
        self.reckon()
        value, holds = self.on_table(self.goal), self.may.copy()
        gain = self.on_decisions(self.goal)
        rows, bounds, penalties = [], [], []
        for rule in self.rules:
            sign = 1.0 if rule.sense == "<=" else -1.0
            row = sign * (self.on_decisions(rule.left) - self.on_decisions(rule.right))
            bound = self.on_table(rule.right)
            slack = sign * (bound - self.on_table(rule.left))  # row @ decisions <= slack
            if np.abs(row).max(initial=0.0) > 1e-12:
                rows.append(row)
                bounds.append(slack)
                penalties.append(rule.penalty)
            elif rule.penalty is None:
                holds &= slack >= -NEAR * np.maximum(1.0, np.abs(bound))
            else:
                value -= rule.penalty * np.maximum(0.0, -slack)
        if not self.decisions:
            return np.where(holds, value, NO_PLAN)
        soft = [r for r, penalty in enumerate(penalties) if penalty is not None]
        matrix = np.zeros((len(rows), len(gain) + len(soft)))
        matrix[:, : len(gain)] = np.array(rows).reshape(len(rows), len(gain))
        cost = np.append(-gain, [penalties[r] for r in soft])
        for column, r in enumerate(soft, start=len(gain)):
            matrix[r, column] = -1.0
        limits = [(0.0, decision.high) for decision in self.decisions.values()] + [(0.0, math.inf)] * len(soft)
        whole = np.array([*(d.whole for d in self.decisions.values()), *(False for _ in soft)], dtype=int)
        right = np.array(bounds).reshape(len(rows), len(value))
        for plan in np.flatnonzero(holds):
            value[plan] += best(cost, matrix, right[:, plan], limits, whole)
        return np.where(holds, value, NO_PLAN)


def best(
    cost: NDArray[np.float64],
    matrix: NDArray[np.float64],
    right: NDArray[np.float64],
    limits: list[tuple[float, float]],
    whole: NDArray[np.int64],
) -> float:
    """The most that decisions add."""
    integrality = whole if whole.any() else None
    found = linprog(cost, A_ub=matrix, b_ub=right, bounds=limits, method="highs", integrality=integrality)
    if found.status == 2:
        return NO_PLAN
    if found.status == 3:
        return math.inf
    assert found.status == 0, found.message
    return -float(found.fun)
