"""The limits of a study as the audit reads them: one row per limit, jurisdiction and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zonevest.instances.say import listed, say
from zonevest.reports.audit_cells import Flags, Floats, Ints, number
from zonevest.reports.audit_program import AffineRow, Cell
from zonevest.reports.audit_rules import TOLERANCE, Breach
from zonevest.reports.audit_tables import Tables


@dataclass
class Limits:
    """Rows lower ≤ Σ coefficient x cell ≤ upper, where the bounds may move with a cell (`share_of`).

    Attributes
    ----------
    names : limit, account, jurisdiction, period, kind, penalty by row.
    cells : the cells that the terms read, one per term.
    row, coefficient : of every term.
    moves : whether a term belongs to the right-hand side.
    bound, tolerance : right-hand side without its terms, and what loosens both sides.
    below, above : whether the row has a lower, an upper bound.
    """

    names: pd.DataFrame
    cells: list[Cell]
    row: Ints
    coefficient: Floats
    moves: Flags
    bound: Floats
    tolerance: Floats
    below: Flags
    above: Flags
    hard: Flags
    price: Floats

    def _sides(self, cells: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, bound and largest |term| of every row."""
        terms = self.coefficient * cells[: len(self.cells)]
        size = len(self.bound)
        value: Floats = np.asarray(np.bincount(self.row, np.where(self.moves, 0.0, terms), minlength=size), dtype=float)
        bound = self.bound + np.bincount(self.row, np.where(self.moves, terms, 0.0), minlength=size)
        largest = np.maximum(1.0, np.abs(bound))
        np.maximum.at(largest, self.row, np.abs(terms))
        return value, bound, largest

    def violations(self, cells: Floats) -> Floats:
        """By how much every row is missed, 0 where it holds."""
        value, bound, _ = self._sides(cells)
        short = np.where(self.below, bound - self.tolerance - value, 0.0)
        over = np.where(self.above, value - bound - self.tolerance, 0.0)
        return np.maximum(0.0, np.maximum(short, over))

    def rows(self, cells: Floats, by_cell: Sequence[Mapping[int, float]]) -> list[AffineRow]:
        """The rows over what is left to decide; an equality is two of them.

        Parameters
        ----------
        cells : their values where nothing of that is decided.
        by_cell : what one unit of every decision adds to each.
        """
        value, bound, _ = self._sides(cells)
        made: list[dict[int, float]] = [{} for _ in bound]
        for k, (row, factor, moves) in enumerate(zip(self.row, self.coefficient, self.moves, strict=True)):
            for v, unit in by_cell[k].items():
                made[row][v] = made[row].get(v, 0.0) + (-factor if moves else factor) * unit
        out = []
        for r, named in enumerate(self.names.itertuples(index=False)):
            name = f"limit[{named.limit},{named.jurisdiction},{named.period}]"
            penalty = None if self.hard[r] else float(self.price[r])
            for there, sense, loose in ((self.below[r], ">=", -1.0), (self.above[r], "<=", 1.0)):
                if there:
                    right = float(bound[r] + loose * self.tolerance[r] - value[r])
                    out.append(AffineRow(name, made[r], sense, right, penalty))
        return out

    def penalty(self, violations: Floats) -> float:
        """What the soft rows cost."""
        return float((violations * self.price)[~self.hard].sum())

    def broken(self, cells: Floats, violations: Floats) -> Flags:
        """Which hard rows are missed by more than the numerical tolerance."""
        broken: Flags = self.hard & (violations > TOLERANCE * self._sides(cells)[2])
        return broken

    def hold(self, cells: Floats, violations: Floats) -> bool:
        """Whether every hard row holds."""
        return not self.broken(cells, violations).any()

    def table(self, cells: Floats, violations: Floats) -> pd.DataFrame:
        """The rows with their values; `bound` is the right-hand side before the tolerance loosens it."""
        value, bound, largest = self._sides(cells)
        lower = np.where(self.below, bound - self.tolerance, -np.inf)
        upper = np.where(self.above, bound + self.tolerance, np.inf)
        columns = {"value": value, "lower": lower, "upper": upper, "slack": np.minimum(value - lower, upper - value)}
        names = self.names[["limit", "account", "jurisdiction", "period"]]
        kinds = self.names[["kind", "penalty"]]
        return pd.concat(
            [
                names,
                pd.DataFrame({**columns, "violation": violations}),
                kinds,
                pd.DataFrame({"bound": bound, "largest": largest}),
            ],
            axis=1,
        )

    def breaches(self, table: pd.DataFrame, cells: Floats, violations: Floats) -> list[Breach]:
        """The hard rows that do not hold."""
        out = []
        for row in table[self.broken(cells, violations)].itertuples(index=False):
            lower, upper = float(str(row.lower)), float(str(row.upper))
            sides = [say("at least {bound:.10g}", bound=lower)] if np.isfinite(lower) else []
            sides += [say("at most {bound:.10g}", bound=upper)] if np.isfinite(upper) else []
            where = limit_at((str(row.limit), str(row.jurisdiction), str(row.period)))
            must = say("{account} {sides}", account=row.account, sides=listed(sides, " and "))
            out.append(Breach("limit", where, must, f"{row.value:.10g}"))
        return out


