"""The study as one value, read once and never changed."""

from __future__ import annotations

import hashlib
import json
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from zonevest.instances.finance import Equity, Finance
from zonevest.instances.say import translated

if TYPE_CHECKING:
    from geopandas import GeoSeries
    from numpy.typing import NDArray

FORMAT = 1
PARTS = ("where", "must", "found", "do")
MANY = 10_000
"""Rows from which on the texts of a table are sorted before they are hashed."""
"""What is told of a fault or a warning."""
CHANGES = ("scenario", "probability", "table", "key", "column", "period", "op", "amount", "count", "from", "to")
"""What is told of a change that a scenario makes."""
EACH = "each"
MAIN_FUNCTION = "main_function:"
"""By these a limit stands for every jurisdiction, and for those of a main function."""


@dataclass(frozen=True)
class Period:
    """A period of the plan: `years` calendar years from the first day of `start`."""

    name: str
    start: int
    years: int

    @property
    def last(self) -> int:
        """Its last calendar year."""
        return self.start + self.years - 1


@dataclass(frozen=True)
class Rates:
    """Discount rates: `finance` nominal, `social` real; `tail_years` after the last period count in F1 and F2."""

    finance: float = 0.05
    social: float = 0.03
    tail_years: int = 0


@dataclass(frozen=True)
class Objective:
    """What is maximised (FORMULATION.md section 9).

    Attributes
    ----------
    method : floor, weighted or lexicographic.
    floor : {"ecosystem": share of doing nothing's F2} or {"cash": absolute gain of F1}; with weights none or both, too.
    cash, ecosystem : weights of the gains in F1 and F2 (method weighted).
    order, tolerance : terms in turn, and the share of its best that an earlier one may lose (method lexicographic).
    accounts : weight by account.
    """

    method: str = "floor"
    floor: Mapping[str, float] = field(default_factory=dict)
    cash: float = 0.0
    ecosystem: float = 0.0
    order: tuple[str, ...] = ()
    tolerance: float = 0.01
    accounts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Uncertainty:
    """[uncertainty]: how far the worst scenarios count in a common decision (FORMULATION.md section 11).

    Attributes
    ----------
    alpha : weight of the mean of the worst scenarios beside that of all, 0 to 1.
    beta : the worst part of probability, above 0 up to 1.
    """

    alpha: float = 0.5
    beta: float = 0.2


@dataclass(frozen=True)
class Settings:
    """study.toml, every key filled in."""

    name: str
    periods: tuple[Period, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    currency: str = "CNY"
    purse: tuple[str, ...] = ("local",)
    hold: bool = True
    unassigned: bool = False
    divisible: bool = False
    strict_lines: bool = False
    begun: str = ""
    population_growth: float = 0.0
    rates: Rates = field(default_factory=Rates)
    objective: Objective = field(default_factory=Objective)
    finance: Finance | None = None
    equity: Equity = field(default_factory=Equity)
    uncertainty: Uncertainty = field(default_factory=Uncertainty)


@dataclass(frozen=True)
class Study:
    """A checked study.

    Attributes
    ----------
    settings : study.toml.
    tables : every table of `schema.TABLES`, with every one of its columns, blanks filled in with the schema's
        defaults (text ``""``, number NaN where there is no default), row order as given. `accounts` holds the
        built-in accounts too. `parcels` also has the user's own columns. `jurisdictions` lists every jurisdiction
        that a table names.
    geometry : the parcels' shapes in row order of `parcels`, or None.
    notes : what the reader wants to be known (columns of a layer left aside, and the like).
    overlay_filled : which parcels stated no conversion overlay, so that it follows from their lines, shape (parcels,);
        no part of the study itself: written out, they state none.
    warnings : what is legal but suspicious, by the rules of ``rules.csv``: where, must, found, do.
    scenario : the scenario that the tables and settings are of, ``""`` for none; its changes are made, so that the
        table `scenarios` is empty then.
    changes : what the scenario has changed, and after it what was set anew for this run (scenario ``""``), with the
        columns of `zonevest.instances.scenarios.listing`.
    label : how the reader knows the settings: a file's name, a sheet, or ``the settings``.
    """

    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    geometry: GeoSeries | None = None
    notes: tuple[str, ...] = ()
    overlay_filled: NDArray[np.bool_] | None = None
    warnings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*PARTS], dtype=object))
    scenario: str = ""
    changes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*CHANGES], dtype=object))
    label: str = "study.toml"

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables: Mapping[str, pd.DataFrame] = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(name)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods in order of time."""
        return self.settings.periods

    @property
    def first_year(self) -> int:
        """y0, the first calendar year."""
        return self.periods[0].start

    @property
    def last_year(self) -> int:
        """The last calendar year of the last period."""
        return self.periods[-1].last

    @property
    def end_year(self) -> int:
        """The last calendar year of the tail."""
        return self.last_year + self.settings.rates.tail_years

    @property
    def past(self) -> int:
        """How many periods have begun: what starts in them is known, and their rows are told, not demanded."""
        names = period_names(self.periods)
        return names.index(self.settings.begun) + 1 if self.settings.begun else 0

    @property
    def has_doing_nothing(self) -> bool:
        """Whether doing nothing (every parcel held, no project) is a plan to compare with."""
        return self.tables["parcels"].empty or (self.settings.hold and not self.settings.unassigned)

    @property
    def set_anew(self) -> list[str]:
        """The paths of study.toml that were set anew for this run."""
        return list(self.changes.loc[self.changes["scenario"] == "", "key"])

    def title(self, lang: str = "en") -> str:
        """The study's title in a language, else in another, else its name."""
        titles = self.settings.title
        return titles.get(lang) or next(iter(titles.values()), "") or self.settings.name

    @cached_property
    def hash(self) -> str:
        """A digest of settings, tables and shapes: two studies with the same one give the same plan."""
        settings = asdict(self.settings)
        del settings["uncertainty"]  # of a common decision: no plan of the study rests on it
        if not settings["begun"]:
            del settings["begun"]
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
        for name in sorted({*self.tables} - {"scenarios"}):  # which change nothing before they are asked for
            table = self.tables[name]
            if name == "parcels" and not (table["locked_start"] != "").any():
                table = table.drop(columns="locked_start")  # of plans that were made before there was such a column
            digest.update(f"{name}:{list(table.columns)}".encode())
            if len(table):
                # the same numbers either way; few rows are sooner hashed than sorted into categories
                hashed = pd.util.hash_pandas_object(table, index=False, categorize=len(table) > MANY)
                digest.update(hashed.to_numpy().tobytes())
        if self.geometry is not None:
            for shape in self.geometry.to_wkb().fillna(b""):
                digest.update(shape)
        return digest.hexdigest()[:16]

    def replace(self, settings: Mapping[str, Any] | Settings | None = None, **tables: pd.DataFrame | None) -> Study:
        """A copy with other tables or settings, checked again (see `zonevest.instances.read.replace_study`)."""
        from zonevest.instances.read import replace_study

        return replace_study(self, settings, tables)

    def in_scenario(self, name: str) -> Study:
        """A copy as a scenario of its table `scenarios` changes it, checked again."""
        from zonevest.instances.read import replace_study

        return replace_study(self, scenario=name)

    def write(
        self, path: str | Path, *, lang: Literal["en", "zh"] = "en", tables: Literal["csv", "parquet"] = "csv"
    ) -> None:
        """Write it into a folder or a workbook (see `zonevest.instances.write.write_study`)."""
        from zonevest.instances.write import write_study

        write_study(self, path, lang=lang, tables=tables)

    def with_settings(self, **changes: Any) -> Study:
        """A copy with other settings (unchecked: for code that knows what it does)."""
        return replace(self, settings=replace(self.settings, **changes))


