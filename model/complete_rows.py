"""Rows of the flow tables, when they run, and the undertakings that they belong to (docs/semantics.md, "Flows")."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from zonevest.instances.study import conditions
from zonevest.model.complete_options import Record, blank, records

FOREVER = 10**6
"""A year that no row lives to see: where a row has no end of its own."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a flow table: an amount per year (annual) or an amount once, `start_year` years after its beginning.

    Of an annual one `decay` is lost every year after its first.
    """

    account: str
    once: bool
    value: float
    start_year: int = 0
    ramp: float = 0.0
    life: float = math.inf
    decay: float = 0.0
    per_ha: bool = False
    scale_by: str = ""
    where: str = ""
    practice: str = ""
    zone: str = ""


@dataclass(frozen=True)
class Run:
    """A row at work: in every year from `begin` on and before `stop`, or once in the year `begin`.

    Attributes
    ----------
    standing : in force since before the plan, so that no ramp counts.
    lasting : whether the undertaking's annual flows last as long as this one: not as long as the rows of today's
        land, which are there without it, nor as what is captured.
    priced : the account and the year whose price growth is in the amount for good (what is captured of an uplift);
        None where the row's own account grows.
    since : the year before which the row counts for nothing, though it runs from `begin`.
    """

    row: Row
    begin: int
    stop: int
    standing: bool = False
    lasting: bool = True
    priced: tuple[str, int] | None = None
    since: int = 0


@dataclass(frozen=True)
class Undertaking:
    """What one unit of a decision brings: a parcel under an option, a start of a project, uplift, a trade.

    Attributes
    ----------
    flows : the rows at work, each with what its value is multiplied by and the value itself.
    service : v, the year from which its one-off amounts count as equal yearly ones, and
    life : the years over which they are spread (inf: for good);
    last : the last year in which an annual flow of it runs, at most the tail's end.
    project : the project whose own shares go before the general ones, or ``""``.
    flags : which of green, real_estate and restoration its practice or project has.
    """

    flows: tuple[tuple[Run, float], ...]
    service: int
    life: float
    last: int
    project: str = ""
    flags: tuple[str, ...] = ()


FLAGS = ("green", "real_estate", "restoration")


def flags(row: Record) -> tuple[str, ...]:
    """The flags that a practice or a project has."""
    return tuple(flag for flag in FLAGS if row[flag])


def life(years: float) -> float:
    """A life in years, inf where the cell is blank."""
    return math.inf if blank(years) else years


def rows_by_subject(table: pd.DataFrame, subject: str) -> dict[str, list[Row]]:
    """The rows of a flow table by its subject (a class, zone, practice, project or parcel)."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in records(table):
        found[row[subject]].append(
            Row(
                account=row["account"],
                once=row["basis"] in ("per_ha_once", "once"),
                value=row["value"],
                start_year=int(row["start_year"]),
                ramp=row["ramp_years"],
                life=life(row["life_years"]),
                decay=row["decay"],
                per_ha=row["basis"] in ("per_ha_year", "per_ha_once"),
                scale_by=row["scale_by"],
                where=row["where"],
                practice=row.get("practice", "") if subject == "parcel_id" else "",
                zone=row.get("zone", "") if subject == "parcel_id" else "",
            )
        )
    return found


def annual(rows: list[Row] | None) -> list[Row]:
    """The rows that come every year."""
    return [row for row in rows or [] if not row.once]


def where_holds(parcel: Record, cell: str) -> bool:
    """Whether a `where` cell holds for a parcel: every part, by one of its values."""
    for column, values in conditions(cell):
        cell_there = parcel[column]
        if isinstance(cell_there, bool):
            found = cell_there in {value.lower() in ("1", "1.0", "true") for value in values}
        elif isinstance(cell_there, (int, float)):
            found = cell_there in {float(value) for value in values}
        else:
            found = cell_there in values
        if not found:
            return False
    return True


def annuity(rate: float, years: float) -> float:
    """The equal yearly amount over a life that one unit at its beginning is worth; r for a life without end."""
    if math.isinf(years):
        return rate
    return rate / (1 - (1 + rate) ** -years) if rate else 1 / years
