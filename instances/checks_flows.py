"""What must hold for the rows of the five flow tables."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from zonevest.instances.cells import BOOLEANS, numbers
from zonevest.instances.context import Context, advise
from zonevest.instances.faults import choice, some
from zonevest.instances.rules import Rule, advice, rule
from zonevest.instances.say import say
from zonevest.instances.schema import FLOW_TABLES, PARCELS
from zonevest.instances.study import conditions, holds, items
from zonevest.instances.tables import NO_ROW, Typed

ONCE = ("per_ha_once", "once")
KINDS = {column.name: column for column in PARCELS.columns}
MUST = {"annual": "flows.basis-annual", "one_off": "flows.basis-once"}


def check_flows(study: Context) -> None:
    """Basis and account agree; `scale_by` and `where` can be worked out for the parcels."""
    for name in FLOW_TABLES:
        flows = study.rows(name)
        if flows is None:
            continue
        _basis(study, flows)
        _units(study, flows)
        if name == "project_flows":
            _project_rows(study, flows)
        else:
            sound = check_where(study, flows)
            _scale_by(study, flows, sound)


def _basis(study: Context, flows: Typed) -> None:
    """An annual account takes amounts per year, a one-off account amounts paid once, a stock both."""
    if flows.broken & {"basis", "account"}:
        return
    basis, account = flows.text("basis"), flows.text("account")
    measure = study.accounts.own
    for kind in ("annual", "one_off"):
        at = [i for i in range(flows.size) if measure.get(account[i]) == kind and basis[i]]
        at = [i for i in at if (basis[i] in ONCE) == (kind == "annual")]
        _changed_under(study, {account[i] for i in at if flows.rows[i] == NO_ROW})
        study.tell(
            flows, [i for i in at if flows.rows[i] != NO_ROW], "basis", rule(MUST[kind]),
            found=lambda i: say("{basis!r} on {account!r}", basis=basis[i], account=account[i]),
        )  # fmt: skip
    decay = flows.number("decay") if "decay" not in flows.broken else np.zeros(flows.size)
    at = [i for i in np.flatnonzero(decay).tolist() if basis[i] in ONCE]
    study.tell(flows, at, "decay", rule("flows.decay"))


SCALES = {
    "mu": r"\bmu\b|亩",
    "m2": r"\bm2|m²|(?<!千)平方米",
    "km2": r"km2|km²|平方公里|平方千米",
    "thousand": r"thousand|\b1,?000\b|千(?!米|平)",
    "ten thousand": r"(?<!百)万|10\^4",
    "million": r"million|百万",
    "hundred million": r"亿|10\^8",
}
"""Words for scales in the unit of an amount. A unit is free text, but these are not the same as others."""


def _units(study: Context, flows: Typed) -> None:
    """Tell of units that speak of another scale than the account's: yuan a mu on an account of millions, say."""
    if flows.broken & {"account", "unit"}:
        return
    accounts = study.tables["accounts"]
    unit = dict(zip(accounts.text("account"), accounts.text("unit"), strict=True))
    pairs = zip(flows.text("account"), flows.text("unit"), flows.rows, strict=True)
    stated = dict.fromkeys((name, own) for name, own, row in pairs if own and unit.get(name) and row != NO_ROW)
    odd = [f"{own!r} ({name}: {unit[name]})" for name, own in stated if _scales(own) != _scales(unit[name])]
    if odd:
        study.faults.add(flows.where(column="unit"), rule("flows.units"), some(odd))


def _scales(unit: str) -> set[str]:
    return {name for name, words in SCALES.items() if re.search(words, unit)}


def _changed_under(study: Context, names: set[str]) -> None:
    """An account on which default rows book keeps its recurrence: the study changed it, not the rows."""
    accounts = study.tables["accounts"]
    at = [i for i, name in enumerate(accounts.text("account")) if name in names]
    must = rule("accounts.default-rows")
    study.tell(accounts, at, "recurrence", must)


def _project_rows(study: Context, flows: Typed) -> None:
    """A project has no area and no parcel: its rows are per year or once, for the project as a whole."""
    if "basis" not in flows.broken:
        basis = flows.text("basis")
        at = [i for i in range(flows.size) if basis[i].startswith("per_ha")]
        must = rule("project_flows.basis")
        study.tell(flows, at, "basis", must)
    for column in ("scale_by", "where"):
        at = [i for i, cell in enumerate(flows.text(column)) if cell]
        must = rule("project_flows.parcels", column=column)
        study.tell(flows, at, column, must)


