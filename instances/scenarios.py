"""Scenarios as data: rows that change cells of tables or keys of study.toml.

A row names a table, the rows of it that are meant (`key`, the key columns joined by ``/``, ``*`` for anything), a
column, and what becomes of its cells: they are multiplied by the amount, or replaced by it. All rows of a scenario
happen in order. Every scenario is checked whenever a study is read; one is applied when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances import keys, names
from zonevest.instances.accounts import FREE
from zonevest.instances.cells import MOST, flags, plain
from zonevest.instances.defaults import CN
from zonevest.instances.faults import Faults, choice, meant, nearest, some
from zonevest.instances.finance import VALUES
from zonevest.instances.overrides import override
from zonevest.instances.rules import Rule, advice, rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, BY_NAME, Column
from zonevest.instances.settings import known_paths, parse_settings, to_toml
from zonevest.instances.study import CHANGES, Settings, items
from zonevest.instances.tables import Typed, span

if TYPE_CHECKING:
    from zonevest.instances.study import Study

NAME = "scenarios"
VALUE = "value"
"""The column of the sheet of settings."""
FIXED = ("format", "defaults", "parcels", "layer")
"""Keys of study.toml that say which tables are read: no scenario changes them."""
SLACK = 1e-6
"""By how much probabilities may miss 1."""
Cells = Any
"""The cells of a column: an array of numbers or flags, or a list of texts."""


class ChangeError(Exception):
    """What is wrong with a change, and in which of its columns."""

    def __init__(self, column: str, must: Rule, found: str, do: str = "") -> None:
        super().__init__(must)
        self.column, self.must, self.found, self.do = column, must, found, do


@dataclass(frozen=True)
class Change:
    """A row of the table of scenarios."""

    table: str
    key: str
    column: str
    period: str
    op: str
    amount: str

    @property
    def factor(self) -> float:
        """What cells are multiplied by."""
        try:
            if abs(number := float(self.amount)) <= MOST and "_" not in self.amount:
                return number
        except ValueError:
            pass
        raise ChangeError("amount", rule("scenarios.factor"), repr(self.amount))


@dataclass
class State:
    """Tables and settings as the changes of a scenario leave them.

    Attributes
    ----------
    tables : columns by name, by table; what is changed is copied first.
    toml : settings nested like study.toml, as given.
    settings : the same, every key filled in.
    label : how the reader knows the settings.
    """

    tables: Mapping[str, Mapping[str, Cells]]
    toml: Mapping[str, Any]
    settings: Settings
    label: str
    changed: dict[str, dict[str, Cells]] = field(default_factory=dict)
    _keys: dict[str, list[str]] = field(default_factory=dict)

    def cells(self, table: str, column: str) -> Cells:
        """The cells of a column as they are now."""
        return self.changed.get(table, {}).get(column, self.tables[table][column])

    def keys(self, table: str) -> list[str]:
        """The key of every row of a table."""
        if table not in self._keys:
            held = [list(self.tables[table][column]) for column in key_columns(table)]
            self._keys[table] = ["/".join(str(plain(part)) for part in row) for row in zip(*held, strict=True)]
        return self._keys[table]

    def make(self, change: Change) -> tuple[list[Any], list[Any]]:
        """Make a change; the cells before it and after it.

        Raises
        ------
        ChangeError
            If there is nothing to change, or it would become something that may not stand there.
        """
        if change.table == names.STUDY:
            return self._set(change)
        if change.table not in BY_NAME or change.table == NAME:
            must = rule("scenarios.table")
            others = [name for name in names.tables() if name != NAME]
            raise ChangeError("table", must, repr(change.table), meant(change.table, others, must.do))
        column = self._column(change)
        rows = self._rows(change)
        cells = self.cells(change.table, column.name)
        before = [cells[i] for i in rows]
        after = (
            self._multiplied(change, column, before) if change.op == "factor" else self._replaced(change, column, rows)
        )
        fresh = cells.copy() if isinstance(cells, np.ndarray) else list(cells)
        for i, cell in zip(rows, after, strict=True):
            fresh[i] = cell
        self.changed.setdefault(change.table, {})[column.name] = fresh
        return before, after

    def _column(self, change: Change) -> Column:
        table = BY_NAME[change.table]
        code = names.column_of(table.name, change.column)
        known = [column.name for column in table.columns]
        if code not in known:
            if change.column.startswith("x_"):
                raise ChangeError("column", rule("scenarios.own-column", table=table.name), repr(change.column))
            must = rule("scenarios.column", table=table.name)
            raise ChangeError("column", must, repr(change.column), meant(change.column, known, must.do))
        column = table.column(code)
        if code in key_columns(table.name):
            must = rule("scenarios.key-column")
            raise ChangeError("column", must, say("{column}, a part of the key", column=code))
        if change.op == "factor" and column.kind != "number":
            raise ChangeError("column", rule("scenarios.factor-text"), say("{column}, no number", column=code))
        return column

    def _rows(self, change: Change) -> list[int]:
        """The rows that a change means."""
        table = BY_NAME[change.table]
        held = self.keys(change.table) if change.table in self.tables else []
        parts = "/".join(key_columns(table.name))
        rows = [i for i, key in enumerate(held) if key == change.key]
        if not rows and "*" in change.key:
            pattern = re.compile(".*".join(map(re.escape, change.key.split("*"))), re.DOTALL)
            rows = [i for i, key in enumerate(held) if pattern.fullmatch(key)]
        if not rows:
            must = rule("scenarios.rows", table=table.name, parts=parts)
            raise ChangeError("key", must, say("no row {key!r}", key=change.key), _like(change.key, held, must.do))
        built_in = [held[i] for i in rows if table.name == "accounts" and held[i] in BUILT_IN_ACCOUNTS]
        if built_in and names.column_of("accounts", change.column) not in FREE:
            must = rule("scenarios.built-in", columns=choice(FREE))
            raise ChangeError("column", must, f"{change.column} ({some(built_in)})")
        if change.period:
            if not any(column.name == "period" for column in table.columns):
                raise ChangeError("period", rule("scenarios.period"), repr(change.period))
            of = self.cells(table.name, "period")
            rows = [i for i in rows if of[i] == change.period]
            if not rows:
                found = say("no row {key!r} in {period}", key=change.key, period=change.period)
                raise ChangeError("period", rule("scenarios.row-period", table=table.name), found)
        return rows

    def _multiplied(self, change: Change, column: Column, before: Sequence[Any]) -> list[Any]:
        after = [float(cell) * change.factor for cell in before]
        if all(cell != cell for cell in before):
            raise ChangeError("key", rule("scenarios.blank"), say("blank cells only"))
        return self._legal(column, after)

    def _legal(self, column: Column, after: list[Any]) -> list[Any]:
        values = np.array(after, dtype=np.float64)
        wrong = np.abs(values) > MOST
        wrong |= values < (-np.inf if column.low is None else column.low)
        wrong |= values > (np.inf if column.high is None else column.high)
        if column.whole:
            wrong |= (values != np.floor(values)) & ~np.isnan(values)
        if wrong.any():
            raise ChangeError(
                "amount", span(column), some(map(plain, values[wrong].tolist())), say("correct the amount")
            )
        return after

    def _replaced(self, change: Change, column: Column, rows: Sequence[int]) -> list[Any]:
        """A new value for every row."""
        if column.kind == "number":
            try:
                return self._legal(column, [change.factor] * len(rows))
            except ChangeError as error:
                if error.must != rule("scenarios.factor"):
                    raise
                must = rule("columns.number", column=column.name)
                raise ChangeError("amount", must, error.found, error.must.do) from None
        if column.kind == "flag":
            values, bad = flags([change.amount], False)
            if bad:
                raise ChangeError("amount", rule("columns.flag", column=column.name), repr(change.amount))
            return [bool(values[0])] * len(rows)
        amount = names.each_item(change.amount, lambda word: names.value_of(column, word))
        words = items(amount) if column.kind == "list" else [amount]
        strange = [word for word in words if column.choices and word not in column.choices]
        if strange:
            must = rule("columns.choice", column=column.name, choices=choice(column.choices))
            do = meant(strange[0], names.said_values(column), must.do)
            raise ChangeError("amount", must, some(map(repr, strange)), do)
        self._there(column, words)
        return [amount] * len(rows)

    def _there(self, column: Column, words: Sequence[str]) -> None:
        """What a new value names is there, where that is a plain row of another table."""
        if column.kind == "period":
            known = [period.name for period in self.settings.periods]
            what = say("a period of study.toml")
        elif column.refers in ("land_classes", "zones", "practices", "projects", "parcels", "instruments"):
            what = say("a row of {table}", table=column.refers)
            known = self.keys(column.refers) if column.refers in self.tables else []
        else:
            return
        strange = sorted(set(words) - set(known) - {"hold" if column.name == "locked_practice" else ""})
        if strange:
            must = rule("names.row", column=column.name, what=what)
            do = meant(strange[0], known[:5_000], must.do)
            raise ChangeError("amount", must, some(map(repr, strange)), do)

    def _set(self, change: Change) -> tuple[list[Any], list[Any]]:
        """Change a key of study.toml."""
        parts = keys.split(change.key)
        if names.column_of(names.STUDY, change.column) != VALUE:
            must = rule("scenarios.study-column", key=f"{change.key}.{change.column}")
            raise ChangeError("column", must, repr(change.column))
        if parts[0] in FIXED:
            raise ChangeError("key", rule("scenarios.fixed"), repr(change.key))
        held = at_path(to_toml(self.settings, None), parts)
        new = self._new_setting(change, parts, held)
        trial = Faults()
        values = override(self.toml, {keys.join(parts): new}, trial)
        settings, _ = parse_settings(values, self.label, trial)
        if len(trial):
            fault = trial.frame().iloc[0]
            do = fault["do"]
            if getattr(fault["must"], "name", "") == "periods.none":
                raise ChangeError("key", rule("scenarios.periods"), fault["found"])
            if getattr(fault["must"], "name", "") in ("settings.key", "settings.path"):
                do = meant(keys.join(parts), known_paths(self.toml), advice("settings.path"))
            raise ChangeError("amount" if held is not None else "key", fault["must"], fault["found"], do)
        self.toml, self.settings = values, settings
        return [held], [at_path(to_toml(settings, None), parts)]

    def _new_setting(self, change: Change, parts: Sequence[str], held: Any) -> Any:
        by_period = parts[0] == "finance" and len(parts) == 2 and parts[1] in VALUES
        if change.period and not by_period:
            raise ChangeError("period", rule("scenarios.period"), repr(change.period))
        periods = [period.name for period in self.settings.periods]
        if by_period and change.period in periods and held is not None and not isinstance(held, Mapping):
            held = dict.fromkeys(periods, held)
        if change.op == "value":
            new = keys.value(parts, change.amount)
            return {**(held or {}), change.period: new} if change.period else new
        if change.period and isinstance(held, Mapping):
            return {**held, change.period: self._product(change, held.get(change.period))}
        if isinstance(held, Mapping) and held:
            return {name: self._product(change, number) for name, number in held.items()}
        return plain(self._product(change, held))

    def _product(self, change: Change, number: Any) -> float:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            found, must = say("no number at {key}", key=change.key), rule("scenarios.no-number")
            known = known_paths(self.toml)
            do = must.do if change.key in known else meant(change.key, known, must.do)
            raise ChangeError("key", must, found, do)
        return number * change.factor


def _like(key: str, held: Sequence[str], otherwise: str) -> str:
    """Advice on a key of no row: all rows that begin with it, the nearest one, or what keys look like."""
    first = any(each.startswith(f"{key}/") for each in held)
    close = f"{key}/*" if first else nearest(key, held[:5_000])
    if close:
        return say("did you mean {close}? {otherwise}", close=repr(close), otherwise=otherwise)
    if not held:
        return otherwise
    return say("correct the key (those of the table are {examples}; * stands for anything)", examples=some(held, 3))


def at_path(values: Any, parts: Sequence[str]) -> Any:
    """What stands at a path of nested settings, None if nothing does."""
    for part in parts:
        if isinstance(values, list):
            placed = values[int(part)] if part.isdigit() and int(part) < len(values) else None
            values = next((each for each in values if each.get("name") == part), placed)
        elif isinstance(values, Mapping):
            values = values.get(part)
        if values is None:
            return None
    return values


def key_columns(table: str) -> tuple[str, ...]:
    """The columns by which a scenario names rows: the key, of flows what they are about and the account."""
    known = BY_NAME[table]
    if table.endswith("_flows"):
        return (known.columns[0].name, "account")
    return known.key or tuple(column.name for column in known.columns if column.required and column.kind == "text")


def state_of(study: Study) -> State:
    """A study's tables and settings, ready to be changed."""
    held = {
        name: {
            column: table[column].to_numpy() if table[column].dtype != object else table[column].tolist()
            for column in table.columns
        }
        for name, table in study.tables.items()
        if len(table) and name != NAME
    }
    return State(held, to_toml(study.settings, None), study.settings, study.label)


