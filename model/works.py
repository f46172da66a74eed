"""The projects' side of the ledger: what a start of a project gives, and when it is possible (section 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.instances.study import Study, items, period_names
from zonevest.model.appraisal import Appraisal, appraise, appraised, refusals
from zonevest.model.bars import Bar, bars_of_lines, bars_of_tests, bars_of_windows, lines_under, windows
from zonevest.model.capture import with_captures
from zonevest.model.flows import NEVER, Accounts, Clock, Rows, Timed
from zonevest.model.takings import Sites, site_account

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

BRINGS = ("revenue", "ecosystem", "carbon", "uplift", "social")
"""Families of accounts on which a project's deliverability counts."""
BUILDS_NOTHING = ("ecological_restoration", "agriculture", "eco_bank")
"""Categories whose land does not become construction land."""


@dataclass(frozen=True)
class Works:
    """What each start of each project gives.

    Attributes
    ----------
    names : projects, in table order.
    place : jurisdiction of each, ``""`` for none.
    sites : what they take of land that nobody has drawn.
    possible : whether a start in a period is possible, shape (projects, periods).
    refused : starts that are not possible for what they are worth only, in the same way.
    why_not : project -> reason where no start is possible.
    timed, start : the rows of every possible start and the start (project x periods + period) of each.
    service, life, end : per start: service year, life (NaN for good), year after its last annual row (0 for none).
    appraisal : what projects are worth at their hurdle rates.
    bars : of works built with `lifted`, what keeps starts out that are among the possible ones there.
    """

    study: Study
    names: tuple[str, ...]
    place: NDArray[np.object_]
    sites: Sites
    possible: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    why_not: dict[str, str]
    timed: Timed
    start: Ints
    service: Ints
    life: Floats
    end: Ints
    appraisal: Appraisal
    bars: tuple[Bar, ...] = ()

    def starts_of(self, projects: pd.DataFrame) -> dict[str, int]:
        """Position of the start (projects x periods + period) of every project that is built, of a plan's table."""
        names = period_names(self.study.periods)
        built = projects[projects["start"].fillna("") != ""]
        return {
            project: self.names.index(project) * len(names) + names.index(start)
            for project, start in zip(built["project"], built["start"], strict=True)
        }

    def take(self, account: str, place: str | None) -> Floats:
        """Hectares (x quality) that each project's start books on a built-in area account, shape (projects,).

        Stocks fall or rise by it from the period of the start, one-off accounts book it in that period. `place` is a
        jurisdiction, or None for the total.
        """
        return self._taken.get((account, place), np.zeros(len(self.names)))

    @cached_property
    def _taken(self) -> dict[tuple[str, str | None], Floats]:
        """Account and place -> hectares by project."""
        classes = self.study.land_classes
        groups_of = dict(zip(classes["land_class"], classes["class_group"], strict=True))
        resource = dict(zip(classes["land_class"], classes["resource"], strict=True))
        category = dict(zip(self.names, self.study.projects["category"], strict=True))
        booked: dict[tuple[str, str | None], Floats] = {}
        for taking in self.sites.takings:
            code, area, groups = taking.land_class, taking.area, items(groups_of[taking.land_class])
            change = {f"area.class.{code}": -area, f"area.lost.class.{code}": area}
            change |= {f"area.class_group.{group}": -area for group in groups}
            change |= {f"area.lost.class_group.{group}": area for group in groups}
            change |= {site_account(code, *admission): -area for admission in taking.admissions()}
            if resource[code]:
                change[f"area.resource.{resource[code]}"] = -area
            if "arable" in groups:
                quality = area * self.sites.quality(taking.where)
                change |= {"quality.arable": -quality, "quality.lost.arable": quality}
            if category[taking.project] not in BUILDS_NOTHING:
                built = "area.class_group.construction"
                change[built] = change.get(built, 0.0) + area
                change["area.gained.class_group.construction"] = area
                change["area.resource.land"] = change.get("area.resource.land", 0.0) + area
                if "construction" not in groups:
                    change["area.new_construction"] = area
            for account, amount in change.items():
                for place in (None, taking.place):
                    of_projects = booked.setdefault((account, place), np.zeros(len(self.names)))
                    of_projects[self.names.index(taking.project)] += amount
        return booked


@dataclass(frozen=True)
class _Rows:
    """The rows of projects, whatever their start: the project of each, and the years from the start to the first."""

    study: Study
    clock: Clock
    accounts: Accounts
    rows: Rows
    owner: Ints
    offset: Ints

    @classmethod
    def of(cls, study: Study, clock: Clock, accounts: Accounts, build: Ints) -> _Rows:
        """Rows of the columns of projects and of project_flows, as much of them as is delivered."""
        projects = study.projects
        position = {name: index for index, name in enumerate(projects["project"])}
        table, owner, offset = _own_rows(projects, accounts, build)
        flows, _ = with_captures(study, study.project_flows)
        listed = Rows.of(flows, accounts, np.zeros(len(flows), dtype=np.int64))
        owner = np.concatenate([owner, [position[name] for name in flows["project"]]]).astype(np.int64)
        rows = Rows.joined([table, listed])
        # a capture is revenue: it follows the uplift that it is taken from
        brings = np.isin(accounts.family[rows.account], BRINGS) & (rows.value > 0.0)
        delivered = np.where(brings, projects["deliverability"].to_numpy(dtype=float)[owner], 1.0)
        offset = np.concatenate([offset, listed.offset])
        return cls(study, clock, accounts, replace(rows, value=rows.value * delivered), owner, offset)

    def last_once(self, projects: int) -> Ints:
        """Years from the start to the last row paid once; what is captured of it may come after the horizon."""
        last = np.zeros(projects, dtype=np.int64)
        booked = self.rows.once & ~self.rows.captured
        np.maximum.at(last, self.owner[booked], self.offset[booked])
        return last

    def of_starts(self, starts: Bools) -> tuple[Timed, Ints]:
        """Every row of the starts asked for, shape (projects, periods), and the start of each."""
        project, period = np.nonzero(starts)
        by_owner = np.argsort(self.owner, kind="stable")
        edges = np.searchsorted(self.owner[by_owner], np.arange(len(starts) + 1))
        count = (edges[1:] - edges[:-1])[project]
        pair = np.repeat(np.arange(len(project)), count)
        row = by_owner[np.arange(len(pair)) - np.repeat(np.cumsum(count) - count - edges[:-1][project], count)]
        begin = self.clock.begin[period][pair] + self.offset[row]
        until, settled = np.full(len(row), NEVER), np.zeros(len(row), dtype=bool)
        owners = self.study.projects["project"].to_numpy(dtype=object)[project][pair]
        timed = Timed(self.clock, self.accounts, self.rows.take(row), begin, until, settled, owners)
        return timed, (project * starts.shape[1] + period)[pair]


