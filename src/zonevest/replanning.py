"""A plan is carried out, the world moves, the rest is planned anew: year by year, beside the plan held on to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.api import Method, Plan, read_plan, solve
from zonevest.given import plan_from
from zonevest.instances import place
from zonevest.instances.faults import Faults, some
from zonevest.instances.observed import CASH, FINANCING, PARCELS, PROJECTS, Observed, read_observed
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.study import StudyError, period_names
from zonevest.model.builtin import built_in_accounts
from zonevest.model.options import HOLD
from zonevest.reports.variance import accounts_table, land_table, projects_table, rezoned_table
from zonevest.reports.variance_forms import replan_text, write_replan
from zonevest.settling import Deeds, Settled, settle, with_opening
from zonevest.solvers.answer import Progress

if TYPE_CHECKING:
    from zonevest.instances.scenarios import Change
    from zonevest.instances.study import Study

YEARS = [
    *("year", "begun", "status", "objective", "bound", "gap", "audit", "held", "held_breaks", "held_broke", "better"),
    *("rezoned_ha", "rezoned_parcels", "seconds", "work", "folder", "message"),
]
BROKEN = ["year", "rule", "where", "must", "found"]
NEAR_CASH = 0.01
"""Million by which cash at hand may miss what was observed."""


@dataclass(frozen=True)
class Replanned:
    """What came of planning anew, year by year.

    Attributes
    ----------
    plan : the approved plan.
    years : a row for each year: year, begun (the last period that has begun), status, objective, bound, gap, audit,
        held (the objective of the approved plan, held on to, in the same world), held_breaks (how many rules and rows
        it breaks there), held_broke (how many it has broken so far: of periods that have begun nothing is demanded any
        more), better (objective less held), rezoned_ha, rezoned_parcels (against the approved plan),
        seconds, work (``solved`` or ``kept``), folder, message.
    accounts, projects, land : plan against actual (see `zonevest.reports.variance`).
    rezoned : land zoned otherwise than in the approved plan, after the last year.
    broken : what the approved plan would break, year by year: year, rule, where, must, found.
    last : the last plan; None where no year has one.
    notes : what is to be known, as sentences.
    interrupted : whether it was stopped before its end.
    """

    plan: Plan
    years: pd.DataFrame
    accounts: pd.DataFrame
    projects: pd.DataFrame
    land: pd.DataFrame
    rezoned: pd.DataFrame
    broken: pd.DataFrame
    last: Plan | None = None
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables, by name."""
        return {name: getattr(self, name) for name in ("years", "accounts", "projects", "land", "rezoned", "broken")}

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        return replan_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        told = {name: table.to_dict("records") for name, table in self.tables.items()}
        return {
            "study": self.plan.study.settings.name,
            "interrupted": self.interrupted,
            "notes": list(self.notes),
            **told,
        }


def replan(
    plan: Plan,
    observed: pd.DataFrame | str | Path,
    folder: str | Path | None = None,
    *,
    cap: float | str | None = None,
    hold: bool = True,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: Method = "auto",
    lang: str = "en",
    on_progress: Callable[[Progress], object] | None = None,
) -> Replanned:
    """Plan anew after each year that was observed.

    What has begun by the end of the year is fixed, what was observed takes the place of what was assumed, the rest is
    solved again; and the approved plan is evaluated in the same world, held on to.

    Parameters
    ----------
    plan : the approved plan.
    observed : year, table, key, column, period, op, amount, as a table or a file (see docs/replan.md).
    folder : where a plan folder for each year and the tables go; a year whose plan is there already, of the same study
        and solved alike, is not solved again. None: nothing is written.
    cap : how much land may be zoned otherwise in the end than in the approved plan: hectares, or ``"5%"`` of all land.
    hold : whether the approved plan is evaluated beside.
    gap, time_limit, threads, seed, method : of each solve (see `solve`).
    lang : of what is written.

    Raises
    ------
    StudyError
        If something is wrong with what was observed, all at once; or a year makes a study with faults, then what was
        done before it stays.
    ValueError
        If there is no plan to begin with.
    """
    if not plan.has_plan:
        raise ValueError("there is no plan to be carried out")
    accounts = built_in_accounts(plan.study)
    seen = read_observed(plan.study, observed, accounts.index)
    if not seen.rows:
        faults = Faults()
        faults.add(say("the table {name}", name="observed"), rule("observed.none"), say("no row"))
        faults.stop()
    asked = {"gap": gap, "time_limit": time_limit, "threads": threads, "seed": seed, "method": method}
    run = _Run(
        plan, seen, None if folder is None else Path(folder), hectares(plan.study, cap), hold, asked, lang, on_progress
    )
    if run.folder is None:
        run.all_years()
        return run.end()
    run.folder.mkdir(parents=True, exist_ok=True)
    with place.claimed(run.folder):
        run.all_years()
        found = run.end()
        write_replan(found, run.folder, lang)
        return found