def items(cell: str) -> list[str]:
    """The items of a list cell: ``"a; b"`` -> ``["a", "b"]``."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def each(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a small table as named tuples."""
    # pandas' own itertuples takes a column at a time: most of the time that a small study takes
    return map(_row(tuple(table.columns.tolist()))._make, table.to_numpy(dtype=object).tolist())


@lru_cache(maxsize=256)
def _row(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)


def places(cell: str, functions: Mapping[str, str]) -> list[str]:
    """The places that a limit's `jurisdiction` stands for, one row each; ``""`` is all together.

    Parameters
    ----------
    functions : every jurisdiction with its main function, in the order of the table.
    """
    if cell == EACH:
        return list(functions)
    if cell.startswith(MAIN_FUNCTION):
        return [name for name, function in functions.items() if function == cell.removeprefix(MAIN_FUNCTION)]
    return [cell]


def lineages(zones: Iterable[str], parents: Iterable[str]) -> dict[str, list[str]]:
    """Every zone with itself, its parent and so on upwards (a loop is gone round once)."""
    parent = dict(zip(zones, parents, strict=True))
    chains = {}
    for zone in parent:
        chain = [zone]
        while (above := parent.get(chain[-1], "")) and above not in chain:
            chain.append(above)
        chains[zone] = chain
    return chains


def conditions(cell: str) -> list[tuple[str, list[str]]]:
    """The parts of a `where` cell: ``"tenure=collective; conversion=a|b"`` -> [("tenure", ["collective"]), …]."""
    parts = []
    for part in items(cell):
        column, _, values = part.partition("=")
        parts.append((column.strip(), [value.strip() for value in values.split("|")]))
    return parts


def holds(parcels: pd.DataFrame, cell: str) -> NDArray[np.bool_]:
    """For which parcels a `where` cell holds, shape (parcels,). A flag is 1 or 0, a number is compared as a number."""
    mask = np.ones(len(parcels), dtype=bool)
    for column, values in conditions(cell):
        series = parcels[column]
        if pd.api.types.is_bool_dtype(series):
            wanted = {value.lower() in {"1", "1.0", "true"} for value in values}
            mask &= series.isin(wanted).to_numpy()
        elif pd.api.types.is_numeric_dtype(series):
            mask &= series.isin([float(value) for value in values]).to_numpy()
        else:
            mask &= series.isin(values).to_numpy()
    return mask


def period_names(periods: tuple[Period, ...]) -> list[str]:
    """The names of the periods in order."""
    return [period.name for period in periods]


class StudyError(Exception):
    """The study has faults; all of them are in `.faults`.

    Attributes
    ----------
    faults : DataFrame with columns ``where, must, found, do``, one row per fault, in English.
    land : parcels, zones, classes, practices and projects, where nothing is wrong with these; else None.
    warnings : what is legal but suspicious, where it was known before the faults.
    """

    warnings: pd.DataFrame | None = None

    def __init__(self, faults: pd.DataFrame, land: Study | None = None) -> None:
        self.faults = faults
        self.land = land
        count = len(faults)
        lines = [f"the study has {count} fault{'s' if count != 1 else ''}"]
        for row in faults.itertuples(index=False):
            lines += [f"• {row.where}", f"    must:  {row.must}", f"    found: {row.found}", f"    do:    {row.do}"]
        super().__init__("\n".join(lines))

    def in_language(self, lang: str) -> pd.DataFrame:
        """The faults in another language (``zh``); names, codes and keys stay as they are."""
        return translated(self.faults, lang)
