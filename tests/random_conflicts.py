"""Random studies that have no plan, in known ways: conflicts planted in sound ones, and what names each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pandas as pd

import zonevest as zv
from tests.random_money import money_tables
from tests.random_rows import joined, table
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError
from zonevest.model.options import build_options

Tables = dict[str, Any]
Planted = set[str]
RETRIES = 200


class Ground:
    """A sound study that has plans, and what may be planted in it."""

    def __init__(self, rnd: Random, settings: dict[str, Any], tables: Tables, study: Study) -> None:
        self.rnd, self.settings, self.tables, self.study = rnd, settings, tables, study
        self.periods = [period["name"] for period in settings["periods"]]
        self.projects = list(study.projects["project"])
        self.used: set[str] = set()
        self.limits: list[dict[str, Any]] = []

    def limit(self, account: str, sense: str, value: float, period: str) -> str:
        """Plant a limit; its condition's name."""
        name = f"x{len(self.limits)}"
        row = {"limit": name, "account": account, "period": period, "sense": sense, "value": value, "kind": "hard"}
        self.limits.append(row)
        return f"limit[{name},total,{period}]"

    def project(self, test: Callable[[Any], bool] = lambda _: True) -> str | None:
        """A project that can start and that nothing was planted on."""
        rows = self.study.projects.set_index("project")
        free = [name for name in self.projects if name not in self.used and test(rows.loc[name])]
        if not free:
            return None
        name = self.rnd.choice(free)
        self.used.add(name)
        return name

    def set(self, project: str, **cells: Any) -> None:
        """Change cells of a project."""
        frame = self.tables["projects"]
        for column, value in cells.items():
            if column not in frame:
                frame[column] = None
            frame[column] = frame[column].astype(object)
            frame.loc[frame["project"] == project, column] = value


def two_limits(ground: Ground) -> Planted | None:
    accounts = ["area.converted", "area.class.farm", "area.zone.U", "eco1", "soil", "cover", "rent", "area.rezoned"]
    account, period = ground.rnd.choice(accounts), ground.periods[-1]
    value = ground.rnd.randint(0, 20) / 4
    least = value + ground.rnd.randint(1, 8) / 4
    return {ground.limit(account, "<=", value, period), ground.limit(account, ">=", least, period)}


def beyond_all(ground: Ground) -> Planted | None:
    account = ground.rnd.choice(["area.converted", "area.class.farm", "project.jobs", "eco", "trees"])
    return {ground.limit(account, ">=", 5000.0, ground.periods[-1])}


def capital(ground: Ground) -> Planted | None:
    project = ground.project(lambda row: row["capex"] > 0)
    if project is None:
        return None
    ground.set(project, mandatory=1)
    most = float(ground.study.projects.set_index("project").loc[project, "capex"]) * 0.75
    return {f"mandatory[{project}]", ground.limit("project.capex", "<=", most, "total")}


def either(ground: Ground) -> Planted | None:
    one = ground.project(lambda row: not row["exclusive_set"])
    other = ground.project(lambda row: not row["exclusive_set"])
    if one is None or other is None:
        return None
    for project in (one, other):
        ground.set(project, mandatory=1, exclusive_set=f"set of {one}")
    return {f"mandatory[{one}]", f"mandatory[{other}]", f"exclusive[set of {one}]"}


def needed(ground: Ground) -> Planted | None:
    one, other = ground.project(), ground.project()
    if one is None or other is None or one not in ground.projects or len(ground.periods) < 2:
        return None
    ground.set(one, mandatory=1, requires=other, requires_lag=0, latest=ground.periods[0], earliest="", bundle="")
    ground.set(other, earliest=ground.periods[-1], latest="", requires="", bundle="")
    return {f"mandatory[{one}]", f"requires[{one},{other}]"}


def pool(ground: Ground) -> Planted | None:
    project = ground.project()
    if project is None or ground.tables["parcels"] is None:
        return None
    ground.set(project, mandatory=1, min_area_of="class_group:forest", min_area=4000)
    return {f"mandatory[{project}]", f"pool[{project}]"}


def quota(ground: Ground) -> Planted | None:
    name, account = f"y{len(ground.limits)}", ground.rnd.choice(["area.rezoned", "area.new_construction"])
    granted = ground.rnd.randint(0, 2) / 8
    row = {"quota": name, "account_used": account, "granted": granted, "movable": 1, "bank": 0, "opening": 0}
    ground.tables["quotas"] = joined(ground.tables.get("quotas"), table([row]))
    period = ground.rnd.choice(ground.periods)
    length = next(each["years"] for each in ground.settings["periods"] if each["name"] == period)
    least = granted * length + 0.5
    return {f"quota[{name},total,{period}]", ground.limit(account, ">=", least, period)}


def green(ground: Ground) -> Planted | None:
    finance = ground.settings.get("finance")
    project = ground.project(lambda row: row["capex"] > 0) if finance is not None else None
    if project is None:
        return None
    rule, flag = ground.rnd.choice([("green_share_min", "green"), ("real_estate_share_max", "real_estate")])
    ground.set(project, mandatory=1, **{flag: int(flag == "real_estate")})
    finance[rule] = 1.0 if flag == "green" else 0.0
    finance["soft"] = {name: cost for name, cost in finance.get("soft", {}).items() if name != rule}
    return {f"mandatory[{project}]", *(f"{rule}[{period}]" for period in ground.periods)}