def applied(
    scenario: str,
    tables: Mapping[str, Typed],
    values: Mapping[str, Any],
    label: str,
    faults: Faults,
) -> tuple[Mapping[str, Any] | None, dict[str, Typed], list[dict[str, Any]]]:
    """Check every scenario, and apply the one that is asked for.

    Parameters
    ----------
    scenario : its name, ``""`` for none.
    tables : the tables of the study, default rows included.
    values : settings nested like study.toml, without what the command line sets.
    label : how the reader knows them.

    Returns
    -------
    Settings nested like study.toml, and the tables, as the scenario changes them; and its rows as `listing` has them.
    """
    table, out = tables.get(NAME), dict(tables)
    held = {name: each.data for name, each in tables.items() if each.size and not each.broken}
    sound = Faults()
    base, _ = parse_settings(values, label, sound)
    if table is None or table.broken:
        rows: dict[str, list[int]] = {}
    else:
        rows = _rows(table)
        _probabilities(table, rows, faults)
    if scenario and scenario not in rows and (table is None or not table.broken):
        must = rule("scenarios.scenario", names=listed(rows)) if rows else rule("scenarios.none")
        do = meant(scenario, rows, must.do)
        faults.add(say("scenario {name!r}", name=scenario), must, say("no such scenario"), do)
    told, made = values, list[dict[str, Any]]()
    for name, at in rows.items():
        state = State(held, values, base, label)
        likely = _probability(table, at)
        for i, change in zip(at, _changes(table, at), strict=True):
            if change.table in BY_NAME and change.table in tables and tables[change.table].broken:
                continue  # nothing is concluded from a table with faults
            if change.table == names.STUDY and len(sound):
                continue
            if change.period and change.period not in [period.name for period in base.periods]:
                continue  # which is told where all names of periods are looked at
            try:
                before, after = state.make(change)
                if name == scenario:
                    made.append(_row(name, likely, change, before, after))
            except ChangeError as error:
                assert table is not None
                faults.add(table.where(i, error.column), error.must, error.found, error.do)
        if name == scenario:
            told = state.toml
            for other, columns in state.changed.items():
                out[other] = replace(tables[other], data={**tables[other].data, **columns})
            out.pop(NAME)
    return told, out, made


