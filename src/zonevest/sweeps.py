"""`scenarios`: every scenario of a study, and grids of its settings, solved, told side by side, and weighed."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.api import Method, Plan, read_plan, replaceable
from zonevest.instances import place
from zonevest.instances.say import from_parts, listed, say
from zonevest.instances.study import PARTS, Study, StudyError
from zonevest.reports.regret import Weighed, weigh, weights_of
from zonevest.reports.sweep_pages import write_sweep
from zonevest.reports.sweep_text import AS_IT_IS, NOTHING, called, sweep_text
from zonevest.solvers.answer import Progress
from zonevest.solvers.cluster import opened
from zonevest.solvers.highs import available_cores
from zonevest.sweep_cases import Case, SweepError, cases_of
from zonevest.sweep_run import Ended, jobs_here, run_here, run_there
from zonevest.sweep_worker import PLACED, PLAN, decisions

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["AS_IT_IS", "Sweep", "SweepError", "SweepProgress", "scenarios"]

WORK = ".sweep"
"""The folder of what a sweep works with: checkpoints, and what plans are worth in other scenarios."""
FAULT = "fault"
"""The status of a case that could not be solved: its study has faults, or its process ended."""
SUMMARY = [
    "case",
    "scenario",
    "probability",
    "status",
    "objective",
    "bound",
    "gap",
    "cash",
    "ecosystem",
    "projects_built",
    "rezoned_ha",
    "seconds",
    "work",
    "folder",
    "message",
]
FILES = ("parcels.parquet", "projects.csv", "ledger.parquet", "limits.csv", "study")
PLACE_SECONDS = 60.0
"""What the financing of one plan in another scenario may take."""


@dataclass(frozen=True)
class SweepProgress:
    """Where a sweep stands: a case and its own progress; when it is at its end, its status."""

    case: str
    progress: Progress | None
    status: str = ""
    done: int = 0
    count: int = 0


@dataclass(frozen=True)
class Sweep:
    """What came of a sweep.

    Attributes
    ----------
    study : the study as it is.
    folder : where everything is: a plan folder for each case, and the tables.
    summary : a row for each case: case, scenario, a column for each setting of the grid, probability, status (that of a
        plan, or ``fault``), objective, bound, gap, cash (F1), ecosystem (F2), projects_built, rezoned_ha, seconds,
        work (``solved``, ``kept`` from an earlier run, or ``same`` as another case), folder, message.
    weighed : the regret table and the choices (see `zonevest.reports.regret.Weighed`); None where they were not made.
    misses : of each pair of plan and scenario that cannot hold, the conditions that are broken, and by how much.
    faults : where, must, found and do of cases whose study has faults.
    notes : what is to be known of the weighing, as sentences.
    interrupted : whether it was stopped before its end.
    """

    study: Study
    folder: Path
    summary: pd.DataFrame
    weighed: Weighed | None = None
    misses: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    def plan(self, case: str) -> Plan:
        """The plan of a case.

        Raises
        ------
        KeyError
            If there is no such case, or it has no plan folder.
        """
        found = self.summary.set_index("case")["folder"].get(case, "")
        if not found:
            raise KeyError(case)
        return read_plan(self.folder / str(found))

    @property
    def regret(self) -> pd.DataFrame:
        """Regret of every plan (rows) in every scenario (columns); blank where it does not hold."""
        return self._table("regret")

    @property
    def worth(self) -> pd.DataFrame:
        """The objective of every plan (rows) in every scenario (columns); blank where it does not hold."""
        return self._table("value")

    def _table(self, column: str) -> pd.DataFrame:
        if self.weighed is None:
            return pd.DataFrame()
        long = self.weighed.regret
        order = list(dict.fromkeys(long["scenario"]))
        wide = long.pivot_table(index="plan", columns="scenario", values=column, dropna=False, sort=False)
        return wide.reindex(index=list(dict.fromkeys(long["plan"])), columns=order)

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        return sweep_text(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        told: dict[str, Any] = {
            "study": self.study.settings.name,
            "folder": str(self.folder),
            "interrupted": self.interrupted,
            "cases": self.summary.to_dict("records"),
            "faults": self.faults.to_dict("records"),
            "notes": list(self.notes),
        }
        if self.weighed is not None:
            told |= {
                "regret": self.weighed.regret.to_dict("records"),
                "choices": self.weighed.choices.to_dict("records"),
                "weights": self.weighed.weights,
                "minimax": self.weighed.minimax,
                "minimax_certain": self.weighed.minimax_certain,
                "expected": self.weighed.expected,
                "best_expected": self.weighed.best_expected,
                "misses": self.misses.to_dict("records"),
            }
        return told


def scenarios(
    study: Study,
    folder: str | Path,
    *,
    grid: Mapping[str, Sequence[object]] | None = None,
    only: Sequence[str] = (),
    as_it_is: bool = True,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: Method = "auto",
    jobs: int = 0,
    cluster: Client | str | int | None = None,
    regret: bool = True,
    overwrite: bool = False,
    lang: str = "en",
    on_progress: Callable[[SweepProgress], object] | None = None,
) -> Sweep:
    """Solve every scenario of a study, and grids of settings, and weigh the plans against each other.

    Every case is a process of its own and a plan folder inside `folder`. A case whose plan is there already, of the
    same study and the same settings of the solver, is not solved again; what a run that was cut off had begun goes on.

    Parameters
    ----------
    folder : where plans and tables go; a new folder, or that of an earlier sweep.
    grid : dotted path of study.toml -> values; every combination is solved for every scenario.
    only : the scenarios that are meant; all where none is named.
    as_it_is : whether the study without any scenario is a case too.
    gap, time_limit, seed, method : of each case (see `solve`).
    threads : of each case; 0: the cores are parted among the cases that are worked on at a time.
    jobs : how many cases are worked on at a time; 0: as many as there are cores, and room in memory.
    cluster : where cases are worked on (extra `cluster`): a Dask client, the address of a scheduler, or how many
        workers are started on this machine. None: processes of this machine.
    regret : whether every plan is placed in every scenario.
    overwrite : whether plans in the folder that are of another study or solved otherwise may be replaced.
    lang : the language of the plans' reports and of the tables' page.
    on_progress : called with a `SweepProgress` now and then.

    Returns
    -------
    Sweep
        Cases that have no plan, or could not be solved, are told in its summary.

    Raises
    ------
    SweepError
        If the folder, a scenario or the grid cannot be used; nothing was solved then.
    ClusterError
        If the cluster cannot be used.
    """
    asked = {"gap": gap, "seed": seed, "method": method, "time_limit": time_limit}
    run = _Run(study, Path(folder), cases_of(study, grid or {}, only, as_it_is=as_it_is), asked, lang, on_progress)
    with ExitStack() as stack:
        stack.enter_context(run.alone())
        run.prepare(overwrite)
        client = stack.enter_context(opened(cluster))
        workers = _Workers(client, jobs, threads, len(study.parcels))
        try:
            run.solve(workers)
            if regret:
                run.place(workers)
        except KeyboardInterrupt:
            run.interrupted = True
    return run.end()


@dataclass(frozen=True)
class _Workers:
    """Where cases are worked on."""

    client: Client | None
    jobs: int
    threads: int
    parcels: int

    def run(self, folders: Mapping[str, Path], jobs: Mapping[str, dict[str, Any]], tell: Any) -> Any:
        """Write what is to be done into the folders, and have it done."""
        cores = available_cores()
        count = self.jobs or jobs_here(len(folders), self.parcels, cores)
        each = self.threads or (1 if self.client is not None else max(cores // min(count, len(folders)), 1))
        for name, job in jobs.items():
            job["options"]["threads"] = each
            (folders[name] / "job.json").write_text(json.dumps(job), encoding="utf-8")
        return run_here(folders, count, tell) if self.client is None else run_there(self.client, folders, tell)


class _Run:
    """A sweep that is under way."""

    def __init__(
        self,
        study: Study,
        folder: Path,
        cases: list[Case],
        asked: dict[str, Any],
        lang: str,
        on_progress: Callable[[SweepProgress], object] | None,
    ) -> None:
        self.study, self.folder, self.cases, self.asked, self.lang = study, folder, cases, asked, lang
        self.tell = on_progress or (lambda _: None)
        self.work = folder / WORK
        self.hash: dict[str, str] = {}
        self.same: dict[str, str] = {}
        self.state: dict[str, str] = {}
        self.ended: dict[str, Ended] = {}
        self.placed: dict[tuple[str, str], dict[str, Any]] = {}
        self.notes: list[str] = []
        self.weighed: Weighed | None = None
        self.interrupted = False
        self.lexicographic = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the folder for this run alone.

        Raises
        ------
        BusyError
            If another run has it.
        """
        if self.folder.exists() and not self.work.is_dir() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            must = say("it is a new or empty folder, or that of an earlier sweep")
            raise SweepError(str(self.folder), must, say("something else is there"), say("name another folder with -o"))
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with place.claimed(self.folder):
            self.work.mkdir(parents=True, exist_ok=True)
            yield

    def prepare(self, overwrite: bool) -> None:
        """Make the study of every case, and see what is in the folder already."""
        others, strange = [], []
        first: dict[str, str] = {}
        for case in self.cases:
            try:
                study = case.of(self.study)
            except StudyError as error:
                self.ended[case.name] = Ended(False, message=say("its study has faults"), faults=error.faults)
                continue
            self.hash[case.name] = study.hash
            self.lexicographic |= study.settings.objective.method == "lexicographic"
            if study.hash in first:
                self.same[case.name] = first[study.hash]
                continue
            first[study.hash] = case.name
            self.state[case.name] = _state(self.folder / case.folder, study.hash, self.asked)
            if self.state[case.name] == "strange":
                strange.append(case.folder)
            elif self.state[case.name] == "other":
                others.append(case.folder)
            work = self._place(case)
            work.mkdir(exist_ok=True)
            for left in work.iterdir():  # half a plan of a run that was killed
                if left.is_dir():
                    shutil.rmtree(left)
            (work / "study.pickle").write_bytes(pickle.dumps(study))
        if strange:
            must, found = say("only plan folders are in the folder of a sweep"), listed(strange)
            raise SweepError(str(self.folder), must, found, say("name another folder with -o"))
        if others and not overwrite:
            must = say("plans that are there are of this study and solved as asked")
            do = say("name another folder with -o, or add --overwrite to replace them")
            raise SweepError(str(self.folder), must, say("others: {folders}", folders=listed(others)), do)

    def _place(self, case: Case) -> Path:
        return self.work / case.folder

    def solve(self, workers: _Workers) -> None:
        """Solve what is not there yet."""
        by_name = {case.name: case for case in self.cases}
        waiting = [name for name, state in self.state.items() if state != "kept"]
        done, count = len(self.cases) - len(waiting), len(self.cases)
        for name, state in self.state.items():
            if state == "kept":
                self.tell(SweepProgress(name, None, "kept", done, count))
        if not waiting:
            return
        jobs = {name: {"kind": "solve", "lang": self.lang, "options": {**self.asked, "threads": 1}} for name in waiting}
        folders = {name: self._place(by_name[name]) for name in waiting}
        for name, ended in workers.run(folders, jobs, lambda case, told: self.tell(SweepProgress(case, told))):
            done += 1
            case = by_name[name]
            if ended.ok and not ended.audited:
                path = folders[name] / PLAN
                ended = Ended(False, message=say("its audit failed: `zonevest audit {path}` says why", path=path))
            self.ended[name] = ended
            if ended.ok:
                self._keep(folders[name] / PLAN, self.folder / case.folder, better=self.state[name] == "unfinished")
                self.state[name] = "solved"
            status = str(self._row(case)["status"])
            self.tell(SweepProgress(name, None, status, done, count))
            self.summary().to_csv(self.folder / "summary.csv", index=False)

    @staticmethod
    def _keep(fresh: Path, target: Path, *, better: bool) -> None:
        """Put a whole plan folder where it belongs; if it must be `better`, never in place of a plan worth more."""
        old = fresh.with_name("old")
        if target.exists():
            worth = [_figures(each)["objective"] if each.exists() else None for each in (target, fresh)]
            if better and worth[0] is not None and (worth[1] is None or worth[1] < worth[0]):
                fresh.rename(old)
                shutil.rmtree(old, ignore_errors=True)
                return
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)

    def place(self, workers: _Workers) -> None:
        """Place every plan in every scenario, and weigh them; what was placed before is not placed again."""
        if self.lexicographic:
            self.notes.append(say("terms in turn have no single value: no regret is told of a lexicographic study"))
            return
        rows = {name: self._row(case) for name, case in self._own().items()}
        plans = {name: self.folder / self._own()[name].folder for name in rows if rows[name]["has_plan"]}
        # where no plan exists, or the case failed, there is nothing to regret
        seen = [name for name in rows if rows[name]["status"] not in (FAULT, "infeasible")]
        if not plans or not seen:
            return
        digests = {name: _digest(where) for name, where in plans.items()}
        tasks: dict[str, str | None] = {digest: str(plans[name].resolve()) for name, digest in digests.items()}
        if self.study.has_doing_nothing:
            digests[NOTHING], tasks["nothing"] = "nothing", None
        known = self._known(workers, seen, tasks)
        values: dict[tuple[str, str], tuple[bool | None, float | None]] = {}
        for scenario in seen:
            for plan, digest in digests.items():
                found = known.get(scenario, {}).get(digest, {"value": None, "found_out": False, "misses": []})
                self.placed[plan, scenario] = found
                value = found["value"]
                if plan == scenario:  # where rounding, or the time, stood in the way it is still a plan
                    value = max(v for v in (value, rows[plan]["objective"]) if v is not None)
                holds = True if value is not None else False if found["found_out"] else None
                values[plan, scenario] = holds, value
        likely = self._probabilities(seen)
        weights, how = weights_of(seen, likely)
        self.notes += _said(how, seen, likely, rows)
        self.weighed = weigh(list(digests), {name: rows[name]["bound"] for name in seen}, values, weights)

    def _known(self, workers: _Workers, seen: list[str], tasks: dict[str, str | None]) -> dict[str, dict[str, Any]]:
        """What plans are worth, by scenario and the plan's digest."""
        own, known = self._own(), dict[str, dict[str, Any]]()
        jobs: dict[str, dict[str, Any]] = {}
        for name in seen:
            known[name] = _read(self._told(name))
            missing = {digest: where for digest, where in tasks.items() if digest not in known[name]}
            if missing:
                jobs[name] = {"kind": "place", "plans": missing, "options": {"time_limit": PLACE_SECONDS}}
        if not jobs:
            return known
        folders = {name: self._place(own[name]) for name in jobs}
        for folder in folders.values():
            (folder / PLACED).unlink(missing_ok=True)
        for name, ended in workers.run(folders, jobs, lambda case, told: self.tell(SweepProgress(case, told))):
            if not ended.ok:
                what = say("plans could not be placed in {case}: {why}", case=name, why=ended.message)
                self.notes.append(what)
                continue
            known[name] |= _read(folders[name] / PLACED)
            beside = self._told(name).with_suffix(".part")
            beside.parent.mkdir(exist_ok=True)
            kept = {digest: each for digest, each in known[name].items() if each["found_out"]}
            beside.write_text(json.dumps(kept), encoding="utf-8")
            beside.replace(self._told(name))
        return known

    def _told(self, name: str) -> Path:
        return self.work / "placed" / f"{self.hash[name]}-{version('zonevest')}.json"

    def _own(self) -> dict[str, Case]:
        """Cases that are not the same as another one, faulty ones left out."""
        return {case.name: case for case in self.cases if case.name in self.state}

    def _probabilities(self, seen: list[str]) -> dict[str, float | None]:
        """What is stated of each scenario; of cases that are the same, their sum."""
        found: dict[str, float | None] = dict.fromkeys(seen)
        for case in self.cases:
            name = self.same.get(case.name, case.name)
            if name in found and case.probability is not None:
                found[name] = (found[name] or 0.0) + case.probability
        return found

    def _row(self, case: Case) -> dict[str, Any]:
        """What is told of a case."""
        row: dict[str, Any] = dict.fromkeys(SUMMARY)
        row |= {"case": case.name, "scenario": case.scenario, "probability": case.probability, "message": ""}
        row |= {**case.settings, "folder": "", "work": "", "has_plan": False}
        of = self.same.get(case.name)
        if of is not None:
            same = next(each for each in self.cases if each.name == of)
            told = self._row(same)
            own = ("case", "scenario", "probability", *case.settings)
            return (
                told
                | {name: row[name] for name in own}
                | {"work": "same", "message": say("as “{case}”", case=called(of))}
            )
        ended, state = self.ended.get(case.name), self.state.get(case.name, "")
        if state in ("kept", "solved"):
            row |= _figures(self.folder / case.folder) | {"folder": case.folder, "work": state}
        else:
            message = say("not solved yet") if ended is None else ended.message
            row |= {"status": FAULT if ended is not None else "", "message": message}
        return row

    def summary(self) -> pd.DataFrame:
        """A row for each case."""
        varied = list(dict.fromkeys(path for case in self.cases for path in case.settings))
        rows = [self._row(case) for case in self.cases]
        table = pd.DataFrame(rows)
        table["message"] = pd.Series([row["message"] for row in rows], dtype=object)  # sentences, not their text
        return table[[*SUMMARY[:2], *varied, *SUMMARY[2:]]]

    def end(self) -> Sweep:
        """Write the tables; remove what the next run does not need."""
        names = [(each.faults.assign(case=name)) for name, each in self.ended.items() if len(each.faults)]
        faults = (
            pd.concat(names, ignore_index=True)[["case", *PARTS]] if names else pd.DataFrame(columns=["case", *PARTS])
        )
        misses = [
            {"plan": plan, "scenario": scenario, **row, "what": from_parts(row["what"], str(row["what"]))}
            for (plan, scenario), found in self.placed.items()
            for row in found["misses"]
            if plan != scenario
        ]
        summary = self.summary()
        sweep = Sweep(
            self.study,
            self.folder,
            summary,
            self.weighed,
            pd.DataFrame(misses, dtype=object),
            faults,
            tuple(self.notes),
            self.interrupted,
        )
        write_sweep(sweep, self.folder, self.lang)
        for case in self._own().values():
            left = self._place(case)
            for name in ("study.pickle", "job.json", "stderr.txt", PLACED):
                (left / name).unlink(missing_ok=True)
            if left.is_dir() and not any(left.iterdir()):
                left.rmdir()
        return sweep


