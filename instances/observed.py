"""What was observed after a plan was made, year by year: amounts that came out otherwise, deeds, and actuals.

A row is like a row of a scenario with a year in place of the scenario. Beside the tables of the study, its `table` may
be one of `plan.parcels`, `plan.projects` and `plan.financing` (what was really done), or `actual` (what an account
really came to, for the comparison of plan and actual).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances import names
from zonevest.instances.faults import Faults, choice, meant
from zonevest.instances.files import attempt, frame_cells, read_csv, read_parquet
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.scenarios import Change, ChangeError, state_of
from zonevest.instances.schema import Column, Table
from zonevest.instances.settings import to_toml
from zonevest.instances.study import period_names
from zonevest.instances.tables import Raw, Typed, typed

if TYPE_CHECKING:
    from zonevest.instances.study import Study

OBSERVED = Table(
    "observed",
    (
        Column("year", "number", required=True, whole=True),
        Column("table", required=True),
        Column("key", required=True),
        Column("column", default=""),
        Column("period", default=""),
        Column("op", choices=("factor", "value"), default="value"),
        Column("amount", default=""),
        Column("source", default=""),
    ),
)
PARCELS, PROJECTS, FINANCING, ACTUAL = "plan.parcels", "plan.projects", "plan.financing", "actual"
DEEDS: Mapping[str, tuple[str, ...]] = {
    PARCELS: ("start", "practice"),
    PROJECTS: ("start",),
    FINANCING: ("raised",),
    ACTUAL: ("value",),
}
"""The further tables and their columns."""
HOLD = "hold"
CASH = "finance.cash"


@dataclass(frozen=True)
class Noted:
    """A row of the table: a year, what it says, and its position."""

    year: int
    change: Change
    at: int


@dataclass(frozen=True)
class Observed:
    """A table of what was observed, checked against a study.

    Attributes
    ----------
    study : the study that the plan was made of.
    rows : in the order of years, those of a year in the order of the table.
    """

    study: Study
    rows: tuple[Noted, ...]

    @property
    def years(self) -> list[int]:
        """The years that are named, in order."""
        return list(dict.fromkeys(row.year for row in self.rows))

    def past(self, year: int) -> int:
        """How many periods have begun by the end of a year."""
        return sum(period.start <= year for period in self.study.periods)

    def of(self, table: str, until: int) -> Iterator[Change]:
        """The rows of one of the further tables, those of earlier years first."""
        return (row.change for row in self.rows if row.change.table == table and row.year <= until)

    def actuals(self) -> pd.DataFrame:
        """What accounts came to: year, account, jurisdiction (total where none is named), value."""
        told = [
            (row.year, *_place(row.change.key), float(row.change.amount))
            for row in self.rows
            if row.change.table == ACTUAL
        ]
        return pd.DataFrame(told, columns=["year", "account", "jurisdiction", "value"])

    def world(self, year: int) -> Study:
        """The study as it is known at the end of a year: its amounts, not what was done.

        Raises
        ------
        StudyError
            If what was observed makes a study with faults.
        """
        state = state_of(self.study)
        for row in self.rows:
            if row.year <= year and row.change.table not in DEEDS:
                state.make(row.change)
        tables: dict[str, pd.DataFrame | None] = {
            name: self.study.tables[name].assign(**columns) for name, columns in state.changed.items()
        }
        if not tables and state.toml == to_toml(self.study.settings, None):
            return self.study
        return self.study.replace(state.toml, **tables)


def read_observed(study: Study, given: pd.DataFrame | str | Path, built_in: Collection[str] = ()) -> Observed:
    """Take what was observed from a table, or from a file .csv, .parquet or .xlsx.

    Parameters
    ----------
    built_in : the accounts that the study has beside those of its table.

    Raises
    ------
    StudyError
        With all that is wrong with it.
    """
    faults, notes = Faults(), list[str]()
    raw = _raw(given, faults)
    faults.stop_if_any()
    table = typed(raw, faults, notes)
    if not table.broken:
        rows = _rows(table)
        _check(study, table, rows, {*built_in, *study.accounts["account"]}, faults)
    faults.stop_if_any()
    return Observed(study, tuple(sorted(rows, key=lambda row: row.year)))


def _raw(given: Any, faults: Faults) -> Raw:
    if isinstance(given, pd.DataFrame):
        raw = frame_cells(given, OBSERVED, say("the table {name}", name="observed"), faults)
    else:
        path = Path(given)
        if path.suffix.lower() == ".xlsx":
            sheet = attempt(lambda: pd.read_excel(path, dtype=object), path, path.name, faults)
            raw = None if sheet is None else frame_cells(sheet, OBSERVED, path.name, faults)
        elif path.suffix.lower() == ".parquet":
            raw = read_parquet(path, OBSERVED, path.name, faults)
        else:
            raw = read_csv(path, OBSERVED, path.name, faults)
    faults.stop_if_any()
    assert raw is not None
    return raw


def _rows(table: Typed) -> list[Noted]:
    columns = [table.text(name) for name in ("table", "key", "column", "period", "op", "amount")]
    known = names.tables()
    made = []
    for i, (year, *cells) in enumerate(zip(table.number("year").tolist(), *columns, strict=True)):
        of = known.get(names.plain(cells[0]), cells[0])
        if of in DEEDS and not cells[2]:
            cells[2] = DEEDS[of][0]
        made.append(Noted(int(year), Change(of, *cells[1:]), i))
    return made


def _check(study: Study, table: Typed, rows: list[Noted], accounts: set[str], faults: Faults) -> None:
    """All that is wrong with the rows, each in the order in which it would be used."""
    state, periods = state_of(study), period_names(study.periods)
    first, last = study.first_year, study.last_year
    for row in sorted(rows, key=lambda row: row.year):
        change = row.change
        try:
            if not first <= row.year <= last:
                raise ChangeError("year", rule("observed.year", first=first, last=last), str(row.year))
            if change.period and change.period not in periods:
                must = rule("observed.period", periods=listed(periods))
                raise ChangeError("period", must, repr(change.period), meant(change.period, periods, must.do))
            if change.table in DEEDS:
                _check_deed(study, row, accounts)
            elif change.table.startswith("plan."):
                must = rule("observed.table", tables=choice(tuple(DEEDS)))
                raise ChangeError("table", must, repr(change.table), meant(change.table, DEEDS, must.do))
            else:
                state.make(change)
        except ChangeError as error:
            faults.add(table.where(row.at, error.column), error.must, error.found, error.do)


def _check_deed(study: Study, row: Noted, accounts: set[str]) -> None:
    """A row of what was done, or of an account, names what there is."""
    change, periods = row.change, period_names(study.periods)
    known = DEEDS[change.table]
    if change.column not in known:
        must = rule("observed.column", table=change.table, columns=choice(known))
        raise ChangeError("column", must, repr(change.column), meant(change.column, known, must.do))
    key = {PARCELS: "parcel_id", PROJECTS: "project", FINANCING: "instrument"}.get(change.table)
    account, place = _place(change.key)
    there = accounts if key is None else set(study.tables[_of(change.table)][key])
    if (name := account if key is None else change.key) not in there:
        must = rule("observed.key", table=change.table)
        raise ChangeError("key", must, repr(name), meant(name, sorted(there)[:5_000], must.do))
    if key is None and place not in {"total", *study.jurisdictions["jurisdiction"]}:
        must = rule("observed.place")
        raise ChangeError("key", must, repr(place), meant(place, study.jurisdictions["jurisdiction"], must.do))
    if change.op == "factor" and change.table != FINANCING:
        raise ChangeError("op", rule("observed.factor"), "factor")
    begun = [period.name for period in study.periods if period.start <= row.year]
    if change.column in ("raised", "value"):
        change.factor  # noqa: B018  (a number, or the fault)
        if change.column == "raised" and change.period not in begun:
            raise ChangeError("period", rule("observed.raised", periods=listed(begun)), repr(change.period))
    elif change.column == "start" and change.amount not in ("", *periods):
        must = rule("observed.period", periods=listed(periods))
        raise ChangeError("amount", must, repr(change.amount), meant(change.amount, periods, must.do))
    elif change.column == "practice" and change.amount not in (HOLD, *study.practices["practice"]):
        must = rule("observed.practice")
        raise ChangeError(
            "amount", must, repr(change.amount), meant(change.amount, study.practices["practice"], must.do)
        )


def _of(table: str) -> str:
    return "instruments" if table == FINANCING else table.removeprefix("plan.")


def _place(key: str) -> tuple[str, str]:
    """Account and jurisdiction of a key of `actual`; without one the total."""
    account, _, place = key.partition("/")
    return account, place or "total"