def _rows(table: Typed) -> dict[str, list[int]]:
    """The rows of every scenario, in order."""
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(table.text("scenario")):
        rows.setdefault(name, []).append(i)
    return rows


def _changes(table: Any, at: Sequence[int]) -> list[Change]:
    columns = [list(table.data[name]) for name in ("table", "key", "column", "period", "op", "amount")]
    known = names.tables()
    return [
        Change(known.get(names.plain(columns[0][i]), columns[0][i]), *(column[i] for column in columns[1:])) for i in at
    ]


def _probabilities(table: Typed, rows: Mapping[str, list[int]], faults: Faults) -> None:
    """A scenario has one probability, and those of all that state one sum to 1."""
    of: dict[str, float] = {}
    stated = table.number("probability")
    for name, at in rows.items():
        said = list(dict.fromkeys(each for each in stated[at].tolist() if each == each))
        if len(said) > 1:
            must = rule("scenarios.one-probability")
            faults.add(table.where(at, "probability"), must, f"{some(map(plain, said))} ({name})")
        if said:
            of[name] = said[0]
    if of and abs(sum(of.values()) - 1.0) > SLACK:
        found = say(
            "{sum:g}: {parts}", sum=sum(of.values()), parts=some(f"{name} {each:g}" for name, each in of.items())
        )
        faults.add(table.where(None, "probability"), rule("scenarios.sum"), found)