def _state(folder: Path, digest: str, asked: Mapping[str, Any]) -> str:
    """What stands where the plan of a case goes: ``none``, ``kept``, ``unfinished``, ``other`` or ``strange``."""
    if not folder.exists() and not folder.is_symlink():
        return "none"
    if not replaceable(folder):
        return "strange"
    try:
        told = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        settings = told["settings"]
        alike = all(settings[name] == asked[name] for name in ("gap", "seed", "method"))
        if not alike or told["study_hash"] != digest or told["versions"]["zonevest"] != version("zonevest"):
            return "other"
        if told["has_plan"] and not all((folder / name).exists() for name in FILES):
            return "unfinished"
        final = told["status"] in ("optimal", "infeasible")
        # who gives more time wants what was not proven to be tried again
        timely = told["status"] in ("feasible", "no_plan") and settings["time_limit"] >= asked["time_limit"]
        return "kept" if final or timely else "unfinished"
    except (OSError, ValueError, KeyError, TypeError):
        return "other"


def _figures(folder: Path) -> dict[str, Any]:
    """What a plan folder says of itself, for the summary."""
    told = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    row: dict[str, Any] = {
        name: told.get(name) for name in ("status", "has_plan", "objective", "bound", "gap", "cash", "ecosystem")
    }
    row["seconds"] = float(sum(told.get("seconds", {}).values()))
    row["message"] = from_parts(told.get("message_parts"), told.get("message", ""))
    if told["has_plan"]:
        starts = pd.read_csv(folder / "projects.csv", dtype=str, keep_default_na=False)["start"]
        wanted = [("account", "==", "area.rezoned"), ("jurisdiction", "==", "total")]
        ledger = pd.read_parquet(folder / "ledger.parquet", columns=["value"], filters=wanted)
        row |= {"projects_built": int((starts != "").sum()), "rezoned_ha": float(ledger["value"].sum())}
    return row


