"""A plan folder read back, strictly: everything that is wrong with it is told at once, and nothing of it is used."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zonevest.instances.faults import Faults, some, within
from zonevest.instances.read import read_study
from zonevest.instances.say import foreign, from_parts, listed, say
from zonevest.instances.study import FORMAT, Study, StudyError, period_names
from zonevest.model.options import HOLD, build_options
from zonevest.model.plan import (
    CERTIFICATE,
    DECISIONS,
    FILES,
    LEDGER,
    LIMITS,
    NUMBERS,
    OPTIONAL,
    PARCELS,
    PROJECTS,
    before_table,
    digest,
    nonconforming_table,
)

STATUSES = ("optimal", "feasible", "broken", "infeasible", "no_plan", "interrupted")
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, RecursionError)
"""What readers of files raise at damaged ones."""
SHARED = 1e-6
"""By how much the shares of a parcel may miss 1."""
AMOUNTS = {"share", "capex", "value", "bound", "slack", "shadow_price", "raised", "area_ha", "bought", "sold", "amount"}
"""Columns of numbers; every other one that a table must have is text."""
BLANK = {"value", "bound", "slack", "shadow_price"}
"""Of limits.csv, numbers that may be blank."""
COLUMNS = {
    "parcels": PARCELS,
    "projects": PROJECTS,
    "ledger": LEDGER,
    "limits": LIMITS,
    **DECISIONS,
    "certificate": CERTIFICATE,
}
_AGAIN = say("restore the folder from a copy, or solve the study again; `zonevest audit` says what differs")


def read_plan_data(folder: Path, *, whole: bool = True) -> dict[str, Any]:
    """The fields of a plan from its folder.

    Parameters
    ----------
    whole : whether files must be there and as they were written, and the study the one that was solved; the audit
        judges what is there.

    Raises
    ------
    FileNotFoundError
        If the folder is no plan folder.
    StudyError
        If a file of it is missing, damaged, or of another plan or study: all that is wrong, at once.
    """
    faults = Faults()
    stated = _read(faults, "plan.json", partial(_json, folder / "plan.json"), missing=True)
    fields = {} if stated is None else _stated(faults, stated)
    stated = stated if isinstance(stated, dict) else {}
    study = _study(faults, folder, stated if whole else {})
    files = FILES | {name: file for name, file in OPTIONAL.items() if (folder / file).exists()}
    told = stated.get("files")
    told = told if isinstance(told, dict) and whole else {}
    for file in told:
        if file in OPTIONAL.values() and file not in files.values():
            faults.add(file, say("the plan folder has it"), say("it is missing"), _AGAIN)
    for name, file in files.items():
        table = _read(faults, file, partial(_table, folder / file, name))
        if table is not None:
            if told and told.get(file) != digest(folder / file):
                faults.add(file, say("it is as it was written"), say("it was changed, or is damaged"), _AGAIN)
            _columns(faults, file, table, COLUMNS[name])
            fields[name] = table
    if study is not None and fields.get("has_plan") and not len(faults):
        _of_study(faults, study, fields)
    faults.stop_if_any()
    assert study is not None
    fields["study"] = study
    if fields["has_plan"]:
        options = build_options(study)
        fields["before"] = before_table(options)
        fields["nonconforming"] = nonconforming_table(options, fields["parcels"])
    return fields


def _read(faults: Faults, where: str, read: Callable[[], Any], *, missing: bool = False) -> Any:
    """What is read, or None and a fault."""
    try:
        return read()
    except FileNotFoundError:
        if missing:
            raise
        faults.add(where, say("the plan folder has it"), say("it is missing"), _AGAIN)
    except UNREADABLE as error:
        why = str(error).strip().partition("\n")[0]
        faults.add(where, say("it can be read"), foreign(f"{type(error).__name__}: {why}"), _AGAIN)
    return None


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _table(path: Path, name: str) -> pd.DataFrame:
    """A table with its numbers as numbers, everything else as text; a cell that is no number is infinite."""
    if path.is_dir():  # which parquet would take for a table of many files
        raise IsADirectoryError(say("Is a directory"))
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    instruments = [] if name != "projects" else [each for each in table if each not in PROJECTS and each[:2] != "x_"]
    for column in table:
        if column in AMOUNTS or column in instruments:
            cells = table[column].replace("", "nan") if name == "limits" else table[column]
            table[column] = [_float(cell) for cell in cells]
        elif column.startswith("x_"):  # of one's own: numbers where all of it are numbers
            with suppress(ValueError):
                table[column] = pd.to_numeric(table[column].replace("", "nan"))
    return table


def _float(cell: str) -> float:
    """A cell as a number; inf where it is none, which no column may hold."""
    try:
        return float(cell)
    except ValueError:
        return math.inf


def _stated(faults: Faults, stated: Any) -> dict[str, Any]:
    """The fields of plan.json, each of its kind."""
    if not isinstance(stated, dict):
        faults.add("plan.json", say("it is a table of names and values"), type(stated).__name__, _AGAIN)
        return {}

    def need(name: str, must: str, holds: bool) -> None:
        if not holds:
            found = repr(stated[name]) if name in stated else say("it is missing")
            faults.add(within("plan.json", name), must, found, _AGAIN)

    form = stated.get("format")
    need("format", say("it has format {format}", format=FORMAT), form == FORMAT and not isinstance(form, bool))
    need("status", say("it is one of: {options}", options=listed(STATUSES)), stated.get("status") in STATUSES)
    need("has_plan", say("it is true or false"), isinstance(stated.get("has_plan"), bool))
    there = stated.get("has_plan") is True
    for name in NUMBERS:
        value = stated.get(name, "")
        needed = there and name in ("objective", "cash", "ecosystem")
        need(name, say("it is a number"), _number(value) or (value is None and not needed))
    for name in ("doing_nothing", "seconds"):
        value = stated.get(name)
        need(name, say("it is a table of numbers"), isinstance(value, dict) and all(map(_number, value.values())))
    for name, kind in (
        ("method", str),
        ("message", str),
        ("study_hash", str),
        ("versions", dict),
        ("limits_off", list),
    ):
        need(name, say("it is there, and is {kind}", kind=_KINDS[kind]), isinstance(stated.get(name), kind))
    seed = stated.get("seed")
    need("seed", say("it is a number"), isinstance(seed, int) and not isinstance(seed, bool))
    need("settings", say("it is there, and is {kind}", kind=_KINDS[dict]), _settings(stated.get("settings")))
    fields = {name: stated.get(name) for name in _FIELDS}
    fields["message"] = from_parts(stated.get("message_parts"), fields["message"] or "")
    return fields


_FIELDS = (
    "status", "has_plan", *NUMBERS, "doing_nothing", "seconds", "method", "seed", "versions", "limits_off", "settings",
    "message",
)  # fmt: skip
_KINDS = {str: say("text"), dict: say("a table of names and values"), list: say("a list")}


def _settings(value: Any) -> bool:
    """Whether settings are a table, and the stages in it, if any, have what re-solving needs."""
    if not isinstance(value, dict):
        return False
    stages = value.get("stages", [])
    return isinstance(stages, list) and all(
        isinstance(stage, dict) and isinstance(stage.get("term"), str) and _number(stage.get("value"))
        for stage in stages
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _study(faults: Faults, folder: Path, stated: dict[str, Any]) -> Study | None:
    """The study, if it is the one that was solved."""
    try:
        study = read_study(folder / "study")
    except StudyError as error:
        for where, must, found, _ in error.faults.to_numpy().tolist():
            faults.add(say("{where}: {what}", where="study", what=where), must, found, _AGAIN)
        return None
    except UNREADABLE as error:
        faults.add(say("study"), say("it can be read"), foreign(f"{type(error).__name__}: {error}"), _AGAIN)
        return None
    told = stated.get("study_hash")
    if isinstance(told, str) and told != study.hash:
        must = say("its tables are those that were solved (study_hash {told})", told=told)
        faults.add(say("study"), must, f"study_hash {study.hash}", _AGAIN)
    return study


def _columns(faults: Faults, file: str, table: pd.DataFrame, columns: list[str]) -> None:
    """A table has its columns, and numbers in those of numbers."""
    lost = [name for name in columns if name not in table.columns]
    if lost:
        faults.add(file, say("it has the columns {columns}", columns=listed(lost)), say("it has not"), _AGAIN)
    for name in AMOUNTS & set(columns) - set(lost):
        if file == OPTIONAL["certificate"]:  # bounds of it may be infinite
            continue
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        blank = np.isnan(values) if file == FILES["limits"] and name in BLANK else np.zeros(len(values), dtype=bool)
        odd = np.flatnonzero(~np.isfinite(values) & ~blank)
        if len(odd):
            found = say("not in rows {rows}", rows=some(odd.tolist()))
            faults.add(within(file, name), say("every cell is a number"), found, _AGAIN)


def _of_study(faults: Faults, study: Study, fields: dict[str, Any]) -> None:
    """The choices are of this study's parcels and projects."""
    parcels, projects = fields["parcels"], fields["projects"]
    periods = ["", *period_names(study.periods)]
    known = {
        ("parcels", "zone"): ["", *study.zones["zone"]],
        ("parcels", "practice"): ["", HOLD, *study.practices["practice"]],
        ("parcels", "start"): periods,
        ("parcels", "class_before"): study.land_classes["land_class"],
        ("parcels", "class_after"): study.land_classes["land_class"],
        ("projects", "start"): periods,
    }
    for (name, column), names in known.items():
        odd = ~fields[name][column].isin(list(names))
        if odd.any():
            found = some(fields[name].loc[odd, column].astype(str).unique())
            faults.add(within(FILES[name], column), say("the study has every name"), found, _AGAIN)
    for name, table, given in (("parcel_id", parcels, study.parcels), ("project", projects, study.projects)):
        file = FILES["parcels" if name == "parcel_id" else "projects"]
        odd_ones = sorted(set(given[name]) ^ set(table[name].astype(str)))
        if odd_ones:
            faults.add(within(file, name), say("it names all of the study's, and no other"), some(odd_ones), _AGAIN)
    if projects["project"].duplicated().any():
        twice = some(projects.loc[projects["project"].duplicated(), "project"])
        faults.add(within(FILES["projects"], "project"), say("every project stands once"), twice, _AGAIN)
    share = parcels["share"].astype(float)
    total = share.groupby(parcels["parcel_id"]).sum()
    wrong = total.index[(total - 1.0).abs() > SHARED].tolist() + parcels.loc[share < 0.0, "parcel_id"].tolist()
    if wrong:
        faults.add(within(FILES["parcels"], "share"), say("the shares of a parcel sum to 1"), some(wrong), _AGAIN)