def build_works(study: Study, clock: Clock, accounts: Accounts, *, lifted: bool = False) -> Works:
    """Read projects, project_flows and land_take, and leave out the starts that fail a test (see `appraisal`).

    Parameters
    ----------
    lifted : every start that can be finished in time is possible; `bars` says what would keep it out.
    """
    projects = study.projects
    names = tuple(projects["project"])
    n_periods = len(clock.length)
    build = projects["build_years"].to_numpy(dtype=float).astype(np.int64)
    rows = _Rows.of(study, clock, accounts, build)
    possible = windows(study)
    finished = clock.begin[None, :] + np.maximum(rows.last_once(len(names)), build - 1)[:, None] <= clock.last[-1]
    on_lines = lines_under(study)
    drawn_out = sum(on_lines.values(), np.zeros(len(names))) > 0.0
    why_not: dict[str, str] = {
        name: say("its footprint lies on a line that it does not admit")
        if drawn_out[j]
        else say("it cannot be finished inside the horizon from any period of its window")
        for j, name in enumerate(names)
        if drawn_out[j] or not (possible & finished)[j].any()
    }
    bars = [*bars_of_windows(study, possible, finished), *bars_of_lines(study, on_lines, finished)] if lifted else []
    possible = finished if lifted else possible & finished & ~drawn_out[:, None]
    in_time = possible
    every = rows.of_starts(np.broadcast_to(appraised(study)[:, None], possible.shape))
    appraisal = appraise(study, *every)
    for refusal in refusals(study, appraisal, accounts):
        if lifted:
            bars += bars_of_tests(study, refusal, finished)
            continue
        left = possible & (refusal.short == 0.0)
        why_not |= {names[j]: refusal.why for j in np.flatnonzero(possible.any(axis=1) & ~left.any(axis=1))}
        possible = left
    timed, start = rows.of_starts(possible)
    end = np.zeros(len(names) * n_periods, dtype=np.int64)
    np.maximum.at(end, start, np.where(timed.rows.once | timed.rows.captured, 0, timed.stop))
    service = (clock.begin[None, :] + build[:, None]).ravel()
    life = np.repeat(projects["life_years"].to_numpy(dtype=float), n_periods)
    return Works(
        study,
        names,
        projects["jurisdiction"].to_numpy(dtype=object),
        Sites.of(study),
        possible,
        in_time & ~possible,
        why_not,
        timed,
        start,
        service,
        life,
        end,
        appraisal,
        tuple(bars),
    )


def _own_rows(projects: pd.DataFrame, accounts: Accounts, build: Ints) -> tuple[Rows, Ints, Ints]:
    """The flow rows that the columns of the projects table write: rows, their project and their offset."""
    parts: list[tuple[Ints, str, Floats, bool, Ints]] = []
    capex = projects["capex"].to_numpy(dtype=float)
    payments = np.maximum(build, 1)
    for year in range(int(payments.max(initial=0))):
        at = np.flatnonzero((payments > year) & (capex != 0.0))
        parts.append((at, "project.capex", capex[at] / payments[at], True, np.full(len(at), year)))
    for column, booked_on in (
        ("annual_revenue", "project.revenue"),
        ("annual_cost", "project.cost"),
        ("annual_ecosystem", "project.ecosystem"),
        ("jobs", "project.jobs"),
    ):
        value = projects[column].to_numpy(dtype=float)
        at = np.flatnonzero(value != 0.0)
        parts.append((at, booked_on, value[at], False, build[at]))
    owner = np.concatenate([part[0] for part in parts]).astype(np.int64)
    account = np.concatenate([np.full(len(p[0]), accounts.names.get_loc(p[1]), dtype=np.int64) for p in parts])
    once = np.concatenate([np.full(len(p[0]), p[3]) for p in parts])
    offset = np.concatenate([part[4] for part in parts]).astype(np.int64)
    value = np.concatenate([part[2] for part in parts])
    ramp, life = (projects[c].to_numpy(dtype=float)[owner] for c in ("ramp_years", "life_years"))
    none = np.zeros(len(owner), dtype=np.int64)
    life, kept = np.where(once, np.nan, life), np.zeros(len(owner))
    growth = accounts.growth[account]
    rows = Rows(account, value, once, offset, ramp, life, kept, none, growth, none, none.astype(bool), none - 1)
    return rows, owner, offset