def _digest(folder: Path) -> str:
    """Of the land and the projects of a plan, whatever scenario it is of."""
    land, projects = decisions(folder)
    digest = hashlib.sha256()
    for table in (land[land["share"] > 0], projects[projects["start"] != ""]):
        digest.update(np.sort(pd.util.hash_pandas_object(table, index=False).to_numpy()).tobytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _said(
    how: str, seen: Sequence[str], likely: Mapping[str, float | None], rows: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """How scenarios count in the expected value, and which are not weighed."""
    notes = []
    if how == "alike":
        notes.append(say("no probabilities are stated: all scenarios count alike in the expected value"))
    elif how == "rescaled":
        notes.append(say("probabilities of the scenarios that are weighed do not sum to 1, and were scaled to it"))
    unlikely = [name for name in seen if likely[name] is None]
    if how != "alike" and unlikely:
        notes.append(
            say("without a probability, not in the expected value: {names}", names=listed(map(called, unlikely), "; "))
        )
    if none := [name for name in rows if rows[name]["status"] == "infeasible"]:
        notes.append(
            say(
                "no plan exists there, so that no plan is weighed there: {names}", names=listed(map(called, none), "; ")
            )
        )
    if failed := [name for name in rows if rows[name]["status"] == FAULT]:
        notes.append(say("could not be solved, and is not weighed: {names}", names=listed(map(called, failed), "; ")))
    return notes
