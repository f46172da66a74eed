"""A repair that `diagnose` proposes, written into the study, and whether there is a plan then."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.schema import BY_NAME
from zonevest.instances.study import StudyError, items, period_names
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.decided import options_of
from zonevest.model.land import land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.model.takings import REFUSED
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.standing import has_point, stands_with

if TYPE_CHECKING:
    from zonevest.instances.study import Study

__all__ = ["has_plan", "mended", "with_one_value"]

ONE_FOR_ALL = ("eod_eco_share",)
"""Numbers of [finance] that do not stand by period."""


def mended(study: Study, repair: pd.DataFrame, parcels: pd.DataFrame) -> Study:
    """The study with the cells of a repair changed, checked again.

    Parameters
    ----------
    repair : the rows of one repair (see `zonevest.reports.diagnosis.Diagnosis.repairs`), of each cell with one value
        (`with_one_value`); those without a cell say nothing here.
    parcels : the parcels that its lines let go, with `changes` of their cells.

    Raises
    ------
    StudyError
        If it has faults then.
    """
    tables: dict[str, pd.DataFrame] = {}
    finance: dict[str, Any] = {}
    floor: dict[str, float] = {}
    for row in repair[repair["table"] != ""].itertuples(index=False):
        if row.table == "study" and row.key == "objective":
            floor[row.column.removeprefix("floor.")] = row.new
            continue
        if row.table == "study":
            finance[row.column] = _setting(study, finance, row)
            continue
        frame = tables.setdefault(row.table, study.tables[row.table].copy())
        if row.table == "quota_grants":
            tables[row.table] = _granted(frame, row)
            continue
        key = BY_NAME[row.table].key[0]
        at = frame.index[frame[key] == row.key][0]
        _write(frame, at, row.column, row.new)
    if len(parcels):
        frame = tables.setdefault("parcels", study.tables["parcels"].copy())
        at = dict(zip(frame["parcel_id"], frame.index, strict=True))
        for name, changes in zip(parcels["parcel_id"], parcels["changes"], strict=True):
            for column, value in changes.items():
                _write(frame, at[name], column, value)
        tables["parcels"] = frame.infer_objects()
    settings = study.settings
    if floor:
        objective = replace(settings.objective, floor=dict(settings.objective.floor) | floor)
        settings = replace(settings, objective=objective)
    if finance:
        assert settings.finance is not None
        settings = replace(settings, finance=replace(settings.finance, **finance))
    return study.replace(settings if floor or finance else None, **tables)


def with_one_value(repairs: pd.DataFrame) -> pd.DataFrame:
    """Repairs in which a cell that several conditions of one repair give by says one thing: what suffices for all.

    Numbers of [finance] stand by period, but for those in `ONE_FOR_ALL`.
    """
    new, asked = repairs["new"].astype(object), repairs[repairs["table"] != ""]
    period = [_period(column, name) if table == "study" else ""
              for table, column, name in asked[["table", "column", "condition"]].itertuples(index=False)]  # fmt: skip
    for _, rows in asked.groupby([asked["repair"], asked["table"], asked["key"], asked["column"], np.array(period)]):
        if len(rows) > 1:
            value = _for_all(rows["column"].iloc[0], rows["old"].iloc[0], rows["new"].tolist())
            new.loc[rows.index] = pd.Series([value] * len(rows), index=rows.index, dtype=object)
    return repairs.assign(new=new)


def _for_all(column: str, old: Any, values: list[Any]) -> Any:
    """The value of a cell that suffices where each of some values does for one condition."""
    if column == "requires":
        kept = set.intersection(*(set(items(value)) for value in values))
        return "; ".join(name for name in items(old) if name in kept)
    if column == "redline_ok":
        return max(values, key=list(REFUSED).index)
    return max(values) if max(values) > old else min(values)


def _period(column: str, condition: str) -> str:
    """The period in which a number of [finance] gives by a condition; blank where it is one for all periods."""
    return "" if column in ONE_FOR_ALL else condition.partition("[")[2].rstrip("]").split(",")[-1]


def _setting(study: Study, changed: dict[str, Any], row: Any) -> Any:
    """A number of [finance] as it has to be: where it stands by period, in the condition's period."""
    period = _period(row.column, row.condition)
    if not period:
        return row.new
    old, names = changed.get(row.column, getattr(study.settings.finance, row.column)), period_names(study.periods)
    of = dict(old) if isinstance(old, dict) else dict.fromkeys(names, old)
    return of | {period: row.new}


def _granted(frame: pd.DataFrame, row: Any) -> pd.DataFrame:
    """Grants with what one place gets in one period."""
    quota, place, period = row.key.split("/")
    mine = (frame["quota"] == quota) & (frame["jurisdiction"] == place) & (frame["period"] == period)
    if not mine.any():
        more = {"quota": quota, "jurisdiction": place, "period": period, "amount": row.new}
        return pd.concat([frame, pd.DataFrame([more])], ignore_index=True)
    frame.loc[frame.index[mine][0], "amount"] += row.new - row.old
    return frame


def _write(frame: pd.DataFrame, at: Hashable, column: str, value: Any) -> None:
    if frame[column].dtype != object and not isinstance(value, (bool, float)):
        frame[column] = frame[column].astype(object)
    frame.loc[at, column] = value


def has_plan(
    study: Study,
    parcels: pd.DataFrame,
    projects: pd.DataFrame,
    deadline: float,
    many: tuple[int, int],
    threads: int = 0,
) -> bool | None:
    """Whether a study has a plan: one with this land and these projects, else any; None: not known in the time.

    Parameters
    ----------
    parcels : parcel_id, practice, start, share.
    projects : project, start.
    many : options from which on prices are asked, where land may be divided and where it may not.
    """
    try:
        ledger = Ledger(build_options(study))
    except StudyError:
        return False
    block = without_extra(land_block(ledger, shared(compile_policy(policy_model(ledger)))))
    options = SolveOptions(time_limit=max(deadline - time.perf_counter(), 0.1), threads=threads)
    at, size, states = options_of(ledger, parcels), len(block.group), ledger.works.possible
    if (at >= 0).all():
        x = np.zeros(size + len(block.columns))
        np.add.at(x, at, parcels["share"].to_numpy(dtype=float))
        for start in ledger.works.starts_of(projects).values():
            x[size + start : size + (start // states.shape[1] + 1) * states.shape[1]] = 1.0
        if stands_with(block, x, states.size, options):
            return True
    options = replace(options, time_limit=max(deadline - time.perf_counter(), 0.1))
    return has_point(block, many[block.integer], options)
