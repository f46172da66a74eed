"""Scenarios drawn from ranges: a Latin hypercube of their amounts, of which a few are kept, with weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.distributions import CORRELATIONS, RANGES, Range, read_correlations, read_ranges, read_table
from zonevest.hypercube import latin_hypercube, rank_correlations
from zonevest.instances import keys, names
from zonevest.instances.faults import Faults, within
from zonevest.instances.say import say
from zonevest.instances.scenarios import Change, ChangeError, State, at_path, state_of
from zonevest.instances.schema import BY_NAME
from zonevest.instances.settings import to_toml
from zonevest.instances.study import StudyError
from zonevest.instances.tables import Typed
from zonevest.reduction import reduced
from zonevest.reports.draw_text import draw_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study

__all__ = ["Drawn", "draw_scenarios", "drawn", "with_scenarios"]

MOST = 5_000
"""Draws at most: the distances of all pairs are held at once."""
DIGITS = 6
"""Digits of the amounts that are drawn."""
OF_RANGE = "x_range"
"""The column of the table of scenarios that says which range a row is of."""
COLUMNS = (
    "scenario", "probability", "table", "key", "column", "period", "op", "amount", "source", "confidence", OF_RANGE,
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Scenarios that were drawn, and what the reduction has made of the ranges.

    Attributes
    ----------
    scenarios : the rows of the table of scenarios.
    ranges : a row for each range: range, distribution, op; mean and sd of the distribution, `mean_drawn` and
        `sd_drawn` of all draws, `mean_kept` and `sd_kept` of the scenarios that are kept, by their weights.
    correlations : a row for each pair of ranges: range, with, asked, reached (of all draws); rank correlations.
    draws, different, kept : how many were drawn, how many of them differ, and how many scenarios are kept.
    distance : the Kantorovich distance of what is kept to all draws, each range in its standard deviations.
    distance_one : the same if the best single draw alone were kept.
    """

    scenarios: pd.DataFrame
    ranges: pd.DataFrame
    correlations: pd.DataFrame
    draws: int
    different: int
    kept: int
    distance: float
    distance_one: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        figures = ("draws", "different", "kept", "distance", "distance_one")
        return {name: getattr(self, name) for name in figures} | {
            "ranges": self.ranges.to_dict("records"),
            "correlations": self.correlations.to_dict("records"),
        }

    def to_text(self, lang: str = "en") -> str:
        """For the screen."""
        return draw_text(self, lang)


