"""The child of `zonevest.solvers.supervise`: reads a program from a folder, solves it, tells its parent as it goes.

``python -m zonevest.solvers.worker DIR``. The folder holds the arrays of the program as .npy files and ``job.json``.
Each line on stdout is one JSON object: ``progress``, ``solution`` (a point, in a file of the folder), at the end
``answer`` or ``fault``. On stdin the parent may write ``stop``; when stdin closes the parent is gone, and so is the
child. Nothing heavy is imported here: the child must be up in a fraction of a second.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from zonevest.instances.say import to_parts
from zonevest.solvers.answer import Progress, Solution, SolveOptions
from zonevest.solvers.highs import polished, solve_here
from zonevest.solvers.program import ARRAYS, Floats, Program

_saving = threading.Lock()
#: Fields of `SolveOptions` that travel as JSON; the start is an array.
_PLAIN = ("gap", "gap_absolute", "time_limit", "threads", "seed", "scale", "log_file")


def write_program(program: Program, folder: Path) -> None:
    """Write the arrays, offset and blocks of `program` into `folder`."""
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(program, name))
    rest = {"offset": program.offset, "row_blocks": program.row_blocks, "col_blocks": program.col_blocks}
    (folder / "program.json").write_text(json.dumps(rest), encoding="utf-8")
    (folder / "meetings.pickle").write_bytes(pickle.dumps(program.meetings))


def read_program(folder: Path) -> Program:
    """Read what `write_program` wrote; the arrays stay on disk until they are touched."""
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    meetings = pickle.loads((folder / "meetings.pickle").read_bytes())
    return Program(**arrays, **json.loads((folder / "program.json").read_text(encoding="utf-8")), meetings=meetings)


def write_job(kind: str, options: SolveOptions, folder: Path, start: Floats | None = None) -> None:
    """Write what is to be done: ``solve``, or ``polish`` the point `start`."""
    job = {name: getattr(options, name) for name in _PLAIN}
    start = options.start if start is None else start
    if start is not None:
        np.save(folder / "first.npy", np.asarray(start, dtype=np.float64))
    text = json.dumps({"kind": kind, "start": start is not None, "highs": dict(options.highs), **job})
    (folder / "job.json").write_text(text, encoding="utf-8")


class Told:
    """Lines to the parent, and the files that they name."""

    def __init__(self, folder: Path, stream: IO[str]) -> None:
        self.folder, self.stream, self.points = folder, stream, 0

    def tell(self, kind: str, **fields: Any) -> None:
        """Write one line."""
        try:
            self.stream.write(json.dumps({"kind": kind, **fields}) + "\n")
            self.stream.flush()
        except OSError:  # the parent is gone, and this thread is the first to notice
            _leave(self.folder)

    def progress(self, progress: Progress) -> None:
        """Tell where the solve stands."""
        self.tell("progress", **asdict(progress))

    def solution(self, x: Floats, value: float, bound: float) -> None:
        """Keep a point as a file and tell its name."""
        self.points += 1
        self.tell("solution", file=self.save(f"point-{self.points}.npy", x), value=value, bound=bound)

    def answer(self, solution: Solution) -> None:
        """Tell the end."""
        fields = {name: getattr(solution, name) for name in ("status", "bound", "message", "nodes", "iterations")}
        for name, array in (("x", solution.x), ("row_dual", solution.row_dual)):
            fields[name] = None if array is None else self.save(f"{name}.npy", array)
        self.tell("answer", **fields, said=to_parts(solution.message))

    def save(self, name: str, array: Floats) -> str:
        """Write an array under its name once it is whole: the parent may kill this process at any moment."""
        beside = self.folder / f"{name}.part"
        with _saving:
            with beside.open("wb") as file:
                np.save(file, array)
            beside.replace(self.folder / name)
        return name


def work(folder: Path, told: Told, stop: threading.Event) -> None:
    """Do the job that the folder describes."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    program = read_program(folder)
    start = np.load(folder / "first.npy") if job["start"] else None
    options = SolveOptions(**{name: job[name] for name in _PLAIN}, start=start, highs=job["highs"])
    if job["kind"] == "polish":
        assert start is not None
        x = polished(program, options, start)
        told.tell("answer", x=None if x is None else told.save("polished.npy", x))
        return
    told.answer(solve_here(program, options, told.progress, told.solution, stop.is_set))


def main(directory: str) -> None:
    """Run as a child process; never returns."""
    folder = Path(directory)
    # a terminal's Ctrl-C is the parent's business
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # stdout is for our lines only; whatever else prints goes to stderr
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    stop = threading.Event()
    threading.Thread(target=_listen, args=(folder, stop), daemon=True).start()
    told = Told(folder, stream)
    try:
        work(folder, told, stop)
    except Exception as failure:
        told.tell("fault", type=type(failure).__name__, message=str(failure))
    # the listening thread and the solver's own threads need no farewell
    os._exit(0)


def _listen(folder: Path, stop: threading.Event) -> None:
    while heard := os.read(0, 64):
        if b"stop" in heard:
            stop.set()
    _leave(folder)


def _leave(folder: Path) -> NoReturn:
    """End without a parent, which can no longer remove the folder."""
    _saving.acquire()  # for good: nothing may be written while it is removed
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