def check_where(study: Context, flows: Typed) -> dict[str, bool]:
    """Every `where` can be read; returns which cells can."""
    cells = flows.text("where")
    problems: dict[str, tuple[Rule, str, str]] = {}
    for cell in dict.fromkeys(cells):
        if cell:
            problem = condition_problem(study, cell)
            if problem:
                problems[cell] = problem
    folded: dict[tuple[Rule, str], list[int]] = {}
    for i, cell in enumerate(cells):
        if cell in problems:
            must, _, do = problems[cell]
            folded.setdefault((must, do), []).append(i)
    for (must, do), at in folded.items():
        study.tell(
            flows,
            at,
            "where",
            must,
            do,
            lambda i: say("{where}: {what}", where=repr(cells[i]), what=problems[cells[i]][1]),
        )
    return {cell: cell not in problems for cell in cells}


def condition_problem(study: Context, cell: str) -> tuple[Rule, str, str] | None:
    """What is wrong with a `where` cell: what must hold, what was found, what to do."""
    parcels = study.tables.get("parcels")
    own = parcels.own if parcels is not None else {}
    for part, (name, values) in zip(items(cell), conditions(cell), strict=True):
        if "=" not in part or not name or not all(values) or part[part.index("=") + 1 :].startswith("="):
            return rule("flows.where"), repr(part), ""
        column = KINDS.get(name)
        if column is None and name not in own:
            known = [*(each.name for each in PARCELS.columns if each.kind != "list"), *own]
            must = rule("flows.where-column")
            return must, say("no column {name!r}", name=name), advise([name], known, must.do)
        kind = column.kind if column is not None else "number" if isinstance(own[name], np.ndarray) else "text"
        if kind == "list":
            return rule("flows.where-list"), say("{name} is a list", name=name), ""
        if kind == "flag":
            bad = [value for value in values if value.lower() not in BOOLEANS]
            options: list[str] | None = ["0", "1"]
        elif kind == "number":
            bad = [values[i] for i in numbers(list(values))[1]]
            options = None
        else:
            options = _options(study, name)
            bad = [value for value in values if options is not None and value not in options]
        if bad:
            what = say("a number")
            if kind != "number":
                what = choice(options or ["…"]) if len(options or ()) < 12 else say("known")
            must = rule("flows.where-value", column=name, what=what)
            return must, some(repr(value) for value in bad), advise(bad, options or (), must.do)
    return None


def _options(study: Context, name: str) -> list[str] | None:
    """The values that a text column of parcels may have; None if any."""
    column = KINDS.get(name)
    if column is None or name == "parcel_id":
        return None
    if column.choices:
        return list(column.choices)
    if column.refers == "jurisdictions":
        return None if study.jurisdictions is None else list(study.jurisdictions)
    names = study.ids(column.refers) if column.refers else None
    return None if names is None else list(names)


def _scale_by(study: Context, flows: Typed, sound: dict[str, bool]) -> None:
    """`scale_by` names a numeric column of parcels that is filled in wherever the row holds."""
    parcels = study.rows("parcels")
    cells, where = flows.text("scale_by"), flows.text("where")
    names = set(cells) - {""}
    if not names or parcels is None:
        return
    numeric = [column.name for column in PARCELS.columns if column.kind == "number"]
    numeric += [name for name, values in parcels.own.items() if isinstance(values, np.ndarray)]
    strange = names.difference(numeric)
    if strange:
        at = [i for i, cell in enumerate(cells) if cell in strange]

        def found(i: int) -> str:
            if cells[i] in parcels.data or cells[i] in parcels.own:
                return say("{name!r} is not a number in every cell", name=cells[i])
            return say("{name!r} is no column", name=cells[i])

        must = rule("flows.scale-by")
        do = advise(strange, numeric, advice("flows.scale-by"))
        study.tell(flows, at, "scale_by", must, do, found)
    for name in sorted(names - strange):
        values = parcels.data[name] if name in parcels.data else parcels.own[name]
        blank = ~np.isfinite(values)
        if name in parcels.broken or not blank.any():
            continue
        for cell in dict.fromkeys(where[i] for i in range(flows.size) if cells[i] == name):
            if not sound.get(cell, True):
                continue
            at = [i for i in range(flows.size) if cells[i] == name and where[i] == cell]
            missing = blank & mask(parcels, cell)
            if flows.table.name == "parcel_flows" and study.readable("parcels"):
                rows = {flows.text("parcel_id")[i] for i in at}
                missing &= np.isin(np.array(parcels.text("parcel_id"), dtype=object), list(rows))
            if missing.any():
                lost = parcels.ids(np.flatnonzero(missing).tolist()) if study.readable("parcels") else []
                must = rule("flows.scale-blank", column=name)
                blanks = say("blank for parcels {parcels}", parcels=some(lost))
                study.faults.add(flows.where(at, "scale_by"), must, blanks)


def mask(parcels: Typed, cell: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For which parcels a sound `where` cell holds, shape (parcels,)."""
    columns = [name for name, _ in conditions(cell)]
    looked_at = {name: parcels.data[name] if name in parcels.data else parcels.own[name] for name in columns}
    return holds(pd.DataFrame(looked_at, index=range(parcels.size)), cell)