def draw_scenarios(
    study: Study,
    ranges: pd.DataFrame | str | Path,
    correlations: pd.DataFrame | str | Path | None = None,
    draws: int = 200,
    keep: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw scenarios from ranges of uncertain amounts.

    A Latin hypercube with rank correlations (`zonevest.hypercube.latin_hypercube`), reduced to a few scenarios with
    weights by fast forward selection (`zonevest.reduction.reduced`). `zonevest.draws.drawn` tells too what the
    reduction has made of mean and spread.

    Parameters
    ----------
    study : what the ranges are of.
    ranges : a table, or a .csv or .parquet file: range, table, key, column, period and op as of scenarios, and
        distribution (uniform, triangular, normal, lognormal) with low, high, mode, mean and sd.
    correlations : range, with, correlation: rank correlations, 0 of pairs without a row.
    draws : how many are drawn, up to 5,000.
    keep : how many scenarios are kept of them at most.
    seed : of the random numbers.

    Returns
    -------
    Rows of the table of scenarios, with probabilities that sum to 1, the likeliest scenario first; the column
    ``x_range`` names the range that a row is of.

    Raises
    ------
    StudyError
        With all that is wrong with the tables and numbers, and with the study in each scenario that is kept.
    """
    return drawn(study, ranges, correlations, draws, keep, seed).scenarios


def drawn(
    study: Study,
    ranges: pd.DataFrame | str | Path,
    correlations: pd.DataFrame | str | Path | None = None,
    draws: int = 200,
    keep: int = 10,
    seed: int = 0,
) -> Drawn:
    """The same, with what is told of it.

    Raises
    ------
    StudyError
        As `draw_scenarios`.
    """
    faults = Faults()
    table = read_table(ranges, RANGES, say("the table {name}", name=RANGES.name), faults)
    known = [] if table is None else read_ranges(study, table, faults)
    matrix = np.eye(len(known))
    if correlations is not None:
        pairs = read_table(correlations, CORRELATIONS, say("the table {name}", name=CORRELATIONS.name), faults)
        if pairs is not None and table is not None and "range" not in table.broken:
            every = list(dict.fromkeys(table.text("range")))  # also those with faults, which are told already
            matrix = read_correlations(every, pairs, faults)
    _counts(draws, keep, len(known), faults)
    faults.stop_if_any()
    state, settings = state_of(study), to_toml(study.settings, None)
    sample = latin_hypercube(draws, matrix, seed)
    assert table is not None
    columns = []
    for j, each in enumerate(known):
        whole = _whole(each, settings)
        columns.append(_amounts(each, sample[:, j], whole))
        ends = each.ends if each.ends and not whole else (columns[j].min(), columns[j].max())
        _possible(state, table, each, ends, faults)
    faults.stop_if_any()
    found = _reduced(known, np.column_stack(columns), matrix, sample, keep)
    check_each(study, found.scenarios)
    return found


def with_scenarios(study: Study, scenarios: pd.DataFrame, *, replacing: bool = False) -> Study:
    """A study with scenarios beside its own, or in their place; checked again.

    Where the new ones have probabilities, those of the study's own are taken away: of a table, the probabilities make
    one distribution.

    Raises
    ------
    StudyError
        If a name is there already.
    """
    own = study.scenarios
    if not replacing and len(own):
        twice = sorted(set(own["scenario"]) & set(scenarios["scenario"]))
        if twice:
            faults = Faults()
            must, do = say("scenarios have names of their own"), say("leave the study's own out with --replace")
            faults.add(say("the table {name}", name="scenarios"), must, ", ".join(twice), do)
            faults.stop()
        if scenarios["probability"].notna().any():
            own = own.assign(probability=math.nan)
        scenarios = pd.concat([own, scenarios], ignore_index=True)
    return study.replace(scenarios=scenarios)


def check_each(study: Study, scenarios: pd.DataFrame) -> None:
    """Check the study as each scenario changes it.

    Raises
    ------
    StudyError
        With what is wrong in any of them.
    """
    rows = []
    held = study.replace(scenarios=scenarios)
    for name in dict.fromkeys(scenarios["scenario"]):
        try:
            held.in_scenario(name)
        except StudyError as error:
            told = error.faults.copy()
            told["where"] = [within(say("scenario {name}", name=name), where) for where in told["where"]]
            rows.append(told)
    if rows:
        raise StudyError(pd.concat(rows, ignore_index=True))


def _counts(draws: int, keep: int, ranges: int, faults: Faults) -> None:
    if not ranges < draws <= MOST:
        must = say("there are more draws than ranges, and {most:,} at most", most=MOST)
        found = say("{draws} of {ranges} ranges", draws=draws, ranges=ranges)
        faults.add("--draws", must, found, say("draw another number"))
    if not 1 <= keep <= max(draws, 1):
        must = say("1 scenario is kept at least, and all that are drawn at most")
        faults.add("--keep", must, f"{keep}", say("keep another number"))


def _whole(each: Range, settings: dict[str, Any]) -> bool:
    """Whether a range is of whole numbers: years, for instance."""
    if each.op == "factor":
        return False
    for change in each.changes:
        if change.table == names.STUDY:
            held = at_path(settings, keys.split(change.key))
            if isinstance(held, int) and not isinstance(held, bool):
                return True
        elif change.table in BY_NAME:
            code = names.column_of(change.table, change.column)
            if any(column.name == code and column.whole for column in BY_NAME[change.table].columns):
                return True
    return False


def _number(change: Change) -> bool:
    """Whether the cells of a change are numbers; also where there are no such cells, which is told then."""
    if change.table == names.STUDY:
        return keys.kind(keys.split(change.key)) == "number"
    code = names.column_of(change.table, change.column)
    known = BY_NAME[change.table].columns if change.table in BY_NAME else ()
    return all(column.kind == "number" for column in known if column.name == code)


def _amounts(each: Range, of: NDArray[np.float64], whole: bool) -> NDArray[np.float64]:
    """The amounts of a range as they are written."""
    exact = each.quantiles(of)
    if whole:
        return np.round(exact)
    amounts = np.array([float(f"{amount:.{DIGITS}g}") for amount in exact])
    return np.clip(amounts, *each.ends) if each.ends else amounts


def _possible(state: State, table: Typed, each: Range, ends: tuple[float, float], faults: Faults) -> None:
    """Every cell of a range may hold its least and its greatest amount."""
    for column, amount in zip(("low", "high"), ends, strict=True):
        for i, change in zip(each.at, each.changes, strict=True):
            if not _number(change):
                do = say("name a column, or a key, of numbers")
                faults.add(table.where(i, "column"), say("a range is of numbers"), change.column, do)
                continue
            try:
                replace(state, changed={}).make(replace(change, amount=f"{amount:.{DIGITS}g}"))
            except ChangeError as error:
                of_amount = error.column == "amount"
                found = say("{found} ({name})", found=error.found, name=each.name) if of_amount else error.found
                do = error.do or getattr(error.must, "do", "")
                if of_amount:
                    do = say("take a range, or a distribution, that stays where it may")
                faults.add(table.where(i, column if of_amount else error.column), error.must, found, do)


def _reduced(
    known: Sequence[Range],
    amounts: NDArray[np.float64],
    asked: NDArray[np.float64],
    sample: NDArray[np.float64],
    keep: int,
) -> Drawn:
    different, counts = np.unique(amounts, axis=0, return_counts=True)
    weights = counts / len(amounts)
    spread = np.where(amounts.std(axis=0) > 0, amounts.std(axis=0), 1.0)
    left = reduced(different / spread, weights, min(keep, len(different)))
    order = np.argsort(-left.weights, kind="stable")
    kept, likely = different[left.chosen[order]], left.weights[order]
    pairs = [(i, j) for i in range(len(known)) for j in range(i + 1, len(known))]
    reached = rank_correlations(sample)
    correlations = [(known[i].name, known[j].name, asked[i, j], reached[i, j]) for i, j in pairs]
    return Drawn(
        _table(known, kept, likely),
        _moments(known, amounts, kept, likely),
        pd.DataFrame(correlations, columns=["range", "with", "asked", "reached"]),
        len(amounts),
        len(different),
        len(kept),
        float(left.distances[-1]),
        float(left.distances[0]),
    )


def _table(known: Sequence[Range], kept: NDArray[np.float64], likely: NDArray[np.float64]) -> pd.DataFrame:
    """The rows of the table of scenarios."""
    width, rows = len(str(len(kept))), []
    for i, (amounts, weight) in enumerate(zip(kept, likely, strict=True), start=1):
        name, probability = f"draw_{i:0{width}}", float(f"{weight:.12g}")
        for each, amount in zip(known, amounts, strict=True):
            for change in each.changes:
                told = (change.table, change.key, change.column, change.period, change.op, f"{amount:.{DIGITS}g}")
                rows.append((name, probability, *told, each.source, each.confidence, each.name))
                probability = math.nan  # said once
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _moments(
    known: Sequence[Range], amounts: NDArray[np.float64], kept: NDArray[np.float64], likely: NDArray[np.float64]
) -> pd.DataFrame:
    rows = []
    for j, each in enumerate(known):
        mean = float(likely @ kept[:, j])
        after = (mean, math.sqrt(float(likely @ (kept[:, j] - mean) ** 2)))
        before = (float(amounts[:, j].mean()), float(amounts[:, j].std()))
        rows.append((each.name, each.distribution, each.op, *each.moments, *before, *after))
    columns = ["range", "distribution", "op", "mean", "sd", "mean_drawn", "sd_drawn", "mean_kept", "sd_kept"]
    return pd.DataFrame(rows, columns=columns)