def listing(study: Study) -> pd.DataFrame:
    """What the scenarios of a study change.

    Returns
    -------
    scenario, probability, table, key, column, period, op, amount, count (cells that change), from, to (of several cells
    a list of the smallest and the largest, of a value by period a number by name); one row per row of the table.
    """
    table = study.tables[NAME]
    held = {
        name: {column: _column(frame[column]) for column in frame.columns}
        for name, frame in study.tables.items()
        if len(frame)
    }
    typed = Typed(BY_NAME[NAME], NAME, len(table), {name: _column(table[name]) for name in table.columns})
    out = []
    for name, at in _rows(typed).items():
        state = State(held, to_toml(study.settings, None), study.settings, NAME)
        likely = _probability(typed, at)
        for change in _changes(typed, at):
            try:
                before, after = state.make(change)
            except ChangeError:  # what was set anew for this run has left no place for it
                before, after = [], []
            out.append(_row(name, likely, change, before, after))
    return pd.DataFrame(out, columns=[*CHANGES])


def settings_listing(
    changes: Mapping[str, object], before: Settings, after: Settings, toml: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What was set anew for this run, as rows of `listing` without a scenario.

    Parameters
    ----------
    changes : dotted path -> value.
    before, after : the settings without and with them.
    toml : settings nested like study.toml that say what `before` says, for what it does not fill in.
    """
    out = []
    anew = override(toml, changes, Faults())
    for path in changes:
        parts = keys.split(path)
        if parts[0] in FIXED:  # no part of settings once they are read
            held, now = (at_path({"defaults": CN, **each}, parts) for each in (toml, anew))
        else:
            held, now = (at_path(to_toml(each, None), parts) for each in (before, after))
            held = at_path(toml, parts) if held is None else held
        change = Change(names.STUDY, path, VALUE, "", "value", str(changes[path]))
        out.append(_row("", None, change, [held], [now]))
    return out


def _row(
    scenario: str, likely: float | None, change: Change, before: Sequence[Any], after: Sequence[Any]
) -> dict[str, Any]:
    """A row of `listing`."""
    column = names.column_of(change.table, change.column)
    row = {"scenario": scenario, "probability": likely, "table": change.table, "key": change.key, "column": column}
    row |= {"period": change.period, "op": change.op, "amount": change.amount, "count": len(after)}
    return row | {"from": _span(before), "to": _span(after)}


def _probability(table: Any, at: Sequence[int]) -> float | None:
    """The first probability that the rows of a scenario state."""
    return next((each for each in np.asarray(table.data["probability"])[at].tolist() if each == each), None)


def _column(cells: pd.Series[Any]) -> Cells:
    return cells.to_numpy() if cells.dtype != object else cells.tolist()


def _span(cells: Sequence[Any]) -> Any:
    """One cell as it is, of several the smallest and the largest."""
    known = [plain(cell) for cell in cells if cell is not None and cell == cell]
    if len(known) < 2 or isinstance(known[0], (list, Mapping)):
        return known[0] if known else ""
    different = sorted(set(known))
    return different[0] if len(different) == 1 else [different[0], different[-1]]
