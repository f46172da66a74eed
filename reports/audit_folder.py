"""A plan as the audit sees it: from an object that has the fields of a plan, or from its folder.

What is missing or damaged becomes a breach, so that whoever audits a folder is told everything that is wrong with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zonevest.instances.faults import some, within
from zonevest.instances.read import read_study
from zonevest.instances.say import foreign, listed, say
from zonevest.instances.study import FORMAT, Study, StudyError
from zonevest.reports.audit_decisions import DECISIONS
from zonevest.reports.audit_rules import Breach
from zonevest.reports.audit_told import FILED, TOLD

COLUMNS = {
    "parcels": (("parcel_id", "zone", "practice", "start", "class_before", "class_after"), ("share",)),
    "projects": (("project", "start"), ()),
    "ledger": (("account", "jurisdiction", "period", "measure"), ("value",)),
    "limits": (("limit", "account", "jurisdiction", "period"), ("value", "bound", "slack")),
    **DECISIONS,
}
"""Text columns and number columns that a table of a plan must have."""
FILES = {
    "parcels": "parcels.parquet",
    "projects": "projects.csv",
    "ledger": "ledger.parquet",
    "limits": "limits.csv",
}
"""The files that every plan folder has; those of decisions are there where something is decided."""
LAYER = "plan.gpkg"
STATED = ("status", "objective", "bound", "gap", "gap_total", "cash", "ecosystem", "doing_nothing", "settings")
DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, RecursionError)


@dataclass
class Stated:
    """What a plan states of itself.

    Attributes
    ----------
    study : None where it could not be read.
    figures : the fields of plan.json.
    tables : parcels, projects, ledger, limits, and those of decisions that are there; a table that could not be read is
        absent.
    told : the tables of money, read in the same way.
    breaches : what is missing or damaged.
    """

    study: Study | None = None
    has_plan: bool = True
    figures: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    told: dict[str, pd.DataFrame] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)

    def attempt(self, where: str, read: Callable[[], Any]) -> Any:
        """What `read` returns, or None and a breach where it fails."""
        try:
            return read()
        except StudyError as error:
            for fault in error.faults.itertuples(index=False):
                place = say("{where}: {what}", where=where, what=fault.where)
                self.breaches.append(Breach("file", place, *(_sentence(part) for part in (fault.must, fault.found))))
        except FileNotFoundError:
            self.breaches.append(Breach("file", where, say("the plan folder has it"), say("it is missing")))
        except DAMAGE as error:
            kind, why = type(error).__name__, str(error)
            found = say("{kind}: no more is known", kind=kind)
            if why:
                found = foreign(f"{kind}: {why.splitlines()[0]}")
            self.breaches.append(Breach("file", where, say("it can be read"), found))
        return None

    def hear(self, name: str, where: str, frame: Any) -> None:
        """Keep a table of money with its columns as text and numbers; a blank is no number."""
        if not isinstance(frame, pd.DataFrame):
            return
        keys, numbers, words = TOLD[name]
        lost = [column for column in (*keys, *numbers, *words) if column not in frame.columns]
        if lost:
            must = say("it has the columns {columns}", columns=listed(lost))
            self.breaches.append(Breach("file", where, must, say("it has not")))
            return
        clean: dict[str, Any] = {column: _text(frame[column]) for column in (*keys, *words)}
        for column in numbers:
            cells = frame[column]
            if cells.dtype == np.float64:  # nothing to read, and no cell that is not a number but a blank
                clean[column] = cells.to_numpy()
                continue
            blank = cells.isna() | (cells.astype(object) == "")
            values = pd.to_numeric(cells.mask(blank), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            odd = np.flatnonzero(np.isnan(values) & ~blank.to_numpy())
            if len(odd):
                found = say("not in rows {rows}", rows=listed(str(row) for row in odd[:5]))
                self.breaches.append(Breach("file", within(where, column), say("every cell is a number"), found))
            clean[column] = values
        self.told[name] = pd.DataFrame(clean)

    def take(self, name: str, where: str, frame: Any) -> None:
        """Keep a table with its columns as text and numbers."""
        if not isinstance(frame, pd.DataFrame):
            if frame is not None:
                self.breaches.append(Breach("file", where, say("it is a table"), type(frame).__name__))
            return
        if name in DECISIONS and frame.empty:
            return
        text, numbers = COLUMNS[name]
        lost = [column for column in (*text, *numbers) if column not in frame.columns]
        if lost:
            must = say("it has the columns {columns}", columns=listed(lost))
            self.breaches.append(Breach("file", where, must, say("it has not")))
            return
        more = ["unit"] if name == "limits" and "unit" in frame else []  # for words alone
        clean = {column: _text(frame[column]) for column in (*text, *more)}
        for column in (*numbers, *(["capex"] if name == "projects" and "capex" in frame else [])):
            values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            if np.isnan(values).any():
                rows = listed(str(row) for row in np.flatnonzero(np.isnan(values))[:5])
                found = say("not in rows {rows}", rows=rows)
                self.breaches.append(Breach("file", within(where, column), say("every cell is a number"), found))
            clean[column] = values
        self.tables[name] = pd.DataFrame(clean)


def _sentence(part: object) -> str:
    return part if isinstance(part, str) else str(part)


def _text(series: pd.Series[Any]) -> list[str]:
    """A column as text; nothing is ``""``."""
    cells = series.to_numpy(dtype=object)
    return ["" if cell is None or cell is pd.NA or cell != cell else str(cell) for cell in cells]


def number(value: Any) -> float | None:
    """A stated number; None where it is not stated or not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return float(value) if math.isfinite(value) else None