def limit_at(key: tuple[str, ...]) -> str:
    """Name a row of a limit: limit, jurisdiction, period."""
    return say("limit {row}", row=listed(key))


def _homes(tables: Tables, where: str) -> list[str]:
    """The places of a limit: every jurisdiction, those of a main function, or the one that it names."""
    kind, _, function = where.partition(":")
    if where == "each":
        return tables.named_jurisdictions
    if kind == "main_function":
        rows = tables.rows("jurisdictions")
        return [str(row["jurisdiction"]) for row in rows if row["main_function"] == function.strip()]
    return [where]


def read_limits(tables: Tables, places: list[str], width: int, start: Floats) -> Limits:
    """Write out the limits by jurisdiction and period.

    Parameters
    ----------
    start : start values, shape (places, accounts).
    """
    place = {name: p for p, name in enumerate(places)}
    further: dict[str, list[tuple[str, float]]] = {}
    for row in tables.rows("limit_terms"):
        further.setdefault(str(row["limit"]), []).append((str(row["account"]), float(row["coefficient"])))
    names: list[tuple[str, str, str, str, str, float]] = []
    terms: list[tuple[int, float, bool, Cell]] = []
    bounds: list[tuple[float, float, str]] = []
    told: list[bool] = []
    over = tables.past == len(tables.periods)
    for limit in tables.rows("limits"):
        where = str(limit["jurisdiction"]) or "total"
        when = str(limit["period"])
        read = [str(limit["account"]), *(name for name, _ in further.get(str(limit["limit"]), []))]
        read.append(str(limit["basis"]).partition(":")[2].strip())
        if any(name.startswith("gain.") for name in read):
            when = "total"  # a present value over everything
        if any(name.startswith("finance.") for name in read):
            where = "total"  # of the budget entity as a whole
        periods = {"": list(range(len(tables.periods))), "last": [len(tables.periods) - 1], "total": [width - 1]}
        basis = str(limit["basis"]) or "absolute"
        parts = [(str(limit["account"]), 1.0), *further.get(str(limit["limit"]), [])]
        factor = float(limit["value"])
        for here in _homes(tables, where):
            for t in periods[when] if when in periods else [tables.period[when]]:
                at, r = place[here], len(bounds)
                begin = {name: _start_value(tables, start, at, name, t) for name, _ in parts}
                price, bound = int(basis.startswith("share_of_start")), factor
                if basis == "share_of_start":
                    bound = factor * sum(share * begin[name] for name, share in parts)
                elif basis.startswith("share_of_start:"):
                    bound = factor * _start_value(tables, start, at, basis.partition(":")[2].strip(), t)
                elif basis.startswith("share_of:") or basis == "per_head":
                    # people move in with what is decided
                    name = "population" if basis == "per_head" else basis.partition(":")[2].strip()
                    bound = 0.0
                    terms.append((r, factor, True, Cell(0, at, tables.account[name] * width + t)))
                for name, share in parts:
                    terms.append((r, share, False, Cell(price, at, tables.account[name] * width + t)))
                bounds.append((bound, number(limit["tolerance"], 0.0), str(limit["sense"])))
                period = "total" if t == width - 1 else tables.periods[t]
                kind, penalty = str(limit["kind"]) or "hard", number(limit["penalty"], 0.0)
                names.append((str(limit["limit"]), str(limit["account"]), here, period, kind, penalty))
                # of a period that has begun a hard row is told only, unless it says what was raised or traded
                begun = (min(t, len(tables.periods) - 1) < tables.past and when != "total") or over
                told.append(kind == "hard" and begun and not names[-1][1].startswith(("finance.raised.", "quota.")))
    senses = [sense for _, _, sense in bounds]
    return Limits(
        pd.DataFrame(names, columns=["limit", "account", "jurisdiction", "period", "kind", "penalty"]),
        [cell for _, _, _, cell in terms],
        np.array([row for row, _, _, _ in terms], dtype=np.int64),
        np.array([coefficient for _, coefficient, _, _ in terms], dtype=np.float64),
        np.array([moves for _, _, moves, _ in terms], dtype=bool),
        np.array([bound for bound, _, _ in bounds], dtype=np.float64),
        np.array([tolerance for _, tolerance, _ in bounds], dtype=np.float64),
        np.array([sense in (">=", "==") for sense in senses], dtype=bool),
        np.array([sense in ("<=", "==") for sense in senses], dtype=bool),
        np.array([name[4] == "hard" for name in names], dtype=bool) & ~np.array(told, dtype=bool),
        np.where(told, 0.0, [name[5] for name in names]),
    )


def _start_value(tables: Tables, start: Floats, place: int, account: str, t: int) -> float:
    """The start value in the terms of a period; over `total` a yearly one counts in every year."""
    at = tables.accounts[tables.account[account]]
    value = float(start[place, at.at])
    if t == len(tables.periods) and at.recurrence == "annual":
        return value * sum(tables.lengths)
    return value
