"""Ranges of uncertain amounts: which cells of a study they are of, and how they are distributed; read and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from zonevest.coefficients import FACTOR, READY, Coefficient, ready_made
from zonevest.hypercube import SMALL, least_eigenvalue
from zonevest.instances import names
from zonevest.instances.faults import Faults, meant, some, within
from zonevest.instances.files import frame_cells, read_csv, read_parquet
from zonevest.instances.say import listed, say
from zonevest.instances.scenarios import Change
from zonevest.instances.schema import Column, Table
from zonevest.instances.tables import Typed, typed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study

DISTRIBUTIONS = ("uniform", "triangular", "normal", "lognormal")
SHAPE = ("low", "high", "mode", "mean", "sd")
RANGES = Table(
    "ranges",
    (
        Column("range", required=True),
        *(Column(name) for name in ("table", "key", "column", "period")),
        Column("op", choices=("factor", "value")),
        Column("distribution", choices=DISTRIBUTIONS),
        *(Column(name, "number") for name in SHAPE),
        Column("source"),
        Column("confidence"),
    ),
)
CORRELATIONS = Table(
    "correlations",
    (
        Column("range", required=True),
        Column("with", required=True),
        Column("correlation", "number", required=True, low=-1.0, high=1.0),
    ),
)
ZH = {
    "range": ("区间",), "distribution": ("分布",), "low": ("下限",), "high": ("上限",), "mode": ("众数",),
    "mean": ("均值",), "sd": ("标准差",), "with": ("另一区间",), "correlation": ("相关系数",),
}  # fmt: skip
"""Headers that are those of no table of a study."""
END = 0.05
"""Which quantile low is of a distribution without ends; high is the one as far from the top."""


@dataclass(frozen=True)
class Range:
    """An uncertain amount.

    Attributes
    ----------
    name : its name, unique.
    changes : the cells that it is of, each change without its amount; all by one amount.
    at : the row of the table of ranges that each change stands in.
    distribution : uniform or triangular between low and high, normal, or lognormal.
    low, high : the ends, or of normal and lognormal the 5 % and 95 % quantiles, else NaN.
    mode : of triangular.
    mean, sd : of normal and lognormal (of the amount itself, not of its logarithm), else NaN.
    source, confidence : where it comes from, as it is stated.
    """

    name: str
    changes: tuple[Change, ...]
    at: tuple[int, ...]
    distribution: str
    low: float
    high: float
    mode: float = math.nan
    mean: float = math.nan
    sd: float = math.nan
    source: str = ""
    confidence: str = ""

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and the greatest amount, None if there are none."""
        return (self.low, self.high) if self.distribution in ("uniform", "triangular") else None

    @property
    def op(self) -> str:
        """Whether amounts are factors or values."""
        return self.changes[0].op

    def quantiles(self, of: NDArray[np.float64]) -> NDArray[np.float64]:
        """The amounts below which these shares of all lie, each in (0, 1)."""
        if self.distribution == "uniform":
            return self.low + (self.high - self.low) * of
        if self.distribution == "triangular":
            wide, left = self.high - self.low, self.mode - self.low
            rising = self.low + np.sqrt(of * wide * left)
            falling = self.high - np.sqrt((1 - of) * wide * (wide - left))
            return np.where(of * wide < left, rising, falling)
        centre, spread = self._normal()
        amounts = centre + spread * ndtri(of)
        return np.asarray(amounts if self.distribution == "normal" else np.exp(amounts))

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the distribution."""
        low, high, mode = self.low, self.high, self.mode
        if self.distribution == "uniform":
            return (low + high) / 2, (high - low) / math.sqrt(12)
        if self.distribution == "triangular":
            squares = low**2 + high**2 + mode**2 - low * high - low * mode - high * mode
            return (low + high + mode) / 3, math.sqrt(max(squares, 0.0) / 18)
        centre, spread = self._normal()
        if self.distribution == "normal":
            return centre, spread
        mean = math.exp(centre + spread**2 / 2)
        return mean, mean * math.sqrt(math.expm1(spread**2))

    def _normal(self) -> tuple[float, float]:
        """Mean and standard deviation of what is normal: the amount, or its logarithm."""
        logs = self.distribution == "lognormal"
        if math.isnan(self.mean):
            low, high = (math.log(self.low), math.log(self.high)) if logs else (self.low, self.high)
            return (low + high) / 2, (high - low) / 2 / float(ndtri(1 - END))
        if not logs:
            return self.mean, self.sd
        spread = math.sqrt(math.log1p((self.sd / self.mean) ** 2))
        return math.log(self.mean) - spread**2 / 2, spread


def read_table(given: pd.DataFrame | str | Path, of: Table, label: str, faults: Faults) -> Typed | None:
    """A table from a DataFrame, a .csv or a .parquet, typed; None, and a fault, where there is none."""
    if isinstance(given, pd.DataFrame):
        raw = frame_cells(given, of, label, faults)
    elif (path := Path(given)).suffix.lower() == ".parquet":
        raw = read_parquet(path, of, path.name, faults)
    else:
        raw = read_csv(path, of, path.name, faults)
    if raw is None:
        return None
    spoken = {names.plain(word): each.name for each in of.columns for word in _words(each.name)}
    cells = {spoken.get(names.plain(header), header): values for header, values in raw.cells.items()}
    headers = {spoken[names.plain(header)]: header for header in raw.cells if names.plain(header) in spoken}
    return typed(replace(raw, cells=cells, headers=headers), faults, [])


def _words(column: str) -> tuple[str, ...]:
    """The Chinese names of a column."""
    told = names.of_column("scenarios", column).zh
    return ZH.get(column, () if told == (column,) else told)


def read_ranges(study: Study, given: Typed, faults: Faults) -> list[Range]:
    """The ranges of a table: rows of the same name are one range, which moves all their cells by one amount.

    Parameters
    ----------
    study : what the cells are of: a row without table, key and column is a coefficient of `zonevest.sensitivity`'s
        ready-made set, by its name.
    given : the table.
    faults : what is wrong is added here.
    """
    if given.broken:
        return []
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(given.text("range")):
        rows.setdefault(name, []).append(i)
    if not rows:
        do = say("write a row for each uncertain amount")
        faults.add(given.where(), say("there is a range to be drawn from"), say("no rows"), do)
    ready = {each.name: each for each in ready_made(study)} if "" in given.text("table") else {}
    found = []
    for name, at in rows.items():
        before = len(faults)
        said = {column: _one(given, name, at, column, faults) for column in ("op", "distribution", *SHAPE)}
        if any(given.text(column)[i] for i in at for column in ("table", "key", "column")):
            changes, places = tuple(_change(given, i, said["op"], faults) for i in at), at
        else:
            changes = _ready_made(given, name, at, said, ready, faults)
            places = [at[0]] * len(changes)
        if not changes:
            continue
        shape = _shaped(given, at, said, faults)
        if len(faults) == before and shape is not None:
            shape |= {
                text: next(filter(None, (given.text(text)[i] for i in at)), "") for text in ("source", "confidence")
            }
            found.append(Range(name, changes, tuple(places), said["distribution"], **shape))
    return found


def _ready_made(
    given: Typed,
    name: str,
    at: Sequence[int],
    said: dict[str, Any],
    ready: Mapping[str, Coefficient],
    faults: Faults,
) -> tuple[Change, ...]:
    """The cells of a coefficient of the ready-made set; what the range leaves blank is filled in with what it has."""
    if name not in ready:
        must = say("a range without table, key and column is a coefficient of the ready-made set")
        do = meant(name, ready, say("fill in table, key and column"))
        if name in READY:
            do = say("take one that the study has amounts of: {names}", names=listed(ready))
        faults.add(given.where(at, "range"), must, repr(name), do)
        return ()
    if said["op"] not in ("", FACTOR):
        must = say("a coefficient of the ready-made set is changed by a factor")
        faults.add(given.where(at, "op"), must, said["op"], say("leave op blank"))
    if all(math.isnan(said[column]) for column in SHAPE):
        said |= {"low": ready[name].low, "high": ready[name].high, "distribution": said["distribution"] or "uniform"}
    return ready[name].changes


def _one(given: Typed, name: str, at: Sequence[int], column: str, faults: Faults) -> Any:
    """What the rows of a range say in a column: one of them does, or all the same."""
    number = column in SHAPE
    cells = [given.data[column][i] for i in at]
    said = list(dict.fromkeys(cell for cell in cells if (cell == cell if number else cell)))
    if len(said) > 1:
        do = say("write it in one of its rows, or the same in all; amounts that differ are ranges of their own")
        must = say("the rows of a range have one {column}", column=column)
        faults.add(given.where(at, column), must, f"{some(map(str, said))} ({name})", do)
    return said[0] if said else math.nan if number else ""


def _change(given: Typed, i: int, op: str, faults: Faults) -> Change:
    """The cells that a row means."""
    blank = [column for column in ("table", "key", "column") if not given.text(column)[i]]
    if not op:
        blank.append("op")
    if blank:
        do = say("name the cells as a scenario does, or leave table, key and column blank")
        must = say("a range says which cells it is of, and whether they are multiplied or replaced")
        faults.add(given.where(i), must, say("{columns}: blank", columns=listed(blank)), do)
    table, key, column, period = (given.text(each)[i] for each in ("table", "key", "column", "period"))
    return Change(names.tables().get(names.plain(table), table), key, column, period, op, "1")


def _shaped(given: Typed, at: Sequence[int], said: Mapping[str, Any], faults: Faults) -> dict[str, Any] | None:
    """The numbers of a distribution, if they make one."""
    kind, shape = said["distribution"], {name: float(said[name]) for name in SHAPE}
    stated = [name for name in SHAPE if not math.isnan(shape[name])]
    told = listed([f"{name} {shape[name]:g}" for name in stated]) if stated else say("none of them")
    takes = {
        "uniform": ([["low", "high"]], say("uniform has low and high, low below high")),
        "triangular": (
            [["low", "high"], ["low", "high", "mode"]],
            say("triangular has low and high, low below high, and mode between them (blank: in the middle)"),
        ),
        "normal": (
            [["low", "high"], ["mean", "sd"]],
            say("normal has mean and sd above 0, or low and high as its 5 % and 95 % quantiles"),
        ),
        "lognormal": (
            [["low", "high"], ["mean", "sd"]],
            say("lognormal has mean and sd, or low and high as its 5 % and 95 % quantiles, all above 0"),
        ),
    }
    if not kind:
        do = say("write {choices}", choices=listed(DISTRIBUTIONS, last=" or "))
        faults.add(given.where(at, "distribution"), say("a range has a distribution"), say("blank"), do)
        return None
    ways, must = takes[kind]
    sound = stated in ways
    if sound and "low" in stated:
        sound = shape["low"] < shape["high"] and (kind != "lognormal" or shape["low"] > 0)
        if "mode" in stated:
            sound = sound and shape["low"] <= shape["mode"] <= shape["high"]
        elif kind == "triangular":
            shape["mode"] = (shape["low"] + shape["high"]) / 2
    elif sound:
        sound = shape["sd"] > 0 and (kind != "lognormal" or shape["mean"] > 0)
    if not sound:
        do = say("write the numbers that it has, and leave the others blank")
        faults.add(given.where(at), must, told, do)
    return shape if sound else None


def read_correlations(known: Sequence[str], given: Typed, faults: Faults) -> NDArray[np.float64]:
    """The rank correlations between ranges, 0 of pairs without a row, shape (ranges, ranges).

    Parameters
    ----------
    known : the names of the ranges, in order.
    given : the table.
    faults : what is wrong is added here.
    """
    matrix, seen = np.eye(len(known)), dict[frozenset[str], int]()
    if given.broken:
        return matrix
    of = {name: at for at, name in enumerate(known)}
    sound = True
    for i, pair in enumerate(zip(given.text("range"), given.text("with"), strict=True)):
        strange = [(column, name) for column, name in zip(("range", "with"), pair, strict=True) if name not in of]
        for column, name in strange:
            do = meant(name, known, say("name a range"))
            faults.add(given.where(i, column), say("it is a range of the table of ranges"), repr(name), do)
        value = float(given.number("correlation")[i])
        if not strange and pair[0] == pair[1] and value != 1.0:
            do = say("leave the row out")
            faults.add(given.where(i), say("a range has the correlation 1 with itself"), f"{pair[0]}: {value:g}", do)
        elif not strange and frozenset(pair) in seen and value != matrix[of[pair[0]], of[pair[1]]]:
            at = [seen[frozenset(pair)], i]
            do = say("leave one of the rows")
            faults.add(given.where(at), say("two ranges have one correlation"), " / ".join(pair), do)
        elif not strange:
            seen[frozenset(pair)] = i
            matrix[of[pair[0]], of[pair[1]]] = matrix[of[pair[1]], of[pair[0]]] = value
            continue
        sound = False
    least = least_eigenvalue(matrix)
    if sound and least < -SMALL:
        most = math.floor(1000 / (1 - least)) / 1000  # I + t (R - I) has the least eigenvalue 1 - t (1 - least)
        where = within(given.where(), say("all rows together"))
        must = say("correlations can be true together: their matrix has no eigenvalue below 0")
        do = say("bring them nearer to 0: with all of them times {factor:g} they can", factor=most)
        faults.add(where, must, say("an eigenvalue of {least:.4g}", least=least), do)
    return matrix