def cash(ground: Ground) -> Planted | None:
    if "finance" not in ground.settings:
        return None
    key = ground.rnd.choice(["finance.cash", "finance.debt"])
    period = ground.rnd.choice(ground.periods)
    if key == "finance.cash":
        return {ground.limit(key, ">=", 50_000.0, period), *(f"debt_ratio_cap[{each}]" for each in ground.periods)}
    return {ground.limit(key, "<=", 3.0, period), ground.limit(key, ">=", 4.0, period)}


def line(ground: Ground) -> Planted | None:
    """Keep a practice off all land, and ask for it."""
    frame = ground.tables["parcels"]
    if frame is None or "line" in ground.used:
        return None
    options = build_options(ground.study)
    there = [options.practices[k] for k in np.unique(options.kind_practice)]
    practices = ground.study.practices.set_index("practice")
    there = [name for name in there if name in practices.index]
    if not there:
        return None
    practice = ground.rnd.choice(there)
    ways = {
        "redline_grade": practices.loc[practice, "redline_ok"] != "core",
        "basic_farmland": not practices.loc[practice, "basic_farmland_ok"],
        "forbidden_zones": True,
        "locked_practice": bool(ground.study.settings.hold),
    }
    reason = ground.rnd.choice([name for name, possible in ways.items() if possible])
    cell = {"redline_grade": "redline"}.get(reason, reason)
    zone = practices.loc[practice, "zone"]
    value = {"redline": "core", "basic_farmland": 1, "forbidden_zones": zone, "locked_practice": "hold"}[cell]
    frame[cell] = value
    ground.used.add("line")
    named = {f"line[{reason}]"}
    account = f"area.new.practice.{practice}"
    return {*named, ground.limit(account, ">=", 0.125, ground.periods[0])}


KINDS = [two_limits, beyond_all, capital, either, needed, pool, quota, green, cash, line]


def planted_study(rnd: Random) -> tuple[Study, list[Planted], list[str]]:
    """A study with one to three planted conflicts, the conditions of each, and their kinds."""
    for _ in range(RETRIES):
        ground = _ground(rnd)
        if ground is None:
            continue
        planted: list[tuple[str, Planted]] = []
        for kind in rnd.sample(KINDS, rnd.choice([1, 1, 2, 3])):
            done = kind(ground)
            if done is not None:
                planted.append((kind.__name__, done))
        ground.tables["limits"] = joined(ground.tables["limits"], table(ground.limits))
        try:
            study = make_study(ground.settings, **ground.tables)
            if planted and zv.solve(study, time_limit=20, method="mip").status == "infeasible":
                return study, [names for _, names in planted], [name for name, _ in planted]
        except StudyError:
            continue
    raise AssertionError("no study could be planted in")


def _ground(rnd: Random) -> Ground | None:
    try:
        settings, tables = money_tables(rnd, busy=True)
        settings, tables = copy.deepcopy(settings), copy.deepcopy(tables)
        study = make_study(settings, **tables)
        if not zv.solve(study, time_limit=20, method="mip").has_plan:
            return None
    except StudyError:
        return None
    return Ground(rnd, settings, tables, study)


def applied(study: Study, repair: pd.DataFrame) -> Study | None:
    """The study with the cells of a repair changed; None where something that gives is not a cell."""
    if (repair["table"] == "").any():
        return None
    tables = {name: frame.copy() for name, frame in study.tables.items()}
    changes: dict[str, Any] = {}
    return _changed(study, tables, repair, changes)


def _changed(study: Study, tables: Tables, repair: pd.DataFrame, changes: dict[str, Any]) -> Study:
    from dataclasses import replace

    settings = study.settings
    keys = {"limits": "limit", "quotas": "quota", "instruments": "instrument", "projects": "project"}
    for row in repair.itertuples(index=False):
        if row.table == "study":
            finance = settings.finance
            assert finance is not None
            period = row.condition.partition("[")[2].rstrip("]").split(",")[-1]
            old = changes.get(row.column, getattr(finance, row.column))
            of = dict(old) if isinstance(old, dict) else dict.fromkeys([p.name for p in study.periods], old)
            of[period] = row.new
            changes[row.column] = of
            continue
        frame = tables[row.table]
        if row.table == "quota_grants":
            quota, place, period = row.key.split("/")
            mine = (frame["quota"] == quota) & (frame["jurisdiction"] == place) & (frame["period"] == period)
            if not mine.any():
                more = pd.DataFrame([{"quota": quota, "jurisdiction": place, "period": period, "amount": row.new}])
                tables[row.table] = pd.concat([frame, more], ignore_index=True)
            else:
                first = frame.index[mine][0]
                frame.loc[first, "amount"] += row.new - row.old
            continue
        mine = frame[keys.get(row.table, row.table.rstrip("s"))] == row.key
        stands = frame.loc[mine, row.column].iloc[0]
        new = row.new
        if isinstance(new, float) and stands != row.old:  # two conditions give by the same cell: the wider counts
            new = max(new, stands) if new > row.old else min(new, stands)
        if row.column == "requires":
            new = "; ".join(j for j in str(stands).split("; ") if j and j in str(row.new).split("; "))
        frame[row.column] = frame[row.column].astype(object)
        frame.loc[mine, row.column] = new
        frame[row.column] = frame[row.column].infer_objects()
    if changes:
        assert settings.finance is not None
        settings = replace(settings, finance=replace(settings.finance, **changes))
    return replace(study, tables=tables, settings=settings)
