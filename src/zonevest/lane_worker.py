"""A lane of a front: a process that solves one point after the other: ``python -m zonevest.lane_worker FOLDER``.

The folder beside, FOLDER/.., holds ``asked.pickle``: the study, the terms, and what is asked of each solve. Each line
on stdin is a job as JSON; its plan is left in the folder beside as ``NUMBER.pickle``, without its study, which whoever
asked has, and as ``NUMBER.warm`` what the next solve begins with. Each line on stdout is one JSON object: ``progress``,
``done`` or ``fault``. When stdin closes whoever asked is gone, and so is this process.
"""

from __future__ import annotations

import gc
import json
import pickle
import queue
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from zonevest import api
from zonevest.instances.cells import texts_of_python
from zonevest.lanes import ASKED, Job, plan_file, warm_file
from zonevest.solvers.answer import Progress
from zonevest.speaking import Speaker
from zonevest.tradeoff import solve_job

if TYPE_CHECKING:
    from zonevest.instances.study import Study


def main(directory: str) -> None:
    """Run as a child process; never returns."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    speaker = Speaker(lines.put)
    texts_of_python()
    folder = Path(directory)
    tempfile.tempdir = str(folder)  # whoever removes it removes what the solver's processes leave, too
    study, terms, asked = pickle.loads((folder.parent / ASKED).read_bytes())

    def tell(told: Progress) -> None:
        speaker.tell("progress", **asdict(told))

    gc.freeze()  # what stays for good is not gone through again for each point
    while True:
        job = Job(**json.loads(lines.get()))
        try:
            lent = folder.parent / warm_file(job.start or 0)  # none of what was solved by who asked
            start = _lent(lent, study) if lent.exists() else None
            plan = solve_job(study, terms, job, asked, start, tell)
            plan.study = None  # type: ignore[assignment]  # whoever asked has it
            (folder.parent / warm_file(job.number)).write_bytes(pickle.dumps(plan._warm))
            (folder.parent / plan_file(job.number)).write_bytes(pickle.dumps(plan))
            speaker.tell("done")
        except Exception as failure:
            speaker.tell("fault", type=type(failure).__name__, message=str(failure))


def _lent(path: Path, study: Study) -> api.Plan:
    """An earlier plan as a start: its point and its prices."""
    plan = api.Plan(study, "feasible", has_plan=True)
    plan._warm = pickle.loads(path.read_bytes())
    return plan


if __name__ == "__main__":
    main(sys.argv[1])