def hectares(study: Study, cap: float | str | None) -> float | None:
    """A cap in hectares; one in per cent is of all land.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if cap is None:
        return None
    text = str(cap).strip()
    value = float(text.removesuffix("%"))
    if not (np.isfinite(value) and value >= 0.0):
        raise ValueError(f"a cap is hectares, or a share as 5%, of at least 0, not {cap!r}")
    return value / 100.0 * float(study.parcels["area_ha"].sum()) if text.endswith("%") else value


@dataclass
class _Run:
    """A run over the years."""

    plan: Plan
    seen: Observed
    folder: Path | None
    cap: float | None
    hold: bool
    asked: Mapping[str, Any]
    lang: str
    tell: Callable[[Progress], object] | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    broken: list[pd.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    last: Plan | None = None

    def __post_init__(self) -> None:
        self.names = period_names(self.plan.study.periods)
        self.today = dict(zip(self.plan.before["parcel_id"], self.plan.before["zone"], strict=True))
        self.zone = dict(zip(self.plan.study.practices["practice"], self.plan.study.practices["zone"], strict=True))
        self.approved = Deeds.of(self.plan)
        self.now = self.held = self.approved
        self.past = self.plan.study.past

    def all_years(self) -> None:
        """Go through the years in order."""
        try:
            for year in self.seen.years:
                self.year(year)
        except KeyboardInterrupt:
            self.interrupted = True

    def year(self, year: int) -> None:
        """Observe a year, and plan anew."""
        past = self.seen.past(year)
        begun = self.names[:past]
        changes = [row.change for row in self.seen.rows if row.year == year]
        before = perf_counter()
        world = self.seen.world(year)
        self._irreversible(year, changes)
        self.past = past
        self.now = self._with_deeds(self.now, changes, past, later=False)
        self.held = self._with_deeds(self.held, changes, past, later=True)
        settled = self._at_hand(settle(world, self.now, past, self._approved_zones(), self.cap), self.now, year)
        target = None if self.folder is None else self.folder / str(year)
        plan, work = self._solved(settled, target)
        row: dict[str, Any] = {"year": year, "begun": begun[-1] if begun else "", "status": plan.status, "work": work}
        row |= {name: getattr(plan, name) for name in ("objective", "bound", "gap", "message")}
        row |= {"audit": None if plan.audit is None else plan.audit.ok, "folder": "" if target is None else target.name}
        if plan.has_plan:
            self.now, self.last = Deeds.of(plan, settled.parts), plan
        moved = rezoned_table(self.approved.parcels, self.now.parcels, self.area)
        row |= {"rezoned_ha": float(moved["area_ha"].sum()), "rezoned_parcels": self._moved_parcels()}
        if self.hold:
            row |= self._held_on(world, past, year)
        if plan.has_plan and row.get("held") is not None:
            row["better"] = plan.objective - row["held"]
        self.rows.append(row | {"seconds": perf_counter() - before})

    @property
    def area(self) -> dict[str, float]:
        """Hectares of each parcel."""
        land = self.plan.study.parcels
        return dict(zip(land["parcel_id"], land["area_ha"], strict=True))

    def _moved_parcels(self) -> int:
        keys = ["parcel_id", "zone"]
        one, other = (each.parcels.groupby(keys)["share"].sum() for each in (self.approved, self.now))
        away = one.sub(other, fill_value=0.0).abs()
        return int(away[away > 1e-6].index.get_level_values("parcel_id").nunique())

    def _approved_zones(self) -> pd.Series:
        """The zone of each row of the deeds in the approved plan; of a row that is in none of them, the largest one."""
        zones: dict[str, dict[str, float]] = {}
        for row in self.approved.parcels.itertuples(index=False):
            mine = zones.setdefault(str(row.parcel_id), {})
            mine[str(row.zone)] = mine.get(str(row.zone), 0.0) + float(row.share)
        out = [
            zone if zone in zones[name] else max(zones[name], key=zones[name].__getitem__)
            for name, zone in zip(self.now.parcels["parcel_id"], self.now.parcels["zone"], strict=True)
        ]
        return pd.Series(out, dtype=object)

    # ---------------------------------------------------------------- what was done

    def _irreversible(self, year: int, changes: Iterable[Change]) -> None:
        """What has begun earlier under an irreversible practice is not undone."""
        earlier = set(self.names[: self.past])
        table = self.plan.study.practices
        fixed = set(table.loc[table["irreversible"].astype(bool), "practice"])
        mine = self.now.parcels
        done = mine[mine["start"].isin(earlier) & mine["practice"].isin(fixed)]
        stays = dict(zip(done["parcel_id"], done["practice"], strict=True))
        since = dict(zip(done["parcel_id"], done["start"], strict=True))
        wrong = [
            each.key for each in changes
            if each.table == PARCELS and each.key in stays and each.period in ("", since[each.key])
            and ((each.column == "practice" and each.amount != stays[each.key])
                 or (each.column == "start" and each.amount not in earlier))
        ]  # fmt: skip
        if wrong:
            faults = Faults()
            where = say("what was observed in {year}", year=year)
            faults.add(
                where,
                rule("observed.irreversible"),
                some(say("{parcel}: {practice}", parcel=name, practice=stays[name]) for name in dict.fromkeys(wrong)),
            )
            faults.stop()

    def _with_deeds(self, deeds: Deeds, changes: Iterable[Change], past: int, *, later: bool) -> Deeds:
        """The decisions as they were carried out.

        Parameters
        ----------
        later : whether what was not begun in time is to begin in the next period; else it is free.
        """
        begun, after = self.names[:past], self.names[past] if later and past < len(self.names) else ""
        works, raised = deeds.projects.copy(), dict(deeds.raised)
        land: dict[str, dict[str, str]] = {}
        for each in changes:
            if each.table == PROJECTS:
                of = works["project"] == each.key
                works.loc[of, "start"] = self._start(each, str(works.loc[of, "start"].iloc[0]), begun, after)
            elif each.table == FINANCING:
                mine = {key: value for key, value in raised.items() if (key[0], key[2]) == (each.key, each.period)}
                if each.op == "factor":
                    raised |= {key: value * each.factor for key, value in mine.items()}
                else:
                    raised = {key: value for key, value in raised.items() if key not in mine}
                    raised[each.key, "", each.period] = each.factor
            elif each.table == PARCELS:
                land.setdefault(each.key, {}).update({each.column: each.amount, "period": each.period})
        return replace(deeds, parcels=self._with_land(deeds.parcels, land, begun, after), projects=works, raised=raised)

    def _start(self, change: Change, planned: str, begun: list[str], after: str) -> str:
        """When a project has begun, or is to begin, by what was observed of it."""
        if change.period not in ("", planned):
            return planned
        if change.amount in begun:
            return change.amount
        if planned not in begun:  # not begun, as planned
            return planned
        later = change.amount if after and change.amount else after
        return later if later and self._in_time("projects", change.key, later) else ""

    def _with_land(
        self, rows: pd.DataFrame, land: Mapping[str, Mapping[str, str]], begun: list[str], after: str
    ) -> pd.DataFrame:
        if not land:
            return rows
        made = [rows[~rows["parcel_id"].isin(land)]]
        for name, said in land.items():
            mine = rows[rows["parcel_id"] == name]
            made.append(pd.DataFrame([self._row(row, said, begun, after) for row in mine.to_dict("records")]))
        order = {name: at for at, name in enumerate(dict.fromkeys(rows["parcel_id"]))}
        whole = pd.concat(made, ignore_index=True)
        whole = whole.groupby([*whole.columns[:4]], sort=False, as_index=False)["share"].sum()
        return whole.iloc[np.argsort(whole["parcel_id"].map(order).to_numpy(), kind="stable")].reset_index(drop=True)

    def _row(self, row: dict[Any, Any], said: Mapping[str, str], begun: list[str], after: str) -> dict[Any, Any]:
        """A row of land as it was really done."""
        if said["period"] not in ("", row["start"]):
            return row
        practice = said.get("practice", row["practice"])
        start = said.get("start", row["start"] or (begun[-1] if begun else ""))
        if practice != HOLD and start in begun:
            return row | {"practice": practice, "start": start, "zone": self.zone.get(practice, "")}
        if row["start"] and row["start"] not in begun:
            return row  # not begun, as planned
        if row["practice"] != HOLD and after and self._in_time("practices", str(row["practice"]), after):
            return row | {"start": after}
        return row | {"practice": HOLD, "start": "", "zone": self.today.get(row["parcel_id"], row["zone"])}

    def _in_time(self, table: str, name: str, period: str) -> bool:
        """Whether a land action or a project may still begin in a period, and be done in time."""
        frame, study = self.plan.study.tables[table], self.plan.study
        named = frame[frame[table.removesuffix("s")] == name].iloc[0]
        years = float(named["lead_years"]) if table == "practices" else float(named["build_years"]) - 1.0
        at, latest = self.names.index(period), str(named["latest"])
        inside = not latest or at <= self.names.index(latest)
        return inside and study.periods[at].start + years <= study.last_year

    def _at_hand(self, settled: Settled, deeds: Deeds, year: int) -> Settled:
        """The settled study with the cash that was observed at the end of a period, by what it has at the beginning."""
        seen = self.seen.actuals()
        seen = seen[(seen["year"] <= year) & seen["account"].str.startswith(CASH)]
        ends = {period.last: period.name for period in settled.study.periods}
        seen = seen[seen["year"].isin(ends)].drop_duplicates("account", keep="last")
        if seen.empty or settled.study.settings.finance is None:
            return settled
        found = plan_from(settled.study, parcels=settled.parcels, projects=deeds.projects).ledger
        found = found[found["jurisdiction"] == "total"]
        known = dict(zip(zip(found["account"], found["period"], strict=True), found["value"].tolist(), strict=True))
        tills = list(settled.study.budgets["budget"]) or [""]
        more = {}
        for row in seen.itertuples(index=False):
            till = str(row.account).removeprefix(CASH).removeprefix(".") or tills[0]
            more[till] = float(row.value) - known.get((row.account, ends[row.year]), 0.0)
        return replace(settled, study=with_opening(settled.study, more))

    # ---------------------------------------------------------------- solving, and holding on

    def _solved(self, settled: Settled, target: Path | None) -> tuple[Plan, str]:
        """The plan of a year: one that is there already, or solved."""
        if target is not None and (kept := self._kept(settled.study, target)) is not None:
            return kept, "kept"
        first = replace(
            self.last or self.plan, study=settled.study, parcels=settled.parcels, projects=self.now.projects
        )
        plan = solve(settled.study, start=first, on_progress=self.tell, **self.asked)
        plan.settings["replan"] = {"parts": {new: [old, share] for new, (old, share) in settled.parts.items()}}
        if target is not None:
            plan.write(target, overwrite=True, lang=self.lang)
        return plan, "solved"

    def _kept(self, study: Study, target: Path) -> Plan | None:
        """A plan of the same study that was solved alike."""
        try:
            told = json.loads((target / "plan.json").read_text(encoding="utf-8"))
            alike = all(told["settings"].get(name) == self.asked[name] for name in ("gap", "seed", "method"))
            if told["study_hash"] == study.hash and alike and told["status"] == "optimal":
                plan = read_plan(target)
                from zonevest.api import audit

                plan.audit = audit(plan)
                return plan
        except (OSError, ValueError, KeyError, StudyError):
            pass
        return None

    def _held_on(self, world: Study, past: int, year: int) -> dict[str, Any]:
        """The approved plan in the world as it is known now."""
        try:
            settled = self._at_hand(settle(world, self.held, past), self.held, year)
            found = plan_from(settled.study, parcels=settled.parcels, projects=self.held.projects)
        except StudyError as error:
            return {"held": None} | self._breaks(error.faults.assign(year=year, rule="study"))
        assert found.audit is not None
        return {"held": found.objective} | self._breaks(found.audit.breaches.assign(year=year))

    def _breaks(self, rows: pd.DataFrame) -> dict[str, int]:
        """How many rules the approved plan breaks now, and has broken so far."""
        self.broken.append(rows[BROKEN])
        ever = {(row.rule, row.where) for each in self.broken for row in each.itertuples(index=False)}
        return {"held_breaks": len(rows), "held_broke": len(ever)}

    # ---------------------------------------------------------------- what came of it

    def end(self) -> Replanned:
        """Tables of the whole run."""
        study, years = self.plan.study, pd.DataFrame(self.rows).reindex(columns=YEARS)
        last = int(years["year"].iloc[-1]) if len(years) else study.first_year - 1
        begun = self.names[: self.seen.past(last)]
        built_in = built_in_accounts(study)["recurrence"].to_dict()
        recurrence = built_in | dict(zip(study.accounts["account"], study.accounts["recurrence"], strict=True))
        actuals = self.seen.actuals()
        return Replanned(
            self.plan,
            years,
            accounts_table(study, self.plan.ledger, actuals[actuals["year"] <= last], recurrence),
            projects_table(self.approved.projects, self.now.projects, begun),
            land_table(self.approved.parcels, self.now.parcels, self.area, begun),
            rezoned_table(self.approved.parcels, self.now.parcels, self.area),
            pd.concat(self.broken, ignore_index=True) if self.broken else pd.DataFrame(columns=BROKEN),
            self.last,
            tuple(self.notes),
            self.interrupted,
        )
