"""A case of a sweep in a process of its own: ``python -m zonevest.sweep_worker FOLDER``.

The folder holds ``job.json`` and ``study.pickle``; what is done is left there: ``plan``, a plan folder, or
``placed.json``. Each line on stdout is one JSON object: ``progress``, at the end ``done`` or ``fault``. When stdin
closes whoever asked is gone, and so is this process: a checkpoint stays, from which the next run goes on.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from zonevest.instances.cells import texts_of_python
from zonevest.instances.say import to_parts
from zonevest.instances.study import Study, StudyError
from zonevest.solvers.answer import Progress
from zonevest.speaking import Speaker

CHECKPOINT, PLAN, PLACED = "checkpoint.npz", "plan", "placed.json"


def solve(study: Study, job: dict[str, Any], folder: Path, tell: Any) -> dict[str, Any]:
    """Solve the case, going on from a checkpoint where one was left, and write its plan folder."""
    from zonevest import api

    left = folder / CHECKPOINT
    asked = {**job["options"], "checkpoint": left, "on_progress": tell}
    try:
        plan = api.solve(study, resume=left.exists(), **asked)
    except StudyError:
        if not left.exists():
            raise
        left.unlink()  # of another run
        plan = api.solve(study, **asked)
    plan.write(folder / PLAN, lang=job["lang"])
    if plan.status in ("optimal", "infeasible"):
        left.unlink(missing_ok=True)
    return {"audited": plan.audit is None or plan.audit.ok}


def place(study: Study, job: dict[str, Any], folder: Path, tell: Any) -> dict[str, Any]:
    """Place plans in the case's study; each is told by the digest of its land and projects."""
    from zonevest.placing import Scene

    tell(Progress("build", 0.0, None, None, None))
    scene = Scene(study, seconds=job["options"]["time_limit"], threads=job["options"]["threads"])
    found = {}
    for digest, where in job["plans"].items():
        tell(Progress("placing", 0.0, None, None, None))
        placed = scene.place(*(_nothing(study) if where is None else decisions(folder / where)))
        rows = [
            {name: to_parts(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
            for row in placed.misses.astype(object).where(placed.misses.notna(), None).to_dict("records")
        ]
        found[digest] = {"value": placed.value, "found_out": placed.found_out, "misses": rows}
    beside = folder / f"{PLACED}.part"
    beside.write_text(json.dumps(found), encoding="utf-8")
    beside.replace(folder / PLACED)
    return {}


def decisions(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Land and projects of a plan folder."""
    land = pd.read_parquet(folder / "parcels.parquet", columns=["parcel_id", "practice", "start", "share"])
    return land, pd.read_csv(folder / "projects.csv", dtype=str, keep_default_na=False)[["project", "start"]]


def _nothing(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Doing nothing: every parcel is held, no project is built."""
    land = pd.DataFrame({"parcel_id": study.parcels["parcel_id"]}).assign(practice="hold", start="", share=1.0)
    return land, pd.DataFrame({"project": study.projects["project"]}).assign(start="")


def main(directory: str) -> None:
    """Run as a child process; never returns."""
    speaker = Speaker()
    texts_of_python()
    folder = Path(directory)
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    try:
        study = pickle.loads((folder / "study.pickle").read_bytes())
        work = {"solve": solve, "place": place}[job["kind"]]
        speaker.tell("done", **work(study, job, folder, lambda told: speaker.tell("progress", **asdict(told))))
    except StudyError as failure:
        rows = failure.faults.to_dict("records")
        speaker.tell("fault", faults=[{part: to_parts(text) for part, text in row.items()} for row in rows])
    except Exception as failure:
        speaker.tell("fault", type=type(failure).__name__, message=str(failure))
    os._exit(0)  # the listening thread needs no farewell


if __name__ == "__main__":
    main(sys.argv[1])
