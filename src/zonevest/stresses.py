"""Ready-made stresses: scenarios made of a small table (``stresses.csv``) for what a study has.

A row of the table says which cells change: of a table (``flows`` are all tables of flows), a column and the rows whose
account is one of `accounts` and of which `rows` is true (both as pandas queries), where they hold an amount; or a key
of study.toml. `op` is factor, or add, by which new values are written out. `needs` are columns of which one holds an
amount, else the row is none of the study's. A new stress is a row.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.draws import COLUMNS, DIGITS, check_each
from zonevest.instances import keys, names
from zonevest.instances.faults import Faults, meant
from zonevest.instances.say import listed, say, translate
from zonevest.instances.scenarios import VALUE, State, at_path, state_of
from zonevest.instances.schema import FLOW_TABLES
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study

__all__ = ["stress_scenarios", "stress_text", "stressed", "stresses"]

FLOWS, ADD = "flows", "add"


@cache
def stresses() -> Mapping[str, list[dict[str, str]]]:
    """The rows of the table, by stress and in its order."""
    found: dict[str, list[dict[str, str]]] = {}
    with Path(__file__).with_name("stresses.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["stress"], []).append(row)
    return found


def stress_scenarios(study: Study, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Make the ready-made stresses of a study: the price of land falls, projects open later, and so on.

    Parameters
    ----------
    study : what they are made for: only what it has is changed.
    names : which ones (`zonevest.stresses.stresses`); None: all that the study has anything of.

    Returns
    -------
    Rows of the table of scenarios, without probabilities; amounts have their source.

    Raises
    ------
    StudyError
        If a stress that is named is none, or the study has nothing of it, or has faults in a stress.
    """
    return stressed(study, names)[0]


def stressed(study: Study, names: Sequence[str] | None = None) -> tuple[pd.DataFrame, dict[str, str]]:
    """The same, and the stresses that the study has nothing of, with what they would change.

    Raises
    ------
    StudyError
        As `stress_scenarios`.
    """
    known, faults = stresses(), Faults()
    for name in dict.fromkeys(names or ()):
        if name not in known:
            do = meant(name, known, say("take one of {names}", names=listed(known)))
            faults.add("--stress", say("it is a ready-made stress"), repr(name), do)
    faults.stop_if_any()
    state, made, without = state_of(study), list[dict[str, Any]](), dict[str, str]()
    for name in dict.fromkeys(known if names is None else names):
        rows = [each for row in known[name] for each in _rows(study, state, row)]
        if not rows:
            without[name] = listed(dict.fromkeys(_place(row) for row in known[name]))
        made += rows
    for name, places in without.items() if names is not None or not made else ():
        must = say("the study has amounts that the stress changes")
        faults.add("--stress", must, say("{name}: none in {places}", name=name, places=places), say("leave it out"))
    faults.stop_if_any()
    scenarios = pd.DataFrame(made, columns=[*COLUMNS[:-1]]).astype({"probability": float})
    check_each(study, scenarios)
    return scenarios, without


def _place(row: Mapping[str, str]) -> str:
    """Where a row of the table changes something."""
    return row["key"] or f"{row['table']}.{row['column']}"


def _rows(study: Study, state: State, row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of the table of scenarios that a row of the table of stresses makes of a study."""
    told = {"scenario": row["stress"], "probability": math.nan, "column": row["column"], "period": ""}
    told |= {"source": row["source"], "confidence": row["confidence"]}
    needs = [need.split(".") for need in row["needs"].split()]
    if needs and not any((study.tables[table][column] > 0).any() for table, column in needs):
        return
    amount = float(row["amount"])
    if row["table"] == names.STUDY:
        held = at_path(state.toml, keys.split(row["key"]))
        if isinstance(held, (int, float)):
            op, new = (VALUE, held + amount) if row["op"] == ADD else (row["op"], amount)
            yield told | {"table": names.STUDY, "key": row["key"], "op": op, "amount": f"{new:.{DIGITS}g}"}
        return
    for table in FLOW_TABLES if row["table"] == FLOWS else (row["table"],):
        for op, new, key in _cells(study, state, table, row, amount):
            yield told | {"table": table, "key": key, "op": op, "amount": f"{new:.{DIGITS}g}"}


def _cells(
    study: Study, state: State, table: str, row: Mapping[str, str], amount: float
) -> Iterator[tuple[str, float, str]]:
    """Of the cells of a table that change: op, amount, and the keys that mean them and no others."""
    frame = study.tables[table]
    if frame.empty:
        return
    accounts = set(study.accounts.query(row["accounts"], engine="python")["account"]) if row["accounts"] else set()
    query = row["rows"] or ("account in @accounts" if row["accounts"] else "")
    meant = np.ones(len(frame), dtype=bool)
    if query:
        meant = frame.index.isin(frame.query(query, engine="python", local_dict={"accounts": accounts}).index)
    held = frame[row["column"]].to_numpy(dtype=float)
    if row["op"] != ADD:
        chosen = meant & ~np.isnan(held) & (held != 0)
        yield from ((row["op"], amount, key) for key in _patterns(state.keys(table), chosen, meant))
        return
    after = held + amount
    for new in dict.fromkeys(after[meant & ~np.isnan(held)].tolist()):
        same = meant & (after == new)
        yield from ((VALUE, new, key) for key in _patterns(state.keys(table), same, same))


def _patterns(held: Sequence[str], chosen: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> Iterator[str]:
    """Few keys, with ``*`` where that helps, that mean all rows chosen and none that is not allowed."""
    left = chosen.copy()
    while left.any():
        key = held[int(np.argmax(left))]
        first, _, rest = key.partition("/")
        for pattern in ("*", f"*/{rest}", f"{first}/*", key) if rest else ("*", key):
            parts = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
            means = np.array([parts.fullmatch(each) is not None for each in held])
            if not (means & ~allowed).any():
                break
        left &= ~means
        yield pattern


def stress_text(scenarios: pd.DataFrame, without: Mapping[str, str], lang: str) -> str:
    """The stresses that were made, and those that were not, for the screen."""
    rows = []
    for name, each in scenarios.groupby("scenario", sort=False):
        places = dict.fromkeys(
            row.key if row.table == names.STUDY else f"{row.table}.{row.column}" for row in each.itertuples()
        )
        rows.append([str(name), stresses()[str(name)][0][f"title_{lang}"], ", ".join(places)])
    lines = aligned(rows, 3)
    left = [
        say("left out, as the study has none: {name} ({places})", name=name, places=missing)
        for name, missing in without.items()
    ]
    lines += [translate(each, lang) for each in left]
    return "\n".join(lines)