def from_plan(plan: Any) -> Stated:
    """What a plan object states."""
    stated = Stated(study=plan.study, has_plan=bool(plan.has_plan))
    stated.figures = {name: getattr(plan, name, None) for name in STATED}
    if stated.has_plan:
        for name in COLUMNS:
            stated.take(name, name, getattr(plan, name, None))
        known = _together(plan)
        for name in (name for name in TOLD if name not in FILED):
            if name in known:
                stated.hear(name, name, known[name])
            elif callable(tell := getattr(plan, name, None)):
                stated.hear(name, name, stated.attempt(name, tell))
    return stated


def _together(plan: Any) -> dict[str, Any]:
    """The tables of money that a plan tells at once; none where it cannot, then each is asked for by itself."""
    try:
        return dict(plan.money())
    except DAMAGE:
        return {}


def from_folder(folder: Path) -> Stated:
    """What a plan folder states."""
    stated = Stated()
    figures = stated.attempt("plan.json", lambda: json.loads((folder / "plan.json").read_text(encoding="utf-8")))
    if figures is not None and not isinstance(figures, dict):
        must = say("it is a table of names and values")
        stated.breaches.append(Breach("file", "plan.json", must, type(figures).__name__))
    if isinstance(figures, dict):
        stated.figures = figures
        if figures.get("format") != FORMAT or isinstance(figures.get("format"), bool):
            found = f"format {figures.get('format')!r}"
            stated.breaches.append(Breach("file", "plan.json", say("it has format {format}", format=FORMAT), found))
        stated.has_plan = bool(figures.get("has_plan", figures.get("objective") is not None))
    stated.study = stated.attempt(say("study"), lambda: read_study(folder / "study"))
    told = stated.figures.get("study_hash")
    if stated.study is not None and told is not None and told != stated.study.hash:
        must = say("its tables are those that were solved (study_hash {told})", told=told)
        stated.breaches.append(Breach("file", say("study"), must, f"study_hash {stated.study.hash}"))
    if not stated.has_plan:
        return stated
    files = {**FILES, **{name: f"{name}.csv" for name in DECISIONS if (folder / f"{name}.csv").exists()}}
    for name, file in files.items():
        stated.take(name, file, stated.attempt(file, partial(_read, folder / file)))
    study = stated.study
    # of one budget alone cash_flow.csv says the same
    alone = study is None or study.tables["budgets"].empty or study.settings.finance is None
    for name in TOLD:
        path = folder / f"{name}.csv"
        if name not in (*FILED, *(["budgets"] if alone else [])) or path.exists():
            stated.hear(name, path.name, stated.attempt(path.name, partial(_read, path)))
    if stated.study is not None and stated.study.geometry is not None and "parcels" in stated.tables:
        _check_layer(stated, folder / LAYER)
    return stated


def _check_layer(stated: Stated, path: Path) -> None:
    """The plan's layer says of every parcel what its table says."""
    found = stated.attempt(LAYER, lambda: _read_layer(path))
    if found is None:
        return
    layer = Stated()
    layer.take("parcels", LAYER, found)
    stated.breaches += layer.breaches
    if "parcels" not in layer.tables:
        return
    order = ["parcel_id", "practice", "start", "zone"]
    table, drawn = (each.tables["parcels"].sort_values(order, ignore_index=True) for each in (stated, layer))
    text, _ = COLUMNS["parcels"]
    if len(table) != len(drawn):
        must, found = say("it has {count} features", count=len(table)), say("it has {count}", count=len(drawn))
        stated.breaches.append(Breach("file", LAYER, must, found))
        return
    differs = (table[[*text]] != drawn[[*text]]).any(axis=1) | ((table["share"] - drawn["share"]).abs() > 1e-9)
    if differs.any():
        must = say("the layer says of every parcel what parcels.parquet says")
        found = say("it differs for {parcels}", parcels=some(table.loc[differs, "parcel_id"]))
        stated.breaches.append(Breach("file", LAYER, must, found))


def _read_layer(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(path)
    import pyogrio

    try:
        layer: pd.DataFrame = pyogrio.read_dataframe(path, layer="plan", read_geometry=False)
    except pyogrio.errors.DataSourceError as error:
        raise ValueError(str(error)) from None
    return layer


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
